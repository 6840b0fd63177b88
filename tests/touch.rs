//! A touch screen and a pen, and what arrives of them: on a real VNC server, read by xev there.

use crate::desk::{App, Desk, Place, Process, Server, Touch, until};
use serde_json::json;
use std::{fmt::Write, sync::Arc};

/// What xev prints of the pointer, a line for each event.
struct Pointer(Arc<Process>);

impl Pointer {
    async fn on(desk: &Desk, server: &Server) -> Self {
        Self(server.xev(desk, &["mouse", "button"]))
    }

    fn mark(&self) -> usize {
        self.0.said().lines().count()
    }

    /// Buttons that went down and up since `mark`, each with its place; movements with the first one down are dots.
    fn since(&self, mark: usize) -> String {
        let said = self.0.said();
        let mut words = String::new();
        let (mut kind, mut place) = ("", "");
        for line in said.lines().skip(mark) {
            match line.split_whitespace().next() {
                Some("ButtonPress") => kind = "+",
                Some("ButtonRelease") => kind = "-",
                Some("MotionNotify") => kind = ".",
                _ => {}
            }
            if let Some((_, root)) = line.split_once("root:(") {
                place = root.split(')').next().unwrap_or_default();
            }
            if let Some((_, button)) = line.split_once(" button ") {
                let _ = write!(words, "{kind}{} {place} ", button.split(',').next().unwrap_or_default());
            } else if kind == "." && line.contains("state 0x100,") {
                words.push_str(". ");
            }
        }
        words
    }

    /// Waits for what has arrived since `mark`.
    async fn until(&self, mark: usize, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut before = String::new();
        until(what, async || {
            let words = self.since(mark).trim().to_owned();
            if words != before {
                eprintln!("{what}: {words}");
                before.clone_from(&words);
            }
            wanted(&words).then_some(words)
        })
        .await
    }
}

#[tokio::test]
async fn fingers_and_a_pen_do_there_what_they_do_here() {
    let desk = Desk::of("touch_fingers_and_a_pen").without_keyring().touched().open().await;
    let server = Server::start(&desk, None).await;
    let pointer = Pointer::on(&desk, &server).await;
    let app = App::start(&desk, &[&server.address()]).await;
    let viewer = app.viewer(&server.address()).await;
    viewer.until_state("live").await;
    let (x, y, ..) = desk.display().place_of(&server.address()).expect("a window");
    let at = |right: i32, down: i32| (x + right, y + down);
    let hand = desk.hand();
    let is = |wanted: &'static str| move |words: &str| words == wanted;

    // A pen is a mouse.
    let mark = pointer.mark();
    hand.hover(at(500, 400));
    hand.press(1, true, at(500, 400));
    hand.draw(at(520, 400));
    hand.draw(at(540, 400));
    hand.press(1, false, at(540, 400));
    pointer
        .until(mark, "the pen's tip", |words| words.starts_with("+1 500,400 .") && words.ends_with("-1 540,400"))
        .await;
    let mark = pointer.mark();
    hand.press(3, true, at(540, 400));
    hand.press(3, false, at(540, 400));
    pointer.until(mark, "its button", is("+3 540,400 -3 540,400")).await;

    // Taps with one to three fingers are the three buttons, once.
    let tap = async |fingers: &[Place], wanted: &'static str| {
        let mark = pointer.mark();
        hand.drag_all(&fingers.iter().map(|place| (*place, *place)).collect::<Vec<_>>(), 0);
        pointer.until(mark, wanted, is(wanted)).await;
    };
    tap(&[at(100, 300)], "+1 100,300 -1 100,300").await;
    tap(&[at(100, 300), at(160, 300)], "+3 130,300 -3 130,300").await;
    tap(&[at(100, 300), at(160, 300), at(130, 360)], "+2 130,320 -2 130,320").await;

    // One that stays where it is is the right button, as long as it stays.
    let mark = pointer.mark();
    hand.touch(1, Touch::Begin, at(200, 100));
    pointer.until(mark, "the right button", is("+3 200,100")).await;
    hand.touch(1, Touch::End, at(200, 100));
    pointer.until(mark, "its end", is("+3 200,100 -3 200,100")).await;

    // One that moves drags, and turns no wheel.
    let mark = pointer.mark();
    hand.drag_all(&[(at(200, 200), at(400, 200))], 10);
    let words = pointer.until(mark, "a drag", |words| words.ends_with("-1 400,200")).await;
    assert!(words.starts_with("+1 200,200 .") && words.matches('+').count() == 1, "{words}");
    tap(&[at(100, 300)], "+1 100,300 -1 100,300").await;

    // Two turn the wheel, without any button.
    let mark = pointer.mark();
    hand.drag_all(&[(at(300, 300), at(300, 420)), (at(360, 300), at(360, 420))], 10);
    pointer.until(mark, "the wheel", |words| words.starts_with("+4 330,300 -4 330,300")).await;
    tap(&[at(100, 300)], "+1 100,300 -1 100,300").await;

    // Two that part zoom there, with Ctrl and the wheel, and nothing here.
    let mark = pointer.mark();
    hand.drag_all(&[(at(300, 300), at(180, 300)), (at(360, 300), at(480, 300))], 10);
    pointer.until(mark, "the wheel", |words| words.starts_with("+4 330,300 -4 330,300")).await;
    assert_eq!(viewer.script("return visualViewport.scale").await, 1.0);
    tap(&[at(100, 300)], "+1 100,300 -1 100,300").await;

    // Scaled to a half, each at the right place.
    desk.display().place(&server.address(), (320, 240));
    let (x, y, ..) = until("half of it", async || {
        desk.display().place_of(&server.address()).filter(|place| (place.2, place.3) == (320, 240))
    })
    .await;
    viewer
        .until("the scaled screen", "document.querySelector('#screen canvas').getBoundingClientRect().width === 320")
        .await;
    let mark = pointer.mark();
    hand.drag_all(&[((x + 100, y + 150), (x + 100, y + 150))], 0);
    pointer.until(mark, "a tap at half the size", is("+1 200,300 -1 200,300")).await;
}

#[tokio::test]
async fn a_finger_calls_the_toolbar_and_moves_what_is_seen() {
    const NAME: &str = "Studio";
    let desk = Desk::of("touch_toolbar").without_keyring().touched().open().await;
    let server = Server::start(&desk, None).await;
    let pointer = Pointer::on(&desk, &server).await;
    let host = json!({
        "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01", "name": NAME, "address": server.address(), "display": { "scaling": "actual" }
    });
    desk.write_hosts(&json!({ "version": 1, "hosts": [host] }).to_string());
    let app = App::start(&desk, &[NAME]).await;
    let viewer = app.viewer(NAME).await;
    viewer.until_state("live").await;
    desk.display().place(NAME, (600, 300));
    let (x, y, ..) = until("a window that is smaller than the screen there", async || {
        desk.display().place_of(NAME).filter(|place| (place.2, place.3) == (600, 300))
    })
    .await;
    let hidden = "getComputedStyle(document.querySelector('#toolbar')).visibility === 'hidden'";
    viewer.until("the toolbar", "document.querySelector('#toolbar') !== null").await;
    viewer.until("the toolbar to hide", hidden).await;
    let hand = desk.hand();
    let tap = async |selector: &str| {
        let script = format!(
            "const {{ left, right, top, bottom }} = document.querySelector({selector:?}).getBoundingClientRect();
             return [(left + right) / 2, (top + bottom) / 2].map(Math.round)"
        );
        let place = viewer.script(&script).await;
        let [right, down] = [0, 1].map(|at| i32::try_from(place[at].as_i64().expect("a number")).expect("a place"));
        hand.drag_all(&[((x + right, y + down), (x + right, y + down))], 0);
    };

    // Down to the lower edge with a button held: the picture moves, and the pointer on it.
    let mark = pointer.mark();
    hand.touch(1, Touch::Begin, (x + 300, y + 200));
    hand.touch(1, Touch::Update, (x + 300, y + 270));
    hand.touch(1, Touch::Update, (x + 300, y + 298));
    until("the pointer on the lower part", async || (server.display.pointer().1 > 470).then_some(())).await;
    hand.touch(1, Touch::End, (x + 300, y + 298));
    let words = pointer.until(mark, "the button's end", |words| words.contains("-1 300,")).await;
    assert!(words.starts_with("+1 300,200"), "{words}");

    // What calls the toolbar is no click there.
    let mark = pointer.mark();
    tap(".handle").await;
    viewer.until("the toolbar by a finger", &format!("!({hidden})")).await;
    tap("#view-only").await;
    viewer.until("view only", "document.querySelector('#view-only').getAttribute('aria-pressed') === 'true'").await;
    assert_eq!(pointer.since(mark), "");

    // Who only watches moves what is seen with one finger: back to what lies above.
    let corner = (i16::try_from(x + 12).expect("a place"), i16::try_from(y + 30).expect("a place"));
    let seen = || desk.display().pixel(corner);
    assert_eq!(seen(), Some([255; 3]));
    hand.drag_all(&[((x + 300, y + 60), (x + 300, y + 280))], 6);
    until("xev's black square", async || (seen() == Some([0; 3])).then_some(())).await;
}
