//! What only shows between runs of a session.

use super::{
    Services, SessionState, Sessions, Stage, Storing,
    run::run,
    session::{Run, TypedLogin},
    state::Remember,
};
use crate::{
    connect::ReportStage,
    error::{ConnectError, Error, KeyringError, StoreError},
    keyring::Keyring,
    model::{Address, ClipboardSharing, Composing, Display, Host, Level, Mac, Scaling, Target},
    store::{HostList, HostsFile, LoginsFile, Pins, Places, Preferences, PreferencesFile},
};
use relay::Relay;
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::watch,
    time::timeout,
};

const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) async fn services(hosts: &[&Host]) -> (Services, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let list = HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap();
    for host in hosts {
        list.put((*host).clone()).await.unwrap();
    }
    let list = Arc::new(list);
    let keyring = Keyring::in_memory();
    let services = Services {
        relay: Relay::start(vec![]).await.unwrap(),
        pins: Pins::default(),
        pictures: Arc::new(crate::pictures::Pictures::of(&list, folder.path(), &keyring)),
        keyring,
        list,
        preferences: Arc::new(PreferencesFile::open(folder.path())),
        logins: Arc::new(LoginsFile::open(folder.path())),
        places: Some(Arc::new(Places::open(folder.path(), |_| true))),
        room: crate::recording::Room::default(),
        callers: super::Callers::default(),
        runtime: Handle::current(),
    };
    (services, folder)
}

async fn listener() -> (TcpListener, Address) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, Address::tcp("127.0.0.1", port).unwrap())
}

async fn accept(listener: &TcpListener) -> TcpStream {
    timeout(TIMEOUT, listener.accept()).await.expect("it was not dialled").unwrap().0
}

async fn until(states: &mut watch::Receiver<SessionState>, wanted: impl Fn(&SessionState) -> bool) -> SessionState {
    timeout(TIMEOUT, states.wait_for(wanted)).await.expect("the state never came").unwrap().clone()
}

fn has_ended(state: &SessionState) -> bool {
    matches!(state, SessionState::Ended { .. })
}

#[tokio::test]
async fn a_session_that_is_opened_again_dials_what_the_list_says_now() {
    let ((former, former_address), (edited, edited_address)) = (listener().await, listener().await);
    let host = Host { address: former_address, ..Host::demo("Box") };
    let (services, _folder) = services(&[&host]).await;
    let list = Arc::clone(&services.list);
    let sessions = Sessions::new(services);
    let id = sessions.reserve();
    sessions.start(id, Target::from(&host));
    let mut states = sessions.watch(id).unwrap();
    drop(accept(&former).await);
    until(&mut states, has_ended).await;

    let host = Host { address: edited_address.clone(), ..host };
    list.put(host.clone()).await.unwrap();
    for by_reopening in [true, false] {
        match by_reopening {
            true => sessions.reopen(id, Target::from(&host)),
            false => sessions.reconnect(id),
        }
        drop(accept(&edited).await);
        until(&mut states, has_ended).await;
        assert_eq!(sessions.view(id).unwrap().address, edited_address.to_string());
    }
    let nothing = std::pin::pin!(former.accept());
    assert!(futures_util::FutureExt::now_or_never(nothing).is_none(), "the former address is left alone");
}

#[tokio::test]
async fn what_was_chosen_in_a_window_is_remembered_with_its_machine() {
    let (_server, address) = listener().await;
    let host = Host { address, ..Host::demo("Box") };
    let (services, _folder) = services(&[&host]).await;
    let list = Arc::clone(&services.list);
    let sessions = Sessions::new(services);
    let id = sessions.reserve();
    sessions.start(id, Target::from(&host));
    let chosen = Display { grab: true, ..Display::default() };
    sessions.set_display(id, chosen).await.unwrap();
    assert_eq!(list.get().get(host.id).unwrap().display, chosen);
    assert_eq!(sessions.view(id).unwrap().display, chosen);
    let elsewhere = list.change(move |list| {
        list.get_mut(host.id)?.display.composing = Some(Composing::Here);
        Ok::<_, StoreError>(())
    });
    elsewhere.await.unwrap();
    let chosen = Display { full_screen: true, ..chosen };
    sessions.set_display(id, chosen).await.unwrap();
    let chosen = Display { composing: Some(Composing::Here), ..chosen };
    assert_eq!(list.get().get(host.id).unwrap().display, chosen, "what a terminal chose meanwhile stays");
    let unsaved = sessions.reserve();
    sessions.start(unsaved, Target::unsaved("x".into(), host.address.clone(), false));
    sessions.set_display(unsaved, Display::default()).await.unwrap();
    assert_eq!(list.get().get(host.id).unwrap().display, chosen, "an address that was typed has none to keep");
}

#[tokio::test]
async fn text_is_copied_with_listed_machines_and_where_nobody_reads_along_or_as_was_chosen() {
    use ClipboardSharing::{Both, FromServer, Off};
    let host = Host::demo("Box");
    let (services, _folder) = services(&[&host]).await;
    let services = Arc::new(services);
    let typed = Target::unsaved("box:1".into(), "box:1".parse().unwrap(), false);
    for (target, private, unchosen) in
        [(Target::from(&host), true, Both), (Target::from(&host), false, Off), (typed.clone(), true, Off)]
    {
        let run = Run::idle(target, Arc::clone(&services));
        assert_eq!(run.session().clipboard(&services), Off, "before it is known who can read along");
        run.note_reached(Level::Password, private);
        assert_eq!(run.session().clipboard(&services), unchosen);
        assert_eq!(run.session().view(&services).clipboard_unchosen, unchosen);
        run.session().set_display(Display { clipboard: Some(FromServer), ..Display::default() });
        assert_eq!(run.session().clipboard(&services), FromServer);
    }

    // What is preferred for all machines counts where it was allowed at all, and at once.
    let (listed, other) =
        (Run::idle(Target::from(&host), Arc::clone(&services)), Run::idle(typed.clone(), Arc::clone(&services)));
    for run in [&listed, &other] {
        run.note_reached(Level::Password, true);
    }
    let preferences = Preferences {
        clipboard: FromServer,
        scaling: Scaling::Actual,
        composing: Composing::Here,
        ..Preferences::default()
    };
    services.preferences.set(preferences).await.unwrap();
    assert_eq!([&listed, &other].map(|run| run.session().clipboard(&services)), [FromServer, Off]);
    let view = listed.session().view(&services);
    assert_eq!((view.scaling_unchosen, view.composing_unchosen), (Scaling::Actual, Composing::Here));

    let run = Run::idle(typed, Arc::clone(&services));
    run.session().set_display(Display { grab: true, clipboard: Some(Both), ..Display::default() });
    run.session().close();
    run.session().correct("box:2".parse().unwrap(), &services);
    let display = run.session().view(&services).display;
    assert_eq!((display.grab, display.clipboard), (true, None), "it was allowed to another machine");
}

#[tokio::test]
async fn a_login_that_was_typed_for_another_address_is_forgotten() {
    let host = Host { address: Address::parse("former").unwrap(), ..Host::demo("Box") };
    let (services, _folder) = services(&[&host]).await;
    let services = Arc::new(services);
    let run = Run::idle(Target::from(&host), Arc::clone(&services));
    let password = "sesame".to_owned().into();
    run.set_typed(Some(TypedLogin {
        username: None,
        password,
        remember: Remember::ForMachine,
        named: None,
        accepted: false,
    }));
    run.agree(|agreed| agreed.clear_text = true);
    run.snapshot().unwrap();
    assert!(run.typed().is_some() && run.agreed().clear_text, "the same address");

    let host = Host { address: Address::parse("edited").unwrap(), ..host };
    services.list.put(host.clone()).await.unwrap();
    assert!(!run.is_current(&Target { address: Address::parse("former").unwrap(), ..Target::from(&host) }));
    let target = run.snapshot().unwrap();
    assert_eq!(target.address, host.address);
    assert!(run.typed().is_none() && !run.agreed().clear_text);
    assert!(run.is_current(&target));
}

#[tokio::test]
async fn what_was_tried_is_told_with_the_stage_that_failed() {
    let (gone, address) = listener().await;
    drop(gone);
    let (services, _folder) = services(&[]).await;
    let sessions = Sessions::new(services);
    let id = sessions.reserve();
    sessions.start(id, Target::unsaved("x".into(), address, false));
    until(&mut sessions.watch(id).unwrap(), has_ended).await;
    let tried = sessions.tried(id);
    let [dial] = &tried[..] else { panic!("{tried:?}") };
    assert_eq!((dial.stage, dial.ok), (ReportStage::Dial, false));
    assert!(dial.detail.contains("refused"), "{}", dial.detail);
}

#[tokio::test]
async fn an_address_that_was_typed_wrong_is_corrected_where_the_session_has_ended() {
    let (gone, wrong) = listener().await;
    drop(gone);
    let (right_listener, right) = listener().await;
    let saved = Host { address: right.clone(), ..Host::demo("Box") };
    let (services, _folder) = services(&[&saved]).await;
    let sessions = Sessions::new(services);
    let id = sessions.reserve();
    sessions.start(id, Target::unsaved("x".into(), wrong, false));
    until(&mut sessions.watch(id).unwrap(), has_ended).await;
    sessions.correct(id, right.clone());
    let mut stream = accept(&right_listener).await;
    assert_eq!(sessions.view(id).unwrap().address, right.to_string());
    assert!(!sessions.view(id).unwrap().saved, "a page that names an address gets no saved login with it");
    // It goes on: nothing to correct.
    sessions.correct(id, Address::parse("elsewhere").unwrap());
    assert_eq!(sessions.view(id).unwrap().address, right.to_string());
    stream.write_all(b"RFB 003.008\n").await.unwrap();

    let other = sessions.reserve();
    sessions.start(other, Target::from(&saved));
    sessions.close(other);
    sessions.correct(other, Address::parse("elsewhere").unwrap());
    assert_eq!(sessions.view(other).unwrap().address, right.to_string(), "a saved machine is edited");
}

#[tokio::test]
async fn all_sessions_are_seen_in_the_order_in_which_they_began() {
    let (_server, address) = listener().await;
    let (services, _folder) = services(&[]).await;
    let sessions = Sessions::new(services);
    let start = |name: &str| {
        let id = sessions.reserve();
        sessions.start(id, Target::unsaved(name.into(), address.clone(), false));
        id
    };
    let mut changes = sessions.changes();
    let [a, b, c] = ["a", "b", "c"].map(start);
    let waiting = sessions.reserve();
    assert_eq!(sessions.all().iter().map(|open| &*open.name).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!((sessions.beside(a, false), sessions.beside(c, false)), (Some(b), Some(a)));
    assert_eq!((sessions.beside(a, true), sessions.beside(b, true)), (Some(c), Some(a)));
    assert_eq!(sessions.beside(waiting, false), None, "it has not begun");
    sessions.close(b);
    assert_eq!(sessions.running(), 2);
    let asked = changes.borrow_and_update().pictures;
    for (picture, is_kept) in [("/9j/AAAA", true), ("<svg>", false), (&*format!("/9j/{}", "A".repeat(1 << 20)), false)]
    {
        sessions.set_picture(a, picture.to_owned());
        let first = sessions.overview().remove(0).picture;
        assert_eq!(first.as_deref() == Some(picture), is_kept);
    }
    assert_eq!(changes.borrow().pictures, asked + 3, "each look asks for the next");
    sessions.end(b);
    timeout(TIMEOUT, changes.changed()).await.unwrap().unwrap();
    sessions.end(c);
    assert_eq!(sessions.beside(a, false), None, "it is alone");
}

#[tokio::test]
async fn a_host_that_was_removed_is_not_dialled() {
    let (listener, address) = listener().await;
    let host = Host { address, ..Host::demo("Box") };
    let (services, _folder) = services(&[]).await;
    let sessions = Sessions::new(services);
    let id = sessions.reserve();
    sessions.start(id, Target::from(&host));
    let ended = until(&mut sessions.watch(id).unwrap(), has_ended).await;
    assert!(matches!(ended, SessionState::Ended { error: Some(Error::Store(_)) }), "{ended:?}");
    let nothing = std::pin::pin!(listener.accept());
    assert!(futures_util::FutureExt::now_or_never(nothing).is_none());
}

#[tokio::test]
async fn a_machine_is_woken_and_waited_for_though_its_window_shows_an_end() {
    // Nothing listens there: the machine is off.
    let (gone, address) = listener().await;
    drop(gone);
    let mac = Some(Mac::parse("00:1a:2b:3c:4d:5e").unwrap());
    let host = Host { address, mac, ..Host::demo("Box") };
    let (services, _folder) = services(&[&host]).await;
    let list = Arc::clone(&services.list);
    let sessions = Sessions::new(services);
    let id = sessions.reserve();
    sessions.start(id, Target::from(&host));
    let mut states = sessions.watch(id).unwrap();
    until(&mut states, has_ended).await;

    sessions.reopen(id, Target { wake: host.wake(), ..Target::from(&host) });
    until(&mut states, |state| *state == SessionState::Connecting { stage: Stage::Waking }).await;
    sessions.close(id);
    // The same from the window itself, with what the list says by then.
    assert!(sessions.view(id).unwrap().can_wake);
    sessions.wake(id);
    until(&mut states, |state| *state == SessionState::Connecting { stage: Stage::Waking }).await;
    sessions.close(id);
    list.put(Host { mac: None, ..host }).await.unwrap();
    assert!(!sessions.view(id).unwrap().can_wake);
    sessions.wake(id);
    assert!(has_ended(&states.borrow()), "there is nothing to wake it by");
}

#[tokio::test]
async fn a_reverse_connection_that_would_have_to_be_made_twice_gets_a_true_sentence() {
    let (listener, _) = listener().await;
    let at = Some(std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
    let (reverse, mut incoming) = crate::transport::reverse::ReverseListener::new(Handle::current());
    let at = reverse.listen(at).await.unwrap().unwrap();
    let server = tokio::spawn(async move {
        let mut server = TcpStream::connect(at).await.unwrap();
        server.write_all(b"RFB 003.008\n").await.unwrap();
        server.read_exact(&mut [0; 12]).await.unwrap();
        // VeNCrypt and VNC authentication; within VeNCrypt only what is worse.
        server.write_all(&[2, 19, 2]).await.unwrap();
        server.read_exact(&mut [0; 1]).await.unwrap();
        server.write_all(&[0, 2]).await.unwrap();
        server.read_exact(&mut [0; 2]).await.unwrap();
        server.write_all(&[0, 1, 0, 0, 1, 0]).await.unwrap();
        let _ = server.read(&mut [0; 1]).await;
    });
    let call = timeout(TIMEOUT, incoming.recv()).await.unwrap().unwrap();
    let (services, _folder) = services(&[]).await;
    let sessions = Sessions::new(services);
    let id = sessions.reserve();
    sessions.start_reverse(id, call);
    let mut states = sessions.watch(id).unwrap();
    let asked = until(&mut states, |state| matches!(state, SessionState::Asking { .. })).await;
    let SessionState::Asking { number, .. } = asked else { panic!("{asked:?}") };
    sessions.answer(id, number, super::Answer::Call);
    let ended = until(&mut states, has_ended).await;
    let SessionState::Ended { error: Some(Error::Connect(error)) } = ended else { panic!("{ended:?}") };
    assert!(matches!(error, ConnectError::CallerMustRetry { .. }), "{error:?}");
    server.await.unwrap();
    drop(listener);
}

#[tokio::test]
async fn a_caller_that_had_to_call_once_more_is_met_without_at_once() {
    let at = Some(std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
    let (reverse, mut incoming) = crate::transport::reverse::ReverseListener::new(Handle::current());
    let at = reverse.listen(at).await.unwrap().unwrap();
    let (services, _folder) = services(&[]).await;
    let sessions = Sessions::new(services);
    // VeNCrypt with a worse type within, twice; the third time it has that alone, and the fourth both again.
    for (call, offered, chosen) in [(0, &[19, 2][..], 19), (1, &[19, 2], 2), (2, &[19], 19), (3, &[19, 2], 19)] {
        let server = tokio::spawn(async move {
            let mut server = TcpStream::connect(at).await.unwrap();
            server.write_all(b"RFB 003.008\n").await.unwrap();
            server.read_exact(&mut [0; 12]).await.unwrap();
            server.write_all(&[&[offered.len() as u8], offered].concat()).await.unwrap();
            let mut choice = [0];
            if server.read_exact(&mut choice).await.is_ok() && choice == [19] {
                server.write_all(&[0, 2]).await.unwrap();
                server.read_exact(&mut [0; 2]).await.unwrap();
                server.write_all(&[0, 1, 0, 0, 1, 0]).await.unwrap();
            }
            choice[0]
        });
        let incoming = timeout(TIMEOUT, incoming.recv()).await.unwrap().unwrap();
        let id = sessions.reserve();
        sessions.start_reverse(id, incoming);
        let mut states = sessions.watch(id).unwrap();
        let asked = until(&mut states, |state| matches!(state, SessionState::Asking { .. })).await;
        let SessionState::Asking { number, .. } = asked else { panic!("{asked:?}") };
        sessions.answer(id, number, super::Answer::Call);
        let choice = timeout(TIMEOUT, server).await.unwrap().unwrap();
        let expected = if call == 2 { 0 } else { chosen };
        assert_eq!(choice, expected, "call {call}");
        if call != 1 {
            let ended = until(&mut states, has_ended).await;
            let SessionState::Ended { error: Some(Error::Connect(error)) } = ended else { panic!("{ended:?}") };
            assert_eq!(matches!(error, ConnectError::CallerMustRetry { .. }), call != 2, "call {call}: {error}");
        }
        sessions.end(id);
    }
}

/// A server with VNC authentication that takes any password.
async fn lets_in(mut server: TcpStream) -> TcpStream {
    server.write_all(b"RFB 003.008\n").await.unwrap();
    server.read_exact(&mut [0; 12]).await.unwrap();
    server.write_all(&[1, 2]).await.unwrap();
    server.read_exact(&mut [0; 1]).await.unwrap();
    server.write_all(&[7; 16]).await.unwrap();
    server.read_exact(&mut [0; 16]).await.unwrap();
    server.write_all(&[0; 4]).await.unwrap();
    server.read_exact(&mut [0; 1]).await.unwrap();
    server
        .write_all(b"\x04\x00\x03\x00\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\0\0\0\0\0\0\x04desk")
        .await
        .unwrap();
    server
}

#[tokio::test]
async fn a_login_is_put_into_a_locked_keyring_beside_the_picture() {
    struct Locked(std::sync::Mutex<std::sync::mpsc::Receiver<Result<(), KeyringError>>>);
    impl crate::keyring::Store for Locked {
        fn check(&self) -> Result<(), KeyringError> {
            Ok(())
        }
        fn get(&self, _: &str) -> Result<Option<crate::keyring::Entry>, KeyringError> {
            Ok(None)
        }
        fn set(&self, _: &str, _: &crate::keyring::Entry) -> Result<(), KeyringError> {
            self.0.lock().unwrap().recv().unwrap()
        }
        fn forget(&self, _: &str) -> Result<(), KeyringError> {
            Ok(())
        }
    }
    let (listener, address) = listener().await;
    let failed = || Err(KeyringError::Locked);
    for (saved, ends) in [(true, Ok(())), (false, Ok(())), (true, failed()), (false, failed())] {
        let host = Host { address: address.clone(), ..Host::demo("Box") };
        let (mut services, _folder) = services([&host].get(..usize::from(saved)).unwrap()).await;
        let (unlock, unlocked) = std::sync::mpsc::channel();
        services.keyring = Keyring::with_store(Locked(unlocked.into()));
        let list = Arc::clone(&services.list);
        let sessions = Sessions::new(services);
        let id = sessions.reserve();
        let target = if saved { Target::from(&host) } else { Target::unsaved("Box".into(), address.clone(), false) };
        sessions.start(id, target);
        sessions.attach(id);
        let server = tokio::spawn(lets_in(accept(&listener).await));
        let mut states = sessions.watch(id).unwrap();
        let asked = until(&mut states, |state| matches!(state, SessionState::Asking { .. })).await;
        let SessionState::Asking { number, .. } = asked else { panic!("{asked:?}") };
        let (username, password, remember) = (None, "sesame".to_owned().into(), Remember::ForMachine);
        sessions.answer(id, number, super::Answer::Password { username, password, remember });
        // The picture is there while the keyring is still locked.
        until(&mut states, |state| matches!(state, SessionState::Ready { .. })).await;
        let storing = || sessions.view(id).unwrap().storing;
        assert!(!list.get().all().iter().any(|host| host.has_password));
        until(&mut states, |_| storing() == Some(Storing::Waiting)).await;
        unlock.send(ends.clone()).unwrap();
        until(&mut states, |_| storing() != Some(Storing::Waiting)).await;
        let told = match &ends {
            Ok(()) => Storing::Done,
            Err(error) => Storing::Failed { error: error.clone().into() },
        };
        assert_eq!(storing(), Some(told));
        assert_eq!(list.get().all()[0].has_password, ends.is_ok(), "the list says what there is");
        drop(server);
        sessions.end(id);
    }
}

#[tokio::test]
async fn old_protection_is_accepted_by_adding_the_machine_to_the_list() {
    let (listener, address) = listener().await;
    let (services, _folder) = services(&[]).await;
    let services = Arc::new(services);
    let run = Run::idle(Target::unsaved("box".into(), address, false), Arc::clone(&services));
    let session = Arc::clone(run.session());
    assert!(run.can_keep());
    super::keep::accept_old(&session, &services).await.unwrap();
    let host = services.list.get().all()[0].clone();
    assert!(host.options.old_tls && !run.can_keep());
    assert_eq!(session.target().host, Some(host.id), "it is connected to as that machine");
    assert!(session.target().old_tls);
    drop(listener);
}

/// Every state that a session can be in when it is closed or reconnected: one that dials a server that says nothing, one
/// that is refused, one that asks, one that waits for its page.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_word_wins_a_thousand_times_in_every_state() {
    let (listener, address) = listener().await;
    let server = tokio::spawn(async move {
        let mut streams = Vec::new();
        for turn in 0_u64.. {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            match turn % 4 {
                // Closed at once.
                0 => {}
                // Silent.
                1 => streams.push(tokio::spawn(async move { drop(stream.read(&mut [0; 1]).await) })),
                // Asks for a password, or lets in.
                kind => streams.push(tokio::spawn(async move {
                    let talk = async {
                        stream.write_all(b"RFB 003.008\n").await?;
                        stream.read_exact(&mut [0; 12]).await?;
                        stream.write_all(&[1, if kind == 2 { 2 } else { 1 }]).await?;
                        stream.read_exact(&mut [0; 1]).await?;
                        stream.write_all(&[0; 16]).await?;
                        stream.read(&mut [0; 64]).await
                    };
                    let _: std::io::Result<usize> = talk.await;
                })),
            }
            streams.retain(|stream| !stream.is_finished());
        }
    });
    let (services, _folder) = services(&[]).await;
    let sessions = Arc::new(Sessions::new(services));
    let id = sessions.reserve();
    sessions.start(id, Target::unsaved("Box".into(), address, false));
    sessions.attach(id);
    let mut was_elsewhere = 0;
    for round in 0_u32..1000 {
        sessions.reconnect(id);
        // Another moment each time, from before the first poll to well into the handshake, while the run goes on on the
        // runtime's threads.
        for _ in 0..(round * 97) % 30_000 {
            std::hint::spin_loop();
        }
        let states = sessions.watch(id).unwrap();
        was_elsewhere += u32::from(*states.borrow() != SessionState::Connecting { stage: Stage::Dialing });
        sessions.close(id);
        // What is in the middle of a poll now must not have the last word.
        for _ in 0..2000 {
            assert_eq!(*states.borrow(), SessionState::Ended { error: None }, "round {round}");
        }
    }
    assert!(was_elsewhere > 100, "the moments are spread: only {was_elsewhere} after the first step");
    server.abort();
}

#[tokio::test]
async fn a_run_that_was_replaced_changes_nothing_any_more() {
    let host = Host { address: Address::parse("box").unwrap(), ..Host::demo("Box") };
    let (services, _folder) = services(&[&host]).await;
    let services = Arc::new(services);
    let stale = Run::idle(Target::from(&host), Arc::clone(&services));
    let session = Arc::clone(stale.session());
    session.close();
    let ended = SessionState::Ended { error: None };
    stale.set_stage(Stage::Handshake);
    stale.set(SessionState::Live);
    assert_eq!(*session.subscribe().borrow(), ended);
    assert!(stale.snapshot().is_err(), "and dials nothing");
    run(stale).await;
    assert_eq!(*session.subscribe().borrow(), ended);
}

#[tokio::test]
async fn those_that_are_opened_together_come_in_turn_and_none_is_waited_for_that_has_gone() {
    let (listener, address) = listener().await;
    let (services, _folder) = services(&[]).await;
    let sessions = Sessions::new(services);
    let targets = (0..7).map(|n| Target::unsaved(format!("{n}"), address.clone(), false)).collect();
    let opened = parking_lot::Mutex::new(Vec::new());
    let all = sessions.open_in_turn(targets, |target| {
        let id = sessions.reserve();
        sessions.start(id, target.clone());
        opened.lock().push((target.name.clone(), id));
        Some(id)
    });
    let watched = async {
        let mut servers = Vec::new();
        for _ in 0..super::registry::AT_ONCE {
            servers.push(accept(&listener).await);
        }
        assert_eq!(opened.lock().len(), super::registry::AT_ONCE, "the servers say nothing yet");
        // One asks for a password, one is closed by the user, one breaks off: each lets another one begin.
        servers[0].write_all(b"RFB 003.003\n\x00\x00\x00\x02").await.unwrap();
        servers[0].write_all(&[7; 16]).await.unwrap();
        servers.push(accept(&listener).await);
        let second = opened.lock()[1].1;
        sessions.end(second);
        servers.push(accept(&listener).await);
        drop(servers.remove(2));
        servers.push(accept(&listener).await);
        assert_eq!(opened.lock().len(), 6);
        servers.clear();
        let last = accept(&listener).await;
        drop(last);
    };
    timeout(TIMEOUT, async { tokio::join!(all, watched) }).await.unwrap();
    let names: Vec<_> = opened.lock().iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, ["0", "1", "2", "3", "4", "5", "6"]);
}
