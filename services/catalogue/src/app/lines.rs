//! A file of JSON lines, plain or gzip, read once from front to back by a thread of its own: cut, checked, parsed and hashed there, so
//! that the database and the parser work side by side. Memory is bounded by one line and the few parsed ones on their way.

use crate::domain::content::Content;
use crate::domain::portal::{self, Parsed};
use crate::domain::quality::Warning;
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc::Sender;
use uuid::Uuid;

/// The longest line that is read, bytes.
pub(crate) const MAX_LINE: usize = 16 << 20;

/// A line that is a procedure.
#[derive(Debug)]
pub(crate) struct Good {
    pub(crate) line: u64,
    pub(crate) id: Uuid,
    pub(crate) content: Content,
    pub(crate) json: String,
    pub(crate) hash: String,
    pub(crate) warnings: Vec<Warning>,
    /// The line as it came, gzip; none for what was not read from a file.
    pub(crate) source: Option<Vec<u8>>,
}

/// What became of one line.
#[derive(Debug)]
pub(crate) enum Line {
    Good(Box<Good>),
    Broken {
        line: u64,
        reason: String,
    },
    /// The file ends here though it should not: nothing after this line was read.
    Cut {
        line: u64,
        reason: String,
    },
}

/// Counts the bytes taken from a file, for a progress bar.
pub(crate) struct Counted<R> {
    inner: R,
    taken: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    pub(crate) fn new(inner: R, taken: Arc<AtomicU64>) -> Self {
        Self { inner, taken }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Reads a whole file and sends what became of each line. Ends early when nobody listens any more.
pub(crate) fn read_all(reader: impl Read, max_bytes: u64, to: &Sender<Line>) {
    let mut raw = BufReader::with_capacity(1 << 16, reader);
    let gzip = match raw.fill_buf() {
        Ok(start) => start.starts_with(&[0x1f, 0x8b]),
        Err(error) => {
            let cut = Line::Cut {
                line: 1,
                reason: unreadable(&error),
            };
            if to.blocking_send(cut).is_err() {
                tracing::debug!("import was given up");
            }
            return;
        }
    };
    // A bomb of a few kilobytes may unpack to terabytes: the limit is on what comes out.
    let done = if gzip {
        let plain = MultiGzDecoder::new(raw).take(max_bytes.saturating_add(1));
        lines(&mut BufReader::with_capacity(1 << 16, plain), max_bytes, to)
    } else {
        lines(
            &mut BufReader::with_capacity(1 << 16, raw.take(max_bytes.saturating_add(1))),
            max_bytes,
            to,
        )
    };
    if !done {
        tracing::debug!("import was given up");
    }
}

/// Returns false when nobody listens.
fn lines(reader: &mut impl BufRead, max_bytes: u64, to: &Sender<Line>) -> bool {
    let mut number = 0;
    let mut total = 0_u64;
    let mut buffer = Vec::new();
    loop {
        number += 1;
        buffer.clear();
        let (length, ended) = match take_line(reader, &mut buffer) {
            Ok(taken) => taken,
            Err(error) => {
                return to
                    .blocking_send(Line::Cut {
                        line: number,
                        reason: unreadable(&error),
                    })
                    .is_ok();
            }
        };
        total = total.saturating_add(length);
        if total > max_bytes {
            let reason =
                format!("the file is larger than {max_bytes} bytes; the rest was not read");
            return to
                .blocking_send(Line::Cut {
                    line: number,
                    reason,
                })
                .is_ok();
        }
        if length > 0
            && let Some(line) = one(number, length, &buffer)
            && to.blocking_send(line).is_err()
        {
            return false;
        }
        if ended {
            return true;
        }
    }
}

/// Takes one line, keeping at most [`MAX_LINE`] bytes of it; how long it was, and whether the file has ended.
fn take_line(reader: &mut impl BufRead, keep: &mut Vec<u8>) -> std::io::Result<(u64, bool)> {
    let mut length = 0_u64;
    loop {
        let chunk = match reader.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            return Ok((length, true));
        }
        let newline = chunk.iter().position(|b| *b == b'\n');
        let part = chunk
            .get(..newline.unwrap_or(chunk.len()))
            .unwrap_or_default();
        let room = (MAX_LINE + 1).saturating_sub(keep.len());
        keep.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
        let used = newline.map_or(chunk.len(), |at| at + 1);
        length = length.saturating_add(used as u64);
        reader.consume(used);
        if newline.is_some() {
            return Ok((length, false));
        }
    }
}

fn one(number: u64, length: u64, bytes: &[u8]) -> Option<Line> {
    let broken = |reason: String| {
        Some(Line::Broken {
            line: number,
            reason,
        })
    };
    if bytes.len() > MAX_LINE {
        return broken(format!(
            "line of {length} bytes; at most {MAX_LINE} are read"
        ));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return broken(format!("not UTF-8 after byte {}", error.valid_up_to())),
    };
    let text = if number == 1 {
        text.strip_prefix('\u{feff}').unwrap_or(text)
    } else {
        text
    };
    if text.trim().is_empty() {
        return None;
    }
    match portal::parse_line(text) {
        Err(error) => broken(error.to_string()),
        Ok(parsed) => match good(number, parsed) {
            Ok(mut good) => {
                // It is written to memory, which takes it; without it the version would only lack its source.
                good.source = packed(text).ok();
                Some(Line::Good(Box::new(good)))
            }
            Err(error) => broken(error.to_string()),
        },
    }
}

/// A line as it is kept: a fifth of its size, and done by the thread that parses while the database writes.
fn packed(line: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(line.len() / 4), Compression::fast());
    encoder.write_all(line.as_bytes())?;
    encoder.finish()
}

/// The line that was kept.
///
/// # Errors
/// When it is damaged.
pub(crate) fn unpacked(line: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(line.len().saturating_mul(5));
    MultiGzDecoder::new(line)
        .take(MAX_LINE as u64)
        .read_to_end(&mut out)?;
    Ok(out)
}

/// Hashes a parsed line: SHA-256 of its cleaned, canonical JSON decides whether anything changed.
pub(crate) fn good(line: u64, parsed: Parsed) -> serde_json::Result<Good> {
    let json = serde_json::to_string(&parsed.content)?;
    Ok(Good {
        line,
        id: parsed.id,
        hash: kit::http::sha256_hex(json.as_bytes()),
        json,
        content: parsed.content,
        warnings: parsed.warnings,
        source: None,
    })
}

fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "the compressed file ends too early: it was cut off".to_owned(),
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            format!("the compressed file is damaged: {error}")
        }
        _ => format!("the file cannot be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"id":"019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7","code":"1.000001","name":"Mẫu","detail":{}}"#;

    /// Line number and what was said of it; `ok` for a good one.
    fn read(bytes: &[u8], max: u64) -> Vec<(u64, String)> {
        let (to, mut from) = tokio::sync::mpsc::channel(1_000);
        read_all(bytes, max, &to);
        drop(to);
        let mut out = Vec::new();
        while let Some(line) = from.blocking_recv() {
            out.push(match line {
                Line::Good(g) => (g.line, "ok".to_owned()),
                Line::Broken { line, reason } => (line, reason),
                Line::Cut { line, reason } => (line, format!("cut: {reason}")),
            });
        }
        out
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn plain_and_gzip_give_the_same_lines() {
        let file = format!("\u{feff}{LINE}\r\n\n{{broken\n{LINE}");
        let plain = read(file.as_bytes(), 1 << 30);
        assert_eq!(plain.iter().map(|l| l.0).collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!((plain[0].1.as_str(), plain[2].1.as_str()), ("ok", "ok"));
        assert!(plain[1].1.starts_with("not JSON"), "{:?}", plain[1]);
        assert_eq!(read(&gzip(file.as_bytes()), 1 << 30), plain);
        let mut two = gzip(format!("{LINE}\n").as_bytes());
        two.extend(gzip(LINE.as_bytes()));
        assert_eq!(read(&two, 1 << 30).len(), 2);
    }

    #[test]
    fn a_cut_or_damaged_archive_is_reported_where_it_ends() {
        let whole = gzip(format!("{LINE}\n").repeat(50).as_bytes());
        let cut = read(&whole[..whole.len() - 12], 1 << 30);
        assert!(
            cut.last()
                .expect("a report")
                .1
                .starts_with("cut: the compressed file"),
            "{cut:?}"
        );
        let bad = read(
            &[
                0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
            ],
            1 << 30,
        );
        assert!(bad[0].1.starts_with("cut: "), "{bad:?}");
    }

    #[test]
    fn foreign_bytes_and_endless_lines_are_named_and_passed_over() {
        let mut file = vec![0xff, 0xfe, b'\n'];
        file.extend(std::iter::repeat_n(b'x', MAX_LINE + 10));
        file.push(b'\n');
        file.extend(LINE.as_bytes());
        let out = read(&file, 1 << 30);
        assert!(out[0].1.starts_with("not UTF-8"), "{out:?}");
        assert!(out[1].1.contains("at most"), "{:?}", out[1]);
        assert_eq!(out[2], (3, "ok".to_owned()));
        assert!(read(b"", 10).is_empty());
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![b'\n'; 5 << 20]);
        let out = read(&bomb, 1 << 20);
        assert!(
            out.last().expect("a report").1.contains("larger than"),
            "{out:?}"
        );
    }

    /// Fifty megabytes of one line, of which only a few kilobytes exist at a time, and a good line behind it.
    struct Endless {
        left: usize,
        then: &'static [u8],
    }

    impl Read for Endless {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            if self.left == 0 {
                return self.then.read(buf);
            }
            let n = self.left.min(buf.len());
            for b in buf.iter_mut().take(n) {
                *b = b'x';
            }
            self.left -= n;
            Ok(n)
        }
    }

    #[test]
    fn a_line_of_fifty_megabytes_is_passed_over_without_being_held() {
        let behind = format!("\n{LINE}\n").leak().as_bytes();
        let fifty = || Endless {
            left: 50 << 20,
            then: behind,
        };
        let (to, mut from) = tokio::sync::mpsc::channel(10);
        read_all(fifty(), 1 << 30, &to);
        drop(to);
        let mut said = Vec::new();
        while let Some(line) = from.blocking_recv() {
            said.push(match line {
                Line::Good(g) => (g.line, "ok".to_owned()),
                Line::Broken { line, reason } | Line::Cut { line, reason } => (line, reason),
            });
        }
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(
            said[0].1.starts_with("line of 52428801 bytes; at most"),
            "{said:?}"
        );
        assert_eq!(said[1], (2, "ok".to_owned()), "the rest goes on");
        // What is held of it: no more than the longest line that is read, as a vector grows.
        let mut held = Vec::new();
        let taken = take_line(&mut BufReader::new(fifty()), &mut held).expect("memory");
        assert_eq!(taken, ((50 << 20) + 1, false));
        assert!(held.len() == MAX_LINE + 1 && held.capacity() <= 2 * MAX_LINE + 2);
    }

    #[test]
    fn a_line_is_kept_as_it_came() {
        let line = LINE.replace("Mẫu", "Ma\u{302}\u{303}u\u{200b}\u{f0fc}");
        let out = unpacked(&packed(&line).expect("memory")).expect("whole");
        assert_eq!(out, line.as_bytes());
    }
}
