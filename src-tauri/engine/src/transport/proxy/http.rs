//! CONNECT ([RFC 9110, section 9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)) from the client's side.

use super::{Failed, told};
use httparse::{EMPTY_HEADER, Header, Response, Status};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

/// Bytes of an answer's head.
const MAX_HEAD: usize = 32 * 1024;
/// Header fields of an answer.
const MAX_HEADERS: usize = 100;

/// Has the proxy connect to `hostname`, a name that it looks up itself.
pub(super) async fn lead(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    login: Option<(&str, &str)>,
    hostname: &str,
    port: u16,
) -> Result<(), Failed> {
    let request = request(login, hostname, port);
    stream.write_all(&request).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    // Byte by byte: what follows the head is the machine's, and it may speak first.
    loop {
        match stream.read_u8().await {
            Ok(byte) => answer.push(byte),
            Err(cause) if answer.is_empty() || cause.kind() != std::io::ErrorKind::UnexpectedEof => {
                return Err(cause.into());
            }
            Err(_) => return Err(hung_up(&answer)),
        }
        // An answer that is none is told from its beginning.
        let is_line = answer.ends_with(b"\n");
        if (answer.len() == BEGINNING.len() && answer != BEGINNING) || answer.len() > MAX_HEAD {
            return Err(other(&answer));
        }
        if is_line && let Some(decision) = read(&answer) {
            return match decision {
                Err(Failed::Denied(_)) if login.is_none() => Err(Failed::LoginWanted),
                decision => decision,
            };
        }
    }
}

/// How an answer in HTTP begins.
const BEGINNING: &[u8] = b"HTTP/1.";

fn request(login: Option<(&str, &str)>, hostname: &str, port: u16) -> Zeroizing<Vec<u8>> {
    let hostname = told(hostname);
    let place = if hostname.contains(':') { format!("[{hostname}]:{port}") } else { format!("{hostname}:{port}") };
    let basic = login.map(|(username, password)| {
        // Made at full length: a buffer that grows leaves copies of secrets behind.
        let mut login = Zeroizing::new(Vec::with_capacity(username.len() + 1 + password.len()));
        [username.as_bytes(), b":", password.as_bytes()].iter().for_each(|part| login.extend_from_slice(part));
        Zeroizing::new(openssl::base64::encode_block(&login))
    });
    let mut parts = vec!["CONNECT ", &place, " HTTP/1.1\r\nHost: ", &place];
    parts.extend(["\r\nUser-Agent: Portlight/", env!("CARGO_PKG_VERSION")]);
    if let Some(basic) = &basic {
        parts.extend(["\r\nProxy-Authorization: Basic ", basic]);
    }
    parts.push("\r\n\r\n");
    let mut request = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
    parts.iter().for_each(|part| request.extend_from_slice(part.as_bytes()));
    request
}

/// What the answer comes to; none while it is not complete.
fn read(answer: &[u8]) -> Option<Result<(), Failed>> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut response = Response::new(&mut headers);
    match response.parse(answer) {
        Ok(Status::Partial) => None,
        Ok(Status::Complete(_)) => {
            let (code, phrase) = (response.code.unwrap_or_default(), response.reason.unwrap_or_default());
            // Of an informational answer a second one follows (RFC 9110, section 15.2), which no proxy is known to send here.
            Some(decide(code, phrase, response.headers))
        }
        Err(_) => Some(Err(other(answer))),
    }
}

fn decide(code: u16, phrase: &str, headers: &[Header<'_>]) -> Result<(), Failed> {
    let phrase = rfb::sanitize(phrase.as_bytes());
    let said = if phrase.is_empty() { code.to_string() } else { format!("{code} {phrase}") };
    match code {
        200..=299 => Ok(()),
        // tinyproxy says 401 in place of 407 where it was sent no login.
        401 | 407 if wants_basic(headers) => Err(Failed::Denied(said)),
        401 | 407 => {
            Err(Failed::Other(format!("{said}: it wants another kind of login than a user name with a password")))
        }
        // A web server takes no CONNECT.
        400 | 404 | 405 | 426 | 501 => Err(Failed::NotProxy(format!("it answered {said}"))),
        403 | 451 => Err(Failed::Prohibited(said)),
        300..=399 => Err(Failed::NotProxy(format!("it answered {said}"))),
        500 | 502..=504 => Err(Failed::Beyond(said)),
        _ => Err(Failed::Other(said)),
    }
}

/// Whether Basic is among the kinds of logins; without a list it may be.
fn wants_basic(headers: &[Header<'_>]) -> bool {
    let mut kinds = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("proxy-authenticate")).peekable();
    let basic = |value: &[u8]| {
        // A comma within quotation marks ends no kind (RFC 9110, section 11.6.1).
        let mut quoted = false;
        value
            .split(|byte| {
                quoted ^= *byte == b'"';
                !quoted && *byte == b','
            })
            .any(|kind| {
                let word = kind.trim_ascii().split(|byte| *byte == b' ').next().unwrap_or_default();
                word.eq_ignore_ascii_case(b"basic")
            })
    };
    kinds.peek().is_none() || kinds.any(|header| basic(header.value))
}

fn hung_up(answer: &[u8]) -> Failed {
    let cut = answer.len().min(BEGINNING.len());
    if answer[..cut] == BEGINNING[..cut] {
        Failed::Broken("it hung up in the middle of its answer".to_owned())
    } else {
        other(answer)
    }
}

/// What answers instead of an HTTP proxy.
fn other(answer: &[u8]) -> Failed {
    Failed::NotProxy(
        match answer {
            [5, ..] => "it answers like a SOCKS proxy: is it socks5:// in place of http://?",
            [b'R', b'F', b'B', ..] => "it answers like a VNC server",
            [b'S', b'S', b'H', ..] => "it answers like an SSH server",
            [0x15 | 0x16, 3, ..] => "it wants TLS",
            _ if answer.len() > MAX_HEAD => "its answer is too long",
            _ => "its answer is not HTTP",
        }
        .to_owned(),
    )
}
