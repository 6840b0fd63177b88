//! Portlight from a terminal.

use crate::{
    desk::{App, Desk, Server, until},
    user::{self, sees},
};
use serde_json::json;
use std::process::Output;

#[tokio::test]
async fn it_says_what_it_is_and_what_it_does_not_understand() {
    let desk = Desk::of("it_says_what_it_is_and_what_it_does_not_understand").open().await;
    let version = concat!("portlight ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(texts(desk.portlight(&["--version"])), (Some(0), version.to_owned(), String::new()));

    let (code, said, complaint) = texts(desk.portlight(&["--version", "--verbose"]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], version.trim());
    let renderer = lines.iter().find_map(|line| line.strip_prefix("renderer: ")).expect("the renderer");
    let (kind, why) = renderer.split_once(" (").expect("a renderer and a reason");
    assert!(["plain", "accelerated", "left alone"].contains(&kind) && why.len() > 10, "{renderer}");
    assert!(lines.iter().any(|line| line.starts_with("webview: 2.")), "{said}");

    for arguments in [&["http://example.org/"][..], &["box:99999"], &["a b c"], &["--colour"], &["one", "two"]] {
        let (code, said, complaint) = texts(desk.portlight(arguments));
        assert_eq!((code, said.as_str()), (Some(2), ""), "{arguments:?}: {complaint}");
        assert!(complaint.starts_with("portlight: ") && complaint.lines().count() == 1, "{arguments:?}: {complaint}");
    }
}

#[tokio::test]
async fn a_target_opens_its_screen_alone_and_a_second_call_goes_to_the_first() {
    let desk = Desk::of("a_target_opens_its_screen_alone_and_a_second_call_goes_to_the_first").open().await;
    let (one, other) = (Server::start(&desk, None).await, Server::start(&desk, None).await);
    let app = App::start(&desk, &[&one.address()]).await;
    let viewer = app.viewer(&one.address()).await;
    viewer.until_state("live").await;
    assert_eq!(app.windows().await, 1, "the list stays closed");

    let (code, said, complaint) = texts(desk.portlight(&[&other.address()]));
    assert_eq!((code, said.as_str()), (Some(0), ""), "{complaint}");
    let second = app.viewer(&other.address()).await;
    second.until_state("live").await;
    sees(&second, &other, [0x44, 0x88, 0xcc]).await;
    sees(&viewer, &one, [0xcc, 0x88, 0x44]).await;

    // Whoever asks for what is open already gets it, not another one.
    assert_eq!(texts(desk.portlight(&[&one.address()])).0, Some(0));
    assert_eq!(texts(desk.portlight(&[])).0, Some(0));
    app.hosts().await.until_shown("#search").await;
    assert_eq!(app.windows().await, 3);
}

#[tokio::test]
async fn a_saved_machine_is_known_by_its_name_and_can_be_only_watched() {
    let desk = Desk::of("a_saved_machine_is_known_by_its_name_and_can_be_only_watched").open().await;
    let server = Server::start(&desk, None).await;
    let host = json!({ "id": "6f0d3f5e-52c1-4f5e-9d0c-0d4c3b3a1f00", "name": "Studio", "address": server.address() });
    desk.write_hosts(&json!({ "version": 1, "hosts": [host] }).to_string());
    let app = App::start(&desk, &["--view-only", "studio"]).await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x11, 0x55, 0x99]).await;

    user::type_there(&desk, &viewer, "touch watched\n").await;
    // The same keys do something once the user wants to do more than watch.
    viewer.use_tool("#view-only").await;
    user::type_there(&desk, &viewer, "touch used\n").await;
    until("the shell there to make a file", async || desk.home().join("used").exists().then_some(())).await;
    assert!(!desk.home().join("watched").exists(), "a key went through");
}

#[tokio::test]
async fn without_a_session_bus_the_list_still_has_one_owner() {
    let desk = Desk::of("without_a_session_bus_the_list_still_has_one_owner").without_bus().open().await;
    let app = App::start(&desk, &[]).await;
    app.hosts().await.until_shown("#search").await;

    let (code, said, complaint) = texts(desk.portlight(&[]));
    assert_eq!((code, said.as_str()), (Some(1), ""), "{complaint}");
    let sentence = complaint.lines().filter(|line| line.starts_with("portlight: ")).collect::<Vec<_>>();
    assert!(matches!(sentence[..], [one] if one.contains("another Portlight is using")), "{complaint}");
    assert!(app.runs());
}

fn texts(output: Output) -> (Option<i32>, String, String) {
    let [said, complaint] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code(), said, complaint)
}
