//! The list is the user's, and any program's: what is written to its file appears at once.

use super::{
    host_list::HostList,
    hosts_file::{Looked, REST},
};
use crate::platform::FolderWatch;
use std::{sync::Weak, time::Duration};
use tokio::time::sleep;

/// How often to look where nothing is told: what is changed from another computer, in a shared folder, is told by no system.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// What happens within this is looked at together.
const TOGETHER: Duration = Duration::from_millis(50);

/// Looks at the file whenever something has happened in its folder, for as long as the list is there.
pub(crate) async fn watch(list: Weak<HostList>) {
    let mut watched = Vec::new();
    let mut watch = FolderWatch::new(&watched);
    loop {
        // A link may lead elsewhere by now.
        let Some(folders) = list.upgrade().map(|list| list.folders()) else { return };
        if folders != watched {
            watch = FolderWatch::new(&folders);
            watched = folders;
        } else {
            watch.changed(LOOK_EVERY).await;
            sleep(TOGETHER).await;
        }
        let Some(looked) = list.upgrade().map(|list| list.look()) else { return };
        if matches!(looked.await, Looked::Unreadable { .. }) {
            // It may be half written. If not, that is said after a rest.
            sleep(REST + TOGETHER).await;
            let Some(looked) = list.upgrade().map(|list| list.look()) else { return };
            looked.await;
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::{
        error::StoreError,
        model::{Host, HostId},
        store::HostsFile,
    };
    use serde_json::{Value, json};
    use std::{
        fs::{self, OpenOptions},
        io::Write,
        os::unix::fs::symlink,
        path::{Path, PathBuf},
        sync::Arc,
    };
    use tempfile::{TempDir, tempdir};
    use tokio::time::timeout;
    use tokio_util::task::AbortOnDropHandle;

    struct Fixture {
        list: Arc<HostList>,
        folder: TempDir,
        _watching: AbortOnDropHandle<()>,
    }

    fn start(folder: TempDir) -> Fixture {
        let list = Arc::new(HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap());
        let _watching = AbortOnDropHandle::new(tokio::spawn(watch(Arc::downgrade(&list))));
        Fixture { list, folder, _watching }
    }

    impl Fixture {
        fn file(&self) -> PathBuf {
            self.folder.path().join("hosts.json")
        }

        fn names(&self) -> String {
            self.list.get().all().iter().map(|host| host.name.as_str()).collect()
        }

        /// Waits until the list is as the test wants it; each change wakes it.
        async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
            let mut changes = self.list.changes();
            // Before it would be found without having been told.
            let waited = timeout(LOOK_EVERY - Duration::from_secs(1), async {
                while !is_so(self) {
                    changes.changed().await.unwrap();
                }
            });
            assert!(waited.await.is_ok(), "{what}: {} {:?}", self.names(), self.list.notices());
        }
    }

    fn text(names: &str) -> String {
        let hosts: Vec<Value> = names
            .chars()
            .map(|name| json!({ "id": HostId::new(), "name": name.to_string(), "address": name.to_string() }))
            .collect();
        json!({ "version": 1, "hosts": hosts }).to_string()
    }

    fn replace(file: &Path, text: &[u8]) {
        let beside = file.with_extension("new");
        fs::write(&beside, text).unwrap();
        fs::rename(beside, file).unwrap();
    }

    #[tokio::test]
    async fn however_a_program_writes_the_file_its_list_appears() {
        let fixture = start(tempdir().unwrap());
        let file = fixture.file();
        replace(&file, text("a").as_bytes());
        fixture.until("the first one, renamed into place", |now| now.names() == "a").await;
        fs::write(&file, text("ab")).unwrap();
        fixture.until("written in place", |now| now.names() == "ab").await;
        let crlf = text("abc").replace(',', ",\r\n");
        let windows: Vec<u8> = [0xfeff].into_iter().chain(crlf.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        replace(&file, &windows);
        fixture.until("by an editor on Windows", |now| now.names() == "abc").await;
        fs::remove_file(&file).unwrap();
        fs::write(&file, text("d")).unwrap();
        fixture.until("taken away and made anew", |now| now.names() == "d").await;
        fixture.list.put(Host::demo("e")).await.unwrap();
        assert_eq!(fixture.names(), "de");
        assert_eq!(HostsFile::peek(fixture.folder.path()).unwrap(), *fixture.list.get());
        assert_eq!(fixture.list.notices(), []);
        assert!(fixture.list.history().view().undo.is_none(), "what others do is not the user's to undo here");
    }

    #[tokio::test]
    async fn a_half_written_file_is_waited_for_and_one_that_stays_so_is_told() {
        let fixture = start(tempdir().unwrap());
        let file = fixture.file();
        fs::write(&file, text("a")).unwrap();
        fixture.until("the list", |now| now.names() == "a").await;
        let next = text("ab");
        let (first, second) = next.split_at(next.len() / 2);
        let mut writing = OpenOptions::new().write(true).truncate(true).open(&file).unwrap();
        writing.write_all(first.as_bytes()).unwrap();
        // It is looked at in this state.
        assert!(matches!(fixture.list.look().await, Looked::Unreadable { .. }));
        assert_eq!(fixture.list.notices(), [], "it may be half written");
        writing.write_all(second.as_bytes()).unwrap();
        fixture.until("the whole list", |now| now.names() == "ab").await;
        assert_eq!(fixture.list.notices(), []);

        fs::write(&file, first).unwrap();
        let is_broken = |now: &Fixture| matches!(&now.list.notices()[..], [StoreError::HostsBroken { .. }]);
        fixture.until("word of it", is_broken).await;
        assert_eq!(
            (fixture.names(), fs::read_to_string(&file).unwrap()),
            ("ab".into(), first.into()),
            "it is left alone"
        );
        fs::write(&file, &next).unwrap();
        fixture.until("the word to go", |now| now.list.notices().is_empty()).await;
    }

    #[tokio::test]
    async fn a_file_in_a_synced_folder_is_watched_there_also_where_the_link_is_changed() {
        let (folder, synced, other) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
        let (there, elsewhere) = (synced.path().join("portlight.json"), other.path().join("list.json"));
        fs::write(&there, text("a")).unwrap();
        fs::write(&elsewhere, text("abc")).unwrap();
        symlink(&there, folder.path().join("hosts.json")).unwrap();
        let fixture = start(folder);
        replace(&there, text("ab").as_bytes());
        fixture.until("by a program that synchronises", |now| now.names() == "ab").await;
        let link = fixture.folder.path().join("link");
        symlink(&elsewhere, &link).unwrap();
        fs::rename(link, fixture.file()).unwrap();
        fixture.until("from another place", |now| now.names() == "abc").await;
        replace(&elsewhere, text("d").as_bytes());
        fixture.until("as it is changed there", |now| now.names() == "d").await;
        fixture.list.put(Host::demo("e")).await.unwrap();
        assert_eq!(fs::read_link(fixture.file()).unwrap(), elsewhere);
        assert!(fs::read_to_string(elsewhere).unwrap().contains("\"e\""));
    }

    #[tokio::test]
    async fn what_both_have_changed_is_merged_and_a_contradiction_is_told_with_its_machine() {
        let fixture = start(tempdir().unwrap());
        let file = fixture.file();
        fs::write(&file, text("ab")).unwrap();
        fixture.until("the list", |now| now.names() == "ab").await;
        let id = fixture.list.get().all()[0].id;
        let theirs = fixture.list.get().all()[1].id;
        let held = file.clone();
        // The other program writes in the very moment in which the user's change is made.
        let change = fixture.list.change(move |list| {
            let text = fs::read_to_string(&held).unwrap().replace("\"name\":\"a\"", "\"name\":\"theirs\"");
            fs::write(&held, text.replace("\"address\":\"b\"", "\"address\":\"moved\"")).unwrap();
            list.get_mut(id)?.name = "ours".into();
            Ok::<_, StoreError>(())
        });
        change.await.unwrap();
        let list = fixture.list.get();
        assert_eq!((fixture.names(), list.get(theirs).unwrap().address.to_string()), ("oursb".into(), "moved".into()));
        let [StoreError::HostsConflict { kept_as, machines, .. }] = &fixture.list.notices()[..] else { panic!() };
        assert_eq!(machines, &["ours"]);
        assert!(fs::read_to_string(kept_as).unwrap().contains("theirs"));
    }
}
