//! Lists of security types.

use crate::{
    script::{
        Turn::{Hang, HearAny},
        case, play_all,
    },
    words::{TIGHT, V33, V38, VNC_AUTH, desk, hear, offers, say, takes, then, u32},
};

#[tokio::test(start_paused = true)]
async fn lists() {
    let all: Vec<u8> = (21..=29).chain([31, 32]).chain(34..=112).chain(140..=255).collect();
    let none_of_255 = "no_common_type: apple, MD5 hash (21), xvp (22), Secure Tunnel (23), Integrated SSH (24), type 25, \
                       type 26, type 27, type 28";
    let accepts = [say([7; 16]), HearAny(16), u32(0), hear([1]), desk()];
    play_all([
        case(
            "types-unknown",
            offers(&[13, 17, 77]),
            "no_common_type: realvnc, RealVNC RA2r (13), UltraVNC (17), type 77",
        ),
        case("types-realvnc", offers(&[13, 133]), "no_common_type: realvnc, RealVNC RA2r (13), RealVNC RA2r_256 (133)"),
        case(
            "types-mac",
            offers(&[36, 35, 31]),
            "no_common_type: apple, Apple SRP (36), Apple Kerberos (35), Apple (31)",
        ),
        case(
            "types-ultravnc-plugin",
            offers(&[17, 115]),
            "no_common_type: ultravnc, UltraVNC (17), UltraVNC encryption plug-in (115)",
        ),
        case("types-255", offers(&all), none_of_255),
        case("types-cut", [say(V38), hear(V38), say([5, 77, 78])], "closed: security_types"),
        case("types-hang", [say(V38), hear(V38), Hang], "timeout: security_types, 20"),
        case(
            "types-zero-inside",
            then(offers(&[0, VNC_AUTH, 0]), [hear([VNC_AUTH]), Hang]),
            "timeout: authentication, 20",
        ),
        case("types-duplicate", then(then(offers(&[2, 2, 2]), [hear([2])]), accepts), "let in"),
        case(
            "v33-type-19",
            [say(V33), hear(V33), u32(19)],
            "protocol: while listing its security types: security type 19 in protocol 3.3",
        ),
        case(
            "v33-type-huge",
            [say(V33), hear(V33), u32(0xdead_beef)],
            "protocol: while listing its security types: security type 3735928559 in protocol 3.3",
        ),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn tight() {
    let code = |code: u32, name: &[u8; 12]| [&code.to_be_bytes()[..], name].concat();
    let vnc = code(2, b"STDVVNCAUTH_");
    let tunnel = code(7, b"XXXXTUNNEL__");
    let after_vnc = || {
        then(
            takes(TIGHT),
            [u32(0), u32(1), say(&vnc), hear([0, 0, 0, 2]), say([7; 16]), HearAny(16), u32(0), hear([1]), desk()],
        )
    };
    let protocol = |what: &str| format!("protocol: while listing its security types: {what}");
    play_all([
        case("tight-tunnels-huge", then(takes(TIGHT), [u32(u32::MAX), Hang]), &protocol("4294967295 tunnels")),
        case("tight-auth-huge", then(takes(TIGHT), [u32(0), u32(65), Hang]), &protocol("65 types")),
        // The screen was described before: the login is not in doubt.
        case("tight-caps-hang", then(after_vnc(), [say([0xff; 8]), Hang]), "timeout: server_init, 20"),
        case("tight-caps-huge", then(after_vnc(), [say([0xff; 8]), say(vec![9; 3 * 65_535 * 16])]), "let in"),
        case("tight-caps", then(after_vnc(), [say([0, 1, 0, 1, 0, 0, 0, 0]), say([9; 32])]), "let in"),
        case("tight-unknown-tunnel", then(takes(TIGHT), [u32(1), say(tunnel), Hang]), "no_common_type: Tight tunnel 7"),
        case(
            "tight-unknown-auth",
            then(takes(TIGHT), [u32(0), u32(1), say(code(20, b"GTKVSASL____")), Hang]),
            "no_common_type: Tight type 20",
        ),
    ])
    .await;
}
