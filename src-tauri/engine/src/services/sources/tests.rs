//! Real files, real commands, the real list.

use super::*;
use crate::{
    error::Error,
    import::FileProblem,
    keyring::Keyring,
    model::{Host, HostDraft, PasswordChange},
    services::{Hosts, PasswordOutcome},
    store::{HostsFile, LoginsFile, Pins},
};
use serde_json::json;
use std::fs;
use tempfile::{TempDir, tempdir};
use tokio::time::timeout;

struct Fixture {
    sources: HostSources,
    list: Arc<HostList>,
    keyring: Keyring,
    folder: TempDir,
}

fn start_in(folder: TempDir) -> Fixture {
    let list = Arc::new(HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap());
    let (keyring, (pins, _)) = (Keyring::in_memory(), Pins::open(folder.path()));
    let sources = HostSources::start(&list, folder.path(), (keyring.clone(), pins), Handle::current());
    Fixture { sources, list, keyring, folder }
}

fn start() -> Fixture {
    start_in(tempdir().unwrap())
}

/// Each machine as `id=address`.
fn text(machines: &str) -> String {
    let hosts: Vec<_> = machines
        .split_whitespace()
        .map(|machine| {
            let (id, address) = machine.split_once('=').unwrap_or((machine, machine));
            json!({ "id": id, "name": id, "address": address })
        })
        .collect();
    json!({ "version": 1, "hosts": hosts }).to_string()
}

impl Fixture {
    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn logins(&self) -> Arc<LoginsFile> {
        Arc::new(LoginsFile::open(self.folder.path()))
    }

    fn names(&self) -> String {
        self.list.get().all().iter().map(|host| host.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn one(&self) -> HostSourceView {
        self.sources.view().remove(0)
    }

    /// Waits until it is as the test wants it; each change wakes it.
    async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let mut changes = self.list.changes();
        let waited = timeout(Duration::from_secs(60), async {
            while !is_so(self) {
                changes.changed().await.unwrap();
            }
        });
        assert!(waited.await.is_ok(), "{what}: {} {:?}", self.names(), self.sources.view());
    }

    fn host(&self, name: &str) -> Host {
        self.list.get().all().iter().find(|host| host.name == name).unwrap().clone()
    }
}

#[tokio::test]
async fn a_file_is_followed_and_a_broken_one_keeps_its_last_good_list() {
    let fixture = start();
    let file = fixture.at("lab.json");
    fs::write(&file, text("a b")).unwrap();
    fixture.list.put(Host::demo("own")).await.unwrap();
    fixture.sources.add_path(file.clone()).await.unwrap();
    fixture.until("the list", |now| now.names() == "own a b" && !now.one().found.reading).await;
    let view = fixture.one();
    assert_eq!((view.name.as_str(), view.machines, view.found.problem), ("lab", 2, None));
    assert!(view.read_at.is_some());
    fs::write(&file, text("b c")).unwrap();
    fixture.until("its change", |now| now.names() == "own b c").await;
    fs::write(&file, "{ broken").unwrap();
    fixture.until("its fault", |now| now.one().found.problem.is_some()).await;
    assert_eq!(fixture.names(), "own b c");
    fs::remove_file(&file).unwrap();
    let is_missing =
        |problem: &SourceProblem| matches!(problem, SourceProblem::List { problem: FileProblem::Unreadable { .. } });
    fixture.until("that it is gone", |now| now.one().found.problem.as_ref().is_some_and(is_missing)).await;
    assert_eq!(fixture.names(), "own b c");
    fs::write(&file, text("b d")).unwrap();
    fixture.until("the next good one", |now| now.names() == "own b d" && now.one().found.problem.is_none()).await;
    assert!(fixture.list.history().view().undo.is_none(), "what others do is not the user's to undo");
}

#[tokio::test]
async fn the_list_is_there_at_the_next_start_also_without_its_source() {
    let fixture = start();
    let file = fixture.at("lab.json");
    fs::write(&file, text("a b")).unwrap();
    fixture.sources.add_path(file.clone()).await.unwrap();
    fixture.until("the list", |now| now.names() == "a b" && now.one().read_at.is_some()).await;
    let id = fixture.host("a").id;
    fs::remove_file(&file).unwrap();
    let Fixture { sources, list, folder, .. } = fixture;
    drop((sources, list));
    let again = start_in(folder);
    assert_eq!(again.host("a").id, id);
    again.until("its fault", |now| now.one().found.problem.is_some()).await;
    assert_eq!((again.names().as_str(), again.one().machines), ("a b", 2));
    assert!(again.one().read_at.is_some(), "its age");
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_prints_a_list_and_its_failure_is_told() {
    let fixture = start();
    let file = fixture.at("printed");
    fs::write(&file, text("a b")).unwrap();
    let command = format!("cat '{}'", file.display());
    fixture.sources.add_command(" Virtual machines ", &command).await.unwrap();
    fixture.until("the list", |now| now.names() == "a b" && !now.one().found.reading).await;
    let view = fixture.one();
    assert_eq!((view.name.as_str(), view.kind, view.origin), ("Virtual machines", SourceKind::Command, command));
    fs::remove_file(&file).unwrap();
    fixture.sources.refresh(view.id);
    let failed = |problem: &SourceProblem| matches!(problem, SourceProblem::Failed { error: Error::Command(error) } if error.to_string().contains("printed"));
    fixture.until("its failure", |now| now.one().found.problem.as_ref().is_some_and(failed)).await;
    assert_eq!(fixture.names(), "a b");
    let wrong = fixture.sources.add_command("", " ").await;
    assert!(matches!(wrong, Err(Error::Form(FormError::Fields { .. }))), "{wrong:?}");
}

#[tokio::test]
async fn a_saved_login_is_not_for_another_address_that_the_source_names() {
    let fixture = start();
    let keyring = Keyring::in_memory();
    let hosts = Hosts::new(Arc::clone(&fixture.list), keyring.clone(), fixture.logins());
    let file = fixture.at("lab.json");
    fs::write(&file, text("a=box b")).unwrap();
    fixture.sources.add_path(file.clone()).await.unwrap();
    fixture.until("the list", |now| now.names() == "a b").await;
    let host = fixture.host("a");
    let saved =
        hosts.save(HostDraft::from(&host), PasswordChange::Set { password: "sesame".to_owned().into() }).await.unwrap();
    assert_eq!(saved.password, PasswordOutcome::Stored);
    let found = keyring.get_for(host.id, host.recipient()).await.unwrap();
    assert_eq!(found.unwrap().expose(), "sesame");
    fs::write(&file, text("a=evil b")).unwrap();
    fixture.until("another address", |now| now.host("a").address.to_string() == "evil").await;
    let moved = fixture.host("a");
    assert_eq!(moved.id, host.id);
    let sent = keyring.get_for(moved.id, moved.recipient()).await;
    assert!(!matches!(sent, Ok(Some(_))), "{sent:?}");
    fs::write(&file, text("a=box b")).unwrap();
    fixture.until("the old one", |now| now.host("a").address.to_string() == "box").await;
    let back = fixture.host("a");
    assert_eq!(keyring.get_for(back.id, back.recipient()).await.unwrap().unwrap().expose(), "sesame");
    // Its machines are its own to remove.
    let refused = hosts.remove(vec![host.id]).await;
    assert_eq!(refused, Err(StoreError::KeptByOthers.into()));
    let copy = hosts.duplicate(host.id, "mine".into()).await.unwrap();
    assert_eq!(copy.source, None);
    hosts.remove(vec![copy.id]).await.unwrap();
}

#[tokio::test]
async fn a_paused_source_is_left_alone_and_a_removed_one_takes_its_machines_along_until_that_is_undone() {
    let fixture = start();
    let hosts = Hosts::new(Arc::clone(&fixture.list), Keyring::in_memory(), fixture.logins());
    let (file, other) = (fixture.at("lab.json"), fixture.at("other.json"));
    fs::write(&file, text("a b")).unwrap();
    fs::write(&other, text("x")).unwrap();
    fixture.sources.add_path(file.clone()).await.unwrap();
    fixture.until("the list", |now| now.names() == "a b" && now.one().read_at.is_some()).await;
    let id = fixture.one().id;
    fixture.sources.pause(id, true).await.unwrap();
    fixture.sources.edit(id, "The lab", 60, None).await.unwrap();
    fs::write(&file, text("c")).unwrap();
    // What is watched in the same folder has come and been seen, and this has not.
    fixture.sources.add_path(other).await.unwrap();
    fixture.until("the other", |now| now.names() == "a b x").await;
    fixture.sources.pause(id, false).await.unwrap();
    fixture.until("its change", |now| now.names() == "x c").await;
    let view = fixture.one();
    assert_eq!((view.name.as_str(), view.every_minutes), ("The lab", 60));
    hosts.set_favourite(fixture.host("c").id, true).await.unwrap();
    fixture.sources.remove(id).await.unwrap();
    assert_eq!((fixture.names().as_str(), fixture.sources.view().len()), ("x", 1));
    hosts.undo(None).await.unwrap();
    fixture.until("that they are the user's", |now| now.names().contains('c') && now.host("c").source.is_none()).await;
    assert!(fixture.host("x").source.is_some());
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_is_one_list() {
    let fixture = start();
    let lists = fixture.at("lists");
    fs::create_dir(&lists).unwrap();
    fs::write(lists.join("a.json"), text("a")).unwrap();
    fs::write(lists.join("README"), "Ours.").unwrap();
    fs::write(lists.join("b.csv"), "name,address\nb,b\n").unwrap();
    fixture.sources.add_path(lists.clone()).await.unwrap();
    fixture.until("both", |now| now.names() == "a b").await;
    fs::write(lists.join("c.json"), text("c")).unwrap();
    fixture.until("one more", |now| now.names() == "a b c").await;
}

#[tokio::test]
async fn ten_thousand_machines_are_taken_over_and_read_again_without_a_write() {
    let fixture = start();
    let file = fixture.at("all.json");
    let many: Vec<String> = (0..10_000).map(|number| format!("m{number}=box{number}:1")).collect();
    fs::write(&file, text(&many.join(" "))).unwrap();
    let begun = std::time::Instant::now();
    fixture.sources.add_path(file).await.unwrap();
    fixture.until("all", |now| now.sources.view()[0].machines == 10_000 && !now.one().found.reading).await;
    let first = begun.elapsed();
    let before = fs::metadata(fixture.at("hosts.json")).unwrap().modified().unwrap();
    let begun = std::time::Instant::now();
    let source = fixture.shared_source();
    fixture.sources.shared.read(&source, &mut Reader::default(), false).await;
    println!("10,000 machines: first {first:?}, again {:?}", begun.elapsed());
    assert_eq!(fs::metadata(fixture.at("hosts.json")).unwrap().modified().unwrap(), before);
}

impl Fixture {
    fn shared_source(&self) -> HostSource {
        self.sources.shared.file.all().unwrap().remove(0)
    }
}

mod web;
