//! TLS over any stream, by OpenSSL: VNC servers have anonymous suites and old certificates, which others refuse.

use crate::trust::{Certificate, CertificateProblem, fingerprint};
use openssl::{
    asn1::{Asn1Time, Asn1TimeRef},
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    pkey::Id,
    ssl::{self, ErrorCode, Ssl, SslContext, SslMethod, SslOptions, SslVerifyMode, SslVersion},
    x509::{X509, X509NameRef, X509Ref, X509VerifyResult, store::X509StoreBuilder},
};
use rfb::{Stream, TlsKind};
use std::{
    fs,
    future::poll_fn,
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    pin::Pin,
    sync::{Arc, Mutex, OnceLock},
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
    /// A DNS name: sent to the server, and looked for in its certificate.
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

impl From<ErrorStack> for Failed {
    fn from(cause: ErrorStack) -> Self {
        Self::Tls { detail: words(&cause) }
    }
}

/// Brings up TLS. The certificate is looked at, never refused: that is for the person to decide, before anything
/// secret is sent. Whether the server has the certificate's key is always checked.
pub(crate) async fn upgrade(mut stream: Stream, kind: TlsKind, peer: &Peer, ca_file: &str) -> Result<Tls, Failed> {
    nothing_early(&mut stream).await?;
    let problems = Arc::new(Mutex::new(Vec::new()));
    let ssl = match kind {
        TlsKind::Anonymous => {
            let context = anonymous()?;
            Ssl::new(&context)?
        }
        TlsKind::X509 => {
            let authorities = authorities(ca_file).await?;
            let context = with_certificates(&authorities)?;
            let mut ssl = Ssl::new(&context)?;
            match peer {
                Peer::Name(name) => {
                    ssl.set_hostname(name)?;
                    ssl.param_mut().set_host(name)?;
                }
                Peer::Ip(ip) => ssl.param_mut().set_ip(*ip)?,
                Peer::Local => {}
            }
            let found = Arc::clone(&problems);
            ssl.set_verify_callback(SslVerifyMode::PEER, move |fine, chain| {
                if !fine {
                    crate::lock(&found).push(problem(chain.error()));
                }
                true
            });
            ssl
        }
    };
    let mut tls = SslStream::new(ssl, stream)?;
    Pin::new(&mut tls).connect().await.map_err(explain)?;
    let ssl = tls.ssl();
    let cipher = ssl.current_cipher().map(|cipher| cipher.name()).unwrap_or_default();
    let description = format!("{} {cipher}", ssl.version_str());
    let certificate = match (kind, ssl.peer_certificate()) {
        (TlsKind::Anonymous, _) => None,
        (TlsKind::X509, Some(shown)) => Some(read(&shown, crate::lock(&problems).clone())?),
        // A suite without certificates, where one was agreed on.
        (TlsKind::X509, None) => return Err(Failed::Tls { detail: "the server showed no certificate".to_owned() }),
    };
    Ok(Tls { stream: Box::new(tls), certificate, description })
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

/// Anonymous suites, which OpenSSL has on its lowest security level only. There is no certificate to be weak.
fn anonymous() -> Result<SslContext, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    // TLS 1.3 has none.
    context.set_max_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_cipher_list("aNULL:!eNULL:@SECLEVEL=0")?;
    context.set_verify(SslVerifyMode::NONE);
    context.set_options(SslOptions::IGNORE_UNEXPECTED_EOF);
    Ok(context.build())
}

fn with_certificates(authorities: &[X509]) -> Result<SslContext, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_security_level(1);
    // VNC servers close without the goodbye that TLS has for it.
    context.set_options(SslOptions::IGNORE_UNEXPECTED_EOF);
    let mut store = X509StoreBuilder::new()?;
    for authority in authorities {
        store.add_cert(authority.clone())?;
    }
    context.set_cert_store(store.build());
    Ok(context.build())
}

/// The system's authorities, and the host's own. Reading some hundred certificates takes a while, the first time.
async fn authorities(ca_file: &str) -> Result<Vec<X509>, Failed> {
    static SYSTEM: OnceLock<Vec<X509>> = OnceLock::new();
    let ca_file = ca_file.to_owned();
    let load = move || {
        let mut authorities = SYSTEM.get_or_init(of_this_system).clone();
        if !ca_file.is_empty() {
            authorities.extend(of_file(&ca_file)?);
        }
        Ok(authorities)
    };
    spawn_blocking(load).await.map_err(|cause| Failed::Tls { detail: cause.to_string() })?
}

/// Linux and the BSDs have them in files that are found here; elsewhere there are none, and a person is asked.
fn of_this_system() -> Vec<X509> {
    let file = openssl_probe::probe().cert_file;
    let text = file.and_then(|file| fs::read(file).ok()).unwrap_or_default();
    X509::stack_from_pem(&text).unwrap_or_default()
}

fn of_file(path: &str) -> Result<Vec<X509>, Failed> {
    let unusable = |detail: String| Failed::CaFile { detail };
    let text = fs::read(path).map_err(|cause| unusable(cause.to_string()))?;
    let authorities = X509::stack_from_pem(&text).map_err(|cause| unusable(words(&cause)))?;
    if authorities.is_empty() {
        return Err(unusable("there is no certificate in it (PEM, \"BEGIN CERTIFICATE\")".to_owned()));
    }
    Ok(authorities)
}

fn problem(result: X509VerifyResult) -> CertificateProblem {
    use CertificateProblem::*;
    // OpenSSL's X509_V_ERR_ numbers, which do not change.
    match result.as_raw() {
        18 => SelfSigned,
        2 | 19..=21 | 27 | 79 => UnknownIssuer,
        9 => NotYetValid,
        10 => Expired,
        62 | 64 => WrongName,
        66 | 67 => WeakKey,
        68 => OldSignature,
        _ => Unverifiable,
    }
}

/// What a certificate says. Its words are a stranger's.
fn read(shown: &X509Ref, mut problems: Vec<CertificateProblem>) -> Result<Certificate, ErrorStack> {
    let key = shown.public_key()?;
    // OpenSSL's first level takes these, and we connect; but nobody should be told that all is well.
    if key.id() == Id::RSA && key.bits() < 2048 {
        problems.push(CertificateProblem::WeakKey);
    }
    if matches!(
        shown.signature_algorithm().object().nid(),
        Nid::SHA1WITHRSAENCRYPTION | Nid::MD5WITHRSAENCRYPTION | Nid::ECDSA_WITH_SHA1 | Nid::DSAWITHSHA1
    ) {
        problems.push(CertificateProblem::OldSignature);
    }
    problems.sort_unstable();
    problems.dedup();
    let names = shown.subject_alt_names().into_iter().flatten();
    let names = names.filter_map(|name| match (name.dnsname(), name.ipaddress()) {
        (Some(name), _) => Some(rfb::clean(name.as_bytes())),
        (None, Some(bytes)) => ip(bytes).map(|ip| ip.to_string()),
        (None, None) => None,
    });
    Ok(Certificate {
        subject: name(shown.subject_name()),
        names: names.take(MAX_NAMES).collect(),
        issuer: name(shown.issuer_name()),
        not_before: seconds(shown.not_before())?,
        not_after: seconds(shown.not_after())?,
        sha256: colons(&shown.digest(MessageDigest::sha256())?),
        key_sha256: fingerprint(&key.public_key_to_der()?),
        problems,
    })
}

fn colons(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// `CN=box, O=Lab`, in the certificate's order.
fn name(name: &X509NameRef) -> String {
    let parts = name.entries().take(MAX_NAMES).map(|entry| {
        let key = entry.object().nid().short_name().unwrap_or("?");
        format!("{key}={}", rfb::clean(entry.data().as_slice()))
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).into());
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).into())).ok()
}

/// Since 1970.
fn seconds(time: &Asn1TimeRef) -> Result<i64, ErrorStack> {
    let passed = Asn1Time::from_unix(0)?.diff(time)?;
    Ok(i64::from(passed.days) * 86_400 + i64::from(passed.secs))
}

fn explain(cause: ssl::Error) -> Failed {
    if let Some(stack) = cause.ssl_error() {
        // What OpenSSL 3 calls a close without a goodbye.
        return match stack.errors().iter().any(|error| error.reason().is_some_and(|r| r.contains("unexpected eof"))) {
            true => Failed::Io(ErrorKind::UnexpectedEof.into()),
            false => Failed::Tls { detail: words(stack) },
        };
    }
    match (cause.code(), cause.into_io_error()) {
        (_, Ok(cause)) => Failed::Io(cause),
        (ErrorCode::SYSCALL | ErrorCode::ZERO_RETURN, Err(_)) => Failed::Io(ErrorKind::UnexpectedEof.into()),
        (_, Err(cause)) => Failed::Tls { detail: cause.to_string() },
    }
}

/// One line.
fn words(stack: &ErrorStack) -> String {
    let reasons: Vec<_> = stack.errors().iter().filter_map(|error| error.reason()).collect();
    if reasons.is_empty() { stack.to_string() } else { reasons.join(", ") }
}

/// A certificate may have thousands; nobody reads them.
const MAX_NAMES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use CertificateProblem::*;
    use openssl::{
        asn1::{Asn1Integer, Asn1Time},
        bn::BigNum,
        dh::Dh,
        ec::{EcGroup, EcKey},
        pkey::{PKey, Private},
        rsa::Rsa,
        ssl::SslContextBuilder,
        x509::{
            X509NameBuilder,
            extension::{BasicConstraints, SubjectAlternativeName},
        },
    };
    use std::io::Write;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    #[derive(Clone)]
    struct Identity {
        key: PKey<Private>,
        certificate: X509,
    }

    /// What a certificate is like; the default is self-signed, for `box.example`, valid today.
    #[derive(Clone)]
    struct Wish {
        key: PKey<Private>,
        names: Vec<&'static str>,
        /// Days from now.
        valid: (i64, i64),
        version: i32,
        digest: Option<MessageDigest>,
        authority: bool,
    }

    fn p256() -> PKey<Private> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
    }

    fn rsa(bits: u32) -> PKey<Private> {
        PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
    }

    fn wish() -> Wish {
        let digest = Some(MessageDigest::sha256());
        Wish { key: p256(), names: vec!["box.example"], valid: (-1, 30), version: 2, digest, authority: false }
    }

    impl Wish {
        fn made(self) -> Identity {
            self.signed(None)
        }

        fn signed(self, by: Option<&Identity>) -> Identity {
            let mut name = X509NameBuilder::new().unwrap();
            name.append_entry_by_text("CN", self.names.first().unwrap_or(&"box")).unwrap();
            let name = name.build();
            let day = |days: i64| {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
                Asn1Time::from_unix(now + days * 86_400).unwrap()
            };
            let mut builder = X509::builder().unwrap();
            builder.set_version(self.version).unwrap();
            builder.set_serial_number(&Asn1Integer::from_bn(&BigNum::from_u32(7).unwrap()).unwrap()).unwrap();
            builder.set_subject_name(&name).unwrap();
            builder.set_issuer_name(by.map_or(&name, |by| by.certificate.subject_name())).unwrap();
            builder.set_not_before(&day(self.valid.0)).unwrap();
            builder.set_not_after(&day(self.valid.1)).unwrap();
            builder.set_pubkey(&self.key).unwrap();
            if self.version == 2 {
                let mut names = SubjectAlternativeName::new();
                for name in &self.names {
                    if name.parse::<IpAddr>().is_ok() {
                        names.ip(name)
                    } else {
                        names.dns(name)
                    };
                }
                let names = names.build(&builder.x509v3_context(None, None)).unwrap();
                builder.append_extension(names).unwrap();
                if self.authority {
                    builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
                }
            }
            let digest = self.digest.unwrap_or_else(MessageDigest::null);
            builder.sign(by.map_or(&self.key, |by| &by.key), digest).unwrap();
            Identity { key: self.key, certificate: builder.build() }
        }
    }

    fn server(identity: &Identity) -> SslContextBuilder {
        let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
        // Real servers have certificates that this level would refuse.
        context.set_security_level(0);
        context.set_private_key(&identity.key).unwrap();
        context.set_certificate(&identity.certificate).unwrap();
        context
    }

    fn anonymous_server() -> SslContextBuilder {
        let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
        context.set_cipher_list("aNULL:@SECLEVEL=0").unwrap();
        context.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        context.set_tmp_dh(&Dh::get_2048_256().unwrap()).unwrap();
        context
    }

    /// Speaks TLS as the server, answers "ping" with "pong", and goes without a goodbye.
    async fn serve(context: SslContextBuilder, stream: DuplexStream) {
        let mut tls = SslStream::new(Ssl::new(&context.build()).unwrap(), stream).unwrap();
        if Pin::new(&mut tls).accept().await.is_ok() {
            let mut ping = [0; 4];
            if tls.read_exact(&mut ping).await.is_ok() {
                tls.write_all(b"pong").await.unwrap();
            }
        }
    }

    async fn try_with(context: SslContextBuilder, kind: TlsKind, peer: &Peer, ca_file: &str) -> Result<Tls, Failed> {
        let (near, far) = duplex(1 << 16);
        let there = tokio::spawn(serve(context, far));
        let mut tls = upgrade(Box::new(near), kind, peer, ca_file).await?;
        tls.stream.write_all(b"ping").await.unwrap();
        let mut pong = Vec::new();
        tls.stream.read_to_end(&mut pong).await.expect("no goodbye is needed");
        assert_eq!(pong, b"pong");
        there.await.unwrap();
        Ok(tls)
    }

    fn named(name: &str) -> Peer {
        name.parse().map_or_else(|_| Peer::Name(name.to_owned()), Peer::Ip)
    }

    async fn problems(identity: &Identity, peer: &str, ca_file: &str) -> Vec<CertificateProblem> {
        let tls = try_with(server(identity), TlsKind::X509, &named(peer), ca_file).await;
        tls.unwrap_or_else(|failed| panic!("{failed:?}")).certificate.unwrap().problems
    }

    fn pem(certificates: &[&Identity]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for identity in certificates {
            file.write_all(&identity.certificate.to_pem().unwrap()).unwrap();
        }
        file
    }

    fn path(file: &tempfile::NamedTempFile) -> &str {
        file.path().to_str().unwrap()
    }

    #[tokio::test]
    async fn what_is_wrong_is_told_exactly() {
        let one = |wish: Wish| wish.made();
        for (identity, expected) in [
            (one(wish()), vec![SelfSigned]),
            (one(Wish { key: rsa(2048), ..wish() }), vec![SelfSigned]),
            (one(Wish { key: PKey::generate_ed25519().unwrap(), digest: None, ..wish() }), vec![SelfSigned]),
            (one(Wish { valid: (-30, -1), ..wish() }), vec![SelfSigned, Expired]),
            (one(Wish { valid: (1, 30), ..wish() }), vec![SelfSigned, NotYetValid]),
            (one(Wish { names: vec!["other.example"], ..wish() }), vec![SelfSigned, WrongName]),
            (one(Wish { version: 0, ..wish() }), vec![SelfSigned]),
            (one(Wish { key: rsa(1024), ..wish() }), vec![SelfSigned, WeakKey]),
            (one(Wish { digest: Some(MessageDigest::sha1()), ..wish() }), vec![SelfSigned, OldSignature]),
        ] {
            assert_eq!(problems(&identity, "box.example", "").await, expected);
        }
    }

    #[tokio::test]
    async fn an_authority_of_the_hosts_own_vouches() {
        let authority = Wish { names: vec!["Lab CA"], authority: true, ..wish() }.made();
        let file = pem(&[&authority]);
        let signed = |wish: Wish| wish.signed(Some(&authority));
        let fine = signed(wish());
        assert_eq!(problems(&fine, "box.example", path(&file)).await, []);
        assert_eq!(problems(&fine, "box.example", "").await, [UnknownIssuer]);
        assert_eq!(problems(&fine, "other.example", path(&file)).await, [WrongName]);
        assert_eq!(problems(&signed(Wish { valid: (-9, -1), ..wish() }), "box.example", path(&file)).await, [Expired]);
        let by_address = signed(Wish { names: vec!["192.168.1.20", "fe80::1"], ..wish() });
        for address in ["192.168.1.20", "fe80::1"] {
            assert_eq!(problems(&by_address, address, path(&file)).await, [], "{address}");
        }
        assert_eq!(problems(&by_address, "192.168.1.21", path(&file)).await, [WrongName]);
        let wildcard = signed(Wish { names: vec!["*.lab.example"], ..wish() });
        assert_eq!(problems(&wildcard, "box.lab.example", path(&file)).await, []);
        assert_eq!(problems(&wildcard, "a.box.lab.example", path(&file)).await, [WrongName]);
        // Nobody can name a socket.
        let tls = try_with(server(&fine), TlsKind::X509, &Peer::Local, path(&file)).await.unwrap();
        assert_eq!(tls.certificate.unwrap().problems, []);
    }

    #[tokio::test]
    async fn what_a_server_shows_becomes_no_authority() {
        // It says of itself that it may sign others; and this one it has signed.
        let accepted = Wish { authority: true, names: vec!["ca.example"], ..wish() }.made();
        assert_eq!(problems(&accepted, "ca.example", "").await, [SelfSigned]);
        let other = wish().signed(Some(&accepted));
        assert_eq!(problems(&other, "box.example", "").await, [UnknownIssuer]);
    }

    #[tokio::test]
    async fn a_certificate_is_described_with_clean_words() {
        let names = vec!["box.example", "evil\u{202e}\u{7}.example", "10.0.0.1"];
        let identity = Wish { names, key: rsa(2048), ..wish() }.made();
        let tls = try_with(server(&identity), TlsKind::X509, &named("box.example"), "").await.unwrap();
        let shown = tls.certificate.unwrap();
        assert_eq!((shown.subject.as_str(), shown.issuer.as_str()), ("CN=box.example", "CN=box.example"));
        assert_eq!(shown.names[0], "box.example");
        assert!(shown.names.iter().all(|name| name.chars().all(|c| c.is_ascii_graphic())), "{:?}", shown.names);
        assert_eq!(shown.not_after - shown.not_before, 31 * 86_400);
        let spki = identity.key.public_key_to_der().unwrap();
        assert_eq!(shown.key_sha256, fingerprint(&spki));
        assert_eq!(shown.sha256, fingerprint(&identity.certificate.to_der().unwrap()));
        assert!(tls.description.starts_with("TLSv1.3 TLS_"), "{}", tls.description);
    }

    #[tokio::test]
    async fn anonymous_suites_and_no_others() {
        let tls = try_with(anonymous_server(), TlsKind::Anonymous, &named("box"), "").await.unwrap();
        assert_eq!(tls.certificate, None);
        assert!(tls.description.starts_with("TLSv1.2 A"), "{}", tls.description);
        let with_certificate = try_with(server(&wish().made()), TlsKind::Anonymous, &named("box"), "").await;
        assert!(matches!(with_certificate, Err(Failed::Tls { .. })));
        let without = try_with(anonymous_server(), TlsKind::X509, &named("box"), "").await;
        assert!(matches!(without, Err(Failed::Tls { .. })), "no anonymous server where a certificate was agreed on");
    }

    #[tokio::test]
    async fn old_tls_is_refused_with_the_reason() {
        let mut old = server(&Wish { key: rsa(2048), ..wish() }.made());
        old.set_min_proto_version(Some(SslVersion::TLS1)).unwrap();
        old.set_max_proto_version(Some(SslVersion::TLS1)).unwrap();
        match try_with(old, TlsKind::X509, &named("box"), "").await {
            Err(Failed::Tls { detail }) => assert!(detail.contains("version"), "{detail}"),
            other => panic!("{:?}", other.err()),
        }
    }

    #[tokio::test]
    async fn files_without_authorities_are_told() {
        let empty = pem(&[]);
        let nonsense = tempfile::NamedTempFile::new().unwrap();
        fs::write(nonsense.path(), "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n").unwrap();
        for file in [path(&empty), path(&nonsense), "/no/such/file"] {
            let failed = try_with(server(&wish().made()), TlsKind::X509, &named("box"), file).await;
            assert!(matches!(failed, Err(Failed::CaFile { .. })), "{file}");
        }
    }

    /// A server that sends this once it has heard the viewer's hello, then goes or stays.
    async fn against(answer: &[u8], stays: bool) -> Failed {
        let (near, mut far) = duplex(1 << 16);
        let there = async {
            far.read_exact(&mut [0; 5]).await.unwrap();
            far.write_all(answer).await.unwrap();
            if stays { Some(far) } else { None }
        };
        let here = upgrade(Box::new(near), TlsKind::X509, &Peer::Local, "");
        let (failed, _kept) = tokio::join!(here, there);
        failed.err().expect("no TLS")
    }

    #[tokio::test]
    async fn other_ends_are_told_apart() {
        match against(b"\x15\x03\x03\0\x02\x02\x28", true).await {
            Failed::Tls { detail } => assert!(detail.contains("handshake failure"), "{detail}"),
            other => panic!("{other:?}"),
        }
        assert!(matches!(against(b"HTTP/1.1 400 Bad Request\r\n\r\n", true).await, Failed::Tls { .. }));
        match against(b"", false).await {
            Failed::Io(cause) => assert_eq!(cause.kind(), ErrorKind::UnexpectedEof),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_hangs_is_a_matter_of_time() {
        let (near, _far) = duplex(1 << 16);
        let patient = crate::transport::Patient::new(near);
        patient.limit().set(std::time::Duration::from_secs(15));
        match upgrade(Box::new(patient), TlsKind::Anonymous, &Peer::Local, "").await.err() {
            Some(Failed::Io(cause)) => assert_eq!(cause.kind(), ErrorKind::TimedOut),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn what_comes_before_tls_is_not_taken_for_it() {
        let (near, mut far) = duplex(1 << 16);
        far.write_all(b"RFB").await.unwrap();
        let failed = upgrade(Box::new(near), TlsKind::Anonymous, &Peer::Local, "").await;
        assert!(matches!(failed, Err(Failed::Early)));
        let (near, far) = duplex(1 << 16);
        drop(far);
        let failed = upgrade(Box::new(near), TlsKind::Anonymous, &Peer::Local, "").await;
        assert!(matches!(failed, Err(Failed::Io(_))));
    }
}
