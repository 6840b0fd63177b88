//! Linux, the BSDs and macOS.

use socket2::SockRef;
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, ErrorKind},
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    process::{Child, ChildStdin, Command},
};

/// Makes `folder` and its parents where they are missing, for their owner only (mode 0700).
pub(crate) fn create_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Options to open a file for writing; one that is made is its owner's only (mode 0600).
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

/// Writes the names in `folder` to the disk, so that a file that was renamed into place is there after a power cut, too.
/// Some file systems cannot do this.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// How long what was sent may be without an acknowledgement before the connection counts as broken: TCP_USER_TIMEOUT on
/// Linux. macOS has no such option with a safe interface, and gives up by itself after several minutes.
pub(crate) fn limit_unacknowledged(socket: &SockRef<'_>, limit: Duration) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return socket.set_tcp_user_timeout(Some(limit));
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (socket, limit);
        Ok(())
    }
}

/// The path by which this executable can be started while it runs. On Linux not by its name, which may be the next
/// version's after an update.
pub(crate) fn executable() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        Ok(PathBuf::from(format!("/proc/{}/exe", std::process::id())))
    } else {
        std::env::current_exe()
    }
}

/// What ssh needs in its environment to use an askpass program, besides `SSH_ASKPASS` and `SSH_ASKPASS_REQUIRE`.
pub(crate) const ASKPASS_VARIABLES: &[(&str, &str)] = &[];

/// A listener on `address` alone. On Unix `SO_REUSEADDR` allows to bind a port whose former connections are in TIME_WAIT,
/// but not one on which another socket listens.
pub(crate) fn bind_listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Connections that wait to be accepted.
const BACKLOG: u32 = 128;

/// A process group that ends when this is dropped, or when Portlight ends in whatever way: `kill -9` too.
///
/// A shell in the group waits for the end of a pipe whose other end only Portlight holds, and then ends the group. It
/// leads the group, so that the group's number cannot become another's while it is in use.
pub(crate) struct ProcessGuard {
    group: i32,
    _lifeline: ChildStdin,
    _shell: Child,
}

impl ProcessGuard {
    /// SIGTERM first, SIGKILL after a second: the user's `ProxyCommand` may have something to put away.
    const SCRIPT: &str = "trap '' HUP INT TERM; read -r end; kill -TERM 0; sleep 1; kill -KILL 0";

    /// A group with nothing in it but its shell.
    pub(crate) fn new() -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", Self::SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut shell = shell.process_group(0).spawn()?;
        let group = shell.id().and_then(|id| id.try_into().ok());
        let (Some(group), Some(lifeline)) = (group, shell.stdin.take()) else {
            return Err(ErrorKind::BrokenPipe.into());
        };
        Ok(Self { group, _lifeline: lifeline, _shell: shell })
    }

    /// Starts `command` in the group.
    pub(crate) fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        command.process_group(self.group).spawn()
    }
}
