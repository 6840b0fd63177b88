//! Numbers, not tests: Portlight and TigerVNC's viewer over links that are narrow, long, or both. `cargo xtask links`.
//!
//! The link's width is tc's token bucket between two network name spaces, its length a cable of our own that delivers later,
//! as the kernel's own delay (netem) is not everywhere. What is to be seen is looked at on the display, so the same is
//! measured of both.

use crate::{
    desk::{self, Counter, Desk, Far, Screen, Server, until},
    measure::list,
    signals::{ANSWER, CLOCK, Shown, Signals},
};
use serde_json::json;
use std::{net::SocketAddr, time::Duration};
use tokio::time::{Instant, sleep};

const RATES: [&str; 3] = ["1mbit", "10mbit", "100mbit"];
const ROUND_TRIPS: [u64; 3] = [1, 20, 100];
const SIZE: (u16, u16) = (1024, 640);
/// Rows of our screen that go through the server's picture wherever a window manager puts it.
const ROWS: [i16; 3] = [300, 420, 540];
/// A toolbar's handle or a pointer may cover the rest.
const FULL: usize = SIZE.0 as usize * 95 / 100;
/// Before anything is counted: TigerVNC's viewer changes its encoding meanwhile, Portlight its quality.
const SETTLES: Duration = Duration::from_secs(6);
const COUNTS: Duration = Duration::from_secs(6);
const KEYS: u32 = 8;
/// Keycodes of Return and of the letter a, on every keyboard that X has.
const RETURN: u8 = 36;
const LETTER: u8 = 38;

/// What was seen of one viewer over one link.
struct Seen {
    /// Until the whole photograph was there, and the bytes that the server had said by then.
    first: (Duration, u64),
    frames: f64,
    answer: Duration,
    rate: f64,
}

#[tokio::test]
#[ignore = "a measurement: cargo xtask links"]
async fn over_links_of_all_kinds() {
    let mut table = String::from(
        "| link | round trip, ms | viewer | to the picture, ms | kB for it | pictures/s | key to pixel, ms | kB/s |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for rate in RATES {
        for round_trip in ROUND_TRIPS {
            for portlight in [false, true] {
                let seen = over(rate, Duration::from_millis(round_trip), portlight).await;
                table += &format!(
                    "| {rate} | {round_trip} | {} | {} | {} | {:.1} | {} | {:.0} |\n",
                    if portlight { "Portlight" } else { "vncviewer" },
                    seen.first.0.as_millis(),
                    seen.first.1 / 1000,
                    seen.frames,
                    seen.answer.as_millis(),
                    seen.rate,
                );
            }
        }
    }
    println!("\n{table}");
}

async fn over(rate: &str, round_trip: Duration, portlight: bool) -> Seen {
    let desk = Desk::of("over_links_of_all_kinds").open().await;
    let far = Far::at(rate);
    let server = Server::start_far(&desk, &far).await;
    let signals = Signals::before_a_photograph(&server.display.name, SIZE);
    let server = SocketAddr::new(Far::ADDRESS.parse().expect("an address"), server.port());
    let counter = Counter::far_before(server, round_trip);
    let host = json!({ "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01", "name": "Far", "address": counter.address() });
    desk.write_hosts(&json!({ "version": 1, "hosts": [host] }).to_string());
    let screen = Screen::of(&desk);

    let began;
    let program = if portlight {
        let list = list(&desk).await;
        began = Instant::now();
        screen.press(RETURN);
        list
    } else {
        began = Instant::now();
        let address = counter.address().replace(':', "::");
        desk.spawn("vncviewer", desk.command("vncviewer").args(["-SecurityTypes", "None", &address]))
    };
    while ROWS.map(|row| screen.row(row).into_iter().filter(is_picture).count()).iter().any(|&count| count < FULL) {
        assert!(began.elapsed() < desk::TIMEOUT, "no picture came\n{}", program.log());
        sleep(Duration::from_millis(2)).await;
    }
    let first = (began.elapsed(), counter.bytes());

    signals.begin(Shown::Film);
    let answer = until("the window that answers keys", async || ANSWER.find(&screen)).await;
    let clock = until("the clock", async || CLOCK.find(&screen)).await;
    sleep(SETTLES).await;
    let (bytes, since) = (counter.bytes(), Instant::now());
    let (mut frames, mut last) = (0, None);
    while since.elapsed() < COUNTS {
        let now = clock.now(&screen);
        frames += u32::from(now != last);
        last = now;
        sleep(Duration::from_millis(4)).await;
    }
    let rate = (counter.bytes() - bytes) as f64 / since.elapsed().as_secs_f64() / 1000.0;
    let mut answers = Vec::new();
    for _ in 0..KEYS {
        answers.push(answer.to_a_key(&screen, LETTER, &program).await);
        sleep(Duration::from_millis(150)).await;
    }
    answers.sort();
    program.kill();
    program.end().await;
    signals.end();
    Seen { first, frames: f64::from(frames) / COUNTS.as_secs_f64(), answer: answers[answers.len() / 2], rate }
}

/// A pixel of the photograph, which is green all over, as no program's window is.
fn is_picture(&[red, green, blue]: &[u8; 3]) -> bool {
    green > red.saturating_add(40) && green > blue.saturating_add(40)
}
