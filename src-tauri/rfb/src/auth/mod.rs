//! The exchange of each security type: what happens between choosing it and its verdict.

mod vnc;

use crate::{ask::Ask, error::Error, security::SecurityType, wire::Wire};
use tokio::io::{AsyncRead, AsyncWrite};

/// Walks through `chosen`'s exchange.
pub(crate) async fn exchange<S, A>(wire: &mut Wire<'_, S>, ask: &mut A, chosen: SecurityType) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    A: Ask,
{
    match chosen {
        SecurityType::None => Ok(()),
        SecurityType::VncAuth => vnc::authenticate(wire, ask).await,
        // Never chosen by `Policy::choose`.
        SecurityType::Other(_) => Err(Error::NoCommonSecurity { offered: vec![chosen] }),
    }
}
