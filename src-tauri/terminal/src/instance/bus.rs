//! The first instance owns a name on the session bus; later ones call it there.

use super::{Answer, HandOver, Refusal};
use crate::args::{ImportRequest, ListChange, OpenRequest};
use portlight_engine::{Imported, model::Secret};
use std::{
    io::{self, Write},
    os::fd::OwnedFd,
    time::Duration,
};
use tokio::{runtime, time::timeout};
use zbus::{Connection, fdo, names::WellKnownName, zvariant::Fd};

/// The name that the first instance owns.
pub const NAME: &str = "io.github.portlight.Portlight";
/// Where its object lies.
pub const PATH: &str = "/io/github/portlight/Portlight";
const INTERFACE: &str = "io.github.portlight.Portlight1";
/// For the first instance to open a window. It may be starting itself, on a slow disk.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// For the first instance to change the list, with a password each and a keyring that wants to be unlocked.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(300);
/// For the bus itself, which does nothing but pass messages on.
pub const BUS_TIMEOUT: Duration = Duration::from_secs(5);

/// Hands `request` over to the first instance, if there is one.
///
/// # Errors
/// The first instance could not do what was asked for, or did not answer within [`ANSWER_TIMEOUT`].
pub fn hand_over(request: &OpenRequest) -> Result<HandOver, Refusal> {
    on_the_bus(async |bus| ask(bus, request).await)
}

/// Lets the first instance add machines, if there is one.
///
/// # Errors
/// As [`hand_over`], within five minutes; and that a path is not UTF-8, which is all that the bus transports.
pub fn import(request: &ImportRequest) -> Result<Answer<Imported>, String> {
    let path = |path: &std::path::PathBuf| {
        let text = path.to_str().map(str::to_owned);
        text.ok_or_else(|| format!("the name of {} is not UTF-8: rename it, or end Portlight first", path.display()))
    };
    let paths = request.paths.iter().map(path).collect::<Result<Vec<_>, _>>()?;
    let site = request.site.as_ref().map(ToString::to_string).unwrap_or_default();
    let body = (paths, request.passwords, request.all, site);
    let asked = on_the_bus(async |bus| call(bus, "Import", &body, IMPORT_TIMEOUT).await);
    let answer: Answer<(u64, u64, u64)> = asked.map_err(|refusal| refusal.to_string())?;
    let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(match answer {
        Answer::Done((added, changed, passwords)) => {
            Answer::Done(Imported { added: number(added), changed: number(changed), passwords: number(passwords) })
        }
        Answer::NobodyThere => Answer::NobodyThere,
    })
}

/// Lets the first instance change the list, if there is one; what it answers is JSON. A password goes through a pipe, of which
/// the bus passes the reading end on: what is on the bus can be read by every program of this user.
///
/// # Errors
/// As [`import`].
pub fn change(change: &ListChange, password: Option<&Secret>) -> Result<Answer<String>, String> {
    let sentence = |cause: &dyn std::fmt::Display| cause.to_string();
    let text = serde_json::to_string(change).map_err(|cause| sentence(&cause))?;
    let mut passwords = Vec::new();
    if let Some(password) = password {
        let (reader, mut writer) = io::pipe().map_err(|cause| sentence(&cause))?;
        // It has room for a password, so this does not wait for a reader.
        writer.write_all(password.expose().as_bytes()).map_err(|cause| sentence(&cause))?;
        passwords.push(Fd::from(OwnedFd::from(reader)));
    }
    let changed = on_the_bus(async |bus| call(bus, "Change", &(text, passwords), IMPORT_TIMEOUT).await);
    changed.map_err(|refusal| refusal.to_string())
}

fn on_the_bus<T>(question: impl AsyncFnOnce(&Connection) -> Result<Answer<T>, Refusal>) -> Result<Answer<T>, Refusal> {
    let runtime = runtime::Builder::new_current_thread().enable_time().build();
    runtime.map_err(|cause| Refusal::Said(cause.to_string()))?.block_on(async {
        match timeout(BUS_TIMEOUT, Connection::session()).await {
            Ok(Ok(bus)) => question(&bus).await,
            // The program with the windows says so in its log.
            Ok(Err(_)) | Err(_) => Ok(Answer::NobodyThere),
        }
    })
}

/// Hands `request` over on a connection that is there.
///
/// # Errors
/// As [`hand_over`].
pub async fn ask(bus: &Connection, request: &OpenRequest) -> Result<HandOver, Refusal> {
    let request = serde_json::to_string(request).map_err(|cause| Refusal::Said(cause.to_string()))?;
    call(bus, "Open", &(request,), ANSWER_TIMEOUT).await
}

async fn call<B, T>(bus: &Connection, method: &str, body: &B, within: Duration) -> Result<Answer<T>, Refusal>
where
    B: serde::Serialize + zbus::zvariant::DynamicType,
    T: for<'de> zbus::zvariant::DynamicDeserialize<'de>,
{
    let not_asked =
        |cause: zbus::Error| Refusal::Said(format!("the Portlight that is running could not be asked: {cause}"));
    match timeout(within, bus.call_method(Some(NAME), PATH, Some(INTERFACE), method, body)).await {
        Ok(Ok(answer)) => answer.body().deserialize().map(Answer::Done).map_err(not_asked),
        Ok(Err(zbus::Error::MethodError(name, _, _))) if is_nobody(&name) => Ok(Answer::NobodyThere),
        Ok(Err(zbus::Error::MethodError(_, Some(sentence), _))) => Err(Refusal::Said(sentence)),
        Ok(Err(cause)) => Err(not_asked(cause)),
        Err(_) => {
            let process = timeout(BUS_TIMEOUT, process(bus)).await.ok().and_then(Result::ok);
            Err(Refusal::Unanswered { process, seconds: within.as_secs() })
        }
    }
}

/// How the bus says that a name has no owner, and that its owner has gone before it answered.
const NOBODY: [&str; 3] = ["ServiceUnknown", "NameHasNoOwner", "NoReply"];

fn is_nobody(error: &str) -> bool {
    error.strip_prefix("org.freedesktop.DBus.Error.").is_some_and(|name| NOBODY.contains(&name))
}

/// The process id of the first instance.
async fn process(bus: &Connection) -> zbus::Result<u32> {
    let bus = fdo::DBusProxy::new(bus).await?;
    Ok(bus.get_connection_unix_process_id(WellKnownName::try_from(NAME)?.into()).await?)
}
