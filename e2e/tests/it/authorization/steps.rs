//! The right people without the step: a dossier of the world's agency wherever one can be, and every command and act tried there as
//! everybody who may not give it, at the gateway and past it.

use super::people;
use super::world::{Thing, World};
use super::{Checks, Kind, Operation};
use contracts::Role;
use serde_json::{Value, json};

/// A dossier at a point of its life, and what may be done there, as its paths end. All else is refused.
struct Point {
    name: &'static str,
    open: &'static [&'static str],
    dossier: Thing,
}

/// Acts that who has nothing more to expect is spared.
const ACTS: [&str; 2] = ["askFee", "keepOriginals"];

/// Whether an operation is tried here, at every point. All others that have a step: see `closed`.
pub(super) fn is_tried(operation: &Operation) -> bool {
    operation.path.starts_with("/api/v1/dossiers/")
        && (operation.kind() == Kind::Command || ACTS.contains(&operation.id.as_str()))
}

/// Every point of a life. What the service itself says of it is in its table test; this is said from outside, by the law.
async fn points(world: &World) -> Vec<Point> {
    let reason = json!({"reason": "Theo quy định"});
    let nothing = json!({});
    let received = async || {
        let filed = world.file_another().await;
        world.go("officer", filed, "receive", &nothing).await
    };
    let handled = async || {
        let received = received().await;
        world
            .go("specialist", received, "start-handling", &nothing)
            .await
    };
    let proposed = async || {
        let body = json!({"resultFileId": world.upload("specialist").await});
        let handled = handled().await;
        world.go("specialist", handled, "propose", &body).await
    };
    let done = async || {
        let proposed = proposed().await;
        world.go("leader", proposed, "approve", &nothing).await
    };
    let missing = json!({"items": [{"content": "Giấy chứng sinh"}], "reason": "Còn thiếu"});
    let asked = world
        .go(
            "officer",
            world.file_another().await,
            "request-supplement",
            &missing,
        )
        .await;
    let owed = json!({"amount": 10_000, "reason": "Lệ phí"});
    let owing = received().await;
    let owing = world.go("officer", owing, "request-payment", &owed).await;
    let refused = world.file_another().await;
    let refused = world.go("officer", refused, "refuse", &reason).await;
    let withdrawn = world.file_another().await;
    let withdrawn = world.go("citizen", withdrawn, "withdraw", &nothing).await;
    let stopped = received().await;
    let stopped = world.go("officer", stopped, "stop", &reason).await;
    let over = json!({"receiverName": "Nguyễn Văn An"});
    let returned = world.go("officer", done().await, "hand-over", &over).await;
    let point = |name, open, dossier| Point {
        name,
        open,
        dossier,
    };
    vec![
        point("new", NEW, world.fresh.clone()),
        point("linked", LINKED, world.members[0].clone()),
        // It waits for another one.
        point("held", &["withdraw"], world.members[1].clone()),
        point("received", RECEIVED, received().await),
        point("inProgress", HANDLED, handled().await),
        point("proposed", PROPOSED, proposed().await),
        point("supplementRequested", ASKED, asked),
        point("paymentRequested", OWING, owing),
        point("notReceived", &["reopen"], refused),
        point("withdrawn", &["reopen"], withdrawn),
        point("stopped", &["reopen"], stopped),
        point("done", &["hand-over", "correct"], done().await),
        point("returned", &["correct"], returned),
        // By post: handed over by nobody.
        point("returned by post", &["correct"], world.finished.clone()),
    ]
}

const NEW: &[&str] = &[
    "receive",
    "refuse",
    "request-supplement",
    "request-payment",
    "withdraw",
];
const LINKED: &[&str] = &[
    "acknowledge",
    "receive",
    "refuse",
    "request-supplement",
    "request-payment",
    "withdraw",
];
const RECEIVED: &[&str] = &[
    "start-handling",
    "request-supplement",
    "request-payment",
    "apologise",
    "stop",
    "withdraw",
];
const HANDLED: &[&str] = &[
    "propose",
    "request-supplement",
    "request-payment",
    "apologise",
    "stop",
    "withdraw",
];
const PROPOSED: &[&str] = &[
    "approve",
    "send-back",
    "request-payment",
    "apologise",
    "stop",
    "withdraw",
];
const ASKED: &[&str] = &["supplement", "stop", "withdraw"];
const OWING: &[&str] = &["confirm-payment", "stop", "withdraw"];

impl Point {
    /// Whether its life is over.
    fn is_over(&self) -> bool {
        ["reopen", "correct"].iter().any(|o| self.open == [*o])
    }

    /// How an operation is refused to this role here; `None`: it is theirs to do.
    fn refusal(&self, operation: &Operation, role: Role) -> Option<(u16, &'static str)> {
        const PERSON: (u16, &str) = (403, "auth.forbidden");
        if !operation.allows(role) {
            return Some(PERSON);
        }
        if ACTS.contains(&operation.id.as_str()) {
            return self.is_over().then_some((409, "dossier.act-not-open"));
        }
        let command = operation.path.rsplit('/').next().unwrap_or_default();
        // What has an owner is answered for and taken back by nobody else.
        if ["supplement", "withdraw"].contains(&command) && role != Role::Citizen {
            return Some(PERSON);
        }
        // What the desk has not received lies with the desk.
        let desks = command == "request-supplement" && self.open.contains(&"receive");
        let theirs = self.open.contains(&command) && (!desks || role == Role::OneStopOfficer);
        (!theirs).then_some((409, "dossier.action-not-open"))
    }
}

/// Everything that this agency's people and the owner may not do there, and that nothing has come of it.
pub(super) async fn wrong_step(world: &World, operations: &[Operation], checks: &mut Checks) {
    let points = points(world).await;
    let tried: Vec<&Operation> = operations.iter().filter(|o| is_tried(o)).collect();
    assert_eq!(tried.len(), 19, "seventeen commands and two acts");
    for open in points.iter().flat_map(|p| p.open) {
        let known = tried.iter().any(|o| o.path.ends_with(&format!("/{open}")));
        assert!(known, "{open} is no command");
    }
    let mut people = vec![(Role::Citizen, world.token("citizen").await)];
    for role in [
        Role::OneStopOfficer,
        Role::Specialist,
        Role::Leader,
        Role::RestrictedOfficer,
        Role::AgencyAdmin,
    ] {
        people.push((role, people::colleague(world, role)));
    }
    let before = lives(world, &points).await;
    for direct in [false, true] {
        for point in &points {
            for operation in &tried {
                for (role, token) in &people {
                    let Some(wanted) = point.refusal(operation, *role) else {
                        continue;
                    };
                    let answer = world.command(operation, token, &point.dossier, direct);
                    let answer = answer.await;
                    checks.count("the right people at the wrong step");
                    assert_eq!(
                        (answer.status, answer.code()),
                        wanted,
                        "{role:?} {} when {}: {answer:?}",
                        operation.name(),
                        point.name
                    );
                }
            }
        }
        own_proposal(world, &points, &tried, direct, checks).await;
    }
    let after = lives(world, &points).await;
    for (point, (before, after)) in points.iter().zip(before.iter().zip(&after)) {
        assert_eq!(before, after, "nothing has happened when {}", point.name);
    }
}

/// Who proposed a result holds the leader's role for a time, and still does not approve it.
async fn own_proposal(
    world: &World,
    points: &[Point],
    tried: &[&Operation],
    direct: bool,
    checks: &mut Checks,
) {
    let proposed = points.iter().find(|p| p.name == "proposed");
    let proposed = &proposed.expect("a proposal").dossier;
    let approve = tried.iter().find(|o| o.id == "approveResult");
    let approve = approve.expect("an operation");
    let token = world.token("specialist").await;
    let answer = world.command(approve, &token, proposed, direct).await;
    checks.count("the right people at the wrong step");
    assert_eq!(
        (answer.status, answer.code()),
        (409, "dossier.same-person"),
        "{answer:?}"
    );
}

/// Each dossier and its journal, as the desk sees them.
async fn lives(world: &World, points: &[Point]) -> Vec<(Value, Value)> {
    let officer = world.token("officer").await;
    let mut all = Vec::new();
    for point in points {
        let path = format!("/api/v1/dossiers/{}", point.dossier.id);
        let journal = world.json(&format!("{path}/journal"), &officer).await;
        let whole = world.json(&path, &officer).await;
        assert_eq!(whole["version"], point.dossier.version, "{}", point.name);
        all.push((whole, journal));
    }
    all
}
