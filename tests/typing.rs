//! What the toolbar's keys press on a real server: chords in taps, modifiers that are held, a text that is typed.

use crate::{
    desk::{App, Desk, Page, Server, until},
    keyboard::{Keys, in_front},
    user,
};
use serde_json::Value;
use std::fs;

const ESCAPE: &str = "\u{e00c}";

/// Opens the panel with keys.
async fn open_keys(viewer: &Page<'_>) {
    viewer.use_tool("#keys").await;
    viewer.until_shown("#keys-panel").await;
}

/// The button of a modifier, by its place.
fn modifier(place: usize) -> String {
    format!("#keys-panel .modifiers button:nth-child({place})")
}

/// Waits until exactly these keys have arrived since `mark`.
async fn arrive(keys: &Keys, mark: usize, words: &str) {
    until(&format!("{words:?}, where {:?} arrived", keys.since(mark)), async || {
        (keys.since(mark).trim() == words).then_some(())
    })
    .await;
}

/// Begins to type a text.
async fn begin(viewer: &Page<'_>, text: &str, pace: &str) {
    open_keys(viewer).await;
    viewer.click("#type-text").await;
    // As pasted: WebDriver would leave the field with a tab.
    let text = Value::from(text);
    viewer.until_shown("#text-to-type").await;
    viewer
        .script(&format!(
            "const field = document.querySelector('#text-to-type');
             field.value = {text};
             field.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));"
        ))
        .await;
    viewer.click(&format!("[name=pace][value={pace}]")).await;
    viewer.click("#type").await;
    viewer.until_gone("#type-panel").await;
}

#[tokio::test]
async fn chords_are_picked_in_taps_kept_and_never_stay_down() {
    let desk = Desk::of("chords").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let keys = Keys::on(&desk, &server).await;
    let app = App::start(&desk, &[]).await;
    user::connect(&app.hosts().await, &server.address()).await;
    let viewer = in_front(&app, &server).await;

    open_keys(&viewer).await;
    // The chord that leads to the toolbar has pressed modifiers there.
    let mark = keys.mark();
    viewer.click(&modifier(1)).await;
    viewer.click(&modifier(2)).await;
    arrive(&keys, mark, "+Control_L +Alt_L").await;
    viewer.click("[data-key=Left]").await;
    arrive(&keys, mark, "+Control_L +Alt_L +Left -Left -Alt_L -Control_L").await;

    // What was picked is kept for the next window, and for the next start.
    viewer.click("#keep-chord").await;
    let file = desk.hosts_file().with_file_name("preferences.json");
    until("the chord in the file", async || {
        fs::read_to_string(&file).ok().filter(|text| text.contains("Ctrl+Alt+Left"))
    })
    .await;
    let mark = keys.mark();
    viewer.click("#keys-panel .kept .chip").await;
    arrive(&keys, mark, "+Control_L +Alt_L +Left -Left -Alt_L -Control_L").await;
    viewer.until_gone("#keys-panel").await;

    open_keys(&viewer).await;
    let mark = keys.mark();
    viewer.click(&modifier(2)).await;
    viewer.click("[name=key-group][value=f1]").await;
    viewer.click("[data-key=F2]").await;
    arrive(&keys, mark, "+Alt_L +F2 -F2 -Alt_L").await;

    // With a letter, which is sent as what it is with Shift.
    let mark = keys.mark();
    viewer.click(&modifier(3)).await;
    viewer.press("#key-letter", "a").await;
    arrive(&keys, mark, "+Shift_L +A -A -Shift_L").await;

    // Held with the panel closed: for as long as the window has the focus.
    let mark = keys.mark();
    viewer.click(&modifier(1)).await;
    viewer.press("#keys-panel", ESCAPE).await;
    viewer.until_shown("#held").await;
    arrive(&keys, mark, "+Control_L").await;
    desk.display().focus("Portlight");
    arrive(&keys, mark, "+Control_L -Control_L").await;
    viewer.until_gone("#held").await;
}

#[tokio::test]
async fn a_text_is_typed_letter_for_letter_and_a_stop_leaves_nothing_down() {
    const TEXT: &str =
        "Grüße, naïve café: ÀÉ ñ\n\ttab \"quoted\" ~!@#$%^&*()_+|\\{}[]<>?/`\n漢字 and € and ж and Ω\nLast line";
    let desk = Desk::of("typing").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = in_front(&app, &server).await;

    let written = desk.home().join("typed");
    begin(&viewer, &format!("stty -echo -ixon; cat > {}\n{TEXT}\n", written.display()), "fast").await;
    viewer.until_gone("#typing").await;
    let told = viewer.text_of("#toast").await;
    assert!(told.contains('漢') && told.contains('€'), "{told}");
    open_keys(&viewer).await;
    viewer.click(&modifier(1)).await;
    viewer.press("#key-letter", "d").await;
    let text = until("the end of the text", async || {
        fs::read_to_string(&written).ok().filter(|text| text.ends_with("line\n"))
    })
    .await;
    assert_eq!(text, format!("{TEXT}\n"));

    let keys = Keys::on(&desk, &server).await;
    viewer.press("#keys-panel", ESCAPE).await;
    for stop in ["#stop-typing", "#screen canvas", "#view-only"] {
        let mark = keys.mark();
        begin(&viewer, &"ABC".repeat(400), "steady").await;
        until("some of it", async || (keys.since(mark).matches("+C").count() > 3).then_some(())).await;
        match stop {
            "#stop-typing" => viewer.click(stop).await,
            // A key that is pressed by hand.
            "#screen canvas" => {
                viewer.click(stop).await;
                desk.display().press("x");
            }
            tool => viewer.use_tool(tool).await,
        }
        viewer.until_gone("#typing").await;
        if stop == "#view-only" {
            viewer.use_tool(stop).await;
        }
        // A key that is pressed here comes behind all that was sent.
        viewer.click("#screen canvas").await;
        desk.display().press("F9");
        let words =
            until("the key behind it", async || Some(keys.since(mark)).filter(|words| words.ends_with("+F9 -F9 ")))
                .await;
        let letters = words.matches(['A', 'B', 'C']).count();
        assert!(letters < 1200, "it was stopped: {letters}");
        // With Shift it has another name.
        let words = words.replace("Meta_L", "Alt_L");
        let mut down = Vec::new();
        for word in words.split_whitespace() {
            match word.split_at(1) {
                ("+", key) => down.push(key),
                (_, key) => down.retain(|other| *other != key),
            }
        }
        assert!(down.is_empty(), "{down:?} still down: {words}");
    }
}
