//! Passwords and other secrets in the operating system's keyring, filed by account (a host's id, say). Where there is no
//! keyring nothing is kept: there is no fallback to a file.
//!
//! [`Keyring`] asks a [`Store`], which may block, on a thread of the runtime's blocking pool, one question at a time.

mod memory;
mod named;
mod secure_on;
mod turn;

pub use memory::Memory;

use crate::{
    error::KeyringError,
    model::{Recipient, Secret},
    platform::SystemKeyring,
};
use parking_lot::Mutex;
use std::{fmt, sync::Arc, time::Duration};
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout_at},
};
use turn::Turns;

/// How long one question to the keyring may take, 60 s: the keyring may be asking the user to unlock it.
pub const KEYRING_TIMEOUT: Duration = Duration::from_secs(60);
/// How long to wait for the keyring before the user is offered to type the password instead, 2 s. Also how long a question
/// that was given up may still delay the next ones.
pub const KEYRING_OFFER_DELAY: Duration = Duration::from_secs(2);

/// A place for secrets. All functions may block, for as long as a user takes to unlock it.
///
/// # Errors
/// Each function: [`KeyringError::Missing`] where there is no keyring, [`KeyringError::Locked`] where it stayed locked,
/// [`KeyringError::Failed`] for everything else.
#[allow(clippy::missing_errors_doc, reason = "they are the trait's")]
pub trait Store: Send + Sync + 'static {
    /// Whether the keyring can be reached. Unlocks nothing.
    fn check(&self) -> Result<(), KeyringError>;

    /// What `account` has; the newest where there are several.
    fn get(&self, account: &str) -> Result<Option<Entry>, KeyringError>;

    /// The same, but unlocks nothing: [`KeyringError::Locked`] where that would be needed, also to store it.
    fn peek(&self, account: &str) -> Result<Option<Entry>, KeyringError> {
        self.get(account)
    }

    /// Stores what `account` is to have in place of all that is there.
    fn set(&self, account: &str, entry: &Entry) -> Result<(), KeyringError>;

    /// Removes every secret of `account`; there need not be one.
    fn forget(&self, account: &str) -> Result<(), KeyringError>;
}

/// A secret as a keyring has it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The secret itself.
    pub secret: Secret,
    /// For whom it is, where it is the login of a host; none for other secrets, and for logins from before this was kept.
    pub recipient: Option<Recipient>,
}

impl Entry {
    /// The secret, where it is for `recipient`.
    fn for_recipient(self, recipient: &Recipient) -> Result<Secret, KeyringError> {
        match self.recipient {
            Some(other) if other != *recipient => Err(KeyringError::ForAnother { recipient: other.to_string() }),
            _ => Ok(self.secret),
        }
    }
}

/// A keyring for async code. Clones share one turn: the keyring is asked one question at a time.
///
/// Each function can be dropped at any time. The thread that asks cannot be stopped and keeps its turn until the keyring
/// answers; from the moment its question was dropped or timed out, others wait for it no longer than
/// [`KEYRING_OFFER_DELAY`] and then fail with [`KeyringError::Silent`]. So a keyring that hangs costs one thread.
#[derive(Clone)]
pub struct Keyring {
    store: Arc<dyn Store>,
    turns: Turns,
    /// The last answer, where it was that there is no keyring.
    absence: Arc<Mutex<Option<KeyringError>>>,
}

impl Keyring {
    /// The operating system's keyring, with entries filed under `service`.
    pub fn new(service: &str) -> Self {
        Self::with_store(SystemKeyring::new(service))
    }

    /// A keyring that lasts as long as this process: for tests, which must not touch the user's own.
    pub fn in_memory() -> Self {
        Self::with_store(Memory::default())
    }

    /// A keyring that keeps its secrets in `store`.
    pub fn with_store(store: impl Store) -> Self {
        Self { store: Arc::new(store), turns: Turns::default(), absence: Arc::default() }
    }

    /// [`KeyringError::Missing`] where that was the keyring's last answer. Asks nothing.
    pub fn known_absence(&self) -> Option<KeyringError> {
        self.absence.lock().clone()
    }

    /// Whether there is a keyring.
    ///
    /// # Errors
    /// [`KeyringError::Missing`], [`KeyringError::Silent`].
    pub async fn check(&self) -> Result<(), KeyringError> {
        self.ask(|store| store.check()).await
    }

    /// The secret of `account`, such as a host's id.
    ///
    /// # Errors
    /// [`KeyringError::Silent`] after [`KEYRING_TIMEOUT`], and those of [`Store`].
    pub async fn get(&self, account: impl ToString) -> Result<Option<Secret>, KeyringError> {
        let account = account.to_string();
        self.ask(move |store| Ok(store.get(&account)?.map(|entry| entry.secret))).await
    }

    /// The login of `account`, which is a host's, for the server that the host leads to. One from before this was kept is for the
    /// first server that it is asked for.
    ///
    /// # Errors
    /// [`KeyringError::ForAnother`] where it is for another server; as [`Keyring::get`].
    pub async fn get_for(&self, account: impl ToString, recipient: Recipient) -> Result<Option<Secret>, KeyringError> {
        let account = account.to_string();
        let look = move |store: &dyn Store| {
            let Some(entry) = store.get(&account)? else { return Ok(None) };
            let is_new = entry.recipient.is_none();
            let secret = entry.for_recipient(&recipient)?;
            if is_new
                && let Err(error) = store.set(&account, &Entry { secret: secret.clone(), recipient: Some(recipient) })
            {
                tracing::info!(%error, "for whom a login is could not be kept");
            }
            Ok(Some(secret))
        };
        self.ask(look).await
    }

    /// As [`Keyring::get_for`], but does not ask the user to unlock the keyring. Only what was stored for `recipient` is found.
    ///
    /// # Errors
    /// As [`Keyring::get_for`]; [`KeyringError::Locked`] where it would have to be unlocked.
    pub async fn peek_for(&self, account: impl ToString, recipient: Recipient) -> Result<Option<Secret>, KeyringError> {
        let account = account.to_string();
        let look = move |store: &dyn Store| {
            let found = store.peek(&account)?.filter(|entry| entry.recipient.is_some());
            found.map(|entry| entry.for_recipient(&recipient)).transpose()
        };
        self.ask(look).await
    }

    /// The same, but asks nobody to unlock the keyring: [`KeyringError::Locked`] where that would be needed, also to store it.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub async fn peek(&self, account: impl ToString) -> Result<Option<Secret>, KeyringError> {
        let account = account.to_string();
        self.ask(move |store| Ok(store.peek(&account)?.map(|entry| entry.secret))).await
    }

    /// Stores the secret of `account` in place of the one that may be there.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub async fn set(&self, account: impl ToString, secret: &Secret) -> Result<(), KeyringError> {
        self.store(account.to_string(), Entry { secret: secret.clone(), recipient: None }).await
    }

    /// Stores the login of `account`, which is a host's, in place of the one that may be there. Without a recipient it is for the
    /// first one that it is asked for.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub async fn set_for(
        &self,
        account: impl ToString,
        recipient: impl Into<Option<Recipient>>,
        secret: &Secret,
    ) -> Result<(), KeyringError> {
        self.store(account.to_string(), Entry { secret: secret.clone(), recipient: recipient.into() }).await
    }

    /// A login goes along where its host leads from now on; one that was for neither server stays as it is.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub async fn readdress(&self, account: impl ToString, from: Recipient, to: Recipient) -> Result<(), KeyringError> {
        let account = account.to_string();
        let change = move |store: &dyn Store| match store.get(&account)? {
            Some(Entry { secret, recipient }) if recipient.as_ref().is_none_or(|recipient| *recipient == from) => {
                store.set(&account, &Entry { secret, recipient: Some(to) })
            }
            _ => Ok(()),
        };
        self.ask(change).await
    }

    async fn store(&self, account: String, entry: Entry) -> Result<(), KeyringError> {
        self.ask(move |store| store.set(&account, &entry)).await
    }

    /// Removes the secret of `account`; there need not be one.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub async fn forget(&self, account: impl ToString) -> Result<(), KeyringError> {
        let account = account.to_string();
        self.ask(move |store| store.forget(&account)).await
    }

    /// Stores the login of the account `from` for the account `to` as well.
    ///
    /// # Errors
    /// As [`Keyring::get_for`]; [`KeyringError::Failed`] where `from` has none.
    pub async fn copy(
        &self,
        from: (impl ToString, Recipient),
        to: (impl ToString, Recipient),
    ) -> Result<(), KeyringError> {
        let none = || KeyringError::Failed { detail: "it has no password to copy".to_owned() };
        let ((from, former), (to, recipient)) = ((from.0.to_string(), from.1), (to.0.to_string(), to.1));
        let copy = move |store: &dyn Store| {
            let secret = store.get(&from)?.ok_or_else(none)?.for_recipient(&former)?;
            store.set(&to, &Entry { secret, recipient: Some(recipient) })
        };
        self.ask(copy).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Store) -> Result<T, KeyringError> + Send + 'static,
    ) -> Result<T, KeyringError> {
        let deadline = Instant::now() + KEYRING_TIMEOUT;
        let silent = |_| KeyringError::Silent;
        let turn = timeout_at(deadline, self.turns.take()).await.map_err(silent)?.ok_or(KeyringError::Silent)?;
        // Dropped before the answer is there, this lets those behind know.
        let waiting = turn.waiting();
        let store = Arc::clone(&self.store);
        let thread = spawn_blocking(move || {
            let _turn = turn;
            question(&*store)
        });
        let answer = timeout_at(deadline, thread).await.map_err(silent)?;
        waiting.answered();
        let answer = answer.unwrap_or_else(|cause| Err(KeyringError::Failed { detail: cause.to_string() }));
        *self.absence.lock() =
            answer.as_ref().err().filter(|error| matches!(error, KeyringError::Missing { .. })).cloned();
        answer
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

impl From<(Secret, Option<String>)> for Entry {
    fn from((secret, recipient): (Secret, Option<String>)) -> Self {
        Self { secret, recipient: recipient.map(Recipient::kept) }
    }
}

impl Store for SystemKeyring {
    fn check(&self) -> Result<(), KeyringError> {
        self.check()
    }

    fn get(&self, account: &str) -> Result<Option<Entry>, KeyringError> {
        Ok(self.get(account)?.map(Entry::from))
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    fn peek(&self, account: &str) -> Result<Option<Entry>, KeyringError> {
        Ok(self.peek(account)?.map(Entry::from))
    }

    fn set(&self, account: &str, entry: &Entry) -> Result<(), KeyringError> {
        self.set(account, &entry.secret, entry.recipient.as_ref().map(Recipient::as_str))
    }

    fn forget(&self, account: &str) -> Result<(), KeyringError> {
        self.forget(account)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
