//! The windows of a session that shows each of a machine's screens in one of its own.
//!
//! Its page opens them with `window.open`: they share its process, it draws into them what its noVNC has drawn, and takes what is
//! done in them. So there is one connection, one clipboard and one gate, and nothing is decoded twice. They load no page, have no
//! script, and may ask for nothing: all that is in them is made by the session's page.

use super::{
    fit::{Around, place_new},
    geometry::Size,
    page::{VIEWER_PAGE, session_of, to_front},
    places::Places,
};
use portlight_engine::{Engine, model::SessionId};
use std::sync::Arc;
use tauri::{
    AppHandle, Manager, Monitor, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    webview::{NewWindowFeatures, NewWindowResponse},
};

/// The label of such a window is this, its session's id, and the number of its screen.
const SCREEN: &str = "screen-";
/// So many screens of a machine have a window, at most: the protocol has room for 255.
const MAX_SCREENS: u8 = 16;

/// The label of the window that shows this screen, from 1, of the session's machine.
fn label(session: SessionId, number: u8) -> String {
    format!("{SCREEN}{session}-{number}")
}

/// The session whose page has opened the window of this label; none for every other window.
pub fn opened_by(label: &str) -> Option<SessionId> {
    label.strip_prefix(SCREEN)?.rsplit_once('-')?.0.parse().ok()
}

/// What a page asks for: `about:blank#2-1920x1080` is a window for the second screen, which is so large.
fn asked_for(url: &Url) -> Option<(u8, Size)> {
    if url.scheme() != "about" || url.path() != "blank" {
        return None;
    }
    let (number, size) = url.fragment()?.split_once('-')?;
    let (width, height) = size.split_once('x')?;
    let (width, height) = (width.parse::<u16>().ok()?, height.parse::<u16>().ok()?);
    let number = number.parse().ok().filter(|number| (1..=MAX_SCREENS).contains(number))?;
    Some((number, (width.into(), height.into())))
}

/// A window opens another one: a viewer's page may have one for each screen of its machine, and no page any other.
pub fn open(app: &AppHandle, opener: &str, url: &Url, features: NewWindowFeatures) -> NewWindowResponse<tauri::Wry> {
    let Some((session, (number, size))) = session_of(opener).zip(asked_for(url)) else {
        return NewWindowResponse::Deny;
    };
    if window(app, session, number).is_some() {
        return NewWindowResponse::Deny;
    }
    let size = Around::of(&app.state::<Arc<Engine>>(), session).size(size);
    let others = app.get_webview_window(opener).map(|opener| other_monitors(&opener)).unwrap_or_default();
    let monitor = others.into_iter().nth(usize::from(number).saturating_sub(2));
    match build(app, &label(session, number), size, monitor, features) {
        Ok(window) => NewWindowResponse::Create { window },
        Err(cause) => {
            tracing::warn!(%cause, "no window for a screen");
            NewWindowResponse::Deny
        }
    }
}

/// The monitors of this computer that a window is not on.
fn other_monitors(window: &WebviewWindow) -> Vec<Monitor> {
    let own = window.current_monitor().ok().flatten().map(|monitor| *monitor.position());
    let all = window.available_monitors().unwrap_or_default();
    all.into_iter().filter(|monitor| own != Some(*monitor.position())).collect()
}

fn build(
    app: &AppHandle,
    label: &str,
    screen: Size,
    on: Option<Monitor>,
    features: NewWindowFeatures,
) -> tauri::Result<WebviewWindow> {
    let blank = Url::parse("about:blank").map_err(tauri::Error::InvalidUrl)?;
    let window = WebviewWindowBuilder::new(app, label, WebviewUrl::External(blank))
        .window_features(features)
        .visible(false)
        .background_color(VIEWER_PAGE.background[0])
        .inner_size(VIEWER_PAGE.size.0, VIEWER_PAGE.size.1)
        .min_inner_size(VIEWER_PAGE.min.0, VIEWER_PAGE.min.1)
        .disable_drag_drop_handler()
        // The empty page that it begins with is the opener's.
        .on_navigation(|_| false)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_permission_request(|_, _| tauri::webview::PermissionResponse::Deny)
        // The page that draws it knows what it shows.
        .on_document_title_changed(|window, title| {
            if let Err(cause) = window.set_title(&title) {
                tracing::debug!(%cause, "the window has gone");
            }
        })
        .build()?;
    app.state::<Places>().begin(label, None, None);
    place_new(&window, screen, on)?;
    to_front(&window)?;
    Ok(window)
}

/// The window of this screen of the session's machine.
pub fn window(app: &AppHandle, session: SessionId, number: u8) -> Option<WebviewWindow> {
    app.get_webview_window(&label(session, number))
}

/// All such windows of a session.
fn all(app: &AppHandle, session: SessionId) -> impl Iterator<Item = WebviewWindow> {
    (1..=MAX_SCREENS).filter_map(move |number| window(app, session, number))
}

/// Whether a session's window has the focus, or one of those.
///
/// # Errors
/// What the window system says.
pub fn has_focus(of: &WebviewWindow) -> tauri::Result<bool> {
    if of.is_focused()? {
        return Ok(true);
    }
    let Some(session) = session_of(of.label()) else { return Ok(false) };
    Ok(all(of.app_handle(), session).any(|window| window.is_focused().unwrap_or(false)))
}

/// Closes them: the page that draws in them has gone, or its session.
pub fn close_all(app: &AppHandle, session: SessionId) {
    for window in all(app, session) {
        if let Err(cause) = window.destroy() {
            tracing::debug!(%cause, "the window has gone");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_ask_for_a_screen_and_for_nothing_else() {
        let asked = |url: &str| asked_for(&url.parse().unwrap());
        assert_eq!(asked("about:blank#2-1920x1080"), Some((2, (1920.0, 1080.0))));
        for other in [
            "about:blank",
            "about:blank#",
            "about:blank#0-1x1",
            "about:blank#17-1x1",
            "about:blank#2-1x70000",
            "about:blank#2-1x1x1",
            "about:srcdoc#2-1x1",
            "tauri://localhost/viewer.html#2-1x1",
            "https://example.org/#2-1x1",
        ] {
            assert_eq!(asked(other), None, "{other}");
        }
    }

    #[test]
    fn a_window_knows_who_has_opened_it() {
        let session = session_of("viewer-7").unwrap();
        assert_eq!(opened_by(&label(session, 2)), Some(session));
        for other in ["hosts", "viewer-7", "screen-7", "screen-x-2"] {
            assert_eq!(opened_by(other), None, "{other}");
        }
    }
}
