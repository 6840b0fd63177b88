//! The RFB handshake for any stream: from the server's ProtocolVersion to its ServerInit
//! ([RFC 6143, section 7](https://www.rfc-editor.org/rfc/rfc6143#section-7), with the security types of
//! [rfbproto](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#security-types)), and the server's side of
//! the shortest one, for the viewer.
//!
//! ```text
//! client ─┬▶ version    which protocol version is spoken
//!         ├▶ security   the security types: names, protection, and the order in which they are preferred
//!         ├▶ auth       the exchange of each security type: one file, one linear function
//!         │   └▶ record   records, as a stream: RSA-AES's here, those of SASL with SASL
//!         ├▶ maker      whose server it is, where its security types tell
//!         ├▶ mechanism  SASL's mechanisms: names, and the order in which they are preferred
//!         ├▶ kerberos   what the system's library does for one of them
//!         ├▶ ask        callbacks: credentials, trust, TLS, worker threads, progress
//!         └▶ wire       bounded reads and writes        text    sanitised text of the server
//! server                the 3.8/None handshake shown to a viewer: bytes in, bytes out
//! gate                  what a viewer sends after it: message by message, so that what acts can be left out
//!  └▶ lines               a text of several lines, which an open gate can keep back
//! typing                a text as key events
//!  └▶ layout              where a layout has each character
//! ```
//! [`client::handshake`] is the function to read first. It reads exactly the bytes that the protocol announces, sends
//! one message and waits, and checks every length before it allocates. It uses no clock and no source of randomness of
//! its own: deadlines come with the stream, as reads that fail with [`std::io::ErrorKind::TimedOut`], and random bytes
//! from a parameter.
#![forbid(unsafe_code)]

mod ask;
mod auth;
pub mod client;
mod error;
mod gate;
mod init;
mod kerberos;
mod lines;
mod maker;
mod mechanism;
mod record;
mod security;
pub mod server;
mod stream;
mod text;
mod typing;
mod version;
mod wire;

pub use ask::{Ask, Cancelled, CredentialRequest, Credentials, ServerInfo, ServerKey, Step, TlsError, TlsKind};
pub use auth::vnc::unobfuscated;
pub use error::{CredentialError, Error, OtherProtocol};
pub use gate::{Gate, UnknownMessage};
pub use init::ServerInit;
pub use kerberos::{ContextStep, KerberosContext, KerberosError, KerberosProblem, SecurityContext};
pub use maker::Maker;
pub use mechanism::Mechanism;
pub use security::{Level, Policy, SecurityType};
pub use stream::{ByteStream, Stream};
pub use text::{is_invisible, sanitize};
pub use typing::{Keyboard, Layout, Stroke, Symbols};
