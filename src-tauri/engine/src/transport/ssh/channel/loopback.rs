//! A TCP port of loopback, for callers who show a random token: Windows.

use std::{
    ffi::{OsStr, OsString},
    io::{self, ErrorKind, Read, Write},
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

/// Bytes of a token as written: 256 random bits in hexadecimal.
const TOKEN: usize = 64;
/// A caller has its token at hand.
const TOKEN_PATIENCE: Duration = Duration::from_secs(1);

/// An askpass program.
pub(in super::super) type Caller = TcpStream;

/// Where askpass programs call.
pub(in super::super) struct Channel {
    listener: TcpListener,
    port: u16,
    token: Zeroizing<String>,
}

impl Channel {
    pub(in super::super) fn open() -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let mut random = Zeroizing::new([0; TOKEN / 2]);
        getrandom::fill(random.as_mut())?;
        let token = Zeroizing::new(random.iter().map(|byte| format!("{byte:02x}")).collect());
        Ok(Self { listener: TcpListener::from_std(listener)?, port, token })
    }

    /// What a caller has to know.
    pub(in super::super) fn address(&self) -> OsString {
        format!("{}:{}", self.port, *self.token).into()
    }

    /// The next caller who may ask.
    pub(in super::super) async fn caller(&self) -> io::Result<Caller> {
        loop {
            let (mut caller, _) = self.listener.accept().await?;
            let mut shown = Zeroizing::new([0; TOKEN]);
            let shows = timeout(TOKEN_PATIENCE, caller.read_exact(shown.as_mut())).await;
            if matches!(shows, Ok(Ok(_))) && bool::from(shown.ct_eq(self.token.as_bytes())) {
                return Ok(caller);
            }
        }
    }
}

/// Calls Portlight.
pub(in super::super) fn call(address: &OsStr) -> io::Result<impl Read + Write + use<>> {
    let broken = || io::Error::from(ErrorKind::InvalidInput);
    let (port, token) = address.to_str().and_then(|text| text.split_once(':')).ok_or_else(broken)?;
    let port: u16 = port.parse().map_err(|_| broken())?;
    let mut stream = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.write_all(token.as_bytes())?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_who_knows_the_token_may_ask() {
        let channel = Channel::open().unwrap();
        let address = channel.address().into_string().unwrap();
        let (port, token) = address.split_once(':').unwrap();
        assert_eq!(token.len(), TOKEN);

        let _silent = TcpStream::connect((Ipv4Addr::LOCALHOST, channel.port)).await.unwrap();
        let _liar = call(format!("{port}:{}", "0".repeat(TOKEN)).as_ref()).unwrap();
        let mut knows = call(address.as_ref()).unwrap();
        knows.write_all(b"hello").unwrap();
        let mut caller = timeout(Duration::from_secs(20), channel.caller()).await.unwrap().unwrap();
        let mut heard = [0; 5];
        caller.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
    }

    #[test]
    fn each_channel_has_a_token_of_its_own() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _guard = runtime.enter();
        assert_ne!(*Channel::open().unwrap().token, *Channel::open().unwrap().token);
    }
}
