//! A tray of a test's own: the watcher that programs register their icons with, and the host that shows their menus.

use super::{bus::Bus, wait::TIMEOUT};
use futures_util::StreamExt;
use std::collections::HashMap;
use tokio::{sync::watch, time::timeout};
use zbus::{
    Connection, Proxy, fdo, interface,
    message::Header,
    object_server::SignalEmitter,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";
const KDED: &str = "org.kde.kded6";
const PLASMA: &str = "org.kde.StatusNotifierHost-4711";

/// The tray.
pub struct Tray {
    connection: Connection,
    items: watch::Receiver<Vec<Item>>,
}

/// Where an icon lives on the bus.
#[derive(Clone, Debug)]
struct Item {
    owner: String,
    path: String,
}

/// A line of a menu.
#[derive(Clone, Debug)]
pub struct Line {
    id: i32,
    /// As shown, without the underscore that marks a key; empty for a separator.
    pub label: String,
    /// Whether it can be chosen.
    pub enabled: bool,
}

struct Watcher {
    items: watch::Sender<Vec<Item>>,
    /// A panel shows the icons.
    has_panel: bool,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    async fn register_status_notifier_item(
        &self,
        service: &str,
        #[zbus(header)] header: Header<'_>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> fdo::Result<()> {
        let sender = header.sender().ok_or_else(|| fdo::Error::Failed("nobody".into()))?.to_string();
        // Some programs name the object, others the bus name.
        let (owner, path) = match service.starts_with('/') {
            true => (sender, service.to_owned()),
            false => (service.to_owned(), "/StatusNotifierItem".to_owned()),
        };
        let name = format!("{owner}{path}");
        self.items.send_modify(|items| items.push(Item { owner, path }));
        Ok(Self::status_notifier_item_registered(&emitter, &name).await?)
    }

    async fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    async fn registered_status_notifier_items(&self) -> Vec<String> {
        self.items.borrow().iter().map(|item| format!("{}{}", item.owner, item.path)).collect()
    }

    #[zbus(property)]
    async fn is_status_notifier_host_registered(&self) -> bool {
        self.has_panel
    }

    #[zbus(property)]
    async fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_item_registered(emitter: &SignalEmitter<'_>, service: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn status_notifier_item_unregistered(emitter: &SignalEmitter<'_>, service: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn status_notifier_host_registered(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn status_notifier_host_unregistered(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

impl Tray {
    /// Puts a tray on the bus.
    pub async fn start(bus: &Bus) -> Self {
        let (sender, items) = watch::channel(Vec::new());
        let connection = bus.connection.clone();
        let served =
            connection.object_server().at("/StatusNotifierWatcher", Watcher { items: sender, has_panel: true }).await;
        assert!(served.expect("an object server"), "one watcher");
        connection.request_name(WATCHER).await.expect("a name that is free");
        Self { connection, items }
    }

    /// Takes the tray from the bus, as a panel that ends.
    pub async fn stop(self) {
        self.connection.release_name(WATCHER).await.expect("a bus that answers");
        let removed = self.connection.object_server().remove::<Watcher, _>("/StatusNotifierWatcher").await;
        assert!(removed.expect("an object server"), "a watcher");
    }

    /// The panel ends, or comes again, and the watcher stays, as where they are programs of their own.
    pub async fn set_panel(&self, is_there: bool) {
        let watcher = self.connection.object_server().interface::<_, Watcher>("/StatusNotifierWatcher").await;
        let watcher = watcher.expect("a watcher");
        watcher.get_mut().await.has_panel = is_there;
        let told = match is_there {
            true => Watcher::status_notifier_host_registered(watcher.signal_emitter()).await,
            false => Watcher::status_notifier_host_unregistered(watcher.signal_emitter()).await,
        };
        told.expect("a bus that carries");
    }

    /// Is KDE's from now on: a part of its daemon, which says that there is a panel whether there is one or not.
    pub async fn become_kdes(&self) {
        self.connection.request_name(KDED).await.expect("a name that is free");
    }

    /// KDE's panel ends, or comes again.
    pub async fn set_plasma(&self, is_there: bool) {
        match is_there {
            true => self.connection.request_name(PLASMA).await.expect("a name that is free"),
            false => assert!(self.connection.release_name(PLASMA).await.expect("a bus that answers")),
        }
    }

    /// Asks for the first lines only, as KDE does, and waits to be told of a menu in the menu: what that is called.
    pub async fn told_of_a_menu(&self) -> String {
        let menu = self.menu().await;
        let mut changes = menu.receive_signal("LayoutUpdated").await.expect("a bus that tells");
        let _: (u32, Layout) = menu.call("GetLayout", &(0, 1, Vec::<&str>::new())).await.expect("a menu with a layout");
        loop {
            let change = timeout(TIMEOUT, changes.next()).await.expect("a menu in the menu").expect("a bus that tells");
            let (_, below): (u32, i32) = change.body().deserialize().expect("a number");
            if let Some(line) = read(&menu).await.into_iter().find(|line| line.id == below) {
                return line.label;
            }
        }
    }

    /// The menu's lines, once it has one called `label`.
    pub async fn lines_with(&self, label: &str) -> Vec<Line> {
        self.lines_once(&format!("{label:?} in it"), |lines| lines.iter().any(|line| line.label == label)).await
    }

    /// Waits until the menu has no line called `label`.
    pub async fn until_without(&self, label: &str) {
        self.lines_once(&format!("{label:?} gone"), |lines| lines.iter().all(|line| line.label != label)).await;
    }

    async fn lines_once(&self, what: &str, holds: impl Fn(&[Line]) -> bool) -> Vec<Line> {
        let menu = self.menu().await;
        let mut changes = menu.receive_signal("LayoutUpdated").await.expect("a bus that tells");
        loop {
            let lines = read(&menu).await;
            if holds(&lines) {
                return lines;
            }
            let labels: Vec<_> = lines.into_iter().map(|line| line.label).collect();
            let changed = timeout(TIMEOUT, changes.next()).await;
            assert!(changed.is_ok(), "waited in vain for the tray's menu with {what}: {labels:?}");
        }
    }

    /// Chooses a line by its label.
    pub async fn choose(&self, label: &str) {
        let lines = self.lines_with(label).await;
        self.choose_line(lines.iter().find(|line| line.label == label).expect("just seen")).await;
    }

    /// Chooses a line that was seen, be it of a menu that is another one by now.
    pub async fn choose_line(&self, line: &Line) {
        assert!(line.enabled, "{:?} cannot be chosen", line.label);
        let menu = self.menu().await;
        // The answer may never come: choosing "Quit" ends who would give it.
        let nothing = Value::from("");
        menu.call_noreply("Event", &(line.id, "clicked", nothing, 0_u32)).await.expect("a bus that carries");
    }

    /// Clicks the icon itself.
    pub async fn activate(&self) {
        let item = self.item().await;
        let item = Proxy::new(&self.connection, item.owner, item.path, ITEM).await.expect("an item");
        item.call_noreply("Activate", &(5, 5)).await.expect("a bus that carries");
    }

    /// A property of the icon.
    pub async fn property<T>(&self, name: &str) -> T
    where
        T: TryFrom<OwnedValue>,
        T::Error: Into<zbus::Error>,
    {
        let Item { owner, path } = self.item().await;
        let item: Proxy<'_> = Proxy::new(&self.connection, owner, path, ITEM).await.expect("an item");
        item.get_property(name).await.unwrap_or_else(|cause| panic!("{name}: {cause}"))
    }

    async fn menu(&self) -> Proxy<'static> {
        let Item { owner, path } = self.item().await;
        let item: Proxy<'_> = Proxy::new(&self.connection, owner.clone(), path, ITEM).await.expect("an item");
        let menu: OwnedObjectPath = item.get_property("Menu").await.expect("an item with a menu");
        Proxy::new(&self.connection, owner, menu, MENU).await.expect("a menu")
    }

    /// The icon of the program that still runs.
    async fn item(&self) -> Item {
        let bus = fdo::DBusProxy::new(&self.connection).await.expect("every bus has its daemon");
        let mut items = self.items.clone();
        loop {
            let latest = items.borrow_and_update().last().cloned();
            if let Some(item) = latest {
                let owner = item.owner.as_str().try_into().expect("a bus name");
                if bus.name_has_owner(owner).await.expect("every daemon answers") {
                    return item;
                }
            }
            timeout(TIMEOUT, items.changed()).await.expect("an icon in the tray").expect("a watcher");
        }
    }
}

/// The specification's `(ia{sv}av)`: id, properties, children.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

async fn read(menu: &Proxy<'_>) -> Vec<Line> {
    // The whole menu, with all properties.
    let layout: (u32, Layout) =
        menu.call("GetLayout", &(0, -1, Vec::<&str>::new())).await.expect("a menu with a layout");
    let mut lines = Vec::new();
    flatten(layout.1, &mut lines);
    lines
}

fn flatten((id, properties, children): Layout, lines: &mut Vec<Line>) {
    // The root is no line.
    if id != 0 {
        let label = properties.get("label").and_then(|label| <&str>::try_from(label).ok()).unwrap_or_default();
        // One underscore marks the letter to press, two stand for one.
        let label = label.replace("__", "\0").replace('_', "").replace('\0', "_");
        let enabled = properties.get("enabled").and_then(|on| bool::try_from(on).ok()).unwrap_or(true);
        lines.push(Line { id, label, enabled });
    }
    for child in children {
        flatten(Layout::try_from(child).expect("what the specification says"), lines);
    }
}
