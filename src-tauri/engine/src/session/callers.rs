//! What has to be left out with servers that call: which of their security types, or of those that have types within them, they do
//! better without.
//!
//! A server that is dialled is dialled again for that. One that has called cannot be: it has to call once more, and is met without at
//! once then.

use parking_lot::Mutex;
use rfb::SecurityType;
use std::collections::{HashMap, HashSet};

/// So many callers are kept in mind; more than a person lets in while Portlight runs.
const MAX_CALLERS: usize = 256;

/// Callers by their address without the port, which is another one each time. Forgotten when Portlight ends.
#[derive(Debug, Default)]
pub(crate) struct Callers(Mutex<HashMap<String, HashSet<SecurityType>>>);

impl Callers {
    /// What this caller is to be met without.
    pub(super) fn without(&self, caller: &str) -> Vec<SecurityType> {
        self.0.lock().get(caller).into_iter().flatten().copied().collect()
    }

    /// It does better without this type.
    pub(super) fn note(&self, caller: &str, better_without: SecurityType) {
        let mut callers = self.0.lock();
        if callers.len() < MAX_CALLERS || callers.contains_key(caller) {
            callers.entry(caller.to_owned()).or_default().insert(better_without);
        }
    }

    /// It may be another server by now, or one that was set up anew.
    pub(super) fn forget(&self, caller: &str) {
        self.0.lock().remove(caller);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_told_apart_and_their_number_is_bounded() {
        let callers = Callers::default();
        for number in 0..2 * MAX_CALLERS {
            callers.note(&number.to_string(), SecurityType::VeNCrypt);
        }
        assert_eq!(callers.0.lock().len(), MAX_CALLERS);
        callers.note("0", SecurityType::Tight);
        assert_eq!(callers.without("0").len(), 2);
        assert_eq!(callers.without("1"), [SecurityType::VeNCrypt]);
        callers.forget("0");
        assert!(callers.without("0").is_empty() && callers.without("900").is_empty());
    }
}
