//! The password of our user at a proxy: the keyring first, then the person.

use super::{
    super::{Answer, Prompt, Stage},
    Prompts,
};
use crate::{
    error::ConnectError,
    keyring::KEYRING_OFFER_DELAY,
    model::{Party, Proxy, Secret},
};
use tokio::time::timeout;

impl Prompts<'_> {
    /// # Errors
    /// [`ConnectError::cancelled`] where the person gave up.
    pub(super) async fn password_of(&mut self, proxy: &Proxy, again: bool) -> Result<Secret, ConnectError> {
        let account = proxy.account();
        // Whatever was wrong is not tried again.
        if !again {
            if let Some(typed) = self.run.proxy_password_of(&account) {
                return Ok(typed);
            }
            self.run.set_stage(Stage::Keyring);
            match timeout(KEYRING_OFFER_DELAY, self.run.services.keyring.get(&account)).await {
                Ok(Ok(Some(password))) => {
                    self.run.set_stage(Stage::Dialing);
                    return Ok(password);
                }
                Ok(Err(error)) => tracing::info!(%error, "no password for the proxy from the keyring"),
                Ok(Ok(None)) | Err(_) => {}
            }
        }
        let prompt = Prompt::Proxy { username: proxy.username().unwrap_or_default().to_owned(), again };
        let Some(Answer::Proxy { password, remember }) = self.ask(Party::Proxy, prompt, Stage::Dialing).await else {
            return Err(ConnectError::cancelled());
        };
        self.run.set_proxy_password(&account, password.clone());
        self.unproved.retain(|(other, _)| *other != account);
        if remember {
            self.unproved.push((account, password.clone()));
        }
        Ok(password)
    }
}
