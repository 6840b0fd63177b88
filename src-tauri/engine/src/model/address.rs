//! Where a server is, as people write it: `box`, `box:1`, `box::5905`, `[fe80::1]:1`, `/run/vnc.sock`, `vnc://box`,
//! `wss://site/websockify?token=abc`.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    net::Ipv6Addr,
    path::{Path, PathBuf},
    str::FromStr,
};

/// The port of display 0, and of an address without a port.
pub const VNC_PORT: u16 = 5900;
/// After one colon a number below this is a display, from here on it is a port.
const FIRST_PORT: u16 = 100;
/// DNS allows no longer names.
const MAX_HOSTNAME: usize = 255;
/// `sun_path` holds 108 bytes, the last one is NUL.
const MAX_SOCKET_PATH: usize = 107;
/// Bytes of a WebSocket's path and query: tickets and signed tokens of one or two kilobytes are common.
const MAX_RESOURCE: usize = 4096;
/// What cannot stand in a request line, or is no part of a URL (RFC 3986, section 2). A percent sign stays: it is
/// somebody else's encoding.
const NOT_IN_RESOURCE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');
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

/// Where a WebSocket is (RFC 6455, section 3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebSocket {
    /// Whether it lies within TLS: `wss://`.
    pub secure: bool,
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub hostname: String,
    /// TCP port, never 0.
    pub port: u16,
    /// Path and query as the request has them, beginning with `/`. A token in it may be worth as much as a password.
    pub resource: String,
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
    /// A WebSocket address with a user name or password in it: it would lie in a file, and in every error.
    #[error("leave user name and password out of the address: they have fields of their own, and lie in the keyring")]
    Login,
    /// Longer than any host name, socket path or token can be.
    #[error("the address is too long")]
    TooLong,
}

impl Address {
    /// Reads what a person typed, or a `vnc://` link's address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, AddressProblem> {
        Ok(Link::parse(text)?.address)
    }

    /// A machine whose name and port are known apart.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn tcp(hostname: &str, port: u16) -> Result<Self, AddressProblem> {
        if port == 0 {
            return Err(AddressProblem::Port);
        }
        let hostname = match ipv6(hostname) {
            Some(address) => address,
            None => check_hostname(hostname).map(|()| hostname.to_owned())?,
        };
        Ok(Self::Tcp { hostname, port })
    }

    /// The address without what only its owner should read: for errors and logs.
    pub fn without_query(&self) -> Self {
        match self {
            Self::Ws(socket) => {
                let path = socket.resource.split('?').next().unwrap_or_default();
                Self::Ws(WebSocket { resource: path.to_owned(), ..socket.clone() })
            }
            other => other.clone(),
        }
    }

    fn parse_typed(text: &str) -> Result<Self, AddressProblem> {
        if text.eq_ignore_ascii_case(DEMO) {
            return Ok(Self::Demo);
        }
        if text.starts_with(['/', '~', '.']) && text.contains('/') {
            return socket(text);
        }
        if let Some(path) = strip_prefix_ignoring_case(text, "unix:").filter(|path| path.contains('/')) {
            return socket(path);
        }
        if let Some((scheme, _)) = text.split_once("://")
            && is_scheme(scheme)
        {
            return Err(AddressProblem::Scheme);
        }
        // Chinese and Japanese input methods write these for the colon and the dot.
        let text: String = text
            .chars()
            .map(|c| match c {
                '：' => ':',
                '。' | '．' | '｡' => '.',
                c => c,
            })
            .collect();
        machine(&text, Written::ByHand).map(|(hostname, port)| Self::Tcp { hostname, port })
    }
}

impl WebSocket {
    /// Reads what follows `ws://` or `wss://`.
    fn parse(secure: bool, rest: &str) -> Result<Self, AddressProblem> {
        // A fragment is never sent (RFC 6455, section 3).
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, resource) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(AddressProblem::Login);
        }
        if authority.is_empty() {
            return Err(AddressProblem::Empty);
        }
        let (hostname, port) = machine(authority, Written::InLink { default: default_port(secure) })?;
        let slash = if resource.starts_with('/') { "" } else { "/" };
        let resource = format!("{slash}{}", utf8_percent_encode(resource, NOT_IN_RESOURCE));
        if resource.len() > MAX_RESOURCE {
            return Err(AddressProblem::TooLong);
        }
        Ok(Self { secure, hostname, port, resource })
    }

    /// Name and port as a request names them (RFC 9110, section 7.2). A scope means something on this machine only.
    pub(crate) fn host(&self) -> String {
        authority(self.hostname.split('%').next().unwrap_or_default(), self.port, default_port(self.secure))
    }

    /// The site that it belongs to, as browsers name it (RFC 6454, section 6.2): `https://box:8443`.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.host())
    }
}

/// The port that needs no mention (RFC 6455, section 3).
fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// Name and port as they stand in a URL.
fn authority(hostname: &str, port: u16, default: u16) -> String {
    let name = if hostname.contains(':') { format!("[{}]", hostname.replace('%', "%25")) } else { hostname.to_owned() };
    if port == default { name } else { format!("{name}:{port}") }
}

/// The shortest text that reads back the same.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Demo => f.write_str(DEMO),
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Ws(WebSocket { secure, hostname, port, resource }) => {
                let scheme = if *secure { "wss" } else { "ws" };
                let resource = if resource == "/" { "" } else { resource };
                write!(f, "{scheme}://{}{resource}", authority(hostname, *port, default_port(*secure)))
            }
            Self::Tcp { hostname, port } => {
                let is_ipv6 = hostname.contains(':');
                if is_ipv6 && (*port != VNC_PORT || local_port(hostname).is_some()) {
                    write!(f, "[{hostname}]")?;
                } else if *port < FIRST_PORT && ipv6(&format!("{hostname}::{port}")).is_some() {
                    // A machine called `cafe`: `cafe::99` reads as IPv6, only a link says that it is a port.
                    return write!(f, "vnc://{hostname}:{port}");
                } else {
                    f.write_str(hostname)?;
                }
                match *port {
                    VNC_PORT => Ok(()),
                    port if port < FIRST_PORT => write!(f, "::{port}"),
                    port => write!(f, ":{port}"),
                }
            }
        }
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

/// What a `vnc://` link (RFC 7869) asks for. A password in one is never kept: links end up in histories and logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where the server is.
    pub address: Address,
    /// `VncUsername`.
    pub username: Option<String>,
    /// `ViewOnly`.
    pub view_only: bool,
    /// `ConnectionName`.
    pub name: Option<String>,
}

impl Link {
    /// Reads a `vnc://` link; any other address is a link without parameters: a WebSocket's belong to its server.
    ///
    /// # Errors
    /// What is wrong with the address. Parameters that cannot be read are left out.
    pub fn parse(text: &str) -> Result<Self, AddressProblem> {
        let text = text.trim();
        let plain = |address| Self { address, username: None, view_only: false, name: None };
        for (scheme, secure) in [("ws://", false), ("wss://", true)] {
            if let Some(rest) = strip_prefix_ignoring_case(text, scheme) {
                return WebSocket::parse(secure, rest).map(Address::Ws).map(plain);
            }
        }
        let Some(link) = strip_prefix_ignoring_case(text, "vnc://") else {
            if text.is_empty() {
                return Err(AddressProblem::Empty);
            }
            return Address::parse_typed(text).map(plain);
        };
        let link = link.split('#').next().unwrap_or_default();
        let (place, parameters) = link.split_once('?').unwrap_or((link, ""));
        let authority = place.split('/').next().unwrap_or_default();
        let machine_text = authority.rsplit('@').next().unwrap_or_default();
        if machine_text.is_empty() {
            return Err(AddressProblem::Empty);
        }
        let parameter = |wanted: &str| {
            let pairs = parameters.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| key.eq_ignore_ascii_case(wanted)).find_map(|(_, value)| parameter_text(value))
        };
        let (hostname, port) = machine(machine_text, Written::InLink { default: VNC_PORT })?;
        Ok(Self {
            address: Address::Tcp { hostname, port },
            username: parameter("VncUsername"),
            view_only: parameter("ViewOnly").is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1"),
            name: parameter("ConnectionName"),
        })
    }
}

/// A parameter's value if it is one line of readable text. Links come from web pages: nothing in them is trusted.
fn parameter_text(value: &str) -> Option<String> {
    let value = percent_decode_str(value).decode_utf8().ok()?;
    let value = value.trim();
    let readable = !value.is_empty() && value.len() <= MAX_HOSTNAME && !value.contains(char::is_control);
    readable.then(|| value.to_owned())
}

/// Where a machine's name stands decides how it is read.
#[derive(Clone, Copy, PartialEq)]
enum Written {
    /// After one colon, small numbers are displays.
    ByHand,
    /// Numbers are ports (RFC 7869, section 2.1), host names may be percent-encoded.
    InLink {
        /// The port of a link that names none.
        default: u16,
    },
}

impl Written {
    fn default_port(self) -> u16 {
        match self {
            Self::ByHand => VNC_PORT,
            Self::InLink { default } => default,
        }
    }
}

/// Reads host name and port.
fn machine(text: &str, written: Written) -> Result<(String, u16), AddressProblem> {
    if let Some(inside) = text.strip_prefix('[') {
        let (inside, rest) = inside.split_once(']').ok_or(AddressProblem::Brackets)?;
        let hostname = ipv6(&decoded(inside, written)?).ok_or(AddressProblem::Brackets)?;
        let port = match rest.strip_prefix(':') {
            Some(number) => port(number, written)?,
            None if rest.is_empty() => written.default_port(),
            None => return Err(AddressProblem::Brackets),
        };
        return Ok((hostname, port));
    }
    if text.contains(['[', ']']) {
        return Err(AddressProblem::Brackets);
    }
    if let Some(number) = local_port(text) {
        return Ok(("localhost".to_owned(), port(number, written)?));
    }
    if let Some(hostname) = ipv6(&decoded(text, written)?) {
        return Ok((hostname, written.default_port()));
    }
    if let Some((before, _)) = text.rsplit_once(':')
        && ipv6(before.strip_suffix(':').unwrap_or(before)).is_some()
    {
        return Err(AddressProblem::Brackets);
    }
    let (name, number) = text.split_once(':').map_or((text, None), |(name, number)| (name, Some(number)));
    let hostname = decoded(name, written)?;
    check_hostname(&hostname)?;
    let port = number.map_or(Ok(written.default_port()), |number| port(number, written))?;
    Ok((hostname, port))
}

/// What follows the colon of `:1` or `::5901`, which mean this machine. `::1` does too, but it is an IPv6 address.
fn local_port(text: &str) -> Option<&str> {
    let after = text.strip_prefix(':')?;
    let digits = after.strip_prefix(':').unwrap_or(after);
    (text != "::1" && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(after)
}

/// Reads what follows the first colon: `1`, `5901` or `:5901`.
fn port(text: &str, written: Written) -> Result<u16, AddressProblem> {
    let digits = text.strip_prefix(':').unwrap_or(text);
    // RFC 3986 allows the colon without a port.
    if text.is_empty()
        && let Written::InLink { default } = written
    {
        return Ok(default);
    }
    // Without this, `parse` would take a plus sign.
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AddressProblem::Port);
    }
    let number: u16 = digits.parse().map_err(|_| AddressProblem::Port)?;
    match number {
        display if display < FIRST_PORT && digits == text && written == Written::ByHand => Ok(VNC_PORT + display),
        0 => Err(AddressProblem::Port),
        port => Ok(port),
    }
}

/// An IPv6 address in its usual form, with its scope if it has one (`fe80::1%eth0`).
fn ipv6(text: &str) -> Option<String> {
    let (address, scope) = text.split_once('%').map_or((text, None), |(address, scope)| (address, Some(scope)));
    let address: Ipv6Addr = address.parse().ok()?;
    let Some(scope) = scope else { return Some(address.to_string()) };
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (!scope.is_empty() && scope.len() <= MAX_HOSTNAME && scope.chars().all(allowed))
        .then(|| format!("{address}%{scope}"))
}

fn check_hostname(hostname: &str) -> Result<(), AddressProblem> {
    if hostname.chars().count() > MAX_HOSTNAME {
        return Err(AddressProblem::TooLong);
    }
    // Outside ASCII, letters have marks and joiners that are no letters themselves: only what cannot be seen is refused.
    let allowed = |c: char| match c {
        '-' | '_' => true,
        '\u{200c}' | '\u{200d}' => true,
        // Dots and a colon to some resolvers.
        '。' | '．' | '｡' | '：' => false,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => false,
        c if c.is_ascii() => c.is_ascii_alphanumeric(),
        c => !c.is_control() && !c.is_whitespace(),
    };
    let name = hostname.strip_suffix('.').unwrap_or(hostname);
    let labels =
        name.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && label.chars().all(allowed));
    if labels && name.contains(char::is_alphanumeric) { Ok(()) } else { Err(AddressProblem::Hostname) }
}

fn socket(text: &str) -> Result<Address, AddressProblem> {
    if text.len() > MAX_SOCKET_PATH {
        return Err(AddressProblem::TooLong);
    }
    // Portlight is started from anywhere, so a relative path would mean something else each time.
    if !Path::new(text).is_absolute() || text.ends_with('/') || text.contains(char::is_control) {
        return Err(AddressProblem::Path);
    }
    Ok(Address::Unix(PathBuf::from(text)))
}

fn decoded(text: &str, written: Written) -> Result<String, AddressProblem> {
    match written {
        Written::ByHand => Ok(text.to_owned()),
        Written::InLink { .. } => {
            percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| AddressProblem::Hostname)
        }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(hostname: &str, port: u16) -> Result<Address, AddressProblem> {
        Ok(Address::Tcp { hostname: hostname.to_owned(), port })
    }

    fn unix(path: &str) -> Result<Address, AddressProblem> {
        Ok(Address::Unix(path.into()))
    }

    fn ws(secure: bool, hostname: &str, port: u16, resource: &str) -> Result<Address, AddressProblem> {
        Ok(Address::Ws(WebSocket { secure, hostname: hostname.to_owned(), port, resource: resource.to_owned() }))
    }

    /// What people type, and what it means.
    fn readable() -> Vec<(&'static str, Result<Address, AddressProblem>)> {
        vec![
            ("box", tcp("box", 5900)),
            ("  box\t\n", tcp("box", 5900)),
            ("NAS.Home", tcp("NAS.Home", 5900)),
            ("box.example.org.", tcp("box.example.org.", 5900)),
            ("my_box-2", tcp("my_box-2", 5900)),
            ("büro", tcp("büro", 5900)),
            ("हिन्दी.भारत:1", tcp("हिन्दी.भारत", 5901)),
            ("客厅.local", tcp("客厅.local", 5900)),
            ("192。168。1。5：1", tcp("192.168.1.5", 5901)),
            ("192.168.1.20:5901", tcp("192.168.1.20", 5901)),
            // One colon: displays are small, ports are not.
            ("box:0", tcp("box", 5900)),
            ("box:1", tcp("box", 5901)),
            ("box:01", tcp("box", 5901)),
            ("box:99", tcp("box", 5999)),
            ("box:100", tcp("box", 100)),
            ("box:5900", tcp("box", 5900)),
            ("box:65535", tcp("box", 65535)),
            // Two colons: always a port.
            ("box::1", tcp("box", 1)),
            ("box::99", tcp("box", 99)),
            ("box::5905", tcp("box", 5905)),
            // This machine.
            (":1", tcp("localhost", 5901)),
            (":5905", tcp("localhost", 5905)),
            ("::5901", tcp("localhost", 5901)),
            ("::80", tcp("localhost", 80)),
            ("::1", tcp("::1", 5900)),
            // IPv6.
            ("fe80::1", tcp("fe80::1", 5900)),
            ("FE80:0:0:0::1", tcp("fe80::1", 5900)),
            ("fe80::1%eth0", tcp("fe80::1%eth0", 5900)),
            ("2001:db8::1:5901", tcp("2001:db8::1:5901", 5900)),
            ("::ffff:10.0.0.1", tcp("::ffff:10.0.0.1", 5900)),
            ("[::1]", tcp("::1", 5900)),
            ("[::1]:1", tcp("::1", 5901)),
            ("[::1]:5905", tcp("::1", 5905)),
            ("[::1]::1", tcp("::1", 1)),
            ("[::1]::5901", tcp("::1", 5901)),
            ("[fe80::1%eth0]:2", tcp("fe80::1%eth0", 5902)),
            ("[::5901]", tcp("::5901", 5900)),
            // Sockets.
            ("/run/vnc.sock", unix("/run/vnc.sock")),
            ("/tmp/with space/ü:1", unix("/tmp/with space/ü:1")),
            ("unix:/run/vnc.sock", unix("/run/vnc.sock")),
            ("UNIX:/run/vnc.sock", unix("/run/vnc.sock")),
            ("unix:1", tcp("unix", 5901)),
            // Links: the number is a port.
            ("vnc://box", tcp("box", 5900)),
            ("VNC://Box", tcp("Box", 5900)),
            ("vnc://box/", tcp("box", 5900)),
            ("vnc://box:5901", tcp("box", 5901)),
            ("vnc://box:5901/", tcp("box", 5901)),
            ("vnc://box:1", tcp("box", 1)),
            ("vnc://box:", tcp("box", 5900)),
            ("vnc://box::5901", tcp("box", 5901)),
            ("vnc://:5901", tcp("localhost", 5901)),
            ("vnc://box?ViewOnly=true", tcp("box", 5900)),
            ("vnc://box#top", tcp("box", 5900)),
            ("vnc://ann:hunter2@box:5901/?VncPassword=hunter2", tcp("box", 5901)),
            ("vnc://a@b@box", tcp("box", 5900)),
            ("vnc://[::1]", tcp("::1", 5900)),
            ("vnc://[::1]:5901/", tcp("::1", 5901)),
            ("vnc://[fe80::1%25eth0]:5901", tcp("fe80::1%eth0", 5901)),
            ("vnc://fe80::1/", tcp("fe80::1", 5900)),
            ("vnc://b%C3%BCro", tcp("büro", 5900)),
            // WebSockets: path and query are the server's business.
            ("ws://box", ws(false, "box", 80, "/")),
            ("wss://box", ws(true, "box", 443, "/")),
            ("WSS://Box/", ws(true, "Box", 443, "/")),
            ("ws://box:", ws(false, "box", 80, "/")),
            ("ws://box:1", ws(false, "box", 1, "/")),
            ("ws://box:5900", ws(false, "box", 5900, "/")),
            ("ws://box:443", ws(false, "box", 443, "/")),
            ("wss://box:80/x", ws(true, "box", 80, "/x")),
            ("wss://site/websockify?token=abc123", ws(true, "site", 443, "/websockify?token=abc123")),
            ("wss://site?token=abc123", ws(true, "site", 443, "/?token=abc123")),
            ("ws://[fe80::1%25eth0]:6080/a", ws(false, "fe80::1%eth0", 6080, "/a")),
            ("ws://::1/", ws(false, "::1", 80, "/")),
            ("ws://:6080/", ws(false, "localhost", 6080, "/")),
            ("ws://b%C3%BCro/", ws(false, "büro", 80, "/")),
            ("ws://box/a@b?c=d@e&f=://g", ws(false, "box", 80, "/a@b?c=d@e&f=://g")),
            ("ws://box/a b?c=ü\"#top", ws(false, "box", 80, "/a%20b?c=%C3%BC%22")),
            ("ws://box/%2f%zz%", ws(false, "box", 80, "/%2f%zz%")),
            ("ws://box/a\r\nHost:x", ws(false, "box", 80, "/a%0D%0AHost:x")),
            ("portlight:demo", Ok(Address::Demo)),
            ("Portlight:Demo", Ok(Address::Demo)),
        ]
    }

    #[test]
    fn reads_what_people_type() {
        for (text, meaning) in readable() {
            assert_eq!(Address::parse(text), meaning, "{text:?}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        use AddressProblem::*;
        let long_name = "a.".repeat(128) + "a";
        let long_path = format!("/{}", "a".repeat(MAX_SOCKET_PATH));
        let long_token = format!("ws://box?{}", "ü".repeat(MAX_RESOURCE / 6 + 1));
        for (text, problem) in [
            ("", Empty),
            (" \t ", Empty),
            ("vnc://", Empty),
            ("vnc:///?ViewOnly=true", Empty),
            ("vnc://ann:hunter2@", Empty),
            ("my box", Hostname),
            ("box\u{0}", Hostname),
            ("box\n1", Hostname),
            ("box/vnc", Hostname),
            ("box\\vnc", Hostname),
            ("a..b", Hostname),
            (".box", Hostname),
            (".", Hostname),
            ("-", Hostname),
            ("-oProxyCommand=x", Hostname),
            ("_", Hostname),
            ("ann@box", Hostname),
            ("fe80::1%", Port),
            ("box%20", Hostname),
            ("bo\u{202e}x", Hostname),
            ("bo\u{200b}x", Hostname),
            ("vnc://my%20box", Hostname),
            ("vnc://box%2fvnc", Hostname),
            ("vnc://%ff", Hostname),
            ("vnc://box%3A1", Hostname),
            ("vnc://box：1", Hostname),
            (":", Hostname),
            ("box:", Port),
            ("box::", Port),
            ("box::0", Port),
            ("box:65536", Port),
            ("box::65536", Port),
            ("box:99999999999999999999", Port),
            ("box:-1", Port),
            ("box:+1", Port),
            ("box:１", Port),
            ("box:vnc", Port),
            ("box:1:2", Port),
            ("box:::1", Port),
            ("box:5901/vnc", Port),
            ("::0", Port),
            ("::65536", Port),
            ("vnc://box:0", Port),
            ("vnc://box:65536", Port),
            ("[::1]:", Port),
            ("[::1]:x", Port),
            ("[::1", Brackets),
            ("::1]", Brackets),
            ("[box]:1", Brackets),
            ("[]", Brackets),
            ("[[::1]]", Brackets),
            ("[::1]5901", Brackets),
            ("box[1]", Brackets),
            ("fe80::1::5901", Brackets),
            ("fe80::1%eth0:1", Brackets),
            ("1:2:3:4:5:6:7:8:5901", Brackets),
            ("ws://", Empty),
            ("wss:///websockify", Empty),
            ("ws://?token=a", Empty),
            ("ws://ann:hunter2@box/", Login),
            ("wss://token@box?token=a", Login),
            ("ws://box:0/", Port),
            ("ws://box:x/", Port),
            ("ws://box:65536", Port),
            ("ws://my box/", Hostname),
            ("ws://box\\x", Hostname),
            ("wss://[::1/", Brackets),
            ("ws:/box", Port),
            ("http://box", Scheme),
            ("https://site/vnc.html", Scheme),
            ("rdp://box", Scheme),
            ("ssh://ann@box:22", Scheme),
            ("vnc+ssh://box", Scheme),
            ("relative/../sock", Hostname),
            ("./sock", Path),
            ("~/sock", Path),
            ("unix:./sock", Path),
            ("/", Path),
            ("/run/", Path),
            ("/run/a\u{0}b", Path),
            ("/run/a\nb", Path),
            (&long_name, TooLong),
            (&long_path, TooLong),
            (&long_token, TooLong),
        ] {
            assert_eq!(Address::parse(text), Err(problem), "{text:?}");
        }
    }

    #[test]
    fn prints_the_shortest_text() {
        for (text, shortest) in [
            ("box:0", "box"),
            ("box::5900", "box"),
            ("box:1", "box:5901"),
            ("box::100", "box:100"),
            ("box::99", "box::99"),
            ("[::1]", "::1"),
            ("[::1]:1", "[::1]:5901"),
            ("[::1]::99", "[::1]::99"),
            ("[::5901]", "[::5901]"),
            ("cafe:99", "cafe:5999"),
            ("vnc://cafe:99", "vnc://cafe:99"),
            ("[FE80::0:1%eth0]", "fe80::1%eth0"),
            ("vnc://ann:hunter2@[::1]:5901/?VncPassword=hunter2", "[::1]:5901"),
            ("unix:/run/vnc.sock", "/run/vnc.sock"),
            ("PORTLIGHT:DEMO", "portlight:demo"),
            ("WS://Box:80/", "ws://Box"),
            ("wss://box:443/?", "wss://box/?"),
            ("wss://[fe80::0:1%25eth0]?a", "wss://[fe80::1%25eth0]/?a"),
        ] {
            assert_eq!(Address::parse(text).unwrap().to_string(), shortest, "{text:?}");
        }
    }

    #[test]
    fn what_is_printed_reads_back_the_same() {
        let hostnames = [
            "box",
            "192.168.1.5",
            "unix",
            "portlight",
            "5901",
            "cafe",
            "büro.",
            "::",
            "::1",
            "::5901",
            "::99",
            "fe80::1%eth0",
        ];
        let ports = [1, 2, 99, 100, 101, 5899, 5900, 5901, 65535];
        let machines = hostnames
            .iter()
            .flat_map(|hostname| ports.map(|port| Address::Tcp { hostname: (*hostname).to_owned(), port }));
        let sites = hostnames.iter().flat_map(|hostname| {
            [1, 80, 443, 5900].into_iter().flat_map(move |port| {
                [(false, "/"), (true, "/"), (true, "/?"), (false, "/a/b?c=%20&d=://[x]:1")]
                    .map(|(secure, resource)| ws(secure, hostname, port, resource).unwrap())
            })
        });
        let others = readable().into_iter().filter_map(|(_, meaning)| meaning.ok());
        for address in machines.chain(sites).chain(others) {
            assert_eq!(Address::parse(&address.to_string()).as_ref(), Ok(&address), "{address}");
            let json = serde_json::to_string(&address).unwrap();
            assert_eq!(serde_json::from_str::<Address>(&json).unwrap(), address, "{json}");
        }
    }

    #[test]
    fn no_text_breaks_it_and_what_it_reads_survives_printing() {
        let pieces = [
            "box",
            "ü",
            "1",
            "99",
            "5901",
            "65536",
            ":",
            "::",
            "[",
            "]",
            "%",
            "%25",
            "%ff",
            "/",
            "//",
            "vnc",
            "vnc://",
            "unix:",
            "?",
            "&",
            "=",
            "#",
            "@",
            ".",
            "-",
            "_",
            " ",
            "\u{0}",
            "\u{202e}",
            "：",
            "😀",
            "fe80",
            "ViewOnly=true",
            "portlight:demo",
            "ws://",
            "wss://",
        ];
        // A linear congruential generator: the same texts in each run.
        let mut state = 1u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        let mut read = 0;
        for _ in 0..100_000 {
            let mut text: String = (0..next(7)).map(|_| pieces[next(pieces.len())]).collect();
            if next(4) == 0 {
                text.extend(char::from_u32(u32::try_from(next(0x11_0000)).unwrap()));
            }
            if let Ok(address) = Address::parse(&text) {
                read += 1;
                assert_eq!(Address::parse(&address.to_string()).as_ref(), Ok(&address), "{text:?}");
                assert!(
                    !matches!(address, Address::Tcp { port: 0, .. } | Address::Ws(WebSocket { port: 0, .. })),
                    "{text:?}"
                );
            }
        }
        assert!(read > 1000, "only {read} texts were addresses: this tests too little");
    }

    #[test]
    fn links_say_how_to_look_and_never_a_password() {
        let link = Link::parse(
            "vnc://ann:hunter2@box:5901/?VncUsername=J%C3%B6rg&viewonly=TRUE&ConnectionName=The%20box&VncPassword=hunter2",
        );
        let expected = Link {
            address: tcp("box", 5901).unwrap(),
            username: Some("Jörg".to_owned()),
            view_only: true,
            name: Some("The box".to_owned()),
        };
        assert_eq!(link.as_ref(), Ok(&expected));
        assert!(!format!("{link:?}").contains("hunter2"));
        assert_eq!(expected.address.to_string(), "box:5901");
    }

    #[test]
    fn parameters_that_cannot_be_read_are_left_out() {
        let long = format!("ConnectionName={}", "a".repeat(MAX_HOSTNAME + 1));
        for parameters in [
            "",
            "ViewOnly",
            "ViewOnly=",
            "ViewOnly=false",
            "ViewOnly=%ff",
            "VncUsername=%20",
            "ConnectionName=a%0Ab",
            "&&==&",
            &long,
        ] {
            let link = Link::parse(&format!("vnc://box?{parameters}")).unwrap();
            assert_eq!(
                link,
                Link { address: tcp("box", 5900).unwrap(), username: None, view_only: false, name: None },
                "{parameters}"
            );
        }
    }

    #[test]
    fn name_and_port_are_checked_apart() {
        assert_eq!(Address::tcp("FE80::0:1%eth0", 99), tcp("fe80::1%eth0", 99));
        assert_eq!(Address::tcp("cafe", 99), tcp("cafe", 99));
        for hostname in ["", "[::1]", "box:1", "a@b", "my box"] {
            assert_eq!(Address::tcp(hostname, 5900), Err(AddressProblem::Hostname), "{hostname}");
        }
        assert_eq!(Address::tcp("box", 0), Err(AddressProblem::Port));
    }

    #[test]
    fn what_is_shown_of_a_websocket_has_no_token() {
        let shown = |text| Address::parse(text).unwrap().without_query().to_string();
        assert_eq!(shown("wss://site:8443/websockify?token=abc123"), "wss://site:8443/websockify");
        assert_eq!(shown("wss://site?token=abc123"), "wss://site");
        assert_eq!(shown("box:1"), "box:5901");
    }

    #[test]
    fn the_site_of_a_websocket_is_what_browsers_call_it() {
        for (text, origin) in [
            ("wss://site/a?b", "https://site"),
            ("ws://[fe80::1%25eth0]:6080", "http://[fe80::1]:6080"),
            ("wss://10.0.0.1:80", "https://10.0.0.1:80"),
        ] {
            let Ok(Address::Ws(socket)) = Address::parse(text) else { panic!("{text} is a WebSocket's address") };
            assert_eq!(socket.origin(), origin);
        }
    }

    #[test]
    fn an_address_without_a_link_is_a_link_without_parameters() {
        let link = Link { address: tcp("box", 5901).unwrap(), username: None, view_only: false, name: None };
        assert_eq!(Link::parse(" box:1 "), Ok(link));
        assert_eq!(Link::parse("http://box"), Err(AddressProblem::Scheme));
        assert_eq!(Link::parse(""), Err(AddressProblem::Empty));
    }
}
