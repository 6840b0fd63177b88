//! QEMU, whose guests have a mouse and a keyboard and no characters: its BIOS has PS/2's mouse, which tells of movements only.

use crate::{
    desk::{App, Desk, free_port, until},
    user,
};
use serde_json::json;
use std::{fs, path::PathBuf};

/// A machine with the name Box in the list. Returns the file in which QEMU notes these events.
async fn start_qemu(desk: &Desk, events: &str) -> PathBuf {
    // QEMU counts displays from port 5900 on.
    let port = until("a port for QEMU", async || Some(free_port()).filter(|&port| port > 5900)).await;
    let told = desk.home().join("qemu.log");
    let mut qemu = desk.command("qemu-system-x86_64");
    qemu.args(["-nodefaults", "-display", "none", "-m", "32", "-vga", "std", "-trace", events, "-D"]);
    qemu.arg(&told).args(["-vnc", &format!("127.0.0.1:{}", port - 5900)]);
    desk.spawn("QEMU", &mut qemu);
    let address = format!("127.0.0.1:{port}");
    until("QEMU", async || tokio::net::TcpStream::connect(&address).await.ok()).await;
    let id = "6f4f7c1e-5c55-4d3f-9b5e-000000000001";
    desk.write_hosts(&json!({ "version": 1, "hosts": [{ "id": id, "name": "Box", "address": address }] }).to_string());
    desk.prefer_rows();
    told
}

#[tokio::test]
async fn a_machine_that_takes_movements_gets_the_mouse_with_a_click_and_gives_it_back_with_the_keys() {
    let desk = Desk::of("a_machine_that_takes_movements").without_keyring().open().await;
    let told = start_qemu(&desk, "input_event_rel").await;
    let app = App::start(&desk, &[]).await;
    user::open(&app.hosts().await, "Box").await;
    let viewer = app.viewer("Box").await;
    viewer.until_state("live").await;
    viewer.until("a word of it", "document.querySelector('#toast')?.textContent.includes('movements')").await;

    let (x, y, width, height) = desk.display().place_of("Box").expect("a window");
    desk.display().click((x + width / 2, y + height / 2));
    let locked = "document.pointerLockElement === document.querySelector('#screen canvas')";
    viewer.until("the mouse to be the machine's", locked).await;
    // Of both axes, as far as QEMU was told.
    let moved = || {
        let log = fs::read_to_string(&told).unwrap_or_default();
        let sum = |axis: &str| {
            let values = log.lines().filter(|line| line.contains(&format!("axis {axis},")));
            values.filter_map(|line| line.rsplit(' ').next()?.parse::<i32>().ok()).sum::<i32>()
        };
        (sum("x"), sum("y"))
    };
    let before = moved();
    // Further than the display is wide.
    for nth in 1..=10 {
        desk.display().shift(-150, 10);
        let way = (before.0 - nth * 150, before.1 + nth * 10);
        until("the whole way", async || (moved() == way).then_some(())).await;
    }

    desk.display().press("ctrl+alt+shift+g");
    viewer.until("the mouse to be free", "document.pointerLockElement === null").await;
    viewer.until("a word of that", "document.querySelector('#toast')?.textContent.includes('shortcuts')").await;

    // The toolbar comes also where the machine has the mouse, and frees it.
    desk.display().click((x + width / 2, y + height / 2));
    viewer.until("the mouse to be the machine's again", locked).await;
    viewer.call_toolbar().await;
    viewer.until("the mouse to be free again", "document.pointerLockElement === null").await;
}

#[tokio::test]
async fn a_text_is_typed_where_the_keyboard_over_there_has_it() {
    let desk = Desk::of("a_text_is_typed_where_the_keyboard_over_there_has_it").without_keyring().open().await;
    let told = start_qemu(&desk, "input_event_key_qcode").await;
    let app = App::start(&desk, &[]).await;
    user::open(&app.hosts().await, "Box").await;
    let viewer = app.viewer("Box").await;
    viewer.until_state("live").await;
    viewer.use_tool("#keys").await;
    viewer.click("#type-text").await;
    viewer.until_shown("#layout").await;
    let choose = "const layout = document.querySelector('#layout');
         layout.value = [...layout.options].find((option) => option.textContent.trim() === 'German').value;
         layout.dispatchEvent(new Event('change', { bubbles: true }));
         const field = document.querySelector('#text-to-type');
         field.value = 'y@ßé中';
         field.dispatchEvent(new InputEvent('input', { bubbles: true }));";
    viewer.script(choose).await;
    let notes = viewer.text_of("#type-notes .careful").await;
    assert!(notes.contains('中') && !notes.contains('é'), "{notes}");
    let noted = || fs::read_to_string(&told).unwrap_or_default();
    let pressed = |before: usize| {
        let log = noted();
        let keys = log[before..].lines().filter_map(|line| {
            let (_, rest) = line.split_once("key qcode ")?;
            let (key, down) = rest.split_once(", down ")?;
            Some(format!("{}{key}", if down.starts_with('1') { '+' } else { '-' }))
        });
        keys.collect::<Vec<_>>().join(" ")
    };
    let german = "+z -z +alt_r +q -q -alt_r +minus -minus +equal -equal +e -e";
    let before = noted().len();
    viewer.click("#type").await;
    until(german, async || (pressed(before) == german).then_some(())).await;

    // It is remembered with the machine, and the engine types in the same way.
    until("the layout in the list", async || {
        fs::read_to_string(desk.hosts_file()).ok().filter(|list| list.contains("\"layout\": \"de\""))
    })
    .await;
    desk.display().copy("z|");
    viewer.use_tool("#keys").await;
    viewer.click("#type-text").await;
    let before = noted().len();
    viewer.click("#type-clipboard").await;
    let german = "+y -y +alt_r +less -less -alt_r";
    until(german, async || (pressed(before) == german).then_some(())).await;
}
