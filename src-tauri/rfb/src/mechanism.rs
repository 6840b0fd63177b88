//! SASL's mechanisms: their names, the order in which they are preferred, and what each makes of a security type.

use crate::security::SecurityType;

/// A way to log in within SASL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// The certificate that was shown within TLS ([RFC 4422, appendix A](https://www.rfc-editor.org/rfc/rfc4422#appendix-A)).
    External,
    /// The user's Kerberos ticket ([RFC 4752](https://www.rfc-editor.org/rfc/rfc4752)); the server proves itself by Kerberos, too.
    Gssapi,
    /// Both sides prove that they know the password, with SHA-256 ([RFC 7677](https://www.rfc-editor.org/rfc/rfc7677)).
    ScramSha256,
    /// The same with SHA-1 ([RFC 5802](https://www.rfc-editor.org/rfc/rfc5802)).
    ScramSha1,
    /// Both sides prove it with MD5, and encrypt with RC4 where there is no TLS
    /// ([RFC 2831](https://www.rfc-editor.org/rfc/rfc2831)).
    DigestMd5,
    /// The password itself ([RFC 4616](https://www.rfc-editor.org/rfc/rfc4616)).
    Plain,
}

impl Mechanism {
    /// Best first.
    pub(crate) const ORDER: [Self; 6] =
        [Self::External, Self::Gssapi, Self::ScramSha256, Self::ScramSha1, Self::DigestMd5, Self::Plain];

    /// Its registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::External => "EXTERNAL",
            Self::Gssapi => "GSSAPI",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::DigestMd5 => "DIGEST-MD5",
            Self::Plain => "PLAIN",
        }
    }

    /// What a login with it comes to, where the server's type is `chosen`; none where it is not made. `certified`: within TLS
    /// the server has asked for our certificate and was shown it.
    pub(crate) fn security_type(self, chosen: SecurityType, certified: bool) -> Option<SecurityType> {
        match (self, chosen) {
            (Self::External, SecurityType::X509Sasl) => certified.then_some(chosen),
            (Self::External, _) => None,
            (Self::Plain, SecurityType::Sasl) => Some(SecurityType::SaslPlain),
            // With anonymous TLS an attacker in between has a connection to each side, and would read it.
            (Self::Plain, SecurityType::TlsSasl) => None,
            _ => Some(chosen),
        }
    }
}
