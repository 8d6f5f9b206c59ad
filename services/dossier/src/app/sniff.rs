//! What a file is, by its content; name and declared type only have to agree.

/// A type of file that the suite knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileType {
    /// The name in the settings.
    pub(crate) name: &'static str,
    /// The media type it is served as.
    pub(crate) media_type: &'static str,
    /// Extensions a name may have.
    pub(crate) extensions: &'static [&'static str],
    /// Further media types that browsers declare.
    declared: &'static [&'static str],
}

const PDF: FileType = FileType {
    name: "pdf",
    media_type: "application/pdf",
    extensions: &["pdf"],
    declared: &["application/x-pdf"],
};
const PNG: FileType = FileType {
    name: "png",
    media_type: "image/png",
    extensions: &["png"],
    declared: &[],
};
const JPG: FileType = FileType {
    name: "jpg",
    media_type: "image/jpeg",
    extensions: &["jpg", "jpeg", "jfif"],
    declared: &["image/jpg", "image/pjpeg"],
};
const DOCX: FileType = FileType {
    name: "docx",
    media_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    extensions: &["docx"],
    declared: &[],
};
const XLSX: FileType = FileType {
    name: "xlsx",
    media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    extensions: &["xlsx"],
    declared: &[],
};
const DOC: FileType = FileType {
    name: "doc",
    media_type: "application/msword",
    extensions: &["doc"],
    declared: &[],
};
const XLS: FileType = FileType {
    name: "xls",
    media_type: "application/vnd.ms-excel",
    extensions: &["xls"],
    declared: &["application/excel"],
};

/// Declared when the sender does not know.
const UNDECLARED: [&str; 2] = ["application/octet-stream", "binary/octet-stream"];

/// What the content is; none for a type that the suite does not know.
pub(crate) fn sniff(content: &[u8]) -> Option<FileType> {
    let holds = |needle: &[u8]| content.windows(needle.len()).any(|w| w == needle);
    // Packages and compound files first: their parts say what they are, in whatever order they were packed.
    if content.starts_with(b"PK\x03\x04") {
        return if !holds(b"[Content_Types].xml") {
            None
        } else if holds(b"word/document.xml") {
            Some(DOCX)
        } else if holds(b"xl/workbook.xml") {
            Some(XLSX)
        } else {
            None
        };
    }
    if content.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return compound(&holds);
    }
    let found = infer::get(content)?;
    [PDF, PNG, JPG]
        .into_iter()
        .find(|t| t.media_type == found.mime_type())
}

/// Compound files name their main stream in UTF-16.
fn compound(holds: &impl Fn(&[u8]) -> bool) -> Option<FileType> {
    let utf16 = |name: &str| {
        name.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    if holds(&utf16("WordDocument")) {
        Some(DOC)
    } else if holds(&utf16("Workbook")) || holds(&utf16("Book")) {
        Some(XLS)
    } else {
        None
    }
}

impl FileType {
    /// Whether a name's extension and a declared media type agree with the content.
    pub(crate) fn agrees(&self, name: &str, declared: Option<&str>) -> bool {
        let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
        let named = extension.is_some_and(|e| self.extensions.contains(&e.as_str()));
        let typed = declared.is_none_or(|d| {
            d == self.media_type || self.declared.contains(&d) || UNDECLARED.contains(&d)
        });
        named && typed
    }
}

/// Why a file is not taken though its type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It unfolds to more than anybody wants to open.
    Bomb,
    /// A package that cannot be read, or that carries programs.
    Package,
    /// A package that is not what its bytes look like.
    Lies,
}

/// Most bytes that a package may unfold to, and most parts that it may have.
const UNFOLDED: u64 = 300 << 20;
const PARTS: usize = 10_000;
/// Most pixels of an image: an A3 page at 600 dpi has 70 million.
const PIXELS: u64 = 150_000_000;

/// Unfolds a package and looks at the size of an image: what is small here may be made to fill memory and disks where it is opened.
/// What a package says of its own sizes is not believed; it is read to the end or to the limit.
///
/// # Errors
/// What is wrong.
pub(crate) fn examine(found: FileType, content: &[u8]) -> Result<(), Fault> {
    if found == DOCX || found == XLSX {
        return package(found, content, UNFOLDED);
    }
    if (found == PNG || found == JPG)
        && let Ok(size) = imagesize::blob_size(content)
    {
        let pixels = u64::try_from(size.width)
            .unwrap_or(u64::MAX)
            .saturating_mul(u64::try_from(size.height).unwrap_or(u64::MAX));
        if pixels > PIXELS {
            return Err(Fault::Bomb);
        }
    }
    Ok(())
}

fn package(found: FileType, content: &[u8], most: u64) -> Result<(), Fault> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(content))
        .map_err(|_unreadable| Fault::Package)?;
    if archive.len() > PARTS {
        return Err(Fault::Bomb);
    }
    let main = if found == DOCX {
        "word/document.xml"
    } else {
        "xl/workbook.xml"
    };
    let names = archive
        .file_names()
        .map(|name| name.map(std::borrow::Cow::into_owned))
        .collect::<Result<Vec<String>, _>>()
        .map_err(|_unreadable| Fault::Package)?;
    let has = |name: &str| names.iter().any(|n| n == name);
    if !has("[Content_Types].xml") || !has(main) {
        return Err(Fault::Lies);
    }
    // Macros, and objects that run something when touched: no paper needs them.
    let runs = |n: &String| {
        let n = n.to_ascii_lowercase();
        n.ends_with("vbaproject.bin")
            || n.contains("/activex/")
            || n.ends_with(".exe")
            || n.ends_with(".js")
    };
    if names.iter().any(runs) {
        return Err(Fault::Package);
    }
    let mut left = most;
    for n in 0..archive.len() {
        let part = archive.by_index(n).map_err(|_unreadable| Fault::Package)?;
        let mut part = std::io::Read::take(part, left.saturating_add(1));
        let read =
            std::io::copy(&mut part, &mut std::io::sink()).map_err(|_unreadable| Fault::Package)?;
        left = left.checked_sub(read).ok_or(Fault::Bomb)?;
    }
    Ok(())
}

/// The types that are taken, for whoever shows a picker: name, media type, extensions.
pub(crate) fn known() -> [FileType; 7] {
    [PDF, PNG, JPG, DOCX, XLSX, DOC, XLS]
}

/// A file name that can be shown and sent in a header: the last part of a path, NFC, at most 200 characters. One with a
/// control character, or one that shows something else than it is, is no honest name.
pub(crate) fn clean_name(given: &str) -> Option<String> {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = vn::text::clean(last);
    let name = name.trim();
    let fits = !given.contains(char::is_control)
        && !vn::text::is_deceptive(last)
        && !name.is_empty()
        && !name.starts_with('.')
        && name.chars().count() <= 200;
    fits.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        let zip = |inner: &str| {
            [
                b"PK\x03\x04".as_slice(),
                &[0; 30],
                inner.as_bytes(),
                &[0; 30],
            ]
            .concat()
        };
        let ole = |inner: &str| {
            let name: Vec<u8> = inner.encode_utf16().flat_map(u16::to_le_bytes).collect();
            [
                [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1].as_slice(),
                &[0; 512],
                &name,
            ]
            .concat()
        };
        let cases: [(Vec<u8>, Option<&str>); 11] = [
            (b"%PDF-1.7\n%".to_vec(), Some("pdf")),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), Some("png")),
            (
                vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 16, b'J', b'F', b'I', b'F'],
                Some("jpg"),
            ),
            (zip("[Content_Types].xml...word/document.xml"), Some("docx")),
            (zip("xl/workbook.xml...[Content_Types].xml"), Some("xlsx")),
            (zip("evil.exe"), None),
            (ole("WordDocument"), Some("doc")),
            (ole("Workbook"), Some("xls")),
            (b"MZ\x90\0".to_vec(), None),
            (b"<html><script>".to_vec(), None),
            (b"hello".to_vec(), None),
        ];
        for (n, (content, name)) in cases.into_iter().enumerate() {
            assert_eq!(sniff(&content).map(|t| t.name), name, "case {n}");
        }
    }

    fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
        use std::io::Write as _;
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in parts {
            let options = zip::write::SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated);
            writer.start_file(*name, options).expect("a part");
            writer.write_all(content).expect("written");
        }
        writer.finish().expect("packed").into_inner()
    }

    #[test]
    fn a_package_is_unfolded_before_it_is_believed() {
        let types: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");
        let document: (&str, &[u8]) = ("word/document.xml", b"<w/>");
        let judged = |parts: &[(&str, &[u8])]| {
            let content = packed(parts);
            examine(sniff(&content).unwrap_or(DOCX), &content)
        };
        assert_eq!(judged(&[types, document]), Ok(()));
        assert_eq!(judged(&[types, ("xl/workbook.xml", b"<x/>")]), Ok(()));
        // The names are there as text, not as parts.
        assert_eq!(
            judged(&[("a.txt", b"[Content_Types].xml word/document.xml")]),
            Err(Fault::Lies)
        );
        for program in ["word/vbaProject.bin", "word/activeX/activeX1.bin", "a.exe"] {
            assert_eq!(
                judged(&[types, document, (program, b"x")]),
                Err(Fault::Package),
                "{program}"
            );
        }
        let mut broken = packed(&[types, document]);
        broken.truncate(broken.len() / 2);
        assert_eq!(examine(DOCX, &broken), Err(Fault::Package));
    }

    #[test]
    fn what_unfolds_without_end_is_a_bomb() {
        let zeros = vec![0_u8; 1 << 20];
        let bomb = packed(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("word/document.xml", b"<w/>"),
            ("word/media/1.bin", &zeros),
            ("word/media/2.bin", &zeros),
        ]);
        assert!(bomb.len() < 20_000, "{}", bomb.len());
        assert_eq!(package(DOCX, &bomb, 3 << 20), Ok(()));
        // Neither part alone is too much.
        assert_eq!(package(DOCX, &bomb, (2 << 20) - 1), Err(Fault::Bomb));
        // 60,000 × 60,000 pixels in the head of a PNG.
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([
            0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 6, 0, 0, 0, 0, 0, 0, 0,
        ]);
        assert_eq!(examine(PNG, &png), Err(Fault::Bomb));
        assert_eq!(examine(PNG, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Ok(()));
    }

    #[test]
    fn claims_must_agree() {
        assert!(PDF.agrees("Tờ khai.PDF", Some("application/pdf")));
        assert!(PDF.agrees("a.pdf", Some("application/octet-stream")));
        assert!(PDF.agrees("a.pdf", None));
        assert!(!PDF.agrees("a.png", Some("application/pdf")));
        assert!(!PDF.agrees("a.pdf", Some("image/png")));
        assert!(!PDF.agrees("a", None));
        assert!(JPG.agrees("a.jpeg", Some("image/jpg")));
    }

    #[test]
    fn names_are_only_names() {
        assert_eq!(
            clean_name("../../etc/pass wd.pdf").as_deref(),
            Some("pass wd.pdf")
        );
        assert_eq!(
            clean_name("C:\\x\\Tờ khai.pdf").as_deref(),
            Some("Tờ khai.pdf")
        );
        for control in [
            "a\r\nb.pdf",
            "a\0.pdf",
            "a\tb.pdf",
            "a\u{85}b.pdf",
            "a\0/b.pdf",
        ] {
            assert_eq!(clean_name(control), None, "{control:?}");
        }
        for trick in ["a\u{202e}fdp.exe", "t\u{430}x.pdf", "a\u{200b}.pdf"] {
            assert_eq!(clean_name(trick), None, "{trick:?}");
        }
        assert_eq!(clean_name("  "), None);
        assert_eq!(clean_name("../.htaccess"), None);
        assert_eq!(clean_name(&"x".repeat(201)), None);
    }
}
