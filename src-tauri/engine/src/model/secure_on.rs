//! The SecureOn password, which some network cards want behind the packet that wakes them.
//!
//! Six bytes, as `ethtool -s eth0 wol s sopass 00:11:22:33:44:55` sets it, or four, as
//! [etherwake](https://manpages.debian.org/etherwake.8) sends one that is written like an IPv4 address. It crosses the network
//! readably, so it is no protection against a listener there.

use super::{HostId, Secret, mac::six_bytes};
use serde::Serialize;
use std::{fmt, net::Ipv4Addr};
use zeroize::Zeroizing;

/// A SecureOn password. Overwritten when it is dropped, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecureOn(Zeroizing<Vec<u8>>);

/// Why a text is no SecureOn password. It does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum SecureOnProblem {
    /// Neither six bytes nor four.
    #[error("a SecureOn password is six pairs of the digits 0 to 9 and a to f, or four numbers from 0 to 255")]
    Form,
}

impl SecureOn {
    /// Reads six bytes as [`super::Mac::parse`] does (`00-11-22-33-44-55`), or four numbers (`192.168.1.1`).
    ///
    /// # Errors
    /// That it is neither.
    pub fn parse(text: &Secret) -> Result<Self, SecureOnProblem> {
        let text = text.expose();
        let four = || text.trim().parse::<Ipv4Addr>().ok().map(|four| four.octets().to_vec());
        let bytes = six_bytes(text).map(|six| six.to_vec()).or_else(four);
        bytes.map(|bytes| Self(Zeroizing::new(bytes))).ok_or(SecureOnProblem::Form)
    }

    /// What follows the packet's 102 bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The keyring's account of it.
    pub(crate) fn account(host: HostId) -> String {
        format!("SecureOn of {host}")
    }
}

impl fmt::Debug for SecureOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SecureOn, SecureOnProblem> {
        SecureOn::parse(&text.to_owned().into())
    }

    #[test]
    fn it_is_six_bytes_or_four() {
        for text in ["00-11-22-33-44-ff", " 00:11:22:33:44:FF\n", "0011.2233.44ff", "0011223344ff"] {
            assert_eq!(parse(text).unwrap().bytes(), [0x00, 0x11, 0x22, 0x33, 0x44, 0xff], "{text}");
        }
        // What no card could be is a password all the same.
        assert_eq!(parse("ff:ff:ff:ff:ff:ff").unwrap().bytes(), [0xff; 6]);
        assert_eq!(parse("192.168.1.1").unwrap().bytes(), [192, 168, 1, 1]);
        for text in ["", "hunter2", "00-11-22-33-44", "192.168.1", "192.168.1.256", "1.2.3.4.5", "secret"] {
            assert_eq!(parse(text), Err(SecureOnProblem::Form), "{text}");
        }
    }

    #[test]
    fn it_is_never_printed() {
        assert_eq!(format!("{:?}", parse("00-11-22-33-44-55").unwrap()), "[secret]");
    }
}
