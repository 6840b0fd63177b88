//! The loads, and what is measured under each.

use crate::{
    competitor::Competitor,
    peer::{Client, MAX_PIECE, Task},
    process,
};
use std::{
    fmt::Write as _,
    io, thread,
    time::{Duration, Instant},
};

#[derive(Debug, Clone, Copy)]
pub enum Load {
    /// From server to viewer, as fast as possible.
    Bulk,
    /// The same from a server that writes 1.4 KB at a time.
    SmallWrites,
    /// From viewer to server.
    Upload,
    /// Framebuffer updates of 100 to 500 KB, each requested when the one before has arrived.
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

    pub fn run(self, competitor: &Competitor) -> Vec<Measure> {
        let mut client = competitor.connect().unwrap();
        let (relay, others) = match self {
            // On one core, so that waking another one is not measured.
            Self::Pointer => TOGETHER,
            _ => APART,
        };
        competitor.pin(relay, others);
        let measures = match self {
            Self::Bulk => stream(competitor, &mut client, BULK, MAX_PIECE as u32, ["bulk, MiB/s", "bulk, CPU s/GiB"]),
            Self::SmallWrites => {
                stream(competitor, &mut client, SMALL, 1400, ["1.4 KB writes, MiB/s", "1.4 KB writes, CPU s/GiB"])
            }
            Self::Upload => upload(competitor, &mut client),
            Self::Frames => {
                let sizes = (0_u64..).map(|n| 100_000 + (n * 7919 % 400_001) as u32).take(FRAMES);
                request(&mut client, sizes).map(|times| {
                    let all: Duration = times.iter().sum();
                    vec![
                        Measure { what: "frames/s", value: times.len() as f64 / all.as_secs_f64() },
                        percentile(&times, 50, "frames p50, us"),
                        percentile(&times, 99, "frames p99, us"),
                    ]
                })
            }
            Self::Pointer => request(&mut client, std::iter::repeat_n(EVENT_ANSWER, EVENTS)).map(|times| {
                vec![percentile(&times, 50, "pointer p50, us"), percentile(&times, 99, "pointer p99, us")]
            }),
        };
        measures.unwrap()
    }
}

fn stream(
    competitor: &Competitor,
    client: &mut Client,
    bytes: u64,
    at_a_time: u32,
    [speed, cost]: [&'static str; 2],
) -> io::Result<Vec<Measure>> {
    let (began, cpu) = (Instant::now(), process::cpu(competitor.pid()));
    client.begin(Task::Send { bytes, at_a_time })?;
    client.receive(bytes)?;
    Ok(rates(competitor, bytes, began, cpu, [speed, cost]))
}

fn upload(competitor: &Competitor, client: &mut Client) -> io::Result<Vec<Measure>> {
    let message = vec![0x5a; 64 * 1024];
    let (began, cpu) = (Instant::now(), process::cpu(competitor.pid()));
    client.begin(Task::Take { bytes: UPLOAD })?;
    for _ in 0..UPLOAD / message.len() as u64 {
        client.send(&message)?;
    }
    client.receive(1)?;
    Ok(rates(competitor, UPLOAD, began, cpu, ["upload, MiB/s", "upload, CPU s/GiB"]))
}

fn rates(competitor: &Competitor, bytes: u64, began: Instant, cpu: Duration, what: [&'static str; 2]) -> Vec<Measure> {
    let time = began.elapsed().as_secs_f64();
    let cpu = process::cpu(competitor.pid()).saturating_sub(cpu).as_secs_f64();
    let gib = bytes as f64 / GIB;
    vec![Measure { what: what[0], value: gib * 1024.0 / time }, Measure { what: what[1], value: cpu / gib }]
}

/// Requests answers of these sizes, one after the other. Returns the time that each took.
fn request(client: &mut Client, sizes: impl Iterator<Item = u32>) -> io::Result<Vec<Duration>> {
    client.begin(Task::Answer)?;
    let mut times = Vec::new();
    for size in sizes {
        let sent = Instant::now();
        client.send(&size.to_be_bytes())?;
        client.receive(size.into())?;
        times.push(sent.elapsed());
    }
    Ok(times)
}

fn percentile(times: &[Duration], percent: usize, what: &'static str) -> Measure {
    let mut times = times.to_vec();
    times.sort_unstable();
    Measure { what, value: times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e6 }
}

/// The cost of idle sessions that were used before.
pub fn idle(competitors: &[Competitor], sessions: usize) -> String {
    let mut lines = "| idle sessions | how many | PSS each, KiB | CPU, ms/s | files before, during, after |\n\
                     | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for competitor in competitors {
        let sessions = if competitor.is_heavy() { sessions.min(50) } else { sessions };
        let pid = competitor.pid();
        competitor.pin("0,1", "0,1");
        let (files, memory) = (process::files(pid), process::memory(pid));
        let mut clients: Vec<_> = (0..sessions).map(|_| competitor.connect().unwrap()).collect();
        for client in &mut clients {
            // One large message through each, so that buffers which are not released are counted.
            request(client, [100_000].into_iter()).unwrap();
        }
        thread::sleep(SETTLE);
        let (memory_with, files_with) = (process::memory(pid), process::files(pid));
        let cpu = process::cpu(pid);
        thread::sleep(WATCH);
        let cpu = (process::cpu(pid) - cpu).as_secs_f64() * 1e3 / WATCH.as_secs_f64();
        drop(clients);
        // Longer than the closing handshake may take.
        thread::sleep(SETTLE * 3);
        let each = memory_with.saturating_sub(memory) as f64 / sessions as f64;
        let files_after = process::files(pid);
        let _ = writeln!(
            lines,
            "| {} | {sessions} | {each:.1} | {cpu:.2} | {files}, {files_with}, {files_after} |",
            competitor.name
        );
    }
    lines
}

const SETTLE: Duration = Duration::from_secs(1);
const WATCH: Duration = Duration::from_secs(3);
