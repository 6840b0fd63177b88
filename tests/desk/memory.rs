//! What programs hold in memory.

use super::process::{family, name};
use std::fs;

/// What processes hold, in KiB: all of it, and with what they share divided among them.
#[derive(Default)]
pub struct Memory {
    lines: Vec<(String, u64, u64)>,
    written: u64,
}

impl Memory {
    /// Of a process and all that it has started.
    pub fn of(pid: u32) -> Self {
        Self::of_all(&[pid])
    }

    /// Of several, with all that these have started.
    pub fn of_all(pids: &[u32]) -> Self {
        let mut memory = Self::default();
        for pid in pids.iter().copied().flat_map(family) {
            let smaps = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
            let field = |name| {
                let line = smaps.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
                line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
            };
            memory.lines.push((name(pid), field("Rss:"), field("Pss:")));
            memory.written += field("Pss_Anon:") + field("Pss_Shmem:");
        }
        memory
    }

    /// The sum of what the programs have put there, in KiB. Not the files of programs and libraries: their share grows when
    /// another program ends that had them, too.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The sum, with shared pages divided, in KiB.
    pub fn pss(&self) -> u64 {
        self.lines.iter().map(|(_, _, pss)| pss).sum()
    }
}

impl std::fmt::Display for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mib = |kib: u64| kib as f64 / 1024.0;
        for (name, rss, pss) in &self.lines {
            writeln!(f, "{name:24} {:6.0} MiB resident, {:6.0} MiB with shared pages divided", mib(*rss), mib(*pss))?;
        }
        let sum = |which: fn(&(String, u64, u64)) -> u64| mib(self.lines.iter().map(which).sum());
        write!(f, "{:24} {:6.0} MiB resident, {:6.0} MiB with shared pages divided", "all", sum(|l| l.1), sum(|l| l.2))
    }
}
