//! The list of machines: long ones, and damaged ones.

use crate::{
    desk::{App, Desk},
    user,
};
use serde_json::json;
use std::fs;

const MANY: usize = 10_000;

#[tokio::test]
async fn ten_thousand_machines_are_searched_like_ten() {
    let desk = Desk::of("ten_thousand_machines_are_searched_like_ten").open().await;
    let hosts: Vec<_> = (0..MANY)
        .map(|n| {
            let id = format!("00000000-0000-4000-8000-{n:012}");
            json!({ "id": id, "name": format!("Machine {n:04}"), "address": format!("host-{n:04}.example:5901") })
        })
        .collect();
    desk.write_hosts(&json!({ "version": 1, "hosts": hosts }).to_string());
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&user::row("Machine 0000")).await;
    let size = "Number(document.querySelector('#hosts [role=option]')?.ariaSetSize ?? 0)";
    hosts.until("all machines", &format!("{size} === {MANY}")).await;
    assert!(hosts.script("return document.querySelectorAll('#hosts [role=option]').length").await.as_u64() < Some(100));

    let found = (0..MANY).filter(|n| format!("{n:04}").contains("777")).count();
    hosts.fill("#search", "machine 777").await;
    hosts.until("the search", &format!("{size} === {found}")).await;
    hosts.until_shown(&user::row("Machine 7777")).await;
    hosts.fill("#search", "host-4711").await;
    // Beside it is the offer to connect to what looks like an address.
    let found = "document.querySelectorAll('#hosts [data-name]').length";
    hosts.until("the search for an address", &format!("{found} === 1")).await;
    hosts.until_shown(&user::row("Machine 4711")).await;
    hosts.fill("#search", "no such machine!").await;
    hosts.until_shown("#no-match").await;
    user::stop_searching(&hosts).await;
    hosts.until("all machines again", &format!("{size} === {MANY}")).await;
    // The other end of the list is as near as the first.
    hosts.script("const list = document.querySelector('#hosts'); list.scrollTop = list.scrollHeight").await;
    hosts.until_shown(&user::row("Machine 9999")).await;
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_kept_beside_and_said_so() {
    let desk = Desk::of("a_list_that_cannot_be_read_is_kept_beside_and_said_so").open().await;
    let damaged = "{ \"version\": 1, \"hosts\": [ { \"name\": \"Stud";
    desk.write_hosts(damaged);
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    let notice = hosts.text_of("#notices").await;
    let folder = desk.hosts_file().with_file_name("");
    let kept: Vec<_> = fs::read_dir(&folder)
        .expect("Portlight's folder")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| fs::read(path).is_ok_and(|bytes| bytes == damaged.as_bytes()))
        .collect();
    let [kept] = &kept[..] else { panic!("the damaged list is in {kept:?}") };
    assert_ne!(*kept, desk.hosts_file());
    assert!(notice.contains(kept.to_str().expect("a path")), "{notice}");

    user::add(&hosts, "Studio", "studio.example", "").await;
    let list: serde_json::Value =
        serde_json::from_slice(&fs::read(desk.hosts_file()).expect("the new list")).expect("JSON");
    assert_eq!(list["hosts"][0]["name"], "Studio");
}
