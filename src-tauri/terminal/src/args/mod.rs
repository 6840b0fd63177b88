//! The command line. Reads arguments only: no files, no environment.

mod given;
mod help;

pub use help::{HELP, of as help_of};

use crate::files::looks_like_file;
use given::Given;
use portlight_engine::{
    doctor::TrustPolicy,
    import::{Export, Site},
    model::{Colour, HostChange, HostId, OnNewAddress, PictureChoice, without_secrets},
};
use serde::{Deserialize, Serialize};
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

/// The arguments of `portlight add` and `portlight edit`.
#[derive(Debug, PartialEq, Eq)]
pub struct SaveArgs {
    /// The machine that is changed; none for a new one.
    pub name: Option<String>,
    /// Its fields.
    pub change: HostChange,
    /// What becomes of its password.
    pub password: PasswordArg,
    /// What becomes of its SecureOn password. Of the two only one is typed at a time.
    pub secure_on: PasswordArg,
    /// Whether to print JSON.
    pub json: bool,
}

/// The arguments of `portlight relay`.
#[derive(Debug, PartialEq, Eq)]
pub struct RelayArgs {
    /// A saved host's name or an address, as typed.
    pub target: String,
    /// Where to listen; 0 for any port that is free.
    pub port: u16,
    /// The pages that may come; none for those of this computer, and programs.
    pub origins: Vec<String>,
    /// Whether to log in again when a viewer has left.
    pub again: bool,
    /// The user name to log in with, where it is not the saved one.
    pub username: Option<String>,
    /// Whether the password comes on standard input.
    pub password_stdin: bool,
    /// Which keys are trusted without asking, where none is known.
    pub trust: TrustPolicy,
    /// Whether to print JSON.
    pub json: bool,
}

/// What becomes of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordArg {
    /// Nothing.
    Keep,
    /// It leaves the keyring.
    Forget,
    /// The first line of standard input.
    Stdin,
    /// What is typed at a prompt.
    Ask,
}

/// What is to be done to the list, by this process or by the Portlight that runs. A password goes beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListChange {
    /// Adds a machine, or changes one.
    Save {
        /// The machine that is changed; none for a new one.
        host: Option<HostId>,
        /// Its fields.
        change: Box<HostChange>,
        /// Whether its password leaves the keyring.
        forget_password: bool,
        /// What becomes of its SecureOn password.
        secure_on: SecureOnChange,
    },
    /// Takes machines off the list.
    Remove {
        /// Which.
        hosts: Vec<HostId>,
    },
}

/// What becomes of a SecureOn password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecureOnChange {
    /// Nothing: a password that goes beside is the machine's own.
    Keep,
    /// It leaves the keyring.
    Forget,
    /// It is what goes beside.
    Set,
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

/// Which machines to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRequest {
    /// Files and folders, whatever folder they are looked for in.
    pub paths: Vec<PathBuf>,
    /// What machines of token files are reached through.
    pub site: Option<Site>,
    /// Whether passwords are taken.
    pub passwords: bool,
    /// Whether to add what may be no machine, too.
    pub all: bool,
}

/// Which windows to open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenRequest {
    /// The list.
    #[default]
    List,
    /// The list with the form of a new machine.
    New,
    /// Quick connect.
    Quick,
    /// None: Portlight waits in the tray. Where it runs already, nothing changes.
    Background,
    /// Those of sessions, recordings, and lists in files.
    Targets {
        /// Saved hosts' names, addresses and files, as typed; at least one.
        targets: Vec<String>,
        /// Whether the sessions send no input.
        view_only: bool,
    },
}

/// The arguments of `portlight doctor`.
#[derive(Debug, PartialEq, Eq)]
pub struct DoctorArgs {
    /// A saved host's name or an address, as typed.
    pub target: String,
    /// Whether to print JSON.
    pub json: bool,
    /// Where the password for a login comes from; none stops where a login is wanted.
    pub login: Option<PasswordSource>,
    /// The user name to log in with, where it is not the saved one.
    pub username: Option<String>,
    /// Which certificates and keys are trusted.
    pub accept: TrustPolicy,
}

/// Where a password comes from; never from an argument, which every user of this machine can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordSource {
    /// Where a session would find it: the machine's command, the keyring.
    Saved,
    /// The first line of standard input.
    Stdin,
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
            let address = one(words, "which address? portlight add ADDRESS")?;
            let change = HostChange { address: Some(address), ..change(&given)? };
            let (password, secure_on) = passwords(&given)?;
            Ok(Command::Save(Box::new(SaveArgs { name: None, change, password, secure_on, json })))
        }
        Some("edit") => {
            let name = Some(one(words, "which machine? portlight edit NAME")?);
            let (change, (password, secure_on)) = (change(&given)?, passwords(&given)?);
            if change == HostChange::default() && (password, secure_on) == (PasswordArg::Keep, PasswordArg::Keep) {
                return Err("what is to be changed? see portlight edit --help".to_owned());
            }
            Ok(Command::Save(Box::new(SaveArgs { name, change, password, secure_on, json })))
        }
        Some("remove") if words.is_empty() => Err("which machines? portlight remove NAME...".to_owned()),
        Some("remove") => Ok(Command::Remove { names: words, json }),
        Some("wake") => Ok(Command::Wake { name: one(words, "which machine? portlight wake NAME")? }),
        Some("doctor") => doctor(&given, one(words, "which machine? portlight doctor TARGET")?),
        Some("relay") => relay(&given, one(words, "which machine? portlight relay TARGET")?),
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

/// The fields of a machine that are named.
fn change(given: &Given) -> Result<HostChange, String> {
    let colour = match given.value("colour").as_deref() {
        None => None,
        Some("none" | "") => Some(None),
        Some(name) => Some(Some(known(name, &COLOURS, "--colour")?)),
    };
    let pictures = [("shown", PictureChoice::Shown), ("blurred", PictureChoice::Blurred), ("off", PictureChoice::Off)];
    let logins = [("keep", OnNewAddress::Keep), ("forget", OnNewAddress::Forget)];
    Ok(HostChange {
        name: given.value("name"),
        address: given.value("address"),
        username: given.value("username"),
        ssh_jump: given.value("ssh-host"),
        proxy: given.value("proxy"),
        mac: given.value("mac"),
        wake_address: given.value("wake-address"),
        wake_port: given.value("wake-port"),
        wake_ssh_host: given.value("wake-ssh-host"),
        repeater_id: given.value("repeater-id"),
        ca_file: given.value("ca-file"),
        client_certificate: given.value("client-certificate"),
        client_key: given.value("client-key"),
        login: given.value("named-login"),
        password_command: given.value("password-command"),
        console_command: given.value("console-command"),
        notes: given.value("notes"),
        tags_added: given.values("tag"),
        tags_removed: given.values("no-tag"),
        colour,
        picture: given.value("picture").map(|name| known(&name, &pictures, "--picture")).transpose()?,
        favourite: given.either("favourite", "no-favourite"),
        view_only: given.either("view-only", "no-view-only"),
        frame: given.either("frame", "no-frame"),
        ask_lines: given.either("ask-lines", "no-ask-lines"),
        reconnect: given.either("reconnect", "no-reconnect"),
        old_tls: given.either("old-tls", "no-old-tls"),
        no_proxy: given.either("no-proxy", "env-proxy"),
        on_new_address: match given.value("logins") {
            Some(name) => known(&name, &logins, "--logins")?,
            None => OnNewAddress::Ask,
        },
    })
}

const COLOURS: [(&str, Colour); 6] = [
    ("blue", Colour::Blue),
    ("amber", Colour::Amber),
    ("green", Colour::Green),
    ("red", Colour::Red),
    ("violet", Colour::Violet),
    ("grey", Colour::Grey),
];

/// What a word means among these.
fn known<T: Clone>(word: &str, all: &[(&str, T)], option: &str) -> Result<T, String> {
    let found = all.iter().find(|(name, _)| *name == word).map(|(_, value)| value.clone());
    found.ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        format!("{option} takes one of {}", names.join(", "))
    })
}

/// What becomes of a machine's password and of its SecureOn password.
fn passwords(given: &Given) -> Result<(PasswordArg, PasswordArg), String> {
    if given.value("named-login").is_some_and(|name| !name.is_empty())
        && ["password-stdin", "ask-password", "password-command"].iter().any(|name| given.flag(name))
    {
        return Err("a machine with --named-login has no password and no command of its own".to_owned());
    }
    let password = password_of(given, ["password-stdin", "ask-password", "forget-password"])?;
    let secure_on = password_of(given, ["secure-on-stdin", "ask-secure-on", "forget-secure-on"])?;
    let is_typed = |arg| matches!(arg, PasswordArg::Stdin | PasswordArg::Ask);
    if is_typed(password) && is_typed(secure_on) {
        return Err("one password at a time: portlight edit keeps the other one".to_owned());
    }
    Ok((password, secure_on))
}

fn password_of(given: &Given, options: [&str; 3]) -> Result<PasswordArg, String> {
    match options.map(|option| given.flag(option)) {
        [false, false, false] => Ok(PasswordArg::Keep),
        [true, false, false] => Ok(PasswordArg::Stdin),
        [false, true, false] => Ok(PasswordArg::Ask),
        [false, false, true] => Ok(PasswordArg::Forget),
        _ => Err(format!("only one of {}", options.map(|option| format!("--{option}")).join(", "))),
    }
}

fn doctor(given: &Given, target: String) -> Result<Command, String> {
    let username = given.value("username");
    let login = match given.flag("password-stdin") {
        true => Some(PasswordSource::Stdin),
        false => (given.flag("login") || username.is_some()).then_some(PasswordSource::Saved),
    };
    Ok(Command::Doctor(DoctorArgs { target, json: given.flag("json"), login, username, accept: trust(given)? }))
}

fn relay(given: &Given, target: String) -> Result<Command, String> {
    let port = match given.value("port") {
        Some(port) => port.parse().map_err(|_| "--port takes a number from 0 to 65535")?,
        None => 0,
    };
    let origins = given.values("origin");
    if let Some(wrong) = origins.iter().find(|origin| !is_origin(origin)) {
        return Err(format!(
            "--origin takes a page's scheme, name and port, like https://novnc.example:8080: {wrong:?}"
        ));
    }
    Ok(Command::Relay(RelayArgs {
        target,
        port,
        origins,
        again: given.flag("again"),
        username: given.value("username"),
        password_stdin: given.flag("password-stdin"),
        trust: trust(given)?,
        json: given.flag("json"),
    }))
}

/// Whether a browser could say this as a page's origin (RFC 6454, section 6.2): no path, in lower case.
fn is_origin(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, host)| {
        !scheme.is_empty()
            && !host.is_empty()
            && !text.contains(|c: char| c.is_whitespace() || c.is_ascii_uppercase())
            && !host.contains('/')
    })
}

fn trust(given: &Given) -> Result<TrustPolicy, String> {
    Ok(match given.value("trust").as_deref() {
        None => TrustPolicy::Known,
        Some("any") => TrustPolicy::Any,
        Some(fingerprint) => TrustPolicy::Fingerprint(sha256(fingerprint)?),
    })
}

/// A SHA-256 fingerprint in hexadecimal, with or without colons; as digits only.
fn sha256(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    if digits.len() == SHA256_DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(digits);
    }
    Err("--trust takes a SHA-256 fingerprint, 64 hexadecimal digits with or without colons, or the word any".to_owned())
}

/// Hexadecimal digits of a SHA-256.
const SHA256_DIGITS: usize = 64;

#[cfg(test)]
mod tests;
