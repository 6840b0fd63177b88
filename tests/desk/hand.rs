//! A display with a touch screen and a pen: an Xorg whose devices are its driver `inputtest`, which is told what a hand does. XTEST, which xdotool
//! speaks, has a mouse and a keyboard only.

use super::display::Display;
use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

/// The display's width and height.
const SIZE: (u16, u16) = (1400, 900);
/// The end of both of the driver's axes.
const AXIS: f64 = 65_535.0;
/// Axes that an event may have.
const AXES: usize = 64;

// Kinds of messages of the driver's protocol, xf86-input-inputtest-protocol.h in the sources of Xorg.
const VERSION: u32 = 0;
const SYNC: u32 = 1;
const MOTION: u32 = 2;
const PROXIMITY: u32 = 3;
const BUTTON: u32 = 4;
const TOUCH: u32 = 6;

/// What a finger does, as XInput 2 counts it.
#[derive(Clone, Copy)]
pub enum Touch {
    /// It comes down.
    Begin = 18,
    /// It moves.
    Update = 19,
    /// It goes up.
    End = 20,
}

/// A place on the display.
pub type Place = (i32, i32);

/// The hand at the display.
pub struct Hand {
    touch: Mutex<UnixStream>,
    pen: Mutex<UnixStream>,
}

impl Hand {
    /// Starts such a display; `xorg` is the program, without arguments, and `folder` is for its files.
    pub async fn start(xorg: &mut Command, folder: &Path) -> (Display, Self) {
        let [configuration, log, touch, pen] = ["xorg.conf", "xorg.log", "touch", "pen"].map(|name| folder.join(name));
        std::fs::write(&configuration, configured(&touch, &pen)).expect("a folder");
        // It is nobody's seat, so no terminal is switched for it.
        xorg.arg("-config").arg(configuration).arg("-logfile").arg(log).args(["-novtswitch", "-sharevts", "vt7"]);
        let display = Display::start("Xorg", xorg).await;
        let hand = Self { touch: Mutex::new(connected(&touch)), pen: Mutex::new(connected(&pen)) };
        (display, hand)
    }

    /// A finger, by its number, does something there.
    pub fn touch(&self, finger: u32, what: Touch, place: Place) {
        say(&self.touch, TOUCH, &[finger, what as u32], place, None);
    }

    /// Fingers go straight from here to there, together, in so many steps.
    pub fn drag_all(&self, ways: &[(Place, Place)], steps: i32) {
        let fingers = || (1_u32..).zip(ways);
        fingers().for_each(|(finger, (from, _))| self.touch(finger, Touch::Begin, *from));
        for step in 1..=steps {
            for (finger, (from, to)) in fingers() {
                let at = |from: i32, to: i32| from + (to - from) * step / steps;
                self.touch(finger, Touch::Update, (at(from.0, to.0), at(from.1, to.1)));
            }
        }
        fingers().for_each(|(finger, (_, to))| self.touch(finger, Touch::End, *to));
    }

    /// The pen is above this place.
    pub fn hover(&self, place: Place) {
        say(&self.pen, PROXIMITY, &[1, 0], place, None);
        say(&self.pen, MOTION, &[1, 0], place, Some(0.0));
    }

    /// The pen moves on the screen.
    pub fn draw(&self, place: Place) {
        say(&self.pen, MOTION, &[1, 0], place, Some(500.0));
    }

    /// The pen's tip, or one of its buttons, goes down or up.
    pub fn press(&self, button: u32, down: bool, place: Place) {
        say(&self.pen, BUTTON, &[1, button, down.into(), 0], place, Some(if down { 500.0 } else { 0.0 }));
    }
}

/// The driver takes one connection, once.
fn connected(socket: &Path) -> UnixStream {
    let mut stream = UnixStream::connect(socket).expect("a device");
    let version = [[1, 0], [1, 0]].concat();
    stream.write_all(&message(VERSION, &version)).expect("a device");
    stream.read_exact(&mut [0; 12]).expect("the driver's version");
    stream
}

/// Sends an event, and waits until the display has handled it.
fn say(device: &Mutex<UnixStream>, kind: u32, words: &[u32], (x, y): Place, pressure: Option<f64>) {
    let on = |at: i32, size: u16| f64::from(at) * AXIS / f64::from(size - 1);
    let mut axes = [0.0; AXES];
    let mut known = [0_u8; AXES / 8];
    let values = [(0, Some(on(x, SIZE.0))), (1, Some(on(y, SIZE.1))), (4, pressure)];
    for (axis, value) in values.into_iter().filter_map(|(axis, value)| Some((axis, value?))) {
        axes[axis] = value;
        known[0] |= 1 << axis;
    }
    let mut body: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    // No values before acceleration; which axes are known; and what C leaves free before numbers of eight bytes.
    body.extend([&[0; 4][..], &known, &[0; 4]].concat());
    body.extend(axes.iter().chain(&[0.0; AXES]).flat_map(|value| value.to_ne_bytes()));
    let mut stream = device.lock().expect("one hand");
    stream.write_all(&message(kind, &body)).expect("a device");
    stream.write_all(&message(SYNC, &[])).expect("a device");
    stream.read_exact(&mut [0; 8]).expect("a display that goes on");
}

fn message(kind: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 8).expect("a short message");
    [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), body].concat()
}

fn configured(touch: &PathBuf, pen: &PathBuf) -> String {
    let (width, height) = SIZE;
    let device = |name: &str, kind: &str, more: &str| {
        format!(
            "Section \"InputDevice\"\nIdentifier \"{name}\"\nDriver \"inputtest\"\nOption \"DeviceType\" \"{kind}\"\n{more}\nEndSection\n"
        )
    };
    let at = |socket: &PathBuf| format!("Option \"SocketPath\" \"{}\"", socket.display());
    let beside = |name: &str| at(&touch.with_file_name(name));
    [
        "Section \"ServerFlags\"\nOption \"AutoAddDevices\" \"false\"\nEndSection\n".to_owned(),
        "Section \"Device\"\nIdentifier \"card\"\nDriver \"dummy\"\nVideoRam 65536\nEndSection\n".to_owned(),
        format!(
            "Section \"Monitor\"\nIdentifier \"monitor\"\nHorizSync 5-1000\nVertRefresh 5-1000\n\
             Modeline \"only\" 100 {width} 1480 1560 1700 {height} 903 906 940\nEndSection\n"
        ),
        "Section \"Screen\"\nIdentifier \"screen\"\nDevice \"card\"\nMonitor \"monitor\"\nDefaultDepth 24\n\
         SubSection \"Display\"\nDepth 24\nModes \"only\"\nEndSubSection\nEndSection\n"
            .to_owned(),
        device("mouse", "Pointer", &format!("{}\nOption \"CorePointer\"", beside("mouse"))),
        device("keyboard", "Keyboard", &format!("{}\nOption \"CoreKeyboard\"", beside("keyboard"))),
        device("touch", "Touch", &at(touch)),
        device("pen", "PointerAbsoluteProximity", &format!("{}\nOption \"PointerHasPressure\" \"true\"", at(pen))),
        "Section \"ServerLayout\"\nIdentifier \"layout\"\nScreen \"screen\"\nInputDevice \"mouse\"\nInputDevice \"keyboard\"\n\
         InputDevice \"touch\"\nInputDevice \"pen\"\nEndSection\n"
            .to_owned(),
    ]
    .concat()
}
