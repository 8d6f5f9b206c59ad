//! A running identity service, and a browser that knows how to sign in.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use durable::Bus;
use identity::Config;
use kit::{Cache, Metrics, Runtime, TokenVerifier};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use testkit::{ISSUER, Reply, TestApp, TestDb};
use url::Url;

/// Where the portal is sent.
pub(crate) const CALLBACK: &str = "http://issuer.test/dang-nhap/callback";
/// A verifier of good shape.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The password of the demonstration accounts.
pub(crate) const PASSWORD: &str = "motcua-demo";

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) rt: Runtime,
    pub(crate) db: TestDb,
}

impl World {
    /// With demo data.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(changes: &[(&str, String)]) -> Self {
        Self::on(testkit::runtime(), changes).await
    }

    /// With demo data and a runtime of the test's own.
    pub(crate) async fn on(rt: Runtime, changes: &[(&str, String)]) -> Self {
        let world = Self::started(rt, changes).await;
        identity::seed_demo(&world.db.db, &world.rt)
            .await
            .expect("demo data");
        world
    }

    pub(crate) async fn without_demo(changes: &[(&str, String)]) -> Self {
        Self::started(testkit::runtime(), changes).await
    }

    async fn started(mut rt: Runtime, changes: &[(&str, String)]) -> Self {
        let directory = rt.directory.clone();
        let keys = move || directory.get("identity")?.join("/oauth2/jwks").ok();
        rt.tokens = TokenVerifier::remote(ISSUER, keys);
        let db = TestDb::with(&rt, identity::migrations).await;
        let mut config: Config = testkit::config(identity::DEFAULTS, changes);
        config.database = db.config();
        let app = TestApp::start(&rt, async |listener| {
            identity::start(config, listener, &rt, &Bus::in_process()).await
        })
        .await;
        rt.directory.set("identity", app.url.parse().expect("url"));
        Self { app, rt, db }
    }

    /// Another process over the same database, with its own way to the cache.
    pub(crate) async fn replica(&self, cache: Cache, changes: &[(&str, String)]) -> TestApp {
        let mut rt = self.rt.clone();
        rt.cache = cache;
        rt.metrics = Metrics::new();
        let mut config: Config = testkit::config(identity::DEFAULTS, changes);
        config.database = self.db.config();
        TestApp::start(&rt, async |listener| {
            identity::start(config, listener, &rt, &Bus::in_process()).await
        })
        .await
    }

    /// An access token of a demonstration account.
    pub(crate) async fn token(&self, login: &str) -> String {
        identity::demo_token(&self.db.db, &self.rt, login)
            .await
            .expect("token")
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser::of(&self.app)
    }

    /// The token endpoint.
    pub(crate) async fn exchange(&self, fields: &[(&str, &str)]) -> Reply {
        self.app
            .anonymous()
            .post_form("/oauth2/token", fields)
            .await
    }

    pub(crate) async fn redeem(&self, code: &str) -> Reply {
        self.exchange(&[
            ("grant_type", "authorization_code"),
            ("client_id", "portal"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
        .await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Reply {
        self.exchange(&[
            ("grant_type", "refresh_token"),
            ("client_id", "portal"),
            ("refresh_token", token),
        ])
        .await
    }

    /// Signs a citizen in to the portal and returns the tokens.
    pub(crate) async fn tokens(&self, login: &str) -> Value {
        let browser = self.browser();
        let code = browser.sign_in(&portal(), login, PASSWORD).await;
        self.redeem(&code).await.expect(200).json()
    }
}

/// Cookies and forms.
pub(crate) struct Browser<'a> {
    app: &'a TestApp,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    /// A new one that calls this process.
    pub(crate) fn of(app: &'a TestApp) -> Self {
        Self {
            app,
            cookies: Mutex::new(BTreeMap::new()),
        }
    }

    fn remember(&self, reply: Reply) -> Reply {
        let mut cookies = self.cookies.lock().expect("cookies");
        for (name, value) in &reply.headers {
            if name == "set-cookie" {
                let (pair, attributes) = value.split_once(';').expect("attributes");
                let (key, secret) = pair.split_once('=').expect("a pair");
                if attributes.contains("Max-Age=0") {
                    cookies.remove(key);
                } else {
                    cookies.insert(key.to_owned(), secret.to_owned());
                }
            }
        }
        reply
    }

    fn header(&self) -> String {
        let cookies = self.cookies.lock().expect("cookies");
        cookies
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("cookies").get(name).cloned()
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        let reply = self
            .app
            .anonymous()
            .header("cookie", &self.header())
            .get(path)
            .await;
        self.remember(reply)
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let caller = self.app.anonymous().header("cookie", &self.header());
        self.remember(caller.post_form(path, fields).await)
    }

    /// Opens the sign-in page and sends login and password.
    pub(crate) async fn try_sign_in(&self, request: &str, login: &str, password: &str) -> Reply {
        let page = self.get(request).await.expect(200);
        let form = hidden(&page);
        let fields = [
            ("form", form.as_str()),
            ("login", login),
            ("password", password),
        ];
        self.post("/oauth2/authorize", &fields).await
    }

    /// Signs in and returns the code.
    pub(crate) async fn sign_in(&self, request: &str, login: &str, password: &str) -> String {
        let reply = self.try_sign_in(request, login, password).await.expect(303);
        answer(&reply).remove("code").expect("a code")
    }
}

/// The S256 challenge of a verifier.
pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// An authorization request with some parameters changed; an empty value leaves one out.
pub(crate) fn request(changes: &[(&str, &str)]) -> String {
    let challenge = challenge(VERIFIER);
    let mut all = BTreeMap::from([
        ("response_type", "code"),
        ("client_id", "portal"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ]);
    all.extend(changes.iter().copied());
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(all.iter().filter(|(_, v)| !v.is_empty()))
        .finish();
    format!("/oauth2/authorize?{query}")
}

/// The portal's usual request.
pub(crate) fn portal() -> String {
    request(&[])
}

/// The sealed form token of a page.
pub(crate) fn hidden(page: &Reply) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("name=\"form\" value=\"").expect("a form");
    rest.split_once('"').expect("a value").0.to_owned()
}

/// The parameters that a redirect to a client carries.
pub(crate) fn answer(reply: &Reply) -> BTreeMap<String, String> {
    let location = Url::parse(reply.header("location").expect("a location")).expect("a URL");
    location.query_pairs().into_owned().collect()
}

/// The claims inside a token, unchecked.
pub(crate) fn claims(token: &str) -> Value {
    let middle = token.split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).expect("base64url")).expect("JSON")
}

/// A text of the JSON.
pub(crate) fn text(value: &Value, name: &str) -> String {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{name} in {value}"))
        .to_owned()
}

/// HTTP Basic.
pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}
