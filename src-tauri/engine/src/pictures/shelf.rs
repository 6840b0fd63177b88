//! The folder with the pictures. All of it blocks.

use super::{
    PictureView, Taken,
    seal::{Key, is_blurred},
};
use crate::{model::HostId, platform};
use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// Pictures at most; the oldest ones go first.
const MAX_COUNT: usize = 500;
/// Bytes at most of all of them.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// What is being written is called so until it is whole.
const UNFINISHED: &str = ".picture-";

/// The pictures that there are.
pub(super) struct Shelf {
    folder: PathBuf,
    key: Key,
    kept: HashMap<HostId, Kept>,
    most: (usize, u64),
}

#[derive(Clone, Copy)]
struct Kept {
    /// In milliseconds since 1970.
    taken: u64,
    blurred: bool,
    bytes: u64,
}

impl Shelf {
    /// The pictures of these machines; those of others, and of another key, are removed.
    pub(super) fn open(folder: PathBuf, key: Key, hosts: impl Iterator<Item = HostId>) -> Self {
        let mut found: HashMap<String, PathBuf> =
            ours(&folder).filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path))).collect();
        let mut kept = HashMap::new();
        // Ten thousand names take a moment to be made.
        for host in hosts {
            if found.is_empty() {
                break;
            }
            let file = key.name(host).ok().and_then(|name| found.remove(&name));
            if let Some(file) = file {
                match look(&file) {
                    Some(seen) => drop(kept.insert(host, seen)),
                    None => remove(&file),
                }
            }
        }
        found.values().for_each(|file| remove(file));
        Self { folder, key, kept, most: (MAX_COUNT, MAX_BYTES) }
    }

    /// Which machines have one.
    pub(super) fn all(&self) -> Vec<PictureView> {
        self.kept.iter().map(|(host, kept)| PictureView { host: *host, taken: kept.taken }).collect()
    }

    /// The picture of a machine. A file that does not open is removed.
    pub(super) fn get(&mut self, host: HostId) -> Option<Taken> {
        self.kept.get(&host)?;
        let file = fs::read(self.file(host)?).ok();
        let picture = file.and_then(|file| self.key.open(host, &file));
        if picture.is_none() {
            self.forget(host);
        }
        picture
    }

    /// Keeps a picture in place of the one before; of too many, the oldest ones go.
    ///
    /// # Errors
    /// The system's: then the one before is still there.
    pub(super) fn put(&mut self, host: HostId, picture: &Taken) -> io::Result<()> {
        let sealed = self.key.seal(host, picture)?;
        let file = self.file(host).ok_or(io::ErrorKind::Other)?;
        platform::create_private_folder(&self.folder)?;
        // Readable by its owner only: that is how temporary files are made. A cache need not survive a power cut.
        let mut copy = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder)?;
        copy.write_all(&sealed)?;
        copy.persist(file)?;
        let kept = Kept { taken: now(), blurred: picture.blurred, bytes: sealed.len() as u64 };
        self.kept.insert(host, kept);
        self.bound(host);
        Ok(())
    }

    /// Keeps only those that may be, by machine and by whether they are blurred.
    pub(super) fn retain(&mut self, may: impl Fn(HostId, bool) -> bool) {
        let gone: Vec<_> =
            self.kept.iter().filter(|(host, kept)| !may(**host, kept.blurred)).map(|(host, _)| *host).collect();
        gone.into_iter().for_each(|host| self.forget(host));
    }

    fn bound(&mut self, newest: HostId) {
        let (count, bytes) = self.most;
        while self.kept.len() > count || self.kept.values().map(|kept| kept.bytes).sum::<u64>() > bytes {
            let others = self.kept.iter().filter(|(host, _)| **host != newest);
            let Some(oldest) = others.min_by_key(|(_, kept)| kept.taken).map(|(host, _)| *host) else { break };
            self.forget(oldest);
        }
    }

    fn forget(&mut self, host: HostId) {
        self.kept.remove(&host);
        if let Some(file) = self.file(host) {
            remove(&file);
        }
    }

    fn file(&self, host: HostId) -> Option<PathBuf> {
        self.key.name(host).ok().map(|name| self.folder.join(name))
    }
}

/// Removes all pictures, whatever their key.
pub(super) fn clear(folder: &Path) {
    ours(folder).for_each(|file| remove(&file));
}

/// The files in the folder that are called like ours.
fn ours(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let is_ours = |name: &str| {
        name.starts_with(UNFINISHED) || name.len() == 32 && name.bytes().all(|letter| letter.is_ascii_hexdigit())
    };
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter(move |file| file.file_name().to_str().is_some_and(is_ours)).map(|file| file.path())
}

fn look(file: &Path) -> Option<Kept> {
    let mut opened = File::open(file).ok()?;
    let facts = opened.metadata().ok().filter(fs::Metadata::is_file)?;
    let mut head = [0; 2];
    opened.read_exact(&mut head).ok()?;
    let taken = facts.modified().map_or(0, since_1970);
    Some(Kept { taken, blurred: is_blurred(&head)?, bytes: facts.len() })
}

fn remove(file: &Path) {
    if let Err(cause) = fs::remove_file(file)
        && cause.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%cause, "a picture is not removed");
    }
}

fn now() -> u64 {
    since_1970(SystemTime::now())
}

fn since_1970(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    fn picture(of: u8) -> Taken {
        Taken { blurred: false, size: (800, 600), file: [b"\xff\xd8\xff", &[of; 100][..]].concat() }
    }

    fn files(folder: &Path) -> usize {
        fs::read_dir(folder).map_or(0, Iterator::count)
    }

    #[test]
    fn pictures_are_there_again_with_the_same_key_and_only_those_of_known_machines() {
        let folder = tempdir().unwrap();
        let place = folder.path().join("new");
        let (key, hosts) = (Key::new().unwrap(), [HostId::new(), HostId::new()]);
        let same = || Key::parse(&key.print()).unwrap();
        let mut shelf = Shelf::open(place.clone(), same(), hosts.into_iter());
        assert!(shelf.get(hosts[0]).is_none() && shelf.all().is_empty());
        shelf.put(hosts[0], &picture(1)).unwrap();
        shelf.put(hosts[1], &picture(2)).unwrap();
        shelf.put(hosts[0], &picture(3)).unwrap();
        assert_eq!(files(&place), 2);
        fs::write(place.join(".picture-half"), "").unwrap();
        fs::write(place.join("mine"), "").unwrap();

        let mut shelf = Shelf::open(place.clone(), same(), hosts[..1].iter().copied());
        assert_eq!(shelf.all().iter().map(|view| view.host).collect::<Vec<_>>(), hosts[..1]);
        assert!(now() - shelf.all()[0].taken < 60_000);
        assert!(shelf.get(hosts[0]) == Some(picture(3)) && shelf.get(hosts[1]).is_none());
        assert_eq!(files(&place), 2, "the other one, and what was unfinished, are gone; what is not ours stays");
        let shelf = Shelf::open(place.clone(), Key::new().unwrap(), hosts.into_iter());
        assert!(shelf.all().is_empty());
        assert_eq!(files(&place), 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_their_user_can_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempdir().unwrap();
        let place = folder.path().join("pictures");
        let host = HostId::new();
        let mut shelf = Shelf::open(place.clone(), Key::new().unwrap(), [host].into_iter());
        shelf.put(host, &picture(1)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let file = fs::read_dir(&place).unwrap().next().unwrap().unwrap().path();
        assert_eq!((mode(&place), mode(&file)), (0o700, 0o600));
    }

    #[test]
    fn of_too_many_the_oldest_go() {
        let folder = tempdir().unwrap();
        let hosts: Vec<_> = (0..5).map(|_| HostId::new()).collect();
        let mut shelf = Shelf::open(folder.path().to_owned(), Key::new().unwrap(), hosts.iter().copied());
        shelf.most.0 = 3;
        for (age, host) in hosts.iter().enumerate() {
            shelf.put(*host, &picture(1)).unwrap();
            shelf.kept.get_mut(host).unwrap().taken = age as u64;
        }
        let left = |shelf: &Shelf| hosts.iter().map(|host| shelf.kept.contains_key(host)).collect::<Vec<_>>();
        assert_eq!(left(&shelf), [false, false, true, true, true]);
        assert_eq!(files(folder.path()), 3);
        shelf.most.1 = 1;
        shelf.put(hosts[2], &picture(1)).unwrap();
        assert_eq!(left(&shelf), [false, false, true, false, false], "one may always be there");
    }

    #[test]
    fn one_that_was_tampered_with_is_gone() {
        let folder = tempdir().unwrap();
        let hosts = [HostId::new(), HostId::new()];
        let mut shelf = Shelf::open(folder.path().to_owned(), Key::new().unwrap(), hosts.into_iter());
        shelf.put(hosts[0], &picture(1)).unwrap();
        shelf.put(hosts[1], &picture(2)).unwrap();
        fs::rename(shelf.file(hosts[0]).unwrap(), shelf.file(hosts[1]).unwrap()).unwrap();
        assert!(hosts.iter().all(|host| shelf.get(*host).is_none()));
        assert_eq!((files(folder.path()), shelf.all().len()), (0, 0));
    }
}
