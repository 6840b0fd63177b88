//! Passwords from standard input or a prompt. Never from an argument, which every user of this machine can read.

use crate::platform;
use portlight_engine::model::Secret;
use std::io::{self, IsTerminal, Read};
use zeroize::Zeroizing;

/// Bytes of a password: more than any server takes.
const MAX: usize = 8192;

/// The first line of standard input, which `option` asks for.
///
/// # Errors
/// A sentence for the terminal: that there is none, that it is too long or no text, or that a person would type it readably.
pub fn from_stdin(option: &str) -> Result<Secret, String> {
    if io::stdin().is_terminal() {
        return Err(format!("{option} reads from a pipe or a file, such as {option} < FILE"));
    }
    let failed = |cause: io::Error| format!("no password on standard input: {cause}");
    let mut input = platform::unbuffered_stdin().map_err(failed)?;
    let mut line = Zeroizing::new([0; MAX]);
    let mut length = 0;
    loop {
        let read = match line.get_mut(length..).filter(|room| !room.is_empty()) {
            Some(room) => input.read(room).map_err(failed)?,
            None => return Err(format!("the password on standard input is longer than {MAX} bytes")),
        };
        length += read;
        let so_far = line.get(..length).unwrap_or_default();
        let end = so_far.iter().position(|byte| *byte == b'\n');
        if read == 0 && length == 0 {
            return Err("there is no password on standard input".to_owned());
        }
        if read == 0 || end.is_some() {
            let password = so_far.get(..end.unwrap_or(length)).unwrap_or_default();
            let password = password.strip_suffix(b"\r").unwrap_or(password);
            let text = str::from_utf8(password).map_err(|_| "the password on standard input is not UTF-8")?;
            return Ok(text.to_owned().into());
        }
    }
}

/// What a person types on the terminal, which does not show it.
///
/// # Errors
/// A sentence: that there is no terminal, or that they gave up.
pub fn ask(question: &str) -> Result<Secret, String> {
    platform::ask_hidden(question).map_err(|cause| match cause.kind() {
        io::ErrorKind::Interrupted => "given up".to_owned(),
        _ => format!("there is no terminal to ask for a password on ({cause}): --password-stdin takes one"),
    })
}
