//! What a window is made from: its label, its page, and what that page may load.

use super::deaths::Stopped;
use crate::platform;
use portlight_engine::{Engine, model::SessionId, store::Theme};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tauri::{
    AppHandle, Manager, Url, Webview, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, Wry,
    http::{HeaderValue, header::CONTENT_SECURITY_POLICY},
    webview::{NewWindowFeatures, NewWindowResponse, PermissionKind, PermissionResponse},
    window::Color,
};
use terminal::Texts;

/// The hosts window's label.
pub const HOSTS: &str = "hosts";
/// That of quick connect.
pub const QUICK: &str = "quick";
/// A viewer window's label is this and its session's id.
const VIEWER: &str = "viewer-";

/// Whether the pages are dark: windows are made on threads that may not ask the toolkit for it.
pub struct DarkTheme(AtomicBool);

/// Has the pages be dark, or light, or as the desktop is. On the main thread.
pub fn show_theme(app: &AppHandle, theme: Theme) {
    let dark = match theme {
        Theme::System => None,
        Theme::Light => Some(false),
        Theme::Dark => Some(true),
    };
    platform::set_dark(app, dark);
    app.state::<DarkTheme>().0.store(platform::prefers_dark(), Ordering::Relaxed);
}

impl DarkTheme {
    /// As the desktop is.
    pub fn of_this_desktop() -> Self {
        Self(AtomicBool::new(platform::prefers_dark()))
    }
}

/// Where the built-in pages lie.
const ORIGIN: &str = if cfg!(windows) { "http://tauri.localhost/" } else { "tauri://localhost/" };

/// The page of a kind of window; sizes in logical pixels.
pub struct Page {
    path: &'static str,
    /// Width and height of a new window.
    pub size: (f64, f64),
    /// The smallest width and height.
    pub min: (f64, f64),
    /// Whether it has a frame and a size of the user's; without, it comes in the middle of the screen.
    framed: bool,
    /// What is to be seen before the page has drawn anything, in the light theme and in the dark one: the page's own
    /// background (theme.css).
    pub background: [Color; 2],
}

/// The list of hosts.
pub const HOSTS_PAGE: Page = Page {
    path: "index.html",
    size: (760.0, 560.0),
    min: (420.0, 360.0),
    framed: true,
    background: [Color(0xf7, 0xf4, 0xef, 0xff), Color(0x15, 0x18, 0x1c, 0xff)],
};
/// Quick connect.
pub const QUICK_PAGE: Page = Page {
    path: "quick.html",
    // The field and eight rows.
    size: (560.0, 540.0),
    min: (560.0, 540.0),
    framed: false,
    background: HOSTS_PAGE.background,
};
/// One session's screen.
pub const VIEWER_PAGE: Page = Page {
    path: "viewer.html",
    size: (1024.0, 640.0),
    min: (320.0, 240.0),
    framed: true,
    background: [Color(0x10, 0x13, 0x16, 0xff); 2],
};

/// The label of the window that shows `session`.
pub fn label(session: SessionId) -> String {
    format!("{VIEWER}{session}")
}

/// The session that a window shows, from its label; none for every other window.
pub fn session_of(label: &str) -> Option<SessionId> {
    label.strip_prefix(VIEWER)?.parse().ok()
}

/// Makes the window of `session`, which is not shown yet.
///
/// # Errors
/// What the window system says.
pub fn viewer(app: &AppHandle, session: SessionId, title: &str, opens: Opens) -> tauri::Result<WebviewWindow> {
    let window = build(app, &label(session), &VIEWER_PAGE, title, false, Some(opens))?;
    platform::let_open_windows(&window)?;
    Ok(window)
}

/// Decides about a window that a page wants to open: gets the app, the label of its window, and what it asks for.
pub type Opens = fn(&AppHandle, &str, &Url, NewWindowFeatures) -> NewWindowResponse<Wry>;

/// Makes a window with one of the built-in pages, which opens no others but by `opens`.
///
/// # Errors
/// What the window system says.
pub fn build(
    app: &AppHandle,
    label: &str,
    page: &Page,
    title: &str,
    shown: bool,
    opens: Option<Opens>,
) -> tauri::Result<WebviewWindow> {
    let url = address(app, page);
    let opener = (app.clone(), label.to_owned());
    let relay_port = app.state::<Arc<Engine>>().sessions().relay_port();
    let window = WebviewWindowBuilder::new(app, label, WebviewUrl::App(url.into()))
        .title(title)
        .visible(shown)
        .background_color(page.background[usize::from(app.state::<DarkTheme>().0.load(Ordering::Relaxed))])
        .inner_size(page.size.0, page.size.1)
        .min_inner_size(page.min.0, page.min.1)
        .on_navigation(is_built_in)
        .on_new_window(move |url, features| match opens {
            Some(opens) => opens(&opener.0, &opener.1, &url, features),
            None => NewWindowResponse::Deny,
        })
        .on_permission_request(permit)
        // On Linux all windows load through the first one's handler: so it looks at the page, not at the window.
        .on_web_resource_request(move |request, response| {
            if request.uri().path().trim_start_matches('/') == VIEWER_PAGE.path
                && let Some(policy) = response.headers_mut().get_mut(CONTENT_SECURITY_POLICY)
            {
                allow_relay(policy, relay_port);
            }
        });
    let window = match page.framed {
        true => window,
        false => window.decorations(false).resizable(false).skip_taskbar(true).center(),
    };
    // Files are dropped on the list only.
    if label == HOSTS { window } else { window.disable_drag_drop_handler() }.build()
}

/// A viewer may give the pointer to a machine that takes movements only, which the web view lets it do after a click. Nothing else is
/// permitted to any page.
fn permit(webview: Webview, kind: PermissionKind) -> PermissionResponse {
    match kind {
        PermissionKind::PointerLock if session_of(webview.label()).is_some() => PermissionResponse::Allow,
        _ => PermissionResponse::Deny,
    }
}

/// Loads a window's page again, from its beginning.
///
/// # Errors
/// What the window system says.
pub fn load(window: &WebviewWindow) -> tauri::Result<()> {
    let page = match window.label() {
        HOSTS => &HOSTS_PAGE,
        QUICK => &QUICK_PAGE,
        _ => &VIEWER_PAGE,
    };
    // By its address: a page that stopped before it was loaded is nothing that could be reloaded.
    let url = format!("{ORIGIN}{}", address(window.app_handle(), page)).parse();
    window.navigate(url.map_err(tauri::Error::InvalidUrl)?)
}

/// Whether a window's page stopped too often, and was not loaded again.
pub fn is_given_up(window: &Window) -> bool {
    window.state::<Stopped>().is_given_up(window.label())
}

/// Where a page lies among the built-in ones, with the user's language.
fn address(app: &AppHandle, page: &Page) -> String {
    format!("{}?lang={}", page.path, app.state::<Texts>().language().tag())
}

/// Shows a window in front of all others, with the focus. A page that was given up is loaded once more.
///
/// # Errors
/// What the window system says.
pub fn to_front(window: &WebviewWindow) -> tauri::Result<()> {
    if window.state::<Stopped>().take_given_up(window.label()) {
        load(window)?;
    }
    window.show()?;
    window.unminimize()?;
    window.set_focus()
}

/// Whether a URL is one of the built-in pages: windows navigate nowhere else.
fn is_built_in(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // What the same pages are called on Windows.
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

/// Adds the relay's port, and no other, to the `connect-src` of a viewer page's content security policy.
fn allow_relay(policy: &mut HeaderValue, port: u16) {
    let allowed = policy
        .to_str()
        .ok()
        .map(|text| text.replacen("connect-src ", &format!("connect-src ws://127.0.0.1:{port} "), 1));
    if let Some(Ok(allowed)) = allowed.map(|text| HeaderValue::from_str(&text)) {
        *policy = allowed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_page_may_reach_the_relay_only() {
        let mut policy =
            HeaderValue::from_static("default-src 'none'; connect-src ipc: http://ipc.localhost; img-src 'self'");
        allow_relay(&mut policy, 4711);
        assert_eq!(
            policy,
            "default-src 'none'; connect-src ws://127.0.0.1:4711 ipc: http://ipc.localhost; img-src 'self'"
        );
    }

    #[test]
    fn a_window_knows_its_session_from_its_label_alone() {
        assert_eq!(session_of("viewer-7").map(label), Some("viewer-7".to_owned()));
        for other in ["hosts", "viewer-", "viewer-x", "viewer"] {
            assert_eq!(session_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_window_has_its_pages_colour_before_the_page_is_there() {
        let theme = include_str!("../../../ui/src/theme.css");
        let (light, dark) = theme.split_once("prefers-color-scheme: dark").expect("two themes");
        let declared = |theme: &str, name: &str| {
            let value = theme.split_once(&format!("--{name}: #")).map(|(_, rest)| &rest[..6]);
            value.map(|digits| u32::from_str_radix(digits, 16).expect("a colour"))
        };
        let number = |Color(red, green, blue, _): Color| u32::from_be_bytes([0, red, green, blue]);
        assert_eq!(HOSTS_PAGE.background.map(number).map(Some), [light, dark].map(|theme| declared(theme, "ground")));
        assert_eq!(VIEWER_PAGE.background.map(number).map(Some), [declared(light, "screen"); 2]);
        assert_eq!(declared(dark, "screen"), None, "dark in both themes");
    }

    #[test]
    fn only_built_in_pages_are_shown() {
        for built_in in ["tauri://localhost/viewer.html?lang=en", "http://tauri.localhost/index.html"] {
            assert!(is_built_in(&built_in.parse().unwrap()), "{built_in}");
        }
        for other in [
            "https://example.org/",
            "file:///etc/passwd",
            "tauri://elsewhere/",
            "http://localhost/",
            "data:text/html,x",
        ] {
            assert!(!is_built_in(&other.parse().unwrap()), "{other}");
        }
    }
}
