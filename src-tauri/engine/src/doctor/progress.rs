//! A report while it grows: at most one stage is under way.

use super::report::{Desktop, Report, ReportStage, StageReport};
use crate::{
    error::ConnectError,
    model::{Address, Identity, Level},
    transport::PathKind,
};
use rfb::{SecurityType, ServerInit};
use tokio::time::Instant;

pub(super) struct Progress {
    report: Report,
    /// What the path protects by itself.
    path_level: Level,
    current: Option<Current>,
    /// It began again, without this type.
    without: Option<SecurityType>,
}

/// The stage that is under way.
struct Current {
    stage: ReportStage,
    began: Instant,
    /// What is to be said beside the error, should it fail.
    note: String,
}

impl Progress {
    pub(super) fn new(address: &Address) -> Self {
        Self {
            report: Report::of(address.without_query().to_string()),
            path_level: Level::Clear,
            current: None,
            without: None,
        }
    }

    /// A stage begins now, unless it is under way.
    pub(super) fn enter(&mut self, stage: ReportStage) {
        if self.current.as_ref().is_none_or(|current| current.stage != stage) {
            self.enter_at(stage, Instant::now());
        }
    }

    pub(super) fn enter_at(&mut self, stage: ReportStage, began: Instant) {
        self.current = Some(Current { stage, began, note: String::new() });
    }

    /// To be said beside the error, should this stage fail.
    pub(super) fn note(&mut self, note: String) {
        if let Some(current) = &mut self.current {
            current.note = note;
        }
    }

    /// The stage that is under way has gone well.
    pub(super) fn done(&mut self, detail: impl Into<String>) {
        self.done_at(Instant::now(), detail);
    }

    pub(super) fn done_at(&mut self, now: Instant, detail: impl Into<String>) {
        self.end(now, true, |_| detail.into());
    }

    fn end(&mut self, now: Instant, ok: bool, detail: impl FnOnce(String) -> String) {
        if let Some(Current { stage, began, note }) = self.current.take() {
            let ms = now.duration_since(began).as_millis().try_into().unwrap_or(u64::MAX);
            self.report.stages.push(StageReport { stage, ok, ms, detail: detail(note) });
        }
    }

    /// The protocol version that the server greeted with.
    pub(super) fn greeted(&mut self, major: u16, minor: u16, through_repeater: bool) {
        let behind = if through_repeater { ", through a repeater" } else { "" };
        self.done(format!("RFB {major}.{minor}{behind}"));
        self.report.protocol = Some(format!("{major}.{minor}"));
    }

    /// Security types or sub-types that the server offers, each told once.
    pub(super) fn offered(&mut self, offered: &[SecurityType]) {
        for name in offered.iter().copied().map(name) {
            if !self.report.offered.contains(&name) {
                self.report.offered.push(name);
            }
        }
    }

    /// The path to the server is established.
    pub(super) fn established(&mut self, path: PathKind) {
        self.path_level = path.level();
        self.report.tunnel = match path {
            PathKind::Ssh => Some("ssh".to_owned()),
            PathKind::Site => Some("wss".to_owned()),
            PathKind::Network | PathKind::Local => None,
        };
    }

    /// The security type that is the best of them.
    pub(super) fn chose(&mut self, chosen: SecurityType) {
        self.report.chosen = Some(name(chosen));
        self.report.protection = Some(Level::from(chosen.level()).max(self.path_level));
    }

    /// It may be taken.
    pub(super) fn agreed(&mut self, chosen: SecurityType) {
        let why =
            self.without.map(|without| format!(": better than what {} has here", name(without))).unwrap_or_default();
        self.done(format!("{}{why}", name(chosen)));
    }

    /// Who the server has shown to be.
    pub(super) fn shown(&mut self, identity: Identity) {
        self.report.identity = Some(identity);
    }

    pub(super) fn reached_desktop(&mut self, init: &ServerInit) {
        let (name, width, height) = (init.name_text(), init.width, init.height);
        self.done(format!("{width}x{height}"));
        self.report.desktop = Some(Desktop { name, width, height });
    }

    /// The attempt begins again, without this type. What was offered stays said.
    pub(super) fn begin_again(&mut self, without: SecurityType) {
        self.without = Some(without);
        self.current = None;
        self.report.stages.clear();
    }

    /// The report, with the reason why it ended before its end.
    pub(super) fn finish(mut self, error: Option<ConnectError>) -> Report {
        if let Some(error) = error {
            self.end(Instant::now(), false, |note| format!("{error}{note}"));
            self.report.error = Some(error.into());
        }
        self.report
    }
}

/// What scripts know a type by. One that we do not speak carries its number: several have the same name.
fn name(security_type: SecurityType) -> String {
    match (security_type, security_type.name()) {
        (SecurityType::Other(_), _) | (_, None) => security_type.to_string(),
        (_, Some(name)) => name.to_owned(),
    }
}
