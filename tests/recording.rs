//! Pictures of the remote screen, and recordings that are played again.

use crate::desk::{App, Colour, Desk, Difference, Page, Server, count, until};
use image::RgbImage;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

pub const FIRST: Colour = [0xd0, 0x20, 0x90];
pub const SECOND: Colour = [0x20, 0x90, 0xd0];
pub const THIRD: Colour = [0x30, 0xc0, 0x40];

/// The one file with this ending in the user's home, which has no folders of its own for pictures and videos.
pub async fn saved(desk: &Desk, ending: &str) -> PathBuf {
    until(&format!("a file of {ending}"), async || files(desk.home(), ending).into_iter().next()).await
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a home").flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == ending)).collect()
}

/// Waits until the viewer shows so much of this colour.
pub async fn until_painted(viewer: &Page<'_>, colour: Colour) -> RgbImage {
    until(&format!("{colour:?} in the viewer"), async || {
        viewer.screen().await.filter(|picture| count(picture, colour) > 50_000)
    })
    .await
}

#[tokio::test]
async fn a_picture_has_the_screens_own_size_whatever_is_seen_of_it() {
    let desk = Desk::of("a_picture_has_the_screens_own_size_whatever_is_seen_of_it").open().await;
    let server = Server::start(&desk, None).await;
    server.display.paint(FIRST);
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;
    until_painted(&viewer, FIRST).await;
    desk.display().place(&server.address(), (500, 400));
    desk.display().press("ctrl+alt+shift+s");
    let file = saved(&desk, "png").await;
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(name.starts_with(&server.address().replace(':', "_")), "{name}");
    assert_eq!(file.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
    let picture = until("all of the picture", async || image::open(&file).ok()).await.into_rgb8();
    assert_eq!(picture.dimensions(), (640, 480));
    let difference = Difference::between(&picture, &server.display.picture()).expect("one size");
    assert!(difference.is_none(), "{difference:?}");
    viewer.until("where it went", "document.querySelector('#toast').innerText.includes('.png')").await;

    desk.display().press("ctrl+alt+shift+c");
    viewer.until("that it was copied", "document.querySelector('#toast').innerText.includes('copied')").await;
    let mut xclip = desk.command("xclip");
    let copied = xclip.args(["-o", "-selection", "clipboard", "-t", "image/png"]).output().expect("xclip");
    let copied = image::load_from_memory(&copied.stdout).expect("a picture").into_rgb8();
    let difference = Difference::between(&picture, &copied).expect("one size");
    assert!(difference.is_none(), "{difference:?}");
}

#[tokio::test]
async fn what_was_recorded_in_the_middle_of_a_session_is_played_and_sought() {
    let desk = Desk::of("what_was_recorded_in_the_middle_of_a_session_is_played_and_sought").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;
    // So that the zlib streams are in their middle.
    for colour in [THIRD, SECOND, FIRST] {
        server.display.paint(colour);
        until_painted(&viewer, colour).await;
    }
    desk.display().press("ctrl+alt+shift+r");
    viewer.until_shown("#recording").await;
    until("a mark in the title", async || {
        desk.display().titles().iter().any(|title| title.starts_with('●')).then_some(())
    })
    .await;
    let picture = until_painted(&viewer, FIRST).await;
    // The recording's own time, so that there is a place to seek to in each colour.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    server.display.paint(SECOND);
    let second = until_painted(&viewer, SECOND).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    server.display.paint(THIRD);
    until_painted(&viewer, THIRD).await;
    // No file is read before it is complete.
    desk.display().press("ctrl+alt+shift+r");
    viewer.until_gone("#recording").await;
    let file = saved(&desk, "plrec").await;
    assert_eq!(file.metadata().expect("a file").permissions().mode() & 0o777, 0o600);

    // Played by the Portlight that runs.
    let opened = desk.portlight(&[file.to_str().expect("UTF-8")]);
    assert!(opened.status.success(), "{opened:?}");
    let player = player_of(&app, &file).await;
    player.until("its bar", "document.querySelector('#player') && !document.querySelector('#toolbar')").await;
    // It ends with the last colour, and stands still there.
    let last = until_painted(&player, THIRD).await;
    assert_eq!(last.dimensions(), (640, 480));
    player.until("its end", "document.querySelector('#play').getAttribute('aria-label') === 'Play'").await;
    // Back, to before the first change: what was on the screen when the recording began.
    let seek = |part: f64| {
        format!(
            "const bar = document.querySelector('#position'); bar.value = bar.max * {part};
             bar.dispatchEvent(new Event('change', {{ bubbles: true }}));"
        )
    };
    player.script(&seek(0.2)).await;
    let played = until_painted(&player, FIRST).await;
    let difference = Difference::between(&played, &picture).expect("one size");
    assert!(difference.is_none(), "{difference:?}");
    // And forward again.
    player.script(&seek(0.7)).await;
    let played = until_painted(&player, SECOND).await;
    let difference = Difference::between(&played, &second).expect("one size");
    assert!(difference.is_none(), "{difference:?}");

    // A file that is broken ends in a sentence.
    let broken = desk.home().join("broken.plrec");
    fs::write(&broken, &fs::read(&file).expect("a file")[..40]).expect("a home");
    let told = desk.portlight(&[broken.to_str().expect("UTF-8")]);
    assert!(!told.status.success());
    assert!(String::from_utf8_lossy(&told.stderr).contains("broken.plrec"), "{told:?}");
}

/// Begins to record a session in one colour, and shows another one; the file, which is not complete.
async fn record_two_colours<'a>(desk: &Desk, app: &'a App<'_>, server: &Server) -> (Page<'a>, PathBuf) {
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;
    server.display.paint(FIRST);
    until_painted(&viewer, FIRST).await;
    desk.display().press("ctrl+alt+shift+r");
    viewer.until_shown("#recording").await;
    let file = saved(desk, "plrec").await;
    server.display.paint(SECOND);
    until_painted(&viewer, SECOND).await;
    (viewer, file)
}

/// The window in which a recording is played.
async fn player_of<'a>(app: &'a App<'_>, file: &Path) -> Page<'a> {
    let player = app.viewer(file.file_stem().and_then(|stem| stem.to_str()).expect("UTF-8")).await;
    player.until_state("live").await;
    player
}

#[tokio::test]
async fn a_recording_that_was_cut_off_plays_up_to_there() {
    let desk = Desk::of("a_recording_that_was_cut_off_plays_up_to_there").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let (_viewer, file) = record_two_colours(&desk, &app, &server).await;
    // All that was shown is with the system by then, or a moment later.
    let size = || fs::metadata(&file).expect("a file").len();
    until("the file to rest", async || {
        let before = size();
        tokio::time::sleep(Duration::from_millis(200)).await;
        (before == size()).then_some(())
    })
    .await;
    app.crash().await;

    let app = App::start(&desk, &[file.to_str().expect("UTF-8")]).await;
    let player = player_of(&app, &file).await;
    until_painted(&player, SECOND).await;
    player.until("that it was cut off", "document.querySelector('#player').innerText.includes('cut off')").await;
}

#[tokio::test]
async fn quitting_completes_a_recording() {
    let desk = Desk::of("quitting_completes_a_recording").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let (_viewer, file) = record_two_colours(&desk, &app, &server).await;
    let title = format!("● {}", server.address());
    until("a mark in the title", async || desk.display().titles().contains(&title).then_some(())).await;
    // The last one.
    desk.display().close_window(&title);
    app.end().await;

    let app = App::start(&desk, &[file.to_str().expect("UTF-8")]).await;
    let player = player_of(&app, &file).await;
    until_painted(&player, SECOND).await;
    let bar = player.text_of("#player").await;
    assert!(!bar.contains("cut off"), "{bar}");
}

#[tokio::test]
async fn a_session_that_is_only_viewed_is_recorded() {
    let desk = Desk::of("a_session_that_is_only_viewed_is_recorded").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;
    desk.display().press("ctrl+alt+shift+v");
    viewer.until("view only", "document.querySelector('#view-only').ariaPressed === 'true'").await;
    let (viewer, file) = record_two_colours(&desk, &app, &server).await;
    desk.display().press("ctrl+alt+shift+r");
    viewer.until_gone("#recording").await;
    assert_eq!(viewer.script("return document.querySelector('#view-only').ariaPressed").await, "true");

    let opened = desk.portlight(&[file.to_str().expect("UTF-8")]);
    assert!(opened.status.success(), "{opened:?}");
    until_painted(&player_of(&app, &file).await, SECOND).await;
}
