//! Commands of the person's that are run for a machine: they print its password, or where its
//! console is.
//!
//! No shell reads them, nothing that a machine is called can add an argument, and what they print is logged nowhere. Only
//! the form of a machine, the settings, the sources, and what the person writes into their own files make one: a list that is imported
//! brings none. `docs/COMMANDS.md` describes them.

mod console;
mod list;
mod password;
mod run;

pub(crate) use console::{Console, console};
pub(crate) use list::printed_list;
pub(crate) use password::COMMAND_OFFER_DELAY;
pub(crate) use password::password;
