//! RealVNC's RA2_256: keys that are none, and a conversation that somebody has altered. The server's half is made with
//! OpenSSL, and so of other parts than Portlight's.

use crate::{
    examination::{
        Given::{Password, User},
        Keys, ending,
    },
    script::{
        Case, PASSWORD,
        Turn::{self, Hang, HearAny, Reply},
        case, examined, play_all, play_all_knowing,
    },
    words::{desk, say, takes, then, u16, u32},
};
use openssl::{
    bn::BigNum,
    hash::{MessageDigest, hash},
    pkey::{PKey, Private},
    rsa::{Padding, Rsa},
    sign::Signer,
    symm::{Cipher, encrypt},
};
use portlight_engine::doctor::TrustPolicy;
use std::sync::{Arc, OnceLock};

const RA2_256: u8 = 129;
/// Bytes of both keys' moduli.
const MODULUS: usize = 256;
/// The server's random bytes: nobody wants surprises here.
const SERVER_RANDOM: [u8; 32] = [0x5e; 32];
/// What Portlight says before its key: its version and the type.
const BEFORE_KEY: usize = 13;
/// Length and tag of a record.
const RECORD: usize = 18;

#[tokio::test(start_paused = true)]
async fn keys_that_are_none() {
    let shows = |bits: u32, modulus: &[u8], exponent: &[u8]| {
        let padded = [vec![0; MODULUS - exponent.len()], exponent.to_vec()].concat();
        then(takes(RA2_256), [u32(bits), say(modulus), say(padded), Hang])
    };
    let good = server_key().n().to_vec();
    let mut even = good.clone();
    even[MODULUS - 1] &= 0xfe;
    let mut short = good.clone();
    short[..200].fill(0);
    play_all([
        case("ra2-bits-0", then(takes(RA2_256), [u32(0), Hang]), "too_weak: 0"),
        case("ra2-bits-512", then(takes(RA2_256), [u32(512), Hang]), "too_weak: 512"),
        case(
            "ra2-bits-huge",
            then(takes(RA2_256), [u32(u32::MAX), Hang]),
            "protocol: during authentication: a key of 4294967295 bits",
        ),
        case("ra2-exponent-1", shows(2048, &good, &[1]), "protocol: during authentication: a key that cannot be used"),
        case(
            "ra2-even-modulus",
            shows(2048, &even, &[1, 0, 1]),
            "protocol: during authentication: a key that cannot be used",
        ),
        case(
            "ra2-short-modulus",
            shows(2048, &short, &[1, 0, 1]),
            "protocol: during authentication: a key that cannot be used",
        ),
        case("ra2-key-cut", then(takes(RA2_256), [u32(2048), say([0xff; 100])]), "closed: authentication"),
        case("ra2-unknown-key", shows(2048, &good, &[1, 0, 1]), "untrusted"),
    ])
    .await;
}

/// The key is accepted; Portlight must notice what is wrong after that, and keep the password to itself.
#[tokio::test(start_paused = true)]
async fn conversations_that_were_altered() {
    let no_hash = |_: &[u8]| vec![0; 32];
    let flipped = |mut record: Vec<u8>| {
        *record.last_mut().unwrap() ^= 1;
        record
    };
    let keys = Keys { accept: TrustPolicy::Any, ..Keys::none() };
    play_all_knowing(
        &keys,
        [
            case(
                "ra2-bad-random-length",
                then(shown(), [u16(17), Hang]),
                "protocol: during authentication: a random number of 17 encrypted bytes",
            ),
            case(
                "ra2-random-8",
                then(shown(), [random(&SERVER_RANDOM[..8]), Hang]),
                "protocol: during authentication: a random number of 8 bytes",
            ),
            case("ra2-bad-hash", then(agreed(), [sealed(0, no_hash), Hang]), "integrity"),
            case("ra2-bad-mac", then(agreed(), [sealed_and(0, server_hash, flipped), Hang]), "integrity"),
            case("ra2-bad-record-0", then(agreed(), [say([0; RECORD]), Hang]), "integrity"),
            case(
                "ra2-bad-subtype",
                then(agreed(), [sealed(0, server_hash), sealed(1, |_| vec![7]), Hang]),
                "protocol: during authentication: login kind 7",
            ),
        ],
    )
    .await;
}

/// What is no RSA decrypts to something of random length, as if it were: then the hash tells.
#[tokio::test(start_paused = true)]
async fn a_random_number_that_was_not_encrypted() {
    let script = then(shown(), [u16(256), say([0x77; MODULUS]), say([0; RECORD]), Hang]);
    let keys = Keys { accept: TrustPolicy::Any, ..Keys::none() };
    let (report, heard, _) = examined(script, Password(PASSWORD), &keys).await;
    let end = ending(&report);
    assert!(end.starts_with("protocol: during authentication: a random number of") || end == "integrity", "{end}");
    assert!(matches!(heard.beyond.len(), 0 | 50), "at most its hash, but not {:02x?}", heard.beyond);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_does_not_fit_is_not_sent() {
    let long = "x".repeat(256);
    let asks = |kind: u8| then(agreed(), [sealed(0, server_hash), sealed(1, move |_| vec![kind]), Hang]);
    let with = |name, given, kind, ends| Case { given, ..case(name, asks(kind), ends) };
    let keys = Keys { accept: TrustPolicy::Any, ..Keys::none() };
    play_all_knowing(
        &keys,
        [
            with("ra2-long-password", Password(&long), 2, "bad_input: the password has more than 255 bytes"),
            with("ra2-long-user", User(&long, PASSWORD), 1, "bad_input: the user name has more than 255 bytes"),
            with("ra2-nul-inside", Password("sesa\0me"), 2, "bad_input: there is a NUL in it"),
        ],
    )
    .await;
}

/// So that the cases above fail for their own reasons: unaltered, it comes to a session.
#[tokio::test(start_paused = true)]
async fn a_mock_of_ra2_256() {
    let Turn::Say(desk) = desk() else { panic!("it is said") };
    let password_only = |_: &[u8]| vec![2];
    let script = then(
        agreed(),
        [
            sealed(0, server_hash),
            sealed(1, password_only),
            HearAny(2 + PASSWORD.len() + RECORD),
            sealed(2, |_| vec![0; 4]),
            HearAny(1 + RECORD),
            sealed(3, move |_| desk.clone()),
        ],
    );
    let keys = Keys { accept: TrustPolicy::Any, ..Keys::none() };
    let (report, heard, _) = examined(script, Password(PASSWORD), &keys).await;
    assert_eq!(ending(&report), "let in", "{:#?}", report.stages);
    assert_eq!(report.desktop.unwrap().name, "desk");
    assert!(!crate::script::contains(&heard.all, PASSWORD.as_bytes()));
    let (_, receive) = session_keys(&heard.all);
    let login = &heard.all[heard.all.len() - 1 - RECORD - 2 - PASSWORD.len() - RECORD..][..2 + PASSWORD.len() + RECORD];
    let expected = [&[0, PASSWORD.len() as u8][..], PASSWORD.as_bytes()].concat();
    assert_eq!(login, record(&receive, 1, &expected));
}

/// The key was shown, and Portlight has shown its own.
fn shown() -> Vec<Turn> {
    then(takes(RA2_256), [say(blob(server_key())), HearAny(4 + 2 * MODULUS + 2 + MODULUS)])
}

/// Both have their randoms, and Portlight has sent its hash.
fn agreed() -> Vec<Turn> {
    then(shown(), [random(&SERVER_RANDOM), HearAny(32 + RECORD)])
}

/// The server's random bytes, for Portlight's key.
fn random(bytes: &'static [u8]) -> Turn {
    Reply(Arc::new(move |heard| {
        let (modulus, exponent) = client_key(heard);
        let key = Rsa::from_public_components(modulus, exponent).unwrap();
        let mut encrypted = vec![0; MODULUS];
        key.public_encrypt(bytes, &mut encrypted, Padding::PKCS1).unwrap();
        [&(MODULUS as u16).to_be_bytes()[..], &encrypted].concat()
    }))
}

/// The server's record of this number, with what is made of all that was heard.
fn sealed(number: u128, make: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Turn {
    sealed_and(number, make, |record| record)
}

fn sealed_and(
    number: u128,
    make: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
    alter: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
) -> Turn {
    Reply(Arc::new(move |heard| alter(record(&session_keys(heard).0, number, &make(heard)))))
}

/// SHA-256 of the server's key and Portlight's.
fn server_hash(heard: &[u8]) -> Vec<u8> {
    let client = &heard[BEFORE_KEY..BEFORE_KEY + 4 + 2 * MODULUS];
    sha256(&[&blob(server_key()), client])
}

/// The keys that the server sends and receives with.
fn session_keys(heard: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let encrypted = &heard[BEFORE_KEY + 4 + 2 * MODULUS + 2..][..MODULUS];
    let mut client_random = vec![0; MODULUS];
    let length = server_key().private_decrypt(encrypted, &mut client_random, Padding::PKCS1).unwrap();
    client_random.truncate(length);
    (sha256(&[&client_random, &SERVER_RANDOM]), sha256(&[&SERVER_RANDOM, &client_random]))
}

fn client_key(heard: &[u8]) -> (BigNum, BigNum) {
    let numbers = &heard[BEFORE_KEY + 4..];
    let number = |from: usize| BigNum::from_slice(&numbers[from..from + MODULUS]).unwrap();
    (number(0), number(MODULUS))
}

fn server_key() -> &'static Rsa<Private> {
    static KEY: OnceLock<Rsa<Private>> = OnceLock::new();
    KEY.get_or_init(|| Rsa::generate(2048).unwrap())
}

/// Bits, modulus, exponent.
fn blob(key: &Rsa<Private>) -> Vec<u8> {
    let padded = |number: &openssl::bn::BigNumRef| number.to_vec_padded(MODULUS as i32).unwrap();
    [&2048_u32.to_be_bytes()[..], &padded(key.n()), &padded(key.e())].concat()
}

/// Length, AES-EAX (Bellare, Rogaway and Wagner, 2004) of the message with the length as header, tag.
fn record(key: &[u8], number: u128, message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u16).to_be_bytes();
    let nonce = omac(key, 0, &number.to_le_bytes());
    let encrypted = encrypt(Cipher::aes_256_ctr(), key, Some(&nonce), message).unwrap();
    let (header, rest) = (omac(key, 1, &length), omac(key, 2, &encrypted));
    let tag: Vec<u8> = (0..16).map(|at| nonce[at] ^ header[at] ^ rest[at]).collect();
    [&length[..], &encrypted, &tag].concat()
}

fn omac(key: &[u8], tweak: u8, bytes: &[u8]) -> Vec<u8> {
    let key = PKey::cmac(&Cipher::aes_256_cbc(), key).unwrap();
    let mut signer = Signer::new_without_digest(&key).unwrap();
    signer.update(&[&[0; 15][..], &[tweak], bytes].concat()).unwrap();
    signer.sign_to_vec().unwrap()
}

fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    hash(MessageDigest::sha256(), &parts.concat()).unwrap().to_vec()
}
