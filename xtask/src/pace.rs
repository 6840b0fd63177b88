//! How fast viewers take pixels in (see docs/BENCHMARKS.md): what the measurement in `tests/pace` is asked for.

use crate::{command::Outcome, measure};

/// Each option, the environment variable that the measurement has it by, and whether a word follows.
const OPTIONS: &[(&str, &str)] =
    &[("--rounds", "PACE_ROUNDS"), ("--only", "PACE_ONLY"), ("--load", "PACE_LOAD"), ("--soak", "PACE_SOAK")];

/// Measures against what is installed: a browser is installed for nobody's numbers.
pub fn run(arguments: &[String]) -> Outcome {
    let mut test = "pace::throughput";
    let mut options = Vec::new();
    let mut words = arguments.iter().map(String::as_str);
    while let Some(word) = words.next() {
        if word == "--profile" {
            test = "pace::profile";
            continue;
        }
        let known = OPTIONS.iter().find(|(option, _)| *option == word);
        let (_, variable) = known.ok_or_else(|| format!("{word} is no option of cargo xtask pace"))?;
        let value = words.next().ok_or_else(|| format!("{word} needs a word behind it"))?;
        if word == "--soak" {
            test = "pace::soak";
        }
        options.push((*variable, value));
    }
    measure(test, &options)
}
