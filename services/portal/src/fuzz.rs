//! What comes from outside, for the fuzz targets (`e2e::fuzz`). Each function takes any input and panics when a promise is broken.

use crate::form::{self, Fields, KeptFile};
use actix_multipart::Multipart;

/// A urlencoded form of a page.
pub fn fields(bytes: &[u8]) {
    let fields: Fields = url::form_urlencoded::parse(bytes).into_owned().collect();
    let kept = KeptFile::parse(fields.get("file"));
    if let Some(kept) = kept {
        assert_eq!(KeptFile::parse(&kept.to_string()), Some(kept));
    }
}

/// A form with files.
pub async fn multipart(form: Multipart) {
    form::fuzz(form).await;
}
