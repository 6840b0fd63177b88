//! MSLogonII, security type 113: UltraVNC's login with a Windows account
//! ([rfbproto](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#mslogonii-authentication)). Its 64-bit
//! Diffie-Hellman is broken within seconds, so it counts as clear text.
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | server | 8, 8, 8 | generator, modulus, the server's public value |
//! | viewer | 8 | our public value |
//! | viewer | 256, 64 | user name and password, each encrypted with DES-CBC |
//!
//! The shared secret is the DES key, with the bits of each byte reversed as in VNC authentication, and the
//! initialisation vector. A field ends with NUL and is padded with random bytes.

use super::{Limits, credentials};
use crate::{
    ask::{Ask, CredentialRequest, Credentials, Step},
    error::Error,
    security::SecurityType,
    wire::Wire,
};
use des::{
    Des,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

pub(super) async fn authenticate<A, R>(wire: &mut Wire, ask: &mut A, mut rng: R) -> Result<(), Error>
where
    A: Ask,
    R: CryptoRng + Send,
{
    wire.set_step(Step::Authentication, ask);
    let group =
        Group { generator: wire.read_u64().await?, modulus: wire.read_u64().await?, theirs: wire.read_u64().await? };
    if !group.is_usable() {
        return Err(wire.protocol_error("Diffie-Hellman numbers that cannot be used"));
    }
    let request = CredentialRequest { security_type: SecurityType::MsLogonII, username: true };
    let credentials = credentials(ask, request, &LIMITS).await?;
    let secret = rng.next_u64();
    let mut fields = Zeroizing::new([0; USERNAME_LEN + PASSWORD_LEN]);
    rng.fill_bytes(&mut *fields);
    let message = group.message(secret, &mut fields, &credentials);
    wire.send(&message).await
}

struct Group {
    generator: u64,
    modulus: u64,
    theirs: u64,
}

impl Group {
    /// Whether it can be computed with. Nothing is checked for strength: 64 bits have none.
    fn is_usable(&self) -> bool {
        let useful = 2..self.modulus.saturating_sub(1);
        useful.contains(&self.generator) && useful.contains(&self.theirs)
    }

    /// Our public value, then the encrypted login. `fields` is filled with random bytes: the padding.
    fn message(
        &self,
        secret: u64,
        fields: &mut [u8; USERNAME_LEN + PASSWORD_LEN],
        credentials: &Credentials,
    ) -> Vec<u8> {
        let shared = Zeroizing::new(self.power(self.theirs, secret).to_be_bytes());
        let (name, password) = fields.split_at_mut(USERNAME_LEN);
        for (field, text) in [(name, credentials.username_bytes()), (password, credentials.password_bytes())] {
            // Not truncated: see `LIMITS`.
            for (place, byte) in field.iter_mut().zip(text.iter().chain(&[0])) {
                *place = *byte;
            }
            encrypt(&shared, field);
        }
        [&self.power(self.generator, secret).to_be_bytes()[..], &fields[..]].concat()
    }

    fn power(&self, base: u64, mut exponent: u64) -> u64 {
        let modulus = u128::from(self.modulus);
        let (mut result, mut square) = (1, u128::from(base) % modulus);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result * square % modulus;
            }
            square = square * square % modulus;
            exponent >>= 1;
        }
        // Not truncated: it is below the modulus, which has 64 bits.
        result as u64
    }
}

/// DES-CBC in place; fields are whole blocks.
fn encrypt(shared: &[u8; 8], field: &mut [u8]) {
    let key = Zeroizing::new(shared.map(u8::reverse_bits));
    let des = Des::new((&*key).into());
    let mut previous = *shared;
    for block in field.as_chunks_mut::<8>().0 {
        for (byte, before) in block.iter_mut().zip(previous) {
            *byte ^= before;
        }
        des.encrypt_block(block.into());
        previous = *block;
    }
}

const USERNAME_LEN: usize = 256;
const PASSWORD_LEN: usize = 64;
/// One byte of each field is the NUL.
const LIMITS: Limits = Limits { username: USERNAME_LEN - 1, password: PASSWORD_LEN - 1 };

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of noVNC's test (tests/test.rfb.js, "MSLogonII authentication"); its answer is given by SHA-256.
    #[test]
    fn a_published_answer() {
        let group = Group { generator: 0x0001_0001, modulus: 0x2518_2617, theirs: 0x0e12_d0f5 };
        assert!(group.is_usable());
        let credentials = Credentials::new("username", "password123456");
        let message = group.message(0x0506_0708, &mut [0; USERNAME_LEN + PASSWORD_LEN], &credentials);
        assert_eq!(message[..16], *b"\0\0\0\0\x0a\xbc\x7c\xfd\x58\x34\xd2\x24\x44\x60\xf0\xd1");
        assert_eq!(
            crate::auth::tests::sha256(&message),
            "ad3aa6aae35f0b04e66005e1cdb7ec0a6b4627631df9be2d4444e749176754b6"
        );
    }

    #[test]
    fn parameters_that_cannot_be_used_are_rejected() {
        let usable = |generator, modulus, theirs| Group { generator, modulus, theirs }.is_usable();
        assert!(usable(2, 1 << 40, 3));
        for (generator, modulus, theirs) in [
            (5, 0, 7),
            (5, 1, 7),
            (5, 2, 7),
            (0, 101, 7),
            (1, 101, 7),
            (5, 101, 0),
            (5, 101, 1),
            (5, 101, 100),
            (5, 101, 101),
        ] {
            assert!(!usable(generator, modulus, theirs), "{generator} {modulus} {theirs}");
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let group = Group { generator: u64::MAX - 2, modulus: u64::MAX, theirs: u64::MAX - 2 };
        // (-2)^2 = 4
        assert_eq!(group.power(u64::MAX - 2, 2), 4);
        group.message(u64::MAX, &mut [0; USERNAME_LEN + PASSWORD_LEN], &Credentials::new([b'u'; 255], [b'p'; 63]));
    }
}
