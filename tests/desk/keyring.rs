//! A keyring of a test's own: GNOME's, on the test's bus.

use super::{
    Desk,
    bus::Bus,
    process::Process,
    wait::{PATIENCE, until},
};
use futures_util::StreamExt;
use std::{collections::HashMap, fs, sync::Arc};
use tokio::time::timeout;
use zbus::{MatchRule, MessageStream, message, zvariant::OwnedObjectPath};

/// What a desk's keyring is like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// There is none.
    Missing,
    /// It is there, locked, and nobody can be asked to unlock it.
    Locked,
    /// It is there and open, as after logging in.
    Open,
}

const PASSWORD: &str = "what the user logs in with";
const SERVICE: &str = "org.freedesktop.secrets";

impl Keyring {
    /// Sets the desk's keyring up.
    pub async fn start(self, desk: &Desk) {
        match self {
            Self::Missing => {}
            Self::Open => drop(daemon(desk, true).await),
            Self::Locked => {
                // Made open, and locked by starting anew.
                let made = daemon(desk, true).await;
                made.kill();
                until("the open keyring to go", async || (!desk.bus().has(SERVICE).await).then_some(())).await;
                daemon(desk, false).await;
            }
        }
    }
}

async fn daemon(desk: &Desk, open: bool) -> Arc<Process> {
    let password = desk.home().join("login");
    fs::write(&password, PASSWORD).expect("a home");
    // Standard input from a file, through the shell: the daemon reads the password there once.
    let unlock = if open { "--unlock" } else { "" };
    let line = format!("exec gnome-keyring-daemon --foreground --components=secrets {unlock} < \"$0\"");
    let bus = desk.bus();
    let mut owners = signals(bus, "org.freedesktop.DBus", "NameOwnerChanged").await;
    let process = desk.spawn("gnome-keyring-daemon", desk.command("sh").args(["-c", &line]).arg(&password));
    while !bus.has(SERVICE).await {
        let come = timeout(PATIENCE, owners.next()).await;
        assert!(come.is_ok(), "no keyring:\n{}", process.log());
    }
    fs::remove_file(password).expect("the file just written");
    process
}

/// How many passwords of Portlight the keyring has.
pub async fn passwords(bus: &Bus) -> usize {
    let attributes = HashMap::from([("service", "portlight")]);
    let found = bus
        .connection
        .call_method(
            Some(SERVICE),
            "/org/freedesktop/secrets",
            Some("org.freedesktop.Secret.Service"),
            "SearchItems",
            &attributes,
        )
        .await
        .expect("a keyring that answers");
    let (open, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
        found.body().deserialize().expect("what the specification says");
    open.len() + locked.len()
}

/// Waits until the keyring has as many passwords of Portlight.
pub async fn until_passwords(bus: &Bus, count: usize) {
    let mut changes = signals(bus, "org.freedesktop.Secret.Collection", "ItemDeleted").await;
    let mut additions = signals(bus, "org.freedesktop.Secret.Collection", "ItemCreated").await;
    while passwords(bus).await != count {
        let change = timeout(PATIENCE, async {
            tokio::select! { change = changes.next() => change, addition = additions.next() => addition }
        });
        assert!(change.await.is_ok(), "the keyring has {} passwords instead of {count}", passwords(bus).await);
    }
}

async fn signals(bus: &Bus, interface: &'static str, member: &'static str) -> MessageStream {
    let rule = MatchRule::builder().msg_type(message::Type::Signal).interface(interface).expect("a name");
    let rule = rule.member(member).expect("a name").build();
    MessageStream::for_match_rule(rule, &bus.connection, None).await.expect("a bus that tells")
}
