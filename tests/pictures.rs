//! Pictures of machines: on their cards, on the disk, and while connecting.

use crate::{
    desk::{App, Desk, Page, Server, signal, until},
    user,
};
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

const GREEN: [u8; 3] = [0x20, 0xa0, 0x40];
const RED: [u8; 3] = [0xc0, 0x20, 0x20];

/// The colour in the lower corner of what an element shows; none where there is no picture.
async fn colour_in(page: &Page<'_>, selector: &str) -> Option<[u8; 3]> {
    let look = format!(
        "const canvas = document.querySelector({:?});
         if (!canvas || !canvas.checkVisibility()) return null;
         return [...canvas.getContext('2d').getImageData(canvas.width - 4, canvas.height - 4, 1, 1).data]",
        format!("{selector} canvas")
    );
    let pixel = page.script(&look).await;
    let channel = |at: usize| u8::try_from(pixel.get(at)?.as_u64()?).ok();
    Some([channel(0)?, channel(1)?, channel(2)?])
}

/// Waits until that is about this colour: pictures are not exact.
async fn shows(page: &Page<'_>, selector: &str, colour: [u8; 3]) {
    until("the picture", async || {
        let seen = colour_in(page, selector).await?;
        seen.iter().zip(colour).all(|(one, other)| one.abs_diff(other) < 16).then_some(())
    })
    .await;
}

fn files(desk: &Desk) -> Vec<PathBuf> {
    let folder = fs::read_dir(desk.home().join("cache/portlight/pictures"));
    folder.into_iter().flatten().flatten().map(|file| file.path()).collect()
}

#[tokio::test]
async fn a_machine_is_seen_as_it_was_last_by_its_user_only_until_it_is_removed() {
    let desk = Desk::of("a_machine_is_seen_as_it_was_last_by_its_user_only_until_it_is_removed").open().await;
    let server = Server::start(&desk, None).await;
    server.display.paint(GREEN);
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), "").await;
    assert_eq!(colour_in(&hosts, &user::row("Studio")).await, None, "it was never seen");
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    user::sees(&viewer, &server, GREEN).await;
    // Live, while it is open.
    shows(&hosts, &user::row("Studio"), GREEN).await;
    user::sees(&viewer, &server, RED).await;
    shows(&hosts, &user::row("Studio"), RED).await;
    viewer.use_tool("#disconnect").await;
    user::leave(&desk, &viewer, "Studio").await;
    shows(&hosts, &user::row("Studio"), RED).await;
    user::quit(app).await;

    let [file] = &files(&desk)[..] else { panic!("one picture: {:?}", files(&desk)) };
    assert_eq!(fs::metadata(file).expect("a file").permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(file).expect("a file");
    assert!(bytes.len() > 500 && image::load_from_memory(&bytes).is_err(), "whoever has the file has no picture");
    let list = fs::read_to_string(desk.hosts_file()).expect("a list");
    assert!(!list.contains(file.file_name().and_then(|name| name.to_str()).expect("a name")));

    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    shows(&hosts, &user::row("Studio"), RED).await;
    // A machine that takes its time.
    let xvnc = server.display.process().pid().to_string();
    signal("STOP", &xvnc);
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    shows(&viewer, "#former", RED).await;
    assert_eq!(viewer.script("return document.body.dataset.state").await, "connecting");
    signal("CONT", &xvnc);
    viewer.until_state("live").await;
    viewer.until_gone("#former").await;
    user::sees(&viewer, &server, GREEN).await;
    // The window's own button: what was there in that moment is kept.
    desk.display().close_window("Studio");
    until("the viewer to close", async || (app.windows().await == 1).then_some(())).await;
    shows(&hosts, &user::row("Studio"), GREEN).await;
    user::remove(&hosts, "Studio").await;
    assert_eq!(files(&desk).len(), 1, "it comes back with its machine");
    user::remove_for_good(&hosts, "Studio").await;
    until("the picture to go with its machine", async || files(&desk).is_empty().then_some(())).await;
}

#[tokio::test]
async fn what_is_not_to_be_seen_is_neither_shown_nor_kept() {
    let desk = Desk::of("what_is_not_to_be_seen_is_neither_shown_nor_kept").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), "").await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    user::sees(&viewer, &server, GREEN).await;
    until("its picture to be kept", async || (files(&desk).len() == 1).then_some(())).await;
    let sharp = fs::read(&files(&desk)[0]).expect("a file");
    hosts.click("#window-menu").await;
    hosts.script("[...document.querySelectorAll('[role=menuitem]')].find((item) => item.textContent.includes('Settings')).click()").await;
    hosts.click("#settings [name=pictures][value=blurred]").await;
    let blurred = |file: &PathBuf| fs::read(file).is_ok_and(|bytes| bytes != sharp && bytes.get(1) == Some(&1));
    desk.display().focus("Studio");
    user::sees(&viewer, &server, RED).await;
    desk.display().focus("Portlight");
    until("a blurred picture in its place", async || {
        matches!(&files(&desk)[..], [file] if blurred(file)).then_some(())
    })
    .await;
    hosts.click("#settings [name=pictures][value=off]").await;
    until("no picture", async || files(&desk).is_empty().then_some(())).await;
    hosts.click("#close-settings").await;
    hosts
        .until(
            "no picture on the card",
            &format!("!document.querySelector({:?})?.checkVisibility()", format!("{} canvas", user::row("Studio"))),
        )
        .await;
}
