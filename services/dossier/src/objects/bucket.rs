//! A bucket of an object store that speaks S3: presigned requests (AWS Signature Version 4), sent by the one client.

use crate::S3;
use anyhow::Context as _;
use bytes::Bytes;
use futures_util::Stream;
use kit::Runtime;
use kit::client::{Answer, CallError};
use rusty_s3::{Credentials, S3Action, UrlStyle};
use std::io;
use std::time::Duration;
use url::Url;

/// How long a signed request may be used.
const VALID: Duration = Duration::from_secs(300);
/// How long one object may take on its way, either way.
const DEADLINE: Duration = Duration::from_secs(120);
/// Tries of an upload: the same content under the same name, so again is harmless.
const TRIES: u32 = 3;

/// A bucket.
pub(super) struct Bucket {
    bucket: rusty_s3::Bucket,
    credentials: Credentials,
    rt: Runtime,
}

impl Bucket {
    /// The bucket that the settings name.
    ///
    /// # Errors
    /// A setting that cannot work, named.
    pub(super) fn new(settings: &S3, rt: &Runtime) -> anyhow::Result<Self> {
        for (given, name) in [
            (settings.bucket.is_empty(), "bucket"),
            (settings.access_key.is_empty(), "access_key"),
            (settings.secret_key.is_empty(), "secret_key"),
        ] {
            anyhow::ensure!(!given, "files.s3.{name} is missing");
        }
        let endpoint: Url = settings
            .endpoint
            .parse()
            .context("files.s3.endpoint is not a URL")?;
        let style = if settings.path_style {
            UrlStyle::Path
        } else {
            UrlStyle::VirtualHost
        };
        // The operator's own word, so it may lie in our network.
        rt.client.trust(&endpoint);
        let (name, region) = (settings.bucket.clone(), settings.region.clone());
        Ok(Self {
            bucket: rusty_s3::Bucket::new(endpoint, style, name, region)
                .context("files.s3.endpoint")?,
            credentials: Credentials::new(
                settings.access_key.expose(),
                settings.secret_key.expose(),
            ),
            rt: rt.clone(),
        })
    }

    /// Asks whether the bucket is there and these credentials may enter.
    ///
    /// # Errors
    /// Says which of them is not so.
    pub(super) async fn look(&self) -> anyhow::Result<()> {
        let url = self.signed(&self.bucket.head_bucket(Some(&self.credentials)))?;
        let name = self.bucket.name();
        let answer = self.rt.client.any("HEAD", url)?.send().await;
        let status = answer
            .with_context(|| format!("files.s3.endpoint: bucket {name}"))?
            .status();
        match status {
            200..300 => Ok(()),
            403 => anyhow::bail!(
                "files.s3: bucket {name} refuses files.s3.access_key and secret_key (403), or the clock here is wrong"
            ),
            404 => anyhow::bail!("files.s3.bucket: there is no bucket {name} (404)"),
            other => anyhow::bail!("files.s3: bucket {name} answers {other}"),
        }
    }

    /// Stores an object; what lies there already under its hash is the same.
    pub(super) async fn put(&self, key: &str, content: Bytes) -> io::Result<()> {
        let mut tries = 1;
        loop {
            let action = self.bucket.put_object(Some(&self.credentials), key);
            let call = self.rt.client.any("PUT", self.signed(&action)?);
            let call = call.map_err(io::Error::other)?;
            let sent = call.bytes(content.clone()).deadline(DEADLINE).send().await;
            match succeeded(sent).await {
                Ok(_) => return Ok(()),
                Err(error) if error.is_transient() && tries < TRIES => {
                    tracing::debug!(%error, tries, "object not stored; tried again");
                }
                Err(error) => return Err(away(&error)),
            }
            tokio::time::sleep(Duration::from_millis(u64::from(100 * tries * tries))).await;
            tries += 1;
        }
    }

    /// The content of an object, piece by piece.
    pub(super) async fn get(
        &self,
        key: &str,
    ) -> io::Result<impl Stream<Item = io::Result<Bytes>> + use<>> {
        let action = self.bucket.get_object(Some(&self.credentials), key);
        let call = self.rt.client.get_url(self.signed(&action)?);
        match succeeded(call.deadline(DEADLINE).send().await).await {
            Ok(answer) => Ok(answer.into_stream()),
            Err(CallError::Refused { status: 404, .. }) => Err(io::ErrorKind::NotFound.into()),
            Err(error) => Err(away(&error)),
        }
    }

    /// Removes an object; that it is not there is no fault. A bucket that keeps versions keeps this one until its own rule ends it.
    pub(super) async fn delete(&self, key: &str) -> io::Result<()> {
        let action = self.bucket.delete_object(Some(&self.credentials), key);
        let call = self.rt.client.any("DELETE", self.signed(&action)?);
        let call = call.map_err(io::Error::other)?;
        match succeeded(call.deadline(DEADLINE).send().await).await {
            Ok(_) | Err(CallError::Refused { status: 404, .. }) => Ok(()),
            Err(error) => Err(away(&error)),
        }
    }

    fn signed<'a>(&self, action: &impl S3Action<'a>) -> io::Result<Url> {
        let now = jiff::Timestamp::from_second(self.rt.clock.now().timestamp());
        Ok(action.sign_with_time(VALID, &now.map_err(io::Error::other)?))
    }
}

async fn succeeded(sent: Result<Answer, CallError>) -> Result<Answer, CallError> {
    sent?.success().await
}

/// The store does not take or give anything at the moment: the same request may be sent again, whatever the reason.
fn away(error: &CallError) -> io::Error {
    let full = matches!(error, CallError::Refused { status: 507, .. });
    let kind = if full {
        io::ErrorKind::StorageFull
    } else {
        io::ErrorKind::NotConnected
    };
    io::Error::new(kind, format!("files.s3: {error}"))
}
