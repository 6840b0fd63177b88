//! A private channel between Portlight and the askpass program of an ssh that it has started, or its `ProxyCommand`.
//!
//! Its address is in the environment of that ssh only, and so of what that ssh starts: its `ProxyCommand`, the ssh of a
//! `ProxyJump`, a `LocalCommand`. These are the user's own.

#[cfg(any(windows, test))]
mod loopback;
#[cfg(unix)]
mod unix;

#[cfg(windows)]
pub(crate) use loopback::{Channel, Connection, connect, shut};
#[cfg(unix)]
pub(crate) use unix::{Channel, Connection, connect, shut};
