//! VNC servers of several makers, each with the same photograph on its screen, and the clipboard behind it.

use super::{
    Desk, Process,
    display::{Display, copy_with},
    free_port, process, until,
};
use std::{
    env, fs,
    os::unix::fs::{PermissionsExt, chown},
    path::Path,
    process::Command,
    sync::Arc,
};
use tempfile::TempDir;

/// A running server of another maker's.
pub struct Other {
    // In this order: the server ends before what it shows, and both before their folder.
    _server: Arc<Process>,
    clipboard: Clipboard,
    port: u16,
    folder: TempDir,
}

/// Where other programs copy to and paste from, there.
enum Clipboard {
    /// An X display's.
    X(Display),
    /// That of a Wayland compositor, whose socket is in the folder.
    Wayland,
    /// A machine without any program.
    None,
}

/// Which server.
#[derive(Debug, Clone, Copy)]
pub enum Maker {
    /// TigerVNC with a display of its own.
    Xvnc,
    /// TigerVNC for a display that is there.
    X0vncserver,
    X11vnc,
    Krfb,
    /// A machine that is only switched on.
    Qemu,
    /// With sway, which has no screen of its own.
    Wayvnc,
}

impl Maker {
    /// The program, and what it needs.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Xvnc => &["Xtigervnc"],
            Self::X0vncserver => &["X0tigervnc"],
            Self::X11vnc => &["x11vnc"],
            Self::Krfb => &["krfb", "dbus-run-session"],
            Self::Qemu => &["qemu-system-x86_64"],
            Self::Wayvnc => &["wayvnc", "sway", "swaybg", "wl-copy", "setpriv"],
        }
    }

    /// What is not installed here.
    pub fn missing(self) -> Vec<&'static str> {
        let folders: Vec<_> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
        let is_there = |program: &&str| folders.iter().any(|folder| folder.join(program).is_file());
        self.programs().iter().copied().filter(|program| !is_there(program)).collect()
    }
}

/// Width and height of every screen here, but for the machine that is only switched on.
pub const SIZE: &str = "1024x640";
/// The password of those that do not go without one.
pub const PASSWORD: &str = "sesame";

impl Other {
    /// Starts one, with a photograph on its screen.
    pub async fn start(desk: &Desk, maker: Maker) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let photograph = folder.path().join("photograph.png");
        process::succeed(Command::new("convert").args(["-size", SIZE, "-seed", "1", "plasma:"]).arg(&photograph), b"");
        let clipboard = match maker {
            Maker::Xvnc => {
                let mut xvnc = desk.command("Xtigervnc");
                xvnc.args(["-SecurityTypes", "None", "-geometry", SIZE, "-depth", "24", "-localhost"]);
                Clipboard::X(Display::start("Xvnc", xvnc.args(["-rfbport", &port.to_string()])).await)
            }
            Maker::X0vncserver | Maker::X11vnc | Maker::Krfb => {
                let screen = format!("{SIZE}x24");
                Clipboard::X(Display::start("Xvfb", desk.command("Xvfb").args(["-screen", "0", &screen])).await)
            }
            Maker::Qemu => Clipboard::None,
            Maker::Wayvnc => Clipboard::Wayland,
        };
        if let Clipboard::X(display) = &clipboard {
            desk.keep(display.process());
            let mut shows = desk.command("display");
            // It shows it and says that it has failed.
            process::run(shows.env("DISPLAY", &display.name).args(["-window", "root"]).arg(&photograph), b"");
        }
        let server = match (&clipboard, maker) {
            (Clipboard::X(display), Maker::Xvnc) => Arc::clone(display.process()),
            (Clipboard::X(display), Maker::X0vncserver) => {
                let mut server = desk.command("X0tigervnc");
                server.args(["-display", &display.name, "-localhost", "-SecurityTypes", "None"]);
                desk.spawn("x0vncserver", server.args(["-rfbport", &port.to_string()]))
            }
            (Clipboard::X(display), Maker::X11vnc) => {
                let mut server = desk.command("x11vnc");
                server.args(["-display", &display.name, "-norc", "-nopw", "-shared", "-forever", "-localhost", "-no6"]);
                desk.spawn("x11vnc", server.args(["-rfbport", &port.to_string()]))
            }
            (Clipboard::X(display), Maker::Krfb) => {
                fs::write(folder.path().join("krfbrc"), krfb_settings(port)).expect("a folder");
                let mut server = desk.command("dbus-run-session");
                server.args(["--", "krfb", "--nodialog"]).env("DISPLAY", &display.name);
                desk.spawn("krfb", at_home(&mut server, folder.path()))
            }
            (_, Maker::Wayvnc) => {
                let home = folder.path();
                lay_for_sway(home, &photograph);
                desk.spawn("sway", in_sway(desk, home, "sway").arg("-c").arg(home.join("sway")));
                let socket = home.join(WAYLAND);
                until("sway's socket", async || socket.exists().then_some(())).await;
                // Not by sway, which would lead it out of our reach: it was seen to hang, and to outlive sway.
                let mut server = in_sway(desk, home, "wayvnc");
                server.arg("-C").arg(home.join("none")).args(["127.0.0.1", &port.to_string()]);
                desk.spawn("wayvnc", server.env("WAYLAND_DISPLAY", WAYLAND))
            }
            _ => {
                let mut server = desk.command("qemu-system-x86_64");
                let screen = format!("127.0.0.1:{}", port - 5900);
                desk.spawn("qemu", server.args(["-m", "64", "-nic", "none", "-display", "none", "-vnc", &screen]))
            }
        };
        until("the server to listen", async || listens(port).then_some(())).await;
        Self { _server: server, clipboard, port, folder }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether a program there could paste anything.
    pub fn has_clipboard(&self) -> bool {
        !matches!(self.clipboard, Clipboard::None)
    }

    /// Copies text there, in another program.
    pub fn copy(&self, text: &str) {
        match &self.clipboard {
            Clipboard::X(display) => display.copy(text),
            Clipboard::Wayland => copy_with(&mut self.wayland("wl-copy"), text),
            Clipboard::None => {}
        }
    }

    /// What another program there would paste; none where there is nothing.
    pub fn paste(&self) -> Option<String> {
        match &self.clipboard {
            Clipboard::X(display) => display.paste(),
            Clipboard::Wayland => {
                let output = process::run(self.wayland("wl-paste").arg("--no-newline"), b"");
                output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
            }
            Clipboard::None => None,
        }
    }

    fn wayland(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", super::path()).env("LANG", "C.UTF-8");
        command.env("XDG_RUNTIME_DIR", self.folder.path()).env("WAYLAND_DISPLAY", WAYLAND);
        command
    }
}

/// What sway needs in its folder.
fn lay_for_sway(folder: &Path, photograph: &Path) {
    let settings = format!("xwayland disable\noutput * resolution {SIZE}\noutput * bg {} fill\n", photograph.display());
    fs::write(folder.join("sway"), settings).expect("a folder");
    fs::write(folder.join("none"), "").expect("a folder");
    for path in [folder, &folder.join("sway"), &folder.join("none"), photograph] {
        // Only root can; sway takes any other user as it is.
        let _ = chown(path, Some(NOBODY), Some(NOBODY));
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("a folder");
}

/// Sway, or a program within it. Sway refuses to run as root.
fn in_sway(desk: &Desk, folder: &Path, program: &str) -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let mut command = desk.command(if is_root { "setpriv" } else { program });
    if is_root {
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", program]);
    }
    command.env_remove("DISPLAY").current_dir(folder);
    command.envs([("WLR_BACKENDS", "headless"), ("WLR_LIBINPUT_NO_DEVICES", "1"), ("WLR_RENDERER", "pixman")]);
    at_home(&mut command, folder);
    command
}

const NOBODY: u32 = 65534;
/// The socket of a compositor that is the only one in its folder.
const WAYLAND: &str = "wayland-1";

/// Lets in with the password for unattended access.
fn krfb_settings(port: u16) -> String {
    // As KDE's programs write a password where there is no wallet.
    let obscured: String =
        PASSWORD.chars().map(|letter| char::from_u32(0x1_001f - u32::from(letter)).expect("a letter")).collect();
    format!(
        "[MainWindow]\nuseDefaultPort=false\nport={port}\n[TCP]\nuseDefaultPort=false\nport={port}\n\
         [Security]\nallowDesktopControl=true\nallowUnattendedAccess=true\nnoWallet=true\nunattendedPassword={obscured}\n\
         [FrameBuffer]\npreferredFrameBufferPlugin=xcb\n"
    )
}

/// With all folders that a desktop program looks for in one.
fn at_home<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    command.envs(
        ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"].map(|name| (name, home)),
    )
}

/// Whether a socket listens there, as the system says: dialling may count as a failed login.
fn listens(port: u16) -> bool {
    let (end, tables) = (format!(":{port:04X}"), ["/proc/net/tcp", "/proc/net/tcp6"]);
    tables.iter().any(|table| {
        fs::read_to_string(table).unwrap_or_default().lines().any(|line| {
            // Columns: number, local address, remote address, state; 0A listens.
            let columns: Vec<_> = line.split_whitespace().collect();
            columns.get(1).is_some_and(|local| local.ends_with(&end)) && columns.get(3) == Some(&"0A")
        })
    })
}
