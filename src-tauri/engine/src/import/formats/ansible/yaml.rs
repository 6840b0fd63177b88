//! Inventories as Ansible's `lib/ansible/plugins/inventory/yaml.py` reads them, JSON among them.

use super::{Machines, expand};
use crate::import::{FileProblem, candidate::Sketch};
use saphyr_parser::{Event, Parser};

const MAX_DEPTH: usize = 32;
const MAX_VALUES: usize = 200_000;

/// A value with the line that it begins on. Tags mean nothing: no object is built.
#[derive(Debug)]
enum Node {
    Text(String),
    Map(Vec<(String, usize, Node)>),
    Other,
}

/// Reads an inventory.
pub(in super::super::super) fn read(text: &str) -> Result<Vec<Sketch>, FileProblem> {
    if text.starts_with("$ANSIBLE_VAULT;") {
        return Err(FileProblem::Encrypted);
    }
    let Node::Map(groups) = parse(text)? else { return Err(FileProblem::Unknown) };
    if groups.iter().any(|(name, ..)| name == "plugin") {
        return Err(FileProblem::Dynamic);
    }
    let (mut machines, mut budget) = (Machines::default(), super::MAX_EXPANDED);
    let mut is_inventory = false;
    for (name, _, group) in &groups {
        is_inventory |= read_group(name, group, &mut Vec::new(), &mut machines, &mut budget);
    }
    if is_inventory { Ok(machines.into_candidates()) } else { Err(FileProblem::Unknown) }
}

/// Whether it is a group.
fn read_group(name: &str, group: &Node, groups: &mut Vec<String>, machines: &mut Machines, budget: &mut usize) -> bool {
    let Node::Map(parts) = group else { return false };
    let outside = groups.len();
    if !super::is_of_all(name) {
        groups.push(name.to_owned());
    }
    let mut is_group = false;
    for (part, line, value) in parts {
        is_group |= matches!(part.as_str(), "hosts" | "vars" | "children");
        match (part.as_str(), value) {
            ("hosts", Node::Text(name)) => add(name, *line, None, groups, machines, budget),
            ("hosts", Node::Map(hosts)) => {
                for (name, line, variables) in hosts {
                    add(name, *line, host_of(variables), groups, machines, budget);
                }
            }
            ("children", Node::Map(children)) => {
                for (name, _, child) in children {
                    read_group(name, child, groups, machines, budget);
                }
            }
            _ => {}
        }
    }
    groups.truncate(outside);
    is_group
}

fn add(name: &str, line: usize, host: Option<&str>, groups: &[String], machines: &mut Machines, budget: &mut usize) {
    for name in expand(name, budget).unwrap_or_else(|| vec![name.to_owned()]) {
        machines.add(&name, line, host, groups);
    }
}

fn host_of(variables: &Node) -> Option<&str> {
    let Node::Map(variables) = variables else { return None };
    let value = |key: &str| variables.iter().find(|(name, ..)| name == key).map(|(.., value)| value);
    match value("ansible_host").or(value("ansible_ssh_host"))? {
        Node::Text(host) => Some(host),
        Node::Map(_) | Node::Other => None,
    }
}

/// What is being read: maps with the key whose value comes next, and lists, whose content nobody asks for.
enum Open {
    Map { line: usize, entries: Vec<(String, usize, Node)>, key: Option<(String, usize)> },
    List { line: usize },
}

/// The first document as a tree. Aliases stand for nothing: what they repeat could be endless.
fn parse(text: &str) -> Result<Node, FileProblem> {
    let mut open: Vec<Open> = Vec::new();
    for (count, event) in Parser::new_from_str(text).enumerate() {
        let (event, place) = event.map_err(|cause| FileProblem::Malformed { detail: cause.to_string() })?;
        let line = place.start.line();
        if open.len() > MAX_DEPTH || count > MAX_VALUES {
            return Err(FileProblem::Nested);
        }
        let (node, line) = match event {
            Event::MappingStart(..) => {
                open.push(Open::Map { line, entries: Vec::new(), key: None });
                continue;
            }
            Event::SequenceStart(..) => {
                open.push(Open::List { line });
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => match open.pop() {
                Some(Open::Map { line, entries, .. }) => (Node::Map(entries), line),
                Some(Open::List { line }) => (Node::Other, line),
                None => return Err(FileProblem::Unknown),
            },
            Event::Scalar(text, ..) => (Node::Text(text.into_owned()), line),
            Event::Alias(_) => (Node::Other, line),
            Event::DocumentEnd | Event::StreamEnd => break,
            _ => continue,
        };
        match open.last_mut() {
            None => return Ok(node),
            Some(Open::List { .. }) => {}
            Some(Open::Map { entries, key, .. }) => match (key.take(), node) {
                (Some((name, line)), value) => entries.push((name, line, value)),
                (None, Node::Text(name)) => *key = Some((name, line)),
                // A key that is no text: its value is skipped with it.
                (None, _) => *key = Some((String::new(), line)),
            },
        }
    }
    Err(FileProblem::Unknown)
}
