//! The menu, as the tray asks for it: `com.canonical.dbusmenu`, by
//! [its description](https://github.com/AyatanaIndicators/libdbusmenu/blob/main/libdbusmenu-glib/dbus-menu.xml).

use super::{
    Clicked,
    lines::{Layout, Lines, Properties},
};
use crate::platform::TrayClick;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zbus::{
    fdo, interface,
    object_server::SignalEmitter,
    zvariant::{OwnedValue, Value},
};

/// The menu's object.
pub struct Menu {
    lines: Arc<Mutex<Lines>>,
    clicked: Clicked,
}

impl Menu {
    /// A menu with these lines.
    pub fn new(lines: Arc<Mutex<Lines>>, clicked: Clicked) -> Self {
        Self { lines, clicked }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there was such a line.
    fn happened(&self, id: i32, what: &str) -> bool {
        let lines = self.lines();
        if what == "clicked"
            && let Some(item) = lines.item(id)
        {
            let item = item.to_owned();
            drop(lines);
            (self.clicked)(TrayClick::Line(item));
            return true;
        }
        lines.properties(id, &[]).is_some()
    }
}

fn unknown(id: i32) -> fdo::Error {
    fdo::Error::InvalidArgs(format!("there is no line {id}"))
}

#[interface(name = "com.canonical.dbusmenu")]
impl Menu {
    /// The lines below one, to a depth, -1 being all, with these of their properties, or with all.
    ///
    /// A panel that asks menu by menu is told that there are others, so that it asks for those at once: Plasma else opens a menu in
    /// the menu while it is empty, and at the screen's edge outside of it.
    async fn get_layout(
        &self,
        parent: i32,
        depth: i32,
        names: Vec<String>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> fdo::Result<(u32, Layout)> {
        let (revision, layout, below) = {
            let lines = self.lines();
            let layout = lines.layout(parent, depth, &names).ok_or_else(|| unknown(parent))?;
            let below = if parent == 0 && depth == 1 { lines.menus() } else { Vec::new() };
            (lines.revision(), layout, below)
        };
        for menu in below {
            Self::layout_updated(&emitter, revision, menu).await?;
        }
        Ok((revision, layout))
    }

    /// The properties of some lines, or of all.
    fn get_group_properties(&self, ids: Vec<i32>, names: Vec<String>) -> Vec<(i32, Properties)> {
        let lines = self.lines();
        let ids = if ids.is_empty() { lines.ids() } else { ids };
        ids.into_iter().filter_map(|id| Some((id, lines.properties(id, &names)?))).collect()
    }

    /// One property of one line.
    fn get_property(&self, id: i32, name: String) -> fdo::Result<OwnedValue> {
        let name = [name];
        let mut properties = self.lines().properties(id, &name).ok_or_else(|| unknown(id))?;
        properties.remove(name[0].as_str()).ok_or_else(|| fdo::Error::InvalidArgs(format!("it has no {:?}", name[0])))
    }

    /// Something has happened to a line.
    fn event(&self, id: i32, what: &str, _data: Value<'_>, _time: u32) -> fdo::Result<()> {
        if self.happened(id, what) { Ok(()) } else { Err(unknown(id)) }
    }

    /// The same of several; gives back those that are unknown.
    fn event_group(&self, events: Vec<(i32, String, OwnedValue, u32)>) -> Vec<i32> {
        let unknown = events.into_iter().filter(|(id, what, ..)| !self.happened(*id, what));
        unknown.map(|(id, ..)| id).collect()
    }

    /// A menu is about to be shown; whether it has to be asked for anew.
    fn about_to_show(&self, _id: i32) -> bool {
        false
    }

    /// The same of several: those to be asked for anew, and those that are unknown.
    fn about_to_show_group(&self, ids: Vec<i32>) -> (Vec<i32>, Vec<i32>) {
        let lines = self.lines();
        (Vec::new(), ids.into_iter().filter(|id| lines.properties(*id, &[]).is_none()).collect())
    }

    #[zbus(property)]
    fn version(&self) -> u32 {
        3
    }

    #[zbus(property)]
    fn text_direction(&self) -> &'static str {
        "ltr"
    }

    #[zbus(property)]
    fn status(&self) -> &'static str {
        "normal"
    }

    #[zbus(property)]
    fn icon_theme_path(&self) -> Vec<String> {
        Vec::new()
    }

    /// The lines below `parent` are others.
    #[zbus(signal)]
    pub async fn layout_updated(emitter: &SignalEmitter<'_>, revision: u32, parent: i32) -> zbus::Result<()>;
}
