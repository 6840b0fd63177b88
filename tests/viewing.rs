//! How the remote screen is seen: its size, its place, and the window around it.

use crate::{
    desk::{App, Desk, Server, count, until},
    user,
};
use serde_json::json;

const PICTURE: [u8; 3] = [0xd0, 0x20, 0x90];

/// Two saved machines with what was chosen in the windows of both.
fn save(desk: &Desk, server: &Server, display: &serde_json::Value) {
    let host = |last: u8, name: &str, address: String| {
        let id = format!("6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a{last:02x}");
        json!({ "id": id, "name": name, "address": address, "display": display })
    };
    let hosts =
        [host(1, "Studio", server.address()), host(2, "Atelier", server.address().replace("127.0.0.1", "localhost"))];
    desk.write_hosts(&json!({ "version": 1, "hosts": hosts }).to_string());
}

#[tokio::test]
async fn the_remote_screen_follows_the_window() {
    let desk = Desk::of("the_remote_screen_follows_the_window").open().await;
    let server = Server::start(&desk, None).await;
    save(&desk, &server, &json!({ "scaling": "follow" }));
    let app = App::start(&desk, &["Studio"]).await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    for size in [(900, 600), (701, 501)] {
        desk.display().place("Studio", size);
        until(&format!("the server to have {size:?}"), async || {
            (server.display.size() == (size.0 as u16, size.1 as u16)).then_some(())
        })
        .await;
        // As it is, no pixel of it scaled.
        let seen = format!(
            "(() => {{ const box = document.querySelector('#screen canvas').getBoundingClientRect();
                return box.width === {} && box.height === {} }})()",
            size.0, size.1
        );
        viewer.until("the picture to fill the window", &seen).await;
    }
    // Fitting again leaves the server as it is.
    viewer.use_tool("#scale").await;
    viewer.click("[role=menuitemradio]").await;
    desk.display().place("Studio", (800, 400));
    let seen = "document.querySelector('#screen canvas').getBoundingClientRect().height === 400";
    viewer.until("the picture to fit", seen).await;
    assert_eq!(server.display.size(), (701, 501));
    let choices = || std::fs::read_to_string(desk.hosts_file()).expect("a list").matches("\"follow\"").count();
    until("the choice to be saved, for this machine", async || (choices() == 1).then_some(())).await;
}

#[tokio::test]
async fn a_screen_larger_than_its_window_is_moved_at_the_edges_and_by_dragging() {
    let desk = Desk::of("a_screen_larger_than_its_window_is_moved_at_the_edges_and_by_dragging").open().await;
    let server = Server::start(&desk, None).await;
    server.display.paint(PICTURE);
    save(&desk, &server, &json!({ "scaling": { "percent": 150 } }));
    let app = App::start(&desk, &["Studio"]).await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    desk.display().place("Studio", (450, 330));
    let part = "(() => { const canvas = document.querySelector('#screen canvas'); return canvas.width === 300 && canvas.height === 220 })()";
    viewer.until("a part of the screen", part).await;
    let background = async || count(&viewer.screen().await.expect("a picture"), PICTURE);
    until("the terminal's corner", async || (background().await == 0).then_some(())).await;

    // The pointer rests at the right edge, then below.
    let at_the_end = async |what: &str, least: usize| {
        let mut before = 0;
        until(what, async || {
            let now = background().await;
            (now > least && now == std::mem::replace(&mut before, now)).then_some(())
        })
        .await;
    };
    let (x, y, width, height) = desk.display().place_of("Studio").expect("a window");
    desk.display().point(x + width - 2, y + height / 2);
    at_the_end("what is on the right", 10_000).await;
    desk.display().point(x + width / 2, y + height - 2);
    at_the_end("what is below", 50_000).await;

    // The pointer's own place there is the one that is seen.
    desk.display().point(x + width / 2, y + height / 2);
    let at = (640 - 300 + 150, 480 - 220 + 110);
    until("the pointer there", async || {
        let seen = server.display.pointer();
        ((seen.0 - at.0).abs() <= 2 && (seen.1 - at.1).abs() <= 2).then_some(())
    })
    .await;

    // The middle button drags it back.
    for _ in 0..2 {
        desk.display().drag(2, (x + 60, y + 60), (x + width - 60, y + height - 60));
    }
    until("the terminal's corner again", async || (background().await == 0).then_some(())).await;
}

#[tokio::test]
async fn a_window_comes_back_where_the_user_has_put_it() {
    let desk = Desk::of("a_window_comes_back_where_the_user_has_put_it").open().await;
    let server = Server::start(&desk, None).await;
    save(&desk, &server, &json!({}));
    let start = async || {
        let app = App::start(&desk, &["Studio"]).await;
        app.viewer("Studio").await.until_state("live").await;
        app
    };
    let place = || desk.display().place_of("Studio");
    let app = start().await;
    let first = until("the window", async || place()).await;
    assert_eq!((first.2, first.3), (640, 480), "as large as the screen there");
    desk.display().place("Studio", (500, 400));
    let moved = until("the new place", async || place().filter(|place| (place.2, place.3) == (500, 400))).await;
    assert_ne!((moved.0, moved.1), (first.0, first.1));
    let file = desk.home().join("data/portlight/places.json");
    until("the place to be remembered", async || file.exists().then_some(())).await;
    app.crash().await;
    let app = start().await;
    until("the window at its place", async || (place() == Some(moved)).then_some(())).await;

    // It is the user's: it stays, whatever size the screen there has.
    server.display.set_size(800, 600);
    let viewer = app.viewer("Studio").await;
    viewer.until("the new size", "document.querySelector('#screen canvas').width === 800").await;
    assert_eq!(place(), Some(moved));
}

#[tokio::test]
async fn full_screen_is_no_place_of_a_window() {
    let desk = Desk::of("full_screen_is_no_place_of_a_window").open().await;
    let server = Server::start(&desk, None).await;
    save(&desk, &server, &json!({}));
    let place = || desk.display().place_of("Studio");
    let sized = |width, height| move |place: &(i32, i32, i32, i32)| (place.2, place.3) == (width, height);
    let app = App::start(&desk, &["Studio"]).await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    until("the window", async || place()).await;
    desk.display().place("Studio", (500, 400));
    until("the new place", async || place().filter(sized(500, 400))).await;
    let file = desk.home().join("data/portlight/places.json");
    until("the place to be remembered", async || file.exists().then_some(())).await;
    let remembered = std::fs::read_to_string(&file).expect("places");
    viewer.use_tool("#full-screen").await;
    let (width, height) = desk.display().size();
    until("full screen", async || place().filter(sized(width.into(), height.into()))).await;
    // It stays in full screen when the screen there has another size.
    server.display.set_size(800, 600);
    viewer.until("the new size", "document.querySelector('#screen canvas').width === 800").await;
    assert!(place().is_some_and(|place| sized(width.into(), height.into())(&place)), "{:?}", place());
    // What is still to be noted is noted now.
    desk.display().close_window("Studio");
    app.end().await;
    assert_eq!(std::fs::read_to_string(&file).expect("places"), remembered);
}

#[tokio::test]
async fn new_windows_lie_beside_each_other_and_keep_fitting_their_screen() {
    let desk = Desk::of("new_windows_lie_beside_each_other_and_keep_fitting_their_screen").open().await;
    let server = Server::start(&desk, None).await;
    save(&desk, &server, &json!({}));
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    for name in ["Studio", "Atelier"] {
        user::open(&hosts, name).await;
        app.viewer(name).await.until_state("live").await;
        desk.display().focus("Portlight");
    }
    let place = |name: &str| desk.display().place_of(name).expect("a window");
    let (one, other) = until("one beside the other", async || {
        let (one, other) = (place("Studio"), place("Atelier"));
        ((other.0 - one.0, other.1 - one.1) == (32, 32)).then_some((one, other))
    })
    .await;
    assert_eq!([(one.2, one.3), (other.2, other.3)], [(640, 480); 2]);

    server.display.set_size(720, 500);
    until("both to have the new size", async || {
        ["Studio", "Atelier"].map(place).iter().all(|place| (place.2, place.3) == (720, 500)).then_some(())
    })
    .await;
    assert_eq!((place("Studio").0, place("Studio").1), (one.0, one.1), "it stays where it was");
}
