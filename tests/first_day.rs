//! The journey that everything is for: a machine is added once, and is two clicks away from then on.

use crate::{
    desk::{App, Desk, Server, until, until_passwords},
    user::{self, sees, sees_background},
};
use std::fs;

const PASSWORD: &str = "l8house!";

#[tokio::test]
async fn a_machine_is_added_used_and_found_again() {
    let desk = Desk::of("a_machine_is_added_used_and_found_again").tray().open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;

    user::add(&hosts, "Studio", &server.address(), PASSWORD).await;
    until_passwords(desk.bus(), 1).await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x20, 0x60, 0xa0]).await;

    // The keyboard is the remote machine's, and what happens there is seen here.
    user::type_there(&desk, &viewer, "xsetroot -solid '#8A2BE2' && echo \"typed\" > typed\n").await;
    until("the shell there to write a file", async || fs::read(desk.home().join("typed")).ok()).await;
    sees_background(&viewer, &server, [0x8a, 0x2b, 0xe2]).await;

    // Ctrl+Alt+Del goes there, and the keyboard stays there.
    user::type_there(&desk, &viewer, "cat -v > keys\n").await;
    viewer.use_tool("#ctrl-alt-del").await;
    desk.display().type_text("still here\n");
    desk.display().press("ctrl+d");
    until("Ctrl+Alt+Del in the shell there", async || {
        let keys = fs::read_to_string(desk.home().join("keys")).ok()?;
        (keys == "^[[3;7~still here\n").then_some(())
    })
    .await;

    // What is copied there can be pasted here, and the other way round.
    server.display.copy("from there: naïve 光");
    until("the text copied there", async || desk.display().paste().filter(|text| text == "from there: naïve 光")).await;
    desk.display().focus("Portlight");
    desk.display().copy("from here: naïve 光");
    desk.display().focus("Studio");
    until("the text copied here", async || server.display.paste().filter(|text| text == "from here: naïve 光")).await;

    viewer.use_tool("#disconnect").await;
    viewer.until_state("ended").await;
    server.viewer_left().await;
    viewer.click("#again").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x10, 0x80, 0x40]).await;
    viewer.use_tool("#disconnect").await;
    user::leave(&desk, &viewer, "Studio").await;

    // Two clicks from the tray.
    desk.tray().until_without("Bring to front").await;
    desk.tray().choose("Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0xc0, 0x30, 0x30]).await;
    desk.tray().choose("Quit").await;
    // By the keyboard: WebDriver waits for a window that it clicked in, and this one goes.
    app.hosts().await.until("the question", "document.activeElement.id === 'quit-anyway'").await;
    desk.display().focus("Portlight");
    desk.display().press("Return");
    app.end().await;

    let app = App::start(&desk, &[]).await;
    user::open(&app.hosts().await, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x30, 0x30, 0xc0]).await;
}
