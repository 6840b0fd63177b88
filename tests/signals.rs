//! What a server's screen shows so that a viewer's pace can be seen on our display: squares that change their colour.

use crate::desk::{self, Process, Screen};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Sender, TryRecvError},
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

/// A square that has one of two colours in turn.
#[derive(Clone, Copy)]
pub struct Signal {
    /// Of its upper left corner on the server's screen, and its side.
    place: (i16, i16),
    colours: [[u8; 3]; 2],
}

const SIDE: u16 = 64;
/// Answers each key.
pub const ANSWER: Signal = Signal { place: (900, 40), colours: [[0xe0, 0x10, 0x10], [0x10, 0x10, 0xe0]] };
/// Changes thirty times a second.
pub const CLOCK: Signal = Signal { place: (900, 140), colours: [[0xe0, 0xe0, 0x10], [0xe0, 0x10, 0xe0]] };

/// Where a signal is on our screen.
pub struct Found {
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

    /// Where it is; none where it is not seen.
    pub fn find(&self, screen: &Screen) -> Option<Found> {
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
    /// Which of its colours it has, if any.
    pub fn now(&self, screen: &Screen) -> Option<usize> {
        self.signal.which(screen.row(self.row)[self.column])
    }

    /// Presses the key of this keycode, and returns after how long the colour is another one. `viewer` is whose log is told where it
    /// stays as it is.
    pub async fn to_a_key(&self, screen: &Screen, keycode: u8, viewer: &Process) -> Duration {
        let before = self.now(screen);
        let pressed = Instant::now();
        screen.press(keycode);
        while self.now(screen) == before {
            assert!(pressed.elapsed() < desk::TIMEOUT, "no answer to a key\n{}", viewer.log());
            sleep(Duration::from_millis(1)).await;
        }
        pressed.elapsed()
    }
}

/// What is on the server's screen: a photograph, and from a moment on the signals.
pub struct Signals {
    /// Begins them; they end with it.
    begin: Sender<Shown>,
    /// When the last key was there.
    arrived: Arc<Mutex<Option<Instant>>>,
    thread: JoinHandle<()>,
}

/// What goes on beside what answers keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// A film of 320x180, ten pictures a second, and the clock.
    Film,
    /// Nothing.
    Still,
}

impl Signals {
    /// Draws the photograph all over the server's screen, which has this size.
    pub fn before_a_photograph(display: &str, size: (u16, u16)) -> Self {
        let (connection, number) = RustConnection::connect(Some(display)).expect("an X display");
        let root = connection.setup().roots[number].root;
        let pixmap = connection.generate_id().expect("an id");
        connection.create_pixmap(24, pixmap, root, size.0, size.1).expect("a pixmap");
        let graphics = connection.generate_id().expect("an id");
        connection.create_gc(graphics, root, &CreateGCAux::new()).expect("a graphics context");
        draw(&connection, pixmap, graphics, size, (0, 0), 1);
        let background = ChangeWindowAttributesAux::new().background_pixmap(pixmap);
        connection.change_window_attributes(root, &background).expect("a root");
        connection.clear_area(false, root, 0, 0, 0, 0).expect("a root");
        connection.get_input_focus().expect("an X display").reply().expect("an X display");

        let (begin, begins) = mpsc::channel();
        let arrived = Arc::new(Mutex::new(None));
        let arrives = Arc::clone(&arrived);
        let thread = thread::spawn(move || {
            if let Ok(shown) = begins.recv() {
                move_on(&connection, root, graphics, shown, &arrives, || {
                    matches!(begins.try_recv(), Err(TryRecvError::Disconnected))
                });
            }
        });
        Self { begin, arrived, thread }
    }

    /// When the last key was at the machine.
    pub fn key_arrived(&self) -> Option<Instant> {
        *self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn begin(&self, shown: Shown) {
        self.begin.send(shown).expect("they have not ended");
    }

    pub fn end(self) {
        drop(self.begin);
        self.thread.join().expect("they went on to their end");
    }
}

fn move_on(
    connection: &RustConnection,
    root: u32,
    graphics: u32,
    shown: Shown,
    arrived: &Mutex<Option<Instant>>,
    has_ended: impl Fn() -> bool,
) {
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
    while !has_ended() {
        let next = std::time::Instant::now() + STEP;
        turn += 1;
        if shown == Shown::Film {
            show(clock, CLOCK, turn);
            if turn % 3 == 0 {
                draw(connection, root, graphics, (320, 180), (40, 60), turn);
            }
        }
        connection.flush().expect("an X display");
        while std::time::Instant::now() < next {
            while let Some(event) = connection.poll_for_event().expect("an X display") {
                if let Event::KeyPress(_) = event {
                    keys += 1;
                    *arrived.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
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
