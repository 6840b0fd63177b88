//! VeNCrypt, security type 19, version 0.2 (rfbproto, "VeNCrypt"): a list of sub-types, most of them within TLS.
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | server | 1, 1 | its version |
//! | viewer | 1, 1 | 0, 2 |
//! | server | 1 | 0: fine |
//! | server | 1, n × 4 | number of sub-types, sub-types |
//! | viewer | 4 | the chosen one |
//! | server | 1 | TLS only. 1: go |
//! | both | | TLS only. its handshake; all else is within it |

use super::{distinct, nothing_common};
use crate::{
    ask::{Ask, Heard, Step, TlsError, TlsKind},
    error::Error,
    security::{Policy, SecurityType},
    wire::Wire,
};

/// Agrees on a sub-type and brings up its TLS; what is left to do is the sub-type's own exchange. `outer` is the list
/// that VeNCrypt was chosen from.
pub(super) async fn agree<A: Ask>(
    wire: &mut Wire,
    ask: &mut A,
    policy: &Policy,
    outer: &[SecurityType],
) -> Result<SecurityType, Error> {
    wire.enter(Step::SecurityTypes, ask);
    let version: [u8; 2] = wire.array().await?;
    if version < VERSION {
        // rfbproto: 0.0 says that no version suits.
        wire.send(&[0, 0]).await?;
        let [major, minor] = version;
        return Err(wire.broke(format!("VeNCrypt version {major}.{minor}")));
    }
    wire.send(&VERSION).await?;
    if wire.u8().await? != 0 {
        return Err(wire.broke("VeNCrypt version 0.2 refused"));
    }
    let count = wire.u8().await?;
    let list = wire.bytes(usize::from(count) * 4).await?;
    let offered = distinct(list.as_chunks::<4>().0.iter().map(|number| u32::from_be_bytes(*number)));
    ask.heard(Heard::Offered(&offered));
    let chosen = choose(policy, outer, &offered)?;
    ask.permit(chosen).await?;
    wire.send(&chosen.number().to_be_bytes()).await?;
    if let Some(kind) = tls_kind(chosen) {
        upgrade(wire, ask, kind).await?;
    }
    Ok(chosen)
}

fn choose(policy: &Policy, outer: &[SecurityType], offered: &[SecurityType]) -> Result<SecurityType, Error> {
    let speakable: Vec<_> = offered
        .iter()
        .copied()
        .filter(|offer| !matches!(offer, SecurityType::VeNCrypt | SecurityType::Tight))
        .collect();
    // The rest of the outer list, which was left for what VeNCrypt might have had.
    let without = Policy { without_vencrypt: true, ..policy.clone() };
    match (policy.choose(&speakable), without.choose(outer)) {
        (Some(ours), Some(other)) if without.rank(other) < policy.rank(ours) => Err(Error::BetterWithoutVeNCrypt),
        (Some(ours), _) => Ok(ours),
        (None, Some(_)) => Err(Error::BetterWithoutVeNCrypt),
        (None, None) => Err(nothing_common(offered)),
    }
}

fn tls_kind(chosen: SecurityType) -> Option<TlsKind> {
    use SecurityType::*;
    match chosen {
        TlsNone | TlsVnc | TlsPlain => Some(TlsKind::Anonymous),
        X509None | X509Vnc | X509Plain => Some(TlsKind::X509),
        _ => Option::None,
    }
}

/// Nothing was read ahead: what somebody may have put before the server's TLS is still there for the caller to find.
async fn upgrade<A: Ask>(wire: &mut Wire, ask: &mut A, kind: TlsKind) -> Result<(), Error> {
    wire.enter(Step::Authentication, ask);
    if wire.u8().await? != 1 {
        return Err(Error::Tls { detail: "the server could not start TLS".to_owned() });
    }
    let plain = wire.take();
    match ask.tls(plain, kind).await {
        Ok(stream) => {
            wire.put(stream);
            Ok(())
        }
        Err(TlsError::Cancelled) => Err(Error::Cancelled),
        Err(TlsError::Early) => Err(wire.broke("data before TLS")),
        Err(TlsError::Failed { detail }) => Err(Error::Tls { detail }),
        Err(TlsError::Io(source)) => Err(wire.broken(source)),
    }
}

/// The only one that anybody speaks.
const VERSION: [u8; 2] = [0, 2];
