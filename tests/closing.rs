//! What closing the list means: quitting where there is no tray, staying in it where there is one.

use crate::{
    desk::{App, Desk, Server, until},
    user,
};
use std::{fs, path::Path};

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
async fn the_question_comes_to_the_front_of_a_viewer() {
    let desk = Desk::of("the_question_comes_to_the_front_of_a_viewer").tray().open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    desk.tray().lines_with("Open Portlight").await;
    hosts.until_shown("#hosts [role=option]").await;
    user::open_server(&app, &server).await;
    assert!(!desk.display().has_focus("Portlight"));
    // As from a taskbar.
    desk.display().close_window("Portlight");
    hosts.until_shown("dialog#closing").await;
    until("the question in front", async || desk.display().has_focus("Portlight").then_some(())).await;
}

#[tokio::test]
async fn a_tray_that_comes_later_is_used_and_one_that_goes_leaves_no_hidden_list() {
    let desk = Desk::of("a_tray_that_comes_later_is_used_and_one_that_goes_leaves_no_hidden_list").open().await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#hosts [role=option]").await;
    for round in 0..2 {
        let tray = desk.start_tray().await;
        tray.lines_with("Open Portlight").await;
        desk.display().close_window("Portlight");
        if round == 0 {
            hosts.until("the focus", "document.activeElement.id === 'keep-in-tray'").await;
            desk.display().press("Return");
        }
        until("the list to hide", async || (!desk.display().has_window("Portlight")).then_some(())).await;
        tray.stop().await;
        until("the list", async || desk.display().has_window("Portlight").then_some(())).await;
    }
    // The same where the panel ends and the watcher stays.
    let tray = desk.start_tray().await;
    tray.lines_with("Open Portlight").await;
    desk.display().close_window("Portlight");
    until("the list to hide", async || (!desk.display().has_window("Portlight")).then_some(())).await;
    tray.set_panel(false).await;
    until("the list", async || desk.display().has_window("Portlight").then_some(())).await;
    tray.set_panel(true).await;
    tray.lines_with("Open Portlight").await;
    desk.display().close_window("Portlight");
    until("the list to hide", async || (!desk.display().has_window("Portlight")).then_some(())).await;
    tray.stop().await;
    until("the list", async || desk.display().has_window("Portlight").then_some(())).await;
    // And where the watcher says nothing of it.
    let tray = desk.start_tray().await;
    tray.become_kdes().await;
    for round in 0..2 {
        tray.set_plasma(true).await;
        tray.lines_with("Open Portlight").await;
        desk.display().close_window("Portlight");
        until("the list to hide", async || (!desk.display().has_window("Portlight")).then_some(())).await;
        tray.set_plasma(false).await;
        until(&format!("the list, {round}"), async || desk.display().has_window("Portlight").then_some(())).await;
    }
    // And without a tray it is no longer hidden.
    desk.display().close_window("Portlight");
    app.end().await;
}

#[tokio::test]
async fn the_tray_has_what_is_open_and_switches_the_waiting_for_calls() {
    let desk = Desk::of("the_tray_has_what_is_open_and_switches_the_waiting_for_calls").tray().open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let viewer = user::open_server(&app, &server).await;
    desk.tray().lines_with(&server.address()).await;
    assert_eq!(desk.tray().told_of_a_menu().await, server.address());
    app.hosts().await;
    desk.display().focus("Portlight");
    desk.tray().choose("Bring to front").await;
    until("the viewer in front", async || desk.display().has_focus(&server.address()).then_some(())).await;
    desk.tray().choose("Disconnect").await;
    viewer.until_state("ended").await;
    server.viewer_left().await;
    let lines = desk.tray().lines_with("Bring to front").await;
    assert!(lines.iter().any(|line| line.label == server.address()), "its window is still there");

    // The menu is made anew once the session is over; a line of the old one would be no more.
    desk.tray().until_without("Disconnect").await;
    let listens = async || desk.home().join("config/portlight/listen.json").exists().then_some(());
    desk.tray().choose("Wait for calls").await;
    until("the choice to be kept", listens).await;
}

#[tokio::test]
async fn the_tray_draws_the_icon_in_its_own_colour_and_has_pixels_where_it_cannot() {
    let desk = Desk::of("the_tray_draws_the_icon_in_its_own_colour_and_has_pixels_where_it_cannot").tray().open().await;
    let app = App::start(&desk, &[]).await;
    app.hosts().await.until_shown("#hosts [role=option]").await;
    let (name, theme): (String, String) =
        (desk.tray().property("IconName").await, desk.tray().property("IconThemePath").await);
    assert!(name.ends_with("-symbolic"), "{name}: panels draw such a one in the colour of their texts");
    let drawing = Path::new(&theme).join("hicolor/symbolic/apps").join(format!("{name}.svg"));
    let drawing = fs::read_to_string(&drawing).unwrap_or_else(|cause| panic!("{}: {cause}", drawing.display()));
    assert_eq!(drawing, include_str!("../icons/portlight-symbolic.svg"));
    let pixmaps: Vec<(i32, i32, Vec<u8>)> = desk.tray().property("IconPixmap").await;
    let [(width, height, pixels)] = &pixmaps[..] else { panic!("{} pictures", pixmaps.len()) };
    let (width, height) = (usize::try_from(*width).unwrap(), usize::try_from(*height).unwrap());
    assert_eq!(pixels.len(), width * height * 4);
    let middle = (height / 2 * width + width / 2) * 4;
    assert_eq!((pixels[0], pixels[middle]), (0, 255), "transparent at the corner, not in the middle: opacity first");
    assert_eq!(desk.tray().property::<String>("Title").await, "Portlight");
    assert!(!desk.tray().property::<bool>("ItemIsMenu").await, "a click opens the list");
}

#[tokio::test]
async fn a_click_into_a_former_menu_does_what_it_said() {
    let desk = Desk::of("a_click_into_a_former_menu_does_what_it_said").tray().open().await;
    let servers = [Server::start(&desk, None).await, Server::start(&desk, None).await];
    let host = |n: usize| {
        let (id, address) = (format!("00000000-0000-4000-8000-{n:012}"), servers[n].address());
        serde_json::json!({ "id": id, "name": format!("Machine {n}"), "address": address, "favourite": true, "favourite_place": n })
    };
    desk.write_hosts(&serde_json::json!({ "version": 1, "hosts": [host(0), host(1)] }).to_string());
    let app = App::start(&desk, &[]).await;
    app.hosts().await;
    let former = desk.tray().lines_with("Machine 1").await;
    // What is open stands above the favourites, and moves them.
    desk.tray().choose("Machine 0").await;
    desk.tray().lines_with("Bring to front").await;
    let line = former.iter().find(|line| line.label == "Machine 1").expect("a favourite");
    desk.tray().choose_line(line).await;
    app.viewer("Machine 1").await.until_state("live").await;
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
