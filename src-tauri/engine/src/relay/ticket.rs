//! Tickets: who shows one may come in as the viewer of one session, once, within seconds.
//!
//! Redeeming removes, so that "once" is a property of the table. What a ticket admits to is a [`oneshot::Sender`]: when
//! the session that waits at its other end is gone, the ticket is dead, whatever the table says.

use super::{Admission, viewer::Viewer};
use std::{
    io,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use subtle::ConstantTimeEq;
use tokio::{sync::oneshot, time::Instant};

/// How long a ticket is good for: a page that is there already needs milliseconds.
pub(super) const TICKET_LIFE: Duration = Duration::from_secs(10);

/// Bytes of a ticket as written: 256 random bits in hexadecimal.
pub(super) const WRITTEN: usize = 64;

/// What somebody shows as a ticket: as long as one, nothing more is known about it.
pub type Shown = [u8; WRITTEN];

/// A right to come in: 256 random bits. Never shown but in the URL: there is no `Debug`.
#[derive(Clone)]
pub struct Ticket(Shown);

impl Ticket {
    /// Draws one from the operating system's randomness.
    ///
    /// # Errors
    /// When the operating system has none.
    pub fn draw() -> io::Result<Self> {
        let mut random = [0; WRITTEN / 2];
        getrandom::fill(&mut random)?;
        let mut written = [0; WRITTEN];
        for (pair, byte) in written.as_chunks_mut::<2>().0.iter_mut().zip(random) {
            *pair = [byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]);
        }
        Ok(Self(written))
    }

    /// Whether this is the ticket that was shown; the time it takes does not tell how much of it was right.
    pub fn reads(&self, shown: &Shown) -> bool {
        self.0.ct_eq(shown).into()
    }

    /// As it stands in the URL.
    pub(super) fn text(&self) -> &str {
        // Hexadecimal digits are UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The tickets that were issued and not redeemed.
#[derive(Default)]
pub(super) struct Tickets(Mutex<Vec<Issued>>);

struct Issued {
    ticket: Ticket,
    until: Instant,
    session: oneshot::Sender<Viewer>,
}

impl Tickets {
    /// Issues a ticket that admits to whoever holds the receiver's end of `session`, until the instant returned.
    pub(super) fn issue(&self, session: oneshot::Sender<Viewer>) -> io::Result<(Ticket, Instant)> {
        let ticket = Ticket::draw()?;
        let until = Instant::now() + TICKET_LIFE;
        let mut issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        issued.retain(Issued::is_good);
        issued.push(Issued { ticket: ticket.clone(), until, session });
        Ok((ticket, until))
    }
}

impl Admission for Tickets {
    /// Uses up the ticket that reads `shown`, if there is one that is still good.
    fn redeem(&self, shown: &Shown) -> Option<oneshot::Sender<Viewer>> {
        let mut issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Looks at every byte of every ticket, so that the time it takes tells nothing about any of them.
        let found = issued
            .iter()
            .enumerate()
            .fold(None, |found, (place, issued)| if issued.ticket.reads(shown) { Some(place) } else { found })?;
        Some(issued.swap_remove(found)).filter(Issued::is_good).map(|issued| issued.session)
    }
}

impl Issued {
    fn is_good(&self) -> bool {
        !self.session.is_closed() && Instant::now() < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(tickets: &Tickets) -> (Shown, oneshot::Receiver<Viewer>) {
        let (session, waiting) = oneshot::channel();
        (tickets.issue(session).unwrap().0.0, waiting)
    }

    #[test]
    fn tickets_are_long_and_differ() {
        let tickets = Tickets::default();
        let kept: Vec<_> = (0..100).map(|_| issue(&tickets)).collect();
        for (place, (ticket, _)) in kept.iter().enumerate() {
            assert!(ticket.iter().all(|digit| digit.is_ascii_hexdigit()));
            assert!(kept[..place].iter().all(|(other, _)| other != ticket));
        }
    }

    #[test]
    fn good_once_and_only_the_right_one() {
        let tickets = Tickets::default();
        let (first, mut first_waiting) = issue(&tickets);
        let (second, mut second_waiting) = issue(&tickets);
        let mut wrong = first;
        wrong[WRITTEN - 1] ^= 1;
        assert!(tickets.redeem(&wrong).is_none());
        drop(tickets.redeem(&first).unwrap());
        // It was the first one's session that the sender belonged to.
        assert!(matches!(first_waiting.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
        assert!(matches!(second_waiting.try_recv(), Err(oneshot::error::TryRecvError::Empty)));
        assert!(tickets.redeem(&first).is_none());
        assert!(tickets.redeem(&second).is_some());
    }

    #[test]
    fn dead_when_nobody_waits() {
        let tickets = Tickets::default();
        let (ticket, waiting) = issue(&tickets);
        drop(waiting);
        assert!(tickets.redeem(&ticket).is_none());
        drop(issue(&tickets));
        let _kept = issue(&tickets);
        assert_eq!(tickets.0.lock().unwrap().len(), 1, "dead tickets are swept out");
    }

    #[tokio::test(start_paused = true)]
    async fn good_for_ten_seconds() {
        let tickets = Tickets::default();
        let ((early, _waiting), (late, _waiting_too)) = (issue(&tickets), issue(&tickets));
        tokio::time::advance(TICKET_LIFE - Duration::from_millis(1)).await;
        assert!(tickets.redeem(&early).is_some());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(tickets.redeem(&late).is_none());
    }
}
