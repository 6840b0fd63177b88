//! TCP: every address of a name is tried, a later one before an earlier one has failed, as
//! [RFC 8305](https://www.rfc-editor.org/rfc/rfc8305) does.

use super::ConnectTrace;
use crate::{
    error::{ConnectError, Result},
    model::{Address, dns_name},
    platform,
};
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use socket2::{SockRef, TcpKeepalive};
use std::{
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpStream, lookup_host},
    time::{Instant, sleep, timeout},
};

/// What connecting costs: SYN and its answer ([RFC 9293, section 3.5](https://www.rfc-editor.org/rfc/rfc9293#section-3.5)).
pub(crate) const ROUND_TRIPS: u32 = 1;
/// Upper bound for the lookup and all addresses together.
const DIAL_DEADLINE: Duration = Duration::from_secs(10);
/// Connection Attempt Delay of RFC 8305, section 5: how long one address may keep the next waiting.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// A server that answers within this time is near: in the same machine, or in the same network.
const NEAR: Duration = Duration::from_millis(2);
/// Bytes of SO_RCVBUF for a server that is near: within [`NEAR`] as much as Ethernet of 1 Gbit/s brings.
const NEAR_BACKLOG: usize = 256 * 1024;
/// A network that has vanished is noticed within a minute, whatever was on its way. The server itself may be silent for
/// hours.
const KEEP_ALIVE: KeepAlive =
    KeepAlive { quiet: Duration::from_secs(20), interval: Duration::from_secs(5), gone: Duration::from_secs(45) };

/// How long the other end's system may be silent. It answers for a server that is silent itself, or stopped.
struct KeepAlive {
    /// After so long without anything it is asked.
    quiet: Duration,
    /// And asked again.
    interval: Duration,
    /// After so long without an answer it is gone.
    gone: Duration,
}

impl KeepAlive {
    /// Sets it for a connection. Without, the session still works; it only notices a dead network later.
    fn set_for(&self, stream: &TcpStream) {
        let socket = SockRef::from(stream);
        let probes = (self.gone - self.quiet).as_secs() / self.interval.as_secs();
        let keepalive = TcpKeepalive::new().with_time(self.quiet).with_interval(self.interval);
        let keepalive = keepalive.with_retries(u32::try_from(probes).unwrap_or(u32::MAX));
        if let Err(cause) = socket.set_tcp_keepalive(&keepalive) {
            tracing::debug!(%cause, "no keepalive");
        }
        if let Err(cause) = platform::limit_unacknowledged(&socket, self.gone) {
            tracing::debug!(%cause, "no limit for what is not acknowledged");
        }
    }
}

/// Connects to `hostname`; `address` is what errors name. The steps are recorded in `trace`, also where it fails.
///
/// # Errors
/// [`ConnectError::UnknownName`], [`ConnectError::ConnectionRefused`], [`ConnectError::DialTimeout`] and
/// [`ConnectError::Unreachable`].
pub(super) async fn dial(
    hostname: &str,
    port: u16,
    address: &Address,
    trace: &mut ConnectTrace,
) -> Result<TcpStream, ConnectError> {
    let attempt = async {
        let addresses = addresses_of(bare(hostname), port, trace).await;
        let addresses = addresses.map_err(|_| ConnectError::UnknownName { hostname: hostname.to_owned() })?;
        let reached = first_to_answer(alternate_families(addresses), trace).await;
        reached.map_err(|cause| match explain(&cause, address) {
            // They may have failed for different reasons, and each may be the one that helps.
            ConnectError::Unreachable { address, .. } if trace.tried.len() > 1 => {
                ConnectError::Unreachable { address, detail: trace.failures() }
            }
            error => error,
        })
    };
    let stream = timeout(DIAL_DEADLINE, attempt)
        .await
        .map_err(|_| ConnectError::DialTimeout { address: address.to_string(), seconds: DIAL_DEADLINE.as_secs() })??;
    prepare(&stream).map_err(|cause| explain(&cause, address))?;
    Ok(stream)
}

/// Whether an RFB server greets at this address (RFC 6143, section 7.1.1). It is called once, and nothing is said to it.
pub(crate) async fn greets(address: &Address) -> bool {
    let Address::Tcp { hostname, port } = address else { return false };
    let Ok(mut stream) = dial(hostname, *port, address, &mut ConnectTrace::default()).await else { return false };
    let mut greeting = [0; b"RFB ".len()];
    stream.read_exact(&mut greeting).await.is_ok_and(|_| greeting == *b"RFB ")
}

/// Whether the host name of this address is known.
pub(crate) async fn is_known(address: &Address) -> bool {
    let Address::Tcp { hostname, port } = address else { return false };
    addresses_of(bare(hostname), *port, &mut ConnectTrace::default()).await.is_ok_and(|found| !found.is_empty())
}

/// Socket options of every TCP connection, dialled or accepted: no Nagle, and an end to a dead network.
pub(super) fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    KEEP_ALIVE.set_for(stream);
    Ok(())
}

/// Bounds what a server that is [`NEAR`] may send ahead of the viewer. Without it the system keeps some megabytes of that, as for a
/// distant server, and the answer to a key stands behind them.
fn limit_backlog(stream: &TcpStream) {
    if let Err(cause) = SockRef::from(stream).set_recv_buffer_size(NEAR_BACKLOG) {
        tracing::debug!(%cause, "no limit for what is received ahead");
    }
}

/// An IPv6 address without brackets, as the resolver takes it.
fn bare(hostname: &str) -> &str {
    hostname.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(hostname)
}

/// The addresses of a name. An IP address is parsed, which is not recorded as a lookup.
async fn addresses_of(hostname: &str, port: u16, trace: &mut ConnectTrace) -> io::Result<Vec<SocketAddr>> {
    // With a scope, only the system's resolver can read it.
    let unscoped = hostname.split('%').next().unwrap_or(hostname);
    if unscoped.parse::<IpAddr>().is_err() {
        trace.lookup_started();
    }
    let mut addresses = resolve(&dns_name(hostname), port).await;
    // In `/etc/hosts` and in mDNS (RFC 6762, section 16) international names stand as they are.
    if addresses.is_err() && !hostname.is_ascii() {
        addresses = resolve(hostname, port).await;
    }
    trace.lookup_ended(addresses.as_deref().unwrap_or_default());
    addresses
}

async fn resolve(hostname: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok(lookup_host((hostname, port)).await?.collect())
}

/// RFC 8305, section 4: the families take turns, the resolver's order decides who begins.
fn alternate_families(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let mut order = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.drain(..), second.drain(..));
    loop {
        match (first.next(), second.next()) {
            (None, None) => return order,
            (a, b) => order.extend(a.into_iter().chain(b)),
        }
    }
}

/// The first of these to connect, one more being tried each [`ATTEMPT_DELAY`].
///
/// # Errors
/// That of the last one to fail, but "connection refused" before any other.
async fn first_to_answer(addresses: Vec<SocketAddr>, trace: &mut ConnectTrace) -> io::Result<TcpStream> {
    let mut waiting = addresses.into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut failure = io::Error::new(ErrorKind::NotFound, "the name has no address");
    loop {
        if let Some(next) = waiting.next() {
            trace.attempt_started(next);
            let began = Instant::now();
            attempts.push(TcpStream::connect(next).map(move |result| {
                if let Ok(stream) = &result
                    && began.elapsed() < NEAR
                {
                    limit_backlog(stream);
                }
                (next, result)
            }));
        } else if attempts.is_empty() {
            return Err(failure);
        }
        let more = waiting.len() > 0;
        tokio::select! {
            Some((tried, result)) = attempts.next() => {
                trace.attempt_ended(tried, result.as_ref().err());
                match result {
                    Ok(stream) => return Ok(stream),
                    // "Refused" tells the user more than "no route" of another family.
                    Err(cause) if failure.kind() != ErrorKind::ConnectionRefused => failure = cause,
                    Err(_) => {}
                }
            }
            () = sleep(ATTEMPT_DELAY), if more => {}
        }
    }
}

fn explain(cause: &io::Error, address: &Address) -> ConnectError {
    let address = address.to_string();
    match cause.kind() {
        ErrorKind::ConnectionRefused => ConnectError::ConnectionRefused { address },
        ErrorKind::TimedOut => ConnectError::DialTimeout { address, seconds: DIAL_DEADLINE.as_secs() },
        _ => ConnectError::Unreachable { address, detail: cause.to_string() },
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod vanishing;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Attempt, Outcome};
    use std::io::{Read, Write};

    fn tcp(hostname: &str, port: u16) -> Address {
        Address::Tcp { hostname: hostname.into(), port }
    }

    async fn dial_address(address: &Address) -> Result<TcpStream, ConnectError> {
        match address {
            Address::Tcp { hostname, port } => dial(hostname, *port, address, &mut ConnectTrace::default()).await,
            _ => unreachable!("only TCP here"),
        }
    }

    #[test]
    fn families_take_turns_and_the_resolver_begins() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let order = alternate_families(vec![at("[::1]:1"), at("[::2]:1"), at("[::3]:1"), at("127.0.0.1:1")]);
        assert_eq!(order, [at("[::1]:1"), at("127.0.0.1:1"), at("[::2]:1"), at("[::3]:1")]);
    }

    #[tokio::test]
    async fn a_closed_port_is_a_refusal() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let error = dial_address(&tcp("127.0.0.1", port)).await.unwrap_err();
        assert_eq!(error, ConnectError::ConnectionRefused { address: format!("127.0.0.1:{port}") });
    }

    #[tokio::test]
    async fn a_name_without_address_is_named() {
        let error = dial_address(&tcp("no-such-machine.invalid", 5900)).await.unwrap_err();
        assert_eq!(error, ConnectError::UnknownName { hostname: "no-such-machine.invalid".into() });
    }

    #[tokio::test]
    async fn the_second_address_is_reached_where_the_first_refuses() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        // 127.0.0.2 is this machine too, and nothing listens there on that port.
        let closed = SocketAddr::new("127.0.0.2".parse().unwrap(), open.port());
        let mut trace = ConnectTrace::default();
        let stream = first_to_answer(vec![closed, open], &mut trace).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), open);
        assert!(
            matches!(&trace.tried[..], [
            Attempt { address: first, outcome: Outcome::Failed(words) },
            Attempt { address: second, outcome: Outcome::Reached },
        ] if (*first, *second, words.as_str()) == (closed, open, "Connection refused")),
            "{trace:?}"
        );
    }

    #[test]
    fn what_was_tried_is_told() {
        let mut trace = ConnectTrace::default();
        let [first, second] = ["[2001:db8::1]:5900", "192.0.2.1:5900"].map(|text| text.parse().unwrap());
        trace.attempt_started(first);
        trace.attempt_started(second);
        trace.attempt_ended(first, Some(&io::Error::from_raw_os_error(101)));
        assert_eq!(trace.failures(), "[2001:db8::1]:5900: Network is unreachable; 192.0.2.1:5900: no answer");
        trace.attempt_ended(second, None);
        assert_eq!(trace.failures(), "[2001:db8::1]:5900: Network is unreachable");
    }

    #[tokio::test]
    async fn only_names_are_looked_up() {
        for (hostname, looked_up) in [("127.0.0.1", false), ("::1", false), ("[::1]", false), ("localhost", true)] {
            let mut trace = ConnectTrace::default();
            let addresses = addresses_of(bare(hostname), 5900, &mut trace).await.unwrap();
            assert!(addresses.iter().all(|address| address.ip().is_loopback()), "{hostname}: {addresses:?}");
            let found = trace.lookup.map(|lookup| (lookup.took.is_some(), lookup.found));
            assert_eq!(found, looked_up.then_some((true, addresses)), "{hostname}");
        }
    }

    #[tokio::test]
    async fn nagle_is_off() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(dial_address(&tcp("127.0.0.1", port)).await.unwrap().nodelay().unwrap());
    }

    /// Linux makes room for more the more is read, up to 6 MiB mostly, unless it is told how much. It tells twice of what was set.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn who_is_near_sends_little_ahead() {
        const FLOOD: usize = 200_000_000;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut least = usize::MAX;
        // A machine that is busy may be slow to answer now and then.
        for _ in 0..3 {
            let mut client = dial_address(&tcp("127.0.0.1", port)).await.unwrap().into_std().unwrap();
            client.set_nonblocking(false).unwrap();
            let mut server = listener.accept().unwrap().0;
            let flood = std::thread::spawn(move || server.write_all(&vec![0; FLOOD]));
            let mut room = vec![0; 1024 * 1024];
            while client.read(&mut room).unwrap() > 0 {}
            flood.join().unwrap().unwrap();
            least = least.min(SockRef::from(&client).recv_buffer_size().unwrap());
        }
        assert!(least <= 2 * NEAR_BACKLOG, "{least}");
    }

    #[test]
    fn a_minute_is_enough() {
        assert!(KEEP_ALIVE.gone + KEEP_ALIVE.interval < Duration::from_secs(60));
    }
}
