//! Full screen where this computer has several monitors: on one of them, on some, on all.

use crate::desk::{App, Desk, Page, Server, until};
use serde_json::json;

/// Width and height of each monitor; they stand side by side.
const MONITOR: (i32, i32) = (700, 900);
/// The machine's name, and its window's title.
const NAME: &str = "Studio";

/// A machine with what was chosen in its window.
async fn machine(desk: &Desk, display: &serde_json::Value) -> Server {
    let server = Server::start(desk, None).await;
    let id = "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01";
    let host = json!({ "id": id, "name": NAME, "address": server.address(), "display": display });
    desk.write_hosts(&json!({ "version": 1, "hosts": [host] }).to_string());
    server
}

/// Opens its window.
async fn start<'d>(desk: &'d Desk) -> App<'d> {
    let app = App::start(desk, &[NAME]).await;
    app.viewer(NAME).await.until_state("live").await;
    app
}

/// The place that these monitors make together, counted from 0.
fn place(first: i32, last: i32) -> (i32, i32, i32, i32) {
    (first * MONITOR.0, 0, (last - first + 1) * MONITOR.0, MONITOR.1)
}

async fn until_filled(desk: &Desk, what: &str, place: (i32, i32, i32, i32)) {
    let mut before = None;
    until(what, async || {
        let now = desk.display().place_of(NAME);
        if now != before {
            eprintln!("{what}: {now:?}");
            before = now;
        }
        (now == Some(place)).then_some(())
    })
    .await;
}

/// Chooses an entry of the menu of sizes.
async fn choose(viewer: &Page<'_>, label: &str) {
    viewer.use_tool("#scale").await;
    let item = format!(
        "[...document.querySelectorAll('[role=menuitemradio]')].find((item) => item.textContent.trim() === {label:?})"
    );
    viewer.until(label, &item).await;
    viewer.script(&format!("{item}.click()")).await;
}

fn only(number: i32) -> String {
    format!("Full screen on monitor {} ({} × {})", number + 1, MONITOR.0, MONITOR.1)
}

#[tokio::test]
async fn full_screen_fills_the_monitor_that_was_chosen() {
    let desk = Desk::of("full_screen_fills_the_monitor_that_was_chosen");
    let desk = desk.without_keyring().monitors(2).open().await;
    let _server = machine(&desk, &json!({ "full_screen": true, "monitors": { "one": 1 } })).await;
    let app = start(&desk).await;
    let viewer = app.viewer(NAME).await;
    until_filled(&desk, "the second monitor to be filled from the start", place(1, 1)).await;
    choose(&viewer, &only(0)).await;
    until_filled(&desk, "the first monitor to be filled", place(0, 0)).await;
    choose(&viewer, "Full screen on the window’s monitor").await;
    until_filled(&desk, "it to stay there", place(0, 0)).await;
    viewer.use_tool("#full-screen").await;
    let is_window = |place: &(i32, i32, i32, i32)| place.2 < MONITOR.0;
    until("a window again", async || desk.display().place_of(NAME).filter(is_window)).await;
}

/// openbox cannot spread a window over several monitors; icewm can.
#[tokio::test]
async fn full_screen_fills_some_of_three_monitors_or_all_and_knows_which_by_their_set() {
    const ALL: &str = "Full screen on all monitors";
    const LEFT: &str = "Full screen on monitors 1, 2";
    const RIGHT: &str = "Full screen on monitors 2, 3";
    let desk = Desk::of("full_screen_fills_some_of_three_monitors");
    let desk = desk.without_keyring().monitors(3).managed_by("icewm").open().await;
    let _server = machine(&desk, &json!({ "full_screen": true, "monitors": "all" })).await;
    let app = start(&desk).await;
    let viewer = app.viewer(NAME).await;
    until_filled(&desk, "all to be filled from the start", place(0, 2)).await;

    // From each choice to each other kind.
    for (label, first, last) in [
        (LEFT, 0, 1),
        (RIGHT, 1, 2),
        (&*only(2), 2, 2),
        (LEFT, 0, 1),
        (ALL, 0, 2),
        (&*only(0), 0, 0),
        (ALL, 0, 2),
        (RIGHT, 1, 2),
    ] {
        choose(&viewer, label).await;
        until_filled(&desk, label, place(first, last)).await;
    }
    // A window again, and back: the same ones.
    viewer.use_tool("#full-screen").await;
    until("a window", async || desk.display().place_of(NAME).filter(|place| place.2 <= MONITOR.0)).await;
    viewer.use_tool("#full-screen").await;
    until_filled(&desk, "those two again", place(1, 2)).await;

    // The third one goes: what was chosen without it is not this.
    desk.display().close_window(NAME);
    app.end().await;
    desk.monitors().set(2);
    let app = start(&desk).await;
    let viewer = app.viewer(NAME).await;
    choose(&viewer, ALL).await;
    until_filled(&desk, "both to be filled", place(0, 1)).await;
    desk.display().close_window(NAME);
    app.end().await;
    desk.monitors().set(3);
    let app = start(&desk).await;
    until_filled(&desk, "the two that were chosen with three", place(1, 2)).await;
    desk.display().close_window(NAME);
    app.end().await;
}

#[tokio::test]
async fn a_monitor_that_goes_takes_no_window_along() {
    let desk = Desk::of("a_monitor_that_goes_takes_no_window_along");
    let desk = desk.without_keyring().monitors(3).managed_by("icewm").open().await;
    let _server = machine(&desk, &json!({ "full_screen": true, "monitors": { "one": 2 } })).await;
    let app = start(&desk).await;
    let viewer = app.viewer(NAME).await;
    until_filled(&desk, "the third one to be filled", place(2, 2)).await;
    desk.monitors().set(2);
    let is_seen = |place: &(i32, i32, i32, i32)| place.0 < 2 * MONITOR.0;
    until("it to be seen on another one", async || desk.display().place_of(NAME).filter(is_seen)).await;
    choose(&viewer, "Full screen on all monitors").await;
    until_filled(&desk, "both to be filled", place(0, 1)).await;
    desk.monitors().set(1);
    until_filled(&desk, "the last one to be filled", place(0, 0)).await;
    desk.monitors().set(3);
    assert_eq!(viewer.script("return document.body.dataset.state").await, "live");
}
