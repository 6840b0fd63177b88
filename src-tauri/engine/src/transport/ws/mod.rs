//! WebSocket ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)), from the client's side: TCP, TLS where the address says
//! so, one HTTP request, then messages.
//!
//! ```text
//! connect ─┬▶ opening    the opening handshake: a request to send, bytes in, decision out
//!          │   └▶ headers   login and headers for the site, and whether they can be sent
//!          ├▶ diagnose   what a refusal, another protocol or a close code comes to
//!          └▶ bytes      the open WebSocket as a stream of bytes
//!              └▶ quiet    what is done about silence on it
//! ```

mod bytes;
mod connect;
mod diagnose;
mod headers;
mod opening;
mod quiet;

pub(crate) use connect::{Connection, dial};
pub(crate) use diagnose::explain;
pub(crate) use headers::Headers;

use super::ConnectDelegate;

#[cfg(test)]
mod connect_tests;

#[cfg(test)]
mod tests;

#[cfg(test)]
#[cfg(target_os = "linux")]
mod real_servers;
