//! The toolbar never takes a click that is meant for the remote screen.

use crate::desk::{App, Desk, Server, until};

#[tokio::test]
async fn clicks_on_the_first_line_reach_the_server_wherever_they_are() {
    let desk = Desk::of("island").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let xev = server.xev(&desk, &["button"]);
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;
    viewer.until("the toolbar", "document.querySelector('#toolbar') !== null").await;
    viewer
        .until("the toolbar to hide", "getComputedStyle(document.querySelector('#toolbar')).visibility === 'hidden'")
        .await;
    let canvas = "const { left, top, width } = document.querySelector('#screen canvas').getBoundingClientRect();
                  return [left, top, width]";
    let canvas = viewer.script(canvas).await;
    let [left, top, width] = [0, 1, 2].map(|at| canvas[at].as_f64().expect("a number"));
    let (x, y, ..) = desk.display().place_of(&server.address()).expect("its window");
    let (left, top) = (f64::from(x) + left, f64::from(y) + top);
    let clicks = 32;
    for click in 0..clicks {
        let x = left + width * (f64::from(click) + 0.5) / f64::from(clicks);
        desk.display().click((x as i32, top as i32 + 1));
    }
    let arrived = async || (xev.said().matches("ButtonPress").count() == clicks as usize).then_some(());
    until("all clicks to arrive", arrived).await;
}
