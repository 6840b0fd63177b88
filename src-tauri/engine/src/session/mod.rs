//! Sessions: one look at one host, from click to close. A session survives reconnecting and ends with its window.
//!
//! ```text
//! registry ─▶ session ─▶ run ─┬▶ prompts   what is asked: keyring and known keys first, then the person at the window
//!                  │          └▶ backoff   when a broken connection is tried again
//!                  └▶ state                what the window is told
//! ```
//! `run::run` is the function to read first.

mod backoff;
mod prompts;
mod registry;
mod run;
mod services;
#[allow(clippy::module_inception, reason = "the type that the module is about has a file of its own")]
mod session;
mod state;

#[cfg(test)]
mod tests;

pub use registry::Sessions;
pub(crate) use services::Services;
pub use state::{Answer, Prompt, SessionState, SessionUpdate, SessionView, SshQuestion, Stage, Subject};
