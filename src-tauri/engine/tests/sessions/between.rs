//! What stands between Portlight and a server: proxies that restart, and mocks of UltraVNC's repeater.

use super::*;
use portlight_engine::model::Target;
use tokio::io::copy_bidirectional;
use tokio_util::task::AbortOnDropHandle;

/// A proxy of the test's own. Everything on it ends when this is dropped.
struct Proxy {
    port: u16,
    task: AbortOnDropHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// SOCKS 5 ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928)).
    Socks,
    /// HTTP with CONNECT ([RFC 9110, section 9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)).
    Connect,
}

/// What a proxy makes of whoever comes.
#[derive(Debug, Clone, Copy)]
enum Mood {
    Leads,
    /// It is up again, and cannot reach the machine yet.
    CannotReach,
    /// It is up again, and closes.
    HangsUp,
}

impl Proxy {
    /// At `port`, or at any where that is 0.
    async fn start(kind: Kind, mood: Mood, port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            // Those that are led end with it.
            let mut led = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                led.spawn(async move {
                    let _ = lead(stream, kind, mood).await;
                });
            }
        });
        Self { port, task: AbortOnDropHandle::new(task) }
    }

    /// Its port is free afterwards.
    async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

/// Reads where to, and leads there.
async fn lead(mut near: TcpStream, kind: Kind, mood: Mood) -> io::Result<()> {
    if matches!(mood, Mood::HangsUp) {
        return Ok(());
    }
    let port = match kind {
        Kind::Socks => {
            near.read_exact(&mut [0; 3]).await?;
            near.write_all(&[5, 0]).await?;
            // Version, CONNECT, reserved, IPv4, the address, the port.
            let mut request = [0; 10];
            near.read_exact(&mut request).await?;
            u16::from_be_bytes([request[8], request[9]])
        }
        Kind::Connect => {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(near.read_u8().await?);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            // Whatever name it is asked for is this computer.
            let place = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
            place.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or_default()
        }
    };
    let answer = match (kind, mood) {
        (Kind::Socks, Mood::Leads) => &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0][..],
        (Kind::Socks, _) => &[5, 1, 0, 1, 0, 0, 0, 0, 0, 0],
        (Kind::Connect, Mood::Leads) => b"HTTP/1.1 200 OK\r\n\r\n",
        (Kind::Connect, _) => b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
    };
    near.write_all(answer).await?;
    if matches!(mood, Mood::Leads) {
        let mut far = TcpStream::connect(("127.0.0.1", port)).await?;
        copy_bidirectional(&mut near, &mut far).await?;
    }
    Ok(())
}

async fn until_reconnecting(states: &mut watch::Receiver<SessionState>, seconds: u64) -> ConnectError {
    let wanted = |state: &SessionState| match state {
        SessionState::Reconnecting { seconds: now, .. } => *now == seconds,
        SessionState::Ended { .. } => true,
        _ => false,
    };
    match until(states, wanted).await {
        SessionState::Reconnecting { error: Error::Connect(error), .. } => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_proxy_that_restarts_is_waited_for_like_the_machine() {
    for kind in [Kind::Socks, Kind::Connect] {
        let (house, server) = (house().await, Server::start().await);
        let proxy = Proxy::start(kind, Mood::Leads, 0).await;
        let port = proxy.port;
        let scheme = if kind == Kind::Socks { "socks5" } else { "http" };
        let behind = HostDraft { proxy: format!("{scheme}://127.0.0.1:{port}"), ..draft(&server.address()) };
        let host = house.engine.hosts().save(behind, PasswordChange::Keep).await.unwrap().host.id;
        let (id, mut states) = house.open_host(host);
        let _there = server.welcome().await;
        house.engine.sessions().attach(id);
        let _viewer = view_live(&mut states).await;

        // It goes, and the session with it.
        proxy.stop().await;
        until_reconnecting(&mut states, 1).await;
        house.engine.sessions().reconnect(id);
        let error = until_reconnecting(&mut states, 2).await;
        assert!(matches!(error, ConnectError::ProxyUnreachable { .. }), "{kind:?}: {error:?}");

        // It is on its way up.
        for (mood, seconds) in [(Mood::HangsUp, 4), (Mood::CannotReach, 8)] {
            let starting = Proxy::start(kind, mood, port).await;
            house.engine.sessions().reconnect(id);
            let error = until_reconnecting(&mut states, seconds).await;
            match mood {
                Mood::HangsUp => assert!(matches!(error, ConnectError::ProxyBroken { .. }), "{kind:?}: {error:?}"),
                _ => assert!(matches!(error, ConnectError::ProxyForward { .. }), "{kind:?}: {error:?}"),
            }
            starting.stop().await;
        }

        let _proxy = Proxy::start(kind, Mood::Leads, port).await;
        house.engine.sessions().reconnect(id);
        let _there = server.welcome().await;
        let _viewer = view_live(&mut states).await;
    }
}

/// A VNC server behind a WebSocket, which lets anybody in.
async fn welcome_by_web_socket(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    let (stream, _) = timeout(TIMEOUT, listener.accept()).await.unwrap().unwrap();
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    for (say, hear) in [(&VERSION[..], VERSION.len()), (&[1, 1], 1), (&[0; 4], 1), (SERVER_INIT, 0)] {
        socket.send(Message::binary(say.to_vec())).await.unwrap();
        let mut heard = 0;
        while heard < hear {
            heard += timeout(TIMEOUT, socket.next()).await.unwrap().unwrap().unwrap().len();
        }
    }
    socket
}

#[tokio::test]
async fn the_environments_proxy_is_waited_for_on_the_way_to_a_site() {
    // The environment is the whole process's: this very test runs again, in another one.
    const PORT: &str = "PORTLIGHT_TEST_PROXY_PORT";
    let Some(port) = std::env::var(PORT).ok().map(|port| port.parse::<u16>().unwrap()) else {
        let port = Server::start().await.listener.local_addr().unwrap().port();
        let mut test = tokio::process::Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "between::the_environments_proxy_is_waited_for_on_the_way_to_a_site", "--nocapture"]);
        test.env(PORT, port.to_string()).env("http_proxy", format!("http://127.0.0.1:{port}")).kill_on_drop(true);
        let ran = timeout(TIMEOUT * 2, test.env_remove("no_proxy").env_remove("NO_PROXY").output()).await;
        let ran = ran.unwrap().unwrap();
        let said = [ran.stdout, ran.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        assert!(ran.status.success() && said.contains("1 passed"), "{said}");
        return;
    };
    let (house, site) = (house().await, TcpListener::bind("127.0.0.1:0").await.unwrap());
    let proxy = Proxy::start(Kind::Connect, Mood::Leads, port).await;
    let (id, mut states) = house.open(&format!("ws://site.test:{}/screen", site.local_addr().unwrap().port()));
    let _there = welcome_by_web_socket(&site).await;
    house.engine.sessions().attach(id);
    let _viewer = view_live(&mut states).await;

    proxy.stop().await;
    until_reconnecting(&mut states, 1).await;
    house.engine.sessions().reconnect(id);
    let error = until_reconnecting(&mut states, 2).await;
    assert!(matches!(error, ConnectError::ProxyUnreachable { .. }), "{error:?}");

    let _proxy = Proxy::start(Kind::Connect, Mood::Leads, port).await;
    house.engine.sessions().reconnect(id);
    let _there = welcome_by_web_socket(&site).await;
    let _viewer = view_live(&mut states).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_ssh_host_that_restarts_is_waited_for_like_the_machine() {
    let this = "between::an_ssh_host_that_restarts_is_waited_for_like_the_machine";
    let Some(folder) = sshd::again(this).await else { return };
    let (mut sshd, house, server) = (sshd::Sshd::start(folder), house().await, Server::start().await);
    let behind = HostDraft { ssh_jump: format!("ssh://{}", sshd.place), ..draft(&server.address()) };
    let host = house.engine.hosts().save(behind, PasswordChange::Keep).await.unwrap().host.id;
    let (id, mut states) = house.open_host(host);
    let _there = server.welcome().await;
    house.engine.sessions().attach(id);
    let _viewer = view_live(&mut states).await;

    sshd.kill();
    let error = until_reconnecting(&mut states, 1).await;
    assert!(matches!(error, ConnectError::ConnectionLost { .. }), "{error:?}");
    house.engine.sessions().reconnect(id);
    let error = until_reconnecting(&mut states, 2).await;
    assert!(matches!(error, ConnectError::SshUnreachable { .. }), "{error:?}");

    sshd.start_again();
    house.engine.sessions().reconnect(id);
    let _there = server.welcome().await;
    let _viewer = view_live(&mut states).await;
}

// ---- UltraVNC's repeater

/// A mock, written from what its public code says: it greets with 0.0, is sent 250 bytes, and leads on.
async fn repeat(repeater: &TcpListener, waiting: Option<(&str, TcpStream)>) {
    let (mut near, _) = repeater.accept().await.unwrap();
    near.write_all(b"RFB 000.000\n").await.unwrap();
    let mut request = [0; 250];
    near.read_exact(&mut request).await.unwrap();
    let asked = String::from_utf8_lossy(&request).trim_end_matches('\0').to_owned();
    let mut far = match (asked.strip_prefix("ID:"), waiting) {
        (Some(id), Some((of, server))) if id == of => server,
        (None, _) => TcpStream::connect(&asked).await.unwrap(),
        other => panic!("{other:?}"),
    };
    let _ = copy_bidirectional(&mut near, &mut far).await;
}

#[tokio::test]
async fn a_mock_of_a_repeater_leads_to_who_waits_there_and_to_whom_it_calls() {
    let repeater = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = repeater.local_addr().unwrap().to_string();
    let asking = |house: &House, what: &str| {
        let mut target: Target = house.engine.hosts().target(&address, false).unwrap();
        target.repeater_id = what.to_owned();
        let id = house.engine.sessions().reserve();
        house.engine.open(id, target);
        let states = house.engine.sessions().watch(id).unwrap();
        house.engine.sessions().attach(id);
        states
    };

    // Mode II: the server has called the repeater with its ID.
    let (house, server) = (house().await, Server::start().await);
    let calling = TcpStream::connect(server.listener.local_addr().unwrap()).await.unwrap();
    let mut states = asking(&house, "4711");
    let ready = async { until_ready(&mut states).await };
    tokio::select! {
        () = repeat(&repeater, Some(("4711", calling))) => panic!("it hung up"),
        (_there, url) = async { tokio::join!(server.welcome(), ready) } => assert!(url.starts_with("ws://"), "{url}"),
    }

    // Mode I: the repeater calls the server.
    let at = server.listener.local_addr().unwrap().to_string();
    let mut states = asking(&house, &at);
    let ready = async { until_ready(&mut states).await };
    tokio::select! {
        () = repeat(&repeater, None) => panic!("it hung up"),
        (_there, url) = async { tokio::join!(server.welcome(), ready) } => assert!(url.starts_with("ws://"), "{url}"),
    }
}
