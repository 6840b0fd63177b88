//! All that was found, within bounds.

use super::discovered::Discovered;
use std::collections::HashMap;

/// So many machines are kept: more are no help in finding one.
pub(super) const MAX_MACHINES: usize = 200;

/// Machines by the whole name of their service, which is unique in a network.
#[derive(Default)]
pub(super) struct Shelf {
    machines: HashMap<String, Discovered>,
    /// The last number that was given.
    number: u32,
    /// One was left out.
    full: bool,
}

impl Shelf {
    /// Takes what is said about a service, which `make` makes a machine of; says whether that changed anything. One that is
    /// known keeps its number.
    pub(super) fn put(&mut self, service: &str, make: impl FnOnce(u32) -> Option<Discovered>) -> bool {
        let service = service.to_lowercase();
        let known = self.machines.get(&service);
        if known.is_none() && self.machines.len() >= MAX_MACHINES {
            return !std::mem::replace(&mut self.full, true);
        }
        let number = known.map_or(self.number.wrapping_add(1), |known| known.number);
        match make(number) {
            Some(machine) if known == Some(&machine) => false,
            Some(machine) => {
                self.number = self.number.max(number);
                self.machines.insert(service, machine);
                true
            }
            None => self.machines.remove(&service).is_some(),
        }
    }

    /// The service has gone.
    pub(super) fn remove(&mut self, service: &str) -> bool {
        self.machines.remove(&service.to_lowercase()).is_some()
    }

    /// Nothing is known any more.
    pub(super) fn clear(&mut self) -> bool {
        let had = !self.machines.is_empty() || self.full;
        self.machines.clear();
        self.full = false;
        had
    }

    /// There are more than are listened to.
    pub(super) fn fill(&mut self) -> bool {
        !std::mem::replace(&mut self.full, true)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Discovered> {
        self.machines.values()
    }

    pub(super) fn is_full(&self) -> bool {
        self.full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(number: u32, name: &str) -> Discovered {
        let address = format!("192.168.{}.{}", number / 200, number % 200 + 1).parse().unwrap();
        Discovered { number, name: name.to_owned(), address, named: None }
    }

    #[test]
    fn a_machine_that_says_something_else_is_the_same_one() {
        let mut shelf = Shelf::default();
        assert!(shelf.put("Studio._rfb._tcp.local.", |number| Some(machine(number, "Studio"))));
        assert!(!shelf.put("STUDIO._rfb._tcp.local.", |number| Some(machine(number, "Studio"))), "names have no case");
        assert!(shelf.put("Studio._rfb._tcp.local.", |number| Some(machine(number, "Atelier"))));
        assert_eq!(shelf.all().collect::<Vec<_>>(), [&machine(1, "Atelier")]);
        assert!(shelf.put("studio._rfb._tcp.local.", |_| None), "it cannot be dialled any more");
        assert!(!shelf.remove("studio._rfb._tcp.local."));
        assert!(shelf.put("Studio._rfb._tcp.local.", |number| Some(machine(number, "Studio"))));
        assert_eq!(shelf.all().next().unwrap().number, 2, "a number is given once");
    }

    #[test]
    fn ten_thousand_are_two_hundred_and_a_word() {
        let mut shelf = Shelf::default();
        let changes = (0..10_000)
            .filter(|n| shelf.put(&format!("{n}._rfb._tcp.local."), |number| Some(machine(number, &n.to_string()))));
        assert_eq!(changes.count(), MAX_MACHINES + 1);
        assert_eq!((shelf.all().count(), shelf.is_full()), (MAX_MACHINES, true));
        assert!(shelf.remove("7._rfb._tcp.local."));
        assert!(shelf.put("Studio._rfb._tcp.local.", |number| Some(machine(number, "Studio"))), "there is room again");
        assert!(shelf.clear() && !shelf.is_full() && !shelf.clear());
    }
}
