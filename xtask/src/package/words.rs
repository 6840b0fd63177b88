//! What the program says about its command line, read from `portlight --help`: man page and completions are made of it, so
//! that they cannot tell something else.

/// The text, in its parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// What Portlight is, in a few words.
    pub summary: String,
    /// What can be typed.
    pub usages: Vec<Usage>,
    /// What is said about it, in order.
    pub sections: Vec<Section>,
}

/// One way to start the program.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The whole line, with `portlight`.
    pub line: String,
    /// Its first word where that is a command's name.
    pub command: Option<String>,
    /// The options that it takes.
    pub options: Vec<Choice>,
}

/// An option as the usage has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// With its dashes.
    pub name: String,
    /// What has to follow it; where it has `|` in it, one of these.
    pub value: Option<String>,
}

/// A paragraph, or what follows it in two columns.
#[derive(Debug, PartialEq, Eq)]
pub enum Section {
    /// Sentences.
    Prose(String),
    /// A word or an option, and what it is.
    Entries(Vec<(String, String)>),
}

impl Words {
    /// Reads the text of `--help`.
    pub fn read(help: &str) -> Self {
        let mut words = Self::default();
        for paragraph in help.split("\n\n").map(|text| text.trim_matches('\n')).filter(|text| !text.is_empty()) {
            if let Some(usage) = paragraph.strip_prefix("Usage: ") {
                words.usages = usages(usage);
            } else if paragraph.starts_with("  ") {
                words.sections.push(Section::Entries(entries(paragraph)));
            } else if words.summary.is_empty() {
                let summary = paragraph.strip_prefix("Portlight: ").unwrap_or(paragraph);
                words.summary = summary.trim_end_matches('.').to_owned();
            } else {
                words.sections.push(Section::Prose(joined(paragraph)));
            }
        }
        words
    }

    /// The names of all commands.
    pub fn commands(&self) -> Vec<&str> {
        self.usages.iter().filter_map(|usage| usage.command.as_deref()).collect()
    }

    /// What an option is: of a command where one is named, else of the program itself.
    pub fn description(&self, command: Option<&str>, option: &str) -> String {
        let mut about = Vec::new();
        for section in &self.sections {
            match section {
                Section::Prose(prose) => about = self.commands_of(prose),
                Section::Entries(entries) if command.map_or(about.is_empty(), |command| about.contains(&command)) => {
                    let entry = entries.iter().find(|(term, _)| term.split_whitespace().next() == Some(option));
                    if let Some((_, text)) = entry {
                        return text.clone();
                    }
                }
                Section::Entries(_) => {}
            }
        }
        String::new()
    }

    /// The commands that a paragraph is about: those that it begins with, one or several as in `add and edit …`.
    fn commands_of<'a>(&self, prose: &'a str) -> Vec<&'a str> {
        let commands = self.commands();
        prose.split_whitespace().take_while(|word| *word == "and" || commands.contains(word)).collect()
    }

    /// What a command does: the first clause of its paragraph, without its name.
    pub fn about(&self, command: &str) -> String {
        let about = self.sections.iter().find_map(|section| match section {
            Section::Prose(prose) => prose.strip_prefix(command)?.strip_prefix(' '),
            Section::Entries(_) => None,
        });
        let clause = about.unwrap_or_default().split(['.', ',', ':']).next().unwrap_or_default();
        clause.trim().to_owned()
    }

    /// The options that stand in the entries of the program itself, and are not in its usage.
    pub fn own_options(&self) -> Vec<Choice> {
        let Some(Section::Entries(entries)) = self.sections.first() else { return Vec::new() };
        let options = entries.iter().filter(|(term, _)| term.starts_with("--"));
        options.map(|(term, _)| Choice { name: term.clone(), value: None }).collect()
    }
}

/// The lines of the usage: one begins with the program's name, what does not goes on with the one before.
fn usages(text: &str) -> Vec<Usage> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        match lines.last_mut() {
            Some(last) if !line.starts_with("portlight") => *last = format!("{last} {line}"),
            _ => lines.push(line.to_owned()),
        }
    }
    lines.into_iter().map(usage).collect()
}

fn usage(line: String) -> Usage {
    let words: Vec<&str> = line.split_whitespace().collect();
    let command = words.get(1).filter(|word| word.chars().all(|letter| letter.is_ascii_lowercase()));
    let mut options = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let Some(name) = word.trim_start_matches('[').strip_prefix("--") else { continue };
        let value = match word.ends_with(']') {
            true => None,
            false => words.get(place + 1).map(|value| value.trim_end_matches(']').to_owned()),
        };
        options.push(Choice { name: format!("--{}", name.trim_end_matches(']')), value });
    }
    Usage { command: command.map(|command| (*command).to_owned()), options, line }
}

/// Two columns: a term, at least two spaces, what it is; lines that are further in go on with it.
fn entries(paragraph: &str) -> Vec<(String, String)> {
    let mut entries: Vec<(String, String)> = Vec::new();
    for line in paragraph.lines() {
        let text = line.trim();
        match (line.starts_with("   "), entries.last_mut()) {
            (true, Some((_, description))) => {
                description.push(' ');
                description.push_str(text);
            }
            _ => {
                let (term, description) = text.split_once("  ").unwrap_or((text, ""));
                entries.push((term.to_owned(), description.trim().to_owned()));
            }
        }
    }
    entries
}

fn joined(paragraph: &str) -> String {
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The text as it stands in the program's source.
    pub fn help() -> String {
        let source = include_str!("../../../src-tauri/terminal/src/args/help.rs");
        let text = source.split_once("HELP: &str = \"\\\n").unwrap().1;
        text.split_once("\";\n").unwrap().0.to_owned()
    }

    #[test]
    fn the_programs_own_words_are_read_in_full() {
        let words = Words::read(&help());
        assert_eq!(words.summary, "double-click your machines");
        for command in ["list", "add", "edit", "remove", "doctor", "relay", "import", "export"] {
            assert!(words.commands().contains(&command), "{command}");
            assert!(!words.about(command).is_empty(), "{command}");
        }
        for usage in &words.usages {
            assert!(usage.line.starts_with("portlight"), "{usage:?}");
            for option in &usage.options {
                let told = words.description(usage.command.as_deref(), &option.name);
                assert!(!told.is_empty(), "{option:?} of {:?} is not described", usage.command);
            }
        }
    }

    #[test]
    fn an_option_has_its_value_and_a_long_line_is_one() {
        let usage = usages("portlight go PLACE [--json] [--name NAME]\n     [--trust KEY|any]\nportlight --form a|b\n");
        let choice = |name: &str, value: Option<&str>| Choice { name: name.into(), value: value.map(str::to_owned) };
        assert_eq!(usage[0].command.as_deref(), Some("go"));
        let all = [choice("--json", None), choice("--name", Some("NAME")), choice("--trust", Some("KEY|any"))];
        assert_eq!(usage[0].options, all);
        assert_eq!((&usage[1].command, &usage[1].options[..]), (&None, &[choice("--form", Some("a|b"))][..]));
    }

    #[test]
    fn columns_are_told_apart() {
        let found = entries("  --a B      one\n             two\n  --c        three");
        assert_eq!(found, [("--a B".into(), "one two".into()), ("--c".into(), "three".to_owned())]);
    }
}
