//! The favourites' own order: a place for each, as a field of its own, so that what another program changes is merged.

use super::list::List;
use crate::{
    error::StoreError,
    model::{Host, HostId},
};
use std::collections::HashMap;

impl List {
    /// Puts a host among the favourites, before another one or at the end.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`]
    pub(crate) fn arrange(&mut self, id: HostId, before: Option<HostId>) -> Result<(), StoreError> {
        self.get_mut(id)?.favourite = true;
        let mut order: Vec<HostId> = favourites(&self.hosts).into_iter().map(|host| host.id).collect();
        if before == Some(id) {
            return Ok(());
        }
        order.retain(|other| *other != id);
        let place = order.iter().position(|other| Some(*other) == before).unwrap_or(order.len());
        order.insert(place, id);
        let places: HashMap<HostId, u32> = order.into_iter().zip(0..).collect();
        for host in &mut self.hosts {
            host.favourite_place = places.get(&host.id).copied();
        }
        Ok(())
    }

    /// Takes a host out of the favourites.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`]
    pub(crate) fn leave_favourites(&mut self, id: HostId) -> Result<(), StoreError> {
        let host = self.get_mut(id)?;
        (host.favourite, host.favourite_place) = (false, None);
        Ok(())
    }
}

/// The favourites in their order.
fn favourites(hosts: &[Host]) -> Vec<&Host> {
    let mut favourites: Vec<_> = hosts.iter().filter(|host| host.favourite).collect();
    favourites.sort_by_key(|host| host.favourite_order());
    favourites
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> List {
        let mut list = List::default();
        for name in names {
            let mut host = Host::demo(name);
            host.favourite = true;
            list.put(host);
        }
        list
    }

    fn order(list: &List) -> String {
        favourites(list.all()).iter().map(|host| host.name.as_str()).collect()
    }

    fn id(list: &List, name: &str) -> HostId {
        list.all().iter().find(|host| host.name == name).unwrap().id
    }

    #[test]
    fn favourites_are_where_the_user_puts_them() {
        let mut list = list(&["c", "a", "b"]);
        assert_eq!(order(&list), "abc");
        let [a, b, c] = ["a", "b", "c"].map(|name| id(&list, name));
        list.arrange(c, Some(b)).unwrap();
        assert_eq!(order(&list), "acb");
        list.arrange(a, None).unwrap();
        assert_eq!(order(&list), "cba");
        list.arrange(b, Some(b)).unwrap();
        assert_eq!(order(&list), "cba");
        list.put(Host::demo("d"));
        let d = id(&list, "d");
        list.arrange(d, Some(a)).unwrap();
        assert_eq!(order(&list), "cbda");
        list.leave_favourites(b).unwrap();
        assert_eq!(order(&list), "cda");
        assert_eq!(list.get(b).unwrap().favourite_place, None);
        assert_eq!(list.arrange(HostId::new(), None), Err(StoreError::NoSuchHost));
    }
}
