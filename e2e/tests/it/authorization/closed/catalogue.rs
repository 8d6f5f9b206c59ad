//! Drafts of procedures at each point of their life; procedures in force and withdrawn.

use super::{Case, View, unversioned};
use crate::authorization::things;
use crate::authorization::world::{Thing, World, text};
use serde_json::{Value, json};

const CLOSED: (u16, &str) = (409, "draft.step-not-open");
/// Who writes, and who decides.
const WRITER: &str = "agencyadmin";
const EDITOR: &str = "admin";

/// A draft of a new procedure, or upon the newest version of one.
async fn written(world: &World, who: &str, upon: Option<&str>) -> Value {
    let mut body = things::draft();
    if let Some(procedure) = upon {
        body["procedureId"] = json!(procedure);
    }
    world.made(who, "/api/v1/procedure-drafts", &body).await
}

/// A step that succeeds; the draft after it.
async fn step(world: &World, who: &str, draft: &Value, step: &str, body: &Value) -> Value {
    let path = format!("/api/v1/procedure-drafts/{}/{step}", text(&draft["id"]));
    let revision = draft["revision"].as_i64();
    world.done(who, ("POST", &path), revision, body).await
}

async fn submitted(world: &World, who: &str, upon: Option<&str>) -> Value {
    let draft = written(world, who, upon).await;
    step(world, who, &draft, "submit", &json!({})).await
}

async fn published(world: &World, upon: Option<&str>) -> Value {
    let draft = submitted(world, WRITER, upon).await;
    step(world, EDITOR, &draft, "publish", &json!({})).await
}

fn journal(procedure: &str) -> View {
    let path = format!("/api/v1/procedure-journal?procedureId={procedure}");
    (EDITOR, path)
}

/// A draft as it stands, with these steps that are not open: of who writes, of who decides.
fn at(when: &'static str, draft: &Value, writer: &[&str], editor: &[&str]) -> Case {
    let thing = Thing {
        id: text(&draft["id"]),
        version: draft["revision"].as_i64().expect("a revision"),
    };
    let path = format!("/api/v1/procedure-drafts/{}", thing.id);
    let seen = vec![(EDITOR, path), journal(&text(&draft["procedureId"]))];
    let mut case = Case::new(when, thing, seen);
    if writer.contains(&"write") {
        let body = json!({"content": draft["content"], "note": "Sửa"});
        case = case.closed("writeProcedureDraft", WRITER, body, CLOSED);
    }
    for (step, operation, who) in [
        ("submit", "submitProcedureDraft", WRITER),
        ("discard", "discardProcedureDraft", WRITER),
        ("send-back", "sendBackProcedureDraft", EDITOR),
        ("publish", "publishProcedureDraft", EDITOR),
    ] {
        if writer.contains(&step) || editor.contains(&step) {
            case = case.all_closed(&[operation], who, CLOSED);
        }
    }
    case
}

pub(super) async fn cases(world: &World) -> Vec<Case> {
    let decide = ["send-back", "publish"];
    let nothing = json!({});
    let draft = written(world, WRITER, None).await;
    let in_review = submitted(world, WRITER, None).await;
    let own = submitted(world, EDITOR, None).await;
    let later = submitted(world, WRITER, None).await;
    let day = day_of(&world.in_days(30));
    let later = step(
        world,
        EDITOR,
        &later,
        "publish",
        &json!({"effectiveFrom": day}),
    )
    .await;
    assert_eq!(later["state"], "scheduled", "{later}");
    let discarded = written(world, WRITER, None).await;
    let discarded = step(world, WRITER, &discarded, "discard", &nothing).await;
    let done = published(world, None).await;
    assert_eq!(done["state"], "published", "{done}");
    let procedure = text(&done["procedureId"]);
    // Of two upon one version the first is published.
    let second = submitted(world, WRITER, Some(&procedure)).await;
    published(world, Some(&procedure)).await;
    let mut all = vec![
        at("a draft being written", &draft, &[], &decide),
        at("a draft in review", &in_review, &["write", "submit"], &[]),
        at(
            "a draft that waits for its day",
            &later,
            &["write", "submit"],
            &decide,
        ),
        at(
            "a draft that was published",
            &done,
            &["write", "submit", "discard"],
            &decide,
        ),
        at(
            "a draft that was given up",
            &discarded,
            &["write", "submit", "discard"],
            &decide,
        ),
        at("a draft of one's own", &own, &[], &[]).closed(
            "publishProcedureDraft",
            EDITOR,
            nothing.clone(),
            (409, "draft.own"),
        ),
        at("a draft that another came before", &second, &[], &[]).closed(
            "publishProcedureDraft",
            EDITOR,
            nothing,
            (409, "draft.outdated"),
        ),
    ];
    all.extend(force(world, &procedure).await);
    all
}

/// The first ten letters of a moment.
fn day_of(moment: &Value) -> String {
    text(moment).chars().take(10).collect()
}

/// A procedure in force at its second version, and one that was withdrawn with its own.
async fn force(world: &World, in_force: &str) -> Vec<Case> {
    let withdrawn = text(&published(world, None).await["procedureId"]);
    let path = format!("/api/v1/procedures/{withdrawn}/withdraw");
    let reason = json!({"reason": "Bãi bỏ theo QĐ 12/QĐ-UBND"});
    let after = world.done(EDITOR, ("POST", &path), Some(1), &reason).await;
    assert_eq!(after, json!({"version": 2, "active": false}));
    let case = |when, id: &str, operation, refusal| {
        let thing = Thing {
            version: 2,
            ..unversioned(id)
        };
        let versions = format!("/api/v1/procedures/{id}/versions");
        let seen = vec![(EDITOR, versions), journal(id)];
        Case::new(when, thing, seen).all_closed(&[operation], EDITOR, refusal)
    };
    vec![
        case(
            "a procedure in force",
            in_force,
            "restoreProcedure",
            (409, "procedure.in-force"),
        ),
        case(
            "a procedure that was withdrawn",
            &withdrawn,
            "withdrawProcedure",
            (409, "procedure.withdrawn"),
        ),
    ]
}
