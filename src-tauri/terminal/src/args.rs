//! The command line. Reads arguments only: no files, no environment.

use lexopt::{Arg, Parser, ValueExt};
use portlight_engine::{doctor::TrustPolicy, import::Export, model::without_secrets};
use std::{ffi::OsString, path::PathBuf};

/// `portlight --help`.
pub const HELP: &str = "\
Portlight: double-click your machines.

Usage: portlight [--view-only] [TARGET]
       portlight doctor TARGET [--json] [--login] [--password-stdin] [--username NAME]
                               [--trust FINGERPRINT|any]
       portlight import FILE... [--yes] [--passwords] [--all] [--json]
       portlight export --format portlight|csv|websockify

  TARGET             a saved machine's name, or an address: box, box:1, box::5905,
                     [::1]:5901, vnc://box, /path/to/socket, wss://site/path?token=abc.
                     Without one the list opens.
                     A recording's file (.plrec) is played.
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
                     though it is not confirmed yet; any: whichever it has

import says what other programs' files (or folders of them) would add to the list. Files
of Remmina, TigerVNC, RealVNC, UltraVNC, TightVNC, GNOME Connections, KRDC, mRemoteNG and
others are known by what stands in them; docs/IMPORT.md has all of them.

  --yes              add it, all or nothing
  --passwords        put passwords that stand readably in the files into the keyring
  --all              add those too that may have no VNC server (ssh's, Ansible's hosts)
  --json             print one JSON object, for scripts

export prints the list for others, never with a password.
";

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Print [`HELP`].
    Help,
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
}

/// The arguments of `portlight import`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ImportArgs {
    /// Files and folders, as typed.
    pub files: Vec<PathBuf>,
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
    /// Whether passwords are taken.
    pub passwords: bool,
    /// Whether to add what may be no machine, too.
    pub all: bool,
}

/// Which window to open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenRequest {
    /// A saved host's name or an address, as typed; none opens the list.
    pub target: Option<String>,
    /// Whether the session sends no input.
    pub view_only: bool,
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
    let options = Options::read(arguments)?;
    if options.help {
        return Ok(Command::Help);
    }
    if options.version {
        return Ok(Command::Version { verbose: options.verbose });
    }
    if let Some(exchange) = options.exchange() {
        return exchange;
    }
    let (command, rest) = match options.words.as_slice() {
        [word, target, rest @ ..] if word == "doctor" => {
            if options.view_only {
                return Err("--view-only is for windows, and the doctor opens none".to_owned());
            }
            (Command::Doctor(options.doctor.for_target(target.clone())?), rest)
        }
        [word] if word == "doctor" => return Err("which machine? portlight doctor TARGET".to_owned()),
        _ if options.doctor != DoctorOptions::default() => {
            return Err(
                "--json, --login, --password-stdin, --username and --trust belong to portlight doctor".to_owned()
            );
        }
        words => {
            let target = words.first().cloned();
            (Command::Open(OpenRequest { target, view_only: options.view_only }), words.get(1..).unwrap_or_default())
        }
    };
    match rest.first() {
        Some(another) => {
            // A word that was not expected may be anything, also a login.
            let shown = without_secrets(another);
            let shown = shown.rsplit_once('@').map_or(shown.to_string(), |(_, host)| format!("…@{host}"));
            Err(format!("one machine at a time, please: what is {shown:?}?"))
        }
        None => Ok(command),
    }
}

/// The arguments, sorted by kind.
#[derive(Default)]
struct Options {
    help: bool,
    version: bool,
    verbose: bool,
    view_only: bool,
    doctor: DoctorOptions,
    yes: bool,
    passwords: bool,
    all: bool,
    format: Option<String>,
    /// What is no option, in order.
    words: Vec<String>,
}

impl Options {
    /// Import or export, where that is asked for; none where it is not.
    fn exchange(&self) -> Option<Result<Command, String>> {
        let (word, files) = self.words.split_first().map_or(("", &[][..]), |(word, files)| (word.as_str(), files));
        let others = DoctorOptions { json: self.doctor.json, ..DoctorOptions::default() };
        let only_json = !self.view_only && self.doctor == others;
        match word {
            "import" if !only_json || self.format.is_some() => {
                Some(Err("import takes --yes, --passwords, --all and --json".to_owned()))
            }
            "import" if files.is_empty() => Some(Err("which files? portlight import FILE...".to_owned())),
            "import" => {
                let files = files.iter().map(PathBuf::from).collect();
                let Self { yes, passwords, all, .. } = *self;
                Some(Ok(Command::Import(ImportArgs { files, yes, passwords, all, json: self.doctor.json })))
            }
            "export" => Some(match self.format.as_deref() {
                _ if !files.is_empty()
                    || self.has_import_options()
                    || self.view_only
                    || self.doctor != DoctorOptions::default() =>
                {
                    Err("export takes --format and nothing else, and prints the list".to_owned())
                }
                Some("portlight") => Ok(Command::Export(Export::Portlight)),
                Some("csv") => Ok(Command::Export(Export::Csv)),
                Some("websockify") => Ok(Command::Export(Export::Websockify)),
                _ => Err("in which form? portlight export --format portlight|csv|websockify".to_owned()),
            }),
            _ if self.has_import_options() || self.format.is_some() => Some(Err(
                "--yes, --passwords and --all belong to portlight import, --format to portlight export".to_owned(),
            )),
            _ => None,
        }
    }

    fn has_import_options(&self) -> bool {
        self.yes || self.passwords || self.all
    }

    fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut parser = Parser::from_args(arguments);
        while let Some(argument) = parser.next().map_err(|e| e.to_string())? {
            match argument {
                Arg::Long("help") | Arg::Short('h') => options.help = true,
                Arg::Long("version") | Arg::Short('V') => options.version = true,
                Arg::Long("verbose") => options.verbose = true,
                Arg::Long("view-only") => options.view_only = true,
                Arg::Long("json") => options.doctor.json = true,
                Arg::Long("yes") => options.yes = true,
                Arg::Long("passwords") => options.passwords = true,
                Arg::Long("all") => options.all = true,
                Arg::Long("format") => options.format = Some(text(parser.value())?),
                Arg::Long("login") => options.doctor.login = true,
                Arg::Long("password-stdin") => options.doctor.password_stdin = true,
                Arg::Long("username") => options.doctor.username = Some(text(parser.value())?),
                Arg::Long("trust") => options.doctor.trust = Some(text(parser.value())?),
                Arg::Value(word) => options.words.push(text(Ok(word))?),
                unknown => return Err(format!("{}: see portlight --help", unknown.unexpected())),
            }
        }
        Ok(options)
    }
}

fn text(argument: Result<OsString, lexopt::Error>) -> Result<String, String> {
    argument.and_then(|argument| argument.string()).map_err(|e| e.to_string())
}

/// The options of `portlight doctor` as they were given.
#[derive(Clone, Default, PartialEq)]
struct DoctorOptions {
    json: bool,
    login: bool,
    password_stdin: bool,
    username: Option<String>,
    trust: Option<String>,
}

impl DoctorOptions {
    fn for_target(self, target: String) -> Result<DoctorArgs, String> {
        let Self { json, login, password_stdin, username, trust } = self;
        let login = match password_stdin {
            true => Some(PasswordSource::Stdin),
            false => (login || username.is_some()).then_some(PasswordSource::Saved),
        };
        let accept = match trust.as_deref() {
            None => TrustPolicy::Known,
            Some("any") => TrustPolicy::Any,
            Some(fingerprint) => TrustPolicy::Fingerprint(sha256(fingerprint)?),
        };
        Ok(DoctorArgs { target, json, login, username, accept })
    }
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
mod tests {
    use super::*;

    fn parse_words(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn the_list_opens_without_a_target_and_a_viewer_with_one() {
        assert_eq!(parse_words(""), Ok(Command::Open(OpenRequest::default())));
        let request = OpenRequest { target: Some("box:1".into()), view_only: true };
        assert_eq!(parse_words("--view-only box:1"), Ok(Command::Open(request.clone())));
        assert_eq!(parse_words("box:1 --view-only"), Ok(Command::Open(request)));
    }

    #[test]
    fn version_and_help_win_over_targets() {
        assert_eq!(parse_words("--version"), Ok(Command::Version { verbose: false }));
        assert_eq!(parse_words("--version --verbose box"), Ok(Command::Version { verbose: true }));
        assert_eq!(parse_words("--help --version"), Ok(Command::Help));
    }

    fn doctor(target: &str) -> DoctorArgs {
        let target = target.to_owned();
        DoctorArgs { target, json: false, login: None, username: None, accept: TrustPolicy::Known }
    }

    #[test]
    fn the_doctor_is_told_what_to_examine_and_how_far() {
        let (keyring, stdin) = (Some(PasswordSource::Saved), Some(PasswordSource::Stdin));
        let ann = || Some("ann".to_owned());
        let colons = ["Ab"; 32].join(":");
        let expected = TrustPolicy::Fingerprint("Ab".repeat(32));
        for (line, asked) in [
            ("doctor box:1", doctor("box:1")),
            ("doctor --json box", DoctorArgs { json: true, ..doctor("box") }),
            ("--json doctor box", DoctorArgs { json: true, ..doctor("box") }),
            ("doctor doctor", doctor("doctor")),
            ("doctor box --login", DoctorArgs { login: keyring, ..doctor("box") }),
            ("doctor box --username ann", DoctorArgs { login: keyring, username: ann(), ..doctor("box") }),
            ("doctor box --password-stdin", DoctorArgs { login: stdin, ..doctor("box") }),
            (
                "doctor box --login --username=ann --password-stdin",
                DoctorArgs { login: stdin, username: ann(), ..doctor("box") },
            ),
            ("doctor box --trust any", DoctorArgs { accept: TrustPolicy::Any, ..doctor("box") }),
            (&format!("doctor box --trust {colons}"), DoctorArgs { accept: expected, ..doctor("box") }),
        ] {
            assert_eq!(parse_words(line), Ok(Command::Doctor(asked)), "{line}");
        }
        assert_eq!(parse_words("doctor box --help"), Ok(Command::Help));
    }

    #[test]
    fn files_are_imported_only_where_that_is_said() {
        let files = || vec![PathBuf::from("a.csv"), "b".into()];
        let asked = |args| Ok(Command::Import(args));
        assert_eq!(parse_words("import a.csv b"), asked(ImportArgs { files: files(), ..ImportArgs::default() }));
        let all = ImportArgs { files: files(), yes: true, passwords: true, all: true, json: true };
        assert_eq!(parse_words("import --yes a.csv --passwords b --all --json"), asked(all));
        assert_eq!(parse_words("import --help"), Ok(Command::Help));
        for (name, format) in
            [("portlight", Export::Portlight), ("csv", Export::Csv), ("websockify", Export::Websockify)]
        {
            assert_eq!(parse_words(&format!("export --format {name}")), Ok(Command::Export(format)));
        }
    }

    #[test]
    fn what_is_not_understood_is_said_in_one_line() {
        for line in [
            "--yes",
            "--format csv",
            "box --passwords",
            "doctor box --all",
            "import",
            "import a --view-only",
            "import a --login",
            "import a --format csv",
            "export",
            "export --format xml",
            "export --format csv a",
            "export --format csv --yes",
            "export --format csv --json",
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
            "a vnc://ann:hunter2@b",
            "doctor a hunter2@b",
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
