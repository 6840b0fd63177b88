//! Portlight in a terminal: what needs no window, and the way to the windows.
//!
//! ```text
//! run ─▶ args       the command line, without the passwords in links (link)
//!     ─▶ files      which words are files
//!     ─▶ doctor     examines the way to a machine
//!     ─▶ exchange   other programs' lists into ours, and ours for others
//!     ─▶ list       the machines in the list: printed, added, changed, removed, woken
//!     ─▶ relay      a session for a viewer elsewhere
//!     ─▶ password   from standard input or a prompt
//!     ─▶ asking     what a person is asked on the terminal
//!     ─▶ instance   hands a request to the Portlight that runs
//!     ─▶ text       what is said in a window, in the user's language
//!     ─▶ platform   what differs between operating systems
//! ```
//! A program of its own, because the libraries that draw windows take longer to load than all else that a second start
//! does: `portlight` becomes the program with the windows only where no Portlight runs.

mod args;
mod asking;
mod doctor;
mod exchange;
mod files;
pub mod instance;
mod link;
mod list;
mod password;
mod platform;
mod relay;
mod text;

pub use args::{Command, ImportRequest, ListChange, OpenRequest, parse};
pub use doctor::KEYRING_SERVICE;
pub use exchange::add_files;
pub use files::{file_of, is_recording};
pub use link::unreadable;
pub use list::{Changed, change as change_list};
pub use platform::attach_console;
pub use text::{Language, Texts};

use instance::HandOver;
use portlight_engine::{
    Engine, Error, Settings, askpass, check_files, find_set, find_target, import::NotOpened, recording::Recording,
};
use std::{env, ffi::OsString, path::Path, process::ExitCode};

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
    let (targets, view_only) = match &mut request {
        OpenRequest::Targets { targets, view_only } => (targets.as_mut_slice(), *view_only),
        OpenRequest::List | OpenRequest::New | OpenRequest::Quick | OpenRequest::Background => (&mut [][..], false),
    };
    for target in targets {
        let Some(path) = file_of(target) else {
            if let Err(error) = readable(target, view_only) {
                let set = target.strip_prefix("tag:\"").and_then(|set| set.strip_suffix('"'));
                let sentence =
                    set.map_or_else(|| unreadable(target, &error), |set| format!("no machine has the tag {set}"));
                return failed(&sentence, 2, |texts| texts.error(&error));
            }
            continue;
        };
        if let Err(complaint) = openable(&path) {
            return complaint.end();
        }
        // The Portlight that runs may be in another folder.
        *target = files::address_of(&path);
    }
    match instance::hand_over(&request) {
        Ok(HandOver::Done(())) => ExitCode::SUCCESS,
        Ok(HandOver::NobodyThere) => become_the_windows(arguments),
        Err(refusal) => failed(&refusal.to_string(), 1, |texts| texts.refusal(&refusal)),
    }
}

/// Says why nothing was opened: on standard error, and in a window where that goes unread, as after a click in a menu, a
/// browser or a file manager; there as `tell` has it in the user's language.
pub fn failed(sentence: &str, code: u8, tell: impl FnOnce(&Texts) -> String) -> ExitCode {
    eprintln!("portlight: {sentence}");
    if platform::nobody_reads() {
        let told = Texts::load(Language::of_this_user()).map_or_else(|_| sentence.to_owned(), |texts| tell(&texts));
        // It ends with a code of its own.
        return become_the_windows(&[FAILED.into(), told.into()]);
    }
    ExitCode::from(code)
}

/// The argument with which the program with the windows shows one sentence, the next argument, and ends with 1. For
/// [`failed`] only.
pub const FAILED: &str = "--failed";

/// That there is something to open in a file.
fn openable(path: &Path) -> Result<(), Complaint> {
    match is_recording(path) {
        true => Recording::open(path).map(drop).map_err(|error| Complaint::Recording(error.into())),
        false => check_files(&[path.to_owned()]).map_err(Complaint::File),
    }
}

/// Why a file is not opened.
enum Complaint {
    Recording(Error),
    File(NotOpened),
}

impl Complaint {
    fn end(self) -> ExitCode {
        match self {
            Self::Recording(error) => failed(&error.to_string(), 1, |texts| texts.error(&error)),
            Self::File(failure) => failed(&failure.to_string(), 1, |texts| texts.not_opened(&failure)),
        }
    }
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
    // At a terminal the loader says it itself.
    if platform::nobody_reads()
        && let Ok(program) = &program
        && let missing = platform::missing_libraries(program)
        && !missing.is_empty()
    {
        let missing = missing.join(", ");
        eprintln!("portlight: {WINDOWS} cannot start, as these libraries are missing: {missing}");
        if let Ok(texts) = Texts::load(Language::of_this_user()) {
            platform::show_without_windows(texts.get("start.failed"), &texts.missing(&missing));
        }
        return ExitCode::FAILURE;
    }
    program.and_then(|program| platform::replace(program.as_os_str(), arguments)).unwrap_or_else(|cause| {
        let sentence = format!("the program {WINDOWS}, which lies beside this one, did not start: {cause}");
        eprintln!("portlight: {sentence}");
        if platform::nobody_reads() {
            platform::show_without_windows("Portlight", &sentence);
        }
        ExitCode::FAILURE
    })
}
