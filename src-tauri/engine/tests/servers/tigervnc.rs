//! TigerVNC 1.12, the server of most Linux desktops.

use crate::{
    bed::{ANN, PASSWORD, VIEW_ONLY, Xvnc},
    certificates::{Authority, CertificateParams, rsa},
    examination::{
        Given::{Nothing, Password, User},
        Keys,
    },
    table::{Attempt, CLEAR, ENCRYPTED, IDENTIFIED, NOTHING_TAKEN, SCRAMBLED, Table},
};
use portlight_engine::model::Level;

const WRONG: &str = "auth_failed: Authentication failure";
const WRONG_FOR_PAM: &str = "auth_failed: Authentication failure: invalid password or username";
const TOO_OFTEN: &str = "refused: Too many security failures";

#[tokio::test]
async fn in_clear() {
    let cases = [
        only("None", open("None", CLEAR)),
        only("VncAuth", with_password("VncAuth", SCRAMBLED, WRONG)),
        only("Plain", with_user("Plain", CLEAR)),
    ];
    table("TigerVNC 1.12, in clear", cases).await;
}

#[tokio::test]
async fn with_anonymous_tls() {
    let cases = [
        only("TLSNone", open("TLSNone", ENCRYPTED)),
        only("TLSVnc", with_password("TLSVnc", ENCRYPTED, WRONG)),
        only("TLSPlain", with_user("TLSPlain", ENCRYPTED)),
    ];
    table("TigerVNC 1.12, anonymous TLS", cases).await;
}

#[tokio::test]
async fn with_certificates() {
    let cases = [
        only("X509None", open("X509None", IDENTIFIED)),
        only("X509Vnc", with_password("X509Vnc", IDENTIFIED, WRONG)),
        only("X509Plain", with_user("X509Plain", IDENTIFIED)),
    ];
    table("TigerVNC 1.12, TLS with a certificate", cases).await;
}

#[tokio::test]
async fn with_a_choice() {
    let all = "None,VncAuth,Plain,TLSNone,TLSVnc,TLSPlain,X509None,X509Vnc,X509Plain";
    let as_it_comes = vec![
        ("none", Nothing, ("TLSVnc", ENCRYPTED, "wants a login")),
        ("password", Password(PASSWORD), ("TLSVnc", ENCRYPTED, "let in")),
        ("user name and password", User(ANN.0, PASSWORD), ("TLSVnc", ENCRYPTED, "let in")),
    ];
    let everything = vec![
        ("none", Nothing, ("X509None", IDENTIFIED, "let in")),
        ("password", Password(PASSWORD), ("X509Vnc", IDENTIFIED, "let in")),
        ("user name and password", User(ANN.0, ANN.1), ("X509Plain", IDENTIFIED, "let in")),
    ];
    // What VeNCrypt has is worse than what stands beside it: Portlight calls again and leaves VeNCrypt out.
    let better_beside = vec![
        ("none", Nothing, ("VncAuth", SCRAMBLED, "wants a login")),
        ("password", Password(PASSWORD), ("VncAuth", SCRAMBLED, "let in")),
        ("user name and password", User(ANN.0, PASSWORD), ("VncAuth", SCRAMBLED, "let in")),
    ];
    let cases = [
        Case { server: "as it comes", options: vec![], attempts: as_it_comes },
        Case { server: "every type, worst first", options: vec!["-SecurityTypes", all], attempts: everything },
        only("VncAuth,Plain", better_beside),
    ];
    table("TigerVNC 1.12, what Portlight takes", cases).await;
}

#[tokio::test]
async fn with_the_protocol_of_1998() {
    let cases = [
        only("None", open("None", CLEAR)),
        // It gave no reasons then.
        only("VncAuth", with_password("VncAuth", SCRAMBLED, "auth_failed")),
    ];
    let cases = cases.map(|case| Case { options: [vec!["-Protocol3.3"], case.options].concat(), ..case });
    table("TigerVNC 1.12, protocol 3.3", cases).await;
}

#[tokio::test]
async fn over_a_unix_socket() {
    let server = Xvnc::start(&["-SecurityTypes", "VncAuth,TLSVnc"]).await;
    let mut table = Table::new("TigerVNC 1.12, Unix socket");
    let attempts = with_password("TLSVnc", ENCRYPTED, WRONG);
    table.examine("VncAuth,TLSVnc", &server.socket, &Keys::none(), &attempts).await;
    table.end();
}

#[tokio::test]
async fn after_too_many_wrong_passwords() {
    let server = Xvnc::start(&["-SecurityTypes", "VncAuth"]).await;
    let mut table = Table::new("TigerVNC 1.12, too many wrong passwords");
    let mut attempts = vec![("wrong", Password("falsch"), ("VncAuth", SCRAMBLED, WRONG)); 5];
    let (takes, level) = NOTHING_TAKEN;
    attempts.push(("right, but too late", Password(PASSWORD), (takes, level, TOO_OFTEN)));
    table.examine("VncAuth", &server.address, &Keys::none(), &attempts).await;
    table.end();
}

/// Whoever comes is let in.
fn open(takes: &str, level: Option<Level>) -> Vec<Attempt<'_>> {
    vec![
        ("none", Nothing, (takes, level, "let in")),
        ("one that nobody asks for", Password(PASSWORD), (takes, level, "let in")),
    ]
}

/// A VNC password in every form.
fn with_password<'a>(takes: &'a str, level: Option<Level>, wrong: &'a str) -> Vec<Attempt<'a>> {
    vec![
        ("none", Nothing, (takes, level, "wants a login")),
        ("wrong", Password("falsch"), (takes, level, wrong)),
        ("empty", Password(""), (takes, level, wrong)),
        ("right: not ASCII, more than 8 bytes", Password(PASSWORD), (takes, level, "let in")),
        ("right in its first 8 bytes", Password("öffne dort"), (takes, level, "let in")),
        ("view only", Password(VIEW_ONLY), (takes, level, "let in")),
        ("right, with a user name", User(ANN.0, PASSWORD), (takes, level, "let in")),
    ]
}

/// A user name and a password in every form.
fn with_user(takes: &str, level: Option<Level>) -> Vec<Attempt<'_>> {
    vec![
        ("none", Nothing, (takes, level, "wants a login")),
        ("wrong", User(ANN.0, "falsch"), (takes, level, WRONG_FOR_PAM)),
        ("empty", User(ANN.0, ""), (takes, level, WRONG_FOR_PAM)),
        ("nobody's", User("bob", ANN.1), (takes, level, WRONG_FOR_PAM)),
        ("right: not ASCII, more than 8 bytes", User(ANN.0, ANN.1), (takes, level, "let in")),
        ("1025 bytes", User(ANN.0, &LONG), (takes, level, "bad_input: the password has more than 1024 bytes")),
    ]
}

/// One byte more than TigerVNC takes.
static LONG: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| "x".repeat(1025));

/// A server and what it is tried with.
struct Case<'a> {
    server: &'a str,
    options: Vec<&'a str>,
    attempts: Vec<Attempt<'a>>,
}

/// A server that offers only these types.
fn only<'a>(types: &'a str, attempts: Vec<Attempt<'a>>) -> Case<'a> {
    Case { server: types, options: vec!["-SecurityTypes", types], attempts }
}

/// Examines each server, which shows a certificate that an authority of ours vouches for.
async fn table<const N: usize>(title: &'static str, cases: [Case<'_>; N]) {
    let authority = Authority::new("Our house");
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys { authorities: Some(authority.write(folder.path())), ..Keys::none() };
    let shown = authority.issue(rsa(2048), &CertificateParams::default());
    let mut table = Table::new(title);
    for Case { server, options, attempts } in cases {
        let running = Xvnc::showing(&shown, &options).await;
        table.examine(server, &running.address, &keys, &attempts).await;
    }
    table.end();
}
