//! Kerberos with QEMU, by a KDC of the test's own: MIT's, on loopback, with its files in a folder.

use crate::{
    bed::{Kdc, Qemu, Tls, installed},
    certificates::{Authority, CertificateParams, rsa},
    examination::{
        Given::{Nothing, User},
        Keys, address, ending, examine_target,
    },
};
use portlight_engine::{doctor::Report, model::Target};
use std::{env, path::PathBuf};
use tokio::{process::Command, time::timeout};

/// Names the KDC's folder to the test that runs again, in the environment that the library reads.
const FOLDER: &str = "PORTLIGHT_TEST_KDC";
/// What is needed for it.
const PROGRAMS: &[&str] = &[
    "/usr/sbin/kdb5_util",
    "/usr/sbin/kadmin.local",
    "/usr/sbin/krb5kdc",
    "kinit",
    "unshare",
    "/usr/lib/x86_64-linux-gnu/sasl2/libgssapiv2.so",
];

#[tokio::test]
async fn a_ticket_logs_in_without_a_question() {
    const TEST: &str = "kerberos::a_ticket_logs_in_without_a_question";
    if !installed(PROGRAMS) {
        return;
    }
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        let folder = tempfile::tempdir().unwrap();
        let mut again = Command::new(env::current_exe().unwrap());
        again.args(["--exact", TEST, "--nocapture"]).envs(Kdc::variables(folder.path())).env(FOLDER, folder.path());
        let ran = timeout(crate::bed::TIMEOUT * 6, again.kill_on_drop(true).output()).await.unwrap().unwrap();
        let said = [ran.stdout, ran.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        assert!(ran.status.success() && said.contains("1 passed"), "{said}");
        return;
    };
    let kdc = Kdc::start(&folder).await;
    let authority = Authority::new("Our house");
    let keys = Keys { authorities: Some(authority.write(&folder)), ..Keys::none() };
    let shown = authority.issue(rsa(2048), &CertificateParams::default());
    // Without TLS QEMU insists on a layer that encrypts.
    for (tls, mechanisms, takes) in [
        (Tls::Without, "gssapi", "SASL"),
        (Tls::X509(&shown), "gssapi", "X509SASL"),
        (Tls::Anonymous, "gssapi digest-md5", "TLSSASL"),
    ] {
        let has_more = mechanisms.contains(' ');
        let server = Qemu::with_kerberos(tls, mechanisms, &kdc).await;
        let at = server.address.replace("127.0.0.1", "localhost");
        let examined = |given| examine_target(Target::unsaved("QEMU".to_owned(), address(&at), false), given, &keys);

        kdc.forget_tickets();
        let report = examined(User("ann", "falsch")).await;
        let expected = if has_more { "auth_failed" } else { "kerberos" };
        assert!(ending(&report).starts_with(expected), "{takes}: {report:#?}");
        if !has_more {
            assert!(said(&report).contains("kinit"), "{report:#?}");
        }

        kdc.get_ticket();
        let report = examined(Nothing).await;
        assert!(report.error.is_none(), "{takes}: {report:#?}");
        let told = |said: &str| report.stages.iter().any(|stage| stage.detail == said);
        assert!(told("accepted, by GSSAPI") && told(takes) && report.desktop.is_some(), "{report:#?}");
    }
    // By another name Kerberos does not know it.
    let server = Qemu::with_kerberos(Tls::Without, "gssapi", &kdc).await;
    let target = Target::unsaved("QEMU".to_owned(), address(&server.address), false);
    let report = examine_target(target, Nothing, &keys).await;
    assert!(said(&report).contains("does not know a VNC server of this name"), "{report:#?}");
}

/// The sentence that it ended with.
fn said(report: &Report) -> &str {
    report.error.as_ref().map_or("", |failure| &failure.message)
}
