//! A private desktop for one test: home, display, session bus, keyring and tray, all gone when the test ends.
//!
//! ```text
//! Desk ─▶ display  Xvfb and a window manager      App ─▶ Page    Portlight, driven over WebDriver
//!      ─▶ bus ─┬▶ keyring                         Server ─▶ display   a VNC server with a shell in it
//!              ├▶ tray                            Scripted          an RFB server that says what a test wants
//!              └▶ reader  what a screen reader is told
//! ```

mod app;
mod bells;
mod bus;
mod display;
mod grabbed;
mod hand;
mod keyring;
mod link;
mod memory;
mod monitors;
mod others;
mod page;
mod picture;
mod portal;
mod process;
mod reader;
mod screen;
mod scripted;
mod seat;
mod server;
mod tray;
mod wait;
mod windows;

pub use app::App;
pub use grabbed::Grabbed;
pub use hand::{Hand, Place, Touch};
pub use keyring::{lock as lock_keyring, passwords, until_passwords};
pub use link::{Counter, Far, is_in_own_network};
pub use memory::Memory;
pub use monitors::{Monitors, set_screens};
pub use others::{Maker, Other, PASSWORD};
pub use page::Page;
pub use picture::{Difference, count};
pub use portal::{Colours, Portal};
pub use process::{Process, family, name, run, signal, succeed, write_program, write_script};
pub use reader::{Part, Reader, State};
pub use screen::{Colour, Drawing, Screen};
pub use scripted::{Scripted, ScriptedViewer, greet};
pub use server::{Certificate, Server, address, free_port};
pub use wait::{TIMEOUT, until};

use bus::Bus;
use display::Display;
use seat::Seat;
use std::{
    env,
    ffi::{OsStr, OsString},
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};
use tempfile::TempDir;
use tray::Tray;

/// The program under test.
pub fn portlight() -> &'static str {
    static PROGRAM: LazyLock<String> =
        LazyLock::new(|| env::var("PORTLIGHT").unwrap_or_else(|_| env!("CARGO_BIN_EXE_portlight").to_owned()));
    &PROGRAM
}

/// What it goes on as to show windows.
pub fn program_with_windows() -> PathBuf {
    Path::new(portlight()).with_file_name("portlight-window")
}

/// What a desk is to have; see [`DeskBuilder::open`].
pub struct DeskBuilder {
    test: &'static str,
    keyring: bool,
    tray: bool,
    bus: bool,
    monitors: u8,
    window_manager: &'static str,
    touched: bool,
}

/// The desktop.
pub struct Desk {
    test: &'static str,
    home: TempDir,
    display: Display,
    /// Where it has several.
    monitors: Option<Monitors>,
    /// Where it has a touch screen and a pen.
    hand: Option<Hand>,
    bus: Option<Bus>,
    tray: Option<Tray>,
    /// A screen reader listens.
    is_read: AtomicBool,
    processes: Mutex<Vec<Arc<Process>>>,
    /// Given up when all else has gone.
    _seat: Arc<Seat>,
}

impl Desk {
    /// A desk for the test of this name, with a bus and an open keyring, without a tray.
    pub fn of(test: &'static str) -> DeskBuilder {
        DeskBuilder {
            test,
            keyring: true,
            tray: false,
            bus: true,
            monitors: 1,
            window_manager: "openbox",
            touched: false,
        }
    }

    /// The user's home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The session bus.
    pub fn bus(&self) -> &Bus {
        self.bus.as_ref().expect("this desk has no bus")
    }

    /// A tray that comes when it is asked for, on a desk without one.
    pub async fn start_tray(&self) -> Tray {
        Tray::start(self.bus()).await
    }

    /// A screen reader, for what starts later.
    pub async fn start_reader(&self) -> Reader {
        self.is_read.store(true, Ordering::Relaxed);
        Reader::start(self).await
    }

    /// The tray.
    pub fn tray(&self) -> &Tray {
        self.tray.as_ref().expect("this desk has no tray")
    }

    /// Where Portlight keeps the list of hosts.
    pub fn hosts_file(&self) -> PathBuf {
        self.home().join("config/portlight/hosts.json")
    }

    /// Lays a list of hosts there, before Portlight starts.
    pub fn write_hosts(&self, text: &str) {
        let file = self.hosts_file();
        fs::create_dir_all(file.parent().expect("a folder")).expect("a home");
        fs::write(file, text).expect("a home");
    }

    /// Chooses rows for the list, before Portlight starts.
    pub fn prefer_rows(&self) {
        self.prefer(r#"{ "look": "rows", "nearby": "off", "reopening": "never" }"#);
    }

    /// Lays down what the user prefers, before Portlight starts.
    pub fn prefer(&self, preferences: &str) {
        let file = self.hosts_file().with_file_name("preferences.json");
        fs::create_dir_all(file.parent().expect("a folder")).expect("a home");
        fs::write(file, preferences).expect("a home");
    }

    /// A program as a user of this desktop would start it.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = command(program, self.home());
        command.env("DISPLAY", &self.display.name);
        let bus = self.bus.as_ref().map_or("unix:path=/nowhere", |bus| &bus.address);
        command.env("DBUS_SESSION_BUS_ADDRESS", bus);
        if self.is_read.load(Ordering::Relaxed) {
            command.env_remove("NO_AT_BRIDGE").env_remove("GTK_A11Y");
        }
        command
    }

    /// Starts a program beside the test.
    pub fn spawn(&self, name: &str, command: &mut Command) -> Arc<Process> {
        let process = Process::start(name, command);
        self.keep(&process);
        process
    }

    /// Ends a process with the desk, and shows what it said when the test fails.
    fn keep(&self, process: &Arc<Process>) {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(process));
    }

    /// Runs `portlight` from a terminal, until it has ended.
    pub fn portlight(&self, arguments: &[&str]) -> Output {
        process::run(self.command(portlight()).args(arguments), b"")
    }

    /// The same, with this on standard input.
    pub fn portlight_with(&self, arguments: &[&str], input: &str) -> Output {
        process::run(self.command(portlight()).args(arguments), input.as_bytes())
    }

    /// The same where there is neither a display nor a session bus, as in a script on another machine.
    pub fn portlight_alone(&self, arguments: &[&str], input: &str) -> Output {
        process::run(command(portlight(), self.home()).args(arguments), input.as_bytes())
    }

    /// The screen, keyboard, mouse and clipboard.
    pub fn display(&self) -> &Display {
        &self.display
    }

    /// Its monitors.
    pub fn monitors(&self) -> &Monitors {
        self.monitors.as_ref().expect("this desk has one monitor")
    }

    /// The hand at its touch screen.
    pub fn hand(&self) -> &Hand {
        self.hand.as_ref().expect("this desk has no touch screen")
    }

    /// All files of the user's in which `bytes` stand.
    pub fn files_with(&self, bytes: &[u8]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.home().to_owned()];
        while let Some(folder) = folders.pop() {
            // Files come and go while programs run.
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(kind) if kind.is_file() => {
                        let text = fs::read(entry.path()).unwrap_or_default();
                        found.extend(text.windows(bytes.len()).any(|part| part == bytes).then(|| entry.path()));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// Keeps what a person needs to understand a failure.
    fn keep_evidence(&self) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("e2e");
        let file = folder.join(self.test);
        let processes = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        let log: Vec<_> = processes.iter().map(|process| process.log()).collect();
        let _ = fs::create_dir_all(&folder);
        let _ = fs::write(file.with_extension("log"), log.join("\n"));
        // Without a display there is no picture, but the panic that is on its way matters more.
        let _ = self.display.try_picture().map(|picture| picture.save(file.with_extension("png")));
        eprintln!("{}\nsee also {}", log.join("\n"), file.with_extension("png").display());
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if thread::panicking() {
            self.keep_evidence();
        }
        let processes = self.processes.get_mut().unwrap_or_else(PoisonError::into_inner);
        processes.iter().rev().for_each(|process| process.kill());
    }
}

impl DeskBuilder {
    /// Without a keyring.
    pub fn without_keyring(self) -> Self {
        Self { keyring: false, ..self }
    }

    /// With a tray.
    pub fn tray(self) -> Self {
        Self { tray: true, ..self }
    }

    /// With several monitors of 700x900, side by side.
    pub fn monitors(self, monitors: u8) -> Self {
        Self { monitors, ..self }
    }

    /// With a touch screen and a pen.
    pub fn touched(self) -> Self {
        Self { touched: true, ..self }
    }

    /// With this window manager in place of openbox.
    pub fn managed_by(self, window_manager: &'static str) -> Self {
        Self { window_manager, ..self }
    }

    /// Without a session bus, and so without a keyring.
    pub fn without_bus(self) -> Self {
        Self { bus: false, keyring: false, ..self }
    }

    /// Sets the desk up.
    pub async fn open(self) -> Desk {
        let seat = Seat::take();
        let home = tempfile::tempdir().expect("a temporary folder");
        let private = |name| DirBuilder::new().mode(0o700).create(home.path().join(name)).expect("a temporary folder");
        ["config", "data", "cache", "run"].into_iter().for_each(private);
        let (mut monitors, mut hand) = (None, None);
        let display = if self.monitors > 1 {
            let (display, several) = Monitors::start(&mut command("Xvnc", home.path()), self.monitors).await;
            monitors = Some(several);
            display
        } else if self.touched {
            let (display, at_it) = Hand::start(&mut command("Xorg", home.path()), home.path()).await;
            hand = Some(at_it);
            display
        } else {
            let mut xvfb = command("Xvfb", home.path());
            Display::start("Xvfb", xvfb.args(["-screen", "0", "1400x900x24"])).await
        };
        let bus = match self.bus {
            true => Some(Bus::start(home.path(), &mut command("dbus-daemon", home.path())).await),
            false => None,
        };
        let mut processes = vec![Arc::clone(display.process())];
        processes.extend(bus.as_ref().map(|bus| Arc::clone(bus.process())));
        let mut desk = Desk {
            test: self.test,
            home,
            display,
            monitors,
            hand,
            bus,
            tray: None,
            is_read: AtomicBool::new(false),
            processes: Mutex::new(processes),
            _seat: seat,
        };
        // No test asks the network in which it happens to run, and few are about what was open before.
        desk.prefer(r#"{ "nearby": "off", "reopening": "never" }"#);
        desk.spawn(self.window_manager, &mut desk.command(self.window_manager));
        desk.display.until_managed().await;
        if self.keyring {
            keyring::start(&desk).await;
        }
        if self.tray {
            desk.tray = Some(Tray::start(desk.bus()).await);
        }
        desk
    }
}

/// A program in a clean environment.
fn command(program: impl AsRef<OsStr>, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", path()).env("HOME", home).current_dir(home);
    for (name, folder) in [
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_RUNTIME_DIR", "run"),
    ] {
        command.env(name, home.join(folder));
    }
    // The accessibility bus is one that our own bus would have to start: only a test with a screen reader has it.
    command.env("LANG", "C.UTF-8").env("NO_AT_BRIDGE", "1").env("GTK_A11Y", "none");
    command
}

fn path() -> OsString {
    env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into())
}
