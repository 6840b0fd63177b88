//! x11vnc, that is LibVNCServer, showing a file instead of a display.

use super::{PASSWORD, Program, SIZE, VIEW_ONLY, command, free_port, geometry};
use crate::certificates::Shown;
use std::fs;
use tempfile::TempDir;

/// A running x11vnc.
pub struct X11vnc {
    _program: Program,
    /// Where it is, as a user types it.
    pub address: String,
    _folder: TempDir,
}

/// The colour of its whole screen: blue, green, red, nothing.
pub const COLOUR: [u8; 4] = [0x10, 0x80, 0xf0, 0x00];

impl X11vnc {
    /// A server with these options on top of those that every x11vnc here has.
    pub async fn start(options: &[&str]) -> Self {
        Self::launch(tempfile::tempdir().expect("a folder"), options).await
    }

    /// A server with TLS.
    pub async fn showing(shown: &Shown, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let both = shown.write_together(folder.path());
        let ssl = ["-ssl", &both.to_string_lossy()];
        Self::launch(folder, &[&ssl, options].concat()).await
    }

    /// The options for both passwords.
    pub fn passwords() -> [&'static str; 4] {
        ["-passwd", PASSWORD, "-viewpasswd", VIEW_ONLY]
    }

    async fn launch(folder: TempDir, options: &[&str]) -> Self {
        let screen = folder.path().join("screen");
        fs::write(&screen, COLOUR.repeat(usize::from(SIZE.0) * usize::from(SIZE.1))).expect("a folder");
        let mut server = command("x11vnc");
        // It listens on the port or, where that was taken in this moment, a later one, and says which.
        server.args(["-norc", "-nopw", "-shared", "-forever", "-localhost", "-no6", "-noipv6", "-nocursor"]);
        server.args(["-autoport", &free_port().to_string(), "-rawfb"]);
        server.arg(format!("map:{}@{}x32", screen.display(), geometry())).args(options).env("HOME", folder.path());
        let program = Program::start(&mut server);
        let port: u16 = program.hear("its port", |line| line.strip_prefix("PORT=")?.parse().ok()).await;
        Self { _program: program, address: format!("127.0.0.1::{port}"), _folder: folder }
    }
}
