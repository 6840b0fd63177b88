//! Calls: a real VNC server connects to Portlight, which waits for it.

use crate::{
    desk::{App, Desk, Page, Server, free_port, succeed, until},
    user,
};

/// Has the server call Portlight at this port.
fn call(desk: &Desk, server: &Server, port: u16) {
    let mut vncconfig = desk.command("vncconfig");
    vncconfig.args(["-display", &server.display.name, "-connect", &format!("127.0.0.1:{port}")]);
    succeed(&vncconfig, b"");
}

/// What the caller's window is called.
const CALLER: &str = "127.0.0.1";

/// The caller's window, which asks.
async fn caller<'a>(app: &'a App<'_>) -> Page<'a> {
    let viewer = app.caller(CALLER).await;
    viewer.until_shown("#consent").await;
    viewer
}

#[tokio::test]
async fn a_server_that_calls_is_asked_about_seen_and_leaves() {
    let desk = Desk::of("a_server_that_calls_is_asked_about_seen_and_leaves").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    let port = free_port();
    user::choose(&hosts, "Wait for calls").await;
    hosts.click("#listen-on").await;
    hosts
        .script(
            "const at = document.querySelector('#listen-address'); at.value = '127.0.0.1'; \
             at.dispatchEvent(new Event('change', { bubbles: true }))",
        )
        .await;
    hosts.fill("#listen-port", &port.to_string()).await;
    hosts.click("#listen #save").await;
    hosts.until_gone("#listen").await;

    // One that hangs up before it is answered leaves, and nothing is left to answer.
    call(&desk, &server, port);
    let asking = caller(&app).await;
    assert!(asking.text_of("#consent").await.contains("127.0.0.1:"));
    let mut vncconfig = desk.command("vncconfig");
    succeed(vncconfig.args(["-display", &server.display.name, "-disconnect"]), b"");
    until("the caller's window to leave", async || (!desk.display().has_window(CALLER)).then_some(())).await;

    // One that is accepted is seen, until it hangs up.
    call(&desk, &server, port);
    let viewer = caller(&app).await;
    // A click that was begun too early would count for nothing.
    viewer.until_shown("#anyway[aria-disabled=false]").await;
    viewer.click("#anyway").await;
    viewer.until_state("live").await;
    user::sees(&viewer, &server, [0x90, 0x30, 0x60]).await;
    server.kill();
    viewer.until_state("ended").await;
    let said = viewer.text_of("#ended").await;
    assert!(said.contains("closed the session"), "{said}");
    user::leave(&desk, &viewer, CALLER).await;
    assert!(hosts.text().await.contains("Portlight"), "the list goes on");
}
