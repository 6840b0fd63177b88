//! Portlight's port on loopback opens for its own pages and nobody else, and tells nobody why.

use crate::desk::{App, Desk, Server, TIMEOUT};
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
};

/// In the form of a ticket.
const GUESS: &str = "/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn strangers_get_one_answer_whatever_they_try() {
    let desk = Desk::of("strangers_get_one_answer_whatever_they_try").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;
    let [port] = app.ports()[..] else { panic!("Portlight listens at {:?}", app.ports()) };

    // A page that keeps its ticket to itself: what the relay would have let in is known then.
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

    let good = Knock { port, path: ticket, host: &format!("127.0.0.1:{port}"), origin: "tauri://localhost" };
    let refusal = Knock { path: GUESS, ..good }.answer();
    assert!(refusal.starts_with("HTTP/1.1 403 "), "{refusal}");
    assert!(!refusal.to_lowercase().contains("portlight"), "{refusal}");
    let [host, localhost] = [format!("example.org:{port}"), format!("localhost:{port}")];
    for (what, knock) in [
        ("a page in the browser", Knock { path: GUESS, origin: "https://example.org", ..good }),
        ("a page without an origin", Knock { path: GUESS, origin: "null", ..good }),
        ("a name that was made to point here", Knock { path: GUESS, host: &host, ..good }),
        ("a name of this machine", Knock { path: GUESS, host: &localhost, ..good }),
        ("no ticket", Knock { path: "/", ..good }),
        ("a shorter ticket", Knock { path: &ticket[..ticket.len() - 1], ..good }),
    ] {
        assert_eq!(knock.answer(), refusal, "{what}");
    }
    assert_eq!(say(port, &format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")), refusal, "a browser");
    assert_eq!(say(port, "\x16\x03\x01 no HTTP at all\r\n\r\n"), refusal, "another protocol");

    // After all that the ticket still opens the door, once.
    let accepted = good.answer();
    assert!(accepted.starts_with("HTTP/1.1 101 "), "{accepted}");
    assert_eq!(good.answer(), refusal, "the same ticket again");
}

/// A WebSocket's request.
#[derive(Clone, Copy)]
struct Knock<'a> {
    port: u16,
    path: &'a str,
    host: &'a str,
    origin: &'a str,
}

impl Knock<'_> {
    /// The answer's head, or all of it where the door stays closed.
    fn answer(self) -> String {
        let Self { port, path, host, origin } = self;
        say(
            port,
            &format!(
                "GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n\
                 Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                 Sec-WebSocket-Protocol: binary\r\n\r\n"
            ),
        )
    }
}

fn say(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the relay's port");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a socket");
    stream.write_all(request.as_bytes()).expect("a relay that reads");
    let mut answer = Vec::new();
    let mut byte = [0];
    // Whoever is let in hears the server next: the head is enough. Whoever is not hears no more than the whole.
    while !(answer.starts_with(b"HTTP/1.1 101 ") && answer.ends_with(b"\r\n\r\n")) {
        match stream.read(&mut byte).expect("an answer") {
            0 => break,
            _ => answer.push(byte[0]),
        }
    }
    // Closed by us already, where it was closed by them.
    let _ = stream.shutdown(Shutdown::Both);
    String::from_utf8_lossy(&answer).into_owned()
}
