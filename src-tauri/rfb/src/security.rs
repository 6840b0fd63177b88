//! Security types (rfbproto, "Security Types"): their numbers, their names, and which one we take.

use std::fmt;

/// How a server wants to know us. An unknown number is a value like any other, so that it can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecurityType {
    /// 1: whoever connects is let in.
    None,
    /// 2: VNC authentication, a challenge encrypted with the password.
    VncAuth,
    /// One that we do not speak.
    Other(u32),
}

impl From<u32> for SecurityType {
    fn from(number: u32) -> Self {
        match number {
            1 => Self::None,
            2 => Self::VncAuth,
            other => Self::Other(other),
        }
    }
}

impl SecurityType {
    /// Its number on the wire.
    pub fn number(self) -> u32 {
        match self {
            Self::None => 1,
            Self::VncAuth => 2,
            Self::Other(number) => number,
        }
    }

    /// What the field calls it, where it is known.
    pub fn name(self) -> Option<&'static str> {
        Some(match self.number() {
            1 => "None",
            2 => "VNC authentication",
            5 => "RA2",
            6 => "RA2ne",
            7 => "SSPI",
            8 => "SSPIne",
            13 => "RA2 two-step",
            3..=15 => "RealVNC",
            16 => "Tight",
            17 => "UltraVNC",
            18 => "TLS",
            19 => "VeNCrypt",
            20 => "SASL",
            21 => "MD5 hash",
            22 => "xvp",
            23 => "Secure Tunnel",
            24 => "Integrated SSH",
            30 => "Apple Diffie-Hellman",
            33 => "Apple RSA",
            36 => "Apple SRP",
            31..=35 => "Apple",
            113 => "MSLogonII",
            114 | 115 => "UltraVNC encryption plug-in",
            104..=116 => "UltraVNC",
            129 => "RA2_256",
            130 => "RA2ne_256",
            133 => "RA2_256 two-step",
            128..=255 => "RealVNC",
            _ => return None,
        })
    }

    /// Whether it takes a password, so that an unexplained end is probably about that.
    pub(crate) fn takes_password(self) -> bool {
        matches!(self, Self::VncAuth)
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Leave other viewers connected.
    pub shared: bool,
    /// The caller holds a password: then a server that would also let anybody in has to check it.
    pub have_password: bool,
}

impl Policy {
    /// Chooses among the types offered, by our order and never by the server's: the list is not authenticated, and
    /// whoever sits in between can sort it.
    pub(crate) fn choose(&self, offered: &[SecurityType]) -> Option<SecurityType> {
        let order = match self.have_password {
            true => [SecurityType::VncAuth, SecurityType::None],
            false => [SecurityType::None, SecurityType::VncAuth],
        };
        order.into_iter().find(|ours| offered.contains(ours))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(have_password: bool, offered: &[u32]) -> Option<u32> {
        let offered: Vec<SecurityType> = offered.iter().copied().map(SecurityType::from).collect();
        Policy { shared: true, have_password }.choose(&offered).map(SecurityType::number)
    }

    #[test]
    fn our_order_decides() {
        for offered in [&[1, 2][..], &[2, 1], &[19, 1, 30, 2, 2]] {
            assert_eq!(chosen(true, offered), Some(2), "{offered:?}");
            assert_eq!(chosen(false, offered), Some(1), "{offered:?}");
        }
    }

    #[test]
    fn what_alone_is_offered_is_taken() {
        assert_eq!(chosen(true, &[1]), Some(1));
        assert_eq!(chosen(false, &[2]), Some(2));
        assert_eq!(chosen(true, &[5, 19, 30]), None);
        assert_eq!(chosen(true, &[]), None);
    }

    #[test]
    fn types_are_shown_by_name_and_number() {
        for (number, shown) in [
            (2, "VNC authentication (2)"),
            (5, "RA2 (5)"),
            (16, "Tight (16)"),
            (19, "VeNCrypt (19)"),
            (30, "Apple Diffie-Hellman (30)"),
            (113, "MSLogonII (113)"),
            (115, "UltraVNC encryption plug-in (115)"),
            (200, "RealVNC (200)"),
            (77, "type 77"),
        ] {
            assert_eq!(SecurityType::from(number).to_string(), shown);
            assert_eq!(SecurityType::from(number).number(), number);
        }
    }
}
