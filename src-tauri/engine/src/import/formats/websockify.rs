//! websockify's token files, as its plugins `TokenFile`, `ReadOnlyTokenFile` and `TokenFileName` read them
//! (websockify/token_plugins.py): one line a machine, `token: host:port`, or one file a machine, whose name is the token.
//!
//! The machines are taken as websockify sees them, with their tokens: through a [`Site`](super::super::Site) those lead to them, too.

use super::super::{ImportProblem, candidate::Sketch};
use crate::model::{Address, AddressProblem};
use std::collections::HashMap;

/// Whether a text is such a file: at least one line reads.
pub(in super::super) fn is_tokens(text: &str) -> bool {
    lines(text).any(|(_, line)| split(line).is_some_and(|(_, target)| address(target).is_ok()))
}

/// Whether a text is one target, in a file that is named by its token.
pub(in super::super) fn is_target(text: &str) -> bool {
    let mut lines = lines(text);
    matches!((lines.next(), lines.next()), (Some((_, only)), None) if split(only).is_none() && address(only).is_ok())
}

/// Reads a file.
pub(in super::super) fn read(text: &str, name: &str) -> Vec<Sketch> {
    let is_target = is_target(text);
    let machine = |(line, text)| {
        let machine = match split(text) {
            _ if is_target => with_token(name, text),
            Some((token, target)) => with_token(token, target),
            None => Sketch::skipped("", text, ImportProblem::Line),
        };
        Sketch { line, ..machine }
    };
    lines(text).map(machine).collect()
}

fn with_token(token: &str, target: &str) -> Sketch {
    Sketch { token: Some(token.to_owned()), ..Sketch::new(token, address(target), target) }
}

/// Of two entries with the same token only the last one counts.
pub(in super::super) fn mark_replaced<'a>(entries: impl Iterator<Item = &'a mut Sketch>) {
    let mut entries: Vec<_> = entries.collect();
    let last: HashMap<String, usize> =
        entries.iter().enumerate().map(|(index, entry)| (entry.name.clone(), index)).collect();
    for (index, entry) in entries.iter_mut().enumerate() {
        if entry.address.is_ok() && last.get(&entry.name) != Some(&index) {
            entry.address = Err(ImportProblem::Replaced);
        }
    }
}

/// The lines that say something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().map(str::trim).enumerate().map(|(index, line)| (index + 1, line));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::candidate::Found;

    fn found(text: &str) -> Vec<Found> {
        let mut entries = read(text, "tokens");
        mark_replaced(entries.iter_mut());
        entries.into_iter().map(|entry| entry.finish(0)).collect()
    }

    /// One line among others, as it will be added.
    fn one(line: &str) -> (String, Result<String, ImportProblem>) {
        let found = found(&format!("other: other.local:5999\n{line}")).remove(1);
        (found.name, found.host.map(|_| found.address))
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
        ] {
            assert_eq!(one(line).1, Err(expected), "{line}");
        }
        // What names may not have is left out of them, and they are cut.
        assert_eq!(one("a\u{7}b: box:5900").0, "a b");
        assert_eq!(one(&format!("{}: box:5900", "a".repeat(201))).0, "a".repeat(200));
    }

    #[test]
    fn comments_and_empty_lines_count_as_lines_only() {
        let found = found("# machines\n\n  # more: box:1\na: box:5901\nwrong\n");
        assert_eq!(found.iter().map(|entry| entry.line).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(found[1].address, "wrong");
    }

    #[test]
    fn the_last_of_two_tokens_counts() {
        let found = found("a: box:5901\nb: nas:5900\na: box:5902");
        let problems: Vec<_> = found.iter().map(|entry| entry.host.as_ref().err().cloned()).collect();
        assert_eq!(problems, [Some(ImportProblem::Replaced), None, None]);
    }

    #[test]
    fn a_file_of_one_address_is_named_by_its_token() {
        for (name, text, address) in
            [("vm-7", "\nbox:5901\n", "box:5901"), ("vm-8", "unix_socket:/run/vm8", "/run/vm8")]
        {
            assert!(is_target(text) && !is_tokens(text));
            let found = read(text, name).remove(0).finish(0);
            assert_eq!((found.name.as_str(), found.address.as_str()), (name, address));
        }
        assert!(!is_target("todo") && !is_tokens("todo") && !is_target("a: box:5901"));
    }
}
