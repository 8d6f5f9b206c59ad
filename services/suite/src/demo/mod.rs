//! `motcua demo`: plays the main story through the public API only, as several people would: sign-in by authorization code with
//! PKCE, real uploads, real clients. Tells each step, or gives one JSON object.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value answers null for what is not there"
)]

mod client;
mod report;
mod story;

pub use client::Answered;
pub use report::Report;

use anyhow::Context as _;
use client::Api;
use report::Collector;
use std::sync::Arc;
use std::time::Duration;
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

/// How long a request, or a state that comes by events, is waited for where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plays `count` dossiers. Every failure is counted and named, none ends the others.
///
/// # Errors
/// When nobody can sign in, or the catalogue lacks what is needed: then no dossier could be played.
pub async fn play(options: &Options) -> anyhow::Result<Report> {
    let tell = options.tell && options.count == 1;
    let company = Arc::new(Company::gather(&options.gateway, PATIENCE, tell, false).await?);
    let places = Arc::new(Semaphore::new(options.concurrency.max(1)));
    let mut plays = tokio::task::JoinSet::new();
    for n in 0..options.count {
        let (company, places) = (company.clone(), places.clone());
        plays.spawn(async move {
            let Ok(_place) = places.acquire().await else {
                return;
            };
            company.play(n).await;
        });
    }
    while plays.join_next().await.is_some() {}
    Ok(company.report(options.count))
}

/// Everybody who plays, signed in, and what came of it so far.
pub struct Company {
    api: Api,
    cast: story::Cast,
    stage: story::Stage,
    collector: Collector,
}

impl Company {
    /// Signs everybody in and looks up what is played. `patience`: how long what gets no answer is asked again, and how long a state
    /// that comes by events is waited for; `keep`: requests with their answers are kept, see [`Company::answered`].
    ///
    /// # Errors
    /// When nobody can sign in, or the catalogue lacks what is needed.
    pub async fn gather(
        gateway: &Url,
        patience: Duration,
        tell: bool,
        keep: bool,
    ) -> anyhow::Result<Self> {
        let mut api = Api::new(gateway.clone(), keep)?;
        let cast = story::Cast::gather(&api)
            .await
            .context("the demo accounts cannot sign in")?;
        let stage = story::Stage::set(&api, &cast)
            .await
            .context("the demo catalogue is not there")?;
        api.patience = patience;
        Ok(Self {
            api,
            cast,
            stage,
            collector: Collector::new(tell),
        })
    }

    /// Plays one dossier to its end; returns whether it got there.
    pub async fn play(&self, n: usize) -> bool {
        self.told(
            n,
            story::play(&self.api, &self.cast, &self.stage, &self.collector, n).await,
        )
    }

    /// Plays one dossier up to its approval, which is as far as it goes without events; returns whether it got there.
    pub async fn handle(&self, n: usize) -> bool {
        let handled = story::handle(&self.api, &self.cast, &self.stage, &self.collector, n).await;
        self.told(n, handled.map(drop))
    }

    fn told(&self, n: usize, outcome: anyhow::Result<()>) -> bool {
        if let Err(error) = &outcome {
            self.collector.failed(n, error);
        }
        outcome.is_ok()
    }

    /// What came of it so far.
    pub fn report(&self, asked: usize) -> Report {
        self.collector.report(asked)
    }

    /// Requests with an idempotency key and their answers, oldest first.
    pub fn answered(&self) -> Vec<Answered> {
        self.api.answered()
    }

    /// Sends a request once more, with its key; returns what differs from the first answer.
    ///
    /// # Errors
    /// When it is refused now, or nobody answers.
    pub async fn repeat(&self, asked: &Answered) -> anyhow::Result<Option<String>> {
        let who = self.cast.who(asked.who).context("somebody who plays")?;
        let again = self.api.ask_again(who, asked).await?;
        Ok((again != asked.answer).then(|| format!("{}: {again}", asked.path)))
    }
}
