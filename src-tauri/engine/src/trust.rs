//! Which keys of servers the user has accepted, and for which address.

use crate::{error::Error, file, lock};
use openssl::sha::{sha1, sha256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

/// Who a server has shown to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Identity {
    /// A certificate within TLS.
    X509(Certificate),
    /// The RSA key of the RA2 kinds.
    Ra2(RsaKey),
}

/// What a certificate says, and what is wrong with it. Its words are the server's, cleaned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Certificate {
    /// Whom it was issued to.
    pub subject: String,
    /// The names and IP addresses that it is for.
    pub names: Vec<String>,
    /// Who issued it.
    pub issuer: String,
    /// Begin of its validity, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub not_before: i64,
    /// End of its validity, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub not_after: i64,
    /// SHA-256 of the certificate: lower-case hexadecimal, a colon between bytes.
    pub sha256: String,
    /// SHA-256 of its public key (SubjectPublicKeyInfo), in the same form: what is pinned.
    pub key_sha256: String,
    /// What is wrong with it; empty where the authorities vouch for it.
    pub problems: Vec<CertificateProblem>,
}

/// What can be wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum CertificateProblem {
    /// It vouches for itself.
    SelfSigned,
    /// No known authority vouches for it.
    UnknownIssuer,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It is for other names.
    WrongName,
    /// Its key, or one of its issuer's, is too short by today's measure.
    WeakKey,
    /// It is signed with a hash that is broken today.
    OldSignature,
    /// It cannot be checked, for another reason.
    Unverifiable,
}

/// The RSA key of a server of the RA2 kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RsaKey {
    /// Bits of its modulus.
    pub bits: u32,
    /// SHA-256 of the key as it was sent: lower-case hexadecimal, a colon between bytes. What is pinned.
    pub sha256: String,
    /// What RealVNC's and TigerVNC's viewers show of it: the first eight bytes of SHA-1, as `bb-92-4d-20-55-e5-0d-42`.
    pub short: String,
}

/// A key that was accepted before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct KnownKey {
    /// SHA-256 of the key: lower-case hexadecimal, a colon between bytes.
    pub sha256: String,
    /// What the certificate was issued to, or the short form of an RA2 key.
    pub label: String,
    /// When it was first accepted, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub first_seen: u64,
    /// When it was last seen, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub last_seen: u64,
}

/// What is known about a server's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was accepted before, or the authorities vouch for it.
    Trusted,
    /// Nobody has said anything about this address yet.
    Unknown,
    /// Another key was accepted for this address.
    Changed(KnownKey),
}

/// The keys that were accepted, as one file: docs/HOSTS-FILE.md describes it.
///
/// A key is bound to one address, and vouches for nothing else: an accepted certificate never becomes an authority. What
/// opens the file for changes holds the list of hosts open, so nobody else writes it; others may look.
#[derive(Clone, Default)]
pub struct Trust(Arc<Mutex<Keys>>);

impl Trust {
    /// Reads the file in `folder`. The notice says that it could not be read: it was kept beside, or else it is left
    /// alone, and what is accepted is known until Portlight ends.
    pub fn open(folder: &Path) -> (Self, Option<Error>) {
        let named = folder.join(FILE);
        let file = file::target_of(&named);
        file::remove_unfinished(&file);
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                return (Self::of(Keys { storage: Storage::File(file), ..Keys::default() }), None);
            }
            Err(cause) => {
                let detail = format!("could not read the known keys of servers in {}: {cause}", file.display());
                return (Self::left_alone(Keys::default(), file, &detail), Some(Error::System { detail }));
            }
        };
        let (mut keys, problem) = parse(&text).unwrap_or_else(|problem| (Keys::default(), Some(problem)));
        let Some(detail) = problem else {
            keys.storage = Storage::File(file);
            return (Self::of(keys), None);
        };
        match file::keep_beside(&named, &text) {
            Ok(kept_as) => {
                keys.storage = Storage::File(file);
                if let Err(error) = keys.save() {
                    tracing::warn!(%error, "the unreadable keys are still in place, and in the copy");
                }
                (Self::of(keys), Some(Error::TrustUnreadable { kept_as, detail }))
            }
            Err(cause) => {
                let detail = format!("it cannot be read ({detail}), and no copy can be made of it: {cause}");
                let notice = Error::TrustNotSaved { path: file.clone(), detail: detail.clone() };
                (Self::left_alone(keys, file, &detail), Some(notice))
            }
        }
    }

    /// The same to look at only: what is accepted is not written. A file that cannot be read knows nobody, which is said
    /// in the log.
    pub fn peek(folder: &Path) -> Self {
        let problem = match fs::read(folder.join(FILE)) {
            Ok(text) => match parse(&text) {
                Ok((keys, problem)) => {
                    if let Some(problem) = problem {
                        tracing::warn!(%problem, "not all known keys of servers could be read");
                    }
                    return Self::of(keys);
                }
                Err(problem) => problem,
            },
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Self::default(),
            Err(cause) => cause.to_string(),
        };
        tracing::warn!(%problem, "the known keys of servers could not be read");
        Self::default()
    }

    /// What is known about `identity` at `endpoint`.
    ///
    /// A certificate that the authorities vouch for is trusted, also in place of another key. Otherwise the key decides,
    /// alone: names and dates of a certificate are the words of whoever signed it, and serve to find out whose key it is.
    /// Of a key that was accepted for this very address that is known, so what its certificate says later does not matter.
    ///
    /// A key of the other kind makes a change, too. Somebody in between who cannot show the server's certificate could
    /// offer a key of RA2 instead, and would otherwise be greeted like any new server.
    pub fn verdict(&self, endpoint: &str, identity: &Identity) -> Verdict {
        if identity.is_vouched_for() {
            return Verdict::Trusted;
        }
        let keys = lock(&self.0);
        if keys.pin(endpoint, &identity.kind()).is_some_and(|pin| pin.has_key_of(identity)) {
            return Verdict::Trusted;
        }
        let known = keys.pin(endpoint, &identity.kind()).or_else(|| keys.pin(endpoint, &identity.other_kind()));
        known.map_or(Verdict::Unknown, |pin| Verdict::Changed(KnownKey::from(pin)))
    }

    /// From now on `identity` is the key of `endpoint`, and the only one of its kind.
    ///
    /// # Errors
    /// [`Error::TrustNotSaved`]: it is known until Portlight ends.
    pub fn accept(&self, endpoint: &str, identity: &Identity) -> Result<(), Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.accept_at(endpoint, identity, now)
    }

    fn accept_at(&self, endpoint: &str, identity: &Identity, now: u64) -> Result<(), Error> {
        let mut keys = lock(&self.0);
        keys.put(Pin::new(endpoint, identity, now));
        if keys.changed { keys.save() } else { Ok(()) }
    }

    fn of(keys: Keys) -> Self {
        Self(Arc::new(Mutex::new(keys)))
    }

    fn left_alone(keys: Keys, path: PathBuf, detail: &str) -> Self {
        Self::of(Keys { storage: Storage::LeftAlone { path, detail: detail.to_owned() }, ..keys })
    }
}

impl Identity {
    fn kind(&self) -> Kind {
        match self {
            Self::X509(_) => Kind::X509,
            Self::Ra2(_) => Kind::Ra2,
        }
    }

    fn other_kind(&self) -> Kind {
        match self {
            Self::X509(_) => Kind::Ra2,
            Self::Ra2(_) => Kind::X509,
        }
    }

    /// SHA-256 of its key.
    fn key_sha256(&self) -> &str {
        match self {
            Self::X509(certificate) => &certificate.key_sha256,
            Self::Ra2(key) => &key.sha256,
        }
    }

    fn label(&self) -> &str {
        match self {
            Self::X509(certificate) if certificate.subject.is_empty() => {
                certificate.names.first().map_or("", String::as_str)
            }
            Self::X509(certificate) => &certificate.subject,
            Self::Ra2(key) => &key.short,
        }
    }

    fn is_vouched_for(&self) -> bool {
        matches!(self, Self::X509(certificate) if certificate.problems.is_empty())
    }
}

impl From<&rfb::ServerKey> for Identity {
    fn from(key: &rfb::ServerKey) -> Self {
        let short = hexadecimal(&sha1(&key.blob)[..8], "-");
        Self::Ra2(RsaKey { bits: key.bits, sha256: fingerprint(&sha256(&key.blob)), short })
    }
}

/// A hash as it is shown and stored: lower-case hexadecimal, a colon between bytes.
pub(crate) fn fingerprint(hash: &[u8]) -> String {
    hexadecimal(hash, ":")
}

fn hexadecimal(bytes: &[u8], between: &str) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between)
}

// ---- the file

/// What the file says.
#[derive(Default)]
struct Keys {
    pins: Vec<Pin>,
    /// What a newer Portlight wrote, kept as it was.
    rest: Map<String, Value>,
    storage: Storage,
    /// There is something that the file does not say yet.
    changed: bool,
}

#[derive(Default)]
enum Storage {
    /// Nothing is written.
    #[default]
    Nowhere,
    File(PathBuf),
    /// What is in the file could not be understood, and there is no copy of it: it must not be replaced.
    LeftAlone {
        path: PathBuf,
        detail: String,
    },
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

impl Pin {
    fn new(endpoint: &str, identity: &Identity, now: u64) -> Self {
        let problems = match identity {
            Identity::X509(certificate) => certificate.problems.iter().map(|problem| json!(problem)).collect(),
            Identity::Ra2(_) => Vec::new(),
        };
        Self {
            endpoint: endpoint.to_owned(),
            kind: identity.kind(),
            key_sha256: identity.key_sha256().to_owned(),
            label: identity.label().to_owned(),
            first_seen: now,
            last_seen: now,
            problems,
            rest: Map::new(),
        }
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

    fn save(&mut self) -> Result<(), Error> {
        let not_saved = |path: &Path, detail: String| Error::TrustNotSaved { path: path.to_owned(), detail };
        match &self.storage {
            Storage::Nowhere => {}
            Storage::File(path) => {
                let written = self.print().map_err(io::Error::from).and_then(|text| file::write_whole(path, &text));
                written.map_err(|cause| not_saved(path, cause.to_string()))?;
            }
            Storage::LeftAlone { path, detail } => return Err(not_saved(path, detail.clone())),
        }
        self.changed = false;
        Ok(())
    }

    fn print(&self) -> serde_json::Result<Vec<u8>> {
        #[derive(Serialize)]
        struct Printed<'a> {
            version: u64,
            keys: &'a [Pin],
            #[serde(flatten)]
            rest: &'a Map<String, Value>,
        }
        let mut text = serde_json::to_vec_pretty(&Printed { version: VERSION, keys: &self.pins, rest: &self.rest })?;
        text.push(b'\n');
        Ok(text)
    }
}

/// Reads the file's text. Beside the keys comes a sentence about entries that had to be left out.
fn parse(text: &[u8]) -> Result<(Keys, Option<String>), String> {
    let mut rest = file::parse(text, VERSION)?;
    let mut left_out = Vec::new();
    let read: Vec<Pin> = file::entries(&mut rest, "keys", &mut left_out)?.ok_or("it has no keys")?;
    let mut keys = Keys { rest, ..Keys::default() };
    for pin in read {
        // Which of two is right, nobody can tell: the first is kept, as a key that is missing is only asked about.
        if !matches!(pin.kind, Kind::Other(_)) && keys.pin(&pin.endpoint, &pin.kind).is_some() {
            left_out.push(format!("{} has two keys of a kind", pin.endpoint));
        } else {
            keys.pins.push(pin);
        }
    }
    Ok((keys, file::left_out(&left_out)))
}

/// The file's format; see the list of hosts.
const VERSION: u64 = 1;
const FILE: &str = "trust.json";
/// A key that is seen again is noted once a day at most: nobody needs to know it better, and each note is a write that
/// waits for the disk, within the way to a server.
const SEEN_AGAIN: u64 = 24 * 60 * 60;
