//! The passphrase of the key of our own certificate: the keyring first, then the person.

use super::{
    super::{Answer, Prompt, Stage},
    Found, Prompts, saved_or,
};
use crate::{
    error::ConnectError,
    model::{Party, Secret, passphrase_account},
};

impl Prompts<'_> {
    /// # Errors
    /// [`ConnectError::cancelled`] where the person gave up.
    pub(super) async fn passphrase_of(&mut self, file: &str, again: bool) -> Result<Secret, ConnectError> {
        let account = passphrase_account(file);
        // Whatever was wrong is not tried again.
        if again {
            return self.ask_for_passphrase_of(file, &account, again).await;
        }
        if let Some(typed) = self.run.passphrase_of(file) {
            return Ok(typed);
        }
        match saved_or(self.run, &account, Stage::Dialing, self.ask_for_passphrase_of(file, &account, again)).await {
            Found::Saved(passphrase) => Ok(passphrase),
            Found::Said(typed) => typed,
        }
    }

    async fn ask_for_passphrase_of(&mut self, file: &str, account: &str, again: bool) -> Result<Secret, ConnectError> {
        let prompt = Prompt::Passphrase { file: file.to_owned(), again };
        let Some(Answer::Passphrase { passphrase, remember }) = self.ask(Party::Server, prompt, Stage::Dialing).await
        else {
            return Err(ConnectError::cancelled());
        };
        self.run.set_passphrase(file, passphrase.clone());
        self.unproved.retain(|(other, _)| other != account);
        if remember {
            self.unproved.push((account.to_owned(), passphrase.clone()));
        }
        Ok(passphrase)
    }
}
