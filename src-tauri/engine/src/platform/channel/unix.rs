//! A Unix socket in a folder of mode 0700, for processes of the same user.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, Permissions},
    io,
    net::Shutdown,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        net::UnixStream as StdStream,
    },
};
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};

/// A connection of an askpass program.
pub(crate) type Connection = UnixStream;

/// Listens for askpass programs. Dropping it removes the socket.
pub(crate) struct Channel {
    listener: UnixListener,
    /// The user id of this process.
    user: u32,
    folder: TempDir,
}

impl Channel {
    /// A new channel, with an address of its own.
    pub(crate) fn open() -> io::Result<Self> {
        let folder =
            tempfile::Builder::new().prefix("portlight-").permissions(Permissions::from_mode(0o700)).tempdir()?;
        let listener = UnixListener::bind(folder.path().join("askpass"))?;
        let user = fs::metadata(folder.path())?.uid();
        Ok(Self { listener, user, folder })
    }

    /// What [`connect`] takes.
    pub(crate) fn address(&self) -> OsString {
        self.folder.path().join("askpass").into()
    }

    /// The next connection of a process of the same user (`SO_PEERCRED`). Can be dropped and called again.
    pub(crate) async fn accept(&self) -> io::Result<Connection> {
        loop {
            let (connection, _) = self.listener.accept().await?;
            if connection.peer_cred().is_ok_and(|peer| peer.uid() == self.user) {
                return Ok(connection);
            }
        }
    }
}

/// Connects to the channel with this address. Blocks.
pub(crate) fn connect(address: &OsStr) -> io::Result<StdStream> {
    StdStream::connect(address)
}

/// Says that nothing more comes.
pub(crate) fn shut(connection: &StdStream) -> io::Result<()> {
    connection.shutdown(Shutdown::Write)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Write, path::Path};
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn the_socket_is_its_users_alone_and_goes_with_the_channel() {
        let channel = Channel::open().unwrap();
        let address = channel.address();
        let folder = Path::new(&address).parent().unwrap().to_owned();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);

        let mut far = connect(&address).unwrap();
        far.write_all(b"hello").unwrap();
        let mut near = channel.accept().await.unwrap();
        let mut hello = [0; 5];
        near.read_exact(&mut hello).await.unwrap();
        assert_eq!(&hello, b"hello");

        drop(channel);
        assert!(!folder.exists());
        assert!(connect(&address).is_err());
    }
}
