//! The first instance owns a name on the session bus; later ones call it there.

use super::HandOver;
use crate::args::OpenRequest;
use std::time::Duration;
use tokio::{runtime, time::timeout};
use zbus::{Connection, fdo, names::WellKnownName};

/// The name that the first instance owns.
pub const NAME: &str = "io.github.portlight.Portlight";
/// Where its object lies.
pub const PATH: &str = "/io/github/portlight/Portlight";
const INTERFACE: &str = "io.github.portlight.Portlight1";
/// For the first instance to open a window. It may be starting itself, on a slow disk.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// For the bus itself, which does nothing but pass messages on.
pub const BUS_TIMEOUT: Duration = Duration::from_secs(5);

/// Hands `request` over to the first instance, if there is one.
///
/// # Errors
/// A sentence for the terminal: the first instance could not do what was asked for, or did not answer within
/// [`ANSWER_TIMEOUT`].
pub fn hand_over(request: &OpenRequest) -> Result<HandOver, String> {
    let runtime = runtime::Builder::new_current_thread().enable_time().build();
    runtime.map_err(|cause| cause.to_string())?.block_on(async {
        match timeout(BUS_TIMEOUT, Connection::session()).await {
            Ok(Ok(bus)) => ask(&bus, request).await,
            // The program with the windows says so in its log.
            Ok(Err(_)) | Err(_) => Ok(HandOver::NobodyThere),
        }
    })
}

/// Hands `request` over on a connection that is there.
///
/// # Errors
/// As [`hand_over`].
pub async fn ask(bus: &Connection, request: &OpenRequest) -> Result<HandOver, String> {
    let target = request.target.as_deref().unwrap_or_default();
    let body = (target, request.view_only);
    match timeout(ANSWER_TIMEOUT, bus.call_method(Some(NAME), PATH, Some(INTERFACE), "Open", &body)).await {
        Ok(Ok(_)) => Ok(HandOver::Done),
        Ok(Err(zbus::Error::MethodError(name, _, _))) if is_nobody(&name) => Ok(HandOver::NobodyThere),
        Ok(Err(zbus::Error::MethodError(_, Some(sentence), _))) => Err(sentence),
        Ok(Err(cause)) => Err(format!("the Portlight that is running could not be asked: {cause}")),
        Err(_) => {
            let process = timeout(BUS_TIMEOUT, process(bus)).await.ok().and_then(Result::ok);
            let process = process.map(|id| format!(" (process {id})")).unwrap_or_default();
            let seconds = ANSWER_TIMEOUT.as_secs();
            Err(format!(
                "the Portlight that is running{process} has not answered for {seconds} seconds: end it, and try again"
            ))
        }
    }
}

/// How the bus says that nobody owns a name, and that its owner has gone before it answered.
const NOBODY: [&str; 3] = ["ServiceUnknown", "NameHasNoOwner", "NoReply"];

fn is_nobody(error: &str) -> bool {
    error.strip_prefix("org.freedesktop.DBus.Error.").is_some_and(|name| NOBODY.contains(&name))
}

/// The process id of the first instance.
async fn process(bus: &Connection) -> zbus::Result<u32> {
    let bus = fdo::DBusProxy::new(bus).await?;
    Ok(bus.get_connection_unix_process_id(WellKnownName::try_from(NAME)?.into()).await?)
}
