//! What a session knows of its machine, for the list.

use super::{Session, TypedLogin};
use crate::{
    error::Error,
    model::{Host, HostId, Identity, Level, Target},
};

/// What there is to know of a machine that is to be kept.
pub(in crate::session) struct Known<'a> {
    pub(in crate::session) target: &'a Target,
    /// It has connected to us: from a port that is another one each time.
    pub(in crate::session) called: bool,
    /// How well it was reached.
    pub(in crate::session) reached: Option<Level>,
    /// The login that was typed, and accepted.
    pub(in crate::session) login: Option<&'a TypedLogin>,
}

impl Session {
    /// What is to be kept of the machine; none where it is in the list, or just on the way there.
    pub(in crate::session) fn begin_keeping<T>(
        &self,
        keep: impl FnOnce(Known<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut inner = self.inner.lock();
        if inner.target.host.is_some() || inner.kept {
            return Ok(None);
        }
        let login = inner.typed.as_ref().filter(|typed| typed.accepted);
        let known = Known { target: &inner.target, called: inner.is_reverse, reached: inner.reached, login };
        let kept = keep(known)?;
        inner.kept = true;
        Ok(Some(kept))
    }

    /// It is in the list as `host`; none where it could not be saved.
    pub(in crate::session) fn end_keeping(&self, host: Option<&Host>) {
        let mut inner = self.inner.lock();
        inner.kept = host.is_some();
        if let Some(host) = host.filter(|_| !inner.is_reverse) {
            let (wake, least) = (inner.target.wake.take(), inner.target.least);
            inner.target = Target { wake, least, ..Target::from(host) };
        }
        // The window is told what has changed about the session.
        self.announce();
    }

    /// The key of its server, where there is one.
    pub(in crate::session) fn identity(&self) -> Option<Identity> {
        self.inner.lock().identity.clone()
    }

    pub(in crate::session) fn note_password(&self, id: HostId) {
        let mut inner = self.inner.lock();
        inner.target.has_password |= inner.target.host == Some(id);
    }
}
