//! The viewer's side of the handshake (RFC 6143, section 7).
//!
//! ```text
//! server: version ── viewer: version ── 3.3: server: u32 type            (0: reason, the end)
//!                                       3.7, 3.8: server: u8 n, n × u8   (0: reason, the end) ── viewer: u8 type
//! the type's exchange (auth) ── server: u32 SecurityResult ── viewer: u8 shared ── server: ServerInit
//! ```
//! A repeater greets with version 0.0, is told whom we want, and hands us over to a server that greets anew.

use crate::{
    ask::{Ask, Heard, Step},
    auth::{self, Agreed},
    error::Error,
    init::{self, Head, ServerInit},
    security::{Policy, SecurityType},
    stream::{ByteStream, Stream},
    version::{GREETING_LEN, Greeted, Version},
    wire::Wire,
};
use rand_core::CryptoRng;

/// A server that let us in.
pub struct Server {
    /// Its screen.
    pub init: ServerInit,
    /// What follows on it are the session's own messages, none of them read yet.
    pub stream: Stream,
    /// How it let us in: never a type that only leads to another.
    pub security_type: SecurityType,
}

/// Gets to a session on `stream`. All randomness comes from `random`.
///
/// # Errors
/// See [`Error`].
pub async fn handshake<S, A, R>(stream: S, policy: &Policy, ask: &mut A, random: &mut R) -> Result<Server, Error>
where
    S: ByteStream + 'static,
    A: Ask,
    R: CryptoRng + Send,
{
    let mut wire = Wire::new(Box::new(stream));
    let version = greet(&mut wire, ask, policy).await?;
    let offered = offers(&mut wire, ask, version).await?;
    let agreed = auth::log_in(&mut wire, ask, policy, random, &offered).await?;
    let init = match verdict(&mut wire, ask, version, &agreed).await {
        Ok(()) => initialise(&mut wire, ask, policy.shared, &agreed).await,
        Err(error) => Err(error),
    };
    let init = init.map_err(|error| if agreed.chosen.takes_anybody() { error } else { error.after_credentials() })?;
    Ok(Server { init, stream: wire.into_stream(), security_type: agreed.chosen })
}

/// Reads the server's version and answers with the one that will be spoken.
async fn greet<A: Ask>(wire: &mut Wire, ask: &mut A, policy: &Policy) -> Result<Version, Error> {
    wire.enter(Step::Greeting, ask);
    let mut greeted = greeting(wire).await?;
    if greeted == Greeted::Repeater {
        ask.heard(Heard::Repeater);
        let id = policy.repeater_id.as_deref().ok_or(Error::Repeater)?;
        wire.send(&repeater_request(id)?).await?;
        greeted = greeting(wire).await?;
    }
    match greeted {
        Greeted::Server { version, major, minor } => {
            ask.heard(Heard::Version { major, minor });
            wire.send(version.greeting()).await?;
            Ok(version)
        }
        Greeted::Repeater => Err(wire.broke("a repeater behind the repeater")),
    }
}

async fn greeting(wire: &mut Wire) -> Result<Greeted, Error> {
    let mut greeting = [0; GREETING_LEN];
    let mut length = 0;
    loop {
        length += wire.some(&mut greeting[length..]).await?;
        if let Some(greeted) = Version::read(&greeting[..length])? {
            return Ok(greeted);
        }
    }
}

/// What UltraVNC's repeater wants to hear: `ID:1234` for a server that waits there, or a server's address, filled up
/// with zeros.
fn repeater_request(id: &str) -> Result<[u8; REPEATER_REQUEST_LEN], Error> {
    let words = if id.bytes().all(|byte| byte.is_ascii_digit()) { format!("ID:{id}") } else { id.to_owned() };
    let mut request = [0; REPEATER_REQUEST_LEN];
    match request.split_at_mut_checked(words.len()) {
        // The last byte stays zero: repeaters read a C string.
        Some((start, [_, ..])) if !id.is_empty() => start.copy_from_slice(words.as_bytes()),
        _ => return Err(Error::Repeater),
    }
    Ok(request)
}

/// The security types to choose from: 3.3 dictates one, later versions list what there is. Each once, without the zeros
/// that some lists are filled up with.
async fn offers<A: Ask>(wire: &mut Wire, ask: &mut A, version: Version) -> Result<Offers, Error> {
    wire.enter(Step::SecurityTypes, ask);
    if version == Version::V33 {
        let dictated = match wire.u32().await?.into() {
            SecurityType::Other(0) => return Err(Error::Refused { reason: wire.reason(ask).await }),
            dictated @ (SecurityType::None | SecurityType::VncAuth) => dictated,
            other => return Err(wire.broke(format!("security type {} in protocol 3.3", other.number()))),
        };
        ask.heard(Heard::Offered(&[dictated]));
        return Ok(Offers::Dictated(dictated));
    }
    let count = wire.u8().await?;
    if count == 0 {
        return Err(Error::Refused { reason: wire.reason(ask).await });
    }
    let list = wire.bytes(count.into()).await?;
    let offered = auth::distinct(list.into_iter().map(u32::from));
    ask.heard(Heard::Offered(&offered));
    Ok(Offers::Listed(offered))
}

/// What the server lets us choose from.
pub(crate) enum Offers {
    /// Nothing: this one it is.
    Dictated(SecurityType),
    /// One of these.
    Listed(Vec<SecurityType>),
}

/// Reads SecurityResult, where there is one.
async fn verdict<A: Ask>(wire: &mut Wire, ask: &mut A, version: Version, agreed: &Agreed) -> Result<(), Error> {
    // Before 3.8, None has none; within VeNCrypt it has.
    if agreed.chosen == SecurityType::None && version < Version::V38 && !agreed.within_vencrypt {
        return Ok(());
    }
    wire.enter(Step::SecurityResult, ask);
    match wire.u32().await? {
        0 => Ok(()),
        // Only 3.8 promises a reason, but others are known to give one.
        1 => {
            let reason = wire.reason(ask).await;
            // TigerVNC says here, too, that somebody else has the screen: then nothing is wrong with the login.
            let in_use = reason.as_ref().is_some_and(|words| words.contains("already in use"));
            match agreed.chosen.takes_anybody() || in_use {
                true => Err(Error::Refused { reason }),
                false => Err(Error::AuthFailed { reason }),
            }
        }
        2 => Err(Error::TooMany { reason: wire.reason(ask).await }),
        other => Err(wire.broke(format!("security result {other:#x}"))),
    }
}

/// Asks for the session and reads what the server has to show. Only a plausible answer means that we are in.
async fn initialise<A: Ask>(wire: &mut Wire, ask: &mut A, shared: bool, agreed: &Agreed) -> Result<ServerInit, Error> {
    wire.send(&[shared.into()]).await?;
    wire.enter(Step::ServerInit, ask);
    let head = Head::read(&wire.array().await?).map_err(|detail| wire.broke(detail))?;
    let name = wire.bytes(head.name_length).await?;
    if agreed.within_tight {
        // The viewer is shown a server without Tight's additions.
        let capabilities = init::tight_capabilities(&wire.array().await?).map_err(|detail| wire.broke(detail))?;
        wire.bytes(capabilities).await?;
    }
    Ok(ServerInit { width: head.width, height: head.height, pixel_format: head.pixel_format, name })
}

/// Bytes of the message that names the server to a repeater.
const REPEATER_REQUEST_LEN: usize = 250;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_repeater_is_told() {
        let told = |id: &str| repeater_request(id).map(|request| String::from_utf8_lossy(&request).into_owned());
        for (id, words) in [("1234", "ID:1234"), ("ID:77", "ID:77"), ("box:5900", "box:5900")] {
            let request = told(id).unwrap();
            assert_eq!((request.len(), request.trim_end_matches('\0')), (250, words));
        }
        assert!(told(&"x".repeat(249)).is_ok());
        for id in ["", &"x".repeat(250)] {
            assert!(matches!(told(id), Err(Error::Repeater)), "{id}");
        }
    }
}
