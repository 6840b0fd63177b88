//! What differs between operating systems, behind one interface: the keyring, Kerberos, certificate authorities, private files, a
//! listening port of its own, a limit for dead networks, a private channel, a watch on folders, and a child process that cannot outlive its session.
//!
//! Linux is what is built and tested. What was written from documentation alone is listed in docs/PLATFORMS.md.

mod authorities;
mod channel;
#[cfg(all(unix, not(target_os = "macos")))]
mod kerberos;
#[cfg(any(windows, target_os = "macos"))]
mod native_keyring;
#[cfg(any(windows, target_os = "macos"))]
mod no_kerberos;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;
#[cfg(unix)]
mod unix;
mod watch;
#[cfg(windows)]
mod windows;

pub(crate) use authorities::system_authorities;
pub(crate) use channel::{Channel, Connection, connect, shut};
#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) use kerberos::kerberos;
#[cfg(any(windows, target_os = "macos"))]
pub(crate) use native_keyring::SystemKeyring;
#[cfg(any(windows, target_os = "macos"))]
pub(crate) use no_kerberos::kerberos;
#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) use secret_service::SystemKeyring;
#[cfg(unix)]
pub(crate) use unix::{
    ASKPASS_VARIABLES, ProcessGuard, bind_listener, create_private_folder, executable, limit_unacknowledged,
    private_file, sync_folder,
};
pub(crate) use watch::FolderWatch;
#[cfg(windows)]
pub(crate) use windows::{
    ASKPASS_VARIABLES, ProcessGuard, bind_listener, create_private_folder, executable, limit_unacknowledged,
    private_file, sync_folder,
};
