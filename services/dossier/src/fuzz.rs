//! What comes from outside, for the fuzz targets (`e2e::fuzz`). Each function takes any input and panics when a promise is broken.

use crate::app::{sniff, upload};
use actix_multipart::Multipart;

/// The content of a file, and its name.
pub fn file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let name = sniff::clean_name(&text);
    if let Some(kind) = sniff::sniff(bytes) {
        kind.agrees(name.as_deref().unwrap_or_default(), Some(&text));
    }
    if let Some(name) = name {
        assert!(
            !name.contains(['/', '\\', '\r', '\n', '\0']),
            "{name:?} may be sent in a header"
        );
    }
}

/// The form that a file comes in.
pub async fn multipart(form: Multipart) {
    upload::fuzz(form).await;
}
