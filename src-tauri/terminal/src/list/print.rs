//! Machines as text: for people at a terminal, and as JSON for scripts. What controls a terminal is left out of both.

use super::{Changed, Named};
use portlight_engine::model::{Cursor, HostOptions, HostView, KeyboardLayout, PictureChoice, Scaling};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// The whole list.
pub(super) fn machines(views: &[HostView], named: &Named, json: bool) {
    if json {
        let machines = views.iter().map(|view| with_names(serde_json::to_value(view).unwrap_or_default(), named));
        return json_line(&machines.collect::<Vec<_>>());
    }
    let rows: Vec<[String; 3]> = views
        .iter()
        .map(|view| [&view.name, &view.address, &view.tags.join(", ")].map(|text| printable(text)))
        .collect();
    let width = |column: usize| rows.iter().map(|row| columns(&row[column])).max().unwrap_or_default();
    let widths = [width(0), width(1)];
    let line = |[name, address, tags]: &[String; 3]| {
        let [first, second] = [(name, widths[0]), (address, widths[1])]
            .map(|(text, width)| format!("{text}{}", " ".repeat(width - columns(text))));
        format!("{first}  {second}  {tags}").trim_end().to_owned() + "\n"
    };
    print(&rows.iter().map(line).collect::<String>());
}

/// One machine, field by field; those that say nothing are left out.
pub(super) fn machine(view: &HostView, named: &Named, json: bool) {
    if json {
        return json_line(&with_names(serde_json::to_value(view).unwrap_or_default(), named));
    }
    let HostOptions {
        username,
        view_only,
        frame,
        ask_lines,
        favourite,
        repeater_id,
        ca_file,
        client_certificate,
        client_key,
        ..
    } = &view.options;
    let yes = |is_so: bool| if is_so { "yes" } else { "" };
    let secret = match (view.has_secret, view.secret_name.as_str()) {
        (false, _) => "",
        (true, "") => "in the keyring",
        (true, name) => name,
    };
    let (tags, colour, id) = (view.tags.join(", "), word(view.colour.as_ref()), view.id.to_string());
    let display = view.display.unwrap_or_default();
    let scaling = match display.scaling {
        Some(Scaling::Percent(percent)) => format!("{percent} %"),
        scaling => word(scaling),
    };
    let (quality, clipboard, rewind) = (word(display.quality), word(display.clipboard), word(display.rewind));
    let composing = word(display.composing);
    let picture = word(Some(view.picture).filter(|picture| *picture != PictureChoice::default()));
    let cursor = word(Some(display.cursor).filter(|cursor| *cursor != Cursor::default()));
    let screen = display.screen.map(|number| number.to_string()).unwrap_or_default();
    let rows = [
        ("name", view.name.as_str()),
        ("address", &view.address),
        ("id", &id),
        ("user name", username),
        ("login", login_of(view, named)),
        ("password", if view.has_password { "in the keyring" } else { "" }),
        ("HTTP login", if view.has_http_auth { "in the keyring" } else { "" }),
        ("password command", &view.password_command),
        ("console command", &view.console_command),
        ("SSH host", &view.ssh_jump),
        ("proxy", &view.proxy),
        ("repeater ID", repeater_id),
        ("network card", &view.mac),
        ("woken at", &view.wake_address),
        ("wake-up port", &view.wake_port),
        ("woken from", &view.wake_ssh_host),
        ("SecureOn", if view.has_secure_on { "in the keyring" } else { "" }),
        ("secret to type", secret),
        ("authorities", ca_file),
        ("certificate", client_certificate),
        ("its key", client_key),
        ("old TLS", yes(view.old_tls)),
        ("no proxy", yes(view.no_proxy)),
        ("view only", yes(*view_only)),
        ("frame", yes(*frame)),
        ("asks before lines", yes(*ask_lines)),
        ("favourite", yes(*favourite)),
        ("reconnects", if view.reconnect { "" } else { "no" }),
        ("picture", &picture),
        ("scaling", &scaling),
        ("quality", &quality),
        ("clipboard", &clipboard),
        ("rewind", &rewind),
        ("composed", &composing),
        ("keyboard layout", display.layout.map(KeyboardLayout::name).unwrap_or_default()),
        ("cursor", &cursor),
        ("grabs shortcuts", yes(display.grab)),
        ("full screen", yes(display.full_screen)),
        ("screen", &screen),
        ("screens apart", yes(display.apart)),
        ("from the list", source_of(view, named)),
        ("tags", &tags),
        ("colour", &colour),
        ("notes", &view.notes),
    ];
    let said = rows.into_iter().filter(|(_, text)| !text.is_empty());
    print(&said.map(|(label, text)| format!("{label:<18}{}\n", several_lines(text))).collect::<String>());
}

/// What the named login of a machine is called; empty where it has none.
fn login_of<'a>(view: &HostView, named: &'a Named) -> &'a str {
    let found = view.login.and_then(|id| named.logins.iter().find(|login| login.id == id));
    found.map(|login| login.name.as_str()).unwrap_or_default()
}

/// What the list of others that has a machine is called; empty where it is the user's own.
fn source_of<'a>(view: &HostView, named: &'a Named) -> &'a str {
    let found = view.source.and_then(|id| named.sources.iter().find(|source| source.id == id));
    found.map(|source| source.name.as_str()).unwrap_or_default()
}

/// A machine for scripts: its login by the name that `--named-login` takes, its list by the name that its user knows.
fn with_names(mut machine: Value, Named { logins, sources }: &Named) -> Value {
    if let Some(login) = machine.get_mut("login") {
        let found = logins.iter().find(|known| login.as_str() == Some(&known.id.to_string()));
        *login = found.map(|login| login.name.clone()).into();
    }
    if let Some(source) = machine.get_mut("source") {
        let found = sources.iter().find(|known| source.as_str() == Some(&known.id.to_string()));
        *source = found.map(|source| source.name.clone()).into();
    }
    machine
}

/// A choice, in the word that the options take; empty where nothing was chosen.
fn word(choice: Option<impl Serialize>) -> String {
    let word = choice.and_then(|choice| serde_json::to_value(choice).ok());
    word.as_ref().and_then(Value::as_str).unwrap_or_default().replace('_', "-")
}

/// A machine that was saved.
pub(super) fn changed(changed: &Changed, deed: &str, named: &Named, json: bool) {
    match changed.machines.first() {
        Some(machine) if json => json_line(&with_names(machine.clone(), named)),
        Some(machine) => print(&format!("{deed} {}\n", name_of(machine))),
        None => {}
    }
}

/// Machines that were removed.
pub(super) fn removed(changed: &Changed, named: &Named, json: bool) {
    if json {
        let machines = changed.machines.iter().map(|machine| with_names(machine.clone(), named));
        return json_line(&machines.collect::<Vec<_>>());
    }
    let lines = changed.machines.iter().map(|machine| format!("removed {}\n", name_of(machine)));
    print(&lines.collect::<String>());
}

/// A machine's name, with its address where that is another one.
fn name_of(machine: &Value) -> String {
    let text = |field: &str| machine.get(field).and_then(Value::as_str).unwrap_or_default();
    let (name, address) = (text("name"), text("address"));
    printable(&if name == address { name.to_owned() } else { format!("{name} ({address})") })
}

/// JSON leaves C1 and DEL as they are, and terminals act on them. Only strings have any.
fn json_line<T: Serialize + ?Sized>(value: &T) {
    let text = serde_json::to_string(value).unwrap_or_default();
    let escaped = |c: char| if c.is_control() { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    print(&(text.chars().map(escaped).collect::<String>() + "\n"));
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Further lines stand under the first one.
fn several_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join(&format!("\n{}", " ".repeat(18)))
}

/// How many columns a terminal needs for it: two for each sign of the wide scripts of East Asia, and for emoji (Unicode's
/// East Asian Width, by its large blocks).
fn columns(text: &str) -> usize {
    let is_wide = |c: char| {
        matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f
            | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd)
    };
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

fn print(text: &str) {
    // `head` closes the pipe after the first lines.
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;
    use portlight_engine::model::{Host, HostSource, NamedLogin, Origin};
    use serde_json::json;

    const DOCUMENT: &str = include_str!("../../../../docs/COMMAND-LINE.md");

    #[test]
    fn a_machine_is_printed_with_every_field_that_is_documented_and_no_other() {
        let login: NamedLogin =
            serde_json::from_value(json!({ "id": "00000000-0000-4000-8000-000000000002", "name": "Lab" })).unwrap();
        let source = HostSource::new("Racks", Origin::command("print-racks").unwrap()).unwrap();
        let host: Host = serde_json::from_value(json!({
            "id": "00000000-0000-4000-8000-000000000001", "name": "Studio", "address": "studio", "login": login.id, "display": { "grab": true },
            "source": { "of": source.id, "key": "studio" },
        }))
        .unwrap();
        let view = host.view();
        let named = Named { logins: vec![login], sources: vec![source] };
        assert_eq!((login_of(&view, &named), source_of(&view, &named)), ("Lab", "Racks"));
        let Value::Object(fields) = with_names(serde_json::to_value(&view).unwrap(), &named) else {
            panic!("an object")
        };
        assert_eq!((&fields["login"], &fields["source"]), (&json!("Lab"), &json!("Racks")));
        let rows = DOCUMENT.split("**A machine**").nth(1).unwrap().lines().skip_while(|line| !line.starts_with('|'));
        let first_columns = rows.take_while(|line| line.starts_with('|')).filter_map(|line| line.split('|').nth(1));
        let mut documented: Vec<&str> =
            first_columns.flat_map(|names| names.split('`').skip(1).step_by(2).collect::<Vec<_>>()).collect();
        documented.sort_unstable();
        let mut printed: Vec<&str> = fields.keys().map(String::as_str).collect();
        printed.sort_unstable();
        assert_eq!(documented, printed);
        // Where neither is known by now, it has none.
        let unknown = with_names(serde_json::to_value(&view).unwrap(), &Named::default());
        assert_eq!((&unknown["login"], &unknown["source"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn wide_signs_take_two_columns() {
        assert_eq!((columns("box"), columns("工作室"), columns("a工b")), (3, 6, 4));
    }

    #[test]
    fn nothing_in_a_name_controls_a_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\u{9b}c"), "a[31mbc");
        assert_eq!(several_lines("a\nb\u{7}"), format!("a\n{}b", " ".repeat(18)));
    }
}
