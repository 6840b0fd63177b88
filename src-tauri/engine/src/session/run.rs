//! A session from dialling to its end: the function to read first.

use super::{Session, SessionState, Stage, Surroundings, prompts::Prompts};
use crate::{
    address::Address,
    error::{Error, OtherProtocol, Result, Step},
    lock,
    relay::{self, Viewer},
    transport::{self, Patient, Stream},
};
use rfb::{
    ServerInit,
    server::{Greeting, Reply},
};
use std::{
    io::{self, ErrorKind},
    sync::Arc,
    time::Duration,
};

/// Runs the session and says how it ended.
pub(super) async fn run(session: Arc<Session>, surroundings: Arc<Surroundings>) {
    let error = look(&session, &surroundings).await.err();
    if let Some(error) = &error {
        tracing::info!(address = %session.target.address, %error, "session ended");
    }
    session.set(SessionState::Ended { error });
}

async fn look(session: &Session, surroundings: &Surroundings) -> Result<()> {
    let (stream, init) = log_in(session, surroundings).await?;
    let not_stored = remember(session, surroundings).await.err();

    session.wait_for_window().await;
    let no_ticket =
        |cause: io::Error| Error::System { detail: format!("the local relay could not make a ticket: {cause}") };
    let invitation = surroundings.relay.issue().map_err(no_ticket)?;
    session.set(SessionState::Ready {
        url: invitation.url(),
        desktop_name: init.name_text(),
        width: init.width,
        height: init.height,
        not_stored,
    });
    let late = || Error::ViewerFailed { detail: "it did not open its connection in time".to_owned() };
    let viewer = invitation.viewer().await.ok_or_else(late)?;
    let viewer = greet(viewer, &init).await?;
    session.set(SessionState::Live);

    let address = session.target.address.to_string();
    match relay::splice(viewer, stream).await {
        // The page says why, if it was not the user who closed: see `Sessions::viewer_failed`.
        relay::Ended::Viewer => Err(Error::ViewerFailed { detail: String::new() }),
        relay::Ended::ViewerBroke(detail) => Err(Error::ViewerFailed { detail }),
        relay::Ended::ServerClosed => Err(Error::ServerClosed { address }),
        relay::Ended::ServerBroke(cause) => Err(Error::ConnectionLost { address, detail: cause.to_string() }),
    }
}

/// Dials and logs in, as often as a person answers for it.
async fn log_in(session: &Session, surroundings: &Surroundings) -> Result<(Stream, ServerInit)> {
    let mut prompts = Prompts::new(session, &surroundings.secrets);
    let mut dialled_again = false;
    loop {
        let error = match attempt(session, &mut prompts).await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        match error {
            // While the person typed, the server lost its patience with the silent connection. From here that looks
            // like a server that refuses without a word: so it is asked once more, before the person is.
            Error::HandshakeClosed { during: Step::Authentication, .. }
            | Error::PasswordRejected { reason: None, .. }
                if prompts.kept_the_server_waiting() && !dialled_again =>
            {
                dialled_again = true;
            }
            Error::PasswordRejected { reason, .. } => {
                lock(&session.typed).take();
                // Asked before dialling: the server need not wait for a person this time.
                let answered = prompts.ask(Some(reason.unwrap_or_default())).await;
                answered.ok_or(Error::ViewerFailed { detail: String::new() })?;
                dialled_again = false;
            }
            error => return Err(error),
        }
    }
}

async fn attempt(session: &Session, prompts: &mut Prompts<'_>) -> Result<(Stream, ServerInit)> {
    session.set(SessionState::Connecting { stage: Stage::Dialing });
    let mut stream = Patient::new(transport::connect(&session.target.address).await?);
    prompts.begin(stream.limit());
    let policy = rfb::Policy { shared: true, have_password: prompts.may_have_password() };
    let init = rfb::client::handshake(&mut stream, &policy, prompts)
        .await
        .map_err(|cause| explain(cause, &session.target.address, prompts.limit()))?;
    Ok((stream.into_inner(), init))
}

/// Puts a password that was typed, and has just been accepted, into the keyring if that was asked for.
async fn remember(session: &Session, surroundings: &Surroundings) -> Result<()> {
    let to_keep = lock(&session.typed)
        .as_mut()
        .and_then(|typed| std::mem::take(&mut typed.remember).then(|| typed.password.clone()));
    let (Some(id), Some(password)) = (session.target.host, to_keep) else { return Ok(()) };
    session.set(SessionState::Connecting { stage: Stage::Keyring });
    surroundings.secrets.set(id, &password).await?;
    surroundings.list.change(|hosts| hosts.set_has_password(id, true))
}

/// Shows the viewer an RFB 3.8 server with security type None that has already let it in.
async fn greet(mut viewer: Viewer, init: &ServerInit) -> Result<Viewer> {
    let failed = |cause: &dyn std::fmt::Display| Error::ViewerFailed { detail: cause.to_string() };
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
        let bytes = next.ok_or_else(|| Error::ViewerFailed { detail: String::new() })?;
        reply = greeting.answer(&bytes).map_err(|cause| failed(&cause))?;
    }
}

/// The handshake's end as the user is told it.
fn explain(cause: rfb::Error, address: &Address, waited: Duration) -> Error {
    let address = address.to_string();
    match cause {
        rfb::Error::NotRfb { looks_like } => Error::NotVnc { address, looks_like: looks_like.map(OtherProtocol::from) },
        rfb::Error::UnsupportedVersion { version } => Error::UnsupportedVersion { address, version },
        rfb::Error::Repeater => Error::Repeater { address },
        rfb::Error::Refused { reason } => Error::ServerRefused { address, reason },
        rfb::Error::NoCommonSecurity { offered } => {
            Error::NoCommonSecurity { address, offered: offered.iter().map(ToString::to_string).collect() }
        }
        rfb::Error::AuthFailed { reason } => Error::PasswordRejected { address, reason },
        rfb::Error::TooMany { reason } => Error::TooManyAttempts { address, reason },
        rfb::Error::Closed { during } => Error::HandshakeClosed { address, during: during.into() },
        rfb::Error::Protocol { during, detail } => {
            Error::ProtocolBroken { address, detail: format!("{during}: {detail}") }
        }
        rfb::Error::Cancelled => Error::ViewerFailed { detail: String::new() },
        rfb::Error::Io { during, source } if source.kind() == ErrorKind::TimedOut => {
            Error::HandshakeTimeout { address, during: during.into(), seconds: waited.as_secs() }
        }
        rfb::Error::Io { source, .. } => Error::ConnectionLost { address, detail: source.to_string() },
    }
}

impl From<rfb::Step> for Step {
    fn from(step: rfb::Step) -> Self {
        match step {
            rfb::Step::Greeting => Self::Greeting,
            rfb::Step::SecurityTypes => Self::SecurityTypes,
            rfb::Step::Authentication => Self::Authentication,
            rfb::Step::SecurityResult => Self::SecurityResult,
            rfb::Step::ServerInit => Self::ServerInit,
        }
    }
}

impl From<rfb::OtherProtocol> for OtherProtocol {
    fn from(other: rfb::OtherProtocol) -> Self {
        match other {
            rfb::OtherProtocol::Http => Self::Http,
            rfb::OtherProtocol::Ssh => Self::Ssh,
            rfb::OtherProtocol::Tls => Self::Tls,
        }
    }
}

impl Session {
    async fn wait_for_window(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.attached.subscribe().wait_for(|attached| *attached).await;
    }
}
