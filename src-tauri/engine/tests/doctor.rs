//! Examinations of small servers of our own, stage by stage.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod engine;

use portlight_engine::{
    ConnectError, Error, FormError,
    doctor::{self, Login, ProbeRequest, Report, Saved, StageReport, TrustPolicy},
    error::OtherProtocol,
    keyring::Keyring,
    lead::Lead,
    model::{Address, Host, HostDraft, Level, PasswordChange, Target},
    store::Pins,
};
use serde_json::json;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UnixListener},
    task::JoinHandle,
    time::{Instant, timeout},
};

/// Far longer than anything here takes; only a test that fails waits so long.
const TIMEOUT: Duration = Duration::from_secs(20);
const V38: &[u8] = b"RFB 003.008\n";
const DESK: &[u8] = b"\x03\x20\x02\x58\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\0\0\0\0\0\0\x04desk";
/// What VNC authentication makes of sixteen zeros and the password `sesame`; computed with OpenSSL's DES.
const SESAME: &[u8] = &[0x6a, 0xee, 0x26, 0x0d, 0xf2, 0x5a, 0xaf, 0xcc, 0x6a, 0xee, 0x26, 0x0d, 0xf2, 0x5a, 0xaf, 0xcc];

/// What a server does next.
#[derive(Clone, Copy)]
enum Turn {
    Say(&'static [u8]),
    Hear(&'static [u8]),
    /// Says nothing more, until the other side leaves.
    Hang,
}
use Turn::{Hang, Hear, Say};

/// A server that follows a script for each who comes.
struct Server {
    address: String,
    playing: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.playing.abort();
    }
}

impl Server {
    async fn start(scripts: &[&[Turn]]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("127.0.0.1::{}", listener.local_addr().unwrap().port());
        let scripts: Vec<_> = scripts.iter().map(|script| script.to_vec()).collect();
        let playing = tokio::spawn(async move {
            for script in scripts {
                play(listener.accept().await.unwrap().0, &script).await;
            }
        });
        Self { address, playing }
    }
}

async fn play(mut stream: impl AsyncRead + AsyncWrite + Unpin, script: &[Turn]) {
    for turn in script {
        match turn {
            // Who has left hears no more; the test sees what they made of it.
            Say(bytes) => drop(stream.write_all(bytes).await),
            Hear(bytes) => {
                let mut heard = vec![0; bytes.len()];
                if stream.read_exact(&mut heard).await.is_err() || heard != *bytes {
                    return;
                }
            }
            Hang => while stream.read(&mut [0; 64]).await.is_ok_and(|length| length > 0) {},
        }
    }
}

fn target(address: &str) -> Target {
    Target::unsaved(address.to_owned(), Address::parse(address).unwrap(), false)
}

fn login(password: &str) -> Option<Login> {
    Some(Login { username: None, password: password.to_owned().into() })
}

async fn examine(target: Target, login: Option<Login>) -> Report {
    let examination =
        ProbeRequest { target, login, saved: Saved::default(), accept: TrustPolicy::Known, console_login: false };
    timeout(TIMEOUT, doctor::examine(examination, &Pins::default())).await.unwrap()
}

/// The stages in order, a failed one with an exclamation mark.
fn stages(report: &Report) -> String {
    let stage = |stage: &doctor::StageReport| format!("{}{}", stage.stage, if stage.ok { "" } else { "!" });
    report.stages.iter().map(stage).collect::<Vec<_>>().join(" ")
}

/// How often each stage waited for the other side.
fn round_trips(report: &Report) -> Vec<Option<u32>> {
    report.stages.iter().map(|stage| stage.round_trips).collect()
}

fn error(report: &Report) -> Option<&Error> {
    report.error.as_ref().map(|failure| &failure.error)
}

const NONE: &[Turn] = &[Say(V38), Hear(V38), Say(&[1, 1]), Hear(&[1]), Say(&[0; 4]), Hear(&[1]), Say(DESK), Hang];
const ASKS: &[Turn] = &[Say(V38), Hear(V38), Say(&[2, 2, 77]), Hear(&[2]), Say(&[0; 16]), Hang];
const ACCEPTS: &[Turn] = &[
    Say(V38),
    Hear(V38),
    Say(&[2, 2, 77]),
    Hear(&[2]),
    Say(&[0; 16]),
    Hear(SESAME),
    Say(&[0; 4]),
    Hear(&[1]),
    Say(DESK),
    Hang,
];

#[tokio::test]
async fn a_server_without_a_password_shows_its_screen() {
    let server = Server::start(&[NONE]).await;
    let report = examine(target(&server.address), None).await;
    assert_eq!(stages(&report), "dial greeting security login desktop");
    assert_eq!((report.protocol.as_deref(), report.chosen.as_deref()), (Some("3.8"), Some("None")));
    assert_eq!((report.protection, report.error), (Some(Level::Clear), None));
    let desktop = report.desktop.unwrap();
    assert_eq!((desktop.name.as_str(), desktop.width, desktop.height), ("desk", 800, 600));
}

#[tokio::test]
async fn without_a_login_it_stops_where_one_is_wanted() {
    let server = Server::start(&[ASKS]).await;
    let report = examine(target(&server.address), None).await;
    assert_eq!(stages(&report), "dial greeting security login");
    assert_eq!(report.stages.last().unwrap().detail, "a password is asked for");
    assert_eq!(report.offered, ["VncAuth", "type 77"]);
    assert_eq!((report.protection, report.desktop, report.error), (Some(Level::Password), None, None));
}

#[tokio::test]
async fn with_a_login_it_goes_all_the_way() {
    let server = Server::start(&[ACCEPTS]).await;
    let report = examine(target(&server.address), login("sesame")).await;
    assert_eq!(stages(&report), "dial greeting security login desktop", "{report:?}");
    assert_eq!(round_trips(&report), [Some(1), Some(0), Some(1), Some(2), Some(1)], "{report:?}");
    assert_eq!(report.desktop.unwrap().name, "desk");
}

#[tokio::test]
async fn what_was_seen_before_a_wrong_password_is_still_told() {
    const REFUSES: &[Turn] =
        &[Say(V38), Hear(V38), Say(&[1, 2]), Hear(&[2]), Say(&[0; 16]), Hear(SESAME), Say(b"\0\0\0\x01\0\0\0\x03No.")];
    let server = Server::start(&[REFUSES]).await;
    let report = examine(target(&server.address), login("sesame")).await;
    assert_eq!(stages(&report), "dial greeting security login!");
    assert_eq!((report.protocol.as_deref(), report.offered.clone()), (Some("3.8"), vec!["VncAuth".to_owned()]));
    let Some(Error::Connect(ConnectError::AuthFailed { reason, too_many: false, .. })) = error(&report) else {
        panic!("{report:?}")
    };
    assert_eq!(reason.as_deref(), Some("No."));
    let failure = report.error.unwrap();
    assert_eq!(report.stages.last().unwrap().detail, failure.message);
}

#[tokio::test]
async fn who_refuses_everybody_is_quoted() {
    let server = Server::start(&[&[Say(V38), Hear(V38), Say(b"\0\0\0\0\x04Busy")]]).await;
    let report = examine(target(&server.address), None).await;
    assert_eq!(stages(&report), "dial greeting security!");
    assert!(
        matches!(error(&report), Some(Error::Connect(ConnectError::Refused { reason: Some(reason), .. })) if reason == "Busy")
    );
}

#[tokio::test]
async fn who_is_no_vnc_server_is_named() {
    let server = Server::start(&[&[Say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Hang]]).await;
    let report = examine(target(&server.address), None).await;
    assert_eq!(stages(&report), "dial greeting!");
    assert!(
        matches!(
            error(&report),
            Some(Error::Connect(ConnectError::NotRfb { looks_like: Some(OtherProtocol::Http), .. }))
        ),
        "{report:?}"
    );
}

#[tokio::test]
async fn where_nobody_listens_it_ends_at_the_dial() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let report = examine(target(&format!("127.0.0.1::{port}")), None).await;
    assert_eq!(stages(&report), "dial!");
    assert!(matches!(error(&report), Some(Error::Connect(ConnectError::ConnectionRefused { .. }))));

    let report = examine(target(&format!("localhost::{port}")), None).await;
    assert_eq!(stages(&report), "resolve dial!");
    let report = examine(target("no-such-machine.invalid"), None).await;
    assert_eq!(stages(&report), "resolve!");
    assert!(matches!(error(&report), Some(Error::Connect(ConnectError::UnknownName { .. }))));
}

#[tokio::test]
async fn a_token_in_the_address_is_told_to_nobody() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let report = examine(target(&format!("ws://127.0.0.1:{port}/websockify?token=abc123")), None).await;
    assert_eq!(stages(&report), "dial!");
    assert_eq!(report.target, format!("ws://127.0.0.1:{port}/websockify"));
    assert!(!serde_json::to_string(&report).unwrap().contains("abc123"), "{report:?}");
}

/// On a Unix socket: there the clock, which jumps where nobody has anything to do, jumps over no byte on its way.
#[tokio::test(start_paused = true)]
async fn who_is_silent_is_given_up_as_in_a_session() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vnc");
    let listener = UnixListener::bind(&path).unwrap();
    let playing = tokio::spawn(async move { play(listener.accept().await.unwrap().0, &[Hang]).await });
    let began = Instant::now();
    let report = examine(target(path.to_str().unwrap()), None).await;
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!(stages(&report), "dial greeting!");
    assert!(report.stages.last().unwrap().ms >= 10_000);
    assert!(matches!(error(&report), Some(Error::Connect(ConnectError::TimeoutGreeting { seconds: 10, .. }))));
    playing.await.unwrap();
}

#[tokio::test]
async fn a_list_without_anything_better_is_left_for_what_stands_beside_it() {
    const VENCRYPT: &[Turn] = &[
        Say(V38),
        Hear(V38),
        Say(&[2, 19, 2]),
        Hear(&[19]),
        Say(&[0, 2]),
        Hear(&[0, 2]),
        Say(&[0]),
        Say(b"\x01\0\0\x01\0"),
        Hang,
    ];
    const BESIDE: &[Turn] = &[Say(V38), Hear(V38), Say(&[2, 19, 2]), Hear(&[2]), Say(&[0; 16]), Hang];
    let server = Server::start(&[VENCRYPT, BESIDE]).await;
    let report = examine(target(&server.address), None).await;
    assert_eq!(stages(&report), "dial greeting security login");
    assert_eq!(report.offered, ["VeNCrypt", "VncAuth", "Plain"]);
    assert_eq!(report.chosen.as_deref(), Some("VncAuth"));
}

#[tokio::test]
async fn whoever_has_a_password_wants_it_checked() {
    const LETS_IN: &[Turn] =
        &[Say(V38), Hear(V38), Say(&[2, 1, 2]), Hear(&[1]), Say(&[0; 4]), Hear(&[1]), Say(DESK), Hang];
    const CHECKS: &[Turn] = &[Say(V38), Hear(V38), Say(&[2, 1, 2]), Hear(&[2]), Say(&[0; 16]), Hear(SESAME)];
    let server = Server::start(&[LETS_IN, CHECKS, CHECKS]).await;
    let saved = Target { has_password: true, ..target(&server.address) };
    for (target, login, chosen) in [
        (target(&server.address), None, "None"),
        // What its session would take, though there is nothing to log in with here.
        (saved, None, "VncAuth"),
        (target(&server.address), login("sesame"), "VncAuth"),
    ] {
        assert_eq!(examine(target, login).await.chosen.as_deref(), Some(chosen));
    }
}

#[tokio::test]
async fn a_repeater_is_told_whom_we_want_where_that_is_known() {
    const FILLED_UP: &[u8] = &[0; 243];
    const REPEATS: &[Turn] = &[
        Say(b"RFB 000.000\n"),
        Hear(b"ID:1234"),
        Hear(FILLED_UP),
        Say(V38),
        Hear(V38),
        Say(&[1, 2]),
        Hear(&[2]),
        Say(&[0; 16]),
        Hang,
    ];
    let server = Server::start(&[REPEATS, &[Say(b"RFB 000.000\n"), Hang]]).await;
    let mut with_id = target(&server.address);
    with_id.repeater_id = "1234".to_owned();
    let report = examine(with_id, None).await;
    assert_eq!(stages(&report), "dial greeting security login", "{report:?}");
    assert_eq!(report.stages[1].detail, "RFB 3.8, through a repeater");

    let report = examine(target(&server.address), None).await;
    assert_eq!(stages(&report), "dial greeting!");
    assert!(matches!(error(&report), Some(Error::Connect(ConnectError::Repeater { .. }))));
}

/// The JSON form, to the key: scripts read it.
#[tokio::test]
async fn the_json_form_is_stable() {
    let server = Server::start(&[NONE, &[]]).await;
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    let mut report = examine(target(&server.address), None).await;
    report.stages.iter_mut().for_each(|stage| stage.ms = 1);
    let stage = |stage: &str, detail: &str, round_trips: u32| json!({ "stage": stage, "ok": true, "ms": 1, "detail": detail, "round_trips": round_trips });
    let at = format!("127.0.0.1:{port}");
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        json!({
            "target": at,
            "stages": [
                stage("dial", &at, 1),
                stage("greeting", "RFB 3.8", 0),
                stage("security", "None", 1),
                stage("login", "none is asked for", 1),
                stage("desktop", "800x600", 1),
            ],
            "protocol": "3.8",
            "offered": ["None"],
            "chosen": "None",
            "protection": "clear",
            "tunnel": null,
            "identity": null,
            "desktop": { "name": "desk", "width": 800, "height": 600 },
            "error": null,
        })
    );

    let mut report = examine(target(&server.address), None).await;
    report.stages.iter_mut().for_each(|stage| stage.ms = 1);
    let message = format!("{at} closed the connection without a greeting: is this a VNC port?");
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        json!({
            "target": at,
            "stages": [stage("dial", &at, 1), { "stage": "greeting", "ok": false, "ms": 1, "detail": message, "round_trips": 0 }],
            "protocol": null,
            "offered": [],
            "chosen": null,
            "protection": null,
            "tunnel": null,
            "identity": null,
            "desktop": null,
            "error": { "code": "not_rfb_closed", "address": at, "message": message },
        })
    );
}

/// The editor's "Test connection".
#[tokio::test]
async fn a_form_is_examined_without_saving_it() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine::start(folder.path(), &[]).await;
    let before = engine.hosts().view().hosts;
    let server = Server::start(&[ASKS, ACCEPTS]).await;
    let form =
        |address: &str| HostDraft { id: None, address: address.to_owned(), ..HostDraft::from(&Host::demo("New")) };

    let (told, telling) = (Arc::new(Mutex::new(vec![])), |told: &Arc<Mutex<Vec<StageReport>>>| {
        let told = Arc::clone(told);
        move |stage: &StageReport| told.lock().unwrap().push(stage.clone())
    });
    let keep = PasswordChange::Keep;
    let tested = engine.test_connection(form(&server.address), keep, telling(&told)).await.unwrap();
    let report = tested.report;
    assert_eq!(stages(&report), "dial greeting security login", "nothing to log in with");
    assert_eq!(*told.lock().unwrap(), report.stages, "each was told when it was over");
    let typed = PasswordChange::Set { password: "sesame".to_owned().into() };
    let tested = engine.test_connection(form(&server.address), typed, |_| {}).await.unwrap();
    assert_eq!((stages(&tested.report).as_str(), tested.lead), ("dial greeting security login desktop", None));

    let unreadable = engine.test_connection(form("a b"), PasswordChange::Keep, |_| {}).await.unwrap_err();
    assert!(matches!(unreadable, Error::Form(FormError::Fields { .. })));
    assert_eq!(engine.hosts().view().hosts, before);
}

#[tokio::test]
async fn a_test_of_a_form_that_fails_leads_on_as_a_session_does() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine::start(folder.path(), &[]).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let form = |address: &str| HostDraft { address: address.to_owned(), ..HostDraft::from(&Host::demo("New")) };
    let there = HostDraft { id: None, ssh_jump: "gate".into(), ..form(&closed) };
    engine.hosts().save(there, PasswordChange::Keep).await.unwrap();

    let tested =
        engine.test_connection(HostDraft { id: None, ..form(&closed) }, PasswordChange::Keep, |_| {}).await.unwrap();
    assert!(matches!(tested.report.error.unwrap().error, Error::Connect(ConnectError::ConnectionRefused { .. })));
    let Some(Lead::Listed { name, through, .. }) = tested.lead else { panic!("{:?}", tested.lead) };
    assert_eq!((name.as_str(), through.as_str()), ("New", "gate"));
}

/// How a proxy begins that lets in `ann` with `sesame`.
const KNOWS_ANN: &[Turn] = &[Hear(b"\x05\x02\x00\x02"), Say(&[5, 2]), Hear(b"\x01\x03ann\x06sesame"), Say(&[1, 0])];

#[tokio::test]
async fn a_proxy_is_a_stage_of_its_own() {
    let led = [
        &[
            Hear(b"\x05\x01\x00"),
            Say(&[5, 0]),
            Hear(b"\x05\x01\x00\x03\x06studio\x17\x0c"),
            Say(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
        ],
        NONE,
    ]
    .concat();
    let unreachable =
        [Hear(b"\x05\x01\x00"), Say(&[5, 0]), Hear(b"\x05\x01\x00\x03\x06studio\x17\x0c"), Say(&[5, 5, 0, 1])];
    let proxy = Server::start(&[&led, &unreachable]).await;
    let through = |user: &str| {
        let port = proxy.address.rsplit(':').next().unwrap();
        Target { proxy: Some(format!("socks5://{user}127.0.0.1:{port}").parse().unwrap()), ..target("studio") }
    };
    let report = examine(through(""), None).await;
    assert_eq!(stages(&report), "dial proxy greeting security login desktop", "{report:?}");
    let report = examine(through(""), None).await;
    assert_eq!(stages(&report), "dial proxy!");
    assert!(matches!(error(&report), Some(Error::Connect(ConnectError::ProxyForward { .. }))), "{report:?}");

    // Its password is neither in the keyring nor asked for.
    let report = examine(through("ann@"), None).await;
    assert!(matches!(error(&report), Some(Error::Connect(ConnectError::ProxyDenied { .. }))), "{report:?}");
    let unix = Target { address: Address::parse("/run/vm.sock").unwrap(), ..through("") };
    let report = examine(unix, None).await;
    assert!(matches!(error(&report), Some(Error::Connect(ConnectError::ProxyFailed { .. }))), "{report:?}");
}

#[tokio::test]
async fn the_login_of_a_proxy_comes_out_of_the_keyring_and_is_in_no_report() {
    let mut script = KNOWS_ANN.to_vec();
    script.extend([Hear(b"\x05\x01\x00\x03\x06studio\x17\x0c"), Say(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])]);
    script.extend(NONE);
    let denied = [&KNOWS_ANN[..3], &[Say(&[1, 1])]].concat();
    let proxy = Server::start(&[&script, &denied]).await;
    let text = format!("socks5://ann@127.0.0.1:{}", proxy.address.rsplit(':').next().unwrap());
    let target = Target { proxy: Some(text.parse().unwrap()), ..target("studio") };
    let keyring = Keyring::in_memory();
    keyring.set(format!("proxy {text}"), &"sesame".to_owned().into()).await.unwrap();
    for expected in ["dial proxy greeting security login desktop", "dial proxy!"] {
        let saved = Saved::of(&target, &keyring).await.unwrap();
        let examination = ProbeRequest {
            target: target.clone(),
            login: None,
            saved,
            accept: TrustPolicy::Known,
            console_login: false,
        };
        let report = timeout(TIMEOUT, doctor::examine(examination, &Pins::default())).await.unwrap();
        assert_eq!(stages(&report), expected, "{report:?}");
        assert!(!format!("{report:?}{}", json!(report)).contains("sesame"));
    }
}
