//! A file from a web server: one GET that is bounded in time, in size and in where it leads, by HTTP/1.1
//! ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110), [RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)).

use super::{
    ConnectDelegate, ConnectTrace, proxy, tcp,
    tls::{self, Peer, Setup},
    ws::Headers,
};
use crate::{
    error::{ConnectError, Error, FetchError},
    model::{Address, ListUrl},
};
use flate2::read::MultiGzDecoder;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::{Body, Bytes, Incoming},
    client::conn::http1,
    header::{self, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use openssl::asn1::Asn1Time;
use rfb::{Stream, TlsKind, sanitize};
use std::{io::Read, time::Duration};
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;
use zeroize::Zeroizing;

/// For all of it, 60 s: as long as a command may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often a server may send us on.
const MAX_REDIRECTIONS: usize = 5;
/// Bytes of an answer's head.
const MAX_HEAD: usize = 64 * 1024;

/// By what a server knows whether we have its file already ([section 8.8](https://www.rfc-editor.org/rfc/rfc9110#section-8.8)).
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Validators {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
}

/// What a server answers.
#[derive(Debug)]
pub(crate) enum Answer {
    /// What we have is what there is.
    Unchanged,
    /// The file.
    File {
        /// Its bytes, inflated.
        bytes: Vec<u8>,
        /// For the next time.
        validators: Validators,
    },
}

/// Why there is no file.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) error: Error,
    /// How long the server wants to be left alone ([section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
    pub(crate) retry_after: Option<Duration>,
}

impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self { error: error.into(), retry_after: None }
    }
}

/// Fetches `url`, unless it is what `known` names. `delegate` is asked about the certificate; `headers` go to this server only, and
/// only within TLS. No more than `limit` bytes are read, or come of what is read.
///
/// # Errors
/// Those of [`FetchError`] and of proxies.
pub(crate) async fn get(
    url: &ListUrl,
    headers: &Headers,
    known: &Validators,
    limit: usize,
    delegate: &mut impl ConnectDelegate,
) -> Result<Answer, Failed> {
    let deadline = Instant::now() + TIMEOUT;
    let mut at = url.clone();
    for _ in 0..=MAX_REDIRECTIONS {
        let step = async { read(ask(&at, headers, known, delegate).await?, &at, !headers.is_empty(), limit).await };
        let late = |_| FetchError::Timeout { address: at.without_query(), seconds: TIMEOUT.as_secs() };
        match timeout_at(deadline, step).await.map_err(late)?? {
            Step::Done(answer) => return Ok(answer),
            Step::Onward(to) => at = to,
        }
    }
    Err(FetchError::Moved { address: url.without_query(), to: at.without_query() }.into())
}

/// What one answer comes to.
enum Step {
    Done(Answer),
    /// It is elsewhere on the same server.
    Onward(ListUrl),
}

/// Sends the request; the connection is for this one only.
async fn ask(
    at: &ListUrl,
    headers: &Headers,
    known: &Validators,
    delegate: &mut impl ConnectDelegate,
) -> Result<(Response<Incoming>, AbortOnDropHandle<()>), Failed> {
    let request = request(at, headers, known)?;
    let stream = reach(at, delegate).await?;
    let broken = |cause: hyper::Error| explain(&cause, at);
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_HEAD);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let driver = AbortOnDropHandle::new(tokio::spawn(async {
        // Its failure is the request's or the body's, too.
        let _ = connection.await;
    }));
    Ok((sender.send_request(request).await.map_err(broken)?, driver))
}

/// A stream to the server, within TLS where the URL says so.
async fn reach(at: &ListUrl, delegate: &mut impl ConnectDelegate) -> Result<Stream, Failed> {
    let (place, address) = (at.place(), at.without_query());
    let shown = Address::Tcp { hostname: place.hostname.clone(), port: place.port };
    let mut trace = ConnectTrace::default();
    let dialled = match proxy::of_site(place, |name| std::env::var(name).ok())? {
        Some(through) => {
            let there = (&*place.hostname, place.port);
            proxy::dial(&through, there, &shown, Setup::default(), delegate, &mut trace).await
        }
        None => {
            let dialled = tcp::dial(&place.hostname, place.port, &shown, &mut trace).await;
            dialled.map(|tcp| Box::new(tcp) as Stream)
        }
    };
    let tcp = dialled.map_err(|error| of_a_web_server(error, &address))?;
    if !at.is_secure() {
        return Ok(tcp);
    }
    let upgraded = tls::upgrade(tcp, TlsKind::X509, &Peer::of(&place.hostname), Setup::default()).await;
    let tls = upgraded.map_err(|failed| of_a_web_server(failed.explain(&address, ""), &address))?;
    let Some(certificate) = tls.certificate else {
        return Err(FetchError::Tls { address, detail: "it has shown no certificate".to_owned() }.into());
    };
    delegate
        .certificate(&place.site(), certificate, tls.description)
        .await
        .map_err(|e| of_a_web_server(e, &address))?;
    Ok(tls.stream)
}

/// The errors of connecting whose sentences are about VNC servers, as those of a web server.
fn of_a_web_server(error: ConnectError, address: &str) -> Error {
    let address = address.to_owned();
    let error = match error {
        ConnectError::ConnectionRefused { .. } => FetchError::NotServed { address },
        ConnectError::DialTimeout { seconds, .. } => FetchError::Timeout { address, seconds },
        ConnectError::ConnectionLost { detail, .. } => FetchError::Broken { address, detail },
        ConnectError::Tls { detail, .. } => FetchError::Tls { address, detail },
        ConnectError::OldTls { why, detail, .. } => {
            FetchError::Tls { address, detail: format!("it has {why} ({detail})") }
        }
        ConnectError::TooWeak { bits, .. } => {
            FetchError::Tls { address, detail: format!("its key has only {bits} bits") }
        }
        ConnectError::ClientCertificateWanted { .. } | ConnectError::ClientCertificateRefused { .. } => {
            FetchError::Tls { address, detail: "it wants a client certificate".to_owned() }
        }
        ConnectError::Untrusted { fingerprint, .. } => FetchError::Untrusted { address, fingerprint },
        ConnectError::TrustChanged { known, shown, .. } => FetchError::TrustChanged { address, known, shown },
        other => return other.into(),
    };
    error.into()
}

fn request(at: &ListUrl, headers: &Headers, known: &Validators) -> Result<Request<Empty<Bytes>>, Failed> {
    let bad = |detail: String| FetchError::BadLogin { address: at.without_query(), detail };
    headers.check().map_err(|wrong| bad(wrong.detail))?;
    let mut request = Request::new(Empty::new());
    let uri = at.place().resource.parse();
    *request.uri_mut() = uri.map_err(|_| FetchError::NotFound { address: at.without_query() })?;
    let fields = request.headers_mut();
    let host = HeaderValue::from_str(&at.place().host());
    fields.insert(header::HOST, host.map_err(|_| FetchError::NotFound { address: at.without_query() })?);
    let agent = HeaderValue::from_static(concat!("Portlight/", env!("CARGO_PKG_VERSION")));
    fields.insert(header::USER_AGENT, agent);
    fields.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    if at.is_secure() {
        add_login(fields, headers).map_err(bad)?;
    }
    // What `read` can inflate, whatever the further headers say.
    fields.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    for (name, value) in [(header::IF_NONE_MATCH, &known.etag), (header::IF_MODIFIED_SINCE, &known.last_modified)] {
        if let Some(value) = value {
            fields.insert(name, value.clone());
        }
    }
    Ok(request)
}

/// Adds the login and the further headers: the first one of a name replaces ours, others of that name follow it.
fn add_login(fields: &mut HeaderMap, headers: &Headers) -> Result<(), String> {
    let secret = |value: &[u8]| {
        let mut value = HeaderValue::from_bytes(value).map_err(|_| "it cannot be a header's value".to_owned())?;
        value.set_sensitive(true);
        Ok::<_, String>(value)
    };
    if let Some(basic) = headers.basic_value() {
        fields.insert(header::AUTHORIZATION, secret(Zeroizing::new(format!("Basic {}", *basic)).as_bytes())?);
    }
    for (place, (name, value)) in headers.extra.iter().enumerate() {
        let value = secret(value.expose().as_bytes())?;
        match headers.extra[..place].iter().any(|(other, _)| other == name) {
            true => fields.append(name, value),
            false => fields.insert(name, value).is_some(),
        };
    }
    Ok(())
}

/// Reads the answer.
async fn read(
    (response, _driver): (Response<Incoming>, AbortOnDropHandle<()>),
    at: &ListUrl,
    has_login: bool,
    limit: usize,
) -> Result<Step, Failed> {
    let (head, body) = response.into_parts();
    let address = at.without_query();
    if let Some(step) = decide(head.status, &head.headers, at, has_login)? {
        return Ok(step);
    }
    let too_large = FetchError::TooLarge { address: address.clone() };
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large.into());
    }
    let body = match Limited::new(body, limit).collect().await {
        Ok(body) => body.to_bytes(),
        Err(cause) => {
            return Err(match cause.downcast_ref::<hyper::Error>() {
                Some(cause) => explain(cause, at).into(),
                None => too_large.into(),
            });
        }
    };
    let encoding = head.headers.get(header::CONTENT_ENCODING).map_or(&b""[..], HeaderValue::as_bytes);
    let bytes = match encoding.to_ascii_lowercase().as_slice() {
        b"" | b"identity" => body.to_vec(),
        b"gzip" | b"x-gzip" => {
            let inflated = spawn_blocking(move || inflated(&body, limit)).await;
            let broken = |detail: String| FetchError::Broken { address: address.clone(), detail };
            match inflated.map_err(|cause| broken(cause.to_string()))? {
                Ok(bytes) if bytes.len() > limit => return Err(too_large.into()),
                Ok(bytes) => bytes,
                Err(cause) => return Err(broken(cause.to_string()).into()),
            }
        }
        other => {
            let detail = format!("it sends the encoding {}, which was not asked for", sanitize(other));
            return Err(FetchError::NotHttp { address, detail }.into());
        }
    };
    let field = |name: HeaderName| head.headers.get(name).cloned();
    let validators = Validators { etag: field(header::ETAG), last_modified: field(header::LAST_MODIFIED) };
    Ok(Step::Done(Answer::File { bytes, validators }))
}

/// One byte more than `limit` where there is more: what a few bytes inflate to has no other end.
fn inflated(bytes: &[u8], limit: usize) -> std::io::Result<Vec<u8>> {
    let mut inflated = Vec::new();
    MultiGzDecoder::new(bytes).take(limit as u64 + 1).read_to_end(&mut inflated)?;
    Ok(inflated)
}

/// What the head of an answer comes to; none where the file follows
/// ([RFC 9110, section 15](https://www.rfc-editor.org/rfc/rfc9110#section-15)).
fn decide(status: StatusCode, headers: &HeaderMap, at: &ListUrl, has_login: bool) -> Result<Option<Step>, Failed> {
    let address = at.without_query();
    let code = status.as_u16();
    let error = match code {
        200 => return Ok(None),
        304 => return Ok(Some(Step::Done(Answer::Unchanged))),
        301 | 302 | 303 | 307 | 308 => {
            let location = headers.get(header::LOCATION).map(|to| String::from_utf8_lossy(to.as_bytes()));
            if let Some(to) = location.as_deref().and_then(|location| at.redirected(location)) {
                return Ok(Some(Step::Onward(to)));
            }
            let to = location.as_deref().and_then(|location| at.led_elsewhere(location)).unwrap_or("?".to_owned());
            FetchError::Moved { address, to: sanitize(to.as_bytes()) }
        }
        401 if has_login => FetchError::LoginRefused { address },
        401 => FetchError::LoginWanted { address },
        403 => FetchError::Forbidden { address },
        404 => FetchError::NotFound { address },
        410 => FetchError::Gone { address },
        429 => FetchError::TooOften { address },
        500..=599 => FetchError::ServerFailed { address, status: code },
        _ => FetchError::Status { address, status: code },
    };
    let retry_after = headers.get(header::RETRY_AFTER).and_then(|value| pause(value.to_str().ok()?));
    Err(Failed { error: error.into(), retry_after })
}

/// How long a Retry-After field says to wait: seconds, or until a day and time of HTTP.
fn pause(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let mut parts = value.split_ascii_whitespace().skip(1);
    let (day, month, year, time) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let month = "JanFebMarAprMayJunJulAugSepOctNovDec".find(month)? / 3 + 1;
    let then = Asn1Time::from_str(&format!("{year}{month:02}{day}{}Z", time.replace(':', ""))).ok()?;
    let left = Asn1Time::days_from_now(0).ok()?.diff(&then).ok()?;
    let seconds = i64::from(left.days) * 24 * 60 * 60 + i64::from(left.secs);
    Some(Duration::from_secs(seconds.try_into().unwrap_or_default()))
}

fn explain(cause: &hyper::Error, at: &ListUrl) -> FetchError {
    let (address, detail) = (at.without_query(), sanitize(cause.to_string().as_bytes()));
    if cause.is_parse() {
        return FetchError::NotHttp { address, detail };
    }
    FetchError::Broken { address, detail }
}
