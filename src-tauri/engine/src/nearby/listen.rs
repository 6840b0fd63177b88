//! The questions and answers in the network: a thread of `mdns-sd`, as long as machines are looked for.

use super::{
    Found,
    discovered::{Discovered, Network, Said},
};
use if_addrs::{IfAddr, get_if_addrs};
use mdns_sd::{IfKind, ResolvedService, ScopedIp, ServiceDaemon, ServiceEvent};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// VNC servers, in DNS-SD's words ([RFC 6763](https://www.rfc-editor.org/rfc/rfc6763)).
const SERVICE: &str = "_rfb._tcp.local.";
/// So many records may be remembered of what was said, about 2 MB: a machine has four or five. The crate has no bound of its own.
const MAX_RECORDS: i64 = 5_000;
/// How often they are counted,
const COUNTING: Duration = Duration::from_secs(15);
/// and after how many events.
const EVENTS_BETWEEN: usize = 200;

/// Why nothing is heard any more.
#[derive(Debug)]
#[expect(dead_code, reason = "for the log")]
pub(super) enum End {
    /// More is said than is remembered.
    TooMuch,
    /// The system has no socket for it.
    Failed(mdns_sd::Error),
}

impl From<mdns_sd::Error> for End {
    fn from(cause: mdns_sd::Error) -> Self {
        Self::Failed(cause)
    }
}

/// The thread and its sockets, which are gone with this.
struct Daemon(ServiceDaemon);

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Err(cause) = self.0.shutdown() {
            tracing::warn!(%cause, "mDNS");
        }
    }
}

/// Looks for machines until that is of no use any more. They stay on the shelf.
pub(super) async fn listen(found: &Found) -> End {
    match follow(found).await {
        Ok(()) => {
            found.change(|shelf| shelf.fill());
            End::TooMuch
        }
        Err(cause) => End::Failed(cause),
    }
}

async fn follow(found: &Found) -> mdns_sd::Result<()> {
    let daemon = Daemon(ServiceDaemon::new()?);
    // What only this computer hears is not nearby.
    daemon.0.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
    let events = daemon.0.browse(SERVICE)?;
    let mut counting = interval(COUNTING);
    counting.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut events_until_counting = EVENTS_BETWEEN;
    loop {
        tokio::select! {
            event = events.recv_async() => match event {
                Ok(event) => {
                    hear(found, event);
                    events_until_counting -= 1;
                }
                // More came than could be taken.
                Err(_) => return Ok(()),
            },
            _ = counting.tick() => events_until_counting = 0,
        }
        if events_until_counting == 0 {
            if records(&daemon.0).await? > MAX_RECORDS {
                return Ok(());
            }
            events_until_counting = EVENTS_BETWEEN;
        }
    }
}

fn hear(found: &Found, event: ServiceEvent) {
    match event {
        ServiceEvent::ServiceResolved(service) => {
            let make = |number| Discovered::new(number, &said(&service), &networks());
            found.change(|shelf| shelf.put(&service.fullname, make));
        }
        ServiceEvent::ServiceRemoved(_, fullname) => found.change(|shelf| shelf.remove(&fullname)),
        _ => {}
    }
}

fn said(service: &ResolvedService) -> Said<'_> {
    let name = &service.fullname;
    let end = name.len().saturating_sub(SERVICE.len());
    let instance = match name.get(end..) {
        Some(kind) if kind.eq_ignore_ascii_case(SERVICE) => name[..end].trim_end_matches('.'),
        _ => name,
    };
    let addresses = service.addresses.iter().map(|address| match address {
        ScopedIp::V6(v6) => (address.to_ip_addr(), Some(v6.scope_id().name.clone()).filter(|name| !name.is_empty())),
        _ => (address.to_ip_addr(), None),
    });
    Said { instance, host: &service.host, port: service.port, addresses: addresses.collect() }
}

/// This computer's networks.
fn networks() -> Vec<Network> {
    let interfaces = get_if_addrs().unwrap_or_default();
    let networks = interfaces.iter().filter_map(|interface| match &interface.addr {
        IfAddr::V4(address) => Some((address.ip, address.netmask)),
        IfAddr::V6(_) => None,
    });
    networks.collect()
}

/// How many records are remembered.
async fn records(daemon: &ServiceDaemon) -> mdns_sd::Result<i64> {
    let metrics = daemon.get_metrics()?.recv_async().await.map_err(|_| mdns_sd::Error::DaemonShutdown)?;
    Ok(metrics.iter().filter(|(name, _)| name.starts_with("cached-")).map(|(_, count)| count).sum())
}
