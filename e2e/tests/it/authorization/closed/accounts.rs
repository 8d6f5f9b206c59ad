//! Accounts, second factors, sessions, mandates, roles for a time, agencies that took over others, clients that sign.

use super::{Case, unversioned};
use crate::authorization::world::{Thing, World, text};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::Query;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

/// Of every demo account.
const PASSWORD: &str = "motcua-demo";

pub(super) async fn cases(world: &World) -> Vec<Case> {
    vec![
        own_account(world).await,
        taken_login(world),
        no_second_factor(world).await,
        proposed_second_factor(world).await,
        ended_session(world).await,
        revoked_mandate(world).await,
        ended_assignment(world).await,
        held_roles(world),
        successions(world),
        ended_succession(world).await,
        signing_client(world).await,
    ]
}

/// Nobody closes the own account.
async fn own_account(world: &World) -> Case {
    let id = world.account_of("admin").await;
    let path = format!("/api/v1/accounts/{id}");
    let account = world.json(&path, &world.token("admin").await).await;
    Case::new(
        "one's own account",
        Thing::of(&account),
        vec![("admin", path)],
    )
    .closed(
        "changeAccount",
        "admin",
        json!({"active": false}),
        (409, "account.own-rights"),
    )
}

fn taken_login(world: &World) -> Case {
    let body = json!({"login": "officer", "password": "ba con mèo đen", "name": "Phạm Thị Dung",
        "roles": ["one_stop_officer"], "agency": "H05.21"});
    let all = "/api/v1/accounts?limit=100".to_owned();
    let taken = (409, "account.login-taken");
    Case::new(
        "a login that somebody has",
        unversioned(&world.account),
        vec![("admin", all)],
    )
    .closed("createAccount", "agencyadmin", body.clone(), taken)
    .closed("createAccount", "admin", body, taken)
}

/// Password and code, as they would turn it off.
fn proof() -> Value {
    json!({"password": PASSWORD, "code": "287082"})
}

async fn no_second_factor(world: &World) -> Case {
    let id = world.account_of("household").await;
    let off = (409, "second-factor.off");
    let seen = vec![("household", "/api/v1/me/second-factor".to_owned())];
    Case::new("no second factor", unversioned(&id), seen)
        .all_closed(&["confirmSecondFactor"], "household", off)
        .closed("renewRecoveryCodes", "household", proof(), off)
        .closed("turnOffSecondFactor", "household", proof(), off)
        .all_closed(&["resetSecondFactor"], "admin", off)
}

async fn proposed_second_factor(world: &World) -> Case {
    let body = json!({"password": PASSWORD});
    let path = "/api/v1/me/second-factor";
    world.done("citizen2", ("PUT", path), None, &body).await;
    let off = (409, "second-factor.off");
    let id = world.account_of("citizen2").await;
    let seen = vec![("citizen2", path.to_owned())];
    Case::new("a second factor that was proposed", unversioned(&id), seen)
        .closed("renewRecoveryCodes", "citizen2", proof(), off)
        .closed("turnOffSecondFactor", "citizen2", proof(), off)
}

/// What was proposed before is confirmed, without a code: it is asked for what is not open then.
pub(super) async fn with_a_second_factor(world: &World) -> Vec<Case> {
    let suite = &world.running.suite;
    let update = Query::update()
        .table("second_factor")
        .value("confirmed_at", suite.rt.clock.now())
        .to_owned();
    let confirmed = suite.databases.identity.tx(|tx| {
        let update = update.clone();
        async move { tx.execute(&update).await }
    });
    assert_eq!(confirmed.await.expect("an update").rows_affected(), 1);
    let id = world.account_of("citizen2").await;
    let on = (409, "second-factor.on");
    let seen = vec![("citizen2", "/api/v1/me/second-factor".to_owned())];
    let password = json!({"password": PASSWORD});
    vec![
        Case::new("a second factor", unversioned(&id), seen)
            .closed("proposeSecondFactor", "citizen2", password, on)
            .all_closed(&["confirmSecondFactor"], "citizen2", on),
    ]
}

async fn ended_session(world: &World) -> Case {
    let id = world.session_of("officer").await;
    let all = "/api/v1/me/sessions";
    world.taken_away("officer", &format!("{all}/{id}")).await;
    Case::new(
        "a session that was ended",
        unversioned(&id),
        vec![("officer", all.to_owned())],
    )
    .all_closed(&["endMySession"], "officer", (404, "session.not-found"))
}

async fn revoked_mandate(world: &World) -> Case {
    let id = world.let_act().await;
    let all = "/api/v1/me/mandates";
    world.taken_away("citizen", &format!("{all}/{id}")).await;
    let gone = (404, "mandate.not-found");
    Case::new(
        "a mandate that was revoked",
        unversioned(&id),
        vec![("citizen", all.to_owned())],
    )
    .all_closed(&["revokeMyMandate"], "citizen", gone)
    .all_closed(&["revokeMandate"], "admin", gone)
}

const ASSIGNMENTS: &str = "/api/v1/assignments";

fn role_for(world: &World, kind: &str, login: &str, role: &str) -> Value {
    json!({"kind": kind, "login": login, "role": role, "until": world.in_days(7),
        "reason": "QĐ 12/QĐ-UBND"})
}

/// Ending it again changes nothing, and says so.
async fn ended_assignment(world: &World) -> Case {
    let body = role_for(world, "delegation", "leader", "one_stop_officer");
    let given = world.made("officer", ASSIGNMENTS, &body).await;
    let id = text(&given["id"]);
    let path = format!("{ASSIGNMENTS}/{id}");
    world.taken_away("officer", &path).await;
    let seen = vec![("admin", format!("{ASSIGNMENTS}?limit=100"))];
    let mut case = Case::new("a role that was taken back", unversioned(&id), seen);
    for who in ["officer", "leader", "agencyadmin", "admin"] {
        case = case.all_closed(&["endAssignment"], who, (204, ""));
    }
    case
}

/// Nobody gives a role to himself, or to who has it.
fn held_roles(world: &World) -> Case {
    let seen = vec![("admin", format!("{ASSIGNMENTS}?limit=100"))];
    let own = role_for(world, "delegation", "leader", "leader");
    let held = role_for(world, "acting", "officer", "one_stop_officer");
    let has_it = (409, "assignment.has-role");
    Case::new("a role that is held", unversioned(&world.assignment), seen)
        .closed("giveAssignment", "leader", own, (409, "assignment.self"))
        .closed("giveAssignment", "agencyadmin", held.clone(), has_it)
        .closed("giveAssignment", "admin", held, has_it)
}

const SUCCESSIONS: &str = "/api/v1/agency-successions";

fn succession(predecessor: &str, successor: &str) -> Value {
    json!({"predecessor": predecessor, "successor": successor, "from": "2026-07-01",
        "reason": "NQ 12/NQ-HĐND"})
}

/// The one that stands, again and the other way round.
fn successions(world: &World) -> Case {
    let again = succession("H05.95", "H05.96");
    let back = succession("H05.96", "H05.95");
    Case::new(
        "a succession that stands",
        unversioned(&world.succession),
        vec![("admin", format!("{SUCCESSIONS}?limit=100"))],
    )
    .closed(
        "recordSuccession",
        "admin",
        again,
        (409, "succession.there"),
    )
    .closed(
        "recordSuccession",
        "admin",
        back,
        (409, "succession.circle"),
    )
}

async fn ended_succession(world: &World) -> Case {
    let body = succession("H05.93", "H05.94");
    let made = world.made("admin", SUCCESSIONS, &body).await;
    let id = text(&made["id"]);
    let path = format!("{SUCCESSIONS}/{id}");
    world.taken_away("admin", &path).await;
    Case::new(
        "a succession that was taken back",
        unversioned(&id),
        vec![("admin", format!("{SUCCESSIONS}?limit=100"))],
    )
    .all_closed(&["endSuccession"], "admin", (404, "succession.not-found"))
}

/// It has no secret to rotate.
async fn signing_client(world: &World) -> Case {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a pair");
    let key = EncodingKey::from_ec_der(pair.to_pkcs8v1().expect("pkcs8").as_ref());
    let jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a key");
    let body = json!({"name": "Hệ thống ký", "role": "integrator", "expiresAt": world.in_days(90),
        "jwks": {"keys": [jwk]}});
    let client = world.made("agencyadmin", "/api/v1/clients", &body).await;
    let id = text(&client["id"]);
    let seen = vec![("agencyadmin", format!("/api/v1/clients/{id}"))];
    let gone = (404, "client.not-found");
    Case::new("a client that signs", unversioned(&id), seen)
        .all_closed(&["rotateClientSecret"], "agencyadmin", gone)
        .all_closed(&["rotateClientSecret"], "admin", gone)
}
