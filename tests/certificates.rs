//! Servers with the files of a small authority: QEMU, which lets in only who shows a certificate, or has old TLS and SASL.

use crate::{
    desk::{App, Desk, free_port, passwords, until, until_passwords},
    user,
};
use serde_json::json;
use std::{fs, path::Path};
use tokio::net::TcpStream;

const PASSPHRASE: &str = "open sesame";

/// QEMU does not say when it does.
async fn until_listening(port: u16) {
    until("QEMU's port", async || TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
}

/// Files that OpenSSL's program makes in the folder: an authority, a server's certificate as QEMU looks for it, and one for a
/// person whose key has a passphrase.
fn make_files(desk: &Desk, folder: &Path) {
    fs::create_dir(folder).expect("a home");
    fs::write(folder.join("passphrase"), PASSPHRASE).expect("a home");
    fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1").expect("a home");
    let script = "set -e
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=House -keyout ca-key.pem -out ca-cert.pem
        issue() {
            openssl req -newkey rsa:2048 $2 -subj /CN=$1 -keyout $1-key.pem -out request.pem
            openssl x509 -req -in request.pem -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 2 \
                -extfile names -out $1-cert.pem
        }
        issue server -nodes
        issue ann '-passout file:passphrase'";
    let made = desk.command("sh").args(["-c", script]).current_dir(folder).output().expect("a shell");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_says_so_and_gets_one() {
    let desk = Desk::of("a_server_that_wants_a_certificate_says_so_and_gets_one").open().await;
    let folder = desk.home().join("certificates");
    make_files(&desk, &folder);
    // QEMU counts VNC's ports from 5900.
    let port = std::iter::repeat_with(free_port).find(|port| *port > 5900).unwrap();
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let credentials = format!("tls-creds-x509,id=tls,endpoint=server,verify-peer=on,dir={}", folder.display());
    let screen = format!("127.0.0.1:{},tls-creds=tls", port - 5900);
    let mut qemu = desk.command("qemu-system-x86_64");
    qemu.args(["-machine", "none", "-nodefaults", "-display", "none", "-object", &credentials, "-vnc", &screen]);
    let _qemu = desk.spawn("qemu", &mut qemu);
    until_listening(port).await;

    let machine = |id: u32, name: &str, more: serde_json::Value| {
        let mut machine = json!({
            "id": format!("6f4f7c1e-5c55-4d3f-9b5e-00000000000{id}"), "name": name, "address": format!("127.0.0.1::{port}"),
            "ca_file": at("ca-cert.pem"),
        });
        machine.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        machine
    };
    let ann = json!({ "client_certificate": at("ann-cert.pem"), "client_key": at("ann-key.pem") });
    let machines = json!({ "version": 1, "hosts": [machine(1, "Without", json!({})), machine(2, "With", ann)] });
    desk.write_hosts(&machines.to_string());

    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::open(&hosts, "Without").await;
    let viewer = app.viewer("Without").await;
    viewer.until_state("ended").await;
    let reason = viewer.text_of("#reason").await;
    assert!(reason.contains("lets in only who shows a certificate"), "{reason}");
    user::leave(&desk, &viewer, "Without").await;

    let before = passwords(desk.bus()).await;
    user::open(&hosts, "With").await;
    let viewer = app.viewer("With").await;
    for words in ["wrong", PASSPHRASE] {
        viewer.fill("#passphrase", words).await;
        viewer.click("#passphrase-prompt #connect").await;
        if words != PASSPHRASE {
            viewer
                .until("that it was wrong", "document.querySelector('#passphrase-prompt .failure').textContent")
                .await;
        }
    }
    viewer.until_state("live").await;
    until_passwords(desk.bus(), before + 1).await;
    viewer.use_tool("#disconnect").await;
    user::leave(&desk, &viewer, "With").await;

    // The keyring has it now.
    user::open(&hosts, "With").await;
    app.viewer("With").await.until_state("live").await;
}

/// SASL's accounts: Ann's, in QEMU's own settings.
fn make_accounts(desk: &Desk, folder: &Path) {
    let accounts = folder.join("accounts");
    let script = format!("printf %s '{PASSPHRASE}' | /usr/sbin/saslpasswd2 -p -c -f '{}' ann", accounts.display());
    let made = desk.command("sh").args(["-c", &script]).output().expect("a shell");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let settings =
        format!("mech_list: scram-sha-256 plain\nauxprop_plugin: sasldb\nsasldb_path: {}\n", accounts.display());
    fs::write(folder.join("qemu.conf"), settings).expect("a home");
}

#[tokio::test]
async fn old_tls_is_refused_until_it_is_accepted_and_sasl_asks_for_a_name() {
    let desk = Desk::of("old_tls_is_refused_until_it_is_accepted_and_sasl_asks_for_a_name").open().await;
    let folder = desk.home().join("certificates");
    make_files(&desk, &folder);
    make_accounts(&desk, &folder);
    let port = std::iter::repeat_with(free_port).find(|port| *port > 5900).unwrap();
    let priority = "NORMAL:-VERS-ALL:+VERS-TLS1.0";
    let credentials =
        format!("tls-creds-x509,id=tls,endpoint=server,verify-peer=off,priority={priority},dir={}", folder.display());
    let screen = format!("127.0.0.1:{},tls-creds=tls,sasl=on", port - 5900);
    let mut qemu = desk.command("qemu-system-x86_64");
    qemu.args(["-machine", "none", "-nodefaults", "-display", "none", "-object", &credentials, "-vnc", &screen]);
    let _qemu = desk.spawn("qemu", qemu.env("SASL_CONF_PATH", &folder));
    until_listening(port).await;

    let machine = |id: u32, name: &str, old_tls: bool| {
        json!({
            "id": format!("6f4f7c1e-5c55-4d3f-9b5e-00000000001{id}"), "name": name, "address": format!("127.0.0.1::{port}"),
            "ca_file": folder.join("ca-cert.pem"), "old_tls": old_tls,
        })
    };
    let machines = json!({ "version": 1, "hosts": [machine(1, "Strict", false), machine(2, "Agreed", true)] });
    desk.write_hosts(&machines.to_string());

    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::open(&hosts, "Strict").await;
    let viewer = app.viewer("Strict").await;
    viewer.until_state("ended").await;
    let reason = viewer.text_of("#reason").await;
    assert!(reason.contains("TLS 1.1 or older") && reason.contains("Accept old protection"), "{reason}");
    user::leave(&desk, &viewer, "Strict").await;

    user::open(&hosts, "Agreed").await;
    let viewer = app.viewer("Agreed").await;
    viewer.until_shown("#prompt #username").await;
    viewer.fill("#prompt #username", "ann").await;
    viewer.fill("#prompt #password", PASSPHRASE).await;
    viewer.click("#prompt #connect").await;
    viewer.until_state("live").await;
    viewer.use_tool("#protection").await;
    let details = viewer.text_of("#protection-panel").await;
    for words in ["server not identified", "TLS is 1.1 or older", "X509SASL", "SCRAM-SHA-256", "TLSv1 "] {
        assert!(details.contains(words), "{words}: {details}");
    }
}
