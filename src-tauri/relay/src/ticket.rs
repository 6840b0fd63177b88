//! Tickets: each admits one viewer to one session, once, within its lifetime.
//!
//! Redeeming a ticket removes it, so "once" is a property of the table. What a ticket admits to is a
//! [`oneshot::Sender`]: when the session at its other end is gone, the ticket is invalid, whatever the table says.

use super::viewer::Viewer;
use parking_lot::Mutex;
use std::{io, time::Duration};
use subtle::ConstantTimeEq;
use tokio::{sync::oneshot, time::Instant};

/// How long a ticket is valid. A page that is loaded needs milliseconds.
pub(crate) const TICKET_LIFETIME: Duration = Duration::from_secs(10);

/// Bytes of a ticket: 256 random bits in hexadecimal.
const TICKET_LEN: usize = 64;

/// What a client presents as a ticket: of the right length, and not checked any further.
pub type PresentedTicket = [u8; TICKET_LEN];

/// Which tickets admit a viewer. For [`Relay`] that is its table of tickets, each of which is valid once.
pub trait Admission: Send + Sync + 'static {
    /// Where to send the viewer that presents this ticket; none if it is not admitted. Called before anything else is
    /// checked: a ticket that was presented is used up, even by a request that is rejected.
    ///
    /// Compare in constant time, see [`Ticket::matches`].
    fn redeem(&self, presented: &PresentedTicket) -> Option<oneshot::Sender<Viewer>>;
}

/// A secret of 256 random bits, in hexadecimal. Without `Debug`, as it is only to appear in its URL.
#[derive(Clone)]
pub struct Ticket(PresentedTicket);

impl Ticket {
    /// A new ticket, from the operating system's random number generator.
    ///
    /// # Errors
    /// If that fails.
    pub fn random() -> io::Result<Self> {
        let mut random = [0; TICKET_LEN / 2];
        getrandom::fill(&mut random)?;
        let mut digits = [0; TICKET_LEN];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(random) {
            *pair = [byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]);
        }
        Ok(Self(digits))
    }

    /// Whether this is the presented ticket. Constant time: how long it takes does not depend on how much of it is right.
    pub fn matches(&self, presented: &PresentedTicket) -> bool {
        self.0.ct_eq(presented).into()
    }

    /// As in the URL.
    pub(crate) fn as_str(&self) -> &str {
        // Hexadecimal digits are UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The tickets that were issued and not redeemed.
#[derive(Default)]
pub(crate) struct Tickets(Mutex<Vec<Issued>>);

struct Issued {
    ticket: Ticket,
    expires: Instant,
    session: oneshot::Sender<Viewer>,
}

impl Tickets {
    /// Issues a ticket that admits one viewer to the receiver of `session`. Returns it and when it expires.
    pub(crate) fn issue(&self, session: oneshot::Sender<Viewer>, lifetime: Duration) -> io::Result<(Ticket, Instant)> {
        let ticket = Ticket::random()?;
        let expires = Instant::now() + lifetime;
        let mut issued = self.0.lock();
        issued.retain(Issued::is_valid);
        issued.push(Issued { ticket: ticket.clone(), expires, session });
        Ok((ticket, expires))
    }
}

impl Admission for Tickets {
    fn redeem(&self, presented: &PresentedTicket) -> Option<oneshot::Sender<Viewer>> {
        let mut issued = self.0.lock();
        // Compares every byte of every ticket, so that the time it takes tells nothing about any of them.
        let found = issued
            .iter()
            .enumerate()
            .fold(None, |found, (place, issued)| if issued.ticket.matches(presented) { Some(place) } else { found })?;
        Some(issued.swap_remove(found)).filter(Issued::is_valid).map(|issued| issued.session)
    }
}

impl Issued {
    fn is_valid(&self) -> bool {
        !self.session.is_closed() && Instant::now() < self.expires
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(tickets: &Tickets) -> (PresentedTicket, oneshot::Receiver<Viewer>) {
        let (session, waiting) = oneshot::channel();
        (tickets.issue(session, TICKET_LIFETIME).unwrap().0.0, waiting)
    }

    #[test]
    fn tickets_are_long_and_differ() {
        let tickets = Tickets::default();
        let issued: Vec<_> = (0..100).map(|_| issue(&tickets)).collect();
        for (place, (ticket, _)) in issued.iter().enumerate() {
            assert!(ticket.iter().all(|digit| digit.is_ascii_hexdigit()));
            assert!(issued[..place].iter().all(|(other, _)| other != ticket));
        }
    }

    #[test]
    fn valid_once_and_only_the_right_one() {
        let tickets = Tickets::default();
        let (first, mut first_waiting) = issue(&tickets);
        let (second, mut second_waiting) = issue(&tickets);
        let mut wrong = first;
        wrong[TICKET_LEN - 1] ^= 1;
        assert!(tickets.redeem(&wrong).is_none());
        drop(tickets.redeem(&first).unwrap());
        // It was the first one's session that the sender belonged to.
        assert!(matches!(first_waiting.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
        assert!(matches!(second_waiting.try_recv(), Err(oneshot::error::TryRecvError::Empty)));
        assert!(tickets.redeem(&first).is_none());
        assert!(tickets.redeem(&second).is_some());
    }

    #[test]
    fn invalid_when_its_session_is_gone() {
        let tickets = Tickets::default();
        let (ticket, waiting) = issue(&tickets);
        drop(waiting);
        assert!(tickets.redeem(&ticket).is_none());
        drop(issue(&tickets));
        let _kept = issue(&tickets);
        assert_eq!(tickets.0.lock().len(), 1, "invalid tickets are removed");
    }

    #[tokio::test(start_paused = true)]
    async fn valid_for_ten_seconds() {
        let tickets = Tickets::default();
        let ((early, _waiting), (late, _waiting_too)) = (issue(&tickets), issue(&tickets));
        tokio::time::advance(TICKET_LIFETIME - Duration::from_millis(1)).await;
        assert!(tickets.redeem(&early).is_some());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(tickets.redeem(&late).is_none());
    }
}
