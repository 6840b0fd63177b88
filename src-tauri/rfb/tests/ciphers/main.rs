//! Logins with ciphers, against servers written independently from the specification: RA2, Apple's and UltraVNC's. Each
//! over a wide stream and over one of a single byte.

mod apple_rsa;

use aes::{
    Aes128, Aes256,
    cipher::{BlockCipherDecrypt, KeyInit as _},
};
use crypto_bigint::{ConcatenatingMul, Resize};
use des::Des;
use eax::{Eax, aead::Aead};
use md5::Md5;
use rand_core::{CryptoRng, Rng, TryCryptoRng, TryRng};
use rfb::{
    Ask, Cancelled, CredentialError, CredentialRequest, Credentials, Error, Maker, Policy, SecurityType, ServerKey,
    Step,
    client::{self, Outcome},
};
use rsa::{BoxedUint, Pkcs1v15Encrypt, PrivateKey, PublicKey, traits::PublicKeyParts};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex, OnceLock},
    thread::{self, ThreadId},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

const V38: &[u8] = b"RFB 003.008\n";
const SCREEN: &[u8] = b"\x04\x00\x03\x00\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\0\0\0\0\0\0\x04desk";

/// The same numbers each time (SplitMix64).
struct Counter(u64);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|value| value as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(mixed ^ (mixed >> 31))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let random = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter {}

/// The handshake's callbacks: knows a login, trusts the key or not, and records what was asked.
struct Recorder {
    username: String,
    password: String,
    trusts: bool,
    keys: Vec<ServerKey>,
    requests: Vec<CredentialRequest>,
    /// The thread of each `run_blocking`.
    workers: Vec<ThreadId>,
}

impl Ask for Recorder {
    async fn approve(&mut self, _: SecurityType) -> Result<(), Cancelled> {
        Ok(())
    }

    async fn trust(&mut self, key: &ServerKey) -> Result<(), Cancelled> {
        self.keys.push(key.clone());
        if self.trusts { Ok(()) } else { Err(Cancelled) }
    }

    async fn credentials(&mut self, request: &CredentialRequest) -> Result<Credentials, Cancelled> {
        self.requests.push(*request);
        Ok(Credentials::new(&self.username, &self.password))
    }

    async fn run_blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Cancelled> {
        let on_worker = move || (thread::current().id(), work());
        let (worker, result) = tokio::task::spawn_blocking(on_worker).await.map_err(|_| Cancelled)?;
        self.workers.push(worker);
        Ok(result)
    }
}

fn ann() -> Recorder {
    Recorder {
        username: "änn".into(),
        password: "passw0rd 密码".into(),
        trusts: true,
        keys: vec![],
        requests: vec![],
        workers: vec![],
    }
}

/// Performs a login of this type between the viewer and `server`, which gets the stream after the type was chosen. A
/// successful login is followed by bytes both ways; the server's end is awaited, too.
async fn hold<F: Future<Output = ()>>(
    number: u8,
    width: usize,
    recorder: &mut Recorder,
    server: impl FnOnce(DuplexStream) -> F,
) -> Result<(), Error> {
    hold_with(Counter(number.into()), number, width, recorder, server).await
}

async fn hold_with<F: Future<Output = ()>>(
    rng: impl CryptoRng + Send + 'static,
    number: u8,
    width: usize,
    recorder: &mut Recorder,
    server: impl FnOnce(DuplexStream) -> F,
) -> Result<(), Error> {
    let (near, mut far) = duplex(width);
    let policy = Policy { shared: true, have_username: true, have_password: true, ..Policy::default() };
    let viewer = async {
        let Outcome::Server(server) = client::handshake(near, &policy, recorder, rng).await? else {
            panic!("a session")
        };
        assert_eq!(server.security_type.number(), u32::from(number));
        assert_eq!(server.init.name, b"desk");
        let mut stream = server.stream;
        stream.write_all(b"hello server").await.expect("a session");
        stream.flush().await.expect("a session");
        let mut received = [0; 12];
        stream.read_exact(&mut received).await.expect("a session");
        assert_eq!(&received, b"hello viewer");
        Ok(())
    };
    let there = async {
        far.write_all(V38).await.expect("greeting");
        read(&mut far, 12).await;
        far.write_all(&[1, number]).await.expect("types");
        assert_eq!(read(&mut far, 1).await, [number]);
        server(far).await;
    };
    let both = async { tokio::join!(viewer, there).0 };
    tokio::time::timeout(std::time::Duration::from_secs(120), both).await.expect("neither side goes on")
}

async fn read(stream: &mut DuplexStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.expect("the viewer's bytes");
    bytes
}

/// The viewer sends nothing more, and closes.
async fn receives_nothing_more(mut stream: DuplexStream) {
    let mut more = Vec::new();
    stream.read_to_end(&mut more).await.expect("an end");
    assert_eq!(more, b"", "nothing leaves after this");
}

// ---- RA2

/// What the server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Nothing,
    RandomLength,
    RandomOfEight,
    RandomGarbage,
    Hash,
    Tag,
    SubType,
}

fn server_key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| PrivateKey::new(&mut Counter(99), 1024).expect("a key"))
}

fn public_bytes(bits: u32, key: &impl PublicKeyParts) -> Vec<u8> {
    let length = bits.div_ceil(8) as usize;
    let mut bytes = bits.to_be_bytes().to_vec();
    for number in [key.n_bytes(), key.e_bytes()] {
        bytes.resize(bytes.len() + length - number.len(), 0);
        bytes.extend(number);
    }
    bytes
}

struct Cipher {
    key: Vec<u8>,
    count: u128,
}

impl Cipher {
    fn seal(&mut self, message: &[u8]) -> Vec<u8> {
        let (nonce, length) = (self.count.to_le_bytes(), (message.len() as u16).to_be_bytes());
        self.count += 1;
        let payload = eax::aead::Payload { msg: message, aad: &length };
        let sealed = match self.key.len() {
            16 => Eax::<Aes128>::new_from_slice(&self.key).expect("a key").encrypt(&nonce.into(), payload),
            _ => Eax::<Aes256>::new_from_slice(&self.key).expect("a key").encrypt(&nonce.into(), payload),
        };
        [length.to_vec(), sealed.expect("sealed")].concat()
    }

    async fn open(&mut self, stream: &mut DuplexStream) -> Vec<u8> {
        let length: [u8; 2] = read(stream, 2).await.try_into().expect("two bytes");
        let sealed = read(stream, usize::from(u16::from_be_bytes(length)) + 16).await;
        let nonce = self.count.to_le_bytes();
        self.count += 1;
        let payload = eax::aead::Payload { msg: &sealed, aad: &length };
        let opened = match self.key.len() {
            16 => Eax::<Aes128>::new_from_slice(&self.key).expect("a key").decrypt(&nonce.into(), payload),
            _ => Eax::<Aes256>::new_from_slice(&self.key).expect("a key").decrypt(&nonce.into(), payload),
        };
        opened.expect("the viewer's record")
    }
}

fn hash(strong: bool, parts: [&[u8]; 2]) -> Vec<u8> {
    match strong {
        true => Sha256::digest(parts.concat()).to_vec(),
        false => Sha1::digest(parts.concat()).to_vec(),
    }
}

/// A server of the RA2 types, from its key to the session.
async fn ra2_server(mut stream: DuplexStream, number: u8, sub_type: u8, wrong: Wrong, login: Vec<u8>) {
    let (strong, keeps) = (number >= 129, matches!(number, 5 | 129));
    let key_len = if strong { 32 } else { 16 };
    let mut random = Counter(7);
    let own = public_bytes(1024, server_key());
    stream.write_all(&own).await.expect("key");

    let theirs = read(&mut stream, 4 + 2 * 256).await;
    assert_eq!(theirs[..4], 2048_u32.to_be_bytes());
    let number_of = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    let their_key = PublicKey::new(number_of(&theirs[4..260]), number_of(&theirs[260..])).expect("the viewer's key");
    assert_eq!(read(&mut stream, 2).await, 128_u16.to_be_bytes());
    let their_random = server_key().decrypt(Pkcs1v15Encrypt, &read(&mut stream, 128).await).expect("its random");
    assert_eq!(their_random.len(), key_len);

    let mut own_random = vec![0; if wrong == Wrong::RandomOfEight { 8 } else { key_len }];
    random.fill_bytes(&mut own_random);
    let mut encrypted = their_key.encrypt(&mut random, Pkcs1v15Encrypt, &own_random).expect("encrypted");
    if wrong == Wrong::RandomGarbage {
        random.fill_bytes(&mut encrypted[1..]);
    }
    let length = if wrong == Wrong::RandomLength { 255_u16 } else { 256 };
    stream.write_all(&[&length.to_be_bytes()[..], &encrypted].concat()).await.expect("random");
    if matches!(wrong, Wrong::RandomLength | Wrong::RandomOfEight | Wrong::RandomGarbage) {
        return receives_nothing_more(stream).await;
    }

    let key = |parts| hash(strong, parts)[..key_len].to_vec();
    let mut sealer = Cipher { key: key([&their_random, &own_random]), count: 0 };
    let mut opener = Cipher { key: key([&own_random, &their_random]), count: 0 };
    assert_eq!(opener.open(&mut stream).await, hash(strong, [&theirs, &own]));
    let mut shown = sealer.seal(&hash(strong, if wrong == Wrong::Hash { [&theirs, &own] } else { [&own, &theirs] }));
    if wrong == Wrong::Tag {
        *shown.last_mut().expect("a tag") ^= 1;
    }
    stream.write_all(&shown).await.expect("hash");
    if matches!(wrong, Wrong::Hash | Wrong::Tag) {
        return receives_nothing_more(stream).await;
    }
    let kind = if wrong == Wrong::SubType { 3 } else { sub_type };
    stream.write_all(&sealer.seal(&[kind])).await.expect("kind");
    if wrong == Wrong::SubType {
        return receives_nothing_more(stream).await;
    }
    assert_eq!(opener.open(&mut stream).await, login);

    if keeps {
        // RFB messages and records do not align.
        let more = [&[0, 0][..], &[0, 0]].map(|part| sealer.seal(part)).concat();
        stream.write_all(&more).await.expect("result");
        assert_eq!(opener.open(&mut stream).await, [1]);
        stream.write_all(&sealer.seal(SCREEN)).await.expect("screen");
        assert_eq!(opener.open(&mut stream).await, b"hello server");
        stream.write_all(&sealer.seal(b"hello viewer")).await.expect("session");
    } else {
        stream.write_all(&[0; 4]).await.expect("result");
        assert_eq!(read(&mut stream, 1).await, [1]);
        stream.write_all(SCREEN).await.expect("screen");
        assert_eq!(read(&mut stream, 12).await, b"hello server");
        stream.write_all(b"hello viewer").await.expect("session");
    }
}

fn login(username: &str, password: &str) -> Vec<u8> {
    let part = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    [part(username), part(password)].concat()
}

#[tokio::test]
async fn every_ra2_type_logs_in() {
    for number in [5, 6, 129, 130] {
        for sub_type in [1, 2] {
            for width in [1 << 20, 1] {
                let mut recorder = ann();
                let sent = login(if sub_type == 1 { "änn" } else { "" }, "passw0rd 密码");
                hold(number, width, &mut recorder, |stream| ra2_server(stream, number, sub_type, Wrong::Nothing, sent))
                    .await
                    .expect("a session");
                let requests: Vec<bool> = recorder.requests.iter().map(|request| request.username).collect();
                assert_eq!(requests, [sub_type == 1]);
                let [key] = &recorder.keys[..] else { panic!("{:?}", recorder.keys) };
                assert_eq!((key.bits, &key.blob), (1024, &public_bytes(1024, server_key())));
            }
        }
    }
}

#[tokio::test]
async fn ra2_sends_no_login_after_a_wrong_proof() {
    for number in [5, 130] {
        for wrong in
            [Wrong::RandomLength, Wrong::RandomOfEight, Wrong::RandomGarbage, Wrong::Hash, Wrong::Tag, Wrong::SubType]
        {
            let mut recorder = ann();
            let error = hold(number, 1 << 20, &mut recorder, |stream| ra2_server(stream, number, 1, wrong, vec![]))
                .await
                .expect_err("something was wrong");
            let expected = match wrong {
                Wrong::Hash | Wrong::Tag => matches!(error, Error::Integrity { during: Step::Authentication }),
                _ => matches!(error, Error::Protocol { during: Step::Authentication, .. }),
            };
            assert!(expected, "{wrong:?}: {error:?}");
            assert!(recorder.requests.is_empty(), "{wrong:?}");
        }
    }
}

#[tokio::test]
async fn ra2_rejects_keys_that_cannot_be_used() {
    let number = |bytes: &[u8]| [vec![0; 128 - bytes.len()], bytes.to_vec()].concat();
    let modulus = server_key().n_bytes().to_vec();
    let even = [&modulus[..127], &[modulus[127] & 0xfe]].concat();
    let key = |n: &[u8], e: &[u8]| [&1024_u32.to_be_bytes()[..], n, e].concat();
    for (name, bytes, weak) in [
        ("no bits", vec![0; 4], Some(0)),
        ("512 bits", 512_u32.to_be_bytes().to_vec(), Some(512)),
        ("too many bits", 8193_u32.to_be_bytes().to_vec(), None),
        ("absurdly many bits", vec![0xff; 4], None),
        ("exponent 0", key(&modulus, &number(&[])), None),
        ("exponent 1", key(&modulus, &number(&[1])), None),
        ("even modulus", key(&even, &number(&[1, 0, 1])), None),
        ("short modulus", key(&number(&modulus[64..]), &number(&[1, 0, 1])), None),
        ("modulus 0", key(&number(&[]), &number(&[1, 0, 1])), None),
    ] {
        for width in [1 << 20, 1] {
            let mut recorder = ann();
            let error = hold(5, width, &mut recorder, |mut stream| async {
                // The viewer may have closed already.
                let _ = stream.write_all(&bytes).await;
                receives_nothing_more(stream).await;
            })
            .await
            .expect_err(name);
            match weak {
                Some(bits) => {
                    assert!(matches!(error, Error::TooWeak { bits: seen } if seen == bits), "{name}: {error:?}")
                }
                None => assert!(matches!(error, Error::Protocol { .. }), "{name}: {error:?}"),
            }
            assert!(recorder.keys.is_empty(), "{name}: no question about trust");
        }
    }
}

#[tokio::test]
async fn an_ra2_key_that_ends_early() {
    let bytes = public_bytes(1024, server_key());
    for end in [0, 3, 4, 100, bytes.len() - 1] {
        let mut recorder = ann();
        let cut = hold(129, 1 << 20, &mut recorder, |mut stream| async move {
            stream.write_all(&bytes_of_key()[..end]).await.expect("some of it");
        });
        assert!(matches!(cut.await, Err(Error::Closed { during: Step::Authentication, .. })), "{end}");
    }
}

fn bytes_of_key() -> Vec<u8> {
    public_bytes(1024, server_key())
}

#[tokio::test]
async fn without_trust_nothing_is_sent() {
    let mut recorder = Recorder { trusts: false, ..ann() };
    let error = hold(6, 1 << 20, &mut recorder, |mut stream| async move {
        stream.write_all(&bytes_of_key()).await.expect("key");
        receives_nothing_more(stream).await;
    })
    .await
    .expect_err("not trusted");
    assert!(matches!(error, Error::Cancelled));
    assert!(recorder.requests.is_empty());
}

#[tokio::test]
async fn records_that_are_left_over_are_an_error() {
    // 6 and 130 go on without records: bytes left in the last one would be lost.
    let mut recorder = ann();
    let error = hold(6, 1 << 20, &mut recorder, ra2_server_with_long_kind).await.expect_err("left over");
    assert!(matches!(error, Error::Protocol { .. }), "{error:?}");
}

/// Sends the login type and one more byte in a record.
async fn ra2_server_with_long_kind(mut stream: DuplexStream) {
    let own = bytes_of_key();
    stream.write_all(&own).await.expect("key");
    let theirs = read(&mut stream, 516).await;
    let number_of = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    let their_key = PublicKey::new(number_of(&theirs[4..260]), number_of(&theirs[260..])).expect("the viewer's key");
    read(&mut stream, 2).await;
    let their_random = server_key().decrypt(Pkcs1v15Encrypt, &read(&mut stream, 128).await).expect("its random");
    let own_random = [5; 16];
    let encrypted = their_key.encrypt(&mut Counter(1), Pkcs1v15Encrypt, &own_random).expect("encrypted");
    stream.write_all(&[&256_u16.to_be_bytes()[..], &encrypted].concat()).await.expect("random");
    let mut sealer = Cipher { key: hash(false, [&their_random, &own_random])[..16].to_vec(), count: 0 };
    let hash = hash(false, [&own, &theirs]);
    stream.write_all(&[sealer.seal(&hash), sealer.seal(&[1, 7])].concat()).await.expect("records");
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

// ---- ARD and MSLogonII

/// RFC 3526, section 2: the group of 1536 bits; 192 bytes.
const MODP_1536: &str = "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef95\
    19b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5ae9f24\
    117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed52907\
    7096966d670c354e4abc9804f1746c08ca237327ffffffffffffffff";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|place| u8::from_str_radix(&hex[place..place + 2], 16).expect("hex")).collect()
}

/// By squaring and multiplying, with a division each time: another algorithm than the viewer's.
fn power(base: &BoxedUint, exponent: &[u8], modulus: &BoxedUint) -> BoxedUint {
    let wide = 2 * modulus.bits_precision();
    let divisor = modulus.resize_unchecked(wide).to_nz().expect("not zero");
    let times =
        |a: &BoxedUint, b: &BoxedUint| a.concatenating_mul(b).rem(&divisor).resize_unchecked(modulus.bits_precision());
    let mut result = BoxedUint::one_with_precision(modulus.bits_precision());
    for bit in exponent.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1)) {
        result = times(&result, &result);
        if bit == 1 {
            result = times(&result, base);
        }
    }
    result
}

fn text_of(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).expect("a NUL");
    String::from_utf8(field[..end].to_vec()).expect("UTF-8")
}

async fn ard_server(mut stream: DuplexStream) {
    let p = bytes(MODP_1536);
    let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, 1536).expect("fits");
    let (modulus, secret) = (number(&p), [0x5a; 40]);
    let two = number(&[vec![0; 191], vec![2]].concat());
    let ours = power(&two, &secret, &modulus);
    stream.write_all(&[&[0, 2, 0, 192][..], &p, &ours.to_be_bytes()].concat()).await.expect("group");
    let mut login = read(&mut stream, 128).await;
    let theirs = read(&mut stream, 192).await;
    let shared = power(&number(&theirs), &secret, &modulus).to_be_bytes();
    let aes = Aes128::new(&Md5::digest(&shared));
    for block in login.chunks_exact_mut(16) {
        aes.decrypt_block(block.try_into().expect("a block"));
    }
    assert_eq!((text_of(&login[..64]).as_str(), text_of(&login[64..]).as_str()), ("änn", "passw0rd 密码"));
    session_in_clear(stream).await;
}

async fn ms_logon_server(mut stream: DuplexStream) {
    let (generator, modulus, secret) = (3_u64, 0xffff_ffff_ffff_ffc5_u64, 0x1234_5678_9abc_def1_u64);
    let power = |base: u64, exponent: u64| {
        (0..64).rev().fold(1_u128, |result, place| {
            let square = result * result % u128::from(modulus);
            if exponent >> place & 1 == 1 { square * u128::from(base) % u128::from(modulus) } else { square }
        }) as u64
    };
    let numbers = [generator, modulus, power(generator, secret)].map(u64::to_be_bytes).concat();
    stream.write_all(&numbers).await.expect("group");
    let theirs = u64::from_be_bytes(read(&mut stream, 8).await.try_into().expect("eight bytes"));
    let shared = power(theirs, secret).to_be_bytes();
    let des = Des::new_from_slice(&shared.map(u8::reverse_bits)).expect("a key");
    for (length, expected) in [(256, "änn"), (64, "passw0rd 密码")] {
        let sealed = read(&mut stream, length).await;
        let (mut field, mut previous) = (Vec::new(), shared);
        for block in sealed.chunks_exact(8) {
            let mut plain: [u8; 8] = block.try_into().expect("a block");
            des.decrypt_block((&mut plain).into());
            field.extend(plain.iter().zip(previous).map(|(byte, before)| byte ^ before));
            previous = block.try_into().expect("a block");
        }
        assert_eq!(text_of(&field), expected);
    }
    session_in_clear(stream).await;
}

async fn session_in_clear(mut stream: DuplexStream) {
    stream.write_all(&[0; 4]).await.expect("result");
    assert_eq!(read(&mut stream, 1).await, [1]);
    stream.write_all(SCREEN).await.expect("screen");
    assert_eq!(read(&mut stream, 12).await, b"hello server");
    stream.write_all(b"hello viewer").await.expect("session");
}

#[tokio::test]
async fn apples_login() {
    for width in [1 << 20, 1] {
        let mut recorder = ann();
        hold(30, width, &mut recorder, ard_server).await.expect("a session");
        assert_eq!(recorder.requests, [CredentialRequest { security_type: SecurityType::Ard, username: true }]);
    }
}

#[tokio::test]
async fn ultravncs_login() {
    for width in [1 << 20, 1] {
        let mut recorder = ann();
        hold(113, width, &mut recorder, ms_logon_server).await.expect("a session");
        assert_eq!(recorder.requests, [CredentialRequest { security_type: SecurityType::MsLogonII, username: true }]);
    }
}

#[tokio::test]
async fn groups_that_protect_nothing_are_sent_no_login() {
    let p = bytes(MODP_1536);
    let number = |value: u8| [vec![0; 191], vec![value]].concat();
    let ard = |generator: [u8; 2], p: &[u8], theirs: &[u8]| [&generator[..], &[0, 192], p, theirs].concat();
    let fine = number(9);
    let ms = |numbers: [u64; 3]| numbers.map(u64::to_be_bytes).concat();
    for (name, kind, bytes) in [
        ("length 0", 30, vec![0, 2, 0, 0]),
        ("tiny", 30, vec![0, 2, 0, 16]),
        ("length 65535", 30, vec![0, 2, 0xff, 0xff]),
        ("p 0", 30, ard([0, 2], &number(0), &fine)),
        ("p 1", 30, ard([0, 2], &number(1), &fine)),
        ("even p", 30, ard([0, 2], &[&p[..191], &[0xfe]].concat(), &fine)),
        ("A 0", 30, ard([0, 2], &p, &number(0))),
        ("A 1", 30, ard([0, 2], &p, &number(1))),
        ("A p", 30, ard([0, 2], &p, &p)),
        ("g 0", 30, ard([0, 0], &p, &fine)),
        ("g 1", 30, ard([0, 1], &p, &fine)),
        ("MSLogonII p 0", 113, ms([5, 0, 7])),
        ("MSLogonII A 1", 113, ms([5, 101, 1])),
    ] {
        let mut recorder = ann();
        let error = hold(kind, 1 << 20, &mut recorder, |mut stream| async {
            let _ = stream.write_all(&bytes).await;
            receives_nothing_more(stream).await;
        })
        .await
        .expect_err(name);
        assert!(matches!(error, Error::Protocol { during: Step::Authentication, .. }), "{name}: {error:?}");
        assert!(recorder.requests.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn credentials_that_have_no_room_are_not_truncated() {
    let long = |length: usize| "x".repeat(length);
    let group = [&[0, 2, 0, 192][..], &bytes(MODP_1536), &[vec![0; 191], vec![9]].concat()].concat();
    for (username, password, expected) in [
        (long(64), long(1), CredentialError::UsernameTooLong { limit: 63 }),
        (long(1), long(64), CredentialError::PasswordTooLong { limit: 63 }),
        // 22 characters of three bytes each.
        (long(1), "密".repeat(22), CredentialError::PasswordTooLong { limit: 63 }),
        ("a\0b".into(), long(1), CredentialError::Nul),
    ] {
        let mut recorder = Recorder { username, password, ..ann() };
        let group = group.clone();
        let error = hold(30, 1 << 20, &mut recorder, |mut stream| async move {
            stream.write_all(&group).await.expect("group");
            receives_nothing_more(stream).await;
        })
        .await
        .expect_err("does not fit");
        assert!(matches!(error, Error::BadCredentials(error) if error == expected), "{error:?}");
    }
}

// ---- threads

/// Counts the bytes that each thread draws.
struct Drawn {
    rng: Counter,
    bytes: Arc<Mutex<Vec<(ThreadId, usize)>>>,
}

impl Drawn {
    fn count(&self, length: usize) {
        self.bytes.lock().expect("a list").push((thread::current().id(), length));
    }
}

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.count(4);
        self.rng.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.count(8);
        self.rng.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.count(bytes.len());
        self.rng.try_fill_bytes(bytes)
    }
}

impl TryCryptoRng for Drawn {}

/// The test's runtime has one thread, which all sessions would share.
#[tokio::test]
async fn an_rsa_key_is_generated_on_a_thread_that_may_block() {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let rng = Drawn { rng: Counter(5), bytes: Arc::clone(&bytes) };
    let mut recorder = ann();
    let sent = login("änn", "passw0rd 密码");
    hold_with(rng, 5, 1 << 20, &mut recorder, |stream| ra2_server(stream, 5, 1, Wrong::Nothing, sent))
        .await
        .expect("a session");
    let [worker] = recorder.workers[..] else { panic!("one piece of work: {:?}", recorder.workers) };
    assert_ne!(worker, thread::current().id());
    let drawn = |thread: ThreadId| -> usize {
        bytes.lock().expect("a list").iter().filter(|(by, _)| *by == thread).map(|(_, length)| length).sum()
    };
    // Two primes of 1024 bits there; here the 16 random bytes, and the padding of their encryption.
    assert!(drawn(worker) >= 2 * 128, "{}", drawn(worker));
    assert!((16..512).contains(&drawn(thread::current().id())), "{}", drawn(thread::current().id()));
}

#[tokio::test]
async fn apples_exponentiations_run_on_a_thread_that_may_block() {
    let mut recorder = ann();
    hold(30, 1 << 20, &mut recorder, ard_server).await.expect("a session");
    let [worker] = recorder.workers[..] else { panic!("one piece of work: {:?}", recorder.workers) };
    assert_ne!(worker, thread::current().id());
}

#[tokio::test]
async fn a_worker_that_is_cancelled_ends_the_handshake() {
    /// A runtime that is shutting down.
    struct NoWorkers;
    impl Ask for NoWorkers {
        async fn trust(&mut self, _: &ServerKey) -> Result<(), Cancelled> {
            Ok(())
        }

        async fn run_blocking<T: Send + 'static>(
            &mut self,
            _: impl FnOnce() -> T + Send + 'static,
        ) -> Result<T, Cancelled> {
            Err(Cancelled)
        }
    }
    let (near, mut far) = duplex(1 << 20);
    far.write_all(&[V38, &[1, 5], &bytes_of_key()].concat()).await.expect("up to the key");
    let handshake = async { client::handshake(near, &Policy::default(), &mut NoWorkers, Counter(1)).await };
    let result = tokio::time::timeout(std::time::Duration::from_secs(60), handshake).await.expect("an end");
    assert!(matches!(result, Err(Error::Cancelled)));
    drop(far);
}
