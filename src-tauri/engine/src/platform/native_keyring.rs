//! The keyrings of macOS (Keychain) and Windows (Credential Manager), through the crate `keyring`.

use crate::{error::KeyringError, model::Secret};
use keyring::{Entry, Error};
use std::sync::Arc;

/// Entries under one service name. A service name and an account have at most one entry.
pub(crate) struct SystemKeyring {
    service: Arc<str>,
}

impl SystemKeyring {
    /// Entries under this service name.
    pub(crate) fn new(service: &str) -> Self {
        Self { service: service.into() }
    }

    /// Whether the system's keyring can be used.
    pub(crate) fn check(&self) -> Result<(), KeyringError> {
        Entry::store_status().map_err(|cause| KeyringError::Missing { detail: cause.to_string() })
    }

    /// The secret of `account`, and for whom it is.
    pub(crate) fn get(&self, account: &str) -> Result<Option<(Secret, Option<String>)>, KeyringError> {
        let Some(secret) = self.read(account)? else { return Ok(None) };
        Ok(Some((secret.into(), self.read(&recipient_of(account))?)))
    }

    /// Stores the secret of `account`.
    pub(crate) fn set(&self, account: &str, secret: &Secret, recipient: Option<&str>) -> Result<(), KeyringError> {
        // In this order: where the second fails, what was typed for one server is never kept for another.
        self.entry(account)?.set_password(secret.expose()).map_err(explain)?;
        let kept = recipient_of(account);
        match recipient {
            Some(recipient) => self.entry(&kept)?.set_password(recipient).map_err(explain),
            None => self.remove(&kept),
        }
    }

    /// Removes the secret of `account`.
    pub(crate) fn forget(&self, account: &str) -> Result<(), KeyringError> {
        self.remove(account)?;
        self.remove(&recipient_of(account))
    }

    fn read(&self, account: &str) -> Result<Option<String>, KeyringError> {
        match self.entry(account)?.get_password() {
            Ok(text) => Ok(Some(text)),
            Err(Error::NoEntry) => Ok(None),
            Err(cause) => Err(explain(cause)),
        }
    }

    fn remove(&self, account: &str) -> Result<(), KeyringError> {
        match self.entry(account)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(cause) => Err(explain(cause)),
        }
    }

    fn entry(&self, account: &str) -> Result<Entry, KeyringError> {
        self.check()?;
        Entry::new(&self.service, account).map_err(explain)
    }
}

/// The entry that says for whom the secret of `account` is.
fn recipient_of(account: &str) -> String {
    format!("{account} recipient")
}

fn explain(cause: Error) -> KeyringError {
    let detail = match cause {
        Error::NoStorageAccess(_) => return KeyringError::Locked,
        // Their own words quote what is stored, or are Rust's debug text.
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "what it has for this account is not text".to_owned(),
        Error::Ambiguous(_) => "it has more than one entry for this account".to_owned(),
        cause => cause.to_string(),
    };
    KeyringError::Failed { detail }
}
