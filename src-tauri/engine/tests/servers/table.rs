//! What servers did with Portlight: examined by the doctor, held against what is expected, and printed as Markdown.

use portlight_engine::{
    Error,
    address::Address,
    doctor::{self, Accept, Examination, Login, Report},
    protection::Level,
    session::Target,
    trust::Trust,
};
use std::path::PathBuf;

/// One kind of server, examined again and again.
pub struct Table {
    title: &'static str,
    rows: Vec<String>,
    wrong: Vec<String>,
}

/// What an examination shall come to: the security type that Portlight takes, what that protects, and how it ends.
pub type Expected<'a> = (&'a str, Option<Level>, &'a str);

/// A login in a few words, the login, and what comes of it.
pub type Attempt<'a> = (&'a str, Given<'a>, Expected<'a>);

pub const CLEAR: Option<Level> = Some(Level::Clear);
pub const SCRAMBLED: Option<Level> = Some(Level::Password);
pub const ENCRYPTED: Option<Level> = Some(Level::Encrypted);
pub const IDENTIFIED: Option<Level> = Some(Level::Identified);

/// Where it does not come to a security type.
pub const NOTHING_TAKEN: (&str, Option<Level>) = ("–", None);

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
    pub accept: Accept,
    /// A file of authorities.
    pub authorities: Option<PathBuf>,
    /// The keys that were accepted before.
    pub trust: Trust,
}

impl Keys {
    /// No key is known: those of others than the system's authorities are not accepted.
    pub fn none() -> Self {
        Self { accept: Accept::Known, authorities: None, trust: no_keys() }
    }
}

/// One examination.
pub async fn examine(at: &str, given: Given<'_>, keys: &Keys) -> Report {
    let mut target = Target::unsaved(at.to_owned(), address(at), false);
    target.ca_file = keys.authorities.as_ref().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    let accept = match &keys.accept {
        Accept::Known => Accept::Known,
        Accept::Fingerprint(fingerprint) => Accept::Fingerprint(fingerprint.clone()),
        Accept::Any => Accept::Any,
    };
    doctor::examine(Examination { target, login: given.login(), accept }, &keys.trust).await
}

fn no_keys() -> Trust {
    let folder = tempfile::tempdir().expect("a folder");
    Trust::peek(folder.path())
}

/// How an examination ended, in a few stable words.
pub fn ending(report: &Report) -> String {
    let Some(failure) = &report.error else {
        return if report.desktop.is_some() { "let in" } else { "wants a login" }.to_owned();
    };
    let facts = serde_json::to_value(&failure.error).expect("it goes to scripts");
    let mut words = facts["code"].as_str().unwrap_or_default().to_owned();
    if let Error::AuthFailed { too_many: true, .. } = failure.error {
        words += ", too many";
    }
    match &failure.error {
        Error::Refused { reason: Some(said), .. } | Error::AuthFailed { reason: Some(said), .. } => {
            format!("{words}: {said}")
        }
        Error::NoCommonType { offered, .. } => format!("{words}: {}", offered.join(", ")),
        Error::BadInput { detail, .. } => format!("{words}: {detail}"),
        _ => words,
    }
}

impl Table {
    pub fn new(title: &'static str) -> Self {
        Self { title, rows: Vec::new(), wrong: Vec::new() }
    }

    /// Examines the server at `at` with each login, and writes down what came of it.
    pub async fn examine(&mut self, server: &str, at: &str, keys: &Keys, attempts: &[Attempt<'_>]) {
        for (login, given, expected) in attempts {
            let report = examine(at, *given, keys).await;
            self.enter(server, login, &report, *expected);
        }
    }

    /// Writes down one examination: `server` and `login` in a few words, and what it shall come to.
    pub fn enter(&mut self, server: &str, login: &str, report: &Report, expected: Expected<'_>) {
        let chosen = report.chosen.as_deref().unwrap_or(NOTHING_TAKEN.0);
        let end = ending(report);
        let level = report.protection.map_or_else(|| "–".to_owned(), |level| level.to_string());
        let (offered, protocol) = (report.offered.join(", "), report.protocol.as_deref().unwrap_or("–"));
        let row = format!("| {server} | {protocol} | {offered} | {login} | {chosen} | {level} | {end} |");
        if (chosen, report.protection, end.as_str()) != expected {
            self.wrong.push(format!("{row}\n  expected {expected:?}\n  {:#?}", report.stages));
        }
        self.rows.push(row);
    }

    /// Prints the table; fails where a row is not as expected.
    pub fn end(self) {
        println!(
            "\n### {}\n\n| server | RFB | it offers | login | Portlight takes | protection | end |\n\
             | --- | --- | --- | --- | --- | --- | --- |\n{}",
            self.title,
            self.rows.join("\n")
        );
        assert!(self.wrong.is_empty(), "{}:\n{}", self.title, self.wrong.join("\n"));
    }
}
