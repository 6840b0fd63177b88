//! What real servers do for a viewer: does the remote screen follow the window, does text arrive, does the quality change what is
//! sent. A measurement: `cargo xtask abilities` prints the table that is in docs/SERVERS.md.

use crate::{
    desk::{App, Counter, Desk, Maker, Other, PASSWORD, Page},
    user,
};
use serde_json::json;
use std::{
    fs,
    net::SocketAddr,
    path::Path,
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::time::{Instant, sleep};

const MAKERS: [(&str, Maker); 6] = [
    ("TigerVNC Xvnc", Maker::Xvnc),
    ("x0vncserver", Maker::X0vncserver),
    ("x11vnc", Maker::X11vnc),
    ("QEMU, no guest", Maker::Qemu),
    ("wayvnc in sway", Maker::Wayvnc),
    ("krfb", Maker::Krfb),
];

/// The letters that are tried, and how the table names them.
const LETTERS: [(&str, &str); 4] = [("ASCII", "plain text"), ("é", "café"), ("你好", "你好"), ("🙂", "🙂")];
/// Lengths that are tried, in letters.
const LENGTHS: [(usize, &str); 3] = [(60_000, "60 kB"), (250_000, "250 kB"), (2_000_000, "2 MB")];
/// Until something has come that will come.
const TIMEOUT: Duration = Duration::from_secs(6);
/// More bytes than any handshake has.
const HANDSHAKE: u64 = 5000;
/// Longer than a server takes between two pieces of one update.
const PAUSE: Duration = Duration::from_millis(70);
/// Longer than a server waits before it sends the same screen again, better.
const AFTERWARDS: Duration = Duration::from_secs(3);
/// Bytes. A fence has fewer.
const QUESTION: u64 = 100;
/// x11vnc passes no text on in the first half minute.
const X11VNC_SETTLES: Duration = Duration::from_secs(40);
/// The window's size for what follows it.
const WINDOW: (u32, u32) = (900, 600);

#[tokio::test]
#[ignore = "a measurement: cargo xtask abilities"]
async fn of_real_servers() {
    let wanted = std::env::var("ABILITIES_OF").unwrap_or_default();
    let mut table = String::from(
        "| server | follows the window | text to it | text from it | kB at best, then | kB at low, then |\n\
         | --- | --- | --- | --- | --- | --- |",
    );
    for (name, maker) in MAKERS.iter().filter(|(name, _)| name.contains(&wanted)) {
        let missing = maker.missing();
        let row = match missing.is_empty() {
            true => row(name, *maker).await,
            false => format!("not installed here: {} | | | |", missing.join(", ")),
        };
        table += &format!("\n| {name} | {row} |");
        println!("{table}\n");
    }
}

async fn row(server_name: &str, maker: Maker) -> String {
    let desk = Desk::of("of_real_servers").open().await;
    let server = Other::start(&desk, maker).await;
    let counter = Counter::before(SocketAddr::from(([127, 0, 0, 1], server.port())));
    let host = |number: u8, name: &str, display| {
        let id = format!("6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a{number:02}");
        json!({ "id": id, "name": name, "address": counter.address(), "display": display })
    };
    let hosts = [
        host(1, "Best", json!({ "quality": "best", "scaling": "fit" })),
        host(2, "Low", json!({ "quality": "low", "scaling": "fit" })),
        host(3, "Follows", json!({ "scaling": "follow" })),
    ];
    desk.write_hosts(&json!({ "version": 1, "hosts": hosts }).to_string());
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    let mut costs = Vec::new();
    for name in ["Best", "Low"] {
        let cost = first_update(counter.clone());
        open(&app, &hosts, name, maker).await;
        costs.push(cost.join().expect("a thread that counts"));
        keep_picture(&desk, &format!("{server_name}, {name}"));
        desk.display().close_window(name);
        let gone = || (!desk.display().has_window(name)).then_some(());
        within(TIMEOUT, async || gone()).await.expect("a window that closes");
    }
    let viewer = open(&app, &hosts, "Follows", maker).await;
    let follows = follows(&desk, &viewer).await;
    keep_picture(&desk, &format!("{server_name}, follows"));
    if matches!(maker, Maker::X11vnc) {
        sleep(X11VNC_SETTLES).await;
    }
    let [to, from] = texts(&desk, &server, &viewer).await;
    app.crash().await;
    let [best, low] = [0, 1].map(|at| costs[at].map(|bytes| format!("{:.0}", bytes as f64 / 1000.0)).join(", then "));
    format!("{follows} | {to} | {from} | {best} | {low}")
}

/// Opens a machine of the list, and gives the password where one is wanted.
async fn open<'a>(app: &'a App<'_>, hosts: &Page<'_>, name: &str, maker: Maker) -> Page<'a> {
    app.desk().display().focus("Portlight");
    user::open(hosts, name).await;
    let viewer = app.viewer(name).await;
    if matches!(maker, Maker::Krfb) {
        user::answer(&viewer, PASSWORD, false).await;
    }
    viewer.until_state("live").await;
    viewer
}

/// Keeps what is to be seen, for the eye: in `target/e2e/abilities`.
fn keep_picture(desk: &Desk, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("e2e").join("abilities");
    fs::create_dir_all(&folder).expect("a folder");
    desk.display().picture().save(folder.join(format!("{name}.png"))).expect("a folder");
}

/// What a server sends until it pauses for the first time, and what it sends of the same still screen after that: a lossless
/// picture behind a lossy one, perhaps. A thread of its own, as what opens a window blocks.
fn first_update(counter: Counter) -> JoinHandle<[u64; 2]> {
    let before = counter.bytes();
    thread::spawn(move || {
        let began = Instant::now();
        let (mut last, mut grown, mut first) = (before, began, None);
        while began.elapsed() < 5 * TIMEOUT && (first.is_none() || grown.elapsed() < AFTERWARDS) {
            thread::sleep(Duration::from_millis(5));
            let now = counter.bytes();
            if first.is_none() && last - before >= HANDSHAKE && grown.elapsed() >= PAUSE {
                first = Some(last - before);
            }
            // What is less is a question about the connection, and its answer.
            if now > last + QUESTION || (first.is_none() && now > last) {
                (last, grown) = (now, Instant::now());
            }
        }
        let first = first.unwrap_or(last - before);
        [first, last - before - first]
    })
}

/// Whether the remote screen gets the window's size.
async fn follows(desk: &Desk, viewer: &Page<'_>) -> String {
    desk.display().place("Follows", WINDOW);
    let (width, height) = WINDOW;
    let placed = format!("innerWidth === {width} && innerHeight === {height}");
    viewer.until("the window's size", &placed).await;
    let same = format!(
        "return [...document.querySelectorAll('#screen canvas')]
            .some((canvas) => canvas.width === {width} && canvas.height === {height})"
    );
    let followed = within(TIMEOUT, async || (viewer.script(&same).await == true).then_some(())).await;
    let size = "const canvas = document.querySelector('#screen canvas'); return `${canvas.width}x${canvas.height}`";
    let size = viewer.script(size).await;
    let size = size.as_str().unwrap_or_default();
    if followed.is_some() { format!("yes ({size})") } else { format!("no (stays {size})") }
}

/// Which texts arrive there, and which here.
async fn texts(desk: &Desk, server: &Other, viewer: &Page<'_>) -> [String; 2] {
    if !server.has_clipboard() {
        return ["–", "–"].map(str::to_owned);
    }
    let (mut to, mut from) = (Vec::new(), Vec::new());
    let long: Vec<_> = LENGTHS.iter().map(|(length, name)| (*name, "x".repeat(*length))).collect();
    let all =
        LETTERS.iter().map(|(name, text)| (*name, *text)).chain(long.iter().map(|(name, text)| (*name, &text[..])));
    // First all that comes from there: a text that it cannot take was seen to be a server's end.
    for (name, text) in all.clone() {
        copied_by(name, text, async |text| server.copy(text), || desk.display().paste(), viewer, &mut from).await;
    }
    for (name, text) in all {
        // Another text, as this one is there already.
        let text = format!("{text}.");
        let copy = async |text: &str| {
            desk.display().focus("Portlight");
            desk.display().copy(text);
            desk.display().focus("Follows");
        };
        copied_by(name, &text, copy, || server.paste(), viewer, &mut to).await;
    }
    [to.join(", "), from.join(", ")]
}

/// Copies a text that is not there yet, and notes what came of it, and what the viewer has said where that is less than all.
async fn copied_by(
    name: &str,
    text: &str,
    copy: impl AsyncFn(&str),
    mut paste: impl FnMut() -> Option<String>,
    viewer: &Page<'_>,
    notes: &mut Vec<String>,
) {
    let before = paste();
    let said_before = said(viewer).await;
    copy(text).await;
    let arrived = within(TIMEOUT, async || paste().filter(|now| Some(now) != before.as_ref())).await;
    let note = match arrived {
        Some(now) if now == text => return notes.push(name.to_owned()),
        Some(now) if now.chars().count() > 20 => format!("{name}: {} of it", now.chars().count()),
        Some(now) => format!("{name} as “{now}”"),
        None => format!("{name}: nothing"),
    };
    let said = said(viewer).await;
    notes.push(if said.is_empty() || said == said_before { note } else { format!("{note} (“{said}”)") });
}

/// What a viewer tells its user in passing.
async fn said(viewer: &Page<'_>) -> String {
    let said = viewer.script("return document.querySelector('#toast')?.innerText ?? ''").await;
    said.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Looks until there is something, but not for ever: here that nothing comes is an answer.
async fn within<T>(limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        match look().await {
            None if Instant::now() < deadline => sleep(Duration::from_millis(100)).await,
            found => return found,
        }
    }
}
