//! The RFB handshake, for any stream: from the server's greeting to its ServerInit, and the same once more for the
//! viewer that is shown an easier server.
//!
//! ```text
//! client ─┬▶ version    which protocol version is spoken
//!         ├▶ security   which security type is chosen, what it protects, and the names of those that are not
//!         ├▶ auth       the exchange of each security type: one file, one linear function
//!         │   └▶ record   RSA-AES records, as a stream
//!         ├▶ ask        what only the caller knows: credentials, trust, TLS; and where the handshake is
//!         └▶ wire       bounded reads and writes        text    the server's words, cleaned
//! server                the 3.8/None handshake shown to a viewer: bytes in, bytes out
//! ```
//! [`client::handshake`] is the function to read first. It reads exactly the bytes that the protocol announces, sends
//! one message and waits, checks every length before it allocates, and knows neither clock nor chance: deadlines come
//! with the stream, as reads that fail with [`std::io::ErrorKind::TimedOut`], randomness as a parameter.
#![forbid(unsafe_code)]

mod ask;
mod auth;
pub mod client;
mod error;
mod init;
mod record;
mod security;
pub mod server;
mod stream;
mod text;
mod version;
mod wire;

pub use ask::{Ask, Cancelled, Credentials, Heard, ServerKey, Step, TlsError, TlsKind, Wanted};
pub use error::{Error, OtherProtocol, Unfit};
pub use init::ServerInit;
pub use security::{Level, Policy, SecurityType};
pub use stream::{ByteStream, Stream};
pub use text::clean;
