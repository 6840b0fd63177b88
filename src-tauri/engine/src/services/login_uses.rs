//! Which machine uses which named login, and for which server.

use crate::{
    model::{Host, HostId, LoginId, Recipient},
    store::List,
};

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
