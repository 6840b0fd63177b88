//! The list of hosts as a value: what `hosts.json` says, and how it changes.

use super::file::{self, LeftOut};
use crate::{
    error::StoreError,
    model::{Host, HostId, name_for, without_bidi_controls},
};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeSeq};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// The file's format. It grows with new fields, which keep their place through older versions; a change that an older
/// Portlight must not touch gets a new number.
const VERSION: u64 = 1;

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

    /// Why the entry of this name cannot be read; none where there is no such entry. Case does not matter.
    pub fn unreadable(&self, name: &str) -> Option<&str> {
        let name = name.to_lowercase();
        let is_named = |entry: &&Unreadable| {
            !entry.is_removed
                && entry.entry.value["name"].as_str().is_some_and(|found| found.trim().to_lowercase() == name)
        };
        self.unreadable.iter().find(is_named).map(|entry| entry.entry.reason.as_str())
    }

    /// How many entries cannot be read, and why the first of them cannot.
    pub(super) fn left_out(&self) -> Option<(usize, &str)> {
        self.unreadable.first().map(|first| (self.unreadable.len(), first.entry.reason.as_str()))
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

    /// Takes a host off the list; [`List::restore`] brings it back.
    pub(crate) fn remove(&mut self, id: HostId) -> Result<(), StoreError> {
        let row = self.hosts.iter().position(|host| host.id == id).ok_or(StoreError::NoSuchHost)?;
        let host = self.hosts.remove(row);
        let step_over = |position, before: &Removed| position + usize::from(before.position <= position);
        let position = self.removed.iter().fold(row, step_over);
        let index = self.removed.partition_point(|before| before.position < position);
        self.removed.insert(index, Removed { position, host });
        Ok(())
    }

    /// Brings a removed host back to its old place.
    pub(crate) fn restore(&mut self, id: HostId) -> Result<(), StoreError> {
        let index = self.removed.iter().position(|removed| removed.host.id == id).ok_or(StoreError::NoSuchHost)?;
        let Removed { position, host } = self.removed.remove(index);
        // The removed ones before it stand in no row of `hosts`.
        let row = position.saturating_sub(index).min(self.hosts.len());
        self.hosts.insert(row, host);
        Ok(())
    }

    /// The removed hosts that can still be restored, or whose password is still to be forgotten.
    pub(crate) fn removed(&self) -> Vec<HostId> {
        self.removed.iter().map(|removed| removed.host.id).collect()
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
        let mut rest = file::parse(text, VERSION)?;
        let (mut ids, mut unreadable) = (HashSet::new(), Vec::new());
        let hosts = file::entries(&mut rest, "hosts")?.ok_or("it has no hosts")?;
        let mut hosts = sift(hosts, |host: &Host| host.id, false, &mut ids, &mut unreadable);
        let removed = file::entries(&mut rest, "removed")?.unwrap_or_default();
        let mut removed = sift(removed, |removed: &Removed| removed.host.id, true, &mut ids, &mut unreadable);
        removed.sort_by_key(|removed| removed.position);
        for host in &mut hosts {
            host.name = without_bidi_controls(&host.name);
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
