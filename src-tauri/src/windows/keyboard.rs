//! Who has a viewer window's keys: its page says so, and a chord that no page can take away gives the desktop its shortcuts back.

use crate::platform;
use portlight_engine::model::{KeyNotice, KeyPress, KeyboardOwner};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tauri::{Manager, WebviewWindow, Window, ipc::Channel};

/// The key G, in the numbers of Linux's input system: with Ctrl, Alt and Shift it ends a grab.
const KEY_G: u32 = 34;

/// How often the desktop is asked for its shortcuts, and after how long again: a window manager has the keyboard for itself while it
/// changes windows, until the keys for that are let go.
const GRABS: u32 = 20;
const GRAB_AGAIN: Duration = Duration::from_millis(100);

/// The keyboards of all viewer windows, by label.
#[derive(Default)]
pub struct Keyboards(Mutex<HashMap<String, Keyboard>>);

/// One window's keyboard.
struct Keyboard {
    owner: KeyboardOwner,
    /// What is for the remote machine is composed here.
    composes: bool,
    /// How often the desktop's shortcuts were asked for or given back: tries for them end with that.
    turn: u64,
    /// It is noticed when another window gets the focus in spite of a grab.
    watched: bool,
    page: Channel<KeyNotice>,
}

impl Keyboard {
    /// Gives the keys to another owner. Says whether the desktop's shortcuts are to be asked for now, or given back; none where neither.
    fn give(&mut self, owner: KeyboardOwner) -> Option<bool> {
        let (before, now) = (self.owner == KeyboardOwner::Grabbed, owner == KeyboardOwner::Grabbed);
        self.owner = owner;
        (before != now).then(|| {
            self.turn += 1;
            now
        })
    }

    /// Whether the desktop's shortcuts were asked for in this turn, and nothing else since.
    fn grabs_since(&self, turn: u64) -> bool {
        self.owner == KeyboardOwner::Grabbed && self.turn == turn
    }
}

impl Keyboards {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Keyboard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A window's page wants its keys through `page` from now on, when they are the remote machine's. False where the system's toolkit
/// gives none: then the page has them from the web view.
///
/// # Errors
/// What the window system says.
pub fn take_keys(window: &WebviewWindow, page: Channel<KeyNotice>) -> tauri::Result<bool> {
    // A page that was loaded anew begins with the keys for itself.
    set_owner(window, KeyboardOwner::Page, false)?;
    let is_new = {
        let keyboards = window.state::<Keyboards>();
        let mut keyboards = keyboards.lock();
        let (turn, watched) =
            keyboards.get(window.label()).map(|keyboard| (keyboard.turn, keyboard.watched)).unwrap_or_default();
        let keyboard = Keyboard { owner: KeyboardOwner::Page, composes: false, turn, watched, page };
        keyboards.insert(window.label().to_owned(), keyboard).is_none()
    };
    if is_new {
        let of = window.clone();
        let composed = window.clone();
        let on_text = move |text| tell(&composed, KeyNotice::Composed { text });
        platform::watch_keys(window, move |press| took(&of, press), on_text)?;
        let of = window.clone();
        platform::watch_side_buttons(window, move |button| tell(&of, KeyNotice::SideButton(button)))?;
    }
    Ok(platform::GIVES_KEYS)
}

/// Gives a window's keys to its page or to the remote machine; `composes`: what is for the remote machine goes through this computer's
/// input method.
///
/// # Errors
/// What the window system says.
pub fn set_owner(window: &WebviewWindow, owner: KeyboardOwner, composes: bool) -> tauri::Result<()> {
    let composes = composes && owner != KeyboardOwner::Page;
    let (grab, turn, compose) = {
        let keyboards = window.state::<Keyboards>();
        let mut keyboards = keyboards.lock();
        let Some(keyboard) = keyboards.get_mut(window.label()) else { return Ok(()) };
        let grab = keyboard.give(owner);
        let composed = std::mem::replace(&mut keyboard.composes, composes);
        (grab, keyboard.turn, (composed != composes).then_some(composes))
    };
    if grab.is_none() && compose.is_none() {
        return Ok(());
    }
    let of = window.clone();
    window.run_on_main_thread(move || {
        if let Some(on) = compose {
            platform::compose(&of, on);
        }
        match grab {
            Some(true) => self::grab(&of, turn, GRABS - 1),
            Some(false) => platform::ungrab_keyboard(&of),
            None => {}
        }
    })
}

/// Takes the desktop's shortcuts, as long as the window is to have them since this `turn`: now, or at one of the next `attempts`. On
/// the main thread.
fn grab(window: &WebviewWindow, turn: u64, attempts: u32) {
    let watched = match window.state::<Keyboards>().lock().get_mut(window.label()) {
        Some(keyboard) if keyboard.grabs_since(turn) => std::mem::replace(&mut keyboard.watched, true),
        _ => return,
    };
    if !watched {
        let of = window.clone();
        platform::watch_grabbed_focus(window, move || leave_keys(&of));
    }
    if platform::grab_keyboard(window) {
        return;
    }
    let Some(attempts) = attempts.checked_sub(1) else {
        tracing::info!("the desktop keeps its shortcuts");
        return end_grab(window, KeyNotice::Refused);
    };
    let window = window.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(GRAB_AGAIN).await;
        let of = window.clone();
        if let Err(cause) = window.run_on_main_thread(move || grab(&of, turn, attempts)) {
            tracing::debug!(%cause, "the window has gone");
        }
    });
}

fn owner_of(label: &str, keyboards: &Keyboards) -> Option<KeyboardOwner> {
    keyboards.lock().get(label).map(|keyboard| keyboard.owner)
}

/// A window has lost the focus: nothing of the desktop stays with it, whatever its page does.
pub fn lost_focus(window: &Window) {
    if let Some(window) = window.get_webview_window(window.label()) {
        leave_keys(&window);
    }
}

/// Nothing of the desktop stays with a window that is not in front.
fn leave_keys(window: &WebviewWindow) {
    if owner_of(window.label(), &window.state::<Keyboards>()) == Some(KeyboardOwner::Grabbed)
        && let Err(cause) = set_owner(window, KeyboardOwner::Page, false)
    {
        tracing::debug!(%cause, "the window has gone");
    }
}

/// A window is gone.
pub fn forget_keyboard(window: &Window) {
    window.state::<Keyboards>().lock().remove(window.label());
}

/// A key of a window; returns whether the page's web view must not see it.
fn took(window: &WebviewWindow, press: KeyPress) -> bool {
    let keyboards = window.state::<Keyboards>();
    let Some((owner, page)) =
        keyboards.lock().get(window.label()).map(|keyboard| (keyboard.owner, keyboard.page.clone()))
    else {
        return false;
    };
    if owner == KeyboardOwner::Page {
        return false;
    }
    if owner == KeyboardOwner::Grabbed && press.down && press.chord && press.key == KEY_G {
        platform::ungrab_keyboard(window);
        end_grab(window, KeyNotice::Released);
        return true;
    }
    page.send(KeyNotice::Press(press)).is_ok()
}

/// The desktop has its shortcuts; the other keys are the remote machine's.
fn end_grab(window: &WebviewWindow, notice: KeyNotice) {
    if let Some(keyboard) = window.state::<Keyboards>().lock().get_mut(window.label()) {
        keyboard.owner = KeyboardOwner::Screen;
    }
    tell(window, notice);
}

fn tell(window: &WebviewWindow, notice: KeyNotice) {
    let page = window.state::<Keyboards>().lock().get(window.label()).map(|keyboard| keyboard.page.clone());
    if let Some(Err(cause)) = page.map(|page| page.send(notice)) {
        tracing::debug!(%cause, "the page has gone");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_for_the_desktops_shortcuts_end_with_the_next_word_about_them() {
        let page = Channel::new(|_| Ok(()));
        let mut keyboard = Keyboard { owner: KeyboardOwner::Page, composes: false, turn: 0, watched: false, page };
        assert_eq!(keyboard.give(KeyboardOwner::Grabbed), Some(true));
        let first = keyboard.turn;
        assert_eq!(keyboard.give(KeyboardOwner::Grabbed), None);
        assert!(keyboard.grabs_since(first), "asked once more is the same tries");
        assert_eq!(keyboard.give(KeyboardOwner::Page), Some(false));
        assert!(!keyboard.grabs_since(first));
        assert_eq!(keyboard.give(KeyboardOwner::Screen), None);
        assert_eq!(keyboard.give(KeyboardOwner::Grabbed), Some(true));
        assert!(!keyboard.grabs_since(first) && keyboard.grabs_since(keyboard.turn), "only the last ones go on");
    }
}
