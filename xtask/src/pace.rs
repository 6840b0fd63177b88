//! What the measurement in `tests/pace` is asked for (see docs/BENCHMARKS.md).

use crate::command::Outcome;

/// Each option behind which a word follows, and the environment variable that the measurement has it by.
const OPTIONS: &[(&str, &str)] = &[
    ("--rounds", "PACE_ROUNDS"),
    ("--only", "PACE_ONLY"),
    ("--load", "PACE_LOAD"),
    ("--rate", "PACE_RATE"),
    ("--soak", "PACE_SOAK"),
    ("--sessions", "PACE_SESSIONS"),
];

/// A measurement.
#[derive(Debug, PartialEq, Eq)]
pub struct Pace<'a> {
    /// Its name among the tests.
    pub test: &'static str,
    /// Variables for its environment.
    pub options: Vec<(&'static str, &'a str)>,
}

impl<'a> Pace<'a> {
    /// Reads the command line.
    ///
    /// # Errors
    /// A word that is no option, or an option without its word.
    pub fn of(arguments: &'a [String]) -> Outcome<Self> {
        let mut pace = Self { test: "pace::throughput", options: Vec::new() };
        let mut words = arguments.iter().map(String::as_str);
        while let Some(word) = words.next() {
            if word == "--profile" {
                pace.test = "pace::profile";
                continue;
            }
            let known = OPTIONS.iter().find(|(option, _)| *option == word);
            let (_, variable) = known.ok_or_else(|| format!("{word} is no option of cargo xtask pace"))?;
            let value = words.next().ok_or_else(|| format!("{word} needs a word behind it"))?;
            match word {
                "--soak" => pace.test = "pace::soak",
                "--sessions" => pace.test = "pace::several",
                _ => {}
            }
            pace.options.push((variable, value));
        }
        Ok(pace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_command_line_says_what_is_measured() {
        let arguments = words("--profile --only raw");
        let pace = Pace { test: "pace::profile", options: vec![("PACE_ONLY", "raw")] };
        assert_eq!(Pace::of(&arguments), Ok(pace));
        assert_eq!(Pace::of(&[]).map(|pace| pace.test), Ok("pace::throughput"));
        assert_eq!(Pace::of(&words("--soak 60")).map(|pace| pace.test), Ok("pace::soak"));
        assert_eq!(Pace::of(&words("--sessions 10")).map(|pace| pace.test), Ok("pace::several"));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert!(Pace::of(&words("--loud")).is_err());
        assert!(Pace::of(&words("--rounds")).is_err());
    }
}
