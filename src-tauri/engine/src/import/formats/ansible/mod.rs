//! Ansible's inventories. They know machines that are reached by SSH, not VNC servers: each is one that may have one.
//! No template is evaluated, nothing encrypted is opened, no script is run.

pub(in super::super) mod ini;
pub(in super::super) mod yaml;

use super::super::{
    ImportProblem,
    candidate::{Sketch, tcp},
};
use std::collections::HashMap;

/// Machines that ranges may stand for, in one file.
const MAX_EXPANDED: usize = 1000;

/// The machines of an inventory: one that stands in several groups is one.
#[derive(Default)]
struct Machines {
    order: Vec<Machine>,
    by_name: HashMap<String, usize>,
}

struct Machine {
    name: String,
    line: usize,
    host: Option<String>,
    groups: Vec<String>,
}

impl Machines {
    fn add(&mut self, name: &str, line: usize, host: Option<&str>, groups: &[String]) {
        let place = *self.by_name.entry(name.to_owned()).or_insert_with(|| {
            self.order.push(Machine { name: name.to_owned(), line, host: None, groups: Vec::new() });
            self.order.len() - 1
        });
        if let Some(machine) = self.order.get_mut(place) {
            machine.host = machine.host.take().or_else(|| host.map(str::to_owned));
            for group in groups {
                if !machine.groups.contains(group) {
                    machine.groups.push(group.clone());
                }
            }
        }
    }

    fn into_candidates(self) -> Vec<Sketch> {
        self.order.into_iter().map(candidate).collect()
    }
}

fn candidate(machine: Machine) -> Sketch {
    let host = machine.host.as_deref().unwrap_or(&machine.name);
    let address = if host.contains("{{") { Err(ImportProblem::Template) } else { tcp(host, "5900") };
    let mut candidate = Sketch::new(&machine.name, address, host);
    candidate.line = machine.line;
    candidate.is_kept = false;
    candidate.tag(machine.groups.iter().map(String::as_str));
    candidate
}

/// Whether a group says nothing about its machines.
fn is_of_all(group: &str) -> bool {
    matches!(group, "all" | "ungrouped")
}

/// The names that a pattern with ranges stands for: `loom[01:03]`, `node-[a:f]`, `n[1:9:2]`. None where it is no such pattern,
/// or stands for more than is left of `budget`.
fn expand(pattern: &str, budget: &mut usize) -> Option<Vec<String>> {
    let mut names = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('[') {
        let (range, after) = behind.split_once(']')?;
        let values = values(range)?;
        let count = names.len().checked_mul(values.len()).filter(|count| *count <= *budget)?;
        let mut longer = Vec::with_capacity(count);
        for name in &names {
            longer.extend(values.iter().map(|value| format!("{name}{before}{value}")));
        }
        names = longer;
        rest = after;
    }
    names.iter_mut().for_each(|name| name.push_str(rest));
    *budget = budget.checked_sub(names.len())?;
    Some(names)
}

/// Both ends are in the range.
fn values(range: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = range.split(':').collect();
    let (from, to, step) = match parts[..] {
        [from, to] => (from, to, 1),
        [from, to, step] => (from, to, step.parse::<usize>().ok().filter(|step| *step > 0)?),
        _ => return None,
    };
    let letter = |text: &str| match text.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => Some(*letter),
        _ => None,
    };
    if let (Some(from), Some(to)) = (letter(from), letter(to)) {
        return Some((from..=to).step_by(step).map(|letter| char::from(letter).to_string()).collect());
    }
    let number = |text: &str| text.parse::<usize>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let (first, last) = (number(from)?, number(to)?);
    let width = if from.starts_with('0') { from.len() } else { 0 };
    if width > 20 || last.checked_sub(first)? / step >= MAX_EXPANDED {
        return None;
    }
    Some((first..=last).step_by(step).map(|number| format!("{number:0width$}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let all = |pattern| expand(pattern, &mut MAX_EXPANDED.clone());
        assert_eq!(all("box").unwrap(), ["box"]);
        assert_eq!(all("n[08:10].x").unwrap(), ["n08.x", "n09.x", "n10.x"]);
        assert_eq!(all("[a:c]-[1:5:4]").unwrap(), ["a-1", "a-5", "b-1", "b-5", "c-1", "c-5"]);
        for none in ["n[1:2", "n[1]", "n[2:1]", "n[1:5:0]", "n[1:99999999999]", "[1:100][1:100]", "[é:f]", "[1:2:3:4]"]
        {
            assert!(all(none).is_none(), "{none}");
        }
        let mut budget = 3;
        assert!(expand("n[1:3]", &mut budget).is_some() && expand("n[1:2]", &mut budget).is_none());
    }
}
