//! ARD, security type 30: Apple's Diffie-Hellman login, "Diffie-Hellman Authentication" in
//! [rfbproto](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#diffie-hellman-authentication). The login is
//! encrypted; the session is not, and neither side is authenticated by the exchange.
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | server | 2, 2 | generator, bytes of the modulus |
//! | server | n, n | modulus, the server's public value |
//! | viewer | 128 | user name and password in 64 bytes each, encrypted with AES-128-ECB |
//! | viewer | n | our public value |
//!
//! The AES key is MD5 of the shared secret. A field ends with NUL and is padded with random bytes.

use super::{
    apple_login::{self, LIMITS, LOGIN_LEN},
    credentials,
};
use crate::{
    ask::{Ask, CredentialRequest, Credentials, Step},
    error::Error,
    security::SecurityType,
    wire::Wire,
};
use crypto_bigint::{
    BoxedUint, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use md5::{Digest, Md5};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

pub(super) async fn authenticate<A, R>(wire: &mut Wire, ask: &mut A, mut rng: R) -> Result<(), Error>
where
    A: Ask,
    R: CryptoRng + Send + 'static,
{
    wire.set_step(Step::Authentication, ask);
    let generator = wire.read_u16().await?;
    let length = usize::from(wire.read_u16().await?);
    if !(MIN_LEN..=MAX_LEN).contains(&length) {
        return Err(wire.protocol_error(format!("a Diffie-Hellman key of {length} bytes")));
    }
    let modulus = wire.read_vec(length).await?;
    let theirs = wire.read_vec(length).await?;
    let group = Group::new(generator, &modulus, &theirs)
        .ok_or_else(|| wire.protocol_error("Diffie-Hellman numbers that protect nothing"))?;

    // Before computing: a cancelled login costs no time.
    let request = CredentialRequest { security_type: SecurityType::Ard, username: true };
    let credentials = credentials(ask, request, &LIMITS).await?;
    let mut secret = Zeroizing::new([0; SECRET_LEN]);
    rng.fill_bytes(&mut *secret);
    let mut login = Zeroizing::new([0; LOGIN_LEN]);
    rng.fill_bytes(&mut *login);
    // Two exponentiations: tenths of a second in large groups.
    let message = ask.run_blocking(move || group.message(&secret, &mut login, &credentials)).await?;
    wire.send(&message).await
}

/// Checked Diffie-Hellman parameters.
struct Group {
    generator: BoxedMontyForm,
    theirs: BoxedMontyForm,
    /// Bytes of the modulus and of each value on the wire.
    length: usize,
}

impl Group {
    /// None where the parameters would give the secret away: an even or short modulus, or a value of which all powers
    /// are the same.
    fn new(generator: u16, modulus: &[u8], theirs: &[u8]) -> Option<Self> {
        let length = modulus.len();
        // Montgomery arithmetic needs whole limbs.
        let bits = (length as u32 * 8).next_multiple_of(64);
        let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, bits).ok();
        let (p, theirs) = (number(modulus)?, number(theirs)?);
        let generator = number(&generator.to_be_bytes())?;
        let one = BoxedUint::one_with_precision(bits);
        if p.bit_width_vartime() < MIN_LEN as u32 * 8 - 7 {
            return None;
        }
        let largest = p.wrapping_sub(&one);
        let useful = |number: &BoxedUint| *number > one && *number < largest;
        if !useful(&theirs) || !useful(&generator) {
            return None;
        }
        let modulus = BoxedMontyParams::new_vartime(Option::from(Odd::new(p))?);
        Some(Self {
            generator: BoxedMontyForm::new(generator, &modulus),
            theirs: BoxedMontyForm::new(theirs, &modulus),
            length,
        })
    }

    /// The encrypted login, then our public value. `login` is filled with random bytes: the padding.
    fn message(&self, secret: &[u8; SECRET_LEN], login: &mut [u8; LOGIN_LEN], credentials: &Credentials) -> Vec<u8> {
        let exponent = Zeroizing::new(BoxedUint::from_be_slice_vartime(secret));
        let shared = Zeroizing::new(self.bytes(self.theirs.pow(&exponent)));
        let key: Zeroizing<[u8; 16]> = Zeroizing::new(Md5::digest(&*shared).into());
        apple_login::encrypt(login, credentials, &key);
        [&login[..], &self.bytes(self.generator.pow(&exponent))].concat()
    }

    fn bytes(&self, number: BoxedMontyForm) -> Vec<u8> {
        let bytes = number.retrieve().to_be_bytes();
        // The limbs may have more bytes than the modulus; the number has not.
        bytes[bytes.len() - self.length..].to_vec()
    }
}

/// Bytes. Groups below 1024 bits are rejected ([Logjam](https://weakdh.org)); macOS uses 1024 or 4096.
const MIN_LEN: usize = 128;
/// Bytes. Bounds computing time.
const MAX_LEN: usize = 1024;
/// Bytes of our secret exponent: 512 bits are more than the strength of any group up to the maximum.
const SECRET_LEN: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2409, section 6.2: the second Oakley group.
    const MODULUS: &str = "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
        ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
        ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff";
    /// 2 to the power of 40 bytes of 0x77.
    const THEIRS: &str = "a8d91c01961d4d66a436a73388b2b5b3234e4db7ce5e395d4c6dfc48cedb9be15cac88b62743cab3c94450463864777d\
        713db16df476630bcbc323c6163c0d302d6c6db2179563548c41053709e884aed738ed86041d25c8e8465880976d56f3\
        7e913207f113b523c65dede7293f30f866674caefcfe9c9c985b24c77f65f2f5";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap()).collect()
    }

    /// Computed with Python's integers and its `cryptography`, from the description above.
    #[test]
    fn the_answer_of_another_implementation() {
        let group = Group::new(2, &bytes(MODULUS), &bytes(THEIRS)).unwrap();
        let secret = std::array::from_fn(|place| place as u8 + 1);
        let message = group.message(&secret, &mut [0; LOGIN_LEN], &Credentials::new("ann", "passw0rd ü"));
        assert_eq!(message.len(), 128 + 128);
        assert_eq!(message[..16], bytes("75e9ddfee64a86af92533a4371bdd05d"));
        assert_eq!(message[128..144], bytes("d45667a37a74bf24b2769872354064f5"));
        assert_eq!(
            crate::auth::tests::sha256(&message),
            "796398946571ae2fe80056b6b8deb62c52914378aee0aa6561035488588d5cf2"
        );
    }

    #[test]
    fn random_bytes_pad_the_login() {
        let group = Group::new(2, &bytes(MODULUS), &bytes(THEIRS)).unwrap();
        let filled =
            |filler| group.message(&[9; SECRET_LEN], &mut [filler; 128], &Credentials::new("ann", ""))[..64].to_vec();
        let (first, second) = (filled(1), filled(2));
        assert_ne!(first[16..], second[16..]);
        assert_ne!(first[..16], first[16..32], "equal blocks would show where the name ends");
    }

    #[test]
    fn parameters_that_protect_nothing_are_rejected() {
        let (p, a) = (bytes(MODULUS), bytes(THEIRS));
        let number = |value: u8| [vec![0; 127], vec![value]].concat();
        let minus = |down: u8| [&p[..127], &[p[127] - down]].concat();
        assert!(Group::new(2, &p, &a).is_some());
        for theirs in [number(0), number(1), minus(1), p.clone(), vec![0xff; 128]] {
            assert!(Group::new(2, &p, &theirs).is_none());
        }
        for generator in [0, 1] {
            assert!(Group::new(generator, &p, &a).is_none());
        }
        for modulus in [number(0), number(1), minus(1), number(101), [vec![0; 64], vec![0xff; 64]].concat()] {
            assert!(Group::new(2, &modulus, &number(7)).is_none(), "{modulus:x?}");
        }
    }

    #[test]
    fn every_length_of_modulus_works() {
        for length in [128, 129, 200, 256, 512, 1023, 1024] {
            let group = Group::new(5, &vec![0xff; length], &vec![0x7f; length]).unwrap();
            let message = group.message(&[3; SECRET_LEN], &mut [0; 128], &Credentials::new([b'u'; 63], [b'p'; 63]));
            assert_eq!(message.len(), 128 + length);
        }
    }
}
