//! The list as it crosses to a page. Ten thousand machines with all their fields are seven megabytes, which are on the way for a third of
//! a second; most fields of most machines are empty.

use portlight_engine::{
    Error, HostListView, LoginView,
    model::{Host, HostView},
    store::HistoryView,
};
use serde::Serialize;
use serde_json::{Map, Value};

type Fields = Map<String, Value>;

/// The list, with what a machine has in common with one that has nothing left out.
#[derive(Serialize)]
pub struct ShortList {
    /// That one.
    usual: Fields,
    hosts: Vec<Fields>,
    notices: Vec<Error>,
    history: HistoryView,
    logins: Vec<LoginView>,
    removed: usize,
}

impl From<HostListView> for ShortList {
    fn from(HostListView { hosts, notices, history, logins, removed }: HostListView) -> Self {
        let mut usual = fields(&Host::demo("").view());
        usual.insert("demo".to_owned(), false.into());
        let short = |host: &HostView| {
            let mut fields = fields(host);
            fields.retain(|name, value| usual.get(name) != Some(value));
            fields
        };
        let hosts = hosts.iter().map(short).collect();
        Self { usual, hosts, notices, history, logins, removed }
    }
}

fn fields(host: &HostView) -> Fields {
    match serde_json::to_value(host) {
        Ok(Value::Object(fields)) => fields,
        // It has texts, numbers and booleans: there is nothing that could not be written.
        _ => Fields::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_the_same_on_the_other_side() {
        let mut full = Host::new("Studio".into(), "studio:1".parse().unwrap());
        full.tags = vec!["lab".into()];
        full.view_only = true;
        (full.notes, full.username) = ("Ask Ann".into(), "ann".into());
        full.reconnect = !full.reconnect;
        let hosts = [Host::demo("Demo"), Host::new(String::new(), "box".parse().unwrap()), full];
        let views: Vec<HostView> = hosts.iter().map(Host::view).collect();
        let history = HistoryView::default();
        let list = HostListView { hosts: views.clone(), notices: vec![], history, logins: vec![], removed: 0 };
        let ShortList { usual, hosts, .. } = list.into();
        for (short, view) in hosts.iter().zip(&views) {
            let mut whole = usual.clone();
            whole.extend(short.clone());
            assert_eq!(whole, fields(view));
        }
        assert!(hosts[1].len() < 5, "{:?}", hosts[1]);
    }
}
