//! CSV with a header: one machine a row, columns by their names, in the order and with the separator that the file has.
//! Portlight's own export is one.

use super::super::{
    FileProblem, ImportProblem,
    candidate::{Password, Sketch, tcp, typed},
    key_file::is_on,
};
use crate::model::Colour;
use csv::{ReaderBuilder, StringRecord};

/// What a column may be called, without case, spaces, hyphens and underlines.
const NAMES: &[(Column, &[&str])] = &[
    (Column::Name, &["name", "displayname", "friendlyname", "title", "label"]),
    (Column::Address, &["address", "host", "hostname", "server", "computername", "ip", "ipaddress", "uri", "url"]),
    (Column::Port, &["port", "vncport"]),
    (Column::Username, &["username", "user", "login"]),
    (Column::Password, &["password", "vncpassword"]),
    (Column::ViewOnly, &["viewonly"]),
    (Column::Favourite, &["favourite", "favorite"]),
    (Column::RepeaterId, &["repeaterid"]),
    (Column::CaFile, &["cafile"]),
    (Column::SshJump, &["sshjump", "sshhost", "jumphost"]),
    (Column::Proxy, &["proxy"]),
    (Column::Mac, &["mac", "macaddress"]),
    (Column::WakeAddress, &["wakeaddress"]),
    (Column::WakePort, &["wakeport"]),
    (Column::WakeSshHost, &["wakesshhost"]),
    (Column::Reconnect, &["reconnect"]),
    (Column::Protocol, &["protocol"]),
    (Column::Tags, &["tags"]),
    (Column::Group, &["group", "folder"]),
    (Column::Colour, &["colour", "color"]),
    (Column::Notes, &["notes", "description", "comment"]),
];

#[derive(Clone, Copy, PartialEq)]
enum Column {
    Name,
    Address,
    Port,
    Username,
    Password,
    ViewOnly,
    Favourite,
    RepeaterId,
    CaFile,
    SshJump,
    Proxy,
    Mac,
    WakeAddress,
    WakePort,
    WakeSshHost,
    Reconnect,
    Protocol,
    Tags,
    Group,
    Colour,
    Notes,
}

/// Whether it is such a file.
pub(in super::super) fn is_table(text: &str) -> bool {
    header(text).is_some()
}

/// The separator of such a file, and its lines from the header on: before it may be blank lines, comments, and the line by which
/// spreadsheets are told the separator.
fn header(text: &str) -> Option<(u8, &str)> {
    let mut rest = text;
    loop {
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        if let Some(separator) = separator(line) {
            return Some((separator, rest));
        }
        let line = line.trim();
        let tells_separator = line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep="));
        if behind.is_empty() || !(line.is_empty() || line.starts_with('#') || tells_separator) {
            return None;
        }
        rest = behind;
    }
}

/// The separator of the line with the names of the columns; none where it is no such line.
fn separator(line: &str) -> Option<u8> {
    let known = |separator: &u8| {
        let columns: Vec<_> = line.split(char::from(*separator)).map(column).collect();
        columns.len() > 1 && columns.contains(&Some(Column::Address)) && columns.iter().flatten().count() > 1
    };
    [b',', b';', b'\t'].into_iter().find(known)
}

fn column(name: &str) -> Option<Column> {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(column, _)| *column)
}

/// Reads the file.
pub(in super::super) fn read(text: &str) -> Result<Vec<Sketch>, FileProblem> {
    let (separator, table) = header(text).ok_or(FileProblem::Unknown)?;
    let before = text[..text.len() - table.len()].lines().count();
    let mut reader =
        ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(table.as_bytes());
    let malformed = |cause: csv::Error| FileProblem::Malformed { detail: cause.to_string() };
    let mut rows = reader.records();
    let header = rows.next().ok_or(FileProblem::NoMachine)?.map_err(malformed)?;
    let columns: Vec<Option<Column>> = header.iter().map(column).collect();
    rows.filter(|row| row.as_ref().map_or(true, |row| row.iter().any(|value| !value.trim().is_empty())))
        .map(|row| row.map(|row| machine(&columns, &row, before)).map_err(malformed))
        .collect()
}

/// `before` are lines above the header.
fn machine(columns: &[Option<Column>], row: &StringRecord, before: usize) -> Sketch {
    let get = |column| {
        let place = columns.iter().position(|found| *found == Some(column));
        place.and_then(|place| row.get(place)).unwrap_or_default().trim()
    };
    let line = row.position().map_or(0, |place| before + usize::try_from(place.line()).unwrap_or(0));
    let (host, port, protocol) = (get(Column::Address), get(Column::Port), get(Column::Protocol));
    if !(protocol.is_empty() || protocol.eq_ignore_ascii_case("vnc") || protocol.eq_ignore_ascii_case("rfb")) {
        let protocol = super::super::text::line(protocol);
        return Sketch { line, ..Sketch::skipped(get(Column::Name), host, ImportProblem::OtherProtocol { protocol }) };
    }
    let address = if row.len() > columns.len() {
        // A separator without quotes around it: values may stand under names that are not theirs.
        Err(ImportProblem::Columns)
    } else if port.is_empty() {
        typed(host)
    } else {
        tcp(host, port)
    };
    let mut machine = Sketch::new(get(Column::Name), address, host);
    machine.line = line;
    for (field, column) in [
        (&mut machine.options.username, Column::Username),
        (&mut machine.options.repeater_id, Column::RepeaterId),
        (&mut machine.options.ca_file, Column::CaFile),
        (&mut machine.ssh_jump, Column::SshJump),
        (&mut machine.proxy, Column::Proxy),
        (&mut machine.mac, Column::Mac),
        (&mut machine.wake_address, Column::WakeAddress),
        (&mut machine.wake_port, Column::WakePort),
        (&mut machine.wake_ssh_host, Column::WakeSshHost),
    ] {
        as_text(get(column)).clone_into(field);
    }
    machine.name = as_text(&machine.name).to_owned();
    machine.options.view_only = is_on(get(Column::ViewOnly));
    machine.options.favourite = is_on(get(Column::Favourite));
    machine.options.reconnect = get(Column::Reconnect).is_empty() || is_on(get(Column::Reconnect));
    let password = get(Column::Password);
    if !password.is_empty() {
        machine.password = Password::Readable(password.to_owned().into());
    }
    let tags = as_text(get(Column::Tags));
    // Where commas part them, a semicolon is a part of one.
    machine.tag(tags.split(if tags.contains(',') { ',' } else { ';' }));
    machine.tag(as_text(get(Column::Group)).split([';', '/']));
    machine.note(as_text(get(Column::Notes)));
    let colour = get(Column::Colour).to_lowercase();
    machine.options.colour =
        serde_json::from_value(colour.into()).ok().filter(|colour| !matches!(colour, Colour::Other(_)));
    machine
}

/// A value without the apostrophe that keeps a spreadsheet from calculating it ([`super::super::export`] puts it there).
fn as_text(value: &str) -> &str {
    value.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(value)
}
