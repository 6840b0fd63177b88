//! A report while it grows.

use super::report::{Desktop, Report};
use crate::{
    connect::{Event, OnStage, Stages, name},
    error::Error,
    model::{Address, Identity, Level, Target},
    transport::{PathKind, SiteTls},
};
use rfb::{SecurityType, ServerInit};

pub(super) struct Progress {
    report: Report,
    /// What the path protects by itself.
    path_level: Level,
    pub(super) stages: Stages,
}

impl Progress {
    pub(super) fn new(address: &Address, on_stage: Option<OnStage>) -> Self {
        let report = Report::of(address.without_query().to_string());
        Self { report, path_level: Level::Clear, stages: Stages::telling(on_stage) }
    }

    /// The pipeline has come further. What was offered stays said where it begins again.
    pub(super) fn event(&mut self, target: &Target, event: &Event<'_>) {
        self.stages.event(target, event);
        match *event {
            Event::Dialled { path: Some(path), site_tls, .. } => self.established(path, site_tls),
            Event::Version { major, minor } => self.report.protocol = Some(format!("{major}.{minor}")),
            Event::Offered(offered) => self.offered(offered),
            Event::Chosen(chosen) => self.chose(chosen),
            Event::Tls { old: [_, ..], .. } => self.is_old(),
            _ => {}
        }
    }

    /// Security types or sub-types that the server offers, each told once.
    fn offered(&mut self, offered: &[SecurityType]) {
        for name in offered.iter().copied().map(name) {
            if !self.report.offered.contains(&name) {
                self.report.offered.push(name);
            }
        }
    }

    /// The path to the server is established.
    fn established(&mut self, path: PathKind, site_tls: Option<&SiteTls>) {
        self.path_level = path.level(site_tls);
        self.report.tunnel = match path {
            PathKind::Ssh => Some("ssh".to_owned()),
            PathKind::Site => Some("wss".to_owned()),
            PathKind::Network | PathKind::Local => None,
        };
    }

    /// The security type that is the best of them.
    fn chose(&mut self, chosen: SecurityType) {
        self.report.chosen = Some(name(chosen));
        self.report.protection = Some(Level::from(chosen.level()).max(self.path_level));
    }

    /// TLS is old, which proves nothing.
    fn is_old(&mut self) {
        let level = self.report.protection.map(|level| level.min(Level::Encrypted).max(self.path_level));
        self.report.protection = level;
    }

    /// The identity that the server has shown.
    pub(super) fn shown(&mut self, identity: Identity) {
        self.report.identity = Some(identity);
    }

    pub(super) fn reached_desktop(&mut self, init: &ServerInit) {
        let (name, width, height) = (init.name_text(), init.width, init.height);
        self.stages.done(format!("{width}x{height}"));
        self.report.desktop = Some(Desktop { name, width, height });
    }

    /// The report, with the reason why it ended before its end.
    pub(super) fn finish(mut self, error: Option<Error>) -> Report {
        if let Some(error) = error {
            self.stages.failed(&error);
            self.report.error = Some(error.into());
        }
        self.report.stages = self.stages.list().to_vec();
        self.report
    }
}
