//! Files of Portlight's own: JSON with a version, private, replaced whole or not at all, and never lost.

use crate::platform;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::{
    borrow::Cow,
    ffi::OsStr,
    fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// The file at the end of a symbolic link, even if it is not there yet: people keep their settings in a repository and
/// link to them, and replacing the link would part the two.
pub(crate) fn target_of(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| match (fs::read_link(file), file.parent()) {
        (Ok(target), Some(folder)) => folder.join(target),
        _ => file.to_owned(),
    })
}

/// Reads a file; none where there is none. Only a regular file is opened: a FIFO would be waited for without end.
pub(crate) fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    if is_regular(file)? { fs::read(file).map(Some) } else { Ok(None) }
}

/// Whether there is a file that can be opened without waiting.
///
/// # Errors
/// The system's, and that it is something else than a file.
pub(crate) fn is_regular(file: &Path) -> io::Result<bool> {
    match fs::metadata(file) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(found) if found.is_dir() => Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder")),
        Ok(_) => Err(io::Error::new(ErrorKind::InvalidInput, "it is no regular file")),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(cause),
    }
}

/// Writes a file so that, whatever happens, either the old or the new text is there, whole. It is its owner's only,
/// whatever it was before. Blocks until the disk has it.
///
/// Where the file itself cannot be replaced (a bind mount), it is written in place, see [`write_in_place`].
pub(crate) fn write_whole(file: &Path, text: &[u8]) -> io::Result<()> {
    let folder = file.parent().ok_or(ErrorKind::NotFound)?;
    let unfinished = match unfinished_copy(file, folder, text) {
        // Only the file itself is writable, its folder is not.
        Err(cause) if matches!(cause.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            return if file.is_file() { overwrite(file, text) } else { Err(cause) };
        }
        unfinished => unfinished?,
    };
    match unfinished.persist(file) {
        Ok(_) => {}
        Err(refused) if matches!(refused.error.kind(), ErrorKind::ResourceBusy | ErrorKind::CrossesDevices) => {
            return write_in_place(file, refused.file, text);
        }
        Err(refused) => return Err(refused.error),
    }
    sync_folder(folder);
    Ok(())
}

/// The same as [`write_whole`], where other programs may write the file, too: returns what lay there, where that was something
/// else than `expected`. Where the system cannot exchange two files, what is written in that very moment is not seen.
pub(crate) fn exchange(file: &Path, text: &[u8], expected: Option<&[u8]>) -> io::Result<Option<Vec<u8>>> {
    #[cfg(target_os = "linux")]
    if let Some(folder) = file.parent()
        && expected.is_some()
        // A folder would be exchanged, too.
        && fs::symlink_metadata(file).is_ok_and(|found| found.is_file())
        && let Ok(unfinished) = unfinished_copy(file, folder, text)
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        // Where it fails, the plain way says why.
        if renameat_with(CWD, unfinished.path(), CWD, file, RenameFlags::EXCHANGE).is_ok() {
            sync_folder(folder);
            // It is gone with this function.
            let was = fs::read(unfinished.path());
            if let Err(cause) = &was {
                tracing::warn!(%cause, "what lay there before is not known");
            }
            return Ok(was.ok().filter(|was| Some(&was[..]) != expected));
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = expected;
    write_whole(file, text).map(|()| None)
}

/// The new text, complete and on the disk, under another name in the same folder.
fn unfinished_copy(file: &Path, folder: &Path, text: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    // Readable by its owner only: that is how temporary files are made.
    let mut copy = tempfile::Builder::new().prefix(&unfinished(file)).suffix(UNFINISHED).tempfile_in(folder)?;
    copy.write_all(text)?;
    copy.as_file().sync_all()?;
    Ok(copy)
}

/// Writes into a file that cannot be replaced. The whole new text lies beside it until that is done: [`recover`] finishes
/// what a crash interrupted.
fn write_in_place(file: &Path, copy: tempfile::NamedTempFile, text: &[u8]) -> io::Result<()> {
    let beside = in_place_copy(file);
    copy.persist(&beside).map_err(|refused| refused.error)?;
    if let Some(folder) = file.parent() {
        sync_folder(folder);
    }
    overwrite(file, text)?;
    fs::remove_file(&beside)
}

fn overwrite(file: &Path, text: &[u8]) -> io::Result<()> {
    let mut opened = platform::private_file().create(true).truncate(true).open(file)?;
    #[cfg(unix)]
    if let Err(cause) = opened.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)) {
        tracing::debug!(%cause, file = %file.display(), "its mode stays as it is");
    }
    opened.write_all(text)?;
    opened.sync_all()
}

/// Finishes a [`write_in_place`] that a crash interrupted: the copy beside the file is complete, so it replaces a file
/// that is not. A complete file is the newer one, or its owner's.
pub(crate) fn recover(file: &Path) -> io::Result<()> {
    let beside = in_place_copy(file);
    let Some(text) = read(&beside)? else { return Ok(()) };
    let is_complete = read(file)?.is_some_and(|found| serde_json::from_slice::<Value>(&utf8(&found)).is_ok());
    if !is_complete {
        overwrite(file, &text)?;
    }
    fs::remove_file(&beside)
}

/// After this a power cut does not undo a rename. Some file systems cannot do it for a folder.
fn sync_folder(folder: &Path) {
    if let Err(cause) = platform::sync_folder(folder) {
        tracing::debug!(%cause, folder = %folder.display(), "the folder was not synchronised");
    }
}

/// A crash within [`write_whole`] leaves an unfinished file behind. It can go where nothing else writes the file.
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

/// Keeps `text` beside `file`, as `<name>.<why>-<number>.json` under a number that is not taken yet. `why` is
/// `unreadable` or `conflict`.
pub(crate) fn keep_beside(file: &Path, why: &str, text: &[u8]) -> io::Result<PathBuf> {
    let stem = stem(file);
    let mut number = 1;
    loop {
        let path = file.with_file_name(format!("{stem}.{why}-{number}.json"));
        match platform::private_file().create_new(true).open(&path) {
            Ok(mut kept) => {
                return match kept.write_all(text).and_then(|()| kept.sync_all()) {
                    Ok(()) => Ok(path),
                    Err(cause) => {
                        // Half a copy is worth nothing, and the original is still in place.
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

/// A file's text as UTF-8 without a mark, whatever an editor has made of it: UTF-8 with a mark, or UTF-16 in either order.
/// What is none of them stays as it is.
fn utf8(text: &[u8]) -> Cow<'_, [u8]> {
    let units = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (units, odd) = bytes.as_chunks::<2>();
        let read = String::from_utf16(&units.iter().copied().map(unit).collect::<Vec<_>>());
        read.ok().filter(|_| odd.is_empty()).map(String::into_bytes)
    };
    let read = match text {
        [0xef, 0xbb, 0xbf, rest @ ..] => return Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        // JSON begins with an ASCII character.
        [1..=0xff, 0, ..] => units(text, u16::from_le_bytes),
        [0, 1..=0xff, ..] => units(text, u16::from_be_bytes),
        _ => None,
    };
    read.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Reads a file's text: its fields, without its version.
pub(crate) fn parse(text: &[u8], version: u64) -> Result<Map<String, Value>, String> {
    let mut fields: Map<String, Value> = serde_json::from_slice(&utf8(text)).map_err(|cause| cause.to_string())?;
    match fields.remove("version") {
        Some(found) if found.as_u64() == Some(version) => Ok(fields),
        Some(other) => Err(format!("its version is {other}, this Portlight reads version {version}")),
        None => Err("it has no version".to_owned()),
    }
}

/// The version of a text that a newer Portlight has written, whatever else stands in it; none where it is none.
pub(crate) fn newer_version(text: &[u8], version: u64) -> Option<u64> {
    let fields: Map<String, Value> = serde_json::from_slice(&utf8(text)).ok()?;
    fields.get("version")?.as_u64().filter(|found| *found > version)
}

/// An entry of a list that cannot be read. It stays in the file as it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LeftOut {
    /// As it stands in the file.
    pub(crate) value: Value,
    /// Why it cannot be read.
    pub(crate) reason: String,
}

/// An entry of a list with its text, or one that cannot be read.
type Entry<T> = Result<(T, Value), LeftOut>;

/// Takes the list `name` out of `fields`, in its order. An entry that cannot be read does not take the others with it.
///
/// # Errors
/// That it is no list.
pub(crate) fn entries<T: DeserializeOwned>(
    fields: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<Vec<Entry<T>>>, String> {
    let values = match fields.remove(name) {
        None => return Ok(None),
        Some(Value::Array(values)) => values,
        Some(_) => return Err(format!("its \"{name}\" is not a list")),
    };
    let read = |value: Value| match T::deserialize(&value) {
        Ok(entry) => Ok((entry, value)),
        Err(cause) => Err(LeftOut { value, reason: cause.to_string() }),
    };
    Ok(Some(values.into_iter().map(read).collect()))
}

/// What is being written bears this prefix and [`UNFINISHED`] until it is whole.
fn unfinished(file: &Path) -> String {
    format!(".portlight-{}-", stem(file))
}

/// Where the new text lies while a file that cannot be replaced is written.
fn in_place_copy(file: &Path) -> PathBuf {
    file.with_file_name(format!("{}.writing.json", stem(file)))
}

fn stem(file: &Path) -> String {
    file.file_stem().map(OsStr::to_string_lossy).unwrap_or_default().into_owned()
}

const UNFINISHED: &str = ".tmp";

#[cfg(test)]
mod tests {
    use super::*;
    use std::{os::unix::fs::PermissionsExt, process::Command};
    use tempfile::tempdir;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs this test again with `file` as a bind mount, which cannot be renamed over. Needs util-linux, and a system that
    /// lets its users make namespaces.
    fn again_on_a_bind_mount(test: &str, file: &Path, mounted: &Path) -> bool {
        let again = crate::test_process::again(test);
        let script = "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"";
        let mut child = Command::new("unshare");
        child.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(mounted).arg(file);
        child.arg(again.get_program()).args(again.get_args());
        child.env(crate::test_process::CHILD_OF_TEST, file).output().unwrap().status.success()
    }

    #[test]
    fn a_file_that_cannot_be_replaced_is_written_in_place() {
        const TEST: &str = "store::file::tests::a_file_that_cannot_be_replaced_is_written_in_place";
        if let Some(file) = std::env::var_os(crate::test_process::CHILD_OF_TEST) {
            for text in ["{\"long\": \"text\"}", "{}"] {
                write_whole(Path::new(&file), text.as_bytes()).unwrap();
                assert_eq!(fs::read_to_string(&file).unwrap(), text);
            }
            return;
        }
        let (folder, elsewhere) = (tempdir().unwrap(), tempdir().unwrap());
        let (file, mounted) = (folder.path().join("hosts.json"), elsewhere.path().join("real.json"));
        fs::write(&file, "").unwrap();
        fs::write(&mounted, "old").unwrap();
        assert!(again_on_a_bind_mount(TEST, &file, &mounted));
        assert_eq!(fs::read_to_string(&mounted).unwrap(), "{}");
        assert_eq!(fs::metadata(&mounted).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(folder.path()), ["hosts.json"], "nothing stays behind");
    }

    #[test]
    fn what_somebody_else_has_written_in_that_moment_is_handed_out() {
        let folder = tempdir().unwrap();
        let file = folder.path().join("hosts.json");
        assert_eq!(exchange(&file, b"1", None).unwrap(), None);
        assert_eq!(exchange(&file, b"2", Some(b"1")).unwrap(), None);
        fs::write(&file, "theirs").unwrap();
        assert_eq!(exchange(&file, b"3", Some(b"2")).unwrap().as_deref(), Some(&b"theirs"[..]));
        assert_eq!(fs::read(&file).unwrap(), b"3");
        fs::remove_file(&file).unwrap();
        assert_eq!(exchange(&file, b"4", Some(b"3")).unwrap(), None, "nothing was there");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(folder.path()), ["hosts.json"]);
    }

    #[test]
    fn a_write_in_place_that_a_crash_interrupted_is_finished() {
        let folder = tempdir().unwrap();
        let file = folder.path().join("hosts.json");
        let beside = in_place_copy(&file);
        for (found, after) in [
            ("{\"half", "{\"new\":1}"),
            ("", "{\"new\":1}"),
            // Complete: written to its end, or edited since.
            ("{\"edited\":2}", "{\"edited\":2}"),
        ] {
            fs::write(&beside, "{\"new\":1}").unwrap();
            fs::write(&file, found).unwrap();
            recover(&file).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), after);
            assert_eq!(names(folder.path()), ["hosts.json"]);
            recover(&file).unwrap();
        }
    }

    #[test]
    fn whatever_an_editor_makes_of_the_text_is_read() {
        let text = "{ \"version\": 1, \"name\": \"Büro 🖥\" }\r\n";
        let units = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let (little, big) = (units(u16::to_le_bytes), units(u16::to_be_bytes));
        for written in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            [&b"\xff\xfe"[..], &little].concat(),
            [&b"\xfe\xff"[..], &big].concat(),
            little.clone(),
            big,
        ] {
            assert_eq!(parse(&written, 1).unwrap()["name"], "Büro 🖥", "{written:?}");
        }
        assert!(parse(&little[..little.len() - 3], 1).is_err(), "half a letter");
    }

    #[test]
    fn what_is_no_regular_file_is_not_waited_for() {
        let folder = tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert_eq!(read(&fifo).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(read(folder.path()).unwrap_err().kind(), ErrorKind::IsADirectory);
        assert_eq!(read(&folder.path().join("missing")).unwrap(), None);
    }
}
