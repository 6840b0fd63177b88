//! A machine where a mistake is dear: its frame, view only until it is touched, and a look before several lines go there.

use crate::{
    desk::{App, Desk, Page, Server, until},
    user,
};
use serde_json::json;

/// Copies a text in another program here, and comes back to the viewer's window.
fn copy(desk: &Desk, text: &str) {
    desk.display().focus("Portlight");
    desk.display().copy(text);
    desk.display().focus("Studio");
}

/// Answers the question about lines once its buttons count.
async fn answer(viewer: &Page<'_>, button: &str) {
    viewer.until_shown("#lines").await;
    viewer.until("the button to count", "document.querySelector('#send-lines').ariaDisabled !== 'true'").await;
    viewer.click(button).await;
    viewer.until_gone("#lines").await;
}

#[tokio::test]
async fn a_tag_frames_its_machines_keeps_hands_off_and_shows_lines_before_they_go_there() {
    let desk = Desk::of("caution").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let studio = json!({
        "id": "6f4f7c1e-5c55-4d3f-9b5e-000000000001", "name": "Studio", "address": server.address(), "tags": ["prod"],
        "display": { "clipboard": "both" },
    });
    desk.write_hosts(&json!({ "version": 1, "hosts": [studio] }).to_string());
    let caution = json!({ "tag": "PROD", "frame": "violet", "view_only": true, "ask_lines": true });
    desk.prefer(&json!({ "look": "rows", "tags": [caution] }).to_string());
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    viewer.until_shown("main[data-frame=violet] #frame").await;
    let inset = viewer
        .script("const { left, top } = document.querySelector('#screen').getBoundingClientRect(); return [left, top]")
        .await;
    assert_eq!(inset, json!([4, 4]), "the frame covers nothing of the screen");
    viewer
        .until(
            "the window to have room for screen and frame",
            "(canvas => canvas.getBoundingClientRect().width === canvas.width)(document.querySelector('#screen canvas'))",
        )
        .await;

    desk.display().focus("Studio");
    viewer.click("#screen canvas").await;
    viewer.until_shown("#toast").await;
    assert!(viewer.text_of("#toast").await.contains("Ctrl+Alt+Shift+V"));
    desk.display().press("ctrl+alt+shift+v");
    viewer.until("it to be touched", "document.querySelector('#view-only').ariaPressed === 'false'").await;
    desk.display().press("ctrl+alt+shift+v");
    viewer.until("it to be viewed only", "document.querySelector('#view-only').ariaPressed === 'true'").await;
    desk.display().press("ctrl+alt+shift+v");
    viewer.until("it to be touched", "document.querySelector('#view-only').ariaPressed === 'false'").await;

    copy(&desk, "one line");
    until("one line there", async || (server.display.paste().as_deref() == Some("one line")).then_some(())).await;
    // This server fetches the text when something is pasted over there.
    copy(&desk, "rm a\nrm b");
    let mut refused = server.display.begin_to_paste();
    viewer.until_shown("#lines").await;
    assert!(viewer.text_of("#lines pre").await.contains("rm b"));
    assert!(refused.try_wait().expect("xclip").is_none(), "nothing is there before it was looked at");
    answer(&viewer, "#keep-lines").await;
    assert!(refused.try_wait().expect("xclip").is_none(), "nor when that was refused");
    refused.kill().expect("xclip");
    refused.wait().expect("xclip");
    // Another number is no answer, whatever the page says.
    copy(&desk, "ls\nls");
    let pasting = server.display.begin_to_paste();
    viewer.until_shown("#lines").await;
    viewer
        .script("return window.__TAURI_INTERNALS__.invoke('plugin:portlight|answer_lines', { number: 1, go: true })")
        .await;
    answer(&viewer, "#send-lines").await;
    let pasted = pasting.wait_with_output().expect("xclip").stdout;
    assert_eq!(pasted, b"ls\nls");
}
