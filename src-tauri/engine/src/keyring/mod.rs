//! Passwords, in the operating system's keyring by host id. Without a keyring there are none: never a plain file.

use crate::{
    error::{KeyringError, Result},
    model::{HostId, Secret},
};
use keyring::Entry;
use std::{
    collections::HashMap,
    error::Error as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Mutex, task::spawn_blocking, time::timeout};

/// How long a saved password is waited for before the person may type it instead.
pub(crate) const KEYRING_OFFER_DELAY: Duration = Duration::from_secs(2);

/// How long the keyring may take: it may be asking the user to unlock it.
pub const KEYRING_PATIENCE: Duration = Duration::from_secs(60);

/// The keyring's part that is ours. Copies share one turn: the keyring is asked one thing at a time.
#[derive(Debug, Clone)]
pub struct Keyring {
    service: Arc<str>,
    /// Held by the thread that asks, also after we stopped waiting for it: a keyring that hangs costs one thread.
    turn: Arc<Mutex<()>>,
    /// Whether the thread whose turn it is has been given up.
    hangs: Arc<AtomicBool>,
}

impl Keyring {
    /// Passwords filed under `service`.
    pub fn new(service: &str) -> Self {
        Self { service: service.into(), turn: Arc::default(), hangs: Arc::default() }
    }

    /// Looks whether there is a keyring.
    ///
    /// # Errors
    /// [`KeyringError::Missing`], [`KeyringError::Silent`].
    pub async fn look(&self) -> Result<(), KeyringError> {
        self.ask(Blocking::look).await
    }

    /// The password of `account`: a host's id, or what ssh calls an account.
    ///
    /// # Errors
    /// Those of the keyring: `Blocking…`. They are the same for all of these.
    pub async fn get(&self, account: impl ToString) -> Result<Option<Secret>, KeyringError> {
        let account = account.to_string();
        self.ask(move |keyring| keyring.get(&account)).await
    }

    /// Stores the password of `account`, instead of the one that may be there.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub async fn set(&self, account: impl ToString, password: &Secret) -> Result<(), KeyringError> {
        let (account, password) = (account.to_string(), password.clone());
        self.ask(move |keyring| keyring.set(&account, &password)).await
    }

    /// Forgets the password of `account`; there need not be one.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    pub async fn forget(&self, account: impl ToString) -> Result<(), KeyringError> {
        let account = account.to_string();
        self.ask(move |keyring| keyring.forget(&account)).await
    }

    /// Stores the password of `from` for `to`, too.
    ///
    /// # Errors
    /// As [`Keyring::get`]; [`KeyringError::Failed`] where there is none to copy.
    pub async fn copy(&self, from: HostId, to: HostId) -> Result<(), KeyringError> {
        let missing = || KeyringError::Failed { detail: "it has no password to copy".to_owned() };
        let (from, to) = (from.to_string(), to.to_string());
        self.ask(move |keyring| keyring.set(&to, &keyring.get(&from)?.ok_or_else(missing)?)).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Blocking) -> Result<T, KeyringError> + Send + 'static,
    ) -> Result<T, KeyringError> {
        // Nobody should wait another minute for an unlock dialog that was overlooked the first time.
        if self.hangs.load(Ordering::Relaxed) && self.turn.try_lock().is_err() {
            return Err(KeyringError::Silent);
        }
        let answer = async {
            let turn = Arc::clone(&self.turn).lock_owned().await;
            self.hangs.store(false, Ordering::Relaxed);
            let keyring = Blocking { service: Arc::clone(&self.service) };
            let thread = spawn_blocking(move || {
                let _turn = turn;
                question(&keyring)
            });
            thread.await.unwrap_or_else(|cause| Err(KeyringError::Failed { detail: cause.to_string() }))
        };
        timeout(KEYRING_PATIENCE, answer).await.unwrap_or_else(|_| {
            self.hangs.store(true, Ordering::Relaxed);
            Err(KeyringError::Silent)
        })
    }
}

/// The keyring as threads see it that may block.
struct Blocking {
    service: Arc<str>,
}

impl Blocking {
    fn get(&self, account: &str) -> Result<Option<Secret>, KeyringError> {
        match self.entry(account)?.get_password() {
            Ok(password) => Ok(Some(password.into())),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(cause) => Err(explain(cause)),
        }
    }

    fn set(&self, account: &str, password: &Secret) -> Result<(), KeyringError> {
        self.entry(account)?.set_password(password.expose()).map_err(explain)
    }

    fn forget(&self, account: &str) -> Result<(), KeyringError> {
        match self.entry(account)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            // Somebody copied the item to another keyring; "forget" means all of them.
            Err(keyring::Error::Ambiguous(entries)) => {
                entries.iter().try_for_each(keyring_core::Entry::delete_credential).map_err(explain)
            }
            Err(cause) => Err(explain(cause)),
        }
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
impl Blocking {
    /// Connects anew each time (some 20 ms): `keyring` connects once and for all, so that a keyring that starts later,
    /// or again, would be out of reach until Portlight is restarted.
    fn connect(&self) -> Result<Arc<zbus_secret_service_keyring_store::Store>, KeyringError> {
        zbus_secret_service_keyring_store::Store::new().map_err(missing)
    }

    fn look(&self) -> Result<(), KeyringError> {
        self.connect().map(drop)
    }

    fn entry(&self, account: &str) -> Result<Entry, KeyringError> {
        use keyring_core::api::CredentialStoreApi;
        // What a person sees who opens the keyring with its own program.
        let label = format!("Portlight password {account}");
        let modifiers = HashMap::from([("label", label.as_str())]);
        let inner = self.connect()?.build(&self.service, account, Some(&modifiers)).map_err(explain)?;
        Ok(Entry { inner })
    }
}

#[cfg(any(windows, target_os = "macos"))]
impl Blocking {
    fn look(&self) -> Result<(), KeyringError> {
        match Entry::store_status() {
            Ok(()) => Ok(()),
            Err(cause) => Err(KeyringError::Missing { detail: cause.to_string() }),
        }
    }

    fn entry(&self, account: &str) -> Result<Entry, KeyringError> {
        self.look()?;
        Entry::new(&self.service, account).map_err(explain)
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn missing(cause: keyring::Error) -> KeyringError {
    KeyringError::Missing { detail: cause.source().map_or_else(|| cause.to_string(), ToString::to_string) }
}

fn explain(cause: keyring::Error) -> KeyringError {
    match cause {
        // Where no keyring was ever set up there is a service, but nothing to keep a password in.
        #[cfg(all(unix, not(target_os = "macos")))]
        keyring::Error::NoStorageAccess(ref why)
            if matches!(why.downcast_ref(), Some(secret_service::Error::NoResult)) =>
        {
            missing(cause)
        }
        keyring::Error::NoStorageAccess(_) => KeyringError::Locked,
        cause => KeyringError::Failed { detail: cause.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_process::{CHILD_OF_TEST, again};
    use std::{
        env, fs,
        io::{BufRead, BufReader, Write},
        path::Path,
        process::{Child, Command, Stdio},
        time::Instant,
    };
    use tokio::task::yield_now;

    const SERVICE: &str = "portlight-test";

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

    /// A bus on which nothing is but what the test puts there. Needs dbus-daemon.
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

    /// Runs `body` as a process of its own, whose environment leads to no keyring but the test's.
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
            secrets.look().await.unwrap();
            let (id, other, copy) = (HostId::new(), HostId::new(), HostId::new());
            assert_eq!(stored(&secrets, id).await, None);
            for password in ["hunter2", "pässwörd 密码 🔑", "", " \n\u{0}", &"long".repeat(2000)] {
                secrets.set(id, &secret(password)).await.unwrap();
                assert_eq!(stored(&secrets, id).await.as_deref(), Some(password));
            }
            assert_eq!(stored(&secrets, other).await, None);

            secrets.set(id, &secret("hunter2")).await.unwrap();
            secrets.copy(id, copy).await.unwrap();
            secrets.set(id, &secret("hunter3")).await.unwrap();
            assert_eq!(stored(&secrets, copy).await.as_deref(), Some("hunter2"));
            assert!(matches!(secrets.copy(other, id).await, Err(KeyringError::Failed { .. })));
            assert_eq!(stored(&secrets, id).await.as_deref(), Some("hunter3"), "copying nothing changes nothing");

            // Not in the list, but in the keyring's own program a person should know it.
            let entry = Blocking { service: SERVICE.into() }.entry(&id.to_string()).unwrap().inner;
            let item: &zbus_secret_service_keyring_store::cred::Specifier = entry.as_any().downcast_ref().unwrap();
            assert_eq!(item.get_label().unwrap(), format!("Portlight password {id}"));

            drop(keyring);
            assert!(matches!(secrets.get(id).await, Err(KeyringError::Missing { .. })));
            let _keyring = start_keyring(true);
            assert_eq!(
                stored(&secrets, id).await.as_deref(),
                Some("hunter3"),
                "the keyring was restarted, we were not"
            );

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
            for _ in 0..50 {
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
                secrets.look().await.unwrap_err(),
                secrets.get(id).await.unwrap_err(),
                secrets.set(id, &secret("hunter2")).await.unwrap_err(),
                secrets.forget(id).await.unwrap_err(),
                secrets.copy(id, HostId::new()).await.unwrap_err(),
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
            assert!(matches!(secrets.look().await, Err(KeyringError::Missing { .. })));
            assert!(matches!(secrets.get(id).await, Err(KeyringError::Missing { .. })));
            let _keyring = start_keyring(true);
            secrets.look().await.unwrap();
            secrets.set(id, &secret("hunter2")).await.unwrap();
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

            // Nobody is there to ask for the password that opens it.
            let _locked = start_keyring(false);
            secrets.look().await.unwrap();
            assert_eq!(secrets.get(id).await.unwrap_err(), KeyringError::Locked);
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
    fn a_keyring_that_hangs_costs_one_minute_and_one_thread() {
        in_a_session_of_its_own("a_keyring_that_hangs_costs_one_minute_and_one_thread", true, async |secrets| {
            let keyring = start_keyring(true);
            let id = HostId::new();
            secrets.set(id, &secret("hunter2")).await.unwrap();
            keyring.signal("STOP");
            let threads_before = threads();
            tokio::time::pause();
            let waiting: Vec<_> = (0..20)
                .map(|_| {
                    let secrets = secrets.clone();
                    tokio::spawn(async move { secrets.get(id).await })
                })
                .collect();
            // One has its turn, the others wait for theirs.
            while secrets.turn.try_lock().is_ok() {
                yield_now().await;
            }
            tokio::time::advance(KEYRING_PATIENCE - Duration::from_secs(1)).await;
            yield_now().await;
            assert!(waiting.iter().all(|task| !task.is_finished()), "patience has not run out");
            tokio::time::advance(Duration::from_secs(2)).await;
            for task in waiting {
                assert_eq!(task.await.unwrap().unwrap_err(), KeyringError::Silent);
            }
            tokio::time::resume();
            // Again: a thread that wrongly let go of its turn has the time to show it.
            keyring.signal("STOP");
            let start = Instant::now();
            for _ in 0..20 {
                assert_eq!(secrets.get(id).await.unwrap_err(), KeyringError::Silent);
            }
            assert!(start.elapsed() < Duration::from_secs(1), "nobody waits for what hangs");
            // The one that asks, and its connection's own.
            assert!(threads() <= threads_before + 2, "{} threads after {threads_before}", threads());

            keyring.signal("CONT");
            // Once the first question is answered the next ones are, too.
            let _turn = tokio::time::timeout(Duration::from_secs(20), secrets.turn.lock()).await.unwrap();
            drop(_turn);
            assert_eq!(stored(&secrets, id).await.as_deref(), Some("hunter2"));
        });
    }
}
