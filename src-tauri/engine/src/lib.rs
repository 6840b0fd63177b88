//! Everything in Portlight that needs no window.
//!
//! ```text
//! Engine ─┬▶ services ─┬▶ store        Portlight's own files: hosts, accepted keys, settings
//!         │            ├▶ keyring      passwords, in the operating system's keyring
//!         │            ├▶ import       other programs' files, as hosts to be
//!         │            └▶ transport::reverse
//!         ├▶ pictures ──▶ store, keyring            the last picture of each machine's screen
//!         ├▶ nearby ───▶ store                     machines in the network that say that they have a VNC server
//!         ├▶ session ─┬▶ connect ─▶ transport    an observer with a window: keyring, known keys, then the person
//!         │           ├▶ recording               pictures and recordings of a session
//!         │           └▶ lead                    the next step after a failure
//!         └▶ doctor ──▶ connect                  an observer with a report
//! ```
//! Below all of them are `model`, values that know nothing else, and `error`. The functions to read first are
//! `session::run::run` and `connect::connect`. The RFB handshake itself is the crate `rfb`, the loopback WebSocket that the
//! viewer connects to is the crate `relay`.

mod command;
mod connect;
pub mod doctor;
pub mod error;
pub mod import;
pub mod keyring;
pub mod lead;
pub mod model;
pub mod nearby;
pub mod pictures;
mod platform;
pub mod recording;
mod services;
pub mod session;
mod settings;
pub mod store;
#[cfg(test)]
mod test_process;
#[cfg(test)]
#[path = "../tests/program/mod.rs"]
mod test_program;
mod transport;

pub use error::{
    CommandError, ConnectError, Error, FetchError, FormError, ImportError, KeyringError, Maker, RecordingError, Result,
    StoreError, TypingError,
};
pub use services::{
    Found, HostListView, HostSourceView, HostSources, Hosts, Imported, Imports, KEPT, LeftMachine, LoginView, NotTaken,
    Opened, PasswordOutcome, RemovedView, Reverse, Saved, SharedChange, Source, SourceKind, SourceProblem, SourceView,
    Walked, check_files, check_http_auth, find_set, find_target, preview_files,
};
pub use settings::Settings;
pub use store::{Hint, SeenHints};
pub use transport::{
    reverse,
    ssh::{askpass, question as ssh},
    wake,
};

use doctor::{Login, Report, TrustPolicy};
use keyring::Keyring;
use lead::Lead;
use model::{
    FieldProblem, Host, HostDraft, HostOptions, HostSource, NamedLogin, PasswordChange, Secret, SessionId, Target,
    secret_account,
};
use nearby::Nearby;
use pictures::{Pictures, Taken};
use relay::Relay;
use reverse::IncomingConnection;
use serde::Serialize;
use session::{Manner, Sessions};
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{
    HostList, HostsFile, LeftOpen, List, LoginsFile, Pins, Places, Preferences, PreferencesFile, PreferencesPreview,
    Reopening, SourcesFile,
};
use tokio::{runtime::Handle, task::spawn_blocking};
use tokio_util::task::AbortOnDropHandle;

/// What a test of a form's machine has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Tested {
    /// What was found out.
    pub report: Report,
    /// The next step, where it failed and there is one.
    pub lead: Option<Lead>,
}

/// Portlight without its windows: builds the services and owns them. Everything ends when it is dropped.
pub struct Engine {
    hosts: Arc<Hosts>,
    sessions: Sessions,
    imports: Imports,
    sources: HostSources,
    reverse: Reverse,
    hints: Arc<SeenHints>,
    places: Arc<Places>,
    left_open: LeftOpen,
    preferences: Arc<PreferencesFile>,
    pictures: Arc<Pictures>,
    nearby: Nearby,
    keyring: Keyring,
    pins: Pins,
    _forgetting: AbortOnDropHandle<()>,
    _watching: AbortOnDropHandle<()>,
}

impl Engine {
    /// Opens the list, starts the relay, looks whether there is a keyring.
    ///
    /// # Errors
    /// [`StoreError::HostsInUse`] where another Portlight runs; [`StoreError::FileUnreadable`], [`StoreError::HostsNotSaved`]
    /// or [`ConnectError::System`] where the folders or loopback cannot be used.
    pub async fn start(settings: Settings) -> Result<Arc<Self>> {
        let config = settings.config.clone();
        let read = spawn_blocking(move || {
            let opened = HostsFile::open(&config)?;
            let logins = Arc::new(LoginsFile::open(&config));
            Ok::<_, StoreError>((opened, Pins::open(&config), PreferencesFile::open(&config), logins))
        });
        let (opened, (pins, pins_notice), preferences, logins) =
            read.await.map_err(|cause| ConnectError::System { detail: cause.to_string() })??;
        let first_run = opened.first_run;
        let saved = opened.hosts.list().all().iter().map(|host| host.id).collect::<HashSet<_>>();
        let data = settings.data.clone();
        let read = spawn_blocking(move || (Places::open(&data, |host| saved.contains(&host)), LeftOpen::open(&data)));
        let (places, left_open) = read.await.map_err(|cause| ConnectError::System { detail: cause.to_string() })?;
        let places = Arc::new(places);
        let list = Arc::new(HostList::start(opened)?);
        if first_run {
            list.put(Host::demo(&settings.demo_name)).await?;
        }
        let _watching = AbortOnDropHandle::new(tokio::spawn(store::watch(Arc::downgrade(&list))));
        let keyring = settings.keyring;
        let relay = Relay::start(settings.origins)
            .await
            .map_err(|cause| ConnectError::System { detail: format!("the local relay could not start: {cause}") })?;
        let runtime = Handle::current();
        let hosts = Hosts::new(Arc::clone(&list), keyring.clone(), Arc::clone(&logins));
        let reverse = Reverse::new(&settings.config, runtime.clone());
        let notices = pins_notice.map(Error::from).into_iter().chain(reverse.start().await.err().map(Error::from));
        notices.chain(logins.all().err().map(Error::from)).for_each(|notice| hosts.add_notice(notice));
        let imports = Imports::new(Arc::clone(&list), keyring.clone());
        let sources = HostSources::start(&list, &settings.config, (keyring.clone(), pins.clone()), runtime.clone());
        reverse.notice().into_iter().for_each(|notice| hosts.add_notice(notice.into()));
        sources.notice().into_iter().for_each(|notice| hosts.add_notice(notice.into()));
        let preferences = Arc::new(preferences);
        let pictures = Arc::new(Pictures::new(
            settings.cache.join("pictures"),
            keyring.clone(),
            Arc::clone(&list),
            Arc::clone(&preferences),
            &runtime,
        ));
        let nearby = Nearby::new(Arc::clone(&list), Arc::clone(&preferences), runtime.clone());
        let sessions = Sessions::new(session::Services {
            relay,
            keyring: keyring.clone(),
            pins: pins.clone(),
            list,
            pictures: Arc::clone(&pictures),
            preferences: Arc::clone(&preferences),
            logins,
            places: Some(Arc::clone(&places)),
            room: recording::Room::default(),
            callers: session::Callers::default(),
            runtime,
        });
        let hints = Arc::new(SeenHints::open(&settings.data));
        let begin = {
            let (hosts, hints) = (Arc::clone(&hosts), Arc::clone(&hints));
            async move {
                hosts.begin(&hints).await;
                let weak = Arc::downgrade(&hosts);
                drop(hosts);
                services::forget_in_time(weak).await;
            }
        };
        let _forgetting = AbortOnDropHandle::new(tokio::spawn(begin));
        Ok(Arc::new(Self {
            hosts,
            sessions,
            imports,
            sources,
            reverse,
            hints,
            places,
            left_open,
            preferences,
            pictures,
            nearby,
            keyring,
            pins,
            _forgetting,
            _watching,
        }))
    }

    /// The saved hosts, without starting anything.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`].
    pub fn peek(config: &Path) -> Result<List, StoreError> {
        HostsFile::peek(config)
    }

    /// The named logins, in the same way.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`].
    pub fn peek_logins(config: &Path) -> Result<Vec<NamedLogin>, StoreError> {
        LoginsFile::peek(config)
    }

    /// The lists that others keep, in the same way.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`].
    pub fn peek_sources(config: &Path) -> Result<Vec<HostSource>, StoreError> {
        SourcesFile::peek(config)
    }

    /// The saved hosts and their passwords.
    pub fn hosts(&self) -> &Arc<Hosts> {
        &self.hosts
    }

    /// The sessions, one a viewer window.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Other programs' lists.
    pub fn imports(&self) -> &Imports {
        &self.imports
    }

    /// Lists that others keep.
    pub fn sources(&self) -> &HostSources {
        &self.sources
    }

    /// Reverse connections.
    pub fn reverse(&self) -> &Reverse {
        &self.reverse
    }

    /// The hints that were shown.
    pub fn hints(&self) -> &SeenHints {
        &self.hints
    }

    /// Where windows were.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The machines whose windows were open when Portlight ended, as long as the user has not said what becomes of them.
    pub fn left_open(&self) -> Vec<LeftMachine> {
        self.hosts.left_open(&self.left_open)
    }

    /// Those of [`Engine::left_open`] at these places, to be opened now; the others are forgotten.
    pub fn reopened(&self, places: &[usize]) -> Vec<Target> {
        self.hosts.reopened(&self.left_open, places)
    }

    /// Remembers what is open now, for the next start, as far as the user wants that; blocks until the disk has it.
    pub fn note_open(&self) {
        let open = match self.preferences.get().reopening {
            Reopening::Never => {
                self.left_open.take_left();
                Vec::new()
            }
            Reopening::Ask | Reopening::Always => self.sessions.to_reopen(),
        };
        if let Err(cause) = self.left_open.note(open) {
            tracing::warn!(%cause, "what is open is not remembered");
        }
    }

    /// Portlight ends: the windows that close from now on are to be opened again.
    pub fn ends(&self) {
        self.note_open();
        self.left_open.end();
    }

    /// What the user prefers for all machines.
    pub fn preferences(&self) -> &PreferencesFile {
        &self.preferences
    }

    /// The last pictures of machines' screens.
    pub fn pictures(&self) -> &Pictures {
        &self.pictures
    }

    /// Machines in the network that say that they have a VNC server.
    pub fn nearby(&self) -> &Nearby {
        &self.nearby
    }

    /// Adds a machine that is nearby to the list, under the name that it calls itself.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`] where it has gone, [`StoreError::HostsNotSaved`].
    pub async fn keep_nearby(&self, number: u32) -> Result<Saved> {
        let (name, address) = self.nearby.to_keep(number).await.ok_or(StoreError::NoSuchHost)?;
        let options = HostOptions { reconnect: true, ..HostOptions::default() };
        let draft = HostDraft { name, address: address.to_string(), options, ..HostDraft::default() };
        self.hosts.save(draft, PasswordChange::Keep).await
    }

    /// Keeps a session's picture with its machine, as far as that is chosen. Says whether it did; one that is not in the list has
    /// none kept.
    pub async fn keep_picture(&self, session: SessionId, picture: Taken) -> bool {
        match self.sessions.shown_host(session) {
            Some(host) => self.pictures.keep(host, picture).await,
            None => false,
        }
    }

    /// The last picture of the machine that a session is about.
    pub async fn last_picture(&self, session: SessionId) -> Option<Taken> {
        self.pictures.get(self.sessions.host(session)?).await
    }

    /// Prefers this from now on, and after the next start.
    ///
    /// # Errors
    /// [`FormError::Fields`] for a command that is none, [`StoreError::System`]: then it is as before.
    pub async fn set_preferences(&self, preferences: Preferences) -> Result<()> {
        check(&preferences)?;
        Ok(self.preferences.set(preferences).await?)
    }

    /// What importing a file of settings would come to.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`], [`ImportError::NoSettings`].
    pub async fn preview_preferences(&self, path: &Path) -> Result<PreferencesPreview> {
        self.preferences.preview(path).await
    }

    /// Prefers what was imported, and keeps what was preferred before.
    ///
    /// # Errors
    /// As [`Engine::set_preferences`].
    pub async fn import_preferences(&self, preferences: Preferences) -> Result<()> {
        check(&preferences)?;
        Ok(self.preferences.import(preferences).await?)
    }

    /// Writes what is preferred into a file, for another computer.
    ///
    /// # Errors
    /// [`ImportError::NotWritten`].
    pub async fn export_preferences(&self, path: PathBuf) -> Result<()> {
        let text =
            self.preferences.get().export().map_err(|cause| ConnectError::System { detail: cause.to_string() })?;
        let write = move || {
            std::fs::write(&path, text).map_err(|cause| ImportError::NotWritten { path, detail: cause.to_string() })
        };
        let written =
            spawn_blocking(write).await.map_err(|cause| ConnectError::System { detail: cause.to_string() })?;
        Ok(written?)
    }

    /// Why there is no keyring; none where there is one, as far as is known.
    pub fn keyring_absence(&self) -> Option<KeyringError> {
        self.keyring.known_absence()
    }

    /// Starts the session of this name, and notes when the host was last opened.
    pub fn open(&self, session: SessionId, target: Target) {
        self.sessions.start(session, target.clone());
        self.hosts.note_opened(&target);
    }

    /// Starts the session of this name with a server that has connected to us: the user is asked first.
    pub fn open_incoming(&self, session: SessionId, incoming: IncomingConnection) {
        self.sessions.start_reverse(session, incoming);
    }

    /// Shows a recording in the session of this name.
    pub fn open_recording(&self, session: SessionId, recording: recording::Recording) {
        self.sessions.start_playing(session, recording);
    }

    /// Types the session's own password into its screen: the one that was typed for it, or else the one that a session with its
    /// machine would find. No page sees it. Says whether all of it was typed. It travels as what is typed by hand does: where others
    /// can read that, only with `readably`.
    ///
    /// # Errors
    /// [`TypingError`], and what kept the password from being found: nothing was typed.
    pub async fn type_password(&self, session: SessionId, manner: Manner, readably: bool) -> Result<bool> {
        let (target, typed, private) = self.sessions.login(session).ok_or(TypingError::NotTyped)?;
        if !private && !readably {
            return Err(TypingError::TypedReadably.into());
        }
        let password = match typed {
            Some(typed) => Some(typed),
            None => doctor::password_of(&target, &self.keyring, &self.preferences.get()).await?,
        };
        let password = password.ok_or(TypingError::NothingToType)?;
        Ok(self.sessions.type_text(session, &password, manner).await?)
    }

    /// Types the own secret of the session's machine, in the same way.
    ///
    /// # Errors
    /// As [`Engine::type_password`].
    pub async fn type_secret(&self, session: SessionId, manner: Manner, readably: bool) -> Result<bool> {
        let (target, _, private) = self.sessions.login(session).ok_or(TypingError::NotTyped)?;
        if !private && !readably {
            return Err(TypingError::TypedReadably.into());
        }
        let id = target.host.ok_or(TypingError::NothingToType)?;
        let secret = self.keyring.get_for(secret_account(id), target.way().recipient(id)).await?;
        Ok(self.sessions.type_text(session, &secret.ok_or(TypingError::NothingToType)?, manner).await?)
    }

    /// Keeps a secret with the session's machine, to be typed into its screen, under this name; under the one that it has where that is
    /// empty.
    ///
    /// # Errors
    /// [`TypingError::NothingToType`] for a machine that is in no list, or an empty secret; those of the keyring and the list: then none
    /// is kept.
    pub async fn keep_secret(&self, session: SessionId, name: String, secret: Secret) -> Result<()> {
        let (target, ..) = self.sessions.login(session).ok_or(TypingError::NotTyped)?;
        let id = target.host.filter(|_| !secret.expose().is_empty()).ok_or(TypingError::NothingToType)?;
        self.hosts.keep_secret(id, &target.way().recipient(id), name, secret).await?;
        self.sessions.announce(session);
        Ok(())
    }

    /// Types a text that was not looked at: one line at once, several once the person at the window has looked at them.
    ///
    /// # Errors
    /// [`TypingError`]: nothing was typed.
    pub async fn type_unseen(&self, session: SessionId, text: String, manner: Manner) -> Result<bool> {
        match text.trim_end_matches(['\r', '\n']) {
            lines if lines.contains(['\r', '\n']) => {
                Ok(self.sessions.type_lines(session, &lines.to_owned().into(), manner).await?)
            }
            line => Ok(self.sessions.type_text(session, &line.to_owned().into(), manner).await?),
        }
    }

    /// Examines the way to the host of a form, as [`doctor::examine`] does: with the password that was typed, or else
    /// with the one that a session would find. Without either it stops where a login is wanted. Nothing is saved. `on_stage` is
    /// told of each stage when it is over. Where a failure leads is looked up as at the end of a session.
    ///
    /// # Errors
    /// [`FormError::Fields`], [`StoreError::NoSuchHost`]: all else is in the report.
    pub async fn test_connection(
        &self,
        draft: HostDraft,
        change: PasswordChange,
        on_stage: impl FnMut(&doctor::StageReport) + Send + 'static,
    ) -> Result<Tested> {
        let (host, typed) = self.hosts.draft(&draft, change)?;
        let target = self.hosts.with_login(Target::from(&host));
        let password = match typed {
            Some(typed) => Ok(Some(typed)),
            // It is for the server that the form says: the user has just chosen it.
            None if draft.login_chosen && target.login.is_some() => self.hosts.chosen_password(&target).await,
            None => doctor::password_of(&target, &self.keyring, &self.preferences.get()).await,
        };
        let login = password.map(|password| password.map(|password| Login { username: None, password }));
        let saved = doctor::Saved::of(&target, &self.keyring).await?;
        let on_stage = Some(Box::new(on_stage) as _);
        let (accept, pins) = (TrustPolicy::Known, &self.pins);
        let report = doctor::examine_with(target.clone(), login, true, saved, accept, pins, on_stage).await;
        let question = report.error.as_ref().and_then(|failure| {
            let (list, ways) = (self.hosts.list(), self.places.ways());
            let known = lead::Known {
                hosts: list.all(),
                ways: &ways,
                can_wake: host.mac.is_some(),
                can_keep: draft.id.is_none(),
                lacks_account: report.is_mac() && target.username.is_empty(),
            };
            lead::question(&failure.error, &target, known)
        });
        let lead = match question {
            Some(question) => question.answer().await,
            None => None,
        };
        Ok(Tested { report, lead })
    }
}

/// # Errors
/// [`FormError::Fields`] for a command that is none.
fn check(preferences: &Preferences) -> Result<()> {
    let wrong = |problem| FormError::Fields { fields: vec![FieldProblem::PasswordCommand(problem)] };
    preferences.password_command().map_err(wrong)?;
    Ok(())
}
