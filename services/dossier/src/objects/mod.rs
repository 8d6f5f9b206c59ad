//! The files themselves: a folder, or a bucket, in which each lies under the SHA-256 of its content (`ab/cd/abcd…`), so that the same
//! file is kept once, and a name given by a stranger never becomes a path. What comes in waits in a folder until it is whole.

mod bucket;

use crate::Files;
use anyhow::Context as _;
use aws_lc_rs::digest::{Context, SHA256};
use bucket::Bucket;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use kit::Runtime;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Bytes read in one go.
const CHUNK: usize = 64 * 1024;

/// The objects.
#[derive(Clone)]
pub(crate) struct ObjectStore {
    dir: PathBuf,
    bucket: Option<Arc<Bucket>>,
}

/// A file being received. Removed again unless it is kept.
pub(crate) struct Incoming {
    file: File,
    path: PathBuf,
    hash: Context,
    size: usize,
    kept: bool,
}

/// A stored object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    /// Lower-case hex.
    pub(crate) sha256: String,
    /// Bytes.
    pub(crate) size: usize,
}

impl ObjectStore {
    /// Opens the folder, making it when it is missing, and the bucket, if one is named.
    ///
    /// # Errors
    /// Names the setting that cannot work.
    pub(crate) async fn open(settings: &Files, rt: &Runtime) -> anyhow::Result<Self> {
        let dir = &settings.dir;
        room(dir, &rt.ids.secret())
            .await
            .map_err(|error| anyhow::anyhow!("files.dir {}: {error}", dir.display()))?;
        let mut bucket = None;
        if !settings.s3.endpoint.is_empty() {
            let named = Bucket::new(&settings.s3, rt)?;
            named.look().await.context("the object store")?;
            bucket = Some(Arc::new(named));
        }
        Ok(Self {
            dir: dir.to_owned(),
            bucket,
        })
    }

    /// Begins to receive a file. `unique` names it until its hash is known.
    pub(crate) async fn receive(&self, unique: &str) -> io::Result<Incoming> {
        let path = self.dir.join("incoming").join(unique);
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .await?;
        Ok(Incoming {
            file,
            path,
            hash: Context::new(&SHA256),
            size: 0,
            kept: false,
        })
    }

    /// Keeps a received file: on disk, or taken by the bucket, before this returns.
    pub(crate) async fn keep(&self, mut incoming: Incoming) -> io::Result<Object> {
        incoming.file.flush().await?;
        let sha256 = incoming.sha256();
        if let Some(bucket) = &self.bucket {
            let key = key_of(&sha256).ok_or_else(|| io::Error::other("no object name"))?;
            bucket.put(&key, incoming.content().await?.into()).await?;
            return Ok(Object {
                sha256,
                size: incoming.size,
            });
        }
        incoming.file.sync_all().await?;
        let target = self
            .path_of(&sha256)
            .ok_or_else(|| io::Error::other("no object path"))?;
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).await?;
        }
        fs::rename(&incoming.path, &target).await?;
        incoming.kept = true;
        if let Some(folder) = target.parent() {
            // The new name, too, must survive a power cut.
            File::open(folder).await?.sync_all().await?;
        }
        Ok(Object {
            sha256,
            size: incoming.size,
        })
    }

    /// Throws an object away that no file has, unless it is younger than `fresh`: then an upload that is not noted yet may have just
    /// put it there. It is taken aside first, so that its age is that of what is thrown away and not of what came in meanwhile; it may
    /// come back, so this is not for what [`Self::remove`] is to remove. A bucket cannot take aside, so what lies there stays.
    pub(crate) async fn discard(&self, sha256: &str, fresh: Duration) -> io::Result<()> {
        if self.bucket.is_some() {
            return Ok(());
        }
        let path = self.path_of(sha256).ok_or(io::ErrorKind::NotFound)?;
        let aside = self.dir.join("incoming").join(format!("discard-{sha256}"));
        match fs::rename(&path, &aside).await {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
        let age = fs::metadata(&aside).await?.modified()?.elapsed();
        if age.is_ok_and(|age| age >= fresh) {
            return fs::remove_file(&aside).await;
        }
        // The same content may be back already: then either copy will do.
        fs::rename(&aside, &path).await
    }

    /// Removes an object, in a bucket too. That it is not there is no fault: whoever was stopped half-way does it again. That no upload
    /// of the same content is lost by it is the business of who calls (`app::retention`).
    pub(crate) async fn remove(&self, sha256: &str) -> io::Result<()> {
        let key = key_of(sha256).ok_or(io::ErrorKind::InvalidInput)?;
        if let Some(bucket) = &self.bucket {
            return bucket.delete(&key).await;
        }
        match fs::remove_file(self.dir.join(key)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The content of an object, piece by piece.
    pub(crate) async fn read(
        &self,
        sha256: &str,
    ) -> io::Result<impl Stream<Item = io::Result<Bytes>> + use<>> {
        let key = key_of(sha256).ok_or(io::ErrorKind::NotFound)?;
        if let Some(bucket) = &self.bucket {
            return Ok(bucket.get(&key).await?.left_stream());
        }
        let file = File::open(self.dir.join(key)).await?;
        Ok(stream::try_unfold(file, |mut file| async move {
            let mut buffer = vec![0_u8; CHUNK];
            let read = file.read(&mut buffer).await?;
            buffer.truncate(read);
            Ok((read > 0).then(|| (Bytes::from(buffer), file)))
        })
        .right_stream())
    }

    /// Where an object lies in the folder; nothing for what is no hash.
    fn path_of(&self, sha256: &str) -> Option<PathBuf> {
        key_of(sha256).map(|key| self.dir.join(key))
    }
}

/// Makes the folder and sees whether anything can be written there: a disk that is full is told at the start, not by the first upload.
async fn room(dir: &Path, unique: &str) -> io::Result<()> {
    let incoming = dir.join("incoming");
    fs::create_dir_all(&incoming).await?;
    let probe = incoming.join(unique);
    let written = async {
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .open(&probe)
            .await?;
        file.write_all(&[0; 4096]).await?;
        // Only a flush says what became of the write.
        file.flush().await?;
        file.sync_all().await
    }
    .await;
    let removed = fs::remove_file(&probe).await;
    written.and(removed)
}

/// The name of an object; nothing for what is no hash.
fn key_of(sha256: &str) -> Option<String> {
    let is_hash = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
    let (a, b) = (sha256.get(..2)?, sha256.get(2..4)?);
    is_hash.then(|| format!("{a}/{b}/{sha256}"))
}

impl Incoming {
    /// Adds a piece.
    pub(crate) async fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.hash.update(piece);
        self.size = self.size.saturating_add(piece.len());
        self.file.write_all(piece).await
    }

    /// The hash of what came so far, in lower-case hex.
    pub(crate) fn sha256(&self) -> String {
        crate::domain::journal::hex(self.hash.clone().finish().as_ref())
    }

    /// Bytes so far.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The whole content, to look what it is.
    pub(crate) async fn content(&mut self) -> io::Result<Vec<u8>> {
        self.file.flush().await?;
        fs::read(&self.path).await
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // One unlink; there is nothing to await in a drop.
        if !self.kept
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::debug!(%error, "incoming file not removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt as _;

    #[tokio::test]
    async fn content_lies_under_its_hash_and_leftovers_go() {
        let dir = tempfile::tempdir().expect("folder");
        let store = ObjectStore {
            dir: dir.path().to_owned(),
            bucket: None,
        };
        fs::create_dir(dir.path().join("incoming"))
            .await
            .expect("folder");
        let mut incoming = store.receive("a").await.expect("incoming");
        incoming.write(b"ab").await.expect("write");
        incoming.write(b"c").await.expect("write");
        assert_eq!(incoming.content().await.expect("content"), b"abc");
        let object = store.keep(incoming).await.expect("keep");
        assert_eq!(
            object.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let read: Vec<Bytes> = store
            .read(&object.sha256)
            .await
            .expect("open")
            .try_collect()
            .await
            .expect("read");
        assert_eq!(read.concat(), b"abc");
        drop(store.receive("b").await.expect("incoming"));
        assert_eq!(
            std::fs::read_dir(dir.path().join("incoming"))
                .expect("list")
                .count(),
            0
        );
        // Young: it stays; old enough: it goes, and going twice is no fault.
        store
            .discard(&object.sha256, Duration::from_secs(3600))
            .await
            .expect("kept");
        assert!(store.read(&object.sha256).await.is_ok());
        for _ in 0..2 {
            store
                .discard(&object.sha256, Duration::ZERO)
                .await
                .expect("gone");
            assert!(store.read(&object.sha256).await.is_err());
        }
        let again = store.receive("c").await.expect("incoming");
        let empty = store.keep(again).await.expect("keep");
        for _ in 0..2 {
            store.remove(&empty.sha256).await.expect("removed");
            assert!(store.read(&empty.sha256).await.is_err());
        }
        assert!(store.remove("../../etc/passwd").await.is_err());
        assert!(store.read("../../etc/passwd").await.is_err());
        assert!(store.read(&"0".repeat(64)).await.is_err());
    }
}
