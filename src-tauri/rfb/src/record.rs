//! A stream within records, and the records of RSA-AES
//! ([rfbproto](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#rsa-aes-security-type)):
//!
//! | bytes | what |
//! | --- | --- |
//! | 2 | length of the message, authenticated with it |
//! | length | the message, encrypted with AES-EAX |
//! | 16 | tag |
//!
//! The nonce is the number of the record in its direction, from 0: 16 bytes, little-endian. Records and RFB messages do
//! not align.

use crate::stream::Stream;
use aes::{Aes128, Aes256};
use eax::{
    Eax,
    aead::{AeadInOut, KeyInit},
};
use std::{
    io::{self, ErrorKind},
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream within records.
pub(crate) struct Records<C = RsaAes> {
    stream: Stream,
    codec: C,
    /// The record that is being received; once it is opened, with its message.
    incoming: Vec<u8>,
    /// Bytes of `incoming` that have been received.
    received: usize,
    /// The part of the opened message that is still to be read.
    unread: Range<usize>,
    /// The sealed record that is being sent.
    outgoing: Vec<u8>,
    /// Bytes of `outgoing` that have been sent.
    sent: usize,
}

/// How messages become records, and records messages.
pub(crate) trait Codec: Unpin + Send {
    /// Bytes of a record that tell how long it is; they come first.
    const HEAD_LEN: usize;

    /// Bytes of a message at most, in a record of ours.
    fn max_message_len(&self) -> usize;

    /// Bytes that follow `head`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] if no record is that long.
    fn body_len(&self, head: &[u8]) -> io::Result<usize>;

    /// Puts the record of `message` into `record`, which is empty.
    fn seal(&mut self, message: &[u8], record: &mut Vec<u8>) -> io::Result<()>;

    /// Verifies `record` and decrypts it in place. Returns where in it the message is.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] if the record was altered.
    fn open(&mut self, record: &mut [u8]) -> io::Result<Range<usize>>;
}

/// RSA-AES's records.
pub(crate) struct RsaAes {
    opener: Direction,
    sealer: Direction,
}

impl Codec for RsaAes {
    const HEAD_LEN: usize = LENGTH_LEN;

    fn max_message_len(&self) -> usize {
        MAX_SENT_LEN
    }

    fn body_len(&self, head: &[u8]) -> io::Result<usize> {
        let length = head.first_chunk().ok_or(ErrorKind::InvalidData)?;
        Ok(usize::from(u16::from_be_bytes(*length)) + TAG_LEN)
    }

    fn seal(&mut self, message: &[u8], record: &mut Vec<u8>) -> io::Result<()> {
        // Not truncated: see `MAX_SENT_LEN`.
        let length = (message.len() as u16).to_be_bytes();
        record.extend(length);
        record.extend(message);
        let tag = self.sealer.seal(length, &mut record[LENGTH_LEN..])?;
        record.extend(tag);
        Ok(())
    }

    fn open(&mut self, record: &mut [u8]) -> io::Result<Range<usize>> {
        let message = LENGTH_LEN..record.len() - TAG_LEN;
        let (head, body) = record.split_at_mut(LENGTH_LEN);
        let (text, tag) = body.split_at_mut(message.len());
        let (length, tag) = (head.first_chunk(), tag.first_chunk());
        let (Some(length), Some(tag)) = (length, tag) else { return Err(ErrorKind::InvalidData.into()) };
        self.opener.open(*length, text, tag)?;
        Ok(message)
    }
}

/// AES-EAX with a key of either length.
pub(crate) enum Cipher {
    Aes128(Box<Eax<Aes128>>),
    Aes256(Box<Eax<Aes256>>),
}

impl Cipher {
    pub(crate) fn aes128(key: &[u8; 16]) -> Self {
        Self::Aes128(Box::new(Eax::new(key.into())))
    }

    pub(crate) fn aes256(key: &[u8; 32]) -> Self {
        Self::Aes256(Box::new(Eax::new(key.into())))
    }
}

/// One direction's cipher, and the number of records that it has sealed or opened.
struct Direction {
    cipher: Cipher,
    records: u128,
}

impl Direction {
    fn nonce(&mut self) -> [u8; 16] {
        let nonce = self.records.to_le_bytes();
        self.records = self.records.wrapping_add(1);
        nonce
    }

    /// Encrypts `message` in place, and returns its tag.
    fn seal(&mut self, length: [u8; 2], message: &mut [u8]) -> io::Result<[u8; TAG_LEN]> {
        let nonce = self.nonce().into();
        let sealed = match &self.cipher {
            Cipher::Aes128(eax) => eax.encrypt_inout_detached(&nonce, &length, message.into()),
            Cipher::Aes256(eax) => eax.encrypt_inout_detached(&nonce, &length, message.into()),
        };
        sealed.map(Into::into).map_err(|_| ErrorKind::InvalidInput.into())
    }

    /// Verifies `message` and decrypts it in place.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] if the record was altered.
    fn open(&mut self, length: [u8; 2], message: &mut [u8], tag: &[u8; TAG_LEN]) -> io::Result<()> {
        let nonce = self.nonce().into();
        let opened = match &self.cipher {
            Cipher::Aes128(eax) => eax.decrypt_inout_detached(&nonce, &length, message.into(), tag.into()),
            Cipher::Aes256(eax) => eax.decrypt_inout_detached(&nonce, &length, message.into(), tag.into()),
        };
        opened.map_err(|_| io::Error::new(ErrorKind::InvalidData, "a record was altered on the way"))
    }
}

impl Records {
    /// A stream within RSA-AES's records.
    pub(crate) fn new(stream: Stream, opener: Cipher, sealer: Cipher) -> Self {
        let direction = |cipher| Direction { cipher, records: 0 };
        Self::with(stream, RsaAes { opener: direction(opener), sealer: direction(sealer) })
    }
}

impl<C: Codec> Records<C> {
    pub(crate) fn with(stream: Stream, codec: C) -> Self {
        let (incoming, received, unread, outgoing, sent) = Default::default();
        Self { stream, codec, incoming, received, unread, outgoing, sent }
    }

    /// The stream within, for types whose records end here; none where a record has more to it than was read.
    pub(crate) fn into_inner(self) -> Option<Stream> {
        (self.unread.is_empty() && self.received == 0).then_some(self.stream)
    }

    /// Receives and opens the next record. False at the stream's end, before the first byte of a record.
    fn poll_record(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        loop {
            let mut whole = C::HEAD_LEN;
            if self.received >= whole {
                whole += self.codec.body_len(&self.incoming[..whole])?;
                if self.received == whole {
                    self.received = 0;
                    self.unread = self.codec.open(&mut self.incoming[..whole])?;
                    return Poll::Ready(Ok(true));
                }
            }
            if self.incoming.len() < whole {
                self.incoming.resize(whole, 0);
            }
            let mut missing = ReadBuf::new(&mut self.incoming[self.received..whole]);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut missing))?;
            match missing.filled().len() {
                0 if self.received == 0 => return Poll::Ready(Ok(false)),
                0 => return Poll::Ready(Err(ErrorKind::UnexpectedEof.into())),
                received => self.received += received,
            }
        }
    }

    /// Sends the sealed record.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.outgoing.len() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.outgoing[self.sent..]))? {
                0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<C: Codec> AsyncRead for Records<C> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // An empty message is not an end.
        while self.unread.is_empty() {
            if !ready!(self.poll_record(cx))? {
                return Poll::Ready(Ok(()));
            }
        }
        let count = self.unread.len().min(buf.remaining());
        let start = self.unread.start;
        buf.put_slice(&self.incoming[start..start + count]);
        self.unread.start += count;
        Poll::Ready(Ok(()))
    }
}

impl<C: Codec> AsyncWrite for Records<C> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        // One record at a time: the bytes of a sealed one have been accepted, and must be sent before the next.
        ready!(self.poll_send(cx))?;
        let message = &buf[..buf.len().min(self.codec.max_message_len())];
        if message.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let this = &mut *self;
        this.outgoing.clear();
        this.sent = 0;
        this.codec.seal(message, &mut this.outgoing)?;
        Poll::Ready(Ok(message.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

const LENGTH_LEN: usize = 2;
const TAG_LEN: usize = 16;
/// Bytes of a message, as many as TigerVNC sends.
const MAX_SENT_LEN: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    fn ends(width: usize) -> (Records, Records) {
        let (near, far) = duplex(width);
        let cipher = |key: u8| Cipher::aes256(&[key; 32]);
        (Records::new(Box::new(near), cipher(1), cipher(2)), Records::new(Box::new(far), cipher(2), cipher(1)))
    }

    /// One end in records, and the raw bytes that it sends and receives.
    fn end_and_bytes() -> (Records, DuplexStream) {
        let (near, far) = duplex(1 << 20);
        (Records::new(Box::new(near), Cipher::aes128(&[1; 16]), Cipher::aes128(&[1; 16])), far)
    }

    async fn sealed(messages: &[&[u8]]) -> Vec<u8> {
        let (mut records, mut far) = end_and_bytes();
        for message in messages {
            records.write_all(message).await.unwrap();
        }
        records.shutdown().await.unwrap();
        drop(records);
        let mut bytes = Vec::new();
        far.read_to_end(&mut bytes).await.unwrap();
        bytes
    }

    async fn opened(bytes: &[u8]) -> (Vec<u8>, io::Result<()>) {
        let (mut records, mut far) = end_and_bytes();
        far.write_all(bytes).await.unwrap();
        drop(far);
        let mut message = Vec::new();
        let end = records.read_to_end(&mut message).await;
        (message, end.map(drop))
    }

    /// EAX's test vectors (Bellare, Rogaway, Wagner: The EAX Mode of Operation, 2004, appendix): two of them, as the
    /// record layer's cipher gives them.
    #[test]
    fn published_vectors() {
        for (key, nonce, header, message, cipher) in [
            (
                0x233952dee4d5ed5f9b9c6d6ff80ff478_u128,
                0x62ec67f9c3a4a407fcb2a8c49031a8b3_u128,
                &[0x6b, 0xfb, 0x91, 0x4f, 0xd0, 0x7e, 0xae, 0x6b][..],
                &[][..],
                &0xe037830e8389f27b025a2d6527e79d01_u128.to_be_bytes()[..],
            ),
            (
                0x91945d3f4dcbee0bf45ef52255f095a4,
                0xbecaf043b0a23d843194ba972c66debd,
                &[0xfa, 0x3b, 0xfd, 0x48, 0x06, 0xeb, 0x53, 0xfa],
                &[0xf7, 0xfb],
                &[
                    0x19, 0xdd, 0x5c, 0x4c, 0x93, 0x31, 0x04, 0x9d, 0x0b, 0xda, 0xb0, 0x27, 0x74, 0x08, 0xf6, 0x79,
                    0x67, 0xe5,
                ],
            ),
        ] {
            let Cipher::Aes128(eax) = Cipher::aes128(&key.to_be_bytes()) else { unreachable!() };
            let mut sealed = message.to_vec();
            let tag =
                eax.encrypt_inout_detached(&nonce.to_be_bytes().into(), header, (&mut sealed[..]).into()).unwrap();
            sealed.extend(tag);
            assert_eq!(sealed, cipher);
        }
    }

    #[tokio::test]
    async fn messages_arrive_over_streams_of_any_width() {
        let sent: Vec<u8> = (0..100_000_u32).map(|value| ((value * 7919) >> 3) as u8).collect();
        for width in [1, 17, 8192, 1 << 20] {
            let length = if width == 1 { 3_000 } else { sent.len() };
            let (mut near, mut far) = ends(width);
            let write = async {
                for piece in sent[..length].chunks(977) {
                    near.write_all(piece).await.unwrap();
                }
                near.shutdown().await.unwrap();
                // Each direction has its own count.
                let mut answer = Vec::new();
                near.read_to_end(&mut answer).await.unwrap();
                assert_eq!(answer, b"thanks");
            };
            let read = async {
                let mut got = Vec::new();
                far.read_to_end(&mut got).await.unwrap();
                assert_eq!(got, sent[..length]);
                far.write_all(b"thanks").await.unwrap();
                far.shutdown().await.unwrap();
            };
            tokio::join!(write, read);
        }
    }

    #[tokio::test]
    async fn every_altered_byte_is_noticed() {
        let bytes = sealed(&[b"first", b"second"]).await;
        assert_eq!(bytes.len(), 2 * 18 + 11);
        assert_eq!(opened(&bytes).await.0, b"firstsecond");
        for place in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[place] ^= 1;
            let (message, end) = opened(&altered).await;
            assert!(end.is_err(), "byte {place}");
            assert!(b"first".starts_with(&message[..]), "byte {place}");
        }
        // Also a record that is replayed or reordered.
        let [first, second] = [&bytes[..23], &bytes[23..]];
        for order in [[first, first], [second, first]] {
            assert_eq!(opened(&order.concat()).await.1.unwrap_err().kind(), ErrorKind::InvalidData);
        }
    }

    #[tokio::test]
    async fn an_end_within_a_record_is_an_error() {
        let bytes = sealed(&[b"first", b"second"]).await;
        for end in 0..bytes.len() {
            let kind = opened(&bytes[..end]).await.1.map_err(|error| error.kind());
            let whole = end == 0 || end == 23;
            assert_eq!(kind, if whole { Ok(()) } else { Err(ErrorKind::UnexpectedEof) }, "{end}");
        }
    }

    #[tokio::test]
    async fn an_empty_message_is_not_an_end() {
        let mut direction = Direction { cipher: Cipher::aes128(&[1; 16]), records: 0 };
        let mut bytes = vec![0, 0];
        bytes.extend(direction.seal([0, 0], &mut []).unwrap());
        let mut message = *b"x";
        let tag = direction.seal([0, 1], &mut message).unwrap();
        bytes.extend([0, 1, message[0]]);
        bytes.extend(tag);
        assert_eq!(opened(&bytes).await.0, b"x");
    }

    #[tokio::test]
    async fn a_partly_read_record_keeps_the_stream() {
        let bytes = sealed(&[b"first"]).await;
        for (read, left) in [(5, false), (4, true)] {
            let (mut records, mut far) = end_and_bytes();
            far.write_all(&[&bytes[..], b"in clear"].concat()).await.unwrap();
            records.read_exact(&mut vec![0; read]).await.unwrap();
            let Some(mut stream) = records.into_inner() else {
                assert!(left);
                continue;
            };
            assert!(!left);
            let mut clear = [0; 8];
            stream.read_exact(&mut clear).await.unwrap();
            assert_eq!(&clear, b"in clear");
        }
    }
}
