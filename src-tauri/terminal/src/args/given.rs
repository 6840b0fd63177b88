//! Arguments, sorted: words, and options that the usage knows.

use super::help::{Usage, usages};
use lexopt::{Arg, Parser, ValueExt};
use std::ffi::OsString;

/// What was given, of which each part is taken once.
pub(super) struct Given {
    /// The command, and what it may have.
    pub(super) usage: Usage,
    /// What is no option and no command, in order.
    pub(super) words: Vec<String>,
    options: Vec<(&'static str, Option<String>)>,
}

impl Given {
    /// Sorts the arguments. The first word may be a command; what follows `--` is a word, and never a command.
    pub(super) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut before: Vec<OsString> = arguments.into_iter().collect();
        let after = match before.iter().position(|argument| argument == "--") {
            Some(place) => before.split_off(place).split_off(1),
            None => Vec::new(),
        };
        let mut usages = usages();
        let (mut words, mut options) = (Vec::new(), Vec::new());
        let mut parser = Parser::from_args(before);
        while let Some(argument) = parser.next().map_err(|e| e.to_string())? {
            let name = match argument {
                Arg::Short('h') => "help",
                Arg::Short('V') => "version",
                Arg::Long(name) => name,
                Arg::Value(word) => {
                    words.push(text(Ok(word))?);
                    continue;
                }
                Arg::Short(_) => return Err(format!("{}: see portlight --help", argument.unexpected())),
            };
            let known = usages.iter().flat_map(|usage| &usage.options).find(|(known, _)| *known == name).copied();
            let Some((name, has_value)) = known else {
                return Err(format!("{}: see portlight --help", argument.unexpected()));
            };
            options.push((name, if has_value { Some(text(parser.value())?) } else { None }));
        }
        let command = words.first().filter(|word| usages.iter().any(|usage| usage.command == Some(word)));
        let place = usages.iter().position(|usage| usage.command == command.map(String::as_str)).unwrap_or_default();
        let usage = usages.swap_remove(place);
        if usage.command.is_some() {
            words.remove(0);
        }
        for word in after {
            words.push(text(Ok(word))?);
        }
        Ok(Self { usage, words, options })
    }

    /// That each option belongs to the command.
    pub(super) fn check(&self) -> Result<(), String> {
        let stranger = self.options.iter().find(|(name, _)| !self.usage.options.iter().any(|(known, _)| known == name));
        match (stranger, self.usage.command) {
            (None, _) => Ok(()),
            (Some((name, _)), Some(command)) => {
                Err(format!("--{name} does not belong to portlight {command}: see portlight {command} --help"))
            }
            (Some((name, _)), None) => Err(format!("--{name} belongs to a command: see portlight --help")),
        }
    }

    /// Whether an option is there.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.options.iter().any(|(given, _)| *given == name)
    }

    /// Which of two opposite options is there; the later one counts.
    pub(super) fn either(&self, yes: &str, no: &str) -> Option<bool> {
        self.options.iter().rev().find(|(given, _)| *given == yes || *given == no).map(|(given, _)| *given == yes)
    }

    /// The value of an option; the later one counts.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.values(name).pop()
    }

    /// All values of an option.
    pub(super) fn values(&self, name: &str) -> Vec<String> {
        self.options.iter().filter(|(given, _)| *given == name).filter_map(|(_, value)| value.clone()).collect()
    }
}

fn text(argument: Result<OsString, lexopt::Error>) -> Result<String, String> {
    argument.and_then(|argument| argument.string()).map_err(|e| e.to_string())
}

/// What a word means among these.
pub(super) fn known<T: Clone>(word: &str, all: &[(&str, T)], option: &str) -> Result<T, String> {
    let found = all.iter().find(|(name, _)| *name == word).map(|(_, value)| value.clone());
    found.ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        format!("{option} takes one of {}", names.join(", "))
    })
}
