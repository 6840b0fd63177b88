//! What is done in one attempt to connect, stage by stage, and how long each took: for the doctor's report, and for those who
//! asks why a session did not come about.

mod path;

use super::Event;
use crate::{
    model::{OldTls, Target},
    transport::RoundTrips,
};
use path::note_path;
use rfb::{Mechanism, SecurityType, Step};
use serde::Serialize;
use std::{fmt, time::Duration};
use tokio::time::Instant;

/// One stage on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct StageReport {
    /// Which.
    pub stage: ReportStage,
    /// Whether it went well.
    pub ok: bool,
    /// How long it took, in milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub ms: u64,
    /// What was seen: one line in English, for the curious.
    pub detail: String,
    /// How often one side waited for the other; none where that cannot be seen.
    pub round_trips: Option<u32>,
}

/// The stages on the way to a server's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum ReportStage {
    /// The command that says where the console is.
    Command,
    /// Looking up the name.
    Resolve,
    /// Connecting.
    Dial,
    /// The way through an SSH host.
    Ssh,
    /// The way through a proxy, from its greeting to the machine behind it.
    Proxy,
    /// The site's answer to the request for a WebSocket.
    WebSocket,
    /// The protocol version.
    Greeting,
    /// Agreeing on a security type.
    Security,
    /// TLS.
    Tls,
    /// Whether the certificate or key is the server's.
    Trust,
    /// User name and password. Without a login to try, it ends well with what the server asks for.
    Login,
    /// The server's description of its screen.
    Desktop,
}

/// The same words as in JSON.
impl fmt::Display for ReportStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Command => "command",
            Self::Resolve => "resolve",
            Self::Dial => "dial",
            Self::Ssh => "ssh",
            Self::Proxy => "proxy",
            Self::WebSocket => "web_socket",
            Self::Greeting => "greeting",
            Self::Security => "security",
            Self::Tls => "tls",
            Self::Trust => "trust",
            Self::Login => "login",
            Self::Desktop => "desktop",
        })
    }
}

/// The stages of one attempt while it goes on: at most one is under way.
pub(crate) struct Stages {
    stages: Vec<StageReport>,
    current: Option<Current>,
    /// When the path to the server began to be established.
    began: Instant,
    /// Those of the handshake.
    round_trips: Option<RoundTrips>,
    /// What the attempt has come to, in the exchange that the chosen security type has.
    exchange: Exchange,
    /// It began again, without this type.
    without: Option<SecurityType>,
    /// Is told of each stage when it is over.
    on_stage: Option<OnStage>,
}

/// Is told of each stage when it is over.
pub(crate) type OnStage = Box<dyn FnMut(&StageReport) + Send>;

/// The stage that is under way.
struct Current {
    stage: ReportStage,
    began: Instant,
    /// The handshake's before it began.
    round_trips: Option<u32>,
    /// What is to be said beside the error, should it fail.
    note: String,
}

#[derive(Default)]
struct Exchange {
    through_repeater: bool,
    chosen: Option<SecurityType>,
    encrypted: bool,
    confirmed: bool,
    logged_in: bool,
    mechanism: Option<Mechanism>,
}

impl Stages {
    pub(crate) fn new() -> Self {
        Self::telling(None)
    }

    /// The same, observed.
    pub(crate) fn telling(on_stage: Option<OnStage>) -> Self {
        let (stages, current, round_trips, exchange, without) = Default::default();
        Self { stages, current, began: Instant::now(), round_trips, exchange, without, on_stage }
    }

    /// The stages that are over.
    pub(crate) fn list(&self) -> &[StageReport] {
        &self.stages
    }

    /// The pipeline has come further on its way to `target`.
    pub(crate) fn event(&mut self, target: &Target, event: &Event<'_>) {
        match *event {
            Event::Dialing => self.began = Instant::now(),
            Event::Begins(round_trips) => self.round_trips = Some(round_trips.clone()),
            Event::Dialled { trace, failure, .. } => note_path(self, target, self.began, trace, failure),
            Event::Step(step) => self.step(step),
            Event::Repeater => self.exchange.through_repeater = true,
            Event::Version { major, minor } => {
                let behind = if self.exchange.through_repeater { ", through a repeater" } else { "" };
                self.done(format!("RFB {major}.{minor}{behind}"));
                self.enter(ReportStage::Security);
            }
            Event::Chosen(chosen) => self.exchange.chosen = Some(chosen),
            Event::Approved(chosen) => {
                let why = self.without.map(|without| format!(": better than what {} has here", name(without)));
                self.done(format!("{}{}", name(chosen), why.unwrap_or_default()));
                self.enter(self.next());
            }
            Event::Tls { description, anonymous, old } => {
                self.exchange.encrypted = true;
                let old = OldTls::listed(old);
                self.done(format!("{description}{}{old}", if anonymous { ", anonymous" } else { "" }));
                self.enter(ReportStage::Login);
            }
            Event::RetryWithout(negotiation) => {
                *self = Self { without: Some(negotiation), ..Self::telling(self.on_stage.take()) };
            }
            Event::Mechanism(mechanism) => self.exchange.mechanism = Some(mechanism),
            Event::Offered(_) | Event::TlsStarts => {}
        }
    }

    /// The machine's command is asked where its console is.
    pub(crate) fn command_asked(&mut self) {
        self.enter(ReportStage::Command);
    }

    /// The server's key is looked at now.
    pub(crate) fn identity_shown(&mut self) {
        self.enter(ReportStage::Trust);
    }

    /// It will do, for this reason.
    pub(crate) fn identity_confirmed(&mut self, why: &str) {
        self.done(why);
        self.exchange.confirmed = true;
        self.enter(ReportStage::Login);
    }

    /// A login is sent now.
    pub(crate) fn login_sent(&mut self) {
        self.exchange.logged_in = true;
    }

    /// The attempt waited so long for a person, which is no part of the stage that is under way.
    pub(crate) fn waited(&mut self, time: Duration) {
        if let Some(current) = &mut self.current {
            current.began += time;
        }
    }

    /// The stage that is under way has gone well.
    pub(crate) fn done(&mut self, detail: impl Into<String>) {
        let round_trips = self.counted();
        self.done_at(Instant::now(), detail, round_trips);
    }

    /// The stage that is under way has failed.
    pub(crate) fn failed(&mut self, error: &impl fmt::Display) {
        let round_trips = self.counted();
        self.end(Instant::now(), false, round_trips, |note| format!("{error}{note}"));
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Greeting => self.enter(ReportStage::Greeting),
            Step::SecurityTypes => self.enter(ReportStage::Security),
            Step::Authentication => self.enter(self.next()),
            Step::SecurityResult => self.enter(ReportStage::Login),
            Step::ServerInit => {
                self.enter(ReportStage::Login);
                let accepted = match (self.exchange.mechanism, self.exchange.logged_in) {
                    (Some(mechanism), _) => format!("accepted, by {}", mechanism.name()),
                    (None, true) => "accepted".to_owned(),
                    (None, false) => "none is asked for".to_owned(),
                };
                self.done(accepted);
                self.enter(ReportStage::Desktop);
            }
        }
    }

    /// What the chosen type's exchange begins with, or goes on with.
    fn next(&self) -> ReportStage {
        use SecurityType::*;
        let Exchange { chosen, encrypted, confirmed, .. } = self.exchange;
        match chosen {
            Some(Tls | TlsNone | TlsVnc | TlsPlain | TlsSasl | X509None | X509Vnc | X509Plain | X509Sasl)
                if !encrypted =>
            {
                ReportStage::Tls
            }
            Some(Ra2 | Ra2ne | Ra2Aes256 | Ra2neAes256 | AppleRsa) if !confirmed => ReportStage::Trust,
            _ => ReportStage::Login,
        }
    }

    /// A stage begins now, unless it is under way.
    fn enter(&mut self, stage: ReportStage) {
        if self.current.as_ref().is_none_or(|current| current.stage != stage) {
            self.enter_at(stage, Instant::now());
        }
    }

    fn enter_at(&mut self, stage: ReportStage, began: Instant) {
        let round_trips = self.round_trips.as_ref().map(RoundTrips::so_far);
        self.current = Some(Current { stage, began, round_trips, note: String::new() });
    }

    /// The handshake's round trips in the stage that is under way.
    fn counted(&self) -> Option<u32> {
        let now = self.round_trips.as_ref()?.so_far();
        self.current.as_ref()?.round_trips.map(|before| now - before)
    }

    /// To be said beside the error, should this stage fail.
    fn note(&mut self, note: String) {
        if let Some(current) = &mut self.current {
            current.note = note;
        }
    }

    fn done_at(&mut self, now: Instant, detail: impl Into<String>, round_trips: Option<u32>) {
        self.end(now, true, round_trips, |_| detail.into());
    }

    fn end(&mut self, now: Instant, ok: bool, round_trips: Option<u32>, detail: impl FnOnce(String) -> String) {
        if let Some(Current { stage, began, note, .. }) = self.current.take() {
            let ms = now.saturating_duration_since(began).as_millis().try_into().unwrap_or(u64::MAX);
            let report = StageReport { stage, ok, ms, detail: detail(note), round_trips };
            if let Some(on_stage) = &mut self.on_stage {
                on_stage(&report);
            }
            self.stages.push(report);
        }
    }
}

/// What scripts know a type by. One that we do not speak carries its number: several have the same name.
pub(crate) fn name(security_type: SecurityType) -> String {
    match (security_type, security_type.name()) {
        (SecurityType::Other(_), _) | (_, None) => security_type.to_string(),
        (_, Some(name)) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ConnectError;

    #[tokio::test(start_paused = true)]
    async fn the_time_that_a_person_took_is_no_part_of_a_stage() {
        let mut stages = Stages::new();
        let began = Instant::now();
        stages.enter(ReportStage::Login);
        tokio::time::advance(Duration::from_millis(4_020)).await;
        stages.waited(Duration::from_secs(4));
        stages.failed(&ConnectError::cancelled());
        assert_eq!(began.elapsed(), Duration::from_millis(4_020));
        let [login] = stages.list() else { panic!("one stage") };
        assert_eq!((login.stage, login.ok, login.ms), (ReportStage::Login, false, 20));
    }
}
