//! Whole sessions, as a person at a window has them: questions, answers, pixels, and input where it is allowed.

use crate::{
    bed::{ANN, COLOUR, PASSWORD, Qemu, SIZE, TIMEOUT, Tls, VIEW_ONLY, X11vnc, Xtightvnc, Xvnc, free_port},
    certificates::{CertificateParams, p256, rsa, self_signed},
    engine,
    examination::address,
    viewer::{ORIGIN, Viewer},
};
use portlight_engine::{
    ConnectError, Engine, Error,
    model::{Identity, Level, Protection, Target},
    session::{Answer, Prompt, Remember, SessionState},
};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::{net::UnixStream, time::timeout};

/// A Portlight without windows, in folders of its own, and somebody who answers it.
struct House {
    engine: Arc<Engine>,
    _folder: TempDir,
}

/// What a session asked, in order, and what protected it in the end.
struct Visit {
    asked: Vec<Prompt>,
    protection: Protection,
    viewer: Viewer,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { engine: engine::start(folder.path(), &[ORIGIN]).await, _folder: folder }
    }

    /// Opens a session with a server that is not saved.
    async fn visit(&self, at: &str, passwords: &[&str]) -> Visit {
        self.open(Target::unsaved(at.to_owned(), address(at), false), passwords).await
    }

    /// Opens a session, trusts every key, and types these passwords one after the other.
    async fn open(&self, target: Target, passwords: &[&str]) -> Visit {
        let at = target.name.clone();
        let id = self.engine.sessions().reserve();
        self.engine.open(id, target);
        self.engine.sessions().attach(id);
        let mut states = self.engine.sessions().watch(id).unwrap();
        let (mut passwords, mut asked) = (passwords.iter(), Vec::new());
        loop {
            let interesting =
                |state: &SessionState| !matches!(state, SessionState::Connecting { .. } | SessionState::Live);
            let state = timeout(TIMEOUT, states.wait_for(interesting)).await.expect("it hangs").unwrap().clone();
            states.mark_unchanged();
            match state {
                SessionState::Asking { number, prompt, .. } => {
                    let answer = match &prompt {
                        Prompt::Password { username, .. } => {
                            let password = (*passwords.next().expect("another password")).to_owned().into();
                            let username = username.as_ref().map(|_| ANN.0.to_owned());
                            Answer::Password { username, password, remember: Remember::No }
                        }
                        Prompt::Trust { .. } => Answer::Trust,
                        other => panic!("{at} led to {other:?}"),
                    };
                    asked.push(prompt);
                    self.engine.sessions().answer(id, number, answer);
                    // Until it has taken the answer, it still says that it asks.
                    timeout(TIMEOUT, states.changed()).await.expect("it hangs").unwrap();
                }
                SessionState::Ready { url, protection, .. } => {
                    return Visit { asked, protection, viewer: Viewer::open(&url).await };
                }
                other => panic!("{at} led to {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn pixels_come_through_every_protection() {
    let house = House::new().await;
    let shown = self_signed(rsa(2048), &CertificateParams::default());

    let server = X11vnc::start(&X11vnc::passwords()).await;
    let mut visit = house.visit(&server.address, &[PASSWORD]).await;
    assert_eq!(protection(&visit), ("VncAuth", Level::Password));
    assert_eq!(visit.viewer.colours().await, [COLOUR]);

    // Pixels of three bytes, which RFB does not have.
    let server = X11vnc::with_bits(24).await;
    let mut visit = house.visit(&server.address, &[]).await;
    assert_eq!(visit.viewer.colours().await, [COLOUR]);

    let server = X11vnc::showing(&shown, &X11vnc::passwords()).await;
    let mut visit = house.visit(&server.address, &[PASSWORD]).await;
    assert_eq!(protection(&visit), ("X509Vnc", Level::Identified));
    assert_eq!(visit.viewer.colours().await, [COLOUR]);

    let server = Qemu::start(Tls::Anonymous, ",password=on").await;
    let mut visit = house.visit(&server.address, &[PASSWORD]).await;
    assert_eq!(protection(&visit), ("TLSVnc", Level::Encrypted));
    assert!(visit.viewer.colours().await.len() > 1, "QEMU writes that there is no display");

    for (tls, mechanisms, expected, mechanism) in [
        (Tls::Without, "digest-md5", ("SASL", Level::Password), "DIGEST-MD5"),
        (Tls::X509(&shown), "plain scram-sha-256", ("X509SASL", Level::Identified), "SCRAM-SHA-256"),
    ] {
        let server = Qemu::with_sasl(tls, mechanisms).await;
        let mut visit = house.visit(&server.address, &["falsch", ANN.1]).await;
        assert_eq!(protection(&visit), expected);
        assert_eq!(visit.protection.mechanism.as_deref(), Some(mechanism));
        assert!(visit.viewer.colours().await.len() > 1, "a picture of several records");
    }

    let server = Xvnc::start(&["-SecurityTypes", "TLSVnc"]).await;
    let mut visit = house.visit(&server.address, &[PASSWORD]).await;
    assert_eq!(protection(&visit), ("TLSVnc", Level::Encrypted));
    assert_eq!(visit.viewer.picture().await.len(), usize::from(SIZE.0) * usize::from(SIZE.1));

    let server = Xtightvnc::with_password().await;
    let mut visit = house.visit(&server.address, &[PASSWORD]).await;
    assert_eq!(protection(&visit), ("VncAuth", Level::Password));
    assert_eq!(visit.viewer.picture().await.len(), usize::from(SIZE.0) * usize::from(SIZE.1));

    // With a password in hand, which this server does not ask for, Portlight takes Tight. ServerInit is longer then, and
    // what follows is read from the right place only if that was cut.
    let server = Xtightvnc::without_password().await;
    let target = Target::unsaved(server.address.clone(), address(&server.address), false);
    let mut visit = house.open(Target { has_password: true, ..target }, &[]).await;
    assert_eq!(protection(&visit), ("None", Level::Clear));
    assert!(visit.protection.password_unasked);
    assert_eq!(visit.viewer.picture().await.len(), usize::from(SIZE.0) * usize::from(SIZE.1));
}

fn protection(visit: &Visit) -> (&str, Level) {
    assert!(visit.protection.local, "loopback");
    (&visit.protection.security_type, visit.protection.level)
}

#[tokio::test]
async fn a_password_for_looking_looks_only() {
    let (house, server) = (House::new().await, Xvnc::start(&["-SecurityTypes", "TLSVnc"]).await);
    for (password, moves) in [(VIEW_ONLY, false), (PASSWORD, true), (VIEW_ONLY, false)] {
        let mut visit = house.visit(&server.address, &[password]).await;
        let before = server.pointer();
        // Not where it is already.
        let (x, y) = if before == (30, 40) { (50, 60) } else { (30, 40) };
        visit.viewer.point(x, y).await;
        assert_eq!(server.pointer(), if moves { (x, y) } else { before }, "{password}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_asked_for_again_in_the_servers_words() {
    let (house, server) = (House::new().await, Xvnc::start(&["-SecurityTypes", "TLSVnc"]).await);
    let visit = house.visit(&server.address, &["falsch", "", PASSWORD]).await;
    let problems: Vec<_> = visit
        .asked
        .iter()
        .map(|prompt| match prompt {
            Prompt::Password { problem: Some(ConnectError::AuthFailed { reason, too_many: false, .. }), .. } => {
                reason.as_deref()
            }
            Prompt::Password { problem: None, .. } => None,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(problems, [None, Some("Authentication failure"), Some("Authentication failure")]);
}

#[tokio::test]
async fn a_key_is_asked_about_once_and_again_when_it_is_another() {
    let (house, port, options) = (House::new().await, free_port(), ["-SecurityTypes", "X509None"]);
    let keys_asked_about = |visit: &Visit| -> Vec<(String, Option<String>)> {
        let about = |prompt: &Prompt| match prompt {
            Prompt::Trust { identity: Identity::X509(shown), known } => {
                (shown.key_sha256.clone(), known.as_ref().map(|known| known.sha256.clone()))
            }
            other => panic!("{other:?}"),
        };
        visit.asked.iter().map(about).collect()
    };
    let [first, second] = [p256(), p256()].map(|key| self_signed(key, &CertificateParams::default()));
    let server = Xvnc::start_at(port, &options, Some(&first)).await;
    let visit = house.visit(&server.address, &[]).await;
    assert_eq!(keys_asked_about(&visit), [(first.key_fingerprint(), None)]);
    let visit = house.visit(&server.address, &[]).await;
    assert_eq!(keys_asked_about(&visit), []);
    drop(server);
    let server = Xvnc::start_at(port, &options, Some(&second)).await;
    let visit = house.visit(&server.address, &[]).await;
    assert_eq!(keys_asked_about(&visit), [(second.key_fingerprint(), Some(first.key_fingerprint()))]);
}

#[tokio::test]
async fn nobody_knocks_once_too_often() {
    let (house, server) = (House::new().await, Xvnc::start(&["-SecurityTypes", "VncAuth"]).await);
    let id = house.engine.sessions().reserve();
    house.engine.open(id, Target::unsaved(server.address.clone(), address(&server.address), false));
    let mut states = house.engine.sessions().watch(id).unwrap();
    let mut knocks = 0;
    let ended = loop {
        let said = |state: &SessionState| matches!(state, SessionState::Asking { .. } | SessionState::Ended { .. });
        let state = timeout(TIMEOUT, states.wait_for(said)).await.expect("it hangs").unwrap().clone();
        let number = match state {
            SessionState::Asking { number, .. } => number,
            SessionState::Ended { error } => break error,
            other => panic!("{other:?}"),
        };
        knocks += 1;
        let password = "falsch".to_owned().into();
        states.mark_unchanged();
        house.engine.sessions().answer(
            id,
            number,
            Answer::Password { username: None, password, remember: Remember::No },
        );
        timeout(TIMEOUT, states.changed()).await.expect("it hangs").unwrap();
    };
    let words = Some("Too many security failures".to_owned());
    assert!(
        matches!(&ended, Some(Error::Connect(ConnectError::Refused { reason, .. })) if *reason == words),
        "{ended:?}"
    );
    assert!(knocks <= 6, "Portlight went on after the server had had enough");
    // Portlight was turned away once, and did not come again: all that is said before this stranger comes.
    let _stranger = UnixStream::connect(&server.socket).await.unwrap();
    server.says("accepted: /").await;
    assert_eq!(server.log().matches("blacklisted:").count(), 1, "{}", server.log());
}
