//! The outgoing client: deadlines, trace context, bounded retries on reads only, and a guard on where calls may go. The one place
//! that makes HTTP calls.

use crate::outgoing::{self, PublicOnly};
use crate::runtime::Directory;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use url::{Origin, Url};

pub use reqwest::multipart;

/// How long one call may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an idle connection is kept; our servers keep them for longer, so that none closes under a request.
const POOL_IDLE: Duration = Duration::from_secs(30);
/// Tries of a GET that could not be answered.
const GET_TRIES: u32 = 3;
/// Answers of other services are small; bytes.
const ANSWER_LIMIT: usize = 64 << 20;

/// Makes calls to our own services by name, to addresses that an operator configured, and by HTTPS to the public internet. Cheap to
/// clone.
#[derive(Clone)]
pub struct Client {
    /// For what is trusted.
    http: reqwest::Client,
    /// For all else: connects to public addresses only.
    guarded: reqwest::Client,
    trusted: Arc<RwLock<BTreeSet<String>>>,
    directory: Directory,
}

/// Why a call gave no answer to use.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// They said no.
    #[error("refused with {status}{}", code.as_deref().map(|c| format!(" ({c})")).unwrap_or_default())]
    Refused {
        /// HTTP status.
        status: u16,
        /// Our problem code, if the body was one.
        code: Option<String>,
        /// The body, for callers that show a problem to a person.
        body: Bytes,
    },
    /// We could not ask, or could not read the answer.
    #[error("unreachable: {0}")]
    Unreachable(String),
}

impl CallError {
    /// Whether asking again later may help.
    pub fn is_transient(&self) -> bool {
        match self {
            CallError::Refused { status, .. } => *status >= 500 || *status == 429,
            CallError::Unreachable(_) => true,
        }
    }
}

/// One service of the suite.
#[derive(Clone, Debug)]
pub struct Peer<'a> {
    client: &'a Client,
    name: &'a str,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

/// A call being prepared.
#[derive(Debug)]
pub struct Call {
    request: Result<reqwest::RequestBuilder, CallError>,
    retry: Retry,
}

/// When a call is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retry {
    Never,
    /// When no connection could be made: then nobody has seen it.
    Connect,
    /// When there was no answer, or 503.
    Unanswered,
}

/// An answer whose body has not been read.
#[derive(Debug)]
pub struct Answer(reqwest::Response);

impl Client {
    /// A client that follows no redirects and finds services in the directory.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(directory: Directory) -> anyhow::Result<Self> {
        let builder = || {
            reqwest::Client::builder()
                .connect_timeout(CONNECT)
                .redirect(reqwest::redirect::Policy::none())
                .user_agent("motcua")
                .pool_idle_timeout(POOL_IDLE)
        };
        Ok(Self {
            http: builder().pool_max_idle_per_host(64).build()?,
            guarded: builder()
                .https_only(true)
                .dns_resolver(Arc::new(PublicOnly))
                .build()?,
            trusted: Arc::default(),
            directory,
        })
    }

    /// Notes that an operator wrote this address into a setting: calls to its origin (scheme, host, port) go through, wherever it
    /// lies. Never for an address that a document or a person named.
    pub fn trust(&self, configured: &Url) {
        if let origin @ Origin::Tuple(..) = configured.origin() {
            self.trusted
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(origin.ascii_serialization());
        }
    }

    /// Who makes the call to an address: one that is not trusted is looked at first.
    fn way(&self, url: &Url) -> Result<&reqwest::Client, CallError> {
        let origin = url.origin().ascii_serialization();
        let trusted = self
            .trusted
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&origin);
        if trusted || self.directory.knows(url) {
            return Ok(&self.http);
        }
        outgoing::check(url)
            .map(|()| &self.guarded)
            .map_err(|why| CallError::Unreachable(format!("not called: {why}")))
    }

    /// A service of the suite by name.
    pub fn to<'a>(&'a self, name: &'a str) -> Peer<'a> {
        Peer { client: self, name }
    }

    /// A GET of a URL that is trusted ([`Client::trust`]) or on the public internet.
    pub fn get_url(&self, url: Url) -> Call {
        self.call(reqwest::Method::GET, Ok(url))
    }

    /// A POST to a URL that is trusted ([`Client::trust`]) or on the public internet.
    pub fn post_url(&self, url: Url) -> Call {
        self.call(reqwest::Method::POST, Ok(url))
    }

    /// A call that only passes on what somebody else asks: for the gateway. A GET or HEAD whose connection could not be made is tried
    /// again, nothing else is: a refusal is the service's answer, and the one who asked may ask again.
    ///
    /// # Errors
    /// When the method is not a token.
    pub fn forward(&self, method: &str, url: Url) -> Result<Call, CallError> {
        let safe = matches!(method, "GET" | "HEAD");
        let mut call = self.any(method, url)?;
        call.retry = if safe { Retry::Connect } else { Retry::Never };
        Ok(call)
    }

    /// A call of any method to a URL that is trusted ([`Client::trust`]) or on the public internet.
    ///
    /// # Errors
    /// When the method is not a token.
    pub fn any(&self, method: &str, url: Url) -> Result<Call, CallError> {
        let method = reqwest::Method::from_bytes(method.as_bytes())
            .map_err(|error| CallError::Unreachable(error.to_string()))?;
        Ok(self.call(method, Ok(url)))
    }

    fn call(&self, method: reqwest::Method, url: Result<Url, CallError>) -> Call {
        let retry = if method == reqwest::Method::GET {
            Retry::Unanswered
        } else {
            Retry::Never
        };
        let request = url.and_then(|url| {
            let mut request = self.way(&url)?.request(method, url).timeout(DEADLINE);
            if let Some(traceparent) = crate::telemetry::current_traceparent() {
                request = request.header("traceparent", traceparent);
            }
            Ok(request)
        });
        Call { request, retry }
    }
}

impl Peer<'_> {
    fn url(&self, path: &str) -> Result<Url, CallError> {
        let base = self.client.directory.get(self.name).ok_or_else(|| {
            CallError::Unreachable(format!("address of {} is not known", self.name))
        })?;
        base.join(path)
            .map_err(|error| CallError::Unreachable(error.to_string()))
    }

    /// A GET; retried.
    pub fn get(&self, path: &str) -> Call {
        self.client.call(reqwest::Method::GET, self.url(path))
    }

    /// A POST; not retried.
    pub fn post(&self, path: &str) -> Call {
        self.client.call(reqwest::Method::POST, self.url(path))
    }

    /// A PUT; not retried.
    pub fn put(&self, path: &str) -> Call {
        self.client.call(reqwest::Method::PUT, self.url(path))
    }

    /// A PATCH; not retried.
    pub fn patch(&self, path: &str) -> Call {
        self.client.call(reqwest::Method::PATCH, self.url(path))
    }
}

impl Call {
    fn with(mut self, f: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder) -> Self {
        self.request = self.request.map(f);
        self
    }

    /// Adds a bearer token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.with(|r| r.bearer_auth(token))
    }

    /// Adds a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.with(|r| r.header(name, value))
    }

    /// Adds a JSON body.
    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Self {
        self.with(|r| r.json(body))
    }

    /// Adds a form body.
    #[must_use]
    pub fn form(self, body: &impl Serialize) -> Self {
        self.with(|r| r.form(body))
    }

    /// Adds a query.
    #[must_use]
    pub fn query(self, query: &impl Serialize) -> Self {
        self.with(|r| r.query(query))
    }

    /// Adds a multipart body (`kit::client::multipart`).
    #[must_use]
    pub fn multipart(self, form: multipart::Form) -> Self {
        self.with(|r| r.multipart(form))
    }

    /// Adds raw bytes as the body.
    #[must_use]
    pub fn bytes(self, body: Bytes) -> Self {
        self.with(|r| r.body(body))
    }

    /// Adds a streamed body.
    #[must_use]
    pub fn stream<S, E>(self, body: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        self.with(|r| r.body(reqwest::Body::wrap_stream(body)))
    }

    /// Allows more or less time.
    #[must_use]
    pub fn deadline(self, time: Duration) -> Self {
        self.with(|r| r.timeout(time))
    }

    /// Sends and returns whatever was answered, also refusals.
    ///
    /// # Errors
    /// [`CallError::Unreachable`].
    pub fn send(self) -> BoxFuture<'static, Result<Answer, CallError>> {
        Box::pin(async move {
            let request = self.request?;
            let mut tries = 1;
            loop {
                let attempt = match (self.retry != Retry::Never && tries < GET_TRIES)
                    .then(|| request.try_clone())
                    .flatten()
                {
                    Some(copy) => copy,
                    None => {
                        return request
                            .send()
                            .await
                            .map(Answer)
                            .map_err(|e| unreachable(&e));
                    }
                };
                match attempt.send().await {
                    Ok(response)
                        if self.retry == Retry::Connect || response.status().as_u16() != 503 =>
                    {
                        return Ok(Answer(response));
                    }
                    Err(error) if self.retry == Retry::Connect && !error.is_connect() => {
                        return Err(unreachable(&error));
                    }
                    Ok(_) | Err(_) => {}
                }
                tokio::time::sleep(Duration::from_millis(u64::from(50 * tries * tries))).await;
                tries += 1;
            }
        })
    }

    /// Sends and reads a JSON answer.
    ///
    /// # Errors
    /// [`CallError::Refused`] for any status but 2xx, [`CallError::Unreachable`] when there is no answer or it is not the JSON
    /// expected.
    pub async fn send_json<T: DeserializeOwned>(self) -> Result<T, CallError> {
        self.send().await?.success().await?.json().await
    }
}

impl Answer {
    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers().get(name).and_then(|v| v.to_str().ok())
    }

    /// All headers, as name and raw value.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// Keeps a success, turns anything else into [`CallError::Refused`].
    ///
    /// # Errors
    /// As said.
    pub async fn success(self) -> Result<Self, CallError> {
        if self.0.status().is_success() {
            return Ok(self);
        }
        let status = self.status();
        let body = self.read().await?;
        let code = serde_json::from_slice::<serde_json::Value>(&body)
            .ok()
            .and_then(|v| v.get("code").and_then(|c| c.as_str()).map(str::to_owned));
        Err(CallError::Refused { status, code, body })
    }

    /// Reads the body, at most 64 MiB.
    ///
    /// # Errors
    /// [`CallError::Unreachable`] when it breaks off or is larger.
    pub fn read(mut self) -> BoxFuture<'static, Result<Bytes, CallError>> {
        Box::pin(async move {
            let mut body = Vec::new();
            while let Some(chunk) = self.0.chunk().await.map_err(|e| unreachable(&e))? {
                if body.len() + chunk.len() > ANSWER_LIMIT {
                    return Err(CallError::Unreachable("the answer is too large".to_owned()));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(body.into())
        })
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// [`CallError::Unreachable`].
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, CallError> {
        let body = self.read().await?;
        serde_json::from_slice(&body)
            .map_err(|error| CallError::Unreachable(format!("answer not understood: {error}")))
    }

    /// The body as a stream, to pass on.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
        use futures_util::TryStreamExt as _;
        self.0.bytes_stream().map_err(std::io::Error::other)
    }
}

/// The cause without the URL, which may hold a token.
fn unreachable(error: &reqwest::Error) -> CallError {
    let kind = if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "cannot connect"
    } else {
        "connection broke"
    };
    CallError::Unreachable(kind.to_owned())
}
