//! The quality of the picture, and what is told of the connection. One of them is a measurement: `cargo xtask quality`.

use crate::{
    desk::{App, Counter, Desk, Far, Page, Scripted, Server, until},
    user,
};
use serde_json::json;
use std::{fmt::Write, net::SocketAddr, time::Duration};
use tokio::time::sleep;

/// SetEncodings (RFC 6143 7.5.2).
const SET_ENCODINGS: u8 = 2;
/// Its pseudo-encodings for the quality of JPEG and for compression have these at 0 (rfbproto 7.7.1).
const QUALITY: i32 = -32;
const COMPRESSION: i32 = -256;

/// What a viewer has asked for last: quality and compression.
fn asked(heard: &[u8]) -> Option<(i32, i32)> {
    // Nothing else that a viewer says here has a run of these numbers.
    let level = |of: i32| {
        let place = (0..heard.len().saturating_sub(3)).rev().find_map(|at| {
            let number = i32::from_be_bytes(heard[at..at + 4].try_into().ok()?);
            (of..of + 10).contains(&number).then_some(number - of)
        });
        heard.contains(&SET_ENCODINGS).then_some(place)?
    };
    Some((level(QUALITY)?, level(COMPRESSION)?))
}

#[tokio::test]
async fn the_server_hears_of_a_quality_that_is_chosen_and_of_a_remembered_one() {
    let desk = Desk::of("the_server_hears_of_a_quality_that_is_chosen_and_of_a_remembered_one").open().await;
    let server = Scripted::start((64, 48));
    let host = json!({ "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01", "name": "Studio", "address": server.address() });
    desk.write_hosts(&json!({ "version": 1, "hosts": [host] }).to_string());
    let app = App::start(&desk, &["Studio"]).await;
    let viewer = app.viewer("Studio").await;
    let session = server.viewer().await;
    viewer.until_state("live").await;
    let hears = async |what: &str, wanted| {
        until(what, async || (asked(&session.heard()) == Some(wanted)).then_some(())).await;
    };
    hears("noVNC's own quality", (6, 2)).await;
    choose(&viewer, 4).await;
    hears("a low one", (2, 6)).await;
    choose(&viewer, 2).await;
    hears("the best", (9, 2)).await;
    let saved = || std::fs::read_to_string(desk.hosts_file()).expect("a list").contains("\"best\"");
    until("the choice to be saved", async || saved().then_some(())).await;
    drop(session);
    let session = server.viewer().await;
    until("the best after a reconnect", async || (asked(&session.heard()) == Some((9, 2))).then_some(())).await;
}

/// Chooses in the menu: automatic, best, good, low, from 1 on.
async fn choose(viewer: &Page<'_>, place: usize) {
    viewer.use_tool("#quality").await;
    viewer.click(&format!("[role=menuitemradio]:nth-child({place})")).await;
}

#[tokio::test]
async fn what_is_told_of_the_connection_is_what_the_server_has_sent() {
    let desk = Desk::of("what_is_told_of_the_connection_is_what_the_server_has_sent").open().await;
    let server = Server::start(&desk, None).await;
    let counter = Counter::before(SocketAddr::from(([127, 0, 0, 1], server.port())));
    let app = App::start(&desk, &[&counter.address()]).await;
    let viewer = app.viewer(&counter.address()).await;
    viewer.until_state("live").await;
    user::sees(&viewer, &server, [0x33, 0x66, 0x99]).await;
    desk.display().press("ctrl+alt+shift+i");
    viewer.until("a still desktop", "document.querySelector('#bound')?.dataset.bound === 'still'").await;
    let (there, here) = (counter.bytes(), number(&viewer, "#info-total").await);

    server.display.paint([0x99, 0x33, 0x66]);
    let mut xterm = desk.command("xterm");
    let says = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line $i $$; sleep 0.01; done; sleep 1000";
    xterm.env("DISPLAY", &server.display.name).args(["-geometry", "60x20+100+100", "-e", "sh", "-c", says]);
    desk.spawn("xterm", &mut xterm);
    viewer.until("pictures", "document.querySelector('#info-updates').dataset.value > 2").await;
    viewer.until("a still desktop", "document.querySelector('#bound').dataset.bound === 'still'").await;
    let (sent, told) = (counter.bytes() - there, number(&viewer, "#info-total").await - here);
    // Questions and their answers go on meanwhile.
    assert!(sent > 10_000, "{sent}");
    assert!((told - sent as f64).abs() <= 200.0 + sent as f64 / 100.0, "{told} told, {sent} sent");
    assert!(number(&viewer, "#info-answer").await < 1000.0);
    let parts = "return [...document.querySelectorAll('#info-encodings dt')].map((one) => Number(one.dataset.part))";
    let sum: f64 = viewer.script(parts).await.as_array().expect("parts").iter().filter_map(|part| part.as_f64()).sum();
    assert!((0.95..=1.001).contains(&sum), "{sum}");

    desk.display().press("ctrl+alt+shift+i");
    viewer.until_gone("#info").await;
}

async fn number(viewer: &Page<'_>, selector: &str) -> f64 {
    let value = viewer.script(&format!("return Number(document.querySelector({selector:?})?.dataset.value)")).await;
    value.as_f64().unwrap_or(f64::NAN)
}

const LINK: &str = "1mbit";
const SETTLES: Duration = Duration::from_secs(15);
const LOOKS: u32 = 15;
const EVERY: Duration = Duration::from_secs(2);

/// Photographs that take turns behind a terminal that scrolls.
const LOAD: &str = "for n in 1 2 3 4; do convert -size 1024x640 -seed $n plasma: $n.png; done
    xterm -geometry 60x20+0+0 -e sh -c 'while :; do date; seq 3; sleep 0.2; done' &
    while :; do for n in 1 2 3 4; do display -window root $n.png; sleep 2; done; done";

#[tokio::test]
#[ignore = "a measurement: cargo xtask quality"]
async fn over_a_slow_link() {
    let mut table = String::from(
        "| quality | kB/s | updates/s | kB an update | to an answer, ms | asked for at the end |\n| --- | --- | --- | --- | --- | --- |",
    );
    for quality in ["best", "good", "low", "automatic"] {
        let desk = Desk::of("over_a_slow_link").open().await;
        let far = Far::at(LINK);
        let server = Server::start_far(&desk, &far).await;
        let mut load = desk.command("sh");
        load.env("DISPLAY", &server.display.name).args(["-c", LOAD]);
        desk.spawn("load", &mut load);
        let counter = Counter::before(SocketAddr::new(Far::ADDRESS.parse().expect("an address"), server.port()));
        let host = json!({ "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01", "name": "Far", "address": counter.address(), "display": { "quality": quality } });
        desk.write_hosts(&json!({ "version": 1, "hosts": [host] }).to_string());
        let app = App::start(&desk, &["Far"]).await;
        let viewer = app.viewer("Far").await;
        viewer.until_state("live").await;
        desk.display().press("ctrl+alt+shift+i");
        viewer.until_shown("#info-updates").await;
        sleep(SETTLES).await;
        let (before, mut updates, mut answer) = (counter.bytes(), 0.0, 0.0);
        for _ in 0..LOOKS {
            sleep(EVERY).await;
            updates += number(&viewer, "#info-updates").await / f64::from(LOOKS);
            answer += number(&viewer, "#info-answer").await / f64::from(LOOKS);
        }
        let rate = (counter.bytes() - before) as f64 / (EVERY * LOOKS).as_secs_f64() / 1000.0;
        let level = viewer.script("return document.querySelector('#info-quality').dataset.level").await;
        let each = rate / updates;
        write!(table, "\n| {quality} | {rate:.0} | {updates:.1} | {each:.1} | {answer:.0} | {level} |")
            .expect("a string");
        app.crash().await;
    }
    println!("\n{LINK}\n\n{table}");
}
