//! Windows. Written from Microsoft's documentation.

#![allow(
    unsafe_code,
    reason = "job objects, SO_EXCLUSIVEADDRUSE and TCP_MAXRT have no safe interface in std, tokio or socket2"
)]

use socket2::SockRef;
use std::{
    fs::{DirBuilder, OpenOptions},
    io,
    net::SocketAddr,
    os::windows::io::{AsRawHandle, AsRawSocket, FromRawHandle, OwnedHandle},
    path::{Path, PathBuf},
    ptr,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    process::{Child, Command},
};
use windows_sys::Win32::{
    Networking::WinSock::{IPPROTO_TCP, SO_EXCLUSIVEADDRUSE, SOCKET, SOL_SOCKET, TCP_MAXRT, setsockopt},
    System::{
        JobObjects::{
            AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
            JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation, SetInformationJobObject,
        },
        Threading::CREATE_NO_WINDOW,
    },
};

/// Makes `folder` and its parents where they are missing. The user's profile, where they lie, gives access to that user,
/// to administrators and to the system.
pub(crate) fn create_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(folder)
}

/// Options to open a file for writing; access is that of its folder.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    options
}

/// Nothing to do: folders cannot be flushed, and NTFS logs a rename.
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The path of this executable.
pub(crate) fn executable() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// What ssh needs in its environment to use an askpass program, besides `SSH_ASKPASS` and `SSH_ASKPASS_REQUIRE`: Windows
/// 10 has OpenSSH 8.1, which knows no `SSH_ASKPASS_REQUIRE` and wants `DISPLAY` to be set.
pub(crate) const ASKPASS_VARIABLES: &[(&str, &str)] = &[("DISPLAY", "none")];

/// A listener on `address` alone. Without
/// [`SO_EXCLUSIVEADDRUSE`](https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse)
/// another program of any user may bind the same port with SO_REUSEADDR and take the connections.
pub(crate) fn bind_listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    let (yes, length) = (1_i32, 4);
    // SAFETY: the socket is open, and the value is a BOOL of 4 bytes that outlives the call.
    let result = unsafe {
        setsockopt(
            socket.as_raw_socket() as SOCKET,
            SOL_SOCKET,
            SO_EXCLUSIVEADDRUSE,
            ptr::from_ref(&yes).cast(),
            length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// How long what was sent may be without an acknowledgement before the connection counts as broken:
/// [`TCP_MAXRT`](https://learn.microsoft.com/windows/win32/winsock/ipproto-tcp-socket-options), in seconds.
pub(crate) fn limit_unacknowledged(socket: &SockRef<'_>, limit: Duration) -> io::Result<()> {
    let seconds = i32::try_from(limit.as_secs()).map_err(io::Error::other)?;
    // SAFETY: the socket is open, and the value is a DWORD of 4 bytes that outlives the call.
    let result = unsafe {
        setsockopt(socket.as_raw_socket() as SOCKET, IPPROTO_TCP, TCP_MAXRT, ptr::from_ref(&seconds).cast(), 4)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Connections that wait to be accepted.
const BACKLOG: u32 = 128;

/// A [job object](https://learn.microsoft.com/windows/win32/procthread/job-objects) that ends when this is dropped, or
/// when Portlight ends in whatever way: then its last handle is closed, and Windows ends its processes and theirs.
pub(crate) struct ProcessGuard(OwnedHandle);

impl ProcessGuard {
    /// A job with nothing in it.
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: both pointers may be null: default security, no name.
        let job = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if job.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a handle that was just made, and is owned by nothing else.
        let job = unsafe { OwnedHandle::from_raw_handle(job) };
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        let length = u32::try_from(size_of_val(&limits)).map_err(io::Error::other)?;
        // SAFETY: the handle is open, and the structure is the one that this class of information has, with its size.
        let set = unsafe {
            SetInformationJobObject(
                job.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                ptr::from_ref(&limits).cast(),
                length,
            )
        };
        if set == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(job)) }
    }

    /// Starts `command` in the job, without a console window. What it starts in turn is in the job, too, unless that was
    /// in the moment before the job has it.
    pub(crate) fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        let child = command.creation_flags(CREATE_NO_WINDOW).spawn()?;
        let process = child.raw_handle().ok_or(io::ErrorKind::BrokenPipe)?;
        // SAFETY: both handles are open: the job's is ours, the process's belongs to `child`.
        let assigned = unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), process) };
        if assigned == 0 { Err(io::Error::last_os_error()) } else { Ok(child) }
    }
}
