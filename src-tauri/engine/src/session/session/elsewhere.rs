//! A session that has ended goes on elsewhere: at another address, another way, or with another login.

use super::{Agreed, Inner, Services, Session};
use crate::{
    model::{Address, Jump, Target, name_for},
    session::SessionState,
};
use std::sync::Arc;

impl Session {
    pub(in crate::session) fn correct(self: &Arc<Self>, address: Address, services: &Arc<Services>) {
        let mut inner = self.inner.lock();
        let ended = matches!(*self.state.borrow(), SessionState::Ended { .. });
        if !ended || inner.target.host.is_some() || inner.is_reverse || self.player.is_some() {
            return;
        }
        let corrected = |target: &Target| Target { name: name_for(&address), address, ..target.clone() };
        self.lead_elsewhere(&mut inner, corrected, services);
    }

    /// Looks at another target from now on.
    fn lead_elsewhere(
        self: &Arc<Self>,
        inner: &mut Inner,
        elsewhere: impl FnOnce(&Target) -> Target,
        services: &Arc<Services>,
    ) {
        inner.target = elsewhere(&inner.target);
        // What was allowed to the machine at the former address.
        (inner.target.display.clipboard, inner.private) = (None, false);
        (inner.ticket, inner.typed, inner.agreed, inner.reached) = (None, None, Agreed::default(), None);
        (inner.passphrase, inner.proxy_password, inner.http_login) = (None, None, None);
        (inner.tried, inner.picture, inner.kept) = (Vec::new(), None, false);
        self.restart(inner, services);
    }

    /// Connects for once at `address` through `ssh_jump`, where it has ended: as to an address that was typed. Nothing that was typed or
    /// agreed to on the former way goes along.
    pub(in crate::session) fn try_through(
        self: &Arc<Self>,
        address: Address,
        ssh_jump: Jump,
        services: &Arc<Services>,
    ) {
        let mut inner = self.inner.lock();
        let ended = matches!(*self.state.borrow(), SessionState::Ended { .. });
        if !ended || inner.is_reverse || self.player.is_some() {
            return;
        }
        self.lead_elsewhere(&mut inner, |target| target.through_for_once(address, ssh_jump), services);
    }

    /// Connects again, and asks for an account's user name and password.
    pub(in crate::session) fn ask_for_account(self: &Arc<Self>, services: &Arc<Services>) {
        {
            let mut inner = self.inner.lock();
            (inner.typed, inner.agreed.account) = (None, true);
        }
        self.reconnect(services);
    }
}
