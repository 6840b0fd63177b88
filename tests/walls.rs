//! What a page may not do, even if somebody else's words were to run in it.

use crate::{
    desk::{App, Desk, Page, Server},
    user,
};
use serde_json::Value;
use std::net::TcpListener;

#[tokio::test]
async fn each_window_may_ask_for_its_own_things_only() {
    let desk = Desk::of("each_window_may_ask_for_its_own_things_only").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::connect(&hosts, &server.address()).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;

    let id = "'00000000-0000-4000-8000-000000000000'";
    let draft = "{ id: null, name: 'Trojan', address: 'a', username: '', view_only: false, favourite: false }";
    for (command, facts) in [
        ("list_hosts", "{}"),
        ("save_host", &format!("{{ draft: {draft}, change: {{ change: 'keep' }} }}")),
        ("duplicate_host", &format!("{{ id: {id}, name: 'b' }}")),
        ("remove_host", &format!("{{ id: {id} }}")),
        ("restore_host", &format!("{{ id: {id} }}")),
        ("set_favourite", &format!("{{ id: {id}, favourite: true }}")),
        ("open_host", &format!("{{ id: {id} }}")),
        ("open_address", "{ text: '127.0.0.1:1' }"),
        ("read_address", "{ text: '127.0.0.1:1' }"),
        ("choose_closing", "{ choice: 'quit' }"),
    ] {
        refused(&viewer, &format!("portlight|{command}"), facts).await;
    }
    for (command, facts) in [
        ("attach", "{ channel: '__CHANNEL__:1' }"),
        ("answer", "{ answer: { password: '', remember: false } }"),
        ("again", "{}"),
        ("close", "{}"),
        ("close_window", "{}"),
        ("set_fullscreen", "{ on: true }"),
        ("read_clipboard", "{}"),
        ("write_clipboard", "{ text: 'a' }"),
        ("viewer_failed", "{ detail: 'a' }"),
    ] {
        refused(&hosts, &format!("portlight|{command}"), facts).await;
    }
    for page in [&viewer, &hosts] {
        for (command, facts) in [
            ("window|close", "{ label: 'hosts' }"),
            ("window|hide", "{ label: 'hosts' }"),
            ("window|create", "{ options: { label: 'b' } }"),
            ("webview|create_webview_window", "{ options: { label: 'b', url: 'index.html' } }"),
            ("event|emit", "{ event: 'closing' }"),
            ("clipboard-manager|read_text", "{}"),
            ("clipboard-manager|write_text", "{ text: 'a' }"),
            ("path|resolve_directory", "{ directory: 1 }"),
            ("app|version", "{}"),
        ] {
            refused(page, command, facts).await;
        }
    }

    // What is asked for in the same way and allowed is done: the refusals were not for the asking.
    assert_eq!(ask(&viewer, "portlight|set_fullscreen", "{ on: false }").await, Ok(Value::Null));
    let list = ask(&hosts, "portlight|list_hosts", "{}").await.expect("the list");
    assert_eq!(list["hosts"].as_array().map(Vec::len), Some(1), "only the demo desktop: {list}");
    assert_eq!(viewer.script("return document.body.dataset.state").await, "live");
}

#[tokio::test]
async fn no_page_runs_foreign_words_or_talks_to_others() {
    let desk = Desk::of("no_page_runs_foreign_words_or_talks_to_others").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::connect(&hosts, &server.address()).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;
    let stranger = TcpListener::bind("127.0.0.1:0").expect("loopback");
    stranger.set_nonblocking(true).expect("a socket");
    let port = stranger.local_addr().expect("a bound socket").port();

    for page in [&viewer, &hosts] {
        for foreign in ["eval('1')", "new Function('return 1')()"] {
            let ran = page.script(&format!("try {{ return {foreign} }} catch (error) {{ return error.name }}")).await;
            assert_eq!(ran, "EvalError", "{foreign}");
        }
        // A policy's refusal is an event; a script that runs would have run before it is told of.
        let inline = "const refused = new Promise((told) => addEventListener('securitypolicyviolation', (event) => told(event.effectiveDirective), { once: true }));
                      const script = document.createElement('script');
                      script.textContent = 'window.foreign = true';
                      document.head.append(script);
                      return [await refused, window.foreign ?? false]";
        assert_eq!(page.script(inline).await, serde_json::json!(["script-src-elem", false]));
        for url in [format!("http://127.0.0.1:{port}/"), format!("http://localhost:{port}/")] {
            let fetched =
                page.script(&format!("return fetch('{url}').then(() => 'came', (error) => error.name)")).await;
            assert_eq!(fetched, "TypeError", "{url}");
            let image = format!(
                "const image = new Image();
                 const end = new Promise((end) => {{ image.onload = image.onerror = (event) => end(event.type) }});
                 image.src = '{url}a.png';
                 return await end"
            );
            assert_eq!(page.script(&image).await, "error", "{url}");
        }
        let socket = format!(
            "try {{ new WebSocket('ws://127.0.0.1:{port}/'); return 'open' }} catch (error) {{ return error.name }}"
        );
        assert_eq!(page.script(&socket).await, "SecurityError");
        page.script(&format!("location.href = 'http://127.0.0.1:{port}/'")).await;
        page.script(&format!("window.open('http://127.0.0.1:{port}/')")).await;
        let frame = format!(
            "const frame = document.createElement('iframe');
             frame.src = 'http://127.0.0.1:{port}/';
             document.body.append(frame);"
        );
        page.script(&frame).await;
        // Two more turns of the page: whatever would have left it has left by then.
        page.script("await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)))").await;
    }
    let came = stranger.accept().map(|(_, from)| from);
    assert!(came.is_err(), "{came:?} came to the stranger's port");
    assert_eq!(app.windows().await, 2);
    assert_eq!(
        viewer.script("return [location.protocol, document.body.dataset.state]").await,
        serde_json::json!(["tauri:", "live"])
    );
}

async fn refused(page: &Page<'_>, command: &str, facts: &str) {
    match ask(page, command, facts).await {
        Ok(answer) => panic!("{command} was done: {answer}"),
        Err(reason) => {
            assert!(reason.to_string().contains("not allowed"), "{command} failed for another reason: {reason}")
        }
    }
}

async fn ask(page: &Page<'_>, command: &str, facts: &str) -> Result<Value, Value> {
    let ask = format!(
        "return window.__TAURI_INTERNALS__.invoke('plugin:{command}', {facts}).then((done) => [done ?? null, null], (error) => [null, error])"
    );
    let answer = page.script(&ask).await;
    if answer[1].is_null() { Ok(answer[0].clone()) } else { Err(answer[1].clone()) }
}
