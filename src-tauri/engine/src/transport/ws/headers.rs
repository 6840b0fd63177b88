//! Login and headers for the site in front of a server.

use crate::model::{HttpAuth, HttpAuthProblem, Secret, Unsendable};
pub(super) use tokio_tungstenite::tungstenite::http::HeaderName;
use zeroize::Zeroizing;

/// What is sent to a site beside the request itself. Every value is a secret.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    /// User name and password for Basic authentication ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)).
    pub(crate) basic: Option<(String, Secret)>,
    /// Further headers, such as a cookie or a bearer token. `Origin`, `User-Agent` and `Authorization` replace those of the
    /// request.
    pub(crate) extra: Vec<(HeaderName, Secret)>,
}

impl Headers {
    /// Those that the keyring has for a site.
    ///
    /// # Errors
    /// That a header's name is not one.
    pub(crate) fn of(site: &HttpAuth) -> Result<Self, String> {
        let secret = |text: &str| Secret::from(text.to_owned());
        let basic = (!site.username.is_empty()).then(|| (site.username.clone(), secret(&site.password)));
        let name = |name: &String| name.trim().parse::<HeaderName>().map_err(|_| "a header has no name".to_owned());
        let extra = site.headers.iter().map(|(header, value)| Ok((name(header)?, secret(value))));
        Ok(Self { basic, extra: extra.collect::<Result<_, String>>()? })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.basic.is_none() && self.extra.is_empty()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.extra.iter().any(|(other, _)| other.as_str() == name)
    }

    /// What follows `Basic` in the Authorization field, unless that field is among the further headers.
    pub(crate) fn basic_value(&self) -> Option<Zeroizing<String>> {
        let (username, password) = self.basic.as_ref().filter(|_| !self.has("authorization"))?;
        let mut login = Zeroizing::new(Vec::with_capacity(username.len() + 1 + password.expose().len()));
        login.extend_from_slice(username.as_bytes());
        login.push(b':');
        login.extend_from_slice(password.expose().as_bytes());
        Some(Zeroizing::new(openssl::base64::encode_block(&login)))
    }

    /// Checks that they can be sent: a line break in one would begin another header, or another request.
    ///
    /// # Errors
    /// What is wrong with them, without their values.
    pub(crate) fn check(&self) -> Result<(), Unsendable> {
        if let Some((username, password)) = &self.basic {
            if username.contains(':') {
                return Err(HttpAuthProblem::LoginColon.into());
            }
            if username.contains(char::is_control) || password.expose().contains(char::is_control) {
                return Err(HttpAuthProblem::LoginControl.into());
            }
        }
        for (name, value) in &self.extra {
            if is_ours(name.as_str()) {
                return Err(HttpAuthProblem::HeaderOurs.told(format!("the header {name} is not yours to set")));
            }
            if value.expose().contains(|c: char| c.is_control() && c != '\t') {
                let detail = format!("the header {name} has line breaks or other control characters");
                return Err(HttpAuthProblem::HeaderControl.told(detail));
            }
        }
        Ok(())
    }
}

/// Headers that make the request what it is.
fn is_ours(name: &str) -> bool {
    matches!(name, "host" | "connection" | "upgrade" | "content-length" | "transfer-encoding" | "te" | "expect")
        || name.starts_with("sec-websocket-")
}
