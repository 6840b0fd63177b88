//! Ways to a server: one that counts, and a machine at the other end of a slow cable.

use super::{address, process};
use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// Copies between those who connect to it and a server, and counts what the server says. May be as far from both as a long
/// cable is.
#[derive(Clone)]
pub struct Counter {
    port: u16,
    bytes: Arc<AtomicU64>,
}

impl Counter {
    /// In front of this server.
    pub fn before(server: SocketAddr) -> Self {
        Self::far_before(server, Duration::ZERO)
    }

    /// In front of this server, which what is said reaches half of `round_trip` later, and the answer as much. A connection
    /// takes one round trip more to be made, as TCP's handshake does.
    pub fn far_before(server: SocketAddr, round_trip: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let port = listener.local_addr().expect("a bound socket").port();
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&bytes);
        // Ends with the test's process at the latest: it is not waited for.
        thread::spawn(move || {
            for viewer in listener.incoming().flatten() {
                let _ = copy(&viewer, server, &counted, round_trip);
            }
        });
        Self { port, bytes }
    }

    /// Where it is, as a user types it.
    pub fn address(&self) -> String {
        address(self.port)
    }

    /// How many bytes the server has said, to all viewers.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

fn copy(viewer: &TcpStream, server: SocketAddr, counted: &Arc<AtomicU64>, round_trip: Duration) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    server.set_nodelay(true)?;
    viewer.set_nodelay(true)?;
    // The handshake's round trip: either side is heard from so much later once.
    let opened = Instant::now() + round_trip;
    later(viewer.try_clone()?, server.try_clone()?, round_trip / 2, opened, |_| ());
    let counted = Arc::clone(counted);
    later(server, viewer.try_clone()?, round_trip / 2, opened, move |count| {
        counted.fetch_add(count, Ordering::Relaxed);
    });
    Ok(())
}

/// Bytes on their way, and when they are there.
type Carried = (Instant, Vec<u8>);

/// What a cable holds of one direction, in pieces of at most 64 KiB.
const ON_THEIR_WAY: usize = 256;

/// Copies from one to the other, each piece so much later, and nothing before `opened`.
fn later(
    mut from: TcpStream,
    mut to: TcpStream,
    delay: Duration,
    opened: Instant,
    count: impl Fn(u64) + Send + 'static,
) {
    let (carry, carried) = mpsc::sync_channel::<Carried>(ON_THEIR_WAY);
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            count(read as u64);
            if carry.send((Instant::now().max(opened) + delay, buffer[..read].to_vec())).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || {
        for (there, bytes) in carried {
            thread::sleep(there.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}

/// Another machine: a network name space at the other end of a cable, which carries so much and no more from there to here.
/// Needs root, and unshare, nsenter, ip and tc.
pub struct Far(Child);

impl Far {
    /// The address of that machine.
    pub const ADDRESS: &str = "10.199.0.2";

    /// Lays the cable; `rate` is in tc's words.
    pub fn at(rate: &str) -> Self {
        // It ends with its input.
        let mut far = Command::new("unshare");
        far.args(["--net", "sh", "-c", "echo there; exec cat"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut far = far.spawn().expect("unshare of util-linux");
        let mut there = String::new();
        BufReader::new(far.stdout.take().expect("piped")).read_line(&mut there).expect("a shell");
        let far = Self(far);
        let id = far.0.id().to_string();
        run("ip", &["link", "add", "qnear", "type", "veth", "peer", "name", "qfar", "netns", &id]);
        run("ip", &["address", "add", "10.199.0.1/30", "dev", "qnear"]);
        run("ip", &["link", "set", "qnear", "up"]);
        let there = |words: &[&str]| run("nsenter", &[&["--net", "--target", &id], words].concat());
        there(&["ip", "address", "add", "10.199.0.2/30", "dev", "qfar"]);
        there(&["ip", "link", "set", "qfar", "up"]);
        let narrow = format!("/usr/sbin/tc qdisc add dev qfar root tbf rate {rate} burst 16kb latency 300ms");
        there(&narrow.split(' ').collect::<Vec<_>>());
        far
    }

    /// A program on that machine.
    pub fn program(&self, command: &mut Command, program: &str) {
        command.args(["--net", "--target", &self.0.id().to_string(), program]);
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        // By itself the cable goes only when the last program there has ended, and a moment later.
        let _ = Command::new("ip").args(["link", "delete", "qnear"]).status();
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Whether a test is to go on: in a process of its own, with a network of its own. Needs root, unshare and ip.
pub fn is_in_own_network(test: &str) -> bool {
    const ALONE: &str = "PORTLIGHT_TEST_IN_OWN_NETWORK";
    if env::var_os(ALONE).is_none() {
        let mut alone = Command::new("unshare");
        alone.arg("--net").arg(env::current_exe().expect("a test program has a path"));
        let status = alone.args(["--exact", test, "--nocapture"]).env(ALONE, "yes").status();
        assert!(status.expect("unshare of util-linux").success());
        return false;
    }
    run("ip", &["link", "set", "lo", "up"]);
    true
}

fn run(program: &str, words: &[&str]) {
    process::succeed(Command::new(program).args(words), b"");
}
