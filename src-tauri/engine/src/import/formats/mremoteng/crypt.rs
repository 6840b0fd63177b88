//! mRemoteNG's passwords (mRemoteNG's `mRemoteNG/Security/SymmetricEncryption/`). Unless the person has set a password for the
//! file, the key is made from a word that stands in mRemoteNG's source code: then they are readable for everybody.

use crate::{
    import::{candidate::Password, markup::Element},
    model::Secret,
};
use openssl::{
    base64,
    hash::MessageDigest,
    pkcs5::pbkdf2_hmac,
    symm::{self, Crypter, Mode},
};
use zeroize::Zeroizing;

/// The word.
const EVERYBODYS_PASSWORD: &[u8] = b"mR3m";
/// What `Protected` says where the person has set no password.
const NOT_PROTECTED: &str = "ThisIsNotProtected";
/// Rounds of the key derivation for one password, and for all of a file: a file must not keep a computer busy.
const MAX_ROUNDS: usize = 1_000_000;
const MAX_ROUNDS_OF_FILE: usize = 10_000_000;
const SALT: usize = 16;
const NONCE: usize = 16;
const TAG: usize = 16;

/// How a file's secrets are encrypted, as far as they can be opened.
pub(super) struct Cipher {
    kind: Kind,
    rounds_left: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// AES-256-GCM with this many rounds, since version 2.6.
    Gcm { rounds: usize },
    /// AES-128-CBC, before that.
    Cbc,
    /// With the person's own password, or in a way that Portlight does not read.
    Closed,
}

impl Cipher {
    /// That of files before version 2.6.
    pub(super) fn old() -> Self {
        Self { kind: Kind::Cbc, rounds_left: MAX_ROUNDS_OF_FILE }
    }

    /// That of a file with this root.
    pub(super) fn of(root: &Element) -> Self {
        let (engine, mode) = (root.attribute("EncryptionEngine"), root.attribute("BlockCipherMode"));
        if engine.is_empty() && mode.is_empty() {
            return Self::old();
        }
        let rounds = root.attribute("KdfIterations").parse().unwrap_or(1000);
        let is_known = engine.eq_ignore_ascii_case("AES") && mode.eq_ignore_ascii_case("GCM");
        let kind = if is_known && (1..=MAX_ROUNDS).contains(&rounds) { Kind::Gcm { rounds } } else { Kind::Closed };
        let mut cipher = Self { kind, rounds_left: MAX_ROUNDS_OF_FILE };
        let protected = cipher.open(root.attribute("Protected"));
        if protected.is_none_or(|text| text.expose() != NOT_PROTECTED) {
            cipher.kind = Kind::Closed;
        }
        cipher
    }

    /// What a node has of a password.
    pub(super) fn password(&mut self, text: &str) -> Password {
        match self.open(text) {
            _ if text.is_empty() => Password::None,
            Some(secret) if secret.expose().is_empty() => Password::None,
            Some(secret) => Password::Obfuscated(secret),
            None => Password::Encrypted,
        }
    }

    /// A secret as text; none where it cannot be opened.
    pub(super) fn open(&mut self, text: &str) -> Option<Secret> {
        let blob = base64::decode_block(text).ok()?;
        let plain = match self.kind {
            Kind::Gcm { rounds } => {
                self.rounds_left = self.rounds_left.checked_sub(rounds)?;
                gcm(&blob, rounds)?
            }
            Kind::Cbc => cbc(&blob)?,
            Kind::Closed => return None,
        };
        Some(str::from_utf8(&plain).ok()?.to_owned().into())
    }
}

/// Salt, nonce, cipher text, tag; the salt is authenticated too.
fn gcm(blob: &[u8], rounds: usize) -> Option<Zeroizing<Vec<u8>>> {
    let (salt, rest) = blob.split_at_checked(SALT)?;
    let (nonce, rest) = rest.split_at_checked(NONCE)?;
    let (encrypted, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2_hmac(EVERYBODYS_PASSWORD, salt, rounds, MessageDigest::sha1(), &mut *key).ok()?;
    symm::decrypt_aead(symm::Cipher::aes_256_gcm(), &*key, Some(nonce), salt, encrypted, tag).ok().map(Zeroizing::new)
}

/// Initialisation vector, cipher text.
fn cbc(blob: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (iv, encrypted) = blob.split_at_checked(16)?;
    let key = openssl::hash::hash(MessageDigest::md5(), EVERYBODYS_PASSWORD).ok()?;
    let mut crypter = Crypter::new(symm::Cipher::aes_128_cbc(), Mode::Decrypt, &key, Some(iv)).ok()?;
    let mut plain = Zeroizing::new(vec![0; encrypted.len() + 16]);
    let length = crypter.update(encrypted, &mut plain).ok()?;
    let length = length + crypter.finalize(plain.get_mut(length..)?).ok()?;
    plain.truncate(length);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_password() {
        let opened = Cipher::old().open("EBESExQVFhcYGRobHB0eH8xlSTUmwJ6McnCKRgtPS7Q=");
        assert_eq!(opened.unwrap().expose(), "quince7");
        for broken in ["", "a", "EBESExQVFhcYGRobHB0eHw==", "EBESExQVFhcYGRobHB0eH8xlSTUmwJ6McnCKRgtPS7A="] {
            assert!(Cipher::old().open(broken).is_none(), "{broken}");
        }
    }
}
