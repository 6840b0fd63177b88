//! DIGEST-MD5's security layer with RC4 ([RFC 2831, section 2.4](https://www.rfc-editor.org/rfc/rfc2831#section-2.4)).
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | length of the rest |
//! | n | the message and the first 10 bytes of its HMAC-MD5, encrypted with RC4 |
//! | 2 | 1 |
//! | 4 | number of the record in its direction, from 0 |
//!
//! RC4 has been broken, so this counts as no encryption (see [`crate::SecurityType::level`]); but servers want it.

use crate::record::Codec;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use std::{
    io::{self, ErrorKind},
    ops::Range,
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// One direction's keys.
pub(super) struct Keys {
    pub(super) sign: Zeroizing<[u8; 16]>,
    pub(super) seal: Zeroizing<[u8; 16]>,
}

/// The layer, for [`crate::record::Records`].
pub(crate) struct Layer {
    opener: Direction,
    sealer: Direction,
    max_message_len: usize,
}

impl Layer {
    /// Bytes of a record that are received at most, without its length.
    pub(super) const MAX_RECORD: usize = 65_536;

    /// A layer whose own records have at most `longest` bytes without their length, of which 64 are enough.
    pub(super) fn new(ours: &Keys, theirs: &Keys, longest: usize) -> Self {
        let max_message_len = longest.saturating_sub(MAC_LEN + TRAILER_LEN).clamp(1, MAX_MESSAGE_LEN);
        Self { opener: Direction::new(theirs), sealer: Direction::new(ours), max_message_len }
    }
}

impl Codec for Layer {
    const HEAD_LEN: usize = 4;

    fn max_message_len(&self) -> usize {
        self.max_message_len
    }

    fn body_len(&self, head: &[u8]) -> io::Result<usize> {
        let length = head.first_chunk().map_or(0, |length| u32::from_be_bytes(*length));
        let length =
            usize::try_from(length).ok().filter(|length| (MAC_LEN + TRAILER_LEN..=Self::MAX_RECORD).contains(length));
        length.ok_or_else(altered)
    }

    fn seal(&mut self, message: &[u8], record: &mut Vec<u8>) -> io::Result<()> {
        let number = self.sealer.next();
        // Not truncated: see `MAX_MESSAGE_LEN`.
        record.extend(((message.len() + MAC_LEN + TRAILER_LEN) as u32).to_be_bytes());
        record.extend(message);
        record.extend(self.sealer.mac(number, message));
        self.sealer.rc4.apply(&mut record[Self::HEAD_LEN..]);
        record.extend(KIND);
        record.extend(number);
        Ok(())
    }

    fn open(&mut self, record: &mut [u8]) -> io::Result<Range<usize>> {
        let end = record.len().checked_sub(TRAILER_LEN).ok_or_else(altered)?;
        let message = Self::HEAD_LEN..end.checked_sub(MAC_LEN).ok_or_else(altered)?;
        let number = self.opener.next();
        self.opener.rc4.apply(&mut record[Self::HEAD_LEN..end]);
        let trailer = [&KIND[..], &number].concat();
        let expected = self.opener.mac(number, &record[message.clone()]);
        let genuine = record[message.end..end].ct_eq(&expected) & record[end..].ct_eq(&trailer);
        if genuine.into() { Ok(message) } else { Err(altered()) }
    }
}

/// One direction's cipher, and the number of records that it has sealed or opened.
struct Direction {
    rc4: Rc4,
    hmac: Hmac<Md5>,
    records: u32,
}

impl Direction {
    fn new(keys: &Keys) -> Self {
        Self { rc4: Rc4::new(&keys.seal[..]), hmac: keyed(&keys.sign), records: 0 }
    }

    /// The number of the next record, as it is sent.
    fn next(&mut self) -> [u8; 4] {
        let number = self.records.to_be_bytes();
        self.records = self.records.wrapping_add(1);
        number
    }

    fn mac(&self, number: [u8; 4], message: &[u8]) -> [u8; MAC_LEN] {
        let mac = self.hmac.clone().chain_update(number).chain_update(message).finalize().into_bytes();
        std::array::from_fn(|place| mac[place])
    }
}

fn keyed(key: &[u8; 16]) -> Hmac<Md5> {
    // HMAC takes keys of any length.
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// The cipher RC4.
struct Rc4 {
    /// In one place: moving would leave copies behind.
    state: Box<Zeroizing<[u8; 256]>>,
    i: u8,
    j: u8,
}

impl Rc4 {
    fn new(key: &[u8]) -> Self {
        let mut state = Box::new(Zeroizing::new(std::array::from_fn(|place| place as u8)));
        let mut j = 0_u8;
        for (place, key) in (0..=255_u8).zip(key.iter().cycle()) {
            j = j.wrapping_add(state[usize::from(place)]).wrapping_add(*key);
            state.swap(place.into(), j.into());
        }
        Self { state, i: 0, j: 0 }
    }

    /// Encrypts or decrypts.
    fn apply(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.i = self.i.wrapping_add(1);
            let at_i = self.state[usize::from(self.i)];
            self.j = self.j.wrapping_add(at_i);
            let at_j = self.state[usize::from(self.j)];
            self.state.swap(self.i.into(), self.j.into());
            *byte ^= self.state[usize::from(at_i.wrapping_add(at_j))];
        }
    }
}

fn altered() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "a record was altered on the way")
}

const MAC_LEN: usize = 10;
/// Kind and number.
const TRAILER_LEN: usize = 6;
const KIND: [u8; 2] = [0, 1];
/// Bytes of a message of ours.
const MAX_MESSAGE_LEN: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Records;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// Test vectors of RFC 6229: the first 16 bytes of the key stream of these keys.
    #[test]
    fn published_key_streams() {
        for (key, stream) in [
            (&[1, 2, 3, 4, 5][..], 0xb2396305f03dc027ccc3524a0a1118a8_u128),
            (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 0x9ac7cc9a609d1ef7b2932899cde41b97),
        ] {
            let mut bytes = [0; 16];
            Rc4::new(key).apply(&mut bytes);
            assert_eq!(u128::from_be_bytes(bytes), stream);
        }
    }

    fn keys(byte: u8) -> Keys {
        Keys { sign: Zeroizing::new([byte; 16]), seal: Zeroizing::new([byte + 1; 16]) }
    }

    #[tokio::test]
    async fn messages_arrive_over_streams_of_any_width() {
        let sent: Vec<u8> = (0..3000_u32).map(|value| ((value * 7919) >> 3) as u8).collect();
        for (width, longest) in [(1, 8192), (17, 64), (1 << 20, 65_536)] {
            let (near, far) = duplex(width);
            let mut near = Records::with(Box::new(near), Layer::new(&keys(1), &keys(5), longest));
            let mut far = Records::with(Box::new(far), Layer::new(&keys(5), &keys(1), longest));
            let write = async {
                near.write_all(&sent).await.unwrap();
                near.shutdown().await.unwrap();
                let mut answer = Vec::new();
                near.read_to_end(&mut answer).await.unwrap();
                assert_eq!(answer, b"thanks");
            };
            let read = async {
                let mut got = Vec::new();
                far.read_to_end(&mut got).await.unwrap();
                assert_eq!(got, sent);
                far.write_all(b"thanks").await.unwrap();
                far.shutdown().await.unwrap();
            };
            tokio::join!(write, read);
        }
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let mut record = Vec::new();
        Layer::new(&keys(1), &keys(5), 8192).seal(b"first", &mut record).unwrap();
        assert_eq!(record.len(), 4 + 5 + 16);
        for place in 4..record.len() {
            let mut altered = record.clone();
            altered[place] ^= 1;
            let opened = Layer::new(&keys(5), &keys(1), 8192).open(&mut altered);
            assert_eq!(opened.unwrap_err().kind(), ErrorKind::InvalidData, "byte {place}");
        }
        let mut layer = Layer::new(&keys(5), &keys(1), 8192);
        let again = record.clone();
        assert_eq!(layer.open(&mut record).unwrap(), 4..9);
        assert_eq!(&record[4..9], b"first");
        assert!(layer.open(&mut again.clone()).is_err(), "replayed");
    }

    #[test]
    fn no_record_is_longer_than_was_agreed() {
        let layer = Layer::new(&keys(1), &keys(5), 8192);
        for (length, fits) in [(0, false), (15, false), (16, true), (65_536, true), (65_537, false), (u32::MAX, false)]
        {
            assert_eq!(layer.body_len(&length.to_be_bytes()).is_ok(), fits, "{length}");
        }
        assert_eq!(Layer::new(&keys(1), &keys(5), 64).max_message_len(), 48);
    }
}
