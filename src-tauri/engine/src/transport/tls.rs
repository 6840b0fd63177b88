//! TLS over any stream, by OpenSSL: VNC servers have anonymous suites and old certificates, which others refuse.

use crate::trust::Certificate;
use rfb::{Stream, TlsKind};
use std::{io, net::IpAddr};

/// TLS that is up.
pub(crate) struct Tls {
    /// What is within.
    pub(crate) stream: Stream,
    /// What the server has shown, and what is wrong with it; none where it is anonymous.
    pub(crate) certificate: Option<Certificate>,
    /// Version and cipher, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`.
    pub(crate) description: String,
}

/// Whom we believe to talk to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A DNS name: sent to the server, and looked for in its certificate.
    Name(String),
    /// An IP address: looked for in the certificate.
    Ip(IpAddr),
    /// A Unix socket, or the demo: no certificate can name it.
    Local,
}

/// Why there is no TLS.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The file of authorities cannot be used.
    CaFile { detail: String },
    /// No common ground, or nonsense; OpenSSL's words, or the server's alert.
    Tls { detail: String },
    /// The stream failed.
    Io(io::Error),
}

/// Brings up TLS. The certificate is looked at, never refused: that is for the person to decide, before anything
/// secret is sent.
pub(crate) async fn upgrade(_stream: Stream, _kind: TlsKind, _peer: &Peer, _ca_file: &str) -> Result<Tls, Failed> {
    Err(Failed::Tls { detail: "not there yet".to_owned() })
}
