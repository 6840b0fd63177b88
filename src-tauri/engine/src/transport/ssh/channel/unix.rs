//! A Unix socket, in a folder that nobody else can enter, for callers who are the same user.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, Permissions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
};
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};

/// An askpass program.
pub(in super::super) type Caller = UnixStream;

/// Where askpass programs call.
pub(in super::super) struct Channel {
    listener: UnixListener,
    /// Who made the folder: ourselves.
    user: u32,
    folder: TempDir,
}

impl Channel {
    pub(in super::super) fn open() -> io::Result<Self> {
        let folder =
            tempfile::Builder::new().prefix("portlight-").permissions(Permissions::from_mode(0o700)).tempdir()?;
        let listener = UnixListener::bind(folder.path().join("askpass"))?;
        let user = fs::metadata(folder.path())?.uid();
        Ok(Self { listener, user, folder })
    }

    /// What a caller has to know.
    pub(in super::super) fn address(&self) -> OsString {
        self.folder.path().join("askpass").into()
    }

    /// The next caller who may ask.
    pub(in super::super) async fn caller(&self) -> io::Result<Caller> {
        loop {
            let (caller, _) = self.listener.accept().await?;
            if caller.peer_cred().is_ok_and(|peer| peer.uid() == self.user) {
                return Ok(caller);
            }
        }
    }
}

/// Calls Portlight.
pub(in super::super) fn call(address: &OsStr) -> io::Result<impl Read + Write> {
    std::os::unix::net::UnixStream::connect(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn the_way_is_ours_alone_and_goes_with_us() {
        let channel = Channel::open().unwrap();
        let address = channel.address();
        let folder = Path::new(&address).parent().unwrap().to_owned();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);

        let mut calling = call(&address).unwrap();
        calling.write_all(b"hello").unwrap();
        let mut caller = channel.caller().await.unwrap();
        let mut heard = [0; 5];
        caller.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");

        drop(channel);
        assert!(!folder.exists());
        assert!(call(&address).is_err());
    }
}
