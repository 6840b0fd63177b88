//! The stages of the path to a server, out of what happened on it.

use super::{ReportStage, Stages};
use crate::{
    error::ConnectError,
    model::{Address, OldTls, Target, WebSocket},
    transport::{ConnectTrace, Outcome, Passed, Phase, TCP_ROUND_TRIPS},
};
use tokio::time::Instant;

/// Notes the stages of the path that began to be established at `began`, up to the one that failed, which is left under
/// way.
pub(super) fn note_path(
    stages: &mut Stages,
    target: &Target,
    began: Instant,
    trace: &ConnectTrace,
    failure: Option<&ConnectError>,
) {
    let mut dialled = began;
    if let Some(lookup) = &trace.lookup {
        stages.enter_at(ReportStage::Resolve, began);
        let took = lookup.took.filter(|_| !lookup.found.is_empty());
        let Some(took) = took else { return };
        dialled += took;
        let addresses: Vec<_> = lookup.found.iter().map(|found| found.ip().to_string()).collect();
        stages.done_at(dialled, addresses.join(", "), None);
    }
    let begins_with_ssh = target.jump().is_some() && trace.proxy.is_none();
    stages.enter_at(if begins_with_ssh { ReportStage::Ssh } else { ReportStage::Dial }, dialled);
    let others = others(trace);
    let answered = trace.tried.iter().find(|tried| matches!(tried.outcome, Outcome::Reached));
    let answered =
        answered.map_or_else(|| target.address.without_query().to_string(), |tried| tried.address.to_string());
    let socket = match &target.address {
        Address::Ws(socket) => Some(socket),
        _ => None,
    };
    if socket.is_some() || trace.proxy.is_some() {
        // What comes once the machine or its site itself is reached.
        let of_site = |socket: &WebSocket| if socket.secure { ReportStage::Tls } else { ReportStage::WebSocket };
        let first = socket.map(of_site).or(target.jump().map(|_| ReportStage::Ssh));
        for Passed { phase, when, round_trips } in &trace.passed {
            let (detail, next) = match (phase, &trace.proxy) {
                (Phase::Connected, Some(via)) => {
                    let next = if via.starts_with("https") { ReportStage::Tls } else { ReportStage::Proxy };
                    ([&*answered, &others].concat(), Some(next))
                }
                (Phase::ProxyEncrypted(tls), _) => (format!("{tls}, to the proxy"), Some(ReportStage::Proxy)),
                (Phase::Connected, None) => ([&*answered, &others].concat(), first),
                (Phase::Led, via) => (format!("{} leads there", via.as_deref().unwrap_or("it")), first),
                (Phase::Encrypted(tls), _) => {
                    ([&*tls.description, &OldTls::listed(&tls.old)].concat(), Some(ReportStage::WebSocket))
                }
                (Phase::Answered, _) => ("it answered 101".to_owned(), None),
            };
            stages.done_at(*when, detail, Some(*round_trips));
            if let Some(next) = next {
                stages.enter_at(next, *when);
            }
        }
        if target.jump().is_none() {
            return;
        }
    }
    let (answered, others) = match (&trace.proxy, target.jump()) {
        // What answered there is the proxy.
        (Some(_), Some(_)) => (target.address.without_query().to_string(), String::new()),
        _ => (answered, others),
    };
    match failure {
        None => {
            let through = target.jump().map(|jump| format!(", through {jump}")).unwrap_or_default();
            // ssh keeps its own to itself, and what is on this computer has none.
            let is_tcp = matches!(target.address, Address::Tcp { .. }) && target.jump().is_none();
            stages.done_at(Instant::now(), [answered, through, others].concat(), is_tcp.then_some(TCP_ROUND_TRIPS));
        }
        // Of a single address the error says it all.
        Some(ConnectError::Unreachable { .. }) => {}
        Some(_) if trace.tried.len() > 1 => stages.note(others),
        Some(_) => {}
    }
}

/// The addresses that did not answer, in brackets behind what is said of the one that did.
fn others(trace: &ConnectTrace) -> String {
    let failures = trace.failures();
    if failures.is_empty() { failures } else { format!(" ({failures})") }
}
