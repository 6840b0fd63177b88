//! OpenSSH's `~/.ssh/config`. It knows SSH hosts, not VNC servers: each is a machine that may have one, behind it (ssh_config(5)).
//! Nothing in it is run, and other files that it names are not read.

use super::super::candidate::{Sketch, tcp};

/// Hosts that serve code, and have no screen.
const CODE: &[&str] = &["github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "git.sr.ht", "ssh.dev.azure.com"];
/// The ports of displays.
const DISPLAYS: std::ops::Range<u16> = 5900..6000;

/// A `Host` block.
#[derive(Default)]
struct Block<'a> {
    line: usize,
    names: Vec<&'a str>,
    hostname: Option<&'a str>,
    /// Where a `LocalForward` leads to a display.
    forward: Option<&'a str>,
}

/// Whether a text is such a file: its first word is a keyword, and there is a `Host`.
pub(in super::super) fn is_config(text: &str) -> bool {
    let mut keywords = text.lines().filter_map(|line| keyword(line).map(|(word, _)| word));
    let first = keywords.next().is_some_and(|first| {
        ["host", "match", "include", "addkeystoagent", "user", "identityfile", "forwardagent", "serveraliveinterval"]
            .iter()
            .any(|word| first.eq_ignore_ascii_case(word))
    });
    let has_host =
        |line: &str| keyword(line).is_some_and(|(word, rest)| word.eq_ignore_ascii_case("host") && !rest.is_empty());
    first && text.lines().any(has_host)
}

/// Reads the file.
pub(in super::super) fn read(text: &str) -> Vec<Sketch> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    // Nothing counts before the first `Host`, nor in a `Match`.
    let mut is_inside = false;
    for (number, line) in text.lines().enumerate() {
        let Some((word, rest)) = keyword(line) else { continue };
        match word.to_ascii_lowercase().as_str() {
            "host" => {
                is_inside = true;
                let names = words(rest).filter(|name| !name.contains(['*', '?', '!'])).collect();
                blocks.push(Block { line: number + 1, names, ..Block::default() });
            }
            "match" => is_inside = false,
            keyword if is_inside => {
                let Some(block) = blocks.last_mut() else { continue };
                match keyword {
                    // The first value counts.
                    "hostname" => block.hostname = block.hostname.or(words(rest).next()),
                    "localforward" => block.forward = block.forward.or(words(rest).nth(1).filter(|to| is_display(to))),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    blocks.iter().flat_map(candidates).collect()
}

fn candidates<'a>(block: &'a Block<'a>) -> impl Iterator<Item = Sketch> + 'a {
    let is_code = |name: &str| CODE.iter().any(|host| name.eq_ignore_ascii_case(host));
    let names = block.names.iter().filter(move |name| !is_code(name) && !block.hostname.is_some_and(is_code));
    names.map(|name| {
        // As seen from the SSH host.
        let (host, port) = block.forward.and_then(|to| to.rsplit_once(':')).unwrap_or(("127.0.0.1", "5900"));
        let mut candidate = Sketch::new(name, tcp(host, port), name);
        candidate.line = block.line;
        candidate.is_kept = false;
        // ssh finds the rest (HostName, User, Port, ProxyJump, keys) under this name.
        (*name).clone_into(&mut candidate.ssh_jump);
        candidate
    })
}

fn is_display(place: &str) -> bool {
    place.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).is_some_and(|port| DISPLAYS.contains(&port))
}

/// The keyword of a line and what follows it: they are separated by spaces, or by one equals sign.
fn keyword(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (word, rest) = line.split_at(line.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(line.len()));
    let rest = rest.trim_start();
    Some((word, rest.strip_prefix('=').unwrap_or(rest).trim()))
}

/// Arguments; those with spaces stand in quotes.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').enumerate().flat_map(|(number, part)| {
        let quoted = number % 2 == 1;
        let whole = quoted.then_some(part);
        let parts = (!quoted).then(|| part.split_whitespace().take_while(|word| !word.starts_with('#')));
        whole.into_iter().chain(parts.into_iter().flatten())
    })
}
