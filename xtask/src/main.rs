//! `cargo xtask`: everything about Portlight that takes more than one command.

mod arrows;
mod bench;
mod command;
mod files;
mod notices;
mod pace;
mod package;
mod system;

use command::{Outcome, call, cargo, npm, npm_aside, top};
use files::{changed, newest_first};
use pace::Pace;

use std::{
    env, fs, iter,
    panic::resume_unwind,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    thread,
};

const HELP: &str = "\
cargo xtask run [ARGUMENTS]   install what is missing, build everything, open Portlight
cargo xtask test              the same, and pass every check and test
cargo xtask package           make a .deb, an .rpm, and a folder for an AppImage
cargo xtask arrows            check which module knows which, and that there is no circle
cargo xtask fuzz [SECONDS]    arbitrary bytes for handshake and relay, so long for each of four targets (10)
cargo xtask bench [ARGUMENTS] what the relay costs, beside websockify and a plain TCP copy
cargo xtask notices [--check] write the licences of the Rust crates anew, or say whether they are out of date
cargo xtask measure [lists | remmina]
                              time to pixels, from a key to its answer, and memory, beside TigerVNC's viewer; lists of 10 to 10,000
                              machines: start, keys, memory with pictures, import, a source; or those alone; or start, and memory
                              in the tray, beside Remmina
cargo xtask pictures          make the pictures in the documents anew
cargo xtask abilities [NAME]  what the servers that are installed do for a viewer: size, clipboard, quality; all, or those of
                              whose name this is a part
cargo xtask quality           what each quality costs on a link of 1 Mbit/s (needs root)
cargo xtask links             Portlight beside TigerVNC's viewer over narrow and long links (needs root)
cargo xtask pace [OPTIONS]    how fast pixels are taken in, beside TigerVNC's viewer and noVNC in Chromium:
                              [--rounds N] [--only ENCODING] [--load full|4k|desktop] [--rate UPDATES]
                              [--profile | --soak MINUTES | --sessions COUNT]
";

/// Seconds for each fuzz target in a run of the tests.
const FUZZ_SECONDS: u32 = 10;

/// Each crate that has fuzz targets, and their names.
const FUZZ_TARGETS: &[(&str, &str)] =
    &[("rfb", "handshake"), ("rfb", "greeting"), ("relay", "frame"), ("relay", "upgrade")];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.first().map(String::as_str) {
        Some("run") => run(&arguments[1..]),
        Some("test") => test(),
        Some("package") => package(),
        Some("fuzz") => arguments.get(1).map_or(Ok(FUZZ_SECONDS), |word| seconds(word)).and_then(fuzz),
        Some("bench") => bench::run(&arguments[1..]),
        Some("arrows") => arrows::check(),
        Some("notices") if arguments.get(1).is_some_and(|word| word == "--check") => notices::check(),
        Some("notices") => notices::make(),
        Some("measure") if arguments.get(1).is_some_and(|word| word == "lists") => measure_lists(),
        Some("measure") if arguments.get(1).is_some_and(|word| word == "remmina") => {
            measure("measure_remmina::beside_remmina", &[])
        }
        Some("measure") => measure("measure::time_to_pixels_and_memory", &[])
            .and_then(|()| measure("measure::from_a_key_to_its_answer", &[]))
            .and_then(|()| measure_lists()),
        Some("pictures") => {
            system::install(system::PICTURES).and_then(|()| measure("documents::pictures_of_the_windows", &[]))
        }
        Some("abilities") => {
            measure("abilities::of_real_servers", &[("ABILITIES_OF", arguments.get(1).map_or("", |name| name))])
        }
        Some("quality") => measure("quality::over_a_slow_link", &[]),
        Some("links") => measure("links::over_links_of_all_kinds", &[]),
        Some("pace") => Pace::of(&arguments[1..]).and_then(|pace| measure(pace.test, &pace.options)),
        _ => Err(HELP.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome {
    system::install(system::BUILD)?;
    build_pages()?;
    cargo(&["build", "--release", "--package", "portlight"])?;
    call(Command::new(top().join("target/release/portlight")).args(arguments))
}

fn test() -> Outcome {
    system::install(&[system::BUILD, system::TEST].concat())?;
    build_pages()?;
    // At once: each keeps one core busy for some of its time, and there are two at least.
    let (pages, crates) = thread::scope(|scope| {
        let pages = scope.spawn(check_pages);
        let crates = check_crates();
        (pages.join().unwrap_or_else(|panic| resume_unwind(panic)), crates)
    });
    pages.and(crates)?;
    // In one call: packages that are built apart from each other are built with other features of what they share, so twice.
    // Most tests wait more than they work. Those that work, end-to-end tests, take turns by themselves.
    let threads = format!("--test-threads={}", 2 * thread::available_parallelism().map_or(1, usize::from));
    same_bindings(|| cargo(&["test", "--workspace", "--no-fail-fast", "--", &threads]))?;
    fuzz(FUZZ_SECONDS)
}

fn check_pages() -> Outcome {
    npm_aside(&["run", "check"]).and_then(|()| npm_aside(&["test"]))
}

fn check_crates() -> Outcome {
    cargo(&["fmt", "--all", "--check"])?;
    arrows::check()?;
    notices::check()?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])
}

fn package() -> Outcome {
    system::install(&[system::BUILD, system::PACKAGE].concat())?;
    build_pages()?;
    package::make()
}

/// Runs every fuzz target on its corpus. New inputs stay out of the tree, in `target/fuzz`; inputs that fail are kept in
/// `src-tauri/CRATE/fuzz/artifacts`.
fn fuzz(seconds: u32) -> Outcome {
    let tools = top().join("target/tools");
    if !tools.join("bin/cargo-fuzz").exists() {
        // It only calls cargo: optimised it would be no faster, and take longer to build.
        cargo(&["install", "cargo-fuzz", "--locked", "--debug", "--quiet", "--root", "target/tools"])?;
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(iter::once(tools.join("bin")).chain(env::split_paths(&path)))
        .map_err(|cause| cause.to_string())?;
    for (package, target) in FUZZ_TARGETS {
        let folder = format!("src-tauri/{package}/fuzz");
        let found = top().join("target/fuzz").join(target);
        fs::create_dir_all(&found).map_err(|cause| cause.to_string())?;
        let mut fuzz = Command::new(env!("CARGO"));
        fuzz.args(["fuzz", "run", "--fuzz-dir", &folder, target]);
        fuzz.arg(found).arg(format!("{folder}/corpus/{target}"));
        // No message that is not promised in full takes more memory than this.
        fuzz.args(["--", "-max_len=16384", "-malloc_limit_mb=64", "-rss_limit_mb=1024", "-timeout=10", "-verbosity=0"]);
        fuzz.arg("-print_final_stats=1").arg(format!("-max_total_time={seconds}"));
        // Sanitizers are not stable yet; the compiler is.
        call(fuzz.env("PATH", &path).env("RUSTC_BOOTSTRAP", "1"))?;
    }
    Ok(())
}

fn seconds(word: &str) -> Outcome<u32> {
    word.parse().map_err(|_| format!("{word} is no number of seconds"))
}

/// What lists of machines take, from a few to very many.
fn measure_lists() -> Outcome {
    measure("measure_lists::lists_of_all_lengths", &[])
        .and_then(|()| measure("measure_lists::memory_with_pictures", &[]))
        .and_then(|()| measure("measure_lists::many_machines_come_at_once", &[]))
}

/// Runs a measurement, which is among the end-to-end tests, against the release build.
fn measure(test: &str, options: &[(&str, &str)]) -> Outcome {
    system::install(&[system::BUILD, system::TEST, system::MEASURE].concat())?;
    build_pages()?;
    cargo(&["build", "--release", "--package", "portlight"])?;
    let mut measure = Command::new(env!("CARGO"));
    measure.args([
        "test",
        "--package",
        "portlight",
        "--test",
        "e2e",
        "--",
        "--ignored",
        "--nocapture",
        "--exact",
        test,
    ]);
    measure.envs(options.iter().copied());
    call(measure.env("PORTLIGHT", top().join("target/release/portlight")))
}

/// Runs the tests that write the TypeScript twins of the boundary types, and fails if that changed any.
fn same_bindings(tests: impl Fn() -> Outcome) -> Outcome {
    let bindings = top().join("ui/src/ipc/bindings");
    let before = contents(&bindings);
    tests()?;
    if contents(&bindings) == before {
        return Ok(());
    }
    Err("the types in ui/src/ipc/bindings were out of date and have been written anew: look at them and commit them"
        .into())
}

/// Installs the npm packages and builds the pages, where either is older than what it is made from.
fn build_pages() -> Outcome {
    let ui = top().join("ui");
    if changed(&ui.join("node_modules/.package-lock.json")) < changed(&ui.join("package-lock.json")) {
        system::need_node()?;
        npm(&["ci", "--no-fund", "--no-audit"])?;
    }
    let built = changed(&ui.join("dist/index.html"));
    let newest =
        newest_first(&ui, |path| !path.starts_with(ui.join("node_modules")) && !path.starts_with(ui.join("dist")));
    if newest.first().is_none_or(|source| changed(source) > built) {
        npm(&["run", "build"])?;
    }
    notices::place()
}

fn contents(folder: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut files: Vec<_> =
        newest_first(folder, |_| true).into_iter().map(|file| (file.clone(), fs::read(file).ok())).collect();
    files.sort();
    files
}
