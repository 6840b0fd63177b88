//! What the handshake has to ask: the keyring and the known keys first, then the person at the window.

use super::{Answer, Prompt, Services, Session, SessionState, SshQuestion, Stage, Typed};
use crate::{
    error::{ConnectError, Error, KeyringError},
    model::{Address, Certificate, Host, HostId, HttpAuth, Identity, Level, Secret, Travels, WebSocket},
    store::Verdict,
    transport::{
        PathKind, TimeoutHandle,
        ssh::{
            AskPass,
            question::{Question, Reply, SecretOf},
        },
        timeout,
        tls::{self, Peer},
        ws::{ConnectDelegate, Headers},
    },
};
use rfb::{Ask, Cancelled, Credentials, SecurityType, ServerKey, Step, Stream, TlsError, TlsKind, Wanted};
use std::time::Duration;

/// Answers the questions of one login, however many attempts it takes.
pub(super) struct Prompts<'a> {
    session: &'a Session,
    surroundings: &'a Services,
    limit: Option<TimeoutHandle>,
    way: PathKind,
    /// Keyring for ssh that were typed, and are to be kept once it has accepted them; by account.
    to_keep: Vec<(String, Secret)>,
    /// Why the keyring did not have the password.
    keyring: Option<KeyringError>,
    /// What the server wanted last.
    wanted: Option<Wanted>,
    asked_a_person: bool,
    /// Why a question could not be put, where that is what ended the handshake.
    failure: Option<ConnectError>,
    identity: Option<Identity>,
    tls: Option<String>,
}

impl<'a> Prompts<'a> {
    pub(super) fn new(session: &'a Session, surroundings: &'a Services) -> Self {
        Self {
            session,
            surroundings,
            limit: None,
            way: PathKind::Network,
            to_keep: Vec::new(),
            keyring: None,
            wanted: None,
            asked_a_person: false,
            failure: None,
            identity: None,
            tls: None,
        }
    }

    /// A new attempt, on a stream whose deadlines follow the handshake's steps.
    pub(super) fn begin(&mut self, limit: TimeoutHandle, way: PathKind) {
        self.limit = Some(limit);
        self.way = way;
        self.asked_a_person = false;
        (self.failure, self.identity, self.tls) = (None, None, None);
    }

    /// The deadline in force.
    pub(super) fn limit(&self) -> Duration {
        self.limit.as_ref().map(TimeoutHandle::get).unwrap_or_default()
    }

    /// What the handshake shall look for.
    pub(super) fn policy(&self) -> rfb::Policy {
        let target = &self.session.target;
        let typed = self.session.typed.lock();
        let typed_name = typed.as_ref().and_then(|typed| typed.username.as_deref());
        rfb::Policy {
            shared: true,
            have_username: !typed_name.unwrap_or(&target.username).is_empty(),
            have_password: target.has_password || typed.is_some(),
            // Within ssh everything is as good as can be.
            floor: self.floor().filter(|floor| *floor > self.way.level()).map(rfb::Level::from),
            repeater_id: Some(target.repeater_id.clone()).filter(|id| !id.is_empty()),
            without_vencrypt: false,
        }
    }

    /// Whether a person was asked while the server waited.
    pub(super) fn kept_the_server_waiting(&self) -> bool {
        self.asked_a_person
    }

    /// Why a question could not be put, where that ended the handshake.
    pub(super) fn failure(&mut self) -> Option<ConnectError> {
        self.failure.take()
    }

    /// Version and cipher of TLS, and who the server has shown to be.
    pub(super) fn seen(&mut self) -> (Option<String>, Option<Identity>) {
        (self.tls.take(), self.identity.take())
    }

    /// Asks the person at the window for the login; none where they gave up. The answer is kept for the session.
    pub(super) async fn ask_login(&mut self, problem: Option<ConnectError>) -> Option<()> {
        let wanted = self.wanted?;
        let typed_name = self.session.typed.lock().take().and_then(|typed| typed.username);
        let username = wanted.username.then(|| typed_name.unwrap_or_else(|| self.session.target.username.clone()));
        let travels = match self.way {
            PathKind::Network => Travels::from(wanted.security_type),
            PathKind::Local => Travels::Local,
            PathKind::Ssh => Travels::Encrypted,
        };
        let prompt = Prompt::Password { username, travels, problem, keyring: self.keyring.clone() };
        let Answer::Password { username, password, remember } = self.session.ask(prompt).await? else { return None };
        let username = username.filter(|_| wanted.username);
        *self.session.typed.lock() = Some(Typed { username, password, remember });
        Some(())
    }

    fn wait_at_most(&self, limit: Duration) {
        if let Some(deadline) = &self.limit {
            deadline.set(limit);
        }
    }

    /// The saved host, as it is now.
    fn host(&self) -> Option<Host> {
        let id = self.session.target.host?;
        self.surroundings.list.read(|hosts| hosts.get(id).cloned())
    }

    /// The least protection that goes without asking.
    fn floor(&self) -> Option<Level> {
        let best = self.host()?.protection?;
        Some(self.session.agreed.lock().level.map_or(best, |agreed| agreed.min(best)))
    }

    /// Changes the saved host. That it cannot be saved must not keep anybody from their machine.
    fn note(&self, change: impl FnOnce(Host) -> Host) {
        let Some(id) = self.session.target.host else { return };
        let put = |hosts: &mut crate::store::Hosts| match hosts.get(id).cloned() {
            Some(host) => hosts.put(change(host)),
            None => Ok(()),
        };
        if let Err(error) = self.surroundings.list.change(put) {
            tracing::warn!(%error, "not noted with the machine");
        }
    }

    fn typed(&self) -> Option<Credentials> {
        let typed = self.session.typed.lock();
        let typed = typed.as_ref()?;
        let username = typed.username.as_deref().unwrap_or(&self.session.target.username);
        Some(Credentials::new(username, typed.password.expose()))
    }

    async fn stored(&mut self, id: HostId) -> Option<Credentials> {
        self.session.set(SessionState::Connecting { stage: Stage::Keyring });
        match self.surroundings.secrets.get(id).await {
            Ok(password) => password.map(|password| Credentials::new(&self.session.target.username, password.expose())),
            Err(error) => {
                tracing::info!(%error, "no password from the keyring");
                self.keyring = Some(error);
                None
            }
        }
    }

    async fn accept_weaker(&mut self, chosen: SecurityType) -> Result<(), Cancelled> {
        let now = Level::from(chosen.level()).max(self.way.level());
        let Some(before) = self.floor().filter(|floor| now < *floor) else { return Ok(()) };
        self.asked_a_person = true;
        let prompt = Prompt::Weaker { before, now, security_type: name(chosen) };
        let Some(Answer::Weaker { remember }) = self.session.ask(prompt).await else { return Err(Cancelled) };
        self.session.agreed.lock().level = Some(now);
        if remember {
            self.note(|host| Host { protection: Some(now), ..host });
        }
        Ok(())
    }

    async fn accept_clear_text(&mut self, chosen: SecurityType) -> Result<(), Cancelled> {
        let agreed = self.way.is_encrypted()
            || !chosen.reveals_password()
            || self.session.agreed.lock().clear_text
            || self.host().is_some_and(|host| host.clear_text);
        if agreed { Ok(()) } else { self.ask_about_clear_text(name(chosen)).await }
    }

    async fn ask_about_clear_text(&mut self, security_type: String) -> Result<(), Cancelled> {
        self.asked_a_person = true;
        let prompt = Prompt::ClearText { security_type };
        let Some(Answer::ClearText { remember }) = self.session.ask(prompt).await else { return Err(Cancelled) };
        self.session.agreed.lock().clear_text = true;
        if remember {
            self.note(|host| Host { clear_text: true, ..host });
        }
        Ok(())
    }

    /// Whether this is the server: the known keys first, then the person.
    async fn confirm(&mut self, endpoint: &str, identity: Identity) -> Result<(), Cancelled> {
        let known = match self.surroundings.trust.verdict(endpoint, &identity) {
            Verdict::Trusted => None,
            Verdict::Unknown => Some(None),
            Verdict::Changed(known) => Some(Some(known)),
        };
        if let Some(known) = known {
            self.asked_a_person = true;
            let prompt = Prompt::Trust { identity: identity.clone(), known };
            let Some(Answer::Trust) = self.session.ask(prompt).await else { return Err(Cancelled) };
        }
        if let Err(error) = self.surroundings.trust.accept(endpoint, &identity) {
            tracing::warn!(%error, "a server's key is known for this session only");
        }
        self.identity = Some(identity);
        Ok(())
    }
}

impl Prompts<'_> {
    /// What the site in front of `host` wants to see. A keyring that does not answer is told, as there is no use in
    /// going there without.
    pub(super) async fn headers(&self, host: HostId) -> Result<Headers, Error> {
        self.session.set(SessionState::Connecting { stage: Stage::Keyring });
        let secret = self.surroundings.secrets.get(HttpAuth::account(host)).await?;
        self.session.set(SessionState::Connecting { stage: Stage::Dialing });
        let Some(secret) = secret else { return Ok(Headers::default()) };
        let unreadable = |detail| ConnectError::BadInput {
            address: self.session.target.address.without_query().to_string(),
            detail,
        };
        let site = HttpAuth::of_secret(&secret).map_err(|cause| unreadable(cause.to_string()))?;
        Ok(Headers::of(&site).map_err(unreadable)?)
    }

    /// Puts what ssh has just accepted into the keyring.
    pub(super) async fn keep_for_ssh(&mut self) {
        for (account, secret) in std::mem::take(&mut self.to_keep) {
            if let Err(error) = self.surroundings.secrets.set(account, &secret).await {
                tracing::info!(%error, "a secret for ssh was not kept");
            }
        }
    }

    async fn known_to_the_keyring(&self, account: &str) -> Option<Secret> {
        self.session.set(SessionState::Connecting { stage: Stage::Keyring });
        let known = self.surroundings.secrets.get(account).await;
        self.session.set(SessionState::Connecting { stage: Stage::Ssh });
        known.inspect_err(|error| tracing::info!(%error, "nothing for ssh from the keyring")).ok().flatten()
    }
}

/// Takes the question away again when ssh no longer wants to know, or has been told.
struct Shown<'a>(&'a Session);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.asked.lock().take();
        self.0.set(SessionState::Connecting { stage: Stage::Ssh });
    }
}

impl AskPass for Prompts<'_> {
    async fn answer(&mut self, question: &Question) -> Option<Reply> {
        let account = match question {
            Question::Secret { account, again, .. } => {
                if let Some(account) = account
                    && !again
                    && let Some(known) = self.known_to_the_keyring(account).await
                {
                    return Some(Reply::Secret(known));
                }
                account.clone()
            }
            _ => None,
        };
        let prompt = Prompt::Ssh { question: SshQuestion::from(question), can_keep: account.is_some() };
        let _shown = Shown(self.session);
        let Answer::Ssh { secret, remember } = self.session.ask(prompt).await? else { return None };
        if !matches!(question, Question::Secret { .. }) {
            return Some(Reply::Yes);
        }
        let secret = secret?;
        if let Some(account) = account.filter(|_| remember) {
            self.to_keep.retain(|(other, _)| *other != account);
            self.to_keep.push((account, secret.clone()));
        }
        Some(Reply::Secret(secret))
    }
}

impl From<&Question> for SshQuestion {
    fn from(question: &Question) -> Self {
        match question.clone() {
            Question::Secret { prompt, of, again, .. } => match of {
                SecretOf::Password => Self::Password { prompt, again },
                SecretOf::Passphrase => Self::Passphrase { prompt, again },
                SecretOf::Other => Self::Other { prompt, again },
            },
            Question::HostKey { prompt, fingerprint } => Self::HostKey { prompt, fingerprint },
            Question::Confirm { prompt } => Self::Confirm { prompt },
            Question::Notice { prompt } => Self::Notice { prompt },
        }
    }
}

impl ConnectDelegate for Prompts<'_> {
    async fn headers_in_clear_text(&mut self, _: &str) -> Result<(), ConnectError> {
        let agreed = self.session.agreed.lock().clear_text || self.host().is_some_and(|host| host.clear_text);
        match agreed {
            true => Ok(()),
            false => self.ask_about_clear_text("HTTP".to_owned()).await.map_err(gave_up),
        }
    }

    async fn certificate(&mut self, site: &str, certificate: Certificate, _: String) -> Result<(), ConnectError> {
        self.confirm(site, Identity::X509(certificate)).await.map_err(gave_up)
    }
}

impl Ask for Prompts<'_> {
    fn step(&mut self, step: Step) {
        let stage = match step {
            Step::Greeting | Step::SecurityTypes => Stage::Handshake,
            Step::SecurityResult => Stage::Verdict,
            Step::Authentication | Step::ServerInit => Stage::Authenticating,
        };
        self.wait_at_most(timeout::deadline(step));
        self.session.set(SessionState::Connecting { stage });
    }

    async fn permit(&mut self, chosen: SecurityType) -> Result<(), Cancelled> {
        self.accept_weaker(chosen).await?;
        self.accept_clear_text(chosen).await
    }

    async fn tls(&mut self, stream: Stream, kind: TlsKind) -> Result<Stream, TlsError> {
        self.wait_at_most(timeout::TLS);
        self.session.set(SessionState::Connecting { stage: Stage::Encrypting });
        let target = &self.session.target;
        let tls = match tls::upgrade(stream, kind, &peer(&target.address), &target.ca_file).await {
            Ok(tls) => tls,
            Err(tls::Failed::CaFile { detail }) => {
                self.failure = Some(ConnectError::CaFile { path: target.ca_file.clone(), detail });
                return Err(TlsError::Cancelled);
            }
            Err(tls::Failed::Early) => return Err(TlsError::Early),
            Err(tls::Failed::Tls { detail }) => return Err(TlsError::Failed { detail }),
            Err(tls::Failed::Io(cause)) => return Err(TlsError::Io(cause)),
        };
        self.tls = Some(tls.description);
        if let Some(certificate) = tls.certificate {
            self.confirm(&self.session.endpoint(), Identity::X509(certificate))
                .await
                .map_err(|_| TlsError::Cancelled)?;
        }
        self.wait_at_most(timeout::MESSAGE);
        Ok(tls.stream)
    }

    async fn trust(&mut self, key: &ServerKey) -> Result<(), Cancelled> {
        self.confirm(&self.session.endpoint(), Identity::from(key)).await
    }

    async fn credentials(&mut self, wanted: &Wanted) -> Result<Credentials, Cancelled> {
        self.wanted = Some(*wanted);
        let name_missing =
            |typed: Option<&str>| wanted.username && typed.unwrap_or(&self.session.target.username).is_empty();
        let typed_name = self.session.typed.lock().as_ref().map(|typed| typed.username.clone());
        if let Some(username) = typed_name
            && !name_missing(username.as_deref())
            && let Some(typed) = self.typed()
        {
            return Ok(typed);
        }
        if let Some(id) = self.session.target.host
            && !name_missing(None)
            && let Some(stored) = self.stored(id).await
        {
            return Ok(stored);
        }
        self.asked_a_person = true;
        self.ask_login(None).await.ok_or(Cancelled)?;
        self.typed().ok_or(Cancelled)
    }

    fn refused(&mut self) {
        self.wait_at_most(timeout::REASON);
    }
}

fn gave_up(_: Cancelled) -> ConnectError {
    ConnectError::ViewerFailed { detail: String::new() }
}

fn name(security_type: SecurityType) -> String {
    security_type.name().map_or_else(|| security_type.to_string(), str::to_owned)
}

/// Whom a certificate has to name.
pub(crate) fn peer(address: &Address) -> Peer {
    match address {
        Address::Tcp { hostname, .. } | Address::Ws(WebSocket { hostname, .. }) => {
            let bare = hostname.split('%').next().unwrap_or(hostname);
            bare.parse().map_or_else(|_| Peer::Name(hostname.clone()), Peer::Ip)
        }
        Address::Unix(_) | Address::Demo => Peer::Local,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        keyring::Keyring,
        model::Target,
        relay::Relay,
        store::{HostList, Hosts, Pins},
    };
    use std::{pin::pin, sync::Arc, task::Poll};
    use tempfile::TempDir;
    use tokio::runtime::Handle;

    async fn surroundings(host: &Host) -> (Services, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let mut hosts = Hosts::open(folder.path()).unwrap().hosts;
        hosts.put(host.clone()).unwrap();
        let surroundings = Services {
            relay: Relay::start(vec![]).await.unwrap(),
            secrets: Keyring::new("portlight-test"),
            trust: Pins::default(),
            list: Arc::new(HostList::new(hosts)),
            runtime: Handle::current(),
        };
        (surroundings, folder)
    }

    fn host() -> Host {
        Host { address: Address::parse("box").unwrap(), ..Host::demo("Box") }
    }

    /// The question that a choice leads to, answered or not; and whether it was permitted.
    async fn choose(prompts: &mut Prompts<'_>, chosen: SecurityType, answer: Option<Answer>) -> (Option<Prompt>, bool) {
        let session = prompts.session;
        let mut permit = pin!(prompts.permit(chosen));
        if let Poll::Ready(permitted) = futures_util::poll!(&mut permit) {
            return (None, permitted.is_ok());
        }
        let (prompt, asked) = session.asked.lock().take().expect("a question");
        match answer {
            Some(answer) => drop(asked.send(answer)),
            None => drop(asked),
        }
        (Some(prompt), permit.await.is_ok())
    }

    #[tokio::test]
    async fn a_password_travels_readably_where_that_was_agreed_or_nobody_is_on_the_way() {
        let host = host();
        let (surroundings, _folder) = surroundings(&host).await;
        let fresh = || Session::new(Target::from(&host), None);
        let readable = || Some(Prompt::ClearText { security_type: "Plain".into() });
        let agree = |remember| Some(Answer::ClearText { remember });

        for (local, chosen) in [(true, SecurityType::Plain), (false, SecurityType::TlsPlain)] {
            let session = fresh();
            let mut prompts = Prompts::new(&session, &surroundings);
            prompts.way = if local { PathKind::Local } else { PathKind::Network };
            assert_eq!(choose(&mut prompts, chosen, None).await, (None, true), "nothing to ask");
        }
        let session = fresh();
        let mut prompts = Prompts::new(&session, &surroundings);
        assert_eq!(choose(&mut prompts, SecurityType::Plain, None).await, (readable(), false), "cancelled");
        assert_eq!(choose(&mut prompts, SecurityType::Plain, agree(false)).await, (readable(), true));
        assert_eq!(choose(&mut prompts, SecurityType::Plain, None).await, (None, true), "agreed for the session");
        let session = fresh();
        let mut prompts = Prompts::new(&session, &surroundings);
        assert_eq!(choose(&mut prompts, SecurityType::Plain, agree(true)).await, (readable(), true));
        let session = fresh();
        let mut prompts = Prompts::new(&session, &surroundings);
        assert_eq!(choose(&mut prompts, SecurityType::Plain, None).await, (None, true), "agreed for good");
    }

    #[tokio::test]
    async fn what_happens_to_the_password_is_said_with_the_question() {
        let host = Host { username: "ann".into(), ..host() };
        let (surroundings, _folder) = surroundings(&host).await;
        let session = Session::new(Target::from(&host), None);
        for (local, security_type, username, travels) in [
            (false, SecurityType::VncAuth, None, Travels::Scrambled),
            (false, SecurityType::TlsVnc, None, Travels::Encrypted),
            (false, SecurityType::Plain, Some("ann"), Travels::Clear),
            (false, SecurityType::Ard, Some("ann"), Travels::Encrypted),
            (true, SecurityType::Plain, Some("ann"), Travels::Local),
        ] {
            let mut prompts = Prompts::new(&session, &surroundings);
            prompts.way = if local { PathKind::Local } else { PathKind::Network };
            prompts.wanted = Some(Wanted { security_type, username: username.is_some() });
            let mut asking = pin!(prompts.ask_login(None));
            assert!(futures_util::poll!(&mut asking).is_pending());
            let (prompt, _) = session.asked.lock().take().expect("a question");
            let username = username.map(str::to_owned);
            assert_eq!(prompt, Prompt::Password { username, travels, problem: None, keyring: None });
        }
    }

    #[tokio::test]
    async fn a_way_through_ssh_protects_whatever_the_server_offers() {
        let host = Host { protection: Some(Level::Identified), ..host() };
        let (surroundings, _folder) = surroundings(&host).await;
        let session = Session::new(Target::from(&host), None);
        let mut prompts = Prompts::new(&session, &surroundings);
        assert!(choose(&mut prompts, SecurityType::None, None).await.0.is_some(), "less than before");
        prompts.way = PathKind::Ssh;
        for chosen in [SecurityType::None, SecurityType::Plain, SecurityType::VncAuth] {
            assert_eq!(choose(&mut prompts, chosen, None).await, (None, true), "{chosen:?}");
        }
        assert_eq!(prompts.policy().floor, None, "the server need not encrypt once more");
    }

    #[tokio::test]
    async fn ssh_asks_the_person_and_takes_its_question_away_again() {
        let host = host();
        let (surroundings, _folder) = surroundings(&host).await;
        let session = Session::new(Target::from(&host), None);
        let mut prompts = Prompts::new(&session, &surroundings);
        let secret = |account: Option<&str>| Question::Secret {
            prompt: "ann@box's password:".into(),
            of: SecretOf::Password,
            account: account.map(str::to_owned),
            again: true,
        };
        let shown = |can_keep| SessionState::Asking {
            prompt: Prompt::Ssh {
                question: SshQuestion::Password { prompt: "ann@box's password:".into(), again: true },
                can_keep,
            },
        };
        let on_the_way = SessionState::Connecting { stage: Stage::Ssh };
        for (question, can_keep) in [(secret(None), false), (secret(Some("ssh box: ann@box")), true)] {
            {
                let mut answering = pin!(prompts.answer(&question));
                assert!(futures_util::poll!(&mut answering).is_pending());
                assert_eq!(*session.state.borrow(), shown(can_keep));
                // ssh has gone: so has its question.
            }
            assert_eq!(*session.state.borrow(), on_the_way);
            assert!(session.asked.lock().is_none());

            let mut answering = pin!(prompts.answer(&question));
            assert!(futures_util::poll!(&mut answering).is_pending());
            let (_, asked) = session.asked.lock().take().expect("a question");
            let typed = Answer::Ssh { secret: Some("open sesame".to_owned().into()), remember: true };
            assert!(asked.send(typed).is_ok());
            let reply = answering.await;
            assert!(matches!(reply, Some(Reply::Secret(secret)) if secret.expose() == "open sesame"));
        }
        assert_eq!(prompts.to_keep.len(), 1, "kept only where ssh says whose it is");

        let key = Question::HostKey { prompt: "Are you sure?".into(), fingerprint: None };
        let mut answering = pin!(prompts.answer(&key));
        assert!(futures_util::poll!(&mut answering).is_pending());
        let (_, asked) = session.asked.lock().take().expect("a question");
        assert!(asked.send(Answer::Ssh { secret: None, remember: false }).is_ok());
        assert!(matches!(answering.await, Some(Reply::Yes)));
    }

    #[test]
    fn whom_a_certificate_has_to_name() {
        for (address, expected) in [
            ("box.example", Peer::Name("box.example".into())),
            ("192.168.1.20:1", Peer::Ip("192.168.1.20".parse().unwrap())),
            ("fe80::1%eth0", Peer::Ip("fe80::1".parse().unwrap())),
            ("/run/vnc.sock", Peer::Local),
        ] {
            assert_eq!(peer(&Address::parse(address).unwrap()), expected, "{address}");
        }
    }
}
