//! Sessions: one look at one host, from click to close. A session survives reconnecting and ends with its window.
//!
//! ```text
//! registry ─▶ run ─┬▶ prompts ─┬▶ session ─┬▶ state      what the window is told
//!                  │           │           └▶ overview   what all windows together look like from afar
//!                  ├▶ remember ┤                         the login that was typed is kept
//!                  │     ├▶ keep                         the machine is added to the list
//!                  │     └▶ storing                      and the login put into the keyring, beside the session
//!                  ├▶ callers                          what has to be left out with those that call
//!                  ├▶ input                              what the page may do to the machine, and what is typed there
//!                  └▶ backoff                            when a broken connection is tried again
//! elsewhere ─▶ registry                                  one session for a viewer that is none of our windows
//! registry ─▶ session ─▶ report                           what others are told about a failure
//! ```
//! `run::run` is the function to read first; `play::play` takes its place where a recording is shown.

mod backoff;
mod callers;
mod elsewhere;
mod input;
mod keep;
mod overview;
mod play;
mod prompts;
mod registry;
mod remember;
mod report;
mod run;
mod services;
#[allow(clippy::module_inception, reason = "the type that the module is about has a file of its own")]
mod session;
mod state;
mod storing;

#[cfg(test)]
mod tests;

pub(crate) use callers::Callers;
pub use elsewhere::{Door, TypedOnce};
pub use input::{LinesAsked, Manner, Pace};
pub use keep::Kept;
pub use overview::{Changes, OpenSession, OpenState};
pub use registry::{Followed, LastMinutes, Sessions};
pub(crate) use services::Services;
pub use state::{
    Answer, LoginAsked, Prompt, Remember, SessionState, SessionUpdate, SessionView, SshQuestion, Stage, Storing,
    Subject,
};
