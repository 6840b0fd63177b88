//! A server that sends without being asked and without an end: Portlight's memory does not grow, and keys are not delayed.
//!
//! Three seconds of each flood; `PORTLIGHT_FLOOD_SECONDS` says otherwise, and the numbers are printed.

use crate::desk::{App, Desk, Memory, TIMEOUT, address, greet, until};
use image::RgbImage;
use std::{
    env,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpSocket,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{sleep, timeout},
};

#[tokio::test]
async fn a_flood_of_bells() {
    flood("a_flood_of_bells", |_| vec![BELL; 4 * 1024]).await;
}

#[tokio::test]
async fn a_flood_of_small_rectangles() {
    flood("a_flood_of_small_rectangles", |_| {
        let mut update = update(10_000);
        for number in 0..10_000 {
            // Beside the square that answers keys.
            let (x, y) = (SQUARE + number % (WIDTH - SQUARE), number / 100);
            update.extend(raw(x, y, 1, 1, [number as u8, 0, (number >> 8) as u8]));
        }
        update
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_full_frames() {
    flood("a_flood_of_full_frames", |answer| {
        let mut frame = update(1);
        frame.extend(raw(0, 0, WIDTH, HEIGHT, answer));
        frame
    })
    .await;
}

/// Portlight's processes may hold so much more than before the flood.
const MAX_GROWTH_KIB: u64 = 100 * 1024;
/// From the key on the keyboard to its arrival at the server, half of the time.
const MAX_DELAY: Duration = Duration::from_millis(250);

async fn flood(name: &'static str, flood: impl Fn([u8; 3]) -> Vec<u8> + Send + 'static) {
    let desk = Desk::of(name).open().await;
    let mut server = Server::start(flood);
    let app = App::start(&desk, &[&address(server.port)]).await;
    let viewer = app.viewer(&address(server.port)).await;
    viewer.until_state("live").await;
    let middle = until("the first picture", async || middle(&desk.display().picture(), colour(0))).await;
    let shows = |keys| desk.display().pixel(middle).is_some_and(|seen| is(seen, colour(keys)));

    let before = Memory::of(app.pid()).written();
    let (began, seconds) = (Instant::now(), seconds());
    server.shared.floods.store(true, Ordering::Relaxed);
    let (mut growth, mut delays, mut answers) = (0, Vec::new(), Vec::new());
    while began.elapsed() < seconds {
        let pressed = Instant::now();
        desk.display().press("x");
        let arrived = timeout(TIMEOUT, server.keys.recv()).await.expect("the key").expect("a server");
        delays.push(arrived - pressed);
        let keys = server.shared.keys.load(Ordering::Relaxed);
        while !shows(keys) {
            assert!(pressed.elapsed() < TIMEOUT, "the answer to a key does not come");
            sleep(Duration::from_millis(2)).await;
        }
        answers.push(pressed.elapsed());
        growth = growth.max(Memory::of(app.pid()).written().saturating_sub(before));
        sleep(Duration::from_millis(200)).await;
    }
    delays.sort();
    answers.sort();
    let sent = server.shared.sent.load(Ordering::Relaxed) as f64 / (1024.0 * 1024.0);
    let [half, last] = [delays.len() / 2, delays.len() - 1];
    println!(
        "{name}: {:.0} s, {sent:.0} MiB sent, {:.0} MiB more than before at most; {} keys: at the server after {:.0} ms \
         ({:.0} at most), answered on the screen after {:.0} ms ({:.0} at most)",
        began.elapsed().as_secs_f64(),
        growth as f64 / 1024.0,
        delays.len(),
        ms(delays[half]),
        ms(delays[last]),
        ms(answers[half]),
        ms(answers[last]),
    );
    assert!(growth < MAX_GROWTH_KIB, "{growth} KiB more\n{}", Memory::of(app.pid()));
    assert!(delays[half] < MAX_DELAY, "{delays:?}");
    assert_eq!(viewer.script("return 1").await, 1, "the page answers");
    viewer.until_state("live").await;
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn seconds() -> Duration {
    let set = env::var("PORTLIGHT_FLOOD_SECONDS").ok();
    Duration::from_secs(set.map_or(3, |seconds| seconds.parse().expect("a number of seconds")))
}

const WIDTH: u16 = 1280;
const HEIGHT: u16 = 720;
/// The upper left corner, which shows by its colour how many keys have arrived.
const SQUARE: u16 = 200;
const BELL: u8 = 2;
const RAW: u32 = 0;

/// The begin of an update (RFC 6143, section 7.6.1).
fn update(rectangles: u16) -> Vec<u8> {
    [&[0, 0][..], &rectangles.to_be_bytes()].concat()
}

/// A rectangle of one colour, as noVNC has its pixels.
fn raw(x: u16, y: u16, width: u16, height: u16, [red, green, blue]: [u8; 3]) -> Vec<u8> {
    let mut rectangle: Vec<u8> = [x, y, width, height].into_iter().flat_map(u16::to_be_bytes).collect();
    rectangle.extend(RAW.to_be_bytes());
    rectangle.extend([red, green, blue, 0].repeat(usize::from(width) * usize::from(height)));
    rectangle
}

/// A colour for each number of keys, of which neighbours are far apart.
fn colour(keys: usize) -> [u8; 3] {
    let step = |by: usize| 40 + (keys * by % 6 * 40) as u8;
    [step(1), step(3), 200 - step(2) / 2]
}

/// An RFB 3.8 server for one client, which floods it when it is told to.
struct Server {
    port: u16,
    /// When keys were pressed, as the server has it.
    keys: UnboundedReceiver<Instant>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    floods: AtomicBool,
    keys: AtomicUsize,
    sent: AtomicUsize,
}

impl Server {
    fn start(flood: impl Fn([u8; 3]) -> Vec<u8> + Send + 'static) -> Self {
        let listener = listener().expect("loopback");
        let port = listener.local_addr().expect("a bound socket").port();
        let (press, keys) = unbounded_channel();
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            let (mut client, _) = listener.accept()?;
            client.set_nodelay(true)?;
            greet(&client, (WIDTH, HEIGHT))?;
            let writing = (client.try_clone()?, Arc::clone(&serving));
            thread::spawn(move || write(writing.0, &writing.1, flood));
            listen(&mut client, || {
                serving.keys.fetch_add(1, Ordering::Relaxed);
                let _ = press.send(Instant::now());
            })
        });
        Self { port, keys, shared }
    }
}

/// The middle of what is of a colour.
fn middle(picture: &RgbImage, colour: [u8; 3]) -> Option<(i16, i16)> {
    let places: Vec<_> = picture.enumerate_pixels().filter(|(.., pixel)| is(pixel.0, colour)).collect();
    let (x, y, _) = places.get(places.len() / 2)?;
    (places.len() > 5_000).then_some((*x as i16, *y as i16))
}

fn is(seen: [u8; 3], colour: [u8; 3]) -> bool {
    (0..3).all(|channel| seen[channel].abs_diff(colour[channel]) <= 8)
}

/// Its connections have little room for what is not sent: the answer to a key stands behind that.
fn listener() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_send_buffer_size(128 * 1024)?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let listener = socket.listen(1)?.into_std()?;
    listener.set_nonblocking(false)?;
    Ok(listener)
}

/// Writes the answers to keys, and between them the flood.
fn write(mut client: TcpStream, shared: &Shared, flood: impl Fn([u8; 3]) -> Vec<u8>) -> io::Result<()> {
    let mut answered = usize::MAX;
    let mut wave = Vec::new();
    loop {
        let keys = shared.keys.load(Ordering::Relaxed);
        if keys != answered {
            answered = keys;
            let square = raw(0, 0, SQUARE, SQUARE, colour(keys));
            client.write_all(&[update(1), square].concat())?;
            wave = flood(colour(keys));
        }
        if shared.floods.load(Ordering::Relaxed) {
            client.write_all(&wave)?;
            shared.sent.fetch_add(wave.len(), Ordering::Relaxed);
        } else {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Reads what the client sends (RFC 6143, section 7.5), and tells of each key that goes down.
fn listen(client: &mut impl Read, mut key: impl FnMut()) -> io::Result<()> {
    loop {
        let mut kind = [0];
        client.read_exact(&mut kind)?;
        let length = match kind[0] {
            0 => 19,
            2 => {
                let mut count = [0; 3];
                client.read_exact(&mut count)?;
                4 * usize::from(u16::from_be_bytes([count[1], count[2]]))
            }
            3 => 9,
            4 => 7,
            5 => 5,
            6 => {
                let mut length = [0; 7];
                client.read_exact(&mut length)?;
                u32::from_be_bytes([length[3], length[4], length[5], length[6]]) as usize
            }
            other => return Err(io::Error::other(format!("message {other}"))),
        };
        let mut rest = vec![0; length];
        client.read_exact(&mut rest)?;
        if kind[0] == 4 && rest[0] == 1 {
            key();
        }
    }
}
