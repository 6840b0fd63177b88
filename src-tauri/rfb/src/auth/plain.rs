//! User name and password as they are: VeNCrypt's Plain sub-types (rfbproto, "VeNCrypt", Plain) and Tight's Unix login
//! ("Tight Security Type", Unix Login). What hides them, if anything, is the TLS around.
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | viewer | 4, 4 | lengths of user name and password |
//! | viewer | lengths | user name, password |

use super::{Limits, credentials};
use crate::{
    ask::{Ask, Step, Wanted},
    error::Error,
    security::SecurityType,
    wire::Wire,
};
use zeroize::Zeroizing;

pub(super) async fn authenticate<A: Ask>(wire: &mut Wire, ask: &mut A, chosen: SecurityType) -> Result<(), Error> {
    wire.enter(Step::Authentication, ask);
    let credentials = credentials(ask, Wanted { security_type: chosen, username: true }, &LIMITS).await?;
    let (username, password) = (credentials.username_bytes(), credentials.password_bytes());
    // With room for all of it from the start: growing would leave copies behind.
    let mut message = Zeroizing::new(Vec::with_capacity(8 + username.len() + password.len()));
    // Neither is cut: both are within the limits.
    message.extend((username.len() as u32).to_be_bytes());
    message.extend((password.len() as u32).to_be_bytes());
    message.extend(username);
    message.extend(password);
    wire.send(&message).await
}

/// TigerVNC takes no more than this.
const LIMITS: Limits = Limits { username: 1024, password: 1024 };
