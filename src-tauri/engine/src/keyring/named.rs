//! Named logins in the keyring: one item each, with the password and with the servers that the user has chosen it for.
//!
//! The servers lie beside the password and not in the list, as any program may write to a list: one that leads a machine elsewhere, or
//! gives the login to another machine, gets no password by that.

use super::{Entry, Keyring, Store};
use crate::{
    error::KeyringError,
    model::{LoginId, Recipient, Secret},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// The item, as the keyring has it.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Item {
    /// None where only the servers are known yet.
    password: Option<Zeroizing<String>>,
    /// For whom it was chosen.
    servers: BTreeSet<String>,
}

impl Item {
    fn read(store: &dyn Store, id: LoginId) -> Result<Self, KeyringError> {
        let Some(Entry { secret, .. }) = store.get(&account(id))? else { return Ok(Self::default()) };
        // The cause would say a part of it.
        serde_json::from_str(secret.expose())
            .map_err(|_| KeyringError::Failed { detail: "what it has for this login is none".to_owned() })
    }

    fn write(&self, store: &dyn Store, id: LoginId) -> Result<(), KeyringError> {
        let text = serde_json::to_string(self).map_err(|cause| KeyringError::Failed { detail: cause.to_string() })?;
        store.set(&account(id), &Entry { secret: text.into(), recipient: None })
    }
}

/// The keyring's account of it.
fn account(id: LoginId) -> String {
    format!("login {id}")
}

impl Keyring {
    /// The password of a named login, for a server that it was chosen for.
    ///
    /// # Errors
    /// [`KeyringError::NotChosen`] for any other server; as [`Keyring::get`].
    pub async fn named(&self, id: LoginId, server: Recipient) -> Result<Option<Secret>, KeyringError> {
        let look = move |store: &dyn Store| {
            let item = Item::read(store, id)?;
            let Some(password) = item.password else { return Ok(None) };
            match item.servers.contains(server.as_str()) {
                true => Ok(Some(secret(&password))),
                false => Err(KeyringError::NotChosen { recipient: server.to_string() }),
            }
        };
        self.ask(look).await
    }

    /// The password of a named login, whatever it was chosen for: for the choice that is just being made.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub(crate) async fn named_for_any(&self, id: LoginId) -> Result<Option<Secret>, KeyringError> {
        self.ask(move |store| Ok(Item::read(store, id)?.password.as_ref().map(secret))).await
    }

    /// Gives a named login another password, or none, and returns the former one; what it was chosen for stays.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub(crate) async fn set_named(
        &self,
        id: LoginId,
        password: Option<&Secret>,
    ) -> Result<Option<Secret>, KeyringError> {
        let password = password.map(|password| Zeroizing::new(password.expose().to_owned()));
        let set = move |item: &mut Item| std::mem::replace(&mut item.password, password).as_ref().map(secret);
        self.change_named(id, set).await
    }

    /// From now on a named login is for these servers, too.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub(crate) async fn choose_named(&self, id: LoginId, servers: Vec<Recipient>) -> Result<(), KeyringError> {
        self.change_named(id, move |item| item.servers.extend(texts(servers))).await
    }

    /// A named login is no longer for these servers; returns those that it was for.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub(crate) async fn unchoose_named(
        &self,
        id: LoginId,
        servers: Vec<Recipient>,
    ) -> Result<Vec<Recipient>, KeyringError> {
        let take =
            move |item: &mut Item| servers.into_iter().filter(|server| item.servers.remove(server.as_str())).collect();
        self.change_named(id, take).await
    }

    /// Where a named login is for the first server of a pair, it is for the second one as well.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub(crate) async fn extend_named(
        &self,
        id: LoginId,
        servers: Vec<(Recipient, Recipient)>,
    ) -> Result<(), KeyringError> {
        let extend = move |item: &mut Item| {
            let chosen = servers.into_iter().filter(|(from, _)| item.servers.contains(from.as_str()));
            let more: Vec<_> = texts(chosen.map(|(_, to)| to)).collect();
            item.servers.extend(more);
        };
        self.change_named(id, extend).await
    }

    /// All that the keyring has of a named login, to be put back.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub(crate) async fn named_item(&self, id: LoginId) -> Result<Option<Secret>, KeyringError> {
        self.get(account(id)).await
    }

    /// Puts that back.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub(crate) async fn put_named_item(&self, id: LoginId, item: &Secret) -> Result<(), KeyringError> {
        self.set(account(id), item).await
    }

    /// Takes a named login out of the keyring.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub(crate) async fn forget_named(&self, id: LoginId) -> Result<(), KeyringError> {
        self.forget(account(id)).await
    }

    async fn change_named<T: Send + 'static>(
        &self,
        id: LoginId,
        change: impl FnOnce(&mut Item) -> T + Send + 'static,
    ) -> Result<T, KeyringError> {
        let change = move |store: &dyn Store| {
            let mut item = Item::read(store, id)?;
            let changed = change(&mut item);
            item.write(store, id)?;
            Ok(changed)
        };
        self.ask(change).await
    }
}

fn secret(password: &Zeroizing<String>) -> Secret {
    String::clone(password).into()
}

fn texts(servers: impl IntoIterator<Item = Recipient>) -> impl Iterator<Item = String> {
    servers.into_iter().map(|server| server.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Recipient {
        Recipient::kept(text)
    }

    #[tokio::test]
    async fn it_is_given_only_for_servers_that_it_was_chosen_for() {
        let (keyring, id) = (Keyring::in_memory(), LoginId::new());
        keyring.choose_named(id, vec![server("a"), server("b")]).await.unwrap();
        assert!(keyring.named(id, server("evil")).await.unwrap().is_none(), "there is nothing to be sent yet");
        keyring.set_named(id, Some(&"hunter2".to_owned().into())).await.unwrap();
        let ask = async |text| keyring.named(id, server(text)).await.map(|found| found.unwrap().expose().to_owned());
        assert_eq!(ask("a").await.as_deref(), Ok("hunter2"));
        assert_eq!(ask("evil").await, Err(KeyringError::NotChosen { recipient: "evil".into() }));

        keyring.extend_named(id, vec![(server("a"), server("c")), (server("evil"), server("d"))]).await.unwrap();
        assert_eq!((ask("c").await.is_ok(), ask("d").await.is_ok()), (true, false));
        let were = keyring.unchoose_named(id, vec![server("a"), server("evil")]).await.unwrap();
        assert_eq!((were, ask("a").await.is_ok(), ask("b").await.is_ok()), (vec![server("a")], false, true));

        // Another password is for the same servers.
        keyring.set_named(id, Some(&"hunter3".to_owned().into())).await.unwrap();
        assert_eq!(ask("b").await.as_deref(), Ok("hunter3"));
        keyring.set_named(id, None).await.unwrap();
        assert!(keyring.named(id, server("b")).await.unwrap().is_none());
        keyring.forget_named(id).await.unwrap();
        assert!(keyring.get(account(id)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn an_item_that_is_none_is_told_and_not_shown() {
        let (keyring, id) = (Keyring::in_memory(), LoginId::new());
        keyring.set(account(id), &"hunter2".to_owned().into()).await.unwrap();
        let error = keyring.named(id, server("a")).await.unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
