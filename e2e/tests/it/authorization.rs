//! The authorization walk: every operation of the public document, called as nobody, with tokens that are no good, as every role of
//! the wrong agency, as another citizen, and by the right people where the step is not open; through the gateway and past it. What
//! others are counted and printed is compared, and nothing may have come of it all.
//!
//! **A new operation needs an entry** in the file of its resource under `authorization/`: which kind of thing it is decides what is
//! checked. Without one, [`every_operation_has_an_entry`] fails. One that changes something has a place in `closed`, too.

mod accounts;
mod catalogue;
mod clients;
mod closed;
mod dossiers;
mod figures;
mod incidents;
mod known;
mod makings;
mod notifications;
mod operations;
mod people;
mod personal_data;
mod picture;
mod postal;
mod sign_in;
mod steps;
mod things;
mod tokens;
mod world;

use contracts::Role;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
pub(crate) use world::PDF;
use world::{Answer, World};

/// What kind of thing an operation is, and so what must hold of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Answers without a token, and tells of nobody.
    Open,
    /// About the caller alone: any good token will do.
    Own,
    /// One thing by its id: for others it is as if it were not there, to the letter.
    One,
    /// The same, but everywhere within the reach of this role.
    OneBut(Role),
    /// One thing by its id, at a version: the same, and refused at the wrong step.
    Command,
    /// What the caller may see: for others nothing of ours is in it.
    List,
    /// The same, but everything for this role.
    ListBut(Role),
    /// Makes something of the caller's own.
    Create,
    /// Names things of others in its body: it answers for them as for what does not exist.
    Report,
    /// For administrators: of everything within their reach.
    Administer,
}

/// What `{id}` is.
type IdOf = fn(&World) -> &str;

/// The operations of one resource.
struct Resource {
    entries: &'static [(&'static str, Kind)],
    /// What `{id}` is in its paths.
    id: fn(&World) -> &str,
}

fn resources() -> [Resource; 18] {
    [
        accounts::ASSIGNMENTS,
        accounts::MANDATES,
        accounts::RESOURCE,
        accounts::SESSIONS,
        accounts::SUCCESSIONS,
        catalogue::RESOURCE,
        catalogue::EDITING,
        catalogue::FORCE,
        clients::RESOURCE,
        dossiers::RESOURCE,
        dossiers::GROUPS,
        incidents::RESOURCE,
        notifications::RESOURCE,
        operations::RESOURCE,
        personal_data::BREACHES,
        personal_data::RESOURCE,
        postal::RESOURCE,
        sign_in::RESOURCE,
    ]
}

/// One operation of the document, with its entry.
struct Operation {
    id: String,
    method: String,
    path: String,
    service: String,
    /// Permissions of which any one is enough; an empty name: any good token.
    any_of: Vec<String>,
    example: Value,
    entry: Option<(Kind, IdOf)>,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {} ({})", self.method, self.path, self.id)
    }

    fn kind(&self) -> Kind {
        self.entry.expect("an entry").0
    }

    fn allows(&self, role: Role) -> bool {
        self.any_of.iter().any(|name| {
            name.is_empty() || role.permissions().iter().any(|p| p.name() == name.as_str())
        })
    }

    /// The path with the ids of this world in it, or with `id` in place of the thing's own.
    fn path(&self, world: &World, id: Option<&str>) -> String {
        let own = self.entry.expect("an entry").1;
        self.path
            .replace("{id}", id.unwrap_or_else(|| own(world)))
            .replace("{number}", &world.number)
            .replace("/agencies/{code}", "/agencies/H05.21")
            .replace("{code}", "24")
            .replace("{form}", "receipt")
            .replace("{fee}", "1")
            .replace("{original}", "1")
    }
}

fn operations() -> Vec<Operation> {
    let known: BTreeMap<&str, (Kind, IdOf)> = resources()
        .iter()
        .flat_map(|r| r.entries.iter().map(|(id, kind)| (*id, (*kind, r.id))))
        .collect();
    let document = suite::documents::public().expect("the documents merge");
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            if !["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let security = operation["security"].as_array().cloned();
            let any_of = security
                .unwrap_or_default()
                .iter()
                .filter_map(|requirement| requirement.get("bearer"))
                .map(|scopes| scopes[0].as_str().unwrap_or("").to_owned())
                .collect();
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            let id = text(&operation["operationId"]);
            all.push(Operation {
                entry: known.get(id.as_str()).copied(),
                id,
                method: method.to_uppercase(),
                path: path.clone(),
                service: text(&operation["x-motcua-service"]),
                any_of,
                example: example(&document, operation),
            });
        }
    }
    all
}

/// The example of the body: beside the schema, or that of the schema itself.
fn example(document: &Value, operation: &Value) -> Value {
    let content = &operation["requestBody"]["content"]["application/json"];
    let schema = &content["schema"];
    let named = schema["$ref"]
        .as_str()
        .and_then(|r| document.pointer(r.trim_start_matches('#')));
    [Some(&content["example"]), named.map(|s| &s["example"])]
        .into_iter()
        .flatten()
        .find(|e| !e.is_null())
        .cloned()
        .unwrap_or_else(|| serde_json::json!({}))
}

/// What was tried, by kind of check.
#[derive(Default)]
struct Checks(BTreeMap<&'static str, usize>);

impl Checks {
    fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    #[expect(clippy::print_stdout, reason = "the counts are what one wants to see")]
    fn report(&self, operations: usize) {
        let total: usize = self.0.values().sum();
        println!("{operations} operations, {total} checks");
        for (what, count) in &self.0 {
            println!("  {count:>6}  {what}");
        }
    }
}

#[test]
fn every_operation_has_an_entry() {
    let operations = operations();
    let missing: Vec<_> = operations
        .iter()
        .filter(|o| o.entry.is_none())
        .map(Operation::name)
        .collect();
    assert!(
        missing.is_empty(),
        "no entry in the files under e2e/tests/it/authorization/: {missing:#?}"
    );
    let there: BTreeSet<&str> = operations.iter().map(|o| o.id.as_str()).collect();
    for resource in resources() {
        for (id, _) in resource.entries {
            assert!(there.contains(id), "{id} is in no document");
        }
    }
    for operation in &operations {
        let open = operation.kind() == Kind::Open;
        assert_eq!(open, operation.any_of.is_empty(), "{}", operation.name());
        let one = matches!(
            operation.kind(),
            Kind::One | Kind::OneBut(_) | Kind::Command
        );
        let closed_by_id = operation.path.contains("{id}") && !open;
        assert_eq!(one, closed_by_id, "{}", operation.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_answers_without_the_right_to_it() {
    let world = World::set().await;
    let operations = operations();
    let mut checks = Checks::default();
    let before = picture::taken(&world).await;
    nobody(&world, &operations, &mut checks).await;
    bad_tokens(&world, &operations, &mut checks).await;
    let (province, others): (Vec<_>, Vec<_>) = people::strangers(&world)
        .into_iter()
        .partition(|(role, _)| *role == Role::ProvinceAdmin);
    strangers(&world, &operations, &others, &mut checks).await;
    known::strangers(&world, &operations, &mut checks).await;
    known::logins(&world, &operations, &mut checks).await;
    makings::makings_of_others(&world, &operations, &mut checks).await;
    steps::wrong_step(&world, &operations, &mut checks).await;
    not_appointed(&world, &operations, &mut checks).await;
    picture::same(&before, &picture::taken(&world).await);
    figures::figures(&world, &operations, &mut checks).await;
    closed::closed_steps(&world, &operations, &mut checks).await;
    // Last: what is within its reach it does change.
    strangers(&world, &operations, &province, &mut checks).await;
    pages(&world, &mut checks).await;
    checks.report(operations.len());
    assert!(checks.0.values().sum::<usize>() > 12_000);
    assert!(world.running.suite.stop().await);
}

/// Nothing without a token but what is open, and that tells of nobody.
async fn nobody(world: &World, operations: &[Operation], checks: &mut Checks) {
    for operation in operations {
        for direct in [false, true] {
            let answer = world.call(operation, None, None, direct).await;
            let name = operation.name();
            checks.count("without a token");
            assert!(answer.status < 500, "{name}: {answer:?}");
            if operation.kind() == Kind::Open {
                assert_ne!(answer.status, 401, "{name} says it is open");
                world.tells_of_nobody(&name, &answer);
            } else {
                assert_eq!(answer.status, 401, "{name}: {answer:?}");
                assert_eq!(answer.code(), "auth.missing-token", "{name}");
            }
        }
    }
}

/// No token that is not ours, alive and for us.
async fn bad_tokens(world: &World, operations: &[Operation], checks: &mut Checks) {
    let bad = tokens::bad(world).await;
    for operation in operations.iter().filter(|o| o.kind() != Kind::Open) {
        for (what, token, code) in &bad {
            for direct in [false, true] {
                let answer = world.call(operation, Some(token), None, direct).await;
                checks.count("with a token that is no good");
                assert_eq!(
                    (answer.status, answer.code()),
                    (401, *code),
                    "{what}, {}: {answer:?}",
                    operation.name()
                );
            }
        }
    }
}

/// Every role of another agency, another citizen, another post office; through the gateway, and past it.
async fn strangers(
    world: &World,
    operations: &[Operation],
    people: &[(Role, String)],
    checks: &mut Checks,
) {
    for direct in [false, true] {
        for (role, token) in people {
            stranger(world, operations, (*role, token, direct), checks).await;
        }
    }
}

async fn stranger(
    world: &World,
    operations: &[Operation],
    (role, token, direct): (Role, &str, bool),
    checks: &mut Checks,
) {
    let nothing = world.no_such_id();
    for operation in operations.iter().filter(|o| o.kind() != Kind::Open) {
        let name = format!("{role:?} {}", operation.name());
        let answer = world.call(operation, Some(token), None, direct).await;
        assert!(answer.status < 500, "{name}: {answer:?}");
        if !operation.allows(role) {
            checks.count("as a role without the right");
            assert_eq!(
                (answer.status, answer.code()),
                (403, "auth.forbidden"),
                "{name}: {answer:?}"
            );
            world.tells_of_nobody(&name, &answer);
            continue;
        }
        match operation.kind() {
            Kind::One | Kind::OneBut(_) | Kind::Command => {
                if operation.kind() == Kind::OneBut(role) {
                    continue;
                }
                checks.count("another's thing by its id");
                let id = Some(nothing.as_str());
                let absent = world.call(operation, Some(token), id, direct).await;
                not_there(world, &name, &answer, &absent);
            }
            Kind::Report => {
                checks.count("another's things named in a body");
                let id = Some(nothing.as_str());
                let absent = world.call(operation, Some(token), id, direct).await;
                same(&name, &answer, &absent);
                world.tells_of_nobody(&name, &answer);
            }
            Kind::ListBut(all) if all == role => {}
            Kind::List | Kind::ListBut(_) | Kind::Own => {
                checks.count("lists and things of one's own");
                world.tells_of_nobody(&name, &answer);
                for query in ["?limit=100", &format!("?q={}", world.number)] {
                    let answer = world.query(operation, token, query, direct).await;
                    world.tells_of_nobody(&name, &answer);
                }
            }
            // How it is refused, and that nothing is made: see `makings`.
            Kind::Create | Kind::Administer => {
                checks.count("making and administering: nobody else is told of");
                world.tells_of_nobody(&name, &answer);
            }
            Kind::Open => {}
        }
    }
}

/// What is another's is refused as what is not there, and nobody is told of.
fn not_there(world: &World, name: &str, answer: &Answer, absent: &Answer) {
    assert!(
        matches!(answer.status, 403 | 404 | 422) && !answer.code().is_empty(),
        "{name}: {answer:?}"
    );
    same(name, answer, absent);
    world.tells_of_nobody(name, answer);
}

/// The answer for what is another's is the answer for what is not there.
fn same(name: &str, answer: &Answer, absent: &Answer) {
    assert_eq!(answer.status, absent.status, "{name}: {answer:?}");
    assert_eq!(
        answer.normal(),
        absent.normal(),
        "{name} tells what is there"
    );
}

/// People of the right agency, about a dossier of restricted access that is none of theirs.
async fn not_appointed(world: &World, operations: &[Operation], checks: &mut Checks) {
    let hidden = &world.restricted;
    let nothing = world.no_such_id();
    for role in [Role::OneStopOfficer, Role::Specialist, Role::AgencyAdmin] {
        let token = people::colleague(world, role);
        for direct in [false, true] {
            for operation in operations.iter().filter(|o| o.kind() != Kind::Open) {
                let name = format!("{role:?} {}", operation.name());
                if operation.path.starts_with("/api/v1/dossiers/{id}") {
                    checks.count("what is restricted, as a colleague");
                    let answer = world
                        .call(operation, Some(&token), Some(&hidden.id), direct)
                        .await;
                    let absent = world
                        .call(operation, Some(&token), Some(&nothing), direct)
                        .await;
                    assert!(
                        matches!(answer.status, 403 | 404 | 422),
                        "{name}: {answer:?}"
                    );
                    same(&name, &answer, &absent);
                } else if operation.method == "GET" && !operation.path.contains('{') {
                    checks.count("lists without what is restricted");
                    for query in ["", "?limit=100"] {
                        let answer = world.query(operation, &token, query, direct).await;
                        assert!(!answer.tells(&hidden.id), "{name}{query}: {answer:?}");
                    }
                }
            }
        }
    }
    for role in [Role::Leader, Role::RestrictedOfficer] {
        let token = people::colleague(world, role);
        let get = operations.iter().find(|o| o.id == "getDossier");
        let get = get.expect("an operation");
        let answer = world.call(get, Some(&token), Some(&hidden.id), false).await;
        assert_eq!(answer.status, 200, "{role:?}");
    }
}

/// The pages and their downloads, without a session.
async fn pages(world: &World, checks: &mut Checks) {
    let (d, f) = (&world.dossier, &world.file);
    for path in [
        "/ho-so".to_owned(),
        format!("/ho-so/{d}"),
        format!("/ho-so/{d}/ai-da-xem"),
        format!("/ho-so/{d}/tep/{f}"),
        format!("/ho-so/{d}/bieu-mau/receipt"),
        format!("/ho-so/{d}/rut"),
        format!("/ho-so/{d}/phi"),
        format!("/ho-so/{d}/phi/1/bien-lai.pdf"),
        format!("/ho-so/{d}/tin-nhan"),
        format!("/ho-so/{d}/giay-to"),
        format!("/mot-cua/ho-so/{d}/phi"),
        format!("/mot-cua/ho-so/{d}/phi/1/bien-lai.pdf"),
        "/mot-cua/so-theo-doi.pdf?tu=2026-11-01&den=2026-11-30".to_owned(),
        "/nop-lien-thong".to_owned(),
        format!("/mot-cua/ho-so/{d}/tin-nhan"),
        format!("/mot-cua/ho-so/{d}/giay-to"),
        "/kho-giay-to".to_owned(),
        "/mot-cua/bao-co".to_owned(),
        "/mot-cua".to_owned(),
        "/mot-cua/thoi-han".to_owned(),
        "/mot-cua/su-co".to_owned(),
        "/mot-cua/bao-quan".to_owned(),
        "/tai-khoan".to_owned(),
        "/quan-tri/tai-khoan".to_owned(),
        "/quan-tri/tai-khoan/moi".to_owned(),
        format!("/quan-tri/tai-khoan/{d}"),
        format!("/mot-cua/{d}"),
        "/hop-thu".to_owned(),
        "/buu-chinh".to_owned(),
    ] {
        let answer = world.page(&path).await;
        checks.count("pages without a session");
        assert!(
            matches!(answer.status, 303 | 401 | 404),
            "{path}: {answer:?}"
        );
        world.tells_of_nobody(&path, &answer);
    }
}
