//! VNC Authentication, security type 2 ([RFC 6143, 7.2.2](https://www.rfc-editor.org/rfc/rfc6143#section-7.2.2), and
//! [rfbproto](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#vnc-authentication) for the order of the key's bits).
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | server | 16 | challenge |
//! | viewer | 16 | the challenge, DES-encrypted with the password |
//!
//! It does not authenticate the server and encrypts nothing after it; challenge and response are enough to guess the
//! password offline.

use super::{Limits, credentials};
use crate::{
    ask::{Ask, CredentialRequest, Step},
    error::Error,
    security::SecurityType,
    wire::Wire,
};
use des::{
    Des,
    cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use zeroize::Zeroizing;

/// Asks for the password once the challenge has been received. `chosen` is the type or sub-type that this is part of.
pub(super) async fn authenticate<A: Ask>(wire: &mut Wire, ask: &mut A, chosen: SecurityType) -> Result<(), Error> {
    wire.set_step(Step::Authentication, ask);
    let challenge = wire.read_array().await?;
    let credentials = credentials(ask, CredentialRequest { security_type: chosen, username: false }, &LIMITS).await?;
    let answer = answer(challenge, credentials.password_bytes());
    wire.send(&answer).await
}

/// No limit for the password: only its first eight bytes count, and servers accept longer ones.
const LIMITS: Limits = Limits { username: 0, password: usize::MAX };

/// Encrypts the challenge's two blocks (ECB).
fn answer(mut challenge: [u8; 16], password: &[u8]) -> [u8; 16] {
    let des = Des::new((&*key(password)).into());
    for block in challenge.as_chunks_mut::<8>().0 {
        des.encrypt_block(block.into());
    }
    challenge
}

/// Eight bytes of a password as VNC programs keep it in files: DES with a key that is the same in all of them, which hides it
/// from a glance and from nothing more.
pub fn unobfuscated(mut block: [u8; 8]) -> Zeroizing<[u8; 8]> {
    Des::new((&*key(&EVERYBODYS_KEY)).into()).decrypt_block((&mut block).into());
    Zeroizing::new(block)
}

/// The key of those files.
const EVERYBODYS_KEY: [u8; 8] = [23, 82, 107, 6, 35, 78, 88, 7];

/// The password's first eight bytes, padded with zeros. The first bit of each is the lowest, the reverse of DES.
fn key(password: &[u8]) -> Zeroizing<[u8; 8]> {
    let mut key = Zeroizing::new([0; 8]);
    for (key, byte) in key.iter_mut().zip(password) {
        *key = byte.reverse_bits();
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_file_is_readable_for_everybody() {
        let block = [0x26, 0x96, 0x74, 0xf2, 0x0f, 0x69, 0xa3, 0x32];
        assert_eq!(&*unobfuscated(block), b"quince7\0");
    }

    fn twice(block: [u8; 8]) -> [u8; 16] {
        let mut both = [0; 16];
        both[..8].copy_from_slice(&block);
        both[8..].copy_from_slice(&block);
        both
    }

    /// Known answers for DES from NBS Special Publication 500-20 (1977), with the keys' bits turned round.
    #[test]
    fn published_answers() {
        // Variable plaintext: key 01 01 01 01 01 01 01 01.
        for (plain, cipher) in
            [(0x8000_0000_0000_0000_u64, 0x95F8_A5E5_DD31_D900_u64), (0x0000_0000_0000_0001, 0x166B_40B4_4ABA_4BD6)]
        {
            let challenge = twice(plain.to_be_bytes());
            assert_eq!(answer(challenge, &[0x80; 8]), twice(cipher.to_be_bytes()), "{plain:016x}");
        }
        // Variable key: plaintext 0; keys 80 01 01 01 01 01 01 01 and 01 01 01 01 01 01 01 02.
        for (password, cipher) in [
            ([0x01, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80], 0x95A8_D728_13DA_A94D_u64),
            ([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40], 0x869E_FD7F_9F26_5A09),
        ] {
            assert_eq!(answer([0; 16], &password), twice(cipher.to_be_bytes()), "{password:02x?}");
        }
    }

    /// Computed with OpenSSL's DES by way of Python's `cryptography`, from the description above.
    #[test]
    fn answers_of_another_implementation() {
        let challenge = std::array::from_fn(|i| i as u8);
        for (password, expected) in [
            (&b""[..], 0x491e_890d_e9ac_e932_838a_4979_2f22_13f3_u128),
            (b"a", 0x4494_07fb_6f71_bd51_7aca_7686_6568_a4e2),
            (b"passw0rd", 0xb740_09c8_7f3c_1f6b_7362_1d74_03d3_2880),
            // Only eight bytes count.
            (b"passw0rd!and more", 0xb740_09c8_7f3c_1f6b_7362_1d74_03d3_2880),
            ("密码ü".as_bytes(), 0xb43b_423a_843d_dce2_6677_3f96_90c7_e8ba),
            (&[0xff; 8], 0x0e32_5e11_3dfc_ba07_eab1_cf4a_fcd7_5a8f),
        ] {
            assert_eq!(u128::from_be_bytes(answer(challenge, password)), expected, "{password:?}");
        }
    }
}
