//! Named logins: chosen in a form, and sent only where they were chosen for.

use crate::{
    desk::{App, Desk, Server, passwords, until_passwords},
    user,
};
use std::fs;

const PASSWORD: &str = "Nm3dLg9x";

#[tokio::test]
async fn a_named_login_logs_in_where_it_was_chosen_and_is_asked_about_where_another_program_leads_it() {
    let desk = Desk::of("a_named_login_logs_in_where_it_was_chosen_and_is_asked_about_where_another_program_leads_it")
        .open()
        .await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let other = Server::start(&desk, Some(PASSWORD)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.click("#add-host").await;
    hosts.fill("#editor #name", "Studio").await;
    hosts.fill("#editor #address", &server.address()).await;
    user::choose_login(&hosts, "new").await;
    hosts.fill("#login-name", "Lab").await;
    hosts.fill("#login-password", PASSWORD).await;
    hosts.click("#login-save").await;
    hosts.until_gone("#login").await;
    hosts.click("#save").await;
    hosts.until_gone("#editor").await;
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
