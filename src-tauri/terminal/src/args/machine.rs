//! What `add` and `edit` say of a machine.

use super::{
    display::display,
    given::{Given, known},
    secrets::{SecretArgs, secrets},
};
use portlight_engine::model::{Colour, HostChange, OnNewAddress, PictureChoice};

/// The arguments of `portlight add` and `portlight edit`.
#[derive(Debug, PartialEq, Eq)]
pub struct SaveArgs {
    /// The machine that is changed; none for a new one.
    pub name: Option<String>,
    /// Its fields.
    pub change: HostChange,
    /// Its secrets in the keyring.
    pub secrets: SecretArgs,
    /// Whether to print JSON.
    pub json: bool,
}

/// The fields of a machine that are named.
fn change(given: &Given) -> Result<HostChange, String> {
    let colour = match given.value("colour").as_deref() {
        None => None,
        Some("none" | "") => Some(None),
        Some(name) => Some(Some(known(name, &COLOURS, "--colour")?)),
    };
    let pictures = [("shown", PictureChoice::Shown), ("blurred", PictureChoice::Blurred), ("off", PictureChoice::Off)];
    let logins = [("keep", OnNewAddress::Keep), ("forget", OnNewAddress::Forget)];
    Ok(HostChange {
        name: given.value("name"),
        address: given.value("address"),
        username: given.value("username"),
        ssh_jump: given.value("ssh-host"),
        proxy: given.value("proxy"),
        mac: given.value("mac"),
        wake_address: given.value("wake-address"),
        wake_port: given.value("wake-port"),
        wake_ssh_host: given.value("wake-ssh-host"),
        repeater_id: given.value("repeater-id"),
        ca_file: given.value("ca-file"),
        client_certificate: given.value("client-certificate"),
        client_key: given.value("client-key"),
        login: given.value("named-login"),
        password_command: given.value("password-command"),
        console_command: given.value("console-command"),
        secret_name: given.value("secret-name"),
        notes: given.value("notes"),
        tags_added: given.values("tag"),
        tags_removed: given.values("no-tag"),
        colour,
        picture: given.value("picture").map(|name| known(&name, &pictures, "--picture")).transpose()?,
        favourite: given.either("favourite", "no-favourite"),
        view_only: given.either("view-only", "no-view-only"),
        frame: given.either("frame", "no-frame"),
        ask_lines: given.either("ask-lines", "no-ask-lines"),
        reconnect: given.either("reconnect", "no-reconnect"),
        old_tls: given.either("old-tls", "no-old-tls"),
        no_proxy: given.either("no-proxy", "env-proxy"),
        display: display(given)?,
        on_new_address: match given.value("logins") {
            Some(name) => known(&name, &logins, "--logins")?,
            None => OnNewAddress::Ask,
        },
    })
}

const COLOURS: [(&str, Colour); 6] = [
    ("blue", Colour::Blue),
    ("amber", Colour::Amber),
    ("green", Colour::Green),
    ("red", Colour::Red),
    ("violet", Colour::Violet),
    ("grey", Colour::Grey),
];

/// What `add` is to do with this address.
pub(super) fn add(given: &Given, address: String) -> Result<SaveArgs, String> {
    let change = HostChange { address: Some(address), ..change(given)? };
    Ok(SaveArgs { name: None, change, secrets: secrets(given)?, json: given.flag("json") })
}

/// What `edit` is to do with the machine of this name.
pub(super) fn edit(given: &Given, name: String) -> Result<SaveArgs, String> {
    let (change, secrets) = (change(given)?, secrets(given)?);
    if change == HostChange::default() && secrets == SecretArgs::default() {
        return Err("what is to be changed? see portlight edit --help".to_owned());
    }
    Ok(SaveArgs { name: Some(name), change, secrets, json: given.flag("json") })
}
