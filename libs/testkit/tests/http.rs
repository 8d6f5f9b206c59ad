//! The server of kit, asked over a real connection.

use actix_web::{HttpResponse, web};
use kit::auth::SignedIn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use testkit::{TestApp, wait_for};
use tokio::sync::{Notify, Semaphore};
use utoipa_actix_web::service_config::ServiceConfig;

async fn empty() -> TestApp {
    let rt = testkit::runtime();
    TestApp::start(&rt, async |listener| {
        Ok(kit::server::serve("empty", listener, &rt, 1000, |_| {})?)
    })
    .await
}

#[tokio::test]
async fn a_client_that_takes_no_encoding_gets_the_plain_answer() {
    let app = empty().await;
    for nothing in ["identity;q=0", "*;q=0", "identity;q=0, br"] {
        let caller = app.anonymous().header("accept-encoding", nothing);
        let reply = caller.get("/nowhere").await;
        assert_eq!(reply.header("content-encoding"), None, "{nothing}");
        reply.expect_problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_token_of_a_client_is_good_where_the_request_is_known_to_come_from() {
    let rt = testkit::runtime();
    let app = TestApp::start(&rt, async |listener| {
        let configure = |cfg: &mut ServiceConfig<'_>| {
            let mine = web::get().to(|_: SignedIn| async { HttpResponse::NoContent().finish() });
            cfg.route("/mine", mine);
        };
        Ok(kit::server::serve("one", listener, &rt, 1000, configure)?)
    })
    .await;
    let limited = |network: &str| {
        testkit::token_with(&rt, &testkit::actors::citizen(), |claims| {
            claims.networks = vec![network.parse().expect("a network")];
        })
    };
    // Nobody has proved another address: the connection counts.
    let here = limited("127.0.0.0/8");
    let elsewhere = limited("203.0.113.0/24");
    let there = "203.0.113.7".parse().expect("an address");
    let proof = kit::origin::prove(&rt.sealer, there, rt.clock.now().timestamp());
    for (token, name, value, good) in [
        (&here, "accept", "*/*", true),
        (&elsewhere, "accept", "*/*", false),
        (&elsewhere, "x-forwarded-for", "203.0.113.7", false),
        (&elsewhere, kit::origin::HEADER, "203.0.113.7 0 00", false),
        (&elsewhere, kit::origin::HEADER, proof.as_str(), true),
        (&here, kit::origin::HEADER, proof.as_str(), false),
    ] {
        let caller = app.with_token(token).header(name, value);
        let reply = caller.get("/mine").await;
        if good {
            reply.expect(204);
        } else {
            assert!(reply.header("www-authenticate").is_some(), "{name}");
            reply.expect_problem(401, "auth.foreign-network");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_after_the_signal_is_the_last_of_its_connection() {
    let rt = testkit::runtime();
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (inside, free) = (Arc::clone(&entered), Arc::clone(&leave));
    let app = TestApp::start(&rt, async |listener| {
        let configure = move |cfg: &mut ServiceConfig<'_>| {
            let (inside, free) = (Arc::clone(&inside), Arc::clone(&free));
            let slow = move || {
                let (inside, free) = (Arc::clone(&inside), Arc::clone(&free));
                async move {
                    inside.notify_one();
                    free.notified().await;
                    HttpResponse::NoContent().finish()
                }
            };
            cfg.route("/slow", web::get().to(slow));
        };
        Ok(kit::server::serve("slow", listener, &rt, 1000, configure)?)
    })
    .await;
    let before = app.anonymous();
    leave.notify_one();
    let reply = before.get("/slow").await;
    assert_eq!((reply.status, reply.header("connection")), (204, None));
    entered.notified().await;

    // One request is inside when the signal comes.
    let caller = app.anonymous();
    let asked = caller.get("/slow");
    let stopped = async {
        entered.notified().await;
        rt.lifecycle.stop();
        leave.notify_one();
    };
    let (reply, ()) = tokio::join!(asked, stopped);
    assert_eq!(
        (reply.status, reply.header("connection")),
        (204, Some("close"))
    );
    assert!(rt.lifecycle.shut_down(Duration::from_secs(20)).await);
}

/// What a request waits for, and how many do.
struct Gate {
    inside: AtomicUsize,
    permits: Semaphore,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_were_taken_are_answered_though_the_process_stops() {
    const REQUESTS: usize = 20;
    let rt = testkit::runtime();
    let gate = Arc::new(Gate {
        inside: AtomicUsize::new(0),
        permits: Semaphore::new(0),
    });
    let data = web::Data::from(Arc::clone(&gate));
    let app = TestApp::start(&rt, async |listener| {
        let served = kit::server::serve("slow", listener, &rt, 1000, move |config| {
            let slow = web::get().to(|gate: web::Data<Gate>| async move {
                gate.inside.fetch_add(1, Ordering::SeqCst);
                drop(gate.permits.acquire().await);
                HttpResponse::Ok().body("done")
            });
            config.app_data(data.clone()).route("/slow", slow);
        });
        Ok(served?)
    })
    .await;
    let app = Arc::new(app);
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..REQUESTS {
        let app = Arc::clone(&app);
        requests.spawn(async move { app.anonymous().get("/slow").await.expect(200).text() });
    }
    wait_for("all to be inside", || async {
        (gate.inside.load(Ordering::SeqCst) == REQUESTS).then_some(())
    })
    .await;
    rt.lifecycle.stop();
    let address = app.url.trim_start_matches("http://").to_owned();
    wait_for("the door to close", || async {
        tokio::net::TcpStream::connect(&address).await.err()
    })
    .await;
    gate.permits.add_permits(REQUESTS);
    let answers = requests.join_all().await;
    assert_eq!(answers, vec!["done"; REQUESTS]);
    assert!(rt.lifecycle.shut_down(Duration::from_secs(20)).await);
}
