//! Passkeys, with an authenticator of software that speaks WebAuthn as a telephone does.
#![expect(
    clippy::indexing_slicing,
    reason = "what is not there is null, and the test says so"
)]

use crate::second_factor::turned_on;
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
    fn new(id: u8) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        Self {
            key: pair,
            id: vec![id; 16],
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
        let data = self.data("issuer.test", false);
        self.signed(options, origin, &data)
    }

    /// For another relying party, as a page elsewhere would get it.
    fn elsewhere(&mut self, options: &Value) -> String {
        let data = self.data("evil.example", false);
        self.signed(options, ISSUER, &data)
    }

    /// The person was there and proved nothing.
    fn asleep(&mut self, options: &Value) -> String {
        let mut data = self.data("issuer.test", false);
        data[32] = 0x01;
        self.signed(options, ISSUER, &data)
    }

    fn signed(&self, options: &Value, origin: &str, data: &[u8]) -> String {
        let client = Self::client_data("webauthn.get", options, origin);
        let mut message = data.to_vec();
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
    made_with(browser, telephone, PASSWORD).await
}

async fn made_with(browser: &Browser<'_>, telephone: &mut Telephone, password: &str) -> Reply {
    let page = browser.get("/oauth2/passkeys").await.expect(200);
    assert!(
        page.header("content-security-policy")
            .is_some_and(|p| p.contains("script-src 'nonce-"))
    );
    let (form, answer) = (hidden(&page), telephone.make(&options(&page)));
    let fields = [
        ("form", form.as_str()),
        ("name", "Điện thoại"),
        ("password", password),
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
    let mut telephone = Telephone::new(7);
    // A browser left open is not enough.
    let wrong = made_with(&browser, &mut telephone, "not-the-password").await;
    assert!(!wrong.expect(422).text().contains("Điện thoại"));
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
    let state = world.app.with_token(&text(&tokens, "access_token"));
    let state = state.get("/api/v1/me/second-factor").await.expect(200);
    assert_eq!(state.json()["passkeys"], 1);
    let export = world.app.with_token(&text(&tokens, "access_token"));
    let export = export.get("/api/v1/me/data").await.expect(200).json();
    let mine = export["passkeys"].as_array().expect("passkeys");
    assert_eq!(mine.len(), 1);
    let told: Vec<&String> = mine[0].as_object().expect("one").keys().collect();
    assert_eq!(told, ["createdAt", "name", "usedAt"], "no key material");
    assert_eq!(mine[0]["name"], "Điện thoại");
    // Another browser has no part in this sign-in, and the question was answered.
    prove(&world.browser(), &asked, &proof).await.expect(400);
    prove(&other, &asked, &proof).await.expect(401);
    // A client that wants no less gets it silently now.
    let silent = request(&[("acr_values", "phr"), ("prompt", "none")]);
    assert!(answer(&other.get(&silent).await.expect(303)).contains_key("code"));
}

#[tokio::test]
async fn where_nothing_less_will_do_no_code_does() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "officer", PASSWORD).await;
    let mut telephone = Telephone::new(7);
    made(&browser, &mut telephone).await.expect(200);
    let (codes, _) = turned_on(&world, "officer").await;
    let page = asked(&world.browser(), "officer").await;
    assert!(page.text().contains("one-time-code"), "either will do");
    let wanted = request(&[("acr_values", "phr")]);
    let other = world.browser();
    let page = other.try_sign_in(&wanted, "officer", PASSWORD).await;
    let page = page.expect(200);
    let html = page.text();
    assert!(
        html.contains("data-options") && !html.contains("one-time-code"),
        "{html}"
    );
    // Sent all the same.
    let (form, typed) = (hidden(&page), codes.next_code());
    let fields = [("form", form.as_str()), ("code", typed.as_str())];
    let less = other.post("/oauth2/authorize", &fields).await.expect(303);
    assert_eq!(answer(&less)["error"], "unmet_authentication_requirements");
    assert!(other.cookie("motcua_signin").is_none(), "not signed in");
    let proof = telephone.answer(&options(&page), ISSUER);
    let done = prove(&other, &page, &proof).await.expect(303);
    assert!(answer(&done).contains_key("code"));
}

#[tokio::test]
async fn a_false_page_an_old_question_and_another_key_prove_nothing() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "officer", PASSWORD).await;
    let mut telephone = Telephone::new(7);
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
    let mut strange = Telephone::new(7);
    for bad in [
        telephone.answer(&options(&page), "http://issuer.test.evil.example"),
        telephone.answer(&options(&page), "http://sub.issuer.test"),
        telephone.elsewhere(&options(&page)),
        telephone.asleep(&options(&page)),
        telephone.answer(&options(&first), ISSUER),
        strange.answer(&options(&page), ISSUER),
        "{}".to_owned(),
        "ẩn danh".to_owned(),
    ] {
        let again = prove(&other, &page, &bad).await.expect(401);
        assert!(again.text().contains("data-options"), "asked again");
        world.rt.clock.advance(Duration::seconds(70));
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
    let fields = [
        ("form", form.as_str()),
        ("remove", id),
        ("password", PASSWORD),
    ];
    let guess = [
        ("form", form.as_str()),
        ("remove", id),
        ("password", "not-the-password"),
    ];
    // Another session's form removes nothing.
    let stranger = world.browser();
    stranger.sign_in(&portal(), "citizen", PASSWORD).await;
    stranger.post("/oauth2/passkeys", &fields).await.expect(401);
    browser.post("/oauth2/passkeys", &guess).await.expect(422);
    browser.post("/oauth2/passkeys", &fields).await.expect(200);
    browser.post("/oauth2/passkeys", &fields).await.expect(422);
    world
        .browser()
        .sign_in(&portal(), "officer", PASSWORD)
        .await;
}

/// The page that asks this person for a passkey.
async fn asked(browser: &Browser<'_>, login: &str) -> Reply {
    let page = browser.try_sign_in(&portal(), login, PASSWORD).await;
    page.expect(200)
}

#[tokio::test]
async fn a_counter_that_goes_back_shows_a_copy() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "officer", PASSWORD).await;
    let mut telephone = Telephone::new(7);
    made(&browser, &mut telephone).await.expect(200);
    // The copy stands where the telephone stood at first; both were asked before either answered.
    let (one, two) = (world.browser(), world.browser());
    let (first, second) = (asked(&one, "officer").await, asked(&two, "officer").await);
    telephone.uses = 7;
    let proof = telephone.answer(&options(&first), ISSUER);
    prove(&one, &first, &proof).await.expect(303);
    telephone.uses = 4;
    let copy = telephone.answer(&options(&second), ISSUER);
    let again = prove(&two, &second, &copy).await.expect(401);
    let copy = telephone.answer(&options(&again), ISSUER);
    prove(&two, &again, &copy).await.expect(401);
    // The telephone itself goes on.
    telephone.uses = 8;
    let page = asked(&two, "officer").await;
    let proof = telephone.answer(&options(&page), ISSUER);
    prove(&two, &page, &proof).await.expect(303);
}

#[tokio::test]
async fn a_passkey_is_its_owners_alone_and_goes_with_a_reset() {
    let world = World::new().await;
    let mut keys = Vec::new();
    for (login, id) in [("officer", 7), ("specialist", 9)] {
        let browser = world.browser();
        browser.sign_in(&portal(), login, PASSWORD).await;
        let mut telephone = Telephone::new(id);
        made(&browser, &mut telephone).await.expect(200);
        // The same one again, whatever the browser was told to leave out.
        made(&browser, &mut telephone).await.expect(422);
        keys.push(telephone);
    }
    let browser = world.browser();
    let page = asked(&browser, "officer").await;
    let html = page.text();
    assert!(
        !html.contains("one-time-code"),
        "there are no codes: {html}"
    );
    let theirs = keys[1].answer(&options(&page), ISSUER);
    let page = prove(&browser, &page, &theirs).await.expect(401);
    let mine = keys[0].answer(&options(&page), ISSUER);
    prove(&browser, &page, &mine).await.expect(303);
    // Lost: the administrator takes it away.
    let officer = world.token("officer").await;
    let me = world.app.with_token(&officer).get("/api/v1/me").await;
    let path = format!(
        "/api/v1/accounts/{}/second-factor",
        text(&me.expect(200).json(), "id")
    );
    let admin = world.token("agencyadmin").await;
    let admin = || world.app.with_token(&admin);
    admin().delete(&path).await.expect(204);
    admin()
        .delete(&path)
        .await
        .expect_problem(409, "second-factor.off");
    let browser = world.browser();
    browser.sign_in(&portal(), "officer", PASSWORD).await;
}

#[tokio::test]
async fn an_old_sign_in_makes_no_passkey() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "officer", PASSWORD).await;
    let page = browser.get("/oauth2/passkeys").await.expect(200);
    let mut telephone = Telephone::new(7);
    let (form, answer) = (hidden(&page), telephone.make(&options(&page)));
    world.rt.clock.advance(Duration::seconds(901));
    let fields = [
        ("form", form.as_str()),
        ("name", "x"),
        ("password", PASSWORD),
        ("answer", answer.as_str()),
    ];
    browser.post("/oauth2/passkeys", &fields).await.expect(401);
    browser.get("/oauth2/passkeys").await.expect(401);
}
