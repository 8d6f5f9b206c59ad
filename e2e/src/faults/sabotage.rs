//! The check must be able to fail: a guarantee is broken in the database, past the product, and the check must say so.

use super::check;
use super::load::Load;
use super::messages::{self, Messages};
use super::probe::Probe;
use super::servers::{Server, execute};
use super::world::World;
use std::time::{Duration, Instant};

/// How long those who meet a broken guarantee wait for what does not come.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the check is asked again. What it must say is never said of services that are merely not at rest.
const SAID: Duration = Duration::from_secs(45);
/// Dossiers filed under each.
const DOSSIERS: usize = 3;

/// One guarantee, how it is broken and what must be said of it.
struct Sabotage {
    what: &'static str,
    service: &'static str,
    breaks: &'static str,
    mends: &'static str,
    /// Something that the check must say.
    says: &'static str,
}

const ALL: [Sabotage; 3] = [
    Sabotage {
        what: "the inbox key no longer tells a message that was there before",
        service: "notifications",
        breaks: "create function sabotage() returns trigger language plpgsql as $$ begin
            if exists (select from task where consumer = new.consumer and kind = new.kind and key = new.key) then
                new.key := new.key || '-again';
            end if;
            return new; end $$;
            create trigger sabotage before insert on task for each row execute function sabotage();",
        mends: "drop trigger sabotage on task; drop function sabotage();",
        says: "was taken 2 times",
    },
    Sabotage {
        what: "the outbox is not in the transaction: some rows do not get there",
        service: "dossier",
        breaks: "create function sabotage() returns trigger language plpgsql as $$ begin
            if new.seq % 4 = 0 then return null; end if;
            return new; end $$;
            create trigger sabotage before insert on outbox for each row execute function sabotage();",
        mends: "drop trigger sabotage on outbox; drop function sabotage();",
        says: "published no event",
    },
    Sabotage {
        what: "saved answers are forgotten: a repeated request is a new one",
        service: "dossier",
        breaks: "create function sabotage() returns trigger language plpgsql as $$ begin
            delete from idempotency where actor = new.actor and key = new.key;
            return null; end $$;
            create trigger sabotage after update on idempotency for each row execute function sabotage();",
        mends: "drop trigger sabotage on idempotency; drop function sabotage();",
        says: "nobody was told of dossier",
    },
];

/// Breaks one guarantee after the other; returns what was said of each, or that nothing was.
pub(super) async fn all(
    world: &World,
    loads: &mut Vec<Load>,
    probe: &Probe,
) -> anyhow::Result<Vec<(&'static str, Option<String>)>> {
    let mut out = Vec::new();
    for sabotage in &ALL {
        let db = world.database(sabotage.service).await?;
        execute(&db, sabotage.breaks).await?;
        let mut load = Load::start(&world.gateway()?, DOSSIERS, DOSSIERS, PATIENCE).await?;
        load.finish().await;
        loads.push(load);
        let broker = world.servers.url(Server::Broker).await?;
        let again = Messages::open(&broker, &world.prefix).await?;
        messages::again(world, &again, false).await?;
        again.close().await;
        let began = Instant::now();
        let said = loop {
            let verdict = check::check(world, loads, probe, &mut 0, Duration::ZERO).await?;
            let mut findings = verdict.findings.into_iter();
            let said = findings.find(|finding| finding.contains(sabotage.says));
            if said.is_some() || began.elapsed() > SAID {
                break said;
            }
        };
        execute(&db, sabotage.mends).await?;
        db.close().await?;
        out.push((sabotage.what, said));
    }
    Ok(out)
}
