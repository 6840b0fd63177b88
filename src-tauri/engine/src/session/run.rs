//! A run of a session from dialling to its end: the function to read first.

use super::{
    SessionState, Stage, backoff::Backoff, input::Recorded, prompts::Prompts, remember::remember, session::Run, storing,
};
use crate::{
    connect::{self, LoggedIn},
    error::{ConnectError, Error, Step, WsRefusal},
    lead,
    model::Target,
    transport::ws,
};
use relay::{Between, EndReason, Viewer};
use rfb::{
    ServerInit,
    server::{Handshake, greeting},
};
use std::{
    convert::Infallible,
    io,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep, timeout},
};

/// Runs the session and says how it ended. Where the connection breaks, it connects again.
pub(super) async fn run(run: Run) {
    let mut backoff = Backoff::default();
    loop {
        let mut live_since = None;
        let (error, target) = match run.snapshot() {
            Ok(target) => (run_once(&run, target.clone(), &mut live_since).await.err(), Some(target)),
            Err(error) => (Some(error), None),
        };
        let reconnect = target.as_ref().is_some_and(|target| target.reconnect);
        match &error {
            Some(Error::Command(error)) => tracing::info!(error = %error.without_detail(), "session ended"),
            Some(error) => tracing::info!(%error, "session ended"),
            None => {}
        }
        match error {
            Some(error) if reconnect && backoff.should_retry(&error, live_since.map(|since| since.elapsed())) => {
                let wait = backoff.next();
                let mut retry_now = pin!(run.retry_now().notified());
                // From here on "now" is noticed, before the window can say it.
                retry_now.as_mut().enable();
                run.set(SessionState::Reconnecting { error, seconds: wait.as_secs() });
                let _ = timeout(wait, retry_now).await;
                run.set_stage(Stage::Dialing);
            }
            error => {
                let question = error.as_ref().zip(target).and_then(|(error, target)| lead_from(&run, error, &target));
                run.set(SessionState::Ended { error });
                // Starting over ends this run, and the looking with it.
                if let Some(question) = question
                    && let Some(lead) = question.answer().await
                {
                    run.set_lead(lead);
                }
                return;
            }
        }
    }
}

/// What has to be known to say where a failure leads.
fn lead_from(run: &Run, error: &Error, target: &Target) -> Option<lead::Question> {
    let list = run.services.list.get();
    let can_wake = target.host.and_then(|id| list.get(id)).is_some_and(|host| host.mac.is_some());
    let ways = run.services.places.as_ref().map(|places| places.ways()).unwrap_or_default();
    let known = lead::Known {
        hosts: list.all(),
        ways: &ways,
        can_wake: can_wake && target.wake.is_none(),
        can_keep: run.can_keep(),
        lacks_account: run.lacks_account(),
    };
    lead::question(error, target, known)
}

/// Connects, logs in, and relays until either side ends.
async fn run_once(run: &Run, mut target: Target, live_since: &mut Option<Instant>) -> Result<(), Error> {
    run.session().served.store(false, Ordering::Relaxed);
    run.set_stage(Stage::Dialing);
    if run.is_reverse() {
        confirm_caller(run, &target).await?;
    }
    let LoggedIn { server, protection } = loop {
        match log_in(run, &target).await? {
            Some(logged_in) => break logged_in,
            // The host was edited meanwhile.
            None => target = run.snapshot()?,
        }
    };
    let rfb::client::Server { init, mut stream, .. } = server;
    let target = run.kept_as(&target).unwrap_or(target);
    if let Some(storing) = remember(run, &target, &protection).await {
        storing::beside(run.session(), &run.services, storing);
    }

    run.page_is_there().await;
    let no_ticket =
        |cause: io::Error| ConnectError::System { detail: format!("the local relay could not make a ticket: {cause}") };
    let invitation = run.services.relay.issue().map_err(no_ticket)?;
    let desktop_name = init.name_text();
    run.set(SessionState::Ready {
        url: invitation.url(),
        desktop_name: desktop_name.clone(),
        width: init.width,
        height: init.height,
        protection,
    });
    let late = || ConnectError::ViewerFailed { detail: "it did not open its connection in time".to_owned() };
    let viewer = invitation.viewer().await.ok_or_else(late)?;
    run.session().served.store(true, Ordering::Relaxed);
    let Greeted { viewer, sent, first } = timeout(VIEWER_TIMEOUT, greet(viewer, &init)).await.map_err(|_| late())??;
    run.set(SessionState::Live);
    *live_since = Some(Instant::now());
    let session = run.session();
    session.follow_rewind(&run.services);
    let (recorder, rewind) = (Arc::clone(&session.recorder), Arc::clone(&session.rewind));
    let recorded = Recorded::begin(recorder, rewind, sent, (init.width, init.height));

    let address = target.address.without_query().to_string();
    let lost = |cause: io::Error| {
        let (address, detail) = (address.clone(), cause.to_string());
        ws::explain(&cause, &target.address).unwrap_or(ConnectError::ConnectionLost { address, detail })
    };
    let mut between = run.session().input.connect(&desktop_name, recorded);
    let mut allowed = Vec::new();
    between.pass(&first, &mut allowed).map_err(|detail| ConnectError::ViewerFailed { detail })?;
    stream.write_all(&allowed).await.map_err(lost)?;
    // Records and WebSockets keep what is written until then.
    stream.flush().await.map_err(lost)?;
    let end = tokio::select! {
        end = relay::splice_between(viewer, stream, between) => end,
        never = keep_last_minutes(run) => match never {},
    };
    Err(match end {
        // The page says why, if it was not the user who closed: see `Session::viewer_failed`.
        EndReason::ViewerClosed => ConnectError::cancelled(),
        EndReason::ViewerFailed(detail) => ConnectError::ViewerFailed { detail },
        EndReason::ServerFailed(cause) => lost(cause),
        EndReason::ServerClosed => ConnectError::ServerClosed { address },
    }
    .into())
}

/// Keeps the last minutes of the session as is chosen, and drops what is older, as long as this goes on.
async fn keep_last_minutes(run: &Run) -> Infallible {
    let (mut for_all, mut list) = (run.services.preferences.changes(), run.services.list.changes());
    loop {
        run.session().follow_rewind(&run.services);
        run.session().rewind.forget();
        // Neither can fail: the services have the senders.
        tokio::select! {
            _ = for_all.changed() => {}
            _ = list.changed() => {}
            () = sleep(FORGET_INTERVAL) => {}
        }
    }
}

/// Asks whether to talk to a server that has connected to us, before a byte is sent to it.
async fn confirm_caller(run: &Run, target: &Target) -> Result<(), Error> {
    let Some(mut incoming) = run.take_incoming(target)? else { return Ok(()) };
    Prompts::new(run, target).confirm_caller(&mut incoming).await?;
    run.put_incoming(incoming);
    Ok(())
}

/// Connects and logs in, as often as a person answers for it. None where the saved host was edited meanwhile: then
/// nothing of its login was sent to the former address.
async fn log_in(run: &Run, target: &Target) -> Result<Option<LoggedIn>, Error> {
    let mut prompts = Prompts::new(run, target);
    let headers = prompts.http_headers().await?;
    let began = Instant::now();
    let mut retried = false;
    let mut sender = None;
    let caller = target.caller_name();
    loop {
        if !run.is_current(target) {
            return Ok(None);
        }
        match (&target.wake, &mut sender) {
            (None, _) => {}
            (Some(wake), None) => sender = Some(prompts.wake(wake).await?),
            (Some(_), Some(sender)) => {
                // It was sent once: it may be on its way up.
                if let Err(error) = sender.send().await {
                    tracing::info!(%error, "the wake-up packet is not sent again");
                }
            }
        }
        prompts.begin();
        let reached = prompts.locate(target).await?;
        let of_console = prompts.console_headers()?;
        let request = connect::Request {
            target: &reached,
            headers: of_console.as_ref().unwrap_or(&headers),
            pins: &run.services.pins,
            policy: prompts.policy(),
            incoming: run.take_incoming(target)?,
            without: if run.is_reverse() { run.services.callers.without(&caller) } else { Vec::new() },
        };
        let connected = connect::connect(request, &mut prompts).await;
        run.note_tried(prompts.end(connected.as_ref()));
        let error = match connected {
            Ok(logged_in) => return Ok(Some(logged_in)),
            Err(_) if prompts.is_stale() => return Ok(None),
            Err(error) => error,
        };
        if let ConnectError::WsRefused { why: WsRefusal::Login, .. } = error {
            // It is asked for anew.
            run.set_http_login(None);
        }
        let recovery = error.recovery();
        if recovery.waits_after_wake() && target.wake.is_some() && began.elapsed() < WAKE_TIMEOUT {
            run.set_stage(Stage::Waking);
            sleep(WAKE_INTERVAL).await;
        } else if run.is_reverse() {
            // It has hung up by now, and cannot be asked once more.
            if let ConnectError::NoCommonType { .. } = error {
                run.services.callers.forget(&caller);
            }
            return Err(error.into());
        } else if !retried && prompts.stood_open_for_long() && may_have_timed_out(&error) {
            // The server may have closed while the person was typing: once more with the same credentials, before
            // the person is asked again.
            retried = true;
        } else if recovery.asks_again() && prompts.asked_for_login() {
            // Asked before dialling: the server need not wait for a person this time.
            prompts.ask_for_another_login(error).await?;
            retried = false;
        } else {
            return Err(error.into());
        }
    }
}

/// Whether this is how a server looks that did not wait for a person to type.
fn may_have_timed_out(error: &ConnectError) -> bool {
    matches!(
        error,
        ConnectError::Closed { during: Step::Authentication | Step::SecurityTypes, .. }
            | ConnectError::AuthFailed { reason: None, too_many: false, .. }
            | ConnectError::AuthFailedProbably { .. }
    )
}

/// A viewer that knows its screen.
pub(super) struct Greeted {
    pub viewer: Viewer,
    /// Bytes that the viewer was sent.
    pub sent: usize,
    /// The viewer's first bytes for the server, if there are any yet.
    pub first: Vec<u8>,
}

/// Shows the viewer an RFB 3.8 server with security type None that has already let it in.
pub(super) async fn greet(mut viewer: Viewer, init: &ServerInit) -> Result<Greeted, ConnectError> {
    let failed = |cause: &dyn std::fmt::Display| ConnectError::ViewerFailed { detail: cause.to_string() };
    let mut sent = 0;
    for message in greeting(init) {
        sent += message.len();
        viewer.send(message.into()).await.map_err(|cause| failed(&cause))?;
    }
    let mut handshake = Handshake::new();
    loop {
        let next = viewer.next().await.map_err(|cause| failed(&cause))?;
        let bytes = next.ok_or_else(ConnectError::cancelled)?;
        if let Some(first) = handshake.receive(&bytes).map_err(|cause| failed(&cause))? {
            return Ok(Greeted { viewer, sent, first });
        }
    }
}

/// How long a machine may take to start after a wake-up packet. The user can close the window earlier.
const WAKE_TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// Between two packets: they get lost, and some network cards react to only some.
const WAKE_INTERVAL: Duration = Duration::from_secs(3);
/// What is too old to be seen again goes so often.
const FORGET_INTERVAL: Duration = Duration::from_secs(30);
/// For the page's part of the handshake, which it answers by itself.
pub(super) const VIEWER_TIMEOUT: Duration = Duration::from_secs(10);
