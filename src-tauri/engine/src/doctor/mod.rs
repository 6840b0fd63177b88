//! The way to a server, examined stage by stage: what `portlight doctor` and "Test connection" find out.
//!
//! It is the way that a session goes, with the same transport, handshake and deadlines. Nothing is asked, nothing is
//! written: a key that is accepted here is accepted for this once.

mod examiner;
mod progress;
mod report;

pub use report::{Desktop, Failure, Report, ReportStage, StageReport};

use crate::{
    connect::handshake_failed,
    error::{ConnectError, Result},
    model::{Address, Identity, Secret, Target},
    store::Pins,
    transport::{self, ConnectTrace, Connected, Outcome, Phase, Route, TimeoutStream, ws::Headers},
};
use examiner::{End, Probe};
use getrandom::SysRng;
use progress::Progress;
use rand_core::UnwrapErr;
use tokio::time::Instant;

/// What to examine, and how far.
pub struct ProbeRequest {
    /// Whose server.
    pub target: Target,
    /// What to log in with. Without it the examination stops where a login is wanted, and has succeeded.
    pub login: Option<Login>,
    /// Which keys will do.
    pub accept: TrustPolicy,
}

/// What to log in with.
pub struct Login {
    /// Instead of the target's own user name.
    pub username: Option<String>,
    /// The password.
    pub password: Secret,
}

/// Which keys of a server will do before a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustPolicy {
    /// Those that were accepted before, and those that authorities vouch for.
    Known,
    /// The one with this SHA-256 of the certificate or of the key, with or without colons, and no other: with a login and
    /// without, whoever may vouch for another.
    Fingerprint(String),
    /// Every key, unless another one was accepted for this server before.
    Any,
}

/// Walks the way to a server and reports on it.
pub async fn examine(examination: ProbeRequest, trust: &Pins) -> Report {
    let mut progress = Progress::new(&examination.target.address);
    let first = attempt(&examination, trust, &mut progress, false).await;
    let ended = match first {
        Err(Stop::BetterWithoutVeNCrypt) => {
            progress.begin_again();
            attempt(&examination, trust, &mut progress, true).await
        }
        ended => ended,
    };
    progress.finish(match ended {
        Ok(()) => None,
        Err(Stop::Failed(error)) => Some(error),
        // Once VeNCrypt is left out nothing is better without it.
        Err(Stop::BetterWithoutVeNCrypt) => {
            let address = examination.target.address.without_query().to_string();
            Some(ConnectError::NoCommonType { address, offered: vec![] })
        }
    })
}

/// The same with a login that had to be fetched from somewhere. Where it could not be had, that is said at the place where
/// the server wants one.
pub async fn examine_with(target: Target, login: Result<Option<Login>>, accept: TrustPolicy, trust: &Pins) -> Report {
    let (login, missing) = match login {
        Ok(login) => (login, None),
        Err(error) => (None, Some(error)),
    };
    let report = examine(ProbeRequest { target, login, accept }, trust).await;
    match missing {
        Some(error) => report.without_the_login(error),
        None => report,
    }
}

/// Why an attempt ended before its end.
enum Stop {
    /// For a reason that is told.
    Failed(ConnectError),
    /// It has to begin again, and leave VeNCrypt out.
    BetterWithoutVeNCrypt,
}

async fn attempt(
    examination: &ProbeRequest,
    trust: &Pins,
    progress: &mut Progress,
    without_vencrypt: bool,
) -> Result<(), Stop> {
    let ProbeRequest { target, login, .. } = examination;
    let Connected { stream, way } = reach(examination, trust, progress).await.map_err(Stop::Failed)?;
    let stream = TimeoutStream::new(stream);
    let limit = stream.limit();
    let policy = rfb::Policy {
        shared: true,
        have_username: !examination.username().is_empty(),
        have_password: login.is_some() || target.has_password,
        floor: target.protection.map(rfb::Level::from),
        repeater_id: Some(target.repeater_id.clone()).filter(|id| !id.is_empty()),
        without_vencrypt,
    };
    let mut examiner = Probe::new(examination, trust, progress, limit.clone(), way);
    let outcome = rfb::client::handshake(stream, &policy, &mut examiner, &mut UnwrapErr(SysRng)).await;
    match (outcome, examiner.end()) {
        (Ok(server), _) => {
            progress.reached_desktop(&server.init);
            Ok(())
        }
        (Err(_), Some(End::WantsLogin)) => Ok(()),
        (Err(_), Some(End::Failed(error))) => Err(Stop::Failed(error)),
        (Err(rfb::Error::BetterWithoutVeNCrypt), None) => Err(Stop::BetterWithoutVeNCrypt),
        (Err(cause), None) => Err(Stop::Failed(handshake_failed(cause, &target.address, limit.get()))),
    }
}

/// Looks the name up and dials.
async fn reach(examination: &ProbeRequest, trust: &Pins, progress: &mut Progress) -> Result<Connected, ConnectError> {
    let target = &examination.target;
    let mut trail = ConnectTrace::default();
    let mut visitor = examiner::ConnectDelegate { accept: &examination.accept, trust, shown: None, asked: None };
    let route = Route {
        address: &target.address,
        ca_file: &target.ca_file,
        jump: target.ssh_jump.as_ref(),
        headers: &Headers::default(),
    };
    let began = Instant::now();
    let reached = transport::connect(&route, &mut visitor, &mut trail).await;
    let reached = match (reached, visitor.asked, &target.ssh_jump) {
        (Err(_), Some(question), Some(jump)) => {
            // Nobody is here to answer.
            let detail = format!("ssh asks: {question} Open the machine once to answer");
            Err(ConnectError::SshFailed { via: jump.to_string(), detail })
        }
        (reached, ..) => reached,
    };
    if let Some(site) = visitor.shown {
        progress.shown(Identity::X509(site));
    }
    let mut dialled = began;
    if let Some(lookup) = &trail.lookup {
        progress.enter_at(ReportStage::Resolve, began);
        let took = lookup.took.filter(|_| !lookup.found.is_empty());
        let Some(took) = took else { return reached };
        dialled += took;
        let addresses: Vec<_> = lookup.found.iter().map(|found| found.ip().to_string()).collect();
        progress.done_at(dialled, addresses.join(", "));
    }
    progress.enter_at(if target.ssh_jump.is_some() { ReportStage::Ssh } else { ReportStage::Dial }, dialled);
    let others = others(&trail);
    let answered = trail.tried.iter().find(|tried| matches!(tried.outcome, Outcome::Reached));
    let answered =
        answered.map_or_else(|| target.address.without_query().to_string(), |tried| tried.address.to_string());
    if let Address::Ws(socket) = &target.address {
        for (milestone, when) in trail.passed {
            let (detail, next) = match milestone {
                Phase::Connected if socket.secure => ([&*answered, &others].concat(), Some(ReportStage::Tls)),
                Phase::Connected => ([&*answered, &others].concat(), Some(ReportStage::WebSocket)),
                Phase::Encrypted(description) => (description, Some(ReportStage::WebSocket)),
                Phase::Answered => ("it answered 101".to_owned(), None),
            };
            progress.done_at(when, detail);
            if let Some(next) = next {
                progress.enter_at(next, when);
            }
        }
        return reached;
    }
    match &reached {
        Ok(_) => {
            let through = target.ssh_jump.as_ref().map(|jump| format!(", through {jump}")).unwrap_or_default();
            progress.done([answered, through, others].concat());
        }
        // Of a single address the error says it all.
        Err(ConnectError::Unreachable { .. }) => {}
        Err(_) if trail.tried.len() > 1 => progress.note(others),
        Err(_) => {}
    }
    reached
}

/// The addresses that did not answer, in brackets behind what is said of the one that did.
fn others(trail: &ConnectTrace) -> String {
    let failures = trail.failures();
    if failures.is_empty() { failures } else { format!(" ({failures})") }
}

impl ProbeRequest {
    /// The user name to log in with; may be empty.
    fn username(&self) -> &str {
        let given = self.login.as_ref().and_then(|login| login.username.as_deref());
        given.unwrap_or(&self.target.username)
    }
}
