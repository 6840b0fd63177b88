mod named;

use super::*;
use crate::{
    connect::{Handshake, Policy, ReportStage},
    error::{CommandError, StoreError},
    keyring::{Entry, Keyring},
    model::{Address, CommandLine, Host, Identity, Level, RsaKey, Travels},
    session::{Remember, Services, SessionState, SshQuestion},
    store::{HostList, HostsFile, LoginsFile, Pins, Preferences, PreferencesFile, Verdict},
    transport::{TimeoutStream, ssh::question::SecretOf},
};
use relay::Relay;
use rfb::{Ask, SecurityType};
use std::{pin::pin, sync::Arc, task::Poll};
use tempfile::TempDir;
use tokio::runtime::Handle;

async fn services(host: &Host) -> (Arc<Services>, TempDir) {
    services_with(host, Keyring::in_memory()).await
}

async fn services_with(host: &Host, keyring: Keyring) -> (Arc<Services>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let list = HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap();
    list.put(host.clone()).await.unwrap();
    let list = Arc::new(list);
    let services = Services {
        relay: Relay::start(vec![]).await.unwrap(),
        pins: Pins::default(),
        pictures: Arc::new(crate::pictures::Pictures::of(&list, folder.path(), &keyring)),
        keyring,
        list,
        preferences: Arc::new(PreferencesFile::open(folder.path())),
        logins: Arc::new(LoginsFile::open(folder.path())),
        places: None,
        room: crate::recording::Room::default(),
        callers: crate::session::Callers::default(),
        runtime: Handle::current(),
    };
    (Arc::new(services), folder)
}

fn host() -> Host {
    Host { address: Address::parse("box").unwrap(), ..Host::demo("Box") }
}

/// What the host of `services` looks like to a session that begins now.
fn run(services: &Arc<Services>, host: &Host) -> (Run, Target) {
    let run = Run::idle(Target::from(host), Arc::clone(services));
    let target = run.snapshot().unwrap();
    (run, target)
}

/// The prompt that is shown, with its number.
fn shown(run: &Run) -> Option<(u64, Prompt)> {
    match &*run.session().subscribe().borrow() {
        SessionState::Asking { number, prompt, .. } => Some((*number, prompt.clone())),
        _ => None,
    }
}

/// The prompt that a choice leads to, answered or not; and whether it was approved.
async fn choose(run: &Run, path: PathKind, chosen: SecurityType, answer: Option<Answer>) -> (Option<Prompt>, bool) {
    let target = run.snapshot().unwrap();
    let mut prompts = Prompts::new(run, &target);
    let policy = prompts.policy();
    let pins = Pins::default();
    let mut handshake = Handshake::new(&target, &pins, policy, false, None, &mut prompts);
    handshake.begin(TimeoutStream::new(tokio::io::empty()).limit(), path, None);
    let mut approve = pin!(handshake.approve(chosen));
    if let Poll::Ready(approved) = futures_util::poll!(&mut approve) {
        return (None, approved.is_ok());
    }
    let (number, prompt) = shown(run).expect("a prompt");
    match answer {
        Some(answer) => run.session().answer(number, answer),
        None => return (Some(prompt), false),
    }
    (Some(prompt), approve.await.is_ok())
}

#[tokio::test]
async fn a_password_travels_readably_where_that_was_agreed_or_the_path_is_private() {
    let host = host();
    let (services, _folder) = services(&host).await;
    let fresh = || run(&services, &host).0;
    let readable = || Some(Prompt::ClearText { security_type: "Plain".into() });
    let agree = |remember| Some(Answer::ClearText { remember });
    let network = PathKind::Network;

    for (path, chosen) in [
        (PathKind::Local, SecurityType::Plain),
        (PathKind::Site, SecurityType::Plain),
        (network, SecurityType::TlsPlain),
    ] {
        assert_eq!(choose(&fresh(), path, chosen, None).await, (None, true), "nothing to ask");
    }
    let run = fresh();
    assert_eq!(choose(&run, network, SecurityType::Plain, None).await, (readable(), false), "cancelled");
    assert_eq!(choose(&run, network, SecurityType::Plain, agree(false)).await, (readable(), true));
    assert_eq!(choose(&run, network, SecurityType::Plain, None).await, (None, true), "agreed for the session");
    assert_eq!(choose(&fresh(), network, SecurityType::Plain, agree(true)).await, (readable(), true));
    assert_eq!(choose(&fresh(), network, SecurityType::Plain, None).await, (None, true), "agreed for good");
}

#[tokio::test]
async fn what_happens_to_the_password_is_said_with_the_prompt() {
    let mut host = host();
    host.username = "ann".into();
    let (services, _folder) = services(&host).await;
    for (path, security_type, username, travels) in [
        (PathKind::Network, SecurityType::VncAuth, None, Travels::Scrambled),
        (PathKind::Network, SecurityType::TlsVnc, None, Travels::Encrypted),
        (PathKind::Network, SecurityType::Sasl, Some("ann"), Travels::Hashed),
        (PathKind::Network, SecurityType::X509Sasl, Some("ann"), Travels::Encrypted),
        (PathKind::Network, SecurityType::SaslPlain, Some("ann"), Travels::Clear),
        (PathKind::Network, SecurityType::Plain, Some("ann"), Travels::Clear),
        (PathKind::Network, SecurityType::Ard, Some("ann"), Travels::Encrypted),
        (PathKind::Local, SecurityType::Plain, Some("ann"), Travels::Local),
        (PathKind::Site, SecurityType::VncAuth, None, Travels::Encrypted),
    ] {
        let (run, target) = run(&services, &host);
        let mut prompts = Prompts::new(&run, &target);
        let request = CredentialRequest { security_type, username: username.is_some() };
        let mut asking = pin!(prompts.credentials(request, path));
        assert!(futures_util::poll!(&mut asking).is_pending());
        let username = username.map(str::to_owned);
        let (_, prompt) = shown(&run).expect("a prompt");
        assert_eq!(
            prompt,
            Prompt::Password {
                username,
                travels,
                account: false,
                problem: None,
                keyring: None,
                command: None,
                can_keep: true,
                login: None,
                offered: None,
            }
        );
    }
}

#[tokio::test]
async fn a_path_through_ssh_protects_whatever_the_server_offers() {
    let host = Host { protection: Some(Level::Identified), ..host() };
    let (services, _folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    assert!(choose(&run, PathKind::Network, SecurityType::None, None).await.0.is_some(), "less than before");
    for chosen in [SecurityType::None, SecurityType::Plain, SecurityType::VncAuth] {
        assert_eq!(choose(&run, PathKind::Ssh, chosen, None).await, (None, true), "{chosen:?}");
    }
    let mut prompts = Prompts::new(&run, &target);
    let pins = Pins::default();
    let policy = Policy { floor: Some(Level::Identified), ..Policy::default() };
    let mut handshake = Handshake::new(&target, &pins, policy, false, None, &mut prompts);
    handshake.begin(TimeoutStream::new(tokio::io::empty()).limit(), PathKind::Ssh, None);
    assert_eq!(handshake.rfb_policy(&[]).floor, None, "the server need not encrypt once more");
}

#[tokio::test]
async fn ssh_asks_the_person_and_takes_its_prompt_away_again() {
    let host = host();
    let (services, _folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    let mut prompts = Prompts::new(&run, &target);
    let secret = |account: Option<&str>| Question::Secret {
        prompt: "ann@box's password:".into(),
        of: SecretOf::Password,
        account: account.map(str::to_owned),
        again: true,
    };
    let expected = |can_keep| Prompt::Ssh {
        question: SshQuestion::Password { prompt: "ann@box's password:".into(), again: true },
        can_keep,
    };
    let on_the_way = SessionState::Connecting { stage: Stage::Ssh };
    for (question, can_keep) in [(secret(None), false), (secret(Some("ssh box: ann@box")), true)] {
        {
            let mut answering = pin!(prompts.answer(&question));
            assert!(futures_util::poll!(&mut answering).is_pending());
            assert_eq!(shown(&run).map(|(_, prompt)| prompt), Some(expected(can_keep)));
            // ssh has gone: so has its prompt.
        }
        assert_eq!(*run.session().subscribe().borrow(), on_the_way);

        let mut answering = pin!(prompts.answer(&question));
        assert!(futures_util::poll!(&mut answering).is_pending());
        let (number, _) = shown(&run).expect("a prompt");
        let typed = Answer::Ssh { secret: Some("open sesame".to_owned().into()), remember: true };
        run.session().answer(number, typed);
        let reply = answering.await;
        assert!(matches!(reply, Some(Reply::Secret(secret)) if secret.expose() == "open sesame"));
    }
    assert_eq!(prompts.unproved.len(), 1, "kept only where ssh says whose it is");

    let key = Question::HostKey { prompt: "Are you sure?".into(), fingerprint: None };
    let mut answering = pin!(prompts.answer(&key));
    assert!(futures_util::poll!(&mut answering).is_pending());
    let (number, _) = shown(&run).expect("a prompt");
    run.session().answer(number, Answer::Ssh { secret: None, remember: false });
    assert!(matches!(answering.await, Some(Reply::Yes)));
}

#[tokio::test]
async fn an_answer_to_an_earlier_prompt_is_dropped() {
    let host = host();
    let (services, _folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    let mut prompts = Prompts::new(&run, &target);
    let yes = || Answer::Ssh { secret: None, remember: false };
    let confirm = Question::Confirm { prompt: "Allow?".into() };
    let key = Question::HostKey { prompt: "Are you sure?".into(), fingerprint: None };
    let first = {
        let mut answering = pin!(prompts.answer(&confirm));
        assert!(futures_util::poll!(&mut answering).is_pending());
        let (first, _) = shown(&run).expect("a prompt");
        run.session().answer(first, yes());
        assert!(matches!(answering.await, Some(Reply::Yes)));
        first
    };
    let mut answering = pin!(prompts.answer(&key));
    assert!(futures_util::poll!(&mut answering).is_pending());
    // The second half of a double click.
    run.session().answer(first, yes());
    assert!(futures_util::poll!(&mut answering).is_pending(), "the next question is still open");
    let (second, _) = shown(&run).expect("a prompt");
    assert_ne!(first, second);
    run.session().answer(second, yes());
    assert!(matches!(answering.await, Some(Reply::Yes)));
}

#[tokio::test]
async fn a_prompt_says_whom_it_is_about_by_name_and_address() {
    let host =
        Host { address: Address::parse("wss://site.example/websockify?token=secret").unwrap(), ..Host::demo("Studio") };
    let (services, _folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    let prompts = Prompts::new(&run, &target);
    for party in [Party::Site, Party::Server] {
        let subject = prompts.subject(party);
        assert_eq!((subject.name.as_str(), subject.party), ("Studio", party));
        assert!(subject.address.contains("site.example") && !subject.address.contains("secret"), "{subject:?}");
    }
    let target = Target { ssh_jump: Some("ann@jump".parse().unwrap()), ..target };
    assert_eq!(Prompts::new(&run, &target).subject(Party::SshHost).address, "ann@jump");
}

#[tokio::test]
async fn a_saved_password_is_not_sent_to_where_another_program_has_led_its_machine() {
    let host = Host { has_password: true, ..host() };
    let (services, _folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    services.keyring.set_for(host.id, host.recipient(), &"sesame".to_owned().into()).await.unwrap();
    let request = CredentialRequest { security_type: SecurityType::VncAuth, username: false };
    let mut prompts = Prompts::new(&run, &target);
    let sent = prompts.log_in(request, PathKind::Network).await.unwrap();
    assert_eq!(sent.password_bytes(), b"sesame");
    // One that was there before the keyring was told for whom it is belongs to where it is used first.
    services.keyring.set(host.id, &"old".to_owned().into()).await.unwrap();
    assert_eq!(prompts.log_in(request, PathKind::Network).await.unwrap().password_bytes(), b"old");

    // As it is taken over from the file.
    let led_elsewhere = services.list.change(move |list| {
        list.get_mut(host.id)?.address = Address::parse("trap").unwrap();
        Ok::<_, StoreError>(())
    });
    led_elsewhere.await.unwrap();
    let target = run.snapshot().unwrap();
    let mut prompts = Prompts::new(&run, &target);
    let mut sending = pin!(prompts.log_in(request, PathKind::Network));
    let mut states = run.session().subscribe();
    let keyring = tokio::select! {
        sent = &mut sending => panic!("{:?} was sent", sent.map(|sent| sent.password_bytes().to_vec())),
        keyring = async {
            loop {
                if let Some((_, Prompt::Password { keyring, .. })) = shown(&run) {
                    break keyring;
                }
                states.changed().await.unwrap();
            }
        } => keyring,
    };
    assert_eq!(keyring, Some(KeyringError::ForAnother { recipient: "box".into() }));
}

/// A keyring that waits to be unlocked until the test lets it answer; and that counts what it was asked.
struct Locked {
    asked: Arc<std::sync::atomic::AtomicUsize>,
    unlocked: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

impl crate::keyring::Store for Locked {
    fn check(&self) -> Result<(), KeyringError> {
        Ok(())
    }

    fn get(&self, _: &str) -> Result<Option<Entry>, KeyringError> {
        self.asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let _ = self.unlocked.lock().unwrap().recv();
        Ok(Some(Entry { secret: "from the keyring".to_owned().into(), recipient: None }))
    }

    fn set(&self, _: &str, _: &Entry) -> Result<(), KeyringError> {
        Ok(())
    }

    fn forget(&self, _: &str) -> Result<(), KeyringError> {
        Ok(())
    }
}

/// A keyring that says nothing until it is unlocked, and then this.
fn locked(says: &str) -> (Keyring, std::sync::mpsc::Sender<()>) {
    struct Saying(String, std::sync::Mutex<std::sync::mpsc::Receiver<()>>);
    impl crate::keyring::Store for Saying {
        fn check(&self) -> Result<(), KeyringError> {
            Ok(())
        }
        fn get(&self, _: &str) -> Result<Option<Entry>, KeyringError> {
            let _ = self.1.lock().unwrap().recv();
            Ok(Some(Entry { secret: self.0.clone().into(), recipient: None }))
        }
        fn set(&self, _: &str, _: &Entry) -> Result<(), KeyringError> {
            Ok(())
        }
        fn forget(&self, _: &str) -> Result<(), KeyringError> {
            Ok(())
        }
    }
    let (unlock, unlocked) = std::sync::mpsc::channel();
    (Keyring::with_store(Saying(says.to_owned(), unlocked.into())), unlock)
}

/// Waits until a prompt is shown, or none is.
async fn until_shown(run: &Run, is_shown: bool) {
    let mut states = run.session().subscribe();
    let wanted = |state: &SessionState| matches!(state, SessionState::Asking { .. }) == is_shown;
    tokio::time::timeout(Duration::from_secs(20), states.wait_for(wanted)).await.expect("in time").unwrap();
}

#[tokio::test]
async fn a_silent_keyring_costs_two_seconds_until_the_password_may_be_typed_and_may_still_answer() {
    let host = Host { has_password: true, ..host() };
    for answers in [false, true] {
        let (unlock, unlocked) = std::sync::mpsc::channel();
        let asked = Arc::default();
        let keyring = Keyring::with_store(Locked { asked: Arc::clone(&asked), unlocked: unlocked.into() });
        let (services, _folder) = services_with(&host, keyring).await;
        let (run, target) = run(&services, &host);
        let mut prompts = Prompts::new(&run, &target);
        let request = CredentialRequest { security_type: SecurityType::TlsVnc, username: false };
        let began = std::time::Instant::now();
        let (credentials, ()) = tokio::join!(prompts.credentials(request, PathKind::Network), async {
            until_shown(&run, true).await;
            let offered = began.elapsed().as_millis();
            assert!((1900..10_000).contains(&offered), "{offered} ms");
            let (number, prompt) = shown(&run).expect("a prompt");
            assert!(matches!(prompt, Prompt::Password { keyring: Some(KeyringError::Silent), .. }), "{prompt:?}");
            match answers {
                true => unlock.send(()).unwrap(),
                false => {
                    let password = "typed".to_owned().into();
                    run.session().answer(number, Answer::Password { username: None, password, remember: Remember::No });
                }
            }
            until_shown(&run, false).await;
        });
        assert!(credentials.is_ok());
        assert_eq!(run.typed().is_some(), !answers, "the keyring's own answer is not taken for a typed one");
        drop(unlock);
    }
}

#[tokio::test]
async fn a_keyring_is_not_asked_for_a_password_that_was_never_saved() {
    let host = host();
    let (_unlock, unlocked) = std::sync::mpsc::channel();
    let asked: Arc<std::sync::atomic::AtomicUsize> = Arc::default();
    let keyring = Keyring::with_store(Locked { asked: Arc::clone(&asked), unlocked: unlocked.into() });
    let (services, _folder) = services_with(&host, keyring).await;
    let (run, target) = run(&services, &host);
    let mut prompts = Prompts::new(&run, &target);
    let request = CredentialRequest { security_type: SecurityType::TlsVnc, username: false };
    let mut asking = pin!(prompts.credentials(request, PathKind::Network));
    assert!(futures_util::poll!(&mut asking).is_pending());
    assert!(shown(&run).is_some(), "the person is asked at once");
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_password_that_was_read_while_the_host_was_edited_is_not_sent_to_the_former_address() {
    let host = Host { has_password: true, ..host() };
    let (unlock, unlocked) = std::sync::mpsc::channel();
    let keyring = Keyring::with_store(Locked { asked: Arc::default(), unlocked: unlocked.into() });
    let (services, _folder) = services_with(&host, keyring).await;
    let (run, target) = run(&services, &host);
    let mut prompts = Prompts::new(&run, &target);
    let request = CredentialRequest { security_type: SecurityType::TlsVnc, username: false };
    {
        let mut asking = pin!(prompts.credentials(request, PathKind::Network));
        assert!(futures_util::poll!(&mut asking).is_pending());
        let edited = Host { address: Address::parse("elsewhere").unwrap(), ..host };
        services.list.put(edited).await.unwrap();
        unlock.send(()).unwrap();
        assert!(asking.await.is_err());
    }
    assert!(prompts.is_stale(), "the session begins again, with what the list says now");
}

#[tokio::test]
async fn the_passphrase_of_our_own_key_is_asked_for_once_and_kept_when_it_was_right() {
    let host = host();
    let (services, _folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    let mut prompts = Prompts::new(&run, &target);
    let typed = |words: &str| Answer::Passphrase { passphrase: words.to_owned().into(), remember: true };
    for (again, words) in [(false, "wrong"), (true, "sesame")] {
        let mut asking = pin!(prompts.passphrase_of("/ann.pem", again));
        let number = loop {
            assert!(futures_util::poll!(&mut asking).is_pending());
            match shown(&run) {
                Some((number, prompt)) => {
                    assert_eq!(prompt, Prompt::Passphrase { file: "/ann.pem".into(), again });
                    break number;
                }
                // The keyring is asked first, on another thread.
                None => tokio::task::yield_now().await,
            }
        };
        run.session().answer(number, typed(words));
        assert_eq!(asking.await.unwrap().expose(), words);
    }
    let account = crate::model::passphrase_account("/ann.pem");
    assert!(services.keyring.get(&account).await.unwrap().is_none(), "not before it is known to be right");

    // Another attempt of the same session asks nothing.
    let mut prompts_of_another = Prompts::new(&run, &target);
    assert_eq!(prompts_of_another.passphrase_of("/ann.pem", false).await.unwrap().expose(), "sesame");

    prompts.keep_proved();
    let kept = async {
        while services.keyring.get(&account).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), kept).await.unwrap();
    assert_eq!(services.keyring.get(&account).await.unwrap().unwrap().expose(), "sesame");
}

#[tokio::test]
async fn the_password_for_a_proxy_is_asked_for_once_and_kept_when_it_was_right() {
    let host = host();
    let (services, _folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    let proxy: crate::model::Proxy = "socks5://ann@gate:1080".parse().unwrap();
    let target = Target { proxy: Some(proxy.clone()), ..target };
    let mut prompts = Prompts::new(&run, &target);
    for (again, words) in [(false, "wrong"), (true, "sesame")] {
        let mut asking = pin!(prompts.password_of(&proxy, again));
        let number = loop {
            assert!(futures_util::poll!(&mut asking).is_pending());
            match shown(&run) {
                Some((number, prompt)) => {
                    assert_eq!(prompt, Prompt::Proxy { username: "ann".into(), again, readable: true });
                    break number;
                }
                // The keyring is asked first, on another thread.
                None => tokio::task::yield_now().await,
            }
        };
        run.session().answer(number, Answer::Proxy { password: words.to_owned().into(), remember: true });
        assert_eq!(asking.await.unwrap().expose(), words);
    }
    assert!(services.keyring.get(proxy.account()).await.unwrap().is_none(), "not before it is known to be right");

    // Another attempt of the same session asks nothing.
    assert_eq!(Prompts::new(&run, &target).password_of(&proxy, false).await.unwrap().expose(), "sesame");

    prompts.keep_proved();
    let kept = async {
        while services.keyring.get(proxy.account()).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), kept).await.unwrap();
    assert_eq!(services.keyring.get(proxy.account()).await.unwrap().unwrap().expose(), "sesame");
}

#[tokio::test]
async fn what_is_asked_while_the_keyring_is_locked_is_withdrawn_when_that_answers() {
    for of_proxy in [true, false] {
        let host = host();
        let (unlock, unlocked) = std::sync::mpsc::channel();
        let keyring = Keyring::with_store(Locked { asked: Arc::default(), unlocked: unlocked.into() });
        let (services, _folder) = services_with(&host, keyring).await;
        let (run, target) = run(&services, &host);
        let proxy: crate::model::Proxy = "socks5://ann@gate:1080".parse().unwrap();
        let mut prompts = Prompts::new(&run, &target);
        let asking = async {
            match of_proxy {
                true => prompts.password_of(&proxy, false).await,
                false => prompts.passphrase_of("/ann.pem", false).await,
            }
        };
        let (secret, ()) = tokio::join!(asking, async {
            until_shown(&run, true).await;
            unlock.send(()).unwrap();
            until_shown(&run, false).await;
        });
        assert_eq!(secret.unwrap().expose(), "from the keyring", "{of_proxy}");
    }
}

/// The site's login and the SecureOn password, as the password has it above.
#[tokio::test]
async fn while_the_keyring_is_silent_a_site_s_login_may_be_typed_and_it_may_still_answer() {
    let address = Address::parse("wss://site/websockify").unwrap();
    let host = Host { address, has_http_auth: true, ..host() };
    for answers in [false, true] {
        let (keyring, unlock) = locked(r#"{"username":"ann","password":"kept","headers":[]}"#);
        let (services, _folder) = services_with(&host, keyring).await;
        let (run, target) = run(&services, &host);
        let mut prompts = Prompts::new(&run, &target);
        let (headers, ()) = tokio::join!(prompts.http_headers(), async {
            until_shown(&run, true).await;
            let (number, prompt) = shown(&run).expect("a prompt");
            assert_eq!(prompt, Prompt::HttpLogin { keyring: KeyringError::Silent });
            match answers {
                true => unlock.send(()).unwrap(),
                false => {
                    let (username, password) = ("ann".to_owned(), "typed".to_owned().into());
                    run.session().answer(number, Answer::HttpLogin { username, password });
                }
            }
            until_shown(&run, false).await;
        });
        let password = if answers { "kept" } else { "typed" };
        let basic = openssl::base64::encode_block(format!("ann:{password}").as_bytes());
        assert_eq!(*headers.unwrap().basic_value().unwrap(), basic);
        if !answers {
            // Another attempt asks nobody, until the site has refused it.
            let again = Prompts::new(&run, &target).http_headers().await.unwrap();
            assert_eq!(*again.basic_value().unwrap(), basic);
        }
        drop(unlock);
    }
}

#[tokio::test]
async fn a_keyring_that_fails_leaves_a_site_s_login_to_the_person() {
    let address = Address::parse("wss://site/websockify").unwrap();
    let host = Host { address, has_http_auth: true, ..host() };
    let (services, _folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    let elsewhere = Target { address: "wss://other/".parse().unwrap(), ..target.clone() };
    let (account, recipient) = (crate::model::HttpAuth::account(host.id), elsewhere.way().recipient(host.id));
    services.keyring.set_for(account, recipient, &"{}".to_owned().into()).await.unwrap();
    let mut prompts = Prompts::new(&run, &target);
    let (headers, ()) = tokio::join!(prompts.http_headers(), async {
        until_shown(&run, true).await;
        let (number, prompt) = shown(&run).expect("a prompt");
        assert!(matches!(prompt, Prompt::HttpLogin { keyring: KeyringError::ForAnother { .. } }), "{prompt:?}");
        run.session().answer(number, Answer::HttpLogin { username: "ann".into(), password: String::new().into() });
    });
    assert!(headers.unwrap().basic_value().is_some());
}

#[tokio::test]
async fn while_the_keyring_is_silent_the_password_that_wakes_the_machine_may_be_typed() {
    let mac = crate::model::Mac::parse("00:1a:2b:3c:4d:5e").ok();
    let host = Host { mac, has_secure_on: true, ..host() };
    let (keyring, unlock) = locked("00-11-22-33-44-55");
    let (services, _folder) = services_with(&host, keyring).await;
    for typed in [&["no password", "192.168.1.1"][..], &[]] {
        let (run, target) = run(&services, &host);
        let mut prompts = Prompts::new(&run, &target);
        let wake = host.wake().unwrap();
        let (woken, ()) = tokio::join!(prompts.wake(&wake), async {
            until_shown(&run, true).await;
            for (place, words) in typed.iter().enumerate() {
                let (number, prompt) = shown(&run).expect("a prompt");
                assert_eq!(prompt, Prompt::SecureOn { keyring: KeyringError::Silent, again: place > 0 });
                run.session().answer(number, Answer::SecureOn { password: (*words).to_owned().into() });
                let mut states = run.session().subscribe();
                let other = |state: &SessionState| !matches!(state, SessionState::Asking { number: same, .. } if *same == number);
                tokio::time::timeout(Duration::from_secs(20), states.wait_for(other)).await.unwrap().unwrap();
                if place + 1 < typed.len() {
                    until_shown(&run, true).await;
                }
            }
            if typed.is_empty() {
                unlock.send(()).unwrap();
            }
        });
        assert!(!matches!(woken, Err(crate::Error::Connect(ConnectError::WakePasswordMissing))), "it was there");
        assert!(shown(&run).is_none());
        // The keyring answers what it was asked first.
        let _ = unlock.send(());
    }
}

/// A command that runs this text in a shell.
fn shell(text: &str) -> Option<CommandLine> {
    Some(CommandLine::parse(&format!("sh -c '{text}' sh %n")).unwrap())
}

const REQUEST: CredentialRequest = CredentialRequest { security_type: SecurityType::VncAuth, username: false };

async fn answered(run: &Run, password: &str) {
    until_shown(run, true).await;
    let (number, _) = shown(run).unwrap();
    let password = password.to_owned().into();
    run.session().answer(number, Answer::Password { username: None, password, remember: Remember::No });
}

#[tokio::test]
async fn a_password_comes_from_the_machines_command_then_the_keyring_then_the_command_for_all() {
    let own = shell("echo of $1");
    for (own, saved, expected) in
        [(own.clone(), true, "of Box"), (None, true, "kept"), (None, false, "for all"), (own, false, "of Box")]
    {
        let host = Host { password_command: own, has_password: saved, ..host() };
        let (services, _folder) = services(&host).await;
        services.keyring.set(host.id, &"kept".to_owned().into()).await.unwrap();
        let for_all = Preferences { password_command: "echo for all".into(), ..Preferences::default() };
        services.preferences.set(for_all).await.unwrap();
        let (run, target) = run(&services, &host);
        let mut prompts = Prompts::new(&run, &target);
        let found = prompts.credentials(REQUEST, PathKind::Local).await.unwrap();
        assert_eq!(found.password_bytes(), expected.as_bytes());
        assert!(shown(&run).is_none() && run.typed().is_none(), "nobody was asked, nothing is kept");
    }
}

#[tokio::test]
async fn the_command_for_all_machines_is_run_for_those_of_the_list_only() {
    let (services, _folder) = services(&host()).await;
    let for_all = Preferences { password_command: "echo %h".into(), ..Preferences::default() };
    services.preferences.set(for_all).await.unwrap();
    let target = Target::unsaved("Box".into(), "box".parse().unwrap(), false);
    let run = Run::idle(target.clone(), Arc::clone(&services));
    let mut prompts = Prompts::new(&run, &target);
    let (credentials, ()) = tokio::join!(prompts.credentials(REQUEST, PathKind::Local), answered(&run, "typed"));
    assert_eq!(credentials.unwrap().password_bytes(), b"typed");
}

#[tokio::test]
async fn a_command_that_fails_is_told_and_the_person_types() {
    let host = Host { password_command: shell("echo locked >&2; exit 2"), has_password: true, ..host() };
    let (services, _folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    let mut prompts = Prompts::new(&run, &target);
    let looked = async {
        until_shown(&run, true).await;
        let prompt = shown(&run).unwrap().1;
        answered(&run, "typed").await;
        prompt
    };
    let (credentials, prompt) = tokio::join!(prompts.credentials(REQUEST, PathKind::Local), looked);
    assert_eq!(credentials.unwrap().password_bytes(), b"typed");
    let failed = CommandError::Failed { program: "sh".into(), status: "2".into(), detail: "locked".into() };
    let Prompt::Password { command, can_keep, keyring, .. } = prompt else { panic!("{prompt:?}") };
    assert_eq!((command, can_keep, keyring), (Some(failed), false, None));
    // It was refused: that is what matters now.
    let refused = ConnectError::AuthFailed { address: "box".into(), reason: None, too_many: false };
    let asked = prompts.ask_for_another_login(refused);
    let looked = async {
        until_shown(&run, true).await;
        let prompt = shown(&run).unwrap().1;
        answered(&run, "again").await;
        prompt
    };
    let (_, prompt) = tokio::join!(asked, looked);
    assert!(matches!(prompt, Prompt::Password { problem: Some(_), command: None, .. }), "{prompt:?}");
}

#[tokio::test]
async fn a_slow_command_may_be_overtaken_by_the_person_and_tells_its_failure_in_the_prompt_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("go");
    let wait = format!("while [ ! -e {} ]; do sleep 0.05; done; ", go.display());
    let host = Host { password_command: shell(&(wait + "exit 3")), ..host() };
    let (services, _folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    let mut prompts = Prompts::new(&run, &target);
    let person = async {
        until_shown(&run, true).await;
        let (number, Prompt::Password { command, .. }) = shown(&run).unwrap() else { panic!("a password") };
        assert_eq!(command, Some(CommandError::Silent { program: "sh".into() }));
        std::fs::write(&go, "").unwrap();
        let mut states = run.session().subscribe();
        let failed = |state: &SessionState| matches!(state, SessionState::Asking { number: same, prompt: Prompt::Password { command: Some(CommandError::Failed { .. }), .. }, .. } if *same == number);
        tokio::time::timeout(Duration::from_secs(20), states.wait_for(failed)).await.expect("it is told").unwrap();
        answered(&run, "typed").await;
    };
    let (credentials, ()) = tokio::join!(prompts.credentials(REQUEST, PathKind::Local), person);
    assert_eq!(credentials.unwrap().password_bytes(), b"typed");
}

#[tokio::test]
async fn the_key_that_a_console_command_has_named_is_the_only_one_and_is_kept_nowhere() {
    let host = host();
    let (services, folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    let of =
        |digit: &str| Identity::Ra2(RsaKey { bits: 2048, sha256: vec![digit; 32].join(":"), short: String::new() });
    let (named, other) = (of("0a"), of("0b"));
    let script = folder.path().join("console.json");
    let text = format!(r#"{{"address": "127.0.0.1:1", "username": "root", "fingerprint": "{}"}}"#, "0A".repeat(32));
    std::fs::write(&script, text).unwrap();
    let listed = Target { console_command: Some(format!("cat {}", script.display()).parse().unwrap()), ..target };
    let mut prompts = Prompts::new(&run, &listed);
    assert_eq!(prompts.policy().floor, None);
    let reached = prompts.locate(&listed).await.unwrap();
    assert_eq!((reached.address.to_string(), reached.username.as_str()), ("127.0.0.1:5901".into(), "root"));
    assert!(reached.is_same_server(&listed), "it is the same machine");
    let policy = prompts.policy();
    assert_eq!(policy.floor, Some(Level::Identified), "who shows no key at all is not it");
    assert!(policy.have_username && !policy.have_password);
    let shown = |identity| Presented {
        party: Party::Server,
        endpoint: "box",
        address: "box",
        identity,
        verdict: Verdict::Trusted,
    };
    let refused = prompts.identity(shown(&other)).await.unwrap_err();
    let ConnectError::OtherKey { expected, shown: key, .. } = refused else { panic!("{refused:?}") };
    assert_eq!((expected, key), ("0A".repeat(32), other.fingerprint().to_owned()));
    // Each attempt begins anew.
    prompts.begin();
    prompts.locate(&listed).await.unwrap();
    assert_eq!(prompts.identity(shown(&named)).await, Ok(()));
    assert_eq!(services.pins.verdict("box", &named), Verdict::Unknown, "the next console may have another");
}

#[tokio::test]
async fn a_console_commands_failure_is_among_what_was_tried() {
    let host = Host { console_command: shell("echo no such guest >&2; exit 4"), ..host() };
    let (services, _folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    let mut prompts = Prompts::new(&run, &target);
    let error = prompts.locate(&target).await.unwrap_err();
    assert_eq!(
        error,
        CommandError::Failed { program: "sh".into(), status: "4".into(), detail: "no such guest".into() }
    );
    let [tried] = &run.session().tried()[..] else { panic!("one stage") };
    assert!(!tried.ok && tried.stage == ReportStage::Command && tried.detail.contains("no such guest"), "{tried:?}");
}

#[tokio::test]
async fn a_question_of_the_host_that_sends_the_packet_is_about_that_host() {
    let host = Host { ssh_jump: Some("ann@jump".parse().unwrap()), ..host() };
    let (services, _folder) = services(&host).await;
    let (run, target) = run(&services, &host);
    let mut prompts = Prompts::new(&run, &target);
    prompts.waking_through = Some("gate".parse().unwrap());
    assert_eq!(prompts.subject(Party::SshHost).address, "gate");
    prompts.waking_through = None;
    assert_eq!(prompts.subject(Party::SshHost).address, "ann@jump");
}

#[tokio::test]
async fn a_mac_that_refuses_a_password_without_a_name_is_asked_with_one() {
    let host = host();
    let (services, _folder) = services(&host).await;
    for (offered, is_mac) in
        [(&[SecurityType::Ard, SecurityType::VncAuth][..], true), (&[SecurityType::VncAuth], false)]
    {
        let (run, target) = run(&services, &host);
        let mut prompts = Prompts::new(&run, &target);
        prompts.event(Event::Version { major: 3, minor: 889 });
        prompts.event(Event::Offered(offered));
        assert!(!run.lacks_account(), "nothing was sent yet");
        {
            let asked = prompts.credentials(REQUEST, PathKind::Network);
            let (first, ()) = tokio::join!(asked, answered(&run, "accounts"));
            assert!(first.is_ok());
        }
        assert!(!prompts.policy().have_username, "a password for VNC viewers goes without a name");
        assert_eq!(run.lacks_account(), is_mac);
        let refused = ConnectError::AuthFailed { address: "box".into(), reason: None, too_many: false };
        {
            let mut again = pin!(prompts.ask_for_another_login(refused));
            assert!(futures_util::poll!(&mut again).is_pending());
            let (number, prompt) = shown(&run).expect("a prompt");
            let Prompt::Password { username, account, .. } = prompt else { panic!("{prompt:?}") };
            assert_eq!((username.is_some(), account), (is_mac, is_mac));
            let answer = Answer::Password {
                username: Some("ann".into()),
                password: "accounts".to_owned().into(),
                remember: Remember::No,
            };
            run.session().answer(number, answer);
            assert!(again.await.is_ok());
        }
        assert_eq!(prompts.policy().have_username, is_mac, "then the account's login is preferred");
        assert!(!run.lacks_account());
        prompts.event(Event::Version { major: 3, minor: 8 });
        assert!(!run.is_mac(), "another server answers there");
    }
}
