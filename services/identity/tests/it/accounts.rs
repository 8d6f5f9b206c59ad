//! Who may manage whom.

use crate::world::{PASSWORD, World, portal, text};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

const GOOD_PASSWORD: &str = "ba con mèo đen";

fn officer(login: &str) -> Value {
    json!({
        "login": login, "password": GOOD_PASSWORD, "name": "Phạm Thị Mới", "roles": ["one_stop_officer"],
        "agency": "H05.21", "phone": "0904 000 111", "email": "moi@example.vn", "identityNumber": "024192000019",
    })
}

async fn find(world: &World, login: &str) -> Value {
    let admin = world.token("admin").await;
    let page = world
        .app
        .with_token(&admin)
        .get("/api/v1/accounts?limit=100")
        .await
        .expect(200)
        .json();
    let items = page
        .get("items")
        .and_then(Value::as_array)
        .expect("items")
        .clone();
    items
        .into_iter()
        .find(|a| a["login"] == login)
        .unwrap_or_else(|| panic!("{login}"))
}

#[tokio::test]
async fn an_agency_admin_creates_an_officer_who_signs_in() {
    let world = World::new().await;
    let admin = world.token("agencyadmin").await;
    let reply = world
        .app
        .with_token(&admin)
        .post("/api/v1/accounts", &officer("New.Officer"))
        .await
        .expect(201);
    let made = reply.json();
    assert_eq!(made["login"], "new.officer");
    assert_eq!(made["kind"], "officer");
    assert_eq!(made["phone"], "+84904000111");
    assert_eq!(made["identityNumber"], "0241******19");
    assert!(!reply.text().contains("024192000019") && !reply.text().contains("argon2"));
    assert_eq!(reply.header("etag"), Some("\"1\""));
    let location = reply.header("location").expect("location").to_owned();
    let shown = world
        .app
        .with_token(&admin)
        .get(&location)
        .await
        .expect(200);
    assert_eq!(shown.json(), made);
    let first = world.browser();
    let first = first
        .try_sign_in(&portal(), "new.officer", GOOD_PASSWORD)
        .await;
    first.expect(200);
}

#[tokio::test]
async fn nobody_else_sees_or_makes_accounts() {
    let world = World::new().await;
    world
        .app
        .anonymous()
        .get("/api/v1/accounts")
        .await
        .expect_problem(401, "auth.missing-token");
    for login in [
        "citizen",
        "officer",
        "specialist",
        "leader",
        "postoffice",
        "integrator",
    ] {
        let token = world.token(login).await;
        let caller = world.app.with_token(&token);
        caller
            .get("/api/v1/accounts")
            .await
            .expect_problem(403, "auth.forbidden");
        caller
            .post("/api/v1/accounts", &officer("x.officer"))
            .await
            .expect_problem(403, "auth.forbidden");
        let id = text(&find(&world, "officer").await, "id");
        caller
            .get(&format!("/api/v1/accounts/{id}"))
            .await
            .expect_problem(403, "auth.forbidden");
        let patch = caller
            .clone()
            .if_match(1)
            .patch(&format!("/api/v1/accounts/{id}"), &json!({"active": false}))
            .await;
        patch.expect_problem(403, "auth.forbidden");
    }
}

#[tokio::test]
async fn an_agency_admin_stays_within_the_own_agency_and_rank() {
    let world = World::new().await;
    let token = world.token("agencyadmin").await;
    let admin = world.app.with_token(&token);
    let page = admin
        .get("/api/v1/accounts?limit=100")
        .await
        .expect(200)
        .json();
    let agencies: Vec<_> = page["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|a| a["agency"].clone())
        .collect();
    assert_eq!(
        agencies.len(),
        4,
        "officer, specialist, leader, agencyadmin"
    );
    assert!(agencies.iter().all(|a| a == "H05.21"), "{agencies:?}");
    let asked = admin
        .get("/api/v1/accounts?agency=H05.22")
        .await
        .expect(200)
        .json();
    assert_eq!(asked["items"], json!([]));

    let stranger = text(&find(&world, "officer2").await, "id");
    let path = format!("/api/v1/accounts/{stranger}");
    admin
        .get(&path)
        .await
        .expect_problem(404, "account.not-found");
    let patched = admin
        .clone()
        .if_match(1)
        .patch(&path, &json!({"active": false}))
        .await;
    patched.expect_problem(404, "account.not-found");

    for (change, status, code) in [
        (
            json!({"agency": "H05.22"}),
            403,
            "account.agency-not-allowed",
        ),
        (
            json!({"roles": ["province_admin"]}),
            403,
            "account.role-not-allowed",
        ),
        (
            json!({"roles": ["one_stop_officer", "province_admin"]}),
            403,
            "account.role-not-allowed",
        ),
        (
            json!({"roles": ["citizen"], "agency": null}),
            403,
            "account.role-not-allowed",
        ),
    ] {
        let mut body = officer("x.officer");
        for (key, value) in change.as_object().expect("object") {
            body[key] = value.clone();
        }
        admin
            .post("/api/v1/accounts", &body)
            .await
            .expect_problem(status, code);
        let mine = text(&find(&world, "officer").await, "id");
        let patched = admin
            .clone()
            .if_match(1)
            .patch(&format!("/api/v1/accounts/{mine}"), &change)
            .await;
        patched.expect_problem(status, code);
    }
    assert_eq!(
        find(&world, "officer").await["version"],
        1,
        "nothing changed"
    );
}

#[tokio::test]
async fn a_province_admin_makes_citizens_and_admins_but_no_machines() {
    let world = World::new().await;
    let token = world.token("admin").await;
    let admin = world.app.with_token(&token);
    let citizen = json!({"login": "an.citizen", "password": GOOD_PASSWORD, "name": "Lê An", "roles": ["citizen"]});
    assert_eq!(
        admin
            .post("/api/v1/accounts", &citizen)
            .await
            .expect(201)
            .json()["kind"],
        "applicant"
    );
    let boss = json!({"login": "an.admin", "password": GOOD_PASSWORD, "name": "Lê Bình", "roles": ["province_admin"]});
    admin.post("/api/v1/accounts", &boss).await.expect(201);
    for role in ["integrator", "post_office"] {
        let machine =
            json!({"login": "a.machine", "password": GOOD_PASSWORD, "name": "M", "roles": [role]});
        let problem = admin
            .post("/api/v1/accounts", &machine)
            .await
            .expect_problem(422, "body.invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/roles");
    }
}

#[tokio::test]
async fn nobody_changes_the_own_rights() {
    let world = World::new().await;
    for login in ["admin", "agencyadmin"] {
        let token = world.token(login).await;
        let me = text(&find(&world, login).await, "id");
        let path = format!("/api/v1/accounts/{me}");
        let mine = world.app.with_token(&token).if_match(1);
        mine.patch(&path, &json!({"active": false}))
            .await
            .expect_problem(409, "account.own-rights");
        let more = json!({"roles": ["agency_admin", "leader"], "agency": "H05.21"});
        mine.patch(&path, &more)
            .await
            .expect_problem(409, "account.own-rights");
        mine.patch(&path, &json!({"name": "Tên Mới"}))
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let world = World::new().await;
    let token = world.token("agencyadmin").await;
    let admin = world.app.with_token(&token);
    let body = json!({
        "login": "à", "password": "short", "name": "  ", "roles": ["one_stop_officer"], "agency": "x",
        "phone": "123", "email": "nobody", "identityNumber": "12",
    });
    let problem = admin
        .post("/api/v1/accounts", &body)
        .await
        .expect_problem(422, "body.invalid");
    let errors: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| (text(e, "pointer"), text(e, "code")))
        .collect();
    let expected = [
        ("/login", "account.login-invalid"),
        ("/password", "account.password-weak"),
        ("/name", "field.required"),
        ("/agency", "account.agency-invalid"),
        ("/email", "email.invalid"),
        ("/phone", "phone.invalid"),
        ("/identityNumber", "identity-number.invalid"),
    ]
    .map(|(p, c)| (p.to_owned(), c.to_owned()));
    assert_eq!(errors, expected);
    for (body, pointer) in [
        (json!({"roles": ["king"]}), "/roles/0"),
        (json!({"roles": [], "colour": "red"}), "/colour"),
    ] {
        let problem = admin
            .clone()
            .if_match(1)
            .patch(
                &format!(
                    "/api/v1/accounts/{}",
                    text(&find(&world, "officer").await, "id")
                ),
                &body,
            )
            .await;
        assert_eq!(
            problem.expect_problem(422, "body.invalid")["errors"][0]["pointer"],
            pointer
        );
    }
    let none = admin
        .clone()
        .if_match(1)
        .patch(
            &format!(
                "/api/v1/accounts/{}",
                text(&find(&world, "officer").await, "id")
            ),
            &json!({"roles": []}),
        )
        .await;
    assert_eq!(
        none.expect_problem(422, "body.invalid")["errors"][0]["pointer"],
        "/roles"
    );
}

#[tokio::test]
async fn a_taken_login_is_refused_whoever_has_it() {
    let world = World::new().await;
    let token = world.token("agencyadmin").await;
    for taken in ["officer", "OFFICER2", "postoffice"] {
        let reply = world
            .app
            .with_token(&token)
            .post("/api/v1/accounts", &officer(taken))
            .await;
        reply.expect_problem(409, "account.login-taken");
    }
    let caller = world.app.with_token(&token);
    let body = officer("same.login");
    let all =
        futures_util::future::join_all((0..4).map(|_| caller.post("/api/v1/accounts", &body)))
            .await;
    let mut statuses: Vec<_> = all.iter().map(|r| r.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
}

#[tokio::test]
async fn a_repeated_create_gets_the_saved_answer() {
    let world = World::new().await;
    let token = world.token("agencyadmin").await;
    let caller = world
        .app
        .with_token(&token)
        .header("idempotency-key", "k-1");
    let first = caller
        .post("/api/v1/accounts", &officer("once.only"))
        .await
        .expect(201);
    let again = caller
        .post("/api/v1/accounts", &officer("once.only"))
        .await
        .expect(201);
    assert_eq!(first.json(), again.json());
    assert_eq!(first.header("location"), again.header("location"));
    let other = caller.post("/api/v1/accounts", &officer("other.one")).await;
    other.expect_problem(422, "idempotency.key-reused");
}

#[tokio::test]
async fn changes_need_the_version_that_was_read() {
    let world = World::new().await;
    let token = world.token("agencyadmin").await;
    let path = format!(
        "/api/v1/accounts/{}",
        text(&find(&world, "officer").await, "id")
    );
    let admin = world.app.with_token(&token);
    admin
        .patch(&path, &json!({"name": "A"}))
        .await
        .expect_problem(428, "precondition.required");
    let reply = admin
        .clone()
        .if_match(1)
        .patch(&path, &json!({"name": "Phạm Thị Dung Hai", "email": null}))
        .await
        .expect(200);
    assert_eq!(reply.header("etag"), Some("\"2\""));
    assert!(reply.json().get("email").is_none(), "null empties");
    assert_eq!(reply.json()["phone"], "+84904000001", "left out stays");
    let stale = admin
        .clone()
        .if_match(1)
        .patch(&path, &json!({"name": "B"}))
        .await;
    assert_eq!(
        stale.expect_problem(412, "precondition.failed")["version"],
        2
    );
    let gone = format!("/api/v1/accounts/{}", uuid::Uuid::nil());
    admin
        .clone()
        .if_match(1)
        .patch(&gone, &json!({"name": "B"}))
        .await
        .expect_problem(404, "account.not-found");
    admin
        .get("/api/v1/accounts/nonsense")
        .await
        .expect_problem(404, "not-found");
}

#[tokio::test]
async fn a_closed_account_is_out_everywhere() {
    let world = World::new().await;
    let browser = world.browser();
    let code = browser.sign_in(&portal(), "officer", PASSWORD).await;
    let tokens = world.redeem(&code).await.expect(200).json();
    let admin = world.token("agencyadmin").await;
    let path = format!(
        "/api/v1/accounts/{}",
        text(&find(&world, "officer").await, "id")
    );
    let closed = world
        .app
        .with_token(&admin)
        .if_match(1)
        .patch(&path, &json!({"active": false}))
        .await
        .expect(200);
    assert_eq!(closed.json()["active"], false);
    world
        .refresh(&text(&tokens, "refresh_token"))
        .await
        .expect(400);
    browser
        .try_sign_in(&portal(), "officer", PASSWORD)
        .await
        .expect(401);
    let access = text(&tokens, "access_token");
    world
        .app
        .with_token(&access)
        .get("/api/v1/me")
        .await
        .expect_problem(401, "auth.invalid-token");
    let active = world
        .app
        .with_token(&admin)
        .get("/api/v1/accounts?active=true&limit=100")
        .await
        .expect(200)
        .json();
    assert_eq!(active["items"].as_array().expect("items").len(), 3);
    world
        .app
        .with_token(&admin)
        .if_match(2)
        .patch(&path, &json!({"active": true}))
        .await
        .expect(200);
    world
        .browser()
        .sign_in(&portal(), "officer", PASSWORD)
        .await;
}

#[tokio::test]
async fn a_new_password_replaces_the_old_and_signs_out() {
    let world = World::new().await;
    let tokens = world.tokens("officer").await;
    let admin = world.token("agencyadmin").await;
    let path = format!(
        "/api/v1/accounts/{}",
        text(&find(&world, "officer").await, "id")
    );
    let caller = world.app.with_token(&admin).if_match(1);
    caller
        .patch(&path, &json!({"password": "officer"}))
        .await
        .expect_problem(422, "body.invalid");
    // Decomposed here, composed at the sign-in: the same password.
    caller
        .patch(&path, &json!({"password": "ba con me\u{300}o đen"}))
        .await
        .expect(200);
    world
        .refresh(&text(&tokens, "refresh_token"))
        .await
        .expect(400);
    world
        .browser()
        .try_sign_in(&portal(), "officer", PASSWORD)
        .await
        .expect(401);
    // Right, and to be changed at once: `passwords`.
    let right = world.browser();
    let right = right
        .try_sign_in(&portal(), "officer", "ba con mèo đen")
        .await;
    right.expect(200);
}

#[tokio::test]
async fn lists_are_paged_by_login() {
    let world = World::new().await;
    let token = world.token("admin").await;
    let admin = world.app.with_token(&token);
    let mut logins = Vec::new();
    let mut path = "/api/v1/accounts?limit=5".to_owned();
    loop {
        let page = admin.get(&path).await.expect(200).json();
        let items = page.get("items").and_then(Value::as_array).expect("items");
        assert!(items.len() <= 5);
        logins.extend(items.iter().map(|a| text(a, "login")));
        match page.get("next").and_then(Value::as_str) {
            Some(next) => path = format!("/api/v1/accounts?limit=5&cursor={next}"),
            None => break,
        }
    }
    let mut sorted = logins.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(logins, sorted);
    assert_eq!(logins.len(), 14);
    admin
        .get("/api/v1/accounts?limit=101")
        .await
        .expect_problem(422, "query.invalid");
    admin
        .get("/api/v1/accounts?cursor=x")
        .await
        .expect_problem(422, "query.cursor");
    admin
        .get("/api/v1/accounts?colour=red")
        .await
        .expect_problem(422, "query.invalid");
}

#[tokio::test]
async fn a_password_that_was_leaked_is_not_taken_for_a_new_account_nor_later() {
    let leaked = "ba con mèo đen";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pwned.txt");
    // As the downloader of Have I Been Pwned writes it; NFC, as it is hashed when it is set.
    std::fs::write(&file, leaked_list(&[leaked, "another one"])).expect("written");
    let path = file.to_string_lossy().into_owned();
    let world = World::with(&[("breached_passwords", path)]).await;
    let token = world.token("agencyadmin").await;
    let admin = world.app.with_token(&token);
    let account = |login: &str, password: &str| {
        json!({"login": login, "password": password, "name": "Vũ Thị Lan Anh",
            "roles": ["specialist"], "agency": "H05.21"})
    };
    for password in [leaked, "ba con me\u{300}o \u{111}en"] {
        let refused = admin
            .post("/api/v1/accounts", &account("lananh1", password))
            .await
            .expect_problem(422, "body.invalid");
        let errors = refused["errors"].as_array().expect("errors");
        assert_eq!(errors.len(), 1, "{refused}");
        assert_eq!(errors[0]["pointer"], "/password");
        assert_eq!(errors[0]["code"], "account.password-breached");
    }
    // What is weak is named so, and what is neither is taken.
    let weak = admin
        .post("/api/v1/accounts", &account("lananh1", "Password123"))
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(weak["errors"][0]["code"], "account.password-weak");
    let made = admin
        .post("/api/v1/accounts", &account("lananh1", "tre ngà đổ bóng"))
        .await
        .expect(201)
        .json();
    let own = format!("/api/v1/accounts/{}", text(&made, "id"));
    let change = admin.clone().if_match(1);
    let refused = change.patch(&own, &json!({"password": leaked})).await;
    let refused = refused.expect_problem(422, "body.invalid");
    assert_eq!(refused["errors"][0]["code"], "account.password-breached");
    // A newer list takes the place of the file.
    let newer = folder.path().join("newer.txt");
    std::fs::write(&newer, leaked_list(&["another one"])).expect("written");
    std::fs::rename(&newer, &file).expect("in its place");
    change
        .patch(&own, &json!({"password": leaked}))
        .await
        .expect(200);
}

fn leaked_list(passwords: &[&str]) -> String {
    let mut lines: Vec<String> = passwords
        .iter()
        .map(|password| {
            let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
            let hex: String = hash.as_ref().iter().map(|b| format!("{b:02X}")).collect();
            format!("{hex}:12")
        })
        .collect();
    lines.sort_unstable();
    lines.join("\r\n")
}

#[tokio::test]
async fn a_wrong_list_of_leaked_passwords_is_said_when_it_starts() {
    let rt = testkit::runtime();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pwned.txt");
    for (content, said) in [
        (None, "cannot be opened"),
        (Some("no list of hashes\n"), "has no line `HASH:COUNT`"),
    ] {
        if let Some(content) = content {
            std::fs::write(&file, content).expect("written");
        }
        let path = file.to_string_lossy().into_owned();
        let change = [("breached_passwords", path.clone())];
        let config: identity::Config = testkit::config(identity::DEFAULTS, &change);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("port 0");
        let error = identity::start(config, listener, &rt, &durable::Bus::in_process())
            .await
            .expect_err("a wrong list");
        let line = format!("{error:#}");
        assert!(
            line.starts_with(&format!("breached_passwords: {path}: ")) && line.contains(said),
            "{line}"
        );
    }
}
