//! The provider as other people's client libraries see it: the crate `openidconnect`, and Authlib for Python.
use crate::world::{CALLBACK, PASSWORD, World, answer};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreDeviceAuthorizationResponse, CoreProviderMetadata,
};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, DeviceAuthorizationUrl,
    HttpRequest, HttpResponse, IntrospectionUrl, IssuerUrl, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, RedirectUrl, RequestTokenError, RevocationUrl, Scope,
    TokenIntrospectionResponse as _, TokenResponse as _, UserInfoClaims,
};
use std::time::Duration;
use testkit::ISSUER;

/// Calls the issuer where it really listens.
async fn call(world: &World, request: HttpRequest) -> Result<HttpResponse, std::io::Error> {
    let uri = request.uri().to_string();
    // The library wants HTTPS where tokens are revoked.
    let plain = uri.replace("https://", "http://");
    let at = plain.replace(ISSUER, &world.app.url);
    let method = request.method().to_string();
    let mut call = world
        .rt
        .client
        .any(&method, at.parse().expect("a URL"))
        .map_err(std::io::Error::other)?;
    for (name, value) in request.headers() {
        call = call.header(name.as_str(), value.to_str().expect("text"));
    }
    let reply = call
        .bytes(request.into_body().into())
        .send()
        .await
        .map_err(std::io::Error::other)?;
    let mut response = openidconnect::http::Response::builder().status(reply.status());
    for (name, value) in reply.headers() {
        response = response.header(name, value);
    }
    let body = reply.read().await.map_err(std::io::Error::other)?;
    response.body(body.to_vec()).map_err(std::io::Error::other)
}

async fn discovered(world: &World) -> CoreProviderMetadata {
    let issuer = IssuerUrl::new(ISSUER.to_owned()).expect("a URL");
    let http = |request| call(world, request);
    CoreProviderMetadata::discover_async(issuer, &http)
        .await
        .expect("discovery, and the keys")
}

#[tokio::test]
async fn openidconnect_signs_in_renews_reads_and_revokes() {
    let world = World::new().await;
    let http = |request| call(&world, request);
    let client = CoreClient::from_provider_metadata(
        discovered(&world).await,
        ClientId::new("portal".to_owned()),
        None,
    )
    .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).expect("a URL"))
    .set_revocation_url(
        RevocationUrl::new("https://issuer.test/oauth2/revoke".to_owned()).expect("a URL"),
    );
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (to, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("profile".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let request = to.as_str().replace(ISSUER, "");
    let browser = world.browser();
    let back = browser.try_sign_in(&request, "citizen", PASSWORD).await;
    let mut back = answer(&back.expect(303));
    assert_eq!(back["state"], *state.secret());
    assert_eq!(back["iss"], ISSUER);
    let code = AuthorizationCode::new(back.remove("code").expect("a code"));
    let tokens = client
        .exchange_code(code)
        .expect("an endpoint")
        .set_pkce_verifier(verifier)
        .request_async(&http)
        .await
        .expect("tokens");
    // The library's own clock would be years off: the test's clock stands still.
    let now = world.rt.clock.now();
    let checks = client.id_token_verifier().set_time_fn(move || now);
    let id_token = tokens.id_token().expect("an id token");
    let said = id_token
        .claims(&checks, &nonce)
        .expect("signature, issuer, audience, nonce and time");
    let expected = said.access_token_hash().expect("at_hash");
    let actual = AccessTokenHash::from_token(
        tokens.access_token(),
        id_token.signing_alg().expect("an algorithm"),
        id_token.signing_key(&checks).expect("a key"),
    )
    .expect("a hash");
    assert_eq!(*expected, actual);
    assert!(
        id_token.claims(&checks, &Nonce::new_random()).is_err(),
        "another nonce"
    );
    let info: UserInfoClaims<
        openidconnect::EmptyAdditionalClaims,
        openidconnect::core::CoreGenderClaim,
    > = client
        .user_info(tokens.access_token().clone(), Some(said.subject().clone()))
        .expect("an endpoint")
        .request_async(&http)
        .await
        .expect("userinfo");
    let name = info.name().and_then(|n| n.get(None)).expect("a name");
    assert_eq!(name.as_str(), "Nguyễn Văn An");
    let old = tokens.refresh_token().expect("a refresh token").clone();
    let renewed = client
        .exchange_refresh_token(&old)
        .expect("an endpoint")
        .request_async(&http)
        .await
        .expect("renewed");
    let new = renewed.refresh_token().expect("the next one").clone();
    assert_ne!(old.secret(), new.secret());
    client
        .revoke_token(new.clone().into())
        .expect("an endpoint")
        .request_async(&http)
        .await
        .expect("revoked");
    let refused = client
        .exchange_refresh_token(&new)
        .expect("an endpoint")
        .request_async(&http)
        .await;
    match refused {
        Err(RequestTokenError::ServerResponse(error)) => {
            assert_eq!(error.error().to_string(), "invalid_grant");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn openidconnect_gets_client_credentials_and_introspects() {
    let world = World::new().await;
    let http = |request| call(&world, request);
    let client = CoreClient::from_provider_metadata(
        discovered(&world).await,
        ClientId::new("integrator".to_owned()),
        Some(ClientSecret::new("motcua-demo-secret".to_owned())),
    )
    .set_introspection_url(
        IntrospectionUrl::new(format!("{ISSUER}/oauth2/introspect")).expect("a URL"),
    );
    let tokens = client
        .exchange_client_credentials()
        .expect("an endpoint")
        .request_async(&http)
        .await
        .expect("tokens");
    let said = client
        .introspect(tokens.access_token())
        .request_async(&http)
        .await
        .expect("introspection");
    assert!(said.active());
    assert_eq!(said.client_id().map(|c| c.as_str()), Some("integrator"));
}

#[tokio::test]
async fn openidconnect_lets_a_device_in() {
    let world = World::new().await;
    let http = |request| call(&world, request);
    let at = format!("{ISSUER}/oauth2/device_authorization");
    let client = CoreClient::from_provider_metadata(
        discovered(&world).await,
        ClientId::new("kiosk".to_owned()),
        None,
    )
    .set_device_authorization_url(DeviceAuthorizationUrl::new(at).expect("a URL"));
    let device: CoreDeviceAuthorizationResponse = client
        .exchange_device_code()
        .add_scope(Scope::new("profile".to_owned()))
        .request_async(&http)
        .await
        .expect("codes");
    let complete = device.verification_uri_complete().expect("with the code");
    let browser = world.browser();
    let path = complete.secret().replace(ISSUER, "");
    let page = browser.try_sign_in(&path, "citizen", PASSWORD).await;
    let form = crate::world::hidden(&page.expect(200));
    let yes = [("form", form.as_str()), ("answer", "allow")];
    browser.post("/oauth2/device", &yes).await.expect(200);
    let tokens = client
        .exchange_device_access_token(&device)
        .expect("an endpoint")
        .request_async(&http, async |_wait: Duration| {}, None)
        .await
        .expect("tokens");
    assert!(tokens.refresh_token().is_some());
}

/// The Python with Authlib: `MOTCUA_TEST_PYTHON`, or the one on the path.
fn python() -> String {
    kit::config::variable("MOTCUA_TEST_PYTHON").unwrap_or_else(|| "python3".to_owned())
}

#[tokio::test]
async fn authlib_signs_in_renews_introspects_revokes_and_signs() {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use base64::Engine as _;
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let there = Command::new(python())
        .args(["-c", "import authlib, joserfc, requests"])
        .output();
    if !there.is_ok_and(|output| output.status.success()) {
        println!("skipped: no Python with authlib, joserfc and requests (MOTCUA_TEST_PYTHON)");
        return;
    }
    let world = World::new().await;
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let der = pair.to_pkcs8v1().expect("pkcs8");
    let signing = jsonwebtoken::EncodingKey::from_ec_der(der.as_ref());
    let public =
        jsonwebtoken::jwk::Jwk::from_encoding_key(&signing, jsonwebtoken::Algorithm::ES256)
            .expect("a public key");
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        base64::engine::general_purpose::STANDARD.encode(der.as_ref())
    );
    let admin = world.token("agencyadmin").await;
    let body = serde_json::json!({
        "name": "Phần mềm hộ tịch", "role": "integrator",
        "expiresAt": "2027-05-01T00:00:00Z", "jwks": {"keys": [public]},
    });
    let made = world
        .app
        .with_token(&admin)
        .post("/api/v1/clients", &body)
        .await
        .expect(201)
        .json();
    let given = serde_json::json!({
        "base": world.app.url, "issuer": ISSUER, "callback": CALLBACK, "password": PASSWORD,
        "now": world.rt.clock.now().timestamp(),
        "client": "integrator", "secret": "motcua-demo-secret",
        "signs": crate::world::text(&made, "id"), "key": pem,
    });
    let output = tokio::task::spawn_blocking(move || {
        let mut child = Command::new(python())
            .arg("-c")
            .arg(include_str!("authlib_client.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("python starts");
        let mut input = child.stdin.take().expect("a pipe");
        input
            .write_all(given.to_string().as_bytes())
            .expect("written");
        drop(input);
        child.wait_with_output().expect("python ends")
    })
    .await
    .expect("the thread ends");
    let said = String::from_utf8_lossy(&output.stdout);
    let cried = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.trim(), "ok", "{cried}");
}
