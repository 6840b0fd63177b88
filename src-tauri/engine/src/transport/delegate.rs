//! What only the caller decides while a site or a proxy is connected to.

use crate::{
    error::{ConnectError, Result},
    model::Certificate,
};

/// Decisions while connecting to a site, or to a proxy. The defaults refuse whatever would give something away.
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
