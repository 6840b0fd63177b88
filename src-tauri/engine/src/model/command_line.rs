//! A command of the person's, as it was typed. No shell reads it.

use super::Address;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// How many characters a command may have.
const MAX_LENGTH: usize = 2000;
/// What only a shell would act on, where it stands alone.
const SHELL: [&str; 12] = ["|", "||", "&", "&&", ";", ">", ">>", "<", "2>", "2>&1", "`", "(("];

/// A program and its arguments, with placeholders for what is known of a machine: `pass show vnc/%h`.
///
/// The text is split into words by the quoting rules of a shell; placeholders are filled in after that, so that whatever a
/// machine is called stays within its argument.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommandLine {
    /// As it was typed, without the space around.
    text: String,
    program: String,
    arguments: Vec<String>,
}

/// Why a text is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum CommandProblem {
    /// A quotation mark without its partner, or a backslash at the end.
    #[error("a quotation mark has no partner")]
    Quotes,
    /// The program itself is a placeholder, or nothing.
    #[error("a command begins with a program, which is no placeholder")]
    Program,
    /// A percent sign that stands for nothing.
    #[error("a percent sign stands for %h, %p, %u or %n; write %% for itself")]
    Placeholder,
    /// Pipes and the like.
    #[error("no shell runs a command: put what has pipes into a script")]
    Shell,
    /// Line breaks or other control characters.
    #[error("it has line breaks or other control characters")]
    ControlCharacters,
    /// Longer than a command needs to be.
    #[error("it has more than {MAX_LENGTH} characters")]
    TooLong,
}

/// What stands for the placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placeholders {
    /// `%h`: the host name of the machine's address; `localhost` for what is on this computer.
    host: String,
    /// `%p`: its TCP port; empty for what has none.
    port: String,
    /// `%u`: the user name.
    username: String,
    /// `%n`: what the machine is called.
    name: String,
}

impl Placeholders {
    pub(super) fn new(name: &str, address: &Address, username: &str) -> Self {
        let (host, port) = match address {
            Address::Tcp { hostname, port } => (hostname.clone(), port.to_string()),
            Address::Ws(socket) => (socket.hostname.clone(), socket.port.to_string()),
            Address::Unix(_) | Address::Demo => ("localhost".to_owned(), String::new()),
        };
        Self { host, port, username: username.to_owned(), name: name.to_owned() }
    }

    fn of(&self, placeholder: char) -> Option<&str> {
        match placeholder {
            'h' => Some(&self.host),
            'p' => Some(&self.port),
            'u' => Some(&self.username),
            'n' => Some(&self.name),
            '%' => Some("%"),
            _ => None,
        }
    }
}

impl CommandLine {
    /// Reads what a person typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, CommandProblem> {
        let text = text.trim();
        if text.chars().count() > MAX_LENGTH {
            return Err(CommandProblem::TooLong);
        }
        if text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return Err(CommandProblem::ControlCharacters);
        }
        let mut words = shlex::split(text).ok_or(CommandProblem::Quotes)?.into_iter();
        let program = words.next().filter(|program| !program.is_empty()).ok_or(CommandProblem::Program)?;
        // What is run is the person's choice alone, whatever a machine is called.
        if program.contains('%') {
            return Err(CommandProblem::Program);
        }
        let arguments: Vec<_> = words.collect();
        if arguments.iter().any(|word| SHELL.contains(&word.as_str())) {
            return Err(CommandProblem::Shell);
        }
        let none = Placeholders::new("", &Address::Demo, "");
        if arguments.iter().any(|word| fill(word, &none).is_none()) {
            return Err(CommandProblem::Placeholder);
        }
        Ok(Self { text: text.to_owned(), program, arguments })
    }

    /// The same, where nothing typed is no command.
    ///
    /// # Errors
    /// As [`CommandLine::parse`].
    pub fn parse_optional(text: &str) -> Result<Option<Self>, CommandProblem> {
        if text.trim().is_empty() { Ok(None) } else { Self::parse(text).map(Some) }
    }

    /// The program as it was typed.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Its arguments for a machine.
    ///
    /// # Errors
    /// The argument that the program would read as an option because of what was filled in. Behind `--` none is.
    pub fn arguments(&self, known: &Placeholders) -> Result<Vec<String>, String> {
        let mut only_operands = false;
        let filled = self.arguments.iter().map(|word| {
            let filled = fill(word, known).unwrap_or_default();
            if filled.starts_with('-') && !word.starts_with('-') && !only_operands {
                return Err(filled);
            }
            only_operands |= word == "--";
            Ok(filled)
        });
        filled.collect()
    }
}

/// A word with its placeholders filled in, in one pass: what is filled in is not looked at again. None where there is one
/// that stands for nothing.
fn fill(word: &str, known: &Placeholders) -> Option<String> {
    let mut filled = String::with_capacity(word.len());
    let mut letters = word.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' => filled.push_str(known.of(letters.next()?)?),
            letter => filled.push(letter),
        }
    }
    Some(filled)
}

/// As it was typed.
impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for CommandLine {
    type Err = CommandProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for CommandLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CommandLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str, username: &str) -> Placeholders {
        Placeholders::new(name, &"studio:1".parse().unwrap(), username)
    }

    fn arguments(command: &str, known: &Placeholders) -> Result<Vec<String>, String> {
        CommandLine::parse(command).unwrap().arguments(known)
    }

    #[test]
    fn words_are_split_as_a_shell_does_and_then_filled_in() {
        let command = CommandLine::parse(r#"  op read "op://%n/vnc pass word" '%u' %h:%p 100%% \$HOME  "#).unwrap();
        assert_eq!(command.program(), "op");
        assert_eq!(
            command.arguments(&known("Lab 3", "ann")).unwrap(),
            ["read", "op://Lab 3/vnc pass word", "ann", "studio:5901", "100%", "$HOME"]
        );
        assert_eq!(command.to_string(), r#"op read "op://%n/vnc pass word" '%u' %h:%p 100%% \$HOME"#);
        assert_eq!(arguments("pass %p", &Placeholders::new("", &Address::Demo, "")).unwrap(), [""]);
    }

    #[test]
    fn whatever_a_machine_is_called_stays_one_argument() {
        for name in ["a b", "\"; rm -rf ~; \"", "'", "$(id)", "`id`", "a\tb", "%u %%", "*", "| sh", "# no", "\\"] {
            assert_eq!(arguments("get %n end", &known(name, "ann")).unwrap(), [name, "end"], "{name}");
        }
    }

    #[test]
    fn what_is_filled_in_becomes_no_option() {
        let evil = known("--exec=rm", "-v");
        assert_eq!(arguments("get %n", &evil), Err("--exec=rm".into()));
        assert_eq!(arguments("get %u%n", &evil), Err("-v--exec=rm".into()));
        // Here it cannot be read as one, or the person wrote the option.
        for (command, expected) in [
            ("get vnc/%n", vec!["vnc/--exec=rm"]),
            ("get --name=%n", vec!["--name=--exec=rm"]),
            ("get -- %n", vec!["--", "--exec=rm"]),
            ("get -f", vec!["-f"]),
        ] {
            assert_eq!(arguments(command, &evil).unwrap(), expected);
        }
    }

    #[test]
    fn what_cannot_be_run_is_named() {
        use CommandProblem::*;
        for (text, problem) in [
            ("pass 'show", Quotes),
            ("pass \\", Quotes),
            ("", Program),
            ("'' x", Program),
            ("# pass", Program),
            ("%n show", Program),
            ("/opt/%h/get", Program),
            ("pass %x", Placeholder),
            ("pass 100%", Placeholder),
            ("pass show %h | head -1", Shell),
            ("a && b", Shell),
            ("a\nb", ControlCharacters),
            (&"a".repeat(MAX_LENGTH + 1), TooLong),
        ] {
            assert_eq!(CommandLine::parse(text), Err(problem), "{text}");
        }
        assert_eq!(CommandLine::parse_optional("  "), Ok(None));
    }

    #[test]
    fn it_is_written_as_it_was_typed() {
        let command: CommandLine = serde_json::from_str(r#""pass show 'vnc/%h'""#).unwrap();
        assert_eq!(serde_json::to_string(&command).unwrap(), r#""pass show 'vnc/%h'""#);
        assert!(serde_json::from_str::<CommandLine>(r#""pass '""#).is_err());
    }
}
