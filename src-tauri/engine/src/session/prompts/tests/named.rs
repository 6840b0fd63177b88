//! Named logins in the question for a login: kept as the person says, and offered to machines without one.

use super::*;
use crate::{
    model::{LoginId, NamedLogin, Protection, SourceId, Sourced},
    session::remember::remember,
};

/// A machine with a named login that has a password, which is for its server.
async fn with_named(host: &Host) -> (Arc<Services>, TempDir, LoginId) {
    let (services, folder) = services(host).await;
    let login = NamedLogin { has_password: true, ..NamedLogin::new("Lab", "").unwrap() };
    let id = login.id;
    services.logins.change(move |logins| logins.push(login)).await.unwrap();
    services.keyring.set_named(id, Some(&"former".to_owned().into())).await.unwrap();
    (services, folder, id)
}

const VNC: CredentialRequest = CredentialRequest { security_type: SecurityType::VncAuth, username: false };

/// What the server is sent where it refuses the first login and the person answers the question after that so; the server accepts it.
async fn refused_then(run: &Run, target: &Target, answer: Answer) -> Vec<u8> {
    let mut prompts = Prompts::new(run, target);
    prompts.log_in(VNC, PathKind::Network).await.unwrap();
    let refused = ConnectError::AuthFailed { address: "box".into(), reason: None, too_many: false };
    {
        let mut asking = pin!(prompts.ask_for_another_login(refused));
        assert!(futures_util::poll!(&mut asking).is_pending());
        let (number, _) = shown(run).expect("a prompt");
        run.session().answer(number, answer);
        asking.await.unwrap();
    }
    let sent = prompts.log_in(VNC, PathKind::Network).await.unwrap().password_bytes().to_vec();
    if let Some(storing) = remember(run, target, &protection()).await {
        storing.await.unwrap();
    }
    sent
}

fn protection() -> Protection {
    Protection {
        level: Level::Password,
        local: false,
        through: None,
        site_tls: None,
        site_old: vec![],
        security_type: "VncAuth".into(),
        mechanism: None,
        tls: None,
        old: vec![],
        identity: None,
        password_unasked: false,
    }
}

#[tokio::test]
async fn a_login_that_was_typed_over_a_named_one_is_for_now_for_the_machine_or_for_all() {
    for kept in [Remember::No, Remember::ForMachine, Remember::ForAll] {
        let mut host = host();
        let (services, _folder, lab) = with_named(&host).await;
        host.login = Some(lab);
        services.list.put(host.clone()).await.unwrap();
        services.keyring.choose_named(lab, vec![host.recipient()]).await.unwrap();
        let (run, target) = run(&services, &host);
        let typed = Answer::Password { username: None, password: "typed".to_owned().into(), remember: kept };
        assert_eq!(refused_then(&run, &target, typed).await, b"typed");

        let saved = services.list.get().get(host.id).cloned().unwrap();
        let named = services.keyring.named(lab, host.recipient()).await;
        let named = named.ok().flatten().map(|password| password.expose().to_owned());
        let own = services.keyring.get(host.id).await.unwrap().map(|password| password.expose().to_owned());
        let expected = match kept {
            Remember::No => (Some(lab), Some("former"), None),
            // The login is not for its server any more.
            Remember::ForMachine => (None, None, Some("typed")),
            Remember::ForAll => (Some(lab), Some("typed"), None),
        };
        assert_eq!((saved.login, named.as_deref(), own.as_deref()), expected, "{kept:?}");
        assert_eq!(saved.has_password, kept == Remember::ForMachine);
    }
}

#[tokio::test]
async fn the_login_for_machines_without_one_is_offered_and_sent_only_when_it_is_taken() {
    for is_kept in [true, false] {
        let host = host();
        let (services, _folder, lab) = with_named(&host).await;
        let preferred = Preferences { offered_login: Some(lab), ..Preferences::default() };
        services.preferences.set(preferred).await.unwrap();
        let (run, target) = run(&services, &host);
        let mut prompts = Prompts::new(&run, &target);
        let sent = {
            let mut asking = pin!(prompts.log_in(VNC, PathKind::Network));
            assert!(futures_util::poll!(&mut asking).is_pending(), "nothing is sent by itself");
            let (number, prompt) = shown(&run).expect("a prompt");
            assert!(matches!(&prompt, Prompt::Password { offered: Some(offered), .. } if offered.name == "Lab"));
            run.session().answer(number, Answer::OfferedLogin { remember: is_kept });
            asking.await.unwrap().password_bytes().to_vec()
        };
        assert_eq!(sent, b"former");
        let server = host.recipient();
        assert!(services.keyring.named(lab, server.clone()).await.is_err(), "not before the server has accepted it");
        let storing = remember(&run, &target, &protection()).await;
        assert_eq!(storing.is_some(), is_kept);
        if let Some(storing) = storing {
            storing.await.unwrap();
        }
        assert_eq!(services.list.get().get(host.id).unwrap().login, is_kept.then_some(lab));
        assert_eq!(services.keyring.named(lab, server).await.is_ok(), is_kept);
    }
}

#[tokio::test]
async fn while_the_keyring_is_silent_about_a_login_that_was_taken_another_may_be_typed() {
    for answers in [true, false] {
        let host = host();
        let (keyring, unlock) = locked(r#"{"password":"former","servers":[]}"#);
        let (services, _folder) = services_with(&host, keyring).await;
        let login = NamedLogin { has_password: true, ..NamedLogin::new("Lab", "").unwrap() };
        let lab = login.id;
        services.logins.change(move |logins| logins.push(login)).await.unwrap();
        services.preferences.set(Preferences { offered_login: Some(lab), ..Preferences::default() }).await.unwrap();
        let (run, target) = run(&services, &host);
        let mut prompts = Prompts::new(&run, &target);
        let (sent, ()) = tokio::join!(prompts.log_in(VNC, PathKind::Network), async {
            until_shown(&run, true).await;
            let (number, _) = shown(&run).unwrap();
            run.session().answer(number, Answer::OfferedLogin { remember: false });
            until_shown(&run, false).await;
            until_shown(&run, true).await;
            let (_, prompt) = shown(&run).unwrap();
            let silent = matches!(prompt, Prompt::Password { keyring: Some(KeyringError::Silent), offered: None, .. });
            assert!(silent, "{prompt:?}");
            match answers {
                true => unlock.send(()).unwrap(),
                false => answered(&run, "typed").await,
            }
        });
        let expected: &[u8] = if answers { b"former" } else { b"typed" };
        assert_eq!(sent.unwrap().password_bytes(), expected);
    }
}

#[tokio::test]
async fn the_login_for_machines_without_one_is_offered_to_no_other_machine() {
    let plain = host();
    let (services, _folder, lab) = with_named(&plain).await;
    services.preferences.set(Preferences { offered_login: Some(lab), ..Preferences::default() }).await.unwrap();
    let sourced = Sourced { of: SourceId::new(), key: "1".into(), said: Default::default() };
    let listed_by_others = Host { source: Some(sourced), ..Host::new("B".into(), "b".parse().unwrap()) };
    let with_its_own = Host { has_password: true, ..Host::new("C".into(), "c".parse().unwrap()) };
    for host in [&listed_by_others, &with_its_own] {
        services.list.put(host.clone()).await.unwrap();
    }
    let typed = Target::unsaved("d".into(), "d".parse().unwrap(), false);
    let wants_name = CredentialRequest { security_type: SecurityType::TlsPlain, username: true };
    for (target, request, is_offered) in [
        (Target::from(&plain), VNC, true),
        (Target::from(&plain), wants_name, false),
        (Target::from(&listed_by_others), VNC, false),
        (Target::from(&with_its_own), VNC, false),
        (typed, VNC, false),
    ] {
        let run = Run::idle(target.clone(), Arc::clone(&services));
        let target = run.snapshot().unwrap();
        let mut prompts = Prompts::new(&run, &target);
        let mut asking = pin!(prompts.log_in(request, PathKind::Network));
        let mut states = run.session().subscribe();
        let offered = tokio::select! {
            sent = &mut asking => panic!("{:?} was sent", sent.map(|sent| sent.password_bytes().to_vec())),
            offered = async {
                loop {
                    if let Some((_, Prompt::Password { offered, .. })) = shown(&run) {
                        break offered;
                    }
                    states.changed().await.unwrap();
                }
            } => offered,
        };
        assert_eq!(offered.is_some(), is_offered, "{} {request:?}", target.name);
    }
}
