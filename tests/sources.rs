//! Lists that others keep: what a command prints.

use crate::{
    desk::{App, Desk, Page, write_script},
    user,
};
use serde_json::json;
use std::fs;

/// A command whose list is in a file, and which fails without that.
fn command(desk: &Desk) -> String {
    let script = desk.home().join("team list");
    write_script(&script, "exec cat \"$(dirname \"$0\")/team.json\"");
    format!("\"{}\"", script.display())
}

/// What the others write.
fn write(desk: &Desk, names: &[&str]) {
    let host = |name: &&str| json!({ "id": name, "name": name, "address": format!("{}.example", name.to_lowercase()) });
    let hosts: Vec<_> = names.iter().map(host).collect();
    let list = json!({ "version": 1, "hosts": hosts }).to_string();
    fs::write(desk.home().join("team.json"), list).expect("a home");
}

/// What the dialog says of the source, once it says this.
async fn says(hosts: &Page<'_>, text: &str) -> String {
    let of = "document.querySelector('[data-source=Team]')?.innerText ?? ''";
    hosts.until(text, &format!("({of}).includes({text:?})")).await;
    hosts.text_of("[data-source=Team]").await
}

#[tokio::test]
async fn a_commands_list_appears_is_read_anew_and_is_kept_when_it_breaks() {
    let desk = Desk::of("a_commands_list_appears_is_read_anew_and_is_kept_when_it_breaks").open().await;
    desk.prefer_rows();
    write(&desk, &["Anvil", "Bellows"]);
    let command = command(&desk);
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::choose(&hosts, "Lists of others").await;
    hosts.click("#add-source-command").await;
    hosts.fill("#source-command", &command).await;
    hosts.fill("#source-name", "Team").await;
    hosts.click("#source-save").await;
    let said = says(&hosts, "2 machines").await;
    assert!(said.contains("team list"), "it is shown as the command that it is: {said}");
    for name in ["Anvil", "Bellows"] {
        hosts.until_shown(&user::row(name)).await;
    }

    write(&desk, &["Anvil", "Crane", "Drill"]);
    hosts.click("[data-source=Team] .refresh").await;
    says(&hosts, "3 machines").await;
    hosts.until_shown(&user::row("Crane")).await;
    hosts.until_gone(&user::row("Bellows")).await;

    // It breaks: the last good list stays, and why is said.
    fs::remove_file(desk.home().join("team.json")).expect("what was written");
    hosts.click("[data-source=Team] .refresh").await;
    let said = says(&hosts, "The list of before is kept.").await;
    assert!(said.contains("3 machines") && said.contains("team.json"), "{said}");
    hosts.until_shown(&user::row("Drill")).await;

    // Also across a restart, where it is read once more.
    app.crash().await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&user::row("Drill")).await;
    user::choose(&hosts, "Lists of others").await;
    says(&hosts, "The list of before is kept.").await;
    write(&desk, &["Drill"]);
    hosts.click("[data-source=Team] .refresh").await;
    let said = says(&hosts, "1 machine").await;
    assert!(!said.contains("is kept"), "{said}");
    hosts.until_gone(&user::row("Anvil")).await;
    hosts.until_shown(&user::row("Drill")).await;
}
