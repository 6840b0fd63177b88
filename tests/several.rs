//! Several sessions at once.

use crate::{
    desk::{App, Desk, Page, Server, until},
    user,
};

/// The colour in the corner of a session's small picture, which nothing covers; none where there is none yet.
async fn colour_of(hosts: &Page<'_>, place: usize) -> Option<[u8; 3]> {
    let look = format!(
        "const canvas = document.querySelectorAll('#sessions [data-session]')[{place}]?.querySelector('canvas');
         return canvas ? [...canvas.getContext('2d').getImageData(canvas.width - 4, canvas.height - 4, 1, 1).data] : null"
    );
    let pixel = hosts.script(&look).await;
    let channel = |at: usize| u8::try_from(pixel.get(at)?.as_u64()?).ok();
    Some([channel(0)?, channel(1)?, channel(2)?])
}

/// Waits until the small picture has about this colour: JPEG is not exact.
async fn shows(hosts: &Page<'_>, place: usize, colour: [u8; 3]) {
    until("the small picture", async || {
        let seen = colour_of(hosts, place).await?;
        seen.iter().zip(colour).all(|(one, other)| one.abs_diff(other) < 12).then_some(())
    })
    .await;
}

#[tokio::test]
async fn all_open_sessions_are_seen_at_a_glance_and_reached_by_keys() {
    let desk = Desk::of("all_open_sessions_are_seen_at_a_glance_and_reached_by_keys").open().await;
    let (one, two) = (Server::start(&desk, None).await, Server::start(&desk, None).await);
    let (red, green, blue) = ([0xc0, 0x20, 0x20], [0x20, 0xa0, 0x40], [0x20, 0x40, 0xc0]);
    one.display.paint(red);
    two.display.paint(green);
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "One", &one.address(), "").await;
    user::open(&hosts, "One").await;
    let first = app.viewer("One").await;
    first.until_state("live").await;
    // The list is told of it a moment later.
    let says_connected = format!("document.querySelector({:?}).textContent.includes('Connected')", user::row("One"));
    hosts.until("the card to say so", &says_connected).await;
    user::stop_searching(&hosts).await;
    let second = user::open_server(&app, &two).await;

    second.use_tool("#sessions").await;
    hosts.until_shown("#sessions").await;
    shows(&hosts, 0, red).await;
    shows(&hosts, 1, green).await;
    // Pictures follow, also of a window that is hidden.
    first.script("Object.defineProperty(document, 'hidden', { get: () => true }); document.dispatchEvent(new Event('visibilitychange'))").await;
    one.display.paint(blue);
    shows(&hosts, 0, blue).await;

    hosts.click("#sessions [data-session][title]").await;
    hosts.until_gone("#sessions").await;
    let active = async |title: &str| {
        until(&format!("{title} to have the focus"), async || desk.display().has_focus(title).then_some(())).await;
    };
    active("One").await;
    desk.display().press("ctrl+alt+shift+Next");
    active(&two.address()).await;
    desk.display().press("ctrl+alt+shift+Next");
    active("One").await;
    desk.display().press("ctrl+alt+shift+Prior");
    active(&two.address()).await;
    second.use_tool("#disconnect").await;
    second.until_state("ended").await;
    user::stop_searching(&hosts).await;
    assert!(hosts.text_of(&user::row("One")).await.contains("Connected"));
    desk.display().close_window("One");
    hosts
        .until(
            "the card to be an ordinary one",
            &format!("!document.querySelector({:?}).dataset.session", user::row("One")),
        )
        .await;
}

#[tokio::test]
async fn a_window_that_is_minimised_lets_its_updates_rest() {
    let desk = Desk::of("a_window_that_is_minimised_lets_its_updates_rest").open().await;
    // The card of an open session looks at it.
    desk.prefer_rows();
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::connect(&hosts, &server.address()).await;
    let viewer = app.viewer(&server.address()).await;
    user::sees(&viewer, &server, [0x30, 0x60, 0x90]).await;
    desk.display().minimise(&server.address());
    viewer.until("the page to be hidden", "document.hidden").await;
    // What was asked for before still comes; then nothing does.
    server.display.paint([0x90, 0x30, 0x60]);
    viewer.script("await new Promise((done) => setTimeout(done, 300))").await;
    let last = viewer.screen().await.expect("a picture");
    server.display.paint([0x10, 0xa0, 0x10]);
    viewer.script("await new Promise((done) => setTimeout(done, 500))").await;
    assert!(viewer.screen().await.expect("a picture") == last, "it is drawn though nobody sees it");
    desk.display().focus(&server.address());
    user::sees_background(&viewer, &server, [0x10, 0xa0, 0x10]).await;
}

#[tokio::test]
async fn a_set_is_opened_together_and_closed_together() {
    let desk = Desk::of("a_set_is_opened_together_and_closed_together").tray().open().await;
    let servers = [Server::start(&desk, None).await, Server::start(&desk, None).await];
    let host = |n: usize, name: &str, address: &str, tags: &[&str]| {
        let id = format!("00000000-0000-4000-8000-{n:012}");
        serde_json::json!({ "id": id, "name": name, "address": address, "tags": tags })
    };
    let hosts = [
        host(1, "One", &servers[0].address(), &["lab"]),
        host(2, "Two", &servers[1].address(), &["Lab", "x"]),
        host(3, "Other", &servers[0].address(), &["x"]),
    ];
    desk.write_hosts(&serde_json::json!({ "version": 1, "hosts": hosts }).to_string());
    let app = App::start(&desk, &[]).await;
    let list = app.hosts().await;
    list.until_shown(&user::row("One")).await;

    let said = desk.portlight(&["open", "lab"]);
    assert!(said.status.success(), "{said:?}");
    for name in ["One", "Two"] {
        app.viewer(name).await.until_state("live").await;
    }
    list.fill("#search", "tag:lab").await;
    let open = "document.querySelectorAll('#hosts .open-now').length";
    list.until("both to be open", &format!("{open} === 2")).await;
    list.click("#close-set").await;
    list.until("none to be open", &format!("{open} === 0")).await;
    for server in &servers {
        server.viewer_left().await;
    }

    list.click("#open-set").await;
    for name in ["One", "Two"] {
        app.viewer(name).await.until_state("live").await;
    }
    // Opening them has ended the search.
    list.fill("#search", "tag:lab").await;
    list.click("#close-set").await;
    list.until("none to be open", &format!("{open} === 0")).await;

    let said = desk.portlight(&["tag:lab"]);
    assert!(said.status.success(), "{said:?}");
    list.until("both to be open", &format!("{open} === 2")).await;
    // The tray opens it, and closes what is open of it.
    let both = until("both to be in the tray", async || {
        let lines = desk.tray().lines_with("Close together").await;
        let at = lines.iter().position(|line| line.label == "Close together")?;
        lines.into_iter().nth(at + 1).filter(|line| line.label == "lab (2)")
    });
    desk.tray().choose_line(&both.await).await;
    list.until("none to be open", &format!("{open} === 0")).await;
    desk.tray().until_without("Close together").await;
    desk.tray().choose("lab (2)").await;
    list.until("both to be open", &format!("{open} === 2")).await;
    for nobody in [&["tag:nobody"][..], &["open", "nobody"]] {
        let said = desk.portlight(nobody);
        assert!(!said.status.success(), "a set without machines is an address that is none: {said:?}");
    }
}
