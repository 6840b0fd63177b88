//! What the handshake asks its caller, because only the caller has a keyring, a user and a clock.

use crate::security::SecurityType;
use std::fmt;
use zeroize::Zeroizing;

/// The caller's side of a handshake.
pub trait Ask: Send {
    /// The server wants credentials. No read is pending while this is answered, so no deadline runs.
    ///
    /// The default refuses: that credentials leave the house must be written out.
    fn credentials(&mut self, wanted: &Wanted) -> impl Future<Output = Result<Credentials, Cancelled>> + Send {
        let _ = wanted;
        async { Err(Cancelled) }
    }

    /// The handshake now waits for this: the moment to set a deadline and to show how far it is.
    fn step(&mut self, step: Step) {
        let _ = step;
    }

    /// The server has said no, and its words for it are read next. They may never come, which costs the handshake
    /// nothing but the wait: two seconds are plenty.
    fn refused(&mut self) {}
}

/// What the handshake is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The server's protocol version.
    Greeting,
    /// The security types that it offers.
    SecurityTypes,
    /// The chosen security type's exchange.
    Authentication,
    /// Its verdict; somebody over there may have to approve us first.
    SecurityResult,
    /// The description of its screen.
    ServerInit,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "before its greeting",
            Self::SecurityTypes => "while listing its security types",
            Self::Authentication => "during authentication",
            Self::SecurityResult => "instead of accepting or refusing the login",
            Self::ServerInit => "before describing its screen",
        })
    }
}

/// Which credentials a server wants.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wanted {
    /// The security type that wants them. [`SecurityType::VncAuth`] wants a password and looks at its first eight
    /// bytes only.
    pub security_type: SecurityType,
}

/// What proves who we are. Wiped when dropped; nothing prints it.
pub struct Credentials {
    password: Zeroizing<Vec<u8>>,
}

impl Credentials {
    /// A password without a user name, as the bytes that the server compares (UTF-8 from a keyboard).
    pub fn password(password: impl AsRef<[u8]>) -> Self {
        Self { password: Zeroizing::new(password.as_ref().to_vec()) }
    }

    pub(crate) fn password_bytes(&self) -> &[u8] {
        &self.password
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials { password: [secret] }")
    }
}

/// Whoever was asked gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_password() {
        let shown = format!("{:?}", Credentials::password("open sesame"));
        assert!(!shown.contains("sesame") && shown.contains("secret"), "{shown}");
    }
}
