//! The list of hosts as a value: what `hosts.json` says, and how it changes.

use super::file::{self, LeftOut};
use crate::{
    error::StoreError,
    model::{Host, HostId, LoginId, LoginUse, NamedLogin, as_seen, name_for},
};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeSeq};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// The file's format. It grows with new fields, which keep their place through older versions; a change that an older
/// Portlight must not touch gets a new number.
const VERSION: u64 = 1;

/// How many entries that cannot be read are told by their names.
const NAMED: usize = 5;

/// The saved hosts, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct List {
    pub(super) hosts: Vec<Host>,
    /// Sorted by position.
    pub(super) removed: Vec<Removed>,
    /// Entries that cannot be read, in the file's order.
    pub(super) unreadable: Vec<Unreadable>,
    /// What a newer Portlight wrote, kept as it was.
    pub(super) rest: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Removed {
    /// Where it stands among all hosts, the removed ones included: so that no order of undoing moves the others.
    pub(super) position: usize,
    /// In seconds since 1970; none in files of before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) removed_at: Option<u64>,
    pub(super) host: Host,
}

/// An entry that stays in the file as it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unreadable {
    /// Whether it stands among the removed ones.
    is_removed: bool,
    /// The readable entry that it stands behind; none at the beginning.
    after: Option<HostId>,
    entry: LeftOut,
}

impl List {
    /// All hosts, in the order in which they were added.
    pub fn all(&self) -> &[Host] {
        &self.hosts
    }

    /// The host `id`.
    pub fn get(&self, id: HostId) -> Option<&Host> {
        self.hosts.iter().find(|host| host.id == id)
    }

    /// Which machines use which named login, and for which server. Those that were removed are among them: they may be put back.
    pub(crate) fn login_uses(&self) -> impl Iterator<Item = (HostId, LoginUse)> {
        let all = self.hosts.iter().chain(self.removals().map(|(host, _)| host));
        all.filter_map(|host| Some((host.id, host.login_use()?)))
    }

    /// How many machines use a named login.
    pub(crate) fn machines_with(&self, login: LoginId) -> usize {
        self.hosts.iter().filter(|host| host.login == Some(login)).count()
    }

    /// Why the entry of this name cannot be read; none where there is no such entry. Case does not matter.
    pub fn unreadable(&self, name: &str) -> Option<&str> {
        let name = name.to_lowercase();
        let is_named = |entry: &&Unreadable| {
            !entry.is_removed
                && entry.entry.value["name"].as_str().is_some_and(|found| found.trim().to_lowercase() == name)
        };
        self.unreadable.iter().find(is_named).map(|entry| entry.entry.reason.as_str())
    }

    /// How many entries cannot be read, what the first of those are called that say so, and why the first of them cannot.
    pub(super) fn left_out(&self) -> Option<(usize, Vec<String>, &str)> {
        let first = self.unreadable.first()?;
        let name = |entry: &Unreadable| match entry.is_removed {
            false => entry.entry.value["name"].as_str().map(as_seen),
            true => entry.entry.value["host"]["name"].as_str().map(as_seen),
        };
        let names = self.unreadable.iter().filter_map(name).take(NAMED).collect();
        Some((self.unreadable.len(), names, first.entry.reason.as_str()))
    }

    /// The host `id`, to be changed.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], here and below.
    pub(crate) fn get_mut(&mut self, id: HostId) -> Result<&mut Host, StoreError> {
        self.hosts.iter_mut().find(|host| host.id == id).ok_or(StoreError::NoSuchHost)
    }

    /// Adds a host at the end, or replaces the one with the same id.
    pub(crate) fn put(&mut self, host: Host) {
        if let Ok(existing) = self.get_mut(host.id) {
            *existing = host;
        } else {
            self.take_removed(host.id);
            self.hosts.push(host);
        }
    }

    /// Adds new hosts at the end.
    pub(crate) fn append(&mut self, hosts: Vec<Host>) {
        self.hosts.extend(hosts);
    }

    /// Takes hosts off the list for good.
    pub(crate) fn take(&mut self, ids: &[HostId]) {
        let ids: HashSet<_> = ids.iter().collect();
        let (mut position, mut taken) = (0, 0);
        let mut removed = self.removed.iter_mut().peekable();
        let mut left = Vec::with_capacity(self.hosts.len());
        for host in std::mem::take(&mut self.hosts) {
            while let Some(before) = removed.next_if(|removed| removed.position <= position) {
                before.position -= taken;
                position += 1;
            }
            position += 1;
            if ids.contains(&host.id) {
                taken += 1;
            } else {
                left.push(host);
            }
        }
        removed.for_each(|behind| behind.position = behind.position.saturating_sub(taken));
        self.hosts = left;
    }

    /// Takes hosts off the list; [`List::restore`] brings them back.
    pub(crate) fn remove(&mut self, ids: &[HostId]) -> Result<(), StoreError> {
        let mut ids: HashSet<_> = ids.iter().copied().collect();
        let known: HashSet<_> = self.hosts.iter().map(|host| host.id).collect();
        if ids.is_empty() || !ids.is_subset(&known) {
            return Err(StoreError::NoSuchHost);
        }
        let mut removed = Vec::with_capacity(self.removed.len() + ids.len());
        let mut before = std::mem::take(&mut self.removed).into_iter().peekable();
        let mut left = Vec::with_capacity(self.hosts.len() - ids.len());
        let mut position = 0;
        for host in std::mem::take(&mut self.hosts) {
            while let Some(earlier) = before.next_if(|removed| removed.position <= position) {
                removed.push(earlier);
                position += 1;
            }
            if ids.remove(&host.id) {
                removed.push(Removed { position, removed_at: None, host });
            } else {
                left.push(host);
            }
            position += 1;
        }
        removed.extend(before);
        (self.hosts, self.removed) = (left, removed);
        Ok(())
    }

    /// Brings removed hosts back to their old places.
    pub(crate) fn restore(&mut self, ids: &[HostId]) -> Result<(), StoreError> {
        let ids: HashSet<_> = ids.iter().copied().collect();
        let (restored, removed): (Vec<_>, Vec<_>) =
            self.removed.iter().cloned().partition(|removed| ids.contains(&removed.host.id));
        if ids.is_empty() || restored.len() < ids.len() {
            return Err(StoreError::NoSuchHost);
        }
        // Where each of the others stands among all.
        let mut others = std::mem::take(&mut self.hosts).into_iter();
        let (mut still_removed, mut back) = (removed.iter().peekable(), restored.into_iter().peekable());
        let mut position = 0;
        loop {
            if still_removed.next_if(|removed| removed.position <= position).is_some() {
            } else if let Some(restored) = back.next_if(|restored| restored.position <= position) {
                self.hosts.push(restored.host);
            } else if let Some(other) = others.next() {
                self.hosts.push(other);
            } else {
                break;
            }
            position += 1;
        }
        // What a hand has written may have gaps.
        self.hosts.extend(back.map(|restored| restored.host));
        self.removed = removed;
        Ok(())
    }

    /// The removed hosts that can still be restored, or whose password is still to be forgotten.
    pub(crate) fn removed(&self) -> Vec<HostId> {
        self.removed.iter().map(|removed| removed.host.id).collect()
    }

    /// The removed hosts, and when that was, in seconds since 1970; none where it is not known.
    pub(crate) fn removals(&self) -> impl Iterator<Item = (&Host, Option<u64>)> {
        self.removed.iter().map(|removed| (&removed.host, removed.removed_at))
    }

    /// Notes that what has no time yet was removed now.
    pub(crate) fn note_removals(&mut self, now: u64) {
        for removed in &mut self.removed {
            removed.removed_at.get_or_insert(now);
        }
    }

    /// No host has this login any more, the removed ones included; its user name stays with each that has none of its own.
    pub(crate) fn leave_login(&mut self, login: &NamedLogin) {
        let all = self.hosts.iter_mut().chain(self.removed.iter_mut().map(|removed| &mut removed.host));
        for host in all.filter(|host| host.login == Some(login.id)) {
            host.login = None;
            if host.username.is_empty() {
                host.username.clone_from(&login.username);
            }
        }
    }

    /// Puts a host where it stood among all, the removed ones included.
    pub(super) fn insert(&mut self, position: usize, host: Host) {
        let before = self.removed.iter().filter(|removed| removed.position < position).count();
        for behind in &mut self.removed[before..] {
            behind.position = behind.position.saturating_add(1);
        }
        let row = position.saturating_sub(before).min(self.hosts.len());
        self.hosts.insert(row, host);
    }

    /// Forgets a removed host for good; there need not be one.
    pub(crate) fn take_removed(&mut self, id: HostId) {
        let Some(index) = self.removed.iter().position(|removed| removed.host.id == id) else { return };
        self.removed.remove(index);
        for later in &mut self.removed[index..] {
            later.position = later.position.saturating_sub(1);
        }
    }

    /// The file's text.
    pub(super) fn print(&self) -> serde_json::Result<Vec<u8>> {
        #[derive(Serialize)]
        struct Printed<'a> {
            version: u64,
            hosts: Entries<'a, Host>,
            removed: Entries<'a, Removed>,
            #[serde(flatten)]
            rest: &'a Map<String, Value>,
        }
        let Self { hosts, removed, rest, unreadable } = self;
        let hosts = Entries { entries: hosts, id: |host| host.id, is_removed: false, unreadable };
        let removed = Entries { entries: removed, id: |removed| removed.host.id, is_removed: true, unreadable };
        let mut text = serde_json::to_vec_pretty(&Printed { version: VERSION, hosts, removed, rest })?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads the file's text. Entries that cannot be read are kept as they are.
    ///
    /// # Errors
    /// Why it is no list of hosts that this version can read.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        Self::of_fields(file::parse(text, VERSION)?)
    }

    /// What can be read of a list that a newer Portlight has written, and its version; none where it is of this version. It must not
    /// be written: its meaning is not known.
    pub(super) fn parse_newer(text: &[u8]) -> Option<(Self, u64)> {
        let version = file::newer_version(text, VERSION)?;
        let list = file::parse(text, version).and_then(Self::of_fields).unwrap_or_default();
        Some((list, version))
    }

    fn of_fields(mut rest: Map<String, Value>) -> Result<Self, String> {
        let (mut ids, mut unreadable) = (HashSet::new(), Vec::new());
        let hosts = file::entries(&mut rest, "hosts")?.ok_or("it has no hosts")?;
        let mut hosts = sift(hosts, |host: &Host| host.id, false, &mut ids, &mut unreadable);
        let removed = file::entries(&mut rest, "removed")?.unwrap_or_default();
        let mut removed = sift(removed, |removed: &Removed| removed.host.id, true, &mut ids, &mut unreadable);
        removed.sort_by_key(|removed| removed.position);
        for host in &mut hosts {
            host.name = as_seen(&host.name);
            if host.name.trim().is_empty() {
                host.name = name_for(&host.address);
            }
        }
        Ok(Self { hosts, removed, unreadable, rest })
    }
}

/// Parts the entries that can be read from those that cannot, and from those whose id is taken.
fn sift<T>(
    entries: Vec<Result<(T, Value), LeftOut>>,
    id: fn(&T) -> HostId,
    is_removed: bool,
    ids: &mut HashSet<HostId>,
    unreadable: &mut Vec<Unreadable>,
) -> Vec<T> {
    let mut after = None;
    let mut read = Vec::new();
    for entry in entries {
        let left_out = match entry {
            Ok((entry, _)) if ids.insert(id(&entry)) => {
                after = Some(id(&entry));
                read.push(entry);
                continue;
            }
            Ok((_, value)) => LeftOut { value, reason: "an id comes twice".to_owned() },
            Err(left_out) => left_out,
        };
        unreadable.push(Unreadable { is_removed, after, entry: left_out });
    }
    read
}

/// A list in the file: the entries, and between them those that cannot be read.
struct Entries<'a, T> {
    entries: &'a [T],
    id: fn(&T) -> HostId,
    is_removed: bool,
    unreadable: &'a [Unreadable],
}

impl<T: Serialize> Serialize for Entries<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut left: Vec<&Unreadable> =
            self.unreadable.iter().filter(|entry| entry.is_removed == self.is_removed).collect();
        let mut sequence = serializer.serialize_seq(None)?;
        let mut after = None;
        let mut entries = self.entries.iter();
        loop {
            let mut kept = Ok(());
            left.retain(|entry| {
                let is_here = entry.after == after && kept.is_ok();
                if is_here {
                    kept = sequence.serialize_element(&entry.entry.value);
                }
                !is_here
            });
            kept?;
            let Some(entry) = entries.next() else { break };
            sequence.serialize_element(entry)?;
            after = Some((self.id)(entry));
        }
        // What they stood behind is no longer there.
        left.iter().try_for_each(|entry| sequence.serialize_element(&entry.entry.value))?;
        sequence.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &List) -> String {
        list.hosts.iter().map(|host| host.name.as_str()).collect()
    }

    #[test]
    fn whatever_is_removed_together_comes_back_to_its_place_in_any_order() {
        let mut list = List::default();
        list.append("abcdefg".chars().map(|name| Host::demo(&name.to_string())).collect());
        let ids: Vec<_> = list.hosts.iter().map(|host| host.id).collect();
        let of = |names: &str| names.bytes().map(|name| ids[usize::from(name - b'a')]).collect::<Vec<_>>();
        for (first, second, back) in [("bd", "ag", "da"), ("ag", "bcdef", "gb"), ("c", "d", "cd"), ("abc", "d", "bd")] {
            let mut changed = list.clone();
            changed.remove(&of(first)).unwrap();
            changed.remove(&of(second)).unwrap();
            let gone = |name: &char| !first.contains(*name) && !second.contains(*name);
            assert_eq!(names(&changed), "abcdefg".chars().filter(gone).collect::<String>());
            changed.restore(&of(back)).unwrap();
            let shown = |name: &char| gone(name) || back.contains(*name);
            assert_eq!(names(&changed), "abcdefg".chars().filter(shown).collect::<String>(), "{first} {second} {back}");
            let left: Vec<_> = changed.removed();
            assert_eq!(changed.restore(&left).is_ok(), !left.is_empty());
            assert_eq!(changed, list);
        }
    }

    #[test]
    fn one_that_is_not_there_takes_no_other_with_it() {
        let mut list = List::default();
        list.append(vec![Host::demo("a")]);
        let (before, id) = (list.clone(), list.hosts[0].id);
        assert_eq!(list.remove(&[id, HostId::new()]), Err(StoreError::NoSuchHost));
        assert_eq!(list.remove(&[]), Err(StoreError::NoSuchHost));
        assert_eq!(list.restore(&[id]), Err(StoreError::NoSuchHost));
        assert_eq!(list, before);
    }
}
