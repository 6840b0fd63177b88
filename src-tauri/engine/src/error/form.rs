//! What is wrong with a form.

use crate::model::FieldProblem;
use serde::Serialize;

/// What is wrong with a form. The conventions of the fields are those of the [module](super).
#[allow(missing_docs, reason = "each variant is documented, its fields follow the module's conventions")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum FormError {
    /// The form has fields that cannot be read.
    #[error("{}", fields.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Fields {
        /// One entry a field in question.
        fields: Vec<FieldProblem>,
    },
    /// The same, where several machines were to be changed together.
    #[error("{machine}: {}", fields.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    FieldsOf {
        /// The first one that cannot be changed so.
        machine: String,
        /// One entry a field in question.
        fields: Vec<FieldProblem>,
    },
    /// The machine's address, repeater ID or SSH host has changed, and the keyring has something that was meant for the old
    /// one: shall it go along?
    #[error("is the saved login meant for {address} as well?")]
    ConfirmAddress {
        /// The new one.
        address: String,
        /// Whether a password would go along.
        has_password: bool,
        /// Whether an HTTP login would go along.
        has_http_auth: bool,
    },
}
