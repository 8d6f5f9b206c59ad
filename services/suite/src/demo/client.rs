//! A person with a browser, as far as the story needs one: sign-in at the identity service's own page, then the API.

use anyhow::{Context as _, bail, ensure};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use bytes::Bytes;
use kit::client::{Answer, CallError, multipart};
use kit::{Client, Directory, Ids};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use url::Url;

/// The public API.
pub(super) struct Api {
    http: Client,
    base: Url,
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

/// A request is sent this often before it counts as failed.
const TRIES: u32 = 60;
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

    /// A token that is good for a while.
    pub(super) async fn token(&self, api: &Api) -> anyhow::Result<String> {
        let mut held = self.token.lock().await;
        if let Some((token, until)) = held.as_ref()
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let answer = match &self.kind {
            Kind::Browser { login, password } => api
                .sign_in(login, password)
                .await
                .with_context(|| format!("sign-in of {login}"))?,
            Kind::Machine { client, secret } => api
                .token(&[
                    ("grant_type", "client_credentials"),
                    ("client_id", client),
                    ("client_secret", secret),
                ])
                .await
                .with_context(|| format!("sign-in of {client}"))?,
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
    pub(super) fn new(base: Url) -> anyhow::Result<Self> {
        kit::process::install_crypto();
        Ok(Self {
            http: Client::new(Directory::default())?,
            base,
        })
    }

    fn url(&self, path: &str) -> anyhow::Result<Url> {
        Ok(self.base.join(path)?)
    }

    pub(super) async fn get(&self, who: Option<&Person>, path: &str) -> anyhow::Result<Value> {
        let mut call = self.http.get_url(self.url(path)?);
        if let Some(who) = who {
            call = call.bearer(&who.token(self).await?);
        }
        json(call.send().await, path).await
    }

    pub(super) async fn bytes(&self, who: &Person, path: &str) -> anyhow::Result<Bytes> {
        let call = self
            .http
            .get_url(self.url(path)?)
            .bearer(&who.token(self).await?);
        Ok(call
            .send()
            .await?
            .success()
            .await
            .with_context(|| path.to_owned())?
            .read()
            .await?)
    }

    pub(super) async fn post(
        &self,
        who: &Person,
        path: &str,
        body: &Value,
        version: Option<i64>,
    ) -> anyhow::Result<Value> {
        let key = Ids.secret();
        // A broken line is what the idempotency key is for: the same request again, the same answer.
        let mut tries = 0;
        loop {
            let mut call = self
                .http
                .post_url(self.url(path)?)
                .bearer(&who.token(self).await?)
                .header("idempotency-key", &key)
                .json(body);
            if let Some(version) = version {
                call = call.header("if-match", &format!("\"{version}\""));
            }
            let sent = call.send().await;
            tries += 1;
            if !may_help(&sent) || tries > TRIES {
                return json(sent, path).await;
            }
            tokio::time::sleep(PAUSE * tries.min(10)).await;
        }
    }

    pub(super) async fn upload(
        &self,
        who: &Person,
        name: &str,
        media: &str,
        body: Vec<u8>,
    ) -> anyhow::Result<Value> {
        let key = Ids.secret();
        let mut tries = 0;
        loop {
            let part = multipart::Part::bytes(body.clone())
                .file_name(name.to_owned())
                .mime_str(media)?;
            let call = self
                .http
                .post_url(self.url("/api/v1/files")?)
                .bearer(&who.token(self).await?)
                .header("idempotency-key", &key)
                .multipart(multipart::Form::new().part("file", part));
            let sent = call.send().await;
            tries += 1;
            if !may_help(&sent) || tries > TRIES {
                return json(sent, "/api/v1/files").await;
            }
            tokio::time::sleep(PAUSE * tries.min(10)).await;
        }
    }

    async fn token(&self, form: &[(&str, &str)]) -> anyhow::Result<Value> {
        let call = self.http.post_url(self.url("/oauth2/token")?).form(&form);
        json(call.send().await, "/oauth2/token").await
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

/// Whether sending the same again may help: the line broke, or the other side is busy or away.
fn may_help(sent: &Result<Answer, CallError>) -> bool {
    match sent {
        Ok(answer) => matches!(answer.status(), 429 | 502 | 503 | 504),
        Err(_) => true,
    }
}

async fn json(sent: Result<Answer, CallError>, path: &str) -> anyhow::Result<Value> {
    match sent.with_context(|| path.to_owned())?.success().await {
        Ok(answer) => Ok(answer.json().await?),
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
fn hidden_fields(html: &str) -> Vec<(String, String)> {
    html.split("<input")
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
