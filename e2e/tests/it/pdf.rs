//! The text of a PDF as our forms are written: whole objects, deflated streams, glyphs of two bytes with a `ToUnicode` map. Not for the
//! PDFs of others.

use flate2::read::ZlibDecoder;
use std::collections::BTreeMap;
use std::io::Read as _;

/// What a glyph of a font says.
type Font = BTreeMap<u16, String>;
/// Each object by its number: its dictionary, and its stream unpacked.
type Objects = BTreeMap<usize, (String, Vec<u8>)>;

/// The lines as they were set, page by page.
///
/// # Panics
/// When it is none of ours.
pub(crate) fn text(pdf: &[u8]) -> String {
    assert!(pdf.starts_with(b"%PDF-"), "no PDF");
    let objects = objects(pdf);
    let mut out = String::new();
    for (dictionary, _) in objects.values() {
        if let Some((_, contents)) = dictionary.split_once("/Contents ") {
            let (_, resources) = dictionary.split_once("/Resources ").expect("resources");
            let fonts = fonts(&objects, &objects[&number(resources)].0);
            page(&objects[&number(contents)].1, &fonts, &mut out);
        }
    }
    out
}

/// The fonts that a page names.
fn fonts(objects: &Objects, resources: &str) -> BTreeMap<String, Font> {
    let (_, named) = resources.split_once("/Font<<").expect("fonts");
    let named = named.split(">>").next().unwrap_or_default();
    let each = named.split('/').filter(|f| !f.is_empty()).map(|font| {
        let (name, object) = font.split_once(' ').expect("a font and its object");
        let (font, _) = &objects[&number(object)];
        let (_, map) = font.split_once("/ToUnicode ").expect("a map");
        (name.to_owned(), glyphs(&objects[&number(map)].1))
    });
    each.collect()
}

/// The number that a text begins with.
fn number(text: &str) -> usize {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}

fn find(within: &[u8], what: &[u8]) -> Option<usize> {
    within.windows(what.len()).position(|w| w == what)
}

fn objects(pdf: &[u8]) -> Objects {
    const HEAD: &[u8] = b" 0 obj\n";
    let mut all = Objects::new();
    let mut rest = pdf;
    while let Some(at) = find(rest, HEAD) {
        let (before, after) = rest.split_at(at);
        let digits = before.iter().rev().take_while(|b| b.is_ascii_digit());
        let digits = String::from_utf8_lossy(&before[at - digits.count()..]).into_owned();
        rest = &after[HEAD.len()..];
        let end = find(rest, b"endobj").expect("an end");
        let stream = find(rest, b"stream\n").filter(|s| *s < end);
        let dictionary = String::from_utf8_lossy(&rest[..stream.unwrap_or(end)]).into_owned();
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            let (_, length) = dictionary.split_once("/Length ").expect("a length");
            let (_, data) = rest.split_at(stream + b"stream\n".len());
            let (data, after) = data.split_at(number(length));
            rest = after;
            if dictionary.contains("/FlateDecode") {
                ZlibDecoder::new(data)
                    .read_to_end(&mut bytes)
                    .expect("a deflated stream");
            } else {
                bytes.extend_from_slice(data);
            }
        }
        all.insert(number(&digits), (dictionary, bytes));
    }
    all
}

/// The lines `<glyph> <UTF-16>` of a map.
fn glyphs(map: &[u8]) -> Font {
    let map = String::from_utf8_lossy(map);
    let mut font = Font::new();
    let mut inside = false;
    for line in map.lines() {
        if line.ends_with(" beginbfchar") {
            inside = true;
        } else if line == "endbfchar" {
            inside = false;
        } else if inside {
            let (glyph, says) = line.split_once(' ').expect("two codes");
            let units = words(&unhex(says));
            let glyph = words(&unhex(glyph));
            font.insert(glyph[0], String::from_utf16_lossy(&units));
        }
    }
    assert!(!font.is_empty(), "a font says something");
    font
}

/// Bytes of hexadecimal digits, whatever stands around them.
fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .filter_map(|d| u8::try_from(d).ok())
        .collect();
    digits.chunks(2).map(|d| d[0] * 16 + d[1]).collect()
}

fn words(bytes: &[u8]) -> Vec<u16> {
    let pairs = bytes.chunks_exact(2);
    pairs.map(|b| u16::from_be_bytes([b[0], b[1]])).collect()
}

/// The texts of a page's drawing, a line for each operator that sets some.
fn page(content: &[u8], fonts: &BTreeMap<String, Font>, out: &mut String) {
    let mut font = None;
    let mut glyphs = Vec::new();
    let mut bytes = content.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'/' => {
                let mut name = String::new();
                while let Some(b) = bytes.next_if(u8::is_ascii_alphanumeric) {
                    name.push(char::from(b));
                }
                font = fonts.get(&name).or(font);
            }
            b'(' => {
                // Pairs of parentheses need no escape.
                let mut depth = 1;
                while let Some(b) = bytes.next() {
                    match b {
                        b'(' => depth += 1,
                        b')' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                    glyphs.push(if b == b'\\' { escaped(&mut bytes) } else { b });
                }
            }
            b'<' if bytes.next_if_eq(&b'<').is_none() => {
                let mut hex = String::new();
                while let Some(b) = bytes.next().filter(|b| *b != b'>') {
                    hex.push(char::from(b));
                }
                glyphs.extend(unhex(&hex));
            }
            // `Tj` and `TJ` set it.
            b'j' | b'J' if !glyphs.is_empty() => {
                for glyph in words(&std::mem::take(&mut glyphs)) {
                    let font = font.expect("a font before a text");
                    out.push_str(font.get(&glyph).expect("a glyph that says something"));
                }
                out.push('\n');
            }
            _ => {}
        }
    }
}

/// What stands after a backslash in a text.
fn escaped(bytes: &mut std::iter::Peekable<impl Iterator<Item = u8>>) -> u8 {
    match bytes.next().expect("something escaped") {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        digit @ b'0'..=b'7' => {
            let mut code = digit - b'0';
            for _ in 0..2 {
                if let Some(next) = bytes.next_if(|b| (b'0'..=b'7').contains(b)) {
                    code = code.wrapping_mul(8).wrapping_add(next - b'0');
                }
            }
            code
        }
        other => other,
    }
}
