//! Other programs' lists of machines, shown before anything is added.

use crate::{
    error::{ConnectError, Result},
    import::{ImportSource, Preview, websockify},
    store::HostList,
};
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Reads other programs' lists. What is added in the end goes through [`Hosts::import`](super::Hosts::import).
pub struct Imports {
    list: Arc<HostList>,
}

impl Imports {
    pub(crate) fn new(list: Arc<HostList>) -> Self {
        Self { list }
    }

    /// What the files have, compared with the list.
    ///
    /// # Errors
    /// [`ImportError::Unreadable`](crate::ImportError::Unreadable) for what is too much to be a list of machines.
    pub async fn preview(&self, source: ImportSource) -> Result<Vec<Preview>> {
        source.check()?;
        let list = self.list.get();
        // Some 100,000 lines take a while.
        let read = spawn_blocking(move || websockify::preview(&websockify::entries(&source.files), list.all())).await;
        Ok(read.map_err(|cause| ConnectError::System { detail: cause.to_string() })?)
    }
}
