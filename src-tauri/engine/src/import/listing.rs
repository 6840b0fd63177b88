//! Files as the list of a source: every machine in them with what the source knows it by.

use super::{File, FileProblem, FileView, Format, LeftOut, read};
use crate::model::{Address, Host};
use std::collections::{BTreeMap, HashMap};

/// What a source lists.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Each machine with its key: the `id` of its entry, or else how it is reached. No key comes twice.
    pub(crate) machines: Vec<(String, Host)>,
    /// Entries that are no machine.
    pub(crate) skipped: usize,
    /// What is not taken over, and of how many machines.
    pub(crate) left_out: BTreeMap<LeftOut, usize>,
}

/// Where the files of a source are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// One file, or what a command prints.
    One,
    /// A folder, in which there may be other files.
    Folder,
    /// A web server, which has nothing to say about this computer's sockets.
    Web,
}

/// Reads the files of a source.
///
/// # Errors
/// Why a file cannot be read, or that no machine is listed: then nothing of it counts. Only a list of Portlight's can say that there is
/// none; for all others that is what something broken looks like.
pub(crate) fn listing(files: &[File], place: Place) -> Result<Listing, FileProblem> {
    let mut reading = read(files);
    let is_folder = place == Place::Folder;
    // A text of a single word reads as an address; beside lists it is a note or a version.
    let is_other_text =
        |file: usize| is_folder && reading.files.get(file).is_some_and(|file| file.format == Some(Format::Addresses));
    reading.found.retain(|found| !is_other_text(found.file));
    let says_none =
        |file: &FileView| file.format == Some(Format::Portlight) && file.problem == Some(FileProblem::NoMachine);
    let is_empty = reading.files.iter().any(says_none);
    reading.files.retain(|file| !says_none(file));
    let is_other =
        |problem: &FileProblem| is_folder && matches!(problem, FileProblem::Unknown | FileProblem::NoMachine);
    if let Some(problem) = reading.files.into_iter().filter_map(|file| file.problem).find(|problem| !is_other(problem))
    {
        return Err(problem);
    }
    let mut listing = Listing::default();
    let mut keys: HashMap<String, usize> = HashMap::new();
    for found in reading.found {
        let Ok(candidate) = found.host else {
            listing.skipped += 1;
            continue;
        };
        if place == Place::Web && matches!(candidate.host.address, Address::Unix(_)) {
            listing.skipped += 1;
            continue;
        }
        for what in candidate.left_out {
            *listing.left_out.entry(what).or_default() += 1;
        }
        let key = found.key.filter(|key| !key.is_empty()).unwrap_or_else(|| way(&candidate.host));
        let times = keys.entry(key.clone()).or_default();
        *times += 1;
        let key = if *times == 1 { key } else { format!("{key} #{times}") };
        listing.machines.push((key, candidate.host));
    }
    let is_none = listing.machines.is_empty() && !(is_empty && listing.skipped == 0);
    if is_none { Err(FileProblem::NoMachine) } else { Ok(listing) }
}

/// How a machine is reached, without what is nobody's business or another one each time.
fn way(host: &Host) -> String {
    let mut way = host.address.without_query().to_string();
    let behind = [host.ssh_jump.as_ref().map(ToString::to_string), host.proxy.as_ref().map(ToString::to_string)];
    for by in behind.into_iter().flatten().chain(Some(host.repeater_id.clone()).filter(|id| !id.is_empty())) {
        way.push_str(" by ");
        way.push_str(&by);
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> File {
        File { name: name.into(), bytes: Ok(text.into()), chosen_in: None }
    }

    fn keys(files: &[File]) -> Vec<String> {
        listing(files, Place::One).unwrap().machines.into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn machines_are_known_by_their_id_or_by_how_they_are_reached() {
        let list = r#"{"version": 1, "hosts": [
            {"id": "vm-7", "name": "a", "address": "a:1"},
            {"name": "b", "address": "wss://b/vnc?token=x"},
            {"name": "c", "address": "b:1", "ssh_jump": "jump"},
            {"name": "d", "address": "b:1", "ssh_jump": "jump"},
            {"id": "vm-7", "name": "e", "address": "e"}]}"#;
        assert_eq!(keys(&[file("x", list)]), ["vm-7", "wss://b/vnc", "b:5901 by jump", "b:5901 by jump #2", "vm-7 #2"]);
        assert_eq!(keys(&[file("x.csv", "name,address\na,box:1\n")]), ["box:5901"]);
    }

    #[test]
    fn commands_are_dropped_and_counted() {
        let list = r#"{"version": 1, "hosts": [
            {"name": "a", "address": "a", "console_command": "touch x"}, {"name": "b", "address": "b", "password_command": "y"},
            {"name": "c", "address": "no address"}]}"#;
        let listing = listing(&[file("x", list)], Place::One).unwrap();
        assert_eq!((listing.machines.len(), listing.skipped), (2, 1));
        assert_eq!(listing.left_out, BTreeMap::from([(LeftOut::Commands, 2)]));
        assert!(
            listing.machines.iter().all(|(_, host)| host.console_command.is_none() && host.password_command.is_none())
        );
    }

    #[test]
    fn a_list_from_the_web_names_no_socket_of_this_computer() {
        let list = || {
            file(
                "x",
                r#"{"version": 1, "hosts": [
            {"name": "a", "address": "a"}, {"name": "b", "address": "/run/user/1000/vnc.sock"}]}"#,
            )
        };
        let web = listing(&[list()], Place::Web).unwrap();
        assert_eq!((web.machines.len(), web.skipped), (1, 1));
        assert_eq!(listing(&[list()], Place::One).unwrap().machines.len(), 2);
    }

    #[test]
    fn what_is_no_list_counts_as_a_fault_and_not_as_an_empty_list() {
        for text in ["", "{", "[]", "hunter2", "name,address\n", r#"{"version": 1}"#, r#"{"version": 2, "hosts": []}"#]
        {
            assert!(listing(&[file("x.json", text)], Place::One).is_err(), "{text}");
        }
        let none = || file("x.json", r#"{"version": 1, "hosts": []}"#);
        assert_eq!(listing(&[none()], Place::One).unwrap().machines.len(), 0, "it says so");
        assert!(listing(&[none(), file("y.json", r#"{"version": 1, "hosts": [7]}"#)], Place::Folder).is_err());
        let list = file("a.json", r#"{"version": 1, "hosts": [{"name": "a", "address": "a"}]}"#);
        let readme = || file("VERSION", "1.2.3\n");
        assert!(listing(&[list, readme()], Place::Folder).is_ok());
        assert!(listing(&[readme()], Place::Folder).is_err());
        let broken = file("b.json", r#"{"version": 1, "hosts""#);
        let list = file("a.json", r#"{"version": 1, "hosts": [{"name": "a", "address": "a"}]}"#);
        assert!(listing(&[list, broken], Place::Folder).is_err(), "half a folder is no list");
    }
}
