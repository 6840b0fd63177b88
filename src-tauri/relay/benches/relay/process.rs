//! A process and its children on Linux: CPU time, memory, open files, and the cores they run on.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

/// Raises the limit of open files to what is allowed, for thousands of sockets.
pub fn allow_many_files() {
    let allowed = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: allowed, maximum: allowed }).unwrap();
}

/// CPU time of a process and its children.
pub fn cpu(pid: u32) -> Duration {
    let threads =
        family(pid).into_iter().flat_map(|pid| fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten());
    Duration::from_nanos(
        threads
            .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("schedstat")).ok())
            .filter_map(|times| times.split(' ').next()?.parse::<u64>().ok())
            .sum(),
    )
}

/// Proportional set size of a process and its children, in KiB.
pub fn memory(pid: u32) -> u64 {
    family(pid)
        .into_iter()
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok())
        .filter_map(|text| {
            let line = text.lines().find(|line| line.starts_with("Pss:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .sum()
}

/// Open files of a process and its children.
pub fn files(pid: u32) -> usize {
    family(pid).into_iter().filter_map(|pid| Some(fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count())).sum()
}

/// Pins a process to these cores, with its threads and children.
pub fn pin(pid: u32, cores: &str) {
    for pid in family(pid) {
        let mut taskset = Command::new("taskset");
        taskset.args(["--all-tasks", "--cpu-list", "--pid", cores, &pid.to_string()]);
        let done = taskset.stdout(Stdio::null()).stderr(Stdio::null()).status();
        // A child may have ended meanwhile; its parent has not.
        done.expect("taskset, of util-linux");
    }
}

/// The process and its children.
fn family(pid: u32) -> Vec<u32> {
    let children = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let child: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).ok()?;
        // Behind the name, which may contain anything, come state and parent.
        let parent: u32 = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
        (parent == pid).then_some(child)
    });
    children.chain([pid]).collect()
}
