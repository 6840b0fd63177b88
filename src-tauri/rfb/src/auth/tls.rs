//! TLS, for VeNCrypt, and as security type 18, which Vino brought up: anonymous TLS, then another list of security types within it
//! ([rfbproto](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#security-types) has no more than its number).
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | both | | TLS; everything after is within it |
//! | server | 1, n | number of types, types; 0 and a reason where it refuses |
//! | viewer | 1 | the chosen one |

use super::{distinct, no_common_security};
use crate::{
    ask::{Ask, ServerInfo, Step, TlsError, TlsKind},
    error::Error,
    security::{Choice, Policy, SecurityType},
    wire::Wire,
};

/// Establishes TLS and agrees on a type within it; its own exchange follows. `outer` is the list that type 18 was chosen from.
pub(super) async fn negotiate<A: Ask>(
    wire: &mut Wire,
    ask: &mut A,
    policy: &Policy,
    outer: &[SecurityType],
) -> Result<Choice, Error> {
    wire.set_step(Step::Authentication, ask);
    establish(wire, ask, TlsKind::Anonymous).await?;
    let count = wire.read_u8().await?;
    if count == 0 {
        return Err(Error::Refused { reason: wire.read_reason(ask).await });
    }
    let list = wire.read_vec(count.into()).await?;
    let offered: Vec<_> = distinct(list.into_iter().map(u32::from)).into_iter().map(within).collect();
    ask.server_info(ServerInfo::Offered(&offered));
    let speakable: Vec<_> =
        offered.iter().copied().filter(|offer| matches!(offer, SecurityType::TlsNone | SecurityType::TlsVnc)).collect();
    let choice = policy.choose_within(SecurityType::Tls, outer, &speakable);
    let named: Vec<_> = offered.iter().map(|offer| name_within(*offer)).collect();
    let choice = choice.ok_or_else(|| no_common_security(&named))?;
    if let Choice::Inner(chosen) = choice {
        wire.send(&[if chosen == SecurityType::TlsNone { 1 } else { 2 }]).await?;
    }
    Ok(choice)
}

/// What a type comes to within anonymous TLS.
fn within(offer: SecurityType) -> SecurityType {
    match offer {
        SecurityType::None => SecurityType::TlsNone,
        SecurityType::VncAuth => SecurityType::TlsVnc,
        other => other,
    }
}

/// What a type is called that is refused here: those that lead to further lists are spoken outside TLS only, where servers have them.
fn name_within(offer: SecurityType) -> String {
    match offer {
        SecurityType::VeNCrypt | SecurityType::Tight | SecurityType::Tls => format!("{offer} within TLS"),
        other => other.to_string(),
    }
}

/// Establishes TLS. Nothing was read ahead: bytes that were injected before the server's TLS are left in the stream, for
/// the caller to reject.
pub(super) async fn establish<A: Ask>(wire: &mut Wire, ask: &mut A, kind: TlsKind) -> Result<(), Error> {
    let plain = wire.take_stream();
    match ask.tls(plain, kind).await {
        Ok(stream) => {
            wire.set_stream(stream);
            Ok(())
        }
        Err(TlsError::Cancelled) => Err(Error::Cancelled),
        Err(TlsError::Early) => Err(wire.protocol_error("data before TLS")),
        Err(TlsError::Failed { detail }) => Err(Error::Tls { detail }),
        Err(TlsError::Io(source)) => Err(wire.map_io_error(source)),
    }
}
