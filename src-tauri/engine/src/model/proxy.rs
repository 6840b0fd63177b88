//! A proxy that the way to a machine leads through, as the person wrote it.

use super::{
    Address, AddressProblem, Secret,
    address::parse::{Written, ipv6, strip_prefix_ignoring_case},
};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Bytes: more than any user name with the longest name that DNS allows.
const MAX_LENGTH: usize = 600;
/// Where a proxy listens whose text has no port, as curl has it.
const DEFAULT_PORT: u16 = 1080;
/// The same for one within TLS.
const DEFAULT_TLS_PORT: u16 = 443;
/// What SOCKS5 can carry ([RFC 1929](https://www.rfc-editor.org/rfc/rfc1929)): a length is one byte.
const MAX_LOGIN: usize = 255;

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyKind {
    /// SOCKS 5 ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928)). The proxy looks names up.
    Socks5,
    /// HTTP with CONNECT ([RFC 9110, section 9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)).
    Http,
    /// The same within TLS: nobody on the way to the proxy reads the password for it, or where the way leads.
    Https,
}

/// A proxy: `socks5://box:1080`, `http://ann@box:3128`, `https://ann@box:3129`. The password of its user is in the keyring, under
/// [`Proxy::account`]: machines behind one proxy share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Proxy {
    kind: ProxyKind,
    username: Option<String>,
    /// A name, or an IPv6 address without brackets.
    hostname: String,
    port: u16,
}

/// Why a text is no proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum ProxyProblem {
    /// Neither `socks5://` nor `http://` nor `https://`.
    #[error("a proxy is written like socks5://box:1080, http://box:3128 or https://box:3129")]
    Scheme,
    /// There is no host name, or one that cannot be.
    #[error("this is no host name of a proxy")]
    Hostname,
    /// A port that is not a number from 1 to 65535.
    #[error("the port of a proxy is a number from 1 to 65535")]
    Port,
    /// Something behind host name and port.
    #[error("nothing follows a proxy's host name and port")]
    Path,
    /// Control characters, or nothing, in a user name, or a colon where HTTP has none.
    #[error("this cannot be a user name for a proxy")]
    Username,
    /// There is a password in it: it would be saved.
    #[error("leave the password out: it is asked for, and the keyring can keep it")]
    Password,
    /// Longer than any name can be.
    #[error("the proxy's name is too long")]
    TooLong,
    /// The address behind it is no machine on a network.
    #[error("through a proxy only machines on a network can be reached")]
    Address,
}

impl ProxyKind {
    fn default_port(self) -> u16 {
        match self {
            Self::Socks5 | Self::Http => DEFAULT_PORT,
            Self::Https => DEFAULT_TLS_PORT,
        }
    }

    /// Whether others on the way to the proxy can read the password for it.
    pub fn is_readable(self) -> bool {
        self != Self::Https
    }
}

impl Proxy {
    /// Reads what a person typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ProxyProblem> {
        let (proxy, password) = Self::parse_with_password(text)?;
        if password.is_some() { Err(ProxyProblem::Password) } else { Ok(proxy) }
    }

    /// Reads what a variable of the environment has, where a password may stand behind the user name, and no scheme means
    /// HTTP.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn of_variable(text: &str) -> Result<(Self, Option<Secret>), ProxyProblem> {
        let text = text.trim();
        if text.contains("://") {
            Self::parse_with_password(text)
        } else {
            Self::parse_with_password(&format!("http://{text}"))
        }
    }

    fn parse_with_password(text: &str) -> Result<(Self, Option<Secret>), ProxyProblem> {
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return Err(ProxyProblem::TooLong);
        }
        let after = |schemes: &[&str]| schemes.iter().find_map(|scheme| strip_prefix_ignoring_case(text, scheme));
        let kinds = [
            (ProxyKind::Socks5, after(&["socks5h://", "socks5://"])),
            (ProxyKind::Http, after(&["http://"])),
            (ProxyKind::Https, after(&["https://"])),
        ];
        let found = kinds.into_iter().find_map(|(kind, rest)| Some((kind, rest?)));
        let (kind, rest) = found.ok_or(ProxyProblem::Scheme)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, place) = rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
        // Also in front of an @: others end the host name there, and would call another one.
        if rest.contains(['/', '?', '#']) {
            return Err(ProxyProblem::Path);
        }
        let (username, password) =
            match login.map(|login| login.split_once(':').map_or((login, None), |(a, b)| (a, Some(b)))) {
                None => (None, None),
                Some((username, password)) => (Some(decoded(username)?), password.map(decoded).transpose()?),
            };
        if username.as_deref().is_some_and(|name| !is_username(kind, name)) {
            return Err(ProxyProblem::Username);
        }
        if password.as_deref().is_some_and(|word| !is_login_part(word)) {
            return Err(ProxyProblem::Password);
        }
        let (hostname, port) = host_and_port(place, kind.default_port())?;
        Ok((Self { kind, username, hostname, port }, password.map(Secret::from)))
    }

    /// What it speaks.
    pub fn kind(&self) -> ProxyKind {
        self.kind
    }

    /// The user name for it; none where it asks for none.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// A name, or an IP address without brackets.
    pub fn hostname(&self) -> &str {
        &self.hostname
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same without whom it knows us as: the way is the same for all.
    #[must_use]
    pub fn without_username(&self) -> Self {
        Self { username: None, ..self.clone() }
    }

    /// The keyring's account of the password.
    pub(crate) fn account(&self) -> String {
        format!("proxy {self}")
    }

    /// Whether `address` can be reached through `proxy`; without one every address can.
    ///
    /// # Errors
    /// [`ProxyProblem::Address`].
    pub fn check_address(proxy: Option<&Self>, address: &Address) -> Result<(), ProxyProblem> {
        let can = match address {
            // An IPv6 scope names a network card of this computer.
            Address::Tcp { hostname, .. } => !hostname.contains('%'),
            Address::Ws(socket) => !socket.hostname.contains('%'),
            _ => false,
        };
        if proxy.is_some() && !can { Err(ProxyProblem::Address) } else { Ok(()) }
    }
}

/// Whether a proxy can be told this as a password or a user name.
fn is_login_part(text: &str) -> bool {
    text.len() <= MAX_LOGIN && !text.contains(char::is_control)
}

fn is_username(kind: ProxyKind, name: &str) -> bool {
    // Basic authentication has a colon between name and password (RFC 7617, section 2).
    !name.is_empty() && is_login_part(name) && !(kind != ProxyKind::Socks5 && name.contains(':'))
}

fn decoded(text: &str) -> Result<String, ProxyProblem> {
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| ProxyProblem::Username)
}

fn host_and_port(place: &str, default: u16) -> Result<(String, u16), ProxyProblem> {
    let (host, port) = match place.strip_prefix('[') {
        Some(inside) => inside.split_once(']').ok_or(ProxyProblem::Hostname)?,
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => default,
        None => return Err(ProxyProblem::Port),
        // `parse` alone would take a plus sign.
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port != 0).ok_or(ProxyProblem::Port)?
        }
        Some(_) => return Err(ProxyProblem::Port),
    };
    let host = match ipv6(host, Written::InLink { default: 0 }) {
        Some(address) => address,
        None if place.starts_with('[') => return Err(ProxyProblem::Hostname),
        None => host.to_owned(),
    };
    match Address::tcp(&host, port) {
        Ok(Address::Tcp { hostname, port }) => Ok((hostname, port)),
        Ok(_) | Err(AddressProblem::Port) => Err(ProxyProblem::Port),
        Err(_) => Err(ProxyProblem::Hostname),
    }
}

/// As it is read, with its port. A user name is percent-encoded where that is needed.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ProxyKind::Socks5 => "socks5://",
            ProxyKind::Http => "http://",
            ProxyKind::Https => "https://",
        })?;
        if let Some(username) = &self.username {
            write!(f, "{}@", percent_encoding::utf8_percent_encode(username, RESERVED))?;
        }
        match self.hostname.contains(':') {
            true => write!(f, "[{}]:{}", self.hostname, self.port),
            false => write!(f, "{}:{}", self.hostname, self.port),
        }
    }
}

/// What would be read as something else than a user name.
const RESERVED: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'%')
    .add(b':')
    .add(b'@')
    .add(b'/')
    .add(b'?')
    .add(b'#')
    .add(b'[')
    .add(b']');

impl FromStr for Proxy {
    type Err = ProxyProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Proxy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Proxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_a_proxy_and_reads_back_the_same() {
        for (typed, printed) in [
            ("socks5://box:1080", "socks5://box:1080"),
            (" SOCKS5h://box/ ", "socks5://box:1080"),
            ("http://ann@box.example:3128", "http://ann@box.example:3128"),
            ("http://corp%5Cann@box:8080", "http://corp\\ann@box:8080"),
            ("socks5://a%3ab%40c@box", "socks5://a%3Ab%40c@box:1080"),
            ("socks5://[::1]:9050", "socks5://[::1]:9050"),
            ("HTTPS://ann@box", "https://ann@box:443"),
            ("https://[::1]:3129", "https://[::1]:3129"),
            ("http://192.168.1.20:80", "http://192.168.1.20:80"),
        ] {
            let proxy = Proxy::parse(typed).unwrap();
            assert_eq!(proxy.to_string(), printed, "{typed}");
            assert_eq!(Proxy::parse(printed), Ok(proxy));
        }
    }

    #[test]
    fn what_is_no_proxy_is_told_why() {
        for (typed, problem) in [
            ("box:1080", ProxyProblem::Scheme),
            ("", ProxyProblem::Scheme),
            ("socks4://box", ProxyProblem::Scheme),
            ("http://", ProxyProblem::Hostname),
            ("http://a b:80", ProxyProblem::Hostname),
            ("http://box\r\nX: y:80", ProxyProblem::Port),
            ("http://bo\rx:80", ProxyProblem::Hostname),
            ("http://[box]:80", ProxyProblem::Hostname),
            ("http://evil.example/@good:3128", ProxyProblem::Path),
            ("http://evil.example?@good:3128", ProxyProblem::Path),
            ("http://box:0", ProxyProblem::Port),
            ("http://box:+80", ProxyProblem::Port),
            ("http://box:65536", ProxyProblem::Port),
            ("socks5://box:1080/path", ProxyProblem::Path),
            ("http://@box", ProxyProblem::Username),
            ("http://a%0d%0ab@box", ProxyProblem::Username),
            ("http://a%3ab@box", ProxyProblem::Username),
            ("https://a%3ab@box", ProxyProblem::Username),
            ("http://%ff@box", ProxyProblem::Username),
            ("socks5://ann:hunter2@box", ProxyProblem::Password),
            (&format!("socks5://{}", "x".repeat(MAX_LENGTH)), ProxyProblem::TooLong),
        ] {
            assert_eq!(Proxy::parse(typed), Err(problem), "{typed:?}");
        }
    }

    #[test]
    fn a_variable_may_have_a_password_which_is_never_printed() {
        let (proxy, password) = Proxy::of_variable("ann:hunter%3a2@box:3128").unwrap();
        assert_eq!(proxy.to_string(), "http://ann@box:3128");
        let password = password.unwrap();
        assert_eq!(password.expose(), "hunter:2");
        assert!(!format!("{proxy:?} {password:?} {}", proxy.account()).contains("hunter"));
    }
}
