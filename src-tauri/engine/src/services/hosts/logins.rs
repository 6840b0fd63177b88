//! What the keyring keeps for a host: changed together with the list, and taken back with the step.

use super::{super::website_login::sendable, Hosts, PasswordOutcome};
use crate::{
    error::{ConnectError, KeyringError, Result, StoreError},
    model::{Host, HostId, HttpAuth, HttpAuthChange, PasswordChange, Secret},
    store::{List, Login, LoginKind},
};

impl Hosts {
    /// A login that is about to leave the keyring, or to be replaced; none where it cannot be read.
    pub(in crate::services) async fn login_before(&self, host: HostId, kind: LoginKind) -> Option<Login> {
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
    pub(in crate::services) async fn readdress(&self, before: &List) -> Result<(), KeyringError> {
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
    pub(in crate::services) async fn forget_with_step(
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
    pub(super) fn note_logins(&self, step: Option<u64>, host: &Host, logins: Vec<Login>) {
        if !logins.is_empty() {
            self.list.history().add_logins(step, host, logins);
            self.list.announce();
        }
    }

    pub(super) async fn store_password(&self, host: &mut Host, password: &Secret) -> PasswordOutcome {
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

    pub(super) async fn forget_password(&self, host: &mut Host) -> PasswordOutcome {
        let forgotten = async {
            self.keyring.forget(host.id).await?;
            self.note_password(host, false).await
        };
        match forgotten.await {
            Ok(()) => PasswordOutcome::Forgotten,
            Err(error) => PasswordOutcome::NotStored { error },
        }
    }

    pub(super) async fn note_password(&self, host: &mut Host, has_password: bool) -> Result<()> {
        self.note_login(host.id, LoginKind::Password, has_password).await?;
        host.has_password = has_password;
        Ok(())
    }

    /// Keeps a host's secret beside its login, or forgets it. Returns what undoes that.
    ///
    /// # Errors
    /// Those of the keyring and the list: then it is as it was, as far as the list says.
    pub(super) async fn save_secret(
        &self,
        host: &mut Host,
        kind: LoginKind,
        was_there: bool,
        change: PasswordChange,
    ) -> Result<Option<Login>> {
        let before = match change {
            PasswordChange::Keep => return Ok(None),
            _ if was_there => self.login_before(host.id, kind).await.and_then(|login| login.before),
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
        *kind.flag(host) = after.is_some();
        Ok(Some(Login { host: host.id, kind, before, after }))
    }

    /// Notes in the list whether the keyring has a login.
    pub(in crate::services) fn note_login(
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
                sendable(&auth).map_err(|wrong| bad_input(wrong.detail))?;
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
}
