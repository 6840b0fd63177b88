use super::*;
use crate::{
    error::{Error, KeyringError},
    keyring::{Entry, Memory, Store},
    services::Hosts,
    store::LoginsFile,
};
use std::{
    fmt::Write,
    sync::atomic::{AtomicUsize, Ordering},
};
use tempfile::TempDir;
use tokio::sync::watch;

/// A keyring that refuses after some passwords.
#[derive(Clone)]
struct Limited {
    memory: Arc<Memory>,
    room: Arc<AtomicUsize>,
}

impl Store for Limited {
    fn check(&self) -> Result<(), KeyringError> {
        self.memory.check()
    }

    fn get(&self, account: &str) -> Result<Option<Entry>, KeyringError> {
        self.memory.get(account)
    }

    fn set(&self, account: &str, entry: &Entry) -> Result<(), KeyringError> {
        let room = self.room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |room| room.checked_sub(1));
        room.map_err(|_| KeyringError::Failed { detail: "full".to_owned() })?;
        self.memory.set(account, entry)
    }

    fn forget(&self, account: &str) -> Result<(), KeyringError> {
        self.memory.forget(account)
    }
}

struct Fixture {
    imports: Imports,
    saved: Arc<Hosts>,
    keyring: Limited,
    changes: watch::Receiver<u64>,
    folder: TempDir,
}

fn start() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let list = Arc::new(HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap());
    let keyring = Limited { memory: Arc::default(), room: Arc::new(AtomicUsize::new(usize::MAX)) };
    let changes = list.changes();
    let logins = Arc::new(LoginsFile::open(folder.path()));
    let saved = Hosts::new(Arc::clone(&list), Keyring::with_store(keyring.clone()), logins);
    Fixture { imports: Imports::new(list, Keyring::with_store(keyring.clone())), saved, keyring, changes, folder }
}

impl Fixture {
    async fn preview(&self, name: &str, text: &str) -> Preview {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        self.imports.preview_files(vec![path]).await.unwrap()
    }

    async fn import(&self, preview: &Preview, passwords: bool) -> Result<Imported> {
        self.imports.import(preview.number, preview.proposed(passwords), passwords).await
    }

    fn hosts(&self) -> Vec<Host> {
        self.imports.list.get().all().to_vec()
    }

    fn password(&self, id: HostId) -> Option<String> {
        self.keyring.memory.get(&id.to_string()).unwrap().map(|kept| kept.secret.expose().to_owned())
    }

    fn revision(&self) -> u64 {
        *self.changes.borrow()
    }
}

const CSV: &str = "name,host,user,password\nA,a.local,ann,quince7\nB,b.local,,medlar42\nC,c.local,,\n";

#[tokio::test]
async fn an_import_of_ten_thousand_machines_is_one_write_one_event_and_one_step_back() {
    let fixture = start();
    let list = (0..10_000).fold("name,host\n".to_owned(), |mut list, number| {
        writeln!(list, "M{number},machine-{number}.local").unwrap();
        list
    });
    let preview = fixture.preview("list.csv", &list).await;
    assert_eq!(fixture.revision(), 0, "looking changes nothing");
    let imported = fixture.import(&preview, false).await.unwrap();
    assert_eq!(imported, Imported { added: 10_000, ..Imported::default() });
    assert_eq!((fixture.hosts().len(), fixture.revision()), (10_000, 1));
    assert_eq!(HostsFile::peek(fixture.folder.path()).unwrap().all().len(), 10_000);

    let undone = fixture.saved.undo(None).await.unwrap();
    assert_eq!((undone.step.count, undone.left.len()), (10_000, 0));
    assert!(fixture.hosts().is_empty() && fixture.imports.list.get().removed().is_empty());
    fixture.saved.redo().await.unwrap();
    assert_eq!(fixture.hosts().len(), 10_000);
}

#[tokio::test]
async fn passwords_are_taken_only_where_that_was_said_and_go_with_the_undo() {
    let fixture = start();
    let preview = fixture.preview("list.csv", CSV).await;
    assert_eq!(fixture.import(&preview, false).await.unwrap(), Imported { added: 3, changed: 0, passwords: 0 });
    assert!(fixture.hosts().iter().all(|host| !host.has_password && fixture.password(host.id).is_none()));

    // The same files once more: only the passwords are new.
    let preview = fixture.preview("list.csv", CSV).await;
    assert_eq!(preview.proposed(false), [] as [usize; 0]);
    assert_eq!(fixture.import(&preview, true).await.unwrap(), Imported { added: 0, changed: 2, passwords: 2 });
    let hosts = fixture.hosts();
    let passwords: Vec<_> = hosts.iter().map(|host| (host.has_password, fixture.password(host.id))).collect();
    assert_eq!(passwords, [(true, Some("quince7".into())), (true, Some("medlar42".into())), (false, None)]);
    let file = fs::read_to_string(fixture.folder.path().join("hosts.json")).unwrap();
    assert!(!file.contains("quince7") && !file.contains("medlar42"));

    fixture.saved.undo(None).await.unwrap();
    let hosts = fixture.hosts();
    assert_eq!(hosts.len(), 3, "the import before stays");
    assert!(hosts.iter().all(|host| !host.has_password && fixture.password(host.id).is_none()));
    fixture.saved.redo().await.unwrap();
    let again: Vec<_> = fixture.hosts().iter().map(|host| (host.has_password, fixture.password(host.id))).collect();
    assert_eq!(again, passwords);
}

#[tokio::test]
async fn where_something_fails_nothing_is_added_and_no_password_stays() {
    let fixture = start();
    let preview = fixture.preview("list.csv", CSV).await;
    fixture.keyring.room.store(1, Ordering::SeqCst);
    assert!(matches!(fixture.import(&preview, true).await, Err(Error::Keyring(KeyringError::Failed { .. }))));
    assert_eq!((fixture.hosts(), fixture.revision()), (vec![], 0));

    fixture.keyring.room.store(usize::MAX, Ordering::SeqCst);
    let (file, aside) = (fixture.folder.path().join("hosts.json"), fixture.folder.path().join("aside"));
    let seed = fixture.preview("one.csv", "name,host\nS,s.local\n").await;
    fixture.import(&seed, false).await.unwrap();
    fs::rename(&file, &aside).unwrap();
    fs::create_dir(&file).unwrap();
    let preview = fixture.preview("list.csv", CSV).await;
    let before = fixture.keyring.memory.get("x").unwrap();
    assert!(before.is_none());
    assert!(matches!(fixture.import(&preview, true).await, Err(Error::Store(StoreError::HostsNotSaved { .. }))));
    assert_eq!(fixture.hosts().len(), 1);
    fs::remove_dir(&file).unwrap();
    fs::rename(&aside, &file).unwrap();
    // What was looked at is still there: the next attempt succeeds.
    assert_eq!(fixture.import(&preview, true).await.unwrap(), Imported { added: 3, changed: 0, passwords: 2 });
}

#[tokio::test]
async fn gaps_are_filled_and_emptied_again_unless_they_were_changed_since() {
    let fixture = start();
    let first = fixture.preview("one.csv", "name,host\nMine,a.local\nOther,b.local\n").await;
    fixture.import(&first, false).await.unwrap();
    let list = "name,host,user,mac\nA,a.local,ann,02:00:5e:10:00:07\nB,b.local,bob,\n";
    let preview = fixture.preview("list.csv", list).await;
    assert_eq!(fixture.import(&preview, false).await.unwrap(), Imported { added: 0, changed: 2, passwords: 0 });
    let hosts = fixture.hosts();
    assert_eq!(
        (hosts[0].name.as_str(), hosts[0].username.as_str(), hosts[1].username.as_str()),
        ("Mine", "ann", "bob")
    );

    let id = hosts[0].id;
    let edit = fixture.imports.list.change(move |list| {
        list.get_mut(id)?.username = "edited".to_owned();
        Ok::<_, StoreError>(())
    });
    edit.await.unwrap();
    let undone = fixture.saved.undo(None).await.unwrap();
    assert_eq!(undone.left, ["Mine"]);
    let hosts = fixture.hosts();
    assert_eq!((hosts[0].username.as_str(), hosts[0].mac, hosts[1].username.as_str()), ("edited", None, ""));
}

#[tokio::test]
async fn only_what_was_looked_at_last_can_be_added() {
    let fixture = start();
    let first = fixture.preview("list.csv", CSV).await;
    let second = fixture.preview("list.csv", CSV).await;
    assert_eq!(fixture.import(&first, false).await, Err(ImportError::Gone.into()));
    fixture.imports.leave();
    assert_eq!(fixture.import(&second, false).await, Err(ImportError::Gone.into()));
    let third = fixture.preview("list.csv", CSV).await;
    fixture.import(&third, false).await.unwrap();
    assert_eq!(fixture.import(&third, false).await, Err(ImportError::Gone.into()), "once");
}

#[tokio::test]
async fn a_site_is_given_and_taken_away_and_what_is_added_is_what_was_seen_last() {
    let fixture = start();
    let site = || Some(Site::parse("wss://site.example/websockify").unwrap());
    let direct = fixture.preview("tokens.cfg", "studio: 10.0.0.21:5900\nrender: 10.0.0.31:5901\n").await;
    let through = fixture.imports.preview_through(direct.number, site()).await.unwrap();
    assert_eq!(through.entries[0].address, "wss://site.example/websockify?token=studio");
    assert_eq!(fixture.import(&direct, false).await, Err(ImportError::Gone.into()));
    let again = fixture.imports.preview_through(through.number, None).await.unwrap();
    assert_eq!(Preview { number: 0, ..again.clone() }, Preview { number: 0, ..direct });
    let through = fixture.imports.preview_through(again.number, site()).await.unwrap();
    assert_eq!(fixture.import(&through, false).await.unwrap(), Imported { added: 2, ..Imported::default() });
    let addresses: Vec<_> = fixture.hosts().iter().map(|host| host.address.to_string()).collect();
    let at = |token| format!("wss://site.example/websockify?token={token}");
    assert_eq!(addresses, [at("studio"), at("render")]);
    let gone = fixture.imports.preview_through(through.number, None).await;
    assert_eq!(gone.map(|_| ()), Err(ImportError::Gone.into()));
    // Other files are read without the site of those before.
    let next = fixture.preview("tokens.cfg", "kiln: 10.0.0.41:5900\n").await;
    assert_eq!(next.entries[0].address, "10.0.0.41");
    fixture.import(&next, false).await.unwrap();
    assert_eq!(fixture.hosts()[2].address.to_string(), "10.0.0.41");
}

#[tokio::test]
async fn a_terminal_adds_to_the_list_only_where_no_portlight_has_it() {
    let fixture = start();
    let offline = || Imports::offline(fixture.folder.path(), Keyring::in_memory()).map(drop);
    assert!(matches!(offline(), Err(StoreError::HostsInUse { .. })));
    let folder = fixture.folder.path().to_owned();
    let Fixture { imports, saved, folder: kept, .. } = fixture;
    drop((imports, saved));
    assert!(Imports::offline(&folder, Keyring::in_memory()).is_ok());
    drop(kept);
}

#[test]
fn only_regular_files_are_read_and_no_more_of_them_than_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.csv"), "x").unwrap();
    fs::write(at("big"), vec![b' '; import::MAX_BYTES + 1]).unwrap();
    fs::create_dir(at("inside")).unwrap();
    fs::write(at("inside/hidden"), "x").unwrap();
    let read = |paths: &[PathBuf]| -> Vec<_> {
        let read = files::read(paths).into_iter();
        read.map(|file| (file.name, file.bytes.map(|bytes| bytes.len()))).collect()
    };
    let expected = [("a.csv".to_owned(), Ok(1)), ("big".to_owned(), Err(import::FileProblem::TooLarge))];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(at("a.csv"), at("link")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert_eq!(read(&[at("fifo")]), [("fifo".to_owned(), Err(import::FileProblem::NotAFile))]);
        assert_eq!(read(&[at("link")]), [("link".to_owned(), Ok(1))]);
    }
    assert_eq!(read(&[folder.path().to_owned()]), expected);
    assert!(matches!(&read(&[at("missing")])[..], [(_, Err(import::FileProblem::Unreadable { .. }))]));
    let five: Vec<_> = (0..5)
        .map(|number| {
            let path = at(&format!("part{number}"));
            fs::write(&path, vec![b' '; import::MAX_BYTES]).unwrap();
            path
        })
        .collect();
    assert_eq!(read(&five).iter().filter(|(_, bytes)| bytes.is_err()).count(), 1);
}
