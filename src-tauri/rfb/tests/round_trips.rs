//! Round trips of a handshake: how often the viewer waits for the answer to what it has just sent. On a far server each
//! costs as long as a ping. TCP's own comes before them, TLS's (one in version 1.3, two before) in between.

use rand_core::{TryCryptoRng, TryRng};
use rfb::{
    Ask, Cancelled, CredentialRequest, Credentials, Policy, SecurityType, ServerInfo, Step, Stream, TlsError, TlsKind,
    client::{self, Outcome},
};
use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};

/// A stream that counts how often something is read after something was written.
struct Counting {
    stream: DuplexStream,
    written: bool,
    round_trips: Arc<AtomicUsize>,
}

impl AsyncRead for Counting {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let done = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        if std::mem::take(&mut self.written) {
            self.round_trips.fetch_add(1, Ordering::Relaxed);
        }
        Poll::Ready(done)
    }
}

impl AsyncWrite for Counting {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.written = true;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Approves everything, and knows a login.
struct Willing;

impl Ask for Willing {
    fn step(&mut self, _: Step) {}

    fn server_info(&mut self, _: ServerInfo<'_>) {}

    async fn approve(&mut self, _: SecurityType) -> Result<(), Cancelled> {
        Ok(())
    }

    /// The bytes within this TLS are the bytes around it.
    async fn tls(&mut self, stream: Stream, _: TlsKind) -> Result<Stream, TlsError> {
        Ok(stream)
    }

    async fn credentials(&mut self, _: &CredentialRequest) -> Result<Credentials, Cancelled> {
        Ok(Credentials::new("ann", "passw0rd"))
    }

    fn on_rejected(&mut self) {}
}

struct NoRandomBytes;

impl TryRng for NoRandomBytes {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("these logins need no random bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("these logins need no random bytes")
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
        panic!("these logins need no random bytes")
    }
}

impl TryCryptoRng for NoRandomBytes {}

/// What a server waits for, in bytes, and says then.
type Turns<'a> = &'a [(usize, &'a [u8])];

const CHALLENGE: &[u8] = &[7; 16];
const OK: &[u8] = &[0; 4];
/// User name and password, as [`Willing`] knows them, with their lengths.
const LOGIN: usize = 4 + 4 + 3 + 8;

async fn round_trips(version: &'static [u8], turns: Turns<'_>) -> usize {
    let (near, mut far) = duplex(1 << 16);
    let counted = Arc::new(AtomicUsize::new(0));
    let near = Counting { stream: near, written: false, round_trips: Arc::clone(&counted) };
    let policy = Policy { have_username: true, have_password: true, ..Policy::default() };
    let viewer = async {
        let done = client::handshake(near, &policy, &mut Willing, NoRandomBytes).await;
        assert!(matches!(done.expect("let in"), Outcome::Server(_)));
    };
    let server = async {
        far.write_all(version).await.expect("greeting");
        // Its version comes before, ClientInit after.
        // ServerInit without a name, and Tight's addition to it.
        let mut screen = [0; 24 + 8];
        (screen[4], screen[5]) = (32, 24);
        let mut heard = version.len();
        for (waits_for, says) in turns.iter().copied().chain([(1, &screen[..])]) {
            far.read_exact(&mut vec![0; std::mem::take(&mut heard) + waits_for]).await.expect("a viewer");
            far.write_all(says).await.expect("a viewer");
        }
    };
    tokio::join!(viewer, server);
    counted.load(Ordering::Relaxed)
}

#[tokio::test]
async fn each_type_takes_as_few_as_it_can() {
    let v38 = b"RFB 003.008\n";
    let sub_type = |number: u8| [0, 1, 0, 0, 1, number];
    let [plain, tls_none, tls_vnc, tls_plain] = [0, 1, 2, 3].map(sub_type);
    let cases: [(&str, &'static [u8], Turns<'_>, usize); 10] = [
        ("None in 3.3", b"RFB 003.003\n", &[(0, &[0, 0, 0, 1])], 2),
        ("None", v38, &[(0, &[1, 1]), (1, OK)], 3),
        ("VncAuth in 3.3", b"RFB 003.003\n", &[(0, &[0, 0, 0, 2]), (0, CHALLENGE), (16, OK)], 3),
        ("VncAuth", v38, &[(0, &[1, 2]), (1, CHALLENGE), (16, OK)], 4),
        ("Tight, None", v38, &[(0, &[1, 16]), (1, &[0; 4]), (0, &[0; 4]), (0, OK)], 3),
        // One less than where the server's version of VeNCrypt is waited for.
        ("Plain", v38, &[(0, &[1, 19]), (1, &[0, 2]), (2, &plain), (4 + LOGIN, OK)], 4),
        ("TLSNone", v38, &[(0, &[1, 19]), (1, &[0, 2]), (2, &tls_none), (4, &[1]), (0, OK)], 4),
        ("TLSVnc", v38, &[(0, &[1, 19]), (1, &[0, 2]), (2, &tls_vnc), (4, &[1]), (0, CHALLENGE), (16, OK)], 5),
        ("TLSPlain", v38, &[(0, &[1, 19]), (1, &[0, 2]), (2, &tls_plain), (4, &[1]), (LOGIN, OK)], 5),
        // TLS's own message is left out here, so the list within it comes at once.
        ("TLS, VncAuth", v38, &[(0, &[1, 18]), (1, &[1, 2]), (1, CHALLENGE), (16, OK)], 5),
    ];
    for (what, version, turns, expected) in cases {
        assert_eq!(round_trips(version, turns).await, expected, "{what}");
    }
}
