//! The demo desktop: a VNC server inside Portlight, so that the first run has something to open.
//!
//! It listens nowhere: it connects to a loopback port (a reverse connection) that is closed after one connection.

use crate::error::{ConnectError, Result};
use font8x8::UnicodeFonts;
use rustvncserver::{VncServer, server::ServerEvent};
use std::{net::Ipv4Addr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc::UnboundedReceiver,
    time::{MissedTickBehavior, interval, timeout},
};

/// Pixels.
const WIDTH: u16 = 800;
const HEIGHT: u16 = 500;
/// Between two pictures.
const TICK: Duration = Duration::from_millis(80);
/// For the reverse connection.
const CALL_DEADLINE: Duration = Duration::from_secs(5);
/// Characters typed last that are shown.
const TYPED: usize = 24;
const SAND: [u8; 3] = [0xf6, 0xe7, 0xc8];
const LAMP: [u8; 3] = [0xff, 0xc8, 0x57];
const LAMP_PRESSED: [u8; 3] = [0xff, 0x6b, 0x4a];

/// Starts a demo desktop and returns the stream to it; the desktop ends with the stream.
///
/// # Errors
/// [`ConnectError::System`] where not even loopback works.
pub(crate) async fn dial() -> Result<TcpStream, ConnectError> {
    let failed = |detail: String| ConnectError::System { detail: format!("the demo desktop did not start: {detail}") };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|e| failed(e.to_string()))?;
    let port = listener.local_addr().map_err(|e| failed(e.to_string()))?.port();
    tokio::spawn(async move {
        let (server, events) = VncServer::new(WIDTH, HEIGHT, "Portlight".to_owned(), None);
        // It returns after the handshake, which needs the other end: hence a task of its own.
        match server.connect_reverse(Ipv4Addr::LOCALHOST.to_string(), port).await {
            Ok(_) => play(&server, events).await,
            Err(cause) => tracing::warn!(%cause, "the demo desktop could not call"),
        }
    });
    let (stream, _) = timeout(CALL_DEADLINE, listener.accept())
        .await
        .map_err(|_| failed("no call came".to_owned()))?
        .map_err(|e| failed(e.to_string()))?;
    Ok(stream)
}

async fn play(server: &VncServer, mut events: UnboundedReceiver<ServerEvent>) {
    let mut scene = Scene { tick: 0, lamp: (f32::from(WIDTH) / 2.0, 150.0), pressed: false, typed: String::new() };
    let mut clock = interval(TICK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = clock.tick() => scene.tick += 1,
            event = events.recv() => match event {
                Some(ServerEvent::ClientDisconnected { .. }) | None => return,
                Some(ServerEvent::PointerMove { x, y, button_mask, .. }) => {
                    scene.lamp = (f32::from(x), f32::from(y));
                    scene.pressed = button_mask != 0;
                }
                Some(ServerEvent::KeyPress { down: true, key, .. }) => scene.press(key),
                Some(_) => {}
            },
        }
        if let Err(cause) = server.framebuffer().update_from_slice(&scene.paint()).await {
            tracing::warn!(%cause, "the demo desktop could not paint");
            return;
        }
    }
}

/// What is to be seen: a harbour at night, a lamp at the pointer, the last keys as text.
struct Scene {
    tick: u32,
    lamp: (f32, f32),
    pressed: bool,
    typed: String,
}

impl Scene {
    fn press(&mut self, keysym: u32) {
        const BACKSPACE: u32 = 0xff08;
        match keysym {
            BACKSPACE => drop(self.typed.pop()),
            // Keysyms of Latin-1 are the characters' own numbers (RFC 6143, section 7.5.4).
            _ => self.typed.extend(char::from_u32(keysym).filter(|c| (' '..='ÿ').contains(c))),
        }
        if let Some((start, _)) = self.typed.char_indices().rev().nth(TYPED) {
            self.typed.drain(..=start);
        }
    }

    /// Pixels from the top left, four bytes each: red, green, blue, and one that does not matter.
    fn paint(&self) -> Vec<u8> {
        let (width, height) = (usize::from(WIDTH), usize::from(HEIGHT));
        let lamp = if self.pressed { LAMP_PRESSED } else { LAMP };
        let mut pixels = vec![0xff; width * height * 4];
        // One wave for a column and one glow for a pixel: an unoptimised build must keep up too.
        let shore: Vec<f32> =
            (0..WIDTH).map(|x| 380.0 + 10.0 * ((f32::from(x) + self.tick as f32 * 4.0) / 60.0).sin()).collect();
        for (index, pixel) in pixels.chunks_exact_mut(4).enumerate() {
            let (x, y) = ((index % width) as f32, (index / width) as f32);
            let dusk = y / f32::from(HEIGHT);
            let base = if y > shore[index % width] {
                [0x14, 0x3d, 0x59]
            } else {
                [0x10, 0x1b, (0x2e as f32 + 40.0 * dusk) as u8]
            };
            let (dx, dy) = (x - self.lamp.0, y - self.lamp.1);
            let glow = (900.0 / (dx * dx + dy * dy + 1.0)).min(1.0);
            for channel in 0..3 {
                pixel[channel] = (f32::from(base[channel]) * (1.0 - glow) + f32::from(lamp[channel]) * glow) as u8;
            }
        }
        write(&mut pixels, "Move the pointer, click, type.", 2, 60);
        write(&mut pixels, &self.typed, 4, 250);
        pixels
    }
}

/// Writes `text` centred at height `top`, each dot of the 8x8 font `scale` pixels wide.
fn write(pixels: &mut [u8], text: &str, scale: usize, top: usize) {
    let width = usize::from(WIDTH);
    let left = (width / 2).saturating_sub(text.chars().count() * 8 * scale / 2);
    for (place, character) in text.chars().enumerate() {
        let glyph = font8x8::BASIC_FONTS.get(character).or_else(|| font8x8::LATIN_FONTS.get(character));
        for (row, bits) in glyph.unwrap_or_default().into_iter().enumerate() {
            for dot in (0..8 * scale).filter(|dot| bits >> (dot / scale) & 1 == 1) {
                for line in 0..scale {
                    let at = ((top + row * scale + line) * width + left + place * 8 * scale + dot) * 4;
                    pixels[at..at + 3].copy_from_slice(&SAND);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn still() -> Scene {
        Scene { tick: 0, lamp: (400.0, 150.0), pressed: false, typed: String::new() }
    }

    #[test]
    fn the_picture_shows_time_pointer_button_and_keys() {
        let before = still().paint();
        assert_ne!(before, Scene { tick: 3, ..still() }.paint(), "it moves a little");
        assert_ne!(before, Scene { lamp: (40.0, 40.0), ..still() }.paint(), "the lamp follows the pointer");
        assert_ne!(before, Scene { pressed: true, ..still() }.paint(), "a pressed button shows");
        assert_ne!(before, Scene { typed: "a".into(), ..still() }.paint(), "keys show");
    }

    #[test]
    fn the_last_keys_stay_and_backspace_takes_one() {
        let mut scene = still();
        for key in "abcdefghijklmnopqrstuvwxyzäö".chars() {
            scene.press(key.into());
        }
        assert_eq!(scene.typed, "efghijklmnopqrstuvwxyzäö");
        scene.press(0xff08);
        scene.press(0xffe1);
        assert_eq!(scene.typed, "efghijklmnopqrstuvwxyzä");
    }

    #[tokio::test]
    async fn it_greets_as_a_vnc_server() {
        use tokio::io::AsyncReadExt;
        let mut stream = dial().await.unwrap();
        let mut greeting = [0; 12];
        stream.read_exact(&mut greeting).await.unwrap();
        assert_eq!(&greeting, b"RFB 003.008\n");
    }
}
