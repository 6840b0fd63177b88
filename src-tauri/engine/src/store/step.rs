//! One change of the list that the user made, as a value: what it takes to undo it, field by field.

use super::{
    list::{List, Removed},
    merge::{Wins, as_fields, fields},
    named_change::NamedChange,
};
use crate::model::{Host, HostId, HttpAuth, Recipient, Secret, SecureOn, secret_account};
use serde::Serialize;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// What the user did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Added a machine.
    Added,
    /// Changed one in its form, or several together.
    Edited,
    /// Made one a favourite, or no longer.
    Favourite,
    /// Moved a favourite.
    Arranged,
    /// Added machines from other programs' lists.
    Imported,
    /// Took machines off the list.
    Removed,
    /// Added a named login.
    LoginAdded,
    /// Changed one: its name, its user name or its password.
    LoginEdited,
    /// Took one away.
    LoginRemoved,
    /// Put removed ones back.
    PutBack,
    /// Went back to an earlier version of the list.
    WentBack,
}

/// One change of the list that the user made.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) deed: Deed,
    /// The name of one of the machines.
    pub(crate) name: String,
    changes: Vec<Change>,
    pub(crate) logins: Vec<Login>,
    /// What it has done to a named login.
    pub(crate) named: Option<NamedChange>,
}

/// A login in the keyring that a step has changed.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) host: HostId,
    pub(crate) kind: LoginKind,
    /// None where there was none.
    pub(crate) before: Option<Secret>,
    pub(crate) after: Option<Secret>,
}

/// Which of a machine's secrets in the keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginKind {
    Password,
    HttpAuth,
    /// What its network card wants with the packet that wakes it.
    SecureOn,
    /// What is typed into its screen.
    Secret,
}

impl LoginKind {
    pub(crate) const ALL: [Self; 4] = [Self::Password, Self::HttpAuth, Self::SecureOn, Self::Secret];
    /// Those for the server that the machine leads to.
    pub(crate) const OF_SERVER: [Self; 3] = [Self::Password, Self::HttpAuth, Self::Secret];

    /// The name under which the keyring has it.
    pub(crate) fn account(self, host: HostId) -> String {
        match self {
            Self::Password => host.to_string(),
            Self::HttpAuth => HttpAuth::account(host),
            Self::SecureOn => SecureOn::account(host),
            Self::Secret => secret_account(host),
        }
    }

    /// For whom it is, as the list says now; none where the list does not say.
    pub(crate) fn recipient(self, host: &Host) -> Option<Recipient> {
        match self {
            Self::Password | Self::HttpAuth | Self::Secret => Some(host.recipient()),
            Self::SecureOn => host.wake().map(|wake| wake.recipient()),
        }
    }

    /// Whether the list says that there is one.
    pub(crate) fn is_there(self, host: &Host) -> bool {
        match self {
            Self::Password => host.has_password,
            Self::HttpAuth => host.has_http_auth,
            Self::SecureOn => host.has_secure_on,
            Self::Secret => host.has_secret,
        }
    }

    /// What the list says about that.
    pub(crate) fn flag(self, host: &mut Host) -> &mut bool {
        match self {
            Self::Password => &mut host.has_password,
            Self::HttpAuth => &mut host.has_http_auth,
            Self::SecureOn => &mut host.has_secure_on,
            Self::Secret => &mut host.has_secret,
        }
    }
}

/// What became of one host. Never both none.
#[derive(Debug, Clone)]
struct Change {
    id: HostId,
    name: String,
    before: Option<Entry>,
    after: Option<Entry>,
}

/// A host where a list has it.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    is_listed: bool,
    /// Among all, the removed ones included.
    position: usize,
    host: Host,
}

/// What [`Step::take_back`] has done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TakenBack {
    /// The names of machines of which not all could go back, as they are gone or were changed since.
    pub(crate) left: Vec<String>,
    /// Hosts that are on no list any more.
    pub(crate) gone: Vec<HostId>,
    /// Hosts that lead elsewhere now, with a password that is not meant for there: the list says no longer that there is one.
    pub(crate) strays: Vec<(HostId, LoginKind)>,
}

impl Step {
    /// What has become of `before`.
    pub(crate) fn between(deed: Deed, before: &List, after: &List) -> Self {
        let (old, new) = (entries(before), entries(after));
        let mut by_id: HashMap<HostId, usize> = old.iter().enumerate().map(|(at, found)| (found.host.id, at)).collect();
        let mut changes: Vec<Change> = Vec::new();
        for entry in new {
            let id = entry.host.id;
            let before = by_id.remove(&id).map(|at| &old[at]);
            let is_same = before.is_some_and(|before| before.is_listed == entry.is_listed && before.host == entry.host);
            if !is_same {
                let name = entry.host.name.clone();
                changes.push(Change { id, name, before: before.map(Found::kept), after: Some(entry.kept()) });
            }
        }
        let mut gone: Vec<usize> = by_id.into_values().collect();
        gone.sort_unstable();
        let gone = gone.into_iter().map(|at| &old[at]);
        changes.extend(gone.map(|entry| {
            let (id, name) = (entry.host.id, entry.host.name.clone());
            Change { id, name, before: Some(entry.kept()), after: None }
        }));
        let name = changes.first().map(|change| change.name.clone()).unwrap_or_default();
        Self { deed, name, changes, logins: Vec::new(), named: None }
    }

    /// A step in which only logins have changed.
    pub(crate) fn of_logins(host: &Host, logins: Vec<Login>) -> Self {
        Self { deed: Deed::Edited, name: host.name.clone(), changes: Vec::new(), logins, named: None }
    }

    /// The same with what it has done to a named login, and called by that.
    pub(crate) fn with_named(self, named: NamedChange) -> Self {
        Self { name: named.name().to_owned(), named: Some(named), ..self }
    }

    /// A step in which nothing but a named login has changed.
    pub(crate) fn of_named(deed: Deed, named: NamedChange) -> Self {
        let (name, named) = (named.name().to_owned(), Some(named));
        Self { deed, name, changes: Vec::new(), logins: Vec::new(), named }
    }

    /// Whether nothing has changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.logins.is_empty() && self.named.is_none()
    }

    /// How many machines it is about.
    pub(crate) fn count(&self) -> usize {
        self.changes.len().max(1)
    }

    /// The host, where it is about a single one.
    pub(crate) fn sole(&self) -> Option<HostId> {
        match &self.changes[..] {
            [change] => Some(change.id),
            _ => None,
        }
    }

    /// All hosts that it is about.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = HostId> {
        let logins = self.logins.iter().map(|login| login.host);
        self.changes.iter().map(|change| change.id).chain(logins)
    }

    /// Hosts that the list did not have before.
    pub(crate) fn added(&self) -> impl Iterator<Item = HostId> {
        self.changes.iter().filter(|change| change.before.is_none()).map(|change| change.id)
    }

    /// Undoes in `list` what this step has done, and nothing that was done since: what has been changed again stays so.
    /// Hosts among `kept` are removed rather than gone where this added them; those among `too_late` are gone already.
    pub(crate) fn take_back(&self, list: &mut List, kept: &HashSet<HostId>, too_late: &HashSet<HostId>) -> TakenBack {
        let mut taken = TakenBack::default();
        let listed: HashMap<_, _> = list.hosts.iter().map(|host| (host.id, host.clone())).collect();
        let removed: HashSet<_> = list.removed().into_iter().filter(|id| !too_late.contains(id)).collect();
        let (mut remove, mut restore, mut merged) = (Vec::new(), Vec::new(), Vec::new());
        for change in &self.changes {
            let id = change.id;
            let was_listed = |entry: &Option<Entry>| entry.as_ref().is_some_and(|entry| entry.is_listed);
            match (was_listed(&change.before), listed.get(&id)) {
                // It was on the list before.
                (true, Some(now)) => merged.push((change, now.clone())),
                (true, None) if removed.contains(&id) => restore.push(id),
                (true, None) if change.after.is_none() && !too_late.contains(&id) => {
                    if let Some(Entry { position, host, .. }) = &change.before {
                        // Its logins come after it.
                        let host = host.without_secrets();
                        list.insert(*position, host);
                    }
                }
                (true, None) => taken.left.push(change.name.clone()),
                // It was not.
                (false, Some(now)) => {
                    let is_untouched =
                        change.after.as_ref().is_some_and(|after| after.host.with_learned_of(now) == *now);
                    if change.before.is_none() && is_untouched && !kept.contains(&id) {
                        taken.gone.push(id);
                    } else {
                        remove.push(id);
                    }
                }
                (false, None) => {}
            }
        }
        list.take(&taken.gone);
        // Both are known to be there; an empty one is an error.
        let _ = list.remove(&remove);
        let _ = list.restore(&restore);
        for id in restore {
            let change = self.changes.iter().find(|change| change.id == id);
            if let (Some(change), Ok(now)) = (change, list.get_mut(id)) {
                let now = now.clone();
                merged.push((change, now));
            }
        }
        for (change, now) in merged {
            self.take_back_fields(change, now, list, &mut taken);
        }
        taken
    }

    fn take_back_fields(&self, change: &Change, now: Host, list: &mut List, taken: &mut TakenBack) {
        let (Some(before), Some(after)) = (&change.before, &change.after) else { return };
        let [base, theirs, ours] = [&after.host, &now, &before.host].map(|host| as_fields(Some(host)));
        let (merged, contradicting) = fields(&base, &theirs, &ours, Wins::Theirs);
        let Ok(mut merged) = serde_json::from_value::<Host>(Value::Object(merged)) else {
            taken.left.push(now.name);
            return;
        };
        if !contradicting.is_empty() {
            taken.left.push(now.name.clone());
        }
        for kind in LoginKind::ALL {
            *kind.flag(&mut merged) = kind.is_there(&now);
        }
        if !merged.is_same_server(&now) {
            // What is known about one server does not hold for another.
            let (protection, clear_text) = match merged.is_same_server(&before.host) {
                true => (before.host.protection, before.host.clear_text),
                false => (None, false),
            };
            (merged.protection, merged.clear_text) = (protection, clear_text);
            // A login that came later was meant for where it leads now.
            for kind in LoginKind::OF_SERVER {
                let is_ours = self.logins.iter().any(|login| login.host == change.id && login.kind == kind);
                if !is_ours && *kind.flag(&mut merged) && !*kind.flag(&mut after.host.clone()) {
                    *kind.flag(&mut merged) = false;
                    taken.strays.push((change.id, kind));
                }
            }
        }
        if let Ok(host) = list.get_mut(change.id) {
            *host = merged;
        }
    }
}

/// An entry of a list, by reference.
struct Found<'a> {
    is_listed: bool,
    position: usize,
    host: &'a Host,
}

impl Found<'_> {
    fn kept(&self) -> Entry {
        Entry { is_listed: self.is_listed, position: self.position, host: self.host.clone() }
    }
}

/// All hosts of a list by their position, the removed ones included.
fn entries(list: &List) -> Vec<Found<'_>> {
    let mut removed = list.removed.iter().peekable();
    let mut all = Vec::with_capacity(list.hosts.len() + list.removed.len());
    for host in &list.hosts {
        while let Some(Removed { host, .. }) = removed.next_if(|removed| removed.position <= all.len()) {
            all.push(Found { is_listed: false, position: all.len(), host });
        }
        all.push(Found { is_listed: true, position: all.len(), host });
    }
    for Removed { host, .. } in removed {
        all.push(Found { is_listed: false, position: all.len(), host });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Level, store::merge::LEARNED};

    fn list(names: &str) -> List {
        let mut list = List::default();
        list.append(names.chars().map(|name| Host::new(name.to_string(), name.to_string().parse().unwrap())).collect());
        list
    }

    fn names(list: &List) -> String {
        list.all().iter().map(|host| host.name.as_str()).collect()
    }

    fn id(list: &List, name: &str) -> HostId {
        let removed = list.removals().map(|(host, _)| host);
        list.all().iter().chain(removed).find(|host| host.name == name).unwrap().id
    }

    /// Makes the change, and returns what undoes it.
    fn step(list: &mut List, change: impl FnOnce(&mut List)) -> Step {
        let before = list.clone();
        change(list);
        Step::between(Deed::Edited, &before, list)
    }

    fn undo(step: &Step, list: &mut List) -> (TakenBack, Step) {
        let before = list.clone();
        let taken = step.take_back(list, &HashSet::new(), &HashSet::new());
        (taken, Step::between(step.deed, &before, list))
    }

    #[test]
    fn whatever_was_done_is_undone_and_done_again() {
        type Done = fn(&mut List);
        let deeds: [Done; 6] = [
            |list| list.put(Host::demo("new")),
            |list| list.get_mut(id(list, "b")).unwrap().name = "B".into(),
            |list| list.arrange(id(list, "c"), None).unwrap(),
            |list| list.remove(&[id(list, "a"), id(list, "c")]).unwrap(),
            |list| list.restore(&[id(list, "x")]).unwrap(),
            |list| {
                let hosts = [id(list, "a"), id(list, "d")];
                hosts.iter().for_each(|id| list.get_mut(*id).unwrap().tags.push("lab".into()));
            },
        ];
        for deed in deeds {
            let mut list = list("abxcd");
            list.remove(&[id(&list, "x")]).unwrap();
            let before = list.clone();
            let done = step(&mut list, deed);
            let after = list.clone();
            let (taken, again) = undo(&done, &mut list);
            assert_eq!((&list, taken.left), (&before, vec![]));
            let (taken, back) = undo(&again, &mut list);
            assert_eq!((&list, taken.left), (&after, vec![]));
            undo(&back, &mut list);
            assert_eq!(list, before);
        }
    }

    #[test]
    fn what_is_learned_is_the_same_of_a_host_and_of_its_fields_in_the_file() {
        let mut now = Host::demo("other");
        (now.has_password, now.has_http_auth, now.has_secure_on, now.clear_text) = (true, true, true, true);
        now.has_secret = true;
        (now.last_opened, now.times_opened, now.protection) = (Some(1), 1, Some(Level::Clear));
        (now.display.grab, now.notes, now.favourite) = (true, "chosen".into(), true);
        let host = Host::new("a".into(), "a".parse().unwrap());
        let [before, learned] = [&host, &host.with_learned_of(&now)].map(|host| as_fields(Some(host)));
        let mut changed: Vec<_> = learned.keys().filter(|name| before.get(*name) != learned.get(*name)).collect();
        let mut expected = LEARNED.to_vec();
        changed.sort();
        expected.sort_unstable();
        assert_eq!(changed, expected);
    }

    #[test]
    fn many_steps_are_undone_one_after_the_other() {
        let mut list = list("abc");
        let mut states = vec![list.clone()];
        let mut steps = Vec::new();
        for number in 0..20 {
            steps.push(step(&mut list, |list| match number % 4 {
                0 => list.put(Host::demo(&number.to_string())),
                1 => list.hosts[number % 3].notes = number.to_string(),
                2 => list.remove(&[list.hosts[number % 2].id]).unwrap(),
                _ => list.arrange(list.hosts[0].id, None).unwrap(),
            }));
            states.push(list.clone());
        }
        for (step, state) in steps.iter().zip(&states).rev() {
            undo(step, &mut list);
            assert_eq!(list, *state);
        }
    }

    #[test]
    fn what_was_changed_since_stays_and_is_told() {
        let mut list = list("ab");
        let (a, b) = (id(&list, "a"), id(&list, "b"));
        let done = step(&mut list, |list| {
            for id in [a, b] {
                let host = list.get_mut(id).unwrap();
                (host.username, host.notes) = ("ann".into(), "new".into());
            }
        });
        let host = list.get_mut(a).unwrap();
        (host.username, host.colour) = ("bob".into(), Some(crate::model::Colour::Red));
        let (taken, again) = undo(&done, &mut list);
        assert_eq!(taken.left, ["a"]);
        let host = list.get(a).unwrap();
        assert_eq!((host.username.as_str(), host.notes.as_str(), host.colour.is_some()), ("bob", "", true));
        assert_eq!(list.get(b).unwrap().username, "");
        assert_eq!(undo(&again, &mut list).0.left, [""; 0]);
        assert_eq!((list.get(a).unwrap().notes.as_str(), list.get(b).unwrap().username.as_str()), ("new", "ann"));
    }

    #[test]
    fn a_machine_that_somebody_has_changed_since_it_was_added_is_removed_and_not_gone() {
        let mut list = list("a");
        let done =
            step(&mut list, |list| list.append(vec![Host::demo("new"), Host::demo("other"), Host::demo("last")]));
        let [new, other, last] = ["new", "other", "last"].map(|name| id(&list, name));
        list.get_mut(new).unwrap().notes = "by another program".into();
        (list.get_mut(other).unwrap().last_opened, list.get_mut(other).unwrap().times_opened) = (Some(1), 1);
        let taken = done.take_back(&mut list, &HashSet::from([last]), &HashSet::new());
        assert_eq!((names(&list), list.removed(), taken.gone), ("a".into(), vec![new, last], vec![other]));
    }

    #[test]
    fn what_is_gone_for_good_is_told() {
        let mut list = list("abc");
        let [a, b, c] = ["a", "b", "c"].map(|name| id(&list, name));
        let done = step(&mut list, |list| list.remove(&[a, b, c]).unwrap());
        list.take_removed(a);
        let taken = done.take_back(&mut list, &HashSet::new(), &HashSet::from([b]));
        assert_eq!((taken.left, names(&list), list.removed()), (vec!["a".into(), "b".into()], "c".into(), vec![b]));
    }

    #[test]
    fn where_a_machine_leads_elsewhere_again_nothing_that_was_learned_there_goes_along() {
        let mut list = list("a");
        let a = id(&list, "a");
        list.get_mut(a).unwrap().protection = Some(Level::Identified);
        let done = step(&mut list, |list| {
            let host = list.get_mut(a).unwrap();
            (host.address, host.protection) = ("b".parse().unwrap(), None);
        });
        let host = list.get_mut(a).unwrap();
        (host.protection, host.clear_text, host.has_password) = (Some(Level::Clear), true, true);
        let (taken, _) = undo(&done, &mut list);
        let host = list.get(a).unwrap();
        assert_eq!((host.address.to_string(), host.protection), ("a".into(), Some(Level::Identified)));
        assert!(!host.clear_text && !host.has_password && taken.left.is_empty());
        assert_eq!(taken.strays, [(a, LoginKind::Password)]);
    }
}
