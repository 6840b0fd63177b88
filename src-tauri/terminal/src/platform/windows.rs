//! Windows: Win32. Written from Microsoft's documentation, never compiled here.

use portlight_engine::model::Secret;
use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::windows::io::AsHandle,
    path::Path,
    process::{Command, ExitCode},
};
use windows_sys::Win32::System::Console::{ATTACH_PARENT_PROCESS, AttachConsole};

/// Connects to the console of the terminal that it was started from, if there is one: a program of the subsystem
/// `windows` has none of its own.
pub fn attach_console() {
    // SAFETY: takes no pointers. Fails harmlessly where the parent process has no console.
    #[allow(unsafe_code)]
    unsafe {
        AttachConsole(ATTACH_PARENT_PROCESS);
    }
}

/// Standard input without Rust's buffer.
///
/// # Errors
/// Where there is no standard input.
pub fn unbuffered_stdin() -> io::Result<File> {
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// Not written yet for this system: a password comes from standard input.
///
/// # Errors
/// Always.
pub fn ask_hidden(_question: &str) -> io::Result<Secret> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Not written yet for this system.
///
/// # Errors
/// Always.
pub fn ask(_question: &str) -> io::Result<String> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Not written yet for this system.
///
/// # Errors
/// Always.
pub fn tell(_text: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Not known yet for this system.
pub fn nobody_reads() -> bool {
    false
}

/// Not known here.
pub fn missing_libraries(_program: &Path) -> Vec<String> {
    Vec::new()
}

/// Not shown on this system yet.
pub fn show_without_windows(_title: &str, _sentence: &str) {}

/// Runs `program` and waits for it: Windows cannot replace a process.
///
/// # Errors
/// Where it could not be started.
pub fn replace(program: &OsStr, arguments: &[OsString]) -> io::Result<ExitCode> {
    let status = Command::new(program).args(arguments).status()?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
