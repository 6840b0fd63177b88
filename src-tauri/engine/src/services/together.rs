//! Hosts that are opened together: those that were selected, or a set, which is all that have a tag.

use super::Hosts;
use crate::{
    model::{Host, HostId, Target, is_same_tag},
    store::List,
};

/// How a set is written where a name or an address is typed, as in the search: `tag:lab`.
const SET: &str = "tag:";

/// The hosts of `list` that `text` means as a set; none where it is none: `tag:5` may be display 5 of a machine called tag.
pub fn find_set(list: &List, text: &str) -> Option<Vec<HostId>> {
    let tag = text.trim().strip_prefix(SET)?.trim().trim_matches('"');
    let has = |host: &&Host| host.tags.iter().any(|other| is_same_tag(other, tag));
    let set: Vec<_> = list.all().iter().filter(has).map(|host| host.id).collect();
    (!set.is_empty()).then_some(set)
}

impl Hosts {
    /// The hosts that `text` means as a set: see [`find_set`].
    pub fn set(&self, text: &str) -> Option<Vec<HostId>> {
        find_set(&self.list.get(), text)
    }

    /// What sessions with these hosts look at, in their order; each that can be woken up is. Those that are in the list no longer
    /// are left out.
    pub fn targets_together(&self, ids: &[HostId]) -> Vec<Target> {
        ids.iter().filter_map(|id| self.wake_target(*id).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        keyring::Keyring,
        model::{Host, HostOptions, Mac},
        services::Hosts,
        store::{HostList, HostsFile, LoginsFile},
    };
    use std::sync::Arc;

    fn host(name: &str, tags: &[&str]) -> Host {
        let tags = tags.iter().map(ToString::to_string).collect();
        Host { options: HostOptions { tags, ..HostOptions::default() }, ..Host::demo(name) }
    }

    #[tokio::test]
    async fn a_set_is_all_that_have_the_tag_and_wakes_those_that_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let list = Arc::new(HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap());
        let logins = Arc::new(LoginsFile::open(folder.path()));
        let hosts = Hosts::new(Arc::clone(&list), Keyring::in_memory(), logins);
        let mac = Some(Mac::parse("00:1a:2b:3c:4d:5e").unwrap());
        let asleep = Host { mac, ..host("Asleep", &["x", "Lab 2"]) };
        for host in [host("One", &["lab 2"]), host("Other", &["lab"]), asleep.clone()] {
            list.put(host).await.unwrap();
        }
        for text in ["tag:lab 2", " tag:\"LAB 2\" "] {
            let targets = hosts.targets_together(&hosts.set(text).unwrap());
            let seen: Vec<_> = targets.iter().map(|target| (target.name.as_str(), target.wake.is_some())).collect();
            assert_eq!(seen, [("One", false), ("Asleep", true)], "{text}");
        }
        for text in ["tag:5", "tag:", "tag:la", "lab 2", "xtag:lab"] {
            assert_eq!(hosts.set(text), None, "{text}");
        }
        let set = hosts.set("tag:lab 2").unwrap();
        hosts.remove(vec![asleep.id]).await.unwrap();
        assert_eq!(hosts.targets_together(&set).len(), 1);
    }
}
