//! What a viewer window has typed on its machine.

use super::{
    EngineState,
    session::{read_clipboard, session_of},
};
use portlight_engine::{
    Result,
    model::{KeyStroke, KeyboardLayout, Secret},
    session::Manner,
};
use tauri::{WebviewWindow, command};

/// Types the machine's own password into its screen, which the page never sees; says whether all of it was typed. Rejects with
/// `typed_readably` where others can read along and `readably` does not say that they may.
#[command]
pub async fn type_password(
    window: WebviewWindow,
    engine: EngineState<'_>,
    manner: Manner,
    readably: bool,
) -> Result<bool> {
    engine.type_password(session_of(&window)?, manner, readably).await
}

/// Types the machine's own secret into its screen, in the same way.
#[command]
pub async fn type_secret(
    window: WebviewWindow,
    engine: EngineState<'_>,
    manner: Manner,
    readably: bool,
) -> Result<bool> {
    engine.type_secret(session_of(&window)?, manner, readably).await
}

/// Keeps a secret with the machine, to be typed into its screen; under the name that it has where this one is empty.
#[command]
pub async fn keep_secret(window: WebviewWindow, engine: EngineState<'_>, name: String, secret: Secret) -> Result<()> {
    engine.keep_secret(session_of(&window)?, name, secret).await
}

/// Types the clipboard's text, where what is copied here goes to the machine and the window has the focus; says whether all of it
/// was typed. Several lines are asked about first, as [`answer_lines`] answers.
#[command]
pub async fn type_clipboard(window: WebviewWindow, engine: EngineState<'_>, manner: Manner) -> Result<bool> {
    let session = session_of(&window)?;
    let text = read_clipboard(window, engine.clone()).await?.unwrap_or_default();
    engine.type_unseen(session, text, manner).await
}

/// What is pressed for each of these characters on such a keyboard of this machine's, in their order; none for one that there is no key
/// for. `by_place`: the server takes keys by their places.
#[command]
pub async fn strokes(
    window: WebviewWindow,
    engine: EngineState<'_>,
    letters: String,
    layout: KeyboardLayout,
    by_place: bool,
) -> Result<Vec<Option<Vec<KeyStroke>>>> {
    Ok(engine.sessions().strokes(session_of(&window)?, &letters, layout, by_place))
}

/// The person's word about the lines with this number: whether they go to the machine. It counts for no other ones.
#[command]
pub async fn answer_lines(window: WebviewWindow, engine: EngineState<'_>, number: u64, go: bool) -> Result<()> {
    engine.sessions().answer_lines(session_of(&window)?, number, go);
    Ok(())
}

/// Types no more of it.
#[command]
pub async fn stop_typing(window: WebviewWindow, engine: EngineState<'_>) -> Result<()> {
    engine.sessions().stop_typing(session_of(&window)?);
    Ok(())
}
