//! Apple RSA (33): keys that are none, and answers that nobody knows. The server's half is a mock, as no Mac was here; it is made
//! with OpenSSL, and so of other parts than Portlight's.

use crate::{
    examination::{
        Given::{self, User},
        Keys, ending,
    },
    script::{
        ANN, Case, PASSWORD,
        Turn::{self, Hang, HearAny},
        case, contains, examined, play_all, play_all_knowing,
    },
    words::{desk, hear, offers, say, then, u32},
};
use openssl::{
    pkey::Private,
    rsa::{Padding, Rsa},
    symm::{Cipher, Crypter, Mode},
};
use portlight_engine::doctor::TrustPolicy;
use std::sync::OnceLock;

const APPLE_RSA: u8 = 33;
/// The type, then the wish for the key.
const WISH: &[u8] = b"\x21\0\0\0\x0a\x01\0RSA1\0\0\0\0";
/// What Portlight says before the fields of its login: its version, the wish, length, version, `RSA1`, form.
const BEFORE_LOGIN: usize = 12 + 15 + 12;
/// Bytes of the fields, of the modulus' length, and of the modulus.
const LOGIN: usize = 128 + 2 + 256;

#[tokio::test(start_paused = true)]
async fn keys_that_are_none() {
    let key = |der: &[u8]| then(wants_key(), [say(message(der)), Hang]);
    let good = server_key().public_key_to_der().unwrap();
    let altered = |place: usize, byte: u8| {
        let mut other = good.clone();
        other[place] = byte;
        other
    };
    let protocol = |what: &str| format!("protocol: during authentication: {what}");
    let (none, message_huge, key_huge) = (
        protocol("a key that cannot be used"),
        protocol("a message of 4294967295 bytes with a key"),
        protocol("a key of 4294967295 bytes"),
    );
    let (last, exponent) = (good.len() - 6, good.len() - 5);
    assert_eq!(good[exponent..], [2, 3, 1, 0, 1]);
    let one = [&good[..exponent], &[2, 3, 0, 0, 1]].concat();
    play_all([
        user("apple-rsa-cut", then(wants_key(), [u32(301), say([1, 0, 0])]), "closed: authentication"),
        user("apple-rsa-hang", then(wants_key(), [u32(301), Hang]), "timeout: authentication, 20"),
        user("apple-rsa-huge", then(wants_key(), [u32(u32::MAX), Hang]), &message_huge),
        user("apple-rsa-key-huge", then(wants_key(), [u32(8), say([1, 0, 255, 255, 255, 255, 0, 0]), Hang]), &key_huge),
        user("apple-rsa-not-der", key(b"ssh-rsa AAAA"), &none),
        user("apple-rsa-even-modulus", key(&altered(last, good[last] & 0xfe)), &none),
        user("apple-rsa-exponent-1", key(&one), &none),
        user("apple-rsa-512", key(&Rsa::generate(512).unwrap().public_key_to_der().unwrap()), "too_weak: 512"),
        user("apple-rsa-unknown-key", key(&good), "untrusted"),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn answers_to_the_login() {
    let answered = |answer: Turn| then(wants_key(), [say(good()), HearAny(12 + LOGIN), answer, Hang]);
    let denied = || then(wants_key(), [say(good()), HearAny(12 + LOGIN), u32(0), u32(1), u32(0)]);
    let keys = Keys { accept: TrustPolicy::Any, ..Keys::none() };
    play_all_knowing(
        &keys,
        [
            user("apple-rsa-other-form", answered(u32(1165)), "no_common_type: apple, Apple RSA (33) in another form"),
            user("apple-rsa-denied", denied(), "auth_failed"),
            user("apple-rsa-silent-denial", then(wants_key(), [say(good()), HearAny(12 + LOGIN)]), "auth_failed"),
        ],
    )
    .await;
}

/// So that the cases above fail for their own reasons: unaltered, it comes to a session.
#[tokio::test(start_paused = true)]
async fn a_mock_of_a_mac() {
    let script = then(wants_key(), [say(good()), HearAny(12 + LOGIN), u32(0), u32(0), hear([1]), desk()]);
    let keys = Keys { accept: TrustPolicy::Any, ..Keys::none() };
    let (report, heard, _) = examined(script, User(ANN, PASSWORD), &keys).await;
    assert_eq!(ending(&report), "let in", "{:#?}", report.stages);
    assert_eq!(report.chosen.as_deref(), Some("Apple RSA"));
    assert!(!contains(&heard.all, PASSWORD.as_bytes()));
    let login = &heard.all[BEFORE_LOGIN..][..LOGIN];
    let mut key = vec![0; 256];
    let length = server_key().private_decrypt(&login[130..], &mut key, Padding::PKCS1).unwrap();
    let mut aes = Crypter::new(Cipher::aes_128_ecb(), Mode::Decrypt, &key[..length], None).unwrap();
    aes.pad(false);
    let mut fields = vec![0; 128 + 16];
    aes.update(&login[..128], &mut fields).unwrap();
    assert!(fields.starts_with(&[ANN.as_bytes(), &[0]].concat()));
    assert!(fields[64..].starts_with(&[PASSWORD.as_bytes(), &[0]].concat()));
}

/// A Mac that lets people in by Diffie-Hellman today goes on to do so.
#[tokio::test(start_paused = true)]
async fn diffie_hellman_is_taken_where_both_are_offered() {
    for given in [User(ANN, PASSWORD), Given::Password(PASSWORD)] {
        let script = then(offers(&[APPLE_RSA, 30, 36, 35]), [hear([30]), Hang]);
        let (report, heard, _) = examined(script, given, &Keys::none()).await;
        assert_eq!((ending(&report).as_str(), heard.amiss), ("timeout: authentication, 20", None));
    }
}

fn user<'a>(name: &'a str, script: Vec<Turn>, ends: &'a str) -> Case<'a> {
    Case { given: User(ANN, PASSWORD), ..case(name, script, ends) }
}

/// Up to the wish for the key.
fn wants_key() -> Vec<Turn> {
    then(offers(&[APPLE_RSA]), [hear(WISH)])
}

fn good() -> Vec<u8> {
    message(&server_key().public_key_to_der().unwrap())
}

/// The server's message with this in place of a key.
fn message(der: &[u8]) -> Vec<u8> {
    let length = der.len() as u32;
    [&(length + 7).to_be_bytes()[..], &[1, 0], &length.to_be_bytes(), der, &[0]].concat()
}

fn server_key() -> &'static Rsa<Private> {
    static KEY: OnceLock<Rsa<Private>> = OnceLock::new();
    KEY.get_or_init(|| Rsa::generate(2048).unwrap())
}
