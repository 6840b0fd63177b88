//! Apple's login and UltraVNC's, whose servers choose the numbers of a Diffie-Hellman exchange.

use crate::{
    examination::Given::User,
    script::{
        ANN, Case, PASSWORD,
        Turn::{self, Hang},
        case, play_all,
    },
    words::{say, takes, then, u16},
};

const ARD: u8 = 30;
const MS_LOGON_II: u8 = 113;

/// In none of these is anything sent that was made from a user name or a password.
#[tokio::test(start_paused = true)]
async fn unusable_numbers() {
    let odd = || number(128, 0xfb);
    let of_bytes = |count: usize| format!("protocol: during authentication: a Diffie-Hellman key of {count} bytes");
    let (none, too_many, too_few) = (of_bytes(0), of_bytes(65535), of_bytes(8));
    let nothing = "protocol: during authentication: Diffie-Hellman numbers that protect nothing";
    let unusable = "protocol: during authentication: Diffie-Hellman numbers that cannot be used";
    fn ard<'a>(name: &'a str, generator: u16, prime: &[u8], key: &[u8], ends: &'a str) -> Case<'a> {
        let numbers = [&generator.to_be_bytes()[..], &(prime.len() as u16).to_be_bytes(), prime, key].concat();
        with_user(name, then(takes(ARD), [say(numbers), Hang]), ends)
    }
    play_all([
        with_user("ard-keylen-0", then(takes(ARD), [u16(2), u16(0), Hang]), &none),
        with_user("ard-keylen-65535", then(takes(ARD), [u16(2), u16(65535), Hang]), &too_many),
        ard("ard-tiny", 2, &number(8, 0xfb), &number(8, 5), &too_few),
        ard("ard-p-0", 2, &[0; 128], &number(128, 5), nothing),
        ard("ard-p-1", 2, &one(), &number(128, 5), nothing),
        ard("ard-p-even", 2, &number(128, 0xfc), &number(128, 5), nothing),
        ard("ard-A-0", 2, &odd(), &[0; 128], nothing),
        ard("ard-A-1", 2, &odd(), &one(), nothing),
        ard("ard-g-0", 0, &odd(), &number(128, 5), nothing),
        with_user("mslogon2-p-0", then(takes(MS_LOGON_II), [say([2; 8]), say([0; 8]), say([5; 8]), Hang]), unusable),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_login_that_does_not_fit_is_not_sent() {
    let numbers = || then(takes(ARD), [u16(2), u16(128), say(number(128, 0xfb)), say(number(128, 5)), Hang]);
    let long = "x".repeat(64);
    let with = |name, user, password, ends| Case { given: User(user, password), ..case(name, numbers(), ends) };
    play_all([
        with("ard-long-user", &long, PASSWORD, "bad_input: the user name has more than 63 bytes"),
        with("ard-long-password", ANN, &long, "bad_input: the password has more than 63 bytes"),
        with("ard-nul-in-user", "an\0n", PASSWORD, "bad_input: there is a NUL in it"),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn cut_and_silent() {
    let cut = || then(takes(ARD), [u16(2), u16(128), say([0xff; 100])]);
    play_all([
        with_user("ard-cut", cut(), "closed: authentication"),
        with_user("ard-hang", then(cut(), [Hang]), "timeout: authentication, 20"),
    ])
    .await;
}

fn with_user<'a>(name: &'a str, script: Vec<Turn>, ends: &'a str) -> Case<'a> {
    Case { given: User(ANN, PASSWORD), ..case(name, script, ends) }
}

/// A large number whose last byte is this.
fn number(length: usize, last: u8) -> Vec<u8> {
    let mut number = vec![0xd3; length];
    number[length - 1] = last;
    number
}

fn one() -> Vec<u8> {
    let mut one = vec![0; 128];
    one[127] = 1;
    one
}
