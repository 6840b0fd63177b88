//! TightVNC's Xvnc of 2009.

use super::{Program, command, free_port, geometry, password_file};
use tempfile::TempDir;

/// A running Xtightvnc.
pub struct Xtightvnc {
    _program: Program,
    /// Where it is, as a user types it.
    pub address: String,
    _folder: TempDir,
}

impl Xtightvnc {
    /// A server that wants a password.
    pub async fn with_password() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let passwords = password_file(folder.path());
        Self::start(folder, &["-rfbauth", &passwords.to_string_lossy()]).await
    }

    /// A server that lets anybody in.
    pub async fn without_password() -> Self {
        Self::start(tempfile::tempdir().expect("a folder"), &[]).await
    }

    async fn start(folder: TempDir, options: &[&str]) -> Self {
        let port = free_port();
        let mut server = command("Xtightvnc");
        // It cannot choose a display by itself. Nobody else's has such a number, and X's own port is this plus 6000.
        server.arg(format!(":{}", port - 55_000)).args(["-geometry", &geometry(), "-depth", "24", "-localhost"]);
        // It says that it listens a moment before it does. After that it misses our folder among those of its fonts.
        let no_fonts = folder.path().to_string_lossy();
        server.args(["-fp", &format!("{no_fonts}/,{FONTS}")]);
        server.args(["-rfbport", &port.to_string()]).args(options).env("HOME", folder.path());
        let program = Program::start(&mut server);
        program.hear("what fonts it misses", |line| line.contains(&*no_fonts).then_some(())).await;
        Self { _program: program, address: format!("127.0.0.1::{port}"), _folder: folder }
    }
}

/// Of the package xfonts-base: without the font `fixed` it does not start.
const FONTS: &str = "/usr/share/fonts/X11/misc/";
