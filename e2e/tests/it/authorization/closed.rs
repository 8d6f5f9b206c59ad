//! The right people without the step, for all that is no command of a dossier: a thing is made and brought to where a step is not open,
//! and who holds every right to the step takes it, at the gateway and past it. It is refused with the very code, and nothing has changed.
//!
//! **A new operation that changes something** is a command ([`steps`]), or is tried here, or is among [`WITHOUT`] with the reason why no
//! state closes it. Else [`every_operation_that_changes_something_is_classified`] fails.

mod accounts;
mod catalogue;
mod dossiers;
mod machines;
mod personal_data;

use super::steps;
use super::world::{Thing, World};
use super::{Checks, Operation};
use contracts::Role;
use serde_json::Value;
use std::collections::BTreeSet;

/// Status and code of a refusal.
type Refusal = (u16, &'static str);

/// Who looks, and where.
type View = (&'static str, String);

/// A thing at a point of its life, and the steps that are not open there.
struct Case {
    /// What it is, and where it stands.
    when: &'static str,
    /// It, and the version at which it is tried.
    thing: Thing,
    /// Of a fee or of originals, within its dossier.
    no: i64,
    /// Where it would be seen that something has changed.
    seen: Vec<View>,
    closed: Vec<Closed>,
}

/// A step that is not open.
struct Closed {
    operation: &'static str,
    who: &'static str,
    /// Null: the example of the document.
    body: Value,
    refusal: Refusal,
}

impl Case {
    fn new(when: &'static str, thing: Thing, seen: Vec<View>) -> Self {
        Self {
            when,
            thing,
            no: 0,
            seen,
            closed: Vec::new(),
        }
    }

    fn no(self, no: i64) -> Self {
        Self { no, ..self }
    }

    /// One more step that is not open, taken by this person with this body.
    fn closed(
        mut self,
        operation: &'static str,
        who: &'static str,
        body: Value,
        refusal: Refusal,
    ) -> Self {
        self.closed.push(Closed {
            operation,
            who,
            body,
            refusal,
        });
        self
    }

    /// The same with the examples of the document, refused in the same way.
    fn all_closed(self, operations: &[&'static str], who: &'static str, refusal: Refusal) -> Self {
        operations.iter().fold(self, |case, &operation| {
            case.closed(operation, who, Value::Null, refusal)
        })
    }
}

/// A thing that has no versions, or none that is asked for.
fn unversioned(id: &str) -> Thing {
    Thing {
        id: id.to_owned(),
        version: 1,
    }
}

/// The people of the demo world that take steps here.
const PEOPLE: [(&str, Role); 9] = [
    ("citizen", Role::Citizen),
    ("citizen2", Role::Citizen),
    ("household", Role::Business),
    ("officer", Role::OneStopOfficer),
    ("specialist", Role::Specialist),
    ("leader", Role::Leader),
    ("agencyadmin", Role::AgencyAdmin),
    ("admin", Role::ProvinceAdmin),
    ("postoffice", Role::PostOffice),
];

/// What was checked.
const REFUSED: &str = "the right people, where a step is not open";
const UNCHANGED: &str = "where a step is not open: nothing has changed";

/// What is tried here.
const TRIED: &[&str] = &[
    "addBreachEntry",
    "announceIncident",
    "changeAccount",
    "changeDataRequest",
    "confirmSecondFactor",
    "createAccount",
    "createManifest",
    "discardProcedureDraft",
    "discardTaskCatalogue",
    "discardTaskDossier",
    "discardTaskIdentity",
    "discardTaskNotifications",
    "discardTaskPostal",
    "endAssignment",
    "endIncident",
    "endMySession",
    "endSuccession",
    "exemptFee",
    "fileDataRequest",
    "giveAssignment",
    "holdDossierRetention",
    "liftDossierRestriction",
    "liftDossierRetention",
    "liftMyRestriction",
    "payFee",
    "proposeSecondFactor",
    "publishProcedureDraft",
    "recordSuccession",
    "refundFee",
    "renewRecoveryCodes",
    "replayTaskCatalogue",
    "replayTaskDossier",
    "replayTaskIdentity",
    "replayTaskNotifications",
    "replayTaskPostal",
    "reportShipmentEvents",
    "resetSecondFactor",
    "restoreProcedure",
    "restrictDossier",
    "returnOriginals",
    "revokeMandate",
    "revokeMyMandate",
    "rotateClientSecret",
    "sendBackProcedureDraft",
    "submitProcedureDraft",
    "turnOffSecondFactor",
    "withdrawProcedure",
    "writeProcedureDraft",
];

/// What changes something and is closed by no state, with the reason.
const WITHOUT: &[(&str, &str)] = &[
    (
        "authorizeDevice",
        "a client asks, no person; what becomes of the code: `identity` tests `devices`",
    ),
    (
        "issueToken",
        "a client asks, no person; codes and tokens that were used: `identity` tests `grants`",
    ),
    ("introspectToken", "says how a token stands, in any state"),
    (
        "revokeToken",
        "answers the same whether there is such a token or not (RFC 7009)",
    ),
    (
        "changeClient",
        "a closed client is changed, too: so it is opened again; keys for one that has a secret: `identity` tests `client_keys`",
    ),
    ("createClient", "makes a client; any number stand beside it"),
    (
        "createMandate",
        "makes a mandate; others of the same people stand beside it",
    ),
    (
        "giveMandate",
        "makes a mandate; others of the same people stand beside it",
    ),
    (
        "createProcedureDraft",
        "makes a draft; several may be written upon one version, and one is published",
    ),
    ("endMySessions", "where there is none, none is ended"),
    (
        "fileDossier",
        "makes a dossier; a procedure that is withdrawn, a desk that is closed: `dossier` tests `bad_input`",
    ),
    ("fileDossierGroup", "makes dossiers; as fileDossier"),
    (
        "importProcedures",
        "the same file again changes nothing; one older than what was taken: `catalogue` tests `life_cycle`",
    ),
    ("importReference", "the same file again changes nothing"),
    ("openBreach", "makes a breach file; others stand beside it"),
    ("readNotification", "what was read is read again"),
    (
        "reportPayment",
        "the payment platform's, by its signature; what pays nothing is kept as that: `dossier` tests `fees`",
    ),
    (
        "setAgencyCalendar",
        "an agency has one calendar, which is replaced",
    ),
    (
        "setNotificationPreferences",
        "a person has one choice, which is replaced",
    ),
    (
        "uploadFile",
        "makes a file; there was none to stand anywhere",
    ),
    (
        "writeMessage",
        "in every state; to a dossier whose persons were made unknowable: `dossier` tests `pseudonyms`",
    ),
];

/// Tries each step where it is not open.
pub(super) async fn closed_steps(world: &World, operations: &[Operation], checks: &mut Checks) {
    let mut tried = BTreeSet::from(["reportShipmentEvents"]);
    for cases in [
        Box::pin(dossiers::cases(world)).await,
        Box::pin(catalogue::cases(world)).await,
        Box::pin(personal_data::cases(world)).await,
        Box::pin(accounts::cases(world)).await,
        Box::pin(machines::cases(world)).await,
    ] {
        attempt(world, operations, &cases, &mut tried, checks).await;
    }
    let cases = Box::pin(accounts::with_a_second_factor(world)).await;
    attempt(world, operations, &cases, &mut tried, checks).await;
    machines::late_event(world, operations, checks).await;
    let all: BTreeSet<&str> = TRIED.iter().copied().collect();
    assert_eq!(tried, all, "what is tried");
}

/// Each of them, and that nothing has come of it.
async fn attempt(
    world: &World,
    operations: &[Operation],
    cases: &[Case],
    tried: &mut BTreeSet<&'static str>,
    checks: &mut Checks,
) {
    for case in cases {
        let before = look(world, &case.seen).await;
        for closed in &case.closed {
            let operation = operations.iter().find(|o| o.id == closed.operation);
            let operation = operation.expect("an operation");
            let name = format!("{} {}, {}", closed.who, operation.name(), case.when);
            let role = PEOPLE.iter().find(|(login, _)| *login == closed.who);
            let role = role.expect("a person").1;
            assert!(operation.allows(role), "{name}: has the right to it");
            let no = case.no.to_string();
            let path = operation
                .path
                .replace("{id}", &case.thing.id)
                .replace("{fee}", &no)
                .replace("{original}", &no);
            let body = if closed.body.is_null() {
                &operation.example
            } else {
                &closed.body
            };
            let token = world.token(closed.who).await;
            for direct in [false, true] {
                let at = (token.as_str(), case.thing.version);
                let answer = world.at(operation, &path, at, body, direct).await;
                checks.count(REFUSED);
                assert_eq!(
                    (answer.status, answer.code()),
                    closed.refusal,
                    "{name}: {answer:?}"
                );
            }
            tried.insert(closed.operation);
        }
        let after = look(world, &case.seen).await;
        checks.count(UNCHANGED);
        assert_eq!(before, after, "{}", case.when);
    }
}

/// What is seen there.
async fn look(world: &World, seen: &[View]) -> Vec<Value> {
    let mut all = Vec::new();
    for (login, path) in seen {
        let mut value = world.json(path, &world.token(login).await).await;
        if path.starts_with("/api/v1/incidents") {
            // Time is given back meanwhile.
            for incident in value["items"].as_array_mut().expect("items") {
                incident["settledAt"] = Value::Null;
            }
        }
        all.push(value);
    }
    all
}

#[test]
fn every_operation_that_changes_something_is_classified() {
    let operations = super::operations();
    let places = |operation: &Operation| {
        let id = operation.id.as_str();
        [
            steps::is_tried(operation),
            TRIED.contains(&id),
            WITHOUT.iter().any(|(other, _)| *other == id),
        ]
    };
    let wrong: Vec<String> = operations
        .iter()
        .filter(|o| {
            let places = places(o).into_iter().filter(|there| *there).count();
            places != usize::from(o.method != "GET")
        })
        .map(|o| format!("{}: {:?}", o.name(), places(o)))
        .collect();
    assert!(
        wrong.is_empty(),
        "not in exactly one of commands, closed::TRIED, closed::WITHOUT: {wrong:#?}"
    );
    let ids: BTreeSet<&str> = operations.iter().map(|o| o.id.as_str()).collect();
    let named = TRIED.iter().chain(WITHOUT.iter().map(|(id, _)| id));
    for id in named {
        assert!(ids.contains(id), "{id} is in no document");
    }
    assert!(WITHOUT.iter().all(|(_, reason)| reason.len() > 10));
}
