//! The last pictures of machines: a viewer gives its own machine's, and gets it back; the list sees all of them.

use super::{EngineState, session::session_of};
use portlight_engine::{
    Result,
    model::HostId,
    pictures::{PictureView, Taken},
};
use tauri::{
    WebviewWindow, command,
    ipc::{InvokeBody, Request, Response},
};

/// Which machines have a picture, and how old it is.
#[command]
pub async fn pictures(engine: EngineState<'_>) -> Result<Vec<PictureView>> {
    Ok(engine.pictures().all().await)
}

/// The picture of a machine, as [`Taken::print`] has it; no bytes where there is none.
#[command]
pub async fn picture(engine: EngineState<'_>, id: HostId) -> Result<Response> {
    Ok(response(engine.pictures().get(id).await))
}

/// Keeps a picture of this window's screen with its machine, where that is chosen. What is no picture is dropped.
#[command]
pub async fn keep_picture(window: WebviewWindow, engine: EngineState<'_>, request: Request<'_>) -> Result<()> {
    let session = session_of(&window)?;
    if let InvokeBody::Raw(bytes) = request.body()
        && let Some(picture) = Taken::parse(bytes)
    {
        engine.keep_picture(session, picture).await;
    }
    Ok(())
}

/// The last picture of this window's machine, as `picture` gives it.
#[command]
pub async fn last_picture(window: WebviewWindow, engine: EngineState<'_>) -> Result<Response> {
    Ok(response(engine.last_picture(session_of(&window)?).await))
}

fn response(picture: Option<Taken>) -> Response {
    Response::new(picture.map(|picture| picture.print()).unwrap_or_default())
}
