//! `/livez`, `/readyz`, `/metrics` on a port of their own, away from the gateway.

use crate::runtime::Runtime;
use actix_web::{App, HttpResponse, HttpServer, web};
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;

/// Asks whether the service can take requests now; says in one line what is wrong.
pub type Readiness =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// Ready as soon as the lifecycle says so.
pub fn always() -> Readiness {
    Arc::new(|| Box::pin(async { Ok(()) }))
}

struct State {
    rt: Runtime,
    ready: Readiness,
}

/// Serves the admin port on the lifecycle until the hard stop, so that `/readyz` can say "stopping".
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener, rt: &Runtime, ready: Readiness) -> std::io::Result<()> {
    let state = web::Data::new(State {
        rt: rt.clone(),
        ready,
    });
    let server = HttpServer::new(move || {
        App::new().app_data(state.clone()).service(
            web::scope("")
                .service(web::resource("/livez").to(livez))
                .service(web::resource("/readyz").to(readyz))
                .service(web::resource("/metrics").to(metrics)),
        )
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    let stopping = rt.lifecycle.stopping();
    rt.lifecycle.spawn("admin server", async move {
        tokio::select! {
            ended = server => if let Err(error) = ended { tracing::error!(%error, "admin server ended") },
            () = stopping.cancelled() => handle.stop(false).await,
        }
    });
    Ok(())
}

/// The loop turns; asks nobody.
async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// Started, schema current, database answers, not draining. Broker and cache do not count.
async fn readyz(state: web::Data<State>) -> HttpResponse {
    if !state.rt.lifecycle.is_ready() {
        return HttpResponse::ServiceUnavailable()
            .content_type("text/plain")
            .body("starting or stopping\n");
    }
    match (state.ready)().await {
        Ok(()) => HttpResponse::Ok()
            .content_type("text/plain")
            .body("ready\n"),
        Err(why) => HttpResponse::ServiceUnavailable()
            .content_type("text/plain")
            .body(format!("{why}\n")),
    }
}

async fn metrics(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(state.rt.metrics.render())
}
