//! Tight, security type 16 ([rfbproto](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#tight-security-type)): TightVNC's tunnels, then its own list of
//! authentication types.
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | server | 4, n × 16 | number of tunnels, tunnels |
//! | viewer | 4 | 0, no tunnel; only where there are any |
//! | server | 4, n × 16 | number of types, types; 0 means None |
//! | viewer | 4 | the chosen one; only where there are any |
//!
//! A tunnel or type is a code of four bytes, a vendor of four and a name of eight. Later, ServerInit has an addition.

use super::no_common_security;
use crate::{
    ask::{Ask, ServerInfo, Step},
    error::Error,
    security::{Choice, Policy, SecurityType},
    wire::Wire,
};

/// Agrees on a type; its own exchange follows. `outer` is the list that Tight was chosen from.
pub(super) async fn negotiate<A: Ask>(
    wire: &mut Wire,
    ask: &mut A,
    policy: &Policy,
    outer: &[SecurityType],
) -> Result<Choice, Error> {
    wire.set_step(Step::SecurityTypes, ask);
    let tunnels = read_codes(wire, "tunnels").await?;
    if !tunnels.is_empty() {
        // Siemens' panels list only SICR, and mean no tunnel.
        if !tunnels.iter().any(|tunnel| tunnel.code == NO_TUNNEL || &tunnel.vendor == b"SICR") {
            let offered: Vec<_> = tunnels.iter().map(|tunnel| format!("Tight tunnel {}", tunnel.code)).collect();
            return Err(no_common_security(&offered));
        }
        wire.send(&NO_TUNNEL.to_be_bytes()).await?;
    }
    let types = read_codes(wire, "types").await?;
    let offered: Vec<_> = match &types[..] {
        [] => vec![SecurityType::None],
        some => some.iter().map(|offer| security_type(offer.code)).collect(),
    };
    ask.server_info(ServerInfo::Offered(&offered));
    let choice = policy.choose_within(SecurityType::Tight, outer, &offered);
    let Choice::Inner(chosen) = choice.ok_or_else(|| no_common_security(&offered))? else { return Ok(Choice::Outer) };
    ask.approve(chosen).await?;
    if !types.is_empty() {
        wire.send(&chosen.number().to_be_bytes()).await?;
    }
    Ok(Choice::Inner(chosen))
}

/// A tunnel or a type.
struct Code {
    code: u32,
    vendor: [u8; 4],
}

async fn read_codes(wire: &mut Wire, what: &str) -> Result<Vec<Code>, Error> {
    let count = wire.read_u32().await?;
    if count > MAX_CODES {
        return Err(wire.protocol_error(format!("{count} {what}")));
    }
    let list = wire.read_vec(count as usize * CODE_LEN).await?;
    let codes = list.as_chunks::<CODE_LEN>().0.iter().map(|[c0, c1, c2, c3, v0, v1, v2, v3, ..]| Code {
        code: u32::from_be_bytes([*c0, *c1, *c2, *c3]),
        vendor: [*v0, *v1, *v2, *v3],
    });
    Ok(codes.collect())
}

/// Tight's own numbers; only 1 and 2 mean the same as in the list of security types.
fn security_type(code: u32) -> SecurityType {
    match code {
        1 => SecurityType::None,
        2 => SecurityType::VncAuth,
        129 => SecurityType::TightUnixLogin,
        other => SecurityType::TightOther(other),
    }
}

const NO_TUNNEL: u32 = 0;
/// Bytes of a tunnel or a type.
const CODE_LEN: usize = 16;
/// Tunnels or types at most; the specification defines six types and one tunnel.
const MAX_CODES: u32 = 64;
