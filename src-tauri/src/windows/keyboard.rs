//! Who has a viewer window's keys: its page says so, and a chord that no page can take away gives the desktop its shortcuts back.

use crate::platform;
use portlight_engine::model::{KeyNotice, KeyPress, KeyboardOwner};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tauri::{Manager, WebviewWindow, Window, ipc::Channel};

/// The key G, in the numbers of Linux's input system: with Ctrl, Alt and Shift it ends a grab.
const KEY_G: u32 = 34;

/// The keyboards of all viewer windows, by label.
#[derive(Default)]
pub struct Keyboards(Mutex<HashMap<String, Arc<Keyboard>>>);

/// One window's keyboard.
struct Keyboard(Mutex<Keys>);

struct Keys {
    owner: KeyboardOwner,
    page: Channel<KeyNotice>,
}

impl Keyboards {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Keyboard>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, label: &str) -> Option<Arc<Keyboard>> {
        self.lock().get(label).cloned()
    }
}

impl Keyboard {
    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A window's page wants its keys through `page` from now on, when they are the remote machine's. False where the system's toolkit
/// gives none: then the page has them from the web view.
///
/// # Errors
/// What the window system says.
pub fn take_keys(window: &WebviewWindow, page: Channel<KeyNotice>) -> tauri::Result<bool> {
    let keyboards = window.state::<Keyboards>();
    if let Some(keyboard) = keyboards.of(window.label()) {
        // The page was loaded anew: it begins with the keys for itself.
        set_owner(window, KeyboardOwner::Page)?;
        keyboard.lock().page = page;
        return Ok(platform::GIVES_KEYS);
    }
    let keyboard = Arc::new(Keyboard(Mutex::new(Keys { owner: KeyboardOwner::Page, page })));
    keyboards.lock().insert(window.label().to_owned(), Arc::clone(&keyboard));
    let of = window.clone();
    platform::watch_keys(window, move |press| took(&of, &keyboard, press))?;
    Ok(platform::GIVES_KEYS)
}

/// Gives a window's keys to its page or to the remote machine.
///
/// # Errors
/// What the window system says.
pub fn set_owner(window: &WebviewWindow, owner: KeyboardOwner) -> tauri::Result<()> {
    let Some(keyboard) = window.state::<Keyboards>().of(window.label()) else { return Ok(()) };
    let before = std::mem::replace(&mut keyboard.lock().owner, owner);
    let (grabbed, grab) = (before == KeyboardOwner::Grabbed, owner == KeyboardOwner::Grabbed);
    if grabbed == grab {
        return Ok(());
    }
    let of = window.clone();
    window.run_on_main_thread(move || {
        if !grab {
            platform::ungrab_keyboard(&of);
        } else if !platform::grab_keyboard(&of) {
            tracing::info!("the desktop keeps its shortcuts");
            release(&keyboard);
        }
    })
}

/// A window has lost the focus, or is gone: nothing of the desktop stays with it, whatever its page does.
pub fn lost_focus(window: &Window) {
    let Some(window) = window.get_webview_window(window.label()) else { return };
    let grabbed = |keyboard: Arc<Keyboard>| keyboard.lock().owner == KeyboardOwner::Grabbed;
    if window.state::<Keyboards>().of(window.label()).is_some_and(grabbed)
        && let Err(cause) = set_owner(&window, KeyboardOwner::Page)
    {
        tracing::debug!(%cause, "the window has gone");
    }
}

/// A window is gone.
pub fn forget_keyboard(window: &Window) {
    window.state::<Keyboards>().lock().remove(window.label());
}

/// A key of a window; returns whether the page's web view must not see it.
fn took(window: &WebviewWindow, keyboard: &Keyboard, press: KeyPress) -> bool {
    let (owner, page) = {
        let keys = keyboard.lock();
        (keys.owner, keys.page.clone())
    };
    if owner == KeyboardOwner::Page {
        return false;
    }
    if owner == KeyboardOwner::Grabbed && press.down && press.chord && press.key == KEY_G {
        platform::ungrab_keyboard(window);
        release(keyboard);
        return true;
    }
    page.send(KeyNotice::Press(press)).is_ok()
}

/// The desktop has its shortcuts; the other keys are the remote machine's.
fn release(keyboard: &Keyboard) {
    let page = {
        let mut keys = keyboard.lock();
        keys.owner = KeyboardOwner::Screen;
        keys.page.clone()
    };
    if let Err(cause) = page.send(KeyNotice::Released) {
        tracing::debug!(%cause, "the page has gone");
    }
}
