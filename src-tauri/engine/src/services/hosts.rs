//! The saved hosts with their passwords: what the window with the list can do.
//!
//! The file and the keyring change together. A password is in the keyring before the file says so, and the file stops saying
//! so before it leaves; what fails halfway is taken back. So a password without a host stays in no keyring.

use super::{LoginView, find_target, given_logins::Given};
use crate::{
    error::{ConnectError, Error, FormError, KeyringError, Result, StoreError},
    keyring::Keyring,
    model::{
        Host, HostChange, HostDraft, HostId, HostView, HttpAuth, HttpAuthChange, LoginUse, OnNewAddress,
        PasswordChange, Secret, Target,
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
        let secure_on = draft.secure_on.clone();
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
        match self.save_secure_on(&mut host, secure_on).await {
            Ok(login) => logins.extend(login),
            Err(error) => password = PasswordOutcome::NotStored { error },
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
    pub async fn change(
        &self,
        id: Option<HostId>,
        change: &HostChange,
        password: PasswordChange,
        secure_on: PasswordChange,
    ) -> Result<Saved> {
        let mut form = match id {
            Some(id) => HostDraft::from(&self.host(id)?),
            None => HostDraft::default(),
        };
        change.apply(&mut form);
        form.secure_on = secure_on;
        if let Some(name) = &change.login {
            form.login = if name.trim().is_empty() { None } else { Some(self.login_called(name)?) };
            form.login_chosen = form.login.is_some();
        }
        self.save(form, password).await
    }

    /// A login that is about to leave the keyring, or to be replaced; none where it cannot be read.
    pub(super) async fn login_before(&self, host: HostId, kind: LoginKind) -> Option<Login> {
        match self.keyring.get(kind.account(host)).await {
            Ok(before) => before.map(|before| Login { host, kind, before: Some(before), after: None }),
            Err(error) => {
                tracing::info!(%error, "this change of a login cannot be undone");
                None
            }
        }
    }

    /// Logins that the list has as it has had them `before` go along with hosts that lead elsewhere now: whoever has changed them so
    /// was asked.
    ///
    /// # Errors
    /// The last one of the keyring's: then that login is still for the former server, and not sent to another one.
    pub(super) async fn readdress(&self, before: &List) -> Result<(), KeyringError> {
        let (now, mut refused) = (self.list.get(), Ok(()));
        for host in now.all() {
            let Some(former) = before.get(host.id).filter(|former| *former != host) else { continue };
            for kind in LoginKind::ALL.into_iter().filter(|kind| kind.is_there(host)) {
                if let (Some(from), Some(to)) = (kind.recipient(former), kind.recipient(host))
                    && from != to
                {
                    refused = refused.and(self.keyring.readdress(kind.account(host.id), from, to).await);
                }
            }
        }
        refused
    }

    /// Takes a login out of the keyring, as a part of a step that has changed the list already.
    ///
    /// # Errors
    /// The keyring's: then it is still there.
    pub(super) async fn forget_with_step(
        &self,
        step: Option<u64>,
        host: HostId,
        kind: LoginKind,
    ) -> Result<(), KeyringError> {
        let login = self.login_before(host, kind).await;
        if let Some(host) = self.list.get().get(host) {
            self.list.history().add_logins(step, host, login.into_iter().collect());
        }
        self.keyring.forget(kind.account(host)).await
    }

    /// Adds logins to a step that can be undone.
    fn note_logins(&self, step: Option<u64>, host: &Host, logins: Vec<Login>) {
        if !logins.is_empty() {
            self.list.history().add_logins(step, host, logins);
            self.list.announce();
        }
    }

    async fn store_password(&self, host: &mut Host, password: &Secret) -> PasswordOutcome {
        let stored = async {
            self.keyring.set_for(host.id, host.recipient(), password).await?;
            self.note_password(host, true).await
        };
        match stored.await {
            Ok(()) => PasswordOutcome::Stored,
            Err(error) => {
                // The file does not say that there is one: none may stay.
                if !host.has_password
                    && let Err(error) = self.keyring.forget(host.id).await
                {
                    tracing::debug!(%error, "no password to take back");
                }
                PasswordOutcome::NotStored { error }
            }
        }
    }

    async fn forget_password(&self, host: &mut Host) -> PasswordOutcome {
        let forgotten = async {
            self.keyring.forget(host.id).await?;
            self.note_password(host, false).await
        };
        match forgotten.await {
            Ok(()) => PasswordOutcome::Forgotten,
            Err(error) => PasswordOutcome::NotStored { error },
        }
    }

    async fn note_password(&self, host: &mut Host, has_password: bool) -> Result<()> {
        self.note_login(host.id, LoginKind::Password, has_password).await?;
        host.has_password = has_password;
        Ok(())
    }

    /// Keeps a host's SecureOn password, or forgets it. Returns what undoes that.
    ///
    /// # Errors
    /// Those of the keyring and the list: then it is as it was, as far as the list says.
    async fn save_secure_on(&self, host: &mut Host, change: PasswordChange) -> Result<Option<Login>> {
        let kind = LoginKind::SecureOn;
        let before = match change {
            PasswordChange::Keep => return Ok(None),
            _ if host.has_secure_on => self.login_before(host.id, kind).await.and_then(|login| login.before),
            _ => None,
        };
        let after = match change {
            PasswordChange::Set { password } => {
                self.keyring.set_for(kind.account(host.id), kind.recipient(host), &password).await?;
                Some(password)
            }
            PasswordChange::Keep | PasswordChange::Forget => {
                self.keyring.forget(kind.account(host.id)).await?;
                None
            }
        };
        self.note_login(host.id, kind, after.is_some()).await?;
        host.has_secure_on = after.is_some();
        Ok(Some(Login { host: host.id, kind, before, after }))
    }

    /// Notes in the list whether the keyring has a login.
    pub(super) fn note_login(
        &self,
        host: HostId,
        kind: LoginKind,
        is_there: bool,
    ) -> impl Future<Output = Result<(), StoreError>> {
        self.list.change(move |list| {
            *kind.flag(list.get_mut(host)?) = is_there;
            Ok(())
        })
    }

    /// Keeps the HTTP login of a saved host's WebSocket, or forgets it.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`ConnectError::BadInput`] for headers that cannot be sent, those of the keyring: then
    /// everything is as it was.
    pub async fn save_http_auth(&self, id: HostId, change: HttpAuthChange) -> Result<()> {
        let host = self.host(id)?;
        let account = HttpAuth::account(id);
        let mut login = Login { host: id, kind: LoginKind::HttpAuth, before: None, after: None };
        match change {
            HttpAuthChange::Forget => {
                login.before = self.login_before(id, LoginKind::HttpAuth).await.and_then(|login| login.before);
                self.note_login(id, LoginKind::HttpAuth, false).await?;
                if let Err(error) = self.keyring.forget(&account).await {
                    self.note_login(id, LoginKind::HttpAuth, host.has_http_auth).await?;
                    return Err(error.into());
                }
            }
            HttpAuthChange::Set { username, password, headers } => {
                let address = host.address.without_query().to_string();
                let bad_input = |detail: String| ConnectError::BadInput { address: address.clone(), detail };
                let auth = HttpAuth::new(username, &password, &headers);
                auth.check().map_err(bad_input)?;
                let secret = auth.to_secret().map_err(|cause| bad_input(cause.to_string()))?;
                let before = if host.has_http_auth { self.keyring.get(&account).await? } else { None };
                self.keyring.set_for(&account, host.recipient(), &secret).await?;
                if let Err(error) = self.note_login(id, LoginKind::HttpAuth, true).await {
                    let taken_back = match before {
                        Some(before) => self.keyring.set_for(&account, host.recipient(), &before).await,
                        None => self.keyring.forget(&account).await,
                    };
                    if let Err(error) = taken_back {
                        tracing::warn!(%error, "an HTTP login stays in the keyring");
                    }
                    return Err(error.into());
                }
                (login.before, login.after) = (before, Some(secret));
            }
        }
        // A form is saved in two steps, and undone in one.
        let step = self.list.history().newest_of(&host);
        self.note_logins(step, &host, vec![login]);
        Ok(())
    }

    /// Adds a copy of a host, with its password, under another name. Its HTTP login and its SecureOn password are not copied.
    ///
    /// # Errors
    /// [`FormError::Fields`], [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub async fn duplicate(&self, id: HostId, name: String) -> Result<HostView> {
        let original = self.host(id)?;
        let mut copy = checked(&HostDraft { id: None, name, ..HostDraft::from(&original) }, None)?;
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
        // It is under way, and one that fails is told with the next change that someone waits for.
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
        let goes_along = host.login.is_some() && host.login == existing.login && !draft.login_chosen;
        match draft.on_new_address {
            OnNewAddress::Ask if has_password || host.has_http_auth || goes_along => {
                let address = host.address.without_query().to_string();
                let (has_password, has_http_auth) = (has_password || goes_along, host.has_http_auth);
                return Err(FormError::ConfirmAddress { address, has_password, has_http_auth }.into());
            }
            OnNewAddress::Ask | OnNewAddress::Keep => from = goes_along.then(|| existing.recipient()),
            OnNewAddress::Forget => {
                (after.forget_password, after.forget_http_auth) = (has_password, host.has_http_auth);
                host.has_http_auth = false;
                host.login = host.login.filter(|_| !goes_along);
            }
        }
        // The keyring still has the old one for a moment: no session may take it for the new server's.
        host.has_password = has_password && !after.forget_password;
    }
    if let Some((login, to)) = host.login_use() {
        after.forget_password |= std::mem::take(&mut host.has_password);
        after.given = (draft.login_chosen || from.is_some()).then_some(Given { login, from, to });
    }
    list.put(host.clone());
    Ok((host, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        keyring::{Entry, Memory, Store},
        model::HttpHeader,
        services::KEPT,
        store::HostsFile,
    };
    use std::{
        fs,
        path::Path,
        sync::{
            atomic::{AtomicBool, Ordering},
            mpsc,
        },
    };
    use tempfile::{TempDir, tempdir};

    type Hold = (mpsc::Sender<()>, mpsc::Receiver<()>);

    /// A keyring of which a test can say what it does.
    #[derive(Clone, Default)]
    struct Scripted {
        memory: Arc<Memory>,
        refuses: Arc<AtomicBool>,
        /// `forget` says that it has begun, and waits.
        hold: Arc<Mutex<Option<Hold>>>,
        /// The list cannot be saved once the next secret is stored.
        breaks: Arc<Mutex<Option<std::path::PathBuf>>>,
    }

    impl Scripted {
        fn check_it(&self) -> Result<(), KeyringError> {
            if self.refuses.load(Ordering::SeqCst) { Err(KeyringError::Locked) } else { Ok(()) }
        }
    }

    impl Store for Scripted {
        fn check(&self) -> Result<(), KeyringError> {
            self.memory.check()
        }

        fn get(&self, account: &str) -> Result<Option<Entry>, KeyringError> {
            self.check_it()?;
            self.memory.get(account)
        }

        fn set(&self, account: &str, entry: &Entry) -> Result<(), KeyringError> {
            self.check_it()?;
            if let Some(folder) = self.breaks.lock().take() {
                break_file(&folder);
            }
            self.memory.set(account, entry)
        }

        fn forget(&self, account: &str) -> Result<(), KeyringError> {
            self.check_it()?;
            if let Some((begun, go_on)) = self.hold.lock().take() {
                begun.send(()).unwrap();
                go_on.recv().unwrap();
            }
            self.memory.forget(account)
        }
    }

    struct Fixture {
        hosts: Arc<Hosts>,
        keyring: Scripted,
        folder: TempDir,
    }

    fn start() -> Fixture {
        let folder = tempdir().unwrap();
        let list = Arc::new(HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap());
        let keyring = Scripted::default();
        let logins = Arc::new(LoginsFile::open(folder.path()));
        let hosts = Hosts::new(list, Keyring::with_store(keyring.clone()), logins);
        Fixture { hosts, keyring, folder }
    }

    /// Not even root can rename a file over a folder.
    fn break_file(folder: &Path) {
        fs::rename(folder.join("hosts.json"), folder.join("hosts.aside")).unwrap();
        fs::create_dir(folder.join("hosts.json")).unwrap();
    }

    impl Fixture {
        fn mend_file(&self) {
            fs::remove_dir(self.folder.path().join("hosts.json")).unwrap();
            fs::rename(self.folder.path().join("hosts.aside"), self.folder.path().join("hosts.json")).unwrap();
        }

        async fn saved(&self, address: &str) -> HostId {
            let id = self.hosts.save(draft(address), set("hunter2")).await.unwrap().host.id;
            self.hosts.save_http_auth(id, login("site")).await.unwrap();
            id
        }

        fn view(&self, id: HostId) -> Option<HostView> {
            self.hosts.view().hosts.into_iter().find(|host| host.id == id)
        }

        fn secret(&self, account: impl ToString) -> Option<String> {
            self.keyring.memory.get(&account.to_string()).unwrap().map(|kept| kept.secret.expose().to_owned())
        }

        /// What the list says that there is can be had by a session with the host.
        async fn is_for_its_host(&self, id: HostId) {
            let host = self.hosts.host(id).unwrap();
            assert!(host.has_password && host.has_http_auth);
            for kind in LoginKind::OF_SERVER {
                let found = self.hosts.keyring.get_for(kind.account(id), host.recipient()).await;
                assert!(found.unwrap().is_some(), "{kind:?} for {}", host.address);
            }
        }

        fn revision(&self) -> u64 {
            *self.hosts.changes().borrow()
        }
    }

    fn draft(address: &str) -> HostDraft {
        HostDraft { address: address.to_owned(), ..HostDraft::default() }
    }

    fn set(password: &str) -> PasswordChange {
        PasswordChange::Set { password: password.to_owned().into() }
    }

    fn login(password: &str) -> HttpAuthChange {
        let headers = vec![];
        HttpAuthChange::Set { username: "ann".into(), password: password.to_owned().into(), headers }
    }

    #[tokio::test]
    async fn logins_go_along_to_a_new_address_only_where_the_user_says_so() {
        let through = |id| HostDraft { id: Some(id), ssh_jump: "gate".into(), ..draft("studio:1") };
        let repeater = |id| {
            let mut draft = HostDraft { id: Some(id), ..draft("studio:1") };
            draft.repeater_id = "1234".into();
            draft
        };
        let moved = |id| HostDraft { id: Some(id), ..draft("elsewhere:1") };
        for form in [&moved as &dyn Fn(HostId) -> HostDraft, &through, &repeater] {
            let fixture = start();
            let id = fixture.saved("studio:1").await;
            let (account, before) = (HttpAuth::account(id), (fixture.view(id), fixture.revision()));

            let asked = fixture.hosts.save(form(id), PasswordChange::Keep).await.unwrap_err();
            let Error::Form(FormError::ConfirmAddress { address, has_password: true, has_http_auth: true }) = asked
            else {
                panic!("{asked:?}")
            };
            assert_eq!(address, form(id).address.parse::<crate::model::Address>().unwrap().to_string());
            assert_eq!((fixture.view(id), fixture.revision()), before, "nothing is saved");
            assert_eq!(fixture.secret(id).as_deref(), Some("hunter2"));

            let keep = HostDraft { on_new_address: OnNewAddress::Keep, ..form(id) };
            let kept = fixture.hosts.save(keep, PasswordChange::Keep).await.unwrap();
            assert!(kept.host.has_password && kept.host.has_http_auth && kept.password == PasswordOutcome::Kept);
            assert!(fixture.secret(id).is_some() && fixture.secret(&account).is_some());
            fixture.is_for_its_host(id).await;
            fixture.hosts.undo(None).await.unwrap();
            fixture.is_for_its_host(id).await;
            fixture.hosts.redo().await.unwrap();
            fixture.is_for_its_host(id).await;

            let forget = HostDraft { id: Some(id), on_new_address: OnNewAddress::Forget, ..draft("third:1") };
            let forgotten = fixture.hosts.save(forget, PasswordChange::Keep).await.unwrap();
            assert!(!forgotten.host.has_password && !forgotten.host.has_http_auth);
            assert_eq!(forgotten.password, PasswordOutcome::Forgotten);
            assert_eq!((fixture.secret(id), fixture.secret(&account)), (None, None));

            let again = HostDraft { id: Some(id), ..draft("fourth:1") };
            assert!(fixture.hosts.save(again, PasswordChange::Keep).await.is_ok(), "there is nothing to ask about");
        }
    }

    #[tokio::test]
    async fn an_address_that_stays_and_a_password_that_is_typed_are_not_asked_about() {
        let fixture = start();
        let id = fixture.hosts.save(draft("studio:1"), set("hunter2")).await.unwrap().host.id;
        let same = HostDraft { id: Some(id), name: "Atelier".into(), ..draft("vnc://studio:5901") };
        assert!(fixture.hosts.save(same, PasswordChange::Keep).await.unwrap().host.has_password);
        let moved = HostDraft { id: Some(id), ..draft("elsewhere") };
        assert!(fixture.hosts.save(moved, set("hunter3")).await.unwrap().host.has_password);
        assert_eq!(fixture.secret(id).as_deref(), Some("hunter3"));
    }

    #[tokio::test]
    async fn a_form_with_another_address_is_not_tested_with_the_saved_logins() {
        let fixture = start();
        let id = fixture.saved("studio:1").await;
        for (address, sent) in [("studio:1", true), ("elsewhere", false)] {
            let form = HostDraft { id: Some(id), ..draft(address) };
            let (host, typed) = fixture.hosts.draft(&form, PasswordChange::Keep).unwrap();
            assert_eq!((host.has_password, host.has_http_auth), (sent, sent), "{address}");
            assert!(typed.is_none());
            assert!(!fixture.hosts.draft(&form, PasswordChange::Forget).unwrap().0.has_password);
            assert!(fixture.hosts.draft(&form, set("typed")).unwrap().1.is_some());
        }
    }

    #[tokio::test]
    async fn a_secure_on_password_is_for_one_card_and_way_and_goes_where_the_user_leads_it() {
        let fixture = start();
        let typed = |password: PasswordChange| HostDraft {
            mac: "00:1a:2b:3c:4d:5e".into(),
            secure_on: password,
            ..draft("box")
        };
        let wrong = fixture.hosts.save(typed(set("hunter2")), PasswordChange::Keep).await.unwrap_err();
        assert!(!wrong.to_string().contains("hunter2") && matches!(wrong, Error::Form(FormError::Fields { .. })));
        let id = fixture.hosts.save(typed(set("00-11-22-33-44-55")), PasswordChange::Keep).await.unwrap().host.id;
        assert!(fixture.view(id).unwrap().has_secure_on);
        let sent = async || {
            let wake = fixture.hosts.host(id).unwrap().wake().unwrap();
            fixture.hosts.keyring.secure_on(id, &wake).await.map(|password| password.is_some())
        };
        assert_eq!(sent().await, Ok(true));

        // Saving something else changes nothing of it; another way in the form takes it along.
        let form = |change: &dyn Fn(&mut HostDraft)| {
            let mut form = HostDraft::from(&fixture.hosts.host(id).unwrap());
            change(&mut form);
            form
        };
        let moved = form(&|form| form.wake_ssh_host = "gate".into());
        fixture.hosts.save(moved, PasswordChange::Keep).await.unwrap();
        assert_eq!(sent().await, Ok(true));
        fixture.hosts.undo(None).await.unwrap();
        assert_eq!((sent().await, fixture.view(id).unwrap().wake_ssh_host.as_str()), (Ok(true), ""));

        // What another program writes does not.
        let led = fixture.hosts.list.change(move |list| {
            list.get_mut(id)?.wake_way.ssh_host = Some("evil".parse().unwrap());
            Ok::<_, StoreError>(())
        });
        led.await.unwrap();
        assert!(matches!(sent().await, Err(Error::Keyring(KeyringError::ForAnother { .. }))), "{:?}", sent().await);
        let back = form(&|form| form.wake_ssh_host.clear());
        fixture.hosts.save(back, PasswordChange::Keep).await.unwrap();
        assert_eq!(sent().await, Ok(true), "it leads where it did");

        // Forgotten, and brought back.
        let typed_again = form(&|form| form.secure_on = set("192.168.1.1"));
        fixture.hosts.save(typed_again, PasswordChange::Keep).await.unwrap();
        let forgotten = form(&|form| form.secure_on = PasswordChange::Forget);
        fixture.hosts.save(forgotten, PasswordChange::Keep).await.unwrap();
        assert_eq!((sent().await, fixture.secret(format!("SecureOn of {id}"))), (Ok(false), None));
        fixture.hosts.undo(None).await.unwrap();
        assert_eq!((sent().await, fixture.secret(format!("SecureOn of {id}"))), (Ok(true), Some("192.168.1.1".into())));

        // A list that says that there is one, and a keyring without.
        fixture.hosts.keyring.forget(format!("SecureOn of {id}")).await.unwrap();
        assert_eq!(sent().await, Err(ConnectError::WakePasswordMissing.into()));
        fixture.hosts.save(form(&|form| form.secure_on = set("192.168.1.1")), PasswordChange::Keep).await.unwrap();
        fixture.hosts.remove(vec![id]).await.unwrap();
        fixture.hosts.remove_for_good(vec![id]).await.unwrap();
        assert_eq!(fixture.secret(format!("SecureOn of {id}")), None);
    }

    #[tokio::test]
    async fn what_fails_halfway_leaves_no_secret_behind() {
        let fixture = start();
        let id = fixture.saved("studio:1").await;
        let plain = fixture.hosts.save(draft("plain"), PasswordChange::Keep).await.unwrap().host.id;
        let break_next = || *fixture.keyring.breaks.lock() = Some(fixture.folder.path().to_owned());

        // The copy is in the file; that it has a password cannot be noted.
        break_next();
        let copy = fixture.hosts.duplicate(id, "Copy".into()).await.unwrap();
        assert!(!copy.has_password);
        assert_eq!(fixture.secret(copy.id), None);
        fixture.mend_file();

        break_next();
        assert!(fixture.hosts.save_http_auth(plain, login("new")).await.is_err());
        assert_eq!(fixture.secret(HttpAuth::account(plain)), None);
        fixture.mend_file();

        break_next();
        let form = HostDraft { id: Some(plain), ..draft("plain") };
        let saved = fixture.hosts.save(form, set("hunter3")).await.unwrap();
        assert!(matches!(saved.password, PasswordOutcome::NotStored { .. }) && !saved.host.has_password);
        assert_eq!(fixture.secret(plain), None);
        fixture.mend_file();

        // Where the file cannot be written at all, the keyring is not touched.
        break_file(fixture.folder.path());
        assert!(fixture.hosts.duplicate(id, "Copy".into()).await.is_err());
        assert!(fixture.hosts.save_http_auth(id, HttpAuthChange::Forget).await.is_err());
        assert!(fixture.secret(HttpAuth::account(id)).is_some());
        fixture.mend_file();

        fixture.keyring.refuses.store(true, Ordering::SeqCst);
        assert!(fixture.hosts.save_http_auth(id, HttpAuthChange::Forget).await.is_err());
        assert!(fixture.view(id).unwrap().has_http_auth, "it is still there");
    }

    #[tokio::test]
    async fn headers_that_cannot_be_sent_are_not_kept() {
        let fixture = start();
        let id = fixture.hosts.save(draft("ws://site/"), PasswordChange::Keep).await.unwrap().host.id;
        let header = HttpHeader { name: "two words".into(), value: "secret".to_owned().into() };
        let change =
            HttpAuthChange::Set { username: String::new(), password: String::new().into(), headers: vec![header] };
        let error = fixture.hosts.save_http_auth(id, change).await.unwrap_err();
        assert!(
            matches!(error, Error::Connect(ConnectError::BadInput { .. })) && !error.to_string().contains("secret")
        );
        assert_eq!(fixture.secret(HttpAuth::account(id)), None);
    }

    #[tokio::test]
    async fn a_removed_host_is_forgotten_with_its_logins_when_its_thirty_days_are_over() {
        let fixture = start();
        let id = fixture.saved("studio:1").await;
        fixture.hosts.remove(vec![id]).await.unwrap();
        let [removed] = &fixture.hosts.removed()[..] else { panic!("one machine") };
        let at = removed.removed_at;
        assert!(removed.host.id == id && at.abs_diff(now()) < 60);
        fixture.hosts.forget_overdue(at + KEPT - 1).await;
        fixture.hosts.put_back(vec![id]).await.unwrap();
        assert!(fixture.view(id).unwrap().has_password && fixture.secret(id).is_some(), "in time");

        fixture.hosts.remove(vec![id]).await.unwrap();
        let at = fixture.hosts.removed()[0].removed_at;
        fixture.keyring.refuses.store(true, Ordering::SeqCst);
        fixture.hosts.forget_overdue(at + KEPT).await;
        assert_eq!(fixture.hosts.removed().len(), 1, "its password is still there");
        fixture.keyring.refuses.store(false, Ordering::SeqCst);
        fixture.hosts.forget_overdue(at + KEPT).await;
        assert!(fixture.hosts.removed().is_empty());
        assert_eq!((fixture.secret(id), fixture.secret(HttpAuth::account(id))), (None, None));
        assert_eq!(fixture.hosts.put_back(vec![id]).await, Err(StoreError::NoSuchHost.into()));
        assert_eq!(fixture.hosts.undo(None).await.unwrap().left, ["studio:5901"], "and that is told");
    }

    #[tokio::test]
    async fn one_without_a_time_has_its_thirty_days_from_now_on() {
        let fixture = start();
        let id = fixture.saved("studio:1").await;
        fixture.hosts.list.change(move |list| list.remove(&[id])).await.unwrap();
        fixture.hosts.forget_overdue(1_000_000).await;
        fixture.hosts.forget_overdue(1_000_000 + KEPT - 1).await;
        assert_eq!(fixture.hosts.removed()[0].removed_at, 1_000_000);
        fixture.hosts.forget_overdue(1_000_000 + KEPT).await;
        assert!(fixture.hosts.removed().is_empty());
    }

    /// At the end of the thirty days: either the host comes back with its password, or it is too late.
    #[tokio::test]
    async fn a_host_is_never_put_back_without_its_password() {
        let fixture = start();
        let id = fixture.saved("studio:1").await;
        fixture.hosts.remove(vec![id]).await.unwrap();
        let (begun, beginning) = mpsc::channel();
        let (go_on, going_on) = mpsc::channel();
        *fixture.keyring.hold.lock() = Some((begun, going_on));
        let forgetting = tokio::spawn({
            let hosts = Arc::clone(&fixture.hosts);
            async move { hosts.remove_for_good(vec![id]).await }
        });
        tokio::task::spawn_blocking(move || beginning.recv().unwrap()).await.unwrap();
        // The keyring is forgetting it in this moment.
        assert_eq!(fixture.hosts.put_back(vec![id]).await, Err(StoreError::NoSuchHost.into()));
        assert_eq!(fixture.hosts.undo(None).await.unwrap().left, ["studio:5901"]);
        go_on.send(()).unwrap();
        forgetting.await.unwrap().unwrap();
        assert!(fixture.view(id).is_none() && fixture.hosts.list.get().removed().is_empty());

        // The other way round: what is put back is not forgotten any more.
        let id = fixture.saved("studio:2").await;
        fixture.hosts.remove(vec![id]).await.unwrap();
        fixture.hosts.put_back(vec![id]).await.unwrap();
        fixture.hosts.remove_for_good(vec![id]).await.unwrap();
        assert!(fixture.view(id).unwrap().has_password && fixture.secret(id).is_some());
    }

    #[tokio::test]
    async fn what_was_saved_in_a_form_is_undone_with_its_logins_in_one_step() {
        let fixture = start();
        let id = fixture.saved("studio:1").await;
        let account = HttpAuth::account(id);
        let moved = HostDraft { id: Some(id), on_new_address: OnNewAddress::Forget, ..draft("elsewhere") };
        fixture.hosts.save(moved, PasswordChange::Keep).await.unwrap();
        assert_eq!((fixture.secret(id), fixture.secret(&account)), (None, None));
        let undone = fixture.hosts.undo(None).await.unwrap();
        assert_eq!((undone.step.deed, undone.left.len(), undone.login), (Deed::Edited, 0, None));
        let host = fixture.view(id).unwrap();
        assert!(host.address == "studio:5901" && host.has_password && host.has_http_auth);
        assert_eq!(fixture.secret(id).as_deref(), Some("hunter2"));
        assert!(fixture.secret(&account).is_some());

        fixture.hosts.redo().await.unwrap();
        assert!(!fixture.view(id).unwrap().has_password && fixture.secret(id).is_none());
        fixture.hosts.undo(None).await.unwrap();

        // It was added with both, and goes with both.
        fixture.hosts.undo(None).await.unwrap();
        assert!(fixture.view(id).is_none() && fixture.hosts.removed().is_empty());
        assert_eq!((fixture.secret(id), fixture.secret(&account)), (None, None));
        assert!(matches!(fixture.hosts.undo(None).await, Err(Error::Store(StoreError::NothingToUndo))));
        fixture.hosts.redo().await.unwrap();
        assert!(fixture.view(id).unwrap().has_password && fixture.view(id).unwrap().has_http_auth);
        assert_eq!(fixture.secret(id).as_deref(), Some("hunter2"));
    }

    #[tokio::test]
    async fn a_password_alone_is_a_step_and_comes_back() {
        let fixture = start();
        let id = fixture.hosts.save(draft("studio:1"), set("one")).await.unwrap().host.id;
        let form = |id| HostDraft { id: Some(id), ..draft("studio:1") };
        fixture.hosts.save(form(id), set("two")).await.unwrap();
        fixture.hosts.save(form(id), PasswordChange::Forget).await.unwrap();
        assert_eq!(fixture.secret(id), None);
        for (password, has) in [(Some("two"), true), (Some("one"), true)] {
            fixture.hosts.undo(None).await.unwrap();
            assert_eq!((fixture.secret(id).as_deref(), fixture.view(id).unwrap().has_password), (password, has));
        }
        fixture.hosts.redo().await.unwrap();
        fixture.hosts.redo().await.unwrap();
        assert_eq!((fixture.secret(id), fixture.view(id).unwrap().has_password), (None, false));

        // A keyring that refuses is told, and the list does not say that there is one.
        fixture.keyring.refuses.store(true, Ordering::SeqCst);
        let undone = fixture.hosts.undo(None).await.unwrap();
        assert_eq!(undone.login, Some(KeyringError::Locked.into()));
        assert!(!fixture.view(id).unwrap().has_password);
        // One whose login cannot be taken along is removed, and not gone.
        fixture.keyring.refuses.store(false, Ordering::SeqCst);
        let other = fixture.hosts.save(draft("other"), set("x")).await.unwrap().host.id;
        fixture.keyring.refuses.store(true, Ordering::SeqCst);
        fixture.hosts.undo(None).await.unwrap();
        assert_eq!(fixture.hosts.removed()[0].host.id, other);
        fixture.hosts.redo().await.unwrap();
        assert!(fixture.view(other).unwrap().has_password && fixture.secret(other).is_some());
    }

    #[tokio::test]
    async fn every_change_of_the_list_is_a_step() {
        let fixture = start();
        let hosts = &fixture.hosts;
        let mut states = vec![];
        let mut note = |deed| states.push((deed, fixture.hosts.list.get()));
        note(None);
        let id = fixture.saved("studio:1").await;
        note(Some(Deed::Added));
        let copy = hosts.duplicate(id, "Copy".into()).await.unwrap().id;
        note(Some(Deed::Added));
        hosts.set_favourite(id, true).await.unwrap();
        note(Some(Deed::Favourite));
        hosts.arrange_favourite(copy, Some(id)).await.unwrap();
        note(Some(Deed::Arranged));
        let change = crate::services::SharedChange { tags_added: vec!["lab".into()], ..Default::default() };
        hosts.change_several(vec![id, copy], change).await.unwrap();
        note(Some(Deed::Edited));
        hosts.remove(vec![id, copy]).await.unwrap();
        note(Some(Deed::Removed));
        hosts.put_back(vec![copy]).await.unwrap();
        note(Some(Deed::PutBack));
        let versions = hosts.versions().await.unwrap();
        hosts.go_back(versions[0].replaced_at).await.unwrap();
        note(Some(Deed::WentBack));
        let all = |list: &List| {
            let mut all = list.all().to_vec();
            all.sort_by_key(|host| host.id);
            all
        };
        for (number, (deed, _)) in states.iter().enumerate().skip(1).rev() {
            let undone = hosts.undo(None).await.unwrap();
            assert_eq!((Some(undone.step.deed), undone.left, undone.login), (*deed, vec![], None));
            assert_eq!(all(&hosts.list.get()), all(&states[number - 1].1), "{deed:?}");
        }
        for (deed, state) in &states[1..] {
            assert_eq!(Some(hosts.redo().await.unwrap().step.deed), *deed);
            assert_eq!(all(&hosts.list.get()), all(state), "{deed:?}");
        }
        assert!(hosts.redo().await.is_err());
    }

    #[tokio::test]
    async fn opening_a_host_waits_for_nothing_and_is_noted() {
        let fixture = start();
        let id = fixture.hosts.save(draft("studio"), PasswordChange::Keep).await.unwrap().host.id;
        let mut changes = fixture.hosts.changes();
        changes.mark_unchanged();
        fixture.hosts.note_opened(&fixture.hosts.target_of(id).unwrap());
        changes.changed().await.unwrap();
        assert!(fixture.view(id).unwrap().last_opened.is_some());
    }
}
