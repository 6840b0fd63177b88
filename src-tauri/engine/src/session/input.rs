//! What a session lets its page do to the machine, and what it types there of its own accord: it stands in the relay, so that both
//! hold whatever the page does, and a password that is typed never comes near the page.

use crate::{
    error::TypingError,
    model::Secret,
    recording::{Recorder, Rewind},
};
use parking_lot::Mutex;
use relay::Between;
use rfb::{Gate, Keyboard, Layout, Stroke, Symbols};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};
use tokio::{
    sync::oneshot,
    time::{Instant, Sleep, sleep},
};

/// How fast a text is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// As fast as desktops follow.
    Fast,
    /// For most.
    Steady,
    /// For firmware.
    Slow,
}

impl Pace {
    /// From one character to the next; the page's own typing has the same.
    fn pause(self) -> Duration {
        Duration::from_millis(match self {
            Self::Fast => 10,
            Self::Steady => 40,
            Self::Slow => 150,
        })
    }
}

/// How a text is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Manner {
    /// How fast.
    pub pace: Pace,
    /// Whether the server takes keys by their places, as far as its viewer knows.
    pub by_place: bool,
}

/// The input of one session, over all its connections.
pub(super) struct Input {
    state: Mutex<State>,
    /// Told when another question about lines is open, or none.
    on_question: OnQuestion,
}

/// See [`Input::new`].
pub(super) type OnQuestion = Box<dyn Fn() + Send + Sync>;

struct State {
    view_only: bool,
    /// What its server understands; none while there is no connection.
    symbols: Option<Symbols>,
    typing: Option<Typing>,
    /// Wakes the relay.
    waker: Option<Waker>,
    /// Several lines are asked about.
    ask_lines: bool,
    /// Questions that there were.
    questions: u64,
    question: Option<Question>,
    /// What the person has said of the lines that the gate keeps back, until it knows.
    decided: Option<bool>,
}

/// Whether several lines may go to the machine.
struct Question {
    number: u64,
    text: Secret,
    asks: Asks,
}

/// Where the answer goes.
enum Asks {
    /// The gate, which keeps a text for the machine's clipboard back.
    Gate,
    /// Where the answer goes; dropped where nothing is to be typed.
    Typist(oneshot::Sender<()>),
}

/// Lines that the person is to look at before they go to the machine.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LinesAsked {
    /// Counts the session's questions about lines; the answer echoes it.
    #[cfg_attr(test, ts(type = "number"))]
    pub number: u64,
    /// Whether they are to be typed; else they are for the machine's clipboard.
    pub typed: bool,
    /// How many lines.
    #[cfg_attr(test, ts(type = "number"))]
    pub lines: usize,
    /// The text, as much of it as can be looked at.
    pub text: String,
    /// Whether that is not all of it.
    pub is_cut: bool,
}

impl fmt::Debug for LinesAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinesAsked").field("number", &self.number).field("lines", &self.lines).finish_non_exhaustive()
    }
}

/// So many characters of a text are shown.
const SHOWN: usize = 20_000;

impl From<&Question> for LinesAsked {
    fn from(question: &Question) -> Self {
        let text = question.text.expose();
        let end = text.char_indices().nth(SHOWN).map(|(end, _)| end);
        Self {
            number: question.number,
            typed: matches!(question.asks, Asks::Typist(_)),
            lines: text.lines().count(),
            text: text[..end.unwrap_or(text.len())].to_owned(),
            is_cut: end.is_some(),
        }
    }
}

/// A text that is being typed.
struct Typing {
    text: Secret,
    /// Bytes of it that are typed.
    at: usize,
    pace: Pace,
    keyboard: Keyboard,
    /// Told when all of it is typed; dropped where it is stopped before.
    done: oneshot::Sender<()>,
}

impl Input {
    /// `on_question` is called when [`Input::lines_asked`] says something else.
    pub(super) fn new(view_only: bool, ask_lines: bool, on_question: OnQuestion) -> Self {
        let state = State {
            view_only,
            symbols: None,
            typing: None,
            waker: None,
            ask_lines,
            questions: 0,
            question: None,
            decided: None,
        };
        Self { state: Mutex::new(state), on_question }
    }

    pub(super) fn is_view_only(&self) -> bool {
        self.state.lock().view_only
    }

    /// Whether several lines are asked about before they go to the machine.
    pub(super) fn asks_lines(&self) -> bool {
        self.state.lock().ask_lines
    }

    pub(super) fn set_ask_lines(&self, ask_lines: bool) {
        self.state.lock().ask_lines = ask_lines;
    }

    /// The lines that the person is asked about.
    pub(super) fn lines_asked(&self) -> Option<LinesAsked> {
        self.state.lock().question.as_ref().map(LinesAsked::from)
    }

    /// The person's word about the lines with this number: whether they go. To others it says nothing.
    pub(super) fn answer_lines(&self, number: u64, go: bool) {
        let mut state = self.state.lock();
        let Some(question) = state.question.take_if(|question| question.number == number) else { return };
        match question.asks {
            Asks::Gate => state.decided = Some(go),
            // Its receiver may have gone.
            Asks::Typist(answer) if go => drop(answer.send(())),
            Asks::Typist(_) => {}
        }
        state.wake();
        drop(state);
        (self.on_question)();
    }

    /// Asks whether these lines may be typed; what is returned fails where they may not.
    ///
    /// # Errors
    /// [`TypingError`]: the user is not asked.
    pub(super) fn ask_to_type(&self, text: &Secret) -> Result<oneshot::Receiver<()>, TypingError> {
        let mut state = self.state.lock();
        if state.view_only || state.symbols.is_none() || state.question.is_some() {
            return Err(TypingError::NotTyped);
        }
        let (answer, receiver) = oneshot::channel();
        state.ask(text.clone(), Asks::Typist(answer));
        drop(state);
        (self.on_question)();
        Ok(receiver)
    }

    /// Only watches from now on, or no longer. What is being typed ends with it.
    pub(super) fn set_view_only(&self, view_only: bool) {
        let mut state = self.state.lock();
        state.view_only = view_only;
        if view_only {
            state.typing = None;
        }
        let withdrawn = view_only && state.question.take().is_some();
        state.wake();
        drop(state);
        if withdrawn {
            (self.on_question)();
        }
    }

    /// Begins to type; what is returned resolves when all of it is typed, and fails where it is stopped before: by a key or a button
    /// that the person presses, by watching only, by [`Input::stop_typing`], or by the end of the connection.
    ///
    /// # Errors
    /// [`TypingError`]: nothing was typed.
    pub(super) fn type_text(
        &self,
        text: &Secret,
        manner: Manner,
        layout: Option<Layout>,
    ) -> Result<oneshot::Receiver<()>, TypingError> {
        let mut state = self.state.lock();
        let symbols = state.symbols.filter(|_| !state.view_only).ok_or(TypingError::NotTyped)?;
        let keyboard = Keyboard { symbols, layout, takes_places: manner.by_place };
        // Lines end with one character, as Enter is pressed once.
        let text = Secret::from(text.expose().trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n"));
        if text.expose().is_empty() {
            return Err(TypingError::NothingToType);
        }
        if text.expose().chars().any(|letter| keyboard.strokes(letter).is_none()) {
            return Err(TypingError::NoKey);
        }
        let (done, receiver) = oneshot::channel();
        state.typing = Some(Typing { text, at: 0, pace: manner.pace, keyboard, done });
        state.wake();
        Ok(receiver)
    }

    /// What is pressed for each of these characters, in their order; none for one that there is no key for.
    pub(super) fn strokes(&self, letters: &str, by_place: bool, layout: Option<Layout>) -> Vec<Option<Vec<Stroke>>> {
        let symbols = self.state.lock().symbols.unwrap_or(Symbols::Unicode);
        let keyboard = Keyboard { symbols, layout, takes_places: by_place };
        letters.chars().map(|letter| keyboard.strokes(letter)).collect()
    }

    pub(super) fn stop_typing(&self) {
        self.state.lock().typing = None;
    }

    /// What stands in the relay for one connection.
    pub(super) fn connect(self: &Arc<Self>, desktop_name: &str, recorded: Recorded) -> AtTheRelay {
        let mut state = self.state.lock();
        state.symbols = Some(Symbols::of_desktop(desktop_name));
        let gate = Gate::new(state.view_only);
        AtTheRelay { input: Arc::clone(self), gate, recorded, pause: Box::pin(sleep(Duration::ZERO)) }
    }
}

impl State {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn ask(&mut self, text: Secret, asks: Asks) {
        self.questions += 1;
        self.question = Some(Question { number: self.questions, text, asks });
    }

    /// The gate is as the session wants it, and is told what the person has said of its lines.
    fn set(&mut self, gate: &mut Gate, to_server: &mut Vec<u8>) {
        gate.set_closed(self.view_only, to_server);
        gate.set_asks(self.ask_lines);
        if let Some(go) = self.decided.take_if(|_| gate.is_between_messages()) {
            gate.answer(go, to_server);
        }
    }

    /// Asks about the lines that the gate keeps back, or no longer. Says whether that is another question than before.
    fn follow(&mut self, gate: &Gate) -> bool {
        match (gate.waiting_text(), &self.question) {
            (Some(text), None) if self.decided.is_none() => {
                let text = Secret::from(text.to_owned());
                self.ask(text, Asks::Gate);
                true
            }
            (None, Some(Question { asks: Asks::Gate, .. })) => {
                self.question = None;
                true
            }
            _ => false,
        }
    }
}

impl Typing {
    /// The keys of the next character; none at the end.
    fn next(&mut self) -> Option<Vec<u8>> {
        let letter = self.text.expose()[self.at..].chars().next()?;
        self.at += letter.len_utf8();
        // It was looked at before whether each has a key.
        self.keyboard.key_events(letter)
    }
}

/// A connection's part of it, between page and server.
pub(super) struct AtTheRelay {
    input: Arc<Input>,
    gate: Gate,
    recorded: Recorded,
    /// Until the next character.
    pause: Pin<Box<Sleep>>,
}

/// What is kept of a session, while that has a connection: a recording, and its last minutes.
pub(super) struct Recorded {
    recorder: Arc<Recorder>,
    rewind: Arc<Rewind>,
}

impl Recorded {
    /// The viewer was sent so many bytes on this connection, and shows a screen of this size.
    pub(super) fn begin(recorder: Arc<Recorder>, rewind: Arc<Rewind>, sent: usize, screen: (u16, u16)) -> Self {
        recorder.connected(sent);
        rewind.connected(sent, screen);
        Self { recorder, rewind }
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        self.recorder.disconnected();
        self.rewind.disconnected();
    }
}

impl Between for AtTheRelay {
    fn see(&mut self, from_server: &[u8]) {
        self.recorded.recorder.pass(from_server);
        self.recorded.rewind.pass(from_server);
    }

    fn pass(&mut self, from_viewer: &[u8], to_server: &mut Vec<u8>) -> Result<(), String> {
        let mut state = self.input.state.lock();
        state.set(&mut self.gate, to_server);
        // Where the person takes over, the rest would go somewhere else.
        if self.gate.pass(from_viewer, to_server).map_err(|unknown| unknown.to_string())? {
            state.typing = None;
        }
        let is_new = state.follow(&self.gate);
        drop(state);
        if is_new {
            (self.input.on_question)();
        }
        Ok(())
    }

    fn poll_own(&mut self, cx: &mut Context<'_>, to_server: &mut Vec<u8>) {
        let mut state = self.input.state.lock();
        state.waker = Some(cx.waker().clone());
        state.set(&mut self.gate, to_server);
        if state.follow(&self.gate) {
            drop(state);
            (self.input.on_question)();
            state = self.input.state.lock();
        }
        let Some(typing) = &mut state.typing else { return };
        // Bytes of the page's that end a message wake this task, too.
        if !self.gate.is_between_messages() || self.pause.as_mut().poll(cx).is_pending() {
            return;
        }
        match typing.next() {
            Some(keys) => {
                to_server.extend_from_slice(&keys);
                self.pause.as_mut().reset(Instant::now() + typing.pace.pause());
            }
            None => {
                if let Some(typing) = state.typing.take() {
                    // Its receiver may have gone.
                    let _ = typing.done.send(());
                }
            }
        }
    }
}

impl Drop for AtTheRelay {
    fn drop(&mut self) {
        let mut state = self.input.state.lock();
        (state.symbols, state.typing, state.waker, state.decided) = (None, None, None, None);
        let withdrawn = state.question.take().is_some();
        drop(state);
        if withdrawn {
            (self.input.on_question)();
        }
    }
}

#[cfg(test)]
mod tests;
