//! The list in the person's own order, found again by tags, and changed several machines at a time: with real keys and a
//! real pointer.

use crate::{
    desk::{App, Desk, Page, Server, until},
    user,
};
use serde_json::{Value, json};
use std::fs;

/// The list as the file has it.
fn list(desk: &Desk) -> Value {
    serde_json::from_slice(&fs::read(desk.hosts_file()).expect("the list")).expect("JSON")
}

fn write(desk: &Desk, hosts: &[(&str, Value)]) {
    let hosts: Vec<Value> = (0..)
        .zip(hosts)
        .map(|(n, (name, facts))| {
            let mut host = json!({
                "id": format!("00000000-0000-4000-8000-{n:012}"), "name": name, "address": format!("{}.example", name.to_lowercase()),
            });
            for (field, value) in facts.as_object().expect("facts") {
                host[field] = value.clone();
            }
            host
        })
        .collect();
    desk.write_hosts(&json!({ "version": 1, "hosts": hosts }).to_string());
    desk.prefer_rows();
}

/// The names that the list shows, in its order.
async fn shown(hosts: &Page<'_>) -> Vec<String> {
    names(&hosts.script("return [...document.querySelectorAll('#hosts [data-name]')].sort((a, b) => a.ariaPosInSet - b.ariaPosInSet).map((row) => row.dataset.name)").await)
}

/// Those that are selected.
async fn selected(hosts: &Page<'_>) -> Vec<String> {
    names(&hosts.script("return [...document.querySelectorAll('#hosts [data-name][aria-selected=true]')].map((row) => row.dataset.name)").await)
}

fn names(value: &Value) -> Vec<String> {
    value.as_array().expect("names").iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
}

async fn until_shown(hosts: &Page<'_>, expected: &[&str]) {
    until(&format!("{expected:?}"), async || (shown(hosts).await == expected).then_some(())).await;
}

async fn until_selected(hosts: &Page<'_>, expected: &[&str]) {
    until(&format!("{expected:?} to be selected"), async || (selected(hosts).await == expected).then_some(())).await;
}

/// Where the middle of a row is on the screen.
async fn place(desk: &Desk, hosts: &Page<'_>, name: &str) -> (i32, i32) {
    let row = hosts.script(&format!("const box = document.querySelector({:?}).getBoundingClientRect(); return [box.left + 200, box.top + box.height / 2]", user::row(name))).await;
    let (x, y, ..) = desk.display().place_of("Portlight").expect("the window");
    let [left, top] = [0, 1].map(|at| row[at].as_f64().expect("a number") as i32);
    (x + left, y + top)
}

#[tokio::test]
async fn favourites_stay_where_the_person_puts_them() {
    let desk = Desk::of("favourites_stay_where_the_person_puts_them").open().await;
    let server = Server::start(&desk, None).await;
    let favourite = |facts: Value| {
        let mut facts = facts;
        facts["favourite"] = json!(true);
        facts
    };
    write(
        &desk,
        &[
            ("Anvil", favourite(json!({}))),
            ("Bellows", favourite(json!({ "address": server.address() }))),
            ("Crane", favourite(json!({}))),
            ("Drill", json!({})),
        ],
    );
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    until_shown(&hosts, &["Anvil", "Bellows", "Crane", "Drill"]).await;
    let display = desk.display();
    display.focus("Portlight");

    // With the pointer: to the end, and another machine among them.
    let (from, to) = (place(&desk, &hosts, "Anvil").await, place(&desk, &hosts, "Crane").await);
    display.drag(1, from, (to.0, to.1 + 25));
    until_shown(&hosts, &["Bellows", "Crane", "Anvil", "Drill"]).await;
    let (from, to) = (place(&desk, &hosts, "Drill").await, place(&desk, &hosts, "Bellows").await);
    display.drag(1, from, (to.0, to.1 + 20));
    until_shown(&hosts, &["Bellows", "Drill", "Crane", "Anvil"]).await;
    assert_eq!(app.windows().await, 1, "dragging opens nothing");

    // With the keys.
    display.press("alt+Up");
    until_shown(&hosts, &["Drill", "Bellows", "Crane", "Anvil"]).await;

    // Using one does not move it, nor does a new start.
    user::open(&hosts, "Bellows").await;
    app.viewer("Bellows").await.until_state("live").await;
    until("it to be noted", async || (list(&desk)["hosts"][1]["times_opened"] == 1).then_some(())).await;
    until_shown(&hosts, &["Drill", "Bellows", "Crane", "Anvil"]).await;
    app.crash().await;
    let app = App::start(&desk, &[]).await;
    until_shown(&app.hosts().await, &["Drill", "Bellows", "Crane", "Anvil"]).await;
}

#[tokio::test]
async fn cards_are_moved_among_and_put_where_the_person_wants_them() {
    let desk = Desk::of("cards_are_moved_among_and_put_where_the_person_wants_them").open().await;
    let names = ["Anvil", "Bellows", "Crane", "Drill", "Engine"];
    write(&desk, &names.map(|name| (name, json!({ "favourite": true }))));
    // Not what `write` has chosen.
    desk.prefer(r#"{ "nearby": "off" }"#);
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    until_shown(&hosts, &names).await;
    let display = desk.display();
    display.place("Portlight", (800, 700));
    display.focus("Portlight");
    let top = |name: &str| format!("document.querySelector({:?}).getBoundingClientRect().top", user::row(name));
    hosts
        .until(
            "three cards beside each other",
            &format!("{} === {} && {} > {}", top("Anvil"), top("Crane"), top("Drill"), top("Crane")),
        )
        .await;

    for (key, name) in [
        ("Right", "Bellows"),
        ("Down", "Engine"),
        ("Up", "Bellows"),
        ("Right", "Crane"),
        ("Right", "Drill"),
        ("Left", "Crane"),
    ] {
        display.press(key);
        until_selected(&hosts, &[name]).await;
    }
    let middle = async |name: &str| {
        let box_ = format!(
            "const box = document.querySelector({:?}).getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]",
            user::row(name)
        );
        let at = hosts.script(&box_).await;
        let (x, y, ..) = display.place_of("Portlight").expect("the window");
        let [left, top] = [0, 1].map(|axis| at[axis].as_f64().expect("a number") as i32);
        (x + left, y + top)
    };
    let (from, to) = (middle("Anvil").await, middle("Engine").await);
    display.drag(1, from, (to.0 + 60, to.1));
    until_shown(&hosts, &["Bellows", "Crane", "Drill", "Engine", "Anvil"]).await;
    display.press("alt+Left");
    until_shown(&hosts, &["Bellows", "Crane", "Drill", "Anvil", "Engine"]).await;
}

#[tokio::test]
async fn a_search_narrows_marks_and_ends_when_it_has_led_somewhere() {
    let desk = Desk::of("a_search_narrows_marks_and_ends_when_it_has_led_somewhere").open().await;
    let server = Server::start(&desk, None).await;
    write(
        &desk,
        &[
            ("Anvil", json!({ "tags": ["mill", "rack 4"], "notes": "Beside the great wheel" })),
            ("Bellows", json!({ "tags": ["mill"], "address": server.address() })),
            ("Crane", json!({ "ssh_jump": "ann@gate" })),
        ],
    );
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    until_shown(&hosts, &["Anvil", "Bellows", "Crane"]).await;
    let display = desk.display();
    display.focus("Portlight");
    let marks = "[...document.querySelectorAll('#hosts mark')].map((mark) => mark.textContent).join(' ')";

    for (text, found, marked) in [
        ("tag:mill", &["Anvil", "Bellows"][..], ""),
        ("tag:mill wheel", &["Anvil"], "wheel"),
        ("via:gate", &["Crane"], ""),
        ("anvl", &["Anvil"], "Anv l anv l"),
    ] {
        display.type_text(text);
        until_shown(&hosts, found).await;
        hosts.until(text, &format!("{marks} === {marked:?}")).await;
        display.press("Escape");
        until_shown(&hosts, &["Anvil", "Bellows", "Crane"]).await;
    }
    display.type_text("tag:mill");
    hosts.until("the count", "document.querySelector('#count').textContent.trim() === '2 of 3'").await;
    hosts.click(".chip:nth-of-type(2)").await;
    until_shown(&hosts, &["Anvil"]).await;
    hosts.click(".chip[aria-pressed=true]:nth-of-type(2)").await;
    until_shown(&hosts, &["Anvil", "Bellows"]).await;

    display.press("ctrl+2");
    app.viewer("Bellows").await.until_state("live").await;
    hosts.until("the search to have ended", "document.querySelector('#search').value === ''").await;
    // It stands above the others now.
    until_shown(&hosts, &["Bellows", "Anvil", "Crane"]).await;
    display.focus("Portlight");
    hosts.script("document.querySelector('#search').focus()").await;
    display.type_text("is:open");
    until_shown(&hosts, &["Bellows"]).await;
}

#[tokio::test]
async fn several_machines_are_tagged_and_removed_together_and_come_back_together() {
    let desk = Desk::of("several_machines_are_tagged_and_removed_together").open().await;
    write(
        &desk,
        &[
            ("Anvil", json!({ "tags": ["old"] })),
            ("Bellows", json!({})),
            ("Crane", json!({ "tags": ["old", "mill"], "view_only": true })),
            ("Drill", json!({})),
        ],
    );
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    let all = ["Anvil", "Bellows", "Crane", "Drill"];
    until_shown(&hosts, &all).await;
    let display = desk.display();
    display.focus("Portlight");

    display.press("Down");
    display.press("shift+Down");
    until_selected(&hosts, &["Bellows", "Crane"]).await;
    display.press("F2");
    hosts.until_shown("#several").await;
    display.type_text("mill,rack 4");
    display.press("Return");
    hosts.until("both tags", "document.querySelectorAll('#several .frame .tag').length === 2").await;
    hosts.click("#several .tag[aria-pressed=false]").await;
    hosts.until_shown("#several .tag[aria-pressed=true]").await;
    hosts.click("#several #save-several").await;
    hosts.until_gone("#several").await;
    let tags = |at: usize| list(&desk)["hosts"][at]["tags"].clone();
    assert_eq!(
        [0, 1, 2, 3].map(tags),
        [json!(["old"]), json!(["mill", "rack 4"]), json!(["mill", "rack 4"]), Value::Null]
    );
    assert_eq!(list(&desk)["hosts"][2]["view_only"], true, "what was not touched is as it was");

    hosts.script("document.querySelector('#search').focus()").await;
    display.press("ctrl+a");
    until_selected(&hosts, &all).await;
    display.press("Delete");
    hosts.until_shown("#empty").await;
    assert_eq!(list(&desk)["hosts"], json!([]));
    display.press("ctrl+z");
    until_shown(&hosts, &all).await;
    assert_eq!((list(&desk)["hosts"].as_array().map(Vec::len), &list(&desk)["removed"]), (Some(4), &json!([])));
}
