//! A runtime with a standing clock and a key pair of its own; tokens signed with it.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use chrono::{DateTime, Utc};
use contracts::{Actor, Assurance};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::token::{AUDIENCE, Act, Claims};
use kit::{
    Cache, Client, Clock, Directory, Lifecycle, Metrics, Runtime, Sealer, TokenVerifier, clock::Ids,
};
use std::sync::OnceLock;

/// The issuer of the test's tokens.
pub const ISSUER: &str = "http://issuer.test";

struct Keys {
    signing: EncodingKey,
    public: JwkSet,
}

fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("key pair");
        let der = pair.to_pkcs8v1().expect("pkcs8");
        let signing = EncodingKey::from_ec_der(der.as_ref());
        let mut jwk = Jwk::from_encoding_key(&signing, Algorithm::ES256).expect("jwk");
        jwk.common.key_id = Some("test".to_owned());
        Keys {
            signing,
            public: JwkSet { keys: vec![jwk] },
        }
    })
}

/// A runtime whose clock stands at Monday 2026-11-16 09:00 in Việt Nam; memory cache; trusts [`token`].
pub fn runtime() -> Runtime {
    kit::process::install_crypto();
    let directory = Directory::default();
    let start: DateTime<Utc> = "2026-11-16T02:00:00Z".parse().expect("an instant");
    Runtime {
        clock: Clock::fixed(start),
        ids: Ids,
        client: Client::new(directory.clone()).expect("client"),
        directory,
        lifecycle: Lifecycle::new(),
        cache: Cache::memory(),
        metrics: Metrics::new(),
        tokens: TokenVerifier::fixed(ISSUER, &keys().public),
        sealer: Sealer::new("a secret for tests only, 32 letters").expect("sealer"),
        workers: 1,
    }
}

/// A verifier that trusts the keys of this key set (RFC 7517), if it is one.
pub fn verifier(key_set: &[u8]) -> Option<TokenVerifier> {
    let set: JwkSet = serde_json::from_slice(key_set).ok()?;
    Some(TokenVerifier::fixed(ISSUER, &set))
}

/// An access token for this person, good for an hour of the runtime's clock.
pub fn token(rt: &Runtime, actor: &Actor) -> String {
    token_with(rt, actor, |_| {})
}

/// An access token with changed claims: expired, foreign issuer, other audience.
pub fn token_with(rt: &Runtime, actor: &Actor, change: impl FnOnce(&mut Claims)) -> String {
    let now = rt.clock.now();
    let mut claims = Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: actor.subject,
        azp: actor.client.clone().unwrap_or_default(),
        client_id: actor.client.clone(),
        exp: now.timestamp() + 3600,
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
        scope: actor.limits.scopes.as_ref().map(|s| s.join(" ")),
        quota: actor.limits.requests_per_minute,
        // Just signed in, with two factors, unless the test says otherwise.
        auth_time: actor.proof.at.or_else(|| Some(now.timestamp())),
        acr: Some(match actor.proof.at {
            Some(_) => actor.proof.assurance,
            None => Assurance::MultiFactor,
        }),
        act: actor.mandate.as_ref().map(|mandate| Act {
            sub: mandate.subject,
            name: mandate.name.clone(),
            ground: mandate.ground,
            mandate: mandate.id,
            ver: 1,
        }),
        acting: actor.acting.clone(),
        predecessors: actor.predecessors.clone(),
        networks: Vec::new(),
    };
    change(&mut claims);
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some("test".to_owned());
    header.typ = Some("at+jwt".to_owned());
    jsonwebtoken::encode(&header, &claims, &keys().signing).expect("token")
}
