//! Being told of what happens on a screen that is not in sight.

use crate::{
    desk::{App, Desk, Server, until},
    recording::{FIRST, SECOND, until_painted},
    rewind::choose,
};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zbus::{Connection, interface, object_server::SignalEmitter, zvariant::OwnedValue};

/// The desktop's notifications, which tells a test of each: its title, its text and its actions.
struct Notifications(UnboundedSender<(String, String, Vec<String>)>);

const PATH: &str = "/org/freedesktop/Notifications";

#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[allow(clippy::too_many_arguments, reason = "the specification has them")]
    async fn notify(
        &self,
        _app: String,
        _replaces: u32,
        _icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        self.0.send((title, body, actions)).expect("a test that listens");
        7
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, action: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_closed(emitter: &SignalEmitter<'_>, id: u32, reason: u32) -> zbus::Result<()>;
}

async fn notifications(bus: &Connection) -> UnboundedReceiver<(String, String, Vec<String>)> {
    let (to, told) = unbounded_channel();
    bus.object_server().at(PATH, Notifications(to)).await.expect("a free path");
    bus.request_name("org.freedesktop.Notifications").await.expect("a free name");
    told
}

#[tokio::test]
async fn a_hidden_window_tells_of_a_change_once_and_comes_to_the_front_by_a_click() {
    let desk = Desk::of("a_hidden_window_tells_of_a_change_once_and_comes_to_the_front_by_a_click").open().await;
    let bus = Arc::new(desk.bus().connection.clone());
    let mut told = notifications(&bus).await;
    let server = Server::start(&desk, None).await;
    server.display.paint(FIRST);
    let name = server.address();
    let app = App::start(&desk, &[&name]).await;
    let viewer = app.viewer(&name).await;
    viewer.until_state("live").await;
    until_painted(&viewer, FIRST).await;
    choose(&viewer, "Tell me when").await;
    viewer.until_gone("[role=menu]").await;
    viewer.click("#mark-all").await;
    viewer.click("#tell-begin").await;
    viewer.until_shown("#tell-mark").await;
    desk.display().minimise(&name);
    viewer.until("it to be hidden", "document.hidden").await;

    server.display.paint(SECOND);
    let (title, body, actions) = until("a notification", async || told.try_recv().ok()).await;
    assert_eq!(title, name);
    assert!(body.contains("has changed"), "{body}");
    assert_eq!(actions[0], "default");
    viewer.until_gone("#tell-mark").await;
    // Armed again only by hand.
    server.display.paint(FIRST);
    // Another program's notification is none of ours.
    let server_side = bus.object_server().interface::<_, Notifications>(PATH).await.expect("the service");
    Notifications::action_invoked(server_side.signal_emitter(), 8, "default").await.expect("a bus");
    assert!(!desk.display().has_focus(&name));
    Notifications::action_invoked(server_side.signal_emitter(), 7, "default").await.expect("a bus");
    until("the window in front", async || desk.display().has_focus(&name).then_some(())).await;
    viewer.until("it to be seen", "!document.hidden").await;
    assert!(told.try_recv().is_err(), "once");
}
