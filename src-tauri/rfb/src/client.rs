//! The viewer's side of the handshake ([RFC 6143, section 7](https://www.rfc-editor.org/rfc/rfc6143#section-7)).
//!
//! ```text
//! server: version ── viewer: version ── 3.3: server: u32 type            (0: reason, the end)
//!                                       3.7, 3.8: server: u8 n, n × u8   (0: reason, the end) ── viewer: u8 type
//! the type's exchange (auth) ── server: u32 SecurityResult ── viewer: u8 shared ── server: ServerInit
//! ```
//! An UltraVNC repeater sends version 0.0, is sent the repeater ID, and connects us to a server, which sends its own
//! version.
//!
//! # What a failure says about the login
//!
//! Servers exist that never send a SecurityResult for a wrong password. So once credentials were sent:
//!
//! | what happens | error |
//! | --- | --- |
//! | SecurityResult 1, or closed in its place | [`Error::AuthFailed`] |
//! | reset in its place; or closed, reset or noise after it, where ServerInit should be | [`Error::AuthFailedProbably`] |
//! | anything at all after the fixed part of a regular ServerInit | the error itself: the login was accepted |
//!
//! Noise is a ServerInit whose pixel format cannot be one (see [`ServerInit`]). An unusual one is accepted: the viewer
//! replaces the pixel format in its next message.

use crate::{
    ask::{Ask, ServerInfo, Step},
    auth::{self, Agreed, LogIn, Offers},
    error::Error,
    init::{Head, MAX_NAME_SENT, ServerInit, tight_capabilities_len},
    record::Records,
    security::{Policy, SecurityType},
    stream::{ByteStream, Stream},
    version::{GREETING_LEN, Peer, Version},
    wire::Wire,
};
use rand_core::CryptoRng;

/// How a handshake ends that no error ended.
pub enum Outcome {
    /// A session.
    Server(Server),
    /// This type (VeNCrypt, Tight, TLS, or one with SASL) leads to nothing as good as another that the server offers, and there is
    /// no way back within a connection: connect once more, with the type in [`Policy::without`].
    RetryWithout(SecurityType),
}

/// A server that accepted the login.
pub struct Server {
    /// Its screen.
    pub init: ServerInit,
    /// The session's own messages follow on it; none of them has been read.
    pub stream: Stream,
    /// How the login was made: never [`SecurityType::VeNCrypt`], [`SecurityType::Tight`] or [`SecurityType::Tls`], but what they
    /// led to.
    pub security_type: SecurityType,
}

/// Performs the handshake on `stream`. All random bytes come from `rng`.
///
/// # Errors
/// See [`Error`].
pub async fn handshake<S, A, R>(stream: S, policy: &Policy, ask: &mut A, rng: R) -> Result<Outcome, Error>
where
    S: ByteStream + 'static,
    A: Ask,
    R: CryptoRng + Send + 'static,
{
    let mut wire = Wire::new(Box::new(stream));
    let version = protocol_version(&mut wire, ask, policy).await?;
    let offers = security_types(&mut wire, ask, version).await?;
    let (agreed, layer) = match auth::log_in(&mut wire, ask, policy, rng, &offers).await? {
        LogIn::Done(agreed, layer) => (agreed, layer),
        LogIn::RetryWithout(negotiation) => return Ok(Outcome::RetryWithout(negotiation)),
    };
    let doubted = |error: Error| match agreed.chosen.is_unauthenticated() {
        true => error,
        false => error.after_credentials(),
    };
    security_result(&mut wire, ask, version, &agreed).await.map_err(doubted)?;
    if let Some(layer) = layer {
        let stream = wire.take_stream();
        wire.set_stream(Box::new(Records::with(stream, *layer)));
    }
    let head = server_init(&mut wire, ask, policy.shared).await.map_err(doubted)?;
    if head.is_noise() && !agreed.chosen.is_unauthenticated() {
        return Err(Error::AuthFailedProbably);
    }
    let rest = rest_of_server_init(&mut wire, &head, &agreed).await;
    let name = if head.is_regular() { rest? } else { rest.map_err(doubted)? };
    let init = ServerInit { width: head.width, height: head.height, pixel_format: head.pixel_format, name };
    Ok(Outcome::Server(Server { init, stream: wire.into_stream(), security_type: agreed.chosen }))
}

/// ProtocolVersion: reads the server's and answers with the version that will be spoken.
async fn protocol_version<A: Ask>(wire: &mut Wire, ask: &mut A, policy: &Policy) -> Result<Version, Error> {
    wire.set_step(Step::Greeting, ask);
    let mut peer = read_version(wire).await?;
    if peer == Peer::Repeater {
        ask.server_info(ServerInfo::Repeater);
        let id = policy.repeater_id.as_deref().ok_or(Error::Repeater)?;
        wire.send(&repeater_request(id)?).await?;
        peer = read_version(wire).await?;
    }
    match peer {
        Peer::Server { version, major, minor } => {
            ask.server_info(ServerInfo::Version { major, minor });
            wire.send(version.message()).await?;
            Ok(version)
        }
        Peer::Repeater => Err(wire.protocol_error("a repeater behind the repeater")),
    }
}

async fn read_version(wire: &mut Wire) -> Result<Peer, Error> {
    let mut message = [0; GREETING_LEN];
    let mut length = 0;
    loop {
        length += wire.read_some(&mut message[length..]).await?;
        if let Some(peer) = Version::parse(&message[..length])? {
            return Ok(peer);
        }
    }
}

/// The request to UltraVNC's repeater: `ID:1234` for a server that waits there, or a server's address, padded with
/// zeros to 250 bytes.
fn repeater_request(id: &str) -> Result<[u8; REPEATER_REQUEST_LEN], Error> {
    let text = if id.bytes().all(|byte| byte.is_ascii_digit()) { format!("ID:{id}") } else { id.to_owned() };
    let mut request = [0; REPEATER_REQUEST_LEN];
    match request.split_at_mut_checked(text.len()) {
        // The last byte stays zero: repeaters read a C string.
        Some((start, [_, ..])) if !id.is_empty() => start.copy_from_slice(text.as_bytes()),
        _ => return Err(Error::Repeater),
    }
    Ok(request)
}

/// Reads the security types to choose from: 3.3 dictates one, later versions send a list. Each is named once, without
/// the zeros that some servers pad their list with.
async fn security_types<A: Ask>(wire: &mut Wire, ask: &mut A, version: Version) -> Result<Offers, Error> {
    wire.set_step(Step::SecurityTypes, ask);
    if version == Version::V33 {
        let dictated = match wire.read_u32().await?.into() {
            SecurityType::Other(0) => return Err(Error::Refused { reason: wire.read_reason(ask).await }),
            dictated @ (SecurityType::None | SecurityType::VncAuth) => dictated,
            other => return Err(wire.protocol_error(format!("security type {} in protocol 3.3", other.number()))),
        };
        ask.server_info(ServerInfo::Offered(&[dictated]));
        return Ok(Offers::Dictated(dictated));
    }
    let count = wire.read_u8().await?;
    if count == 0 {
        return Err(Error::Refused { reason: wire.read_reason(ask).await });
    }
    let list = wire.read_vec(count.into()).await?;
    let offered = auth::distinct(list.into_iter().map(u32::from));
    ask.server_info(ServerInfo::Offered(&offered));
    Ok(Offers::Listed(offered))
}

/// Reads SecurityResult ([RFC 6143, 7.1.3](https://www.rfc-editor.org/rfc/rfc6143#section-7.1.3)), where there is one.
async fn security_result<A: Ask>(wire: &mut Wire, ask: &mut A, version: Version, agreed: &Agreed) -> Result<(), Error> {
    // Before 3.8, None has none, by itself and within TLS (18), as Vino has it; within VeNCrypt it has.
    let none = matches!(agreed.chosen, SecurityType::None | SecurityType::TlsNone);
    if none && version < Version::V38 && !agreed.within_vencrypt {
        return Ok(());
    }
    wire.set_step(Step::SecurityResult, ask);
    match wire.read_u32().await? {
        0 => Ok(()),
        // The specification has a reason in 3.8 only; some servers send one in earlier versions, too.
        1 => {
            let reason = wire.read_reason(ask).await;
            // TigerVNC's NeverShared refuses a second viewer here, after a right login: not an error of the login.
            let in_use = reason.as_ref().is_some_and(|reason| reason.contains("already in use"));
            match agreed.chosen.is_unauthenticated() || in_use {
                true => Err(Error::Refused { reason }),
                false => Err(Error::AuthFailed { reason }),
            }
        }
        2 => Err(Error::TooMany { reason: wire.read_reason(ask).await }),
        other => Err(wire.protocol_error(format!("security result {other:#x}"))),
    }
}

/// Sends ClientInit and reads the fixed part of ServerInit.
async fn server_init<A: Ask>(wire: &mut Wire, ask: &mut A, shared: bool) -> Result<Head, Error> {
    wire.send(&[shared.into()]).await?;
    wire.set_step(Step::ServerInit, ask);
    Ok(Head::parse(&wire.read_array().await?))
}

/// Reads the desktop name, and Tight's addition to ServerInit, which the viewer is not shown.
async fn rest_of_server_init(wire: &mut Wire, head: &Head, agreed: &Agreed) -> Result<Vec<u8>, Error> {
    if head.name_length > MAX_NAME_SENT {
        return Err(wire.protocol_error(format!("a name of {} bytes", head.name_length)));
    }
    let name = wire.read_vec(head.name_length_kept()).await?;
    wire.skip(u64::from(head.name_length) - name.len() as u64).await?;
    if agreed.within_tight {
        let counts = wire.read_array().await?;
        wire.skip(tight_capabilities_len(&counts)).await?;
    }
    Ok(name)
}

/// Bytes of the request that names the server to a repeater.
const REPEATER_REQUEST_LEN: usize = 250;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeater_is_sent_the_id_in_250_bytes() {
        let sent = |id: &str| repeater_request(id).map(|request| String::from_utf8_lossy(&request).into_owned());
        for (id, text) in [("1234", "ID:1234"), ("ID:77", "ID:77"), ("box:5900", "box:5900")] {
            let request = sent(id).unwrap();
            assert_eq!((request.len(), request.trim_end_matches('\0')), (250, text));
        }
        assert!(sent(&"x".repeat(249)).is_ok());
        for id in ["", &"x".repeat(250)] {
            assert!(matches!(sent(id), Err(Error::Repeater)), "{id}");
        }
    }
}
