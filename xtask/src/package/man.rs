//! The manual page, of the program's own words.

use super::words::{Section, Words};

/// `portlight.1`; `day` as `2026-01-31`.
pub fn page(words: &Words, version: &str, day: &str) -> String {
    let mut page = format!(".TH PORTLIGHT 1 {day} \"portlight {version}\" \"User Commands\"\n");
    page += &format!(".SH NAME\nportlight \\- {}\n.SH SYNOPSIS\n.nf\n", escaped(&words.summary));
    for usage in &words.usages {
        page += &format!("{}\n", escaped(&usage.line));
    }
    page += ".fi\n.SH DESCRIPTION\n";
    for section in &words.sections {
        match section {
            Section::Prose(prose) => page += &format!(".PP\n{}\n", escaped(prose)),
            Section::Entries(entries) => {
                for (term, text) in entries {
                    page += &format!(".TP\n.B {}\n{}\n", escaped(term), escaped(text));
                }
            }
        }
    }
    page += "\
.SH FILES
.TP
.I ~/.config/io.github.portlight.Portlight/
The list of machines, the keys that were accepted, and settings.
.SH SEE ALSO
.BR ssh (1),
.BR xtigervncviewer (1)
";
    page
}

/// Without anything that a line begins with or a backslash means to the formatter.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::words::tests::help;

    #[test]
    fn every_command_and_option_is_in_the_page() {
        let words = Words::read(&help());
        let page = page(&words, "1.2.3", "2026-01-31");
        assert!(page.starts_with(".TH PORTLIGHT 1 2026-01-31 \"portlight 1.2.3\""), "{page}");
        for usage in &words.usages {
            assert!(page.contains(&escaped(&usage.line)));
            assert!(usage.options.iter().all(|option| page.contains(&escaped(&option.name))));
        }
    }

    #[test]
    fn no_text_is_taken_for_a_command_of_the_formatter() {
        assert_eq!(escaped(".PP \\n --x"), "\\&.PP \\en \\-\\-x");
    }
}
