//! What protects a session: who the server has shown to be, and what is asked before less is taken.

use crate::{
    desk::{App, Certificate, Desk, Page, Server, free_port},
    user::{self, sees},
};

/// Eight characters are all that VNC looks at.
const PASSWORD: &str = "Tr3asure";

/// Enter, as WebDriver writes it.
const ENTER: &str = "\u{e007}";

#[tokio::test]
async fn a_certificate_is_asked_about_once_and_again_when_it_is_another() {
    let desk = Desk::of("a_certificate_is_asked_about_once_and_again_when_it_is_another").open().await;
    let (first, second) = (Certificate::new(&desk, "studio"), Certificate::new(&desk, "somebody-else"));
    let port = free_port();
    let server = Server::start_with(&desk, port, "X509Vnc,VncAuth", Some(PASSWORD), Some(&first)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), PASSWORD).await;

    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    let shown = viewer.text_of("#trust").await;
    assert!(shown.contains(&first.sha256), "{shown}");
    for problem in ["self_signed", "wrong_name"] {
        viewer.until_shown(&format!("#trust [data-problem={problem}]")).await;
    }
    // Nothing is accepted by a key that was meant for something else.
    viewer.press("#trust", ENTER).await;
    viewer.click("#accept").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x20, 0x60, 0xa0]).await;

    viewer.use_tool("#protection").await;
    let details = viewer.text_of("#protection-panel").await;
    protected(&viewer, "identified").await;
    for fact in ["X509Vnc", "TLS", &first.sha256] {
        assert!(details.contains(fact), "{fact}: {details}");
    }
    viewer.use_tool("#disconnect").await;
    user::leave(&desk, &viewer, "Studio").await;

    // Known now: nothing is asked.
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    viewer.use_tool("#disconnect").await;
    user::leave(&desk, &viewer, "Studio").await;

    // Another server answers at the address.
    server.kill();
    let server = Server::start_with(&desk, port, "X509Vnc", Some(PASSWORD), Some(&second)).await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_shown("#changed").await;
    viewer.press("#changed", ENTER).await;
    assert_eq!(viewer.script("return document.querySelector('#replace').disabled").await, true);
    viewer.click("#know-why").await;
    viewer.click("#replace").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0xa0, 0x60, 0x20]).await;
}

#[tokio::test]
async fn less_protection_than_before_is_a_question() {
    let desk = Desk::of("less_protection_than_before_is_a_question").open().await;
    let port = free_port();
    let server = Server::start_with(&desk, port, "TLSVnc", Some(PASSWORD), None).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), PASSWORD).await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    protected(&viewer, "encrypted").await;
    viewer.use_tool("#disconnect").await;
    user::leave(&desk, &viewer, "Studio").await;

    server.kill();
    let server = Server::start_with(&desk, port, "VncAuth", Some(PASSWORD), None).await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_shown("#consent").await;
    viewer.click("#anyway").await;
    viewer.until_state("live").await;
    sees(&viewer, &server, [0x70, 0x20, 0x70]).await;
    protected(&viewer, "password").await;
}

/// Waits for the toolbar, which comes after the picture, and looks at its mark.
async fn protected(viewer: &Page<'_>, level: &str) {
    let mark = viewer.until("the mark", "document.querySelector('#protection')?.dataset.level").await;
    assert_eq!(mark, level);
}
