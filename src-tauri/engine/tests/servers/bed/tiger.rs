//! TigerVNC's Xvnc. User names and passwords are checked by PAM, which is given rules and accounts of our own.

use super::{ANN, Program, command, free_port, geometry, password_file, program::succeed};
use crate::certificates::Shown;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

/// A running Xvnc.
pub struct Xvnc {
    program: Program,
    display: u32,
    /// Where it is, as a user types it.
    pub address: String,
    /// The same for its Unix socket.
    pub socket: String,
    folder: TempDir,
}

impl Xvnc {
    /// A server with these options on top of those that every Xvnc here has.
    pub async fn start(options: &[&str]) -> Self {
        Self::start_at(free_port(), options, None).await
    }

    /// A server with a certificate to show.
    pub async fn showing(shown: &Shown, options: &[&str]) -> Self {
        Self::start_at(free_port(), options, Some(shown)).await
    }

    /// The same at a given port.
    pub async fn start_at(port: u16, options: &[&str], shown: Option<&Shown>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut xvnc = command("Xtigervnc");
        // The display's number is its own choice; said once everything is up.
        xvnc.args(["-displayfd", "1", "-geometry", &geometry(), "-depth", "24", "-localhost", "-nolisten", "tcp"]);
        xvnc.args(["-rfbport", &port.to_string(), "-rfbunixpath"]).arg(folder.path().join("socket"));
        xvnc.arg("-PasswordFile").arg(password_file(folder.path()));
        if options.iter().any(|option| option.contains("Plain")) {
            xvnc.envs(pam(folder.path())).args(["-PlainUsers", ANN.0, "-pam_service", SERVICE]);
        }
        if let Some(shown) = shown {
            let (certificate, key) = shown.write(folder.path());
            xvnc.arg("-X509Cert").arg(certificate).arg("-X509Key").arg(key);
        }
        let program = Program::start(xvnc.env("HOME", folder.path()).args(options));
        let display = program.hear("its display's number", |line| line.parse().ok()).await;
        let socket = folder.path().join("socket").to_string_lossy().into_owned();
        Self { program, display, address: format!("127.0.0.1::{port}"), socket, folder }
    }

    /// Where the pointer is on its display.
    pub fn pointer(&self) -> (u16, u16) {
        let mut xdotool = command("xdotool");
        xdotool.envs([self.display()]).args(["getmouselocation", "--shell"]);
        let shell = String::from_utf8(succeed(&mut xdotool, b"")).expect("ASCII");
        let coordinate = |name: &str| shell.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
        coordinate("X=").zip(coordinate("Y=")).expect("a pointer")
    }

    /// The environment variable that leads programs to its display.
    pub fn display(&self) -> (&'static str, String) {
        ("DISPLAY", format!(":{}", self.display))
    }

    /// How long the last handshake took, of so many until now: from the connection to ClientInit, as the server tells.
    pub async fn handshake(&self, count: usize) -> Duration {
        let began = self.program.times("Connections: accepted:", count).await;
        let done = self.program.times("Server default pixel format", count).await;
        done[count - 1] - began[count - 1]
    }

    /// Waits until it has said these words.
    pub async fn says(&self, words: &str) {
        self.program.times(words, 1).await;
    }

    /// All that it has said so far.
    pub fn log(&self) -> String {
        self.program.log()
    }
}

impl Drop for Xvnc {
    fn drop(&mut self) {
        // Xvnc's helpers leave their copies of PAM's rules behind. Ours are those that name our folder.
        let ours = self.folder.path().to_string_lossy().into_owned();
        let copies = fs::read_dir("/tmp").into_iter().flatten().flatten().map(|entry| entry.path());
        for copy in
            copies.filter(|copy| copy.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pam.")))
        {
            if fs::read_to_string(copy.join(SERVICE)).is_ok_and(|rules| rules.contains(&ours)) {
                let _ = fs::remove_dir_all(copy);
            }
        }
    }
}

const SERVICE: &str = "portlight";

/// Rules that know one account, and the environment that makes PAM read them. `verbose` among the rules would crash
/// Xvnc: it does not expect PAM to speak.
fn pam(folder: &Path) -> [(&'static str, PathBuf); 3] {
    let (rules, accounts) = (folder.join("pam"), folder.join("accounts"));
    let (name, password) = ANN;
    fs::write(&accounts, format!("{name}:{password}:{SERVICE}\n")).expect("a folder");
    fs::create_dir(&rules).expect("a folder");
    let module = pam_matrix();
    let rule = |kind: &str| format!("{kind} required {} passdb={}\n", module.display(), accounts.display());
    fs::write(rules.join(SERVICE), rule("auth") + &rule("account")).expect("a folder");
    [("LD_PRELOAD", "libpam_wrapper.so".into()), ("PAM_WRAPPER", "1".into()), ("PAM_WRAPPER_SERVICE_DIR", rules)]
}

/// PAM reads modules from its own folder, or by their whole path. Debian has one folder for each architecture.
fn pam_matrix() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").expect("a system").flatten();
    let candidates = folders.map(|folder| folder.path().join("pam_wrapper/pam_matrix.so"));
    candidates.into_iter().find(|path| path.exists()).expect("libpam-wrapper")
}
