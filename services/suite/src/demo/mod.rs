//! `motcua demo`: plays the main story through the public API only, as several people would: sign-in by authorization code with
//! PKCE, real uploads, real clients. Tells each step, or gives one JSON object.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value answers null for what is not there"
)]

mod client;
mod report;
mod story;

pub use report::Report;

use anyhow::Context as _;
use client::Api;
use report::Collector;
use std::sync::Arc;
use tokio::sync::Semaphore;
use url::Url;

/// What to play.
#[derive(Clone, Debug)]
pub struct Options {
    /// Base URL of the gateway.
    pub gateway: Url,
    /// Dossiers.
    pub count: usize,
    /// At the same time.
    pub concurrency: usize,
    /// Tell each step on standard output.
    pub tell: bool,
}

/// Plays `count` dossiers. Every failure is counted and named, none ends the others.
///
/// # Errors
/// When nobody can sign in, or the catalogue lacks what is needed: then no dossier could be played.
pub async fn play(options: &Options) -> anyhow::Result<Report> {
    let api = Arc::new(Api::new(options.gateway.clone())?);
    let collector = Arc::new(Collector::new(options.tell && options.count == 1));
    let cast = Arc::new(
        story::Cast::gather(&api)
            .await
            .context("the demo accounts cannot sign in")?,
    );
    let stage = Arc::new(
        story::Stage::set(&api, &cast)
            .await
            .context("the demo catalogue is not there")?,
    );
    let places = Arc::new(Semaphore::new(options.concurrency.max(1)));
    let mut plays = tokio::task::JoinSet::new();
    for n in 0..options.count {
        let (api, collector, cast, stage, places) = (
            api.clone(),
            collector.clone(),
            cast.clone(),
            stage.clone(),
            places.clone(),
        );
        plays.spawn(async move {
            let Ok(_place) = places.acquire().await else {
                return;
            };
            if let Err(error) = story::play(&api, &cast, &stage, &collector, n).await {
                collector.failed(n, &error);
            }
        });
    }
    while plays.join_next().await.is_some() {}
    Ok(collector.report(options.count))
}
