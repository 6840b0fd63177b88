//! Machines from other programs' files, in the window and in a terminal, and the list for others.

use crate::{
    desk::{App, Desk, Server, succeed, until, until_passwords},
    user::{self, row},
};
use serde_json::Value;
use std::{fs, path::Path, process::Output};

const CSV: &str = "name,host,user,password\nAnvil,anvil.example,ann,quince7\nLoom,loom.example:2,,\n";

fn texts(output: Output) -> (Option<i32>, String, String) {
    let [said, complaint] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code(), said, complaint)
}

fn write(desk: &Desk, path: &str, text: &str) -> String {
    let path = desk.home().join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a home");
    fs::write(&path, text).expect("a home");
    path.to_str().expect("a path").to_owned()
}

fn names(list: &Path) -> Vec<String> {
    let Ok(bytes) = fs::read(list) else { return Vec::new() };
    let list: Value = serde_json::from_slice(&bytes).expect("JSON");
    let hosts = list["hosts"].as_array().expect("hosts").iter();
    hosts.map(|host| host["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn a_terminal_shows_first_and_adds_only_when_told_to_whether_portlight_runs_or_not() {
    let desk = Desk::of("a_terminal_shows_first_and_adds_only_when_told_to").open().await;
    let list = write(&desk, "list.csv", CSV);
    let (code, said, complaint) = texts(desk.portlight(&["import", &list]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""), "{said}");
    for part in ["+ Anvil  anvil.example", "2 to add", "--passwords", "nothing is changed yet"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("quince7") && !desk.hosts_file().exists(), "{said}");

    let (code, said, complaint) = texts(desk.portlight(&["import", &list, "--yes"]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    assert!(said.ends_with("added 2 machines, changed 0\n"), "{said}");
    assert_eq!(names(&desk.hosts_file()), ["Anvil", "Loom"]);
    let (code, said, _) = texts(desk.portlight(&["import", &list, "--json"]));
    let json: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((code, &json["preview"]["entries"][1]["plan"]["plan"]), (Some(0), &Value::from("known")));
    assert_eq!(json["imported"], Value::Null);

    // Now Portlight holds the list.
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&row("Loom")).await;
    let more = write(&desk, "more.csv", &format!("{CSV}Kiln,kiln.example,,\n"));
    let (code, said, complaint) = texts(desk.portlight(&["import", &more, "--yes", "--passwords"]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""), "{said}");
    assert!(said.ends_with("added 1 machine, changed 1, 1 password\n"), "{said}");
    hosts.until_shown(&row("Kiln")).await;
    until_passwords(desk.bus(), 1).await;
    assert_eq!(desk.files_with(b"quince7").len(), 2, "only in the two files that we wrote");

    let (code, said, _) = texts(desk.portlight_alone(&["export", "--format", "csv"], ""));
    assert_eq!(code, Some(0));
    assert!(said.contains("Kiln,kiln.example,") && !said.contains("quince7"), "{said}");
    let (code, _, complaint) = texts(desk.portlight(&["import", "missing"]));
    assert_eq!((code, complaint.as_str()), (Some(1), ""));
    for wrong in [&["import"][..], &["export"], &["export", "--format", "xml"], &["--yes"], &["import", "a", "--login"]]
    {
        let (code, said, complaint) = texts(desk.portlight(wrong));
        assert_eq!((code, said.as_str(), complaint.lines().count()), (Some(2), "", 1), "{wrong:?}: {complaint}");
    }
}

#[tokio::test]
async fn tigervncs_password_goes_into_the_keyring_where_its_file_is_named_as_well() {
    const PASSWORD: &str = "Tg5vQ8rw";
    let desk = Desk::of("tigervncs_password_goes_into_the_keyring_where_its_file_is_named_as_well").open().await;
    let server = Server::start(&desk, Some(PASSWORD)).await;
    let machine = format!("TigerVNC Configuration file Version 1.0\n\nServerName=127.0.0.1::{}\n", server.port());
    let machine = write(&desk, "tigervnc/Loom.tigervnc", &machine);
    let password = desk.home().join("tigervnc/passwd");
    fs::write(&password, succeed(desk.command("vncpasswd").arg("-f"), PASSWORD.as_bytes())).expect("a home");
    let [password, folder] =
        [&password, password.parent().expect("a folder")].map(|path| path.to_str().expect("a path"));

    // Neither alone, nor with their folder.
    for alone in [&machine, folder] {
        let (code, said, _) = texts(desk.portlight(&["import", alone, "--passwords"]));
        assert!(code == Some(0) && said.contains("+ Loom") && !said.contains("1 password"), "{said}");
    }
    let (code, said, _) = texts(desk.portlight(&["import", &machine, password]));
    assert!(code == Some(0) && said.contains("passwd (TigerVNC, a password)"), "{said}");
    assert!(said.contains("this computer's own VNC server") && !said.contains(PASSWORD), "{said}");
    let (code, said, complaint) = texts(desk.portlight(&["import", &machine, password, "--yes", "--passwords"]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""), "{said}");
    assert!(said.ends_with("added 1 machine, changed 0, 1 password\n"), "{said}");
    until_passwords(desk.bus(), 1).await;

    let app = App::start(&desk, &[]).await;
    user::open(&app.hosts().await, "Loom").await;
    app.viewer("Loom").await.until_state("live").await;
    assert!(desk.files_with(PASSWORD.as_bytes()).is_empty() && !app.said().contains(PASSWORD));
}

#[tokio::test]
async fn machines_of_a_token_file_are_reached_through_a_site_whether_portlight_runs_or_not() {
    let desk = Desk::of("machines_of_a_token_file_are_reached_through_a_site").open().await;
    let addresses = || {
        let list: Value = serde_json::from_slice(&fs::read(desk.hosts_file()).expect("a list")).expect("JSON");
        let hosts = list["hosts"].as_array().expect("hosts").iter();
        hosts.map(|host| host["address"].as_str().expect("an address").to_owned()).collect::<Vec<_>>()
    };
    let file = write(&desk, "tokens.cfg", "studio: 10.0.0.21:5900\nRender 1: 10.0.0.31:5901\n");
    let site = "wss://site.example/websockify";
    let (code, said, complaint) = texts(desk.portlight(&["import", &file, "--site", site, "--yes"]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""), "{said}");
    assert!(said.contains("+ studio  wss://site.example/websockify?token=studio\n"), "{said}");
    let expected = [format!("{site}?token=studio"), format!("{site}?token=Render%201")];
    assert_eq!(addresses(), expected);

    let (code, _, complaint) = texts(desk.portlight(&["import", &file, "--site", "https://site.example/vnc.html"]));
    assert_eq!((code, complaint.lines().count()), (Some(2), 1), "{complaint}");
    let csv = write(&desk, "list.csv", CSV);
    let (_, said, _) = texts(desk.portlight(&["import", &csv, "--site", site]));
    assert!(said.contains("+ Anvil  anvil.example\n") && said.contains("--site changes nothing"), "{said}");

    // Now Portlight holds the list.
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&row("studio")).await;
    let more = write(&desk, "more.cfg", "kiln: 10.0.0.41:5900\n");
    let (code, said, complaint) = texts(desk.portlight(&["import", &more, "--site", "ws://site.example", "--yes"]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""), "{said}");
    assert!(said.contains("ws:// is not encrypted"), "{said}");
    hosts.until_shown(&row("kiln")).await;
    assert_eq!(addresses().last().map(String::as_str), Some("ws://site.example/?token=kiln"));
}

#[tokio::test]
async fn a_programs_list_is_looked_at_added_and_taken_back() {
    let desk = Desk::of("a_programs_list_is_looked_at_added_and_taken_back").open().await;
    for (name, server, protocol) in [("Kiln", "kiln.example:2", "VNC"), ("Desk", "desk.example", "RDP")] {
        let text = format!("[remmina]\nname={name}\nprotocol={protocol}\nserver={server}\nusername=ann\npassword=.\n");
        write(&desk, &format!("data/remmina/{name}.remmina"), &text);
    }
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    open_import(&hosts).await;
    hosts.click("#import-remmina").await;
    hosts.until_shown("#import-found").await;
    let found = hosts.text_of("#import-found").await;
    assert!(found.contains("kiln.example:5902") && found.contains("RDP"), "{found}");
    assert!(!names(&desk.hosts_file()).contains(&"Kiln".to_owned()));
    hosts.click("#import-add").await;
    hosts.until_gone("#import").await;
    hosts.until_shown(&row("Kiln")).await;
    hosts.click("#undo").await;
    hosts.until_gone(&row("Kiln")).await;
    until("the list without it", async || (!names(&desk.hosts_file()).contains(&"Kiln".to_owned())).then_some(()))
        .await;
}

#[tokio::test]
async fn files_are_chosen_and_saved_in_the_systems_own_dialog() {
    let desk = Desk::of("files_are_chosen_and_saved_in_the_systems_own_dialog").open().await;
    let file = write(&desk, "list.csv", CSV);
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    open_import(&hosts).await;
    hosts.click("#import-files").await;
    let display = desk.display();
    let title = "Files with machines";
    user::choose_file(&desk, title, &file).await;
    hosts.until_shown("#import-found").await;
    hosts.click("#import-add").await;
    hosts.until_shown(&row("Anvil")).await;

    hosts.click("#window-menu").await;
    choose(&hosts, "Export…").await;
    hosts.click("#export-csv").await;
    hosts.click("#export-save").await;
    let title = "Save the list of machines";
    until("the dialog", async || display.has_window(title).then_some(())).await;
    display.focus(title);
    let saved = desk.home().join("saved.csv");
    display.press("ctrl+a");
    display.type_text(saved.to_str().expect("a path"));
    user::confirm(&desk, title).await;
    hosts.until_gone("#export").await;
    let text = fs::read_to_string(saved).expect("the saved list");
    assert!(text.contains("Anvil,anvil.example,ann,"), "{text}");
}

#[tokio::test]
async fn files_that_are_dropped_on_the_list_are_looked_at() {
    let desk = Desk::of("files_that_are_dropped_on_the_list_are_looked_at").open().await;
    let file = write(&desk, "list.csv", CSV);
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown("#search").await;
    // A window of another program, beside ours.
    let source = write(&desk, "source.py", SOURCE);
    let process = desk.spawn("a program with a file", desk.command("/usr/bin/python3").args([&source, &file]));
    process.wait_for_line("the window", |line| (line == "ready").then_some(())).await;
    desk.display().place("Portlight", (760, 560));
    until("the drop", async || {
        desk.display().drag_from("Source");
        let shown = "return document.querySelector('#import-found') !== null";
        hosts.script(shown).await.as_bool().filter(|shown| *shown).map(drop)
    })
    .await;
    let found = hosts.text_of("#import-found").await;
    assert!(found.contains("Anvil") && found.contains("loom.example:5902"), "{found}");
    assert!(!hosts.text().await.contains(desk.home().to_str().expect("a path")), "the page shows no path");
}

async fn open_import(hosts: &crate::desk::Page<'_>) {
    hosts.until_shown("#window-menu").await;
    hosts.click("#window-menu").await;
    choose(hosts, "Import…").await;
    hosts.until_shown("#import").await;
}

async fn choose(hosts: &crate::desk::Page<'_>, label: &str) {
    let item = format!(
        "[...document.querySelectorAll('[role=menuitem]')].find((item) => item.textContent.includes({label:?}))"
    );
    hosts.until("the menu", &item).await;
    hosts.script(&format!("{item}.click()")).await;
}

/// A window that is dragged as a file.
const SOURCE: &str = r#"
import sys, gi
gi.require_version('Gtk', '3.0')
from gi.repository import Gtk, Gdk
window = Gtk.Window(title='Source', default_width=200, default_height=120)
box = Gtk.EventBox()
box.add(Gtk.Label(label='drag me'))
box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
box.drag_source_add_uri_targets()
box.connect('drag-data-get', lambda w, c, data, i, t: data.set_uris(['file://' + sys.argv[1]]))
window.add(box)
window.connect('map-event', lambda *_: print('ready', flush=True))
window.show_all()
Gtk.main()
"#;
