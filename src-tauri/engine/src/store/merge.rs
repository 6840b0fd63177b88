//! Two changes of one list: Portlight's, and another program's in the file meanwhile.

use super::list::{List, Removed};
use crate::model::{Host, HostId};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// A list with both changes, and whether they contradict each other somewhere: there it has Portlight's.
///
/// `base` is what both began with, `theirs` what the file says now, `ours` what Portlight is about to write. Hosts are
/// told apart by id and merged field by field; one that was changed here and taken out there stays.
pub(super) fn merge(base: &List, theirs: List, ours: &List) -> (List, bool) {
    let mut conflict = false;
    let mut merged = List { unreadable: theirs.unreadable.clone(), ..List::default() };
    let known = ours;
    let entries = [base, &theirs, ours].map(entries);
    for id in ids(&theirs, ours) {
        let [base, theirs, ours] = entries.each_ref().map(|entries| entries.get(&id).copied());
        let Some(place) = place(base, theirs, ours) else { continue };
        let Some(host) = content(base, theirs, ours, &mut conflict) else { continue };
        match place {
            Place::Listed(_) if matches!(theirs, Some((Place::Listed(_), _))) => merged.hosts.push(host),
            // One that only we have listed goes behind the one that it stands behind with us.
            Place::Listed(row) => {
                let before = known.hosts.iter().take(row).rev();
                let mut rows = before.filter_map(|before| merged.hosts.iter().position(|host| host.id == before.id));
                let row = rows.next().map_or(0, |row| row + 1);
                merged.hosts.insert(row, host);
            }
            Place::Removed(position) => merged.removed.push(Removed { position, host }),
        }
    }
    merged.removed.sort_by_key(|removed| removed.position);
    merged.rest = fields(&base.rest, &theirs.rest, &ours.rest, &mut conflict);
    (merged, conflict)
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
    /// With its position.
    Removed(usize),
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
    let removed =
        list.removed.iter().map(|removed| (removed.host.id, (Place::Removed(removed.position), &removed.host)));
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

/// What the host is; none where neither has it.
fn content(
    base: Option<Entry<'_>>,
    theirs: Option<Entry<'_>>,
    ours: Option<Entry<'_>>,
    conflict: &mut bool,
) -> Option<Host> {
    let [base, theirs, ours] = [base, theirs, ours].map(|entry| entry.map(|(_, host)| host));
    let (Some(their), Some(our)) = (theirs, ours) else { return theirs.or(ours).cloned() };
    if their == our || base == Some(our) {
        return Some(their.clone());
    }
    match serde_json::from_value(Value::Object(fields(
        &as_fields(base),
        &as_fields(theirs),
        &as_fields(ours),
        conflict,
    ))) {
        Ok(merged) => Some(merged),
        Err(cause) => {
            tracing::warn!(%cause, "two changes of one machine do not go together");
            *conflict = true;
            Some(our.clone())
        }
    }
}

fn as_fields(host: Option<&Host>) -> Map<String, Value> {
    match host.map(serde_json::to_value) {
        Some(Ok(Value::Object(fields))) => fields,
        _ => Map::new(),
    }
}

fn fields(
    base: &Map<String, Value>,
    theirs: &Map<String, Value>,
    ours: &Map<String, Value>,
    conflict: &mut bool,
) -> Map<String, Value> {
    let mut merged = Map::new();
    for name in theirs.keys().chain(ours.keys().filter(|name| !theirs.contains_key(*name))) {
        let (before, their, our) = (base.get(name), theirs.get(name), ours.get(name));
        let value = if our == before {
            their
        } else {
            // When it was opened last, and how often, is nothing that anyone would miss.
            let is_missed = !matches!(name.as_str(), "last_opened" | "times_opened");
            *conflict |= their != before && their != our && is_missed;
            our
        };
        merged.extend(value.map(|value| (name.clone(), value.clone())));
    }
    merged
}
