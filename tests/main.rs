//! End to end: the real window over WebDriver, real VNC servers, a real keyring. Each test has a desktop of its own.
//!
//! The programs that this needs are in `xtask/src/system.rs`. What a test saw when it failed is in `target/e2e`.

mod accessible;
mod caution;
mod certificates;
mod clipboard;
mod closing;
mod command_line;
mod commands;
mod demo;
mod desk;
mod documents;
mod endings;
mod files;
mod first_day;
mod floods;
mod history;
mod imports;
mod island;
mod keyboard;
mod links;
mod list;
mod measure;
mod nearby;
mod opening;
mod order;
mod pace;
mod pages;
mod passwords;
mod pictures;
mod prewarmed;
mod protection;
mod quality;
mod quick;
mod recording;
mod relay;
mod rewind;
mod server_messages;
mod settings;
mod several;
mod standing_still;
mod starting;
mod typing;
mod user;
mod viewing;
mod walls;
