use super::*;
use crate::model::{
    Certificate,
    CertificateProblem::{self, *},
    RsaKey,
};
use crate::test_process::{CHILD_OF_TEST, again};
use std::{
    env, fs,
    os::unix::fs::{PermissionsExt, symlink},
    process::Command,
};
use tempfile::{TempDir, tempdir};

impl Pins {
    fn accept_at(&self, endpoint: &str, identity: &Identity, now: u64) -> Result<(), StoreError> {
        if self.put(endpoint, identity, now) { self.save() } else { Ok(()) }
    }
}

const NOON: u64 = 1_795_000_000;

fn certificate(key: &str, problems: &[CertificateProblem]) -> Identity {
    Identity::X509(Certificate {
        subject: "CN=studio".to_owned(),
        names: vec!["studio".to_owned()],
        issuer: "CN=studio".to_owned(),
        not_before: 0,
        not_after: 1,
        sha256: format!("certificate of {key}"),
        key_sha256: key.to_owned(),
        problems: problems.to_vec(),
    })
}

fn self_signed(key: &str) -> Identity {
    certificate(key, &[SelfSigned])
}

fn ra2(key: &str) -> Identity {
    Identity::Ra2(RsaKey { bits: 2048, sha256: key.to_owned(), short: format!("short {key}") })
}

fn open(folder: &Path) -> Pins {
    let (trust, notice) = Pins::open(folder);
    assert_eq!(notice, None);
    trust
}

fn known(verdict: &Verdict) -> &str {
    let Verdict::Changed(known) = verdict else { panic!("{verdict:?}") };
    &known.sha256
}

fn folder_with(text: impl AsRef<[u8]>) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join(FILE), text).unwrap();
    folder
}

fn written(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join(FILE)).unwrap()).unwrap()
}

fn pin(endpoint: &str, kind: &str, key: &str) -> Value {
    json!({ "endpoint": endpoint, "kind": kind, "key_sha256": key })
}

#[test]
fn a_key_is_accepted_for_one_address_and_known_after_a_restart() {
    let folder = tempdir().unwrap();
    for identity in [self_signed("ab"), ra2("ab")] {
        let trust = open(folder.path());
        let endpoint = format!("studio {:?}", Kind::of(&identity));
        assert_eq!(trust.verdict(&endpoint, &identity), Verdict::Unknown);
        trust.accept_at(&endpoint, &identity, NOON).unwrap();
        drop(trust);
        for trust in [open(folder.path()), Pins::peek(folder.path()).unwrap()] {
            assert_eq!(trust.verdict(&endpoint, &identity), Verdict::Trusted);
            assert_eq!(trust.verdict("elsewhere", &identity), Verdict::Unknown);
        }
    }
}

#[test]
fn another_key_is_a_change_until_it_is_accepted() {
    let folder = tempdir().unwrap();
    for (old, new, label) in [(self_signed("ab"), self_signed("cd"), "CN=studio"), (ra2("ab"), ra2("cd"), "short ab")] {
        let endpoint = label;
        let trust = open(folder.path());
        trust.accept_at(endpoint, &old, NOON).unwrap();
        let before = KnownKey { sha256: "ab".into(), label: label.into(), first_seen: NOON, last_seen: NOON };
        assert_eq!(trust.verdict(endpoint, &new), Verdict::Changed(before));
        trust.accept_at(endpoint, &new, NOON + 1).unwrap();
        drop(trust);
        let trust = open(folder.path());
        assert_eq!(trust.verdict(endpoint, &new), Verdict::Trusted);
        assert_eq!(known(&trust.verdict(endpoint, &old)), "cd", "the old key is forgotten");
    }
}

#[test]
fn the_same_key_stays_trusted_whatever_its_certificate_says_later() {
    let trust = Pins::default();
    trust.accept_at("studio", &self_signed("ab"), NOON).unwrap();
    for problems in [&[SelfSigned, Expired][..], &[UnknownIssuer], &[WrongName], &[Unverifiable]] {
        assert_eq!(trust.verdict("studio", &certificate("ab", problems)), Verdict::Trusted);
    }
    assert_eq!(trust.verdict("studio", &certificate("cd", &[Expired])), Verdict::Changed(known_key(&trust)));
}

fn known_key(trust: &Pins) -> KnownKey {
    KnownKey::from(&trust.0.keys.lock().pins[0])
}

#[test]
fn whom_the_authorities_vouch_for_is_trusted_and_remembered() {
    let trust = Pins::default();
    assert_eq!(trust.verdict("studio", &certificate("ab", &[])), Verdict::Trusted);
    assert_eq!(trust.verdict("studio", &self_signed("ab")), Verdict::Unknown, "not recorded by looking");
    trust.accept_at("studio", &certificate("ab", &[]), NOON).unwrap();
    assert_eq!(trust.verdict("studio", &certificate("ab", &[Expired])), Verdict::Trusted);
    assert_eq!(known(&trust.verdict("studio", &self_signed("mallory"))), "ab");

    assert_eq!(trust.verdict("studio", &certificate("cd", &[])), Verdict::Trusted, "a renewed key");
    trust.accept_at("studio", &certificate("cd", &[]), NOON).unwrap();
    assert_eq!(known(&trust.verdict("studio", &certificate("ab", &[Expired]))), "cd");
}

#[test]
fn a_key_of_the_other_kind_is_a_change_too() {
    for (first, second) in [(self_signed("ab"), ra2("cd")), (ra2("ab"), self_signed("cd"))] {
        let trust = Pins::default();
        trust.accept_at("studio", &first, NOON).unwrap();
        assert_eq!(known(&trust.verdict("studio", &second)), "ab");
        trust.accept_at("studio", &second, NOON).unwrap();
        assert_eq!(trust.verdict("studio", &first), Verdict::Trusted, "a key of each kind may be known");
        assert_eq!(trust.verdict("studio", &second), Verdict::Trusted);
    }
    let trust = Pins::default();
    trust.accept_at("studio", &self_signed("ab"), NOON).unwrap();
    assert_eq!(known(&trust.verdict("studio", &ra2("ab"))), "ab", "the same hash of another kind is another key");
    trust.accept_at("studio", &ra2("cd"), NOON).unwrap();
    assert_eq!(known(&trust.verdict("studio", &ra2("ef"))), "cd", "its own kind is what is compared with");
}

#[test]
fn a_key_that_is_seen_again_is_noted_once_a_day() {
    let folder = tempdir().unwrap();
    let trust = open(folder.path());
    trust.accept_at("studio", &self_signed("ab"), NOON).unwrap();
    let file = folder.path().join(FILE);
    let note = |identity: &Identity, now: u64| {
        fs::remove_file(&file).unwrap();
        trust.accept_at("studio", identity, now).unwrap();
        let noted = file.exists();
        fs::write(&file, "").unwrap();
        (noted, known_key(&trust).first_seen, known_key(&trust).last_seen)
    };
    assert_eq!(note(&self_signed("ab"), NOON + 1), (false, NOON, NOON));
    assert_eq!(note(&self_signed("ab"), NOON - 7200), (false, NOON, NOON), "the clock was put back");
    assert_eq!(note(&self_signed("ab"), NOON + SEEN_AGAIN), (true, NOON, NOON + SEEN_AGAIN));
    assert_eq!(note(&certificate("ab", &[SelfSigned, Expired]), NOON + SEEN_AGAIN), (true, NOON, NOON + SEEN_AGAIN));
    assert_eq!(note(&self_signed("cd"), NOON), (true, NOON, NOON));
}

#[test]
fn the_file_is_as_its_description_says_and_its_owners_only() {
    let folder = tempdir().unwrap();
    let trust = open(folder.path());
    trust.accept_at("studio:5901", &self_signed("ab:cd"), NOON).unwrap();
    trust.accept_at("studio:5901", &ra2("ef"), NOON).unwrap();
    let (first_seen, last_seen) = (NOON, NOON);
    assert_eq!(
        written(folder.path()),
        json!({
            "version": 1,
            "keys": [
                {
                    "endpoint": "studio:5901", "kind": "x509", "key_sha256": "ab:cd", "label": "CN=studio",
                    "first_seen": first_seen, "last_seen": last_seen, "problems": ["self_signed"],
                },
                {
                    "endpoint": "studio:5901", "kind": "ra2", "key_sha256": "ef", "label": "short ef",
                    "first_seen": first_seen, "last_seen": last_seen,
                },
            ],
        })
    );
    let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing unfinished stays behind");
}

#[test]
fn what_a_newer_portlight_wrote_survives() {
    let mut noted = pin("studio", "x509", "AB");
    noted["note"] = json!({ "by": "ann" });
    noted["problems"] = json!(["revoked"]);
    let text =
        json!({ "version": 1, "keys": [noted, pin("studio", "ssh", "ef"), pin("box", "ssh", "ef")], "policy": 7 });
    let folder = folder_with(text.to_string());
    let trust = open(folder.path());
    assert_eq!(trust.verdict("studio", &self_signed("ab")), Verdict::Trusted, "written by hand in upper case");
    assert_eq!(trust.verdict("box", &self_signed("ab")), Verdict::Unknown, "what we do not know says nothing");
    trust.accept_at("studio", &self_signed("ab"), NOON).unwrap();
    let written = written(folder.path());
    assert_eq!(written["policy"], 7);
    assert_eq!((&written["keys"][0]["note"]["by"], &written["keys"][0]["last_seen"]), (&json!("ann"), &json!(NOON)));
    assert_eq!(written["keys"][1]["kind"], "ssh");
    assert_eq!(written["keys"].as_array().unwrap().len(), 3);
}

#[test]
fn an_unreadable_file_is_kept_beside_and_said_so() {
    for text in [
        "".to_owned(),
        "{".to_owned(),
        "null".to_owned(),
        "[".repeat(100_000),
        r#"{"keys":[]}"#.to_owned(),
        r#"{"version":1}"#.to_owned(),
        r#"{"version":1,"keys":{}}"#.to_owned(),
        json!({ "version": 0, "keys": [pin("studio", "x509", "ab")] }).to_string(),
    ] {
        let folder = folder_with(&text);
        let error = Pins::peek(folder.path()).err();
        assert!(matches!(error, Some(StoreError::FileUnreadable { .. })), "{error:?}");
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), text, "who only looks changes nothing");

        let (trust, notice) = Pins::open(folder.path());
        let Some(StoreError::TrustUnreadable { kept_as, detail }) = notice else { panic!("{notice:?}") };
        assert_eq!(kept_as, folder.path().join("trust.unreadable-1.json"));
        assert!(fs::read_to_string(&kept_as).unwrap() == text && !detail.is_empty());
        trust.accept_at("studio", &self_signed("cd"), NOON).unwrap();
        assert_eq!(open(folder.path()).verdict("studio", &self_signed("cd")), Verdict::Trusted);
    }
}

#[test]
fn a_bad_entry_does_not_take_the_good_ones_with_it() {
    let studio = pin("studio", "x509", "ab");
    let keys =
        json!([studio, { "endpoint": "box" }, "no key", pin("studio", "x509", "cd"), pin("studio", "ra2", "ef")]);
    let text = json!({ "version": 1, "keys": keys }).to_string();
    let folder = folder_with(&text);
    let (trust, notice) = Pins::open(folder.path());
    let Some(StoreError::EntriesLeftOut { path, count: 3, detail, .. }) = notice else { panic!("{notice:?}") };
    assert!(path == folder.path().join(FILE) && detail.contains("kind"), "{detail}");
    assert!(matches!(Pins::peek(folder.path()), Err(StoreError::EntriesLeftOut { count: 3, .. })));
    trust.accept_at("new", &self_signed("gh"), NOON).unwrap();
    let after = written(folder.path());
    for left_out in [json!({ "endpoint": "box" }), json!("no key"), pin("studio", "x509", "cd")] {
        assert!(after["keys"].as_array().unwrap().contains(&left_out), "{left_out} stays in the file");
    }
    assert_eq!(trust.verdict("studio", &self_signed("ab")), Verdict::Trusted);
    assert_eq!(known(&trust.verdict("studio", &self_signed("cd"))), "ab");
    assert_eq!(trust.verdict("studio", &ra2("ef")), Verdict::Trusted);
}

#[test]
fn a_file_by_the_former_name_of_its_list_is_read() {
    let folder = folder_with(json!({ "version": 1, "pins": [pin("studio", "x509", "ab")] }).to_string());
    let trust = open(folder.path());
    assert_eq!(trust.verdict("studio", &self_signed("ab")), Verdict::Trusted);
    trust.accept_at("box", &self_signed("cd"), NOON).unwrap();
    let written = written(folder.path());
    assert_eq!((written["keys"].as_array().unwrap().len(), written.get("pins")), (2, None));
}

#[test]
fn what_another_program_writes_meanwhile_is_not_lost() {
    let folder = tempdir().unwrap();
    let trust = open(folder.path());
    for endpoint in ["a", "b", "c"] {
        trust.accept_at(endpoint, &self_signed("ab"), NOON).unwrap();
    }
    let mut file = written(folder.path());
    let keys = file["keys"].as_array_mut().unwrap();
    keys[1]["key_sha256"] = json!("theirs");
    keys.remove(0);
    keys.push(pin("d", "ra2", "ef"));
    file["policy"] = json!(7);
    fs::write(folder.path().join(FILE), file.to_string()).unwrap();

    trust.accept_at("c", &self_signed("ours"), NOON).unwrap();
    trust.accept_at("e", &self_signed("ab"), NOON).unwrap();
    for trust in [trust, open(folder.path())] {
        assert_eq!(trust.verdict("a", &self_signed("ab")), Verdict::Unknown, "forgotten there");
        assert_eq!(trust.verdict("b", &self_signed("theirs")), Verdict::Trusted);
        assert_eq!(trust.verdict("c", &self_signed("ours")), Verdict::Trusted);
        assert_eq!(trust.verdict("d", &ra2("ef")), Verdict::Trusted);
        assert_eq!(trust.verdict("e", &self_signed("ab")), Verdict::Trusted);
    }
    assert_eq!(written(folder.path())["policy"], 7);
}

#[tokio::test]
async fn an_accepted_key_is_in_the_file_and_nothing_waited_for_the_disk() {
    let folder = tempdir().unwrap();
    let trust = open(folder.path());
    // As if another write were under way.
    let disk = Arc::clone(&trust.0);
    let (go_on, held) = std::sync::mpsc::channel::<()>();
    let (started, starting) = std::sync::mpsc::channel();
    let writing = std::thread::spawn(move || {
        let _storage = disk.storage.lock();
        started.send(()).unwrap();
        held.recv().unwrap();
    });
    starting.recv().unwrap();
    let identity = self_signed("ab");
    let mut accepting = std::pin::pin!(trust.accept("studio", &identity));
    assert!(futures_util::poll!(&mut accepting).is_pending());
    assert_eq!(trust.verdict("studio", &identity), Verdict::Trusted, "readers do not wait");
    go_on.send(()).unwrap();
    accepting.await.unwrap();
    writing.join().unwrap();
    assert_eq!(Pins::peek(folder.path()).unwrap().verdict("studio", &identity), Verdict::Trusted);
}

#[test]
fn a_file_cut_off_anywhere_is_unreadable() {
    let folder = tempdir().unwrap();
    open(folder.path()).accept_at("bü", &self_signed("ab"), NOON).unwrap();
    let text = fs::read(folder.path().join(FILE)).unwrap();
    // Without its last line break it is whole.
    assert!(matches!(Keys::parse(&text[..text.len() - 1]), Ok(keys) if keys.pins.len() == 1));
    for length in 0..text.len() - 1 {
        assert!(Keys::parse(&text[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_file_that_the_system_withholds_is_left_alone() {
    let folder = tempdir().unwrap();
    fs::create_dir_all(folder.path().join(FILE).join("mine")).unwrap();
    let (trust, notice) = Pins::open(folder.path());
    assert!(matches!(notice, Some(StoreError::FileUnreadable { .. })), "{notice:?}");
    for _ in 0..2 {
        let error = trust.accept_at("studio", &self_signed("ab"), NOON).unwrap_err();
        assert!(matches!(error, StoreError::TrustNotSaved { .. }), "{error}");
    }
    assert_eq!(trust.verdict("studio", &self_signed("ab")), Verdict::Trusted, "until Portlight ends");
    assert!(folder.path().join(FILE).join("mine").exists());
    assert!(matches!(Pins::peek(folder.path()), Err(StoreError::FileUnreadable { .. })));
}

#[test]
fn an_unreadable_file_of_which_no_copy_can_be_made_is_left_alone() {
    const TEST: &str = "store::pins::tests::an_unreadable_file_of_which_no_copy_can_be_made_is_left_alone";
    if let Some(folder) = env::var_os(CHILD_OF_TEST) {
        let (trust, notice) = Pins::open(Path::new(&folder));
        assert!(matches!(notice, Some(StoreError::TrustNotSaved { .. })), "{notice:?}");
        assert!(matches!(trust.accept_at("studio", &self_signed("ab"), NOON), Err(StoreError::TrustNotSaved { .. })));
        assert_eq!(trust.verdict("studio", &self_signed("ab")), Verdict::Trusted);
        return;
    }
    let folder = folder_with("precious");
    // Under this limit every write to a file fails, for root too.
    let full = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
    let test = again(TEST);
    let mut child = Command::new("sh");
    child.args(["-c", full, "sh"]).arg(test.get_program()).args(test.get_args()).env(CHILD_OF_TEST, folder.path());
    let output = child.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), "precious");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_could_not_be_saved_is_saved_with_the_next_occasion() {
    let folder = tempdir().unwrap();
    let trust = open(folder.path());
    let file = folder.path().join(FILE);
    // Not even root can rename a file over a folder.
    fs::create_dir(&file).unwrap();
    let error = trust.accept_at("studio", &self_signed("ab"), NOON).unwrap_err();
    assert!(matches!(&error, StoreError::TrustNotSaved { path, .. } if *path == file), "{error}");
    assert_eq!(trust.verdict("studio", &self_signed("ab")), Verdict::Trusted);
    fs::remove_dir(&file).unwrap();
    trust.accept_at("studio", &self_signed("ab"), NOON).unwrap();
    assert_eq!(open(folder.path()).verdict("studio", &self_signed("ab")), Verdict::Trusted);
}

#[test]
fn a_link_to_the_file_stays_a_link() {
    let (folder, dotfiles) = (tempdir().unwrap(), tempdir().unwrap());
    let target = dotfiles.path().join("keys.json");
    symlink(&target, folder.path().join(FILE)).unwrap();
    for name in ["a", "b"] {
        open(folder.path()).accept_at(name, &self_signed("ab"), NOON).unwrap();
        assert_eq!(fs::read_link(folder.path().join(FILE)).unwrap(), target);
    }
    for trust in [open(folder.path()), Pins::peek(folder.path()).unwrap()] {
        assert_eq!(trust.verdict("a", &self_signed("ab")), Verdict::Trusted);
    }
    assert_eq!(fs::read_dir(dotfiles.path()).unwrap().count(), 1);
}

#[test]
fn who_only_looks_writes_nothing() {
    let folder = tempdir().unwrap();
    let trust = Pins::peek(folder.path()).unwrap();
    trust.accept_at("studio", &self_signed("ab"), NOON).unwrap();
    assert_eq!(trust.verdict("studio", &self_signed("ab")), Verdict::Trusted);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// The hashes are from Python's hashlib.
#[test]
fn a_key_of_ra2_has_the_fingerprints_that_others_show() {
    let mut blob = 1024_u32.to_be_bytes().to_vec();
    blob.extend(0..128);
    blob.extend([0; 125]);
    blob.extend([1, 0, 1]);
    assert_eq!(
        Identity::from(&rfb::ServerKey { bits: 1024, blob }),
        Identity::Ra2(RsaKey {
            bits: 1024,
            sha256: "50:e3:70:6c:a6:bd:ea:f3:b9:ae:f9:20:1d:86:43:c2:60:f4:6e:0d:98:47:84:d6:b0:47:79:c7:4f:9b:08:43"
                .to_owned(),
            short: "3b-e2-8f-f4-9f-10-7e-7e".to_owned(),
        })
    );
}

#[test]
fn a_certificate_without_a_subject_is_called_by_its_name() {
    let Identity::X509(certificate) = self_signed("ab") else { unreachable!() };
    let unnamed = Certificate { subject: String::new(), ..certificate };
    assert_eq!(Identity::X509(unnamed.clone()).label(), "studio");
    assert_eq!(Identity::X509(Certificate { names: vec![], ..unnamed }).label(), "");
}
