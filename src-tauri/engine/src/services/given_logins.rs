//! Named logins as they are shown, and as they are given to machines.

use crate::model::{LoginId, Recipient};
use serde::Serialize;

/// A named login as shown: everything but its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LoginView {
    /// Its name for life.
    pub id: LoginId,
    /// What the user calls it.
    pub name: String,
    /// Empty where each machine has its own.
    pub username: String,
    /// Whether the keyring has a password for it.
    pub has_password: bool,
    /// How many machines use it.
    #[cfg_attr(test, ts(type = "number"))]
    pub machines: usize,
}

/// That the user gives a machine a named login.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) login: LoginId,
    /// Where the machine led before, if the login only goes along with it: then it has to be for that server.
    pub(super) from: Option<Recipient>,
    pub(super) to: Recipient,
}
