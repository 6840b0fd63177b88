//! How a sleeping machine is woken: by which packet, and where that goes.

use super::{Jump, Mac, Recipient, SecureOn};
use serde::{Deserialize, Serialize};
use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU16,
};
use zeroize::Zeroizing;

/// UDP port 9, "discard" (RFC 863). Network cards do not look at the port; a router that hands the packet on does.
const DISCARD: u16 = 9;

/// From where the packet that wakes a machine is sent, and where to. None of it has to be said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeWay {
    /// The broadcast address of its network; none for all networks that this computer is in, or for that of the SSH host.
    #[serde(default, rename = "wake_address", skip_serializing_if = "Option::is_none")]
    pub address: Option<Ipv4Addr>,
    /// The UDP port; none for the usual one.
    #[serde(default, rename = "wake_port", skip_serializing_if = "Option::is_none")]
    pub port: Option<NonZeroU16>,
    /// The SSH host that sends the packet, where it is not this computer: routers do not pass it on.
    #[serde(default, rename = "wake_ssh_host", skip_serializing_if = "Option::is_none")]
    pub ssh_host: Option<Jump>,
}

impl WakeWay {
    /// Where a packet for one network goes; `all` where no network was chosen.
    pub(crate) fn to(&self, all: impl IntoIterator<Item = Ipv4Addr>) -> Vec<SocketAddr> {
        let port = self.port.map_or(DISCARD, NonZeroU16::get);
        let to = |address| SocketAddr::from((address, port));
        self.address.map_or_else(|| all.into_iter().map(to).collect(), |address| vec![to(address)])
    }
}

/// A machine that is to be woken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wake {
    /// Its network card.
    pub mac: Mac,
    /// Where the packet goes.
    pub way: WakeWay,
    /// Whether the keyring has a SecureOn password for it.
    pub has_password: bool,
}

impl Wake {
    /// For whom its SecureOn password is: the network card, and who is given the packet on the way there. Whoever only writes to the
    /// list cannot have it sent elsewhere.
    pub(crate) fn recipient(&self) -> Recipient {
        let mut text = format!("network card {}", self.mac);
        for to in self.way.to([Ipv4Addr::BROADCAST]) {
            text += &format!(" at {to}");
        }
        if let Some(ssh_host) = &self.way.ssh_host {
            text += &format!(" by way of {ssh_host}");
        }
        Recipient::kept(text)
    }

    /// The packet, with the password behind it.
    pub(crate) fn packet(&self, password: Option<&SecureOn>) -> Zeroizing<Vec<u8>> {
        // A buffer that grew would leave a copy behind.
        let mut packet = Zeroizing::new(Vec::with_capacity(128));
        packet.extend_from_slice(&self.mac.magic_packet());
        packet.extend_from_slice(password.map(SecureOn::bytes).unwrap_or_default());
        packet
    }
}

/// Why a text is no broadcast address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum WakeAddressProblem {
    /// Not four numbers, or all of them zero. Names are none: a broadcast address has none, and who sends the packet elsewhere would
    /// look another one up.
    #[error("a broadcast address is four numbers from 0 to 255, like 192.168.1.255")]
    Form,
}

/// Why a text is no port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum WakePortProblem {
    /// Not a number from 1 to 65535.
    #[error("a port is a number from 1 to 65535; mostly 9 or 7")]
    Form,
}

/// Reads a broadcast address; empty for none.
pub(crate) fn wake_address(text: &str) -> Result<Option<Ipv4Addr>, WakeAddressProblem> {
    match text.trim().replace('。', ".").as_str() {
        "" => Ok(None),
        text => text
            .parse()
            .ok()
            .filter(|address: &Ipv4Addr| !address.is_unspecified())
            .ok_or(WakeAddressProblem::Form)
            .map(Some),
    }
}

/// Reads a port; empty for none.
pub(crate) fn wake_port(text: &str) -> Result<Option<NonZeroU16>, WakePortProblem> {
    match text.trim() {
        "" => Ok(None),
        // `parse` alone would take a plus sign.
        text if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().map(Some).map_err(|_| WakePortProblem::Form)
        }
        _ => Err(WakePortProblem::Form),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broadcast_address_is_four_numbers_and_a_port_is_one() {
        assert_eq!(wake_address(" 192.168.1.255\n"), Ok(Some([192, 168, 1, 255].into())));
        assert_eq!(
            wake_address("192。168。1。255"),
            Ok(Some([192, 168, 1, 255].into())),
            "an input method's full stop"
        );
        assert_eq!((wake_address(" "), wake_port(" ")), (Ok(None), Ok(None)));
        for text in ["0.0.0.0", "192.168.1", "192.168.1.256", "0177.0.0.1", "router", "::1", "192.168.1.255:9", "$(x)"]
        {
            assert_eq!(wake_address(text), Err(WakeAddressProblem::Form), "{text}");
        }
        assert_eq!(wake_port(" 40000 "), Ok(NonZeroU16::new(40000)));
        for text in ["0", "65536", "-1", "+9", "nine", "9 9"] {
            assert_eq!(wake_port(text), Err(WakePortProblem::Form), "{text}");
        }
    }

    #[test]
    fn the_packet_goes_to_the_network_that_was_chosen_or_to_all() {
        let all = [[255; 4], [10, 0, 0, 255]].map(Ipv4Addr::from);
        let to = |text: &str| {
            serde_json::from_str::<WakeWay>(text).unwrap().to(all).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(to("{}"), ["255.255.255.255:9", "10.0.0.255:9"]);
        assert_eq!(to(r#"{"wake_port":7}"#), ["255.255.255.255:7", "10.0.0.255:7"]);
        assert_eq!(to(r#"{"wake_address":"192.168.7.255"}"#), ["192.168.7.255:9"]);
        assert_eq!(to(r#"{"wake_address":"192.168.7.255","wake_port":40000}"#), ["192.168.7.255:40000"]);
    }

    fn wake(way: &str) -> Wake {
        let mac = Mac::parse("00:1a:2b:3c:4d:5e").unwrap();
        Wake { mac, way: serde_json::from_str(way).unwrap(), has_password: true }
    }

    #[test]
    fn the_password_stands_behind_the_packet() {
        let wake = wake("{}");
        let password = SecureOn::parse(&"00-11-22-33-44-55".to_owned().into()).unwrap();
        assert_eq!(*wake.packet(None), wake.mac.magic_packet());
        let packet = wake.packet(Some(&password));
        assert_eq!((packet.len(), &packet[102..]), (108, &[0x00, 0x11, 0x22, 0x33, 0x44, 0x55][..]));
    }

    #[test]
    fn the_password_is_for_one_way() {
        let ways = ["{}", r#"{"wake_address":"10.0.0.255"}"#, r#"{"wake_port":7}"#, r#"{"wake_ssh_host":"gate"}"#];
        for (at, way) in ways.iter().enumerate() {
            for (other_at, other) in ways.iter().enumerate() {
                assert_eq!(wake(way).recipient() == wake(other).recipient(), at == other_at, "{way} {other}");
            }
        }
        let far = wake(r#"{"wake_address":"10.0.0.255","wake_ssh_host":"ann@gate"}"#).recipient();
        assert_eq!(far.to_string(), "network card 00:1a:2b:3c:4d:5e at 10.0.0.255:9 by way of ann@gate");
    }
}
