//! A VNC server of a test's own: TigerVNC on loopback, with a shell to type into.

use super::{Desk, display::Display, process};
use std::{fs, net::TcpListener};

/// A running VNC server.
pub struct Server {
    /// Its screen.
    pub display: Display,
    port: u16,
}

/// Room for the terminal, and background to be seen beside it.
const SIZE: &str = "640x480";

impl Server {
    /// A server that wants this password, or none.
    pub async fn start(desk: &Desk, password: Option<&str>) -> Self {
        Self::start_at(desk, free_port(), password).await
    }

    /// The same at a given port.
    pub async fn start_at(desk: &Desk, port: u16, password: Option<&str>) -> Self {
        let mut xvnc = desk.command("Xvnc");
        xvnc.args(["-geometry", SIZE, "-depth", "24", "-localhost", "-rfbport", &port.to_string()]);
        match password {
            Some(password) => {
                let file = desk.home().join(format!("vncpasswd-{port}"));
                let scrambled = process::succeed(desk.command("vncpasswd").arg("-f"), password.as_bytes());
                fs::write(&file, scrambled).expect("a home");
                xvnc.args(["-SecurityTypes", "VncAuth", "-PasswordFile"]).arg(file);
            }
            None => drop(xvnc.args(["-SecurityTypes", "None"])),
        }
        let display = Display::start("Xvnc", &mut xvnc).await;
        desk.keep(display.process());
        let mut xterm = desk.command("xterm");
        xterm.env("DISPLAY", &display.name).env("PS1", "$ ").args(["-geometry", "80x24+0+0", "-e", "sh"]);
        desk.spawn("xterm", &mut xterm);
        display.until_used();
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

    /// Ends it, in the way a crash or a power cut does.
    pub fn kill(&self) {
        self.display.process().kill();
    }

    /// Waits until a viewer has left.
    pub async fn viewer_left(&self) {
        let left = |line: &str| line.contains("Connections: closed:").then_some(());
        self.display.process().hear("that a viewer left", left).await;
    }
}

/// The address of a port of this machine.
pub fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// A port where nobody listens.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("a bound socket").port()
}
