//! What closing the list means: quitting where there is no tray, staying in it where there is one.

use crate::{
    desk::{App, Desk, Server, until},
    user,
};

#[tokio::test]
async fn without_a_tray_the_last_window_quits() {
    let desk = Desk::of("without_a_tray_the_last_window_quits").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let viewer = user::open_server(&app, &server).await;

    desk.display().close_window("Portlight");
    until("the list to close", async || (!desk.display().has_window("Portlight")).then_some(())).await;
    assert_eq!(viewer.script("return document.body.dataset.state").await, "live", "a session is no part of the list");
    desk.display().close_window(&server.address());
    app.end().await;
    server.viewer_left().await;
}

#[tokio::test]
async fn with_a_tray_the_list_stays_in_it_after_asking_once() {
    let desk = Desk::of("with_a_tray_the_list_stays_in_it_after_asking_once").tray().open().await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    desk.tray().lines_with("Open Portlight").await;
    hosts.until_shown("#hosts [role=option]").await;

    desk.display().close_window("Portlight");
    hosts.until_shown("dialog#closing").await;
    assert!(desk.display().has_window("Portlight"), "it waits for the answer");
    // By the keyboard: WebDriver waits for a window that it clicked in, and this one hides.
    hosts.until("the focus", "document.activeElement.id === 'keep-in-tray'").await;
    desk.display().press("Return");
    until("the list to hide", async || (!desk.display().has_window("Portlight")).then_some(())).await;
    assert!(app.runs());

    desk.tray().choose("Open Portlight").await;
    desk.display().close_window("Portlight");
    until("the list to hide without asking", async || (!desk.display().has_window("Portlight")).then_some(())).await;
    desk.tray().activate().await;
    desk.display().focus("Portlight");
    hosts.until_shown("#search").await;
    desk.tray().choose("Quit").await;
    app.end().await;
}

#[tokio::test]
async fn whoever_wants_to_quit_when_asked_quits() {
    let desk = Desk::of("whoever_wants_to_quit_when_asked_quits").tray().open().await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    desk.tray().lines_with("Quit").await;
    hosts.until_shown("#hosts [role=option]").await;
    desk.display().close_window("Portlight");
    hosts.until("the focus", "document.activeElement.id === 'keep-in-tray'").await;
    desk.display().press("shift+Tab");
    hosts.until("the focus on the other button", "document.activeElement.id === 'quit'").await;
    desk.display().press("Return");
    app.end().await;
}

#[tokio::test]
async fn quitting_with_open_sessions_asks_once() {
    let desk = Desk::of("quitting_with_open_sessions_asks_once").tray().open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    let viewer = user::open_server(&app, &server).await;

    desk.tray().choose("Quit").await;
    let title = hosts.text_of("#quitting-title").await;
    assert_eq!(title, "1 session is open");
    hosts.click("#stay").await;
    hosts.until_gone("#quitting").await;
    assert_eq!(viewer.script("return document.body.dataset.state").await, "live");
    desk.display().focus("Portlight");
    desk.display().press("ctrl+q");
    hosts.until_shown("#quitting").await;
    // A page that hangs could not answer: who wants to quit again is not kept.
    desk.tray().choose("Quit").await;
    app.end().await;
    server.viewer_left().await;
}
