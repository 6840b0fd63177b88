//! What saved machines were last seen with: where their windows were and what full screen fills, by the monitors that there were, and the SSH host that they
//! were reached through. It is one file in the data folder, and nobody's choice: what cannot be read is as if it had never been.

use super::file;
use crate::{
    model::{HostId, LastWay, Monitors, or_default},
    platform,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

/// A window's place, in the display's pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The frame's left side.
    pub x: i32,
    /// The frame's upper side.
    pub y: i32,
    /// Width without the frame.
    pub width: u32,
    /// Height without the frame.
    pub height: u32,
    /// Whether it fills its monitor; the rest is what it had before.
    #[serde(default)]
    pub maximized: bool,
}

/// The places and the ways, and their file.
pub struct Places {
    file: PathBuf,
    /// A newer Portlight has written it: it is left as it is.
    newer: bool,
    known: Mutex<Known>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Known {
    version: u32,
    /// By machine; the last one used comes first.
    machines: BTreeMap<HostId, Vec<Kept>>,
    /// What full screen fills, by machine; the last one chosen comes first.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "BTreeMap::is_empty")]
    full_screen: BTreeMap<HostId, Vec<Filled>>,
    /// The newest first; one for a machine.
    #[serde(deserialize_with = "or_default")]
    ways: Vec<LastWay>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    /// The monitors' names, sizes and places.
    monitors: String,
    #[serde(flatten)]
    place: Place,
}

#[derive(Serialize, Deserialize)]
struct Filled {
    /// The monitors that there were, as above.
    monitors: String,
    fills: Monitors,
}

const FILE: &str = "places.json";
const VERSION: u32 = 1;
/// Sets of monitors that a machine's window is remembered for: more come together with docks and projectors, over years.
const MAX_SETS: usize = 8;
/// Machines whose way is remembered.
const MAX_WAYS: usize = 200;

impl Places {
    /// What `folder` has about the machines that `is_saved`.
    pub(crate) fn open(folder: &Path, is_saved: impl Fn(HostId) -> bool) -> Self {
        let file = folder.join(FILE);
        if let Err(cause) = file::recover(&file) {
            tracing::warn!(%cause, "an interrupted write is not finished");
        }
        let text = file::read(&file).ok().flatten().unwrap_or_default();
        let mut known: Known = serde_json::from_slice(&text).unwrap_or_default();
        known.machines.retain(|host, _| is_saved(*host));
        known.full_screen.retain(|host, _| is_saved(*host));
        known.ways.retain(|way| is_saved(way.host));
        Self { file, newer: known.version > VERSION, known: Mutex::new(known) }
    }

    /// Where the window of `host` was with these monitors; else where it was last, which may be nowhere now.
    pub fn of(&self, host: HostId, monitors: &str) -> Option<Place> {
        let known = self.known.lock();
        let kept = known.machines.get(&host)?;
        kept.iter().find(|kept| kept.monitors == monitors).or(kept.first()).map(|kept| kept.place)
    }

    /// Remembers it; blocks until the disk has it.
    ///
    /// # Errors
    /// The system's: then it is remembered until Portlight quits. So it is where a newer Portlight has written the file.
    pub fn keep(&self, host: HostId, monitors: String, place: Place) -> io::Result<()> {
        // Locked while it is written, so that the last one is what stays.
        let mut known = self.known.lock();
        let kept = known.machines.entry(host).or_default();
        if kept.first().is_some_and(|first| first.monitors == monitors && first.place == place) {
            return Ok(());
        }
        kept.retain(|kept| kept.monitors != monitors);
        kept.insert(0, Kept { monitors, place });
        kept.truncate(MAX_SETS);
        self.write(&mut known)
    }

    /// What was chosen for full screen of `host` with these monitors.
    pub fn full_screen_of(&self, host: HostId, monitors: &str) -> Option<Monitors> {
        let known = self.known.lock();
        known.full_screen.get(&host)?.iter().find(|filled| filled.monitors == monitors).map(|filled| filled.fills)
    }

    /// Remembers what was chosen; blocks until the disk has it.
    ///
    /// # Errors
    /// As of [`Places::keep`].
    pub fn keep_full_screen(&self, host: HostId, monitors: String, fills: Monitors) -> io::Result<()> {
        let mut known = self.known.lock();
        let kept = known.full_screen.entry(host).or_default();
        kept.retain(|filled| filled.monitors != monitors);
        kept.insert(0, Filled { monitors, fills });
        kept.truncate(MAX_SETS);
        self.write(&mut known)
    }

    /// The SSH hosts that machines were reached through last, the newest first.
    pub(crate) fn ways(&self) -> Vec<LastWay> {
        self.known.lock().ways.clone()
    }

    /// Remembers how `host` was reached: through an SSH host, or not (then what was remembered is forgotten). Blocks until the disk has
    /// it; a way that is known already is not written again.
    ///
    /// # Errors
    /// As of [`Places::keep`].
    pub(crate) fn keep_way(&self, host: HostId, way: Option<LastWay>) -> io::Result<()> {
        let mut known = self.known.lock();
        if known.ways.iter().find(|known| known.host == host) == way.as_ref() {
            return Ok(());
        }
        known.ways.retain(|known| known.host != host);
        known.ways.splice(0..0, way);
        known.ways.truncate(MAX_WAYS);
        self.write(&mut known)
    }

    fn write(&self, known: &mut Known) -> io::Result<()> {
        if self.newer {
            return Ok(());
        }
        known.version = VERSION;
        if let Some(folder) = self.file.parent() {
            platform::create_private_folder(folder)?;
        }
        file::write_whole(&file::target_of(&self.file), &serde_json::to_vec_pretty(known)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const HERE: Place = Place { x: 10, y: 20, width: 800, height: 600, maximized: false };
    const THERE: Place = Place { x: -1500, maximized: true, ..HERE };

    fn host(last: u8) -> HostId {
        serde_json::from_value(format!("6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a{last:02x}").into()).unwrap()
    }

    #[test]
    fn a_place_is_remembered_for_a_machine_and_a_set_of_monitors() {
        let data = tempfile::tempdir().unwrap();
        let open = || Places::open(&data.path().join("new"), |found| found != host(3));
        let places = open();
        assert_eq!(places.of(host(1), "one"), None);
        places.keep(host(1), "one".into(), HERE).unwrap();
        places.keep(host(1), "two".into(), THERE).unwrap();
        places.keep(host(3), "one".into(), HERE).unwrap();
        let places = open();
        assert_eq!(places.of(host(1), "one"), Some(HERE));
        assert_eq!(places.of(host(1), "two"), Some(THERE));
        assert_eq!(places.of(host(1), "three"), Some(THERE), "the last one");
        assert_eq!([places.of(host(2), "one"), places.of(host(3), "one")], [None; 2], "others, and removed ones");
    }

    #[test]
    fn what_full_screen_fills_is_remembered_for_a_machine_and_a_set_of_monitors() {
        let data = tempfile::tempdir().unwrap();
        let open = || Places::open(data.path(), |found| found != host(3));
        let places = open();
        let these = Monitors::These(vec![0, 2].into());
        for (last, set, fills) in
            [(1, "one", Monitors::All), (1, "two", these), (1, "one", Monitors::One(1)), (3, "one", these)]
        {
            places.keep_full_screen(host(last), set.into(), fills).unwrap();
        }
        let places = open();
        let found = |last, set| places.full_screen_of(host(last), set);
        assert_eq!([found(1, "one"), found(1, "two"), found(1, "three")], [Some(Monitors::One(1)), Some(these), None]);
        assert_eq!(found(3, "one"), None, "removed");
    }

    #[test]
    fn the_ssh_host_that_a_machine_was_reached_through_is_remembered_until_it_is_reached_otherwise() {
        let data = tempfile::tempdir().unwrap();
        let open = || Places::open(data.path(), |found| found != host(3));
        let way = |last: u8, jump: &str| LastWay {
            host: host(last),
            address: "box:1".parse().unwrap(),
            ssh_jump: jump.parse().unwrap(),
        };
        let places = open();
        places.keep(host(1), "one".into(), HERE).unwrap();
        for last in 1..=3 {
            places.keep_way(host(last), Some(way(last, "gate"))).unwrap();
        }
        places.keep_way(host(1), Some(way(1, "ann@jump1"))).unwrap();
        let places = open();
        assert_eq!(places.ways(), [way(1, "ann@jump1"), way(2, "gate")], "the newest first, and none that was removed");
        assert_eq!(places.of(host(1), "one"), Some(HERE), "the places stay");
        places.keep_way(host(1), None).unwrap();
        assert_eq!(open().ways(), [way(2, "gate")]);

        let written = || fs::metadata(data.path().join(FILE)).unwrap().modified().unwrap();
        let before = written();
        places.keep_way(host(2), Some(way(2, "gate"))).unwrap();
        places.keep_way(host(1), None).unwrap();
        assert_eq!(written(), before, "what is known already is not written again");
        for _ in 0..MAX_WAYS + 7 {
            let other = HostId::new();
            places.keep_way(other, Some(LastWay { host: other, ..way(2, "gate") })).unwrap();
        }
        assert_eq!(open().ways().len(), MAX_WAYS);
        fs::write(data.path().join(FILE), r#"{ "version": 1, "ways": [{ "host": 7 }], "machines": {} }"#).unwrap();
        assert_eq!(open().ways(), []);
    }

    #[test]
    fn it_forgets_the_sets_of_long_ago_and_what_it_cannot_read() {
        let data = tempfile::tempdir().unwrap();
        let places = Places::open(data.path(), |_| true);
        for set in 0..20 {
            places.keep(host(1), set.to_string(), Place { x: set, ..HERE }).unwrap();
        }
        assert_eq!(places.known.lock().machines[&host(1)].len(), MAX_SETS);
        assert_eq!(places.of(host(1), "12").unwrap().x, 12);
        fs::write(data.path().join(FILE), "{ \"machines\": 7").unwrap();
        let places = Places::open(data.path(), |_| true);
        assert_eq!(places.of(host(1), "12"), None);
        places.keep(host(1), "12".into(), THERE).unwrap();
        assert_eq!(Places::open(data.path(), |_| true).of(host(1), "12"), Some(THERE));
    }
}
