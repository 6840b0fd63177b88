//! VNC authentication and verdicts.

use crate::{
    examination::Given,
    script::{
        Case,
        Turn::{Hang, HearAny, Vanish},
        case, play_all,
    },
    words::{VNC_AUTH, after_password, say, takes, text, then, u32},
};

#[tokio::test(start_paused = true)]
async fn challenges() {
    play_all([
        case("challenge-cut", then(takes(VNC_AUTH), [say([7; 9])]), "closed: authentication"),
        case("challenge-hang", then(takes(VNC_AUTH), [say([7; 9]), Hang]), "timeout: authentication, 20"),
        case("reset", then(takes(VNC_AUTH)[..3].to_vec(), [Vanish]), "closed: authentication"),
        case("reset-after-password", then(takes(VNC_AUTH), [say([7; 16]), HearAny(1), Vanish]), "auth_failed_probably"),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_login_that_does_not_fit_is_not_sent() {
    let challenge = || then(takes(VNC_AUTH), [say([7; 16]), Hang]);
    let nul = Given::Password("sesa\0me");
    play_all([Case { given: nul, ..case("nul-inside", challenge(), "bad_input: there is a NUL in it") }]).await;
}

#[tokio::test(start_paused = true)]
async fn verdicts() {
    let heap: Vec<u8> = (0..28).map(|byte| byte ^ 0x5a).collect();
    play_all([
        case("result-1-no-reason", then(after_password(), [u32(1)]), "auth_failed"),
        case(
            "result-1",
            then(after_password(), [u32(1), text("password check failed!")]),
            "auth_failed: password check failed!",
        ),
        case(
            "result-1-in-use",
            then(after_password(), [u32(1), text("The server is already in use")]),
            "refused: The server is already in use",
        ),
        case("result-close", then(after_password(), []), "auth_failed"),
        case("result-2", then(after_password(), [u32(2)]), "auth_failed: too many"),
        case("result-2-reason", then(after_password(), [u32(2), text("Enough")]), "auth_failed: Enough, too many"),
        case(
            "result-bad",
            then(after_password(), [u32(0xdead_beef)]),
            "protocol: instead of accepting or refusing the login: security result 0xdeadbeef",
        ),
        case("result-huge-reason", then(after_password(), [u32(1), u32(u32::MAX), say("No"), Hang]), "auth_failed: No"),
        case("result-ok-then-close", then(after_password(), [u32(0), HearAny(1)]), "auth_failed_probably"),
        // neatvnc 0.5.4 says OK, and goes on with what happened to lie in its memory.
        case(
            "result-ok-neatvnc054",
            then(after_password(), [u32(0), HearAny(1), u32(28), say(heap)]),
            "auth_failed_probably",
        ),
        case("result-hang", then(after_password(), [Hang]), "timeout: security_result, 60"),
    ])
    .await;
}
