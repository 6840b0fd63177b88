//! Tight, security type 16 (rfbproto, "Tight Security Type"): TightVNC's tunnels, then its own list of types.
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | server | 4, n × 16 | number of tunnels, tunnels |
//! | viewer | 4 | 0, no tunnel; only where there are any |
//! | server | 4, n × 16 | number of types, types; none means None |
//! | viewer | 4 | the chosen one; only where there are any |
//!
//! A tunnel or type is a code of four bytes, a vendor of four and a name of eight. Afterwards ServerInit is longer.

use super::nothing_common;
use crate::{
    ask::{Ask, Heard, Step},
    error::Error,
    security::{Policy, SecurityType},
    wire::Wire,
};

/// Agrees on a type; what is left to do is its own exchange.
pub(super) async fn agree<A: Ask>(wire: &mut Wire, ask: &mut A, policy: &Policy) -> Result<SecurityType, Error> {
    wire.enter(Step::SecurityTypes, ask);
    let tunnels = codes(wire, "tunnels").await?;
    if !tunnels.is_empty() {
        // Siemens' panels list only SICR, and mean none.
        if !tunnels.iter().any(|tunnel| tunnel.code == NO_TUNNEL || &tunnel.vendor == b"SICR") {
            let offered = tunnels.iter().map(|tunnel| SecurityType::Other(tunnel.code)).collect::<Vec<_>>();
            return Err(nothing_common(&offered));
        }
        wire.send(&NO_TUNNEL.to_be_bytes()).await?;
    }
    let types = codes(wire, "types").await?;
    if types.is_empty() {
        ask.heard(Heard::Offered(&[SecurityType::None]));
        ask.permit(SecurityType::None).await?;
        return Ok(SecurityType::None);
    }
    let offered: Vec<_> = types.iter().map(|offer| security_type(offer.code)).collect();
    ask.heard(Heard::Offered(&offered));
    let chosen = policy.choose(&offered).ok_or_else(|| nothing_common(&offered))?;
    ask.permit(chosen).await?;
    wire.send(&chosen.number().to_be_bytes()).await?;
    Ok(chosen)
}

struct Code {
    code: u32,
    vendor: [u8; 4],
}

async fn codes(wire: &mut Wire, what: &str) -> Result<Vec<Code>, Error> {
    let count = wire.u32().await?;
    if count > MAX_CODES {
        return Err(wire.broke(format!("{count} {what}")));
    }
    let list = wire.bytes(count as usize * CODE_LEN).await?;
    let codes = list.as_chunks::<CODE_LEN>().0.iter().map(|[c0, c1, c2, c3, v0, v1, v2, v3, ..]| Code {
        code: u32::from_be_bytes([*c0, *c1, *c2, *c3]),
        vendor: [*v0, *v1, *v2, *v3],
    });
    Ok(codes.collect())
}

/// Its numbers are not quite the outer list's.
fn security_type(code: u32) -> SecurityType {
    match code {
        1 => SecurityType::None,
        2 => SecurityType::VncAuth,
        129 => SecurityType::TightUnixLogin,
        other => SecurityType::Other(other),
    }
}

const NO_TUNNEL: u32 = 0;
/// Bytes of one code with vendor and name.
const CODE_LEN: usize = 16;
/// Nobody has more; a list is read whole.
const MAX_CODES: u32 = 64;
