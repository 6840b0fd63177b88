//! What was open when Portlight ended, as machines to be opened again.

use crate::{
    model::Target,
    services::Hosts,
    store::{LeftOpen, WasOpen},
};
use serde::Serialize;

/// A machine whose window was open when Portlight ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LeftMachine {
    /// Its name, or the address that was typed.
    pub name: String,
    /// Where it is.
    pub address: String,
}

impl Hosts {
    /// The machines that were left open, in the order in which they were opened. Those that the list no longer has are left out.
    pub fn left_open(&self, left: &LeftOpen) -> Vec<LeftMachine> {
        let machine = |target: Target| LeftMachine { address: target.address.to_string(), name: target.name };
        self.targets_of(left.left()).into_iter().map(machine).collect()
    }

    /// What [`Hosts::left_open`] has told, to be opened now: those at these places. The others are forgotten.
    pub fn reopened(&self, left: &LeftOpen, places: &[usize]) -> Vec<Target> {
        let targets = self.targets_of(left.take_left()).into_iter().enumerate();
        targets.filter(|(place, _)| places.contains(place)).map(|(_, target)| target).collect()
    }

    fn targets_of(&self, left: Vec<WasOpen>) -> Vec<Target> {
        let target = |was| match was {
            WasOpen::Host(host) => self.target_of(host).ok(),
            WasOpen::Address { address, view_only } => self.target(&address, view_only).ok(),
        };
        left.into_iter().filter_map(target).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        keyring::Keyring,
        model::Host,
        store::{HostList, HostsFile, LoginsFile},
    };
    use std::sync::Arc;

    #[tokio::test]
    async fn machines_that_are_gone_are_not_offered_and_places_are_those_that_were_told() {
        let folder = tempfile::tempdir().unwrap();
        let list = Arc::new(HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap());
        let logins = Arc::new(LoginsFile::open(folder.path()));
        let hosts = Hosts::new(Arc::clone(&list), Keyring::in_memory(), logins);
        let [gone, there] = ["Gone", "There"].map(Host::demo);
        list.put(there.clone()).await.unwrap();
        let left = LeftOpen::open(folder.path());
        let typed = WasOpen::Address { address: "box:5901".into(), view_only: true };
        left.note(vec![WasOpen::Host(gone.id), WasOpen::Host(there.id), typed]).unwrap();
        let left = LeftOpen::open(folder.path());
        let names: Vec<_> = hosts.left_open(&left).into_iter().map(|machine| machine.name).collect();
        assert_eq!(names, ["There", "box:5901"]);
        let targets = hosts.reopened(&left, &[1]);
        let seen: Vec<_> = targets.iter().map(|target| (target.address.to_string(), target.view_only)).collect();
        assert_eq!(seen, [("box:5901".to_owned(), true)]);
        assert_eq!(hosts.left_open(&left), []);
    }
}
