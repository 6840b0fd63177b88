//! What Kerberos does for a login, which only the system's library can: a context with the server, by the ticket that the user has
//! (GSS-API, [RFC 2743](https://www.rfc-editor.org/rfc/rfc2743)).

use std::fmt;

/// A context with one server, that proves both sides to each other.
///
/// Its functions compute, and may ask a server of Kerberos on the way.
pub trait SecurityContext: Send {
    /// The next token for the server; `token` is the server's, none at first.
    ///
    /// # Errors
    /// That there is no ticket for this server, or that the server's token is wrong.
    fn step(&mut self, token: Option<&[u8]>) -> Result<ContextStep, KerberosError>;

    /// Protects a message: from being altered, and where `encrypt` from being read.
    ///
    /// # Errors
    /// The library's.
    fn wrap(&mut self, message: &[u8], encrypt: bool) -> Result<Vec<u8>, KerberosError>;

    /// A message that the server has protected, and whether it was encrypted.
    ///
    /// # Errors
    /// That it was altered.
    fn unwrap(&mut self, message: &[u8]) -> Result<(Vec<u8>, bool), KerberosError>;

    /// Bytes that a message may have at most which is encrypted into a record of `longest` bytes.
    fn message_limit(&self, longest: usize) -> usize;
}

/// A context of whatever library. A type of its own, as it is passed to worker threads by functions that are generic over what they pass.
pub struct KerberosContext(Box<dyn SecurityContext>);

impl KerberosContext {
    /// One that has not begun.
    pub fn new(context: impl SecurityContext + 'static) -> Self {
        Self(Box::new(context))
    }
}

impl SecurityContext for KerberosContext {
    fn step(&mut self, token: Option<&[u8]>) -> Result<ContextStep, KerberosError> {
        self.0.step(token)
    }

    fn wrap(&mut self, message: &[u8], encrypt: bool) -> Result<Vec<u8>, KerberosError> {
        self.0.wrap(message, encrypt)
    }

    fn unwrap(&mut self, message: &[u8]) -> Result<(Vec<u8>, bool), KerberosError> {
        self.0.unwrap(message)
    }

    fn message_limit(&self, longest: usize) -> usize {
        self.0.message_limit(longest)
    }
}

/// One step of establishing a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextStep {
    /// For the server; may be empty once the context is established.
    pub token: Vec<u8>,
    /// Both sides are proved.
    pub established: bool,
}

/// Why Kerberos does not log in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}{}", if detail.is_empty() { String::new() } else { format!(": {detail}") })]
pub struct KerberosError {
    /// What it comes to.
    pub problem: KerberosProblem,
    /// The library's words, in one line.
    pub detail: String,
}

/// What keeps Kerberos from logging in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KerberosProblem {
    /// The library is not on this system.
    NoLibrary,
    /// The user has no ticket, or one that has expired.
    NoTicket,
    /// Kerberos does not know the server by this name.
    UnknownServer,
    /// The server has not proved who it is.
    Unproven,
    /// Another one.
    Other,
}

impl fmt::Display for KerberosProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLibrary => "the library for Kerberos is not installed",
            Self::NoTicket => "there is no valid Kerberos ticket: kinit gets one",
            Self::UnknownServer => "Kerberos does not know a VNC server of this name",
            Self::Unproven => "the server has not proved by Kerberos who it is",
            Self::Other => "Kerberos failed",
        })
    }
}
