//! The pages and signing out.

use crate::world::{PASSWORD, World, answer, hidden, portal, request, text};

#[tokio::test]
async fn the_sign_in_page_is_vietnamese_safe_and_without_script() {
    let world = World::new().await;
    let page = world
        .app
        .anonymous()
        .get(&request(&[("login_hint", "\"><script>alert(1)</script>")]))
        .await
        .expect(200);
    let html = page.text();
    assert!(
        html.contains("<html lang=\"vi\">") && html.contains("Mật khẩu"),
        "{html}"
    );
    assert!(html.contains("Cổng dịch vụ công Một Cửa"));
    assert!(!html.contains("<script"), "escaped and without script");
    let policy = page.header("content-security-policy").expect("policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(
        policy.contains("form-action 'self' http://issuer.test"),
        "{policy}"
    );
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let cookie = page.header("set-cookie").expect("cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let english = world
        .app
        .anonymous()
        .header("accept-language", "en")
        .get(&portal())
        .await
        .expect(200);
    assert!(english.text().contains("Password"));
}

#[tokio::test]
async fn over_https_cookies_are_secure_and_bound_to_the_host() {
    let mut rt = testkit::runtime();
    rt.tokens = kit::TokenVerifier::remote("https://motcua.test", || None);
    let db = testkit::TestDb::with(&rt, identity::migrations).await;
    identity::seed_demo(&db.db, &rt).await.expect("demo");
    let mut config: identity::Config = testkit::config(identity::DEFAULTS, &[]);
    config.database = db.config();
    let app = testkit::TestApp::start(&rt, async |listener| {
        identity::start(config, listener, &rt, &durable::Bus::in_process()).await
    })
    .await;
    let path = request(&[("redirect_uri", "https://motcua.test/dang-nhap/callback")]);
    let page = app.anonymous().get(&path).await.expect(200);
    let cookie = page.header("set-cookie").expect("cookie").to_owned();
    assert!(
        cookie.starts_with("__Host-motcua_form=")
            && cookie.contains("Secure")
            && cookie.contains("Path=/"),
        "{cookie}"
    );
    let pair = cookie.split(';').next().expect("pair").to_owned();
    let form = hidden(&page);
    let fields = [
        ("form", form.as_str()),
        ("login", "citizen"),
        ("password", PASSWORD),
    ];
    let reply = app
        .anonymous()
        .header("cookie", &pair)
        .post_form("/oauth2/authorize", &fields)
        .await
        .expect(303);
    let session = reply.header("set-cookie").expect("cookie");
    assert!(
        session.starts_with("__Host-motcua_signin=") && session.contains("Secure"),
        "{session}"
    );
}

#[tokio::test]
async fn signing_out_with_the_id_token_ends_session_and_grants() {
    let world = World::new().await;
    let browser = world.browser();
    let code = browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let tokens = world.redeem(&code).await.expect(200).json();
    // Id tokens are mostly expired by then.
    world.rt.clock.advance(chrono::Duration::hours(1));
    let id = text(&tokens, "id_token");
    let path = format!(
        "/oauth2/logout?id_token_hint={id}&post_logout_redirect_uri=http%3A%2F%2Fissuer.test%2F&state=bye"
    );
    let reply = browser.get(&path).await.expect(303);
    assert_eq!(
        reply.header("location"),
        Some("http://issuer.test/?state=bye")
    );
    assert_eq!(answer(&reply)["state"], "bye");
    assert!(browser.cookie("motcua_signin").is_none());
    browser.get(&portal()).await.expect(200);
    world
        .refresh(&text(&tokens, "refresh_token"))
        .await
        .expect(400);
}

#[tokio::test]
async fn without_a_hint_the_person_is_asked() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let page = browser
        .get("/oauth2/logout?client_id=portal&post_logout_redirect_uri=http%3A%2F%2Fissuer.test%2F")
        .await
        .expect(200);
    assert!(page.text().contains("Đăng xuất"));
    browser.get(&portal()).await.expect(303);
    let form = hidden(&page);
    // Another person's form does nothing here.
    let other = world.browser();
    other.sign_in(&portal(), "citizen2", PASSWORD).await;
    other
        .post("/oauth2/logout", &[("form", &form)])
        .await
        .expect(400);
    other.get(&portal()).await.expect(303);
    let reply = browser
        .post("/oauth2/logout", &[("form", &form)])
        .await
        .expect(303);
    assert_eq!(reply.header("location"), Some("http://issuer.test/"));
    browser.get(&portal()).await.expect(200);
}

#[tokio::test]
async fn sign_out_never_redirects_to_an_unknown_place() {
    let world = World::new().await;
    let browser = world.browser();
    let code = browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let id = text(&world.redeem(&code).await.expect(200).json(), "id_token");
    for query in [
        format!("id_token_hint={id}&post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F"),
        format!("id_token_hint={id}&client_id=cli"),
        "post_logout_redirect_uri=http%3A%2F%2Fissuer.test%2F".to_owned(),
        "id_token_hint=nonsense".to_owned(),
    ] {
        let reply = browser
            .get(&format!("/oauth2/logout?{query}"))
            .await
            .expect(400);
        assert_eq!(reply.header("location"), None, "{query}");
    }
    browser.get(&portal()).await.expect(303);
}
