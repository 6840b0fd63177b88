//! Certificates of all kinds, shown by TigerVNC, and what is known about them before.

use crate::{
    bed::{PASSWORD, Xvnc, free_port},
    certificates::{Authority, CertificateParams, Shown, p256, rsa, self_signed},
    examination::{
        Given::{Nothing, Password},
        Keys, address, ending, examine,
    },
    table::{IDENTIFIED, Table},
};
use portlight_engine::{
    ConnectError, Error,
    doctor::{Report, TrustPolicy},
    model::{Certificate, CertificateProblem, Identity},
    store::{Pins, Verdict},
};

const X509: &[&str] = &["-SecurityTypes", "X509Vnc"];

fn certificate(report: &Report) -> &Certificate {
    match &report.identity {
        Some(Identity::X509(certificate)) => certificate,
        other => panic!("no certificate but {other:?}: {:#?}", report.stages),
    }
}

/// Each certificate is looked at without a login, which is fine, and with one, which is not; then by its fingerprint.
#[tokio::test]
async fn what_is_wrong_with_certificates() {
    use CertificateProblem::{Expired, NotYetValid, SelfSigned, UnknownIssuer, WrongName};
    let (ours, strangers) = (Authority::new("Our house"), Authority::new("Strangers"));
    let folder = tempfile::tempdir().unwrap();
    let key = rsa(2048);
    let ours_with = |wish: CertificateParams<'_>| ours.issue(key.clone(), &wish);
    let mut table = Table::new("Certificates, shown by TigerVNC 1.12");
    for (name, shown, problems) in [
        ("our authority", ours_with(CertificateParams::default()), vec![]),
        ("our authority, P-256", ours.issue(p256(), &CertificateParams::default()), vec![]),
        ("expired", ours_with(CertificateParams { days: (-30, -1), ..CertificateParams::default() }), vec![Expired]),
        (
            "not yet valid",
            ours_with(CertificateParams { days: (1, 30), ..CertificateParams::default() }),
            vec![NotYetValid],
        ),
        (
            "for others",
            ours_with(CertificateParams { names: &["elsewhere.example", "127.0.0.2"], ..CertificateParams::default() }),
            vec![WrongName],
        ),
        ("a stranger's authority", strangers.issue(key.clone(), &CertificateParams::default()), vec![UnknownIssuer]),
        ("self-signed", self_signed(key.clone(), &CertificateParams::default()), vec![SelfSigned]),
        (
            "self-signed, expired, for others",
            self_signed(
                key.clone(),
                &CertificateParams { days: (-30, -1), names: &["elsewhere.example"], ..CertificateParams::default() },
            ),
            vec![SelfSigned, Expired, WrongName],
        ),
    ] {
        let server = Xvnc::showing(&shown, X509).await;
        let keys = |accept| Keys { accept, authorities: Some(ours.write(folder.path())), ..Keys::none() };

        let looked = examine(&server.address, Nothing, &keys(TrustPolicy::Known)).await;
        table.enter(name, "none", &looked, ("X509Vnc", IDENTIFIED, "wants a login"));
        let certificate = certificate(&looked);
        assert_eq!(sorted(&certificate.problems), sorted(&problems), "{name}");
        assert_eq!(certificate.sha256, shown.fingerprint(), "{name}");
        assert_eq!(certificate.key_sha256, shown.key_fingerprint(), "{name}");

        let end = if problems.is_empty() { "let in" } else { "untrusted" };
        let report = examine(&server.address, Password(PASSWORD), &keys(TrustPolicy::Known)).await;
        table.enter(name, "password", &report, ("X509Vnc", IDENTIFIED, end));

        let loud = shown.fingerprint().to_uppercase();
        let bare = shown.key_fingerprint().replace(':', "");
        for (login, accept, end) in [
            ("password, --trust with the certificate's SHA-256", TrustPolicy::Fingerprint(loud), "let in"),
            ("password, --trust with the key's SHA-256", TrustPolicy::Fingerprint(bare), "let in"),
            ("password, --trust with another SHA-256", TrustPolicy::Fingerprint("00".repeat(32)), "untrusted"),
            ("password, --trust any", TrustPolicy::Any, "let in"),
        ] {
            let report = examine(&server.address, Password(PASSWORD), &keys(accept)).await;
            table.enter(name, login, &report, ("X509Vnc", IDENTIFIED, end));
        }
    }
    table.end();
}

/// The same server by its name, which is sent to it and looked for in the certificate.
#[tokio::test]
async fn a_name_is_looked_for() {
    let ours = Authority::new("Our house");
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys { authorities: Some(ours.write(folder.path())), ..Keys::none() };
    let shown = ours.issue(p256(), &CertificateParams { names: &["localhost"], ..CertificateParams::default() });
    let server = Xvnc::showing(&shown, X509).await;
    let by_name = server.address.replace("127.0.0.1", "localhost");
    assert_eq!(ending(&examine(&by_name, Password(PASSWORD), &keys).await), "let in");
    let by_number = examine(&server.address, Password(PASSWORD), &keys).await;
    assert_eq!(ending(&by_number), "untrusted");
    assert_eq!(certificate(&by_number).problems, [CertificateProblem::WrongName]);
    // Nothing on a Unix socket has a name.
    assert_eq!(ending(&examine(&server.socket, Password(PASSWORD), &keys).await), "let in");
}

/// A key that was accepted is known again: with another certificate, out of date, after a restart. Another key is not.
#[tokio::test]
async fn a_key_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let trust = || Pins::open(folder.path()).0;
    let keys = || Keys { trust: trust(), ..Keys::none() };
    let port = free_port();
    let (key, wish) = (p256(), CertificateParams::default());
    let first = self_signed(key.clone(), &wish);
    let endpoint = {
        let server = Xvnc::start_at(port, X509, Some(&first)).await;
        let report = examine(&server.address, Password(PASSWORD), &keys()).await;
        assert_eq!(ending(&report), "untrusted");
        let endpoint = address(&server.address).to_string();
        trust().accept(&endpoint, &report.identity.unwrap()).await.unwrap();
        assert_eq!(ending(&examine(&server.address, Password(PASSWORD), &keys()).await), "let in");
        // The same server under another name is another one.
        let elsewhere = server.address.replace("127.0.0.1", "localhost");
        assert_eq!(ending(&examine(&elsewhere, Password(PASSWORD), &keys()).await), "untrusted");
        endpoint
    };

    let renewed = self_signed(key, &CertificateParams { subject: "VNC server of next year", days: (-9, -1), ..wish });
    assert_eq!(again(port, &renewed, &keys()).await, [("wants a login".into(), None), ("let in".into(), None)]);

    let other = self_signed(p256(), &CertificateParams::default());
    let changed = Error::Connect(ConnectError::TrustChanged {
        address: endpoint.clone(),
        known: first.key_fingerprint(),
        shown: other.key_fingerprint(),
    });
    let both = [("trust_changed".into(), Some(changed.clone())), ("trust_changed".into(), Some(changed))];
    assert_eq!(again(port, &other, &keys()).await, both);

    // Accepted instead of the first, of which nothing is left.
    let report = {
        let server = Xvnc::start_at(port, X509, Some(&other)).await;
        examine(&server.address, Nothing, &keys()).await
    };
    let identity = report.identity.unwrap();
    trust().accept(&endpoint, &identity).await.unwrap();
    assert_eq!(trust().verdict(&endpoint, &identity), Verdict::Trusted);
    assert_eq!(again(port, &other, &keys()).await[1].0, "let in");
    assert_eq!(again(port, &first, &keys()).await[1].0, "trust_changed");
}

/// Starts the server again with another certificate and examines it without and with a login.
async fn again(port: u16, shown: &Shown, keys: &Keys) -> [(String, Option<Error>); 2] {
    let server = Xvnc::start_at(port, X509, Some(shown)).await;
    let mut ends = Vec::new();
    for given in [Nothing, Password(PASSWORD)] {
        let report = examine(&server.address, given, keys).await;
        ends.push((ending(&report), report.error.map(|failure| failure.error)));
    }
    ends.try_into().unwrap()
}

fn sorted(problems: &[CertificateProblem]) -> Vec<String> {
    let mut names: Vec<_> = problems.iter().map(|problem| format!("{problem:?}")).collect();
    names.sort();
    names
}
