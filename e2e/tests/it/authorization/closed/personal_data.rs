//! Requests about data, and the breach file.

use super::{Case, View};
use crate::authorization::world::{Thing, World, text};
use serde_json::{Value, json};

const REQUEST: (u16, &str) = (409, "data-request.not-open");
const BREACH: (u16, &str) = (409, "breach.not-open");
/// Who answers for the world's agency.
const HANDLER: &str = "agencyadmin";
const MINE: &str = "/api/v1/me/data-requests";

pub(super) async fn cases(world: &World) -> Vec<Case> {
    let mut all = requests(world).await;
    all.extend(own_requests(world).await);
    all.extend(breaches(world).await);
    all
}

fn about(right: &str) -> Value {
    json!({"right": right, "agency": "H05.21", "text": "Đề nghị theo Luật 91/2025/QH15"})
}

/// A request, and the steps that were taken with it.
async fn request(world: &World, who: &str, right: &str, steps: &[&str]) -> Value {
    let mut request = world.made(who, MINE, &about(right)).await;
    for step in steps {
        let path = format!("/api/v1/data-requests/{}", text(&request["id"]));
        let version = request["version"].as_i64();
        let change = ("PATCH", path.as_str());
        request = world.done(HANDLER, change, version, &taken(step)).await;
    }
    request
}

fn taken(step: &str) -> Value {
    json!({"action": step, "text": "Theo quy định"})
}

/// A request as it stands, with the steps that are not open to who handles it.
fn at(when: &'static str, owner: &'static str, request: &Value, steps: &[&str]) -> Case {
    let thing = Thing::of(request);
    let path = format!("/api/v1/data-requests/{}", thing.id);
    let seen: Vec<View> = vec![(HANDLER, path), (owner, format!("{MINE}?limit=100"))];
    let mut case = Case::new(when, thing, seen);
    for step in steps {
        case = case.closed("changeDataRequest", HANDLER, taken(step), REQUEST);
    }
    case
}

/// One of each kind, each at another point.
async fn requests(world: &World) -> Vec<Case> {
    const WHO: &str = "household";
    let every = ["accept", "extend", "done", "refuse"];
    let lift = ["liftMyRestriction"];
    let received = request(world, WHO, "access", &[]).await;
    let accepted = request(world, WHO, "correct", &["accept"]).await;
    let extended = request(world, WHO, "object", &["accept", "extend"]).await;
    let refused = request(world, WHO, "erase", &["refuse"]).await;
    let granted = request(world, WHO, "restrict", &["done"]).await;
    let path = format!("{MINE}/{}/restriction", text(&granted["id"]));
    let lifted = world.done(WHO, ("DELETE", &path), None, &json!({})).await;
    vec![
        at("a request that came in", WHO, &received, &["extend"])
            .all_closed(&lift, WHO, REQUEST)
            .closed(
                "fileDataRequest",
                WHO,
                about("access"),
                (409, "data-request.already-open"),
            ),
        at("a request that was accepted", WHO, &accepted, &["accept"])
            .all_closed(&lift, WHO, REQUEST),
        at(
            "a request that was extended",
            WHO,
            &extended,
            &["accept", "extend"],
        )
        .all_closed(&lift, WHO, REQUEST),
        at("a request that was refused", WHO, &refused, &every).all_closed(&lift, WHO, REQUEST),
        at(
            "a request that was granted and taken back",
            WHO,
            &lifted,
            &every,
        )
        .all_closed(&lift, WHO, REQUEST),
    ]
}

/// Nobody decides the own request; the account of an officer is not erased.
async fn own_requests(world: &World) -> Vec<Case> {
    let own = request(world, HANDLER, "access", &[]).await;
    let mut own = at("one's own request", HANDLER, &own, &[]);
    for step in ["accept", "done", "refuse"] {
        let refusal = (409, "data-request.own");
        own = own.closed("changeDataRequest", HANDLER, taken(step), refusal);
    }
    let officer = request(world, "officer", "erase", &[]).await;
    let officer = at("an officer would be erased", "officer", &officer, &[]).closed(
        "changeDataRequest",
        HANDLER,
        taken("done"),
        (409, "data-request.officer-account"),
    );
    vec![own, officer]
}

/// A breach file with these entries.
async fn breach(world: &World, entries: &[&str]) -> Value {
    let mut breach = world.open_a_breach().await;
    for entry in entries {
        let path = format!("/api/v1/breaches/{}/entries", text(&breach["id"]));
        let version = breach["version"].as_i64();
        breach = world
            .done("admin", ("POST", &path), version, &minuted(entry))
            .await;
    }
    breach
}

fn minuted(kind: &str) -> Value {
    json!({"kind": kind, "text": "Theo biên bản"})
}

/// The minutes at each point, and what may not be entered there.
async fn breaches(world: &World) -> Vec<Case> {
    let points: [(&str, &[&str], &[&str]); 5] = [
        ("a file that was opened", &[], &["opened", "closed"]),
        (
            "the authority was notified",
            &["authorityNotified"],
            &["opened", "authorityNotified", "notNotifiable"],
        ),
        (
            "the people were told",
            &["peopleTold"],
            &["opened", "peopleTold", "closed"],
        ),
        (
            "there is nothing to notify",
            &["notNotifiable"],
            &["opened", "notNotifiable"],
        ),
        (
            "a file that was closed",
            &["notNotifiable", "closed"],
            &["opened", "measure", "notNotifiable", "closed"],
        ),
    ];
    let mut all = Vec::new();
    for (when, entries, closed) in points {
        let file = Thing::of(&breach(world, entries).await);
        let path = format!("/api/v1/breaches/{}", file.id);
        let mut case = Case::new(when, file, vec![("admin", path)]);
        for kind in closed {
            case = case.closed("addBreachEntry", "admin", minuted(kind), BREACH);
        }
        all.push(case);
    }
    all
}
