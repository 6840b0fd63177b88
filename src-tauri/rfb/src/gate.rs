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
    /// A message that is in no table has come: from there on nobody knows where messages begin.
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

/// A message that is in no table: nobody knows how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the viewer sent a message of the unknown type {0}")]
pub struct UnknownMessage(u8);

impl Gate {
    /// One that is open or closed, before the first message.
    pub fn new(is_closed: bool) -> Self {
        Self { is_closed, ..Self::default() }
    }

    /// Opens or closes it. What closes it lets go of all keys and buttons that are down over there: nobody else would.
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
                // Nobody looks at so much.
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
mod tests {
    use super::*;
    use crate::lines::tests::{classic, provided};

    fn key(down: u8, symbol: u8) -> Vec<u8> {
        vec![4, down, 0, 0, 0, 0, 0, symbol]
    }

    fn scan_code(down: u8, symbol: u8) -> Vec<u8> {
        vec![255, 0, 0, down, 0, 0, 0, symbol, 0, 0, 0, 30]
    }

    fn pointer(buttons: u8) -> Vec<u8> {
        vec![5, buttons, 0, 10, 0, 20]
    }

    fn text(text: &[u8]) -> Vec<u8> {
        [&[6, 0, 0, 0], &u32::try_from(text.len()).unwrap().to_be_bytes()[..], text].concat()
    }

    fn extended(action: u8, data: &[u8]) -> Vec<u8> {
        let length = -i32::try_from(data.len() + 4).unwrap();
        [&[6, 0, 0, 0], &length.to_be_bytes()[..], &[action, 0, 0, 1], data].concat()
    }

    /// All that our viewer sends which only watches.
    fn watching() -> Vec<Vec<u8>> {
        vec![
            [&[0][..], &[7; 19]].concat(),
            [&[2, 0, 0, 2][..], &[4; 8]].concat(),
            vec![2, 0, 0, 0],
            vec![3, 1, 0, 0, 0, 0, 4, 0, 3, 0],
            vec![150, 1, 0, 0, 0, 0, 4, 0, 3, 0],
            [&[248, 0, 0, 0, 0, 0, 0, 1, 3][..], &[6, 5, 4]].concat(),
            vec![248, 0, 0, 0, 0, 0, 0, 1, 0],
            extended(1, &[0, 16, 0, 0]),
            extended(1 << 1, &[]),
            extended(1 << 2, &[]),
        ]
    }

    /// All that acts.
    fn acting() -> Vec<Vec<u8>> {
        vec![
            key(1, 97),
            key(0, 97),
            scan_code(1, 97),
            scan_code(0, 97),
            pointer(1),
            pointer(0),
            vec![5, 0x81, 0, 10, 0, 20, 1],
            vec![5, 0x80, 0, 10, 0, 20, 0],
            text(b"\x04\x05\xff"),
            text(b""),
            extended(NOTIFY, &[]),
            extended(PROVIDE, b"zipped"),
            vec![6, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 9],
            vec![250, 0, 1, 2],
            [&[251, 0, 4, 0, 3, 0, 1, 0][..], &[0; 16]].concat(),
            vec![251, 0, 4, 0, 3, 0, 0, 0],
        ]
    }

    fn passed(gate: &mut Gate, bytes: &[u8], size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in bytes.chunks(size) {
            gate.pass(piece, &mut out).unwrap();
        }
        out
    }

    #[test]
    fn open_it_lets_everything_through_in_pieces_of_any_size() {
        let all = [watching(), acting()].concat().concat();
        for size in 1..=all.len() {
            let mut gate = Gate::new(false);
            assert_eq!(passed(&mut gate, &all, size), all, "pieces of {size}");
            assert!(gate.is_between_messages());
        }
    }

    #[test]
    fn closed_it_lets_through_what_watches_and_nothing_else() {
        // Each that acts between two that watch.
        let all: Vec<_> = acting().into_iter().flat_map(|acts| [watching(), vec![acts], watching()].concat()).collect();
        let expected: Vec<_> = acting().iter().flat_map(|_| [watching(), watching()].concat()).flatten().collect();
        for size in [1, 2, 3, 5, 7, 11, 64, 10_000] {
            assert_eq!(passed(&mut Gate::new(true), &all.concat(), size), expected, "pieces of {size}");
        }
    }

    #[test]
    fn what_is_not_known_cannot_be_held() {
        for (bytes, unknown) in [(&[1, 4][..], 1), (&[7, 4], 7), (&[255, 1, 4], 255), (&[252, 0, 0], 252)] {
            let mut closed = Gate::new(true);
            assert_eq!(closed.pass(bytes, &mut Vec::new()), Err(UnknownMessage(unknown)));
            let mut open = Gate::new(false);
            let all = [&key(1, 9)[..], bytes, &[250; 40]].concat();
            assert_eq!(passed(&mut open, &all, 3), all, "whoever may act may send anything");
            assert!(!open.is_between_messages(), "nothing may come between");
            let mut out = Vec::new();
            open.set_closed(true, &mut out);
            assert_eq!(open.pass(&[3], &mut out), Err(UnknownMessage(unknown)));
            assert!(out.is_empty());
        }
    }

    #[test]
    fn closing_lets_go_of_what_is_down() {
        let mut gate = Gate::new(false);
        let down = [key(1, 1), key(1, 2), key(0, 1), scan_code(1, 3), pointer(5), key(1, 2)].concat();
        passed(&mut gate, &down, 4);
        let mut out = Vec::new();
        gate.set_closed(true, &mut out);
        assert_eq!(out, [scan_code(0, 3), key(0, 2), pointer(0)].concat());
        // Once.
        out.clear();
        gate.set_closed(true, &mut out);
        assert_eq!(passed(&mut gate, &key(0, 2), 8), out);
        gate.set_closed(false, &mut out);
        assert!(out.is_empty());
        assert_eq!(passed(&mut gate, &key(1, 2), 8), key(1, 2));
    }

    #[test]
    fn side_buttons_are_let_go_too() {
        let mut gate = Gate::new(false);
        passed(&mut gate, &[5, 0x80, 0, 10, 0, 20, 2], 7);
        let mut out = Vec::new();
        gate.set_closed(true, &mut out);
        assert_eq!(out, [5, 0x80, 0, 10, 0, 20, 0]);
    }

    #[test]
    fn a_message_that_was_half_through_reaches_its_end_before_anything_else() {
        let mut gate = Gate::new(false);
        let text = text(b"secret");
        let mut out = passed(&mut gate, &[key(1, 9), text[..10].to_vec()].concat(), 3);
        assert!(!gate.is_between_messages());
        gate.set_closed(true, &mut out);
        gate.pass(&text[10..], &mut out).unwrap();
        gate.pass(&text, &mut out).unwrap();
        assert_eq!(out, [key(1, 9), text, key(0, 9)].concat());
        assert!(gate.is_between_messages());
        // One that was left out half way through holds nobody up, but is left out to its end.
        gate.pass(&text_of_length(100), &mut Vec::new()).unwrap();
        assert!(gate.is_between_messages());
        gate.set_closed(false, &mut out);
        assert!(passed(&mut gate, &[4; 100], 9).is_empty());
        assert_eq!(passed(&mut gate, &key(1, 9), 8), key(1, 9));
    }

    fn text_of_length(length: u8) -> Vec<u8> {
        vec![6, 0, 0, 0, 0, 0, 0, length]
    }

    #[test]
    fn it_says_when_something_is_pressed() {
        let pressed = |gate: &mut Gate, bytes: &[u8]| gate.pass(bytes, &mut Vec::new()).unwrap();
        let mut gate = Gate::new(false);
        for (message, presses) in [
            (key(1, 1), true),
            (key(0, 1), false),
            (pointer(0), false),
            (pointer(1), true),
            (pointer(1), false),
            (pointer(0), false),
            (scan_code(1, 1), true),
            (scan_code(0, 1), false),
            (text(b"\x04\x01"), false),
        ] {
            assert_eq!(pressed(&mut gate, &message), presses, "{message:?}");
        }
        assert!(!pressed(&mut Gate::new(true), &key(1, 1)), "it did not get there");
    }

    #[test]
    fn the_largest_lengths_are_lengths() {
        for length in [i32::MAX.to_be_bytes(), i32::MIN.to_be_bytes()] {
            let mut gate = Gate::new(false);
            let head = [&[6, 0, 0, 0], &length[..], &[PROVIDE, 0, 0, 1]].concat();
            assert_eq!(passed(&mut gate, &head, 5), head);
            assert!(!gate.is_between_messages());
        }
    }

    fn asking() -> Gate {
        let mut gate = Gate::new(false);
        gate.set_asks(true);
        gate
    }

    #[test]
    fn several_lines_wait_for_their_answer_and_nothing_that_acts_overtakes_them() {
        let request = [3, 1, 0, 0, 0, 0, 4, 0, 3, 0];
        for lines in [classic(b"rm a\nrm b"), provided(b"rm a\r\nrm b\0")] {
            let paste = [key(1, 22), key(0, 22)].concat();
            let all = [&key(1, 17)[..], &lines, &paste, &request, &key(0, 17)].concat();
            for size in 1..=all.len() {
                let mut gate = asking();
                let mut out = passed(&mut gate, &all, size);
                assert_eq!(out, [&key(1, 17)[..], &request].concat(), "pieces of {size}");
                assert_eq!(gate.waiting_text(), Some("rm a\nrm b"));
                assert!(gate.is_between_messages());
                gate.answer(true, &mut out);
                assert_eq!(out, [&key(1, 17)[..], &request, &lines, &paste, &key(0, 17)].concat());
                assert_eq!(gate.waiting_text(), None);
                // Refused, what was down before is let go, and the rest never happened.
                let mut gate = asking();
                let mut out = passed(&mut gate, &all, size);
                gate.answer(false, &mut out);
                assert_eq!(out, [&key(1, 17)[..], &request, &key(0, 17)].concat());
                assert_eq!(passed(&mut gate, &key(1, 9), 3), key(1, 9));
            }
        }
    }

    #[test]
    fn a_gate_that_asks_lets_all_else_through() {
        let all = [watching(), acting()].concat();
        let readable = all.iter().filter(|message| lines::read(message) == Brought::NoLines || message[0] != 6);
        let readable = readable.cloned().collect::<Vec<_>>().concat();
        for size in 1..=readable.len() {
            assert_eq!(passed(&mut asking(), &readable, size), readable, "pieces of {size}");
        }
    }

    #[test]
    fn a_second_text_asks_anew_and_keeps_back_what_is_behind_it() {
        let (one, two) = (classic(b"a\n"), classic(b"b\n"));
        let mut gate = asking();
        let mut out = passed(&mut gate, &[&one[..], &key(1, 1), &two, &key(0, 1)].concat(), 5);
        assert!(out.is_empty());
        gate.answer(true, &mut out);
        assert_eq!(out, [one, key(1, 1)].concat());
        assert_eq!(gate.waiting_text(), Some("b\n"));
        out.clear();
        gate.answer(true, &mut out);
        assert_eq!(out, [two, key(0, 1)].concat());
    }

    #[test]
    fn what_cannot_be_looked_at_is_left_out() {
        let mut gate = asking();
        assert!(passed(&mut gate, &extended(PROVIDE, b"zipped"), 4).is_empty());
        let length = u32::try_from(lines::MAX_MESSAGE).unwrap();
        let huge = [&[6, 0, 0, 0], &length.to_be_bytes()[..]].concat();
        assert!(passed(&mut gate, &huge, 8).is_empty());
        assert!(passed(&mut gate, &vec![b'\n'; lines::MAX_MESSAGE], 1 << 16).is_empty());
        assert_eq!(gate.waiting_text(), None);
        assert_eq!(passed(&mut gate, &key(1, 9), 8), key(1, 9));
        // More behind a text than anybody waits for.
        passed(&mut gate, &classic(b"a\n"), 9);
        let more = classic(&vec![b'a'; lines::MAX_LINES]);
        passed(&mut gate, &[&more[..], &more].concat(), 1 << 16);
        assert_eq!(gate.waiting_text(), None);
        assert!(gate.pass(&[77], &mut Vec::new()).is_err(), "behind an unknown message it could keep nothing back");
    }

    #[test]
    fn who_only_watches_is_asked_nothing() {
        let mut gate = asking();
        let mut out = passed(&mut gate, &[key(1, 9), classic(b"a\n")].concat(), 7);
        gate.set_closed(true, &mut out);
        assert_eq!(gate.waiting_text(), None);
        assert_eq!(out, [key(1, 9), key(0, 9)].concat());
        // Half of a text had come.
        let mut gate = asking();
        let text = classic(b"a\n");
        let mut out = passed(&mut gate, &text[..9], 9);
        gate.set_closed(true, &mut out);
        gate.pass(&text[9..], &mut out).unwrap();
        assert!(out.is_empty() && gate.waiting_text().is_none());
    }
}
