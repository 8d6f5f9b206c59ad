//! Figures of sign-in, for `make bench PART=sign-in`: measured, printed as JSON, compared with nothing.

use crate::world::{PASSWORD, World, portal, text};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Checks of one token.
const CHECKS: u32 = 20_000;
/// People who sign in at the same time.
const PEOPLE: usize = 8;
/// For how long.
const SIGNING_IN: Duration = Duration::from_secs(10);
/// Sessions of the portal kept in memory.
const SESSIONS: usize = 100_000;

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
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// Requests of somebody who is signed in already, until told to stop.
async fn others(world: &World, token: &str, stop: &AtomicBool) -> Vec<Duration> {
    let mut took = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        world
            .app
            .with_token(token)
            .get("/api/v1/me")
            .await
            .expect(200);
        took.push(begun.elapsed());
    }
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_in() {
    let world = World::with(&[
        ("failures_per_address", "1000000".to_owned()),
        ("failures_per_login", "1000000".to_owned()),
    ])
    .await;
    let token = world.token("citizen").await;
    world
        .rt
        .tokens
        .verify(&token, &world.rt)
        .await
        .expect("good");
    let begun = Instant::now();
    for _ in 0..CHECKS {
        world
            .rt
            .tokens
            .verify(&token, &world.rt)
            .await
            .expect("good");
    }
    let check = begun.elapsed().as_nanos() / u128::from(CHECKS);

    // Others alone, then beside people who sign in.
    let stop = AtomicBool::new(false);
    let (alone, ()) = tokio::join!(others(&world, &token, &stop), async {
        tokio::time::sleep(SIGNING_IN).await;
        stop.store(true, Ordering::Relaxed);
    });
    let stop = AtomicBool::new(false);
    let (done, busy) = (AtomicU64::new(0), AtomicU64::new(0));
    let person = async || {
        while !stop.load(Ordering::Relaxed) {
            let browser = world.browser();
            let reply = browser.try_sign_in(&portal(), "citizen2", PASSWORD).await;
            match reply.status {
                303 => done.fetch_add(1, Ordering::Relaxed),
                503 => busy.fetch_add(1, Ordering::Relaxed),
                other => panic!("{other}: {}", reply.text()),
            };
        }
    };
    let begun = Instant::now();
    let (beside, _, ()) = tokio::join!(
        others(&world, &token, &stop),
        join_all((0..PEOPLE).map(|_| person())),
        async {
            tokio::time::sleep(SIGNING_IN).await;
            stop.store(true, Ordering::Relaxed);
        }
    );
    let millis = u64::try_from(begun.elapsed().as_millis())
        .unwrap_or(u64::MAX)
        .max(1);
    let signed_in = done.load(Ordering::Relaxed);

    // The portal keeps its sessions sealed in the cache: the tokens of one real sign-in, and what stands around them.
    let tokens = world.tokens("citizen").await;
    let session = json!({
        "access": text(&tokens, "access_token"), "refresh": text(&tokens, "refresh_token"),
        "id_token": text(&tokens, "id_token"), "expires_at": 1, "csrf": world.rt.ids.secret(),
        "name": "Nguyễn Văn An", "officer": false,
    });
    let plain = session.to_string();
    let before = resident();
    let cache = kit::Cache::memory();
    for n in 0..SESSIONS {
        let key = format!(
            "portal:session:{}",
            world.rt.sealer.lookup_hash(&n.to_string())
        );
        let sealed = world.rt.sealer.seal(world.rt.ids, &plain);
        cache
            .set(&key, sealed.as_bytes(), Duration::from_secs(28_800))
            .await;
    }
    let mut kept = 0_usize;
    for n in 0..SESSIONS {
        let key = format!(
            "portal:session:{}",
            world.rt.sealer.lookup_hash(&n.to_string())
        );
        kept += usize::from(cache.get(&key).await.is_some());
    }
    let memory = resident()
        .zip(before)
        .map(|(after, before)| after.saturating_sub(before));
    let figures = json!({
        "token_check_ns": u64::try_from(check).ok(),
        "sign_ins": {
            "at_once": PEOPLE,
            "count": signed_in,
            "a_minute": signed_in * 60_000 / millis,
            "told_to_come_again": busy.load(Ordering::Relaxed),
        },
        "others_alone": quantiles(alone),
        "others_beside_sign_ins": quantiles(beside),
        "sessions": {"put": SESSIONS, "kept": kept, "sealed_bytes_each": plain.len(), "memory_bytes": memory},
    });
    println!("{figures:#}");
}
