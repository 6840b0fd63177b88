//! The windows of a session that shows each of a machine's screens in one of its own.
//!
//! Its page opens them with `window.open`: they share its process, it draws into them what its noVNC has drawn, and takes what is
//! done in them. So there is one connection, one clipboard and one gate, and nothing is decoded twice. They load no page, have no
//! script, and may ask for nothing: all that is in them is made by the session's page.

use super::{
    fit::place_new,
    geometry::Size,
    page::{VIEWER_PAGE, session_of, to_front},
    places::Places,
};
use portlight_engine::model::SessionId;
use tauri::{
    AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    webview::{NewWindowFeatures, NewWindowResponse},
};

/// The label of such a window is this, its session's id, and the number of its screen.
const SCREEN: &str = "screen-";
/// So many screens of a machine have a window, at most: the protocol has room for 255.
const MOST: u8 = 16;

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
    let number = number.parse().ok().filter(|number| (1..=MOST).contains(number))?;
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
    match build(app, &label(session, number), size, features) {
        Ok(window) => NewWindowResponse::Create { window },
        Err(cause) => {
            tracing::warn!(%cause, "no window for a screen");
            NewWindowResponse::Deny
        }
    }
}

fn build(app: &AppHandle, label: &str, screen: Size, features: NewWindowFeatures) -> tauri::Result<WebviewWindow> {
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
    place_new(&window, screen)?;
    to_front(&window)?;
    Ok(window)
}

/// The window of this screen of the session's machine.
pub fn window(app: &AppHandle, session: SessionId, number: u8) -> Option<WebviewWindow> {
    app.get_webview_window(&label(session, number))
}

/// All such windows of a session.
fn all(app: &AppHandle, session: SessionId) -> impl Iterator<Item = WebviewWindow> {
    (1..=MOST).filter_map(move |number| window(app, session, number))
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
