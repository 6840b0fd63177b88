//! VeNCrypt, security type 19, version 0.2 ([rfbproto](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#vencrypt)): a list of sub-types, most of them within TLS.
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | viewer | 1, 1, 1 | 19 and, written ahead, 0, 2 |
//! | server | 1, 1 | its version |
//! | server | 1 | 0: accepted |
//! | server | 1, n × 4 | number of sub-types, sub-types |
//! | viewer | 4 | the chosen one |
//! | server | 1 | TLS only. 1: go |
//! | both | | TLS only. its handshake; everything after is within it |
//!
//! Our version does not depend on the server's, as there is only one in use: who writes it together with the choice of
//! VeNCrypt saves a round trip. Nothing else here may be written ahead: neatvnc drops a viewer that sends anything between
//! the sub-type and the server's go.

use super::{distinct, no_common_security, tls::establish};
use crate::{
    ask::{Ask, ServerInfo, Step, TlsKind},
    error::Error,
    security::{Choice, Policy, SecurityType},
    wire::Wire,
};

/// Agrees on a sub-type and establishes its TLS; the sub-type's own exchange follows. `outer` is the list that VeNCrypt
/// was chosen from. Returns the list of sub-types, too.
pub(super) async fn negotiate<A: Ask>(
    wire: &mut Wire,
    ask: &mut A,
    policy: &Policy,
    outer: &[SecurityType],
) -> Result<(Choice, Vec<SecurityType>), Error> {
    wire.set_step(Step::SecurityTypes, ask);
    let version: [u8; 2] = wire.read_array().await?;
    if version < VERSION {
        let [major, minor] = version;
        return Err(wire.protocol_error(format!("VeNCrypt version {major}.{minor}")));
    }
    if wire.read_u8().await? != 0 {
        return Err(wire.protocol_error("VeNCrypt version 0.2 refused"));
    }
    let count = wire.read_u8().await?;
    let list = wire.read_vec(usize::from(count) * 4).await?;
    let offered = distinct(list.as_chunks::<4>().0.iter().map(|number| u32::from_be_bytes(*number)));
    ask.server_info(ServerInfo::Offered(&offered));
    let speakable: Vec<_> = offered
        .iter()
        .copied()
        .filter(|offer| !matches!(offer, SecurityType::VeNCrypt | SecurityType::Tight | SecurityType::Tls))
        .collect();
    let choice = policy.choose_within(SecurityType::VeNCrypt, outer, &speakable);
    let Choice::Inner(chosen) = choice.ok_or_else(|| no_common_security(&offered))? else {
        return Ok((Choice::Outer, speakable));
    };
    ask.approve(chosen).await?;
    wire.send(&chosen.number().to_be_bytes()).await?;
    if let Some(kind) = tls_kind(chosen) {
        upgrade(wire, ask, kind).await?;
    }
    Ok((Choice::Inner(chosen), speakable))
}

fn tls_kind(chosen: SecurityType) -> Option<TlsKind> {
    use SecurityType::*;
    match chosen {
        TlsNone | TlsVnc | TlsPlain | TlsSasl => Some(TlsKind::Anonymous),
        X509None | X509Vnc | X509Plain | X509Sasl => Some(TlsKind::X509),
        _ => Option::None,
    }
}

/// Establishes TLS, where the server says that it is ready.
async fn upgrade<A: Ask>(wire: &mut Wire, ask: &mut A, kind: TlsKind) -> Result<(), Error> {
    wire.set_step(Step::Authentication, ask);
    if wire.read_u8().await? != 1 {
        return Err(Error::Tls { detail: "the server could not start TLS".to_owned() });
    }
    establish(wire, ask, kind).await
}

/// The only version in use.
const VERSION: [u8; 2] = [0, 2];
/// The choice of VeNCrypt with the version that will be spoken.
pub(super) const CHOICE: [u8; 3] = [19, 0, 2];
