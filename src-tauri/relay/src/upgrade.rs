//! The WebSocket upgrade: one HTTP request, accepted or rejected as a whole
//! ([RFC 6455 4.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2)). Pure: bytes in, decision out.
//!
//! The ticket keeps out other programs and other users of this machine, Origin keeps out pages in the user's browser,
//! Host keeps out pages whose own name was made to resolve to 127.0.0.1 (DNS rebinding). Each stops what the others let
//! through.

use super::ticket::PresentedTicket;
use httparse::{EMPTY_HEADER, Header, Request, Status};
use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
};
use tungstenite::{
    handshake::derive_accept_key,
    http::{
        Method,
        header::{
            CONNECTION, HOST, HeaderName, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
            UPGRADE,
        },
    },
};

/// Which requests are accepted.
pub(crate) struct UpgradePolicy {
    host: String,
    origins: Origins,
}

/// Pages that are accepted, given a ticket. A page cannot choose the Origin that its browser sends
/// ([RFC 6455 10.2](https://www.rfc-editor.org/rfc/rfc6455#section-10.2)).
#[derive(Debug, Clone)]
pub enum Origins {
    /// Exactly these, compared byte by byte.
    Only(Vec<String>),
    /// Pages that this computer serves to itself, `http://localhost:8080` and the like, and programs that send no Origin: one
    /// that has a ticket could send any. For whoever shows tickets to a person, and not to a page of their own.
    Local,
    /// Any page, and programs, which need not send an Origin: then the ticket alone decides. For benchmarks and the
    /// like; a program that shows pages knows their origin.
    Any,
}

/// A request that has been parsed to its end.
pub(crate) struct UpgradeRequest {
    /// The ticket in its path, if the path has the form of one. It is redeemed even where `params` is an error: a request
    /// with a valid ticket and anything else wrong comes from a client that should not have the ticket, and that could
    /// send the right Origin and Host a moment later.
    pub(crate) ticket: Option<PresentedTicket>,
    /// What to answer if the ticket is valid.
    pub(crate) params: Result<UpgradeParams, RejectReason>,
    /// Bytes of the request; what follows it already belongs to the WebSocket.
    pub(crate) length: usize,
}

/// What the response to an accepted request depends on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UpgradeParams {
    /// The value of Sec-WebSocket-Key.
    key: String,
    /// The subprotocol that is chosen, if one was offered that this relay knows.
    protocol: Option<Subprotocol>,
}

/// What else the frames of a WebSocket are agreed to mean
/// ([RFC 6455 1.9](https://www.rfc-editor.org/rfc/rfc6455#section-1.9)). The best comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subprotocol {
    /// Bytes in binary messages; and the viewer sends text messages, which acknowledge what it has handled.
    BinaryAcknowledged,
    /// Bytes in binary messages: what noVNC offers, and what is done without a subprotocol too.
    Binary,
}

impl Subprotocol {
    const ALL: [Self; 2] = [Self::BinaryAcknowledged, Self::Binary];

    fn name(self) -> &'static str {
        match self {
            Self::BinaryAcknowledged => "binary.acknowledged",
            Self::Binary => "binary",
        }
    }
}

/// Why a request is rejected: for the log, never in the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RejectReason {
    NotHttp,
    TooLong,
    Timeout,
    Disconnected,
    Method,
    HttpVersion,
    Path,
    Host,
    Origin,
    NotWebSocket,
    WebSocketVersion,
    WebSocketKey,
    Ticket,
}

impl UpgradePolicy {
    /// For a listener at this address, and pages from these origins.
    pub(crate) fn new(address: SocketAddr, origins: Origins) -> Self {
        Self { host: address.to_string(), origins }
    }

    /// Parses a request and checks it; none if it is not complete.
    pub(crate) fn parse(&self, bytes: &[u8]) -> Result<Option<UpgradeRequest>, RejectReason> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut request = Request::new(&mut headers);
        let length = match request.parse(bytes) {
            Ok(Status::Complete(length)) if length <= MAX_HEAD => length,
            Ok(Status::Partial) if bytes.len() < MAX_HEAD => return Ok(None),
            Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(RejectReason::TooLong),
            Err(_) => return Err(RejectReason::NotHttp),
        };
        let ticket = request.path.and_then(|path| path.strip_prefix('/')?.as_bytes().try_into().ok());
        Ok(Some(UpgradeRequest { ticket, params: self.check(&request, ticket.is_some()), length }))
    }

    /// Not tungstenite's `create_response`: it takes the first of several headers, splits Connection at spaces too, and
    /// knows neither Host nor Origin; and its request type cannot hold a request whose ticket must be redeemed all the
    /// same, such as a POST.
    fn check(&self, request: &Request<'_, '_>, has_ticket: bool) -> Result<UpgradeParams, RejectReason> {
        let headers = &*request.headers;
        let check = |holds: bool, reason: RejectReason| if holds { Ok(()) } else { Err(reason) };
        check(request.method == Some(Method::GET.as_str()), RejectReason::Method)?;
        check(request.version == Some(1), RejectReason::HttpVersion)?;
        check(has_ticket, RejectReason::Path)?;
        check(single_value(headers, &HOST) == Some(self.host.as_bytes()), RejectReason::Host)?;
        let allowed = match &self.origins {
            Origins::Only(origins) => single_value(headers, &ORIGIN)
                .is_some_and(|value| origins.iter().any(|origin| value == origin.as_bytes())),
            Origins::Local => match headers.iter().any(|header| header.name.eq_ignore_ascii_case(ORIGIN.as_str())) {
                true => single_value(headers, &ORIGIN).is_some_and(is_local),
                false => true,
            },
            Origins::Any => true,
        };
        check(allowed, RejectReason::Origin)?;
        check(
            has_token(headers, &UPGRADE, "websocket", str::eq_ignore_ascii_case)
                && has_token(headers, &CONNECTION, "upgrade", str::eq_ignore_ascii_case),
            RejectReason::NotWebSocket,
        )?;
        check(single_value(headers, &SEC_WEBSOCKET_VERSION) == Some(b"13"), RejectReason::WebSocketVersion)?;
        let key = single_value(headers, &SEC_WEBSOCKET_KEY).and_then(parse_key).ok_or(RejectReason::WebSocketKey)?;
        Ok(UpgradeParams {
            key: key.to_owned(),
            protocol: Subprotocol::ALL
                .into_iter()
                .find(|protocol| has_token(headers, &SEC_WEBSOCKET_PROTOCOL, protocol.name(), str::eq)),
        })
    }
}

/// Whether an Origin is that of a page which this computer serves to itself: a name or address of loopback, any port. `localhost`
/// and what ends with it never leaves the computer ([RFC 6761 6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)).
fn is_local(origin: &[u8]) -> bool {
    let Ok(origin) = std::str::from_utf8(origin) else { return false };
    let Some(host) = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) else { return false };
    let name = match host.strip_prefix("[::1]") {
        Some(port) => return is_port(port),
        None => host.split(':').next().unwrap_or_default(),
    };
    is_port(&host[name.len()..])
        && (name == "localhost"
            || name.ends_with(".localhost")
            || name.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback()))
}

/// Nothing, or a colon and digits.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
}

impl UpgradeParams {
    /// Whether the viewer acknowledges what it has handled.
    pub(crate) fn acknowledges(&self) -> bool {
        self.protocol == Some(Subprotocol::BinaryAcknowledged)
    }

    /// The response that accepts the request.
    pub(crate) fn response(&self) -> String {
        let accept = derive_accept_key(self.key.as_bytes());
        let protocol = self.protocol.map(|chosen| format!("Sec-WebSocket-Protocol: {}\r\n", chosen.name()));
        let protocol = protocol.unwrap_or_default();
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{protocol}\r\n"
        )
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotHttp => "not HTTP",
            Self::TooLong => "a request that is too long",
            Self::Timeout => "a request that took too long",
            Self::Disconnected => "disconnected before the request was complete",
            Self::Method => "not GET",
            Self::HttpVersion => "not HTTP/1.1",
            Self::Path => "not the form of a ticket",
            Self::Host => "wrong or missing Host",
            Self::Origin => "wrong or missing Origin",
            Self::NotWebSocket => "no upgrade to WebSocket",
            Self::WebSocketVersion => "not WebSocket 13",
            Self::WebSocketKey => "invalid WebSocket key",
            Self::Ticket => "no such ticket, or no longer",
        })
    }
}

/// The header's value; none if it is missing or occurs more than once (request smuggling; for Host, see
/// [RFC 9112 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)).
fn single_value<'a>(headers: &[Header<'a>], name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name.as_str()));
    let value = values.next()?.value;
    values.next().is_none().then_some(value)
}

/// Whether `token` is in the header's comma-separated list
/// ([RFC 9110 5.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1)).
fn has_token(headers: &[Header<'_>], name: &HeaderName, token: &str, same: fn(&str, &str) -> bool) -> bool {
    headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name.as_str()))
        .filter_map(|header| std::str::from_utf8(header.value).ok())
        .flat_map(|value| value.split(','))
        .any(|item| same(item.trim(), token))
}

/// The key if it is 16 bytes in base64: 22 digits, of which the last has four unused bits, and two of padding.
fn parse_key(value: &[u8]) -> Option<&str> {
    let (digits, last) = match value {
        [digits @ .., last, b'=', b'='] if digits.len() == 21 => (digits, last),
        _ => return None,
    };
    let all = digits.iter().all(|digit| digit.is_ascii_alphanumeric() || matches!(digit, b'+' | b'/'));
    (all && b"AQgw".contains(last)).then(|| std::str::from_utf8(value).ok())?
}

/// The response to every rejected request, without a body or a Server header, so that a local scanner cannot identify
/// the port.
pub(crate) const FORBIDDEN: &[u8] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Bytes of a request, at most. WebKit sends about 500.
pub(crate) const MAX_HEAD: usize = 8 * 1024;

/// Headers of a request, at most. Browsers send about twelve.
const MAX_HEADERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const VALID: [(&str, &str); 6] = [
        ("Host", "127.0.0.1:4711"),
        ("Origin", "tauri://localhost"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn policy() -> UpgradePolicy {
        UpgradePolicy::new(address(), Origins::Only(vec!["tauri://localhost".into(), "http://tauri.localhost".into()]))
    }

    fn address() -> SocketAddr {
        ([127, 0, 0, 1], 4711).into()
    }

    fn request(line: &str, headers: &[(&str, &str)]) -> Vec<u8> {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("{line}\r\n{headers}\r\n").into_bytes()
    }

    fn get(headers: &[(&str, &str)]) -> Vec<u8> {
        request(&format!("GET {PATH} HTTP/1.1"), headers)
    }

    fn check(bytes: &[u8]) -> Result<UpgradeParams, RejectReason> {
        policy().parse(bytes).and_then(|request| request.expect("a complete request").params)
    }

    /// The valid request with one header changed, or left out where `value` is none.
    fn with(name: &str, value: Option<&str>) -> Vec<u8> {
        let mut headers: Vec<_> = VALID.into_iter().filter(|(other, _)| *other != name).collect();
        headers.extend(value.map(|value| (name, value)));
        get(&headers)
    }

    #[test]
    fn a_browsers_request_is_accepted() {
        let request = policy().parse(&[get(&VALID), b"early".to_vec()].concat()).unwrap().unwrap();
        assert_eq!(request.ticket.unwrap(), PATH.as_bytes()[1..]);
        assert_eq!(request.length, get(&VALID).len());
        let response = request.params.unwrap().response();
        // The key and its answer are the example of RFC 6455 1.3.
        assert!(response.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{response}");
        assert!(response.starts_with("HTTP/1.1 101 ") && response.ends_with("\r\n\r\n"), "{response}");
        assert!(!response.contains("Sec-WebSocket-Protocol"), "{response}");
    }

    #[test]
    fn other_spellings_of_browsers_are_accepted() {
        assert!(check(&with("Connection", Some("keep-alive, Upgrade"))).is_ok());
        assert!(check(&with("Upgrade", Some("WebSocket"))).is_ok());
        assert!(check(&with("Origin", Some("http://tauri.localhost"))).is_ok());
        assert!(check(&with("Accept-Language", Some("d\u{e9}"))).is_ok());
    }

    #[test]
    fn a_subprotocol_is_echoed_only_when_offered() {
        let chosen = |offer| check(&with("Sec-WebSocket-Protocol", Some(offer))).unwrap().protocol;
        for (offer, expected) in [
            ("binary", Some(Subprotocol::Binary)),
            ("base64, binary", Some(Subprotocol::Binary)),
            ("binary, binary.acknowledged", Some(Subprotocol::BinaryAcknowledged)),
            ("binary.acknowledged", Some(Subprotocol::BinaryAcknowledged)),
            ("base64", None),
            ("binary2", None),
            ("Binary.Acknowledged", None),
        ] {
            assert_eq!(chosen(offer), expected, "{offer}");
        }
        for protocol in ["binary", "binary.acknowledged"] {
            let params = check(&with("Sec-WebSocket-Protocol", Some(protocol))).unwrap();
            let response = params.response();
            assert!(response.contains(&format!("\r\nSec-WebSocket-Protocol: {protocol}\r\n")), "{response}");
            assert_eq!(params.acknowledges(), protocol != "binary");
        }
    }

    #[test]
    fn one_wrong_header_is_enough_to_be_rejected() {
        let long = "x".repeat(64);
        for (name, value, reason) in [
            ("Host", None, RejectReason::Host),
            ("Host", Some("localhost:4711"), RejectReason::Host),
            ("Host", Some("127.0.0.1"), RejectReason::Host),
            ("Host", Some("127.0.0.1:4712"), RejectReason::Host),
            ("Host", Some("127.0.0.1:4711.evil.example"), RejectReason::Host),
            ("Host", Some("evil.example:4711"), RejectReason::Host),
            ("Origin", None, RejectReason::Origin),
            ("Origin", Some("null"), RejectReason::Origin),
            ("Origin", Some(""), RejectReason::Origin),
            ("Origin", Some("tauri://localhost.evil.example"), RejectReason::Origin),
            ("Origin", Some("tauri://localhost/"), RejectReason::Origin),
            ("Origin", Some("Tauri://localhost"), RejectReason::Origin),
            ("Origin", Some("tauri://localhost, https://evil.example"), RejectReason::Origin),
            ("Origin", Some("https://evil.example"), RejectReason::Origin),
            ("Upgrade", None, RejectReason::NotWebSocket),
            ("Upgrade", Some("h2c"), RejectReason::NotWebSocket),
            ("Connection", None, RejectReason::NotWebSocket),
            ("Connection", Some("keep-alive"), RejectReason::NotWebSocket),
            ("Sec-WebSocket-Version", None, RejectReason::WebSocketVersion),
            ("Sec-WebSocket-Version", Some("8"), RejectReason::WebSocketVersion),
            ("Sec-WebSocket-Key", None, RejectReason::WebSocketKey),
            ("Sec-WebSocket-Key", Some("short=="), RejectReason::WebSocketKey),
            ("Sec-WebSocket-Key", Some("dGhlIHNhbXBsZSBub25jZQ"), RejectReason::WebSocketKey),
            ("Sec-WebSocket-Key", Some("dGhlIHNhbXBsZSBub25jZR=="), RejectReason::WebSocketKey),
            ("Sec-WebSocket-Key", Some("dGhlIHNhbXBsZSBub2 jZQ=="), RejectReason::WebSocketKey),
            ("Sec-WebSocket-Key", Some(&long), RejectReason::WebSocketKey),
        ] {
            assert_eq!(check(&with(name, value)), Err(reason), "{name}: {value:?}");
        }
    }

    #[test]
    fn any_origin_still_needs_the_right_host() {
        let check = |bytes: &[u8]| UpgradePolicy::new(address(), Origins::Any).parse(bytes).unwrap().unwrap().params;
        for origin in [None, Some("null"), Some("https://elsewhere.example")] {
            assert!(check(&with("Origin", origin)).is_ok(), "{origin:?}");
        }
        assert_eq!(check(&with("Host", Some("evil.example"))), Err(RejectReason::Host));
    }

    #[test]
    fn a_page_of_this_computer_is_known_by_its_origin() {
        let check = |bytes: &[u8]| UpgradePolicy::new(address(), Origins::Local).parse(bytes).unwrap().unwrap().params;
        for origin in [
            None,
            Some("http://localhost"),
            Some("http://localhost:8080"),
            Some("https://novnc.localhost:1"),
            Some("http://127.0.0.1:6080"),
            Some("http://[::1]:6080"),
        ] {
            assert!(check(&with("Origin", origin)).is_ok(), "{origin:?}");
        }
        for origin in [
            "null",
            "",
            "file://",
            "http://evil.example",
            "http://localhost.evil.example",
            "http://evillocalhost",
            "http://localhost:8080@evil.example",
            "http://localhost:x",
            "http://localhost:99999",
            "http://127.0.0.1.evil.example",
            "http://10.0.0.1",
            "http://[::1].evil.example",
            "http://[::2]",
            "ftp://localhost",
            "http://localhost, http://evil.example",
        ] {
            assert_eq!(check(&with("Origin", Some(origin))), Err(RejectReason::Origin), "{origin}");
        }
        let twice: Vec<_> = VALID.iter().chain(&[("Origin", "http://localhost"); 2]).copied().collect();
        assert_eq!(check(&get(&twice)), Err(RejectReason::Origin));
    }

    #[test]
    fn a_header_that_occurs_twice_is_rejected() {
        for twice in ["Host", "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version"] {
            let repeated = VALID.iter().find(|(name, _)| *name == twice);
            let headers: Vec<_> = VALID.iter().chain(repeated).copied().collect();
            assert!(check(&get(&headers)).is_err(), "{twice}");
        }
    }

    #[test]
    fn a_wrong_request_line_is_rejected() {
        let line = |line: &str| check(&request(line, &VALID));
        assert_eq!(line(&format!("POST {PATH} HTTP/1.1")), Err(RejectReason::Method));
        assert_eq!(line(&format!("GET {PATH} HTTP/1.0")), Err(RejectReason::HttpVersion));
        for path in ["/", "/favicon.ico", &PATH[1..], &PATH[..64], &format!("{PATH}0"), &format!("{PATH}?"), "*"] {
            assert_eq!(line(&format!("GET {path} HTTP/1.1")), Err(RejectReason::Path), "{path}");
        }
        assert_eq!(line(&format!("GET http://127.0.0.1:4711{PATH} HTTP/1.1")), Err(RejectReason::Path));
    }

    #[test]
    fn a_rejected_request_still_presents_its_ticket() {
        let request = policy().parse(&with("Origin", Some("https://evil.example"))).unwrap().unwrap();
        assert!(request.ticket.is_some() && request.params == Err(RejectReason::Origin));
    }

    #[test]
    fn other_protocols_and_too_much_are_rejected() {
        for garbage in [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"[..], b"RFB 003.008\n\n", b"GET /\0 HTTP/1.1\r\n\r\n"] {
            assert!(matches!(policy().parse(garbage), Err(RejectReason::NotHttp)), "{garbage:?}");
        }
        let endless = format!("GET {PATH} HTTP/1.1\r\nA: {}", "a".repeat(MAX_HEAD));
        assert!(matches!(policy().parse(endless.as_bytes()), Err(RejectReason::TooLong)));
        let many = vec![("A", "a"); MAX_HEADERS + 1];
        assert!(matches!(policy().parse(&get(&many)), Err(RejectReason::TooLong)));
    }

    #[test]
    fn every_prefix_of_a_request_is_incomplete() {
        let whole = get(&VALID);
        for end in 0..whole.len() {
            assert!(matches!(policy().parse(&whole[..end]), Ok(None)), "{end}");
        }
    }
}
