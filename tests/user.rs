//! What a user does in Portlight's windows, and what they see.

use crate::desk::{App, Desk, Difference, Page, Server, count, until};
use std::time::Duration;
use tokio::time::timeout;

// Keys, as WebDriver writes them.
const ENTER: &str = "\u{e007}";
const DELETE: &str = "\u{e017}";
const ESCAPE: &str = "\u{e00c}";
const F2: &str = "\u{e032}";

/// Adds a machine with the form; its password may be left empty.
pub async fn add(hosts: &Page<'_>, name: &str, address: &str, password: &str) {
    hosts.click("#add-host").await;
    hosts.fill("#editor #name", name).await;
    hosts.fill("#editor #address", address).await;
    if !password.is_empty() {
        hosts.click("#section-login > summary").await;
        hosts.fill("#editor #password", password).await;
    }
    hosts.click("#save").await;
    hosts.until_gone("#editor").await;
    hosts.until_shown(&row(name)).await;
}

/// Opens a machine's form.
pub async fn edit(hosts: &Page<'_>, name: &str) {
    hosts.click(&row(name)).await;
    hosts.press("#hosts", F2).await;
    hosts.until_shown("#editor").await;
}

/// Chooses in the form where the login comes from, by the option's value or by what it says.
pub async fn choose_login(hosts: &Page<'_>, from: &str) {
    hosts.click("#section-login > summary").await;
    let choose = format!(
        "const from = document.querySelector('#login-from'); \
         from.value = [...from.options].find((one) => one.value === {from:?} || one.text === {from:?}).value; \
         from.dispatchEvent(new Event('change', {{ bubbles: true }})); return null"
    );
    hosts.script(&choose).await;
}

/// Selects a machine in the list and opens it.
pub async fn open(hosts: &Page<'_>, name: &str) {
    hosts.click(&row(name)).await;
    hosts.press("#hosts", ENTER).await;
}

/// Connects to an address that is not saved.
pub async fn connect(hosts: &Page<'_>, address: &str) {
    hosts.press("#search", &format!("{address}{ENTER}")).await;
}

/// Connects to a server that is not saved and asks for nothing; its window, when the screen is there.
pub async fn open_server<'a>(app: &'a App<'_>, server: &Server) -> Page<'a> {
    connect(&app.hosts().await, &server.address()).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;
    viewer
}

/// Ends the search.
pub async fn stop_searching(hosts: &Page<'_>) {
    hosts.press("#search", ESCAPE).await;
}

/// Removes a machine from the list.
pub async fn remove(hosts: &Page<'_>, name: &str) {
    hosts.click(&row(name)).await;
    hosts.press("#hosts", DELETE).await;
    hosts.until_gone(&row(name)).await;
}

/// Chooses from the window's menu by the beginning of a label.
pub async fn choose(hosts: &Page<'_>, label: &str) {
    hosts.click("#window-menu").await;
    choose_item(hosts, label).await;
}

/// Chooses from the menu that is open.
async fn choose_item(hosts: &Page<'_>, label: &str) {
    let item = format!(
        "[...document.querySelectorAll('[role=menuitem]')].find((item) => item.innerText.trim().startsWith({label:?}))"
    );
    hosts.until(label, &format!("Boolean({item})")).await;
    hosts.script(&format!("{item}.click()")).await;
}

/// Chooses from a machine's own menu by the beginning of a label.
pub async fn choose_of(hosts: &Page<'_>, name: &str, label: &str) {
    let ask =
        "dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: 60, clientY: 60 }))";
    hosts.script(&format!("document.querySelector({:?}).{ask}", row(name))).await;
    choose_item(hosts, label).await;
}

/// Removes one of the removed machines for good.
pub async fn remove_for_good(hosts: &Page<'_>, name: &str) {
    choose(hosts, "Removed machines").await;
    hosts.click(&format!("#removed [data-name={name:?}] .for-good")).await;
    hosts.click("#for-good-act").await;
    hosts.until_gone(&format!("#removed [data-name={name:?}]")).await;
    hosts.click("#close-removed").await;
}

/// Answers the question for a password.
pub async fn answer(viewer: &Page<'_>, password: &str, remember: bool) {
    viewer.until_shown("form#prompt").await;
    viewer.fill("#prompt #password", password).await;
    let remembers = "document.querySelector('#remember').checked";
    if viewer.script(&format!("return {remembers}")).await != remember {
        viewer.click("#remember").await;
        viewer.until("the wish to be noted", &format!("{remembers} === {remember}")).await;
    }
    viewer.click("#prompt #connect").await;
}

/// Paints the server's background, and waits until the viewer shows exactly what the server's screen has.
pub async fn sees(viewer: &Page<'_>, server: &Server, colour: [u8; 3]) {
    server.display.paint(colour);
    sees_background(viewer, server, colour).await;
}

/// The same where another program has painted.
pub async fn sees_background(viewer: &Page<'_>, server: &Server, colour: [u8; 3]) {
    until("the server's screen in the viewer", async || {
        let (there, here) = (server.display.picture(), viewer.screen().await?);
        let background = there.len() / 3 / 10;
        let same = Difference::between(&there, &here)?.is_none();
        (same && count(&there, colour) > background && count(&here, colour) > background).then_some(())
    })
    .await;
}

/// The row of a machine in the list.
pub fn row(name: &str) -> String {
    format!("#hosts [data-name={name:?}]")
}

/// Types into the shell on a server's screen, which has the pointer then.
pub async fn type_there(desk: &Desk, viewer: &Page<'_>, text: &str) {
    viewer.click("#screen canvas").await;
    desk.display().type_text(text);
}

/// Closes the window of a session that has ended, as Escape does there.
pub async fn leave(desk: &Desk, viewer: &Page<'_>, title: &str) {
    // Not by a click: WebDriver then waits for a window that has gone.
    viewer.until_shown("#ended").await;
    desk.display().focus(title);
    desk.display().press("Escape");
    until("the viewer to close", async || (!desk.display().has_window(title)).then_some(())).await;
}

/// Closes all windows where there is no tray, which quits.
pub async fn quit(app: App<'_>) {
    let display = app.desk().display();
    while let Some(title) = display.titles().pop() {
        display.close_window(&title);
        until("the window to close", async || (!display.titles().contains(&title)).then_some(())).await;
    }
    app.end().await;
}

/// Chooses a file in the desktop's dialog of this title.
pub async fn choose_file(desk: &Desk, title: &str, path: &str) {
    let display = desk.display();
    until("the dialog", async || display.has_window(title).then_some(())).await;
    display.focus(title);
    display.press("ctrl+l");
    display.press("ctrl+a");
    display.type_text(path);
    confirm(desk, title).await;
}

/// Presses Return until the desktop's dialog has taken it: it takes none while it looks a path up. One too many would answer what
/// the page asks then, so each is given its time.
pub async fn confirm(desk: &Desk, title: &str) {
    let display = desk.display();
    let closed = async || (!display.has_window(title)).then_some(());
    for _ in 0..5 {
        display.press("Return");
        if timeout(Duration::from_secs(3), until("the dialog to close", closed)).await.is_ok() {
            return;
        }
    }
    until("the dialog to close", closed).await;
}
