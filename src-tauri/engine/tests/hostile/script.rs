//! A server that follows a script, and writes down all that it is told.
//!
//! It listens on a Unix socket, in the same thread as Portlight's side: there a byte that was written can be read at
//! once, so that the tests' clock, which jumps to the next deadline when nobody has anything to do, never jumps over one
//! that is on its way. Minutes of silence take no time then.

use crate::examination::{Given, Keys, ending, examine, is_as_expected};
use openssl::ssl::{Ssl, SslAcceptor};
use portlight_engine::doctor::Report;
use std::{io, pin::Pin, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::UnixListener,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_openssl::SslStream;

/// Makes an answer of what the viewer has said.
pub type Replying = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

/// What the server does next.
#[derive(Clone)]
pub enum Turn {
    /// Says this.
    Say(Vec<u8>),
    /// Says this, one byte each time this much time has passed.
    Drip(Vec<u8>, Duration),
    /// Says what this makes of all that it was told.
    Reply(Arc<Replying>),
    /// Hears exactly this.
    Hear(Vec<u8>),
    /// Hears so many bytes, whatever they are.
    HearAny(usize),
    /// Hears the beginning of TLS: one record, whatever is in it.
    HearHello,
    /// Brings up TLS.
    Tls(SslAcceptor),
    /// Says nothing more, and listens until the other side leaves.
    Hang,
    /// Goes away without a word. What it was told and has not read makes that a reset.
    Vanish,
}

/// A case: its name, what the server does, what Portlight holds, and how that ends.
pub struct Case<'a> {
    pub name: &'a str,
    pub script: Vec<Turn>,
    pub given: Given<'a>,
    pub ends: &'a str,
}

/// A case with a password in hand.
pub fn case<'a>(name: &'a str, script: impl IntoIterator<Item = Turn>, ends: &'a str) -> Case<'a> {
    Case { name, script: script.into_iter().collect(), given: Given::Password(PASSWORD), ends }
}

/// What is never to be seen before its time.
pub const PASSWORD: &str = "sesame!!";
/// Who may come, where a user name is wanted.
pub const ANN: &str = "ann";

/// What the server was told.
#[derive(Default)]
pub struct Heard {
    /// Everything, within TLS too, in order.
    pub all: Vec<u8>,
    /// What was said beyond the script.
    pub beyond: Vec<u8>,
    /// What it was told instead of what the script has.
    pub amiss: Option<String>,
}

/// Plays a script to whoever comes first; nobody else is answered.
pub struct Server {
    pub address: String,
    playing: JoinHandle<Heard>,
    again: JoinHandle<()>,
    _folder: TempDir,
}

impl Server {
    pub fn start(script: Vec<Turn>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vnc");
        let listener = UnixListener::bind(&path).unwrap();
        let (done, second) = tokio::sync::oneshot::channel();
        let playing = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let _ = done.send(listener);
            play(Box::new(stream), script).await
        });
        let again = tokio::spawn(async move {
            if let Ok(listener) = second.await {
                let _ = listener.accept().await;
            }
        });
        Self { address: path.to_string_lossy().into_owned(), playing, again, _folder: folder }
    }

    /// What it was told, once the other side has left; fails where that called twice.
    pub async fn heard(self) -> Heard {
        let heard = self.playing.await.unwrap();
        assert!(!self.again.is_finished(), "it called again");
        self.again.abort();
        heard
    }
}

/// Plays all cases, and fails with a list of those that did not end as they should. In none of them may the password be
/// said readably, nor anything that it was not the time for.
pub async fn play_all<'a>(cases: impl IntoIterator<Item = Case<'a>>) {
    play_all_knowing(&Keys::none(), cases).await;
}

/// The same with keys that are known or accepted.
pub async fn play_all_knowing<'a>(keys: &Keys, cases: impl IntoIterator<Item = Case<'a>>) {
    let mut wrong = Vec::new();
    for Case { name, script, given, ends } in cases {
        let (report, heard, took) = examined(script, given, keys).await;
        let end = ending(&report);
        println!("| {name} | {end} | {} s |", took.as_secs());
        if !is_as_expected(&end, ends) {
            wrong.push(format!("{name}\n  came to  {end}\n  expected {ends}"));
        }
        if let Some(amiss) = heard.amiss {
            wrong.push(format!("{name}\n  was told in {amiss}"));
        }
        if !heard.beyond.is_empty() && !is_alert(&heard.beyond) {
            wrong.push(format!("{name}\n  was told {:02x?} beyond the script", heard.beyond));
        }
        if contains(&heard.all, PASSWORD.as_bytes()) {
            wrong.push(format!("{name}\n  was told the password"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Plays one script, and says what came of it at both ends and how long it took by the tests' clock.
pub async fn examined(script: Vec<Turn>, given: Given<'_>, keys: &Keys) -> (Report, Heard, Duration) {
    let server = Server::start(script);
    let began = Instant::now();
    let report = examine(&server.address, given, keys).await;
    let took = began.elapsed();
    (report, server.heard().await, took)
}

/// Whether `bytes` has `part` in it.
pub fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

async fn play(mut stream: Box<dyn Duplex>, script: Vec<Turn>) -> Heard {
    let mut heard = Heard::default();
    for (number, turn) in script.into_iter().enumerate() {
        let done = match turn {
            Turn::Say(bytes) => say(&mut stream, &bytes).await,
            Turn::Reply(make) => say(&mut stream, &make(&heard.all)).await,
            Turn::Drip(bytes, pause) => drip(&mut stream, &bytes, pause).await,
            Turn::Hear(expected) => match hear(&mut stream, expected.len(), &mut heard.all).await {
                Ok(()) if heard.all.ends_with(&expected) => Ok(()),
                Ok(()) => {
                    heard.amiss = Some(format!("turn {number}: {:02x?} instead of {expected:02x?}", heard.all));
                    return heard;
                }
                Err(cause) => Err(cause),
            },
            Turn::HearHello => hear_record(&mut stream, &mut heard.all).await,
            Turn::HearAny(length) => hear(&mut stream, length, &mut heard.all).await,
            Turn::Tls(acceptor) => match tls(stream, &acceptor).await {
                Ok(within) => {
                    stream = within;
                    continue;
                }
                Err(_) => return heard,
            },
            Turn::Hang => return listen(stream, heard).await,
            Turn::Vanish => return heard,
        };
        // It has left in the middle of the script, as it should in most cases.
        if done.is_err() {
            return heard;
        }
    }
    let _ = stream.shutdown().await;
    listen(stream, heard).await
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

async fn drip(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8], pause: Duration) -> io::Result<()> {
    for byte in bytes {
        sleep(pause).await;
        say(stream, &[*byte]).await?;
    }
    Ok(())
}

async fn hear(stream: &mut (impl AsyncRead + Unpin), length: usize, all: &mut Vec<u8>) -> io::Result<()> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    all.extend(bytes);
    Ok(())
}

/// A TLS record: kind, version, u16 length, content.
async fn hear_record(stream: &mut (impl AsyncRead + Unpin), all: &mut Vec<u8>) -> io::Result<()> {
    hear(stream, 5, all).await?;
    let length = u16::from_be_bytes(*all.last_chunk().unwrap());
    hear(stream, length.into(), all).await
}

/// Whether these are a TLS library's last words: one alert, two bytes long.
fn is_alert(bytes: &[u8]) -> bool {
    matches!(bytes, [0x15, 3, _, 0, 2, _, _])
}

/// Hears what is said beyond the script.
async fn listen(mut stream: Box<dyn Duplex>, mut heard: Heard) -> Heard {
    let _ = stream.read_to_end(&mut heard.beyond).await;
    heard.all.extend(&heard.beyond);
    heard
}

async fn tls(stream: Box<dyn Duplex>, acceptor: &SslAcceptor) -> Result<Box<dyn Duplex>, openssl::ssl::Error> {
    let mut stream = SslStream::new(Ssl::new(acceptor.context())?, stream)?;
    Pin::new(&mut stream).accept().await?;
    Ok(Box::new(stream))
}
