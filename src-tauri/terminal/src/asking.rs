//! What the user is asked on the terminal. Where there is no terminal to ask on, the answer is no.

use crate::platform;
use portlight_engine::{model::Secret, session::SshQuestion};
use std::io;

/// What is said to a question of ssh.
pub enum SshReply {
    /// What was typed.
    Secret(Secret),
    /// That it may go on.
    Yes,
    /// Nothing: there is something to do, and ssh goes on by itself.
    Nothing,
}

/// The answer to a question of ssh. Blocks while a person is asked.
///
/// # Errors
/// As [`secret`].
pub fn ssh(question: &SshQuestion) -> Result<SshReply, String> {
    match question {
        SshQuestion::Notice { prompt } => {
            tell(&format!("{prompt}\n"))?;
            Ok(SshReply::Nothing)
        }
        SshQuestion::HostKey { prompt, .. } | SshQuestion::Confirm { prompt } => {
            confirm(prompt.trim_end())?;
            Ok(SshReply::Yes)
        }
        SshQuestion::Password { prompt, again }
        | SshQuestion::Passphrase { prompt, again }
        | SshQuestion::Other { prompt, again } => {
            Ok(SshReply::Secret(secret(&format!("{}{} ", wrong(*again), prompt.trim_end()))?))
        }
    }
}

/// What is said before a question that was answered wrongly.
pub fn wrong(again: bool) -> &'static str {
    if again { "That was not right.\n" } else { "" }
}

/// A secret, which is not shown.
///
/// # Errors
/// A sentence: that they gave up, or that there is no terminal.
pub fn secret(question: &str) -> Result<Secret, String> {
    platform::ask_hidden(&printable(question)).map_err(unasked)
}

/// Goes on only with a yes.
///
/// # Errors
/// As [`secret`].
pub fn confirm(question: &str) -> Result<(), String> {
    let answer = platform::ask(&printable(&format!("{question} (yes or no) "))).map_err(unasked)?;
    if answer.eq_ignore_ascii_case("yes") { Ok(()) } else { Err("given up".to_owned()) }
}

/// Says something.
///
/// # Errors
/// As [`secret`].
pub fn tell(text: &str) -> Result<(), String> {
    platform::tell(&printable(text)).map_err(unasked)
}

/// Why a person could not be asked.
pub fn unasked(cause: io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::Interrupted => "given up".to_owned(),
        _ => format!("there is a question, and no terminal to ask it on ({cause})"),
    }
}

/// What is said to a terminal may have several lines, and nothing else that controls it.
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}
