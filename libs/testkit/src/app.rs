//! A service on port 0 and people who call it.

use crate::keys::token;
use contracts::Actor;
use kit::Runtime;
use reqwest::Method;
use serde_json::Value;
use std::net::TcpListener;

/// A running service.
#[derive(Clone)]
pub struct TestApp {
    /// `http://127.0.0.1:<port>`.
    pub url: String,
    /// Its runtime: move the clock here.
    pub rt: Runtime,
    http: reqwest::Client,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case and values.
    pub headers: Vec<(String, String)>,
    /// The raw body.
    pub body: Vec<u8>,
}

/// A person who calls the service.
#[derive(Clone)]
pub struct Caller<'a> {
    app: &'a TestApp,
    token: Option<String>,
    headers: Vec<(String, String)>,
}

impl TestApp {
    /// Binds port 0 and starts the service with it.
    pub async fn start<F>(rt: &Runtime, start: F) -> Self
    where
        F: AsyncFnOnce(TcpListener) -> anyhow::Result<()>,
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("port 0");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        start(listener).await.expect("the service starts");
        rt.lifecycle.set_ready();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("client");
        Self {
            url,
            rt: rt.clone(),
            http,
        }
    }

    /// Calls as this person.
    pub fn as_(&self, actor: &Actor) -> Caller<'_> {
        self.with_token(&token(&self.rt, actor))
    }

    /// Calls with this very token.
    pub fn with_token(&self, token: &str) -> Caller<'_> {
        Caller {
            app: self,
            token: Some(token.to_owned()),
            headers: Vec::new(),
        }
    }

    /// Calls as nobody.
    pub fn anonymous(&self) -> Caller<'_> {
        Caller {
            app: self,
            token: None,
            headers: Vec::new(),
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // Clones share the lifecycle; the test ends with the last of them, and a stopped server refuses nothing it had taken.
        if std::thread::panicking() {
            self.rt.lifecycle.stop();
        }
    }
}

impl Caller<'_> {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds `If-Match: "<version>"`.
    #[must_use]
    pub fn if_match(self, version: i64) -> Self {
        self.header("if-match", &format!("\"{version}\""))
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, |r| r).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, |r| r).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, |r| r.json(body)).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, |r| r.json(body)).await
    }

    /// PATCH of JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, |r| r.json(body)).await
    }

    /// POST of a form.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(Method::POST, path, |r| r.form(fields)).await
    }

    /// POST of raw bytes.
    pub async fn post_bytes(&self, path: &str, content_type: &str, body: Vec<u8>) -> Reply {
        self.send(Method::POST, path, |r| {
            r.header("content-type", content_type).body(body)
        })
        .await
    }

    /// POST of one file in the multipart field `file`.
    pub async fn upload(&self, path: &str, name: &str, media_type: &str, body: Vec<u8>) -> Reply {
        let part = reqwest::multipart::Part::bytes(body)
            .file_name(name.to_owned())
            .mime_str(media_type)
            .expect("media type");
        let form = reqwest::multipart::Form::new().part("file", part);
        self.send(Method::POST, path, |r| r.multipart(form)).await
    }

    /// Any method with whatever the closure adds.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        add: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Reply {
        let mut request = self
            .app
            .http
            .request(method, format!("{}{path}", self.app.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = add(request).send().await.expect("an answer");
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(n, v)| {
                (
                    n.as_str().to_owned(),
                    String::from_utf8_lossy(v.as_bytes()).into_owned(),
                )
            })
            .collect();
        let body = response.bytes().await.expect("a body").to_vec();
        Reply {
            status,
            headers,
            body,
        }
    }
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// Expects a status and hands the reply on.
    ///
    /// # Panics
    /// When it is another, with the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Expects a problem of this status and code.
    ///
    /// # Panics
    /// When it is another.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json; charset=utf-8")
        );
        let body = self.json();
        assert_eq!(
            body.get("code").and_then(Value::as_str),
            Some(code),
            "{body}"
        );
        body
    }
}
