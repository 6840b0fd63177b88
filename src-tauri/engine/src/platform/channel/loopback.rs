//! Windows: a TCP port on loopback, for processes that send a random token first.

use std::{
    ffi::{OsStr, OsString},
    io::{self, ErrorKind, Write},
    net::Ipv4Addr,
    time::Duration,
};
use subtle::ConstantTimeEq;
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    time::timeout,
};
use zeroize::Zeroizing;

/// Length of a token in bytes as it is sent: 256 random bits in hexadecimal.
const TOKEN: usize = 64;
/// How long a connection may take to send its token, 1 s.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection of an askpass program.
pub(crate) type Connection = TcpStream;

/// Listens for askpass programs.
pub(crate) struct Channel {
    listener: TcpListener,
    port: u16,
    token: Zeroizing<String>,
}

impl Channel {
    /// A new channel, with a port and a token of its own.
    pub(crate) fn open() -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let mut random = Zeroizing::new([0; TOKEN / 2]);
        getrandom::fill(random.as_mut())?;
        let token = Zeroizing::new(random.iter().map(|byte| format!("{byte:02x}")).collect());
        Ok(Self { listener: TcpListener::from_std(listener)?, port, token })
    }

    /// What [`connect`] takes.
    pub(crate) fn address(&self) -> OsString {
        format!("{}:{}", self.port, *self.token).into()
    }

    /// The next connection that sends the token. Can be dropped and called again.
    pub(crate) async fn accept(&self) -> io::Result<Connection> {
        loop {
            let (mut connection, _) = self.listener.accept().await?;
            let mut sent = Zeroizing::new([0; TOKEN]);
            let read = timeout(TOKEN_TIMEOUT, connection.read_exact(sent.as_mut())).await;
            if matches!(read, Ok(Ok(_))) && bool::from(sent.ct_eq(self.token.as_bytes())) {
                return Ok(connection);
            }
        }
    }
}

/// Connects to the channel with this address. Blocks.
pub(crate) fn connect(address: &OsStr) -> io::Result<std::net::TcpStream> {
    let broken = || io::Error::from(ErrorKind::InvalidInput);
    let (port, token) = address.to_str().and_then(|text| text.split_once(':')).ok_or_else(broken)?;
    let port: u16 = port.parse().map_err(|_| broken())?;
    let mut stream = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.write_all(token.as_bytes())?;
    Ok(stream)
}

/// Says that nothing more comes.
#[cfg(windows)]
pub(crate) fn shut(connection: &std::net::TcpStream) -> io::Result<()> {
    connection.shutdown(std::net::Shutdown::Write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_connection_with_the_token_is_accepted() {
        let channel = Channel::open().unwrap();
        let address = channel.address().into_string().unwrap();
        let (port, token) = address.split_once(':').unwrap();
        assert_eq!(token.len(), TOKEN);

        let _silent = TcpStream::connect((Ipv4Addr::LOCALHOST, channel.port)).await.unwrap();
        let _wrong = connect(format!("{port}:{}", "0".repeat(TOKEN)).as_ref()).unwrap();
        let mut right = connect(address.as_ref()).unwrap();
        right.write_all(b"hello").unwrap();
        let mut near = timeout(Duration::from_secs(20), channel.accept()).await.unwrap().unwrap();
        let mut hello = [0; 5];
        near.read_exact(&mut hello).await.unwrap();
        assert_eq!(&hello, b"hello");
    }

    #[test]
    fn each_channel_has_a_token_of_its_own() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _guard = runtime.enter();
        assert_ne!(*Channel::open().unwrap().token, *Channel::open().unwrap().token);
    }
}
