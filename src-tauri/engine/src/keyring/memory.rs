//! Secrets in this process's memory.

use super::{Entry, Store};
use crate::error::KeyringError;
use parking_lot::Mutex;
use std::collections::HashMap;

/// A [`Store`] in memory: it is never locked, never silent, and empty when the process starts.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<String, Entry>>);

impl Store for Memory {
    fn check(&self) -> Result<(), KeyringError> {
        Ok(())
    }

    fn get(&self, account: &str) -> Result<Option<Entry>, KeyringError> {
        Ok(self.0.lock().get(account).cloned())
    }

    fn set(&self, account: &str, entry: &Entry) -> Result<(), KeyringError> {
        self.0.lock().insert(account.to_owned(), entry.clone());
        Ok(())
    }

    fn forget(&self, account: &str) -> Result<(), KeyringError> {
        self.0.lock().remove(account);
        Ok(())
    }
}
