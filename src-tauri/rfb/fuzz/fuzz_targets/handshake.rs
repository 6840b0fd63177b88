//! Arbitrary bytes of a server. The first byte of the input is the viewer's policy, the rest is what the server sends. For
//! any input: no panic, no wait for more than there is, and no password in clear text without approval.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rand_core::{TryCryptoRng, TryRng};
use rfb::{
    Ask, Cancelled, CredentialRequest, Credentials, Level, Policy, SecurityType, ServerKey, Stream, TlsError, TlsKind,
    client::Outcome,
};
use std::{
    convert::Infallible,
    io::Cursor,
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};
use tokio::io::{AsyncWrite, join};

const PASSWORD: &[u8] = b"correct horse";

fuzz_target!(|input: &[u8]| {
    let Some((flags, server)) = input.split_first() else { return };
    let bit = |place: u8| flags & (1 << place) != 0;
    let policy = Policy {
        shared: bit(0),
        have_username: bit(1),
        have_password: bit(2),
        floor: bit(3).then_some(Level::Encrypted),
        repeater_id: bit(4).then(|| "1234".to_owned()),
        server_name: "box".to_owned(),
        without: Vec::from_iter(bit(5).then_some(SecurityType::VeNCrypt)),
    };
    let mut caller =
        Caller { approves_clear_text: bit(6), has_certificate: bit(7), within_tls: false, chosen: SecurityType::None };
    let sent = Sent::default();
    let stream = join(Cursor::new(server.to_vec()), sent.clone());
    let rng = Counter(u64::from(*flags));
    let outcome = {
        let handshake = pin!(rfb::client::handshake(stream, &policy, &mut caller, rng));
        // All bytes and answers are there: pending now means pending for ever.
        match handshake.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => panic!("it waits for more than the server announced"),
        }
    };
    if let Ok(Outcome::Server(server)) = outcome {
        let shown = server.init.to_bytes();
        assert!(shown.len() < 1 << 20);
        assert!(matches!(shown[4], 8 | 16 | 32));
        assert!(server.init.name_text().chars().count() <= 400);
    }
    let has_password = |bytes: &[u8]| bytes.windows(PASSWORD.len()).any(|part| part == PASSWORD);
    // What the server has said, such as a realm of DIGEST-MD5, is said back to it.
    let readable = has_password(&sent.0.lock().expect("one thread")) && !has_password(server);
    assert!(!readable || caller.approves_clear_text || caller.within_tls, "a password in clear text");
});

/// Knows a login, trusts no key but a Mac's; its TLS does not encrypt.
struct Caller {
    approves_clear_text: bool,
    has_certificate: bool,
    within_tls: bool,
    chosen: SecurityType,
}

impl Ask for Caller {
    async fn approve(&mut self, chosen: SecurityType) -> Result<(), Cancelled> {
        self.chosen = chosen;
        if chosen.sends_plaintext_password() && !self.approves_clear_text { Err(Cancelled) } else { Ok(()) }
    }

    async fn tls(&mut self, stream: Stream, _: TlsKind) -> Result<Stream, TlsError> {
        self.within_tls = true;
        Ok(stream)
    }

    fn is_certified(&self) -> bool {
        self.within_tls && self.has_certificate
    }

    /// What follows for the RA2 types generates a key, which takes as long as thousands of other inputs, and cannot be passed by
    /// guessing: `tests/ciphers` covers it.
    async fn trust(&mut self, _: &ServerKey) -> Result<(), Cancelled> {
        if self.chosen == SecurityType::AppleRsa { Ok(()) } else { Err(Cancelled) }
    }

    async fn credentials(&mut self, _: &CredentialRequest) -> Result<Credentials, Cancelled> {
        Ok(Credentials::new("ann", PASSWORD))
    }
}

/// What the viewer sent.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<u8>>>);

impl AsyncWrite for Sent {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.0.lock().expect("one thread").extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The same numbers each time, so that a crash can be reproduced (SplitMix64).
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
