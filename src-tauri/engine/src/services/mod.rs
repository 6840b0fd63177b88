//! What the windows ask for, one service a part of Portlight: [`Hosts`], [`Imports`], [`Reverse`].

mod find;
mod given_logins;
mod hosts;
mod imports;
mod named_logins;
mod removed;
mod reopening;
mod reverse;
mod several;
mod sources;
mod together;
mod undo;
mod versions;
mod website_login;

pub use find::find_target;
pub use given_logins::LoginView;
pub use hosts::{HostListView, Hosts, PasswordOutcome, Saved};
pub use imports::{Imported, Imports, Opened, Source, SourceView, check_files, preview_files};
pub(crate) use removed::forget_in_time;
pub use removed::{KEPT, RemovedView};
pub use reopening::LeftMachine;
pub use reverse::Reverse;
pub use several::SharedChange;
pub use sources::{Found, HostSourceView, HostSources, NotTaken, SourceKind, SourceProblem};
pub use together::find_set;
pub use undo::Walked;
pub use website_login::check_http_auth;

use crate::error::{ConnectError, Result};
use tokio::task::spawn_blocking;

/// Runs what waits for the disk, or computes for long, on a thread for that.
///
/// # Errors
/// [`ConnectError::System`] where there is none.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    Ok(spawn_blocking(work).await.map_err(|cause| ConnectError::System { detail: cause.to_string() })?)
}
