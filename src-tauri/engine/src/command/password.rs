//! A password that a command prints.

use super::run::{Limits, run};
use crate::{
    error::CommandError,
    model::{CommandLine, Placeholders, Secret},
};
use std::time::Duration;

/// A password manager may ask to be unlocked.
const LIMITS: Limits = Limits { time: Duration::from_secs(60), output: 64 * 1024 };

/// How long to wait for a password command before the user is offered to type the password instead, 5 s: some password
/// managers take several seconds to start.
pub(crate) const COMMAND_OFFER_DELAY: Duration = Duration::from_secs(5);

/// The password that `command` prints for a machine: the first line of it, without what ends the line.
///
/// # Errors
/// [`CommandError`].
pub(crate) async fn password(command: &CommandLine, known: &Placeholders) -> Result<Secret, CommandError> {
    let program = || command.program().to_owned();
    let output = run(command, known, LIMITS).await?;
    let line = output.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(CommandError::NoPassword { program: program() });
    }
    let text = str::from_utf8(line).map_err(|_| CommandError::NotText { program: program() })?;
    Ok(text.to_owned().into())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::model::Target;

    async fn printed(text: &str) -> Result<String, CommandError> {
        let known = Placeholders::from(&Target::unsaved("box".into(), "box".parse().unwrap(), false));
        let command = CommandLine::parse(&format!("printf '{}'", text.replace('%', "%%"))).unwrap();
        password(&command, &known).await.map(|secret| secret.expose().to_owned())
    }

    #[tokio::test]
    async fn the_first_line_is_the_password() {
        for (text, password) in
            [("sesame", "sesame"), ("sesame\\n", "sesame"), (" se same \\r\\nurl: x\\n", " se same ")]
        {
            assert_eq!(printed(text).await.unwrap(), password, "{text}");
        }
        let program = || "printf".to_owned();
        for nothing in ["\\n", "", "\\nsecond", "\\r\\n"] {
            assert_eq!(printed(nothing).await, Err(CommandError::NoPassword { program: program() }), "{nothing}");
        }
        assert_eq!(printed("\\377\\376").await, Err(CommandError::NotText { program: program() }));
    }
}
