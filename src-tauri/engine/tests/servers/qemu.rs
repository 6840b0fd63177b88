//! QEMU 7.2, the screen of virtual machines.

use crate::{
    bed::{PASSWORD, Qemu, Tls},
    certificates::{Authority, CertificateParams, rsa},
    examination::{
        Given::{Nothing, Password},
        Keys, address, ending, examine_target,
    },
    table::{Attempt, CLEAR, ENCRYPTED, IDENTIFIED, NOTHING_TAKEN, SCRAMBLED, Table},
};
use portlight_engine::model::{Level, Target};

const WRONG: &str = "auth_failed: Authentication failed";
const ASKS: &str = ",password=on";
const SASL: &str = ",sasl=on";

#[tokio::test]
async fn every_way_of_protection() {
    let authority = Authority::new("Our house");
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys { authorities: Some(authority.write(folder.path())), ..Keys::none() };
    let shown = authority.issue(rsa(2048), &CertificateParams::default());
    let (takes, level) = NOTHING_TAKEN;
    let unknown = |end| vec![("right", Password(PASSWORD), (takes, level, end))];

    let mut table = Table::new("QEMU 7.2");
    for (name, tls, options, attempts) in [
        ("no password", Tls::Without, "", open("None", CLEAR)),
        ("password", Tls::Without, ASKS, with_password("VncAuth", SCRAMBLED)),
        ("anonymous TLS", Tls::Anonymous, "", open("TLSNone", ENCRYPTED)),
        ("anonymous TLS, password", Tls::Anonymous, ASKS, with_password("TLSVnc", ENCRYPTED)),
        ("certificate", Tls::X509(&shown), "", open("X509None", IDENTIFIED)),
        ("certificate, password", Tls::X509(&shown), ASKS, with_password("X509Vnc", IDENTIFIED)),
        ("SASL", Tls::Without, SASL, unknown("no_common_type: SASL (20)")),
        ("certificate, SASL", Tls::X509(&shown), SASL, unknown("no_common_type: VeNCrypt SASL (263)")),
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
