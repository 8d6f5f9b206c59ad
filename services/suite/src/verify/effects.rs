//! Each event that left has had its effect in each consumer exactly once.
#![expect(clippy::indexing_slicing, reason = "JSON: what is not there is null")]

use super::{DOSSIER_ALARM, DOSSIER_CHANGED, Report, SHIPMENT_CHANGED, expected, rows, select};
use crate::settings::Databases;
use durable::Db;
use durable::sea_orm::sea_query::{Alias, Expr, ExprTrait as _};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// An event that left.
struct Sent {
    id: Uuid,
    kind: String,
    data: Value,
}

/// How often a notice was given, by event, recipient and channel.
type Notices = BTreeMap<Uuid, BTreeMap<(String, String), usize>>;

pub(super) async fn check(databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    let journal = rows(
        &databases.dossier,
        &select("dossier_journal", &["dossier_id"]),
    )
    .await?;
    report.count("dossier transitions", journal.len());
    let dossiers = sent(&databases.dossier).await?;
    let shipments = sent(&databases.postal).await?;
    let catalogue = sent(&databases.catalogue).await?;
    report.count("dossier events sent", dossiers.len());
    report.count("shipment events sent", shipments.len());
    report.count("catalogue events sent", catalogue.len());

    taken(
        "notifications",
        &databases.notifications,
        &[DOSSIER_CHANGED, DOSSIER_ALARM, SHIPMENT_CHANGED],
        dossiers.iter().chain(&shipments),
        report,
    )
    .await?;
    taken(
        "postal",
        &databases.postal,
        &[DOSSIER_CHANGED, "catalogue.units-changed.v1"],
        dossiers.iter().chain(&catalogue),
        report,
    )
    .await?;
    taken(
        "dossier",
        &databases.dossier,
        &[
            SHIPMENT_CHANGED,
            "catalogue.units-changed.v1",
            "catalogue.agency-changed.v1",
            "catalogue.procedure-changed.v1",
        ],
        shipments.iter().chain(&catalogue),
        report,
    )
    .await?;
    notices(databases, &dossiers, &shipments, report).await?;
    opened(databases, &dossiers, report).await?;
    carried(databases, &shipments, report).await
}

/// The events of an outbox that left.
async fn sent(db: &Db) -> anyhow::Result<Vec<Sent>> {
    let mut query = select("outbox", &["id", "event_type", "payload"]);
    query.and_where(Expr::col(Alias::new("sent_at")).is_not_null());
    rows(db, &query)
        .await?
        .iter()
        .map(|row| {
            let event = durable::read_message(db.runtime(), &row.try_get::<String>("", "payload")?)
                .map_err(|error| anyhow::anyhow!("an event in an outbox: {error}"))?;
            Ok(Sent {
                id: row.try_get("", "id")?,
                kind: row.try_get("", "event_type")?,
                data: event.data,
            })
        })
        .collect()
}

/// Each event is in the consumer's table once, by the id in the message itself, and was done.
async fn taken(
    consumer: &str,
    db: &Db,
    kinds: &[&str],
    sent: impl Iterator<Item = &Sent>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut query = select("task", &["key", "payload", "state"]);
    query
        .and_where(Expr::col(Alias::new("consumer")).eq(consumer))
        .and_where(Expr::col(Alias::new("kind")).is_in(kinds.iter().copied()));
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows(db, &query).await? {
        // Kept unread, under its bytes: no event of ours, whatever it says.
        if row.try_get::<String>("", "key")?.starts_with("sha256:") {
            continue;
        }
        let message: Value = serde_json::from_str(&row.try_get::<String>("", "payload")?)?;
        let id = message["id"].as_str().unwrap_or("").to_owned();
        found.entry(id).or_default().push(row.try_get("", "state")?);
    }
    let mut looked = 0;
    for event in sent.filter(|event| kinds.contains(&event.kind.as_str())) {
        looked += 1;
        let (id, kind) = (event.id, &event.kind);
        match found.get(&id.to_string()).map_or(&[][..], Vec::as_slice) {
            [] => report.broken(format!("{consumer}: event {id} ({kind}) is lost")),
            [state] if state == "done" || state == "dead" => {}
            [_] => report.broken(format!("{consumer}: event {id} ({kind}) is not done")),
            more => report.broken(format!(
                "{consumer}: event {id} ({kind}) was taken {} times",
                more.len()
            )),
        }
    }
    report.count("events in consumers", looked);
    Ok(())
}

/// One notice per event, recipient and channel, and no other; letters and text messages are sent.
async fn notices(
    databases: &Databases,
    dossiers: &[Sent],
    shipments: &[Sent],
    report: &mut Report,
) -> anyhow::Result<()> {
    let db = &databases.notifications;
    let mut given: Notices = BTreeMap::new();
    for row in rows(db, &select("notice", &["event_id", "recipient"])).await? {
        let key = (row.try_get("", "recipient")?, "inbox".to_owned());
        *given
            .entry(row.try_get("", "event_id")?)
            .or_default()
            .entry(key)
            .or_default() += 1;
    }
    let columns = ["id", "event_id", "recipient", "channel", "state"];
    let mut channels = BTreeSet::from(["inbox".to_owned()]);
    let mut letters = BTreeSet::new();
    for row in rows(db, &select("delivery", &columns)).await? {
        let id: Uuid = row.try_get("", "id")?;
        let channel: String = row.try_get("", "channel")?;
        let state: String = row.try_get("", "state")?;
        if state != "sent" {
            report.broken(format!("notifications: delivery {id} is {state}"));
        }
        letters.insert(id.to_string());
        channels.insert(channel.clone());
        *given
            .entry(row.try_get("", "event_id")?)
            .or_default()
            .entry((row.try_get("", "recipient")?, channel))
            .or_default() += 1;
    }
    let chosen = preferences(db).await?;
    let access = classes(dossiers);
    for event in dossiers.iter().chain(shipments) {
        let mut given = given.remove(&event.id).unwrap_or_default();
        let expected = match event.kind.as_str() {
            DOSSIER_CHANGED => expected::of_dossier(&event.data),
            DOSSIER_ALARM => expected::of_alarm(&event.data),
            SHIPMENT_CHANGED => {
                let restricted = match access.get(dossier_of(event)) {
                    Some((true, false)) => true,
                    Some((false, true)) => false,
                    // It was both in its time: whichever was known when the event came.
                    Some(_) | None => given
                        .keys()
                        .any(|(who, _)| who.split(':').nth(1) == Some(expected::APPOINTED)),
                };
                expected::of_shipment(&event.data, restricted)
            }
            _ => continue,
        };
        for (recipient, channel) in expected {
            let count = given
                .remove(&(recipient.clone(), channel.to_owned()))
                .unwrap_or(0);
            // A channel that is switched off leaves no row at all; a person who chose otherwise may have done so before.
            let may_miss = !channels.contains(channel) || chosen.contains(&recipient);
            if count > 1 || (count == 0 && (channel == "inbox" || !may_miss)) {
                report.broken(format!(
                    "notifications: event {}: {count} notices to {recipient} by {channel}, not 1",
                    event.id
                ));
            }
            report.count("notices", count);
        }
        for ((recipient, channel), count) in given {
            report.broken(format!(
                "notifications: event {}: {count} notices to {recipient} by {channel}, not 0",
                event.id
            ));
        }
    }
    sendings(db, &letters, report).await
}

fn dossier_of(event: &Sent) -> &str {
    event.data["dossierId"].as_str().unwrap_or("")
}

/// Of each dossier: whether it was of restricted access at some time, and whether it was not.
fn classes(dossiers: &[Sent]) -> BTreeMap<&str, (bool, bool)> {
    let mut out: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for event in dossiers.iter().filter(|e| e.kind == DOSSIER_CHANGED) {
        let (restricted, open) = out.entry(dossier_of(event)).or_default();
        if expected::restricted(&event.data) {
            *restricted = true;
        } else {
            *open = true;
        }
    }
    out
}

/// Who has said over which channels to be told.
async fn preferences(db: &Db) -> anyhow::Result<BTreeSet<String>> {
    rows(db, &select("preference", &["account"]))
        .await?
        .iter()
        .map(|row| Ok(format!("account:{}", row.try_get::<Uuid>("", "account")?)))
        .collect()
}

/// Each letter or text message has one job that sends it.
async fn sendings(db: &Db, letters: &BTreeSet<String>, report: &mut Report) -> anyhow::Result<()> {
    let mut query = select("task", &["payload"]);
    query.and_where(Expr::col(Alias::new("kind")).eq("send-delivery"));
    let mut jobs: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows(db, &query).await? {
        let payload: Value = serde_json::from_str(&row.try_get::<String>("", "payload")?)?;
        let delivery = payload["delivery"].as_str().unwrap_or("").to_owned();
        *jobs.entry(delivery).or_default() += 1;
    }
    for (letter, count) in jobs {
        if count > 1 || !letters.contains(&letter) {
            report.broken(format!(
                "notifications: delivery {letter} has {count} jobs and {} rows",
                usize::from(letters.contains(&letter))
            ));
        }
    }
    report.count("letters and text messages", letters.len());
    Ok(())
}

/// Each result that goes by post has one shipment, and no other dossier has one.
async fn opened(databases: &Databases, sent: &[Sent], report: &mut Report) -> anyhow::Result<()> {
    let mut found: BTreeMap<Uuid, usize> = BTreeMap::new();
    for row in rows(&databases.postal, &select("shipment", &["dossier_id"])).await? {
        *found.entry(row.try_get("", "dossier_id")?).or_default() += 1;
    }
    report.count("shipments", found.values().sum());
    for (dossier, count) in &found {
        if *count > 1 {
            report.broken(format!("postal: dossier {dossier} has {count} shipments"));
        }
    }
    for event in sent.iter().filter(|event| event.kind == DOSSIER_CHANGED) {
        let dossier: Uuid = event.data["dossierId"].as_str().unwrap_or("").parse()?;
        if expected::shipment(&event.data) && !found.contains_key(&dossier) {
            report.broken(format!(
                "postal: event {} was handled without effect: dossier {dossier} has no shipment",
                event.id
            ));
        }
    }
    Ok(())
}

/// One event per version of a shipment; a delivered shipment has moved its dossier, once.
async fn carried(databases: &Databases, sent: &[Sent], report: &mut Report) -> anyhow::Result<()> {
    let mut versions: BTreeMap<Uuid, BTreeMap<i64, usize>> = BTreeMap::new();
    for event in sent.iter().filter(|event| event.kind == SHIPMENT_CHANGED) {
        let shipment: Uuid = event.data["shipmentId"].as_str().unwrap_or("").parse()?;
        let version = event.data["version"].as_i64().unwrap_or(0);
        *versions
            .entry(shipment)
            .or_default()
            .entry(version)
            .or_default() += 1;
    }
    let mut moved: BTreeMap<Uuid, usize> = BTreeMap::new();
    let mut query = select("dossier_journal", &["dossier_id"]);
    query.and_where(Expr::col(Alias::new("command")).eq("post-delivered"));
    for row in rows(&databases.dossier, &query).await? {
        *moved.entry(row.try_get("", "dossier_id")?).or_default() += 1;
    }
    let columns = ["id", "dossier_id", "version", "state"];
    for row in rows(&databases.postal, &select("shipment", &columns)).await? {
        let id: Uuid = row.try_get("", "id")?;
        let dossier: Uuid = row.try_get("", "dossier_id")?;
        let version: i64 = row.try_get("", "version")?;
        let found = versions.remove(&id).unwrap_or_default();
        // What was sent long ago is gone, so the newest that is kept is where to begin.
        let first = found.keys().next().copied().unwrap_or(version);
        for v in first..=version {
            let count = found.get(&v).copied().unwrap_or(0);
            if count != 1 && !found.is_empty() {
                report.broken(format!(
                    "postal: version {v} of shipment {id} has {count} events"
                ));
            }
        }
        let state: String = row.try_get("", "state")?;
        let count = moved.get(&dossier).copied().unwrap_or(0);
        if state == "delivered" && count != 1 {
            report.broken(format!(
                "dossier: {dossier} was marked as returned {count} times after its delivery"
            ));
        }
    }
    Ok(())
}
