//! `portlight doctor`: the engine's report, for people at a terminal and for scripts. It needs no display, no session
//! bus and no Portlight that runs, and writes nothing.

use crate::{
    app::KEYRING_SERVICE,
    launch::{Checkup, Password},
};
use portlight_engine::{
    ConnectError, Engine, Error, FormError, KeyringError, Result, Settings, StoreError,
    doctor::{self, Desktop, Failure, Login, Report, ReportStage, StageReport},
    find_target,
    keyring::Keyring,
    model::{Certificate, CertificateProblem, Identity, RsaKey, Secret, Target},
    store::Pins,
};
use serde_json::json;
use std::{
    env,
    fs::File,
    io::{self, IsTerminal, Read, Write},
    process::ExitCode,
};
use zeroize::Zeroizing;

/// Examines the way to a machine and prints the report. Ends with 0 only where the stage asked for was reached.
pub fn examine(checkup: &Checkup) -> ExitCode {
    let typed = match checkup.login {
        Some(Password::Typed) => match password_from_stdin() {
            Ok(password) => Some(password),
            Err(problem) => {
                eprintln!("portlight: {problem}");
                return ExitCode::from(2);
            }
        },
        Some(Password::Saved) | None => None,
    };
    let report = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let report = runtime.block_on(report(checkup, typed));
            // Not waiting for a resolver or a keyring that hangs: its deadline is over.
            runtime.shutdown_background();
            report
        }
        Err(cause) => Err(StoreError::System { detail: cause.to_string() }.into()),
    };
    let report = report.unwrap_or_else(|error| Report::failed(checkup.target.clone(), error));
    print(&if checkup.json { json_line(&report) } else { plain(&report) });
    match report.error.is_none() && (checkup.login.is_none() || report.desktop.is_some()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

async fn report(checkup: &Checkup, typed: Option<Secret>) -> Result<Report> {
    let (config, _) = Settings::folders()?;
    let target = find_target(&Engine::peek(&config), &checkup.target, false)?;
    if !checkup.json {
        let (name, address) = (&target.name, target.address.without_query().to_string());
        let title = if *name == address { address } else { format!("{name} ({address})") };
        // At once: the rest comes when it is known.
        print(&format!("{}\n", printable(&title)));
    }
    let password = match checkup.login {
        Some(Password::Saved) => saved_password(&target).await.map(Some),
        Some(Password::Typed) | None => Ok(typed),
    };
    let username = || checkup.username.clone();
    let login = password.map(|password| password.map(|password| Login { username: username(), password }));
    Ok(doctor::examine_with(target, login, checkup.accept.clone(), &Pins::peek(&config)).await)
}

async fn saved_password(target: &Target) -> Result<Secret> {
    let missing = || StoreError::System {
        detail: format!("no password is saved for {}: --password-stdin takes one", target.name),
    };
    let id = target.host.ok_or_else(missing)?;
    Ok(Keyring::new(KEYRING_SERVICE).get(id).await?.ok_or_else(missing)?)
}

/// The first line of standard input.
fn password_from_stdin() -> std::result::Result<Secret, String> {
    if io::stdin().is_terminal() {
        return Err(
            "--password-stdin reads from a pipe or a file: portlight doctor TARGET --password-stdin < FILE".into()
        );
    }
    let failed = |cause: io::Error| format!("no password on standard input: {cause}");
    let mut input = unbuffered_stdin().map_err(failed)?;
    let mut line = Zeroizing::new([0; MAX_PASSWORD]);
    let mut length = 0;
    loop {
        let read = match line.get_mut(length..).filter(|room| !room.is_empty()) {
            Some(room) => input.read(room).map_err(failed)?,
            None => return Err(format!("the password on standard input is longer than {MAX_PASSWORD} bytes")),
        };
        length += read;
        let so_far = line.get(..length).unwrap_or_default();
        let end = so_far.iter().position(|byte| *byte == b'\n');
        if read == 0 && length == 0 {
            return Err("there is no password on standard input".to_owned());
        }
        if read == 0 || end.is_some() {
            let password = so_far.get(..end.unwrap_or(length)).unwrap_or_default();
            let password = password.strip_suffix(b"\r").unwrap_or(password);
            let text = str::from_utf8(password).map_err(|_| "the password on standard input is not UTF-8")?;
            return Ok(text.to_owned().into());
        }
    }
}

/// Standard input without Rust's buffer, in which a copy of the password would stay.
fn unbuffered_stdin() -> io::Result<File> {
    #[cfg(unix)]
    let input = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()?;
    #[cfg(windows)]
    let input = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned()?;
    Ok(input.into())
}

fn print(text: &str) {
    // Whoever reads only the first lines, as `head` does, has what they wanted.
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// One object on one line.
fn json_line(report: &Report) -> String {
    let failure = |cause| json!({ "error": { "code": "system", "message": format!("{cause}") } }).to_string();
    let text = serde_json::to_string(report).unwrap_or_else(|cause: serde_json::Error| failure(cause));
    // JSON leaves some control characters as they are, and terminals understand them. Only strings have any.
    let escaped = |c: char| if c.is_control() { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    text.chars().map(escaped).collect::<String>() + "\n"
}

/// The report for people.
fn plain(report: &Report) -> String {
    let colours = io::stdout().is_terminal()
        && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && env::var_os("TERM").is_none_or(|value| value != "dumb");
    let mut page = Page { text: String::new(), colours };
    page.stages(report);
    page.findings(report);
    page.ending(report);
    page.text
}

/// What is printed, as it grows. Whatever comes in from outside passes through [`printable`].
struct Page {
    text: String,
    colours: bool,
}

impl Page {
    fn stages(&mut self, report: &Report) {
        if !report.stages.is_empty() {
            self.line("");
        }
        for StageReport { stage, ok, ms, detail } in &report.stages {
            let time = if *ms == 0 { "<1".to_owned() } else { ms.to_string() };
            let message = report.error.as_ref().map(|failure| failure.message.as_str()).unwrap_or_default();
            let detail = match ok {
                true => printable(detail),
                // The sentence itself stands at the end.
                false => {
                    let beside = detail.strip_prefix(message).unwrap_or_default();
                    format!("{}{}", self.in_colour(RED, "failed"), printable(beside))
                }
            };
            self.line(&format!("  {stage:<LABEL$}{time:>6} ms  {detail}"));
        }
    }

    fn findings(&mut self, report: &Report) {
        let before = self.text.len();
        if !report.offered.is_empty() {
            self.row("offered", &report.offered.join(", "));
        }
        if let Some(chosen) = &report.chosen {
            self.row("taken", chosen);
        }
        if let Some(level) = report.protection {
            let confirmed = report.stages.iter().find(|stage| stage.stage == ReportStage::Trust);
            let doubt = confirmed.is_some_and(|trust| !trust.ok || trust.detail.starts_with("not known"));
            let doubt = if doubt { ", once its key is confirmed" } else { "" };
            self.row("protection", &format!("{level}{doubt}"));
        }
        match &report.identity {
            Some(Identity::X509(certificate)) => self.certificate(certificate),
            Some(Identity::Ra2(RsaKey { bits, sha256, short })) => {
                self.row("key", &format!("RSA, {bits} bits"));
                self.row("SHA-256", sha256);
                self.row("short", short);
            }
            None => {}
        }
        if let Some(Desktop { name, width, height }) = &report.desktop {
            let name = if name.is_empty() { "without a name" } else { name };
            self.row("desktop", &format!("{name}, {width}x{height}"));
        }
        if self.text.len() > before {
            self.text.insert(before, '\n');
        }
    }

    fn certificate(&mut self, certificate: &Certificate) {
        let Certificate { subject, names, issuer, not_before, not_after, sha256, key_sha256, problems } = certificate;
        self.row("certificate", subject);
        if !names.is_empty() {
            self.row("for", &names.join(", "));
        }
        self.row("issued by", issuer);
        self.row("valid", &format!("{} to {}", date(*not_before), date(*not_after)));
        if !problems.is_empty() {
            let problems: Vec<_> = problems.iter().copied().map(problem).collect();
            self.row("but", &problems.join(", "));
        }
        self.row("SHA-256", sha256);
        self.row("its key's", key_sha256);
    }

    fn ending(&mut self, report: &Report) {
        if !self.text.is_empty() {
            self.line("");
        }
        let last = report.stages.last();
        if let Some(Failure { error, message }) = &report.error {
            let place = last.map(|stage| format!(" at {}", stage.stage)).unwrap_or_default();
            let sentence = self.in_colour(RED, &format!("Failed{place}: {}", ended(&printable(message))));
            self.line(&sentence);
            if let Some(advice) = advice(error) {
                self.line(advice);
            }
        } else if report.desktop.is_some() {
            let unasked = report.chosen.as_ref().is_some_and(|chosen| chosen.ends_with("None"));
            let how = if unasked { "The server lets in whoever comes." } else { "The server lets you in." };
            let sentence = self.in_colour(GREEN, how);
            self.line(&sentence);
        } else {
            let asked = last.filter(|stage| stage.stage == ReportStage::Login);
            let asked = asked.map_or("a login is wanted", |stage| stage.detail.as_str());
            let sentence = self.in_colour(GREEN, &format!("The way is free: {}.", printable(asked)));
            self.line(&format!("{sentence} Nobody has logged in; --login and --password-stdin do."));
            self.line(
                "TigerVNC counts that like a wrong password: after five it refuses this computer for ten seconds.",
            );
        }
    }

    fn row(&mut self, label: &str, text: &str) {
        self.line(&format!("  {label:<LABEL$}  {}", printable(text)));
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn in_colour(&self, colour: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

const RED: &str = "31";
const GREEN: &str = "32";
/// Columns for what stands at the beginning of a line.
const LABEL: usize = 11;
/// Longer than any that a server takes.
const MAX_PASSWORD: usize = 8192;

/// What to do about it, where the sentence does not say so itself.
fn advice(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Connect(ConnectError::UnknownName { .. }) => "Does its IP address work?",
        Error::Connect(ConnectError::ConnectionRefused { .. }) => {
            "Is it another port? box:1 is display 1, which is port 5901; box::1 is port 1."
        }
        Error::Connect(ConnectError::DialTimeout { .. }) | Error::Connect(ConnectError::Unreachable { .. }) => {
            "Is it in this network, and does a firewall let VNC through?"
        }
        Error::Connect(ConnectError::NotRfb { .. })
        | Error::Connect(ConnectError::NotRfbClosed { .. })
        | Error::Connect(ConnectError::TimeoutGreeting { .. }) => {
            "VNC servers listen at port 5900 and the ones that follow, one for each display."
        }
        Error::Connect(ConnectError::Repeater { .. }) => {
            "Save the machine with its repeater ID, and examine it by its name."
        }
        Error::Connect(ConnectError::Refused { .. })
        | Error::Connect(ConnectError::AuthFailed { too_many: true, .. }) => {
            "If there were too many failed logins, wait: each further attempt makes the wait longer."
        }
        Error::Connect(ConnectError::NoCommonType { .. }) => {
            "VNC password (VncAuth) or VeNCrypt have to be allowed in the server's settings."
        }
        Error::Connect(ConnectError::BadInput { .. }) => "--username and --password-stdin take another login.",
        Error::Connect(ConnectError::Untrusted { .. }) => {
            "Compare the fingerprint with what is shown at the server itself; --trust FINGERPRINT accepts it for once."
        }
        Error::Connect(ConnectError::TrustChanged { .. }) => {
            "If the server was set up anew, open it in Portlight, which shows both keys and asks. If not, do not log in."
        }
        Error::Connect(ConnectError::Weaker { .. }) => {
            "If the server was changed on purpose, open it in Portlight, which asks about it."
        }
        Error::Connect(ConnectError::NeedsConsent { .. }) => {
            "Open it in Portlight, which asks about it, or let the server offer VeNCrypt."
        }
        Error::Keyring(KeyringError::Missing { .. })
        | Error::Keyring(KeyringError::Locked)
        | Error::Keyring(KeyringError::Silent)
        | Error::Keyring(KeyringError::Failed { .. }) => "--password-stdin takes the password instead.",
        Error::Form(FormError::Fields { .. }) => {
            "A target is a saved machine's name, or an address such as box, box:1 or /run/vnc.sock."
        }
        _ => return None,
    })
}

fn problem(problem: CertificateProblem) -> &'static str {
    match problem {
        CertificateProblem::SelfSigned => "it vouches for itself",
        CertificateProblem::UnknownIssuer => "no known authority vouches for it",
        CertificateProblem::Expired => "it has expired",
        CertificateProblem::NotYetValid => "it is not valid yet",
        CertificateProblem::WrongName => "it is for other names",
        CertificateProblem::WeakKey => "its key is too short",
        CertificateProblem::OldSignature => "its signature is of an old kind",
        CertificateProblem::Unverifiable => "it cannot be checked",
    }
}

/// Nothing that a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Ends a sentence, unless it has an end: a question, or the server's words, quoted last.
fn ended(sentence: &str) -> String {
    if sentence.ends_with(['.', '?', '!']) { sentence.to_owned() } else { format!("{sentence}.") }
}

/// The day in UTC as people write it to machines, such as `2026-11-23`, after Howard Hinnant's `civil_from_days`.
fn date(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Years that begin in March: then the leap day is the last.
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_that_nobody_has_confirmed_is_no_protection_yet() {
        let trust = |ok, detail: &str| StageReport { stage: ReportStage::Trust, ok, ms: 0, detail: detail.to_owned() };
        for (stage, doubt) in [
            (trust(true, "known: it was accepted before"), false),
            (trust(true, "not known yet"), true),
            (trust(false, "the identity of box is not confirmed yet"), true),
        ] {
            let protection = Some(portlight_engine::model::Level::Identified);
            let text = plain(&Report { stages: vec![stage], protection, ..Report::of("box".into()) });
            assert_eq!(text.contains("identified and encrypted, once its key is confirmed"), doubt, "{text}");
            assert!(text.contains("identified and encrypted"), "{text}");
        }
    }

    #[test]
    fn days_are_written_as_everybody_reads_them() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
            (1_795_392_000, "2026-11-23"),
            (253_402_300_799, "9999-12-31"),
        ] {
            assert_eq!(date(seconds), day, "{seconds}");
        }
    }

    /// A report in which everything has something that a terminal would obey.
    fn hostile() -> Report {
        let words = || "\x1b[2J\x07\u{9b}2J\r\n\x7fwords".to_owned();
        let stage = |ok| StageReport { stage: ReportStage::Login, ok, ms: 0, detail: words() };
        let certificate = Certificate {
            subject: words(),
            names: vec![words()],
            issuer: words(),
            not_before: i64::MIN,
            not_after: i64::MAX / 2,
            sha256: words(),
            key_sha256: words(),
            problems: vec![CertificateProblem::Expired],
        };
        Report {
            stages: vec![stage(true), stage(false)],
            offered: vec![words()],
            chosen: Some(words()),
            identity: Some(Identity::X509(certificate)),
            desktop: Some(Desktop { name: words(), width: 1, height: 1 }),
            error: Some(StoreError::System { detail: words() }.into()),
            ..Report::of(words())
        }
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_printed() {
        let key = RsaKey { bits: 2048, sha256: "\x1b]0;x\x07".into(), short: "\u{85}".into() };
        let lets_in = Report { error: None, ..hostile() };
        let asks = Report { error: None, desktop: None, ..hostile() };
        for report in [hostile(), lets_in, asks, Report { identity: Some(Identity::Ra2(key)), ..hostile() }] {
            let text = plain(&report) + &json_line(&report);
            assert!(text.contains("words") && !text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        }
        let read: serde_json::Value = serde_json::from_str(&json_line(&hostile())).unwrap();
        assert_eq!(read["target"], hostile().target, "scripts get it all");
    }
}
