//! The keyring of Linux and the BSDs: the [Secret Service](https://specifications.freedesktop.org/secret-service/0.2/),
//! which GNOME Keyring, KWallet and KeePassXC are.

use crate::{error::KeyringError, model::Secret};
use secret_service::{
    EncryptionType, Error,
    blocking::{Item, SecretService},
};
use std::{collections::HashMap, sync::Arc};
use zeroize::Zeroizing;

/// Of secrets that Portlight stores.
const CONTENT_TYPE: &str = "application/octet-stream";

/// The attribute that says for whom a login is.
const RECIPIENT: &str = "recipient";

/// Entries under one service name, each an item with the attributes `service` and `username` (the account), and `recipient` where it
/// is a login: the server that it is for.
///
/// Each function connects anew, which takes some 20 ms: so a keyring that starts later, or again, is found.
pub(crate) struct SystemKeyring {
    service: Arc<str>,
}

impl SystemKeyring {
    /// Entries under this service name.
    pub(crate) fn new(service: &str) -> Self {
        Self { service: service.into() }
    }

    /// Whether there is a Secret Service on the session bus.
    pub(crate) fn check(&self) -> Result<(), KeyringError> {
        connect().map(drop)
    }

    /// The secret of the item that was modified last, and for whom it is.
    pub(crate) fn get(&self, account: &str) -> Result<Option<(Secret, Option<String>)>, KeyringError> {
        let keyring = connect()?;
        let Some(item) = self.items(&keyring, account)?.pop() else { return Ok(None) };
        let recipient = item.get_attributes().map_err(explain)?.remove(RECIPIENT);
        let secret = item.get_secret().map_err(explain)?;
        let text = String::from_utf8(secret).map_err(|error| {
            drop(Zeroizing::new(error.into_bytes()));
            KeyringError::Failed { detail: "what it has for this account is not text".to_owned() }
        });
        text.map(|text| Some((text.into(), recipient)))
    }

    /// The secret of an account, without a question to the user: [`KeyringError::Locked`] where there would be one, also to store it.
    pub(crate) fn peek(&self, account: &str) -> Result<Option<(Secret, Option<String>)>, KeyringError> {
        let keyring = connect()?;
        let found = keyring.search_items(self.attributes(account)).map_err(explain)?;
        let is_new = found.unlocked.is_empty();
        if !found.locked.is_empty()
            || is_new && keyring.get_default_collection().map_err(explain)?.is_locked().map_err(explain)?
        {
            return Err(KeyringError::Locked);
        }
        drop(found);
        if is_new { Ok(None) } else { self.get(account) }
    }

    /// Changes the item that was modified last and removes the others; without one, makes it in the default collection.
    pub(crate) fn set(&self, account: &str, secret: &Secret, recipient: Option<&str>) -> Result<(), KeyringError> {
        let keyring = connect()?;
        let mut items = self.items(&keyring, account)?;
        let secret = secret.expose().as_bytes();
        let Some(newest) = items.pop() else { return self.create(&keyring, account, secret, recipient) };
        let mut attributes = newest.get_attributes().map_err(explain)?;
        // In this order: where the second fails, what was typed for one server is never kept for another.
        newest.set_secret(secret, CONTENT_TYPE).map_err(explain)?;
        if attributes.get(RECIPIENT).map(String::as_str) != recipient {
            match recipient {
                Some(recipient) => attributes.insert(RECIPIENT.to_owned(), recipient.to_owned()),
                None => attributes.remove(RECIPIENT),
            };
            let attributes = attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
            newest.set_attributes(attributes).map_err(explain)?;
        }
        items.iter().try_for_each(Item::delete).map_err(explain)
    }

    /// Removes all items of the account.
    pub(crate) fn forget(&self, account: &str) -> Result<(), KeyringError> {
        let keyring = connect()?;
        self.items(&keyring, account)?.iter().try_for_each(Item::delete).map_err(explain)
    }

    fn create(
        &self,
        keyring: &SecretService<'_>,
        account: &str,
        secret: &[u8],
        recipient: Option<&str>,
    ) -> Result<(), KeyringError> {
        let collection = keyring.get_default_collection().map_err(explain)?;
        if collection.is_locked().map_err(explain)? {
            collection.unlock().map_err(explain)?;
        }
        // What the keyring's own program shows to the user.
        let label = format!("Portlight password {account}");
        let mut attributes = self.attributes(account);
        attributes.extend(recipient.map(|recipient| (RECIPIENT, recipient)));
        collection.create_item(&label, attributes, secret, true, CONTENT_TYPE).map(drop).map_err(explain)
    }

    /// The items of an account, unlocked, the one that was modified last at the end. There is more than one where a
    /// backup was restored, or where the user copied an item to another collection.
    fn items<'a>(&self, keyring: &'a SecretService<'a>, account: &str) -> Result<Vec<Item<'a>>, KeyringError> {
        let found = keyring.search_items(self.attributes(account)).map_err(explain)?;
        if !found.locked.is_empty() {
            keyring.unlock_all(&found.locked.iter().collect::<Vec<_>>()).map_err(explain)?;
        }
        let mut items: Vec<_> = found.unlocked.into_iter().chain(found.locked).collect();
        if items.len() > 1 {
            items.sort_by_cached_key(|item| {
                // `Modified` is in seconds. Within one, the higher number at the end of the path is the newer item.
                let path = item.item_path.as_str();
                (item.get_modified().unwrap_or(0), path.len(), path.to_owned())
            });
        }
        Ok(items)
    }

    fn attributes<'a>(&'a self, account: &'a str) -> HashMap<&'a str, &'a str> {
        HashMap::from([("service", &*self.service), ("username", account)])
    }

    /// The labels of an account's items.
    #[cfg(test)]
    pub(crate) fn labels(&self, account: &str) -> Vec<String> {
        let keyring = connect().unwrap();
        self.items(&keyring, account).unwrap().iter().map(|item| item.get_label().unwrap()).collect()
    }
}

fn connect<'a>() -> Result<SecretService<'a>, KeyringError> {
    // Diffie-Hellman: secrets do not travel in the clear over the bus.
    SecretService::connect(EncryptionType::Dh).map_err(|cause| KeyringError::Missing { detail: cause.to_string() })
}

fn explain(cause: Error) -> KeyringError {
    match cause {
        Error::Locked | Error::Prompt => KeyringError::Locked,
        // There is a service, but no default collection: a keyring that was never set up.
        Error::NoResult => KeyringError::Missing { detail: cause.to_string() },
        cause => KeyringError::Failed { detail: cause.to_string() },
    }
}
