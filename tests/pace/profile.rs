//! Where a frame's time goes in Portlight's own window: CPU time by process and thread, and what the page does with it.

use super::{
    WARM_UP,
    clients::{Client, WINDOW},
    encode::Encoding,
    load::{Kind, Load},
    server::{Pace, Security, Server, THREAD},
};
use crate::desk::{self, App, Desk, family, name};
use serde_json::Value;
use std::{fs, sync::Arc, time::Duration};

/// Longer than where only updates are counted: the page's clock is coarse.
const SPAN: Duration = Duration::from_secs(4);
/// The clock ticks in which Linux tells a process's CPU time (USER_HZ).
const TICK: Duration = Duration::from_millis(10);

/// Where one encoding's time goes, in milliseconds a frame.
pub struct Profile {
    /// From one frame to the next, as users have it.
    pub frame: f64,
    /// By each of [`GROUPS`].
    pub cpu: [f64; 6],
    /// From one frame to the next while the page keeps accounts and is driven from outside: both cost something.
    pub watched_frame: f64,
    /// By each of [`PARTS`].
    pub parts: [f64; 6],
}

/// Whose CPU time is told apart.
pub const GROUPS: [&str; 6] =
    ["Portlight", "network process", "page: main thread", "page: other threads", "X server", "load server"];
const MAIN_THREAD: usize = 2;

/// What is told of the page's main thread: how long its handlers take, what of this are canvas calls and assignments to a
/// picture's `src`, and what is left for reading and decoding; its CPU time when no handler runs, which is painting and what
/// the engine does for itself; and how long pictures are waited for.
pub const PARTS: [&str; 6] =
    ["handlers", "canvas", "src", "reading, decoding", "CPU outside handlers", "pictures waited for"];

impl Profile {
    /// Shows a load in Portlight's window: as it is, and then with a page that keeps accounts.
    pub async fn of(kind: Kind, encoding: Encoding) -> Self {
        let load = Arc::new(Load::new(kind, encoding, Client::Portlight.order()));
        let (frame, cpu) = plain(&load, encoding).await;
        let (watched_frame, parts) = watched(&load).await;
        Self { frame, cpu, watched_frame, parts }
    }
}

async fn plain(load: &Arc<Load>, encoding: Encoding) -> (f64, [f64; 6]) {
    let desk = Desk::of("pace_profile").without_keyring().open().await;
    let mut server = Server::start(Arc::clone(load), Security::None);
    let portlight = Client::Portlight.start(&desk, server.port(), encoding).await;
    let mut looks = Vec::new();
    let around = async || looks.push(cpu(portlight.pid(), desk.display().process().pid()));
    let pace = server.pace(WARM_UP, SPAN, around).await;
    (each(&pace, pace.time), spent(&pace, &looks[0], &looks[1]))
}

async fn watched(load: &Arc<Load>) -> (f64, [f64; 6]) {
    let desk = Desk::of("pace_profile").without_keyring().open().await;
    // The page is there before the first byte of a picture, as it has to ask for a password.
    let mut server = Server::start(Arc::clone(load), Security::AnyPassword);
    let address = desk::address(server.port());
    let app = App::start(&desk, &[&address]).await;
    let viewer = app.viewer(&address).await;
    viewer.until_shown("form#prompt").await;
    viewer.script(include_str!("profile.js")).await;
    viewer.fill("#prompt #password", "any").await;
    viewer.click("#prompt #connect").await;
    viewer.until_state("live").await;
    desk.display().place(&address, WINDOW);

    let mut looks = Vec::new();
    let around = async || {
        let page = viewer.script("return window.pace.take()").await;
        looks.push((cpu(app.pid(), desk.display().process().pid()), page));
    };
    let pace = server.pace(WARM_UP, SPAN, around).await;
    let [(before, _), (after, page)] = &looks[..] else { panic!("one look at each end") };
    let main_thread = spent(&pace, before, after)[MAIN_THREAD];
    (each(&pace, pace.time), parts(page, pace.updates as f64, main_thread))
}

/// As [`PARTS`] has it.
fn parts(page: &Value, updates: f64, main_thread: f64) -> [f64; 6] {
    let sum =
        |parts: &[&str]| parts.iter().filter_map(|part| page[part].as_f64()).fold(0.0, |sum, ms| sum + ms) / updates;
    let handlers = sum(&["messages", "pictures", "promises", "workers", "animation"]);
    let canvas = sum(&["putImageData", "drawImage", "fillRect"]);
    let source = sum(&["src"]);
    [handlers, canvas, source, handlers - canvas - source, main_thread - handlers, sum(&["decoding"])]
}

/// Milliseconds an update.
fn each(pace: &Pace, time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0 / pace.updates as f64
}

fn spent(pace: &Pace, before: &[Duration; 6], after: &[Duration; 6]) -> [f64; 6] {
    std::array::from_fn(|group| each(pace, after[group].saturating_sub(before[group])))
}

/// The CPU time so far of each of [`GROUPS`].
fn cpu(portlight: u32, x_server: u32) -> [Duration; 6] {
    let mut times = [Duration::ZERO; 6];
    for pid in family(portlight) {
        match name(pid).as_str() {
            "WebKitWebProces" => {
                let (all, main) = (of_process(pid), of_thread(&format!("/proc/{pid}/task/{pid}")));
                times[MAIN_THREAD] += main;
                times[3] += all.saturating_sub(main);
            }
            "WebKitNetworkPr" => times[1] += of_process(pid),
            _ => times[0] += of_process(pid),
        }
    }
    times[4] = of_process(x_server);
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten().map(|thread| thread.path());
    let is_server = |comm: String| comm.trim() == THREAD;
    let servers = threads.filter(|thread| fs::read_to_string(thread.join("comm")).is_ok_and(is_server));
    times[5] = servers.map(|thread| of_thread(&thread.display().to_string())).sum();
    times
}

/// Of all threads, also those that have ended.
pub(super) fn of_process(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Fields after the name in parentheses: state, and the twelfth and thirteenth are the time in user space and kernel.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    TICK * fields.filter_map(|ticks| ticks.parse::<u32>().ok()).sum()
}

/// Of a thread that lives; its folder.
fn of_thread(folder: &str) -> Duration {
    let schedstat = fs::read_to_string(format!("{folder}/schedstat")).unwrap_or_default();
    Duration::from_nanos(schedstat.split_whitespace().next().and_then(|time| time.parse().ok()).unwrap_or(0))
}
