//! What a page may not do, even if foreign script were to run in it.

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
    let viewer = user::open_server(&app, &server).await;

    let commands = commands();
    let windows = [("hosts", &hosts), ("viewer", &viewer)];
    for (capability, page) in windows {
        let allowed = allowed(capability);
        let unknown: Vec<_> = allowed.iter().filter(|name| !commands.contains(&name.as_str())).collect();
        assert!(unknown.is_empty(), "{capability} may call what is no command: {unknown:?}");
        for command in &commands {
            // Without arguments: a command that takes some then fails, but behind the wall.
            let asked = format!("portlight|{command}");
            if !allowed.iter().any(|name| name == command) {
                refused(page, &asked, "{}").await;
            } else if !ENDING.contains(command) {
                let answer = ask(page, &asked, "{}").await;
                assert!(!is_refusal(&answer), "{capability} may call {command}, and was refused: {answer:?}");
            }
        }
    }
    for command in &commands {
        let may = |capability| allowed(capability).iter().any(|name| name == command);
        // Quick connect opens what the list opens, and has two commands of its own.
        let able = [may("hosts"), may("viewer"), may("quick") && !may("hosts")];
        assert_eq!(able.into_iter().filter(|able| *able).count(), 1, "{command} is one window's");
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

    // What is asked for in the same way and allowed is done: the refusals were not for the way of asking.
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
    let viewer = user::open_server(&app, &server).await;
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

/// Commands that end the session or its window where they are allowed, or show a dialog until it is answered: other tests call
/// them.
const ENDING: &[&str] = &[
    "reconnect",
    "close",
    "close_window",
    "close_list",
    "choose_recording",
    "export_preferences",
    "preview_preferences",
    "rewind",
];

/// All commands, as the build script declares them.
fn commands() -> Vec<&'static str> {
    let script = include_str!("../src-tauri/build.rs");
    let list = script.split_once("COMMANDS: &[&str] = &[").and_then(|(_, rest)| rest.split_once("];"));
    let quoted = list.expect("the list of commands").0.split('"').skip(1).step_by(2).collect::<Vec<_>>();
    assert!(quoted.len() > 20, "{quoted:?}");
    quoted
}

/// The commands that a capability file allows.
fn allowed(capability: &str) -> Vec<String> {
    let file = match capability {
        "hosts" => include_str!("../src-tauri/capabilities/hosts.json"),
        "quick" => include_str!("../src-tauri/capabilities/quick.json"),
        _ => include_str!("../src-tauri/capabilities/viewer.json"),
    };
    let file: Value = serde_json::from_str(file).expect("JSON");
    let permissions = file["permissions"].as_array().expect("permissions");
    let names = permissions.iter().filter_map(|permission| permission.as_str()?.strip_prefix("portlight:allow-"));
    names.map(|name| name.replace('-', "_")).collect()
}

async fn refused(page: &Page<'_>, command: &str, facts: &str) {
    let answer = ask(page, command, facts).await;
    assert!(is_refusal(&answer), "{command} was not refused: {answer:?}");
}

fn is_refusal(answer: &Result<Value, Value>) -> bool {
    answer.as_ref().is_err_and(|reason| reason.to_string().contains("not allowed"))
}

async fn ask(page: &Page<'_>, command: &str, facts: &str) -> Result<Value, Value> {
    let ask = format!(
        "return window.__TAURI_INTERNALS__.invoke('plugin:{command}', {facts}).then((done) => [done ?? null, null], (error) => [null, error])"
    );
    let answer = page.script(&ask).await;
    if answer[1].is_null() { Ok(answer[0].clone()) } else { Err(answer[1].clone()) }
}
