//! Callbacks of the handshake: what only its caller has, such as a keyring, a user, a TLS library, a clock and threads.

use crate::{
    kerberos::{KerberosContext, KerberosError, KerberosProblem},
    mechanism::Mechanism,
    security::SecurityType,
    stream::Stream,
};
use std::{fmt, io};
use zeroize::Zeroizing;

/// The caller's side of a handshake. Every default refuses what would give a secret away or trust a server.
///
/// No read is pending while a callback is awaited, so no deadline of the stream runs.
pub trait Ask: Send {
    /// The handshake now waits for `step`: the moment to set a deadline and to show progress.
    fn step(&mut self, step: Step) {
        let _ = step;
    }

    /// The server has told something about itself.
    fn server_info(&mut self, info: ServerInfo<'_>) {
        let _ = info;
    }

    /// Approves the security type that was chosen, before the choice is sent.
    ///
    /// The default approves, except for types that send the password readably.
    fn approve(&mut self, chosen: SecurityType) -> impl Future<Output = Result<(), Cancelled>> + Send {
        let answer = if chosen.sends_plaintext_password() { Err(Cancelled) } else { Ok(()) };
        async move { answer }
    }

    /// Establishes TLS over `stream`, before any credentials are sent. Whether the server's certificate is trusted is
    /// part of the answer. The default refuses.
    fn tls(&mut self, stream: Stream, kind: TlsKind) -> impl Future<Output = Result<Stream, TlsError>> + Send {
        drop(stream);
        let _ = kind;
        async { Err(TlsError::Cancelled) }
    }

    /// Whether the server has asked for a certificate of ours within [`tls`](Self::tls), and was shown one. The default has none.
    fn is_certified(&self) -> bool {
        false
    }

    /// Approves the server's RSA key, before any credentials are sent. The default refuses.
    fn trust(&mut self, key: &ServerKey) -> impl Future<Output = Result<(), Cancelled>> + Send {
        let _ = key;
        async { Err(Cancelled) }
    }

    /// Begins a Kerberos context with `service`, such as `vnc@box.example`: only where the user has a ticket, and without asking. The
    /// default has no library for it.
    fn kerberos(&mut self, service: &str) -> impl Future<Output = Result<KerberosContext, KerberosError>> + Send {
        let _ = service;
        async { Err(KerberosError { problem: KerberosProblem::NoLibrary, detail: String::new() }) }
    }

    /// Provides the credentials that the server asks for. The default refuses.
    fn credentials(
        &mut self,
        request: &CredentialRequest,
    ) -> impl Future<Output = Result<Credentials, Cancelled>> + Send {
        let _ = request;
        async { Err(Cancelled) }
    }

    /// Runs `work`, which computes for up to some seconds and never waits: an RSA key, a Diffie-Hellman exchange.
    ///
    /// The default runs it where the handshake is polled. A caller on an asynchronous runtime moves it to a thread that
    /// may block (`tokio::task::spawn_blocking`); [`Cancelled`] is for a runtime that is shutting down.
    fn run_blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, Cancelled>> + Send {
        async move { Ok(work()) }
    }

    /// The server has rejected us, and its reason is read next. Reading it never fails the handshake in another way: a
    /// deadline of about two seconds is enough, as some servers never send it.
    fn on_rejected(&mut self) {}
}

/// What the handshake is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// ProtocolVersion ([RFC 6143, 7.1.1](https://www.rfc-editor.org/rfc/rfc6143#section-7.1.1)).
    Greeting,
    /// The list of security types ([7.1.2](https://www.rfc-editor.org/rfc/rfc6143#section-7.1.2)), or of VeNCrypt's or
    /// Tight's sub-types.
    SecurityTypes,
    /// The chosen security type's exchange ([7.2](https://www.rfc-editor.org/rfc/rfc6143#section-7.2)).
    Authentication,
    /// SecurityResult ([7.1.3](https://www.rfc-editor.org/rfc/rfc6143#section-7.1.3)). Some servers first ask their own
    /// user to approve the connection, so this takes as long as a person does.
    SecurityResult,
    /// ServerInit ([7.3.2](https://www.rfc-editor.org/rfc/rfc6143#section-7.3.2)).
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
pub enum ServerInfo<'a> {
    /// The version in its ProtocolVersion, such as 3.8 or Apple's 3.889.
    Version {
        /// Before the dot.
        major: u16,
        /// After the dot.
        minor: u16,
    },
    /// An UltraVNC repeater answered and was sent the repeater ID; the server's own ProtocolVersion comes next.
    Repeater,
    /// The security types that it offers, or those within VeNCrypt or Tight.
    Offered(&'a [SecurityType]),
    /// The best of the mechanisms that it offers within SASL.
    Mechanism(Mechanism),
}

/// The kind of TLS of a VeNCrypt sub-type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsKind {
    /// Anonymous Diffie-Hellman: encrypted, without any proof of the server's identity.
    Anonymous,
    /// The server shows a certificate.
    X509,
}

/// Why there is no TLS.
#[derive(Debug)]
pub enum TlsError {
    /// The certificate is not trusted, or the question was cancelled.
    Cancelled,
    /// Bytes were received before our ClientHello. A TLS server never speaks first: they were injected.
    Early,
    /// The TLS handshake failed.
    Failed {
        /// The TLS library's or the server's message: one line, without secrets.
        detail: String,
    },
    /// The stream failed.
    Io(io::Error),
}

/// The RSA key that a server of the RA2 types shows
/// ([RSA-AES](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#rsa-aes-security-type)), or a Mac.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerKey {
    /// Bits of the modulus.
    pub bits: u32,
    /// The key as RSA-AES has it: u32 bits, modulus, exponent, both with the length of the modulus in bytes.
    pub blob: Vec<u8>,
}

/// The credentials that a server asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialRequest {
    /// The security type that asks; it tells how they are protected on the way.
    pub security_type: SecurityType,
    /// Whether a user name belongs to them.
    pub username: bool,
}

/// A user name and a password. Wiped when dropped; `Debug` shows neither.
pub struct Credentials {
    username: Zeroizing<Vec<u8>>,
    password: Zeroizing<Vec<u8>>,
}

impl Credentials {
    /// A user name (empty where none was asked for) and a password, as the bytes that the server compares: UTF-8 from a
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

    /// The password as it is compared. Do not store a copy: only this one is overwritten.
    pub fn password_bytes(&self) -> &[u8] {
        &self.password
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials { [secret] }")
    }
}

/// The caller gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_user_name_nor_password() {
        let shown = format!("{:?}", Credentials::new("ann", "open sesame"));
        assert!(!shown.contains("sesame") && !shown.contains("ann") && shown.contains("secret"), "{shown}");
    }
}
