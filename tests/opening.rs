//! What a person sees while a window opens: no colour but the dark one before the picture, and no window that jumps.

use crate::desk::{Colour, Desk, Process, Screen, Server, portlight, until};
use std::{sync::Arc, thread, time::Duration};

/// What is around a screen's picture and before it, in both themes (`--screen` in theme.css).
const DARK: Colour = [0x10, 0x13, 0x16];
/// The display behind all windows.
const NOTHING: Colour = [0; 3];
/// The server's background.
const PICTURE: Colour = [0xd0, 0x20, 0x90];
/// For a window to be in place at once.
const ATTEMPTS: usize = 3;
/// Rows of the display that go through the lower part of the picture, beside the program there and the toolbar.
const ROWS: [i16; 4] = [600, 620, 640, 660];

#[tokio::test]
async fn a_viewer_is_dark_until_its_picture_is_there_and_has_its_place_before_it_is_shown() {
    for theme in ["Adwaita", "Adwaita:dark"] {
        let mut moved = true;
        // A server that needs more than 150 ms to say how large its screen is, on a busy machine, is not waited for.
        for _ in 0..ATTEMPTS {
            let seen = from_the_window_in_waiting(theme).await;
            only_dark_before_the_picture(&seen, theme);
            moved = has_moved(&seen);
            if !moved {
                break;
            }
        }
        assert!(!moved, "{theme}: the window was elsewhere, or of another size, before");
    }
}

/// What is seen while the window in waiting opens.
async fn from_the_window_in_waiting(theme: &str) -> Vec<Vec<Colour>> {
    let desk = Desk::of("a_viewer_is_dark_until_its_picture_is_there_and_has_its_place_before_it_is_shown");
    let desk = desk.open().await;
    let server = Server::start(&desk, None).await;
    server.display.paint(PICTURE);
    let list = start(&desk, theme, &[]);
    // One page for the list, one for the window in waiting.
    let pages = async || (list.children("WebKitWebProces").len() == 2).then_some(());
    until("a window in waiting", pages).await;
    until("the list", async || desk.display().has_window("Portlight").then_some(())).await;
    // No event tells that the page in waiting has loaded; where it has not, it is dark all the same.
    thread::sleep(Duration::from_secs(1));
    watch(&desk, || drop(start(&desk, theme, &[&server.address()])))
}

/// Whether there was something meanwhile where nothing was before and nothing is in the end.
fn has_moved(seen: &[Vec<Colour>]) -> bool {
    let (first, last) = (&seen[0], &seen[seen.len() - 1]);
    let beside: Vec<usize> = (0..last.len()).filter(|at| first[*at] == NOTHING && last[*at] == NOTHING).collect();
    seen.iter().any(|sample| beside.iter().any(|at| sample[*at] != NOTHING))
}

#[tokio::test]
async fn a_viewer_that_starts_portlight_is_dark_until_its_picture_is_there() {
    for theme in ["Adwaita", "Adwaita:dark"] {
        let desk = Desk::of("a_viewer_that_starts_portlight_is_dark_until_its_picture_is_there").open().await;
        let server = Server::start(&desk, None).await;
        server.display.paint(PICTURE);
        let seen = watch(&desk, || drop(start(&desk, theme, &[&server.address()])));
        only_dark_before_the_picture(&seen, theme);
    }
}

#[tokio::test]
async fn the_list_opens_in_its_themes_colour() {
    let is_bright = |colour: &Colour| colour.iter().all(|part| *part > 0xe0);
    for (theme, bright) in [("Adwaita", true), ("Adwaita:dark", false)] {
        let desk = Desk::of("the_list_opens_in_its_themes_colour").open().await;
        let screen = Screen::of(&desk);
        let list = start(&desk, theme, &[]);
        let mut shown = 0;
        // The page is there some time before the window in waiting is.
        while list.children("WebKitWebProces").len() < 2 {
            let sample = sample(&screen);
            let (all, brighter) = (
                sample.iter().filter(|colour| **colour != NOTHING).count(),
                sample.iter().filter(|colour| is_bright(colour)).count(),
            );
            // All of a row within the window, or next to nothing of it: texts.
            if all > 1000 {
                shown += 1;
                assert_eq!(brighter * 2 > all, bright, "{theme}: {brighter} of {all} pixels are bright");
            }
        }
        assert!(shown > 0, "{theme}: the list was not seen");
    }
}

/// Portlight in a theme of GTK's.
fn start(desk: &Desk, theme: &str, arguments: &[&str]) -> Arc<Process> {
    desk.spawn("portlight", desk.command(portlight()).args(arguments).env("GTK_THEME", theme))
}

/// The rows of the display from before `open` until the picture fills its part of them.
fn watch(desk: &Desk, open: impl FnOnce()) -> Vec<Vec<Colour>> {
    let screen = Screen::of(desk);
    let mut seen = vec![sample(&screen)];
    open();
    let deadline = std::time::Instant::now() + crate::desk::TIMEOUT;
    while seen[seen.len() - 1].iter().filter(|colour| **colour == PICTURE).count() < ROWS.len() * 600 {
        assert!(std::time::Instant::now() < deadline, "no picture");
        seen.push(sample(&screen));
    }
    seen
}

/// Where the picture is in the end, there is first what was there before, then the dark colour, then the picture.
fn only_dark_before_the_picture(seen: &[Vec<Colour>], theme: &str) {
    let (first, last) = (&seen[0], &seen[seen.len() - 1]);
    let mut dark = 0;
    for at in (0..last.len()).filter(|at| last[*at] == PICTURE) {
        let mut colours: Vec<Colour> = seen.iter().map(|sample| or_dark(sample[at])).collect();
        colours.dedup();
        dark += usize::from(colours.contains(&DARK));
        let rest = colours.strip_prefix(&[or_dark(first[at])]).expect("the first sample");
        let rest = rest.strip_prefix(&[DARK]).unwrap_or(rest);
        assert_eq!(rest, [PICTURE], "{theme}: another colour flashed up: {colours:02x?}");
    }
    assert!(dark > 1000, "{theme}: seen too seldom");
}

/// The dark colour where it is that but for a card's shadow, which falls on it where a machine is slow to answer.
fn or_dark(colour: Colour) -> Colour {
    let near = colour.iter().zip(DARK).all(|(part, of_dark)| part.abs_diff(of_dark) <= 3);
    if near { DARK } else { colour }
}

/// All pixels of the rows.
fn sample(screen: &Screen) -> Vec<Colour> {
    ROWS.into_iter().flat_map(|row| screen.row(row)).collect()
}
