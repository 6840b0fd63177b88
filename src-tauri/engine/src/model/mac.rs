//! A network card's address.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// A network card's address (EUI-48).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mac([u8; 6]);

/// Why a text is no network card's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum MacProblem {
    /// Not six bytes in one of the usual notations.
    #[error("a MAC address is six pairs of the digits 0 to 9 and a to f, like 00:1a:2b:3c:4d:5e")]
    Form,
    /// All zero, or a group address (IEEE 802: the lowest bit of the first byte is set).
    #[error("this MAC address belongs to no single machine")]
    NotOneMachine,
}

impl Mac {
    /// Reads `aa:bb:cc:dd:ee:ff` as Linux writes it, `AA-BB-CC-DD-EE-FF` as Windows does, `aabb.ccdd.eeff` as switches
    /// do, `a:b:c:d:e:f` as macOS leaves out zeros, and `aabbccddeeff`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, MacProblem> {
        let mac = six_bytes(text).ok_or(MacProblem::Form)?;
        if mac == [0; 6] || mac[0] & 1 != 0 { Err(MacProblem::NotOneMachine) } else { Ok(Self(mac)) }
    }

    /// The 102 bytes of a Wake-on-LAN packet: six of `ff`, then the address sixteen times.
    pub fn magic_packet(self) -> [u8; 102] {
        let mut packet = [0xff; 102];
        for place in packet[6..].as_chunks_mut::<6>().0 {
            *place = self.0;
        }
        packet
    }
}

/// Six bytes in one of the notations of [`Mac::parse`].
pub(super) fn six_bytes(text: &str) -> Option<[u8; 6]> {
    // Chinese and Japanese input methods write this for the colon.
    let text = text.trim().replace('：', ":");
    // Pieces between the separators, each of this many bytes.
    let (separator, count, bytes) = match text.chars().find(|c| matches!(c, ':' | '-' | '.')) {
        Some('.') => ('.', 3, 2),
        Some(separator) => (separator, 6, 1),
        None => (':', 1, 6),
    };
    let pieces: Vec<&str> = text.split(separator).collect();
    let mut value = 0_u64;
    for piece in &pieces {
        let whole = piece.len() == 2 * bytes || (bytes == 1 && piece.len() == 1);
        if !whole || !piece.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        value = value << (8 * bytes) | u64::from_str_radix(piece, 16).ok()?;
    }
    let [_, _, six @ ..] = value.to_be_bytes();
    (pieces.len() == count).then_some(six)
}

/// As Linux writes it: lower-case, a colon between bytes.
impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for Mac {
    type Err = MacProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mac {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: Mac = Mac([0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e]);

    #[test]
    fn every_way_to_write_it_means_the_same() {
        for text in [
            "00:1a:2b:3c:4d:5e",
            " 00:1A:2B:3C:4D:5E\n",
            "00-1A-2B-3C-4D-5E",
            "001a.2b3c.4d5e",
            "001a2b3c4d5e",
            "0:1a:2b:3c:4d:5e",
            "00：1a：2b：3c：4d：5e",
        ] {
            assert_eq!(Mac::parse(text), Ok(CARD), "{text}");
        }
        assert_eq!(CARD.to_string(), "00:1a:2b:3c:4d:5e");
        let json = serde_json::to_string(&CARD).unwrap();
        assert_eq!((json.as_str(), serde_json::from_str::<Mac>(&json).unwrap()), ("\"00:1a:2b:3c:4d:5e\"", CARD));
    }

    #[test]
    fn what_is_no_card_is_told_from_what_is_no_machine() {
        for text in [
            "",
            "box",
            "00:1a:2b:3c:4d",
            "00:1a:2b:3c:4d:5e:6f",
            "00:1a:2b:3c:4d:5g",
            "00:1a:2b:3c:4d:+5",
            "00:1a-2b:3c:4d:5e",
            "00:1a:2b:3c:4d:",
            "00:1a:2b:3c:4d:5é",
            "000:1a:2b:3c:4d:5",
            "001a2b3c4d5",
            "001a.2b3c.4d",
            "001a.2b3c.4d5e.6f70",
            "00.1a.2b.3c.4d.5e",
            "1a2b3c4d5e6f7a8b9c",
            "00 1a 2b 3c 4d 5e",
        ] {
            assert_eq!(Mac::parse(text), Err(MacProblem::Form), "{text}");
        }
        for text in ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"] {
            assert_eq!(Mac::parse(text), Err(MacProblem::NotOneMachine), "{text}");
        }
    }

    #[test]
    fn the_packet_is_six_ones_and_sixteen_times_the_card() {
        let packet = CARD.magic_packet();
        assert_eq!(packet[..6], [0xff; 6]);
        assert_eq!(packet[6..], [0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e].repeat(16));
    }
}
