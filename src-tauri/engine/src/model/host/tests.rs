use super::*;
use crate::model::{AddressProblem, CommandProblem, MAX_TEXT, Quality, Scaling, SharedChoice, TextProblem};
use serde_json::json;

fn draft(name: &str, address: &str, username: &str) -> HostDraft {
    let options = HostOptions { username: username.to_owned(), ..HostOptions::default() };
    HostDraft { name: name.to_owned(), address: address.to_owned(), options, ..HostDraft::default() }
}

fn host() -> Host {
    serde_json::from_value(json!({
        "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11", "name": "Studio", "address": "studio:1", "username": "ann",
        "has_password": true, "last_opened": 1_790_000_000, "flavour": "blue",
    }))
    .unwrap()
}

#[test]
fn a_form_leaves_a_choice_to_what_is_for_all_machines_and_no_other() {
    let mut host = draft("Studio", "box", "").check(None).unwrap();
    assert_eq!(host.view().display, None);
    host.display = Display { scaling: Some(Scaling::Actual), quality: Some(Quality::Low), ..Display::default() };
    assert_eq!(host.view().display, Some(host.display));
    let form = HostDraft { as_for_all: vec![SharedChoice::Scaling], ..HostDraft::from(&host) };
    let display = form.check(Some(&host)).unwrap().display;
    assert_eq!((display.scaling, display.quality), (None, Some(Quality::Low)));
}

#[test]
fn a_new_host_is_what_was_typed_without_the_space_around() {
    let mut typed = draft("  Studio ", " studio:1 ", " ann\t");
    (typed.view_only, typed.favourite) = (true, true);
    let host = typed.check(None).unwrap();
    assert_eq!((host.name.as_str(), host.username.as_str()), ("Studio", "ann"));
    assert_eq!(host.address, Address::parse("studio:1").unwrap());
    assert!(host.view_only && host.favourite);
    assert!(!host.has_password && host.last_opened.is_none() && host.rest.is_empty());
    assert_ne!(host.id, typed.check(None).unwrap().id, "two new hosts have two ids");
}

#[test]
fn a_host_without_a_name_is_called_by_its_address() {
    assert_eq!(draft(" ", "vnc://studio:5901/", "").check(None).unwrap().name, "studio:5901");
    let long = ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(60)].join(".");
    let host = draft("", &long, "").check(None).unwrap();
    assert_eq!(host.address.to_string(), long);
    assert!(HostDraft::from(&host).check(Some(&host)).is_ok(), "its form can be saved again");
}

#[test]
fn editing_keeps_what_the_form_does_not_show() {
    let before = host();
    let mut form = HostDraft { name: "Atelier".into(), ..HostDraft::from(&before) };
    form.favourite = true;
    let mut expected = Host { name: "Atelier".into(), ..before.clone() };
    expected.favourite = true;
    assert_eq!(form.check(Some(&before)), Ok(expected));
}

#[test]
fn an_untouched_form_changes_nothing() {
    assert_eq!(HostDraft::from(&host()).check(Some(&host())), Ok(host()));
}

#[test]
fn every_field_in_question_is_named() {
    let long = "ü".repeat(MAX_TEXT + 1);
    assert_eq!(
        draft("a\nb", "my box", &long).check(None),
        Err(vec![
            FieldProblem::Name(TextProblem::ControlCharacters),
            FieldProblem::Username(TextProblem::TooLong),
            FieldProblem::Address(AddressProblem::Hostname),
        ])
    );
    assert_eq!(draft("a", "", "").check(None), Err(vec![FieldProblem::Address(AddressProblem::Empty)]));
    assert_eq!(
        draft("a\u{2028}b", "box", "").check(None),
        Err(vec![FieldProblem::Name(TextProblem::ControlCharacters)])
    );
}

#[test]
fn a_name_does_not_turn_the_text_beside_it_round() {
    let named = |name: &str| draft(name, "box", "").check(None).unwrap().name;
    assert_eq!(named("Stu\u{202e}dio \u{2066}1\u{2069}"), "Studio 1");
    // A joiner belongs to some languages, and to some pictures.
    assert_eq!(named("خانه\u{200c}ها"), "خانه\u{200c}ها");
}

#[test]
fn length_is_counted_in_characters_not_in_bytes() {
    let longest = "ü".repeat(MAX_TEXT);
    assert_eq!(draft(&longest, "box", &longest).check(None).map(|host| host.name), Ok(longest));
}

#[test]
fn the_view_has_the_demo_mark_and_no_unknown_fields() {
    assert!(Host::demo("Try me").view().demo);
    let view = serde_json::to_value(host().view()).unwrap();
    assert_eq!(
        view,
        json!({
            "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11", "name": "Studio", "address": "studio:5901", "username": "ann",
            "view_only": false, "frame": false, "ask_lines": false, "favourite": false, "has_password": true, "last_opened": 1_790_000_000, "repeater_id": "",
            "ca_file": "", "client_certificate": "", "client_key": "", "ssh_jump": "", "proxy": "", "login": null, "password_command": "", "console_command": "", "mac": "", "wake_address": "", "wake_port": "", "wake_ssh_host": "", "has_secure_on": false, "secret_name": "", "has_secret": false, "has_http_auth": false, "old_tls": false, "no_proxy": false, "reconnect": true, "demo": false,
            "tags": [], "colour": null, "notes": "", "picture": "shown", "times_opened": 0, "favourite_place": null, "source": null,
        })
    );
}

#[test]
fn what_was_learned_about_a_server_is_not_believed_of_another() {
    let known = Host { protection: Some(Level::Identified), clear_text: true, ..host() };
    let learned = |form: HostDraft| form.check(Some(&known)).map(|host| (host.protection, host.clear_text)).unwrap();
    let same = HostDraft { name: "Atelier".into(), mac: "00:11:22:33:44:55".into(), ..HostDraft::from(&known) };
    assert_eq!(learned(same), (Some(Level::Identified), true));
    let mut through_a_repeater = HostDraft::from(&known);
    through_a_repeater.repeater_id = "1234".into();
    for moved in [
        HostDraft { address: "studio:2".into(), ..HostDraft::from(&known) },
        HostDraft { ssh_jump: "gate".into(), ..HostDraft::from(&known) },
        HostDraft { proxy: "socks5://gate".into(), ..HostDraft::from(&known) },
        HostDraft { console_command: "console".into(), ..HostDraft::from(&known) },
        through_a_repeater,
    ] {
        assert_eq!(learned(moved), (None, false));
    }
}

#[test]
fn commands_are_read_checked_and_written_as_they_were_typed() {
    let before = host();
    let password_command = " pass show 'vnc/%h' ".to_owned();
    let form = HostDraft { password_command, console_command: "pve %n".into(), ..HostDraft::from(&before) };
    let saved = form.check(Some(&before)).unwrap();
    let written = serde_json::to_value(&saved).unwrap();
    assert_eq!(
        (&written["password_command"], &written["console_command"]),
        (&json!("pass show 'vnc/%h'"), &json!("pve %n"))
    );
    assert_eq!(serde_json::from_value::<Host>(written).unwrap(), saved);
    assert_eq!(HostDraft::from(&saved).check(Some(&saved)), Ok(saved.clone()));
    assert!(!saved.is_same_server(&before), "it leads elsewhere");
    let wrong = HostDraft { password_command: "pass '".into(), console_command: "%h".into(), ..form };
    let problems =
        [FieldProblem::PasswordCommand(CommandProblem::Quotes), FieldProblem::ConsoleCommand(CommandProblem::Program)];
    assert_eq!(wrong.check(Some(&saved)), Err(problems.to_vec()));
}

#[test]
fn the_file_has_only_what_was_chosen_and_reads_what_it_ever_had() {
    let mut chosen = host();
    (chosen.reconnect, chosen.repeater_id) = (false, "1234".into());
    let written = serde_json::to_value(&chosen).unwrap();
    assert_eq!(
        written,
        json!({
            "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11", "name": "Studio", "address": "studio:5901", "username": "ann",
            "repeater_id": "1234", "reconnect": false, "has_password": true, "last_opened": 1_790_000_000,
            "flavour": "blue",
        })
    );
    assert_eq!(serde_json::from_value::<Host>(written).unwrap(), chosen);
    let older: Host = serde_json::from_value(json!({
        "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11", "name": "Studio", "address": "studio:1", "username": "",
        "view_only": false, "favourite": true, "reconnect": true, "has_site": true,
    }))
    .unwrap();
    assert!(older.favourite && older.reconnect && older.has_http_auth && older.rest.is_empty());
}

#[test]
fn what_it_is_sorted_by_is_read_written_and_checked() {
    let written = json!({
        "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11", "name": "Studio", "address": "studio:5901", "favourite": true,
        "tags": ["lab", "rack 4"], "colour": "green", "notes": "Ask Ann\nfirst", "has_password": false,
        "times_opened": 3, "favourite_place": 1,
    });
    let host: Host = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&host).unwrap(), written);
    assert_eq!((host.tags.len(), host.colour.clone(), host.rest.len()), (2, Some(Colour::Green), 0));
    let by_hand = json!({ "id": host.id, "name": "A", "address": "a", "tags": "lab, rack 4" });
    assert_eq!(serde_json::from_value::<Host>(by_hand).unwrap().tags, host.tags);

    let mut form = HostDraft::from(&host);
    (form.tags, form.notes) = (vec!["LAB,lab".into(), " ".into()], "\r\na\u{7}b\r\nc \n".into());
    let saved = form.check(Some(&host)).unwrap();
    assert_eq!((saved.tags.as_slice(), saved.notes.as_str()), (&["LAB".to_owned()][..], "ab\nc"));
    assert_eq!((saved.times_opened, saved.favourite_place), (3, Some(1)));
    form.favourite = false;
    assert_eq!(form.check(Some(&host)).unwrap().favourite_place, None);
    (form.tags, form.notes) = (vec!["a".repeat(51)], "a".repeat(MAX_NOTES + 1));
    let too_long = TextProblem::TooLong;
    assert_eq!(form.check(None), Err(vec![FieldProblem::Notes(too_long), FieldProblem::Tags(too_long)]));
}

#[test]
fn what_a_newer_portlight_wrote_survives() {
    let written = serde_json::to_value(host()).unwrap();
    assert_eq!(written["flavour"], "blue");
    assert_eq!(serde_json::from_value::<Host>(written).unwrap(), host());
}

#[test]
fn ids_read_back_the_same() {
    let id = HostId::new();
    assert_eq!(id.to_string().parse(), Ok(id));
    assert!("no id".parse::<HostId>().is_err());
}

#[test]
fn problems_are_sentences() {
    assert_eq!(FieldProblem::Name(TextProblem::TooLong).to_string(), "name: it has more than 200 characters");
}
