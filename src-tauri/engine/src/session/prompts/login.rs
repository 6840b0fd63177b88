//! User name and password: as typed in this session, from a command or the keyring, or asked for.

use super::{
    super::{
        Answer, Prompt, Stage,
        session::TypedLogin,
        state::{LoginAsked, LoginOffered, Remember},
    },
    Prompts,
};
use crate::{
    command::{COMMAND_OFFER_DELAY, password},
    error::{CommandError, ConnectError, KeyringError},
    keyring::KEYRING_OFFER_DELAY,
    model::{CommandLine, HostId, LoginId, NamedLogin, Party, Placeholders, Secret, Travels},
    transport::PathKind,
};
use rfb::{CredentialRequest, Credentials};
use std::pin::pin;
use tokio::time::timeout;

impl Prompts<'_> {
    /// The credentials for `request`: as typed in this session, or from the first of these that there is: a ticket, what the console's
    /// command has said, the named login, the machine's own password command, the keyring, the command for all machines. Where that one fails, the person is told and asked.
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
        if lacks_name(&self.target.username) {
            return self.ask_for_new_login().await;
        }
        if let Some(ticket) = self.run.take_ticket() {
            return self.found(&ticket);
        }
        if let Some(password) = self.console.as_ref().and_then(|console| console.password.clone()) {
            return self.found(&password);
        }
        if let (Some(login), Some(id)) = (self.target.login, self.target.host) {
            return self.named_or_typed(login, id).await;
        }
        match (self.target.password_command.clone(), self.target.host.filter(|_| self.target.has_password)) {
            (Some(command), _) => self.printed_or_typed(&command).await,
            (None, Some(id)) => self.saved_or_typed(id).await,
            (None, None) => self.printed_for_all_or_typed().await,
        }
    }

    /// Asks before the next attempt, as `problem` was wrong with the last login.
    pub(in super::super) async fn ask_for_another_login(&mut self, problem: ConnectError) -> Result<(), ConnectError> {
        self.ask_for_login(Some(problem)).await.map(drop)
    }

    /// The password from the keyring. Where the keyring is slow (it may be waiting to be unlocked) or fails, the person may
    /// type it instead; the prompt is withdrawn when the keyring answers after all.
    async fn saved_or_typed(&mut self, id: HostId) -> Result<Credentials, ConnectError> {
        let keyring = self.run.services.keyring.clone();
        let recipient = self.target.way().recipient(id);
        self.found_or_typed(keyring.get_for(id, recipient)).await
    }

    /// The same of a named login's password, where that is for this server.
    async fn named_or_typed(&mut self, login: LoginId, id: HostId) -> Result<Credentials, ConnectError> {
        let keyring = self.run.services.keyring.clone();
        let recipient = self.target.way().recipient(id);
        self.found_or_typed(keyring.named(login, recipient)).await
    }

    async fn found_or_typed(
        &mut self,
        saved: impl Future<Output = Result<Option<Secret>, KeyringError>>,
    ) -> Result<Credentials, ConnectError> {
        match self.answered_or_typed(saved).await {
            Answered::Typed(typed) => typed,
            Answered::Keyring(Ok(Some(password))) => self.found(&password),
            Answered::Keyring(Ok(None)) => self.printed_for_all_or_typed().await,
            Answered::Keyring(Err(error)) => {
                tracing::info!(%error, "no password from the keyring");
                self.keyring = Some(error);
                self.printed_for_all_or_typed().await
            }
        }
    }

    /// What the keyring says, or what the person types who does not wait for it.
    async fn answered_or_typed(
        &mut self,
        saved: impl Future<Output = Result<Option<Secret>, KeyringError>>,
    ) -> Answered {
        self.run.set_stage(Stage::Keyring);
        let mut saved = pin!(saved);
        if let Ok(answer) = timeout(KEYRING_OFFER_DELAY, &mut saved).await {
            return Answered::Keyring(answer);
        }
        self.keyring = Some(KeyringError::Silent);
        tokio::select! {
            typed = self.ask_for_login(None) => Answered::Typed(typed),
            // Any other answer leaves the person to type.
            Ok(Some(password)) = &mut saved => Answered::Keyring(Ok(Some(password))),
        }
    }

    /// The password that the command for all machines prints, where there is one.
    async fn printed_for_all_or_typed(&mut self) -> Result<Credentials, ConnectError> {
        // The user's own machines only: what a source, a link or a typed address says is passed to no program.
        let command = self.target.own_host().map(|_| self.run.services.preferences.get().password_command());
        match command.transpose() {
            Ok(Some(Some(command))) => self.printed_or_typed(&command).await,
            Ok(_) => self.ask_for_new_login().await,
            Err(problem) => {
                tracing::warn!(%problem, "the password command for all machines is none");
                self.ask_for_new_login().await
            }
        }
    }

    /// The password that `command` prints. Where it is slow or fails, the person may type the password instead; the prompt is
    /// withdrawn when the command prints it after all.
    async fn printed_or_typed(&mut self, command: &CommandLine) -> Result<Credentials, ConnectError> {
        let run = self.run;
        run.set_stage(Stage::Command);
        let known = Placeholders::from(&self.target);
        let mut printing = pin!(password(command, &known));
        let answer = match timeout(COMMAND_OFFER_DELAY, &mut printing).await {
            Ok(answer) => answer,
            Err(_) => {
                self.command = Some(CommandError::Silent { program: command.program().to_owned() });
                let mut typed = pin!(self.ask_for_login(None));
                tokio::select! {
                    typed = &mut typed => return typed,
                    answer = &mut printing => match answer {
                        Ok(password) => Ok(password),
                        Err(error) => {
                            log(&error);
                            run.amend(|prompt| {
                                if let Prompt::Password { command, .. } = prompt {
                                    *command = Some(error);
                                }
                            });
                            return typed.await;
                        }
                    },
                }
            }
        };
        match answer {
            Ok(password) => self.found(&password),
            Err(error) => {
                log(&error);
                self.command = Some(error);
                self.ask_for_login(None).await
            }
        }
    }

    /// The password was found without the person.
    fn found(&mut self, password: &Secret) -> Result<Credentials, ConnectError> {
        // Read before this check: an edit changes the list first, then the keyring.
        if !self.run.is_current(&self.target) {
            self.is_stale = true;
            return Err(ConnectError::cancelled());
        }
        self.run.set_stage(Stage::Authenticating);
        Ok(Credentials::new(&self.target.username, password.expose()))
    }

    /// Asks the person, as nothing else has the login.
    async fn ask_for_new_login(&mut self) -> Result<Credentials, ConnectError> {
        // Said before the person expects that what they type can be kept.
        self.keyring = self.keyring.take().or_else(|| self.run.services.keyring.known_absence());
        self.ask_for_login(None).await
    }

    /// Asks the person at the window. The answer is kept for the session.
    async fn ask_for_login(&mut self, problem: Option<ConnectError>) -> Result<Credentials, ConnectError> {
        // It is told once.
        let command = self.command.take();
        let (request, path) = self.wanted.ok_or_else(ConnectError::cancelled)?;
        let typed_name = self.run.typed().and_then(|typed| typed.username);
        // A Mac takes the password for VNC viewers, too, which goes without a name: so that is tried where no name is known. Many
        // only know the password of their account.
        let account = self.run.is_mac() && !request.username && problem.is_some();
        let asks_username = request.username || account;
        let username = asks_username.then(|| typed_name.unwrap_or_else(|| self.target.username.clone()));
        let travels = match path {
            PathKind::Network => Travels::from(request.security_type),
            PathKind::Local => Travels::Local,
            PathKind::Ssh | PathKind::Site => Travels::Encrypted,
        };
        let login = self.login_asked();
        let can_keep = login.is_some() || self.target.password_command.is_none();
        let keyring = self.keyring.clone();
        // One that was not accepted is not offered again.
        let offered = self.login_to_offer(request).filter(|_| problem.is_none());
        let told = offered.as_ref().map(|NamedLogin { name, username, .. }| {
            let (name, username) = (name.clone(), username.clone());
            LoginOffered { name, username }
        });
        let prompt =
            Prompt::Password { username, travels, account, problem, keyring, command, can_keep, login, offered: told };
        let (username, password, remember) = match self.ask(Party::Server, prompt, Stage::Authenticating).await {
            Some(Answer::Password { username, password, remember }) => (username, password, remember),
            Some(Answer::NamedLogin) => return self.choose_named().await,
            Some(Answer::OfferedLogin { remember }) => return self.use_offered(request, offered, remember).await,
            _ => return Err(ConnectError::cancelled()),
        };
        let username = username.filter(|_| asks_username);
        let typed = TypedLogin { username, password, remember, named: None, accepted: false };
        self.run.set_typed(Some(typed.clone()));
        Ok(self.credentials_of(&typed))
    }

    fn login_asked(&self) -> Option<LoginAsked> {
        let services = &self.run.services;
        let login = services.logins.get(self.target.login?)?;
        let machines = services.list.get().machines_with(login.id);
        Some(LoginAsked { name: login.name, machines })
    }

    /// The named login that is preferred for machines without one: for a machine that the user keeps themselves and that has nothing
    /// else, as the keeper of a list could call any server by a trusted name.
    fn login_to_offer(&self, request: CredentialRequest) -> Option<NamedLogin> {
        let target = &self.target;
        let has_own = target.login.is_some() || target.has_password || target.password_command.is_some();
        target.own_host().filter(|_| !has_own && self.offers_login)?;
        let login = self.run.services.logins.get(self.run.services.preferences.get().offered_login?)?;
        let has_name = !request.username || !login.username.is_empty() || !target.username.is_empty();
        (login.has_password && has_name).then_some(login)
    }

    /// The person says that the named login which was offered is to be sent to this server.
    async fn use_offered(
        &mut self,
        request: CredentialRequest,
        offered: Option<NamedLogin>,
        remember: bool,
    ) -> Result<Credentials, ConnectError> {
        let login = offered.ok_or_else(ConnectError::cancelled)?;
        // What is asked for while the keyring is silent is not this one again.
        self.offers_login = false;
        let keyring = self.run.services.keyring.clone();
        match Box::pin(self.answered_or_typed(keyring.named_for_any(login.id))).await {
            Answered::Typed(typed) => return typed,
            Answered::Keyring(Ok(Some(password))) => {
                let username = Some(login.username).filter(|username| request.username && !username.is_empty());
                let named = remember.then_some(login.id);
                let typed = TypedLogin { username, password, remember: Remember::No, named, accepted: false };
                self.run.set_typed(Some(typed.clone()));
                self.run.set_stage(Stage::Authenticating);
                return Ok(self.credentials_of(&typed));
            }
            Answered::Keyring(Ok(None)) => {}
            Answered::Keyring(Err(error)) => {
                tracing::info!(%error, "no password of the login that was offered");
                self.keyring = Some(error);
            }
        }
        Box::pin(self.ask_for_login(None)).await
    }

    /// The person says that the named login is for this server, too.
    async fn choose_named(&mut self) -> Result<Credentials, ConnectError> {
        let (Some(login), Some(id)) = (self.target.login, self.target.host) else {
            return Err(ConnectError::cancelled());
        };
        self.keyring = None;
        let keyring = self.run.services.keyring.clone();
        let recipient = self.target.way().recipient(id);
        let chosen = async {
            keyring.choose_named(login, vec![recipient.clone()]).await?;
            keyring.named(login, recipient).await
        };
        Box::pin(self.found_or_typed(chosen)).await
    }

    fn credentials_of(&self, typed: &TypedLogin) -> Credentials {
        let username = typed.username.as_deref().unwrap_or(&self.target.username);
        Credentials::new(username, typed.password.expose())
    }
}

/// Who was first.
enum Answered {
    /// The keyring.
    Keyring(Result<Option<Secret>, KeyringError>),
    /// The person.
    Typed(Result<Credentials, ConnectError>),
}

fn log(error: &CommandError) {
    tracing::info!(error = %error.without_detail(), "no password from a command");
}
