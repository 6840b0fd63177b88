//! A screen reader of a test's own: what Portlight's windows tell it, by AT-SPI, and what it can do there.

use super::{Desk, wait::TIMEOUT};
use futures_util::{StreamExt, future::join_all};
use serde::de::DeserializeOwned;
use std::{collections::HashMap, fmt};
use tokio::{sync::mpsc, time::timeout};
use zbus::{
    Connection, MatchRule, Message, MessageStream,
    connection::Builder,
    message,
    zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type},
};

const LAUNCHER: &str = "/usr/libexec/at-spi-bus-launcher";
const REGISTRY: &str = "org.a11y.atspi.Registry";
const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
/// Where an object of AT-SPI is: its program's name on the bus, and its path there.
type Place = (String, OwnedObjectPath);

/// The screen reader.
pub struct Reader {
    connection: Connection,
    /// What live regions say; nothing else comes here.
    events: mpsc::UnboundedReceiver<Message>,
}

/// Something that a screen reader finds, and what is in it.
#[derive(Clone)]
pub struct Part {
    place: Place,
    /// As AT-SPI calls it: `push button`, `list item`, `dialog`.
    pub role: String,
    /// What it is called, and what else is said of it.
    pub name: String,
    pub description: String,
    states: u64,
    attributes: HashMap<String, String>,
    pub parts: Vec<Part>,
}

/// The roles of AT-SPI that the windows have, by their numbers there.
const ROLES: [(u32, &str); 32] = [
    (2, "alert"),
    (7, "check box"),
    (11, "combo box"),
    (16, "dialog"),
    (20, "filler"),
    (23, "frame"),
    (29, "label"),
    (31, "list"),
    (32, "list item"),
    (33, "menu"),
    (35, "menu item"),
    (39, "panel"),
    (40, "password text"),
    (43, "push button"),
    (44, "radio button"),
    (45, "radio menu item"),
    (49, "scroll pane"),
    (51, "slider"),
    (54, "status bar"),
    (62, "toggle button"),
    (63, "tool bar"),
    (67, "unknown"),
    (71, "header"),
    (73, "paragraph"),
    (75, "application"),
    (79, "entry"),
    (83, "heading"),
    (87, "form"),
    (95, "document web"),
    (98, "list box"),
    (101, "notification"),
    (110, "landmark"),
];

/// A state of AT-SPI, by its number there.
#[derive(Clone, Copy, Debug)]
pub enum State {
    Checked = 4,
    Expandable = 9,
    Expanded = 10,
    Focusable = 11,
    Focused = 12,
    Modal = 16,
    Selected = 23,
    Invalid = 36,
}

impl Part {
    /// Whether it is in this state.
    pub fn is(&self, state: State) -> bool {
        self.states & (1 << state as u64) != 0
    }

    /// An attribute, as the page's author wrote it: `id`, `setsize`, `live`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// It and all that is in it, as it is read.
    pub fn all(&self) -> Vec<&Part> {
        let mut found = vec![self];
        found.extend(self.parts.iter().flat_map(Part::all));
        found
    }

    /// The one of this role whose name begins so.
    pub fn find(&self, role: &str, name: &str) -> Option<&Part> {
        self.all().into_iter().find(|part| part.role == role && part.name.starts_with(name))
    }

    /// The same, where there has to be one.
    pub fn get(&self, role: &str, name: &str) -> &Part {
        self.find(role, name).unwrap_or_else(|| panic!("no {role} {name:?} in\n{self}"))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {:?}", self.role, self.name)?;
        if !self.description.is_empty() {
            write!(formatter, " ({:?})", self.description)?;
        }
        self.parts.iter().try_for_each(|part| {
            let text = part.to_string();
            text.lines().try_for_each(|line| write!(formatter, "\n  {line}"))
        })
    }
}

impl Reader {
    /// Starts the accessibility bus of a desk. Programs that start later tell it of their windows.
    pub(super) async fn start(desk: &Desk) -> Self {
        let bus = desk.bus();
        let launcher = desk.spawn("at-spi-bus-launcher", desk.command(LAUNCHER).arg("--launch-immediately"));
        bus.until_has("org.a11y.Bus", &launcher).await;
        let session = &bus.connection;
        let answer =
            session.call_method(Some("org.a11y.Bus"), "/org/a11y/bus", Some("org.a11y.Bus"), "GetAddress", &());
        let address: String = answer.await.expect("an accessibility bus").body().deserialize().expect("an address");
        let connection = Builder::address(address.as_str()).expect("an address").build().await;
        let connection = connection.expect("a bus to connect to");
        // Programs tell only of what was asked for.
        let events = ["object:children-changed", "object:text-changed"];
        for event in events {
            let body = (event, Vec::<&str>::new(), "");
            let path = "/org/a11y/atspi/registry";
            let asked = connection.call_method(Some(REGISTRY), path, Some(REGISTRY), "RegisterEvent", &body).await;
            asked.expect("a registry");
        }
        let rule = MatchRule::builder().msg_type(message::Type::Signal);
        let rule = rule.interface("org.a11y.atspi.Event.Object").expect("an interface").build();
        let mut signals = MessageStream::for_match_rule(rule, &connection, None).await.expect("a bus that tells");
        // Taken at once: no answer is read behind signals that are not taken.
        let (tell, events) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(event)) = signals.next().await {
                if tell.send(event).is_err() {
                    return;
                }
            }
        });
        Self { connection, events }
    }

    /// What is in the window of this title, once it is there.
    pub async fn window(&self, title: &str) -> Part {
        super::until(&format!("{title} to be told of"), async || {
            let root = (REGISTRY.to_owned(), OwnedObjectPath::try_from("/org/a11y/atspi/accessible/root").ok()?);
            for program in self.children(&root).await? {
                for window in self.children(&program).await? {
                    if self.property::<String>(&window, "Name").await? == title {
                        return self.read(window).await;
                    }
                }
            }
            None
        })
        .await
    }

    /// The window of this title once it has what is looked for: pages tell a moment after they have drawn.
    pub async fn window_with(&self, title: &str, what: &str, has: impl Fn(&Part) -> bool) -> Part {
        let mut last = None;
        let found = super::wait::within_timeout(async || {
            let window = self.window(title).await;
            let found = has(&window).then(|| window.clone());
            last = Some(window);
            found
        });
        match found.await {
            Some(window) => window,
            None => panic!("waited in vain for {what} in\n{}", last.expect("it was looked at")),
        }
    }

    /// Does what a press of a part does.
    pub async fn press(&self, part: &Part) {
        let done: Option<bool> = self.call(&part.place, "org.a11y.atspi.Action", "DoAction", &0_i32).await;
        assert_eq!(done, Some(true), "{} {:?} cannot be pressed", part.role, part.name);
    }

    /// Waits until a live region says something with `words` in it.
    pub async fn until_said(&mut self, words: &str) {
        let mut heard = Vec::new();
        let said = timeout(TIMEOUT, async {
            while let Some(event) = self.events.recv().await {
                let header = event.header();
                let (Some(sender), Some(path)) = (header.sender(), header.path()) else { continue };
                let place = (sender.to_string(), path.to_owned().into());
                // What is told of may be gone by now.
                let attributes = self.attributes(&place).await.unwrap_or_default();
                if !attributes.contains_key("container-live") {
                    continue;
                }
                let Some(part) = self.read(place).await else { continue };
                let mut texts = Vec::new();
                for part in part.all() {
                    texts.extend(self.text(&part.place).await);
                }
                let text = texts.join(" ");
                if text.contains(words) {
                    return;
                }
                heard.push(text);
            }
        });
        assert!(said.await.is_ok(), "{words:?} was not said, but {heard:?}");
    }

    /// The text of something that has one.
    async fn text(&self, place: &Place) -> Option<String> {
        self.call(place, "org.a11y.atspi.Text", "GetText", &(0_i32, -1_i32)).await
    }

    /// Reads an object and all that is in it; none where it has gone meanwhile. All is asked at once: one question after the other,
    /// a window of two hundred parts takes seconds.
    async fn read(&self, place: Place) -> Option<Part> {
        let (role, name, description, states, attributes, children) = tokio::join!(
            // Not by GetRoleName, to which WebKit has no answer.
            self.call::<_, u32>(&place, ACCESSIBLE, "GetRole", &()),
            self.property(&place, "Name"),
            self.property(&place, "Description"),
            self.call::<_, Vec<u32>>(&place, ACCESSIBLE, "GetState", &()),
            self.attributes(&place),
            self.children(&place),
        );
        let role = role?;
        let known = ROLES.iter().find(|(number, _)| *number == role);
        let role = known.map_or_else(|| format!("role {role}"), |(_, name)| (*name).to_owned());
        let states = states?.iter().rev().fold(0, |all, part| all << 32 | u64::from(*part));
        let (name, description, attributes) = (name?, description?, attributes?);
        let parts = join_all(children?.into_iter().map(|child| Box::pin(self.read(child)))).await;
        // One that goes in this moment is none any more.
        let parts = parts.into_iter().flatten().collect();
        Some(Part { place, role, name, description, states, attributes, parts })
    }

    async fn attributes(&self, place: &Place) -> Option<HashMap<String, String>> {
        self.call(place, ACCESSIBLE, "GetAttributes", &()).await
    }

    async fn children(&self, place: &Place) -> Option<Vec<Place>> {
        let mut children: Vec<Place> = self.call(place, ACCESSIBLE, "GetChildren", &()).await?;
        // A socket, which a part of another process is plugged into, has that only by its number.
        if children.is_empty() && self.property::<i32>(place, "ChildCount").await? == 1 {
            children.extend(self.call::<_, Place>(place, ACCESSIBLE, "GetChildAtIndex", &0_i32).await);
        }
        Some(children)
    }

    async fn property<Value: TryFrom<OwnedValue>>(&self, place: &Place, name: &str) -> Option<Value> {
        let value: OwnedValue = self.call(place, "org.freedesktop.DBus.Properties", "Get", &(ACCESSIBLE, name)).await?;
        Value::try_from(value).ok()
    }

    async fn call<Body, Answer>(
        &self,
        (owner, path): &Place,
        interface: &str,
        method: &str,
        body: &Body,
    ) -> Option<Answer>
    where
        Body: serde::Serialize + DynamicType + Sync,
        Answer: DeserializeOwned + Type,
    {
        let call = self.connection.call_method(Some(owner.as_str()), path, Some(interface), method, body);
        timeout(TIMEOUT, call).await.ok()?.ok()?.body().deserialize().ok()
    }
}
