//! A byte stream to the server: walks the way that an [`Address`] names and hands the stream over.

mod patience;
mod tcp;
#[cfg(unix)]
mod unix;

pub(crate) use patience::{Limit, Patient};

use crate::{address::Address, demo, error::Result};
use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes to and from a server, whatever lies between.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for S {}

/// One type for every way, so that ways can be nested.
pub(crate) type Stream = Box<dyn ByteStream>;

/// Reaches `address`, within the way's own deadline.
///
/// # Errors
/// One of the "reaching the server" errors of [`crate::Error`].
pub(crate) async fn connect(address: &Address) -> Result<Stream> {
    match address {
        Address::Tcp { hostname, port } => Ok(Box::new(tcp::dial(hostname, *port, address).await?)),
        #[cfg(unix)]
        Address::Unix(path) => Ok(Box::new(unix::dial(path, address).await?)),
        #[cfg(not(unix))]
        Address::Unix(path) => Err(crate::Error::SocketMissing { path: path.clone() }),
        Address::Demo => Ok(Box::new(demo::dial().await?)),
    }
}
