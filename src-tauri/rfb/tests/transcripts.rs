//! Conversations with servers, each held twice: whole, and over a stream that carries one byte at a time. The server is
//! a script; it fails the test if the viewer sends anything that was not its turn to send.

use rand_core::{TryCryptoRng, TryRng};
use rfb::{
    Ask, Cancelled, CredentialError, CredentialRequest, Credentials, Error, Level, Maker, OtherProtocol, Policy,
    SecurityType, ServerInfo, ServerInit, Step, Stream, TlsError, TlsKind,
    client::{self, Outcome},
};
use std::{
    convert::Infallible,
    io,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex, join},
    time::{Instant, Sleep, sleep, timeout},
};

/// One turn of the scripted server.
#[derive(Clone)]
enum Turn {
    /// Sends this.
    S(Vec<u8>),
    /// Waits for exactly this from the viewer.
    V(&'static [u8]),
    /// Sends nothing more, but keeps the connection.
    Hangs,
    /// The connection is reset.
    Resets,
}
use Turn::{Hangs, Resets, S, V};

const V33: &[u8] = b"RFB 003.003\n";
const V37: &[u8] = b"RFB 003.007\n";
const V38: &[u8] = b"RFB 003.008\n";
const PIXELS: [u8; 16] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
const CHALLENGE: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// "passw0rd"'s answer to it; from the known answers in `auth/vnc.rs`.
const ANSWER: &[u8] = &0xb740_09c8_7f3c_1f6b_7362_1d74_03d3_2880_u128.to_be_bytes();
const OK: [u8; 4] = [0; 4];
const FAILED: [u8; 4] = [0, 0, 0, 1];
const TOO_MANY: [u8; 4] = [0, 0, 0, 2];

fn s(bytes: impl AsRef<[u8]>) -> Turn {
    S(bytes.as_ref().to_vec())
}

fn text(text: impl AsRef<[u8]>) -> Turn {
    let text = text.as_ref();
    S([&(text.len() as u32).to_be_bytes(), text].concat())
}

fn screen(width: u16, height: u16, pixels: [u8; 16], name_length: u32, name: &[u8]) -> Turn {
    S([&width.to_be_bytes()[..], &height.to_be_bytes(), &pixels, &name_length.to_be_bytes(), name].concat())
}

fn desk() -> Turn {
    screen(1024, 768, PIXELS, 4, b"desk")
}

/// A 3.8 server up to VncAuth's verdict, then `rest`.
fn after_password(rest: impl IntoIterator<Item = Turn>) -> Vec<Turn> {
    let before = [s(V38), V(V38), s([1, 2]), V(&[2]), s(CHALLENGE), V(ANSWER)];
    before.into_iter().chain(rest).collect()
}

/// A 3.8 server up to None's verdict, then `rest`.
fn after_none(rest: impl IntoIterator<Item = Turn>) -> Vec<Turn> {
    [s(V38), V(V38), s([1, 1]), V(&[1])].into_iter().chain(rest).collect()
}

/// The handshake's callbacks: knows a login or nothing, approves all but `declines`, and records each call.
#[derive(Default)]
struct Recorder {
    username: &'static str,
    password: Option<&'static str>,
    /// Security types that it does not approve.
    declines: Vec<SecurityType>,
    steps: Vec<Step>,
    info: Vec<String>,
    approved: Vec<SecurityType>,
    requests: Vec<CredentialRequest>,
    tls: Vec<TlsKind>,
    rejections: usize,
}

impl Ask for Recorder {
    fn step(&mut self, step: Step) {
        self.steps.push(step);
    }

    fn server_info(&mut self, info: ServerInfo<'_>) {
        self.info.push(match info {
            ServerInfo::Version { major, minor } => format!("{major}.{minor}"),
            ServerInfo::Repeater => "repeater".to_owned(),
            ServerInfo::Mechanism(mechanism) => mechanism.name().to_owned(),
            ServerInfo::Offered(types) => types.iter().filter_map(|offer| offer.name()).collect::<Vec<_>>().join(" "),
        });
    }

    async fn approve(&mut self, chosen: SecurityType) -> Result<(), Cancelled> {
        self.approved.push(chosen);
        if self.declines.contains(&chosen) { Err(Cancelled) } else { Ok(()) }
    }

    /// The bytes within this TLS are the bytes around it.
    async fn tls(&mut self, stream: Stream, kind: TlsKind) -> Result<Stream, TlsError> {
        self.tls.push(kind);
        Ok(stream)
    }

    async fn credentials(&mut self, request: &CredentialRequest) -> Result<Credentials, Cancelled> {
        self.requests.push(*request);
        self.password.map(|password| Credentials::new(self.username, password)).ok_or(Cancelled)
    }

    fn on_rejected(&mut self) {
        self.rejections += 1;
    }
}

/// Fails the test if it is used: these conversations need no random bytes.
struct NoRandomBytes;

impl TryRng for NoRandomBytes {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("these conversations need no random bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("these conversations need no random bytes")
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
        panic!("these conversations need no random bytes")
    }
}

impl TryCryptoRng for NoRandomBytes {}

/// A stream whose reads time out after ten seconds.
struct TimeoutStream {
    stream: DuplexStream,
    alarm: Option<Pin<Box<Sleep>>>,
    reset: bool,
}

impl AsyncRead for TimeoutStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(Ok(())) if self.reset && buf.filled().len() == before => {
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            Poll::Ready(done) => {
                self.alarm = None;
                Poll::Ready(done)
            }
            Poll::Pending => {
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(Duration::from_secs(10))));
                alarm.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl AsyncWrite for TimeoutStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Fails if the viewer has sent something out of turn: it was polled until it had to wait.
fn assert_silent(stream: &mut DuplexStream, turn: usize) {
    let (mut byte, mut context) = ([0], Context::from_waker(Waker::noop()));
    let mut early = ReadBuf::new(&mut byte);
    let _ = Pin::new(stream).poll_read(&mut context, &mut early);
    assert!(early.filled().is_empty(), "the viewer spoke out of turn, before turn {turn}");
}

async fn play(mut stream: DuplexStream, script: Vec<Turn>) -> Option<DuplexStream> {
    for (number, turn) in script.into_iter().enumerate() {
        match turn {
            S(bytes) => {
                assert_silent(&mut stream, number);
                // The viewer may have closed already.
                if stream.write_all(&bytes).await.is_err() {
                    return None;
                }
            }
            V(expected) => {
                let mut got = vec![0; expected.len()];
                let read = stream.read_exact(&mut got).await;
                assert!(read.is_ok(), "the viewer went before turn {number}");
                assert_eq!(got, expected, "turn {number}");
            }
            Hangs => return Some(stream),
            Resets => return None,
        }
    }
    None
}

/// The end of a conversation.
struct Held {
    result: Result<ServerInit, Stop>,
    security_type: Option<SecurityType>,
    recorder: Recorder,
    waited: Duration,
}

#[derive(Debug)]
enum Stop {
    Error(Error),
    RetryWithout(SecurityType),
}

impl Held {
    fn error(self) -> Error {
        match self.result {
            Err(Stop::Error(error)) => error,
            other => panic!("a handshake that had to fail: {other:?}"),
        }
    }
}

async fn hold_with(script: Vec<Turn>, width: usize, policy: &Policy, mut recorder: Recorder) -> Held {
    let reset = matches!(script.last(), Some(Resets));
    let (near, far) = duplex(width);
    let near = TimeoutStream { stream: near, alarm: None, reset };
    let began = Instant::now();
    let viewer = async {
        let server = match client::handshake(near, policy, &mut recorder, NoRandomBytes).await {
            Ok(Outcome::Server(server)) => server,
            Ok(Outcome::RetryWithout(negotiation)) => return Err(Stop::RetryWithout(negotiation)),
            Err(error) => return Err(Stop::Error(error)),
        };
        // Exactly what was announced has been read: the session's bytes are all still there.
        let (mut stream, mut session) = (server.stream, Vec::new());
        stream.read_to_end(&mut session).await.expect("the rest");
        assert_eq!(session, b"session", "bytes of the session");
        Ok((server.init, server.security_type))
    };
    let server = async {
        let kept = play(far, script).await;
        if let Some(mut kept) = kept {
            // Until the viewer gives up.
            let _ = kept.read_to_end(&mut Vec::new()).await;
        }
    };
    let both = async { tokio::join!(viewer, server) };
    let (result, ()) = timeout(Duration::from_secs(60), both).await.expect("neither side goes on");
    let (result, security_type) = match result {
        Ok((init, security_type)) => (Ok(init), Some(security_type)),
        Err(error) => (Err(error), None),
    };
    Held { result, security_type, recorder, waited: began.elapsed() }
}

async fn hold(script: Vec<Turn>, width: usize, password: Option<&'static str>, shared: bool) -> Held {
    let policy = Policy { shared, have_password: password.is_some(), ..Policy::default() };
    hold_with(script, width, &policy, Recorder { password, ..Recorder::default() }).await
}

/// Holds the conversation whole and bytewise, with the password "passw0rd" or none.
async fn both(script: impl Fn() -> Vec<Turn>, password: Option<&'static str>) -> [Held; 2] {
    [hold(script(), 1 << 20, password, true).await, hold(script(), 1, password, true).await]
}

/// Each way the handshake has to end well; the script is completed with ServerInit and the session's first bytes.
async fn succeeds(password: Option<&'static str>, steps: &[Step], script: impl Fn() -> Vec<Turn>) {
    let whole = || script().into_iter().chain([V(&[1]), desk(), s("session")]).collect();
    for held in both(whole, password).await {
        let init = held.result.expect("a session");
        assert_eq!((init.width, init.height, init.pixel_format), (1024, 768, PIXELS));
        assert_eq!(init.name, b"desk");
        assert_eq!(held.recorder.steps, steps);
        assert_eq!(held.recorder.rejections, 0);
    }
}

/// Checks the error of both conversations.
macro_rules! fails {
    ($password:expr, $script:expr, $pattern:pat $(if $guard:expr)?) => {
        for held in both(|| $script.into_iter().collect(), $password).await {
            let waited = held.waited;
            match held.error() {
                $pattern $(if $guard)? => {}
                other => panic!("{other:?}"),
            }
            assert!(waited <= Duration::from_secs(10), "waited {waited:?}");
        }
    };
}

macro_rules! ann_fails {
    ($policy:expr, $script:expr, $pattern:pat $(if $guard:expr)?) => {
        for width in [1 << 20, 1] {
            let held = hold_with($script.into_iter().collect(), width, &$policy, ann()).await;
            match held.error() {
                $pattern $(if $guard)? => {}
                other => panic!("{other:?}"),
            }
        }
    };
}

const PASSWORD: Option<&str> = Some("passw0rd");
const GREETING_TO_TYPES: [Step; 2] = [Step::Greeting, Step::SecurityTypes];

fn steps(further: &[Step]) -> Vec<Step> {
    [&GREETING_TO_TYPES, further].concat()
}

// ---- successful logins

#[tokio::test(start_paused = true)]
async fn none_in_every_version() {
    let with_result = steps(&[Step::SecurityResult, Step::ServerInit]);
    let without = steps(&[Step::ServerInit]);
    for password in [None, PASSWORD] {
        succeeds(password, &with_result, || after_none([s(OK)])).await;
        succeeds(password, &without, || vec![s(V37), V(V37), s([1, 1]), V(&[1])]).await;
        succeeds(password, &without, || vec![s(V33), V(V33), s([0, 0, 0, 1])]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn vnc_auth_in_every_version() {
    let all = steps(&[Step::Authentication, Step::SecurityResult, Step::ServerInit]);
    succeeds(PASSWORD, &all, || after_password([s(OK)])).await;
    succeeds(PASSWORD, &all, || vec![s(V37), V(V37), s([1, 2]), V(&[2]), s(CHALLENGE), V(ANSWER), s(OK)]).await;
    succeeds(PASSWORD, &all, || vec![s(V33), V(V33), s([0, 0, 0, 2]), s(CHALLENGE), V(ANSWER), s(OK)]).await;
}

#[tokio::test(start_paused = true)]
async fn unusual_versions_are_answered_with_the_protocols_own() {
    let none = steps(&[Step::SecurityResult, Step::ServerInit]);
    for greeting in ["RFB 003.889\n", "RFB 004.000\n", "RFB 004.001\n", "RFB 005.000\n"] {
        succeeds(None, &none, || vec![s(greeting), V(V38), s([1, 1]), V(&[1]), s(OK)]).await;
    }
    let dictated = steps(&[Step::ServerInit]);
    for greeting in ["RFB 003.005\n", "RFB 003.006\n"] {
        succeeds(None, &dictated, || vec![s(greeting), V(V33), s([0, 0, 0, 1])]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn our_order_chooses() {
    let with_password = steps(&[Step::Authentication, Step::SecurityResult, Step::ServerInit]);
    let without = steps(&[Step::SecurityResult, Step::ServerInit]);
    for offered in [&[2, 1, 2][..], &[2, 2, 1], &[13, 0, 77, 1, 2, 2, 0]] {
        let list = || s([&[offered.len() as u8], offered].concat());
        succeeds(PASSWORD, &with_password, || vec![s(V38), V(V38), list(), V(&[2]), s(CHALLENGE), V(ANSWER), s(OK)])
            .await;
        succeeds(None, &without, || vec![s(V38), V(V38), list(), V(&[1]), s(OK)]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_shared_flag_is_passed_on() {
    for (shared, flag) in [(true, &[1]), (false, &[0])] {
        let script = after_none([s(OK), V(flag), desk(), s("session")]);
        hold(script, 1, None, shared).await.result.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn unusual_screens() {
    let colour_map = [8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (width, height, pixels, name) in [
        (0, 0, PIXELS, &b""[..]),
        (65_535, 65_535, PIXELS, b"wide"),
        (640, 480, colour_map, b"<b>\xff\0"),
        (640, 480, PIXELS, &[b'n'; 100_000]),
    ] {
        let script = || {
            let init = screen(width, height, pixels, name.len() as u32, name);
            after_none([s(OK), V(&[1]), init, s("session")])
        };
        for held in both(script, None).await {
            let init = held.result.unwrap();
            assert_eq!((init.width, init.height, init.pixel_format), (width, height, pixels));
            assert_eq!(init.name, name);
        }
    }
}

/// The proof of "bytes in, bytes out": no socket, no clock.
#[tokio::test]
async fn a_transcript_is_enough() {
    let server = [V38, &[2, 2, 1], &OK, &[4, 0, 3, 0], &PIXELS, &[0, 0, 0, 2], b"hi", b"session"].concat();
    struct Defaults;
    impl Ask for Defaults {}
    let transcript = join(io::Cursor::new(server.clone()), Vec::new());
    let server_side = client::handshake(transcript, &Policy::default(), &mut Defaults, NoRandomBytes).await.unwrap();
    let Outcome::Server(server_side) = server_side else { panic!("a session") };
    assert_eq!((server_side.init.name_text().as_str(), server_side.init.width), ("hi", 1024));
    assert_eq!(server_side.init.to_bytes(), server[19..45]);
    let (mut stream, mut session) = (server_side.stream, Vec::new());
    stream.read_to_end(&mut session).await.unwrap();
    assert_eq!(session, b"session");
}

// ---- what is no VNC server

#[tokio::test(start_paused = true)]
async fn other_servers_are_recognised() {
    fails!(None, [s("HTTP/1.0 408 Request Timeout\r\n\r\n")], Error::NotRfb { looks_like: Some(OtherProtocol::Http) });
    fails!(None, [s("SSH-2.0-OpenSSH_9.2\r\n"), Hangs], Error::NotRfb { looks_like: Some(OtherProtocol::Ssh) });
    fails!(None, [s([21, 3, 3, 0, 2, 2, 80])], Error::NotRfb { looks_like: Some(OtherProtocol::Tls) });
    fails!(None, [s([3, 0, 0, 11]), Hangs], Error::NotRfb { looks_like: None });
    fails!(None, [s("RFB 003.00x\n"), Hangs], Error::NotRfb { looks_like: None });
    fails!(None, [s("RFB 003.008\r"), Hangs], Error::NotRfb { looks_like: None });
}

#[tokio::test(start_paused = true)]
async fn unknown_versions_are_refused() {
    fails!(None, [s("RFB 002.000\n"), Hangs], Error::UnsupportedVersion { version } if version == "002.000");
    fails!(None, [s("RFB 009.000\n"), Hangs], Error::UnsupportedVersion { version } if version == "009.000");
    fails!(None, [s("RFB 000.000\n"), Hangs], Error::Repeater);
    fails!(None, [s("RFB 003.002\n"), Hangs], Error::UnsupportedVersion { version } if version == "003.002");
}

// ---- closed, or silent, at every step

fn up_to(step: Step) -> Vec<Turn> {
    match step {
        Step::Greeting => vec![s("RFB 003.0")],
        Step::SecurityTypes => vec![s(V38), V(V38), s([9, 1, 2])],
        Step::Authentication => vec![s(V38), V(V38), s([1, 2]), V(&[2]), s(&CHALLENGE[..15])],
        Step::SecurityResult => after_none([s([0, 0])]),
        Step::ServerInit => after_none([s(OK), V(&[1]), screen(1, 1, PIXELS, 9, b"short")]),
    }
}

const EVERY_STEP: [Step; 5] =
    [Step::Greeting, Step::SecurityTypes, Step::Authentication, Step::SecurityResult, Step::ServerInit];

#[tokio::test(start_paused = true)]
async fn an_end_is_reported_with_its_step() {
    for step in EVERY_STEP {
        fails!(PASSWORD, up_to(step), Error::Closed { during, .. } if during == step);
        fails!(PASSWORD, up_to(step).into_iter().chain([Resets]), Error::Closed { during, .. } if during == step);
    }
    fails!(None, [], Error::Closed { during: Step::Greeting, .. });
}

#[tokio::test(start_paused = true)]
async fn silence_is_reported_with_its_step() {
    for step in EVERY_STEP {
        fails!(PASSWORD, up_to(step).into_iter().chain([Hangs]),
            Error::Io { during, source } if during == step && source.kind() == io::ErrorKind::TimedOut);
    }
    fails!(None, [Hangs], Error::Io { during: Step::Greeting, .. });
}

// ---- refusals

#[tokio::test(start_paused = true)]
async fn refused_before_any_security_type() {
    let reason = "Too many security failures";
    // TigerVNC greets a blacklisted client with 3.3 and does not wait for its version.
    // (A stream of one byte would be stuck here, both ends writing.)
    for width in [V38.len(), 1 << 20] {
        let blacklisted = s([V33, &[0; 4], &[0, 0, 0, 26], reason.as_bytes()].concat());
        let error = hold(vec![blacklisted], width, None, true).await.error();
        assert!(matches!(&error, Error::Refused { reason: Some(said) } if said == reason), "{error:?}");
    }
    fails!(None, [s(V38), V(V38), s([0]), text(reason)], Error::Refused { reason: Some(said) } if said == reason);
    fails!(None, [s(V37), V(V37), s([0]), text("no\0")], Error::Refused { reason: Some(said) } if said == "no");
    fails!(None, [s(V33), V(V33), s([0; 4]), text("no")], Error::Refused { reason: Some(said) } if said == "no");
    // neatvnc, with the message of 3.7 to a viewer of 3.3.
    fails!(None, [s(V33), V(V33), s([0]), text("Unsupported version")],
        Error::Refused { reason: Some(said) } if said == "Unsupported version");
}

#[tokio::test(start_paused = true)]
async fn refused_with_a_short_or_endless_reason() {
    let refusing =
        |turn: Turn, last: Option<Turn>| [s(V38), V(V38), s([0]), turn].into_iter().chain(last).collect::<Vec<_>>();
    for hangs in [false, true] {
        let last = || hangs.then_some(Hangs);
        fails!(None, refusing(s(b""), last()), Error::Refused { reason: None });
        fails!(None, refusing(s([0, 0]), last()), Error::Refused { reason: None });
        fails!(None, refusing(text(b""), last()), Error::Refused { reason: None });
        fails!(None, refusing(s(b"\0\0\0\x40cut sho"), last()), Error::Refused { reason: Some(r) } if r == "cut sho");
        fails!(None, refusing(s(b"\xff\xff\xff\xffhuge"), last()), Error::Refused { reason: Some(r) } if r == "huge");
        fails!(None, refusing(text([b'x'; 65_536]), last()), Error::Refused { reason: Some(r) } if r == "x".repeat(400));
    }
}

#[tokio::test]
async fn an_endless_reason_is_read_for_64_kib() {
    let server = [V38, &[0, 0x7f, 0xff, 0xff, 0xff], &[b'x'; 200_000]].concat();
    let counted = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let stream = Counted { bytes: io::Cursor::new(server), read: std::sync::Arc::clone(&counted) };
    let mut recorder = Recorder::default();
    let result = client::handshake(join(stream, Vec::new()), &Policy::default(), &mut recorder, NoRandomBytes).await;
    assert!(matches!(result, Err(Error::Refused { reason: Some(r) }) if r == "x".repeat(400)));
    assert_eq!(counted.load(std::sync::atomic::Ordering::Relaxed), 17 + 65_536);
}

/// Counts what is read of it.
struct Counted {
    bytes: io::Cursor<Vec<u8>>,
    read: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let done = Pin::new(&mut self.bytes).poll_read(cx, buf);
        self.read.fetch_add(buf.filled().len() - before, std::sync::atomic::Ordering::Relaxed);
        done
    }
}

#[tokio::test(start_paused = true)]
async fn reasons_are_sanitized() {
    for (bytes, shown) in [
        (&b"<script>alert(1)</script>"[..], "<script>alert(1)</script>"),
        ("a\u{202e}b\u{200b}\u{7}c".as_bytes(), "abc"),
        (b"verf\xfcgbar", "verfügbar"),
    ] {
        fails!(None, [s(V38), V(V38), s([0]), text(bytes)], Error::Refused { reason: Some(r) } if r == shown);
    }
}

#[tokio::test(start_paused = true)]
async fn no_security_type_in_common() {
    fails!(None, [s(V38), V(V38), s([5, 13, 17, 36, 17, 77]), Hangs],
        Error::NoCommonSecurity { offered, maker: Some(Maker::RealVnc) }
            if offered == ["RealVNC RA2r (13)", "UltraVNC (17)", "Apple SRP (36)", "type 77"]);
    let all: Vec<u8> = [112].into_iter().chain(131..=242).collect();
    fails!(None, [s(V38), V(V38), s(&all), Hangs], Error::NoCommonSecurity { offered, .. } if offered.len() == 8);
    fails!(None, [s(V38), V(V38), s([2, 0, 0]), Hangs], Error::NoCommonSecurity { offered, maker: None } if offered.is_empty());
    for number in [19, 0x0101_0101, u32::MAX] {
        fails!(None, [s(V33), V(V33), s(u32::to_be_bytes(number)), Hangs],
            Error::Protocol { during: Step::SecurityTypes, detail } if detail == format!("security type {number} in protocol 3.3"));
    }
}

// ---- SecurityResult

#[tokio::test(start_paused = true)]
async fn a_password_that_is_wrong() {
    let words = "Authentication failure";
    fails!(PASSWORD, after_password([s(FAILED), text(words)]), Error::AuthFailed { reason: Some(r) } if r == words);
    fails!(PASSWORD, after_password([s(FAILED)]), Error::AuthFailed { reason: None });
    fails!(PASSWORD, after_password([s(FAILED), Hangs]), Error::AuthFailed { reason: None });
    fails!(PASSWORD, after_password([s(FAILED), s(b"\xff\0\0\0so far"), Hangs]), Error::AuthFailed { reason: Some(r) } if r == "so far");
    fails!(PASSWORD, after_password([s(TOO_MANY)]), Error::TooMany { reason: None });
    fails!(PASSWORD, after_password([s(TOO_MANY), text("wait")]), Error::TooMany { reason: Some(r) } if r == "wait");
    for version in [V33, V37] {
        let list = || if version == V33 { vec![s([0, 0, 0, 2])] } else { vec![s([1, 2]), V(&[2])] };
        let failing = || [s(version), V(version)].into_iter().chain(list()).chain([s(CHALLENGE), V(ANSWER), s(FAILED)]);
        fails!(PASSWORD, failing(), Error::AuthFailed { reason: None });
        fails!(PASSWORD, failing().chain([text("wrong")]), Error::AuthFailed { reason: Some(r) } if r == "wrong");
    }
}

#[tokio::test(start_paused = true)]
async fn a_password_that_is_probably_wrong() {
    // Closed or reset instead of SecurityResult, or right after a good one.
    fails!(PASSWORD, after_password([]), Error::AuthFailed { reason: None });
    fails!(PASSWORD, after_password([Resets]), Error::AuthFailedProbably);
    fails!(PASSWORD, after_password([s(OK), V(&[1])]), Error::AuthFailedProbably);
    fails!(PASSWORD, after_password([s(OK), V(&[1]), Resets]), Error::AuthFailedProbably);
    // neatvnc 0.5.4: u8 0, u32 28, then 28 bytes of what lay in its memory.
    let noise = [&[0x1c][..], &[0xa7; 28]].concat();
    fails!(PASSWORD, after_password([s([0, 0, 0, 0]), V(&[1]), s(&noise), Hangs]), Error::AuthFailedProbably);
    // Silence says nothing: the server's user may have to approve the connection.
    fails!(PASSWORD, after_password([Hangs]), Error::Io { during: Step::SecurityResult, .. });
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_password_is_not_about_one() {
    let words = "The server is already in use";
    fails!(None, after_none([s(FAILED), text(words)]), Error::Refused { reason: Some(r) } if r == words);
    fails!(None, after_none([s(FAILED)]), Error::Refused { reason: None });
    fails!(None, after_none([s(TOO_MANY)]), Error::TooMany { reason: None });
    // TigerVNC refuses like this after a right password, too.
    fails!(PASSWORD, after_password([s(FAILED), text(words)]), Error::Refused { reason: Some(r) } if r == words);
    fails!(None, after_none([s(OK), V(&[1])]), Error::Closed { during: Step::ServerInit, .. });
}

#[tokio::test(start_paused = true)]
async fn unknown_security_results_are_errors() {
    for script in [after_none([s([0xde, 0xad, 0xbe, 0xef])]), after_password([s([0xde, 0xad, 0xbe, 0xef])])] {
        let password = if script.len() > 5 { PASSWORD } else { None };
        let error = hold(script, 1, password, true).await.error();
        assert!(
            matches!(&error, Error::Protocol { during: Step::SecurityResult, detail } if detail == "security result 0xdeadbeef"),
            "{error:?}"
        );
    }
}

// ---- unusual ServerInit

/// `PIXELS` with another number of bits per pixel.
fn with_bits(bits: u8) -> [u8; 16] {
    let mut pixels = PIXELS;
    pixels[0] = bits;
    pixels
}

#[tokio::test(start_paused = true)]
async fn an_unusual_pixel_format_is_accepted() {
    let all_zero = [0; 16];
    for pixels in [0, 1, 15, 24, 64, 255].map(with_bits).into_iter().chain([all_zero]) {
        let session = || [s(OK), V(&[1]), screen(800, 600, pixels, 4, b"desk"), s("session")];
        let held = [both(|| after_none(session()), None).await, both(|| after_password(session()), PASSWORD).await];
        for held in held.into_iter().flatten() {
            let init = held.result.expect("a session");
            assert_eq!((init.width, init.height, init.pixel_format), (800, 600, pixels));
            let shown = init.to_bytes();
            assert_eq!((&shown[..4], shown[4], &shown[20..]), (&[3, 32, 2, 88][..], 32, &b"\0\0\0\x04desk"[..]));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_desktop_name_is_read_and_shortened() {
    const MIB: usize = 1 << 20;
    for length in [MIB, MIB + 1, 3 * MIB, 16 * MIB] {
        let name = vec![b'n'; length];
        let session = [s(OK), V(&[1]), screen(800, 600, PIXELS, length as u32, &name), s("session")];
        let init = hold(after_password(session), 1 << 16, PASSWORD, true).await.result.expect("a session");
        assert_eq!((init.name.len(), init.name_text()), (MIB, "n".repeat(400)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_desktop_name_beyond_16_mib_is_an_error_about_the_name() {
    for (length, pixels) in [(16 * 1024 * 1024 + 1, PIXELS), (u32::MAX, PIXELS), (u32::MAX, with_bits(24))] {
        let script = || [s(OK), V(&[1]), screen(800, 600, pixels, length, b"desk"), Hangs];
        let expected = format!("a name of {length} bytes");
        fails!(None, after_none(script()), Error::Protocol { during: Step::ServerInit, detail } if detail == expected);
        fails!(PASSWORD, after_password(script()),
            Error::Protocol { during: Step::ServerInit, detail } if detail == expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_after_a_regular_server_init_is_not_about_the_password() {
    let cut = |pixels| [s(OK), V(&[1]), screen(800, 600, pixels, 9, b"desk")];
    fails!(PASSWORD, after_password(cut(PIXELS)), Error::Closed { during: Step::ServerInit, reset: false });
    fails!(
        PASSWORD,
        then(after_password(cut(PIXELS)), [Resets]),
        Error::Closed { during: Step::ServerInit, reset: true }
    );
    // Also in the part of a long name that is discarded, and in Tight's addition.
    let long = [s(OK), V(&[1]), screen(800, 600, PIXELS, 3 << 20, &vec![b'n'; 2 << 20])];
    let closed = hold(after_password(long), 1 << 16, PASSWORD, true).await.error();
    assert!(matches!(closed, Error::Closed { during: Step::ServerInit, reset: false }), "{closed:?}");
    ann_fails!(
        anns(),
        tight(
            0,
            &[2],
            vec![V(&[0, 0, 0, 2]), s(CHALLENGE), V(ANSWER), s(OK), V(&[1]), desk(), s([0, 0, 0, 1, 0, 0, 0, 0, 7])]
        ),
        Error::Closed { during: Step::ServerInit, reset: false }
    );
    // What could be noise proves nothing.
    fails!(PASSWORD, after_password(cut([0; 16])), Error::AuthFailedProbably);
    fails!(None, after_none(cut([0; 16])), Error::Closed { during: Step::ServerInit, .. });
}

#[tokio::test(start_paused = true)]
async fn noise_instead_of_server_init_means_a_wrong_password() {
    // neatvnc 0.5.4: u8 0, u32 28, then 28 bytes of its stack; the first four bytes read as SecurityResult "ok".
    let address = |low: u8| [low, 0x3c, 0x9e, 0xd1, 0xfe, 0x7f, 0, 0];
    let stack = |slots: [[u8; 8]; 3]| [&[0; 3][..], &slots.concat(), &[0]].concat();
    for stack in [
        vec![0xa7; 28],
        // With and without an address where the length of the name is read.
        stack([address(0x60), address(0x20), address(0x10)]),
        stack([address(0x60), address(0x20), [0; 8]]),
        stack([address(0x60), [0; 8], [0; 8]]),
    ] {
        let noise = || [s(OK), V(&[1]), s([&[0x1c][..], &stack].concat())];
        fails!(PASSWORD, after_password(noise()), Error::AuthFailedProbably);
        fails!(PASSWORD, then(after_password(noise()), [Resets]), Error::AuthFailedProbably);
    }
    // Without a password, there is none to doubt.
    let pixels = *b"Invalid username";
    let unauthenticated = || after_none([s(OK), V(&[1]), screen(800, 600, pixels, 4, b"desk"), s("session")]);
    for held in both(unauthenticated, None).await {
        assert!(held.result.is_ok());
    }
}

// ---- VeNCrypt, Plain and Tight

const PLAIN_LOGIN: &[u8] = b"\0\0\0\x03\0\0\0\x08annpassw0rd";

/// A 3.8 server up to VeNCrypt's list of sub-types.
fn vencrypt(version: &'static [u8], types: &[u8], sub_types: &[u32]) -> Vec<Turn> {
    let list: Vec<u8> = sub_types.iter().flat_map(|number| number.to_be_bytes()).collect();
    vec![
        s(version),
        V(version),
        s([&[types.len() as u8], types].concat()),
        V(&[19, 0, 2]),
        s([0, 2]),
        s([0]),
        s([&[sub_types.len() as u8], &list[..]].concat()),
    ]
}

fn then(before: Vec<Turn>, after: impl IntoIterator<Item = Turn>) -> Vec<Turn> {
    before.into_iter().chain(after).collect()
}

/// The session that follows a login.
fn session() -> [Turn; 3] {
    [V(&[1]), desk(), s("session")]
}

fn ann() -> Recorder {
    Recorder { username: "ann", password: PASSWORD, ..Recorder::default() }
}

fn anns() -> Policy {
    Policy { shared: true, have_username: true, have_password: true, ..Policy::default() }
}

/// Holds it whole and bytewise, with a user name and a password, and expects a session of this type.
async fn anns_session(chosen: SecurityType, script: impl Fn() -> Vec<Turn>) -> [Held; 2] {
    let mut ends = [1 << 20, 1].map(|_| None);
    for (end, width) in ends.iter_mut().zip([1 << 20, 1]) {
        let held = hold_with(then(script(), session()), width, &anns(), ann()).await;
        assert!(held.result.is_ok(), "{:?}", held.result);
        assert_eq!(held.security_type, Some(chosen));
        assert_eq!(held.recorder.approved, [chosen], "approved once, by its own name");
        *end = Some(held);
    }
    ends.map(|end| end.expect("held"))
}

/// Holds it whole and bytewise, and expects [`Outcome::RetryWithout`].
async fn ann_retries(without: SecurityType, script: impl Fn() -> Vec<Turn>) {
    for width in [1 << 20, 1] {
        let held = hold_with(script(), width, &anns(), ann()).await;
        assert!(matches!(held.result, Err(Stop::RetryWithout(negotiation)) if negotiation == without));
        assert!(held.recorder.approved.is_empty() && held.recorder.requests.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn vencrypts_sub_types() {
    use SecurityType::*;
    let vnc = || [s(CHALLENGE), V(ANSWER), s(OK)];
    let plain = || [V(PLAIN_LOGIN), s(OK)];
    for (number, name, chosen, tls) in [
        (257u32, &[0u8, 0, 1, 1], TlsNone, Some(TlsKind::Anonymous)),
        (258, &[0, 0, 1, 2], TlsVnc, Some(TlsKind::Anonymous)),
        (259, &[0, 0, 1, 3], TlsPlain, Some(TlsKind::Anonymous)),
        (260, &[0, 0, 1, 4], X509None, Some(TlsKind::X509)),
        (261, &[0, 0, 1, 5], X509Vnc, Some(TlsKind::X509)),
        (262, &[0, 0, 1, 6], X509Plain, Some(TlsKind::X509)),
        (256, &[0, 0, 1, 0], Plain, Option::None),
        (2, &[0, 0, 0, 2], VncAuth, Option::None),
        (1, &[0, 0, 0, 1], None, Option::None),
    ] {
        // Within VeNCrypt there is a SecurityResult in 3.7, too, even after None.
        for version in [V38, V37] {
            let script = || {
                let mut script = then(vencrypt(version, &[19], &[number]), [V(name)]);
                script.extend(tls.is_some().then(|| s([1])));
                match chosen {
                    TlsVnc | X509Vnc | VncAuth => script.extend(vnc()),
                    TlsPlain | X509Plain | Plain => script.extend(plain()),
                    _ => script.push(s(OK)),
                }
                script
            };
            for held in anns_session(chosen, script).await {
                assert_eq!(held.recorder.tls, Vec::from_iter(tls));
                let requests: Vec<bool> = held.recorder.requests.iter().map(|request| request.username).collect();
                let expected = match chosen {
                    TlsPlain | X509Plain | Plain => vec![true],
                    TlsVnc | X509Vnc | VncAuth => vec![false],
                    _ => vec![],
                };
                assert_eq!(requests, expected, "{chosen:?}");
                assert_eq!(held.recorder.info.last().map(String::as_str), chosen.name());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_best_sub_type_is_taken() {
    let script = || {
        let list = [1, 2, 256, 257, 258, 259, 260, 261, 262, 265, 19];
        then(vencrypt(V38, &[2, 19], &list), [V(&[0, 0, 1, 6]), s([1]), V(PLAIN_LOGIN), s(OK)])
    };
    anns_session(SecurityType::X509Plain, script).await;
}

#[tokio::test(start_paused = true)]
async fn vencrypt_is_left_where_the_outer_list_had_something_better() {
    // In clear text, where VNC authentication was offered beside it.
    ann_retries(SecurityType::VeNCrypt, || then(vencrypt(V38, &[19, 2], &[256]), [Hangs])).await;
    ann_retries(SecurityType::VeNCrypt, || then(vencrypt(V38, &[19, 5], &[258]), [Hangs])).await;
    ann_retries(SecurityType::VeNCrypt, || then(vencrypt(V38, &[19, 2], &[265]), [Hangs])).await;
    let without = Policy { without: vec![SecurityType::VeNCrypt], ..anns() };
    let script = vec![s(V38), V(V38), s([2, 19, 2]), V(&[2]), s(CHALLENGE), V(ANSWER), s(OK)];
    let held = hold_with(then(script, session()), 1, &without, ann()).await;
    assert_eq!(held.security_type, Some(SecurityType::VncAuth));
}

/// A 3.8 server up to the list within TLS (18).
fn within_tls(outer: &[u8], list: &[u8]) -> Vec<Turn> {
    let count = |list: &[u8]| s([&[list.len() as u8], list].concat());
    vec![s(V38), V(V38), count(outer), V(&[18]), count(list)]
}

#[tokio::test(start_paused = true)]
async fn tls_has_a_list_of_its_own() {
    for (list, chosen, rest) in [
        (&[2][..], SecurityType::TlsVnc, vec![V(&[2]), s(CHALLENGE), V(ANSWER), s(OK)]),
        (&[1, 77, 2], SecurityType::TlsVnc, vec![V(&[2]), s(CHALLENGE), V(ANSWER), s(OK)]),
        (&[1], SecurityType::TlsNone, vec![V(&[1]), s(OK)]),
    ] {
        for width in [1 << 20, 1] {
            let script = then(then(within_tls(&[18], list), rest.clone()), session());
            let held = hold_with(script, width, &anns(), ann()).await;
            assert!(held.result.is_ok(), "{:?}", held.result);
            assert_eq!((held.security_type, &held.recorder.tls[..]), (Some(chosen), &[TlsKind::Anonymous][..]));
            assert_eq!(held.recorder.approved, [SecurityType::Tls]);
        }
    }
    // Vino: 3.7 has no verdict on None.
    for width in [1 << 20, 1] {
        let script = then(vec![s(V37), V(V37), s([1, 18]), V(&[18]), s([1, 1]), V(&[1])], session());
        let held = hold_with(script, width, &anns(), ann()).await;
        assert!(held.result.is_ok(), "{:?}", held.result);
        assert_eq!(held.security_type, Some(SecurityType::TlsNone));
    }
    // Nothing within it is known: what stands beside it is taken.
    for list in [&[19][..], &[77], &[18]] {
        for width in [1 << 20, 1] {
            let held = hold_with(then(within_tls(&[18, 2], list), [Hangs]), width, &anns(), ann()).await;
            assert!(matches!(held.result, Err(Stop::RetryWithout(SecurityType::Tls))), "{:?}", held.result);
            assert!(held.recorder.requests.is_empty());
        }
        ann_fails!(anns(), then(within_tls(&[18], list), [Hangs]), Error::NoCommonSecurity { .. });
    }
    // What is refused is only its place.
    ann_fails!(anns(), then(within_tls(&[18], &[19, 16]), [Hangs]), Error::NoCommonSecurity { offered, .. }
        if offered == ["VeNCrypt (19) within TLS", "Tight (16) within TLS"]);
    ann_fails!(anns(), then(within_tls(&[18], &[]), [text("no")]),
        Error::Refused { reason: Some(reason) } if reason == "no");
    ann_fails!(anns(), then(within_tls(&[18], &[]), [s([0xff; 4]), Hangs]), Error::Refused { .. });
    ann_fails!(
        anns(),
        vec![s(V38), V(V38), s([1, 18]), V(&[18]), s([9, 1])],
        Error::Closed { during: Step::Authentication, .. }
    );
}

#[tokio::test(start_paused = true)]
async fn vencrypt_failures() {
    let before = |rest: Vec<Turn>| then(vec![s(V38), V(V38), s([1, 19]), V(&[19, 0, 2])], rest);
    for version in [[0, 0], [0, 1]] {
        ann_fails!(anns(), before(vec![s(version), Hangs]),
            Error::Protocol { during: Step::SecurityTypes, detail } if detail.contains("VeNCrypt version 0."));
    }
    ann_fails!(anns(), before(vec![s([9, 9]), Hangs]), Error::Io { during: Step::SecurityTypes, .. });
    ann_fails!(anns(), before(vec![s([0, 2]), s([255])]),
        Error::Protocol { detail, .. } if detail == "VeNCrypt version 0.2 refused");
    for list in [&[][..], &[77, 265], &[19], &[16]] {
        ann_fails!(anns(), then(vencrypt(V38, &[19], list), [Hangs]), Error::NoCommonSecurity { .. });
    }
    ann_fails!(anns(), then(vencrypt(V38, &[19], &[258]), [V(&[0, 0, 1, 2]), s([0])]),
        Error::Tls { detail } if detail.contains("could not start"));
}

#[tokio::test(start_paused = true)]
async fn a_type_that_is_declined_is_not_sent() {
    let declining = |declined| Recorder { declines: vec![declined], ..ann() };
    for (script, declined) in [
        (vec![s(V38), V(V38), s([1, 2]), Hangs], SecurityType::VncAuth),
        (vec![s(V33), V(V33), s([0, 0, 0, 2]), Hangs], SecurityType::VncAuth),
        (then(vencrypt(V38, &[19], &[256]), [Hangs]), SecurityType::Plain),
        (tight(1, &[129], vec![Hangs]), SecurityType::TightUnixLogin),
    ] {
        let held = hold_with(script, 1, &anns(), declining(declined)).await;
        assert_eq!(held.recorder.approved, [declined]);
        assert!(held.recorder.requests.is_empty());
        assert!(matches!(held.error(), Error::Cancelled));
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_no_password_is_sent_in_clear_text() {
    struct OnlyCredentials;
    impl Ask for OnlyCredentials {
        async fn credentials(&mut self, _: &CredentialRequest) -> Result<Credentials, Cancelled> {
            Ok(Credentials::new("ann", "passw0rd"))
        }
    }
    let (near, far) = duplex(1 << 20);
    let policy = anns();
    let viewer = async { client::handshake(near, &policy, &mut OnlyCredentials, NoRandomBytes).await.map(drop) };
    let (result, _) = tokio::join!(viewer, play(far, then(vencrypt(V38, &[19], &[256]), [])));
    assert!(matches!(result, Err(Error::Cancelled)));
}

#[tokio::test(start_paused = true)]
async fn credentials_that_do_not_fit_are_not_sent() {
    for (username, password, expected) in [
        ("ann\0", "x", CredentialError::Nul),
        ("ann", "x\0y", CredentialError::Nul),
        (&*"n".repeat(1025).leak(), "x", CredentialError::UsernameTooLong { limit: 1024 }),
        ("ann", &*"p".repeat(1025).leak(), CredentialError::PasswordTooLong { limit: 1024 }),
    ] {
        let recorder = Recorder { username, password: Some(password), ..Recorder::default() };
        let script = then(vencrypt(V38, &[19], &[259]), [V(&[0, 0, 1, 3]), s([1]), Hangs]);
        let error = hold_with(script, 1, &anns(), recorder).await.error();
        assert!(matches!(error, Error::BadCredentials(error) if error == expected), "{error:?}");
    }
}

/// Tight with so many tunnels, and these types, and then the rest.
fn tight(tunnels: u32, types: &[u32], rest: Vec<Turn>) -> Vec<Turn> {
    let entry = |code: u32| [&code.to_be_bytes()[..], b"TGHT", b"NAME____"].concat();
    let list = |codes: Vec<u32>| {
        let count = (codes.len() as u32).to_be_bytes();
        [count.to_vec(), codes.into_iter().flat_map(entry).collect()].concat()
    };
    let mut script = vec![s(V38), V(V38), s([1, 16]), V(&[16]), s(list((0..tunnels).collect()))];
    script.extend((tunnels > 0).then_some(V(&[0; 4])));
    script.push(s(list(types.to_vec())));
    then(script, rest)
}

/// Its longer ServerInit: two messages, one message, three encodings.
fn capabilities() -> [Turn; 3] {
    let more = [&[0, 2, 0, 1, 0, 3, 0, 0][..], &[b'c'; 6 * 16]].concat();
    [V(&[1]), desk(), S([&more[..], b"session"].concat())]
}

#[tokio::test(start_paused = true)]
async fn tights_types() {
    use SecurityType::*;
    for tunnels in [0, 1, 3] {
        for (codes, chosen, rest) in [
            (&[][..], None, vec![s(OK)]),
            (&[1], None, vec![V(&[0, 0, 0, 1]), s(OK)]),
            (&[2, 1], VncAuth, vec![V(&[0, 0, 0, 2]), s(CHALLENGE), V(ANSWER), s(OK)]),
            (&[2, 129, 1], TightUnixLogin, vec![V(&[0, 0, 0, 129]), V(PLAIN_LOGIN), s(OK)]),
            (&[129], TightUnixLogin, vec![V(&[0, 0, 0, 129]), V(PLAIN_LOGIN), s(OK)]),
        ] {
            for width in [1 << 20, 1] {
                let mut rest = rest.clone();
                rest.extend(capabilities());
                let held = hold_with(tight(tunnels, codes, rest), width, &anns(), ann()).await;
                assert_eq!(held.result.map(|init| init.name).map_err(|stop| format!("{stop:?}")), Ok(b"desk".to_vec()));
                assert_eq!(held.security_type, Some(chosen));
                assert_eq!(held.recorder.approved, [chosen]);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn tight_failures() {
    let huge = || s([0xff; 4]);
    let before = |rest: Vec<Turn>| then(vec![s(V38), V(V38), s([1, 16]), V(&[16])], rest);
    ann_fails!(anns(), before(vec![huge(), Hangs]), Error::Protocol { detail, .. } if detail.contains("tunnels"));
    ann_fails!(anns(), before(vec![s([0; 4]), huge(), Hangs]), Error::Protocol { detail, .. } if detail.contains("types"));
    let unknown = || s([&[0, 0, 0, 1, 0, 0, 0, 7][..], b"VNDRTUNNEL__"].concat());
    ann_fails!(anns(), before(vec![unknown(), Hangs]), Error::NoCommonSecurity { offered, .. } if offered == ["Tight tunnel 7"]);
    ann_fails!(anns(), tight(0, &[19, 7], vec![Hangs]),
        Error::NoCommonSecurity { offered, .. } if offered == ["Tight type 19", "Tight type 7"]);
}

#[tokio::test(start_paused = true)]
async fn any_number_of_tights_capabilities_is_read() {
    let all = S([&[0xff; 8][..], &vec![b'c'; 3 * 65_535 * 16], b"session"].concat());
    let script = tight(0, &[2], vec![V(&[0, 0, 0, 2]), s(CHALLENGE), V(ANSWER), s(OK), V(&[1]), desk(), all]);
    let held = hold_with(script, 1 << 16, &anns(), ann()).await;
    assert_eq!(held.result.expect("a session").name, b"desk");
}

/// TightVNC and TurboVNC offer a Unix login in Tight only, and VNC authentication there and beside it.
#[tokio::test(start_paused = true)]
async fn a_known_user_name_picks_the_unix_login_within_tight() {
    let outer = |chosen: &'static [u8]| vec![s(V38), V(V38), s([2, 2, 16]), V(chosen)];
    let within = || {
        let entry = |code: u8| [&[0, 0, 0, code][..], b"TGHTNAME____"].concat();
        s([&[0, 0, 0, 0, 0, 0, 0, 2][..], &entry(2), &entry(129)].concat())
    };
    let unix =
        || then(outer(&[16]), [within(), V(&[0, 0, 0, 129]), V(PLAIN_LOGIN), s(OK)].into_iter().chain(capabilities()));
    let vnc = || then(outer(&[2]), [s(CHALLENGE), V(ANSWER), s(OK)].into_iter().chain(session()));
    let no_username = Policy { have_username: false, ..anns() };
    let floor = Policy { floor: Some(Level::Password), ..anns() };
    for (policy, script, chosen) in [
        (anns(), unix(), SecurityType::TightUnixLogin),
        (no_username, vnc(), SecurityType::VncAuth),
        (floor, vnc(), SecurityType::VncAuth),
    ] {
        let held = hold_with(script, 1, &policy, ann()).await;
        assert_eq!((held.security_type, &held.recorder.approved[..]), (Some(chosen), &[chosen][..]), "{policy:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn tight_is_left_where_the_outer_list_had_something_better() {
    let entry = |code: u8| [&[0, 0, 0, code][..], b"STDVNAME____"].concat();
    for within in [[&[0, 0, 0, 1][..], &entry(1)].concat(), vec![0; 4], [&[0, 0, 0, 1][..], &entry(20)].concat()] {
        let script = || vec![s(V38), V(V38), s([2, 2, 16]), V(&[16]), s([0; 4]), s(&within), Hangs];
        ann_retries(SecurityType::Tight, script).await;
    }
    let without = Policy { without: vec![SecurityType::Tight], ..anns() };
    let script = vec![s(V38), V(V38), s([2, 2, 16]), V(&[2]), s(CHALLENGE), V(ANSWER), s(OK)];
    let held = hold_with(then(script, session()), 1, &without, ann()).await;
    assert_eq!(held.security_type, Some(SecurityType::VncAuth));
}

// ---- repeaters

#[tokio::test(start_paused = true)]
async fn a_repeater_is_sent_an_id_or_an_address() {
    const fn padded<const N: usize>(words: [u8; N]) -> [u8; 250] {
        let (mut request, mut place) = ([0; 250], 0);
        while place < N {
            request[place] = words[place];
            place += 1;
        }
        request
    }
    const REQUEST: &[u8; 250] = &padded(*b"ID:1234");
    const ADDRESS: &[u8; 250] = &padded(*b"studio.test:5901");
    let asking = |what: &str| Policy { repeater_id: Some(what.to_owned()), ..anns() };
    let script = |request| vec![s("RFB 000.000\n"), V(request), s(V38), V(V38), s([1, 1]), V(&[1]), s(OK)];
    // Mode II: a server that waits there by an ID. Mode I: one that the repeater connects to.
    for (what, request) in [("1234", REQUEST), ("ID:1234", REQUEST), ("studio.test:5901", ADDRESS)] {
        for width in [1 << 20, 1] {
            let held = hold_with(then(script(request), session()), width, &asking(what), ann()).await;
            assert!(held.result.is_ok());
            assert_eq!(held.recorder.info, ["repeater", "3.8", "None"]);
        }
    }
    let policy = asking("1234");
    let again = || vec![s("RFB 000.000\n"), V(REQUEST), s("RFB 000.000\n"), Hangs];
    ann_fails!(policy, again(), Error::Protocol { during: Step::Greeting, .. });
    // A server that is no repeater is not sent the ID.
    let held = hold_with(after_none([s(OK), V(&[1]), desk(), s("session")]), 1, &policy, ann()).await;
    assert!(held.result.is_ok());
}

// ---- the floor

#[tokio::test(start_paused = true)]
async fn the_floor_decides_before_the_order_does() {
    let policy = Policy { floor: Some(Level::Encrypted), shared: true, ..Policy::default() };
    // Without the floor, None would be chosen, as neither user name nor password is known.
    let script = then(vencrypt(V38, &[1, 19], &[1, 258]), [V(&[0, 0, 1, 2]), s([1]), s(CHALLENGE), V(ANSWER), s(OK)]);
    let held = hold_with(then(script, session()), 1, &policy, ann()).await;
    assert_eq!(held.security_type, Some(SecurityType::TlsVnc));
}

// ---- callbacks

#[tokio::test(start_paused = true)]
async fn without_credentials_nothing_is_sent() {
    let script = || vec![s(V38), V(V38), s([1, 2]), V(&[2]), s(CHALLENGE), Hangs];
    for held in both(script, None).await {
        assert_eq!(
            held.recorder.requests,
            [CredentialRequest { security_type: SecurityType::VncAuth, username: false }]
        );
        assert_eq!(held.recorder.steps, steps(&[Step::Authentication]));
        assert!(matches!(held.error(), Error::Cancelled));
    }
}

#[tokio::test(start_paused = true)]
async fn the_caller_is_told_of_a_rejection_before_its_reason() {
    for script in [vec![s(V38), V(V38), s([0]), Hangs], after_password([s(FAILED), Hangs])] {
        let held = hold(script, 1, PASSWORD, true).await;
        assert_eq!(held.recorder.rejections, 1);
    }
}

#[test]
fn the_handshake_can_move_between_threads() {
    fn is_send(_: impl Send) {}
    let (near, _far) = duplex(1);
    is_send(client::handshake(near, &Policy::default(), &mut Recorder::default(), NoRandomBytes));
}
