//! A source: a list of machines that others keep. What a host has from there, and what stays the user's.

use super::{Colour, CommandLine, CommandProblem, Host, Mac, TextProblem, is_same_tag, text::one_line};
use serde::{Deserialize, Serialize};
use std::{fmt, path::PathBuf};
use uuid::Uuid;

/// A source's ID (UUID, version 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, type = "string"))]
pub struct SourceId(Uuid);

impl SourceId {
    /// A random ID, different each time.
    #[expect(clippy::new_without_default, reason = "a default that differs each time would surprise")]
    pub fn new() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a list comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A file, or a folder with files.
    Path(PathBuf),
    /// A command of the user's that prints it.
    Command(CommandLine),
}

/// A list that others keep, as the user has added it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSource {
    /// Its name for life.
    pub id: SourceId,
    /// What the user calls it; never empty.
    pub name: String,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
    /// Whether it is left alone: its machines stay as they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// How often it is read anew, in minutes.
    #[serde(default = "usual_interval", skip_serializing_if = "is_usual_interval")]
    pub every_minutes: u32,
    /// When it was last read without a fault, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<u64>,
}

/// A quarter of an hour.
const USUAL_INTERVAL: u32 = 15;

fn usual_interval() -> u32 {
    USUAL_INTERVAL
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_usual_interval(minutes: &u32) -> bool {
    *minutes == USUAL_INTERVAL
}

impl HostSource {
    /// One that was just added; `name` may be empty, and then it is called by what it is read from.
    ///
    /// # Errors
    /// What is wrong with its name.
    pub fn new(name: &str, origin: Origin) -> Result<Self, TextProblem> {
        let name = match one_line(name)? {
            name if name.is_empty() => origin.name(),
            name => name,
        };
        Ok(Self { id: SourceId::new(), name, origin, paused: false, every_minutes: USUAL_INTERVAL, read_at: None })
    }

    /// Gives it another name; an empty one changes nothing.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn rename(&mut self, name: &str) -> Result<(), TextProblem> {
        let name = one_line(name)?;
        if !name.is_empty() {
            self.name = name;
        }
        Ok(())
    }
}

impl Origin {
    /// A command, as the user types it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn command(text: &str) -> Result<Self, CommandProblem> {
        CommandLine::parse(text).map(Self::Command)
    }

    fn name(&self) -> String {
        let last = |path: &std::path::Path| {
            let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
            one_line(&name).unwrap_or_default()
        };
        match self {
            Self::Path(path) => last(path),
            Self::Command(command) => last(command.program().as_ref()),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Command(command) => command.fmt(f),
        }
    }
}

/// What a host has from the source that lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sourced {
    /// Which one.
    pub of: SourceId,
    /// What the source knows it by: the `id` of its entry, or else its address.
    pub key: String,
    /// What the source has said that the user may change here.
    #[serde(default, skip_serializing_if = "Said::is_empty")]
    pub said: Said,
}

/// What a source has said last of what the user may change: what differs from it is the user's, and stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    #[serde(skip_serializing_if = "String::is_empty")]
    username: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    view_only: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    colour: Option<Colour>,
    #[serde(skip_serializing_if = "String::is_empty")]
    notes: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac: Option<Mac>,
}

impl Said {
    fn of(host: &Host) -> Self {
        Self {
            username: host.username.clone(),
            view_only: host.view_only,
            tags: host.tags.clone(),
            colour: host.colour.clone(),
            notes: host.notes.clone(),
            mac: host.mac,
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is the user's stays, all else is as it is said now.
    fn merged(&self, ours: Self, now: &Self) -> Self {
        fn one<T: PartialEq + Clone>(before: &T, ours: T, now: &T) -> T {
            if ours == *before { now.clone() } else { ours }
        }
        let has = |tags: &[String], tag: &str| tags.iter().any(|other| is_same_tag(other, tag));
        let (mut tags, own): (Vec<_>, Vec<_>) = (
            // One that the user has taken away does not come back.
            now.tags.iter().filter(|tag| !has(&self.tags, tag) || has(&ours.tags, tag)).cloned().collect(),
            ours.tags.iter().filter(|tag| !has(&self.tags, tag) && !has(&now.tags, tag)).cloned().collect(),
        );
        tags.extend(own);
        Self {
            username: one(&self.username, ours.username, &now.username),
            view_only: one(&self.view_only, ours.view_only, &now.view_only),
            tags,
            colour: one(&self.colour, ours.colour, &now.colour),
            notes: one(&self.notes, ours.notes, &now.notes),
            mac: one(&self.mac, ours.mac, &now.mac),
        }
    }

    fn put_into(self, host: &mut Host) {
        let Self { username, view_only, tags, colour, notes, mac } = self;
        host.mac = mac;
        let options = &mut host.options;
        (options.username, options.view_only, options.tags) = (username, view_only, tags);
        (options.colour, options.notes) = (colour, notes);
    }
}

impl Host {
    /// A new entry for a machine that a source lists: only what a source may say is taken from `listed`.
    pub(crate) fn sourced(of: SourceId, key: String, listed: &Self) -> Self {
        let mut host = Self::new(listed.name.clone(), listed.address.clone());
        let said = Said::of(listed);
        host.take_way_of(listed);
        said.clone().put_into(&mut host);
        host.source = Some(Sourced { of, key, said });
        host
    }

    /// Takes over what its source says now. What the user has chosen stays; what was learned, agreed to or set up for one server
    /// does not go along to another one.
    pub(crate) fn follow_source(&mut self, listed: &Self) {
        let ours = Said::of(self);
        let Some(sourced) = &mut self.source else { return };
        let now = Said::of(listed);
        let merged = sourced.said.merged(ours, &now);
        sourced.said = now;
        merged.put_into(self);
        let before = self.clone();
        self.take_way_of(listed);
        if !self.is_same_server(&before) {
            (self.protection, self.clear_text) = (None, false);
            // A login in the keyring is for its recipient only; what a command prints would go anywhere.
            self.password_command = None;
        }
    }

    /// Whether nothing about it is the user's, or was learned here.
    pub(crate) fn is_as_listed(&self) -> bool {
        let Some(sourced) = &self.source else { return false };
        let mut listed = Self::new(self.name.clone(), self.address.clone());
        listed.id = self.id;
        listed.take_way_of(self);
        sourced.said.clone().put_into(&mut listed);
        listed.source = Some(sourced.clone());
        *self == listed
    }

    /// What a source alone decides: what a machine is called, and how it is reached.
    pub(super) fn take_way_of(&mut self, listed: &Self) {
        self.name.clone_from(&listed.name);
        self.address.clone_from(&listed.address);
        self.options.repeater_id.clone_from(&listed.options.repeater_id);
        self.ssh_jump.clone_from(&listed.ssh_jump);
        self.proxy.clone_from(&listed.proxy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HostDraft, Level};

    fn listed(name: &str, address: &str, tags: &[&str]) -> Host {
        let mut host = Host::new(name.into(), address.parse().unwrap());
        host.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        host
    }

    #[test]
    fn what_is_the_users_survives_and_all_else_follows_the_source() {
        let mut first = listed("a", "a", &["lab", "old"]);
        first.notes = "rack 4".into();
        let mut host = Host::sourced(SourceId::new(), "1".into(), &first);
        assert!(host.is_as_listed());
        (host.favourite, host.notes) = (true, "ask Ann".into());
        host.tags = vec!["lab".into(), "mine".into()];
        assert!(!host.is_as_listed());
        let mut now = listed("b", "a", &["lab", "old", "new"]);
        (now.username, now.notes) = ("root".into(), "rack 5".into());
        host.follow_source(&now);
        assert_eq!((host.name.as_str(), host.username.as_str(), host.notes.as_str()), ("b", "root", "ask Ann"));
        assert_eq!(host.tags, ["lab", "new", "mine"], "one that was taken away stays away");
        assert!(host.favourite);
    }

    #[test]
    fn what_was_set_up_for_one_server_does_not_go_to_another() {
        let mut host = Host::sourced(SourceId::new(), "1".into(), &listed("a", "a", &[]));
        (host.protection, host.clear_text, host.has_password) = (Some(Level::Encrypted), true, true);
        host.password_command = Some("pass show lab".parse().unwrap());
        let before = host.clone();
        host.follow_source(&listed("other name", "a", &[]));
        assert_eq!((host.protection, host.password_command.is_some()), (Some(Level::Encrypted), true));
        host.follow_source(&listed("a", "evil", &[]));
        assert_eq!((host.protection, host.clear_text), (None, false));
        assert!(host.password_command.is_none());
        assert_ne!(host.recipient(), before.recipient(), "the keyring gives its login to the former one only");
    }

    #[test]
    fn nothing_that_would_run_or_weaken_comes_from_a_source() {
        let mut bad = listed("a", "a", &[]);
        (bad.console_command, bad.password_command) = (Some("x".parse().unwrap()), Some("y".parse().unwrap()));
        (bad.clear_text, bad.protection, bad.old_tls, bad.favourite) = (true, Some(Level::Clear), true, true);
        (bad.ca_file, bad.client_certificate) = ("/ca".into(), "/me".into());
        let mut host = Host::sourced(SourceId::new(), "1".into(), &bad);
        for _ in 0..2 {
            assert!(host.is_as_listed(), "{host:?}");
            assert!(host.console_command.is_none() && host.password_command.is_none());
            assert!(!host.clear_text && !host.old_tls && !host.favourite && host.ca_file.is_empty());
            host.follow_source(&bad);
        }
    }

    #[test]
    fn a_form_changes_what_is_the_users_and_a_copy_is_all_the_users() {
        let host = Host::sourced(SourceId::new(), "1".into(), &listed("a", "a", &[]));
        let mut form = HostDraft::from(&host);
        (form.name, form.address, form.ssh_jump) = ("x".into(), "elsewhere".into(), "jump".into());
        (form.console_command, form.notes) = ("virsh".into(), "mine".into());
        let saved = form.check(Some(&host)).unwrap();
        assert_eq!((saved.name.as_str(), saved.notes.as_str()), ("a", "mine"));
        assert!(saved.is_same_server(&host) && saved.source == host.source);
        let copy = HostDraft { id: None, ..HostDraft::from(&host) }.check(None).unwrap();
        assert_eq!(copy.source, None);
    }
}
