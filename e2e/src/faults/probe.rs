//! A consumer of the harness's own, on the same machinery as the services': it counts how often each event of a dossier has had an
//! effect, with nothing in its table that would stop a second one, and its handler panics when told to.

use super::servers::{Server, execute, number, query};
use super::world::World;
use anyhow::Context as _;
use contracts::events::{CONSUMERS, DossierChanged};
use durable::sea_orm::sea_query::{Alias, Query};
use durable::sea_orm::{ConnectionTrait as _, DatabaseConnection, DbErr};
use durable::{Bus, Config, Db, Done, RabbitConfig, Task, TaskError, Worker};
use kit::Runtime;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// The consumer's name.
pub(super) const NAME: &str = "probe";

/// What a handler says when it panics because it was told to.
const TOLD: &str = "a handler was told to panic";

/// Panics that were asked for are counted, not shown.
pub(super) fn silence() {
    let show = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str() != Some(TOLD) {
            show(panic);
        }
    }));
}

/// The consumer; ends with [`Probe::stop`].
pub(super) struct Probe {
    app: Arc<App>,
    rt: Runtime,
    db: DatabaseConnection,
}

struct App {
    db: Db,
    panics: AtomicUsize,
    panicked: AtomicUsize,
}

/// A runtime of the harness's own, with the real clock; it opens what the services seal.
pub(super) fn runtime(world: &World) -> anyhow::Result<Runtime> {
    let secret = world.sealing.clone();
    let settings = kit::config::load(
        "harness",
        kit::config::PROCESS_DEFAULTS,
        &[("sealing.secret", secret)],
        &std::collections::BTreeMap::new(),
    )?;
    kit::process::runtime(&settings)
}

/// A database with the tables of the machinery.
pub(super) async fn open(url: &str, rt: &Runtime) -> anyhow::Result<Db> {
    let config = Config {
        url: url.to_owned(),
        max_connections: 8,
        poll_milliseconds: 200,
        retention: durable::Retention::default(),
        accept_newer_schema: false,
        max_clock_skew_seconds: 0,
    };
    let db = Db::open(&config, rt).await?;
    durable::migrate(&db, Vec::new).await?;
    Ok(db)
}

impl Probe {
    pub(super) async fn start(world: &World) -> anyhow::Result<Self> {
        let rt = runtime(world)?;
        let url = world.database_url(NAME)?;
        let db = open(url, &rt).await?;
        let direct = world.database(NAME).await?;
        execute(&direct, "create table effect (event_id uuid not null, at timestamptz not null default clock_timestamp())")
            .await?;
        let broker = world.servers.url(Server::Broker).await?;
        let mut config = RabbitConfig::new(&broker, &world.prefix, 64);
        config.consumers = CONSUMERS
            .iter()
            .map(|(name, types)| {
                let types = types.iter().map(|kind| (*kind).to_owned()).collect();
                ((*name).to_owned(), types)
            })
            .collect();
        let app = Arc::new(App {
            db: db.clone(),
            panics: AtomicUsize::new(0),
            panicked: AtomicUsize::new(0),
        });
        Worker::new(NAME, &db, &Bus::rabbit(config, &rt), &rt, app.clone())
            .on::<DossierChanged, _, _>(handle)
            .spawn();
        Ok(Self {
            app,
            rt,
            db: direct,
        })
    }

    /// The next handlers panic, so many of them.
    pub(super) fn panic(&self, times: usize) {
        self.app.panics.store(times, Ordering::Release);
    }

    /// How often a handler has panicked.
    pub(super) fn panicked(&self) -> usize {
        self.app.panicked.load(Ordering::Acquire)
    }

    /// What is wrong with the effects: each of these events must have had one.
    pub(super) async fn wrong(&self, events: &[Uuid]) -> anyhow::Result<Vec<String>> {
        let mut out = Vec::new();
        let twice = "select event_id, count(*) from effect group by event_id having count(*) > 1";
        for row in query(&self.db, twice).await? {
            let (id, count): (Uuid, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            out.push(format!("probe: event {id} had {count} effects"));
        }
        let mut seen = BTreeSet::new();
        for row in query(&self.db, "select event_id from effect").await? {
            seen.insert(row.try_get_by_index::<Uuid>(0)?);
        }
        for event in events.iter().filter(|event| !seen.contains(event)) {
            out.push(format!("probe: event {event} had no effect"));
        }
        let dead = number(&self.db, "select count(*) from task where state = 'dead'").await?;
        if dead > 0 {
            out.push(format!("probe: {dead} dead tasks"));
        }
        Ok(out)
    }

    pub(super) async fn stop(self) -> bool {
        self.rt.lifecycle.shut_down(Duration::from_secs(10)).await
    }
}

#[expect(clippy::panic, reason = "that is the fault")]
async fn handle(app: Arc<App>, task: Task<DossierChanged>) -> Result<Done, TaskError> {
    let (app, task) = (&app, &task);
    app.db
        .tx(|tx| async move {
            let mut insert = Query::insert();
            insert
                .into_table(Alias::new("effect"))
                .columns([Alias::new("event_id")])
                .values([task.message_id.into()])
                .map_err(|error| DbErr::Custom(error.to_string()))?;
            tx.execute(&insert).await?;
            let panics = app
                .panics
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
                    left.checked_sub(1)
                });
            if panics.is_ok() {
                app.panicked.fetch_add(1, Ordering::AcqRel);
                panic!("{TOLD}");
            }
            Ok(task.finish(&tx).await?)
        })
        .await
}

/// The newest event of the dossiers, as a mark from which to wait.
pub(super) async fn mark(dossier: &DatabaseConnection) -> anyhow::Result<i64> {
    number(dossier, "select coalesce(max(seq), 0) from outbox").await
}

/// Whether an event that was committed after the mark has had its effect: a notice in somebody's inbox.
pub(super) async fn effect_since(
    dossier: &DatabaseConnection,
    notifications: &DatabaseConnection,
    mark: i64,
) -> anyhow::Result<bool> {
    let sql = format!("select id from outbox where seq > {mark} order by seq limit 200");
    let ids: Vec<String> = query(dossier, &sql)
        .await?
        .iter()
        .map(|row| Ok(format!("'{}'", row.try_get_by_index::<Uuid>(0)?)))
        .collect::<anyhow::Result<_>>()
        .context("ids")?;
    if ids.is_empty() {
        return Ok(false);
    }
    let sql = format!(
        "select count(*) from notice where event_id in ({})",
        ids.join(",")
    );
    Ok(number(notifications, &sql).await? > 0)
}
