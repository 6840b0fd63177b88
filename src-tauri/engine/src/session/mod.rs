//! Sessions: one look at one host, from click to close. A session survives reconnecting and ends with its window.
//!
//! ```text
//! registry ─┬▶ session ─┬▶ run ─┬▶ prompts   what is asked: keyring and known keys first, then the person at the window
//!           │           │       └▶ backoff   when a broken connection is tried again
//!           │           ├▶ keep              the machine is added to the list
//!           │           └▶ state             what the window is told
//!           └▶ overview                      all open sessions, with small pictures
//! ```
//! `run::run` is the function to read first.

mod backoff;
mod keep;
mod overview;
mod prompts;
mod registry;
mod run;
mod services;
#[allow(clippy::module_inception, reason = "the type that the module is about has a file of its own")]
mod session;
mod state;

#[cfg(test)]
mod tests;

pub use keep::Kept;
pub use overview::{Changes, OpenSession, OpenState};
pub use registry::Sessions;
pub(crate) use services::Services;
pub use state::{Answer, Prompt, SessionState, SessionUpdate, SessionView, SshQuestion, Stage, Subject};
