//! The ways out of the house: mail and text messages. Each call is made outside any transaction and may be repeated; the delivery's id
//! goes along, so that a server that knows it can leave the second one out.

pub mod mail;
pub mod sms;

use std::path::Path;

/// Why a message did not go out. The text is kept and shown: never an address, a name or what a server answered in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// May pass.
    #[error("{0}")]
    Later(String),
    /// Will not pass.
    #[error("{0}")]
    Never(String),
}

/// Writes a file so that it is there whole or not at all.
async fn write_file(folder: &Path, name: &str, content: &[u8]) -> Result<(), SendError> {
    let later =
        |what: &str, error: &std::io::Error| SendError::Later(format!("{what}: {}", error.kind()));
    tokio::fs::create_dir_all(folder)
        .await
        .map_err(|e| later("the folder cannot be made", &e))?;
    let part = folder.join(format!(".{name}.part"));
    tokio::fs::write(&part, content)
        .await
        .map_err(|e| later("the file cannot be written", &e))?;
    tokio::fs::rename(&part, folder.join(name))
        .await
        .map_err(|e| later("the file cannot be named", &e))
}
