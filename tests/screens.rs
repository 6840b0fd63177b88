//! A machine with several screens, each of them in a window of its own.

use crate::desk::{App, Desk, Page, Server, count, split, until};
use serde_json::json;

/// Of both screens.
const SIZE: (u16, u16) = (640, 480);
const LEFT: [u8; 3] = [0xd0, 0x20, 0x90];
const RIGHT: [u8; 3] = [0x20, 0x90, 0x40];

/// A machine with two screens side by side, each of another colour.
async fn machine(desk: &Desk) -> Server {
    let server = Server::start(desk, None).await;
    split(server.port(), SIZE).expect("a viewer's way to the display");
    server.display.paint(LEFT);
    let mut xterm = desk.command("xterm");
    xterm.env("DISPLAY", &server.display.name).env("PS1", "$ ");
    xterm.args(["-bg", "#209040", "-geometry", "120x40+640+0", "-e", "sh"]);
    desk.spawn("xterm", &mut xterm);
    desk.write_hosts(
        &json!({ "version": 1, "hosts": [{
            "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01", "name": "Studio", "address": server.address()
        }] })
        .to_string(),
    );
    server
}

/// Chooses it in the menu.
async fn take_apart(viewer: &Page<'_>) {
    viewer.use_tool("#scale").await;
    let item = "[...document.querySelectorAll('[role=menuitemradio]')]
        .find((item) => item.textContent.trim() === 'One window for each screen')";
    viewer.until("the choice", &format!("(({item})?.setAttribute('data-apart', ''), {item})")).await;
    viewer.click("[data-apart]").await;
}

#[tokio::test]
async fn each_screen_has_a_window_of_its_own() {
    let desk = Desk::of("each_screen_has_a_window_of_its_own").open().await;
    let server = machine(&desk).await;
    let app = App::start(&desk, &["Studio"]).await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    take_apart(&viewer).await;
    let place = |title: &str| desk.display().place_of(title);
    let second = "Studio: screen 2";
    let (x, y, width, height) = until("a second window", async || place(second)).await;
    std::thread::sleep(std::time::Duration::from_secs(3));
    desk.display().picture().save("/tmp/screens-two.png").unwrap();
    assert_eq!((width, height), (640, 480));
    desk.display().point(x + 100, y + 50);
    until("the pointer there", async || (server.display.pointer() == (740, 50)).then_some(())).await;
}
