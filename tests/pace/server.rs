//! The load server: an RFB 3.8 server on loopback that sends encoded updates as fast as its client asks for them.
//!
//! One request gets one update, and requests do not queue: at most one is remembered, so a client that asks early, as
//! TigerVNC's does, has at most one update waiting for it. What a client has taken in is told by fences (rfbproto,
//! "Fence"): a fence stands behind an update, and every client here answers it when it has read all before it.

use super::{encode::Order, load::Load};
use crate::desk::TIMEOUT;
use std::{
    io::{self, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{sleep, timeout},
};

/// What the server's threads are called, so that their CPU time can be told from the test's.
pub const THREAD: &str = "load server";

/// Whom the server lets in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Security {
    None,
    /// Asks for a VNC password, and takes any.
    AnyPassword,
}

/// A running server; it serves one client at a time, any number one after the other.
pub struct Server {
    port: u16,
    shared: Arc<Shared>,
    passed: UnboundedReceiver<Passed>,
}

/// A client has taken in so many updates since it connected.
#[derive(Clone, Copy, Debug)]
pub struct Passed {
    pub updates: u64,
    pub at: Instant,
}

/// How fast a client takes updates in.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub updates: u64,
    pub time: Duration,
}

impl Pace {
    /// Updates a second.
    pub fn rate(&self) -> f64 {
        self.updates as f64 / self.time.as_secs_f64()
    }
}

struct Shared {
    load: Arc<Load>,
    security: Security,
    /// The least time from one update to the next.
    interval: Duration,
    state: Mutex<State>,
    changed: Condvar,
    passed: UnboundedSender<Passed>,
}

#[derive(Default)]
struct State {
    /// The client waits for an update.
    asked: bool,
    /// Updates that this client has been sent.
    sent: u64,
    /// Updates that any client may be sent at most; none: as many as it asks for.
    most: Option<u64>,
    /// A fence is to be sent behind the next update.
    fence: bool,
    client: Option<TcpStream>,
    /// The server is to end.
    over: bool,
    /// Why the last client has gone, or how far it has come.
    story: String,
}

// Messages of clients (RFC 6143, section 7.5; the others are rfbproto's).
const SET_PIXEL_FORMAT: u8 = 0;
const SET_ENCODINGS: u8 = 2;
const UPDATE_REQUEST: u8 = 3;
const KEY: u8 = 4;
const POINTER: u8 = 5;
const CUT_TEXT: u8 = 6;
const FENCE: u8 = 248;
const SET_DESKTOP_SIZE: u8 = 251;
const QEMU: u8 = 255;

const FENCE_ENCODING: i32 = -312;
const FENCE_REQUEST: u32 = 1 << 31;
const FENCE_BLOCK_BEFORE: u32 = 1;

impl Server {
    /// A server that answers as fast as it is asked.
    pub fn start(load: Arc<Load>, security: Security) -> Self {
        Self::start_with(load, security, Duration::ZERO, None)
    }

    /// The same with a least time from one update to the next, and with a number of updates that it may send.
    pub fn start_with(load: Arc<Load>, security: Security, interval: Duration, most: Option<u64>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let port = listener.local_addr().expect("a bound socket").port();
        let (pass, passed) = unbounded_channel();
        let state = Mutex::new(State { most, ..State::default() });
        let shared = Arc::new(Shared { load, security, interval, state, changed: Condvar::new(), passed: pass });
        let serving = Arc::clone(&shared);
        spawn(move || {
            for client in listener.incoming() {
                if serving.lock().over {
                    return;
                }
                let ended = client.and_then(|client| serving.serve(&client));
                let mut state = serving.lock();
                let sent = state.sent;
                state.story = match ended {
                    Ok(()) => format!("the last client left after {sent} updates"),
                    Err(cause) => format!("the last client left after {sent} updates: {cause}"),
                };
            }
        });
        Self { port, shared, passed }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lets it send so many updates in all.
    pub fn allow(&self, updates: u64) {
        self.shared.lock().most = Some(updates);
        self.shared.changed.notify_all();
    }

    /// Waits until the client has taken in an update.
    pub async fn passed(&mut self) -> Passed {
        while self.passed.try_recv().is_ok() {}
        self.shared.lock().fence = true;
        self.shared.changed.notify_all();
        match timeout(2 * TIMEOUT, self.passed.recv()).await {
            Ok(Some(passed)) => passed,
            _ => panic!("the client takes nothing in; {}", self.shared.lock().story()),
        }
    }

    /// How fast the client takes updates in during `span`, after a time to warm up; `around` is called at the begin and at
    /// the end.
    pub async fn pace(&mut self, warm_up: Duration, span: Duration, mut around: impl AsyncFnMut()) -> Pace {
        self.passed().await;
        sleep(warm_up).await;
        let begin = self.passed().await;
        around().await;
        sleep(span.saturating_sub(begin.at.elapsed())).await;
        let end = self.passed().await;
        around().await;
        Pace { updates: end.updates - begin.updates, time: end.at - begin.at }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.over = true;
        if let Some(client) = &state.client {
            let _ = client.shutdown(Shutdown::Both);
        }
        drop(state);
        // It waits for a client.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl State {
    fn may_send(&self) -> bool {
        self.most.is_none_or(|most| self.sent < most)
    }

    /// Nothing can be sent: there is no request, or no update; and a fence waits for an update, unless there is none.
    fn is_idle(&self) -> bool {
        let is_update_due = self.asked && self.may_send();
        let is_fence_due = self.fence && !self.may_send();
        self.client.is_some() && !is_update_due && !is_fence_due
    }

    fn story(&self) -> String {
        match &self.client {
            Some(_) => format!("it has been sent {} updates", self.sent),
            None if self.story.is_empty() => "none has come".to_owned(),
            None => self.story.clone(),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(self: &Arc<Self>, client: &TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut reader = BufReader::new(client.try_clone()?);
        self.greet(&mut reader, client)?;
        {
            let mut state = self.lock();
            let State { most, fence, over, .. } = *state;
            *state = State { client: Some(client.try_clone()?), most, fence, over, ..State::default() };
        }
        let reading = Arc::clone(self);
        let replies = client.try_clone()?;
        let listener = spawn(move || {
            let ended = reading.listen(&mut reader, &replies);
            reading.lock().client = None;
            reading.changed.notify_all();
            let _ = replies.shutdown(Shutdown::Both);
            ended
        });
        let written = self.write(client);
        let _ = client.shutdown(Shutdown::Both);
        listener.join().unwrap_or(Ok(())).and(written)
    }

    /// The handshake (RFC 6143, sections 7.1 to 7.3).
    fn greet(&self, reader: &mut impl Read, mut client: &TcpStream) -> io::Result<()> {
        client.write_all(b"RFB 003.008\n")?;
        read::<12>(reader)?;
        let kind = if self.security == Security::None { 1 } else { 2 };
        client.write_all(&[1, kind])?;
        read::<1>(reader)?;
        if self.security == Security::AnyPassword {
            client.write_all(&[7; 16])?;
            read::<16>(reader)?;
        }
        client.write_all(&0_u32.to_be_bytes())?;
        read::<1>(reader)?;
        let (width, height) = self.load.size;
        let mut init = [width.to_be_bytes(), height.to_be_bytes()].concat();
        // 32 bits a pixel, depth 24, little-endian, true colour, 255 of each; blue first.
        init.extend([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
        init.extend(4_u32.to_be_bytes());
        init.extend(b"load");
        client.write_all(&init)
    }

    fn write(&self, mut client: &TcpStream) -> io::Result<()> {
        let mut due = Instant::now();
        loop {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let state = self.lock();
            let mut state =
                self.changed.wait_while(state, |state| state.is_idle()).unwrap_or_else(PoisonError::into_inner);
            if state.client.is_none() {
                return Ok(());
            }
            let update = (state.asked && state.may_send()).then_some(state.sent);
            if update.is_some() {
                state.asked = false;
                state.sent += 1;
            }
            let fence = std::mem::take(&mut state.fence).then_some(state.sent);
            drop(state);
            if let Some(number) = update {
                // Who was late is not made up for, as on a desktop.
                due = due.max(Instant::now() - self.interval) + self.interval;
                client.write_all(self.update(number))?;
            }
            if let Some(count) = fence {
                client.write_all(&fence_message(FENCE_REQUEST | FENCE_BLOCK_BEFORE, &count.to_be_bytes()))?;
            }
        }
    }

    fn update(&self, number: u64) -> &[u8] {
        match number.checked_sub(1) {
            None => &self.load.first,
            Some(number) => &self.load.rest[number as usize % self.load.rest.len()],
        }
    }

    fn listen(&self, reader: &mut impl Read, mut client: &TcpStream) -> io::Result<()> {
        let other = |what: String| Err(io::Error::other(what));
        loop {
            let kind = match read::<1>(reader) {
                Ok([kind]) => kind,
                Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(cause) => return Err(cause),
            };
            match kind {
                SET_PIXEL_FORMAT => {
                    let format = read::<19>(reader)?;
                    let wanted = order(&format[3..]);
                    if wanted != Some(self.load.order) {
                        return other(format!("it wants other pixels than there are: {:?}", &format[3..]));
                    }
                }
                SET_ENCODINGS => {
                    let [_, high, low] = read::<3>(reader)?;
                    let count = u16::from_be_bytes([high, low]);
                    let numbers = (0..count).map(|_| read::<4>(reader).map(i32::from_be_bytes));
                    if !numbers.collect::<io::Result<Vec<_>>>()?.contains(&FENCE_ENCODING) {
                        return other("it does not know fences".to_owned());
                    }
                }
                UPDATE_REQUEST => {
                    read::<9>(reader)?;
                    self.lock().asked = true;
                    self.changed.notify_all();
                }
                FENCE => {
                    let header = read::<8>(reader)?;
                    let flags = u32::from_be_bytes([header[3], header[4], header[5], header[6]]);
                    let payload = bytes(reader, header[7].into())?;
                    if flags & FENCE_REQUEST != 0 {
                        client.write_all(&fence_message(flags & !FENCE_REQUEST, &payload))?;
                    } else if let Ok(count) = payload.try_into() {
                        let passed = Passed { updates: u64::from_be_bytes(count), at: Instant::now() };
                        let _ = self.passed.send(passed);
                    }
                }
                KEY => skip(reader, 7)?,
                POINTER => skip(reader, 5)?,
                CUT_TEXT => {
                    skip(reader, 3)?;
                    let length = i32::from_be_bytes(read(reader)?);
                    skip(reader, length.unsigned_abs().into())?;
                }
                SET_DESKTOP_SIZE => {
                    let header = read::<7>(reader)?;
                    skip(reader, 16 * u64::from(header[5]))?;
                }
                QEMU => skip(reader, 11)?,
                kind => return other(format!("it sends a message of kind {kind}")),
            }
        }
    }
}

/// In which order a pixel format (RFC 6143, section 7.4) has the colours; none where it is another than those here.
fn order(format: &[u8]) -> Option<Order> {
    match format[..13] {
        [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16] => Some(Order::Rgbx),
        [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0] => Some(Order::Bgrx),
        _ => None,
    }
}

fn fence_message(flags: u32, payload: &[u8]) -> Vec<u8> {
    let mut message = vec![FENCE, 0, 0, 0];
    message.extend(flags.to_be_bytes());
    message.push(payload.len() as u8);
    message.extend(payload);
    message
}

fn read<const N: usize>(reader: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn bytes(reader: &mut impl Read, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn skip(reader: &mut impl Read, count: u64) -> io::Result<()> {
    io::copy(&mut reader.take(count), &mut io::sink()).map(drop)
}

fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    thread::Builder::new().name(THREAD.to_owned()).spawn(work).expect("a thread")
}
