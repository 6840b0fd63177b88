//! A network that vanishes without a word: one of the test's own, in name spaces of its own, so that it needs no right that
//! others have not. Needs unshare and nsenter of util-linux, ip and tc of iproute2.

use super::*;
use crate::test_process::{CHILD_OF_TEST, again};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::{
    fs::File,
    io::{BufRead, BufReader},
    os::fd::AsFd,
    process::{Child, Command, Stdio},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn run(command: &[&str]) {
    let status = Command::new(command[0]).args(&command[1..]).status();
    assert!(status.expect("the packages util-linux and iproute2 are needed for this test").success(), "{command:?}");
}

/// Another machine, at the other end of a cable.
struct Far(Child);

impl Far {
    fn new() -> Self {
        // It ends with its input.
        let mut far = Command::new("unshare");
        far.args(["--net", "sh", "-c", "echo there; exec cat"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut far = far.spawn().unwrap();
        let mut there = String::new();
        BufReader::new(far.stdout.take().unwrap()).read_line(&mut there).unwrap();
        let far = Self(far);
        run(&["ip", "link", "add", "name", "near", "type", "veth", "peer", "name", "far", "netns", &far.id()]);
        run(&["ip", "address", "add", "10.0.0.1/24", "dev", "near"]);
        run(&["ip", "link", "set", "near", "up"]);
        far.run(&["ip", "address", "add", "10.0.0.2/24", "dev", "far"]);
        far.run(&["ip", "link", "set", "far", "up"]);
        far
    }

    fn id(&self) -> String {
        self.0.id().to_string()
    }

    fn run(&self, command: &[&str]) {
        run(&[&["nsenter", "--net", "--target", &self.id()], command].concat());
    }

    fn listen(&self) -> std::net::TcpListener {
        let name_space = File::open(format!("/proc/{}/ns/net", self.id())).unwrap();
        let listening = move || {
            move_into_link_name_space(name_space.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            std::net::TcpListener::bind("10.0.0.2:5900").unwrap()
        };
        let listener = std::thread::spawn(listening).join().unwrap();
        listener.set_nonblocking(true).unwrap();
        listener
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn it_is_noticed_whatever_was_on_its_way() {
    if std::env::var_os(CHILD_OF_TEST).is_none() {
        let test = again("transport::tcp::vanishing::it_is_noticed_whatever_was_on_its_way");
        let mut alone = Command::new("unshare");
        alone.args(["--user", "--map-root-user", "--net"]).arg(test.get_program()).args(test.get_args());
        assert!(alone.env(CHILD_OF_TEST, "yes").status().unwrap().success());
        return;
    }
    let machine = Far::new();
    let listener = tokio::net::TcpListener::from_std(machine.listen()).unwrap();
    let connected = async || {
        let (near, far) = tokio::join!(TcpStream::connect("10.0.0.2:5900"), listener.accept());
        let (near, second) = (near.unwrap(), Duration::from_secs(1));
        KeepAlive { quiet: second, interval: second, gone: 4 * second }.set_for(&near);
        (near, far.unwrap().0)
    };
    let ((mut idle, _far), (mut sending, mut far)) = (connected().await, connected().await);
    sending.write_all(b"!").await.unwrap();
    assert_eq!(far.read_u8().await.unwrap(), b'!');
    assert!(timeout(Duration::from_secs(6), idle.read_u8()).await.is_err(), "its system still answers");

    // Whatever it sends is dropped: it is too long for the queue.
    machine.run(&["tc", "qdisc", "add", "dev", "far", "root", "bfifo", "limit", "1"]);
    sending.write_all(b"!").await.unwrap();
    let began = std::time::Instant::now();
    let noticed = async |stream: &mut TcpStream| {
        let end = timeout(Duration::from_secs(20), stream.read_u8()).await.expect("it is noticed").unwrap_err();
        (end.kind(), began.elapsed())
    };
    let both = tokio::join!(noticed(&mut idle), noticed(&mut sending));
    println!("idle and sending: {both:?}");
    for (kind, _) in [both.0, both.1] {
        // The second where the neighbour's hardware address is looked for anew in the meantime.
        assert!(matches!(kind, ErrorKind::TimedOut | ErrorKind::HostUnreachable), "{kind}");
    }
}
