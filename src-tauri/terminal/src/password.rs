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
    let is_whole = |so_far: &[u8]| so_far.contains(&b'\n');
    stdin(option, is_whole, |read| {
        let line = read.split(|byte| *byte == b'\n').next().unwrap_or_default();
        line.strip_suffix(b"\r").unwrap_or(line)
    })
}

/// All of standard input, which `option` asks for.
///
/// # Errors
/// As [`from_stdin`].
pub fn all_of_stdin(option: &str) -> Result<Secret, String> {
    stdin(option, |_| false, |read| read)
}

/// What `part` leaves of standard input, which is read until it is whole or ends.
fn stdin(option: &str, is_whole: impl Fn(&[u8]) -> bool, part: impl Fn(&[u8]) -> &[u8]) -> Result<Secret, String> {
    if io::stdin().is_terminal() {
        return Err(format!("{option} reads from a pipe or a file, such as {option} < FILE"));
    }
    let failed = |cause: io::Error| format!("nothing on standard input for {option}: {cause}");
    let mut input = platform::unbuffered_stdin().map_err(failed)?;
    let mut bytes = Zeroizing::new([0; MAX]);
    let mut length = 0;
    loop {
        let read = match bytes.get_mut(length..).filter(|room| !room.is_empty()) {
            Some(room) => input.read(room).map_err(failed)?,
            None => return Err(format!("what is on standard input for {option} is longer than {MAX} bytes")),
        };
        length += read;
        let so_far = bytes.get(..length).unwrap_or_default();
        if so_far.is_empty() {
            return Err(format!("there is nothing on standard input for {option}"));
        }
        if read == 0 || is_whole(so_far) {
            let text = str::from_utf8(part(so_far));
            let text = text.map_err(|_| format!("what is on standard input for {option} is not UTF-8"))?;
            return Ok(text.to_owned().into());
        }
    }
}

/// What a person types on the terminal, which does not show it; `option` would take it from elsewhere.
///
/// # Errors
/// A sentence: that there is no terminal, or that they gave up.
pub fn ask(question: &str, option: &str) -> Result<Secret, String> {
    platform::ask_hidden(question).map_err(|cause| match cause.kind() {
        io::ErrorKind::Interrupted => "given up".to_owned(),
        _ => format!("there is no terminal to ask on ({cause}): {option} takes it from a pipe"),
    })
}
