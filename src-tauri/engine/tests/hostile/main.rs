//! Servers that break the rules, by accident or on purpose: what Portlight says about each, and what it never says to
//! them. The cases have names, by which the design speaks of them.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod apple_rsa;
mod authentication;
#[path = "../servers/certificates.rs"]
mod certificates;
mod diffie_hellman;
mod downgrade;
#[path = "../servers/examination.rs"]
mod examination;
mod greeting;
mod promises;
mod rsa_aes;
mod screen;
mod script;
mod security_types;
mod vencrypt;
mod words;
