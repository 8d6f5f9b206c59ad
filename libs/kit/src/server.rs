//! The HTTP server of a service: request ids, spans, metrics, problems in the caller's language, panics kept inside, drain.

use crate::http::{BodyLimit, Language, RequestId, RouteLabel};
use crate::{Problem, Runtime};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_ENCODING, AcceptEncoding, Encoding};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::{App, Error, HttpMessage as _, HttpResponse, HttpServer, web};
use contracts::Actor;
use contracts::problem::shared;
use futures_util::FutureExt as _;
use std::net::TcpListener;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tracing::Instrument as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_actix_web::AppExt as _;
use utoipa_actix_web::service_config::ServiceConfig;

/// The service through which requests come from outside.
const DOOR: &str = "gateway";
/// After the signal a server goes on while requests come, at most for this long. Each answer then is the last of its connection, so that
/// clients leave by themselves: a connection that is closed under a request is a request that failed.
const LINGER: Duration = Duration::from_secs(5);
/// No request for this long after the signal: everybody has left.
const QUIET: Duration = Duration::from_millis(500);

/// Serves routes on the lifecycle: at the soft stop sends clients away, then stops accepting and drains.
///
/// `max_body` is the largest body of any request, bytes. `configure` registers the routes, once per worker thread.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(
    name: &'static str,
    listener: TcpListener,
    rt: &Runtime,
    max_body: usize,
    configure: impl Fn(&mut ServiceConfig<'_>) + Send + Sync + 'static,
) -> std::io::Result<()> {
    serve_routes(name, listener, rt, max_body, Arc::new(configure))
}

type Routes = Arc<dyn Fn(&mut ServiceConfig<'_>) + Send + Sync>;

/// Not generic: the server with all that is around a request is compiled here, once.
fn serve_routes(
    name: &'static str,
    listener: TcpListener,
    rt: &Runtime,
    max_body: usize,
    routes: Routes,
) -> std::io::Result<()> {
    let data = web::Data::new(rt.clone());
    let seen = Arc::<AtomicU64>::default();
    let counted = Arc::clone(&seen);
    let server = HttpServer::new(move || {
        let counted = Arc::clone(&counted);
        let (app, _document) = App::new()
            .app_data(data.clone())
            .app_data(BodyLimit(max_body))
            .app_data(web::PayloadConfig::new(max_body))
            .into_utoipa_app()
            .configure(|config| routes(config))
            .split_for_parts();
        app.default_service(web::to(|| async {
            Err::<HttpResponse, _>(Problem::new(shared::NOT_FOUND))
        }))
        .wrap(Compress::default())
        .wrap(from_fn(move |req, next| {
            counted.fetch_add(1, Ordering::Relaxed);
            around(name, req, next)
        }))
    })
    .workers(rt.workers)
    // Longer than any client of ours keeps an idle connection (see `Client`), and than load balancers usually do: otherwise a request
    // meets a connection that is just being closed.
    .keep_alive(Duration::from_secs(75))
    .disable_signals()
    .shutdown_timeout(20)
    .listen(listener)?
    .run();
    let handle = server.handle();
    let stopping = rt.lifecycle.stopping();
    rt.lifecycle.spawn("http server", async move {
        let mut server = std::pin::pin!(server);
        tokio::select! {
            ended = &mut server => if let Err(error) = ended { tracing::error!(%error, "http server ended") },
            () = stopping.cancelled() => {
                linger(&seen).await;
                let (_, ended) = tokio::join!(handle.stop(true), server);
                if let Err(error) = ended { tracing::error!(%error, "http server stopped badly") }
            }
        }
    });
    Ok(())
}

/// Waits until no request has come for [`QUIET`], at most [`LINGER`].
async fn linger(seen: &AtomicU64) {
    let most = tokio::time::Instant::now() + LINGER;
    loop {
        let before = seen.load(Ordering::Relaxed);
        tokio::time::sleep(QUIET).await;
        if seen.load(Ordering::Relaxed) == before || tokio::time::Instant::now() >= most {
            return;
        }
    }
}

/// The OpenAPI document of the same routes, with the refusals that each operation can give by its shape.
pub fn openapi(
    title: &str,
    description: &str,
    configure: impl FnOnce(&mut ServiceConfig<'_>),
) -> OpenApi {
    let (_app, mut document) = App::new()
        .into_utoipa_app()
        .configure(configure)
        .split_for_parts();
    title.clone_into(&mut document.info.title);
    document.info.description = Some(description.to_owned());
    document.info.version = "1.0.0".to_owned();
    document.info.license = Some(
        utoipa::openapi::LicenseBuilder::new()
            .name("Apache-2.0")
            .identifier(Some("Apache-2.0"))
            .build(),
    );
    document.info.contact = None;
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    document
        .components
        .get_or_insert_default()
        .add_security_scheme("bearer", SecurityScheme::Http(bearer));
    crate::refusals::write(&mut document);
    document
}

/// What happens around each request.
async fn around<B: MessageBody + 'static>(
    name: &'static str,
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let language = Language::of(req.request());
    let sent = req
        .headers()
        .get("x-request-id")
        .and_then(|v| v.to_str().ok())
        .filter(|v| is_sane(v));
    let rt = req.app_data::<web::Data<Runtime>>().cloned();
    let now = rt.as_ref().map(|rt| (rt.clock.now(), rt.ids));
    let id = sent.map_or_else(
        || {
            now.map(|(now, ids)| ids.uuid(now).simple().to_string())
                .unwrap_or_default()
        },
        str::to_owned,
    );
    req.extensions_mut().insert(RequestId(id.clone()));
    let method = req.method().as_str().to_owned();
    plain_if_nothing_else(&mut req);
    let span = tracing::info_span!(
        "request",
        service = name,
        http.method = %method,
        http.route = tracing::field::Empty,
        request.id = %id,
        account = tracing::field::Empty,
        client = tracing::field::Empty,
    );
    let parent = req
        .headers()
        .get("traceparent")
        .and_then(|v| v.to_str().ok())
        .map(str::to_owned);
    crate::telemetry::continue_from(&span, parent.as_deref());
    let started = std::time::Instant::now();
    // The request must not be cloned before it is routed: the router writes its matches into the one there is.
    let outcome = AssertUnwindSafe(next.call(req))
        .catch_unwind()
        .instrument(span.clone())
        .await;
    let _entered = span.enter();
    let mut outcome = match outcome {
        Ok(Ok(response)) => Ok(in_language(response.map_into_boxed_body(), language, &id)),
        Ok(Err(error)) => Err(problem_of(&error)),
        Err(_panic) => Err(Problem::internal(anyhow::anyhow!("handler panicked"))),
    };
    if let Ok(response) = &mut outcome
        && let Ok(value) = id.parse()
    {
        response.headers_mut().insert(
            actix_web::http::header::HeaderName::from_static("x-request-id"),
            value,
        );
    }
    let leaving = rt
        .as_ref()
        .is_some_and(|rt| rt.lifecycle.stopping().is_cancelled());
    if leaving && let Ok(response) = &mut outcome {
        last_of_its_connection(response.response_mut().head_mut());
    }
    let (route, status) = match &outcome {
        Ok(response) => (route(response), response.status().as_u16()),
        Err(problem) => (None, problem.code().status),
    };
    let route = route.unwrap_or_else(|| "unmatched".to_owned());
    span.record("http.route", &route);
    if let Ok(response) = &outcome
        && let Some(actor) = response.request().extensions().get::<Actor>()
    {
        span.record("account", tracing::field::display(actor.subject));
        span.record("client", actor.client.as_deref());
    }
    let took = started.elapsed();
    if let Some(rt) = rt {
        rt.metrics.request(name, &method, &route, status, took);
    }
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if status >= 500 {
        tracing::warn!(http.status = status, http.millis = millis, "answered");
    } else if name == DOOR {
        // Who asked for what, from outside: the access log of the suite.
        tracing::info!(http.status = status, http.millis = millis, "answered");
    } else {
        tracing::debug!(http.status = status, http.millis = millis, "answered");
    }
    outcome.map_err(|problem| {
        let mut rendered = problem.render(language, Some(id));
        if leaving {
            last_of_its_connection(rendered.head_mut());
        }
        actix_web::error::InternalError::from_response(problem, rendered).into()
    })
}

fn last_of_its_connection(head: &mut ResponseHead) {
    head.set_connection_type(ConnectionType::Close);
}

fn route(response: &ServiceResponse<BoxBody>) -> Option<String> {
    let request = response.request();
    let label = request.extensions().get::<RouteLabel>().cloned();
    label
        .map(|label| label.0)
        .or_else(|| request.match_pattern())
}

/// Forgets an `Accept-Encoding` that takes nothing we have, so that the answer goes out plain (RFC 9110 §12.5.3 lets us): the
/// framework would answer 406 in a shape that is not ours. A tunnel is never made, and its refusal cannot be sent in pieces.
fn plain_if_nothing_else(req: &mut ServiceRequest) {
    let ours = [Encoding::gzip(), Encoding::deflate(), Encoding::identity()];
    let takes_some = req
        .get_header::<AcceptEncoding>()
        .is_none_or(|sent| sent.negotiate(ours.iter()).is_some());
    if !takes_some || *req.method() == Method::CONNECT {
        req.headers_mut().remove(ACCEPT_ENCODING);
    }
}

/// Renders the problem of a response in the language of the request. Errors of the framework become problems too.
fn in_language(
    response: ServiceResponse<BoxBody>,
    language: contracts::Language,
    id: &str,
) -> ServiceResponse<BoxBody> {
    let Some(error) = response.response().error() else {
        return response;
    };
    let problem = problem_of(error);
    let rendered = problem.render(language, Some(id.to_owned()));
    response.into_response(rendered)
}

/// The problem that an error of a handler or of the framework is.
fn problem_of(error: &Error) -> Problem {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.clone();
    }
    match error.as_response_error().status_code().as_u16() {
        400 => Problem::new(shared::BODY_MALFORMED),
        404 => Problem::new(shared::NOT_FOUND),
        405 => Problem::new(shared::METHOD_NOT_ALLOWED),
        413 => Problem::new(shared::BODY_TOO_LARGE),
        415 => Problem::new(shared::MEDIA_TYPE),
        _ => Problem::internal(anyhow::anyhow!("framework error: {error}")),
    }
}

/// A request id that may go into logs.
fn is_sane(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
