//! What the relay costs, as ratios against a plain TCP copy, beside websockify; all measured in turn in the same run.
//!
//! ```sh
//! cargo bench -p relay --bench relay        # or: cargo xtask bench
//! cargo bench -p relay --bench relay -- --rounds 3 --idle 100
//! ```
//! Prints a Markdown table. Reads CPU time and memory from `/proc` and pins processes with `taskset`: Linux only. Client
//! and server are threads of this program that do nothing but read and write, each relay is a process of its own.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has nothing to clean up but its children")]

mod competitor;
mod load;
mod peer;
mod plain;
mod process;
mod table;

use competitor::Competitor;
use load::Load;
use std::{env, process::ExitCode};
use table::Table;

const HELP: &str = "usage: relay [--rounds N] [--idle SESSIONS]";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    // Started with this argument, the program is the plain TCP copy.
    if let [plain, target] = arguments.as_slice()
        && plain == plain::NAME
    {
        plain::run(target);
    }
    let Some((rounds, idle)) = parse_options(&arguments) else {
        eprintln!("{HELP}");
        return ExitCode::FAILURE;
    };
    process::allow_many_files();
    let target = peer::serve();
    let competitors = match Competitor::all(target) {
        Ok(competitors) => competitors,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    let mut table = Table::default();
    for round in 0..rounds {
        for load in Load::ALL {
            // Rotated, so that no competitor is always the first.
            for turn in 0..competitors.len() {
                let competitor = &competitors[(turn + round) % competitors.len()];
                table.add(competitor.name, load.run(competitor));
                eprintln!("round {} of {rounds}: {load:?} by {}", round + 1, competitor.name);
            }
        }
    }
    println!("{}", table.ratios(&competitors));
    println!("{}", load::idle(&competitors, idle));
    ExitCode::SUCCESS
}

fn parse_options(arguments: &[String]) -> Option<(usize, usize)> {
    let (mut rounds, mut idle) = (7, 1000);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = arguments.next()?.parse().ok()?,
            "--idle" => idle = arguments.next()?.parse().ok()?,
            // Cargo passes it to every benchmark.
            "--bench" => {}
            _ => return None,
        }
    }
    Some((rounds, idle))
}
