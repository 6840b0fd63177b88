//! What arrives of each key: on a real VNC server, read by xev there, beside what TigerVNC's own viewer makes arrive.

mod table;

use crate::{
    desk::{App, Desk, Grabbed, Page, Process, Scripted, Server, run, until},
    user,
};
use std::{fmt::Write, process::Command, sync::Arc};
use table::{ALT_GR, CAPS_LOCK, E, END, LATE_F_KEYS, LAYOUTS, NUM_LOCK, SHIFT};

/// What xev prints, one word for each key that went down or up.
pub struct Keys(Arc<Process>);

impl Keys {
    /// Begins to read on a server's screen.
    pub async fn on(desk: &Desk, server: &Server) -> Self {
        Self(server.xev(desk, &["keyboard"]))
    }

    /// How many lines there are.
    pub fn mark(&self) -> usize {
        self.0.said().lines().count()
    }

    /// What was said since `mark`.
    pub fn since(&self, mark: usize) -> String {
        let said = self.0.said();
        let mut words = String::new();
        let mut kind = "";
        for line in said.lines().skip(mark) {
            match line.split_whitespace().next() {
                Some("KeyPress") => kind = "+",
                Some("KeyRelease") => kind = "-",
                _ => {}
            }
            // What xev composes of several keys has no key code.
            if !line.contains("keycode 0 ")
                && let Some((_, rest)) = line.split_once("(keysym ")
                && let Some((symbol, _)) = rest.split_once(')')
            {
                let name = symbol.split_once(", ").map_or(symbol, |(_, name)| name);
                let _ = write!(words, "{kind}{name} ");
            }
        }
        words
    }

    /// Presses keys, which are not the mark, and waits until they and the mark behind them have arrived.
    async fn of(&self, desk: &Desk, keys: &[u8]) -> String {
        let mark = self.mark();
        for key in keys {
            xdotool(desk, "keydown", *key);
        }
        for key in keys.iter().rev() {
            xdotool(desk, "keyup", *key);
        }
        xdotool(desk, "key", END);
        until("the keys to arrive", async || {
            let words = self.since(mark);
            // One in front is that of the row before, which came late.
            let words = words.strip_suffix("+F9 -F9 ")?;
            Some(words.trim_start_matches("+F9 -F9 ").trim().to_owned())
        })
        .await
    }
}

fn xdotool(desk: &Desk, action: &str, key: u8) {
    let mut command = desk.command("xdotool");
    let done = command.args([action, &key.to_string()]).status().expect("xdotool");
    assert!(done.success());
}

fn set_layout(desk: &Desk, layout: &[&str]) {
    let mut command: Command = desk.command("setxkbmap");
    let done = command.args(["-option", ""]).args(layout).status().expect("setxkbmap");
    assert!(done.success(), "{layout:?}");
}

/// All keys of all layouts, with the client's window in front.
async fn all(desk: &Desk, keys: &Keys) -> Vec<(String, String)> {
    let mut found = Vec::new();
    // First, as a server has only so many keys to spare for symbols that its own layout lacks.
    set_layout(desk, &["us"]);
    let names = LATE_F_KEYS.zip(13..).map(|(key, number)| format!("keycode {key} = F{number}"));
    let mut xmodmap = desk.command("xmodmap");
    names.for_each(|name| _ = xmodmap.args(["-e", &name]));
    assert!(xmodmap.status().expect("xmodmap").success());
    keys.of(desk, &[SHIFT]).await;
    for key in LATE_F_KEYS {
        found.push((format!("us with F13 to F24 [{key}]"), keys.of(desk, &[key]).await));
    }
    for (layout, presses) in LAYOUTS {
        set_layout(desk, layout);
        // The first key after a change of the layout tells the client of it.
        keys.of(desk, &[SHIFT]).await;
        for press in *presses {
            found.push((format!("{} {press:?}", layout.join(" ")), keys.of(desk, press).await));
        }
    }
    found
}

/// The window of a server's screen, with the keyboard.
pub async fn in_front<'a>(app: &'a App<'_>, server: &Server) -> Page<'a> {
    in_front_of(app, &server.address()).await
}

/// The window of this title, with the keyboard.
pub async fn in_front_of<'a>(app: &'a App<'_>, title: &str) -> Page<'a> {
    let viewer = app.viewer(title).await;
    viewer.until_state("live").await;
    app.desk().display().focus(title);
    user::type_there(app.desk(), &viewer, " ").await;
    viewer
}

#[tokio::test]
async fn every_key_arrives_as_a_native_viewer_sends_it() {
    let desk = Desk::of("keyboard_every_key").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let keys = Keys::on(&desk, &server).await;
    let app = App::start(&desk, &[&server.address()]).await;
    in_front(&app, &server).await;
    let ours = all(&desk, &keys).await;
    user::quit(app).await;
    server.viewer_left().await;

    let mut vncviewer = desk.command("vncviewer");
    vncviewer.args(["-SecurityTypes", "None", &format!("127.0.0.1::{}", server.port())]);
    let vncviewer = desk.spawn("vncviewer", &mut vncviewer);
    let title = until("vncviewer's window", async || {
        desk.display().titles().into_iter().find(|title| title.ends_with("TigerVNC"))
    })
    .await;
    desk.display().focus(&title);
    let theirs = all(&desk, &keys).await;
    vncviewer.kill();
    let mut different = Vec::new();
    for ((press, here), (_, there)) in ours.iter().zip(&theirs) {
        println!("| {press} | {there} | {here} |");
        if here != there {
            different.push(press);
        }
    }
    assert!(different.is_empty(), "{different:?}");
}

#[tokio::test]
async fn the_desktops_shortcuts_go_along_in_full_screen_until_the_chord() {
    const ALT_TAB: &[u8] = &[64, 23];
    const CHORD: &[u8] = &[37, 64, SHIFT, 42];
    let desk = Desk::of("keyboard_grab").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let keys = Keys::on(&desk, &server).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = in_front(&app, &server).await;
    let taken_by_the_desktop = |words: &str| !words.contains("Tab");

    // Behind what has brought the window to the front.
    keys.of(&desk, &[SHIFT]).await;
    let before = keys.of(&desk, ALT_TAB).await;
    assert!(taken_by_the_desktop(&before), "{before}");
    viewer.use_tool("#full-screen").await;
    let grabbed = "document.querySelector('#toast')?.textContent.includes('Ctrl+Alt+Shift+G') ?? false";
    viewer.until("to be told how it ends", grabbed).await;
    assert_eq!(keys.of(&desk, ALT_TAB).await, "+Alt_L +Tab -Tab -Alt_L");
    let chord = keys.of(&desk, CHORD).await;
    assert!(!chord.contains('g'), "the chord is ours: {chord}");
    let after = keys.of(&desk, ALT_TAB).await;
    assert!(taken_by_the_desktop(&after), "{after}");
    keys.of(&desk, CHORD).await;
    viewer.until("to be told again", grabbed).await;
    assert_eq!(keys.of(&desk, ALT_TAB).await, "+Alt_L +Tab -Tab -Alt_L", "once more, by the chord");
    for words in [before, chord, after] {
        assert_eq!(words.matches('+').count(), words.matches('-').count(), "nothing is held: {words}");
    }
}

#[tokio::test]
async fn the_desktops_shortcuts_are_asked_for_again_where_another_program_has_the_keyboard() {
    const ALT_TAB: &[u8] = &[64, 23];
    let desk = Desk::of("keyboard_grab_again").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let keys = Keys::on(&desk, &server).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = in_front(&app, &server).await;
    let told = "document.querySelector('#toast')?.textContent.includes('Ctrl+Alt+Shift+G') ?? false";

    // As a window manager has it while it changes windows. Meanwhile the window is without the focus.
    viewer.call_toolbar().await;
    let other = Grabbed::all(&desk.display().name);
    viewer.click("#full-screen").await;
    viewer.until("full screen", "document.querySelector('#full-screen').getAttribute('aria-pressed') === 'true'").await;
    assert_eq!(viewer.script(&format!("return {told}")).await, false, "it has no keys yet");
    drop(other);
    viewer.until("to be told how it ends", told).await;
    until("the shortcuts", async || (keys.of(&desk, ALT_TAB).await == "+Alt_L +Tab -Tab -Alt_L").then_some(())).await;
}

#[tokio::test]
async fn leaving_a_panel_presses_nothing_there_and_loses_no_key() {
    let desk = Desk::of("keyboard_leaving_a_panel").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let keys = Keys::on(&desk, &server).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = in_front(&app, &server).await;
    let focus = |id: &str| format!("document.activeElement?.id === {id:?}");

    for _ in 0..6 {
        viewer.use_tool("#clipboard").await;
        viewer.until("the panel", &focus("clipboard-text")).await;
        let mark = keys.mark();
        desk.display().press("Escape");
        viewer.until("the screen to have the keyboard", "document.activeElement?.tagName === 'CANVAS'").await;
        let arrived = keys.of(&desk, &[E]).await;
        assert_eq!(keys.since(mark).trim(), "+e -e +F9 -F9", "{arrived}");
        desk.display().press("ctrl+alt+shift+t");
        viewer.until("the toolbar", &focus("protection")).await;
        desk.display().press("Right");
        viewer.until("the next button", &focus("ctrl-alt-del")).await;
        desk.display().press("Escape");
        viewer.until("the screen to have the keyboard", "document.activeElement?.tagName === 'CANVAS'").await;
    }
}

/// Whether a display's lock of this name is on, as `xset` says it.
fn is_locked(desk: &Desk, display: &str, lock: &str) -> bool {
    let said = run(desk.command("xset").env("DISPLAY", display).arg("q"), b"").stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    let (_, rest) = said.split_once(&format!("{lock}:")).expect("a word about that lock");
    rest.split_whitespace().next() == Some("on")
}

#[tokio::test]
async fn locks_that_differ_here_and_there_are_alike_from_the_next_key_on() {
    let desk = Desk::of("keyboard_locks").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let keys = Keys::on(&desk, &server).await;
    let app = App::start(&desk, &[]).await;
    user::connect(&app.hosts().await, &server.address()).await;
    in_front(&app, &server).await;
    keys.of(&desk, &[SHIFT]).await;
    let (here, there) = (desk.display().name.clone(), server.display.name.clone());
    for (lock, key, pressed, off, on) in
        [("Caps Lock", CAPS_LOCK, 38, "+a -a", "+A -A"), ("Num Lock", NUM_LOCK, 79, "+KP_Home -KP_Home", "+KP_7 -KP_7")]
    {
        for side in [&here, &there] {
            // Nobody presses it in the session's window: here another one has the keys.
            if side == &here {
                desk.display().focus("Portlight");
            }
            let mut xdotool = desk.command("xdotool");
            let done = xdotool.env("DISPLAY", side).args(["key", &key.to_string()]).status();
            assert!(done.expect("xdotool").success());
            until("the locks to differ", async || {
                (is_locked(&desk, &here, lock) != is_locked(&desk, &there, lock)).then_some(())
            })
            .await;
            desk.display().focus(&server.address());
            let wanted = if is_locked(&desk, &here, lock) { on } else { off };
            let words = keys.of(&desk, &[pressed]).await;
            assert!(words.ends_with(wanted), "{lock}: {words} and not {wanted}");
            let alike = is_locked(&desk, &here, lock) == is_locked(&desk, &there, lock);
            assert!(alike, "{lock} is alike on both sides: {words}");
        }
    }
}

#[tokio::test]
async fn what_is_held_when_the_focus_goes_is_let_go_and_not_pressed_again() {
    const CONTROL: u8 = 37;
    let desk = Desk::of("keyboard_held").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let keys = Keys::on(&desk, &server).await;
    let app = App::start(&desk, &[]).await;
    user::connect(&app.hosts().await, &server.address()).await;
    in_front(&app, &server).await;
    keys.of(&desk, &[SHIFT]).await;
    for held in [CONTROL, 64, 133, ALT_GR] {
        let mark = keys.mark();
        xdotool(&desk, "keydown", held);
        until("it to be down there", async || keys.since(mark).starts_with('+').then_some(())).await;
        desk.display().focus("Portlight");
        until("it to be up there", async || keys.since(mark).contains('-').then_some(())).await;
        // Still held here: what is pressed then is without it, and its end means nothing there.
        let mark = keys.mark();
        desk.display().focus(&server.address());
        xdotool(&desk, "keyup", held);
        assert_eq!(keys.of(&desk, &[38]).await, "+a -a", "{held}");
        assert_eq!(keys.since(mark).trim(), "+a -a +F9 -F9", "{held}");
    }
}

#[tokio::test]
async fn the_mouses_side_buttons_arrive_where_the_server_knows_them() {
    let desk = Desk::of("pointer_side_buttons").without_keyring().open().await;
    let server = Scripted::start((640, 480));
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    let session = server.viewer().await;
    viewer.until_state("live").await;
    // One rectangle of the pseudo-encoding ExtendedMouseButtons.
    session.say([&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0][..], &(-316_i32).to_be_bytes()].concat());
    let (x, y, width, height) = desk.display().place_of(&server.address()).expect("a window");
    desk.display().point(x + width / 2, y + height / 2);
    for (button, bits) in [(8, 1), (9, 2)] {
        // An extended pointer event: its number, the marker in the mask, the place, and the bits of the buttons from 8 on.
        let told = |bits: u8| {
            let heard = session.heard();
            heard.windows(7).any(|message| message[..2] == [5, 0x80] && message[6] == bits)
        };
        until("the button to be told", async || {
            xdotool(&desk, "click", button);
            told(bits).then_some(())
        })
        .await;
    }
    // What comes last has no button down, and so no further bits.
    until("it to be let go", async || {
        let heard = session.heard();
        let last = heard.windows(2).rposition(|message| message == [5, 0x80])?;
        heard[last..].windows(2).any(|message| message == [5, 0]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_composed_here_arrives_as_characters_and_all_else_as_keys() {
    const CONTROL: u8 = 37;
    const DEAD_ACUTE: u8 = 48;
    let desk = Desk::of("keyboard_composed").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let keys = Keys::on(&desk, &server).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = in_front(&app, &server).await;
    set_layout(&desk, &["us", "intl"]);
    keys.of(&desk, &[SHIFT]).await;
    for composed in [false, true] {
        if composed {
            viewer.use_tool("#keys").await;
            viewer.click("#compose").await;
            viewer.press("#keys-panel", "\u{e00c}").await;
            viewer.until("the screen to have the keyboard", "document.activeElement?.tagName === 'CANVAS'").await;
            keys.of(&desk, &[SHIFT]).await;
        }
        let wanted = if composed { "+eacute -eacute" } else { "+dead_acute -dead_acute +e -e" };
        // The first keys behind a panel may still be the page's.
        until(&format!("{wanted} on the machine"), async || {
            let mark = keys.mark();
            // Nothing comes between them, as the mark would.
            xdotool(&desk, "key", DEAD_ACUTE);
            keys.of(&desk, &[E]).await;
            (keys.since(mark).trim() == format!("{wanted} +F9 -F9")).then_some(())
        })
        .await;
        // What means itself is held and let go as it is.
        assert_eq!(keys.of(&desk, &[38]).await, "+a -a");
        assert_eq!(keys.of(&desk, &[CONTROL, 54]).await, "+Control_L +c -c -Control_L");
        assert_eq!(keys.of(&desk, &[36]).await, "+Return -Return");
        let words = keys.of(&desk, &[CONTROL, SHIFT, 30]).await;
        assert!(words.contains("+U") && words.ends_with("-Shift_L -Control_L"), "{words}");
    }
}
