//! The client's side of the handshake, for the two kinds that VNC has: with certificates, and anonymous.

use super::{
    Failed, Peer, Refusal, Setup, Tls, alert,
    certificate::{Problems, certificate, problem},
    client::{Asked, Unconfirmed},
    is_end, old, reasons, roots,
};
use openssl::{
    error::ErrorStack,
    ssl::{self, Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslVerifyMode, SslVersion},
    x509::{
        X509VerifyResult,
        store::X509Store,
        verify::{X509CheckFlags, X509VerifyFlags},
    },
};
use rfb::{Stream, TlsKind};
use std::{
    future::poll_fn,
    io::{self, ErrorKind},
    pin::Pin,
    sync::Arc,
    task::Poll,
};
use tokio::{
    io::{AsyncRead, ReadBuf},
    task::spawn_blocking,
};
use tokio_openssl::SslStream;

/// Brings up TLS. A certificate is never refused here: what is wrong with it is returned, and the user decides before
/// anything secret is sent. That the server has the certificate's key is always checked.
///
/// Where the server does not accept the client's certificate, the stream may end with [`Refusal`].
pub(crate) async fn upgrade(mut stream: Stream, kind: TlsKind, peer: &Peer, setup: Setup<'_>) -> Result<Tls, Failed> {
    nothing_early(&mut stream).await?;
    let (problems, asked) = (Problems::default(), Asked::default());
    let ssl = match kind {
        TlsKind::Anonymous => anonymous(setup.accept_old)?,
        TlsKind::X509 => {
            let ca_file = setup.ca_file.to_owned();
            let authorities = spawn_blocking(move || roots::store(&ca_file)).await.map_err(io::Error::other)??;
            x509(authorities, peer, &problems, setup, &asked)?
        }
    };
    let mut stream = SslStream::new(ssl, stream)?;
    let refusal = |alert| asked.get().then_some(Refusal { shown: setup.certificate.is_some(), alert });
    if let Err(error) = Pin::new(&mut stream).connect().await {
        let refusal = is_end(&error).then(|| refusal(error.ssl_error().and_then(alert))).flatten();
        return Err(refusal.map_or_else(|| explain(error, kind, setup.accept_old), Failed::Client));
    }
    let ssl = stream.ssl();
    let cipher = ssl.current_cipher().map_or("", |cipher| cipher.name());
    let description = format!("{} {cipher}", ssl.version_str());
    let old = old::of(ssl);
    let certificate = match kind {
        TlsKind::Anonymous => None,
        TlsKind::X509 => Some(certificate(ssl, &problems)?),
    };
    let stream = Box::new(Unconfirmed::new(stream, refusal(None)));
    Ok(Tls { stream, certificate, description, asked_for_ours: asked.get(), old })
}

/// Fails with [`Failed::Early`] where bytes are there already. The client speaks first in TLS, so they are not the
/// server's answer, and would be read as if they were.
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

/// Names what the server is too old for, or the version where there is no common one.
fn explain(error: ssl::Error, kind: TlsKind, accept_old: bool) -> Failed {
    let Some(errors) = error.ssl_error() else { return error.into() };
    if let Some(failure) = old::failure(errors, kind, accept_old) {
        return failure;
    }
    let has_no_version = errors.errors().iter().any(|error| error.reason_code() == old::ALERT_PROTOCOL_VERSION);
    match kind {
        TlsKind::Anonymous if has_no_version => {
            let detail = format!("it speaks only TLS 1.3, which has no anonymous suites ({})", reasons(errors));
            Failed::Tls { detail }
        }
        _ => error.into(),
    }
}

/// Anonymous suites, TLS 1.2 or older: TLS 1.3 has none. They need OpenSSL's security level 0, so this context alone has
/// it; keys that protect nothing (512 bits) are refused at that level, too.
fn anonymous(accept_old: bool) -> Result<Ssl, ErrorStack> {
    let mut context = context()?;
    old::set_oldest(&mut context, accept_old)?;
    context.set_max_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_cipher_list("aNULL:!eNULL:@SECLEVEL=0")?;
    context.set_verify(SslVerifyMode::NONE);
    Ssl::new(&context.build())
}

/// TLS with a certificate. What is wrong with it is collected in `problems`: OpenSSL goes on after each.
fn x509(
    authorities: X509Store,
    peer: &Peer,
    problems: &Problems,
    setup: Setup<'_>,
    asked: &Asked,
) -> Result<Ssl, ErrorStack> {
    let mut context = context()?;
    asked.watch(&mut context)?;
    old::set_oldest(&mut context, setup.accept_old)?;
    context.set_cipher_list(match setup.accept_old {
        true => "DEFAULT:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0",
        false => "DEFAULT:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=1",
    })?;
    context.set_cert_store(authorities);
    if let Some(certificate) = setup.certificate {
        certificate.use_for(&mut context)?;
    }
    let found = Arc::clone(problems);
    context.set_verify_callback(SslVerifyMode::PEER, move |fine, certificates| {
        if !fine {
            found.lock().insert(problem(certificates.error()));
            // Otherwise OpenSSL might report this one again in place of the next.
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
    // Keys and hashes of certificates are measured at level 2 (112 bits), which the connection itself does not need.
    checks.set_auth_level(2);
    // An authority in the user's own file need not be a root.
    checks.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
    checks.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
    match peer {
        Peer::Name(name) => checks.set_host(without_root(name))?,
        Peer::Ip(address) => checks.set_ip(*address)?,
        Peer::Local => {}
    }
    Ok(ssl)
}

pub(super) fn context() -> Result<SslContextBuilder, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    // No renegotiation: the certificate is checked once, after the first handshake; a renegotiation could show another.
    context.set_options(SslOptions::NO_RENEGOTIATION);
    // Releases the two 16 KiB record buffers while a session is idle.
    context.set_mode(SslMode::RELEASE_BUFFERS);
    Ok(context)
}

/// `name` without the dot that may end it: neither SNI
/// ([RFC 6066, section 3](https://www.rfc-editor.org/rfc/rfc6066#section-3)) nor certificates have it.
fn without_root(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}
