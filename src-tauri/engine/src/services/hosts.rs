//! The saved hosts with their passwords: what the window with the list can do.
//!
//! The file and the keyring change together. A password is in the keyring before the file says so, and the file stops saying
//! so before it leaves; what fails halfway is taken back. So a password without a host stays in no keyring.

mod logins;

use super::{LoginView, check_http_auth, find_target, given_logins::Given};
use crate::{
    error::{Error, FormError, KeyringError, Result, StoreError},
    keyring::Keyring,
    model::{
        Host, HostChange, HostDraft, HostId, HostView, HttpAuth, LoginUse, OnNewAddress, PasswordChange, Recipient,
        Secret, SecretsChange, Target,
    },
    store::{Deed, Hint, HistoryView, HostList, HostsFile, List, Login, LoginKind, LoginsFile, SeenHints, now},
};
use parking_lot::Mutex;
use serde::Serialize;
use std::{collections::HashSet, path::Path, sync::Arc};
use tokio::sync::watch;

/// The list as the window shows it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HostListView {
    /// In the order in which they were added.
    pub hosts: Vec<HostView>,
    /// What the user has to know about the list or the keyring.
    pub notices: Vec<Error>,
    /// What can be undone, and done again.
    pub history: HistoryView,
    /// Logins that several machines use.
    pub logins: Vec<LoginView>,
    /// How many removed hosts can be put back.
    #[cfg_attr(test, ts(type = "number"))]
    pub removed: usize,
}

/// A host that was saved.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Saved {
    /// As it is now.
    pub host: HostView,
    /// What became of its password.
    pub password: PasswordOutcome,
}

/// What became of a password when its host was saved.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum PasswordOutcome {
    /// It stayed as it was.
    Kept,
    /// It is in the keyring.
    Stored,
    /// It is no longer in the keyring.
    Forgotten,
    /// The host is saved, its password is not in the keyring.
    NotStored {
        /// Why.
        error: Error,
    },
}

/// The saved hosts, and their passwords in the keyring.
pub struct Hosts {
    pub(super) list: Arc<HostList>,
    pub(super) keyring: Keyring,
    pub(super) logins: Arc<LoginsFile>,
    /// What named logins were for, until the user has changed that since Portlight began: undoing brings it back.
    pub(super) unchosen: Mutex<HashSet<LoginUse>>,
    notices: Mutex<Vec<Error>>,
    /// Hosts that are being forgotten. Locked for as long as one's fate is decided and noted in the list, so that
    /// putting back and forgetting exclude each other.
    pub(super) too_late: tokio::sync::Mutex<HashSet<HostId>>,
    /// Steps are walked one after the other.
    pub(super) walking: tokio::sync::Mutex<()>,
}

impl Hosts {
    pub(crate) fn new(list: Arc<HostList>, keyring: Keyring, logins: Arc<LoginsFile>) -> Arc<Self> {
        let (unchosen, notices, too_late, walking) = Default::default();
        Arc::new(Self { list, keyring, logins, unchosen, notices, too_late, walking })
    }

    /// Without the rest of Portlight: for a terminal. Holds the list's lock while it lives; dropping it waits for the file.
    ///
    /// # Errors
    /// [`StoreError::HostsInUse`] where Portlight runs, and others of the list's.
    pub fn offline(config: &Path, keyring: Keyring) -> Result<Arc<Self>, StoreError> {
        let list = HostList::start(HostsFile::open(config)?)?;
        Ok(Self::new(Arc::new(list), keyring, Arc::new(LoginsFile::open(config))))
    }

    // ---- looking

    /// The hosts and what has to be said about them.
    pub fn view(&self) -> HostListView {
        let about_the_file = self.list.notices().into_iter().map(Error::from);
        let (list, logins) = (self.list.get(), self.logins());
        let view = |host: &Host| {
            let mut view = host.view();
            // One that is not there is as none.
            view.login = view.login.filter(|id| logins.iter().any(|login| login.id == *id));
            view
        };
        HostListView {
            hosts: list.all().iter().map(view).collect(),
            notices: about_the_file.chain(self.notices.lock().iter().cloned()).collect(),
            history: self.list.history().view(),
            removed: list.removals().count(),
            logins,
        }
    }

    /// Wakes after each change of the list or its notices. The value counts the changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.list.changes()
    }

    /// The list as it is now.
    pub(crate) fn list(&self) -> Arc<List> {
        self.list.get()
    }

    /// What `text` means: a saved host's name, or else anything that reads as an address.
    ///
    /// # Errors
    /// Those of [`find_target`].
    pub fn target(&self, text: &str, view_only: bool) -> Result<Target> {
        find_target(&self.list.get(), text, view_only)
    }

    /// The saved host `id` as something to open.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`].
    pub fn target_of(&self, id: HostId) -> Result<Target> {
        Ok(Target::from(&self.host(id)?))
    }

    /// The saved host `id` as something to wake up and open.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`].
    pub fn wake_target(&self, id: HostId) -> Result<Target> {
        let host = self.host(id)?;
        Ok(Target { wake: host.wake(), ..Target::from(&host) })
    }

    /// Whether a form could be saved as it is.
    ///
    /// # Errors
    /// [`FormError::Fields`], [`StoreError::NoSuchHost`].
    pub fn check(&self, draft: &HostDraft) -> Result<()> {
        let list = self.list.get();
        let existing = draft.id.map(|id| list.get(id).ok_or(StoreError::NoSuchHost)).transpose()?;
        checked(draft, existing).map(drop)
    }

    /// The host that a form means, and the password that was typed into it: nothing is saved. Logins that were saved for
    /// another address are left out.
    ///
    /// # Errors
    /// [`FormError::Fields`], [`StoreError::NoSuchHost`].
    pub fn draft(&self, draft: &HostDraft, change: PasswordChange) -> Result<(Host, Option<Secret>)> {
        let list = self.list.get();
        let existing = draft.id.map(|id| list.get(id).ok_or(StoreError::NoSuchHost)).transpose()?;
        let mut host = checked(draft, existing)?;
        if existing.is_some_and(|existing| !existing.is_same_server(&host)) {
            (host.has_password, host.has_http_auth) = (false, false);
            host.login = host.login.filter(|_| draft.login_chosen);
        }
        let typed = match change {
            PasswordChange::Set { password } => Some(password),
            PasswordChange::Keep => None,
            PasswordChange::Forget => {
                host.has_password = false;
                None
            }
        };
        Ok((host, typed))
    }

    fn host(&self, id: HostId) -> Result<Host, StoreError> {
        self.list.get().get(id).cloned().ok_or(StoreError::NoSuchHost)
    }

    // ---- changing

    /// Adds or changes a host, and after that its password: a keyring that fails leaves a saved host.
    ///
    /// # Errors
    /// [`FormError::Fields`], [`FormError::ConfirmAddress`], [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`]: then
    /// nothing is saved.
    pub async fn save(&self, mut draft: HostDraft, change: PasswordChange) -> Result<Saved> {
        if matches!(change, PasswordChange::Set { .. }) {
            draft.login = None;
        }
        let keeps_password = matches!(change, PasswordChange::Keep);
        let (secure_on, secret) = (draft.secure_on.clone(), draft.secret.clone());
        let deed = if draft.id.is_some() { Deed::Edited } else { Deed::Added };
        let before = self.list.get();
        let existing = draft.id.and_then(|id| before.get(id).cloned());
        let ((mut host, after), step) =
            self.list.step(deed, move |list| put_draft(list, &draft, keeps_password)).await?;
        let change = match change {
            PasswordChange::Keep if after.forget_password => PasswordChange::Forget,
            change => change,
        };
        let mut logins = Vec::new();
        if !matches!(change, PasswordChange::Keep) && existing.as_ref().is_some_and(|existing| existing.has_password) {
            logins.extend(self.login_before(host.id, LoginKind::Password).await);
        }
        let mut password = match change {
            PasswordChange::Keep => PasswordOutcome::Kept,
            PasswordChange::Forget => self.forget_password(&mut host).await,
            PasswordChange::Set { password } => {
                let stored = self.store_password(&mut host, &password).await;
                // One that was added takes its logins along by itself.
                if existing.is_some() && logins.is_empty() {
                    logins.push(Login { host: host.id, kind: LoginKind::Password, before: None, after: None });
                }
                logins.iter_mut().for_each(|login| login.after = Some(password.clone()));
                stored
            }
        };
        if matches!(password, PasswordOutcome::NotStored { .. }) {
            logins.clear();
        }
        if after.forget_http_auth {
            logins.extend(self.login_before(host.id, LoginKind::HttpAuth).await);
            if let Err(error) = self.keyring.forget(HttpAuth::account(host.id)).await {
                password = PasswordOutcome::NotStored { error: error.into() };
            }
        }
        let secret = if after.forget_secret { PasswordChange::Forget } else { secret };
        for (kind, change) in [(LoginKind::SecureOn, secure_on), (LoginKind::Secret, secret)] {
            let was_there = existing.as_ref().is_some_and(|existing| kind.is_there(existing));
            match self.save_secret(&mut host, kind, was_there, change).await {
                Ok(login) => logins.extend(login),
                Err(error) => password = PasswordOutcome::NotStored { error },
            }
        }
        self.note_logins(step, &host, logins);
        let told = self.readdress(&before).await;
        let told = told.and(self.give_logins(after.given.into_iter().collect()).await);
        if let Err(error) = told.and(self.leave_logins(after.left).await) {
            password = PasswordOutcome::NotStored { error: error.into() };
        }
        Ok(Saved { host: host.view(), password })
    }

    /// Adds a host of which this much is said, or changes these fields of the host `id`.
    ///
    /// # Errors
    /// As [`Hosts::save`].
    pub async fn change(&self, id: Option<HostId>, change: &HostChange, secrets: SecretsChange) -> Result<Saved> {
        let SecretsChange { password, http_auth, secure_on, secret } = secrets;
        http_auth.as_ref().map_or(Ok(()), check_http_auth)?;
        let mut form = match id {
            Some(id) => HostDraft::from(&self.host(id)?),
            None => HostDraft::default(),
        };
        change.apply(&mut form);
        (form.secure_on, form.secret) = (secure_on, secret);
        if let Some(name) = &change.login {
            form.login = if name.trim().is_empty() { None } else { Some(self.login_called(name)?) };
            form.login_chosen = form.login.is_some();
        }
        let mut saved = self.save(form, password).await?;
        if let Some(change) = http_auth {
            let id = saved.host.id;
            match self.save_http_auth(id, change).await {
                Ok(()) => saved.host = self.host(id)?.view(),
                Err(error) => saved.password = PasswordOutcome::NotStored { error },
            }
        }
        Ok(saved)
    }

    /// Gives a host a secret that is typed into its screen, under this name, or under the one that it has where that is empty: from the
    /// session that looks at the server with `recipient`.
    ///
    /// # Errors
    /// [`KeyringError::ForAnother`] where the host leads elsewhere by now, the keyring's, and as [`Hosts::save`]: then none is kept.
    pub(crate) async fn keep_secret(
        &self,
        id: HostId,
        recipient: &Recipient,
        name: String,
        secret: Secret,
    ) -> Result<()> {
        let host = self.host(id)?;
        if host.recipient() != *recipient {
            return Err(KeyringError::ForAnother { recipient: recipient.to_string() }.into());
        }
        let mut form = HostDraft { secret: PasswordChange::Set { password: secret }, ..HostDraft::from(&host) };
        if !name.trim().is_empty() {
            form.secret_name = name;
        }
        match self.save(form, PasswordChange::Keep).await?.password {
            PasswordOutcome::NotStored { error } => Err(error),
            PasswordOutcome::Kept | PasswordOutcome::Stored | PasswordOutcome::Forgotten => Ok(()),
        }
    }

    /// Adds a copy of a host, with its password, under another name. Its HTTP login, its SecureOn password and its own
    /// secret are not copied.
    ///
    /// # Errors
    /// [`FormError::Fields`], [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub async fn duplicate(&self, id: HostId, name: String) -> Result<HostView> {
        let original = self.host(id)?;
        let mut copy =
            checked(&HostDraft { id: None, name, secret_name: String::new(), ..HostDraft::from(&original) }, None)?;
        let added = copy.clone();
        let put = self.list.step(Deed::Added, move |list| {
            list.put(added);
            Ok::<_, StoreError>(())
        });
        put.await?;
        if let (Some(login), Some((_, to))) = (original.login, copy.login_use()) {
            let given = Given { login, from: Some(original.recipient()), to };
            if let Err(error) = self.give_logins(vec![given]).await {
                tracing::info!(%error, "the copy will be asked for its login");
            }
        }
        if original.has_password {
            let copied = async {
                self.keyring.copy((id, original.recipient()), (copy.id, copy.recipient())).await?;
                self.note_password(&mut copy, true).await
            };
            if let Err(error) = copied.await {
                tracing::info!(%error, "password not copied");
                if let Err(error) = self.keyring.forget(copy.id).await {
                    tracing::debug!(%error, "no password to take back");
                }
            }
        }
        Ok(copy.view())
    }

    /// Puts a host at the end of the favourites, or takes it out.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub async fn set_favourite(&self, id: HostId, favourite: bool) -> Result<()> {
        let set = self.list.step(Deed::Favourite, move |list| match favourite {
            true if list.get(id).is_some_and(|host| host.favourite) => Ok(()),
            true => list.arrange(id, None),
            false => list.leave_favourites(id),
        });
        set.await?;
        Ok(())
    }

    /// Puts a host among the favourites, before another one or at the end.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub async fn arrange_favourite(&self, id: HostId, before: Option<HostId>) -> Result<()> {
        self.list.step(Deed::Arranged, move |list| list.arrange(id, before)).await?;
        Ok(())
    }

    /// Notes that the host is being opened. Returns at once: nothing waits for the disk.
    pub(crate) fn note_opened(&self, target: &Target) {
        let now = now();
        // It is under way, and one that fails is told with the next change that is waited for.
        drop(self.list.note(target, move |host| {
            host.last_opened = Some(now);
            host.times_opened = host.times_opened.saturating_add(1);
        }));
    }

    // ---- starting

    /// Looks whether there is a keyring, and forgets whose time is up.
    pub(crate) async fn begin(&self, hints: &SeenHints) {
        if let Err(error @ KeyringError::Missing { .. }) = self.keyring.check().await {
            tracing::warn!(%error, "passwords are kept for a session only");
            if hints.mark_seen(Hint::KeyringMissing) {
                self.add_notice(error.into());
            }
        }
        self.forget_overdue(now()).await;
    }

    /// Adds something that the user has to know.
    pub fn add_notice(&self, notice: Error) {
        self.notices.lock().push(notice);
        self.list.announce();
    }
}

fn checked(draft: &HostDraft, existing: Option<&Host>) -> Result<Host> {
    draft.check(existing).map_err(|fields| FormError::Fields { fields }.into())
}

/// What becomes of a host's logins in the keyring when it is saved.
#[derive(Debug, Default)]
pub(super) struct After {
    /// Its password was meant for its former server, or a named login takes its place.
    pub(super) forget_password: bool,
    /// Its HTTP login was meant for its former server.
    pub(super) forget_http_auth: bool,
    /// The secret that is typed into its screen was meant for its former server.
    pub(super) forget_secret: bool,
    /// The named login that it has been given, or that goes along.
    pub(super) given: Option<Given>,
    /// What it has used before.
    pub(super) left: Option<LoginUse>,
}

/// Puts the host that is meant into the list, if nothing has to be asked before.
pub(super) fn put_draft(list: &mut List, draft: &HostDraft, keeps_password: bool) -> Result<(Host, After)> {
    let existing = draft.id.map(|id| list.get(id).ok_or(StoreError::NoSuchHost)).transpose()?;
    let mut host = checked(draft, existing)?;
    let mut after = After { left: existing.and_then(Host::login_use), ..After::default() };
    let mut from = None;
    if let Some(existing) = existing.filter(|existing| !existing.is_same_server(&host)) {
        let has_password = host.has_password && keeps_password;
        let has_secret = host.has_secret && matches!(draft.secret, PasswordChange::Keep);
        let goes_along = host.login.is_some() && host.login == existing.login && !draft.login_chosen;
        match draft.on_new_address {
            OnNewAddress::Ask if has_password || host.has_http_auth || has_secret || goes_along => {
                let address = host.address.without_query().to_string();
                let has_password = has_password || has_secret || goes_along;
                let has_http_auth = host.has_http_auth;
                return Err(FormError::ConfirmAddress { address, has_password, has_http_auth }.into());
            }
            OnNewAddress::Ask | OnNewAddress::Keep => from = goes_along.then(|| existing.recipient()),
            OnNewAddress::Forget => {
                (after.forget_password, after.forget_http_auth) = (has_password, host.has_http_auth);
                after.forget_secret = has_secret;
                host.has_http_auth = false;
                host.login = host.login.filter(|_| !goes_along);
            }
        }
        // The keyring still has the old one for a moment: no session may take it for the new server's.
        host.has_password = has_password && !after.forget_password;
        host.has_secret = has_secret && !after.forget_secret;
    }
    if let Some((login, to)) = host.login_use() {
        after.forget_password |= std::mem::take(&mut host.has_password);
        after.given = (draft.login_chosen || from.is_some()).then_some(Given { login, from, to });
    }
    list.put(host.clone());
    Ok((host, after))
}

#[cfg(test)]
mod tests;
