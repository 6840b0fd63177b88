//! Apple RSA (33), against a mock: no Mac was here. It decrypts what it is sent.

use super::*;

/// An element of DER with its length in two bytes.
fn der(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 0x82][..], &(content.len() as u16).to_be_bytes(), content].concat()
}

/// SubjectPublicKeyInfo with these numbers.
fn spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let algorithm = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
    [
        &[0x30, 0x82][..],
        &(algorithm.len() as u16 + 4 + 1 + key(modulus, exponent).len() as u16).to_be_bytes(),
        algorithm,
    ]
    .concat()
    .into_iter()
    .chain(der(0x03, &[&[0], &key(modulus, exponent)[..]].concat()))
    .collect()
}

/// RSAPublicKey with these numbers.
fn key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| der(0x02, &[&[0], bytes].concat());
    der(0x30, &[number(modulus), number(exponent)].concat())
}

fn server_spki() -> Vec<u8> {
    spki(&server_key().n_bytes(), &server_key().e_bytes())
}

/// The server's message with this in place of a key.
fn shown(key: &[u8]) -> Vec<u8> {
    [&(key.len() as u32 + 7).to_be_bytes()[..], &[1, 0], &(key.len() as u32).to_be_bytes(), key, &[0]].concat()
}

async fn wants_key(stream: &mut DuplexStream) {
    assert_eq!(read(stream, 14).await, b"\0\0\0\x0a\x01\0RSA1\0\0\0\0");
}

/// A mock of a Mac, up to the login; `answer` is what it says to it.
async fn mac(mut stream: DuplexStream, key: Vec<u8>, answer: u32) {
    wants_key(&mut stream).await;
    stream.write_all(&shown(&key)).await.expect("key");
    assert_eq!(read(&mut stream, 12).await, b"\0\0\x01\x0a\x01\0RSA1\0\x01");
    let mut login = read(&mut stream, 128).await;
    assert_eq!(read(&mut stream, 2).await, 128_u16.to_le_bytes(), "bytes of the modulus");
    let aes = server_key().decrypt(Pkcs1v15Encrypt, &read(&mut stream, 128).await).expect("the AES key");
    let aes = Aes128::new_from_slice(&aes).expect("16 bytes");
    for block in login.chunks_exact_mut(16) {
        aes.decrypt_block(block.try_into().expect("a block"));
    }
    assert_eq!((text_of(&login[..64]).as_str(), text_of(&login[64..]).as_str()), ("änn", "passw0rd 密码"));
    stream.write_all(&answer.to_be_bytes()).await.expect("an answer");
    match answer {
        0 => session_in_clear(stream).await,
        _ => receives_nothing_more(stream).await,
    }
}

#[tokio::test]
async fn a_login_in_both_forms_of_the_key() {
    for form in [server_spki(), key(&server_key().n_bytes(), &server_key().e_bytes())] {
        for width in [1 << 20, 1] {
            let mut recorder = ann();
            hold(33, width, &mut recorder, |stream| mac(stream, form.clone(), 0)).await.expect("a session");
            assert_eq!(
                recorder.requests,
                [CredentialRequest { security_type: SecurityType::AppleRsa, username: true }]
            );
            let [key] = &recorder.keys[..] else { panic!("{:?}", recorder.keys) };
            assert_eq!((key.bits, &key.blob), (1024, &bytes_of_key()), "one key, however it is written");
        }
    }
}

#[tokio::test]
async fn two_logins_have_nothing_in_common() {
    let mut seen = Vec::new();
    for seed in [1, 2] {
        let mut recorder = ann();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&sent);
        let cut = hold_with(Counter(seed), 33, 1 << 20, &mut recorder, |mut stream| async move {
            wants_key(&mut stream).await;
            stream.write_all(&shown(&server_spki())).await.expect("key");
            read(&mut stream, 12).await;
            let login = read(&mut stream, 128).await;
            hears.lock().expect("bytes").extend(login);
            let _ = read(&mut stream, 130).await;
        });
        assert!(matches!(cut.await, Err(Error::AuthFailed { .. })), "closed in place of an answer");
        seen.push(sent.lock().expect("bytes").clone());
    }
    for (first, second) in seen[0].chunks(16).zip(seen[1].chunks(16)) {
        assert_ne!(first, second);
    }
}

#[tokio::test]
async fn another_answer_than_the_known_one() {
    for answer in [1, 1165, u32::MAX] {
        let mut recorder = ann();
        let error = hold(33, 1 << 20, &mut recorder, |stream| mac(stream, server_spki(), answer)).await;
        let Err(Error::NoCommonSecurity { offered, maker }) = error else { panic!("{error:?}") };
        assert_eq!(
            (offered.as_slice(), maker),
            (&["Apple RSA (33) in another form".to_owned()][..], Some(Maker::Apple))
        );
    }
}

#[tokio::test]
async fn keys_that_cannot_be_used() {
    let modulus = server_key().n_bytes().to_vec();
    let even = [&modulus[..127], &[modulus[127] & 0xfe]].concat();
    let e = [1, 0, 1];
    let huge = |length: u32| [&length.to_be_bytes()[..], &[1, 0], &[0; 40]].concat();
    let said = |key_length: u32| [&47_u32.to_be_bytes()[..], &[1, 0], &key_length.to_be_bytes(), &[0x30; 41]].concat();
    for (name, bytes, weak) in [
        ("no message", huge(0), None),
        ("a message without a length", huge(5), None),
        ("a huge message", huge(u32::MAX), None),
        ("a message somewhat too long", huge(2305), None),
        ("no key", shown(&[]), None),
        ("a key longer than its message", said(42), None),
        ("a huge key", said(u32::MAX), None),
        ("not DER", shown(b"-----BEGIN PUBLIC KEY-----"), None),
        ("512 bits", shown(&spki(&modulus[64..], &e)), Some(512)),
        ("no bits", shown(&spki(&[], &e)), Some(0)),
        ("8200 bits", shown(&spki(&[0xff; 1025], &e)), None),
        ("exponent 0", shown(&spki(&modulus, &[0])), None),
        ("exponent 1", shown(&spki(&modulus, &[1])), None),
        ("an exponent longer than the modulus", shown(&spki(&modulus, &[0xff; 129])), None),
        ("even modulus", shown(&spki(&even, &e)), None),
    ] {
        for width in [1 << 20, 1] {
            let mut recorder = ann();
            let error = hold(33, width, &mut recorder, |mut stream| async {
                wants_key(&mut stream).await;
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
                None => {
                    assert!(matches!(error, Error::Protocol { during: Step::Authentication, .. }), "{name}: {error:?}")
                }
            }
            assert!(recorder.keys.is_empty() && recorder.requests.is_empty(), "{name}: nothing is asked");
        }
    }
}

#[tokio::test]
async fn a_message_that_ends_early() {
    let bytes = shown(&server_spki());
    for end in [0, 3, 4, 9, 10, 100, bytes.len() - 1] {
        let mut recorder = ann();
        let some = bytes[..end].to_vec();
        let cut = hold(33, 1 << 20, &mut recorder, |mut stream| async move {
            wants_key(&mut stream).await;
            stream.write_all(&some).await.expect("some of it");
        });
        assert!(matches!(cut.await, Err(Error::Closed { during: Step::Authentication, .. })), "{end}");
    }
}

#[tokio::test]
async fn without_trust_no_login_is_asked_for_or_sent() {
    let mut recorder = Recorder { trusts: false, ..ann() };
    let error = hold(33, 1 << 20, &mut recorder, |mut stream| async move {
        wants_key(&mut stream).await;
        stream.write_all(&shown(&server_spki())).await.expect("key");
        receives_nothing_more(stream).await;
    })
    .await
    .expect_err("not trusted");
    assert!(matches!(error, Error::Cancelled));
    assert!(recorder.requests.is_empty());
}

#[tokio::test]
async fn a_login_that_has_no_room_is_not_truncated() {
    for (username, password, expected) in [
        ("x".repeat(64), "p".to_owned(), CredentialError::UsernameTooLong { limit: 63 }),
        ("x".to_owned(), "密".repeat(22), CredentialError::PasswordTooLong { limit: 63 }),
        ("a\0b".to_owned(), "p".to_owned(), CredentialError::Nul),
    ] {
        let mut recorder = Recorder { username, password, ..ann() };
        let error = hold(33, 1 << 20, &mut recorder, |mut stream| async move {
            wants_key(&mut stream).await;
            stream.write_all(&shown(&server_spki())).await.expect("key");
            receives_nothing_more(stream).await;
        })
        .await
        .expect_err("does not fit");
        assert!(matches!(error, Error::BadCredentials(error) if error == expected), "{error:?}");
    }
}
