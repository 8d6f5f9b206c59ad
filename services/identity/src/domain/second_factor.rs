//! Codes of an authenticator application (RFC 6238) and recovery codes.

use chrono::{DateTime, Utc};
use totp_rs::{Builder, Secret, Totp};

/// How many recovery codes are given.
pub(crate) const RECOVERY_CODES: usize = 10;
/// Random bytes of a shared secret: 160 bits, as RFC 4226 §4 recommends.
pub(crate) const SECRET_BYTES: usize = 20;
/// Random bytes of a recovery code: 80 bits, so that a plain hash keeps it.
pub(crate) const RECOVERY_BYTES: usize = 10;
/// Letters of a recovery code in base32.
const RECOVERY_LETTERS: usize = 16;

/// A shared secret in base32.
pub(crate) fn to_base32(bytes: Vec<u8>) -> String {
    Secret::from(bytes).to_base32()
}

/// What the authenticator application and we compute: SHA-1, six digits, 30 seconds, the only combination that all applications
/// know. One step early or late is forgiven (RFC 6238 §5.2).
fn totp(secret: &str, login: &str) -> anyhow::Result<Totp> {
    let secret = Secret::try_from_base32(secret).map_err(|error| anyhow::anyhow!("{error}"))?;
    Builder::new()
        .with_secret(secret)
        .with_account_name(login)
        .with_issuer(Some("Một Cửa"))
        .build()
        .map_err(|error| anyhow::anyhow!("{error}"))
}

/// The step for which a code of six digits is good at this instant. `None`: for none near it.
///
/// # Errors
/// When the stored secret cannot be read.
pub(crate) fn step(
    secret: &str,
    login: &str,
    code: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<i64>> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let seconds = u64::try_from(now.timestamp())?;
    Ok(totp(secret, login)?
        .check(&digits, seconds)
        .map(i64::try_from)
        .transpose()?)
}

/// The address that an authenticator application reads from a QR code.
///
/// # Errors
/// When the secret cannot be read.
pub(crate) fn address(secret: &str, login: &str) -> anyhow::Result<String> {
    totp(secret, login)?
        .to_url()
        .map_err(|error| anyhow::anyhow!("{error}"))
}

/// A recovery code as people see it: four groups of four.
pub(crate) fn recovery_code(bytes: Vec<u8>) -> String {
    let letters: Vec<char> = to_base32(bytes).chars().collect();
    letters
        .chunks(4)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("-")
}

/// A recovery code as it is hashed: without what people add or change. `None`: it is not one.
pub(crate) fn recovery_letters(typed: &str) -> Option<String> {
    let letters: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let good = letters.len() == RECOVERY_LETTERS
        && letters
            .bytes()
            .all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b));
    good.then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("an instant")
    }

    /// The secret of RFC 6238, appendix B: the ASCII text 12345678901234567890. Its codes there have eight digits; ours are the
    /// last six.
    #[test]
    fn the_vectors_of_rfc_6238_are_met() {
        let secret = to_base32(b"12345678901234567890".to_vec());
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let found = step(&secret, "an", code, at(seconds)).expect("a secret");
            assert_eq!(found, Some(seconds / 30), "{code}");
        }
    }

    #[test]
    fn a_step_early_or_late_is_forgiven_two_are_not() {
        let secret = to_base32(b"12345678901234567890".to_vec());
        let good = |seconds| step(&secret, "an", "287 082", at(seconds)).expect("a secret");
        assert_eq!(good(29), Some(1));
        assert_eq!(good(89), Some(1));
        assert_eq!(good(90), None);
        assert_eq!(
            step(&secret, "an", "28708", at(59)).expect("a secret"),
            None
        );
        assert_eq!(
            step(&secret, "an", "２８７０８２", at(59)).expect("a secret"),
            None
        );
    }

    #[test]
    fn a_recovery_code_is_read_as_people_type_it() {
        let code = recovery_code(vec![0xAB; RECOVERY_BYTES]);
        assert_eq!(code.len(), 19, "{code}");
        let typed = code.to_lowercase().replace('-', " ");
        assert_eq!(recovery_letters(&typed), Some(code.replace('-', "")));
        assert_eq!(recovery_letters("123456"), None);
    }

    #[test]
    fn the_address_names_us_and_the_person() {
        let secret = to_base32(vec![7; SECRET_BYTES]);
        let address = address(&secret, "dung.pham").expect("an address");
        assert!(address.starts_with("otpauth://totp/"), "{address}");
        assert!(
            address.contains("dung.pham") && address.contains(&secret),
            "{address}"
        );
    }
}
