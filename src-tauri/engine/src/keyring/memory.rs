//! Secrets in this process's memory.

use super::Store;
use crate::{error::KeyringError, model::Secret};
use parking_lot::Mutex;
use std::collections::HashMap;

/// A [`Store`] in memory: it is never locked, never silent, and empty when the process starts.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<String, Secret>>);

impl Store for Memory {
    fn check(&self) -> Result<(), KeyringError> {
        Ok(())
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, KeyringError> {
        Ok(self.0.lock().get(account).cloned())
    }

    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeyringError> {
        self.0.lock().insert(account.to_owned(), secret.clone());
        Ok(())
    }

    fn forget(&self, account: &str) -> Result<(), KeyringError> {
        self.0.lock().remove(account);
        Ok(())
    }
}
