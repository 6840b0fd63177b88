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
        server.args(["-rfbport", &port.to_string()]).args(options).env("HOME", folder.path());
        let program = Program::start(&mut server);
        // It listens before it loads its fonts, and serves nobody until then; connections wait in the meantime.
        program.hear("its port", |line| line.contains("Listening for VNC connections").then_some(())).await;
        Self { _program: program, address: format!("127.0.0.1::{port}"), _folder: folder }
    }
}
