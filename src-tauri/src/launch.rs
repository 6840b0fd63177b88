//! What was asked for on the command line. Pure: the list of hosts is handed in by whoever asks for a target.

use lexopt::{Arg, Parser, ValueExt};
use std::ffi::OsString;

/// `portlight --help`.
pub const HELP: &str = "\
Portlight: double-click your machines.

Usage: portlight [--view-only] [TARGET]

  TARGET             a saved machine's name, or an address: box, box:1, box::5905,
                     [::1]:5901, vnc://box, /path/to/socket, wss://site/path?token=abc.
                     Without one the list opens.
  --view-only        only watch
  --version          print the version; with --verbose also how this machine draws
  --help             print this
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

/// Reads the arguments after the program's own name.
///
/// # Errors
/// A sentence for the terminal.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Launch, String> {
    let mut parser = Parser::from_args(arguments);
    let mut request = Request::default();
    let (mut help, mut version, mut verbose) = (false, false, false);
    while let Some(argument) = parser.next().map_err(|e| e.to_string())? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => help = true,
            Arg::Long("version") | Arg::Short('V') => version = true,
            Arg::Long("verbose") => verbose = true,
            Arg::Long("view-only") => request.view_only = true,
            Arg::Value(target) if request.target.is_none() => {
                request.target = Some(target.string().map_err(|e| e.to_string())?);
            }
            Arg::Value(another) => return Err(format!("one machine at a time, please: what is {another:?}?")),
            unknown => return Err(format!("{}: see portlight --help", unknown.unexpected())),
        }
    }
    Ok(match (help, version) {
        (true, _) => Launch::Help,
        (_, true) => Launch::Version { verbose },
        _ => Launch::Open(request),
    })
}

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

    #[test]
    fn what_is_not_understood_is_said_in_one_line() {
        for line in ["a b", "--colour", "-x", "--view-only=yes box"] {
            let problem = parse_words(line).unwrap_err();
            assert!(!problem.is_empty() && !problem.contains('\n'), "{line}: {problem}");
        }
    }

    #[test]
    fn help_fits_a_terminal() {
        assert!(HELP.lines().all(|line| line.chars().count() <= 90));
    }
}
