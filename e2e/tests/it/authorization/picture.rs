//! What those see whose it is. Taken before and after others have tried their hands at it, it must be the same.

use super::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The world as its people see it, by who looked at what.
pub(super) async fn taken(world: &World) -> BTreeMap<String, Value> {
    let mut seen = BTreeMap::new();
    for (login, path) in views(world) {
        let token = world.token(login).await;
        let mut value = world.json(&path, &token).await;
        if path.starts_with("/api/v1/notifications/") {
            // Letters are sent meanwhile.
            value = json!({"id": value["id"], "read": value["read"]});
        }
        seen.insert(format!("{login} {path}"), value);
    }
    seen
}

/// Nothing is made, changed or gone.
pub(super) fn same(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) {
    assert_eq!(before.len(), after.len());
    for (what, was) in before {
        assert_eq!(was, &after[what], "{what}");
    }
}

fn views(world: &World) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let dossiers = [&world.finished, &world.fresh, &world.restricted];
    for dossier in dossiers.into_iter().chain(&world.members) {
        let path = format!("/api/v1/dossiers/{}", dossier.id);
        for part in ["", "/messages", "/papers", "/fees"] {
            all.push(("citizen", format!("{path}{part}")));
        }
        all.push(("leader", format!("{path}/journal")));
    }
    for (login, path) in [
        ("citizen", format!("/api/v1/dossier-groups/{}", world.group)),
        (
            "citizen",
            format!("/api/v1/notifications/{}", world.notification),
        ),
        ("citizen", "/api/v1/notification-preferences".to_owned()),
        ("citizen", "/api/v1/me".to_owned()),
        ("citizen", "/api/v1/me/mandates".to_owned()),
        ("citizen", "/api/v1/me/sessions".to_owned()),
        ("citizen", "/api/v1/me/second-factor".to_owned()),
        ("citizen", "/api/v1/me/data-requests?limit=100".to_owned()),
        (
            "postoffice",
            format!("/api/v1/shipments/{}", world.shipment),
        ),
        (
            "postoffice",
            "/api/v1/shipments/manifests?limit=100".to_owned(),
        ),
        ("admin", format!("/api/v1/accounts/{}", world.account)),
        ("admin", "/api/v1/accounts?limit=100".to_owned()),
        ("admin", format!("/api/v1/clients/{}", world.client)),
        ("admin", "/api/v1/clients?limit=100".to_owned()),
        ("admin", "/api/v1/assignments?limit=100".to_owned()),
        ("admin", "/api/v1/agency-successions?limit=100".to_owned()),
        ("admin", "/api/v1/breaches?limit=100".to_owned()),
        ("admin", format!("/api/v1/breaches/{}", world.breach)),
        (
            "agencyadmin",
            format!("/api/v1/procedure-drafts/{}", world.draft),
        ),
        (
            "agencyadmin",
            format!("/api/v1/procedure-journal?procedureId={}", world.procedure),
        ),
        ("admin", "/api/v1/incidents?limit=100".to_owned()),
        ("admin", "/api/v1/imports?limit=100".to_owned()),
        (
            "admin",
            format!("/api/v1/data-requests/{}", world.data_request),
        ),
        ("admin", "/api/v1/agencies/H05.21".to_owned()),
        ("admin", format!("/api/v1/procedures/{}", world.procedure)),
    ] {
        all.push((login, path));
    }
    all
}
