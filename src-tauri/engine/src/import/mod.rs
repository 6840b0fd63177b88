//! Other programs' lists of machines, as hosts to be: bytes in, candidates out. Knows no file system: what is read here was
//! read before, and nothing that stands in it is run, fetched or looked up.
//!
//! ```text
//! read ─▶ format ─▶ formats     which file is it; a reader for each kind
//!                   formats ─▶ candidate ─▶ text, key_file, markup
//! site                          where the machines of a token file are for those to whom only its website is open
//! plan                          the candidates beside the list that is there: what is added, changed, skipped
//! opening                       one file, to be opened as it says and not added
//! export                        the list as text for others; never with a secret
//! ```
//! docs/IMPORT.md says what is read of which program, and what is not.

mod candidate;
mod export;
mod format;
mod formats;
mod key_file;
mod listing;
mod markup;
mod opening;
mod plan;
mod problem;
mod site;
mod text;

pub use export::{Export, export};
pub use format::Format;
pub(crate) use listing::{Listing, Place, listing};
pub use opening::{NotOpened, WhyNot};
pub(crate) use opening::{Opening, opening};
pub(crate) use plan::{Change, fill};
pub use plan::{Entry, Gap, PasswordKind, Plan, Preview};
pub use problem::{FileProblem, ImportProblem, LeftOut};
pub use site::{Site, SiteProblem};

use candidate::{Found, Password, Sketch};
use formats::{krdc, remmina, tigervnc, websockify};
use serde::Serialize;
use std::{borrow::Cow, fmt, path::PathBuf};

/// Bytes of one file, and of all together.
pub(crate) const MAX_BYTES: usize = 8 * 1024 * 1024;
pub(crate) const MAX_BYTES_IN_ALL: usize = 32 * 1024 * 1024;
/// Files, and entries in all of them.
pub(crate) const MAX_FILES: usize = 10_000;
pub(crate) const MAX_ENTRIES: usize = 10_000;

/// A file as it was found.
pub struct File {
    /// Without its folder.
    pub name: String,
    /// What stands in it, or why it was not read.
    pub bytes: Result<Vec<u8>, FileProblem>,
    /// The folder of a file that the person has chosen itself. None where they have chosen its folder or its program, or where it
    /// comes from elsewhere.
    pub chosen_in: Option<ChosenIn>,
}

/// A folder in which a file was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenIn {
    /// As an absolute path.
    pub folder: PathBuf,
    /// Whether TigerVNC keeps its files there.
    pub is_tigervncs: bool,
}

/// Of what stands in it nothing: it may be a password.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What was made of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "ImportFile"))]
pub struct FileView {
    /// Without its folder.
    pub name: String,
    /// Whose file it is; none where that is not known.
    pub format: Option<Format>,
    /// Whether it is in no encoding that can be known for sure, so that letters may be wrong.
    pub guessed: bool,
    /// Why nothing was read of it.
    pub problem: Option<FileProblem>,
}

/// What stands in some files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    files: Vec<FileView>,
    found: Vec<Found>,
}

impl Reading {
    /// As it was read, with the machines of websockify's token files as they are reached through a site, where there is one.
    pub(crate) fn through(&self, site: Option<&Site>) -> Cow<'_, Self> {
        let Some(site) = site else { return Cow::Borrowed(self) };
        let found = self.found.iter().map(|found| found.through(site)).collect();
        Cow::Owned(Self { files: self.files.clone(), found })
    }
}

/// Reads files. One that cannot be read does not take the others with it.
pub(crate) fn read(files: &[File]) -> Reading {
    let beside = Beside::of(files);
    let mut views = Vec::with_capacity(files.len());
    let mut sketches: Vec<(usize, Sketch)> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let name = text::line(&file.name);
        let mut view = FileView { name, format: None, guessed: false, problem: None };
        if beside.passwords.has(index) {
            view.format = Some(Format::TigervncPassword);
            views.push(view);
            continue;
        }
        match file.bytes.as_deref().map_err(Clone::clone).and_then(|bytes| format::recognise(file, bytes)) {
            Ok(recognised) => {
                (view.format, view.guessed) = (Some(recognised.format), recognised.guessed);
                match format::read(&recognised, &beside) {
                    Ok(found) if sketches.len() + found.len() > MAX_ENTRIES => {
                        view.problem = Some(FileProblem::TooMany)
                    }
                    Ok(found) if found.is_empty() && recognised.format != Format::Settings => {
                        view.problem = Some(FileProblem::NoMachine);
                    }
                    Ok(found) => sketches.extend(found.into_iter().map(|sketch| (index, sketch))),
                    Err(problem) => view.problem = Some(problem),
                }
            }
            Err(problem) => view.problem = Some(problem),
        }
        views.push(view);
    }
    for (index, view) in views.iter_mut().enumerate() {
        let has_it =
            |(_, sketch): &(usize, Sketch)| matches!(sketch.password, Password::Beside { file, .. } if file == index);
        if view.format == Some(Format::TigervncPassword) && !sketches.iter().any(has_it) {
            view.problem = Some(FileProblem::PasswordAlone);
        }
    }
    let tokens = sketches
        .iter_mut()
        .filter(|(file, _)| views.get(*file).is_some_and(|view| view.format == Some(Format::Websockify)));
    websockify::mark_replaced(tokens.map(|(_, sketch)| sketch));
    let found = sketches.into_iter().map(|(file, sketch)| sketch.finish(file)).collect();
    Reading { files: views, found }
}

/// What one file says about others.
#[derive(Default)]
struct Beside {
    /// From `remmina.pref`.
    remmina: Option<remmina::Key>,
    /// From `krdcrc`.
    krdc: krdc::Settings,
    /// TigerVNC's.
    passwords: tigervnc::Passwords,
}

impl Beside {
    fn of(files: &[File]) -> Self {
        let text = |wanted: &str| {
            let file = files.iter().find(|file| file.name == wanted)?;
            text::decode(file.bytes.as_ref().ok()?).ok().map(|text| text.text)
        };
        let remmina = text("remmina.pref").and_then(|text| remmina::Key::read(&text));
        let krdc = text("krdcrc").map(|text| krdc::settings(&text)).unwrap_or_default();
        Self { remmina, krdc, passwords: tigervnc::Passwords::of(files) }
    }
}
