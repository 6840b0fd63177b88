//! x11vnc 0.9.16 with LibVNCServer 0.9.14.

use crate::{
    bed::{PASSWORD, VIEW_ONLY, X11vnc},
    certificates::{Authority, Wish, rsa},
    examination::{
        Given::{Nothing, Password},
        Keys,
    },
    table::{Attempt, CLEAR, ENCRYPTED, IDENTIFIED, SCRAMBLED, Table},
};

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
    let shown = authority.issue(rsa(2048), &Wish::default());
    let mut table = Table::new("x11vnc 0.9.16 with TLS");
    let passwords = X11vnc::passwords();

    let right = |takes, level| [("right", Password(PASSWORD), (takes, level, "let in"))];
    let open: [Attempt<'_>; 1] = [("none", Nothing, ("X509None", IDENTIFIED, "let in"))];
    let vnc: [Attempt<'_>; 3] = [
        ("wrong", Password("falsch"), ("X509Vnc", IDENTIFIED, WRONG)),
        ("right", Password(PASSWORD), ("X509Vnc", IDENTIFIED, "let in")),
        ("view only", Password(VIEW_ONLY), ("X509Vnc", IDENTIFIED, "let in")),
    ];
    let cases: [(&str, &[&str], &[Attempt<'_>]); 4] = [
        ("-ssl", &[], &open),
        ("-ssl, passwords", &passwords, &vnc),
        ("-ssl -vencrypt nox509:only, passwords", &["-vencrypt", "nox509:only"], &right("TLSVnc", ENCRYPTED)),
        ("-ssl -anontls only, passwords", &["-anontls", "only"], &right("–", None)),
    ];
    for (name, options, attempts) in cases {
        let options = if name.ends_with("passwords") { [&passwords, options].concat() } else { options.to_vec() };
        let server = X11vnc::showing(&shown, &options).await;
        table.examine(name, &server.address, &keys, attempts).await;
    }
    table.end();
}
