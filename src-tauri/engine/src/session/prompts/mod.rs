//! A session as the pipeline's observer: the keyring, the known keys and the list first, then the person at the window.

mod consent;
mod http;
mod identity;
mod login;
mod passphrase;
mod proxy;
mod ssh;
mod wake;

use super::{Prompt, Stage, Subject, session::Run, state::Answer};
use crate::{
    command::{Console, console},
    connect::{Event, LoggedIn, Observer, Policy, Presented, StageReport, Stages, Weaker},
    error::{CommandError, ConnectError, KeyringError},
    keyring::KEYRING_OFFER_DELAY,
    model::{Jump, Level, Party, Placeholders, Proxy, Secret, Target},
    transport::{
        PathKind,
        reverse::IncomingConnection,
        ssh::{
            AskPass,
            question::{Question, Reply},
        },
        ws::Headers,
    },
};
use rfb::{CredentialRequest, Credentials, SecurityType, Step};
use std::{pin::pin, time::Duration};
use tokio::time::{Instant, timeout};

/// Answers what one login asks, however many attempts it takes.
pub(super) struct Prompts<'a> {
    run: &'a Run,
    /// What is dialled: a console is elsewhere in each attempt.
    target: Target,
    /// What the machine's command has said about its console, for this attempt.
    console: Option<Console>,
    /// The key that it has named was shown: further ones have to be known.
    named_key_shown: bool,
    /// Secrets that were typed for ssh, for a proxy and for our own key, and are kept once it turned out that they are right; by account.
    unproved: Vec<(String, Secret)>,
    /// Why the keyring did not have the password.
    keyring: Option<KeyringError>,
    /// Why the command did not have the password; not told yet.
    command: Option<CommandError>,
    /// What the server asked for last, and on which path.
    wanted: Option<(CredentialRequest, PathKind)>,
    /// Whether the login that is preferred for machines without one is offered: not any more where the keyring did not have it.
    offers_login: bool,
    /// The SSH host whose questions are asked because it sends the packet that wakes the machine.
    waking_through: Option<Jump>,
    /// What is done in this attempt.
    stages: Stages,
    /// How long a prompt kept the server waiting in this attempt, at most.
    longest_prompt: Duration,
    /// The saved host was edited while its login was read.
    is_stale: bool,
}

impl<'a> Prompts<'a> {
    pub(super) fn new(run: &'a Run, target: &Target) -> Self {
        let (unproved, keyring, command, wanted, longest_prompt, is_stale) = Default::default();
        let (target, console, stages) = (target.clone(), None, Stages::new());
        Self {
            run,
            target,
            console,
            named_key_shown: false,
            unproved,
            keyring,
            command,
            wanted,
            offers_login: true,
            waking_through: None,
            stages,
            longest_prompt,
            is_stale,
        }
    }

    /// Another attempt begins.
    pub(super) fn begin(&mut self) {
        (self.longest_prompt, self.stages) = (Duration::ZERO, Stages::new());
    }

    /// The attempt is over; returns what was done in it.
    pub(super) fn end(&mut self, result: Result<&LoggedIn, &ConnectError>) -> &[StageReport] {
        match result {
            Ok(LoggedIn { server, .. }) => self.stages.done(format!("{}x{}", server.init.width, server.init.height)),
            Err(error) => self.stages.failed(error),
        }
        self.stages.list()
    }

    /// What goes without asking.
    pub(super) fn policy(&self) -> Policy {
        let (agreed, typed) = (self.run.agreed(), self.run.typed());
        let typed_name = typed.as_ref().and_then(|typed| typed.username.as_deref());
        let target = &self.target;
        // Whom the command has named has to be recognised.
        let names_key = self.console.as_ref().is_some_and(|console| console.fingerprint.is_some());
        let best = if names_key { Some(Level::Identified) } else { target.protection };
        Policy {
            floor: best.map(|best| agreed.level.map_or(best, |level| level.min(best))).max(target.least),
            clear_text: target.clear_text || agreed.clear_text,
            have_username: agreed.account || !typed_name.unwrap_or(&target.username).is_empty(),
            have_password: target.has_password
                || target.login.is_some()
                || target.password_command.is_some()
                || self.console.as_ref().is_some_and(|console| console.password.is_some())
                || typed.is_some(),
        }
    }

    /// Where the machine is to be dialled in this attempt: where the list says, or where its command says that its console is.
    ///
    /// # Errors
    /// Those of the command, which are among the stages of the attempt.
    pub(super) async fn locate(&mut self, listed: &Target) -> Result<Target, CommandError> {
        let Some(command) = &listed.console_command else { return Ok(listed.clone()) };
        self.run.set_stage(Stage::Console);
        self.stages.command_asked();
        let found = match console(command, &Placeholders::from(listed)).await {
            Ok(found) => found,
            Err(error) => {
                self.stages.failed(&error);
                self.run.note_tried(self.stages.list());
                return Err(error);
            }
        };
        self.stages.done(found.address.without_query().to_string());
        self.target = listed.at(found.address.clone(), found.username.clone(), found.jump.clone());
        self.named_key_shown = false;
        self.console = Some(found);
        self.run.set_stage(Stage::Dialing);
        Ok(self.target.clone())
    }

    /// The headers that the command has said, in place of those of the keyring.
    pub(super) fn console_headers(&self) -> Result<Option<Headers>, ConnectError> {
        let headers = self.console.as_ref().and_then(|console| console.headers.as_ref()).map(Headers::of);
        let address = self.target.address.without_query().to_string();
        headers.transpose().map_err(|detail| ConnectError::BadHttpAuth { address, detail })
    }

    /// Whether the login that was read may be for another address.
    pub(super) fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Whether the server waited for a person so long that it may have closed because of that.
    pub(super) fn stood_open_for_long(&self) -> bool {
        self.longest_prompt >= LONG_PROMPT
    }

    /// Whether the server has asked for a login.
    pub(super) fn asked_for_login(&self) -> bool {
        self.wanted.is_some()
    }

    /// Asks whether to talk to a server that has connected to us. The prompt ends when the server hangs up.
    pub(super) async fn confirm_caller(&mut self, incoming: &mut IncomingConnection) -> Result<(), ConnectError> {
        let from = incoming.from();
        let prompt = Prompt::Call { from: from.clone() };
        tokio::select! {
            answer = self.ask(Party::Caller, prompt, Stage::Handshake) => {
                answer.map(drop).ok_or_else(ConnectError::cancelled)
            }
            () = incoming.closed() => Err(ConnectError::CallerLeft { address: from }),
        }
    }

    /// Asks the person; none where they gave up. Afterwards the session shows `stage`.
    async fn ask(&mut self, party: Party, prompt: Prompt, stage: Stage) -> Option<Answer> {
        self.ask_about(self.subject(party), prompt, stage).await
    }

    async fn ask_about(&mut self, subject: Subject, prompt: Prompt, stage: Stage) -> Option<Answer> {
        let began = Instant::now();
        let answer = self.run.ask(subject, prompt, stage).await;
        self.longest_prompt = self.longest_prompt.max(began.elapsed());
        self.stages.waited(began.elapsed());
        answer
    }

    /// What a prompt is about: the name never stands without the address.
    fn subject(&self, party: Party) -> Subject {
        let Target { name, address, proxy, .. } = &self.target;
        let address = match party {
            Party::SshHost => {
                self.waking_through.as_ref().or(self.target.jump()).map(ToString::to_string).unwrap_or_default()
            }
            Party::Proxy => proxy.as_ref().map(|proxy| proxy.without_username().to_string()).unwrap_or_default(),
            Party::Site | Party::Server | Party::Caller => address.without_query().to_string(),
        };
        Subject { name: name.clone(), address, party }
    }
}

/// What the keyring has for `account`, or what the person says who is asked by `asking`; `stage` is shown afterwards. Where the keyring
/// is slow (it may be waiting to be unlocked), the person may say it meanwhile; the prompt is withdrawn when the keyring answers after
/// all.
async fn saved_or<T>(run: &Run, account: &str, stage: Stage, asking: impl Future<Output = T>) -> Found<T> {
    run.set_stage(Stage::Keyring);
    let mut saved = pin!(run.services.keyring.get(account));
    let answer = match timeout(KEYRING_OFFER_DELAY, &mut saved).await {
        Ok(answer) => answer,
        Err(_) => tokio::select! {
            said = asking => return Found::Said(said),
            Ok(Some(secret)) = &mut saved => {
                run.set_stage(stage);
                return Found::Saved(secret);
            }
        },
    };
    run.set_stage(stage);
    match answer.inspect_err(|error| tracing::info!(%error, "nothing from the keyring")) {
        Ok(Some(secret)) => Found::Saved(secret),
        Ok(None) | Err(_) => Found::Said(asking.await),
    }
}

/// The same for a secret of the machine's: `asking` is told why the keyring does not say it, which the person is told then. That there is
/// none is an answer, too.
async fn kept_or<T, F: Future<Output = T>>(
    run: &Run,
    kept: impl Future<Output = Result<Option<Secret>, KeyringError>>,
    stage: Stage,
    asking: impl FnOnce(KeyringError) -> F,
) -> Kept<T> {
    run.set_stage(Stage::Keyring);
    let mut kept = pin!(kept);
    let error = match timeout(KEYRING_OFFER_DELAY, &mut kept).await {
        Ok(Ok(secret)) => {
            run.set_stage(stage);
            return Kept::Kept(secret);
        }
        Ok(Err(error)) => error,
        Err(_) => {
            return tokio::select! {
                said = asking(KeyringError::Silent) => Kept::Said(said),
                Ok(secret) = &mut kept => {
                    run.set_stage(stage);
                    Kept::Kept(secret)
                }
            };
        }
    };
    tracing::info!(%error, "nothing from the keyring");
    Kept::Said(asking(error).await)
}

/// What the keyring has, or what the person says.
enum Kept<T> {
    /// The keyring has answered.
    Kept(Option<Secret>),
    /// The person.
    Said(T),
}

/// Where a secret comes from.
enum Found<T> {
    /// The keyring.
    Saved(Secret),
    /// The person.
    Said(T),
}

impl Observer for Prompts<'_> {
    fn event(&mut self, event: Event<'_>) {
        self.stages.event(&self.target, &event);
        let stage = match event {
            Event::Dialing => Stage::Dialing,
            Event::Dialled { failure: None, .. } => return self.keep_proved(),
            Event::Step(Step::Greeting | Step::SecurityTypes) => Stage::Handshake,
            Event::Step(Step::Authentication | Step::ServerInit) => Stage::Authenticating,
            Event::Step(Step::SecurityResult) => Stage::Verdict,
            Event::TlsStarts => Stage::Encrypting,
            Event::Version { .. } => return self.run.note_mac(false),
            Event::Offered(offered) => {
                if offered.iter().any(|offer| SecurityType::OF_MACS.contains(offer)) {
                    self.run.note_mac(true);
                }
                return;
            }
            Event::Dialled { .. }
            | Event::Begins(_)
            | Event::Repeater
            | Event::Chosen(_)
            | Event::Approved(_)
            | Event::Tls { .. }
            | Event::Mechanism(_) => return,
            Event::RetryWithout(negotiation) => {
                if self.run.is_reverse() {
                    self.run.services.callers.note(&self.target.caller_name(), negotiation);
                }
                self.named_key_shown = false;
                return;
            }
        };
        self.run.set_stage(stage);
    }

    async fn identity(&mut self, presented: Presented<'_>) -> Result<(), ConnectError> {
        // Those of a site and of a proxy are part of the path's stages.
        if presented.party != Party::Server {
            return self.confirm_identity(presented).await.map(drop);
        }
        self.stages.identity_shown();
        let why = self.confirm_identity(presented).await?;
        self.stages.identity_confirmed(why);
        Ok(())
    }

    async fn weaker(&mut self, weaker: Weaker) -> Result<(), ConnectError> {
        self.consent_to_weaker(weaker).await
    }

    async fn clear_text(&mut self, party: Party, security_type: &str) -> Result<(), ConnectError> {
        self.consent_to_clear_text(party, security_type).await
    }

    async fn passphrase(&mut self, file: &str, again: bool) -> Result<Secret, ConnectError> {
        self.passphrase_of(file, again).await
    }

    async fn proxy_password(&mut self, proxy: &Proxy, again: bool) -> Result<Secret, ConnectError> {
        self.password_of(proxy, again).await
    }

    async fn credentials(&mut self, request: CredentialRequest, path: PathKind) -> Result<Credentials, ConnectError> {
        let credentials = self.log_in(request, path).await?;
        if !request.username {
            self.run.note_nameless();
        }
        self.stages.login_sent();
        Ok(credentials)
    }
}

impl AskPass for Prompts<'_> {
    async fn answer(&mut self, question: &Question) -> Option<Reply> {
        self.answer_ssh(question).await
    }
}

/// From here on a server may have closed because a person kept it waiting. TigerVNC and RealVNC wait longer; some do
/// not.
const LONG_PROMPT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
