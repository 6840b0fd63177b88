//! TLS over any stream, by OpenSSL: VNC servers have anonymous suites and old certificates, which other libraries refuse.
//!
//! `connect` brings it up, `certificate` says what is in the server's certificate and what is wrong with it, `client`
//! has our own, `old` what is old about a server, `roots` the certificate authorities that it is checked against.

mod certificate;
mod client;
mod connect;
mod old;
mod roots;
#[cfg(test)]
mod tests;

pub(crate) use client::{ClientCertificate, Refusal, Unusable};
pub(crate) use connect::upgrade;

use crate::{
    error::ConnectError,
    model::{Certificate, OldTls, dns_name},
};
use openssl::{error::ErrorStack, ssl};
use rfb::Stream;
use std::{
    io::{self, ErrorKind},
    net::IpAddr,
};

/// A TLS connection after its handshake.
pub(crate) struct Tls {
    /// The stream within TLS.
    pub(crate) stream: Stream,
    /// The server's certificate and what is wrong with it; none where the server is anonymous.
    pub(crate) certificate: Option<Certificate>,
    /// Version and cipher suite, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`.
    pub(crate) description: String,
    /// The server has asked for a certificate of ours.
    pub(crate) asked_for_ours: bool,
    /// What is old about it; empty unless [`Setup::accept_old`].
    pub(crate) old: Vec<OldTls>,
}

/// What this side brings along.
#[derive(Clone, Copy, Default)]
pub(crate) struct Setup<'a> {
    /// PEM certificates of further authorities; may be empty.
    pub(crate) ca_file: &'a str,
    /// What is shown to a server that asks.
    pub(crate) certificate: Option<&'a ClientCertificate>,
    /// The user agreed to versions before TLS 1.2, to SHA-1, and to what else went with them.
    pub(crate) accept_old: bool,
}

/// The server that is meant, for SNI and for the check of the certificate's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A DNS name, in ASCII: sent as SNI, and looked for in the certificate.
    Name(String),
    /// An IP address: looked for in the certificate.
    Ip(IpAddr),
    /// A Unix socket, or the demo: no certificate can name it.
    Local,
}

impl Peer {
    /// The server behind a host name, without an IPv6 address's scope: that means something on this machine only.
    pub(crate) fn of(hostname: &str) -> Self {
        let unscoped = hostname.split('%').next().unwrap_or(hostname);
        unscoped.parse().map_or_else(|_| Self::Name(dns_name(unscoped).into_owned()), Self::Ip)
    }
}

/// Why there is no TLS.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The file of certificate authorities cannot be used.
    CaFile { detail: String },
    /// The server's side sent something before TLS had begun, though the client speaks first in TLS.
    Early,
    /// No common version or suite, or no TLS; in OpenSSL's words, or those of the server's alert.
    Tls { detail: String },
    /// The server is too old: this is what it lacks, and OpenSSL's words.
    Old { why: OldTls, detail: String },
    /// The server's key is so short that it protects nothing.
    Weak { bits: u32 },
    /// The server asked for a certificate of ours, and ended it.
    Client(Refusal),
    /// The stream failed.
    Io(io::Error),
}

impl Failed {
    /// As the error of connecting to a site; `ca_file` is the one of the [`Setup`].
    pub(crate) fn explain(self, address: &str, ca_file: &str) -> ConnectError {
        let address = address.to_owned();
        match self {
            Self::CaFile { detail } => ConnectError::CaFile { path: ca_file.to_owned(), detail },
            Self::Client(refusal) => refusal.explain(address),
            Self::Early => ConnectError::Tls { address, detail: "something was sent before TLS".to_owned() },
            Self::Tls { detail } => ConnectError::Tls { address, detail },
            Self::Old { why, detail } => ConnectError::OldTls { address, why, detail },
            Self::Weak { bits } => ConnectError::TooWeak { address, bits },
            // Not the connection's: a task of Portlight failed.
            Self::Io(cause) if cause.kind() == ErrorKind::Other => {
                ConnectError::Tls { address, detail: cause.to_string() }
            }
            Self::Io(cause) => {
                let detail = match cause.kind() {
                    ErrorKind::UnexpectedEof => "it was closed during the TLS handshake".to_owned(),
                    _ => cause.to_string(),
                };
                ConnectError::ConnectionLost { address, detail }
            }
        }
    }
}

impl From<ErrorStack> for Failed {
    fn from(errors: ErrorStack) -> Self {
        Self::Tls { detail: reasons(&errors) }
    }
}

impl From<ssl::Error> for Failed {
    fn from(error: ssl::Error) -> Self {
        match error.into_io_error() {
            Ok(cause) => Self::Io(cause),
            Err(error) => match error.ssl_error() {
                Some(errors) => Self::Tls { detail: reasons(errors) },
                // The stream has ended, with or without a close_notify alert.
                None => Self::Io(ErrorKind::UnexpectedEof.into()),
            },
        }
    }
}

impl From<io::Error> for Failed {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

/// The other side's alert, in OpenSSL's words; none where it was something else.
fn alert(errors: &ErrorStack) -> Option<String> {
    let is_alert = |error: &openssl::error::Error| (1000..1256).contains(&error.reason_code());
    errors.errors().iter().any(is_alert).then(|| reasons(errors))
}

/// Whether the other side has ended it, with an alert or without.
fn is_end(error: &ssl::Error) -> bool {
    let is_eof = |error: &openssl::error::Error| error.reason_code() == UNEXPECTED_EOF;
    match (error.io_error(), error.ssl_error()) {
        (Some(cause), _) => matches!(cause.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
        (None, Some(errors)) => alert(errors).is_some() || errors.errors().iter().any(is_eof),
        (None, None) => true,
    }
}

/// `SSL_R_UNEXPECTED_EOF_WHILE_READING`.
const UNEXPECTED_EOF: i32 = 294;

/// OpenSSL's words in one line: what failed, then why.
fn reasons(errors: &ErrorStack) -> String {
    let words = |error: &openssl::error::Error| match (error.reason(), error.reason_code()) {
        (Some(reason), _) => reason.to_owned(),
        // An alert without a name: OpenSSL's code is 1000 and the alert's number.
        (None, code @ 1000..1256) => format!("alert {}", code - 1000),
        (None, _) => format!("OpenSSL error {:x}", error.code()),
    };
    // The last one says what failed, those before it why.
    let mut words: Vec<_> = errors.errors().iter().rev().take(3).map(words).collect();
    words.dedup();
    if words.is_empty() { "OpenSSL does not say why".to_owned() } else { words.join(": ") }
}
