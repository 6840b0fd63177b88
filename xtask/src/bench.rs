//! The relay's benchmark (see docs/BENCHMARKS.md).

use crate::command::{Outcome, cargo};

/// Measures against what is installed: it installs nothing, as numbers of a moment need no websockify for good.
pub fn run(arguments: &[String]) -> Outcome {
    let mut words = vec!["bench", "--package", "relay", "--bench", "relay", "--"];
    words.extend(arguments.iter().map(String::as_str));
    cargo(&words)
}
