//! ServerInit: the description of the screen.

use crate::{
    examination::{Given::Nothing, Keys},
    script::{Turn::Hang, case, examined, play_all},
    words::{PIXELS, after_password, desk, hear, let_in, say, screen, then, u32},
};

#[tokio::test(start_paused = true)]
async fn screens() {
    let bits = |bits: u8| [&[bits][..], &PIXELS[1..]].concat().try_into().unwrap();
    let colour_map = [8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let protocol = |what: &str| format!("protocol: before describing its screen: {what}");
    play_all([
        case("init-close", let_in(), "closed: server_init"),
        case("init-cut", then(let_in(), [say([1, 2, 3, 4, 5])]), "closed: server_init"),
        case("init-name-cut", then(let_in(), [screen(640, 480, PIXELS, 9, b"desk")]), "closed: server_init"),
        case("init-hang", then(let_in(), [say([1, 2, 3, 4, 5]), Hang]), "timeout: server_init, 20"),
        case("init-0x0", then(let_in(), [screen(0, 0, PIXELS, 4, b"desk")]), "let in"),
        case("init-65535", then(let_in(), [screen(65535, 65535, PIXELS, 4, b"desk")]), "let in"),
        // The viewer replaces the pixel format in its next message.
        case("init-bpp-0", then(let_in(), [screen(640, 480, bits(0), 4, b"desk")]), "let in"),
        case("init-bpp-24", then(let_in(), [screen(640, 480, bits(24), 4, b"desk")]), "let in"),
        case("init-colourmap", then(let_in(), [screen(640, 480, colour_map, 4, b"desk")]), "let in"),
        case(
            "init-name-huge",
            then(let_in(), [screen(640, 480, PIXELS, u32::MAX, b"desk"), Hang]),
            &protocol("a name of 4294967295 bytes"),
        ),
        case(
            "init-name-huge-after-password",
            then(after_password(), [u32(0), hear([1]), screen(640, 480, PIXELS, u32::MAX, b"desk"), Hang]),
            &protocol("a name of 4294967295 bytes"),
        ),
        case("init", then(let_in(), [desk()]), "let in"),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn names_are_cleaned() {
    let long = [b'x'; 64 * 1024];
    for (case, name, shown) in [
        ("init-name-64k", &long[..], "x".repeat(400)),
        ("init-name-markup", b"<b>desk</b>\n\x1b[31m", "<b>desk</b> [31m".to_owned()),
        ("init-name-latin1", b"K\xfcche", "Küche".to_owned()),
        ("init-name-bidi", "desk\u{202e}ksed".as_bytes(), "deskksed".to_owned()),
    ] {
        let script = then(let_in(), [screen(640, 480, PIXELS, name.len() as u32, name)]);
        let (report, _, _) = examined(script, Nothing, &Keys::none()).await;
        assert_eq!(report.desktop.expect(case).name, shown, "{case}");
    }
}
