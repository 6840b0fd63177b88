//! The user's last changes of the list: what can be undone, and what was undone and can be done again.

use super::step::{Deed, Login, Step};
use crate::model::Host;
use serde::Serialize;
use std::collections::VecDeque;

/// How many steps can be undone.
const STEPS: usize = 20;

/// The steps of one run of Portlight. They are in memory only, and the secrets among them are wiped with it.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// The newest last.
    done: VecDeque<Numbered>,
    /// The one that was undone last is last.
    undone: Vec<Numbered>,
    last: u64,
}

#[derive(Debug)]
struct Numbered {
    number: u64,
    step: Step,
}

/// Where a step is walked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Back,
    Forth,
}

/// What can be undone and done again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HistoryView {
    /// The newest step.
    pub undo: Option<StepView>,
    /// The one that was undone last.
    pub redo: Option<StepView>,
}

/// A step as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct StepView {
    /// Its name.
    #[cfg_attr(test, ts(type = "number"))]
    pub number: u64,
    /// What was done.
    pub deed: Deed,
    /// One of the machines.
    pub name: String,
    /// How many there are.
    #[cfg_attr(test, ts(type = "number"))]
    pub count: usize,
}

impl Numbered {
    fn view(&self) -> StepView {
        let Step { deed, name, .. } = &self.step;
        StepView { number: self.number, deed: *deed, name: name.clone(), count: self.step.count() }
    }
}

impl History {
    /// Adds what the user has done; what was undone before cannot be done again then. Returns its number.
    pub(crate) fn add(&mut self, step: Step) -> u64 {
        self.undone.clear();
        self.last += 1;
        self.push(Numbered { number: self.last, step });
        self.last
    }

    /// Adds logins to the step with the number, or as one of their own where nothing else was changed.
    pub(crate) fn add_logins(&mut self, step: Option<u64>, host: &Host, logins: Vec<Login>) {
        let Some(number) = step else {
            if !logins.is_empty() {
                self.add(Step::of_logins(host, logins));
            }
            return;
        };
        // One that is not there any more was undone meanwhile.
        if let Some(found) = self.done.iter_mut().find(|done| done.number == number) {
            found.step.logins.extend(logins);
        }
    }

    /// The newest step's number, where it is about this machine alone and was its form.
    pub(crate) fn newest_of(&self, host: &Host) -> Option<u64> {
        let newest = self.done.back()?;
        let is_form = matches!(newest.step.deed, Deed::Added | Deed::Edited);
        (is_form && newest.step.sole() == Some(host.id)).then_some(newest.number)
    }

    /// Takes a step out to walk it: the one with the number, or else the next one.
    pub(crate) fn take(&mut self, direction: Direction, number: Option<u64>) -> Option<Step> {
        let taken = match direction {
            Direction::Back => match number {
                Some(number) => {
                    let at = self.done.iter().position(|done| done.number == number)?;
                    self.done.remove(at)
                }
                None => self.done.pop_back(),
            },
            Direction::Forth => self.undone.pop(),
        };
        taken.map(|taken| taken.step)
    }

    /// Notes that a step was walked, with what walks it again the other way.
    pub(crate) fn walked(&mut self, direction: Direction, back: Step) {
        if back.is_empty() {
            return;
        }
        self.last += 1;
        let numbered = Numbered { number: self.last, step: back };
        match direction {
            Direction::Back => self.undone.push(numbered),
            Direction::Forth => self.push(numbered),
        }
    }

    /// Puts back what could not be walked.
    pub(crate) fn give_back(&mut self, direction: Direction, step: Step) {
        // Walked the other way it would be where it was taken from.
        let from = match direction {
            Direction::Back => Direction::Forth,
            Direction::Forth => Direction::Back,
        };
        self.walked(from, step);
    }

    /// What can be undone and done again.
    pub(crate) fn view(&self) -> HistoryView {
        HistoryView { undo: self.done.back().map(Numbered::view), redo: self.undone.last().map(Numbered::view) }
    }

    fn push(&mut self, numbered: Numbered) {
        self.done.push_back(numbered);
        if self.done.len() > STEPS {
            self.done.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::HostId, store::List};

    fn step(name: &str) -> Step {
        let mut after = List::default();
        after.put(Host::demo(name));
        Step::between(Deed::Added, &List::default(), &after)
    }

    fn names(history: &History) -> (Option<String>, Option<String>) {
        let HistoryView { undo, redo } = history.view();
        (undo.map(|step| step.name), redo.map(|step| step.name))
    }

    fn walk(history: &mut History, direction: Direction) {
        let step = history.take(direction, None).unwrap();
        history.walked(direction, step);
    }

    #[test]
    fn twenty_steps_are_walked_back_and_forth() {
        let mut history = History::default();
        (0..25).for_each(|number| _ = history.add(step(&number.to_string())));
        for number in (5..25).rev() {
            assert_eq!(names(&history).0, Some(number.to_string()));
            walk(&mut history, Direction::Back);
        }
        assert_eq!(names(&history), (None, Some("5".into())));
        assert!(history.take(Direction::Back, None).is_none());
        walk(&mut history, Direction::Forth);
        assert_eq!(names(&history), (Some("5".into()), Some("6".into())));
        history.add(step("new"));
        assert_eq!(names(&history), (Some("new".into()), None));
    }

    #[test]
    fn one_among_others_is_undone_by_its_number() {
        let mut history = History::default();
        let numbers: Vec<u64> = ["a", "b", "c"].map(|name| history.add(step(name))).to_vec();
        let taken = history.take(Direction::Back, Some(numbers[1])).unwrap();
        assert_eq!(taken.name, "b");
        history.give_back(Direction::Back, taken);
        assert_eq!(names(&history).0.as_deref(), Some("b"), "the next attempt is about it");
        assert!(history.take(Direction::Back, Some(numbers[1])).is_none(), "it has another number then");
    }

    #[test]
    fn logins_belong_to_the_step_that_they_came_with() {
        let mut history = History::default();
        let host = Host::demo("a");
        let login = || Login {
            host: host.id,
            kind: super::super::step::LoginKind::Password,
            before: None,
            after: Some("x".to_owned().into()),
        };
        let mut after = List::default();
        after.put(host.clone());
        let number = history.add(Step::between(Deed::Added, &List::default(), &after));
        history.add_logins(Some(number), &host, vec![login()]);
        assert_eq!(history.newest_of(&host), Some(number));
        assert_eq!(history.newest_of(&Host { id: HostId::new(), ..host.clone() }), None);
        history.add_logins(None, &host, vec![login()]);
        assert_eq!(history.done.iter().map(|done| done.step.logins.len()).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(history.newest_of(&host), None, "a step of logins alone takes in no others");
    }
}
