//! Whether and where Portlight listens for reverse connections, as one file.

use super::file;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
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
    /// What was chosen the last time; off where nothing was, or where it cannot be read or a newer version means something else by it.
    pub(crate) fn read(folder: &Path) -> Self {
        let file = Self::path(folder);
        if let Err(cause) = file::recover(&file) {
            tracing::warn!(%cause, "an interrupted write is not finished");
        }
        let text = file::read(&file).ok().flatten().unwrap_or_default();
        match file::newer_version(&text, VERSION) {
            Some(_) => Self::default(),
            None => serde_json::from_slice(&text).unwrap_or_default(),
        }
    }

    /// The version of the file in `folder`, where a newer Portlight has written it.
    pub(crate) fn newer_version(folder: &Path) -> Option<u64> {
        file::newer_version(&file::read(&Self::path(folder)).ok()??, VERSION)
    }

    /// Keeps it for the next time, beside what only a newer Portlight knows; blocks.
    ///
    /// # Errors
    /// The system's, and that the file is a newer version's: then that is left as it is.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let path = Self::path(folder);
        let text = file::read(&path)?.unwrap_or_default();
        if let Some(version) = file::newer_version(&text, VERSION) {
            return Err(io::Error::other(format!("its version is {version}, this Portlight writes version {VERSION}")));
        }
        let mut fields: Map<String, Value> = serde_json::from_slice(&text).unwrap_or_default();
        fields.insert("version".to_owned(), VERSION.into());
        if let Value::Object(own) = serde_json::to_value(self)? {
            fields.extend(own);
        }
        file::write_whole(&file::target_of(&path), &serde_json::to_vec_pretty(&fields)?)
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
/// The first ones had none.
const VERSION: u64 = 1;

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
        let file = folder.path().join(FILE);
        fs::write(&file, r#"{ "on": true, "address": "::1", "port": 5502, "greeting": "hello" }"#).unwrap();
        chosen.write(folder.path()).unwrap();
        let written: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(
            (&written["greeting"], &written["version"]),
            (&"hello".into(), &1.into()),
            "what a newer one knows stays"
        );
        assert_eq!(Listening::read(folder.path()), chosen);

        let newer = r#"{ "version": 2, "on": true, "address": "::", "port": 5502 }"#;
        fs::write(&file, newer).unwrap();
        assert!(!Listening::read(folder.path()).on, "what that means is not known");
        assert_eq!(Listening::newer_version(folder.path()), Some(2));
        let error = chosen.write(folder.path()).unwrap_err();
        assert!(error.to_string().contains("version is 2"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), newer);

        fs::write(&file, "{").unwrap();
        assert!(!Listening::read(folder.path()).on, "nothing listens by mistake");
    }
}
