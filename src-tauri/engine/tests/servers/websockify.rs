//! websockify with the plugins that find a machine by a token, real ones of Debian's package, and in front of TigerVNC.

use crate::{
    bed::{PASSWORD, Program, Xvnc, command, free_port, succeed},
    examination::{Given::Password, Keys, address, examine, examine_target},
};
use portlight_engine::{doctor::Report, model::Target};
use std::{fs, path::Path};
use tempfile::TempDir;

/// A running websockify.
struct Websockify {
    _program: Program,
    /// Of its WebSocket.
    url: String,
}

impl Websockify {
    /// One that finds the servers by this plugin, given this source.
    async fn start(plugin: &str, source: &str) -> Self {
        let port = free_port();
        let mut websockify = command("websockify");
        websockify.args(["--token-plugin", plugin, "--token-source", source, &format!("127.0.0.1:{port}")]);
        let program = Program::start(websockify.env("PYTHONUNBUFFERED", "1"));
        program.hear("that it listens", |line| line.contains("proxying from").then_some(())).await;
        Self { _program: program, url: format!("ws://127.0.0.1:{port}/websockify") }
    }
}

fn server(xvnc: &Xvnc) -> (&str, &str) {
    xvnc.address.split_once("::").expect("an address with a port")
}

async fn by_command(command: String) -> Report {
    let mut target = Target::unsaved("lab".to_owned(), address("lab.invalid"), false);
    target.console_command = Some(command.parse().expect("a command"));
    examine_target(target, Password(PASSWORD), &Keys::none()).await
}

fn error(report: Report) -> String {
    report.error.map(|failure| failure.error.to_string()).unwrap_or_default()
}

/// Shared (RFC 7518, section 3.2) and with two halves (section 3.3).
#[tokio::test]
async fn a_signed_token_is_made_for_the_moment() {
    let xvnc = Xvnc::start(&["-SecurityTypes", "VncAuth"]).await;
    let folder = tempfile::tempdir().expect("a folder");
    for (key, verified_with) in [shared(&folder), halves(&folder)] {
        let websockify = Websockify::start("JWTTokenApi", &verified_with).await;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/consoles/websockify-jwt");
        let (host, port) = server(&xvnc);
        let made = |seconds| format!("{} {} {key} {host} {port} {seconds}", script.display(), websockify.url);

        let report = by_command(made(60)).await;
        assert!(report.error.is_none() && report.desktop.is_some(), "{report:?}");
        let old = error(by_command(made(-5)).await);
        assert!(old.contains("does not know this token"), "{old}");
        let missing = error(by_command(made(60).replace(&key, "/nowhere/key")).await);
        assert!(missing.contains("/nowhere/key"), "{missing}");
    }
}

fn shared(folder: &TempDir) -> (String, String) {
    let key = folder.path().join("shared");
    fs::write(&key, "c2hhcmVkLWJ5LWJvdGgtc2hhcmVkLWJ5LWJvdGg").expect("a folder");
    let key = key.to_string_lossy().into_owned();
    (key.clone(), key)
}

fn halves(folder: &TempDir) -> (String, String) {
    let [private, public] = ["private", "public"].map(|name| folder.path().join(name).to_string_lossy().into_owned());
    succeed(command("openssl").args(["genrsa", "-out", &private, "2048"]), b"");
    succeed(command("openssl").args(["rsa", "-in", &private, "-pubout", "-out", &public]), b"");
    (private, public)
}

/// For Portlight a token that websockify looks up is a part of the address, whichever plugin looks.
#[tokio::test]
async fn a_token_that_websockify_looks_up_is_part_of_the_address() {
    let xvnc = Xvnc::start(&["-SecurityTypes", "VncAuth"]).await;
    let (host, port) = server(&xvnc);
    let folder = tempfile::tempdir().expect("a folder");
    let tokens = folder.path().join("tokens");
    fs::write(&tokens, format!("studio: {host}:{port}\n")).expect("a folder");
    // What JSONTokenApi asks: a folder with one file a token, served as it is.
    let sites = folder.path().join("sites");
    fs::create_dir(&sites).expect("a folder");
    fs::write(sites.join("studio"), format!(r#"{{"host": "{host}", "port": "{port}"}}"#)).expect("a folder");
    let at = free_port();
    let mut site = command("python3");
    site.args(["-u", "-m", "http.server", "--bind", "127.0.0.1", &at.to_string()]).current_dir(&sites);
    let site = Program::start(&mut site);
    site.hear("that it serves", |line| line.contains("Serving HTTP").then_some(())).await;

    for (plugin, source) in
        [("TokenFile", tokens.display().to_string()), ("JSONTokenApi", format!("http://127.0.0.1:{at}/%s"))]
    {
        let websockify = Websockify::start(plugin, &source).await;
        let report = examine(&format!("{}?token=studio", websockify.url), Password(PASSWORD), &Keys::none()).await;
        assert!(report.error.is_none() && report.desktop.is_some(), "{plugin}: {report:?}");
        let other = error(examine(&format!("{}?token=other", websockify.url), Password(PASSWORD), &Keys::none()).await);
        assert!(other.contains("does not know this token"), "{plugin}: {other}");
    }
}
