//! Passwords that are known from breaches (NIST SP 800-63B §5.1.1.2), looked for in a file on a volume: what the downloader of Have I
//! Been Pwned writes, one line for each password, `SHA-1 in hexadecimal:how often it was seen`, in the order of the hashes. It has some
//! forty gigabytes, so it is never read as a whole: about 35 short reads find a line or that there is none. No password, and nothing of
//! one, leaves the process.

use anyhow::{Context as _, bail, ensure};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use std::cmp::Ordering;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// SHA-1 of a password.
type Hash = [u8; 20];

/// Longest line with its end, bytes: 40 digits, a colon, a count, CR and LF have fewer.
const LONGEST: usize = 64;
/// Lines that are looked at when the service starts, evenly spread.
const PROBES: u64 = 256;
/// Hashes are spread evenly, so before the first one and after the last there is about the room of one line. 64 lines of [`LONGEST`]
/// bytes are no chance any more: a part of the file is missing.
const ROOM: u128 = 64 * 64;

/// The file, or none.
#[derive(Clone, Debug)]
pub(crate) struct Breached {
    path: Option<String>,
}

/// A line, and where it is.
#[derive(Debug)]
struct Line {
    hash: Hash,
    start: u64,
    /// Where the next one begins.
    next: u64,
}

impl Breached {
    /// Takes the file at this path; an empty path: no list.
    ///
    /// # Errors
    /// When the file cannot be read, is no such list, is not sorted by hash, or its beginning or end is missing. Only some lines are
    /// looked at: a fault between them is not found.
    pub(crate) async fn open(path: &str) -> anyhow::Result<Self> {
        if path.is_empty() {
            return Ok(Self { path: None });
        }
        let path = path.to_owned();
        tokio::task::spawn_blocking(move || {
            let mut file = File::open(&path).context("cannot be opened")?;
            examine(&mut file)?;
            Ok(Self { path: Some(path) })
        })
        .await?
    }

    /// Whether the password is in the list. Opens the file anew, so that a newer one that took its place is used.
    ///
    /// # Errors
    /// When the file cannot be read any more: then a password is not taken either.
    pub(crate) async fn holds(&self, password: &str) -> anyhow::Result<bool> {
        let Some(path) = self.path.clone() else {
            return Ok(false);
        };
        let wanted = hash(password)?;
        tokio::task::spawn_blocking(move || {
            let mut file = File::open(&path).context("breached_passwords")?;
            find(&mut file, &wanted).context("breached_passwords")
        })
        .await?
    }
}

fn hash(password: &str) -> anyhow::Result<Hash> {
    Ok(digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
        .as_ref()
        .try_into()?)
}

/// Whether this is a list by its beginning, its end and lines in between.
fn examine(file: &mut (impl Read + Seek)) -> anyhow::Result<()> {
    let size = file.seek(SeekFrom::End(0))?;
    ensure!(size > 0, "is empty");
    let mut before: Option<Line> = None;
    for probe in 0..=PROBES {
        let at = u64::try_from(u128::from(size - 1) * u128::from(probe) / u128::from(PROBES))?;
        let line = line_at(file, size, at)?;
        if let Some(before) = &before
            && before.start != line.start
        {
            ensure!(
                before.hash < line.hash,
                "is not sorted by hash (before byte {}): take the list that is ordered by hash",
                line.next
            );
        }
        // Lists by how often a password was seen may look sorted from afar.
        if line.next < size {
            let after = line_at(file, size, line.next)?;
            ensure!(
                line.hash < after.hash,
                "is not sorted by hash (at byte {}): take the list that is ordered by hash",
                after.start
            );
        }
        if probe == 0 {
            ensure!(
                is_near(begin(&line.hash), size),
                "does not begin with the first hashes: its beginning is missing"
            );
        }
        before = Some(line);
    }
    if let Some(last) = before {
        ensure!(
            is_near(u64::MAX - begin(&last.hash), size),
            "does not reach to the last hashes: its end is missing"
        );
    }
    Ok(())
}

/// The first eight bytes of a hash: where it stands among all.
fn begin(hash: &Hash) -> u64 {
    hash.iter()
        .take(8)
        .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// Whether so little of the numbers is free that a list of so many bytes can end there.
fn is_near(gap: u64, size: u64) -> bool {
    u128::from(gap) * u128::from(size) < ROOM << 64
}

/// Binary search over bytes: each step reads the line that the middle lies in.
fn find(file: &mut (impl Read + Seek), wanted: &Hash) -> anyhow::Result<bool> {
    let size = file.seek(SeekFrom::End(0))?;
    let (mut from, mut to) = (0_u64, size);
    while from < to {
        let line = line_at(file, size, from.midpoint(to))?;
        match line.hash.cmp(wanted) {
            Ordering::Equal => return Ok(true),
            Ordering::Less => from = line.next,
            Ordering::Greater => to = line.start,
        }
    }
    Ok(false)
}

/// The line that this byte belongs to; its end belongs to it.
fn line_at(file: &mut (impl Read + Seek), size: u64, at: u64) -> anyhow::Result<Line> {
    let longest = u64::try_from(LONGEST)?;
    let from = at.saturating_sub(longest);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::with_capacity(2 * LONGEST);
    file.by_ref().take(2 * longest).read_to_end(&mut bytes)?;
    let within = usize::try_from(at - from)?;
    let no_line = || format!("has no line `HASH:COUNT` of SHA-1 at byte {at}");
    let (head, tail) = bytes.split_at_checked(within).with_context(no_line)?;
    let start = match head.iter().rposition(|b| *b == b'\n') {
        Some(newline) => newline + 1,
        None if from == 0 => 0,
        None => bail!(no_line()),
    };
    let (end, next) = match tail.iter().position(|b| *b == b'\n') {
        Some(newline) => (within + newline, within + newline + 1),
        None if from + u64::try_from(bytes.len())? == size => (bytes.len(), bytes.len()),
        None => bail!(no_line()),
    };
    let text = bytes.get(start..end).with_context(no_line)?;
    Ok(Line {
        hash: read(text).with_context(no_line)?,
        start: from + u64::try_from(start)?,
        next: from + u64::try_from(next)?,
    })
}

/// The hash of a line.
fn read(line: &[u8]) -> Option<Hash> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (digits, count) = line.split_at_checked(40)?;
    let count = count.strip_prefix(b":")?;
    if count.is_empty() || !count.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut hash = [0; 20];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        if !pair.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// As the downloader writes it, of so many made-up passwords.
    fn list(passwords: usize, end: &str) -> String {
        let mut lines: Vec<String> = (0..passwords)
            .map(|n| {
                let hash = hash(&format!("mật khẩu {n}")).expect("a hash");
                let hex: String = hash.iter().map(|b| format!("{b:02X}")).collect();
                format!("{hex}:{}", n * n + 1)
            })
            .collect();
        lines.sort_unstable();
        lines.join(end)
    }

    fn found(list: &str, password: &str) -> bool {
        let wanted = hash(password).expect("a hash");
        find(&mut Cursor::new(list.as_bytes()), &wanted).expect("a list")
    }

    fn flaw(list: &str) -> String {
        let examined = examine(&mut Cursor::new(list.as_bytes()));
        examined.map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn each_password_of_the_list_is_found_and_no_other() {
        for passwords in [1, 2, 3, 1000] {
            for end in ["\n", "\r\n"] {
                let open = list(passwords, end);
                for list in [open.clone(), open + end] {
                    assert_eq!(flaw(&list), "", "{passwords}");
                    for n in 0..passwords {
                        assert!(found(&list, &format!("mật khẩu {n}")), "{passwords} {n}");
                    }
                    for n in passwords..passwords + 200 {
                        assert!(!found(&list, &format!("mật khẩu {n}")), "{passwords} {n}");
                    }
                }
            }
        }
        // RFC 3174: SHA-1 of "abc"; small letters are read, too.
        let abc = "a9993e364706816aba3e25717850c26c9cd0d89d:3";
        assert!(found(abc, "abc") && !found(abc, "abd"));
    }

    #[test]
    fn a_large_list_is_searched_in_few_reads() {
        struct Counted(Cursor<Vec<u8>>, usize);
        impl Read for Counted {
            fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
                let read = self.0.read(to)?;
                self.1 += read;
                Ok(read)
            }
        }
        impl Seek for Counted {
            fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
                self.0.seek(to)
            }
        }
        let bytes = list(50_000, "\n").into_bytes();
        let mut file = Counted(Cursor::new(bytes), 0);
        let wanted = hash("mật khẩu 777").expect("a hash");
        assert!(find(&mut file, &wanted).expect("a list"));
        // Two million bytes: some twenty steps.
        assert!(file.1 < 32 * 2 * LONGEST, "{} bytes were read", file.1);
    }

    #[test]
    fn what_is_no_whole_list_in_order_is_named() {
        let whole = list(1000, "\n");
        let lines: Vec<&str> = whole.lines().collect();
        let by_count = {
            let mut lines = lines.clone();
            lines.sort_by_key(|l| l.split_once(':').and_then(|(_, n)| n.parse::<u64>().ok()));
            lines.join("\n")
        };
        let backward: Vec<&str> = lines.iter().rev().copied().collect();
        let cut = whole.get(..whole.len() - 30).expect("ASCII").to_owned();
        let half = lines.iter().take(500).copied().collect::<Vec<_>>();
        let other_half = lines.iter().skip(500).copied().collect::<Vec<_>>();
        let short = lines
            .iter()
            .map(|l| l.trim_start_matches(|c: char| c.is_ascii_hexdigit()))
            .collect::<Vec<_>>();
        for (list, said) in [
            (String::new(), "is empty"),
            ("mật khẩu\n123456\n".to_owned(), "no line"),
            ("x".repeat(500), "no line"),
            (short.join("\n"), "no line"),
            (cut, "no line"),
            (whole.replace(':', ";"), "no line"),
            (by_count, "not sorted"),
            (backward.join("\n"), "not sorted"),
            (half.join("\n"), "its end is missing"),
            (other_half.join("\n"), "its beginning is missing"),
        ] {
            assert!(flaw(&list).contains(said), "{said}: {}", flaw(&list));
        }
    }

    #[tokio::test]
    async fn no_file_knows_nothing_and_a_missing_one_is_said() {
        let none = Breached::open("").await.expect("no list");
        assert!(!none.holds("mật khẩu 1").await.expect("no list"));
        let missing = Breached::open("/there/is/no/such.txt").await;
        let said = format!("{:#}", missing.expect_err("missing"));
        assert!(said.starts_with("cannot be opened"), "{said}");
    }
}
