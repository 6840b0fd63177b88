//! What the relay costs, as ratios against a plain TCP relay and websockify, all measured in turns in the same run.
//!
//! ```sh
//! cargo bench -p portlight-engine --bench relay        # or: cargo xtask bench
//! cargo bench -p portlight-engine --bench relay -- --rounds 3 --idle 100
//! ```
//! Prints a Markdown table. Reads CPU time and memory from `/proc` and pins processes with `taskset`: Linux only. Client
//! and server are threads of this program that do nothing but read and write, each relay is a process of its own.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has nothing to clean up but its children")]

mod contestant;
mod load;
mod peer;
mod plain;
mod process;
mod table;

use contestant::Contestant;
use load::Load;
use std::{env, process::ExitCode};
use table::Table;

const HELP: &str = "usage: relay [--rounds N] [--idle SESSIONS]";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    // This program is the plain copy too, as a process of its own.
    if let [plain, target] = arguments.as_slice()
        && plain == plain::NAME
    {
        plain::run(target);
    }
    let Some((rounds, idle)) = wishes(&arguments) else {
        eprintln!("{HELP}");
        return ExitCode::FAILURE;
    };
    process::allow_many_files();
    let target = peer::serve();
    let contestants = match Contestant::all(target) {
        Ok(contestants) => contestants,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    let mut table = Table::default();
    for round in 0..rounds {
        for load in Load::ALL {
            // Whoever begins has it no better and no worse over the rounds.
            for turn in 0..contestants.len() {
                let contestant = &contestants[(turn + round) % contestants.len()];
                table.add(contestant.name, load.run(contestant));
                eprintln!("round {} of {rounds}: {load:?} by {}", round + 1, contestant.name);
            }
        }
    }
    println!("{}", table.ratios(&contestants));
    println!("{}", load::idle(&contestants, idle));
    ExitCode::SUCCESS
}

fn wishes(arguments: &[String]) -> Option<(usize, usize)> {
    let (mut rounds, mut idle) = (7, 1000);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = arguments.next()?.parse().ok()?,
            "--idle" => idle = arguments.next()?.parse().ok()?,
            // What cargo says to every benchmark.
            "--bench" => {}
            _ => return None,
        }
    }
    Some((rounds, idle))
}
