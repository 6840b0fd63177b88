//! Portlight's port on loopback accepts its own pages only, and gives every other request the same answer.

use crate::desk::{App, Desk, Server, TIMEOUT};
use std::{
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
        let Self { port, path, host, origin } = self;
        response(
            port,
            &format!(
                "GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n\
                 Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                 Sec-WebSocket-Protocol: binary\r\n\r\n"
            ),
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
