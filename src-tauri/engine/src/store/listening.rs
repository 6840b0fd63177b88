//! Whether and where Portlight waits for servers that call, as one file.

use super::file::write_whole;
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
};

/// The port that servers call by custom.
pub const LISTEN_PORT: u16 = 5500;

/// Whether and where Portlight waits for servers that call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Listening {
    /// Whether at all.
    pub on: bool,
    /// The address of this machine that may be called: `0.0.0.0` or `::` for all of them.
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
        let text = fs::read(folder.join(FILE)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Keeps it for the next time.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        write_whole(&folder.join(FILE), &serde_json::to_vec_pretty(self)?)
    }

    /// The socket address to listen at; none where it is off.
    pub(crate) fn bind_address(&self) -> Option<SocketAddr> {
        self.on.then(|| SocketAddr::new(self.address, self.port))
    }

    /// Where, as people write it.
    pub fn place(&self) -> String {
        SocketAddr::new(self.address, self.port).to_string()
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
