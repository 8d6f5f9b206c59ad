//! Forms as browsers send them: urlencoded, or multipart with files.

use crate::api::{ApiError, Refusal};
use crate::ctx::Ctx;
use crate::error::PageError;
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::TryStreamExt as _;
use std::fmt;

/// The texts of a form may be this large together, bytes.
const FORM_LIMIT: usize = 256 << 10;
/// Fields of one form at the most.
const FIELDS_LIMIT: usize = 600;

/// Names and values in the order sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a urlencoded body.
    ///
    /// # Errors
    /// [`PageError::TooLarge`], [`PageError::BadForm`].
    pub(crate) async fn read(mut payload: Payload) -> Result<Self, PageError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload
            .try_next()
            .await
            .map_err(|_broken| PageError::BadForm)?
        {
            if body.len() + chunk.len() > FORM_LIMIT {
                return Err(PageError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self(
            url::form_urlencoded::parse(&body)
                .into_owned()
                .take(FIELDS_LIMIT)
                .collect(),
        ))
    }

    /// The trimmed value of a field; empty when it was not sent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, v)| v.trim())
    }

    /// The value, or nothing when it is empty.
    pub(crate) fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name))
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
    }

    /// Whether the field was sent at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// Sets a field, in place of any value sent.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(n, _)| n != name);
        self.0.push((name.to_owned(), value.into()));
    }
}

impl FromIterator<(String, String)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// A file that was uploaded to the API and is known there by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptFile {
    /// Id at the API.
    pub(crate) id: String,
    /// Its name, for the eye.
    pub(crate) name: String,
}

impl KeptFile {
    /// Reads `id|name`, as the hidden field holds it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (id, name) = text.split_once('|')?;
        id.parse::<uuid::Uuid>().ok()?;
        Some(Self {
            id: id.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for KeptFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{}", self.id, self.name)
    }
}

/// A form with files. Each file has gone to the API already; what was refused is here with the reason.
#[derive(Debug, Default)]
pub(crate) struct Submission {
    /// The text fields.
    pub(crate) fields: Fields,
    /// File fields: the part of the name after `file.`, and what became of the file.
    pub(crate) uploads: Vec<(String, Result<KeptFile, Refusal>)>,
    /// The API went away on the way: what was typed must be shown again.
    pub(crate) away: bool,
}

impl Submission {
    /// Reads a multipart form, checks its token before the first file leaves, and uploads the files one by one, so that at
    /// most one of them is in memory.
    ///
    /// # Errors
    /// [`PageError::ForeignForm`], [`PageError::TooLarge`], [`PageError::BadForm`], [`PageError::SignIn`].
    pub(crate) async fn read(ctx: &Ctx, parts: Multipart) -> Result<Self, PageError> {
        let mut out = Self::default();
        let mut checked = false;
        let mut parts = Parts::of(parts);
        while let Some(part) = parts.next().await? {
            let file = match part {
                Part::Text(name, text) => {
                    out.fields.0.push((name, text));
                    continue;
                }
                Part::File(file) => file,
            };
            if !checked {
                ctx.check_form(out.fields.get("csrf"))?;
                checked = true;
            }
            let limit = ctx.app.settings.max_file_bytes;
            let content = read_file(file.field, limit).await?;
            let Some(slot) = file.name.strip_prefix("file.") else {
                continue;
            };
            match content {
                None => {
                    let refusal = Refusal {
                        detail: Some(ctx.t.file_too_large(limit)),
                        ..Refusal::default()
                    };
                    out.uploads.push((slot.to_owned(), Err(refusal)));
                }
                Some(content) if content.is_empty() && file.file_name.is_empty() => {}
                Some(content) => {
                    out.upload(ctx, slot, &file.file_name, &file.media, content)
                        .await?;
                }
            }
        }
        if !checked {
            ctx.check_form(out.fields.get("csrf"))?;
        }
        Ok(out)
    }

    async fn upload(
        &mut self,
        ctx: &Ctx,
        slot: &str,
        file_name: &str,
        media: &str,
        content: Bytes,
    ) -> Result<(), PageError> {
        if self.away {
            return Ok(());
        }
        // The same form sent twice names the same files: the key is the form's, the field's and the content's.
        let seed = format!(
            "{}\n{slot}\n{file_name}\n{}",
            self.fields.get("key"),
            kit::http::sha256_hex(&content)
        );
        let key = kit::http::sha256_hex(seed.as_bytes());
        match ctx.api().upload(file_name, media, content, &key).await {
            Ok(file) => {
                let kept = KeptFile {
                    id: file.id,
                    name: file.name,
                };
                self.uploads.push((slot.to_owned(), Ok(kept)));
            }
            Err(ApiError::Refused(refusal)) if refusal.status == 401 => {
                return Err(PageError::SignIn(ctx.path.clone()));
            }
            Err(ApiError::Refused(refusal)) => self.uploads.push((slot.to_owned(), Err(*refusal))),
            Err(ApiError::Away(cause)) => {
                tracing::warn!(cause, "a file could not be uploaded");
                self.away = true;
            }
        }
        Ok(())
    }

    /// The file for a field: the one just uploaded, else the one kept from the form before, unless it was dropped.
    pub(crate) fn file(&self, slot: &str) -> Option<KeptFile> {
        let fresh = self
            .uploads
            .iter()
            .find(|(s, _)| s == slot)
            .and_then(|(_, u)| u.as_ref().ok().cloned());
        fresh
            .or_else(|| {
                let dropped = self.fields.has(&format!("drop.{slot}"));
                let kept = KeptFile::parse(self.fields.get(&format!("kept.{slot}")));
                if dropped { None } else { kept }
            })
            // Last, so that a file sent by hand counts more than an earlier result chosen.
            .or_else(|| KeptFile::parse(self.fields.get(&format!("store.{slot}"))))
    }

    /// Why the file of a field was refused.
    pub(crate) fn file_error(&self, slot: &str) -> Option<String> {
        self.uploads.iter().find_map(|(s, u)| match u {
            Err(refusal) if s == slot => Some(refusal.text().to_owned()),
            _ => None,
        })
    }

    /// Whether any file was refused.
    pub(crate) fn any_refused(&self) -> bool {
        self.uploads.iter().any(|(_, u)| u.is_err())
    }
}

/// One part of a multipart form.
enum Part {
    /// Name and value of a text field.
    Text(String, String),
    /// A file, of which nothing was read yet.
    File(Box<FilePart>),
}

struct FilePart {
    name: String,
    /// Without folders.
    file_name: String,
    media: String,
    field: Field,
}

/// The parts of a form, within the limits for their number and for the texts together.
struct Parts {
    form: Multipart,
    count: usize,
    text_size: usize,
}

fn broken(_any: MultipartError) -> PageError {
    PageError::BadForm
}

impl Parts {
    fn of(form: Multipart) -> Self {
        Self {
            form,
            count: 0,
            text_size: 0,
        }
    }

    async fn next(&mut self) -> Result<Option<Part>, PageError> {
        let Some(mut field) = self.form.try_next().await.map_err(broken)? else {
            return Ok(None);
        };
        self.count += 1;
        if self.count > FIELDS_LIMIT {
            return Err(PageError::TooLarge);
        }
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field
            .content_disposition()
            .and_then(|d| d.get_filename())
            .map(|name| name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned());
        if let Some(file_name) = file_name {
            let media = field.content_type().map_or_else(
                || "application/octet-stream".to_owned(),
                ToString::to_string,
            );
            return Ok(Some(Part::File(Box::new(FilePart {
                name,
                file_name,
                media,
                field,
            }))));
        }
        let mut text = BytesMut::new();
        while let Some(chunk) = field.try_next().await.map_err(broken)? {
            self.text_size += chunk.len();
            if self.text_size > FORM_LIMIT {
                return Err(PageError::TooLarge);
            }
            text.extend_from_slice(&chunk);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok(Some(Part::Text(name, text)))
    }
}

/// The content of a file; `None`: it is larger than `limit` bytes. The rest is read and dropped then, so that the person gets a page and
/// not a broken connection.
async fn read_file(mut field: Field, limit: usize) -> Result<Option<Bytes>, PageError> {
    let mut content = BytesMut::new();
    let mut too_large = false;
    while let Some(chunk) = field.try_next().await.map_err(broken)? {
        too_large = too_large || content.len() + chunk.len() > limit;
        if !too_large {
            content.extend_from_slice(&chunk);
        }
    }
    Ok((!too_large).then(|| content.freeze()))
}

/// A multipart form as [`Submission::read`] takes it, kept nowhere: for the fuzz targets.
pub(crate) async fn fuzz(form: Multipart) {
    /// Largest file here, bytes.
    const LIMIT: usize = 64;
    let mut parts = Parts::of(form);
    loop {
        let refused = match parts.next().await {
            Ok(None) => return,
            Ok(Some(Part::Text(..))) => continue,
            Ok(Some(Part::File(file))) => {
                assert!(
                    !file.file_name.contains(['/', '\\']),
                    "{:?} names a folder",
                    file.file_name
                );
                match read_file(file.field, LIMIT).await {
                    Ok(content) => {
                        assert!(content.is_none_or(|content| content.len() <= LIMIT));
                        continue;
                    }
                    Err(refused) => refused,
                }
            }
            Err(refused) => refused,
        };
        assert!(
            matches!(refused, PageError::BadForm | PageError::TooLarge),
            "{refused:?}"
        );
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_files_survive_the_round_trip_and_strangers_do_not() {
        let kept = KeptFile {
            id: "0199aaaa-0000-7000-8000-000000000001".to_owned(),
            name: "tờ|khai.pdf".to_owned(),
        };
        assert_eq!(KeptFile::parse(&kept.to_string()), Some(kept));
        assert_eq!(KeptFile::parse("../../etc|x"), None);
        assert_eq!(KeptFile::parse(""), None);
    }

    #[test]
    fn fields_trim_and_tell_absent_from_empty() {
        let fields: Fields = [
            ("a".to_owned(), " x ".to_owned()),
            ("b".to_owned(), String::new()),
        ]
        .into_iter()
        .collect();
        assert_eq!(fields.get("a"), "x");
        assert_eq!(fields.some("b"), None);
        assert!(fields.has("b") && !fields.has("c"));
    }
}
