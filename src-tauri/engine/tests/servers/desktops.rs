//! Servers that show a desktop which is there already: krfb 22.12, Vino 3.22, TigerVNC's x0vncserver 1.12, wayvnc 0.5.
//! [The table](../../../../docs/SERVERS.md) has what came of it.

use crate::{
    bed::{ANN, Desktop, PASSWORD, installed},
    certificates::{Authority, CertificateParams, rsa},
    examination::{
        Given::{Nothing, Password, User},
        Keys,
    },
    table::{CLEAR, ENCRYPTED, IDENTIFIED, SCRAMBLED, Table},
};

#[tokio::test]
async fn krfb() {
    if !installed(&["krfb", "dbus-run-session", "Xvfb", "xsetroot"]) {
        return;
    }
    let mut table = Table::new("krfb 22.12");
    let server = Desktop::krfb().await;
    let attempts = [
        ("none", Nothing, ("VncAuth", SCRAMBLED, "wants a login")),
        ("wrong", Password("falsch"), ("VncAuth", SCRAMBLED, "auth_failed: password check failed!")),
        ("right", Password(PASSWORD), ("VncAuth", SCRAMBLED, "let in")),
    ];
    table.examine("unattended access", &server.address, &Keys::none(), &attempts).await;
    table.end();
}

/// It speaks 3.7, where a refusal has no reason.
#[tokio::test]
async fn vino() {
    if !installed(&["/usr/libexec/vino-server", "dbus-run-session", "Xvfb", "xsetroot"]) {
        return;
    }
    let mut table = Table::new("Vino 3.22");
    for (settings, require_encryption) in [("encryption required", true), ("encryption offered", false)] {
        let server = Desktop::vino(require_encryption, "vnc").await;
        let attempts = [
            ("none", Nothing, ("TLS", ENCRYPTED, "wants a login")),
            ("wrong", Password("falsch"), ("TLS", ENCRYPTED, "auth_failed")),
            ("right", Password(PASSWORD), ("TLS", ENCRYPTED, "let in")),
        ];
        table.examine(settings, &server.address, &Keys::none(), &attempts).await;
    }
    let server = Desktop::vino(true, "none").await;
    let attempts = [("none", Nothing, ("TLS", ENCRYPTED, "let in"))];
    table.examine("no password", &server.address, &Keys::none(), &attempts).await;
    table.end();
}

#[tokio::test]
async fn x0vncserver() {
    if !installed(&["X0tigervnc", "Xvfb", "xsetroot"]) {
        return;
    }
    let mut table = Table::new("x0vncserver 1.12");
    let server = Desktop::x0vncserver("None").await;
    table.examine("None", &server.address, &Keys::none(), &[("none", Nothing, ("None", CLEAR, "let in"))]).await;
    let server = Desktop::x0vncserver("TLSVnc,VncAuth").await;
    let attempts = [
        ("none", Nothing, ("TLSVnc", ENCRYPTED, "wants a login")),
        ("wrong", Password("falsch"), ("TLSVnc", ENCRYPTED, "auth_failed: Authentication failure")),
        ("right", Password(PASSWORD), ("TLSVnc", ENCRYPTED, "let in")),
    ];
    table.examine("TLSVnc,VncAuth", &server.address, &Keys::none(), &attempts).await;
    table.end();
}

/// Its library, neatvnc 0.5, answers a wrong password with "ok" and bytes of its memory, and closes.
#[tokio::test]
async fn wayvnc() {
    if !installed(&["sway", "wayvnc", "setpriv"]) {
        return;
    }
    let authority = Authority::new("Our house");
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys { authorities: Some(authority.write(folder.path())), ..Keys::none() };
    let shown = authority.issue(rsa(2048), &CertificateParams::default());
    let mut table = Table::new("wayvnc 0.5 in sway 1.7");
    let server = Desktop::wayvnc(None).await;
    table.examine("as it comes", &server.address, &keys, &[("none", Nothing, ("None", CLEAR, "let in"))]).await;
    let server = Desktop::wayvnc(Some(&shown)).await;
    let attempts = [
        ("none", Nothing, ("X509Plain", IDENTIFIED, "wants a login")),
        ("wrong", User(ANN.0, "falsch"), ("X509Plain", IDENTIFIED, "auth_failed_probably")),
        ("right", User(ANN.0, ANN.1), ("X509Plain", IDENTIFIED, "let in")),
    ];
    table.examine("enable_auth", &server.address, &keys, &attempts).await;
    table.end();
}
