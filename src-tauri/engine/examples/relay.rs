//! The relay by itself: raw RFB between a WebSocket on loopback and a TCP server, as websockify does it.
//!
//! ```sh
//! cargo run --release -p portlight-engine --example relay -- --listen 127.0.0.1:0 --target 127.0.0.1:5900
//! ```
//! It prints one line, the `ws://` URL with its ticket, and serves until it is ended. The ticket is good once, within ten
//! seconds, as in Portlight; with `--reusable-ticket`, which Portlight does not have, any number of viewers may come in
//! by it for as long as the program runs. Nobody logs in here: the viewer talks to the server itself.

use portlight_engine::relay::{Admission, Origins, Relay, Shown, Ticket, Viewer, listen, splice};
use std::{io, net::SocketAddr, process::ExitCode, sync::Arc};
use tokio::{net::TcpStream, sync::oneshot};

const HELP: &str = "usage: relay --listen 127.0.0.1:PORT --target HOST:PORT [--reusable-ticket]
A PORT of 0 to listen on is a free one.";

/// Of the range that RFC 6455 leaves to applications; what Portlight says to its viewer for the same reason.
const SERVER_BROKE: u16 = 4411;

struct Wishes {
    listen: SocketAddr,
    target: Arc<str>,
    reusable: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let wishes = match wishes() {
        Ok(wishes) => wishes,
        Err(problem) => {
            eprintln!("{problem}\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    match run(wishes).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("the relay could not start: {cause}");
            ExitCode::FAILURE
        }
    }
}

fn wishes() -> Result<Wishes, lexopt::Error> {
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
    Ok(Wishes { listen, target, reusable })
}

async fn run(Wishes { listen: address, target, reusable }: Wishes) -> io::Result<()> {
    #[cfg(unix)]
    allow_many_files();
    // Programs that measure relays are no pages and name no origin.
    if reusable {
        let ticket = Ticket::draw()?;
        let listening = listen(address, Origins::Any, Arc::new(Reusable { ticket: ticket.clone(), target }))?;
        println!("{}", listening.url(&ticket));
        std::future::pending().await
    } else {
        let relay = Relay::at(address, Origins::Any)?;
        let invitation = relay.issue()?;
        println!("{}", invitation.url());
        match invitation.viewer().await {
            Some(viewer) => serve(viewer, &target).await,
            None => eprintln!("no viewer came while the ticket was good; end this and start again for another one"),
        }
        std::future::pending().await
    }
}

/// Lets in whoever shows the one ticket, as often as they come.
struct Reusable {
    ticket: Ticket,
    target: Arc<str>,
}

impl Admission for Reusable {
    fn redeem(&self, shown: &Shown) -> Option<oneshot::Sender<Viewer>> {
        let (session, viewer) = oneshot::channel();
        let target = Arc::clone(&self.target);
        self.ticket.reads(shown).then(|| {
            tokio::spawn(async move {
                if let Ok(viewer) = viewer.await {
                    serve(viewer, &target).await;
                }
            });
            session
        })
    }
}

/// A viewer's session, from dialling to its end.
async fn serve(viewer: Viewer, target: &str) {
    let dialled = async {
        let server = TcpStream::connect(target).await?;
        // Without it, small messages wait for the acknowledgement of those before, up to 40 ms.
        server.set_nodelay(true)?;
        io::Result::Ok(server)
    };
    match dialled.await {
        Ok(server) => {
            // Boxed as Portlight's streams are, which may have TLS in them.
            let server: rfb::Stream = Box::new(server);
            eprintln!("{}", splice(viewer, server).await);
        }
        Err(cause) => {
            eprintln!("{target} could not be reached: {cause}");
            viewer.close(SERVER_BROKE, "the server could not be reached").await;
        }
    }
}

/// A thousand sessions are two thousand sockets; many systems allow a thousand unless a program asks for what it may have.
#[cfg(unix)]
fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let allowed = getrlimit(Resource::Nofile).maximum;
    // With what there is, it serves as many as fit.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: allowed, maximum: allowed });
}
