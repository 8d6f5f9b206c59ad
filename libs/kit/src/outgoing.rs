//! Where calls to addresses that we did not choose may go (SSRF): to the public internet by HTTPS, and nowhere else.
//!
//! Two kinds of address are trusted and pass by: our own services in the directory, and what an operator wrote into a setting
//! ([`crate::Client::trust`]). Everything else may come from a document or from a person and is checked **after** the name was
//! resolved, for the very address that is then connected to, so that a name cannot point elsewhere between check and use.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};

/// Whether an address is one of the public internet: not private, loopback, link-local (cloud metadata), shared, reserved, multicast,
/// documentation; also inside IPv6 forms that carry an IPv4 address (RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(a: Ipv4Addr) -> bool {
    let [first, second, third, _] = a.octets();
    let special = a.is_unspecified()
        || a.is_private()
        || a.is_loopback()
        || a.is_link_local()
        || a.is_broadcast()
        || a.is_documentation()
        || a.is_multicast()
        || first == 0
        || first >= 240
        || (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        || (first == 192 && second == 88 && third == 99)
        || (first == 198 && (18..20).contains(&second));
    !special
}

fn is_public_v6(a: Ipv6Addr) -> bool {
    if let Some(v4) = a.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let [s0, s1, ..] = a.segments();
    // Only global unicast (2000::/3), less Teredo and other protocol ranges (2001::/23), documentation and 6to4, which carries an IPv4.
    let global = s0 & 0xe000 == 0x2000;
    let protocol = s0 == 0x2001 && s1 < 0x0200;
    let documentation = (s0 == 0x2001 && s1 == 0x0db8) || (s0 == 0x3fff && s1 < 0x1000);
    global && !protocol && !documentation && s0 != 0x2002
}

/// Why an address that is not trusted may not be called.
///
/// # Errors
/// The reason, without the address.
pub(crate) fn check(url: &Url) -> Result<(), &'static str> {
    if url.scheme() != "https" {
        return Err("only https leaves for addresses that are not configured");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address with credentials in it");
    }
    let public = match url.host() {
        None => return Err("an address without a host"),
        // Resolved, and checked, when it is connected to.
        Some(Host::Domain(_)) => true,
        Some(Host::Ipv4(v4)) => is_public_v4(v4),
        Some(Host::Ipv6(v6)) => is_public_v6(v6),
    };
    public.then_some(()).ok_or("the address is not public")
}

/// Resolves names as the system does and keeps what is public.
#[derive(Debug)]
pub(crate) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|a| is_public(a.ip())).collect();
            if public.is_empty() {
                return Err("the name has no public address".into());
            }
            let public: Addrs = Box::new(public.into_iter());
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(public)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_addresses_are_not_public_however_they_are_written() {
        for inside in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!is_public(inside.parse().expect("an address")), "{inside}");
        }
        for public in [
            "1.1.1.1",
            "100.63.255.255",
            "172.32.0.1",
            "203.162.0.11",
            "::ffff:8.8.8.8",
            "2001:ee0::1",
            "2405:4800::1",
        ] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
    }

    #[test]
    fn urls_that_lead_inside_are_refused() {
        for bad in [
            "http://example.vn/",
            "ftp://example.vn/",
            "file:///etc/passwd",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:169.254.169.254]/latest",
            "https://169.254.169.254/latest/meta-data",
            "https://user:pass@example.vn/",
        ] {
            assert!(check(&bad.parse().expect("a URL")).is_err(), "{bad}");
        }
        assert_eq!(
            check(&"https://example.vn/a".parse().expect("a URL")),
            Ok(())
        );
    }
}
