//! Creating and administering: whoever may not is refused with the code that says so, whether or not what the body names is there, and
//! nothing is made: what the right person sees of such things is the same before and after.

use super::people;
use super::world::World;
use super::{Checks, Kind, Operation, same};
use contracts::Role;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Status and code of a refusal.
type Refusal = (u16, &'static str);

const FORBIDDEN: Refusal = (403, "auth.forbidden");
const INVALID: Refusal = (422, "body.invalid");

/// Where it would be seen that something was made.
enum Book {
    /// By somebody of the demo world, in this answer.
    Seen(&'static str, &'static str),
    /// Nobody lists them: rows of this table of the dossier service.
    Rows(&'static str),
}

/// An operation that makes something, aimed at the world's agency and what is there.
struct Making {
    operation: &'static str,
    book: Book,
    /// What this role sends; true: it names what is there, false: what is not. Null: the example of the document.
    body: fn(&World, Role, bool) -> Value,
    /// How those of elsewhere are refused who hold a right to the operation; `None`: they make something of their own.
    elsewhere: fn(Role) -> Option<Refusal>,
}

fn makings() -> [Making; 20] {
    [
        Making {
            operation: "createAccount",
            book: Book::Seen("admin", "/api/v1/accounts?limit=100"),
            body: |_, _, _| {
                json!({"login": "dung.pham", "password": "ba con mèo đen", "name": "Phạm Thị Dung",
                    "roles": ["one_stop_officer"], "agency": "H05.21"})
            },
            elsewhere: |role| unless(role, &PROVINCE, (403, "account.agency-not-allowed")),
        },
        Making {
            operation: "createClient",
            book: Book::Seen("admin", "/api/v1/clients?limit=100"),
            body: |world, _, _| json!({"name": "Hệ thống", "role": "integrator", "agency": "H05.21", "expiresAt": in_days(world, 90)}),
            elsewhere: |role| unless(role, &PROVINCE, (403, "account.agency-not-allowed")),
        },
        Making {
            operation: "recordSuccession",
            book: Book::Seen("admin", "/api/v1/agency-successions?limit=100"),
            body: |_, _, _| json!({"predecessor": "H05.21", "successor": "H05.22", "from": "2026-07-01", "reason": "NQ 13/NQ-HĐND"}),
            elsewhere: |role| unless(role, &PROVINCE, FORBIDDEN),
        },
        Making {
            operation: "giveAssignment",
            book: Book::Seen("admin", "/api/v1/assignments?limit=100"),
            body: |world, _, there| assignment(world, "delegation", there),
            elsewhere: |role| Some(officers(role, (403, "assignment.not-held"))),
        },
        Making {
            operation: "giveAssignment",
            book: Book::Seen("admin", "/api/v1/assignments?limit=100"),
            body: |world, _, there| assignment(world, "acting", there),
            elsewhere: |role| match role {
                Role::AgencyAdmin => Some((404, "account.not-found")),
                other => unless(other, &PROVINCE, FORBIDDEN),
            },
        },
        Making {
            operation: "createMandate",
            book: Book::Seen("citizen", "/api/v1/me/mandates"),
            body: |world, _, there| {
                let nobody = world.no_such_id();
                let principal = if there { &world.account } else { &nobody };
                json!({"principal": principal, "ground": "guardian", "agentIdentityNumber": "024192000002",
                    "document": "Giấy khai sinh"})
            },
            elsewhere: |role| unless(role, &PROVINCE, FORBIDDEN),
        },
        Making {
            operation: "giveMandate",
            book: Book::Seen("citizen", "/api/v1/me/mandates"),
            body: |_, _, _| json!({"agentIdentityNumber": "024192000002", "permissions": ["dossier.read"], "document": "Ủy quyền"}),
            elsewhere: |_| None,
        },
        Making {
            operation: "openBreach",
            book: Book::Seen("admin", "/api/v1/breaches?limit=100"),
            body: |world, _, _| json!({"title": "Mất tệp", "kinds": [], "discoveredAt": in_days(world, -1), "text": "Trong nhật ký"}),
            elsewhere: |role| unless(role, &PROVINCE, FORBIDDEN),
        },
        Making {
            operation: "fileDataRequest",
            book: Book::Seen("citizen", "/api/v1/me/data-requests?limit=100"),
            body: |_, _, _| json!({"right": "object", "agency": "H05.21", "text": "Không đồng ý"}),
            elsewhere: |role| {
                let machine = matches!(role, Role::Integrator | Role::PostOffice);
                machine.then_some((403, "data-request.person-only"))
            },
        },
        Making {
            operation: "announceIncident",
            book: Book::Seen("admin", "/api/v1/incidents?limit=100"),
            body: |world, _, there| {
                let agency = if there { "H05.21" } else { "H05.99" };
                json!({"agencyCode": agency, "title": "Mất kết nối", "startedAt": in_days(world, -1)})
            },
            elsewhere: |role| unless(role, &PROVINCE, INVALID),
        },
        Making {
            operation: "fileDossier",
            book: Book::Seen("officer", "/api/v1/dossiers?limit=100"),
            body: filing,
            elsewhere: |_| Some(INVALID),
        },
        Making {
            operation: "fileDossierGroup",
            book: Book::Seen("officer", "/api/v1/dossiers?limit=100"),
            body: |world, role, there| {
                let dossier = filing(world, role, there);
                json!({"members": [{"dossier": dossier}, {"dossier": dossier, "after": 0}]})
            },
            elsewhere: |_| Some(INVALID),
        },
        Making {
            operation: "uploadFile",
            book: Book::Rows("file"),
            body: example,
            elsewhere: |_| None,
        },
        Making {
            operation: "setNotificationPreferences",
            book: Book::Seen("citizen", "/api/v1/notification-preferences"),
            body: |_, _, _| json!({"email": false, "language": "en", "sms": false}),
            elsewhere: |_| None,
        },
        Making {
            operation: "createManifest",
            book: Book::Seen("postoffice", "/api/v1/shipments/manifests?limit=100"),
            body: |world, _, there| json!({"items": [{"shipmentId": shipment(world, there)}], "signedBy": "Trần Văn Bưu"}),
            elsewhere: |_| Some((422, "manifest.unknown-shipment")),
        },
        Making {
            operation: "reportShipmentEvents",
            book: Book::Seen("postoffice", "/api/v1/shipments?limit=100"),
            body: |world, _, there| {
                json!({"events": [{"eventId": "e-1", "shipmentId": shipment(world, there), "code": "delivered",
                    "occurredAt": in_days(world, -1)}]})
            },
            // Each event is answered for itself.
            elsewhere: |_| Some((200, "shipment.not-found")),
        },
        Making {
            operation: "importProcedures",
            book: Book::Seen("admin", "/api/v1/imports?limit=100"),
            body: example,
            elsewhere: |role| unless(role, &PROVINCE, FORBIDDEN),
        },
        Making {
            operation: "importReference",
            book: Book::Seen("admin", "/api/v1/imports?limit=100"),
            body: example,
            elsewhere: |role| unless(role, &PROVINCE, FORBIDDEN),
        },
        Making {
            operation: "setAgencyCalendar",
            book: Book::Seen("admin", "/api/v1/agencies/H05.21"),
            body: example,
            elsewhere: |role| unless(role, &PROVINCE, FORBIDDEN),
        },
        Making {
            operation: "createProcedureDraft",
            book: Book::Seen("admin", "/api/v1/procedure-drafts?limit=100"),
            body: example,
            elsewhere: |_| None,
        },
    ]
}

const PROVINCE: [Role; 1] = [Role::ProvinceAdmin];

fn example(_: &World, _: Role, _: bool) -> Value {
    Value::Null
}

fn unless(role: Role, theirs: &[Role], refusal: Refusal) -> Option<Refusal> {
    (!theirs.contains(&role)).then_some(refusal)
}

/// Only officers are asked further.
fn officers(role: Role, refusal: Refusal) -> Refusal {
    match role {
        Role::Citizen | Role::Business | Role::Integrator | Role::PostOffice => FORBIDDEN,
        Role::OneStopOfficer
        | Role::Specialist
        | Role::Leader
        | Role::RestrictedOfficer
        | Role::AgencyAdmin
        | Role::ProvinceAdmin => refusal,
    }
}

fn in_days(world: &World, days: i64) -> Value {
    json!(world.running.suite.rt.clock.now() + chrono::Duration::days(days))
}

fn assignment(world: &World, kind: &str, there: bool) -> Value {
    let login = if there { "officer" } else { "nobody.here" };
    json!({"kind": kind, "login": login, "role": "leader", "until": in_days(world, 7), "reason": "QĐ 12/QĐ-UBND"})
}

fn shipment(world: &World, there: bool) -> String {
    if there {
        world.shipment.clone()
    } else {
        world.no_such_id()
    }
}

/// A dossier with the papers of another person's, or with such as are not there; online by applicants, at the counter by the desk.
fn filing(world: &World, role: Role, there: bool) -> Value {
    let mut files = world.files();
    if !there {
        files = files.iter().map(|_| world.no_such_id()).collect();
    }
    let mut body = world.filing(&files);
    if role == Role::OneStopOfficer {
        body["channel"] = json!("direct");
        body["compared"] = json!(true);
    }
    body
}

/// Each of them as nobody and as every role of elsewhere, at the gateway and past it.
pub(super) async fn makings_of_others(
    world: &World,
    operations: &[Operation],
    checks: &mut Checks,
) {
    let makes = |o: &&Operation| {
        o.method != "GET" && matches!(o.kind(), Kind::Create | Kind::Administer | Kind::Report)
    };
    let all: BTreeSet<&str> = operations
        .iter()
        .filter(makes)
        .map(|o| o.id.as_str())
        .collect();
    let known: BTreeSet<&str> = makings().iter().map(|m| m.operation).collect();
    assert_eq!(all, known, "what makes something has an entry in makings()");
    let strangers = people::strangers(world);
    for making in makings() {
        let operation = operations.iter().find(|o| o.id == making.operation);
        let operation = operation.expect("an operation");
        let before = look(world, &making.book).await;
        let mut tried = 0;
        for direct in [false, true] {
            let send = async |token: Option<&str>, role: Role, there: bool| {
                let mut body = (making.body)(world, role, there);
                if body.is_null() {
                    body = operation.example.clone();
                }
                world.ask(operation, token, &body, direct).await
            };
            let answer = send(None, Role::Citizen, true).await;
            refused(operation, "nobody", &answer, (401, "auth.missing-token"));
            for (role, token) in &strangers {
                let refusal = if operation.allows(*role) {
                    (making.elsewhere)(*role)
                } else {
                    Some(FORBIDDEN)
                };
                let Some(refusal) = refusal else { continue };
                let name = format!("{role:?}");
                let answer = send(Some(token), *role, true).await;
                refused(operation, &name, &answer, refusal);
                let absent = send(Some(token), *role, false).await;
                same(&format!("{name} {}", operation.name()), &answer, &absent);
                checks.count("making what is not theirs to make: refused");
                tried += 1;
            }
        }
        assert!(tried > 0, "{} is refused to nobody", operation.name());
        let after = look(world, &making.book).await;
        checks.count("making what is not theirs to make: nothing is made");
        assert_eq!(before, after, "{}", operation.name());
    }
}

fn refused(operation: &Operation, who: &str, answer: &super::Answer, refusal: Refusal) {
    assert_eq!(
        (answer.status, answer.code()),
        refusal,
        "{who} {}: {answer:?}",
        operation.name()
    );
}

async fn look(world: &World, book: &Book) -> Value {
    match book {
        Book::Seen(login, path) => world.json(path, &world.token(login).await).await,
        Book::Rows(table) => {
            use durable::sea_orm::ConnectionTrait as _;
            use durable::sea_orm::sea_query::{Alias, Query};
            let query = Query::select()
                .column(Alias::new("id"))
                .from(Alias::new(*table))
                .to_owned();
            let db = world.running.suite.databases.dossier.read();
            json!(db.query_all(&query).await.expect("rows").len())
        }
    }
}
