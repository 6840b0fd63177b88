//! RSA-AES, security types 5, 6, 129 and 130
//! ([rfbproto](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#rsa-aes-security-type)).
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | server | 4, n, n | bits of its public key, modulus, exponent |
//! | viewer | 4, 256, 256 | the same of ours |
//! | viewer | 2, n | length, our random bytes encrypted with the server's key |
//! | server | 2, 256 | length, its random bytes encrypted with our key |
//! | both | | from here on in records |
//! | viewer, server | hash | of both public keys, the sender's first |
//! | server | 1 | 1: user name and password; 2: password |
//! | viewer | 1, u, 1, p | user name, password |
//!
//! For 6 and 130 the records end here; for 5 and 129 the whole session is in records. They protect against a listener
//! even where the server's key is unknown, and against anyone else only if the caller knows the key.

use super::{Limits, credentials, rsa_key};
use crate::{
    ask::{Ask, CredentialRequest, ServerKey, Step},
    error::Error,
    record::{Cipher, Records},
    security::SecurityType,
    wire::Wire,
};
use rand_core::CryptoRng;
use rsa::{Pkcs1v15Encrypt, PrivateKey, PublicKey, traits::PublicKeyParts};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zeroize::Zeroizing;

pub(super) async fn authenticate<A, R>(
    wire: &mut Wire,
    ask: &mut A,
    mut rng: R,
    chosen: SecurityType,
) -> Result<(), Error>
where
    A: Ask,
    R: CryptoRng + Send + 'static,
{
    wire.set_step(Step::Authentication, ask);
    let strength = Strength::of(chosen);
    let (server_key, server_public) = read_key(wire).await?;
    ask.trust(&server_key).await?;

    let generate = move || (PrivateKey::new(&mut rng, OWN_BITS), rng);
    let (own, mut rng) = ask.run_blocking(generate).await?;
    let own = own.map_err(|cause| wire.protocol_error(format!("no key of our own: {cause}")))?;
    let own_public = public_bytes(&own);
    let mut own_random = Zeroizing::new(vec![0; strength.key_len()]);
    rng.fill_bytes(&mut own_random);
    let encrypted = server_public
        .encrypt(&mut rng, Pkcs1v15Encrypt, &own_random)
        .map_err(|cause| wire.protocol_error(format!("a key that cannot be used: {cause}")))?;
    let mut hello = own_public.clone();
    // Not truncated: a modulus has at most 1024 bytes.
    hello.extend((encrypted.len() as u16).to_be_bytes());
    hello.extend(encrypted);
    wire.send(&hello).await?;

    let length = usize::from(wire.read_u16().await?);
    if length != OWN_LEN {
        return Err(wire.protocol_error(format!("a random number of {length} encrypted bytes")));
    }
    let encrypted = wire.read_vec(length).await?;
    // A ciphertext with wrong padding decrypts to random bytes of a random length (implicit rejection).
    let server_random = own.decrypt(Pkcs1v15Encrypt, &encrypted).map(Zeroizing::new).unwrap_or_default();
    if server_random.len() != own_random.len() {
        return Err(wire.protocol_error(format!("a random number of {} bytes", server_random.len())));
    }

    let sealer = strength.cipher(&[&server_random, &own_random]);
    let opener = strength.cipher(&[&own_random, &server_random]);
    let mut records = Records::new(wire.take_stream(), opener, sealer);
    exchange(wire, ask, &mut records, strength, chosen, [&own_public, &server_key.blob]).await?;
    match chosen {
        SecurityType::Ra2 | SecurityType::Ra2Aes256 => wire.set_stream(Box::new(records)),
        _ => wire
            .set_stream(records.into_inner().ok_or_else(|| wire.protocol_error("more records than were asked for"))?),
    }
    Ok(())
}

/// The exchange within the records: the proofs of both keys, then the login.
async fn exchange<A: Ask>(
    wire: &mut Wire,
    ask: &mut A,
    records: &mut Records,
    strength: Strength,
    chosen: SecurityType,
    [own, server]: [&[u8]; 2],
) -> Result<(), Error> {
    records.write_all(&strength.hash(&[own, server])).await.map_err(|cause| wire.map_io_error(cause))?;
    records.flush().await.map_err(|cause| wire.map_io_error(cause))?;
    let expected = strength.hash(&[server, own]);
    let mut received = vec![0; expected.len()];
    records.read_exact(&mut received).await.map_err(|cause| wire.map_io_error(cause))?;
    if !bool::from(received.ct_eq(&expected)) {
        return Err(Error::Integrity { during: wire.step() });
    }
    let username = match records.read_u8().await.map_err(|cause| wire.map_io_error(cause))? {
        1 => true,
        2 => false,
        other => return Err(wire.protocol_error(format!("login kind {other}"))),
    };
    let credentials = credentials(ask, CredentialRequest { security_type: chosen, username }, &LIMITS).await?;
    let name = if username { credentials.username_bytes() } else { &[] };
    let password = credentials.password_bytes();
    let mut login = Zeroizing::new(Vec::with_capacity(2 + name.len() + password.len()));
    // Neither length is truncated: see `LIMITS`.
    login.push(name.len() as u8);
    login.extend(name);
    login.push(password.len() as u8);
    login.extend(password);
    records.write_all(&login).await.map_err(|cause| wire.map_io_error(cause))?;
    records.flush().await.map_err(|cause| wire.map_io_error(cause))
}

/// Reads the server's public key, and checks that it can be used.
async fn read_key(wire: &mut Wire) -> Result<(ServerKey, PublicKey), Error> {
    let bits = wire.read_u32().await?;
    rsa_key::check_bits(wire, bits)?;
    let length = bits.div_ceil(8) as usize;
    let numbers = wire.read_vec(2 * length).await?;
    let (modulus, exponent) = numbers.split_at(length);
    rsa_key::usable(wire, bits, modulus, exponent)
}

/// Our public key as it is sent.
fn public_bytes(own: &PrivateKey) -> Vec<u8> {
    let mut bytes = (OWN_BITS as u32).to_be_bytes().to_vec();
    for number in [own.n_bytes(), own.e_bytes()] {
        bytes.resize(bytes.len() + OWN_LEN.saturating_sub(number.len()), 0);
        bytes.extend(number);
    }
    bytes
}

/// AES-128 and SHA-1, or AES-256 and SHA-256.
#[derive(Clone, Copy)]
enum Strength {
    Bits128,
    Bits256,
}

impl Strength {
    fn of(chosen: SecurityType) -> Self {
        match chosen {
            SecurityType::Ra2Aes256 | SecurityType::Ra2neAes256 => Self::Bits256,
            _ => Self::Bits128,
        }
    }

    /// Bytes of an AES key, and of each side's random bytes.
    fn key_len(self) -> usize {
        match self {
            Self::Bits128 => 16,
            Self::Bits256 => 32,
        }
    }

    fn hash(self, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(match self {
            Self::Bits128 => parts.iter().fold(Sha1::new(), |hash, part| hash.chain_update(part)).finalize().to_vec(),
            Self::Bits256 => parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize().to_vec(),
        })
    }

    /// The cipher of one direction. SHA-1 has more bytes than AES-128 takes.
    fn cipher(self, randoms: &[&[u8]]) -> Cipher {
        let hash = self.hash(randoms);
        match self {
            Self::Bits128 => Cipher::aes128(&key(&hash)),
            Self::Bits256 => Cipher::aes256(&key(&hash)),
        }
    }
}

fn key<const N: usize>(hash: &[u8]) -> Zeroizing<[u8; N]> {
    let mut key = Zeroizing::new([0; N]);
    for (key, byte) in key.iter_mut().zip(hash) {
        *key = *byte;
    }
    key
}

/// Each length is sent in one byte.
const LIMITS: Limits = Limits { username: 255, password: 255 };
/// Bits of our own key, which is used for one login.
const OWN_BITS: usize = 2048;
const OWN_LEN: usize = OWN_BITS / 8;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncWriteExt, duplex};

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap()).collect()
    }

    /// The records of noVNC's test (tests/test.rfb.js, "RA2"): both sides' random bytes are its, the server's decrypted
    /// with its key; the hashes are SHA-1 of its two public keys.
    #[tokio::test]
    async fn published_records() {
        let (client, server) = (bytes("1c08fe2178ef4ef93f05ecead46ba5d5"), bytes("33c91efb9950d50d15213e62dbd60b87"));
        let strength = Strength::Bits128;
        let (near, mut far) = duplex(1 << 16);
        let (opener, sealer) = (strength.cipher(&[&client, &server]), strength.cipher(&[&server, &client]));
        let mut records = Records::new(Box::new(near), opener, sealer);

        let hash = "0014393066b5668acdb9dae0decbf6475f5466e0bc493701f29eefcccd4d6c0ec6ab28d47b13";
        far.write_all(&bytes(hash)).await.unwrap();
        far.write_all(&bytes("0001302ac30bc21ceb0244925dfdf9a794d019")).await.unwrap();
        let mut read = vec![0; 21];
        records.read_exact(&mut read).await.unwrap();
        assert_eq!(read, bytes("bf790f600b331387a6ee0c95d51a1c22ce8fcc3402"));

        records.write_all(&bytes("dd8a9d209344c3792d45e763f27910c25f3bc118")).await.unwrap();
        records.write_all(b"\0\x06123456").await.unwrap();
        records.flush().await.unwrap();
        let mut sent = vec![0; 38 + 26];
        far.read_exact(&mut sent).await.unwrap();
        let hash = "00149c919e76cf1e66875e29f11380ea7decaef96001d36fb79eb2cd2dc8f884b29fc37eb4be";
        assert_eq!(sent[..38], bytes(hash));
        assert_eq!(sent[38..], bytes("00089dc83ab8804fe352db629e976482a8a16b7e4d688c299138"));
    }
}
