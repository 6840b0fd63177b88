//! The example program `relay`, used as its documentation says, with a real WebSocket client.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use futures_util::{SinkExt, StreamExt};
use std::{process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message},
};

/// The example may have to be compiled first, while other tests are.
const TIMEOUT: Duration = Duration::from_secs(300);

async fn within<F: Future>(future: F) -> F::Output {
    timeout(TIMEOUT, future).await.expect("no progress within five minutes")
}

/// Starts it as its documentation says. It ends with the handle.
async fn start(arguments: &[&str], target: &TcpListener) -> (Child, String) {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--package", "relay", "--example", "relay"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    command.args(["--", "--listen", "127.0.0.1:0", "--target", &target.local_addr().unwrap().to_string()]);
    let mut child = command.args(arguments).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut url = String::new();
    within(BufReader::new(child.stdout.take().unwrap()).read_line(&mut url)).await.unwrap();
    assert!(url.starts_with("ws://127.0.0.1:") && url.ends_with('\n'), "{url:?}");
    (child, url.trim_end().to_owned())
}

type Page = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(url: &str) -> tungstenite::Result<Page> {
    within(connect_async(url)).await.map(|(page, _)| page)
}

/// Bytes go both ways, and are what they were.
async fn exchange(page: &mut Page, server: &mut TcpStream) {
    server.write_all(b"RFB 003.008\n").await.unwrap();
    assert_eq!(within(page.next()).await.unwrap().unwrap(), Message::Binary(b"RFB 003.008\n".as_slice().into()));
    page.send(Message::Binary(b"RFB 003.008\n".as_slice().into())).await.unwrap();
    let mut received = [0; 12];
    within(server.read_exact(&mut received)).await.unwrap();
    assert_eq!(&received, b"RFB 003.008\n");
}

#[tokio::test]
async fn a_ticket_is_valid_once() {
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_child, url) = start(&[], &target).await;
    let mut page = connect(&url).await.unwrap();
    let (mut server, _) = within(target.accept()).await.unwrap();
    exchange(&mut page, &mut server).await;
    assert!(matches!(connect(&url).await, Err(tungstenite::Error::Http(answer)) if answer.status() == 403));
    exchange(&mut page, &mut server).await;
}

#[tokio::test]
async fn a_reusable_ticket_admits_many_viewers() {
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_child, url) = start(&["--reusable-ticket"], &target).await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let page = connect(&url).await.unwrap();
        sessions.push((page, within(target.accept()).await.unwrap().0));
    }
    for (page, server) in &mut sessions {
        exchange(page, server).await;
    }
    let wrong = format!("{}0", &url[..url.len() - 1]);
    let other = if wrong == url { format!("{}1", &url[..url.len() - 1]) } else { wrong };
    assert!(connect(&other).await.is_err());
    // If the target cannot be reached, the page gets the close code for it.
    drop(target);
    let mut page = connect(&url).await.unwrap();
    assert!(
        matches!(within(page.next()).await, Some(Ok(Message::Close(Some(frame)))) if u16::from(frame.code) == 4411)
    );
}
