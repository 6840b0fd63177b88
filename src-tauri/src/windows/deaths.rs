//! How often a page has stopped working, and whether it is loaded once more: a page that stops at once must not be loaded
//! for ever.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// So often within [`WINDOW`] a page is loaded again.
const RELOADS: usize = 3;
/// What is longer ago says nothing about the next time.
const WINDOW: Duration = Duration::from_secs(60);

/// The deaths of one page. Knows no clock.
#[derive(Debug, Default)]
pub struct Deaths(Vec<Instant>);

impl Deaths {
    /// Counts one; says whether the page is loaded again.
    pub fn count(&mut self, now: Instant) -> bool {
        self.0.push(now);
        !self.are_too_many(now)
    }

    /// Whether the page has stopped more often than it is loaded again.
    pub fn are_too_many(&mut self, now: Instant) -> bool {
        self.0.retain(|&death| now.saturating_duration_since(death) < WINDOW);
        self.0.len() > RELOADS
    }
}

/// Of each window whose page has stopped, by label.
#[derive(Default)]
pub struct Stopped(Mutex<HashMap<String, Page>>);

#[derive(Default)]
struct Page {
    deaths: Deaths,
    given_up: bool,
}

impl Stopped {
    /// Counts a death of this window's page; says whether the page is loaded again.
    pub fn count(&self, label: &str) -> bool {
        let mut pages = self.lock();
        let page = pages.entry(label.to_owned()).or_default();
        page.given_up = !page.deaths.count(Instant::now());
        !page.given_up
    }

    /// Whether this window has no page, as it stopped too often.
    pub fn is_given_up(&self, label: &str) -> bool {
        self.lock().get(label).is_some_and(|page| page.given_up)
    }

    /// The user asks for the window once more: says whether its page had been given up, and is to be loaded.
    pub fn take_given_up(&self, label: &str) -> bool {
        self.lock().get_mut(label).is_some_and(|page| std::mem::take(&mut page.given_up))
    }

    /// The window is gone.
    pub fn forget(&self, label: &str) {
        self.lock().remove(label);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Page>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_stops_at_once_is_loaded_three_times_and_one_that_stops_now_and_then_always() {
        let (mut at_once, mut now_and_then, start) = (Deaths::default(), Deaths::default(), Instant::now());
        assert_eq!(
            [0, 1, 2, 3, 4].map(|s| at_once.count(start + Duration::from_secs(s))),
            [true, true, true, false, false]
        );
        assert!(at_once.are_too_many(start + Duration::from_secs(59)));
        assert!(!at_once.are_too_many(start + Duration::from_secs(62)), "after a while it may try again");
        assert!((0..100).all(|n| now_and_then.count(start + n * WINDOW / 3)));
    }

    #[test]
    fn a_page_that_was_given_up_is_loaded_once_more_where_the_user_asks() {
        let stopped = Stopped::default();
        assert_eq!([(); 4].map(|()| stopped.count("hosts")), [true, true, true, false]);
        assert!(stopped.is_given_up("hosts") && !stopped.is_given_up("viewer-1"));
        assert_eq!([(); 2].map(|()| stopped.take_given_up("hosts")), [true, false]);
        assert!(!stopped.count("hosts"), "it stopped once more");
        stopped.forget("hosts");
        assert!(!stopped.is_given_up("hosts"));
    }
}
