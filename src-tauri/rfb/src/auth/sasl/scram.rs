//! SCRAM ([RFC 5802](https://www.rfc-editor.org/rfc/rfc5802), with SHA-256
//! [RFC 7677](https://www.rfc-editor.org/rfc/rfc7677)): bytes in, bytes out.
//!
//! | from | what |
//! | --- | --- |
//! | viewer | `n,,n=`user name`,r=`nonce |
//! | server | `r=`our nonce and its own`,s=`salt`,i=`rounds |
//! | viewer | `c=biws,r=`both nonces`,p=`proof |
//! | server | `v=`signature, or `e=`error |
//!
//! User name and password are taken as they are: Cyrus SASL, which nearly all VNC servers with SASL use, compares bytes, and
//! knows nothing of SASLprep. There is no channel binding: no VNC server offers it.

use crate::text::sanitize_reason;
use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac, digest::Digest};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The hash that a mechanism has in its name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hash {
    Sha1,
    Sha256,
}

/// The first message.
pub(super) struct First {
    hash: Hash,
    bare: Vec<u8>,
    nonce: String,
}

/// What the server sent to it.
pub(super) struct Challenge {
    hash: Hash,
    salt: Vec<u8>,
    rounds: u32,
    /// The second message as far as the proof.
    without_proof: Vec<u8>,
    /// What proof and signature are made over.
    both: Vec<u8>,
}

/// The signature of a server that knows the password, or what can be made from it.
pub(super) struct Expected(Zeroizing<Vec<u8>>);

/// Why the server's last message is no proof.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The signature is wrong, or there is none.
    Unproven,
    /// It says no.
    Says(Option<String>),
}

impl First {
    pub(super) fn new(hash: Hash, username: &[u8], nonce: &str) -> Self {
        let mut bare = b"n=".to_vec();
        for byte in username {
            match byte {
                b',' => bare.extend(b"=2C"),
                b'=' => bare.extend(b"=3D"),
                other => bare.push(*other),
            }
        }
        bare.extend(b",r=");
        bare.extend(nonce.as_bytes());
        Self { hash, bare, nonce: nonce.to_owned() }
    }

    pub(super) fn message(&self) -> Vec<u8> {
        [NO_BINDING, &self.bare].concat()
    }

    /// Reads the server's answer.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn challenge(self, answer: &[u8]) -> Result<Challenge, String> {
        let text = std::str::from_utf8(answer).map_err(|_| "SCRAM in no text")?;
        let mut parts = text.split(',');
        let mut part = |name: &str| parts.next().and_then(|part| part.strip_prefix(name));
        // Extensions that have to be understood come first, as `m=`.
        let nonce = part("r=").ok_or("SCRAM without a nonce")?;
        let salt = part("s=").ok_or("SCRAM without salt")?;
        let rounds = part("i=").ok_or("SCRAM without a number of rounds")?;
        if nonce.len() <= self.nonce.len() || !nonce.starts_with(&self.nonce) {
            return Err("SCRAM with another nonce than ours".to_owned());
        }
        let salt =
            Base64::decode_vec(salt).ok().filter(|salt| !salt.is_empty()).ok_or("SCRAM with an unreadable salt")?;
        let digits = rounds.bytes().all(|byte| byte.is_ascii_digit());
        let rounds = rounds.parse().ok().filter(|rounds| digits && (MIN_ROUNDS..=MAX_ROUNDS).contains(rounds));
        let rounds =
            rounds.ok_or_else(|| format!("SCRAM with another number of rounds than {MIN_ROUNDS} to {MAX_ROUNDS}"))?;
        let without_proof = format!("c={},r={nonce}", Base64::encode_string(NO_BINDING)).into_bytes();
        let both = [&self.bare, answer, &without_proof].join(&b","[..]);
        Ok(Challenge { hash: self.hash, salt, rounds, without_proof, both })
    }
}

impl Challenge {
    /// The second message, and the signature that the server has to answer with. Takes up to a second.
    pub(super) fn answer(&self, password: &[u8]) -> (Vec<u8>, Expected) {
        let (proof, signature) = match self.hash {
            Hash::Sha1 => self.keyed::<Hmac<Sha1>, Sha1>(password),
            Hash::Sha256 => self.keyed::<Hmac<Sha256>, Sha256>(password),
        };
        let proof = format!(",p={}", Base64::encode_string(&proof));
        ([&self.without_proof, proof.as_bytes()].concat(), Expected(signature))
    }

    /// Our proof, and the server's signature.
    fn keyed<M: Mac + KeyInit + Clone, D: Digest>(&self, password: &[u8]) -> (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>) {
        let salted = stretched::<M>(password, &self.salt, self.rounds);
        let client_key = mac::<M>(&salted, b"Client Key");
        let stored_key = Zeroizing::new(D::digest(&client_key[..]).to_vec());
        let signature = mac::<M>(&stored_key, &self.both);
        let proof = client_key.iter().zip(signature.iter()).map(|(key, signed)| key ^ signed).collect();
        let server_key = mac::<M>(&salted, b"Server Key");
        (Zeroizing::new(proof), mac::<M>(&server_key, &self.both))
    }
}

impl Expected {
    /// Looks at the server's last message.
    pub(super) fn verify(&self, last: &[u8]) -> Result<(), Refusal> {
        if let Some(reason) = last.strip_prefix(b"e=") {
            return Err(Refusal::Says(sanitize_reason(reason)));
        }
        let signature = last.strip_prefix(b"v=").and_then(|rest| rest.split(|byte| *byte == b',').next());
        let signature = signature.and_then(|base64| std::str::from_utf8(base64).ok());
        let signature = signature.and_then(|base64| Base64::decode_vec(base64).ok()).unwrap_or_default();
        if bool::from(signature.ct_eq(&self.0)) { Ok(()) } else { Err(Refusal::Unproven) }
    }
}

/// PBKDF2 ([RFC 8018, section 5.2](https://www.rfc-editor.org/rfc/rfc8018#section-5.2)) with one block of output.
fn stretched<M: Mac + KeyInit + Clone>(password: &[u8], salt: &[u8], rounds: u32) -> Zeroizing<Vec<u8>> {
    let keyed = keyed::<M>(password);
    let once = |parts: &[&[u8]]| {
        let mut mac = keyed.clone();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes()
    };
    let mut block = Zeroizing::new(once(&[salt, &1_u32.to_be_bytes()]).to_vec());
    let mut sum = block.clone();
    for _ in 1..rounds {
        let next = once(&[&block]);
        block.copy_from_slice(&next);
        sum.iter_mut().zip(block.iter()).for_each(|(sum, byte)| *sum ^= byte);
    }
    sum
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(keyed::<M>(key).chain_update(message).finalize().into_bytes().to_vec())
}

fn keyed<M: KeyInit>(key: &[u8]) -> M {
    // HMAC takes keys of any length.
    M::new_from_slice(key).unwrap_or_else(|_| M::new(&Default::default()))
}

/// The header of a client without channel binding, for no other user's sake.
const NO_BINDING: &[u8] = b"n,,";
/// What RFC 7677 asks for. A server that says less would make the password easier to find out of our proof.
const MIN_ROUNDS: u32 = 4096;
/// About a second. Cyrus SASL's own is 4096.
const MAX_ROUNDS: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 5802 (section 5) and RFC 7677 (section 3).
    #[test]
    fn published_exchanges() {
        for (hash, nonce, answer, message, last) in [
            (
                Hash::Sha1,
                "fyko+d2lbbFgONRv9qkxdawL",
                "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
                "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
                "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
            ),
            (
                Hash::Sha256,
                "rOprNGfwEbeRWgbNEkqO",
                "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            ),
        ] {
            let first = First::new(hash, b"user", nonce);
            assert_eq!(first.message(), format!("n,,n=user,r={nonce}").as_bytes());
            let (sent, expected) = first.challenge(answer.as_bytes()).unwrap().answer(b"pencil");
            assert_eq!(String::from_utf8(sent).unwrap(), message);
            assert_eq!(expected.verify(last.as_bytes()), Ok(()));
            assert_eq!(
                expected.verify(format!("{last},x=later").as_bytes()),
                Ok(()),
                "extensions are left to those who know them"
            );
            for wrong in ["", "v=", "v=!", "v=AAAA", &message[..8], &format!("x{last}"), &last[..last.len() - 4]] {
                assert_eq!(expected.verify(wrong.as_bytes()), Err(Refusal::Unproven), "{wrong}");
            }
            let says = Refusal::Says(Some("invalid-proof".to_owned()));
            assert_eq!(expected.verify(b"e=invalid-proof"), Err(says));
        }
    }

    #[test]
    fn every_other_challenge_is_refused() {
        let challenge = |answer: &[u8]| First::new(Hash::Sha256, b"ann", "ours").challenge(answer).map(|it| it.rounds);
        assert_eq!(challenge(b"r=oursTHEIRS,s=QSXC,i=4096"), Ok(4096));
        assert_eq!(challenge(b"r=oursTHEIRS,s=QSXC,i=1000000,x=later"), Ok(1_000_000));
        for wrong in [
            &b""[..],
            b"\xff",
            b"r=ours,s=QSXC,i=4096",
            b"r=THEIRS,s=QSXC,i=4096",
            b"r=theirsours,s=QSXC,i=4096",
            b"m=must,r=oursTHEIRS,s=QSXC,i=4096",
            b"s=QSXC,r=oursTHEIRS,i=4096",
            b"r=oursTHEIRS,s=QSXC",
            b"r=oursTHEIRS,s=,i=4096",
            b"r=oursTHEIRS,s=QSX,i=4096",
            b"r=oursTHEIRS,s=QSXC,i=0",
            b"r=oursTHEIRS,s=QSXC,i=4095",
            b"r=oursTHEIRS,s=QSXC,i=1000001",
            b"r=oursTHEIRS,s=QSXC,i=2147483648",
            b"r=oursTHEIRS,s=QSXC,i=99999999999999999999",
            b"r=oursTHEIRS,s=QSXC,i=+4096",
            b"r=oursTHEIRS,s=QSXC,i=-1",
        ] {
            assert!(challenge(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn a_user_name_cannot_add_attributes() {
        assert_eq!(First::new(Hash::Sha1, b"a,n=b", "N").message(), b"n,,n=a=2Cn=3Db,r=N");
    }
}
