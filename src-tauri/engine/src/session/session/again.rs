//! What is asked for is open already: which session that is, and what becomes of it.

use super::{Agreed, Services, Session};
use crate::{
    model::{Level, Target},
    session::SessionState,
};
use std::sync::Arc;

impl Session {
    /// Whether it looks at the same thing as `target`: at the same saved host, or at the same address; and not with less protection
    /// than a link asks for.
    pub(in crate::session) fn looks_at(&self, target: &Target) -> bool {
        if self.past_of.is_some() {
            return false;
        }
        let inner = self.inner.lock();
        let is_same = match (inner.target.host, target.host) {
            (None, None) => !inner.is_reverse && inner.target.is_same_server(target),
            (ours, theirs) => ours == theirs,
        };
        is_same && (inner.target.least >= target.least || self.can_have(inner.reached, target.least))
    }

    /// Whether it has this much protection, or dials anew and can ask for it.
    fn can_have(&self, reached: Option<Level>, least: Option<Level>) -> bool {
        match &*self.state.borrow() {
            SessionState::Ended { .. } => true,
            SessionState::Ready { .. } | SessionState::Live => reached >= least,
            SessionState::Connecting { .. } | SessionState::Asking { .. } | SessionState::Reconnecting { .. } => false,
        }
    }

    /// Dials again: after its end, or at once where it waits for that.
    pub(in crate::session) fn reconnect(self: &Arc<Self>, services: &Arc<Services>) {
        let mut inner = self.inner.lock();
        if matches!(*self.state.borrow(), SessionState::Reconnecting { .. }) {
            return self.retry_now.notify_waiters();
        }
        // The packet was for the first time.
        inner.target.wake = None;
        self.restart(&mut inner, services);
    }

    /// Opens `target` again, which [`Session::looks_at`] has found here. A link may ask for more protection than before.
    pub(in crate::session) fn reopen(self: &Arc<Self>, target: Target, services: &Arc<Services>) {
        let mut inner = self.inner.lock();
        let (ended, waits) = match &*self.state.borrow() {
            SessionState::Ended { .. } => (true, false),
            SessionState::Reconnecting { .. } => (false, true),
            _ => (false, false),
        };
        if target.least > inner.target.least {
            // To less the user has agreed before that was asked for.
            (inner.target.least, inner.agreed) = (target.least, Agreed::default());
        }
        if ended || waits && target.wake.is_some() {
            (inner.target.wake, inner.ticket) = (target.wake, target.ticket);
            self.restart(&mut inner, services);
        } else if waits {
            self.retry_now.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        model::{Host, Level, Target},
        session::{SessionState, session::Run, tests::services},
    };
    use std::sync::Arc;

    #[tokio::test]
    async fn a_link_is_shown_nothing_that_is_protected_less_than_it_asks_for() {
        let host = Host::demo("Box");
        let (services, _folder) = services(&[&host]).await;
        let services = Arc::new(services);
        let typed = Target::unsaved("box:1".into(), "box:1".parse().unwrap(), false);
        for target in [typed, Target::from(&host)] {
            let by_link = Target { least: Some(Level::Encrypted), ..target.clone() };
            let run = Run::idle(target.clone(), Arc::clone(&services));
            let session = run.session();
            assert!(session.looks_at(&target) && !session.looks_at(&by_link), "it connects, and may come to less");
            run.note_reached(Level::Password, false);
            run.set(SessionState::Live);
            assert!(session.looks_at(&target) && !session.looks_at(&by_link));
            run.note_reached(Level::Identified, true);
            assert!(session.looks_at(&by_link), "it has more than that");

            session.close();
            assert!(session.looks_at(&by_link), "it connects anew");
            session.reopen(by_link.clone(), &services);
            assert_eq!(session.target().least, by_link.least, "as the link asks");
            assert!(session.looks_at(&target), "which is not too much for others");
        }
    }
}
