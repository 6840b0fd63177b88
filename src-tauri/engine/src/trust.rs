//! Which keys of servers the user has accepted, and for which address.

use crate::error::Error;
use serde::Serialize;
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
};

/// Who a server has shown to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Identity {
    /// A certificate within TLS.
    X509(Certificate),
    /// The RSA key of the RA2 kinds.
    Ra2(RsaKey),
}

/// What a certificate says, and what is wrong with it. Its words are the server's, cleaned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Certificate {
    /// Whom it was issued to.
    pub subject: String,
    /// The names and IP addresses that it is for.
    pub names: Vec<String>,
    /// Who issued it.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum CertificateProblem {
    /// It vouches for itself.
    SelfSigned,
    /// No known authority vouches for it.
    UnknownIssuer,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It is for other names.
    WrongName,
    /// Its key, or one of its issuer's, is too short by today's measure.
    WeakKey,
    /// It is signed with a hash that is broken today.
    OldSignature,
    /// It cannot be checked, for another reason.
    Unverifiable,
}

/// The RSA key of a server of the RA2 kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RsaKey {
    /// Bits of its modulus.
    pub bits: u32,
    /// SHA-256 of the key as it was sent: lower-case hexadecimal, a colon between bytes. What is pinned.
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

/// What is known about a server's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was accepted before, or the authorities vouch for it.
    Trusted,
    /// Nobody has said anything about this address yet.
    Unknown,
    /// Another key was accepted for this address.
    Changed(KnownKey),
}

/// The keys that were accepted, as one file.
#[derive(Clone, Default)]
pub struct Trust(Arc<Mutex<HashMap<String, Identity>>>);

impl Trust {
    /// Reads the file in `folder`; the notice says that it could not be read and where it was kept.
    pub fn open(_folder: &Path) -> (Self, Option<Error>) {
        (Self::default(), None)
    }

    /// The same to look at only: what is accepted is not written.
    pub fn peek(_folder: &Path) -> Self {
        Self::default()
    }

    /// What is known about `identity` at `endpoint`.
    pub fn verdict(&self, endpoint: &str, identity: &Identity) -> Verdict {
        match crate::lock(&self.0).get(endpoint) {
            Some(known) if known == identity => Verdict::Trusted,
            _ => Verdict::Unknown,
        }
    }

    /// From now on `identity` is the key of `endpoint`, and the only one of its kind.
    ///
    /// # Errors
    /// [`Error::TrustNotSaved`]: it is known until Portlight ends.
    pub fn accept(&self, endpoint: &str, identity: &Identity) -> Result<(), Error> {
        crate::lock(&self.0).insert(endpoint.to_owned(), identity.clone());
        Ok(())
    }
}

impl From<&rfb::ServerKey> for Identity {
    fn from(key: &rfb::ServerKey) -> Self {
        Self::Ra2(RsaKey { bits: key.bits, sha256: format!("{:x?}", key.blob), short: String::new() })
    }
}
