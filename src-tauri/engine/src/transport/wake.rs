//! Wake-on-LAN: sends the packet that switches a machine on.
//!
//! The packet is AMD's "Magic Packet Technology" (publication 20213, 1995): six bytes 0xFF, then the network card's
//! address sixteen times. A sleeping machine answers no ARP request, so the packet goes to broadcast addresses.

use crate::{
    error::{ConnectError, Result},
    model::Mac,
};
use if_addrs::{IfAddr, get_if_addrs};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::UdpSocket;

/// UDP port 9, "discard" (RFC 863). Network cards do not look at the port.
const DISCARD: u16 = 9;

/// The broadcast addresses of every IPv4 network that this machine is in, each with [`DISCARD`]. First 255.255.255.255,
/// which goes out by the default route only (RFC 919, section 7); the others reach the other networks.
pub fn broadcast_addrs() -> Vec<SocketAddr> {
    let interfaces = get_if_addrs().unwrap_or_else(|cause| {
        tracing::debug!(%cause, "the network interfaces are not known");
        Vec::new()
    });
    let broadcast = interfaces.into_iter().filter(|interface| !interface.is_loopback()).filter_map(|interface| {
        let IfAddr::V4(address) = interface.addr else { return None };
        address.broadcast
    });
    targets(broadcast)
}

fn targets(broadcast: impl Iterator<Item = Ipv4Addr>) -> Vec<SocketAddr> {
    let mut targets = vec![SocketAddr::from((Ipv4Addr::BROADCAST, DISCARD))];
    for address in broadcast {
        let target = SocketAddr::from((address, DISCARD));
        if !address.is_unspecified() && !targets.contains(&target) {
            targets.push(target);
        }
    }
    targets
}

/// Sends the packet that wakes `mac` to each of `targets`, such as [`broadcast_addrs`]. There is no reply: whether it has
/// arrived shows only when the machine can be reached. It may be sent again.
///
/// # Errors
/// [`ConnectError::WakeNotSent`] where it could be sent to none of them, with the first cause.
pub async fn send(mac: Mac, targets: &[SocketAddr]) -> Result<(), ConnectError> {
    let not_sent = |cause: std::io::Error| ConnectError::WakeNotSent { detail: cause.to_string() };
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await.map_err(not_sent)?;
    socket.set_broadcast(true).map_err(not_sent)?;
    let (mut sent, mut failure) = (false, None);
    for target in targets {
        match socket.send_to(&mac.magic_packet(), target).await {
            Ok(_) => sent = true,
            Err(cause) => {
                tracing::debug!(%target, %cause, "no wake-up packet");
                failure.get_or_insert(cause);
            }
        }
    }
    match failure {
        Some(cause) if !sent => Err(not_sent(cause)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    fn card() -> Mac {
        Mac::parse("00:1a:2b:3c:4d:5e").unwrap()
    }

    #[test]
    fn each_network_gets_the_packet_once() {
        let [lan, none] = [[192, 168, 1, 255], [0; 4]].map(Ipv4Addr::from);
        let all = targets([lan, none, lan, Ipv4Addr::BROADCAST].into_iter());
        assert_eq!(all, ["255.255.255.255:9", "192.168.1.255:9"].map(|text| text.parse().unwrap()));
        assert!(broadcast_addrs().iter().all(|target| target.port() == 9 && !target.ip().is_loopback()));
    }

    #[tokio::test]
    async fn the_packet_arrives_also_where_another_target_does_not_exist() {
        let machine = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        // IPv6 cannot be reached from an IPv4 socket.
        let nowhere = "[::1]:9".parse().unwrap();
        send(card(), &[nowhere, machine.local_addr().unwrap()]).await.unwrap();
        let mut packet = [0; 200];
        let length = timeout(Duration::from_secs(5), machine.recv(&mut packet)).await.unwrap().unwrap();
        assert_eq!(packet[..length], card().magic_packet());

        let error = send(card(), &[nowhere]).await.unwrap_err();
        assert!(matches!(error, ConnectError::WakeNotSent { .. }), "{error:?}");
    }
}
