//! User name and password: as typed in this session, from the keyring, or asked for.

use super::{
    super::{Answer, Prompt, Stage, session::TypedLogin},
    Prompts,
};
use crate::{
    error::{ConnectError, KeyringError},
    keyring::KEYRING_OFFER_DELAY,
    model::{HostId, Party, Travels},
    transport::PathKind,
};
use rfb::{CredentialRequest, Credentials};
use std::pin::pin;
use tokio::time::timeout;

impl Prompts<'_> {
    /// The credentials for `request`.
    ///
    /// # Errors
    /// [`ConnectError::cancelled`] where the person gave up, or the saved host was edited meanwhile.
    pub(super) async fn log_in(
        &mut self,
        request: CredentialRequest,
        path: PathKind,
    ) -> Result<Credentials, ConnectError> {
        self.wanted = Some((request, path));
        let lacks_name = |name: &str| request.username && name.is_empty();
        if let Some(typed) = self.run.typed()
            && !lacks_name(typed.username.as_deref().unwrap_or(&self.target.username))
        {
            return Ok(self.credentials_of(&typed));
        }
        let saved = self.target.host.filter(|_| self.target.has_password && !lacks_name(&self.target.username));
        match saved {
            Some(id) => self.saved_or_typed(id).await,
            None => {
                // Said before the person expects that what they type can be kept.
                self.keyring = self.run.services.keyring.known_absence();
                self.ask_for_login(None).await
            }
        }
    }

    /// Asks before the next attempt, as `problem` was wrong with the last login.
    pub(in super::super) async fn ask_for_another_login(&mut self, problem: ConnectError) -> Result<(), ConnectError> {
        self.ask_for_login(Some(problem)).await.map(drop)
    }

    /// The password from the keyring. Where the keyring is slow (it may be waiting to be unlocked) or fails, the person may
    /// type it instead; the prompt is withdrawn when the keyring answers after all.
    async fn saved_or_typed(&mut self, id: HostId) -> Result<Credentials, ConnectError> {
        let (run, target) = (self.run, self.target);
        run.set_stage(Stage::Keyring);
        let mut saved = pin!(run.services.keyring.get(id));
        let answer = match timeout(KEYRING_OFFER_DELAY, &mut saved).await {
            Ok(answer) => answer,
            Err(_) => {
                self.keyring = Some(KeyringError::Silent);
                tokio::select! {
                    typed = self.ask_for_login(None) => return typed,
                    // Any other answer leaves the person to type.
                    Ok(Some(password)) = &mut saved => Ok(Some(password)),
                }
            }
        };
        match answer {
            Ok(Some(password)) => {
                // Read before this check: an edit changes the list first, then the keyring.
                if !run.is_current(target) {
                    self.is_stale = true;
                    return Err(ConnectError::cancelled());
                }
                run.set_stage(Stage::Authenticating);
                Ok(Credentials::new(&target.username, password.expose()))
            }
            Ok(None) => self.ask_for_login(None).await,
            Err(error) => {
                tracing::info!(%error, "no password from the keyring");
                self.keyring = Some(error);
                self.ask_for_login(None).await
            }
        }
    }

    /// Asks the person at the window. The answer is kept for the session.
    async fn ask_for_login(&mut self, problem: Option<ConnectError>) -> Result<Credentials, ConnectError> {
        let (request, path) = self.wanted.ok_or_else(ConnectError::cancelled)?;
        let typed_name = self.run.typed().and_then(|typed| typed.username);
        let username = request.username.then(|| typed_name.unwrap_or_else(|| self.target.username.clone()));
        let travels = match path {
            PathKind::Network => Travels::from(request.security_type),
            PathKind::Local => Travels::Local,
            PathKind::Ssh | PathKind::Site => Travels::Encrypted,
        };
        let prompt = Prompt::Password { username, travels, problem, keyring: self.keyring.clone() };
        let Some(Answer::Password { username, password, remember }) =
            self.ask(Party::Server, prompt, Stage::Authenticating).await
        else {
            return Err(ConnectError::cancelled());
        };
        let typed = TypedLogin { username: username.filter(|_| request.username), password, remember, accepted: false };
        self.run.set_typed(Some(typed.clone()));
        Ok(self.credentials_of(&typed))
    }

    fn credentials_of(&self, typed: &TypedLogin) -> Credentials {
        let username = typed.username.as_deref().unwrap_or(&self.target.username);
        Credentials::new(username, typed.password.expose())
    }
}
