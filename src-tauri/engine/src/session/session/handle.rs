//! What a run may see and change of its session, while it is the session's present one.

use super::{Agreed, Inner, Session, Shown, TypedLogin, saved_target};
use crate::{
    connect::StageReport,
    error::{ConnectError, Error, StoreError},
    lead::Lead,
    model::{Host, Identity, Level, LoginId, Secret, Target},
    recording::Player,
    session::{Answer, Prompt, SessionState, Stage, Subject, services::Services, state::Remember},
    transport::reverse::IncomingConnection,
};
use std::sync::Arc;
use tokio::sync::{Notify, oneshot};

/// One run of a session, from its start to its end or to the next one's start. Its copies are the same run.
#[derive(Clone)]
pub(in crate::session) struct Run {
    session: Arc<Session>,
    pub(in crate::session) services: Arc<Services>,
    generation: u64,
}

impl Run {
    pub(super) fn new(session: Arc<Session>, services: Arc<Services>, generation: u64) -> Self {
        Self { session, services, generation }
    }

    pub(in crate::session) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// The recording that is shown in place of a machine.
    pub(in crate::session) fn player(&self) -> Option<&Arc<Player>> {
        self.session.player()
    }

    /// Changes the session, unless another run has begun or it was closed.
    fn update<T>(&self, change: impl FnOnce(&Session, &mut Inner) -> T) -> Option<T> {
        let mut inner = self.session.inner.lock();
        (inner.generation == self.generation).then(|| change(&self.session, &mut inner))
    }

    pub(in crate::session) fn set(&self, state: SessionState) {
        self.update(|session, _| session.state.send_replace(state));
    }

    pub(in crate::session) fn set_stage(&self, stage: Stage) {
        self.set(SessionState::Connecting { stage });
    }

    /// What the list says now. A login that was typed for another server, and what was agreed to there, is forgotten.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`] where the saved host is gone.
    pub(in crate::session) fn snapshot(&self) -> Result<Target, Error> {
        let former = self.update(|_, inner| inner.target.clone()).ok_or_else(ConnectError::cancelled)?;
        let mut target = match former.host {
            Some(_) => saved_target(&self.services, &former).ok_or(StoreError::NoSuchHost)?,
            None => former.clone(),
        };
        (target.wake, target.least) = (former.wake, former.least);
        target.name_user(former.link_username);
        self.update(|_, inner| {
            target.view_only |= inner.force_view_only;
            // The window's own, which may be newer than the list.
            target.display = inner.target.display;
            // The list says something else than it did: the user's own choice in the window stays otherwise.
            if target.view_only != inner.target.view_only {
                self.session.input.set_view_only(target.view_only);
            }
            self.session.input.set_ask_lines(target.ask_lines);
            if !target.is_same_server(&inner.target) {
                (inner.typed, inner.passphrase, inner.agreed) = (None, None, Agreed::default());
                (inner.ticket, inner.proxy_password, inner.http_login) = (None, None, None);
            }
            inner.identity = None;
            inner.target = target.clone();
        });
        Ok(target)
    }

    /// Whether the list still has this server for `target`'s host: a login that was read from the keyring meanwhile
    /// may be for another one.
    pub(in crate::session) fn is_current(&self, target: &Target) -> bool {
        target.host.is_none() || saved_target(&self.services, target).is_some_and(|saved| saved.is_same_server(target))
    }

    /// What an unsaved target is by now, where its machine was added to the list while something was asked; else none.
    pub(in crate::session) fn kept_as(&self, target: &Target) -> Option<Target> {
        let now = self.update(|_, inner| inner.target.clone())?;
        (target.host.is_none() && now.host.is_some() && now.is_same_server(target)).then_some(now)
    }

    /// Changes the saved host, while it is still the same server; returns whether it was.
    ///
    /// # Errors
    /// [`StoreError::HostsNotSaved`].
    pub(in crate::session) async fn change_host(
        &self,
        target: &Target,
        change: impl FnOnce(&mut Host) + Send + 'static,
    ) -> Result<bool, StoreError> {
        self.services.list.note(target, change).await
    }

    /// The same for what is only noted: that it cannot be saved must not keep the user from the machine.
    pub(in crate::session) async fn note(&self, target: &Target, change: impl FnOnce(&mut Host) + Send + 'static) {
        if let Err(error) = self.change_host(target, change).await {
            tracing::warn!(%error, "not noted with the host");
        }
    }

    /// The connection of a server that connected to us; none for other sessions.
    ///
    /// # Errors
    /// [`ConnectError::CallerGone`] where it was used up.
    pub(in crate::session) fn take_incoming(
        &self,
        target: &Target,
    ) -> Result<Option<IncomingConnection>, ConnectError> {
        let taken = self.update(|_, inner| inner.is_reverse.then(|| inner.incoming.take())).flatten();
        match taken {
            None => Ok(None),
            Some(Some(incoming)) => Ok(Some(incoming)),
            Some(None) => Err(ConnectError::CallerGone { address: target.address.to_string() }),
        }
    }

    /// Gives [`Run::take_incoming`]'s connection back, not used yet.
    pub(in crate::session) fn put_incoming(&self, incoming: IncomingConnection) {
        self.update(|_, inner| inner.incoming = Some(incoming));
    }

    pub(in crate::session) fn is_reverse(&self) -> bool {
        self.update(|_, inner| inner.is_reverse).unwrap_or_default()
    }

    /// The password that is good for one login: once.
    pub(in crate::session) fn take_ticket(&self) -> Option<Secret> {
        self.update(|_, inner| inner.ticket.take()).flatten()
    }

    pub(in crate::session) fn typed(&self) -> Option<TypedLogin> {
        self.update(|_, inner| inner.typed.clone()).flatten()
    }

    pub(in crate::session) fn set_typed(&self, typed: Option<TypedLogin>) {
        self.update(|_, inner| inner.typed = typed);
    }

    /// The passphrase that was typed for the key in `file`.
    pub(in crate::session) fn passphrase_of(&self, file: &str) -> Option<Secret> {
        let known = self.update(|_, inner| inner.passphrase.clone()).flatten();
        known.filter(|(known, _)| known == file).map(|(_, passphrase)| passphrase)
    }

    /// The password that was typed for a proxy's account.
    pub(in crate::session) fn proxy_password_of(&self, account: &str) -> Option<Secret> {
        let known = self.update(|_, inner| inner.proxy_password.clone()).flatten();
        known.filter(|(known, _)| known == account).map(|(_, password)| password)
    }

    pub(in crate::session) fn set_proxy_password(&self, account: &str, password: Secret) {
        self.update(|_, inner| inner.proxy_password = Some((account.to_owned(), password)));
    }

    /// User name and password that were typed for the site in front of the machine.
    pub(in crate::session) fn http_login(&self) -> Option<(String, Secret)> {
        self.update(|_, inner| inner.http_login.clone()).flatten()
    }

    pub(in crate::session) fn set_http_login(&self, login: Option<(String, Secret)>) {
        self.update(|_, inner| inner.http_login = login);
    }

    pub(in crate::session) fn set_passphrase(&self, file: &str, passphrase: Secret) {
        self.update(|_, inner| inner.passphrase = Some((file.to_owned(), passphrase)));
    }

    /// The server let us in, with so much protection; `private`: the session cannot be read on its way.
    pub(in crate::session) fn note_reached(&self, level: Level, private: bool) {
        self.update(|_, inner| {
            (inner.reached, inner.private) = (Some(level), private);
            if let Some(typed) = &mut inner.typed {
                typed.accepted = true;
            }
        });
    }

    /// The key that the server has shown, and that was accepted.
    pub(in crate::session) fn note_identity(&self, identity: &Identity) {
        self.update(|_, inner| inner.identity = Some(identity.clone()));
    }

    /// What the server is, as far as that shows.
    pub(in crate::session) fn note_mac(&self, is_mac: bool) {
        self.update(|_, inner| (inner.is_mac, inner.nameless) = (is_mac, false));
    }

    /// A password goes to it without a user name.
    pub(in crate::session) fn note_nameless(&self) {
        self.update(|_, inner| inner.nameless = true);
    }

    /// Whether it is a Mac with logins for its accounts.
    pub(in crate::session) fn is_mac(&self) -> bool {
        self.update(|_, inner| inner.is_mac).unwrap_or_default()
    }

    /// The same, where it was sent a password and no user name is known.
    pub(in crate::session) fn lacks_account(&self) -> bool {
        self.update(|_, inner| {
            let typed = inner.typed.as_ref().and_then(|typed| typed.username.as_ref());
            inner.is_mac && inner.nameless && typed.unwrap_or(&inner.target.username).is_empty()
        })
        .unwrap_or_default()
    }

    /// Whether its machine was dialled, is in no list, and can be added to ours.
    pub(in crate::session) fn can_keep(&self) -> bool {
        self.update(|_, inner| inner.target.host.is_none() && !inner.kept && !inner.is_reverse).unwrap_or_default()
    }

    /// Where the failure leads, once that is known.
    pub(in crate::session) fn set_lead(&self, lead: Lead) {
        self.update(|session, inner| {
            inner.lead = Some(lead);
            session.announce();
        });
    }

    /// What was done in an attempt that is over.
    pub(in crate::session) fn note_tried(&self, stages: &[StageReport]) {
        self.update(|_, inner| inner.tried = stages.to_vec());
    }

    /// The typed login, if it is still to be remembered. It is asked for once.
    pub(in crate::session) fn take_login_to_remember(&self) -> Option<(TypedLogin, Remember)> {
        let take = |inner: &mut Inner| {
            let typed = inner.typed.as_mut()?;
            let remember = std::mem::take(&mut typed.remember);
            (remember != Remember::No).then(|| (typed.clone(), remember))
        };
        self.update(|_, inner| take(inner)).flatten()
    }

    /// The named login that the machine is to use from now on. It is given once.
    pub(in crate::session) fn take_login_to_give(&self) -> Option<LoginId> {
        self.update(|_, inner| inner.typed.as_mut().and_then(|typed| typed.named.take())).flatten()
    }

    pub(in crate::session) fn agreed(&self) -> Agreed {
        self.update(|_, inner| inner.agreed).unwrap_or_default()
    }

    pub(in crate::session) fn agree(&self, agree: impl FnOnce(&mut Agreed)) {
        self.update(|_, inner| agree(&mut inner.agreed));
    }

    /// Asks the person at the window and waits, as long as it takes, for the answer to this prompt. Dropped before, the
    /// prompt is withdrawn. Afterwards the session shows `stage` again.
    pub(in crate::session) async fn ask(&self, subject: Subject, prompt: Prompt, stage: Stage) -> Option<Answer> {
        let (answer, answered) = oneshot::channel();
        let number = self.update(|session, inner| {
            inner.prompts += 1;
            let number = inner.prompts;
            inner.shown = Some(Shown { number, prompt: prompt.clone(), answer });
            session.state.send_replace(SessionState::Asking { number, subject, prompt });
            number
        })?;
        let _withdraw = Withdraw { run: self, number, stage };
        answered.await.ok()
    }

    /// Says something else in the prompt that is shown. It keeps its number, so that what is typed stays.
    pub(in crate::session) fn amend(&self, change: impl FnOnce(&mut Prompt)) {
        self.update(|session, inner| {
            let Some(shown) = &mut inner.shown else { return };
            change(&mut shown.prompt);
            session.state.send_modify(|state| {
                if let SessionState::Asking { prompt, .. } = state {
                    prompt.clone_from(&shown.prompt);
                }
            });
        });
    }

    /// Waits until the page is there.
    pub(in crate::session) async fn page_is_there(&self) {
        // The sender lives in the session, so waiting cannot fail.
        let _ = self.session.attached.subscribe().wait_for(Option::is_some).await;
    }

    /// Is notified when the wait before the next attempt is to end.
    pub(in crate::session) fn retry_now(&self) -> &Notify {
        &self.session.retry_now
    }
}

/// Takes a prompt away when it was answered, or is no longer needed.
struct Withdraw<'a> {
    run: &'a Run,
    number: u64,
    stage: Stage,
}

impl Drop for Withdraw<'_> {
    fn drop(&mut self) {
        self.run.update(|session, inner| {
            if inner.prompts == self.number {
                inner.shown = None;
                session.state.send_replace(SessionState::Connecting { stage: self.stage });
            }
        });
    }
}

#[cfg(test)]
impl Run {
    /// A run that nothing drives, so that a test can.
    pub(in crate::session) fn idle(target: Target, services: Arc<Services>) -> Self {
        use crate::{
            model::SessionId,
            recording::{Recorder, Unfinished},
        };
        let recorder = Recorder::new(Arc::new(|| ()), Unfinished::default());
        let never = |_| -> futures_util::future::BoxFuture<'static, ()> { Box::pin(std::future::ready(())) };
        Self::new(Arc::new(Session::new(SessionId(1), target, None, &services, recorder, never)), services, 0)
    }
}
