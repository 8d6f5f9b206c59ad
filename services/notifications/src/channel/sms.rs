//! Text messages: an HTTP gateway, or files.
//!
//! The gateway gets `POST <url>` with `{"to": "+84…", "text": "…", "sender": "…", "reference": "<delivery id>"}`, the token as bearer and the
//! delivery's id as `Idempotency-Key`; any 2xx means that it has taken the message.

use super::{SendError, write_file};
use chrono::{DateTime, Utc};
use kit::config::Secret;
use kit::{CallError, Client};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// Settings of the text message channel.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `gateway`, `files` or `off`.
    pub transport: Transport,
    /// Address of the gateway.
    pub gateway_url: String,
    /// Bearer token for it.
    pub token: Secret,
    /// Folder of the files.
    pub directory: PathBuf,
    /// Name shown as sender.
    pub sender: String,
    /// Without tone marks: 160 characters to a message instead of 70.
    pub ascii: bool,
    /// Seconds that one attempt may take.
    pub timeout_seconds: u64,
}

/// How text messages leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// To an HTTP gateway.
    Gateway,
    /// Into a folder.
    Files,
    /// Not at all.
    Off,
}

/// A text message. Kept sealed.
#[derive(Clone, Deserialize, Serialize)]
pub struct Text {
    /// E.164 number.
    pub to: String,
    /// At most 160 characters.
    pub text: String,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Text")
    }
}

#[derive(Serialize)]
struct Order<'a> {
    to: &'a str,
    text: &'a str,
    sender: &'a str,
    reference: Uuid,
}

/// Sends text messages.
#[derive(Clone, Debug)]
pub struct Texter {
    way: Way,
    sender: String,
    timeout: Duration,
}

#[derive(Clone, Debug)]
enum Way {
    Gateway {
        client: Client,
        url: Url,
        token: Secret,
    },
    Files(PathBuf),
    Off,
}

impl Texter {
    /// Reads the settings; does not connect.
    ///
    /// # Errors
    /// When the address cannot be read.
    pub fn new(config: &Config, client: &Client) -> anyhow::Result<Self> {
        let way = match config.transport {
            Transport::Off => Way::Off,
            Transport::Files => Way::Files(config.directory.clone()),
            Transport::Gateway => {
                let url: Url = config
                    .gateway_url
                    .parse()
                    .map_err(|error| anyhow::anyhow!("sms.gateway_url: {error}"))?;
                client.trust(&url);
                Way::Gateway {
                    client: client.clone(),
                    url,
                    token: config.token.clone(),
                }
            }
        };
        Ok(Self {
            way,
            sender: config.sender.clone(),
            timeout: Duration::from_secs(config.timeout_seconds.max(1)),
        })
    }

    /// Whether text messages are sent at all.
    pub fn is_on(&self) -> bool {
        !matches!(self.way, Way::Off)
    }

    /// Sends one message.
    ///
    /// # Errors
    /// Whether and why it may or will not pass.
    pub async fn send(&self, id: Uuid, at: DateTime<Utc>, text: &Text) -> Result<(), SendError> {
        match &self.way {
            Way::Gateway { client, url, token } => {
                let mut call = client
                    .post_url(url.clone())
                    .header("idempotency-key", &id.to_string())
                    .deadline(self.timeout)
                    .json(&Order {
                        to: &text.to,
                        text: &text.text,
                        sender: &self.sender,
                        reference: id,
                    });
                if !token.is_empty() {
                    call = call.bearer(token.expose());
                }
                let answer = match call.send().await {
                    Ok(answer) => answer.success().await,
                    Err(error) => Err(error),
                };
                answer.map(|_| ()).map_err(|error| gateway_error(&error))
            }
            Way::Files(folder) => {
                let name = format!("{}-{id}.txt", at.format("%Y%m%d-%H%M%S"));
                let content = format!("To: {}\nFrom: {}\n\n{}\n", text.to, self.sender, text.text);
                write_file(folder, &name, content.as_bytes()).await
            }
            Way::Off => Err(SendError::Never(
                "text messages are switched off".to_owned(),
            )),
        }
    }
}

/// Only the status: a gateway's words may repeat the number.
fn gateway_error(error: &CallError) -> SendError {
    match error {
        CallError::Refused { status, .. } => {
            let text = format!("gateway answered {status}");
            if error.is_transient() {
                SendError::Later(text)
            } else {
                SendError::Never(text)
            }
        }
        CallError::Unreachable(_) => SendError::Later("gateway cannot be reached".to_owned()),
    }
}
