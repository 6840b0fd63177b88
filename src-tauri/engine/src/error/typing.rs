//! What can go wrong where the engine types a text.

use serde::Serialize;

/// What can go wrong where the engine types a text. The conventions of the fields are those of the [module](super). Nothing here
/// says anything of the text itself.
#[allow(missing_docs, reason = "each variant is documented, its fields follow the module's conventions")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum TypingError {
    /// The session only watches, or has no screen.
    #[error("this session cannot be typed into right now")]
    NotTyped,
    /// There is nothing to type.
    #[error("there is nothing to type")]
    NothingToType,
    /// It has characters that no key is known for at this server.
    #[error("there is no key for some of its characters")]
    NoKey,
    /// A password would travel readably, and the user has not agreed to that.
    #[error("the password would travel readably")]
    TypedReadably,
}
