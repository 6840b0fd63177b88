use super::*;
use crate::{
    error::ConnectError,
    keyring::{Entry, Memory, Store},
    model::{HttpAuthChange, HttpHeader},
    services::KEPT,
    store::HostsFile,
};
use std::{
    fs,
    path::Path,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};
use tempfile::{TempDir, tempdir};

type Hold = (mpsc::Sender<()>, mpsc::Receiver<()>);

/// A keyring of which a test can say what it does.
#[derive(Clone, Default)]
struct Scripted {
    memory: Arc<Memory>,
    refuses: Arc<AtomicBool>,
    /// `forget` says that it has begun, and waits.
    hold: Arc<Mutex<Option<Hold>>>,
    /// The list cannot be saved once the next secret is stored.
    breaks: Arc<Mutex<Option<std::path::PathBuf>>>,
}

impl Scripted {
    fn check_it(&self) -> Result<(), KeyringError> {
        if self.refuses.load(Ordering::SeqCst) { Err(KeyringError::Locked) } else { Ok(()) }
    }
}

impl Store for Scripted {
    fn check(&self) -> Result<(), KeyringError> {
        self.memory.check()
    }

    fn get(&self, account: &str) -> Result<Option<Entry>, KeyringError> {
        self.check_it()?;
        self.memory.get(account)
    }

    fn set(&self, account: &str, entry: &Entry) -> Result<(), KeyringError> {
        self.check_it()?;
        if let Some(folder) = self.breaks.lock().take() {
            break_file(&folder);
        }
        self.memory.set(account, entry)
    }

    fn forget(&self, account: &str) -> Result<(), KeyringError> {
        self.check_it()?;
        if let Some((begun, go_on)) = self.hold.lock().take() {
            begun.send(()).unwrap();
            go_on.recv().unwrap();
        }
        self.memory.forget(account)
    }
}

struct Fixture {
    hosts: Arc<Hosts>,
    keyring: Scripted,
    folder: TempDir,
}

fn start() -> Fixture {
    let folder = tempdir().unwrap();
    let list = Arc::new(HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap());
    let keyring = Scripted::default();
    let logins = Arc::new(LoginsFile::open(folder.path()));
    let hosts = Hosts::new(list, Keyring::with_store(keyring.clone()), logins);
    Fixture { hosts, keyring, folder }
}

/// Not even root can rename a file over a folder.
fn break_file(folder: &Path) {
    fs::rename(folder.join("hosts.json"), folder.join("hosts.aside")).unwrap();
    fs::create_dir(folder.join("hosts.json")).unwrap();
}

impl Fixture {
    fn mend_file(&self) {
        fs::remove_dir(self.folder.path().join("hosts.json")).unwrap();
        fs::rename(self.folder.path().join("hosts.aside"), self.folder.path().join("hosts.json")).unwrap();
    }

    async fn saved(&self, address: &str) -> HostId {
        let id = self.hosts.save(draft(address), set("hunter2")).await.unwrap().host.id;
        self.hosts.save_http_auth(id, login("site")).await.unwrap();
        id
    }

    fn view(&self, id: HostId) -> Option<HostView> {
        self.hosts.view().hosts.into_iter().find(|host| host.id == id)
    }

    fn secret(&self, account: impl ToString) -> Option<String> {
        self.keyring.memory.get(&account.to_string()).unwrap().map(|kept| kept.secret.expose().to_owned())
    }

    /// What the list says that there is can be had by a session with the host.
    async fn is_for_its_host(&self, id: HostId) {
        let host = self.hosts.host(id).unwrap();
        assert!(host.has_password && host.has_http_auth);
        for kind in LoginKind::OF_SERVER.into_iter().filter(|kind| kind.is_there(&host)) {
            let found = self.hosts.keyring.get_for(kind.account(id), host.recipient()).await;
            assert!(found.unwrap().is_some(), "{kind:?} for {}", host.address);
        }
    }

    fn revision(&self) -> u64 {
        *self.hosts.changes().borrow()
    }
}

fn draft(address: &str) -> HostDraft {
    HostDraft { address: address.to_owned(), ..HostDraft::default() }
}

fn set(password: &str) -> PasswordChange {
    PasswordChange::Set { password: password.to_owned().into() }
}

fn login(password: &str) -> HttpAuthChange {
    let headers = vec![];
    HttpAuthChange::Set { username: "ann".into(), password: password.to_owned().into(), headers }
}

#[tokio::test]
async fn logins_go_along_to_a_new_address_only_where_the_user_says_so() {
    let through = |id| HostDraft { id: Some(id), ssh_jump: "gate".into(), ..draft("studio:1") };
    let repeater = |id| {
        let mut draft = HostDraft { id: Some(id), ..draft("studio:1") };
        draft.repeater_id = "1234".into();
        draft
    };
    let moved = |id| HostDraft { id: Some(id), ..draft("elsewhere:1") };
    for form in [&moved as &dyn Fn(HostId) -> HostDraft, &through, &repeater] {
        let fixture = start();
        let id = fixture.saved("studio:1").await;
        let (account, before) = (HttpAuth::account(id), (fixture.view(id), fixture.revision()));

        let asked = fixture.hosts.save(form(id), PasswordChange::Keep).await.unwrap_err();
        let Error::Form(FormError::ConfirmAddress { address, has_password: true, has_http_auth: true }) = asked else {
            panic!("{asked:?}")
        };
        assert_eq!(address, form(id).address.parse::<crate::model::Address>().unwrap().to_string());
        assert_eq!((fixture.view(id), fixture.revision()), before, "nothing is saved");
        assert_eq!(fixture.secret(id).as_deref(), Some("hunter2"));

        let keep = HostDraft { on_new_address: OnNewAddress::Keep, ..form(id) };
        let kept = fixture.hosts.save(keep, PasswordChange::Keep).await.unwrap();
        assert!(kept.host.has_password && kept.host.has_http_auth && kept.password == PasswordOutcome::Kept);
        assert!(fixture.secret(id).is_some() && fixture.secret(&account).is_some());
        fixture.is_for_its_host(id).await;
        fixture.hosts.undo(None).await.unwrap();
        fixture.is_for_its_host(id).await;
        fixture.hosts.redo().await.unwrap();
        fixture.is_for_its_host(id).await;

        let forget = HostDraft { id: Some(id), on_new_address: OnNewAddress::Forget, ..draft("third:1") };
        let forgotten = fixture.hosts.save(forget, PasswordChange::Keep).await.unwrap();
        assert!(!forgotten.host.has_password && !forgotten.host.has_http_auth);
        assert_eq!(forgotten.password, PasswordOutcome::Forgotten);
        assert_eq!((fixture.secret(id), fixture.secret(&account)), (None, None));

        let again = HostDraft { id: Some(id), ..draft("fourth:1") };
        assert!(fixture.hosts.save(again, PasswordChange::Keep).await.is_ok(), "there is nothing to ask about");
    }
}

#[tokio::test]
async fn an_address_that_stays_and_a_password_that_is_typed_are_not_asked_about() {
    let fixture = start();
    let id = fixture.hosts.save(draft("studio:1"), set("hunter2")).await.unwrap().host.id;
    let same = HostDraft { id: Some(id), name: "Atelier".into(), ..draft("vnc://studio:5901") };
    assert!(fixture.hosts.save(same, PasswordChange::Keep).await.unwrap().host.has_password);
    let moved = HostDraft { id: Some(id), ..draft("elsewhere") };
    assert!(fixture.hosts.save(moved, set("hunter3")).await.unwrap().host.has_password);
    assert_eq!(fixture.secret(id).as_deref(), Some("hunter3"));
}

#[tokio::test]
async fn a_form_with_another_address_is_not_tested_with_the_saved_logins() {
    let fixture = start();
    let id = fixture.saved("studio:1").await;
    for (address, sent) in [("studio:1", true), ("elsewhere", false)] {
        let form = HostDraft { id: Some(id), ..draft(address) };
        let (host, typed) = fixture.hosts.draft(&form, PasswordChange::Keep).unwrap();
        assert_eq!((host.has_password, host.has_http_auth), (sent, sent), "{address}");
        assert!(typed.is_none());
        assert!(!fixture.hosts.draft(&form, PasswordChange::Forget).unwrap().0.has_password);
        assert!(fixture.hosts.draft(&form, set("typed")).unwrap().1.is_some());
    }
}

#[tokio::test]
async fn a_secure_on_password_is_for_one_card_and_way_and_goes_where_the_user_leads_it() {
    let fixture = start();
    let typed =
        |password: PasswordChange| HostDraft { mac: "00:1a:2b:3c:4d:5e".into(), secure_on: password, ..draft("box") };
    let wrong = fixture.hosts.save(typed(set("hunter2")), PasswordChange::Keep).await.unwrap_err();
    assert!(!wrong.to_string().contains("hunter2") && matches!(wrong, Error::Form(FormError::Fields { .. })));
    let id = fixture.hosts.save(typed(set("00-11-22-33-44-55")), PasswordChange::Keep).await.unwrap().host.id;
    assert!(fixture.view(id).unwrap().has_secure_on);
    let sent = async || {
        let wake = fixture.hosts.host(id).unwrap().wake().unwrap();
        fixture.hosts.keyring.secure_on(id, &wake).await.map(|password| password.is_some())
    };
    assert_eq!(sent().await, Ok(true));

    // Saving something else changes nothing of it; another way in the form takes it along.
    let form = |change: &dyn Fn(&mut HostDraft)| {
        let mut form = HostDraft::from(&fixture.hosts.host(id).unwrap());
        change(&mut form);
        form
    };
    let moved = form(&|form| form.wake_ssh_host = "gate".into());
    fixture.hosts.save(moved, PasswordChange::Keep).await.unwrap();
    assert_eq!(sent().await, Ok(true));
    fixture.hosts.undo(None).await.unwrap();
    assert_eq!((sent().await, fixture.view(id).unwrap().wake_ssh_host.as_str()), (Ok(true), ""));

    // What another program writes does not.
    let led = fixture.hosts.list.change(move |list| {
        list.get_mut(id)?.wake_way.ssh_host = Some("evil".parse().unwrap());
        Ok::<_, StoreError>(())
    });
    led.await.unwrap();
    assert!(matches!(sent().await, Err(Error::Keyring(KeyringError::ForAnother { .. }))), "{:?}", sent().await);
    let back = form(&|form| form.wake_ssh_host.clear());
    fixture.hosts.save(back, PasswordChange::Keep).await.unwrap();
    assert_eq!(sent().await, Ok(true), "it leads where it did");

    // Forgotten, and brought back.
    let typed_again = form(&|form| form.secure_on = set("192.168.1.1"));
    fixture.hosts.save(typed_again, PasswordChange::Keep).await.unwrap();
    let forgotten = form(&|form| form.secure_on = PasswordChange::Forget);
    fixture.hosts.save(forgotten, PasswordChange::Keep).await.unwrap();
    assert_eq!((sent().await, fixture.secret(format!("SecureOn of {id}"))), (Ok(false), None));
    fixture.hosts.undo(None).await.unwrap();
    assert_eq!((sent().await, fixture.secret(format!("SecureOn of {id}"))), (Ok(true), Some("192.168.1.1".into())));

    // A list that says that there is one, and a keyring without.
    fixture.hosts.keyring.forget(format!("SecureOn of {id}")).await.unwrap();
    assert_eq!(sent().await, Err(ConnectError::WakePasswordMissing.into()));
    fixture.hosts.save(form(&|form| form.secure_on = set("192.168.1.1")), PasswordChange::Keep).await.unwrap();
    fixture.hosts.remove(vec![id]).await.unwrap();
    fixture.hosts.remove_for_good(vec![id]).await.unwrap();
    assert_eq!(fixture.secret(format!("SecureOn of {id}")), None);
}

#[tokio::test]
async fn an_own_secret_is_for_one_server_and_comes_and_goes_with_its_machine() {
    let fixture = start();
    let named =
        |name: &str, secret: PasswordChange| HostDraft { secret_name: name.into(), secret, ..draft("studio:1") };
    let id = fixture.hosts.save(named("sudo", set("quince")), PasswordChange::Keep).await.unwrap().host.id;
    let account = format!("secret of {id}");
    let kept = |recipient: Recipient| fixture.hosts.keyring.get_for(format!("secret of {id}"), recipient);
    let view = fixture.view(id).unwrap();
    assert!(view.has_secret && !view.has_password && view.secret_name == "sudo");
    let here = fixture.hosts.host(id).unwrap().recipient();
    assert_eq!(kept(here.clone()).await.unwrap().unwrap().expose(), "quince");

    // Another name of either is the same secret; a copy has none, nor has an export.
    let form = |change: &dyn Fn(&mut HostDraft)| {
        let mut form = HostDraft::from(&fixture.hosts.host(id).unwrap());
        change(&mut form);
        form
    };
    let renamed = form(&|form| (form.name, form.secret_name) = ("Den".into(), "LUKS".into()));
    fixture.hosts.save(renamed, PasswordChange::Keep).await.unwrap();
    assert_eq!(fixture.secret(&account), Some("quince".into()));
    let copy = fixture.hosts.duplicate(id, "Copy".into()).await.unwrap();
    assert!(
        !copy.has_secret && copy.secret_name.is_empty() && fixture.secret(format!("secret of {}", copy.id)).is_none()
    );
    let text = crate::import::export(fixture.hosts.list.get().all(), crate::import::Export::Portlight);
    assert!(!text.contains("secret") && !text.contains("quince") && !text.contains("LUKS"), "{text}");

    // Forgotten, brought back; from a session that looks elsewhere none is kept.
    fixture.hosts.save(form(&|form| form.secret = PasswordChange::Forget), PasswordChange::Keep).await.unwrap();
    assert!(!fixture.view(id).unwrap().has_secret && fixture.secret(&account).is_none());
    fixture.hosts.undo(None).await.unwrap();
    assert!(fixture.view(id).unwrap().has_secret);
    assert_eq!(fixture.secret(&account), Some("quince".into()));
    let elsewhere = Host::new("x".into(), "elsewhere".parse().unwrap()).recipient();
    let refused = fixture.hosts.keep_secret(id, &elsewhere, String::new(), "medlar".to_owned().into()).await;
    assert!(matches!(refused, Err(Error::Keyring(KeyringError::ForAnother { .. }))), "{refused:?}");
    fixture.hosts.keep_secret(id, &here, String::new(), "medlar".to_owned().into()).await.unwrap();
    assert_eq!(
        (fixture.secret(&account), fixture.view(id).unwrap().secret_name.as_str()),
        (Some("medlar".into()), "LUKS")
    );
    fixture.hosts.undo(None).await.unwrap();
    assert_eq!(fixture.secret(&account), Some("quince".into()));

    // Another address is asked about; there it goes along, or stays behind, and comes back with the address.
    let moved = |choice| form(&|form| (form.address, form.on_new_address) = ("den:1".into(), choice));
    let asked = fixture.hosts.save(moved(OnNewAddress::Ask), PasswordChange::Keep).await.unwrap_err();
    assert!(matches!(asked, Error::Form(FormError::ConfirmAddress { has_password: true, .. })), "{asked:?}");
    fixture.hosts.save(moved(OnNewAddress::Forget), PasswordChange::Keep).await.unwrap();
    assert!(!fixture.view(id).unwrap().has_secret && fixture.secret(&account).is_none());
    fixture.hosts.undo(None).await.unwrap();
    assert_eq!(kept(here.clone()).await.unwrap().unwrap().expose(), "quince");
    fixture.hosts.save(moved(OnNewAddress::Keep), PasswordChange::Keep).await.unwrap();
    assert!(matches!(kept(here).await, Err(KeyringError::ForAnother { .. })));
    assert!(kept(fixture.hosts.host(id).unwrap().recipient()).await.unwrap().is_some());

    fixture.hosts.remove(vec![id]).await.unwrap();
    assert_eq!(fixture.secret(&account), Some("quince".into()));
    fixture.hosts.remove_for_good(vec![id]).await.unwrap();
    assert_eq!(fixture.secret(&account), None);
}

#[tokio::test]
async fn what_fails_halfway_leaves_no_secret_behind() {
    let fixture = start();
    let id = fixture.saved("studio:1").await;
    let plain = fixture.hosts.save(draft("plain"), PasswordChange::Keep).await.unwrap().host.id;
    let break_next = || *fixture.keyring.breaks.lock() = Some(fixture.folder.path().to_owned());

    // The copy is in the file; that it has a password cannot be noted.
    break_next();
    let copy = fixture.hosts.duplicate(id, "Copy".into()).await.unwrap();
    assert!(!copy.has_password);
    assert_eq!(fixture.secret(copy.id), None);
    fixture.mend_file();

    break_next();
    assert!(fixture.hosts.save_http_auth(plain, login("new")).await.is_err());
    assert_eq!(fixture.secret(HttpAuth::account(plain)), None);
    fixture.mend_file();

    break_next();
    let form = HostDraft { id: Some(plain), ..draft("plain") };
    let saved = fixture.hosts.save(form, set("hunter3")).await.unwrap();
    assert!(matches!(saved.password, PasswordOutcome::NotStored { .. }) && !saved.host.has_password);
    assert_eq!(fixture.secret(plain), None);
    fixture.mend_file();

    // Where the file cannot be written at all, the keyring is not touched.
    break_file(fixture.folder.path());
    assert!(fixture.hosts.duplicate(id, "Copy".into()).await.is_err());
    assert!(fixture.hosts.save_http_auth(id, HttpAuthChange::Forget).await.is_err());
    assert!(fixture.secret(HttpAuth::account(id)).is_some());
    fixture.mend_file();

    fixture.keyring.refuses.store(true, Ordering::SeqCst);
    assert!(fixture.hosts.save_http_auth(id, HttpAuthChange::Forget).await.is_err());
    assert!(fixture.view(id).unwrap().has_http_auth, "it is still there");
}

#[tokio::test]
async fn headers_that_cannot_be_sent_are_not_kept() {
    let fixture = start();
    let id = fixture.hosts.save(draft("ws://site/"), PasswordChange::Keep).await.unwrap().host.id;
    let header = HttpHeader { name: "two words".into(), value: "secret".to_owned().into() };
    let change = HttpAuthChange::Set { username: String::new(), password: String::new().into(), headers: vec![header] };
    let error = fixture.hosts.save_http_auth(id, change).await.unwrap_err();
    assert!(matches!(error, Error::Connect(ConnectError::BadInput { .. })) && !error.to_string().contains("secret"));
    assert_eq!(fixture.secret(HttpAuth::account(id)), None);
}

#[tokio::test]
async fn a_removed_host_is_forgotten_with_its_logins_when_its_thirty_days_are_over() {
    let fixture = start();
    let id = fixture.saved("studio:1").await;
    fixture.hosts.remove(vec![id]).await.unwrap();
    let [removed] = &fixture.hosts.removed()[..] else { panic!("one machine") };
    let at = removed.removed_at;
    assert!(removed.host.id == id && at.abs_diff(now()) < 60);
    fixture.hosts.forget_overdue(at + KEPT - 1).await;
    fixture.hosts.put_back(vec![id]).await.unwrap();
    assert!(fixture.view(id).unwrap().has_password && fixture.secret(id).is_some(), "in time");

    fixture.hosts.remove(vec![id]).await.unwrap();
    let at = fixture.hosts.removed()[0].removed_at;
    fixture.keyring.refuses.store(true, Ordering::SeqCst);
    fixture.hosts.forget_overdue(at + KEPT).await;
    assert_eq!(fixture.hosts.removed().len(), 1, "its password is still there");
    fixture.keyring.refuses.store(false, Ordering::SeqCst);
    fixture.hosts.forget_overdue(at + KEPT).await;
    assert!(fixture.hosts.removed().is_empty());
    assert_eq!((fixture.secret(id), fixture.secret(HttpAuth::account(id))), (None, None));
    assert_eq!(fixture.hosts.put_back(vec![id]).await, Err(StoreError::NoSuchHost.into()));
    assert_eq!(fixture.hosts.undo(None).await.unwrap().left, ["studio:5901"], "and that is told");
}

#[tokio::test]
async fn one_without_a_time_has_its_thirty_days_from_now_on() {
    let fixture = start();
    let id = fixture.saved("studio:1").await;
    fixture.hosts.list.change(move |list| list.remove(&[id])).await.unwrap();
    fixture.hosts.forget_overdue(1_000_000).await;
    fixture.hosts.forget_overdue(1_000_000 + KEPT - 1).await;
    assert_eq!(fixture.hosts.removed()[0].removed_at, 1_000_000);
    fixture.hosts.forget_overdue(1_000_000 + KEPT).await;
    assert!(fixture.hosts.removed().is_empty());
}

/// At the end of the thirty days: either the host comes back with its password, or it is too late.
#[tokio::test]
async fn a_host_is_never_put_back_without_its_password() {
    let fixture = start();
    let id = fixture.saved("studio:1").await;
    fixture.hosts.remove(vec![id]).await.unwrap();
    let (begun, beginning) = mpsc::channel();
    let (go_on, going_on) = mpsc::channel();
    *fixture.keyring.hold.lock() = Some((begun, going_on));
    let forgetting = tokio::spawn({
        let hosts = Arc::clone(&fixture.hosts);
        async move { hosts.remove_for_good(vec![id]).await }
    });
    tokio::task::spawn_blocking(move || beginning.recv().unwrap()).await.unwrap();
    // The keyring is forgetting it in this moment.
    assert_eq!(fixture.hosts.put_back(vec![id]).await, Err(StoreError::NoSuchHost.into()));
    assert_eq!(fixture.hosts.undo(None).await.unwrap().left, ["studio:5901"]);
    go_on.send(()).unwrap();
    forgetting.await.unwrap().unwrap();
    assert!(fixture.view(id).is_none() && fixture.hosts.list.get().removed().is_empty());

    // The other way round: what is put back is not forgotten any more.
    let id = fixture.saved("studio:2").await;
    fixture.hosts.remove(vec![id]).await.unwrap();
    fixture.hosts.put_back(vec![id]).await.unwrap();
    fixture.hosts.remove_for_good(vec![id]).await.unwrap();
    assert!(fixture.view(id).unwrap().has_password && fixture.secret(id).is_some());
}

#[tokio::test]
async fn what_was_saved_in_a_form_is_undone_with_its_logins_in_one_step() {
    let fixture = start();
    let id = fixture.saved("studio:1").await;
    let account = HttpAuth::account(id);
    let moved = HostDraft { id: Some(id), on_new_address: OnNewAddress::Forget, ..draft("elsewhere") };
    fixture.hosts.save(moved, PasswordChange::Keep).await.unwrap();
    assert_eq!((fixture.secret(id), fixture.secret(&account)), (None, None));
    let undone = fixture.hosts.undo(None).await.unwrap();
    assert_eq!((undone.step.deed, undone.left.len(), undone.login), (Deed::Edited, 0, None));
    let host = fixture.view(id).unwrap();
    assert!(host.address == "studio:5901" && host.has_password && host.has_http_auth);
    assert_eq!(fixture.secret(id).as_deref(), Some("hunter2"));
    assert!(fixture.secret(&account).is_some());

    fixture.hosts.redo().await.unwrap();
    assert!(!fixture.view(id).unwrap().has_password && fixture.secret(id).is_none());
    fixture.hosts.undo(None).await.unwrap();

    // It was added with both, and goes with both.
    fixture.hosts.undo(None).await.unwrap();
    assert!(fixture.view(id).is_none() && fixture.hosts.removed().is_empty());
    assert_eq!((fixture.secret(id), fixture.secret(&account)), (None, None));
    assert!(matches!(fixture.hosts.undo(None).await, Err(Error::Store(StoreError::NothingToUndo))));
    fixture.hosts.redo().await.unwrap();
    assert!(fixture.view(id).unwrap().has_password && fixture.view(id).unwrap().has_http_auth);
    assert_eq!(fixture.secret(id).as_deref(), Some("hunter2"));
}

#[tokio::test]
async fn a_password_alone_is_a_step_and_comes_back() {
    let fixture = start();
    let id = fixture.hosts.save(draft("studio:1"), set("one")).await.unwrap().host.id;
    let form = |id| HostDraft { id: Some(id), ..draft("studio:1") };
    fixture.hosts.save(form(id), set("two")).await.unwrap();
    fixture.hosts.save(form(id), PasswordChange::Forget).await.unwrap();
    assert_eq!(fixture.secret(id), None);
    for (password, has) in [(Some("two"), true), (Some("one"), true)] {
        fixture.hosts.undo(None).await.unwrap();
        assert_eq!((fixture.secret(id).as_deref(), fixture.view(id).unwrap().has_password), (password, has));
    }
    fixture.hosts.redo().await.unwrap();
    fixture.hosts.redo().await.unwrap();
    assert_eq!((fixture.secret(id), fixture.view(id).unwrap().has_password), (None, false));

    // A keyring that refuses is told, and the list does not say that there is one.
    fixture.keyring.refuses.store(true, Ordering::SeqCst);
    let undone = fixture.hosts.undo(None).await.unwrap();
    assert_eq!(undone.login, Some(KeyringError::Locked.into()));
    assert!(!fixture.view(id).unwrap().has_password);
    // One whose login cannot be taken along is removed, and not gone.
    fixture.keyring.refuses.store(false, Ordering::SeqCst);
    let other = fixture.hosts.save(draft("other"), set("x")).await.unwrap().host.id;
    fixture.keyring.refuses.store(true, Ordering::SeqCst);
    fixture.hosts.undo(None).await.unwrap();
    assert_eq!(fixture.hosts.removed()[0].host.id, other);
    fixture.hosts.redo().await.unwrap();
    assert!(fixture.view(other).unwrap().has_password && fixture.secret(other).is_some());
}

#[tokio::test]
async fn every_change_of_the_list_is_a_step() {
    let fixture = start();
    let hosts = &fixture.hosts;
    let mut states = vec![];
    let mut note = |deed| states.push((deed, fixture.hosts.list.get()));
    note(None);
    let id = fixture.saved("studio:1").await;
    note(Some(Deed::Added));
    let copy = hosts.duplicate(id, "Copy".into()).await.unwrap().id;
    note(Some(Deed::Added));
    hosts.set_favourite(id, true).await.unwrap();
    note(Some(Deed::Favourite));
    hosts.arrange_favourite(copy, Some(id)).await.unwrap();
    note(Some(Deed::Arranged));
    let change = crate::services::SharedChange { tags_added: vec!["lab".into()], ..Default::default() };
    hosts.change_several(vec![id, copy], change).await.unwrap();
    note(Some(Deed::Edited));
    hosts.remove(vec![id, copy]).await.unwrap();
    note(Some(Deed::Removed));
    hosts.put_back(vec![copy]).await.unwrap();
    note(Some(Deed::PutBack));
    let versions = hosts.versions().await.unwrap();
    hosts.go_back(versions[0].replaced_at).await.unwrap();
    note(Some(Deed::WentBack));
    let all = |list: &List| {
        let mut all = list.all().to_vec();
        all.sort_by_key(|host| host.id);
        all
    };
    for (number, (deed, _)) in states.iter().enumerate().skip(1).rev() {
        let undone = hosts.undo(None).await.unwrap();
        assert_eq!((Some(undone.step.deed), undone.left, undone.login), (*deed, vec![], None));
        assert_eq!(all(&hosts.list.get()), all(&states[number - 1].1), "{deed:?}");
    }
    for (deed, state) in &states[1..] {
        assert_eq!(Some(hosts.redo().await.unwrap().step.deed), *deed);
        assert_eq!(all(&hosts.list.get()), all(state), "{deed:?}");
    }
    assert!(hosts.redo().await.is_err());
}

#[tokio::test]
async fn opening_a_host_waits_for_nothing_and_is_noted() {
    let fixture = start();
    let id = fixture.hosts.save(draft("studio"), PasswordChange::Keep).await.unwrap().host.id;
    let mut changes = fixture.hosts.changes();
    changes.mark_unchanged();
    fixture.hosts.note_opened(&fixture.hosts.target_of(id).unwrap());
    changes.changed().await.unwrap();
    assert!(fixture.view(id).unwrap().last_opened.is_some());
}
