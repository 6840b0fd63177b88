//! The password of our user at a proxy: the keyring first, then the person.

use super::{
    super::{Answer, Prompt, Stage},
    Found, Prompts, saved_or,
};
use crate::{
    error::ConnectError,
    model::{Party, Proxy, Secret},
};

impl Prompts<'_> {
    /// # Errors
    /// [`ConnectError::cancelled`] where the person gave up.
    pub(super) async fn password_of(&mut self, proxy: &Proxy, again: bool) -> Result<Secret, ConnectError> {
        let account = proxy.account();
        // Whatever was wrong is not tried again.
        if again {
            return self.ask_for_password_of(proxy, &account, again).await;
        }
        if let Some(typed) = self.run.proxy_password_of(&account) {
            return Ok(typed);
        }
        match saved_or(self.run, &account, Stage::Dialing, self.ask_for_password_of(proxy, &account, again)).await {
            Found::Saved(password) => Ok(password),
            Found::Said(typed) => typed,
        }
    }

    async fn ask_for_password_of(&mut self, proxy: &Proxy, account: &str, again: bool) -> Result<Secret, ConnectError> {
        let (username, readable) = (proxy.username().unwrap_or_default().to_owned(), proxy.kind().is_readable());
        let prompt = Prompt::Proxy { username, again, readable };
        let Some(Answer::Proxy { password, remember }) = self.ask(Party::Proxy, prompt, Stage::Dialing).await else {
            return Err(ConnectError::cancelled());
        };
        self.run.set_proxy_password(account, password.clone());
        self.unproved.retain(|(other, _)| other != account);
        if remember {
            self.unproved.push((account.to_owned(), password.clone()));
        }
        Ok(password)
    }
}
