//! docs/HOSTS-FILE.md tells what is: its examples are read with the code that reads the files.

use super::{HostsFile, Pins, Verdict};
use crate::model::{Host, Identity, LoginId, RsaKey, SourceId};
use serde_json::Value;
use std::fs;
use tempfile::{TempDir, tempdir};

const DOCUMENT: &str = include_str!("../../../../docs/HOSTS-FILE.md");

/// The examples as files of the folder that they are described for.
fn folder() -> TempDir {
    let blocks: Vec<&str> = DOCUMENT.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [hosts, keys] = blocks[..] else { panic!("{} examples", blocks.len()) };
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("hosts.json"), hosts).unwrap();
    fs::write(folder.path().join("trust.json"), keys).unwrap();
    folder
}

/// The first column of the table below `heading`, sorted.
pub(super) fn documented(heading: &str) -> Vec<&'static str> {
    let rows = DOCUMENT.split(heading).nth(1).unwrap().lines().skip_while(|line| !line.starts_with('|'));
    let mut fields: Vec<_> =
        rows.take_while(|line| line.starts_with('|')).filter_map(|line| line.split('`').nth(1)).collect();
    fields.sort_unstable();
    fields
}

#[test]
fn the_example_of_the_list_is_one() {
    let folder = folder();
    let opened = HostsFile::open(folder.path()).unwrap();
    assert_eq!(opened.notice, None);
    let [host] = opened.hosts.list().all() else { panic!("one machine") };
    assert_eq!((host.name.as_str(), host.username.as_str(), host.favourite), ("Studio", "ann", true));
    assert!(host.rest.is_empty(), "fields that nothing reads: {:?}", host.rest);
}

#[test]
fn the_example_of_the_known_keys_is_one() {
    let folder = folder();
    let (pins, notice) = Pins::open(folder.path());
    assert_eq!(notice, None);
    let other = Identity::Ra2(RsaKey { bits: 2048, sha256: "ef".into(), short: "ef".into() });
    let Verdict::Changed(known) = pins.verdict("studio.local:5901", &other) else { panic!("a known key") };
    assert!(known.sha256.starts_with("0a:c1") && known.label == "CN=studio");
    Pins::peek(folder.path()).unwrap();
}

#[test]
fn every_field_is_documented_and_no_other() {
    let mut host = Host::new("Studio".into(), "studio".parse().unwrap());
    (host.view_only, host.favourite, host.old_tls, host.reconnect) = (true, true, true, false);
    host.no_proxy = true;
    (host.username, host.repeater_id, host.ca_file) = ("ann".into(), "7".into(), "/ca.pem".into());
    (host.client_certificate, host.client_key) = ("/own.pem".into(), "/own-key.pem".into());
    host.ssh_jump = Some("gate".parse().unwrap());
    host.proxy = Some("socks5://ann@gate".parse().unwrap());
    host.login = Some(LoginId::new());
    host.password_command = Some("pass show vnc/%h".parse().unwrap());
    host.console_command = Some("console %n".parse().unwrap());
    host.mac = Some("00:11:22:33:44:55".parse().unwrap());
    host.wake_way.address = Some([192, 168, 1, 255].into());
    host.wake_way.port = std::num::NonZeroU16::new(7);
    host.wake_way.ssh_host = Some("gate".parse().unwrap());
    (host.has_password, host.has_http_auth, host.has_secure_on, host.clear_text) = (true, true, true, true);
    (host.secret_name, host.has_secret) = ("sudo".into(), true);
    host.display.grab = true;
    (host.frame, host.ask_lines) = (true, true);
    (host.tags, host.notes) = (vec!["lab".into()], "Ask Ann".into());
    host.colour = Some(crate::model::Colour::Green);
    host.picture = crate::model::PictureChoice::Blurred;
    (host.times_opened, host.favourite_place) = (3, Some(0));
    host.source = Some(crate::model::Sourced { of: SourceId::new(), key: "studio".into(), said: Default::default() });
    (host.last_opened, host.protection) = (Some(1), Some(crate::model::Level::Identified));
    let Value::Object(fields) = serde_json::to_value(&host).unwrap() else { panic!("an object") };
    let mut written: Vec<&str> = fields.keys().map(String::as_str).chain(["version", "hosts", "removed"]).collect();
    written.sort_unstable();
    assert_eq!(documented("# The list of machines"), written);
}
