//! The last minutes of a session, seen again.

use crate::{
    desk::{App, Colour, Desk, Difference, Page, Server, until},
    recording::{FIRST, SECOND, THIRD, saved, until_painted},
};
use image::RgbImage;
use std::time::Duration;

/// Paints the remote screen, and waits until the viewer has it.
async fn paint(server: &Server, viewer: &Page<'_>, colour: Colour) -> RgbImage {
    server.display.paint(colour);
    until_painted(viewer, colour).await
}

/// The window with the last minutes.
async fn rewind<'a>(app: &'a App<'_>, desk: &Desk, name: &str) -> Page<'a> {
    let (live, past) = (app.viewer(name).await, format!("↶ {name}"));
    // It is kept from a message's end on, which may be still to come: then it says so.
    const TOO_EARLY: &str = "return document.querySelector('#toast').innerText.includes('nothing to look back at')";
    for _ in 0..20 {
        desk.display().focus(name);
        desk.display().press("ctrl+alt+shift+b");
        let is_there = until("the last minutes, or why not", async || {
            let is_there = desk.display().has_window(&past);
            (is_there || live.script(TOO_EARLY).await == true).then_some(is_there)
        });
        if is_there.await {
            break;
        }
        live.click("#toast .toast > .button").await;
        live.until_gone("#toast .toast").await;
    }
    let past = app.viewer(&past).await;
    past.until_state("live").await;
    past
}

async fn seek(past: &Page<'_>, part: f64) {
    past.script(&format!(
        "const bar = document.querySelector('#position'); bar.value = bar.max * {part};
         bar.dispatchEvent(new Event('change', {{ bubbles: true }}));"
    ))
    .await;
}

/// Chooses from the camera's menu.
pub async fn choose(viewer: &Page<'_>, label: &str) {
    viewer.use_tool("#capture").await;
    let items = "[...document.querySelectorAll('[role=menu] button')]";
    viewer.script(&format!("{items}.find((item) => item.innerText.includes('{label}')).click()")).await;
}

#[tokio::test]
async fn what_was_on_the_screen_is_seen_again_while_the_session_goes_on() {
    let desk = Desk::of("what_was_on_the_screen_is_seen_again_while_the_session_goes_on").open().await;
    let server = Server::start(&desk, None).await;
    let name = server.address();
    let app = App::start(&desk, &[&name]).await;
    let viewer = app.viewer(&name).await;
    viewer.until_state("live").await;
    let first = paint(&server, &viewer, FIRST).await;
    // The session's own time, so that there is a place to seek to in each colour.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    paint(&server, &viewer, SECOND).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;

    let past = rewind(&app, &desk, &name).await;
    past.until("its bar", "document.querySelector('#back-to-live') && !document.querySelector('#toolbar')").await;
    past.until("its end", "document.querySelector('#play').getAttribute('aria-label') === 'Play'").await;
    until_painted(&past, SECOND).await;
    seek(&past, 0.4).await;
    let seen = until_painted(&past, FIRST).await;
    let difference = Difference::between(&seen, &first).expect("one size");
    assert!(difference.is_none(), "{difference:?}");

    // A picture of it, and a film that ends there.
    past.click("#film-to").await;
    past.click("#save-picture").await;
    let picture = saved(&desk, "png").await;
    let picture = until("all of it", async || image::open(&picture).ok()).await.into_rgb8();
    assert!(Difference::between(&picture, &first).expect("one size").is_none());
    past.click("#save-film").await;
    let film = saved(&desk, "plrec").await;
    past.until("where it lies", "document.querySelector('#toast').innerText.includes('.plrec')").await;

    // Keys that are pressed there go nowhere, and the session goes on.
    desk.display().press("a");
    paint(&server, &viewer, THIRD).await;
    until_painted(&past, FIRST).await;
    past.click("#back-to-live").await;
    until("the window to go", async || {
        (!desk.display().titles().iter().any(|title| title.starts_with('↶'))).then_some(())
    })
    .await;
    viewer.until_state("live").await;

    let opened = desk.portlight(&[film.to_str().expect("UTF-8")]);
    assert!(opened.status.success(), "{opened:?}");
    let player = app.viewer(film.file_stem().and_then(|stem| stem.to_str()).expect("UTF-8")).await;
    player.until_state("live").await;
    player.until("its end", "document.querySelector('#play').getAttribute('aria-label') === 'Play'").await;
    let last = until_painted(&player, FIRST).await;
    assert!(Difference::between(&last, &first).expect("one size").is_none(), "nothing of what came later");
}

#[tokio::test]
async fn nothing_is_kept_where_it_is_turned_off_and_it_begins_in_the_middle() {
    let desk = Desk::of("nothing_is_kept_where_it_is_turned_off_and_it_begins_in_the_middle").open().await;
    let server = Server::start(&desk, None).await;
    let name = server.address();
    let app = App::start(&desk, &[&name]).await;
    let viewer = app.viewer(&name).await;
    viewer.until_state("live").await;
    paint(&server, &viewer, FIRST).await;
    choose(&viewer, "Keep no last minutes").await;
    viewer.until("that it is off", "document.querySelector('#toast').innerText.includes('Nothing is kept')").await;
    desk.display().press("ctrl+alt+shift+b");
    viewer.until("why not", "document.querySelector('#toast').innerText.includes('are not kept')").await;
    assert!(!desk.display().titles().iter().any(|title| title.starts_with('↶')));

    choose(&viewer, "Keep the last minutes").await;
    viewer.until("that it is on", "document.querySelector('#toast').innerText.includes('kept from now on')").await;
    // So that the zlib streams go on from where they were.
    paint(&server, &viewer, SECOND).await;
    let third = paint(&server, &viewer, THIRD).await;
    let past = rewind(&app, &desk, &name).await;
    past.until("its end", "document.querySelector('#play').getAttribute('aria-label') === 'Play'").await;
    let last = until_painted(&past, THIRD).await;
    assert!(Difference::between(&last, &third).expect("one size").is_none());
}
