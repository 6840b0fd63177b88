//! The certificate authorities that a server's certificate is checked against.

use super::{Failed, reasons};
use crate::platform;
use openssl::{
    error::ErrorStack,
    x509::{
        X509,
        store::{X509Store, X509StoreBuilder},
    },
};
use std::{fs, sync::OnceLock};

/// The largest file of authorities, in bytes: 8 MiB. Debian's bundle has a quarter of one MiB.
pub(super) const MAX_CA_FILE: u64 = 8 << 20;

/// The system's authorities. Read once: parsing them takes longer than the rest of a handshake.
static SYSTEM: OnceLock<Vec<X509>> = OnceLock::new();

/// The system's authorities and those of `ca_file`, which may be empty. Blocks.
pub(super) fn store(ca_file: &str) -> Result<X509Store, Failed> {
    let own = match ca_file {
        "" => Vec::new(),
        path => read(path).map_err(|detail| Failed::CaFile { detail })?,
    };
    let mut store = X509StoreBuilder::new()?;
    for authority in SYSTEM.get_or_init(system).iter().chain(&own) {
        store.add_cert(authority.clone())?;
    }
    Ok(store.build())
}

fn read(path: &str) -> Result<Vec<X509>, String> {
    let about = fs::metadata(path).map_err(|cause| cause.to_string())?;
    if !about.is_file() {
        return Err("it is not a file".to_owned());
    }
    if about.len() > MAX_CA_FILE {
        return Err(format!("it has more than {} MiB", MAX_CA_FILE >> 20));
    }
    let text = fs::read(path).map_err(|cause| cause.to_string())?;
    match X509::stack_from_pem(&text) {
        Ok(authorities) if authorities.is_empty() => Err("it has no certificate in PEM form".to_owned()),
        Ok(authorities) => Ok(authorities),
        Err(errors) => Err(format!("a certificate in it cannot be read: {}", reasons(&errors))),
    }
}

/// The system's authorities, without those that OpenSSL cannot read.
pub(super) fn system() -> Vec<X509> {
    let authorities = platform::system_authorities();
    let authorities = authorities.iter().filter_map(|der| X509::from_der(der).ok()).collect();
    // What could not be read has left errors with this thread, which OpenSSL would report as those of its next call.
    drop(ErrorStack::get());
    authorities
}
