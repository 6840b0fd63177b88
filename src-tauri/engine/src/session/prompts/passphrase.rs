//! The passphrase of the key of our own certificate: the keyring first, then the person.

use super::{
    super::{Answer, Prompt, Stage},
    Prompts,
};
use crate::{
    error::ConnectError,
    keyring::KEYRING_OFFER_DELAY,
    model::{Party, Secret, passphrase_account},
};
use tokio::time::timeout;

impl Prompts<'_> {
    /// # Errors
    /// [`ConnectError::cancelled`] where the person gave up.
    pub(super) async fn passphrase_of(&mut self, file: &str, again: bool) -> Result<Secret, ConnectError> {
        let account = passphrase_account(file);
        // Whatever was wrong is not tried again.
        if !again {
            if let Some(typed) = self.run.passphrase_of(file) {
                return Ok(typed);
            }
            self.run.set_stage(Stage::Keyring);
            match timeout(KEYRING_OFFER_DELAY, self.run.services.keyring.get(&account)).await {
                Ok(Ok(Some(passphrase))) => return Ok(passphrase),
                Ok(Err(error)) => tracing::info!(%error, "no passphrase from the keyring"),
                Ok(Ok(None)) | Err(_) => {}
            }
        }
        let prompt = Prompt::Passphrase { file: file.to_owned(), again };
        let Some(Answer::Passphrase { passphrase, remember }) = self.ask(Party::Server, prompt, Stage::Dialing).await
        else {
            return Err(ConnectError::cancelled());
        };
        self.run.set_passphrase(file, passphrase.clone());
        self.unproved.retain(|(other, _)| *other != account);
        if remember {
            self.unproved.push((account, passphrase.clone()));
        }
        Ok(passphrase)
    }
}
