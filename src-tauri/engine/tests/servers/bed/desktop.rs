//! Servers that show a desktop which is there already: X11's (on Xvfb) and Wayland's (sway without a display). They are
//! large, so not every system has them: a test asks [`installed`] first.

use super::{ANN, COLOUR, PASSWORD, Program, TIMEOUT, command, free_port, geometry, password_file, program::succeed};
use crate::certificates::Shown;
use std::{
    fs,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A running server, and the desktop behind it.
pub struct Desktop {
    // In this order: the server ends before what it shows.
    _server: Program,
    _screen: Option<Program>,
    /// Where it is, as a user types it.
    pub address: String,
    _folder: TempDir,
}

/// Whether these programs are installed. Says so where one is not, past the test's captured output.
pub fn installed(programs: &[&str]) -> bool {
    let folders: Vec<_> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let missing = |program: &&&str| !folders.iter().any(|folder| folder.join(program).is_file());
    let missing: Vec<_> = programs.iter().filter(missing).copied().collect();
    if !missing.is_empty() {
        let _ = writeln!(std::io::stderr(), "skipped, not installed here: {}", missing.join(", "));
    }
    missing.is_empty()
}

impl Desktop {
    /// TigerVNC's server for a display that is there.
    pub async fn x0vncserver(types: &str) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let (screen, display) = xvfb().await;
        let mut server = command("X0tigervnc");
        server.args(["-display", &display, "-rfbport", &port.to_string(), "-localhost", "-SecurityTypes", types]);
        server.arg("-PasswordFile").arg(password_file(folder.path()));
        Self::shown(Program::start(server.env("HOME", folder.path())), Some(screen), port, folder).await
    }

    /// KDE's server, which lets in whoever knows its password for unattended access.
    pub async fn krfb() -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let (screen, display) = xvfb().await;
        let settings = format!(
            "[MainWindow]\nuseDefaultPort=false\nport={port}\n[TCP]\nuseDefaultPort=false\nport={port}\n\
             [Security]\nallowDesktopControl=true\nallowUnattendedAccess=true\nnoWallet=true\nunattendedPassword={}\n\
             [FrameBuffer]\npreferredFrameBufferPlugin=xcb\n",
            obscured(PASSWORD)
        );
        fs::write(folder.path().join("krfbrc"), settings).expect("a folder");
        let mut server = command("dbus-run-session");
        server.args(["--", "krfb", "--nodialog"]).env("DISPLAY", display).env("LC_ALL", "C.UTF-8");
        let server = Program::start(at_home(&mut server, folder.path()));
        Self::shown(server, Some(screen), port, folder).await
    }

    /// GNOME's former server.
    pub async fn vino(require_encryption: bool, methods: &str) -> Self {
        // It takes none above 50,000.
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port() - 20_000);
        let (screen, display) = xvfb().await;
        let settings = folder.path().join("glib-2.0/settings");
        fs::create_dir_all(&settings).expect("a folder");
        let password = openssl::base64::encode_block(PASSWORD.as_bytes());
        let text = format!(
            "[org/gnome/desktop/remote-access]\nprompt-enabled=false\nnotify-on-connect=false\nnetwork-interface='lo'\n\
             use-alternative-port=true\nalternative-port=uint16 {port}\nrequire-encryption={require_encryption}\n\
             authentication-methods=['{methods}']\nvnc-password='{password}'\n"
        );
        fs::write(settings.join("keyfile"), text).expect("a folder");
        let mut server = command("dbus-run-session");
        server.args(["--", "/usr/libexec/vino-server"]).env("DISPLAY", display).env("GSETTINGS_BACKEND", "keyfile");
        let server = Program::start(at_home(&mut server, folder.path()));
        Self::shown(server, Some(screen), port, folder).await
    }

    /// The server of wlroots' compositors, with [`ANN`]'s login where it has a certificate to show.
    pub async fn wayvnc(shown: Option<&Shown>) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let home = folder.path().display();
        let mut settings = format!("address=127.0.0.1\nport={port}\n");
        if let Some(shown) = shown {
            let (certificate, key) = shown.write(folder.path());
            let ((name, password), certificate, key) = (ANN, certificate.display(), key.display());
            settings += &format!("enable_auth=true\nusername={name}\npassword={password}\n");
            settings += &format!("certificate_file={certificate}\nprivate_key_file={key}\n");
        }
        fs::write(folder.path().join("wayvnc"), settings).expect("a folder");
        let sway = format!("xwayland disable\noutput * resolution {}\nexec wayvnc -C {home}/wayvnc\n", geometry());
        fs::write(folder.path().join("sway"), sway).expect("a folder");
        // Sway refuses to run as root.
        let root = rustix::process::getuid().is_root();
        let mut server = command(if root { "setpriv" } else { "sway" });
        if root {
            succeed(command("chown").args(["-R", "nobody"]).arg(folder.path()), b"");
            server.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "sway"]);
        }
        server.arg("-c").arg(folder.path().join("sway"));
        let software = [("WLR_BACKENDS", "headless"), ("WLR_LIBINPUT_NO_DEVICES", "1"), ("WLR_RENDERER", "pixman")];
        let server = Program::start(at_home(server.envs(software), folder.path()));
        Self::shown(server, None, port, folder).await
    }

    /// The server when it listens.
    async fn shown(server: Program, screen: Option<Program>, port: u16, folder: TempDir) -> Self {
        let began = Instant::now();
        while !listens(port) {
            assert!(began.elapsed() < TIMEOUT, "nobody listens on {port}:\n{}", server.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { _server: server, _screen: screen, address: format!("127.0.0.1::{port}"), _folder: folder }
    }
}

/// A display with one colour, and its name.
async fn xvfb() -> (Program, String) {
    let mut xvfb = command("Xvfb");
    let screen = Program::start(xvfb.args([
        "-displayfd",
        "1",
        "-screen",
        "0",
        &format!("{}x24", geometry()),
        "-nolisten",
        "tcp",
    ]));
    let display: u32 = screen.hear("its display's number", |line| line.parse().ok()).await;
    let display = format!(":{display}");
    let [blue, green, red, _] = COLOUR;
    let colour = format!("#{red:02x}{green:02x}{blue:02x}");
    // Stays without clients, so the colour does too.
    succeed(command("xsetroot").args(["-display", &display, "-solid", &colour]), b"");
    (screen, display)
}

/// With all folders that a desktop program looks for in one.
fn at_home<'a>(command: &'a mut std::process::Command, home: &Path) -> &'a mut std::process::Command {
    command.envs(
        ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"].map(|name| (name, home)),
    )
}

/// Whether a socket listens there, as the system says: dialling would count as a failed login.
fn listens(port: u16) -> bool {
    let at = format!(":{port:04X} ");
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    // Columns: number, local address, remote address, state; 0A listens.
    tables.iter().flat_map(|table| table.lines()).any(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        columns.get(1).is_some_and(|local| local.ends_with(at.trim_end())) && columns.get(3) == Some(&"0A")
    })
}

/// A password as KDE's programs write it into their settings where there is no wallet.
fn obscured(text: &str) -> String {
    let mirrored = |letter: char| match u32::from(letter) {
        ..=0x21 => letter,
        number => char::from_u32(0x1_001f - number).expect("a letter of the first plane"),
    };
    text.chars().map(mirrored).collect()
}
