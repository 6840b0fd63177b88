//! What was asked for on the command line. Pure: the list of hosts is handed in by whoever asks for a target.

use lexopt::{Arg, Parser, ValueExt};
use portlight_engine::doctor::TrustPolicy;
use std::ffi::OsString;

/// `portlight --help`.
pub const HELP: &str = "\
Portlight: double-click your machines.

Usage: portlight [--view-only] [TARGET]
       portlight doctor TARGET [--json] [--login] [--password-stdin] [--username NAME]
                               [--trust FINGERPRINT|any]

  TARGET             a saved machine's name, or an address: box, box:1, box::5905,
                     [::1]:5901, vnc://box, /path/to/socket, wss://site/path?token=abc.
                     Without one the list opens.
  --view-only        only watch
  --version          print the version; with --verbose also how this machine draws
  --help             print this

doctor examines the way to a machine, stage by stage, up to where a login is wanted.
It ends with 0 where it came so far, with 1 where it did not, with 2 for wrong options.

  --json             print one JSON object, for scripts
  --login            log in too, with the saved password
  --password-stdin   log in with the password that comes on standard input, one line
  --username NAME    log in under this name
  --trust SHA256     log in where the server's certificate or key has this fingerprint,
                     though nobody has confirmed it yet; any: whatever it has
";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Launch {
    /// Print [`HELP`].
    Help,
    /// Print the version.
    Version {
        /// And how this machine draws.
        verbose: bool,
    },
    /// Examine the way to a machine, without a window.
    Doctor(Checkup),
    /// Open windows.
    Open(Request),
}

/// What to open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// As typed; none opens the list.
    pub target: Option<String>,
    /// Whether to only watch.
    pub view_only: bool,
}

/// What to examine, and how.
#[derive(Debug, PartialEq, Eq)]
pub struct Checkup {
    /// As typed.
    pub target: String,
    /// For scripts.
    pub json: bool,
    /// Whether to log in, too.
    pub login: Option<Password>,
    /// The user name to log in with, where it is not the saved one.
    pub username: Option<String>,
    /// Which keys will do.
    pub accept: TrustPolicy,
}

/// Where the password comes from; never from an argument, which every program on this machine can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Password {
    /// The keyring.
    Saved,
    /// Standard input.
    Typed,
}

/// Reads the arguments after the program's own name.
///
/// # Errors
/// A sentence for the terminal.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Launch, String> {
    let mut parser = Parser::from_args(arguments);
    let (mut help, mut version, mut verbose, mut view_only) = (false, false, false, false);
    let (mut words, mut doctors) = (Vec::new(), DoctorsOptions::default());
    while let Some(argument) = parser.next().map_err(|e| e.to_string())? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => help = true,
            Arg::Long("version") | Arg::Short('V') => version = true,
            Arg::Long("verbose") => verbose = true,
            Arg::Long("view-only") => view_only = true,
            Arg::Long("json") => doctors.json = true,
            Arg::Long("login") => doctors.login = true,
            Arg::Long("password-stdin") => doctors.password_stdin = true,
            Arg::Long("username") => doctors.username = Some(text(parser.value())?),
            Arg::Long("trust") => doctors.trust = Some(text(parser.value())?),
            Arg::Value(word) => words.push(text(Ok(word))?),
            unknown => return Err(format!("{}: see portlight --help", unknown.unexpected())),
        }
    }
    let mut words = words.into_iter();
    let first = words.next();
    let launch = match (help, version) {
        (true, _) => return Ok(Launch::Help),
        (_, true) => return Ok(Launch::Version { verbose }),
        _ if first.as_deref() == Some("doctor") => {
            let target = words.next().ok_or("which machine? portlight doctor TARGET")?;
            if view_only {
                return Err("--view-only is for windows, and the doctor opens none".to_owned());
            }
            Launch::Doctor(doctors.about(target)?)
        }
        _ if doctors != DoctorsOptions::default() => {
            return Err(
                "--json, --login, --password-stdin, --username and --trust belong to portlight doctor".to_owned()
            );
        }
        _ => Launch::Open(Request { target: first, view_only }),
    };
    match words.next() {
        Some(another) => Err(format!("one machine at a time, please: what is {another:?}?")),
        None => Ok(launch),
    }
}

fn text(argument: Result<OsString, lexopt::Error>) -> Result<String, String> {
    argument.and_then(|argument| argument.string()).map_err(|e| e.to_string())
}

/// The options of `portlight doctor` as they were given.
#[derive(Default, PartialEq)]
struct DoctorsOptions {
    json: bool,
    login: bool,
    password_stdin: bool,
    username: Option<String>,
    trust: Option<String>,
}

impl DoctorsOptions {
    fn about(self, target: String) -> Result<Checkup, String> {
        let Self { json, login, password_stdin, username, trust } = self;
        let login = match password_stdin {
            true => Some(Password::Typed),
            false => (login || username.is_some()).then_some(Password::Saved),
        };
        let accept = match trust.as_deref() {
            None => TrustPolicy::Known,
            Some("any") => TrustPolicy::Any,
            Some(fingerprint) => TrustPolicy::Fingerprint(sha256(fingerprint)?),
        };
        Ok(Checkup { target, json, login, username, accept })
    }
}

/// A fingerprint as it was copied from somewhere, with or without colons.
fn sha256(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    if digits.len() == SHA256_DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(digits);
    }
    Err("--trust takes a SHA-256 fingerprint, 64 hexadecimal digits with or without colons, or the word any".to_owned())
}

const SHA256_DIGITS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(line: &str) -> Result<Launch, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn the_list_opens_without_a_target_and_a_viewer_with_one() {
        assert_eq!(parse_words(""), Ok(Launch::Open(Request::default())));
        let request = Request { target: Some("box:1".into()), view_only: true };
        assert_eq!(parse_words("--view-only box:1"), Ok(Launch::Open(request.clone())));
        assert_eq!(parse_words("box:1 --view-only"), Ok(Launch::Open(request)));
    }

    #[test]
    fn version_and_help_win_over_targets() {
        assert_eq!(parse_words("--version"), Ok(Launch::Version { verbose: false }));
        assert_eq!(parse_words("--version --verbose box"), Ok(Launch::Version { verbose: true }));
        assert_eq!(parse_words("--help --version"), Ok(Launch::Help));
    }

    fn checkup(target: &str) -> Checkup {
        let target = target.to_owned();
        Checkup { target, json: false, login: None, username: None, accept: TrustPolicy::Known }
    }

    #[test]
    fn the_doctor_is_told_what_to_examine_and_how_far() {
        let (saved, typed) = (Some(Password::Saved), Some(Password::Typed));
        let ann = || Some("ann".to_owned());
        let colons = ["Ab"; 32].join(":");
        let expected = TrustPolicy::Fingerprint("Ab".repeat(32));
        for (line, asked) in [
            ("doctor box:1", checkup("box:1")),
            ("doctor --json box", Checkup { json: true, ..checkup("box") }),
            ("--json doctor box", Checkup { json: true, ..checkup("box") }),
            ("doctor doctor", checkup("doctor")),
            ("doctor box --login", Checkup { login: saved, ..checkup("box") }),
            ("doctor box --username ann", Checkup { login: saved, username: ann(), ..checkup("box") }),
            ("doctor box --password-stdin", Checkup { login: typed, ..checkup("box") }),
            (
                "doctor box --login --username=ann --password-stdin",
                Checkup { login: typed, username: ann(), ..checkup("box") },
            ),
            ("doctor box --trust any", Checkup { accept: TrustPolicy::Any, ..checkup("box") }),
            (&format!("doctor box --trust {colons}"), Checkup { accept: expected, ..checkup("box") }),
        ] {
            assert_eq!(parse_words(line), Ok(Launch::Doctor(asked)), "{line}");
        }
        assert_eq!(parse_words("doctor box --help"), Ok(Launch::Help));
    }

    #[test]
    fn what_is_not_understood_is_said_in_one_line() {
        for line in [
            "a b",
            "--colour",
            "-x",
            "--view-only=yes box",
            "doctor",
            "doctor a b",
            "doctor box --view-only",
            "doctor box --username",
            "doctor box --trust",
            "doctor box --trust ab:cd",
            "doctor box --trust anybody",
            "doctor box --password hunter2",
            "doctor box --json=yes",
            "box --json",
            "--trust any box",
        ] {
            let problem = parse_words(line).unwrap_err();
            assert!(!problem.is_empty() && !problem.contains('\n'), "{line}: {problem}");
            assert!(!problem.contains("hunter2"), "{line}: {problem}");
        }
    }

    #[test]
    fn help_fits_a_terminal() {
        assert!(HELP.lines().all(|line| line.chars().count() <= 90));
    }
}
