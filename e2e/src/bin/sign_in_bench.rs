//! Figures of sign-in, for `make bench PART=sign-in`: one identity service in one process; printed as JSON, compared with nothing.
#![expect(
    clippy::print_stdout,
    reason = "a program that prints what it measured"
)]

use anyhow::{Context as _, bail, ensure};
use durable::Bus;
use kit::{Runtime, TokenVerifier};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use suite::identity;
use testkit::{ISSUER, Reply, TestApp, TestDb};
use url::Url;

/// Checks of one token.
const CHECKS: u32 = 20_000;
/// Tokens that nobody saw before.
const FIRST_CHECKS: u32 = 500;
/// People who sign in at the same time.
const PEOPLE: usize = 8;
/// For how long.
const SIGNING_IN: Duration = Duration::from_secs(10);
/// Sessions of the portal kept in memory.
const SESSIONS: usize = 100_000;
/// The password of the demonstration accounts.
const PASSWORD: &str = "motcua-demo";
const CALLBACK: &str = "http://issuer.test/dang-nhap/callback";
/// Of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn main() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let mut rt = testkit::runtime();
    let directory = rt.directory.clone();
    let keys = move || directory.get("identity")?.join("/oauth2/jwks").ok();
    rt.tokens = TokenVerifier::remote(ISSUER, keys);
    let test = TestDb::with(&rt, identity::migrations).await;
    // So many at once from one address are an attack anywhere else.
    let limits =
        ["failures_per_address", "failures_per_login"].map(|name| (name, "1000000".to_owned()));
    let mut config: identity::Config = testkit::config(identity::DEFAULTS, &limits);
    config.database = test.config();
    let app = TestApp::start(&rt, async |listener| {
        identity::start(config, listener, &rt, &Bus::in_process()).await
    })
    .await;
    rt.directory.set("identity", app.url.parse()?);
    identity::seed_demo(&test.db, &rt).await?;
    let token = identity::demo_token(&test.db, &rt, "citizen").await?;

    let mut tokens = Vec::new();
    for _ in 0..FIRST_CHECKS {
        tokens.push(identity::demo_token(&test.db, &rt, "citizen").await?);
    }
    let first = first_check(&rt, &tokens).await?;
    let check = token_check(&rt, &token).await?;
    let (alone, beside, sign_ins) = sign_ins(&app, &token).await?;
    let sessions = sessions(&app, &rt).await?;
    let figures = json!({
        "token_first_check_ns": u64::try_from(first.as_nanos()).ok(),
        "token_check_ns": u64::try_from(check.as_nanos()).ok(),
        "sign_ins": sign_ins,
        "others_alone": alone,
        "others_beside_sign_ins": beside,
        "sessions": sessions,
    });
    println!("{figures:#}");
    Ok(())
}

/// One check of a token that was not seen before and whose key is known.
async fn first_check(rt: &Runtime, tokens: &[String]) -> anyhow::Result<Duration> {
    let mut tokens = tokens.iter();
    let warm = tokens.next().context("no token")?;
    ensure!(rt.tokens.verify(warm, None, rt).await.is_ok(), "refused");
    let count = u32::try_from(tokens.len())?;
    let began = Instant::now();
    for token in tokens {
        let checked = rt.tokens.verify(token, None, rt).await;
        ensure!(checked.is_ok(), "a good token is refused");
    }
    Ok(began.elapsed() / count)
}

/// One check of a token that was seen before: every request of its ten minutes but the first.
async fn token_check(rt: &Runtime, token: &str) -> anyhow::Result<Duration> {
    let check = async || {
        let checked = rt.tokens.verify(token, None, rt).await;
        checked.map_err(|e| anyhow::anyhow!("a good token is refused: {e:?}"))
    };
    check().await?;
    let began = Instant::now();
    for _ in 0..CHECKS {
        check().await?;
    }
    Ok(began.elapsed() / CHECKS)
}

/// What others notice alone, and beside people who sign in; and how many sign in.
async fn sign_ins(app: &TestApp, token: &str) -> anyhow::Result<(Value, Value, Value)> {
    let stop = AtomicBool::new(false);
    let after = async |stop: &AtomicBool| {
        tokio::time::sleep(SIGNING_IN).await;
        stop.store(true, Ordering::Relaxed);
    };
    let (alone, ()) = tokio::join!(others(app, token, &stop), after(&stop));
    let stop = AtomicBool::new(false);
    let (done, busy) = (AtomicU64::new(0), AtomicU64::new(0));
    let person = async || {
        while !stop.load(Ordering::Relaxed) {
            let reply = sign_in(app, "citizen2").await?;
            match reply.status {
                303 => done.fetch_add(1, Ordering::Relaxed),
                503 => busy.fetch_add(1, Ordering::Relaxed),
                other => bail!("{other}: {}", reply.text()),
            };
        }
        anyhow::Ok(())
    };
    let people = futures_util::future::try_join_all((0..PEOPLE).map(|_| person()));
    let began = Instant::now();
    let (beside, people, ()) = tokio::join!(others(app, token, &stop), people, after(&stop));
    people?;
    let millis = u64::try_from(began.elapsed().as_millis())?.max(1);
    let signed_in = done.load(Ordering::Relaxed);
    let figures = json!({
        "at_once": PEOPLE,
        "count": signed_in,
        "a_minute": signed_in * 60_000 / millis,
        "told_to_come_again": busy.load(Ordering::Relaxed),
    });
    Ok((quantiles(alone?), quantiles(beside?), figures))
}

/// Requests of somebody who is signed in already, until told to stop.
async fn others(app: &TestApp, token: &str, stop: &AtomicBool) -> anyhow::Result<Vec<Duration>> {
    let mut took = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let reply = app.with_token(token).get("/api/v1/me").await;
        ensure!(reply.status == 200, "{}: {}", reply.status, reply.text());
        took.push(began.elapsed());
    }
    Ok(took)
}

/// Opens the page as the portal sends people to it, and sends login and password; the redirect to the portal.
async fn sign_in(app: &TestApp, login: &str) -> anyhow::Result<Reply> {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("response_type", "code"),
            ("client_id", "portal"),
            ("redirect_uri", CALLBACK),
            ("scope", "openid profile"),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    let page = app
        .anonymous()
        .get(&format!("/oauth2/authorize?{query}"))
        .await;
    let text = page.text();
    let form = text
        .split_once("name=\"form\" value=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .context("a form")?
        .0;
    let cookies: Vec<&str> = page
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .filter_map(|(_, value)| Some(value.split_once(';')?.0))
        .collect();
    let fields = [("form", form), ("login", login), ("password", PASSWORD)];
    let caller = app.anonymous().header("cookie", &cookies.join("; "));
    Ok(caller.post_form("/oauth2/authorize", &fields).await)
}

/// The portal keeps its sessions sealed in the cache: the tokens of one real sign-in, and what stands around them.
async fn sessions(app: &TestApp, rt: &Runtime) -> anyhow::Result<Value> {
    let reply = sign_in(app, "citizen").await?;
    let location = Url::parse(reply.header("location").context("a location")?)?;
    let code = location
        .query_pairs()
        .find(|(name, _)| name == "code")
        .context("a code")?
        .1
        .into_owned();
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "portal"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens: Value = app
        .anonymous()
        .post_form("/oauth2/token", &fields)
        .await
        .expect(200)
        .json();
    let session = json!({
        "access": tokens.get("access_token"), "refresh": tokens.get("refresh_token"),
        "id_token": tokens.get("id_token"), "expires_at": 1, "csrf": rt.ids.secret(),
        "name": "Nguyễn Văn An", "officer": false,
    });
    let plain = session.to_string();
    let key = |n: usize| format!("portal:session:{}", rt.sealer.lookup_hash(&n.to_string()));
    let before = resident()?;
    let cache = kit::Cache::memory();
    for n in 0..SESSIONS {
        let sealed = rt.sealer.seal(rt.ids, &plain);
        cache
            .set(&key(n), sealed.as_bytes(), Duration::from_secs(28_800))
            .await;
    }
    let mut kept = 0_usize;
    for n in 0..SESSIONS {
        kept += usize::from(cache.get(&key(n)).await.is_some());
    }
    let memory = resident()?.saturating_sub(before);
    Ok(
        json!({"put": SESSIONS, "kept": kept, "plain_bytes_each": plain.len(), "memory_bytes": memory}),
    )
}

/// Microseconds at the quantiles.
fn quantiles(mut took: Vec<Duration>) -> Value {
    took.sort_unstable();
    let at = |share: usize| {
        let index = (took.len().saturating_sub(1)) * share / 1000;
        took.get(index).map(Duration::as_micros)
    };
    json!({"count": took.len(), "p50_us": at(500), "p99_us": at(990), "max_us": at(1000)})
}

/// Resident memory of this process, bytes.
fn resident() -> anyhow::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages = text.split_whitespace().nth(1).context("pages")?;
    Ok(pages.parse::<u64>()? * 4096)
}
