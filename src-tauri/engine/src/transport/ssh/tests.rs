//! Through a real sshd: one of the test's own, on loopback, with its own keys. Needs openssh-server.

use super::{
    question::{Question, Reply, SecretOf},
    *,
};
use crate::{
    test_process::{CHILD_OF_TEST, again},
    test_program::write_script,
    transport::{
        ConnectDelegate, ConnectTrace,
        programs::{Running, free_port},
        proxy, tls,
    },
};
use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open},
};
use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream, unix::pipe},
    sync::oneshot,
};

mod script;

type StdCommand = std::process::Command;

/// What each test has to be done in.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);
const PASSPHRASE: &str = "correct horse";

/// Makes the keys of a world.
fn make_keys(folder: &Path) {
    for (name, passphrase) in [("host", ""), ("other", ""), ("id", ""), ("restricted", ""), ("locked", PASSPHRASE)] {
        let mut keygen = StdCommand::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f"]).arg(folder.join(name));
        assert!(keygen.status().expect("the package openssh-client is needed for this test").success());
    }
}

fn user() -> String {
    String::from_utf8(StdCommand::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_owned()
}

/// An sshd that listens.
fn start_sshd(config: &Path) -> Child {
    let mut sshd = StdCommand::new("/usr/sbin/sshd");
    sshd.args(["-D", "-e", "-f"]).arg(config).stdin(Stdio::null()).stderr(Stdio::piped());
    let mut sshd = sshd.spawn().expect("the package openssh-server is needed for this test");
    let mut said = BufReader::new(sshd.stderr.take().unwrap()).lines();
    assert!(said.by_ref().map_while(|line| line.ok()).any(|line| line.contains("Server listening")));
    std::thread::spawn(move || said.for_each(drop));
    sshd
}

/// A folder with an sshd and a user's configuration.
struct World {
    folder: TempDir,
    sshd: Child,
}

impl World {
    /// The configuration has these hosts before what all have in common.
    fn new(hosts: &str) -> Self {
        Self::with("", hosts)
    }

    /// The same with more lines for sshd. `{folder}` is the folder in both.
    fn with(sshd_lines: &str, hosts: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let public = |name: &str| fs::read_to_string(at(&format!("{name}.pub"))).unwrap();
        make_keys(folder.path());
        // The sshd of root insists on it; otherwise it is not needed.
        let _ = fs::create_dir_all("/run/sshd");
        fs::write(at("authorized"), format!("{}{}restrict {}", public("id"), public("locked"), public("restricted")))
            .unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let lines = [
            format!("ListenAddress 127.0.0.1:{port}"),
            format!("HostKey {}", at("host")),
            format!("AuthorizedKeysFile {}", at("authorized")),
            "PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\nPasswordAuthentication yes\n".to_owned(),
            sshd_lines.replace("{folder}", &folder.path().display().to_string()),
        ];
        fs::write(at("sshd_config"), lines.join("\n")).unwrap();
        let sshd = start_sshd(at("sshd_config").as_ref());

        let known = |key: &str| format!("[127.0.0.1]:{port} {}", public(key));
        fs::write(at("known"), known("host")).unwrap();
        fs::write(at("changed"), known("other")).unwrap();
        fs::create_dir(at("client")).unwrap();
        let common = [
            "Host *\nHostName 127.0.0.1\nGlobalKnownHostsFile /dev/null\nStrictHostKeyChecking ask".to_owned(),
            "UpdateHostKeys no\nIdentitiesOnly yes\nIdentityAgent none".to_owned(),
            format!("Port {port}\nUser {}\nUserKnownHostsFile {}", user(), at("known")),
            format!("Host * !locked !restricted\nIdentityFile {}\n", at("id")),
        ];
        let hosts = hosts.replace("{folder}", &folder.path().display().to_string());
        fs::write(at("client/config"), format!("{hosts}\n{}", common.join("\n"))).unwrap();

        let askpass = format!(
            "exec 3>&1\nexport PORTLIGHT_TEST_PROMPT=\"$1\"\nis=askpass\ntest \"$1\" = {} && is=carrier\n\
             exec '{}' --ignored --exact transport::ssh::tests::${{is}}_program --nocapture >/dev/null\n",
            carrier::ARGUMENT,
            env::current_exe().unwrap().display()
        );
        write_script(at("askpass").as_ref(), &askpass);
        Self { folder, sshd }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ssh(&self) -> Ssh {
        ssh(self.folder.path())
    }

    async fn dial(&self, jump: &str, port: u16, ask: &mut impl AskPass) -> Result<Stream, ConnectError> {
        timeout(TEST_TIMEOUT, self.ssh().dial(&jump.parse().unwrap(), "127.0.0.1", port, None, ask)).await.unwrap()
    }

    /// Why there is no way.
    async fn fails(&self, jump: &str, port: u16, ask: &mut impl AskPass) -> ConnectError {
        self.dial(jump, port, ask).await.err().expect("an error")
    }

    /// The process groups of all that was started with the configuration.
    fn groups(&self) -> BTreeSet<String> {
        let config = self.path("client/config").display().to_string();
        let has_it = |process: &Path| {
            fs::read(process.join("cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(&config))
        };
        processes().filter(|process| has_it(process)).filter_map(|process| group(&process)).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
    }
}

/// The system's ssh, with the configuration and the askpass program in `folder`.
fn ssh(folder: &Path) -> Ssh {
    let mut ssh = Ssh::of_the_system().unwrap();
    ssh.options.splice(0..0, ["-F".into(), folder.join("client/config").into()]);
    ssh.askpass = folder.join("askpass");
    ssh
}

fn processes() -> impl Iterator<Item = PathBuf> {
    fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.join("cmdline").exists())
}

/// The group of a process that runs.
fn group(process: &Path) -> Option<String> {
    Some(parent_and_group(process)?.1)
}

fn parent_and_group(process: &Path) -> Option<(String, String)> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    match fields.split_whitespace().collect::<Vec<_>>()[..] {
        ["Z", ..] => None,
        [_, parent, group, ..] => Some((parent.to_owned(), group.to_owned())),
        _ => None,
    }
}

/// Waits until no process of these groups runs any more.
async fn gone(groups: BTreeSet<String>) {
    assert!(!groups.is_empty(), "nothing ran");
    let one = || processes().find(|process| group(process).is_some_and(|group| groups.contains(&group)));
    let all = async {
        while let Some(process) = one() {
            let id = process.file_name().unwrap().to_str().unwrap().parse().unwrap();
            // Readable once the process has ended. One that has ended already has none.
            if let Ok(end) = pidfd_open(Pid::from_raw(id).unwrap(), PidfdFlags::NONBLOCK) {
                let ended = move || poll(&mut [PollFd::new(&end, PollFlags::IN)], None);
                tokio::task::spawn_blocking(ended).await.unwrap().unwrap();
            }
        }
    };
    timeout(Duration::from_secs(10), all).await.expect("a process of ssh's is still there");
}

/// A FIFO, to wait for a shell command that writes to it.
fn fifo(path: &Path) -> pipe::Receiver {
    let made = StdCommand::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
    // Open for writing, too: then it does not end before something was written.
    pipe::OpenOptions::new().read_write(true).open_receiver(path).unwrap()
}

/// What [`World`]'s askpass script runs: the real one, except for where its standard output goes.
#[test]
#[ignore = "this is the askpass program of the other tests"]
fn askpass_program() {
    let channel = env::var_os(askpass::CHANNEL).unwrap();
    let hint = env::var("SSH_ASKPASS_PROMPT").unwrap_or_default();
    let prompt = env::var_os("PORTLIGHT_TEST_PROMPT").unwrap();
    let answered = askpass::ask(&channel, &hint, &prompt, &mut fs::File::create("/dev/fd/3").unwrap());
    std::process::exit(if answered { 0 } else { 1 });
}

/// The same where ssh starts it to speak through it.
#[test]
#[ignore = "this is the ProxyCommand of the other tests"]
fn carrier_program() {
    let channel = env::var_os(carrier::CHANNEL).unwrap();
    let out = fs::OpenOptions::new().write(true).open("/dev/fd/3").unwrap();
    std::process::exit(if carrier::pass(&channel, io::stdin(), out).is_ok() { 0 } else { 1 });
}

/// Answers in turn, and then no more.
#[derive(Default)]
struct Answers {
    asked: Vec<Question>,
    replies: Vec<Option<Reply>>,
}

impl Answers {
    fn new(replies: impl IntoIterator<Item = Option<Reply>>) -> Self {
        Self { asked: vec![], replies: replies.into_iter().collect() }
    }
}

impl AskPass for Answers {
    async fn answer(&mut self, question: &Question) -> Option<Reply> {
        self.asked.push(question.clone());
        assert!(!self.replies.is_empty(), "one question too many: {question:?}");
        self.replies.remove(0)
    }
}

fn secret(text: &str) -> Option<Reply> {
    Some(Reply::Secret(text.to_owned().into()))
}

/// A server that greets, and then echoes.
async fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                stream.write_all(b"RFB 003.008\n").await?;
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await?;
                to.shutdown().await
            });
        }
    });
    port
}

/// Decides about nothing.
struct Nobody;

impl ConnectDelegate for Nobody {}

/// ssh itself would not find the SSH host: it comes there by the proxy, and by nothing else.
#[tokio::test]
async fn a_proxy_leads_to_the_ssh_host() {
    let world = World::new(
        "Host carried\nHostName no-such-host.invalid\nHostKeyAlias carried-key\nControlPath {folder}/none\n",
    );
    let key = fs::read_to_string(world.path("host.pub")).unwrap();
    fs::write(world.path("known"), format!("carried-key {key}")).unwrap();
    let error = world.fails("carried", 1, &mut Answers::default()).await;
    assert!(matches!(error, ConnectError::SshUnreachable { .. }), "{error}");
    let port = fs::read_to_string(world.path("sshd_config")).unwrap();
    let port = port.lines().find_map(|line| line.strip_prefix("ListenAddress 127.0.0.1:")?.parse().ok()).unwrap();
    let (socks, http) = (free_port(), free_port());
    let _microsocks = Running::start("microsocks", &["-i", "127.0.0.1", "-p", &socks.to_string()]);
    let file = world.path("tinyproxy.conf");
    fs::write(&file, format!("Port {http}\nListen 127.0.0.1\nTimeout 30\nMaxClients 20\n")).unwrap();
    let _tinyproxy = Running::start("tinyproxy", &["-d", "-c", file.to_str().unwrap()]);
    for at in [format!("socks5://127.0.0.1:{socks}"), format!("http://127.0.0.1:{http}")] {
        let through = proxy::Through { proxy: at.parse().unwrap(), password: None };
        let address = Address::tcp("127.0.0.1", port).unwrap();
        let led = async {
            loop {
                let (setup, mut trace) = (tls::Setup::default(), ConnectTrace::default());
                match proxy::dial(&through, ("127.0.0.1", port), &address, setup, &mut Nobody, &mut trace).await {
                    // It is just starting.
                    Err(ConnectError::ProxyUnreachable { .. }) => sleep(Duration::from_millis(20)).await,
                    led => return led.unwrap(),
                }
            }
        };
        let carrier = timeout(TEST_TIMEOUT, led).await.unwrap();
        let (jump, mut nobody) = ("carried".parse().unwrap(), Answers::default());
        let dialled = world.ssh().dial(&jump, "127.0.0.1", echo().await, Some(carrier), &mut nobody).await;
        let mut stream = dialled.unwrap_or_else(|error| panic!("{at}: {error}"));
        greeted(&mut stream).await;
        let sent = vec![7; 300_000];
        let (mut reading, mut writing) = tokio::io::split(&mut stream);
        let mut back = vec![0; sent.len()];
        let (wrote, read) = tokio::join!(writing.write_all(&sent), reading.read_exact(&mut back));
        wrote.unwrap();
        read.unwrap();
        assert_eq!(back, sent);
        drop(stream);
        let gone = async {
            while !world.groups().is_empty() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(TEST_TIMEOUT, gone).await.expect("ssh and what carried it end with the stream");
    }
}

#[tokio::test]
async fn a_proxy_that_breaks_off_is_the_ssh_host_s_end() {
    let world = World::new("Host carried\nHostKeyAlias carried-key\n");
    let (near, far) = tokio::io::duplex(1024);
    drop(far);
    let (jump, mut nobody) = ("carried".parse().unwrap(), Answers::default());
    let error = world.ssh().dial(&jump, "127.0.0.1", 1, Some(Box::new(near)), &mut nobody).await.err().unwrap();
    assert!(matches!(error, ConnectError::SshUnreachable { .. } | ConnectError::SshBroken { .. }), "{error}");
}

#[tokio::test]
async fn an_ssh_host_that_would_be_read_as_another_one_is_not_called() {
    let world = World::new("Host 127.2\nHostName 127.0.0.1\nHost 127.1\nHostName 127.1\n");
    let error = world.fails("127.1", 1, &mut Answers::default()).await;
    assert_eq!(error, ConnectError::SshAmbiguous { via: "127.1".into() });
    // The user's own configuration says what this one is.
    let mut stream = world.dial("127.2", echo().await, &mut Answers::default()).await.unwrap();
    greeted(&mut stream).await;
}

/// A server that greets, and then neither speaks nor closes, whatever its peer does.
async fn stubborn() -> (u16, oneshot::Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (keep, kept) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"RFB 003.008\n").await.unwrap();
        keep.send(stream).unwrap();
    });
    (port, kept)
}

async fn greeted(stream: &mut Stream) {
    let mut greeting = [0; 12];
    timeout(TEST_TIMEOUT, stream.read_exact(&mut greeting)).await.unwrap().unwrap();
    assert_eq!(&greeting, b"RFB 003.008\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_go_both_ways_and_none_is_changed() {
    let world = World::new("");
    let mut stream = world.dial("box", echo().await, &mut Answers::default()).await.unwrap();
    greeted(&mut stream).await;
    let sent: Vec<u8> = (0..10_000_000_u32).map(|n| (n ^ (n >> 8) ^ (n >> 16)) as u8).collect();
    let mut received = vec![0; sent.len()];
    let (mut from, mut to) = tokio::io::split(stream);
    let both = async { tokio::try_join!(to.write_all(&sent), from.read_exact(&mut received)) };
    timeout(TEST_TIMEOUT, both).await.unwrap().unwrap();
    assert!(received == sent);

    to.shutdown().await.unwrap();
    let end = timeout(TEST_TIMEOUT, from.read(&mut [0; 1])).await.unwrap().unwrap();
    assert_eq!(end, 0, "ssh ends well where the server does");
}

#[tokio::test]
async fn a_session_that_breaks_is_told_in_sshs_words() {
    let world = World::new("");
    let mut stream = world.dial("box", echo().await, &mut Answers::default()).await.unwrap();
    greeted(&mut stream).await;
    let sshd = world.sshd.id().to_string();
    let serves = processes().find(|process| parent_and_group(process).is_some_and(|(parent, _)| parent == sshd));
    let id = serves.as_deref().and_then(Path::file_name).unwrap();
    assert!(StdCommand::new("kill").arg(id).status().unwrap().success());
    let error = timeout(TEST_TIMEOUT, stream.read(&mut [0; 1])).await.unwrap().unwrap_err();
    assert!(error.to_string().starts_with("ssh: ") && error.to_string().contains("closed by remote host"), "{error}");
}

#[tokio::test]
async fn the_passphrase_of_a_key_is_asked_for() {
    let world = World::new("Host locked\nIdentityFile {folder}/locked\nPasswordAuthentication no\n");
    let question = |again| Question::Secret {
        prompt: format!("Enter passphrase for key '{}':", world.path("locked").display()),
        of: SecretOf::Passphrase,
        account: Some(format!("ssh locked: {}", world.path("locked").display())),
        again,
    };
    let mut answers = Answers::new([secret("wrong"), secret(PASSPHRASE)]);
    let mut stream = world.dial("locked", echo().await, &mut answers).await.unwrap();
    greeted(&mut stream).await;
    assert_eq!(answers.asked, [question(false), question(true)]);

    let mut wrong = Answers::new([secret("wrong"), secret("wrong"), secret("wrong")]);
    let error = world.fails("locked", 1, &mut wrong).await;
    let ConnectError::SshDenied { via, detail } = error else { panic!("{error:?}") };
    assert_eq!(via, "locked");
    assert!(detail.contains("Permission denied ("), "{detail}");
    assert_eq!(wrong.asked.len(), 3);
}

#[tokio::test]
async fn a_password_is_asked_for() {
    // There is no password here that would be right: those of the system are not the test's.
    let world = World::new("Host box\nPreferredAuthentications password\n");
    let mut answers = Answers::new([secret("wrong"), secret("ẅrong"), secret("wrong")]);
    let error = world.fails("box", 1, &mut answers).await;
    assert!(matches!(error, ConnectError::SshDenied { .. }), "{error:?}");
    let question = |again| Question::Secret {
        prompt: format!("{}@127.0.0.1's password:", user()),
        of: SecretOf::Password,
        account: Some(format!("ssh box: {}@127.0.0.1", user())),
        again,
    };
    assert_eq!(answers.asked, [question(false), question(true), question(true)]);
}

#[tokio::test]
async fn an_unknown_host_key_is_shown_and_remembered_once_it_was_accepted() {
    let world = World::new("Host unknown\nUserKnownHostsFile {folder}/new\n");
    let mut refuses = Answers::new([None]);
    let error = world.fails("unknown", 1, &mut refuses).await;
    assert_eq!(error, ConnectError::ViewerFailed { detail: String::new() });
    assert!(!world.path("new").exists());
    let mut keygen = StdCommand::new("ssh-keygen");
    let printed = keygen.args(["-l", "-f", world.path("host.pub").to_str().unwrap()]).output().unwrap().stdout;
    let expected = String::from_utf8(printed).unwrap().split_whitespace().nth(1).unwrap().to_owned();
    let [Question::HostKey { prompt, fingerprint: Some(fingerprint) }] = &refuses.asked[..] else {
        panic!("{:?}", refuses.asked)
    };
    assert_eq!(*fingerprint, expected);
    assert!(prompt.starts_with("The authenticity of host ") && prompt.contains(&expected), "{prompt}");
    assert!(!prompt.contains("yes/no"), "{prompt}");

    let echo = echo().await;
    let mut accepts = Answers::new([Some(Reply::Yes)]);
    greeted(&mut world.dial("unknown", echo, &mut accepts).await.unwrap()).await;
    greeted(&mut world.dial("unknown", echo, &mut Answers::default()).await.unwrap()).await;
}

#[tokio::test]
async fn a_changed_host_key_is_told_in_sshs_words() {
    let world = World::new("Host changed\nUserKnownHostsFile {folder}/changed\nStrictHostKeyChecking yes\n");
    let error = world.fails("changed", 1, &mut Answers::default()).await;
    let ConnectError::SshHostKey { via, detail } = error else { panic!("{error:?}") };
    assert_eq!(via, "changed");
    assert!(detail.contains("REMOTE HOST IDENTIFICATION HAS CHANGED") && detail.contains("SHA256:"), "{detail}");
    assert!(!detail.contains("@@@"), "{detail}");
}

#[tokio::test]
async fn what_the_ssh_host_cannot_reach_or_must_not_is_told() {
    let world = World::new("Host restricted\nIdentityFile {folder}/restricted\n");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();

    let error = world.fails("box", closed, &mut Answers::default()).await;
    let ConnectError::SshForward { via, address, detail } = error else { panic!("{error:?}") };
    assert_eq!((via.as_str(), address), ("box", format!("127.0.0.1:{closed}")));
    assert!(detail.contains("Connection refused"), "{detail}");

    let error = world.fails("restricted", echo().await, &mut Answers::default()).await;
    let ConnectError::SshProhibited { detail, .. } = error else { panic!("{error:?}") };
    assert!(detail.contains("prohibited"), "{detail}");
}

#[tokio::test]
async fn a_server_that_closes_without_a_greeting_is_no_failure_of_ssh() {
    let world = World::new("");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { drop(listener.accept().await) });
    let error = world.fails("box", port, &mut Answers::default()).await;
    assert_eq!(error, ConnectError::NotRfbClosed { address: format!("127.0.0.1:{port}") });
}

#[tokio::test]
async fn an_ssh_host_that_is_not_there_is_told() {
    let world = World::new(
        "Host nowhere\nHostName no-such-machine.invalid\nHost closed\nPort 1\nHost behind\nPort 1\nProxyJump box\n",
    );
    for (jump, words) in
        [("nowhere", "no-such-machine.invalid"), ("closed", "Connection refused"), ("behind", "Connection refused")]
    {
        let error = world.fails(jump, 1, &mut Answers::default()).await;
        let ConnectError::SshUnreachable { via, detail } = error else { panic!("{error:?}") };
        assert_eq!(via, jump);
        assert!(detail.contains(words), "{detail}");
    }
    let missing = Ssh { program: "/nowhere/ssh".into(), ..world.ssh() };
    let error = missing.dial(&"box".parse().unwrap(), "127.0.0.1", 1, None, &mut Answers::default()).await.err();
    assert_eq!(error, Some(ConnectError::SshMissing));
}

#[tokio::test]
async fn an_ssh_host_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = World::new(&format!("Host silent\nPort {}\n", listener.local_addr().unwrap().port()));
    let impatient = Ssh { timeout: Duration::from_secs(1), ..world.ssh() };
    let began = Instant::now();
    let mut answers = Answers::default();
    let jump = "silent".parse().unwrap();
    let dialling = impatient.dial(&jump, "box", 5901, None, &mut answers);
    let accepted = async {
        let accepted = listener.accept().await.unwrap();
        (world.groups(), accepted)
    };
    let (error, (groups, _accepted)) = timeout(TEST_TIMEOUT, async { tokio::join!(dialling, accepted) }).await.unwrap();
    assert_eq!(
        error.err(),
        Some(ConnectError::SshTimeout { via: "silent".into(), address: "box:5901".into(), seconds: 1 })
    );
    assert!(began.elapsed() >= Duration::from_secs(1));
    gone(groups).await;
}

/// All processes that this one has started, and theirs.
fn descendants(of: u32) -> Vec<Pid> {
    let parent = |process: &Path| {
        let stat = fs::read_to_string(process.join("stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    let id = |process: &Path| process.file_name()?.to_str()?.parse::<u32>().ok();
    let children = processes().filter(|process| parent(process) == Some(of)).filter_map(|process| id(&process));
    let with_theirs = |child| descendants(child).into_iter().chain(Pid::from_raw(child.cast_signed()));
    children.flat_map(with_theirs).collect()
}

#[tokio::test]
async fn an_ssh_host_that_falls_silent_is_noticed() {
    // The user's own configuration may ask so rarely that it would take a quarter of an hour.
    let world = World::new("Host own\nServerAliveInterval 240\n");
    let echo = echo().await;
    for jump in ["box", "own"] {
        let impatient = Ssh { alive_interval: Duration::from_secs(1), ..world.ssh() };
        let mut answers = Answers::default();
        let mut stream = impatient.dial(&jump.parse().unwrap(), "127.0.0.1", echo, None, &mut answers).await.unwrap();
        greeted(&mut stream).await;
        let frozen = descendants(world.sshd.id());
        frozen.iter().for_each(|process| kill_process(*process, Signal::STOP).unwrap());
        let end = timeout(Duration::from_secs(20), stream.read_u8()).await;
        frozen.iter().for_each(|process| kill_process(*process, Signal::KILL).unwrap());
        let words = end.expect("it is noticed").unwrap_err().to_string();
        assert!(words.contains("not responding"), "{jump}: {words}");
    }
}

#[tokio::test]
async fn an_ssh_host_that_is_killed_is_noticed_at_once_and_there_again_after_its_restart() {
    let mut world = World::new("");
    let echo = echo().await;
    let mut stream = world.dial("box", echo, &mut Answers::default()).await.unwrap();
    greeted(&mut stream).await;
    let connections = descendants(world.sshd.id());
    world.sshd.kill().unwrap();
    world.sshd.wait().unwrap();
    connections.iter().for_each(|process| kill_process(*process, Signal::KILL).unwrap());
    let end = timeout(Duration::from_secs(5), stream.read_u8()).await.expect("it is noticed").unwrap_err();
    assert!(end.get_ref().is_some_and(|cause| cause.is::<Ended>()), "{end}");

    let error = world.fails("box", echo, &mut Answers::default()).await;
    assert!(matches!(error, ConnectError::SshUnreachable { .. }), "{error:?}");
    world.sshd = start_sshd(&world.path("sshd_config"));
    greeted(&mut world.dial("box", echo, &mut Answers::default()).await.unwrap()).await;
}

/// Answers after an hour.
struct AfterAnHour;

impl AskPass for AfterAnHour {
    async fn answer(&mut self, _: &Question) -> Option<Reply> {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(60 * 60)).await;
        tokio::time::resume();
        Some(Reply::Yes)
    }
}

#[tokio::test]
async fn no_time_runs_while_a_person_is_asked() {
    let world = World::new("Host unknown\nUserKnownHostsFile {folder}/new\n");
    let jump = "unknown".parse().unwrap();
    let dialled = world.ssh().dial(&jump, "127.0.0.1", echo().await, None, &mut AfterAnHour).await;
    assert!(dialled.is_ok(), "{:?}", dialled.err());
}

/// A question neither gives more time to the network nor takes any of it.
#[tokio::test(start_paused = true)]
async fn the_time_before_and_after_a_question_counts_together() {
    struct AfterAMinute;
    impl AskPass for AfterAMinute {
        async fn answer(&mut self, _: &Question) -> Option<Reply> {
            sleep(Duration::from_secs(60)).await;
            Some(Reply::Yes)
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let ssh = Ssh {
        program: "ssh".into(),
        options: Vec::new(),
        askpass: folder.path().join("askpass"),
        timeout: Duration::from_secs(30),
        alive_interval: ALIVE_INTERVAL,
    };
    let channel = Channel::open().unwrap();
    let mut silent = Command::new("tail");
    let mut tunnel = Tunnel::start(silent.args(["-f", "/dev/null"])).unwrap();
    let began = Instant::now();
    let address = channel.address();
    let asking = async {
        let mut connections = Vec::new();
        for _ in 0..2 {
            sleep(Duration::from_secs(10)).await;
            let mut connection = tokio::net::UnixStream::connect(&address).await.unwrap();
            connection.write_all(&message::question(question::Hint::Confirm, b"Allow?")).await.unwrap();
            // The answer: without it the deadline would run again.
            connection.read_u8().await.unwrap();
            connections.push(connection);
        }
        std::future::pending::<()>().await;
    };
    let (mut questions, mut ask) = (Questions::new(&"box".parse().unwrap()), AfterAMinute);
    let started = tokio::select! {
        started = ssh.attend(tunnel.first_bytes(), &channel, &mut questions, &mut ask) => started.unwrap(),
        () = asking => unreachable!(),
    };
    assert!(started.is_none(), "the time is up");
    assert_eq!(began.elapsed().as_secs(), 30 + 2 * 60);
}

/// Says that it was asked, and never answers.
struct Hesitates(Option<oneshot::Sender<()>>);

impl AskPass for Hesitates {
    async fn answer(&mut self, _: &Question) -> Option<Reply> {
        let _ = self.0.take().unwrap().send(());
        std::future::pending().await
    }
}

#[tokio::test]
async fn dialling_can_be_given_up_while_ssh_asks() {
    let world = World::new("Host unknown\nUserKnownHostsFile {folder}/new\n");
    let (asking, asked) = oneshot::channel();
    let mut hesitates = Hesitates(Some(asking));
    let groups = tokio::select! {
        _ = world.dial("unknown", 1, &mut hesitates) => panic!("it ended without an answer"),
        groups = async { asked.await.map(|()| world.groups()).unwrap() } => groups,
    };
    // The future is gone, and with it the question, the askpass program, and ssh.
    gone(groups).await;
    assert!(!world.path("new").exists());
}

#[tokio::test]
async fn a_question_disappears_when_ssh_no_longer_asks() {
    let (mut asker, caller) = tokio::net::UnixStream::pair().unwrap();
    asker.write_all(&message::question(question::Hint::Notice, b"Touch the key")).await.unwrap();
    let (asking, asked) = oneshot::channel();
    let mut hesitates = Hesitates(Some(asking));
    let mut questions = Questions::new(&"box".parse().unwrap());
    let touched = async {
        asked.await.unwrap();
        drop(asker);
    };
    let (answered, ()) =
        timeout(TEST_TIMEOUT, async { tokio::join!(answer_one(caller, &mut questions, &mut hesitates), touched) })
            .await
            .unwrap();
    assert_eq!(answered, Ok(()));
}

#[tokio::test]
async fn ssh_and_its_jump_hosts_end_with_the_session_though_the_server_holds_on() {
    let world = World::new("Host inner\nProxyJump box\n");
    let (port, kept) = stubborn().await;
    let mut stream = world.dial("inner", port, &mut Answers::default()).await.unwrap();
    greeted(&mut stream).await;
    let _kept = kept.await.unwrap();
    let groups = world.groups();
    assert_eq!(groups.len(), 1, "ssh and the ssh of the ProxyJump are one group");
    drop(stream);
    gone(groups).await;
}

#[tokio::test]
async fn a_proxy_command_that_waits_ends_too() {
    let stays = "trap '' HUP TERM; echo > {folder}/begun; tail -f /dev/null; exit";
    let world = World::new(&format!("Host proxied\nProxyCommand sh -c \"{stays}\" {{folder}}/client/config\n"));
    let mut started = fifo(&world.path("begun"));
    let begun = async {
        started.read_u8().await.unwrap();
        world.groups()
    };
    let mut answers = Answers::default();
    let groups = tokio::select! {
        _ = world.dial("proxied", 1, &mut answers) => panic!("it ended without an answer"),
        groups = begun => groups,
    };
    gone(groups).await;
}

#[tokio::test]
async fn a_connection_that_is_there_is_used_and_none_is_left_behind() {
    let shared = "ControlPath {folder}/control\nControlMaster auto\nControlPersist 60\n";
    let world = World::new(&format!("Host shared\n{shared}Host only-shared\nPort 1\n{shared}"));
    let echo = echo().await;
    let mut stream = world.dial("shared", echo, &mut Answers::default()).await.unwrap();
    greeted(&mut stream).await;
    assert!(!world.path("control").exists());
    let groups = world.groups();
    drop(stream);
    gone(groups).await;

    let mut master = Command::new("ssh");
    let mut up = fifo(&world.path("up"));
    let when_up = format!("-oLocalCommand=echo > {}", world.path("up").display());
    master.arg("-F").arg(world.path("client/config")).args(["-M", "-N", "-oControlPersist=no"]);
    master.args(["-oPermitLocalCommand=yes", &when_up, "shared"]);
    let _master = master.stdin(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    timeout(TEST_TIMEOUT, up.read_u8()).await.unwrap().unwrap();
    assert!(world.path("control").exists());
    // Nothing listens at its own port: it can only have come the other way.
    greeted(&mut world.dial("only-shared", echo, &mut Answers::default()).await.unwrap()).await;
}

/// Portlight, dialling through the world in the folder named by the environment; until it is killed.
async fn portlight_in(folder: &Path) {
    let (jump, port) = (env::var("JUMP").unwrap(), env::var("SERVER").unwrap().parse().unwrap());
    let dialled = ssh(folder).dial(&jump.parse().unwrap(), "127.0.0.1", port, None, &mut Answers::default()).await;
    println!("dialled {}", dialled.is_ok());
    std::future::pending().await
}

#[tokio::test(flavor = "multi_thread")]
async fn ssh_ends_though_portlight_was_killed() {
    if let Some(folder) = env::var_os(CHILD_OF_TEST) {
        return portlight_in(folder.as_ref()).await;
    }
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let world = World::new(&format!("Host inner\nProxyJump box\nHost silent\nPort {silent_port}\n"));
    let (port, kept) = stubborn().await;
    let portlight = |jump: &str| {
        let test = again("transport::ssh::tests::ssh_ends_though_portlight_was_killed");
        let mut command = Command::from(test);
        command.env(CHILD_OF_TEST, world.folder.path()).env("JUMP", jump).env("SERVER", port.to_string());
        // What was killed does not tidy up.
        command.env("TMPDIR", world.folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap()
    };

    // In a session, whose server does not close.
    let mut dialled = portlight("inner");
    let _kept = timeout(TEST_TIMEOUT, kept).await.unwrap().unwrap();
    let groups = world.groups();
    dialled.kill().await.unwrap();
    gone(groups).await;

    // While the SSH host keeps it waiting.
    let mut dialling = portlight("silent");
    let _accepted = timeout(TEST_TIMEOUT, silent.accept()).await.unwrap().unwrap();
    let groups = world.groups();
    dialling.kill().await.unwrap();
    gone(groups).await;
}

#[tokio::test]
async fn what_is_secret_stands_in_no_argument_and_no_environment_of_others() {
    let world = World::new("Host locked\nIdentityFile {folder}/locked\n");
    let mut stream = world.dial("locked", echo().await, &mut Answers::new([secret(PASSPHRASE)])).await.unwrap();
    greeted(&mut stream).await;
    let groups = world.groups();
    let ours: Vec<_> = processes().filter(|process| group(process).is_some_and(|id| groups.contains(&id))).collect();
    assert!(ours.len() >= 2, "ssh and the guard");
    for process in ours {
        for file in ["cmdline", "environ"] {
            let text = String::from_utf8_lossy(&fs::read(process.join(file)).unwrap()).into_owned();
            assert!(!text.contains(PASSPHRASE), "{text}");
            let is_ssh = text.contains("SSH_ASKPASS=");
            assert_eq!(text.contains(askpass::CHANNEL), is_ssh, "only ssh knows the channel: {text}");
        }
    }
    assert_eq!(env::var_os(askpass::CHANNEL), None);
}
