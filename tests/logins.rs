//! Named logins: chosen in a form, and sent only where they were chosen for.

use crate::{
    desk::{App, Desk, Page, Server, passwords, until, until_passwords},
    user,
};
use std::fs;

const PASSWORD: &str = "Nm3dLg9x";

/// Adds the machine with a named login that is made in its form.
async fn add_with_new_login(hosts: &Page<'_>, server: &Server) {
    hosts.click("#add-host").await;
    hosts.fill("#editor #name", "Studio").await;
    hosts.fill("#editor #address", &server.address()).await;
    user::choose_login(hosts, "new").await;
    hosts.fill("#login-name", "Lab").await;
    hosts.fill("#login-password", PASSWORD).await;
    hosts.click("#login-save").await;
    hosts.until_gone("#login").await;
    hosts.click("#save").await;
    hosts.until_gone("#editor").await;
}

#[tokio::test]
async fn a_named_login_logs_in_where_it_was_chosen_and_is_asked_about_where_another_program_leads_it() {
    let desk = Desk::of("a_named_login_logs_in_where_it_was_chosen_and_is_asked_about_where_another_program_leads_it")
        .open()
        .await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let other = Server::start(&desk, Some(PASSWORD)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    add_with_new_login(&hosts, &server).await;
    until_passwords(desk.bus(), 1).await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    assert_eq!(passwords(desk.bus()).await, 1, "the machine has none of its own");
    let files = desk.files_with(PASSWORD.as_bytes());
    assert!(files.is_empty() && !app.said().contains(PASSWORD), "the password is in {files:?}");
    viewer.use_tool("#disconnect").await;

    let list = fs::read_to_string(desk.hosts_file()).expect("the list");
    desk.write_hosts(&list.replace(&server.address(), &other.address()));
    hosts.until("the other address", &format!("document.body.innerText.includes({:?})", other.address())).await;
    viewer.click("#again").await;
    viewer.until_state("asking").await;
    let told = viewer.text_of("#keyring-for-another").await;
    assert!(told.contains("was not chosen"), "{told}");
    // A click that was begun too early would count for nothing.
    viewer.until("the button to take clicks", "performance.now() > (window.asked ??= performance.now()) + 700").await;
    viewer.click("#use-login").await;
    viewer.until_state("live").await;
    assert_eq!(passwords(desk.bus()).await, 1);
}

#[tokio::test]
async fn a_change_of_a_named_login_is_undone_with_its_password() {
    let desk = Desk::of("a_change_of_a_named_login_is_undone_with_its_password").open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    add_with_new_login(&hosts, &server).await;

    user::choose(&hosts, "Settings").await;
    hosts.click("#named-logins li .button").await;
    hosts.fill("#login-name", "Hall").await;
    hosts.fill("#login-password", "wrong one").await;
    hosts.click("#login-save").await;
    hosts.until_gone("#login").await;
    assert!(hosts.text_of("#login-done").await.contains("Hall"));
    hosts.click("#login-done button").await;
    hosts.until("its former name", "document.querySelector('#named-logins li').innerText.includes('Lab')").await;
    let files = desk.files_with(PASSWORD.as_bytes());
    assert!(files.is_empty() && !app.said().contains(PASSWORD), "the password is in {files:?}");

    // Its keys walk the rest: without the machine's login, without the login, and both again.
    desk.display().focus("Portlight");
    desk.display().press("Escape");
    hosts.until_gone("#settings").await;
    let uses = || fs::read_to_string(desk.hosts_file()).is_ok_and(|list| list.contains("\"login\""));
    // One key after the other: each is said when it is done.
    for (keys, said, passwords) in [
        ("ctrl+z", "Undone: add “Studio”", 1),
        ("ctrl+z", "Undone: add the login “Lab”", 0),
        ("ctrl+y", "Done again: add the login “Lab”", 1),
        ("ctrl+y", "Done again: add “Studio”", 1),
    ] {
        desk.display().press(keys);
        hosts.until(said, &format!("document.querySelector('#toast').innerText.includes({said:?})")).await;
        until_passwords(desk.bus(), passwords).await;
    }
    hosts.until_shown(&user::row("Studio")).await;
    until("the machine to have it", async || uses().then_some(())).await;
    user::open(&hosts, "Studio").await;
    app.viewer("Studio").await.until_state("live").await;
}
