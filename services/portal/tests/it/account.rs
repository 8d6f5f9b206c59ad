//! Signing in and out.

use crate::world::{World, base64url, cookies, hidden, id_token, problem, query, token};
use serde_json::json;
use testkit::actors;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

#[tokio::test]
async fn signing_in_asks_with_pkce_state_and_nonce() {
    let world = World::new().await;
    let begun = world
        .app
        .anonymous()
        .get("/dang-nhap?next=/ho-so")
        .await
        .expect(303);
    let to = begun.header("location").expect("location");
    assert!(
        to.starts_with("http://portal.test/oauth2/authorize?"),
        "{to}"
    );
    let asked = query(to);
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["client_id"], "portal");
    assert_eq!(
        asked["redirect_uri"],
        "http://portal.test/dang-nhap/callback"
    );
    assert_eq!(asked["code_challenge_method"], "S256");
    for secret in ["state", "nonce", "code_challenge"] {
        assert_eq!(asked[secret].len(), 43, "{secret}");
    }
    let again = query(
        world
            .app
            .anonymous()
            .get("/dang-nhap")
            .await
            .header("location")
            .expect("location"),
    );
    assert_ne!(again["state"], asked["state"]);
    let cookie = begun.header("set-cookie").expect("a cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
}

#[tokio::test]
async fn the_code_is_exchanged_with_the_verifier_of_its_challenge() {
    let world = World::new().await;
    let begun = world.app.anonymous().get("/dang-nhap").await.expect(303);
    let asked = query(begun.header("location").expect("location"));
    world
        .gives_tokens(&actors::citizen(), &asked["nonce"], 300)
        .await;
    let back = format!("/dang-nhap/callback?code=c0de&state={}", asked["state"]);
    let done = world
        .app
        .anonymous()
        .header("cookie", &cookies(&begun))
        .get(&back)
        .await
        .expect(303);
    assert_eq!(done.header("location"), Some("/"));
    let session = done
        .headers
        .iter()
        .find(|(n, v)| n == "set-cookie" && v.starts_with("motcua="))
        .expect("a session");
    assert!(
        session.1.contains("HttpOnly") && session.1.contains("SameSite=Lax"),
        "{}",
        session.1
    );
    assert!(
        !session.1.contains("Secure"),
        "plain http has no Secure cookies: {}",
        session.1
    );
    let exchange = world.asked("POST", "/oauth2/token").await;
    let form = query(&format!(
        "http://x/?{}",
        String::from_utf8_lossy(&exchange[0].body)
    ));
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(form["code"], "c0de");
    assert_eq!(form["client_id"], "portal");
    assert_eq!(
        form["redirect_uri"],
        "http://portal.test/dang-nhap/callback"
    );
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, form["code_verifier"].as_bytes());
    assert_eq!(base64url(digest.as_ref()), asked["code_challenge"]);
}

#[tokio::test]
async fn over_https_the_session_cookie_is_bound_to_the_host() {
    let world = World::with(&[("public_url", "https://dvc.test".to_owned())]).await;
    let begun = world.app.anonymous().get("/dang-nhap").await.expect(303);
    // Nobody on a sibling host can plant the sign-in that is under way.
    let bound = cookies(&begun);
    assert!(bound.starts_with("__Host-motcua-signin="), "{bound}");
    let asked = query(begun.header("location").expect("location"));
    world
        .gives_tokens(&actors::citizen(), &asked["nonce"], 300)
        .await;
    let back = format!("/dang-nhap/callback?code=c&state={}", asked["state"]);
    let done = world
        .app
        .anonymous()
        .header("cookie", &cookies(&begun))
        .get(&back)
        .await
        .expect(303);
    let set =
        |v: &str| v.starts_with("__Host-motcua=") && v.contains("Secure") && v.contains("Path=/");
    assert!(
        done.headers
            .iter()
            .any(|(n, v)| n == "set-cookie" && set(v)),
        "{:?}",
        done.headers
    );
}

#[tokio::test]
async fn a_wrong_state_another_browser_a_wrong_nonce_and_a_refused_code_do_not_sign_in() {
    let world = World::new().await;
    let begin = async || {
        let begun = world.app.anonymous().get("/dang-nhap").await;
        let asked = query(begun.header("location").expect("location"));
        (cookies(&begun), asked)
    };
    let refused = async |cookies: &str, at: &str| {
        let page = world
            .app
            .anonymous()
            .header("cookie", cookies)
            .get(at)
            .await
            .expect(400);
        assert!(
            page.text().contains("Chưa đăng nhập được"),
            "{}",
            page.text()
        );
        assert!(
            !page
                .headers
                .iter()
                .any(|(n, v)| n == "set-cookie" && v.starts_with("motcua="))
        );
    };
    let (mine, asked) = begin().await;
    refused(&mine, "/dang-nhap/callback?code=c&state=guessed").await;
    refused(&mine, "/dang-nhap/callback?code=c").await;
    refused(
        "",
        &format!("/dang-nhap/callback?code=c&state={}", asked["state"]),
    )
    .await;
    let (other, _) = begin().await;
    let (_, asked) = begin().await;
    refused(
        &other,
        &format!("/dang-nhap/callback?code=c&state={}", asked["state"]),
    )
    .await;
    assert!(
        world.asked("POST", "/oauth2/token").await.is_empty(),
        "no code left us"
    );

    let (mine, asked) = begin().await;
    world
        .gives_tokens(&actors::citizen(), "another nonce", 300)
        .await;
    refused(
        &mine,
        &format!("/dang-nhap/callback?code=c&state={}", asked["state"]),
    )
    .await;
    let (mine, asked) = begin().await;
    world
        .says(
            "POST",
            "/oauth2/token",
            400,
            json!({"error": "invalid_grant"}),
        )
        .await;
    refused(
        &mine,
        &format!("/dang-nhap/callback?code=c&state={}", asked["state"]),
    )
    .await;
    let (mine, asked) = begin().await;
    refused(
        &mine,
        &format!(
            "/dang-nhap/callback?error=access_denied&state={}",
            asked["state"]
        ),
    )
    .await;
    refused(
        &mine,
        &format!("/dang-nhap/callback?code=c&state={}", asked["state"]),
    )
    .await;
}

#[tokio::test]
async fn a_token_of_another_issuer_does_not_sign_in() {
    let world = World::new().await;
    let begun = world.app.anonymous().get("/dang-nhap").await;
    let asked = query(begun.header("location").expect("location"));
    let foreign = testkit::token_with(&world.app.rt, &actors::citizen(), |c| {
        c.iss = "http://evil.test".to_owned()
    });
    world.says("POST", "/oauth2/token", 200,
        json!({"access_token": foreign, "expires_in": 300, "id_token": id_token(&asked["nonce"], &json!({}))})).await;
    let back = format!("/dang-nhap/callback?code=c&state={}", asked["state"]);
    world
        .app
        .anonymous()
        .header("cookie", &cookies(&begun))
        .get(&back)
        .await
        .expect(400);
}

#[tokio::test]
async fn tokens_that_were_given_to_another_client_do_not_sign_in() {
    let world = World::new().await;
    let good = token(&world.app.rt, &actors::citizen());
    let of_another = testkit::token_with(&world.app.rt, &actors::citizen(), |c| {
        c.azp = "cli".to_owned();
    });
    for (access, changes, status) in [
        (&of_another, json!({}), 400),
        (&good, json!({"iss": "http://evil.test"}), 400),
        (&good, json!({"aud": "cli"}), 400),
        (&good, json!({"azp": "cli"}), 400),
        (&good, json!({"aud": ["portal", "cli"], "azp": null}), 400),
        (&good, json!({"aud": ["portal", "cli"], "azp": "cli"}), 400),
        (&good, json!({"exp": 1}), 400),
        (&good, json!({"nonce": null}), 400),
        (&good, json!({"azp": null}), 303),
        (&good, json!({"aud": ["portal"], "azp": null}), 303),
        (&good, json!({"aud": ["cli", "portal"]}), 303),
    ] {
        let begun = world.app.anonymous().get("/dang-nhap").await;
        let asked = query(begun.header("location").expect("location"));
        world
            .says(
                "POST",
                "/oauth2/token",
                200,
                json!({"access_token": access, "expires_in": 300, "id_token": id_token(&asked["nonce"], &changes)}),
            )
            .await;
        let back = format!("/dang-nhap/callback?code=c&state={}", asked["state"]);
        let reply = world
            .app
            .anonymous()
            .header("cookie", &cookies(&begun))
            .get(&back)
            .await;
        assert_eq!(reply.status, status, "{changes}: {}", reply.text());
    }
}

#[tokio::test]
async fn pages_of_a_person_lead_to_signing_in_and_back() {
    let world = World::new().await;
    for (at, next) in [
        ("/ho-so", "%2Fho-so"),
        ("/hop-thu?chua-doc=1", "%2Fhop-thu%3Fchua-doc%3D1"),
        ("/mot-cua", "%2Fmot-cua"),
    ] {
        let page = world.app.anonymous().get(at).await.expect(303);
        assert_eq!(
            page.header("location"),
            Some(format!("/dang-nhap?next={next}").as_str())
        );
    }
    let made_up = world
        .app
        .anonymous()
        .header("cookie", "motcua=made-up")
        .get("/ho-so")
        .await;
    assert_eq!(made_up.status, 303);
    let elsewhere = world
        .app
        .anonymous()
        .get("/dang-nhap?next=https://evil.test/")
        .await
        .expect(303);
    let asked = query(elsewhere.header("location").expect("location"));
    world
        .gives_tokens(&actors::citizen(), &asked["nonce"], 300)
        .await;
    let back = format!("/dang-nhap/callback?code=c&state={}", asked["state"]);
    let done = world
        .app
        .anonymous()
        .header("cookie", &cookies(&elsewhere))
        .get(&back)
        .await
        .expect(303);
    assert_eq!(done.header("location"), Some("/"));
}

#[tokio::test]
async fn a_token_near_its_end_is_renewed_once_however_many_ask() {
    let world = World::new().await;
    let browser = world.sign_in(&actors::citizen()).await;
    world
        .answers(
            "/api/v1/notifications",
            json!({"items": [], "next": null, "unreadCount": 0}),
        )
        .await;
    world.app.rt.clock.advance(chrono::Duration::seconds(3550));
    let fresh = testkit::token(&world.app.rt, &actors::citizen());
    let answer = json!({"access_token": fresh, "expires_in": 3600, "refresh_token": "refresh-2"});
    Mock::given(method("POST"))
        .and(path("/oauth2/token"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(answer)
                .set_delay(std::time::Duration::from_millis(150)),
        )
        .mount(&world.gateway)
        .await;
    let pages = [(); 4].map(|()| world.get(&browser, "/hop-thu"));
    for page in futures_util::future::join_all(pages).await {
        page.expect(200);
    }
    let renewals = world
        .asked("POST", "/oauth2/token")
        .await
        .into_iter()
        .filter(|r| String::from_utf8_lossy(&r.body).contains("grant_type=refresh_token"))
        .collect::<Vec<_>>();
    assert_eq!(renewals.len(), 1);
    assert!(String::from_utf8_lossy(&renewals[0].body).contains("refresh_token=refresh-1"));
    let asked = world.asked("GET", "/api/v1/notifications").await;
    for request in asked {
        assert_eq!(request.headers["authorization"], format!("Bearer {fresh}"));
    }
}

#[tokio::test]
async fn a_session_whose_token_is_not_renewed_has_ended() {
    let world = World::new().await;
    let browser = world.sign_in(&actors::citizen()).await;
    world.app.rt.clock.advance(chrono::Duration::seconds(4000));
    world
        .says(
            "POST",
            "/oauth2/token",
            400,
            json!({"error": "invalid_grant"}),
        )
        .await;
    world.get(&browser, "/ho-so").await.expect(303);
    world.get(&browser, "/ho-so").await.expect(303);
    assert_eq!(
        world.asked("POST", "/oauth2/token").await.len(),
        2,
        "it is not tried again"
    );
}

#[tokio::test]
async fn signing_out_revokes_the_token_and_ends_both_sessions() {
    let world = World::new().await;
    world.with_catalogue().await;
    let browser = world.sign_in(&actors::citizen()).await;
    world.says("POST", "/oauth2/revoke", 200, json!({})).await;
    let html = world.get(&browser, "/").await.expect(200).text();
    assert!(html.contains("Nguyễn Văn An"), "{html}");
    world
        .post(&browser, "/dang-xuat", &[("csrf", "guessed")])
        .await
        .expect(403);
    let csrf = hidden(&html, "csrf");
    let out = world
        .post(&browser, "/dang-xuat", &[("csrf", &csrf)])
        .await
        .expect(303);
    assert!(
        out.header("location")
            .is_some_and(|l| l.starts_with("http://portal.test/oauth2/logout?"))
    );
    let revoked = world.asked("POST", "/oauth2/revoke").await;
    assert!(String::from_utf8_lossy(&revoked[0].body).contains("token=refresh-1"));
    world.get(&browser, "/ho-so").await.expect(303);
}

#[tokio::test]
async fn a_token_refused_by_the_api_leads_to_signing_in() {
    let world = World::new().await;
    let browser = world.sign_in(&actors::citizen()).await;
    world
        .says(
            "GET",
            "/api/v1/dossiers",
            401,
            problem(401, "auth.expired-token", "Hết hạn", &[]),
        )
        .await;
    let page = world.get(&browser, "/ho-so").await.expect(303);
    assert_eq!(page.header("location"), Some("/dang-nhap?next=%2Fho-so"));
}

#[tokio::test]
async fn somebody_acts_for_another_and_the_page_says_so() {
    let world = World::new().await;
    let browser = world.sign_in(&actors::citizen()).await;
    let mandate = "01932f4c-0000-7000-8000-000000000009";
    let held = json!({"id": mandate, "side": "held", "principal": "Công ty <Hoa Sen>", "agent": "0240******01", "ground": "representative",
        "permissions": ["dossier.read"], "document": "Giấy chứng nhận 2400123458", "validFrom": "2026-11-01T00:00:00Z", "holds": true});
    let given = json!({"id": "x", "side": "given", "principal": "Tôi", "holds": true});
    world
        .answers("/api/v1/me/mandates", json!({"items": [held, given]}))
        .await;
    let page = world.get(&browser, "/thay-mat").await.expect(200).text();
    assert!(page.contains("Công ty &#60;Hoa Sen&#62;"), "{page}");
    assert!(!page.contains("<td>Tôi</td>"), "only those that one holds");
    let link = format!("/dang-nhap?next=/ho-so&amp;thay={mandate}");
    assert!(page.contains(&link), "{page}");
    let begun = world
        .get(&browser, &link.replace("&amp;", "&"))
        .await
        .expect(303);
    let asked = query(begun.header("location").expect("location"));
    assert_eq!(asked["acting_for"], mandate);
    let odd = world.get(&browser, "/dang-nhap?thay=x").await.status;
    assert!((400..500).contains(&odd), "{odd}");
    // Signed in by it: the page names both, and leads back.
    let acting = contracts::Actor {
        mandate: Some(contracts::Mandate {
            subject: actors::citizen().subject,
            name: "Nguyễn Văn An".to_owned(),
            ground: contracts::Ground::Representative,
            id: mandate.parse().expect("an id"),
        }),
        ..actors::citizen2()
    };
    let browser = world.sign_in(&acting).await;
    let page = world.get(&browser, "/thay-mat").await.expect(200).text();
    assert!(
        page.contains("Nguyễn Văn An (thay mặt Trần Thị Bình)"),
        "{page}"
    );
    assert!(
        page.contains("Bạn đang làm việc thay mặt Trần Thị Bình."),
        "{page}"
    );
    // Officers act for nobody.
    let browser = world.sign_in(&actors::officer()).await;
    world.get(&browser, "/thay-mat").await.expect(403);
}
