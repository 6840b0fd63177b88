//! Where other programs keep their lists on this computer.

use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A program with a list in a usual place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "ImportSource"))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Remmina.
    Remmina,
    /// TigerVNC: its files and its history.
    Tigervnc,
    /// GNOME Connections.
    Connections,
    /// KRDC.
    Krdc,
    /// UltraVNC.
    Ultravnc,
    /// mRemoteNG.
    Mremoteng,
    /// OpenSSH's configuration.
    Ssh,
}

impl Source {
    const ALL: [Self; 7] =
        [Self::Remmina, Self::Tigervnc, Self::Connections, Self::Krdc, Self::Ultravnc, Self::Mremoteng, Self::Ssh];
}

/// A program whose list is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "ImportSourceView"))]
pub struct SourceView {
    /// Which one.
    pub source: Source,
    /// How many files with machines it has.
    #[cfg_attr(test, ts(type = "number"))]
    pub files: usize,
}

/// The user's folders.
pub(super) struct Places {
    home: PathBuf,
    config: PathBuf,
    data: PathBuf,
    state: PathBuf,
}

impl Places {
    /// As the system names them; a folder that has no name is one that is not there.
    pub(super) fn of_this_user() -> Self {
        let home = dirs::home_dir().unwrap_or_default();
        Self {
            config: dirs::config_dir().unwrap_or_default(),
            data: dirs::data_dir().unwrap_or_default(),
            state: dirs::state_dir().unwrap_or_else(|| home.join(".local/state")),
            home,
        }
    }

    /// The programs that have a list.
    pub(super) fn sources(&self) -> Vec<SourceView> {
        let is_list = |path: &PathBuf| !path.ends_with("remmina.pref") && !path.ends_with("krdcrc");
        let view =
            |source| SourceView { source, files: self.paths(source).iter().filter(|path| is_list(path)).count() };
        Source::ALL.into_iter().map(view).filter(|view| view.files > 0).collect()
    }

    /// Where TigerVNC keeps its files: those of machines, and its file of a password.
    pub(super) fn tigervnc(&self) -> [PathBuf; 2] {
        [self.config.join("tigervnc"), self.home.join(".vnc")]
    }

    /// The files of a program that are there, those that say something about them included.
    pub(super) fn paths(&self, source: Source) -> Vec<PathBuf> {
        let (home, config, data) = (&self.home, &self.config, &self.data);
        let flatpak = |app: &str| home.join(".var/app").join(app);
        let paths = match source {
            Source::Remmina => {
                let inside = flatpak("org.remmina.Remmina");
                let folders = [data.join("remmina"), home.join(".remmina"), inside.join("data/remmina")];
                let settings = [config.join("remmina/remmina.pref"), inside.join("config/remmina/remmina.pref")];
                let machines = folders.iter().flat_map(|folder| files_in(folder, "remmina"));
                // The settings belong to the first of the two places that are there.
                settings.into_iter().filter(|path| path.is_file()).take(1).chain(machines).collect()
            }
            Source::Tigervnc => {
                let histories = [self.state.join("tigervnc/tigervnc.history"), home.join(".vnc/tigervnc.history")];
                self.tigervnc().iter().flat_map(|folder| files_in(folder, "tigervnc")).chain(histories).collect()
            }
            Source::Connections => {
                vec![config.join("connections.db"), flatpak("org.gnome.Connections").join("config/connections.db")]
            }
            Source::Krdc => vec![config.join("krdcrc"), data.join("krdc/bookmarks.xml")],
            Source::Ultravnc => files_in(&config.join("UltraVNC"), "vnc"),
            Source::Mremoteng => vec![config.join("mRemoteNG/confCons.xml")],
            Source::Ssh => vec![home.join(".ssh/config")],
        };
        paths.into_iter().filter(|path| path.is_file()).collect()
    }
}

/// The files in `folder` with this ending, by name.
fn files_in(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_found_where_programs_keep_them() {
        let home = tempfile::tempdir().unwrap();
        let at = |path: &str| home.path().join(path);
        let places =
            Places { home: at(""), config: at(".config"), data: at(".local/share"), state: at(".local/state") };
        assert_eq!(places.sources(), []);
        for path in [
            ".local/share/remmina/b.remmina",
            ".local/share/remmina/a.remmina",
            ".local/share/remmina/notes.txt",
            ".config/remmina/remmina.pref",
            ".local/state/tigervnc/tigervnc.history",
            ".config/krdcrc",
            ".ssh/config",
        ] {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), "").unwrap();
        }
        let found: Vec<_> = places.sources().iter().map(|view| (view.source, view.files)).collect();
        assert_eq!(found, [(Source::Remmina, 2), (Source::Tigervnc, 1), (Source::Ssh, 1)]);
        let names = |source| -> Vec<String> {
            let paths = places.paths(source);
            paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(Source::Remmina), ["remmina.pref", "a.remmina", "b.remmina"]);
    }
}
