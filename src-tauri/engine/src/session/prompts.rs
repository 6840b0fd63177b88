//! What the handshake has to ask: the keyring first, then the person at the window.

use super::{Prompt, Session, SessionState, Stage, Typed};
use crate::{error::Error, lock, secrets::Secrets, transport::Limit};
use rfb::{Ask, Cancelled, Credentials, Step, Wanted};
use std::time::Duration;

/// A VNC server greets at once: what does not is none.
const GREETING: Duration = Duration::from_secs(10);
/// Each later message.
const MESSAGE: Duration = Duration::from_secs(20);
/// Somebody at the server may have to approve us.
const VERDICT: Duration = Duration::from_secs(60);
/// Some servers say why they refuse; nobody should wait for the others.
const REASON: Duration = Duration::from_secs(2);

/// Answers the questions of one login, however many attempts it takes.
pub(super) struct Prompts<'a> {
    session: &'a Session,
    secrets: &'a Secrets,
    limit: Option<Limit>,
    /// Why the keyring did not have the password.
    keyring: Option<Error>,
    asked_a_person: bool,
}

impl<'a> Prompts<'a> {
    pub(super) fn new(session: &'a Session, secrets: &'a Secrets) -> Self {
        Self { session, secrets, limit: None, keyring: None, asked_a_person: false }
    }

    /// A new attempt, on a stream whose deadlines follow the handshake's steps.
    pub(super) fn begin(&mut self, limit: Limit) {
        self.limit = Some(limit);
        self.asked_a_person = false;
    }

    /// The deadline in force.
    pub(super) fn limit(&self) -> Duration {
        self.limit.as_ref().map(Limit::get).unwrap_or_default()
    }

    pub(super) fn may_have_password(&self) -> bool {
        self.session.target.has_password || lock(&self.session.typed).is_some()
    }

    /// Whether a person was asked while the server waited.
    pub(super) fn kept_the_server_waiting(&self) -> bool {
        self.asked_a_person
    }

    /// Asks the person at the window; none where they gave up. The answer is kept for the session.
    pub(super) async fn ask(&mut self, rejected: Option<String>) -> Option<()> {
        let prompt = Prompt::Password { rejected, keyring: self.keyring.clone() };
        let answer = self.session.ask(prompt).await?;
        *lock(&self.session.typed) = Some(Typed { password: answer.password, remember: answer.remember });
        Some(())
    }

    fn wait_at_most(&self, limit: Duration) {
        if let Some(deadline) = &self.limit {
            deadline.set(limit);
        }
    }

    fn typed(&self) -> Option<Credentials> {
        lock(&self.session.typed).as_ref().map(|typed| Credentials::password(typed.password.expose()))
    }

    async fn stored(&mut self) -> Option<Credentials> {
        let id = self.session.target.host?;
        self.session.set(SessionState::Connecting { stage: Stage::Keyring });
        match self.secrets.get(id).await {
            Ok(password) => password.map(|password| Credentials::password(password.expose())),
            Err(error) => {
                tracing::info!(%error, "no password from the keyring");
                self.keyring = Some(error);
                None
            }
        }
    }
}

impl Ask for Prompts<'_> {
    async fn credentials(&mut self, _: &Wanted) -> Result<Credentials, Cancelled> {
        if let Some(typed) = self.typed() {
            return Ok(typed);
        }
        if let Some(stored) = self.stored().await {
            return Ok(stored);
        }
        self.asked_a_person = true;
        self.ask(None).await.ok_or(Cancelled)?;
        self.typed().ok_or(Cancelled)
    }

    fn step(&mut self, step: Step) {
        let (stage, limit) = match step {
            Step::Greeting => (Stage::Handshake, GREETING),
            Step::SecurityTypes => (Stage::Handshake, MESSAGE),
            Step::SecurityResult => (Stage::Authenticating, VERDICT),
            Step::Authentication | Step::ServerInit => (Stage::Authenticating, MESSAGE),
        };
        self.wait_at_most(limit);
        self.session.set(SessionState::Connecting { stage });
    }

    fn refused(&mut self) {
        self.wait_at_most(REASON);
    }
}
