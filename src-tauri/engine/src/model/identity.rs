//! A server's identity: the certificate or RSA key that it has proved, and the key that was accepted before.

use openssl::sha::{sha1, sha256};
use serde::Serialize;

/// The key that a server has proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Identity {
    /// A certificate within TLS.
    X509(Certificate),
    /// The RSA key of RSA-AES (RA2, RA2ne and their 256-bit forms), or of a Mac's Apple RSA.
    Ra2(RsaKey),
}

/// What a certificate says, and what is wrong with it. Its text is the server's, sanitised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Certificate {
    /// Distinguished name of its subject, such as `CN=studio, O=Example`.
    pub subject: String,
    /// DNS names and IP addresses of its subjectAltName, or else the subject's common names; at most 16.
    pub names: Vec<String>,
    /// Distinguished name of its issuer.
    pub issuer: String,
    /// Begin of its validity, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub not_before: i64,
    /// End of its validity, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub not_after: i64,
    /// SHA-256 of the certificate: lower-case hexadecimal, a colon between bytes.
    pub sha256: String,
    /// SHA-256 of its public key (SubjectPublicKeyInfo), in the same form: what is pinned.
    pub key_sha256: String,
    /// What is wrong with it; empty where the authorities vouch for it.
    pub problems: Vec<CertificateProblem>,
}

/// What can be wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum CertificateProblem {
    /// It is signed with its own key.
    SelfSigned,
    /// No known authority vouches for it.
    UnknownIssuer,
    /// notAfter has passed.
    Expired,
    /// notBefore has not come.
    NotYetValid,
    /// It is for other names or addresses than the one dialled.
    WrongName,
    /// Its key or one in its chain has less than 112 bits of security: RSA below 2048 bits.
    WeakKey,
    /// It is signed with SHA-1, MD5 or older.
    OldSignature,
    /// OpenSSL could not check it, for another reason.
    Unverifiable,
}

/// The RSA key of a server that speaks RSA-AES, or of a Mac.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RsaKey {
    /// Length of its modulus in bits.
    pub bits: u32,
    /// SHA-256 of the key as RSA-AES sends it: lower-case hexadecimal, a colon between bytes. What is pinned.
    pub sha256: String,
    /// What RealVNC's and TigerVNC's viewers show of it: the first eight bytes of SHA-1, as `bb-92-4d-20-55-e5-0d-42`.
    pub short: String,
}

/// A key that was accepted before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct KnownKey {
    /// SHA-256 of the key: lower-case hexadecimal, a colon between bytes.
    pub sha256: String,
    /// What the certificate was issued to, or the short form of an RA2 key.
    pub label: String,
    /// When it was first accepted, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub first_seen: u64,
    /// When it was last seen, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub last_seen: u64,
}

impl Identity {
    /// SHA-256 of its key.
    pub(crate) fn key_sha256(&self) -> &str {
        match self {
            Self::X509(certificate) => &certificate.key_sha256,
            Self::Ra2(key) => &key.sha256,
        }
    }

    /// What a person may recognise it by: the certificate's subject or first name, or the short form of an RSA key.
    pub(crate) fn label(&self) -> &str {
        match self {
            Self::X509(certificate) if certificate.subject.is_empty() => {
                certificate.names.first().map_or("", String::as_str)
            }
            Self::X509(certificate) => &certificate.subject,
            Self::Ra2(key) => &key.short,
        }
    }

    /// Whether it is a certificate without problems: issued by a known authority for this name.
    pub(crate) fn is_vouched_for(&self) -> bool {
        matches!(self, Self::X509(certificate) if certificate.problems.is_empty())
    }

    /// SHA-256 of the certificate or of the key.
    pub(crate) fn fingerprint(&self) -> &str {
        match self {
            Self::X509(shown) => &shown.sha256,
            Self::Ra2(shown) => &shown.sha256,
        }
    }

    /// Whether this is its fingerprint, of the certificate or of the key. Case and colons do not matter.
    pub(crate) fn has_fingerprint(&self, text: &str) -> bool {
        let bare = |text: &str| text.chars().filter(|c| *c != ':').map(|c| c.to_ascii_lowercase()).collect::<String>();
        let text = bare(text.trim());
        match self {
            Self::X509(shown) => [&shown.sha256, &shown.key_sha256].iter().any(|own| bare(own) == text),
            Self::Ra2(key) => bare(&key.sha256) == text,
        }
    }
}

impl From<&rfb::ServerKey> for Identity {
    fn from(key: &rfb::ServerKey) -> Self {
        let short = hexadecimal(&sha1(&key.blob)[..8], "-");
        Self::Ra2(RsaKey { bits: key.bits, sha256: fingerprint(&sha256(&key.blob)), short })
    }
}

/// A hash as it is shown and stored: lower-case hexadecimal, a colon between bytes.
pub(crate) fn fingerprint(hash: &[u8]) -> String {
    hexadecimal(hash, ":")
}

fn hexadecimal(bytes: &[u8], between: &str) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between)
}
