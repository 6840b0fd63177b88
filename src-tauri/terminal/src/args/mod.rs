//! The command line. Reads arguments only: no files, no environment.

mod display;
mod given;
mod help;
mod machine;
mod reach;
mod request;
mod secrets;

pub use help::{HELP, of as help_of};
pub use machine::SaveArgs;
pub use reach::{DoctorArgs, PasswordSource, RelayArgs};
pub use request::{ImportRequest, ListChange, OpenRequest, SecretKind};
pub use secrets::{GivenSecret, SecretArgs, SecretSource};

use crate::files::looks_like_file;
use given::Given;
use portlight_engine::{
    import::{Export, Site},
    model::without_secrets,
};
use std::{ffi::OsString, path::PathBuf};

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Print [`HELP`], or what belongs to a command.
    Help {
        /// The command.
        of: Option<&'static str>,
    },
    /// Print the version.
    Version {
        /// And how this machine draws.
        verbose: bool,
    },
    /// Examine the way to a machine, without a window.
    Doctor(DoctorArgs),
    /// Say what other programs' files would add to the list, or add it.
    Import(ImportArgs),
    /// Print the list in a form for others.
    Export(Export),
    /// Open a window.
    Open(OpenRequest),
    /// Print the saved machines.
    List {
        /// Only those with all of these tags.
        tags: Vec<String>,
        /// Whether to print JSON.
        json: bool,
    },
    /// Print what is saved about a machine.
    Show {
        /// Which.
        name: String,
        /// Whether to print JSON.
        json: bool,
    },
    /// Add a machine, or change one.
    Save(Box<SaveArgs>),
    /// Take machines off the list.
    Remove {
        /// Which.
        names: Vec<String>,
        /// Whether to print JSON.
        json: bool,
    },
    /// Switch a machine on.
    Wake {
        /// Which.
        name: String,
    },
    /// Let a viewer elsewhere in.
    Relay(RelayArgs),
}

/// The arguments of `portlight import`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ImportArgs {
    /// Files and folders, as typed.
    pub files: Vec<PathBuf>,
    /// What machines of token files are reached through.
    pub site: Option<Site>,
    /// Whether to add, not only to say what would be added.
    pub yes: bool,
    /// Whether passwords are taken.
    pub passwords: bool,
    /// Whether to add what may be no machine, too.
    pub all: bool,
    /// Whether to print JSON.
    pub json: bool,
}

/// Reads the arguments after the program's own name.
///
/// # Errors
/// A sentence for the terminal, on one line.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut given = Given::read(arguments)?;
    let command = given.usage.command;
    if given.flag("help") {
        return Ok(Command::Help { of: command });
    }
    if given.flag("version") {
        return Ok(Command::Version { verbose: given.flag("verbose") });
    }
    given.check()?;
    let json = given.flag("json");
    let words = std::mem::take(&mut given.words);
    match command {
        None => Ok(Command::Open(window(&given, to_open(words)?)?)),
        Some("connect") => {
            let targets = to_open(words)?;
            if targets.is_empty() {
                return Err("which machine? portlight connect TARGET".to_owned());
            }
            Ok(Command::Open(OpenRequest::Targets { targets, view_only: given.flag("view-only") }))
        }
        Some("open") => {
            let set = one(words, "which set? portlight open SET")?;
            // In quotes it is no address: tag:5 may be a screen of a machine called tag.
            let targets = vec![format!("tag:\"{}\"", set.strip_prefix("tag:").unwrap_or(&set).trim_matches('"'))];
            Ok(Command::Open(OpenRequest::Targets { targets, view_only: given.flag("view-only") }))
        }
        Some("list") => match at_most_one(words)? {
            None => Ok(Command::List { tags: given.values("tag"), json }),
            Some(_) => Err("list takes no machine: portlight show NAME prints one".to_owned()),
        },
        Some("show") => Ok(Command::Show { name: one(words, "which machine? portlight show NAME")?, json }),
        Some("add") => {
            let args = machine::add(&given, one(words, "which address? portlight add ADDRESS")?)?;
            Ok(Command::Save(Box::new(args)))
        }
        Some("edit") => {
            let args = machine::edit(&given, one(words, "which machine? portlight edit NAME")?)?;
            Ok(Command::Save(Box::new(args)))
        }
        Some("remove") if words.is_empty() => Err("which machines? portlight remove NAME...".to_owned()),
        Some("remove") => Ok(Command::Remove { names: words, json }),
        Some("wake") => Ok(Command::Wake { name: one(words, "which machine? portlight wake NAME")? }),
        Some("doctor") => reach::doctor(&given, one(words, "which machine? portlight doctor TARGET")?),
        Some("relay") => reach::relay(&given, one(words, "which machine? portlight relay TARGET")?),
        Some("import") if words.is_empty() => Err("which files? portlight import FILE...".to_owned()),
        Some("import") => {
            let files = words.into_iter().map(PathBuf::from).collect();
            let (yes, passwords, all) = (given.flag("yes"), given.flag("passwords"), given.flag("all"));
            let site =
                given.value("site").map(|url| Site::parse(&url)).transpose().map_err(|no| format!("--site: {no}"))?;
            Ok(Command::Import(ImportArgs { files, site, yes, passwords, all, json }))
        }
        Some("export") if !words.is_empty() => Err("export takes no machine, and prints the whole list".to_owned()),
        Some("export") => match given.value("format").as_deref() {
            Some("portlight") => Ok(Command::Export(Export::Portlight)),
            Some("csv") => Ok(Command::Export(Export::Csv)),
            Some("websockify") => Ok(Command::Export(Export::Websockify)),
            _ => Err("in which form? portlight export --format portlight|csv|websockify".to_owned()),
        },
        Some(other) => Err(format!("portlight {other} does nothing")),
    }
}

/// The windows that are asked for without a command: one of Portlight's own, or those of what is to be opened.
fn window(given: &Given, targets: Vec<String>) -> Result<OpenRequest, String> {
    let windows = [("quick", OpenRequest::Quick), ("new", OpenRequest::New), ("background", OpenRequest::Background)];
    let mut asked = windows.into_iter().filter(|(name, _)| given.flag(name));
    match (asked.next(), asked.next(), targets.is_empty()) {
        (None, _, true) => Ok(OpenRequest::List),
        (None, _, false) => Ok(OpenRequest::Targets { targets, view_only: given.flag("view-only") }),
        (Some((_, window)), None, true) => Ok(window),
        (Some((name, _)), _, _) => Err(format!("--{name} goes with nothing else: see portlight --help")),
    }
}

/// The only word.
fn one(words: Vec<String>, missing: &str) -> Result<String, String> {
    at_most_one(words)?.ok_or_else(|| missing.to_owned())
}

/// What is to be opened: one machine, or several links and files, as file managers give them. Several other words are mostly a name
/// that was not quoted.
fn to_open(words: Vec<String>) -> Result<Vec<String>, String> {
    match words.iter().all(|word| word.contains("://") || looks_like_file(word)) {
        true => Ok(words),
        false => at_most_one(words).map(Vec::from_iter),
    }
}

fn at_most_one(words: Vec<String>) -> Result<Option<String>, String> {
    match words.get(1) {
        None => Ok(words.into_iter().next()),
        Some(another) => {
            // A word that was not expected may be anything, also a login.
            let shown = without_secrets(another);
            let shown = shown.rsplit_once('@').map_or(shown.to_string(), |(_, host)| format!("…@{host}"));
            Err(format!("one machine at a time, please: what is {shown:?}?"))
        }
    }
}

#[cfg(test)]
mod tests;
