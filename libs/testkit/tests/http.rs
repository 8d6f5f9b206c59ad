//! The server of kit, asked over a real connection.

use testkit::TestApp;

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
