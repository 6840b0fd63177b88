//! Which keys of servers the user has accepted, and for which address.

use crate::{
    error::Error,
    file::{keep, target_of, write_whole},
    lock,
};
use openssl::sha::{sha1, sha256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    fs, io,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

impl Identity {
    /// SHA-256 of the key: what is pinned.
    pub fn key_sha256(&self) -> &str {
        match self {
            Self::X509(certificate) => &certificate.key_sha256,
            Self::Ra2(key) => &key.sha256,
        }
    }

    /// Whether this is its fingerprint, of the certificate or of the key. Case and colons do not matter.
    pub fn has_fingerprint(&self, text: &str) -> bool {
        let bare = |text: &str| text.chars().filter(|c| *c != ':').map(|c| c.to_ascii_lowercase()).collect::<String>();
        let text = bare(text.trim());
        match self {
            Self::X509(certificate) => {
                [&certificate.sha256, &certificate.key_sha256].iter().any(|own| bare(own) == text)
            }
            Self::Ra2(key) => bare(&key.sha256) == text,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::X509(_) => Kind::X509,
            Self::Ra2(_) => Kind::Ra2,
        }
    }

    fn label(&self) -> &str {
        match self {
            Self::X509(certificate) => &certificate.subject,
            Self::Ra2(key) => &key.short,
        }
    }

    /// Whether authorities vouch for it, so that nobody needs to be asked.
    fn is_vouched_for(&self) -> bool {
        matches!(self, Self::X509(certificate) if certificate.problems.is_empty())
    }
}

impl From<&rfb::ServerKey> for Identity {
    fn from(key: &rfb::ServerKey) -> Self {
        let short: Vec<String> = sha1(&key.blob)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Self::Ra2(RsaKey { bits: key.bits, sha256: fingerprint(&key.blob), short: short.join("-") })
    }
}

/// SHA-256 as it is shown and pinned: lower-case hexadecimal, a colon between bytes.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    sha256(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// The keys that were accepted, as one file beside the list of hosts: docs/HOSTS-FILE.md describes it.
#[derive(Clone, Default)]
pub struct Trust(Arc<Known>);

#[derive(Default)]
struct Known {
    /// None where nothing is written.
    file: Option<PathBuf>,
    pins: Mutex<Pins>,
}

/// What the file says.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Pins {
    version: u64,
    pins: Vec<Pin>,
    /// What a newer Portlight wrote, kept as it was.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pin {
    /// The address as the user means it.
    endpoint: String,
    kind: Kind,
    key_sha256: String,
    label: String,
    first_seen: u64,
    last_seen: u64,
    /// What was wrong with a certificate when it was accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    problems: Vec<CertificateProblem>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    X509,
    Ra2,
}

impl Trust {
    /// Reads the file in `folder`. One that cannot be read is kept beside, and said so: whoever then shows a key is a
    /// stranger again, and the user should know why.
    pub fn open(folder: &Path) -> (Self, Option<Error>) {
        let file = target_of(&folder.join(FILE));
        let (pins, notice) = match read(&file) {
            Ok(pins) => (pins, None),
            Err(Unreadable { bytes, detail }) => match keep(folder, "trust", &bytes) {
                Ok(kept_as) => (Pins::default(), Some(Error::TrustUnreadable { kept_as, detail })),
                // What cannot be kept is not written over either.
                Err(cause) => {
                    let detail = format!("{detail}; it could not be kept: {cause}");
                    let notice = Error::TrustNotSaved { path: file, detail };
                    return (Self::default(), Some(notice));
                }
            },
        };
        (Self(Arc::new(Known { file: Some(file), pins: Mutex::new(pins) })), notice)
    }

    /// The same to look at only: what is accepted is not written.
    pub fn peek(folder: &Path) -> Self {
        let pins = read(&target_of(&folder.join(FILE))).unwrap_or_default();
        Self(Arc::new(Known { file: None, pins: Mutex::new(pins) }))
    }

    /// What is known about `identity` at `endpoint`.
    ///
    /// A key that was accepted stays good, also when its certificate has expired since: it is the key that is pinned. A
    /// server that once had a certificate and now shows an RA2 key, or the other way round, is another one.
    pub fn verdict(&self, endpoint: &str, identity: &Identity) -> Verdict {
        let pins = lock(&self.0.pins);
        let here = || pins.pins.iter().filter(|pin| pin.endpoint == endpoint);
        if here().any(|pin| pin.is_of(identity)) || identity.is_vouched_for() {
            return Verdict::Trusted;
        }
        let of_its_kind = here().find(|pin| pin.kind == identity.kind());
        match of_its_kind.or_else(|| here().next()) {
            Some(other) => Verdict::Changed(other.known()),
            None => Verdict::Unknown,
        }
    }

    /// From now on `identity` is the key of `endpoint`, and no other is.
    ///
    /// # Errors
    /// [`Error::TrustNotSaved`]: it is known until Portlight ends.
    pub fn accept(&self, endpoint: &str, identity: &Identity) -> Result<(), Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.accept_at(endpoint, identity, now)
    }

    fn accept_at(&self, endpoint: &str, identity: &Identity, now: u64) -> Result<(), Error> {
        let mut pins = lock(&self.0.pins);
        let known = pins.pins.iter_mut().find(|pin| pin.endpoint == endpoint && pin.is_of(identity));
        match known {
            // Seen a moment ago: not worth a write to the disk.
            Some(pin) if now.saturating_sub(pin.last_seen) < A_DAY => return Ok(()),
            Some(pin) => pin.last_seen = now,
            None => {
                if pins.pins.iter().any(|pin| pin.endpoint == endpoint) {
                    tracing::info!(endpoint, "another key is known from now on");
                }
                pins.pins.retain(|pin| pin.endpoint != endpoint);
                pins.pins.push(Pin::new(endpoint, identity, now));
            }
        }
        let Some(file) = &self.0.file else { return Ok(()) };
        pins.version = VERSION;
        let text = serde_json::to_vec_pretty(&*pins).map_err(io::Error::from);
        let saved = text.and_then(|text| write_whole(file, &text));
        saved.map_err(|cause| Error::TrustNotSaved { path: file.clone(), detail: cause.to_string() })
    }
}

impl Pin {
    fn new(endpoint: &str, identity: &Identity, now: u64) -> Self {
        let problems = match identity {
            Identity::X509(certificate) => certificate.problems.clone(),
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

    fn is_of(&self, identity: &Identity) -> bool {
        self.kind == identity.kind() && self.key_sha256 == identity.key_sha256()
    }

    fn known(&self) -> KnownKey {
        let Self { key_sha256, label, first_seen, last_seen, .. } = self.clone();
        KnownKey { sha256: key_sha256, label, first_seen, last_seen }
    }
}

/// A file that is there and cannot be read.
struct Unreadable {
    bytes: Vec<u8>,
    detail: String,
}

fn read(file: &Path) -> Result<Pins, Unreadable> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Pins::default()),
        Err(cause) => return Err(Unreadable { bytes: Vec::new(), detail: cause.to_string() }),
    };
    let unreadable = |detail: String| Unreadable { bytes: bytes.clone(), detail };
    let pins: Pins = serde_json::from_slice(&bytes).map_err(|cause| unreadable(cause.to_string()))?;
    match pins.version {
        VERSION => Ok(pins),
        other => Err(unreadable(format!("its version is {other}, this Portlight reads version {VERSION}"))),
    }
}

const FILE: &str = "trust.json";
const VERSION: u64 = 1;
/// In seconds.
const A_DAY: u64 = 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn x509(key: &str, problems: &[CertificateProblem]) -> Identity {
        Identity::X509(Certificate {
            subject: "CN=box".into(),
            names: vec!["box".into()],
            issuer: "CN=box".into(),
            not_before: 0,
            not_after: 1,
            sha256: fingerprint(key.as_bytes()),
            key_sha256: fingerprint(&[key.as_bytes(), b" key"].concat()),
            problems: problems.to_vec(),
        })
    }

    fn ra2(key: &[u8]) -> Identity {
        Identity::from(&rfb::ServerKey { bits: 2048, blob: key.to_vec() })
    }

    const SELF_SIGNED: &[CertificateProblem] = &[CertificateProblem::SelfSigned];

    fn known_for(trust: &Trust, endpoint: &str, identity: &Identity) -> String {
        match trust.verdict(endpoint, identity) {
            Verdict::Changed(known) => known.sha256,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_is_unknown_then_trusted_then_the_only_one() {
        let trust = Trust::default();
        let (ours, other) = (x509("ours", SELF_SIGNED), x509("other", SELF_SIGNED));
        assert_eq!(trust.verdict("box:5900", &ours), Verdict::Unknown);
        trust.accept("box:5900", &ours).unwrap();
        assert_eq!(trust.verdict("box:5900", &ours), Verdict::Trusted);
        assert_eq!(trust.verdict("box:5901", &ours), Verdict::Unknown, "a key is pinned for one address");
        assert_eq!(known_for(&trust, "box:5900", &other), ours.key_sha256());
        trust.accept("box:5900", &other).unwrap();
        assert_eq!(known_for(&trust, "box:5900", &ours), other.key_sha256());
    }

    #[test]
    fn an_accepted_key_stays_good_when_its_certificate_ages_or_is_renewed() {
        let trust = Trust::default();
        trust.accept("box", &x509("ours", SELF_SIGNED)).unwrap();
        let expired = x509("ours", &[CertificateProblem::SelfSigned, CertificateProblem::Expired]);
        assert_eq!(trust.verdict("box", &expired), Verdict::Trusted);
    }

    #[test]
    fn another_kind_of_key_is_another_key() {
        let trust = Trust::default();
        let certificate = x509("ours", SELF_SIGNED);
        trust.accept("box", &certificate).unwrap();
        assert_eq!(known_for(&trust, "box", &ra2(b"key")), certificate.key_sha256());
    }

    #[test]
    fn what_authorities_vouch_for_needs_no_question() {
        let trust = Trust::default();
        assert_eq!(trust.verdict("box", &x509("signed", &[])), Verdict::Trusted);
        trust.accept("box", &x509("ours", SELF_SIGNED)).unwrap();
        assert_eq!(trust.verdict("box", &x509("signed", &[])), Verdict::Trusted);
    }

    #[test]
    fn what_was_accepted_is_there_after_a_restart_and_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let (trust, notice) = Trust::open(folder.path());
        assert_eq!(notice, None);
        trust.accept("box", &x509("ours", SELF_SIGNED)).unwrap();
        trust.accept("other", &ra2(b"key")).unwrap();
        let file = folder.path().join("trust.json");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        for trust in [Trust::open(folder.path()).0, Trust::peek(folder.path())] {
            assert_eq!(trust.verdict("box", &x509("ours", SELF_SIGNED)), Verdict::Trusted);
            assert_eq!(trust.verdict("other", &ra2(b"key")), Verdict::Trusted);
        }
        let before = fs::read(&file).unwrap();
        Trust::peek(folder.path()).accept("third", &ra2(b"third")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), before, "a peek writes nothing");
    }

    #[test]
    fn what_a_newer_portlight_wrote_survives() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trust.json");
        let text = r#"{"version":1,"colour":"blue","pins":[{"endpoint":"a","kind":"ra2","key_sha256":"x","label":"l",
            "first_seen":1,"last_seen":2,"shape":"round"}]}"#;
        fs::write(&file, text).unwrap();
        Trust::open(folder.path()).0.accept("b", &ra2(b"key")).unwrap();
        let written: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!((&written["colour"], &written["pins"][0]["shape"]), (&"blue".into(), &"round".into()));
        assert_eq!(written["pins"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn what_cannot_be_read_is_kept_and_said() {
        for text in ["{", "[]", r#"{"version":2,"pins":[]}"#, r#"{"pins":[]}"#] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("trust.json"), text).unwrap();
            let (trust, notice) = Trust::open(folder.path());
            let Some(Error::TrustUnreadable { kept_as, .. }) = notice else { panic!("{text}: {notice:?}") };
            assert_eq!(fs::read_to_string(kept_as).unwrap(), text);
            trust.accept("box", &ra2(b"key")).unwrap();
            assert_eq!(Trust::open(folder.path()).1, None);
        }
    }

    #[test]
    fn being_seen_is_written_once_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let trust = Trust::open(folder.path()).0;
        let last_seen = || -> Value {
            let written: Value = serde_json::from_slice(&fs::read(folder.path().join("trust.json")).unwrap()).unwrap();
            written["pins"][0]["last_seen"].clone()
        };
        for (now, written) in [(1000, 1000), (2000, 1000), (1000 + A_DAY, 1000 + A_DAY)] {
            trust.accept_at("box", &ra2(b"key"), now).unwrap();
            assert_eq!(last_seen(), written);
        }
    }

    #[test]
    fn fingerprints_are_compared_as_people_write_them() {
        let identity = x509("ours", &[]);
        let Identity::X509(certificate) = &identity else { unreachable!() };
        assert!(identity.has_fingerprint(&certificate.sha256));
        assert!(identity.has_fingerprint(&format!(" {}\n", certificate.key_sha256.replace(':', "").to_uppercase())));
        for other in ["", "any", &certificate.sha256[..20]] {
            assert!(!identity.has_fingerprint(other), "{other}");
        }
    }

    #[test]
    fn an_ra2_keys_short_form_is_the_first_eight_bytes_of_sha_1() {
        let Identity::Ra2(key) = ra2(b"abc") else { unreachable!() };
        // FIPS 180-4's example: SHA-1("abc") = a9993e36 4706816a ba3e2571 ...
        assert_eq!(key.short, "a9-99-3e-36-47-06-81-6a");
        assert!(key.sha256.starts_with("ba:78:16:bf:8f:01:cf:ea"));
    }
}
