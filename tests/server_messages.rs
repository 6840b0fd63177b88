//! What servers may send, and what they may not, to the viewer in its own window. docs/SERVER-MESSAGES.md has the list.

use crate::desk::{App, Desk, Memory, Page, Scripted, ScriptedViewer, until};
use flate2::{Compress, Compression, FlushCompress};
use serde_json::json;
use std::time::Instant;

const SIZE: (u16, u16) = (64, 48);

const RAW: i32 = 0;
const COPY: i32 = 1;
const RRE: i32 = 2;
const HEXTILE: i32 = 5;
const TIGHT: i32 = 7;
const ZRLE: i32 = 16;
const CURSOR: i32 = -239;
const DESKTOP_SIZE: i32 = -223;
const LAST_RECTANGLE: i32 = -224;
const TIGHT_PNG: i32 = -260;
const NAME: i32 = -307;
const EXTENDED_DESKTOP_SIZE: i32 = -308;
const VMWARE_CURSOR: i32 = 0x574d_5664;

/// The flags of the extended clipboard: all that can be done, with text; a text.
const CAPABILITIES: u32 = 0x1f00_0001;
const PROVIDE: u32 = 0x1000_0001;

#[tokio::test]
async fn a_session_goes_on_after_all_that_may_be_skipped() {
    let desk = Desk::of("a_session_goes_on_after_all_that_may_be_skipped").open().await;
    let server = Scripted::start(SIZE);
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    let session = server.viewer().await;
    viewer.until_state("live").await;
    let mut colours = 1_u8..;
    desk.display().copy("kept");

    let many_rectangles = rectangle(3, 3, 1, 1, RAW, &[1, 2, 3, 0]).repeat(0xffff);
    let refused = |reason| rectangle(1, reason, 640, 480, EXTENDED_DESKTOP_SIZE, &screens(2));
    let flaps = [(1920, 1080), (640, 480)].map(|(width, height)| size(width, height)).concat().repeat(30);
    for (what, bytes) in [
        ("a colour map", [vec![1, 0, 0, 0, 1, 0], vec![9; 256 * 6]].concat()),
        ("fences", [fence(true, 0), fence(true, 64), fence(true, 255), fence(false, 9)].concat()),
        ("xvp", vec![250, 0, 1, 1, 250, 0, 1, 0, 250, 0, 1, 9]),
        ("the end of continuous updates", vec![150, 150, 150]),
        ("an update of nothing", update(&[])),
        ("65535 rectangles", [&[0, 0, 255, 255][..], &many_rectangles].concat()),
        ("the last rectangle", [&[0, 0, 255, 255][..], &rectangle(0, 0, 0, 0, LAST_RECTANGLE, &[])].concat()),
        ("rectangles outside", update(&outside())),
        ("rectangles without size", update(&without_size())),
        ("cursors", update(&cursors())),
        ("names", update(&[name(b"\xff\xfe\n\x07\x1b[1m"), name(&[b'n'; 100_000])])),
        ("lamps, keys, buttons", update(&[pseudo(-261, &[255]), pseudo(-258, &[]), pseudo(-316, &[])])),
        ("several screens", update(&[rectangle(0, 0, 64, 48, EXTENDED_DESKTOP_SIZE, &screens(255))])),
        ("no screens", update(&[rectangle(0, 0, 64, 48, EXTENDED_DESKTOP_SIZE, &screens(0))])),
        ("refused sizes", update(&[refused(1), refused(2), refused(3), refused(200)])),
        ("a size that flaps", [flaps, size(0, 0), size(0, 48), size(64, 48)].concat()),
        ("odd capabilities", [extended(CAPABILITIES | 6, &[0; 4]), extended(CAPABILITIES, &[9; 99])].concat()),
        ("texts that are none", [extended(PROVIDE, &[77; 99]), extended(0x8000_0001, &[]), extended(0, &[1])].concat()),
        ("a large cursor", update(&[rectangle(0, 0, 3400, 3400, CURSOR, &[0; 3400 * (3400 * 4 + 425)])])),
    ] {
        session.say(bytes);
        goes_on(what, &viewer, &session, &mut colours).await;
    }

    session.say(cut_text(48_000_000, &vec![b't'; 48_000_000]));
    goes_on("a text of 48 MB", &viewer, &session, &mut colours).await;
    viewer.until("a word about it", "document.body.innerText.includes('48 MB')").await;
    assert_eq!(desk.display().paste().as_deref(), Some("kept"));
    viewer.click("#toast .button").await;
    // It is in no list: nothing is copied before the user allows it.
    viewer.use_tool("#clipboard").await;
    viewer.click("#clipboard-allow").await;
    session.say(cut_text(4, b"text"));
    until("a text", async || (desk.display().paste().as_deref() == Some("text")).then_some(())).await;
}

#[tokio::test]
async fn a_session_ends_with_a_sentence_where_nothing_can_be_skipped() {
    let desk = Desk::of("a_session_ends_with_a_sentence_where_nothing_can_be_skipped").without_bus().open().await;
    let server = Scripted::start(SIZE);
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    let tiny = &rectangle(0, 0, 1, 1, RAW, &[1, 2, 3, 0]);
    let broken_jpeg = update(&[rectangle(0, 0, 16, 16, TIGHT, &[&[0x90, 99][..], &[77; 99]].concat())]);
    for (what, bytes, words) in [
        ("an unknown message", vec![77], "type 77"),
        ("an unknown encoding", update(&[rectangle(0, 0, 1, 1, -77, &[])]), "encoding: -77"),
        ("an unknown cursor", update(&[rectangle(0, 0, 1, 1, VMWARE_CURSOR, &[9, 0])]), "type: 9"),
        (
            "a broken picture",
            [broken_jpeg, update(std::slice::from_ref(tiny)).repeat(50)].concat(),
            "could not be shown any further",
        ),
        ("a rectangle of 17 GB", update(&[rectangle(0, 0, 65535, 65535, HEXTILE, &[2, 9, 9, 9, 0])]), "65535x65535"),
        ("a picture of 17 GB", update(&[rectangle(0, 0, 16, 16, TIGHT, &huge_jpeg())]), "A picture is 65500x65500"),
        (
            "a tile of half a gigabyte",
            update(&[zrle(64, 48, &mut zlib(), &vec![0; 1 << 29])]),
            "longer than its rectangle",
        ),
        ("a large screen", size(65535, 65535), "The screen of 65535x65535 is larger"),
        ("a large screen", update(&[rectangle(0, 0, 20000, 20000, EXTENDED_DESKTOP_SIZE, &screens(1))]), "20000x20000"),
    ] {
        let session = server.viewer().await;
        viewer.until_state("live").await;
        goes_on(what, &viewer, &session, &mut (9_u8..)).await;
        session.say(bytes);
        viewer.until_state("ended").await;
        let reason = viewer.text_of("#reason").await;
        assert!(reason.contains(words), "{what}: {reason}");
        viewer.click("#again").await;
    }

    // From the start.
    let session = server.viewer().await;
    viewer.until_state("live").await;
    server.resize((20000, 20000));
    session.say([77]);
    viewer.until_state("ended").await;
    viewer.click("#again").await;
    let _large = server.viewer().await;
    viewer
        .until("the size in the reason", "document.querySelector('#reason')?.innerText.includes('20000x20000')")
        .await;

    // No size at first is none that is too large.
    server.resize((0, 0));
    viewer.click("#again").await;
    let session = server.viewer().await;
    viewer.until_state("live").await;
    session.say(size(64, 48));
    goes_on("a size that comes later", &viewer, &session, &mut (9_u8..)).await;
}

/// An update that is 600 screens of 8 MB, in 30 kB.
#[tokio::test]
async fn an_update_of_many_screens_is_drawn_in_little_memory() {
    const COLUMNS: usize = 1920_usize.div_ceil(64);
    const ROWS: usize = 1080_usize.div_ceil(64);
    let desk = Desk::of("an_update_of_many_screens_is_drawn_in_little_memory").without_bus().open().await;
    let server = Scripted::start((1920, 1080));
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    let session = server.viewer().await;
    viewer.until_state("live").await;
    let mut zlib = zlib();
    let mut screens = |count: usize| {
        let tiles = [1, 1, 2, 3].repeat(COLUMNS * ROWS);
        update(&(0..count).map(|_| zrle(1920, 1080, &mut zlib, &tiles)).collect::<Vec<_>>())
    };
    session.say(screens(8));
    goes_on("a few screens", &viewer, &session, &mut (9_u8..)).await;
    let (before, mut most) = (Memory::of(app.pid()).written(), 0);
    session.say(screens(600));
    session.say(update(&[square(77)]));
    until("the last of it", async || {
        most = most.max(Memory::of(app.pid()).written());
        (viewer.script(&format!("return {}", shows(77))).await == json!(true)).then_some(())
    })
    .await;
    let growth = most.saturating_sub(before) / 1024;
    assert!(growth < 300, "{growth} MiB more");
}

#[tokio::test]
async fn a_bell_rings_and_thousands_ring_twice_a_second() {
    let desk = Desk::of("a_bell_rings_and_thousands_ring_twice_a_second").without_bus().open().await;
    let server = Scripted::start(SIZE);
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    let session = server.viewer().await;
    viewer.until_state("live").await;
    let mut bells = desk.display().bells();
    session.say([2]);
    until("one ring", async || (bells.heard() == 1).then_some(())).await;
    let start = Instant::now();
    for _ in 0..10 {
        session.say([2; 1000]);
        goes_on("bells", &viewer, &session, &mut (9_u8..)).await;
    }
    let (rings, most) = (bells.heard(), 2 + start.elapsed().as_millis() / 500);
    assert!(rings as u128 <= most, "{rings} rings, {most} at most");
}

/// Waits until the viewer draws what comes next, in a colour of its own.
async fn goes_on(what: &str, viewer: &Page<'_>, session: &ScriptedViewer, colours: &mut impl Iterator<Item = u8>) {
    let red = colours.next().expect("a colour");
    session.say(update(&[square(red)]));
    viewer.until(&format!("the session to go on after {what}"), &shows(red)).await;
}

/// A square in the corner of the screen.
fn square(red: u8) -> Vec<u8> {
    rectangle(0, 0, 8, 8, RAW, &[red, 0, 0, 0].repeat(64))
}

/// Whether a page shows it.
fn shows(red: u8) -> String {
    format!(
        "[...document.querySelectorAll('.container canvas')].some((canvas) =>
             canvas.width > 0 && canvas.getContext('2d').getImageData(4, 4, 1, 1).data[0] === {red})"
    )
}

fn zlib() -> Compress {
    Compress::new(Compression::best(), true)
}

/// A rectangle of these tiles, the next piece of a stream.
fn zrle(width: u16, height: u16, stream: &mut Compress, tiles: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(tiles.len() / 500 + 1024);
    stream.compress_vec(tiles, &mut data, FlushCompress::Sync).expect("room for it");
    let length = u32::try_from(data.len()).expect("a short piece").to_be_bytes();
    rectangle(0, 0, width, height, ZRLE, &[&length[..], &data].concat())
}

/// In Tight, the beginning of a JPEG file that says to have 65500x65500 pixels of one grey.
fn huge_jpeg() -> Vec<u8> {
    let size = 65500_u16.to_be_bytes();
    let frame = [&[0xff, 0xc0, 0, 11, 8][..], &size, &size, &[1, 1, 0x11, 0]].concat();
    let file = [&[0xff, 0xd8][..], &[0xff, 0xdb, 0, 67, 0], &[1; 64], &frame, &[0xff, 0xd9]].concat();
    [&[0x90, u8::try_from(file.len()).expect("a short file")][..], &file].concat()
}

fn update(rectangles: &[Vec<u8>]) -> Vec<u8> {
    let count = u16::try_from(rectangles.len()).expect("few rectangles");
    [&[0, 0][..], &count.to_be_bytes(), &rectangles.concat()].concat()
}

fn rectangle(x: u16, y: u16, width: u16, height: u16, encoding: i32, data: &[u8]) -> Vec<u8> {
    let head: Vec<u8> = [x, y, width, height].into_iter().flat_map(u16::to_be_bytes).collect();
    [&head, &encoding.to_be_bytes()[..], data].concat()
}

fn pseudo(encoding: i32, data: &[u8]) -> Vec<u8> {
    rectangle(0, 0, 0, 0, encoding, data)
}

fn size(width: u16, height: u16) -> Vec<u8> {
    update(&[rectangle(0, 0, width, height, DESKTOP_SIZE, &[])])
}

/// The data of an ExtendedDesktopSize.
fn screens(count: u8) -> Vec<u8> {
    [&[count, 0, 0, 0][..], &[0; 16].repeat(count.into())].concat()
}

fn name(text: &[u8]) -> Vec<u8> {
    pseudo(NAME, &[&u32::try_from(text.len()).expect("a short name").to_be_bytes(), text].concat())
}

fn fence(asks: bool, length: u8) -> Vec<u8> {
    [&[248, 0, 0, 0, u8::from(asks) << 7, 0, 0, 1, length][..], &vec![77; length.into()]].concat()
}

fn cut_text(length: i32, data: &[u8]) -> Vec<u8> {
    [&[3, 0, 0, 0][..], &length.to_be_bytes(), data].concat()
}

/// A message of the extended clipboard.
fn extended(flags: u32, data: &[u8]) -> Vec<u8> {
    let length = -4 - i32::try_from(data.len()).expect("a short message");
    cut_text(length, &[&flags.to_be_bytes(), data].concat())
}

fn outside() -> Vec<Vec<u8>> {
    vec![
        rectangle(65535, 65535, 1, 1, RAW, &[1, 2, 3, 0]),
        rectangle(60, 40, 300, 20, RAW, &[9; 300 * 20 * 4]),
        rectangle(9, 9, 500, 500, COPY, &[255, 255, 255, 255]),
        rectangle(9, 9, 500, 500, COPY, &[0, 0, 0, 0]),
        rectangle(60000, 9, 500, 500, RRE, &[0, 0, 0, 1, 1, 2, 3, 0, 3, 2, 1, 0, 255, 0, 255, 0, 0, 9, 0, 9]),
        rectangle(60, 40, 16, 16, HEXTILE, &[2, 9, 9, 9, 0]),
        rectangle(60, 40, 900, 900, TIGHT, &[0x80, 9, 9, 9]),
    ]
}

fn without_size() -> Vec<Vec<u8>> {
    vec![
        rectangle(1, 1, 0, 9, RAW, &[]),
        rectangle(1, 1, 0, 0, COPY, &[0; 4]),
        rectangle(1, 1, 0, 0, RRE, &[0; 8]),
        rectangle(1, 1, 0, 0, HEXTILE, &[]),
        rectangle(1, 1, 9, 0, HEXTILE, &[]),
        rectangle(1, 1, 0, 0, TIGHT, &[0x80, 9, 9, 9]),
        rectangle(1, 1, 0, 0, TIGHT, &[0x00]),
        rectangle(1, 1, 9, 0, TIGHT, &[0x40, 1, 1, 0, 0, 0, 9, 9, 9]),
        rectangle(1, 1, 0, 9, TIGHT_PNG, &[0xa0, 3, 7, 7, 7]),
        rectangle(1, 1, 0, 9, ZRLE, &[0; 4]),
    ]
}

fn cursors() -> Vec<Vec<u8>> {
    vec![
        rectangle(5, 5, 0, 0, CURSOR, &[]),
        rectangle(0, 0, 65535, 0, CURSOR, &[]),
        rectangle(65535, 65535, 1, 1, CURSOR, &[9, 9, 9, 0, 0x80]),
        rectangle(9, 9, 300, 300, CURSOR, &[0xff; 300 * (300 * 4 + 38)]),
        rectangle(5, 5, 0, 0, VMWARE_CURSOR, &[0, 0]),
        rectangle(65535, 0, 1, 1, VMWARE_CURSOR, &[1, 0, 9, 9, 9, 255]),
        rectangle(0, 0, 1, 1, VMWARE_CURSOR, &[0, 0, 0, 0, 0, 0, 9, 9, 9, 0]),
    ]
}
