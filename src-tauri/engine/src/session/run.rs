//! A session from dialling to its end: the function to read first.

use super::{Prompt, Services, Session, SessionState, Stage, Typed, backoff::Pause, prompts::Prompts};
use crate::{
    connect::handshake_failed,
    error::{ConnectError, Result, Step},
    model::{Host, Level, Protection},
    relay::{self, Viewer},
    transport::{Connected, PathKind, TimeoutStream, ws},
};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use rfb::{
    ServerInit,
    server::{Greeting, Reply},
};
use std::{io, pin::pin, sync::Arc};
use tokio::time::{Instant, timeout};

/// Runs the session and says how it ended. Where the way to the server breaks, it is walked again.
pub(super) async fn run(session: Arc<Session>, surroundings: Arc<Services>) {
    let mut pause = Pause::default();
    loop {
        let mut live_since = None;
        let error = look(&session, &surroundings, &mut live_since).await.err();
        if let Some(error) = &error {
            tracing::info!(address = %session.target.address.without_query(), %error, "session ended");
        }
        match error {
            Some(error)
                if session.target.reconnect && pause.goes_on(&error, live_since.map(|since| since.elapsed())) =>
            {
                let wait = pause.next();
                let mut hurried = pin!(session.hurry.notified());
                // From here on "now" is heard, before anybody can say it.
                hurried.as_mut().enable();
                session.set(SessionState::Reconnecting { error: error.into(), seconds: wait.as_secs() });
                let _ = timeout(wait, hurried).await;
            }
            error => return session.set(SessionState::Ended { error: error.map(Into::into) }),
        }
    }
}

async fn look(
    session: &Session,
    surroundings: &Services,
    live_since: &mut Option<Instant>,
) -> Result<(), ConnectError> {
    if session.is_called() {
        // Before a byte is exchanged: the person says whether this caller is to be talked to.
        let prompt = Prompt::Call { from: session.target.address.to_string() };
        session.ask(prompt).await.ok_or(ConnectError::ViewerFailed { detail: String::new() })?;
    }
    let LoggedIn { server, protection } = log_in(session, surroundings).await?;
    let rfb::client::Server { init, stream, .. } = server;
    let not_stored = remember(session, surroundings, protection.level).await.err();

    session.wait_for_window().await;
    let no_ticket =
        |cause: io::Error| ConnectError::System { detail: format!("the local relay could not make a ticket: {cause}") };
    let invitation = surroundings.relay.issue().map_err(no_ticket)?;
    session.set(SessionState::Ready {
        url: invitation.url(),
        desktop_name: init.name_text(),
        width: init.width,
        height: init.height,
        protection,
        not_stored,
    });
    let late = || ConnectError::ViewerFailed { detail: "it did not open its connection in time".to_owned() };
    let viewer = invitation.viewer().await.ok_or_else(late)?;
    let viewer = greet(viewer, &init).await?;
    session.set(SessionState::Live);
    *live_since = Some(Instant::now());

    let target = &session.target.address;
    let address = target.without_query().to_string();
    match relay::splice(viewer, stream).await {
        // The page says why, if it was not the user who closed: see `Sessions::viewer_failed`.
        relay::Ended::Viewer => Err(ConnectError::ViewerFailed { detail: String::new() }),
        relay::Ended::ViewerBroke(detail) => Err(ConnectError::ViewerFailed { detail }),
        relay::Ended::ServerClosed => Err(ConnectError::ServerClosed { address }),
        relay::Ended::ServerBroke(cause) => Err(ws::explain(&cause, target)
            .unwrap_or_else(|| ConnectError::ConnectionLost { address, detail: cause.to_string() })),
    }
}

/// A server that let us in, and what is_encrypted the session with it.
struct LoggedIn {
    server: rfb::client::Server,
    protection: Protection,
}

/// Dials and logs in, as often as a person answers for it.
async fn log_in(session: &Session, surroundings: &Services) -> Result<LoggedIn, ConnectError> {
    let mut prompts = Prompts::new(session, surroundings);
    let mut without_vencrypt = false;
    let mut dialled_again = false;
    loop {
        let failure = match attempt(session, &mut prompts, without_vencrypt).await {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        let error = match failure {
            Failure::Explained(error) => error,
            Failure::BetterWithoutVeNCrypt if !without_vencrypt => {
                without_vencrypt = true;
                continue;
            }
            Failure::BetterWithoutVeNCrypt => {
                return Err(ConnectError::NoCommonType {
                    address: session.target.address.without_query().to_string(),
                    offered: vec![],
                });
            }
        };
        match error {
            // While the person read and typed, the server lost its patience with the silent connection. From here that
            // looks like a server that refuses without a word: so it is asked once more, before the person is.
            ConnectError::Closed { during: Step::Authentication | Step::SecurityTypes, .. }
            | ConnectError::AuthFailed { reason: None, too_many: false, .. }
            | ConnectError::AuthFailedProbably { .. }
                if prompts.kept_the_server_waiting() && !dialled_again =>
            {
                dialled_again = true;
            }
            problem @ (ConnectError::AuthFailed { too_many: false, .. }
            | ConnectError::AuthFailedProbably { .. }
            | ConnectError::BadInput { .. })
                // Who called has hung up by now.
                if session.call.is_none() =>
            {
                // Asked before dialling: the server need not wait for a person this time.
                let answered = prompts.ask_login(Some(problem)).await;
                answered.ok_or(ConnectError::ViewerFailed { detail: String::new() })?;
                dialled_again = false;
            }
            error => return Err(error),
        }
    }
}

/// Why an attempt failed.
enum Failure {
    /// For a reason that a person is told.
    Explained(ConnectError),
    /// It has to begin again, and leave VeNCrypt out.
    BetterWithoutVeNCrypt,
}

async fn attempt(
    session: &Session,
    prompts: &mut Prompts<'_>,
    without_vencrypt: bool,
) -> std::result::Result<LoggedIn, Failure> {
    session.set(SessionState::Connecting { stage: Stage::Dialing });
    let Connected { stream, way } = session.reach(prompts).await.map_err(Failure::Explained)?;
    prompts.keep_for_ssh().await;
    let stream = TimeoutStream::new(stream);
    let limit = stream.limit();
    prompts.begin(limit.clone(), way);
    let policy = rfb::Policy { without_vencrypt, ..prompts.policy() };
    let server = match rfb::client::handshake(stream, &policy, prompts, &mut UnwrapErr(SysRng)).await {
        Ok(server) => server,
        Err(rfb::Error::BetterWithoutVeNCrypt) => return Err(Failure::BetterWithoutVeNCrypt),
        Err(cause) => {
            let told = prompts.failure();
            let explained = told.unwrap_or_else(|| handshake_failed(cause, &session.target.address, prompts.limit()));
            return Err(Failure::Explained(explained));
        }
    };
    limit.lift();
    let (tls, identity) = prompts.seen();
    let protection = Protection {
        level: Level::from(server.security_type.level()).max(way.level()),
        local: way == PathKind::Local,
        through: session.target.ssh_jump.as_ref().map(ToString::to_string).filter(|_| way == PathKind::Ssh),
        security_type: server.security_type.name().unwrap_or_default().to_owned(),
        tls,
        identity,
        password_unasked: policy.have_password && server.security_type.takes_anybody(),
    };
    Ok(LoggedIn { server, protection })
}

/// Puts a login that was typed, and has just been accepted, into the keyring if that was asked for, and notes how well
/// the host was reached.
async fn remember(session: &Session, surroundings: &Services, level: Level) -> Result<()> {
    let Some(id) = session.target.host else { return Ok(()) };
    surroundings.list.change(|hosts| match hosts.get(id).cloned() {
        Some(host) if host.protection < Some(level) => hosts.put(Host { protection: Some(level), ..host }),
        _ => Ok(()),
    })?;
    let to_keep =
        session.typed.lock().as_mut().and_then(|typed| std::mem::take(&mut typed.remember).then(|| typed.clone()));
    let Some(Typed { username, password, .. }) = to_keep else { return Ok(()) };
    session.set(SessionState::Connecting { stage: Stage::Keyring });
    surroundings.secrets.set(id, &password).await?;
    surroundings.list.change(|hosts| match hosts.get(id).cloned() {
        Some(host) => {
            let username = username.unwrap_or_else(|| host.username.clone());
            Ok(hosts.put(Host { username, has_password: true, ..host })?)
        }
        None => Ok(()),
    })
}

/// Shows the viewer an RFB 3.8 server with security type None that has already let it in.
async fn greet(mut viewer: Viewer, init: &ServerInit) -> Result<Viewer, ConnectError> {
    let failed = |cause: &dyn std::fmt::Display| ConnectError::ViewerFailed { detail: cause.to_string() };
    let mut greeting = Greeting::new(init);
    let mut reply = Reply::Send(greeting.opening());
    loop {
        match reply {
            Reply::Send(bytes) => viewer.send(bytes.into()).await.map_err(|cause| failed(&cause))?,
            Reply::Done { send, rest } => {
                viewer.send(send.into()).await.map_err(|cause| failed(&cause))?;
                // noVNC waits for ServerInit before it goes on; what does not is no viewer of ours.
                return if rest.is_empty() {
                    Ok(viewer)
                } else {
                    Err(failed(&"it did not wait for the server's screen"))
                };
            }
        }
        let next = viewer.next().await.map_err(|cause| failed(&cause))?;
        let bytes = next.ok_or_else(|| ConnectError::ViewerFailed { detail: String::new() })?;
        reply = greeting.answer(&bytes).map_err(|cause| failed(&cause))?;
    }
}

impl Session {
    async fn wait_for_window(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.attached.subscribe().wait_for(|attached| *attached).await;
    }
}
