//! Files that are whole or not there, and that only their owner reads.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// What is being written bears these until it is whole.
const UNFINISHED: (&str, &str) = (".portlight-", ".tmp");

/// The file at the end of a symbolic link, even if it is not there yet: people keep their settings in a repository and
/// link to them, and replacing the link would part the two.
pub(crate) fn target_of(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| match (fs::read_link(file), file.parent()) {
        (Ok(target), Some(folder)) => folder.join(target),
        _ => file.to_owned(),
    })
}

/// Writes a file so that, whatever happens, either the old or the new text is there, whole.
pub(crate) fn write_whole(file: &Path, text: &[u8]) -> io::Result<()> {
    let folder = file.parent().ok_or(ErrorKind::NotFound)?;
    // Readable by its owner only: that is how temporary files are made.
    let mut unfinished = tempfile::Builder::new().prefix(UNFINISHED.0).suffix(UNFINISHED.1).tempfile_in(folder)?;
    unfinished.write_all(text)?;
    unfinished.as_file().sync_all()?;
    unfinished.persist(file).map_err(|error| error.error)?;
    // The new text is in place; only a power cut could still undo that. Some file systems cannot do this for a folder.
    #[cfg(unix)]
    if let Err(cause) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%cause, "a folder was not synchronised");
    }
    Ok(())
}

/// Keeps what could not be read as `name`.unreadable-1.json, or the first number that nothing has yet.
pub(crate) fn keep(folder: &Path, name: &str, text: &[u8]) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let path = folder.join(format!("{name}.unreadable-{number}.json"));
        match private_file().create_new(true).open(&path) {
            Ok(mut file) => {
                return match file.write_all(text).and_then(|()| file.sync_all()) {
                    Ok(()) => Ok(path),
                    Err(cause) => {
                        // Half a copy helps nobody, and the original is still in place.
                        let _ = fs::remove_file(&path);
                        Err(cause)
                    }
                };
            }
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(cause) => return Err(cause),
        }
    }
}

pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

pub(crate) fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes what a crash while writing has left in `folder`. Only for whoever knows that nobody is writing there.
pub(crate) fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1) {
            // One that stays is only untidy.
            let _ = fs::remove_file(entry.path());
        }
    }
}
