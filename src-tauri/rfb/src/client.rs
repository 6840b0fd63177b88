//! The viewer's side of the handshake (RFC 6143, section 7).
//!
//! ```text
//! server: version ── viewer: version ── 3.3: server: u32 type            (0: reason, the end)
//!                                       3.7, 3.8: server: u8 n, n × u8   (0: reason, the end) ── viewer: u8 type
//! the type's exchange (auth) ── server: u32 SecurityResult ── viewer: u8 shared ── server: ServerInit
//! ```

use crate::{
    ask::{Ask, Step},
    auth,
    error::Error,
    init::{Head, ServerInit},
    security::{Policy, SecurityType},
    version::{GREETING_LEN, Version},
    wire::Wire,
};
use tokio::io::{AsyncRead, AsyncWrite};

/// Gets to a session on `stream`: what follows on it are the session's own messages, none of them read yet.
///
/// # Errors
/// See [`Error`]. Afterwards the stream is of no more use.
pub async fn handshake<S, A>(stream: &mut S, policy: &Policy, ask: &mut A) -> Result<ServerInit, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    A: Ask,
{
    let wire = &mut Wire::new(stream);
    let version = greet(wire, ask).await?;
    let chosen = agree(wire, ask, version, policy).await?;
    auth::exchange(wire, ask, chosen).await?;
    let init = match verdict(wire, ask, version, chosen).await {
        Ok(()) => initialise(wire, ask, policy.shared).await,
        Err(error) => Err(error),
    };
    init.map_err(|error| if chosen.takes_password() { error.after_password() } else { error })
}

/// Reads the server's version and answers with the one that will be spoken.
async fn greet<S, A>(wire: &mut Wire<'_, S>, ask: &mut A) -> Result<Version, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    A: Ask,
{
    wire.enter(Step::Greeting, ask);
    let mut greeting = [0; GREETING_LEN];
    let mut length = 0;
    let version = loop {
        length += wire.some(&mut greeting[length..]).await?;
        if let Some(version) = Version::read(&greeting[..length])? {
            break version;
        }
    };
    wire.send(version.greeting()).await?;
    Ok(version)
}

/// Settles the security type: 3.3 dictates it, later versions list what there is.
async fn agree<S, A>(
    wire: &mut Wire<'_, S>,
    ask: &mut A,
    version: Version,
    policy: &Policy,
) -> Result<SecurityType, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    A: Ask,
{
    wire.enter(Step::SecurityTypes, ask);
    if version == Version::V33 {
        return match wire.u32().await?.into() {
            SecurityType::Other(0) => Err(Error::Refused { reason: wire.reason(ask).await }),
            SecurityType::Other(number) => Err(wire.broke(format!("security type {number} in protocol 3.3"))),
            dictated => Ok(dictated),
        };
    }
    let count = wire.u8().await?;
    if count == 0 {
        return Err(Error::Refused { reason: wire.reason(ask).await });
    }
    let offered = offers(&wire.bytes(count.into()).await?);
    let Some(chosen) = policy.choose(&offered) else {
        return Err(Error::NoCommonSecurity { offered: offered.into_iter().take(MAX_OFFERS_NAMED).collect() });
    };
    // What we choose fits: it was offered in a byte.
    wire.send(&[chosen.number() as u8]).await?;
    Ok(chosen)
}

/// Each type once, without the zeros that some lists are filled up with.
fn offers(list: &[u8]) -> Vec<SecurityType> {
    let mut offered = Vec::new();
    for number in list.iter().filter(|number| **number != 0) {
        let offer = SecurityType::from(u32::from(*number));
        if !offered.contains(&offer) {
            offered.push(offer);
        }
    }
    offered
}

/// Reads SecurityResult, where this version has one.
async fn verdict<S, A>(wire: &mut Wire<'_, S>, ask: &mut A, version: Version, chosen: SecurityType) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    A: Ask,
{
    if chosen == SecurityType::None && version < Version::V38 {
        return Ok(());
    }
    wire.enter(Step::SecurityResult, ask);
    match wire.u32().await? {
        0 => Ok(()),
        // Only 3.8 promises a reason, but others are known to give one.
        1 if chosen.takes_password() => Err(Error::AuthFailed { reason: wire.reason(ask).await }),
        // Nothing was asked for, so nothing can be wrong with it: the server is in use, say.
        1 => Err(Error::Refused { reason: wire.reason(ask).await }),
        2 => Err(Error::TooMany { reason: wire.reason(ask).await }),
        other => Err(wire.broke(format!("security result {other:#x}"))),
    }
}

/// Asks for the session and reads what the server has to show. Only a plausible answer means that we are in.
async fn initialise<S, A>(wire: &mut Wire<'_, S>, ask: &mut A, shared: bool) -> Result<ServerInit, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    A: Ask,
{
    wire.send(&[shared.into()]).await?;
    wire.enter(Step::ServerInit, ask);
    let head = Head::read(&wire.array().await?).map_err(|detail| wire.broke(detail))?;
    let name = wire.bytes(head.name_length).await?;
    Ok(ServerInit { width: head.width, height: head.height, pixel_format: head.pixel_format, name })
}

/// A list of all 255 types tells a reader nothing.
const MAX_OFFERS_NAMED: usize = 8;
