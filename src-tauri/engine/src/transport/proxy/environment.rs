//! Which proxy the environment names for a site, as curl reads the variables.
//!
//! `http_proxy` is for `ws://`, `https_proxy` for `wss://`, `all_proxy` for both, and `no_proxy` lists what is reached without.
//! The small letters go first, and `HTTP_PROXY` is not read: to a program that a web server starts,
//! it is a header of a visitor's. Unlike curl, this computer itself is never looked for behind a proxy.

use super::Through;
use crate::{
    error::ConnectError,
    model::{Proxy, WebSocket, dns_name},
};
use std::{
    iter,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The proxy for `socket`; `variable` looks into the environment.
///
/// # Errors
/// [`ConnectError::ProxyVariable`], without the variable's value, which may have a password.
pub(crate) fn of_site(
    socket: &WebSocket,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Through>, ConnectError> {
    let either = |name: &'static str| {
        let capitals = (name != "http_proxy").then(|| name.to_uppercase());
        iter::once(name.to_owned())
            .chain(capitals)
            .find_map(|name| variable(&name).filter(|value| !value.trim().is_empty()).map(|value| (name, value)))
    };
    let scheme = if socket.secure { "https_proxy" } else { "http_proxy" };
    let Some((variable, value)) = either(scheme).or_else(|| either("all_proxy")) else { return Ok(None) };
    let hostname = dns_name(&socket.hostname).to_string();
    if is_this_computer(&hostname) || either("no_proxy").is_some_and(|(_, list)| is_excepted(&hostname, &list)) {
        return Ok(None);
    }
    match Proxy::of_variable(&value) {
        Ok((proxy, password)) => Ok(Some(Through { proxy, password })),
        Err(problem) => Err(ConnectError::ProxyVariable { variable, detail: problem.to_string() }),
    }
}

fn is_this_computer(hostname: &str) -> bool {
    let hostname = hostname.strip_suffix('.').unwrap_or(hostname).to_ascii_lowercase();
    let address = hostname.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    address || hostname == "localhost" || hostname.ends_with(".localhost")
}

/// Whether a `no_proxy` list has `hostname`: a star alone is everything; a name is itself and all names below it; an address is
/// itself, or with a slash its network.
fn is_excepted(hostname: &str, list: &str) -> bool {
    if list.trim() == "*" {
        return true;
    }
    let entries = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
    let unscoped = hostname.split('%').next().unwrap_or(hostname);
    match unscoped.parse::<IpAddr>() {
        Ok(address) => entries.into_iter().any(|entry| has_address(entry, address)),
        Err(_) => entries.into_iter().any(|entry| has_name(entry, hostname)),
    }
}

fn has_name(entry: &str, hostname: &str) -> bool {
    let hostname = hostname.strip_suffix('.').unwrap_or(hostname);
    let entry = entry.strip_suffix('.').unwrap_or(entry);
    let entry = dns_name(entry.strip_prefix('.').unwrap_or(entry)).to_string();
    let Some(split) = hostname.len().checked_sub(entry.len()) else { return false };
    let (Some(before), Some(end)) = (hostname.get(..split), hostname.get(split..)) else { return false };
    !entry.is_empty() && end.eq_ignore_ascii_case(&entry) && (before.is_empty() || before.ends_with('.'))
}

fn has_address(entry: &str, address: IpAddr) -> bool {
    let (network, bits) = entry.split_once('/').map_or((entry, None), |(network, bits)| (network, Some(bits)));
    let network = network.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(network);
    let bits = match bits.map(str::parse::<u32>) {
        None => None,
        Some(Ok(bits)) => Some(bits),
        Some(Err(_)) => return false,
    };
    match (network.parse(), address) {
        (Ok(IpAddr::V4(network)), IpAddr::V4(address)) => {
            within(u128::from(u32::from(network)), u128::from(u32::from(address)), Ipv4Addr::BITS, bits)
        }
        (Ok(IpAddr::V6(network)), IpAddr::V6(address)) => within(network.into(), address.into(), Ipv6Addr::BITS, bits),
        _ => false,
    }
}

/// Whether the first `bits` of both are the same. As curl has it, a network of no bits is one address.
fn within(network: u128, address: u128, all: u32, bits: Option<u32>) -> bool {
    match bits.filter(|bits| *bits != 0).unwrap_or(all) {
        bits if bits > all => false,
        bits => (network ^ address) >> (all - bits) == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    fn site(text: &str) -> WebSocket {
        let Ok(Address::Ws(socket)) = Address::parse(text) else { panic!("{text} is a WebSocket's address") };
        socket
    }

    fn through(at: &str, variables: &[(&str, &str)]) -> Option<String> {
        let variable =
            |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
        of_site(&site(at), variable).unwrap().map(|through| through.proxy.to_string())
    }

    #[test]
    fn the_variables_by_scheme_and_letters() {
        for (at, variables, expected) in [
            ("ws://box", &[("http_proxy", "http://a:1")][..], Some("http://a:1")),
            ("wss://box", &[("http_proxy", "http://a:1")], None),
            ("wss://box", &[("https_proxy", "a:1")], Some("http://a:1")),
            ("wss://box", &[("https_proxy", "a")], Some("http://a:1080")),
            ("wss://box", &[("HTTPS_PROXY", "socks5h://a")], Some("socks5://a:1080")),
            ("wss://box", &[("https_proxy", "https://ann:pw@a")], Some("https://ann@a:443")),
            ("wss://box", &[("HTTPS_PROXY", "http://b:1"), ("https_proxy", "http://a:1")], Some("http://a:1")),
            ("wss://box", &[("https_proxy", " "), ("HTTPS_PROXY", "http://b:1")], Some("http://b:1")),
            ("ws://box", &[("all_proxy", "socks5://ann:pw@a")], Some("socks5://ann@a:1080")),
            ("ws://box", &[("ALL_PROXY", "socks5://a"), ("http_proxy", "http://b:1")], Some("http://b:1")),
            ("ws://box", &[("all_proxy", "http://a:1"), ("no_proxy", "box")], None),
            ("ws://box", &[("all_proxy", "http://a:1"), ("NO_PROXY", "*")], None),
            ("ws://localhost", &[("all_proxy", "http://a:1")], None),
            ("ws://127.0.0.7:80", &[("all_proxy", "http://a:1")], None),
            ("ws://[::1]:80", &[("all_proxy", "http://a:1")], None),
            ("ws://box", &[], None),
        ] {
            assert_eq!(through(at, variables).as_deref(), expected, "{at} {variables:?}");
        }
    }

    #[test]
    fn a_variable_that_is_no_proxy_is_named_without_its_value() {
        let error =
            of_site(&site("wss://box"), |name| (name == "https_proxy").then(|| "ftp://ann:hunter2@a".to_owned()));
        let error = error.unwrap_err();
        assert!(
            matches!(&error, ConnectError::ProxyVariable { variable, .. } if variable == "https_proxy"),
            "{error:?}"
        );
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn what_no_proxy_excepts() {
        for (hostname, list, excepted) in [
            ("www.example.com", "localhost,example.com", true),
            ("www.example.com", "localhost .example.com", true),
            ("example.com", ".example.com", true),
            ("EXAMPLE.com.", "example.COM", true),
            ("example.com", "example.com.", true),
            ("nonexample.com", "example.com", false),
            ("nonexample.com", ".example.com", false),
            ("example.com", "www.example.com", false),
            ("example.com", "*", true),
            ("example.com", "*,other", false),
            ("example.com", "*.example.com", false),
            ("example.com", "", false),
            ("example.com", ", ,\t,", false),
            ("example.com", ".", false),
            ("192.168.1.20", "192.168.1.20", true),
            ("192.168.1.20", "192.168.1.2", false),
            ("192.168.1.20", "192.168.0.0/16", true),
            ("192.169.1.20", "192.168.0.0/16", false),
            ("192.168.1.20", "192.168.1.0/24 other", true),
            ("192.168.1.20", "192.168.1.20/32", true),
            ("192.168.1.20", "0.0.0.0/0", false),
            ("192.168.1.20", "192.168.1.20/33", false),
            ("192.168.1.20", "192.168.1.20/x", false),
            ("192.168.1.20", "168.1.20", false),
            ("fe80::1", "fe80::/10", true),
            ("fe80::1%2", "[fe80::1]", true),
            ("fe80::1", "fe81::/16", false),
            ("2001:db8::1", "192.168.0.0/16,2001:db8::/32", true),
            ("2001:db8::1", "2001:db8::2", false),
        ] {
            assert_eq!(is_excepted(hostname, list), excepted, "{hostname} in {list:?}");
        }
    }
}
