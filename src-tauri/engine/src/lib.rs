//! Everything in Portlight that needs no window.
//!
//! ```text
//! Engine ─┬▶ session ─▶ transport ─▶ demo        one look at one host: dial, log in, relay
//!         │     ├─────▶ trust                    which keys of servers the user has accepted
//!         │     └─────▶ secrets                  passwords, in the operating system's keyring
//!         ├▶ doctor                              the same way to a server, examined stage by stage
//!         ├▶ list ─▶ hosts ─▶ host ─▶ address    the machines that the user saved, as one file
//!         ├▶ import                              other programs' files, as hosts to be
//!         ├▶ wake                                the packet that switches a machine on
//!         └▶ told                                what the user was told once
//! ```
//! `session::run` is the function to read first. The RFB handshake itself is the crate `rfb`, the loopback WebSocket
//! that the viewer comes in by is the crate `relay`.

mod connect;
pub mod doctor;
pub mod error;
pub mod import;
pub mod keyring;
pub mod model;
mod platform;
pub mod session;
pub mod store;
#[cfg(test)]
mod test_process;
mod transport;

pub use error::{ConnectError, Error, FormError, ImportError, KeyringError, Result, StoreError};
pub use store::Hint;
pub use transport::{reverse, ssh::askpass};

use doctor::{Login, Report, TrustPolicy};
use import::{
    ImportSource, Preview,
    websockify::{self, TokenFile},
};
use keyring::Keyring;
use model::{
    FieldProblem, Host, HostDraft, HostId, HostView, HttpAuth, HttpAuthChange, Link, PasswordChange, SessionId, Target,
    name_for,
};
use parking_lot::Mutex;
use relay::Relay;
use reverse::{IncomingConnection, ReverseListener};
use serde::Serialize;
use session::{Answer, Services, SessionState, SessionView, Sessions};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use store::{HostList, Hosts, Listening, ListeningView, Opened, Pins, SeenHints};
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    task::{JoinHandle, spawn_blocking},
    time::sleep,
};
use tokio_util::task::AbortOnDropHandle;

/// How long a removed host can be brought back; its password is forgotten after that.
pub const UNDO: Duration = Duration::from_secs(10);

/// Where Portlight keeps things, and who may come to its relay.
pub struct Settings {
    /// Where the list of hosts lies.
    pub config: PathBuf,
    /// Where the rest lies: what the user was told once.
    pub data: PathBuf,
    /// Where passwords are kept.
    pub keyring: Keyring,
    /// The pages that may open the relay's WebSockets.
    pub origins: Vec<String>,
    /// What the demo desktop is called in the first list.
    pub demo_name: String,
}

impl Settings {
    /// The folders that the system has for this: `$XDG_CONFIG_HOME/portlight` and `$XDG_DATA_HOME/portlight` on Linux.
    ///
    /// # Errors
    /// [`ConnectError::System`] where there is no home folder.
    pub fn folders() -> Result<(PathBuf, PathBuf)> {
        let missing =
            || ConnectError::System { detail: "there is no home folder to keep the list of machines in".to_owned() };
        let config = dirs::config_dir().ok_or_else(missing)?;
        let data = dirs::data_dir().ok_or_else(missing)?;
        Ok((config.join("portlight"), data.join("portlight")))
    }
}

/// The list as the window shows it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HostListView {
    /// In the order in which they were added.
    pub hosts: Vec<HostView>,
    /// What the user has to know about the list or the keyring.
    pub notices: Vec<Error>,
}

/// A host that was saved.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Saved {
    /// As it is now.
    pub host: HostView,
    /// What became of its password.
    pub password: PasswordOutcome,
}

/// What became of a password when its host was saved.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum PasswordOutcome {
    /// It stayed as it was.
    Kept,
    /// It is in the keyring.
    Stored,
    /// It is no longer in the keyring.
    Forgotten,
    /// The host is saved, its password is not in the keyring.
    NotStored {
        /// Why.
        error: Error,
    },
}

/// Portlight without its windows. Owns all parts; everything ends when it is dropped.
pub struct Engine {
    list: Arc<HostList>,
    secrets: Keyring,
    sessions: Sessions,
    told: SeenHints,
    ear: ReverseListener,
    calls: tokio::sync::Mutex<mpsc::UnboundedReceiver<IncomingConnection>>,
    listening: Mutex<Listening>,
    config: PathBuf,
    notices: Mutex<Vec<Error>>,
    /// Removed hosts whose undo is still open; dropping one takes the removal back.
    forgetting: Mutex<HashMap<HostId, AbortOnDropHandle<()>>>,
    runtime: Handle,
}

impl Engine {
    /// Opens the list, starts the relay, looks whether there is a keyring.
    ///
    /// # Errors
    /// [`StoreError::HostsInUse`] where another Portlight runs; [`StoreError::HostsNotSaved`] or [`ConnectError::System`] where the
    /// folders or loopback cannot be used.
    pub async fn start(settings: Settings) -> Result<Arc<Self>> {
        let Opened { mut hosts, notice, first_run } = Hosts::open(&settings.config)?;
        if first_run {
            hosts.put(Host::demo(&settings.demo_name))?;
        }
        let list = Arc::new(HostList::new(hosts));
        let secrets = settings.keyring;
        let (trust, trust_notice) = Pins::open(&settings.config);
        let relay = Relay::start(settings.origins)
            .await
            .map_err(|cause| ConnectError::System { detail: format!("the local relay could not start: {cause}") })?;
        let runtime = Handle::current();
        let (ear, calls) = ReverseListener::new(runtime.clone());
        let surroundings = Services {
            relay,
            keyring: secrets.clone(),
            pins: trust,
            list: Arc::clone(&list),
            runtime: runtime.clone(),
        };
        let engine = Arc::new(Self {
            list,
            secrets,
            sessions: Sessions::new(surroundings),
            told: SeenHints::open(&settings.data),
            ear,
            calls: tokio::sync::Mutex::new(calls),
            listening: Mutex::default(),
            config: settings.config.clone(),
            notices: Mutex::new(notice.into_iter().chain(trust_notice).map(Error::from).collect()),
            forgetting: Mutex::default(),
            runtime,
        });
        let listening = Listening::read(&settings.config);
        if let Err(error) = engine
            .ear
            .listen(listening.bind_address())
            .await
            .map_err(|cause| ConnectError::CannotListen { address: listening.place(), detail: cause.to_string() })
        {
            engine.notices.lock().push(error.into());
        }
        *engine.listening.lock() = listening;
        engine.spawn(|engine| async move {
            engine.look_for_keyring().await;
            // What was removed just before the last end: its undo has passed.
            for id in engine.list.read(Hosts::removed) {
                engine.forget(id).await;
            }
        });
        Ok(engine)
    }

    /// The saved hosts, without starting anything; empty where they cannot be read.
    pub fn peek(config: &Path) -> Vec<Host> {
        Hosts::read(config)
    }

    // ---- hosts

    /// The hosts and what has to be said about them.
    pub fn hosts(&self) -> HostListView {
        HostListView {
            hosts: self.list.read(|hosts| hosts.all().iter().map(Host::view).collect()),
            notices: self.notices.lock().clone(),
        }
    }

    /// Wakes after each change of the list.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.list.changes()
    }

    /// Adds or changes a host, and after that its password: a keyring that fails leaves a saved host.
    ///
    /// # Errors
    /// [`FormError::Fields`], [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub async fn save(&self, draft: HostDraft, change: PasswordChange) -> Result<Saved> {
        let host = self.list.change(|hosts| {
            let existing = match draft.id {
                Some(id) => Some(hosts.get(id).ok_or(StoreError::NoSuchHost)?),
                None => None,
            };
            let host = draft.check(existing).map_err(|fields| FormError::Fields { fields })?;
            hosts.put(host.clone())?;
            Ok::<_, Error>(host)
        })?;
        let (password, has_password) = match change {
            PasswordChange::Keep => (PasswordOutcome::Kept, host.has_password),
            PasswordChange::Forget => match self.secrets.forget(host.id).await {
                Ok(()) => (PasswordOutcome::Forgotten, false),
                Err(error) => (PasswordOutcome::NotStored { error: error.into() }, host.has_password),
            },
            PasswordChange::Set { password } => match self.secrets.set(host.id, &password).await {
                Ok(()) => (PasswordOutcome::Stored, true),
                Err(error) => (PasswordOutcome::NotStored { error: error.into() }, host.has_password),
            },
        };
        if has_password != host.has_password {
            self.list.change(|hosts| hosts.set_has_password(host.id, has_password))?;
        }
        Ok(Saved { host: Host { has_password, ..host }.view(), password })
    }

    /// Keeps what the site in front of a saved host wants to see, or forgets it.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`ConnectError::BadInput`] for headers that cannot be sent, those of the keyring.
    pub async fn save_http_auth(&self, id: HostId, change: HttpAuthChange) -> Result<()> {
        let address = self.host(id)?.address.without_query().to_string();
        let has_http_auth = match change {
            HttpAuthChange::Forget => self.secrets.forget(HttpAuth::account(id)).await.map(|()| false)?,
            HttpAuthChange::Set { username, password, headers } => {
                let bad_input = |detail: String| ConnectError::BadInput { address: address.clone(), detail };
                let site = HttpAuth::new(username, &password, &headers);
                transport::ws::Headers::of(&site).map_err(bad_input)?;
                let secret = site.to_secret().map_err(|cause| bad_input(cause.to_string()))?;
                self.secrets.set(HttpAuth::account(id), &secret).await.map(|()| true)?
            }
        };
        self.list.change(|hosts| {
            let host = hosts.get(id).ok_or(StoreError::NoSuchHost)?;
            let host = Host { has_http_auth, ..host.clone() };
            Ok(hosts.put(host)?)
        })
    }

    /// Adds a copy of a host, with its password, under another name.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub async fn duplicate(&self, id: HostId, name: String) -> Result<HostView> {
        let original = self.host(id)?;
        let draft = HostDraft { id: None, name, ..HostDraft::from(&original) };
        // What the site wants to see is not copied: it is asked for again where it is missing.
        let mut copy = draft.check(None).map_err(|fields| FormError::Fields { fields })?;
        copy.has_password = original.has_password
            && self
                .secrets
                .copy(id, copy.id)
                .await
                .inspect_err(|error| tracing::info!(%error, "password not copied"))
                .is_ok();
        self.list.change(|hosts| hosts.put(copy.clone()))?;
        Ok(copy.view())
    }

    /// Examines the way to the host of a form, as [`doctor::examine`] does: with the password that was typed, or else
    /// with the saved one. Without either it stops where a login is wanted. Nothing is saved.
    ///
    /// # Errors
    /// [`FormError::Fields`], [`StoreError::NoSuchHost`]: all else is in the report.
    pub async fn test_connection(&self, draft: HostDraft, change: PasswordChange) -> Result<Report> {
        let host = self.list.read(|hosts| {
            let existing = draft.id.map(|id| hosts.get(id).ok_or(StoreError::NoSuchHost)).transpose()?;
            draft.check(existing).map_err(|fields| Error::from(FormError::Fields { fields }))
        })?;
        let password = match change {
            PasswordChange::Set { password } => Ok(Some(password)),
            PasswordChange::Keep if host.has_password => self.secrets.get(host.id).await,
            PasswordChange::Keep | PasswordChange::Forget => Ok(None),
        };
        let login =
            password.map(|password| password.map(|password| Login { username: None, password })).map_err(Error::from);
        let target = Target::from(&host);
        let http_auth = doctor::saved_http_auth(&target, &self.secrets).await?;
        Ok(doctor::examine_with(target, login, http_auth, TrustPolicy::Known, self.sessions.pins()).await)
    }

    /// Takes a host off the list. It can be restored within [`UNDO`]; then its password is forgotten too.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub fn remove(self: &Arc<Self>, id: HostId) -> Result<()> {
        self.list.change(|hosts| hosts.remove(id))?;
        let forgetting = self.spawn(move |engine| async move {
            sleep(UNDO).await;
            engine.forget(id).await;
        });
        self.forgetting.lock().insert(id, AbortOnDropHandle::new(forgetting));
        Ok(())
    }

    /// Undoes [`Engine::remove`].
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`] where it is too late, [`StoreError::HostsNotSaved`].
    pub fn restore(&self, id: HostId) -> Result<()> {
        self.list.change(|hosts| hosts.restore(id))?;
        self.forgetting.lock().remove(&id);
        Ok(())
    }

    /// Puts a host among the favourites, or takes it out.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub fn set_favourite(&self, id: HostId, favourite: bool) -> Result<()> {
        self.list.change(|hosts| {
            let host = hosts.get(id).ok_or(StoreError::NoSuchHost)?;
            let host = Host { favourite, ..host.clone() };
            Ok(hosts.put(host)?)
        })
    }

    /// Whether the user was told this already.
    pub fn was_told(&self, telling: Hint) -> bool {
        self.told.knows(telling)
    }

    /// Whether this is the first time that `telling` comes up; it is remembered as told.
    pub fn tell_once(&self, telling: Hint) -> bool {
        self.told.first_time(telling)
    }

    // ---- sessions

    /// What `text` means: a saved host's name, or else anything that reads as an address.
    ///
    /// # Errors
    /// [`FormError::Fields`] where it is neither.
    pub fn target(&self, text: &str, view_only: bool) -> Result<Target> {
        self.list.read(|hosts| find_target(hosts.all(), text, view_only))
    }

    /// The saved host `id` as something to open.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`].
    pub fn target_of(&self, id: HostId) -> Result<Target> {
        Ok(Target::from(&self.host(id)?))
    }

    /// The saved host `id` as something to wake up and open.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`].
    pub fn sleeping_target(&self, id: HostId) -> Result<Target> {
        let host = self.host(id)?;
        Ok(Target { wake: host.mac, ..Target::from(&host) })
    }

    /// What other programs' lists have, before anything is added.
    ///
    /// # Errors
    /// [`ImportError::Unreadable`].
    pub async fn preview_import(&self, source: ImportSource) -> Result<Vec<Preview>> {
        let files = match source {
            ImportSource::Text { name, text } => vec![TokenFile { name, text }],
            // A folder of files is read, and disks take their time.
            ImportSource::Path { path } => {
                let read = spawn_blocking(move || websockify::read(&path)).await;
                read.map_err(|cause| ConnectError::System { detail: cause.to_string() })??
            }
        };
        let entries = websockify::entries(&files);
        Ok(self.list.read(|hosts| websockify::preview(&entries, hosts.all())))
    }

    /// A name for a session that may start later, so that its window can be made before anybody asks for it.
    pub fn reserve(&self) -> SessionId {
        self.sessions.reserve()
    }

    /// Begins the session of this name, and notes when the host was last opened.
    pub fn open(self: &Arc<Self>, session: SessionId, target: Target) {
        if let Some(id) = target.host {
            // Beside the session, not before it: saving waits for the disk.
            self.spawn(move |engine| async move {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
                if let Err(error) = engine.list.change(|hosts| hosts.set_last_opened(id, now)) {
                    tracing::warn!(%error, "not noted as opened");
                }
            });
        }
        self.sessions.start(session, target);
    }

    /// Begins the session of this name with a server that has called: the person is asked first.
    pub fn open_call(&self, session: SessionId, call: IncomingConnection) {
        self.sessions.start_reverse(session, call);
    }

    /// Whether and where servers may call.
    pub fn listening(&self) -> ListeningView {
        ListeningView { listening: self.listening.lock().clone(), addresses: reverse::addresses() }
    }

    /// Listens for servers that call as `listening` says, from now on and after the next start.
    ///
    /// # Errors
    /// [`ConnectError::CannotListen`]: then nothing listens, and what was chosen before stays chosen.
    pub async fn listen(&self, listening: Listening) -> Result<()> {
        let failed = |cause: std::io::Error| ConnectError::CannotListen {
            address: listening.place(),
            detail: cause.to_string(),
        };
        self.ear.listen(listening.bind_address()).await.map_err(failed)?;
        listening.write(&self.config).map_err(failed)?;
        *self.listening.lock() = listening;
        Ok(())
    }

    /// The next server that calls.
    pub async fn next_call(&self) -> Option<IncomingConnection> {
        self.calls.lock().await.recv().await
    }

    /// Waits until the session of this name has begun.
    pub async fn begun(&self, session: SessionId) {
        self.sessions.started(session).await;
    }

    /// The session that already looks at the same thing.
    pub fn session_for(&self, target: &Target) -> Option<SessionId> {
        self.sessions.find(target)
    }

    /// What a session looks at.
    pub fn view(&self, id: SessionId) -> Option<SessionView> {
        self.sessions.view(id)
    }

    /// Its states: the present one first, then each change.
    pub fn watch(&self, id: SessionId) -> Option<watch::Receiver<SessionState>> {
        self.sessions.watch(id)
    }

    /// Says that the session's window is there: from now on it may be given a ticket.
    pub fn attach(&self, id: SessionId) {
        self.sessions.attach(id);
    }

    /// The relay's port on 127.0.0.1.
    pub fn relay_port(&self) -> u16 {
        self.sessions.relay_port()
    }

    /// Hands on the answer to what the session asked.
    pub fn answer(&self, id: SessionId, number: u64, answer: Answer) {
        self.sessions.answer(id, number, answer);
    }

    /// Dials again.
    pub fn reconnect(&self, id: SessionId) {
        self.sessions.reconnect(id);
    }

    /// Opens `target` again in a session that was found for it.
    pub fn reopen(&self, id: SessionId, target: Target) {
        self.sessions.reopen(id, target);
    }

    /// Ends the session as the user asked; it can be dialled again.
    pub fn close(&self, id: SessionId) {
        self.sessions.close(id);
    }

    /// Ends the session because the viewer could not go on.
    pub fn viewer_failed(&self, id: SessionId, detail: String) {
        self.sessions.viewer_failed(id, detail);
    }

    /// Forgets the session: its window is gone.
    pub fn end(&self, id: SessionId) {
        self.sessions.end(id);
    }

    fn host(&self, id: HostId) -> Result<Host> {
        self.list.read(|hosts| hosts.get(id).cloned()).ok_or(StoreError::NoSuchHost.into())
    }

    /// Forgets a removed host's password, then the host. A keyring that refuses is asked again at the next start.
    async fn forget(&self, id: HostId) {
        if !self.list.read(Hosts::removed).contains(&id) {
            return;
        }
        let forgotten = async {
            self.secrets.forget(id).await?;
            self.secrets.forget(HttpAuth::account(id)).await
        };
        let forgotten = match forgotten.await {
            Ok(()) => self.list.change(|hosts| hosts.forget_removed(id)).map_err(Error::from),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = forgotten {
            tracing::warn!(%error, "a removed machine's password is not forgotten yet");
        }
    }

    async fn look_for_keyring(&self) {
        if let Err(error @ KeyringError::Missing { .. }) = self.secrets.check().await {
            tracing::warn!(%error, "passwords are kept for a session only");
            if self.tell_once(Hint::KeyringMissing) {
                self.notices.lock().push(error.into());
                self.list.announce();
            }
        }
    }

    /// Does something beside, unless the engine ends first.
    fn spawn<F>(self: &Arc<Self>, work: impl FnOnce(Arc<Self>) -> F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.runtime.spawn(work(Arc::clone(self)))
    }
}

/// What `text` means among `hosts`: a name, or else an address or a `vnc://` link.
///
/// # Errors
/// [`FormError::Fields`] where it is neither.
pub fn find_target(hosts: &[Host], text: &str, view_only: bool) -> Result<Target> {
    let text = text.trim();
    let named = hosts
        .iter()
        .find(|host| host.name == text)
        .or_else(|| hosts.iter().find(|host| host.name.to_lowercase() == text.to_lowercase()));
    if let Some(host) = named {
        return Ok(Target { view_only: host.view_only || view_only, ..Target::from(host) });
    }
    let link =
        Link::parse(text).map_err(|problem| FormError::Fields { fields: vec![FieldProblem::Address(problem)] })?;
    let view_only = view_only || link.view_only;
    if let Some(host) = hosts.iter().find(|host| host.address == link.address) {
        return Ok(Target { view_only: host.view_only || view_only, ..Target::from(host) });
    }
    let name = link.name.unwrap_or_else(|| name_for(&link.address));
    Ok(Target::unsaved(name, link.address, view_only))
}
