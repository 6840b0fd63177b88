//! An X display of a test's own, and what a person does and sees there.

use super::{
    process::{Process, run, succeed},
    wait::{PATIENCE, PAUSE, until},
};
use image::RgbImage;
use std::{
    error::Error,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Instant,
};
use x11rb::{
    connection::Connection,
    protocol::xproto::{ClientMessageEvent, ConnectionExt, EventMask, ImageFormat},
    rust_connection::RustConnection,
};

/// A running X server: one that shows nothing to anybody, or one that VNC shows.
pub struct Display {
    /// As the environment variable DISPLAY has it.
    pub name: String,
    process: Arc<Process>,
}

impl Display {
    /// Starts an X server, which chooses its number itself, and waits until it takes clients.
    pub async fn start(name: &str, command: &mut Command) -> Self {
        // Without -noreset it would start anew when its last client leaves, and turn away who comes in that moment.
        let process = Process::start(name, command.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"]));
        let number: u32 = process.hear("its display number", |line| line.parse().ok()).await;
        Self { name: format!(":{number}"), process }
    }

    /// The X server.
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }

    /// Waits for a window manager.
    pub async fn until_managed(&self) {
        // `xprop -spy` would tell, but not of a property whose name nobody has used yet.
        until("a window manager", async || {
            let said = run(self.client("xprop").args(["-root", "_NET_SUPPORTING_WM_CHECK"]), b"").stdout;
            String::from_utf8_lossy(&said).contains("window id").then_some(())
        })
        .await;
    }

    /// What is to be seen, without the pointer.
    pub fn picture(&self) -> RgbImage {
        self.try_picture().expect("a picture of the display")
    }

    /// The same, if that can be.
    pub fn try_picture(&self) -> Option<RgbImage> {
        let (connection, number) = RustConnection::connect(Some(&self.name)).ok()?;
        let screen = connection.setup().roots.get(number)?;
        let (width, height) = (screen.width_in_pixels, screen.height_in_pixels);
        let image = connection.get_image(ImageFormat::Z_PIXMAP, screen.root, 0, 0, width, height, !0).ok()?;
        let pixels = image.reply().ok()?.data;
        // Blue, green, red and nothing, as each X server of today has it on a machine of today.
        let colours = pixels.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        RgbImage::from_raw(width.into(), height.into(), colours)
    }

    /// Types on the keyboard.
    pub fn type_text(&self, text: &str) {
        self.xdotool(&["type", "--delay", "30", text]);
    }

    /// Presses keys together, in the words of the program xdotool.
    pub fn press(&self, keys: &str) {
        self.xdotool(&["key", keys]);
    }

    /// Whether a window of this title is to be seen.
    pub fn has_window(&self, title: &str) -> bool {
        self.windows().iter().any(|other| other == title)
    }

    /// The titles of all windows that are to be seen.
    pub fn windows(&self) -> Vec<String> {
        let search = ["search", "--onlyvisible", "--name", ".", "getwindowname", "%@"];
        let titles = run(self.client("xdotool").args(search), b"").stdout;
        String::from_utf8_lossy(&titles).lines().map(str::to_owned).collect()
    }

    /// Waits for the window of this title, and gives it the focus.
    pub fn focus(&self, title: &str) {
        self.find(&["--name", &format!("^{title}$"), "windowactivate", "--sync"]);
    }

    /// Waits for a window of this class.
    pub fn wait_for(&self, class: &str) {
        self.find(&["--class", class]);
    }

    /// Finds a window that is to be seen, and does with it what the last words say. The program xdotool could wait by
    /// itself, but stumbles over any window that goes while it looks at all of them.
    fn find(&self, words: &[&str]) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let output = run(self.client("xdotool").args(["search", "--onlyvisible"]).args(words), b"");
            if output.status.success() {
                return String::from_utf8_lossy(&output.stdout).into_owned();
            }
            assert!(Instant::now() < deadline, "no window {words:?} came");
            thread::sleep(PAUSE);
        }
    }

    /// Closes the window of this title, as its button for that does.
    pub fn close_window(&self, title: &str) {
        let found = self.find(&["--name", &format!("^{title}$")]);
        let window: u32 = found.split_whitespace().next().and_then(|id| id.parse().ok()).expect("a window's id");
        self.ask_window_manager("_NET_CLOSE_WINDOW", window).expect("an X display");
    }

    /// Asks in the way of programs that are no window managers (EWMH, "Root Window Messages").
    fn ask_window_manager(&self, message: &str, window: u32) -> Result<(), Box<dyn Error>> {
        let (connection, screen) = RustConnection::connect(Some(&self.name))?;
        let root = connection.setup().roots[screen].root;
        let message = connection.intern_atom(false, message.as_bytes())?.reply()?.atom;
        let event = ClientMessageEvent::new(32, window, message, [0; 5]);
        let listeners = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_REDIRECT;
        connection.send_event(false, root, listeners, event)?.check()?;
        Ok(())
    }

    /// Paints the background behind all windows.
    pub fn paint(&self, [red, green, blue]: [u8; 3]) {
        let colour = format!("#{red:02x}{green:02x}{blue:02x}");
        succeed(self.client("xsetroot").args(["-solid", &colour]), b"");
    }

    /// Copies text, in another program.
    pub fn copy(&self, text: &str) {
        // It stays behind, to answer those who paste, until the display or its text is gone: it must not hold our pipes.
        let mut shell = self.client("sh");
        shell.args(["-c", "printf %s \"$0\" | xclip -selection clipboard", text]);
        let status = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.expect("a shell").success(), "xclip did not copy");
    }

    /// What another program would paste; none where there is nothing.
    pub fn paste(&self) -> Option<String> {
        let output = run(self.client("xclip").args(["-selection", "clipboard", "-out"]), b"");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn xdotool(&self, words: &[&str]) {
        succeed(self.client("xdotool").args(words), b"");
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", super::path()).env("DISPLAY", &self.name).env("LANG", "C.UTF-8");
        command
    }
}
