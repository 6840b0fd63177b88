//! HTTP authentication for a host's WebSocket: a login for basic authentication (RFC 7617) and further headers. All of it
//! is in the keyring, as one entry.

use super::{HostId, Secret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The editor's change to the HTTP authentication: remove or replace.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum HttpAuthChange {
    /// Take it out of the keyring.
    Forget,
    /// Put this into the keyring.
    Set {
        /// For HTTP basic authentication; empty where there is none.
        username: String,
        /// As typed.
        #[cfg_attr(test, ts(type = "string"))]
        password: Secret,
        /// Further headers.
        headers: Vec<HttpHeader>,
    },
}

/// A header of the request.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HttpHeader {
    /// Its name.
    pub name: String,
    /// Its value, which is a secret whatever it is.
    #[cfg_attr(test, ts(type = "string"))]
    pub value: Secret,
}

/// As it is in the keyring.
#[derive(Serialize, Deserialize)]
pub struct HttpAuth {
    pub(crate) username: String,
    pub(crate) password: Zeroizing<String>,
    pub(crate) headers: Vec<(String, Zeroizing<String>)>,
}

/// What is wrong with a login for a website.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum HttpAuthProblem {
    /// A line has no header's name before its colon.
    #[error("a line has no header's name before its colon")]
    HeaderName,
    /// A header makes the request what it is, and is Portlight's to set.
    #[error("a header is not yours to set")]
    HeaderOurs,
    /// A header's value has line breaks or other control characters.
    #[error("a header has line breaks or other control characters")]
    HeaderControl,
    /// The user name has a colon, which would end it (RFC 7617, section 2).
    #[error("a user name for HTTP has no colon")]
    LoginColon,
    /// User name or password have control characters.
    #[error("the login for HTTP has control characters")]
    LoginControl,
}

/// Why a login cannot be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unsendable {
    pub(crate) problem: HttpAuthProblem,
    /// In words, with the header's place or name; never a value.
    pub(crate) detail: String,
}

impl HttpAuthProblem {
    /// With words of its own.
    pub(crate) fn told(self, detail: String) -> Unsendable {
        Unsendable { problem: self, detail }
    }
}

impl From<HttpAuthProblem> for Unsendable {
    fn from(problem: HttpAuthProblem) -> Self {
        problem.told(problem.to_string())
    }
}

impl From<HttpAuth> for HttpAuthChange {
    fn from(HttpAuth { username, mut password, headers }: HttpAuth) -> Self {
        let moved = |text: &mut Zeroizing<String>| Secret::from(std::mem::take(&mut **text));
        let headers = headers.into_iter().map(|(name, mut value)| HttpHeader { name, value: moved(&mut value) });
        Self::Set { username, password: moved(&mut password), headers: headers.collect() }
    }
}

impl HttpAuth {
    /// The keyring's account of it.
    pub(crate) fn account(id: HostId) -> String {
        format!("site of {id}")
    }

    /// A login and headers, as typed.
    pub fn new(username: String, password: &Secret, headers: &[HttpHeader]) -> Self {
        let headers =
            headers.iter().map(|header| (header.name.clone(), Zeroizing::new(header.value.expose().to_owned())));
        Self { username, password: Zeroizing::new(password.expose().to_owned()), headers: headers.collect() }
    }

    /// Headers alone.
    pub(crate) fn of_headers(headers: impl IntoIterator<Item = (String, Secret)>) -> Self {
        let headers: Vec<_> = headers.into_iter().map(|(name, value)| HttpHeader { name, value }).collect();
        Self::new(String::new(), &String::new().into(), &headers)
    }

    /// Whether all of it can be sent.
    ///
    /// # Errors
    /// That a header's name is no token (RFC 9110, section 5.6.2). It is not said: a token that was pasted without a name stands there.
    pub(crate) fn check(&self) -> Result<(), Unsendable> {
        let is_token = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
        };
        match self.headers.iter().position(|(name, _)| !is_token(name.trim())) {
            Some(place) => {
                let detail = format!("header {} has no header's name before its colon", place + 1);
                Err(HttpAuthProblem::HeaderName.told(detail))
            }
            None => Ok(()),
        }
    }

    /// The keyring's text for it, which is also how it crosses to the Portlight that runs.
    ///
    /// # Errors
    /// None that happens: it is text.
    pub fn to_secret(&self) -> serde_json::Result<Secret> {
        serde_json::to_string(self).map(Secret::from)
    }

    /// Reads that text.
    ///
    /// # Errors
    /// That it is another one.
    pub fn of_secret(secret: &Secret) -> serde_json::Result<Self> {
        serde_json::from_str(secret.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_cannot_be_sent_is_told_by_its_place() {
        let with = |name: &str| {
            let header = HttpHeader { name: name.into(), value: "secret".to_owned().into() };
            HttpAuth::new(String::new(), &String::new().into(), &[header]).check()
        };
        assert_eq!(with(" X-Token "), Ok(()));
        for name in ["", "Bearer secret", "Cookie:", "naïve", "a\nb"] {
            let wrong = with(name).unwrap_err();
            assert_eq!(wrong.problem, HttpAuthProblem::HeaderName);
            assert_eq!(wrong.detail, "header 1 has no header's name before its colon");
        }
    }

    #[test]
    fn it_comes_out_of_the_keyring_as_it_went_in() {
        let header = HttpHeader { name: "Cookie".into(), value: "id=\"7\"".to_owned().into() };
        let secret = HttpAuth::new("ann".into(), &"pass: word".to_owned().into(), &[header]).to_secret().unwrap();
        let site = HttpAuth::of_secret(&secret).unwrap();
        assert_eq!((site.username.as_str(), site.password.as_str()), ("ann", "pass: word"));
        assert_eq!(site.headers.len(), 1);
        assert_eq!((site.headers[0].0.as_str(), site.headers[0].1.as_str()), ("Cookie", "id=\"7\""));
    }
}
