//! What somebody at the relay's port has to say before the door opens: one HTTP request, judged as a whole. Pure: bytes
//! in, decision out.
//!
//! The ticket keeps out other programs and other users of this machine, Origin keeps out pages in the user's browser,
//! Host keeps out pages that had their own name point at 127.0.0.1. Each stops what the others let through.

use super::ticket::Shown;
use httparse::{EMPTY_HEADER, Header, Request, Status};
use std::{fmt, net::SocketAddr};

/// Whom the door opens for.
pub(super) struct Door {
    host: String,
    origins: Origins,
}

/// Pages that may come in, given a ticket. A page cannot choose what its browser says here (RFC 6455, section 10.2).
#[derive(Debug, Clone)]
pub enum Origins {
    /// Exactly these.
    Only(Vec<String>),
    /// Any page, and programs, which need not name an origin: then the ticket alone decides. For benchmarks and the like;
    /// whatever shows pages knows their origin.
    Any,
}

/// A request that has been read to its end.
pub(super) struct Knock {
    /// The ticket that it names. It counts as used from here on, see [`Knock::wish`].
    pub(super) ticket: Option<Shown>,
    /// What to answer if the ticket is good. A request that names a good ticket and is refused all the same has burnt
    /// it: whoever sent that should not have known it, so it is no longer worth anything to anybody. Keeping it would
    /// protect nothing, as who holds it can send the right Origin and Host a moment later.
    pub(super) wish: Result<Wish, Cause>,
    /// Bytes of the request; what follows was sent too early, but belongs to the WebSocket.
    pub(super) length: usize,
}

/// What the viewer asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wish {
    key: String,
    binary: bool,
}

/// Why the door stays closed: for our log, never for the stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    NotHttp,
    TooLong,
    TooSlow,
    Gone,
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

impl Door {
    /// A door at this address, for pages from these origins.
    pub(super) fn new(address: SocketAddr, origins: Origins) -> Self {
        Self { host: address.to_string(), origins }
    }

    /// Reads a request; none while it is not complete.
    pub(super) fn read(&self, bytes: &[u8]) -> Result<Option<Knock>, Cause> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut request = Request::new(&mut headers);
        let length = match request.parse(bytes) {
            Ok(Status::Complete(length)) if length <= MAX_HEAD => length,
            Ok(Status::Partial) if bytes.len() < MAX_HEAD => return Ok(None),
            Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(Cause::TooLong),
            Err(_) => return Err(Cause::NotHttp),
        };
        let ticket = request.path.and_then(|path| path.strip_prefix('/')?.as_bytes().try_into().ok());
        Ok(Some(Knock { ticket, wish: self.judge(&request, ticket.is_some()), length }))
    }

    fn judge(&self, request: &Request<'_, '_>, names_a_ticket: bool) -> Result<Wish, Cause> {
        let headers = &*request.headers;
        let check = |holds: bool, cause: Cause| if holds { Ok(()) } else { Err(cause) };
        check(request.method == Some("GET"), Cause::Method)?;
        check(request.version == Some(1), Cause::HttpVersion)?;
        check(names_a_ticket, Cause::Path)?;
        check(only(headers, "Host") == Some(self.host.as_bytes()), Cause::Host)?;
        let welcome = match &self.origins {
            Origins::Only(ours) => {
                only(headers, "Origin").is_some_and(|theirs| ours.iter().any(|ours| theirs == ours.as_bytes()))
            }
            Origins::Any => true,
        };
        check(welcome, Cause::Origin)?;
        check(
            names(headers, "Upgrade", "websocket", str::eq_ignore_ascii_case)
                && names(headers, "Connection", "upgrade", str::eq_ignore_ascii_case),
            Cause::NotWebSocket,
        )?;
        check(only(headers, "Sec-WebSocket-Version") == Some(b"13"), Cause::WebSocketVersion)?;
        let key = only(headers, "Sec-WebSocket-Key").and_then(valid_key).ok_or(Cause::WebSocketKey)?;
        Ok(Wish { key: key.to_owned(), binary: names(headers, "Sec-WebSocket-Protocol", "binary", str::eq) })
    }
}

impl Wish {
    /// The answer that grants it.
    pub(super) fn granted(&self) -> String {
        let accept = accept_key(&self.key);
        let protocol = if self.binary { "Sec-WebSocket-Protocol: binary\r\n" } else { "" };
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{protocol}\r\n"
        )
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotHttp => "not HTTP",
            Self::TooLong => "a request that is too long",
            Self::TooSlow => "a request that took too long",
            Self::Gone => "gone before the request was complete",
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

/// RFC 6455, section 4.2.2: what shows that a WebSocket server has read the key.
fn accept_key(key: &str) -> String {
    const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    openssl::base64::encode_block(&openssl::sha::sha1([key, GUID].concat().as_bytes()))
}

/// The header's value where it occurs once: two Hosts or two Origins are a trick.
fn only<'a>(headers: &[Header<'a>], name: &str) -> Option<&'a [u8]> {
    let mut found = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    let value = found.next()?.value;
    found.next().is_none().then_some(value)
}

/// Whether the header, a list, names `token`.
fn names(headers: &[Header<'_>], name: &str, token: &str, same: fn(&str, &str) -> bool) -> bool {
    headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name))
        .filter_map(|header| std::str::from_utf8(header.value).ok())
        .flat_map(|value| value.split(','))
        .any(|item| same(item.trim(), token))
}

/// Sixteen bytes in base64: 22 digits, the last of which has four bits to spare, and the padding.
fn valid_key(value: &[u8]) -> Option<&str> {
    let (digits, last) = match value {
        [digits @ .., last, b'=', b'='] if digits.len() == 21 => (digits, last),
        _ => return None,
    };
    let all = digits.iter().all(|digit| digit.is_ascii_alphanumeric() || matches!(digit, b'+' | b'/'));
    (all && b"AQgw".contains(last)).then(|| std::str::from_utf8(value).ok())?
}

/// The one answer to everything else: what was wrong is nobody's business, nor who we are.
pub(super) const REFUSAL: &[u8] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Bytes of a request that are looked at. WebKit sends about 500.
pub(super) const MAX_HEAD: usize = 8 * 1024;

/// Browsers send about twelve.
const MAX_HEADERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const GOOD: [(&str, &str); 6] = [
        ("Host", "127.0.0.1:4711"),
        ("Origin", "tauri://localhost"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn door() -> Door {
        Door::new(address(), Origins::Only(vec!["tauri://localhost".into(), "http://tauri.localhost".into()]))
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

    fn judge(bytes: &[u8]) -> Result<Wish, Cause> {
        door().read(bytes).and_then(|knock| knock.expect("a whole request").wish)
    }

    /// The good request with one header otherwise: replaced, or left out where `value` is none.
    fn with(name: &str, value: Option<&str>) -> Vec<u8> {
        let mut headers: Vec<_> = GOOD.into_iter().filter(|(other, _)| *other != name).collect();
        headers.extend(value.map(|value| (name, value)));
        get(&headers)
    }

    #[test]
    fn the_viewer_is_let_in() {
        let knock = door().read(&[get(&GOOD), b"early".to_vec()].concat()).unwrap().unwrap();
        assert_eq!(knock.ticket.unwrap(), PATH.as_bytes()[1..]);
        assert_eq!(knock.length, get(&GOOD).len());
        let granted = knock.wish.unwrap().granted();
        // The key and its answer are RFC 6455's example (section 1.3).
        assert!(granted.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{granted}");
        assert!(granted.starts_with("HTTP/1.1 101 ") && granted.ends_with("\r\n\r\n"), "{granted}");
        assert!(!granted.contains("Sec-WebSocket-Protocol"), "{granted}");
    }

    #[test]
    fn what_browsers_write_otherwise_is_the_same() {
        assert!(judge(&with("Connection", Some("keep-alive, Upgrade"))).is_ok());
        assert!(judge(&with("Upgrade", Some("WebSocket"))).is_ok());
        assert!(judge(&with("Origin", Some("http://tauri.localhost"))).is_ok());
        assert!(judge(&with("Accept-Language", Some("d\u{e9}"))).is_ok());
    }

    #[test]
    fn binary_is_echoed_only_when_offered() {
        let asked = |offer| judge(&with("Sec-WebSocket-Protocol", Some(offer))).unwrap().binary;
        assert!(asked("binary") && asked("base64, binary"));
        assert!(!asked("base64") && !asked("binary2"));
        let granted = judge(&with("Sec-WebSocket-Protocol", Some("binary"))).unwrap().granted();
        assert!(granted.contains("\r\nSec-WebSocket-Protocol: binary\r\n"), "{granted}");
    }

    #[test]
    fn one_thing_wrong_is_enough() {
        let long = "x".repeat(64);
        for (name, value, cause) in [
            ("Host", None, Cause::Host),
            ("Host", Some("localhost:4711"), Cause::Host),
            ("Host", Some("127.0.0.1"), Cause::Host),
            ("Host", Some("127.0.0.1:4712"), Cause::Host),
            ("Host", Some("127.0.0.1:4711.evil.example"), Cause::Host),
            ("Host", Some("evil.example:4711"), Cause::Host),
            ("Origin", None, Cause::Origin),
            ("Origin", Some("null"), Cause::Origin),
            ("Origin", Some(""), Cause::Origin),
            ("Origin", Some("tauri://localhost.evil.example"), Cause::Origin),
            ("Origin", Some("tauri://localhost/"), Cause::Origin),
            ("Origin", Some("Tauri://localhost"), Cause::Origin),
            ("Origin", Some("tauri://localhost, https://evil.example"), Cause::Origin),
            ("Origin", Some("https://evil.example"), Cause::Origin),
            ("Upgrade", None, Cause::NotWebSocket),
            ("Upgrade", Some("h2c"), Cause::NotWebSocket),
            ("Connection", None, Cause::NotWebSocket),
            ("Connection", Some("keep-alive"), Cause::NotWebSocket),
            ("Sec-WebSocket-Version", None, Cause::WebSocketVersion),
            ("Sec-WebSocket-Version", Some("8"), Cause::WebSocketVersion),
            ("Sec-WebSocket-Key", None, Cause::WebSocketKey),
            ("Sec-WebSocket-Key", Some("short=="), Cause::WebSocketKey),
            ("Sec-WebSocket-Key", Some("dGhlIHNhbXBsZSBub25jZQ"), Cause::WebSocketKey),
            ("Sec-WebSocket-Key", Some("dGhlIHNhbXBsZSBub25jZR=="), Cause::WebSocketKey),
            ("Sec-WebSocket-Key", Some("dGhlIHNhbXBsZSBub2 jZQ=="), Cause::WebSocketKey),
            ("Sec-WebSocket-Key", Some(&long), Cause::WebSocketKey),
        ] {
            assert_eq!(judge(&with(name, value)), Err(cause), "{name}: {value:?}");
        }
    }

    #[test]
    fn any_origin_is_any_origin_and_nothing_more() {
        let judge = |bytes: &[u8]| Door::new(address(), Origins::Any).read(bytes).unwrap().unwrap().wish;
        for origin in [None, Some("null"), Some("https://elsewhere.example")] {
            assert!(judge(&with("Origin", origin)).is_ok(), "{origin:?}");
        }
        assert_eq!(judge(&with("Host", Some("evil.example"))), Err(Cause::Host));
    }

    #[test]
    fn a_header_given_twice_is_a_trick() {
        for twice in ["Host", "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version"] {
            let again = GOOD.iter().find(|(name, _)| *name == twice);
            let headers: Vec<_> = GOOD.iter().chain(again).copied().collect();
            assert!(judge(&get(&headers)).is_err(), "{twice}");
        }
    }

    #[test]
    fn wrong_requests() {
        let line = |line: &str| judge(&request(line, &GOOD));
        assert_eq!(line(&format!("POST {PATH} HTTP/1.1")), Err(Cause::Method));
        assert_eq!(line(&format!("GET {PATH} HTTP/1.0")), Err(Cause::HttpVersion));
        for path in ["/", "/favicon.ico", &PATH[1..], &PATH[..64], &format!("{PATH}0"), &format!("{PATH}?"), "*"] {
            assert_eq!(line(&format!("GET {path} HTTP/1.1")), Err(Cause::Path), "{path}");
        }
        assert_eq!(line(&format!("GET http://127.0.0.1:4711{PATH} HTTP/1.1")), Err(Cause::Path));
    }

    #[test]
    fn a_wrong_request_still_names_its_ticket() {
        let knock = door().read(&with("Origin", Some("https://evil.example"))).unwrap().unwrap();
        assert!(knock.ticket.is_some() && knock.wish == Err(Cause::Origin));
    }

    #[test]
    fn what_is_no_request() {
        for garbage in [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"[..], b"RFB 003.008\n\n", b"GET /\0 HTTP/1.1\r\n\r\n"] {
            assert!(matches!(door().read(garbage), Err(Cause::NotHttp)), "{garbage:?}");
        }
        let endless = format!("GET {PATH} HTTP/1.1\r\nA: {}", "a".repeat(MAX_HEAD));
        assert!(matches!(door().read(endless.as_bytes()), Err(Cause::TooLong)));
        let many = vec![("A", "a"); MAX_HEADERS + 1];
        assert!(matches!(door().read(&get(&many)), Err(Cause::TooLong)));
    }

    #[test]
    fn every_beginning_of_a_request_is_waited_for() {
        let whole = get(&GOOD);
        for end in 0..whole.len() {
            assert!(matches!(door().read(&whole[..end]), Ok(None)), "{end}");
        }
    }
}
