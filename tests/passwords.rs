//! Passwords: in the keyring or nowhere.

use crate::{
    desk::{App, Desk, Server, lock_keyring, passwords, until, until_passwords},
    keyboard::{Keys, in_front_of},
    user::{self, sees},
};

/// Eight characters are all that VNC looks at; no other program writes these.
const PASSWORD: &str = "Kg7wq2Zp";
const WRONG: &str = "Wr0ng1st";

#[tokio::test]
async fn a_mistyped_password_is_asked_for_again_and_the_right_one_remembered() {
    let desk = Desk::of("a_mistyped_password_is_asked_for_again_and_the_right_one_remembered").open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), "").await;
    user::open(&hosts, "Studio").await;

    let viewer = app.viewer("Studio").await;
    viewer.until_state("asking").await;
    assert_eq!(viewer.script("return document.querySelector('#prompt-problem').innerText").await, "");
    user::answer(&viewer, WRONG, true).await;
    let problem = viewer.text_of("#prompt-problem").await;
    assert!(problem.contains(" did not accept the login."), "{problem}");
    assert_eq!(passwords(desk.bus()).await, 0, "only a password that was accepted is kept");
    user::answer(&viewer, PASSWORD, true).await;
    viewer.until_state("live").await;
    until_passwords(desk.bus(), 1).await;
    user::quit(app).await;

    let app = App::start(&desk, &["Studio"]).await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x50, 0x90, 0x20]).await;
    is_written_nowhere(&desk, &app);
}

#[tokio::test]
async fn a_stored_password_that_is_refused_is_kept_until_a_better_one_is_known() {
    let desk = Desk::of("a_stored_password_that_is_refused_is_kept_until_a_better_one_is_known").open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), WRONG).await;
    until_passwords(desk.bus(), 1).await;
    user::open(&hosts, "Studio").await;

    let viewer = app.viewer("Studio").await;
    viewer.text_of("#prompt-problem").await;
    assert_eq!(passwords(desk.bus()).await, 1);
    user::answer(&viewer, PASSWORD, true).await;
    viewer.until_state("live").await;
    assert_eq!(passwords(desk.bus()).await, 1, "the right one took the wrong one's place");
    viewer.use_tool("#disconnect").await;
    user::leave(&desk, &viewer, "Studio").await;
    user::open(&hosts, "Studio").await;
    app.viewer("Studio").await.until_state("live").await;
}

#[tokio::test]
async fn without_a_keyring_a_password_lasts_as_long_as_its_window() {
    let desk = Desk::of("without_a_keyring_a_password_lasts_as_long_as_its_window").without_keyring().open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    let notice = hosts.text_of("#notices").await;
    assert!(notice.contains("No keyring is running"), "{notice}");
    user::add(&hosts, "Studio", &server.address(), PASSWORD).await;
    let toast = hosts.text_of("#toast").await;
    assert!(toast.contains("not its password"), "{toast}");
    user::open(&hosts, "Studio").await;

    let viewer = app.viewer("Studio").await;
    viewer.until_state("asking").await;
    assert!(viewer.text().await.contains("No keyring is running"), "{}", viewer.text().await);
    assert_eq!(viewer.script("return document.querySelector('#remember').disabled").await, true);
    user::answer(&viewer, PASSWORD, false).await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x90, 0x20, 0x50]).await;
    viewer.use_tool("#disconnect").await;
    viewer.click("#again").await;
    // Asking would be a state that it does not leave by itself.
    viewer.until_state("live").await;
    is_written_nowhere(&desk, &app);
    user::quit(app).await;

    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&user::row("Studio")).await;
    assert_eq!(hosts.script("return document.querySelector('#notices').innerText").await, "", "said once");
    is_written_nowhere(&desk, &app);
}

#[tokio::test]
async fn a_locked_keyring_is_said_so_and_the_password_asked_for() {
    let desk = Desk::of("a_locked_keyring_is_said_so_and_the_password_asked_for").open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), PASSWORD).await;
    until_passwords(desk.bus(), 1).await;
    lock_keyring(desk.bus()).await;
    user::open(&hosts, "Studio").await;

    let viewer = app.viewer("Studio").await;
    viewer.until_state("asking").await;
    assert!(viewer.text().await.contains("The keyring is locked"), "{}", viewer.text().await);
    user::answer(&viewer, PASSWORD, false).await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x20, 0x50, 0x90]).await;
    viewer.use_tool("#disconnect").await;
    viewer.click("#again").await;
    viewer.until_state("live").await;
    is_written_nowhere(&desk, &app);
}

#[tokio::test]
async fn removing_a_machine_can_be_undone_and_its_password_goes_only_with_it() {
    let desk = Desk::of("removing_a_machine_can_be_undone_and_its_password_goes_only_with_it").open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), PASSWORD).await;
    until_passwords(desk.bus(), 1).await;

    user::remove(&hosts, "Studio").await;
    assert_eq!(passwords(desk.bus()).await, 1, "needed for the undo");
    hosts.click("#undo").await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x70, 0x70, 0x10]).await;

    user::remove(&hosts, "Studio").await;
    // It goes by itself, and has not come yet when its machine has gone.
    hosts.until_shown("#undo").await;
    hosts.until_gone("#undo").await;
    desk.display().close_window("Studio");
    hosts.until_gone("#hosts [data-session]").await;
    assert_eq!(passwords(desk.bus()).await, 1, "it can be put back for thirty days");
    assert!(!hosts.text().await.contains("Studio"), "{}", hosts.text().await);

    // One that is undone after it was added takes its password along, and brings it again.
    user::add(&hosts, "Shed", "shed.example", "medlar42").await;
    until_passwords(desk.bus(), 2).await;
    hosts.click("#search").await;
    desk.display().focus("Portlight");
    desk.display().press("ctrl+z");
    until_passwords(desk.bus(), 1).await;
    hosts.until_gone(&user::row("Shed")).await;
    desk.display().press("ctrl+y");
    until_passwords(desk.bus(), 2).await;
    hosts.until_shown(&user::row("Shed")).await;
}

#[tokio::test]
async fn a_second_password_is_kept_at_its_first_use_and_typed_without_the_page() {
    let desk = Desk::of("a_second_password_is_kept_at_its_first_use").open().await;
    let server = Server::start(&desk, None).await;
    let keys = Keys::on(&desk, &server).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), "").await;
    user::open(&hosts, "Studio").await;
    let viewer = in_front_of(&app, "Studio").await;
    let typed = async |button: &str| {
        let mark = keys.mark();
        viewer.use_tool("#keys").await;
        viewer.click("#type-text").await;
        if button == "#keep-secret" {
            viewer.click("#add-secret").await;
            viewer.fill("#secret", PASSWORD).await;
            viewer.fill("#secret-name", "sudo").await;
        }
        viewer.click(button).await;
        until("the secret to be typed", async || keys.since(mark).ends_with("+Z -Z -Shift_L +p -p ").then_some(()))
            .await;
        assert!(keys.since(mark).contains("+g -g +7 -7 +w -w +q -q +2 -2"), "{}", keys.since(mark));
        viewer.until_gone("#type-panel").await;
        assert!(!viewer.text().await.contains(PASSWORD), "{}", viewer.text().await);
    };
    typed("#keep-secret").await;
    until_passwords(desk.bus(), 1).await;
    typed("#type-secret").await;
    is_written_nowhere(&desk, &app);

    // It goes with its machine.
    viewer.use_tool("#disconnect").await;
    user::leave(&desk, &viewer, "Studio").await;
    user::remove(&hosts, "Studio").await;
    assert_eq!(passwords(desk.bus()).await, 1);
    user::remove_for_good(&hosts, "Studio").await;
    until_passwords(desk.bus(), 0).await;
}

/// Neither in a file of the user's nor on the terminal.
fn is_written_nowhere(desk: &Desk, app: &App<'_>) {
    let files = desk.files_with(PASSWORD.as_bytes());
    assert!(files.is_empty(), "the password is in {files:?}");
    assert!(!app.said().contains(PASSWORD), "the password was logged");
}
