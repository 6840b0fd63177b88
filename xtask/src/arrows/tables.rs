//! Which crate and which module may know which.

/// A row for each top module, and the modules that it knows. A row may name only rows above it, so that no circle can be
/// written down; it names no module that is not in fact known. A crate's root may know all of its modules.
pub type Table = &'static [(&'static str, &'static str)];

/// Crates that must never reach another one, directly or through others.
pub const NEVER: &[(&str, &str)] = &[
    ("portlight-engine", "tauri"),
    ("rfb", "tauri"),
    ("rfb", "tokio-tungstenite"),
    ("rfb", "keyring"),
    ("relay", "portlight-engine"),
    ("relay", "rfb"),
    ("relay", "tauri"),
    ("terminal", "tauri"),
];

/// By crate. Crates without a table are small: they are looked through for circles only.
pub const TABLES: &[(&str, Table)] =
    &[("portlight-engine", ENGINE), ("portlight-window", SHELL), ("terminal", TERMINAL)];

#[rustfmt::skip]
const ENGINE: Table = &[
    ("model",       ""),
    ("error",       "model"),
    ("platform",    "model error"),
    ("store",       "model error platform"),
    ("keyring",     "model error platform"),
    ("command",     "model error platform"),
    ("settings",    "error keyring"),
    ("pictures",    "model error platform store keyring"),
    ("nearby",      "model store"),
    ("transport",   "model error platform"),
    ("import",      "model"),
    ("connect",     "model error platform store transport"),
    ("recording",   "error platform"),
    ("lead",        "model error transport"),
    ("session",     "model error store keyring command pictures transport connect recording lead"),
    ("doctor",      "model error store keyring command transport connect"),
    ("services",    "model error platform store keyring command transport import"),
];

#[rustfmt::skip]
const SHELL: Table = &[
    ("platform",    ""),
    ("windows",     "platform"),
    ("tray",        "platform windows"),
    ("events",      "platform tray windows"),
    ("hotkey",      "platform windows"),
    ("commands",    "hotkey platform tray windows"),
    ("app",         "commands events hotkey platform tray windows"),
];

#[rustfmt::skip]
const TERMINAL: Table = &[
    ("files",       ""),
    ("link",        "files"),
    ("args",        "files"),
    ("platform",    ""),
    ("instance",    "args"),
    ("text",        "instance"),
    ("password",    "platform"),
    ("asking",      "platform"),
    ("doctor",      "args password"),
    ("exchange",    "args doctor instance"),
    ("list",        "args asking doctor instance password"),
    ("relay",       "args asking doctor link password platform"),
];
