//! websockify's token files, as its plugins `TokenFile`, `ReadOnlyTokenFile` and `TokenFileName` read them
//! (websockify/token_plugins.py): one line a machine, `token: host:port`, or one file a machine, whose name is the token.
//!
//! The machines are taken as websockify sees them. Those that are only reachable through it have an address of their own,
//! `wss://site/websockify?token=…`.

use super::{ImportProblem, Preview};
use crate::model::{Address, AddressProblem, FieldProblem, Host};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// One file of tokens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TokenFile {
    /// Without its folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// One line of a file of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    file: String,
    line: usize,
    token: String,
    target: String,
    address: Result<Address, ImportProblem>,
}

/// What stands in the files.
pub fn entries(files: &[TokenFile]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = files.iter().flat_map(entries_of).collect();
    let last: HashMap<String, usize> =
        entries.iter().enumerate().map(|(index, entry)| (entry.token.clone(), index)).collect();
    for (index, entry) in entries.iter_mut().enumerate() {
        if entry.address.is_ok() && last.get(&entry.token) != Some(&index) {
            entry.address = Err(ImportProblem::Replaced);
        }
    }
    entries
}

fn entries_of(file: &TokenFile) -> Vec<Entry> {
    let entry = |line, token: &str, target: &str, address| Entry {
        file: file.name.clone(),
        line,
        token: token.to_owned(),
        target: target.to_owned(),
        address,
    };
    let lines = file
        .text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .enumerate()
        .map(|(index, line)| (index + 1, line));
    let lines: Vec<(usize, &str)> = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect();
    if let [(line, only)] = lines[..]
        && split(only).is_none()
        && let Ok(address) = address(only)
    {
        return vec![entry(line, &file.name, only, Ok(address))];
    }
    let read = |(line, text)| match split(text) {
        Some((token, target)) => entry(line, token, target, address(target)),
        None => entry(line, "", text, Err(ImportProblem::Line)),
    };
    lines.into_iter().map(read).collect()
}

/// Token and target: what lies around the only colon that has space behind it.
fn split(line: &str) -> Option<(&str, &str)> {
    let mut colons = line.match_indices(':').filter(|(place, _)| line[place + 1..].starts_with(char::is_whitespace));
    let (place, _) = colons.next()?;
    let (token, target) = (&line[..place], line[place + 1..].trim());
    (colons.next().is_none() && !token.is_empty()).then_some((token, target))
}

/// Reads `host:port` and `unix_socket:/path`. The last colon is before the port: `::1:5900` is how websockify wants
/// IPv6, `[::1]:5900` is how people write it.
fn address(target: &str) -> Result<Address, ImportProblem> {
    let problem = |address| ImportProblem::Address { address };
    if let Some(path) = target.strip_prefix("unix_socket:") {
        return if path.starts_with('/') { Address::parse(path) } else { Err(AddressProblem::Path) }.map_err(problem);
    }
    let (host, port) = target.rsplit_once(':').ok_or(ImportProblem::NoPort)?;
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|port| digits && *port != 0).ok_or(problem(AddressProblem::Port))?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    // Python takes no name for this machine.
    Address::tcp(if host.is_empty() { "localhost" } else { host }, port).map_err(problem)
}

/// The entries as they will be added to `hosts`.
pub fn preview(entries: &[Entry], hosts: &[Host]) -> Vec<Preview> {
    let mut known: HashSet<Address> = hosts.iter().map(|host| host.address.clone()).collect();
    entries
        .iter()
        .map(|entry| {
            let (file, line) = (entry.file.clone(), entry.line);
            let mut shown = Preview {
                name: entry.token.clone(),
                address: entry.target.clone(),
                file,
                line,
                duplicate: false,
                problem: None,
            };
            match &entry.address {
                Ok(address) => {
                    shown.address = address.to_string();
                    shown.problem = name_problem(&shown);
                    shown.duplicate = shown.problem.is_none() && !known.insert(address.clone());
                }
                Err(problem) => shown.problem = Some(*problem),
            }
            shown
        })
        .collect()
}

/// What the form will say about the name.
fn name_problem(shown: &Preview) -> Option<ImportProblem> {
    let fields = shown.draft()?.check(None).err()?;
    fields.into_iter().find_map(|field| match field {
        FieldProblem::Name(name) => Some(ImportProblem::Name { name }),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TextProblem;

    fn file(name: &str, text: &str) -> TokenFile {
        TokenFile { name: name.to_owned(), text: text.to_owned() }
    }

    fn shown(text: &str) -> Vec<Preview> {
        preview(&entries(&[file("tokens", text)]), &[])
    }

    /// One line among others, as it will be added.
    fn one(line: &str) -> (String, Result<String, ImportProblem>) {
        let mut shown = shown(&format!("other: other.local:5999\n{line}"));
        let shown = shown.remove(1);
        (shown.name, shown.problem.map_or(Ok(shown.address), Err))
    }

    #[test]
    fn lines_as_people_write_them() {
        for (line, name, address) in [
            ("abc123: 192.168.1.101:5900", "abc123", "192.168.1.101"),
            ("abc123: 192.168.1.101:5901", "abc123", "192.168.1.101:5901"),
            ("  Studio PC:\tstudio.local:80  ", "Studio PC", "studio.local::80"),
            ("a:b:c: box:5901", "a:b:c", "box:5901"),
            ("v6: [fe80::1]:5901", "v6", "[fe80::1]:5901"),
            ("v6: fe80::1:5901", "v6", "[fe80::1]:5901"),
            ("v6: ::1:5900", "v6", "::1"),
            ("cafe: cafe:99", "cafe", "vnc://cafe:99"),
            ("here: :5901", "here", "localhost:5901"),
            ("vm: unix_socket:/run/vm 1/vnc:0", "vm", "/run/vm 1/vnc:0"),
            ("客厅: 客厅.local:5900", "客厅", "客厅.local"),
        ] {
            assert_eq!(one(line), (name.to_owned(), Ok(address.to_owned())), "{line}");
        }
    }

    #[test]
    fn lines_that_websockify_would_not_read() {
        use AddressProblem::{Hostname, Path, Port};
        let problem = |address| ImportProblem::Address { address };
        for (line, expected) in [
            ("abc123", ImportProblem::Line),
            ("abc123:box:5900", ImportProblem::Line),
            ("abc123: box:5900: more", ImportProblem::Line),
            (": box:5900", ImportProblem::Line),
            ("abc123: box", ImportProblem::NoPort),
            ("abc123: box:", problem(Port)),
            ("abc123: box:vnc", problem(Port)),
            ("abc123: box:+5900", problem(Port)),
            ("abc123: box:0", problem(Port)),
            ("abc123: box:65536", problem(Port)),
            ("abc123: my box:5900", problem(Hostname)),
            ("abc123: ann@box:5900", problem(Hostname)),
            ("abc123: box/x:5900", problem(Hostname)),
            ("abc123: [box:5900", problem(Hostname)),
            ("abc123: box # the old one:5900", problem(Hostname)),
            ("abc123: unix_socket:vnc.sock", problem(Path)),
            ("abc123: unix_socket:", problem(Path)),
            ("a\u{7}b: box:5900", ImportProblem::Name { name: TextProblem::ControlCharacters }),
        ] {
            assert_eq!(one(line).1, Err(expected), "{line}");
        }
        let long = format!("{}: box:5900", "a".repeat(201));
        assert_eq!(one(&long).1, Err(ImportProblem::Name { name: TextProblem::TooLong }));
    }

    #[test]
    fn comments_and_empty_lines_count_as_lines_only() {
        let shown = shown("# machines\r\n\r\n  # more: box:1\r\na: box:5901\r\nwrong\r\n");
        assert_eq!(shown.iter().map(|entry| entry.line).collect::<Vec<_>>(), [4, 5]);
        let wrong = &shown[1];
        assert_eq!(
            (wrong.address.as_str(), wrong.problem, wrong.draft().is_some()),
            ("wrong", Some(ImportProblem::Line), false)
        );
    }

    #[test]
    fn a_byte_order_mark_belongs_to_no_name() {
        assert_eq!(shown("\u{feff}a: box:5901\nb: box:5902")[0].name, "a");
    }

    #[test]
    fn the_last_of_two_tokens_counts() {
        let shown = shown("a: box:5901\nb: nas:5900\na: box:5902");
        assert_eq!(shown[0].problem, Some(ImportProblem::Replaced));
        assert_eq!((shown[1].problem, shown[2].problem), (None, None));
    }

    #[test]
    fn what_is_on_the_list_already_is_marked() {
        let hosts = [Host { address: Address::parse("box:1").unwrap(), ..Host::demo("Box") }];
        let tokens = entries(&[file("tokens", "a: box:5901\nb: nas:5900\nc: [::1]:5900\nd: nas:5900\ne: ::1:5900")]);
        let duplicates: Vec<bool> = preview(&tokens, &hosts).iter().map(|entry| entry.duplicate).collect();
        assert_eq!(duplicates, [true, false, false, true, true]);
    }

    #[test]
    fn what_is_shown_is_what_the_form_takes() {
        let shown = &shown("abc123: [fe80::1]:5901")[0];
        let host = shown.draft().unwrap().check(None).unwrap();
        assert_eq!((host.name.as_str(), host.address.to_string()), ("abc123", shown.address.clone()));
        assert_eq!(
            serde_json::to_value(shown).unwrap(),
            serde_json::json!({
                "name": "abc123", "address": "[fe80::1]:5901", "file": "tokens", "line": 1, "duplicate": false,
                "problem": null,
            })
        );
    }

    #[test]
    fn a_file_of_one_address_is_named_by_its_token() {
        let tokens =
            entries(&[file("vm-7", "\nbox:5901\n"), file("vm-8", "unix_socket:/run/vm8"), file("notes", "todo")]);
        let shown = preview(&tokens, &[]);
        assert_eq!((shown[0].name.as_str(), shown[0].address.as_str(), shown[0].line), ("vm-7", "box:5901", 2));
        assert_eq!((shown[1].name.as_str(), shown[1].address.as_str()), ("vm-8", "/run/vm8"));
        assert_eq!(shown[2].problem, Some(ImportProblem::Line));
    }
}
