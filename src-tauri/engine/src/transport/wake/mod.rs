//! Wake-on-LAN: sends the packet that switches a machine on.
//!
//! The packet is AMD's "Magic Packet Technology" (publication 20213, 1995): six bytes 0xFF, then the network card's
//! address sixteen times, and a SecureOn password where the card wants one. A sleeping machine answers no ARP request, so the packet
//! goes to broadcast addresses; as routers do not pass those on, an SSH host in its network can send it instead.

pub(super) mod there;

use super::ssh::AskPass;
use crate::{
    error::{ConnectError, Result},
    model::{SecureOn, Wake},
};
use if_addrs::{IfAddr, get_if_addrs};
use std::net::{Ipv4Addr, SocketAddr};
use there::There;
use tokio::net::UdpSocket;
use zeroize::Zeroizing;

/// What sends the packet that wakes one machine, as often as that is wanted. There is no reply: whether it has arrived shows only when
/// the machine can be reached.
pub enum Sender {
    /// This computer does.
    Here {
        /// With the password.
        packet: Zeroizing<Vec<u8>>,
        /// Where it goes.
        targets: Vec<SocketAddr>,
    },
    /// An SSH host does, to which the way stays open meanwhile.
    There(Box<There>),
}

impl Sender {
    /// Opens the way to who sends the packet: here into every network that this computer is in, where its list says no other address.
    /// `ask` answers what ssh asks on the way.
    ///
    /// # Errors
    /// The `Ssh…` and `Wake…` ones; [`ConnectError::ViewerFailed`] without detail where the user gave up.
    pub async fn open<A: AskPass>(wake: &Wake, password: Option<&SecureOn>, ask: &mut A) -> Result<Self, ConnectError> {
        match &wake.way.ssh_host {
            Some(ssh_host) => Ok(Self::There(Box::new(There::open(ssh_host, wake, password, ask).await?))),
            None => Ok(Self::Here { packet: wake.packet(password), targets: wake.way.to(networks()) }),
        }
    }

    /// Sends the packet.
    ///
    /// # Errors
    /// [`ConnectError::WakeNotSent`] where it could be sent nowhere, with the first cause; from an SSH host as [`Sender::open`].
    pub async fn send(&mut self) -> Result<(), ConnectError> {
        match self {
            Self::Here { packet, targets } => send_to(packet, targets).await,
            Self::There(there) => there.send().await,
        }
    }
}

async fn send_to(packet: &[u8], targets: &[SocketAddr]) -> Result<(), ConnectError> {
    let not_sent = |cause: std::io::Error| ConnectError::WakeNotSent { detail: cause.to_string() };
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await.map_err(not_sent)?;
    socket.set_broadcast(true).map_err(not_sent)?;
    let (mut sent, mut failure) = (false, None);
    for target in targets {
        match socket.send_to(packet, target).await {
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

/// The broadcast addresses of every IPv4 network that this computer is in. First 255.255.255.255, which goes out by the default
/// route only (RFC 919, section 7); the others reach the other networks.
fn networks() -> Vec<Ipv4Addr> {
    let interfaces = get_if_addrs().unwrap_or_else(|cause| {
        tracing::debug!(%cause, "the network interfaces are not known");
        Vec::new()
    });
    let broadcast = interfaces.into_iter().filter(|interface| !interface.is_loopback()).filter_map(|interface| {
        let IfAddr::V4(address) = interface.addr else { return None };
        address.broadcast
    });
    once_each(broadcast)
}

fn once_each(broadcast: impl Iterator<Item = Ipv4Addr>) -> Vec<Ipv4Addr> {
    let mut all = vec![Ipv4Addr::BROADCAST];
    for address in broadcast {
        if !address.is_unspecified() && !all.contains(&address) {
            all.push(address);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Mac, WakeWay},
        transport::ssh::question::{Question, Reply},
    };
    use std::{num::NonZeroU16, time::Duration};
    use tokio::time::timeout;

    /// Is asked nothing.
    struct Nobody;

    impl AskPass for Nobody {
        async fn answer(&mut self, question: &Question) -> Option<Reply> {
            panic!("{question:?}")
        }
    }

    /// A machine on loopback, and how it is woken.
    async fn asleep() -> (UdpSocket, Wake) {
        let machine = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = NonZeroU16::new(machine.local_addr().unwrap().port());
        let way = WakeWay { address: Some(Ipv4Addr::LOCALHOST), port, ssh_host: None };
        (machine, Wake { mac: Mac::parse("00:1a:2b:3c:4d:5e").unwrap(), way, has_password: false })
    }

    async fn received(machine: &UdpSocket) -> Vec<u8> {
        let mut packet = vec![0; 200];
        let length = timeout(Duration::from_secs(5), machine.recv(&mut packet)).await.unwrap().unwrap();
        packet.truncate(length);
        packet
    }

    #[test]
    fn each_network_gets_the_packet_once() {
        let [lan, none] = [[192, 168, 1, 255], [0; 4]].map(Ipv4Addr::from);
        assert_eq!(once_each([lan, none, lan, Ipv4Addr::BROADCAST].into_iter()), [Ipv4Addr::BROADCAST, lan]);
        assert!(networks().iter().all(|network| !network.is_loopback()));
    }

    #[tokio::test]
    async fn the_packet_arrives_at_the_address_and_port_that_were_chosen() {
        let (machine, wake) = asleep().await;
        let password = SecureOn::parse(&"00-11-22-33-44-55".to_owned().into()).unwrap();
        for password in [None, Some(&password)] {
            Sender::open(&wake, password, &mut Nobody).await.unwrap().send().await.unwrap();
            assert_eq!(received(&machine).await, *wake.packet(password));
        }
    }

    #[tokio::test]
    async fn the_packet_arrives_also_where_another_target_does_not_exist() {
        let (machine, wake) = asleep().await;
        let packet = wake.mac.magic_packet();
        // IPv6 cannot be reached from an IPv4 socket.
        let nowhere = "[::1]:9".parse().unwrap();
        send_to(&packet, &[nowhere, machine.local_addr().unwrap()]).await.unwrap();
        assert_eq!(received(&machine).await, packet);
        let error = send_to(&packet, &[nowhere]).await.unwrap_err();
        assert!(matches!(error, ConnectError::WakeNotSent { .. }), "{error:?}");
    }
}
