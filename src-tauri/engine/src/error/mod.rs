//! What can go wrong, as values: a code to match on, the facts for the sentence, and the cause. Split by area, joined as
//! [`Error`] where they cross to the windows.
//!
//! The windows make the sentence from code and facts in the user's language (`ui/src/i18n`); [`std::fmt::Display`]
//! gives the English one for logs and the terminal. A code exists only if a window, the terminal or a test needs it.
//!
//! Fields mean the same in every variant: `address` is the server's address as Portlight prints it, without the query of a
//! WebSocket; `via` the SSH host as it was typed; `seconds` the deadline that passed; `path` the file in question; `detail`
//! the cause's own words (the system's, ssh's, the TLS library's), which may be empty; `reason` the server's words,
//! sanitised. None of them ever contains a secret.

mod command;
mod connect;
mod fetch;
mod form;
mod import;
mod keyring;
mod recording;
mod recovery;
mod store;
mod typing;

pub use command::{CommandError, ConsoleProblem};
pub use connect::{ConnectError, KerberosProblem, Maker, OtherProtocol, Step, WsMistake, WsRefusal};
pub use fetch::FetchError;
pub use form::FormError;
pub use import::ImportError;
pub use keyring::KeyringError;
pub use recording::RecordingError;
pub use store::{FieldConflict, HostConflict, StoreError};
pub use typing::TypingError;

use serde::Serialize;

/// The result of the engine's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any of them. As JSON it is the area's own object: the codes are unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "EngineError"))]
#[serde(untagged)]
pub enum Error {
    /// A command of the person's.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The way to a server, or a session with it.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A list on a web server.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A form.
    #[error(transparent)]
    Form(#[from] FormError),
    /// Other programs' files.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// Pictures and recordings.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// Portlight's own files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A text that the engine types.
    #[error(transparent)]
    Typing(#[from] TypingError),
}
