//! TLS as old servers have it: what a connection is set to where the user agreed to that, what is old about it then, and what is
//! too old where the user did not.

#![allow(unsafe_code, reason = "the openssl crate has no interface to these questions of SSL_ctrl")]

use super::Failed;
use crate::model::OldTls;
use foreign_types_shared::ForeignTypeRef;
use openssl::{
    error::ErrorStack,
    nid::Nid,
    pkey::{Id, PKeyRef, Public},
    ssl::{SslContextBuilder, SslOptions, SslRef, SslVersion},
};
use rfb::TlsKind;
use std::{ffi::c_int, ptr};

/// The oldest version: that of the year 1999. What came before it is not built in.
const OLDEST: SslVersion = SslVersion::TLS1;
/// The oldest version without agreement.
const OLDEST_SAFE: SslVersion = SslVersion::TLS1_2;

/// Sets the oldest version, and what goes with it; the cipher list brings the rest.
pub(super) fn set_oldest(context: &mut SslContextBuilder, accept_old: bool) -> Result<(), ErrorStack> {
    if accept_old {
        // Servers from before RFC 5746. There is still no renegotiation: see `connect::context`.
        context.set_options(SslOptions::ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
    }
    context.set_min_proto_version(Some(if accept_old { OLDEST } else { OLDEST_SAFE }))
}

/// What is old about a connection.
pub(super) fn of(ssl: &SslRef) -> Vec<OldTls> {
    let version = ssl.version2();
    let mut found = Vec::new();
    if matches!(version, Some(SslVersion::TLS1 | SslVersion::TLS1_1)) {
        found.push(OldTls::Version);
    }
    if version == Some(SslVersion::TLS1_2) && has_old_signature(ssl) {
        found.push(OldTls::Signature);
    }
    if version != Some(SslVersion::TLS1_3) && !renegotiates_safely(ssl) {
        found.push(OldTls::Renegotiation);
    }
    found
}

/// Whether the server has signed its part of the handshake with SHA-1 or MD5. Older versions always do.
fn has_old_signature(ssl: &SslRef) -> bool {
    let mut hash: c_int = 0;
    // SAFETY: the connection is alive, and this command writes one int.
    let known = unsafe { openssl_sys::SSL_ctrl(ssl.as_ptr(), GET_PEER_SIGNATURE_NID, 0, (&raw mut hash).cast()) };
    known == 1 && [Nid::SHA1, Nid::MD5, Nid::MD5_SHA1].contains(&Nid::from_raw(hash))
}

/// Whether the server knows RFC 5746.
fn renegotiates_safely(ssl: &SslRef) -> bool {
    // SAFETY: the connection is alive, and this command takes nothing.
    unsafe { openssl_sys::SSL_ctrl(ssl.as_ptr(), GET_RI_SUPPORT, 0, ptr::null_mut()) == 1 }
}

/// The failure of a handshake whose reason is that the server is too old; none for another reason. `accept_old` where all was
/// tried already.
pub(super) fn failure(errors: &ErrorStack, kind: TlsKind, accept_old: bool) -> Option<Failed> {
    let has = |code| errors.errors().iter().any(|error| error.reason_code() == code);
    let why = if has(DH_KEY_TOO_SMALL) {
        OldTls::Key
    } else if accept_old {
        return None;
    } else if has(UNSUPPORTED_PROTOCOL) || has(ALERT_PROTOCOL_VERSION) && kind == TlsKind::X509 {
        OldTls::Version
    } else if has(WRONG_SIGNATURE_TYPE) {
        OldTls::Signature
    } else if has(UNSAFE_LEGACY_RENEGOTIATION) {
        OldTls::Renegotiation
    } else if kind == TlsKind::X509 && (has(ALERT_HANDSHAKE_FAILURE) || has(ALERT_INSUFFICIENT_SECURITY)) {
        OldTls::Algorithms
    } else {
        return None;
    };
    Some(Failed::Old { why, detail: super::reasons(errors) })
}

/// The bits of a key that protects nothing: RSA below 1024.
pub(super) fn useless(key: &PKeyRef<Public>) -> Option<u32> {
    let bits = key.bits();
    (matches!(key.id(), Id::RSA | Id::DSA | Id::RSA_PSS) && bits < MIN_BITS).then_some(bits)
}

/// Shorter moduli can be factored; RSA-768 was in 2009.
const MIN_BITS: u32 = 1024;

/// `SSL_CTRL_GET_PEER_SIGNATURE_NID`.
const GET_PEER_SIGNATURE_NID: c_int = 108;
/// `SSL_CTRL_GET_RI_SUPPORT`.
const GET_RI_SUPPORT: c_int = 76;

// OpenSSL's reasons; an alert's is 1000 and its number ([RFC 8446, section 6](https://www.rfc-editor.org/rfc/rfc8446#section-6)).

/// `SSL_R_UNSUPPORTED_PROTOCOL`: the server chose a version that is not ours.
const UNSUPPORTED_PROTOCOL: c_int = 258;
/// `SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED`.
const UNSAFE_LEGACY_RENEGOTIATION: c_int = 338;
/// `SSL_R_WRONG_SIGNATURE_TYPE`: the server signed with what was not offered.
const WRONG_SIGNATURE_TYPE: c_int = 370;
/// `SSL_R_DH_KEY_TOO_SMALL`: below 1024 bits, at every level.
const DH_KEY_TOO_SMALL: c_int = 394;
/// The server has none of the algorithms that were offered.
const ALERT_HANDSHAKE_FAILURE: c_int = 1040;
/// The server accepts none of the versions that were offered.
pub(super) const ALERT_PROTOCOL_VERSION: c_int = 1070;
/// The server has none of the algorithms that were offered, and says that they are too weak.
const ALERT_INSUFFICIENT_SECURITY: c_int = 1071;
