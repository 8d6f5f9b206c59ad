//! Fees, originals, holds, restrictions, incidents.

use super::{Case, View, unversioned};
use crate::authorization::world::{Thing, World, text};
use serde_json::{Value, json};

pub(super) async fn cases(world: &World) -> Vec<Case> {
    let mut all = fees(world).await;
    all.extend(originals(world).await);
    all.extend(holds(world).await);
    all.extend(restrictions(world).await);
    all.extend(incidents(world).await);
    all
}

async fn received(world: &World) -> Thing {
    let filed = world.file_another().await;
    world.go("officer", filed, "receive", &json!({})).await
}

/// An act that succeeds: what was answered.
async fn act(world: &World, who: &str, on: &mut Thing, part: &str, body: &Value) -> Value {
    let path = format!("/api/v1/dossiers/{}/{part}", on.id);
    let version = Some(on.version);
    let answer = world.done(who, ("POST", &path), version, body).await;
    on.version += 1;
    answer
}

/// The dossier with all that hangs on it.
fn seen(who: &'static str, dossier: &Thing) -> Vec<View> {
    ["", "/fees", "/papers", "/journal"]
        .iter()
        .map(|part| (who, format!("/api/v1/dossiers/{}{part}", dossier.id)))
        .collect()
}

/// One dossier with a fee in each state.
async fn fees(world: &World) -> Vec<Case> {
    let mut dossier = received(world).await;
    let new = json!({"title": "Lệ phí", "amount": 8_000, "reason": "Bản sao"});
    let mut numbers = Vec::new();
    for _ in 0..4 {
        let fees = act(world, "officer", &mut dossier, "fees", &new).await;
        let last = fees["items"].as_array().and_then(|items| items.last());
        numbers.push(last.expect("a fee")["no"].as_i64().expect("a number"));
    }
    let numbers: [i64; 4] = numbers.try_into().expect("four fees");
    let [asked, paid, exempt, refunded] = numbers;
    let cash = json!({"way": "cash", "receipt": "BL-2026-000123"});
    let poor = json!({"reason": "Hộ nghèo", "legalBasis": "Luật số 97/2015/QH13, Điều 10"});
    let back = json!({"reason": "Nộp nhầm"});
    for (no, part, body) in [
        (paid, "pay", &cash),
        (exempt, "exempt", &poor),
        (refunded, "pay", &cash),
        (refunded, "refund", &back),
    ] {
        let part = format!("fees/{no}/{part}");
        act(world, "officer", &mut dossier, &part, body).await;
    }
    let fee = |when, no, closed: &[&'static str], refusal| {
        Case::new(when, dossier.clone(), seen("officer", &dossier))
            .no(no)
            .all_closed(closed, "officer", refusal)
    };
    let state = (409, "fee.wrong-state");
    let all = ["payFee", "exemptFee", "refundFee"];
    vec![
        fee("a fee that is asked", asked, &["refundFee"], state),
        fee("a fee that is paid", paid, &["payFee", "exemptFee"], state),
        fee("a fee that need not be paid", exempt, &all, state),
        fee("a fee that went back", refunded, &all, state),
        fee(
            "a fee that nobody asked for",
            999,
            &all,
            (404, "fee.not-found"),
        ),
    ]
}

/// Originals that went back, and such as nobody has.
async fn originals(world: &World) -> Vec<Case> {
    let mut dossier = received(world).await;
    let filing = world.filing(&world.files());
    let component = &filing["attachments"][0]["componentId"];
    let kept = json!({"componentId": component, "count": 1, "note": "Đối chiếu"});
    act(world, "officer", &mut dossier, "originals", &kept).await;
    let taker = json!({"receiverName": "Nguyễn Văn An"});
    act(world, "officer", &mut dossier, "originals/1/return", &taker).await;
    let case = |when, no| {
        Case::new(when, dossier.clone(), seen("officer", &dossier))
            .no(no)
            .all_closed(&["returnOriginals"], "officer", (409, "original.not-kept"))
    };
    vec![
        case("originals that went back", 1),
        case("originals that were never kept", 2),
    ]
}

async fn holds(world: &World) -> Vec<Case> {
    let free = received(world).await;
    let mut held = received(world).await;
    let reason = json!({"ground": "complaint", "reason": "Khiếu nại số 12/KN"});
    act(world, "leader", &mut held, "retention-hold", &reason).await;
    let mut cases = Vec::new();
    for who in ["leader", "agencyadmin"] {
        let lift = ["liftDossierRetention"];
        let hold = ["holdDossierRetention"];
        cases.push(
            Case::new("nothing holds it back", free.clone(), seen("leader", &free)).all_closed(
                &lift,
                who,
                (409, "retention.not-held"),
            ),
        );
        cases.push(
            Case::new("it is held back", held.clone(), seen("leader", &held)).all_closed(
                &hold,
                who,
                (409, "retention.held"),
            ),
        );
    }
    cases
}

async fn restrictions(world: &World) -> Vec<Case> {
    let free = received(world).await;
    let restricted = world.restrict(received(world).await).await;
    let closed = (409, "dossier.act-not-open");
    vec![
        Case::new("access is open", free.clone(), seen("leader", &free)).all_closed(
            &["liftDossierRestriction"],
            "leader",
            closed,
        ),
        Case::new(
            "access is restricted",
            restricted.clone(),
            seen("leader", &restricted),
        )
        .all_closed(&["restrictDossier"], "leader", closed),
    ]
}

/// One that lasts, and one at another agency that is over: giving time back changes dossiers.
async fn incidents(world: &World) -> Vec<Case> {
    let over = world.announce_an_incident("admin", "H05.01").await;
    let path = format!("/api/v1/incidents/{}/end", text(&over["id"]));
    let version = over["version"].as_i64();
    let ended = world
        .done("admin", ("POST", &path), version, &json!({}))
        .await;
    let ended = Thing::of(&ended);
    let since = world.running.suite.rt.clock.now() - chrono::Duration::hours(1);
    let another = json!({"agencyCode": "H05.21", "title": "Mất điện", "startedAt": since});
    let all = "/api/v1/incidents?limit=100";
    let lasts = unversioned(&world.incident);
    vec![
        Case::new(
            "an incident lasts",
            lasts,
            vec![("agencyadmin", all.to_owned())],
        )
        .closed(
            "announceIncident",
            "agencyadmin",
            another.clone(),
            (409, "incident.overlaps"),
        )
        .closed(
            "announceIncident",
            "admin",
            another,
            (409, "incident.overlaps"),
        ),
        Case::new(
            "an incident is over",
            ended,
            vec![("admin", all.to_owned())],
        )
        .closed("endIncident", "admin", json!({}), (409, "incident.ended")),
    ]
}
