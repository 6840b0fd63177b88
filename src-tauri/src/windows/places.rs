//! Where viewer windows are, and whether the user has put them there: what the user has placed or sized is remembered with
//! the machine, and Portlight does not move it.

use super::{geometry::Size, page::session_of};
use crate::platform;
use portlight_engine::{
    Engine,
    model::Monitors,
    store::{Place, Places as Store},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tauri::{AppHandle, Manager, Monitor, WebviewWindow, Window, async_runtime};
use tokio::time::sleep;

/// A window that was moved rests for so long before it is where it is to be: also for the window system to have its say about
/// a new one.
const AT_REST: Duration = Duration::from_millis(500);

/// Sizes that differ by no more are one: window systems and scaled displays round.
const ROUNDING: u32 = 2;

/// The viewer windows that were shown, by label.
#[derive(Default)]
pub struct Places(Mutex<HashMap<String, Tracked>>);

#[derive(Default)]
struct Tracked {
    /// Where the window system has put it when Portlight placed it; none until it rests there.
    ours: Option<Place>,
    /// The size that Portlight has asked for, in the display's pixels.
    asked: Option<(u32, u32)>,
    /// The user has placed or sized it, now or the last time.
    by_user: bool,
    /// The last place where it did not fill its monitor.
    normal: Option<Place>,
    /// The size of the remote screen that it was made for.
    remote: Option<Size>,
    /// How often it was moved or sized, where it does not rest yet.
    moves: u64,
    waiting: bool,
}

impl Places {
    /// Portlight places a window that was never shown: as it was `remembered`, or anew.
    pub fn begin(&self, label: &str, remembered: Option<Place>, remote: Option<Size>) {
        let tracked = Tracked { by_user: remembered.is_some(), normal: remembered, remote, ..Tracked::default() };
        self.lock().insert(label.to_owned(), tracked);
    }

    /// Portlight is about to size a window anew. Returns whether the user has placed or sized it.
    pub fn replace(&self, label: &str) -> bool {
        let mut windows = self.lock();
        let Some(tracked) = windows.get_mut(label) else { return false };
        tracked.ours = None;
        tracked.by_user
    }

    /// Portlight has asked for this size.
    pub fn asked(&self, label: &str, size: (u32, u32)) {
        if let Some(tracked) = self.lock().get_mut(label) {
            tracked.asked = Some(size);
        }
    }

    /// The remote screen has this size from now on. Returns the one before.
    pub fn remote(&self, label: &str, size: Size) -> Option<Size> {
        self.lock().get_mut(label)?.remote.replace(size)
    }

    /// Notes where a window is that rests. Returns the place where it is to be remembered.
    fn rests(&self, label: &str, mut now: Place) -> Option<Place> {
        let mut windows = self.lock();
        let tracked = windows.get_mut(label)?;
        tracked.waiting = false;
        if now.maximized {
            now = Place { maximized: true, ..tracked.normal.unwrap_or(now) };
        } else {
            tracked.normal = Some(now);
        }
        if !tracked.by_user {
            let ours = *tracked.ours.get_or_insert(now);
            // The user may have sized it before it rested for the first time.
            let is_asked = tracked.asked.is_none_or(|(width, height)| {
                ours.width.abs_diff(width) <= ROUNDING && ours.height.abs_diff(height) <= ROUNDING
            });
            tracked.by_user = ours != now || now.maximized || !is_asked;
        }
        tracked.by_user.then_some(now)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Tracked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A window was moved or sized: its place is noted when it rests.
pub fn moved(window: &Window) {
    let (app, label) = (window.app_handle().clone(), window.label().to_owned());
    let mut seen = {
        let places = app.state::<Places>();
        let mut places = places.lock();
        let Some(tracked) = places.get_mut(&label) else { return };
        tracked.moves += 1;
        if std::mem::replace(&mut tracked.waiting, true) {
            return;
        }
        tracked.moves
    };
    async_runtime::spawn(async move {
        loop {
            sleep(AT_REST).await;
            let moves = app.state::<Places>().lock().get(&label).map(|tracked| tracked.moves);
            match moves {
                Some(moves) if moves == seen => break,
                Some(moves) => seen = moves,
                None => return,
            }
        }
        let handle = app.clone();
        let noted = app.run_on_main_thread(move || {
            if let Some(window) = handle.get_webview_window(&label)
                && let Some(keep) = note(&window)
            {
                async_runtime::spawn_blocking(keep);
            }
        });
        if let Err(cause) = noted {
            tracing::debug!(%cause, "the window has gone");
        }
    });
}

/// A window is about to close: what is still to be noted is noted now.
pub fn closing(window: &Window) {
    let app = window.app_handle();
    let waiting = app.state::<Places>().lock().get(window.label()).is_some_and(|tracked| tracked.waiting);
    if waiting
        && let Some(window) = app.get_webview_window(window.label())
        && let Some(keep) = note(&window)
    {
        keep();
    }
}

/// A window is gone.
pub fn forget_place(window: &Window) {
    window.state::<Places>().lock().remove(window.label());
}

/// Where the window of this machine was, with the monitors that there are.
pub fn remembered(window: &WebviewWindow) -> Option<Place> {
    let engine = window.state::<Arc<Engine>>();
    let host = engine.sessions().host(session_of(window.label())?)?;
    engine.places().of(host, &monitors(window)?)
}

/// What full screen fills of these monitors, as was chosen for the machine of this window; none where nothing was with them.
pub fn full_screen_of(window: &WebviewWindow) -> Option<Monitors> {
    let engine = window.state::<Arc<Engine>>();
    let host = engine.sessions().host(session_of(window.label())?)?;
    engine.places().full_screen_of(host, &monitors(window)?)
}

/// What a window fills: as was chosen for its machine with the present monitors, or else last. That of a single screen fills its own one.
pub fn filled(window: &WebviewWindow) -> Monitors {
    let chosen = || {
        let view = window.state::<Arc<Engine>>().sessions().view(session_of(window.label())?)?;
        Some(full_screen_of(window).unwrap_or(view.display.monitors))
    };
    chosen().unwrap_or_default()
}

/// Remembers what full screen is to fill with these monitors; blocks. Of a machine that is not in the list nothing is remembered.
pub fn remember_full_screen(window: &WebviewWindow, fills: Monitors) {
    let engine = window.state::<Arc<Engine>>();
    let host = session_of(window.label()).and_then(|session| engine.sessions().host(session));
    if let Some((host, monitors)) = host.zip(monitors(window))
        && let Err(cause) = engine.places().keep_full_screen(host, monitors, fills)
    {
        tracing::warn!(%cause, "what full screen fills is not remembered");
    }
}

/// Notes the place of a window that rests. Returns what remembers it, which blocks.
fn note(window: &WebviewWindow) -> Option<impl FnOnce() + Send + use<>> {
    let place = place_of(window)?;
    let kept = window.state::<Places>().rests(window.label(), place)?;
    let engine = Arc::clone(&window.state::<Arc<Engine>>());
    let host = engine.sessions().host(session_of(window.label())?)?;
    let monitors = monitors(window)?;
    Some(move || remember(engine.places(), host, monitors, kept))
}

fn remember(places: &Store, host: portlight_engine::model::HostId, monitors: String, place: Place) {
    if let Err(cause) = places.keep(host, monitors, place) {
        tracing::warn!(%cause, "a window's place is not remembered");
    }
}

/// None where a window has no place of its own at the moment.
fn place_of(window: &WebviewWindow) -> Option<Place> {
    if platform::is_full_screen(window).ok()? || window.is_minimized().ok()? {
        return None;
    }
    let (corner, size) = (window.outer_position().ok()?, window.inner_size().ok()?);
    let maximized = window.is_maximized().ok()?;
    Some(Place { x: corner.x, y: corner.y, width: size.width, height: size.height, maximized })
}

/// The monitors as one text; none where they cannot be told.
fn monitors(window: &WebviewWindow) -> Option<String> {
    let mut monitors: Vec<_> = window.available_monitors().ok()?.iter().map(described).collect();
    monitors.sort();
    Some(monitors.join(", "))
}

fn described(monitor: &Monitor) -> String {
    let (size, at) = (monitor.size(), monitor.position());
    let name = monitor.name().map_or("", String::as_str);
    format!("{name} {}x{}{:+}{:+}@{}", size.width, size.height, at.x, at.y, monitor.scale_factor())
}

/// The viewer windows that were shown, but this one.
pub fn others(app: &AppHandle, label: &str) -> Vec<WebviewWindow> {
    let labels: Vec<_> = app.state::<Places>().lock().keys().filter(|other| *other != label).cloned().collect();
    labels.iter().filter_map(|label| app.get_webview_window(label)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { x: 10, y: 20, width: 800, height: 600, maximized: false };
    const MOVED: Place = Place { x: 50, ..PLACE };
    const MAXIMIZED: Place = Place { x: 0, y: 0, width: 1366, height: 700, maximized: true };

    #[test]
    fn only_what_the_user_has_chosen_is_remembered() {
        let places = Places::default();
        places.begin("viewer-1", None, None);
        assert_eq!(places.rests("viewer-1", PLACE), None, "Portlight has put it there");
        assert_eq!(places.rests("viewer-1", PLACE), None);
        assert!(!places.replace("viewer-1"));
        assert_eq!(places.rests("viewer-1", MOVED), None, "and there");
        assert_eq!(places.rests("viewer-1", PLACE), Some(PLACE));
        assert!(places.replace("viewer-1"), "from now on it is the user's");
        assert_eq!(places.rests("viewer-1", MOVED), Some(MOVED));
        assert_eq!(places.rests("viewer-2", PLACE), None, "it was never shown");
    }

    #[test]
    fn a_size_that_nobody_asked_for_is_the_users_at_once() {
        let places = Places::default();
        places.begin("viewer-1", None, None);
        places.asked("viewer-1", (801, 599));
        assert_eq!(places.rests("viewer-1", PLACE), None);
        places.begin("viewer-1", None, None);
        places.asked("viewer-1", (640, 480));
        assert_eq!(places.rests("viewer-1", PLACE), Some(PLACE));
    }

    #[test]
    fn a_window_that_fills_its_monitor_has_its_own_size_to_go_back_to() {
        let places = Places::default();
        places.begin("viewer-1", Some(PLACE), None);
        assert_eq!(places.rests("viewer-1", MAXIMIZED), Some(Place { maximized: true, ..PLACE }));
        places.begin("viewer-2", None, None);
        assert_eq!(places.rests("viewer-2", MOVED), None);
        assert_eq!(places.rests("viewer-2", MAXIMIZED), Some(Place { maximized: true, ..MOVED }));
    }
}
