//! Named logins as they are used: which machine uses which, and for which server.

use crate::{
    model::{Host, HostId, LoginId, Recipient},
    store::List,
};
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

/// A named login, and a server that a machine uses it for.
pub(super) type Use = (LoginId, Recipient);

/// That the user gives a machine a named login.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) login: LoginId,
    /// Where the machine led before, if the login only goes along with it: then it has to be for that server.
    pub(super) from: Option<Recipient>,
    pub(super) to: Recipient,
}

/// What a machine uses.
pub(super) fn use_of(host: &Host) -> Option<Use> {
    Some((host.login?, host.recipient()))
}

/// What the machines of a list use, the removed ones included: they may be put back.
pub(super) fn uses_of(list: &List) -> impl Iterator<Item = (HostId, Use)> {
    let all = list.all().iter().chain(list.removals().map(|(host, _)| host));
    all.filter_map(|host| Some((host.id, use_of(host)?)))
}
