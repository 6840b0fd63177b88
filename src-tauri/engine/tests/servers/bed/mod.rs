//! Real VNC servers on loopback, as Debian packages them: each with a folder and a port of its own, ready when its
//! `start` returns, and ended when it is dropped. None is dialled to see whether it is there: TigerVNC counts that as a
//! failed login, so their own words are waited for.

mod desktop;
mod kdc;
mod program;
mod qemu;
mod shown;
mod tiger;
mod tight;
mod x11vnc;

pub use desktop::{Desktop, installed};
pub use kdc::Kdc;
pub use program::{Program, TIMEOUT, command, free_port, succeed};
pub use qemu::{Qemu, Tls};
pub use tiger::Xvnc;
pub use tight::Xtightvnc;
pub use x11vnc::{COLOUR, X11vnc};

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The VNC password of every server here. Only its first eight bytes count.
pub const PASSWORD: &str = "öffne dich";
/// The same to look only.
pub const VIEW_ONLY: &str = "nur sehn";
/// Who may log in by name, and how; longer than a VNC password could be.
pub const ANN: (&str, &str) = ("ann", "Sesam, öffne dich!");
/// The screen of every server here.
pub const SIZE: (u16, u16) = (320, 200);

fn geometry() -> String {
    format!("{}x{}", SIZE.0, SIZE.1)
}

/// Writes a file of VNC passwords, the second of which is for looking only.
pub fn password_file(folder: &Path) -> PathBuf {
    let scrambled = |password: &str| succeed(command("tigervncpasswd").arg("-f"), format!("{password}\n").as_bytes());
    let path = folder.join("passwords");
    fs::write(&path, [scrambled(PASSWORD), scrambled(VIEW_ONLY)].concat()).expect("a folder");
    path
}
