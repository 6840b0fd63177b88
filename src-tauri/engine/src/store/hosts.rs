//! The list of hosts as one file, `hosts.json`: docs/HOSTS-FILE.md describes it.
//!
//! Two promises: a change is in the file before anybody sees it, and nothing that was in the file is ever lost.

use crate::{
    error::{Result, StoreError},
    model::{Host, HostId, name_for},
    store::file,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// The file's format. It grows with new fields, which keep their place through older versions; a change that an older
/// Portlight must not touch gets a new number.
const VERSION: u64 = 1;
const FILE: &str = "hosts.json";
const LOCK: &str = "hosts.lock";

/// The list of hosts, open for changes. Nobody else can open it while this lives.
#[derive(Debug)]
pub struct Hosts {
    list: List,
    file: PathBuf,
    /// Unlocked by the system when it is closed, also after a crash.
    _lock: File,
}

/// What [`Hosts::open`] found.
#[derive(Debug)]
pub struct Opened {
    /// The list.
    pub hosts: Hosts,
    /// Something that the user has to know: [`StoreError::HostsUnreadable`].
    pub notice: Option<StoreError>,
    /// Whether there was no list yet.
    pub first_run: bool,
}

impl Hosts {
    /// Opens the list in `folder` and keeps other instances out. A list that cannot be read is kept beside.
    ///
    /// # Errors
    /// [`StoreError::HostsInUse`]; [`StoreError::HostsNotSaved`] where the folder or the file beside cannot be written;
    /// [`StoreError::System`] where the system does not let us read a file that is there.
    pub fn open(folder: &Path) -> Result<Opened, StoreError> {
        let file = folder.join(FILE);
        let not_saved = |cause: io::Error| StoreError::HostsNotSaved { path: file.clone(), detail: cause.to_string() };
        file::create_private_folder(folder).map_err(not_saved)?;
        let lock = file::private().create(true).truncate(false).open(folder.join(LOCK)).map_err(not_saved)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::HostsInUse { path: file }),
            Err(TryLockError::Error(cause)) => return Err(not_saved(cause)),
        }
        let mut hosts = Self { list: List::default(), file: file::target_of(&file), _lock: lock };
        // We hold the so nobody is writing it.
        file::remove_unfinished(&hosts.file);
        let bytes = match fs::read(&hosts.file) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                return Ok(Opened { hosts, notice: None, first_run: true });
            }
            Err(cause) => {
                let detail = format!("could not read the list of machines in {}: {cause}", file.display());
                return Err(StoreError::System { detail });
            }
        };
        let (list, problem) = parse(&bytes).unwrap_or_else(|problem| (List::default(), Some(problem)));
        let notice = match problem {
            None => None,
            Some(detail) => {
                let kept_as = file::keep_beside(&file, &bytes).map_err(not_saved)?;
                hosts.save(&list)?;
                Some(StoreError::HostsUnreadable { kept_as, detail })
            }
        };
        hosts.list = list;
        Ok(Opened { hosts, notice, first_run: false })
    }

    /// The hosts in `folder` as they are now, without opening the list; empty where they cannot be read.
    pub fn read(folder: &Path) -> Vec<Host> {
        let bytes = fs::read(folder.join(FILE)).unwrap_or_default();
        parse(&bytes).map(|(list, _)| list.hosts).unwrap_or_default()
    }

    /// All hosts, in the order in which they were added.
    pub fn all(&self) -> &[Host] {
        &self.list.hosts
    }

    /// The host `id`.
    pub fn get(&self, id: HostId) -> Option<&Host> {
        self.list.hosts.iter().find(|host| host.id == id)
    }

    /// Adds a host at the end, or replaces the one with the same id.
    ///
    /// # Errors
    /// [`StoreError::HostsNotSaved`]; then nothing has changed, here and below.
    pub fn put(&mut self, host: Host) -> Result<(), StoreError> {
        self.change(|list| {
            list.put(host);
            Ok(())
        })
    }

    /// Takes a host off the list; [`Hosts::restore`] brings it back.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub fn remove(&mut self, id: HostId) -> Result<(), StoreError> {
        self.change(|list| list.remove(id))
    }

    /// Brings a removed host back to its old place.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub fn restore(&mut self, id: HostId) -> Result<(), StoreError> {
        self.change(|list| list.restore(id))
    }

    /// The removed hosts that can still be restored, or whose password is still to be forgotten.
    pub fn removed(&self) -> Vec<HostId> {
        self.list.removed.iter().map(|removed| removed.host.id).collect()
    }

    /// Forgets a removed host for good.
    ///
    /// # Errors
    /// [`StoreError::HostsNotSaved`].
    pub fn forget_removed(&mut self, id: HostId) -> Result<(), StoreError> {
        self.change(|list| {
            list.take_removed(id);
            Ok(())
        })
    }

    /// Notes whether the keyring has the host's password.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub fn set_has_password(&mut self, id: HostId, has_password: bool) -> Result<(), StoreError> {
        self.change(|list| {
            list.get_mut(id)?.has_password = has_password;
            Ok(())
        })
    }

    /// Notes when the host was last opened, in seconds since 1970.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`].
    pub fn set_last_opened(&mut self, id: HostId, when: u64) -> Result<(), StoreError> {
        self.change(|list| {
            list.get_mut(id)?.last_opened = Some(when);
            Ok(())
        })
    }

    fn change(&mut self, change: impl FnOnce(&mut List) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut list = self.list.clone();
        change(&mut list)?;
        self.save(&list)?;
        self.list = list;
        Ok(())
    }

    fn save(&self, list: &List) -> Result<(), StoreError> {
        let saved = list.print().map_err(io::Error::from).and_then(|bytes| file::write_whole(&self.file, &bytes));
        saved.map_err(|cause| StoreError::HostsNotSaved { path: self.file.clone(), detail: cause.to_string() })
    }
}

// ---- the list

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq)]
struct List {
    hosts: Vec<Host>,
    /// Sorted by position.
    removed: Vec<Removed>,
    /// What a newer Portlight wrote, kept as it was.
    rest: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Removed {
    /// Where it stands among all hosts, the removed ones included: so that no order of undoing moves the others.
    position: usize,
    host: Host,
}

impl List {
    fn get_mut(&mut self, id: HostId) -> Result<&mut Host, StoreError> {
        self.hosts.iter_mut().find(|host| host.id == id).ok_or(StoreError::NoSuchHost)
    }

    fn put(&mut self, host: Host) {
        if let Ok(existing) = self.get_mut(host.id) {
            *existing = host;
        } else {
            self.take_removed(host.id);
            self.hosts.push(host);
        }
    }

    fn remove(&mut self, id: HostId) -> Result<(), StoreError> {
        let row = self.hosts.iter().position(|host| host.id == id).ok_or(StoreError::NoSuchHost)?;
        let host = self.hosts.remove(row);
        let step_over = |position, before: &Removed| position + usize::from(before.position <= position);
        let position = self.removed.iter().fold(row, step_over);
        let index = self.removed.partition_point(|before| before.position < position);
        self.removed.insert(index, Removed { position, host });
        Ok(())
    }

    fn restore(&mut self, id: HostId) -> Result<(), StoreError> {
        let index = self.removed.iter().position(|removed| removed.host.id == id).ok_or(StoreError::NoSuchHost)?;
        let Removed { position, host } = self.removed.remove(index);
        // The removed ones before it stand in no row of `hosts`.
        let row = position.saturating_sub(index).min(self.hosts.len());
        self.hosts.insert(row, host);
        Ok(())
    }

    fn take_removed(&mut self, id: HostId) {
        let Some(index) = self.removed.iter().position(|removed| removed.host.id == id) else { return };
        self.removed.remove(index);
        for later in &mut self.removed[index..] {
            later.position = later.position.saturating_sub(1);
        }
    }

    fn print(&self) -> serde_json::Result<Vec<u8>> {
        #[derive(Serialize)]
        struct Printed<'a> {
            version: u64,
            hosts: &'a [Host],
            removed: &'a [Removed],
            #[serde(flatten)]
            rest: &'a Map<String, Value>,
        }
        let Self { hosts, removed, rest } = self;
        let mut text = serde_json::to_vec_pretty(&Printed { version: VERSION, hosts, removed, rest })?;
        text.push(b'\n');
        Ok(text)
    }
}

/// Reads the file's text. Beside the list comes a sentence about entries that had to be left out of it.
fn parse(text: &[u8]) -> Result<(List, Option<String>), String> {
    let mut rest = file::parse(text, VERSION)?;
    let mut left_out = Vec::new();
    let mut hosts: Vec<Host> = file::entries(&mut rest, "hosts", &mut left_out)?.ok_or("it has no hosts")?;
    let mut removed: Vec<Removed> = file::entries(&mut rest, "removed", &mut left_out)?.unwrap_or_default();

    let mut ids = HashSet::new();
    let mut is_new = |host: &Host| {
        ids.insert(host.id) || {
            left_out.push("an id comes twice".to_owned());
            false
        }
    };
    hosts.retain(&mut is_new);
    removed.retain(|removed| is_new(&removed.host));
    removed.sort_by_key(|removed| removed.position);
    for host in &mut hosts {
        if host.name.trim().is_empty() {
            host.name = name_for(&host.address);
        }
    }
    Ok((List { hosts, removed, rest }, file::left_out(&left_out)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_process::{CHILD_OF_TEST, again};
    use serde_json::json;
    use std::{
        env,
        io::{BufRead, BufReader},
        os::unix::fs::{PermissionsExt, symlink},
        process::{Command, Stdio},
        thread,
        time::{Duration, Instant},
    };
    use tempfile::{TempDir, tempdir};

    fn host(name: &str) -> Host {
        Host { address: format!("{name}:1").parse().unwrap(), ..Host::demo(name) }
    }

    fn open(folder: &Path) -> Hosts {
        // Another test may be starting a process in this moment, which has our closed lock open for an instant more.
        let instant = Instant::now() + Duration::from_secs(5);
        let opened = loop {
            match Hosts::open(folder) {
                Err(StoreError::HostsInUse { .. }) if Instant::now() < instant => thread::yield_now(),
                opened => break opened.unwrap(),
            }
        };
        assert_eq!(opened.notice, None);
        opened.hosts
    }

    fn filled(folder: &Path, names: &[&str]) -> Hosts {
        let mut hosts = open(folder);
        for name in names {
            hosts.put(host(name)).unwrap();
        }
        hosts
    }

    fn names(hosts: &[Host]) -> Vec<&str> {
        hosts.iter().map(|host| host.name.as_str()).collect()
    }

    fn id_of(hosts: &Hosts, name: &str) -> HostId {
        hosts.all().iter().find(|host| host.name == name).unwrap().id
    }

    fn folder_with(text: &[u8]) -> TempDir {
        let folder = tempdir().unwrap();
        fs::write(folder.path().join(FILE), text).unwrap();
        folder
    }

    fn files(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(name).collect();
        files.sort();
        files
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn hosts_are_there_again_after_a_restart() {
        let folder = tempdir().unwrap();
        let opened = Hosts::open(folder.path()).unwrap();
        assert!(opened.first_run && opened.notice.is_none() && opened.hosts.all().is_empty());
        drop(opened);

        let hosts = filled(folder.path(), &["b", "a", "c"]);
        let before = hosts.all().to_vec();
        drop(hosts);

        let opened = Hosts::open(folder.path()).unwrap();
        assert!(!opened.first_run);
        assert_eq!(opened.hosts.all(), before);
        assert_eq!(Hosts::read(folder.path()), before, "the command line sees them while the app has them open");
    }

    #[test]
    fn an_emptied_list_is_no_first_run() {
        let folder = tempdir().unwrap();
        let mut hosts = filled(folder.path(), &["a"]);
        hosts.remove(id_of(&hosts, "a")).unwrap();
        drop(hosts);
        assert!(!Hosts::open(folder.path()).unwrap().first_run);
    }

    #[test]
    fn putting_a_known_host_replaces_it_where_it_stands() {
        let folder = tempdir().unwrap();
        let mut hosts = filled(folder.path(), &["a", "b"]);
        let renamed = Host { name: "A".into(), ..hosts.all()[0].clone() };
        hosts.put(renamed.clone()).unwrap();
        hosts.set_has_password(renamed.id, true).unwrap();
        hosts.set_last_opened(renamed.id, 7).unwrap();
        drop(hosts);
        let hosts = open(folder.path());
        assert_eq!(names(hosts.all()), ["A", "b"]);
        assert_eq!(hosts.get(renamed.id), Some(&Host { has_password: true, last_opened: Some(7), ..renamed }));
    }

    #[test]
    fn unknown_hosts_are_an_error_and_forgetting_one_is_none() {
        let folder = tempdir().unwrap();
        let mut hosts = open(folder.path());
        let id = HostId::new();
        assert_eq!(hosts.remove(id), Err(StoreError::NoSuchHost));
        assert_eq!(hosts.restore(id), Err(StoreError::NoSuchHost));
        assert_eq!(hosts.set_last_opened(id, 1), Err(StoreError::NoSuchHost));
        assert_eq!(hosts.set_has_password(id, true), Err(StoreError::NoSuchHost));
        assert_eq!(hosts.forget_removed(id), Ok(()));
    }

    #[test]
    fn a_removed_host_comes_back_to_its_place_also_after_a_restart() {
        let folder = tempdir().unwrap();
        let mut hosts = filled(folder.path(), &["a", "b", "c"]);
        let b = hosts.get(id_of(&hosts, "b")).unwrap().clone();
        hosts.remove(b.id).unwrap();
        assert_eq!((names(hosts.all()), hosts.removed()), (vec!["a", "c"], vec![b.id]));
        drop(hosts);

        let mut hosts = open(folder.path());
        assert_eq!(hosts.removed(), [b.id]);
        hosts.put(host("d")).unwrap();
        hosts.restore(b.id).unwrap();
        assert_eq!(names(hosts.all()), ["a", "b", "c", "d"]);
        assert_eq!(hosts.get(b.id), Some(&b));
        assert_eq!(hosts.restore(b.id), Err(StoreError::NoSuchHost));
    }

    #[test]
    fn no_order_of_removing_and_restoring_moves_the_others() {
        let folder = tempdir().unwrap();
        let mut hosts = filled(folder.path(), &["a", "b", "c", "d"]);
        let ids: Vec<HostId> = hosts.all().iter().map(|host| host.id).collect();
        // All orders of four, as numbers to the base of four in which each digit comes once.
        let orders: Vec<[usize; 4]> = (0..256)
            .map(|n| [n / 64, n / 16 % 4, n / 4 % 4, n % 4])
            .filter(|order| (0..4).all(|digit| order.contains(&digit)))
            .collect();
        assert_eq!(orders.len(), 24);
        for removing in &orders {
            for restoring in &orders {
                for number in [2, 3, 4] {
                    let gone = &removing[..number];
                    gone.iter().for_each(|row| hosts.list.remove(ids[*row]).unwrap());
                    restoring
                        .iter()
                        .filter(|row| gone.contains(row))
                        .for_each(|row| hosts.list.restore(ids[*row]).unwrap());
                    assert_eq!(names(hosts.all()), ["a", "b", "c", "d"], "{gone:?} {restoring:?}");
                }
                // One of the removed is forgotten, the other comes back between the rest.
                let [forgotten, back, ..] = *removing;
                let mut list = hosts.list.clone();
                list.remove(ids[forgotten]).unwrap();
                list.remove(ids[back]).unwrap();
                list.take_removed(ids[forgotten]);
                list.restore(ids[back]).unwrap();
                let expected: Vec<HostId> = (0..4).filter(|row| *row != forgotten).map(|row| ids[row]).collect();
                assert_eq!(list.hosts.iter().map(|host| host.id).collect::<Vec<_>>(), expected);
            }
        }
    }

    #[test]
    fn a_forgotten_host_is_gone() {
        let folder = tempdir().unwrap();
        let mut hosts = filled(folder.path(), &["a"]);
        let id = id_of(&hosts, "a");
        hosts.remove(id).unwrap();
        hosts.forget_removed(id).unwrap();
        assert_eq!(hosts.restore(id), Err(StoreError::NoSuchHost));
        drop(hosts);
        assert!(open(folder.path()).removed().is_empty());
        assert!(!fs::read_to_string(folder.path().join(FILE)).unwrap().contains(&id.to_string()));
    }

    #[test]
    fn what_a_newer_portlight_wrote_survives() {
        let text = json!({
            "version": 1,
            "hosts": [{ "id": HostId::new(), "name": "a", "address": "a", "colour": { "hue": 7 } }],
            "groups": ["home"],
        });
        let folder = folder_with(text.to_string().as_bytes());
        let mut hosts = open(folder.path());
        let id = id_of(&hosts, "a");
        hosts.put(host("b")).unwrap();
        hosts.set_last_opened(id, 3).unwrap();
        hosts.remove(id).unwrap();
        hosts.restore(id).unwrap();
        drop(hosts);
        let written: Value = serde_json::from_slice(&fs::read(folder.path().join(FILE)).unwrap()).unwrap();
        assert_eq!(written["groups"], json!(["home"]));
        assert_eq!(written["hosts"][0]["colour"], json!({ "hue": 7 }));
        assert_eq!(written["hosts"][0]["last_opened"], 3);
    }

    #[test]
    fn a_host_without_a_name_is_called_by_its_address() {
        let text = json!({ "version": 1, "hosts": [{ "id": HostId::new(), "name": " ", "address": "a:1" }] });
        assert_eq!(names(open(folder_with(text.to_string().as_bytes()).path()).all()), ["a:5901"]);
    }

    #[test]
    fn an_unreadable_list_is_kept_beside_and_a_new_one_begins() {
        let id = HostId::new();
        let good = json!({ "id": id, "name": "a", "address": "a" });
        for text in [
            b"".to_vec(),
            b"{".to_vec(),
            b"\xff\xfe{}".to_vec(),
            b"[]".to_vec(),
            b"null".to_vec(),
            "[".repeat(100_000).into_bytes(),
            br#"{"hosts":[]}"#.to_vec(),
            br#"{"version":1}"#.to_vec(),
            br#"{"version":"1","hosts":[]}"#.to_vec(),
            br#"{"version":1,"hosts":{}}"#.to_vec(),
            br#"{"version":1,"hosts":[],"removed":7}"#.to_vec(),
            json!({ "version": 2, "hosts": [good] }).to_string().into_bytes(),
        ] {
            let shown = String::from_utf8_lossy(&text[..text.len().min(60)]).into_owned();
            let folder = folder_with(&text);
            let earlier = folder.path().join("hosts.unreadable-1.json");
            fs::write(&earlier, "kept earlier").unwrap();

            let Opened { mut hosts, notice, first_run } = Hosts::open(folder.path()).unwrap();
            assert!(hosts.all().is_empty() && !first_run, "{shown}");
            let Some(StoreError::HostsUnreadable { kept_as, detail }) = notice else { panic!("no notice: {shown}") };
            assert_eq!(kept_as, folder.path().join("hosts.unreadable-2.json"));
            assert_eq!(fs::read(&kept_as).unwrap(), text, "{shown}");
            assert_eq!(mode(&kept_as), 0o600);
            assert_eq!(fs::read_to_string(&earlier).unwrap(), "kept earlier");
            assert!(!detail.is_empty());

            hosts.put(host("new")).unwrap();
            drop(hosts);
            assert_eq!(names(open(folder.path()).all()), ["new"], "{shown}");
            assert_eq!(fs::read(&kept_as).unwrap(), text, "{shown}");
        }
    }

    #[test]
    fn a_bad_entry_does_not_take_the_good_ones_with_it() {
        let (first, second) = (HostId::new(), HostId::new());
        let text = json!({
            "version": 1,
            "hosts": [
                { "id": first, "name": "a", "address": "a" },
                { "id": HostId::new(), "name": "b", "address": "no address" },
                { "id": "no id", "name": "c", "address": "c" },
                { "id": first, "name": "d", "address": "d" },
                { "id": second, "name": "e", "address": "e" },
                "no host",
            ],
            "removed": [{ "position": 0, "host": { "id": second, "name": "f", "address": "f" } }],
            "groups": [],
        })
        .to_string();
        let folder = folder_with(text.as_bytes());
        assert_eq!(names(&Hosts::read(folder.path())), ["a", "e"]);
        let opened = Hosts::open(folder.path()).unwrap();
        assert_eq!(names(opened.hosts.all()), ["a", "e"]);
        assert!(opened.hosts.removed().is_empty() && opened.hosts.list.rest.contains_key("groups"));
        let Some(StoreError::HostsUnreadable { kept_as, detail }) = opened.notice else { panic!("no notice") };
        assert_eq!(fs::read_to_string(kept_as).unwrap(), text);
        assert!(detail.starts_with("5 entries were left out; the first: "), "{detail}");
        drop(opened.hosts);
        assert_eq!(names(open(folder.path()).all()), ["a", "e"], "the second start has nothing to say");
    }

    #[test]
    fn odd_positions_in_the_file_do_no_harm() {
        let removed = |position: u64| json!({ "position": position, "host": { "id": HostId::new(), "name": "x", "address": "x" } });
        let text =
            json!({ "version": 1, "hosts": [], "removed": [removed(u64::MAX), removed(9), removed(9)] }).to_string();
        let folder = folder_with(text.as_bytes());
        let mut hosts = open(folder.path());
        hosts.put(host("a")).unwrap();
        hosts.remove(id_of(&hosts, "a")).unwrap();
        for id in hosts.removed() {
            hosts.restore(id).unwrap();
        }
        assert_eq!(hosts.all().len(), 4);
    }

    #[test]
    fn a_file_cut_off_anywhere_loads_whole_or_is_kept() {
        let folder = tempdir().unwrap();
        let mut hosts = filled(folder.path(), &["a", "bü"]);
        hosts.remove(id_of(&hosts, "a")).unwrap();
        let list = hosts.list.clone();
        drop(hosts);
        let text = fs::read(folder.path().join(FILE)).unwrap();
        for length in 0..=text.len() {
            let folder = folder_with(&text[..length]);
            let opened = Hosts::open(folder.path()).unwrap();
            match opened.notice {
                None => assert_eq!(opened.hosts.list, list, "{length}"),
                Some(StoreError::HostsUnreadable { kept_as, .. }) => {
                    assert_eq!(fs::read(kept_as).unwrap(), &text[..length]);
                    assert!(opened.hosts.all().is_empty(), "{length}");
                }
                Some(other) => panic!("{other}"),
            }
        }
    }

    #[test]
    fn a_file_that_the_system_withholds_is_left_alone() {
        let folder = tempdir().unwrap();
        fs::create_dir(folder.path().join(FILE)).unwrap();
        fs::write(folder.path().join(FILE).join("mine"), "").unwrap();
        assert!(matches!(Hosts::open(folder.path()), Err(StoreError::System { .. })));
        assert_eq!(files(&folder.path().join(FILE)), ["mine"]);
        assert!(Hosts::read(folder.path()).is_empty());

        let folder = tempdir().unwrap();
        symlink("hosts.json", folder.path().join(FILE)).unwrap();
        assert!(matches!(Hosts::open(folder.path()), Err(StoreError::System { .. })), "a link that leads to itself");
    }

    #[test]
    fn a_full_disk_loses_nothing() {
        const TEST: &str = "store::hosts::tests::a_full_disk_loses_nothing";
        if let Some(folder) = env::var_os(CHILD_OF_TEST) {
            let folder = PathBuf::from(folder);
            assert!(matches!(Hosts::open(&folder.join("unreadable")), Err(StoreError::HostsNotSaved { .. })));
            let mut hosts = open(&folder.join("good"));
            let before = hosts.list.clone();
            assert!(matches!(hosts.put(host("b")), Err(StoreError::HostsNotSaved { .. })));
            assert_eq!(hosts.list, before);
            return;
        }
        let folder = tempdir().unwrap();
        let (good, unreadable) = (folder.path().join("good"), folder.path().join("unreadable"));
        drop(filled(&good, &["a"]));
        fs::create_dir(&unreadable).unwrap();
        fs::write(unreadable.join(FILE), "precious").unwrap();

        // Under this limit every write to a file fails, for root too.
        let full = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
        let test = again(TEST);
        let mut child = Command::new("sh");
        child.args(["-c", full, "sh"]).arg(test.get_program()).args(test.get_args()).env(CHILD_OF_TEST, folder.path());
        let output = child.output().unwrap();
        assert!(output.status.success(), "{output:?}");

        assert_eq!(fs::read_to_string(unreadable.join(FILE)).unwrap(), "precious");
        assert_eq!(
            (files(&unreadable), files(&good)),
            (vec![FILE.into(), LOCK.into()], vec![FILE.into(), LOCK.into()])
        );
        assert_eq!(names(open(&good).all()), ["a"]);
    }

    #[test]
    fn what_cannot_be_saved_changes_nothing() {
        let folder = tempdir().unwrap();
        let mut hosts = filled(folder.path(), &["a", "b"]);
        let before = hosts.list.clone();
        let a = id_of(&hosts, "a");

        // Not even root can rename a file over a folder.
        let file = folder.path().join(FILE);
        let text = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        for error in [hosts.put(host("c")), hosts.remove(a), hosts.set_last_opened(a, 1)] {
            let Err(StoreError::HostsNotSaved { path, detail }) = error else { panic!("{error:?}") };
            assert!(path == file && !detail.is_empty());
            assert_eq!(hosts.list, before);
        }
        assert_eq!(files(folder.path()), [FILE, LOCK], "no unfinished file stays behind");

        fs::remove_dir(&file).unwrap();
        fs::write(&file, text).unwrap();
        hosts.put(host("c")).unwrap();
        assert_eq!(names(&Hosts::read(folder.path())), ["a", "b", "c"]);
    }

    #[test]
    fn where_no_file_can_be_made_the_first_host_is_not_saved() {
        let folder = tempdir().unwrap();
        // Nobody can make a file in /proc, not even root.
        symlink("/proc/portlight-hosts.json", folder.path().join(FILE)).unwrap();
        let Opened { mut hosts, first_run, .. } = Hosts::open(folder.path()).unwrap();
        assert!(first_run);
        assert!(matches!(hosts.put(host("a")), Err(StoreError::HostsNotSaved { .. })));
        assert!(hosts.all().is_empty());
        assert!(matches!(Hosts::open(Path::new("/proc/portlight")), Err(StoreError::HostsNotSaved { .. })));
    }

    #[test]
    fn only_the_owner_can_read_it() {
        let parent = tempdir().unwrap();
        let folder = parent.path().join("new").join("portlight");
        let _hosts = filled(&folder, &["a"]);
        assert_eq!(mode(&folder), 0o700);
        assert_eq!((mode(&folder.join(FILE)), mode(&folder.join(LOCK))), (0o600, 0o600));
    }

    #[test]
    fn a_link_to_the_file_stays_a_link() {
        let (folder, dotfiles) = (tempdir().unwrap(), tempdir().unwrap());
        let target = dotfiles.path().join("portlight.json");
        let link = folder.path().join(FILE);
        symlink(&target, &link).unwrap();
        // First the target is not there yet, then it is.
        for name in ["a", "b"] {
            let mut hosts = open(folder.path());
            hosts.put(host(name)).unwrap();
            assert_eq!(fs::read_link(&link).unwrap(), target);
            assert!(fs::read_to_string(&target).unwrap().contains(&format!("\"{name}\"")));
            drop(hosts);
        }
        assert_eq!(names(open(folder.path()).all()), ["a", "b"]);
        assert_eq!(files(dotfiles.path()), ["portlight.json"]);
    }

    #[test]
    fn only_one_can_have_it_open() {
        const TEST: &str = "store::hosts::tests::only_one_can_have_it_open";
        if let Some(folder) = env::var_os(CHILD_OF_TEST) {
            let folder = PathBuf::from(folder);
            assert_eq!(Hosts::open(&folder).unwrap_err(), StoreError::HostsInUse { path: folder.join(FILE) });
            return;
        }
        let folder = tempdir().unwrap();
        let hosts = filled(folder.path(), &["a"]);
        assert_eq!(Hosts::open(folder.path()).unwrap_err(), StoreError::HostsInUse { path: folder.path().join(FILE) });
        assert!(again(TEST).env(CHILD_OF_TEST, folder.path()).output().unwrap().status.success(), "in another process");
        drop(hosts);
        open(folder.path());
    }

    #[test]
    fn a_crash_while_saving_loses_nothing() {
        const TEST: &str = "store::hosts::tests::a_crash_while_saving_loses_nothing";
        if let Some(folder) = env::var_os(CHILD_OF_TEST) {
            let mut hosts = open(Path::new(&folder));
            for number in 0.. {
                hosts.put(host(&format!("m{number}"))).unwrap();
                println!("saved {}", hosts.all().len());
            }
        }
        let folder = tempdir().unwrap();
        drop(filled(folder.path(), &["first"]));
        let mut unfinished = 0;
        for round in 0..30 {
            let mut child = again(TEST).env(CHILD_OF_TEST, folder.path()).stdout(Stdio::piped()).spawn().unwrap();
            let said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
            let mut saved = said.filter_map(|line| line.rsplit_once("saved ")?.1.parse::<usize>().ok());
            let mut last = saved.nth(usize::try_from(round % 5).unwrap()).unwrap();
            // Not to wait for anything, but to meet a different moment of saving each time.
            thread::sleep(Duration::from_micros(97 * round));
            child.kill().unwrap();
            child.wait().unwrap();
            last = saved.last().unwrap_or(last);

            unfinished += usize::from(files(folder.path()).len() > 2);
            let hosts = open(folder.path());
            let read = hosts.all().len();
            assert!(read == last || read == last + 1, "{read} hosts are there, {last} were saved");
            assert_eq!(files(folder.path()), [FILE, LOCK], "nothing unfinished accumulates");
        }
        assert!(unfinished > 0, "no child died while saving: this tests nothing");
    }

    /// The bound is far above what it takes, and far below what anybody would notice in a window.
    #[test]
    fn ten_thousand_hosts_are_no_burden() {
        let folder = tempdir().unwrap();
        let hosts: Vec<Host> = (0..10_000).map(|number| host(&format!("machine-{number}"))).collect();
        fs::write(folder.path().join(FILE), List { hosts, ..List::default() }.print().unwrap()).unwrap();
        let start = Instant::now();
        let mut hosts = open(folder.path());
        let opening = start.elapsed();
        let start = Instant::now();
        hosts.put(host("one-more")).unwrap();
        let putting = start.elapsed();
        println!("10 000 hosts: open {opening:?}, put {putting:?}");
        assert!(opening + putting < Duration::from_secs(5), "open {opening:?}, put {putting:?}");
    }
}
