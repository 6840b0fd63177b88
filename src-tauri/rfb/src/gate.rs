//! What a viewer sends after the handshake, message by message, and a gate that lets only watching through.
//!
//! A relay that knows where messages begin and end can leave some of them out, and write some of its own between them.
//! Each message is told by its first byte
//! ([RFC 6143, 7.5](https://www.rfc-editor.org/rfc/rfc6143#section-7.5), and
//! [rfbproto](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#client-to-server-messages) for the others):
//!
//! | message | bytes | acts on the machine |
//! | --- | --- | --- |
//! | 0 SetPixelFormat | 20 | |
//! | 2 SetEncodings | 4, and 4 for each | |
//! | 3 FramebufferUpdateRequest | 10 | |
//! | 4 KeyEvent | 8 | yes |
//! | 5 PointerEvent | 6; 7 where the first bit of the buttons is set | yes |
//! | 6 ClientCutText | 8, and as many as its length says, which is negative for the extended clipboard | see below |
//! | 150 EnableContinuousUpdates | 10 | |
//! | 248 ClientFence | 9, and as many as its length says | |
//! | 250 xvp | 4 | yes: it turns the machine off |
//! | 251 SetDesktopSize | 8, and 16 for each screen | yes |
//! | 255 0 QEMU's extended KeyEvent | 12 | yes |
//!
//! Of the extended clipboard, what asks for the machine's text or says what can be read only watches; what announces or
//! brings text acts. Where another message ends is not known: behind one, an open gate lets everything through, a closed one
//! cannot hold, which is an error.
//!
//! An open gate that asks keeps a text of several lines back until it is told what becomes of it. What acts and comes behind such a
//! text waits with it, so that nothing overtakes it; what watches goes on.

use crate::lines::{self, Brought};

/// The way from a viewer to a server. Closed, it lets through what watches, and nothing that acts.
#[derive(Debug, Default)]
pub struct Gate {
    is_closed: bool,
    /// Whether several lines are kept back.
    asks: bool,
    /// The first bytes of a message, until it is known what becomes of it.
    head: Vec<u8>,
    /// Bytes of the present message that are still to come.
    rest: usize,
    /// What becomes of the present message.
    fate: Fate,
    /// The present message as far as it has come, where that is [`Fate::Gathered`].
    gathered: Vec<u8>,
    waiting: Option<Waiting>,
    /// A message that is in no table has come: where the next ones begin is not known from there on.
    lost: Option<UnknownMessage>,
    held: Held,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Fate {
    Passes,
    #[default]
    LeftOut,
    /// It is looked at when it is whole.
    Gathered,
}

/// A text of several lines that is kept back.
struct Waiting {
    message: Vec<u8>,
    text: String,
    /// What came behind it and acts.
    behind: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waiting { [text] }")
    }
}

/// A message that is in no table: its length is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the viewer sent a message of the unknown type {0}")]
pub struct UnknownMessage(u8);

impl Gate {
    /// One that is open or closed, before the first message.
    pub fn new(is_closed: bool) -> Self {
        Self { is_closed, ..Self::default() }
    }

    /// Opens or closes it. Closing lets go of all keys and buttons that are down over there: the viewer's own messages do not arrive any more.
    pub fn set_closed(&mut self, is_closed: bool, to_server: &mut Vec<u8>) {
        self.is_closed = is_closed;
        if is_closed {
            self.waiting = None;
        }
        self.let_go(to_server);
    }

    /// Keeps texts of several lines back from now on, or no longer. One that waits already waits for its answer.
    pub fn set_asks(&mut self, asks: bool) {
        self.asks = asks;
    }

    /// The text that waits for [`Gate::answer`], with LF between its lines.
    pub fn waiting_text(&self) -> Option<&str> {
        self.waiting.as_ref().map(|waiting| waiting.text.as_str())
    }

    /// Lets the text that waits go, and what waits behind it; or leaves both out, and lets go of what is down over there. Only
    /// [between messages](Gate::is_between_messages).
    pub fn answer(&mut self, let_through: bool, to_server: &mut Vec<u8>) {
        let Some(waiting) = self.waiting.take() else { return };
        if !let_through {
            return self.held.let_go(to_server);
        }
        to_server.extend_from_slice(&waiting.message);
        for message in waiting.behind {
            self.deliver(message, to_server);
        }
    }

    /// Whether other messages may be written now: none is half way through.
    pub fn is_between_messages(&self) -> bool {
        self.lost.is_none() && (self.rest == 0 || self.fate != Fate::Passes)
    }

    /// Not only forwards: it has to know where messages begin.
    fn holds(&self) -> bool {
        self.is_closed || self.asks || self.waiting.is_some()
    }

    /// What becomes of a message that begins.
    fn fate_of(&self, message: &Message) -> Fate {
        let is_text = self.head.first() == Some(&6);
        match message.acts {
            false => Fate::Passes,
            true if self.is_closed => Fate::LeftOut,
            true if self.waiting.is_some() || self.asks && is_text => {
                // More than is looked at.
                if message.length <= lines::MAX_MESSAGE { Fate::Gathered } else { Fate::LeftOut }
            }
            true => Fate::Passes,
        }
    }

    /// Decides about a message that acts and is whole. Says whether it pressed a key or a button.
    fn deliver(&mut self, message: Vec<u8>, to_server: &mut Vec<u8>) -> bool {
        if self.is_closed {
            return false;
        }
        if let Some(waiting) = &mut self.waiting {
            let length = waiting.behind.iter().map(Vec::len).sum::<usize>() + message.len();
            if length > lines::MAX_MESSAGE {
                self.answer(false, to_server);
            } else {
                waiting.behind.push(message);
            }
            return false;
        }
        if self.asks && message.first() == Some(&6) {
            match lines::read(&message) {
                Brought::NoLines => {}
                Brought::Lines(text) => {
                    self.waiting = Some(Waiting { message, text, behind: Vec::new() });
                    return false;
                }
                Brought::Unreadable => return false,
            }
        }
        to_server.extend_from_slice(&message);
        self.held.note(&message)
    }

    /// Takes the viewer's next bytes, in pieces of any size, and appends those that are let through. Says whether a key or a button
    /// went down among them.
    ///
    /// # Errors
    /// [`UnknownMessage`] where it is closed or asks, and cannot hold.
    pub fn pass(&mut self, mut bytes: &[u8], to_server: &mut Vec<u8>) -> Result<bool, UnknownMessage> {
        let mut pressed = false;
        while let Some(&first) = bytes.first() {
            match self.lost {
                Some(unknown) if self.holds() => return Err(unknown),
                Some(_) => {
                    to_server.extend_from_slice(bytes);
                    return Ok(pressed);
                }
                None => {}
            }
            if self.rest > 0 {
                let (now, later) = bytes.split_at(self.rest.min(bytes.len()));
                match self.fate {
                    Fate::Passes => to_server.extend_from_slice(now),
                    Fate::LeftOut => {}
                    Fate::Gathered => self.gathered.extend_from_slice(now),
                }
                self.rest -= now.len();
                bytes = later;
                pressed |= self.deliver_gathered(to_server);
                // Closed in the middle of a message that was let through, which must reach its end.
                self.let_go(to_server);
                continue;
            }
            self.head.push(first);
            bytes = &bytes[1..];
            let message = match Message::read(&self.head) {
                Ok(Some(message)) => message,
                Ok(None) => continue,
                Err(unknown) if self.holds() => return Err(unknown),
                Err(unknown) => {
                    self.lost = Some(unknown);
                    to_server.append(&mut self.head);
                    continue;
                }
            };
            self.rest = message.length - self.head.len();
            self.fate = self.fate_of(&message);
            match self.fate {
                Fate::Passes => {
                    to_server.extend_from_slice(&self.head);
                    pressed |= self.held.note(&self.head);
                }
                Fate::LeftOut => {}
                Fate::Gathered => self.gathered.clone_from(&self.head),
            }
            self.head.clear();
            pressed |= self.deliver_gathered(to_server);
        }
        Ok(pressed)
    }

    fn deliver_gathered(&mut self, to_server: &mut Vec<u8>) -> bool {
        if self.rest > 0 || self.fate != Fate::Gathered {
            return false;
        }
        self.fate = Fate::LeftOut;
        let message = std::mem::take(&mut self.gathered);
        self.deliver(message, to_server)
    }

    fn let_go(&mut self, to_server: &mut Vec<u8>) {
        if self.is_closed && self.is_between_messages() {
            self.held.let_go(to_server);
        }
    }
}

/// What is known of a message by its first bytes.
struct Message {
    /// All of its bytes.
    length: usize,
    /// It does something to the machine, or brings it something.
    acts: bool,
}

impl Message {
    /// None where more of it has to be seen. Keys and pointers are seen whole, as it matters what is held.
    fn read(head: &[u8]) -> Result<Option<Self>, UnknownMessage> {
        let (needed, length, acts) = match *head {
            [0, ..] => (1, 20, false),
            [2, _, high, low, ..] => (4, 4 + 4 * usize::from(u16::from_be_bytes([high, low])), false),
            [3 | 150, ..] => (1, 10, false),
            [4, ..] => (8, 8, true),
            [5, buttons, ..] if buttons & 0x80 == 0 => (6, 6, true),
            [5, _, ..] => (7, 7, true),
            [6, ..] if head.len() >= 8 => {
                let length = i32::from_be_bytes([head[4], head[5], head[6], head[7]]);
                let (is_extended, length) = (length < 0, length.unsigned_abs() as usize);
                // Its actions come first.
                let needed = if is_extended && length >= 4 { 12 } else { 8 };
                let watches = needed == 12 && head.len() >= 12 && head[8] & (NOTIFY | PROVIDE) == 0;
                (needed, 8 + length, !watches)
            }
            [248, ..] if head.len() >= 9 => (9, 9 + usize::from(head[8]), false),
            [250, ..] => (1, 4, true),
            [251, _, _, _, _, _, screens, _, ..] => (8, 8 + 16 * usize::from(screens), true),
            [255, 0, ..] => (12, 12, true),
            [2 | 5 | 6 | 248 | 251] | [2 | 6 | 248 | 251, ..] | [255] => return Ok(None),
            [unknown, ..] => return Err(UnknownMessage(unknown)),
            [] => return Ok(None),
        };
        Ok((head.len() >= needed).then_some(Self { length, acts }))
    }
}

/// Actions of the extended clipboard, in the first byte of its flags: text is announced, or here it is.
const NOTIFY: u8 = 1 << 3;
const PROVIDE: u8 = 1 << 4;

/// What is down at the server.
#[derive(Debug, Default)]
struct Held {
    /// For each key that is down, the message that lets go of it.
    keys: Vec<Vec<u8>>,
    /// The one that lets go of the buttons, where the pointer is.
    buttons: Option<Vec<u8>>,
}

impl Held {
    /// Follows one message that was let through. Says whether it pressed a key or a button.
    fn note(&mut self, message: &[u8]) -> bool {
        let mut up = message.to_vec();
        let is_down = match message {
            [4, down, ..] => {
                up[1] = 0;
                *down != 0
            }
            [255, 0, high, low, ..] => {
                (up[2], up[3]) = (0, 0);
                (*high, *low) != (0, 0)
            }
            [5, buttons, _, _, _, _, more @ ..] => {
                let is_down = buttons & 0x7f != 0 || more.first().is_some_and(|more| *more != 0);
                up[1] &= 0x80;
                up.iter_mut().skip(6).for_each(|more| *more = 0);
                let pressed = is_down && self.buttons.is_none();
                self.buttons = is_down.then_some(up);
                return pressed;
            }
            _ => return false,
        };
        self.keys.retain(|key| *key != up);
        if is_down && self.keys.len() < MAX_KEYS {
            self.keys.push(up);
        }
        is_down
    }

    fn let_go(&mut self, to_server: &mut Vec<u8>) {
        self.keys.drain(..).chain(self.buttons.take()).for_each(|up| to_server.extend_from_slice(&up));
    }
}

/// More keys than these are on no keyboard.
const MAX_KEYS: usize = 256;

#[cfg(test)]
mod tests;
