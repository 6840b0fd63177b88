//! TLS over any stream, by OpenSSL: VNC servers have anonymous suites and old certificates, which others refuse.

use crate::model::{Certificate, CertificateProblem, fingerprint};
use openssl::{
    asn1::{Asn1StringRef, Asn1Time, Asn1TimeRef},
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    ssl::{
        self, Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslRef, SslVerifyMode, SslVersion,
    },
    x509::{
        GeneralNameRef, X509, X509NameRef, X509Ref, X509VerifyResult,
        store::{X509Store, X509StoreBuilder},
        verify::{X509CheckFlags, X509VerifyFlags},
    },
};
use parking_lot::Mutex;
use rfb::{Stream, TlsKind, sanitize};
use std::{
    collections::BTreeSet,
    fs,
    future::poll_fn,
    io::{self, ErrorKind},
    net::IpAddr,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::Poll,
};
use tokio::{
    io::{AsyncRead, ReadBuf},
    task::spawn_blocking,
};
use tokio_openssl::SslStream;

/// TLS that is up.
pub(crate) struct Tls {
    /// What is within.
    pub(crate) stream: Stream,
    /// What the server has shown, and what is wrong with it; none where it is anonymous.
    pub(crate) certificate: Option<Certificate>,
    /// Version and cipher, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`.
    pub(crate) description: String,
}

/// Whom we believe to talk to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A DNS name as an address has it: sent to the server, and looked for in its certificate.
    Name(String),
    /// An IP address: looked for in the certificate.
    Ip(IpAddr),
    /// A Unix socket, or the demo: no certificate can name it.
    Local,
}

/// Why there is no TLS.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The file of authorities cannot be used.
    CaFile { detail: String },
    /// Something was sent before TLS had begun: its side begins with us.
    Early,
    /// No common ground, or nonsense; OpenSSL's words, or the server's alert.
    Tls { detail: String },
    /// The stream failed.
    Io(io::Error),
}

/// Brings up TLS. The certificate is looked at, never refused: that is for the person to decide, before anything
/// secret is sent. That the server has the certificate's key is always checked.
pub(crate) async fn upgrade(mut stream: Stream, kind: TlsKind, peer: &Peer, ca_file: &str) -> Result<Tls, Failed> {
    nothing_early(&mut stream).await?;
    let problems = Problems::default();
    let ssl = match kind {
        TlsKind::Anonymous => anonymous()?,
        TlsKind::X509 => {
            let ca_file = ca_file.to_owned();
            let authorities = spawn_blocking(move || authorities(&ca_file)).await.map_err(io::Error::other)??;
            x509(authorities, peer, &problems)?
        }
    };
    let mut stream = SslStream::new(ssl, stream)?;
    Pin::new(&mut stream).connect().await?;
    let ssl = stream.ssl();
    let cipher = ssl.current_cipher().map_or("", |cipher| cipher.name());
    let description = format!("{} {cipher}", ssl.version_str());
    let certificate = match kind {
        TlsKind::Anonymous => None,
        TlsKind::X509 => Some(certificate(ssl, &problems)?),
    };
    Ok(Tls { stream: Box::new(stream), certificate, description })
}

/// TLS begins with the viewer. What is there already was put there by somebody who hopes that we take it for the
/// server's.
async fn nothing_early(stream: &mut Stream) -> Result<(), Failed> {
    let mut byte = [0];
    let mut early = ReadBuf::new(&mut byte);
    let looked = poll_fn(|cx| Poll::Ready(Pin::new(&mut *stream).poll_read(cx, &mut early))).await;
    match looked {
        Poll::Pending => Ok(()),
        Poll::Ready(Ok(())) if early.filled().is_empty() => Err(Failed::Io(ErrorKind::UnexpectedEof.into())),
        Poll::Ready(Ok(())) => Err(Failed::Early),
        Poll::Ready(Err(cause)) => Err(Failed::Io(cause)),
    }
}

impl From<ErrorStack> for Failed {
    fn from(errors: ErrorStack) -> Self {
        Self::Tls { detail: reasons(&errors) }
    }
}

impl From<ssl::Error> for Failed {
    fn from(error: ssl::Error) -> Self {
        match error.into_io_error() {
            Ok(cause) => Self::Io(cause),
            Err(error) => match error.ssl_error() {
                Some(errors) => Self::Tls { detail: reasons(errors) },
                // The stream has ended, with or without saying goodbye.
                None => Self::Io(ErrorKind::UnexpectedEof.into()),
            },
        }
    }
}

impl From<io::Error> for Failed {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

/// OpenSSL's words in one line: what failed, and why.
fn reasons(errors: &ErrorStack) -> String {
    let words = |error: &openssl::error::Error| match (error.reason(), error.reason_code()) {
        (Some(reason), _) => reason.to_owned(),
        // An alert that nobody has named: its number is there, after a thousand.
        (None, code @ 1000..1256) => format!("alert {}", code - 1000),
        (None, _) => format!("OpenSSL error {:x}", error.code()),
    };
    // The last one says what failed, those before it why.
    let mut words: Vec<_> = errors.errors().iter().rev().take(3).map(words).collect();
    words.dedup();
    if words.is_empty() { "OpenSSL does not say why".to_owned() } else { words.join(": ") }
}

// ---- the two kinds

/// Security level 0 is what allows anonymous suites, so it is on this context alone; keys that hide nothing OpenSSL
/// refuses even there. TLS 1.3 has no anonymous suites.
fn anonymous() -> Result<Ssl, ErrorStack> {
    let mut context = context()?;
    context.set_max_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_cipher_list("aNULL:!eNULL:@SECLEVEL=0")?;
    context.set_verify(SslVerifyMode::NONE);
    Ssl::new(&context.build())
}

/// Collects what is wrong with the certificate in `problems`, for which OpenSSL goes on after each.
fn x509(authorities: X509Store, peer: &Peer, problems: &Problems) -> Result<Ssl, ErrorStack> {
    let mut context = context()?;
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_cipher_list("DEFAULT:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=1")?;
    context.set_cert_store(authorities);
    let found = Arc::clone(problems);
    context.set_verify_callback(SslVerifyMode::PEER, move |fine, certificates| {
        if !fine {
            found.lock().insert(problem(certificates.error()));
            // Otherwise OpenSSL might tell this one again, in place of the next.
            certificates.set_error(X509VerifyResult::OK);
        }
        true
    });
    let mut ssl = Ssl::new(&context.build())?;
    if let Peer::Name(name) = peer
        && name.is_ascii()
    {
        ssl.set_hostname(without_root(name))?;
    }
    let checks = ssl.param_mut();
    // Keys and hashes are measured by today's level (112 bits), which the connection itself does not insist on.
    checks.set_auth_level(2);
    // Whom the user's own file names need not be a root.
    checks.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
    checks.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
    match peer {
        Peer::Name(name) => checks.set_host(without_root(name))?,
        Peer::Ip(address) => checks.set_ip(*address)?,
        Peer::Local => {}
    }
    Ok(ssl)
}

fn context() -> Result<SslContextBuilder, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    // Nobody may show another certificate later than when it is looked at.
    context.set_options(SslOptions::NO_RENEGOTIATION);
    // A session may be silent for hours; its buffers are worth more elsewhere.
    context.set_mode(SslMode::RELEASE_BUFFERS);
    Ok(context)
}

/// Neither SNI (RFC 6066, section 3) nor certificates have the dot that may end a name.
fn without_root(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

// ---- the certificate

type Problems = Arc<Mutex<BTreeSet<CertificateProblem>>>;

fn problem(result: X509VerifyResult) -> CertificateProblem {
    use openssl_sys as openssl;
    match result.as_raw() {
        openssl::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT => CertificateProblem::SelfSigned,
        openssl::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
        | openssl::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        | openssl::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | openssl::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
        // Somebody else has the same name as its issuer.
        | openssl::X509_V_ERR_CERT_SIGNATURE_FAILURE
        | openssl::X509_V_ERR_CERT_UNTRUSTED => CertificateProblem::UnknownIssuer,
        openssl::X509_V_ERR_CERT_HAS_EXPIRED => CertificateProblem::Expired,
        openssl::X509_V_ERR_CERT_NOT_YET_VALID => CertificateProblem::NotYetValid,
        openssl::X509_V_ERR_HOSTNAME_MISMATCH | openssl::X509_V_ERR_IP_ADDRESS_MISMATCH => {
            CertificateProblem::WrongName
        }
        openssl::X509_V_ERR_EE_KEY_TOO_SMALL | openssl::X509_V_ERR_CA_KEY_TOO_SMALL => CertificateProblem::WeakKey,
        openssl::X509_V_ERR_CA_MD_TOO_WEAK => CertificateProblem::OldSignature,
        _ => CertificateProblem::Unverifiable,
    }
}

/// What the server has shown. All its words are a stranger's.
fn certificate(ssl: &SslRef, problems: &Problems) -> Result<Certificate, Failed> {
    let shown =
        ssl.peer_certificate().ok_or_else(|| Failed::Tls { detail: "it has shown no certificate".to_owned() })?;
    let mut problems = std::mem::take(&mut *problems.lock());
    if has_old_signature(&shown) {
        problems.insert(CertificateProblem::OldSignature);
    }
    let certificate = Certificate {
        subject: distinguished_name(shown.subject_name()),
        names: names(&shown),
        issuer: distinguished_name(shown.issuer_name()),
        not_before: seconds(shown.not_before()),
        not_after: seconds(shown.not_after()),
        sha256: fingerprint(&shown.digest(MessageDigest::sha256())?),
        key_sha256: fingerprint(&openssl::sha::sha256(&shown.public_key()?.public_key_to_der()?)),
        problems: problems.into_iter().collect(),
    };
    // Where the certificate is malformed, OpenSSL has left complaints with this thread, and would take them for the outcome
    // of the next read on it.
    drop(ErrorStack::get());
    Ok(certificate)
}

/// Whether the certificate's signature has a hash that is broken today. OpenSSL does not look at a signature by its own
/// key, which proves nothing, with any hash; but it is a mark of a certificate that should be made anew.
fn has_old_signature(certificate: &X509Ref) -> bool {
    let algorithm = certificate.signature_algorithm().object().nid().signature_algorithms();
    algorithm.is_some_and(|algorithm| matches!(algorithm.digest, Nid::SHA1 | Nid::MD5 | Nid::MD4 | Nid::MD2))
}

/// The names that it is for; those of its subject where it has no others (RFC 6125, section 6.4.4).
fn names(certificate: &X509Ref) -> Vec<String> {
    let alternative = certificate.subject_alt_names();
    let mut names: Vec<_> = alternative.iter().flatten().filter_map(name).take(MAX_NAMES).collect();
    if names.is_empty() {
        let common = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
        names.extend(common.take(MAX_NAMES).map(|entry| words(entry.data())));
    }
    names
}

fn name(name: &GeneralNameRef) -> Option<String> {
    let address = |bytes: &[u8]| match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    };
    let dns = name.dnsname().map(visible);
    dns.or_else(|| name.ipaddress().and_then(address).map(|address| address.to_string()))
}

/// Such as `CN=studio, O=Example`, in the certificate's order.
fn distinguished_name(name: &X509NameRef) -> String {
    let entries = name.entries().take(MAX_NAMES).map(|entry| {
        let kind = match entry.object().nid() {
            Nid::UNDEF => entry.object().to_string(),
            known => known.short_name().unwrap_or_default().to_owned(),
        };
        format!("{kind}={}", words(entry.data()))
    });
    sanitize(entries.collect::<Vec<_>>().join(", ").as_bytes())
}

fn words(text: &Asn1StringRef) -> String {
    text.to_string().map_or_else(|_| sanitize(text.as_slice()), |text| visible(&text))
}

/// [`clean`] ends at the first NUL, behind which a name may go on (`bank.example\0.evil.example`).
fn visible(text: &str) -> String {
    sanitize(text.replace('\0', "\u{fffd}").as_bytes())
}

fn seconds(time: &Asn1TimeRef) -> i64 {
    let since = Asn1Time::from_unix(0).and_then(|epoch| epoch.diff(time));
    // What is no time is told as a problem already.
    since.map_or(0, |since| i64::from(since.days) * 24 * 60 * 60 + i64::from(since.secs))
}

// ---- authorities

/// Those of the system, and those of the host's own file.
fn authorities(ca_file: &str) -> Result<X509Store, Failed> {
    let own = match ca_file {
        "" => Vec::new(),
        path => authorities_in(path).map_err(|detail| Failed::CaFile { detail })?,
    };
    let mut store = X509StoreBuilder::new()?;
    for authority in SYSTEM.get_or_init(system_authorities).iter().chain(&own) {
        store.add_cert(authority.clone())?;
    }
    Ok(store.build())
}

fn authorities_in(path: &str) -> Result<Vec<X509>, String> {
    let about = fs::metadata(path).map_err(|cause| cause.to_string())?;
    if !about.is_file() {
        return Err("it is not a file".to_owned());
    }
    if about.len() > MAX_CA_FILE {
        return Err(format!("it has more than {} MiB", MAX_CA_FILE >> 20));
    }
    let text = fs::read(path).map_err(|cause| cause.to_string())?;
    match X509::stack_from_pem(&text) {
        Ok(authorities) if authorities.is_empty() => Err("it has no certificate in PEM form".to_owned()),
        Ok(authorities) => Ok(authorities),
        Err(errors) => Err(format!("a certificate in it cannot be read: {}", reasons(&errors))),
    }
}

/// The system's bundle, or what `SSL_CERT_FILE` names. Linux and the BSDs have one; macOS and Windows have stores of their
/// own, which are not asked. Without one nobody vouches for anybody, and each new key is asked about once.
fn system_authorities() -> Vec<X509> {
    let Some(bundle) = openssl_probe::probe().cert_file else {
        tracing::info!("the system has no file of certificate authorities");
        return Vec::new();
    };
    match bundle.to_str().ok_or_else(|| "its name is not Unicode".to_owned()).and_then(authorities_in) {
        Ok(authorities) => authorities,
        Err(detail) => {
            tracing::warn!(file = %bundle.display(), detail, "the system's certificate authorities cannot be used");
            Vec::new()
        }
    }
}

/// Read once: parsing them takes longer than all else here together.
static SYSTEM: OnceLock<Vec<X509>> = OnceLock::new();
/// Debian's bundle has a quarter of one.
const MAX_CA_FILE: u64 = 8 << 20;
/// As many names as anybody would read.
const MAX_NAMES: usize = 16;

#[cfg(test)]
mod tests;
