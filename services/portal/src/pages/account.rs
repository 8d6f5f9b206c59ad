//! Signing in and out: OIDC authorization code with PKCE (RFC 7636), `state` and `nonce`.

use crate::api::{Api, ApiError};
use crate::ctx::Ctx;
use crate::error::{PageError, see_other};
use crate::form::Fields;
use crate::session::{self, SignIn};
use actix_web::cookie::time::Duration as CookieAge;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde::Deserialize;

/// How far the clock of identity may be from ours, seconds.
const LEEWAY: i64 = 30;

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
    /// Set: a sign-in that is not fresh or not sure enough will not do.
    lai: Option<String>,
    /// A mandate: the person wants to act for somebody else.
    thay: Option<uuid::Uuid>,
    /// Set: the person wants to choose another password.
    doi: Option<String>,
}

/// Only paths of ours: no other site, no backslash that a browser reads as a slash.
fn local_path(next: Option<&str>) -> &str {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.chars().any(|c| c == '\\' || c.is_control())
                && !path.starts_with("/dang-") =>
        {
            path
        }
        _ => "/",
    }
}

fn redirect_uri(ctx: &Ctx) -> Result<String, PageError> {
    ctx.app
        .settings
        .public_url
        .join("/dang-nhap/callback")
        .map(String::from)
        .map_err(PageError::internal)
}

#[get("/dang-nhap")]
pub(super) async fn sign_in(
    ctx: Ctx,
    req: HttpRequest,
    query: kit::http::Query<Next>,
) -> Result<HttpResponse, PageError> {
    let next = local_path(query.0.next.as_deref());
    let app = &ctx.app;
    let (state, nonce, verifier) = (
        app.rt.ids.secret(),
        app.rt.ids.secret(),
        app.rt.ids.secret(),
    );
    let browser = req
        .cookie(app.browser_cookie())
        .map(|c| c.value().to_owned())
        .filter(|v| v.len() >= 32)
        .unwrap_or_else(|| app.rt.ids.secret());
    let challenge = B64.encode(
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes()).as_ref(),
    );
    let mut to = app
        .settings
        .public_url
        .join("/oauth2/authorize")
        .map_err(PageError::internal)?;
    to.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &app.settings.client_id)
        .append_pair("redirect_uri", &redirect_uri(&ctx)?)
        .append_pair("scope", "openid profile")
        .append_pair("state", &state)
        .append_pair("nonce", &nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("ui_locales", ctx.t.tag());
    if query.0.lai.is_some() {
        // The challenge of RFC 9470, which all our services make alike.
        let rule = app.rt.tokens.step_up();
        to.query_pairs_mut()
            .append_pair("max_age", &rule.max_age.to_string())
            .append_pair("acr_values", rule.assurance.name());
    }
    if let Some(mandate) = query.0.thay {
        to.query_pairs_mut()
            .append_pair("acting_for", &mandate.to_string());
    }
    if query.0.doi.is_some() {
        to.query_pairs_mut()
            .append_pair("action", "change_password");
    }
    let kept = SignIn {
        nonce,
        verifier,
        next: next.to_owned(),
        browser: browser.clone(),
    };
    session::keep_sign_in(app, &state, &kept)
        .await
        .map_err(PageError::internal)?;
    let mut response = see_other(to.as_str());
    let cookie = session::cookie(app, app.browser_cookie(), browser)
        .max_age(CookieAge::minutes(10))
        .finish();
    response.add_cookie(&cookie).map_err(PageError::internal)?;
    Ok(response)
}

#[derive(Deserialize)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// The part of an ID token (OIDC Core §2) that is checked. It came straight from the token endpoint, so its signature adds
/// nothing to that of the connection (§3.1.3.7); the nonce ties it to this sign-in.
#[derive(Deserialize)]
struct IdClaims {
    iss: String,
    aud: Audience,
    #[serde(default)]
    azp: Option<String>,
    exp: i64,
    #[serde(default)]
    nonce: String,
}

/// What an ID token must say.
struct Expected<'a> {
    issuer: &'a str,
    client: &'a str,
    nonce: &'a str,
    /// Unix seconds.
    now: i64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl IdClaims {
    fn read(token: &str) -> Option<Self> {
        serde_json::from_slice(&B64.decode(token.split('.').nth(1)?).ok()?).ok()
    }

    fn fits(&self, expected: &Expected<'_>) -> bool {
        let ours = |name: &String| name == expected.client;
        let audience = match &self.aud {
            Audience::One(one) => ours(one) && self.azp.as_ref().is_none_or(ours),
            // Several parties: it must say that it was given to us.
            Audience::Many(many) => {
                many.iter().any(ours) && self.azp.as_ref().map_or(many.len() == 1, ours)
            }
        };
        audience
            && self.iss == expected.issuer
            && self.exp.saturating_add(LEEWAY) > expected.now
            && self.nonce == expected.nonce
    }
}

#[get("/dang-nhap/callback")]
pub(super) async fn callback(
    ctx: Ctx,
    req: HttpRequest,
    query: kit::http::Query<Answer>,
) -> Result<HttpResponse, PageError> {
    let app = &ctx.app;
    let state = query.0.state.as_deref().ok_or(PageError::SignInBroken)?;
    let begun = session::take_sign_in(app, state)
        .await
        .ok_or(PageError::SignInBroken)?;
    if req
        .cookie(app.browser_cookie())
        .is_none_or(|c| c.value() != begun.browser)
    {
        return Err(PageError::SignInBroken);
    }
    if query.0.error.is_some() {
        return Err(PageError::SignInBroken);
    }
    let code = query.0.code.as_deref().ok_or(PageError::SignInBroken)?;
    let api = Api {
        token: None,
        ..ctx.api()
    };
    let redirect_uri = redirect_uri(&ctx)?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &redirect_uri),
        ("client_id", &app.settings.client_id),
        ("code_verifier", &begun.verifier),
    ];
    let tokens = api.token(&form).await.map_err(|error| match error {
        ApiError::Refused(refusal) => {
            tracing::info!(
                status = refusal.status,
                code = refusal.code,
                "sign-in code refused"
            );
            PageError::SignInBroken
        }
        away @ ApiError::Away(_) => PageError::of(away, "/"),
    })?;
    let claims = tokens
        .id_token
        .as_deref()
        .and_then(IdClaims::read)
        .ok_or(PageError::SignInBroken)?;
    let expected = Expected {
        issuer: app.rt.tokens.issuer(),
        client: &app.settings.client_id,
        nonce: &begun.nonce,
        now: app.rt.clock.now().timestamp(),
    };
    if !claims.fits(&expected) {
        return Err(PageError::SignInBroken);
    }
    let actor = app
        .rt
        .tokens
        .verify(&tokens.access_token, kit::origin::address(&req), &app.rt)
        .await
        .map_err(|problem| {
            tracing::warn!(%problem, "the token just given is not taken");
            if problem.code().status >= 500 {
                PageError::Away
            } else {
                PageError::SignInBroken
            }
        })?;
    // A token that was given to another client, played in here, would let its person's data be seen by whoever did it.
    if actor.client.as_deref() != Some(app.settings.client_id.as_str()) {
        tracing::warn!(
            client = actor.client.as_deref(),
            "the token was given to another client"
        );
        return Err(PageError::SignInBroken);
    }
    if let Some(old) = &ctx.session {
        session::end(app, old).await;
    }
    let to = match begun.next.as_str() {
        "/" if actor.kind == contracts::ActorKind::Officer => "/mot-cua",
        next => next,
    };
    let mut response = see_other(to);
    let cookie = session::begin(app, tokens, actor)
        .await
        .map_err(PageError::internal)?;
    response.add_cookie(&cookie).map_err(PageError::internal)?;
    response
        .add_cookie(&session::gone(app, app.browser_cookie()))
        .map_err(PageError::internal)?;
    Ok(response)
}

#[post("/dang-xuat")]
pub(super) async fn sign_out(ctx: Ctx, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let Some(session) = &ctx.session else {
        return Ok(see_other("/"));
    };
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))?;
    let app = &ctx.app;
    session::end(app, session).await;
    if let Some(refresh) = &session.refresh {
        let form = [
            ("token", refresh.as_str()),
            ("client_id", app.settings.client_id.as_str()),
        ];
        if let Err(error) = ctx.public_api().revoke(&form).await {
            tracing::warn!(%error, "token not revoked; it expires by itself");
        }
    }
    // Identity has a session of its own; without this the next sign-in would ask for no password.
    let mut to = app
        .settings
        .public_url
        .join("/oauth2/logout")
        .map_err(PageError::internal)?;
    let home = app
        .settings
        .public_url
        .join("/")
        .map_err(PageError::internal)?;
    to.query_pairs_mut()
        .append_pair("client_id", &app.settings.client_id)
        .append_pair("post_logout_redirect_uri", home.as_str());
    if let Some(hint) = &session.id_token {
        to.query_pairs_mut().append_pair("id_token_hint", hint);
    }
    let mut response = see_other(to.as_str());
    response
        .add_cookie(&session::gone(app, app.session_cookie()))
        .map_err(PageError::internal)?;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_gone_back_to() {
        assert_eq!(local_path(Some("/ho-so?x=1")), "/ho-so?x=1");
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a\nb",
            "ho-so",
            "",
            "/dang-xuat",
        ] {
            assert_eq!(local_path(Some(bad)), "/", "{bad:?}");
        }
        assert_eq!(local_path(None), "/");
    }

    #[test]
    fn id_tokens_must_carry_the_nonce_and_name_us() {
        let expected = Expected {
            issuer: "i",
            client: "portal",
            nonce: "n",
            now: 1000,
        };
        let fits = |rest: &str| {
            let json = format!("{{\"iss\":\"i\",{rest}}}");
            let token = format!("h.{}.s", B64.encode(json));
            IdClaims::read(&token).is_some_and(|claims| claims.fits(&expected))
        };
        for good in [
            r#""exp":1300,"nonce":"n","aud":"portal""#,
            r#""exp":971,"nonce":"n","aud":"portal","azp":"portal""#,
            r#""exp":1300,"nonce":"n","aud":["portal"]"#,
            r#""exp":1300,"nonce":"n","aud":["x","portal"],"azp":"portal""#,
        ] {
            assert!(fits(good), "{good}");
        }
        for bad in [
            r#""exp":1300,"nonce":"m","aud":"portal""#,
            r#""exp":1300,"aud":"portal""#,
            r#""exp":1300,"nonce":"n","aud":"cli""#,
            r#""exp":1300,"nonce":"n","aud":"portal","azp":"cli""#,
            r#""exp":1300,"nonce":"n","aud":["x","portal"]"#,
            r#""exp":1300,"nonce":"n","aud":["x","portal"],"azp":"x""#,
            r#""exp":970,"nonce":"n","aud":"portal""#,
            r#""nonce":"n","aud":"portal""#,
        ] {
            assert!(!fits(bad), "{bad}");
        }
        assert!(IdClaims::read("x").is_none());
    }
}
