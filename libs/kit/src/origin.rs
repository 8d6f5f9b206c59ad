//! Where a request comes from. Only the gateway knows: it sees the connection, and which of its peers are proxies of ours. It tells the
//! services with a keyed hash that nobody without the sealing secret can make, so that who reaches a service past the gateway, from a
//! pod or a debug port, is taken at the address of the connection and not at what it says.
//!
//! The portal hands the proof of its own request on with its calls, so that limits count people and not the portal.

use crate::{Runtime, Sealer};
use actix_web::{HttpMessage as _, HttpRequest, web};
use ipnet::IpNet;
use std::net::IpAddr;

/// The header: address, unix seconds, proof. One that comes from outside proves nothing, and none goes out.
pub const HEADER: &str = "x-motcua-origin";
/// How far the clock of a service may be from the time of the proof, seconds: a slow upload (`exchange_seconds` of the gateway) and two
/// clocks. Whoever could play one again is inside already.
const GOOD_FOR: i64 = 600;

/// The value of [`HEADER`] for a request from `address` that came `now` (unix seconds).
pub fn prove(sealer: &Sealer, address: IpAddr, now: i64) -> String {
    let said = format!("{address} {now}");
    let proof = sealer.origin_proof(&said);
    format!("{said} {proof}")
}

/// The address that the gateway proved; `None` when the request did not come from it.
pub fn proven(req: &HttpRequest) -> Option<IpAddr> {
    let rt = req.app_data::<web::Data<Runtime>>()?;
    let value = req.headers().get(HEADER)?.to_str().ok()?;
    read(&rt.sealer, value, rt.clock.now().timestamp())
}

/// What the gateway found out of a request of its own.
struct Found(IpAddr);

/// For the gateway, which alone finds it out, and whose peer may be a proxy of ours: from now on [`address`] of this request.
pub fn found(req: &HttpRequest, address: IpAddr) {
    req.extensions_mut().insert(Found(address));
}

/// Where a request comes from: the address that was [`found`], that the gateway proved, else the peer.
pub fn address(req: &HttpRequest) -> Option<IpAddr> {
    let found = req.extensions().get::<Found>().map(|found| found.0);
    found
        .or_else(|| proven(req))
        .or_else(|| req.peer_addr().map(|a| a.ip().to_canonical()))
}

/// Whether an address lies in one of these networks. One that is not known lies in none.
pub fn is_within(networks: &[IpNet], address: Option<IpAddr>) -> bool {
    address.is_some_and(|address| {
        let address = address.to_canonical();
        networks.iter().any(|network| network.contains(&address))
    })
}

fn read(sealer: &Sealer, value: &str, now: i64) -> Option<IpAddr> {
    let (said, proof) = value.rsplit_once(' ')?;
    let (address, at) = said.split_once(' ')?;
    let age = now.checked_sub(at.parse().ok()?)?.checked_abs()?;
    (age <= GOOD_FOR && sealer.is_origin_proof(said, proof))
        .then(|| address.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(letter: &str) -> Sealer {
        Sealer::new(&letter.repeat(32)).expect("sealer")
    }

    #[test]
    fn only_what_the_gateway_said_is_believed_and_only_for_a_while() {
        let (ours, others) = (sealer("a"), sealer("b"));
        for address in ["203.0.113.7", "2001:db8::7"] {
            let address: IpAddr = address.parse().expect("an address");
            let said = prove(&ours, address, 1000);
            for now in [400, 1000, 1600] {
                assert_eq!(read(&ours, &said, now), Some(address), "{now}");
            }
            for now in [399, 1601, i64::MIN, i64::MAX] {
                assert_eq!(read(&ours, &said, now), None, "{now}");
            }
            assert_eq!(read(&others, &said, 1000), None, "another secret");
            let text = address.to_string();
            let moved = said.replacen(&text, "203.0.113.8", 1);
            assert_eq!(read(&ours, &moved, 1000), None, "another address");
            let later = said.replacen(" 1000 ", " 1001 ", 1);
            assert_eq!(read(&ours, &later, 1000), None, "another time");
        }
        for odd in [
            "",
            "203.0.113.7",
            "203.0.113.7 1000",
            "203.0.113.7 1000 ",
            "203.0.113.7 x 00",
            "203.0.113.7 1000 zz",
        ] {
            assert_eq!(read(&ours, odd, 1000), None, "{odd}");
        }
    }

    #[test]
    fn an_address_lies_in_a_network_however_it_is_written() {
        let networks: Vec<IpNet> = ["203.0.113.0/24", "2001:db8::/32"]
            .iter()
            .map(|text| text.parse().expect("a network"))
            .collect();
        let lies = |text: &str| is_within(&networks, Some(text.parse().expect("an address")));
        for inside in [
            "203.0.113.0",
            "203.0.113.255",
            "::ffff:203.0.113.7",
            "2001:db8:ffff::1",
        ] {
            assert!(lies(inside), "{inside}");
        }
        for outside in [
            "203.0.112.255",
            "203.0.114.0",
            "::ffff:203.0.114.7",
            "::203.0.113.7",
            "2001:db9::1",
            "::1",
        ] {
            assert!(!lies(outside), "{outside}");
        }
        assert!(!is_within(&networks, None), "not known");
        assert!(!is_within(
            &[],
            Some("203.0.113.7".parse().expect("an address"))
        ));
    }

    #[test]
    fn the_gateway_says_it_to_itself() {
        let peer: std::net::SocketAddr = "10.0.0.1:5123".parse().expect("a peer");
        let req = actix_web::test::TestRequest::default()
            .peer_addr(peer)
            .to_http_request();
        assert_eq!(address(&req), Some(peer.ip()));
        let caller: IpAddr = "203.0.113.7".parse().expect("an address");
        found(&req, caller);
        assert_eq!(address(&req), Some(caller));
    }

    #[test]
    fn while_the_secret_is_changed_both_sides_understand_each_other() {
        let address: IpAddr = "203.0.113.7".parse().expect("an address");
        let (new, old) = ("a".repeat(32), "b".repeat(32));
        let changed = Sealer::with_older(&new, &[&old]).expect("sealer");
        let said = prove(&sealer("b"), address, 0);
        assert_eq!(read(&changed, &said, 0), Some(address));
    }
}
