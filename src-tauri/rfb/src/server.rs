//! The server's side of the handshake, for a viewer: RFB 3.8 with security type None
//! ([RFC 6143, 7.1](https://www.rfc-editor.org/rfc/rfc6143#section-7.1)).
//!
//! | we | viewer |
//! | --- | --- |
//! | `RFB 003.008\n` | `RFB 003.008\n` |
//! | `01 01`: one type, None | `01` |
//! | `00 00 00 00`: SecurityResult ok | |
//! | ServerInit | ClientInit, 1 byte (any) |
//!
//! All that the viewer may answer is known, so everything is sent at once: a page that is just being shown takes several
//! milliseconds for each turn. The viewer's bytes come in WebSocket messages of any size; hence bytes in, bytes out.

use crate::{init::ServerInit, version::Version};

/// The handshake with one viewer.
#[derive(Debug, Default)]
pub struct Handshake {
    next: Next,
    /// Bytes received of the message `next`.
    received: Vec<u8>,
}

/// The message that the viewer sends next.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Next {
    #[default]
    Version,
    SecurityType,
    ClientInit,
    Nothing,
}

/// The viewer sent what this handshake does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the viewer sent {got:?} instead of {expected:?}")]
pub struct UnexpectedMessage {
    got: Vec<u8>,
    expected: Vec<u8>,
}

/// Everything that is sent, for a screen like `init` says: two messages, as noVNC reads nothing behind the version in its message.
pub fn greeting(init: &ServerInit) -> [Vec<u8>; 2] {
    let security_result = 0u32.to_be_bytes();
    [Version::V38.message().to_vec(), [&[1, NONE][..], &security_result, &init.to_bytes()].concat()]
}

impl Handshake {
    /// A handshake of which nothing was received.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the viewer's next bytes, in pieces of any size. When the handshake is over, gives those after it, which may be none:
    /// the session's first.
    ///
    /// # Errors
    /// [`UnexpectedMessage`] at the first wrong byte.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Option<Vec<u8>>, UnexpectedMessage> {
        self.received.extend_from_slice(bytes);
        loop {
            let (length, after) = match self.next {
                Next::Version => (self.expect(Version::V38.message())?, Next::SecurityType),
                Next::SecurityType => (self.expect(&[NONE])?, Next::ClientInit),
                // The shared-flag was sent to the server before.
                Next::ClientInit => (1, Next::Nothing),
                Next::Nothing => return Ok(Some(std::mem::take(&mut self.received))),
            };
            if self.received.len() < length {
                return Ok(None);
            }
            self.received.drain(..length);
            self.next = after;
        }
    }

    /// Checks the received bytes of `message`, and returns its length.
    fn expect(&self, message: &[u8]) -> Result<usize, UnexpectedMessage> {
        let got = &self.received[..message.len().min(self.received.len())];
        match message.starts_with(got) {
            true => Ok(message.len()),
            false => Err(UnexpectedMessage { got: got.to_vec(), expected: message.to_vec() }),
        }
    }
}

/// The number of security type None.
const NONE: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: &[u8] = b"RFB 003.008\n";

    fn init() -> ServerInit {
        ServerInit {
            width: 800,
            height: 600,
            pixel_format: [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0],
            name: b"desk".to_vec(),
        }
    }

    #[test]
    fn all_of_ours_is_one_greeting() {
        assert_eq!(greeting(&init()), [VERSION.to_vec(), [&[1, 1][..], &[0; 4], &init().to_bytes()].concat()]);
    }

    #[test]
    fn one_message_at_a_time() {
        let mut handshake = Handshake::new();
        assert_eq!(handshake.receive(VERSION), Ok(None));
        assert_eq!(handshake.receive(&[1]), Ok(None));
        assert_eq!(handshake.receive(&[0]), Ok(Some(vec![])));
        // After the end, bytes are the session's.
        assert_eq!(handshake.receive(b"xyz"), Ok(Some(b"xyz".to_vec())));
    }

    #[test]
    fn any_chunking_gives_the_same_result() {
        let viewer = [VERSION, &[1, 1], b"session"].concat();
        for size in 1..=viewer.len() {
            let mut handshake = Handshake::new();
            let session: Vec<_> = viewer.chunks(size).filter_map(|chunk| handshake.receive(chunk).unwrap()).collect();
            assert_eq!(session.concat(), b"session", "chunks of {size}");
        }
    }

    #[test]
    fn any_shared_flag_is_accepted() {
        for flag in [0, 1, 255] {
            assert_eq!(Handshake::new().receive(&[VERSION, &[1, flag]].concat()), Ok(Some(vec![])));
        }
    }

    #[test]
    fn wrong_bytes_are_rejected_at_once() {
        for wrong in [&b"RFB 003.003\n"[..], b"GET ", b"\n", b"RFB 003.008\n\x02", b"RFB 003.008\n\x00"] {
            assert!(Handshake::new().receive(wrong).is_err(), "{wrong:?}");
            let mut handshake = Handshake::new();
            assert!(wrong.iter().any(|byte| handshake.receive(&[*byte]).is_err()), "{wrong:?} in bytes");
        }
    }
}
