//! Reverse connections: servers that call us, as `vncviewer -listen` takes them (TCP port 5500 by custom).
//!
//! Off until the user turns it on. Whoever calls gets no further than a question to the person at the screen.

use crate::lock;
use serde::{Deserialize, Serialize};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Mutex,
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::mpsc,
};
use tokio_util::task::AbortOnDropHandle;

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

/// A server that has called and waits to be let in.
#[derive(Debug)]
pub struct Call {
    /// The way to it.
    pub(crate) stream: TcpStream,
    /// Where it called from.
    pub(crate) from: SocketAddr,
}

impl Call {
    /// Where it called from, as people read it.
    pub fn from(&self) -> String {
        SocketAddr::new(self.from.ip().to_canonical(), self.from.port()).to_string()
    }
}

/// The ear: at most one listener, which is gone when it is turned off or dropped.
pub(crate) struct Ear {
    calls: mpsc::Sender<Call>,
    listener: Mutex<Option<AbortOnDropHandle<()>>>,
    runtime: Handle,
}

impl Ear {
    /// An ear that hears nothing yet, and where its calls come out.
    pub(crate) fn new(runtime: Handle) -> (Self, mpsc::Receiver<Call>) {
        let (calls, heard) = mpsc::channel(WAITING);
        (Self { calls, listener: Mutex::default(), runtime }, heard)
    }

    /// Listens as `listening` says, and no longer as before; returns where.
    ///
    /// # Errors
    /// The system's: the port is taken, or the address is not this machine's. Then nothing listens.
    pub(crate) async fn listen(&self, listening: &Listening) -> io::Result<Option<SocketAddr>> {
        // First the old one: it may hold the same port.
        let former = lock(&self.listener).take();
        if let Some(former) = former {
            former.abort();
            let _ = former.await;
        }
        if !listening.on {
            return Ok(None);
        }
        let listener = TcpListener::bind((listening.address, listening.port)).await?;
        let bound = listener.local_addr()?;
        let task = self.runtime.spawn(accept(listener, self.calls.clone()));
        *lock(&self.listener) = Some(AbortOnDropHandle::new(task));
        Ok(Some(bound))
    }
}

async fn accept(listener: TcpListener, calls: mpsc::Sender<Call>) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                // Who calls while others still wait to be seen is hung up on: nobody fills a screen with questions.
                if let Err(refused) = calls.try_send(Call { stream, from }) {
                    tracing::info!(%from, %refused, "a call was not taken");
                }
            }
            Err(cause) => {
                tracing::warn!(%cause, "a call failed");
                // Out of file descriptors, say: the next try would fail at once.
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Calls that may wait for the person at the screen.
const WAITING: usize = 1;
const BREATH: std::time::Duration = std::time::Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::{io::AsyncReadExt, time::timeout};

    fn here(port: u16) -> Listening {
        Listening { on: true, address: Ipv4Addr::LOCALHOST.into(), port }
    }

    #[tokio::test]
    async fn who_calls_is_heard_and_who_calls_too_often_is_hung_up_on() {
        let (ear, mut heard) = Ear::new(Handle::current());
        let port = ear.listen(&here(0)).await.unwrap().unwrap();
        let first = TcpStream::connect(port).await.unwrap();
        // Only one waits, and it is the first: the others read an end.
        let mut second = TcpStream::connect(port).await.unwrap();
        assert_eq!(timeout(Duration::from_secs(10), second.read(&mut [0; 1])).await.unwrap().unwrap_or(0), 0);
        let call = heard.recv().await.unwrap();
        assert_eq!(call.from(), first.local_addr().unwrap().to_string());
        let third = TcpStream::connect(port).await.unwrap();
        assert_eq!(heard.recv().await.unwrap().from(), third.local_addr().unwrap().to_string());
    }

    #[tokio::test]
    async fn turned_off_nobody_is_there() {
        let (ear, _heard) = Ear::new(Handle::current());
        let port = ear.listen(&here(0)).await.unwrap().unwrap();
        // The same port once more: the former listener has to be gone by then.
        assert_eq!(ear.listen(&here(port.port())).await.unwrap(), Some(port));
        assert_eq!(ear.listen(&Listening::default()).await.unwrap(), None);
        assert!(TcpStream::connect(port).await.is_err());
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_told() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (ear, _heard) = Ear::new(Handle::current());
        let refused = ear.listen(&here(taken.local_addr().unwrap().port())).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    }
}
