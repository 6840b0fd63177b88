//! The relay by itself: raw RFB between a WebSocket on loopback and a TCP server, as websockify does it.
//!
//! ```sh
//! cargo run --release -p relay --example relay -- --listen 127.0.0.1:0 --target 127.0.0.1:5900
//! ```
//! It prints one line, the `ws://` URL with its ticket, and serves until it is ended. The ticket is valid once, within ten
//! seconds, as in Portlight; with `--reusable-ticket`, which Portlight does not have, it admits any number of viewers for
//! as long as the program runs. The RFB handshake is left to the viewer.

use relay::{Admission, Origins, PresentedTicket, Relay, Ticket, Viewer, listen, splice};
use std::{io, net::SocketAddr, process::ExitCode, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::oneshot,
};

const HELP: &str = "usage: relay --listen 127.0.0.1:PORT --target HOST:PORT [--reusable-ticket]
A PORT of 0 to listen on is a free one.";

/// The close code that [`splice`] sends for a server whose connection failed.
const SERVER_FAILED: u16 = 4411;

struct Options {
    listen: SocketAddr,
    target: Arc<str>,
    reusable: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = match parse_options() {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("the relay could not start: {cause}");
            ExitCode::FAILURE
        }
    }
}

fn parse_options() -> Result<Options, lexopt::Error> {
    use lexopt::{Arg::Long, ValueExt};
    let (mut listen, mut target, mut reusable) = (None, None, false);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("listen") => listen = Some(arguments.value()?.parse()?),
            Long("target") => target = Some(arguments.value()?.string()?),
            Long("reusable-ticket") => reusable = true,
            other => return Err(other.unexpected()),
        }
    }
    let listen = listen.ok_or("--listen is missing")?;
    let target = target.ok_or("--target is missing")?.into();
    Ok(Options { listen, target, reusable })
}

async fn run(Options { listen: address, target, reusable }: Options) -> io::Result<()> {
    #[cfg(unix)]
    allow_many_files();
    // Programs that measure relays are no pages and send no Origin.
    if reusable {
        let ticket = Ticket::random()?;
        let listener = listen(address, Origins::Any, Arc::new(Reusable { ticket: ticket.clone(), target }))?;
        println!("{}", listener.url(&ticket));
        std::future::pending().await
    } else {
        let relay = Relay::at(address, Origins::Any)?;
        let invitation = relay.issue()?;
        println!("{}", invitation.url());
        match invitation.viewer().await {
            Some(viewer) => serve(viewer, &target).await,
            None => eprintln!("no viewer connected within ten seconds; start again for another ticket"),
        }
        std::future::pending().await
    }
}

/// Admits every viewer that presents the one ticket.
struct Reusable {
    ticket: Ticket,
    target: Arc<str>,
}

impl Admission for Reusable {
    fn redeem(&self, presented: &PresentedTicket) -> Option<oneshot::Sender<Viewer>> {
        let (session, viewer) = oneshot::channel();
        let target = Arc::clone(&self.target);
        self.ticket.matches(presented).then(|| {
            tokio::spawn(async move {
                if let Ok(viewer) = viewer.await {
                    serve(viewer, &target).await;
                }
            });
            session
        })
    }
}

/// Portlight's streams are boxed, as they may have TLS in them: the benchmark is to measure the same.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A viewer's session, from dialling to its end.
async fn serve(viewer: Viewer, target: &str) {
    let dialled = async {
        let server = TcpStream::connect(target).await?;
        // With Nagle's algorithm, small messages wait for the acknowledgement of those before, up to 40 ms.
        server.set_nodelay(true)?;
        io::Result::Ok(server)
    };
    match dialled.await {
        Ok(server) => {
            let server: Box<dyn Stream> = Box::new(server);
            eprintln!("{}", splice(viewer, server).await);
        }
        Err(cause) => {
            eprintln!("{target} could not be reached: {cause}");
            viewer.close(SERVER_FAILED, "the server could not be reached").await;
        }
    }
}

/// Raises the limit of open files to what is allowed: a thousand sessions are two thousand sockets.
#[cfg(unix)]
fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let allowed = getrlimit(Resource::Nofile).maximum;
    // Without it, fewer sessions fit.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: allowed, maximum: allowed });
}
