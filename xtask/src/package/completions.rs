//! Completions for the shells, of the program's own words.

use super::words::{Choice, Usage, Words};

/// For bash.
pub fn bash(words: &Words) -> String {
    let mut cases = String::new();
    for usage in words.usages.iter().filter(|usage| usage.command.is_some()) {
        let command = usage.command.as_deref().unwrap_or_default();
        cases += &format!("        {command}) options=\"{}\" ;;\n", names(&usage.options));
    }
    let mut values = String::new();
    for option in valued(words) {
        let words = match option.alternatives() {
            Some(words) => format!("mapfile -t COMPREPLY < <(compgen -W \"{words}\" -- \"$word\"); return"),
            None => "return".to_owned(),
        };
        values += &format!("        {}) {words} ;;\n", option.name);
    }
    format!(
        "\
# Completions of portlight for bash, made of `portlight --help`.
_portlight() {{
    local word=\"${{COMP_WORDS[COMP_CWORD]}}\" options
    COMPREPLY=()
    case \"${{COMP_WORDS[COMP_CWORD-1]}}\" in
{values}    esac
    case \"${{COMP_WORDS[1]}}\" in
{cases}        *) options=\"{own}\" ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")
        return
    fi
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")
    if (( COMP_CWORD == 1 )); then
        mapfile -t -O \"${{#COMPREPLY[@]}}\" COMPREPLY < <(compgen -W \"{commands}\" -- \"$word\")
    fi
}}
complete -F _portlight portlight
",
        own = names(&words.own_options()),
        commands = words.commands().join(" "),
    )
}

/// For zsh.
pub fn zsh(words: &Words) -> String {
    let specification = |command: Option<&str>, option: &Choice| {
        let told = words.description(command, &option.name).replace('\'', "’").replace([':', '[', ']'], " ");
        let value = option.value.as_deref().map(|value| match option.alternatives() {
            Some(words) => format!(":value:({words})"),
            None => format!(":{}:", value.split('|').next().unwrap_or_default().to_lowercase()),
        });
        format!("'{}[{told}]{}'", option.name, value.unwrap_or_default())
    };
    let specifications = |command: Option<&str>, options: &[Choice]| {
        options.iter().map(|option| specification(command, option)).collect::<Vec<_>>().join(" \\\n            ")
    };
    let mut cases = String::new();
    let mut commands = String::new();
    for Usage { command, options, .. } in &words.usages {
        let Some(command) = command.as_deref() else { continue };
        let all = specifications(Some(command), options);
        cases += &format!("        {command})\n            _arguments {all} \\\n            '*:file:_files' ;;\n");
        commands += &format!(" '{command}:{}'", words.about(command).replace('\'', "’").replace(':', " "));
    }
    format!(
        "\
#compdef portlight
# Completions of portlight for zsh, made of `portlight --help`.
_portlight() {{
    local -a commands
    commands=({commands} )
    if (( CURRENT > 2 )); then
        case $words[2] in
{cases}            *) _arguments {own} '*:file:_files' ;;
        esac
        return
    fi
    _describe command commands
    _arguments {own} '*:file:_files'
}}
_portlight \"$@\"
",
        own = specifications(None, &words.own_options()),
    )
}

/// For fish.
pub fn fish(words: &Words) -> String {
    let mut lines = "# Completions of portlight for fish, made of `portlight --help`.\n".to_owned();
    let mut line = |when: &str, option: &Choice, told: &str| {
        let value = match (option.alternatives(), &option.value) {
            (Some(words), _) => format!(" -x -a '{words}'"),
            (None, Some(_)) => " -x".to_owned(),
            (None, None) => String::new(),
        };
        let name = option.name.trim_start_matches('-');
        lines += &format!("complete -c portlight -n {when} -l {name}{value} -d '{}'\n", quoted(told));
    };
    for option in words.own_options() {
        line("__fish_use_subcommand", &option, &words.description(None, &option.name));
    }
    for Usage { command, options, .. } in &words.usages {
        let Some(command) = command.as_deref() else { continue };
        for option in options {
            let told = words.description(Some(command), &option.name);
            line(&format!("'__fish_seen_subcommand_from {command}'"), option, &told);
        }
    }
    for command in words.commands() {
        let about = quoted(&words.about(command));
        lines += &format!("complete -c portlight -n __fish_use_subcommand -a {command} -d '{about}'\n");
    }
    lines
}

impl Choice {
    /// The words that its value is one of, where it is one of several words that can be typed as they stand.
    fn alternatives(&self) -> Option<String> {
        let value = self.value.as_deref().filter(|value| value.contains('|'))?;
        let can_be_typed = |word: &&str| word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
        let words: Vec<&str> = value.split('|').filter(can_be_typed).collect();
        Some(words.join(" "))
    }
}

fn names(options: &[Choice]) -> String {
    options.iter().map(|option| option.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// Every option that has a value.
fn valued(words: &Words) -> impl Iterator<Item = &Choice> {
    words.usages.iter().flat_map(|usage| &usage.options).filter(|option| option.value.is_some())
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::words::tests::help;

    #[test]
    fn every_shell_knows_every_command_and_option() {
        let words = Words::read(&help());
        for (shell, text) in [("bash", bash(&words)), ("zsh", zsh(&words)), ("fish", fish(&words))] {
            assert!(words.commands().iter().all(|command| text.contains(command)), "{shell}");
            let options = words.usages.iter().flat_map(|usage| &usage.options);
            for option in options.chain(&words.own_options()) {
                let name = if shell == "fish" { &option.name[2..] } else { &option.name };
                assert!(text.contains(name), "{shell}: {name}");
            }
        }
    }

    #[test]
    fn alternatives_are_words_that_can_be_typed() {
        let choice = |value: &str| Choice { name: "--x".into(), value: Some(value.into()) };
        assert_eq!(choice("csv|portlight").alternatives().as_deref(), Some("csv portlight"));
        assert_eq!(choice("off|to-server|PERCENT").alternatives().as_deref(), Some("off to-server"));
        assert_eq!(choice("FINGERPRINT|any").alternatives().as_deref(), Some("any"));
        assert_eq!(choice("NAME").alternatives(), None);
    }
}
