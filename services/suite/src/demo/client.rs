//! A person with a browser, as far as the story needs one: sign-in at the identity service's own page, then the API.

use anyhow::{Context as _, bail, ensure};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use bytes::Bytes;
use kit::client::{Answer, Call, CallError, multipart};
use kit::{Client, Directory, Ids};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use url::Url;

/// The public API.
pub(super) struct Api {
    http: Client,
    base: Url,
    /// How long a request is sent again while nobody can answer it.
    pub(super) patience: Duration,
    /// What was asked with an idempotency key and answered, when it is kept.
    answered: Option<std::sync::Mutex<Vec<Answered>>>,
}

/// A request with an idempotency key, and the answer it got: asked again, it must be answered the same.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Who asked: login or client.
    pub who: &'static str,
    /// The idempotency key.
    pub key: String,
    /// The operation.
    pub path: String,
    body: Body,
    version: Option<i64>,
    /// The answer.
    pub answer: Value,
}

#[derive(Clone, Debug)]
enum Body {
    Json(Value),
    File {
        name: String,
        media: String,
        content: Vec<u8>,
    },
}

/// Somebody signed in.
pub(super) struct Person {
    kind: Kind,
    token: Mutex<Option<(String, Instant)>>,
}

enum Kind {
    /// Signs in by password through the page.
    Browser {
        login: &'static str,
        password: &'static str,
    },
    /// Signs in by client credentials.
    Machine {
        client: &'static str,
        secret: &'static str,
    },
}

/// The public client of command-line tools.
const CLI_CLIENT: &str = "cli";
/// Where its codes go; nobody listens there, the redirect is read.
const CLI_REDIRECT: &str = "http://127.0.0.1/callback";
/// A token is renewed this long before its end.
const EARLY: Duration = Duration::from_secs(60);

/// The pause grows with each try, up to ten of these.
const PAUSE: Duration = Duration::from_millis(100);

impl Person {
    pub(super) fn browser(login: &'static str, password: &'static str) -> Self {
        Self {
            kind: Kind::Browser { login, password },
            token: Mutex::new(None),
        }
    }

    pub(super) fn machine(client: &'static str, secret: &'static str) -> Self {
        Self {
            kind: Kind::Machine { client, secret },
            token: Mutex::new(None),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Browser { login, .. } => login,
            Kind::Machine { client, .. } => client,
        }
    }

    /// A token that is good for a while.
    pub(super) async fn token(&self, api: &Api) -> anyhow::Result<String> {
        let mut held = self.token.lock().await;
        if let Some((token, until)) = held.as_ref()
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let started = Instant::now();
        let mut tries = 0;
        let answer = loop {
            let signed_in = match &self.kind {
                Kind::Browser { login, password } => api.sign_in(login, password).await,
                Kind::Machine { client, secret } => {
                    api.token(&[
                        ("grant_type", "client_credentials"),
                        ("client_id", client),
                        ("client_secret", secret),
                    ])
                    .await
                }
            };
            tries += 1;
            match signed_in {
                Ok(answer) => break answer,
                Err(_) if started.elapsed() < api.patience => {
                    tokio::time::sleep(PAUSE * tries.min(10)).await;
                }
                Err(error) => {
                    return Err(error).with_context(|| format!("sign-in of {}", self.name()));
                }
            }
        };
        let token = answer["access_token"]
            .as_str()
            .context("no access token")?
            .to_owned();
        let life = Duration::from_secs(answer["expires_in"].as_u64().unwrap_or(300));
        *held = Some((token.clone(), Instant::now() + life.saturating_sub(EARLY)));
        Ok(token)
    }
}

impl Api {
    pub(super) fn new(base: Url, keep: bool) -> anyhow::Result<Self> {
        kit::process::install_crypto();
        let http = Client::new(Directory::default())?;
        http.trust(&base);
        Ok(Self {
            http,
            base,
            patience: Duration::ZERO,
            answered: keep.then(std::sync::Mutex::default),
        })
    }

    fn url(&self, path: &str) -> anyhow::Result<Url> {
        Ok(self.base.join(path)?)
    }

    pub(super) async fn get(&self, who: Option<&Person>, path: &str) -> anyhow::Result<Value> {
        let sent = self
            .insist(who, || Ok(self.http.get_url(self.url(path)?)))
            .await?;
        json(sent, path)
    }

    pub(super) async fn bytes(&self, who: &Person, path: &str) -> anyhow::Result<Bytes> {
        let sent = self
            .insist(Some(who), || Ok(self.http.get_url(self.url(path)?)))
            .await?;
        sent.with_context(|| path.to_owned())
    }

    pub(super) async fn post(
        &self,
        who: &Person,
        path: &str,
        body: &Value,
        version: Option<i64>,
    ) -> anyhow::Result<Value> {
        let asked = Answered {
            who: who.name(),
            key: Ids.secret(),
            path: path.to_owned(),
            body: Body::Json(body.clone()),
            version,
            answer: Value::Null,
        };
        self.ask(who, asked).await
    }

    pub(super) async fn upload(
        &self,
        who: &Person,
        name: &str,
        media: &str,
        content: Vec<u8>,
    ) -> anyhow::Result<Value> {
        let asked = Answered {
            who: who.name(),
            key: Ids.secret(),
            path: "/api/v1/files".to_owned(),
            body: Body::File {
                name: name.to_owned(),
                media: media.to_owned(),
                content,
            },
            version: None,
            answer: Value::Null,
        };
        self.ask(who, asked).await
    }

    async fn ask(&self, who: &Person, mut asked: Answered) -> anyhow::Result<Value> {
        let answer = self.ask_again(who, &asked).await?;
        if let Some(answered) = &self.answered {
            asked.answer = answer.clone();
            answered
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .push(asked);
        }
        Ok(answer)
    }

    /// Sends a request with the key it has; the same again gets the same answer.
    pub(super) async fn ask_again(&self, who: &Person, asked: &Answered) -> anyhow::Result<Value> {
        let sent = self
            .insist(Some(who), || {
                let mut call = self
                    .http
                    .post_url(self.url(&asked.path)?)
                    .header("idempotency-key", &asked.key);
                if let Some(version) = asked.version {
                    call = call.header("if-match", &format!("\"{version}\""));
                }
                Ok(match &asked.body {
                    Body::Json(body) => call.json(body),
                    Body::File {
                        name,
                        media,
                        content,
                    } => {
                        let part = multipart::Part::bytes(content.clone())
                            .file_name(name.clone())
                            .mime_str(media)?;
                        call.multipart(multipart::Form::new().part("file", part))
                    }
                })
            })
            .await?;
        json(sent, &asked.path)
    }

    /// What was answered so far.
    pub(super) fn answered(&self) -> Vec<Answered> {
        self.answered.as_ref().map_or_else(Vec::new, |all| {
            all.lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .clone()
        })
    }

    /// Sends a call, again and again while that may help and patience lasts. A broken line is what the idempotency key is for: the
    /// same request again, the same answer.
    async fn insist(
        &self,
        who: Option<&Person>,
        call: impl Fn() -> anyhow::Result<Call> + Sync,
    ) -> anyhow::Result<Result<Bytes, CallError>> {
        let started = Instant::now();
        let mut tries = 0;
        loop {
            let mut call = call()?;
            if let Some(who) = who {
                call = call.bearer(&who.token(self).await?);
            }
            let got = whole(call.send().await).await;
            tries += 1;
            if !may_help(&got) || started.elapsed() > self.patience {
                return Ok(got);
            }
            tokio::time::sleep(PAUSE * tries.min(10)).await;
        }
    }

    async fn token(&self, form: &[(&str, &str)]) -> anyhow::Result<Value> {
        let call = self.http.post_url(self.url("/oauth2/token")?).form(&form);
        json(whole(call.send().await).await, "/oauth2/token")
    }

    /// Authorization code with PKCE: opens the page, sends the form, follows to the code, trades it for tokens.
    async fn sign_in(&self, login: &str, password: &str) -> anyhow::Result<Value> {
        let verifier = Ids.secret();
        let challenge = B64.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        let state = Ids.secret();
        let mut authorize = self.url("/oauth2/authorize")?;
        authorize.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", CLI_CLIENT),
            ("redirect_uri", CLI_REDIRECT),
            ("scope", "openid profile"),
            ("state", &state),
            ("nonce", &Ids.secret()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let page = self
            .http
            .get_url(authorize.clone())
            .send()
            .await?
            .success()
            .await?;
        let cookies = cookies(&page);
        let html = String::from_utf8_lossy(&page.read().await?).into_owned();
        let mut fields = hidden_fields(&html);
        fields.push(("login".to_owned(), login.to_owned()));
        fields.push(("password".to_owned(), password.to_owned()));
        let action = attribute(&html, "<form", "action").unwrap_or_else(|| authorize.to_string());
        let target = authorize.join(&action.replace("&amp;", "&"))?;
        let answer = self
            .http
            .post_url(target)
            .header("cookie", &cookies)
            .form(&fields)
            .send()
            .await?;
        ensure!(
            matches!(answer.status(), 302 | 303),
            "the sign-in page answered {}",
            answer.status()
        );
        let location = Url::parse(answer.header("location").context("no redirect")?)?;
        let parameter = |name: &str| {
            location
                .query_pairs()
                .find(|(k, _)| k == name)
                .map(|(_, v)| v.into_owned())
        };
        ensure!(
            parameter("state").as_deref() == Some(&state),
            "the state came back changed"
        );
        let code = parameter("code").context("no code in the redirect")?;
        self.token(&[
            ("grant_type", "authorization_code"),
            ("client_id", CLI_CLIENT),
            ("redirect_uri", CLI_REDIRECT),
            ("code", &code),
            ("code_verifier", &verifier),
        ])
        .await
    }
}

/// The whole answer, which may break off in its middle.
async fn whole(sent: Result<Answer, CallError>) -> Result<Bytes, CallError> {
    sent?.success().await?.read().await
}

/// Whether sending the same again may help: the line broke, or the other side is busy or away.
fn may_help(got: &Result<Bytes, CallError>) -> bool {
    match got {
        Ok(_) => false,
        // 401: a token that a service's own clock takes for too old; the next one may do.
        Err(CallError::Refused { status, .. }) => {
            matches!(status, 401 | 429 | 502 | 503 | 504 | 507)
        }
        Err(_) => true,
    }
}

fn json(got: Result<Bytes, CallError>, path: &str) -> anyhow::Result<Value> {
    match got {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).with_context(|| path.to_owned())?),
        Err(CallError::Refused { status, code, body }) => {
            bail!(
                "{path}: {status} {} {}",
                code.unwrap_or_default(),
                String::from_utf8_lossy(&body)
            )
        }
        Err(error) => Err(error).with_context(|| path.to_owned()),
    }
}

fn cookies(answer: &Answer) -> String {
    answer
        .headers()
        .filter(|(name, _)| *name == "set-cookie")
        .filter_map(|(_, value)| {
            String::from_utf8_lossy(value)
                .split(';')
                .next()
                .map(str::to_owned)
        })
        .collect::<Vec<_>>()
        .join("; ")
}

/// The hidden inputs of a page: name and value.
/// Those of the first form; what follows are other ways to sign in.
fn hidden_fields(html: &str) -> Vec<(String, String)> {
    html.split("</form")
        .next()
        .unwrap_or_default()
        .split("<input")
        .skip(1)
        .filter_map(|tag| {
            let tag = tag.split('>').next()?;
            tag.contains("type=\"hidden\"").then_some(())?;
            Some((
                quoted(tag, "name")?,
                quoted(tag, "value").unwrap_or_default(),
            ))
        })
        .collect()
}

fn attribute(html: &str, tag: &str, name: &str) -> Option<String> {
    quoted(html.split(tag).nth(1)?.split('>').next()?, name)
}

fn quoted(tag: &str, name: &str) -> Option<String> {
    let value = tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&#x2F;", "/")
            .replace("&#47;", "/")
            .replace("&amp;", "&"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_hidden_fields_of_a_form() {
        let html = r#"<form method="post" action="/oauth2/authorize?a=1&amp;b=2"><input type="hidden" name="t" value="x&amp;y"><input name="login">"#;
        assert_eq!(hidden_fields(html), [("t".to_owned(), "x&y".to_owned())]);
        assert_eq!(
            attribute(html, "<form", "action").as_deref(),
            Some("/oauth2/authorize?a=1&b=2")
        );
    }
}
