//! The protocol, the sign-in page and the API.

mod accounts;
mod assignments;
mod authorize;
mod breaches;
mod clients;
mod data_requests;
mod device;
mod discovery;
mod let_in;
mod logout;
mod mandates;
mod me;
mod new_password;
mod page;
mod passkeys;
mod provider;
mod redirect;
mod retention;
mod revocations;
mod second_factor;
mod session;
mod sessions;
mod sign_in_form;
mod stand_in;
mod successions;
mod token;
mod userinfo;

pub(crate) use stand_in::StandIn;

use crate::App;
use crate::domain::params::{Params, Unreadable};
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, web};
use kit::origin::address;
use utoipa_actix_web::service_config::ServiceConfig;

/// All routes. The authorization endpoint and the pages are for browsers and stay out of the document.
pub(crate) fn routes(cfg: &mut ServiceConfig<'_>) {
    durable::operations::configure(cfg, "identity");
    cfg.service(discovery::configuration)
        .service(discovery::jwks)
        .service(token::token)
        .service(token::revoke)
        .service(token::introspect)
        .service(device::authorization)
        .service(userinfo::userinfo)
        .service(me::me)
        .service(me::my_access_log)
        .service(second_factor::show)
        .service(second_factor::propose)
        .service(second_factor::confirm)
        .service(second_factor::renew_codes)
        .service(second_factor::turn_off)
        .service(second_factor::reset)
        .service(sessions::list)
        .service(sessions::end)
        .service(sessions::end_all)
        .service(accounts::list)
        .service(accounts::create)
        .service(accounts::show)
        .service(accounts::change)
        .service(mandates::list)
        .service(mandates::give)
        .service(mandates::renounce)
        .service(mandates::enter)
        .service(mandates::revoke)
        .service(clients::list)
        .service(clients::create)
        .service(clients::show)
        .service(clients::change)
        .service(clients::rotate)
        .service(assignments::list)
        .service(assignments::give)
        .service(assignments::end)
        .service(successions::record)
        .service(successions::list)
        .service(successions::end)
        .service(data_requests::list_purposes)
        .service(data_requests::export)
        .service(data_requests::list_mine)
        .service(data_requests::file)
        .service(data_requests::lift)
        .service(data_requests::list)
        .service(data_requests::show)
        .service(data_requests::change)
        .service(breaches::list)
        .service(breaches::open)
        .service(breaches::show)
        .service(breaches::enter)
        .service(retention::list)
        .map(|plain| {
            plain
                .service(authorize::ask)
                .service(authorize::submit)
                .service(device::ask)
                .service(device::answer)
                .service(passkeys::show)
                .service(passkeys::change)
                .service(provider::callback)
                .service(stand_in::authorize)
                .service(stand_in::tokens)
                .service(stand_in::userinfo)
                .service(stand_in::jwks)
                .service(logout::ask)
                .service(logout::confirm)
                .service(userinfo::userinfo_by_post)
                .service(revocations::revocations)
        });
}

/// The parameters of a form body.
fn form(req: &HttpRequest, body: &web::Bytes) -> Result<Params, Unreadable> {
    use actix_web::HttpMessage as _;
    if req.content_type() == "application/x-www-form-urlencoded" {
        Params::parse(body)
    } else {
        Err(Unreadable)
    }
}

/// Our cookies: `HttpOnly`, `SameSite=Lax`; over HTTPS also `Secure` and bound to the host by `__Host-`.
struct Cookies {
    secure: bool,
}

impl Cookies {
    const SESSION: &'static str = "motcua_signin";
    const FORM: &'static str = "motcua_form";

    fn of(app: &App) -> Self {
        Self {
            secure: app.rt.tokens.issuer().starts_with("https://"),
        }
    }

    fn name(&self, name: &str) -> String {
        if self.secure {
            format!("__Host-{name}")
        } else {
            name.to_owned()
        }
    }

    fn read(&self, req: &HttpRequest, name: &str) -> Option<String> {
        req.cookie(&self.name(name)).map(|c| c.value().to_owned())
    }

    fn make(&self, name: &str, value: String, seconds: i64) -> Cookie<'static> {
        Cookie::build(self.name(name), value)
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Lax)
            .max_age(actix_web::cookie::time::Duration::seconds(seconds))
            .finish()
    }
}

/// `Cache-Control: no-store`.
const NO_STORE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");
