//! Portlight's own files: the list of hosts, the keys that were accepted, and settings.

#[cfg(test)]
mod documentation;
mod favourites;
mod file;
mod hints;
mod host_list;
mod hosts_file;
mod list;
mod listening;
mod merge;
mod pins;
mod places;
mod preferences;

pub use hints::{Hint, SeenHints};
pub(crate) use host_list::HostList;
pub(crate) use hosts_file::HostsFile;
pub use list::List;
pub use listening::{LISTEN_PORT, Listening, ListeningView};
pub use pins::{Pins, Verdict};
pub use places::{Place, Places};
pub use preferences::{Bell, Look, Order, Preferences, PreferencesFile};
