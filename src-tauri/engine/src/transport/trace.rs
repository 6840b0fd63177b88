//! What happened while connecting: a session ignores it, the doctor shows it.

use crate::model::OldTls;
use std::{io, net::SocketAddr, time::Duration};
use tokio::time::Instant;

/// The steps of one connection, as far as it came.
#[derive(Debug, Default)]
pub(crate) struct ConnectTrace {
    /// The lookup of the host name; none where the address has an IP address already.
    pub(crate) lookup: Option<Lookup>,
    /// IP addresses in the order in which they were tried.
    pub(crate) tried: Vec<Attempt>,
    /// The proxy in between.
    pub(crate) proxy: Option<String>,
    /// Phases of a WebSocket or a proxy that were completed.
    pub(crate) passed: Vec<Passed>,
}

/// A phase that was completed.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) phase: Phase,
    pub(crate) when: Instant,
    pub(crate) round_trips: u32,
}

/// A phase of connecting through a site, once it is completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    /// TCP is connected, to the proxy where there is one.
    Connected,
    /// TLS to the proxy is up, and its certificate was accepted; version and cipher.
    ProxyEncrypted(String),
    /// The proxy has connected to the machine, or to the SSH host in front of it.
    Led,
    /// TLS is up, and the certificate was accepted.
    Encrypted(SiteTls),
    /// The opening handshake of the WebSocket (RFC 6455, section 4) is over.
    Answered,
}

/// The TLS to a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SiteTls {
    /// Version and cipher.
    pub(crate) description: String,
    /// What is old about it.
    pub(crate) old: Vec<OldTls>,
}

/// The lookup of a host name.
#[derive(Debug)]
pub(crate) struct Lookup {
    began: Instant,
    /// How long it took; none where it did not end.
    pub(crate) took: Option<Duration>,
    /// The name's addresses, in the system's order; empty where it has none.
    pub(crate) found: Vec<SocketAddr>,
}

/// An IP address that was tried.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) address: SocketAddr,
    pub(crate) outcome: Outcome,
}

/// The outcome of an attempt.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// TCP is connected.
    Reached,
    /// The system's error.
    Failed(String),
    /// No answer yet when another address answered, or the deadline passed.
    Silent,
}

impl ConnectTrace {
    pub(super) fn lookup_started(&mut self) {
        self.lookup = Some(Lookup { began: Instant::now(), took: None, found: Vec::new() });
    }

    /// With no addresses where it failed.
    pub(super) fn lookup_ended(&mut self, addresses: &[SocketAddr]) {
        if let Some(lookup) = &mut self.lookup {
            lookup.took = Some(lookup.began.elapsed());
            lookup.found = addresses.to_vec();
        }
    }

    /// The addresses that did not answer, each with its outcome.
    pub(crate) fn failures(&self) -> String {
        let words = self.tried.iter().filter_map(|Attempt { address, outcome }| match outcome {
            Outcome::Reached => None,
            Outcome::Failed(words) => Some(format!("{address}: {words}")),
            Outcome::Silent => Some(format!("{address}: no answer")),
        });
        words.collect::<Vec<_>>().join("; ")
    }

    pub(super) fn goes_through(&mut self, proxy: String) {
        self.proxy = Some(proxy);
    }

    pub(super) fn completed(&mut self, phase: Phase, round_trips: u32) {
        self.passed.push(Passed { phase, when: Instant::now(), round_trips });
    }

    pub(super) fn attempt_started(&mut self, address: SocketAddr) {
        self.tried.push(Attempt { address, outcome: Outcome::Silent });
    }

    pub(super) fn attempt_ended(&mut self, address: SocketAddr, failure: Option<&io::Error>) {
        if let Some(tried) = self.tried.iter_mut().find(|tried| tried.address == address) {
            tried.outcome = failure.map_or(Outcome::Reached, |cause| Outcome::Failed(words(cause)));
        }
    }
}

/// The system's text for an error, without its number.
fn words(cause: &io::Error) -> String {
    let words = cause.to_string();
    words.split(" (os error").next().unwrap_or_default().to_owned()
}
