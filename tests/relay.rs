//! Portlight's port on loopback accepts its own pages only, and gives every other request the same answer.

use crate::desk::{App, Desk, Process, Server, TIMEOUT, portlight, run};
use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpStream},
};

/// In the form of a ticket.
const GUESS: &str = "/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn every_request_but_the_viewers_gets_the_same_answer() {
    let desk = Desk::of("every_request_but_the_viewers_gets_the_same_answer").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;
    let [port] = app.ports()[..] else { panic!("Portlight listens at {:?}", app.ports()) };

    // A page that does not connect, so that its ticket can be presented here.
    viewer.use_tool("#disconnect").await;
    viewer.until_state("ended").await;
    let silent = "class Silent extends EventTarget {
                      binaryType = 'arraybuffer'; protocol = 'binary'; readyState = 0;
                      onopen = null; onmessage = null; onerror = null; onclose = null;
                      send() {} close() {}
                  }
                  window.WebSocket = function (url) { window.invited = url; return new Silent(); };";
    viewer.script(silent).await;
    viewer.click("#again").await;
    let url = viewer.until("an invitation", "window.invited").await;
    let ticket =
        url.as_str().and_then(|url| url.strip_prefix(&format!("ws://127.0.0.1:{port}"))).expect("the relay's url");
    assert_eq!(ticket.len(), GUESS.len(), "{ticket}");

    let valid = UpgradeRequest { port, path: ticket, host: &format!("127.0.0.1:{port}"), origin: "tauri://localhost" };
    let rejection = UpgradeRequest { path: GUESS, ..valid }.answer();
    assert!(rejection.starts_with("HTTP/1.1 403 "), "{rejection}");
    assert!(!rejection.to_lowercase().contains("portlight"), "{rejection}");
    let [host, localhost] = [format!("example.org:{port}"), format!("localhost:{port}")];
    for (what, request) in [
        ("a page in the browser", UpgradeRequest { path: GUESS, origin: "https://example.org", ..valid }),
        ("a page without an origin", UpgradeRequest { path: GUESS, origin: "null", ..valid }),
        ("a name that resolves to this machine", UpgradeRequest { path: GUESS, host: &host, ..valid }),
        ("a name of this machine", UpgradeRequest { path: GUESS, host: &localhost, ..valid }),
        ("no ticket", UpgradeRequest { path: "/", ..valid }),
        ("a shorter ticket", UpgradeRequest { path: &ticket[..ticket.len() - 1], ..valid }),
    ] {
        assert_eq!(request.answer(), rejection, "{what}");
    }
    assert_eq!(response(port, &format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")), rejection, "a browser");
    assert_eq!(response(port, "\x16\x03\x01 no HTTP at all\r\n\r\n"), rejection, "another protocol");

    // After all that the ticket is still valid, once.
    let accepted = valid.answer();
    assert!(accepted.starts_with("HTTP/1.1 101 "), "{accepted}");
    assert_eq!(valid.answer(), rejection, "the same ticket again");
}

/// The address that `portlight relay` has printed, as port and path; another one than `before`.
async fn ticket(relay: &Process, before: &str) -> (u16, String) {
    let found = relay.wait_for_line("a ticket", |line| {
        let (port, path) = line.strip_prefix("ws://127.0.0.1:")?.split_once('/')?;
        let path = format!("/{path}");
        (path != before).then_some((port.parse().ok()?, path))
    });
    found.await
}

/// What comes behind an accepted request, until it has `wanted` in it.
fn upgraded(stream: &mut TcpStream, request: UpgradeRequest<'_>, wanted: &[u8]) {
    stream.set_read_timeout(Some(TIMEOUT)).expect("a socket");
    stream.write_all(request.text().as_bytes()).expect("a connection");
    let mut answer = Vec::new();
    while !answer.windows(wanted.len()).any(|part| part == wanted) {
        let mut part = [0; 512];
        let read = stream.read(&mut part).expect("an answer");
        assert!(read > 0, "{}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..read]);
    }
}

#[tokio::test]
async fn a_viewer_elsewhere_is_let_in_once_and_a_page_of_another_site_never() {
    let desk =
        Desk::of("a_viewer_elsewhere_is_let_in_once_and_a_page_of_another_site_never").without_bus().open().await;
    let server = Server::start(&desk, Some("sesame!!")).await;
    let password = desk.home().join("password");
    fs::write(&password, "sesame!!\n").expect("a home");
    let start = |more: &[&str]| {
        let mut command = desk.command("sh");
        command.args(["-c", "exec \"$@\" < \"$0\""]).arg(&password);
        desk.spawn(
            "portlight relay",
            command.args([portlight(), "relay", &server.address(), "--password-stdin"]).args(more),
        )
    };
    let relay = start(&["--again"]);
    let mut before = String::new();
    for _ in 0..2 {
        let (port, path) = ticket(&relay, &before).await;
        let host = format!("127.0.0.1:{port}");
        let valid = UpgradeRequest { port, path: &path, host: &host, origin: "http://localhost:8000" };
        let mut viewer = TcpStream::connect(("127.0.0.1", port)).expect("the relay");
        upgraded(&mut viewer, valid, b"RFB 003.008\n");
        assert!(valid.answer().starts_with("HTTP/1.1 403 "), "once");
        before = path;
    }
    relay.kill();

    // What a page of another site presents is used up.
    let relay = start(&[]);
    let (port, path) = ticket(&relay, "").await;
    let host = format!("127.0.0.1:{port}");
    let valid = UpgradeRequest { port, path: &path, host: &host, origin: "http://127.0.0.1" };
    assert!(UpgradeRequest { origin: "https://example.org", ..valid }.answer().starts_with("HTTP/1.1 403 "));
    // There is nothing left to wait for.
    assert_eq!(relay.end().await.code(), Some(1), "{}", relay.said());

    // One page and no other.
    let relay = start(&["--origin", "https://novnc.example"]);
    let (port, path) = ticket(&relay, "").await;
    let host = format!("127.0.0.1:{port}");
    let page = UpgradeRequest { port, path: &path, host: &host, origin: "https://novnc.example" };
    let mut viewer = TcpStream::connect(("127.0.0.1", port)).expect("the relay");
    upgraded(&mut viewer, page, b"RFB 003.008\n");
    drop(viewer);
    assert_eq!(relay.end().await.code(), Some(0), "{}", relay.said());
}

#[tokio::test]
async fn whom_nobody_can_ask_is_told_and_ends() {
    let desk = Desk::of("whom_nobody_can_ask_is_told_and_ends").without_bus().open().await;
    let server = Server::start(&desk, Some("sesame!!")).await;
    // `setsid` leaves it without a terminal.
    let run = |arguments: &[&str], input: &str| {
        let mut command = desk.command("setsid");
        command.arg("--wait").arg(portlight()).args(arguments);
        let output = run(&command, input.as_bytes());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(&["relay", &server.address()], "");
    assert!(code == Some(1) && said.contains("no terminal to ask it on"), "{said}");
    let (code, said) = run(&["relay", &server.address(), "--password-stdin"], "falsch\n");
    assert!(code == Some(1) && said.lines().count() == 1 && !said.contains("falsch"), "{said}");
    let (code, said) = run(&["add", &server.address(), "--ask-password"], "");
    assert!(code == Some(1) && said.contains("--password-stdin takes it from a pipe"), "{said}");
    desk.write_hosts(&format!(
        r#"{{"version":1,"hosts":[{{"id":"6f0d3f5e-52c1-4f5e-9d0c-0d4c3b3a1f00","name":"Box","address":"{}","view_only":true}}]}}"#,
        server.address()
    ));
    let (code, said) = run(&["relay", "Box"], "");
    assert!(code == Some(1) && said.contains("only to be watched"), "{said}");
}

/// An upgrade request.
#[derive(Clone, Copy)]
struct UpgradeRequest<'a> {
    port: u16,
    path: &'a str,
    host: &'a str,
    origin: &'a str,
}

impl UpgradeRequest<'_> {
    /// The response's head, or all of it if the request is rejected.
    fn answer(self) -> String {
        response(self.port, &self.text())
    }

    fn text(self) -> String {
        let Self { path, host, origin, .. } = self;
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: binary\r\n\r\n"
        )
    }
}

fn response(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the relay's port");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a socket");
    stream.write_all(request.as_bytes()).expect("a relay that reads");
    let mut answer = Vec::new();
    let mut byte = [0];
    // The server's bytes follow an accepted upgrade: only the head is read.
    while !(answer.starts_with(b"HTTP/1.1 101 ") && answer.ends_with(b"\r\n\r\n")) {
        match stream.read(&mut byte).expect("an answer") {
            0 => break,
            _ => answer.push(byte[0]),
        }
    }
    // It may be closed already.
    let _ = stream.shutdown(Shutdown::Both);
    String::from_utf8_lossy(&answer).into_owned()
}
