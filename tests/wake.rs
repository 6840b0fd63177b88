//! A machine that sleeps: the packet that wakes it, and the session when it is up.

use crate::{
    desk::{App, Desk, Server, TIMEOUT, free_port, passwords},
    user,
};
use serde_json::json;
use tokio::{net::UdpSocket, time::timeout};

/// The broadcast address of loopback: what goes there leaves no computer.
const LOOPBACK: &str = "127.255.255.255";
const MAC: [u8; 6] = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x07];
const PASSWORD: [u8; 6] = [0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f];

#[tokio::test]
async fn a_machine_is_woken_by_its_packet_and_seen_when_it_is_up() {
    let desk = Desk::of("a_machine_is_woken_by_its_packet_and_seen_when_it_is_up").open().await;
    let card = UdpSocket::bind((LOOPBACK, 0)).await.expect("loopback");
    let port = free_port();
    let host = json!({
        "id": "00000000-0000-4000-8000-000000000001",
        "name": "Sleeper",
        "address": format!("127.0.0.1:{port}"),
        "mac": "02:00:5e:10:00:07",
        "wake_address": LOOPBACK,
        "wake_port": card.local_addr().expect("a bound socket").port(),
    });
    desk.write_hosts(&json!({ "version": 1, "hosts": [host] }).to_string());
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    let row = user::row("Sleeper");
    hosts.until_shown(&row).await;

    // Its card wants a password with the packet, which is checked as its field is left.
    user::edit(&hosts, "Sleeper").await;
    hosts.click("#section-wake > summary").await;
    hosts.fill("#secure-on", "no password").await;
    hosts.press("#secure-on", TAB).await;
    hosts.until_shown("#secure-on[aria-invalid=true]").await;
    hosts.fill("#secure-on", "0a-1b-2c-3d-4e-5f").await;
    hosts.click("#save").await;
    hosts.until_gone("#editor").await;
    assert_eq!(passwords(desk.bus()).await, 1);
    assert!(desk.files_with(b"0a-1b-2c-3d-4e-5f").is_empty());

    user::choose_of(&hosts, "Sleeper", "Wake up").await;
    let mut packet = [0; 200];
    let received = timeout(TIMEOUT, card.recv(&mut packet)).await.expect("a packet").expect("loopback");
    let expected = [&[0xff; 6][..], &MAC.repeat(16), &PASSWORD].concat();
    assert_eq!(packet[..received], expected);

    // It is called until it is up.
    let server = Server::start_at(&desk, port, None).await;
    let viewer = app.viewer("Sleeper").await;
    viewer.until_state("live").await;
    user::sees(&viewer, &server, [0x30, 0x60, 0x90]).await;
}

/// The key, as WebDriver writes it.
const TAB: &str = "\u{e004}";
