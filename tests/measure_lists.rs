//! Numbers, not tests: lists of machines, from a few to very many. `cargo xtask measure lists` runs these against the release build.

use crate::{
    desk::{App, Desk, Drawing, Memory, Screen, family, until},
    measure::server,
    user,
};
use serde_json::json;
use std::{collections::HashSet, fs, time::Duration};
use tokio::time::{Instant, sleep};

/// Machines in each list that is measured, each with tags and some with notes.
const LISTS: [usize; 3] = [10, 1_000, 10_000];
/// Machines whose screens were seen.
const PICTURED: usize = 200;
/// So many of them are seen at once.
const TOGETHER: usize = 5;
/// What is typed, a key after the other: names, parts of addresses, tags, what is nowhere, and what is nearly somewhere.
const SEARCHES: [&str; 8] =
    ["render-012", "cache 77", "dc3.example", "tag:lab web", "owned by", "no such machine", "rednre-04", "0123"];
// Keysyms.
const BACKSPACE: u32 = 0xff08;
const ESCAPE: u32 = 0xff1b;
const HOME: u32 = 0xff50;
const UP: u32 = 0xff52;
const DOWN: u32 = 0xff54;
const PRIOR: u32 = 0xff55;
const NEXT: u32 = 0xff56;
const END: u32 = 0xff57;
const SHIFT: u32 = 0xffe1;
const CONTROL: u32 = 0xffe3;
/// Nothing was drawn for so long: a key is answered with all that it leads to.
const STILL: Duration = Duration::from_millis(100);

/// From the start to a list that can be used, from a key to the list that answers it, and what all of it holds.
#[tokio::test]
#[ignore = "a measurement: cargo xtask measure lists"]
async fn lists_of_all_lengths() {
    for count in LISTS {
        let desk = Desk::of("lists_of_all_lengths").open().await;
        desk.write_hosts(&machines(count).to_string());
        let app = App::start(&desk, &[]).await;
        let hosts = app.hosts().await;
        hosts.until_shown(&user::row("Favourite 0")).await;
        // The same moment: the search box takes keys.
        hosts.until_shown("#search").await;
        println!(
            "\n{count} machines: {} ms from the start of the program to a list that can be used",
            age_of(app.pid())
        );
        desk.display().focus("Portlight");

        let screen = Screen::of(&desk);
        let drawing = screen.drawing();
        let press = |keys: &[u32]| press(&screen, &drawing, app.pid(), keys);
        let mut typed = Vec::new();
        for text in SEARCHES {
            // A character's keysym is its code.
            typed.extend(text.chars().filter_map(|letter| press(&[letter.into()])));
            typed.extend((0..4).filter_map(|_| press(&[BACKSPACE])));
            press(&[ESCAPE]);
        }
        report("a key in the search box", &typed);
        let moves: [&[u32]; 10] =
            [&[DOWN], &[NEXT], &[DOWN], &[NEXT], &[SHIFT, DOWN], &[SHIFT, NEXT], &[UP], &[PRIOR], &[END], &[HOME]];
        let moved: Vec<Key> = moves.iter().cycle().take(100).filter_map(|keys| press(keys)).collect();
        report("a key that moves", &moved);
        let all = (0..20).filter_map(|n| press(if n % 2 == 0 { &[CONTROL, 'a' as u32] } else { &[ESCAPE] }));
        report("all, and one again", &all.collect::<Vec<_>>());
        println!("memory of all of Portlight's processes\n{}", Memory::of(app.pid()));
        app.crash().await;
    }
}

/// What the list holds when the screens of many machines were seen, and all their cards are looked at.
#[tokio::test]
#[ignore = "a measurement: cargo xtask measure lists"]
async fn memory_with_pictures() {
    let desk = Desk::of("memory_with_pictures").open().await;
    let (address, _) = server(&desk).await;
    let host = |n: usize| {
        let (id, set) = (format!("00000000-0000-4000-8000-{n:012}"), format!("set {}", n / TOGETHER));
        json!({ "id": id, "name": format!("Machine {n}"), "address": address, "favourite": true, "tags": [set] })
    };
    let list = json!({ "version": 1, "hosts": (0..PICTURED).map(host).collect::<Vec<_>>() });
    desk.write_hosts(&list.to_string());
    let pictures = || fs::read_dir(desk.home().join("cache/portlight/pictures")).map_or(0, Iterator::count);

    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&user::row("Machine 0")).await;
    settle().await;
    println!("\n{PICTURED} machines as cards, without pictures\n{}", Memory::of(app.pid()));
    for set in 0..PICTURED / TOGETHER {
        hosts.fill("#search", &format!("tag:\"set {set}\"")).await;
        hosts.click("#open-set").await;
        let open = "document.querySelectorAll('#hosts .open-now').length";
        hosts.fill("#search", &format!("tag:\"set {set}\"")).await;
        hosts.until("all of them to be open", &format!("{open} === {TOGETHER}")).await;
        for n in set * TOGETHER..(set + 1) * TOGETHER {
            app.viewer(&format!("Machine {n}")).await.until_state("live").await;
        }
        hosts.click("#close-set").await;
        hosts.until("none to be open", &format!("{open} === 0")).await;
        until("their pictures", async || (pictures() >= (set + 1) * TOGETHER).then_some(())).await;
    }
    app.crash().await;

    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    hosts.until_shown(&user::row("Machine 0")).await;
    hosts.until("its pictures", "document.querySelectorAll('#hosts .card canvas').length > 4").await;
    settle().await;
    println!("\nthe same with pictures, the first ones in sight\n{}", Memory::of(app.pid()));
    let mut seen = HashSet::new();
    desk.display().focus("Portlight");
    while seen.len() < PICTURED {
        let drawn =
            "return [...document.querySelectorAll('#hosts [data-name]:has(canvas)')].map((card) => card.dataset.name)";
        let names = hosts.script(drawn).await;
        let before = seen.len();
        seen.extend(names.as_array().expect("names").iter().map(ToString::to_string));
        if seen.len() == before {
            desk.display().press("Next");
        }
    }
    settle().await;
    println!("\nwhen all {PICTURED} pictures were in sight once\n{}", Memory::of(app.pid()));
}

/// A thousand machines out of a file, and ten thousand out of a list that others keep.
#[tokio::test]
#[ignore = "a measurement: cargo xtask measure lists"]
async fn many_machines_come_at_once() {
    let desk = Desk::of("many_machines_come_at_once").open().await;
    let file = desk.home().join("machines.csv");
    let row = |n: usize| format!("import-{n:05},import-{n:05}.example:5901,ann,lab;rack {}\n", n % 7);
    let rows: String = (0..1_000).map(row).collect();
    fs::write(&file, format!("name,host,username,tags\n{rows}")).expect("a home");
    let began = Instant::now();
    let said = desk.portlight(&["import", "--yes", &file.to_string_lossy()]);
    assert!(said.status.success(), "{said:?}");
    println!("\nimport of 1,000 machines from CSV in a terminal: {} ms", began.elapsed().as_millis());

    let list = desk.home().join("others.json");
    let others = |noted: &str| {
        let mut all = machines(10_000);
        for host in all["hosts"].as_array_mut().expect("hosts") {
            host["favourite"] = json!(false);
            host["notes"] = json!(noted);
        }
        fs::write(&list, all.to_string()).expect("a home");
    };
    others("first");
    let app = App::start(&desk, &[]).await;
    let hosts = app.hosts().await;
    user::choose(&hosts, "Lists of others").await;
    hosts.click("#add-source-command").await;
    hosts.fill("#source-command", &format!("cat \"{}\"", list.display())).await;
    hosts.fill("#source-name", "Others").await;
    let times = "document.querySelector('[data-source=Others] .refresh:not(:disabled)') !== null \
                 && document.querySelector('[data-source=Others]').innerText.includes('10,000 machines')";
    let timed = async |what: &str, press: &str, noted: &str| {
        let began = Instant::now();
        hosts.click(press).await;
        hosts.until("the list to be read", times).await;
        let is_there = async || fs::read_to_string(desk.hosts_file()).ok()?.contains(noted).then_some(());
        until("the list to be written", is_there).await;
        println!("{what}: {} ms", began.elapsed().as_millis());
    };
    timed("10,000 machines from a command, all new", "#source-save", "first").await;
    timed("read anew, nothing has changed", "[data-source=Others] .refresh", "first").await;
    others("second");
    timed("read anew, all have other notes", "[data-source=Others] .refresh", "second").await;
    println!("memory of all of Portlight's processes with them\n{}", Memory::of(app.pid()));
}

/// A program has loaded and settled: what it holds does not move any more.
async fn settle() {
    sleep(Duration::from_secs(3)).await;
}

/// How long ago a process has started, in milliseconds, to ten of them: as the system counts.
fn age_of(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    // Fields behind the name, which may have spaces: the state is the third, the start in hundredths of a second the twenty-second.
    let behind = stat.rsplit(')').next().expect("a name");
    let started: f64 = behind.split_whitespace().nth(19).and_then(|field| field.parse().ok()).expect("its start");
    let uptime = fs::read_to_string("/proc/uptime").expect("a system");
    let now: f64 = uptime.split_whitespace().next().and_then(|field| field.parse().ok()).expect("seconds");
    ((now - started / 100.0) * 1000.0) as u64
}

/// What a key took: until it was answered on the screen, and the processor's time of all of Portlight's processes for all that it led to.
struct Key {
    shown: Duration,
    worked: Duration,
}

/// Presses keys together, when nothing is drawn any more; none where they change nothing that is seen.
fn press(screen: &Screen, drawing: &Drawing, pid: u32, keys: &[u32]) -> Option<Key> {
    drawing.until_still(STILL);
    let before = processor_time(pid);
    screen.press_together(keys);
    let shown = drawing.first(Duration::from_secs(1));
    drawing.until_still(STILL);
    Some(Key { shown: shown?, worked: processor_time(pid).saturating_sub(before) })
}

/// The processor's time that a process has had, with all that it has started.
fn processor_time(pid: u32) -> Duration {
    let threads =
        family(pid).into_iter().flat_map(|pid| fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten());
    let time = |thread: &fs::DirEntry| -> Option<u64> {
        fs::read_to_string(thread.path().join("schedstat")).ok()?.split_whitespace().next()?.parse().ok()
    };
    Duration::from_nanos(threads.flatten().filter_map(|thread| time(&thread)).sum())
}

fn report(what: &str, keys: &[Key]) {
    let percentile = |percent: usize, time: fn(&Key) -> Duration| {
        let mut times: Vec<Duration> = keys.iter().map(time).collect();
        times.sort();
        times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1000.0
    };
    println!(
        "{what:24} {:4} keys   shown p50 {:5.1} p99 {:5.1} ms   processor p50 {:5.1} p99 {:5.1} ms",
        keys.len(),
        percentile(50, |key| key.shown),
        percentile(99, |key| key.shown),
        percentile(50, |key| key.worked),
        percentile(99, |key| key.worked),
    );
}

fn machines(count: usize) -> serde_json::Value {
    let tags = ["lab", "prod", "staging", "rack 1", "rack 2", "linux", "windows", "db", "web"];
    let roles = ["web", "db", "cache", "build", "render", "kiosk", "camera"];
    let host = |n: usize| {
        let role = roles[n % roles.len()];
        let name = if n < 5 { format!("Favourite {n}") } else { format!("{role}-{n:05}") };
        json!({
            "id": format!("00000000-0000-4000-8000-{n:012}"), "name": name, "favourite": n < 5,
            "address": format!("{role}-{n:05}.dc{}.example:5901", n % 4), "username": if n.is_multiple_of(3) { "ann" } else { "" },
            "tags": tags.iter().skip(n % 7).take(n % 4).collect::<Vec<_>>(),
            "notes": if n.is_multiple_of(5) { "Owned by the render team; call before you restart it" } else { "" },
        })
    };
    json!({ "version": 1, "hosts": (0..count).map(host).collect::<Vec<_>>() })
}
