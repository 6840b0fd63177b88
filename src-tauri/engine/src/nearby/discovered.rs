//! One machine, made of what was said about it in the network.

use crate::model::Address;
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr};

/// Characters of a name that are shown: the address beside it has to stay visible.
const MAX_NAME: usize = 60;

/// A machine that says that it has a VNC server, and is no host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Discovered {
    /// What it is asked for by, as long as Portlight runs.
    pub number: u32,
    /// What it calls itself, made fit to be shown.
    pub name: String,
    /// Where it is, in numbers: what a name means is again said by any machine.
    #[cfg_attr(test, ts(type = "string"))]
    pub address: Address,
    /// Where it says that it is, by name.
    #[serde(skip)]
    pub(super) named: Option<Address>,
}

/// What is said about a server.
pub(super) struct Said<'a> {
    /// The name of its service, without the service type.
    pub instance: &'a str,
    /// The name of its machine: `studio.local.`
    pub host: &'a str,
    /// TCP port.
    pub port: u16,
    /// Its machine's addresses, with the interface in which a link-local one is, if known.
    pub addresses: Vec<(IpAddr, Option<String>)>,
}

/// A network of this computer's: address and mask.
pub(super) type Network = (Ipv4Addr, Ipv4Addr);

impl Discovered {
    /// None where there is nothing that could be dialled.
    pub(super) fn new(number: u32, said: &Said<'_>, networks: &[Network]) -> Option<Self> {
        let Said { port, ref addresses, .. } = *said;
        let reachable = addresses.iter().filter_map(|(ip, scope)| Some((nearness(ip, networks)?, ip, scope)));
        let (_, ip, scope) = reachable.min()?;
        let hostname = match (ip, scope) {
            (IpAddr::V6(ip), Some(scope)) if ip.is_unicast_link_local() => format!("{ip}%{scope}"),
            (ip, _) => ip.to_string(),
        };
        let address = Address::tcp(&hostname, port).ok()?;
        let name: String = rfb::sanitize(said.instance.as_bytes()).chars().take(MAX_NAME).collect();
        let name = match name.trim() {
            "" => address.to_string(),
            name => name.to_owned(),
        };
        let host = said.host.trim_end_matches('.');
        let is_local = host.len() > LOCAL.len() && host.to_ascii_lowercase().ends_with(LOCAL);
        let named = is_local.then(|| Address::tcp(host, port).ok()).flatten();
        Some(Self { number, name, address, named })
    }

    /// All that it may be called in the list, in one spelling.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        [Some(&self.address), self.named.as_ref()].into_iter().flatten().filter_map(name_of)
    }
}

/// The names that mDNS has ([RFC 6762, section 3](https://www.rfc-editor.org/rfc/rfc6762#section-3)).
const LOCAL: &str = ".local";

/// An address in the network in one spelling, however it was typed.
pub(super) fn name_of(address: &Address) -> Option<String> {
    let Address::Tcp { hostname, port } = address else { return None };
    Some(format!("{} {port}", hostname.trim_end_matches('.').to_ascii_lowercase()))
}

/// How well an address suits, the least first; none where it is no other machine's, or no machine's at all.
fn nearness(ip: &IpAddr, networks: &[Network]) -> Option<u8> {
    match ip {
        ip if ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() => None,
        IpAddr::V4(ip) if ip.is_broadcast() => None,
        IpAddr::V4(ip) if networks.iter().any(|(own, mask)| ip & mask == own & mask) => Some(0),
        IpAddr::V4(ip) if !ip.is_link_local() => Some(1),
        IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some() => None,
        IpAddr::V6(ip) if !ip.is_unicast_link_local() => Some(2),
        // Some systems do not say in which network such an address is.
        _ => Some(3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Network = (Ipv4Addr::new(192, 168, 1, 20), Ipv4Addr::new(255, 255, 255, 0));

    fn said<'a>(instance: &'a str, host: &'a str, port: u16, addresses: &[&str]) -> Said<'a> {
        let addresses = addresses.iter().map(|text| match text.split_once('%') {
            Some((ip, scope)) => (ip.parse().unwrap(), Some(scope.to_owned())),
            None => (text.parse().unwrap(), None),
        });
        Said { instance, host, port, addresses: addresses.collect() }
    }

    fn address(addresses: &[&str]) -> Option<String> {
        let machine = Discovered::new(1, &said("Studio", "studio.local.", 5901, addresses), &[HOME])?;
        Some(machine.address.to_string())
    }

    #[test]
    fn the_address_that_is_most_likely_reached_is_taken() {
        let all = ["fe80::7%eth0", "2001:db8::7", "172.17.0.1", "192.168.1.7", "169.254.3.4"];
        let expected = ["192.168.1.7", "172.17.0.1", "2001:db8::7", "169.254.3.4", "fe80::7%eth0"];
        let mut left = all.to_vec();
        for expected in expected {
            let machine = Discovered::new(1, &said("Studio", "studio.local.", 5901, &left), &[HOME]).unwrap();
            assert_eq!(machine.address, Address::Tcp { hostname: expected.to_owned(), port: 5901 });
            left.retain(|text| *text != expected);
        }
    }

    #[test]
    fn what_is_no_other_machine_is_none() {
        for nobody in
            ["127.0.0.1", "0.0.0.0", "224.0.0.251", "255.255.255.255", "::1", "::", "ff02::fb", "::ffff:10.0.0.1"]
        {
            assert_eq!(address(&[nobody]), None, "{nobody}");
        }
        assert_eq!(address(&[]), None);
        assert!(Discovered::new(1, &said("Studio", "studio.local.", 0, &["192.168.1.7"]), &[]).is_none(), "port 0");
    }

    #[test]
    fn whatever_it_calls_itself_is_one_short_line_that_steers_nothing() {
        let name =
            |instance: &str| Discovered::new(1, &said(instance, "x.local.", 5900, &["192.168.1.7"]), &[]).unwrap().name;
        assert_eq!(name("Büro · Annas Mac"), "Büro · Annas Mac");
        assert_eq!(name("画室"), "画室");
        assert_eq!(name("\u{202e}oidutS\u{7}\u{1b}[2J\r\n"), "oidutS[2J");
        assert_eq!(name("<img src=x>"), "<img src=x>", "the page shows texts, never HTML");
        assert_eq!(name(&"x".repeat(5_000)).len(), MAX_NAME);
        assert_eq!(name(" \u{200b} "), "192.168.1.7", "then it is called by its address");
    }

    #[test]
    fn only_a_name_of_this_network_is_a_name() {
        let named = |host: &str| {
            Discovered::new(1, &said("S", host, 5900, &["192.168.1.7"]), &[]).unwrap().named.map(|it| it.to_string())
        };
        assert_eq!(named("studio.local."), Some("studio.local".to_owned()));
        for other in ["bank.example.", "local.", "", "a b.local.", "-x.local", &format!("{}.local", "x".repeat(300))] {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
