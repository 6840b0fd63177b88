//! The desktop's portal for keys of programs
//! (<https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.GlobalShortcuts.html>). The desktop asks its user,
//! may give other keys than those that are wanted, and lets them be changed in its own settings.

use super::keysyms;
use futures_util::StreamExt;
use portlight_engine::model::{Chord, HotkeyState};
use std::collections::HashMap;
use zbus::{
    Connection, Proxy, fdo,
    proxy::SignalStream,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

const DESKTOP: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SHORTCUTS: &str = "org.freedesktop.portal.GlobalShortcuts";
const REQUEST: &str = "org.freedesktop.portal.Request";
const SESSION: &str = "org.freedesktop.portal.Session";
/// Where a program that is in no sandbox says which one it is.
const REGISTRY: &str = "org.freedesktop.host.portal.Registry";
const APP: &str = "io.github.portlight.Portlight";
/// What it is called among the keys of this program.
const ID: &str = "quick-connect";

type Facts = HashMap<String, OwnedValue>;
type Options<'a> = HashMap<&'a str, Value<'a>>;

/// Holds `chord`, and calls `pressed` each time that the desktop says so; comes back with why it is held no longer.
pub async fn hold(chord: &Chord, pressed: &impl Fn(), told: &impl Fn(HotkeyState)) -> HotkeyState {
    match try_hold(chord, pressed, told).await {
        Ok(state) => state,
        // No portal, or one without this part of it.
        Err(zbus::Error::MethodError(name, ..)) if NOT_THERE.contains(&name.as_str()) => HotkeyState::NotOffered,
        Err(zbus::Error::FDO(error)) if is_missing(&error) => HotkeyState::NotOffered,
        Err(cause) => HotkeyState::Failed { detail: cause.to_string() },
    }
}

const NOT_THERE: [&str; 4] = [
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.UnknownInterface",
    "org.freedesktop.DBus.Error.UnknownMethod",
    "org.freedesktop.DBus.Error.UnknownObject",
];

fn is_missing(error: &fdo::Error) -> bool {
    use fdo::Error::{ServiceUnknown, UnknownInterface, UnknownMethod, UnknownObject};
    matches!(error, ServiceUnknown(_) | UnknownInterface(_) | UnknownMethod(_) | UnknownObject(_))
}

async fn try_hold(chord: &Chord, pressed: &impl Fn(), told: &impl Fn(HotkeyState)) -> zbus::Result<HotkeyState> {
    // Of its own: what is held ends with the connection, however this function ends.
    let bus = Connection::session().await?;
    let Some(wanted) = trigger(chord) else { return Ok(HotkeyState::NoSuchKey) };
    told(HotkeyState::Asking);
    // An older portal has none, and finds out which program it is by itself.
    let registry = Proxy::new(&bus, DESKTOP, PATH, REGISTRY).await?;
    let _ = registry.call_method("Register", &(APP, Options::new())).await;
    let portal = Proxy::new(&bus, DESKTOP, PATH, SHORTCUTS).await?;
    let mut activated = portal.receive_signal("Activated").await?;
    let mut changed = portal.receive_signal("ShortcutsChanged").await?;

    let options = Options::from([("session_handle_token", "portlight".into())]);
    let created = ask(&bus, &portal, "CreateSession", options, |options| (options,)).await?;
    let Some(session) = created.and_then(|facts| String::try_from(facts.get("session_handle")?.clone()).ok()) else {
        return Ok(HotkeyState::Declined);
    };
    let session = OwnedObjectPath::try_from(session)?;
    let mut closed = Proxy::new(&bus, DESKTOP, session.clone(), SESSION).await?.receive_signal("Closed").await?;
    let facts = Options::from([("description", "Quick connect".into()), ("preferred_trigger", wanted.into())]);
    let bound = ask(&bus, &portal, "BindShortcuts", Options::new(), |options| {
        (session.clone(), vec![(ID, facts.clone())], "", options)
    });
    let Some(bound) = bound.await? else { return Ok(HotkeyState::Declined) };
    let Some(keys) = bound.get("shortcuts").and_then(keys_of) else { return Ok(HotkeyState::Declined) };
    told(HotkeyState::Held { keys: keys.filter(|keys| !keys.is_empty()) });
    loop {
        tokio::select! {
            Some(message) = activated.next() => {
                let body = message.body();
                let (of, id, ..): (OwnedObjectPath, String, u64, Facts) = body.deserialize()?;
                if of == session && id == ID {
                    pressed();
                }
            }
            Some(message) = changed.next() => {
                let body = message.body();
                let (of, shortcuts): (OwnedObjectPath, OwnedValue) = body.deserialize()?;
                if of == session && let Some(keys) = keys_of(&shortcuts) {
                    told(HotkeyState::Held { keys });
                }
            }
            Some(_) = closed.next() => return Ok(HotkeyState::Declined),
            else => return Ok(HotkeyState::NotOffered),
        }
    }
}

/// Calls a method of the portal that answers later, with what `arguments` makes of the options; none where its user said no.
async fn ask<'a, A>(
    bus: &Connection,
    portal: &Proxy<'_>,
    method: &str,
    mut options: Options<'a>,
    arguments: impl FnOnce(Options<'a>) -> A,
) -> zbus::Result<Option<Facts>>
where
    A: serde::Serialize + zbus::zvariant::DynamicType,
{
    // The answer's address is known beforehand, so that it cannot be missed.
    let sender = bus.unique_name().map(|name| name.trim_start_matches(':').replace('.', "_")).unwrap_or_default();
    let token = format!("portlight_{method}");
    let path = format!("{PATH}/request/{sender}/{token}");
    let mut answers = answers(bus, &path).await?;
    options.insert("handle_token", token.into());
    let request: OwnedObjectPath = portal.call(method, &arguments(options)).await?;
    if request.as_str() != path {
        // An old portal has chosen another one.
        answers = self::answers(bus, request.as_str()).await?;
    }
    let Some(message) = answers.next().await else { return Ok(None) };
    let (code, facts): (u32, Facts) = message.body().deserialize()?;
    Ok((code == 0).then_some(facts))
}

async fn answers(bus: &Connection, path: &str) -> zbus::Result<SignalStream<'static>> {
    Proxy::new(bus, DESKTOP, path.to_owned(), REQUEST).await?.receive_signal("Response").await
}

/// The desktop's own words for our keys, in its list of them; none where ours are not among them.
fn keys_of(shortcuts: &OwnedValue) -> Option<Option<String>> {
    let shortcuts: Vec<(String, Facts)> = shortcuts.clone().try_into().ok()?;
    let (_, facts) = shortcuts.into_iter().find(|(id, _)| id == ID)?;
    Some(facts.get("trigger_description").and_then(|keys| String::try_from(keys.clone()).ok()))
}

/// A chord as the desktops write them (<https://specifications.freedesktop.org/shortcuts-spec/latest/>).
fn trigger(chord: &Chord) -> Option<String> {
    let modifiers = chord.modifiers().map(|modifier| match modifier {
        "Ctrl" => "CTRL",
        "Alt" => "ALT",
        "Shift" => "SHIFT",
        _ => "LOGO",
    });
    let key = keysyms::name(chord.key())?;
    Some(modifiers.map(str::to_owned).chain([key]).collect::<Vec<_>>().join("+"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chord_is_written_as_the_desktops_do() {
        let written = |text: &str| trigger(&Chord::parse(text).unwrap());
        assert_eq!(written("Ctrl+Alt+P").as_deref(), Some("CTRL+ALT+p"));
        assert_eq!(written("Shift+Super+F2").as_deref(), Some("SHIFT+LOGO+F2"));
        assert_eq!(written("Ctrl++").as_deref(), Some("CTRL+plus"));
        assert_eq!(written("Super+Nothing"), None);
    }
}
