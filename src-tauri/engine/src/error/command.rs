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
    /// What it printed is no console.
    #[error("what {program} printed is no console: {problem}{}", said(detail))]
    #[serde(rename = "command_bad_console")]
    BadConsole {
        program: String,
        /// What is wrong in it.
        problem: ConsoleProblem,
        /// More about that; may be empty.
        detail: String,
    },
}

/// What is wrong with what a console command printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum ConsoleProblem {
    /// It is no JSON, or more than one value.
    #[error("it is not one value of JSON")]
    NotJson,
    /// It is a list, a number or a text.
    #[error("it is no object")]
    NotObject,
    /// There is no address.
    #[error("it has no \"address\"")]
    NoAddress,
    /// The address cannot be read.
    #[error("its \"address\" cannot be read")]
    Address,
    /// The user name is no line of text.
    #[error("its \"username\" is no line of text")]
    Username,
    /// The password is no text.
    #[error("its \"password\" is no text")]
    Password,
    /// The fingerprint is no SHA-256.
    #[error("its \"fingerprint\" is no SHA-256 in hexadecimal")]
    Fingerprint,
    /// The headers are no object of texts, or have a name that is none.
    #[error("its \"headers\" are no object of names and texts")]
    Headers,
    /// The SSH host cannot be read, or the address is none that is reached through one.
    #[error("its \"ssh\" is no SSH host for this address")]
    Ssh,
    /// There is a field that is not known.
    #[error("it has another field than address, username, password, fingerprint, headers and ssh")]
    UnknownField,
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
