//! What can go wrong while a list is fetched from a web server.

use serde::Serialize;

/// What can go wrong while a list is fetched from a web server. The conventions of the fields are those of the
/// [module](super); `address` is the list's URL without its query.
#[allow(missing_docs, reason = "each variant is documented, its fields follow the module's conventions")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum FetchError {
    /// Nothing listens at the port.
    #[error("{address} refused the connection: is a web server running there?")]
    #[serde(rename = "list_not_served")]
    NotServed { address: String },
    /// It was not there in time.
    #[error("the list at {address} did not arrive within {seconds} s")]
    #[serde(rename = "list_timeout")]
    Timeout {
        address: String,
        #[cfg_attr(test, ts(type = "number"))]
        seconds: u64,
    },
    /// The connection broke.
    #[error("the connection to {address} broke: {detail}")]
    #[serde(rename = "list_broken")]
    Broken { address: String, detail: String },
    /// There is no encryption that both sides have.
    #[error("{address} and Portlight found no way to encrypt the connection: {detail}")]
    #[serde(rename = "list_tls")]
    Tls { address: String, detail: String },
    /// No known authority vouches for the certificate, and the user has not accepted it.
    #[error("nobody has confirmed yet that this is the certificate of {address}: {fingerprint}")]
    #[serde(rename = "list_untrusted")]
    Untrusted {
        address: String,
        /// SHA-256 of the certificate.
        fingerprint: String,
    },
    /// Another certificate was accepted.
    #[error("{address} shows another key than before: known {known}, now {shown}")]
    #[serde(rename = "list_trust_changed")]
    TrustChanged {
        address: String,
        /// SHA-256 of the key that was accepted.
        known: String,
        /// SHA-256 of the key shown now.
        shown: String,
    },
    /// What answers is no web server.
    #[error("what answers at {address} is no web server: {detail}")]
    #[serde(rename = "list_not_http")]
    NotHttp { address: String, detail: String },
    /// It leads to another server, or round in a circle (3xx).
    #[error("the list at {address} has moved to {to}: add that address")]
    #[serde(rename = "list_moved")]
    Moved {
        address: String,
        /// Where it leads, cleaned, without login and query; a question mark where that cannot be read.
        to: String,
    },
    /// There has to be a login (401).
    #[error("{address} wants a login")]
    #[serde(rename = "list_login_wanted")]
    LoginWanted { address: String },
    /// The login was not accepted (401).
    #[error("{address} did not accept the login")]
    #[serde(rename = "list_login_refused")]
    LoginRefused { address: String },
    /// The login is for another address than the one that the source leads to now.
    #[error("the saved login is for {recipient}, and is not sent elsewhere")]
    #[serde(rename = "list_login_elsewhere")]
    LoginElsewhere { recipient: String },
    /// The login cannot be sent.
    #[error("the login for {address} cannot be sent: {detail}")]
    #[serde(rename = "list_bad_login")]
    BadLogin { address: String, detail: String },
    /// The list is not for us (403).
    #[error("{address} does not let us read the list")]
    #[serde(rename = "list_forbidden")]
    Forbidden { address: String },
    /// There is nothing (404).
    #[error("there is no list at {address}")]
    #[serde(rename = "list_not_found")]
    NotFound { address: String },
    /// It was there, and will not be again (410).
    #[error("the list at {address} was given up")]
    #[serde(rename = "list_gone")]
    Gone { address: String },
    /// We asked too often (429).
    #[error("{address} was asked too often")]
    #[serde(rename = "list_too_often")]
    TooOften { address: String },
    /// The server failed (5xx).
    #[error("the web server at {address} has a problem of its own ({status})")]
    #[serde(rename = "list_server_failed")]
    ServerFailed { address: String, status: u16 },
    /// Another status.
    #[error("the web server at {address} answered with {status} and no list")]
    #[serde(rename = "list_status")]
    Status { address: String, status: u16 },
    /// It is larger than a list can be.
    #[error("what is at {address} is too large to be a list of machines")]
    #[serde(rename = "list_too_large")]
    TooLarge { address: String },
}
