//! Portlight's own list: `hosts.json`, or what an export wrote. docs/HOSTS-FILE.md describes it.

use super::super::{FileProblem, ImportProblem, LeftOut, candidate::Sketch};
use crate::model::{Host, HostId};
use serde_json::Value;

/// Whether a value is such a list.
pub(in super::super) fn is_list(value: &Value) -> bool {
    value["version"].is_number() && value["hosts"].is_array()
}

/// Reads the list. An entry that cannot be read does not take the others with it.
pub(in super::super) fn read(mut list: Value) -> Result<Vec<Sketch>, FileProblem> {
    if list["version"].as_u64() != Some(1) {
        return Err(FileProblem::Newer);
    }
    let hosts = list.get_mut("hosts").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    Ok(hosts.into_iter().map(machine).collect())
}

fn machine(mut entry: Value) -> Sketch {
    let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    let (name, address) = (text("name"), text("address"));
    let commands = ["password_command", "console_command"].map(|field| entry.as_object_mut()?.remove(field));
    let key = key_of(&mut entry);
    let Ok(host) = serde_json::from_value::<Host>(entry) else {
        return Sketch::skipped(&name, &address, ImportProblem::Line);
    };
    let view = host.view();
    let mut machine = Sketch::new(&host.name, Ok(host.address.clone()), &address);
    machine.key = key;
    machine.options = host.options.clone();
    (machine.ssh_jump, machine.proxy, machine.mac) = (view.ssh_jump, view.proxy, view.mac);
    (machine.wake_address, machine.wake_port) = (view.wake_address, view.wake_port);
    machine.wake_ssh_host = view.wake_ssh_host;
    (machine.display, machine.last_opened, machine.favourite_place) =
        (host.display, host.last_opened, host.favourite_place);
    // A sketch has no place for a command: only the person's own form makes one.
    machine.leave_out(LeftOut::Commands, commands.iter().any(Option::is_some));
    // What is known of its keys and passwords belongs to the computer that it comes from. Its id is what a source knows it by.
    machine
}

/// The `id` of an entry where it is a text, and one that can stand in its place.
fn key_of(entry: &mut Value) -> Option<String> {
    let key = entry["id"].as_str().map(str::to_owned);
    if let Some(entry) = entry.as_object_mut()
        && key.as_ref().is_none_or(|key| key.parse::<HostId>().is_err())
    {
        entry.insert("id".to_owned(), HostId::new().to_string().into());
    }
    key.map(|key| key.chars().take(MAX_KEY).collect())
}

/// Characters of a key: more would be no name.
const MAX_KEY: usize = 500;
