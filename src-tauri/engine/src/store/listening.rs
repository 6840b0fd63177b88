//! Whether and where Portlight listens for reverse connections, as one file.

use super::file;
use serde::{Deserialize, Serialize};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

/// The TCP port of reverse connections by custom.
pub const LISTEN_PORT: u16 = 5500;

/// Whether and where Portlight listens for reverse connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Listening {
    /// Whether at all.
    pub on: bool,
    /// The address of this machine to listen at: `0.0.0.0` or `::` for all of them.
    #[cfg_attr(test, ts(type = "string"))]
    pub address: IpAddr,
    /// TCP port.
    pub port: u16,
}

impl Default for Listening {
    fn default() -> Self {
        Self { on: false, address: Ipv4Addr::UNSPECIFIED.into(), port: LISTEN_PORT }
    }
}

impl Listening {
    /// What was chosen the last time; off where nothing was, or where it cannot be read.
    pub(crate) fn read(folder: &Path) -> Self {
        let file = Self::path(folder);
        if let Err(cause) = file::recover(&file) {
            tracing::warn!(%cause, "an interrupted write is not finished");
        }
        let text = file::read(&file).ok().flatten().unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Keeps it for the next time; blocks.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        file::write_whole(&file::target_of(&Self::path(folder)), &serde_json::to_vec_pretty(self)?)
    }

    /// The file in `folder`.
    pub(crate) fn path(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// The socket address to listen at; none where it is off.
    pub(crate) fn bind_address(&self) -> Option<SocketAddr> {
        self.on.then(|| self.socket_address())
    }

    /// The socket address that was chosen, also where it is off.
    pub fn socket_address(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }
}

/// What the form about listening shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ListeningView {
    /// What is chosen.
    pub listening: Listening,
    /// This machine's addresses, of which one can be chosen instead of all.
    pub addresses: Vec<String>,
}

const FILE: &str = "listen.json";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_was_chosen_is_there_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Listening::read(folder.path()), Listening::default());
        let chosen = Listening { on: true, address: "192.168.1.20".parse().unwrap(), port: 5501 };
        chosen.write(folder.path()).unwrap();
        assert_eq!(Listening::read(folder.path()), chosen);
        fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(!Listening::read(folder.path()).on, "nothing listens by mistake");
    }
}
