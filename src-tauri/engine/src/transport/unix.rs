//! Unix sockets: what QEMU, libvirt and `Xvnc -rfbunixpath` listen on.

use crate::{
    error::{ConnectError, Result},
    model::Address,
};
use std::{io::ErrorKind, path::Path};
use tokio::net::UnixStream;

/// Connects to the socket at `path`; `address` is what errors name.
///
/// # Errors
/// [`ConnectError::SocketMissing`], [`ConnectError::ConnectionRefused`] and [`ConnectError::Unreachable`].
pub(super) async fn dial(path: &Path, address: &Address) -> Result<UnixStream, ConnectError> {
    UnixStream::connect(path).await.map_err(|cause| match cause.kind() {
        ErrorKind::NotFound => ConnectError::SocketMissing { path: path.to_owned() },
        ErrorKind::ConnectionRefused => ConnectError::ConnectionRefused { address: address.to_string() },
        _ => ConnectError::Unreachable { address: address.to_string(), detail: cause.to_string() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_socket_and_an_abandoned_one_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vnc");
        let address = Address::Unix(path.clone());

        let missing = dial(&path, &address).await.unwrap_err();
        assert_eq!(missing, ConnectError::SocketMissing { path: path.clone() });

        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let abandoned = dial(&path, &address).await.unwrap_err();
        assert_eq!(abandoned, ConnectError::ConnectionRefused { address: address.to_string() });
    }
}
