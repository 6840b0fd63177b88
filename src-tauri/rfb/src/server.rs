//! The server's side of the handshake, for a viewer: RFB 3.8 with security type None
//! ([RFC 6143, 7.1](https://www.rfc-editor.org/rfc/rfc6143#section-7.1)).
//!
//! | viewer | we |
//! | --- | --- |
//! | | `RFB 003.008\n` |
//! | `RFB 003.008\n` | `01 01`: one type, None |
//! | `01` | `00 00 00 00`: SecurityResult ok |
//! | ClientInit, 1 byte (any) | ServerInit |
//!
//! The viewer's bytes come in WebSocket messages of any size; hence bytes in, bytes out.

use crate::{init::ServerInit, version::Version};

/// The handshake with one viewer.
#[derive(Debug)]
pub struct Handshake {
    next: Next,
    /// Bytes received of the message `next`.
    received: Vec<u8>,
    server_init: Vec<u8>,
}

/// The message that the viewer sends next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Version,
    SecurityType,
    ClientInit,
    Nothing,
}

/// What to do after bytes of the viewer.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// Send this, which may be empty, and go on.
    Send(Vec<u8>),
    /// Send this; the handshake is over.
    Done {
        /// The last bytes to send.
        send: Vec<u8>,
        /// The viewer's bytes after the handshake: the session's first.
        rest: Vec<u8>,
    },
}

/// The viewer sent what this handshake does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the viewer sent {got:?} instead of {expected:?}")]
pub struct UnexpectedMessage {
    got: Vec<u8>,
    expected: Vec<u8>,
}

impl Handshake {
    /// A handshake that ends with `init`.
    pub fn new(init: &ServerInit) -> Self {
        Self { next: Next::Version, received: Vec::new(), server_init: init.to_bytes() }
    }

    /// The first bytes to send, before the viewer has sent any.
    pub fn opening(&self) -> Vec<u8> {
        Version::V38.message().to_vec()
    }

    /// Takes the viewer's next bytes, in pieces of any size.
    ///
    /// # Errors
    /// [`UnexpectedMessage`] at the first wrong byte.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Reply, UnexpectedMessage> {
        self.received.extend_from_slice(bytes);
        let mut send = Vec::new();
        loop {
            let (length, after) = match self.next {
                Next::Version => (self.expect(Version::V38.message())?, Next::SecurityType),
                Next::SecurityType => (self.expect(&[NONE])?, Next::ClientInit),
                // The shared-flag was sent to the server before.
                Next::ClientInit => (1, Next::Nothing),
                Next::Nothing => return Ok(Reply::Done { send, rest: std::mem::take(&mut self.received) }),
            };
            if self.received.len() < length {
                return Ok(Reply::Send(send));
            }
            self.received.drain(..length);
            match self.next {
                Next::Version => send.extend([1, NONE]),
                Next::SecurityType => send.extend(0u32.to_be_bytes()),
                Next::ClientInit => send.append(&mut self.server_init),
                Next::Nothing => {}
            }
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
    fn one_message_at_a_time() {
        let mut handshake = Handshake::new(&init());
        assert_eq!(handshake.opening(), VERSION);
        assert_eq!(handshake.receive(VERSION), Ok(Reply::Send(vec![1, 1])));
        assert_eq!(handshake.receive(&[1]), Ok(Reply::Send(vec![0; 4])));
        assert_eq!(handshake.receive(&[0]), Ok(Reply::Done { send: init().to_bytes(), rest: vec![] }));
        // After the end, bytes are the session's.
        assert_eq!(handshake.receive(b"xyz"), Ok(Reply::Done { send: vec![], rest: b"xyz".to_vec() }));
    }

    #[test]
    fn any_chunking_gives_the_same_result() {
        let viewer = [VERSION, &[1, 1], b"session"].concat();
        let all_of_ours = [&[1, 1, 0, 0, 0, 0][..], &init().to_bytes()].concat();
        for size in 1..=viewer.len() {
            let mut handshake = Handshake::new(&init());
            let (mut ours, mut session) = (Vec::new(), Vec::new());
            for chunk in viewer.chunks(size) {
                match handshake.receive(chunk).unwrap() {
                    Reply::Send(send) => ours.extend(send),
                    Reply::Done { send, rest } => {
                        ours.extend(send);
                        session.extend(rest);
                    }
                }
            }
            assert_eq!((ours, session.as_slice()), (all_of_ours.clone(), &b"session"[..]), "chunks of {size}");
        }
    }

    #[test]
    fn any_shared_flag_is_accepted() {
        for flag in [0, 1, 255] {
            let mut handshake = Handshake::new(&init());
            let reply = handshake.receive(&[VERSION, &[1, flag]].concat()).unwrap();
            assert!(matches!(reply, Reply::Done { rest, .. } if rest.is_empty()));
        }
    }

    #[test]
    fn wrong_bytes_are_rejected_at_once() {
        for wrong in [&b"RFB 003.003\n"[..], b"GET ", b"\n", b"RFB 003.008\n\x02", b"RFB 003.008\n\x00"] {
            assert!(Handshake::new(&init()).receive(wrong).is_err(), "{wrong:?}");
            let mut handshake = Handshake::new(&init());
            assert!(wrong.iter().any(|byte| handshake.receive(&[*byte]).is_err()), "{wrong:?} in bytes");
        }
    }
}
