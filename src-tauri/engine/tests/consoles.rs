//! The scripts in docs/consoles: libvirt's with a real libvirt and QEMU, the others with mocks that behave as the
//! documentation of Proxmox VE, OpenStack and KubeVirt says.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics has failed")]

#[allow(dead_code, reason = "the tests of sessions start it again")]
mod sshd;

use futures_util::{SinkExt, StreamExt};
use portlight_engine::{
    doctor::{self, ProbeRequest, Report, Saved, TrustPolicy},
    model::{Address, Target},
    store::Pins,
};
use sshd::{Sshd, program::write_script};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
        http::HeaderValue,
    },
};

const TIMEOUT: Duration = Duration::from_secs(60);

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/consoles").join(name)
}

/// The way to a machine whose console this command finds, as "Test connection" goes it.
async fn examine(command: &str) -> Report {
    let mut target = Target::unsaved("lab".into(), Address::parse("hypervisor.invalid").unwrap(), false);
    target.console_command = Some(command.parse().unwrap());
    let (saved, accept) = (Saved::default(), TrustPolicy::Known);
    let request = ProbeRequest { target, login: None, saved, accept, console_login: true };
    timeout(TIMEOUT, doctor::examine(request, &Pins::default())).await.unwrap()
}

fn reached(report: &Report) {
    assert!(report.error.is_none() && report.desktop.is_some(), "{report:?}");
}

/// A user's libvirt with one domain. As root libvirt has no session, so it belongs to `nobody` then.
struct Libvirt {
    home: TempDir,
}

impl Libvirt {
    const AS_NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        // Two libvirts would take the same one at once.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let domain = "<domain type='qemu'><name>lab</name><memory unit='MiB'>32</memory>
            <os><type arch='x86_64' machine='pc'>hvm</type></os>
            <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><video><model type='vga'/></video>
            <graphics type='vnc' port='PORT' autoport='no' listen='127.0.0.1' passwd='one&quot;time'/></devices></domain>";
        fs::write(home.path().join("lab.xml"), domain.replace("PORT", &port.to_string())).unwrap();
        fs::copy(script("libvirt"), home.path().join("console")).unwrap();
        if rustix::process::getuid().is_root() {
            let given = Command::new("chown").args(["-R", "nobody:nogroup"]).arg(home.path()).status().unwrap();
            assert!(given.success());
        }
        let libvirt = Self { home };
        let lab = libvirt.home.path().join("lab.xml");
        // Paused, it costs nothing; its screen is there all the same.
        let created = libvirt.virsh(&["create", "--paused", lab.to_str().unwrap()]);
        assert!(created.status.success(), "{created:?}");
        libvirt
    }

    /// What begins a command line of its user's.
    fn words(&self) -> Vec<String> {
        let home = self.home.path().display();
        let as_nobody = rustix::process::getuid().is_root().then_some(Self::AS_NOBODY);
        let variables = ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"];
        let variables = variables.map(|name| format!("{name}={home}"));
        let words = as_nobody.into_iter().flatten().map(str::to_owned);
        words.chain(["env".to_owned()]).chain(variables).collect()
    }

    fn virsh(&self, arguments: &[&str]) -> Output {
        let words = self.words();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(["virsh", "-q", "-c", "qemu:///session"]).args(arguments);
        command.current_dir("/").output().unwrap()
    }

    fn console(&self, domain: &str) -> String {
        format!("{} {}/console {domain} qemu:///session", self.words().join(" "), self.home.path().display())
    }
}

impl Drop for Libvirt {
    fn drop(&mut self) {
        let _ = self.virsh(&["destroy", "lab"]);
        // The daemon would stay for two minutes.
        let pid = fs::read_to_string(self.home.path().join("libvirt/libvirtd.pid"));
        if let Some(pid) = pid.ok().and_then(|text| rustix::process::Pid::from_raw(text.trim().parse().ok()?)) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }
}

#[tokio::test]
async fn a_libvirt_domain_is_found_with_its_password() {
    let libvirt = Libvirt::start();
    let report = examine(&libvirt.console("%n")).await;
    reached(&report);
    assert_eq!(report.chosen.as_deref(), Some("VncAuth"));
    let missing = examine(&libvirt.console("other")).await;
    let error = missing.error.map(|failure| failure.error.to_string()).unwrap_or_default();
    assert!(error.contains("failed to get domain 'other'"), "{error}");
}

/// A mock of `virsh` that names `port` as the screen's, among the programs of `sshd`.
fn mock_virsh(sshd: &Sshd, port: u16) {
    let xml = format!(
        "<domain><devices><graphics type='vnc' port='{port}' listen='127.0.0.1'>\
         <listen type='address' address='127.0.0.1'/></graphics></devices></domain>"
    );
    sshd.program("virsh", &format!("echo \"{xml}\""));
}

#[tokio::test]
async fn a_screen_on_the_loopback_of_a_hypervisor_is_reached_by_ssh_as_its_console_says() {
    let this = "a_screen_on_the_loopback_of_a_hypervisor_is_reached_by_ssh_as_its_console_says";
    let Some(folder) = sshd::again(this).await else { return };
    let (hypervisor, screen) = (Sshd::start(folder), TcpListener::bind("127.0.0.1:0").await.unwrap());
    mock_virsh(&hypervisor, screen.local_addr().unwrap().port());
    let place = &hypervisor.place;
    let command = format!("{} lab qemu+ssh://{place}/system", script("libvirt").display());
    let report = tokio::select! {
        report = examine(&command) => report,
        () = lets_anybody_in(&screen) => panic!("it listens as long as the test runs"),
    };
    reached(&report);
    let through = format!("through ssh://{place}");
    let by_ssh = report.stages.iter().find(|stage| stage.stage.to_string() == "ssh");
    assert!(by_ssh.is_some_and(|stage| stage.ok && stage.detail.contains(&through)), "{:?}", report.stages);
}

/// A real one: virsh comes to the hypervisor's libvirt by ssh, and Portlight to the screen, which listens on the hypervisor's loopback
/// alone. Commands there run as libvirt's user.
#[tokio::test]
async fn a_real_hypervisor_is_asked_by_ssh_and_its_screen_reached_the_same_way() {
    let this = "a_real_hypervisor_is_asked_by_ssh_and_its_screen_reached_the_same_way";
    let Some(folder) = sshd::again(this).await else { return };
    let libvirt = Libvirt::start();
    let forced = format!("cd /; exec {} sh -c \"$SSH_ORIGINAL_COMMAND\"", libvirt.words().join(" "));
    let hypervisor = Sshd::forcing(folder, &forced);
    let (place, [key, known]) = (&hypervisor.place, hypervisor.keys().map(|file| file.display().to_string()));
    let uri = format!("qemu+ssh://{place}/session?keyfile={key}&known_hosts={known}&no_tty=1");
    let report = examine(&format!("{} lab '{uri}'", script("libvirt").display())).await;
    reached(&report);
    assert_eq!(report.chosen.as_deref(), Some("VncAuth"), "with the password that libvirt has told");
    let through = format!("through ssh://{place}");
    let by_ssh = report.stages.iter().find(|stage| stage.stage.to_string() == "ssh");
    assert!(by_ssh.is_some_and(|stage| stage.ok && stage.detail.contains(&through)), "{:?}", report.stages);
    let missing = examine(&format!("{} other '{uri}'", script("libvirt").display())).await;
    let error = missing.error.map(|failure| failure.error.to_string()).unwrap_or_default();
    assert!(error.contains("failed to get domain 'other'"), "{error}");
}

/// A VNC server without a password (RFC 6143, section 7.1).
async fn lets_anybody_in(listener: &TcpListener) {
    const SCREEN: &[u8] = b"\x03\x20\x02\x58\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\0\0\0\0\0\0\x04desk";
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        for (say, hear) in [(&b"RFB 003.008\n"[..], 12), (&[1, 1], 1), (&[0; 4], 1), (SCREEN, 0)] {
            stream.write_all(say).await.unwrap();
            stream.read_exact(&mut vec![0; hear]).await.unwrap();
        }
        // Until the viewer goes.
        let _ = stream.read(&mut [0]).await;
    }
}

/// A mock: a site that hands out what `answer` says for a POST, and shows a screen to who has the right request.
struct MockSite {
    address: String,
    seen: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl MockSite {
    async fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sees = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut head = [0; 4];
                while stream.peek(&mut head).await.unwrap() < 4 {}
                if &head == b"POST" { hand_out(stream, answer, &sees).await } else { show(stream, &sees).await }
            }
        });
        Self { address, seen, task }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for MockSite {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn hand_out(mut stream: TcpStream, answer: &str, seen: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    while !request.ends_with(b"websocket=1") {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
    }
    let request = String::from_utf8(request).unwrap();
    let wanted = |line: &&str| line.starts_with("POST") || line.starts_with("Authorization");
    seen.lock().unwrap().extend(request.lines().filter(wanted).map(str::to_owned));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
    stream.write_all((head + answer).as_bytes()).await.unwrap();
}

async fn show(stream: TcpStream, seen: &Mutex<Vec<String>>) {
    #[expect(clippy::result_large_err, reason = "the type is tungstenite's")]
    let offered = |request: &Request, mut response: Response| {
        let header = |name| request.headers().get(name).map_or("", |value| value.to_str().unwrap());
        seen.lock().unwrap().push(format!("{} {} {}", request.uri(), header("authorization"), header("origin")));
        response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("binary"));
        Ok(response)
    };
    let mut socket = accept_hdr_async(stream, offered).await.unwrap();
    let init: &[u8] = b"\x03\x20\x02\x58\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\0\0\0\0\0\0\x04desk";
    // RFC 6143, section 7: version, None, its result, ServerInit.
    for (say, hears) in [(&b"RFB 003.008\n"[..], true), (&[1, 1], true), (&[0; 4], true), (init, false)] {
        socket.send(Message::binary(say.to_vec())).await.unwrap();
        if hears {
            socket.next().await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_console_of_a_mock_of_proxmox_is_made_for_the_moment() {
    let site = MockSite::start(
        r#"{"data": {"port": "5901", "ticket": "PVEVNC:65A+/=", "user": "ann@pve!portlight", "upid": "UPID:x", "cert": ""}}"#,
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "ann@pve!portlight=0000-1111\n").unwrap();
    let command = format!("{} http://{} pve 100 {}", script("proxmox").display(), site.address, token.display());
    reached(&examine(&command).await);
    let path = "/api2/json/nodes/pve/qemu/100";
    let authorization = "PVEAPIToken=ann@pve!portlight=0000-1111";
    let seen = site.seen();
    assert_eq!(seen[..2], [format!("POST {path}/vncproxy HTTP/1.1"), format!("Authorization: {authorization}")]);
    let opened = format!("{path}/vncwebsocket?port=5901&vncticket=PVEVNC%3A65A%2B%2F%3D {authorization} ");
    assert!(seen[2].starts_with(&opened), "{seen:?}");
}

#[tokio::test]
async fn a_console_of_a_mock_of_openstack_is_made_for_the_moment() {
    let site = MockSite::start("").await;
    let folder = tempfile::tempdir().unwrap();
    let mock = folder.path().join("openstack");
    for page in ["vnc_lite.html?path=%3Ftoken%3Dabc", "vnc_auto.html?token=abc"] {
        let shown = format!(r#"{{"protocol": "vnc", "type": "novnc", "url": "http://{}/{page}"}}"#, site.address);
        let text = format!("[ \"$*\" = 'console url show --novnc -f json -- lab' ] && echo '{shown}'");
        write_script(&mock, &text);
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        reached(&examine(&format!("env PATH={path} {} %n", script("openstack-console").display())).await);
    }
    let origin = format!("http://{}", site.address);
    assert_eq!(site.seen(), [format!("/?token=abc  {origin}"), format!("/websockify?token=abc  {origin}")]);
}

#[tokio::test]
async fn a_console_of_a_mock_of_kubevirt_is_reached_with_the_kubeconfigs_login() {
    let site = MockSite::start("").await;
    let folder = tempfile::tempdir().unwrap();
    let kubectl = folder.path().join("kubectl");
    let token_file = folder.path().join("token");
    fs::write(&token_file, "from-a-file\n").unwrap();
    let credential = folder.path().join("credential");
    let printed = r#"{"kind": "ExecCredential", "status": {"token": "'$1-$LAB'"}}"#;
    write_script(&credential, &format!("echo '{printed}'"));
    let in_file = format!(r#"{{"tokenFile": "{}"}}"#, token_file.display());
    let program = format!(
        r#"{{"exec": {{"command": "{}", "args": ["from"], "env": [{{"name": "LAB", "value": "elsewhere"}}]}}}}"#,
        credential.display()
    );
    let users = [r#"{"token": "abc"}"#, &in_file, &program];
    for user in users {
        let config = format!(
            r#"{{"clusters": [{{"cluster": {{"server": "http://{}/k8s/"}}}}], "users": [{{"user": {user}}}],
            "contexts": [{{"context": {{"namespace": "lab"}}}}]}}"#,
            site.address
        );
        let wanted = "config view --raw --minify --flatten -o json --context blue";
        write_script(&kubectl, &format!("[ \"$*\" = '{wanted}' ] && cat <<'END'\n{config}\nEND"));
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        let command = format!("env 'PATH={path}' {} %n '' blue", script("kubevirt").display());
        reached(&examine(&command).await);
    }
    let origin = format!("http://{}", site.address);
    let opened = |token: &str| {
        format!(
            "/k8s/apis/subresources.kubevirt.io/v1/namespaces/lab/virtualmachineinstances/lab/vnc Bearer {token} {origin}"
        )
    };
    assert_eq!(site.seen(), ["abc", "from-a-file", "from-elsewhere"].map(opened));
}
