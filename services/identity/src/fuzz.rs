//! What comes from outside, for the fuzz targets (`e2e::fuzz`). Each function takes any bytes and panics when a promise is broken. The good
//! answers below are of a key that was thrown away: what differs from them in anything that is signed must be refused.
#![expect(
    clippy::expect_used,
    reason = "what is good is taken, or the target proves nothing"
)]

use crate::app::{machines, passkeys};
use crate::domain;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use jsonwebtoken::jwk::JwkSet;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::LazyLock;
use uuid::Uuid;
use webauthn_rs::Webauthn;
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential,
};

const ISSUER: &str = "https://motcua.example";
/// When the assertion was made, unix seconds.
const NOW: i64 = 1_794_794_400;
/// The challenge of both questions.
const CHALLENGE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// What a browser answers that has made a passkey.
pub const MADE: &str = r#"{"id":"BwcHBwcHBwcHBwcHBwcHBw","rawId":"BwcHBwcHBwcHBwcHBwcHBw","type":"public-key","clientExtensionResults":{},"response":{"attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViUuXJCHthg9u9-625WcYVatuRyw5dVk8S8BN6dEhJIAtNFAAAAAQAAAAAAAAAAAAAAAAAAAAAAEAcHBwcHBwcHBwcHBwcHBwelAQIDJiABIVgg6MxsPFqXUpyyst4fnvqBVWug-kWXhUXNLMwSnOh57ywiWCBY2m3UNGDkL6-pcv7AMZUKRlCGd-9zlkfNVphE8nln_Q","clientDataJSON":"eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiQUFFQ0F3UUZCZ2NJQ1FvTERBME9EeEFSRWhNVUZSWVhHQmthR3h3ZEhoOCIsIm9yaWdpbiI6Imh0dHBzOi8vbW90Y3VhLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9","transports":["internal"]}}"#;
/// The attestation object in it.
pub const ATTESTATION: &[u8] = b"\xa3cfmtdnonegattStmt\xa0hauthDataX\x94\xb9rB\x1e\xd8`\xf6\xef~\xebnVq\x85Z\xb6\xe4r\xc3\x97U\x93\xc4\xbc\x04\xde\x9d\x12\x12H\x02\xd3E\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\xa5\x01\x02\x03& \x01!X \xe8\xccl<Z\x97R\x9c\xb2\xb2\xde\x1f\x9e\xfa\x81Uk\xa0\xfaE\x97\x85E\xcd,\xcc\x12\x9c\xe8y\xef,\x22X X\xdam\xd44`\xe4/\xaf\xa9r\xfe\xc01\x95\x0aFP\x86w\xefs\x96G\xcdV\x98D\xf2yg\xfd";
/// What it answers that has used it.
pub const USED: &str = r#"{"id":"BwcHBwcHBwcHBwcHBwcHBw","rawId":"BwcHBwcHBwcHBwcHBwcHBw","type":"public-key","clientExtensionResults":{},"response":{"authenticatorData":"uXJCHthg9u9-625WcYVatuRyw5dVk8S8BN6dEhJIAtMFAAAAAg","clientDataJSON":"eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiQUFFQ0F3UUZCZ2NJQ1FvTERBME9EeEFSRWhNVUZSWVhHQmthR3h3ZEhoOCIsIm9yaWdpbiI6Imh0dHBzOi8vbW90Y3VhLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9","signature":"MEUCIQCpADI1133MvpFXedQtWs-hzvv1mpLVjVn0ItCNzOLoRQIgYlgBkwU0gwGQ_qOFzpUC3lPGPJDbf4mnsBHmvc-n7PY","userHandle":null}}"#;
/// An assertion of a client that signs.
pub const ASSERTION: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImEiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJjLTEiLCJzdWIiOiJjLTEiLCJhdWQiOiJodHRwczovL21vdGN1YS5leGFtcGxlL29hdXRoMi90b2tlbiIsImV4cCI6MTc5NDc5NDQ2MCwianRpIjoiai0xIn0.zhCqEL3b55iO45rFRUZawbVj_mSbtNUazObEmlkFQL_bqikS-e2ptxH8gC1wD_vLLcXc0vWul13kCNQPES_MFw";
/// The keys of that client.
const KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"a","x":"6MxsPFqXUpyyst4fnvqBVWug-kWXhUXNLMwSnOh57yw","y":"WNpt1DRg5C-vqXL-wDGVCkZQhnfvc5ZHzVaYRPJ5Z_0"}]}"#;

/// A form of the protocol.
pub fn form(bytes: &[u8]) {
    if let Ok(params) = domain::params::Params::parse(bytes) {
        let scope = domain::request::known_scopes(params.get("scope").unwrap_or_default());
        assert!(scope.is_ascii(), "{scope:?} is none of ours");
        if let Some(login) = params.get("login").and_then(domain::account::fold_login) {
            assert_eq!(domain::account::fold_login(&login), Some(login));
        }
    }
}

/// Both questions that were asked, and the good answers.
struct Asked {
    party: Webauthn,
    to_make: PasskeyRegistration,
    made: RegisterPublicKeyCredential,
    to_use: PasskeyAuthentication,
    used: PublicKeyCredential,
}

static ASKED: LazyLock<Asked> = LazyLock::new(|| {
    let party = passkeys::party_of(ISSUER).expect("an issuer");
    let party = party.expect("a name");
    let (_, to_make) = party
        .start_passkey_registration(Uuid::nil(), "an", "An", None)
        .expect("a question");
    let to_make = with_challenge(&to_make, "/rs/challenge");
    let made = passkeys::read(MADE).expect("an answer");
    let passkey = party
        .finish_passkey_registration(&made, &to_make)
        .expect("the good one is taken");
    let (_, to_use) = party
        .start_passkey_authentication(&[passkey])
        .expect("a question");
    let to_use = with_challenge(&to_use, "/ast/challenge");
    let used = passkeys::read(USED).expect("an answer");
    party
        .finish_passkey_authentication(&used, &to_use)
        .expect("the good one is taken");
    Asked {
        party,
        to_make,
        made,
        to_use,
        used,
    }
});

/// The same question with the challenge that the answers are to.
fn with_challenge<T: Serialize + DeserializeOwned>(state: &T, pointer: &str) -> T {
    let mut state = serde_json::to_value(state).expect("JSON");
    *state.pointer_mut(pointer).expect("a challenge") = CHALLENGE.into();
    serde_json::from_value(state).expect("a question")
}

/// What a browser answers that has made or used a passkey; and what an authenticator made, in an answer that is good but for it.
pub fn passkey(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(answer) = passkeys::read(&text) {
        makes(&answer);
    }
    if let Some(answer) = passkeys::read(&text) {
        uses(&answer);
    }
    let mut made = ASKED.made.clone();
    made.response.attestation_object = bytes.to_vec();
    makes(&made);
    let mut used = ASKED.used.clone();
    used.response.authenticator_data = bytes.to_vec();
    uses(&used);
    let mut used = ASKED.used.clone();
    used.response.signature = bytes.to_vec();
    uses(&used);
}

/// Who makes one may make any; it is kept as JSON, and must be found again.
fn makes(answer: &RegisterPublicKeyCredential) {
    let asked = &*ASKED;
    if let Ok(passkey) = asked
        .party
        .finish_passkey_registration(answer, &asked.to_make)
    {
        let kept = serde_json::to_string(&passkey).expect("JSON");
        let again: Passkey = serde_json::from_str(&kept).expect("what was kept");
        assert_eq!(again.cred_id(), passkey.cred_id());
    }
}

/// Nothing that is signed differs from the good one.
fn uses(answer: &PublicKeyCredential) {
    let asked = &*ASKED;
    if let Ok(result) = asked
        .party
        .finish_passkey_authentication(answer, &asked.to_use)
    {
        let (theirs, good) = (&answer.response, &asked.used.response);
        assert!(
            theirs.authenticator_data == good.authenticator_data
                && theirs.client_data_json == good.client_data_json
                && result.user_verified(),
            "forged: {answer:?}"
        );
    }
}

static CLIENT: LazyLock<JwkSet> = LazyLock::new(|| {
    let keys = serde_json::from_str(KEYS).expect("keys");
    let claims = machines::unverified(ASSERTION).expect("claims");
    let good = machines::is_signed(ASSERTION, &keys) && machines::is_for_us(ISSUER, &claims, NOW);
    assert!(good, "the good one is taken");
    keys
});

/// A client's assertion; and its claims alone.
pub fn assertion(bytes: &[u8]) {
    let signed_part = |text: &str| text.rsplit_once('.').map(|(message, _)| message.to_owned());
    let text = String::from_utf8_lossy(bytes);
    if machines::is_signed(&text, &CLIENT) {
        assert_eq!(signed_part(&text), signed_part(ASSERTION), "forged");
    }
    let alone = format!("e30.{}.c2ln", B64.encode(bytes));
    for text in [&*text, alone.as_str()] {
        if let Some(claims) = machines::unverified(text)
            && machines::is_for_us(ISSUER, &claims, NOW)
        {
            let life = claims.exp - NOW;
            assert!((-30..=330).contains(&life), "it lives {life} s");
        }
    }
}
