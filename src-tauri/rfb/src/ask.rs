//! What the handshake asks its caller, because only the caller has a keyring, a user, a TLS library and a clock.

use crate::{security::SecurityType, stream::Stream};
use std::{fmt, io};
use zeroize::Zeroizing;

/// The caller's side of a handshake. Whatever would give something away is refused unless the caller writes it out.
pub trait Ask: Send {
    /// The handshake now waits for this: the moment to set a deadline and to show how far it is.
    fn step(&mut self, step: Step) {
        let _ = step;
    }

    /// The server has told something about itself. Nothing but the telling happens here.
    fn heard(&mut self, heard: Heard<'_>) {
        let _ = heard;
    }

    /// This security type is the best that the server offers: shall it be? Asked before the choice is sent. No read is
    /// pending while any question is answered, so no deadline runs.
    ///
    /// The default agrees unless others could read the password.
    fn permit(&mut self, chosen: SecurityType) -> impl Future<Output = Result<(), Cancelled>> + Send {
        let answer = if chosen.reveals_password() { Err(Cancelled) } else { Ok(()) };
        async move { answer }
    }

    /// TLS over `stream`, before any credentials are sent through it. Whether the server's certificate is trusted is
    /// part of the answer. The default refuses.
    fn tls(&mut self, stream: Stream, kind: TlsKind) -> impl Future<Output = Result<Stream, TlsError>> + Send {
        drop(stream);
        let _ = kind;
        async { Err(TlsError::Cancelled) }
    }

    /// Is this the server's key? Asked before any credentials are sent. The default refuses.
    fn trust(&mut self, key: &ServerKey) -> impl Future<Output = Result<(), Cancelled>> + Send {
        let _ = key;
        async { Err(Cancelled) }
    }

    /// The server wants credentials. The default refuses.
    fn credentials(&mut self, wanted: &Wanted) -> impl Future<Output = Result<Credentials, Cancelled>> + Send {
        let _ = wanted;
        async { Err(Cancelled) }
    }

    /// The server has said no, and its words for it are read next. They may never come, which costs the handshake
    /// nothing but the wait: two seconds are plenty.
    fn refused(&mut self) {}
}

/// What the handshake is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The server's protocol version.
    Greeting,
    /// The security types that it offers.
    SecurityTypes,
    /// The chosen security type's exchange.
    Authentication,
    /// Its verdict; somebody over there may have to approve us first.
    SecurityResult,
    /// The description of its screen.
    ServerInit,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "before its greeting",
            Self::SecurityTypes => "while listing its security types",
            Self::Authentication => "during authentication",
            Self::SecurityResult => "instead of accepting or refusing the login",
            Self::ServerInit => "before describing its screen",
        })
    }
}

/// What a server tells about itself on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// The protocol version in its greeting, such as `3.8` or Apple's `3.889`.
    Version {
        /// Before the dot.
        major: u16,
        /// Behind the dot.
        minor: u16,
    },
    /// An UltraVNC repeater answered; it has been told whom we want, and greets anew in the server's name.
    Repeater,
    /// The security types that it offers, or those within VeNCrypt or Tight.
    Offered(&'a [SecurityType]),
}

/// Which kind of TLS a VeNCrypt sub-type has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsKind {
    /// Anonymous Diffie-Hellman: encrypted, and nobody knows with whom.
    Anonymous,
    /// The server shows a certificate.
    X509,
}

/// Why there is no TLS.
#[derive(Debug)]
pub enum TlsError {
    /// The certificate is not trusted, or whoever was asked gave up.
    Cancelled,
    /// Something was sent before TLS had begun: TLS begins with us, so that was no server of good will.
    Early,
    /// The two sides found no common ground; the TLS library's or the server's words for it.
    Failed {
        /// One line, without secrets.
        detail: String,
    },
    /// The stream failed.
    Io(io::Error),
}

/// The RSA key that a server of the RA2 kinds shows (rfbproto, "RSA-AES Security Type").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerKey {
    /// Bits of the modulus.
    pub bits: u32,
    /// The key as it came: u32 bits, modulus, exponent, both of as many bytes as the modulus has.
    pub blob: Vec<u8>,
}

/// Which credentials a server wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The security type that wants them; it tells how they travel.
    pub security_type: SecurityType,
    /// Whether a user name belongs to them.
    pub username: bool,
}

/// What proves who we are. Wiped when dropped; nothing prints it.
pub struct Credentials {
    username: Zeroizing<Vec<u8>>,
    password: Zeroizing<Vec<u8>>,
}

impl Credentials {
    /// A user name (empty where none was wanted) and a password, as the bytes that the server compares: UTF-8 from a
    /// keyboard.
    pub fn new(username: impl AsRef<[u8]>, password: impl AsRef<[u8]>) -> Self {
        Self {
            username: Zeroizing::new(username.as_ref().to_vec()),
            password: Zeroizing::new(password.as_ref().to_vec()),
        }
    }

    pub(crate) fn username_bytes(&self) -> &[u8] {
        &self.username
    }

    pub(crate) fn password_bytes(&self) -> &[u8] {
        &self.password
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials { [secret] }")
    }
}

/// Whoever was asked gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_who_and_what() {
        let shown = format!("{:?}", Credentials::new("ann", "open sesame"));
        assert!(!shown.contains("sesame") && !shown.contains("ann") && shown.contains("secret"), "{shown}");
    }
}
