//! Linux and macOS.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::{fd::AsFd, unix::process::CommandExt},
    process::{Command, ExitCode},
};

/// Nothing to do: every program has the terminal that it was started from.
pub fn attach_console() {}

/// Standard input without Rust's buffer.
///
/// # Errors
/// Where there is no standard input.
pub fn unbuffered_stdin() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Replaces this process by `program`. Comes back only where that failed.
///
/// # Errors
/// Why it failed.
pub fn replace(program: &OsStr, arguments: &[OsString]) -> io::Result<ExitCode> {
    // Its first argument is what window managers and process lists call a program.
    Err(Command::new(program).arg0("portlight").args(arguments).exec())
}
