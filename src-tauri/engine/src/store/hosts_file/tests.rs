use super::*;
use crate::{
    error::{FieldConflict, HostConflict},
    model::{Host, HostId},
    test_process::{CHILD_OF_TEST, again},
};
use serde_json::{Value, json};
use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::fs::{PermissionsExt, symlink},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::{TempDir, tempdir};

impl HostsFile {
    fn change(&mut self, change: impl FnOnce(&mut List) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut changed = List::clone(&self.list);
        change(&mut changed)?;
        self.save(changed).map(|notice| assert_eq!(notice, None))
    }

    fn put(&mut self, host: Host) -> Result<(), StoreError> {
        self.change(|list| {
            list.put(host);
            Ok(())
        })
    }

    fn remove(&mut self, id: HostId) -> Result<(), StoreError> {
        self.change(|list| list.remove(&[id]))
    }

    fn restore(&mut self, id: HostId) -> Result<(), StoreError> {
        self.change(|list| list.restore(&[id]))
    }

    fn set_last_opened(&mut self, id: HostId, when: u64) -> Result<(), StoreError> {
        self.change(|list| {
            list.get_mut(id)?.last_opened = Some(when);
            Ok(())
        })
    }

    fn take_removed(&mut self, id: HostId) -> Result<(), StoreError> {
        self.change(|list| {
            list.take_removed(id);
            Ok(())
        })
    }

    fn all(&self) -> &[Host] {
        self.list.all()
    }

    fn get(&self, id: HostId) -> Option<&Host> {
        self.list.get(id)
    }

    fn removed(&self) -> Vec<HostId> {
        self.list.removed()
    }
}

fn peek(folder: &Path) -> Vec<Host> {
    HostsFile::peek(folder).unwrap().all().to_vec()
}

fn host(name: &str) -> Host {
    Host { address: format!("{name}:1").parse().unwrap(), ..Host::demo(name) }
}

fn open(folder: &Path) -> HostsFile {
    // Another test may be starting a process in this moment, which has our closed lock open for an instant more.
    let instant = Instant::now() + Duration::from_secs(5);
    let opened = loop {
        match HostsFile::open(folder) {
            Err(StoreError::HostsInUse { .. }) if Instant::now() < instant => thread::yield_now(),
            opened => break opened.unwrap(),
        }
    };
    assert_eq!(opened.notice, None);
    opened.hosts
}

fn filled(folder: &Path, names: &[&str]) -> HostsFile {
    let mut hosts = open(folder);
    for name in names {
        hosts.put(host(name)).unwrap();
    }
    hosts
}

fn names(hosts: &[Host]) -> Vec<&str> {
    hosts.iter().map(|host| host.name.as_str()).collect()
}

fn id_of(hosts: &HostsFile, name: &str) -> HostId {
    hosts.all().iter().find(|host| host.name == name).unwrap().id
}

fn folder_with(text: &[u8]) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join(FILE), text).unwrap();
    folder
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    // Earlier versions have a folder of their own.
    let files = entries.filter(|entry| entry.file_name() != "versions");
    let mut files: Vec<_> = files.map(|entry| entry.file_name().into_string().unwrap()).collect();
    files.sort();
    files
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn hosts_are_there_again_after_a_restart() {
    let folder = tempdir().unwrap();
    let opened = HostsFile::open(folder.path()).unwrap();
    assert!(opened.first_run && opened.notice.is_none() && opened.hosts.all().is_empty());
    drop(opened);

    let hosts = filled(folder.path(), &["b", "a", "c"]);
    let before = hosts.all().to_vec();
    drop(hosts);

    let opened = HostsFile::open(folder.path()).unwrap();
    assert!(!opened.first_run);
    assert_eq!(opened.hosts.all(), before);
    assert_eq!(peek(folder.path()), before, "the command line sees them while the app has them open");
}

#[test]
fn an_emptied_list_is_no_first_run() {
    let folder = tempdir().unwrap();
    let mut hosts = filled(folder.path(), &["a"]);
    hosts.remove(id_of(&hosts, "a")).unwrap();
    drop(hosts);
    assert!(!HostsFile::open(folder.path()).unwrap().first_run);
}

#[test]
fn putting_a_known_host_replaces_it_where_it_stands() {
    let folder = tempdir().unwrap();
    let mut hosts = filled(folder.path(), &["a", "b"]);
    let renamed = Host { name: "A".into(), ..hosts.all()[0].clone() };
    hosts.put(renamed.clone()).unwrap();
    hosts.put(Host { has_password: true, ..renamed.clone() }).unwrap();
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
    assert_eq!(hosts.take_removed(id), Ok(()));
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
fn what_is_taken_for_good_moves_nothing_that_can_be_restored() {
    let all: Vec<Host> = (0..6).map(|number| Host::demo(&number.to_string())).collect();
    for removed in [[1, 4], [4, 1], [0, 5], [2, 3]] {
        for taken in [[0, 5], [2, 3], [3, 5], [1, 2]] {
            let mut list = List::default();
            list.append(all.clone());
            removed.iter().for_each(|row| list.remove(&[all[*row].id]).unwrap());
            list.take(&taken.map(|row: usize| all[row].id));
            removed.iter().for_each(|row| list.restore(&[all[*row].id]).unwrap());
            // What was removed before is not among those that are taken.
            let gone = |row: &usize| taken.contains(row) && !removed.contains(row);
            let left: Vec<_> = (0..6).filter(|row| !gone(row)).map(|row| row.to_string()).collect();
            assert_eq!(names(&list.hosts), left, "{removed:?} {taken:?}");
        }
    }
}

#[test]
fn no_order_of_removing_and_restoring_moves_the_others() {
    let folder = tempdir().unwrap();
    let hosts = filled(folder.path(), &["a", "b", "c", "d"]);
    let ids: Vec<HostId> = hosts.all().iter().map(|host| host.id).collect();
    // All orders of four, as numbers to the base of four in which each digit comes once.
    let orders: Vec<[usize; 4]> = (0..256)
        .map(|n| [n / 64, n / 16 % 4, n / 4 % 4, n % 4])
        .filter(|order| (0..4).all(|digit| order.contains(&digit)))
        .collect();
    assert_eq!(orders.len(), 24);
    for removing in &orders {
        for restoring in &orders {
            let mut all = List::clone(&hosts.list);
            for number in [2, 3, 4] {
                let gone = &removing[..number];
                gone.iter().for_each(|row| all.remove(&[ids[*row]]).unwrap());
                restoring.iter().filter(|row| gone.contains(row)).for_each(|row| all.restore(&[ids[*row]]).unwrap());
                assert_eq!(names(all.all()), ["a", "b", "c", "d"], "{gone:?} {restoring:?}");
            }
            // One of the removed is forgotten, the other comes back between the rest.
            let [forgotten, back, ..] = *removing;
            let mut list = List::clone(&hosts.list);
            list.remove(&[ids[forgotten]]).unwrap();
            list.remove(&[ids[back]]).unwrap();
            list.take_removed(ids[forgotten]);
            list.restore(&[ids[back]]).unwrap();
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
    hosts.take_removed(id).unwrap();
    assert_eq!(hosts.restore(id), Err(StoreError::NoSuchHost));
    drop(hosts);
    assert!(open(folder.path()).removed().is_empty());
    assert!(!fs::read_to_string(folder.path().join(FILE)).unwrap().contains(&id.to_string()));
}

#[test]
fn what_a_newer_portlight_wrote_survives() {
    let text = json!({
        "version": 1,
        "hosts": [{ "id": HostId::new(), "name": "a", "address": "a", "flavour": { "hue": 7 } }],
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
    assert_eq!(written["hosts"][0]["flavour"], json!({ "hue": 7 }));
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
        json!({ "version": 0, "hosts": [good] }).to_string().into_bytes(),
    ] {
        let shown = String::from_utf8_lossy(&text[..text.len().min(60)]).into_owned();
        let folder = folder_with(&text);
        let earlier = folder.path().join("hosts.unreadable-1.json");
        fs::write(&earlier, "kept earlier").unwrap();

        let Opened { mut hosts, notice, first_run } = HostsFile::open(folder.path()).unwrap();
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
    assert_eq!(names(&peek(folder.path())), ["a", "e"]);
    for _ in 0..2 {
        let opened = HostsFile::open(folder.path()).unwrap();
        assert_eq!(names(opened.hosts.all()), ["a", "e"]);
        assert!(opened.hosts.removed().is_empty() && opened.hosts.list.rest.contains_key("groups"));
        let Some(StoreError::EntriesLeftOut { path, count: 5, names, detail }) = opened.notice else {
            panic!("no notice")
        };
        assert!(path == folder.path().join(FILE) && !detail.is_empty());
        assert_eq!(names, ["b", "c", "d", "f"]);
        assert_eq!(files(folder.path()), [FILE, LOCK], "there is nothing to keep beside: nothing is lost");
        let mut hosts = opened.hosts;
        hosts.set_last_opened(first, 7).unwrap();
    }
    let written: Value = serde_json::from_slice(&fs::read(folder.path().join(FILE)).unwrap()).unwrap();
    let names: Vec<&str> =
        written["hosts"].as_array().unwrap().iter().map(|host| host["name"].as_str().unwrap_or("-")).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e", "-"], "all entries are in the file, in their order");
    let before: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(written["hosts"][1], before["hosts"][1]);
    assert_eq!(written["removed"], before["removed"]);
}

#[test]
fn an_entry_that_cannot_be_read_outlives_the_one_before_it() {
    let (first, last) = (HostId::new(), HostId::new());
    let text = json!({
        "version": 1,
        "hosts": [{ "id": first, "name": "a", "address": "a" }, { "name": "b" }, { "id": last, "name": "c", "address": "c" }],
    });
    let folder = folder_with(text.to_string().as_bytes());
    let mut hosts = HostsFile::open(folder.path()).unwrap().hosts;
    hosts.change(|list| list.remove(&[first])).unwrap();
    hosts.take_removed(first).unwrap();
    let written: Value = serde_json::from_slice(&fs::read(folder.path().join(FILE)).unwrap()).unwrap();
    assert_eq!(written["hosts"][1], json!({ "name": "b" }));
}

#[test]
fn odd_positions_in_the_file_do_no_harm() {
    let removed =
        |position: u64| json!({ "position": position, "host": { "id": HostId::new(), "name": "x", "address": "x" } });
    let text = json!({ "version": 1, "hosts": [], "removed": [removed(u64::MAX), removed(9), removed(9)] }).to_string();
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
    let list = Arc::clone(&hosts.list);
    drop(hosts);
    let text = fs::read(folder.path().join(FILE)).unwrap();
    for length in 0..=text.len() {
        let folder = folder_with(&text[..length]);
        let opened = HostsFile::open(folder.path()).unwrap();
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
    assert!(matches!(HostsFile::open(folder.path()), Err(StoreError::FileUnreadable { .. })));
    assert_eq!(files(&folder.path().join(FILE)), ["mine"]);
    assert!(matches!(HostsFile::peek(folder.path()), Err(StoreError::FileUnreadable { .. })));

    let folder = tempdir().unwrap();
    symlink("hosts.json", folder.path().join(FILE)).unwrap();
    assert!(
        matches!(HostsFile::open(folder.path()), Err(StoreError::FileUnreadable { .. })),
        "a link that leads to itself"
    );
}

#[test]
fn what_is_no_file_is_an_error_and_never_waited_for() {
    for name in [FILE, LOCK] {
        let folder = tempdir().unwrap();
        let fifo = folder.path().join(name);
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        // On a thread of its own: one that waits for a FIFO waits for ever.
        let (done, opened) = std::sync::mpsc::channel();
        let path = folder.path().to_owned();
        thread::spawn(move || {
            done.send((HostsFile::peek(&path).err(), HostsFile::open(&path).err())).unwrap();
        });
        let (peeked, opened) = opened.recv_timeout(Duration::from_secs(20)).unwrap();
        let Some(error) = opened else { panic!("{name} was opened") };
        assert!(error.to_string().contains(fifo.to_str().unwrap()), "{error}");
        assert_eq!(peeked.is_some(), name == FILE);
    }
    let folder = tempdir().unwrap();
    symlink(folder.path().join("missing/hosts.json"), folder.path().join(FILE)).unwrap();
    let mut hosts = HostsFile::open(folder.path()).unwrap().hosts;
    let Err(StoreError::HostsNotSaved { path, .. }) = hosts.put(host("a")) else { panic!("a link to nowhere") };
    assert!(path.ends_with("missing/hosts.json"));
}

/// What another program does to the file while Portlight has the list open.
fn edit(folder: &Path, change: impl FnOnce(&mut Value)) {
    let file = folder.join(FILE);
    let mut text: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    change(&mut text);
    fs::write(file, text.to_string()).unwrap();
}

#[test]
fn what_another_program_writes_meanwhile_is_not_lost() {
    let folder = tempdir().unwrap();
    let mut hosts = filled(folder.path(), &["a", "b", "c", "d"]);
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| id_of(&hosts, name));
    edit(folder.path(), |file| {
        let list = file["hosts"].as_array_mut().unwrap();
        list[0]["username"] = json!("ann");
        list[0]["flavour"] = json!("blue");
        list[0]["tags"] = json!(["lab"]);
        list.remove(2);
        list.remove(2);
        list.insert(0, json!({ "id": HostId::new(), "name": "new", "address": "new" }));
        list.push(json!({ "name": "half" }));
        file["groups"] = json!(["home"]);
    });
    // Meanwhile, here: one field of the same host, another host, and one that was taken out there.
    hosts
        .change(|list| {
            list.get_mut(a)?.last_opened = Some(7);
            list.get_mut(c)?.favourite = true;
            list.put(host("ours"));
            list.remove(&[b])
        })
        .unwrap();
    let expected = ["new", "a", "c", "ours"];
    assert_eq!(names(hosts.all()), expected);
    let merged = hosts.get(a).unwrap();
    assert_eq!(
        (merged.username.as_str(), merged.last_opened, &merged.rest["flavour"]),
        ("ann", Some(7), &json!("blue"))
    );
    assert_eq!(merged.tags, ["lab"]);
    assert!(hosts.get(c).unwrap().favourite, "taken out there and changed here: it stays");
    assert!(hosts.get(d).is_none() && hosts.removed() == [b]);
    drop(hosts);
    let opened = HostsFile::open(folder.path()).unwrap();
    assert_eq!(names(opened.hosts.all()), expected);
    assert!(matches!(opened.notice, Some(StoreError::EntriesLeftOut { count: 1, .. })));
    assert_eq!(opened.hosts.list.rest["groups"], json!(["home"]));
    assert_eq!(files(folder.path()), [FILE, LOCK], "there was nothing to contradict");
}

#[test]
fn where_two_changes_contradict_each_other_both_are_kept() {
    let folder = tempdir().unwrap();
    let mut hosts = filled(folder.path(), &["a"]);
    let a = id_of(&hosts, "a");
    edit(folder.path(), |file| file["hosts"][0]["address"] = json!("theirs"));
    let theirs = fs::read(folder.path().join(FILE)).unwrap();
    let mut changed = List::clone(&hosts.list);
    changed.get_mut(a).unwrap().address = "ours".parse().unwrap();
    let Ok(Some(StoreError::HostsConflict { kept_as, machines, conflicts })) = hosts.save(changed) else {
        panic!("no conflict")
    };
    let address = FieldConflict { field: "address".into(), theirs: json!("theirs"), ours: json!("ours") };
    assert_eq!(conflicts, [HostConflict { host: a, fields: vec![address] }]);
    assert_eq!(hosts.get(a).unwrap().address.to_string(), "ours");
    assert_eq!(kept_as, folder.path().join("hosts.conflict-1.json"));
    assert_eq!(machines, ["a"]);
    assert_eq!(fs::read(kept_as).unwrap(), theirs);
    hosts.set_last_opened(a, 1).unwrap();
}

#[test]
fn what_is_written_between_the_look_and_the_new_file_is_merged_too() {
    let folder = tempdir().unwrap();
    let mut hosts = filled(folder.path(), &["a", "b"]);
    let (base, before) = (List::clone(&hosts.list), hosts.text.clone());
    edit(folder.path(), |file| file["hosts"][1]["username"] = json!("theirs"));
    let theirs = fs::read(folder.path().join(FILE)).unwrap();
    let mut ours = base.clone();
    ours.put(host("c"));
    // As it is where the look was before that.
    let other = hosts.write(&ours, before.as_deref()).unwrap().unwrap();
    assert_eq!(other, theirs);
    let (merged, notice) = hosts.merged(&base, &other, ours).unwrap();
    assert_eq!((names(merged.all()), merged.all()[1].username.as_str()), (vec!["a", "b", "c"], "theirs"));
    assert_eq!(notice, None);
    let expected = hosts.text.clone();
    assert_eq!(hosts.write(&merged, expected.as_deref()).unwrap(), None);
    assert_eq!(peek(folder.path()), merged.all());
}

#[test]
fn what_another_program_leaves_unreadable_is_kept_beside() {
    let folder = tempdir().unwrap();
    let mut hosts = filled(folder.path(), &["a"]);
    fs::write(folder.path().join(FILE), "half a").unwrap();
    let mut changed = List::clone(&hosts.list);
    changed.put(host("b"));
    let Ok(Some(StoreError::HostsUnreadable { kept_as, .. })) = hosts.save(changed) else { panic!("no notice") };
    assert_eq!(fs::read_to_string(kept_as).unwrap(), "half a");
    assert_eq!(names(&peek(folder.path())), ["a", "b"]);
    // One that was deleted comes back with the next change.
    fs::remove_file(folder.path().join(FILE)).unwrap();
    hosts.put(host("c")).unwrap();
    assert_eq!(names(&peek(folder.path())), ["a", "b", "c"]);
}

#[test]
fn a_full_disk_loses_nothing() {
    const TEST: &str = "store::hosts_file::tests::a_full_disk_loses_nothing";
    if let Some(folder) = env::var_os(CHILD_OF_TEST) {
        let folder = PathBuf::from(folder);
        assert!(matches!(HostsFile::open(&folder.join("unreadable")), Err(StoreError::HostsNotSaved { .. })));
        let mut hosts = open(&folder.join("good"));
        let before = Arc::clone(&hosts.list);
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
    assert_eq!((files(&unreadable), files(&good)), (vec![FILE.into(), LOCK.into()], vec![FILE.into(), LOCK.into()]));
    assert_eq!(names(open(&good).all()), ["a"]);
}

#[test]
fn what_cannot_be_saved_changes_nothing() {
    let folder = tempdir().unwrap();
    let mut hosts = filled(folder.path(), &["a", "b"]);
    let before = Arc::clone(&hosts.list);
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
    assert_eq!(names(&peek(folder.path())), ["a", "b", "c"]);
}

#[test]
fn where_no_file_can_be_made_the_first_host_is_not_saved() {
    let folder = tempdir().unwrap();
    // No user can make a file in /proc, not even root.
    symlink("/proc/portlight-hosts.json", folder.path().join(FILE)).unwrap();
    let Opened { mut hosts, first_run, .. } = HostsFile::open(folder.path()).unwrap();
    assert!(first_run);
    assert!(matches!(hosts.put(host("a")), Err(StoreError::HostsNotSaved { .. })));
    assert!(hosts.all().is_empty());
    assert!(matches!(HostsFile::open(Path::new("/proc/portlight")), Err(StoreError::HostsNotSaved { .. })));
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
    const TEST: &str = "store::hosts_file::tests::only_one_can_have_it_open";
    if let Some(folder) = env::var_os(CHILD_OF_TEST) {
        let folder = PathBuf::from(folder);
        assert_eq!(HostsFile::open(&folder).unwrap_err(), StoreError::HostsInUse { path: folder.join(FILE) });
        return;
    }
    let folder = tempdir().unwrap();
    let hosts = filled(folder.path(), &["a"]);
    assert_eq!(HostsFile::open(folder.path()).unwrap_err(), StoreError::HostsInUse { path: folder.path().join(FILE) });
    assert!(again(TEST).env(CHILD_OF_TEST, folder.path()).output().unwrap().status.success(), "in another process");
    drop(hosts);
    open(folder.path());
}

#[test]
fn a_crash_while_saving_loses_nothing() {
    const TEST: &str = "store::hosts_file::tests::a_crash_while_saving_loses_nothing";
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

/// The bound is far above what it takes, and far below what is noticed in a window.
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
