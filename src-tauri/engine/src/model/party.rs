//! What a question is about: the server, or the site before it.

use serde::Serialize;

/// The party that a question is about: there may be several between here and the machine's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The VNC server.
    Server,
    /// The website in front of it.
    Site,
    /// The SSH host that the path leads through.
    SshHost,
    /// The proxy that the path leads through.
    Proxy,
    /// A server that has connected to us.
    Caller,
}
