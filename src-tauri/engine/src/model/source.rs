//! A source: a list of machines that others keep, and what it has said of one.

use super::{Colour, CommandLine, CommandProblem, ListUrl, Mac, TextProblem, UrlProblem, text::one_line};
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
    /// A file on a web server.
    Url(ListUrl),
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
    /// Whether the keyring has a login for its web server.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_login: bool,
    /// When it was last read without a fault, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<u64>,
}

/// A quarter of an hour.
const USUAL_INTERVAL: u32 = 15;
/// A week, in minutes.
const MAX_INTERVAL: u32 = 7 * 24 * 60;

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
        Ok(Self {
            id: SourceId::new(),
            name,
            origin,
            paused: false,
            every_minutes: USUAL_INTERVAL,
            has_login: false,
            read_at: None,
        })
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

    /// From now on it is read anew after so many minutes: one at least, a week at most.
    pub fn set_interval(&mut self, minutes: u32) {
        self.every_minutes = minutes.clamp(1, MAX_INTERVAL);
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

    /// A URL, as the user types it; `readable` says that it may come by `http://`, which `has_login` rules out.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn url(text: &str, readable: bool, has_login: bool) -> Result<Self, UrlProblem> {
        let url = ListUrl::parse(text)?;
        match url.is_secure() {
            false if has_login => Err(UrlProblem::ReadableLogin),
            false if !readable => Err(UrlProblem::ClearText),
            _ => Ok(Self::Url(url)),
        }
    }

    fn name(&self) -> String {
        let last = |path: &std::path::Path| {
            let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
            one_line(&name).unwrap_or_default()
        };
        match self {
            Self::Path(path) => last(path),
            Self::Command(command) => last(command.program().as_ref()),
            Self::Url(url) => one_line(&url.name()).unwrap_or_default(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Command(command) => command.fmt(f),
            Self::Url(url) => f.write_str(&url.without_query()),
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
    pub(super) username: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) view_only: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) colour: Option<Colour>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) notes: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mac: Option<Mac>,
}

impl Said {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
