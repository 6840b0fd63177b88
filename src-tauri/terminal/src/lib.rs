//! Portlight in a terminal: what needs no window, and the way to the windows.
//!
//! ```text
//! run ─▶ args       the command line, without the passwords in links (link)
//!     ─▶ doctor     examines the way to a machine
//!     ─▶ exchange   other programs' lists into ours, and ours for others
//!     ─▶ list       the machines in the list: printed, added, changed, removed, woken
//!     ─▶ relay      a session for a viewer elsewhere
//!     ─▶ password   from standard input or a prompt
//!     ─▶ instance   hands a request to the Portlight that runs
//!     ─▶ platform   what differs between operating systems
//! ```
//! A program of its own, because the libraries that draw windows take longer to load than all else that a second start
//! does: `portlight` becomes the program with the windows only where no Portlight runs.

mod args;
mod doctor;
mod exchange;
pub mod instance;
mod link;
mod list;
mod password;
mod platform;
mod relay;

pub use args::{Command, ImportRequest, ListChange, OpenRequest, parse};
pub use doctor::KEYRING_SERVICE;
pub use link::unreadable;
pub use list::{Changed, change as change_list};
pub use platform::attach_console;

use instance::HandOver;
use portlight_engine::{Engine, Error, Settings, askpass, find_set, find_target, recording};
use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, absolute},
    process::ExitCode,
};

/// The program with the windows; it lies beside this one.
const WINDOWS: &str = "portlight-window";

/// What `portlight` does.
pub fn run() -> ExitCode {
    platform::attach_console();
    // Started by ssh as its askpass program: asks the Portlight that started ssh, and ends.
    if let Some(code) = askpass::run() {
        return code;
    }
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    if let Some(clean) = link::without_passwords(&arguments) {
        eprintln!("portlight: {}", link::PASSWORD_DROPPED);
        return env::current_exe().and_then(|program| platform::replace(program.as_os_str(), &clean)).unwrap_or_else(
            |cause| {
                eprintln!("portlight: could not start again without the password: {cause}");
                ExitCode::FAILURE
            },
        );
    }
    match args::parse(arguments.iter().cloned()) {
        Ok(command) => perform(command, &arguments),
        Err(problem) => {
            eprintln!("portlight: {problem}");
            ExitCode::from(2)
        }
    }
}

fn perform(command: Command, arguments: &[OsString]) -> ExitCode {
    match command {
        Command::Help { of: None } => print!("{}", args::HELP),
        Command::Help { of: Some(command) } => print!("{}", args::help_of(command)),
        Command::Version { verbose: false } => println!("portlight {}", env!("CARGO_PKG_VERSION")),
        Command::Version { verbose: true } => return become_the_windows(arguments),
        Command::Doctor(args) => return doctor::examine(&args),
        Command::Import(args) => return exchange::import(&args),
        Command::Export(format) => return exchange::export_to_stdout(format),
        Command::Open(request) => return open(&request, arguments),
        Command::List { tags, json } => return list::print_all(&tags, json),
        Command::Show { name, json } => return list::show(&name, json),
        Command::Save(args) => return list::save(*args),
        Command::Remove { names, json } => return list::remove(&names, json),
        Command::Relay(args) => return relay::serve(args),
        Command::Wake { name } => return list::wake(&name),
    }
    ExitCode::SUCCESS
}

/// Opens what was asked for: in the Portlight that runs, or by becoming it.
fn open(request: &OpenRequest, arguments: &[OsString]) -> ExitCode {
    // Before anything starts: the error belongs on this terminal, not on that of an instance that runs already.
    let mut request = request.clone();
    if let Some(path) = request.target.as_mut().filter(|target| is_recording(target)) {
        // The Portlight that runs may be in another folder. A path that is not UTF-8 would not have come here.
        if let Ok(absolute) = absolute(&*path) {
            *path = absolute.to_string_lossy().into_owned();
        }
    } else if let Some(target) = &request.target
        && let Err(error) = readable(target, request.view_only)
    {
        let set = target.strip_prefix("tag:\"").and_then(|set| set.strip_suffix('"'));
        let sentence = set.map_or_else(|| unreadable(target, &error), |set| format!("no machine has the tag {set}"));
        return failed(&sentence, 2);
    }
    match instance::hand_over(&request) {
        Ok(HandOver::Done(())) => ExitCode::SUCCESS,
        Ok(HandOver::NobodyThere) => become_the_windows(arguments),
        Err(sentence) => failed(&sentence, 1),
    }
}

/// Says why nothing was opened: on standard error, and in a window where nobody reads that, as after a click in a menu, a
/// browser or a file manager.
fn failed(sentence: &str, code: u8) -> ExitCode {
    eprintln!("portlight: {sentence}");
    if platform::nobody_reads() {
        // It ends with a code of its own.
        return become_the_windows(&[FAILED.into(), sentence.into()]);
    }
    ExitCode::from(code)
}

/// The argument with which the program with the windows shows one sentence, the next argument, and ends with 1. For
/// [`failed`] only.
pub const FAILED: &str = "--failed";

/// Whether this is the path of a recording, and no machine: by its ending, so that a file that is not there is said to be missing,
/// and not looked up as a machine's name.
pub fn is_recording(target: &str) -> bool {
    let extension = Path::new(target).extension().and_then(OsStr::to_str);
    !target.contains("://") && extension.is_some_and(|extension| extension.eq_ignore_ascii_case(recording::EXTENSION))
}

fn readable(target: &str, view_only: bool) -> Result<(), Error> {
    let (config, _) = Settings::folders()?;
    let list = Engine::peek(&config).unwrap_or_default();
    match find_set(&list, target) {
        Some(_) => Ok(()),
        None => find_target(&list, target, view_only).map(drop),
    }
}

/// Goes on as the program with the windows.
fn become_the_windows(arguments: &[OsString]) -> ExitCode {
    let program =
        env::current_exe().map(|program| program.with_file_name(format!("{WINDOWS}{}", env::consts::EXE_SUFFIX)));
    program.and_then(|program| platform::replace(program.as_os_str(), arguments)).unwrap_or_else(|cause| {
        eprintln!("portlight: the program {WINDOWS}, which lies beside this one, did not start: {cause}");
        ExitCode::FAILURE
    })
}
