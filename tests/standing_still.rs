//! A server that is there and does nothing, and one that is only still.

use crate::{
    desk::{App, Desk, Server, signal, until},
    user::{self, sees, type_there},
};
use serde_json::json;
use std::{
    fs,
    time::{Duration, Instant},
};
use tokio::time::sleep;

#[tokio::test]
async fn a_server_that_stands_still_looks_so_until_it_goes_on() {
    let desk = Desk::of("a_server_that_stands_still_looks_so_until_it_goes_on").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let viewer = user::open_server(&app, &server).await;
    sees(&viewer, &server, [0x33, 0x66, 0x99]).await;

    let stopped = server.display.process().pid().to_string();
    signal("STOP", &stopped);
    let began = Instant::now();
    let proof = desk.home().join("typed");
    type_there(&desk, &viewer, &format!("touch {}\n", proof.display())).await;
    viewer.until_shown("#silence .mark").await;
    assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());
    let said = viewer.text_of("#silence").await;
    assert!(said.starts_with("No answer for "), "{said}");
    viewer.until("that keys wait", "document.querySelector('#silence').textContent.includes('arrive later')").await;
    assert!(!proof.exists());

    signal("CONT", &stopped);
    viewer.until_gone("#silence .mark").await;
    until("what was typed", async || fs::exists(&proof).ok().filter(|there| *there)).await;
}

#[tokio::test]
async fn a_still_desktop_is_no_silence() {
    let desk = Desk::of("a_still_desktop_is_no_silence").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let viewer = user::open_server(&app, &server).await;
    sees(&viewer, &server, [0x33, 0x66, 0x99]).await;

    let watch = "window.marks = []; const silence = document.querySelector('#silence');
                 new MutationObserver(() => window.marks.push(silence.textContent))
                     .observe(silence, { childList: true, subtree: true });";
    viewer.click("#screen canvas").await;
    viewer.script(watch).await;
    // It changes nothing that is to be seen, so that the server has nothing to send of itself. No event tells that nothing
    // comes of it.
    desk.display().press("Shift_L");
    sleep(Duration::from_secs(5)).await;
    assert_eq!(viewer.script("return window.marks").await, json!([]));
}
