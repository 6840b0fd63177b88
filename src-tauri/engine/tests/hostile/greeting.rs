//! What is no VNC server, or speaks a version that nobody does, or refuses at once.

use crate::{
    script::{
        Turn::{self, Drip, Hang},
        case, play_all,
    },
    words::{V33, V38, hear, say, text, then, u32},
};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn before_and_instead_of_a_greeting() {
    let slowly = Duration::from_secs(9);
    play_all([
        case("close-at-once", [], "not_rfb_closed"),
        case("version-cut", [say("RFB 003")], "not_rfb_closed"),
        case("silent", [Hang], "timeout_greeting: 10"),
        // Each byte comes in time, all of them do not.
        case("drip", [Drip(V38.to_vec(), slowly)], "timeout_greeting: 90"),
        case("http", [say("HTTP/1.1 400 Bad Request\r\n\r\n")], "not_rfb: http"),
        case("ssh", [say("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")], "not_rfb: ssh"),
        case("tls-alert", [say([0x15, 3, 1, 0, 2, 2, 70])], "not_rfb: tls"),
        case("rdp-like", [say([3, 0, 0, 0x13, 0x0e, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, 2, 0, 0, 0])], "not_rfb"),
        case("garbage", [say([0xa5; 64])], "not_rfb"),
        case("version-letters", [say("RFB abc.def\n")], "not_rfb"),
        case("version-spaces", [say("RFB   3.  8\n")], "not_rfb"),
        case("version-no-newline", [say("RFB 003.008 ")], "not_rfb"),
        case("version-old", [say("RFB 002.002\n")], "unsupported_version: 002.002"),
        case("version-future", [say("RFB 009.001\n")], "unsupported_version: 009.001"),
        case("mock-repeater", [say("RFB 000.000\n"), Hang], "repeater"),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn refusals() {
    let refuses = |rest: Vec<Turn>| then([say(V38), hear(V38), say([0])], rest);
    let long = "x".repeat(70_000);
    let shown = |text: &str| format!("refused: {text}");
    let four_hundred = shown(&"x".repeat(400));
    play_all([
        case("refuse-reason", refuses(vec![text("Too many security failures")]), "refused: Too many security failures"),
        // Said before our version is heard, as TigerVNC does to those on its black list.
        case(
            "refuse-33-early",
            [say(V33), u32(0), text("Too many security failures"), hear(V33)],
            "refused: Too many security failures",
        ),
        case("refuse-empty-reason", refuses(vec![text("")]), "refused"),
        case("refuse-no-reason", refuses(vec![]), "refused"),
        case("refuse-cut-reason", refuses(vec![u32(100), say("Too many sec")]), "refused: Too many sec"),
        // Nobody waits for four gigabytes.
        case("refuse-huge-reason", refuses(vec![u32(u32::MAX), say("Go away"), Hang]), "refused: Go away"),
        case("refuse-64k-reason", refuses(vec![text(&long)]), &four_hundred),
        case(
            "refuse-markup-reason",
            refuses(vec![text("<img src=x onerror=alert(1)>")]),
            "refused: <img src=x onerror=alert(1)>",
        ),
        case("refuse-bidi-reason", refuses(vec![text("safe\u{202e}gnp.exe\u{2066}")]), "refused: safegnp.exe"),
        case(
            "refuse-latin1-reason",
            refuses(vec![text(b"Zugriff f\xfcr G\xe4ste gesperrt")]),
            "refused: Zugriff für Gäste gesperrt",
        ),
        case(
            "v33-got-37-style",
            [say(V33), hear(V33), say([0]), text("Unsupported version")],
            "refused: Unsupported version",
        ),
    ])
    .await;
}
