//! Hashes of secrets of high entropy, PKCE, and comparing without telling by time.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;

/// SHA-256 in unpadded base64url: how codes, refresh tokens and cookies are stored. Enough for 256 random bits.
pub(crate) fn hash(secret: &str) -> String {
    B64.encode(digest(&SHA256, secret.as_bytes()))
}

/// Equality in constant time for equal lengths.
pub(crate) fn equal(a: &str, b: &str) -> bool {
    verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

/// Whether `verifier` proves the S256 `challenge` (RFC 7636 §4.6).
pub(crate) fn pkce_proves(verifier: &str, challenge: &str) -> bool {
    let shaped = (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    shaped && equal(&hash(verifier), challenge)
}

/// Whether a text has the shape of an S256 challenge: 43 characters of base64url.
pub(crate) fn is_challenge(text: &str) -> bool {
    text.len() == 43
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// `at_hash` of OpenID Connect Core §3.1.3.6 for ES256: the left half of SHA-256.
pub(crate) fn at_hash(access_token: &str) -> String {
    let full = digest(&SHA256, access_token.as_bytes());
    B64.encode(full.as_ref().get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b_proves() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(is_challenge(challenge));
        assert!(pkce_proves(verifier, challenge));
        assert!(!pkce_proves(
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXX",
            challenge
        ));
        assert!(!pkce_proves(challenge, challenge), "plain is not taken");
        assert!(!pkce_proves("short", &hash("short")));
    }
}
