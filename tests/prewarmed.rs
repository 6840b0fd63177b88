//! The prewarmed viewer window, which Portlight does without under WebDriver: so these look at the screen from outside.

use crate::desk::{Desk, Process, Server, count, portlight, until};
use std::{fs, sync::Arc};

const ONE: [u8; 3] = [0xd0, 0x20, 0x90];
const OTHER: [u8; 3] = [0x20, 0xb0, 0xd0];
/// Fewer than any of WebKit's processes has soon after its start.
const THREADS: usize = 5;

#[tokio::test]
async fn the_prewarmed_window_shows_the_next_machine_and_does_not_keep_portlight_running() {
    let desk = Desk::of("the_prewarmed_window_shows_the_next_machine_and_does_not_keep_portlight_running").open().await;
    let (one, other) = (Server::start(&desk, None).await, Server::start(&desk, None).await);
    one.display.paint(ONE);
    other.display.paint(OTHER);
    let list = start(&desk).await;

    let call = |server: &Server| assert!(desk.portlight(&[&server.address()]).status.success());
    call(&one);
    shows(&desk, ONE).await;
    pages(&list, 3).await;
    call(&other);
    shows(&desk, OTHER).await;
    pages(&list, 4).await;

    for server in [&one, &other] {
        desk.display().close_window(&server.address());
        server.viewer_left().await;
    }
    desk.display().close_window("Portlight");
    assert!(list.end().await.success());
}

#[tokio::test]
async fn closing_all_windows_at_once_quits() {
    let desk = Desk::of("closing_all_windows_at_once_quits").open().await;
    let server = Server::start(&desk, None).await;
    server.display.paint(ONE);
    let list = start(&desk).await;
    assert!(desk.portlight(&[&server.address()]).status.success());
    shows(&desk, ONE).await;
    // Before the next window is prewarmed.
    desk.display().close_window("Portlight");
    desk.display().close_window(&server.address());
    assert!(list.end().await.success());
    server.viewer_left().await;
}

/// Portlight with its list and a prewarmed window, whose pages come in this order.
pub async fn start(desk: &Desk) -> Arc<Process> {
    let process = desk.spawn("portlight", &mut desk.command(portlight()));
    until("the list", async || desk.display().has_window("Portlight").then_some(())).await;
    pages(&process, 2).await;
    process
}

/// Waits for so many pages: each has a process of WebKit's. Returns them, the oldest first.
pub async fn pages(portlight: &Process, count: usize) -> Vec<u32> {
    // One that has only just been started has one thread, and WebKit ends us with it if it dies before it has said who it is.
    let has_started =
        |page: &u32| fs::read_dir(format!("/proc/{page}/task")).is_ok_and(|threads| threads.count() > THREADS);
    until(&format!("{count} pages"), async || {
        let pages = portlight.children("WebKitWebProces");
        (pages.len() == count && pages.iter().all(has_started)).then_some(pages)
    })
    .await
}

/// Waits for a server's background on our screen.
pub async fn shows(desk: &Desk, colour: [u8; 3]) {
    until("the server's screen", async || (count(&desk.display().picture(), colour) > 50_000).then_some(())).await;
}
