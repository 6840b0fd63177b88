//! Portlight's own files: the list of hosts, the keys that were accepted, and settings.

mod clock;
#[cfg(test)]
mod documentation;
#[cfg(test)]
mod earlier;
mod favourites;
mod file;
mod hints;
mod history;
mod host_list;
mod hosts_file;
mod left_open;
mod list;
mod listening;
mod merge;
mod named_change;
mod pins;
mod places;
mod preferences;
mod small_file;
mod sourced;
mod step;
mod versions;
mod watching;

pub(crate) use clock::now;
pub use hints::{Hint, SeenHints};
pub(crate) use history::Direction;
pub use history::{HistoryView, StepView};
pub(crate) use host_list::HostList;
pub(crate) use hosts_file::HostsFile;
pub use left_open::{LeftOpen, WasOpen};
pub use list::List;
pub use listening::{LISTEN_PORT, Listening, ListeningView};
pub(crate) use named_change::{LoginFields, NamedChange, WholeLogin};
pub use pins::{Pins, Verdict};
pub use places::{Place, Places};
pub use preferences::{
    Bell, LanguageChoice, Look, Nearby, OnClose, Order, Preferences, PreferencesFile, PreferencesPreview, Reopening,
    Theme,
};
pub(crate) use small_file::{LoginsFile, SourcesFile};
pub use step::Deed;
pub(crate) use step::{Login, LoginKind, Step};
pub use versions::{Names, VersionView};
pub(crate) use watching::watch;
