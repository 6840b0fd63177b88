//! The saved hosts with their passwords: what the window with the list can do.
//!
//! The file and the keyring change together. A password is in the keyring before the file says so, and the file stops saying
//! so before it leaves; what fails halfway is taken back. So a password without a host stays in no keyring.

use super::{find_target, undo::Undo};
use crate::{
    error::{ConnectError, Error, FormError, KeyringError, Result, StoreError},
    keyring::Keyring,
    model::{
        Host, HostDraft, HostId, HostView, HttpAuth, HttpAuthChange, OnNewAddress, PasswordChange, Secret, Target,
    },
    store::{Hint, HostList, List, SeenHints},
};
use parking_lot::Mutex;
use serde::Serialize;
use std::{
    sync::{Arc, Weak},
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::{runtime::Handle, sync::watch};

/// The list as the window shows it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HostListView {
    /// In the order in which they were added.
    pub hosts: Vec<HostView>,
    /// What the user has to know about the list or the keyring.
    pub notices: Vec<Error>,
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
    list: Arc<HostList>,
    keyring: Keyring,
    notices: Mutex<Vec<Error>>,
    undo: Undo,
}

impl Hosts {
    pub(crate) fn new(list: Arc<HostList>, keyring: Keyring, runtime: Handle) -> Arc<Self> {
        Arc::new(Self { list, keyring, notices: Mutex::default(), undo: Undo::new(runtime) })
    }

    // ---- looking

    /// The hosts and what has to be said about them.
    pub fn view(&self) -> HostListView {
        let about_the_file = self.list.notices().into_iter().map(Error::from);
        HostListView {
            hosts: self.list.get().all().iter().map(Host::view).collect(),
            notices: about_the_file.chain(self.notices.lock().iter().cloned()).collect(),
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
        Ok(Target { wake: host.mac, ..Target::from(&host) })
    }

    /// The host that a form means, and its saved password: nothing is saved. Logins that were saved for another address are
    /// left out, unless the form says that they go along.
    ///
    /// # Errors
    /// [`FormError::Fields`], [`StoreError::NoSuchHost`]. The keyring's error stands in place of the password.
    pub async fn draft(
        &self,
        draft: &HostDraft,
        change: PasswordChange,
    ) -> Result<(Host, Result<Option<Secret>, KeyringError>)> {
        let list = self.list.get();
        let existing = draft.id.map(|id| list.get(id).ok_or(StoreError::NoSuchHost)).transpose()?;
        let mut host = checked(draft, existing)?;
        if existing.is_some_and(|existing| !existing.is_same_server(&host))
            && draft.on_new_address != OnNewAddress::Keep
        {
            (host.has_password, host.has_http_auth) = (false, false);
        }
        let password = match change {
            PasswordChange::Set { password } => Ok(Some(password)),
            PasswordChange::Keep if host.has_password => self.keyring.get(host.id).await,
            PasswordChange::Keep | PasswordChange::Forget => Ok(None),
        };
        Ok((host, password))
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
    pub async fn save(&self, draft: HostDraft, change: PasswordChange) -> Result<Saved> {
        let keeps_password = matches!(change, PasswordChange::Keep);
        let (mut host, forgotten) = self.list.change(move |list| put_draft(list, &draft, keeps_password)).await?;
        let change = match change {
            PasswordChange::Keep if forgotten.password => PasswordChange::Forget,
            change => change,
        };
        let mut password = match change {
            PasswordChange::Keep => PasswordOutcome::Kept,
            PasswordChange::Forget => self.forget_password(&mut host).await,
            PasswordChange::Set { password } => self.store_password(&mut host, &password).await,
        };
        if forgotten.http_auth
            && let Err(error) = self.keyring.forget(HttpAuth::account(host.id)).await
        {
            password = PasswordOutcome::NotStored { error: error.into() };
        }
        Ok(Saved { host: host.view(), password })
    }

    async fn store_password(&self, host: &mut Host, password: &Secret) -> PasswordOutcome {
        let stored = async {
            self.keyring.set(host.id, password).await?;
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
        let id = host.id;
        let noted = self.list.change(move |list| {
            list.get_mut(id)?.has_password = has_password;
            Ok::<_, StoreError>(())
        });
        noted.await?;
        host.has_password = has_password;
        Ok(())
    }

    /// Keeps the HTTP login of a saved host's WebSocket, or forgets it.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`ConnectError::BadInput`] for headers that cannot be sent, those of the keyring: then
    /// everything is as it was.
    pub async fn save_http_auth(&self, id: HostId, change: HttpAuthChange) -> Result<()> {
        let host = self.host(id)?;
        let account = HttpAuth::account(id);
        match change {
            HttpAuthChange::Forget => {
                self.note_http_auth(id, false).await?;
                if let Err(error) = self.keyring.forget(&account).await {
                    self.note_http_auth(id, host.has_http_auth).await?;
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
                self.keyring.set(&account, &secret).await?;
                if let Err(error) = self.note_http_auth(id, true).await {
                    let taken_back = match before {
                        Some(before) => self.keyring.set(&account, &before).await,
                        None => self.keyring.forget(&account).await,
                    };
                    if let Err(error) = taken_back {
                        tracing::warn!(%error, "an HTTP login stays in the keyring");
                    }
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }

    fn note_http_auth(&self, id: HostId, has_http_auth: bool) -> impl Future<Output = Result<(), StoreError>> {
        self.list.change(move |list| {
            list.get_mut(id)?.has_http_auth = has_http_auth;
            Ok(())
        })
    }

    /// Adds a copy of a host, with its password, under another name. Its HTTP login is not copied.
    ///
    /// # Errors
    /// [`FormError::Fields`], [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub async fn duplicate(&self, id: HostId, name: String) -> Result<HostView> {
        let original = self.host(id)?;
        let mut copy = checked(&HostDraft { id: None, name, ..HostDraft::from(&original) }, None)?;
        let put = copy.clone();
        let saved = self.list.change(|list| {
            list.put(put);
            Ok::<_, StoreError>(())
        });
        saved.await?;
        if original.has_password {
            let copied = async {
                self.keyring.copy(id, copy.id).await?;
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

    /// Adds many hosts: all of them or none, as one write and one event.
    ///
    /// # Errors
    /// [`FormError::Fields`] of the first draft that cannot be read, [`StoreError::HostsNotSaved`].
    pub async fn import(&self, drafts: Vec<HostDraft>) -> Result<Vec<HostView>> {
        let hosts: Vec<Host> = drafts.iter().map(|draft| checked(draft, None)).collect::<Result<_>>()?;
        let views = hosts.iter().map(Host::view).collect();
        let added = self.list.change(|list| {
            hosts.into_iter().for_each(|host| list.put(host));
            Ok::<_, StoreError>(())
        });
        added.await?;
        Ok(views)
    }

    /// Puts a host among the favourites, or takes it out.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub async fn set_favourite(&self, id: HostId, favourite: bool) -> Result<()> {
        let set = self.list.change(move |list| {
            list.get_mut(id)?.favourite = favourite;
            Ok::<_, StoreError>(())
        });
        Ok(set.await?)
    }

    /// Notes that the host is being opened. Returns at once: nothing waits for the disk.
    pub(crate) fn note_opened(&self, target: &Target) {
        let Some(id) = target.host else { return };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        // It is under way, and one that fails is told with the next change that someone waits for.
        drop(self.list.note(id, target.endpoint(), move |host| host.last_opened = Some(now)));
    }

    // ---- removing

    /// Takes a host off the list. It can be restored within [`UNDO`](super::UNDO); then its password is forgotten too.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub async fn remove(self: &Arc<Self>, id: HostId) -> Result<()> {
        self.list.change(move |list| list.remove(id)).await?;
        let hosts = Arc::downgrade(self);
        self.undo.begin(id, async move {
            if let Some(hosts) = Weak::upgrade(&hosts) {
                hosts.forget(id).await;
            }
        });
        Ok(())
    }

    /// Undoes [`Hosts::remove`].
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`] where it is too late, [`StoreError::HostsNotSaved`].
    pub async fn restore(&self, id: HostId) -> Result<()> {
        let too_late = self.undo.too_late.lock().await;
        if too_late.contains(&id) {
            return Err(StoreError::NoSuchHost.into());
        }
        self.list.change(move |list| list.restore(id)).await?;
        self.undo.end(id);
        Ok(())
    }

    /// Forgets a removed host's logins, then the host. A keyring that refuses is asked again at the next start.
    async fn forget(&self, id: HostId) {
        {
            let mut too_late = self.undo.too_late.lock().await;
            if !self.list.get().removed().contains(&id) {
                return;
            }
            too_late.insert(id);
        }
        let forgotten = async {
            self.keyring.forget(id).await?;
            self.keyring.forget(HttpAuth::account(id)).await?;
            let gone = self.list.change(move |list| {
                list.take_removed(id);
                Ok::<_, StoreError>(())
            });
            Ok::<_, Error>(gone.await?)
        };
        if let Err(error) = forgotten.await {
            tracing::warn!(%error, "a removed machine's password is not forgotten yet");
        }
    }

    // ---- starting

    /// Looks whether there is a keyring, and forgets what was removed just before the last end: its undo has passed.
    pub(crate) async fn begin(&self, hints: &SeenHints) {
        if let Err(error @ KeyringError::Missing { .. }) = self.keyring.look().await {
            tracing::warn!(%error, "passwords are kept for a session only");
            if hints.mark_seen(Hint::KeyringMissing) {
                self.add_notice(error.into());
            }
        }
        for id in self.list.get().removed() {
            self.forget(id).await;
        }
    }

    /// Adds something that the user has to know.
    pub(crate) fn add_notice(&self, notice: Error) {
        self.notices.lock().push(notice);
        self.list.announce();
    }
}

fn checked(draft: &HostDraft, existing: Option<&Host>) -> Result<Host> {
    draft.check(existing).map_err(|fields| FormError::Fields { fields }.into())
}

/// What was meant for a host's former server, and is to leave the keyring.
#[derive(Default)]
struct Forgotten {
    password: bool,
    http_auth: bool,
}

/// Puts the host that is meant into the list, if nothing has to be asked before.
fn put_draft(list: &mut List, draft: &HostDraft, keeps_password: bool) -> Result<(Host, Forgotten)> {
    let existing = draft.id.map(|id| list.get(id).ok_or(StoreError::NoSuchHost)).transpose()?;
    let mut host = checked(draft, existing)?;
    let mut forgotten = Forgotten::default();
    if existing.is_some_and(|existing| !existing.is_same_server(&host)) {
        let has_password = host.has_password && keeps_password;
        match draft.on_new_address {
            OnNewAddress::Ask if has_password || host.has_http_auth => {
                let address = host.address.without_query().to_string();
                return Err(
                    FormError::ConfirmAddress { address, has_password, has_http_auth: host.has_http_auth }.into()
                );
            }
            OnNewAddress::Ask | OnNewAddress::Keep => {}
            OnNewAddress::Forget => {
                forgotten = Forgotten { password: has_password, http_auth: host.has_http_auth };
                host.has_http_auth = false;
            }
        }
        // The keyring still has the old one for a moment: no session may take it for the new server's.
        host.has_password = has_password && !forgotten.password;
    }
    list.put(host.clone());
    Ok((host, forgotten))
}
