//! What comes from outside, for the fuzz targets (`e2e::fuzz`). Each function takes any bytes and panics when a promise is broken.

use crate::app::lines::{Line, read_all, unpacked};
use crate::app::reference;
use crate::domain::{portal, search};

/// Bytes of an unpacked file that are read: a bomb stops here.
const MOST: usize = 64 << 10;

/// A line of the national portal, a search.
pub fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    drop(portal::parse_line(&text));
    drop(search::parse(&text));
    drop(portal::clean_lines(&text));
}

/// A whole file of procedures, plain or gzip: its lines are told in their order, a good one is kept as it came, and nothing is told after
/// the line at which the file was cut.
pub fn file(bytes: &[u8]) {
    // No more lines than bytes: the parser never waits.
    let (to, mut from) = tokio::sync::mpsc::channel(MOST + 2);
    read_all(bytes, MOST as u64, &to);
    drop(to);
    let (mut last, mut cut) = (0, false);
    while let Ok(line) = from.try_recv() {
        assert!(!cut, "something comes after the end");
        let number = match line {
            Line::Good(good) => {
                let kept = good.source.as_deref().map(unpacked);
                let kept = kept.and_then(Result::ok).unwrap_or_default();
                let again = portal::parse_line(&String::from_utf8_lossy(&kept));
                assert!(
                    again.is_ok_and(|again| again.id == good.id && again.content == good.content),
                    "line {} is not kept as it came",
                    good.line
                );
                good.line
            }
            Line::Broken { line, .. } => line,
            Line::Cut { line, .. } => {
                cut = true;
                line
            }
        };
        assert!(number > last, "line {number} comes after line {last}");
        last = number;
    }
}

/// A table of each kind of reference data (CSV).
pub fn table(bytes: &[u8]) {
    reference::fuzz(bytes);
}
