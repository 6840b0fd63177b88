//! Against real announcers, in a network of the test's own. Needs unshare of util-linux, ip of iproute2, and avahi-daemon.

use super::*;
use crate::{
    error::StoreError,
    model::HostDraft,
    store::{HostsFile, Preferences},
    test_process::{CHILD_OF_TEST, again},
};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// This computer's address in the network of the test's own.
const HERE: Ipv4Addr = Ipv4Addr::new(10, 11, 12, 1);
/// Where mDNS is spoken ([RFC 6762, section 3](https://www.rfc-editor.org/rfc/rfc6762#section-3)).
const GROUP: (Ipv4Addr, u16) = (Ipv4Addr::new(224, 0, 0, 251), 5353);
const LONG: Duration = Duration::from_secs(20);

fn run(command: &[&str]) {
    let status = Command::new(command[0]).args(&command[1..]).status();
    assert!(status.expect("the packages util-linux and iproute2 are needed for this test").success(), "{command:?}");
}

/// Whether the test is to go on: in a process of its own, with a network of its own.
fn is_in_own_network(test: &str) -> bool {
    if std::env::var_os(CHILD_OF_TEST).is_none() {
        let test = again(&format!("nearby::tests::{test}"));
        let mut alone = Command::new("unshare");
        alone.args(["--user", "--map-root-user", "--net", "--mount"]).arg(test.get_program()).args(test.get_args());
        assert!(alone.env(CHILD_OF_TEST, "yes").status().unwrap().success());
        return false;
    }
    run(&["ip", "link", "set", "lo", "up"]);
    run(&["ip", "link", "add", "name", "lan", "type", "veth", "peer", "name", "other"]);
    run(&["ip", "address", "add", &format!("{HERE}/24"), "dev", "lan"]);
    for interface in ["lan", "other"] {
        run(&["ip", "link", "set", interface, "up", "multicast", "on"]);
    }
    true
}

struct House {
    nearby: Nearby,
    list: Arc<HostList>,
    preferences: Arc<PreferencesFile>,
    _folder: TempDir,
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let list = Arc::new(HostList::start(HostsFile::open(folder.path()).unwrap()).unwrap());
    let preferences = Arc::new(PreferencesFile::open(folder.path()));
    let nearby = Nearby::new(Arc::clone(&list), Arc::clone(&preferences), Handle::current());
    House { nearby, list, preferences, _folder: folder }
}

impl House {
    async fn prefer(&self, nearby: Choice) {
        self.preferences.set(Preferences { nearby, ..Preferences::default() }).await.unwrap();
    }

    /// Waits until what is shown is like this.
    async fn until(&self, is_so: impl Fn(&NearbyView) -> bool) -> NearbyView {
        let mut changes = self.nearby.changes();
        let seen = timeout(LONG, async {
            while !is_so(&self.nearby.view()) {
                changes.changed().await.unwrap();
            }
        });
        assert!(seen.await.is_ok(), "{:?}", self.nearby.view());
        self.nearby.view()
    }
}

/// A real announcer, with one service.
struct Avahi {
    process: Child,
    _folder: TempDir,
}

impl Avahi {
    fn announce(name: &str, port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("services")).unwrap();
        let service = format!(
            "<service-group><name>{name}</name><service><type>_rfb._tcp</type><port>{port}</port></service></service-group>"
        );
        fs::write(path("services/one.service"), service).unwrap();
        let settings =
            "[server]\nhost-name=studio\nenable-dbus=no\nallow-interfaces=lan\n[publish]\npublish-workstation=no\n";
        fs::write(path("avahi.conf"), settings).unwrap();
        // It wants a user of its own, and there is only this one.
        fs::write(path("passwd"), "avahi:x:0:0::/:/bin/false\n").unwrap();
        fs::write(path("group"), "avahi:x:0:\n").unwrap();
        // Where all that lies is built in: here it is elsewhere.
        let script = "mount --bind \"$0/services\" /etc/avahi/services && mount -t tmpfs none /run \
            && mount --bind \"$0/passwd\" /etc/passwd && mount --bind \"$0/group\" /etc/group \
            && exec avahi-daemon --no-drop-root --no-chroot --no-rlimits --file \"$0/avahi.conf\"";
        let mut avahi = Command::new("unshare");
        avahi.args(["--mount", "sh", "-c", script]).arg(folder.path()).stderr(Stdio::null()).stdout(Stdio::null());
        Self { process: avahi.spawn().expect("the package avahi-daemon is needed for this test"), _folder: folder }
    }

    /// It says farewell, and ends.
    fn leave(&mut self) {
        run(&["kill", &self.process.id().to_string()]);
        self.process.wait().unwrap();
    }
}

impl Drop for Avahi {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether anything here has mDNS's port, but for an eavesdropper.
fn is_heard() -> bool {
    let tables = ["/proc/self/net/udp", "/proc/self/net/udp6"];
    tables.iter().any(|table| fs::read_to_string(table).unwrap().contains("00000000:14E9 "))
}

#[tokio::test]
async fn a_machine_that_says_so_is_nearby_until_it_leaves_and_until_it_is_in_the_list() {
    if !is_in_own_network("a_machine_that_says_so_is_nearby_until_it_leaves_and_until_it_is_in_the_list") {
        return;
    }
    let house = house();
    house.nearby.follow();
    let mut avahi = Avahi::announce("Büro · 画室", 5903);
    let view = house.until(|view| !view.machines.is_empty()).await;
    let [machine] = &view.machines[..] else { panic!("{view:?}") };
    assert_eq!((machine.name.as_str(), machine.address.to_string().as_str()), ("Büro · 画室", "10.11.12.1:5903"));
    assert!(!view.more);

    let target = house.nearby.target(machine.number).unwrap();
    assert_eq!(target.name, "Büro · 画室 (10.11.12.1:5903)");
    assert_eq!((target.host, target.has_password), (None, false));
    assert!(house.nearby.target(machine.number + 1).is_none());
    let (name, address) = house.nearby.to_keep(machine.number).await.unwrap();
    assert_eq!(
        (name.as_str(), address.to_string().as_str()),
        ("Büro · 画室", "10.11.12.1:5903"),
        "no resolver knows names here"
    );

    // A saved machine of this name is another one, one with this address is this one.
    let save = async |name: &str, address: &str| {
        let draft = HostDraft { name: name.into(), address: address.into(), ..HostDraft::default() };
        let host = draft.check(None).unwrap();
        let id = host.id;
        house.list.put(host).await.unwrap();
        id
    };
    save("Büro · 画室", "10.11.12.1:5904").await;
    assert_eq!(house.nearby.view().machines.len(), 1);
    for same in ["10.11.12.1:5903", "Studio.local:3"] {
        let id = save("Box", same).await;
        assert!(house.nearby.view().machines.is_empty(), "{same}");
        let removed = house.list.change(move |list| {
            list.take(&[id]);
            Ok::<_, StoreError>(())
        });
        removed.await.unwrap();
        assert_eq!(house.nearby.view().machines.len(), 1);
    }

    avahi.leave();
    house.until(|view| view.machines.is_empty()).await;
}

#[tokio::test]
async fn turned_off_it_sends_nothing_and_hears_nothing() {
    if !is_in_own_network("turned_off_it_sends_nothing_and_hears_nothing") {
        return;
    }
    let house = house();
    house.prefer(Choice::Off).await;
    house.nearby.follow();
    let mut overheard = eavesdrop();
    let until_heard = async |heard: bool| {
        let turned = async {
            while is_heard() != heard {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(timeout(LONG, turned).await.is_ok(), "heard: {heard}");
    };
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!is_heard());
    assert_eq!(overheard(), 0, "packets, turned off from the start");

    house.prefer(Choice::Shown).await;
    until_heard(true).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(overheard() > 0, "the question");
    let _avahi = Avahi::announce("Studio", 5900);
    house.until(|view| !view.machines.is_empty()).await;
    drop(_avahi);

    house.prefer(Choice::Off).await;
    house.until(|view| view.machines.is_empty()).await;
    until_heard(false).await;
    overheard();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(overheard(), 0, "packets, turned off again");

    house.prefer(Choice::Shown).await;
    until_heard(true).await;
    drop(house);
    until_heard(false).await;
}

/// How many mDNS packets there were since the last time.
fn eavesdrop() -> impl FnMut() -> usize {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.set_reuse_port(true).unwrap();
    // At the group's own address: so it is told from listeners at any address.
    socket.bind(&SocketAddr::from(GROUP).into()).unwrap();
    socket.join_multicast_v4(&GROUP.0, &HERE).unwrap();
    socket.set_nonblocking(true).unwrap();
    let socket = UdpSocket::from(socket);
    move || std::iter::from_fn(|| socket.recv(&mut [0; 2048]).ok()).count()
}

#[tokio::test]
async fn ten_thousand_that_say_so_are_two_hundred_and_then_nobody_listens() {
    if !is_in_own_network("ten_thousand_that_say_so_are_two_hundred_and_then_nobody_listens") {
        return;
    }
    let house = house();
    house.nearby.follow();
    let socket = UdpSocket::bind((HERE, 0)).unwrap();
    // Until it listens.
    while !is_heard() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for hostile in [&b""[..], b"\0", &[0xff; 9000], &[0xc0; 12], &announcement("", 0, HERE)] {
        let _ = socket.send_to(hostile, GROUP);
    }
    let said = tokio::task::spawn_blocking(move || {
        for n in 0..10_000_u32 {
            let address = Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 11, 0, 0)) + n);
            socket.send_to(&announcement(&format!("\u{202e}<b>{n}"), 5900, address), GROUP).unwrap();
            if n % 50 == 0 {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    });
    let view = house.until(|view| view.more).await;
    said.await.unwrap();
    let silent = async {
        while is_heard() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(timeout(LONG, silent).await.is_ok(), "nobody listens any more");
    // Fewer where so many come at once that listening ends before.
    assert!((1..=shelf::MAX_MACHINES).contains(&view.machines.len()), "{}", view.machines.len());
    assert!(
        view.machines.iter().all(|machine| machine.name.starts_with("<b>")),
        "no character that turns others round"
    );
}

/// What a machine says of itself, in one message ([RFC 1035, section 4](https://www.rfc-editor.org/rfc/rfc1035#section-4)).
fn announcement(instance: &str, port: u16, address: Ipv4Addr) -> Vec<u8> {
    let labels = |labels: &[&str]| -> Vec<u8> {
        let labels = labels.iter().flat_map(|label| [&[label.len() as u8][..], label.as_bytes()].concat());
        labels.chain([0]).collect()
    };
    let kind = ["_rfb", "_tcp", "local"];
    let service = labels(&[&[instance][..], &kind].concat());
    let host = labels(&[&format!("m{}", u32::from(address)), "local"]);
    let record = |name: &[u8], number: u8, data: &[u8]| {
        // Class IN, and two minutes to live.
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        [name, &[0, number, 0, 1, 0, 0, 0, 120], &length, data].concat()
    };
    let header = [0, 0, 0x84, 0, 0, 0, 0, 4, 0, 0, 0, 0];
    let server = [&[0; 4][..], &port.to_be_bytes(), &host].concat();
    let records = [
        record(&labels(&kind), 12, &service),
        record(&service, 33, &server),
        record(&service, 16, &[0]),
        record(&host, 1, &address.octets()),
    ];
    [&header[..], &records.concat()].concat()
}
