"""Signs in with Authlib, as an integrator in Python would. Reads one JSON object, prints `ok` at the end."""

import json
import re
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

given = json.load(sys.stdin)
base, issuer, now = given["base"], given["issuer"], given["now"]

# The issuer is a name that does not resolve: everything goes where the provider really listens.
metadata = requests.get(f"{base}/.well-known/openid-configuration", timeout=10).json()
assert metadata["issuer"] == issuer, metadata
metadata = {k: v.replace(issuer, base) if isinstance(v, str) else v for k, v in metadata.items()}
keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())

# Authorization code with PKCE, as a public client.
verifier, nonce = "v" * 64, "the-nonce"
client = OAuth2Session(
    "portal",
    redirect_uri=given["callback"],
    scope="openid profile",
    code_challenge_method="S256",
    token_endpoint_auth_method="none",
    revocation_endpoint_auth_method="none",
)
to, state = client.create_authorization_url(
    metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
)
browser = requests.Session()
page = browser.get(to, timeout=10)
form = re.search(r'name="form" value="([^"]+)"', page.text).group(1)
fields = {"form": form, "login": "citizen", "password": given["password"]}
done = browser.post(f"{base}/oauth2/authorize", data=fields, allow_redirects=False, timeout=30)
assert done.status_code == 303, done.text
token = client.fetch_token(
    metadata["token_endpoint"],
    authorization_response=done.headers["location"],
    code_verifier=verifier,
    state=state,
)
said = jwt.decode(token["id_token"], keys, algorithms=["ES256"]).claims
checks = jwt.JWTClaimsRegistry(
    now=now,
    iss={"essential": True, "value": issuer},
    aud={"essential": True, "value": "portal"},
    azp={"essential": True, "value": "portal"},
    nonce={"essential": True, "value": nonce},
    auth_time={"essential": True},
)
checks.validate(said)

info = client.get(metadata["userinfo_endpoint"]).json()
assert info["sub"] == said["sub"] and info["name"] == "Nguyễn Văn An", info

renewed = client.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
assert renewed["refresh_token"] != token["refresh_token"]

# A machine client by its secret, which asks what the person's token is worth.
machine = OAuth2Session(given["client"], given["secret"], token_endpoint_auth_method="client_secret_basic")
machine.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
worth = machine.introspect_token(metadata["introspection_endpoint"], token=renewed["access_token"]).json()
assert worth["active"] and worth["client_id"] == "portal", worth

# Revoked, and then used: refused.
client.revoke_token(
    metadata["revocation_endpoint"], token=renewed["refresh_token"], token_type_hint="refresh_token"
)
try:
    client.refresh_token(metadata["token_endpoint"], refresh_token=renewed["refresh_token"])
    raise AssertionError("a revoked token was renewed")
except Exception as error:
    assert getattr(error, "error", None) == "invalid_grant", error

# A machine client that signs.
signing = OAuth2Session(
    given["signs"],
    ECKey.import_key(given["key"]),
    token_endpoint_auth_method="private_key_jwt",
)
times = {"iat": now, "exp": now + 60}
signing.register_client_auth_method(PrivateKeyJWT(issuer, claims=times, alg="ES256"))
assert signing.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")["access_token"]

print("ok")
