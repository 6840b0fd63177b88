//! Pages whose process ends or hangs. WebDriver loses its session with the first process that ends, so these look at the
//! screen from outside.

use crate::{
    desk::{Desk, Difference, Process, Server, count, signal, until},
    prewarmed::{pages, shows, start},
};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const ONE: [u8; 3] = [0xd0, 0x20, 0x90];
const OTHER: [u8; 3] = [0x20, 0xb0, 0xd0];
/// The buttons that Enter presses, in the light theme.
const PRIMARY: [u8; 3] = [0x1f, 0x5a, 0x73];

#[tokio::test]
async fn a_viewer_whose_page_crashes_says_so_and_connects_again() {
    let desk = Desk::of("a_viewer_whose_page_crashes_says_so_and_connects_again").open().await;
    let server = Server::start(&desk, None).await;
    server.display.paint(ONE);
    let portlight = start(&desk).await;
    open(&desk, &server);
    shows(&desk, ONE).await;
    let viewer = pages(&portlight, 3).await[1];
    end(&portlight, "SEGV", viewer).await;
    connect_again(&desk, &server).await;
    shows(&desk, ONE).await;

    let viewer = pages(&portlight, 3).await[2];
    end(&portlight, "KILL", viewer).await;
    connect_again(&desk, &server).await;
    server.display.paint(OTHER);
    shows(&desk, OTHER).await;
}

/// All pages have their sockets in one process of WebKit's.
#[tokio::test]
async fn where_the_network_process_dies_the_picture_is_not_taken_for_live_and_connecting_again_is_enough() {
    let test = "where_the_network_process_dies_the_picture_is_not_taken_for_live_and_connecting_again_is_enough";
    let desk = Desk::of(test).open().await;
    let server = Server::start(&desk, None).await;
    server.display.paint(ONE);
    let portlight = start(&desk).await;
    open(&desk, &server);
    shows(&desk, ONE).await;
    for network in portlight.children("WebKitNetworkPr") {
        signal("KILL", &network.to_string());
    }
    connect_again(&desk, &server).await;
    server.display.paint(OTHER);
    shows(&desk, OTHER).await;
}

#[tokio::test]
async fn a_prewarmed_window_whose_page_dies_is_replaced() {
    let desk = Desk::of("a_prewarmed_window_whose_page_dies_is_replaced").open().await;
    let (one, other) = (Server::start(&desk, None).await, Server::start(&desk, None).await);
    one.display.paint(ONE);
    other.display.paint(OTHER);
    let portlight = start(&desk).await;
    end(&portlight, "KILL", portlight.children(PAGE)[1]).await;
    pages(&portlight, 2).await;
    open(&desk, &one);
    shows(&desk, ONE).await;

    // At once: there is none then, or one that is not known to be dead yet.
    let prewarmed = pages(&portlight, 3).await[2];
    signal("KILL", &prewarmed.to_string());
    open(&desk, &other);
    shows(&desk, OTHER).await;
}

#[tokio::test]
async fn a_list_whose_page_dies_comes_back_but_not_for_ever() {
    let desk = Desk::of("a_list_whose_page_dies_comes_back_but_not_for_ever").open().await;
    let portlight = start(&desk).await;
    let before = desk.display().picture();
    let is_back = async || {
        until("the list to look as before", async || {
            Difference::between(&before, &desk.display().picture()).filter(Difference::is_none)
        })
        .await
    };
    end(&portlight, "KILL", portlight.children(PAGE)[0]).await;
    is_back().await;

    for _ in 0..3 {
        let list = pages(&portlight, 2).await[1];
        end(&portlight, "KILL", list).await;
    }
    let windows = || desk.display().titles().iter().filter(|title| *title == "Portlight").count();
    until("a message", async || (windows() == 2).then_some(())).await;
    desk.display().press("Escape");
    until("the message to close", async || (windows() == 1).then_some(())).await;
    // It is there where it is asked for.
    assert!(desk.portlight(&[]).status.success());
    is_back().await;
}

#[tokio::test]
async fn a_page_that_hangs_is_noticed_and_one_that_is_only_busy_is_left_alone() {
    let desk = Desk::of("a_page_that_hangs_is_noticed_and_one_that_is_only_busy_is_left_alone").open().await;
    let server = Server::start(&desk, None).await;
    server.display.paint(ONE);
    let portlight = start(&desk).await;
    open(&desk, &server);
    shows(&desk, ONE).await;
    let viewer = portlight.children(PAGE)[1];
    signal("STOP", &viewer.to_string());
    sleep(Duration::from_secs(6)).await;
    server.display.paint(OTHER);
    signal("CONT", &viewer.to_string());
    shows(&desk, OTHER).await;
    assert!(portlight.children(PAGE).contains(&viewer));

    let began = Instant::now();
    signal("STOP", &viewer.to_string());
    server.viewer_left().await;
    let noticed = began.elapsed();
    assert!(noticed > Duration::from_secs(9) && noticed < Duration::from_secs(25), "{noticed:?}");
    connect_again(&desk, &server).await;
    shows(&desk, OTHER).await;
    assert!(!portlight.children(PAGE).contains(&viewer));
}

/// A page's process.
const PAGE: &str = "WebKitWebProces";

fn open(desk: &Desk, server: &Server) {
    assert!(desk.portlight(&[&server.address()]).status.success());
}

/// Ends a page's process, and waits until it is gone.
async fn end(portlight: &Process, by: &str, page: u32) {
    until("the process to end", async || {
        // More than once: WebKit takes the first SIGSEGV for one of its own, and goes on.
        signal(by, &page.to_string());
        (!portlight.children(PAGE).contains(&page)).then_some(())
    })
    .await;
}

/// Waits until the viewer says that its page stopped, and presses its button.
async fn connect_again(desk: &Desk, server: &Server) {
    server.viewer_left().await;
    let card = || count(&desk.display().picture(), PRIMARY) > 2_000;
    until("the card", async || card().then_some(())).await;
    desk.display().focus(&server.address());
    desk.display().press("Return");
    until("the card to go", async || (!card()).then_some(())).await;
}
