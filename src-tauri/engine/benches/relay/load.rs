//! What the relays are given to do.

use crate::{
    contestant::Contestant,
    peer::{Link, MOST, Task},
    process,
};
use std::{
    fmt::Write as _,
    io, thread,
    time::{Duration, Instant},
};

#[derive(Debug, Clone, Copy)]
pub enum Load {
    /// From server to viewer, as much as goes.
    Bulk,
    /// The same from a server that writes 1.4 KB at a time.
    SmallWrites,
    /// From viewer to server.
    Upload,
    /// Framebuffer updates of 100 to 500 KB, each asked for when the one before is there.
    Frames,
    /// A pointer event and an answer to it.
    Pointer,
}

/// One number of one run.
pub struct Measure {
    pub what: &'static str,
    pub value: f64,
}

const GIB: f64 = (1_u64 << 30) as f64;
const BULK: u64 = 2 << 30;
const SMALL: u64 = 384 << 20;
const UPLOAD: u64 = 512 << 20;
const FRAMES: usize = 4_000;
const EVENTS: usize = 20_000;
/// Of a pointer event (RFC 6143, section 7.5.5), less the two bytes that the server here does not need.
const EVENT_ANSWER: u32 = 64;
/// One for the relay, one for client and server.
const APART: (&str, &str) = ("0", "1");
const TOGETHER: (&str, &str) = ("0", "0");

impl Load {
    pub const ALL: [Self; 5] = [Self::Bulk, Self::SmallWrites, Self::Upload, Self::Frames, Self::Pointer];

    pub fn run(self, contestant: &Contestant) -> Vec<Measure> {
        let mut link = contestant.connect().unwrap();
        let (relay, others) = match self {
            // Where all share one core, waking another one is not measured.
            Self::Pointer => TOGETHER,
            _ => APART,
        };
        contestant.pin(relay, others);
        let measures = match self {
            Self::Bulk => stream(contestant, &mut link, BULK, MOST as u32, ["bulk, MiB/s", "bulk, CPU s/GiB"]),
            Self::SmallWrites => {
                stream(contestant, &mut link, SMALL, 1400, ["1.4 KB writes, MiB/s", "1.4 KB writes, CPU s/GiB"])
            }
            Self::Upload => upload(contestant, &mut link),
            Self::Frames => {
                let sizes = (0_u64..).map(|n| 100_000 + (n * 7919 % 400_001) as u32).take(FRAMES);
                ask(&mut link, sizes).map(|times| {
                    let all: Duration = times.iter().sum();
                    vec![
                        Measure { what: "frames/s", value: times.len() as f64 / all.as_secs_f64() },
                        percentile(&times, 50, "frames p50, us"),
                        percentile(&times, 99, "frames p99, us"),
                    ]
                })
            }
            Self::Pointer => ask(&mut link, std::iter::repeat_n(EVENT_ANSWER, EVENTS)).map(|times| {
                vec![percentile(&times, 50, "pointer p50, us"), percentile(&times, 99, "pointer p99, us")]
            }),
        };
        measures.unwrap()
    }
}

fn stream(
    contestant: &Contestant,
    link: &mut Link,
    bytes: u64,
    at_a_time: u32,
    [speed, cost]: [&'static str; 2],
) -> io::Result<Vec<Measure>> {
    let (began, cpu) = (Instant::now(), process::cpu(contestant.pid()));
    link.begin(Task::Send { bytes, at_a_time })?;
    link.receive(bytes)?;
    Ok(rates(contestant, bytes, began, cpu, [speed, cost]))
}

fn upload(contestant: &Contestant, link: &mut Link) -> io::Result<Vec<Measure>> {
    let message = vec![0x5a; 64 * 1024];
    let (began, cpu) = (Instant::now(), process::cpu(contestant.pid()));
    link.begin(Task::Take { bytes: UPLOAD })?;
    for _ in 0..UPLOAD / message.len() as u64 {
        link.send(&message)?;
    }
    link.receive(1)?;
    Ok(rates(contestant, UPLOAD, began, cpu, ["upload, MiB/s", "upload, CPU s/GiB"]))
}

fn rates(contestant: &Contestant, bytes: u64, began: Instant, cpu: Duration, what: [&'static str; 2]) -> Vec<Measure> {
    let time = began.elapsed().as_secs_f64();
    let cpu = process::cpu(contestant.pid()).saturating_sub(cpu).as_secs_f64();
    let gib = bytes as f64 / GIB;
    vec![Measure { what: what[0], value: gib * 1024.0 / time }, Measure { what: what[1], value: cpu / gib }]
}

/// Asks for answers of these sizes, one after the other; the time of each.
fn ask(link: &mut Link, sizes: impl Iterator<Item = u32>) -> io::Result<Vec<Duration>> {
    link.begin(Task::Answer)?;
    let mut times = Vec::new();
    for size in sizes {
        let asked = Instant::now();
        link.send(&size.to_be_bytes())?;
        link.receive(size.into())?;
        times.push(asked.elapsed());
    }
    Ok(times)
}

fn percentile(times: &[Duration], percent: usize, what: &'static str) -> Measure {
    let mut times = times.to_vec();
    times.sort_unstable();
    Measure { what, value: times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e6 }
}

/// What sessions cost that have been busy and are idle now.
pub fn idle(contestants: &[Contestant], sessions: usize) -> String {
    let mut lines = "| idle sessions | how many | PSS each, KiB | CPU, ms/s | files before, during, after |\n\
                     | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for contestant in contestants {
        let sessions = if contestant.is_heavy() { sessions.min(50) } else { sessions };
        let pid = contestant.pid();
        contestant.pin("0,1", "0,1");
        let (files, memory) = (process::files(pid), process::memory(pid));
        let mut links: Vec<_> = (0..sessions).map(|_| contestant.connect().unwrap()).collect();
        for link in &mut links {
            // Something large went through each: what it took must have been given back.
            ask(link, [100_000].into_iter()).unwrap();
        }
        thread::sleep(SETTLE);
        let (memory_with, files_with) = (process::memory(pid), process::files(pid));
        let cpu = process::cpu(pid);
        thread::sleep(WATCH);
        let cpu = (process::cpu(pid) - cpu).as_secs_f64() * 1e3 / WATCH.as_secs_f64();
        drop(links);
        // Longer than a goodbye may take.
        thread::sleep(SETTLE * 3);
        let each = memory_with.saturating_sub(memory) as f64 / sessions as f64;
        let files_after = process::files(pid);
        let _ = writeln!(
            lines,
            "| {} | {sessions} | {each:.1} | {cpu:.2} | {files}, {files_with}, {files_after} |",
            contestant.name
        );
    }
    lines
}

const SETTLE: Duration = Duration::from_secs(1);
const WATCH: Duration = Duration::from_secs(3);
