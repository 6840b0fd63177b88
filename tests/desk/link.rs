//! Ways to a server: one that counts, and a machine at the other end of a slow cable.

use super::{address, process};
use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// Copies between those who connect to it and a server, and counts what the server says.
pub struct Counter {
    port: u16,
    bytes: Arc<AtomicU64>,
}

impl Counter {
    /// In front of this server.
    pub fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let port = listener.local_addr().expect("a bound socket").port();
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&bytes);
        // Ends with the test's process at the latest: nobody waits for it.
        thread::spawn(move || {
            for viewer in listener.incoming().flatten() {
                let _ = copy(&viewer, server, &counted);
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

fn copy(viewer: &TcpStream, server: SocketAddr, counted: &Arc<AtomicU64>) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    server.set_nodelay(true)?;
    viewer.set_nodelay(true)?;
    let (mut from, mut to) = (viewer.try_clone()?, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut to));
    let (mut from, mut to, counted) = (server, viewer.try_clone()?, Arc::clone(counted));
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            counted.fetch_add(count as u64, Ordering::Relaxed);
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
    });
    Ok(())
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

/// Whether a test is to go on: in a process of its own, with a network that nobody else has. Needs root, unshare and ip.
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
