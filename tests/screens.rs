//! A machine with several screens, each of them in a window of its own.

use crate::desk::{App, Desk, Page, Server, set_screens, until};
use serde_json::json;

/// Of both screens.
const SIZE: (u16, u16) = (640, 480);
const LEFT: [u8; 3] = [0xd0, 0x20, 0x90];
const RIGHT: [u8; 3] = [0x20, 0x90, 0x40];
/// The titles of the session's own window, and of the second screen's.
const OWN: &str = "Studio";
const SECOND: &str = "Studio: screen 2";

/// A machine with two screens side by side, each of another colour: the right one is a terminal.
async fn machine(desk: &Desk) -> Server {
    let server = Server::start(desk, None).await;
    set_screens(server.port(), 2, SIZE).expect("a viewer's way to the display");
    server.display.paint(LEFT);
    let mut xterm = desk.command("xterm");
    xterm.env("DISPLAY", &server.display.name).env("PS1", "$ ");
    xterm.args(["-bg", "#209040", "-geometry", "120x40+640+0", "-e", "sh"]);
    desk.spawn("xterm", &mut xterm);
    until("the terminal", async || (server.display.pixel((1200, 400)) == Some(RIGHT)).then_some(())).await;
    desk.write_hosts(
        &json!({ "version": 1, "hosts": [{
            "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01", "name": OWN, "address": server.address()
        }] })
        .to_string(),
    );
    server
}

/// Chooses it in the menu of sizes.
async fn choose(viewer: &Page<'_>, label: &str) {
    viewer.use_tool("#scale").await;
    let item = format!(
        "[...document.querySelectorAll('[role=menuitemradio]')].find((item) => item.textContent.trim() === {label:?})"
    );
    viewer.until(label, &format!("(({item})?.setAttribute('data-chosen', ''), {item})")).await;
    viewer.click("[data-chosen]").await;
}

/// Waits for the colour at a place of a window.
async fn until_colour(desk: &Desk, window: &str, (x, y): (i32, i32), colour: [u8; 3]) {
    until(&format!("{colour:?} in {window}"), async || {
        let (left, top, ..) = desk.display().place_of(window)?;
        let place = (i16::try_from(left + x).ok()?, i16::try_from(top + y).ok()?);
        (desk.display().pixel(place) == Some(colour)).then_some(())
    })
    .await;
}

async fn until_closed(desk: &Desk, window: &str) {
    until(&format!("{window} to close"), async || (!desk.display().has_window(window)).then_some(())).await;
}

#[tokio::test]
async fn each_screen_has_a_window_of_its_own() {
    let desk = Desk::of("each_screen_has_a_window_of_its_own").open().await;
    let server = machine(&desk).await;
    let app = App::start(&desk, &[OWN]).await;
    let viewer = app.viewer(OWN).await;
    viewer.until_state("live").await;
    choose(&viewer, "One window for each screen").await;
    let place = |title: &str| desk.display().place_of(title);
    let (x, y, width, height) = until("a second window", async || place(SECOND)).await;
    assert_eq!((width, height), (640, 480), "as large as its screen");
    until("the first one to fit its screen", async || place(OWN).filter(|own| (own.2, own.3) == (640, 480))).await;
    until_colour(&desk, SECOND, (600, 400), RIGHT).await;

    // The pointer and the keys are the machine's, at the right place.
    desk.display().point(x + 100, y + 50);
    until("the pointer there", async || (server.display.pointer() == (740, 50)).then_some(())).await;
    desk.display().click((x + 100, y + 50));
    let file = desk.home().join("typed");
    desk.display().type_text(&format!("touch {}\n", file.display()));
    until("what was typed", async || file.exists().then_some(())).await;

    // Its bar takes the keys, and gives them back with none of them down over there.
    let focused =
        |what: &str| format!("(open('', 'screen-2')?.document.querySelector('{what}:focus') ?? null) !== null");
    desk.display().press("ctrl+alt+shift+t");
    viewer.until("its bar to have the focus", &focused("#bar button")).await;
    desk.display().press("Escape");
    viewer.until("the screen to have it again", &focused("canvas")).await;
    let other = desk.home().join("typed later");
    desk.display().type_text(&format!("touch '{}'\n", other.display()));
    until("what was typed later", async || other.exists().then_some(())).await;

    // It scales on its own, and the pointer with it.
    desk.display().place(SECOND, (320, 240));
    let (x, y, ..) = until("half of it", async || place(SECOND).filter(|second| second.2 == 320)).await;
    until("the pointer at the scaled place", async || {
        desk.display().point(x + 200, y + 100);
        (server.display.pointer() == (640 + 400, 200)).then_some(())
    })
    .await;

    // Who closes it has all of the machine in one window again.
    desk.display().close_window(SECOND);
    until_closed(&desk, SECOND).await;
    until("both screens in one", async || place(OWN).filter(|own| (own.2, own.3) == (1280, 480))).await;
    assert_eq!(viewer.script("return document.body.dataset.state").await, "live");
}

#[tokio::test]
async fn the_windows_of_single_screens_go_with_their_session() {
    let desk = Desk::of("the_windows_of_single_screens_go_with_their_session").open().await;
    let server = machine(&desk).await;
    let app = App::start(&desk, &[OWN]).await;
    let viewer = app.viewer(OWN).await;
    viewer.until_state("live").await;
    let open = async || {
        choose(&viewer, "One window for each screen").await;
        until_colour(&desk, SECOND, (600, 400), RIGHT).await;
    };
    open().await;
    // It goes on while the session's own window is not to be seen.
    desk.display().minimise(OWN);
    server.display.paint(LEFT);
    let mut xterm = desk.command("xterm");
    xterm.env("DISPLAY", &server.display.name);
    xterm.args(["-bg", "#4060c0", "-geometry", "120x40+640+0", "-e", "sh"]);
    desk.spawn("another xterm", &mut xterm);
    until_colour(&desk, SECOND, (600, 400), [0x40, 0x60, 0xc0]).await;

    // A screen that is no more has no window.
    desk.display().focus(OWN);
    set_screens(server.port(), 1, SIZE).expect("a viewer's way to the display");
    until_closed(&desk, SECOND).await;
    set_screens(server.port(), 2, SIZE).expect("a viewer's way to the display");
    until_colour(&desk, SECOND, (600, 400), [0x40, 0x60, 0xc0]).await;

    // The session ends, and with it what shows a part of it.
    desk.display().focus(OWN);
    viewer.use_tool("#disconnect").await;
    viewer.until_state("ended").await;
    until_closed(&desk, SECOND).await;
    viewer.click("#again").await;
    viewer.until_state("live").await;
    until_colour(&desk, SECOND, (600, 400), [0x40, 0x60, 0xc0]).await;
    desk.display().close_window(OWN);
    until_closed(&desk, SECOND).await;
    app.end().await;

    // That they were apart is remembered, and that they are together again.
    let app = App::start(&desk, &[OWN]).await;
    until_colour(&desk, SECOND, (600, 400), [0x40, 0x60, 0xc0]).await;
    desk.display().close_window(SECOND);
    until_closed(&desk, SECOND).await;
    let kept = || std::fs::read_to_string(desk.hosts_file()).unwrap_or_default();
    until("that in the list", async || (!kept().contains("\"apart\": true")).then_some(())).await;
    desk.display().close_window(OWN);
    app.end().await;
}
