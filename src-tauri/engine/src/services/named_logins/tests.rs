//! The real list and file, and a keyring in memory.

use super::*;
use crate::{
    error::Error,
    keyring::Keyring,
    model::{Host, HostChange, HostDraft, OnNewAddress, SecretsChange},
    services::{PasswordOutcome, SharedChange},
    store::{HostList, HostsFile, LoginsFile},
};
use std::sync::Arc;
use tempfile::{TempDir, tempdir};

struct Fixture {
    hosts: Arc<Hosts>,
    keyring: Keyring,
    _folder: TempDir,
}

fn set(password: &str) -> PasswordChange {
    PasswordChange::Set { password: password.to_owned().into() }
}

fn draft(address: &str) -> HostDraft {
    HostDraft { address: address.into(), ..HostDraft::default() }
}

impl Fixture {
    fn start() -> Self {
        let folder = tempdir().unwrap();
        let list = Arc::new(HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap());
        let keyring = Keyring::in_memory();
        let logins = Arc::new(LoginsFile::open(folder.path()));
        Self { hosts: Hosts::new(list, keyring.clone(), logins), keyring, _folder: folder }
    }

    async fn lab(&self) -> LoginId {
        self.hosts.save_login(None, "Lab", "ann", set("hunter2")).await.unwrap()
    }

    /// A new machine with the login.
    async fn with(&self, login: LoginId, address: &str) -> HostId {
        let form = HostDraft { login: Some(login), login_chosen: true, ..draft(address) };
        let saved = self.hosts.save(form, PasswordChange::Keep).await.unwrap();
        assert_eq!(saved.password, PasswordOutcome::Kept);
        saved.host.id
    }

    fn host(&self, id: HostId) -> Host {
        self.hosts.list.get().get(id).cloned().expect("the machine")
    }

    fn form(&self, id: HostId) -> HostDraft {
        HostDraft::from(&self.host(id))
    }

    /// What a session with the machine would send; none where it would ask.
    async fn sent(&self, id: HostId) -> Option<String> {
        let host = self.host(id);
        let found = self.keyring.named(host.login?, host.recipient()).await;
        found.ok().flatten().map(|password| password.expose().to_owned())
    }

    /// Another program writes to the list.
    async fn elsewhere(&self, change: impl FnOnce(&mut List) + Send + 'static) {
        let changed = self.hosts.list.change(move |list| {
            change(list);
            Ok::<_, StoreError>(())
        });
        changed.await.unwrap();
    }
}

#[tokio::test]
async fn many_machines_use_one_login_and_it_is_changed_in_one_place() {
    let fixture = Fixture::start();
    let mut ids = Vec::new();
    for number in 0..40 {
        ids.push(fixture.hosts.save(draft(&format!("lab{number}")), PasswordChange::Keep).await.unwrap().host.id);
    }
    let lab = fixture.lab().await;
    let change = SharedChange { login: Some(Some(lab)), ..SharedChange::default() };
    fixture.hosts.change_several(ids.clone(), change).await.unwrap();
    for id in &ids {
        assert_eq!(fixture.sent(*id).await.as_deref(), Some("hunter2"));
    }
    fixture.hosts.save_login(Some(lab), "The lab", "bob", set("hunter3")).await.unwrap();
    for id in &ids {
        assert_eq!(fixture.sent(*id).await.as_deref(), Some("hunter3"));
    }
    let [view] = &fixture.hosts.logins()[..] else { panic!("one login") };
    assert_eq!((view.name.as_str(), view.username.as_str(), view.machines), ("The lab", "bob", 40));
    assert_eq!(fixture.hosts.with_login(fixture.hosts.target_of(ids[0]).unwrap()).username, "bob");

    // Each was one step, undone for all of them.
    fixture.hosts.undo(None).await.unwrap();
    assert_eq!(fixture.sent(ids[39]).await.as_deref(), Some("hunter2"));
    fixture.hosts.undo(None).await.unwrap();
    assert_eq!((fixture.sent(ids[0]).await, fixture.hosts.logins()[0].machines), (None, 0));
    fixture.hosts.redo().await.unwrap();
    fixture.hosts.redo().await.unwrap();
    assert_eq!(fixture.sent(ids[39]).await.as_deref(), Some("hunter3"));
}

#[tokio::test]
async fn it_is_sent_nowhere_that_the_user_did_not_choose_it_for() {
    let fixture = Fixture::start();
    let lab = fixture.lab().await;
    let id = fixture.with(lab, "studio:1").await;
    let other = fixture.hosts.save(draft("other:1"), PasswordChange::Keep).await.unwrap().host.id;
    fixture
        .elsewhere(move |list| {
            list.get_mut(id).unwrap().address = "evil:1".parse().unwrap();
            list.get_mut(other).unwrap().login = Some(lab);
            list.put(Host { login: Some(lab), ..Host::new("New".into(), "new:1".parse().unwrap()) });
        })
        .await;
    let all = fixture.hosts.list.get();
    for host in all.all() {
        assert_eq!(fixture.sent(host.id).await, None, "{}", host.address);
    }

    // What is saved about such a machine meanwhile does not choose it.
    let renamed = HostDraft { name: "Renamed".into(), ..fixture.form(id) };
    fixture.hosts.save(renamed, PasswordChange::Keep).await.unwrap();
    let moved = HostDraft { address: "evil:2".into(), on_new_address: OnNewAddress::Keep, ..fixture.form(id) };
    fixture.hosts.save(moved, PasswordChange::Keep).await.unwrap();
    fixture.hosts.undo(None).await.unwrap();
    fixture.hosts.redo().await.unwrap();
    let copy = fixture.hosts.duplicate(id, "Copy".into()).await.unwrap().id;
    fixture.hosts.remove(vec![other]).await.unwrap();
    fixture.hosts.put_back(vec![other]).await.unwrap();
    for id in [id, other, copy] {
        assert_eq!(fixture.sent(id).await, None, "{}", fixture.host(id).address);
    }

    // Choosing it does, though it was there before.
    let chosen = HostDraft { login_chosen: true, ..fixture.form(other) };
    fixture.hosts.save(chosen, PasswordChange::Keep).await.unwrap();
    assert_eq!(fixture.sent(other).await.as_deref(), Some("hunter2"));
}

#[tokio::test]
async fn whether_it_goes_along_to_another_address_is_asked() {
    let fixture = Fixture::start();
    let lab = fixture.lab().await;
    let id = fixture.with(lab, "studio:1").await;
    let moved = |on_new_address| HostDraft { address: "elsewhere".into(), on_new_address, ..fixture.form(id) };
    let asked = fixture.hosts.save(moved(OnNewAddress::Ask), PasswordChange::Keep).await.unwrap_err();
    assert!(matches!(asked, Error::Form(FormError::ConfirmAddress { has_password: true, .. })), "{asked}");
    fixture.hosts.save(moved(OnNewAddress::Keep), PasswordChange::Keep).await.unwrap();
    assert_eq!(fixture.sent(id).await.as_deref(), Some("hunter2"));

    // The former address is no longer one of its servers, until that is undone.
    let former = move |list: &mut List| list.get_mut(id).unwrap().address = "studio:1".parse().unwrap();
    fixture.elsewhere(former).await;
    assert_eq!(fixture.sent(id).await, None);
    fixture.elsewhere(move |list| list.get_mut(id).unwrap().address = "elsewhere".parse().unwrap()).await;
    fixture.hosts.undo(None).await.unwrap();
    assert_eq!((fixture.host(id).address.to_string(), fixture.sent(id).await.is_some()), ("studio:5901".into(), true));

    fixture.hosts.save(moved(OnNewAddress::Forget), PasswordChange::Keep).await.unwrap();
    assert_eq!((fixture.host(id).login, fixture.sent(id).await), (None, None));
    fixture.hosts.undo(None).await.unwrap();
    assert_eq!(fixture.sent(id).await.as_deref(), Some("hunter2"));

    // It was chosen together with the address.
    let chosen = HostDraft { login_chosen: true, ..moved(OnNewAddress::Ask) };
    fixture.hosts.save(chosen, PasswordChange::Keep).await.unwrap();
    assert_eq!(fixture.sent(id).await.as_deref(), Some("hunter2"));
}

#[tokio::test]
async fn it_takes_the_place_of_a_password_or_a_command_and_they_take_its_place() {
    let fixture = Fixture::start();
    let lab = fixture.lab().await;
    let id = fixture.hosts.save(draft("studio:1"), set("own")).await.unwrap().host.id;
    let chosen = HostDraft { login: Some(lab), login_chosen: true, ..fixture.form(id) };
    fixture.hosts.save(chosen, PasswordChange::Keep).await.unwrap();
    assert!(!fixture.host(id).has_password && fixture.keyring.get(id).await.unwrap().is_none());
    fixture.hosts.undo(None).await.unwrap();
    assert!(fixture.host(id).has_password && fixture.host(id).login.is_none());
    assert_eq!(fixture.keyring.get(id).await.unwrap().unwrap().expose(), "own");
    fixture.hosts.redo().await.unwrap();
    assert_eq!(fixture.sent(id).await.as_deref(), Some("hunter2"));

    fixture.hosts.save(fixture.form(id), set("own again")).await.unwrap();
    assert!(fixture.host(id).has_password && fixture.host(id).login.is_none());
    let named = HostChange { login: Some("lab".into()), ..HostChange::default() };
    fixture.hosts.change(Some(id), &named, SecretsChange::default()).await.unwrap();
    assert_eq!((fixture.sent(id).await.as_deref(), fixture.host(id).has_password), (Some("hunter2"), false));
    let command = HostChange { password_command: Some("pass show x".into()), ..HostChange::default() };
    fixture.hosts.change(Some(id), &command, SecretsChange::default()).await.unwrap();
    assert!(fixture.host(id).login.is_none() && fixture.host(id).password_command.is_some());
    fixture.hosts.change(Some(id), &named, SecretsChange::default()).await.unwrap();
    assert!(fixture.host(id).login.is_some() && fixture.host(id).password_command.is_none());
    let none = HostChange { login: Some(String::new()), ..HostChange::default() };
    fixture.hosts.change(Some(id), &none, SecretsChange::default()).await.unwrap();
    assert_eq!(fixture.host(id).login, None);
}

#[tokio::test]
async fn a_removed_machine_comes_back_with_it_and_one_that_is_gone_leaves_it() {
    let fixture = Fixture::start();
    let lab = fixture.lab().await;
    let (id, other) = (fixture.with(lab, "studio:1").await, fixture.with(lab, "other:1").await);
    fixture.hosts.remove(vec![id]).await.unwrap();
    fixture.hosts.put_back(vec![id]).await.unwrap();
    assert_eq!(fixture.sent(id).await.as_deref(), Some("hunter2"));
    let (login, server) = fixture.host(id).login_use().unwrap();
    fixture.hosts.remove(vec![id]).await.unwrap();
    fixture.hosts.remove_for_good(vec![id]).await.unwrap();
    assert_eq!(
        fixture.keyring.named(login, server.clone()).await.unwrap_err(),
        KeyringError::NotChosen { recipient: server.to_string() }
    );
    assert_eq!(fixture.sent(other).await.as_deref(), Some("hunter2"));
}

#[tokio::test]
async fn going_back_to_an_earlier_version_sends_it_nowhere_new() {
    let fixture = Fixture::start();
    let id = fixture.hosts.save(draft("studio:1"), PasswordChange::Keep).await.unwrap().host.id;
    let lab = fixture.lab().await;
    // A version is kept of what there was before this.
    fixture.hosts.remove(vec![fixture.with(lab, "gone:1").await]).await.unwrap();
    let chosen = HostDraft { address: "new:1".into(), login: Some(lab), login_chosen: true, ..fixture.form(id) };
    fixture.hosts.save(chosen, PasswordChange::Keep).await.unwrap();
    let versions = fixture.hosts.versions().await.unwrap();
    fixture.hosts.go_back(versions[0].replaced_at).await.unwrap();
    assert_eq!((fixture.host(id).address.to_string(), fixture.sent(id).await), ("studio:5901".into(), None));
}

#[tokio::test]
async fn one_that_is_removed_leaves_its_user_name_and_its_password_nowhere() {
    let fixture = Fixture::start();
    let lab = fixture.lab().await;
    let (id, removed) = (fixture.with(lab, "studio:1").await, fixture.with(lab, "other:1").await);
    let own = fixture.with(lab, "own:1").await;
    let named = HostDraft { options: fixture.host(own).options, ..fixture.form(own) };
    let mut named = named;
    named.username = "root".into();
    fixture.hosts.save(named, PasswordChange::Keep).await.unwrap();
    fixture.hosts.remove(vec![removed]).await.unwrap();
    fixture.hosts.remove_login(lab).await.unwrap();
    assert!(fixture.hosts.logins().is_empty());
    assert!(fixture.keyring.named_for_any(lab).await.unwrap().is_none());
    fixture.hosts.put_back(vec![removed]).await.unwrap();
    for (id, username) in [(id, "ann"), (removed, "ann"), (own, "root")] {
        assert_eq!((fixture.host(id).login, fixture.host(id).username.as_str()), (None, username));
    }
    // All the way back it was never there, and all the way forth it is away again.
    while fixture.hosts.undo(None).await.is_ok() {}
    assert!(fixture.hosts.logins().is_empty() && fixture.hosts.view().hosts.is_empty());
    assert!(fixture.keyring.named_for_any(lab).await.unwrap().is_none());
    while fixture.hosts.redo().await.is_ok() {}
    assert!(fixture.hosts.logins().is_empty());
    assert!(fixture.hosts.view().hosts.iter().all(|host| host.login.is_none()));
    assert!(fixture.keyring.named_for_any(lab).await.unwrap().is_none());
}

#[tokio::test]
async fn one_that_was_added_goes_and_comes_again_with_its_password() {
    let fixture = Fixture::start();
    let lab = fixture.lab().await;
    let added = fixture.hosts.view().history.undo.unwrap();
    assert_eq!((added.deed, added.name.as_str()), (Deed::LoginAdded, "Lab"));
    fixture.hosts.undo(None).await.unwrap();
    assert!(fixture.hosts.logins().is_empty());
    assert!(fixture.keyring.named_item(lab).await.unwrap().is_none());
    fixture.hosts.redo().await.unwrap();
    assert_eq!(fixture.keyring.named_for_any(lab).await.unwrap().unwrap().expose(), "hunter2");

    // All the way back and forth with a machine that it was chosen for.
    let id = fixture.with(lab, "studio:1").await;
    for _ in 0..2 {
        fixture.hosts.undo(None).await.unwrap();
        fixture.hosts.undo(None).await.unwrap();
        assert!(fixture.hosts.logins().is_empty());
        fixture.hosts.redo().await.unwrap();
        fixture.hosts.redo().await.unwrap();
        assert_eq!(fixture.sent(id).await.as_deref(), Some("hunter2"));
    }
    fixture.hosts.undo(None).await.unwrap();

    // It is undone before what came later: whoever uses it by now keeps its user name.
    let number = fixture.hosts.view().history.undo.unwrap().number;
    let id = fixture.with(lab, "studio:1").await;
    fixture.hosts.undo(Some(number)).await.unwrap();
    assert_eq!((fixture.host(id).login, fixture.host(id).username.as_str()), (None, "ann"));
    fixture.hosts.redo().await.unwrap();
    assert_eq!((fixture.sent(id).await.as_deref(), fixture.host(id).username.as_str()), (Some("hunter2"), ""));
}

#[tokio::test]
async fn a_change_of_one_is_undone_field_by_field_for_all_its_machines() {
    let fixture = Fixture::start();
    let lab = fixture.lab().await;
    let id = fixture.with(lab, "studio:1").await;
    let shown = || {
        let login = fixture.hosts.logins().remove(0);
        (login.name, login.username, login.has_password)
    };
    let former = shown();
    fixture.hosts.save_login(Some(lab), "Rack", "bob", set("hunter3")).await.unwrap();
    let after = shown();
    for _ in 0..2 {
        let undone = fixture.hosts.undo(None).await.unwrap();
        assert_eq!((undone.step.deed, undone.step.name.as_str()), (Deed::LoginEdited, "Rack"));
        assert!(undone.left.is_empty() && undone.login.is_none());
        assert_eq!((shown(), fixture.sent(id).await.as_deref()), (former.clone(), Some("hunter2")));
        assert!(fixture.hosts.redo().await.unwrap().step.number > 0);
        assert_eq!((shown(), fixture.sent(id).await.as_deref()), (after.clone(), Some("hunter3")));
    }

    // Nothing is no step.
    let newest = fixture.hosts.view().history.undo.unwrap().number;
    fixture.hosts.save_login(Some(lab), "Rack", "bob", PasswordChange::Keep).await.unwrap();
    assert_eq!(fixture.hosts.view().history.undo.unwrap().number, newest);

    // What was changed since stays, and is told.
    fixture.hosts.save_login(Some(lab), "Hall", "bob", set("hunter4")).await.unwrap();
    let undone = fixture.hosts.undo(Some(newest)).await.unwrap();
    assert_eq!(undone.left, ["Rack"]);
    assert_eq!(shown(), ("Hall".into(), "ann".into(), true));
    assert_eq!(fixture.sent(id).await.as_deref(), Some("hunter4"));
}

#[tokio::test]
async fn a_password_that_is_forgotten_comes_back_and_a_name_that_is_anothers_does_not() {
    let fixture = Fixture::start();
    let lab = fixture.lab().await;
    let id = fixture.with(lab, "studio:1").await;
    fixture.hosts.save_login(Some(lab), "Lab", "ann", PasswordChange::Forget).await.unwrap();
    fixture.hosts.undo(None).await.unwrap();
    assert!(fixture.hosts.logins()[0].has_password);
    assert_eq!(fixture.sent(id).await.as_deref(), Some("hunter2"));

    fixture.hosts.save_login(Some(lab), "Rack", "ann", PasswordChange::Keep).await.unwrap();
    let number = fixture.hosts.view().history.undo.unwrap().number;
    fixture.hosts.save_login(None, "lab", "", PasswordChange::Keep).await.unwrap();
    let undone = fixture.hosts.undo(Some(number)).await.unwrap();
    assert!(matches!(undone.login, Some(Error::Form(_))), "{:?}", undone.login);
    assert_eq!(fixture.hosts.logins()[0].name, "Rack");
}

#[tokio::test]
async fn its_steps_print_no_password() {
    let fixture = Fixture::start();
    let lab = fixture.lab().await;
    fixture.hosts.save_login(Some(lab), "Lab", "ann", set("hunter3")).await.unwrap();
    fixture.hosts.remove_login(lab).await.unwrap();
    let printed = format!("{:?}", fixture.hosts.list.history());
    assert!(printed.contains("Lab") && !printed.contains("hunter"), "{printed}");
}

#[tokio::test]
async fn one_that_is_removed_comes_back_with_all_that_it_was_for() {
    let fixture = Fixture::start();
    let first = fixture.hosts.save_login(None, "First", "", PasswordChange::Keep).await.unwrap();
    let lab = fixture.lab().await;
    let last = fixture.hosts.save_login(None, "Last", "", PasswordChange::Keep).await.unwrap();
    let ids = [fixture.with(lab, "studio:1").await, fixture.with(lab, "other:1").await];
    fixture.hosts.remove_login(lab).await.unwrap();
    let step = fixture.hosts.view().history.undo.unwrap();
    assert_eq!((step.deed, step.name.as_str()), (Deed::LoginRemoved, "Lab"));
    for _ in 0..2 {
        let undone = fixture.hosts.undo(None).await.unwrap();
        assert_eq!((undone.login, undone.step.name.as_str()), (None, "Lab"));
        let all = fixture.hosts.logins();
        assert_eq!(all.iter().map(|login| login.id).collect::<Vec<_>>(), [first, lab, last]);
        for id in ids {
            assert_eq!((fixture.sent(id).await.as_deref(), fixture.host(id).username.as_str()), (Some("hunter2"), ""));
        }
        fixture.hosts.redo().await.unwrap();
        assert!(fixture.hosts.logins().iter().all(|login| login.id != lab));
        assert!(fixture.keyring.named_for_any(lab).await.unwrap().is_none());
        assert_eq!(fixture.host(ids[0]).username, "ann");
    }
    // Its name is another one's meanwhile.
    let number = fixture.hosts.view().history.undo.unwrap().number;
    fixture.hosts.save_login(None, "lab", "", PasswordChange::Keep).await.unwrap();
    let undone = fixture.hosts.undo(Some(number)).await.unwrap();
    assert!(matches!(undone.login, Some(Error::Form(_))), "{:?}", undone.login);
    assert!(fixture.keyring.named_for_any(lab).await.unwrap().is_none());
    // One that no machine uses is a step, too.
    fixture.hosts.remove_login(first).await.unwrap();
    fixture.hosts.undo(None).await.unwrap();
    assert_eq!(fixture.hosts.logins()[0].id, first);
}

#[tokio::test]
async fn a_name_is_one_logins_alone() {
    let fixture = Fixture::start();
    let lab = fixture.lab().await;
    let problem = async |id, name: &str| match fixture.hosts.save_login(id, name, "", PasswordChange::Keep).await {
        Err(Error::Form(FormError::Fields { fields })) => fields.into_iter().next(),
        other => panic!("{other:?}"),
    };
    assert_eq!(problem(None, " LAB").await, Some(FieldProblem::Login(NamedLoginProblem::Taken)));
    assert_eq!(problem(None, " ").await, Some(FieldProblem::Login(NamedLoginProblem::NoName)));
    assert_eq!(problem(Some(LoginId::new()), "x").await, Some(FieldProblem::Login(NamedLoginProblem::Unknown)));
    fixture.hosts.save_login(Some(lab), "LAB", "ann", PasswordChange::Forget).await.unwrap();
    assert!(!fixture.hosts.logins()[0].has_password);
    let unknown = HostChange { login: Some("no such".into()), ..HostChange::default() };
    let refused = fixture.hosts.change(None, &unknown, SecretsChange::default()).await;
    assert!(matches!(refused, Err(Error::Form(FormError::Fields { .. }))));
}
