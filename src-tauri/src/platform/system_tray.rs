//! The icon in the tray, by Tauri.

use super::{MenuLine, TrayClick};
use tauri::{
    AppHandle, Wry,
    menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu},
    tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent},
};

/// The icon.
pub struct TrayIcon(tauri::tray::TrayIcon);

impl TrayIcon {
    /// Puts an icon called `name` into the tray. `clicked` is called on the main thread.
    ///
    /// # Errors
    /// Why there is none: a line for the log.
    pub fn show(
        app: &AppHandle,
        name: &str,
        lines: &[MenuLine],
        clicked: fn(&AppHandle, TrayClick),
    ) -> Result<Self, String> {
        let shown = made(app, lines).and_then(|menu| {
            TrayIconBuilder::with_id("portlight")
                .icon(tauri::include_image!("icons/tray.png"))
                // macOS draws it in the menu bar's own colour.
                .icon_as_template(true)
                .tooltip(name)
                .menu(&menu)
                .show_menu_on_left_click(false)
                .on_menu_event(move |app, event| clicked(app, TrayClick::Line(event.id().0.clone())))
                .on_tray_icon_event(move |tray, event| {
                    if let TrayIconEvent::Click {
                        button: MouseButton::Left, button_state: MouseButtonState::Up, ..
                    } = event
                    {
                        clicked(tray.app_handle(), TrayClick::Icon);
                    }
                })
                .build(app)
        });
        shown.map(Self).map_err(|cause| cause.to_string())
    }

    /// Replaces the menu's lines.
    pub fn set_lines(&self, lines: &[MenuLine]) {
        let replaced = made(self.0.app_handle(), lines).and_then(|menu| self.0.set_menu(Some(menu)));
        if let Err(cause) = replaced {
            tracing::warn!(%cause, "the tray's menu");
        }
    }
}

fn made(app: &AppHandle, lines: &[MenuLine]) -> tauri::Result<Menu<Wry>> {
    let menu = Menu::new(app)?;
    for made in lines {
        menu.append(&*line(app, made)?)?;
    }
    Ok(menu)
}

fn line(app: &AppHandle, line: &MenuLine) -> tauri::Result<Box<dyn IsMenuItem<Wry>>> {
    // A single & would underline the next letter.
    let plain = |text: &str| text.replace('&', "&&");
    Ok(match line {
        MenuLine::Title(text) => Box::new(MenuItem::new(app, plain(text), false, None::<&str>)?),
        MenuLine::Item { id, text, on: None } => Box::new(MenuItem::with_id(app, id, plain(text), true, None::<&str>)?),
        MenuLine::Item { id, text, on: Some(on) } => {
            Box::new(CheckMenuItem::with_id(app, id, plain(text), true, *on, None::<&str>)?)
        }
        MenuLine::Menu { text, lines } => {
            let menu = Submenu::new(app, plain(text), true)?;
            for below in lines {
                menu.append(&*self::line(app, below)?)?;
            }
            Box::new(menu)
        }
        MenuLine::Separator => Box::new(PredefinedMenuItem::separator(app)?),
    })
}
