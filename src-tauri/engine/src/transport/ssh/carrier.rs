//! A stream that leads to the SSH host already, for ssh to speak on: what a proxy leads to, say.
//!
//! ssh takes such a stream from a program (`ProxyCommand` in ssh_config(5)), which is Portlight's own: it passes everything between
//! its standard input and output and the Portlight that has started ssh, and knows neither proxy nor password. So nothing of these is
//! in an argument or in the environment, and what a proxy asks is asked as it is without ssh.

use crate::platform::{self, Channel};
use rfb::Stream;
use std::{
    env,
    ffi::{OsStr, OsString},
    io::{self, Read, Write},
    path::Path,
    process::ExitCode,
    thread,
};
use tokio::{io::copy_bidirectional, process::Command};
use tokio_util::task::AbortOnDropHandle;

/// The environment variable with the address of the channel; set for that ssh only.
pub(super) const CHANNEL: &str = "PORTLIGHT_CARRIER";
/// The argument that makes Portlight's executable that program; what ssh asks its askpass program comes without it.
pub(super) const ARGUMENT: &str = "carry-ssh";

/// Has the ssh that `command` starts speak on `stream`, by `program`: once, and until what is returned is dropped.
///
/// # Errors
/// Those of opening a channel.
pub(super) fn carry(stream: Stream, command: &mut Command, program: &Path) -> io::Result<AbortOnDropHandle<()>> {
    let channel = Channel::open()?;
    command.env(CHANNEL, channel.address());
    let mut option = OsString::from("-oProxyCommand=");
    option.push(quoted(program.as_os_str()));
    option.push(" ");
    option.push(ARGUMENT);
    // A master connection that is there has come another way.
    command.arg(option).arg("-oControlPath=none");
    Ok(AbortOnDropHandle::new(tokio::spawn(async move {
        let Ok(mut near) = channel.accept().await else { return };
        // No second one.
        drop(channel);
        let mut stream = stream;
        // ssh says how it ended.
        let _ = copy_bidirectional(&mut near, &mut stream).await;
    })))
}

/// A program's path for the user's shell, which runs a `ProxyCommand` in which ssh has replaced what begins with a percent sign.
fn quoted(program: &OsStr) -> OsString {
    let program = program.to_string_lossy().replace('%', "%%");
    if cfg!(windows) { format!("\"{program}\"") } else { format!("'{}'", program.replace('\'', r"'\''")) }.into()
}

/// Carries where ssh has started this program as its `ProxyCommand`; then the exit code is the program's.
pub(super) fn run() -> Option<ExitCode> {
    let channel = env::var_os(CHANNEL)?;
    let mut arguments = env::args_os().skip(1);
    if (arguments.next()?, arguments.next()) != (ARGUMENT.into(), None) {
        return None;
    }
    let carried = pass(&channel, io::stdin(), io::stdout());
    // Becomes part of ssh's error output.
    Some(match carried.inspect_err(|cause| eprintln!("portlight could not carry: {cause}")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

/// Passes everything between the channel with this address and ssh, until the channel ends.
pub(super) fn pass(channel: &OsStr, mut from: impl Read + Send + 'static, mut to: impl Write) -> io::Result<()> {
    let mut portlight = platform::connect(channel)?;
    let mut there = portlight.try_clone()?;
    thread::spawn(move || {
        let _ = copy(&mut from, &mut there);
        // ssh has closed: so does what it spoke on.
        let _ = platform::shut(&there);
    });
    copy(&mut portlight, &mut to)
}

/// Each piece as it comes.
fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                to.write_all(&buffer[..count])?;
                to.flush()?;
            }
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_path_is_quoted_for_shell_and_ssh() {
        for (path, expected) in
            [("/opt/port light/x", "'/opt/port light/x'"), ("/a%h", "'/a%%h'"), ("/it's", r"'/it'\''s'")]
        {
            assert_eq!(quoted(path.as_ref()), expected);
        }
    }
}
