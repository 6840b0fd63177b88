//! Files of `key=value` lines in groups, which many programs write, each in its own dialect: what a value means (escapes,
//! quotes, numbers) is its reader's business.

/// A group, with the line that its head stands on.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// Without its brackets; empty for what stands before the first head.
    pub(super) name: &'a str,
    pub(super) line: usize,
    pairs: Vec<(&'a str, &'a str)>,
}

/// The groups in their order, the first one that without a head. Lines that begin with `#` or `;` are comments; other lines
/// without `=` say nothing.
pub(super) fn groups(text: &str) -> Vec<Group<'_>> {
    let mut groups = vec![Group { name: "", line: 1, pairs: Vec::new() }];
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            groups.push(Group { name: name.trim(), line: number + 1, pairs: Vec::new() });
        } else if let (Some((key, value)), Some(group)) = (line.split_once('='), groups.last_mut()) {
            group.pairs.push((key.trim(), value.trim()));
        }
    }
    groups
}

impl<'a> Group<'a> {
    /// The value of a key in any case: the first that is there; empty where there is none.
    pub(super) fn get(&self, key: &str) -> &'a str {
        self.pairs.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map_or("", |(_, value)| value)
    }

    /// The value of the first of these keys that has one.
    pub(super) fn first(&self, keys: &[&str]) -> &'a str {
        keys.iter().map(|key| self.get(key)).find(|value| !value.is_empty()).unwrap_or_default()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.pairs.iter().any(|(name, _)| name.eq_ignore_ascii_case(key))
    }

    /// Whether a key says yes, in the words of all these programs.
    pub(super) fn is_on(&self, key: &str) -> bool {
        is_on(self.get(key))
    }
}

/// Whether a value says yes: a number that is not 0, or a word.
pub(super) fn is_on(value: &str) -> bool {
    value.parse::<i64>().is_ok_and(|number| number != 0)
        || ["true", "yes", "on"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// A value with GLib's escapes (`g_key_file_get_string`).
pub(super) fn glib_value(value: &str) -> String {
    let mut read = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('s') => read.push(' '),
                Some('t') => read.push('\t'),
                Some('n') => read.push('\n'),
                Some('r') => read.push('\r'),
                Some(other) => read.push(other),
                None => {}
            },
            (c, false) => read.push(c),
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_values_as_they_stand() {
        let text = "early=1\n\n# no=1\n; no=2\n[ One ]\nKey = a=b \nkey=second\nnothing\n[]\nlast=";
        let groups = groups(text);
        assert_eq!(
            groups.iter().map(|group| (group.name, group.line)).collect::<Vec<_>>(),
            [("", 1), ("One", 5), ("", 9)]
        );
        assert_eq!(groups[0].get("EARLY"), "1");
        assert_eq!((groups[1].get("KEY"), groups[1].get("no"), groups[1].has("nothing")), ("a=b", "", false));
        assert_eq!((groups[2].has("last"), groups[2].first(&["first", "last"])), (true, ""));
    }

    #[test]
    fn yes_in_all_its_words() {
        for yes in ["1", "10", "-1", "true", "True", "YES", "on"] {
            assert!(is_on(yes), "{yes}");
        }
        for no in ["", "0", "00", "false", "no", "off", "x"] {
            assert!(!is_on(no), "{no}");
        }
    }

    #[test]
    fn escapes_of_glib() {
        assert_eq!(glib_value(r"\sa\tb\\n\nc\"), " a\tb\\n\nc");
    }
}
