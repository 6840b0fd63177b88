//! WebSocket ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)), from the client's side: TCP, TLS where the address says
//! so, one HTTP request, then messages.
//!
//! ```text
//! connect ─┬▶ opening    the opening handshake: a request to send, bytes in, decision out
//!          │   └▶ headers   login and headers for the site, and whether they can be sent
//!          ├▶ diagnose   what a refusal, another protocol or a close code comes to
//!          └▶ bytes      the open WebSocket as a stream of bytes
//!              └▶ quiet    what is done about silence on it
//! ```

mod bytes;
mod connect;
mod diagnose;
mod headers;
mod opening;
mod quiet;

pub(crate) use connect::{Connection, dial};
pub(crate) use diagnose::explain;
pub(crate) use headers::Headers;

use crate::{
    error::{ConnectError, Result},
    model::Certificate,
};

/// Decisions while connecting to a site. The defaults refuse whatever would give something away.
pub(crate) trait ConnectDelegate: Send {
    /// Whether this is the site's certificate. Called before anything but TLS is sent, once for each certificate; no
    /// deadline runs meanwhile. `site` is scheme, host name and port, the same for all tokens. `description` is version and
    /// cipher.
    ///
    /// The default accepts what the authorities vouch for.
    ///
    /// # Errors
    /// Why it is not accepted; connecting ends with this.
    fn certificate(
        &mut self,
        site: &str,
        certificate: Certificate,
        description: String,
    ) -> impl Future<Output = Result<(), ConnectError>> + Send {
        let _ = description;
        let answer = if certificate.problems.is_empty() {
            Ok(())
        } else {
            Err(ConnectError::Untrusted { address: site.to_owned(), fingerprint: certificate.sha256 })
        };
        async move { answer }
    }

    /// Whether this is the certificate of a proxy on the way. Called before anything but TLS is sent to it; no deadline runs meanwhile.
    /// `proxy` is its scheme, host name and port.
    ///
    /// The default decides as for a site.
    ///
    /// # Errors
    /// Why it is not accepted; connecting ends with this.
    fn proxy_certificate(
        &mut self,
        proxy: &str,
        certificate: Certificate,
        description: String,
    ) -> impl Future<Output = Result<(), ConnectError>> + Send {
        self.certificate(proxy, certificate, description)
    }

    /// Whether login and headers may be sent unencrypted to another machine. No deadline runs meanwhile. The default
    /// refuses.
    ///
    /// # Errors
    /// Why they may not; connecting ends with this.
    fn headers_in_clear_text(&mut self, site: &str) -> impl Future<Output = Result<(), ConnectError>> + Send {
        let error = ConnectError::NeedsConsent { address: site.to_owned(), security_type: "HTTP".to_owned() };
        async move { Err(error) }
    }
}

#[cfg(test)]
mod connect_tests;

#[cfg(test)]
mod tests;

#[cfg(test)]
#[cfg(target_os = "linux")]
mod real_servers;
