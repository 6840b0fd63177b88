//! Files as they were found: bounded, and nothing but regular files.

use super::places::Places;
use crate::import::{ChosenIn, File, FileProblem, MAX_BYTES, MAX_BYTES_IN_ALL, MAX_FILES};
use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Reads files, and those in folders: not in folders within them, and nothing behind a symbolic link there. A link that was
/// chosen itself is followed.
pub(in super::super) fn read(paths: &[PathBuf]) -> Vec<File> {
    let mut reader = Reader { files: Vec::new(), bytes: 0 };
    for path in paths {
        match fs::read_dir(path) {
            Ok(folder) => {
                // One entry more than are read, so that it shows.
                let entries = folder.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
                let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).take(MAX_FILES + 1).collect();
                files.sort();
                files.iter().for_each(|file| reader.add(file, None));
            }
            Err(_) => reader.add(path, chosen_in(path)),
        }
    }
    reader.files
}

/// Reads one file, and no folder. A link is followed.
pub(super) fn read_one(path: &Path) -> File {
    let mut reader = Reader { files: Vec::new(), bytes: 0 };
    let bytes = reader.bytes(path);
    File { name: name_of(path), bytes, chosen_in: None }
}

/// The folder of a file that was chosen itself.
fn chosen_in(file: &Path) -> Option<ChosenIn> {
    let folder = std::path::absolute(file).ok()?.parent()?.to_owned();
    let is_tigervncs = Places::of_this_user().tigervnc().contains(&folder);
    Some(ChosenIn { folder, is_tigervncs })
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

struct Reader {
    files: Vec<File>,
    bytes: usize,
}

impl Reader {
    fn add(&mut self, path: &Path, chosen_in: Option<ChosenIn>) {
        if self.files.len() > MAX_FILES {
            return;
        }
        let name = name_of(path);
        let bytes = if self.files.len() == MAX_FILES { Err(FileProblem::TooMany) } else { self.bytes(path) };
        self.files.push(File { name, bytes, chosen_in });
    }

    fn bytes(&mut self, path: &Path) -> Result<Vec<u8>, FileProblem> {
        let unreadable = |cause: io::Error| FileProblem::Unreadable { detail: cause.to_string() };
        // Before it is opened: a FIFO would be waited for without end.
        if !fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(FileProblem::NotAFile);
        }
        let room = MAX_BYTES.min(MAX_BYTES_IN_ALL - self.bytes);
        let mut bytes = Vec::new();
        let file = fs::File::open(path).map_err(unreadable)?;
        file.take(room as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() > room {
            return Err(FileProblem::TooLarge);
        }
        self.bytes += bytes.len();
        Ok(bytes)
    }
}
