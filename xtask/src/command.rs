//! Running other programs at the top of the project.

use std::{path::Path, process::Command};

/// A failure is a line for the terminal.
pub type Outcome<T = ()> = Result<T, String>;

/// Runs cargo.
pub fn cargo(arguments: &[&str]) -> Outcome {
    call(Command::new(env!("CARGO")).args(arguments))
}

/// Runs npm for the pages.
pub fn npm(arguments: &[&str]) -> Outcome {
    call(Command::new("npm").arg("--prefix").arg(top().join("ui")).args(arguments))
}

/// Runs a command at the top of the project, after saying which.
pub fn call(command: &mut Command) -> Outcome {
    let words: Vec<_> =
        [command.get_program()].into_iter().chain(command.get_args()).map(|word| word.to_string_lossy()).collect();
    let line = words.join(" ").replace(&format!("{}/", top().display()), "");
    println!("\n> {line}");
    let status =
        command.current_dir(top()).status().map_err(|cause| format!("{line} could not be started: {cause}"))?;
    if status.success() { Ok(()) } else { Err(format!("{line} failed ({status})")) }
}

/// Runs cargo and gives back what it printed.
pub fn output_of_cargo(arguments: &[&str]) -> Outcome<Vec<u8>> {
    let line = format!("cargo {}", arguments.join(" "));
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(top()).output();
    let output = output.map_err(|cause| format!("{line} could not be started: {cause}"))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!("{line} failed:\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// The project's folder.
pub fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}
