//! Passkeys, with an authenticator of software that speaks WebAuthn as a telephone does.

use crate::world::{Browser, PASSWORD, World, answer, claims, hidden, portal, request, text};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use chrono::Duration;
use serde_json::{Value, json};
use testkit::{ISSUER, Reply};

/// One passkey of one person.
struct Telephone {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    uses: u32,
}

/// CBOR of a byte string.
fn bytes(data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len()).expect("short");
    let mut out = if length < 24 {
        vec![0x40 + length]
    } else {
        vec![0x58, length]
    };
    out.extend_from_slice(data);
    out
}

impl Telephone {
    fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        Self {
            key: pair,
            id: vec![7; 16],
            uses: 0,
        }
    }

    /// What is signed: the relying party, that the person was there and proved it, the counter.
    fn data(&mut self, party: &str, attested: bool) -> Vec<u8> {
        self.uses += 1;
        let mut out = digest(&SHA256, party.as_bytes()).as_ref().to_vec();
        // User present, user verified, and attested data.
        out.push(if attested { 0x45 } else { 0x05 });
        out.extend_from_slice(&self.uses.to_be_bytes());
        if attested {
            out.extend_from_slice(&[0; 16]);
            out.extend_from_slice(&u16::try_from(self.id.len()).expect("short").to_be_bytes());
            out.extend_from_slice(&self.id);
            // COSE: EC2, ES256, P-256, x, y.
            let point = self.key.public_key().as_ref().to_vec();
            out.extend_from_slice(&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]);
            out.extend(bytes(&point[1..33]));
            out.push(0x22);
            out.extend(bytes(&point[33..65]));
        }
        out
    }

    fn client_data(what: &str, options: &Value, origin: &str) -> Vec<u8> {
        let challenge = options["publicKey"]["challenge"]
            .as_str()
            .expect("a challenge");
        json!({"type": what, "challenge": challenge, "origin": origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn make(&mut self, options: &Value) -> String {
        let client = Self::client_data("webauthn.create", options, ISSUER);
        let data = self.data("issuer.test", true);
        let mut object = vec![0xa3, 0x63];
        object.extend_from_slice(b"fmt");
        object.push(0x64);
        object.extend_from_slice(b"none");
        object.push(0x67);
        object.extend_from_slice(b"attStmt");
        object.extend_from_slice(&[0xa0, 0x68]);
        object.extend_from_slice(b"authData");
        object.extend(bytes(&data));
        json!({
            "id": B64.encode(&self.id), "rawId": B64.encode(&self.id), "type": "public-key",
            "clientExtensionResults": {}, "authenticatorAttachment": "platform",
            "response": {"attestationObject": B64.encode(object), "clientDataJSON": B64.encode(client), "transports": ["internal"]},
        })
        .to_string()
    }

    fn answer(&mut self, options: &Value, origin: &str) -> String {
        let client = Self::client_data("webauthn.get", options, origin);
        let data = self.data("issuer.test", false);
        let mut message = data.clone();
        message.extend_from_slice(digest(&SHA256, &client).as_ref());
        let signature = self
            .key
            .sign(&SystemRandom::new(), &message)
            .expect("signed");
        json!({
            "id": B64.encode(&self.id), "rawId": B64.encode(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {"authenticatorData": B64.encode(data), "clientDataJSON": B64.encode(client),
                "signature": B64.encode(signature.as_ref()), "userHandle": null},
        })
        .to_string()
    }
}

/// What the page asks the authenticator.
fn options(page: &Reply) -> Value {
    let html = page.text();
    let (_, rest) = html
        .split_once("data-options=\"")
        .unwrap_or_else(|| panic!("{html}"));
    let escaped = rest.split_once('"').expect("an end").0;
    let plain = escaped
        .replace("&#34;", "\"")
        .replace("&#38;", "&")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#39;", "'");
    serde_json::from_str(&plain).expect("JSON")
}

async fn made(browser: &Browser<'_>, telephone: &mut Telephone) -> Reply {
    let page = browser.get("/oauth2/passkeys").await.expect(200);
    assert!(
        page.header("content-security-policy")
            .is_some_and(|p| p.contains("script-src 'nonce-"))
    );
    let (form, answer) = (hidden(&page), telephone.make(&options(&page)));
    let fields = [
        ("form", form.as_str()),
        ("name", "Điện thoại"),
        ("answer", answer.as_str()),
    ];
    browser.post("/oauth2/passkeys", &fields).await
}

async fn prove(browser: &Browser<'_>, page: &Reply, answer: &str) -> Reply {
    let form = hidden(page);
    browser
        .post("/oauth2/authorize", &[("form", &form), ("answer", answer)])
        .await
}

#[tokio::test]
async fn a_passkey_is_made_and_signs_in_as_phishing_resistant() {
    let world = World::new().await;
    let browser = world.browser();
    browser.get("/oauth2/passkeys").await.expect(401);
    browser.sign_in(&portal(), "officer", PASSWORD).await;
    let mut telephone = Telephone::new();
    let page = made(&browser, &mut telephone).await.expect(200);
    assert!(page.text().contains("Điện thoại"), "{}", page.text());
    let other = world.browser();
    let asked = other
        .try_sign_in(&portal(), "officer", PASSWORD)
        .await
        .expect(200);
    assert!(other.cookie("motcua_signin").is_none(), "not signed in yet");
    let proof = telephone.answer(&options(&asked), ISSUER);
    let done = prove(&other, &asked, &proof).await.expect(303);
    let code = answer(&done).remove("code").expect("a code");
    let tokens = world.redeem(&code).await.expect(200).json();
    let said = claims(&text(&tokens, "id_token"));
    assert_eq!(said["acr"], "phr");
    assert_eq!(said["amr"], json!(["pwd", "hwk", "user", "mfa"]));
    // The same answer again: the question was answered.
    prove(&world.browser(), &asked, &proof).await.expect(400);
    prove(&other, &asked, &proof).await.expect(401);
    // A client that wants no less gets it silently now.
    let silent = request(&[("acr_values", "phr"), ("prompt", "none")]);
    assert!(answer(&other.get(&silent).await.expect(303)).contains_key("code"));
}

#[tokio::test]
async fn a_false_page_an_old_question_and_another_key_prove_nothing() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "officer", PASSWORD).await;
    let mut telephone = Telephone::new();
    made(&browser, &mut telephone).await.expect(200);
    let other = world.browser();
    let first = other
        .try_sign_in(&portal(), "officer", PASSWORD)
        .await
        .expect(200);
    let page = other
        .try_sign_in(&portal(), "officer", PASSWORD)
        .await
        .expect(200);
    let mut strange = Telephone::new();
    for bad in [
        telephone.answer(&options(&page), "http://issuer.test.evil.example"),
        telephone.answer(&options(&first), ISSUER),
        strange.answer(&options(&page), ISSUER),
        "{}".to_owned(),
        "ẩn danh".to_owned(),
    ] {
        let again = prove(&other, &page, &bad).await.expect(401);
        assert!(again.text().contains("data-options"), "asked again");
        world.rt.clock.advance(Duration::seconds(120));
    }
    // Removed, it is asked for no more.
    let browser = world.browser();
    let asked = browser
        .try_sign_in(&portal(), "officer", PASSWORD)
        .await
        .expect(200);
    let proof = telephone.answer(&options(&asked), ISSUER);
    prove(&browser, &asked, &proof).await.expect(303);
    let page = browser.get("/oauth2/passkeys").await.expect(200);
    let html = page.text();
    let (_, rest) = html.split_once("name=\"remove\" value=\"").expect("one");
    let id = rest.split_once('"').expect("an end").0;
    let form = hidden(&page);
    let fields = [("form", form.as_str()), ("remove", id)];
    // Another session's form removes nothing.
    let stranger = world.browser();
    stranger.sign_in(&portal(), "citizen", PASSWORD).await;
    stranger.post("/oauth2/passkeys", &fields).await.expect(401);
    browser.post("/oauth2/passkeys", &fields).await.expect(200);
    browser.post("/oauth2/passkeys", &fields).await.expect(422);
    world
        .browser()
        .sign_in(&portal(), "officer", PASSWORD)
        .await;
}

#[tokio::test]
async fn an_old_sign_in_makes_no_passkey() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "officer", PASSWORD).await;
    let page = browser.get("/oauth2/passkeys").await.expect(200);
    let mut telephone = Telephone::new();
    let (form, answer) = (hidden(&page), telephone.make(&options(&page)));
    world.rt.clock.advance(Duration::seconds(901));
    let fields = [
        ("form", form.as_str()),
        ("name", "x"),
        ("answer", answer.as_str()),
    ];
    browser.post("/oauth2/passkeys", &fields).await.expect(401);
    browser.get("/oauth2/passkeys").await.expect(401);
}
