//! What goes wrong between a server, Portlight and its page, each fault on real sockets: what the user is told, what it
//! costs, that a session beside it does not notice, and that nothing is left afterwards: no task, no file descriptor.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "../engine/mod.rs"]
mod engine;
mod page;
mod proxy;
mod surroundings;

use futures_util::{SinkExt, StreamExt};
use page::{Page, noise, rest};
use portlight_engine::{ConnectError, Error, session::SessionState};
use proxy::Fault;
use relay::{EndReason, Relay, splice};
use std::time::Duration;
use surroundings::{Open, raise_file_limit, within};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

/// More than anything between two ends holds.
const FLOOD: usize = 64 << 20;
/// What a session may hold, in KiB: two buffers, and what the test itself uses to offer so much.
const BOUND: i64 = 2048;

/// Both directions arrive whole, in pieces of different sizes.
async fn exchange(page: &mut Page, server: &mut TcpStream, length: usize) {
    let (up, down) = (noise(length), noise(length + 1));
    let (mut sink, mut stream) = page.split();
    let (mut from, mut to) = server.split();
    let ((), (), heard, shown) = within(async {
        tokio::join!(
            async {
                for piece in up.chunks(1 + length / 7) {
                    sink.send(Message::Binary(piece.to_vec().into())).await.unwrap();
                }
            },
            async { to.write_all(&down).await.unwrap() },
            async {
                let mut heard = vec![0; up.len()];
                from.read_exact(&mut heard).await.unwrap();
                heard
            },
            async {
                let mut shown = Vec::new();
                while shown.len() < down.len() {
                    shown.extend_from_slice(&stream.next().await.unwrap().unwrap().into_data());
                }
                shown
            }
        )
    })
    .await;
    assert!(heard == up && shown == down, "bytes were changed on their way");
}

// ---- on the way to the server

#[test]
fn a_slow_way_is_slow_and_nothing_else() {
    surroundings::run("delay of 40 ms each way", async |world| {
        let (mut session, mut page, mut server) = world.session(Fault::Delay(Duration::from_millis(40))).await;
        exchange(&mut page, &mut server, 100_000).await;
        page.close(None).await.unwrap();
        assert_eq!(session.ended().await, Some(Error::Connect(ConnectError::ViewerFailed { detail: String::new() })));
    });
}

#[test]
fn an_uneven_way_keeps_order() {
    surroundings::run("jitter of 0 to 10 ms", async |world| {
        let (mut session, mut page, mut server) = world.session(Fault::Jitter(Duration::from_millis(10))).await;
        exchange(&mut page, &mut server, 2_000_000).await;
        page.close(None).await.unwrap();
        session.ended().await;
    });
}

#[test]
fn bytes_that_come_one_by_one_make_sense() {
    surroundings::run("one byte at a time, the handshake too", async |world| {
        let (mut session, mut page, mut server) = world.session(Fault::OneByte).await;
        exchange(&mut page, &mut server, 5_000).await;
        page.close(None).await.unwrap();
        session.ended().await;
    });
}

#[test]
fn a_way_that_stalls_can_be_left() {
    surroundings::run("stall in the middle of an update", async |world| {
        let (mut session, mut page, mut server) = world.session(Fault::StallAfter(world.handshake() + 1_000)).await;
        server.write_all(&noise(5_000)).await.unwrap();
        let mut shown = 0;
        while shown < 1_000 {
            shown += within(page.next()).await.unwrap().unwrap().len();
        }
        assert_eq!(shown, 1_000);
        // A VNC server may be silent for hours, so it is no error; but the page is answered, and may leave at once.
        page.send(Message::Ping(b"?".as_slice().into())).await.unwrap();
        assert_eq!(within(page.next()).await.unwrap().unwrap(), Message::Pong(b"?".as_slice().into()));
        page.close(None).await.unwrap();
        assert_eq!(session.ended().await, Some(Error::Connect(ConnectError::ViewerFailed { detail: String::new() })));
    });
}

#[test]
fn a_server_that_ends_its_side_has_ended_the_session() {
    surroundings::run("half-close by the server", async |world| {
        let (mut session, mut page, mut server) = world.session(Fault::None).await;
        server.write_all(&noise(300_000)).await.unwrap();
        server.shutdown().await.unwrap();
        let (shown, code) = rest(&mut page).await;
        assert!(shown == noise(300_000), "its last words arrive");
        assert_eq!(code, Some(4410));
        let error = session.ended().await.unwrap();
        assert!(
            matches!(error, Error::Connect(ConnectError::ServerClosed { .. }))
                && error.to_string().ends_with("closed the session")
        );
        assert_eq!(within(server.read_to_end(&mut Vec::new())).await.unwrap(), 0, "and it is let go");
    });
}

#[test]
fn a_reset_is_told_from_an_end() {
    surroundings::run("reset in the middle of an update", async |world| {
        let (mut session, mut page, mut server) = world.session(Fault::ResetAfter(world.handshake() + 1_000)).await;
        server.write_all(&noise(5_000)).await.unwrap();
        let (_, code) = rest(&mut page).await;
        assert_eq!(code, Some(4411));
        match session.ended().await {
            Some(error @ Error::Connect(ConnectError::ConnectionLost { .. })) => {
                assert!(error.to_string().contains("broke: Connection reset"), "{error}");
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_server_that_never_reads_stops_the_page() {
    let cost = surroundings::run("a server that never reads", async |world| {
        let (mut session, mut page, server) = world.session(Fault::None).await;
        let message = Message::Binary(noise(60_000).into());
        let mut taken = 0;
        while timeout(Duration::from_millis(300), page.send(message.clone())).await.is_ok_and(|sent| sent.is_ok()) {
            taken += message.len();
            assert!(taken < FLOOD, "everything was taken");
        }
        world.still_well().await;
        // The other direction flows.
        let mut server = server;
        server.write_all(b"still here").await.unwrap();
        assert_eq!(within(page.next()).await.unwrap().unwrap().into_data(), "still here");
        // The page's goodbye would have to queue: its window is closed instead.
        session.end();
    });
    assert!(cost < BOUND, "{cost} KiB");
}

// ---- on the page's side

#[test]
fn a_page_that_never_reads_stops_the_server() {
    let cost = surroundings::run("a viewer that never reads", async |world| {
        let (mut session, page, mut server) = world.session(Fault::None).await;
        let piece = noise(60_000);
        let mut taken = 0;
        while let Ok(written) = timeout(Duration::from_millis(300), server.write(&piece)).await {
            taken += written.unwrap();
            assert!(taken < FLOOD, "everything was taken");
        }
        world.still_well().await;
        drop(page);
        assert!(matches!(session.ended().await, Some(Error::Connect(ConnectError::ViewerFailed { .. }))));
        while let Ok(1..) = within(server.read(&mut [0; 1024])).await {}
    });
    assert!(cost < BOUND, "{cost} KiB");
}

/// What the user is told, and the code that the page gets, for bytes that no viewer sends.
fn refused(name: &str, bytes: &[u8], code: u16, words: &str) {
    surroundings::run(name, async |world| {
        let (mut session, mut page, mut server) = world.session(Fault::None).await;
        page.get_mut().write_all(bytes).await.unwrap();
        assert_eq!(rest(&mut page).await.1, Some(code));
        drop(page);
        match session.ended().await {
            Some(Error::Connect(ConnectError::ViewerFailed { detail })) => assert!(detail.contains(words), "{detail}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(within(server.read_to_end(&mut Vec::new())).await.unwrap(), 0, "the server is let go");
    });
}

#[test]
fn frames_that_no_viewer_sends() {
    refused("text", &[0x81, 0x82, 0, 0, 0, 0, b'h', b'i'], 1003, "sent text");
    let announced = [&[0x82, 0xff][..], &(1_u64 << 40).to_be_bytes(), &[0; 4]].concat();
    refused("a frame of a tebibyte", &announced, 1009, "1099511627776 bytes, which is too long");
    refused("a frame without a mask", &[0x82, 2, b'h', b'i'], 1002, "without a mask");
    refused("reserved bits", &[0xc2, 0x80, 0, 0, 0, 0], 1002, "reserved bits");
    refused("an unknown kind of frame", &[0x83, 0x80, 0, 0, 0, 0], 1002, "unknown kind");
    refused("a continuation of nothing", &[0x80, 0x81, 0, 0, 0, 0, 1], 1002, "continuation of nothing");
    refused("a ping in fragments", &[0x09, 0x80, 0, 0, 0, 0], 1002, "control frame");
    refused("noise", &[0xff; 4096], 1002, "reserved bits");
}

#[test]
fn fragments_and_pings_are_as_good_as_whole_messages() {
    surroundings::run("fragments of one byte, with 1,000 pings between", async |world| {
        let (mut session, mut page, mut server) = world.session(Fault::None).await;
        let words = noise(1_000);
        let fragment = |byte: u8, kind, last| Message::Frame(Frame::message(vec![byte], OpCode::Data(kind), last));
        for (place, byte) in words.iter().enumerate() {
            let kind = if place == 0 { Data::Binary } else { Data::Continue };
            page.feed(fragment(*byte, kind, place + 1 == words.len())).await.unwrap();
            page.feed(Message::Ping(place.to_be_bytes().to_vec().into())).await.unwrap();
        }
        page.flush().await.unwrap();
        let mut heard = vec![0; words.len()];
        within(server.read_exact(&mut heard)).await.unwrap();
        assert!(heard == words);
        // Only the latest ping has to be answered (RFC 6455, section 5.5.3).
        let last = 999_usize.to_be_bytes();
        while within(page.next()).await.unwrap().unwrap() != Message::Pong(last.to_vec().into()) {}
        page.close(None).await.unwrap();
        session.ended().await;
    });
}

#[test]
fn pings_from_a_page_that_never_reads_do_not_pile_up() {
    let cost = surroundings::run("a flood of pings, pongs never read", async |world| {
        let (mut session, mut page, _server) = world.session(Fault::None).await;
        let ping = [&[0x89, 0xfd, 0, 0, 0, 0][..], &[7; 125]].concat().repeat(400);
        let mut taken = 0;
        while taken < FLOOD / 2
            && timeout(Duration::from_millis(300), page.get_mut().write_all(&ping)).await.is_ok_and(|sent| sent.is_ok())
        {
            taken += ping.len();
        }
        world.still_well().await;
        drop(page);
        session.ended().await;
    });
    assert!(cost < BOUND, "{cost} KiB");
}

#[test]
fn a_page_that_vanishes_in_the_middle_of_a_frame() {
    for reset in [false, true] {
        let name = if reset { "reset by the viewer in a frame" } else { "half-close by the viewer in a frame" };
        surroundings::run(name, async |world| {
            let (mut session, mut page, mut server) = world.session(Fault::None).await;
            // Two bytes of a hundred.
            page.get_mut().write_all(&[0x82, 0x80 | 100, 0, 0, 0, 0, b'h', b'i']).await.unwrap();
            let mut heard = [0; 2];
            within(server.read_exact(&mut heard)).await.unwrap();
            assert_eq!(&heard, b"hi", "bytes need not wait for the end of their frame");
            if reset {
                page::reset(page);
            } else {
                page.get_mut().shutdown().await.unwrap();
            }
            let words = if reset { "Connection reset" } else { "without a Close frame" };
            match session.ended().await {
                Some(Error::Connect(ConnectError::ViewerFailed { detail })) => {
                    assert!(detail.contains(words), "{detail}")
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(within(server.read_to_end(&mut Vec::new())).await.unwrap(), 0);
        });
    }
}

// ---- at the door

#[test]
fn two_thousand_strangers_keep_no_viewer_out() {
    let cost = surroundings::run("2,000 connections that never finish their handshake", async |world| {
        let mut strangers = JoinSet::new();
        for number in 0..2_000 {
            // One after the other: who comes while the kernel's queue is full may believe to be connected and is not.
            let mut stream =
                within(TcpStream::connect(("127.0.0.1", world.engine.sessions().relay_port()))).await.unwrap();
            strangers.spawn(async move {
                // Some say nothing, some a little; all wait for what comes.
                let _ = stream.write_all(&b"GET / HTTP/1.1\r\nHost: "[..number % 22]).await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            });
        }
        world.still_well().await;
        let (mut session, mut page, mut server) = world.session(Fault::None).await;
        exchange(&mut page, &mut server, 10_000).await;
        page.close(None).await.unwrap();
        session.ended().await;
        // All are sent away in the end, by the relay.
        while within(strangers.join_next()).await.is_some() {}
    });
    // The strangers themselves are in here too.
    assert!(cost < 16 * 1024, "{cost} KiB");
}

// ---- many

#[test]
fn a_thousand_sessions_leave_nothing() {
    raise_file_limit();
    surroundings::run("1,000 sessions, opened, used and closed", async |_| {
        let relay = Relay::start(vec![page::ORIGIN.to_owned()]).await.unwrap();
        let echo = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let before = Open::settled().await;
        let mut sessions = JoinSet::new();
        let mut pages = Vec::new();
        for _ in 0..1_000 {
            let invitation = relay.issue().unwrap();
            let (page, viewer) = tokio::join!(page::connect(invitation.url()), invitation.viewer());
            let near = TcpStream::connect(echo.local_addr().unwrap()).await.unwrap();
            let (mut far, _) = echo.accept().await.unwrap();
            sessions.spawn(splice(viewer.unwrap(), near));
            let mut page = page;
            page.send(Message::Binary(b"up".as_slice().into())).await.unwrap();
            let mut heard = [0; 2];
            within(far.read_exact(&mut heard)).await.unwrap();
            far.write_all(&noise(1_000)).await.unwrap();
            assert_eq!(within(page.next()).await.unwrap().unwrap().len(), 1_000);
            pages.push((page, far));
        }
        let during = Open::now();
        assert!(during.tasks >= before.tasks + 1_000 && during.files >= before.files + 4_000, "so they are counted");
        for (place, (mut page, far)) in pages.into_iter().enumerate() {
            match place % 3 {
                0 => page.close(None).await.unwrap(),
                1 => drop(far),
                _ => page::reset(page),
            }
        }
        let mut ends = [0; 3];
        while let Some(ended) = within(sessions.join_next()).await {
            match ended.unwrap() {
                EndReason::ViewerClosed => ends[0] += 1,
                EndReason::ServerClosed => ends[1] += 1,
                EndReason::ViewerFailed(_) => ends[2] += 1,
                EndReason::ServerFailed(cause) => panic!("{cause}"),
            }
        }
        assert_eq!(ends[0] + ends[1] + ends[2], 1_000);
        println!("  before {before}, during {during}, after {}", before.again().await);
    });
}

#[test]
fn closing_the_window_ends_everything_at_once() {
    surroundings::run("the window is closed while both directions are stuck", async |world| {
        let (mut session, mut page, mut server) = world.session(Fault::StallAfter(world.handshake())).await;
        let message = Message::Binary(noise(60_000).into());
        while timeout(Duration::from_millis(100), page.send(message.clone())).await.is_ok_and(|sent| sent.is_ok()) {}
        while timeout(Duration::from_millis(100), server.write(&[0; 60_000])).await.is_ok_and(|sent| sent.is_ok()) {}
        assert_eq!(session.state(), SessionState::Live);
        session.end();
        sleep(Duration::ZERO).await;
        assert!(matches!(within(page.next()).await, None | Some(Err(_))), "the page's socket is closed");
    });
}
