//! Servers as they are out there: websockify, QEMU, LibVNCServer and nginx, each on loopback and for one test.

use super::*;
use crate::{
    error::{ConnectError, Result, WsMistake, WsRefusal},
    model::{Address, Certificate, CertificateProblem, Secret},
    transport::{
        ConnectTrace,
        programs::{Running, free_port},
        tls::Setup,
    },
};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use rfb::Stream;
use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{sleep, timeout},
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// A virtual machine without anything in it, whose screen can be had over TCP and over a WebSocket.
struct Qemu {
    vnc: u16,
    ws: u16,
    _running: Running,
}

impl Qemu {
    fn start() -> Self {
        // QEMU counts VNC's ports from 5900.
        let vnc = std::iter::repeat_with(free_port).find(|port| *port > 5900).unwrap();
        let ws = free_port();
        let screen = format!("127.0.0.1:{},websocket=127.0.0.1:{ws}", vnc - 5900);
        let arguments = ["-machine", "none", "-nodefaults", "-S", "-display", "none", "-vnc", &screen];
        Self { vnc, ws, _running: Running::start("qemu-system-x86_64", &arguments) }
    }
}

/// websockify at a port of its own, with these arguments before and behind it.
fn websockify(before: &[&str], behind: &[&str]) -> (u16, Running) {
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let arguments = [before, &[listen.as_str()], behind].concat();
    (port, Running::start("websockify", &arguments))
}

/// A certificate of no authority, and its key.
fn certificate(folder: &Path) -> (String, String) {
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.join(name).to_str().unwrap().to_owned());
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", &key, "-out", &certificate])
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    (certificate, key)
}

fn tokens(folder: &Path, lines: &str) -> String {
    let file = folder.join("tokens");
    std::fs::write(&file, lines).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Answers this about each certificate, and keeps what is wrong with it.
struct Says(Result<(), ConnectError>, Vec<CertificateProblem>);

impl ConnectDelegate for Says {
    async fn certificate(
        &mut self,
        _site: &str,
        certificate: Certificate,
        _description: String,
    ) -> Result<(), ConnectError> {
        self.1 = certificate.problems;
        self.0.clone()
    }
}

async fn dialled(place: &str, headers: &Headers, visitor: &mut impl ConnectDelegate) -> Result<Stream, ConnectError> {
    let Ok(Address::Ws(socket)) = Address::parse(place) else { panic!("{place} is no address of a WebSocket") };
    // A program that has just been started does not listen yet.
    let listening = async {
        loop {
            match dial(&socket, Setup::default(), headers, None, visitor, &mut ConnectTrace::default()).await {
                Err(ConnectError::ConnectionRefused { .. }) => sleep(Duration::from_millis(50)).await,
                done => return done.map(|connection| connection.stream),
            }
        }
    };
    timeout(TIMEOUT, listening).await.expect("it never listened")
}

async fn reached(place: &str) -> Result<Stream, ConnectError> {
    dialled(place, &Headers::default(), &mut Defaults).await
}

async fn refusal(place: &str) -> ConnectError {
    reached(place).await.err().unwrap_or_else(|| panic!("{place} accepts everyone"))
}

struct Defaults;
impl ConnectDelegate for Defaults {}
impl rfb::Ask for Defaults {}

/// The name of the desktop behind a WebSocket, which takes the whole handshake to learn.
async fn desktop(stream: Stream) -> String {
    let (policy, mut ask) = (rfb::Policy::default(), Defaults);
    let handshake = rfb::client::handshake(stream, &policy, &mut ask, UnwrapErr(SysRng));
    match timeout(TIMEOUT, handshake).await.unwrap().unwrap() {
        rfb::client::Outcome::Server(server) => server.init.name_text(),
        rfb::client::Outcome::RetryWithout(negotiation) => panic!("without {negotiation}"),
    }
}

#[tokio::test]
async fn websockify_with_tokens() {
    let (folder, qemu) = (TempDir::new().unwrap(), Qemu::start());
    let file = tokens(folder.path(), &format!("# machines\nabc123: 127.0.0.1:{}\ndead: 127.0.0.1:1\n", qemu.vnc));
    let (port, _websockify) = websockify(&["--token-plugin", "TokenFile", "--token-source", &file], &[]);
    let site = format!("ws://127.0.0.1:{port}/websockify");

    // Its target may need longer to start than it does.
    reached(&format!("ws://127.0.0.1:{}", qemu.ws)).await.unwrap();
    assert_eq!(desktop(reached(&format!("{site}?token=abc123")).await.unwrap()).await, "QEMU");

    assert_eq!(refusal(&format!("{site}?token=other")).await, ConnectError::WsUnknownToken { address: site.clone() });
    assert_eq!(refusal(&site).await, ConnectError::WsSilent { address: site.clone() });

    let place = format!("{site}?token=dead");
    let mut dead = reached(&place).await.unwrap();
    let end = timeout(TIMEOUT, dead.read(&mut [0; 16])).await.unwrap().unwrap_err();
    let reason = Some("Failed to connect to downstream server".to_owned());
    assert_eq!(
        explain(&end, &Address::parse(&place).unwrap()),
        Some(ConnectError::WsRefused { address: site, why: WsRefusal::Behind, status: 1011, reason })
    );
}

#[tokio::test]
async fn websockify_with_a_login() {
    let qemu = Qemu::start();
    let target = format!("127.0.0.1:{}", qemu.vnc);
    let login = ["--auth-plugin", "BasicHTTPAuth", "--auth-source", "ann:open:sesame"];
    let (port, _websockify) = websockify(&login, &[&target]);
    let address = format!("ws://127.0.0.1:{port}");
    reached(&format!("ws://127.0.0.1:{}", qemu.ws)).await.unwrap();

    let (why, reason) = (WsRefusal::Login, None);
    assert_eq!(refusal(&address).await, ConnectError::WsRefused { address: address.clone(), why, status: 401, reason });
    let basic = |password: &str| Headers {
        basic: Some(("ann".to_owned(), Secret::from(password.to_owned()))),
        ..Headers::default()
    };
    let wrong = dialled(&address, &basic("sesame"), &mut Defaults).await.err().unwrap();
    assert!(matches!(wrong, ConnectError::WsRefused { why: WsRefusal::Login, .. }), "{wrong:?}");
    assert_eq!(desktop(dialled(&address, &basic("open:sesame"), &mut Defaults).await.unwrap()).await, "QEMU");
}

#[tokio::test]
async fn websockify_that_looks_at_the_origin() {
    let qemu = Qemu::start();
    let port = free_port();
    let (listen, target) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{}", qemu.vnc));
    let source = format!("https://other http://{listen}");
    let arguments = ["--auth-plugin", "ExpectOrigin", "--auth-source", &source, &listen, &target];
    let _websockify = Running::start("websockify", &arguments);
    let address = format!("ws://{listen}");
    reached(&format!("ws://127.0.0.1:{}", qemu.ws)).await.unwrap();

    assert_eq!(desktop(reached(&address).await.unwrap()).await, "QEMU");
    let origin = |origin: &str| Headers {
        basic: None,
        extra: vec![("origin".parse().unwrap(), Secret::from(origin.to_owned()))],
    };
    dialled(&address, &origin("https://other"), &mut Defaults).await.unwrap();
    let wrong = dialled(&address, &origin("https://evil"), &mut Defaults).await.err().unwrap();
    let (why, reason) = (WsRefusal::Forbidden, Some("Invalid Origin".to_owned()));
    assert_eq!(wrong, ConnectError::WsRefused { address, why, status: 403, reason });
}

#[tokio::test]
async fn websockify_within_tls() {
    let (folder, qemu) = (TempDir::new().unwrap(), Qemu::start());
    let (certificate, key) = certificate(folder.path());
    let file = tokens(folder.path(), &format!("abc123: 127.0.0.1:{}\n", qemu.vnc));
    let tls = ["--cert", &certificate, "--key", &key, "--ssl-only"];
    let (port, _websockify) =
        websockify(&[&tls[..], &["--token-plugin", "TokenFile", "--token-source", &file]].concat(), &[]);
    let site = format!("wss://127.0.0.1:{port}/websockify");
    reached(&format!("ws://127.0.0.1:{}", qemu.ws)).await.unwrap();

    let place = format!("{site}?token=abc123");
    let mut trusting = Says(Ok(()), vec![]);
    assert_eq!(desktop(dialled(&place, &Headers::default(), &mut trusting).await.unwrap()).await, "QEMU");
    assert!(!trusting.1.is_empty(), "no authority vouches for it");

    let unknown = dialled(&format!("{site}?token=other"), &Headers::default(), &mut trusting).await.err().unwrap();
    assert_eq!(unknown, ConnectError::WsUnknownToken { address: site.clone() });

    let stranger = refusal(&place).await;
    assert!(
        matches!(&stranger, ConnectError::Untrusted { address, .. } if *address == format!("wss://127.0.0.1:{port}"))
    );
    let given_up = ConnectError::ViewerFailed { detail: String::new() };
    let mut wary = Says(Err(given_up.clone()), vec![]);
    assert_eq!(dialled(&place, &Headers::default(), &mut wary).await.err(), Some(given_up));

    let plain = place.replace("wss:", "ws:");
    assert_eq!(refusal(&plain).await, ConnectError::WsSilent { address: site.replace("wss:", "ws:") });
}

#[tokio::test]
async fn qemu_speaks_it_itself() {
    let qemu = Qemu::start();
    let address = format!("ws://127.0.0.1:{}", qemu.ws);
    assert_eq!(desktop(reached(&address).await.unwrap()).await, "QEMU");

    let path = format!("{address}/websockify");
    let (why, reason) = (WsRefusal::NotFound, None);
    assert_eq!(refusal(&path).await, ConnectError::WsRefused { address: path, why, status: 404, reason });

    let vnc = format!("ws://127.0.0.1:{}", qemu.vnc);
    let (looks_like, detail) = (Some(WsMistake::Vnc), String::new());
    assert_eq!(refusal(&vnc).await, ConnectError::NotWebSocket { address: vnc, looks_like, detail });
}

#[tokio::test]
async fn libvncserver_speaks_it_on_its_only_port() {
    let port = free_port().to_string();
    let picture = ["-rawfb", "none", "-rfbport", &port, "-localhost", "-forever", "-desktop", "A raw picture"];
    let _x11vnc = Running::start("x11vnc", &picture);
    let stream = reached(&format!("ws://127.0.0.1:{port}/websockify")).await.unwrap();
    assert_eq!(desktop(stream).await, "A raw picture");
    // Who names no `Origin`, as programs that are no browsers, is sent away without a word.
    let mut plain = tokio::net::TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    let request = "GET /websockify HTTP/1.1\r\nHost: box\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    plain.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(timeout(TIMEOUT, plain.read(&mut [0])).await.unwrap().unwrap(), 0);
}

/// A session with this server that is quiet for so many pings, and goes on after them.
async fn stays_open(mut stream: Stream, pings: usize) {
    let mut greeting = [0; 12];
    stream.read_exact(&mut greeting).await.unwrap();
    for _ in 0..pings {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(25)).await;
        tokio::time::resume();
        let heard = timeout(Duration::from_millis(300), stream.read_u8()).await;
        assert!(heard.is_err(), "{heard:?}");
    }
    stream.write_all(&greeting).await.unwrap();
    stream.flush().await.unwrap();
    let offered = timeout(TIMEOUT, stream.read_u8()).await.unwrap().unwrap();
    assert!(offered >= 1, "it lists its security types");
}

#[tokio::test]
async fn pings_disturb_none_of_them() {
    let qemu = Qemu::start();
    stays_open(reached(&format!("ws://127.0.0.1:{}", qemu.ws)).await.unwrap(), 3).await;
    let (port, _websockify) = websockify(&[], &[&format!("127.0.0.1:{}", qemu.vnc)]);
    stays_open(reached(&format!("ws://127.0.0.1:{port}")).await.unwrap(), 3).await;

    let port = free_port().to_string();
    let _x11vnc = Running::start("x11vnc", &["-rawfb", "none", "-rfbport", &port, "-localhost", "-forever"]);
    stays_open(reached(&format!("ws://127.0.0.1:{port}/websockify")).await.unwrap(), 3).await;
}

#[tokio::test]
async fn a_proxy_that_cuts_quiet_ways_does_not_cut_this_one() {
    let (folder, qemu, port) = (TempDir::new().unwrap(), Qemu::start(), free_port());
    reached(&format!("ws://127.0.0.1:{}", qemu.ws)).await.unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    // As the documentation of nginx has it for WebSockets, but with one second instead of sixty.
    let proxy = format!(
        "proxy_pass http://127.0.0.1:{}; proxy_http_version 1.1; proxy_read_timeout 1s;\
         proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;",
        qemu.ws
    );
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders = folders.map(|name| format!("{name}_temp_path {};", at(name))).concat();
    let config = format!(
        "daemon off; master_process off; pid {}; error_log /dev/null; events {{}}\
         http {{ access_log off; {folders} server {{ listen 127.0.0.1:{port}; location / {{ {proxy} }} }} }}",
        at("pid")
    );
    std::fs::write(at("config"), config).unwrap();
    let _nginx = Running::start("/usr/sbin/nginx", &["-e", "/dev/null", "-c", &at("config")]);
    let place = format!("ws://127.0.0.1:{port}");
    stays_open(reached(&place).await.unwrap(), 8).await;

    // Without pings it is cut.
    let mut quiet = reached(&place).await.unwrap();
    let mut greeting = [0; 12];
    quiet.read_exact(&mut greeting).await.unwrap();
    assert_eq!(timeout(Duration::from_secs(5), quiet.read(&mut greeting)).await.expect("it is cut").unwrap(), 0);
}
