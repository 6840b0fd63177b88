//! Commands of the user's: they print passwords, and where a console is.

use crate::{
    desk::{self, App, Desk, Page, Server, passwords},
    user::{self, sees},
};
use std::{fs, path::PathBuf};

/// Eight characters are all that VNC looks at; no file has them in this order.
const PASSWORD: &str = "Qx5vd8Yt";

#[tokio::test]
async fn a_password_comes_from_a_command_is_kept_nowhere_and_is_typed_where_the_command_fails() {
    let desk =
        Desk::of("a_password_comes_from_a_command_is_kept_nowhere_and_is_typed_where_the_command_fails").open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let backwards: String = PASSWORD.chars().rev().collect();
    let script = write_script(
        &desk,
        "vault",
        &format!("[ \"$*\" = \"show 127.0.0.1 Studio\" ] && echo {backwards} | rev; echo url: x"),
    );
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    add_tested(&hosts, &server.address(), "#password-command", "~/vault show %h %n").await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x40, 0x80, 0x20]).await;
    assert_eq!(passwords(desk.bus()).await, 0);
    is_written_nowhere(&desk, &app);

    fs::write(&script, "#!/bin/sh\necho opening >&2\necho the vault is locked >&2\nexit 3\n").expect("a home");
    viewer.use_tool("#disconnect").await;
    viewer.click("#again").await;
    viewer.until_state("asking").await;
    let told = viewer.text_of("#command-note").await;
    assert!(told.contains("failed (3)") && told.contains("the vault is locked"), "{told}");
    assert!(viewer.text().await.contains("comes from its command"), "{}", viewer.text().await);
    user::answer(&viewer, PASSWORD, false).await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x80, 0x20, 0x40]).await;
    is_written_nowhere(&desk, &app);
}

#[tokio::test]
async fn a_console_is_asked_for_anew_at_each_connect_and_reconnect() {
    let desk = Desk::of("a_console_is_asked_for_anew_at_each_connect_and_reconnect").open().await;
    let first = Server::start(&desk, Some("first1st")).await;
    let second = Server::start(&desk, Some("second2d")).await;
    let console = desk.home().join("console.json");
    let is_at = |server: &Server, password: &str| {
        let text = format!("{{\"address\": \"{}\", \"password\": \"{password}\"}}", server.address());
        fs::write(&console, text).expect("a home");
    };
    is_at(&first, "first1st");
    write_script(&desk, "where", "cd; echo \"$*\" >> asked; cat console.json");
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    add_tested(&hosts, "hypervisor.invalid", "#console-command", "~/where %n %h").await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    sees(&viewer, &first, [0x20, 0x90, 0x50]).await;

    // It moves, and has another password there.
    is_at(&second, "second2d");
    first.kill();
    viewer.until_state("reconnecting").await;
    viewer.until_state("live").await;
    sees(&viewer, &second, [0x90, 0x50, 0x20]).await;
    assert_eq!(passwords(desk.bus()).await, 0);
    let asked = fs::read_to_string(desk.home().join("asked")).expect("it was asked");
    assert!(asked.lines().count() >= 3 && asked.lines().all(|line| line == "Studio hypervisor.invalid"), "{asked}");

    let examined = desk.portlight(&["doctor", "Studio", "--login"]);
    let report = String::from_utf8_lossy(&examined.stdout).into_owned();
    assert!(examined.status.success() && report.contains("640x480"), "{report}");

    fs::write(&console, "{\"adress\": \"127.0.0.1\"}").expect("a home");
    viewer.use_tool("#disconnect").await;
    viewer.click("#again").await;
    viewer.until_state("ended").await;
    let reason = viewer.text_of("#reason").await;
    assert!(reason.contains("a field that Portlight does not know"), "{reason}");
}

/// Adds a machine with a command in this field, once the test of its form has logged in by it.
async fn add_tested(hosts: &Page<'_>, address: &str, field: &str, command: &str) {
    hosts.click("#add-host").await;
    hosts.fill("#editor #name", "Studio").await;
    hosts.fill("#editor #address", address).await;
    if field == "#password-command" {
        user::choose_login(hosts, "command").await;
    } else {
        hosts.click(&format!("details:has({field}) > summary")).await;
    }
    hosts.fill(field, command).await;
    hosts.click("#test").await;
    hosts.until("the test's end", "document.querySelector('#test-stages')").await;
    let verdict = hosts.text_of("#test-verdict").await;
    assert!(verdict.contains("640"), "the test goes the same way: {verdict}");
    hosts.click("#save").await;
    hosts.until_gone("#editor").await;
}

/// A program in the user's home.
fn write_script(desk: &Desk, name: &str, text: &str) -> PathBuf {
    let file = desk.home().join(name);
    desk::write_script(&file, text);
    file
}

/// Neither in a file of the user's nor on the terminal.
fn is_written_nowhere(desk: &Desk, app: &App<'_>) {
    let files = desk.files_with(PASSWORD.as_bytes());
    assert!(files.is_empty(), "the password is in {files:?}");
    assert!(!app.said().contains(PASSWORD), "the password was logged");
}
