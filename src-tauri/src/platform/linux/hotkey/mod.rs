//! The hotkey: on X11 a grab of its keys, on Wayland the desktop's portal, which is the only one there that may.

mod keysyms;
mod portal;
mod x11;

use portlight_engine::model::{Chord, HotkeyState};
use std::env;
use tokio::sync::watch;

/// Has `wanted` call `pressed`, whatever window has the focus, and tells what has become of each chord that is wanted. A chord that
/// could not be had is tried again when it is chosen once more. Ends with the sender of what is wanted.
pub async fn hold_hotkey(
    mut wanted: watch::Receiver<Option<Chord>>,
    pressed: impl Fn() + Send + Sync,
    told: impl Fn(Option<Chord>, HotkeyState) + Send + Sync,
) {
    loop {
        let chord = wanted.borrow_and_update().clone();
        let over = match chord.clone() {
            None => {
                told(None, HotkeyState::Off);
                wanted.changed().await.is_err()
            }
            Some(hotkey) => {
                let tell = |state| told(chord.clone(), state);
                // Held until it is another one's turn, or until it cannot be held any more.
                let held = async {
                    let ended = match is_wayland() {
                        true => portal::hold(&hotkey, &pressed, &tell).await,
                        false => x11::hold(&hotkey, &pressed, &tell).await,
                    };
                    tell(ended);
                    std::future::pending::<()>().await;
                };
                tokio::select! {
                    changed = wanted.changed() => changed.is_err(),
                    () = held => false,
                }
            }
        };
        if over {
            return;
        }
    }
}

/// Whether the desktop shows its windows by Wayland. Portlight's own may still come by X11: a grab there would be seen by no other
/// window of such a desktop.
fn is_wayland() -> bool {
    env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty())
        || env::var_os("XDG_SESSION_TYPE").is_some_and(|kind| kind == "wayland")
}
