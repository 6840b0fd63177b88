//! What was done to the list is undone, also where another program writes the same file.

use crate::{
    desk::{App, Desk, Page, Server, passwords, until, until_passwords},
    user,
};
use serde_json::{Value, json};
use std::{fs, path::Path};

const PASSWORD: &str = "quince7";

fn text(names: &[&str]) -> String {
    let hosts: Vec<Value> = (0..)
        .zip(names)
        .map(|(n, name)| {
            let id = format!("00000000-0000-4000-8000-{n:012}");
            json!({ "id": id, "name": name, "address": format!("{}.example", name.to_lowercase()) })
        })
        .collect();
    json!({ "version": 1, "hosts": hosts }).to_string()
}

/// As a program does that writes a new file and puts it into the old one's place.
fn replace(file: &Path, text: impl AsRef<[u8]>) {
    let new = file.with_extension("new");
    fs::write(&new, text).expect("a file");
    fs::rename(new, file).expect("in its place");
}

/// The names that the list shows, in its order.
async fn shown(hosts: &Page<'_>) -> Vec<String> {
    let names = "return [...document.querySelectorAll('#hosts [data-name]')].sort((a, b) => a.ariaPosInSet - b.ariaPosInSet).map((row) => row.dataset.name)";
    let names = hosts.script(names).await;
    names.as_array().expect("names").iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
}

async fn until_shown(hosts: &Page<'_>, expected: &[&str]) {
    until(&format!("{expected:?}"), async || (shown(hosts).await == expected).then_some(())).await;
}

#[tokio::test]
async fn what_another_program_writes_to_the_list_appears_at_once() {
    let desk = Desk::of("what_another_program_writes_to_the_list_appears_at_once").open().await;
    desk.write_hosts(&text(&["Anvil"]));
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    until_shown(&hosts, &["Anvil"]).await;
    let file = desk.hosts_file();
    replace(&file, text(&["Anvil", "Bellows"]));
    until_shown(&hosts, &["Anvil", "Bellows"]).await;
    fs::write(&file, text(&["Anvil", "Bellows", "Crane"])).expect("in place");
    until_shown(&hosts, &["Anvil", "Bellows", "Crane"]).await;
    // As an editor on Windows saves it.
    let utf16 = [0xfeff]
        .into_iter()
        .chain(text(&["Anvil", "Dröschel"]).replace("},", "},\r\n").encode_utf16().collect::<Vec<_>>());
    replace(&file, utf16.flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    until_shown(&hosts, &["Anvil", "Dröschel"]).await;

    // What cannot be read is told, and goes with the next that can.
    let half = &text(&["Anvil", "Bellows"])[..60];
    fs::write(&file, half).expect("half of it");
    hosts.until_shown("#notices .notice").await;
    assert!(hosts.text_of("#notices").await.contains("cannot be read"));
    assert_eq!((shown(&hosts).await.len(), fs::read_to_string(&file).expect("the file").as_str()), (2, half));
    let with_a_bad_one = text(&["Anvil", "Bellows"]).replace("bellows.example", "bell ows");
    replace(&file, with_a_bad_one);
    until_shown(&hosts, &["Anvil"]).await;
    let notice = hosts.text_of("#notices").await;
    assert!(notice.contains("Bellows") && notice.matches("read").count() == 1, "{notice}");
    // Its name is looked up nowhere.
    user::connect(&hosts, "Bellows").await;
    hosts.until_shown("#toast .toast").await;
    let said = hosts.text_of("#toast").await;
    assert!(said.contains("Bellows") && app.windows().await == 1, "{said}");
    user::stop_searching(&hosts).await;
    replace(&file, text(&["Anvil", "Bellows"]));
    until_shown(&hosts, &["Anvil", "Bellows"]).await;
    hosts.until_gone("#notices .notice").await;
}

#[tokio::test]
async fn several_machines_are_changed_and_changed_back_by_keys_and_what_others_did_stays() {
    let desk = Desk::of("several_machines_are_changed_and_changed_back_by_keys_and_what_others_did_stays").open().await;
    desk.write_hosts(&text(&["Anvil", "Bellows", "Crane"]));
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    until_shown(&hosts, &["Anvil", "Bellows", "Crane"]).await;
    let display = desk.display();
    display.focus("Portlight");
    display.press("ctrl+a");
    hosts.click("#edit-selected").await;
    hosts.fill("#several #tags-added", "mill,").await;
    hosts.click("#save-several").await;
    hosts.until_gone("#several").await;
    let file = desk.hosts_file();
    let tags = || {
        let list: Value = serde_json::from_slice(&fs::read(&file).expect("the list")).expect("JSON");
        let hosts = list["hosts"].as_array().expect("machines").clone();
        hosts.iter().map(|host| host["tags"].clone()).collect::<Vec<_>>()
    };
    until("the tags", async || tags().iter().all(|tags| *tags == json!(["mill"])).then_some(())).await;

    // Meanwhile another program gives one of them another name, and another tags of its own.
    let mut list: Value = serde_json::from_slice(&fs::read(&file).expect("the list")).expect("JSON");
    list["hosts"][0]["name"] = json!("Awl");
    list["hosts"][1]["tags"] = json!(["mill", "rack 4"]);
    replace(&file, list.to_string());
    until_shown(&hosts, &["Awl", "Bellows", "Crane"]).await;
    hosts.click("#search").await;
    display.press("ctrl+z");
    until("the tags to go", async || (tags() == [Value::Null, json!(["mill", "rack 4"]), Value::Null]).then_some(()))
        .await;
    let said = hosts.text_of("#toast").await;
    assert!(said.contains("Undone") && said.contains("stays as it is: Bellows"), "{said}");
    assert_eq!(shown(&hosts).await, ["Awl", "Bellows", "Crane"]);
    display.press("ctrl+shift+z");
    until("the tags again", async || (tags()[0] == json!(["mill"]) && tags()[2] == json!(["mill"])).then_some(()))
        .await;
}

#[tokio::test]
async fn a_removed_machine_comes_back_after_a_restart_with_its_password() {
    let desk = Desk::of("a_removed_machine_comes_back_after_a_restart_with_its_password").open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::add(&hosts, "Studio", &server.address(), PASSWORD).await;
    user::add(&hosts, "Shed", "shed.example", "medlar42").await;
    until_passwords(desk.bus(), 2).await;
    user::remove(&hosts, "Studio").await;
    user::remove(&hosts, "Shed").await;
    app.crash().await;

    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::choose(&hosts, "Removed machines").await;
    hosts.click("#removed [data-name=Studio] .put-back").await;
    hosts.until_gone("#removed [data-name=Studio]").await;
    hosts.click("#close-removed").await;
    user::remove_for_good(&hosts, "Shed").await;
    until_passwords(desk.bus(), 1).await;
    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    user::sees(&viewer, &server, [0x20, 0x90, 0x60]).await;
    assert_eq!(passwords(desk.bus()).await, 1);
    assert!(!fs::read_to_string(desk.hosts_file()).expect("the list").contains("Shed"));
}

#[tokio::test]
async fn an_earlier_version_is_gone_back_to_and_that_is_undone() {
    let desk = Desk::of("an_earlier_version_is_gone_back_to_and_that_is_undone").open().await;
    desk.write_hosts(&text(&["Anvil", "Bellows"]));
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    until_shown(&hosts, &["Anvil", "Bellows"]).await;
    // A sync tool brings an old list from another computer.
    replace(&desk.hosts_file(), text(&["Awl"]));
    until_shown(&hosts, &["Awl"]).await;
    user::choose(&hosts, "Earlier versions").await;
    hosts.until_shown("#versions li .go-back").await;
    let version = hosts.text_of("#versions li").await;
    assert!(version.contains("brings 1 back") && version.contains("changes 1"), "{version}");
    hosts.click("#versions li .go-back").await;
    until_shown(&hosts, &["Anvil", "Bellows"]).await;
    hosts.click("#undo").await;
    until_shown(&hosts, &["Awl"]).await;
}

#[tokio::test]
async fn what_was_changed_in_a_form_and_in_the_file_is_chosen_field_by_field() {
    let desk = Desk::of("what_was_changed_in_a_form_and_in_the_file_is_chosen_field_by_field").open().await;
    let host = |more: Value| {
        let mut host = json!({
            "id": "00000000-0000-4000-8000-000000000001", "name": "Anvil", "address": "anvil.example",
            "username": "ann", "notes": "old",
        });
        host.as_object_mut().expect("a host").extend(more.as_object().expect("facts").clone());
        json!({ "version": 1, "hosts": [host] }).to_string()
    };
    let saved = || {
        let list: Value = serde_json::from_slice(&fs::read(desk.hosts_file()).expect("the list")).expect("JSON");
        ["address", "username", "notes"].map(|field| list["hosts"][0][field].as_str().unwrap_or_default().to_owned())
    };
    desk.write_hosts(&host(json!({})));
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::edit(&hosts, "Anvil").await;
    hosts.click("#section-login > summary").await;
    hosts.click("#section-notes > summary").await;
    hosts.fill("#username", "cleo").await;
    hosts.fill("#notes", "mine").await;

    // Another program changes the same, and what is not touched in the form.
    replace(&desk.hosts_file(), host(json!({ "username": "bob", "notes": "theirs", "address": "moved.example" })));
    hosts.until("the other address", "document.querySelector('#hosts').innerText.includes('moved.example')").await;
    hosts.click("#save").await;
    hosts.until_shown("#conflict").await;
    assert_eq!(saved(), ["moved.example", "bob", "theirs"], "nothing is saved before it is chosen");
    let [username, notes] = [hosts.text_of("#conflict-username").await, hosts.text_of("#conflict-notes").await];
    assert!(username.contains("cleo") && username.contains("bob"), "{username}");
    assert!(notes.contains("mine") && notes.contains("theirs"), "{notes}");
    assert_eq!(hosts.script("return document.querySelectorAll('#conflict fieldset').length").await, 2);

    // Back, nothing is lost.
    hosts.click("#conflict-leave").await;
    hosts.until_gone("#conflict").await;
    assert_eq!(hosts.script("return document.querySelector('#notes').value").await, "mine");
    hosts.click("#save").await;
    hosts.click("#conflict-notes [value=theirs]").await;
    hosts.click("#conflict-save").await;
    hosts.until_gone("#editor").await;
    assert_eq!(saved(), ["moved.example", "cleo", "theirs"]);

    // What was given up is a step away.
    desk.display().focus("Portlight");
    desk.display().press("ctrl+z");
    until("their user name", async || (saved()[1] == "bob").then_some(())).await;
}
