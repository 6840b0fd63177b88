//! Files that say how a machine is reached, opened from a terminal and as a file manager opens them.

use crate::desk::{App, Desk, Server, passwords, portlight, until};
use std::{
    fs,
    path::PathBuf,
    process::{Output, Stdio},
};

const TICKET: &str = "quince7";

fn write(desk: &Desk, path: &str, text: &str) -> PathBuf {
    let path = desk.home().join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a home");
    fs::write(&path, text).expect("a home");
    path
}

fn vv(server: &Server) -> String {
    format!(
        "[virt-viewer]\ntype=vnc\nhost=127.0.0.1\nport={}\npassword={TICKET}\ntitle=Mill\nfullscreen=1\ndelete-this-file=1\n",
        server.port()
    )
}

fn vnc(server: &Server) -> String {
    format!("[connection]\nhost=127.0.0.1\nport={}\n[options]\nviewonly=1\n", server.port())
}

fn in_the_home(desk: &Desk, arguments: &[&str]) -> Output {
    // With something to read, as in a script: then what is said is said there.
    let mut command = desk.command(portlight());
    command.current_dir(desk.home()).args(arguments).stdin(Stdio::piped()).output().expect("a program")
}

#[tokio::test]
async fn files_are_opened_as_they_say_and_nothing_of_them_is_kept() {
    let desk = Desk::of("files_are_opened_as_they_say_and_nothing_of_them_is_kept").open().await;
    let once = Server::start(&desk, Some(TICKET)).await;
    let (one, other) = (Server::start(&desk, None).await, Server::start(&desk, None).await);
    // The first start, as a file manager does it: an address with what has to be encoded.
    let ticket = write(&desk, "a folder/mill 100%.vv", &vv(&once));
    let address = format!("file://{}/a%20folder/mill%20100%25.vv", desk.home().display());
    let app = App::start(&desk, &["--", &address]).await;
    let title = |name: &str, server: &Server| format!("{name} ({})", server.address());
    app.viewer(&title("Mill", &once)).await.until_state("live").await;
    assert_eq!(passwords(desk.bus()).await, 0, "a ticket is not kept");
    assert_eq!(desk.files_with(TICKET.as_bytes()), [ticket], "it is where it was, and nowhere else");

    // Into the Portlight that runs, which is in another folder.
    write(&desk, "one.vnc", &vnc(&one));
    let link = format!("vnc://{}", other.address());
    let opened = in_the_home(&desk, &["connect", "one.vnc", &link]);
    assert!(opened.status.success(), "{opened:?}");
    let viewer = app.viewer(&title("one", &one)).await;
    viewer.until_state("live").await;
    app.viewer(&other.address()).await.until_state("live").await;
    assert!(!fs::read_to_string(desk.hosts_file()).unwrap_or_default().contains("Mill"), "nothing is added");

    // Lists are looked at.
    let list = r#"{"version":1,"hosts":[{"name":"Anvil","address":"anvil.example"},{"name":"Loom","address":"loom.example"}]}"#;
    write(&desk, "two.portlight", list);
    let opened = in_the_home(&desk, &["two.portlight"]);
    assert!(opened.status.success(), "{opened:?}");
    let hosts = app.hosts().await;
    hosts.until_shown("#import-found").await;
    let found = hosts.text_of("#import-found").await;
    assert!(found.contains("Anvil") && found.contains("loom.example"), "{found}");
    assert!(!fs::read_to_string(desk.hosts_file()).unwrap_or_default().contains("Anvil"), "not added yet");
}

/// As a browser and a file manager of the desktop open something: by GIO, which looks up who opens links and files of this kind.
#[tokio::test]
async fn what_the_desktop_opens_comes_into_the_portlight_that_runs() {
    const NAME: &str = "io.github.portlight.Portlight.desktop";
    let desk = Desk::of("what_the_desktop_opens_comes_into_the_portlight_that_runs").open().await;
    let (one, other) = (Server::start(&desk, None).await, Server::start(&desk, None).await);
    let entry = include_str!("../packaging/linux/io.github.portlight.Portlight.desktop")
        .replace("Exec=portlight", &format!("Exec={}", portlight()));
    write(&desk, &format!("data/applications/{NAME}"), &entry);
    // A file's kind is known by its ending, which the package's list of kinds has.
    let kinds = include_str!("../packaging/linux/io.github.portlight.Portlight.xml");
    write(&desk, "data/mime/packages/portlight.xml", kinds);
    let made = desk.command("update-mime-database").arg(desk.home().join("data/mime")).status();
    assert!(made.expect("shared-mime-info").success());
    let defaults = entry.lines().find_map(|line| line.strip_prefix("MimeType=")).expect("kinds").split_terminator(';');
    let defaults: String = defaults.map(|kind| format!("{kind}={NAME}\n")).collect();
    write(&desk, "config/mimeapps.list", &format!("[Default Applications]\n{defaults}"));
    let app = App::start(&desk, &[]).await;
    let gio = |what: &str| {
        let done = desk.command("gio").args(["open", what]).output().expect("GLib's tools");
        assert!(done.status.success(), "{what}: {done:?}");
    };

    gio(&format!("vnc://{}/?ViewOnly=true", one.address()));
    app.viewer(&one.address()).await.until_state("live").await;
    let file = write(&desk, "a folder/mill 100%.vnc", &vnc(&other));
    gio(file.to_str().expect("text"));
    app.viewer(&format!("mill 100% ({})", other.address())).await.until_state("live").await;
    let lists = desk.display().titles().into_iter().filter(|title| title == "Portlight").count();
    assert_eq!(lists, 1, "no second one has started");
}

#[tokio::test]
async fn a_file_of_which_nothing_comes_says_why() {
    let desk = Desk::of("a_file_of_which_nothing_comes_says_why").open().await;
    fs::create_dir(desk.home().join("folder.vnc")).expect("a home");
    let made = desk.command("mkfifo").arg(desk.home().join("fifo.vv")).status().expect("a program");
    assert!(made.success());
    write(&desk, "spice.vv", "[virt-viewer]\ntype=spice\nhost=node\nport=5900\n");
    write(&desk, "binary.vnc", "\0\0\0\0");
    write(&desk, "huge.vnc", &" ".repeat(9 * 1024 * 1024));
    write(&desk, "prose.vnc", "hello, world\n");
    write(&desk, "no.plrec", "");
    for (file, why) in [
        ("missing.vnc", "could not be read"),
        ("folder.vnc", "no regular file"),
        ("fifo.vv", "no regular file"),
        ("spice.vv", "no VNC machine (spice)"),
        ("binary.vnc", "no text"),
        ("huge.vnc", "too large"),
        ("prose.vnc", "no list of machines"),
        ("no.plrec", "no recording"),
    ] {
        let Output { status, stderr, .. } = in_the_home(&desk, &["connect", "--", file]);
        let said = String::from_utf8_lossy(&stderr);
        assert_eq!((status.code(), said.lines().count()), (Some(1), 1), "{file}: {said}");
        assert!(said.contains(why) && said.contains(file), "{file}: {said}");
    }
    // Without a terminal: in a window.
    let address = format!("file://{}/spice.vv", desk.home().display());
    let click = desk.spawn("a click", desk.command(portlight()).args(["--", &address]));
    until("the sentence", async || desk.display().has_window("Portlight could not start").then_some(())).await;
    desk.display().close_window("Portlight could not start");
    assert_eq!(click.end().await.code(), Some(1));
}
