//! Texts that a session types.

use super::Sessions;
use crate::{
    error::TypingError,
    model::{KeyStroke, KeyboardLayout, Secret, SessionId},
    session::Manner,
};

impl Sessions {
    /// Types a text as key events, and says whether all of it was typed: a key or a button that the person presses stops it, as does
    /// the end of the connection.
    ///
    /// # Errors
    /// [`TypingError`]: nothing was typed.
    pub async fn type_text(&self, id: SessionId, text: &Secret, manner: Manner) -> Result<bool, TypingError> {
        let session = self.get(id).ok_or(TypingError::NotTyped)?;
        Ok(session.input.type_text(text, manner, session.layout())?.await.is_ok())
    }

    /// What is pressed for each of these characters on this keyboard of the session's machine, in their order; none for one that there
    /// is no key for. `by_place` as in [`Manner`].
    pub fn strokes(
        &self,
        id: SessionId,
        letters: &str,
        layout: KeyboardLayout,
        by_place: bool,
    ) -> Vec<Option<Vec<KeyStroke>>> {
        let Some(session) = self.get(id) else { return Vec::new() };
        let strokes = session.input.strokes(letters, by_place, layout.layout()).into_iter();
        strokes.map(|strokes| Some(strokes?.into_iter().map(KeyStroke::from).collect())).collect()
    }

    /// The same for several lines, once the person at the window has looked at them and let them go.
    ///
    /// # Errors
    /// As [`Sessions::type_text`].
    pub async fn type_lines(&self, id: SessionId, text: &Secret, manner: Manner) -> Result<bool, TypingError> {
        let session = self.get(id).ok_or(TypingError::NotTyped)?;
        match session.input.ask_to_type(text)?.await {
            Ok(()) => self.type_text(id, text, manner).await,
            Err(_) => Ok(false),
        }
    }

    /// The person's word about the lines with this number: whether they go to the machine.
    pub fn answer_lines(&self, id: SessionId, number: u64, go: bool) {
        if let Some(session) = self.get(id) {
            session.input.answer_lines(number, go);
        }
    }

    /// Types no more of it.
    pub fn stop_typing(&self, id: SessionId) {
        if let Some(session) = self.get(id) {
            session.input.stop_typing();
        }
    }
}
