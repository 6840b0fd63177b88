//! Portlight with the VNC servers that people have: every security type that they offer, right and wrong logins,
//! certificates of all kinds. `cargo test --test servers -- --nocapture` prints what came of it as tables.
//!
//! All of them run on loopback, so the way is local, and no login needs consent to travel readably.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod bed;
mod certificates;
mod desktops;
#[path = "../engine/mod.rs"]
mod engine;
mod examination;
mod kerberos;
mod measure;
mod qemu;
mod sessions;
mod table;
mod tigervnc;
mod tightvnc;
mod trust;
mod viewer;
mod websockify;
mod x11vnc;
