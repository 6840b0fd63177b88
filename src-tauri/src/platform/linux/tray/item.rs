//! The icon, as the tray asks for it: `org.kde.StatusNotifierItem`.

use super::{Clicked, MENU, look};
use crate::platform::TrayClick;
use zbus::{interface, zvariant::ObjectPath};

/// The icon's object.
pub struct Item {
    name: String,
    clicked: Clicked,
    /// Where [`look::NAME`] is found, beside where each desktop looks; empty where that is enough.
    theme: String,
}

impl Item {
    /// An icon called `name`.
    pub fn new(name: &str, clicked: Clicked) -> Self {
        Self { name: name.to_owned(), clicked, theme: look::theme() }
    }
}

/// Pictures of an icon: width, height, and four bytes a pixel, opacity first.
type Pixmaps = Vec<(i32, i32, Vec<u8>)>;

#[interface(name = "org.kde.StatusNotifierItem")]
impl Item {
    /// A click with the first button.
    fn activate(&self, _x: i32, _y: i32) {
        (self.clicked)(TrayClick::Icon);
    }

    #[zbus(property)]
    fn category(&self) -> &'static str {
        "ApplicationStatus"
    }

    #[zbus(property)]
    fn id(&self) -> &'static str {
        "portlight"
    }

    #[zbus(property)]
    fn title(&self) -> &str {
        &self.name
    }

    #[zbus(property)]
    fn status(&self) -> &'static str {
        "Active"
    }

    #[zbus(property)]
    fn icon_name(&self) -> &'static str {
        look::NAME
    }

    #[zbus(property)]
    fn icon_theme_path(&self) -> &str {
        &self.theme
    }

    /// For panels that do not find the name.
    #[zbus(property)]
    fn icon_pixmap(&self) -> Pixmaps {
        vec![look::pixmap()]
    }

    #[zbus(property)]
    fn tool_tip(&self) -> (&'static str, Pixmaps, &str, &'static str) {
        ("", Vec::new(), &self.name, "")
    }

    #[zbus(property)]
    fn item_is_menu(&self) -> bool {
        false
    }

    #[zbus(property)]
    fn menu(&self) -> ObjectPath<'static> {
        ObjectPath::from_static_str_unchecked(MENU)
    }
}
