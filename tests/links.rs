//! Numbers, not tests: Portlight and TigerVNC's viewer over links that are narrow, long, or both. `cargo xtask links`.
//!
//! The link's width is tc's token bucket between two network name spaces, its length a cable of our own that delivers later,
//! as the kernel's own delay (netem) is not everywhere. What is to be seen is looked at on the display, so the same is
//! measured of both.

use crate::{
    desk::{self, Counter, Desk, Far, Screen, Server, until},
    measure::list,
};
use serde_json::json;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use x11rb::{
    COPY_DEPTH_FROM_PARENT,
    connection::Connection,
    protocol::{
        Event,
        xproto::{
            ChangeWindowAttributesAux, ConnectionExt, CreateGCAux, CreateWindowAux, EventMask, ImageFormat, InputFocus,
            WindowClass,
        },
    },
    rust_connection::RustConnection,
};

const RATES: [&str; 3] = ["1mbit", "10mbit", "100mbit"];
const ROUND_TRIPS: [u64; 3] = [1, 20, 100];
const SIZE: (u16, u16) = (1024, 640);
/// Rows of our screen that go through the server's picture wherever a window manager puts it.
const ROWS: [i16; 3] = [300, 420, 540];
/// A toolbar's handle or a pointer may cover the rest.
const FULL: usize = SIZE.0 as usize * 95 / 100;
/// Before anything is counted: TigerVNC's viewer changes its encoding meanwhile, Portlight its quality.
const SETTLES: Duration = Duration::from_secs(6);
const COUNTS: Duration = Duration::from_secs(6);
const KEYS: u32 = 8;
/// Keycodes of Return and of the letter a, on every keyboard that X has.
const RETURN: u8 = 36;
const LETTER: u8 = 38;

/// What was seen of one viewer over one link.
struct Seen {
    /// Until the whole photograph was there, and the bytes that the server had said by then.
    first: (Duration, u64),
    frames: f64,
    answer: Duration,
    rate: f64,
}

#[tokio::test]
#[ignore = "a measurement: cargo xtask links"]
async fn over_links_of_all_kinds() {
    let mut table = String::from(
        "| link | round trip, ms | viewer | to the picture, ms | kB for it | pictures/s | key to pixel, ms | kB/s |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for rate in RATES {
        for round_trip in ROUND_TRIPS {
            for portlight in [false, true] {
                let seen = over(rate, Duration::from_millis(round_trip), portlight).await;
                table += &format!(
                    "| {rate} | {round_trip} | {} | {} | {} | {:.1} | {} | {:.0} |\n",
                    if portlight { "Portlight" } else { "vncviewer" },
                    seen.first.0.as_millis(),
                    seen.first.1 / 1000,
                    seen.frames,
                    seen.answer.as_millis(),
                    seen.rate,
                );
            }
        }
    }
    println!("\n{table}");
}

async fn over(rate: &str, round_trip: Duration, portlight: bool) -> Seen {
    let desk = Desk::of("over_links_of_all_kinds").open().await;
    let far = Far::at(rate);
    let server = Server::start_far(&desk, &far).await;
    let load = Load::start(&server.display.name);
    let server = SocketAddr::new(Far::ADDRESS.parse().expect("an address"), server.port());
    let counter = Counter::far_before(server, round_trip);
    let host = json!({ "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01", "name": "Far", "address": counter.address() });
    desk.write_hosts(&json!({ "version": 1, "hosts": [host] }).to_string());
    let screen = Screen::of(&desk);

    let began;
    let program = if portlight {
        let list = list(&desk).await;
        began = Instant::now();
        screen.press(RETURN);
        list
    } else {
        began = Instant::now();
        let address = counter.address().replace(':', "::");
        desk.spawn("vncviewer", desk.command("vncviewer").args(["-SecurityTypes", "None", &address]))
    };
    while ROWS.map(|row| screen.row(row).into_iter().filter(is_picture).count()).iter().any(|&count| count < FULL) {
        assert!(began.elapsed() < desk::TIMEOUT, "no picture came\n{}", program.log());
        sleep(Duration::from_millis(2)).await;
    }
    let first = (began.elapsed(), counter.bytes());

    load.go_on();
    let answer = until("the window that answers keys", async || ANSWER.find(&screen)).await;
    let clock = until("the clock", async || CLOCK.find(&screen)).await;
    sleep(SETTLES).await;
    let (bytes, since) = (counter.bytes(), Instant::now());
    let (mut frames, mut last) = (0, None);
    while since.elapsed() < COUNTS {
        let now = clock.now(&screen);
        frames += u32::from(now != last);
        last = now;
        sleep(Duration::from_millis(4)).await;
    }
    let rate = (counter.bytes() - bytes) as f64 / since.elapsed().as_secs_f64() / 1000.0;
    let mut answers = Vec::new();
    for _ in 0..KEYS {
        let before = answer.now(&screen);
        let pressed = Instant::now();
        screen.press(LETTER);
        while answer.now(&screen) == before {
            assert!(pressed.elapsed() < desk::TIMEOUT, "no answer to a key\n{}", program.log());
            sleep(Duration::from_millis(1)).await;
        }
        answers.push(pressed.elapsed());
        sleep(Duration::from_millis(150)).await;
    }
    answers.sort();
    program.kill();
    program.end().await;
    load.end();
    Seen { first, frames: f64::from(frames) / COUNTS.as_secs_f64(), answer: answers[answers.len() / 2], rate }
}

/// A pixel of the photograph, which is green all over, as no program's window is.
fn is_picture(&[red, green, blue]: &[u8; 3]) -> bool {
    green > red.saturating_add(40) && green > blue.saturating_add(40)
}

/// A square that has one of two colours in turn.
#[derive(Clone, Copy)]
struct Signal {
    /// Of its upper left corner on the server's screen, and its side.
    place: (i16, i16),
    colours: [[u8; 3]; 2],
}

const SIDE: u16 = 64;
/// Answers each key.
const ANSWER: Signal = Signal { place: (900, 40), colours: [[0xe0, 0x10, 0x10], [0x10, 0x10, 0xe0]] };
/// Changes thirty times a second.
const CLOCK: Signal = Signal { place: (900, 140), colours: [[0xe0, 0xe0, 0x10], [0xe0, 0x10, 0xe0]] };

/// Where a signal is on our screen.
struct Found {
    row: i16,
    column: usize,
    signal: Signal,
}

impl Signal {
    /// Which of its colours this is, give or take what JPEG loses.
    fn which(&self, pixel: [u8; 3]) -> Option<usize> {
        let near = |colour: [u8; 3]| colour.iter().zip(pixel).all(|(one, other)| one.abs_diff(other) < 56);
        self.colours.into_iter().position(near)
    }

    fn find(&self, screen: &Screen) -> Option<Found> {
        // Two rows of it: what is in the picture by chance is not so high.
        let run = |row: i16| {
            let row = screen.row(row);
            (0..row.len().checked_sub(usize::from(SIDE) / 2)?)
                .find(|&at| row[at..at + usize::from(SIDE) / 2].iter().all(|&pixel| self.which(pixel).is_some()))
        };
        (40..600).step_by(16).find_map(|row| {
            let (column, _) = run(row).zip(run(row + 8))?;
            Some(Found { row: row + 4, column: column + usize::from(SIDE) / 4, signal: *self })
        })
    }
}

impl Found {
    fn now(&self, screen: &Screen) -> Option<usize> {
        self.signal.which(screen.row(self.row)[self.column])
    }
}

/// What is on the server's screen: a photograph; later a film of 320x180, ten pictures a second, the clock, and what answers.
struct Load {
    goes_on: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Load {
    fn start(display: &str) -> Self {
        let (connection, number) = RustConnection::connect(Some(display)).expect("an X display");
        let root = connection.setup().roots[number].root;
        let pixmap = connection.generate_id().expect("an id");
        connection.create_pixmap(24, pixmap, root, SIZE.0, SIZE.1).expect("a pixmap");
        let graphics = connection.generate_id().expect("an id");
        connection.create_gc(graphics, root, &CreateGCAux::new()).expect("a graphics context");
        draw(&connection, pixmap, graphics, SIZE, (0, 0), 1);
        let background = ChangeWindowAttributesAux::new().background_pixmap(pixmap);
        connection.change_window_attributes(root, &background).expect("a root");
        connection.clear_area(false, root, 0, 0, 0, 0).expect("a root");
        connection.get_input_focus().expect("an X display").reply().expect("an X display");

        let [goes_on, ended] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let (may_go_on, ends) = (Arc::clone(&goes_on), Arc::clone(&ended));
        let thread = thread::spawn(move || {
            while !may_go_on.load(Ordering::Relaxed) && !ends.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(5));
            }
            move_on(&connection, root, graphics, &ends);
        });
        Self { goes_on, ended, thread }
    }

    fn go_on(&self) {
        self.goes_on.store(true, Ordering::Relaxed);
    }

    fn end(self) {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().expect("the load ran to its end");
    }
}

fn move_on(connection: &RustConnection, root: u32, graphics: u32, ends: &AtomicBool) {
    const STEP: Duration = Duration::from_millis(33);
    let square = |signal: Signal, events: EventMask| {
        let window = connection.generate_id().expect("an id");
        let looks =
            CreateWindowAux::new().background_pixel(number(signal.colours[0])).event_mask(events).override_redirect(1);
        let (x, y) = signal.place;
        connection
            .create_window(
                COPY_DEPTH_FROM_PARENT,
                window,
                root,
                x,
                y,
                SIDE,
                SIDE,
                0,
                WindowClass::INPUT_OUTPUT,
                0,
                &looks,
            )
            .and_then(|_| connection.map_window(window))
            .expect("a window");
        window
    };
    let answer = square(ANSWER, EventMask::KEY_PRESS);
    let clock = square(CLOCK, EventMask::NO_EVENT);
    connection.set_input_focus(InputFocus::PARENT, answer, x11rb::CURRENT_TIME).expect("a focus");
    let show = |window, signal: Signal, turn: usize| {
        let looks = ChangeWindowAttributesAux::new().background_pixel(number(signal.colours[turn % 2]));
        let shown = connection.change_window_attributes(window, &looks).map(|_| ());
        shown.and_then(|()| connection.clear_area(false, window, 0, 0, 0, 0).map(|_| ())).expect("a window");
    };
    let (mut turn, mut keys) = (0, 0);
    while !ends.load(Ordering::Relaxed) {
        let next = std::time::Instant::now() + STEP;
        turn += 1;
        show(clock, CLOCK, turn);
        if turn % 3 == 0 {
            draw(connection, root, graphics, (320, 180), (40, 60), turn);
        }
        connection.flush().expect("an X display");
        while std::time::Instant::now() < next {
            while let Some(event) = connection.poll_for_event().expect("an X display") {
                if let Event::KeyPress(_) = event {
                    keys += 1;
                    show(answer, ANSWER, keys);
                    connection.flush().expect("an X display");
                }
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Draws something like a photograph: smooth, with some noise, all of it green.
fn draw(
    connection: &RustConnection,
    onto: u32,
    graphics: u32,
    (width, height): (u16, u16),
    at: (i16, i16),
    seed: usize,
) {
    let mut noise = (seed as u32).wrapping_mul(2_654_435_761) | 1;
    let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(height) * 4);
    for y in 0..u32::from(height) {
        for x in 0..u32::from(width) {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let wave = ((f64::from(x) / 37.0 + seed as f64).sin() + (f64::from(y) / 53.0).cos()) * 20.0;
            let shade = wave as i32 + (noise >> 28) as i32;
            let [red, green, blue] = [50, 170, 60].map(|base: i32| (base + shade).clamp(0, 255) as u8);
            pixels.extend([blue, green, red, 0]);
        }
    }
    for (row, part) in pixels.chunks(usize::from(width) * 4 * 32).enumerate() {
        let (x, y) = (at.0, at.1 + row as i16 * 32);
        let rows = (part.len() / (usize::from(width) * 4)) as u16;
        connection
            .put_image(ImageFormat::Z_PIXMAP, onto, graphics, width, rows, x, y, 0, 24, part)
            .expect("a drawable");
    }
}

fn number([red, green, blue]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, red, green, blue])
}
