//! x11vnc, that is LibVNCServer, showing a file instead of a display.

use super::{PASSWORD, Program, SIZE, VIEW_ONLY, command, free_port, geometry};
use crate::certificates::Shown;
use std::{fs, process::Command};
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
        Self::launch(tempfile::tempdir().expect("a folder"), command("x11vnc"), options).await
    }

    /// A server whose screen has pixels of so many bits: what it sends to a viewer that wants them as they are.
    pub async fn with_bits(bits: usize) -> Self {
        Self::launch_with(tempfile::tempdir().expect("a folder"), command("x11vnc"), bits, &[]).await
    }

    /// A server with TLS.
    pub async fn showing(shown: &Shown, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let both = shown.write_together(folder.path());
        let ssl = ["-ssl", &both.to_string_lossy()];
        Self::launch(folder, command("x11vnc"), &[&ssl, options].concat()).await
    }

    /// The same where the system's OpenSSL is not as strict as Debian's; `settings` are further ones of it.
    pub async fn showing_leniently(shown: &Shown, settings: &str, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (both, leniency) = (shown.write_together(folder.path()), folder.path().join("openssl.cnf"));
        fs::write(&leniency, format!("{LENIENCY}{settings}\n")).expect("a folder");
        let ssl = ["-ssl", &both.to_string_lossy()];
        let mut server = command("x11vnc");
        server.env("OPENSSL_CONF", leniency);
        Self::launch(folder, server, &[&ssl, options].concat()).await
    }

    /// The options for both passwords.
    pub fn passwords() -> [&'static str; 4] {
        ["-passwd", PASSWORD, "-viewpasswd", VIEW_ONLY]
    }

    async fn launch(folder: TempDir, server: Command, options: &[&str]) -> Self {
        Self::launch_with(folder, server, 32, options).await
    }

    async fn launch_with(folder: TempDir, mut server: Command, bits: usize, options: &[&str]) -> Self {
        let screen = folder.path().join("screen");
        fs::write(&screen, COLOUR[..bits / 8].repeat(usize::from(SIZE.0) * usize::from(SIZE.1))).expect("a folder");
        // It listens on the port or, where that was taken in this moment, a later one, and says which.
        server.args(["-norc", "-nopw", "-shared", "-forever", "-localhost", "-no6", "-noipv6", "-nocursor"]);
        server.args(["-autoport", &free_port().to_string(), "-rawfb"]);
        server.arg(format!("map:{}@{}x{bits}", screen.display(), geometry())).args(options).env("HOME", folder.path());
        let program = Program::start(&mut server);
        let port: u16 = program.hear("its port", |line| line.strip_prefix("PORT=")?.parse().ok()).await;
        Self { _program: program, address: format!("127.0.0.1::{port}"), _folder: folder }
    }
}

/// What lets OpenSSL take anonymous suites.
const LENIENCY: &str = "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = level\n[level]\n\
                        CipherString = DEFAULT:@SECLEVEL=0\n";
