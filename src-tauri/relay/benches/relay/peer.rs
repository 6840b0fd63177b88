//! The two ends of a session: a server that does the task in its first bytes, and a client over a plain socket or a
//! WebSocket. Both block, and leave the copying to the kernel (`sendfile`, `MSG_TRUNC`), to cost as little as possible of a
//! core that they share.

use rustix::{
    fs::{MemfdFlags, memfd_create, sendfile},
    net::{RecvFlags, recv},
};
use std::{
    fs::File,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

/// What the server is to do with a connection. The client sends it first.
#[derive(Clone, Copy)]
pub enum Task {
    /// Send `bytes` bytes, `at_a_time` per write; pieces of [`MAX_PIECE`] by `sendfile`, which does not copy them.
    Send { bytes: u64, at_a_time: u32 },
    /// Answer each request, a 32-bit big-endian length, by that many bytes.
    Answer,
    /// Receive so many bytes, then send one.
    Take { bytes: u64 },
}

/// Bytes of an encoded [`Task`].
const TASK: usize = 13;
/// Bytes that are sent at once, at most.
pub const MAX_PIECE: usize = 512 * 1024;
/// Bytes that are read with a header, at most: a small answer needs no second read.
const HEADER_READ: usize = 256;
/// Bytes of a server thread's stack.
const STACK: usize = 64 * 1024;

impl Task {
    fn write(self) -> [u8; TASK] {
        let (kind, bytes, at_a_time) = match self {
            Self::Send { bytes, at_a_time } => (0, bytes, at_a_time),
            Self::Answer => (1, 0, 0),
            Self::Take { bytes } => (2, bytes, 0),
        };
        let mut written = [kind; TASK];
        written[1..9].copy_from_slice(&bytes.to_be_bytes());
        written[9..].copy_from_slice(&at_a_time.to_be_bytes());
        written
    }

    fn read(written: [u8; TASK]) -> Self {
        let bytes = u64::from_be_bytes(written[1..9].try_into().unwrap());
        match written[0] {
            0 => Self::Send { bytes, at_a_time: u32::from_be_bytes(written[9..].try_into().unwrap()) },
            1 => Self::Answer,
            _ => Self::Take { bytes },
        }
    }
}

/// Serves on loopback for as long as the program runs.
pub fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let accept = move || {
        for stream in listener.incoming() {
            let _ = thread::Builder::new().stack_size(STACK).spawn(|| work(stream?));
        }
    };
    thread::spawn(accept);
    address
}

fn work(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut task = [0; TASK];
    stream.read_exact(&mut task)?;
    let mut bytes = vec![0xa5; MAX_PIECE];
    match Task::read(task) {
        Task::Send { bytes: mut left, at_a_time } if at_a_time as usize == MAX_PIECE => {
            let mut source = File::from(memfd_create("bulk", MemfdFlags::CLOEXEC)?);
            source.write_all(&bytes)?;
            while left > 0 {
                let mut offset = 0;
                left -= sendfile(&stream, &source, Some(&mut offset), left.min(MAX_PIECE as u64) as usize)? as u64;
            }
        }
        Task::Send { bytes: mut left, at_a_time } => {
            while left > 0 {
                let now = left.min(at_a_time.into());
                stream.write_all(&bytes[..now as usize])?;
                left -= now;
            }
        }
        Task::Answer => loop {
            let mut length = [0; 4];
            stream.read_exact(&mut length)?;
            stream.write_all(&bytes[..u32::from_be_bytes(length) as usize])?;
        },
        Task::Take { bytes: mut left } => {
            while left > 0 {
                left -= skip(&stream, &mut bytes, left)?;
            }
            stream.write_all(&[1])?;
        }
    }
    // The client closes when it has received everything.
    stream.read(&mut [0]).map(drop)
}

/// Discards up to `most` bytes that arrive, without copying them: MSG_TRUNC for TCP, see tcp(7).
fn skip(stream: &TcpStream, room: &mut [u8], most: u64) -> io::Result<u64> {
    let most = room.len().min(most as usize);
    match recv(stream, &mut room[..most], RecvFlags::TRUNC)? {
        (_, 0) => Err(io::ErrorKind::UnexpectedEof.into()),
        (_, skipped) => Ok(skipped as u64),
    }
}

/// A client, over TCP or a WebSocket.
pub struct Client {
    stream: TcpStream,
    websocket: bool,
    /// Where bytes are read to; `unread` are those that were read with a header and not received yet.
    buffer: Vec<u8>,
    unread: std::ops::Range<usize>,
    /// Bytes of the current frame's payload that were not received yet.
    in_frame: u64,
}

impl Client {
    pub fn plain(address: SocketAddr) -> io::Result<Self> {
        Self::over(TcpStream::connect(address)?, false)
    }

    pub fn websocket(address: SocketAddr, path: &str) -> io::Result<Self> {
        let mut client = Self::over(TcpStream::connect(address)?, true)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: binary\r\n\r\n"
        );
        client.stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.stream.read_exact(&mut byte)?;
            answer.extend(byte);
        }
        let accepted = answer.starts_with(b"HTTP/1.1 101 ");
        accepted.then_some(client).ok_or_else(|| io::Error::other(String::from_utf8_lossy(&answer).into_owned()))
    }

    fn over(stream: TcpStream, websocket: bool) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, websocket, buffer: Vec::new(), unread: 0..0, in_frame: 0 })
    }

    pub fn begin(&mut self, task: Task) -> io::Result<()> {
        self.send(&task.write())
    }

    /// Sends a message. Its mask is zero: masking costs the client, unmasking costs the relay the same as ever.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.websocket {
            return self.stream.write_all(bytes);
        }
        let mut frame = vec![0x82];
        match bytes.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length @ 126..0x1_0000 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(bytes);
        self.stream.write_all(&frame)
    }

    /// Receives and discards so many bytes.
    pub fn receive(&mut self, mut wanted: u64) -> io::Result<()> {
        // Allocated when needed: a thousand idle clients are in this process.
        self.buffer.resize(MAX_PIECE, 0);
        while wanted > 0 {
            if !self.websocket {
                self.in_frame = wanted;
            } else if self.in_frame == 0 {
                self.read_header()?;
            }
            let here = self.in_frame.min(wanted);
            let skipped = match self.unread.len() as u64 {
                0 => skip(&self.stream, &mut self.buffer, here)?,
                unread => {
                    let skipped = unread.min(here);
                    self.unread.start += skipped as usize;
                    skipped
                }
            };
            self.in_frame -= skipped;
            wanted -= skipped;
        }
        Ok(())
    }

    fn read_header(&mut self) -> io::Result<()> {
        loop {
            let header = match self.buffer[self.unread.clone()] {
                [0x82, 127, a, b, c, d, e, f, g, h, ..] => Some((10, u64::from_be_bytes([a, b, c, d, e, f, g, h]))),
                [0x82, 126, a, b, ..] => Some((4, u16::from_be_bytes([a, b]).into())),
                [0x82, length @ 0..126, ..] => Some((2, length.into())),
                [0x82, ..] | [] => None,
                [other, ..] => return Err(io::Error::other(format!("a frame that begins with {other}"))),
            };
            if let Some((length, payload)) = header {
                self.unread.start += length;
                self.in_frame = payload;
                return Ok(());
            }
            // A short read: the payload behind the header is discarded without copying.
            self.buffer.copy_within(self.unread.clone(), 0);
            let kept = self.unread.len();
            let read = self.stream.read(&mut self.buffer[kept..HEADER_READ])?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.unread = 0..kept + read;
        }
    }
}
