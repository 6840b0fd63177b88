//! Earlier versions of the list: the last ten, each a file as it was, in a folder beside it.

use super::{clock::now, file, list::List};
use crate::{
    error::StoreError,
    model::{Host, HostId},
    platform,
};
use serde::Serialize;
use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

/// How many are kept.
const KEPT: usize = 10;
/// Small changes that follow each other within an hour, in seconds, share the version before the first of them.
const SMALL_CHANGES: u64 = 3600;
/// Names of machines that are told of one version and one kind of difference.
const NAMES: usize = 100;
const FOLDER: &str = "versions";

/// The folder with the earlier versions.
#[derive(Debug, Clone)]
pub(crate) struct Versions {
    folder: PathBuf,
}

/// An earlier version, read.
#[derive(Debug)]
pub(crate) struct Version {
    /// When it was replaced, in seconds since 1970. No two have the same.
    pub(crate) replaced_at: u64,
    pub(crate) list: List,
}

/// An earlier version as shown: what going back to it would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct VersionView {
    /// Until when the list was like this, in seconds since 1970. Its name.
    #[cfg_attr(test, ts(type = "number"))]
    pub replaced_at: u64,
    /// How many machines it has.
    #[cfg_attr(test, ts(type = "number"))]
    pub count: usize,
    /// Machines that would come back.
    pub back: Names,
    /// Machines that would be removed.
    pub gone: Names,
    /// Machines that would be changed.
    pub changed: Names,
}

/// Some machines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Names {
    /// How many there are.
    #[cfg_attr(test, ts(type = "number"))]
    pub count: usize,
    /// What the first of them are called.
    pub first: Vec<String>,
}

impl Names {
    fn add(&mut self, name: &str) {
        self.count += 1;
        if self.first.len() < NAMES {
            self.first.push(name.to_owned());
        }
    }
}

impl Versions {
    /// Those of the list in `folder`.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.join(FOLDER) }
    }

    /// Keeps `text`, which is the list `before` and about to become `after`, where somebody may want it back. More than ten
    /// are not kept: the oldest goes.
    pub(super) fn keep(&self, text: &[u8], before: &List, after: &List, is_foreign: bool) -> io::Result<()> {
        // What would come back is what goes now.
        let differences = Differences::between(after, before);
        if differences.is_empty() {
            return Ok(());
        }
        let (kept, now) = (self.times()?, now());
        let last = kept.last().copied();
        if !differences.are_worth_it(is_foreign, last.map(|last| now.saturating_sub(last))) {
            return Ok(());
        }
        if let Some(last) = last
            && fs::read(self.path(last)).is_ok_and(|same| same == text)
        {
            return Ok(());
        }
        platform::create_private_folder(&self.folder)?;
        // Two within a second, or a clock that was set back.
        let time = last.map_or(now, |last| now.max(last + 1));
        file::write_whole(&self.path(time), text)?;
        for old in kept.iter().take((kept.len() + 1).saturating_sub(KEPT)) {
            fs::remove_file(self.path(*old))?;
        }
        Ok(())
    }

    /// All that can be read, the newest first.
    pub(crate) fn all(&self) -> Vec<Version> {
        let times = self.times().unwrap_or_default();
        times.into_iter().rev().filter_map(|time| self.read(time).ok()).collect()
    }

    /// The one that was replaced then.
    ///
    /// # Errors
    /// [`StoreError::NoSuchVersion`]
    pub(crate) fn read(&self, replaced_at: u64) -> Result<Version, StoreError> {
        let no_such = |detail| StoreError::NoSuchVersion { detail };
        let text = file::read(&self.path(replaced_at)).map_err(|cause| no_such(cause.to_string()))?;
        let list = List::parse(&text.ok_or_else(|| no_such(String::new()))?).map_err(no_such)?;
        Ok(Version { replaced_at, list })
    }

    fn path(&self, time: u64) -> PathBuf {
        self.folder.join(format!("{time}.json"))
    }

    /// When the versions were replaced, oldest first.
    fn times(&self) -> io::Result<Vec<u64>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(cause),
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut times: Vec<u64> = names.filter_map(|name| name.strip_suffix(".json")?.parse().ok()).collect();
        times.sort_unstable();
        Ok(times)
    }
}

/// What going from a list to an earlier one would change.
struct Differences<'a> {
    back: Vec<&'a Host>,
    gone: Vec<&'a Host>,
    changed: Vec<&'a Host>,
}

impl<'a> Differences<'a> {
    fn between(now: &'a List, earlier: &'a List) -> Self {
        let mut left: HashMap<HostId, &Host> = now.all().iter().map(|host| (host.id, host)).collect();
        let (mut back, mut changed) = (Vec::new(), Vec::new());
        for host in earlier.all() {
            match left.remove(&host.id) {
                None => back.push(host),
                // Most are the same, and need no copy to be compared.
                Some(now) if now != host && *now != as_it_was(host, now) => changed.push(host),
                Some(_) => {}
            }
        }
        let gone = now.all().iter().filter(|host| left.contains_key(&host.id)).collect();
        Self { back, gone, changed }
    }

    /// Also where all that differs was noted by Portlight itself.
    fn is_empty(&self) -> bool {
        self.back.is_empty() && self.gone.is_empty() && self.changed.is_empty()
    }

    /// Whether somebody may want the earlier one back: always where another program has changed it or machines have gone, else
    /// once an hour.
    fn are_worth_it(&self, is_foreign: bool, age: Option<u64>) -> bool {
        is_foreign || !self.back.is_empty() || self.gone.len() > 1 || age.is_none_or(|age| age > SMALL_CHANGES)
    }
}

/// An earlier state of a host that is there; what Portlight notes by itself, and what it was agreed to, stays as it is now.
fn as_it_was(earlier: &Host, now: &Host) -> Host {
    let mut host = earlier.with_learned_of(now);
    if !host.is_same_server(now) {
        (host.protection, host.clear_text) = (earlier.protection, earlier.clear_text);
        // They were saved for where it leads now.
        (host.has_password, host.has_http_auth) = (false, false);
    }
    host
}

impl Version {
    /// What going back to it would change in the list of now.
    pub(crate) fn view(&self, now: &List) -> VersionView {
        let Differences { back, gone, changed } = Differences::between(now, &self.list);
        let names = |hosts: Vec<&Host>| {
            let mut names = Names::default();
            hosts.iter().for_each(|host| names.add(&host.name));
            names
        };
        VersionView {
            replaced_at: self.replaced_at,
            count: self.list.all().len(),
            back: names(back),
            gone: names(gone),
            changed: names(changed),
        }
    }
}

impl List {
    /// Makes the machines what they were in an earlier version. Those that it does not have are removed, those that are gone
    /// come back without logins, as do those among `too_late`, and what nothing can read stays as it is. Returns hosts that lead elsewhere than the logins that
    /// the keyring has for them.
    pub(crate) fn go_back(&mut self, earlier: &Self, too_late: &HashSet<HostId>) -> Vec<HostId> {
        too_late.iter().for_each(|id| self.take_removed(*id));
        let Differences { back, gone, changed } = Differences::between(self, earlier);
        let gone: Vec<_> = gone.iter().map(|host| host.id).collect();
        let removed: HashMap<_, _> = self.removals().map(|(host, _)| (host.id, host.clone())).collect();
        let now: HashMap<_, _> = self.all().iter().map(|host| (host.id, host.clone())).collect();
        let mut strays = Vec::new();
        let mut became = |earlier: &Host, now: &Host| {
            let host = as_it_was(earlier, now);
            if !host.is_same_server(now) && (now.has_password || now.has_http_auth) {
                strays.push(host.id);
            }
            host
        };
        let changed: Vec<_> = changed.iter().map(|host| became(host, &now[&host.id])).collect();
        let (restored, new): (Vec<_>, Vec<_>) = back.into_iter().partition(|host| removed.contains_key(&host.id));
        let restored: Vec<_> = restored.into_iter().map(|host| became(host, &removed[&host.id])).collect();
        let new: Vec<_> = new.into_iter().map(Host::without_secrets).collect();
        let ids: Vec<_> = restored.iter().map(|host| host.id).collect();
        // Both are known to be there; an empty one is an error.
        let _ = self.restore(&ids);
        let _ = self.remove(&gone);
        restored.into_iter().chain(changed).for_each(|host| self.put(host));
        self.append(new);
        strays
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    fn list(names: &str) -> List {
        let mut list = List::default();
        let host = |name: char| Host::new(name.to_string(), name.to_string().parse().unwrap());
        list.append(names.chars().map(host).collect());
        list
    }

    fn names(list: &List) -> String {
        list.all().iter().map(|host| host.name.as_str()).collect()
    }

    fn is_worth_it(before: &List, after: &List, is_foreign: bool, age: Option<u64>) -> bool {
        let differences = Differences::between(after, before);
        !differences.is_empty() && differences.are_worth_it(is_foreign, age)
    }

    #[test]
    fn what_somebody_may_want_back_is_kept() {
        let before = list("abc");
        let changed = |change: fn(&mut Host)| {
            let mut after = before.clone();
            change(&mut after.hosts[0]);
            after
        };
        let without = |names: &str| {
            let mut after = before.clone();
            let gone: Vec<_> =
                before.all().iter().filter(|host| names.contains(&host.name)).map(|host| host.id).collect();
            after.remove(&gone).unwrap();
            after
        };
        let renamed = changed(|host| host.name = "A".into());
        let opened = changed(|host| (host.last_opened, host.times_opened) = (Some(1), 1));
        for (after, is_foreign, age, is_kept) in [
            (&renamed, false, None, true),
            (&renamed, false, Some(SMALL_CHANGES + 1), true),
            (&renamed, false, Some(60), false),
            (&renamed, true, Some(60), true),
            (&without("a"), false, Some(0), true),
            (&opened, true, None, false),
            (&before, true, None, false),
        ] {
            assert_eq!(is_worth_it(&before, after, is_foreign, age), is_kept, "{is_foreign} {age:?}");
        }
        // Going the other way, one machine is added, or two are.
        assert!(!is_worth_it(&without("a"), &before, false, Some(0)));
        assert!(is_worth_it(&without("ab"), &before, false, Some(0)));
    }

    #[test]
    fn the_last_ten_are_kept_each_once() {
        let folder = tempdir().unwrap();
        let versions = Versions::in_folder(folder.path());
        let mut before = list("a");
        for number in 0..14 {
            let mut after = before.clone();
            after.hosts[0].name = number.to_string();
            let text = before.print().unwrap();
            versions.keep(&text, &before, &after, true).unwrap();
            versions.keep(&text, &before, &after, true).unwrap();
            before = after;
        }
        let kept: Vec<_> = versions.all().iter().map(|version| names(&version.list)).collect();
        assert_eq!(kept, ["12", "11", "10", "9", "8", "7", "6", "5", "4", "3"]);
        fs::write(folder.path().join(FOLDER).join("7.json"), "{").unwrap();
        assert_eq!(versions.all().len(), 10, "one that cannot be read is none");
        assert!(matches!(versions.read(7), Err(StoreError::NoSuchVersion { detail }) if !detail.is_empty()));
        assert!(matches!(versions.read(8), Err(StoreError::NoSuchVersion { .. })));
    }

    #[test]
    fn going_back_removes_puts_back_and_changes_and_loses_nothing() {
        let mut now = list("abcde");
        let ids: Vec<_> = now.all().iter().map(|host| host.id).collect();
        for host in &mut now.hosts {
            host.has_password = true;
        }
        let earlier = now.clone();
        now.hosts[0].name = "A".into();
        now.hosts[0].last_opened = Some(7);
        now.hosts[1].address = "elsewhere".parse().unwrap();
        now.remove(&[ids[2]]).unwrap();
        now.take(&[ids[3]]);
        now.put(Host::demo("new"));
        let new = now.all().last().unwrap().id;
        let version = Version { replaced_at: 1, list: earlier };
        let view = version.view(&now);
        let told = [&view.back, &view.gone, &view.changed].map(|names| (names.count, names.first.concat()));
        assert_eq!(told, [(2, "cd".into()), (1, "new".into()), (2, "ab".into())]);
        assert_eq!(view.count, 5);

        let strays = now.go_back(&version.list, &HashSet::new());
        assert_eq!((names(&now), now.removed()), ("abced".into(), vec![new]));
        assert_eq!(strays, [ids[1]], "its password was saved for where it led to");
        let has_password: Vec<_> = now.all().iter().map(|host| host.has_password).collect();
        assert_eq!(has_password, [true, false, true, true, false]);
        assert_eq!(now.get(ids[0]).unwrap().last_opened, Some(7));
        let view = version.view(&now);
        assert_eq!(view.back.count + view.gone.count + view.changed.count, 0);
    }
}
