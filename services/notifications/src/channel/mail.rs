//! E-mail: an SMTP server, or `.eml` files that any mail program opens.

use super::{SendError, write_file};
use crate::domain::text::one_line;
use chrono::{DateTime, Utc};
use kit::config::Secret;
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// Settings of the mail channel.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `smtp`, `files` or `off`.
    pub transport: Transport,
    /// `smtp://user:password@host:25?tls=required`, `smtps://…`; a secret, as it holds the password.
    pub smtp_url: Secret,
    /// Folder of the `.eml` files.
    pub directory: PathBuf,
    /// Sender, e.g. `Một Cửa <khong-tra-loi@example.vn>`.
    pub from: String,
    /// Seconds that one attempt may take.
    pub timeout_seconds: u64,
}

/// How mail leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// To an SMTP server.
    Smtp,
    /// Into a folder.
    Files,
    /// Not at all.
    Off,
}

/// A letter, ready but for the envelope. Kept sealed.
#[derive(Clone, Deserialize, Serialize)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// Name of the person.
    pub name: String,
    /// Subject.
    pub subject: String,
    /// Plain text part.
    pub text: String,
    /// HTML part.
    pub html: String,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Letter")
    }
}

/// Sends letters.
#[derive(Clone, Debug)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Files(PathBuf),
    Off,
}

impl Mailer {
    /// Reads the settings; does not connect.
    ///
    /// # Errors
    /// When the sender or the URL cannot be read.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let from = config
            .from
            .parse()
            .map_err(|error| anyhow::anyhow!("email.from: {error}"))?;
        let way = match config.transport {
            Transport::Off => Way::Off,
            Transport::Files => Way::Files(config.directory.clone()),
            Transport::Smtp => Way::Smtp(
                AsyncSmtpTransport::<Tokio1Executor>::from_url(config.smtp_url.expose())
                    // Not the error itself: it may repeat the URL with the password.
                    .map_err(|_holds_the_url| anyhow::anyhow!("email.smtp_url cannot be read"))?
                    .timeout(Some(Duration::from_secs(config.timeout_seconds.max(1))))
                    .build(),
            ),
        };
        Ok(Self { from, way })
    }

    /// Whether mail is sent at all.
    pub fn is_on(&self) -> bool {
        !matches!(self.way, Way::Off)
    }

    /// Sends one letter. `id` and `at` are those of the delivery: a second attempt is the same letter.
    ///
    /// # Errors
    /// Whether and why it may or will not pass.
    pub async fn send(
        &self,
        id: Uuid,
        at: DateTime<Utc>,
        letter: &Letter,
    ) -> Result<(), SendError> {
        let message = self.message(id, at, letter)?;
        match &self.way {
            Way::Smtp(smtp) => match smtp.send(message).await {
                Ok(_) => Ok(()),
                Err(error) => Err(smtp_error(&error)),
            },
            Way::Files(folder) => {
                let name = format!("{}-{id}.eml", at.format("%Y%m%d-%H%M%S"));
                write_file(folder, &name, &message.formatted()).await
            }
            Way::Off => Err(SendError::Never("mail is switched off".to_owned())),
        }
    }

    fn message(&self, id: Uuid, at: DateTime<Utc>, letter: &Letter) -> Result<Message, SendError> {
        let address = letter
            .to
            .parse()
            .map_err(|_personal| SendError::Never("the address is not valid".to_owned()))?;
        let domain = self.from.email.domain();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(header_text(&letter.name)), address))
            .subject(header_text(&letter.subject))
            .date(at.into())
            .message_id(Some(format!("<{id}@{domain}>")))
            .multipart(MultiPart::alternative_plain_html(
                letter.text.clone(),
                letter.html.clone(),
            ))
            .map_err(|error| SendError::Never(format!("the letter cannot be built: {error}")))
    }
}

/// One line without control characters: the mail library panics on a line break in a name.
fn header_text(text: &str) -> String {
    let printable: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    one_line(&printable)
}

/// Only the status: the words of a server often repeat the address.
fn smtp_error(error: &lettre::transport::smtp::Error) -> SendError {
    let text = match error.status() {
        Some(code) => format!("mail server answered {code}"),
        None if error.is_timeout() => "mail server timed out".to_owned(),
        None if error.is_tls() => "no safe connection to the mail server".to_owned(),
        None => "mail server cannot be reached".to_owned(),
    };
    if error.is_permanent() {
        SendError::Never(text)
    } else {
        SendError::Later(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            transport: Transport::Off,
            smtp_url: Secret::default(),
            directory: PathBuf::new(),
            from: "Một Cửa <khong-tra-loi@motcua.example>".to_owned(),
            timeout_seconds: 5,
        }
    }

    #[test]
    fn a_letter_cannot_smuggle_headers() {
        let mailer = Mailer::new(&config()).unwrap();
        let letter = Letter {
            to: "an@example.vn".to_owned(),
            name: "An\r\nBcc: all@example.vn".to_owned(),
            subject: "Hồ sơ\r\nBcc: all@example.vn".to_owned(),
            text: "t".to_owned(),
            html: "h".to_owned(),
        };
        let message = mailer
            .message(Uuid::nil(), DateTime::UNIX_EPOCH, &letter)
            .unwrap();
        let raw = String::from_utf8(message.formatted()).unwrap();
        let (head, _) = raw.split_once("\r\n\r\n").unwrap();
        assert!(
            !head
                .lines()
                .any(|line| line.to_ascii_lowercase().starts_with("bcc")),
            "{head}"
        );
        assert!(head.contains("Message-ID: <00000000-0000-0000-0000-000000000000@motcua.example>"));
    }

    #[test]
    fn a_wrong_address_will_never_pass() {
        let mailer = Mailer::new(&config()).unwrap();
        for to in ["", "an", "an@example.vn, b@example.vn", "an@exa mple.vn"] {
            let letter = Letter {
                to: to.to_owned(),
                name: String::new(),
                subject: "s".to_owned(),
                text: "t".to_owned(),
                html: "h".to_owned(),
            };
            let error = mailer
                .message(Uuid::nil(), DateTime::UNIX_EPOCH, &letter)
                .unwrap_err();
            assert!(matches!(error, SendError::Never(_)), "{to}");
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused_without_telling_the_password() {
        let wrong = Config {
            transport: Transport::Smtp,
            smtp_url: Secret::new("ftp://user:s3cret@host"),
            ..config()
        };
        let error = Mailer::new(&wrong).unwrap_err().to_string();
        assert!(
            error.contains("smtp_url") && !error.contains("s3cret"),
            "{error}"
        );
    }
}
