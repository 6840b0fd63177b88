//! A VNC server of a test's own: TigerVNC on loopback, with a shell to type into.

use super::{Desk, Far, Process, display::Display, process};
use std::{fs, net::TcpListener, path::PathBuf, sync::Arc};

/// A running VNC server.
pub struct Server {
    /// Its screen.
    pub display: Display,
    port: u16,
}

/// Room for the terminal, and background to be seen beside it.
const SIZE: &str = "640x480";

/// A certificate of a test's own, and its key.
pub struct Certificate {
    /// SHA-256 of the certificate, as Portlight shows it.
    pub sha256: String,
    files: [PathBuf; 2],
}

impl Certificate {
    /// A new one, which vouches for itself.
    pub fn new(desk: &Desk, name: &str) -> Self {
        let files = ["key", "cert"].map(|kind| desk.home().join(format!("{name}.{kind}.pem")));
        let [key, certificate] = &files;
        let mut openssl = desk.command("openssl");
        openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj"]);
        openssl.arg(format!("/CN={name}")).arg("-keyout").arg(key).arg("-out").arg(certificate);
        process::succeed(&openssl, b"");
        let mut shows = desk.command("openssl");
        shows.args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(certificate);
        let shown = String::from_utf8(process::succeed(&shows, b"")).expect("text");
        let (_, sha256) = shown.trim().split_once('=').expect("a fingerprint");
        Self { sha256: sha256.to_lowercase(), files }
    }
}

impl Server {
    /// A server that wants this password, or none.
    pub async fn start(desk: &Desk, password: Option<&str>) -> Self {
        Self::start_at(desk, free_port(), password).await
    }

    /// The same at a given port.
    pub async fn start_at(desk: &Desk, port: u16, password: Option<&str>) -> Self {
        Self::start_with(desk, port, password.map_or("None", |_| "VncAuth"), password, None).await
    }

    /// A server of these security types.
    pub async fn start_with(
        desk: &Desk,
        port: u16,
        types: &str,
        password: Option<&str>,
        certificate: Option<&Certificate>,
    ) -> Self {
        let mut xvnc = desk.command("Xvnc");
        xvnc.args(["-SecurityTypes", types]);
        if let Some(Certificate { files: [key, certificate], .. }) = certificate {
            xvnc.arg("-X509Key").arg(key).arg("-X509Cert").arg(certificate);
        }
        xvnc.args(["-geometry", SIZE, "-depth", "24", "-localhost", "-rfbport", &port.to_string()]);
        if let Some(password) = password {
            let file = desk.home().join(format!("vncpasswd-{port}"));
            let scrambled = process::succeed(desk.command("vncpasswd").arg("-f"), password.as_bytes());
            fs::write(&file, scrambled).expect("a home");
            xvnc.arg("-PasswordFile").arg(file);
        }
        let display = Display::start("Xvnc", &mut xvnc).await;
        desk.keep(display.process());
        let mut xterm = desk.command("xterm");
        xterm.env("DISPLAY", &display.name).env("PS1", "$ ").args(["-geometry", "80x24+0+0", "-e", "sh"]);
        desk.spawn("xterm", &mut xterm);
        display.until_used();
        Self { display, port }
    }

    /// A server on another machine, without a password, with nothing on its screen.
    pub async fn start_far(desk: &Desk, far: &Far) -> Self {
        let port = 5900;
        let mut xvnc = desk.command("nsenter");
        far.program(&mut xvnc, "Xvnc");
        // There it would take the number of the desk's own display: numbers are taken by names of sockets, which each network
        // has for itself.
        let own: u32 = desk.display().name.trim_start_matches(':').parse().expect("a display's number");
        xvnc.arg(format!(":{}", own + 50));
        xvnc.args(["-SecurityTypes", "None", "-geometry", "1024x640", "-depth", "24", "-rfbport", &port.to_string()]);
        let display = Display::start("Xvnc", &mut xvnc).await;
        desk.keep(display.process());
        Self { display, port }
    }

    /// Where it is, as a user types it.
    pub fn address(&self) -> String {
        address(self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts `xev` on its whole screen: it prints these kinds of events.
    pub fn xev(&self, desk: &Desk, events: &[&str]) -> Arc<Process> {
        let mut xev = desk.command("xev");
        xev.env("DISPLAY", &self.display.name).args(["-geometry", &format!("{SIZE}+0+0")]);
        xev.args(events.iter().flat_map(|event| ["-event", event]));
        desk.spawn("xev", &mut xev)
    }

    /// Ends it, in the way a crash or a power cut does.
    pub fn kill(&self) {
        self.display.process().kill();
    }

    /// Waits until a viewer has left.
    pub async fn viewer_left(&self) {
        let left = |line: &str| line.contains("Connections: closed:").then_some(());
        self.display.process().wait_for_line("that a viewer left", left).await;
    }
}

/// The address of a port of this machine.
pub fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// A port without a listener.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("a bound socket").port()
}
