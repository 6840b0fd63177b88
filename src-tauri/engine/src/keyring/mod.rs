//! Passwords and other secrets in the operating system's keyring, filed by account (a host's id, say). Where there is no
//! keyring nothing is kept: there is no fallback to a file.
//!
//! [`Keyring`] asks a [`Store`], which may block, on a thread of the runtime's blocking pool, one question at a time.

mod memory;
mod turn;

pub use memory::Memory;

use crate::{
    error::KeyringError,
    model::{HostId, Secret},
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

    /// The secret of `account`; the newest where there are several.
    fn get(&self, account: &str) -> Result<Option<Secret>, KeyringError>;

    /// The same, but unlocks nothing: [`KeyringError::Locked`] where that would be needed, also to store it.
    fn peek(&self, account: &str) -> Result<Option<Secret>, KeyringError> {
        self.get(account)
    }

    /// Stores the secret of `account` in place of all that are there.
    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeyringError>;

    /// Removes every secret of `account`; there need not be one.
    fn forget(&self, account: &str) -> Result<(), KeyringError>;
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
        self.ask(move |store| store.get(&account)).await
    }

    /// The same, but asks nobody to unlock the keyring: [`KeyringError::Locked`] where that would be needed, also to store it.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub async fn peek(&self, account: impl ToString) -> Result<Option<Secret>, KeyringError> {
        let account = account.to_string();
        self.ask(move |store| store.peek(&account)).await
    }

    /// Stores the secret of `account` in place of the one that may be there.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub async fn set(&self, account: impl ToString, secret: &Secret) -> Result<(), KeyringError> {
        let (account, secret) = (account.to_string(), secret.clone());
        self.ask(move |store| store.set(&account, &secret)).await
    }

    /// Removes the secret of `account`; there need not be one.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub async fn forget(&self, account: impl ToString) -> Result<(), KeyringError> {
        let account = account.to_string();
        self.ask(move |store| store.forget(&account)).await
    }

    /// Stores the secret of `from` for `to` as well.
    ///
    /// # Errors
    /// As [`Keyring::get`]; [`KeyringError::Failed`] where `from` has none.
    pub async fn copy(&self, from: HostId, to: HostId) -> Result<(), KeyringError> {
        let none = || KeyringError::Failed { detail: "it has no password to copy".to_owned() };
        let (from, to) = (from.to_string(), to.to_string());
        self.ask(move |store| store.set(&to, &store.get(&from)?.ok_or_else(none)?)).await
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

impl Store for SystemKeyring {
    fn check(&self) -> Result<(), KeyringError> {
        self.check()
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, KeyringError> {
        self.get(account)
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    fn peek(&self, account: &str) -> Result<Option<Secret>, KeyringError> {
        self.peek(account)
    }

    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeyringError> {
        self.set(account, secret)
    }

    fn forget(&self, account: &str) -> Result<(), KeyringError> {
        self.forget(account)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
