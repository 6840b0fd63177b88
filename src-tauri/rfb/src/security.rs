//! Security types ([rfbproto](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#security-types)): their
//! numbers, names and protection, and the order in which they are preferred.

use crate::maker::Maker;
use std::fmt;

/// A way to log in: RFB's security types, VeNCrypt's sub-types and Tight's authentication types in one list. An unknown
/// number is a value like any other, so that it can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecurityType {
    /// 1: no authentication.
    None,
    /// 2: VNC authentication, a challenge encrypted with the password.
    VncAuth,
    /// 5: RSA-AES with 128 bits; everything is encrypted.
    Ra2,
    /// 6: RSA-AES with 128 bits for the login alone.
    Ra2ne,
    /// 16: TightVNC's own negotiation of another type.
    Tight,
    /// 18: anonymous TLS, then a negotiation of another type.
    Tls,
    /// 19: a negotiation of sub-types, most of them within TLS.
    VeNCrypt,
    /// 20: a negotiation of a [`crate::Mechanism`], without TLS.
    Sasl,
    /// 20, with the mechanism PLAIN: user name and password in clear text.
    SaslPlain,
    /// 30: Apple's Diffie-Hellman and AES, for the login alone.
    Ard,
    /// 33: Apple's login within RSA and AES, for the login alone.
    AppleRsa,
    /// 113: UltraVNC's Windows login; its 64-bit Diffie-Hellman is broken within seconds and protects nothing.
    MsLogonII,
    /// 129: RSA-AES with 256 bits; everything is encrypted.
    Ra2Aes256,
    /// 130: RSA-AES with 256 bits for the login alone.
    Ra2neAes256,
    /// VeNCrypt 256: user name and password in clear text.
    Plain,
    /// VeNCrypt 257: anonymous TLS, no authentication.
    TlsNone,
    /// VeNCrypt 258: anonymous TLS, then VNC authentication.
    TlsVnc,
    /// VeNCrypt 259: anonymous TLS, then user name and password.
    TlsPlain,
    /// VeNCrypt 260: TLS with a certificate, no authentication.
    X509None,
    /// VeNCrypt 261: TLS with a certificate, then VNC authentication.
    X509Vnc,
    /// VeNCrypt 262: TLS with a certificate, then user name and password.
    X509Plain,
    /// VeNCrypt 263: TLS with a certificate, then SASL. QEMU's numbers are meant, which are those of the servers that there
    /// are; rfbproto has this one and the next the other way round.
    X509Sasl,
    /// VeNCrypt 264: anonymous TLS, then SASL.
    TlsSasl,
    /// Tight 129: user name and password in clear text.
    TightUnixLogin,
    /// A number of Tight's own list that is not spoken here.
    TightOther(u32),
    /// A security type or a sub-type of VeNCrypt that is not spoken here.
    Other(u32),
}

/// What a session is protected by. The better one is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing: everything can be read on the way.
    Clear,
    /// The password is not sent in clear text; everything else is.
    Password,
    /// Everything is encrypted, without any proof of the server's identity.
    Encrypted,
    /// Everything is encrypted, and the server has proved its identity.
    Identified,
}

impl From<u32> for SecurityType {
    fn from(number: u32) -> Self {
        match number {
            1 => Self::None,
            2 => Self::VncAuth,
            5 => Self::Ra2,
            6 => Self::Ra2ne,
            16 => Self::Tight,
            18 => Self::Tls,
            19 => Self::VeNCrypt,
            20 => Self::Sasl,
            30 => Self::Ard,
            33 => Self::AppleRsa,
            113 => Self::MsLogonII,
            129 => Self::Ra2Aes256,
            130 => Self::Ra2neAes256,
            256 => Self::Plain,
            257 => Self::TlsNone,
            258 => Self::TlsVnc,
            259 => Self::TlsPlain,
            260 => Self::X509None,
            261 => Self::X509Vnc,
            262 => Self::X509Plain,
            263 => Self::X509Sasl,
            264 => Self::TlsSasl,
            other => Self::Other(other),
        }
    }
}

impl SecurityType {
    /// Logins with an account of a Mac.
    pub const OF_MACS: [Self; 2] = [Self::Ard, Self::AppleRsa];

    /// Its number on the wire: for Tight's types, in Tight's list.
    pub fn number(self) -> u32 {
        match self {
            Self::None => 1,
            Self::VncAuth => 2,
            Self::Ra2 => 5,
            Self::Ra2ne => 6,
            Self::Tight => 16,
            Self::Tls => 18,
            Self::VeNCrypt => 19,
            Self::Sasl | Self::SaslPlain => 20,
            Self::Ard => 30,
            Self::AppleRsa => 33,
            Self::MsLogonII => 113,
            Self::Ra2Aes256 | Self::TightUnixLogin => 129,
            Self::Ra2neAes256 => 130,
            Self::Plain => 256,
            Self::TlsNone => 257,
            Self::TlsVnc => 258,
            Self::TlsPlain => 259,
            Self::X509None => 260,
            Self::X509Vnc => 261,
            Self::X509Plain => 262,
            Self::X509Sasl => 263,
            Self::TlsSasl => 264,
            Self::TightOther(number) | Self::Other(number) => number,
        }
    }

    /// Its usual name, where it is known. These names are stable: scripts read them.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::None => "None",
            Self::VncAuth => "VncAuth",
            Self::Ra2 => "RA2",
            Self::Ra2ne => "RA2ne",
            Self::Tight => "Tight",
            Self::Tls => "TLS",
            Self::VeNCrypt => "VeNCrypt",
            Self::Sasl => "SASL",
            Self::SaslPlain => "SASLPlain",
            Self::Ard => "ARD",
            Self::AppleRsa => "Apple RSA",
            Self::MsLogonII => "MSLogonII",
            Self::Ra2Aes256 => "RA2_256",
            Self::Ra2neAes256 => "RA2ne_256",
            Self::Plain => "Plain",
            Self::TlsNone => "TLSNone",
            Self::TlsVnc => "TLSVnc",
            Self::TlsPlain => "TLSPlain",
            Self::X509None => "X509None",
            Self::X509Vnc => "X509Vnc",
            Self::X509Plain => "X509Plain",
            Self::X509Sasl => "X509SASL",
            Self::TlsSasl => "TLSSASL",
            Self::TightUnixLogin => "TightUnixLogin",
            Self::TightOther(_) => return None,
            Self::Other(number) => match number {
                7 => "RealVNC SSPI",
                8 => "RealVNC SSPIne",
                13 => "RealVNC RA2r",
                3..=15 => "RealVNC",
                17 => "UltraVNC",
                21 => "MD5 hash",
                22 => "xvp",
                23 => "Secure Tunnel",
                24 => "Integrated SSH",
                35 => "Apple Kerberos",
                36 => "Apple SRP",
                31..=34 => "Apple",
                104..=112 => "UltraVNC",
                114 | 115 => "UltraVNC encryption plug-in",
                116 | 117 => "UltraVNC",
                133 => "RealVNC RA2r_256",
                128..=255 => "RealVNC",
                265..=267 => "VeNCrypt Ident",
                _ => return None,
            },
        })
    }

    /// The maker of the server that offers it, where there is only one.
    pub fn maker(self) -> Option<Maker> {
        match self.number() {
            _ if matches!(self, Self::TightUnixLogin | Self::TightOther(_)) => None,
            30..=36 => Some(Maker::Apple),
            17 | 104..=117 => Some(Maker::UltraVnc),
            3..=15 | 128..=255 => Some(Maker::RealVnc),
            _ => None,
        }
    }

    /// The protection of a session that was reached with it. A negotiation of another type protects nothing itself.
    pub fn level(self) -> Level {
        match self {
            Self::X509None | Self::X509Vnc | Self::X509Plain | Self::X509Sasl | Self::Ra2 | Self::Ra2Aes256 => {
                Level::Identified
            }
            Self::Tls | Self::TlsNone | Self::TlsVnc | Self::TlsPlain | Self::TlsSasl => Level::Encrypted,
            // SASL may encrypt what follows: with RC4, which counts as nothing.
            Self::VncAuth | Self::Ard | Self::AppleRsa | Self::Ra2ne | Self::Ra2neAes256 | Self::Sasl => {
                Level::Password
            }
            Self::None
            | Self::SaslPlain
            | Self::MsLogonII
            | Self::Plain
            | Self::TightUnixLogin
            | Self::Tight
            | Self::VeNCrypt
            | Self::TightOther(_)
            | Self::Other(_) => Level::Clear,
        }
    }

    /// Whether the password that it sends can be read on the way. MSLogonII's encryption is counted as none.
    pub fn sends_plaintext_password(self) -> bool {
        matches!(self, Self::Plain | Self::SaslPlain | Self::TightUnixLogin | Self::MsLogonII)
    }

    /// Whether it asks for no credentials.
    pub fn is_unauthenticated(self) -> bool {
        matches!(self, Self::None | Self::TlsNone | Self::X509None)
    }
}

impl fmt::Display for SecurityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.number()),
            None if matches!(self, Self::TightOther(_)) => write!(f, "Tight type {}", self.number()),
            None => write!(f, "type {}", self.number()),
        }
    }
}

/// What the caller wants of a handshake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Leave other viewers connected (ClientInit's shared-flag).
    pub shared: bool,
    /// A user name is known: types that ask for one are preferred.
    pub have_username: bool,
    /// A password is known: types that check it are preferred to unauthenticated ones.
    pub have_password: bool,
    /// The least protection that the session should have: types below it come last.
    pub floor: Option<Level>,
    /// The request to a repeater: the ID of a server that waits there (`1234` or `ID:1234`), or the address of one that
    /// it is to connect to (`box:5900`). At most 249 bytes.
    pub repeater_id: Option<String>,
    /// What the user calls the server: a mechanism of SASL sends it along.
    pub server_name: String,
    /// Types that are not chosen: see [`crate::client::Outcome::RetryWithout`].
    pub without: Vec<SecurityType>,
}

impl Policy {
    /// Chooses among `offered`, by our order and never by the server's: the list is not authenticated, so anyone on the
    /// way can sort it.
    pub(crate) fn choose(&self, offered: &[SecurityType]) -> Option<SecurityType> {
        let ranked = offered.iter().filter_map(|offer| Some((self.rank(*offer)?, *offer)));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, offer)| offer)
    }

    /// Chooses among the list within `negotiation`, which was itself chosen from `outer`. The error is what the
    /// handshake ends with, where `outer` has something better, or there is nothing to choose.
    pub(crate) fn choose_within(
        &self,
        negotiation: SecurityType,
        outer: &[SecurityType],
        offered: &[SecurityType],
    ) -> Option<Choice> {
        let mut without = self.clone();
        without.without.push(negotiation);
        match (self.choose(offered), without.choose(outer)) {
            (Some(inner), Some(other)) if without.rank(other) < self.rank(inner) => Some(Choice::Outer),
            (Some(inner), _) => Some(Choice::Inner(inner)),
            (None, Some(_)) => Some(Choice::Outer),
            (None, None) => None,
        }
    }

    /// The rank of a type in our order, the least being the best; none for what is not spoken.
    fn rank(&self, security_type: SecurityType) -> Option<Rank> {
        if self.without.contains(&security_type) {
            return None;
        }
        let order = match (self.have_username, self.have_password) {
            (true, _) => WITH_USERNAME,
            (false, true) => WITH_PASSWORD,
            (false, false) => WITH_NOTHING,
        };
        let position = order.iter().position(|ours| *ours == security_type)?;
        // VeNCrypt's sub-types are not known yet; they are ranked when they are.
        let below_floor =
            security_type != SecurityType::VeNCrypt && self.floor.is_some_and(|floor| security_type.level() < floor);
        Some(Rank { below_floor, position })
    }
}

/// See [`Policy::choose_within`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This type of the negotiation's list.
    Inner(SecurityType),
    /// Something of the outer list, which this connection cannot go back to.
    Outer,
}

/// See [`Policy::rank`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    below_floor: bool,
    position: usize,
}

// The three orders, best first. The rules, which a test holds them to:
// - by level;
// - within a level, the type that asks for what is known;
// - VeNCrypt where the best of its sub-types would be;
// - a known user name picks the Unix login within Tight, though VNC authentication beside it would not send the password
//   readably: a Unix password is not accepted there. So Tight comes before VNC authentication, which Tight has as well.
//   The caller approves the clear text, and a floor above it puts both last;
// - Apple's 33 after its 30, though it pins the server's key: it was tried with no real Mac, and must not keep out those who
//   comes in by 30.

/// Preference order if a user name is known.
const WITH_USERNAME: &[SecurityType] = {
    use SecurityType::*;
    &[
        VeNCrypt,
        X509Sasl,
        X509Plain,
        X509Vnc,
        X509None,
        Ra2Aes256,
        Ra2,
        TlsSasl,
        TlsPlain,
        TlsVnc,
        TlsNone,
        Tls,
        Sasl,
        Ard,
        AppleRsa,
        Ra2neAes256,
        Ra2ne,
        Tight,
        TightUnixLogin,
        VncAuth,
        MsLogonII,
        SaslPlain,
        Plain,
        None,
    ]
};

/// Preference order if only a password is known: it is a VNC password, so types that ask for a user name, too, come
/// later within each level.
const WITH_PASSWORD: &[SecurityType] = {
    use SecurityType::*;
    &[
        VeNCrypt,
        X509Vnc,
        X509Sasl,
        X509Plain,
        X509None,
        Ra2Aes256,
        Ra2,
        TlsVnc,
        TlsSasl,
        TlsPlain,
        TlsNone,
        Tls,
        Ra2neAes256,
        Ra2ne,
        VncAuth,
        Sasl,
        Ard,
        AppleRsa,
        Tight,
        MsLogonII,
        SaslPlain,
        Plain,
        TightUnixLogin,
        None,
    ]
};

/// Preference order if neither user name nor password is known: unauthenticated types first, then the others by level.
const WITH_NOTHING: &[SecurityType] = {
    use SecurityType::*;
    &[
        VeNCrypt,
        X509None,
        TlsNone,
        None,
        X509Vnc,
        X509Sasl,
        X509Plain,
        Ra2Aes256,
        Ra2,
        TlsVnc,
        TlsSasl,
        TlsPlain,
        Tls,
        Sasl,
        Ard,
        AppleRsa,
        Ra2neAes256,
        Ra2ne,
        VncAuth,
        Tight,
        MsLogonII,
        SaslPlain,
        Plain,
        TightUnixLogin,
    ]
};

#[cfg(test)]
mod tests;
