//! What people do in the middle of something else, and what happens to servers then: nothing may stay held, and nothing be lost.

use crate::{
    desk::{App, Desk, Grabbed, Server, count, set_screens, until},
    keyboard::{Keys, in_front},
    recording::{FIRST, SECOND, THIRD, saved, until_painted},
    user,
};

/// Gives the server's screen another size, as another viewer does.
fn resize(server: &Server, size: (u16, u16)) {
    set_screens(server.port(), 1, size).expect("a viewer's way to the display");
}

/// Many sizes, without a look at any.
fn storm(server: &Server) {
    for nth in 0..24_u16 {
        resize(server, (500 + 37 * (nth % 7), 400 + 41 * (nth % 5)));
    }
}

#[tokio::test]
async fn a_recording_of_many_sizes_is_whole_where_the_server_dies() {
    let desk = Desk::of("breaking_recording").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;
    server.display.paint(FIRST);
    until_painted(&viewer, FIRST).await;
    desk.display().press("ctrl+alt+shift+r");
    viewer.until_shown("#recording").await;
    storm(&server);
    server.display.paint(SECOND);
    resize(&server, (801, 603));
    until_painted(&viewer, SECOND).await;
    let wanted = "document.querySelector('#screen canvas').width === 801";
    viewer.until("the last size", wanted).await;
    server.display.process().kill();
    viewer.until("to be told that it is gone", "document.body.dataset.state !== 'live'").await;
    let file = saved(&desk, "plrec").await;
    let opened = desk.portlight(&[file.to_str().expect("UTF-8")]);
    assert!(opened.status.success(), "{opened:?}");
    let player = app.viewer(file.file_stem().and_then(|stem| stem.to_str()).expect("UTF-8")).await;
    player.until_state("live").await;
    player.until("its end", "document.querySelector('#play').getAttribute('aria-label') === 'Play'").await;
    assert_eq!(until_painted(&player, SECOND).await.dimensions(), (801, 603));
}

#[tokio::test]
async fn the_last_minutes_go_on_over_many_sizes() {
    let desk = Desk::of("breaking_rewind").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let name = server.address();
    let app = App::start(&desk, &[&name]).await;
    let viewer = app.viewer(&name).await;
    viewer.until_state("live").await;
    server.display.paint(FIRST);
    until_painted(&viewer, FIRST).await;
    storm(&server);
    resize(&server, (801, 603));
    server.display.paint(THIRD);
    until_painted(&viewer, THIRD).await;
    desk.display().press("ctrl+alt+shift+b");
    let past = format!("↶ {name}");
    until("the last minutes", async || desk.display().has_window(&past).then_some(())).await;
    let past = app.viewer(&past).await;
    past.until_state("live").await;
    until_painted(&past, THIRD).await;
    // While they are looked at, the machine goes on with yet other sizes.
    storm(&server);
    server.display.paint(SECOND);
    until_painted(&viewer, SECOND).await;
    until("the window to stand still", async || {
        past.screen().await.filter(|picture| picture.dimensions() == (801, 603) && count(picture, THIRD) > 50_000)
    })
    .await;
}

#[tokio::test]
async fn view_only_in_the_middle_of_a_drag_lets_go_of_all() {
    let desk = Desk::of("breaking_view_only").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let xev = server.xev(&desk, &["keyboard", "button"]);
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = in_front(&app, &server).await;
    let (x, y, ..) = desk.display().place_of(&server.address()).expect("a window");
    let xdotool = |words: &[&str]| {
        let done = desk.command("xdotool").args(words).status().expect("xdotool");
        assert!(done.success(), "{words:?}");
    };
    desk.display().point(x + 200, y + 200);
    // So often each has happened.
    let counts = || {
        let said = xev.said();
        ["KeyPress", "KeyRelease", "ButtonPress", "ButtonRelease"].map(|what| said.matches(what).count())
    };
    let before = counts();
    let since = || {
        let now = counts();
        [0, 1, 2, 3].map(|nth| now[nth] - before[nth])
    };
    xdotool(&["keydown", "Control_L"]);
    xdotool(&["mousedown", "1"]);
    until("both down", async || (since() == [1, 0, 1, 0]).then_some(())).await;
    viewer.call_toolbar().await;
    viewer.script("document.querySelector('#view-only').click()").await;
    viewer.until("view only", "document.querySelector('#view-only').getAttribute('aria-pressed') === 'true'").await;
    until("both up", async || (since()[1] >= 1 && since()[3] == 1).then_some(())).await;
    // What goes up here later means nothing, and what is pressed now goes nowhere.
    let held = since();
    xdotool(&["mouseup", "1"]);
    xdotool(&["keyup", "Control_L"]);
    desk.display().press("b");
    viewer.script("document.querySelector('#view-only').click()").await;
    viewer
        .until("it to act again", "document.querySelector('#view-only').getAttribute('aria-pressed') === 'false'")
        .await;
    assert_eq!(since(), held);
}

#[tokio::test]
async fn a_window_that_takes_the_focus_away_under_a_grab_gets_the_keys_and_leaves_none_held() {
    let desk = Desk::of("breaking_grab").without_keyring().open().await;
    let server = Server::start(&desk, None).await;
    let keys = Keys::on(&desk, &server).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::connect(&hosts, &server.address()).await;
    let viewer = in_front(&app, &server).await;
    let xdotool = |words: &[&str]| {
        let done = desk.command("xdotool").args(words).status().expect("xdotool");
        assert!(done.success(), "{words:?}");
    };
    for round in 0..3 {
        if round == 0 {
            viewer.use_tool("#full-screen").await;
        } else {
            desk.display().focus(&server.address());
        }
        until("all keys to be the machine's", async || Grabbed::has_all(&desk.display().name).then_some(())).await;
        let mark = keys.mark();
        xdotool(&["keydown", "Control_L", "keydown", "Shift_L", "keydown", "x"]);
        until("all three down", async || keys.since(mark).contains("+X").then_some(())).await;
        desk.display().focus("Portlight");
        until("all up", async || {
            let words = keys.since(mark);
            ["-Control_L", "-Shift_L"].iter().all(|up| words.contains(up)).then_some(())
        })
        .await;
        xdotool(&["keyup", "x", "keyup", "Shift_L", "keyup", "Control_L"]);
        let mark = keys.mark();
        desk.display().press("z");
        let typed = format!("document.activeElement.value.endsWith({:?})", "z".repeat(round + 1));
        hosts.until("what is typed to be in the window that is in front", &typed).await;
        assert_eq!(keys.since(mark), "", "nothing more of it arrives over there");
    }
}
