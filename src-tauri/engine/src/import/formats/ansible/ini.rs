//! Inventories as Ansible's `lib/ansible/plugins/inventory/ini.py` reads them.

use super::{Machines, expand};
use crate::import::{ImportProblem, candidate::Sketch};
use std::collections::HashMap;

/// Reads an inventory.
pub(in super::super::super) fn read(text: &str) -> Vec<Sketch> {
    let (mut machines, mut wrong) = (Machines::default(), Vec::new());
    let parents = parents(text);
    let (mut budget, mut has_hosts, mut groups) = (super::MAX_EXPANDED, true, Vec::new());
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = section(line) {
            (has_hosts, groups) = (!section.contains(':'), with_parents(section, &parents));
            continue;
        }
        if !has_hosts {
            continue;
        }
        let mut words = split(line).into_iter();
        let Some(pattern) = words.next() else { continue };
        let mut refuse = |problem| {
            wrong.push(Sketch { line: number + 1, ..Sketch::skipped(&pattern, line, problem) });
        };
        let variables: Option<Vec<(String, String)>> =
            words.map(|word| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))).collect();
        let Some(variables) = variables else {
            refuse(ImportProblem::Line);
            continue;
        };
        let host = variables.iter().find(|(key, _)| key == "ansible_host" || key == "ansible_ssh_host");
        let host = host.map(|(_, value)| value.as_str());
        match expand(without_port(&pattern), &mut budget) {
            Some(names) => names.iter().for_each(|name| machines.add(name, number + 1, host, &groups)),
            None => refuse(ImportProblem::Range),
        }
    }
    let mut found = machines.into_candidates();
    found.append(&mut wrong);
    found
}

/// The section that a line begins.
fn section(line: &str) -> Option<&str> {
    let (section, behind) = line.strip_prefix('[')?.split_once(']')?;
    // `[loom[1:3]]` is none, and a host line may begin with a range.
    (behind.trim().is_empty() || behind.trim_start().starts_with('#')).then_some(section)
}

/// The groups that each group stands in, as `[name:children]` says.
fn parents(text: &str) -> HashMap<&str, Vec<&str>> {
    let (mut parents, mut parent) = (HashMap::<_, Vec<_>>::new(), None);
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(section) = section(line) {
            parent = section.strip_suffix(":children");
        } else if let (Some(parent), Some(child)) = (parent, line.split_whitespace().next()) {
            parents.entry(child).or_default().push(parent);
        }
    }
    parents
}

/// A group and those that it stands in, the outermost first. Groups of all machines say nothing.
fn with_parents(group: &str, parents: &HashMap<&str, Vec<&str>>) -> Vec<String> {
    let mut groups = vec![group];
    let mut next = 0;
    while let Some(group) = groups.get(next).filter(|_| groups.len() < MAX_GROUPS) {
        for parent in parents.get(group).into_iter().flatten() {
            if !groups.contains(parent) {
                groups.push(parent);
            }
        }
        next += 1;
    }
    groups.iter().rev().filter(|group| !super::is_of_all(group)).map(|group| (*group).to_owned()).collect()
}

/// Groups of a machine that are looked at.
const MAX_GROUPS: usize = 32;

/// `box:22` has SSH's port, which is not VNC's.
fn without_port(pattern: &str) -> &str {
    match pattern.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse::<u16>() {
            Ok(_) => host,
            Err(_) => pattern,
        },
        _ => pattern,
    }
}

/// Words as a shell splits them: quotes keep them together, ` #` begins a comment.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut is_begun = false;
    for c in line.chars() {
        match (quote, c) {
            (None, '"' | '\'') => (quote, is_begun) = (Some(c), true),
            (Some(open), _) if open == c => quote = None,
            (None, '#') if !is_begun => break,
            (None, c) if c.is_whitespace() => {
                if is_begun {
                    words.push(std::mem::take(&mut word));
                }
                is_begun = false;
            }
            (_, c) => {
                word.push(c);
                is_begun = true;
            }
        }
    }
    if is_begun {
        words.push(word);
    }
    words
}
