//! Security types (rfbproto, "Security Types"): their numbers, their names, what they protect, and which one we take.

use std::fmt;

/// How a server wants to know us: RFB's security types and VeNCrypt's sub-types in one list. An unknown number is a
/// value like any other, so that it can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecurityType {
    /// 1: whoever connects is let in.
    None,
    /// 2: VNC authentication, a challenge encrypted with the password.
    VncAuth,
    /// 5: RSA-AES with 128 bits; everything is encrypted.
    Ra2,
    /// 6: RSA-AES with 128 bits for the login alone.
    Ra2ne,
    /// 16: TightVNC's own negotiation, which leads to another type.
    Tight,
    /// 19: a negotiation of sub-types, most of them within TLS.
    VeNCrypt,
    /// 30: Apple's, Diffie-Hellman and AES for the login alone.
    Ard,
    /// 113: UltraVNC's Windows login; its 64-bit Diffie-Hellman protects nothing today.
    MsLogonII,
    /// 129: RSA-AES with 256 bits; everything is encrypted.
    Ra2Aes256,
    /// 130: RSA-AES with 256 bits for the login alone.
    Ra2neAes256,
    /// VeNCrypt 256: user name and password as they are.
    Plain,
    /// VeNCrypt 257: anonymous TLS, and whoever connects is let in.
    TlsNone,
    /// VeNCrypt 258: anonymous TLS, then VNC authentication.
    TlsVnc,
    /// VeNCrypt 259: anonymous TLS, then user name and password.
    TlsPlain,
    /// VeNCrypt 260: TLS with a certificate, and whoever connects is let in.
    X509None,
    /// VeNCrypt 261: TLS with a certificate, then VNC authentication.
    X509Vnc,
    /// VeNCrypt 262: TLS with a certificate, then user name and password.
    X509Plain,
    /// Tight's Unix login (129 in its own list): user name and password as they are.
    TightUnixLogin,
    /// One that we do not speak.
    Other(u32),
}

/// What a session is protected by. The better one is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing: whoever is on the way can read everything.
    Clear,
    /// The password is not sent readably; everything else is.
    Password,
    /// Everything is encrypted, but nobody knows with whom.
    Encrypted,
    /// Everything is encrypted, and the server has shown who it is.
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
            19 => Self::VeNCrypt,
            30 => Self::Ard,
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
            other => Self::Other(other),
        }
    }
}

impl SecurityType {
    /// Its number on the wire; Tight's Unix login has its number in Tight's list only.
    pub fn number(self) -> u32 {
        match self {
            Self::None => 1,
            Self::VncAuth => 2,
            Self::Ra2 => 5,
            Self::Ra2ne => 6,
            Self::Tight => 16,
            Self::VeNCrypt => 19,
            Self::Ard => 30,
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
            Self::Other(number) => number,
        }
    }

    /// What the field calls it, where it is known. These names are stable: scripts read them.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::None => "None",
            Self::VncAuth => "VncAuth",
            Self::Ra2 => "RA2",
            Self::Ra2ne => "RA2ne",
            Self::Tight => "Tight",
            Self::VeNCrypt => "VeNCrypt",
            Self::Ard => "ARD",
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
            Self::TightUnixLogin => "TightUnixLogin",
            Self::Other(number) => match number {
                7 => "RealVNC SSPI",
                8 => "RealVNC SSPIne",
                13 => "RealVNC RA2r",
                3..=15 => "RealVNC",
                17 => "UltraVNC",
                18 => "TLS",
                20 => "SASL",
                21 => "MD5 hash",
                22 => "xvp",
                23 => "Secure Tunnel",
                24 => "Integrated SSH",
                33 => "Apple RSA",
                35 => "Apple Kerberos",
                36 => "Apple SRP",
                31..=34 => "Apple",
                104..=112 => "UltraVNC",
                114..=116 => "UltraVNC encryption plug-in",
                133 => "RealVNC RA2r_256",
                128..=255 => "RealVNC",
                263 | 264 => "VeNCrypt SASL",
                265..=267 => "VeNCrypt Ident",
                _ => return None,
            },
        })
    }

    /// What a session is protected by that was reached with it. What only leads to another type protects nothing.
    pub fn level(self) -> Level {
        match self {
            Self::X509None | Self::X509Vnc | Self::X509Plain | Self::Ra2 | Self::Ra2Aes256 => Level::Identified,
            Self::TlsNone | Self::TlsVnc | Self::TlsPlain => Level::Encrypted,
            Self::VncAuth | Self::Ard | Self::Ra2ne | Self::Ra2neAes256 => Level::Password,
            Self::None
            | Self::MsLogonII
            | Self::Plain
            | Self::TightUnixLogin
            | Self::Tight
            | Self::VeNCrypt
            | Self::Other(_) => Level::Clear,
        }
    }

    /// Whether everybody on the way could read the password that it sends.
    pub fn reveals_password(self) -> bool {
        matches!(self, Self::Plain | Self::TightUnixLogin | Self::MsLogonII)
    }

    /// Whether it lets in whoever connects.
    pub fn takes_anybody(self) -> bool {
        matches!(self, Self::None | Self::TlsNone | Self::X509None)
    }
}

impl fmt::Display for SecurityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.number()),
            None => write!(f, "type {}", self.number()),
        }
    }
}

/// What the caller wants of a handshake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Leave other viewers connected.
    pub shared: bool,
    /// The caller knows a user name: then types that ask for one come before those that do not.
    pub have_username: bool,
    /// The caller holds a password: then a server that would also let anybody in has to check it.
    pub have_password: bool,
    /// The least that the session shall be protected by: what is below comes last, whatever our order says.
    pub floor: Option<Level>,
    /// Whom to ask a repeater for: the ID of a server that waits there (`1234` or `ID:1234`), or the address of one
    /// that the repeater is to dial (`box:5900`).
    pub repeater_id: Option<String>,
    /// Leave VeNCrypt out: see [`crate::Error::BetterWithoutVeNCrypt`].
    pub without_vencrypt: bool,
}

impl Policy {
    /// Chooses among the types offered, by our order and never by the server's: the list is not authenticated, and
    /// whoever sits in between can sort it.
    pub(crate) fn choose(&self, offered: &[SecurityType]) -> Option<SecurityType> {
        let ranked = offered.iter().filter_map(|offer| Some((self.rank(*offer)?, *offer)));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, offer)| offer)
    }

    /// The place of a type in our order, the least being the best; none for what we do not speak.
    pub(crate) fn rank(&self, security_type: SecurityType) -> Option<Rank> {
        if self.without_vencrypt && security_type == SecurityType::VeNCrypt {
            return None;
        }
        let order = match (self.have_username, self.have_password) {
            (true, _) => WITH_USERNAME,
            (false, true) => WITH_PASSWORD,
            (false, false) => WITH_NOTHING,
        };
        let place = order.iter().position(|ours| *ours == security_type)?;
        // What VeNCrypt leads to is not known yet; it is judged when it is.
        let below_floor =
            security_type != SecurityType::VeNCrypt && self.floor.is_some_and(|floor| security_type.level() < floor);
        Some(Rank { below_floor, place })
    }
}

/// See [`Policy::rank`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    below_floor: bool,
    place: usize,
}

/// Best first. VeNCrypt and Tight stand where the best of what they may lead to would.
const WITH_USERNAME: &[SecurityType] = {
    use SecurityType::*;
    &[
        VeNCrypt,
        X509Plain,
        X509Vnc,
        X509None,
        Ra2Aes256,
        Ra2,
        TlsPlain,
        TlsVnc,
        TlsNone,
        Ard,
        Ra2neAes256,
        Ra2ne,
        VncAuth,
        Tight,
        MsLogonII,
        Plain,
        TightUnixLogin,
        None,
    ]
};

/// A password alone is a VNC password: types that want a user name as well come later.
const WITH_PASSWORD: &[SecurityType] = {
    use SecurityType::*;
    &[
        VeNCrypt,
        X509Vnc,
        X509Plain,
        X509None,
        Ra2Aes256,
        Ra2,
        TlsVnc,
        TlsPlain,
        TlsNone,
        Ra2neAes256,
        Ra2ne,
        VncAuth,
        Ard,
        Tight,
        MsLogonII,
        Plain,
        TightUnixLogin,
        None,
    ]
};

/// Whoever has nothing to show goes where nothing is asked for.
const WITH_NOTHING: &[SecurityType] = {
    use SecurityType::*;
    &[
        VeNCrypt,
        X509None,
        TlsNone,
        None,
        X509Vnc,
        X509Plain,
        Ra2Aes256,
        Ra2,
        TlsVnc,
        TlsPlain,
        Ard,
        Ra2neAes256,
        Ra2ne,
        VncAuth,
        Tight,
        MsLogonII,
        Plain,
        TightUnixLogin,
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: (bool, bool) = (false, false);
    const PASSWORD: (bool, bool) = (false, true);
    const USERNAME: (bool, bool) = (true, false);
    const BOTH: (bool, bool) = (true, true);

    fn policy((have_username, have_password): (bool, bool)) -> Policy {
        Policy { have_username, have_password, ..Policy::default() }
    }

    fn chosen(policy: &Policy, offered: &[u32]) -> Option<u32> {
        let offered: Vec<SecurityType> = offered.iter().copied().map(SecurityType::from).collect();
        policy.choose(&offered).map(SecurityType::number)
    }

    #[test]
    fn our_order_decides() {
        let all = [1, 2, 5, 6, 16, 19, 30, 113, 129, 130, 256, 257, 258, 259, 260, 261, 262];
        for (have, order) in [
            (BOTH, [19, 262, 261, 260, 129, 5, 259, 258, 257, 30, 130, 6, 2, 16, 113, 256, 1]),
            (USERNAME, [19, 262, 261, 260, 129, 5, 259, 258, 257, 30, 130, 6, 2, 16, 113, 256, 1]),
            (PASSWORD, [19, 261, 262, 260, 129, 5, 258, 259, 257, 130, 6, 2, 30, 16, 113, 256, 1]),
            (NOTHING, [19, 260, 257, 1, 261, 262, 129, 5, 258, 259, 30, 130, 6, 2, 16, 113, 256]),
        ] {
            for from in 0..order.len() {
                let left: Vec<u32> =
                    all.iter().rev().copied().filter(|number| order[from..].contains(number)).collect();
                assert_eq!(chosen(&policy(have), &left), Some(order[from]), "{have:?} {left:?}");
            }
        }
    }

    #[test]
    fn what_is_below_the_floor_comes_last() {
        let floor = Policy { floor: Some(Level::Encrypted), ..policy(NOTHING) };
        assert_eq!(chosen(&floor, &[1, 2, 5]), Some(5));
        assert_eq!(chosen(&floor, &[1, 258]), Some(258));
        assert_eq!(chosen(&floor, &[1, 19]), Some(19));
        assert_eq!(chosen(&floor, &[2, 1]), Some(1), "and is asked about");
    }

    #[test]
    fn what_we_do_not_speak_is_not_chosen() {
        assert_eq!(chosen(&policy(BOTH), &[13, 17, 20, 33, 133]), None);
        assert_eq!(chosen(&policy(BOTH), &[]), None);
        let without = Policy { without_vencrypt: true, ..policy(BOTH) };
        assert_eq!(chosen(&without, &[19, 2]), Some(2));
        assert_eq!(chosen(&without, &[19]), None);
    }

    #[test]
    fn types_are_shown_by_name_and_number() {
        for (number, shown) in [
            (2, "VncAuth (2)"),
            (5, "RA2 (5)"),
            (13, "RealVNC RA2r (13)"),
            (16, "Tight (16)"),
            (19, "VeNCrypt (19)"),
            (30, "ARD (30)"),
            (113, "MSLogonII (113)"),
            (115, "UltraVNC encryption plug-in (115)"),
            (129, "RA2_256 (129)"),
            (200, "RealVNC (200)"),
            (262, "X509Plain (262)"),
            (77, "type 77"),
        ] {
            assert_eq!(SecurityType::from(number).to_string(), shown);
            assert_eq!(SecurityType::from(number).number(), number);
        }
    }

    #[test]
    fn better_protection_is_greater() {
        let of = |number: u32| SecurityType::from(number).level();
        assert!(of(262) == of(129) && of(129) > of(259) && of(259) > of(30) && of(30) == of(2) && of(2) > of(256));
        assert_eq!(of(113), Level::Clear, "64 bits are no protection");
    }
}
