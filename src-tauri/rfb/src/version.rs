//! ProtocolVersion (rfbproto, "ProtocolVersion"): twelve bytes, `RFB ddd.ddd\n`.
//!
//! Servers greet with many numbers; all of them mean one of three protocols. We answer with the protocol's own number,
//! never the server's: TigerVNC turns away a client that repeats RealVNC's 4.1.

use crate::error::{Error, OtherProtocol};

/// Bytes in a greeting.
pub(crate) const GREETING_LEN: usize = 12;

/// The three protocols there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    V33,
    V37,
    V38,
}

/// Who greets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Greeted {
    /// A server, with the numbers as it wrote them and the version to speak with it.
    Server { version: Version, major: u16, minor: u16 },
    /// UltraVNC's repeater: whom do we want?
    Repeater,
}

impl Version {
    /// How this version is written.
    pub(crate) fn greeting(self) -> &'static [u8; GREETING_LEN] {
        match self {
            Self::V33 => b"RFB 003.003\n",
            Self::V37 => b"RFB 003.007\n",
            Self::V38 => b"RFB 003.008\n",
        }
    }

    /// Reads a greeting; none while it may still become one.
    ///
    /// Looks at every prefix, so that a server of another kind is recognised by its first bytes and not kept waiting
    /// for twelve.
    pub(crate) fn read(greeting: &[u8]) -> Result<Option<Greeted>, Error> {
        if !begins_like(greeting, PATTERN) {
            return match OTHERS.iter().find(|(prefix, _)| begins_like(greeting, prefix)) {
                Some((prefix, _)) if greeting.len() < prefix.len() => Ok(None),
                other => Err(Error::NotRfb { looks_like: other.map(|(_, protocol)| *protocol) }),
            };
        }
        let Some(number) = greeting.get(4..11).filter(|_| greeting.len() == GREETING_LEN) else { return Ok(None) };
        let digits = |range: std::ops::Range<usize>| {
            number[range].iter().fold(0u16, |value, digit| value * 10 + u16::from(digit - b'0'))
        };
        let server = |version, major, minor| Ok(Some(Greeted::Server { version, major, minor }));
        match (digits(0..3), digits(4..7)) {
            (0, 0) => Ok(Some(Greeted::Repeater)),
            (3, minor @ 3..=6) => server(Self::V33, 3, minor),
            (3, 7) => server(Self::V37, 3, 7),
            // 3.889 is Apple's; 4.x and 5.x are RealVNC's and Intel AMT's.
            (major @ 3, minor @ 8..) | (major @ (4 | 5), minor) => server(Self::V38, major, minor),
            _ => Err(Error::UnsupportedVersion { version: String::from_utf8_lossy(number).into_owned() }),
        }
    }
}

/// Whether `bytes` and `pattern` agree as far as both go; `0` in the pattern is any digit.
fn begins_like(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.iter().zip(pattern).all(|(byte, wanted)| match wanted {
        b'0' => byte.is_ascii_digit(),
        exact => byte == exact,
    })
}

const PATTERN: &[u8; GREETING_LEN] = b"RFB 000.000\n";

/// How other servers begin. A TLS record has its kind, then the major version 3; 21 is an alert, 22 a handshake.
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

    fn whole(greeting: &str) -> Result<Option<Greeted>, Error> {
        Version::read(greeting.as_bytes())
    }

    #[test]
    fn greetings_of_this_world() {
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
                Some(Greeted::Server { version: spoken, major, minor }) => {
                    assert_eq!(spoken, version, "{greeting:?}");
                    assert_eq!(format!("RFB {major:03}.{minor:03}\n"), greeting);
                }
                other => panic!("{greeting:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn numbers_that_nobody_speaks() {
        for number in ["002.002", "003.002", "003.000", "006.000", "999.999", "000.001"] {
            match whole(&format!("RFB {number}\n")) {
                Err(Error::UnsupportedVersion { version }) => assert_eq!(version, number),
                other => panic!("{number}: {other:?}"),
            }
        }
        assert!(matches!(whole("RFB 000.000\n"), Ok(Some(Greeted::Repeater))));
    }

    #[test]
    fn what_is_no_greeting() {
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
            match Version::read(bytes) {
                Err(Error::NotRfb { looks_like: seen }) => assert_eq!(seen, looks_like, "{bytes:?}"),
                other => panic!("{bytes:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_prefix_never_says_otherwise_than_the_whole() {
        let wholes: [&[u8]; 6] =
            [b"RFB 003.008\n", b"RFB 000.000\n", b"HTTP/1.1 400", b"SSH-2.0-Open", b"SMTP ready..", b"\x15\x04......"];
        for whole in wholes {
            let said = format!("{:?}", Version::read(whole));
            for end in 0..whole.len() {
                let early = Version::read(&whole[..end]);
                assert!(matches!(early, Ok(None)) || format!("{early:?}") == said, "{:?}: {early:?}", &whole[..end]);
            }
        }
    }
}
