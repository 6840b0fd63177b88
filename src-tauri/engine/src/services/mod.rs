//! What the windows ask for, one service a part of Portlight: [`Hosts`], [`Imports`], [`Reverse`].

mod find;
mod hosts;
mod imports;
mod reverse;
mod several;
mod undo;

pub use find::find_target;
pub use hosts::{HostListView, Hosts, PasswordOutcome, Saved};
pub use imports::{Imported, Imports, Source, SourceView, preview_files};
pub use reverse::Reverse;
pub use several::SharedChange;
pub use undo::UNDO;
