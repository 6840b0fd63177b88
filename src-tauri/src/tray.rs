//! The tray: favourites and the latest hosts, two clicks to a machine.

use crate::{platform, text::Texts, windows};
use portlight_engine::{
    Engine,
    model::{HostId, HostView},
};
use std::{cmp::Reverse, fmt, str::FromStr, sync::Arc};
use tauri::{
    AppHandle, Manager,
    menu::{Menu, MenuBuilder, MenuItem, MenuItemBuilder, SubmenuBuilder},
    tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent},
};

/// The icon's id.
const ID: &str = "portlight";
/// Favourites in the menu.
const MAX_FAVOURITES: usize = 12;
/// Other hosts in the menu, those opened last.
const MAX_RECENT: usize = 8;
/// Sets in the menu,
const MAX_SETS: usize = 10;
/// and hosts in one of them: so many windows are opened by a click. The list asks about more.
const MAX_SET: usize = 16;
/// Letters of a name in the menu: a longer one would make it as wide as the screen.
const MAX_LABEL: usize = 60;

/// Puts the icon into the tray. False where there is no tray.
///
/// # Errors
/// What the window system says about the menu.
pub fn show(app: &AppHandle) -> tauri::Result<bool> {
    let texts = app.state::<Texts>();
    let icon = TrayIconBuilder::with_id(ID).icon(tauri::include_image!("icons/tray.png"));
    let built = platform::in_style(icon)
        .title(texts.get("app.name"))
        .tooltip(texts.get("app.name"))
        .menu(&menu(app)?)
        .show_menu_on_left_click(false)
        .on_menu_event(|app, event| chosen(app, event.id().as_ref()))
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event {
                report(windows::show_hosts(tray.app_handle()));
            }
        })
        .build(app);
    match built {
        Ok(_) => Ok(true),
        Err(tauri::Error::Tray(cause)) => {
            tracing::info!(%cause, "no tray here: closing the last window quits");
            Ok(false)
        }
        Err(cause) => Err(cause),
    }
}

/// Whether Portlight has an icon in the tray.
pub fn is_there(app: &AppHandle) -> bool {
    app.tray_by_id(ID).is_some()
}

/// Makes the menu anew from the list. On the main thread only.
///
/// # Errors
/// What the window system says.
pub fn follow(app: &AppHandle) -> tauri::Result<()> {
    match app.tray_by_id(ID) {
        Some(tray) => tray.set_menu(Some(menu(app)?)),
        None => Ok(()),
    }
}

/// What a menu item stands for; its text form is the item's id.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Open,
    Quit,
    Host(HostId),
    /// All that have a tag.
    Set(String),
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Quit => f.write_str("quit"),
            Self::Host(id) => write!(f, "host:{id}"),
            Self::Set(tag) => write!(f, "tag:{tag}"),
        }
    }
}

impl FromStr for Item {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "open" => Ok(Self::Open),
            "quit" => Ok(Self::Quit),
            _ => match text.split_once(':').ok_or(())? {
                ("host", id) => id.parse().map(Self::Host).map_err(drop),
                ("tag", tag) => Ok(Self::Set(tag.to_owned())),
                _ => Err(()),
            },
        }
    }
}

fn chosen(app: &AppHandle, item: &str) {
    match item.parse() {
        Ok(Item::Open) => report(windows::show_hosts(app)),
        Ok(Item::Quit) => report(windows::quit(app)),
        Ok(Item::Host(id)) => match app.state::<Arc<Engine>>().hosts().target_of(id) {
            Ok(target) => report(windows::open(app, target)),
            // Removed in the moment between opening the menu and the click.
            Err(error) => tracing::info!(%error, "tray"),
        },
        Ok(set @ Item::Set(_)) => {
            let hosts = Arc::clone(app.state::<Arc<Engine>>().hosts());
            let ids = hosts.set(&set.to_string()).unwrap_or_default();
            windows::open_together(app, hosts.targets_together(&ids));
        }
        Err(()) => tracing::warn!(item, "an unknown tray item"),
    }
}

fn report(opened: tauri::Result<()>) {
    if let Err(cause) = opened {
        tracing::error!(%cause, "no window");
    }
}

fn menu(app: &AppHandle) -> tauri::Result<Menu<tauri::Wry>> {
    let texts = app.state::<Texts>();
    let hosts = app.state::<Arc<Engine>>().hosts().view().hosts;
    let mut menu = MenuBuilder::new(app);
    let favourites = favourites(&hosts);
    let recent = recent(&hosts, &favourites);
    for (title, hosts) in
        [("tray.favourites", favourites), ("tray.recent", recent)].into_iter().filter(|(_, h)| !h.is_empty())
    {
        menu = menu.item(&MenuItemBuilder::new(texts.get(title)).enabled(false).build(app)?);
        for host in hosts {
            menu = menu.item(&item(app, Item::Host(host.id), &host.name)?);
        }
        menu = menu.separator();
    }
    let sets = sets(&hosts);
    if !sets.is_empty() {
        let mut together = SubmenuBuilder::new(app, texts.get("tray.together"));
        for (tag, count) in sets {
            together = together.item(&item(app, Item::Set(tag.clone()), &format!("{} ({count})", shortened(&tag)))?);
        }
        menu = menu.item(&together.build()?).separator();
    }
    menu.item(&item(app, Item::Open, texts.get("tray.open"))?)
        .item(&item(app, Item::Quit, texts.get("tray.quit"))?)
        .build()
}

fn item(app: &AppHandle, item: Item, label: &str) -> tauri::Result<MenuItem<tauri::Wry>> {
    // A single & would underline the next letter.
    MenuItemBuilder::with_id(item.to_string(), shortened(label).replace('&', "&&")).build(app)
}

fn shortened(label: &str) -> String {
    match label.char_indices().nth(MAX_LABEL) {
        Some(_) => label.chars().take(MAX_LABEL - 1).chain(['…']).collect(),
        None => label.to_owned(),
    }
}

/// Tags that several hosts have, and how many: the largest sets first.
fn sets(hosts: &[HostView]) -> Vec<(String, usize)> {
    let mut sets: Vec<(String, usize)> = Vec::new();
    for tag in hosts.iter().flat_map(|host| &host.tags) {
        match sets.iter_mut().find(|(known, _)| known.to_lowercase() == tag.to_lowercase()) {
            Some((_, count)) => *count += 1,
            None => sets.push((tag.clone(), 1)),
        }
    }
    sets.retain(|(_, count)| (2..=MAX_SET).contains(count));
    sets.sort_by(|(one, a), (other, b)| b.cmp(a).then_with(|| one.cmp(other)));
    sets.truncate(MAX_SETS);
    sets
}

/// In the order that the window shows.
fn favourites(hosts: &[HostView]) -> Vec<&HostView> {
    let mut favourites: Vec<_> = hosts.iter().filter(|host| host.favourite).collect();
    favourites.sort_by_key(|host| host.favourite_order());
    favourites.truncate(MAX_FAVOURITES);
    favourites
}

/// Those opened last; a favourite for which there was no room is one of them.
fn recent<'a>(hosts: &'a [HostView], shown: &[&HostView]) -> Vec<&'a HostView> {
    let is_shown = |host: &HostView| shown.iter().any(|other| other.id == host.id);
    let mut recent: Vec<_> = hosts.iter().filter(|host| host.last_opened.is_some() && !is_shown(host)).collect();
    recent.sort_by_key(|host| Reverse(host.last_opened));
    recent.truncate(MAX_RECENT);
    recent
}

#[cfg(test)]
mod tests {
    use super::*;
    use portlight_engine::model::Host;

    fn host(name: &str, favourite: bool, last_opened: Option<u64>) -> HostView {
        let mut host = Host::demo(name).view();
        (host.favourite, host.last_opened) = (favourite, last_opened);
        host
    }

    fn names<'a>(hosts: &[&'a HostView]) -> Vec<&'a str> {
        hosts.iter().map(|host| host.name.as_str()).collect()
    }

    #[test]
    fn favourites_without_a_place_come_by_name_and_the_rest_by_when_it_was_opened() {
        let hosts = [
            host("b", true, None),
            host("old", false, Some(1)),
            host("A", true, Some(9)),
            host("new", false, Some(2)),
            host("never", false, None),
        ];
        assert_eq!(names(&favourites(&hosts)), ["A", "b"]);
        assert_eq!(names(&recent(&hosts, &favourites(&hosts))), ["new", "old"]);
    }

    #[test]
    fn favourites_have_their_own_order() {
        let placed = |name, place| HostView { favourite_place: place, ..host(name, true, None) };
        let hosts = [placed("a", Some(1)), placed("d", None), placed("b", Some(0)), placed("c", None)];
        assert_eq!(names(&favourites(&hosts)), ["b", "a", "c", "d"]);
    }

    #[test]
    fn a_favourite_for_which_there_is_no_room_is_among_the_latest() {
        let hosts: Vec<_> = (10..25).map(|n| host(&n.to_string(), true, (n == 24).then_some(n))).collect();
        assert_eq!(names(&recent(&hosts, &favourites(&hosts))), ["24"]);
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(shortened("Studio"), "Studio");
        assert_eq!(shortened(&"ü".repeat(60)), "ü".repeat(60));
        assert_eq!(shortened(&"ü".repeat(150)), format!("{}…", "ü".repeat(59)));
    }

    #[test]
    fn the_menu_stays_short() {
        let hosts: Vec<_> = (0..1000).map(|n| host(&n.to_string(), n % 2 == 0, Some(n))).collect();
        assert_eq!(favourites(&hosts).len(), MAX_FAVOURITES);
        assert_eq!(recent(&hosts, &favourites(&hosts)).len(), MAX_RECENT);
    }

    #[test]
    fn sets_are_tags_of_several_hosts_but_not_of_all_too_many() {
        let tagged = |tags: &[&str]| {
            let mut host = host("x", false, None);
            host.options.tags = tags.iter().map(ToString::to_string).collect();
            host
        };
        let mut hosts = vec![tagged(&["Lab", "one"]), tagged(&["lab", "rack"]), tagged(&["rack", "LAB"])];
        assert_eq!(sets(&hosts), [("Lab".to_owned(), 3), ("rack".to_owned(), 2)]);
        hosts.extend((0..20).map(|_| tagged(&["lab"])));
        assert_eq!(sets(&hosts), [("rack".to_owned(), 2)]);
    }

    #[test]
    fn items_are_known_again_by_their_ids() {
        for item in [Item::Open, Item::Quit, Item::Host(HostId::new()), Item::Set("host: rack 4".to_owned())] {
            assert_eq!(item.to_string().parse(), Ok(item));
        }
        assert_eq!("host:nonsense".parse::<Item>(), Err(()));
    }
}
