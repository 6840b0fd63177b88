//! What earlier versions wrote opens, and nothing of it is lost when it is written anew. One sample of each form is kept here;
//! those without a mark of their own only lack fields that came later.

use super::{
    Bell, HostsFile, LeftOpen, Listening, LoginsFile, OnClose, Pins, Place, Places, Preferences, PreferencesFile,
    SourcesFile, Theme, Verdict, WasOpen, documentation::documented, hosts_file::Looked,
};
use crate::{
    error::StoreError,
    model::{Host, HostId, Identity, RsaKey},
};
use serde_json::{Value, json};
use std::fs;
use tempfile::{TempDir, tempdir};

fn folder(file: &str, text: &str) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join(file), text).unwrap();
    folder
}

#[test]
fn every_earlier_form_of_the_list_opens_and_is_kept_when_it_is_written() {
    for (what, text, names, removed) in [
        ("the first", include_str!("earlier/hosts-first.json"), vec!["Studio"], 0),
        // An HTTP login was called has_site, and no removal had a time.
        ("has_site", include_str!("earlier/hosts-site.json"), vec!["Behind a site"], 1),
        ("tags", include_str!("earlier/hosts-tags.json"), vec!["Studio"], 0),
    ] {
        let folder = folder("hosts.json", text);
        let opened = HostsFile::open(folder.path()).unwrap();
        assert_eq!((opened.notice, opened.first_run), (None, false), "{what}");
        let mut hosts = opened.hosts;
        let read = hosts.list().as_ref().clone();
        assert_eq!(read.all().iter().map(|host| host.name.as_str()).collect::<Vec<_>>(), names, "{what}");
        assert_eq!(read.removed().len(), removed, "{what}");
        assert!(read.all().iter().all(|host| host.rest.is_empty()), "{what}: every field is known");
        assert_eq!(read.all()[0].has_http_auth, what == "has_site");
        let mut changed = read.clone();
        let id = read.all()[0].id;
        changed.get_mut(id).unwrap().notes = "by this version".into();
        assert_eq!(hosts.save(changed.clone()).unwrap(), None, "{what}");
        assert_eq!(HostsFile::peek(folder.path()).unwrap(), changed, "{what}");
    }
}

#[test]
fn every_earlier_form_of_the_known_keys_opens() {
    for (what, text) in
        [("pins", include_str!("earlier/trust-pins.json")), ("keys", include_str!("earlier/trust-keys.json"))]
    {
        let (pins, notice) = Pins::open(folder("trust.json", text).path());
        assert_eq!(notice, None, "{what}");
        let other = Identity::Ra2(RsaKey { bits: 2048, sha256: "ef".into(), short: "ef".into() });
        // The key that was accepted then is still the one that counts.
        assert!(matches!(pins.verdict("studio.local:5901", &other), Verdict::Changed(_)), "{what}");
    }
}

#[tokio::test]
async fn newer_known_keys_count_and_are_left_as_they_are() {
    let text = include_str!("earlier/trust-keys.json").replace("\"version\": 1", "\"version\": 2");
    let folder = folder("trust.json", &text);
    let file = folder.path().join("trust.json");
    let (pins, notice) = Pins::open(folder.path());
    assert_eq!(notice, Some(StoreError::TrustNewer { path: file.clone(), version: 2 }));
    let other = Identity::Ra2(RsaKey { bits: 2048, sha256: "ef".into(), short: "ef".into() });
    assert!(matches!(pins.verdict("studio.local:5901", &other), Verdict::Changed(_)), "no first meeting");
    // What is accepted holds until Portlight ends, and is not written.
    let told = pins.accept("new.local:5901", &other).await;
    assert!(matches!(told, Err(StoreError::TrustNotSaved { .. })), "{told:?}");
    assert_eq!(pins.verdict("new.local:5901", &other), Verdict::Trusted);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert!(Pins::peek(folder.path()).is_err(), "a terminal refuses: nobody is asked there");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is moved aside");

    // It comes while an older one runs.
    fs::write(&file, include_str!("earlier/trust-keys.json")).unwrap();
    let (pins, notice) = Pins::open(folder.path());
    assert_eq!(notice, None);
    fs::write(&file, &text).unwrap();
    assert!(matches!(pins.accept("new.local:5901", &other).await, Err(StoreError::TrustNotSaved { .. })));
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn earlier_preferences_and_calls_open_with_what_came_later_as_it_is_at_first() {
    let first = folder("preferences.json", include_str!("earlier/preferences-first.json"));
    let read = PreferencesFile::peek(first.path());
    let expected = Preferences { theme: Theme::Dark, on_close: OnClose::Tray, ..Preferences::default() };
    assert_eq!(read, expected);
    let first = folder("listen.json", include_str!("earlier/listen-first.json"));
    let expected = Listening { on: true, address: [192, 168, 1, 20].into(), port: 5501 };
    assert_eq!(Listening::read(first.path()), expected);
}

/// Every field of the present forms, with another value than it has at first: what is read of them is all that stands there.
#[test]
fn every_field_of_the_present_forms_is_read() {
    let text = include_str!("earlier/hosts-1.json");
    let folder = folder("hosts.json", text);
    let opened = HostsFile::open(folder.path()).unwrap();
    assert_eq!((opened.notice, opened.first_run), (None, false));
    let list = opened.hosts.list();
    let [host] = list.all() else { panic!("one machine") };
    assert!(host.rest.is_empty(), "{:?}", host.rest);
    let sample: Value = serde_json::from_str(text).unwrap();
    let read = serde_json::to_value(host).unwrap();
    assert_eq!(read, sample["hosts"][0]);
    let usual = serde_json::to_value(Host::new("Studio".into(), host.address.clone())).unwrap();
    for (key, value) in read.as_object().unwrap() {
        assert!(matches!(key.as_str(), "name" | "address") || usual.get(key) != Some(value), "{key}");
    }
    let mut fields: Vec<&str> = read.as_object().unwrap().keys().map(String::as_str).collect();
    fields.extend(["version", "hosts", "removed"]);
    fields.sort_unstable();
    assert_eq!(fields, documented("# The list of machines"));

    let text = include_str!("earlier/preferences-1.json");
    let folder = self::folder("preferences.json", text);
    let file = PreferencesFile::open(folder.path());
    let mut read = serde_json::to_value(file.get()).unwrap();
    let usual = serde_json::to_value(Preferences::default()).unwrap();
    for (key, value) in read.as_object().unwrap() {
        assert_ne!(usual.get(key), Some(value), "{key}");
    }
    read["chords"] = serde_json::to_value(file.chords()).unwrap();
    assert_eq!(read, serde_json::from_str::<Value>(text).unwrap());
}

#[tokio::test]
async fn what_a_newer_version_prefers_stays_where_another_part_is_changed() {
    let text = r#"{ "theme": "sepia", "bell": "flash", "tags": [], "sounds": { "bell": "gong" }, "chords": ["Ctrl+Hyper+q"] }"#;
    let folder = folder("preferences.json", text);
    let file = PreferencesFile::open(folder.path());
    file.set(Preferences { on_close: OnClose::Tray, bell: Bell::Sound, ..file.get() }).await.unwrap();
    let written: Value = serde_json::from_slice(&fs::read(folder.path().join("preferences.json")).unwrap()).unwrap();
    for (key, value) in [
        ("theme", json!("sepia")),
        ("sounds", json!({ "bell": "gong" })),
        ("on_close", json!("tray")),
        ("bell", json!("sound")),
        ("chords", json!(["Ctrl+Hyper+q"])),
    ] {
        assert_eq!(written[key], value, "{key}");
    }
}

#[test]
fn newer_places_and_open_windows_are_left_as_they_are() {
    let host: HostId = serde_json::from_value("6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01".into()).unwrap();
    let place = Place { x: 1, y: 2, width: 800, height: 600, maximized: false };
    for version in [1, 2] {
        let folder = tempdir().unwrap();
        let places = json!({ "version": version, "machines": { host.to_string(): [
            { "monitors": "one", "x": 1, "y": 2, "width": 800, "height": 600 },
        ] } });
        let open = json!({ "version": version, "open": [{ "host": host }] });
        for (file, contents) in [("places.json", &places), ("open.json", &open)] {
            fs::write(folder.path().join(file), contents.to_string()).unwrap();
        }
        let (remembered, left) = (Places::open(folder.path(), |_| true), LeftOpen::open(folder.path()));
        assert_eq!(remembered.of(host, "one"), Some(place));
        assert_eq!(left.left(), [WasOpen::Host(host)]);
        remembered.keep(host, "two".into(), Place { x: 5, ..place }).unwrap();
        left.note(vec![WasOpen::Address { address: "box".into(), view_only: false }]).unwrap();
        assert_eq!(remembered.of(host, "two").unwrap().x, 5, "until Portlight ends");
        for (file, contents) in [("places.json", places), ("open.json", open)] {
            let now: Value = serde_json::from_slice(&fs::read(folder.path().join(file)).unwrap()).unwrap();
            assert_eq!(now == contents, version == 2, "{file}");
        }
    }
}

/// The samples of the present forms are what this version writes: another form needs another sample, and the former one stays.
#[tokio::test]
async fn small_files_open_and_their_samples_are_what_is_written_now() {
    let host: HostId = serde_json::from_value("6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01".into()).unwrap();
    let [places, open, logins, listen] = [
        include_str!("earlier/places-1.json"),
        include_str!("earlier/open-1.json"),
        include_str!("earlier/logins-1.json"),
        include_str!("earlier/listen-1.json"),
    ];
    let new = tempdir().unwrap();
    let is_written = |file: &str, sample: &str| {
        let written: Value = serde_json::from_slice(&fs::read(new.path().join(file)).unwrap()).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(sample).unwrap(), "{file}");
    };

    let read = Places::open(folder("places.json", places).path(), |_| true);
    let now = Places::open(new.path(), |_| true);
    let monitors = "eDP-1 1920x1080+0+0";
    now.keep(host, monitors.into(), read.of(host, monitors).unwrap()).unwrap();
    now.keep_full_screen(host, monitors.into(), read.full_screen_of(host, monitors).unwrap()).unwrap();
    now.keep_way(host, read.ways().first().cloned()).unwrap();
    is_written("places.json", places);

    let left = LeftOpen::open(folder("open.json", open).path()).left();
    assert_eq!(left.len(), 2);
    LeftOpen::open(new.path()).note(left).unwrap();
    is_written("open.json", open);

    let read = LoginsFile::peek(folder("logins.json", logins).path()).unwrap();
    assert_eq!((read[0].name.as_str(), read[0].username.as_str(), read[0].has_password), ("Lab", "ann", true));
    LoginsFile::open(new.path()).change(|logins| *logins = read).await.unwrap();
    is_written("logins.json", logins);

    let read = Listening::read(folder("listen.json", listen).path());
    assert!(read.on);
    read.write(new.path()).unwrap();
    is_written("listen.json", listen);
}

#[tokio::test]
async fn the_first_sources_open_and_newer_ones_are_left_as_they_are() {
    let text = include_str!("earlier/sources-first.json");
    let first = folder("sources.json", text);
    assert_eq!(SourcesFile::open(first.path()).all().unwrap()[0].name, "Lab");
    let newer = text.replace("\"version\": 1", "\"version\": 2");
    let second = folder("sources.json", &newer);
    let file = SourcesFile::open(second.path());
    let Err(StoreError::FileUnreadable { detail, .. }) = file.all() else { panic!("{:?}", file.all()) };
    assert!(detail.contains("version is 2"), "{detail}");
    assert!(file.change(Vec::clear).await.is_err());
    assert_eq!(fs::read_to_string(second.path().join("sources.json")).unwrap(), newer);
}

#[test]
fn a_newer_list_is_shown_and_left_as_it_is() {
    let text = include_str!("earlier/hosts-first.json").replace("\"version\": 1", "\"version\": 2");
    let folder = folder("hosts.json", &text);
    let opened = HostsFile::open(folder.path()).unwrap();
    let newer = StoreError::HostsNewer { path: folder.path().join("hosts.json"), version: 2 };
    assert_eq!(opened.notice, Some(newer.clone()));
    let mut hosts = opened.hosts;
    assert_eq!((hosts.list().all()[0].name.as_str(), hosts.condition()), ("Studio", Some(newer)));
    let mut changed = hosts.list().as_ref().clone();
    changed.put(Host::demo("New"));
    assert!(matches!(hosts.save(changed.clone()), Err(StoreError::HostsNotSaved { .. })));
    assert_eq!(HostsFile::peek(folder.path()).unwrap().all().len(), 1, "a terminal shows it, too");
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    assert_eq!(fs::read_to_string(folder.path().join("hosts.json")).unwrap(), text);
    assert!(files.iter().all(|name| !name.to_string_lossy().contains("unreadable")), "{files:?}");

    // It comes while an older one runs, and goes again.
    fs::write(folder.path().join("hosts.json"), include_str!("earlier/hosts-first.json")).unwrap();
    assert_eq!(hosts.look(), Looked::Changed);
    assert_eq!(hosts.save(changed.clone()).unwrap(), None);
    fs::write(folder.path().join("hosts.json"), &text).unwrap();
    changed.put(Host::demo("Another"));
    assert!(matches!(hosts.save(changed), Err(StoreError::HostsNotSaved { .. })), "nobody has looked yet");
    assert_eq!(fs::read_to_string(folder.path().join("hosts.json")).unwrap(), text);
}
