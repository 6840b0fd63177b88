//! The scripts in docs/sources, with the real programs that they ask. Where such a program is not installed, that is said, and its script
//! is not run.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics has failed")]

mod program;

use portlight_engine::model::Address;
use program::write_script;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/sources").join(name)
}

fn is_installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    found
}

/// The hosts that a script prints; each has an address of ours.
fn printed(name: &str, arguments: &[&str]) -> Value {
    let ran = Command::new(script(name)).args(arguments).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let mut list: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(list["version"], 1);
    for host in list["hosts"].as_array().unwrap() {
        Address::parse(host["address"].as_str().unwrap()).unwrap();
    }
    list["hosts"].take()
}

fn fails(name: &str, arguments: &[&str]) {
    let ran = Command::new(script(name)).args(arguments).output().unwrap();
    assert!(!ran.status.success() && ran.stdout.is_empty(), "a part of a list looks like a whole one: {ran:?}");
}

#[test]
fn running_domains_of_libvirt_with_a_vnc_screen_are_listed() {
    if !is_installed("virsh") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let domain = |n: usize, graphics: &str| {
        format!(
            "<domain type='test'><name>lab{n}</name><uuid>6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a0{n}</uuid>
             <memory unit='MiB'>32</memory><os><type>hvm</type></os><devices>{graphics}</devices></domain>"
        )
    };
    let domains = [
        domain(1, "<graphics type='vnc' port='5907' autoport='no' listen='0.0.0.0'/>"),
        domain(2, "<graphics type='spice' port='5908' autoport='no'/>"),
        domain(3, "<graphics type='vnc' port='5909' autoport='no' listen='2001:db8::7'/>"),
        domain(4, "<graphics type='vnc' socket='/run/lab4.sock'/>"),
    ];
    let node = folder.path().join("node.xml");
    fs::write(&node, format!("<node>{}</node>", domains.concat())).unwrap();
    // libvirt's driver for tests, which reads its domains from a file and starts none.
    let hosts = printed("libvirt", &[&format!("test://{}", node.display())]);
    let expected = |n: usize, address: &str| {
        json!({ "id": format!("6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a0{n}"), "name": format!("lab{n}"),
            "tags": ["libvirt"], "address": address })
    };
    let mut hosts = hosts.as_array().unwrap().clone();
    hosts.sort_by_key(|host| host["name"].to_string());
    assert_eq!(
        hosts,
        [expected(1, "127.0.0.1::5907"), expected(3, "[2001:db8::7]::5909"), expected(4, "/run/lab4.sock")]
    );
    fails("libvirt", &["test:///no/such/file.xml"]);
}

#[test]
fn hosts_of_an_ansible_inventory_with_a_vnc_server_are_listed() {
    if !is_installed("ansible-inventory") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("hosts");
    let text = "[looms]\nloom1 vnc_port=5907 ansible_host=192.0.2.1\nloom2 vnc_display=2\n[plain]\nbox\n[mill:children]\nlooms\n";
    fs::write(&inventory, text).unwrap();
    let hosts = printed("ansible", &[inventory.to_str().unwrap()]);
    let expected =
        |name: &str, address: &str| json!({ "id": name, "name": name, "address": address, "tags": ["looms", "mill"] });
    assert_eq!(hosts, json!([expected("loom1", "192.0.2.1::5907"), expected("loom2", "loom2::5902")]));
    let plain = printed("ansible", &[inventory.to_str().unwrap(), "plain"]);
    assert_eq!(plain[0]["address"], "box::5900");
    // A dynamic one: a program that prints it; and what is said of a group lies in a file of its own.
    let dynamic = folder.path().join("cloud");
    let answer = r#"{"looms":{"hosts":["loom3"]},"_meta":{"hostvars":{"loom3":{"vnc_port":5908}}}}"#;
    write_script(&dynamic, &format!("test \"$1\" = --list && echo '{answer}'"));
    fs::create_dir(folder.path().join("group_vars")).unwrap();
    fs::write(folder.path().join("group_vars/looms.yml"), "ansible_host: 2001:db8::3\n").unwrap();
    let listed = printed("ansible", &[dynamic.to_str().unwrap()]);
    let loom = json!({ "id": "loom3", "name": "loom3", "address": "[2001:db8::3]::5908", "tags": ["looms"] });
    assert_eq!(listed, json!([loom]));
    write_script(&dynamic, "exit 3");
    fails("ansible", &[dynamic.to_str().unwrap()]);
    fails("ansible", &[folder.path().join("none").to_str().unwrap()]);
    fails("ansible", &[inventory.to_str().unwrap(), "nobody"]);
}
