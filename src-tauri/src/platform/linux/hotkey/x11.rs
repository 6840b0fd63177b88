//! A grab of the hotkey's keys on X11's root window. It is made with each of the locks, as a grab means exactly the modifiers that it
//! names, and made anew where another keyboard or layout has the key elsewhere.

use super::keysyms;
use portlight_engine::model::{Chord, HotkeyState};
use std::{io, os::fd::AsFd, os::unix::net::UnixStream};
use tokio::io::Interest;
use x11rb::{
    connection::Connection,
    errors::{ConnectionError, ReplyError, ReplyOrIdError},
    protocol::{
        ErrorKind, Event,
        xproto::{ConnectionExt, GrabMode, Keycode, Mapping, ModMask, Window},
    },
    rust_connection::RustConnection,
};

const ALT: &[u32] = &[0xffe9, 0xffea];
const SUPER: &[u32] = &[0xffeb, 0xffec];
/// Num Lock and Scroll Lock; Caps Lock has a modifier of its own.
const LOCKS: &[u32] = &[0xff7f, 0xff14];

/// Holds `chord`, and calls `pressed` each time that it is pressed; comes back with why it is held no longer.
pub async fn hold(chord: &Chord, pressed: &impl Fn(), told: &impl Fn(HotkeyState)) -> HotkeyState {
    match try_hold(chord, pressed, told).await {
        Ok(state) => state,
        Err(cause) => HotkeyState::Failed { detail: cause.to_string() },
    }
}

async fn try_hold(
    chord: &Chord,
    pressed: &impl Fn(),
    told: &impl Fn(HotkeyState),
) -> Result<HotkeyState, Box<dyn std::error::Error + Send + Sync>> {
    let (connection, screen) = x11rb::connect(None)?;
    let root = connection.setup().roots.get(screen).ok_or("the display has no screen")?.root;
    // The same socket, only to wait until something comes: whatever kind of one it is.
    let incoming = UnixStream::from(connection.stream().as_fd().try_clone_to_owned()?);
    let incoming = tokio::net::UnixStream::from_std(incoming)?;
    let mut grab = match Grab::make(&connection, root, chord)? {
        Ok(grab) => grab,
        Err(state) => return Ok(state),
    };
    told(HotkeyState::Held { keys: None });
    // When the keys came up last: a key that repeats goes up and down at the same time.
    let mut released = None;
    loop {
        let mut remapped = false;
        while let Some(event) = connection.poll_for_event()? {
            match event {
                Event::KeyPress(press) if released != Some(press.time) => pressed(),
                Event::KeyRelease(release) => released = Some(release.time),
                Event::MappingNotify(notify) => remapped |= notify.request != Mapping::POINTER,
                _ => {}
            }
        }
        if remapped {
            grab.release(&connection, root)?;
            grab = match Grab::make(&connection, root, chord)? {
                Ok(grab) => grab,
                Err(state) => {
                    told(state);
                    // Another layout may have the key again.
                    Grab::default()
                }
            };
            if !grab.keys.is_empty() {
                told(HotkeyState::Held { keys: None });
            }
            // What came with the answers.
            continue;
        }
        incoming.readable().await?;
        // All of it was read by then, or is read now: this one is to wait for more.
        let _: io::Result<()> = incoming.try_io(Interest::READABLE, || Err(io::ErrorKind::WouldBlock.into()));
    }
}

/// What is grabbed.
#[derive(Default)]
struct Grab {
    keys: Vec<(Keycode, ModMask)>,
}

impl Grab {
    /// Grabs all or nothing: then why.
    fn make(
        connection: &RustConnection,
        root: Window,
        chord: &Chord,
    ) -> Result<Result<Self, HotkeyState>, ReplyOrIdError> {
        let keyboard = Keyboard::read(connection)?;
        let Some(key) = keyboard.key(&keysyms::numbers(chord.key())) else { return Ok(Err(HotkeyState::NoSuchKey)) };
        let Some(modifiers) = keyboard.modifiers(chord) else { return Ok(Err(HotkeyState::NoSuchKey)) };
        let mut grab = Self::default();
        for locks in keyboard.locks() {
            let with = modifiers | locks;
            let asked = connection.grab_key(false, root, with, key, GrabMode::ASYNC, GrabMode::ASYNC)?;
            match asked.check() {
                Ok(()) => grab.keys.push((key, with)),
                Err(ReplyError::X11Error(error)) if error.error_kind == ErrorKind::Access => {
                    grab.release(connection, root)?;
                    return Ok(Err(HotkeyState::Taken));
                }
                Err(cause) => return Err(cause.into()),
            }
        }
        Ok(Ok(grab))
    }

    fn release(self, connection: &RustConnection, root: Window) -> Result<(), ConnectionError> {
        for (key, with) in self.keys {
            connection.ungrab_key(key, root, with)?;
        }
        connection.flush()
    }
}

/// Which keys there are, and which of them are modifiers.
struct Keyboard {
    first: Keycode,
    /// The symbols of each key, from the first one on.
    symbols: Vec<Vec<u32>>,
    /// The keys of each of the eight modifiers.
    modifiers: Vec<Vec<Keycode>>,
}

impl Keyboard {
    fn read(connection: &RustConnection) -> Result<Self, ReplyOrIdError> {
        let (first, last) = (connection.setup().min_keycode, connection.setup().max_keycode);
        let symbols = connection.get_keyboard_mapping(first, last - first + 1)?;
        let modifiers = connection.get_modifier_mapping()?.reply()?;
        let symbols = symbols.reply()?;
        let per_key = usize::from(symbols.keysyms_per_keycode).max(1);
        let per_modifier = (modifiers.keycodes.len() / 8).max(1);
        Ok(Self {
            first,
            symbols: symbols.keysyms.chunks(per_key).map(<[u32]>::to_vec).collect(),
            modifiers: modifiers.keycodes.chunks(per_modifier).map(<[Keycode]>::to_vec).collect(),
        })
    }

    /// The key with one of these symbols: rather where it is the plain one than where it takes a modifier or another layout.
    fn key(&self, symbols: &[u32]) -> Option<Keycode> {
        let columns = self.symbols.iter().map(Vec::len).max().unwrap_or_default();
        let place = (0..columns).find_map(|column| {
            self.symbols.iter().position(|of| of.get(column).is_some_and(|symbol| symbols.contains(symbol)))
        })?;
        self.first.checked_add(u8::try_from(place).ok()?)
    }

    /// The modifier that one of these symbols is on.
    fn modifier(&self, symbols: &[u32]) -> Option<ModMask> {
        let is_it = |key: &Keycode| {
            let of = key.checked_sub(self.first).and_then(|place| self.symbols.get(usize::from(place)));
            of.is_some_and(|of| of.iter().any(|symbol| symbols.contains(symbol)))
        };
        let number = self.modifiers.iter().position(|keys| keys.iter().any(is_it))?;
        Some(ModMask::from(1u16 << number))
    }

    fn modifiers(&self, chord: &Chord) -> Option<ModMask> {
        chord.modifiers().try_fold(ModMask::default(), |all, name| {
            let one = match name {
                "Ctrl" => ModMask::CONTROL,
                "Shift" => ModMask::SHIFT,
                "Alt" => self.modifier(ALT)?,
                _ => self.modifier(SUPER)?,
            };
            Some(all | one)
        })
    }

    /// Each set of locks that may be on.
    fn locks(&self) -> Vec<ModMask> {
        let mut sets = vec![ModMask::default()];
        let other = LOCKS.iter().filter_map(|symbol| self.modifier(&[*symbol]));
        for lock in [ModMask::LOCK].into_iter().chain(other) {
            sets.extend(sets.iter().map(|set| *set | lock).collect::<Vec<_>>());
        }
        sets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_are_those_that_the_keyboard_has_them_on() {
        // Alt is on the fourth modifier, Super on the fifth, Num Lock on the sixth: unlike on most.
        let symbols = vec![vec![0x70, 0x50], vec![0xffe9], vec![0xffeb], vec![0xff7f], vec![0x2c, 0x70]];
        let modifiers = vec![vec![0], vec![], vec![], vec![9], vec![10], vec![11], vec![], vec![0]];
        let keyboard = Keyboard { first: 8, symbols, modifiers };
        let modifiers = |text| keyboard.modifiers(&Chord::parse(text).unwrap());
        assert_eq!(modifiers("Ctrl+Alt+p"), Some(ModMask::CONTROL | ModMask::M1));
        assert_eq!(modifiers("Shift+Super+p"), Some(ModMask::SHIFT | ModMask::M2));
        let (caps, num) = (ModMask::LOCK, ModMask::M3);
        assert_eq!(keyboard.locks(), [ModMask::default(), caps, num, caps | num]);
        assert_eq!((keyboard.key(&[0x70]), keyboard.key(&[0x2c]), keyboard.key(&[0x71])), (Some(8), Some(12), None));
        assert_eq!(
            Keyboard { modifiers: vec![vec![]; 8], ..keyboard }.modifiers(&Chord::parse("Alt+p").unwrap()),
            None
        );
    }
}
