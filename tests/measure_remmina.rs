//! Numbers, not tests: how long a list takes to come, and what waiting in the tray costs, beside Remmina. `cargo xtask measure remmina`
//! runs this against the release build, both in turns on one display.

use crate::desk::{self, Colour, Desk, Memory, Process, Screen, until};
use serde_json::json;
use std::{collections::HashMap, fs, process::Command, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

const ROUNDS: usize = 5;
/// Of each screen one row of so many is looked at.
const ROWS: usize = 16;
/// Rows of a desk's screen.
const HEIGHT: i16 = 900;
/// Pixels that may change in a window that is there: a caret that blinks.
const CARET: usize = 40;
/// A window in which nothing else changes for so long is all there.
const STILL: Duration = Duration::from_secs(2);
/// What has begun in the background ends.
const SETTLED: Duration = Duration::from_secs(10);

/// A program with a list of machines.
struct Program {
    name: &'static str,
    command: &'static str,
    /// What has it wait in the tray.
    to_tray: &'static str,
}

#[tokio::test]
#[ignore = "a measurement: cargo xtask measure remmina"]
async fn beside_remmina() {
    if Command::new("remmina").arg("--version").output().is_err() {
        println!("Remmina is not here: apt-get install remmina");
        return;
    }
    let desk = Desk::of("beside_remmina").tray().open().await;
    three_machines(&desk);
    let programs = [
        Program { name: "Portlight", command: desk::portlight(), to_tray: "--background" },
        Program { name: "Remmina", command: "remmina", to_tray: "--icon" },
    ];
    let screen = Screen::of(&desk);
    let mut times: HashMap<(&str, &str), Vec<Duration>> = HashMap::new();
    let mut memory: HashMap<(&str, &str), Vec<u64>> = HashMap::new();
    for round in 0..ROUNDS {
        for program in &programs {
            let Program { name, command, to_tray } = program;
            // Only root may: then there is no such line.
            if forget_files() {
                let (took, process) = list(&desk, &screen, program).await;
                times.entry((name, "not in memory")).or_default().push(took);
                gone(&screen, &process).await;
            }
            let (took, process) = list(&desk, &screen, program).await;
            times.entry((name, "not running")).or_default().push(took);
            if round == 0 {
                let file = format!("target/e2e/beside_{name}.png");
                desk.display().picture().save(&file).expect("a picture");
            }
            gone(&screen, &process).await;

            let waiting = desk.spawn(name, desk.command(command).arg(to_tray));
            desk.tray().property::<String>("Id").await;
            sleep(SETTLED).await;
            memory.entry((name, "in the tray")).or_default().push(Memory::of(waiting.pid()).pss());
            let (took, second) = list(&desk, &screen, program).await;
            times.entry((name, "in the tray")).or_default().push(took);
            memory.entry((name, "its list is seen")).or_default().push(Memory::of(waiting.pid()).pss());
            second.kill();
            gone(&screen, &waiting).await;
        }
    }
    println!("\nfrom the command to the finished list, median of {ROUNDS} rounds, and their range");
    for how in ["not in memory", "not running", "in the tray"] {
        for program in &programs {
            let Some(mut times) = times.remove(&(program.name, how)) else { continue };
            times.sort();
            let [least, median, most] = [0, times.len() / 2, times.len() - 1].map(|at| times[at].as_millis());
            println!("{how:18} {:10} {median:6} ms ({least} to {most})", program.name);
        }
    }
    println!("\nmemory of all processes, with shared pages divided");
    for how in ["in the tray", "its list is seen"] {
        for program in &programs {
            let mut kib = memory.remove(&(program.name, how)).unwrap_or_default();
            kib.sort_unstable();
            let median = kib[kib.len() / 2] as f64 / 1024.0;
            println!("{how:18} {:10} {median:6.0} MiB", program.name);
        }
    }
}

/// The same three machines in both lists.
fn three_machines(desk: &Desk) {
    let names = ["Studio", "Laboratory", "Render farm"];
    let host = |(n, name): (usize, &&str)| {
        let id = format!("6f0d3f5e-52c1-4f5e-9d0c-0d4c3b3a1f{n:02}");
        json!({ "id": id, "name": name, "address": format!("192.0.2.{n}") })
    };
    let hosts: Vec<_> = names.iter().enumerate().map(host).collect();
    desk.write_hosts(&json!({ "version": 1, "hosts": hosts }).to_string());
    let folder = desk.home().join("data/remmina");
    fs::create_dir_all(&folder).expect("a home");
    for (n, name) in names.iter().enumerate() {
        let profile = format!("[remmina]\nname={name}\nprotocol=VNC\nserver=192.0.2.{n}\n");
        fs::write(folder.join(format!("group_vnc_{n}.remmina")), profile).expect("a home");
    }
}

/// Starts it, and waits until its list is all there.
async fn list(desk: &Desk, screen: &Screen, program: &Program) -> (Duration, Arc<Process>) {
    let empty = frame(screen);
    let began = Instant::now();
    let process = desk.spawn(program.name, &mut desk.command(program.command));
    let (mut last, mut changed) = (empty.clone(), began);
    loop {
        sleep(Duration::from_millis(2)).await;
        let now = frame(screen);
        if differing(&last, &now) > CARET {
            (last, changed) = (now, Instant::now());
        } else if differing(&last, &empty) > 100 * CARET && changed.elapsed() > STILL {
            return (changed - began, process);
        }
        assert!(began.elapsed() < desk::TIMEOUT, "no list came\n{}", process.log());
    }
}

/// Ends it, and waits until nothing of it is seen.
async fn gone(screen: &Screen, process: &Process) {
    process.kill();
    process.end().await;
    until("an empty screen", async || {
        let rows = frame(screen);
        rows.iter().all(|colour| *colour == rows[0]).then_some(())
    })
    .await;
}

/// The colours of some rows.
fn frame(screen: &Screen) -> Vec<Colour> {
    (0..HEIGHT).step_by(ROWS).flat_map(|y| screen.row(y)).collect()
}

fn differing(one: &[Colour], other: &[Colour]) -> usize {
    one.iter().zip(other).filter(|(one, other)| one != other).count()
}

/// Has the kernel forget what it holds of files; whether that was allowed.
fn forget_files() -> bool {
    Command::new("sync").status().is_ok_and(|synced| synced.success())
        && fs::write("/proc/sys/vm/drop_caches", "1").is_ok()
}
