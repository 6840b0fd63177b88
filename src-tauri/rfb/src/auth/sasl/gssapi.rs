//! GSSAPI, which is Kerberos ([RFC 4752](https://www.rfc-editor.org/rfc/rfc4752)): bytes in, bytes out. What only the system's library
//! can do is behind [`SecurityContext`].
//!
//! | from | what |
//! | --- | --- |
//! | viewer | the context's first token |
//! | server, viewer | the context's next tokens, until it is established; the viewer's last one may be empty |
//! | server | wrapped: a byte with the layers that it offers, three with the longest record that it takes |
//! | viewer | wrapped: a byte with the chosen layer, three with the longest record that we take, and as whom: as the ticket says |
//!
//! A layer of SASL's own is taken where there is no TLS around it, and the server offers one that encrypts; within TLS only where the server
//! insists on one, as QEMU does within anonymous TLS.

use crate::{
    kerberos::{KerberosContext, KerberosError, SecurityContext},
    record::Codec,
};
use std::{
    io::{self, ErrorKind},
    ops::Range,
};

/// The layers in a message: bits in the server's, one of them in ours.
const NO_LAYER: u8 = 1;
const ENCRYPTS: u8 = 4;
/// Bytes of a record that are received at most, without its length.
const MAX_RECORD: usize = 65_536;
/// Bytes of a message of ours at most: what a viewer sends is short.
const MAX_MESSAGE_LEN: usize = 4096;

/// Our side, after the context's first token.
pub(super) struct Exchange {
    context: KerberosContext,
    is_within_tls: bool,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The context is not established yet.
    Establishing,
    /// The server's layers come next.
    Established,
    /// Nothing more comes.
    Chosen { layer: u8, longest: usize },
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The library has none.
    Library(KerberosError),
    /// What the server sent is wrong.
    Server(&'static str),
}

impl From<KerberosError> for Failure {
    fn from(error: KerberosError) -> Self {
        Self::Library(error)
    }
}

impl Exchange {
    /// With a context whose first token is made, but not answered.
    pub(super) fn new(context: KerberosContext, is_within_tls: bool) -> Self {
        Self { context, is_within_tls, state: State::Establishing }
    }

    /// The answer to what the server sends. May ask a server of Kerberos.
    pub(super) fn answer(&mut self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        match self.state {
            State::Establishing => {
                let step = self.context.step(Some(message))?;
                if step.established {
                    self.state = State::Established;
                } else if step.token.is_empty() {
                    return Err(Failure::Server("a Kerberos exchange that does not go on"));
                }
                Ok(step.token)
            }
            State::Established => {
                let (offer, _) = self.context.unwrap(message)?;
                let (layer, longest) = choose(&offer, self.is_within_tls).map_err(Failure::Server)?;
                self.state = State::Chosen { layer, longest };
                let ours = if layer == NO_LAYER { 0 } else { MAX_RECORD as u32 };
                let mut choice = ours.to_be_bytes();
                choice[0] = layer;
                Ok(self.context.wrap(&choice, false)?)
            }
            State::Chosen { .. } => Err(Failure::Server("a Kerberos message where none is left")),
        }
    }

    /// Whether our last message is sent.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Chosen { .. })
    }

    /// What everything after SecurityResult is within.
    pub(super) fn into_layer(self) -> Option<GssLayer> {
        match self.state {
            State::Chosen { layer: ENCRYPTS, longest } => {
                let max_message_len = self.context.message_limit(longest).clamp(1, MAX_MESSAGE_LEN);
                Some(GssLayer { context: self.context, max_message_len })
            }
            _ => None,
        }
    }
}

/// Reads which layers the server offers; chooses one, and says how long its records may be.
fn choose(offer: &[u8], is_within_tls: bool) -> Result<(u8, usize), &'static str> {
    let &[layers, a, b, c] = offer else { return Err("Kerberos layers in other than four bytes") };
    let longest = u32::from_be_bytes([0, a, b, c]) as usize;
    let encrypts = layers & ENCRYPTS != 0 && longest > MIN_RECORD;
    match layers & NO_LAYER != 0 {
        true if is_within_tls || !encrypts => Ok((NO_LAYER, 0)),
        _ if encrypts => Ok((ENCRYPTS, longest)),
        _ => Err("Kerberos with nothing but a layer that does not encrypt"),
    }
}

/// Bytes: what a record's head and end take at most, and something within.
const MIN_RECORD: usize = 256;

/// Kerberos' records: the length in four bytes, and what the library has wrapped.
pub(crate) struct GssLayer {
    context: KerberosContext,
    max_message_len: usize,
}

impl Codec for GssLayer {
    const HEAD_LEN: usize = 4;

    fn max_message_len(&self) -> usize {
        self.max_message_len
    }

    fn body_len(&self, head: &[u8]) -> io::Result<usize> {
        let length = head.first_chunk().map_or(0, |length| u32::from_be_bytes(*length));
        usize::try_from(length).ok().filter(|length| (1..=MAX_RECORD).contains(length)).ok_or_else(altered)
    }

    fn seal(&mut self, message: &[u8], record: &mut Vec<u8>) -> io::Result<()> {
        let wrapped = self.context.wrap(message, true).map_err(io::Error::other)?;
        let length = u32::try_from(wrapped.len()).map_err(io::Error::other)?;
        record.extend(length.to_be_bytes());
        record.extend(wrapped);
        Ok(())
    }

    fn open(&mut self, record: &mut [u8]) -> io::Result<Range<usize>> {
        let wrapped = record.get(Self::HEAD_LEN..).ok_or_else(altered)?;
        let (message, encrypted) = self.context.unwrap(wrapped).map_err(|_| altered())?;
        let place = Self::HEAD_LEN..Self::HEAD_LEN + message.len();
        let room = record.get_mut(place.clone()).filter(|_| encrypted).ok_or_else(altered)?;
        room.copy_from_slice(&message);
        Ok(place)
    }
}

fn altered() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "a record of Kerberos was altered")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_taken_where_nothing_else_encrypts() {
        const BROKEN: &str = "Kerberos layers in other than four bytes";
        const UNFIT: &str = "Kerberos with nothing but a layer that does not encrypt";
        for (offer, within_tls, expected) in [
            (&[7, 0, 16, 0][..], false, Ok((ENCRYPTS, 4096))),
            (&[7, 0, 16, 0], true, Ok((NO_LAYER, 0))),
            (&[1, 0, 0, 0], false, Ok((NO_LAYER, 0))),
            (&[4, 255, 255, 255], false, Ok((ENCRYPTS, 0xff_ffff))),
            (&[4, 0, 16, 0], true, Ok((ENCRYPTS, 4096))),
            (&[5, 0, 0, 9], false, Ok((NO_LAYER, 0))),
            (&[4, 0, 0, 9], false, Err(UNFIT)),
            (&[2, 0, 16, 0], false, Err(UNFIT)),
            (&[0, 0, 0, 0], false, Err(UNFIT)),
            (&[1, 0, 0], false, Err(BROKEN)),
            (&[1, 0, 0, 0, 0], false, Err(BROKEN)),
            (&[], true, Err(BROKEN)),
        ] {
            assert_eq!(choose(offer, within_tls), expected, "{offer:?} {within_tls}");
        }
    }
}
