//! Sessions that end otherwise than by the user's wish, and how they go on.

use crate::{
    desk::{App, Desk, Server, address, free_port, until, until_passwords, write_program},
    user::{self, sees},
};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::net::{TcpListener, TcpStream};

/// Eight characters are all that VNC looks at.
const PASSWORD: &str = "l8house!";

#[tokio::test]
async fn where_no_server_listens_the_reason_is_told_and_trying_again_is_enough() {
    let desk = Desk::of("where_no_server_listens_the_reason_is_told_and_trying_again_is_enough").open().await;
    let port = free_port();
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &address(port), "").await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("ended").await;
    let reason = viewer.text_of("#reason").await;
    assert!(reason.starts_with(&format!("{} refused the connection.", address(port))), "{reason}");

    // In the smallest window all of the card is in reach, from its title to its last button.
    let size = desk.display().place_of("Studio").map(|(_, _, width, height)| (width as u32, height as u32));
    desk.display().place("Studio", (320, 240));
    for part in [".card h1", "#reason", "#again", ".card footer :last-child"] {
        let in_reach = format!(
            "(() => {{
                 const part = document.querySelector({part:?});
                 part.scrollIntoView({{ block: 'nearest' }});
                 const {{ top, bottom, left, right }} = part.getBoundingClientRect();
                 return innerWidth <= 320 && top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
             }})()"
        );
        viewer.until(&format!("{part} in a small window"), &in_reach).await;
    }
    desk.display().place("Studio", size.expect("a window"));

    let server = Server::start_at(&desk, port, None).await;
    viewer.click("#again").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x33, 0x99, 0x66]).await;
}

#[tokio::test]
async fn a_server_that_dies_is_told_of_and_found_again_when_it_is_back() {
    let desk = Desk::of("a_server_that_dies_is_told_of_and_found_again_when_it_is_back").open().await;
    let server = Server::start(&desk, None).await;
    let app = App::start(&desk, &[]).await;
    // An address in the search field is enough to connect.
    let viewer = user::open_server(&app, &server).await;
    sees(&viewer, &server, [0x66, 0x33, 0x99]).await;

    server.kill();
    viewer.until_state("reconnecting").await;
    let reason = viewer.text_of("#reason").await;
    let says_why = reason.contains("closed the session") || reason.contains("was lost");
    assert!(says_why && reason.contains(&server.address()), "{reason}");

    // Nothing has to be done.
    let server = Server::start_at(&desk, server.port(), None).await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x99, 0x66, 0x33]).await;
}

#[tokio::test]
async fn a_crash_of_portlight_frees_the_server_and_loses_nothing() {
    let desk = Desk::of("a_crash_of_portlight_frees_the_server_and_loses_nothing").open().await;
    let server = Server::start(&desk, Some("l8house!")).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), "l8house!").await;
    user::open(&hosts, "Studio").await;
    app.viewer("Studio").await.until_state("live").await;
    app.crash().await;
    server.viewer_left().await;

    let app = App::start(&desk, &[]).await;
    user::open(&app.hosts().await, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x22, 0x77, 0x77]).await;
}

#[tokio::test]
async fn the_end_of_a_session_leads_on_to_the_form_of_its_machine_and_says_what_was_tried() {
    let desk =
        Desk::of("the_end_of_a_session_leads_on_to_the_form_of_its_machine_and_says_what_was_tried").open().await;
    let port = free_port();
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &address(port), "").await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("ended").await;
    viewer.click("#tried summary").await;
    let tried = viewer.text_of("#tried li[data-stage=dial].failed").await;
    assert!(tried.contains("refused") && tried.contains(" ms"), "{tried}");

    viewer.click("#edit").await;
    hosts
        .until(
            "the form of the machine",
            &format!("document.querySelector('#editor #address')?.value === {:?}", address(port)),
        )
        .await;
    let server = Server::start(&desk, None).await;
    hosts.fill("#editor #address", &server.address()).await;
    hosts.click("#save").await;
    hosts.until_gone("#editor").await;
    viewer.click("#again").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x33, 0x99, 0x66]).await;
}

#[tokio::test]
async fn a_closed_port_leads_to_the_one_where_a_server_answers_and_the_report_has_no_address() {
    let desk = Desk::of("a_closed_port_leads_to_the_one_where_a_server_answers_and_the_report_has_no_address");
    let desk = desk.open().await;
    let server = Server::start(&desk, None).await;
    // An address of loopback's own, so that VNC's usual port is free there.
    let usual = TcpListener::bind("127.0.77.1:5900").await.expect("loopback");
    let behind = server.address();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let forwarding = tokio::spawn(async move {
        while let Ok((mut near, _)) = usual.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut far = TcpStream::connect(&behind).await.expect("the server");
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
        }
    });
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::connect(&hosts, "127.0.77.1:1").await;
    let viewer = app.viewer("127.0.77.1:5901").await;
    viewer.until_state("ended").await;
    let lead = viewer.text_of(".lead").await;
    assert!(lead.contains("127.0.77.1"), "{lead}");
    assert_eq!(calls.load(Ordering::SeqCst), 1, "it is looked at once");
    viewer.click("#tried summary").await;
    viewer.click("#copy-report").await;
    let report = until("the report", async || desk.display().paste().filter(|text| !text.is_empty())).await;
    assert!(report.contains("connection_refused") && report.contains("TCP, port 5901"), "{report}");
    assert!(!report.contains("127."), "{report}");
    viewer.click("#lead").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x66, 0x33, 0x99]).await;

    // One of the list goes there by its form: its login is for the other address.
    user::add(&hosts, "Studio", "127.0.77.1:1", "").await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("ended").await;
    viewer.click("#lead").await;
    hosts.until("the form", "document.querySelector('#editor #address')?.value === '127.0.77.1'").await;
    forwarding.abort();
}

#[tokio::test]
async fn a_machine_of_a_typed_address_is_corrected_then_kept_with_its_login() {
    let desk = Desk::of("a_machine_of_a_typed_address_is_corrected_then_kept_with_its_login").open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    let wrong = address(free_port());
    user::connect(&hosts, &wrong).await;
    let viewer = app.viewer(&wrong).await;
    viewer.until_state("ended").await;
    viewer.click("#correct").await;
    viewer.fill("#correct-address", &server.address()).await;
    viewer.click("#correct-connect").await;
    viewer.until_state("asking").await;
    user::answer(&viewer, PASSWORD, false).await;
    viewer.until_state("live").await;
    until_passwords(desk.bus(), 0).await;
    assert!(desk.display().has_window(&server.address()), "the window is called by the right address");

    viewer.use_tool("#keep").await;
    viewer.fill("#keep-name", "Studio").await;
    viewer.click("#keep-login").await;
    viewer.click("#keep-add").await;
    viewer.until_gone("#keep-panel").await;
    until_passwords(desk.bus(), 1).await;
    user::stop_searching(&hosts).await;
    hosts.until_shown(&user::row("Studio")).await;
    assert!(desk.display().has_window("Studio"), "the window has its name");
    assert_eq!(viewer.script("return document.body.dataset.state").await, "live");
    user::quit(app).await;

    let app = App::start(&desk, &["Studio"]).await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x50, 0x90, 0x20]).await;
}

#[tokio::test]
async fn a_password_for_a_typed_address_is_remembered_with_its_machine() {
    let desk = Desk::of("a_password_for_a_typed_address_is_remembered_with_its_machine").open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::connect(&hosts, &server.address()).await;
    let viewer = app.viewer(&server.address()).await;
    user::answer(&viewer, "wr0ng1st", true).await;
    viewer.text_of("#prompt-problem").await;
    assert!(
        !desk.hosts_file().exists()
            || !std::fs::read_to_string(desk.hosts_file()).expect("the list").contains(&server.address())
    );
    user::answer(&viewer, PASSWORD, true).await;
    viewer.until_state("live").await;
    until_passwords(desk.bus(), 1).await;
    user::stop_searching(&hosts).await;
    hosts.until_shown(&user::row(&server.address())).await;
    viewer.until_gone("#toolbar #keep").await;
}

#[tokio::test]
async fn a_machine_is_reached_for_once_through_the_ssh_host_of_last_time_and_gets_no_login_by_that() {
    let desk = Desk::of("a_machine_is_reached_for_once_through_the_ssh_host_of_last_time_and_gets_no_login_by_that")
        .open()
        .await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    // Nothing listens there: only the SSH host reaches it. It is a mock, for which every machine is this one.
    let address = format!("127.0.77.2::{}", server.port());
    let folder = desk.home().join("programs");
    fs::create_dir_all(&folder).expect("a home");
    let ssh = folder.join("ssh");
    let script = "#!/bin/bash\n[[ \" $* \" == *\" -G \"* ]] && exit\nwhile (($#)); do [[ $1 == -W ]] && to=$2; shift; done\n\
        exec 3<>/dev/tcp/127.0.0.1/${to##*:}\ncat <&3 & cat >&3\n";
    write_program(&ssh, script.as_bytes());
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").expect("a path"));
    let variables = [("PATH", path.as_str())];
    let listed = |more: &str| {
        desk.write_hosts(&format!(
            r#"{{ "version": 1, "hosts": [{{ "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01", "name": "Studio",
                "address": "{address}"{more} }}] }}"#
        ));
    };
    listed(r#", "ssh_jump": "ann@gate""#);
    let app = App::start_with(&desk, &["Studio"], &variables).await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("asking").await;
    user::answer(&viewer, PASSWORD, true).await;
    viewer.until_state("live").await;
    until_passwords(desk.bus(), 1).await;
    user::quit(app).await;

    // Its way is another one now.
    listed(r#", "has_password": true"#);
    let app = App::start_with(&desk, &["Studio"], &variables).await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("ended").await;
    let lead = viewer.text_of(".lead").await;
    assert!(lead.contains("ann@gate"), "{lead}");
    viewer.click("#lead").await;
    viewer.until_state("asking").await;
    user::answer(&viewer, PASSWORD, false).await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x33, 0x99, 0x66]).await;
    let title = format!("Studio (127.0.77.2:{} via ann@gate)", server.port());
    assert!(desk.display().has_window(&title), "it says what it shows");
    let list = fs::read_to_string(desk.hosts_file()).expect("the list");
    assert!(!list.contains("gate"), "the list is the user's: {list}");
}
