//! Sites of the tests' own on loopback.

use openssl::{
    asn1::Asn1Time,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::PKey,
    ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslVerifyMode, SslVersion},
    x509::{X509, X509Name},
};
use std::pin::Pin;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::{TcpListener, TcpStream},
};
use tokio_openssl::SslStream;

/// A site with one certificate, which no authority vouches for.
pub(crate) fn tls_site() -> SslContext {
    tls_site_that(SslVerifyMode::NONE)
}

/// The same, asking for a certificate of ours or not.
pub(crate) fn tls_site_that(asks: SslVerifyMode) -> SslContext {
    let mut site = site();
    site.set_verify(asks);
    site.build()
}

/// The same, of an age: `newest` is the newest version that it speaks.
pub(crate) fn old_site(newest: SslVersion) -> SslContext {
    let mut site = site();
    site.set_min_proto_version(None).unwrap();
    site.set_max_proto_version(Some(newest)).unwrap();
    site.set_cipher_list("DEFAULT:@SECLEVEL=0").unwrap();
    site.build()
}

fn site() -> SslContextBuilder {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "site").unwrap();
    let name = name.build();
    let mut certificate = X509::builder().unwrap();
    certificate.set_version(2).unwrap();
    certificate.set_subject_name(&name).unwrap();
    certificate.set_issuer_name(&name).unwrap();
    certificate.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    certificate.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    certificate.set_pubkey(&key).unwrap();
    certificate.sign(&key, MessageDigest::sha256()).unwrap();
    let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
    context.set_certificate(&certificate.build()).unwrap();
    context.set_private_key(&key).unwrap();
    context
}

/// The next connection, within TLS.
pub(crate) async fn accept(listener: &TcpListener, context: &SslContext) -> SslStream<TcpStream> {
    try_accept(listener, context).await.unwrap()
}

/// The same, of a client that may have seen enough of the certificate.
pub(crate) async fn try_accept(listener: &TcpListener, context: &SslContext) -> Option<SslStream<TcpStream>> {
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = SslStream::new(Ssl::new(context).unwrap(), stream).unwrap();
    Pin::new(&mut stream).accept().await.ok()?;
    Some(stream)
}

/// The head of a request.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    try_read_request(stream).await.unwrap()
}

/// The same, of a client that may hang up before.
pub(crate) async fn try_read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(request).ok()
}
