//! The private way between one ssh's askpass program and the Portlight that started that ssh.
//!
//! Its address stands in the environment of that ssh only, and so of what that ssh starts: its `ProxyCommand`, the ssh
//! of a `ProxyJump`, a `LocalCommand`. These are the user's own.

#[cfg(any(windows, test))]
mod loopback;
#[cfg(unix)]
mod unix;

#[cfg(windows)]
pub(super) use loopback::{Caller, Channel, call};
#[cfg(unix)]
pub(super) use unix::{Caller, Channel, call};
