//! The pages on which administrators manage accounts.

use crate::world::{Browser, World, hidden, problem, query};
use serde_json::{Value, json};
use testkit::actors;

const PATH: &str = "/quan-tri/tai-khoan";
const NEW: &str = "/quan-tri/tai-khoan/moi";
const API: &str = "/api/v1/accounts";
const ID: &str = "019d2bfd-0000-70ac-b9d6-0000000000a1";

fn account(version: i64) -> Value {
    json!({"id": ID, "version": version, "login": "dung.pham", "name": "Phạm <Thị> Dung", "kind": "officer",
        "roles": ["one_stop_officer"], "agency": "H05.21", "email": "dung@example.vn", "phone": "+84904000001",
        "active": true, "restricted": false, "createdAt": "2026-11-16T01:00:00Z"})
}

fn with(mut account: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().expect("changes") {
        account[name] = value.clone();
    }
    account
}

fn one() -> String {
    format!("{API}/{ID}")
}

fn page() -> String {
    format!("{PATH}/{ID}")
}

async fn world() -> (World, Browser) {
    let world = World::new().await;
    world.answers(&one(), account(3)).await;
    let browser = world.sign_in(&actors::agency_admin()).await;
    (world, browser)
}

/// What was sent last: its body, and a header.
async fn last(world: &World, verb: &str, at: &str, header: &str) -> (Value, String) {
    let sent = world.asked(verb, at).await;
    let last = sent.last().expect("a request");
    let header = last.headers.get(header).and_then(|v| v.to_str().ok());
    (
        last.body_json().expect("JSON"),
        header.unwrap_or_default().to_owned(),
    )
}

/// The password that a page shows.
fn shown(text: &str) -> String {
    let (_, rest) = text.split_once("<code>").expect("a password");
    let (password, rest) = rest.split_once("</code>").expect("an end");
    assert!(!rest.contains("<code>"), "one only");
    password.to_owned()
}

#[tokio::test]
async fn the_list_says_who_has_which_account_and_how_it_stands() {
    let (world, browser) = world().await;
    let closed =
        json!({"id": "019d2bfd-0000-70ac-b9d6-0000000000a2", "login": "cu", "active": false});
    let fresh = json!({"id": "019d2bfd-0000-70ac-b9d6-0000000000a3", "login": "moi", "roles": ["leader", "agency_admin"],
        "temporaryPasswordUntil": "2026-11-23T02:00:00Z"});
    world
        .answers(
            API,
            json!({"items": [account(1), with(account(2), &closed), with(account(1), &fresh)], "next": "n2"}),
        )
        .await;
    let at = format!("{PATH}?co-quan=H05.21&trang-thai=da-khoa&tiep=n1");
    let text = world.get(&browser, &at).await.expect(200).text();
    for part in [
        "Phạm &#60;Thị&#62; Dung",
        "dung.pham",
        "Cán bộ một cửa",
        "Lãnh đạo phê duyệt, Quản trị đơn vị",
        "H05.21",
        "Đang dùng",
        "Đã khóa",
        "Mật khẩu tạm đến 23/11/2026 09:00",
        "aria-current=\"page\">Quản trị",
        "co-quan=H05.21&#38;trang-thai=da-khoa&#38;tiep=n2",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let asked = world.asked("GET", API).await;
    let query = query(asked.last().expect("a request").url.as_str());
    assert_eq!(query["agency"], "H05.21");
    assert_eq!(query["active"], "false");
    assert_eq!(query["cursor"], "n1");
    let english = world.get(&browser, &format!("{PATH}?lang=en")).await;
    let english = english.expect(200).text();
    assert!(
        english.contains("One-stop officer") && english.contains("Temporary password until"),
        "{english}"
    );
}

#[tokio::test]
async fn nobody_else_sees_or_sends_anything() {
    let (world, admin) = world().await;
    world.answers(API, json!({"items": [], "next": null})).await;
    let csrf = hidden(&world.get(&admin, NEW).await.expect(200).text(), "csrf");
    let asked = world.asked("GET", &one()).await.len();
    for at in [PATH, NEW, &page()] {
        let begun = world.app.anonymous().get(at).await.expect(303);
        let to = begun.header("location").expect("location").to_owned();
        let back = query(&format!("http://portal.test{to}"));
        assert_eq!(back["next"], at);
    }
    for who in [actors::officer(), actors::leader(), actors::citizen()] {
        let browser = world.sign_in(&who).await;
        for at in [PATH, NEW, &page()] {
            world.get(&browser, at).await.expect(403);
        }
        for at in [NEW, &page(), &format!("{}/mat-khau", page())] {
            let fields = [("csrf", csrf.as_str()), ("version", "3")];
            world.post(&browser, at, &fields).await.expect(403);
        }
        let text = world.get(&browser, "/thu-tuc").await.text();
        assert!(!text.contains(PATH), "no link");
    }
    // A form of another session.
    for act in ["", "/mat-khau", "/khoa", "/mo-lai", "/hai-lop"] {
        let fields = [("csrf", "nobody's"), ("version", "3"), ("name", "X")];
        let at = format!("{}{act}", page());
        world.post(&admin, &at, &fields).await.expect(403);
    }
    let fields = [("csrf", "nobody's"), ("login", "x.y")];
    world.post(&admin, NEW, &fields).await.expect(403);
    assert!(world.asked("POST", API).await.is_empty());
    assert!(world.asked("PATCH", &one()).await.is_empty());
    let reset = format!("{}/second-factor", one());
    assert!(world.asked("DELETE", &reset).await.is_empty());
    assert_eq!(world.asked("GET", &one()).await.len(), asked);
}

#[tokio::test]
async fn only_roles_that_one_may_give_are_offered() {
    let (world, browser) = world().await;
    let text = world.get(&browser, NEW).await.expect(200).text();
    assert!(text.contains("name=\"agency\" value=\"H05.21\""), "{text}");
    assert!(text.contains("name=\"role.agency_admin\""), "{text}");
    assert!(!text.contains("province_admin") && !text.contains("citizen"));
    let province = world.sign_in(&actors::admin()).await;
    let text = world.get(&province, NEW).await.expect(200).text();
    for role in ["province_admin", "citizen", "business"] {
        assert!(text.contains(&format!("name=\"role.{role}\"")), "{role}");
    }
    assert!(!text.contains("post_office") && !text.contains("integrator"));
    // Nor is an account changed that holds another.
    let above = json!({"roles": ["province_admin"]});
    world.answers(&one(), with(account(4), &above)).await;
    let text = world.get(&browser, &page()).await.expect(200).text();
    assert!(text.contains("Quản trị cấp tỉnh"), "{text}");
    assert!(!text.contains("name=\"version\""), "{text}");
}

#[tokio::test]
async fn a_new_account_shows_its_password_once_and_it_is_the_one_that_was_set() {
    let (world, browser) = world().await;
    let text = world.get(&browser, NEW).await.expect(200).text();
    let (csrf, key) = (hidden(&text, "csrf"), hidden(&text, "key"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", key.as_str()),
        ("login", "dung.pham"),
        ("name", "Phạm Thị Dung"),
        ("role.one_stop_officer", "1"),
        ("role.province_admin", "1"),
        ("agency", "H05.21"),
        ("email", ""),
        ("phone", "0904000001"),
    ];
    // Refused fields first: told where they are, with what was typed, and no password.
    let said = problem(
        422,
        "body.invalid",
        "Dữ liệu chưa hợp lệ",
        &[
            ("/phone", "phone.invalid", "Số điện thoại chưa hợp lệ"),
            (
                "/roles/0",
                "account.roles-invalid",
                "Cần ít nhất một vai trò",
            ),
        ],
    );
    world.says("POST", API, 422, said).await;
    let refused = world.post(&browser, NEW, &fields).await.expect(422).text();
    for part in [
        "id=\"phone-error\"",
        "id=\"roles-error\"",
        "href=\"#roles\"",
        "value=\"dung.pham\"",
        "name=\"role.one_stop_officer\" value=\"1\" checked",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert!(!refused.contains("<code>"), "{refused}");
    let (first, first_key) = last(&world, "POST", API, "idempotency-key").await;
    assert_eq!(
        first["roles"],
        json!(["one_stop_officer"]),
        "not one's own to give"
    );
    assert_eq!(first["email"], Value::Null);
    assert_eq!(first["phone"], "0904000001");
    assert_eq!(first["agency"], "H05.21");
    let password = first["password"].as_str().expect("a password").to_owned();
    assert!(!refused.contains(&password) && !text.contains(&password));

    // The answer is lost on the way; the form sent again carries the same key and the same password.
    let key = hidden(&refused, "key");
    let fields = fields.map(|(name, value)| match name {
        "key" => (name, key.as_str()),
        _ => (name, value),
    });
    world
        .says("POST", API, 503, problem(503, "unavailable", "x", &[]))
        .await;
    let away = world.post(&browser, NEW, &fields).await.expect(503).text();
    assert!(away.contains("value=\"dung.pham\""), "{away}");
    let until = json!({"temporaryPasswordUntil": "2026-11-23T02:00:00Z"});
    world.says("POST", API, 201, with(account(1), &until)).await;
    let reply = world.post(&browser, NEW, &fields).await.expect(200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let made = reply.text();
    let (second, second_key) = last(&world, "POST", API, "idempotency-key").await;
    assert_eq!(second["password"], password.as_str());
    assert_eq!(second_key, first_key);
    assert_eq!(shown(&made), password);
    assert!(
        made.contains("trong 7 ngày (trước 23/11/2026 09:00)"),
        "{made}"
    );

    // Sent once more, nothing is made and nothing is shown.
    let before = world.asked("POST", API).await.len();
    let again = world.post(&browser, NEW, &fields).await.expect(303);
    let to = again.header("location").expect("location").to_owned();
    assert_eq!(to, format!("{}?xong=da-tao", page()));
    assert_eq!(world.asked("POST", API).await.len(), before);
    let text = world.get(&browser, &to).await.expect(200).text();
    assert!(text.contains("Mật khẩu tạm chỉ hiện một lần"), "{text}");
    assert!(!text.contains(&password), "{text}");

    // Another form has another, and a key that is not ours is none.
    let fields = fields.map(|(name, value)| match name {
        "key" => (name, "v1.x.forged"),
        _ => (name, value),
    });
    let other = world.post(&browser, NEW, &fields).await.expect(200).text();
    let (third, third_key) = last(&world, "POST", API, "idempotency-key").await;
    assert_ne!(shown(&other), password);
    assert_eq!(third["password"], shown(&other).as_str());
    assert_ne!(third_key, first_key);
}

#[tokio::test]
async fn refusals_that_name_no_field_are_told_at_theirs() {
    let (world, browser) = world().await;
    let text = world.get(&browser, NEW).await.expect(200).text();
    let (csrf, key) = (hidden(&text, "csrf"), hidden(&text, "key"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", key.as_str()),
        ("login", "dung.pham"),
    ];
    for (status, code, field) in [
        (409, "account.login-taken", "login"),
        (403, "account.role-not-allowed", "roles"),
        (403, "account.agency-not-allowed", "agency"),
    ] {
        let said = problem(status, code, "Không được", &[]);
        world.says("POST", API, status, said).await;
        let refused = world.post(&browser, NEW, &fields).await.expect(status);
        let refused = refused.text();
        assert!(
            refused.contains(&format!("id=\"{field}-error\"")) && refused.contains("Không được"),
            "{code}: {refused}"
        );
        assert!(!refused.contains("<code>"), "{refused}");
    }
    // An administrator no longer.
    let said = problem(403, "auth.forbidden", "Không có quyền", &[]);
    world.says("POST", API, 403, said).await;
    let refused = world.post(&browser, NEW, &fields).await.expect(403).text();
    assert!(!refused.contains("name=\"login\""), "{refused}");
}

#[tokio::test]
async fn an_old_sign_in_leads_to_the_password_and_back_to_the_page() {
    let (world, browser) = world().await;
    let text = world.get(&browser, &page()).await.expect(200).text();
    let csrf = hidden(&text, "csrf");
    let said = problem(401, "auth.step-up-required", "Cần xác thực lại", &[]);
    world.says("POST", API, 401, said.clone()).await;
    world.says("PATCH", &one(), 401, said.clone()).await;
    let reset = format!("{}/second-factor", one());
    world.says("DELETE", &reset, 401, said).await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "3"),
        ("name", "Tên Mới"),
    ];
    let acts = ["", "/mat-khau", "/khoa", "/mo-lai", "/hai-lop"];
    let acts = acts.map(|act| (format!("{}{act}", page()), page()));
    for (at, back) in acts.into_iter().chain([(NEW.to_owned(), NEW.to_owned())]) {
        let sent = world.post(&browser, &at, &fields).await.expect(303);
        let to = sent.header("location").expect("location").to_owned();
        assert!(to.ends_with("&lai=1"), "{at}: {to}");
        let asked = query(&format!("http://portal.test{to}"));
        assert_eq!(asked["next"], back);
    }
}

#[tokio::test]
async fn what_was_changed_is_sent_at_the_version_seen_and_nothing_else() {
    let (world, browser) = world().await;
    let text = world.get(&browser, &page()).await.expect(200).text();
    assert_eq!(hidden(&text, "version"), "3");
    let csrf = hidden(&text, "csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "3"),
        ("name", "Phạm <Thị> Dung"),
        ("role.one_stop_officer", "1"),
        ("role.specialist", "1"),
        ("agency", "H05.21"),
        ("email", ""),
        ("phone", "+84904000001"),
    ];
    world.says("PATCH", &one(), 200, account(4)).await;
    let saved = world.post(&browser, &page(), &fields).await.expect(303);
    assert_eq!(
        saved.header("location"),
        Some(format!("{}?xong=luu", page()).as_str())
    );
    let (body, version) = last(&world, "PATCH", &one(), "if-match").await;
    assert_eq!(version, "\"3\"");
    assert_eq!(
        body,
        json!({"email": null, "roles": ["one_stop_officer", "specialist"]})
    );
    // Nothing changed: nothing sent.
    let same = fields.map(|(name, value)| match name {
        "role.specialist" => ("x", value),
        "email" => (name, "dung@example.vn"),
        _ => (name, value),
    });
    world.post(&browser, &page(), &same).await.expect(303);
    assert_eq!(world.asked("PATCH", &one()).await.len(), 1);
    // Refused at the field, with what was typed.
    let wrong = [("/email", "email.invalid", "Địa chỉ chưa hợp lệ")];
    let said = problem(422, "body.invalid", "Dữ liệu chưa hợp lệ", &wrong);
    world.says("PATCH", &one(), 422, said).await;
    let refused = world.post(&browser, &page(), &fields).await.expect(422);
    let refused = refused.text();
    assert!(
        refused.contains("id=\"email-error\"")
            && refused.contains("name=\"role.specialist\" value=\"1\" checked"),
        "{refused}"
    );
    let said = problem(
        409,
        "account.own-rights",
        "Không thể tự thay đổi quyền",
        &[],
    );
    world.says("PATCH", &one(), 409, said).await;
    let refused = world.post(&browser, &page(), &fields).await.expect(409);
    assert!(refused.text().contains("Không thể tự thay đổi quyền"));
}

#[tokio::test]
async fn a_newer_version_is_told_and_shown() {
    let (world, browser) = world().await;
    let text = world.get(&browser, &page()).await.expect(200).text();
    let csrf = hidden(&text, "csrf");
    let newer = json!({"name": "Phạm Thị Dung Em"});
    world.answers(&one(), with(account(4), &newer)).await;
    let said = problem(412, "precondition-failed", "Đã thay đổi", &[]);
    world.says("PATCH", &one(), 412, said).await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "3"),
        ("name", "Tên Cũ"),
    ];
    for act in ["", "/mat-khau", "/khoa", "/hai-lop"] {
        let at = format!("{}{act}", page());
        let told = world.post(&browser, &at, &fields).await.expect(412).text();
        assert!(
            told.contains("Người khác vừa thay đổi tài khoản này")
                && told.contains("value=\"Phạm Thị Dung Em\"")
                && !told.contains("Tên Cũ"),
            "{act}: {told}"
        );
        assert_eq!(hidden(&told, "version"), "4");
        assert!(!told.contains("<code>"), "no password that was not set");
    }
    let reset = format!("{}/second-factor", one());
    assert!(world.asked("DELETE", &reset).await.is_empty());
}

#[tokio::test]
async fn passwords_closing_and_second_factors_have_their_buttons() {
    let (world, browser) = world().await;
    let text = world.get(&browser, &page()).await.expect(200).text();
    let csrf = hidden(&text, "csrf");
    assert!(
        text.contains("/khoa\"") && !text.contains("/mo-lai\""),
        "{text}"
    );
    let fields = [("csrf", csrf.as_str()), ("version", "3")];
    let until = json!({"temporaryPasswordUntil": "2026-11-17T02:00:00Z"});
    world
        .says("PATCH", &one(), 200, with(account(4), &until))
        .await;
    let at = format!("{}/mat-khau", page());
    let reply = world.post(&browser, &at, &fields).await.expect(200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let set = reply.text();
    let (body, version) = last(&world, "PATCH", &one(), "if-match").await;
    assert_eq!(version, "\"3\"");
    assert_eq!(body, json!({"password": shown(&set)}));
    assert!(set.contains("trong 1 ngày"), "{set}");

    for (act, active) in [("khoa", false), ("mo-lai", true)] {
        let at = format!("{}/{act}", page());
        let sent = world.post(&browser, &at, &fields).await.expect(303);
        let to = format!("{}?xong={act}", page());
        assert_eq!(sent.header("location"), Some(to.as_str()));
        let (body, version) = last(&world, "PATCH", &one(), "if-match").await;
        assert_eq!(
            (body, version.as_str()),
            (json!({"active": active}), "\"3\"")
        );
    }
    let closed = json!({"active": false});
    world.answers(&one(), with(account(3), &closed)).await;
    let text = world.get(&browser, &page()).await.expect(200).text();
    assert!(
        text.contains("/mo-lai\"") && !text.contains("/khoa\""),
        "{text}"
    );

    let reset = format!("{}/second-factor", one());
    let at = format!("{}/hai-lop", page());
    let said = problem(
        409,
        "second-factor.off",
        "Tài khoản chưa bật xác thực hai lớp",
        &[],
    );
    world.says("DELETE", &reset, 409, said).await;
    let refused = world.post(&browser, &at, &fields).await.expect(409).text();
    assert!(refused.contains("chưa bật xác thực hai lớp"), "{refused}");
    world.says("DELETE", &reset, 200, json!({})).await;
    let sent = world.post(&browser, &at, &fields).await.expect(303);
    let to = format!("{}?xong=hai-lop", page());
    assert_eq!(sent.header("location"), Some(to.as_str()));
    let at = format!("{}/xoa", page());
    world.post(&browser, &at, &fields).await.expect(404);
}

#[tokio::test]
async fn the_own_account_and_a_restricted_one_keep_what_is_not_shown() {
    let (world, browser) = world().await;
    let me = actors::agency_admin();
    let own = json!({"id": me.subject.to_string(), "roles": ["agency_admin"]});
    let api = format!("{API}/{}", me.subject);
    let at = format!("{PATH}/{}", me.subject);
    world.answers(&api, with(account(3), &own)).await;
    let text = world.get(&browser, &at).await.expect(200).text();
    let csrf = hidden(&text, "csrf");
    assert!(text.contains("Đây là tài khoản của bạn"), "{text}");
    assert!(
        !text.contains("name=\"role.") && !text.contains("/khoa\""),
        "{text}"
    );
    world.says("PATCH", &api, 200, account(4)).await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "3"),
        ("name", "Tên Mới"),
        ("email", "dung@example.vn"),
        ("phone", "+84904000001"),
    ];
    world.post(&browser, &at, &fields).await.expect(303);
    let (body, _) = last(&world, "PATCH", &api, "if-match").await;
    assert_eq!(body, json!({"name": "Tên Mới"}));

    let hidden_contact = json!({"restricted": true, "email": null, "phone": null});
    world
        .answers(&one(), with(account(3), &hidden_contact))
        .await;
    let text = world.get(&browser, &page()).await.expect(200).text();
    assert!(!text.contains("name=\"email\""), "{text}");
    world.says("PATCH", &one(), 200, account(4)).await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "3"),
        ("name", "Tên Mới"),
        ("role.one_stop_officer", "1"),
        ("agency", "H05.21"),
        ("email", "khac@example.vn"),
    ];
    world.post(&browser, &page(), &fields).await.expect(303);
    let (body, _) = last(&world, "PATCH", &one(), "if-match").await;
    assert_eq!(body, json!({"name": "Tên Mới"}));

    // The restriction is lifted while the form, which has no contact, is open: nothing is emptied.
    world.answers(&one(), account(3)).await;
    world.get(&browser, &page()).await.expect(200);
    world.says("PATCH", &one(), 200, account(4)).await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "3"),
        ("name", "Tên Khác"),
        ("role.one_stop_officer", "1"),
        ("agency", "H05.21"),
    ];
    world.post(&browser, &page(), &fields).await.expect(303);
    let (body, _) = last(&world, "PATCH", &one(), "if-match").await;
    assert_eq!(body, json!({"name": "Tên Khác"}));
}
