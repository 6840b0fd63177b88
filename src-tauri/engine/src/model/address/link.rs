//! `vnc://` links ([RFC 7869](https://www.rfc-editor.org/rfc/rfc7869)). They come from web pages and chats, so nothing in
//! them is trusted: text is sanitised and bounded, and a password is never kept.

use super::{
    Address, AddressProblem, VNC_PORT,
    parse::{Written, machine, strip_prefix_ignoring_case, typed},
    web_socket::{WebSocket, authority},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::fmt;

/// What is encoded in an `ssh://` link: all but what names of machines have.
const IN_SSH_LINK: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');
/// Characters of a name: as many as a saved host's name may have.
const MAX_NAME: usize = 200;

/// What a link asks for.
///
/// Its password parameters and the password of its user information (RFC 3986, section 3.2.1, calls that deprecated) are
/// dropped while it is read: links end up in histories and logs, so a password in one is none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where the server is.
    pub address: Address,
    /// `VncUsername`, or else the user name in front of the host name. Sanitised, at most 200 characters.
    pub username: Option<String>,
    /// Whether there was a password in it, which is not used.
    pub had_password: bool,
    /// `ViewOnly`.
    pub view_only: bool,
    /// `ConnectionName`, sanitised, at most 200 characters. A link may call itself anything: show the address beside it.
    pub name: Option<String>,
    /// `SshHost` with `SshPort` and `SshUsername`, as an `ssh://` link that is not checked yet.
    pub ssh_host: Option<String>,
    /// `SecurityType`, as it stands there.
    pub security_type: Option<String>,
    /// `ChannelType`, as it stands there.
    pub channel_type: Option<String>,
    /// `IdHash`: which key the server has to show.
    pub names_key: bool,
}

impl Link {
    /// Reads a `vnc://` link. Any other address is a link without parameters: those of a WebSocket belong to its server.
    ///
    /// # Errors
    /// What is wrong with the address. Parameters that cannot be read are left out.
    pub fn parse(text: &str) -> Result<Self, AddressProblem> {
        let text = text.trim();
        for (scheme, secure) in [("ws://", false), ("wss://", true)] {
            if let Some(rest) = strip_prefix_ignoring_case(text, scheme) {
                return WebSocket::parse(secure, rest).map(Address::Ws).map(Self::from);
            }
        }
        match strip_prefix_ignoring_case(text, "vnc://") {
            Some(rest) => Self::parse_vnc(rest),
            None => typed(text).map(Self::from),
        }
    }

    /// Reads what follows `vnc://`.
    fn parse_vnc(text: &str) -> Result<Self, AddressProblem> {
        let text = text.split('#').next().unwrap_or_default();
        let (place, parameters) = text.split_once('?').unwrap_or((text, ""));
        let authority = place.split('/').next().unwrap_or_default();
        let (userinfo, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        if host.is_empty() {
            return Err(AddressProblem::Empty);
        }
        let (hostname, port) = machine(host, Written::InLink { default: VNC_PORT })?;
        let mut link = Self::from(Address::Tcp { hostname, port });
        let user = percent_decode_str(userinfo).decode_utf8_lossy();
        // Also an encoded colon: a user name for VNC has none, so what follows it is a password all the same.
        let (user, password) = user.split_once(':').map_or((&*user, None), |(user, password)| (user, Some(password)));
        link.had_password = password.is_some();
        link.read_parameters(parameters);
        link.username = link.username.or_else(|| sanitized_username(user));
        Ok(link)
    }

    /// Reads `key=value&…`; the first of several with the same name counts.
    fn read_parameters(&mut self, text: &str) {
        let mut ssh: (Option<String>, Option<String>, Option<String>) = (None, None, None);
        for pair in text.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let key = percent_decode_str(key).decode_utf8_lossy();
            let value = || percent_decode_str(value).decode_utf8().unwrap_or_default();
            if is_password(&key) {
                self.had_password = true;
            } else if key.eq_ignore_ascii_case("VncUsername") {
                self.username = self.username.take().or_else(|| sanitized_username(&value()));
            } else if key.eq_ignore_ascii_case("ViewOnly") {
                self.view_only |= matches!(value().trim().to_ascii_lowercase().as_str(), "true" | "1");
            } else if key.eq_ignore_ascii_case("ConnectionName") {
                self.name = self.name.take().or_else(|| sanitized_name(&value()));
            } else if key.eq_ignore_ascii_case("SshHost") {
                ssh.0.get_or_insert_with(|| value().trim().to_owned());
            } else if key.eq_ignore_ascii_case("SshPort") {
                ssh.1.get_or_insert_with(|| value().trim().to_owned());
            } else if key.eq_ignore_ascii_case("SshUsername") {
                ssh.2.get_or_insert_with(|| value().trim().to_owned());
            } else if key.eq_ignore_ascii_case("SecurityType") {
                self.security_type.get_or_insert_with(|| value().trim().to_owned());
            } else if key.eq_ignore_ascii_case("ChannelType") {
                self.channel_type.get_or_insert_with(|| value().trim().to_owned());
            } else if key.eq_ignore_ascii_case("IdHash") {
                self.names_key = true;
            }
        }
        let encoded = |text: &String| utf8_percent_encode(text, IN_SSH_LINK).to_string();
        self.ssh_host = ssh.0.as_ref().map(|host| {
            let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
            let host = if bare.contains(':') { format!("[{bare}]") } else { encoded(host) };
            let user = ssh.2.as_ref().filter(|user| !user.is_empty());
            let user = user.map_or(String::new(), |user| format!("{}@", encoded(user)));
            let port = ssh.1.as_ref().filter(|port| !port.is_empty());
            let port = port.map_or(String::new(), |port| format!(":{port}"));
            format!("ssh://{user}{host}{port}")
        });
    }

    /// Whether it asks for more than an address can say, which would be lost where only the address is taken.
    pub fn asks_for_more(&self) -> bool {
        self.ssh_host.is_some() || self.security_type.is_some() || self.channel_type.is_some() || self.names_key
    }
}

/// A link without parameters.
impl From<Address> for Link {
    fn from(address: Address) -> Self {
        let (ssh_host, security_type, channel_type, names_key) = (None, None, None, false);
        Self {
            address,
            username: None,
            had_password: false,
            view_only: false,
            name: None,
            ssh_host,
            security_type,
            channel_type,
            names_key,
        }
    }
}

/// A text that reads back the same. Where there was a password, an empty `VncPassword` says so.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = |text: &String| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        // Its parts as they were put together.
        let ssh = self.ssh_host.as_deref().and_then(|link| link.strip_prefix("ssh://"));
        let (user, place) = ssh.map_or((None, None), |ssh| match ssh.rsplit_once('@') {
            Some((user, place)) => (Some(user), Some(place)),
            None => (None, Some(ssh)),
        });
        let (host, port) = place.map_or((None, None), |place| match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (Some(host), Some(port)),
            _ => (Some(place), None),
        });
        let host = host.map(|host| percent_decode_str(host).decode_utf8_lossy());
        let host = host.as_deref();
        let parameters = [
            ("VncUsername", self.username.as_ref().map(encoded)),
            ("VncPassword", self.had_password.then(String::new)),
            ("ViewOnly", self.view_only.then(|| "true".to_owned())),
            ("ConnectionName", self.name.as_ref().map(encoded)),
            ("SshHost", host.map(|text| encoded(&text.to_owned()))),
            ("SshPort", port.map(|text| encoded(&text.to_owned()))),
            ("SshUsername", user.map(str::to_owned)),
            ("SecurityType", self.security_type.as_ref().map(encoded)),
            ("ChannelType", self.channel_type.as_ref().map(encoded)),
            ("IdHash", self.names_key.then(|| "named".to_owned())),
        ];
        let parameters = parameters.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", value?)));
        let parameters = parameters.collect::<Vec<_>>().join("&");
        match &self.address {
            Address::Tcp { hostname, port } if !parameters.is_empty() => {
                write!(f, "vnc://{}/?{parameters}", authority(hostname, *port, VNC_PORT))
            }
            address => address.fmt(f),
        }
    }
}

/// Whether a parameter of this name holds a password: `VncPassword` and `SshPassword` of RFC 7869, section 2.2, and what
/// other programs call theirs.
pub(super) fn is_password(key: &str) -> bool {
    let key = key.trim().to_ascii_lowercase();
    ["passw", "pwd", "secret"].iter().any(|word| key.contains(word)) || key == "pass" || key == "pw"
}

/// A name in one line, without control characters, bidirectional controls and invisible characters.
fn sanitized_name(text: &str) -> Option<String> {
    let name: String = rfb::sanitize(text.as_bytes()).chars().take(MAX_NAME).collect();
    let name = name.trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// A user name that is fit to be shown and sent as it is. Another is left out: with something changed it would be another
/// user's.
fn sanitized_username(text: &str) -> Option<String> {
    let text = text.trim();
    sanitized_name(text).filter(|name| name == text)
}
