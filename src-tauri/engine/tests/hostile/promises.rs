//! Servers that announce gigabytes and send a few bytes.

use crate::{
    examination::{Given, Keys},
    script::{
        PASSWORD,
        Turn::{self, Hang, HearAny},
        examined,
    },
    words::{PIXELS, TIGHT, V38, VENCRYPT, after_password, hear, let_in, offers, say, screen, takes, then, u16, u32},
};
use std::fs;

/// More than all of these tests take together, and far less than any one of the promises.
const TOLERATED: u64 = 1024 * 1024;

/// What is announced is not made room for before it comes: the memory that this process has ever reserved stays far
/// below a single promise of 4 GiB.
#[tokio::test(start_paused = true)]
async fn are_not_believed() {
    let huge = || u32(u32::MAX);
    let scripts: [(&str, Vec<Turn>); 11] = [
        ("refuse-huge-reason", then([say(V38), hear(V38), say([0])], [huge(), Hang])),
        ("result-huge-reason", then(after_password(), [u32(1), huge(), Hang])),
        ("init-name-huge", then(let_in(), [screen(640, 480, PIXELS, u32::MAX, b"desk"), Hang])),
        ("tight-tunnels-huge", then(takes(TIGHT), [huge(), Hang])),
        ("tight-auth-huge", then(takes(TIGHT), [u32(0), huge(), Hang])),
        ("vencrypt", then(takes(VENCRYPT), [say([0, 2]), hear([0, 2]), say([0, 255]), Hang])),
        ("ra2-bits-huge", then(takes(129), [huge(), Hang])),
        ("ra2ne-bits-huge", then(takes(6), [huge(), Hang])),
        ("apple-rsa-huge", then(offers(&[33]), [HearAny(15), huge(), Hang])),
        ("apple-rsa-key-huge", then(offers(&[33]), [HearAny(15), u32(47), u16(256), huge(), Hang])),
        ("ard-keylen-65535", then(takes(30), [u16(2), u16(65535), Hang])),
    ];
    let before = peak();
    for (name, script) in scripts {
        let (report, _, _) = examined(script, Given::User("ann", PASSWORD), &Keys::none()).await;
        assert!(report.error.is_some(), "{name}");
        let more = peak() - before;
        assert!(more < TOLERATED, "{name}: {more} KiB more were reserved");
    }
}

/// The most memory that this process has ever reserved, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
