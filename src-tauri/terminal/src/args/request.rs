//! What a command asks of the Portlight that runs, or of this process where none does.

use portlight_engine::{
    import::Site,
    model::{HostChange, HostId},
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which windows to open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenRequest {
    /// The list.
    #[default]
    List,
    /// The list with the form of a new machine.
    New,
    /// Quick connect.
    Quick,
    /// None: Portlight waits in the tray. Where it runs already, nothing changes.
    Background,
    /// Those of sessions, recordings, and lists in files.
    Targets {
        /// Saved hosts' names, addresses and files, as typed; at least one.
        targets: Vec<String>,
        /// Whether the sessions send no input.
        view_only: bool,
    },
}

/// Which machines to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRequest {
    /// Files and folders, whatever folder they are looked for in.
    pub paths: Vec<PathBuf>,
    /// What machines of token files are reached through.
    pub site: Option<Site>,
    /// Whether passwords are taken.
    pub passwords: bool,
    /// Whether to add what may be no machine, too.
    pub all: bool,
}

/// What is to be done to the list, by this process or by the Portlight that runs. A secret goes beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListChange {
    /// Adds a machine, or changes one.
    Save {
        /// The machine that is changed; none for a new one.
        host: Option<HostId>,
        /// Its fields.
        change: Box<HostChange>,
        /// Which of its secrets leave the keyring.
        forgotten: Vec<SecretKind>,
        /// Which one goes beside, to be put into it.
        given: Option<SecretKind>,
    },
    /// Takes machines off the list.
    Remove {
        /// Which.
        hosts: Vec<HostId>,
    },
}

/// A secret of a machine that is in the keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// Its password.
    Password,
    /// The login to the website in front of it; it goes beside as the text that the keyring has.
    HttpLogin,
    /// The SecureOn password of its network card.
    SecureOn,
    /// What is typed into its screen.
    Secret,
}
