//! What is typed by hand, and host names, IPv6 addresses and ports wherever they stand.

use super::{Address, AddressProblem, DEMO, VNC_PORT, name::check_meaning};
use percent_encoding::percent_decode_str;
use std::{
    borrow::Cow,
    net::Ipv6Addr,
    path::{Path, PathBuf},
};

/// After one colon a number below this is a display, from here on it is a port.
pub(super) const FIRST_PORT: u16 = 100;
/// Characters of a host name ([RFC 1035, section 2.3.4](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4)).
pub(super) const MAX_HOSTNAME: usize = 255;
/// Bytes of a socket's path: `sun_path` holds 108 bytes (unix(7)), the last one is NUL.
pub(super) const MAX_SOCKET_PATH: usize = 107;

/// Where a machine's name stands, which decides how it is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::model) enum Written {
    /// After one colon, small numbers are displays.
    ByHand,
    /// Numbers are ports ([RFC 7869, section 2.1](https://www.rfc-editor.org/rfc/rfc7869#section-2.1)), host names may be
    /// percent-encoded.
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

/// Reads everything that is no link Portlight opens.
pub(super) fn typed(text: &str) -> Result<Address, AddressProblem> {
    if text.is_empty() {
        return Err(AddressProblem::Empty);
    }
    if text.eq_ignore_ascii_case(DEMO) {
        return Ok(Address::Demo);
    }
    if text.starts_with(['/', '~', '.']) && text.contains('/') {
        return socket(text);
    }
    if let Some(path) = strip_prefix_ignoring_case(text, "unix:").filter(|path| path.contains('/')) {
        return socket(path);
    }
    if scheme(text).is_some() {
        return Err(AddressProblem::Scheme);
    }
    // Chinese and Japanese input methods write these for the colon and the dot.
    let halfwidth = |c| match c {
        '：' => ':',
        '。' | '．' | '｡' => '.',
        c => c,
    };
    let text: String = text.chars().map(halfwidth).collect();
    machine(&text, Written::ByHand).map(|(hostname, port)| Address::Tcp { hostname, port })
}

fn socket(text: &str) -> Result<Address, AddressProblem> {
    if text.len() > MAX_SOCKET_PATH {
        return Err(AddressProblem::TooLong);
    }
    // A relative path would mean something else in each folder that Portlight is started from.
    if !Path::new(text).is_absolute() || text.ends_with('/') || text.contains(char::is_control) {
        return Err(AddressProblem::Path);
    }
    Ok(Address::Unix(PathBuf::from(text)))
}

/// Reads host name and port.
pub(super) fn machine(text: &str, written: Written) -> Result<(String, u16), AddressProblem> {
    if let Some(inside) = text.strip_prefix('[') {
        return in_brackets(inside, written);
    }
    if text.contains(['[', ']']) {
        return Err(AddressProblem::Brackets);
    }
    if let Some(number) = local_port(text) {
        return Ok(("localhost".to_owned(), port(number, written)?));
    }
    if let Some(hostname) = ipv6(text, written) {
        return Ok((hostname, written.default_port()));
    }
    if let Some((before, _)) = text.rsplit_once(':')
        && before.contains(':')
        && ipv6(before.strip_suffix(':').unwrap_or(before), written).is_some()
    {
        return Err(AddressProblem::Brackets);
    }
    let (name, number) = text.split_once(':').map_or((text, None), |(name, number)| (name, Some(number)));
    let hostname = match ipv6(name, written) {
        Some(address) => address,
        None => {
            let hostname = decoded(name, written)?;
            check_hostname(&hostname)?;
            hostname.into_owned()
        }
    };
    let port = number.map_or(Ok(written.default_port()), |number| port(number, written))?;
    Ok((hostname, port))
}

/// Reads what follows `[`: an IPv6 address, `]`, and perhaps a port.
fn in_brackets(text: &str, written: Written) -> Result<(String, u16), AddressProblem> {
    let (inside, rest) = text.split_once(']').ok_or(AddressProblem::Brackets)?;
    let hostname = ipv6(inside, written).ok_or(AddressProblem::Brackets)?;
    let port = match rest.strip_prefix(':') {
        Some(number) => port(number, written)?,
        None if rest.is_empty() => written.default_port(),
        None => return Err(AddressProblem::Brackets),
    };
    Ok((hostname, port))
}

/// What follows the colon of `:1` or `::5901`, which mean this machine. `::1` does too, but it is an IPv6 address.
fn local_port(text: &str) -> Option<&str> {
    let after = text.strip_prefix(':')?;
    let digits = after.strip_prefix(':').unwrap_or(after);
    (text != "::1" && !digits.is_empty() && is_number(digits)).then_some(after)
}

/// Whether a text without brackets would be read as a port of this machine.
pub(super) fn is_local_port(text: &str) -> bool {
    local_port(text).is_some()
}

/// Reads what follows the first colon: `1`, `5901` or `:5901`.
fn port(text: &str, written: Written) -> Result<u16, AddressProblem> {
    let digits = text.strip_prefix(':').unwrap_or(text);
    // RFC 3986, section 3.2.3 allows the colon without a port.
    if text.is_empty()
        && let Written::InLink { default } = written
    {
        return Ok(default);
    }
    let number = port_number(digits)?;
    match number {
        display if display < FIRST_PORT && digits == text && written == Written::ByHand => Ok(VNC_PORT + display),
        0 => Err(AddressProblem::Port),
        port => Ok(port),
    }
}

fn port_number(digits: &str) -> Result<u16, AddressProblem> {
    // `parse` alone would take a plus sign.
    let number = if is_number(digits) { digits.parse().ok() } else { None };
    number.ok_or(AddressProblem::Port)
}

/// An IPv6 address in its usual form, with its scope if it has one (`fe80::1%eth0`).
pub(in crate::model) fn ipv6(text: &str, written: Written) -> Option<String> {
    if let Some(literal) = strip_suffix_ignoring_case(text, ".ipv6-literal.net") {
        // Windows' way for where no colons may stand: fe80--1s4.
        let (address, scope) = literal.split_once(['s', 'S']).map_or((literal, None), |(a, scope)| (a, Some(scope)));
        let address: Ipv6Addr = address.replace('-', ":").parse().ok()?;
        return match scope {
            None => Some(address.to_string()),
            Some(scope) => (!scope.is_empty() && is_number(scope)).then(|| format!("{address}%{scope}")),
        };
    }
    let Some((address, scope)) = text.split_once('%') else {
        let address: Ipv6Addr = decoded(text, written).ok()?.parse().ok()?;
        return Some(address.to_string());
    };
    let address: Ipv6Addr = address.parse().ok()?;
    let scope = decoded_scope(scope, written)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (!scope.is_empty() && scope.len() <= MAX_HOSTNAME && scope.chars().all(allowed))
        .then(|| format!("{address}%{scope}"))
}

/// The scope of an IPv6 address from what follows the percent sign. URLs write the sign itself as `%25`
/// ([RFC 6874, section 2](https://www.rfc-editor.org/rfc/rfc6874#section-2)), people and the system do not
/// ([RFC 4007, section 11](https://www.rfc-editor.org/rfc/rfc4007#section-11)), and each is copied into the other's place:
/// both are read in both. By hand, `%251` is interface 251, as Windows numbers them.
fn decoded_scope(scope: &str, written: Written) -> Option<Cow<'_, str>> {
    match scope.strip_prefix("25") {
        Some(name) if written == Written::ByHand && !is_number(name) => Some(name.into()),
        Some(name) if written != Written::ByHand && !name.is_empty() => percent_decode_str(name).decode_utf8().ok(),
        _ => Some(scope.into()),
    }
}

/// Digits only, or nothing.
fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// A host name so that its scope reads back the same when it is typed.
pub(super) fn scope_as_typed(hostname: &str) -> Cow<'_, str> {
    match hostname.split_once('%') {
        Some((address, scope)) if scope.strip_prefix("25").is_some_and(|name| !is_number(name)) => {
            format!("{address}%25{scope}").into()
        }
        _ => hostname.into(),
    }
}

/// # Errors
/// [`AddressProblem::Hostname`], [`AddressProblem::TooLong`], and those of [`check_meaning`].
pub(super) fn check_hostname(hostname: &str) -> Result<(), AddressProblem> {
    if hostname.chars().count() > MAX_HOSTNAME {
        return Err(AddressProblem::TooLong);
    }
    // Outside ASCII, letters have marks and joiners that are no letters themselves: only what cannot be seen is refused.
    let allowed = |c: char| match c {
        '-' | '_' => true,
        '\u{200c}' | '\u{200d}' => true,
        // Dots and a colon to some resolvers.
        '。' | '．' | '｡' | '：' => false,
        c if c.is_ascii() => c.is_ascii_alphanumeric(),
        c => !c.is_control() && !c.is_whitespace() && !rfb::is_invisible(c),
    };
    let name = hostname.strip_suffix('.').unwrap_or(hostname);
    let labels =
        name.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && label.chars().all(allowed));
    if labels && name.contains(char::is_alphanumeric) { check_meaning(hostname) } else { Err(AddressProblem::Hostname) }
}

fn decoded(text: &str, written: Written) -> Result<Cow<'_, str>, AddressProblem> {
    match written {
        Written::ByHand => Ok(text.into()),
        Written::InLink { .. } => percent_decode_str(text).decode_utf8().map_err(|_| AddressProblem::Hostname),
    }
}

/// The scheme of a text like `scheme://…` ([RFC 3986, section 3.1](https://www.rfc-editor.org/rfc/rfc3986#section-3.1)).
pub(super) fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme.then_some(scheme)
}

fn strip_suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    rest.eq_ignore_ascii_case(suffix).then_some(start)
}

pub(in crate::model) fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}
