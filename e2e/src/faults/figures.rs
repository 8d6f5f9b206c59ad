//! What is measured: the relay against a bare publisher, the way of an event at a steady rate, and a broker that is away for long.

use super::load::Load;
use super::messages::Messages;
use super::probe;
use super::run::Options;
use super::say;
use super::servers::{Server, connect, execute, number};
use super::until;
use super::world::{STORED, World};
use anyhow::ensure;
use contracts::events::DossierChanged;
use durable::{Bus, Db, Done, RabbitConfig, Task, TaskError, Worker};
use kit::Runtime;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Messages through the relay, and through the bare publisher: enough that how either begins does not count.
const MESSAGES: usize = 20_000;
/// What a publisher has open at once: the relay's batch.
const WINDOW: usize = 100;
/// Transitions a second, and for how long.
const RATE: u64 = 100;
const SECONDS: u64 = 20;
/// Rows of each table that have served, for the housekeeping.
const OLD: usize = 100_000;
/// Filing before the broker goes.
const WARM: Duration = Duration::from_secs(10);
/// How long a measurement may take.
const LONG: Duration = Duration::from_secs(300);

/// Relay throughput and the latency from commit to effect.
pub(super) async fn machinery(world: &World, started: Instant) -> anyhow::Result<()> {
    let admin = connect(&world.servers.url(Server::Postgres).await?).await?;
    for name in ["figures_out", "figures_in"] {
        execute(&admin, &format!("create database {name}")).await?;
    }
    let url = |name: &str| -> anyhow::Result<String> {
        let mut url: url::Url = world.database_url("probe")?.parse()?;
        url.set_path(name);
        Ok(url.to_string())
    };
    let (out, into) = (url("figures_out")?, url("figures_in")?);
    throughput(world, &out, started).await?;
    latency(world, &out, &into, started).await?;
    housekeeping(world, &out, &into, started).await?;
    for name in ["figures_out", "figures_in"] {
        execute(&admin, &format!("drop database {name} with (force)")).await?;
    }
    admin.close().await?;
    Ok(())
}

/// A bus of its own with one queue.
async fn bus(world: &World, prefix: &str, consumer: &str, rt: &Runtime) -> anyhow::Result<Bus> {
    use contracts::Event as _;
    let mut config = RabbitConfig::new(&world.servers.url(Server::Broker).await?, prefix, 64);
    config.consumers = vec![(consumer.to_owned(), vec![DossierChanged::TYPE.to_owned()])];
    Ok(Bus::rabbit(config, rt))
}

/// An event as large as those of the demo. Each belongs to a dossier of its own, as when many file at once.
fn event() -> anyhow::Result<DossierChanged> {
    let id = uuid::Uuid::from_bytes(kit::Ids.bytes::<16>());
    Ok(serde_json::from_value(serde_json::json!({
        "dossierId": id, "version": 1, "number": null, "command": "file", "from": null, "status": "new",
        "step": "reception", "at": "2026-11-24T00:00:00Z", "dueAt": null, "reason": null, "owner": id,
        "contact": { "name": "Nguyễn Văn An", "phone": "+84912345678", "email": "citizen@example.vn", "language": "vi" },
        "agencyCode": "H05.21", "agencyName": "Trung tâm Phục vụ hành chính công xã Yên Thế",
        "procedureCode": "1.001193", "procedureName": "Thủ tục đăng ký khai sinh",
        "returnWay": { "method": "counter" },
    }))?)
}

async fn publish(db: &Db, rt: &Runtime, count: usize) -> anyhow::Result<()> {
    let events = (0..count).map(|_| event()).collect::<Result<Vec<_>, _>>()?;
    let events = &events;
    db.tx(|tx| async move {
        for event in events {
            durable::publish(&tx, rt, event).await?;
        }
        Ok::<_, durable::sea_orm::DbErr>(())
    })
    .await?;
    Ok(())
}

async fn throughput(world: &World, url: &str, started: Instant) -> anyhow::Result<()> {
    let rt = probe::runtime(world)?;
    let db = probe::open(url, &rt).await?;
    let prefix = format!("{}throughput.", world.prefix);
    let direct = connect(url).await?;
    let waiting = "select count(*) from outbox where sent_at is null";
    // Connections and queues are there before the clock starts.
    publish(&db, &rt, 1).await?;
    Worker::new(
        "figures",
        &db,
        &bus(world, &prefix, "sink", &rt).await?,
        &rt,
        Arc::new(()),
    )
    .spawn();
    let sent = &direct;
    ensure!(
        until(
            LONG,
            || async move { Ok(number(sent, waiting).await? == 0) }
        )
        .await,
        "the relay does not send"
    );
    // One transaction: the relay sees all of them at once.
    let events = MESSAGES;
    publish(&db, &rt, events).await?;
    let began = Instant::now();
    ensure!(
        until(
            LONG,
            || async move { Ok(number(sent, waiting).await? == 0) }
        )
        .await,
        "the relay does not send"
    );
    let relay = began.elapsed();
    rt.lifecycle.shut_down(Duration::from_secs(10)).await;

    let broker = world.servers.url(Server::Broker).await?;
    let messages = Messages::open(&broker, &prefix).await?;
    // The same as the relay sends: in its envelope, sealed.
    let now = rt.clock.now();
    let message = durable::wrap_message(&event()?, rt.ids.uuid(now), now, None, &rt)?;
    let payload = serde_json::to_vec(&message)?;
    let bare = messages.throughput(&payload, MESSAGES, WINDOW).await?;
    messages.close().await;
    direct.close().await?;
    let per_second =
        |took: Duration| (u128::try_from(MESSAGES).unwrap_or(0) * 1000) / took.as_millis().max(1);
    let ratio = bare.as_millis() * 100 / relay.as_millis().max(1);
    say(
        started,
        &format!(
            "relay with confirms: {} messages/s; a bare publisher with confirms, {WINDOW} open: {}/s; ratio {}.{:02} ({MESSAGES} messages)",
            per_second(relay),
            per_second(bare),
            ratio / 100,
            ratio % 100
        ),
    );
    Ok(())
}

struct Seen {
    db: Db,
    times: Mutex<Vec<Duration>>,
}

async fn latency(world: &World, out: &str, into: &str, started: Instant) -> anyhow::Result<()> {
    let times = steady(world, "latency", out, into).await?;
    say(
        started,
        &format!(
            "from publishing to effect at {RATE} transitions/s for {SECONDS} s: {}",
            percentiles(&times)
        ),
    );
    Ok(())
}

/// Old rows go while work comes in at the same rate.
async fn housekeeping(
    world: &World,
    out: &str,
    into: &str,
    started: Instant,
) -> anyhow::Result<()> {
    let (from, to) = (connect(out).await?, connect(into).await?);
    let old = "now() - interval '30 days'";
    let filled = [
        (
            &from,
            format!(
                "insert into outbox (id, event_type, subject, payload, created_at, next_attempt_at, sent_at) \
                 select gen_random_uuid(), 'old', n::text, repeat('x', 1200), {old}, {old}, {old} from generate_series(1, {OLD}) n"
            ),
        ),
        (
            &to,
            format!(
                "insert into task (id, consumer, kind, key, payload, run_at, state, created_at, finished_at) \
                 select gen_random_uuid(), 'figures-in', 'old', n::text, repeat('x', 1200), {old}, 'done', {old}, {old} from generate_series(1, {OLD}) n"
            ),
        ),
    ];
    for (db, sql) in &filled {
        execute(db, sql).await?;
        execute(
            db,
            "update lease set next_at = now() where name = 'every:durable-housekeeping'",
        )
        .await?;
    }
    let size = "select pg_total_relation_size('outbox')";
    let task_size = "select pg_total_relation_size('task')";
    let before = (number(&from, size).await?, number(&to, task_size).await?);
    let began = Instant::now();
    let (from_ref, to_ref) = (&from, &to);
    let gone = async {
        let all = until(LONG, || async move {
            let events = "select count(*) from outbox where sent_at < now() - interval '20 days'";
            let tasks = "select count(*) from task where finished_at < now() - interval '20 days'";
            Ok(number(from_ref, events).await? + number(to_ref, tasks).await? == 0)
        });
        ensure!(all.await, "old rows are not removed");
        anyhow::Ok(began.elapsed())
    };
    let (times, gone) = tokio::join!(steady(world, "housekeeping", out, into), gone);
    let (times, gone) = (times?, gone?);
    let rows = (
        number(&from, "select count(*) from outbox").await?,
        number(&to, "select count(*) from task").await?,
    );
    let after = (number(&from, size).await?, number(&to, task_size).await?);
    say(
        started,
        &format!(
            "{OLD} old rows of outbox and of tasks removed in {:.1} s while {RATE} transitions/s came in: {}; left: {} events, {} tasks; outbox {} MiB before, {} after; tasks {} MiB before, {} after",
            gone.as_secs_f32(),
            percentiles(&times),
            rows.0,
            rows.1,
            before.0 >> 20,
            after.0 >> 20,
            before.1 >> 20,
            after.1 >> 20
        ),
    );
    from.close().await?;
    to.close().await?;
    Ok(())
}

/// Publishes at a steady rate; how long each event took to its effect, sorted.
async fn steady(world: &World, name: &str, out: &str, into: &str) -> anyhow::Result<Vec<Duration>> {
    let rt = probe::runtime(world)?;
    let (from, to) = (probe::open(out, &rt).await?, probe::open(into, &rt).await?);
    let prefix = format!("{}{name}.", world.prefix);
    let bus = bus(world, &prefix, "figures-in", &rt).await?;
    let seen = Arc::new(Seen {
        db: to.clone(),
        times: Mutex::default(),
    });
    Worker::new("figures-out", &from, &bus, &rt, Arc::new(())).spawn();
    Worker::new("figures-in", &to, &bus, &rt, seen.clone())
        .on::<DossierChanged, _, _>(take)
        .spawn();
    // The first one waits for connections.
    publish(&from, &rt, 1).await?;
    let count = || {
        seen.times
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    };
    ensure!(
        until(LONG, || async { Ok(count() == 1) }).await,
        "nothing arrives"
    );
    let mut tick = tokio::time::interval(Duration::from_millis(1000 / RATE));
    let mut publishing = tokio::task::JoinSet::new();
    for _ in 0..RATE * SECONDS {
        tick.tick().await;
        let (from, rt) = (from.clone(), rt.clone());
        publishing.spawn(async move { publish(&from, &rt, 1).await });
    }
    while let Some(published) = publishing.join_next().await {
        published??;
    }
    let all = usize::try_from(RATE * SECONDS)? + 1;
    ensure!(
        until(LONG, || async { Ok(count() == all) }).await,
        "not all arrive"
    );
    let mut times = std::mem::take(&mut *seen.times.lock().unwrap_or_else(PoisonError::into_inner));
    times.sort_unstable();
    rt.lifecycle.shut_down(Duration::from_secs(10)).await;
    Ok(times)
}

fn percentiles(sorted: &[Duration]) -> String {
    let at = |percent: usize| {
        let n = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(n).copied().unwrap_or_default().as_millis()
    };
    format!("p50 {} ms, p95 {} ms, p99 {} ms", at(50), at(95), at(99))
}

async fn take(seen: Arc<Seen>, task: Task<DossierChanged>) -> Result<Done, TaskError> {
    let (db, task) = (&seen.db, &task);
    let done = db.tx(|tx| async move { task.finish(&tx).await }).await?;
    let now = db.runtime().clock.now();
    let took = (now - task.published_at).to_std().unwrap_or_default();
    seen.times
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(took);
    Ok(done)
}

/// Takes the broker away while people file: what waits, what it costs in memory, how long it takes to be gone.
pub(super) async fn broker_away(
    world: &mut World,
    options: &Options,
    started: Instant,
) -> anyhow::Result<()> {
    // Up to the approval only: what comes after it is brought by the broker.
    let gateway = world.gateway()?;
    let mut load = Load::offices(&gateway, options.people).await?;
    tokio::time::sleep(WARM).await;
    let before = world.memory();
    world.servers.kill(Server::Broker).await?;
    tokio::time::sleep(options.broker_away).await;
    load.finish().await;
    let (waiting, after) = (backlog(world).await?, world.memory());
    let failed = load.company.report(0).failures;
    ensure!(
        failed.is_empty(),
        "filing stopped without the broker: {failed:?}"
    );
    world.servers.start_again(Server::Broker).await?;
    let began = Instant::now();
    let world_ref = &*world;
    let drained = until(
        LONG * 4,
        || async move { Ok(backlog(world_ref).await? == 0) },
    )
    .await;
    let took = began.elapsed();
    ensure!(drained, "the backlog does not drain");
    say(
        started,
        &format!(
            "broker away for {:?} under load ({} dossiers approved): {waiting} events and tasks wait; all done {:.1} s after it is back",
            options.broker_away,
            load.finished(),
            took.as_secs_f32()
        ),
    );
    for (service, kib) in after {
        let was = before.get(service).copied().unwrap_or(0);
        say(
            started,
            &format!(
                "  {service:<16} {} MiB before, {} MiB at the end of it",
                was / 1024,
                kib / 1024
            ),
        );
    }
    Ok(())
}

/// Events that have not left yet, and tasks that are not done.
async fn backlog(world: &World) -> anyhow::Result<i64> {
    let mut sum = 0;
    for service in STORED {
        let db = world.database(service).await?;
        sum += number(&db, "select count(*) from outbox where sent_at is null").await?;
        sum += number(&db, "select count(*) from task where finished_at is null").await?;
        db.close().await?;
    }
    Ok(sum)
}
