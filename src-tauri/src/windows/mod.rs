//! The hosts window, and one viewer window for each session.
//!
//! ```text
//! viewer ─┬▶ prewarmed ─┐
//!         ├▶ fit ───────┼▶ page
//! hosts ──┴─────────────┘
//! ```

mod fit;
mod hosts;
mod page;
mod prewarmed;
mod viewer;

pub use hosts::show as show_hosts;
pub use page::{DarkTheme, HOSTS, session_of};
pub use prewarmed::{Prewarmed, prepare as prewarm};
pub use viewer::{destroyed, open, open_call};
