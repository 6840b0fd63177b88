//! One session. Its state has one owner at a time: the run with the present generation.
//!
//! Aborting a task is asynchronous: it may be in the middle of a poll when `close` or `reconnect` returns, on another
//! thread. So everything that a run changes is changed under the lock, and only where the run's generation is still the
//! session's.

mod again;
mod elsewhere;
mod handle;
mod keeping;

pub(super) use handle::Run;
pub(super) use keeping::Known;

use super::{
    Answer, OpenSession, OpenState, Prompt, SessionState, SessionView, Stage, Storing, input::Input, report,
    services::Services, state::Remember,
};
use crate::{
    connect::StageReport,
    error::{ConnectError, Error},
    lead::Lead,
    model::{ClipboardSharing, Display, HostId, Identity, Level, LoginId, RewindChoice, Secret, SessionId, Target},
    recording::{Player, Recorder, Rewind},
    store::{Preferences, WasOpen},
    transport::reverse::IncomingConnection,
};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::{Notify, oneshot, watch};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

/// One look at one host.
pub(super) struct Session {
    id: SessionId,
    state: watch::Sender<SessionState>,
    /// The number of the page that is attached; none before the first, and where it has stopped working.
    attached: watch::Sender<Option<u64>>,
    /// Cuts the wait before the next attempt short.
    retry_now: Notify,
    pub(super) recorder: Arc<Recorder>,
    /// Its last minutes.
    pub(super) rewind: Arc<Rewind>,
    /// What its page may do to the machine.
    pub(super) input: Arc<Input>,
    /// Plays the recording that it shows in place of a machine.
    player: Option<Arc<Player>>,
    /// Whose last minutes that are.
    pub(super) past_of: Option<SessionId>,
    /// Its window is about to close.
    leaving: AtomicBool,
    /// A viewer has come since it began to connect. A reader of the states may miss the one that says so.
    pub(super) served: AtomicBool,
    /// What a run does: see `run::run`.
    runs: RunFn,
    inner: Mutex<Inner>,
}

/// Drives a run to the session's end.
pub(super) type RunFn = fn(Run) -> BoxFuture<'static, ()>;

struct Inner {
    /// Counts the runs. Only the last one may change anything.
    generation: u64,
    /// What the session looks at: taken anew from the list for each run and each reconnect.
    target: Target,
    /// Watching only was asked for when it was opened, whatever the list says.
    force_view_only: bool,
    /// The server has connected to us, and is never dialled.
    is_reverse: bool,
    /// Its connection, until a run uses it.
    incoming: Option<IncomingConnection>,
    /// A password that is good for one login, until it is used.
    ticket: Option<Secret>,
    /// The login as typed, for this session only.
    typed: Option<TypedLogin>,
    /// The passphrase as typed, and the file of the key that it is for.
    passphrase: Option<(String, Secret)>,
    /// The password as typed, and the proxy's account that it is for.
    proxy_password: Option<(String, Secret)>,
    /// User name and password as typed for the site in front of the machine.
    http_login: Option<(String, Secret)>,
    agreed: Agreed,
    /// The number of the last prompt.
    prompts: u64,
    /// The number of the last page that attached.
    pages: u64,
    /// The prompt that is shown.
    shown: Option<Shown>,
    /// The machine was added to the list, or is just being added. The session of a call has no host also then: the host
    /// that was saved is one to dial.
    kept: bool,
    /// The key that its server has shown in the last attempt, and that was accepted.
    identity: Option<Identity>,
    /// How well the server was reached.
    reached: Option<Level>,
    /// The session could not be read on its way when it was reached last.
    private: bool,
    /// What was done in the last attempt to connect.
    tried: Vec<StageReport>,
    /// It is a Mac with logins for its accounts.
    is_mac: bool,
    /// A password was sent to it without a user name.
    nameless: bool,
    /// Where its failure leads.
    lead: Option<Lead>,
    /// What has become of a login that is put into the keyring.
    storing: Option<Storing>,
    /// The page's last small picture of the screen.
    picture: Option<String>,
    task: Option<AbortOnDropHandle<()>>,
}

struct Shown {
    number: u64,
    prompt: Prompt,
    answer: oneshot::Sender<Answer>,
}

/// What the person at the window agreed to, for this session.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Agreed {
    /// No more protection than this.
    pub(super) level: Option<Level>,
    /// That the password travels readably.
    pub(super) clear_text: bool,
    /// That an account's login is to be typed, with its user name.
    pub(super) account: bool,
}

/// A login that the person at the window typed.
#[derive(Clone)]
pub(super) struct TypedLogin {
    /// None where the server wanted none.
    pub(super) username: Option<String>,
    pub(super) password: Secret,
    /// Whether it is still to be put into the keyring, once the server has accepted it, and for whom.
    pub(super) remember: Remember,
    /// The named login that it is, where the machine is to use that from now on, once the server has accepted it.
    pub(super) named: Option<LoginId>,
    /// The server has accepted it.
    pub(super) accepted: bool,
}

impl Inner {
    fn clipboard_unchosen(&self, for_all: &Preferences) -> ClipboardSharing {
        ClipboardSharing::unchosen(for_all.clipboard, self.target.host.is_some() || self.kept, self.private)
    }
}

impl Session {
    pub(super) fn new(
        id: SessionId,
        target: Target,
        incoming: Option<IncomingConnection>,
        services: &Services,
        recorder: Arc<Recorder>,
        runs: RunFn,
    ) -> Self {
        let saved = saved_target(services, &target);
        let mut target = services.as_chosen(target);
        let state = watch::Sender::new(SessionState::Connecting { stage: Stage::Dialing });
        let window = state.clone();
        // The window is told.
        let on_question = Box::new(move || window.send_modify(|_| ()));
        let input = Arc::new(Input::new(target.view_only, target.ask_lines, on_question));
        let inner = Inner {
            generation: 0,
            force_view_only: target.view_only && saved.is_some_and(|saved| !saved.view_only),
            ticket: target.ticket.take(),
            target,
            is_reverse: incoming.is_some(),
            incoming,
            typed: None,
            passphrase: None,
            proxy_password: None,
            http_login: None,
            agreed: Agreed::default(),
            prompts: 0,
            pages: 0,
            shown: None,
            kept: false,
            identity: None,
            reached: None,
            private: false,
            tried: Vec::new(),
            is_mac: false,
            nameless: false,
            lead: None,
            storing: None,
            picture: None,
            task: None,
        };
        Self {
            id,
            state,
            attached: watch::Sender::new(None),
            retry_now: Notify::new(),
            recorder,
            rewind: Arc::new(Rewind::new(services.room.clone())),
            input,
            player: None,
            past_of: None,
            leaving: AtomicBool::new(false),
            served: AtomicBool::new(false),
            runs,
            inner: Mutex::new(inner),
        }
    }

    /// One that shows a recording. Nothing of it is kept in the list.
    pub(super) fn playing(self, player: Player) -> Self {
        self.inner.lock().kept = true;
        Self { player: Some(Arc::new(player)), ..self }
    }

    /// One that shows the last minutes of another session.
    pub(super) fn rewinding(self, player: Player, past_of: SessionId) -> Self {
        Self { past_of: Some(past_of), ..self.playing(player) }
    }

    /// A login that is not asked for.
    pub(super) fn begin_with(&self, username: Option<String>, password: Secret) {
        self.inner.lock().typed =
            Some(TypedLogin { username, password, remember: Remember::No, named: None, accepted: false });
    }

    pub(super) fn player(&self) -> Option<&Arc<Player>> {
        self.player.as_ref()
    }

    pub(super) fn view(&self, services: &Services) -> SessionView {
        let for_all = services.preferences.get();
        let inner = self.inner.lock();
        let target = &inner.target;
        let list = services.list.get();
        let host = target.host.and_then(|id| list.get(id));
        SessionView {
            name: target.name.clone(),
            address: target.address.to_string(),
            view_only: self.input.is_view_only(),
            frame: target.frame_colour(&for_all.tags),
            ask_lines: self.input.asks_lines(),
            lines_asked: self.input.lines_asked(),
            saved: target.host.is_some(),
            called: inner.is_reverse,
            can_keep: target.host.is_none() && !inner.kept,
            has_login: inner.typed.as_ref().is_some_and(|typed| typed.accepted),
            can_type_password: target.has_password
                || target.login.is_some()
                || target.password_command.is_some()
                || inner.typed.as_ref().is_some_and(|typed| typed.accepted),
            secret: host.filter(|host| host.has_secret).map(|host| host.secret_name.clone()),
            can_keep_secret: host.is_some() && services.keyring.known_absence().is_none(),
            private: inner.private,
            can_wake: host.is_some_and(|host| host.mac.is_some()),
            lead: inner.lead.clone(),
            storing: inner.storing.clone(),
            picture: services.pictures.choice(target.host),
            scaling_unchosen: for_all.scaling,
            quality_unchosen: for_all.quality,
            composing_unchosen: for_all.composing,
            clipboard_unchosen: inner.clipboard_unchosen(&for_all),
            rewind_unchosen: RewindChoice::unchosen(for_all.rewind, services.pictures.choice(target.host)),
            display: target.display,
            recording: self.recorder.view(),
            playback: self.player.as_ref().map(|player| player.view()),
        }
    }

    /// The keyboard layout that was chosen for its machine.
    pub(super) fn layout(&self) -> Option<rfb::Layout> {
        self.inner.lock().target.display.layout?.layout()
    }

    /// Notes what was chosen in the window; returns what the session looks at, and what was chosen before.
    pub(super) fn set_display(&self, display: Display) -> (Target, Display) {
        let mut inner = self.inner.lock();
        let before = std::mem::replace(&mut inner.target.display, display);
        (inner.target.clone(), before)
    }

    /// Which way text is copied now.
    pub(super) fn clipboard(&self, services: &Services) -> ClipboardSharing {
        let for_all = services.preferences.get();
        let inner = self.inner.lock();
        inner.target.display.clipboard.unwrap_or_else(|| inner.clipboard_unchosen(&for_all))
    }

    /// Keeps its last minutes as is chosen now.
    pub(super) fn follow_rewind(&self, services: &Services) {
        let inner = self.inner.lock();
        let unchosen = || {
            let picture = services.pictures.choice(inner.target.host);
            RewindChoice::unchosen(services.preferences.get().rewind, picture)
        };
        self.rewind.set(inner.target.display.rewind.unwrap_or_else(unchosen) == RewindChoice::Kept);
    }

    /// Only watches from now on, or no longer, and tells the window.
    pub(super) fn set_view_only(&self, view_only: bool) {
        self.input.set_view_only(view_only);
        self.announce();
    }

    /// Tells the window anew what it looks at.
    pub(super) fn announce(&self) {
        self.state.send_modify(|_| ());
    }

    /// The password that was typed and accepted.
    pub(super) fn typed_password(&self) -> Option<Secret> {
        let inner = self.inner.lock();
        inner.typed.as_ref().filter(|typed| typed.accepted).map(|typed| typed.password.clone())
    }

    /// The session cannot be read on its way.
    pub(super) fn is_private(&self) -> bool {
        self.inner.lock().private
    }

    /// What its window is called.
    pub(super) fn name(&self) -> String {
        self.inner.lock().target.name.clone()
    }

    pub(super) fn host(&self) -> Option<HostId> {
        self.inner.lock().target.host
    }

    pub(super) fn target(&self) -> Target {
        self.inner.lock().target.clone()
    }

    /// As what it is to be opened again; none where it is not.
    pub(super) fn to_reopen(&self) -> Option<WasOpen> {
        let is_closed = matches!(*self.state.borrow(), SessionState::Ended { error: None });
        if is_closed || self.is_leaving() || self.player.is_some() {
            return None;
        }
        let inner = self.inner.lock();
        let Target { host, address, ssh_jump, proxy, least, ticket, for_once, .. } = &inner.target;
        if let Some(host) = host {
            return Some(WasOpen::Host(*host));
        }
        let is_plain = ssh_jump.is_none() && proxy.is_none() && least.is_none() && ticket.is_none();
        let says_more = !inner.target.username.is_empty() || !inner.target.repeater_id.is_empty();
        let is_for_once = inner.is_reverse || *for_once || address.has_query() || inner.ticket.is_some();
        (is_plain && !says_more && !is_for_once)
            .then(|| WasOpen::Address { address: address.to_string(), view_only: inner.target.view_only })
    }

    /// Where it is, as an overview tells it.
    pub(super) fn seen_from_afar(&self, id: SessionId) -> OpenSession {
        let inner = self.inner.lock();
        let Target { host, name, address, .. } = &inner.target;
        let state = OpenState::from(&*self.state.borrow());
        let (name, address) = (name.clone(), address.without_query().to_string());
        OpenSession { id, host: *host, name, address, state, picture: inner.picture.clone() }
    }

    pub(super) fn set_picture(&self, picture: String) {
        self.inner.lock().picture = Some(picture);
    }

    /// Says whether it did not before.
    pub(super) fn begin_leaving(&self) -> bool {
        !self.leaving.swap(true, Ordering::Relaxed)
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    pub(super) fn tried(&self) -> Vec<StageReport> {
        self.inner.lock().tried.clone()
    }

    pub(super) fn lead(&self) -> Option<Lead> {
        self.inner.lock().lead.clone()
    }

    /// What is to be told others about how it went.
    pub(super) fn report(&self) -> String {
        let inner = self.inner.lock();
        let error = match &*self.state.borrow() {
            SessionState::Ended { error } => error.clone(),
            SessionState::Reconnecting { error, .. } => Some(error.clone()),
            _ => None,
        };
        report::text(&inner.target, inner.is_reverse, error.as_ref(), &inner.tried)
    }

    /// What it looks at, as something to wake up; none where the list has no network card for it.
    pub(super) fn wake_target(&self, services: &Services) -> Option<Target> {
        let host = services.list.get().get(self.host()?)?.clone();
        Some(Target { wake: Some(host.wake()?), ..Target::from(&host) })
    }

    /// The window is told what becomes of a login that is put into the keyring.
    pub(super) fn set_storing(&self, storing: Storing) {
        self.inner.lock().storing = Some(storing);
        self.announce();
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<SessionState> {
        self.state.subscribe()
    }

    pub(super) fn attach(&self) -> u64 {
        let mut inner = self.inner.lock();
        inner.pages += 1;
        self.attached.send_replace(Some(inner.pages));
        inner.pages
    }

    pub(super) fn is_attached(&self, page: u64) -> bool {
        *self.attached.borrow() == Some(page)
    }

    pub(super) fn answer(&self, number: u64, answer: Answer) {
        let mut inner = self.inner.lock();
        let shown = inner.shown.take_if(|shown| shown.number == number && answer.fits(&shown.prompt));
        if let Some(shown) = shown {
            // The run may have ended in this moment.
            drop(shown.answer.send(answer));
        }
    }

    pub(super) fn start(self: &Arc<Self>, services: &Arc<Services>) {
        self.restart(&mut self.inner.lock(), services);
    }

    pub(super) fn close(&self) {
        self.finish(&mut self.inner.lock(), None);
    }

    /// `error` is what the page says.
    pub(super) fn viewer_failed(&self, error: ConnectError) {
        self.viewer_ended(&mut self.inner.lock(), error);
    }

    pub(super) fn page_stopped(&self) {
        let mut inner = self.inner.lock();
        self.attached.send_replace(None);
        self.viewer_ended(&mut inner, ConnectError::PageStopped);
    }

    /// Ends the session with the viewer's own error. Only the page, or what saw it stop, knows why its connection
    /// closed; all the relay sees is that it did. While the session connects (again), this is about a viewer that is no
    /// more.
    fn viewer_ended(&self, inner: &mut Inner, error: ConnectError) {
        let concerns_it = matches!(
            &*self.state.borrow(),
            SessionState::Ready { .. }
                | SessionState::Live
                | SessionState::Ended { error: Some(Error::Connect(ConnectError::ViewerFailed { .. })) }
        );
        if concerns_it {
            self.finish(inner, Some(error.into()));
        }
    }

    /// Ends the present run and starts another one.
    fn restart(self: &Arc<Self>, inner: &mut Inner, services: &Arc<Services>) {
        inner.generation += 1;
        (inner.shown, inner.lead) = (None, None);
        let run = Run::new(Arc::clone(self), Arc::clone(services), inner.generation);
        let address = inner.target.address.without_query();
        let span = tracing::info_span!("session", id = %self.id, host = %address);
        self.state.send_replace(SessionState::Connecting { stage: Stage::Dialing });
        // Dropping the former task's handle aborts it.
        inner.task = Some(AbortOnDropHandle::new(services.runtime.spawn((self.runs)(run).instrument(span))));
    }

    /// Ends the present run, if there is one.
    fn finish(&self, inner: &mut Inner, error: Option<Error>) {
        inner.generation += 1;
        (inner.shown, inner.lead) = (None, None);
        inner.task = None;
        self.state.send_replace(SessionState::Ended { error });
    }
}

/// The saved host behind `target`, as the list has it now.
fn saved_target(services: &Services, target: &Target) -> Option<Target> {
    let id = target.host?;
    let saved = services.list.get().get(id).map(Target::from)?;
    Some(services.as_chosen(saved))
}
