//! Numbers, not tests: how long a screen takes to appear, beside TigerVNC's own viewer, and what Portlight holds.
//!
//! `cargo xtask measure` runs this against the release build. All are measured in one run, in alternation, on one
//! server; what counts are the ratios.

use crate::{
    desk::{self, Colour, Desk, Memory, Process, Screen, until},
    signals::{ANSWER, Shown, Signals},
};
use serde_json::json;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// The keycode of Return on every keyboard that X has.
const RETURN: u8 = 36;
const ROUNDS: usize = 7;
/// A background that no program here uses, so that its pixels are the server's.
const BACKGROUND: Colour = [0x2b, 0x91, 0x47];
const SIZE: (u16, u16) = (1024, 640);
/// Rows of our screen that go through the server's picture wherever a window manager puts a window of this size.
const ROWS: [i16; 3] = [300, 420, 540];
/// A toolbar's handle or a pointer may cover the rest.
const FULL: usize = SIZE.0 as usize * 98 / 100;

#[tokio::test]
#[ignore = "a measurement: cargo xtask measure"]
async fn time_to_pixels_and_memory() {
    let desk = Desk::of("measure").tray().open().await;
    let (address, _) = server(&desk).await;
    let host = json!({ "id": "6f0d3f5e-52c1-4f5e-9d0c-0d4c3b3a1f00", "name": "Studio", "address": address });
    desk.write_hosts(&json!({ "version": 1, "hosts": [host] }).to_string());
    let screen = Screen::of(&desk);

    let mut times: HashMap<&str, Vec<Duration>> = HashMap::new();
    let mut memory = Memory::default();
    for _ in 0..ROUNDS {
        let viewer =
            async || desk.spawn("vncviewer", desk.command("vncviewer").args(["-SecurityTypes", "None", &address]));
        times.entry("vncviewer").or_default().push(time_to_pixels(&screen, viewer, Process::kill).await);

        let cold = async || desk.spawn("portlight", desk.command(desk::portlight()).arg(&address));
        let end = |portlight: &Process| {
            memory = Memory::of(portlight.pid());
            portlight.kill();
        };
        times.entry("portlight, not running").or_default().push(time_to_pixels(&screen, cold, end).await);

        let list = list(&desk).await;
        let press = async || {
            screen.press(RETURN);
            Arc::clone(&list)
        };
        times.entry("a key in the list").or_default().push(time_to_pixels(&screen, press, Process::kill).await);

        let list = self::list(&desk).await;
        let warm = async || desk.spawn("portlight", desk.command(desk::portlight()).arg(&address));
        times.entry("portlight, running").or_default().push(time_to_pixels(&screen, warm, |_| list.kill()).await);
        list.end().await;
    }

    println!("\nfrom the command to the first full frame, {}x{}, median of {ROUNDS} rounds", SIZE.0, SIZE.1);
    let median = |name| {
        let mut times = times[name].clone();
        times.sort();
        times[ROUNDS / 2].as_secs_f64() * 1000.0
    };
    let peer = median("vncviewer");
    for name in ["vncviewer", "portlight, not running", "portlight, running", "a key in the list"] {
        println!("{name:24} {:6.0} ms   {:.2}", median(name), median(name) / peer);
    }
    println!("\nmemory of all of Portlight's processes with one session\n{memory}");
}

/// Portlight with its list, in which the first machine is chosen, and with a window in waiting.
pub async fn list(desk: &Desk) -> Arc<Process> {
    let list = desk.spawn("portlight", &mut desk.command(desk::portlight()));
    until("the list", async || desk.display().has_window("Portlight").then_some(())).await;
    until("a window in waiting", async || (list.children("WebKitWebProces").len() == 2).then_some(())).await;
    desk.display().focus("Portlight");
    // It has loaded and settled: a user does not ask in the same second.
    sleep(Duration::from_secs(2)).await;
    list
}

/// A server that shows one colour: its address, and its display.
pub async fn server(desk: &Desk) -> (String, String) {
    let port = desk::free_port();
    let mut xvnc = desk.command("Xvnc");
    xvnc.args(["-displayfd", "1", "-localhost", "-SecurityTypes", "None", "-depth", "24"]);
    xvnc.args(["-geometry", &format!("{}x{}", SIZE.0, SIZE.1), "-rfbport", &port.to_string()]);
    let xvnc = desk.spawn("Xvnc", &mut xvnc);
    let number: u32 = xvnc.wait_for_line("its display number", |line| line.parse().ok()).await;
    let [red, green, blue] = BACKGROUND;
    let display = format!(":{number}");
    let mut paint = desk.command("xsetroot");
    paint.env("DISPLAY", &display).args(["-solid", &format!("#{red:02x}{green:02x}{blue:02x}")]);
    assert!(paint.status().expect("xsetroot").success());
    (format!("127.0.0.1::{port}"), display)
}

async fn time_to_pixels(
    screen: &Screen,
    start: impl AsyncFnOnce() -> Arc<Process>,
    end: impl FnOnce(&Process),
) -> Duration {
    until("an empty screen", async || (pixels(screen) == [0; 3]).then_some(())).await;
    let began = Instant::now();
    let process = start().await;
    while pixels(screen).iter().any(|&pixels| pixels < FULL) {
        assert!(began.elapsed() < desk::TIMEOUT, "no picture came\n{}", process.log());
        sleep(Duration::from_millis(2)).await;
    }
    let took = began.elapsed();
    end(&process);
    process.end().await;
    took
}

/// Pixels of the server's colour in each row.
fn pixels(screen: &Screen) -> [usize; 3] {
    ROWS.map(|row| screen.row(row).into_iter().filter(|colour| *colour == BACKGROUND).count())
}

/// Keys of each viewer in each round, each when the former is answered.
const ANSWERED: usize = 100;
/// The keycode of the letter a on every keyboard that X has.
const LETTER: u8 = 38;

/// From a key to the pixels that answer it, on a screen that else stands still.
#[tokio::test]
#[ignore = "a measurement: cargo xtask measure"]
async fn from_a_key_to_its_answer() {
    let mut times: HashMap<(&str, &str), Vec<Duration>> = HashMap::new();
    for _ in 0..ROUNDS / 2 {
        for name in ["vncviewer", "Portlight"] {
            let desk = Desk::of("from_a_key_to_its_answer").open().await;
            let (address, display) = server(&desk).await;
            let signals = Signals::before_a_photograph(&display, SIZE);
            let screen = Screen::of(&desk);
            let (program, arguments) = match name {
                "vncviewer" => (name, vec!["-SecurityTypes", "None", &address]),
                _ => (desk::portlight(), vec![address.as_str()]),
            };
            let viewer = desk.spawn(name, desk.command(program).args(arguments));
            signals.begin(Shown::Still);
            let answer = until("the window that answers keys", async || ANSWER.find(&screen)).await;
            // It has loaded and settled.
            sleep(Duration::from_secs(3)).await;
            for key in 0..ANSWERED {
                let all = answer.to_a_key(&screen, LETTER, &viewer).await;
                let back = signals.key_arrived().expect("it was answered").elapsed();
                for (part, took) in [("all", all), ("there", all.saturating_sub(back)), ("back", back)] {
                    times.entry((name, part)).or_default().push(took);
                }
                // Not in step with anything that has a rhythm of its own.
                sleep(Duration::from_millis(40 + (key as u64 * 7) % 50)).await;
            }
            viewer.kill();
            viewer.end().await;
            signals.end();
        }
    }
    println!("\nfrom a key to its answer on the display, {} keys each", ANSWERED * (ROUNDS / 2));
    let mut times: Vec<_> = times.into_iter().collect();
    times.sort();
    for ((name, part), mut times) in times {
        times.sort();
        let percentile = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1000.0;
        let [half, most, all] = [50, 90, 99].map(percentile);
        println!("{name:12} {part:6} p50 {half:5.1} p90 {most:5.1} p99 {all:5.1} ms");
    }
}
