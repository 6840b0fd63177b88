//! Certificates as servers read them from files, and as Portlight shows them.

use crate::certificates::Shown;
use openssl::hash::{MessageDigest, hash};
use std::{
    fs,
    path::{Path, PathBuf},
};

impl Shown {
    /// SHA-256 of the certificate, as Portlight shows it.
    pub fn fingerprint(&self) -> String {
        hex(&self.certificate.digest(MessageDigest::sha256()).unwrap())
    }

    /// SHA-256 of its public key, as Portlight shows it.
    pub fn key_fingerprint(&self) -> String {
        let key = self.key.public_key_to_der().unwrap();
        hex(&hash(MessageDigest::sha256(), &key).unwrap())
    }

    /// Writes certificate and key.
    pub fn write(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        fs::write(&certificate, self.certificate.to_pem().unwrap()).unwrap();
        fs::write(&key, self.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        (certificate, key)
    }

    /// Writes both into one file.
    pub fn write_together(&self, folder: &Path) -> PathBuf {
        let path = folder.join("both.pem");
        let both = [self.key.private_key_to_pem_pkcs8().unwrap(), self.certificate.to_pem().unwrap()].concat();
        fs::write(&path, both).unwrap();
        path
    }

    /// Writes both under the names that QEMU looks for, and the authorities that it wants though it asks nobody for a
    /// certificate.
    pub fn write_for_qemu(&self, folder: &Path) {
        let (certificate, key) = self.write(folder);
        fs::copy(&certificate, folder.join("ca-cert.pem")).unwrap();
        fs::rename(certificate, folder.join("server-cert.pem")).unwrap();
        fs::rename(key, folder.join("server-key.pem")).unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}
