//! The machines of a source within the list.

use super::list::List;
use crate::{
    error::StoreError,
    model::{Host, HostId, SourceId},
};
use std::collections::{HashMap, HashSet};

impl List {
    /// Makes the machines of a source those that it lists now, each with the key that the source knows it by. One that is gone from
    /// there goes among the removed ones where something about it is the user's, and comes back from there with its key.
    pub(crate) fn take_over(
        &mut self,
        source: SourceId,
        listed: &[(String, Host)],
        now: u64,
    ) -> Result<(), StoreError> {
        let mut at: HashMap<&str, usize> = listed.iter().enumerate().map(|(at, (key, _))| (key.as_str(), at)).collect();
        let key_of = |host: &Host| {
            host.source.as_ref().filter(|sourced| sourced.of == source).map(|sourced| sourced.key.clone())
        };
        let here: HashSet<String> = self.hosts.iter().filter_map(key_of).collect();
        let mut back: Vec<HostId> = Vec::new();
        let mut coming = HashSet::new();
        for removed in &self.removed {
            // What was removed last stands for all that had its key.
            if let Some(key) = key_of(&removed.host)
                && at.contains_key(key.as_str())
                && !here.contains(&key)
                && coming.insert(key)
            {
                back.push(removed.host.id);
            }
        }
        if !back.is_empty() {
            self.restore(&back)?;
        }
        let (mut gone, mut kept) = (Vec::new(), Vec::new());
        for host in &mut self.hosts {
            let Some(key) = key_of(host) else { continue };
            match at.remove(key.as_str()).and_then(|at| listed.get(at)) {
                Some((_, machine)) => host.follow_source(machine),
                None if host.is_as_listed() => gone.push(host.id),
                None => kept.push(host.id),
            }
        }
        if !gone.is_empty() {
            self.take(&gone);
        }
        if !kept.is_empty() {
            self.remove(&kept)?;
            self.note_removals(now);
        }
        let mut new: Vec<usize> = at.into_values().collect();
        new.sort_unstable();
        let new = new.into_iter().filter_map(|at| listed.get(at));
        self.append(new.map(|(key, machine)| Host::sourced(source, key.clone(), machine)).collect());
        Ok(())
    }

    /// Makes machines the user's own whose source is none of these: it was removed, and the removal undone.
    pub(crate) fn adopt_orphans(&mut self, known: &HashSet<SourceId>) {
        for host in &mut self.hosts {
            host.source.take_if(|sourced| !known.contains(&sourced.of));
        }
    }

    /// Whether there are such machines.
    pub(crate) fn has_orphans(&self, known: &HashSet<SourceId>) -> bool {
        self.hosts.iter().any(|host| host.source.as_ref().is_some_and(|sourced| !known.contains(&sourced.of)))
    }

    /// How many machines each source has.
    pub(crate) fn sourced(&self) -> HashMap<SourceId, usize> {
        let mut counts = HashMap::new();
        for sourced in self.hosts.iter().filter_map(|host| host.source.as_ref()) {
            *counts.entry(sourced.of).or_default() += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(machines: &str) -> Vec<(String, Host)> {
        machines
            .split_whitespace()
            .map(|machine| {
                let (key, address) = machine.split_once('=').unwrap_or((machine, machine));
                (key.to_owned(), Host::new(key.to_owned(), address.parse().unwrap()))
            })
            .collect()
    }

    fn names(list: &List) -> String {
        list.all().iter().map(|host| host.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn its_machines_come_change_and_go_and_no_others_do() {
        let (one, other) = (SourceId::new(), SourceId::new());
        let mut list = List::default();
        list.put(Host::demo("own"));
        list.take_over(one, &listed("a b c"), 1).unwrap();
        list.take_over(other, &listed("a"), 1).unwrap();
        assert_eq!(names(&list), "own a b c a");
        let before = list.clone();
        list.take_over(one, &listed("a b c"), 2).unwrap();
        assert_eq!(list, before, "the same once more changes nothing");
        let id = list.all()[2].id;
        list.take_over(one, &listed("c b=elsewhere d"), 3).unwrap();
        assert_eq!(names(&list), "own b c a d");
        let b = list.get(id).unwrap();
        assert_eq!(b.address.to_string(), "elsewhere");
        assert!(list.removed().is_empty(), "nothing about a was the user's");
        assert_eq!(list.sourced(), HashMap::from([(one, 3), (other, 1)]));
    }

    #[test]
    fn what_is_the_users_waits_among_the_removed_ones_until_its_machine_comes_back() {
        let source = SourceId::new();
        let mut list = List::default();
        list.take_over(source, &listed("a b"), 1).unwrap();
        let id = list.all()[0].id;
        list.get_mut(id).unwrap().favourite = true;
        list.take_over(source, &listed("b"), 7).unwrap();
        assert_eq!((names(&list).as_str(), list.removed()), ("b", vec![id]));
        assert_eq!(list.removals().next().unwrap().1, Some(7));
        list.take_over(source, &listed("a=moved b"), 8).unwrap();
        assert_eq!((names(&list).as_str(), list.removed()), ("a b", vec![]));
        let a = list.get(id).unwrap();
        assert!(a.favourite && a.address.to_string() == "moved");
    }

    #[test]
    fn machines_whose_source_is_unknown_become_the_users() {
        let source = SourceId::new();
        let mut list = List::default();
        list.take_over(source, &listed("a"), 1).unwrap();
        assert!(!list.has_orphans(&HashSet::from([source])));
        assert!(list.has_orphans(&HashSet::new()));
        list.adopt_orphans(&HashSet::new());
        assert_eq!(list.all()[0].source, None);
    }
}
