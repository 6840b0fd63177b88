//! Sessions: one look at one host, from click to close. A session survives *again* and ends with its window.

mod backoff;
mod prompts;
mod run;
mod state;

pub(crate) use prompts::peer;
pub use state::{Answer, Prompt, SessionState, SessionView, SshQuestion, Stage};

use crate::{
    error::{ConnectError, Error, Result},
    keyring::Keyring,
    model::{Address, Level, Secret, SessionId, Target},
    relay::Relay,
    store::{HostList, Pins},
    transport::{self, ConnectTrace, Connected, Route, reverse::IncomingConnection, wake, ws::Headers},
};
use parking_lot::Mutex;
use prompts::Prompts;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    runtime::Handle,
    sync::{Notify, oneshot, watch},
    time::{Instant, sleep},
};
use tokio_util::task::AbortOnDropHandle;

/// What a session needs from the rest of the engine.
pub(crate) struct Services {
    pub(crate) relay: Relay,
    pub(crate) secrets: Keyring,
    pub(crate) trust: Pins,
    pub(crate) list: Arc<HostList>,
    pub(crate) runtime: Handle,
}

/// All sessions of the app.
pub(crate) struct Sessions {
    surroundings: Arc<Services>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    last: u64,
    sessions: HashMap<SessionId, Arc<Session>>,
    /// Wakes when a session has started.
    started: watch::Sender<()>,
}

impl Sessions {
    pub(crate) fn new(surroundings: Services) -> Self {
        Self { surroundings: Arc::new(surroundings), open: Mutex::default() }
    }

    /// A name for a session that may start later, so that its window can be made before.
    pub(crate) fn reserve(&self) -> SessionId {
        let mut open = self.open.lock();
        open.last += 1;
        SessionId(open.last)
    }

    /// Begins to dial at once, or to ask about who called; the window may come later.
    pub(crate) fn start(&self, id: SessionId, target: Target, call: Option<IncomingConnection>) {
        let session = Arc::new(Session::new(target, call));
        session.run(&self.surroundings);
        let mut open = self.open.lock();
        open.sessions.insert(id, session);
        open.started.send_replace(());
    }

    /// Waits until the session has started.
    pub(crate) async fn started(&self, id: SessionId) {
        let mut started = self.open.lock().started.subscribe();
        while self.get(id).is_none() {
            if started.changed().await.is_err() {
                return;
            }
        }
    }

    /// The session that already looks at the same thing.
    pub(crate) fn find(&self, target: &Target) -> Option<SessionId> {
        let same = |session: &Session| match (session.target.host, target.host) {
            (None, None) => session.target.address == target.address,
            (ours, theirs) => ours == theirs,
        };
        self.open.lock().sessions.iter().find(|(_, session)| same(session)).map(|(id, _)| *id)
    }

    pub(crate) fn trust(&self) -> &Pins {
        &self.surroundings.trust
    }

    pub(crate) fn relay_port(&self) -> u16 {
        self.surroundings.relay.port()
    }

    /// What stays the same, and the state: the current one first, then each change.
    pub(crate) fn watch(&self, id: SessionId) -> Option<(SessionView, watch::Receiver<SessionState>)> {
        let session = self.get(id)?;
        Some((session.view(), session.state.subscribe()))
    }

    /// Says that the window is there and can use a ticket.
    pub(crate) fn attach(&self, id: SessionId) {
        if let Some(session) = self.get(id) {
            session.attached.send_replace(true);
        }
    }

    /// Hands on the answer to the question that the session is asking; one to another question is dropped.
    pub(crate) fn answer(&self, id: SessionId, answer: Answer) {
        let Some(session) = self.get(id) else { return };
        let asked = session.asked.lock().take_if(|(prompt, _)| answer.fits(prompt));
        if let Some((_, asked)) = asked {
            // The session may have ended in this moment: then nobody needs the answer.
            drop(asked.send(answer));
        }
    }

    /// Dials again, in the same window with the same settings; at once where it was about to.
    pub(crate) fn again(&self, id: SessionId) {
        let Some(session) = self.get(id) else { return };
        if matches!(*session.state.borrow(), SessionState::Reconnecting { .. }) {
            return session.hurry.notify_waiters();
        }
        session.run(&self.surroundings);
    }

    /// Ends the session as the user asked; the window stays.
    pub(crate) fn close(&self, id: SessionId) {
        if let Some(session) = self.get(id) {
            session.stop();
            session.set(SessionState::Ended { error: None });
        }
    }

    /// Ends the session because the viewer could not go on. What the server or the relay said before that stays.
    pub(crate) fn viewer_failed(&self, id: SessionId, detail: String) {
        if let Some(session) = self.get(id) {
            // Only the page knows why it closed its connection; all the relay sees is that it did. Where the session is
            // on its way (back) to the server, this is about a viewer that is no more.
            let concerns_it = matches!(
                &*session.state.borrow(),
                SessionState::Ready { .. }
                    | SessionState::Live
                    | SessionState::Ended { error: Some(Error::Connect(ConnectError::ViewerFailed { .. })) }
            );
            if concerns_it {
                session.stop();
                session.set(SessionState::Ended { error: Some(ConnectError::ViewerFailed { detail }.into()) });
            }
        }
    }

    /// Forgets the session: its window is gone.
    pub(crate) fn end(&self, id: SessionId) {
        if let Some(session) = self.open.lock().sessions.remove(&id) {
            session.stop();
        }
    }

    fn get(&self, id: SessionId) -> Option<Arc<Session>> {
        self.open.lock().sessions.get(&id).cloned()
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        for session in self.open.lock().sessions.values() {
            session.stop();
        }
    }
}

/// One look at one host.
struct Session {
    target: Target,
    /// The server called, and is dialled no second time; taken once.
    call: Option<Mutex<Option<IncomingConnection>>>,
    state: watch::Sender<SessionState>,
    attached: watch::Sender<bool>,
    asked: Mutex<Option<(Prompt, oneshot::Sender<Answer>)>>,
    /// The login as typed, for this session only: *again* does not ask again.
    typed: Mutex<Option<Typed>>,
    /// What the person agreed to for this session.
    agreed: Mutex<Agreed>,
    /// Cuts the wait before the next attempt short.
    hurry: Notify,
    task: Mutex<Option<AbortOnDropHandle<()>>>,
}

/// What the person at the window agreed to.
#[derive(Clone, Copy, Default)]
struct Agreed {
    /// No more protection than this.
    level: Option<Level>,
    /// That the password travels readably.
    clear_text: bool,
}

/// A login that the person at the window typed.
#[derive(Clone)]
struct Typed {
    /// None where the server wanted none.
    username: Option<String>,
    password: Secret,
    /// Still to be put into the keyring, once the server has accepted it.
    remember: bool,
}

impl Session {
    fn new(target: Target, call: Option<IncomingConnection>) -> Self {
        Self {
            target,
            call: call.map(|call| Mutex::new(Some(call))),
            state: watch::Sender::new(SessionState::Connecting { stage: Stage::Dialing }),
            attached: watch::Sender::new(false),
            asked: Mutex::default(),
            typed: Mutex::default(),
            agreed: Mutex::default(),
            hurry: Notify::new(),
            task: Mutex::default(),
        }
    }

    fn view(&self) -> SessionView {
        SessionView {
            name: self.target.name.clone(),
            address: self.target.address.to_string(),
            view_only: self.target.view_only,
            saved: self.target.host.is_some(),
        }
    }

    /// The way to the server: dialled, or what it called us by.
    async fn reach(&self, prompts: &mut Prompts<'_>) -> Result<Connected, ConnectError> {
        let Target { address, ca_file, ssh_jump, wake, .. } = &self.target;
        let headers = match (self.target.host, self.target.has_http_auth) {
            (Some(id), true) => {
                prompts.headers(id).await.map_err(|error| ConnectError::System { detail: error.to_string() })?
            }
            _ => Headers::default(),
        };
        let route = Route { address, ca_file, jump: ssh_jump.as_ref(), headers: &headers };
        if let Some(call) = &self.call {
            let gone = || ConnectError::CallerGone { address: address.to_string() };
            return transport::called(call.lock().take().ok_or_else(gone)?);
        }
        let began = Instant::now();
        loop {
            if let Some(mac) = wake {
                wake::send(*mac, &wake::broadcast_addrs()).await?;
            }
            match transport::connect(&route, prompts, &mut ConnectTrace::default()).await {
                Err(error) if wake.is_some() && sleeps(&error) && began.elapsed() < WAKING => {
                    self.set(SessionState::Connecting { stage: Stage::Waking });
                    sleep(BETWEEN_PACKETS).await;
                }
                done => return done,
            }
        }
    }

    /// Whether there is a server that has called and waits.
    fn is_called(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.lock().is_some())
    }

    /// The name under which keys of its server are known.
    fn endpoint(&self) -> String {
        match &self.target.address {
            // Who calls has another port each time.
            Address::Tcp { hostname, .. } if self.call.is_some() => format!("{hostname} calling"),
            _ => self.target.endpoint(),
        }
    }

    fn set(&self, state: SessionState) {
        self.state.send_replace(state);
    }

    /// (Re)starts the task; an earlier one ends first.
    fn run(self: &Arc<Self>, surroundings: &Arc<Services>) {
        let mut task = self.task.lock();
        task.take();
        self.set(SessionState::Connecting { stage: Stage::Dialing });
        let run = run::run(Arc::clone(self), Arc::clone(surroundings));
        *task = Some(AbortOnDropHandle::new(surroundings.runtime.spawn(run)));
    }

    fn stop(&self) {
        self.task.lock().take();
    }

    /// Asks the person at the window and waits, as long as it takes, for an answer that fits the question.
    async fn ask(&self, prompt: Prompt) -> Option<Answer> {
        let (asked, answer) = oneshot::channel();
        *self.asked.lock() = Some((prompt.clone(), asked));
        self.set(SessionState::Asking { prompt });
        answer.await.ok()
    }
}

/// Whether this is how a machine looks that is off, or whose VNC server has not started yet.
fn sleeps(error: &ConnectError) -> bool {
    matches!(
        error,
        ConnectError::ConnectionRefused { .. }
            | ConnectError::DialTimeout { .. }
            | ConnectError::Unreachable { .. }
            | ConnectError::UnknownName { .. }
            | ConnectError::SocketMissing { .. }
    )
}

/// How long a machine may take to start. Whoever has seen enough closes the window.
const WAKING: Duration = Duration::from_secs(5 * 60);
/// Packets get lost, and some network cards hear only some.
const BETWEEN_PACKETS: Duration = Duration::from_secs(3);
