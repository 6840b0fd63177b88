//! Text is copied between the two machines' clipboards the ways that the user allows, and for the window with the focus only.

use crate::{
    desk::{App, Desk, Page, Scripted, Server, until},
    user,
};
use serde_json::Value;

/// Clicks one of the panel's two choices, and waits until the list says so.
async fn choose(desk: &Desk, viewer: &Page<'_>, way: &str, sharing: &str) {
    viewer.click(&format!("#clipboard-{way}")).await;
    let written = format!("\"clipboard\": \"{sharing}\"");
    until("the choice in the list", async || {
        std::fs::read_to_string(desk.hosts_file()).ok()?.contains(&written).then_some(())
    })
    .await;
}

/// Waits until a text has come as far as the viewer's page, whose panel is open.
async fn arrives(viewer: &Page<'_>, text: &str) {
    viewer.until("the text to arrive", &format!("document.querySelector('#clipboard-text').value === {text:?}")).await;
}

/// Waits until another program here would paste this.
async fn is_here(desk: &Desk, text: &str) {
    until(&format!("{text:?} here"), async || (desk.display().paste().as_deref() == Some(text)).then_some(())).await;
}

/// Waits until another program there would paste this.
async fn is_there(server: &Server, text: &str) {
    until(&format!("{text:?} there"), async || (server.display.paste().as_deref() == Some(text)).then_some(())).await;
}

/// What a command says to the page, past everything that the page itself would do.
async fn ask(viewer: &Page<'_>, command: &str, facts: &str) -> Value {
    let ask = format!(
        "return window.__TAURI_INTERNALS__.invoke('plugin:portlight|{command}', {facts}).catch(() => 'refused')"
    );
    viewer.script(&ask).await
}

#[tokio::test]
async fn text_goes_the_ways_that_are_allowed_and_only_for_the_window_with_the_focus() {
    let desk = Desk::of("text_goes_the_ways_that_are_allowed_and_only_for_the_window_with_the_focus").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), "").await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    desk.display().focus("Studio");
    server.display.copy("one");
    is_here(&desk, "one").await;

    // What comes while another window has the focus waits, whatever the page says.
    viewer.use_tool("#clipboard").await;
    desk.display().focus("Portlight");
    server.display.copy("two");
    arrives(&viewer, "two").await;
    assert_eq!(ask(&viewer, "write_clipboard", "{ text: 'forced' }").await, false);
    assert_eq!(ask(&viewer, "read_clipboard", "{}").await, Value::Null);
    assert_eq!(desk.display().paste().as_deref(), Some("one"));
    desk.display().focus("Studio");
    is_here(&desk, "two").await;

    choose(&desk, &viewer, "receives", "to_server").await;
    server.display.copy("three");
    arrives(&viewer, "three").await;
    assert_eq!(ask(&viewer, "write_clipboard", "{ text: 'forced' }").await, false);
    assert_eq!(ask(&viewer, "copy_fingerprint", "{ fingerprint: 'forced' }").await, "refused");
    assert_eq!(desk.display().paste().as_deref(), Some("two"));
    desk.display().focus("Portlight");
    desk.display().copy("mine");
    desk.display().focus("Studio");
    is_there(&server, "mine").await;

    choose(&desk, &viewer, "sends", "off").await;
    desk.display().focus("Portlight");
    desk.display().copy("secret");
    desk.display().focus("Studio");
    assert_eq!(ask(&viewer, "read_clipboard", "{}").await, Value::Null);
    // What is typed into the panel goes there all the same.
    viewer.fill("#clipboard-text", "typed").await;
    is_there(&server, "typed").await;

    choose(&desk, &viewer, "receives", "from_server").await;
    server.display.copy("four");
    is_here(&desk, "four").await;
    assert_eq!(ask(&viewer, "read_clipboard", "{}").await, Value::Null);

    choose(&desk, &viewer, "sends", "both").await;
    desk.display().focus("Portlight");
    desk.display().copy("five");
    desk.display().focus("Studio");
    is_there(&server, "five").await;

    // A text that another program copies while the viewer has the focus goes there with the key that pastes it.
    viewer.press("#clipboard-text", "\u{e00c}").await;
    viewer.click("#screen canvas").await;
    desk.display().copy("six");
    desk.display().press("ctrl+v");
    is_there(&server, "six").await;
}

#[tokio::test]
async fn nothing_is_copied_with_an_address_that_is_not_saved_until_one_click() {
    let desk = Desk::of("nothing_is_copied_with_an_address_that_is_not_saved_until_one_click").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    desk.display().copy("here");
    let viewer = user::open_server(&app, &server).await;
    desk.display().focus(&server.address());
    server.display.copy("there");
    viewer.until_shown("#toast button").await;
    assert_eq!((desk.display().paste(), server.display.paste()), (Some("here".into()), Some("there".into())));
    viewer.use_tool("#clipboard").await;
    assert!(viewer.text_of("#clipboard-off").await.contains("not in your list"));
    viewer.click("#clipboard-allow").await;
    is_there(&server, "here").await;
    server.display.copy("then");
    is_here(&desk, "then").await;
}

#[tokio::test]
async fn text_arrives_as_it_was_written_and_what_cannot_is_said() {
    let desk = Desk::of("text_arrives_as_it_was_written_and_what_cannot_is_said").open().await;
    // One without the extended clipboard.
    let server = Scripted::start((64, 48));
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Plain", &server.address(), "").await;
    user::open(&hosts, "Plain").await;
    let viewer = app.viewer("Plain").await;
    let session = server.viewer().await;
    viewer.until_state("live").await;
    desk.display().focus("Plain");
    for (bytes, written) in [
        (&b"caf\xe9"[..], "café"),
        (b"\x93caf\xe9\x94 \x80", "“café” €"),
        ("naïve 光 🙂".as_bytes(), "naïve 光 🙂"),
        (b"one\r\ntwo", "one\ntwo"),
    ] {
        let length = u32::try_from(bytes.len()).expect("a short text").to_be_bytes();
        session.say([&[3, 0, 0, 0][..], &length, bytes].concat());
        is_here(&desk, written).await;
    }

    desk.display().focus("Portlight");
    desk.display().copy("é 光");
    desk.display().focus("Plain");
    viewer
        .until("a word about letters that are lost", "document.querySelector('#toast').innerText.includes('光')")
        .await;
    viewer.use_tool("#clipboard").await;
    assert!(viewer.text_of("#clipboard-lost").await.ends_with("光"));
    viewer.press("#clipboard-text", "\u{e00c}").await;

    desk.display().copy_picture(&desk.home().join("picture.png"));
    viewer.use_tool("#clipboard").await;
    viewer.until_shown("#clipboard-image").await;
}
