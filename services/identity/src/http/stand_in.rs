//! A stand-in for a national identity provider, for tests and the demonstration: it lets one choose a fictitious person, and then speaks
//! OpenID Connect as a stranger would, with its own key and the fields of VNConnect. Only there when the settings ask for it.
//!
//! A further provider in the settings may have its addresses, under a client of a longer name, which says how it behaves to it: to
//! `motcua.no-sub.no-name.no-time` it does not tell `sub` and name in userinfo nor `auth_time` in the id token, and to
//! `motcua.other-sub` userinfo is about somebody else.

use super::{NO_STORE, page, token};
use crate::App;
use crate::app::providers;
use crate::domain::params::Params;
use crate::domain::provider::{Names, Provider};
use crate::domain::secret;
use crate::error::unforeseen;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::config::Secret;
use kit::http::Language;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

/// Its name among the providers.
pub(crate) const ID: &str = "minh-hoa";
const ISSUER: &str = "https://dinh-danh.minh-hoa.example";
const CLIENT: &str = "motcua";
const SECRET: &str = "stand-in-secret";
/// How long codes and tokens are good, seconds.
const LIFE: i64 = 300;

/// Its key, made anew at each start.
pub(crate) struct StandIn {
    signing: EncodingKey,
    public: JwkSet,
}

/// Fictitious people and one organisation: number, kind, name, level of assurance.
const PEOPLE: [(&str, &str, &str, &str); 4] = [
    ("024090000001", "1", "Nguyễn Văn An", "LoA2"),
    ("024192000002", "1", "Trần Thị Bình", "LoA1"),
    ("024195000004", "1", "Lê Thị Mơ", "LoA2"),
    ("2400123458", "2", "Công ty TNHH Hoa Sen Minh Họa", "LoA2"),
];

impl StandIn {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|error| anyhow::anyhow!("key generation: {error}"))?;
        let document = pair
            .to_pkcs8v1()
            .map_err(|error| anyhow::anyhow!("key encoding: {error}"))?;
        let signing = EncodingKey::from_ec_der(document.as_ref());
        let mut jwk = Jwk::from_encoding_key(&signing, Algorithm::ES256)?;
        jwk.common.key_id = Some("stand-in".to_owned());
        let public = JwkSet { keys: vec![jwk] };
        Ok(Self { signing, public })
    }

    /// How the suite is told of it.
    pub(crate) fn provider() -> (Provider, Secret) {
        let at = |path: &str| format!("/oauth2/stand-in/{path}");
        let provider = Provider {
            id: ID.to_owned(),
            name_vi: "Định danh điện tử (minh họa)".to_owned(),
            name_en: "Electronic identity (stand-in)".to_owned(),
            issuer: ISSUER.to_owned(),
            authorization_endpoint: at("authorize"),
            token_endpoint: at("token"),
            userinfo_endpoint: at("userinfo"),
            jwks_uri: at("jwks"),
            client_id: CLIENT.to_owned(),
            scope: "openid".to_owned(),
            acr_values: "LoA1".to_owned(),
            pkce: true,
            secret_in_form: false,
            claims: Names::default(),
            multi_factor: vec!["LoA2".to_owned(), "LoA3".to_owned()],
            creates_accounts: true,
            fresh_by_prompt: false,
        };
        (provider, Secret::new(SECRET))
    }
}

/// What a code or an access token of the stand-in says, sealed.
#[derive(Serialize, Deserialize)]
struct Ticket {
    /// `code` or `access`.
    what: String,
    person: usize,
    until: i64,
    nonce: String,
    challenge: String,
    redirect_uri: String,
    client: String,
    /// When the person was chosen, unix seconds.
    at: i64,
}

impl Ticket {
    fn seal(&self, app: &App) -> anyhow::Result<String> {
        let text = serde_json::to_string(self)?;
        Ok(app.rt.sealer.seal_about(app.rt.ids, &text, "stand-in"))
    }

    fn open(app: &App, sealed: &str, what: &str) -> Option<Self> {
        let text = app.rt.sealer.open_about(sealed, "stand-in").ok()?;
        let ticket: Self = serde_json::from_str(&text).ok()?;
        let good = ticket.what == what && app.rt.clock.now().timestamp() < ticket.until;
        good.then_some(ticket)
    }
}

/// Whether it behaves so to a client.
fn is_so(client: &str, how: &str) -> bool {
    client.split('.').skip(1).any(|one| one == how)
}

fn refused() -> HttpResponse {
    HttpResponse::BadRequest().json(json!({"error": "invalid_request"}))
}

/// Whom to be.
#[get("/oauth2/stand-in/authorize")]
pub(super) async fn authorize(
    req: HttpRequest,
    app: web::Data<App>,
    language: Language,
) -> HttpResponse {
    let Ok(params) = Params::parse(req.query_string().as_bytes()) else {
        return refused();
    };
    let provider = params.get("client_id").and_then(|client| {
        let mut all = app.settings.providers.iter();
        all.find(|p| p.client_id == client && p.issuer == ISSUER)
    });
    let back = provider.map(|provider| providers::redirect_uri(&app, provider));
    let known = app.stand_in.is_some()
        && params.get("redirect_uri") == back.as_deref()
        && params.get("code_challenge_method") == Some("S256");
    let (true, Some(provider), Some(back), Some(state), Some(nonce), Some(challenge)) = (
        known,
        provider,
        back,
        params.get("state"),
        params.get("nonce"),
        params.get("code_challenge"),
    ) else {
        return refused();
    };
    let Some(chosen) = params.get("person") else {
        let people = PEOPLE
            .iter()
            .enumerate()
            .map(|(n, (number, _, name, loa))| {
                let href = format!(
                    "/oauth2/stand-in/authorize?{}&person={n}",
                    req.query_string()
                );
                (href, format!("{name} · {number} · {loa}"))
            });
        return page::stand_in(&app, language.0, &people.collect::<Vec<_>>());
    };
    let Some(person) = chosen.parse().ok().filter(|n| *n < PEOPLE.len()) else {
        return refused();
    };
    let now = app.rt.clock.now().timestamp();
    let ticket = Ticket {
        what: "code".to_owned(),
        person,
        until: now + LIFE,
        client: provider.client_id.clone(),
        at: now,
        nonce: nonce.to_owned(),
        challenge: challenge.to_owned(),
        redirect_uri: back.clone(),
    };
    let to = ticket.seal(&app).and_then(|code| {
        let mut to = Url::parse(&back)?;
        to.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", state);
        Ok(to)
    });
    match to {
        Ok(to) => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, to.as_str()))
            .insert_header(NO_STORE)
            .finish(),
        Err(error) => unforeseen(error).render(language.0, None),
    }
}

/// A code becomes tokens.
#[post("/oauth2/stand-in/token")]
pub(super) async fn tokens(
    req: HttpRequest,
    app: web::Data<App>,
    body: web::Bytes,
) -> HttpResponse {
    let Some(stand_in) = &app.stand_in else {
        return HttpResponse::NotFound().finish();
    };
    let by = req
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(token::basic);
    let params = super::form(&req, &body).ok();
    let ticket = params.as_ref().and_then(|params| {
        let ticket = Ticket::open(&app, params.get("code")?, "code")?;
        let proved = secret::pkce_proves(params.get("code_verifier")?, &ticket.challenge);
        let same = params.get("redirect_uri")? == ticket.redirect_uri;
        let its_own = by == Some((ticket.client.clone(), SECRET.to_owned()));
        (proved && same && its_own).then_some(ticket)
    });
    let Some(ticket) = ticket else {
        return HttpResponse::BadRequest().json(json!({"error": "invalid_grant"}));
    };
    let now = app.rt.clock.now().timestamp();
    let mut claims = json!({
        "iss": ISSUER, "sub": subject(ticket.person), "aud": ticket.client, "iat": now, "exp": now + LIFE, "nonce": ticket.nonce,
    });
    let auth_time = (!is_so(&ticket.client, "no-time")).then_some(ticket.at);
    let header = Header {
        kid: Some("stand-in".to_owned()),
        ..Header::new(Algorithm::ES256)
    };
    let access = Ticket {
        what: "access".to_owned(),
        ..ticket
    };
    let made = access.seal(&app).and_then(|access_token| {
        if let Some(members) = claims.as_object_mut() {
            members.insert("at_hash".to_owned(), secret::at_hash(&access_token).into());
            members.extend(auth_time.map(|at| ("auth_time".to_owned(), at.into())));
        }
        let id_token = jsonwebtoken::encode(&header, &claims, &stand_in.signing)?;
        Ok(json!({"access_token": access_token, "token_type": "Bearer", "expires_in": LIFE, "id_token": id_token}))
    });
    match made {
        Ok(answer) => HttpResponse::Ok().insert_header(NO_STORE).json(answer),
        Err(error) => unforeseen(error).render(contracts::Language::En, None),
    }
}

fn subject(person: usize) -> String {
    format!("person-{person}")
}

/// Who it is, in the fields of VNConnect.
#[get("/oauth2/stand-in/userinfo")]
pub(super) async fn userinfo(req: HttpRequest, app: web::Data<App>) -> HttpResponse {
    let ticket = req
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .and_then(|sealed| Ticket::open(&app, sealed, "access"));
    let found = ticket.and_then(|t| Some((PEOPLE.get(t.person)?, t)));
    let Some(((number, kind, name, loa), ticket)) = found.filter(|_| app.stand_in.is_some()) else {
        return HttpResponse::Unauthorized().finish();
    };
    let Ticket { client, person, .. } = ticket;
    let mut info = json!({
        "sub": subject(person), "TechID": subject(person), "LoaiTaiKhoan": kind, "HoTen": name, "loAs": loa,
    });
    let field = if *kind == "1" {
        "SoDinhDanh"
    } else {
        "MaSoThue"
    };
    if let Some(members) = info.as_object_mut() {
        members.insert(field.to_owned(), Value::String((*number).to_owned()));
        if is_so(&client, "no-sub") {
            members.remove("sub");
        }
        if is_so(&client, "no-name") {
            members.remove("HoTen");
        }
        if is_so(&client, "other-sub") {
            members.insert("sub".to_owned(), Value::String(subject(person + 1)));
        }
    }
    HttpResponse::Ok().insert_header(NO_STORE).json(info)
}

/// Its keys.
#[get("/oauth2/stand-in/jwks")]
pub(super) async fn jwks(app: web::Data<App>) -> HttpResponse {
    match &app.stand_in {
        Some(stand_in) => HttpResponse::Ok().json(&stand_in.public),
        None => HttpResponse::NotFound().finish(),
    }
}
