//! An X display of a test's own, and what a person does and sees there.

use super::{
    bells::Bells,
    process::{Process, run, succeed},
    wait::{until, until_blocking},
    windows::Windows,
};
use image::RgbImage;
use std::{
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

/// A running X server: one without a screen, or one that VNC shows.
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
        let number: u32 = process.wait_for_line("its display number", |line| line.parse().ok()).await;
        Self { name: format!(":{number}"), process }
    }

    /// The X server.
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }

    /// Waits for a window manager.
    pub async fn until_managed(&self) {
        until("a window manager", async || self.windows().are_managed().expect("a display").then_some(())).await;
    }

    /// What is to be seen, without the pointer.
    pub fn picture(&self) -> RgbImage {
        self.try_picture().expect("a picture of the display")
    }

    /// The same, if that can be.
    pub fn try_picture(&self) -> Option<RgbImage> {
        Windows::of(&self.name).and_then(|windows| windows.picture()).ok()
    }

    /// The colour at a place, which costs hardly anything to look at; none where that cannot be.
    pub fn pixel(&self, place: (i16, i16)) -> Option<[u8; 3]> {
        Windows::of(&self.name).and_then(|windows| windows.pixel(place)).ok()
    }

    /// Types on the keyboard.
    pub fn type_text(&self, text: &str) {
        self.xdotool(&["type", "--delay", "30", text]);
    }

    /// Presses keys together, in the words of the program xdotool.
    pub fn press(&self, keys: &str) {
        self.xdotool(&["key", keys]);
    }

    /// Drags what is in the middle of a small window into the upper left corner of the screen, slowly, as a hand does.
    pub fn drag_from(&self, title: &str) {
        self.xdotool(&["search", "--name", &format!("^{title}$"), "windowmove", "900", "100", "windowraise"]);
        self.xdotool(&["mousemove", "1000", "170", "sleep", "0.2", "mousedown", "1"]);
        let way = ["980 190", "900 240", "700 290", "500 300", "400 300", "390 305", "380 310"];
        for (x, y) in way.iter().filter_map(|place| place.split_once(' ')) {
            self.xdotool(&["mousemove", x, y, "sleep", "0.1"]);
        }
        self.xdotool(&["mouseup", "1"]);
    }

    /// Whether a window of this title is to be seen.
    pub fn has_window(&self, title: &str) -> bool {
        self.titles().iter().any(|other| other == title)
    }

    /// The titles of all windows that are to be seen.
    pub fn titles(&self) -> Vec<String> {
        self.windows().titles().expect("a list of windows")
    }

    /// Waits for the window of this title, and gives it the focus.
    pub fn focus(&self, title: &str) {
        until_blocking(&format!("{title} to have the focus"), || {
            self.windows().focus(title).unwrap_or(false).then_some(())
        });
    }

    /// Whether the window of this title has the focus.
    pub fn has_focus(&self, title: &str) -> bool {
        self.windows().has_focus(title).unwrap_or(false)
    }

    /// Minimises the window of this title, as its button for that does.
    pub fn minimise(&self, title: &str) {
        until_blocking(&format!("{title} to be minimised"), || self.windows().minimise(title).ok());
    }

    /// Waits for any window, where there is no window manager.
    pub fn until_used(&self) {
        until_blocking("a window", || self.windows().are_any().unwrap_or(false).then_some(()));
    }

    /// Closes the window of this title, once it is there, as its button for that does.
    pub fn close_window(&self, title: &str) {
        until_blocking(&format!("{title} to close"), || self.windows().close(title).ok());
    }

    /// Gives the window of this title a size, once it is there, in the upper left corner.
    pub fn place(&self, title: &str, size: (u32, u32)) {
        until_blocking(&format!("{title} to be placed"), || self.windows().place(title, size).ok());
    }

    /// Where the window of this title is, its frame not counted: x, y, width, height; none where there is none.
    pub fn place_of(&self, title: &str) -> Option<(i32, i32, i32, i32)> {
        self.windows().place_of(title).ok()
    }

    /// Width and height.
    pub fn size(&self) -> (u16, u16) {
        self.windows().size()
    }

    /// Changes width and height, as a person at this display does.
    pub fn set_size(&self, width: u16, height: u16) {
        succeed(self.client("xrandr").args(["--fb", &format!("{width}x{height}")]), b"");
    }

    /// Where the pointer is.
    pub fn pointer(&self) -> (i32, i32) {
        self.windows().pointer().expect("a pointer")
    }

    /// Moves the pointer.
    pub fn point(&self, x: i32, y: i32) {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
    }

    /// Moves the pointer by so much.
    pub fn shift(&self, right: i32, down: i32) {
        self.xdotool(&["mousemove_relative", "--", &right.to_string(), &down.to_string()]);
    }

    /// Clicks at a place.
    pub fn click(&self, (x, y): (i32, i32)) {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string(), "click", "1"]);
    }

    /// Moves the pointer with a button pressed.
    pub fn drag(&self, button: u8, from: (i32, i32), to: (i32, i32)) {
        let button = button.to_string();
        self.point(from.0, from.1);
        self.xdotool(&["mousedown", &button]);
        // In steps, as a hand does.
        for step in 1..=4 {
            self.point(from.0 + (to.0 - from.0) * step / 4, from.1 + (to.1 - from.1) * step / 4);
        }
        self.xdotool(&["mouseup", &button]);
    }

    /// Paints the background behind all windows.
    pub fn paint(&self, [red, green, blue]: [u8; 3]) {
        let colour = format!("#{red:02x}{green:02x}{blue:02x}");
        succeed(self.client("xsetroot").args(["-solid", &colour]), b"");
    }

    /// Copies text, in another program.
    pub fn copy(&self, text: &str) {
        copy_with(self.client("xclip").args(["-selection", "clipboard"]), text);
    }

    /// Copies a picture of this display, in another program.
    pub fn copy_picture(&self, file: &Path) {
        self.picture().save(file).expect("a folder");
        let mut xclip = self.client("xclip");
        xclip.args(["-selection", "clipboard", "-t", "image/png"]).arg(file);
        let status = xclip.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.expect("xclip").success(), "xclip did not copy");
    }

    /// What another program would paste; none where there is nothing.
    pub fn paste(&self) -> Option<String> {
        let output = run(self.client("xclip").args(["-selection", "clipboard", "-out"]), b"");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Another program begins to paste, and waits until there is something.
    pub fn begin_to_paste(&self) -> Child {
        let mut xclip = self.client("xclip");
        xclip.args(["-selection", "clipboard", "-out"]).stdin(Stdio::null()).stdout(Stdio::piped());
        xclip.spawn().expect("xclip")
    }

    /// Listens to the bell.
    pub fn bells(&self) -> Bells {
        Bells::of(&self.name).expect("a display with XKB")
    }

    fn windows(&self) -> Windows {
        Windows::of(&self.name).expect("a display")
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

/// Gives a text to a program that copies it. It stays behind, to answer those who paste, until the display or its text is gone: it
/// must not hold our pipes.
pub fn copy_with(program: &mut Command, text: &str) {
    let mut child = program
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|cause| panic!("{program:?} did not start: {cause}"));
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("a program that reads");
    assert!(child.wait().expect("an end").success(), "{program:?} did not copy");
}
