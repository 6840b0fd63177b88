//! QEMU 7.2, the screen of virtual machines.

use crate::{
    bed::{ANN, PASSWORD, Qemu, Tls, free_port},
    certificates::{Authority, CertificateParams, rsa},
    examination::{
        Given::{Nothing, Password, User},
        Keys, address, ending, examine, examine_target,
    },
    table::{Attempt, CLEAR, ENCRYPTED, IDENTIFIED, SCRAMBLED, Table},
};
use portlight_engine::model::{Level, Target};

const WRONG: &str = "auth_failed: Authentication failed";
const ASKS: &str = ",password=on";

#[tokio::test]
async fn every_way_of_protection() {
    let authority = Authority::new("Our house");
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys { authorities: Some(authority.write(folder.path())), ..Keys::none() };
    let shown = authority.issue(rsa(2048), &CertificateParams::default());
    let mut table = Table::new("QEMU 7.2");
    for (name, tls, options, attempts) in [
        ("no password", Tls::Without, "", open("None", CLEAR)),
        ("password", Tls::Without, ASKS, with_password("VncAuth", SCRAMBLED)),
        ("anonymous TLS", Tls::Anonymous, "", open("TLSNone", ENCRYPTED)),
        ("anonymous TLS, password", Tls::Anonymous, ASKS, with_password("TLSVnc", ENCRYPTED)),
        ("certificate", Tls::X509(&shown), "", open("X509None", IDENTIFIED)),
        ("certificate, password", Tls::X509(&shown), ASKS, with_password("X509Vnc", IDENTIFIED)),
    ] {
        let server = Qemu::start(tls, options).await;
        table.examine(name, &server.address, &keys, &attempts).await;
    }
    table.end();
}

fn open(takes: &str, level: Option<Level>) -> Vec<Attempt<'_>> {
    vec![
        ("none", Nothing, (takes, level, "let in")),
        ("one that nobody asks for", Password(PASSWORD), (takes, level, "let in")),
    ]
}

fn with_password(takes: &str, level: Option<Level>) -> Vec<Attempt<'_>> {
    vec![
        ("none", Nothing, (takes, level, "wants a login")),
        ("wrong", Password("falsch"), (takes, level, WRONG)),
        ("empty", Password(""), (takes, level, WRONG)),
        ("right", Password(PASSWORD), (takes, level, "let in")),
    ]
}

/// Cyrus SASL behind QEMU. Without TLS it lets nobody use SCRAM, as it wants a layer of SASL's own.
#[tokio::test]
async fn every_mechanism_of_sasl() {
    let authority = Authority::new("Our house");
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys { authorities: Some(authority.write(folder.path())), ..Keys::none() };
    let shown = authority.issue(rsa(2048), &CertificateParams::default());
    let all = "digest-md5 scram-sha-1 scram-sha-256 plain login anonymous";

    let mut table = Table::new("QEMU 7.2 with SASL");
    for (name, tls, mechanisms, (takes, level), by) in [
        ("SASL", Tls::Without, all, ("SASL", SCRAMBLED), "DIGEST-MD5"),
        ("certificate, SASL", Tls::X509(&shown), all, ("X509SASL", IDENTIFIED), "SCRAM-SHA-256"),
        ("the same", Tls::X509(&shown), "scram-sha-1 plain", ("X509SASL", IDENTIFIED), "SCRAM-SHA-1"),
        ("the same", Tls::X509(&shown), "digest-md5 plain", ("X509SASL", IDENTIFIED), "DIGEST-MD5"),
        ("the same", Tls::X509(&shown), "plain", ("X509SASL", IDENTIFIED), "PLAIN"),
        ("anonymous TLS, SASL", Tls::Anonymous, all, ("TLSSASL", ENCRYPTED), "DIGEST-MD5"),
    ] {
        let server = Qemu::with_sasl(tls, mechanisms).await;
        let (user, password) = ANN;
        let attempts = [
            ("none", Nothing, (takes, level, "wants a login")),
            ("wrong password", User(user, "falsch"), (takes, level, "auth_failed…")),
            ("unknown user", User("berta", password), (takes, level, "auth_failed…")),
            ("right", User(user, password), (takes, level, "let in")),
        ];
        table.examine(&format!("{name}, {mechanisms}"), &server.address, &keys, &attempts).await;
        let report = examine(&server.address, User(user, password), &keys).await;
        let said = format!("accepted, by {by}");
        assert!(report.stages.iter().any(|stage| stage.detail == said), "{name}: {:#?}", report.stages);
    }
    let server = Qemu::with_sasl(Tls::X509(&shown), "login anonymous").await;
    let (takes, level) = ("X509SASL", IDENTIFIED);
    let attempts = [("right", User(ANN.0, ANN.1), (takes, level, "no_common_type: SASL LOGIN, SASL ANONYMOUS"))];
    table.examine("certificate, nothing that is known here", &server.address, &keys, &attempts).await;
    table.end();
}

/// EXTERNAL is the login by the certificate that was shown within TLS. QEMU tells its SASL library how strong TLS is, and not whose
/// certificate it was (`SASL_AUTH_EXTERNAL`): so the library has nothing to log in with, and does not offer it.
#[tokio::test]
async fn external_is_not_offered_whatever_is_shown() {
    let authority = Authority::new("Our house");
    let folder = tempfile::tempdir().unwrap();
    let file = authority.write(folder.path());
    let keys = Keys { authorities: Some(file.clone()), ..Keys::none() };
    let shown = authority.issue(rsa(2048), &CertificateParams::default());
    let ann = CertificateParams { subject: "Ann", names: &[], ..CertificateParams::default() };
    let own = folder.path().join("own");
    std::fs::create_dir(&own).unwrap();
    let (certificate, key) = authority.issue(rsa(2048), &ann).write(&own);
    for (mechanisms, password, end) in [("external", None, "no_common_type"), ("external plain", Some(ANN), "let in")] {
        let server = Qemu::with_sasl(Tls::Mutual(&shown, &file), mechanisms).await;
        let mut target = Target::unsaved("QEMU".to_owned(), address(&server.address), false);
        target.client_certificate = certificate.to_str().unwrap().to_owned();
        target.client_key = key.to_str().unwrap().to_owned();
        let given = password.map_or(Nothing, |(name, password)| User(name, password));
        let report = examine_target(target, given, &keys).await;
        assert!(ending(&report).starts_with(end), "{mechanisms}: {report:#?}");
        let by = |name: &str| report.stages.iter().any(|stage| stage.detail == format!("accepted, by {name}"));
        assert!(!by("EXTERNAL") && by("PLAIN") == password.is_some(), "{report:#?}");
    }
}

/// GnuTLS behind QEMU, limited to what was usual once.
#[tokio::test]
async fn old_tls_is_named_and_accepted_where_that_was_agreed_to() {
    let authority = Authority::new("Our house");
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys { authorities: Some(authority.write(folder.path())), ..Keys::none() };
    let shown = authority.issue(rsa(2048), &CertificateParams::default());
    let mut table = Table::new("QEMU 7.2 with old TLS");
    let refused = |why| (("X509None", IDENTIFIED, why), ("X509None", ENCRYPTED, "let in"));
    for (priority, (strict, agreed), old) in [
        ("NORMAL:-VERS-ALL:+VERS-TLS1.0", refused("old_tls: unsupported protocol, version"), "old: TLS 1.1 or older"),
        ("NORMAL:-VERS-ALL:+VERS-TLS1.1", refused("old_tls: unsupported protocol, version"), "old: TLS 1.1 or older"),
        (
            "NORMAL:-VERS-ALL:+VERS-TLS1.2:-SIGN-ALL:+SIGN-RSA-SHA1:-KX-ALL:+ECDHE-RSA",
            // Nothing to sign with that we offer: QEMU closes without an alert.
            refused("closed: authentication"),
            "old: signatures with SHA-1 or MD5",
        ),
    ] {
        let server = Qemu::start(Tls::Limited(&shown, priority), "").await;
        for (login, accept_old, expected) in [("strict", false, strict), ("old accepted", true, agreed)] {
            let mut target = Target::unsaved("QEMU".to_owned(), address(&server.address), false);
            target.old_tls = accept_old;
            let report = examine_target(target, Nothing, &keys).await;
            table.enter(priority, login, &report, expected);
            let told = report.stages.iter().any(|stage| stage.detail.ends_with(old));
            assert_eq!(told, accept_old, "{:#?}", report.stages);
        }
    }
    table.end();
}

/// The same behind `wss://`, where the site's TLS is what is old.
#[tokio::test]
async fn an_old_site_is_named_and_accepted_where_that_was_agreed_to() {
    let authority = Authority::new("Our house");
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys { authorities: Some(authority.write(folder.path())), ..Keys::none() };
    let shown = authority.issue(rsa(2048), &CertificateParams::default());
    let port = free_port();
    let old = Tls::Limited(&shown, "NORMAL:-VERS-ALL:+VERS-TLS1.1");
    let _server = Qemu::start(old, &format!(",websocket={port}")).await;
    let mut target = Target::unsaved("QEMU".to_owned(), address(&format!("wss://127.0.0.1:{port}/")), false);
    let strict = examine_target(target.clone(), Nothing, &keys).await;
    assert!(ending(&strict).starts_with("old_tls"), "{strict:?}");

    target.old_tls = true;
    let agreed = examine_target(target.clone(), Nothing, &keys).await;
    assert!(agreed.error.is_none(), "{agreed:?}");
    // Without that it would be identified, as far as the site.
    assert_eq!(agreed.protection, Some(Level::Encrypted));
    let told = agreed.stages.iter().any(|stage| stage.detail.ends_with("old: TLS 1.1 or older"));
    assert!(told, "{:#?}", agreed.stages);

    // Who once had more is asked before a login is sent.
    target.protection = Some(Level::Identified);
    let before = examine_target(target, Password(PASSWORD), &keys).await;
    assert!(ending(&before).starts_with("weaker"), "{before:?}");
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_of_ours_says_so() {
    let (authority, others) = (Authority::new("Our house"), Authority::new("Another house"));
    let folder = tempfile::tempdir().unwrap();
    let file = authority.write(folder.path());
    let keys = Keys { authorities: Some(file.clone()), ..Keys::none() };
    let shown = authority.issue(rsa(2048), &CertificateParams::default());
    let server = Qemu::start(Tls::Mutual(&shown, &file), "").await;

    let ann = CertificateParams { subject: "Ann", names: &[], ..CertificateParams::default() };
    let [own, foreign] = [("own", &authority), ("foreign", &others)].map(|(name, authority)| {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let (certificate, key) = authority.issue(rsa(2048), &ann).write(&folder);
        [certificate, key].map(|path| path.to_str().unwrap().to_owned())
    });
    let none = [String::new(), String::new()];
    for ([certificate, key], end) in
        [(own, "let in"), (none, "client_certificate_wanted"), (foreign, "client_certificate_refused")]
    {
        let mut target = Target::unsaved("QEMU".to_owned(), address(&server.address), false);
        (target.client_certificate, target.client_key) = (certificate, key);
        let report = examine_target(target, Nothing, &keys).await;
        assert!(ending(&report).starts_with(end), "{}", ending(&report));
    }
}
