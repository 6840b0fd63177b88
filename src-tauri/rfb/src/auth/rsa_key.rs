//! A server's RSA key, as RA2 and Apple's type 33 have it: bounds, and what is shown to the caller.

use crate::{ask::ServerKey, error::Error, wire::Wire};
use rsa::{BoxedUint, PublicKey};

/// Whether a key of so many bits is looked at at all: [`Error::TooWeak`] below 1024.
pub(super) fn check_bits(wire: &Wire, bits: u32) -> Result<(), Error> {
    match bits {
        ..MIN_BITS => Err(Error::TooWeak { bits }),
        MIN_BITS..=MAX_BITS => Ok(()),
        _ => Err(wire.protocol_error(format!("a key of {bits} bits"))),
    }
}

/// The key with this modulus and exponent, each with as many bytes as `bits` need; an error where it cannot be used.
pub(super) fn usable(wire: &Wire, bits: u32, modulus: &[u8], exponent: &[u8]) -> Result<(ServerKey, PublicKey), Error> {
    let number = |bytes| BoxedUint::from_be_slice(bytes, bits.next_multiple_of(64)).ok();
    let usable = match (number(modulus), number(exponent)) {
        // A modulus with fewer bits than announced would be weaker than announced.
        (Some(n), Some(e)) if n.bit_width_vartime() > bits - 8 => {
            PublicKey::new_with_size_limits(n, e, MIN_BITS as usize - 7..=MAX_BITS as usize).ok()
        }
        _ => None,
    };
    let public = usable.ok_or_else(|| unusable(wire))?;
    let blob = [&bits.to_be_bytes()[..], modulus, exponent].concat();
    Ok((ServerKey { bits, blob }, public))
}

/// What is said of a key that is none.
pub(super) fn unusable(wire: &Wire) -> Error {
    wire.protocol_error("a key that cannot be used")
}

/// Bits. Shorter moduli can be factored; RSA-768 was in 2009.
const MIN_BITS: u32 = 1024;
/// Bits. Bounds memory and computing time; servers use 2048 to 4096.
pub(super) const MAX_BITS: u32 = 8192;
