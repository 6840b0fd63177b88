//! Running other programs at the top of the project.

use std::{
    path::Path,
    process::{Command, ExitStatus},
};

/// A failure is a line for the terminal.
pub type Outcome<T = ()> = Result<T, String>;

/// Runs cargo.
pub fn cargo(arguments: &[&str]) -> Outcome {
    call(Command::new(env!("CARGO")).args(arguments))
}

/// Runs npm for the pages.
pub fn npm(arguments: &[&str]) -> Outcome {
    call(&mut for_pages(arguments))
}

/// Runs npm for the pages beside something else: what it prints is shown when it has ended, in one piece.
pub fn npm_aside(arguments: &[&str]) -> Outcome {
    let mut command = for_pages(arguments);
    let line = line(&command);
    let output =
        command.current_dir(top()).output().map_err(|cause| format!("{line} could not be started: {cause}"))?;
    let [printed, complained] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    println!("\n> {line}\n{printed}{complained}");
    ended(&line, output.status)
}

fn for_pages(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.arg("--prefix").arg(top().join("ui")).args(arguments);
    command
}

/// Runs a command at the top of the project, after saying which.
pub fn call(command: &mut Command) -> Outcome {
    let line = line(command);
    println!("\n> {line}");
    let status =
        command.current_dir(top()).status().map_err(|cause| format!("{line} could not be started: {cause}"))?;
    ended(&line, status)
}

/// A command as one would type it at the top of the project.
fn line(command: &Command) -> String {
    let words: Vec<_> =
        [command.get_program()].into_iter().chain(command.get_args()).map(|word| word.to_string_lossy()).collect();
    words.join(" ").replace(&format!("{}/", top().display()), "")
}

fn ended(line: &str, status: ExitStatus) -> Outcome {
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
