//! A run of a session that shows a recording in place of a machine.

use super::{
    SessionState, Stage,
    run::{Greeted, VIEWER_TIMEOUT, greet},
    session::Run,
};
use crate::{
    error::{ConnectError, Error},
    model::{Level, Protection},
    recording::{Played, Player},
};
use relay::EndReason;
use tokio::{io::duplex, time::timeout};

/// Plays until the page leaves, or the file is broken. To go back, the page gets the recording from its beginning again, on a
/// new connection: what it has decoded by then is of no use before.
pub(super) async fn play(run: Run) {
    let Some(player) = run.player().cloned() else { return };
    let error = loop {
        match play_once(&run, &player).await {
            Ok(()) => run.set_stage(Stage::Handshake),
            Err(error) => break error,
        }
    };
    run.set(SessionState::Ended { error: Some(error) });
}

/// Plays from the beginning; returns where the user wants to go back.
async fn play_once(run: &Run, player: &Player) -> Result<(), Error> {
    run.page_is_there().await;
    let no_ticket = |cause: std::io::Error| ConnectError::System { detail: cause.to_string() };
    let invitation = run.services.relay.issue().map_err(no_ticket)?;
    player.begin();
    let init = player.init();
    run.set(SessionState::Ready {
        url: invitation.url(),
        desktop_name: init.name_text(),
        width: init.width,
        height: init.height,
        protection: on_this_computer(),
    });
    let late = || ConnectError::ViewerFailed { detail: "it did not open its connection in time".to_owned() };
    let viewer = invitation.viewer().await.ok_or_else(late)?;
    // Whatever it asks for, it gets what was recorded.
    let Greeted { viewer, .. } = timeout(VIEWER_TIMEOUT, greet(viewer, &init)).await.map_err(|_| late())??;
    run.set(SessionState::Live);
    let (near, far) = duplex(ROOM);
    tokio::select! {
        biased;
        played = player.play(far) => match played {
            Played::Again => Ok(()),
            Played::Failed(error) => Err(error.into()),
            Played::Left => Err(ConnectError::cancelled().into()),
        },
        end = relay::splice(viewer, near) => Err(match end {
            EndReason::ViewerFailed(detail) => ConnectError::ViewerFailed { detail },
            _ => ConnectError::cancelled(),
        }
        .into()),
    }
}

/// A file is as private as this computer.
fn on_this_computer() -> Protection {
    Protection {
        level: Level::Clear,
        local: true,
        through: None,
        site_tls: None,
        site_old: vec![],
        security_type: String::new(),
        mechanism: None,
        tls: None,
        old: Vec::new(),
        identity: None,
        password_unasked: false,
    }
}

/// Bytes between the player and the relay.
const ROOM: usize = 256 * 1024;
