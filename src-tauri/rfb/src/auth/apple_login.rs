//! User name and password as both of Apple's types encrypt them: in 64 bytes each, which end with NUL and are padded with
//! random bytes.

use super::Limits;
use crate::ask::Credentials;
use aes::{
    Aes128,
    cipher::{BlockCipherEncrypt, KeyInit},
};

/// Puts the login over `fields`, which are random bytes, and encrypts it with AES-128-ECB. Equal logins look different each
/// time where the key is new each time; equal blocks of one do, as what pads them is random.
pub(super) fn encrypt(fields: &mut [u8; LOGIN_LEN], credentials: &Credentials, key: &[u8; 16]) {
    let (name, password) = fields.split_at_mut(FIELD_LEN);
    for (field, text) in [(name, credentials.username_bytes()), (password, credentials.password_bytes())] {
        // Not truncated: see `LIMITS`.
        for (place, byte) in field.iter_mut().zip(text.iter().chain(&[0])) {
            *place = *byte;
        }
    }
    let aes = Aes128::new(key.into());
    for block in fields.as_chunks_mut::<16>().0 {
        aes.encrypt_block(block.into());
    }
}

/// Bytes of a field, with the NUL that ends it.
const FIELD_LEN: usize = 64;
/// Bytes of both.
pub(super) const LOGIN_LEN: usize = 2 * FIELD_LEN;
pub(super) const LIMITS: Limits = Limits { username: FIELD_LEN - 1, password: FIELD_LEN - 1 };

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with OpenSSL's aes-128-ecb, over fields that were put together by hand.
    #[test]
    fn the_answer_of_another_implementation() {
        let mut fields = [0x5a; LOGIN_LEN];
        encrypt(&mut fields, &Credentials::new("ann", "passw0rd ü"), &std::array::from_fn(|place| place as u8 + 1));
        assert_eq!(fields[..16], u128::to_be_bytes(0xc96a_2e7e_f726_a331_9001_1245_6472_da02));
        assert_eq!(fields[64..80], u128::to_be_bytes(0xa9e5_2e49_546f_5036_4bdf_0187_30b9_3350));
        assert_eq!(
            crate::auth::tests::sha256(&fields),
            "41e0f213d835f7f6dc70c6ee17662099f64d68ea77e6fbc6a3ab65c5cb96758d"
        );
    }
}
