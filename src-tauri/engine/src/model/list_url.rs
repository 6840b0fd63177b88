//! Where on the web a list is.

use super::{AddressProblem, Recipient, WebSocket};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The URL of a list: `https://`, or `http://` where everyone on the way may read and change it. Neither has a user name or a
/// password in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ListUrl(
    /// The same place, as another scheme names it: what is read and checked is the same.
    WebSocket,
);

/// What is wrong with a list's URL, or with what was chosen for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum UrlProblem {
    /// There is nothing.
    #[error("there is no address")]
    Empty,
    /// It is none of a web server.
    #[error("it begins with https://")]
    Scheme,
    /// It has a user name or a password.
    #[error("leave user name and password out of it: they have fields of their own, and lie in the keyring")]
    Login,
    /// The rest of it cannot be read.
    #[error("this is no address of a web server")]
    Address,
    /// It is `http://`, and the user has not agreed to that.
    #[error("everyone on the way can read and change a list that comes by http://")]
    ClearText,
    /// It is `http://`, and there is a login.
    #[error("a login is never sent by http://")]
    ReadableLogin,
}

impl ListUrl {
    /// Reads a URL as a person types it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, UrlProblem> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            None if text.is_empty() => return Err(UrlProblem::Empty),
            None => return Err(UrlProblem::Scheme),
            Some(parts) => parts,
        };
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(UrlProblem::Scheme),
        };
        WebSocket::parse(secure, rest).map(Self).map_err(|problem| match problem {
            AddressProblem::Empty => UrlProblem::Empty,
            AddressProblem::Login => UrlProblem::Login,
            _ => UrlProblem::Address,
        })
    }

    /// The server, and what it is asked for.
    pub(crate) fn place(&self) -> &WebSocket {
        &self.0
    }

    /// Whether it lies within TLS.
    pub fn is_secure(&self) -> bool {
        self.0.secure
    }

    /// Without what may be as good as a password.
    pub fn without_query(&self) -> String {
        let whole = self.to_string();
        whole.split('?').next().unwrap_or_default().to_owned()
    }

    /// Where a redirection leads to; none where that is another server, or no URL.
    pub(crate) fn redirected(&self, location: &str) -> Option<Self> {
        let to = Self::parse(url::Url::parse(&self.to_string()).ok()?.join(location).ok()?.as_str()).ok()?;
        (to.0.origin() == self.0.origin()).then_some(to)
    }

    /// Where a redirection leads to that is not followed, without login and query; none where that cannot be read.
    pub(crate) fn led_elsewhere(&self, location: &str) -> Option<String> {
        let to = url::Url::parse(&self.to_string()).ok()?.join(location).ok()?;
        let path = if to.has_host() { to.path() } else { "" };
        Some(format!("{}{path}", to.origin().ascii_serialization()))
    }

    /// For whom a login for it is: for this list, whatever stands in its query.
    pub(crate) fn recipient(&self) -> Recipient {
        Recipient::kept(self.without_query())
    }

    /// The last part of its path, by which some formats are known; may be empty.
    pub(crate) fn file_name(&self) -> &str {
        let path = self.0.resource.split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }

    /// What the list may be called.
    pub(super) fn name(&self) -> String {
        match self.file_name().split('.').next().unwrap_or_default() {
            "" => self.0.hostname.clone(),
            name => name.to_owned(),
        }
    }
}

impl fmt::Display for ListUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.origin(), self.0.resource)
    }
}

impl From<ListUrl> for String {
    fn from(url: ListUrl) -> Self {
        url.to_string()
    }
}

impl TryFrom<String> for ListUrl {
    type Error = UrlProblem;

    fn try_from(text: String) -> Result<Self, UrlProblem> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> ListUrl {
        ListUrl::parse(text).unwrap()
    }

    #[test]
    fn urls_are_read_and_all_else_is_told_apart() {
        for (text, shown, name) in [
            ("https://lists.example/lab.json", "https://lists.example/lab.json", "lab"),
            (" HTTPS://lists.example:8443 ", "https://lists.example:8443/", "lists.example"),
            ("http://[::1]:80/a/b.csv?key=x#top", "http://[::1]/a/b.csv?key=x", "b"),
            ("https://lists.example/with space", "https://lists.example/with%20space", "with%20space"),
        ] {
            let url = url(text);
            assert_eq!((url.to_string().as_str(), url.name().as_str()), (shown, name), "{text}");
            assert_eq!(serde_json::from_value::<ListUrl>(serde_json::to_value(&url).unwrap()).unwrap(), url);
        }
        for (text, problem) in [
            ("", UrlProblem::Empty),
            ("https://", UrlProblem::Empty),
            ("lists.example/lab.json", UrlProblem::Scheme),
            ("file:///etc/passwd", UrlProblem::Scheme),
            ("ftp://lists.example", UrlProblem::Scheme),
            ("https://ann:hunter2@lists.example", UrlProblem::Login),
            ("https://lists.example:0/", UrlProblem::Address),
            ("https://two words/", UrlProblem::Address),
        ] {
            assert_eq!(ListUrl::parse(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn a_redirection_leads_to_the_same_server_only() {
        let from = url("https://lists.example/team/lab.json?key=x");
        for (location, to) in [
            ("/new.json", Some("https://lists.example/new.json")),
            ("new.json?v=2", Some("https://lists.example/team/new.json?v=2")),
            ("../a.json", Some("https://lists.example/a.json")),
            ("https://LISTS.example:443/b", Some("https://lists.example/b")),
            ("http://lists.example/b", None),
            ("https://lists.example:8443/b", None),
            ("//evil.example/b", None),
            ("https://lists.example@evil.example/", None),
            ("https://ann:pw@lists.example/", None),
            ("file:///etc/passwd", None),
            ("\\\\evil.example/b", None),
        ] {
            assert_eq!(from.redirected(location).map(String::from).as_deref(), to, "{location}");
        }
    }

    #[test]
    fn a_login_is_for_one_list() {
        assert_eq!(url("https://a/x?key=1").recipient(), url("https://a/x?key=2").recipient());
        assert_ne!(url("https://a/x").recipient(), url("https://a/y").recipient());
        assert_ne!(url("https://a/x").recipient(), url("http://a/x").recipient());
    }
}
