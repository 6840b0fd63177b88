//! How a picture lies on the disk: what its file is called, and what is in it.
//!
//! ```text
//! name   HMAC-SHA256 of the machine's id, its first half, in hexadecimal digits
//! file   1 version, 1 whether it is blurred, 12 nonce, 16 tag, then AES-256-GCM of width, height and the image
//! ```
//! The first two bytes and the machine's id are authenticated, too: a file that is renamed into another's place opens for none.

use super::Taken;
use crate::model::{HostId, Secret};
use openssl::{
    error::ErrorStack,
    hash::MessageDigest,
    pkey::{PKey, Private},
    sign::Signer,
    symm::{Cipher, decrypt_aead, encrypt_aead},
};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;
/// Half of it is for names, half for what is in the files.
const KEY: usize = 64;

/// What all pictures are sealed with.
pub(super) struct Key {
    bytes: Zeroizing<[u8; KEY]>,
    naming: PKey<Private>,
}

impl Key {
    /// A new one, of random bytes.
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; KEY]);
        getrandom::fill(&mut *bytes)?;
        Self::of(bytes).map_err(|_| getrandom::Error::UNEXPECTED)
    }

    /// As [`Key::print`] has written it; none where it is something else.
    pub(super) fn parse(secret: &Secret) -> Option<Self> {
        let text = secret.expose();
        let mut bytes = Zeroizing::new([0; KEY]);
        if text.len() != 2 * KEY || !text.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Self::of(bytes).ok()
    }

    /// For the keyring, which has texts.
    pub(super) fn print(&self) -> Secret {
        hexadecimal(&*self.bytes).into()
    }

    fn of(bytes: Zeroizing<[u8; KEY]>) -> Result<Self, ErrorStack> {
        let naming = PKey::hmac(&bytes[..KEY / 2])?;
        Ok(Self { bytes, naming })
    }

    /// What the file of a machine is called: says nothing without the key.
    pub(super) fn name(&self, host: HostId) -> Result<String, ErrorStack> {
        let mac =
            Signer::new(MessageDigest::sha256(), &self.naming)?.sign_oneshot_to_vec(host.to_string().as_bytes())?;
        Ok(hexadecimal(&mac[..mac.len() / 2]))
    }

    /// A machine's picture as its file has it.
    pub(super) fn seal(&self, host: HostId, picture: &Taken) -> Result<Vec<u8>, ErrorStack> {
        let head = [VERSION, u8::from(picture.blurred)];
        let (mut nonce, mut tag) = ([0; NONCE], [0; TAG]);
        openssl::rand::rand_bytes(&mut nonce)?;
        let whole = picture.print();
        let sealed = encrypt_aead(
            Cipher::aes_256_gcm(),
            self.sealing(),
            Some(&nonce),
            &about(head, host),
            &whole[1..],
            &mut tag,
        )?;
        Ok([&head[..], &nonce, &tag, &sealed].concat())
    }

    /// A machine's picture out of its file; none where that is another's, was changed, or is of another key.
    pub(super) fn open(&self, host: HostId, file: &[u8]) -> Option<Taken> {
        let blurred = is_blurred(file)?;
        let (head, rest) = file.split_first_chunk::<2>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
        let (tag, sealed) = rest.split_first_chunk::<TAG>()?;
        let about = about(*head, host);
        let opened = decrypt_aead(Cipher::aes_256_gcm(), self.sealing(), Some(nonce), &about, sealed, tag).ok()?;
        Taken::parse(&[&[u8::from(blurred)], &opened[..]].concat())
    }

    fn sealing(&self) -> &[u8] {
        &self.bytes[KEY / 2..]
    }
}

/// What a file says readably: whether it is blurred; none where it is no file of ours.
pub(super) fn is_blurred(file: &[u8]) -> Option<bool> {
    match file.first_chunk()? {
        [VERSION, blurred @ 0..=1] => Some(*blurred == 1),
        _ => None,
    }
}

fn about(head: [u8; 2], host: HostId) -> Vec<u8> {
    [&head[..], host.to_string().as_bytes()].concat()
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // A String takes whatever is written.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Taken {
        Taken { blurred: true, size: (800, 600), file: b"\xff\xd8\xff\xe0 a screen".to_vec() }
    }

    /// Written by the first version that keeps pictures, with a key that was made for this.
    #[test]
    fn an_earlier_picture_opens() {
        let key = concat!(
            "c562022e032959699f84ab6f62d919849b9799aa88a41dbf542c43e78766ee61",
            "3964e038addd8e010767971c752f250bb331919cbf2be2e1203a94eb0563139b"
        );
        let key = Key::parse(&key.to_owned().into()).unwrap();
        let host = serde_json::from_value("6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a01".into()).unwrap();
        assert!(key.open(host, include_bytes!("earlier/picture-1")) == Some(picture()));
    }

    #[test]
    fn a_picture_opens_for_its_machine_and_its_key_only() {
        let (key, other) = (Key::new().unwrap(), Key::new().unwrap());
        let (host, another) = (HostId::new(), HostId::new());
        let file = key.seal(host, &picture()).unwrap();
        assert!(key.open(host, &file) == Some(picture()));
        assert!(Key::parse(&key.print()).unwrap().open(host, &file) == Some(picture()), "also after the keyring");
        assert!(key.open(another, &file).is_none() && other.open(host, &file).is_none());
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(key.open(host, &changed).is_none(), "byte {at}");
            assert!(key.open(host, &file[..at]).is_none(), "{at} bytes");
        }
    }

    #[test]
    fn a_file_says_nothing_and_is_never_the_same_twice() {
        let key = Key::new().unwrap();
        let host = HostId::new();
        let [one, two] = [(); 2].map(|()| key.seal(host, &picture()).unwrap());
        assert_ne!(one[2..], two[2..]);
        let text = String::from_utf8_lossy(&one).into_owned();
        assert!(!text.contains("a screen") && !one.windows(3).any(|bytes| bytes == [0xff, 0xd8, 0xff]));
        let name = key.name(host).unwrap();
        assert_eq!(name.len(), 32);
        assert_eq!(name, key.name(host).unwrap());
        assert_ne!(name, Key::new().unwrap().name(host).unwrap());
    }

    #[test]
    fn what_is_no_key_is_none() {
        for text in ["", "00", &"zz".repeat(KEY), &"é".repeat(KEY), &"+1".repeat(KEY)[1..]] {
            assert!(Key::parse(&text.to_owned().into()).is_none(), "{text}");
        }
    }
}
