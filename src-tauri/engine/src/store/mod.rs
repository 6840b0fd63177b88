//! Portlight's own files: the list of hosts, the keys that were accepted, and settings.

mod file;
mod hints;
mod host_list;
mod hosts;
mod listening;
mod pins;

pub use hints::Hint;
pub(crate) use hints::SeenHints;
pub(crate) use host_list::HostList;
pub use hosts::{Hosts, Opened};
pub use listening::{LISTEN_PORT, Listening, ListeningView};
pub use pins::{Pins, Verdict};
