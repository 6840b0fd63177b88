//! The relay over real loopback sockets; the viewer is tokio-tungstenite's client, or raw bytes where it misbehaves.

use super::{frame::MAX_FRAME, ticket::TICKET_LIFETIME, window::MAX_SIZE, *};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use parking_lot::Mutex;
use std::task::Context;
use tokio::{
    io::{DuplexStream, duplex},
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        handshake::client::Request,
        http::{HeaderName, HeaderValue},
        protocol::Role,
    },
};

type Page = WebSocketStream<TcpStream>;

const ORIGIN: &str = "tauri://localhost";

/// No test may hang.
async fn within<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(60), future).await.expect("no progress within a minute")
}

async fn relay() -> Relay {
    Relay::start(vec![ORIGIN.to_owned(), "http://tauri.localhost".to_owned()]).await.expect("a relay")
}

fn invite(relay: &Relay) -> Invitation {
    relay.issue().expect("a ticket")
}

async fn dial(relay: &Relay) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, relay.port())).await.expect("a connection");
    stream.set_nodelay(true).expect("an option");
    stream
}

fn request(url: &str) -> Request {
    let mut request = url.into_client_request().expect("a URL");
    request.headers_mut().insert("Origin", HeaderValue::from_static(ORIGIN));
    request
}

/// The request as a browser writes it, with some headers changed, or left out where the value is empty.
fn raw(relay: &Relay, invitation: &Invitation, changes: &[(&str, &str)]) -> String {
    let host = format!("127.0.0.1:{}", relay.port());
    let mut head = format!("GET /{} HTTP/1.1\r\n", invitation.url().rsplit('/').next().expect("a path"));
    for (name, valid) in [
        ("Host", host.as_str()),
        ("Origin", ORIGIN),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ] {
        let value = changes.iter().find(|(changed, _)| *changed == name).map_or(valid, |(_, value)| value);
        if !value.is_empty() {
            head += &format!("{name}: {value}\r\n");
        }
    }
    head + "\r\n"
}

/// All that the relay answers to these bytes.
async fn response_to(relay: &Relay, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut stream = dial(relay).await;
    // It may close before it has read everything.
    let _ = stream.write_all(bytes.as_ref()).await;
    let mut response = Vec::new();
    let _ = within(stream.read_to_end(&mut response)).await;
    response
}

async fn connect(relay: &Relay, invitation: Invitation) -> (Viewer, Page) {
    let (page, _) = client_async(request(&invitation.url()), dial(relay).await).await.expect("an accepted upgrade");
    (within(invitation.viewer()).await.expect("a viewer"), page)
}

/// A page and the viewer at the relay's end of it.
async fn viewer() -> (Viewer, Page) {
    let relay = relay().await;
    connect(&relay, invite(&relay)).await
}

/// The request of a page that acknowledges what it has handled.
fn acknowledging_request(url: &str) -> Request {
    let mut request = request(url);
    let protocol = HeaderValue::from_static("binary.acknowledged");
    request.headers_mut().insert(HeaderName::from_static("sec-websocket-protocol"), protocol);
    request
}

/// A session of such a page.
async fn acknowledging_session(room: usize) -> (Page, DuplexStream, JoinHandle<EndReason>) {
    let relay = relay().await;
    let invitation = invite(&relay);
    let request = acknowledging_request(&invitation.url());
    let (page, _) = client_async(request, dial(&relay).await).await.expect("an accepted upgrade");
    let viewer = within(invitation.viewer()).await.expect("a viewer");
    let (near, far) = duplex(room);
    (page, far, tokio::spawn(splice(viewer, near)))
}

async fn acknowledge(page: &mut Page, bytes: usize) {
    page.send(Message::text(bytes.to_string())).await.expect("a relay that reads");
}

/// Everything up to the close frame, acknowledged message by message, and its code.
async fn acknowledged_rest(page: &mut Page) -> (Vec<u8>, Option<u16>) {
    let mut bytes = Vec::new();
    loop {
        match next(page).await {
            Message::Binary(more) => {
                bytes.extend_from_slice(&more);
                acknowledge(page, more.len()).await;
            }
            Message::Close(frame) => return (bytes, frame.map(|frame| frame.code.into())),
            other => panic!("{other:?}"),
        }
    }
}

/// A session over a server's stream of which the test holds the other end.
async fn session(room: usize) -> (Page, DuplexStream, JoinHandle<EndReason>) {
    let (viewer, page) = viewer().await;
    let (near, far) = duplex(room);
    (page, far, tokio::spawn(splice(viewer, near)))
}

async fn tcp_session() -> (Page, TcpStream, JoinHandle<EndReason>) {
    let (viewer, page) = viewer().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let near = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a connection");
    let (far, _) = listener.accept().await.expect("a connection");
    (page, far, tokio::spawn(splice(viewer, near)))
}

async fn ended(session: JoinHandle<EndReason>) -> EndReason {
    within(session).await.expect("no panic")
}

/// The page's next message that is not a pong.
async fn next(page: &mut Page) -> Message {
    within(page.next()).await.expect("a message").expect("a sound message")
}

/// Everything binary up to the close frame, and its code.
async fn rest(page: &mut Page) -> (Vec<u8>, Option<u16>) {
    let mut bytes = Vec::new();
    loop {
        match next(page).await {
            Message::Binary(more) => bytes.extend_from_slice(&more),
            Message::Close(frame) => {
                // As a browser does: the Close frame is answered.
                assert!(within(page.next()).await.is_none());
                return (bytes, frame.map(|frame| frame.code.into()));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Pseudo-random bytes, so that a misplaced byte is noticed.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ length as u64;
    let step = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    std::iter::repeat_with(step).take(length).collect()
}

// ---- upgrade

#[tokio::test]
async fn a_ticket_is_valid_once() {
    let relay = relay().await;
    let invitation = invite(&relay);
    let again = raw(&relay, &invitation, &[]);
    let (mut viewer, mut page) = connect(&relay, invitation).await;

    page.send(Message::Binary(Bytes::from_static(b"up"))).await.unwrap();
    assert_eq!(within(viewer.next()).await.unwrap().unwrap(), "up");
    viewer.send(Bytes::from_static(b"down")).await.unwrap();
    assert_eq!(next(&mut page).await, Message::Binary(Bytes::from_static(b"down")));

    assert_eq!(response_to(&relay, again).await, FORBIDDEN);
}

#[tokio::test]
async fn several_windows_do_not_mix() {
    let relay = relay().await;
    let (first, second) = (invite(&relay), invite(&relay));
    let (mut second, mut second_page) = connect(&relay, second).await;
    let (mut first, mut first_page) = connect(&relay, first).await;
    first_page.send(Message::Binary(Bytes::from_static(b"1"))).await.unwrap();
    second_page.send(Message::Binary(Bytes::from_static(b"2"))).await.unwrap();
    assert_eq!(within(first.next()).await.unwrap().unwrap(), "1");
    assert_eq!(within(second.next()).await.unwrap().unwrap(), "2");
}

#[tokio::test]
async fn a_ticket_expires() {
    let relay = relay().await;
    let (early, late) = (invite(&relay), invite(&relay));
    tokio::time::pause();
    tokio::time::advance(TICKET_LIFETIME - Duration::from_secs(1)).await;
    tokio::time::resume();
    connect(&relay, early).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(1)).await;
    tokio::time::resume();
    assert_eq!(response_to(&relay, raw(&relay, &late, &[])).await, FORBIDDEN);
    assert!(late.viewer().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_unused_invitation_expires() {
    let relay = relay().await;
    let began = Instant::now();
    assert!(invite(&relay).viewer().await.is_none());
    assert_eq!(began.elapsed(), TICKET_LIFETIME);
}

#[tokio::test]
async fn a_dropped_invitation_invalidates_its_ticket() {
    let relay = relay().await;
    let invitation = invite(&relay);
    let request = raw(&relay, &invitation, &[]);
    drop(invitation);
    assert_eq!(response_to(&relay, request).await, FORBIDDEN);
}

#[tokio::test]
async fn a_wrong_request_is_forbidden_and_uses_up_its_ticket() {
    let relay = relay().await;
    for change in [
        ("Origin", ""),
        ("Origin", "null"),
        ("Origin", "https://evil.example"),
        ("Host", ""),
        ("Host", "evil.example"),
        ("Host", "localhost"),
        ("Upgrade", ""),
        ("Connection", "close"),
        ("Sec-WebSocket-Version", "12"),
        ("Sec-WebSocket-Key", "x"),
    ] {
        let invitation = invite(&relay);
        assert_eq!(response_to(&relay, raw(&relay, &invitation, &[change])).await, FORBIDDEN, "{change:?}");
        let valid = raw(&relay, &invitation, &[]);
        assert_eq!(response_to(&relay, valid).await, FORBIDDEN, "the ticket after {change:?}");
        // The session is told at once.
        assert!(within(invitation.viewer()).await.is_none());
    }
}

#[tokio::test]
async fn every_other_request_gets_the_same_answer_and_tickets_stay_valid() {
    let relay = relay().await;
    let invitation = invite(&relay);
    let other_path = raw(&relay, &invitation, &[]).replace("GET /", "GET /0");
    let right_length =
        raw(&relay, &invitation, &[]).replace(invitation.url().rsplit('/').next().unwrap(), &"0".repeat(64));
    for request in [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec(),
        b"GET /favicon.ico HTTP/1.0\r\n\r\n".to_vec(),
        b"OPTIONS * HTTP/1.1\r\n\r\n".to_vec(),
        other_path.into_bytes(),
        right_length.into_bytes(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"RFB 003.008\n".to_vec(),
        noise(20_000),
        [b"GET / HTTP/1.1\r\nA: ", &[b'a'; 60_000][..]].concat(),
        b"GET / HTTP/1.1\r\n".iter().chain(b"A: a\r\n".repeat(100).iter()).copied().collect(),
    ] {
        assert_eq!(
            response_to(&relay, &request).await,
            FORBIDDEN,
            "{:?}",
            request.escape_ascii().to_string().get(..40)
        );
    }
    connect(&relay, invitation).await;
}

#[tokio::test]
async fn an_incomplete_request_times_out() {
    let relay = relay().await;
    for beginning in ["", "GET /", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"] {
        let mut stream = dial(&relay).await;
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let began = Instant::now();
        tokio::time::pause();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).await.unwrap();
        assert!(began.elapsed() <= REQUEST_TIMEOUT + Duration::from_secs(1), "{:?}", began.elapsed());
        tokio::time::resume();
        assert_eq!(response, FORBIDDEN, "{beginning:?}");
    }
}

#[tokio::test]
async fn sending_slowly_does_not_extend_the_timeout() {
    let relay = relay().await;
    let mut stream = dial(&relay).await;
    tokio::time::pause();
    let began = Instant::now();
    let rejected = async {
        while stream.write_all(b"GET / HTTP/1.1\r\n").await.is_ok() && began.elapsed() < REQUEST_TIMEOUT * 4 {
            sleep(Duration::from_secs(1)).await;
            let mut response = [0; FORBIDDEN.len()];
            if let Ok(1..) = stream.try_read(&mut response) {
                assert_eq!(response, FORBIDDEN);
                return true;
            }
        }
        false
    };
    assert!(rejected.await, "it still reads after {:?}", began.elapsed());
}

#[tokio::test]
async fn many_half_open_connections_keep_no_viewer_out() {
    let relay = relay().await;
    let mut half_open = Vec::new();
    for _ in 0..MAX_HALF_OPEN {
        half_open.push(dial(&relay).await);
    }
    connect(&relay, invite(&relay)).await;
    // The oldest was closed without an answer, and no other one.
    let mut first = half_open.remove(0);
    assert!(matches!(within(first.read(&mut [0])).await, Ok(0) | Err(_)));
    for other in half_open {
        assert_eq!(other.try_read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}

#[tokio::test]
async fn a_relay_listens_on_loopback_only() {
    assert!(Relay::at((Ipv4Addr::UNSPECIFIED, 0).into(), Origins::Any).is_err());
    assert!(Relay::at((std::net::Ipv6Addr::LOCALHOST, 0).into(), Origins::Any).is_ok());
}

#[tokio::test]
async fn bytes_sent_behind_the_request_are_not_lost() {
    let relay = relay().await;
    let invitation = invite(&relay);
    // A masked binary frame, "hi" under a mask of zeros, in the same write as the request.
    let bytes = [raw(&relay, &invitation, &[]).as_bytes(), &[0x82, 0x82, 0, 0, 0, 0, b'h', b'i']].concat();
    let mut stream = dial(&relay).await;
    stream.write_all(&bytes).await.unwrap();
    let mut viewer = within(invitation.viewer()).await.unwrap();
    assert_eq!(within(viewer.next()).await.unwrap().unwrap(), "hi");
}

#[tokio::test]
async fn a_subprotocol_is_chosen_if_offered() {
    let relay = relay().await;
    for (offered, chosen) in [
        (Some("binary"), Some("binary")),
        (Some("base64, binary"), Some("binary")),
        (Some("binary.acknowledged, binary"), Some("binary.acknowledged")),
        (None, None),
    ] {
        let invitation = invite(&relay);
        let mut request = request(&invitation.url());
        if let Some(offered) = offered {
            let name = HeaderName::from_static("sec-websocket-protocol");
            request.headers_mut().insert(name, HeaderValue::from_static(offered));
        }
        let (_page, response) = client_async(request, dial(&relay).await).await.unwrap();
        let answer = response.headers().get("sec-websocket-protocol").map(|value| value.to_str().unwrap());
        assert_eq!(answer, chosen, "{offered:?}");
    }
}

#[tokio::test]
async fn a_dropped_relay_frees_its_port_and_keeps_its_sessions() {
    let relay = relay().await;
    let port = relay.port();
    let mut half_open = dial(&relay).await;
    half_open.write_all(b"GET /").await.unwrap();
    let invitation = invite(&relay);
    let (mut viewer, mut page) = connect(&relay, invite(&relay)).await;
    drop(relay);

    // The half-open connection is closed without an answer, and the port is free.
    let mut response = Vec::new();
    let _ = within(half_open.read_to_end(&mut response)).await;
    assert_eq!(response, b"");
    within(async {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(invitation);

    // An admitted viewer belongs to its session, not to the relay.
    viewer.send(Bytes::from_static(b"still here")).await.unwrap();
    assert_eq!(next(&mut page).await, Message::Binary(Bytes::from_static(b"still here")));
}

// ---- viewer

#[tokio::test]
async fn text_is_rejected() {
    let (mut viewer, mut page) = viewer().await;
    page.send(Message::text("hello")).await.unwrap();
    let receiving = tokio::spawn(async move { viewer.next().await });
    assert_eq!(rest(&mut page).await.1, Some(1003));
    assert!(within(receiving).await.unwrap().is_err());
}

#[tokio::test]
async fn a_message_that_is_too_large_is_rejected() {
    let (mut viewer, mut page) = viewer().await;
    let most = usize::try_from(MAX_FRAME).unwrap();
    let receiving = tokio::spawn(async move {
        let mut received = Vec::new();
        while received.len() < most {
            received.extend_from_slice(&viewer.next().await.unwrap().unwrap());
        }
        (received, viewer)
    });
    page.send(Message::Binary(noise(most).into())).await.unwrap();
    let (received, mut viewer) = within(receiving).await.unwrap();
    assert!(received == noise(most));
    // Its length alone is too much.
    let receiving = tokio::spawn(async move { viewer.next().await });
    page.send(Message::Binary(noise(most + 1).into())).await.unwrap();
    assert_eq!(rest(&mut page).await.1, Some(1009));
    assert!(within(receiving).await.unwrap().is_err());
}

#[tokio::test]
async fn pings_and_close_frames_are_answered() {
    let (mut viewer, mut page) = viewer().await;
    let closed = tokio::spawn(async move { viewer.next().await.map(|bytes| bytes.is_none()) });
    page.send(Message::Ping(Bytes::from_static(b"?"))).await.unwrap();
    assert_eq!(next(&mut page).await, Message::Pong(Bytes::from_static(b"?")));
    page.close(None).await.unwrap();
    assert!(matches!(next(&mut page).await, Message::Close(_)));
    assert!(within(closed).await.unwrap().unwrap());
}

#[tokio::test]
async fn the_close_reason_is_sent_and_cut_to_what_fits() {
    let (viewer, mut page) = viewer().await;
    let long = "ü".repeat(100);
    let closing = tokio::spawn(async move { viewer.close(4404, &long).await });
    let Message::Close(Some(frame)) = next(&mut page).await else { panic!("no reason") };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (4404, "ü".repeat(61).as_str()));
    assert!(within(page.next()).await.is_none());
    within(closing).await.unwrap();
}

#[tokio::test]
async fn a_lost_viewer_is_an_error() {
    let (mut viewer, page) = viewer().await;
    drop(page);
    assert!(within(viewer.next()).await.is_err());
}

// ---- splice

#[tokio::test]
async fn every_byte_arrives_both_ways() {
    let (page, server, session) = tcp_session().await;
    let data = noise(8 * 1024 * 1024);
    // An echoing server that reads and writes as it comes.
    let echo = tokio::spawn(async move {
        let (mut from, mut to) = server.into_split();
        tokio::io::copy(&mut from, &mut to).await
    });
    let (mut sink, mut stream) = page.split();
    let sending = async {
        let (mut left, mut size) = (&data[..], 1);
        while !left.is_empty() {
            size = (size * 31 + 7) % 100_003;
            let (piece, after) = left.split_at(size.min(left.len()));
            left = after;
            sink.send(Message::Binary(Bytes::copy_from_slice(piece))).await.unwrap();
        }
    };
    let receiving = async {
        let mut got = Vec::new();
        while got.len() < data.len() {
            match stream.next().await.unwrap().unwrap() {
                Message::Binary(bytes) => got.extend_from_slice(&bytes),
                other => panic!("{other:?}"),
            }
        }
        got
    };
    let ((), got) = within(async { tokio::join!(sending, receiving) }).await;
    assert!(got == data, "the echo differs");
    sink.close().await.unwrap();
    assert!(matches!(ended(session).await, EndReason::ViewerClosed));
    within(echo).await.unwrap().unwrap();
}

#[tokio::test]
async fn little_is_sent_at_once_and_bulk_in_large_messages() {
    let (mut page, mut server, _session) = session(1 << 20).await;
    for word in ["one", "two", "three"] {
        server.write_all(word.as_bytes()).await.unwrap();
        assert_eq!(next(&mut page).await, Message::Binary(Bytes::from(word)));
    }
    let much = noise(1 << 20);
    server.write_all(&much).await.unwrap();
    let (mut got, mut messages) = (Vec::new(), 0);
    while got.len() < much.len() {
        got.extend_from_slice(&next(&mut page).await.into_data());
        messages += 1;
    }
    assert!(got == much && messages <= 5, "{messages} messages");
}

#[tokio::test]
async fn the_servers_last_bytes_arrive_before_its_end() {
    let (mut page, mut server, session) = tcp_session().await;
    let sent = noise(3_000_000);
    let sending = async {
        server.write_all(&sent).await.unwrap();
        drop(server);
    };
    let ((), (received, code)) = within(async { tokio::join!(sending, rest(&mut page)) }).await;
    assert!(received == sent, "{} of {} bytes", received.len(), sent.len());
    assert_eq!(code, Some(4410));
    assert!(matches!(ended(session).await, EndReason::ServerClosed));
}

#[tokio::test]
async fn the_servers_last_bytes_arrive_after_a_failed_write() {
    for attempt in 0..20 {
        let (mut page, mut server, session) = tcp_session().await;
        server.write_all(b"bye").await.unwrap();
        drop(server);
        // Written to a connection that the peer has closed.
        for _ in 0..3 {
            page.feed(Message::Binary(Bytes::from_static(b"key"))).await.unwrap();
        }
        page.flush().await.unwrap();
        assert_eq!(rest(&mut page).await, (b"bye".to_vec(), Some(4410)), "attempt {attempt}");
        assert!(matches!(ended(session).await, EndReason::ServerClosed), "attempt {attempt}");
    }
}

#[tokio::test]
async fn a_reset_is_not_a_close() {
    let (mut page, server, session) = tcp_session().await;
    socket2::SockRef::from(&server).set_linger(Some(Duration::ZERO)).unwrap();
    drop(server);
    assert_eq!(rest(&mut page).await, (vec![], Some(4411)));
    match ended(session).await {
        EndReason::ServerFailed(cause) => assert_eq!(cause.kind(), io::ErrorKind::ConnectionReset),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_viewers_last_bytes_and_its_end_reach_the_server() {
    let (mut page, mut server, session) = tcp_session().await;
    page.send(Message::Binary(Bytes::from_static(b"last key"))).await.unwrap();
    page.close(None).await.unwrap();
    let mut received = Vec::new();
    within(server.read_to_end(&mut received)).await.unwrap();
    assert_eq!(received, b"last key");
    assert!(matches!(next(&mut page).await, Message::Close(_)));
    assert!(matches!(ended(session).await, EndReason::ViewerClosed));
}

#[tokio::test]
async fn a_lost_viewer_ends_the_session_of_an_idle_server() {
    let (page, mut server, session) = tcp_session().await;
    drop(page);
    assert_eq!(within(server.read_to_end(&mut Vec::new())).await.unwrap(), 0);
    assert!(matches!(ended(session).await, EndReason::ViewerFailed(_)));
}

#[tokio::test]
async fn text_ends_the_session() {
    let (mut page, mut server, session) = tcp_session().await;
    page.send(Message::text("hello")).await.unwrap();
    assert_eq!(rest(&mut page).await.1, Some(1003));
    assert_eq!(within(server.read_to_end(&mut Vec::new())).await.unwrap(), 0);
    assert!(matches!(ended(session).await, EndReason::ViewerFailed(_)));
}

#[tokio::test]
async fn a_viewer_is_answered_while_the_server_does_not_read() {
    let (mut page, mut server, session) = session(16).await;
    page.send(Message::Binary(noise(100_000).into())).await.unwrap();
    page.send(Message::Ping(Bytes::from_static(b"?"))).await.unwrap();
    assert_eq!(next(&mut page).await, Message::Pong(Bytes::from_static(b"?")));
    page.close(None).await.unwrap();
    assert!(matches!(next(&mut page).await, Message::Close(_)));
    // What it sent before is passed on once the server reads.
    let mut received = Vec::new();
    within(server.read_to_end(&mut received)).await.unwrap();
    assert!(received == noise(100_000), "{} bytes", received.len());
    assert!(matches!(ended(session).await, EndReason::ViewerClosed));
}

/// The bytes that `write` writes until it blocks for half a second.
async fn until_stuck(mut write: impl AsyncFnMut() -> usize) -> usize {
    let mut taken = 0;
    while let Ok(more) = timeout(Duration::from_millis(500), write()).await {
        taken += more;
        assert!(taken < OFFERED, "{taken} bytes were taken though the peer does not read");
    }
    taken
}

/// A session whose socket buffers are small, so that what is taken is what the relay holds.
async fn tight_session(room: usize) -> (Page, DuplexStream, JoinHandle<EndReason>) {
    let socket = || {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(SOCKET_BUFFER).expect("an option");
        socket.set_send_buffer_size(SOCKET_BUFFER).expect("an option");
        socket
    };
    let listener = socket();
    listener.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
    let listener = listener.listen(1).expect("a listener");
    let page = socket().connect(listener.local_addr().expect("an address")).await.expect("a connection");
    let (viewer, _) = listener.accept().await.expect("a connection");
    let (near, far) = duplex(room);
    let session = tokio::spawn(async move { splice(Viewer::new(viewer, &[], Default::default(), false), near).await });
    (WebSocketStream::from_raw_socket(page, Role::Client, None).await, far, session)
}

const OFFERED: usize = 64 * 1024 * 1024;
const SOCKET_BUFFER: u32 = 32 * 1024;
/// What a session may hold, and what Linux makes of our socket buffers (twice as asked for, at both ends).
const BOUND: usize = 1024 * 1024 + 4 * SOCKET_BUFFER as usize;

#[tokio::test]
async fn a_viewer_that_does_not_read_stops_the_server() {
    let (mut page, mut server, session) = tight_session(64 * 1024).await;
    let chunk = noise(64 * 1024);
    let taken = until_stuck(async || server.write(&chunk).await.unwrap()).await;
    assert!(taken < BOUND, "{taken} bytes taken");

    // All of it arrives, and then the end.
    drop(server);
    let (received, code) = rest(&mut page).await;
    assert_eq!((received.len(), code), (taken, Some(4410)));
    assert!(matches!(ended(session).await, EndReason::ServerClosed));
}

#[tokio::test]
async fn a_server_that_does_not_read_stops_the_viewer() {
    let (mut page, mut server, session) = tight_session(16).await;
    let chunk = Bytes::from(noise(10 * 1024));
    let taken = until_stuck(async || {
        page.send(Message::Binary(chunk.clone())).await.unwrap();
        chunk.len()
    })
    .await;
    assert!(taken < BOUND, "{taken} bytes taken");

    // The other direction still flows.
    server.write_all(b"still here").await.unwrap();
    assert_eq!(next(&mut page).await, Message::Binary(Bytes::from_static(b"still here")));

    // And the server gets it all, once it reads.
    let reading = tokio::spawn(async move {
        let mut length = 0;
        let mut buffer = vec![0; 64 * 1024];
        while length < taken {
            length += server.read(&mut buffer).await.unwrap();
        }
    });
    within(reading).await.unwrap();
    session.abort();
}

// ---- acknowledgements

#[tokio::test]
async fn a_page_that_acknowledges_nothing_stops_the_server() {
    let (mut page, mut server, session) = acknowledging_session(64 * 1024).await;
    // It takes everything, as a browser does, and handles nothing.
    let (mut sink, mut stream) = page.split();
    let taking = tokio::spawn(async move {
        let mut taken = 0;
        while let Ok(Some(message)) = timeout(Duration::from_secs(1), stream.next()).await {
            taken += message.expect("a sound message").len();
        }
        (taken, stream)
    });
    let chunk = noise(64 * 1024);
    until_stuck(async || server.write(&chunk).await.unwrap()).await;
    let (taken, stream) = within(taking).await.unwrap();
    assert!(taken <= MAX_SIZE && taken > 0, "{taken} bytes taken");

    // Input still flows, and after an acknowledgement the screen does too.
    sink.send(Message::Binary(Bytes::from_static(b"key"))).await.unwrap();
    let mut key = [0; 3];
    within(server.read_exact(&mut key)).await.unwrap();
    assert_eq!(&key, b"key");
    sink.send(Message::text(taken.to_string())).await.unwrap();
    page = stream.reunite(sink).unwrap();
    assert!(matches!(next(&mut page).await, Message::Binary(_)));

    // So does closing.
    page.close(None).await.unwrap();
    drop(server);
    assert!(matches!(ended(session).await, EndReason::ViewerClosed));
}

#[tokio::test]
async fn all_that_is_acknowledged_makes_room_for_more() {
    let (mut page, mut server, session) = acknowledging_session(1 << 20).await;
    let sent = noise(3 * MAX_SIZE);
    let sending = async {
        server.write_all(&sent).await.unwrap();
        drop(server);
    };
    let ((), (received, code)) = within(async { tokio::join!(sending, acknowledged_rest(&mut page)) }).await;
    assert!(received == sent, "{} of {} bytes", received.len(), sent.len());
    assert_eq!(code, Some(4410));
    assert!(matches!(ended(session).await, EndReason::ServerClosed));
}

#[tokio::test]
async fn acknowledgements_count_for_what_a_server_sent_before_its_connection_broke() {
    let relay = relay().await;
    let invitation = invite(&relay);
    let request = acknowledging_request(&invitation.url());
    let (mut page, _) = client_async(request, dial(&relay).await).await.unwrap();
    let viewer = within(invitation.viewer()).await.unwrap();
    let sent = noise(3 * MAX_SIZE);
    let session = tokio::spawn(splice(viewer, Deaf { unread: sent.clone() }));
    page.send(Message::Binary(Bytes::from_static(b"key"))).await.unwrap();
    let (received, code) = acknowledged_rest(&mut page).await;
    assert!(received == sent, "{} of {} bytes", received.len(), sent.len());
    assert_eq!(code, Some(4410));
    assert!(matches!(ended(session).await, EndReason::ServerClosed));
}

/// A server that takes nothing any more, while what it has sent is still there.
struct Deaf {
    unread: Vec<u8>,
}

impl tokio::io::AsyncRead for Deaf {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        let length = buffer.remaining().min(self.unread.len());
        buffer.put_slice(&self.unread[..length]);
        self.unread.drain(..length);
        std::task::Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Deaf {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &[u8],
    ) -> std::task::Poll<io::Result<usize>> {
        std::task::Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_flush(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn what_was_not_sent_cannot_be_acknowledged() {
    let (mut page, mut server, session) = acknowledging_session(1024).await;
    server.write_all(b"four").await.unwrap();
    assert_eq!(next(&mut page).await, Message::Binary(Bytes::from_static(b"four")));
    acknowledge(&mut page, 4).await;
    acknowledge(&mut page, 1).await;
    assert_eq!(rest(&mut page).await.1, Some(1002));
    match ended(session).await {
        EndReason::ViewerFailed(detail) => {
            assert_eq!(detail, "the viewer broke the WebSocket protocol: an acknowledgement of what was not sent");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_greeting_is_acknowledged_too() {
    let relay = relay().await;
    let invitation = invite(&relay);
    let request = acknowledging_request(&invitation.url());
    let (mut page, _) = client_async(request, dial(&relay).await).await.unwrap();
    let mut viewer = within(invitation.viewer()).await.unwrap();
    viewer.send(Bytes::from_static(b"RFB 003.008\n")).await.unwrap();
    assert_eq!(next(&mut page).await.len(), 12);
    acknowledge(&mut page, 12).await;
    page.send(Message::Binary(Bytes::from_static(b"RFB 003.008\n"))).await.unwrap();
    assert_eq!(within(viewer.next()).await.unwrap().unwrap(), "RFB 003.008\n");
}

/// Leaves out dots, refuses exclamation marks, and has a word of its own once.
struct Odd {
    own: Option<&'static [u8]>,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Between for Odd {
    fn see(&mut self, from_server: &[u8]) {
        self.seen.lock().extend_from_slice(from_server);
    }

    fn pass(&mut self, from_viewer: &[u8], to_server: &mut Vec<u8>) -> Result<(), String> {
        if from_viewer.contains(&b'!') {
            return Err("an exclamation".to_owned());
        }
        to_server.extend(from_viewer.iter().filter(|byte| **byte != b'.'));
        Ok(())
    }

    fn poll_own(&mut self, _: &mut Context<'_>, to_server: &mut Vec<u8>) {
        to_server.extend_from_slice(self.own.take().unwrap_or_default());
    }
}

#[tokio::test]
async fn what_stands_between_them_leaves_out_adds_sees_and_refuses() {
    let (viewer, mut page) = viewer().await;
    let (near, mut server) = duplex(64);
    let seen = Arc::default();
    let between = Odd { own: Some(b"own "), seen: Arc::clone(&seen) };
    let session = tokio::spawn(splice_between(viewer, near, between));
    // More than is looked at once, and nearly all of it left out.
    let much = [&vec![b'.'; 100_000][..], b"key"].concat();
    page.send(Message::Binary(much.into())).await.unwrap();
    let mut got = [0; 7];
    within(server.read_exact(&mut got)).await.unwrap();
    assert_eq!(&got, b"own key");
    server.write_all(b"picture").await.unwrap();
    assert_eq!(next(&mut page).await, Message::Binary(Bytes::from("picture")));
    assert_eq!(*seen.lock(), b"picture");
    page.send(Message::Binary(Bytes::from("!"))).await.unwrap();
    assert_eq!(rest(&mut page).await, (vec![], Some(1008)));
    assert!(matches!(ended(session).await, EndReason::ViewerFailed(detail) if detail == "an exclamation"));
}

#[tokio::test]
async fn what_a_viewer_sent_before_it_closed_is_looked_at_too() {
    let (viewer, mut page) = viewer().await;
    // No room: the bytes are still here when the viewer closes.
    let (near, mut server) = duplex(1);
    let between = Odd { own: None, seen: Arc::default() };
    let session = tokio::spawn(splice_between(viewer, near, between));
    page.send(Message::Binary(Bytes::from("a.b.c"))).await.unwrap();
    page.close(None).await.unwrap();
    let mut got = Vec::new();
    within(server.read_to_end(&mut got)).await.unwrap();
    assert_eq!(got, b"abc");
    assert!(matches!(ended(session).await, EndReason::ViewerClosed));
}
