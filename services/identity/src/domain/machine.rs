//! Machine clients: what the system of an integrator or post office may do, from where and until when.

use chrono::{DateTime, Duration, Utc};
use contracts::{Permission, Role};
use ipnet::{IpNet, Ipv4Net};
use jsonwebtoken::jwk::JwkSet;
use std::net::IpAddr;

/// How long before its expiry a client is said to expire soon, days.
pub(crate) const NOTICE_DAYS: i64 = 30;

/// The managed part of a client.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// The client id.
    pub(crate) client: String,
    /// Whose it is; `None`: the province's.
    pub(crate) agency: Option<String>,
    /// Names of permissions, some of those of its role.
    pub(crate) scopes: Vec<String>,
    /// Where it may ask for tokens from, and use them from; none: from anywhere.
    pub(crate) networks: Vec<IpNet>,
    pub(crate) expires_at: DateTime<Utc>,
    /// The hash of the secret before, and until when it is taken.
    pub(crate) previous: Option<(String, DateTime<Utc>)>,
    /// Public keys for `private_key_jwt` in place of a secret.
    pub(crate) jwks: Option<JwkSet>,
    /// Requests a minute; `None`: as everybody.
    pub(crate) quota: Option<u32>,
    /// For trying out: gets tokens only where the whole instance is for trying out.
    pub(crate) sandbox: bool,
    /// When the notice was given that it expires.
    pub(crate) noticed_at: Option<DateTime<Utc>>,
    pub(crate) version: i64,
}

impl Machine {
    /// Whether it may ask for a token now, from there.
    pub(crate) fn admits(&self, address: Option<IpAddr>, now: DateTime<Utc>) -> bool {
        let from_there =
            self.networks.is_empty() || kit::origin::is_within(&self.networks, address);
        from_there && now < self.expires_at
    }

    /// Whether somebody should renew it.
    pub(crate) fn expires_soon(&self, now: DateTime<Utc>) -> bool {
        self.expires_at - now < Duration::days(NOTICE_DAYS)
    }
}

/// A network in CIDR form as addresses are compared: without the bits of a host, and IPv4 that is written as IPv6 as IPv4.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    let network = text.parse::<IpNet>().ok()?.trunc();
    let IpNet::V6(six) = network else {
        return Some(network);
    };
    match (
        six.addr().to_ipv4_mapped(),
        six.prefix_len().checked_sub(96),
    ) {
        (Some(four), Some(length)) => Some(IpNet::V4(Ipv4Net::new(four, length).ok()?)),
        _ => Some(network),
    }
}

/// The scopes that a client of this role may have: `None` when one is not the role's. Empty means all of them.
pub(crate) fn scopes(role: Role, asked: &[String]) -> Option<Vec<String>> {
    let all = || role.permissions().iter().map(|p: &Permission| p.name());
    if asked.is_empty() {
        return Some(all().map(str::to_owned).collect());
    }
    let mut given: Vec<String> = asked.to_vec();
    given.sort_unstable();
    given.dedup();
    given
        .iter()
        .all(|name| all().any(|p| p == name))
        .then_some(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(networks: &[&str]) -> Machine {
        Machine {
            client: "c".into(),
            agency: None,
            scopes: Vec::new(),
            networks: networks
                .iter()
                .map(|n| n.parse().expect("a network"))
                .collect(),
            expires_at: "2026-12-01T00:00:00Z".parse().expect("time"),
            previous: None,
            jwks: None,
            quota: None,
            sandbox: false,
            noticed_at: None,
            version: 1,
        }
    }

    #[test]
    fn a_client_is_admitted_from_its_networks_until_it_expires() {
        let now = "2026-11-16T00:00:00Z".parse().expect("time");
        let from = |text: &str| Some(text.parse().expect("an address"));
        let held = machine(&["203.0.113.0/24", "2001:db8::/32"]);
        for good in ["203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7"] {
            assert!(held.admits(from(good), now), "{good}");
        }
        for bad in ["203.0.114.7", "2001:db9::1", "::1"] {
            assert!(!held.admits(from(bad), now), "{bad}");
        }
        assert!(!held.admits(None, now));
        assert!(machine(&[]).admits(None, now));
        assert!(!machine(&[]).admits(None, held.expires_at));
        assert!(held.expires_soon(now));
        assert!(!held.expires_soon(now - Duration::days(30)));
    }

    #[test]
    fn a_network_is_kept_as_addresses_are_compared() {
        for (text, kept) in [
            ("203.0.113.7/24", Some("203.0.113.0/24")),
            ("2001:db8::1/32", Some("2001:db8::/32")),
            ("::ffff:203.0.113.7/120", Some("203.0.113.0/24")),
            ("::ffff:0:0/96", Some("0.0.0.0/0")),
            ("::/0", Some("::/0")),
            ("203.0.113.7", None),
            ("203.0.113.0/33", None),
            ("anywhere", None),
        ] {
            let found = network(text).map(|network| network.to_string());
            assert_eq!(found.as_deref(), kept, "{text}");
        }
    }

    #[test]
    fn scopes_are_some_of_the_roles() {
        let asked = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
            scopes(Role::PostOffice, &names)
        };
        assert_eq!(
            asked(&[]).expect("all").len(),
            Role::PostOffice.permissions().len()
        );
        assert_eq!(
            asked(&["shipment.read", "shipment.read"]).expect("one"),
            ["shipment.read"]
        );
        assert_eq!(asked(&["shipment.read", "dossier.read"]), None);
        assert_eq!(asked(&["*"]), None);
    }
}
