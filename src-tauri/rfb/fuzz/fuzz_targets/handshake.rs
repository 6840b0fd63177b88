//! A server that says anything at all. The first byte of the input is what the viewer wants and knows, the rest is what
//! the server sends. Whatever it is: no panic, no wait for more than there is, and no password that can be read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rand_core::{TryCryptoRng, TryRng};
use rfb::{Ask, Cancelled, Credentials, Level, Policy, SecurityType, ServerKey, Stream, TlsError, TlsKind, Wanted};
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
    let Some((wishes, server)) = input.split_first() else { return };
    let bit = |place: u8| wishes & (1 << place) != 0;
    let policy = Policy {
        shared: bit(0),
        have_username: bit(1),
        have_password: bit(2),
        floor: bit(3).then_some(Level::Encrypted),
        repeater_id: bit(4).then(|| "1234".to_owned()),
        without_vencrypt: bit(5),
    };
    let mut person = Person { reveals: bit(6), within_tls: false };
    let sent = Sent::default();
    let stream = join(Cursor::new(server.to_vec()), sent.clone());
    let mut random = Counter(u64::from(*wishes));
    let outcome = {
        let handshake = pin!(rfb::client::handshake(stream, &policy, &mut person, &mut random));
        // All bytes are there, and so are all answers: whoever waits now waits for ever.
        match handshake.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => panic!("it waits for something that nobody promised"),
        }
    };
    if let Ok(server) = outcome {
        assert!(server.init.to_bytes().len() < 1 << 20);
        assert!(server.init.name_text().chars().count() <= 400);
    }
    let readable = sent.0.lock().expect("one thread").windows(PASSWORD.len()).any(|bytes| bytes == PASSWORD);
    assert!(!readable || person.reveals || person.within_tls, "a password for everybody to read");
});

/// Knows a login, trusts no key; its TLS is none.
struct Person {
    reveals: bool,
    within_tls: bool,
}

impl Ask for Person {
    async fn permit(&mut self, chosen: SecurityType) -> Result<(), Cancelled> {
        if chosen.reveals_password() && !self.reveals { Err(Cancelled) } else { Ok(()) }
    }

    async fn tls(&mut self, stream: Stream, _: TlsKind) -> Result<Stream, TlsError> {
        self.within_tls = true;
        Ok(stream)
    }

    /// What follows makes a key of our own, which costs as much as thousands of other inputs, and then wants to see what
    /// nobody guesses: `tests/ciphers.rs` goes on there.
    async fn trust(&mut self, _: &ServerKey) -> Result<(), Cancelled> {
        Err(Cancelled)
    }

    async fn credentials(&mut self, _: &Wanted) -> Result<Credentials, Cancelled> {
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

/// The same chance each time, so that a crash can be had again (SplitMix64).
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
