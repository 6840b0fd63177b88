//! Pictures of the windows, as the documents show them: `cargo xtask pictures` makes them anew.

use crate::{
    desk::{App, Desk, Page, Server, until},
    user,
};
use image::imageops::crop_imm;
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use tokio::time::sleep;

/// What runs on the servers: a program's output with some colour.
const SCREENS: [(&str, [u8; 3], &str); 3] = [
    (
        "Studio",
        [0x24, 0x4a, 0x66],
        r"printf '\033[1;32mann@studio\033[0m:\033[1;34m~/films\033[0m$ ls\n\033[1;34mharbour\033[0m  lights.blend  \033[1;35mstill-014.png\033[0m  notes.txt\n\033[1;32mann@studio\033[0m:\033[1;34m~/films\033[0m$ render lights.blend\n frame 214 of 300  \033[42m              \033[100m      \033[0m  71 %%\n'",
    ),
    (
        "Build server",
        [0x3d, 0x2f, 0x4f],
        r"printf '\033[36m   Compiling\033[0m harbour v2.1.0\n\033[36m   Compiling\033[0m lantern v0.9.3\n\033[32m    Finished\033[0m release in 41.8s\n\033[32m     Running\033[0m tests\n test tides::high ... \033[32mok\033[0m\n test tides::low ... \033[32mok\033[0m\n'",
    ),
    (
        "Microscope",
        [0x1f, 0x4d, 0x3f],
        r"printf '\033[1;33m sample\033[0m  B-17\n\033[1;33m magnification\033[0m  400x\n\n \033[45m  \033[44m    \033[46m   \033[42m     \033[43m  \033[0m\n \033[44m   \033[46m  \033[42m    \033[43m   \033[41m    \033[0m\n \033[46m    \033[42m   \033[43m  \033[41m    \033[45m   \033[0m\n'",
    ),
];

/// Takes effect on the next frame of every window here; there is nothing to wait for.
const SETTLE: Duration = Duration::from_millis(700);

#[tokio::test]
#[ignore = "makes files: cargo xtask pictures"]
async fn pictures_of_the_windows() {
    let desk = Desk::of("pictures_of_the_windows").open().await;
    let mut servers = Vec::new();
    for (name, colour, script) in SCREENS {
        let server = Server::start(&desk, None).await;
        server.display.paint(colour);
        let mut xterm = desk.command("xterm");
        xterm.env("DISPLAY", &server.display.name);
        xterm.args([
            "-fa",
            "DejaVu Sans Mono",
            "-fs",
            "11",
            "-bg",
            "#101418",
            "-fg",
            "#d8dee6",
            "-geometry",
            "62x18+0+0",
        ]);
        desk.spawn(name, xterm.args(["-e", "sh", "-c", &format!("{script}; exec sleep 600")]));
        servers.push(server);
    }
    desk.write_hosts(&list(&servers).to_string());

    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    // Their pictures come with having been open.
    for (name, ..) in SCREENS {
        user::open(&hosts, name).await;
        let viewer = app.viewer(name).await;
        viewer.until_state("live").await;
        let kept = format!("{} canvas", user::row(name));
        hosts.until("its picture", &format!("document.querySelector({kept:?})?.width > 0")).await;
        viewer.use_tool("#disconnect").await;
        user::leave(&desk, &viewer, name).await;
    }
    desk.display().place("Portlight", (1000, 700));
    show(&hosts).await;
    save(&desk, "Portlight", "hosts.png").await;

    user::open(&hosts, "Studio").await;
    let viewer = app.viewer("Studio").await;
    viewer.until_state("live").await;
    desk.display().place("Studio", (960, 720));
    viewer.use_tool("#keys").await;
    save(&desk, "Studio", "viewer.png").await;
    viewer.use_tool("#disconnect").await;
    user::leave(&desk, &viewer, "Studio").await;

    hosts.press("body", "\u{e031}").await;
    hosts.until_shown("#help article h2").await;
    save(&desk, "Portlight", "help.png").await;
    user::quit(app).await;

    let chinese = [("LANGUAGE", "zh_CN"), ("GTK_THEME", "Adwaita:dark")];
    let app = App::start_with(&desk, &[], &chinese).await;
    let hosts = app.hosts().await;
    desk.display().place("Portlight", (1000, 700));
    show(&hosts).await;
    hosts.fill("#search", "tag:rack node").await;
    save(&desk, "Portlight", "search-dark-zh.png").await;
    user::quit(app).await;
}

/// The machines of a user who has some.
fn list(servers: &[Server]) -> Value {
    let id = |at: usize| format!("6f0d3f5e-52c1-4f5e-9d0c-0d4c3b3a1f{at:02x}");
    let mut hosts = Vec::new();
    let seen = SCREENS.iter().zip(servers).enumerate().map(|(at, ((name, ..), server))| {
        let (tag, colour) = [("studio", "blue"), ("rack", "purple"), ("lab", "green")][at];
        json!({ "id": id(at), "name": name, "address": server.address(), "favourite": true, "favourite_place": at,
                "tags": [tag], "colour": colour, "reconnect": false })
    });
    hosts.extend(seen);
    for (name, address, tags) in [
        ("Living room", "media.local", json!(["home"])),
        ("Front desk", "desk.example.org:1", json!(["office"])),
        ("Greenhouse", "wss://garden.example.org/websockify", json!(["home"])),
    ] {
        hosts.push(json!({ "id": id(hosts.len()), "name": name, "address": address, "tags": tags }));
    }
    for number in 1..=8 {
        let (name, address) = (format!("Node {number:02}"), format!("10.0.0.{number}"));
        let jump = "ann@gate.example.org";
        hosts.push(
            json!({ "id": id(hosts.len()), "name": name, "address": address, "tags": ["rack"], "ssh_jump": jump }),
        );
    }
    json!({ "version": 1, "hosts": hosts })
}

/// The list from its beginning, with nothing under the pointer.
async fn show(hosts: &Page<'_>) {
    hosts.until("cards with pictures", "document.querySelectorAll('main canvas').length >= 3").await;
    hosts.script("document.querySelector('#hosts').scrollTop = 0").await;
}

/// Writes what is seen of a window into the folder with the documents.
async fn save(desk: &Desk, title: &str, file: &str) {
    desk.display().focus(title);
    desk.display().point(1390, 890);
    sleep(SETTLE).await;
    let place = until("the window's place", async || desk.display().place_of(title)).await;
    let [x, y, width, height] =
        [place.0, place.1, place.2, place.3].map(|edge| u32::try_from(edge).expect("on the display"));
    let seen = crop_imm(&desk.display().picture(), x, y, width, height).to_image();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    seen.save(folder.join(file)).expect("a folder to write into");
}
