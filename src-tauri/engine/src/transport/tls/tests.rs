//! Against servers by OpenSSL at the other end of a pipe, with certificates that are made here.

mod client;

use super::{
    certificate::{MAX_NAMES, visible},
    connect::context,
    roots::{MAX_CA_FILE, system},
    *,
};
use crate::{
    error::ConnectError,
    model::{CertificateProblem, Identity, fingerprint},
    store::{Pins, Verdict},
    test_process::{CHILD_OF_TEST, again},
    transport::TimeoutStream,
};
use CertificateProblem::*;
use openssl::{
    asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time},
    bn::BigNum,
    dh::Dh,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
    ssl::{NameType, Ssl, SslContext, SslContextBuilder, SslMethod, SslVersion},
    x509::{
        X509, X509Extension, X509Name,
        extension::{BasicConstraints, SubjectAlternativeName},
    },
};
use rfb::TlsKind;
use std::{fs, path::Path, pin::Pin, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    task::JoinHandle,
};
use tokio_openssl::SslStream;

// ---- certificates

#[derive(Clone)]
struct Made {
    certificate: X509,
    key: PKey<Private>,
}

struct Plan<'a> {
    subject: &'a [(&'a str, &'a str)],
    dns: &'a [&'a str],
    ips: &'a [&'a str],
    issuer: Option<&'a Made>,
    authority: bool,
    /// Days from today.
    valid: (i64, i64),
    version: i32,
    key: PKey<Private>,
    hash: MessageDigest,
    extension: Option<X509Extension>,
}

/// A self-signed certificate of today, without names.
fn plan() -> Plan<'static> {
    Plan {
        subject: &[("CN", "studio")],
        dns: &[],
        ips: &[],
        issuer: None,
        authority: false,
        valid: (-1, 30),
        version: 3,
        key: p256(),
        hash: MessageDigest::sha256(),
        extension: None,
    }
}

fn p256() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

fn in_days(days: i64) -> Asn1Time {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    Asn1Time::from_unix(i64::try_from(now).unwrap() + days * 86400).unwrap()
}

impl Plan<'_> {
    fn make(self) -> Made {
        let mut subject = X509Name::builder().unwrap();
        for (kind, words) in self.subject {
            subject.append_entry_by_text(kind, words).unwrap();
        }
        let subject = subject.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(self.version - 1).unwrap();
        let serial = BigNum::from_u32(7).unwrap();
        builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
        builder.set_subject_name(&subject).unwrap();
        builder.set_issuer_name(self.issuer.map_or(&*subject, |issuer| issuer.certificate.subject_name())).unwrap();
        builder.set_not_before(&in_days(self.valid.0)).unwrap();
        builder.set_not_after(&in_days(self.valid.1)).unwrap();
        builder.set_pubkey(&self.key).unwrap();
        if self.authority {
            builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        }
        if !self.dns.is_empty() || !self.ips.is_empty() {
            let mut names = SubjectAlternativeName::new();
            self.dns.iter().for_each(|name| {
                names.dns(name);
            });
            self.ips.iter().for_each(|ip| {
                names.ip(ip);
            });
            let names = names.build(&builder.x509v3_context(None, None)).unwrap();
            builder.append_extension(names).unwrap();
        }
        if let Some(extension) = self.extension {
            builder.append_extension(extension).unwrap();
        }
        let signing = self.issuer.map_or(&self.key, |issuer| &issuer.key);
        builder.sign(signing, self.hash).unwrap();
        Made { certificate: builder.build(), key: self.key }
    }
}

fn authority(name: &str) -> Made {
    Plan { subject: &[("CN", name)], authority: true, ..plan() }.make()
}

fn file_of(folder: &Path, certificates: &[&Made]) -> String {
    let path = folder.join("authorities.pem");
    let text: Vec<u8> = certificates.iter().flat_map(|made| made.certificate.to_pem().unwrap()).collect();
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

// ---- servers

fn server(made: &Made, chain: &[&Made]) -> SslContextBuilder {
    let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
    context.set_security_level(0);
    context.set_certificate(&made.certificate).unwrap();
    context.set_private_key(&made.key).unwrap();
    for made in chain {
        context.add_extra_chain_cert(made.certificate.clone()).unwrap();
    }
    context
}

fn anonymous_server(dh: Option<Dh<openssl::pkey::Params>>) -> SslContextBuilder {
    let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
    context.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
    match dh {
        None => context.set_cipher_list("AECDH:@SECLEVEL=0").unwrap(),
        Some(dh) => {
            context.set_cipher_list("ADH:@SECLEVEL=0").unwrap();
            context.set_tmp_dh(&dh).unwrap();
        }
    }
    context
}

/// A server that greets within TLS and then echoes until the end.
fn serve(context: SslContextBuilder) -> (Stream, JoinHandle<Result<Option<String>, ssl::Error>>) {
    let (near, far) = duplex(64 << 10);
    (Box::new(near), tokio::spawn(accept(context, far)))
}

async fn accept(context: SslContextBuilder, far: DuplexStream) -> Result<Option<String>, ssl::Error> {
    let mut stream = SslStream::new(Ssl::new(&context.build()).unwrap(), far).unwrap();
    Pin::new(&mut stream).accept().await?;
    let name = stream.ssl().servername(NameType::HOST_NAME).map(str::to_owned);
    // The client may look at the certificate only, and go.
    let _ = stream.write_all(b"hello").await;
    let mut buffer = [0; 1000];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        stream.write_all(&buffer[..length]).await.unwrap();
    }
    Ok(name)
}

fn with(ca_file: &str) -> Setup<'_> {
    Setup { ca_file, ..Setup::default() }
}

async fn look(context: SslContextBuilder, peer: &Peer, ca_file: &str) -> Certificate {
    let (near, served) = serve(context);
    let mut tls = upgrade(near, TlsKind::X509, peer, with(ca_file)).await.unwrap();
    greeted(&mut tls).await;
    let certificate = tls.certificate.take().unwrap();
    drop(tls);
    served.await.unwrap().unwrap();
    certificate
}

async fn greeted(tls: &mut Tls) {
    let mut hello = [0; 5];
    tls.stream.read_exact(&mut hello).await.unwrap();
    assert_eq!(&hello, b"hello");
}

fn named(name: &str) -> Peer {
    Peer::Name(name.to_owned())
}

fn at(address: &str) -> Peer {
    Peer::Ip(address.parse().unwrap())
}

async fn failure(near: Stream, kind: TlsKind) -> Failed {
    upgrade(near, kind, &named("studio"), Setup::default()).await.err().unwrap()
}

async fn words(near: Stream, kind: TlsKind) -> String {
    match failure(near, kind).await {
        Failed::Tls { detail } => detail,
        other => panic!("{other:?}"),
    }
}

/// What the server is too old for.
async fn too_old(near: Stream, kind: TlsKind) -> OldTls {
    match failure(near, kind).await {
        Failed::Old { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

/// Why there is no TLS with a server that answers with these bytes.
async fn answered_with(sent: &[u8], kind: TlsKind) -> Failed {
    let (near, mut far) = duplex(200_000);
    let answering = async {
        far.read_u8().await.unwrap();
        // The client may have given up by then.
        let _ = far.write_all(sent).await;
        far
    };
    tokio::join!(failure(Box::new(near), kind), answering).0
}

async fn io_kind(near: Stream, kind: TlsKind) -> ErrorKind {
    match failure(near, kind).await {
        Failed::Io(cause) => cause.kind(),
        other => panic!("{other:?}"),
    }
}

const KINDS: [TlsKind; 2] = [TlsKind::X509, TlsKind::Anonymous];

// ---- what is wrong with certificates

#[tokio::test]
async fn a_certificate_that_an_authority_vouches_for_is_for_its_names_only() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority("Our authority");
    let ca_file = file_of(folder.path(), &[&ours]);
    let signed = Plan {
        subject: &[("CN", "elsewhere.example")],
        dns: &["studio.example", "*.lab.example"],
        ips: &["192.168.1.7", "fe80::7"],
        issuer: Some(&ours),
        ..plan()
    }
    .make();
    for (peer, expected) in [
        (named("studio.example"), vec![]),
        (named("STUDIO.example."), vec![]),
        (named("box.lab.example"), vec![]),
        (at("192.168.1.7"), vec![]),
        (at("fe80::7"), vec![]),
        (Peer::Local, vec![]),
        (named("other.example"), vec![WrongName]),
        (named("a.box.lab.example"), vec![WrongName]),
        (named("lab.example"), vec![WrongName]),
        (named("elsewhere.example"), vec![WrongName]),
        (named("192.168.1.7"), vec![WrongName]),
        (at("192.168.1.8"), vec![WrongName]),
    ] {
        let certificate = look(server(&signed, &[]), &peer, &ca_file).await;
        assert_eq!(certificate.problems, expected, "{peer:?}");
        assert_eq!(certificate.names, ["studio.example", "*.lab.example", "192.168.1.7", "fe80::7"]);
        assert_eq!((&*certificate.subject, &*certificate.issuer), ("CN=elsewhere.example", "CN=Our authority"));
    }
    let unknown = look(server(&signed, &[&ours]), &named("studio.example"), "").await;
    assert_eq!(unknown.problems, [UnknownIssuer], "without the file, sending the authority along proves nothing");
}

#[tokio::test]
async fn the_common_name_counts_where_there_is_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority("Our authority");
    let ca_file = file_of(folder.path(), &[&ours]);
    let signed = Plan { subject: &[("O", "Example"), ("CN", "studio")], issuer: Some(&ours), ..plan() }.make();
    let certificate = look(server(&signed, &[]), &named("studio"), &ca_file).await;
    assert_eq!((certificate.problems, certificate.names), (vec![], vec!["studio".to_owned()]));
    assert_eq!(certificate.subject, "O=Example, CN=studio");
    assert_eq!(look(server(&signed, &[]), &named("other"), &ca_file).await.problems, [WrongName]);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority("Our authority");
    let ca_file = file_of(folder.path(), &[&ours]);
    let weak = Plan { subject: &[("CN", "Weak")], authority: true, key: rsa(1024), ..plan() }.make();
    let sha1 = MessageDigest::sha1;
    let signed = || Plan { dns: &["studio"], issuer: Some(&ours), ..plan() };
    for (case, made, expected) in [
        ("self-signed", plan().make(), vec![SelfSigned]),
        ("self-signed by an authority", Plan { authority: true, ..plan() }.make(), vec![SelfSigned]),
        ("expired", Plan { valid: (-30, -1), ..signed() }.make(), vec![Expired]),
        ("expired self", Plan { valid: (-30, -1), ..plan() }.make(), vec![SelfSigned, Expired]),
        ("future", Plan { valid: (1, 30), ..signed() }.make(), vec![NotYetValid]),
        ("v1 self", Plan { version: 1, ..plan() }.make(), vec![SelfSigned]),
        ("v1 signed", Plan { version: 1, issuer: Some(&ours), ..plan() }.make(), vec![]),
        ("RSA-1024", Plan { key: rsa(1024), ..signed() }.make(), vec![WeakKey]),
        ("RSA-1024 self", Plan { key: rsa(1024), ..plan() }.make(), vec![SelfSigned, WeakKey]),
        ("RSA-2048", Plan { key: rsa(2048), ..signed() }.make(), vec![]),
        ("SHA-1", Plan { hash: sha1(), ..signed() }.make(), vec![OldSignature]),
        ("SHA-1 self", Plan { hash: sha1(), ..plan() }.make(), vec![SelfSigned, OldSignature]),
        (
            "MD5 self",
            Plan { hash: MessageDigest::md5(), key: rsa(2048), ..plan() }.make(),
            vec![SelfSigned, OldSignature],
        ),
        ("P-256", signed().make(), vec![]),
        ("Ed25519", Plan { key: PKey::generate_ed25519().unwrap(), ..signed() }.make(), vec![]),
        ("unknown", Plan { issuer: Some(&weak), ..signed() }.make(), vec![UnknownIssuer]),
        (
            "all at once",
            Plan { issuer: Some(&weak), dns: &["x"], valid: (-3, -2), key: rsa(1024), hash: sha1(), ..plan() }.make(),
            vec![UnknownIssuer, Expired, WrongName, WeakKey, OldSignature],
        ),
    ] {
        let shown = look(server(&made, &[]), &named("studio"), &ca_file).await;
        assert_eq!(shown.problems, expected, "{case}");
        assert_eq!(shown.sha256, fingerprint(&made.certificate.digest(MessageDigest::sha256()).unwrap()), "{case}");
        let days = (shown.not_after - shown.not_before) / 86400;
        assert!(days == 31 || (1..30).contains(&days), "{case}: {shown:?}");
    }
    let ca_file = file_of(folder.path(), &[&weak]);
    let under_weak = Plan { issuer: Some(&weak), ..signed() }.make();
    assert_eq!(look(server(&under_weak, &[]), &named("studio"), &ca_file).await.problems, [WeakKey], "the issuer's");
}

#[tokio::test]
async fn a_chain_is_followed_and_its_middle_may_vouch() {
    let folder = tempfile::tempdir().unwrap();
    let (root, ours) = (authority("Root"), authority("Our authority"));
    let middle = Plan { subject: &[("CN", "Middle")], authority: true, issuer: Some(&root), ..plan() }.make();
    let leaf = Plan { dns: &["studio"], issuer: Some(&middle), ..plan() }.make();
    let problems = async |chain: &[&Made], authorities: &[&Made]| {
        look(server(&leaf, chain), &named("studio"), &file_of(folder.path(), authorities)).await.problems
    };
    assert_eq!(problems(&[&middle], &[&root]).await, []);
    assert_eq!(problems(&[], &[&root]).await, [UnknownIssuer]);
    assert_eq!(problems(&[], &[&middle]).await, []);
    assert_eq!(problems(&[], &[&leaf]).await, [], "the server's own certificate in the file");
    assert_eq!(problems(&[&middle, &root], &[&authority("Root")]).await, [UnknownIssuer], "another of the same name");

    let over =
        Plan { subject: &[("CN", "Over")], authority: true, issuer: Some(&root), valid: (-9, -1), ..plan() }.make();
    let leaf_of_over = Plan { dns: &["studio"], issuer: Some(&over), ..plan() }.make();
    for (authorities, expected) in [(vec![&root], vec![Expired]), (vec![&ours], vec![UnknownIssuer, Expired])] {
        let ca_file = file_of(folder.path(), &authorities);
        let shown = look(server(&leaf_of_over, &[&over]), &named("studio"), &ca_file).await;
        assert_eq!(shown.problems, expected, "an expired certificate in the middle");
    }

    let no_authority = Plan { subject: &[], dns: &["studio"], issuer: Some(&leaf), ..plan() }.make();
    let ca_file = file_of(folder.path(), &[&root]);
    let shown = look(server(&no_authority, &[&leaf, &middle]), &named("studio"), &ca_file).await;
    assert_eq!(shown.problems, [Unverifiable], "signed by a certificate that is no authority");
}

#[tokio::test]
async fn an_accepted_certificate_never_vouches_for_another() {
    let accepted = Plan { subject: &[("CN", "mallory")], authority: true, ..plan() }.make();
    let trust = Pins::default();
    let identity = Identity::X509(look(server(&accepted, &[]), &named("studio"), "").await);
    trust.accept("studio", &identity).await.unwrap();
    assert_eq!(trust.verdict("studio", &identity), Verdict::Trusted);

    let signed = Plan { dns: &["bank", "studio"], issuer: Some(&accepted), ..plan() }.make();
    for (name, unknown) in [("bank", true), ("studio", false)] {
        let shown = look(server(&signed, &[&accepted]), &named(name), "").await;
        assert_eq!(shown.problems, [UnknownIssuer]);
        let verdict = trust.verdict(name, &Identity::X509(shown));
        assert!(matches!((unknown, &verdict), (true, Verdict::Unknown) | (false, Verdict::Changed(_))), "{verdict:?}");
    }
}

#[tokio::test]
async fn the_key_keeps_its_fingerprint_when_its_certificate_is_renewed() {
    let first = plan().make();
    let second = Plan { key: first.key.clone(), valid: (-1, 90), dns: &["studio"], ..plan() }.make();
    let (first, second) =
        (look(server(&first, &[]), &named("studio"), "").await, look(server(&second, &[]), &named("studio"), "").await);
    assert_eq!(first.key_sha256, second.key_sha256);
    assert_ne!(first.sha256, second.sha256);
    assert_eq!(first.key_sha256.len(), 32 * 3 - 1);
}

#[tokio::test]
async fn a_certificates_words_are_made_fit_to_be_shown() {
    let many: Vec<String> = (0..500).map(|number| format!("host-{number}.example")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let hostile = Plan {
        subject: &[("CN", "safe\u{202e}gnp.exe\u{1b}[31m"), ("O", "<b>Bank</b>"), ("OU", "名前")],
        dns: &many,
        ..plan()
    };
    let shown = look(server(&hostile.make(), &[]), &named("host-499.example"), "").await;
    assert_eq!(shown.subject, "CN=safegnp.exe[31m, O=<b>Bank</b>, OU=名前");
    assert_eq!(shown.issuer, shown.subject);
    assert_eq!((shown.names.len(), shown.names[15].as_str()), (MAX_NAMES, "host-15.example"));
    assert_eq!(shown.problems, [SelfSigned]);

    let nothing = look(server(&Plan { subject: &[], ..plan() }.make(), &[]), &named("studio"), "").await;
    assert_eq!((nothing.subject.as_str(), nothing.names.len()), ("", 0));
    assert_eq!(visible("bank.example\0.evil.example"), "bank.example\u{fffd}.evil.example");
}

/// What OpenSSL has to complain about would otherwise be taken for the complaint about the next read on this thread.
#[tokio::test]
async fn a_malformed_certificate_does_not_break_the_stream() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority("Our authority");
    let ca_file = file_of(folder.path(), &[&ours]);
    for issuer in [None, Some(&ours)] {
        let names = Asn1Object::from_str("subjectAltName").unwrap();
        let nonsense = Asn1OctetString::new_from_bytes(&[0x30, 0x7f, 1, 2, 3]).unwrap();
        let extension = X509Extension::new_from_der(&names, false, &nonsense).unwrap();
        let made = Plan { issuer, extension: Some(extension), ..plan() }.make();
        let (near, served) = serve(server(&made, &[]));
        let mut tls = upgrade(near, TlsKind::X509, &named("studio"), with(&ca_file)).await.unwrap();
        greeted(&mut tls).await;
        tls.stream.write_all(b"x").await.unwrap();
        assert_eq!(tls.stream.read_u8().await.unwrap(), b'x');
        assert_eq!(tls.certificate.take().unwrap().problems, [UnknownIssuer], "no authority can have signed this");
        drop(tls);
        served.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn only_names_are_sent_to_the_server() {
    let made = plan().make();
    for (peer, sent) in [
        (named("studio.example."), Some("studio.example")),
        (Peer::of("müller.example"), Some("xn--mller-kva.example")),
        (at("192.168.1.7"), None),
        (at("fe80::7"), None),
        (Peer::Local, None),
    ] {
        let (near, served) = serve(server(&made, &[]));
        greeted(&mut upgrade(near, TlsKind::X509, &peer, Setup::default()).await.unwrap()).await;
        assert_eq!(served.await.unwrap().unwrap().as_deref(), sent, "{peer:?}");
    }
}

// ---- the file of authorities

#[tokio::test]
async fn a_file_of_authorities_that_cannot_be_used_stops_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let good = authority("Good").certificate.to_pem().unwrap();
    let whole = String::from_utf8(good.clone()).unwrap();
    fs::write(path("empty"), "").unwrap();
    fs::write(path("nonsense"), b"\xff\xfe nonsense").unwrap();
    fs::write(path("key"), p256().private_key_to_pem_pkcs8().unwrap()).unwrap();
    fs::write(path("cut"), &good[..good.len() / 2]).unwrap();
    fs::write(path("second-broken"), whole.clone() + &whole.replacen("MII", "AAA", 1)).unwrap();
    fs::File::create(path("huge")).unwrap().set_len(MAX_CA_FILE + 1).unwrap();
    for (name, expected) in [
        ("missing", "No such file"),
        ("", "it is not a file"),
        ("empty", "it has no certificate in PEM form"),
        ("nonsense", "it has no certificate in PEM form"),
        ("key", "it has no certificate in PEM form"),
        ("cut", "a certificate in it cannot be read: "),
        ("second-broken", "a certificate in it cannot be read: "),
        ("huge", "it has more than 8 MiB"),
    ] {
        let (near, mut far) = duplex(1024);
        match upgrade(Box::new(near), TlsKind::X509, &named("studio"), with(&path(name))).await.err().unwrap() {
            Failed::CaFile { detail } => assert!(detail.starts_with(expected), "{name}: {detail}"),
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(far.read(&mut [0]).await.unwrap(), 0, "{name}");
    }
    assert!(matches!(
        upgrade(Box::new(duplex(1).0), TlsKind::X509, &named("studio"), with("/dev/zero")).await,
        Err(Failed::CaFile { .. })
    ));
}

#[test]
fn the_systems_authorities_are_found() {
    // Debian's ca-certificates is part of every system that this is built on; elsewhere there is nothing to see.
    if Path::new("/etc/ssl/certs/ca-certificates.crt").exists() {
        assert!(system().len() > 20);
    }
}

#[test]
fn the_users_own_authorities_come_in_place_of_the_systems() {
    if let Some(folder) = std::env::var_os(CHILD_OF_TEST) {
        let names: Vec<_> = system().iter().map(|authority| authority.subject_name().to_owned().unwrap()).collect();
        assert_eq!(names.len(), 1, "a part that cannot be read takes nothing with it");
        let name = names[0].entries().next().unwrap().data().to_string().unwrap();
        fs::write(Path::new(&folder).join("found"), name).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = file_of(folder.path(), &[&authority("Mine")]);
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(&file, fs::read_to_string(&file).unwrap() + broken).unwrap();
    let mut child = again("transport::tls::tests::the_users_own_authorities_come_in_place_of_the_systems");
    let output =
        child.env("SSL_CERT_FILE", file).env_remove("SSL_CERT_DIR").env(CHILD_OF_TEST, folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_to_string(folder.path().join("found")).unwrap(), "Mine");
}

// ---- anonymous

#[tokio::test]
async fn anonymous_servers_are_spoken_to_and_show_nothing() {
    for (dh, cipher) in [(None, "AECDH-"), (Some(Dh::get_2048_256().unwrap()), "ADH-")] {
        let (near, served) = serve(anonymous_server(dh));
        let mut tls = upgrade(near, TlsKind::Anonymous, &named("studio"), with("/not/looked/at")).await.unwrap();
        greeted(&mut tls).await;
        assert_eq!(tls.certificate, None);
        assert!(tls.description.starts_with(&format!("TLSv1.2 {cipher}")), "{}", tls.description);
        drop(tls);
        assert!(served.await.unwrap().is_ok());
    }
}

/// The same check, at the same level, as a client makes of its server's key.
#[test]
fn the_lowest_security_level_brings_no_keys_that_hide_nothing() {
    // Made by `openssl dhparam 512`: a safe prime, which is all that can be said for it.
    const DH_512: &[u8] = b"-----BEGIN DH PARAMETERS-----\n\
        MEYCQQCYp1FTvHIVHOnvK7vuRlg/Y//Uhdp66p1aSN+WFePSJfla91X0g2nxJfTm\n\
        T9lSyI39v5sfW3xyRT5INMepbovHAgEC\n\
        -----END DH PARAMETERS-----\n";
    let mut context = context().unwrap();
    context.set_security_level(0);
    let error = context.set_tmp_dh(&Dh::params_from_pem(DH_512).unwrap()).unwrap_err();
    assert_eq!(reasons(&error), "dh key too small: unknown security bits");
}

#[test]
fn the_lowest_security_level_brings_no_weak_ciphers() {
    let mut context = context().unwrap();
    let error = context.set_cipher_list("aNULL:!eNULL:!AES:!CAMELLIA:!SEED:@SECLEVEL=0").unwrap_err();
    assert_eq!(reasons(&error), "no cipher match");
}

#[tokio::test]
async fn the_two_kinds_do_not_mix() {
    let (near, served) = serve(anonymous_server(None));
    // It cannot be told from one whose certificate has an old algorithm.
    assert_eq!(too_old(near, TlsKind::X509).await, OldTls::Algorithms);
    assert!(served.await.unwrap().is_err());
    let (near, served) = serve(server(&plan().make(), &[]));
    assert!(words(near, TlsKind::Anonymous).await.contains("alert handshake failure"));
    assert!(served.await.unwrap().is_err());
}

// ---- servers that fail

#[tokio::test]
async fn a_server_whose_tls_is_too_old_is_told_so_with_the_version() {
    for version in [SslVersion::TLS1, SslVersion::TLS1_1] {
        let mut old = server(&plan().make(), &[]);
        old.set_max_proto_version(Some(version)).unwrap();
        let (near, _served) = serve(old);
        assert_eq!(too_old(near, TlsKind::X509).await, OldTls::Version);
        let mut old = anonymous_server(None);
        old.set_max_proto_version(Some(version)).unwrap();
        let (near, _served) = serve(old);
        assert_eq!(too_old(near, TlsKind::Anonymous).await, OldTls::Version);
    }
    // As a server sends it that does not answer with an alert.
    let answered = answered_with(&server_hello(2, [0x00, 0x2f], &[]), TlsKind::X509).await;
    assert!(matches!(answered, Failed::Old { why: OldTls::Version, .. }), "{answered:?}");

    let mut new = server(&plan().make(), &[]);
    new.set_min_proto_version(Some(SslVersion::TLS1_3)).unwrap();
    let (near, _served) = serve(new);
    let detail = words(near, TlsKind::Anonymous).await;
    assert!(detail.starts_with("it speaks only TLS 1.3, which has no anonymous suites"), "{detail}");
}

#[tokio::test]
async fn a_connection_may_be_oldish_but_not_broken() {
    let made = Plan { key: rsa(1024), ..plan() }.make();
    let old = || {
        let mut context = server(&made, &[]);
        context.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        context
    };
    let mut oldish = old();
    oldish.set_cipher_list("DHE-RSA-AES128-SHA:@SECLEVEL=0").unwrap();
    oldish.set_tmp_dh(&Dh::get_1024_160().unwrap()).unwrap();
    assert_eq!(look(oldish, &named("studio"), "").await.problems, [SelfSigned, WeakKey]);

    let mut broken = old();
    broken.set_sigalgs_list("RSA+SHA1").unwrap();
    let (near, _served) = serve(broken);
    assert_eq!(too_old(near, TlsKind::X509).await, OldTls::Algorithms);
}

/// A record with a ServerHello of TLS 1.`minor - 1`.
fn server_hello(minor: u8, suite: [u8; 2], extensions: &[u8]) -> Vec<u8> {
    let extensions = match extensions {
        [] => vec![],
        some => [&(some.len() as u16).to_be_bytes(), some].concat(),
    };
    handshake(minor, 2, &[&[3, minor][..], &[7; 32], &[0], &suite, &[0], &extensions].concat())
}

/// A record with one message of the handshake.
fn handshake(minor: u8, kind: u8, body: &[u8]) -> Vec<u8> {
    let length = body.len() as u16;
    [&[22, 3, minor][..], &(length + 4).to_be_bytes(), &[kind, 0], &length.to_be_bytes(), body].concat()
}

#[tokio::test]
async fn what_is_too_old_is_named() {
    // From before RFC 5746: no renegotiation_info.
    let answered = answered_with(&server_hello(3, [0xc0, 0x2f], &[]), TlsKind::X509).await;
    assert!(matches!(answered, Failed::Old { why: OldTls::Renegotiation, .. }), "{answered:?}");

    // A Diffie-Hellman key of 512 bits (`openssl dhparam 512`): ServerKeyExchange has prime, generator and public key.
    let prime = 0x98a7_5153_bc72_151c_e9ef_2bbb_ee46_583f_u128.to_be_bytes();
    let key = [&[0, 64][..], &prime, &[0xff; 47], &[0xc7, 0, 1, 2, 0, 64], &[5; 64]].concat();
    let small = [server_hello(3, [0x00, 0x34], &[0xff, 1, 0, 1, 0]), handshake(3, 12, &key)].concat();
    let answered = answered_with(&small, TlsKind::Anonymous).await;
    assert!(matches!(answered, Failed::Old { why: OldTls::Key, .. }), "{answered:?}");

    // A signature with SHA-1 that was not offered.
    let made = Plan { key: rsa(2048), ..plan() }.make();
    let certificate = made.certificate.to_der().unwrap();
    let long = |length: usize| (length as u32).to_be_bytes()[1..].to_vec();
    let list = [&long(certificate.len() + 3)[..], &long(certificate.len()), &certificate].concat();
    let curve = [&[3, 0, 23, 65][..], &point(), &[2, 1, 1, 0], &[7; 256]].concat();
    let hello = server_hello(3, [0xc0, 0x2f], &[0xff, 1, 0, 1, 0]);
    let signed = [hello, handshake(3, 11, &list), handshake(3, 12, &curve)].concat();
    let answered = answered_with(&signed, TlsKind::X509).await;
    assert!(matches!(answered, Failed::Old { why: OldTls::Signature, .. }), "{answered:?}");
}

/// A point on P-256, uncompressed.
fn point() -> Vec<u8> {
    let key = p256().ec_key().unwrap();
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    let form = openssl::ec::PointConversionForm::UNCOMPRESSED;
    key.public_key().to_bytes(key.group(), form, &mut context).unwrap()
}

#[tokio::test]
async fn a_key_that_protects_nothing_is_accepted_from_nobody() {
    let made = Plan { key: rsa(768), ..plan() }.make();
    for accept_old in [false, true] {
        let (near, _served) = serve(server(&made, &[]));
        let setup = Setup { accept_old, ..Setup::default() };
        let failed = upgrade(near, TlsKind::X509, &named("studio"), setup).await.err();
        assert!(matches!(failed, Some(Failed::Weak { bits: 768 })), "{failed:?}");
    }
}

#[tokio::test]
async fn what_is_old_is_accepted_where_that_was_agreed_to_and_told() {
    let accept = Setup { accept_old: true, ..Setup::default() };
    let made = Plan { key: rsa(2048), ..plan() }.make();
    let limited = |kind: TlsKind, version: SslVersion| {
        let mut context = match kind {
            TlsKind::X509 => server(&made, &[]),
            TlsKind::Anonymous => anonymous_server(None),
        };
        context.set_max_proto_version(Some(version)).unwrap();
        context
    };
    let sha1 = || {
        let mut context = limited(TlsKind::X509, SslVersion::TLS1_2);
        context.set_sigalgs_list("RSA+SHA1").unwrap();
        context
    };
    for (context, kind, version, old) in [
        (limited(TlsKind::X509, SslVersion::TLS1), TlsKind::X509, "TLSv1 ", &[OldTls::Version][..]),
        (limited(TlsKind::X509, SslVersion::TLS1_1), TlsKind::X509, "TLSv1.1 ", &[OldTls::Version]),
        (limited(TlsKind::Anonymous, SslVersion::TLS1), TlsKind::Anonymous, "TLSv1 ", &[OldTls::Version]),
        (sha1(), TlsKind::X509, "TLSv1.2 ", &[OldTls::Signature]),
        // What is new stays new.
        (limited(TlsKind::X509, SslVersion::TLS1_2), TlsKind::X509, "TLSv1.2 ", &[]),
        (limited(TlsKind::X509, SslVersion::TLS1_3), TlsKind::X509, "TLSv1.3 ", &[]),
        (limited(TlsKind::Anonymous, SslVersion::TLS1_2), TlsKind::Anonymous, "TLSv1.2 ", &[]),
    ] {
        let (near, _served) = serve(context);
        let mut tls = upgrade(near, kind, &named("studio"), accept).await.unwrap();
        greeted(&mut tls).await;
        assert!(tls.description.starts_with(version), "{}", tls.description);
        assert_eq!(tls.old, old, "{}", tls.description);
    }
}

#[tokio::test]
async fn the_server_must_have_the_certificates_key() {
    let mut context = server(&plan().make(), &[]);
    context.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
    let (near, between) = duplex(64 << 10);
    let (beyond, far) = duplex(64 << 10);
    let served = tokio::spawn(accept(context, far));
    // An attacker in between changes the signature of the server's key exchange: its last bytes.
    let altering = tokio::spawn(async move {
        let (mut from_client, mut to_client) = tokio::io::split(between);
        let (mut from_server, mut to_server) = tokio::io::split(beyond);
        let forwarding = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
        let mut altered = 0;
        let mut head = [0; 5];
        while from_server.read_exact(&mut head).await.is_ok() {
            let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
            from_server.read_exact(&mut body).await.unwrap();
            if let (22, [12, .., last]) = (head[0], body.as_mut_slice()) {
                *last ^= 1;
                altered += 1;
            }
            let _ = to_client.write_all(&[&head[..], &body].concat()).await;
        }
        forwarding.abort();
        altered
    });
    let detail = words(Box::new(near), TlsKind::X509).await;
    assert!(detail.starts_with("bad signature"), "{detail}");
    assert!(served.await.unwrap().is_err());
    assert_eq!(altering.await.unwrap(), 1);
}

#[tokio::test]
async fn nonsense_and_alerts_are_told_in_words() {
    let in_the_clear = b"RFB 003.008\n\x00\x00\x00\x00";
    let mut long = vec![0; 100_000];
    long[..5].copy_from_slice(&[22, 3, 3, 0x40, 0]);
    for (sent, expected) in [
        (&in_the_clear[..], "wrong version number"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "wrong version number"),
        (&[0xff; 64], "wrong version number"),
        (&[21, 3, 3, 0, 2, 2, 40], "alert handshake failure"),
        (&[21, 3, 3, 0, 2, 2, 80], "alert internal error"),
        (&[21, 3, 3, 0, 2, 2, 222], "alert 222"),
        (&[22, 3, 3, 0xff, 0xff], "too long"),
        (&long, "wrong version number"),
    ] {
        for kind in KINDS {
            let (Failed::Tls { detail } | Failed::Old { detail, .. }) = answered_with(sent, kind).await else {
                panic!("{expected}")
            };
            assert!(detail.contains(expected), "{kind:?} {expected}: {detail}");
            assert!(!detail.contains('\n'), "{detail}");
        }
    }
}

#[tokio::test]
async fn what_was_put_before_the_servers_tls_is_told() {
    for kind in KINDS {
        let (near, mut far) = duplex(64 << 10);
        far.write_all(&[0, 0, 0, 0]).await.unwrap();
        assert!(matches!(failure(Box::new(near), kind).await, Failed::Early));
    }
}

#[tokio::test]
async fn a_server_that_closes_has_closed() {
    for kind in KINDS {
        let (near, far) = duplex(64 << 10);
        drop(far);
        let at_once = io_kind(Box::new(near), kind).await;
        assert!(matches!(at_once, ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof), "{at_once}");

        for said in [&b""[..], &[22], &[22, 3, 3, 0, 100, 2, 0]] {
            let (near, mut far) = duplex(64 << 10);
            let closing = tokio::spawn(async move {
                far.read_u8().await.unwrap();
                far.write_all(said).await.unwrap();
            });
            assert_eq!(io_kind(Box::new(near), kind).await, ErrorKind::UnexpectedEof, "{kind:?} {said:?}");
            closing.await.unwrap();
        }
        let (near, mut far) = duplex(64 << 10);
        let leaving = async {
            far.read_u8().await.unwrap();
            far.write_all(&[21, 3, 3, 0, 2, 1, 0]).await.unwrap();
            far
        };
        let (goodbye, _kept) = tokio::join!(failure(Box::new(near), kind), leaving);
        assert!(matches!(&goodbye, Failed::Io(cause) if cause.kind() == ErrorKind::UnexpectedEof), "{goodbye:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_given_up_at_the_streams_limit() {
    for kind in KINDS {
        let (near, _far) = duplex(64 << 10);
        let near = TimeoutStream::new(near);
        near.limit().set(Duration::from_secs(15));
        assert_eq!(io_kind(Box::new(near), kind).await, ErrorKind::TimedOut);
    }
}

// ---- the stream

#[tokio::test]
async fn bytes_get_through_an_unkind_transport() {
    let (near, far) = duplex(1);
    let served = tokio::spawn(accept(server(&plan().make(), &[]), far));
    let mut tls = upgrade(Box::new(near), TlsKind::X509, &Peer::Local, Setup::default()).await.unwrap();
    assert_eq!(tls.description, "TLSv1.3 TLS_AES_256_GCM_SHA384");
    greeted(&mut tls).await;
    for length in [1, 2000] {
        let sent: Vec<u8> = (0..length).map(|number: u32| number.to_le_bytes()[0]).collect();
        tls.stream.write_all(&sent).await.unwrap();
        let mut came = vec![0; sent.len()];
        tls.stream.read_exact(&mut came).await.unwrap();
        assert!(came == sent);
    }
    drop(tls);
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_end_without_goodbye_is_an_end() {
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let mut context = server(&plan().make(), &[]);
        context.set_max_proto_version(Some(version)).unwrap();
        let (near, far) = duplex(64 << 10);
        let served = tokio::spawn(async move {
            let mut stream = SslStream::new(Ssl::new(&context.build()).unwrap(), far).unwrap();
            Pin::new(&mut stream).accept().await.unwrap();
            stream.write_all(b"last words").await.unwrap();
        });
        let mut tls = upgrade(Box::new(near), TlsKind::X509, &named("studio"), Setup::default()).await.unwrap();
        let mut came = Vec::new();
        tls.stream.read_to_end(&mut came).await.unwrap();
        assert_eq!(came, b"last words");
        served.await.unwrap();
    }
}

#[tokio::test]
async fn a_certificate_for_an_international_name_is_one_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority("Our authority");
    let ca_file = file_of(folder.path(), &[&ours]);
    let made = Plan { dns: &["xn--mller-kva.example"], issuer: Some(&ours), ..plan() }.make();
    assert_eq!(look(server(&made, &[]), &Peer::of("müller.example"), &ca_file).await.problems, []);
    assert_eq!(look(server(&made, &[]), &Peer::of("mueller.example"), &ca_file).await.problems, [WrongName]);
}
