//! All sessions of the app, by id.

mod recordings;
mod typing;

pub use recordings::LastMinutes;

use super::{
    Answer, Changes, Kept, OpenSession, OpenState, Prompt, SessionState, SessionView, keep, overview::is_picture, play,
    run, services::Services, session::Session,
};
use crate::{
    connect::StageReport,
    error::{ConnectError, Error, StoreError},
    lead::Lead,
    model::{Address, ClipboardSharing, Display, Host, HostId, Jump, PictureChoice, Secret, SessionId, Target},
    recording::{OnChange, Player, Recorder, Recording, Source, Unfinished},
    store::WasOpen,
    transport::reverse::IncomingConnection,
};
use futures_util::{StreamExt, future::BoxFuture, stream};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{sync::watch, time::timeout};

/// So many sessions that are opened together are on their way at once.
pub(super) const AT_ONCE: usize = 3;
/// One of them lets the next one begin after so long: it may be waking up.
const LONG_WAY: Duration = Duration::from_secs(10);

/// All sessions of the app. They end when this is dropped.
pub struct Sessions {
    services: Arc<Services>,
    open: Mutex<Open>,
    /// What has changed about all of them together.
    changed: watch::Sender<Changes>,
    unfinished: Unfinished,
}

/// What a lead that was followed means to the windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// The form of this host is to be shown, with this address.
    Edit {
        /// Whose.
        host: HostId,
        /// Which.
        address: String,
    },
    /// This host is to be opened instead.
    Open {
        /// Which.
        host: HostId,
    },
}

#[derive(Default)]
struct Open {
    last: u64,
    sessions: HashMap<SessionId, Arc<Session>>,
    /// Wakes when a session has started.
    started: watch::Sender<()>,
}

impl Sessions {
    pub(crate) fn new(services: Services) -> Self {
        Self {
            services: Arc::new(services),
            open: Mutex::default(),
            changed: watch::Sender::default(),
            unfinished: Unfinished::default(),
        }
    }

    /// An id for a session that starts later, so that its window can be made before.
    pub fn reserve(&self) -> SessionId {
        let mut open = self.open.lock();
        open.last += 1;
        SessionId(open.last)
    }

    /// Starts the session `id`: it dials at once; its window may come later.
    pub fn start(&self, id: SessionId, target: Target) {
        let recorder = self.recorder();
        self.insert(id, Session::new(id, target, None, &self.services, recorder, |run| Box::pin(run::run(run))));
    }

    /// The same with a login as if it had been typed already: the user name where it is not the machine's, and the password.
    pub(super) fn start_with(&self, id: SessionId, target: Target, login: Option<(Option<String>, Secret)>) {
        let recorder = self.recorder();
        let session = Session::new(id, target, None, &self.services, recorder, |run| Box::pin(run::run(run)));
        if let Some((username, password)) = login {
            session.begin_with(username, password);
        }
        self.insert(id, session);
    }

    /// Starts the session `id` with a recording in place of a machine.
    pub fn start_playing(&self, id: SessionId, recording: Recording) {
        let target = Target::recording(recording.name(), recording.path());
        let recorder = self.recorder();
        let session = Session::new(id, target, None, &self.services, recorder, |run| Box::pin(play::play(run)));
        self.insert(id, session.playing(Player::new(Source::File(recording), self.on_recording())));
    }

    /// Starts the session `id` with a server that has connected to us: the person is asked first.
    pub fn start_reverse(&self, id: SessionId, incoming: IncomingConnection) {
        let target = Target::caller(incoming.from);
        let recorder = self.recorder();
        let runs = |run| -> BoxFuture<'static, ()> { Box::pin(run::run(run)) };
        self.insert(id, Session::new(id, target, Some(incoming), &self.services, recorder, runs));
    }

    fn recorder(&self) -> Arc<Recorder> {
        Recorder::new(self.on_recording(), self.unfinished.clone())
    }

    /// What has changed about a recording is told like all else.
    fn on_recording(&self) -> OnChange {
        let changed = self.changed.clone();
        Arc::new(move || changed.send_modify(|changes| changes.recordings += 1))
    }

    fn insert(&self, id: SessionId, session: Session) {
        let session = Arc::new(session);
        session.start(&self.services);
        self.follow(session.subscribe());
        let mut open = self.open.lock();
        open.sessions.insert(id, session);
        open.started.send_replace(());
    }

    /// Counts when a session begins and ends, and when it comes to another [`OpenState`].
    fn follow(&self, mut states: watch::Receiver<SessionState>) {
        let changed = self.changed.clone();
        let count = move || changed.send_modify(|changes| changes.sessions += 1);
        self.services.runtime.spawn(async move {
            let mut last = None;
            loop {
                let now = OpenState::from(&*states.borrow_and_update());
                if last.replace(now) != Some(now) {
                    count();
                }
                if states.changed().await.is_err() {
                    return count();
                }
            }
        });
    }

    /// Waits until the session `id` has started.
    pub async fn started(&self, id: SessionId) {
        let mut started = self.open.lock().started.subscribe();
        while self.get(id).is_none() {
            if started.changed().await.is_err() {
                return;
            }
        }
    }

    /// The session that already looks at the same thing: at the same saved host, or at the same typed address. One whose window is
    /// about to close does so no longer.
    pub fn find(&self, target: &Target) -> Option<SessionId> {
        let open = self.open.lock();
        let mut sessions = open.sessions.iter();
        sessions.find(|(_, session)| session.looks_at(target) && !session.is_leaving()).map(|(id, _)| *id)
    }

    /// Opens targets in their order with `open`, which says which session each got: so that only [`AT_ONCE`] of them are on their
    /// way, whatever a network or a server does when all come together. One that takes long keeps the others waiting no longer than
    /// [`LONG_WAY`].
    pub async fn open_in_turn(&self, targets: Vec<Target>, open: impl Fn(&Target) -> Option<SessionId>) {
        let opened = stream::iter(targets).for_each_concurrent(AT_ONCE, |target| {
            let states = open(&target).and_then(|id| self.watch(id));
            async {
                if let Some(mut states) = states {
                    let is_there = |state: &SessionState| OpenState::from(state) != OpenState::Connecting;
                    // Also when its window was closed meanwhile.
                    let _ = timeout(LONG_WAY, states.wait_for(is_there)).await;
                }
            }
        });
        opened.await;
    }

    /// The session that already shows this recording.
    pub fn find_recording(&self, recording: &Recording) -> Option<SessionId> {
        self.find(&Target::recording(recording.name(), recording.path()))
    }

    /// Opens `target` again in a session that [`Sessions::find`] has found: one that has ended starts again with it, one
    /// that waits to reconnect does so now. A live session stays as it is.
    pub fn reopen(&self, id: SessionId, target: Target) {
        if let Some(session) = self.get(id) {
            session.reopen(target, &self.services);
        }
    }

    /// The relay's port on 127.0.0.1.
    pub fn relay_port(&self) -> u16 {
        self.services.relay.port()
    }

    /// Its states: the present one first, then each change.
    pub fn watch(&self, id: SessionId) -> Option<watch::Receiver<SessionState>> {
        self.get(id).map(|session| session.subscribe())
    }

    /// What it looks at now. Changes when it starts again after its host was edited.
    pub fn view(&self, id: SessionId) -> Option<SessionView> {
        self.get(id).map(|session| session.view(&self.services))
    }

    /// Notes what was chosen in its window, for this session, and with its host where that is saved.
    ///
    /// # Errors
    /// [`StoreError::HostsNotSaved`]: then it holds for this session only.
    pub async fn set_display(&self, id: SessionId, display: Display) -> Result<(), StoreError> {
        let Some(session) = self.get(id) else { return Ok(()) };
        let (target, before) = session.set_display(display);
        session.follow_rewind(&self.services);
        let note = move |host: &mut Host| host.display.take_changes(&before, &display);
        match target.host {
            Some(_) => self.services.list.note(&target, note).await.map(drop),
            None => Ok(()),
        }
    }

    /// Only watches from now on, or no longer: held by the relay, whatever the page does.
    pub fn set_view_only(&self, id: SessionId, view_only: bool) {
        if let Some(session) = self.get(id) {
            session.set_view_only(view_only);
        }
    }

    /// What it looks at, the password that was typed for it and accepted, and whether the session cannot be read on its way.
    pub(crate) fn login(&self, id: SessionId) -> Option<(Target, Option<Secret>, bool)> {
        let session = self.get(id)?;
        Some((session.target(), session.typed_password(), session.is_private()))
    }

    /// Its window is told anew what it looks at: the list says something else of its machine.
    pub(crate) fn announce(&self, id: SessionId) {
        if let Some(session) = self.get(id) {
            session.announce();
        }
    }

    /// Which way it copies text now: as was chosen for its machine, else as is right for this kind of session.
    pub fn clipboard(&self, id: SessionId) -> ClipboardSharing {
        self.get(id).map_or(ClipboardSharing::Off, |session| session.clipboard(&self.services))
    }

    /// Adds the machine to the list under this name, or under its address where that is empty; with the login that was
    /// typed and accepted, where it is to be kept. None where it is in the list already.
    ///
    /// # Errors
    /// [`FormError::Fields`](crate::FormError::Fields), [`StoreError::HostsNotSaved`]: then nothing is kept.
    pub async fn keep(&self, id: SessionId, name: &str, with_login: bool) -> Result<Option<Kept>, Error> {
        match self.get(id) {
            Some(session) => keep::keep(&session, name, with_login, &self.services).await,
            None => Ok(None),
        }
    }

    /// The saved host behind it.
    pub fn host(&self, id: SessionId) -> Option<HostId> {
        self.get(id)?.host()
    }

    /// The saved host whose server it shows: none where that leads elsewhere by now.
    pub(crate) fn shown_host(&self, id: SessionId) -> Option<HostId> {
        let target = self.get(id)?.target();
        let list = self.services.list.get();
        let host = list.get(target.host?)?;
        Target::from(host).is_same_server(&target).then_some(host.id)
    }

    /// Whether a viewer has come since it began to connect.
    pub fn was_served(&self, id: SessionId) -> bool {
        self.get(id).is_some_and(|session| session.served.load(Ordering::Relaxed))
    }

    /// What was done in its last attempt to connect, stage by stage.
    pub fn tried(&self, id: SessionId) -> Vec<StageReport> {
        self.get(id).map(|session| session.tried()).unwrap_or_default()
    }

    /// Wakes its machine up, and connects when that answers: where it has ended or was interrupted, and the list has its
    /// network card.
    pub fn wake(&self, id: SessionId) {
        if let Some(session) = self.get(id)
            && let Some(target) = session.wake_target(&self.services)
        {
            session.reopen(target, &self.services);
        }
    }

    /// Takes the next step that its failure led to: that step, as it was found, and none that a page names. What it means to the
    /// windows is told.
    ///
    /// # Errors
    /// [`StoreError::HostsNotSaved`] where the machine had to be added to the list.
    pub async fn follow_lead(&self, id: SessionId) -> Result<Option<Followed>, Error> {
        let Some((session, lead)) = self.get(id).and_then(|session| Some((session.clone(), session.lead()?))) else {
            return Ok(None);
        };
        match (lead, session.host()) {
            (Lead::Wake, _) => self.wake(id),
            // Its logins are for the former address: the form asks about that.
            (Lead::Address { address, .. }, Some(host)) => return Ok(Some(Followed::Edit { host, address })),
            (Lead::Address { address, .. }, None) => {
                if let Ok(address) = Address::parse(&address) {
                    session.correct(address, &self.services);
                }
            }
            (Lead::Listed { host, .. }, _) => return Ok(Some(Followed::Open { host })),
            (Lead::Through { address, through, .. }, _) => {
                if let (Ok(address), Ok(through)) = (Address::parse(&address), Jump::parse(&through)) {
                    session.try_through(address, through, &self.services);
                }
            }
            (Lead::AcceptOld { .. }, _) => keep::accept_old(&session, &self.services).await?,
            (Lead::Account, _) => session.ask_for_account(&self.services),
        }
        Ok(None)
    }

    /// What a person may show others about how it went.
    pub fn report(&self, id: SessionId) -> String {
        self.get(id).map(|session| session.report()).unwrap_or_default()
    }

    /// Connects to another address instead: only where it has ended, and its address was typed. What was typed or agreed to
    /// for the former one is forgotten.
    pub fn correct(&self, id: SessionId, address: Address) {
        if let Some(session) = self.get(id) {
            session.correct(address, &self.services);
        }
    }

    /// Its window has a page that can use a ticket. Returns the page's number, which [`Sessions::is_attached`] takes; none
    /// where there is no such session.
    pub fn attach(&self, id: SessionId) -> Option<u64> {
        Some(self.get(id)?.attach())
    }

    /// Whether this page is still the one that its window shows.
    pub fn is_attached(&self, id: SessionId, page: u64) -> bool {
        self.get(id).is_some_and(|session| session.is_attached(page))
    }

    /// The window's page has stopped working, and is loaded again. Ends a session that it was showing; one that is still
    /// connecting goes on, and waits for the new page. What the server said before that stays.
    pub fn page_stopped(&self, id: SessionId) {
        if let Some(session) = self.get(id) {
            session.page_stopped();
        }
    }

    /// Hands on the answer to prompt `number`. One to an earlier prompt, or of another kind, is dropped.
    pub fn answer(&self, id: SessionId, number: u64, answer: Answer) {
        if let Some(session) = self.get(id) {
            session.answer(number, answer);
        }
    }

    /// Connects again, in the same window; at once where it was about to.
    pub fn reconnect(&self, id: SessionId) {
        if let Some(session) = self.get(id) {
            session.reconnect(&self.services);
        }
    }

    /// Ends the session as the user asked; the window stays.
    pub fn close(&self, id: SessionId) {
        if let Some(session) = self.get(id) {
            session.close();
        }
    }

    /// Ends the session because the page could not go on. What the server or the relay said before that stays.
    pub fn viewer_failed(&self, id: SessionId, detail: String) {
        if let Some(session) = self.get(id) {
            session.viewer_failed(ConnectError::ViewerFailed { detail });
        }
    }

    /// Ends the session because the page has no room for the screen.
    pub fn screen_too_large(&self, id: SessionId, width: u16, height: u16) {
        if let Some(session) = self.get(id) {
            session.viewer_failed(ConnectError::ScreenTooLarge { width, height });
        }
    }

    /// All sessions whose window is open, in the order in which they began.
    pub fn all(&self) -> Vec<OpenSession> {
        let mut all: Vec<_> = self.each(|id, session| session.seen_from_afar(id));
        let pictures = &self.services.pictures;
        all.iter_mut()
            .filter(|session| pictures.choice(session.host) == PictureChoice::Off)
            .for_each(|session| session.picture = None);
        all.sort_by_key(|session| session.id);
        all
    }

    /// The same; and each page is asked for a new picture, which the next call brings.
    pub fn overview(&self) -> Vec<OpenSession> {
        self.changed.send_modify(|changes| changes.pictures += 1);
        self.all()
    }

    /// What is to be opened again after Portlight has ended: what is open, and what the user has not ended. An address only where it is all
    /// that was said, and has nothing of a secret.
    pub(crate) fn to_reopen(&self) -> Vec<WasOpen> {
        let mut open = self.each(|id, session| Some((id, session.to_reopen()?)));
        open.sort_by_key(|open| open.as_ref().map(|(id, _)| *id));
        open.into_iter().flatten().map(|(_, was)| was).collect()
    }

    /// How many callers wait to be answered.
    pub fn calls(&self) -> usize {
        let is_call = |session: &Session| {
            matches!(&*session.subscribe().borrow(), SessionState::Asking { prompt: Prompt::Call { .. }, .. })
        };
        self.each(|_, session| is_call(session)).into_iter().filter(|call| *call).count()
    }

    /// How many sessions are not over.
    pub fn running(&self) -> usize {
        self.all().iter().filter(|session| session.state != OpenState::Ended).count()
    }

    /// The session after this one in the order in which they began, or before it; the first follows the last.
    pub fn beside(&self, id: SessionId, back: bool) -> Option<SessionId> {
        let ids: Vec<_> = self.all().iter().map(|session| session.id).collect();
        let at = ids.iter().position(|other| *other == id)?;
        let step = if back { ids.len() - 1 } else { 1 };
        ids.get((at + step) % ids.len()).copied().filter(|other| *other != id)
    }

    /// A page's picture of its session. Dropped where it is none, or too large.
    pub fn set_picture(&self, id: SessionId, picture: String) {
        if is_picture(&picture)
            && let Some(session) = self.get(id)
        {
            session.set_picture(picture);
        }
    }

    /// Wakes after each change.
    pub fn changes(&self) -> watch::Receiver<Changes> {
        self.changed.subscribe()
    }

    /// Its window is about to go. Says whether its page was asked for a last picture before that: once, and only where one may be
    /// kept. The page then closes the window.
    pub fn leave(&self, id: SessionId) -> bool {
        let Some(session) = self.get(id) else { return false };
        let may_keep =
            session.host().is_some_and(|host| self.services.pictures.choice(Some(host)) != PictureChoice::Off);
        let is_live = *session.subscribe().borrow() == SessionState::Live;
        let asked = may_keep && is_live && session.begin_leaving();
        if asked {
            self.changed.send_modify(|_| ());
        }
        asked
    }

    /// Whether its page was asked so.
    pub fn is_leaving(&self, id: SessionId) -> bool {
        self.get(id).is_some_and(|session| session.is_leaving())
    }

    /// Forgets the session: its window is gone.
    pub fn end(&self, id: SessionId) {
        let session = self.open.lock().sessions.remove(&id);
        if let Some(session) = session {
            session.close();
            // Now, and not when its task has ended: Portlight may end before.
            session.recorder.stop();
        }
    }

    /// What `look` sees in each of them.
    fn each<T>(&self, look: impl Fn(SessionId, &Session) -> T) -> Vec<T> {
        self.open.lock().sessions.iter().map(|(id, session)| look(*id, session)).collect()
    }

    fn get(&self, id: SessionId) -> Option<Arc<Session>> {
        self.open.lock().sessions.get(&id).cloned()
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        for session in self.open.lock().sessions.values() {
            session.close();
        }
    }
}
