//! Machines in the network that say that they have a VNC server.

use crate::{
    desk::{App, Desk, Far, Server, is_in_own_network, until},
    user,
};
use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};
use std::fs;

/// Says in the network that a machine called `name` has a server at that port of the far machine.
fn announce(speaker: &ServiceDaemon, name: &str, port: u16) {
    let service = ServiceInfo::new("_rfb._tcp.local.", name, "far.local.", Far::ADDRESS, port, None);
    speaker.register(service.expect("a service")).expect("mDNS");
}

#[tokio::test]
async fn a_machine_nearby_is_one_click_away_and_another_keeps_it() {
    const TEST: &str = "a_machine_nearby_is_one_click_away_and_another_keeps_it";
    if !is_in_own_network(&format!("nearby::{TEST}")) {
        return;
    }
    let desk = Desk::of(TEST).open().await;
    desk.prefer(r#"{ "look": "rows" }"#);
    let far = Far::at("100mbit");
    let server = Server::start_far(&desk, &far).await;
    let speaker = ServiceDaemon::new().expect("mDNS");
    speaker.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6]).expect("mDNS");
    announce(&speaker, "Werkstatt", server.port());
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;

    // A saved machine of the same name is another one.
    user::add(&hosts, "Werkstatt", "127.0.0.1:1", "its own password").await;
    let nearby = "[data-nearby=Werkstatt]";
    hosts.until_shown(nearby).await;
    hosts.click(&format!("{nearby} [data-action=open]")).await;
    let viewer = app.viewer(&format!("Werkstatt ({})", Far::ADDRESS)).await;
    viewer.until_state("live").await;

    desk.display().focus("Portlight");
    announce(&speaker, "画室 · Büro", 5905);
    hosts.until_shown("[data-nearby*=Büro]").await;
    hosts.click(&format!("{nearby} [data-action=keep]")).await;
    hosts.until_gone(nearby).await;
    let list: serde_json::Value =
        serde_json::from_slice(&fs::read(desk.hosts_file()).expect("the list")).expect("JSON");
    let kept = list["hosts"].as_array().expect("hosts").iter().find(|host| host["address"] == Far::ADDRESS);
    assert_eq!(kept.expect("it was kept")["name"], "Werkstatt");

    // One switch, and there is no listener any more.
    announce(&speaker, "Lager", server.port() + 1);
    hosts.until_shown("[data-nearby=Lager]").await;
    let sockets = || mdns_sockets(app.pid());
    assert!(sockets() > 0);
    user::choose(&hosts, "Settings").await;
    hosts.click("#nearby-on").await;
    hosts.until_gone("[data-nearby=Lager]").await;
    until("silence", async || (sockets() == 0).then_some(())).await;
}

/// How many sockets a process has at mDNS's port.
fn mdns_sockets(pid: u32) -> usize {
    let own: Vec<_> = fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(fs::read_link(entry.ok()?.path()).ok()?.to_str()?.to_owned()))
        .collect();
    let tables =
        ["udp", "udp6"].map(|table| fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines());
    // Fields: number, local address, …, and the tenth is the socket's inode.
    let inodes = lines.filter(|line| line.contains(":14E9 ")).filter_map(|line| line.split_whitespace().nth(9));
    inodes.filter(|inode| own.contains(&format!("socket:[{inode}]"))).count()
}
