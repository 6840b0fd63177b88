//! Files of Portlight's own: JSON with a version, private, replaced whole or not at all, and never lost.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// Makes `folder` where it is missing, for its owner only.
pub(crate) fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// To open a file for writing; a new one is its owner's only.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The file at the end of a symbolic link, even if it is not there yet: people keep their settings in a repository and
/// link to them, and replacing the link would part the two.
pub(crate) fn target_of(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| match (fs::read_link(file), file.parent()) {
        (Ok(target), Some(folder)) => folder.join(target),
        _ => file.to_owned(),
    })
}

/// Writes a file so that, whatever happens, either the old or the new text is there, whole. It is its owner's only,
/// whatever it was before.
pub(crate) fn write_whole(file: &Path, text: &[u8]) -> io::Result<()> {
    let folder = file.parent().ok_or(ErrorKind::NotFound)?;
    // Readable by its owner only: that is how temporary files are made.
    let mut unfinished = tempfile::Builder::new().prefix(&unfinished(file)).suffix(UNFINISHED).tempfile_in(folder)?;
    unfinished.write_all(text)?;
    unfinished.as_file().sync_all()?;
    unfinished.persist(file).map_err(|error| error.error)?;
    // The new text is in place; only a power cut could still undo that. Some file systems cannot do this for a folder.
    #[cfg(unix)]
    if let Err(cause) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%cause, folder = %folder.display(), "the folder was not synchronised");
    }
    Ok(())
}

/// A crash within [`write_whole`] leaves an unfinished file behind. It can go, if nobody else is writing.
pub(crate) fn remove_unfinished(file: &Path) {
    let prefix = unfinished(file);
    let entries = file.parent().and_then(|folder| fs::read_dir(folder).ok());
    for entry in entries.into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&prefix) && name.ends_with(UNFINISHED) {
            // One that stays is only untidy.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Keeps `text`, which could not be read, beside `file`: as `<name>.unreadable-<number>.json`, under a number that
/// nothing has yet.
pub(crate) fn keep_beside(file: &Path, text: &[u8]) -> io::Result<PathBuf> {
    let stem = stem(file);
    let mut number = 1;
    loop {
        let path = file.with_file_name(format!("{stem}.unreadable-{number}.json"));
        match private().create_new(true).open(&path) {
            Ok(mut kept) => {
                return match kept.write_all(text).and_then(|()| kept.sync_all()) {
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

/// Reads a file's text: its fields, without its version.
pub(crate) fn parse(text: &[u8], version: u64) -> Result<Map<String, Value>, String> {
    let mut fields: Map<String, Value> = serde_json::from_slice(text).map_err(|cause| cause.to_string())?;
    match fields.remove("version") {
        Some(found) if found.as_u64() == Some(version) => Ok(fields),
        Some(other) => Err(format!("its version is {other}, this Portlight reads version {version}")),
        None => Err("it has no version".to_owned()),
    }
}

/// Takes the list `name` out of `fields`: those of its entries that can be read, as one that cannot must not take the
/// others with it.
pub(crate) fn entries<T: DeserializeOwned>(
    fields: &mut Map<String, Value>,
    name: &str,
    left_out: &mut Vec<String>,
) -> Result<Option<Vec<T>>, String> {
    let values = match fields.remove(name) {
        None => return Ok(None),
        Some(Value::Array(values)) => values,
        Some(_) => return Err(format!("its \"{name}\" is not a list")),
    };
    let read = |value| serde_json::from_value(value).map_err(|cause| left_out.push(cause.to_string())).ok();
    Ok(Some(values.into_iter().filter_map(read).collect()))
}

/// A sentence about entries that had to be left out, if there were any.
pub(crate) fn left_out(reasons: &[String]) -> Option<String> {
    Some(match reasons {
        [] => return None,
        [only] => format!("one entry was left out: {only}"),
        [first, ..] => format!("{} entries were left out; the first: {first}", reasons.len()),
    })
}

/// What is being written bears this prefix and [`UNFINISHED`] until it is whole.
fn unfinished(file: &Path) -> String {
    format!(".portlight-{}-", stem(file))
}

fn stem(file: &Path) -> String {
    file.file_stem().map(OsStr::to_string_lossy).unwrap_or_default().into_owned()
}

const UNFINISHED: &str = ".tmp";
