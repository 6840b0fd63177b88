//! Portlight as ssh's askpass program: passes ssh's question to the Portlight that has started that ssh, and prints the
//! answer.
//!
//! ssh(1), `SSH_ASKPASS`: the question is the first argument, the answer is read from the program's standard output, and
//! any exit status but 0 means that there is none.

use super::{carrier, message, question::Hint};
use crate::platform;
use std::{
    env,
    ffi::OsStr,
    io::{self, Write},
    process::ExitCode,
};

/// The environment variable with the address of the [channel](platform::Channel); set for that ssh only.
pub(super) const CHANNEL: &str = "PORTLIGHT_ASKPASS";

/// Passes on ssh's question where ssh has started this program as its askpass program, and what it says where it is its
/// `ProxyCommand`; then the exit code is the program's. To be called before anything else.
pub fn run() -> Option<ExitCode> {
    if let Some(carried) = carrier::run() {
        return Some(carried);
    }
    let channel = env::var_os(CHANNEL)?;
    let prompt = env::args_os().nth(1).unwrap_or_default();
    let hint = env::var("SSH_ASKPASS_PROMPT").unwrap_or_default();
    let answered = ask(&channel, &hint, &prompt, &mut io::stdout());
    Some(if answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Asks through the channel with this address and writes the answer to `out`; false where there is none.
pub(super) fn ask(channel: &OsStr, hint: &str, prompt: &OsStr, out: &mut impl Write) -> bool {
    let hint = match hint {
        "confirm" => Hint::Confirm,
        "none" => Hint::Notice,
        _ => Hint::Text,
    };
    let mut answered = || {
        let mut portlight = platform::connect(channel)?;
        portlight.write_all(&message::question(hint, prompt.as_encoded_bytes()))?;
        let Some(answer) = message::read_answer(&mut portlight)? else { return Ok(false) };
        out.write_all(&answer)?;
        out.flush()?;
        Ok(true)
    };
    answered().unwrap_or_else(|cause: io::Error| {
        // Becomes part of ssh's error output, which is quoted where ssh fails.
        eprintln!("portlight could not ask: {cause}");
        false
    })
}
