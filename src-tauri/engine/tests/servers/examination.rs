//! One examination by the doctor, and how it ended in a few words.

use portlight_engine::{
    Error,
    doctor::{self, Login, ProbeRequest, Report, Saved, TrustPolicy},
    model::{Address, Target},
    store::Pins,
};
use serde_json::Value;
use std::path::PathBuf;

/// What Portlight is given to log in with.
#[derive(Clone, Copy)]
pub enum Given<'a> {
    /// No login: it stops where one is wanted.
    Nothing,
    /// A password alone.
    Password(&'a str),
    /// A user name and a password.
    User(&'a str, &'a str),
}

impl Given<'_> {
    fn login(self) -> Option<Login> {
        let login = |username: Option<&str>, password: &str| {
            Some(Login { username: username.map(str::to_owned), password: password.to_owned().into() })
        };
        match self {
            Self::Nothing => None,
            Self::Password(password) => login(None, password),
            Self::User(name, password) => login(Some(name), password),
        }
    }
}

/// An address that a test has made.
pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"))
}

/// What is known about keys before an examination.
pub struct Keys {
    /// Whom to accept.
    pub accept: TrustPolicy,
    /// A file of authorities.
    pub authorities: Option<PathBuf>,
    /// The keys that were accepted before.
    pub trust: Pins,
}

impl Keys {
    /// No key is known: those of others than the system's authorities are not accepted.
    pub fn none() -> Self {
        Self { accept: TrustPolicy::Known, authorities: None, trust: no_keys() }
    }
}

/// One examination of a server that is not saved.
pub async fn examine(at: &str, given: Given<'_>, keys: &Keys) -> Report {
    examine_target(Target::unsaved(at.to_owned(), address(at), false), given, keys).await
}

/// One examination.
pub async fn examine_target(target: Target, given: Given<'_>, keys: &Keys) -> Report {
    let ca_file = keys.authorities.as_ref().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    let accept = match &keys.accept {
        TrustPolicy::Known => TrustPolicy::Known,
        TrustPolicy::Fingerprint(fingerprint) => TrustPolicy::Fingerprint(fingerprint.clone()),
        TrustPolicy::Any => TrustPolicy::Any,
    };
    let mut target = target;
    target.ca_file = ca_file;
    doctor::examine(
        ProbeRequest { target, login: given.login(), saved: Saved::default(), accept, console_login: false },
        &keys.trust,
    )
    .await
}

fn no_keys() -> Pins {
    let folder = tempfile::tempdir().expect("a folder");
    Pins::peek(folder.path()).unwrap()
}

/// How an examination ended, in a few stable words.
pub fn ending(report: &Report) -> String {
    match &report.error {
        Some(failure) => words(&failure.error),
        None if report.desktop.is_some() => "let in".to_owned(),
        None => "wants a login".to_owned(),
    }
}

/// Whether it ended as expected; `…` stands for words that differ from time to time, or are a TLS library's.
pub fn is_as_expected(end: &str, expected: &str) -> bool {
    expected.strip_suffix('…').map_or(end == expected, |begin| end.starts_with(begin))
}

/// An error's code and its facts, but for the address and for keys.
pub fn words(error: &Error) -> String {
    let Ok(Value::Object(mut facts)) = serde_json::to_value(error) else { panic!("{error:?} goes to scripts") };
    for left_out in ["address", "fingerprint", "known", "shown"] {
        facts.remove(left_out);
    }
    let code = facts.remove("code").and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default();
    let told = facts.iter().filter_map(|(name, fact)| told(name, fact)).filter(|told| !told.is_empty());
    let told: Vec<String> = told.collect();
    if told.is_empty() { code } else { format!("{code}: {}", told.join(", ")) }
}

fn told(name: &str, fact: &Value) -> Option<String> {
    Some(match fact {
        Value::Null | Value::Bool(false) => return None,
        Value::Bool(true) => name.replace('_', " "),
        Value::String(words) => words.clone(),
        Value::Array(several) => several.iter().filter_map(|one| told(name, one)).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    })
}
