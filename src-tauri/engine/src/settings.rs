//! What an engine is started with.

use crate::{
    error::{ConnectError, Result},
    keyring::Keyring,
};
use std::path::{Path, PathBuf};

/// Where Portlight keeps its files, and which pages may connect to its relay.
pub struct Settings {
    /// The folder with the list of hosts.
    pub config: PathBuf,
    /// The folder with the rest: which hints were shown.
    pub data: PathBuf,
    /// The folder with what can be lost: pictures of machines.
    pub cache: PathBuf,
    /// Where passwords are kept.
    pub keyring: Keyring,
    /// The pages that may open the relay's WebSockets.
    pub origins: Vec<String>,
    /// What the demo desktop is called in the first list.
    pub demo_name: String,
}

impl Settings {
    /// The folder that the system has for what can be lost: `$XDG_CACHE_HOME/portlight` on Linux. Without one, a new folder in
    /// the one for temporary files would be another's to make.
    pub fn cache(data: &Path) -> PathBuf {
        dirs::cache_dir().map_or_else(|| data.join("cache"), |cache| cache.join("portlight"))
    }

    /// The folders that the system has for this: `$XDG_CONFIG_HOME/portlight` and `$XDG_DATA_HOME/portlight` on Linux.
    ///
    /// # Errors
    /// [`ConnectError::System`] where there is no home folder.
    pub fn folders() -> Result<(PathBuf, PathBuf)> {
        let missing =
            || ConnectError::System { detail: "there is no home folder to keep the list of machines in".to_owned() };
        let config = dirs::config_dir().ok_or_else(missing)?;
        let data = dirs::data_dir().ok_or_else(missing)?;
        Ok((config.join("portlight"), data.join("portlight")))
    }
}
