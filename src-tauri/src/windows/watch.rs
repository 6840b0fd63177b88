//! Pages that stop working: each has a process of the web view's, which may crash, be killed for its memory, or hang.
//!
//! A page whose process has ended is loaded again ([`died`]). One that gives no answer is ended, which comes to the same.
//! It is asked only while its window has the focus or its session is not over.

use super::{
    deaths::Stopped,
    page::{self, session_of},
    prewarmed, screens,
};
use crate::platform;
use portlight_engine::{Engine, session::SessionState};
use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tauri::{AppHandle, Builder, Manager, WebviewWindow, Window, Wry, async_runtime};
use terminal::Texts;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{sleep, timeout},
};

/// Between an answer and the next question.
const INTERVAL: Duration = Duration::from_secs(5);
/// A page that has answered before may be silent for so many seconds.
const ANSWER_S: u32 = 10;
/// The same for a page that has never answered: its process may still be starting, on a machine that is short of memory.
const FIRST_ANSWER_S: u32 = 30;
/// What a page is asked, and how it says that it works.
const QUESTION: &str = "1";

/// Which windows have the focus; one that is gone has no entry.
#[derive(Default)]
pub struct Focus(Mutex<HashMap<String, watch::Sender<bool>>>);

impl Focus {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<bool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds what the windows need to notice that a page stops.
pub fn register(builder: Builder<Wry>) -> Builder<Wry> {
    let asks = tauri::plugin::Builder::<Wry>::new("watch").on_webview_ready(|webview| {
        let (app, label) = (webview.app_handle().clone(), webview.label().to_owned());
        let focus = app.state::<Focus>().lock().entry(label.clone()).or_default().subscribe();
        async_runtime::spawn(ask_again_and_again(app, label, focus));
    });
    let builder = builder.manage(Focus::default()).manage(Stopped::default()).plugin(asks.build());
    platform::on_page_death(platform::keep_scale(builder), died)
}

/// A window has got the focus, or has lost it.
pub fn focused(window: &Window, focused: bool) {
    if let Some(focus) = window.state::<Focus>().lock().get(window.label()) {
        focus.send_replace(focused);
    }
}

/// A window is gone.
pub fn forget(window: &Window) {
    window.state::<Focus>().lock().remove(window.label());
    window.state::<Stopped>().forget(window.label());
}

/// The process of a window's page has ended. The page is loaded again, and its session, if it was shown, ends: it is for
/// the user to connect again, as the server may be what ended the page.
fn died(app: &AppHandle, label: &str) {
    tracing::warn!(window = label, "the page stopped working");
    if prewarmed::label(app).as_deref() == Some(label) {
        return prewarmed::replace(app);
    }
    let Some(window) = app.get_webview_window(label) else { return };
    // Its process is that of the page that draws in it, for which there is more to be done.
    if screens::opened_by(label).is_some() {
        return;
    }
    if let Some(session) = session_of(label) {
        screens::close_all(app, session);
        app.state::<Arc<Engine>>().sessions().page_stopped(session);
        // As at every end; the new page would not know of it.
        log(platform::fill_monitors(&window, None));
    }
    match app.state::<Stopped>().count(label) {
        true => log(page::load(&window)),
        false => tell(app, &window),
    }
}

/// Says, without the page, that the page will not come back by itself.
fn tell(app: &AppHandle, window: &WebviewWindow) {
    // It was not in sight: it is loaded again when it is shown.
    if !window.is_visible().unwrap_or(true) {
        return;
    }
    let title = window.title().unwrap_or_default();
    let texts = app.state::<Texts>();
    platform::show_error(&title, texts.get("page.stopped_too_often"), texts.get("start.close"), || {});
}

fn log(done: tauri::Result<()>) {
    if let Err(cause) = done {
        tracing::warn!(%cause, "the window system does not do it");
    }
}

/// Asks a page whether it works, as long as there is its window, and ends it where it does not.
async fn ask_again_and_again(app: AppHandle, label: String, mut focus: watch::Receiver<bool>) {
    let mut seconds = FIRST_ANSWER_S;
    loop {
        sleep(INTERVAL).await;
        if seconds == ANSWER_S && until_it_matters(&app, &label, &mut focus).await.is_none() {
            return;
        }
        let Some(window) = app.get_webview_window(&label) else { return };
        if app.state::<Stopped>().is_given_up(&label) || is_being_debugged(&window) {
            continue;
        }
        seconds = match answers(&window, seconds).await {
            true => ANSWER_S,
            false => {
                tracing::warn!(window = label, seconds, "the page does not answer: ending it");
                platform::end_page(&window, died);
                FIRST_ANSWER_S
            }
        };
    }
}

/// Waits until the page has to be there: until it has the focus or a session; none where the window is gone.
async fn until_it_matters(app: &AppHandle, label: &str, focus: &mut watch::Receiver<bool>) -> Option<()> {
    let engine = Arc::clone(&app.state::<Arc<Engine>>());
    let session_runs = async {
        let Some(session) = session_of(label) else { return pending().await };
        engine.sessions().started(session).await;
        let runs = |state: &SessionState| !matches!(state, SessionState::Ended { .. });
        let Some(mut state) = engine.sessions().watch(session) else { return pending().await };
        if state.wait_for(runs).await.is_err() {
            // The window is being closed.
            pending().await
        }
    };
    tokio::select! {
        () = session_runs => Some(()),
        focused = focus.wait_for(|focused| *focused) => focused.ok().map(drop),
    }
}

/// Whether a page answers within so many seconds.
///
/// They are counted, not measured: while the whole computer sleeps, or while our own main loop, through which answers come,
/// is busy, no time passes for the page.
async fn answers(window: &WebviewWindow, seconds: u32) -> bool {
    let (answer, mut answered) = mpsc::unbounded_channel();
    for _ in 0..seconds {
        let (turn, turned) = oneshot::channel();
        let asked = window
            .run_on_main_thread(move || {
                let _ = turn.send(());
            })
            .and_then(|()| {
                let answer = answer.clone();
                // Anew each second: a question to a page whose loading has not begun yet gets no answer.
                window.eval_with_callback(QUESTION, move |_| {
                    let _ = answer.send(());
                })
            });
        if asked.is_err() || turned.await.is_err() {
            // The window is gone, and the page did not hang.
            return true;
        }
        if timeout(Duration::from_secs(1), answered.recv()).await.is_ok() {
            return true;
        }
    }
    false
}

/// A page that stands at a breakpoint gives no answer.
#[cfg(debug_assertions)]
fn is_being_debugged(window: &WebviewWindow) -> bool {
    window.is_devtools_open()
}

/// There are no developer tools in a release.
#[cfg(not(debug_assertions))]
fn is_being_debugged(_window: &WebviewWindow) -> bool {
    false
}
