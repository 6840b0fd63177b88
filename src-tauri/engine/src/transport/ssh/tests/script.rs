//! The packet that wakes a machine, sent by a real sshd's host: this one, with as many programs as each test leaves it.

use super::*;
use crate::{
    model::{SecureOn, Wake, WakeWay},
    transport::wake::there::{SENDER, There},
};
use std::{net::Ipv4Addr, num::NonZeroU16, os::unix::fs::symlink};
use tokio::net::UdpSocket;

/// sshd's lines for a host that has no programs but those in a folder.
const FEW_PROGRAMS: &str = "SetEnv PATH={folder}/programs HOME={folder}\n";

impl World {
    /// A host with these programs of this one.
    fn with_programs(programs: &[&str]) -> Self {
        let world = Self::with(FEW_PROGRAMS, "");
        let folder = world.path("programs");
        fs::create_dir(&folder).unwrap();
        for program in programs {
            let found =
                ["/usr/bin", "/bin"].map(|place| Path::new(place).join(program)).into_iter().find(|at| at.exists());
            symlink(found.expect("the program is needed for this test"), folder.join(program)).unwrap();
        }
        world
    }

    async fn run(&self, jump: &str, wake: &Wake, password: Option<&SecureOn>) -> Result<There, ConnectError> {
        self.run_asking(jump, wake, password, &mut Answers::default()).await
    }

    async fn run_asking(
        &self,
        jump: &str,
        wake: &Wake,
        password: Option<&SecureOn>,
        ask: &mut impl AskPass,
    ) -> Result<There, ConnectError> {
        let jump = jump.parse().unwrap();
        let script = timeout(TEST_TIMEOUT, self.ssh().run(&jump, SENDER, ask)).await.unwrap()?;
        There::begin(script, &jump, wake, password)
    }
}

/// A machine on loopback that sleeps, and what wakes it.
async fn asleep() -> (UdpSocket, Wake) {
    let machine = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = NonZeroU16::new(machine.local_addr().unwrap().port());
    let way = WakeWay { address: Some(Ipv4Addr::LOCALHOST), port, ssh_host: Some("box".parse().unwrap()) };
    (machine, Wake { mac: "00:1a:2b:3c:4d:5e".parse().unwrap(), way, has_password: true })
}

fn password() -> SecureOn {
    SecureOn::parse(&"00-11-22-33-44-55".to_owned().into()).unwrap()
}

async fn received(machine: &UdpSocket) -> Vec<u8> {
    let mut packet = vec![0; 200];
    let length = timeout(TEST_TIMEOUT, machine.recv(&mut packet)).await.unwrap().unwrap();
    packet.truncate(length);
    packet
}

#[tokio::test]
async fn each_program_sends_the_packet_with_its_password_as_often_as_it_is_told() {
    for program in ["python3", "perl"] {
        let world = World::with_programs(&["sh", program]);
        let (machine, wake) = asleep().await;
        let mut there = world.run("box", &wake, Some(&password())).await.unwrap();
        for _ in 0..2 {
            timeout(TEST_TIMEOUT, there.send()).await.unwrap().unwrap();
            assert_eq!(received(&machine).await, *wake.packet(Some(&password())), "{program}");
        }
        let groups = world.groups();
        drop(there);
        gone(groups).await;
    }
}

#[tokio::test]
async fn a_packet_that_cannot_be_sent_is_told_in_the_words_of_the_host() {
    for program in ["python3", "perl"] {
        let world = World::with_programs(&["sh", program]);
        let mut script = world.ssh().run(&"box".parse().unwrap(), SENDER, &mut Answers::default()).await.unwrap();
        // No system sends to port 0.
        let said = timeout(TEST_TIMEOUT, script.ask("ff 127.0.0.1 0\n")).await.unwrap().unwrap();
        assert!(said.starts_with("failed ") && said.contains("Invalid argument"), "{program}: {said}");
    }
}

#[tokio::test]
async fn etherwake_is_given_the_card_and_the_password_for_each_ethernet() {
    let world = World::with_programs(&["sh", "cat"]);
    let program = world.path("programs/ether-wake");
    let told = world.path("told").display().to_string();
    write_script(&program, &format!("echo \"$@\" >> {told}"));
    let (_, wake) = asleep().await;
    let is_ethernet = |at: &PathBuf| fs::read_to_string(at.join("type")).is_ok_and(|kind| kind.trim() == "1");
    let all = fs::read_dir("/sys/class/net").unwrap().map(|entry| entry.unwrap().path()).filter(is_ethernet);
    let mut all: Vec<_> = all.map(|at| at.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    all.sort();
    for password in [None, Some(password())] {
        let mut there = world.run("box", &wake, password.as_ref()).await.unwrap();
        let sent = timeout(TEST_TIMEOUT, there.send()).await.unwrap();
        assert_eq!(sent.is_ok(), !all.is_empty(), "{sent:?}");
    }
    let told = fs::read_to_string(told).unwrap_or_default();
    let line = |name: &String, more: &str| format!("-i {name} {more}00:1a:2b:3c:4d:5e\n");
    let without = all.iter().map(|name| line(name, ""));
    let with = all.iter().map(|name| line(name, "-p 00:11:22:33:44:55 "));
    assert_eq!(told, without.chain(with).collect::<String>());
}

#[tokio::test]
async fn a_host_that_has_nothing_to_send_it_with_is_named() {
    let (_, wake) = asleep().await;
    let error = World::with_programs(&["sh"]).run("box", &wake, None).await.err();
    assert_eq!(error, Some(ConnectError::WakeNoSender { via: "box".into() }));
}

#[tokio::test]
async fn a_host_that_runs_something_else_is_told() {
    let (_, wake) = asleep().await;
    let world = World::with("ForceCommand echo for git only\n", "");
    let error = world.run("box", &wake, None).await.err().expect("an error");
    assert!(matches!(error, ConnectError::WakeNotSentThere { .. }), "{error}");
    let error = World::with_programs(&[]).run("box", &wake, None).await.err().expect("an error");
    assert!(matches!(&error, ConnectError::SshFailed { detail, .. } if detail.contains("sh")), "{error}");
}

#[tokio::test]
async fn what_ssh_asks_is_answered_and_what_it_refuses_is_told() {
    let world = World::new(
        "Host locked\nIdentityFile {folder}/locked\nPasswordAuthentication no\n\
         Host stranger\nUserKnownHostsFile {folder}/changed\nStrictHostKeyChecking yes\n\
         Host nowhere\nHostName 127.0.0.1\nPort 1\n\
         Host busy\nRemoteCommand uptime\nRequestTTY force\nLocalForward 127.0.0.1:1 127.0.0.1:1\n",
    );
    let (machine, wake) = asleep().await;
    let mut answers = Answers::new([secret(PASSPHRASE)]);
    let mut there = world.run_asking("locked", &wake, None, &mut answers).await.unwrap();
    there.send().await.unwrap();
    assert_eq!(received(&machine).await, *wake.packet(None));
    // What the user's configuration has for logins by hand is not in the way.
    world.run("busy", &wake, None).await.unwrap().send().await.unwrap();
    assert_eq!(received(&machine).await, *wake.packet(None));

    let gives_up = world.run_asking("locked", &wake, None, &mut Answers::new([None])).await.err();
    assert_eq!(gives_up, Some(ConnectError::cancelled()));
    let stranger = world.run("stranger", &wake, None).await.err();
    assert!(matches!(stranger, Some(ConnectError::SshHostKey { .. })), "{stranger:?}");
    let nowhere = world.run("nowhere", &wake, None).await.err();
    assert!(matches!(nowhere, Some(ConnectError::SshUnreachable { .. })), "{nowhere:?}");
}

#[tokio::test]
async fn a_host_that_falls_silent_is_not_waited_for() {
    let world = World::with("ForceCommand sleep 60\n", "");
    let (_, wake) = asleep().await;
    let ssh = Ssh { timeout: Duration::from_secs(2), ..world.ssh() };
    let error = ssh.run(&"box".parse().unwrap(), SENDER, &mut Answers::default()).await.err();
    assert_eq!(error, Some(ConnectError::WakeTimeout { via: "box".into(), seconds: 2 }));
    drop(wake);
}
