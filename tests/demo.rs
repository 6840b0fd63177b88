//! The demo desktop: something to click before the first machine is added.

use crate::{
    desk::{App, Desk, Difference, Page, count, until},
    user,
};
use image::RgbImage;

/// What it writes in.
const SAND: [u8; 3] = [0xf6, 0xe7, 0xc8];

#[tokio::test]
async fn the_first_list_has_a_desktop_to_try_which_can_be_removed() {
    let desk = Desk::of("the_first_list_has_a_desktop_to_try_which_can_be_removed").open().await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until("one row", "document.querySelectorAll('#hosts [role=option]').length === 1").await;
    let name = hosts.script("return document.querySelector('#hosts [role=option]').dataset.name").await;
    let name = name.as_str().expect("a name");
    user::open(&hosts, name).await;
    let viewer = app.viewer(name).await;
    viewer.until_state("live").await;

    let first = screen(&viewer).await;
    changes(&viewer, "something that moves", |now| Difference::between(&first, now).is_some_and(|d| !d.is_identity()))
        .await;
    let (x, y) = (first.width() / 2, first.height() / 2);
    let lamp = |picture: &RgbImage| picture.get_pixel(x, y).0[0] > 0xe0;
    assert!(!lamp(&screen(&viewer).await), "nothing shines in the middle yet");
    viewer.click("#screen canvas").await;
    changes(&viewer, "the lamp under the pointer", lamp).await;
    let sand = count(&screen(&viewer).await, SAND);
    desk.display().type_text("Ahoy");
    changes(&viewer, "what was typed", |now| count(now, SAND) > sand + 300).await;

    viewer.use_tool("#disconnect").await;
    user::leave(&desk, &viewer, name).await;
    user::remove(&hosts, name).await;
    hosts.until_shown("#empty").await;
    user::quit(app).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#empty").await;
    assert_eq!(hosts.script("return document.querySelectorAll('#hosts [role=option]').length").await, 0);
}

async fn screen(viewer: &Page<'_>) -> RgbImage {
    until("a picture", async || viewer.screen().await).await
}

async fn changes(viewer: &Page<'_>, what: &str, is_it: impl Fn(&RgbImage) -> bool) {
    until(what, async || viewer.screen().await.filter(&is_it)).await;
}
