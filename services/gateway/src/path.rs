//! Paths that mean what they say.

/// Whether a raw path is free of anything that another reader might take for another path: `.` and `..` segments (also encoded),
/// empty segments, backslashes, encoded slashes, control characters, broken encoding. What fails this names nothing that exists.
pub(crate) fn is_plain(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.is_empty() {
        return path == "/";
    }
    rest.split('/').all(|segment| {
        decoded(segment).is_some_and(|text| {
            !text.is_empty()
                && text != "."
                && text != ".."
                && !text.contains(['/', '\\'])
                && !text.chars().any(char::is_control)
        })
    })
}

/// One segment with its percent-encoding taken off, when that is sound.
fn decoded(segment: &str) -> Option<String> {
    let mut out = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_pass() {
        for good in [
            "/",
            "/a",
            "/a/",
            "/api/v1/x-1.json",
            "/thu-tuc/%C4%91",
            "/a%20b",
            "/a..b",
        ] {
            assert!(is_plain(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "//",
            "//a",
            "/a//b",
            "/.",
            "/..",
            "/a/../b",
            "/a/%2e%2e/b",
            "/a/%2E/b",
            "/a%2fb",
            "/a\\b",
            "/a%5cb",
            "/a%00b",
            "/a%0ab",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%ff",
            "/a/./b",
            "/a//",
        ] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
