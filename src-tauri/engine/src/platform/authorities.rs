//! The certificate authorities that the system trusts.

use rustls_native_certs::load_native_certs;

/// DER certificates: those of the file that `SSL_CERT_FILE` names and the folders that `SSL_CERT_DIR` names, or else the
/// system's bundle (Linux and the BSDs), keychain (macOS) or certificate store (Windows). Reading them may take long.
///
/// Empty where there are none, or none that can be read: then each new server key is asked about once.
pub(crate) fn system_authorities() -> Vec<Vec<u8>> {
    let found = load_native_certs();
    for cause in &found.errors {
        tracing::warn!(%cause, "some of the system's certificate authorities cannot be used");
    }
    if found.certs.is_empty() {
        tracing::info!("the system has no certificate authorities");
    }
    found.certs.into_iter().map(|certificate| certificate.to_vec()).collect()
}
