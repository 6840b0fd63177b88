//! Where a server is, as people write it: `box`, `box:1`, `box::5905`, `[fe80::1]:1`, `/run/vnc.sock`, `vnc://box`,
//! `wss://site/websockify?token=abc`.
//!
//! ```text
//! parse        what is typed by hand; host names, IPv6 addresses and ports, wherever they stand
//! name         names beyond ASCII, and those that are read in two ways
//! link         vnc:// links (RFC 7869), and the parameters in them
//! web_socket   ws:// and wss:// (RFC 6455, section 3)
//! redact       any text without its passwords and tokens, to be passed on or shown
//! ```

mod link;
mod name;
pub(super) mod parse;
mod redact;
mod web_socket;

#[cfg(test)]
mod tests;

pub use link::Link;
pub(crate) use name::{dns_name, inet_aton, is_read_otherwise};
pub use redact::{without_password, without_secrets};
pub use web_socket::WebSocket;

use parse::{FIRST_PORT, check_hostname, ipv6, is_local_port, scope_as_typed};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, path::PathBuf, str::FromStr};
use web_socket::authority;

/// The TCP port of display 0, and of an address without a port (RFC 6143, section 2).
pub const VNC_PORT: u16 = 5900;
/// The demo desktop's address in text.
const DEMO: &str = "portlight:demo";

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// A machine in the network.
    Tcp {
        /// A name, an IPv4 address, or an IPv6 address without brackets.
        hostname: String,
        /// TCP port, never 0.
        port: u16,
    },
    /// A Unix socket on this machine.
    Unix(PathBuf),
    /// A WebSocket: a proxy with servers behind it, or a server that speaks it itself.
    Ws(WebSocket),
    /// The demo desktop inside Portlight.
    Demo,
}

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum AddressProblem {
    /// There is nothing.
    #[error("there is no address")]
    Empty,
    /// The host name has something that host names do not have.
    #[error("a host name has letters, digits, dots and hyphens, and no spaces")]
    Hostname,
    /// Numbers that a resolver may read as another IPv4 address than a person does.
    #[error("an IPv4 address has four numbers from 0 to 255 without zeros in front, like 192.168.1.20")]
    Ipv4,
    /// Letters of several scripts that look alike, in one part of a name.
    #[error("the host name mixes letters of different alphabets that look alike")]
    Scripts,
    /// Beyond ASCII, and not a name that DNS can have (IDNA).
    #[error("the host name has letters or signs that international names do not have")]
    International,
    /// The port is not a number from 1 to 65535.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// Brackets without a partner, around something else than IPv6, or missing before an IPv6 address's port.
    #[error("an IPv6 address with a port is written in brackets, like [fe80::1]:5901")]
    Brackets,
    /// A link of another kind than `vnc://`, `ws://` and `wss://`.
    #[error("only vnc://, ws:// and wss:// links can be opened")]
    Scheme,
    /// A path that cannot be a socket's.
    #[error("a socket's path begins with / and ends with the socket's name")]
    Path,
    /// A WebSocket address with a user name or password in it: addresses are saved in a file and shown in errors.
    #[error("leave user name and password out of the address: they have fields of their own, and lie in the keyring")]
    Login,
    /// A link that says more than where: the rest would be left out.
    #[error("this link asks for an SSH host or for more protection, which is more than an address says")]
    Link,
    /// A link with a `SecurityType` that is not known here, or cannot be insisted on.
    #[error("this link asks for a security type that Portlight does not have")]
    LinkSecurity,
    /// A link that names the server's key (`IdHash`).
    #[error("this link names the server's key, which Portlight does not compare")]
    LinkKey,
    /// A link whose `SshHost` is none, or that asks for SSH and names no host.
    #[error("this link asks for a way through SSH, and names no SSH host that there can be")]
    LinkSsh,
    /// Longer than any host name, socket path or token can be.
    #[error("the address is too long")]
    TooLong,
}

impl Address {
    /// Reads what a person typed, or a link's address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, AddressProblem> {
        let link = Link::parse(text)?;
        if link.asks_for_more() { Err(AddressProblem::Link) } else { Ok(link.address) }
    }

    /// A machine whose name and port are known apart.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn tcp(hostname: &str, port: u16) -> Result<Self, AddressProblem> {
        if port == 0 {
            return Err(AddressProblem::Port);
        }
        let hostname = match ipv6(hostname, parse::Written::ByHand) {
            Some(address) => address,
            None => check_hostname(hostname).map(|()| hostname.to_owned())?,
        };
        Ok(Self::Tcp { hostname, port })
    }

    /// The address without the query of a WebSocket, which may hold a token: for errors, logs and names.
    pub fn without_query(&self) -> Self {
        match self {
            Self::Ws(socket) => {
                let path = socket.resource.split('?').next().unwrap_or_default();
                Self::Ws(WebSocket { resource: path.to_owned(), ..socket.clone() })
            }
            other => other.clone(),
        }
    }

    /// Whether it is a WebSocket with a query, so that [`Address::endpoint`] may stand for several machines.
    pub fn has_query(&self) -> bool {
        matches!(self, Self::Ws(socket) if socket.resource.contains('?'))
    }

    /// The name under which keys of the RFB server at this address are known: the address without a query. (The
    /// certificate of a `wss://` site itself is known under scheme, host name and port.)
    ///
    /// The path stays: it names a machine (`/api2/json/nodes/x/qemu/100/vncwebsocket`) and is the same each time. A query
    /// does not stay, nor a hash of it: it may hold a token, which is a secret, and a token that is new each time would
    /// make each key a new one. So two tokens of one site and path are one endpoint, and perhaps two machines. Where
    /// [`Address::has_query`] holds, the caller therefore
    /// - adds the host's ID to the endpoint of a saved host, which is one machine whatever its token is;
    /// - takes another key than the known one for an unknown key, not for a changed one, where the address is not saved:
    ///   the token may have led to another machine. The answer replaces the known key, so that tokens never add up.
    pub fn endpoint(&self) -> String {
        self.without_query().to_string()
    }

    /// Whether `ssh -W` can lead there: it takes a host name and a port, nothing else.
    pub fn is_reachable_through_ssh(&self) -> bool {
        matches!(self, Self::Tcp { .. })
    }
}

/// The shortest text that reads back the same.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Demo => f.write_str(DEMO),
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Ws(socket) => socket.fmt(f),
            Self::Tcp { hostname, port } => write_tcp(hostname, *port, f),
        }
    }
}

fn write_tcp(hostname: &str, port: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let name = scope_as_typed(hostname);
    let is_ipv6 = hostname.contains(':');
    if is_ipv6 && (port != VNC_PORT || is_local_port(hostname)) {
        write!(f, "[{name}]")?;
    } else if port < FIRST_PORT && ipv6(&format!("{hostname}::{port}"), parse::Written::ByHand).is_some() {
        // A machine called `cafe`: `cafe::99` reads as IPv6, only a link says that it is a port.
        return write!(f, "vnc://{}", authority(hostname, port, VNC_PORT));
    } else {
        f.write_str(&name)?;
    }
    match port {
        VNC_PORT => Ok(()),
        port if port < FIRST_PORT => write!(f, "::{port}"),
        port => write!(f, ":{port}"),
    }
}

impl FromStr for Address {
    type Err = AddressProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
