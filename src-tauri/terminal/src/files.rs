//! Files among what is to be opened: which words are some, and how they are told to the Portlight that runs, which may be in
//! another folder.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use portlight_engine::recording;
use std::path::{Path, PathBuf, absolute};

/// The endings of files that say how a machine is reached, in lower case. A name of a machine ends with none of them; what does is
/// called a file also where there is none, and not looked up in the network.
const ENDINGS: [&str; 7] = [recording::EXTENSION, "portlight", "vnc", "tigervnc", "remmina", "vv", "vncloc"];

/// What stays as it is in a `file:` address (RFC 8089, RFC 3986).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// Whether a word names a file by what it looks like: a `file:` address of this computer, as file managers give it, or a path with
/// an ending of one that Portlight opens.
pub fn looks_like_file(word: &str) -> bool {
    address(word).is_some() || has_ending(word)
}

/// The file that a word names: one that looks like it, or the whole path of a file that is there. Other whole paths are sockets.
pub fn file_of(word: &str) -> Option<PathBuf> {
    if let Some(path) = address(word) {
        return Some(path);
    }
    let path = Path::new(word);
    (has_ending(word) || path.is_absolute() && path.is_file()).then(|| path.to_owned())
}

/// Whether a file is a recording, by its ending.
pub fn is_recording(path: &Path) -> bool {
    ending(path).is_some_and(|ending| ending == recording::EXTENSION)
}

/// The address of a file, which means the same in every folder and is never an option.
pub fn address_of(path: &Path) -> String {
    let path = absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("file://{}", percent_encode(path.as_os_str().as_encoded_bytes(), ENCODED))
}

fn has_ending(word: &str) -> bool {
    !word.contains("://") && ending(Path::new(word)).is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

fn ending(path: &Path) -> Option<String> {
    path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase)
}

/// The path in a `file:` address without a host, or with this one (RFC 8089, section 2 and appendix B).
fn address(word: &str) -> Option<PathBuf> {
    let (scheme, rest) = word.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("file") {
        return None;
    }
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let (host, _) = rest.split_once('/')?;
            if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
                return None;
            }
            &rest[host.len()..]
        }
        None => rest,
    };
    path.starts_with('/').then(|| decoded(path))
}

#[cfg(unix)]
fn decoded(path: &str) -> PathBuf {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};
    OsString::from_vec(percent_decode_str(path).collect()).into()
}

/// A drive stands behind the first slash. Never compiled here.
#[cfg(windows)]
fn decoded(path: &str) -> PathBuf {
    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
    path.strip_prefix('/').map_or_else(|| PathBuf::from(&path), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt};

    #[test]
    fn a_file_is_known_by_its_address_or_its_ending() {
        for (word, path) in [
            ("file:///home/ann/My%20box.vnc", "/home/ann/My box.vnc"),
            ("FILE://localhost/x/a%25b.vv", "/x/a%b.vv"),
            ("file:/x/y", "/x/y"),
            ("file:///tmp/--view-only", "/tmp/--view-only"),
            ("box.VNC", "box.VNC"),
            ("../a b.remmina", "../a b.remmina"),
            ("session.plrec", "session.plrec"),
            ("ann:x@box.tigervnc", "ann:x@box.tigervnc"),
        ] {
            assert!(looks_like_file(word), "{word}");
            assert_eq!(file_of(word), Some(path.into()), "{word}");
        }
        for word in
            ["", "box", "box:1", "vnc://box/x.vnc", "file://elsewhere/x.vnc", "wss://a/b.vv", "/run/vnc.sock", ".vnc"]
        {
            assert!(!looks_like_file(word) && file_of(word).is_none(), "{word}");
        }
    }

    #[test]
    fn a_whole_path_is_a_file_where_there_is_one() {
        let folder = std::env::temp_dir().join(format!("portlight-files-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("list.csv");
        fs::write(&file, "").unwrap();
        assert_eq!(file_of(file.to_str().unwrap()), Some(file.clone()));
        assert_eq!(file_of(folder.to_str().unwrap()), None);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_address_leads_back_to_its_file_whatever_that_is_called() {
        for name in [&b"/a/b c.vnc"[..], b"/a/%41?#&.vv", b"/\xff\n/x.plrec", "/用户/盒.vnc".as_bytes()] {
            let path = Path::new(OsStr::from_bytes(name));
            let address = address_of(path);
            assert!(address.starts_with("file:///") && address.is_ascii(), "{address}");
            assert_eq!(file_of(&address).as_deref(), Some(path));
        }
        assert_eq!(file_of(&address_of(Path::new("box.vnc"))), Some(absolute("box.vnc").unwrap()));
        assert!(is_recording(Path::new("/a/b.PLREC")) && !is_recording(Path::new("/a/b.vnc")));
    }
}
