//! VeNCrypt, its TLS, and certificates.

use crate::{
    certificates::{Authority, CertificateParams, Shown, p256, rsa, self_signed},
    examination::{
        Given::{Nothing, Password},
        Keys, ending,
    },
    script::{
        PASSWORD,
        Turn::{self, Hang, HearAny, HearHello, Tls, Vanish},
        case, examined, play_all,
    },
    words::{VENCRYPT, desk, hear, say, takes, then, u32},
};
use openssl::{
    hash::MessageDigest,
    pkey::PKey,
    ssl::{SslAcceptor, SslMethod, SslVersion},
};
use portlight_engine::{
    doctor::{Report, TrustPolicy},
    model::{CertificateProblem, Identity},
    store::Pins,
};

const TLS_VNC: u32 = 258;
const X509_NONE: u32 = 260;
const X509_VNC: u32 = 261;

#[tokio::test(start_paused = true)]
async fn versions_and_sub_types() {
    let version = |major: u8, minor: u8, rest: Vec<Turn>| then(then(takes(VENCRYPT), [say([major, minor])]), rest);
    let lists = |sub_types: &[u32]| {
        let numbers: Vec<u8> = sub_types.iter().flat_map(|number| number.to_be_bytes()).collect();
        version(0, 2, vec![hear([0, 2]), say([0]), say([&[sub_types.len() as u8][..], &numbers].concat())])
    };
    let protocol = |what: &str| format!("protocol: while listing its security types: VeNCrypt version {what}");
    play_all([
        case("vencrypt-0.0", version(0, 0, vec![hear([0, 2])]), &protocol("0.0")),
        case("vencrypt-0.1", version(0, 1, vec![hear([0, 2])]), &protocol("0.1")),
        case("vencrypt-version-refused", version(0, 2, vec![hear([0, 2]), say([255])]), &protocol("0.2 refused")),
        case("vencrypt-9.9", version(9, 9, vec![hear([0, 2]), Hang]), "timeout: security_types, 20"),
        case("vencrypt-no-subtypes", lists(&[]), "no_common_type"),
        case("vencrypt-unknown", lists(&[777, 265]), "no_common_type: type 777, VeNCrypt Ident (265)"),
        case("vencrypt-in-vencrypt", lists(&[19]), "no_common_type: VeNCrypt (19)"),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn tls_that_does_not_come_up() {
    let refused = |rest: Vec<Turn>| then(chooses(TLS_VNC), rest);
    let old = acceptor(&good(), |context| {
        context.set_security_level(0);
        context.set_min_proto_version(Some(SslVersion::TLS1)).unwrap();
        context.set_max_proto_version(Some(SslVersion::TLS1)).unwrap();
    });
    play_all([
        case("vencrypt-tls-refused", refused(vec![say([0])]), "tls: the server could not start TLS"),
        case("vencrypt-tls-garbage", refused(vec![say([1]), HearHello, say([0xa5; 64])]), "tls: wrong version number"),
        // In one piece with the acknowledgement: whoever put it there hopes that it is taken for the server's.
        case(
            "vencrypt-plaintext-after-ack",
            refused(vec![say(b"\x01\0\0\0\0\0\0\0\0"), Hang]),
            "protocol: during authentication: data before TLS",
        ),
        case("vencrypt-tls-close", refused(vec![say([1]), HearHello]), "closed: authentication"),
        case("vencrypt-tls-hang", refused(vec![say([1]), HearHello, Hang]), "timeout: authentication, 15"),
        case(
            "tls-10-only",
            then(chooses(X509_VNC), [say([1]), Tls(old)]),
            "old_tls: tlsv1 alert protocol version, version",
        ),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn tls_that_ends_at_once() {
    let ours = Authority::new("Our house");
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys { authorities: Some(ours.write(folder.path())), ..Keys::none() };
    let acceptor = acceptor(&ours.issue(p256(), &CertificateParams::default()), |_| {});
    for (name, last) in [("tls-closes-after-handshake", vec![]), ("without a word", vec![Vanish])] {
        let script = then(then(chooses(X509_VNC), [say([1]), Tls(acceptor.clone())]), last);
        let (report, heard, _) = examined(script, Password(PASSWORD), &keys).await;
        assert_eq!((ending(&report).as_str(), &heard.beyond[..]), ("closed: authentication", &[][..]), "{name}");
    }
}

/// What is wrong with a certificate is found and named, and nothing is said to whoever shows it, unless that was agreed
/// to; what is fine is taken.
#[tokio::test(start_paused = true)]
async fn certificates() {
    use CertificateProblem::{Expired, NotYetValid, OldSignature, SelfSigned, UnknownIssuer, WeakKey};
    let (ours, strangers) = (Authority::new("Our house"), Authority::new("Strangers"));
    let folder = tempfile::tempdir().unwrap();
    let sha1 = || CertificateParams { digest: MessageDigest::sha1(), ..CertificateParams::default() };
    for (name, shown, problems) in [
        ("tls-cert-self", self_signed(rsa(2048), &CertificateParams::default()), &[SelfSigned][..]),
        ("tls-cert-stranger", strangers.issue(p256(), &CertificateParams::default()), &[UnknownIssuer]),
        (
            "tls-cert-expired",
            ours.issue(p256(), &CertificateParams { days: (-9, -1), ..CertificateParams::default() }),
            &[Expired],
        ),
        (
            "tls-cert-future",
            ours.issue(p256(), &CertificateParams { days: (1, 9), ..CertificateParams::default() }),
            &[NotYetValid],
        ),
        (
            "tls-cert-v1",
            self_signed(rsa(2048), &CertificateParams { version_1: true, ..CertificateParams::default() }),
            &[SelfSigned],
        ),
        ("tls-cert-rsa1024", ours.issue(rsa(1024), &CertificateParams::default()), &[WeakKey]),
        ("tls-cert-sha1", ours.issue(rsa(2048), &sha1()), &[OldSignature]),
        ("tls-cert-ca", ours.issue(rsa(2048), &CertificateParams::default()), &[]),
        ("tls-cert-p256", ours.issue(p256(), &CertificateParams::default()), &[]),
        ("tls-cert-ed25519", ours.issue(PKey::generate_ed25519().unwrap(), &CertificateParams::default()), &[]),
    ] {
        // Old certificates need an old server.
        let acceptor = acceptor(&shown, |context| context.set_security_level(0));
        let script = |rest: Vec<Turn>| then(chooses(X509_VNC), then([say([1]), Tls(acceptor.clone())], rest));
        let lets_in = || script(vec![say([7; 16]), HearAny(16), u32(0), hear([1]), desk()]);
        let keys = |accept| Keys { accept, authorities: Some(ours.write(folder.path())), ..Keys::none() };

        let rest = if problems.is_empty() { lets_in() } else { script(vec![say([7; 16])]) };
        let (report, heard, _) = examined(rest, Password(PASSWORD), &keys(TrustPolicy::Known)).await;
        let end = if problems.is_empty() { "let in" } else { "untrusted" };
        assert_eq!(ending(&report), end, "{name}: {:#?}", report.stages);
        assert_eq!((problems_of(&report), &heard.beyond[..]), (problems.to_vec(), &[][..]), "{name}");

        let (report, heard, _) = examined(lets_in(), Password(PASSWORD), &keys(TrustPolicy::Any)).await;
        assert_eq!((ending(&report).as_str(), heard.amiss), ("let in", None), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_another_key() {
    let folder = tempfile::tempdir().unwrap();
    let [before, now] = [p256(), p256()].map(|key| self_signed(key, &CertificateParams::default()));
    let trust = Pins::open(folder.path()).0;
    let script =
        |shown: &Shown| then(chooses(X509_NONE), [say([1]), Tls(acceptor(shown, |_| {})), u32(0), hear([1]), desk()]);
    // The address is the same only on the same socket, so what is known is noted for the server that is to come.
    let server = crate::script::Server::start(script(&now));
    let keys = Keys { trust, ..Keys::none() };
    let shown = examined(script(&before), Nothing, &Keys::none()).await.0.identity.unwrap();
    keys.trust.accept(&server.address, &shown).await.unwrap();
    let report = crate::examination::examine(&server.address, Password(PASSWORD), &keys).await;
    assert_eq!(ending(&report), "trust_changed", "tls-cert-changed");
    assert_eq!(server.heard().await.beyond, [0; 0]);
}

fn problems_of(report: &Report) -> Vec<CertificateProblem> {
    match &report.identity {
        Some(Identity::X509(certificate)) => certificate.problems.clone(),
        other => panic!("{other:?}"),
    }
}

/// A server of VeNCrypt whose sub-type was taken.
fn chooses(sub_type: u32) -> Vec<Turn> {
    let list = [&[1][..], &sub_type.to_be_bytes()].concat();
    then(takes(VENCRYPT), [say([0, 2]), hear([0, 2]), say([0]), say(list), hear(sub_type.to_be_bytes())])
}

fn good() -> Shown {
    self_signed(rsa(2048), &CertificateParams::default())
}

fn acceptor(shown: &Shown, change: impl FnOnce(&mut openssl::ssl::SslAcceptorBuilder)) -> SslAcceptor {
    let mut builder = SslAcceptor::mozilla_intermediate(SslMethod::tls()).unwrap();
    change(&mut builder);
    builder.set_certificate(&shown.certificate).unwrap();
    builder.set_private_key(&shown.key).unwrap();
    builder.build()
}
