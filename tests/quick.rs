//! Quick connect: type, Enter, gone; and Portlight in the tray without any window. WebDriver would have the windows be shown, so these
//! look at the screen from outside.

use crate::desk::{App, Desk, Server, portlight, until};
use std::{fs, time::Instant};

const QUICK: &str = "Quick connect";

#[tokio::test]
async fn what_is_typed_as_soon_as_the_window_is_there_arrives_and_enter_connects() {
    let desk = Desk::of("what_is_typed_as_soon_as_the_window_is_there_arrives_and_enter_connects").open().await;
    let server = Server::start(&desk, None).await;
    let first = desk.spawn("portlight", desk.command(portlight()).arg("--quick"));
    shown(&desk, true).await;
    desk.display().type_text(&server.address());
    desk.display().press("Return");
    until("the viewer", async || desk.display().has_window(&server.address()).then_some(())).await;
    shown(&desk, false).await;
    assert!(!desk.display().has_window("Portlight"), "the list was not asked for");

    // Again, from the Portlight that runs; opened twice it is one window.
    let asked = Instant::now();
    assert!(desk.portlight(&["--quick"]).status.success());
    shown(&desk, true).await;
    eprintln!("quick connect takes keys after {:?}", asked.elapsed());
    assert!(desk.portlight(&["--quick"]).status.success());
    assert_eq!(desk.display().titles().iter().filter(|title| *title == QUICK).count(), 1);
    desk.display().press("Escape");
    shown(&desk, false).await;
    desk.display().close_window(&server.address());
    assert!(first.end().await.success(), "{}", first.said());
}

#[tokio::test]
async fn quick_connect_goes_when_another_window_gets_the_focus() {
    let desk = Desk::of("quick_connect_goes_when_another_window_gets_the_focus").tray().open().await;
    let _first = desk.spawn("portlight", &mut desk.command(portlight()));
    until("the list", async || desk.display().has_window("Portlight").then_some(())).await;
    desk.tray().choose("Quick connect…").await;
    shown(&desk, true).await;
    desk.display().focus("Portlight");
    shown(&desk, false).await;
}

#[tokio::test]
async fn in_the_background_there_is_a_tray_and_no_window_and_without_one_the_list_comes() {
    let desk =
        Desk::of("in_the_background_there_is_a_tray_and_no_window_and_without_one_the_list_comes").tray().open().await;
    let first = desk.spawn("portlight", desk.command(portlight()).arg("--background"));
    desk.tray().lines_with("Quick connect…").await;
    assert_eq!(desk.display().titles(), Vec::<String>::new());
    // Its last window does not take it along.
    desk.tray().choose("Quick connect…").await;
    shown(&desk, true).await;
    desk.display().press("Escape");
    shown(&desk, false).await;
    assert!(desk.portlight(&["--background"]).status.success());
    desk.tray().lines_with("Quick connect…").await;
    assert_eq!((first.ended(), desk.display().titles()), (None, Vec::new()));
    desk.tray().choose("Quit").await;
    assert!(first.end().await.success());

    let desk = Desk::of("in_the_background_there_is_a_tray_and_no_window_and_without_one_the_list_comes").open().await;
    let first = desk.spawn("portlight", desk.command(portlight()).arg("--background"));
    until("the list", async || desk.display().has_window("Portlight").then_some(())).await;
    desk.display().close_window("Portlight");
    assert!(first.end().await.success(), "nothing could bring it back");
}

#[tokio::test]
async fn the_desktop_entry_offers_what_portlight_does() {
    let entry = include_str!("../packaging/linux/io.github.portlight.Portlight.desktop");
    let desk = Desk::of("the_desktop_entry_offers_what_portlight_does").open().await;
    let file = desk.home().join("io.github.portlight.Portlight.desktop");
    fs::write(&file, entry).expect("a home");
    let commands: Vec<&str> = entry.lines().filter_map(|line| line.strip_prefix("Exec=portlight ")).collect();
    assert_eq!(commands, ["-- %U", "--quick", "--new"]);
    let first = desk.spawn("portlight", desk.command(portlight()).arg("--new"));
    until("the list", async || desk.display().has_window("Portlight").then_some(())).await;
    assert!(desk.portlight(&["--quick"]).status.success());
    shown(&desk, true).await;
    desk.display().press("Escape");
    shown(&desk, false).await;
    assert_eq!(first.ended(), None);
}

/// Waits until quick connect has the focus, or is gone.
async fn shown(desk: &Desk, is_there: bool) {
    let what = if is_there { "quick connect to have the focus" } else { "quick connect to be gone" };
    let there = || match is_there {
        true => desk.display().has_focus(QUICK),
        false => !desk.display().has_window(QUICK),
    };
    until(what, async || there().then_some(())).await;
}

#[tokio::test]
async fn starting_with_the_desktop_is_a_switch_that_says_what_the_desktop_says() {
    let desk = Desk::of("starting_with_the_desktop_is_a_switch_that_says_what_the_desktop_says").open().await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#hosts [role=option]").await;
    let config = desk.hosts_file().parent().and_then(|folder| folder.parent()).expect("a home").to_owned();
    let entry = config.join("autostart/io.github.portlight.Portlight.desktop");
    desk.display().focus("Portlight");
    desk.display().press("ctrl+comma");
    hosts.until("the switch, off", "document.querySelector('#autostart')?.checked === false").await;
    assert!(!entry.exists());
    hosts.click("#autostart").await;
    until("the entry", async || entry.exists().then_some(())).await;
    let text = fs::read_to_string(&entry).expect("an entry");
    assert!(text.contains("/portlight\" --background\n"), "{text}");
    // As the desktop's own settings switch it off.
    fs::write(&entry, format!("{text}Hidden=true\n")).expect("a home");
    hosts.script("window.dispatchEvent(new Event('focus'))").await;
    hosts.until("the switch, off again", "document.querySelector('#autostart')?.checked === false").await;
    hosts.click("#autostart").await;
    until("the entry in force", async || fs::read_to_string(&entry).is_ok_and(|now| now == text).then_some(())).await;
    hosts.click("#autostart").await;
    until("no entry", async || (!entry.exists()).then_some(())).await;
}
