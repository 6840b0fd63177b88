//! An RFB server that says what a test wants, well-formed or not, and reads what the viewer sends.

use super::{address, wait::until};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
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
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Scripted {
    /// Listens on loopback; its first screens have this size.
    pub fn start(size: (u16, u16)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let port = listener.local_addr().expect("a bound socket").port();
        let size = Arc::new(Mutex::new(size));
        let (sender, viewers) = mpsc::channel();
        let current = Arc::clone(&size);
        // Ends with the test's process at the latest: it is not waited for.
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
        let mut from = stream.try_clone().expect("a socket");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let keeps = Arc::clone(&heard);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                locked(&keeps).extend_from_slice(&buffer[..count]);
            }
        });
        ScriptedViewer { stream, heard }
    }
}

impl ScriptedViewer {
    /// What the viewer has said since the handshake.
    pub fn heard(&self) -> Vec<u8> {
        locked(&self.heard).clone()
    }

    /// Says this. Returns once the viewer has taken it.
    pub fn say(&self, bytes: impl AsRef<[u8]>) {
        // A viewer that has ended the session reads no more.
        let _ = (&self.stream).write_all(bytes.as_ref());
    }
}

impl Drop for ScriptedViewer {
    fn drop(&mut self) {
        // The viewer may have left.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// The server's part of a handshake: RFB 3.8, security type None (RFC 6143 7.1 to 7.3).
pub fn greet(mut stream: &TcpStream, (width, height): (u16, u16)) -> io::Result<()> {
    let take = |mut stream: &TcpStream, length: usize| stream.read_exact(&mut vec![0; length]);
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
