//! What the input method of this computer composes of a window's keys while they are its screen's: an input context of GTK's, beside
//! the one that the web view has for the fields of its page.

use gtk::{
    IMMulticontext,
    gdk::{self, Rectangle},
    prelude::{IMContextExt, SeatExt, WidgetExt},
};
use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
    rc::Rc,
};
use tauri::WebviewWindow;

thread_local! {
    /// By window's label. Objects of GTK's live on the main thread.
    static COMPOSERS: RefCell<HashMap<String, Rc<Composer>>> = RefCell::default();
}

/// A window's input context.
pub(super) struct Composer {
    context: IMMulticontext,
    on: Cell<bool>,
    /// What the key that is being looked at means by itself.
    own: Cell<Option<char>>,
    /// That was all that has come of it.
    alone: Cell<bool>,
    /// Keys that went down as keys, by their numbers: they go up so, whatever the input method thinks of that.
    down: RefCell<HashSet<u16>>,
}

impl Composer {
    /// One for a window; `on_text` gets what is composed. On the main thread.
    pub(super) fn of(
        window: &WebviewWindow,
        gtk_window: &gtk::ApplicationWindow,
        on_text: impl Fn(String) + 'static,
    ) -> Rc<Self> {
        let context = IMMulticontext::new();
        context.set_use_preedit(false);
        context.set_client_window(gtk_window.window().as_ref());
        let composer = Rc::new(Self {
            context,
            on: Cell::new(false),
            own: Cell::new(None),
            alone: Cell::new(false),
            down: RefCell::default(),
        });
        let weak = Rc::downgrade(&composer);
        composer.context.connect_commit(move |_, text| {
            let Some(composer) = weak.upgrade() else { return };
            let mut letters = text.chars();
            match (composer.own.get(), letters.next(), letters.next()) {
                (Some(own), Some(letter), None) if own == letter => composer.alone.set(true),
                _ => on_text(text.to_owned()),
            }
        });
        let label = window.label().to_owned();
        COMPOSERS.with_borrow_mut(|all| all.insert(label.clone(), Rc::clone(&composer)));
        gtk_window.connect_destroy(move |_| {
            COMPOSERS.with_borrow_mut(|all| all.remove(&label));
        });
        composer
    }

    /// Whether the input method has this key, so that it is nobody else's. A key that means what it is is left to go as a key, with its
    /// release; the input method's own keys are gone until it says what has come of them.
    pub(super) fn takes(&self, event: &gdk::EventKey, down: bool) -> bool {
        let key = event.hardware_keycode();
        if !self.on.get() || is_shortcut(event) {
            return false;
        }
        self.point(event);
        self.own.set(event.keyval().to_unicode());
        self.alone.set(false);
        let taken = self.context.filter_keypress(event);
        self.own.set(None);
        match down {
            true if taken && !self.alone.get() => true,
            true => {
                self.down.borrow_mut().insert(key);
                false
            }
            false => !self.down.borrow_mut().remove(&key) && taken,
        }
    }

    fn set(&self, on: bool) {
        if self.on.replace(on) == on {
            return;
        }
        if on {
            self.context.focus_in();
        } else {
            self.down.borrow_mut().clear();
            // What is half composed is nobody's.
            self.context.reset();
            self.context.focus_out();
        }
    }

    /// No server tells where its cursor for text is: what is offered is offered at the pointer.
    fn point(&self, event: &gdk::EventKey) {
        let Some(surface) = event.window() else { return };
        let Some(pointer) = surface.display().default_seat().and_then(|seat| seat.pointer()) else { return };
        let (_, x, y, _) = surface.device_position(&pointer);
        self.context.set_cursor_location(&Rectangle::new(x, y, 1, 20));
    }
}

/// Letters with Ctrl and Shift are for the program over there: GTK would begin to read a character's number at U.
fn is_shortcut(event: &gdk::EventKey) -> bool {
    let both = gdk::ModifierType::CONTROL_MASK | gdk::ModifierType::SHIFT_MASK;
    event.state().contains(both) && event.keyval().to_unicode().is_some_and(char::is_alphabetic)
}

/// Has the input method of this computer compose a window's keys, or not. On the main thread.
pub fn compose(window: &WebviewWindow, on: bool) {
    COMPOSERS.with_borrow(|all| all.get(window.label()).cloned()).into_iter().for_each(|composer| composer.set(on));
}
