//! The Portlight that runs already, and how a later one hands its request over to it.

#[cfg(target_os = "linux")]
mod bus;
#[cfg(target_os = "linux")]
pub use bus::{BUS_TIMEOUT, NAME, PATH, ask, change, hand_over, import};

use std::fmt;

/// Why the Portlight that runs has not done what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It does not answer.
    Unanswered {
        /// Its process, where that is known.
        process: Option<u32>,
        /// So long it was waited for.
        seconds: u64,
    },
    /// It has said why, or it could not be asked: a sentence.
    Said(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unanswered { process, seconds } => {
                f.write_str("the Portlight that is running")?;
                if let Some(id) = process {
                    write!(f, " (process {id})")?;
                }
                write!(f, " has not answered for {seconds} seconds: end it, and try again")
            }
            Self::Said(sentence) => f.write_str(sentence),
        }
    }
}

/// What became of a request to open something.
pub type HandOver = Answer<()>;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<T> {
    /// The first instance has done what was asked for.
    Done(T),
    /// There is no other instance, as far as can be known here.
    NobodyThere,
}

/// Leaves it to the program with the windows, which finds the first instance by itself.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn hand_over(_request: &crate::args::OpenRequest) -> Result<HandOver, Refusal> {
    Ok(HandOver::NobodyThere)
}

/// Cannot be handed over here.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn import(_request: &crate::args::ImportRequest) -> Result<Answer<portlight_engine::Imported>, String> {
    Ok(Answer::NobodyThere)
}

/// Cannot be handed over here.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn change(
    _change: &crate::args::ListChange,
    _password: Option<&portlight_engine::model::Secret>,
) -> Result<Answer<String>, String> {
    Ok(Answer::NobodyThere)
}
