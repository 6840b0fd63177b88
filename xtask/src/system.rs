//! What has to be on the system: Debian's packages, and Node.

use crate::command::{Outcome, call};
use std::process::Command;

/// What Portlight is built and run with.
pub const BUILD: &[&str] = &["build-essential", "libgtk-3-dev", "libwebkit2gtk-4.1-dev", "pkg-config"];

/// What the tests drive it with: a screen, a window manager, a browser driver, a bus, a screen reader's bus, a keyring, an SSH server, a network
/// that can vanish; VNC servers, the fonts that one of them will not start without, a compositor for another, accounts and Kerberos for a
/// third; proxies and web servers in between; a libvirt. Not krfb, which brings a hundred packages of KDE along: its tests say that it is
/// not installed.
pub const TEST: &[&str] = &[
    "at-spi2-core",
    "dbus",
    "gnome-keyring",
    "icewm",
    "iproute2",
    "krb5-admin-server",
    "krb5-kdc",
    "krb5-user",
    "libglib2.0-bin",
    "libpam-wrapper",
    "libsasl2-modules",
    "libsasl2-modules-gssapi-mit",
    "libvirt-clients",
    "libvirt-daemon",
    "libvirt-daemon-driver-qemu",
    "microsocks",
    "nginx-light",
    "openbox",
    "openssh-client",
    "openssh-server",
    "openssl",
    "python3",
    "python3-jwcrypto",
    "python3-requests",
    "qemu-system-x86",
    "sasl2-bin",
    "sway",
    "tigervnc-scraping-server",
    "tigervnc-standalone-server",
    "tigervnc-tools",
    "tigervnc-viewer",
    "tightvncserver",
    "tinyproxy",
    "util-linux",
    "vino",
    "wayvnc",
    "webkit2gtk-driver",
    "websockify",
    "x11-utils",
    "x11-xkb-utils",
    "x11-xserver-utils",
    "x11vnc",
    "xclip",
    "xdotool",
    "xfonts-base",
    "xserver-xorg-core",
    "xserver-xorg-video-dummy",
    "xterm",
    "xvfb",
];

/// What makes and examines the packages.
pub const PACKAGE: &[&str] = &["appstream", "desktop-file-utils", "lintian", "rpm"];

/// What the pictures in the documents are made with: the typefaces that they show.
pub const PICTURES: &[&str] = &["fonts-cantarell", "fonts-dejavu-core", "fonts-noto-cjk"];

/// What it is measured against, and what makes and shows the photographs on the screens that are measured.
pub const MEASURE: &[&str] = &["imagemagick", "tigervnc-viewer"];

/// The oldest Node that the pages' tools run on.
const NODE: (u32, u32) = (20, 19);

/// Installs the packages that are missing, after saying so; elsewhere than on Debian and its kin it names them and stops.
pub fn install(packages: &[&str]) -> Outcome {
    let Some(missing) = missing(packages) else {
        // No dpkg: not Debian. Where the libraries are there, the packages have been found; else they are named.
        let found = Command::new("pkg-config").args(["--exists", "webkit2gtk-4.1", "gtk+-3.0"]).status();
        return match found {
            Ok(status) if status.success() => Ok(()),
            _ => Err(format!(
                "Portlight needs what Debian calls\n  {}\nPlease install your system's names for these, then try again.",
                packages.join("\n  ")
            )),
        };
    };
    if missing.is_empty() {
        return Ok(());
    }
    println!("Portlight needs these packages of your system:\n  {}", missing.join("\n  "));
    println!("They are installed with apt-get now; your password may be asked for.");
    apt(&["update", "--quiet"])?;
    apt(&[&["install", "--yes", "--quiet", "--no-install-recommends"], missing.as_slice()].concat())
}

/// Fails with a sentence where Node is missing or too old.
pub fn need_node() -> Outcome {
    let (major, minor) = NODE;
    let problem = |found: &str| format!("Portlight's pages are built with Node {major}.{minor} or newer; {found}.");
    let output = Command::new("node").arg("--version").output().map_err(|_| problem("there is none here"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let numbers: Vec<u32> = version.trim_start_matches('v').split('.').map_while(|part| part.parse().ok()).collect();
    match numbers[..] {
        [found_major, found_minor, ..] if (found_major, found_minor) >= NODE => Ok(()),
        _ => Err(problem(&format!("here is {version}"))),
    }
}

/// The packages that dpkg does not know as installed; none where there is no dpkg.
fn missing<'a>(packages: &[&'a str]) -> Option<Vec<&'a str>> {
    let query = ["--show", "--showformat=${Package} ${db:Status-Status}\n"];
    let output = Command::new("dpkg-query").args(query).args(packages).output().ok()?;
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let installed: Vec<_> = listed.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    Some(packages.iter().copied().filter(|package| !installed.contains(package)).collect())
}

fn apt(arguments: &[&str]) -> Outcome {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    let mut command = Command::new(if root { "env" } else { "sudo" });
    if !root {
        command.arg("env");
    }
    call(command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(arguments))
}
