//! Which file is it: decided by its content, and by its name only where many files look alike.

use super::{
    Beside, ChosenIn, File, FileProblem,
    candidate::{Sketch, typed},
    formats::{
        ansible, connections, krdc, mremoteng, portlight, remmina, ssh_config, table, tigervnc, virt_viewer, vnc_file,
        vncloc, websockify,
    },
    key_file, text,
};
use serde::Serialize;
use serde_json::Value;

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "ImportFormat"))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Portlight's own list.
    Portlight,
    /// Remmina's file of one machine.
    Remmina,
    /// Settings of Remmina or KRDC, which say something about other files.
    Settings,
    /// TigerVNC's connection file.
    Tigervnc,
    /// TigerVNC's file of a password.
    TigervncPassword,
    /// Addresses that TigerVNC has connected to, one a line.
    Addresses,
    /// A `.vnc` file of RealVNC, UltraVNC or TightVNC.
    VncFile,
    /// A `.vnc` file of RealVNC 6 or 7.
    Realvnc,
    /// virt-viewer's `.vv`.
    VirtViewer,
    /// GNOME Connections' `connections.db`.
    Connections,
    /// KRDC's bookmarks.
    Krdc,
    /// mRemoteNG's `confCons.xml`.
    Mremoteng,
    /// mRemoteNG's CSV.
    MremotengCsv,
    /// Apple's `.vncloc`.
    Vncloc,
    /// CSV with a header.
    Csv,
    /// websockify's token file.
    Websockify,
    /// OpenSSH's configuration.
    SshConfig,
    /// An inventory of Ansible's in its INI form.
    AnsibleIni,
    /// An inventory of Ansible's in YAML or JSON.
    AnsibleYaml,
}

impl Format {
    /// Whether a file of this kind is made to be opened: it says how one machine is reached, and cannot be mistaken for a text.
    pub(super) fn is_opened(self) -> bool {
        match self {
            Self::Portlight
            | Self::Remmina
            | Self::Tigervnc
            | Self::VncFile
            | Self::Realvnc
            | Self::VirtViewer
            | Self::Vncloc => true,
            Self::Settings
            | Self::TigervncPassword
            | Self::Addresses
            | Self::Connections
            | Self::Krdc
            | Self::Mremoteng
            | Self::MremotengCsv
            | Self::Csv
            | Self::Websockify
            | Self::SshConfig
            | Self::AnsibleIni
            | Self::AnsibleYaml => false,
        }
    }

    /// For the terminal.
    pub fn words(self) -> &'static str {
        match self {
            Self::Portlight => "Portlight",
            Self::Remmina => "Remmina",
            Self::Settings => "settings for other files",
            Self::Tigervnc => "TigerVNC",
            Self::TigervncPassword => "TigerVNC, a password",
            Self::Addresses => "addresses, one a line",
            Self::VncFile => "RealVNC, UltraVNC or TightVNC",
            Self::Realvnc => "RealVNC",
            Self::VirtViewer => "virt-viewer",
            Self::Connections => "GNOME Connections",
            Self::Krdc => "KRDC",
            Self::Mremoteng => "mRemoteNG",
            Self::MremotengCsv => "mRemoteNG, CSV",
            Self::Vncloc => "macOS Screen Sharing",
            Self::Csv => "CSV",
            Self::Websockify => "websockify",
            Self::SshConfig => "OpenSSH",
            Self::AnsibleIni | Self::AnsibleYaml => "Ansible",
        }
    }
}

/// A file whose kind is known.
pub(super) struct Recognised<'a> {
    pub(super) format: Format,
    pub(super) guessed: bool,
    name: &'a str,
    chosen_in: Option<&'a ChosenIn>,
    bytes: &'a [u8],
    text: String,
}

/// Says whose file it is.
///
/// # Errors
/// [`FileProblem::Unknown`], or why it is no text.
pub(super) fn recognise<'a>(file: &'a File, bytes: &'a [u8]) -> Result<Recognised<'a>, FileProblem> {
    let (name, chosen_in) = (file.name.as_str(), file.chosen_in.as_ref());
    let recognised = |format, guessed, text| Recognised { format, guessed, name, chosen_in, bytes, text };
    if bytes.starts_with(b"bplist00") {
        return Ok(recognised(Format::Vncloc, false, String::new()));
    }
    let text::Text { text, guessed } = text::decode(bytes)?;
    let format = format(name, &text)?;
    Ok(recognised(format, guessed, text))
}

fn format(name: &str, text: &str) -> Result<Format, FileProblem> {
    let start = text.trim_start();
    if start.is_empty() {
        return Err(FileProblem::NoMachine);
    }
    if name == "remmina.pref" || name == "krdcrc" {
        return Ok(Format::Settings);
    }
    let is_called = |ending: &str| name.to_lowercase().ends_with(ending);
    if start.starts_with('<') {
        return markup_format(start);
    }
    if start.starts_with('{') {
        let value = serde_json::from_str(start).unwrap_or(Value::Null);
        return Ok(if portlight::is_list(&value) { Format::Portlight } else { Format::AnsibleYaml });
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let first = lines.next().ok_or(FileProblem::NoMachine)?;
    if first.starts_with("TigerVNC Configuration file") {
        return if first.starts_with(tigervnc::HEAD) { Ok(Format::Tigervnc) } else { Err(FileProblem::Unknown) };
    }
    if name == "tigervnc.history" {
        return Ok(Format::Addresses);
    }
    let groups = key_file::groups(text);
    let has = |name: &str| groups.iter().any(|group| group.name.eq_ignore_ascii_case(name));
    if has("remmina") {
        return Ok(Format::Remmina);
    }
    if has("virt-viewer") {
        return Ok(Format::VirtViewer);
    }
    if has("connection") {
        return Ok(Format::VncFile);
    }
    if groups.iter().any(connections::is_connection) || name == "connections.db" {
        return Ok(Format::Connections);
    }
    if is_called(".vnc") && has("options") {
        // UltraVNC's defaults.
        return Err(FileProblem::NoMachine);
    }
    if let [only] = &groups[..]
        && only.has("Host")
        && (is_called(".vnc") || only.has("ConnMethod"))
    {
        return Ok(Format::Realvnc);
    }
    if mremoteng::csv::is_header(first) {
        return Ok(Format::MremotengCsv);
    }
    if table::is_table(text) {
        return Ok(Format::Csv);
    }
    if ssh_config::is_config(text) {
        return Ok(Format::SshConfig);
    }
    if is_called(".yml") || is_called(".yaml") || first.starts_with("$ANSIBLE_VAULT;") || first == "---" {
        return Ok(Format::AnsibleYaml);
    }
    if websockify::is_tokens(text) || websockify::is_target(text) {
        return Ok(Format::Websockify);
    }
    if groups.len() > 1 || is_called(".ini") || matches!(name, "hosts" | "inventory") {
        return Ok(Format::AnsibleIni);
    }
    if matches!(ansible::yaml::read(text), Ok(found) if !found.is_empty()) {
        return Ok(Format::AnsibleYaml);
    }
    // A text in which every line is an address; a single word may be anything.
    let addresses = std::iter::once(first).chain(lines).map(|line| (line, typed(line).is_ok()));
    let (all, looks_so) = addresses.fold((true, false), |(all, looks_so), (line, is_address)| {
        (all && is_address, looks_so || line.contains(['.', ':', '/']))
    });
    if all && looks_so { Ok(Format::Addresses) } else { Err(FileProblem::Unknown) }
}

/// XML, by its root.
fn markup_format(text: &str) -> Result<Format, FileProblem> {
    let mut rest = text;
    while let Some((_, tag)) = rest.split_once('<') {
        let name = tag.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next().unwrap_or_default();
        if tag.starts_with("!--") {
            rest = tag.split_once("-->").map_or("", |(_, behind)| behind);
        } else if tag.starts_with(['?', '!']) {
            rest = tag.split_once('>').map_or("", |(_, behind)| behind);
        } else {
            return match name.rsplit(':').next().unwrap_or_default() {
                "Connections" => Ok(Format::Mremoteng),
                "xbel" => Ok(Format::Krdc),
                "plist" => Ok(Format::Vncloc),
                _ => Err(FileProblem::Unknown),
            };
        }
    }
    Err(FileProblem::Unknown)
}

/// Reads a file of a known kind.
pub(super) fn read(file: &Recognised<'_>, beside: &Beside) -> Result<Vec<Sketch>, FileProblem> {
    let (text, name) = (file.text.as_str(), file.name);
    match file.format {
        Format::Portlight => {
            let list = serde_json::from_str(text);
            portlight::read(list.map_err(|cause| FileProblem::Malformed { detail: cause.to_string() })?)
        }
        Format::Remmina => remmina::read(text, beside.remmina.as_ref()),
        Format::Settings | Format::TigervncPassword => Ok(Vec::new()),
        Format::Tigervnc => tigervnc::read(text, name, file.chosen_in, &beside.passwords),
        Format::Addresses => Ok(tigervnc::history(text)),
        Format::VncFile => vnc_file::read(text, name),
        Format::Realvnc => vnc_file::flat(text, name),
        Format::VirtViewer => virt_viewer::read(text, name),
        Format::Connections => connections::read(text),
        Format::Krdc => krdc::read(text, &beside.krdc),
        Format::Mremoteng => mremoteng::xml::read(text),
        Format::MremotengCsv => mremoteng::csv::read(text),
        Format::Vncloc => vncloc::read(file.bytes, name),
        Format::Csv => table::read(text),
        Format::Websockify => Ok(websockify::read(text, name)),
        Format::SshConfig => Ok(ssh_config::read(text)),
        Format::AnsibleIni => Ok(ansible::ini::read(text)),
        Format::AnsibleYaml => ansible::yaml::read(text),
    }
}
