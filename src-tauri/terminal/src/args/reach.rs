//! What the commands that log in to a machine take: `doctor` and `relay`.

use super::{Command, given::Given};
use portlight_engine::doctor::TrustPolicy;

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

/// What the arguments of `doctor` ask for.
pub(super) fn doctor(given: &Given, target: String) -> Result<Command, String> {
    let username = given.value("username");
    let login = match given.flag("password-stdin") {
        true => Some(PasswordSource::Stdin),
        false => (given.flag("login") || username.is_some()).then_some(PasswordSource::Saved),
    };
    Ok(Command::Doctor(DoctorArgs { target, json: given.flag("json"), login, username, accept: trust(given)? }))
}

/// What the arguments of `relay` ask for.
pub(super) fn relay(given: &Given, target: String) -> Result<Command, String> {
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
