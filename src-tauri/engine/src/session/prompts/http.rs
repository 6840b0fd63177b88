//! The login for the site in front of the machine: the keyring first, then the person.

use super::{
    super::{Answer, Prompt, Stage},
    Kept, Prompts, kept_or,
};
use crate::{
    error::{ConnectError, KeyringError},
    model::{HttpAuth, Party, Secret},
    transport::ws::Headers,
};

impl Prompts<'_> {
    /// The HTTP headers for the site, as the keyring has them. Where that is slow (it may be waiting to be unlocked) or fails, the person
    /// may type user name and password instead; the prompt is withdrawn when the keyring answers after all.
    ///
    /// # Errors
    /// [`ConnectError::cancelled`] where the person gave up; [`ConnectError::BadHttpAuth`].
    pub(in super::super) async fn http_headers(&mut self) -> Result<Headers, ConnectError> {
        let Some(id) = self.target.host.filter(|_| self.target.has_http_auth) else { return Ok(Headers::default()) };
        let address = self.target.address.without_query().to_string();
        let unreadable = |detail| ConnectError::BadHttpAuth { address, detail };
        if let Some((username, password)) = self.run.http_login() {
            return Headers::of(&HttpAuth::new(username, &password, &[])).map_err(unreadable);
        }
        let (run, keyring) = (self.run, self.run.services.keyring.clone());
        let kept = keyring.get_for(HttpAuth::account(id), self.target.way().recipient(id));
        let auth = match kept_or(run, kept, Stage::Dialing, |keyring| self.ask_for_http_login(keyring)).await {
            Kept::Kept(None) => return Ok(Headers::default()),
            Kept::Kept(Some(secret)) => HttpAuth::of_secret(&secret).map_err(|cause| cause.to_string()),
            Kept::Said(login) => {
                let (username, password) = login?;
                Ok(HttpAuth::new(username, &password, &[]))
            }
        };
        auth.and_then(|auth| Headers::of(&auth)).map_err(unreadable)
    }

    async fn ask_for_http_login(&mut self, keyring: KeyringError) -> Result<(String, Secret), ConnectError> {
        let answer = self.ask(Party::Site, Prompt::HttpLogin { keyring }, Stage::Dialing).await;
        let Some(Answer::HttpLogin { username, password }) = answer else { return Err(ConnectError::cancelled()) };
        self.run.set_http_login(Some((username.clone(), password.clone())));
        Ok((username, password))
    }
}
