//! A portal of a test's own that gives keys to programs: it stands in for that of a Wayland desktop, and its user says yes.

use super::{bus::Bus, wait::TIMEOUT};
use std::collections::HashMap;
use tokio::{sync::watch, time::timeout};
use zbus::{
    Connection, fdo, interface,
    message::Header,
    object_server::SignalEmitter,
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value},
};

const NAME: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SHORTCUTS: &str = "org.freedesktop.portal.GlobalShortcuts";

type Facts = HashMap<String, OwnedValue>;
type Shortcuts<'a> = Vec<(&'a str, HashMap<&'a str, Value<'a>>)>;

/// The portal.
pub struct Portal {
    connection: Connection,
    /// The session, the id of its keys and those that were wanted, once they are bound.
    bound: watch::Receiver<Option<(OwnedObjectPath, String, String)>>,
}

struct GlobalShortcuts {
    bound: watch::Sender<Option<(OwnedObjectPath, String, String)>>,
    /// What it calls the keys.
    keys: &'static str,
}

#[interface(name = "org.freedesktop.portal.GlobalShortcuts")]
impl GlobalShortcuts {
    async fn create_session(
        &self,
        options: Facts,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> fdo::Result<OwnedObjectPath> {
        let session = format!("{PATH}/session/{}/{}", sender(&header), text(&options, "session_handle_token"));
        answer(connection, &header, &options, HashMap::from([("session_handle", session.into())])).await
    }

    async fn bind_shortcuts(
        &self,
        session: OwnedObjectPath,
        shortcuts: Vec<(String, Facts)>,
        _parent: &str,
        options: Facts,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> fdo::Result<OwnedObjectPath> {
        let (id, facts) = shortcuts.first().ok_or_else(|| fdo::Error::Failed("no keys".into()))?;
        let given: Shortcuts<'_> = vec![(id, HashMap::from([("trigger_description", self.keys.into())]))];
        let path = answer(connection, &header, &options, HashMap::from([("shortcuts", given.into())])).await;
        self.bound.send_replace(Some((session, id.clone(), text(facts, "preferred_trigger"))));
        path
    }

    #[zbus(signal)]
    async fn activated(
        emitter: &SignalEmitter<'_>,
        session: ObjectPath<'_>,
        id: &str,
        time: u64,
        options: HashMap<&str, Value<'_>>,
    ) -> zbus::Result<()>;
}

impl Portal {
    /// Puts the portal on the bus; it calls whatever keys are wanted `keys`.
    pub async fn start(bus: &Bus, keys: &'static str) -> Self {
        let (sender, bound) = watch::channel(None);
        let connection = bus.connection.clone();
        let served = connection.object_server().at(PATH, GlobalShortcuts { bound: sender, keys }).await;
        assert!(served.expect("an object server"), "one portal");
        connection.request_name(NAME).await.expect("a name that is free");
        Self { connection, bound }
    }

    /// The keys that a program wants, once it does.
    pub async fn wanted(&self) -> String {
        self.until_bound().await.2
    }

    /// Its user presses the keys.
    pub async fn press(&self) {
        let (session, id, _) = self.until_bound().await;
        let body = (session, id, 0_u64, HashMap::<&str, Value<'_>>::new());
        let told = self.connection.emit_signal(None::<&str>, PATH, SHORTCUTS, "Activated", &body).await;
        told.expect("a bus that carries");
    }

    async fn until_bound(&self) -> (OwnedObjectPath, String, String) {
        let mut bound = self.bound.clone();
        let bound = timeout(TIMEOUT, bound.wait_for(Option::is_some)).await.expect("a program that wants keys");
        bound.expect("a portal").clone().expect("just looked")
    }
}

/// The part of a portal that says which colours its desktop has.
pub struct Colours {
    connection: Connection,
}

struct Settings {
    scheme: u32,
}

#[interface(name = "org.freedesktop.portal.Settings")]
impl Settings {
    async fn read(&self, namespace: &str, key: &str) -> fdo::Result<OwnedValue> {
        assert_eq!((namespace, key), APPEARANCE);
        // Portals wrap it once more.
        let value = Value::Value(Box::new(self.scheme.into()));
        value.try_into().map_err(|cause: zbus::zvariant::Error| fdo::Error::Failed(cause.to_string()))
    }

    #[zbus(signal)]
    async fn setting_changed(
        emitter: &SignalEmitter<'_>,
        namespace: &str,
        key: &str,
        value: Value<'_>,
    ) -> zbus::Result<()>;
}

const APPEARANCE: (&str, &str) = ("org.freedesktop.appearance", "color-scheme");

impl Colours {
    /// Puts the portal on the bus: 1 is dark, 2 light.
    pub async fn start(bus: &Bus, scheme: u32) -> Self {
        let connection = bus.connection.clone();
        let served = connection.object_server().at(PATH, Settings { scheme }).await;
        assert!(served.expect("an object server"), "one portal");
        connection.request_name(NAME).await.expect("a name that is free");
        Self { connection }
    }

    /// Its user prefers others.
    pub async fn set(&self, scheme: u32) {
        let settings = self.connection.object_server().interface::<_, Settings>(PATH).await.expect("a portal");
        settings.get_mut().await.scheme = scheme;
        let told =
            Settings::setting_changed(settings.signal_emitter(), APPEARANCE.0, APPEARANCE.1, scheme.into()).await;
        told.expect("a bus that carries");
    }
}

/// Answers a call as portals do: by a signal at the address that its caller has chosen.
async fn answer(
    connection: &Connection,
    header: &Header<'_>,
    options: &Facts,
    facts: HashMap<&str, Value<'_>>,
) -> fdo::Result<OwnedObjectPath> {
    let path = format!("{PATH}/request/{}/{}", sender(header), text(options, "handle_token"));
    let request = "org.freedesktop.portal.Request";
    connection.emit_signal(None::<&str>, path.as_str(), request, "Response", &(0_u32, facts)).await?;
    OwnedObjectPath::try_from(path).map_err(|cause| fdo::Error::Failed(cause.to_string()))
}

fn sender(header: &Header<'_>) -> String {
    let name = header.sender().map(ToString::to_string).unwrap_or_default();
    name.trim_start_matches(':').replace('.', "_")
}

fn text(facts: &Facts, name: &str) -> String {
    facts.get(name).and_then(|value| String::try_from(value.clone()).ok()).unwrap_or_default()
}
