//! What is on a display: its picture, and its windows by way of the window manager (EWMH).

use image::RgbImage;
use std::error::Error;
use x11rb::{
    connection::Connection,
    protocol::xproto::{Atom, AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, ImageFormat, MapState, Window},
    rust_connection::RustConnection,
};

/// Who asks: a program by which the user looks after windows.
const TASKBAR: u32 = 2;
/// Place and size are all in the message (bits 8 to 11), which comes from a [`TASKBAR`]; the frame's corner is meant.
const PLACE: u32 = TASKBAR << 12 | 0xf << 8 | 1;
/// A window's state while it is minimised (ICCCM 4.1.4).
const ICONIC: u32 = 3;
/// X's CurrentTime.
const NOW: u32 = 0;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A look at a display.
pub struct Windows {
    connection: RustConnection,
    root: Window,
    size: (u16, u16),
}

impl Windows {
    /// The windows of the display of this name.
    pub fn of(display: &str) -> Result<Self> {
        let (connection, number) = RustConnection::connect(Some(display))?;
        let screen = &connection.setup().roots[number];
        let (root, size) = (screen.root, (screen.width_in_pixels, screen.height_in_pixels));
        Ok(Self { connection, root, size })
    }

    /// What is to be seen, without the pointer.
    pub fn picture(&self) -> Result<RgbImage> {
        let (width, height) = self.size;
        let pixels =
            self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0)?.reply()?.data;
        // Blue, green, red and nothing: so has it each X server here.
        let colours = pixels.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        Ok(RgbImage::from_raw(width.into(), height.into(), colours).ok_or("a display of another kind")?)
    }

    /// The colour at a place.
    pub fn pixel(&self, (x, y): (i16, i16)) -> Result<[u8; 3]> {
        match self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, 1, 1, !0)?.reply()?.data[..] {
            [blue, green, red, ..] => Ok([red, green, blue]),
            _ => Err("a display of another kind".into()),
        }
    }

    /// Whether there is a window manager.
    pub fn are_managed(&self) -> Result<bool> {
        Ok(!self.numbers(self.root, "_NET_SUPPORTING_WM_CHECK")?.is_empty())
    }

    /// Whether any window is to be seen, where no window manager is.
    pub fn are_any(&self) -> Result<bool> {
        for window in self.connection.query_tree(self.root)?.reply()?.children {
            if self.connection.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The titles of all windows that programs show.
    pub fn titles(&self) -> Result<Vec<String>> {
        Ok(self.all()?.into_iter().map(|(_, title)| title).collect())
    }

    /// Asks for the focus for the window of this title; says whether it has it already.
    pub fn focus(&self, title: &str) -> Result<bool> {
        let window = self.called(title)?;
        if self.numbers(self.root, "_NET_ACTIVE_WINDOW")? == [window] {
            return Ok(true);
        }
        self.ask("_NET_ACTIVE_WINDOW", window, &[TASKBAR, NOW])?;
        Ok(false)
    }

    /// Whether the window of this title has the focus.
    pub fn has_focus(&self, title: &str) -> Result<bool> {
        Ok(self.numbers(self.root, "_NET_ACTIVE_WINDOW")? == [self.called(title)?])
    }

    /// Minimises the window of this title, as its button for that does.
    pub fn minimise(&self, title: &str) -> Result<()> {
        self.ask("WM_CHANGE_STATE", self.called(title)?, &[ICONIC])
    }

    /// Closes the window of this title, as its button for that does.
    pub fn close(&self, title: &str) -> Result<()> {
        self.ask("_NET_CLOSE_WINDOW", self.called(title)?, &[NOW, TASKBAR])
    }

    /// Moves the window of this title into the upper left corner, and gives it a size, its frame not counted.
    pub fn place(&self, title: &str, (width, height): (u32, u32)) -> Result<()> {
        self.ask("_NET_MOVERESIZE_WINDOW", self.called(title)?, &[PLACE, 0, 0, width, height])
    }

    /// Where the window of this title is, its frame not counted: x, y, width, height.
    pub fn place_of(&self, title: &str) -> Result<(i32, i32, i32, i32)> {
        let window = self.called(title)?;
        let size = self.connection.get_geometry(window)?.reply()?;
        let at = self.connection.translate_coordinates(window, self.root, 0, 0)?.reply()?;
        Ok((at.dst_x.into(), at.dst_y.into(), size.width.into(), size.height.into()))
    }

    /// Width and height of the display.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Where the pointer is.
    pub fn pointer(&self) -> Result<(i32, i32)> {
        let at = self.connection.query_pointer(self.root)?.reply()?;
        Ok((at.root_x.into(), at.root_y.into()))
    }

    fn called(&self, title: &str) -> Result<Window> {
        let found = self.all()?.into_iter().find(|(_, other)| other == title);
        Ok(found.ok_or_else(|| format!("no window is called {title:?}"))?.0)
    }

    fn all(&self) -> Result<Vec<(Window, String)>> {
        let name = self.atom("_NET_WM_NAME")?;
        let titled = |window: Window| {
            let property =
                self.connection.get_property(false, window, name, AtomEnum::ANY, 0, 256).ok()?.reply().ok()?;
            Some((window, String::from_utf8_lossy(&property.value).into_owned()))
        };
        // A window may go while we look at the others.
        Ok(self.numbers(self.root, "_NET_CLIENT_LIST")?.into_iter().filter_map(titled).collect())
    }

    /// Asks the window manager, with the words that the message begins with; the others are 0.
    fn ask(&self, message: &str, window: Window, words: &[u32]) -> Result<()> {
        let mut data = [0; 5];
        data[..words.len()].copy_from_slice(words);
        let event = ClientMessageEvent::new(32, window, self.atom(message)?, data);
        let listeners = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_REDIRECT;
        self.connection.send_event(false, self.root, listeners, event)?.check()?;
        Ok(())
    }

    fn numbers(&self, window: Window, property: &str) -> Result<Vec<u32>> {
        let property = self.atom(property)?;
        let reply = self.connection.get_property(false, window, property, AtomEnum::ANY, 0, 1024)?.reply()?;
        Ok(reply.value32().map(Iterator::collect).unwrap_or_default())
    }

    fn atom(&self, name: &str) -> Result<Atom> {
        Ok(self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }
}
