//! The bytes to and from a server, over any transport.

use tokio::io::{AsyncRead, AsyncWrite};

/// A stream of bytes both ways.
pub trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for S {}

/// One type for every stream: TLS within SSH within TCP is nesting, not a longer type.
pub type Stream = Box<dyn ByteStream>;
