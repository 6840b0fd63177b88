//! What was open when Portlight ended is opened again, where its user wants that.

use crate::{
    desk::{App, Desk, Server, portlight, until},
    user,
};
use serde_json::{Value, json};
use std::fs;

#[tokio::test]
async fn what_was_open_at_a_crash_is_asked_about_once_and_opened_and_what_was_closed_stays_closed() {
    let name = "what_was_open_at_a_crash_is_asked_about_once_and_opened_and_what_was_closed_stays_closed";
    let desk = Desk::of(name).open().await;
    desk.prefer(r#"{ "nearby": "off", "look": "rows" }"#);
    let [one, two, three] =
        [Server::start(&desk, None).await, Server::start(&desk, None).await, Server::start(&desk, None).await];
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#hosts [role=option]").await;
    assert_eq!(hosts.script("return document.querySelector('#reopen')").await, Value::Null);
    user::add(&hosts, "One", &one.address(), "").await;
    user::open(&hosts, "One").await;
    app.viewer("One").await.until_state("live").await;
    user::stop_searching(&hosts).await;
    user::open_server(&app, &two).await;
    user::open_server(&app, &three).await;
    desk.display().close_window(&three.address());
    until("the window to go", async || (!desk.display().has_window(&three.address())).then_some(())).await;
    let file = desk.home().join("data/portlight/open.json");
    let told = || fs::read_to_string(&file).unwrap_or_default();
    until("what is open to be noted", async || {
        (told().contains(&two.address()) && told().contains("host") && !told().contains(&three.address())).then_some(())
    })
    .await;
    app.crash().await;

    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    let asked = hosts.text_of("#reopen").await;
    assert!(asked.contains("You had 2 machines open") && asked.contains("One"), "{asked}");
    assert!(asked.contains(&two.address()) && !asked.contains(&three.address()), "{asked}");
    hosts.click("#reopen-open").await;
    app.viewer("One").await.until_state("live").await;
    app.viewer(&two.address()).await.until_state("live").await;

    // Quitting with windows that are open is no closing of them either; from now on nothing is asked.
    let text = fs::read_to_string(desk.hosts_file().with_file_name("preferences.json")).unwrap_or_default();
    assert!(!text.contains("always"), "{text}");
    hosts
        .script("setTimeout(() => window.__TAURI_INTERNALS__.invoke('plugin:portlight|quit', { choice: 'quit' }), 100)")
        .await;
    app.end().await;
    desk.prefer(r#"{ "nearby": "off", "look": "rows", "reopening": "always" }"#);
    let app = App::start(&desk, &[]).await;
    app.viewer("One").await.until_state("live").await;
    app.viewer(&two.address()).await.until_state("live").await;
    assert_eq!(app.hosts().await.script("return document.querySelector('#reopen')").await, Value::Null);
}

#[tokio::test]
async fn who_starts_with_a_machine_or_without_a_window_is_asked_only_once_the_list_is_opened() {
    let name = "who_starts_with_a_machine_or_without_a_window_is_asked_only_once_the_list_is_opened";
    let desk = Desk::of(name).tray().open().await;
    desk.prefer(r#"{ "nearby": "off", "reopening": "always" }"#);
    let server = Server::start(&desk, None).await;
    let file = desk.home().join("data/portlight/open.json");
    fs::create_dir_all(file.parent().expect("a folder")).expect("a home");
    let left = json!({ "version": 1, "open": [{ "address": { "address": server.address() } }] });
    fs::write(&file, left.to_string()).expect("a home");
    let other = Server::start(&desk, None).await;
    let first = desk.spawn("portlight", desk.command(portlight()).arg(other.address()));
    until("the machine that was asked for", async || desk.display().has_focus(&other.address()).then_some(())).await;
    desk.tray().lines_with("Quit").await;
    assert_eq!(desk.display().titles(), [other.address()]);
    first.kill();
    first.end().await;

    // It was left open, too, and what was not answered is not forgotten.
    let first = desk.spawn("portlight", desk.command(portlight()).arg("--background"));
    desk.tray().lines_with("Quit").await;
    assert_eq!(desk.display().titles(), Vec::<String>::new());
    desk.tray().choose("Open Portlight").await;
    for address in [server.address(), other.address()] {
        until("a machine that was open", async || desk.display().has_window(&address).then_some(())).await;
    }
    assert_eq!(first.ended(), None);
}
