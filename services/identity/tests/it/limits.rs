//! Guessing passwords.

use crate::world::{PASSWORD, World, portal};

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_look_alike() {
    let world = World::new().await;
    let browser = world.browser();
    let mut pages = Vec::new();
    for login in ["citizen", "nobody", "postoffice", "không hợp lệ"] {
        let reply = browser
            .try_sign_in(&portal(), login, "wrong password")
            .await
            .expect(401);
        let text = reply.text();
        assert!(
            text.contains("Tên đăng nhập hoặc mật khẩu không đúng"),
            "{text}"
        );
        assert!(
            !text.contains("wrong password"),
            "the password is not sent back"
        );
        let (_, error) = text.split_once("role=\"alert\"").expect("an alert");
        pages.push(error.split_once("</p>").expect("end").0.to_owned());
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:?}");
    assert!(browser.cookie("motcua_signin").is_none());
}

#[tokio::test]
async fn after_five_failures_even_the_right_password_waits() {
    let world = World::new().await;
    let browser = world.browser();
    for _ in 0..5 {
        browser
            .try_sign_in(&portal(), "citizen", "wrong password")
            .await
            .expect(401);
    }
    let refused = browser
        .try_sign_in(&portal(), "citizen", PASSWORD)
        .await
        .expect(429);
    let wait: i64 = refused
        .header("retry-after")
        .expect("retry-after")
        .parse()
        .expect("seconds");
    assert!((1..=300).contains(&wait), "{wait}");
    assert!(refused.text().contains("Đăng nhập sai quá nhiều lần"));
    // Others are not locked out by it.
    world
        .browser()
        .sign_in(&portal(), "citizen2", PASSWORD)
        .await;
    world.rt.clock.advance(chrono::Duration::seconds(wait));
    browser.sign_in(&portal(), "citizen", PASSWORD).await;
}

#[tokio::test]
async fn a_success_forgives_what_failed_before() {
    let world = World::new().await;
    for _ in 0..3 {
        for _ in 0..4 {
            world
                .browser()
                .try_sign_in(&portal(), "citizen", "wrong password")
                .await
                .expect(401);
        }
        world
            .browser()
            .sign_in(&portal(), "citizen", PASSWORD)
            .await;
    }
}

#[tokio::test]
async fn many_guesses_at_once_do_not_slip_through() {
    let world = World::new().await;
    let guesses = (0..12).map(|_| async {
        world
            .browser()
            .try_sign_in(&portal(), "citizen", "wrong password")
            .await
            .status
    });
    let statuses = futures_util::future::join_all(guesses).await;
    assert_eq!(
        statuses.iter().filter(|s| **s == 401).count(),
        5,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|s| **s == 429).count(),
        7,
        "{statuses:?}"
    );
}

#[tokio::test]
async fn one_address_that_tries_many_logins_is_stopped() {
    let world = World::with(&[("failures_per_address", "4".to_owned())]).await;
    for login in ["aaa1", "aaa2", "aaa3", "aaa4"] {
        world
            .browser()
            .try_sign_in(&portal(), login, "wrong password")
            .await
            .expect(401);
    }
    world
        .browser()
        .try_sign_in(&portal(), "citizen", PASSWORD)
        .await
        .expect(429);
}

#[tokio::test]
async fn guessing_a_clients_secret_is_limited_too() {
    let world = World::new().await;
    let guess = async |secret: &str| {
        world
            .exchange(&[
                ("grant_type", "client_credentials"),
                ("client_id", "postoffice"),
                ("client_secret", secret),
            ])
            .await
    };
    for _ in 0..5 {
        guess("wrong").await.expect(401);
    }
    let refused = guess("motcua-demo-secret").await.expect(429);
    assert!(refused.header("retry-after").is_some());
    world.rt.clock.advance(chrono::Duration::seconds(300));
    guess("motcua-demo-secret").await.expect(200);
}
