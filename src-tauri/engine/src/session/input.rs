//! What a session lets its page do to the machine, and what it types there of its own accord: it stands in the relay, so that both
//! hold whatever the page does, and a password that is typed never comes near the page.

use crate::{error::TypingError, model::Secret, recording::Recorder};
use parking_lot::Mutex;
use relay::Between;
use rfb::{Gate, Symbols, key_events};
use serde::Deserialize;
use std::{
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

/// The input of one session, over all its connections.
pub(super) struct Input(Mutex<State>);

struct State {
    view_only: bool,
    /// What its server understands; none while there is no connection.
    symbols: Option<Symbols>,
    typing: Option<Typing>,
    /// Wakes the relay.
    waker: Option<Waker>,
}

/// A text that is being typed.
struct Typing {
    text: Secret,
    /// Bytes of it that are typed.
    at: usize,
    pace: Pace,
    symbols: Symbols,
    /// Told when all of it is typed; dropped where it is stopped before.
    done: oneshot::Sender<()>,
}

impl Input {
    pub(super) fn new(view_only: bool) -> Self {
        Self(Mutex::new(State { view_only, symbols: None, typing: None, waker: None }))
    }

    pub(super) fn is_view_only(&self) -> bool {
        self.0.lock().view_only
    }

    /// Only watches from now on, or no longer. What is being typed ends with it.
    pub(super) fn set_view_only(&self, view_only: bool) {
        let mut state = self.0.lock();
        state.view_only = view_only;
        if view_only {
            state.typing = None;
        }
        state.wake();
    }

    /// Begins to type; what is returned resolves when all of it is typed, and fails where it is stopped before: by a key or a button
    /// that the person presses, by watching only, by [`Input::stop_typing`], or by the end of the connection.
    ///
    /// # Errors
    /// [`TypingError`]: nothing was typed.
    pub(super) fn type_text(&self, text: &Secret, pace: Pace) -> Result<oneshot::Receiver<()>, TypingError> {
        let mut state = self.0.lock();
        let symbols = state.symbols.filter(|_| !state.view_only).ok_or(TypingError::NotTyped)?;
        // Lines end with one character, as Enter is pressed once.
        let text = Secret::from(text.expose().trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n"));
        if text.expose().is_empty() {
            return Err(TypingError::NothingToType);
        }
        if text.expose().chars().any(|letter| key_events(letter, symbols).is_none()) {
            return Err(TypingError::NoKey);
        }
        let (done, receiver) = oneshot::channel();
        state.typing = Some(Typing { text, at: 0, pace, symbols, done });
        state.wake();
        Ok(receiver)
    }

    pub(super) fn stop_typing(&self) {
        self.0.lock().typing = None;
    }

    /// What stands in the relay for one connection.
    pub(super) fn connect(self: &Arc<Self>, desktop_name: &str, recorded: Recorded) -> AtTheRelay {
        let mut state = self.0.lock();
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
}

impl Typing {
    /// The keys of the next character; none at the end.
    fn next(&mut self) -> Option<Vec<u8>> {
        let letter = self.text.expose()[self.at..].chars().next()?;
        self.at += letter.len_utf8();
        // It was looked at before whether each has a key.
        key_events(letter, self.symbols)
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

/// The recorder of a session, while that has a connection.
pub(super) struct Recorded(Arc<Recorder>);

impl Recorded {
    /// The viewer was sent so many bytes on this connection.
    pub(super) fn begin(recorder: Arc<Recorder>, sent: usize) -> Self {
        recorder.connected(sent);
        Self(recorder)
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        self.0.disconnected();
    }
}

impl Between for AtTheRelay {
    fn see(&mut self, from_server: &[u8]) {
        self.recorded.0.pass(from_server);
    }

    fn pass(&mut self, from_viewer: &[u8], to_server: &mut Vec<u8>) -> Result<(), String> {
        let mut state = self.input.0.lock();
        self.gate.set_closed(state.view_only, to_server);
        // Where the person takes over, the rest would go somewhere else.
        if self.gate.pass(from_viewer, to_server).map_err(|unknown| unknown.to_string())? {
            state.typing = None;
        }
        Ok(())
    }

    fn poll_own(&mut self, cx: &mut Context<'_>, to_server: &mut Vec<u8>) {
        let mut state = self.input.0.lock();
        state.waker = Some(cx.waker().clone());
        self.gate.set_closed(state.view_only, to_server);
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
                    // Who waited for it may have gone.
                    let _ = typing.done.send(());
                }
            }
        }
    }
}

impl Drop for AtTheRelay {
    fn drop(&mut self) {
        let mut state = self.input.0.lock();
        (state.symbols, state.typing, state.waker) = (None, None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Unfinished;

    const KEY_A: [u8; 8] = [4, 1, 0, 0, 0, 0, 0, 97];
    const KEY_A_UP: [u8; 8] = [4, 0, 0, 0, 0, 0, 0, 97];

    fn connected(input: &Arc<Input>, desktop_name: &str) -> AtTheRelay {
        let recorder = Recorder::new(Arc::new(|| ()), Unfinished::default());
        input.connect(desktop_name, Recorded::begin(recorder, 0))
    }

    fn input() -> Arc<Input> {
        Arc::new(Input::new(false))
    }

    fn secret(text: &str) -> Secret {
        Secret::from(text.to_owned())
    }

    fn own(relay: &mut AtTheRelay) -> Vec<u8> {
        let mut to_server = Vec::new();
        relay.poll_own(&mut Context::from_waker(Waker::noop()), &mut to_server);
        to_server
    }

    fn passed(relay: &mut AtTheRelay, bytes: &[u8]) -> Vec<u8> {
        let mut to_server = Vec::new();
        relay.pass(bytes, &mut to_server).unwrap();
        to_server
    }

    #[tokio::test(start_paused = true)]
    async fn a_text_is_typed_at_its_pace_and_between_the_pages_messages() {
        let input = input();
        let mut relay = connected(&input, "desk");
        let mut done = input.type_text(&secret("aa"), Pace::Steady).unwrap();
        assert_eq!(own(&mut relay), [KEY_A, KEY_A_UP].concat());
        assert!(own(&mut relay).is_empty(), "not yet");
        // Half of a message is on its way: nothing may come into it.
        assert_eq!(passed(&mut relay, &[3, 1, 0]), [3, 1, 0]);
        tokio::time::advance(Duration::from_millis(41)).await;
        assert!(own(&mut relay).is_empty());
        passed(&mut relay, &[0; 7]);
        assert!(done.try_recv().is_err());
        assert_eq!(own(&mut relay), [KEY_A, KEY_A_UP].concat());
        tokio::time::advance(Duration::from_millis(41)).await;
        assert!(own(&mut relay).is_empty());
        assert_eq!(done.try_recv(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_where_the_person_presses_something_watches_stops_it_or_the_connection_goes() {
        type Stop = fn(&Input, &mut AtTheRelay);
        let stops: [(&str, Stop); 4] = [
            ("a key", |_, relay| drop(passed(relay, &KEY_A))),
            ("a button", |_, relay| drop(passed(relay, &[5, 1, 0, 0, 0, 0]))),
            ("watching", |input, _| input.set_view_only(true)),
            ("stopped", |input, _| input.stop_typing()),
        ];
        for (name, stop) in stops {
            let input = input();
            let mut relay = connected(&input, "desk");
            let done = input.type_text(&secret("aaaa"), Pace::Fast).unwrap();
            own(&mut relay);
            // A key that goes up, and a pointer that moves, are none.
            passed(&mut relay, &[KEY_A_UP.to_vec(), vec![5, 0, 0, 0, 0, 0]].concat());
            stop(&input, &mut relay);
            tokio::time::advance(Duration::from_secs(1)).await;
            own(&mut relay);
            assert!(done.await.is_err(), "{name}");
            assert!(own(&mut relay).is_empty(), "{name}");
        }
        let input = input();
        let relay = connected(&input, "desk");
        let done = input.type_text(&secret("aaaa"), Pace::Fast).unwrap();
        drop(relay);
        assert!(done.await.is_err());
        let refused = input.type_text(&secret("a"), Pace::Fast).err();
        assert_eq!(refused, Some(TypingError::NotTyped), "there is no connection");
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_typed_is_said_before_a_key_is_pressed() {
        let input = input();
        let mut relay = connected(&input, "QEMU (vm1)");
        let refused = |text: &str| input.type_text(&secret(text), Pace::Fast).err();
        assert_eq!(refused(""), Some(TypingError::NothingToType));
        assert_eq!(refused("\u{feff}"), Some(TypingError::NothingToType));
        assert_eq!(refused("pass\u{0}word"), Some(TypingError::NoKey));
        assert_eq!(refused("密码"), Some(TypingError::NoKey), "QEMU would press other keys");
        assert!(own(&mut relay).is_empty());
        input.set_view_only(true);
        assert_eq!(input.type_text(&secret("a"), Pace::Fast).err(), Some(TypingError::NotTyped));
    }

    #[tokio::test(start_paused = true)]
    async fn lines_end_with_one_enter() {
        let input = input();
        let mut relay = connected(&input, "desk");
        let _done = input.type_text(&secret("\r\n\r"), Pace::Fast).unwrap();
        let mut keys = Vec::new();
        for _ in 0..4 {
            keys.extend(own(&mut relay));
            tokio::time::advance(Duration::from_millis(11)).await;
        }
        assert_eq!(keys.len(), 2 * 2 * 8);
    }

    #[tokio::test(start_paused = true)]
    async fn who_only_watches_acts_on_nothing_whatever_the_page_sends() {
        let input = input();
        let mut relay = connected(&input, "desk");
        assert_eq!(passed(&mut relay, &KEY_A), KEY_A);
        input.set_view_only(true);
        assert_eq!(own(&mut relay), KEY_A_UP, "what was down is let go");
        let request = [3, 1, 0, 0, 0, 0, 0, 9, 0, 9];
        assert_eq!(passed(&mut relay, &[&KEY_A[..], &request, &[5, 1, 0, 0, 0, 0]].concat()), request);
        // The next connection of the same session, too.
        drop(relay);
        let mut relay = connected(&input, "desk");
        assert!(passed(&mut relay, &KEY_A).is_empty());
        input.set_view_only(false);
        assert_eq!(passed(&mut relay, &KEY_A), KEY_A);
    }

    #[tokio::test(start_paused = true)]
    async fn an_unknown_message_of_a_page_that_only_watches_ends_the_session() {
        let input = input();
        input.set_view_only(true);
        let mut relay = connected(&input, "desk");
        let wrong = relay.pass(&[77], &mut Vec::new());
        assert_eq!(wrong, Err("the viewer sent a message of the unknown type 77".to_owned()));
    }
}
