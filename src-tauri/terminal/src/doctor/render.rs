//! The doctor's report as text: for people at a terminal, and as JSON for scripts.

use portlight_engine::{
    ConnectError, Error, FormError, KeyringError, Maker,
    doctor::{Desktop, Failure, Report, ReportStage, StageReport},
    model::{Certificate, CertificateProblem, Identity, RsaKey},
};
use serde_json::json;
use time::OffsetDateTime;

/// The report for scripts: one JSON object on one line.
pub fn json_line(report: &Report) -> String {
    let failure = |cause| json!({ "error": { "code": "system", "message": format!("{cause}") } }).to_string();
    let text = serde_json::to_string(report).unwrap_or_else(|cause: serde_json::Error| failure(cause));
    // JSON leaves C1 and DEL as they are, and terminals act on them. Only strings have any.
    let escaped = |c: char| if c.is_control() { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    text.chars().map(escaped).collect::<String>() + "\n"
}

/// The report for people, with ANSI colours where `colours`.
pub fn plain(report: &Report, colours: bool) -> String {
    let mut page = Page { text: String::new(), colours };
    page.stages(report);
    page.findings(report);
    page.ending(report);
    page.text
}

/// The text so far. Everything that comes from a server or a file passes through [`printable`].
struct Page {
    text: String,
    colours: bool,
}

impl Page {
    fn stages(&mut self, report: &Report) {
        if !report.stages.is_empty() {
            self.line("");
        }
        for StageReport { stage, ok, ms, detail, round_trips } in &report.stages {
            let time = if *ms == 0 { "<1".to_owned() } else { ms.to_string() };
            let message = report.error.as_ref().map(|failure| failure.message.as_str()).unwrap_or_default();
            let detail = match ok {
                true => format!("{}{}", printable(detail), trips(*round_trips)),
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
            let within = report.tunnel.as_deref().map(|tunnel| format!(", by {tunnel}")).unwrap_or_default();
            self.row("protection", &format!("{level}{within}{doubt}"));
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
            let how = if unasked { "The server lets in anyone without a login." } else { "The server lets you in." };
            let sentence = self.in_colour(GREEN, how);
            self.line(&sentence);
        } else {
            let asked = last.filter(|stage| stage.stage == ReportStage::Login);
            let asked = asked.map_or("a login is wanted", |stage| stage.detail.as_str());
            let sentence = self.in_colour(GREEN, &format!("The server can be reached: {}.", printable(asked)));
            self.line(&format!("{sentence} The doctor did not log in; --login and --password-stdin do."));
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
/// Columns of the label at the beginning of a line.
const LABEL: usize = 11;

/// What the user can do about an error, where its sentence does not say so itself.
fn advice(error: &Error) -> Option<&'static str> {
    match error {
        Error::Connect(error) => advice_on_connecting(error),
        Error::Keyring(
            KeyringError::Missing { .. }
            | KeyringError::Locked
            | KeyringError::Silent
            | KeyringError::ForAnother { .. }
            | KeyringError::Failed { .. },
        ) => Some("--password-stdin takes the password instead."),
        Error::Form(FormError::Fields { .. }) => {
            Some("A target is a saved machine's name, or an address such as box, box:1 or /run/vnc.sock.")
        }
        _ => None,
    }
}

fn advice_on_connecting(error: &ConnectError) -> Option<&'static str> {
    Some(match error {
        ConnectError::UnknownName { .. } => "Does its IP address work?",
        ConnectError::ConnectionRefused { .. } => {
            "Is it another port? box:1 is display 1, which is port 5901; box::1 is port 1."
        }
        ConnectError::DialTimeout { .. } | ConnectError::Unreachable { .. } => {
            "Is it in this network, and does a firewall let VNC through?"
        }
        ConnectError::NotRfb { .. } | ConnectError::NotRfbClosed { .. } | ConnectError::TimeoutGreeting { .. } => {
            "VNC servers listen at port 5900 and the ones that follow, one for each display."
        }
        ConnectError::Repeater { .. } => "Save the machine with its repeater ID, and examine it by its name.",
        ConnectError::Refused { .. } | ConnectError::AuthFailed { too_many: true, .. } => {
            "If there were too many failed logins, wait: each further attempt makes the wait longer."
        }
        ConnectError::NoCommonType { maker, .. } => match maker {
            Some(Maker::Apple) => {
                "On the Mac, in System Settings, General, Sharing, Screen Sharing or Remote Management, turn on \"VNC viewers may \
                 control screen with password\"; then use that password, without a user name."
            }
            Some(Maker::Realvnc) => {
                "In RealVNC Server's options, under Security, choose \"VNC password\" for authentication and \"Prefer off\" for \
                 encryption."
            }
            Some(Maker::Ultravnc) => {
                "In UltraVNC Server's settings, turn the encryption plug-in (DSM plug-in) off, and set a VNC password."
            }
            None => "VNC password (VncAuth) or VeNCrypt have to be allowed in the server's settings.",
        },
        ConnectError::BadInput { .. } => "--username and --password-stdin take another login.",
        ConnectError::Untrusted { .. } => {
            "Compare the fingerprint with what is shown at the server itself; --trust FINGERPRINT accepts it for once."
        }
        ConnectError::TrustChanged { .. } => {
            "If the server was set up anew, open it in Portlight, which shows both keys and asks. If not, do not log in."
        }
        ConnectError::Weaker { .. } => {
            "If the server was changed on purpose, open it in Portlight, which asks about it."
        }
        ConnectError::NeedsConsent { .. } => {
            "Open it in Portlight, which asks about it, or let the server offer VeNCrypt."
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

/// Without control characters, which a terminal would act on.
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Adds a full stop to a sentence that ends with no mark of its own.
fn ended(sentence: &str) -> String {
    if sentence.ends_with(['.', '?', '!']) { sentence.to_owned() } else { format!("{sentence}.") }
}

/// The day in UTC as ISO 8601 writes it, such as `2026-11-23`. X.509 knows no day after 9999-12-31.
fn date(seconds: i64) -> String {
    let Ok(time) = OffsetDateTime::from_unix_timestamp(seconds) else { return "unknown".to_owned() };
    let (year, month, day) = time.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}

/// Behind what a stage saw: how often one side waited for the other.
fn trips(round_trips: Option<u32>) -> String {
    match round_trips {
        None | Some(0) => String::new(),
        Some(1) => ", 1 round trip".to_owned(),
        Some(number) => format!(", {number} round trips"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_that_is_not_confirmed_is_no_protection_yet() {
        let trust = |ok, detail: &str| StageReport {
            stage: ReportStage::Trust,
            ok,
            ms: 0,
            detail: detail.to_owned(),
            round_trips: None,
        };
        for (stage, doubt) in [
            (trust(true, "known: it was accepted before"), false),
            (trust(true, "not known yet"), true),
            (trust(false, "the identity of box is not confirmed yet"), true),
        ] {
            let protection = Some(portlight_engine::model::Level::Identified);
            let text = plain(&Report { stages: vec![stage], protection, ..Report::of("box".into()) }, false);
            assert_eq!(text.contains("identified and encrypted, once its key is confirmed"), doubt, "{text}");
            assert!(text.contains("identified and encrypted"), "{text}");
        }
    }

    #[test]
    fn days_are_written_as_iso_8601() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
            (1_795_392_000, "2026-11-23"),
            (253_402_300_799, "9999-12-31"),
            (i64::MAX, "unknown"),
        ] {
            assert_eq!(date(seconds), day, "{seconds}");
        }
    }

    /// A report with control characters in every text.
    fn hostile() -> Report {
        let words = || "\x1b[2J\x07\u{9b}2J\r\n\x7fwords".to_owned();
        let stage = |ok| StageReport { stage: ReportStage::Login, ok, ms: 0, detail: words(), round_trips: None };
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
            error: Some(portlight_engine::StoreError::System { detail: words() }.into()),
            ..Report::of(words())
        }
    }

    #[test]
    fn no_control_character_reaches_the_terminal() {
        let key = RsaKey { bits: 2048, sha256: "\x1b]0;x\x07".into(), short: "\u{85}".into() };
        let lets_in = Report { error: None, ..hostile() };
        let asks = Report { error: None, desktop: None, ..hostile() };
        for report in [hostile(), lets_in, asks, Report { identity: Some(Identity::Ra2(key)), ..hostile() }] {
            let text = plain(&report, false) + &json_line(&report);
            assert!(text.contains("words") && !text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        }
        let read: serde_json::Value = serde_json::from_str(&json_line(&hostile())).unwrap();
        assert_eq!(read["target"], hostile().target, "scripts get it all");
    }
}
