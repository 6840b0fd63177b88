//! What a screen reader is told of the windows, and what it can do there: by AT-SPI, on an accessibility bus of the test's own.

use crate::{
    desk::{App, Desk, Part, Server, State, until},
    user,
};
use serde_json::{Value, json};
use std::{fs, path::Path};

const PASSWORD: &str = "l8house!";

#[tokio::test]
async fn a_screen_reader_is_told_of_everything_and_presses_it_in_english() {
    everything("a_screen_reader_is_told_of_everything_and_presses_it_in_english", "en").await;
}

#[tokio::test]
async fn a_screen_reader_is_told_of_everything_and_presses_it_in_chinese() {
    everything("a_screen_reader_is_told_of_everything_and_presses_it_in_chinese", "zh-CN").await;
}

async fn everything(test: &'static str, language: &str) {
    let texts = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("ui/src/i18n/{language}.json"));
    let texts: Value = serde_json::from_slice(&fs::read(texts).expect("the texts")).expect("JSON");
    let text = |name: &str| texts[name].as_str().unwrap_or_else(|| panic!("no text {name}"));
    let desk = Desk::of(test).open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    desk.prefer(&json!({ "nearby": "off", "language": language }).to_string());
    let host = |n: usize, name: &str, address: &str| {
        json!({
            "id": format!("00000000-0000-4000-8000-{n:012}"), "name": name, "address": address,
            "favourite": n == 1, "view_only": n == 3, "tags": ["lab"],
        })
    };
    let address = server.address();
    let hosts =
        [host(1, "Studio", &address), host(2, "Garage", "garage.example"), host(3, "会议室", "meeting.example")];
    desk.write_hosts(&json!({ "version": 1, "hosts": hosts }).to_string());
    let mut reader = desk.start_reader().await;
    let app = App::start(&desk, &[]).await;
    app.hosts().await.until_shown(&user::row("Studio")).await;

    // The list, as cards: one stop, in which the rows say what they are, where, and what is special about them.
    let search = text("hosts.search");
    let is_listed = |window: &Part| window.find("list item", "Studio").is_some();
    let window = reader.window_with("Portlight", "the list", is_listed).await;
    assert!(window.get("combo box", search).is(State::Focusable), "{window}");
    let list = window.get("list box", text("hosts.title"));
    assert_eq!(list.description, text("hosts.keys"));
    let names: Vec<_> = list.parts.iter().map(|item| (&*item.role, &*item.name)).collect();
    let (favourite, view_only) = (text("hosts.favourite"), text("hosts.view_only"));
    let studio = format!("Studio, {address}, {favourite}");
    let meeting = format!("会议室, {view_only}, meeting.example");
    assert_eq!(names, [("list item", &*studio), ("list item", "Garage, garage.example"), ("list item", &meeting)]);
    let places: Vec<_> =
        list.parts.iter().map(|item| (item.attribute("posinset"), item.attribute("setsize"))).collect();
    assert_eq!(places, [(Some("1"), Some("3")), (Some("2"), Some("3")), (Some("3"), Some("3"))]);
    let selected: Vec<_> = list.parts.iter().map(|item| item.is(State::Selected)).collect();
    assert_eq!(selected, [true, false, false]);
    let button = window.get("push button", text("look.rows"));
    assert!(button.is(State::Focusable));

    // As rows, which is a press of a button.
    reader.press(button).await;
    let studio = format!("Studio, lab, {address}, {favourite}");
    reader.window_with("Portlight", "rows", |window| window.find("list item", &studio).is_some()).await;

    // The form: fields with labels, what is wrong as their description and said, sections that unfold.
    let window = reader.window("Portlight").await;
    reader.press(window.get("push button", text("hosts.add"))).await;
    let (label, title) = (text("editor.address"), text("editor.add_title"));
    let is_focused = |window: &Part| window.find("entry", label).is_some_and(|field| field.is(State::Focused));
    let window = reader.window_with("Portlight", "the form", is_focused).await;
    let form = window.get("dialog", title);
    assert!(!form.get("entry", label).is(State::Invalid));
    let login = form.get("push button", text("editor.section.login"));
    assert!(login.is(State::Expandable) && !login.is(State::Expanded), "{form}");
    reader.press(login).await;
    let password = text("editor.password");
    let is_open = |window: &Part| window.find("password text", password).is_some();
    let window = reader.window_with("Portlight", "the section", is_open).await;
    assert!(window.get("push button", text("editor.section.login")).is(State::Expanded), "{window}");
    reader.press(window.get("push button", text("editor.save_only"))).await;
    let wrong = text("problem.address.empty");
    reader.until_said(wrong).await;
    let is_wrong = |window: &Part| window.find("entry", label).is_some_and(|field| field.is(State::Invalid));
    let window = reader.window_with("Portlight", "what is wrong", is_wrong).await;
    let field = window.get("entry", label);
    assert!(field.description.starts_with(wrong) && field.is(State::Focused), "{window}");
    reader.press(window.get("push button", text("editor.cancel"))).await;
    let window = reader.window_with("Portlight", "the list", |window| window.find("dialog", title).is_none()).await;

    // A menu, and a dialog from it, which is modal.
    reader.press(window.get("push button", text("hosts.more"))).await;
    let settings = text("settings.open");
    let has_menu = |window: &Part| window.find("menu item", settings).is_some();
    let window = reader.window_with("Portlight", "the menu", has_menu).await;
    reader.press(window.get("menu item", settings)).await;
    let has_dialog = |window: &Part| window.find("dialog", settings).is_some();
    let window = reader.window_with("Portlight", "the dialog", has_dialog).await;
    let dialog = window.get("dialog", settings);
    assert!(dialog.is(State::Modal), "{window}");
    reader.press(dialog.get("push button", text("settings.close"))).await;
    let window = reader.window_with("Portlight", "the list", |window| !has_dialog(window)).await;

    // What happens is said.
    desk.display().focus("Portlight");
    app.hosts().await.click(&user::row("Garage")).await;
    desk.display().press("Delete");
    reader.until_said(&text("toast.removed").replace("{name}", "Garage")).await;
    drop(window);

    // A machine opens with one press; its window asks, shows, and says why it has ended.
    let window =
        reader.window_with("Portlight", "the list", |window| window.find("list item", "Garage").is_none()).await;
    reader.press(window.get("list item", "Studio")).await;
    let asks = |window: &Part| window.find("password text", text("prompt.password")).is_some();
    let window = reader.window_with("Studio", "the question", asks).await;
    assert!(window.get("password text", text("prompt.password")).is(State::Focused), "{window}");
    let viewer = app.viewer("Studio").await;
    user::answer(&viewer, PASSWORD, false).await;
    viewer.until_state("live").await;
    viewer.call_toolbar().await;
    let disconnect = text("viewer.disconnect");
    let has_toolbar = |window: &Part| window.find("push button", disconnect).is_some();
    let window = reader.window_with("Studio", "the toolbar", has_toolbar).await;
    let toolbar = window.get("tool bar", text("viewer.toolbar"));
    let view_only = toolbar.get("toggle button", text("viewer.view_only"));
    assert!(!view_only.is(State::Checked), "{window}");
    let open = format!("Studio, {}, lab", text("hosts.open_now"));
    reader.window_with("Portlight", "an open machine", |window| window.find("list item", &open).is_some()).await;
    reader.press(toolbar.get("push button", disconnect)).await;
    let end = text("viewer.disconnected");
    let window = reader.window_with("Studio", "the end", |window| window.find("alert", end).is_some()).await;
    let card = window.get("alert", end);
    assert_eq!(card.description, text("ended.by_you"));
    let again = text("ended.again");
    assert!(card.get("push button", again).is(State::Focused), "{window}");
    reader.press(card.get("push button", text("ended.close_window"))).await;
    until("the viewer to close", async || (!desk.display().has_window("Studio")).then_some(())).await;
}
