//! Logins within SASL, against a server written independently from the specifications, over a wide stream and over one of a
//! single byte; and what hostile servers may try.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use rand_core::{TryCryptoRng, TryRng};
use rfb::{
    Ask, Cancelled, ContextStep, CredentialRequest, Credentials, Error, KerberosContext, KerberosError,
    KerberosProblem, Mechanism, Policy, SecurityContext, SecurityType, ServerInfo, Step, Stream, TlsError, TlsKind,
    client::{self, Outcome},
};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::{convert::Infallible, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

const V38: &[u8] = b"RFB 003.008\n";
const SCREEN: &[u8] = b"\x04\x00\x03\x00\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\0\0\0\0\0\0\x04desk";
const ANN: (&str, &str) = ("ann", "Sesam, öffne dich!");
/// Wide, and a byte at a time.
const WIDTHS: [usize; 2] = [1 << 20, 1];

/// Any numbers that are not the same.
struct Counter(u8);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(141).wrapping_add(3);
            *byte = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter {}

/// The handshake's callbacks: knows Ann's login, approves all but `declines`, and records each call.
#[derive(Default)]
struct Recorder {
    certified: bool,
    /// What the library for Kerberos says; none where there is none.
    kerberos: Option<Result<Ticket, KerberosError>>,
    services: Vec<String>,
    declines: Option<SecurityType>,
    approved: Vec<SecurityType>,
    mechanisms: Vec<Mechanism>,
    requests: Vec<CredentialRequest>,
}

impl Ask for Recorder {
    fn server_info(&mut self, info: ServerInfo<'_>) {
        if let ServerInfo::Mechanism(mechanism) = info {
            self.mechanisms.push(mechanism);
        }
    }

    async fn approve(&mut self, chosen: SecurityType) -> Result<(), Cancelled> {
        self.approved.push(chosen);
        if self.declines == Some(chosen) { Err(Cancelled) } else { Ok(()) }
    }

    /// The bytes within this TLS are the bytes around it.
    async fn tls(&mut self, stream: Stream, _: TlsKind) -> Result<Stream, TlsError> {
        Ok(stream)
    }

    fn is_certified(&self) -> bool {
        self.certified
    }

    async fn kerberos(&mut self, service: &str) -> Result<KerberosContext, KerberosError> {
        self.services.push(service.to_owned());
        let none = || KerberosError { problem: KerberosProblem::NoLibrary, detail: String::new() };
        self.kerberos.clone().ok_or_else(none)?.map(KerberosContext::new)
    }

    async fn credentials(&mut self, request: &CredentialRequest) -> Result<Credentials, Cancelled> {
        self.requests.push(*request);
        Ok(Credentials::new(ANN.0, ANN.1))
    }
}

/// How the viewer's side ended.
#[derive(Debug)]
enum End {
    Session(SecurityType),
    RetryWithout(SecurityType),
    Error(Error),
}

impl End {
    fn error(self) -> Error {
        match self {
            Self::Error(error) => error,
            other => panic!("a handshake that had to fail: {other:?}"),
        }
    }
}

/// Lets the viewer meet `server`, which gets the stream after `types` were offered and one of them was chosen. A session is
/// followed by words both ways.
async fn meet<F: Future<Output = ()>>(
    types: &[u32],
    width: usize,
    recorder: &mut Recorder,
    server: impl FnOnce(Server) -> F,
) -> End {
    let (near, mut far) = duplex(width);
    let policy = Policy {
        shared: true,
        have_username: true,
        have_password: true,
        server_name: "box".to_owned(),
        ..Policy::default()
    };
    let viewer = async {
        let server = match client::handshake(near, &policy, recorder, Counter(1)).await {
            Ok(Outcome::Server(server)) => server,
            Ok(Outcome::RetryWithout(negotiation)) => return End::RetryWithout(negotiation),
            Err(error) => return End::Error(error),
        };
        let (mut stream, mut received) = (server.stream, [0; 12]);
        stream.write_all(b"hello server").await.expect("a session");
        stream.flush().await.expect("a session");
        match stream.read_exact(&mut received).await {
            Ok(_) => assert_eq!(&received, b"hello viewer"),
            Err(cause) => {
                let during = Step::ServerInit;
                return End::Error(match cause.kind() {
                    std::io::ErrorKind::InvalidData => Error::Integrity { during },
                    _ => Error::Io { during, source: cause },
                });
            }
        }
        End::Session(server.security_type)
    };
    let there = async {
        far.write_all(V38).await.expect("greeting");
        assert_eq!(read(&mut far, 12).await, V38);
        let (within, plain): (Vec<u32>, Vec<u32>) = types.iter().partition(|number| **number > 255);
        let mut first: Vec<u8> = plain.iter().map(|number| *number as u8).collect();
        first.extend((!within.is_empty()).then_some(19));
        far.write_all(&[&[first.len() as u8][..], &first].concat()).await.expect("types");
        if read(&mut far, 1).await == [19] {
            // The viewer has written its version ahead, and the way here may hold a byte.
            assert_eq!(read(&mut far, 2).await, [0, 2]);
            far.write_all(&[0, 2]).await.expect("version");
            let list: Vec<u8> = within.iter().flat_map(|number| number.to_be_bytes()).collect();
            far.write_all(&[&[0, within.len() as u8][..], &list].concat()).await.expect("sub-types");
            read(&mut far, 4).await;
            far.write_all(&[1]).await.expect("TLS");
        }
        server(Server { stream: far, layer: None, wrapped: false }).await;
    };
    let both = async { tokio::join!(viewer, there).0 };
    tokio::time::timeout(Duration::from_secs(60), both).await.expect("neither side goes on")
}

async fn read(stream: &mut DuplexStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.expect("the viewer's bytes");
    bytes
}

/// The server's side of the stream.
struct Server {
    stream: DuplexStream,
    layer: Option<[Direction; 2]>,
    /// Everything is within Kerberos' layer, as [`Ticket`] has it.
    wrapped: bool,
}

impl Server {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // The viewer may have closed already.
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    async fn offer(&mut self, mechanisms: &str) {
        let length = (mechanisms.len() as u32).to_be_bytes();
        self.send([&length[..], mechanisms.as_bytes()].concat()).await;
    }

    /// The chosen mechanism, and the first response.
    async fn start(&mut self) -> (String, Option<String>) {
        let length: [u8; 4] = read(&mut self.stream, 4).await.try_into().expect("four bytes");
        let name = read(&mut self.stream, u32::from_be_bytes(length) as usize).await;
        (String::from_utf8(name).expect("a name"), self.response().await)
    }

    async fn response(&mut self) -> Option<String> {
        let length: [u8; 4] = read(&mut self.stream, 4).await.try_into().expect("four bytes");
        let mut data = read(&mut self.stream, u32::from_be_bytes(length) as usize).await;
        let end = data.pop()?;
        assert_eq!(end, 0, "it ends with a NUL");
        Some(String::from_utf8(data).expect("text"))
    }

    async fn challenge(&mut self, data: Option<&str>, complete: u8) {
        let data = data.map(|data| [data.as_bytes(), &[0]].concat()).unwrap_or_default();
        let length = (data.len() as u32).to_be_bytes();
        self.send([&length[..], &data, &[complete]].concat()).await;
    }

    /// From SecurityResult on.
    async fn session(mut self) {
        self.send([0; 4]).await;
        assert_eq!(self.message(1).await, [1], "ClientInit");
        self.say(SCREEN).await;
        assert_eq!(self.message(12).await, b"hello server");
        self.say(b"hello viewer").await;
    }

    async fn say(&mut self, message: &[u8]) {
        let record = match &mut self.layer {
            None if self.wrapped => {
                let wrapped = wrapped(message, true);
                [&(wrapped.len() as u32).to_be_bytes()[..], &wrapped].concat()
            }
            None => message.to_vec(),
            Some([_, ours]) => ours.seal(message),
        };
        self.send(record).await;
    }

    async fn message(&mut self, length: usize) -> Vec<u8> {
        if self.wrapped {
            let head: [u8; 4] = read(&mut self.stream, 4).await.try_into().expect("four bytes");
            let record = read(&mut self.stream, u32::from_be_bytes(head) as usize).await;
            let (message, encrypted) = unwrapped(&record).expect("the viewer's record");
            assert!(encrypted && message.len() == length);
            return message;
        }
        let Some([theirs, _]) = &mut self.layer else { return read(&mut self.stream, length).await };
        let head: [u8; 4] = read(&mut self.stream, 4).await.try_into().expect("four bytes");
        let record = read(&mut self.stream, u32::from_be_bytes(head) as usize).await;
        let message = theirs.open(&record);
        assert_eq!(message.len(), length);
        message
    }

    /// The viewer sends nothing more, and closes.
    async fn hears_nothing_more(mut self) {
        let mut more = Vec::new();
        self.stream.read_to_end(&mut more).await.expect("an end");
        assert_eq!(more, b"", "nothing leaves after this");
    }
}

// ---- SCRAM

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    <M as KeyInit>::new_from_slice(key).expect("a key").chain_update(message).finalize().into_bytes().to_vec()
}

fn xor(one: &[u8], other: &[u8]) -> Vec<u8> {
    one.iter().zip(other).map(|(one, other)| one ^ other).collect()
}

/// What a SCRAM server does otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Odd {
    Nothing,
    /// It says that all is complete only after an empty response.
    SaysCompleteLater,
    /// Its signature is another's.
    WrongSignature,
    /// It has none.
    NoSignature,
    /// It says that all is complete before it has proved anything.
    CompleteEarly,
}

/// A server that knows Ann's password.
async fn scram<M: Mac + KeyInit, D: Digest>(mut server: Server, mechanism: &str, odd: Odd) {
    server.offer(&format!("DIGEST-MD5,{mechanism},PLAIN")).await;
    let (name, first) = server.start().await;
    assert_eq!(Some(&*name), mechanism.split(',').next());
    let first = first.expect("a first message");
    let bare = first.strip_prefix("n,,").expect("no channel binding");
    let nonce = bare.strip_prefix("n=ann,r=").expect("user and nonce");
    let challenge = format!("r={nonce}THEIRS,s={},i=4096", Base64::encode_string(b"salt"));
    server.challenge(Some(&challenge), u8::from(odd == Odd::CompleteEarly)).await;
    if odd == Odd::CompleteEarly {
        return server.hears_nothing_more().await;
    }

    let last = server.response().await.expect("a second message");
    let (without_proof, proof) = last.rsplit_once(",p=").expect("a proof");
    assert_eq!(without_proof, format!("c=biws,r={nonce}THEIRS"));
    let mut salted = mac::<M>(ANN.1.as_bytes(), b"salt\0\0\0\x01");
    let mut block = salted.clone();
    for _ in 1..4096 {
        block = mac::<M>(ANN.1.as_bytes(), &block);
        salted = xor(&salted, &block);
    }
    let both = format!("{bare},{challenge},{without_proof}");
    let stored = D::digest(mac::<M>(&salted, b"Client Key"));
    let client_key = xor(&Base64::decode_vec(proof).expect("Base64"), &mac::<M>(&stored, both.as_bytes()));
    assert_eq!(D::digest(client_key), stored, "the viewer knows the password");
    let key: &[u8] = if odd == Odd::WrongSignature { b"Other Key" } else { b"Server Key" };
    let signature = Base64::encode_string(&mac::<M>(&mac::<M>(&salted, key), both.as_bytes()));
    match odd {
        Odd::NoSignature => server.challenge(None, 1).await,
        Odd::SaysCompleteLater => {
            server.challenge(Some(&format!("v={signature}")), 0).await;
            assert_eq!(server.response().await.as_deref(), Some(""));
            server.challenge(None, 1).await;
        }
        _ => server.challenge(Some(&format!("v={signature}")), 1).await,
    }
    match odd {
        Odd::WrongSignature | Odd::NoSignature => server.hears_nothing_more().await,
        _ => server.session().await,
    }
}

#[tokio::test]
async fn scram_with_both_hashes() {
    for width in WIDTHS {
        for odd in [Odd::Nothing, Odd::SaysCompleteLater] {
            for number in [20, 263, 264] {
                let mut recorder = Recorder::default();
                let sha256 = |server| scram::<Hmac<Sha256>, Sha256>(server, "SCRAM-SHA-256", odd);
                let end = meet(&[number], width, &mut recorder, sha256).await;
                let expected = SecurityType::from(number);
                assert!(matches!(end, End::Session(chosen) if chosen == expected), "{end:?}");
                assert_eq!(recorder.approved, [expected]);
                assert_eq!(recorder.mechanisms, [Mechanism::ScramSha256]);
                assert_eq!(recorder.requests, [CredentialRequest { security_type: expected, username: true }]);

                let sha1 = |server| scram::<Hmac<Sha1>, Sha1>(server, "SCRAM-SHA-1", odd);
                let end = meet(&[number], width, &mut recorder, sha1).await;
                assert!(matches!(end, End::Session(_)), "{end:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_prove_that_it_knows_the_password_is_left() {
    for width in WIDTHS {
        for odd in [Odd::WrongSignature, Odd::NoSignature, Odd::CompleteEarly] {
            let server = |server| scram::<Hmac<Sha256>, Sha256>(server, "SCRAM-SHA-256", odd);
            let error = meet(&[20], width, &mut Recorder::default(), server).await.error();
            assert!(matches!(error, Error::Unproven), "{odd:?}: {error:?}");
        }
    }
}

// ---- GSSAPI

/// A Kerberos of the tests' own: tokens are words, and what is wrapped is turned around behind a byte that tells whether it is
/// encrypted.
#[derive(Clone)]
struct Ticket {
    steps: Vec<(&'static [u8], &'static [u8], bool)>,
}

fn wrapped(message: &[u8], encrypt: bool) -> Vec<u8> {
    let turned = message.iter().map(|byte| byte ^ 0x5a);
    std::iter::once(if encrypt { b'E' } else { b'I' }).chain(turned).chain(*b"mac").collect()
}

fn unwrapped(message: &[u8]) -> Option<(Vec<u8>, bool)> {
    let (first, rest) = message.split_first()?;
    let turned = rest.strip_suffix(b"mac")?;
    Some((turned.iter().map(|byte| byte ^ 0x5a).collect(), *first == b'E'))
}

impl Ticket {
    /// Both sides are proved after the server's only token.
    fn usual() -> Self {
        Self { steps: vec![(b"", b"first\0", false), (b"second\0", b"", true)] }
    }

    /// After a third one of ours.
    fn long() -> Self {
        Self { steps: vec![(b"", b"first\0", false), (b"second\0", b"third", true)] }
    }
}

impl SecurityContext for Ticket {
    fn step(&mut self, token: Option<&[u8]>) -> Result<ContextStep, KerberosError> {
        let (expected, token_of_ours, established) = self.steps.remove(0);
        if token.unwrap_or_default() != expected {
            return Err(KerberosError { problem: KerberosProblem::Unproven, detail: "defective".to_owned() });
        }
        Ok(ContextStep { token: token_of_ours.to_vec(), established })
    }

    fn wrap(&mut self, message: &[u8], encrypt: bool) -> Result<Vec<u8>, KerberosError> {
        Ok(wrapped(message, encrypt))
    }

    fn unwrap(&mut self, message: &[u8]) -> Result<(Vec<u8>, bool), KerberosError> {
        unwrapped(message).ok_or(KerberosError { problem: KerberosProblem::Unproven, detail: "altered".to_owned() })
    }

    fn message_limit(&self, longest: usize) -> usize {
        longest - 4
    }
}

impl Server {
    async fn bytes(&mut self) -> Option<Vec<u8>> {
        let length: [u8; 4] = read(&mut self.stream, 4).await.try_into().expect("four bytes");
        let mut data = read(&mut self.stream, u32::from_be_bytes(length) as usize).await;
        data.pop().map(|end| {
            assert_eq!(end, 0, "it ends with a NUL");
            data
        })
    }

    async fn challenge_bytes(&mut self, data: &[u8], complete: u8) {
        let length = (data.len() as u32 + 1).to_be_bytes();
        // QEMU does not set the byte at the end.
        self.send([&length[..], data, &[0x7f, complete]].concat()).await;
    }

    /// As far as its second token.
    async fn begin_kerberos(&mut self, second: &[u8]) {
        self.offer("PLAIN,SCRAM-SHA-256,GSSAPI").await;
        let length: [u8; 4] = read(&mut self.stream, 4).await.try_into().expect("four bytes");
        assert_eq!(read(&mut self.stream, u32::from_be_bytes(length) as usize).await, b"GSSAPI");
        assert_eq!(self.bytes().await.as_deref(), Some(&b"first\0"[..]));
        self.challenge_bytes(second, 0).await;
    }
}

/// A server that offers these layers, and expects that choice of the viewer.
async fn gssapi(mut server: Server, third: &[u8], offer: [u8; 4], choice: [u8; 4]) {
    server.begin_kerberos(b"second\0").await;
    assert_eq!(server.bytes().await.as_deref(), Some(third));
    server.challenge_bytes(&wrapped(&offer, false), 0).await;
    let answer = server.bytes().await.expect("a choice");
    assert_eq!(unwrapped(&answer), Some((choice.to_vec(), false)));
    server.challenge(None, 1).await;
    server.wrapped = choice[0] == 4;
    server.session().await;
}

#[tokio::test]
async fn gssapi_by_a_ticket_without_a_question() {
    for width in WIDTHS {
        for (number, ticket, third, offer, choice) in [
            (263, Ticket::usual(), &b""[..], [7, 0, 16, 0], [1, 0, 0, 0]),
            (264, Ticket::long(), b"third", [1, 0, 0, 0], [1, 0, 0, 0]),
            (20, Ticket::usual(), b"", [1, 0, 0, 0], [1, 0, 0, 0]),
            // Nothing else encrypts here.
            (20, Ticket::long(), b"third", [5, 0, 16, 0], [4, 1, 0, 0]),
            // The server insists.
            (264, Ticket::usual(), b"", [4, 0, 16, 0], [4, 1, 0, 0]),
        ] {
            let mut recorder = Recorder { kerberos: Some(Ok(ticket)), ..Recorder::default() };
            let end = meet(&[number], width, &mut recorder, |server| gssapi(server, third, offer, choice)).await;
            assert!(matches!(end, End::Session(chosen) if chosen == SecurityType::from(number)), "{number}: {end:?}");
            assert_eq!(recorder.mechanisms, [Mechanism::Gssapi]);
            assert_eq!(recorder.services, ["vnc@box"]);
            assert!(recorder.requests.is_empty(), "nobody is asked");
        }
    }
}

#[tokio::test]
async fn without_a_ticket_another_mechanism_is_taken_or_kerberos_is_named() {
    let without = |problem| Some(Err(KerberosError { problem, detail: String::new() }));
    for problem in [KerberosProblem::NoTicket, KerberosProblem::NoLibrary, KerberosProblem::UnknownServer] {
        let mut recorder = Recorder { kerberos: without(problem), ..Recorder::default() };
        let server = |server| scram::<Hmac<Sha256>, Sha256>(server, "SCRAM-SHA-256,GSSAPI", Odd::Nothing);
        let end = meet(&[263], 1 << 20, &mut recorder, server).await;
        assert!(matches!(end, End::Session(_)), "{end:?}");
        assert_eq!(recorder.mechanisms, [Mechanism::ScramSha256]);

        let mut recorder = Recorder { kerberos: without(problem), ..Recorder::default() };
        let server = |mut server: Server| async move { server.offer("GSSAPI,GSS-SPNEGO").await };
        let error = meet(&[263], 1 << 20, &mut recorder, server).await.error();
        assert!(matches!(&error, Error::Kerberos(error) if error.problem == problem), "{error:?}");
    }
    assert!(Error::Kerberos(without(KerberosProblem::NoTicket).unwrap().err().unwrap()).to_string().contains("kinit"));
}

#[tokio::test]
async fn a_server_that_is_not_proved_by_kerberos_is_left() {
    let is_unproven =
        |error: &Error| matches!(error, Error::Kerberos(error) if error.problem == KerberosProblem::Unproven);
    for width in WIDTHS {
        let mut recorder = Recorder { kerberos: Some(Ok(Ticket::usual())), ..Recorder::default() };
        // Another token than the service's.
        let forged = |mut server: Server| async move {
            server.begin_kerberos(b"forged").await;
            server.hears_nothing_more().await;
        };
        let error = meet(&[263], width, &mut recorder, forged).await.error();
        assert!(is_unproven(&error), "{error:?}");
        // Accepted before that is proved.
        let early = |mut server: Server| async move {
            server.offer("GSSAPI").await;
            read(&mut server.stream, 10).await;
            server.bytes().await;
            server.challenge(None, 1).await;
            server.hears_nothing_more().await;
        };
        let error = meet(&[263], width, &mut recorder, early).await.error();
        assert!(is_unproven(&error), "{error:?}");
        for (offer, unproven) in [
            // Not wrapped, altered; a layer that does not encrypt, too short.
            (b"\x01\0\0\0".to_vec(), true),
            ([&wrapped(&[1, 0, 0, 0], false)[..], b"x"].concat(), true),
            (wrapped(&[2, 0, 16, 0], false), false),
            (wrapped(&[1], false), false),
        ] {
            let server = |mut server: Server| {
                let offer = offer.clone();
                async move {
                    server.begin_kerberos(b"second\0").await;
                    server.bytes().await;
                    server.challenge_bytes(&offer, 0).await;
                    server.hears_nothing_more().await;
                }
            };
            let error = meet(&[263], width, &mut recorder, server).await.error();
            let fits = if unproven { is_unproven(&error) } else { matches!(error, Error::Protocol { .. }) };
            assert!(fits, "{offer:?}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_record_of_kerberos_that_was_altered_ends_the_session() {
    for bad in [wrapped(b"RFB screen", false), b"Eshort".to_vec(), vec![]] {
        let mut recorder = Recorder { kerberos: Some(Ok(Ticket::usual())), ..Recorder::default() };
        let server = |mut server: Server| {
            let bad = bad.clone();
            async move {
                server.begin_kerberos(b"second\0").await;
                server.bytes().await;
                server.challenge_bytes(&wrapped(&[4, 0, 16, 0], false), 0).await;
                server.bytes().await;
                server.challenge(None, 1).await;
                server.send([0; 4]).await;
                server.send([&(bad.len() as u32).to_be_bytes()[..], &bad].concat()).await;
            }
        };
        let error = meet(&[20], 1 << 20, &mut recorder, server).await.error();
        assert!(matches!(error, Error::Integrity { .. }), "{error:?}");
    }
}

// ---- DIGEST-MD5

fn hex(parts: &[&[u8]]) -> String {
    Md5::digest(parts.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One direction of the security layer.
struct Direction {
    sign: Vec<u8>,
    state: Vec<u8>,
    places: (u8, u8),
    number: u32,
}

impl Direction {
    fn new(hash: &[u8], signing: &str, sealing: &str) -> Self {
        let key = |purpose: &str| Md5::digest([hash, purpose.as_bytes()].concat()).to_vec();
        let (mut state, seal, mut j) = ((0..=255).collect::<Vec<u8>>(), key(sealing), 0);
        for i in 0..256 {
            j = (j + usize::from(state[i]) + usize::from(seal[i % 16])) % 256;
            state.swap(i, j);
        }
        Self { sign: key(signing), state, places: (0, 0), number: 0 }
    }

    fn rc4(&mut self, bytes: &[u8]) -> Vec<u8> {
        let step = |byte: &u8| {
            let (i, j) = (self.places.0.wrapping_add(1), 0_u8);
            let j = j.wrapping_add(self.places.1).wrapping_add(self.state[usize::from(i)]);
            self.places = (i, j);
            self.state.swap(i.into(), j.into());
            let at = self.state[usize::from(i)].wrapping_add(self.state[usize::from(j)]);
            byte ^ self.state[usize::from(at)]
        };
        bytes.iter().map(step).collect()
    }

    fn mac(&mut self, message: &[u8]) -> (Vec<u8>, [u8; 4]) {
        let number = self.number.to_be_bytes();
        self.number += 1;
        (mac::<Hmac<Md5>>(&self.sign, &[&number, message].concat())[..10].to_vec(), number)
    }

    fn seal(&mut self, message: &[u8]) -> Vec<u8> {
        let (mac, number) = self.mac(message);
        let sealed = self.rc4(&[message, &mac].concat());
        let length = (sealed.len() as u32 + 6).to_be_bytes();
        [&length[..], &sealed, &[0, 1], &number].concat()
    }

    fn open(&mut self, record: &[u8]) -> Vec<u8> {
        let (sealed, trailer) = record.split_at(record.len() - 6);
        let mut message = self.rc4(sealed);
        let received = message.split_off(message.len() - 10);
        let (mac, number) = self.mac(&message);
        assert_eq!((received, trailer), (mac, &[&[0, 1][..], &number].concat()[..]));
        message
    }
}

/// What is wrong with a DIGEST-MD5 server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Nothing,
    Proof,
    CompleteAtOnce,
    Record,
}

/// A server that knows Ann's password; with a layer, or without.
async fn digest_md5(mut server: Server, layer: bool, wrong: Wrong) {
    server.offer("GSSAPI,DIGEST-MD5").await;
    assert_eq!(server.start().await, ("DIGEST-MD5".to_owned(), None));
    let qop = if layer { "auth-conf" } else { "auth" };
    let challenge = format!(
        "nonce=\"THEIRS=,\\\"\",realm=\"vm\",qop=\"auth-int,{qop}\",cipher=\"des,rc4\",maxbuf=8192,charset=utf-8,\
         algorithm=md5-sess"
    );
    server.challenge(Some(&challenge), u8::from(wrong == Wrong::CompleteAtOnce)).await;
    if wrong == Wrong::CompleteAtOnce {
        return server.hears_nothing_more().await;
    }
    let response = server.response().await.expect("a response");
    let value = |name: &str| response.split(&format!("{name}=")).nth(1).expect("it is there");
    let quoted = |name: &str| value(name).split('"').nth(1).expect("in quotation marks").to_owned();
    assert!(response.starts_with("username=\"ann\",realm=\"vm\",nonce=\"THEIRS=,\\\"\",cnonce="), "{response}");
    assert_eq!(quoted("digest-uri"), "vnc/box");
    assert_eq!(response.contains("cipher=rc4"), layer);

    // The password in Latin-1, as it has all its letters.
    let secret = Md5::digest(b"ann:vm:Sesam, \xf6ffne dich!");
    let hash = Md5::digest([&secret[..], b":THEIRS=,\":", quoted("cnonce").as_bytes()].concat());
    let name = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let no_body = if layer { format!(":{:032}", 0) } else { String::new() };
    let digest = |action: &str| {
        let action = hex(&[format!("{action}:vnc/box{no_body}").as_bytes()]);
        hex(&[format!("{name}:THEIRS=,\":00000001:{}:{qop}:{action}", quoted("cnonce")).as_bytes()])
    };
    assert_eq!(&value("response")[..32], digest("AUTHENTICATE"), "the viewer knows the password");
    let proof = if wrong == Wrong::Proof { digest("OTHER") } else { digest("") };
    server.challenge(Some(&format!("rspauth={proof}")), 1).await;
    if wrong == Wrong::Proof {
        return server.hears_nothing_more().await;
    }
    let session = "Digest session key to";
    let sealing = "Digest H(A1) to";
    let keys = |way: &str| {
        let [signing, sealing] = [(session, "signing"), (sealing, "sealing")]
            .map(|(begin, end)| format!("{begin} {way} {end} key magic constant"));
        Direction::new(&hash, &signing, &sealing)
    };
    server.layer = layer.then(|| [keys("client-to-server"), keys("server-to-client")]);
    if wrong == Wrong::Record {
        server.send([0; 4]).await;
        server.message(1).await;
        let [_, ours] = server.layer.as_mut().expect("a layer");
        let mut record = ours.seal(SCREEN);
        record[6] ^= 1;
        return server.send(record).await;
    }
    server.session().await;
}

#[tokio::test]
async fn digest_md5_with_a_layer_and_without() {
    for width in WIDTHS {
        for (number, layer) in [(20, true), (20, false), (264, true), (263, false)] {
            let mut recorder = Recorder::default();
            let end = meet(&[number], width, &mut recorder, |server| digest_md5(server, layer, Wrong::Nothing)).await;
            assert!(matches!(end, End::Session(chosen) if chosen.number() == number), "{end:?}");
            assert_eq!(recorder.mechanisms, [Mechanism::DigestMd5]);
        }
    }
}

#[tokio::test]
async fn digest_md5_wants_a_proof_and_whole_records() {
    for width in WIDTHS {
        for (wrong, unproven) in [(Wrong::Proof, true), (Wrong::CompleteAtOnce, true), (Wrong::Record, false)] {
            let server = |server| digest_md5(server, true, wrong);
            let error = meet(&[20], width, &mut Recorder::default(), server).await.error();
            let expected = match unproven {
                true => matches!(error, Error::Unproven),
                false => matches!(error, Error::Integrity { during: Step::ServerInit }),
            };
            assert!(expected, "{wrong:?}: {error:?}");
        }
    }
}

// ---- PLAIN and EXTERNAL

async fn plain(mut server: Server) {
    server.offer("GSSAPI PLAIN").await;
    assert_eq!(server.start().await, ("PLAIN".to_owned(), Some(format!("\0{}\0{}", ANN.0, ANN.1))));
    server.challenge(None, 1).await;
    server.session().await;
}

#[tokio::test]
async fn plain_within_identified_tls_or_after_a_question() {
    for width in WIDTHS {
        let mut recorder = Recorder::default();
        let end = meet(&[263], width, &mut recorder, plain).await;
        assert!(matches!(end, End::Session(SecurityType::X509Sasl)), "{end:?}");
        assert_eq!(recorder.approved, [SecurityType::X509Sasl]);

        let mut recorder = Recorder::default();
        let end = meet(&[20], width, &mut recorder, plain).await;
        assert!(matches!(end, End::Session(SecurityType::SaslPlain)), "{end:?}");
        assert_eq!(recorder.approved, [SecurityType::SaslPlain]);
        assert!(SecurityType::SaslPlain.sends_plaintext_password());

        let mut recorder = Recorder { declines: Some(SecurityType::SaslPlain), ..Recorder::default() };
        let only_offers = |mut server: Server| async {
            server.offer("PLAIN").await;
            server.hears_nothing_more().await;
        };
        let error = meet(&[20], width, &mut recorder, only_offers).await.error();
        assert!(matches!(error, Error::Cancelled) && recorder.requests.is_empty(), "{error:?}");

        let mut recorder = Recorder::default();
        let error = meet(&[264], width, &mut recorder, only_offers).await.error();
        assert!(matches!(&error, Error::NoCommonSecurity { offered, .. } if offered == &["SASL PLAIN"]), "{error:?}");
        assert!(recorder.requests.is_empty());
    }
}

#[tokio::test]
async fn a_certificate_logs_in_by_itself() {
    for width in WIDTHS {
        let mut recorder = Recorder { certified: true, ..Recorder::default() };
        let server = |mut server: Server| async {
            server.offer("SCRAM-SHA-256,EXTERNAL").await;
            assert_eq!(server.start().await, ("EXTERNAL".to_owned(), Some(String::new())));
            server.challenge(None, 1).await;
            server.session().await;
        };
        let end = meet(&[263], width, &mut recorder, server).await;
        assert!(matches!(end, End::Session(SecurityType::X509Sasl)), "{end:?}");
        assert!(recorder.requests.is_empty());

        // Without TLS with a certificate there is none that could have been shown.
        for number in [20, 264] {
            let only_offers = |mut server: Server| async {
                server.offer("EXTERNAL").await;
                server.hears_nothing_more().await;
            };
            let mut recorder = Recorder { certified: true, ..Recorder::default() };
            let error = meet(&[number], width, &mut recorder, only_offers).await.error();
            assert!(matches!(error, Error::NoCommonSecurity { .. }), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_asked_for_is_no_login() {
    for width in WIDTHS {
        let server = |mut server: Server| async {
            server.offer("EXTERNAL").await;
            server.hears_nothing_more().await;
        };
        let error = meet(&[263], width, &mut Recorder::default(), server).await.error();
        assert!(matches!(error, Error::NoCommonSecurity { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_accepted_is_told_from_a_wrong_password() {
    let mut recorder = Recorder { certified: true, ..Recorder::default() };
    let server = |mut server: Server| async move {
        server.offer("EXTERNAL").await;
        server.start().await;
    };
    let error = meet(&[263], WIDTHS[0], &mut recorder, server).await.error();
    assert!(matches!(error, Error::CertificateRefused), "{error:?}");
}

// ---- what else is offered

#[tokio::test]
async fn something_better_than_the_mechanisms_is_taken_instead() {
    for (types, mechanisms, expected) in [
        (&[20, 2][..], "GSSAPI", SecurityType::Sasl),
        (&[20, 2], "PLAIN", SecurityType::Sasl),
        (&[20, 2], "", SecurityType::Sasl),
        (&[263, 261], "GSSAPI,LOGIN", SecurityType::X509Sasl),
        (&[263, 2], "GSSAPI", SecurityType::X509Sasl),
        (&[264, 20], "PLAIN", SecurityType::TlsSasl),
    ] {
        let server = |mut server: Server| async move {
            server.offer(mechanisms).await;
            server.hears_nothing_more().await;
        };
        let end = meet(types, 1, &mut Recorder::default(), server).await;
        assert!(matches!(end, End::RetryWithout(without) if without == expected), "{types:?} {mechanisms}: {end:?}");
    }
}

#[tokio::test]
async fn mechanisms_that_are_not_known_are_named() {
    for (mechanisms, expected) in [
        ("", &[][..]),
        (",, ,", &[]),
        ("GSS-SPNEGO,NTLM", &["SASL GSS-SPNEGO", "SASL NTLM"]),
        ("SCRAM-SHA-256-PLUS", &["SASL SCRAM-SHA-256-PLUS"]),
        ("\x1b[31mX", &["SASL [31mX"]),
        ("A,B,C,D,E,F,G,H,I", &["SASL A", "SASL B", "SASL C", "SASL D", "SASL E", "SASL F", "SASL G", "SASL H"]),
    ] {
        let server = |mut server: Server| async move {
            server.offer(mechanisms).await;
            server.hears_nothing_more().await;
        };
        let error = meet(&[20], 1, &mut Recorder::default(), server).await.error();
        let Error::NoCommonSecurity { offered, .. } = &error else { panic!("{error:?}") };
        assert_eq!(offered, expected);
    }
}

// ---- hostile servers

/// Bytes instead of a challenge.
async fn after_start(mechanism: &'static str, bytes: Vec<u8>) -> Error {
    let server = |mut server: Server| async move {
        server.offer(mechanism).await;
        server.start().await;
        server.send(bytes).await;
    };
    meet(&[20], 1, &mut Recorder::default(), server).await.error()
}

#[tokio::test]
async fn no_length_is_believed() {
    for length in [4097, 1 << 31, u32::MAX] {
        let server = |mut server: Server| async move {
            server.send(length.to_be_bytes()).await;
            server.hears_nothing_more().await;
        };
        let error = meet(&[20], 1, &mut Recorder::default(), server).await.error();
        assert!(matches!(error, Error::Protocol { during: Step::SecurityTypes, .. }), "{error:?}");
    }
    for length in [16 * 1024 + 1, 1 << 31, u32::MAX] {
        for mechanism in ["SCRAM-SHA-256", "DIGEST-MD5", "PLAIN"] {
            let error = after_start(mechanism, length.to_be_bytes().to_vec()).await;
            assert!(matches!(error, Error::Protocol { during: Step::Authentication, .. }), "{error:?}");
        }
    }
}

#[tokio::test]
async fn challenges_that_are_none_end_it() {
    let challenge =
        |text: &str, complete: u8| [&(text.len() as u32).to_be_bytes()[..], text.as_bytes(), &[complete]].concat();
    for (mechanism, text, complete) in [
        ("SCRAM-SHA-256", "", 0),
        ("SCRAM-SHA-256", "r=x,s=QSXC,i=4096", 0),
        ("SCRAM-SHA-256", "r=x,s=QSXC,i=4096", 2),
        ("SCRAM-SHA-1", "e=other-error", 0),
        ("DIGEST-MD5", "", 0),
        ("DIGEST-MD5", "nonce=\"x\",algorithm=md5-sess,qop=\"auth-conf\",cipher=\"rc4\",maxbuf=1", 0),
        ("DIGEST-MD5", "nonce=\"x\",algorithm=md5-sess,qop=\"auth-conf\",cipher=\"des\"", 0),
        ("PLAIN", "", 0),
        ("PLAIN", "more", 0),
    ] {
        let error = after_start(mechanism, challenge(text, complete)).await;
        assert!(matches!(error, Error::Protocol { during: Step::Authentication, .. }), "{mechanism} {text}: {error:?}");
    }
}

#[tokio::test]
async fn rounds_that_would_never_end_are_not_begun() {
    for rounds in ["0", "1", "4095", "1000001", "2147483648", "4294967296"] {
        let server = |mut server: Server| async move {
            server.offer("SCRAM-SHA-256").await;
            let (_, first) = server.start().await;
            let first = first.expect("a first message");
            let nonce = first.rsplit_once("r=").expect("a nonce").1;
            server.challenge(Some(&format!("r={nonce}x,s=QSXC,i={rounds}")), 0).await;
            server.hears_nothing_more().await;
        };
        let error = meet(&[20], 1, &mut Recorder::default(), server).await.error();
        assert!(matches!(error, Error::Protocol { .. }), "{rounds}: {error:?}");
    }
}

/// QEMU closes when a login is wrong, in the middle of the exchange.
#[tokio::test]
async fn who_closes_after_a_part_of_the_login_has_refused_it() {
    for (mechanism, refused) in [("SCRAM-SHA-256", true), ("PLAIN", true), ("DIGEST-MD5", false)] {
        for bytes in [&[][..], &[0, 0], &[0, 0, 0, 9, b'r']] {
            let error = after_start(mechanism, bytes.to_vec()).await;
            let expected = match refused {
                true => matches!(error, Error::AuthFailed { reason: None }),
                // It has sent nothing of the login yet.
                false => matches!(error, Error::Closed { during: Step::Authentication, .. }),
            };
            assert!(expected, "{mechanism} {bytes:?}: {error:?}");
        }
    }
    let server = |mut server: Server| async move {
        server.offer("SCRAM-SHA-256").await;
        let (_, first) = server.start().await;
        let first = first.expect("a first message");
        let nonce = first.rsplit_once("r=").expect("a nonce").1;
        server.challenge(Some(&format!("r={nonce}x,s=QSXC,i=4096")), 0).await;
        server.response().await;
        server.challenge(Some("e=invalid-proof\u{202e}"), 1).await;
    };
    let error = meet(&[20], 1, &mut Recorder::default(), server).await.error();
    assert!(matches!(&error, Error::AuthFailed { reason: Some(reason) } if reason == "invalid-proof"), "{error:?}");
}
