//! x11vnc 0.9.16 with LibVNCServer 0.9.14.

use crate::{
    bed::{PASSWORD, VIEW_ONLY, X11vnc},
    certificates::{Authority, CertificateParams, rsa},
    examination::{
        Given::{Nothing, Password},
        Keys, address, examine_target,
    },
    table::{CLEAR, ENCRYPTED, IDENTIFIED, SCRAMBLED, Table},
};
use portlight_engine::model::Target;

const WRONG: &str = "auth_failed: password check failed!";

#[tokio::test]
async fn without_tls() {
    let mut table = Table::new("x11vnc 0.9.16");
    let server = X11vnc::start(&[]).await;
    let attempts = [
        ("none", Nothing, ("None", CLEAR, "let in")),
        ("one that nobody asks for", Password(PASSWORD), ("None", CLEAR, "let in")),
    ];
    table.examine("without password", &server.address, &Keys::none(), &attempts).await;

    let server = X11vnc::start(&X11vnc::passwords()).await;
    let attempts = [
        ("none", Nothing, ("VncAuth", SCRAMBLED, "wants a login")),
        ("wrong", Password("falsch"), ("VncAuth", SCRAMBLED, WRONG)),
        ("empty", Password(""), ("VncAuth", SCRAMBLED, WRONG)),
        ("right", Password(PASSWORD), ("VncAuth", SCRAMBLED, "let in")),
        ("view only", Password(VIEW_ONLY), ("VncAuth", SCRAMBLED, "let in")),
    ];
    table.examine("passwords", &server.address, &Keys::none(), &attempts).await;
    table.end();
}

/// With `-ssl` it waits 1.4 s for those who begin with TLS, and only then greets.
#[tokio::test]
async fn with_tls() {
    let authority = Authority::new("Our house");
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys { authorities: Some(authority.write(folder.path())), ..Keys::none() };
    let shown = authority.issue(rsa(2048), &CertificateParams::default());
    let mut table = Table::new("x11vnc 0.9.16 with TLS");

    let server = X11vnc::showing(&shown, &[]).await;
    let attempts = [("none", Nothing, ("X509None", IDENTIFIED, "let in"))];
    table.examine("-ssl", &server.address, &keys, &attempts).await;

    let server = X11vnc::showing(&shown, &X11vnc::passwords()).await;
    let attempts = [
        // The process that speaks TLS for it is ended at once, sometimes before it has passed on the verdict.
        ("wrong", Password("falsch"), ("X509Vnc", IDENTIFIED, "auth_failed…")),
        ("right", Password(PASSWORD), ("X509Vnc", IDENTIFIED, "let in")),
        ("view only", Password(VIEW_ONLY), ("X509Vnc", IDENTIFIED, "let in")),
    ];
    table.examine("-ssl, passwords", &server.address, &keys, &attempts).await;

    // Debian's OpenSSL lets no server be anonymous, so the first of each refuses every client.
    let with_list = [&X11vnc::passwords()[..], &["-anontls", "only"]].concat();
    let server = X11vnc::showing(&shown, &with_list).await;
    let attempts = [("right", Password(PASSWORD), ("TLS", ENCRYPTED, "tls: …"))];
    table.examine("-ssl -anontls only, passwords", &server.address, &keys, &attempts).await;
    let server = X11vnc::showing_leniently(&shown, "", &with_list).await;
    let attempts = [
        ("none", Nothing, ("TLS", ENCRYPTED, "wants a login")),
        ("wrong", Password("falsch"), ("TLS", ENCRYPTED, "auth_failed…")),
        ("right", Password(PASSWORD), ("TLS", ENCRYPTED, "let in")),
    ];
    table.examine("the same, OpenSSL at level 0", &server.address, &keys, &attempts).await;
    let server = X11vnc::showing_leniently(&shown, "", &["-anontls", "only"]).await;
    let attempts = [("none", Nothing, ("TLS", ENCRYPTED, "let in"))];
    table.examine("the same without passwords", &server.address, &keys, &attempts).await;

    let anonymous = [&X11vnc::passwords()[..], &["-vencrypt", "nox509:only"]].concat();
    let server = X11vnc::showing(&shown, &anonymous).await;
    let attempts = [("right", Password(PASSWORD), ("TLSVnc", ENCRYPTED, "tls: …"))];
    table.examine("-ssl -vencrypt nox509:only, passwords", &server.address, &keys, &attempts).await;

    let server = X11vnc::showing_leniently(&shown, "", &anonymous).await;
    let attempts = [("right", Password(PASSWORD), ("TLSVnc", ENCRYPTED, "let in"))];
    table.examine("the same, OpenSSL at level 0", &server.address, &keys, &attempts).await;

    for (settings, options) in [("MaxProtocol = TLSv1", &[][..]), ("MaxProtocol = TLSv1.1", &anonymous)] {
        let server = X11vnc::showing_leniently(&shown, settings, options).await;
        let mut target = Target::unsaved("x11vnc".to_owned(), address(&server.address), false);
        let (takes, strict, agreed, why) = match options {
            [] => ("X509None", IDENTIFIED, ENCRYPTED, "old_tls: tlsv1 alert protocol version, version"),
            _ => ("TLSVnc", ENCRYPTED, ENCRYPTED, "old_tls: unsupported protocol, version"),
        };
        let report = examine_target(target.clone(), Password(PASSWORD), &keys).await;
        table.enter(settings, "strict", &report, (takes, strict, why));
        target.old_tls = true;
        let report = examine_target(target, Password(PASSWORD), &keys).await;
        table.enter(settings, "old accepted", &report, (takes, agreed, "let in"));
    }
    table.end();
}
