//! A keyring of a test's own: GNOME's, on the test's bus.

use super::{Desk, bus::Bus, wait::TIMEOUT};
use futures_util::StreamExt;
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::HashMap, fs};
use tokio::time::timeout;
use zbus::{
    MatchRule, MessageStream, message,
    zvariant::{DynamicType, ObjectPath, OwnedObjectPath, Type},
};

const PASSWORD: &str = "what the user logs in with";
const SERVICE: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const INTERFACE: &str = "org.freedesktop.Secret.Service";

/// Starts a keyring that is open, as after logging in. There is no prompter that could ask to unlock it again.
pub async fn start(desk: &Desk) {
    let bus = desk.bus();
    let password = desk.home().join("login");
    fs::write(&password, PASSWORD).expect("a home");
    // Through the shell, as the daemon reads the password from its standard input.
    let line = "exec gnome-keyring-daemon --foreground --components=secrets --unlock < \"$0\"";
    let process = desk.spawn("gnome-keyring-daemon", desk.command("sh").args(["-c", line]).arg(&password));
    bus.until_has(SERVICE, &process).await;
    fs::remove_file(password).expect("the file just written");
}

/// Locks the keyring.
pub async fn lock(bus: &Bus) {
    let collection = ObjectPath::try_from("/org/freedesktop/secrets/collection/login").expect("a path");
    let locked: (Vec<OwnedObjectPath>, OwnedObjectPath) = call(bus, "Lock", &vec![collection]).await;
    assert_eq!(locked.0.len(), 1, "the keyring did not lock");
}

/// How many passwords of Portlight the keyring has. The key of the pictures is none.
pub async fn passwords(bus: &Bus) -> usize {
    let count = async |attributes: HashMap<&str, &str>| {
        let (open, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = call(bus, "SearchItems", &attributes).await;
        open.len() + locked.len()
    };
    let all = count(HashMap::from([("service", "portlight")])).await;
    all - count(HashMap::from([("service", "portlight"), ("username", "pictures")])).await
}

/// Waits until the keyring has as many passwords of Portlight.
pub async fn until_passwords(bus: &Bus, count: usize) {
    let mut changes = signals(bus, "org.freedesktop.Secret.Collection", "ItemDeleted").await;
    let mut additions = signals(bus, "org.freedesktop.Secret.Collection", "ItemCreated").await;
    while passwords(bus).await != count {
        let change = timeout(TIMEOUT, async {
            tokio::select! { change = changes.next() => change, addition = additions.next() => addition }
        });
        assert!(change.await.is_ok(), "the keyring has {} passwords instead of {count}", passwords(bus).await);
    }
}

async fn call<Answer>(bus: &Bus, method: &str, question: &(impl Serialize + DynamicType)) -> Answer
where
    Answer: DeserializeOwned + Type,
{
    let answer = bus.connection.call_method(Some(SERVICE), PATH, Some(INTERFACE), method, question);
    let answer = timeout(TIMEOUT, answer).await.expect("a keyring that answers").expect("a keyring that does it");
    answer.body().deserialize().expect("what the specification says")
}

async fn signals(bus: &Bus, interface: &'static str, member: &'static str) -> MessageStream {
    let rule = MatchRule::builder().msg_type(message::Type::Signal).interface(interface).expect("a name");
    let rule = rule.member(member).expect("a name").build();
    MessageStream::for_match_rule(rule, &bus.connection, None).await.expect("a bus that tells")
}
