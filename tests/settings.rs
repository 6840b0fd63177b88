//! What the user prefers, in force at once: language and colours of a window that is open, what closing means, and the keys.

use crate::{
    desk::{App, Colours, Desk, Server, until},
    user,
};
use std::fs;

#[tokio::test]
async fn language_and_colours_change_while_the_window_is_open_and_stay() {
    let desk = Desk::of("language_and_colours_change_while_the_window_is_open_and_stay").tray().open().await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#hosts [role=option]").await;
    desk.display().focus("Portlight");
    desk.display().press("ctrl+comma");
    hosts.click("#settings [name=theme][value=dark]").await;
    hosts.until("the dark theme", "matchMedia('(prefers-color-scheme: dark)').matches").await;
    hosts.click("#settings [name=theme][value=system]").await;
    hosts.until("the desktop's theme", "!matchMedia('(prefers-color-scheme: dark)').matches").await;
    hosts.click("#settings [name=theme][value=dark]").await;

    hosts.click("#settings [name=language][value=zh-CN]").await;
    let settings_are_chinese =
        "document.documentElement.lang === 'zh-CN' && document.querySelector('#settings') !== null";
    hosts.until("the settings in Chinese", settings_are_chinese).await;
    hosts.until("the dark theme still", "matchMedia('(prefers-color-scheme: dark)').matches").await;
    desk.tray().lines_with("退出").await;
    let file = desk.hosts_file().with_file_name("preferences.json");
    let text = fs::read_to_string(file).expect("preferences");
    assert!(text.contains(r#""language": "zh-CN""#) && text.contains(r#""theme": "dark""#), "{text}");
    app.crash().await;

    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    let kept = "document.documentElement.lang === 'zh-CN' && matchMedia('(prefers-color-scheme: dark)').matches";
    hosts.until("both after a new start", kept).await;
}

/// The portal's colours are the desktop's, and what was chosen is stronger, whatever windows come.
#[tokio::test]
async fn colours_follow_the_desktops_portal_until_others_are_chosen() {
    let desk = Desk::of("colours_follow_the_desktops_portal_until_others_are_chosen").open().await;
    let portal = Colours::start(desk.bus(), 1).await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#hosts [role=option]").await;
    let (dark, light) =
        ("matchMedia('(prefers-color-scheme: dark)').matches", "!matchMedia('(prefers-color-scheme: dark)').matches");
    hosts.until("the desktop's dark", dark).await;
    portal.set(2).await;
    hosts.until("the desktop's light", light).await;

    desk.display().focus("Portlight");
    desk.display().press("ctrl+comma");
    hosts.click("#settings [name=theme][value=dark]").await;
    hosts.until("the dark theme", dark).await;
    desk.display().press("Escape");
    let viewer = user::open_server(&app, &server).await;
    viewer.until("the dark theme in another window", dark).await;
    hosts.until("the dark theme still", dark).await;
    desk.display().focus("Portlight");
    desk.display().press("ctrl+comma");
    hosts.click("#settings [name=theme][value=system]").await;
    hosts.until("the desktop's light again", light).await;
}

#[tokio::test]
async fn another_language_waits_for_the_form_that_is_typed_into() {
    let desk = Desk::of("another_language_waits_for_the_form_that_is_typed_into").open().await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#hosts [role=option]").await;
    desk.display().focus("Portlight");
    desk.display().press("ctrl+n");
    hosts.fill("#editor #address", "box.example").await;
    // From within the form.
    desk.display().press("ctrl+comma");
    hosts.click("#settings [name=language][value=zh-CN]").await;
    let told = "document.querySelector('#settings').innerText.includes('you are editing')";
    hosts.until("to be told that it waits", told).await;
    let file = desk.hosts_file().with_file_name("preferences.json");
    until("the choice", async || fs::read_to_string(&file).ok().filter(|text| text.contains("zh-CN"))).await;
    hosts.click("#close-settings").await;
    hosts.until_gone("#settings").await;
    hosts.until("what was typed", "document.querySelector('#editor #address').value === 'box.example'").await;
    hosts.click("#save").await;
    hosts.until("the list in Chinese", "document.documentElement.lang === 'zh-CN'").await;
    hosts.until_shown(&user::row("box.example")).await;
}

#[tokio::test]
async fn closing_the_list_does_what_is_preferred_also_by_its_key() {
    let desk = Desk::of("closing_the_list_does_what_is_preferred_also_by_its_key").tray().open().await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    desk.tray().lines_with("Quit").await;
    hosts.until_shown("#hosts [role=option]").await;
    desk.display().focus("Portlight");
    desk.display().press("ctrl+comma");
    hosts.click("#settings [name=on-close][value=tray]").await;
    hosts.click("#close-settings").await;
    hosts.until_gone("#settings").await;
    desk.display().press("ctrl+w");
    until("the list to hide", async || (!desk.display().has_window("Portlight")).then_some(())).await;
    assert!(app.runs());
    desk.tray().choose("Open Portlight").await;
    desk.display().focus("Portlight");
    desk.display().press("ctrl+comma");
    hosts.click("#settings [name=on-close][value=quit]").await;
    hosts.click("#close-settings").await;
    hosts.until_gone("#settings").await;
    desk.display().press("ctrl+w");
    app.end().await;
}

#[tokio::test]
async fn settings_of_another_computer_are_looked_at_imported_and_put_back() {
    let desk = Desk::of("settings_of_another_computer_are_looked_at_imported_and_put_back").open().await;
    let file = desk.home().join("settings.json");
    let newer = r#"{"theme": "dark", "bell": "gong", "password_command": "touch /tmp/ran", "tags": [{"tag": "prod", "view_only": true}]}"#;
    fs::write(&file, newer).expect("a home");
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#hosts [role=option]").await;
    desk.display().focus("Portlight");
    desk.display().press("ctrl+comma");
    let import = async || {
        hosts.click("#import-settings").await;
        user::choose_file(&desk, "Import settings", file.to_str().expect("a path")).await;
        hosts.until_shown("#import-settings-preview").await;
    };
    import().await;
    let seen = hosts.text_of("#import-settings-preview").await;
    for part in ["Colours", "Dark", "prod (View only at first)", "touch /tmp/ran", "When a machine rings its bell"] {
        assert!(seen.contains(part), "{part} is missing: {seen}");
    }
    hosts.click("#import-settings-leave").await;
    hosts.until_gone("#import-settings-preview").await;
    let preferences = desk.hosts_file().with_file_name("preferences.json");
    let written = fs::read_to_string(&preferences).unwrap_or_default();
    assert!(!written.contains("dark") && !written.contains("prod"), "it was only looked at: {written}");

    import().await;
    hosts.click("#import-settings-act").await;
    hosts.until("the dark theme", "matchMedia('(prefers-color-scheme: dark)').matches").await;
    let text = fs::read_to_string(&preferences).expect("preferences");
    assert!(text.contains("\"prod\"") && !text.contains("touch"), "{text}");
    hosts.click("#put-back-settings").await;
    hosts.until("the desktop's theme", "!matchMedia('(prefers-color-scheme: dark)').matches").await;
    hosts.until_gone("#put-back-settings").await;
    let text = fs::read_to_string(&preferences).expect("preferences");
    assert!(!text.contains("prod"), "{text}");
    // Without any caution yet, the first one can be added.
    hosts.until("a field for a tag", "!document.querySelector('#new-caution').disabled").await;
}
