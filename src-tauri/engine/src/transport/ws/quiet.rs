//! What is done about silence on an open WebSocket: a ping
//! ([RFC 6455, section 5.5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2)) keeps the way open, and a ping without an
//! answer says that it is dead. Knows no socket.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep};

/// Proxies and routers cut ways on which nothing comes for a minute (nginx's `proxy_read_timeout`), some after half of that.
pub(super) const PING_AFTER: Duration = Duration::from_secs(25);
/// How long the answer may take. Together with [`PING_AFTER`], a dead way is noticed within a minute.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Watches how long nothing has come. What came resets it, whatever it was.
pub(super) struct Quiet {
    alarm: Pin<Box<Sleep>>,
    /// A ping was sent since the last that came.
    pinged: bool,
    /// The server has answered a ping. Not all do, and the silence of one that never has means nothing.
    answers: bool,
}

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// A ping.
    Ping,
    /// The end: a server that answers pings has not answered the last one.
    End,
}

impl Quiet {
    pub(super) fn new() -> Self {
        Self { alarm: Box::pin(sleep(PING_AFTER)), pinged: false, answers: false }
    }

    /// Bytes have come.
    pub(super) fn heard(&mut self) {
        self.pinged = false;
        self.alarm.as_mut().reset(Instant::now() + PING_AFTER);
    }

    /// The answer to a ping has come.
    pub(super) fn answered(&mut self) {
        self.answers = true;
    }

    /// What to do about the silence, once it has lasted.
    pub(super) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<Due> {
        ready!(self.alarm.as_mut().poll(cx));
        if self.pinged && self.answers {
            return Poll::Ready(Due::End);
        }
        self.pinged = true;
        self.alarm.as_mut().reset(Instant::now() + if self.answers { ANSWER_WITHIN } else { PING_AFTER });
        Poll::Ready(Due::Ping)
    }
}
