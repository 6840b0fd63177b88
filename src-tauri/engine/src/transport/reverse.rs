//! Reverse connections: servers that call us, as `vncviewer -listen` takes them (TCP port 5500 by custom).
//!
//! Off until the user turns it on. Whoever calls gets no further than a question to the person at the screen.

use parking_lot::Mutex;
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
};
use tokio_util::task::AbortOnDropHandle;

/// This machine's addresses, those that stay within a cable left out.
pub(crate) fn addresses() -> Vec<String> {
    let found = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses: Vec<IpAddr> =
        found.iter().filter(|interface| !interface.is_link_local()).map(if_addrs::Interface::ip).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses.iter().map(IpAddr::to_string).collect()
}

/// A server that has called and waits to be let in.
#[derive(Debug)]
pub struct IncomingConnection {
    /// The way to it.
    pub(crate) stream: TcpStream,
    /// Where it called from.
    pub(crate) from: SocketAddr,
    /// Its place among those who wait to be let in; free again once it is answered, or gone.
    _place: OwnedSemaphorePermit,
}

impl IncomingConnection {
    /// Where it called from, as people read it.
    pub fn from(&self) -> String {
        SocketAddr::new(self.from.ip().to_canonical(), self.from.port()).to_string()
    }
}

/// The ear: at most one listener, which is gone when it is turned off or dropped.
pub(crate) struct ReverseListener {
    calls: mpsc::UnboundedSender<IncomingConnection>,
    places: Arc<Semaphore>,
    listener: Mutex<Option<AbortOnDropHandle<()>>>,
    runtime: Handle,
}

impl ReverseListener {
    /// An ear that hears nothing yet, and where its calls come out.
    pub(crate) fn new(runtime: Handle) -> (Self, mpsc::UnboundedReceiver<IncomingConnection>) {
        // Bounded by the places.
        let (calls, heard) = mpsc::unbounded_channel();
        (Self { calls, places: Arc::new(Semaphore::new(WAITING)), listener: Mutex::default(), runtime }, heard)
    }

    /// Listens at this address, and no longer as before; returns where. `None` only stops.
    ///
    /// # Errors
    /// The system's: the port is taken, or the address is not this machine's. Then nothing listens.
    pub(crate) async fn listen(&self, at: Option<SocketAddr>) -> io::Result<Option<SocketAddr>> {
        // First the old one: it may hold the same port.
        let former = self.listener.lock().take();
        if let Some(former) = former {
            former.abort();
            let _ = former.await;
        }
        let Some(address) = at else { return Ok(None) };
        let listener = TcpListener::bind(address).await?;
        let bound = listener.local_addr()?;
        let task = self.runtime.spawn(accept(listener, self.calls.clone(), Arc::clone(&self.places)));
        *self.listener.lock() = Some(AbortOnDropHandle::new(task));
        Ok(Some(bound))
    }
}

async fn accept(listener: TcpListener, calls: mpsc::UnboundedSender<IncomingConnection>, places: Arc<Semaphore>) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => match Arc::clone(&places).try_acquire_owned() {
                // Nobody listens any more once the engine ends.
                Ok(place) => drop(calls.send(IncomingConnection { stream, from, _place: place })),
                // Nobody fills a screen with questions.
                Err(_) => tracing::info!(%from, "a call was not taken: others wait to be answered"),
            },
            Err(cause) => {
                tracing::warn!(%cause, "a call failed");
                // Out of file descriptors, say: the next try would fail at once.
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Calls that may wait for the person at the screen.
const WAITING: usize = 3;
const BREATH: std::time::Duration = std::time::Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::Ipv4Addr, time::Duration};
    use tokio::{io::AsyncReadExt, time::timeout};

    fn here(port: u16) -> Option<SocketAddr> {
        Some((Ipv4Addr::LOCALHOST, port).into())
    }

    #[tokio::test]
    async fn who_calls_is_heard_and_who_calls_too_often_is_hung_up_on() {
        let (ear, mut heard) = ReverseListener::new(Handle::current());
        let port = ear.listen(here(0)).await.unwrap().unwrap();
        let mut waiting = Vec::new();
        for _ in 0..WAITING {
            let caller = TcpStream::connect(port).await.unwrap();
            let call = heard.recv().await.unwrap();
            assert_eq!(call.from(), caller.local_addr().unwrap().to_string());
            waiting.push((caller, call));
        }
        let mut one_more = TcpStream::connect(port).await.unwrap();
        let read = timeout(Duration::from_secs(10), one_more.read(&mut [0; 1])).await.unwrap();
        assert_eq!(read.unwrap_or(0), 0, "hung up");
        // One is answered, and there is room for another.
        waiting.pop();
        let _late = TcpStream::connect(port).await.unwrap();
        assert!(timeout(Duration::from_secs(10), heard.recv()).await.unwrap().is_some());
    }

    #[test]
    fn this_machine_has_an_address() {
        assert!(addresses().contains(&"127.0.0.1".to_owned()));
    }

    #[tokio::test]
    async fn turned_off_nobody_is_there() {
        let (ear, _heard) = ReverseListener::new(Handle::current());
        let port = ear.listen(here(0)).await.unwrap().unwrap();
        // The same port once more: the former listener has to be gone by then.
        assert_eq!(ear.listen(here(port.port())).await.unwrap(), Some(port));
        assert_eq!(ear.listen(None).await.unwrap(), None);
        assert!(TcpStream::connect(port).await.is_err());
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_told() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (ear, _heard) = ReverseListener::new(Handle::current());
        let refused = ear.listen(here(taken.local_addr().unwrap().port())).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    }
}
