//! Two changes of one list: Portlight's, and another program's in the file meanwhile.

use super::list::{List, Removed};
use crate::{
    error::{FieldConflict, HostConflict},
    model::{Host, HostId},
};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// Where two changes of one list contradict each other.
#[derive(Debug, Default)]
pub(super) struct Contradictions {
    /// The machines' names, and those of what only a newer Portlight knows.
    pub(super) names: Vec<String>,
    /// The machines' fields.
    pub(super) hosts: Vec<HostConflict>,
}

/// A list with both changes, and where they contradict each other: there it has Portlight's.
///
/// `base` is what both began with, `theirs` what the file says now, `ours` what Portlight is about to write. Hosts are
/// told apart by id and merged field by field; one that was changed here and taken out there stays.
pub(super) fn merge(base: &List, theirs: List, ours: &List) -> (List, Contradictions) {
    let mut conflicts = Contradictions::default();
    let mut merged = List { unreadable: theirs.unreadable.clone(), ..List::default() };
    let known = ours;
    let entries = [base, &theirs, ours].map(entries);
    for id in ids(&theirs, ours) {
        let [base, theirs, ours] = entries.each_ref().map(|entries| entries.get(&id).copied());
        let Some(place) = place(base, theirs, ours) else { continue };
        let Some((host, contradicting)) = content(base, theirs, ours) else { continue };
        if let Some(fields) = contradicting {
            conflicts.names.push(host.name.clone());
            conflicts.hosts.push(HostConflict { host: id, fields });
        }
        match place {
            Place::Listed(_) if matches!(theirs, Some((Place::Listed(_), _))) => merged.hosts.push(host),
            // One that only we have listed goes behind the one that it stands behind with us.
            Place::Listed(row) => {
                let before = known.hosts.iter().take(row).rev();
                let mut rows = before.filter_map(|before| merged.hosts.iter().position(|host| host.id == before.id));
                let row = rows.next().map_or(0, |row| row + 1);
                merged.hosts.insert(row, host);
            }
            Place::Removed { position, removed_at } => merged.removed.push(Removed { position, removed_at, host }),
        }
    }
    merged.removed.sort_by_key(|removed| removed.position);
    // What only a newer Portlight knows has no machine's name.
    let (rest, contradicting) = fields(&base.rest, &theirs.rest, &ours.rest, Wins::Ours);
    merged.rest = rest;
    conflicts.names.extend(contradicting);
    (merged, conflicts)
}

/// All hosts of both lists: theirs in their order, then those that only we have.
fn ids(theirs: &List, ours: &List) -> Vec<HostId> {
    let of = |list: &List| {
        let removed = list.removed.iter().map(|removed| removed.host.id);
        list.hosts.iter().map(|host| host.id).chain(removed).collect::<Vec<_>>()
    };
    let mut ids = of(theirs);
    let known: HashSet<HostId> = ids.iter().copied().collect();
    ids.extend(of(ours).into_iter().filter(|id| !known.contains(id)));
    ids
}

/// Where a list has a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Removed {
        position: usize,
        removed_at: Option<u64>,
    },
    /// With its row.
    Listed(usize),
}

impl Place {
    fn is_listed(self) -> bool {
        matches!(self, Self::Listed(_))
    }
}

/// What a list has of one host.
type Entry<'a> = (Place, &'a Host);

fn entries(list: &List) -> HashMap<HostId, Entry<'_>> {
    let listed = list.hosts.iter().enumerate().map(|(row, host)| (host.id, (Place::Listed(row), host)));
    let removed = list.removed.iter().map(|removed| {
        let &Removed { position, removed_at, ref host } = removed;
        (host.id, (Place::Removed { position, removed_at }, host))
    });
    listed.chain(removed).collect()
}

/// Where the host goes; none where it is gone.
fn place(base: Option<Entry<'_>>, theirs: Option<Entry<'_>>, ours: Option<Entry<'_>>) -> Option<Place> {
    let [base_at, their, our] = [base, theirs, ours].map(|entry| entry.map(|(place, _)| place));
    let same = |a: Option<Place>, b: Option<Place>| a.map(Place::is_listed) == b.map(Place::is_listed);
    let unchanged_here =
        same(our, base_at) && (their.is_some() || ours.map(|(_, host)| host) == base.map(|(_, host)| host));
    if unchanged_here {
        their
    } else if same(their, base_at) || our.map(Place::is_listed) >= their.map(Place::is_listed) {
        our
    } else {
        // Changed on both sides, and listed only there: nothing is lost.
        their
    }
}

/// What the host is, and in which fields the two changes contradict each other, where they do; none where neither has it.
fn content(
    base: Option<Entry<'_>>,
    theirs: Option<Entry<'_>>,
    ours: Option<Entry<'_>>,
) -> Option<(Host, Option<Vec<FieldConflict>>)> {
    let [base, theirs, ours] = [base, theirs, ours].map(|entry| entry.map(|(_, host)| host));
    let (Some(their), Some(our)) = (theirs, ours) else { return theirs.or(ours).cloned().map(|host| (host, None)) };
    if their == our || base == Some(our) {
        return Some((their.clone(), None));
    }
    let [base, theirs, ours] = [as_fields(base), as_fields(theirs), as_fields(ours)];
    let (merged, contradicting) = fields(&base, &theirs, &ours, Wins::Ours);
    let both = |field: String| {
        let [theirs, ours] = [&theirs, &ours].map(|fields| fields.get(&field).cloned().unwrap_or_default());
        FieldConflict { field, theirs, ours }
    };
    let contradicting: Vec<_> = contradicting.into_iter().map(both).collect();
    match serde_json::from_value(Value::Object(merged)) {
        Ok(merged) => Some((merged, (!contradicting.is_empty()).then_some(contradicting))),
        Err(cause) => {
            tracing::warn!(%cause, "two changes of one machine do not go together");
            Some((our.clone(), Some(contradicting)))
        }
    }
}

/// A host as the fields of its entry in the file.
pub(super) fn as_fields(host: Option<&Host>) -> Map<String, Value> {
    match host.map(serde_json::to_value) {
        Some(Ok(Value::Object(fields))) => fields,
        _ => Map::new(),
    }
}

/// Whose value a field gets that both have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wins {
    Theirs,
    Ours,
}

/// What Portlight itself learns while a machine is used, as [`Host::with_learned_of`] takes it over. It is no loss where the other
/// value.
pub(super) const LEARNED: &[&str] = &[
    "last_opened",
    "times_opened",
    "protection",
    "clear_text",
    "display",
    "has_password",
    "has_http_auth",
    "has_secure_on",
    "has_secret",
];

/// Fields with both changes, and the names of those that both have changed.
pub(super) fn fields(
    base: &Map<String, Value>,
    theirs: &Map<String, Value>,
    ours: &Map<String, Value>,
    wins: Wins,
) -> (Map<String, Value>, Vec<String>) {
    let (mut merged, mut contradicting) = (Map::new(), Vec::new());
    for name in theirs.keys().chain(ours.keys().filter(|name| !theirs.contains_key(*name))) {
        let (before, their, our) = (base.get(name), theirs.get(name), ours.get(name));
        let both = their != before && our != before && their != our;
        if both && !LEARNED.contains(&name.as_str()) {
            contradicting.push(name.clone());
        }
        let value = if our == before || (both && wins == Wins::Theirs) { their } else { our };
        merged.extend(value.map(|value| (name.clone(), value.clone())));
    }
    (merged, contradicting)
}
