//! Sessions that end otherwise than by the user's wish, and how they go on.

use crate::{
    desk::{App, Desk, Server, address, free_port},
    user::{self, sees},
};

#[tokio::test]
async fn where_no_server_listens_the_reason_is_told_and_trying_again_is_enough() {
    let desk = Desk::of("where_no_server_listens_the_reason_is_told_and_trying_again_is_enough").open().await;
    let port = free_port();
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &address(port), "").await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("ended").await;
    let reason = viewer.text_of("#reason").await;
    assert!(reason.starts_with(&format!("{} refused the connection.", address(port))), "{reason}");

    let server = Server::start_at(&desk, port, None).await;
    viewer.click("#again").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x33, 0x99, 0x66]).await;
}

#[tokio::test]
async fn a_server_that_dies_is_told_of_and_found_again_when_it_is_back() {
    let desk = Desk::of("a_server_that_dies_is_told_of_and_found_again_when_it_is_back").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    // An address in the search field is enough to connect.
    user::connect(&app.hosts().await, &server.address()).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x66, 0x33, 0x99]).await;

    server.kill();
    viewer.until_state("reconnecting").await;
    let reason = viewer.text_of("#reason").await;
    let says_why = reason.contains("closed the session") || reason.contains("was lost");
    assert!(says_why && reason.contains(&server.address()), "{reason}");

    // Nobody has to do anything.
    let server = Server::start_at(&desk, server.port(), None).await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x99, 0x66, 0x33]).await;
}

#[tokio::test]
async fn a_crash_of_portlight_frees_the_server_and_loses_nothing() {
    let desk = Desk::of("a_crash_of_portlight_frees_the_server_and_loses_nothing").open().await;
    let server = Server::start(&desk, Some("l8house!")).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), "l8house!").await;
    user::open(&hosts, "Studio").await;
    app.viewer("Studio").await.until_state("live").await;
    app.crash().await;
    server.viewer_left().await;

    let app = App::start(&desk, &[]).await;
    user::open(&app.hosts().await, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x22, 0x77, 0x77]).await;
}
