//! What is it, may it pass, and where to?

use crate::limit::{self, Caller};
use crate::table::{Access, Found, Operation};
use crate::{App, path, proxy};
use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{FromRequest as _, HttpMessage as _, HttpRequest, HttpResponse, web};
use contracts::problem::shared;
use contracts::{Actor, Language as Lang};
use kit::Problem;
use kit::auth::MaybeSignedIn;
use kit::http::{Language, RequestId, RouteLabel};
use std::net::IpAddr;
use utoipa_actix_web::service_config::ServiceConfig;

/// One resource for everything: the table decides.
pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.map(|plain| plain.service(web::resource("/{path:.*}").to(handle)));
}

async fn handle(
    req: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
    language: Language,
) -> HttpResponse {
    let mut response = match pass(&req, payload, &app).await {
        Ok(response) => response,
        Err(problem) => refusal(&req, &app, language.0, &problem),
    };
    if let Some(origin) = cors_origin(&req, &app) {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, header::HeaderValue::from_static("origin"));
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            header::HeaderValue::from_static("etag, location, retry-after, x-request-id"),
        );
    }
    if app.secure {
        response.headers_mut().insert(
            header::STRICT_TRANSPORT_SECURITY,
            header::HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

async fn pass(
    req: &HttpRequest,
    payload: web::Payload,
    app: &App,
) -> Result<HttpResponse, Problem> {
    let path = req.uri().path();
    if !path::is_plain(path) {
        return Err(Problem::new(shared::NOT_FOUND));
    }
    let reads = matches!(*req.method(), Method::GET | Method::HEAD);
    match path {
        "/openapi.json" if reads => return Ok(app.docs.document(req)),
        "/docs" if reads => return app.docs.page(path),
        _ if reads && path.starts_with("/docs/") => return app.docs.page(path),
        _ => {}
    }
    if req.method() == Method::OPTIONS && cors_origin(req, app).is_some() {
        return Ok(preflight());
    }
    let address = address(req, app);
    if let Some(address) = address {
        // The check of the token asks for it.
        kit::origin::found(req, address);
    }
    let service = match app.table.find(req.method().as_str(), path) {
        Found::Operation(operation) => {
            req.extensions_mut()
                .insert(RouteLabel(operation.id.clone()));
            admit(req, app, operation, address).await?;
            operation.service.as_str()
        }
        // The browser's half of the sign-in is in no document, and still the identity service's.
        Found::OtherMethods(_) | Found::Nothing if is_sign_in(path) => {
            limit::count(app, &Caller::Address(address)).await?;
            "identity"
        }
        // Counted before it is refused: a refusal costs, too.
        Found::OtherMethods(_) => {
            limit::count(app, &Caller::Address(address)).await?;
            return Err(Problem::new(shared::METHOD_NOT_ALLOWED));
        }
        Found::Nothing if path == "/api" || path.starts_with("/api/") => {
            limit::count(app, &Caller::Address(address)).await?;
            return Err(Problem::new(shared::NOT_FOUND));
        }
        Found::Nothing => {
            req.extensions_mut().insert(RouteLabel("portal".to_owned()));
            limit::count(app, &Caller::Address(address)).await?;
            "portal"
        }
    };
    proxy::forward(req, payload, app, service, address).await
}

/// Whether the path is of the sign-in protocol.
fn is_sign_in(path: &str) -> bool {
    path.starts_with("/oauth2/") || path == "/.well-known/openid-configuration"
}

/// Token, coarse right, rate.
async fn admit(
    req: &HttpRequest,
    app: &App,
    operation: &Operation,
    address: Option<IpAddr>,
) -> Result<(), Problem> {
    let anonymous = Caller::Address(address);
    let checked = match &operation.access {
        Access::Public => {
            // Not needed, but whoever shows a good one is counted by it.
            let actor = signed_in(req).await.ok().flatten();
            let caller = actor.map_or(anonymous, |actor| {
                Caller::Account(actor.subject, actor.limits.requests_per_minute)
            });
            return limit::count(app, &caller).await;
        }
        Access::Optional => signed_in(req).await,
        Access::Token(sets) => match signed_in(req).await {
            Ok(Some(actor)) => {
                // Counted before it is refused: a refusal costs, too.
                limit::count(
                    app,
                    &Caller::Account(actor.subject, actor.limits.requests_per_minute),
                )
                .await?;
                return may(&actor, sets);
            }
            Ok(None) => Err(Problem::new(shared::TOKEN_MISSING)),
            Err(problem) => Err(problem),
        },
    };
    match checked {
        Ok(actor) => {
            let caller = actor.map_or(anonymous, |actor| {
                Caller::Account(actor.subject, actor.limits.requests_per_minute)
            });
            limit::count(app, &caller).await
        }
        Err(problem) => {
            limit::count(app, &anonymous).await?;
            Err(problem)
        }
    }
}

async fn signed_in(req: &HttpRequest) -> Result<Option<Actor>, Problem> {
    Ok(MaybeSignedIn::from_request(req, &mut Payload::None)
        .await?
        .0)
}

fn may(actor: &Actor, sets: &[Vec<contracts::Permission>]) -> Result<(), Problem> {
    if sets
        .iter()
        .any(|set| set.iter().all(|permission| actor.can(*permission)))
    {
        return Ok(());
    }
    let missing = sets
        .iter()
        .flatten()
        .find(|permission| !actor.can(**permission));
    let problem = Problem::new(shared::FORBIDDEN);
    Err(match missing {
        Some(permission) => problem.extra("permission", permission.name()),
        None => problem,
    })
}

/// Where the request comes from: what we ourselves said to the portal, which asks for a browser; else the connection, or what a proxy of
/// ours says.
fn address(req: &HttpRequest, app: &App) -> Option<IpAddr> {
    if let Some(address) = kit::origin::proven(req) {
        return Some(address);
    }
    let peer = req.peer_addr().map(|a| a.ip().to_canonical())?;
    let said = req
        .headers()
        .get_all("x-forwarded-for")
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let said: Vec<String> = said.collect();
    let said = said.iter().map(String::as_str);
    Some(forwarded(peer, said, |ip| app.config.trusts(ip)))
}

/// Each proxy adds at the right whom it heard, so the list is believed from the right and only as far as proxies of ours wrote it: the
/// first address that is none of them is the caller, whatever stands left of it is the caller's own words (RFC 7239 §8.1). An entry that
/// is no address (`unknown`, a made-up name; RFC 7239 §6) tells no more, and the proxy that wrote it counts.
fn forwarded<'a>(
    peer: IpAddr,
    said: impl Iterator<Item = &'a str>,
    trusts: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    let entries: Vec<&str> = said.flat_map(|list| list.split(',')).collect();
    let mut caller = peer;
    for entry in entries.into_iter().rev() {
        if !trusts(caller) {
            break;
        }
        match node(entry.trim()) {
            Some(ip) => caller = ip,
            None => break,
        }
    }
    caller
}

/// An address, with or without a port (some load balancers add it).
fn node(text: &str) -> Option<IpAddr> {
    let ip = text
        .parse::<IpAddr>()
        .or_else(|_no_port| text.parse::<std::net::SocketAddr>().map(|a| a.ip()))
        .ok()?;
    Some(ip.to_canonical())
}

/// The origin of a page elsewhere that may call the API.
fn cors_origin(req: &HttpRequest, app: &App) -> Option<header::HeaderValue> {
    if !req.uri().path().starts_with("/api/") {
        return None;
    }
    let origin = req.headers().get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    app.config
        .cors_origins
        .iter()
        .any(|allowed| allowed == text)
        .then(|| origin.clone())
}

fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE"))
        .insert_header((
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, accept-language, idempotency-key, if-match, if-none-match, \
             traceparent, x-request-id",
        ))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "600"))
        .finish()
}

/// A refusal: a problem document, or a small page for a person in a browser.
fn refusal(req: &HttpRequest, app: &App, language: Lang, problem: &Problem) -> HttpResponse {
    let id = req.extensions().get::<RequestId>().map(|id| id.0.clone());
    let code = problem.code();
    let mut response = if wants_page(req) {
        refusal_page(language, problem, id)
    } else {
        problem.render(language, id)
    };
    if code == shared::METHOD_NOT_ALLOWED
        && let Found::OtherMethods(allow) = app.table.find(req.method().as_str(), req.uri().path())
        && let Ok(allow) = allow.parse()
    {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

fn wants_page(req: &HttpRequest) -> bool {
    let accepts = req
        .headers()
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    accepts.contains("text/html") && !req.uri().path().starts_with("/api/")
}

fn refusal_page(language: Lang, problem: &Problem, id: Option<String>) -> HttpResponse {
    let (lang, title) = match language {
        Lang::Vi => ("vi", problem.code().vi),
        Lang::En => ("en", problem.code().en),
    };
    // Both texts are our own: letters, digits and hyphens in the id, constants else.
    let html = format!(
        "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Một Cửa</title><h1>{title}</h1><p><a href=\"/\">Một Cửa</a></p><p><small>{}</small></p></html>",
        id.as_deref().unwrap_or("")
    );
    let mut response = problem
        .render(language, id)
        .set_body(actix_web::body::BoxBody::new(html));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_most_address_that_is_no_proxy_of_ours_is_the_caller() {
        let peer: IpAddr = "10.0.0.1".parse().expect("an address");
        let seen = |headers: &[&str]| {
            let trusts = |ip: IpAddr| ip.to_string().starts_with("10.");
            forwarded(peer, headers.iter().copied(), trusts).to_string()
        };
        for (headers, caller) in [
            (vec![], "10.0.0.1"),
            (vec!["203.0.113.7"], "203.0.113.7"),
            // One hop, two hops, in one header or in several: what the caller wrote before them is not read.
            (vec!["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
            (vec!["1.1.1.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            (vec!["1.1.1.1", "203.0.113.7", "10.0.0.2"], "203.0.113.7"),
            (vec!["10.0.0.9, 203.0.113.7,10.0.0.2"], "203.0.113.7"),
            // A port, IPv6, IPv4 written as IPv6.
            (vec!["203.0.113.7:5123"], "203.0.113.7"),
            (vec!["[2001:db8::7]:443"], "2001:db8::7"),
            (vec!["::ffff:203.0.113.7"], "203.0.113.7"),
            // What is no address ends the list: the proxy that wrote it is all we know.
            (vec!["1.1.1.1, unknown"], "10.0.0.1"),
            (vec!["1.1.1.1, _hidden, 10.0.0.2"], "10.0.0.2"),
            (vec!["1.1.1.1,"], "10.0.0.1"),
            // Bytes that are no text are the caller's, left of what a proxy of ours wrote.
            (vec!["\u{fffd}, 203.0.113.7"], "203.0.113.7"),
            // A request of our own.
            (vec!["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ] {
            assert_eq!(seen(&headers), caller, "{headers:?}");
        }
        let stranger = forwarded(peer, ["203.0.113.7"].into_iter(), |_| false);
        assert_eq!(stranger, peer, "a peer that is no proxy of ours");
    }
}
