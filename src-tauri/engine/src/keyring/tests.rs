//! A real gnome-keyring on a bus of its own, and stores that answer when the test says so.

mod earlier;

use super::*;
use crate::{
    model::HostId,
    test_process::{CHILD_OF_TEST, again},
};
use futures_util::future::join_all;
use parking_lot::Mutex;
use secret_service::{EncryptionType, blocking::SecretService};
use std::{
    collections::HashMap,
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::{sync::mpsc, task::yield_now, time::advance};

const SERVICE: &str = "portlight-test";
/// tokio rounds deadlines up to this.
const TICK: Duration = Duration::from_millis(1);

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([format!("-{name}"), self.0.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

/// A session bus with nothing on it but what the test starts. Needs dbus-daemon.
fn start_bus(home: &Path) -> (Running, String) {
    let config = home.join("bus.conf");
    let text = format!(
        r#"<busconfig>
             <type>session</type><listen>unix:dir={}</listen><auth>EXTERNAL</auth>
             <policy context="default">
               <allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
             </policy>
           </busconfig>"#,
        home.display()
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new("dbus-daemon");
    command.arg("--config-file").arg(config).args(["--nofork", "--print-address"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut bus = Running(command.spawn().expect("the package dbus is needed for this test"));
    let mut address = String::new();
    BufReader::new(bus.0.stdout.take().unwrap()).read_line(&mut address).unwrap();
    (bus, address.trim().to_owned())
}

/// A real keyring on the bus of this process. Needs gnome-keyring.
fn start_keyring(unlock: bool) -> Running {
    let mut command = Command::new("gnome-keyring-daemon");
    command.args(["--foreground", "--components=secrets"]).args(unlock.then_some("--unlock"));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut keyring = Running(command.spawn().expect("the package gnome-keyring is needed for this test"));
    let mut stdin = keyring.0.stdin.take().unwrap();
    stdin.write_all(b"the login password").unwrap();
    drop(stdin);
    let mut wait = Command::new("gdbus");
    wait.args(["wait", "--session", "--timeout", "20", "org.freedesktop.secrets"]);
    assert!(wait.status().expect("the package libglib2.0-bin is needed for this test").success());
    keyring
}

/// Runs `body` in a process of its own, whose environment names no bus but the test's.
fn in_a_session_of_its_own(test: &str, with_bus: bool, body: impl AsyncFnOnce(Keyring)) {
    if env::var_os(CHILD_OF_TEST).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(body(Keyring::new(SERVICE)));
    }
    let home = tempfile::tempdir().unwrap();
    let test = again(&format!("keyring::tests::{test}"));
    // Ends the child together with what it started, should it hang.
    let mut child = Command::new("timeout");
    child.arg("120").arg(test.get_program()).args(test.get_args());
    child.env_clear().env("PATH", env::var_os("PATH").unwrap()).env(CHILD_OF_TEST, home.path());
    child.envs(["HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME"].map(|name| (name, home.path())));
    let bus = with_bus.then(|| start_bus(home.path()));
    if let Some((_, address)) = &bus {
        child.env("DBUS_SESSION_BUS_ADDRESS", address);
    }
    let output = child.output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success() && said[0].contains("1 passed"), "{}", said.join("\n"));
}

fn secret(text: &str) -> Secret {
    text.to_owned().into()
}

async fn stored(secrets: &Keyring, id: HostId) -> Option<String> {
    secrets.get(id).await.unwrap().map(|password| password.expose().to_owned())
}

/// Stores an item beside Portlight's, as restoring a backup does.
fn store_item(account: &str, note: &str, password: &str) {
    let keyring = SecretService::connect(EncryptionType::Plain).unwrap();
    let attributes = HashMap::from([("service", SERVICE), ("username", account), ("note", note)]);
    let collection = keyring.get_default_collection().unwrap();
    collection.create_item(note, attributes, password.as_bytes(), true, "text/plain").unwrap();
}

/// Waits until the clock shows another second: items are dated in seconds.
fn next_second() {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let rest = Duration::from_nanos(1_000_000_000 - u64::from(now().subsec_nanos()));
    std::thread::sleep(rest);
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn passwords_stay_until_they_are_forgotten() {
    in_a_session_of_its_own("passwords_stay_until_they_are_forgotten", true, async |secrets| {
        let keyring = start_keyring(true);
        secrets.check().await.unwrap();
        let (id, other, copy) = (HostId::new(), HostId::new(), HostId::new());
        assert_eq!(stored(&secrets, id).await, None);
        for password in ["hunter2", "pässwörd 密码 🔑", "", " \n\u{0}", &"long".repeat(2000)] {
            secrets.set(id, &secret(password)).await.unwrap();
            assert_eq!(stored(&secrets, id).await.as_deref(), Some(password));
        }
        assert_eq!(stored(&secrets, other).await, None);

        secrets.set(id, &secret("hunter2")).await.unwrap();
        let (studio, elsewhere) = (Recipient::kept("studio"), Recipient::kept("elsewhere #d1"));
        let of = |id| (id, studio.clone());
        secrets.copy(of(id), of(copy)).await.unwrap();
        secrets.set(id, &secret("hunter3")).await.unwrap();
        assert_eq!(stored(&secrets, copy).await.as_deref(), Some("hunter2"));
        assert!(matches!(secrets.copy(of(other), of(id)).await, Err(KeyringError::Failed { .. })));
        assert_eq!(stored(&secrets, id).await.as_deref(), Some("hunter3"), "copying nothing changes nothing");

        // From before it was kept for whom they are, it is for whom it is asked for first.
        for _ in 0..2 {
            let found = secrets.get_for(id, studio.clone()).await.unwrap();
            assert_eq!(found.unwrap().expose(), "hunter3");
        }
        let refused = secrets.get_for(id, elsewhere.clone()).await.unwrap_err();
        assert_eq!(refused, KeyringError::ForAnother { recipient: "studio".into() });
        assert_eq!(secrets.copy((id, elsewhere.clone()), of(copy)).await.unwrap_err(), refused);
        // It goes along only from where it was.
        secrets.readdress(id, Recipient::kept("third"), elsewhere.clone()).await.unwrap();
        assert_eq!(secrets.get_for(id, elsewhere.clone()).await.unwrap_err(), refused);
        secrets.readdress(id, studio.clone(), elsewhere.clone()).await.unwrap();
        assert_eq!(secrets.get_for(id, elsewhere.clone()).await.unwrap().unwrap().expose(), "hunter3");
        let refused = secrets.get_for(id, studio.clone()).await.unwrap_err();
        assert_eq!(refused, KeyringError::ForAnother { recipient: "elsewhere".into() }, "no digest is shown");
        secrets.set_for(id, studio.clone(), &secret("hunter4")).await.unwrap();
        assert_eq!(secrets.get_for(id, studio.clone()).await.unwrap().unwrap().expose(), "hunter4");
        secrets.set(id, &secret("hunter3")).await.unwrap();

        // What the keyring's own program shows.
        let labels = SystemKeyring::new(SERVICE).labels(&id.to_string());
        assert_eq!(labels, [format!("Portlight password {id}")]);

        drop(keyring);
        assert!(matches!(secrets.get(id).await, Err(KeyringError::Missing { .. })));
        let _keyring = start_keyring(true);
        assert_eq!(stored(&secrets, id).await.as_deref(), Some("hunter3"), "the keyring was restarted, we were not");

        secrets.forget(id).await.unwrap();
        secrets.forget(id).await.unwrap();
        assert_eq!(stored(&secrets, id).await, None);
        assert_eq!(stored(&secrets, copy).await.as_deref(), Some("hunter2"));
    });
}

#[test]
fn many_questions_leave_nothing_behind() {
    in_a_session_of_its_own("many_questions_leave_nothing_behind", true, async |secrets| {
        let _keyring = start_keyring(true);
        let id = HostId::new();
        secrets.set(id, &secret("hunter2")).await.unwrap();
        let (threads_before, files_before) = (threads(), open_files());
        // Each connection that stayed would show.
        for _ in 0..15 {
            let all = [secrets.get(id), secrets.get(id), secrets.get(id), secrets.get(id)];
            for answer in futures_util::future::join_all(all).await {
                assert_eq!(answer.unwrap().unwrap().expose(), "hunter2");
            }
        }
        // The last connections may be closing still.
        let few = 4;
        assert!(threads() <= threads_before + few, "{} threads after {threads_before}", threads());
        assert!(open_files() <= files_before + 4 * few, "{} files after {files_before}", open_files());
    });
}

#[test]
fn without_a_bus_there_is_no_keyring() {
    in_a_session_of_its_own("without_a_bus_there_is_no_keyring", false, async |secrets| {
        let id = HostId::new();
        for error in [
            secrets.check().await.unwrap_err(),
            secrets.get(id).await.unwrap_err(),
            secrets.set(id, &secret("hunter2")).await.unwrap_err(),
            secrets.forget(id).await.unwrap_err(),
            secrets.copy((id, Recipient::kept("a")), (HostId::new(), Recipient::kept("b"))).await.unwrap_err(),
        ] {
            let KeyringError::Missing { detail } = error else { panic!("{error:?}") };
            assert!(!detail.is_empty() && !detail.contains("hunter2"), "{detail}");
        }
    });
}

#[test]
fn a_keyring_that_appears_later_is_found() {
    in_a_session_of_its_own("a_keyring_that_appears_later_is_found", true, async |secrets| {
        let id = HostId::new();
        assert!(matches!(secrets.check().await, Err(KeyringError::Missing { .. })));
        assert!(matches!(secrets.get(id).await, Err(KeyringError::Missing { .. })));
        let _keyring = start_keyring(true);
        secrets.check().await.unwrap();
        assert!(secrets.peek(id).await.unwrap().is_none());
        secrets.set(id, &secret("hunter2")).await.unwrap();
        assert_eq!(secrets.peek(id).await.unwrap().unwrap().expose(), "hunter2");
        assert_eq!(stored(&secrets, id).await.as_deref(), Some("hunter2"));
    });
}

#[test]
fn a_locked_keyring_says_so() {
    in_a_session_of_its_own("a_locked_keyring_says_so", true, async |secrets| {
        let id = HostId::new();
        let unlocked = start_keyring(true);
        secrets.set(id, &secret("hunter2")).await.unwrap();
        drop(unlocked);

        // There is no display on which it could ask for the password that opens it.
        let _locked = start_keyring(false);
        secrets.check().await.unwrap();
        assert_eq!(secrets.get(id).await.unwrap_err(), KeyringError::Locked);
        assert_eq!(secrets.peek(id).await.unwrap_err(), KeyringError::Locked);
        assert_eq!(
            secrets.peek(HostId::new()).await.unwrap_err(),
            KeyringError::Locked,
            "what is new could not be stored"
        );
        assert_eq!(secrets.set(id, &secret("hunter3")).await, Err(KeyringError::Locked));
        assert_eq!(secrets.set(HostId::new(), &secret("hunter3")).await, Err(KeyringError::Locked));
        assert_eq!(secrets.forget(id).await, Err(KeyringError::Locked));
    });
}

#[test]
fn a_keyring_that_was_never_set_up_is_as_good_as_none() {
    in_a_session_of_its_own("a_keyring_that_was_never_set_up_is_as_good_as_none", true, async |secrets| {
        let id = HostId::new();
        let _empty = start_keyring(false);
        assert_eq!(stored(&secrets, id).await, None);
        let error = secrets.set(id, &secret("hunter2")).await.unwrap_err();
        assert!(matches!(error, KeyringError::Missing { .. }), "{error:?}");
        assert_eq!(secrets.forget(id).await, Ok(()));
    });
}

#[test]
fn of_several_items_the_newest_counts_and_storing_leaves_one() {
    in_a_session_of_its_own("of_several_items_the_newest_counts_and_storing_leaves_one", true, async |secrets| {
        let _keyring = start_keyring(true);
        let items = |id: HostId| SystemKeyring::new(SERVICE).labels(&id.to_string()).len();
        let id = HostId::new();
        secrets.set(id, &secret("old")).await.unwrap();
        store_item(&id.to_string(), "copy", "newer");
        store_item(&id.to_string(), "another copy", "newest");
        assert_eq!(items(id), 3);
        assert_eq!(stored(&secrets, id).await.as_deref(), Some("newest"));

        secrets.set(id, &secret("hunter2")).await.unwrap();
        assert_eq!((items(id), stored(&secrets, id).await.as_deref()), (1, Some("hunter2")));

        // The one that was changed last counts, also where it was not made last.
        let other = HostId::new();
        store_item(&other.to_string(), "first", "old");
        store_item(&other.to_string(), "second", "newer");
        next_second();
        store_item(&other.to_string(), "first", "newest");
        assert_eq!((items(other), stored(&secrets, other).await.as_deref()), (2, Some("newest")));
        secrets.copy((other, Recipient::kept("a")), (id, Recipient::kept("a"))).await.unwrap();
        assert_eq!((items(id), stored(&secrets, id).await.as_deref()), (1, Some("newest")));

        secrets.forget(other).await.unwrap();
        assert_eq!((items(other), stored(&secrets, other).await), (0, None));
    });
}

#[test]
fn a_keyring_that_hangs_costs_one_minute_and_one_thread() {
    in_a_session_of_its_own("a_keyring_that_hangs_costs_one_minute_and_one_thread", true, async |secrets| {
        let keyring = start_keyring(true);
        let id = HostId::new();
        secrets.set(id, &secret("hunter2")).await.unwrap();
        keyring.signal("STOP");
        let threads_before = threads();
        tokio::time::pause();
        let began = Instant::now();
        let waiting = (0..20).map(|_| secrets.get(id));
        // While the thread of the first waits, paused time does not run by itself.
        let passing = async {
            while !secrets.turns.is_taken() {
                yield_now().await;
            }
            advance(KEYRING_TIMEOUT + TICK).await;
        };
        let (answers, ()) = tokio::join!(join_all(waiting), passing);
        assert!(answers.into_iter().all(|answer| answer.unwrap_err() == KeyringError::Silent));
        assert!(began.elapsed() < KEYRING_TIMEOUT + KEYRING_OFFER_DELAY, "{:?}", began.elapsed());
        advance(KEYRING_OFFER_DELAY + TICK).await;
        let began = Instant::now();
        for _ in 0..20 {
            assert_eq!(secrets.get(id).await.unwrap_err(), KeyringError::Silent);
        }
        assert_eq!(began.elapsed(), Duration::ZERO, "no question waits for what hangs");
        tokio::time::resume();
        // The one that asks, and its connection's own.
        assert!(threads() <= threads_before + 2, "{} threads after {threads_before}", threads());

        keyring.signal("CONT");
        // Once the first question is answered the next ones are, too.
        drop(tokio::time::timeout(Duration::from_secs(20), keyring_free(&secrets)).await.unwrap());
        assert_eq!(stored(&secrets, id).await.as_deref(), Some("hunter2"));
    });
}

/// A store whose questions are answered one by one, when the test says so.
struct Manual {
    /// Has an entry for each question that has reached the store.
    asked: mpsc::UnboundedSender<()>,
    answers: Mutex<std::sync::mpsc::Receiver<()>>,
    memory: Memory,
}

impl Manual {
    fn keyring() -> (Keyring, mpsc::UnboundedReceiver<()>, std::sync::mpsc::Sender<()>) {
        let ((asked, questions), (answer, answers)) = (mpsc::unbounded_channel(), std::sync::mpsc::channel());
        let store = Self { asked, answers: Mutex::new(answers), memory: Memory::default() };
        (Keyring::with_store(store), questions, answer)
    }

    fn wait(&self) {
        let _ = self.asked.send(());
        // Ends with the test, too.
        let _ = self.answers.lock().recv();
    }
}

impl Store for Manual {
    fn check(&self) -> Result<(), KeyringError> {
        self.wait();
        Ok(())
    }

    fn get(&self, account: &str) -> Result<Option<Entry>, KeyringError> {
        self.wait();
        self.memory.get(account)
    }

    fn set(&self, account: &str, entry: &Entry) -> Result<(), KeyringError> {
        self.wait();
        self.memory.set(account, entry)
    }

    fn forget(&self, account: &str) -> Result<(), KeyringError> {
        self.wait();
        self.memory.forget(account)
    }
}

// While a thread asks, tokio's paused time does not run by itself.

#[tokio::test(start_paused = true)]
async fn a_question_that_was_given_up_delays_the_next_ones_by_two_seconds_at_most() {
    let (keyring, mut asked, answer) = Manual::keyring();
    let mut given_up = Box::pin(keyring.get("box"));
    assert!(futures_util::poll!(&mut given_up).is_pending());
    asked.recv().await.unwrap();
    let mut behind = Box::pin(keyring.get("box"));
    assert!(futures_util::poll!(&mut behind).is_pending());
    advance(KEYRING_OFFER_DELAY * 5).await;
    assert!(futures_util::poll!(&mut behind).is_pending(), "the first is waited for: the keyring may be asking");

    drop(given_up);
    advance(KEYRING_OFFER_DELAY - TICK).await;
    assert!(futures_util::poll!(&mut behind).is_pending(), "it may be about to answer");
    advance(TICK * 2).await;
    assert_eq!(behind.await.unwrap_err(), KeyringError::Silent);
    let began = Instant::now();
    assert_eq!(keyring.set("box", &secret("x")).await, Err(KeyringError::Silent));
    assert_eq!(keyring.forget("box").await, Err(KeyringError::Silent));
    assert_eq!(began.elapsed(), Duration::ZERO);

    // The keyring is back: the old question ends, and what is stored and forgotten from now on is.
    (0..4).for_each(|_| answer.send(()).unwrap());
    drop(keyring_free(&keyring).await);
    keyring.set("box", &secret("hunter2")).await.unwrap();
    assert_eq!(keyring.get("box").await.unwrap().unwrap().expose(), "hunter2");
    keyring.forget("box").await.unwrap();
    answer.send(()).unwrap();
    assert!(keyring.get("box").await.unwrap().is_none());
}

/// The turn, once the question that hangs has ended.
async fn keyring_free(keyring: &Keyring) -> super::turn::Turn {
    loop {
        if let Some(turn) = keyring.turns.take().await {
            return turn;
        }
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_keyring_that_answers_soon_after_a_question_was_given_up_answers_the_next_one() {
    let (keyring, mut asked, answer) = Manual::keyring();
    let mut given_up = Box::pin(keyring.get("box"));
    assert!(futures_util::poll!(&mut given_up).is_pending());
    asked.recv().await.unwrap();
    drop(given_up);
    let mut behind = Box::pin(keyring.get("box"));
    assert!(futures_util::poll!(&mut behind).is_pending());
    advance(KEYRING_OFFER_DELAY / 2).await;
    answer.send(()).unwrap();
    answer.send(()).unwrap();
    assert!(behind.await.unwrap().is_none());
    // The one that was given up is forgotten: a slow keyring is waited for again.
    let mut slow = Box::pin(keyring.get("box"));
    assert!(futures_util::poll!(&mut slow).is_pending());
    let mut behind = Box::pin(keyring.get("box"));
    assert!(futures_util::poll!(&mut behind).is_pending());
    advance(KEYRING_OFFER_DELAY * 2).await;
    assert!(futures_util::poll!(&mut behind).is_pending());
    answer.send(()).unwrap();
    answer.send(()).unwrap();
    let (slow, behind) = tokio::join!(slow, behind);
    assert!(slow.is_ok() && behind.is_ok());
}

#[tokio::test]
async fn a_keyring_in_memory_has_what_was_stored() {
    let keyring = Keyring::in_memory();
    keyring.check().await.unwrap();
    let (id, other) = (HostId::new(), HostId::new());
    assert_eq!(stored(&keyring, id).await, None);
    keyring.set(id, &secret("hunter2")).await.unwrap();
    keyring.clone().copy((id, Recipient::kept("a")), (other, Recipient::kept("a"))).await.unwrap();
    keyring.forget(id).await.unwrap();
    assert_eq!((stored(&keyring, id).await, stored(&keyring, other).await.as_deref()), (None, Some("hunter2")));
    assert_eq!(stored(&Keyring::in_memory(), other).await, None);
}
