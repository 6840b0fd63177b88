//! Which keys of servers the user has accepted, and for which address.

use super::{
    clock::now,
    file::{self, LeftOut},
};
use crate::{
    error::StoreError,
    model::{Identity, KnownKey, as_seen},
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::task::spawn_blocking;

/// What is known about a server's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was accepted before, or the authorities vouch for it.
    Trusted,
    /// No key is known for this address.
    Unknown,
    /// Another key was accepted for this address.
    Changed(KnownKey),
}

/// The keys that were accepted, as one file: docs/HOSTS-FILE.md describes it.
///
/// A key is bound to one address, and vouches for nothing else: an accepted certificate never becomes an authority. Only
/// the instance that holds the list of hosts opens the file for changes; others may look.
#[derive(Clone, Default)]
pub struct Pins(Arc<Shared>);

#[derive(Default)]
struct Shared {
    keys: Mutex<Keys>,
    /// Held while the file is written. Taken before `keys`, which is never held meanwhile.
    storage: Mutex<Storage>,
}

impl Pins {
    /// Reads the file in `folder`, which blocks. The notice says that it could not be read, or not all of it: it was kept
    /// beside, or else it is left alone, as one of a newer Portlight is, and what is accepted is known until Portlight ends.
    pub fn open(folder: &Path) -> (Self, Option<StoreError>) {
        let named = folder.join(FILE);
        let file = file::target_of(&named);
        file::remove_unfinished(&file);
        let text = match file::recover(&file).and_then(|()| file::read(&file)) {
            Ok(Some(text)) => text,
            Ok(None) => return (Self::of(Keys::default(), Storage::file(named, file, None, &[])), None),
            Err(cause) => {
                let detail = cause.to_string();
                let storage = Storage::LeftAlone { path: file, detail: detail.clone() };
                return (Self::of(Keys::default(), storage), Some(StoreError::FileUnreadable { path: named, detail }));
            }
        };
        let detail = match Keys::parse(&text) {
            Ok(keys) => {
                let notice = keys.left_out_of(&named);
                let storage = Storage::file(named, file, Some(text), &keys.pins);
                return (Self::of(keys, storage), notice);
            }
            Err(detail) => detail,
        };
        if let Some((keys, version)) = Keys::parse_newer(&text) {
            // What it says of a key it says also here: another key at that address is a change, and not a first one.
            let storage = Storage::newer(file, version);
            return (Self::of(keys, storage), Some(StoreError::TrustNewer { path: named, version }));
        }
        match file::keep_beside(&named, "unreadable", &text) {
            Ok(kept_as) => {
                let mut storage = Storage::file(named, file, Some(text), &[]);
                if let Err(error) = Keys::default().print().and_then(|printed| storage.write(printed, vec![])) {
                    tracing::warn!(%error, "the unreadable keys are still in place, and in the copy");
                }
                (Self::of(Keys::default(), storage), Some(StoreError::TrustUnreadable { kept_as, detail }))
            }
            Err(cause) => {
                let detail = format!("it cannot be read ({detail}), and no copy can be made of it: {cause}");
                let notice = StoreError::TrustNotSaved { path: file.clone(), detail: detail.clone() };
                (Self::of(Keys::default(), Storage::LeftAlone { path: file, detail }), Some(notice))
            }
        }
    }

    /// The same to look at only: what is accepted is not written. Blocks.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`], and [`StoreError::EntriesLeftOut`] where not every key can be read: a key that is
    /// not known must not pass for one that never was.
    pub fn peek(folder: &Path) -> Result<Self, StoreError> {
        let file = folder.join(FILE);
        let unreadable = |detail: String| StoreError::FileUnreadable { path: file.clone(), detail };
        let Some(text) = file::read(&file).map_err(|cause| unreadable(cause.to_string()))? else {
            return Ok(Self::default());
        };
        let keys = Keys::parse(&text).map_err(unreadable)?;
        keys.left_out_of(&file).map_or(Ok(Self::of(keys, Storage::Nowhere)), Err)
    }

    /// What is known about `identity` at `endpoint`.
    ///
    /// A certificate that the authorities vouch for is trusted, also in place of another key. Otherwise the key alone
    /// decides: name and dates of a certificate serve to find out whose key it is, which is known of a key that was accepted
    /// for this very address, so what its certificate says later does not matter.
    ///
    /// A key of the other kind is a change, too: an attacker in between that cannot show the server's certificate could offer
    /// an RA2 key instead, and would otherwise pass for a new server.
    pub fn verdict(&self, endpoint: &str, identity: &Identity) -> Verdict {
        if identity.is_vouched_for() {
            return Verdict::Trusted;
        }
        let keys = self.0.keys.lock();
        if keys.pin(endpoint, &Kind::of(identity)).is_some_and(|pin| pin.has_key_of(identity)) {
            return Verdict::Trusted;
        }
        let known = keys.pin(endpoint, &Kind::of(identity)).or_else(|| keys.pin(endpoint, &Kind::of(identity).other()));
        known.map_or(Verdict::Unknown, |pin| Verdict::Changed(KnownKey::from(pin)))
    }

    /// From now on `identity` is the key of `endpoint`, and the only one of its kind. Waits for the disk, on another
    /// thread.
    ///
    /// # Errors
    /// [`StoreError::TrustNotSaved`]: it is known until Portlight ends.
    pub async fn accept(&self, endpoint: &str, identity: &Identity) -> Result<(), StoreError> {
        if !self.put(endpoint, identity, now()) {
            return Ok(());
        }
        let pins = self.clone();
        let saved = spawn_blocking(move || pins.save()).await;
        saved.unwrap_or_else(|cause| Err(StoreError::System { detail: cause.to_string() }))
    }

    /// Returns whether there is something to save.
    fn put(&self, endpoint: &str, identity: &Identity, now: u64) -> bool {
        let mut keys = self.0.keys.lock();
        keys.put(Pin::new(endpoint, identity, now));
        keys.changed
    }

    /// Writes what has changed since it was written last; blocks.
    fn save(&self) -> Result<(), StoreError> {
        let mut storage = self.0.storage.lock();
        let (text, pins) = {
            let mut keys = self.0.keys.lock();
            if !keys.changed {
                // Another thread's write had it.
                return Ok(());
            }
            storage.merge_into(&mut keys);
            keys.changed = false;
            (keys.print(), keys.pins.clone())
        };
        let written = text.and_then(|text| storage.write(text, pins));
        written.map_err(|cause| {
            self.0.keys.lock().changed = true;
            StoreError::TrustNotSaved { path: storage.path().to_owned(), detail: cause.to_string() }
        })
    }

    fn of(keys: Keys, storage: Storage) -> Self {
        Self(Arc::new(Shared { keys: Mutex::new(keys), storage: Mutex::new(storage) }))
    }
}

// ---- the file

/// What the file says.
#[derive(Debug, Default)]
struct Keys {
    pins: Vec<Pin>,
    /// Entries that cannot be read, kept as they are.
    left_out: Vec<LeftOut>,
    /// What a newer Portlight wrote, kept as it was.
    rest: Map<String, Value>,
    /// There is something that the file does not say yet.
    changed: bool,
}

#[derive(Default)]
enum Storage {
    /// Nothing is written.
    #[default]
    Nowhere,
    File {
        /// In the folder of settings; copies are kept beside it.
        named: PathBuf,
        /// The same, or what it links to.
        file: PathBuf,
        /// What the file said when it was read or written last; none where it was not there.
        text: Option<Vec<u8>>,
        /// The keys in it.
        pins: Vec<Pin>,
    },
    /// What is in the file could not be understood, and there is no copy of it: it must not be replaced.
    LeftAlone { path: PathBuf, detail: String },
}

impl Storage {
    fn file(named: PathBuf, file: PathBuf, text: Option<Vec<u8>>, pins: &[Pin]) -> Self {
        Self::File { named, file, text, pins: pins.to_vec() }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Nowhere => Path::new(""),
            Self::File { file, .. } => file,
            Self::LeftAlone { path, .. } => path,
        }
    }

    fn newer(path: PathBuf, version: u64) -> Self {
        Self::LeftAlone { path, detail: format!("a newer Portlight has written it (version {version})") }
    }

    /// What another program has written meanwhile is taken over, except for keys that we have changed as well.
    fn merge_into(&mut self, ours: &mut Keys) {
        let Self::File { named, file, text: known, pins: base } = self else { return };
        let found = match file::read(file) {
            Ok(Some(found)) if known.as_ref() != Some(&found) => found,
            // What cannot be read cannot be replaced either, which is about to be told.
            Ok(_) | Err(_) => return,
        };
        let theirs = match Keys::parse(&found) {
            Ok(theirs) => theirs,
            Err(_) if let Some((_, version)) = Keys::parse_newer(&found) => {
                *self = Self::newer(file.clone(), version);
                return;
            }
            Err(problem) => {
                let kept = file::keep_beside(named, "unreadable", &found);
                return tracing::warn!(problem, ?kept, "another program wrote keys that cannot be read");
            }
        };
        let of = |pins: &[Pin], pin: &Pin| pins.iter().find(|other| other.is_in_place_of(pin)).cloned();
        let is_ours = |pin: &Pin| of(base, pin).as_ref() != Some(pin);
        let mut pins: Vec<Pin> =
            theirs.pins.into_iter().map(|their| of(&ours.pins, &their).filter(&is_ours).unwrap_or(their)).collect();
        let added =
            ours.pins.iter().filter(|pin| is_ours(pin) && of(&pins, pin).is_none()).cloned().collect::<Vec<_>>();
        pins.extend(added);
        (ours.pins, ours.left_out, ours.rest) = (pins, theirs.left_out, theirs.rest);
    }

    fn write(&mut self, printed: Vec<u8>, keys: Vec<Pin>) -> io::Result<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::LeftAlone { detail, .. } => Err(io::Error::other(detail.clone())),
            Self::File { file, text, pins, .. } => {
                file::write_whole(file, &printed)?;
                (*text, *pins) = (Some(printed), keys);
                Ok(())
            }
        }
    }
}

/// A key that was accepted for an address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pin {
    /// The address as Portlight prints it, with the repeater's ID where there is one.
    endpoint: String,
    kind: Kind,
    key_sha256: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    first_seen: u64,
    #[serde(default)]
    last_seen: u64,
    /// What was wrong with the certificate. [`CertificateProblem`]s, and what a newer Portlight may add to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Value>,
    /// What a newer Portlight wrote here, kept as it was.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    X509,
    Ra2,
    /// Of a newer Portlight.
    #[serde(untagged)]
    Other(String),
}

impl Kind {
    fn of(identity: &Identity) -> Self {
        match identity {
            Identity::X509(_) => Self::X509,
            Identity::Ra2(_) => Self::Ra2,
        }
    }

    /// The other kind that a server may show.
    fn other(&self) -> Self {
        if *self == Self::X509 { Self::Ra2 } else { Self::X509 }
    }
}

impl Pin {
    fn new(endpoint: &str, identity: &Identity, now: u64) -> Self {
        let problems = match identity {
            Identity::X509(certificate) => certificate.problems.iter().map(|problem| json!(problem)).collect(),
            Identity::Ra2(_) => Vec::new(),
        };
        Self {
            endpoint: endpoint.to_owned(),
            kind: Kind::of(identity),
            key_sha256: identity.key_sha256().to_owned(),
            label: identity.label().to_owned(),
            first_seen: now,
            last_seen: now,
            problems,
            rest: Map::new(),
        }
    }

    fn is_in_place_of(&self, other: &Self) -> bool {
        self.endpoint == other.endpoint && self.kind == other.kind
    }

    fn has_key_of(&self, identity: &Identity) -> bool {
        self.key_sha256.eq_ignore_ascii_case(identity.key_sha256())
    }
}

impl From<&Pin> for KnownKey {
    fn from(pin: &Pin) -> Self {
        let Pin { key_sha256, label, first_seen, last_seen, .. } = pin.clone();
        Self { sha256: key_sha256, label, first_seen, last_seen }
    }
}

impl Keys {
    fn pin(&self, endpoint: &str, kind: &Kind) -> Option<&Pin> {
        self.pins.iter().find(|pin| pin.endpoint == endpoint && pin.kind == *kind)
    }

    fn put(&mut self, new: Pin) {
        let Some(pin) = self.pins.iter_mut().find(|pin| pin.endpoint == new.endpoint && pin.kind == new.kind) else {
            self.pins.push(new);
            self.changed = true;
            return;
        };
        if !pin.key_sha256.eq_ignore_ascii_case(&new.key_sha256) {
            tracing::info!(
                endpoint = new.endpoint,
                before = pin.key_sha256,
                now = new.key_sha256,
                "another key is accepted"
            );
            *pin = new;
            self.changed = true;
        } else if (&pin.label, &pin.problems) != (&new.label, &new.problems)
            || new.last_seen.abs_diff(pin.last_seen) >= SEEN_AGAIN
        {
            *pin = Pin { first_seen: pin.first_seen, rest: std::mem::take(&mut pin.rest), ..new };
            self.changed = true;
        }
    }

    /// That there are entries which cannot be read, if there are any.
    fn left_out_of(&self, path: &Path) -> Option<StoreError> {
        let detail = self.left_out.first()?.reason.clone();
        let endpoints = self.left_out.iter().filter_map(|entry| entry.value["endpoint"].as_str());
        let names = endpoints.map(as_seen).collect();
        Some(StoreError::EntriesLeftOut { path: path.to_owned(), count: self.left_out.len(), names, detail })
    }

    /// The file's text.
    fn print(&self) -> io::Result<Vec<u8>> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Entry<'a> {
            Pin(&'a Pin),
            LeftOut(&'a Value),
        }
        #[derive(Serialize)]
        struct Printed<'a> {
            version: u64,
            keys: Vec<Entry<'a>>,
            #[serde(flatten)]
            rest: &'a Map<String, Value>,
        }
        let left_out = self.left_out.iter().map(|left_out| Entry::LeftOut(&left_out.value));
        let keys = self.pins.iter().map(Entry::Pin).chain(left_out).collect();
        let mut text = serde_json::to_vec_pretty(&Printed { version: VERSION, keys, rest: &self.rest })?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads the file's text. Entries that cannot be read are kept as they are.
    ///
    /// # Errors
    /// Why it is no list of keys that this version can read.
    fn parse(text: &[u8]) -> Result<Self, String> {
        Self::parse_as(text, VERSION)
    }

    /// What can be read of keys that a newer Portlight has written, and their version; none where they are of this version.
    fn parse_newer(text: &[u8]) -> Option<(Self, u64)> {
        let version = file::newer_version(text, VERSION)?;
        Some((Self::parse_as(text, version).unwrap_or_default(), version))
    }

    fn parse_as(text: &[u8], version: u64) -> Result<Self, String> {
        let mut rest = file::parse(text, version)?;
        // The documentation once called the list "pins".
        let name = if rest.contains_key("keys") { "keys" } else { "pins" };
        let entries = file::entries(&mut rest, name)?.ok_or("it has no keys")?;
        let mut keys = Self { rest, ..Self::default() };
        for entry in entries {
            match entry {
                // It cannot be known which of two is right: the first is kept, as a key that is missing is only asked about.
                Ok((Pin { ref endpoint, kind: ref kind @ (Kind::X509 | Kind::Ra2), .. }, value))
                    if keys.pin(endpoint, kind).is_some() =>
                {
                    keys.left_out.push(LeftOut { value, reason: format!("{endpoint} has two keys of a kind") });
                }
                Ok((pin, _)) => keys.pins.push(pin),
                Err(left_out) => keys.left_out.push(left_out),
            }
        }
        Ok(keys)
    }
}

/// The file's format; see the list of hosts.
const VERSION: u64 = 1;
const FILE: &str = "trust.json";
/// Seconds. A key that is seen again is noted once a day at most, as each note is a write that waits for the disk.
const SEEN_AGAIN: u64 = 24 * 60 * 60;

#[cfg(test)]
mod tests;
