//! What was found beside the list that is there: what would be added, what changed, and what is left alone and why.

use super::{
    FileView, ImportProblem, LeftOut, Reading,
    candidate::{Candidate, Found, Password},
};
use crate::model::{Address, Host, HostId, Proxy, Secret};
use serde::Serialize;
use std::collections::HashMap;

/// What a person sees before anything is added. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "ImportPreview"))]
pub struct Preview {
    /// Which reading it is: what is chosen from it refers to this one and no later one.
    #[cfg_attr(test, ts(type = "number"))]
    pub number: u64,
    /// The files.
    pub files: Vec<FileView>,
    /// What stands in them, in the files' order.
    pub entries: Vec<Entry>,
}

/// An entry of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "ImportEntry"))]
pub struct Entry {
    /// What it will be called.
    pub name: String,
    /// Where its server is, as Portlight prints it, or as the file has it where that cannot be read.
    pub address: String,
    /// The SSH host or the proxy that leads there; may be empty.
    pub via: String,
    /// The file's place among the files.
    #[cfg_attr(test, ts(type = "number"))]
    pub file: usize,
    /// The line there, from 1 on; 0 where the file is one entry.
    #[cfg_attr(test, ts(type = "number"))]
    pub line: usize,
    /// What becomes of it.
    pub plan: Plan,
    /// What the file has of its password.
    pub password: PasswordKind,
    /// What is not carried over.
    pub left_out: Vec<LeftOut>,
}

/// What becomes of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "ImportPlan"))]
#[serde(tag = "plan", rename_all = "snake_case")]
pub enum Plan {
    /// It is new.
    Add {
        /// Whether it is proposed; otherwise it may have a VNC server, and the person decides.
        proposed: bool,
    },
    /// A host with this address is on the list, and has gaps that this entry fills. Nothing of the host is replaced.
    Change {
        /// What the host is called.
        host: String,
        /// Which gaps.
        gaps: Vec<Gap>,
    },
    /// It is on the list, and the file knows nothing more about it.
    Known {
        /// What the host is called.
        host: String,
    },
    /// It stands further up already.
    Again,
    /// It cannot be a host.
    Skip {
        /// Why.
        why: ImportProblem,
    },
}

/// A field of a host that has nothing in it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "ImportGap"))]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// The user name.
    Username,
    /// The network card's address.
    Mac,
    /// The file of certificate authorities.
    CaFile,
    /// The password: filled only where passwords are to be taken.
    Password,
}

/// What a file has of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "ImportPassword"))]
#[serde(rename_all = "snake_case")]
pub enum PasswordKind {
    /// None.
    None,
    /// It stands there as it is.
    Readable,
    /// It is scrambled, with a key that everybody has.
    Obfuscated,
    /// It is scrambled in the same way in TigerVNC's own file of a password, which was chosen together with this one.
    Beside,
    /// It is encrypted, and cannot be taken.
    Encrypted,
    /// The other program keeps it elsewhere, if it has one.
    Elsewhere,
    /// It was valid once.
    Once,
}

/// What is to be done with the list, for the entries that were chosen.
#[derive(Debug)]
pub(crate) enum Change {
    /// A new host, and its password.
    Add(Box<Host>, Option<Secret>),
    /// What fills the gaps of a host: those that still are gaps.
    Fill {
        /// The host.
        id: HostId,
        /// What was found, with an id of its own.
        found: Box<Host>,
        /// Its password.
        password: Option<Secret>,
    },
}

impl Preview {
    /// The places of all entries that can be chosen.
    pub fn possible(&self, passwords: bool) -> Vec<usize> {
        let proposed: std::collections::HashSet<_> = self.proposed(passwords).into_iter().collect();
        let can = |place: usize, entry: &Entry| proposed.contains(&place) || matches!(entry.plan, Plan::Add { .. });
        (0..).zip(&self.entries).filter(|(place, entry)| can(*place, entry)).map(|(place, _)| place).collect()
    }

    /// The places of the entries that are proposed: new machines that the person has kept elsewhere, and gaps to fill.
    pub fn proposed(&self, passwords: bool) -> Vec<usize> {
        let is_proposed = |entry: &Entry| match &entry.plan {
            Plan::Add { proposed } => *proposed,
            Plan::Change { gaps, .. } => passwords || gaps.iter().any(|gap| *gap != Gap::Password),
            Plan::Known { .. } | Plan::Again | Plan::Skip { .. } => false,
        };
        self.entries.iter().enumerate().filter(|(_, entry)| is_proposed(entry)).map(|(place, _)| place).collect()
    }
}

impl Reading {
    /// What would become of each entry.
    pub(crate) fn preview(&self, number: u64, hosts: &[Host]) -> Preview {
        let plans = self.plans(hosts);
        let entries = self.found.iter().zip(plans).map(|(found, (plan, _))| entry(found, plan)).collect();
        Preview { number, files: self.files.clone(), entries }
    }

    /// The changes for the entries at `chosen`, in the order of the files. What cannot be chosen is left out.
    pub(crate) fn changes(&self, hosts: &[Host], chosen: &[usize], passwords: bool) -> Vec<Change> {
        let chosen: std::collections::HashSet<_> = chosen.iter().copied().collect();
        let plans = self.plans(hosts).into_iter().enumerate();
        let wanted = plans.filter(|(index, _)| chosen.contains(index));
        wanted.filter_map(|(index, (plan, id))| self.change(index, &plan, id, passwords)).collect()
    }

    fn change(&self, index: usize, plan: &Plan, id: Option<HostId>, passwords: bool) -> Option<Change> {
        let candidate = self.found.get(index)?.host.as_ref().ok()?;
        let password = candidate.secret().filter(|_| passwords).cloned();
        let host = Box::new(candidate.host.clone());
        match (plan, id) {
            (Plan::Add { .. }, _) => Some(Change::Add(host, password)),
            (Plan::Change { gaps, .. }, Some(id)) => {
                let fills = gaps.iter().any(|gap| *gap != Gap::Password) || password.is_some();
                fills.then_some(Change::Fill { id, found: host, password })
            }
            _ => None,
        }
    }

    /// For each entry what becomes of it, and the host on the list that it is.
    fn plans(&self, hosts: &[Host]) -> Vec<(Plan, Option<HostId>)> {
        let on_list: HashMap<_, _> = hosts.iter().rev().map(|host| (Machine::of(host), host)).collect();
        let mut seen = HashMap::new();
        let plan = |(index, found): (usize, &Found)| {
            let candidate = match &found.host {
                Ok(candidate) => candidate,
                Err(why) => return (Plan::Skip { why: why.clone() }, None),
            };
            let machine = Machine::of(&candidate.host);
            if seen.insert(machine.clone(), index).is_some() {
                return (Plan::Again, None);
            }
            let Some(host) = on_list.get(&machine) else {
                return (Plan::Add { proposed: candidate.is_kept }, None);
            };
            let (name, gaps) = (host.name.clone(), gaps(host, candidate));
            let plan = if gaps.is_empty() { Plan::Known { host: name } } else { Plan::Change { host: name, gaps } };
            (plan, Some(host.id))
        };
        self.found.iter().enumerate().map(plan).collect()
    }
}

fn gaps(host: &Host, candidate: &Candidate) -> Vec<Gap> {
    let found = &candidate.host;
    let fills = [
        (Gap::Username, host.username.is_empty() && !found.username.is_empty()),
        (Gap::Mac, host.mac.is_none() && found.mac.is_some()),
        (Gap::CaFile, host.ca_file.is_empty() && !found.ca_file.is_empty()),
        (Gap::Password, !host.has_password && host.login.is_none() && candidate.secret().is_some()),
    ];
    fills.into_iter().filter(|(_, fills)| *fills).map(|(gap, _)| gap).collect()
}

/// Fills the gaps of a host with what was found: all that is left of it by now.
pub(crate) fn fill(host: &mut Host, found: &Host) {
    if host.username.is_empty() {
        host.username.clone_from(&found.username);
    }
    if host.ca_file.is_empty() {
        host.ca_file.clone_from(&found.ca_file);
    }
    if host.mac.is_none() && found.mac.is_some() {
        (host.mac, host.wake_way) = (found.mac, found.wake_way.clone());
    }
}

fn entry(found: &Found, plan: Plan) -> Entry {
    let candidate = found.host.as_ref().ok();
    let via = candidate.and_then(|Candidate { host, .. }| {
        let jump = host.ssh_jump.as_ref().map(ToString::to_string);
        jump.or_else(|| host.proxy.as_ref().map(ToString::to_string))
    });
    Entry {
        name: found.name.clone(),
        address: found.address.clone(),
        via: via.unwrap_or_default(),
        file: found.file,
        line: found.line,
        plan,
        password: candidate.map_or(PasswordKind::None, |candidate| candidate.password.kind()),
        left_out: candidate.map(|candidate| candidate.left_out.clone()).unwrap_or_default(),
    }
}

impl Candidate {
    /// Its password, where it can be taken.
    fn secret(&self) -> Option<&Secret> {
        match &self.password {
            Password::Readable(secret) | Password::Obfuscated(secret) | Password::Beside { secret, .. } => Some(secret),
            Password::None | Password::Encrypted | Password::Elsewhere | Password::Once | Password::Ticket(_) => None,
        }
    }
}

impl Password {
    fn kind(&self) -> PasswordKind {
        match self {
            Self::None => PasswordKind::None,
            Self::Readable(_) => PasswordKind::Readable,
            Self::Obfuscated(_) => PasswordKind::Obfuscated,
            Self::Beside { .. } => PasswordKind::Beside,
            Self::Encrypted => PasswordKind::Encrypted,
            Self::Elsewhere => PasswordKind::Elsewhere,
            Self::Once | Self::Ticket(_) => PasswordKind::Once,
        }
    }
}

/// What makes two entries one machine: place, SSH host, proxy and repeater's ID. The same name alone does not.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Machine(Address, Option<String>, Option<Proxy>, String);

impl Machine {
    pub(super) fn of(host: &Host) -> Self {
        let address = match &host.address {
            Address::Tcp { hostname, port } => {
                let hostname = hostname.to_lowercase();
                let hostname = hostname.strip_suffix('.').unwrap_or(&hostname).to_owned();
                Address::Tcp { hostname, port: *port }
            }
            address => address.clone(),
        };
        let jump = host.ssh_jump.as_ref().map(|jump| jump.to_string().to_lowercase());
        let proxy = host.proxy.as_ref().map(Proxy::without_username);
        Self(address, jump, proxy, host.repeater_id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{File, Site, read};

    fn reading(text: &str) -> Reading {
        read(&[File { name: "list.csv".to_owned(), bytes: Ok(text.as_bytes().to_vec()), chosen_in: None }])
    }

    fn host(name: &str, address: &str) -> Host {
        Host::new(name.to_owned(), address.parse().unwrap())
    }

    const LIST: &str = "name,host,user,mac,password\n\
        New,new.local,ann,,\n\
        Known,known.local.,,,\n\
        Gaps,GAPS.local:1,bob,02:00:5e:10:00:07,quince7\n\
        Twice,new.local:0,,,\n\
        Wrong,not a host,,,secret\n";

    #[test]
    fn each_entry_is_added_changed_or_skipped() {
        let hosts = [host("A", "Known.local"), host("B", "gaps.local:1")];
        let preview = reading(LIST).preview(7, &hosts);
        let plans: Vec<_> = preview.entries.iter().map(|entry| entry.plan.clone()).collect();
        let b = Plan::Change { host: "B".into(), gaps: vec![Gap::Username, Gap::Mac, Gap::Password] };
        assert_eq!(plans[..4], [Plan::Add { proposed: true }, Plan::Known { host: "A".into() }, b, Plan::Again]);
        assert!(matches!(plans[4], Plan::Skip { why: ImportProblem::Address { .. } }));
        assert_eq!(preview.entries.iter().map(|entry| entry.line).collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
        let shown = serde_json::to_string(&preview).unwrap();
        assert!(!shown.contains("quince7") && !shown.contains("secret"), "{shown}");
        assert!(!format!("{:?}", reading(LIST)).contains("quince7"));
    }

    #[test]
    fn only_gaps_are_filled_and_passwords_only_where_they_are_wanted() {
        let mut existing = host("B", "gaps.local:1");
        existing.username = "mine".to_owned();
        let hosts = [existing.clone()];
        for (passwords, taken) in [(false, None), (true, Some("quince7"))] {
            let changes = reading(LIST).changes(&hosts, &[2, 4, 99], passwords);
            let [Change::Fill { id, found, password }] = &changes[..] else { panic!("{changes:?}") };
            assert_eq!((*id, password.as_ref().map(Secret::expose)), (existing.id, taken));
            let mut filled = existing.clone();
            fill(&mut filled, found);
            assert_eq!(
                (filled.username.as_str(), filled.mac.unwrap().to_string().as_str()),
                ("mine", "02:00:5e:10:00:07")
            );
            assert_eq!((filled.name.as_str(), filled.id), ("B", existing.id));
        }
    }

    fn through(hosts: &[Host], site: Option<&str>) -> Vec<(String, String, Plan)> {
        let files = [
            (
                "tokens.cfg",
                "Studio PC: 10.0.0.21:5900\nagain: 10.0.0.21:5900\nsocket: unix_socket:/run/vm\nwrong: box\n",
            ),
            ("list.csv", "name,host\nKiln,kiln.local\n"),
        ];
        let file = |(name, text): (&str, &str)| File {
            name: name.to_owned(),
            bytes: Ok(text.as_bytes().to_vec()),
            chosen_in: None,
        };
        let site = site.map(|site| Site::parse(site).unwrap());
        let entries = read(&files.map(file)).through(site.as_ref()).preview(0, hosts).entries;
        entries.into_iter().map(|entry| (entry.name, entry.address, entry.plan)).collect()
    }

    #[test]
    fn machines_of_a_token_file_and_no_others_are_reached_through_a_site() {
        let add = Plan::Add { proposed: true };
        let hosts = [host("A", "10.0.0.21"), host("B", "wss://s/w?token=again"), host("C", "wss://s/w?token=Kiln")];
        let known = |name: &str| Plan::Known { host: name.to_owned() };
        let wrong = ("wrong".to_owned(), "box".to_owned(), Plan::Skip { why: ImportProblem::NoPort });
        let kiln = ("Kiln".to_owned(), "kiln.local".to_owned(), add.clone());
        let row = |name: &str, address: &str, plan: &Plan| (name.to_owned(), address.to_owned(), plan.clone());
        let direct = [
            row("Studio PC", "10.0.0.21", &known("A")),
            row("again", "10.0.0.21", &Plan::Again),
            row("socket", "/run/vm", &add),
            wrong.clone(),
            kiln.clone(),
        ];
        assert_eq!(through(&hosts, None), direct);
        let by_site = [
            row("Studio PC", "wss://s/w?token=Studio%20PC", &add),
            row("again", "wss://s/w?token=again", &known("B")),
            row("socket", "wss://s/w?token=socket", &add),
            wrong,
            kiln,
        ];
        assert_eq!(through(&hosts, Some("wss://s/w")), by_site);
    }

    #[test]
    fn what_is_added_has_the_sites_address_with_all_of_its_query() {
        let file = File { name: "t".to_owned(), bytes: Ok(b"a: box:5900\nb: nas:5900\n".to_vec()), chosen_in: None };
        let site = Site::parse("wss://s/w?key=SECRET").unwrap();
        let reading = read(&[file]);
        let through = reading.through(Some(&site));
        let shown = serde_json::to_string(&through.preview(0, &[])).unwrap();
        assert!(!shown.contains("SECRET") && shown.contains("&token=a"), "{shown}");
        let changes = through.changes(&[], &[0, 1], false);
        let addresses: Vec<_> = changes
            .iter()
            .map(|change| match change {
                Change::Add(host, _) => host.address.to_string(),
                Change::Fill { .. } => panic!("{change:?}"),
            })
            .collect();
        assert_eq!(addresses, ["wss://s/w?key=SECRET&token=a", "wss://s/w?key=SECRET&token=b"]);
        let long = File {
            name: "t".to_owned(),
            bytes: Ok(format!("{}: box:5900\nb: nas:1\n", "a".repeat(5000)).into()),
            chosen_in: None,
        };
        let preview = read(&[long]).through(Some(&site)).preview(0, &[]);
        let why = ImportProblem::Address { address: crate::model::AddressProblem::TooLong };
        assert_eq!(preview.entries[0].plan, Plan::Skip { why });
    }

    #[test]
    fn another_way_to_a_server_is_another_machine() {
        let hosts = [host("A", "box")];
        let list = "name,host,ssh host,repeater id\nA,box,gate,\nA,box,,1234\nA,box,,\n";
        let plans: Vec<_> = reading(list).preview(0, &hosts).entries.into_iter().map(|entry| entry.plan).collect();
        let add = Plan::Add { proposed: true };
        assert_eq!(plans, [add.clone(), add, Plan::Known { host: "A".into() }]);
    }
}
