//! An RFB server that says what a test wants, well-formed or not. It reads what the viewer sends and keeps it.

use super::{address, wait::until};
use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

/// A server without a password. It takes one viewer after the other.
pub struct Scripted {
    port: u16,
    viewers: mpsc::Receiver<TcpStream>,
    size: Arc<Mutex<(u16, u16)>>,
}

/// A viewer that is connected, with the handshake done.
pub struct ScriptedViewer {
    stream: TcpStream,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Scripted {
    /// Listens on loopback; its first screens have this size.
    pub fn start(size: (u16, u16)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let port = listener.local_addr().expect("a bound socket").port();
        let size = Arc::new(Mutex::new(size));
        let (sender, viewers) = mpsc::channel();
        let current = Arc::clone(&size);
        // Ends with the test's process at the latest: nobody waits for it.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Those that leave early are no viewers.
                let _ = greet(&stream, *locked(&current)).map(|()| sender.send(stream));
            }
        });
        Self { port, viewers, size }
    }

    /// Where it is, as a user types it.
    pub fn address(&self) -> String {
        address(self.port)
    }

    /// The next viewers get a screen of this size.
    pub fn resize(&self, size: (u16, u16)) {
        *locked(&self.size) = size;
    }

    /// The next viewer.
    pub async fn viewer(&self) -> ScriptedViewer {
        let stream = until("a viewer", async || self.viewers.try_recv().ok()).await;
        let sent = Arc::new(Mutex::new(Vec::new()));
        let (mut from, into) = (stream.try_clone().expect("a socket"), Arc::clone(&sent));
        thread::spawn(move || {
            let mut bytes = vec![0; 65_536];
            while let Ok(length @ 1..) = from.read(&mut bytes) {
                locked(&into).extend_from_slice(&bytes[..length]);
            }
        });
        ScriptedViewer { stream, sent }
    }
}

impl ScriptedViewer {
    /// Says this, from a thread of its own: a viewer that does not read must not stop the test.
    pub fn say(&self, bytes: impl Into<Vec<u8>>) {
        let (mut stream, bytes) = (self.stream.try_clone().expect("a socket"), bytes.into());
        // A viewer that has ended the session reads no more.
        let _ = thread::spawn(move || stream.write_all(&bytes)).join();
    }

    /// What the viewer has sent since the handshake.
    pub fn sent(&self) -> Vec<u8> {
        locked(&self.sent).clone()
    }
}

impl Drop for ScriptedViewer {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

/// RFB 3.8, security type None (RFC 6143 7.1 to 7.3).
fn greet(mut stream: &TcpStream, (width, height): (u16, u16)) -> io::Result<()> {
    let mut take = |mut stream: &TcpStream, length: usize| stream.read_exact(&mut vec![0; length]);
    stream.write_all(b"RFB 003.008\n")?;
    take(stream, 12)?;
    stream.write_all(&[1, 1])?;
    take(stream, 1)?;
    stream.write_all(&[0; 4])?;
    take(stream, 1)?;
    let mut init = [width.to_be_bytes(), height.to_be_bytes()].concat();
    init.extend([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
    init.extend([0, 0, 0, 6]);
    init.extend(b"Script");
    stream.write_all(&init)
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
