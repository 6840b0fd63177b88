//! What can go wrong with the operating system's keyring.

use serde::Serialize;

/// What can go wrong with the operating system's keyring. The conventions of the fields are those of the [module](super).
#[allow(missing_docs, reason = "each variant is documented, its fields follow the module's conventions")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum KeyringError {
    /// There is no keyring on this system (no Secret Service on the bus).
    #[error("no keyring is available: {detail}")]
    #[serde(rename = "keyring_missing")]
    Missing { detail: String },
    /// The keyring is locked, or its unlock was refused.
    #[error("the keyring is locked")]
    #[serde(rename = "keyring_locked")]
    Locked,
    /// The keyring did not answer in time.
    #[error("the keyring did not answer")]
    #[serde(rename = "keyring_silent")]
    Silent,
    /// The login is for another server than the one that its host leads to now.
    #[error("the saved login is for {recipient}, and is not sent elsewhere")]
    #[serde(rename = "keyring_for_another")]
    ForAnother { recipient: String },
    /// The named login was not chosen for the server that its host leads to now.
    #[error("this login was not chosen for {recipient}, and is not sent there")]
    #[serde(rename = "keyring_not_chosen")]
    NotChosen { recipient: String },
    /// The keyring failed in another way.
    #[error("the keyring failed: {detail}")]
    #[serde(rename = "keyring_failed")]
    Failed { detail: String },
}
