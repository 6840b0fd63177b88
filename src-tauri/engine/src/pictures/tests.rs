use super::*;
use crate::{
    error::StoreError,
    keyring::{Entry, Memory, Store},
    model::Host,
    store::{HostsFile, Preferences},
};
use std::{fs, path::Path, time::Duration};
use tempfile::TempDir;
use tokio::time::timeout;

impl Pictures {
    /// Those of a list, in a folder.
    pub(crate) fn of(list: &Arc<HostList>, folder: &Path, keyring: &Keyring) -> Self {
        let preferences = Arc::new(PreferencesFile::open(folder));
        Self::new(folder.join("pictures"), keyring.clone(), Arc::clone(list), preferences, &Handle::current())
    }
}

struct House {
    list: Arc<HostList>,
    host: HostId,
    pictures: Pictures,
    folder: TempDir,
}

async fn house(keyring: &Keyring) -> House {
    let folder = tempfile::tempdir().unwrap();
    let list = Arc::new(HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap());
    let host = Host::demo("Box");
    let id = host.id;
    list.put(host).await.unwrap();
    House { pictures: Pictures::of(&list, folder.path(), keyring), list, host: id, folder }
}

impl House {
    fn files(&self) -> usize {
        fs::read_dir(self.folder.path().join("pictures")).map_or(0, Iterator::count)
    }

    async fn keep(&self, blurred: bool) -> bool {
        self.pictures.keep(self.host, picture(blurred)).await
    }

    async fn change(&self, change: impl FnOnce(&mut crate::store::List) -> Result<(), StoreError> + Send + 'static) {
        self.list.change(change).await.unwrap();
    }

    async fn until_files(&self, count: usize) {
        let mut changes = self.pictures.changes();
        let came = timeout(Duration::from_secs(20), async {
            while self.files() != count {
                changes.changed().await.unwrap();
            }
        });
        assert!(came.await.is_ok(), "{} files", self.files());
    }
}

fn picture(blurred: bool) -> Taken {
    Taken { blurred, size: (800, 600), file: b"\xff\xd8\xff\xe0 a screen".to_vec() }
}

#[tokio::test]
async fn a_picture_is_kept_and_there_after_a_restart() {
    let keyring = Keyring::in_memory();
    let house = house(&keyring).await;
    assert!(house.pictures.all().await.is_empty());
    assert!(keyring.get(ACCOUNT).await.unwrap().is_none(), "no key before there is something to keep");
    assert!(house.keep(false).await);
    assert!(house.pictures.get(house.host).await == Some(picture(false)));
    let again = Pictures::of(&house.list, house.folder.path(), &keyring);
    assert_eq!(again.all().await.iter().map(|view| view.host).collect::<Vec<_>>(), [house.host]);
    assert!(again.get(house.host).await == Some(picture(false)));
    assert!(!house.pictures.keep(HostId::new(), picture(false)).await, "of no machine in the list");
}

#[tokio::test]
async fn it_goes_with_its_machine_once_that_cannot_come_back() {
    let house = house(&Keyring::in_memory()).await;
    let host = house.host;
    assert!(house.keep(false).await);
    house.change(move |list| list.remove(&[host])).await;
    assert!(!house.keep(false).await, "one that is removed gets no new one");
    house.change(move |list| list.restore(&[host])).await;
    assert!(house.pictures.get(host).await.is_some());
    house.change(move |list| list.remove(&[host])).await;
    house
        .change(move |list| {
            list.take_removed(host);
            Ok(())
        })
        .await;
    house.until_files(0).await;
    assert!(house.pictures.all().await.is_empty());
}

#[tokio::test]
async fn it_is_none_of_another_server() {
    let house = house(&Keyring::in_memory()).await;
    let host = house.host;
    assert!(house.keep(false).await);
    house
        .change(move |list| {
            list.get_mut(host)?.name = "Studio".into();
            Ok(())
        })
        .await;
    assert!(house.pictures.get(host).await.is_some());
    house
        .change(move |list| {
            list.get_mut(host)?.address = "elsewhere:1".parse().unwrap();
            Ok(())
        })
        .await;
    house.until_files(0).await;
    assert!(house.keep(false).await);
}

#[tokio::test]
async fn the_stricter_choice_counts_and_what_it_forbids_is_removed() {
    let house = house(&Keyring::in_memory()).await;
    let host = house.host;
    let prefer = async |pictures| {
        let preferences = Preferences { pictures, ..Preferences::default() };
        house.pictures.inner.preferences.set(preferences).await.unwrap();
    };
    assert!(house.keep(false).await);
    prefer(PictureChoice::Blurred).await;
    house.until_files(0).await;
    assert!(!house.keep(false).await && house.keep(true).await);
    assert_eq!(house.pictures.choice(None), PictureChoice::Blurred);
    house
        .change(move |list| {
            list.get_mut(host)?.picture = PictureChoice::Off;
            Ok(())
        })
        .await;
    house.until_files(0).await;
    assert!(!house.keep(true).await);
    house
        .change(move |list| {
            list.get_mut(host)?.picture = PictureChoice::Shown;
            Ok(())
        })
        .await;
    assert!(house.keep(true).await);
    prefer(PictureChoice::Off).await;
    house.until_files(0).await;
}

/// A keyring that has only one answer.
struct Refusing(KeyringError);

impl Store for Refusing {
    fn check(&self) -> Result<(), KeyringError> {
        Err(self.0.clone())
    }
    fn get(&self, _: &str) -> Result<Option<Entry>, KeyringError> {
        panic!("it would ask the user");
    }
    fn peek(&self, _: &str) -> Result<Option<Entry>, KeyringError> {
        Err(self.0.clone())
    }
    fn set(&self, _: &str, _: &Entry) -> Result<(), KeyringError> {
        panic!("it would ask the user");
    }
    fn forget(&self, _: &str) -> Result<(), KeyringError> {
        Ok(())
    }
}

#[tokio::test]
async fn without_a_keyring_or_with_one_that_is_locked_nothing_is_kept() {
    for answer in [KeyringError::Missing { detail: String::new() }, KeyringError::Locked] {
        let house = house(&Keyring::with_store(Refusing(answer))).await;
        assert!(!house.keep(false).await);
        assert!(house.pictures.get(house.host).await.is_none() && house.pictures.all().await.is_empty());
        assert!(!house.folder.path().join("pictures").exists());
    }
}

#[tokio::test]
async fn a_key_that_is_none_is_replaced() {
    let memory = Memory::default();
    memory.set(ACCOUNT, &("nonsense".to_owned().into(), None).into()).unwrap();
    let house = house(&Keyring::with_store(memory)).await;
    assert!(house.keep(false).await);
    assert!(house.pictures.get(house.host).await.is_some());
}

#[tokio::test]
async fn where_none_are_wanted_those_of_a_lost_key_go_too() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("pictures");
    fs::create_dir(&place).unwrap();
    fs::write(place.join("0123456789abcdef0123456789abcdef"), "").unwrap();
    let list = Arc::new(HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap());
    let pictures = Pictures::of(&list, folder.path(), &Keyring::with_store(Refusing(KeyringError::Locked)));
    let mut changes = pictures.changes();
    let preferences = Preferences { pictures: PictureChoice::Off, ..Preferences::default() };
    pictures.inner.preferences.set(preferences).await.unwrap();
    let gone = timeout(Duration::from_secs(20), async {
        while fs::read_dir(&place).unwrap().count() > 0 {
            changes.changed().await.unwrap();
        }
    });
    gone.await.unwrap();
}
