//! To the service and back, both ways as a stream.

use crate::hangup::Awaited;
use crate::{App, codes};
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use bytes::Bytes;
use contracts::problem::shared;
use futures_util::{StreamExt as _, stream};
use kit::Problem;
use kit::client::{Answer, Call, CallError};
use kit::http::RequestId;
use std::net::IpAddr;
use std::pin::Pin;
use tokio::sync::mpsc;
use url::Url;

/// Headers of one connection, not of the message (RFC 9110 §7.6.1).
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers of a request that the gateway writes itself, or that are the client library's.
const REPLACED: [&str; 8] = [
    "host",
    "expect",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-request-id",
    "x-real-ip",
];

/// Chunks of a body on their way.
const IN_FLIGHT: usize = 8;

/// Passes a request on and its answer back.
///
/// # Errors
/// 413 for a body that is too large, 503 and 504 when the service does not answer.
pub(crate) async fn forward(
    req: &HttpRequest,
    payload: web::Payload,
    app: &App,
    service: &str,
    address: Option<IpAddr>,
) -> Result<HttpResponse, Problem> {
    let mut awaited = Awaited::of(app, service);
    match ask(req, payload, app, service, address).await {
        Ok((answer, unread)) => Ok(back(answer, unread, req, awaited)),
        Err(problem) => {
            awaited.over();
            Err(problem)
        }
    }
}

/// Passes a request on, until the service begins its answer.
async fn ask(
    req: &HttpRequest,
    payload: web::Payload,
    app: &App,
    service: &str,
    address: Option<IpAddr>,
) -> Result<(Answer, Option<Unread>), Problem> {
    let away = || Problem::new(codes::UPSTREAM_UNAVAILABLE).retry_after(3);
    let url = target(req, app, service).ok_or_else(away)?;
    // Services answer GET only; `back` leaves the body out for HEAD.
    let method = match req.method().as_str() {
        "HEAD" => "GET",
        other => other,
    };
    let call = app
        .rt
        .client
        .forward(method, url)
        .map_err(|_not_a_method| Problem::new(shared::METHOD_NOT_ALLOWED))?
        .deadline(app.exchange_time());
    let call = headers(call, req, app, address);
    if has_body(req)? {
        return exchange(call, payload, app, declared(req, app)?).await;
    }
    let answer = tokio::time::timeout(app.answer_time(), call.send())
        .await
        .map_err(|_elapsed| Problem::new(codes::UPSTREAM_TIMEOUT))?
        .map_err(|error| refused(service, &error))?;
    Ok((answer, None))
}

fn refused(service: &str, error: &CallError) -> Problem {
    tracing::warn!(upstream = service, %error, "upstream away");
    Problem::new(codes::UPSTREAM_UNAVAILABLE).retry_after(3)
}

/// The address at the service: its base, the raw path, the raw query.
fn target(req: &HttpRequest, app: &App, service: &str) -> Option<Url> {
    let mut url = app.rt.directory.get(service)?;
    url.set_path(req.uri().path());
    url.set_query(req.uri().query());
    Some(url)
}

/// Whether a body comes with the request.
fn has_body(req: &HttpRequest) -> Result<bool, Problem> {
    Ok(match req.headers().get(header::CONTENT_LENGTH) {
        Some(length) => {
            length
                .to_str()
                .ok()
                .and_then(|text| text.parse::<u64>().ok())
                .ok_or_else(|| Problem::new(shared::BODY_MALFORMED))?
                > 0
        }
        None => req.headers().contains_key(header::TRANSFER_ENCODING),
    })
}

/// The length that the client declared.
fn declared(req: &HttpRequest, app: &App) -> Result<Option<u64>, Problem> {
    let length = req
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    let most = u64::try_from(app.config.max_body_bytes).unwrap_or(u64::MAX);
    if length.is_some_and(|length| length > most) {
        return Err(Problem::new(shared::BODY_TOO_LARGE));
    }
    Ok(length)
}

/// The headers that go on: all but those of the connection, those we write ourselves, and `x-motcua-*`, which is for ourselves.
fn headers(mut call: Call, req: &HttpRequest, app: &App, address: Option<IpAddr>) -> Call {
    let named = connection_names(req.headers().get_all(header::CONNECTION));
    // Our own span writes the trace context, when there is one.
    let traced = kit::telemetry::current_traceparent().is_some();
    for (name, value) in req.headers() {
        let name = name.as_str();
        let dropped = is_ours_or_hop(name, &named)
            || REPLACED.contains(&name)
            || name == "content-length"
            || (traced && name == "traceparent");
        if let (false, Ok(value)) = (dropped, value.to_str()) {
            call = call.header(name, value);
        }
    }
    if let Some(address) = address {
        call = call.header("x-forwarded-for", &address.to_string());
        // Services believe this one: anybody can write the other.
        let now = app.rt.clock.now().timestamp();
        let proof = kit::origin::prove(&app.rt.sealer, address, now);
        call = call.header(kit::origin::HEADER, &proof);
    }
    let peer = req.peer_addr().map(|a| a.ip().to_canonical());
    let behind_proxy = peer.is_some_and(|peer| app.config.trusts(peer));
    let said = |name: &str| {
        req.headers()
            .get(name)
            .filter(|_| behind_proxy)
            .and_then(|v| v.to_str().ok())
    };
    let proto = if said("x-forwarded-proto") == Some("https") {
        "https"
    } else {
        "http"
    };
    call = call.header("x-forwarded-proto", proto);
    let host = said("x-forwarded-host").or_else(|| {
        req.headers()
            .get(header::HOST)
            .and_then(|v| v.to_str().ok())
    });
    if let Some(host) = host {
        call = call.header("x-forwarded-host", host);
    }
    if let Some(id) = req.extensions().get::<RequestId>() {
        call = call.header("x-request-id", &id.0);
    }
    call
}

/// The names that `Connection` lists: they are of the connection, too.
fn connection_names<'a>(values: impl Iterator<Item = &'a header::HeaderValue>) -> Vec<String> {
    values
        .filter_map(|v| v.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect()
}

fn is_ours_or_hop(name: &str, named: &[String]) -> bool {
    HOP_BY_HOP.contains(&name)
        || name.starts_with("x-motcua-")
        || named.iter().any(|one| one == name)
}

/// How the sending of a body ended.
enum Sent {
    /// All of it went.
    All,
    /// The service stopped reading; its answer says why.
    Unwanted,
    TooLarge,
    /// The client broke off.
    Broken,
}

/// A body that was still on its way when the service answered. To be held until the answer has been read: a request that breaks off
/// takes its connection with it, and the rest of the answer.
type Unread = Pin<Box<dyn Future<Output = Sent>>>;

/// Sends with a body: reads from the client while the service reads from us, and takes an answer that comes early.
async fn exchange(
    call: Call,
    payload: web::Payload,
    app: &App,
    length: Option<u64>,
) -> Result<(Answer, Option<Unread>), Problem> {
    let (to_service, from_client) = mpsc::channel::<Result<Bytes, std::io::Error>>(IN_FLIGHT);
    let body = stream::unfold(from_client, |mut from_client| async {
        from_client.recv().await.map(|chunk| (chunk, from_client))
    });
    let mut call = call;
    if let Some(length) = length {
        call = call.header("content-length", &length.to_string());
    }
    let mut answer = std::pin::pin!(call.stream(body).send());
    let mut sending: Unread = Box::pin(send(payload, to_service, app.config.max_body_bytes));
    let unavailable = |error: CallError| refused("upload", &error);
    tokio::select! {
        early = &mut answer => return Ok((early.map_err(unavailable)?, Some(sending))),
        sent = &mut sending => match sent {
            Sent::All | Sent::Unwanted => {}
            Sent::TooLarge => return Err(Problem::new(shared::BODY_TOO_LARGE)),
            Sent::Broken => return Err(Problem::new(shared::BODY_MALFORMED)),
        },
    }
    let answer = tokio::time::timeout(app.answer_time(), answer)
        .await
        .map_err(|_elapsed| Problem::new(codes::UPSTREAM_TIMEOUT))?
        .map_err(unavailable)?;
    Ok((answer, None))
}

async fn send(
    mut payload: web::Payload,
    to_service: mpsc::Sender<Result<Bytes, std::io::Error>>,
    most: usize,
) -> Sent {
    let mut total = 0_usize;
    while let Some(chunk) = payload.next().await {
        let Ok(chunk) = chunk else {
            // An error in the stream, so that the service does not take half a body for a whole one.
            let cut = Err(std::io::Error::other("the client broke off"));
            return if to_service.send(cut).await.is_ok() {
                Sent::Broken
            } else {
                Sent::Unwanted
            };
        };
        total = total.saturating_add(chunk.len());
        if total > most {
            let cut = Err(std::io::Error::other("the body is too large"));
            return if to_service.send(cut).await.is_ok() {
                Sent::TooLarge
            } else {
                Sent::Unwanted
            };
        }
        if to_service.send(Ok(chunk)).await.is_err() {
            return Sent::Unwanted;
        }
    }
    Sent::All
}

/// The answer on its way back.
fn back(
    answer: Answer,
    unread: Option<Unread>,
    req: &HttpRequest,
    mut awaited: Awaited,
) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::build(status);
    let connection: Vec<header::HeaderValue> = answer
        .headers()
        .filter(|(name, _)| *name == "connection")
        .filter_map(|(_, value)| header::HeaderValue::from_bytes(value).ok())
        .collect();
    let named = connection_names(connection.iter());
    let mut length = None;
    for (name, value) in answer.headers() {
        if name == "content-length" {
            length = std::str::from_utf8(value)
                .ok()
                .and_then(|text| text.parse::<u64>().ok());
            continue;
        }
        // The request's id is written once, by the server around us; versions of servers are nobody's business.
        if is_ours_or_hop(name, &named) || name == "x-request-id" || name == "server" {
            continue;
        }
        if let (Ok(name), Ok(value)) = (
            header::HeaderName::try_from(name),
            header::HeaderValue::from_bytes(value),
        ) {
            response.append_header((name, value));
        }
    }
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        awaited.over();
        return response.finish();
    }
    if let Some(length) = length {
        response.no_chunking(length);
    }
    if *req.method() == Method::HEAD {
        awaited.over();
        return response.streaming(stream::empty::<Result<Bytes, std::io::Error>>());
    }
    awaited.expect(length);
    let pieces = Box::pin(answer.into_stream());
    response.streaming(stream::unfold(
        (pieces, unread, awaited),
        |(mut pieces, unread, mut awaited)| async move {
            let Some(piece) = pieces.next().await else {
                awaited.over();
                return None;
            };
            awaited.passed(&piece);
            Some((piece, (pieces, unread, awaited)))
        },
    ))
}
