//! DIGEST-MD5 ([RFC 2831](https://www.rfc-editor.org/rfc/rfc2831)), for hosts that offer nothing newer: bytes in, bytes out.
//!
//! | from | what |
//! | --- | --- |
//! | server | `realm="…",nonce="…",qop="auth,auth-conf",cipher="rc4,…",maxbuf=…,charset=utf-8,algorithm=md5-sess` |
//! | viewer | `username="…",realm="…",nonce="…",cnonce="…",nc=00000001,qop=…,digest-uri="vnc/…",response=…` |
//! | server | `rspauth=…` |
//!
//! QEMU takes it only with a security layer ([`super::Layer`]), but for TLS with a certificate, and there only without.

use super::layer::{Keys, Layer};
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What the server sent.
pub(super) struct Challenge {
    realms: Vec<Vec<u8>>,
    nonce: Vec<u8>,
    is_utf8: bool,
    /// Bytes of a record that the server takes; none without a layer.
    layer: Option<usize>,
}

/// What it is sent.
pub(super) struct Response {
    pub(super) message: Vec<u8>,
    /// What a server sends that knows the password, or what can be made from it.
    proof: Vec<u8>,
    /// What everything after SecurityResult is within.
    pub(super) layer: Option<Layer>,
}

impl Challenge {
    /// Reads it; `wants_layer` where nothing else encrypts. Elsewhere there is a layer only if the server insists.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &[u8], wants_layer: bool) -> Result<Self, String> {
        let directives = directives(text).ok_or("DIGEST-MD5 that cannot be read")?;
        let all = |name: &str| -> Vec<&[u8]> {
            let is_it = |known: &[u8]| known.eq_ignore_ascii_case(name.as_bytes());
            directives.iter().filter(|(known, _)| is_it(known)).map(|(_, value)| value.as_slice()).collect()
        };
        let one = |name: &str| match all(name)[..] {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            _ => Err(format!("DIGEST-MD5 with several of {name}")),
        };
        let lists = |list: &[u8], item: &[u8]| {
            list.split(|byte| *byte == b',').any(|listed| listed.trim_ascii().eq_ignore_ascii_case(item))
        };
        let nonce = one("nonce")?.filter(|nonce| !nonce.is_empty()).ok_or("DIGEST-MD5 without a nonce")?.to_vec();
        if !one("algorithm")?.is_some_and(|algorithm| algorithm.eq_ignore_ascii_case(b"md5-sess")) {
            return Err("DIGEST-MD5 with another algorithm than md5-sess".to_owned());
        }
        let qualities = one("qop")?.unwrap_or(b"auth");
        let ciphers = one("cipher")?.unwrap_or_default();
        let longest = match one("maxbuf")?.map(|digits| std::str::from_utf8(digits).ok()?.parse().ok()) {
            Some(Some(longest)) => longest,
            None => DEFAULT_MAXBUF,
            Some(None) => return Err("DIGEST-MD5 with an unreadable maxbuf".to_owned()),
        };
        let without = lists(qualities, b"auth");
        let layer = match lists(qualities, b"auth-conf") && lists(ciphers, b"rc4") && (wants_layer || !without) {
            true if longest < MIN_MAXBUF => return Err(format!("DIGEST-MD5 with records of {longest} bytes")),
            true => Some(longest),
            false if without => None,
            false => return Err("DIGEST-MD5 with another cipher than RC4".to_owned()),
        };
        let is_utf8 = one("charset")?.is_some_and(|charset| charset.eq_ignore_ascii_case(b"utf-8"));
        let realms = all("realm").into_iter().map(<[u8]>::to_vec).collect();
        Ok(Self { realms, nonce, is_utf8, layer })
    }

    /// What is hashed of a realm: a server that does not speak UTF-8 has said it in Latin-1 already.
    fn hashed_realm(&self, realm: &[u8]) -> Zeroizing<Vec<u8>> {
        if self.is_utf8 { hashed(realm) } else { Zeroizing::new(realm.to_vec()) }
    }

    /// The response, with `cnonce` for our nonce.
    pub(super) fn respond(&self, username: &[u8], password: &[u8], cnonce: &str, server_name: &str) -> Response {
        let (username, realm) = self.login(username);
        let uri = format!("vnc/{server_name}");
        let quality = if self.layer.is_some() { "auth-conf" } else { "auth" };
        let hash = {
            let secret = md5(&[&hashed(username), b":", &self.hashed_realm(realm), b":", &hashed(password)]);
            md5(&[&secret[..], b":", &self.nonce, b":", cnonce.as_bytes()])
        };
        let digest = |action: &str| {
            let no_body = if self.layer.is_some() { ":00000000000000000000000000000000" } else { "" };
            let action = md5(&[action.as_bytes(), b":", uri.as_bytes(), no_body.as_bytes()]);
            let count = format!(":{COUNT}:{cnonce}:{quality}:");
            hexadecimal(&md5(&[&hexadecimal(&hash), b":", &self.nonce, count.as_bytes(), &hexadecimal(&action)]))
        };
        let sent_name = if self.is_utf8 { Zeroizing::new(username.to_vec()) } else { hashed(username) };
        let mut message = Vec::new();
        let mut add = |name: &str, value: &[u8]| {
            if !message.is_empty() {
                message.push(b',');
            }
            message.extend(name.as_bytes());
            message.push(b'=');
            message.extend(value);
        };
        add("username", &quoted(&sent_name));
        add("realm", &quoted(realm));
        add("nonce", &quoted(&self.nonce));
        add("cnonce", &quoted(cnonce.as_bytes()));
        add("nc", COUNT.as_bytes());
        add("qop", quality.as_bytes());
        if self.layer.is_some() {
            add("cipher", b"rc4");
            add("maxbuf", Layer::MAX_RECORD.to_string().as_bytes());
        }
        add("digest-uri", &quoted(uri.as_bytes()));
        add("response", &digest("AUTHENTICATE"));
        if self.is_utf8 {
            add("charset", b"utf-8");
        }
        let layer = self.layer.map(|longest| {
            let key = |purpose: &str| md5(&[&hash[..], purpose.as_bytes()]);
            Layer::new(
                &Keys { sign: key(OUR_SIGNING), seal: key(OUR_SEALING) },
                &Keys { sign: key(THEIR_SIGNING), seal: key(THEIR_SEALING) },
                longest,
            )
        });
        Response { message, proof: [b"rspauth=", &digest("")[..]].concat(), layer }
    }

    /// User name and realm: `ann@site` is split where the server has that realm among others.
    fn login<'a>(&'a self, username: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let split = username.iter().rposition(|byte| *byte == b'@').map(|at| (&username[..at], &username[at + 1..]));
        match split.filter(|(_, realm)| self.realms.iter().any(|known| known == realm)) {
            Some(both) => both,
            None => (username, self.realms.first().map_or(&[], Vec::as_slice)),
        }
    }
}

impl Response {
    /// Whether the server's last message proves that it knows the password.
    pub(super) fn is_proof(&self, last: &[u8]) -> bool {
        last.ct_eq(&self.proof).into()
    }
}

/// The names and values of `name=value, name="value"`; none where it is not of that form.
fn directives(mut text: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut found = Vec::new();
    loop {
        text = text.trim_ascii_start();
        while let [b',', rest @ ..] = text {
            text = rest.trim_ascii_start();
        }
        if text.is_empty() {
            return Some(found);
        }
        let equals = text.iter().position(|byte| *byte == b'=')?;
        let name = text[..equals].trim_ascii().to_vec();
        let value;
        (value, text) = match text[equals + 1..].trim_ascii_start() {
            [b'"', quoted @ ..] => unquoted(quoted)?,
            token => {
                let end = token.iter().position(|byte| *byte == b',').unwrap_or(token.len());
                (token[..end].trim_ascii().to_vec(), &token[end..])
            }
        };
        if !matches!(text.trim_ascii_start(), [] | [b',', ..]) {
            return None;
        }
        found.push((name, value));
    }
}

/// What stands before the closing quotation mark, and what after it.
fn unquoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (mut value, mut rest) = (Vec::new(), text);
    loop {
        match rest {
            [b'"', after @ ..] => return Some((value, after)),
            [b'\\', escaped, after @ ..] => {
                value.push(*escaped);
                rest = after;
            }
            [byte, after @ ..] => {
                value.push(*byte);
                rest = after;
            }
            [] => return None,
        }
    }
}

fn quoted(value: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for byte in value {
        if matches!(byte, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(*byte);
    }
    quoted.push(b'"');
    quoted
}

/// What is hashed of a text in UTF-8: the same in Latin-1 where that has all its characters (RFC 2831, section 2.1.2.1).
fn hashed(text: &[u8]) -> Zeroizing<Vec<u8>> {
    // Allocated once: growing would leave copies of a password behind.
    let mut latin = Zeroizing::new(Vec::with_capacity(text.len()));
    let characters = std::str::from_utf8(text).ok().map(str::chars);
    let all = characters.is_some_and(|mut all| all.all(|c| u8::try_from(c).map(|byte| latin.push(byte)).is_ok()));
    if !all {
        latin.clear();
        latin.extend_from_slice(text);
    }
    latin
}

fn md5(parts: &[&[u8]]) -> Zeroizing<[u8; 16]> {
    Zeroizing::new(parts.iter().fold(Md5::new(), |hash, part| hash.chain_update(part)).finalize().into())
}

fn hexadecimal(hash: &[u8; 16]) -> Vec<u8> {
    hash.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

/// How often the server's nonce was used.
const COUNT: &str = "00000001";
/// Bytes of a record where the server does not say.
const DEFAULT_MAXBUF: usize = 65_536;
/// Bytes of a record; what is RFC 2831's least but one is not worth splitting messages for.
const MIN_MAXBUF: usize = 64;

// What the layer's keys are made with (RFC 2831, sections 2.3 and 2.4).
const OUR_SIGNING: &str = "Digest session key to client-to-server signing key magic constant";
const THEIR_SIGNING: &str = "Digest session key to server-to-client signing key magic constant";
const OUR_SEALING: &str = "Digest H(A1) to client-to-server sealing key magic constant";
const THEIR_SEALING: &str = "Digest H(A1) to server-to-client sealing key magic constant";

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &[u8] =
        b"realm=\"elwood.innosoft.com\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",algorithm=md5-sess,charset=utf-8";

    /// RFC 2831's example (section 4) is for IMAP, so its digest is of `imap/…`; the same computed for `vnc/…` with
    /// Python's hashlib.
    #[test]
    fn a_known_exchange() {
        let challenge = Challenge::parse(PLAIN, true).unwrap();
        let response = challenge.respond(b"chris", b"secret", "OA6MHXh6VqTrRk", "elwood.innosoft.com");
        assert_eq!(
            String::from_utf8(response.message.clone()).unwrap(),
            "username=\"chris\",realm=\"elwood.innosoft.com\",nonce=\"OA6MG9tEQGm2hh\",cnonce=\"OA6MHXh6VqTrRk\",\
             nc=00000001,qop=auth,digest-uri=\"vnc/elwood.innosoft.com\",response=6977a01bcf244e4b58945c4c9247c9d3,charset=utf-8"
        );
        assert!(response.is_proof(b"rspauth=82fe13ce588ef2bb36cc75db40152086"));
        assert!(!response.is_proof(b"") && !response.is_proof(b"rspauth=") && !response.is_proof(&response.message));
        assert!(response.layer.is_none());
    }

    #[test]
    fn a_layer_only_where_it_is_wanted_and_can_be_had() {
        let layer = |qop: &str, cipher: &str, rest: &str, wants| {
            let text = format!("nonce=\"x\",algorithm=md5-sess,qop=\"{qop}\",cipher=\"{cipher}\"{rest}");
            Challenge::parse(text.as_bytes(), wants).map(|challenge| challenge.layer)
        };
        let all = "auth,auth-int,auth-conf";
        assert_eq!(layer(all, "rc4-40,rc4-56,rc4,des,3des", ",maxbuf=8192", true), Ok(Some(8192)));
        assert_eq!(layer(all, "3des, RC4", "", true), Ok(Some(65_536)));
        assert_eq!(layer(all, "rc4", "", false), Ok(None));
        assert_eq!(layer("auth-conf", "rc4", "", false), Ok(Some(65_536)), "the server insists");
        assert_eq!(layer(all, "rc4-40,des", "", true), Ok(None), "no shorter key");
        for (qop, cipher, rest) in [
            ("auth-conf", "des", ""),
            ("auth-int", "", ""),
            (all, "rc4", ",maxbuf=63"),
            (all, "rc4", ",maxbuf=x"),
            (all, "rc4", ",maxbuf=8192,maxbuf=8192"),
        ] {
            assert!(layer(qop, cipher, rest, true).is_err(), "{qop} {cipher} {rest}");
        }
    }

    #[test]
    fn challenges_that_are_none_are_refused() {
        for wrong in [
            &b""[..],
            b"nonce",
            b"nonce=\"x",
            b"nonce=\"x\\",
            b"nonce=\"x\"y,algorithm=md5-sess",
            b"algorithm=md5-sess",
            b"nonce=\"\",algorithm=md5-sess",
            b"nonce=\"x\"",
            b"nonce=\"x\",algorithm=md5",
            b"nonce=\"x\",nonce=\"y\",algorithm=md5-sess",
        ] {
            assert!(Challenge::parse(wrong, true).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn a_user_name_names_a_realm_that_the_server_has() {
        let text = b"realm=\"one\", realm=\"t\\\"wo\" ,nonce=x,algorithm=md5-sess";
        let challenge = Challenge::parse(text, true).unwrap();
        assert_eq!(challenge.login(b"ann"), (&b"ann"[..], &b"one"[..]));
        assert_eq!(challenge.login(b"ann@t\"wo"), (&b"ann"[..], &b"t\"wo"[..]));
        assert_eq!(challenge.login(b"ann@three"), (&b"ann@three"[..], &b"one"[..]));
        let sent = challenge.respond(b"a\"n\\n", b"", "c", "box").message;
        assert!(sent.starts_with(b"username=\"a\\\"n\\\\n\",realm=\"one\""), "{}", String::from_utf8_lossy(&sent));
    }

    #[test]
    fn a_realm_of_a_server_without_utf_8_is_hashed_as_it_was_said() {
        let proof = |realm: &[u8]| {
            let text = [b"nonce=\"x\",algorithm=md5-sess,qop=\"auth\",realm=\"", realm, b"\""].concat();
            let message = Challenge::parse(&text, true).unwrap().respond(b"ann", b"secret", "y", "box").message;
            message
                .windows("response=".len() + 32)
                .find(|part| part.starts_with(b"response="))
                .map(<[u8]>::to_vec)
                .unwrap()
        };
        // Bytes that would be another letter if they were UTF-8.
        assert_ne!(proof(b"caf\xc3\xa9"), proof(b"caf\xe9"));
    }

    #[test]
    fn what_latin_1_has_is_hashed_in_it() {
        assert_eq!(*hashed("für".as_bytes()), b"f\xfcr");
        assert_eq!(*hashed("密码".as_bytes()), "密码".as_bytes());
        assert_eq!(*hashed(b"\xff"), b"\xff");
    }
}
