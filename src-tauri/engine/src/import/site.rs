//! A website with websockify behind it: what a machine of its token file has for an address where only the website is open.

use crate::model::{Address, AddressProblem, WebSocket};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The parameter in which websockify looks for a token (websockify/token_plugins.py).
const TOKEN: &str = "token";
/// What is encoded in a parameter's value: all but the unreserved characters
/// ([RFC 3986, section 2.3](https://www.rfc-editor.org/rfc/rfc3986#section-2.3)).
const IN_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The WebSocket of a website, such as `wss://site.example/websockify`: one for all tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site(WebSocket);

/// Why a text is no site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SiteProblem {
    /// It is the address of something else.
    #[error("the address of a site's WebSocket begins with wss:// or ws://, like wss://site.example/websockify")]
    NoWebSocket,
    /// It is no address.
    #[error(transparent)]
    Address(AddressProblem),
}

impl Site {
    /// Reads what a person typed. A token that is in it is left out: each machine has its own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SiteProblem> {
        let socket = match Address::parse(text) {
            Ok(Address::Ws(socket)) => socket,
            Ok(_) | Err(AddressProblem::Scheme) => return Err(SiteProblem::NoWebSocket),
            Err(problem) => return Err(SiteProblem::Address(problem)),
        };
        let (path, query) = socket.resource.split_once('?').unwrap_or((&socket.resource, ""));
        let is_kept = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some(TOKEN);
        let query = query.split('&').filter(is_kept).collect::<Vec<_>>().join("&");
        let resource = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        Ok(Self(WebSocket { resource, ..socket }))
    }

    /// Whether it is `ws://`: everyone on the way reads the tokens, and what is not protected otherwise.
    pub fn is_clear(&self) -> bool {
        !self.0.secure
    }

    /// Where the machine of a token is.
    pub(super) fn address(&self, token: &str) -> Result<Address, AddressProblem> {
        Address::parse(&self.with(&self.0.resource, token))
    }

    /// The same to be shown: without what else is in the query, which may be a secret. The token is the machine's name.
    pub(super) fn shown(&self, token: &str) -> String {
        match self.0.resource.split_once('?') {
            Some((path, _)) => self.with(&format!("{path}?…"), token),
            None => self.with(&self.0.resource, token),
        }
    }

    fn with(&self, resource: &str, token: &str) -> String {
        let joint = if resource.contains('?') { '&' } else { '?' };
        format!("{}{resource}{joint}{TOKEN}={}", self.0.site(), utf8_percent_encode(token, IN_VALUE))
    }
}

/// As it was typed, without a token.
impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(site: &str, token: &str) -> String {
        Site::parse(site).unwrap().address(token).unwrap().to_string()
    }

    #[test]
    fn a_token_is_joined_to_a_path_or_a_query() {
        for (site, token, expected) in [
            ("wss://site.example/websockify", "studio", "wss://site.example/websockify?token=studio"),
            ("wss://site.example", "studio", "wss://site.example/?token=studio"),
            (" WSS://site.example:8443/a/ ", "a-1.b_c~", "wss://site.example:8443/a/?token=a-1.b_c~"),
            ("wss://site.example/a?room=2", "studio", "wss://site.example/a?room=2&token=studio"),
            ("wss://site.example/a?", "studio", "wss://site.example/a?token=studio"),
            ("wss://site.example/a?room=2&", "studio", "wss://site.example/a?room=2&token=studio"),
            // Copied from a browser: the token of one machine.
            ("wss://site.example/a?token=old&room=2", "studio", "wss://site.example/a?room=2&token=studio"),
            ("wss://site.example/a?token=", "studio", "wss://site.example/a?token=studio"),
            ("ws://[::1]:6080/#top", "studio", "ws://[::1]:6080/?token=studio"),
            ("wss://s/w", "Studio PC", "wss://s/w?token=Studio%20PC"),
            ("wss://s/w", "a&b=c#d?e/f+g%20", "wss://s/w?token=a%26b%3Dc%23d%3Fe%2Ff%2Bg%2520"),
            ("wss://s/w", "客厅", "wss://s/w?token=%E5%AE%A2%E5%8E%85"),
        ] {
            assert_eq!(address(site, token), expected);
        }
    }

    #[test]
    fn what_is_shown_has_no_other_secret_of_the_query() {
        let shown = |site| Site::parse(site).unwrap().shown("a b");
        assert_eq!(shown("wss://s/w"), "wss://s/w?token=a%20b");
        assert_eq!(shown("wss://s"), "wss://s/?token=a%20b");
        assert_eq!(shown("wss://s/w?key=SECRET"), "wss://s/w?…&token=a%20b");
    }

    #[test]
    fn what_is_no_site_says_why() {
        for text in ["site.example", "site.example:6080", "https://site.example/vnc.html", "vnc://box", "/run/vnc"] {
            assert_eq!(Site::parse(text), Err(SiteProblem::NoWebSocket), "{text}");
        }
        for (text, problem) in [
            ("", AddressProblem::Empty),
            ("wss://", AddressProblem::Empty),
            ("wss://ann:hunter2@site/", AddressProblem::Login),
            ("wss://my site/", AddressProblem::Hostname),
            ("wss://site:0/", AddressProblem::Port),
        ] {
            assert_eq!(Site::parse(text), Err(SiteProblem::Address(problem)), "{text}");
        }
        assert!(Site::parse("ws://site").unwrap().is_clear() && !Site::parse("wss://site").unwrap().is_clear());
        let long = "a".repeat(5000);
        assert_eq!(Site::parse("wss://s/w").unwrap().address(&long), Err(AddressProblem::TooLong));
    }
}
