//! A real sshd on loopback, with keys of its own, and an `ssh` that knows its host key and logs in there. That one has to come first in
//! the `PATH`, which is the whole process's: a test that uses it runs itself again, as [`again`] does it.

#[path = "../program/mod.rs"]
pub mod program;

use program::write_script;
use rustix::process::{Pid, Signal, kill_process};
use std::{env, path::PathBuf, time::Duration};
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};
use tokio::time::timeout;

/// Names the folder of the sshd to a test that runs again.
const FOLDER: &str = "PORTLIGHT_TEST_SSHD";
/// Far longer than such a test takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Runs `test` of this program again, where its ssh comes first in the `PATH`. In that run there is a folder for its sshd.
pub async fn again(test: &str) -> Option<PathBuf> {
    if let Some(folder) = env::var_os(FOLDER) {
        return Some(folder.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = format!("{}:{}", folder.path().join("bin").display(), env::var("PATH").unwrap());
    let mut test_again = tokio::process::Command::new(env::current_exe().unwrap());
    test_again.args(["--exact", test, "--nocapture"]).env("PATH", path).env(FOLDER, folder.path()).kill_on_drop(true);
    let ran = timeout(TIMEOUT, test_again.output()).await.unwrap().unwrap();
    let said = [ran.stdout, ran.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
    None
}

/// It ends when this is dropped.
pub struct Sshd {
    folder: PathBuf,
    running: Child,
    /// User, host and port, as they stand in a URI.
    pub place: String,
}

impl Sshd {
    /// One with keys of its own, in this empty folder.
    pub fn start(folder: PathBuf) -> Self {
        Self::running(folder, None)
    }

    /// One that runs commands by this line of a shell, which finds them in `$SSH_ORIGINAL_COMMAND`.
    #[allow(dead_code, reason = "the tests of sessions run no commands there")]
    pub fn forcing(folder: PathBuf, line: &str) -> Self {
        Self::running(folder, Some(line))
    }

    fn running(folder: PathBuf, forced: Option<&str>) -> Self {
        let at = |name: &str| folder.join(name).display().to_string();
        for name in ["host", "id"] {
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &at(name)]).status();
            assert!(made.unwrap().success());
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\nStrictModes no\n\
             PermitRootLogin yes\n",
            at("host"),
            at("id.pub")
        );
        let forced = forced.map(|line| {
            let file = folder.join("forced");
            write_script(&file, line);
            format!("ForceCommand {}\n", file.display())
        });
        fs::write(at("sshd"), server + &forced.unwrap_or_default()).unwrap();
        let public = fs::read_to_string(at("host.pub")).unwrap();
        fs::write(at("known"), format!("[127.0.0.1]:{port} {public}")).unwrap();
        let client = format!(
            "Host *\nIdentityFile {}\nIdentitiesOnly yes\nIdentityAgent none\nUserKnownHostsFile {}\n\
             GlobalKnownHostsFile /dev/null\nStrictHostKeyChecking yes\n",
            at("id"),
            at("known")
        );
        fs::write(at("config"), client).unwrap();
        fs::create_dir(at("bin")).unwrap();
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let place = format!("{}@127.0.0.1:{port}", String::from_utf8(user).unwrap().trim());
        let running = run(&at("sshd"));
        let sshd = Self { running, place, folder };
        sshd.program("ssh", &format!("exec /usr/bin/ssh -F '{}' \"$@\"", sshd.folder.join("config").display()));
        sshd
    }

    /// It is killed with all its connections, as where its computer goes down.
    pub fn kill(&mut self) {
        let connections = descendants(self.running.id());
        let _ = self.running.kill();
        let _ = self.running.wait();
        for process in connections {
            let _ = kill_process(process, Signal::KILL);
        }
    }

    /// It listens again, at the same port.
    pub fn start_again(&mut self) {
        self.running = run(&self.folder.join("sshd").display().to_string());
    }

    /// A program of this name beside ssh: a line of a shell.
    pub fn program(&self, name: &str, line: &str) {
        write_script(&self.folder.join("bin").join(name), line);
    }

    /// The key that it lets in with, and the file in which its own is known.
    #[allow(dead_code, reason = "the tests of sessions leave that to ssh's configuration")]
    pub fn keys(&self) -> [PathBuf; 2] {
        ["id", "known"].map(|name| self.folder.join(name))
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.kill();
    }
}

/// All processes that this one has started, and theirs.
fn descendants(of: u32) -> Vec<Pid> {
    let ids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let parent = |id: &u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    let children = ids.filter(|id| parent(id) == Some(of));
    children.flat_map(|id| descendants(id).into_iter().chain(Pid::from_raw(id.cast_signed()))).collect()
}

/// Until it listens.
fn run(config: &str) -> Child {
    let mut sshd = Command::new("/usr/sbin/sshd");
    // `-D`: it stays this process.
    sshd.args(["-D", "-e", "-f", config]).stdin(Stdio::null()).stderr(Stdio::piped());
    let mut sshd = sshd.spawn().expect("the package openssh-server is needed for this test");
    let mut said = BufReader::new(sshd.stderr.take().unwrap()).lines();
    assert!(said.by_ref().map_while(|line| line.ok()).any(|line| line.contains("Server listening")));
    std::thread::spawn(move || said.for_each(drop));
    sshd
}
