//! OAuth clients and where they may send a browser.

use contracts::AccountId;
use serde::{Deserialize, Serialize};
use url::Url;

/// How a client may ask for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Grant {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
    /// A device without a keyboard (RFC 8628).
    DeviceCode,
}

/// A registered client.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    /// Shown on the sign-in page.
    pub(crate) name: String,
    /// `None`: a public client, which proves itself by PKCE alone. Else argon2id (PHC) or `sha256:<hex>` of a secret of high entropy.
    pub(crate) secret_hash: Option<String>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) post_logout_uris: Vec<String>,
    /// Loopback redirect URIs match on any port (RFC 8252 §7.3).
    pub(crate) loopback: bool,
    pub(crate) grants: Vec<Grant>,
    /// The account that the client acts as, for client credentials.
    pub(crate) account: Option<AccountId>,
}

impl Client {
    /// Whether the client may use this grant.
    pub(crate) fn may(&self, grant: Grant) -> bool {
        self.grants.contains(&grant)
    }

    /// Whether a browser may be sent to `uri`: exactly one of the registered ones; for a loopback client the port is free.
    pub(crate) fn redirects_to(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| {
            registered == uri || (self.loopback && same_but_port(registered, uri))
        })
    }

    /// Whether a browser may be sent to `uri` after signing out: exactly one of the registered ones.
    pub(crate) fn returns_to(&self, uri: &str) -> bool {
        self.post_logout_uris
            .iter()
            .any(|registered| registered == uri)
    }
}

/// Equal as text once the port of `uri` is taken out, both on a loopback address over plain HTTP.
fn same_but_port(registered: &str, uri: &str) -> bool {
    let (Ok(a), Ok(mut b)) = (Url::parse(registered), Url::parse(uri)) else {
        return false;
    };
    let loopback = |u: &Url| {
        u.scheme() == "http"
            && match u.host() {
                Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
                Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
                Some(url::Host::Domain(_)) | None => false,
            }
            && u.username().is_empty()
            && u.password().is_none()
            && u.fragment().is_none()
    };
    if !loopback(&a) || !loopback(&b) {
        return false;
    }
    // The parser tidies what it reads; only what was tidy before may match.
    if b.as_str() != uri {
        return false;
    }
    b.set_port(a.port()).is_ok() && a == b
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cli() -> Client {
        Client {
            id: "cli".into(),
            name: "CLI".into(),
            secret_hash: None,
            redirect_uris: vec!["http://127.0.0.1/callback".into()],
            post_logout_uris: vec![],
            loopback: true,
            grants: vec![Grant::AuthorizationCode],
            account: None,
        }
    }

    #[test]
    fn loopback_ports_are_free_and_nothing_else_is() {
        let cli = cli();
        for good in [
            "http://127.0.0.1/callback",
            "http://127.0.0.1:51004/callback",
        ] {
            assert!(cli.redirects_to(good), "{good}");
        }
        for bad in [
            "https://127.0.0.1:51004/callback",
            "http://127.0.0.1:51004/callback/",
            "http://127.0.0.1:51004/callback?x=1",
            "http://127.0.0.1:51004/callback#x",
            "http://127.0.0.1:51004/a/../callback",
            "http://u@127.0.0.1:51004/callback",
            "http://127.0.0.1.evil.example/callback",
            "http://localhost:51004/callback",
            "http://10.0.0.1:51004/callback",
            "http://[::1]:51004/callback",
            "javascript:alert(1)",
            "",
        ] {
            assert!(!cli.redirects_to(bad), "{bad}");
        }
    }

    #[test]
    fn other_clients_match_exactly() {
        let mut web = cli();
        web.loopback = false;
        web.redirect_uris = vec!["http://127.0.0.1:8080/dang-nhap/callback".into()];
        assert!(web.redirects_to("http://127.0.0.1:8080/dang-nhap/callback"));
        for bad in [
            "http://127.0.0.1:8081/dang-nhap/callback",
            "http://127.0.0.1:8080/dang-nhap/callback/",
            "http://127.0.0.1:8080/dang-nhap/Callback",
            "http://127.0.0.1:8080/dang-nhap/callback?next=/",
        ] {
            assert!(!web.redirects_to(bad), "{bad}");
        }
    }
}
