//! Where a WebSocket is: `ws://` and `wss://` ([RFC 6455, section 3](https://www.rfc-editor.org/rfc/rfc6455#section-3)).

use super::{
    AddressProblem, dns_name,
    parse::{Written, machine},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::fmt;

/// Bytes of path and query: tickets and signed tokens of one or two kilobytes are common.
pub(super) const MAX_RESOURCE: usize = 4096;
/// Characters that are encoded in path and query: they cannot stand in a request line, or are no part of a URL
/// ([RFC 3986, section 2](https://www.rfc-editor.org/rfc/rfc3986#section-2)). A percent sign stays: the text is encoded
/// already.
const NOT_IN_RESOURCE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// Where a WebSocket is.
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

impl WebSocket {
    /// Reads what follows `ws://` or `wss://`.
    ///
    /// # Errors
    /// What is wrong with it; [`AddressProblem::Login`] where it has a user name or a password.
    pub(in crate::model) fn parse(secure: bool, rest: &str) -> Result<Self, AddressProblem> {
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

    /// Name and port as the `Host` field has them
    /// ([RFC 9110, section 7.2](https://www.rfc-editor.org/rfc/rfc9110#section-7.2)), without an IPv6 scope, which means
    /// something on this machine only, and an international name as DNS has it.
    pub(crate) fn host(&self) -> String {
        authority(&dns_name(self.hostname.split('%').next().unwrap_or_default()), self.port, default_port(self.secure))
    }

    /// The origin of its site ([RFC 6454, section 6.2](https://www.rfc-editor.org/rfc/rfc6454#section-6.2)), such as
    /// `https://box:8443`.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.host())
    }

    /// Scheme, host name and port, such as `wss://box:8443`: one for all paths and tokens of the site.
    pub(crate) fn site(&self) -> String {
        Self { resource: "/".to_owned(), ..self.clone() }.to_string()
    }
}

impl fmt::Display for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        let resource = if self.resource == "/" { "" } else { &self.resource };
        write!(f, "{scheme}://{}{resource}", authority(&self.hostname, self.port, default_port(self.secure)))
    }
}

/// The port of an address that names none (RFC 6455, section 3).
fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// Host name and port as a URL has them ([RFC 3986, section 3.2](https://www.rfc-editor.org/rfc/rfc3986#section-3.2)),
/// an IPv6 scope with its percent sign encoded ([RFC 6874](https://www.rfc-editor.org/rfc/rfc6874#section-2)).
pub(super) fn authority(hostname: &str, port: u16, default: u16) -> String {
    let name = if hostname.contains(':') { format!("[{}]", hostname.replace('%', "%25")) } else { hostname.to_owned() };
    if port == default { name } else { format!("{name}:{port}") }
}
