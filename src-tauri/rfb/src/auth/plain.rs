//! User name and password in clear text: VeNCrypt's [Plain sub-types](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#plain-subtype)
//! and Tight's [Unix login](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#tight-unix-login-authentication).
//! Only the TLS around them, if any, encrypts them.
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | viewer | 4, 4 | lengths of user name and password |
//! | viewer | lengths | user name, password |

use super::{Limits, credentials};
use crate::{
    ask::{Ask, CredentialRequest, Step},
    error::Error,
    security::SecurityType,
    wire::Wire,
};
use zeroize::Zeroizing;

pub(super) async fn authenticate<A: Ask>(wire: &mut Wire, ask: &mut A, chosen: SecurityType) -> Result<(), Error> {
    wire.set_step(Step::Authentication, ask);
    let credentials = credentials(ask, CredentialRequest { security_type: chosen, username: true }, &LIMITS).await?;
    let (username, password) = (credentials.username_bytes(), credentials.password_bytes());
    // Allocated once: growing would leave copies behind.
    let mut message = Zeroizing::new(Vec::with_capacity(8 + username.len() + password.len()));
    // Neither length is truncated: both are within the limits.
    message.extend((username.len() as u32).to_be_bytes());
    message.extend((password.len() as u32).to_be_bytes());
    message.extend(username);
    message.extend(password);
    wire.send(&message).await
}

/// TigerVNC's limits, in bytes.
const LIMITS: Limits = Limits { username: 1024, password: 1024 };
