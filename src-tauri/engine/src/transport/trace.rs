//! What happened on the way to a server: sessions do not look at it, the doctor shows it.

use std::{io, net::SocketAddr, time::Duration};
use tokio::time::Instant;

/// The steps of one way that was walked, as far as it was.
#[derive(Debug, Default)]
pub(crate) struct ConnectTrace {
    /// The lookup of the name, where there is one.
    pub(crate) lookup: Option<Lookup>,
    /// Addresses in the order in which they were tried.
    pub(crate) tried: Vec<Attempt>,
    /// What was passed on a way with more to it than that, and when.
    pub(crate) passed: Vec<(Phase, Instant)>,
}

/// A place on the way to a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The connection stands.
    Connected,
    /// TLS is up, with this version and cipher, and the certificate will do.
    Encrypted(String),
    /// The site has opened the WebSocket.
    Answered,
}

/// A name that was looked up.
#[derive(Debug)]
pub(crate) struct Lookup {
    began: Instant,
    /// What it took; none where it did not end.
    pub(crate) took: Option<Duration>,
    /// The name's addresses, as the system orders them; none where it has none.
    pub(crate) found: Vec<SocketAddr>,
}

/// An address that was tried.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) address: SocketAddr,
    pub(crate) outcome: Outcome,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It answered.
    Reached,
    /// It did not, in the system's words.
    Failed(String),
    /// Nothing yet when the trying ended.
    Silent,
}

impl ConnectTrace {
    pub(super) fn looks_up(&mut self) {
        self.lookup = Some(Lookup { began: Instant::now(), took: None, found: Vec::new() });
    }

    /// The lookup has ended, with these addresses.
    pub(super) fn found(&mut self, addresses: &[SocketAddr]) {
        if let Some(lookup) = &mut self.lookup {
            lookup.took = Some(lookup.began.elapsed());
            lookup.found = addresses.to_vec();
        }
    }

    /// The addresses that did not answer, each with what came of it.
    pub(crate) fn failures(&self) -> String {
        let words = self.tried.iter().filter_map(|Attempt { address, outcome }| match outcome {
            Outcome::Reached => None,
            Outcome::Failed(words) => Some(format!("{address}: {words}")),
            Outcome::Silent => Some(format!("{address}: no answer")),
        });
        words.collect::<Vec<_>>().join("; ")
    }

    pub(super) fn passes(&mut self, milestone: Phase) {
        self.passed.push((milestone, Instant::now()));
    }

    pub(super) fn tries(&mut self, address: SocketAddr) {
        self.tried.push(Attempt { address, outcome: Outcome::Silent });
    }

    pub(super) fn ended(&mut self, address: SocketAddr, failure: Option<&io::Error>) {
        if let Some(tried) = self.tried.iter_mut().find(|tried| tried.address == address) {
            tried.outcome = failure.map_or(Outcome::Reached, |cause| Outcome::Failed(words(cause)));
        }
    }
}

/// The system's words without its number for them.
fn words(cause: &io::Error) -> String {
    let words = cause.to_string();
    words.split(" (os error").next().unwrap_or_default().to_owned()
}
