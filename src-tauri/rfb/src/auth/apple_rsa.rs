//! Apple RSA, security type 33: user name and password for a key that the server shows. The login is encrypted; the session
//! is not. Apple has published nothing about it. The bytes are those that two programs send to Macs, which were written
//! independently of each other: [asyncvnc](https://github.com/barneygale/asyncvnc) and
//! [noVNC-ARD](https://github.com/peetinc/noVNC-ARD); a
//! [third source](https://github.com/Chapoly1305/iShareScreen) has the frames and the number of each form from a recording.
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | viewer | 4, 2, 4, 2, 2 | length 10, version 1, `RSA1`, form 0: the key is wanted, 0 |
//! | server | 4, 2, 4 | length of all that follows, version, length of the key |
//! | server | k, 1 | the key: DER, SubjectPublicKeyInfo or RSAPublicKey alone; 0 |
//! | viewer | 4, 2, 4, 2 | length of all that follows, version 1, `RSA1`, form 1: user name and password |
//! | viewer | 128 | user name and password in 64 bytes each, encrypted with AES-128-ECB |
//! | viewer | 2, n | bytes of the modulus; the AES key, encrypted with the server's (PKCS #1 v1.5) |
//! | server | 4 | length of an answer: 0 |
//!
//! The versions and the last length are little-endian, all else is big-endian. A field ends with NUL and is padded with random
//! bytes. Form 2 is SRP, which is not spoken here.
//!
//! The key protects the login against anyone else only if the caller knows it, so it is shown to the caller before anything
//! is sent. ECB leaves no equal blocks to see: the AES key is new each time, and what follows a field's NUL is random.

use super::{
    apple_login::{self, LIMITS, LOGIN_LEN},
    credentials, rsa_key,
};
use crate::{
    ask::{Ask, CredentialRequest, Credentials, ServerKey, Step},
    error::Error,
    maker::Maker,
    security::SecurityType,
    wire::Wire,
};
use rand_core::CryptoRng;
use rsa::{Pkcs1v15Encrypt, PublicKey, traits::PublicKeyParts};
use zeroize::Zeroizing;

/// The choice of the type, with the wish for the key: servers were seen to want both in one piece.
pub(super) const CHOICE: [u8; 15] = *b"\x21\0\0\0\x0a\x01\0RSA1\0\0\0\0";

pub(super) async fn authenticate<A: Ask, R: CryptoRng>(wire: &mut Wire, ask: &mut A, mut rng: R) -> Result<(), Error> {
    wire.set_step(Step::Authentication, ask);
    let (key, public) = read_key(wire).await?;
    ask.trust(&key).await?;
    let request = CredentialRequest { security_type: SecurityType::AppleRsa, username: true };
    let credentials = credentials(ask, request, &LIMITS).await?;
    let message = login(&public, &credentials, &mut rng)
        .map_err(|cause| wire.protocol_error(format!("a key that cannot be used: {cause}")))?;
    wire.send(&message).await?;
    // The Mac may ask its own user now, and whom it does not let in it may leave without a word.
    wire.set_step(Step::SecurityResult, ask);
    match wire.read_u32().await.map_err(Error::after_credentials)? {
        0 => Ok(()),
        _ => Err(Error::NoCommonSecurity {
            offered: vec![format!("{} in another form", SecurityType::AppleRsa)],
            maker: Some(Maker::Apple),
        }),
    }
}

/// Reads the server's public key, and checks that it can be used.
async fn read_key(wire: &mut Wire) -> Result<(ServerKey, PublicKey), Error> {
    let length = wire.read_u32().await?;
    if !(HEAD_LEN..=MAX_LEN).contains(&length) {
        return Err(wire.protocol_error(format!("a message of {length} bytes with a key")));
    }
    let message = wire.read_vec(length as usize).await?;
    let (_version, rest) = message.split_at(2);
    let (key_length, rest) = rest.split_at(4);
    let key_length = key_length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    let der = rest.get(..key_length).ok_or_else(|| wire.protocol_error(format!("a key of {key_length} bytes")))?;
    let (modulus, exponent) = public_numbers(der).ok_or_else(|| rsa_key::unusable(wire))?;
    // Not truncated: it has at most `MAX_LEN` bytes.
    let bits = modulus.len() as u32 * 8 - modulus.first().map_or(0, |first| first.leading_zeros());
    rsa_key::check_bits(wire, bits)?;
    let padding = modulus.len().checked_sub(exponent.len()).ok_or_else(|| rsa_key::unusable(wire))?;
    rsa_key::usable(wire, bits, modulus, &[&vec![0; padding], exponent].concat())
}

/// Modulus and exponent, without leading zeros: of an RSAPublicKey
/// ([RFC 8017, A.1.1](https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.1)), by itself or within a SubjectPublicKeyInfo
/// ([RFC 3279, 2.3.1](https://www.rfc-editor.org/rfc/rfc3279#section-2.3.1)).
fn public_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, []) = element(der, SEQUENCE)? else { return None };
    let key = match element(content, SEQUENCE) {
        Some((RSA_ENCRYPTION, rest)) => {
            let (bits, []) = element(rest, BIT_STRING)? else { return None };
            let (content, []) = element(bits.strip_prefix(&[0])?, SEQUENCE)? else { return None };
            content
        }
        Some(_) => return None,
        None => content,
    };
    let (modulus, rest) = element(key, INTEGER)?;
    let (exponent, []) = element(rest, INTEGER)? else { return None };
    Some((positive(modulus)?, positive(exponent)?))
}

/// A number's bytes without the zero that keeps it from being a negative one.
fn positive(number: &[u8]) -> Option<&[u8]> {
    match number {
        [0, rest @ ..] => Some(rest),
        [1..=0x7f, ..] => Some(number),
        _ => None,
    }
}

/// The content of the element of this kind that `bytes` begin with, and what follows it
/// ([X.690, 8.1](https://www.itu.int/rec/T-REC-X.690)): kind, length, content. A length of up to 127 is one byte; a longer one
/// has, before it, the number of its bytes.
fn element(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (&[first, length], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 | 0x82 => {
            let (long, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (long.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    (first == kind).then_some(())?;
    rest.split_at_checked(length)
}

/// The message with the login.
fn login(public: &PublicKey, credentials: &Credentials, rng: &mut impl CryptoRng) -> Result<Vec<u8>, rsa::Error> {
    let mut key = Zeroizing::new([0; 16]);
    rng.fill_bytes(&mut *key);
    let mut fields = Zeroizing::new([0; LOGIN_LEN]);
    rng.fill_bytes(&mut *fields);
    apple_login::encrypt(&mut fields, credentials, &key);
    let encrypted = public.encrypt(rng, Pkcs1v15Encrypt, &*key)?;
    // Neither is truncated: a modulus has at most 1024 bytes.
    let length = (8 + fields.len() + 2 + encrypted.len()) as u32;
    let modulus = (public.size() as u16).to_le_bytes();
    Ok([&length.to_be_bytes()[..], b"\x01\0RSA1\0\x01", &*fields, &modulus, &encrypted].concat())
}

/// Bytes of version and length, before the key.
const HEAD_LEN: u32 = 6;
/// Bytes of the message with the key: a modulus, an exponent of the same length, and what DER says about them.
const MAX_LEN: u32 = 2 * rsa_key::MAX_BITS / 8 + 256;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
/// The algorithm rsaEncryption (1.2.840.113549.1.1.1), without parameters: NULL.
const RSA_ENCRYPTION: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of 1024 bits, as OpenSSL writes SubjectPublicKeyInfo.
    const KEY: &str = "30819f300d06092a864886f70d010101050003818d0030818902818100a92dbd4ee7ba43fd57addb75ef48ca6ba104b58f0878f9\
        1271e39271ec4eccd32e67c05ac03ec29f21ae728601893b73674052af46bbd81be241bd7839a86510a3fe9e1f77ff45444e549a\
        6cb2bef8c48853231809aaea8a458989e328dffc8355da24c6c8da9a14489465bfb0cc377991fdde499b24e32aeb830b36917296\
        f10203010001";

    fn key() -> Vec<u8> {
        (0..KEY.len()).step_by(2).map(|place| u8::from_str_radix(&KEY[place..place + 2], 16).unwrap()).collect()
    }

    #[test]
    fn a_key_of_another_implementation_in_both_forms() {
        let key = key();
        let (modulus, exponent) = public_numbers(&key).unwrap();
        assert_eq!((modulus.len(), exponent), (128, &[1, 0, 1][..]));
        assert_eq!((&modulus[..4], &modulus[124..]), (&[0xa9, 0x2d, 0xbd, 0x4e][..], &[0x91, 0x72, 0x96, 0xf1][..]));
        assert_eq!(public_numbers(&key[22..]), Some((modulus, exponent)), "RSAPublicKey alone");
    }

    #[test]
    fn what_is_not_der_is_no_key() {
        let key = key();
        for end in 0..key.len() {
            assert_eq!(public_numbers(&key[..end]), None, "cut after {end}");
        }
        assert_eq!(public_numbers(&[&key[..], &[0]].concat()), None, "more than a key");
        for (place, byte, what) in [
            (0, 0x31, "no sequence"),
            (1, 0x80, "a length that the content ends"),
            (1, 0x84, "a length of four bytes"),
            (7, 0x2b, "another algorithm"),
            (18, 0x04, "no bit string"),
            (21, 0x01, "bits that are left over"),
            (25, 0x04, "no integer"),
            (28, 0xff, "a negative modulus"),
        ] {
            let mut other = key.clone();
            assert_ne!(std::mem::replace(&mut other[place], byte), byte);
            assert_eq!(public_numbers(&other), None, "{what}");
        }
        assert_eq!(public_numbers(&[0x30, 4, 2, 0, 2, 0]), None, "numbers without a byte");
        assert_eq!(public_numbers(b"\x30\x82\xff\xff"), None);
    }
}
