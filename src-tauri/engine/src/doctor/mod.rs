//! The path to a server, examined stage by stage: what `portlight doctor` and "Test connection" find out.
//!
//! It is a session's own pipeline with another observer ([`probe`]). Nothing is asked, nothing is written: a key that is
//! accepted here is accepted for this once.

mod probe;
mod progress;
mod report;

pub use crate::connect::{ReportStage, StageReport};
pub use report::{Desktop, Failure, Report};

use crate::{
    command::{console, password},
    connect::{self, OnStage, Policy},
    error::{CommandError, ConnectError, Error, KeyringError, Result},
    keyring::Keyring,
    model::{HttpAuth, Level, Placeholders, Secret, Target, passphrase_account},
    store::{Pins, Preferences},
    transport::{
        tls::{ClientCertificate, Unusable},
        ws::Headers,
    },
};
use probe::Probe;
use progress::Progress;

/// What to examine, and how far.
pub struct ProbeRequest {
    /// Whose server.
    pub target: Target,
    /// What to log in with. Without it the examination stops where a login is wanted, and has succeeded.
    pub login: Option<Login>,
    /// What the keyring has for those on the way.
    pub saved: Saved,
    /// Which keys will do.
    pub accept: TrustPolicy,
    /// Whether a password that the machine's console command says is tried, where there is no login.
    pub console_login: bool,
}

/// What the keyring has for those on the way to a server.
#[derive(Default)]
pub struct Saved {
    /// The login and headers for the site in front of the server.
    http_auth: Option<HttpAuth>,
    /// The passphrase of the key of our own certificate, where that wants one.
    passphrase: Option<Secret>,
    /// The password of our user at the proxy.
    proxy_password: Option<Secret>,
}

/// What to log in with.
pub struct Login {
    /// Instead of the target's own user name.
    pub username: Option<String>,
    /// The password.
    pub password: Secret,
}

/// Which keys of a server will do before a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustPolicy {
    /// Those that were accepted before, and those that authorities vouch for.
    Known,
    /// The one with this SHA-256 of the certificate or of the key, with or without colons, and no other: with a login and
    /// without, even if an authority vouches for another.
    Fingerprint(String),
    /// Every key, unless another one was accepted for this server before.
    Any,
}

/// Examines the path to a server and reports on it.
pub async fn examine(request: ProbeRequest, pins: &Pins) -> Report {
    examine_telling(request, pins, None).await
}

async fn examine_telling(mut request: ProbeRequest, pins: &Pins, on_stage: Option<OnStage>) -> Report {
    let mut progress = Progress::new(&request.target.address, on_stage);
    let named_key = match request.locate(&mut progress).await {
        Ok(named_key) => named_key,
        Err(error) => return progress.finish(Some(error.into())),
    };
    let ProbeRequest { target, login, saved, .. } = &request;
    let headers = match saved.http_auth.as_ref().map(Headers::of).transpose() {
        Ok(headers) => headers.unwrap_or_default(),
        Err(detail) => {
            let address = target.address.without_query().to_string();
            return progress.finish(Some(ConnectError::BadHttpAuth { address, detail }.into()));
        }
    };
    let policy = Policy {
        // Whom the command has named has to be recognised.
        floor: if named_key.is_some() { Some(Level::Identified) } else { target.protection.max(target.least) },
        clear_text: target.clear_text,
        have_username: !request.username().is_empty(),
        have_password: login.is_some()
            || target.has_password
            || target.login.is_some()
            || target.password_command.is_some(),
    };
    let connection = connect::Request { target, headers: &headers, pins, policy, incoming: None, without: Vec::new() };
    let mut probe = Probe::new(&request, &mut progress);
    let error = match connect::connect(connection, &mut probe).await {
        Ok(logged_in) => {
            progress.reached_desktop(&logged_in.server.init);
            None
        }
        Err(_) if probe.wants_login() => None,
        Err(error) => Some(match (probe.explain(error), named_key) {
            (ConnectError::Untrusted { address, fingerprint: shown }, Some(expected)) => {
                ConnectError::OtherKey { address, expected, shown }
            }
            (error, _) => error,
        }),
    };
    progress.finish(error.map(Error::from))
}

/// The same with a login that had to be fetched from somewhere. Where it could not be had, that is said at the place where
/// the server wants one. `on_stage`, if any, is told of each stage when it is over.
pub async fn examine_with(
    target: Target,
    login: Result<Option<Login>>,
    console_login: bool,
    saved: Saved,
    accept: TrustPolicy,
    pins: &Pins,
    on_stage: Option<OnStage>,
) -> Report {
    let (login, missing) = match login {
        Ok(login) => (login, None),
        Err(error) => (None, Some(error)),
    };
    let request = ProbeRequest { target, login, saved, accept, console_login };
    let report = examine_telling(request, pins, on_stage).await;
    match missing {
        Some(error) => report.without_the_login(error),
        None => report,
    }
}

/// The password that a session with `target` would find: its named login's, or else what its own command prints, or else what the keyring has, or else
/// what the command for all machines prints, which is also tried where the keyring has failed.
///
/// # Errors
/// Those of the last of them that was tried.
pub async fn password_of(target: &Target, keyring: &Keyring, preferences: &Preferences) -> Result<Option<Secret>> {
    let known = Placeholders::from(target);
    if let (None, Some(command)) = (target.login, &target.password_command) {
        return Ok(Some(password(command, &known).await?));
    }
    let Some(id) = target.host else { return Ok(None) };
    let recipient = target.way().recipient(id);
    let saved = match target.login {
        Some(login) => keyring.named(login, recipient).await,
        None if target.has_password => keyring.get_for(id, recipient).await,
        None => Ok(None),
    };
    match (saved, preferences.password_command()) {
        (Ok(Some(saved)), _) => Ok(Some(saved)),
        (_, Ok(Some(command))) if target.own_host().is_some() => Ok(Some(password(&command, &known).await?)),
        (saved, _) => Ok(saved?),
    }
}

impl Saved {
    /// What the keyring has for those on the way to `target`; it is asked only for what is wanted there.
    ///
    /// # Errors
    /// Those of the keyring.
    pub async fn of(target: &Target, keyring: &Keyring) -> Result<Self, KeyringError> {
        Ok(Self {
            http_auth: saved_http_auth(target, keyring).await?,
            passphrase: saved_passphrase(target, keyring).await?,
            proxy_password: match target.proxy.as_ref().filter(|proxy| proxy.username().is_some()) {
                Some(proxy) => keyring.get(proxy.account()).await?,
                None => None,
            },
        })
    }
}

async fn saved_http_auth(target: &Target, keyring: &Keyring) -> Result<Option<HttpAuth>, KeyringError> {
    let Some(id) = target.host.filter(|_| target.has_http_auth) else { return Ok(None) };
    let secret = keyring.get_for(HttpAuth::account(id), target.way().recipient(id)).await?;
    let read = |secret: Secret| HttpAuth::of_secret(&secret);
    secret.map(read).transpose().map_err(|cause| KeyringError::Failed { detail: cause.to_string() })
}

async fn saved_passphrase(target: &Target, keyring: &Keyring) -> Result<Option<Secret>, KeyringError> {
    let key = target.client_key_file().to_owned();
    match ClientCertificate::load(target.client_certificate.clone(), key, None).await {
        Err(Unusable::Passphrase) => keyring.get(passphrase_account(target.client_key_file())).await,
        Ok(_) | Err(Unusable::File { .. }) => Ok(None),
    }
}

impl ProbeRequest {
    /// Asks the machine's command where its console is, if it has one: from then on the request is about that. Returns the
    /// fingerprint of the key that it has to show.
    async fn locate(&mut self, progress: &mut Progress) -> Result<Option<String>, CommandError> {
        let Some(command) = &self.target.console_command else { return Ok(None) };
        progress.stages.command_asked();
        let found = console(command, &Placeholders::from(&self.target)).await?;
        progress.stages.done(found.address.without_query().to_string());
        self.target = self.target.at(found.address, found.username, found.jump);
        if let Some(headers) = found.headers {
            self.saved.http_auth = Some(headers);
        }
        if let Some(password) = found.password.filter(|_| self.console_login && self.login.is_none()) {
            self.login = Some(Login { username: None, password });
        }
        // One that was given by hand comes first.
        let named_key = found.fingerprint.filter(|_| !matches!(self.accept, TrustPolicy::Fingerprint(_)));
        if let Some(named) = &named_key {
            self.accept = TrustPolicy::Fingerprint(named.clone());
        }
        Ok(named_key)
    }

    /// The user name to log in with; may be empty.
    fn username(&self) -> &str {
        let given = self.login.as_ref().and_then(|login| login.username.as_deref());
        given.unwrap_or(&self.target.username)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
