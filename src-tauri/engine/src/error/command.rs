//! What can go wrong with a command of the person's.

use serde::Serialize;

/// What can go wrong with a command of the person's. The conventions of the fields are those of the [module](super);
/// `program` is the command's first word. What the command printed is in none of them: it may be a secret.
#[allow(missing_docs, reason = "each variant is documented, its fields follow the module's conventions")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum CommandError {
    /// There is no such program.
    #[error("there is no program {program} (a program outside of PATH needs its whole path)")]
    #[serde(rename = "command_missing")]
    Missing { program: String },
    /// The system does not start it.
    #[error("{program} could not be started: {detail}")]
    #[serde(rename = "command_not_started")]
    NotStarted { program: String, detail: String },
    /// It ended with another exit code than 0.
    #[error("{program} failed ({status}){}", said(detail))]
    #[serde(rename = "command_failed")]
    Failed {
        program: String,
        /// Its exit code, or the signal that ended it.
        status: String,
        /// The last line of its error output, cleaned; may be empty.
        detail: String,
    },
    /// It did not end in time, and was ended.
    #[error("{program} did not end within {seconds} s{}", said(detail))]
    #[serde(rename = "command_timeout")]
    Timeout {
        program: String,
        #[cfg_attr(test, ts(type = "number"))]
        seconds: u64,
        /// The last line of its error output, cleaned; may be empty.
        detail: String,
    },
    /// It has not ended yet, and is still being waited for.
    #[error("{program} has not answered yet")]
    #[serde(rename = "command_silent")]
    Silent { program: String },
    /// It printed more than is read.
    #[error("{program} printed more than {limit} bytes")]
    #[serde(rename = "command_too_much")]
    TooMuch {
        program: String,
        #[cfg_attr(test, ts(type = "number"))]
        limit: usize,
    },
    /// What stands for a placeholder begins with a hyphen: the program would read it as an option.
    #[error("{program} would read {value} as an option: put -- before the placeholder, or something in front of it")]
    #[serde(rename = "command_option")]
    Option { program: String, value: String },
    /// It printed no password.
    #[error("{program} printed nothing where the password should be: its first line")]
    #[serde(rename = "command_no_password")]
    NoPassword { program: String },
    /// What it printed is no UTF-8.
    #[error("what {program} printed is no UTF-8 text")]
    #[serde(rename = "command_not_text")]
    NotText { program: String },
}

impl CommandError {
    /// The same without the program's own words, for the log: what a command writes may be a secret.
    pub(crate) fn without_detail(&self) -> Self {
        let mut error = self.clone();
        match &mut error {
            Self::Failed { detail, .. } | Self::Timeout { detail, .. } => detail.clear(),
            _ => {}
        }
        error
    }
}

fn said(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": {detail}") }
}
