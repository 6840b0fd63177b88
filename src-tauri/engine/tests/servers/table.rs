//! What servers did with Portlight: examined by the doctor, held against what is expected, and printed as Markdown.

use crate::examination::{Given, Keys, ending, examine, is_as_expected};
use portlight_engine::{doctor::Report, model::Level};

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
        let (takes, protection, ends) = expected;
        if (chosen, report.protection) != (takes, protection) || !is_as_expected(&end, ends) {
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
