//! ProtocolVersion ([RFC 6143, 7.1.1](https://www.rfc-editor.org/rfc/rfc6143#section-7.1.1)): twelve bytes,
//! `RFB ddd.ddd\n`.
//!
//! Servers send many numbers; each means one of three protocols. The answer has the protocol's own number, never the
//! server's: TigerVNC refuses a client that repeats RealVNC's 4.1.

use crate::error::{Error, OtherProtocol};

/// Bytes of a ProtocolVersion.
pub(crate) const GREETING_LEN: usize = 12;

/// The three protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    V33,
    V37,
    V38,
}

/// What sent a ProtocolVersion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A server, with the numbers that it sent and the version to speak with it.
    Server { version: Version, major: u16, minor: u16 },
    /// UltraVNC's repeater (0.0), which waits for a repeater ID.
    Repeater,
}

impl Version {
    /// The message with this version's number.
    pub(crate) fn message(self) -> &'static [u8; GREETING_LEN] {
        match self {
            Self::V33 => b"RFB 003.003\n",
            Self::V37 => b"RFB 003.007\n",
            Self::V38 => b"RFB 003.008\n",
        }
    }

    /// Parses a message; none while it is incomplete.
    ///
    /// Every prefix is checked, so that a server of another kind is recognised by its first bytes, without waiting for
    /// twelve.
    pub(crate) fn parse(greeting: &[u8]) -> Result<Option<Peer>, Error> {
        if !matches_prefix(greeting, PATTERN) {
            return match OTHERS.iter().find(|(prefix, _)| matches_prefix(greeting, prefix)) {
                Some((prefix, _)) if greeting.len() < prefix.len() => Ok(None),
                other => Err(Error::NotRfb { looks_like: other.map(|(_, protocol)| *protocol) }),
            };
        }
        let Some(number) = greeting.get(4..11).filter(|_| greeting.len() == GREETING_LEN) else { return Ok(None) };
        let digits = |range: std::ops::Range<usize>| {
            number[range].iter().fold(0u16, |value, digit| value * 10 + u16::from(digit - b'0'))
        };
        let server = |version, major, minor| Ok(Some(Peer::Server { version, major, minor }));
        match (digits(0..3), digits(4..7)) {
            (0, 0) => Ok(Some(Peer::Repeater)),
            (3, minor @ 3..=6) => server(Self::V33, 3, minor),
            (3, 7) => server(Self::V37, 3, 7),
            // 3.889 is Apple's; 4.x and 5.x are RealVNC's and Intel AMT's.
            (major @ 3, minor @ 8..) | (major @ (4 | 5), minor) => server(Self::V38, major, minor),
            _ => Err(Error::UnsupportedVersion { version: String::from_utf8_lossy(number).into_owned() }),
        }
    }
}

/// Whether the shorter of `bytes` and `pattern` is a prefix of the other; `0` in the pattern is any digit.
fn matches_prefix(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.iter().zip(pattern).all(|(byte, wanted)| match wanted {
        b'0' => byte.is_ascii_digit(),
        exact => byte == exact,
    })
}

const PATTERN: &[u8; GREETING_LEN] = b"RFB 000.000\n";

/// The first bytes of other servers. A TLS record has its type, 21 for an alert or 22 for a handshake, then the major
/// version 3 ([RFC 8446, 5.1](https://www.rfc-editor.org/rfc/rfc8446#section-5.1)).
const OTHERS: [(&[u8], OtherProtocol); 5] = [
    (b"HTTP/", OtherProtocol::Http),
    (b"SSH-", OtherProtocol::Ssh),
    (b"\x15\x03", OtherProtocol::Tls),
    (b"\x16\x03", OtherProtocol::Tls),
    (b"<!DOCTYPE", OtherProtocol::Http),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(greeting: &str) -> Result<Option<Peer>, Error> {
        Version::parse(greeting.as_bytes())
    }

    #[test]
    fn versions_that_servers_send() {
        for (greeting, version) in [
            ("RFB 003.003\n", Version::V33),
            ("RFB 003.005\n", Version::V33),
            ("RFB 003.006\n", Version::V33),
            ("RFB 003.007\n", Version::V37),
            ("RFB 003.008\n", Version::V38),
            ("RFB 003.016\n", Version::V38),
            ("RFB 003.889\n", Version::V38),
            ("RFB 004.000\n", Version::V38),
            ("RFB 004.001\n", Version::V38),
            ("RFB 005.000\n", Version::V38),
        ] {
            match whole(greeting).unwrap() {
                Some(Peer::Server { version: spoken, major, minor }) => {
                    assert_eq!(spoken, version, "{greeting:?}");
                    assert_eq!(format!("RFB {major:03}.{minor:03}\n"), greeting);
                }
                other => panic!("{greeting:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn unknown_versions_are_refused() {
        for number in ["002.002", "003.002", "003.000", "006.000", "999.999", "000.001"] {
            match whole(&format!("RFB {number}\n")) {
                Err(Error::UnsupportedVersion { version }) => assert_eq!(version, number),
                other => panic!("{number}: {other:?}"),
            }
        }
        assert!(matches!(whole("RFB 000.000\n"), Ok(Some(Peer::Repeater))));
    }

    #[test]
    fn other_protocols_are_recognised() {
        for (bytes, looks_like) in [
            (&b"HTTP/1.1 400"[..], Some(OtherProtocol::Http)),
            (b"<!DOCTYPE ht", Some(OtherProtocol::Http)),
            (b"SSH-2.0-Open", Some(OtherProtocol::Ssh)),
            (b"\x15\x03\x03\x00\x02\x02\x46", Some(OtherProtocol::Tls)),
            (b"\x16\x03\x01\x02\x00\x01", Some(OtherProtocol::Tls)),
            (b"220 mail.exa", None),
            (b"\x03\x00\x00\x13\x0e\xd0", None),
            (b"RFB abc.def\n", None),
            (b"RFB   3.  8\n", None),
            (b"RFB 003.008 ", None),
            (b"RFB 003,008\n", None),
            (b"rfb 003.008\n", None),
            (b"\0\0\0\0\0\0\0\0\0\0\0\0", None),
        ] {
            match Version::parse(bytes) {
                Err(Error::NotRfb { looks_like: seen }) => assert_eq!(seen, looks_like, "{bytes:?}"),
                other => panic!("{bytes:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_prefix_never_contradicts_the_whole() {
        let wholes: [&[u8]; 6] =
            [b"RFB 003.008\n", b"RFB 000.000\n", b"HTTP/1.1 400", b"SSH-2.0-Open", b"SMTP ready..", b"\x15\x04......"];
        for whole in wholes {
            let expected = format!("{:?}", Version::parse(whole));
            for end in 0..whole.len() {
                let early = Version::parse(&whole[..end]);
                assert!(
                    matches!(early, Ok(None)) || format!("{early:?}") == expected,
                    "{:?}: {early:?}",
                    &whole[..end]
                );
            }
        }
    }
}
