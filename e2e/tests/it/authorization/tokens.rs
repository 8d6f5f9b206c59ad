//! Tokens: good ones signed with the suite's own key, and every way of being no good.

use super::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64};
use contracts::Actor;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::token::{AUDIENCE, Claims};
use serde_json::{Value, json};

/// The key that the suite signs with, taken from its database.
pub(super) struct SigningKey {
    kid: String,
    key: EncodingKey,
    public: Value,
}

impl SigningKey {
    pub(super) async fn of(suite: &suite::serve::Suite) -> Self {
        use durable::sea_orm::ConnectionTrait as _;
        use durable::sea_orm::sea_query::{Alias, Query};
        let query = Query::select()
            .columns([Alias::new("kid"), Alias::new("pkcs8")])
            .from(Alias::new("signing_key"))
            .to_owned();
        let db = suite.databases.identity.read();
        let row = db.query_one(&query).await.expect("a row").expect("a key");
        let kid: String = row.try_get("", "kid").expect("kid");
        let sealed: String = row.try_get("", "pkcs8").expect("pkcs8");
        let pkcs8 = suite.rt.sealer.open(&sealed).expect("opens");
        let key = EncodingKey::from_ec_der(&B64.decode(pkcs8).expect("base64url"));
        let public = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a public half");
        Self {
            kid,
            public: serde_json::to_value(public).expect("JSON"),
            key,
        }
    }

    fn coordinate(&self, name: &str) -> Vec<u8> {
        let text = self.public[name].as_str().expect("a coordinate");
        B64.decode(text).expect("base64url")
    }

    /// The public key as everybody can have it: `SubjectPublicKeyInfo`.
    fn spki(&self) -> Vec<u8> {
        const HEAD: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04";
        [HEAD, &self.coordinate("x"), &self.coordinate("y")].concat()
    }

    fn pem(&self) -> String {
        let body = STANDARD.encode(self.spki());
        let (first, second) = body.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }

    fn sign(&self, claims: &impl serde::Serialize) -> String {
        self.sign_as("at+jwt", claims)
    }

    fn sign_as(&self, typ: &str, claims: &impl serde::Serialize) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.kid.clone());
        header.typ = Some(typ.to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).expect("a token")
    }
}

fn claims(world: &World, actor: &Actor) -> Claims {
    let rt = &world.running.suite.rt;
    let now = rt.clock.now();
    Claims {
        iss: rt.tokens.issuer().to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: actor.subject,
        azp: actor.client.clone().unwrap_or_default(),
        client_id: actor.client.clone(),
        exp: now.timestamp() + 600,
        iat: now.timestamp(),
        jti: rt.ids.uuid(now).to_string(),
        grant: None,
        sid: None,
        openid_scope: None,
        name: actor.name.clone(),
        kind: actor.kind,
        roles: actor.roles.clone(),
        agency: actor.agency.clone(),
        ver: 1,
        scope: None,
        quota: None,
        auth_time: Some(now.timestamp()),
        acr: Some(contracts::Assurance::MultiFactor),
        act: None,
        acting: actor.acting.clone(),
        predecessors: actor.predecessors.clone(),
        networks: Vec::new(),
    }
}

/// A token that the suite takes.
pub(super) fn good(world: &World, actor: &Actor) -> String {
    world.key.sign(&claims(world, actor))
}

/// Header and payload as text, signed by `sign`.
fn by_hand(header: &Value, payload: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| B64.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(payload));
    let signature = B64.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// Every way of being no good: what, the token, the code it is refused with. Their bearer would be an administrator.
#[expect(clippy::unused_async, reason = "called among what awaits")]
pub(super) async fn bad(world: &World) -> Vec<(&'static str, String, &'static str)> {
    const INVALID: &str = "auth.invalid-token";
    let key = &world.key;
    let actor = testkit::actors::admin();
    let with = |change: &dyn Fn(&mut Claims)| {
        let mut claims = claims(world, &actor);
        change(&mut claims);
        key.sign(&claims)
    };
    let payload = serde_json::to_value(claims(world, &actor)).expect("JSON");
    let without = |name: &str| {
        let mut payload = payload.clone();
        payload.as_object_mut().expect("an object").remove(name);
        key.sign(&payload)
    };
    let whole = good(world, &actor);
    let (message, signature) = whole.rsplit_once('.').expect("a signature");
    let (head, body) = message.split_once('.').expect("a payload");
    let hmac = |secret: Vec<u8>, alg: &str| {
        use aws_lc_rs::hmac;
        let algorithm = if alg == "HS256" {
            hmac::HMAC_SHA256
        } else {
            hmac::HMAC_SHA512
        };
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": key.kid});
        by_hand(&header, &payload, |message| {
            let secret = hmac::Key::new(algorithm, &secret);
            hmac::sign(&secret, message).as_ref().to_vec()
        })
    };
    let unsigned = |alg: &str| {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": key.kid});
        by_hand(&header, &payload, |_| Vec::new())
    };
    let rt = testkit::runtime();
    rt.clock.set(world.running.suite.rt.clock.now());
    let foreign = testkit::token(&rt, &actor);
    let foreign_signature = foreign.rsplit('.').next().expect("a signature");
    let mut other_roles = payload.clone();
    other_roles["sub"] = json!(world.account);
    let header = |value: Value| {
        let signed = key.sign(&payload);
        let (_, rest) = signed.split_once('.').expect("a payload");
        format!("{}.{rest}", B64.encode(value.to_string()))
    };
    let now = world.running.suite.rt.clock.now().timestamp();
    vec![
        ("expired", with(&|c| c.exp = now - 60), "auth.expired-token"),
        (
            "foreign issuer",
            with(&|c| c.iss = "https://evil.example".into()),
            "auth.foreign-issuer",
        ),
        (
            "issuer with a slash more",
            with(&|c| c.iss.push('/')),
            "auth.foreign-issuer",
        ),
        (
            "wrong audience",
            with(&|c| c.aud = "portal".into()),
            INVALID,
        ),
        (
            "of a client that is elsewhere",
            with(&|c| c.networks = vec!["203.0.113.0/24".parse().expect("a network")]),
            "auth.foreign-network",
        ),
        ("from the future", with(&|c| c.iat = now + 600), INVALID),
        ("without an expiry", without("exp"), INVALID),
        ("without an audience", without("aud"), INVALID),
        ("without a subject", without("sub"), INVALID),
        ("without an issuer", without("iss"), INVALID),
        ("of another type", key.sign_as("JWT", &payload), INVALID),
        (
            "a logout token",
            key.sign_as("logout+jwt", &payload),
            INVALID,
        ),
        ("alg none", unsigned("none"), INVALID),
        ("alg NONE", unsigned("NONE"), INVALID),
        ("no signature", unsigned("ES256"), INVALID),
        (
            "HS256 with the public key, DER",
            hmac(key.spki(), "HS256"),
            INVALID,
        ),
        (
            "HS256 with the public key, PEM",
            hmac(key.pem().into_bytes(), "HS256"),
            INVALID,
        ),
        (
            "HS256 with the public key, JWK",
            hmac(key.public.to_string().into_bytes(), "HS256"),
            INVALID,
        ),
        (
            "HS512 with the public key, PEM",
            hmac(key.pem().into_bytes(), "HS512"),
            INVALID,
        ),
        (
            "HS256 with an empty key",
            hmac(b"\0".to_vec(), "HS256"),
            INVALID,
        ),
        ("of another's key", foreign.clone(), INVALID),
        (
            "another's signature under our key's name",
            format!("{message}.{foreign_signature}"),
            INVALID,
        ),
        (
            "another payload under a good signature",
            format!("{head}.{}.{signature}", B64.encode(other_roles.to_string())),
            INVALID,
        ),
        (
            "another header under a good signature",
            header(json!({"alg": "ES256", "kid": key.kid, "jwk": key.public})),
            INVALID,
        ),
        ("no key id", header(json!({"alg": "ES256"})), INVALID),
        (
            "a key id that is a path",
            header(json!({"alg": "ES256", "kid": "../../etc/passwd"})),
            INVALID,
        ),
        (
            "zero signature",
            format!("{message}.{}", B64.encode([0; 64])),
            INVALID,
        ),
        ("two parts", format!("{head}.{body}"), INVALID),
        ("four parts", format!("{whole}.x"), INVALID),
        ("no token at all", "x".to_owned(), INVALID),
        (
            "of a closed account",
            world.closed.clone(),
            "auth.revoked-token",
        ),
        (
            "of a closed client",
            world.closed_client.clone(),
            "auth.revoked-token",
        ),
    ]
}
