//! The hotkey: quick connect comes whatever window has the focus, and where the keys cannot be had the user is told why.

use crate::desk::{App, Desk, Grabbed, Portal, portlight, until};
use std::process::Command;

const QUICK: &str = "Quick connect";

/// Waits until the hotkey brings quick connect, and sends it away again. It is pressed until then: it is not seen from outside when it is
/// held.
async fn brings_quick_connect(desk: &Desk, keys: &str) {
    until("quick connect to have the focus", async || {
        if !desk.display().has_window(QUICK) {
            desk.display().press(keys);
        }
        desk.display().has_focus(QUICK).then_some(())
    })
    .await;
    // More of them may have been pressed than it took.
    until("quick connect to be gone", async || {
        desk.display().press("Escape");
        (!desk.display().has_window(QUICK)).then_some(())
    })
    .await;
}

fn set_layout(desk: &Desk, layout: &str) {
    let mut setxkbmap: Command = desk.command("setxkbmap");
    assert!(setxkbmap.arg(layout).status().expect("setxkbmap").success());
}

#[tokio::test]
async fn the_hotkey_brings_quick_connect_whatever_locks_are_on_and_wherever_the_layout_has_its_keys() {
    let name = "the_hotkey_brings_quick_connect_whatever_locks_are_on_and_wherever_the_layout_has_its_keys";
    let desk = Desk::of(name).tray().open().await;
    desk.prefer(r#"{ "nearby": "off", "hotkey": "Ctrl+Alt+A" }"#);
    set_layout(&desk, "us");
    let _first = desk.spawn("portlight", desk.command(portlight()).arg("--background"));
    desk.tray().lines_with("Quit").await;
    brings_quick_connect(&desk, "ctrl+alt+a").await;
    for lock in ["Caps_Lock", "Num_Lock"] {
        desk.display().press(lock);
        brings_quick_connect(&desk, "ctrl+alt+a").await;
    }
    // Where the key of A was, there is Q.
    set_layout(&desk, "fr");
    brings_quick_connect(&desk, "ctrl+alt+a").await;
    desk.display().press("ctrl+alt+q");
    assert!(!desk.display().has_window(QUICK), "the key that had the letter before");
}

#[tokio::test]
async fn keys_that_another_program_has_are_said_to_be_taken_until_it_gives_them_back() {
    let desk = Desk::of("keys_that_another_program_has_are_said_to_be_taken_until_it_gives_them_back").open().await;
    let other = Grabbed::of(&desk.display().name, "k");
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#hosts [role=option]").await;
    let choose = async || {
        hosts.click("#hotkey").await;
        hosts.until("it to listen", "document.querySelector('#hotkey').classList.contains('listens')").await;
        desk.display().press("ctrl+alt+k");
    };
    desk.display().focus("Portlight");
    desk.display().press("ctrl+comma");
    // The other program would get the keys, and the page none.
    hosts.until("the settings", "document.querySelector('#hotkey')?.disabled === false").await;
    let preferred = "window.__TAURI_INTERNALS__.invoke('plugin:portlight|preferences')";
    hosts
        .script(&format!(
            "const preferences = await {preferred};
             await window.__TAURI_INTERNALS__.invoke('plugin:portlight|set_preferences', {{ preferences: {{ ...preferences, hotkey: 'Ctrl+Alt+K' }} }})"
        ))
        .await;
    hosts.click("#close-settings").await;
    hosts.until_gone("#settings").await;
    desk.display().press("ctrl+comma");
    let says = hosts.text_of("#hotkey-says").await;
    assert!(says.contains("Another program has these keys"), "{says}");

    drop(other);
    choose().await;
    hosts.until("no complaint", "document.querySelector('#hotkey-says').innerText === ''").await;
    brings_quick_connect(&desk, "ctrl+alt+k").await;
    // An Escape too many has closed them.
    hosts.script("document.querySelector('#close-settings')?.click()").await;
    hosts.until_gone("#settings").await;
    desk.display().focus("Portlight");
    desk.display().press("ctrl+comma");
    hosts.click("#hotkey-off").await;
    hosts.until("none", "document.querySelector('#hotkey-off') === null").await;
    desk.display().press("ctrl+alt+k");
    assert!(!desk.display().has_window(QUICK));
}

#[tokio::test]
async fn a_wayland_desktop_is_asked_for_the_keys_and_says_which_ones_it_gives() {
    let desk = Desk::of("a_wayland_desktop_is_asked_for_the_keys_and_says_which_ones_it_gives").open().await;
    desk.prefer(r#"{ "nearby": "off", "hotkey": "Super+P" }"#);
    let wayland = [("XDG_SESSION_TYPE", "wayland")];
    let app = App::start_with(&desk, &[], &wayland).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#hosts [role=option]").await;
    desk.display().focus("Portlight");
    desk.display().press("ctrl+comma");
    let says = hosts.text_of("#hotkey-says").await;
    assert!(says.contains("gives programs no keys"), "{says}");
    app.crash().await;

    let portal = Portal::start(desk.bus(), "Press Super+F").await;
    let app = App::start_with(&desk, &[], &wayland).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#hosts [role=option]").await;
    assert_eq!(portal.wanted().await, "LOGO+p");
    desk.display().focus("Portlight");
    desk.display().press("ctrl+comma");
    hosts
        .until("the desktop's keys", "document.querySelector('#hotkey-says')?.innerText.includes('Press Super+F')")
        .await;
    portal.press().await;
    until("quick connect", async || desk.display().has_focus(QUICK).then_some(())).await;
}
