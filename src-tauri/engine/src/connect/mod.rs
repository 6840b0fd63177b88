//! From a target to a logged-in RFB stream.

mod failure;

pub(crate) use failure::handshake_failed;
