//! Servers that ask for a certificate of ours.

use super::*;
use openssl::{ssl::SslVerifyMode, symm::Cipher, x509::store::X509StoreBuilder};

/// A server that asks, and takes what this authority has signed.
fn asking(authority: &Made, mode: SslVerifyMode, version: SslVersion) -> SslContextBuilder {
    let mut context = server(&plan().make(), &[]);
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(authority.certificate.clone()).unwrap();
    context.set_verify_cert_store(store.build()).unwrap();
    context.set_verify(mode);
    context.set_max_proto_version(Some(version)).unwrap();
    context
}

const MUST: SslVerifyMode = SslVerifyMode::PEER.union(SslVerifyMode::FAIL_IF_NO_PEER_CERT);

fn pem(made: &Made) -> Vec<u8> {
    [made.certificate.to_pem().unwrap(), made.key.private_key_to_pem_pkcs8().unwrap()].concat()
}

async fn of(made: &Made) -> ClientCertificate {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), pem(made)).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    ClientCertificate::load(path.clone(), path, None).await.unwrap_or_else(|unusable| panic!("{unusable:?}"))
}

/// What came of it: the greeting, or how it was refused.
async fn outcome(context: SslContextBuilder, certificate: Option<&ClientCertificate>) -> Result<(), Refusal> {
    let (near, served) = serve(context);
    let setup = Setup { certificate, ..Setup::default() };
    let came = match upgrade(near, TlsKind::X509, &named("studio"), setup).await {
        Ok(mut tls) => {
            assert!(tls.asked_for_ours);
            let read = tls.stream.read_exact(&mut [0; 5]).await;
            read.map(drop).map_err(|cause| Refusal::of(&cause).cloned().unwrap_or_else(|| panic!("{cause:?}")))
        }
        Err(Failed::Client(refusal)) => Err(refusal),
        Err(failed) => panic!("{failed:?}"),
    };
    let _ = served.await.unwrap();
    came
}

#[tokio::test]
async fn a_server_that_wants_one_is_told_apart_in_every_version() {
    let (ours, others) = (authority("Ours"), authority("Others"));
    let good = of(&Plan { issuer: Some(&ours), ..plan() }.make()).await;
    let wrong = of(&Plan { issuer: Some(&others), ..plan() }.make()).await;
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let server = |mode| asking(&ours, mode, version);
        assert_eq!(outcome(server(MUST), Some(&good)).await, Ok(()), "{version:?}");
        assert_eq!(
            outcome(server(SslVerifyMode::PEER), None).await,
            Ok(()),
            "{version:?}: one that only would like one"
        );

        let none = outcome(server(MUST), None).await.unwrap_err();
        assert!(!none.shown && none.alert.is_some(), "{version:?}: {none:?}");
        let refused = outcome(server(MUST), Some(&wrong)).await.unwrap_err();
        let words = refused.alert.as_deref().unwrap_or_default();
        assert!(refused.shown && words.contains("unknown ca"), "{version:?}: {refused:?}");
        let address = || "box".to_owned();
        assert!(matches!(none.explain(address()), ConnectError::ClientCertificateWanted { .. }));
        assert!(matches!(refused.explain(address()), ConnectError::ClientCertificateRefused { .. }));
    }
}

/// As GnuTLS' servers do: QEMU's is one.
#[tokio::test]
async fn a_server_that_asks_and_only_closes_wants_one_too_but_not_one_that_never_asked() {
    for asks in [true, false] {
        let mut context = server(&plan().make(), &[]);
        if asks {
            context.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
        }
        let (near, far) = duplex(64 << 10);
        let served = tokio::spawn(async move {
            let mut stream = SslStream::new(Ssl::new(&context.build()).unwrap(), far).unwrap();
            Pin::new(&mut stream).accept().await.unwrap();
        });
        let mut tls = upgrade(Box::new(near), TlsKind::X509, &named("studio"), Setup::default()).await.unwrap();
        served.await.unwrap();
        let end = tls.stream.read(&mut [0; 5]).await;
        match asks {
            true => {
                let refusal = Refusal::of(end.as_ref().unwrap_err()).cloned();
                assert_eq!(refusal, Some(Refusal { shown: false, alert: None }));
            }
            false => {
                let is_refusal = end.as_ref().is_err_and(|cause| Refusal::of(cause).is_some());
                assert!(!is_refusal, "an end like any other: {end:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_the_server_says_later_is_not_about_the_certificate() {
    let ours = authority("Ours");
    let (near, served) = serve(asking(&ours, SslVerifyMode::PEER, SslVersion::TLS1_3));
    let mut tls = upgrade(near, TlsKind::X509, &named("studio"), Setup::default()).await.unwrap();
    greeted(&mut tls).await;
    served.abort();
    let _ = served.await;
    let end = tls.stream.read(&mut [0; 5]).await;
    assert!(end.as_ref().err().is_none_or(|cause| Refusal::of(cause).is_none()), "{end:?}");
}

#[tokio::test]
async fn files_say_what_is_wrong_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (mine, other) = (plan().make(), plan().make());
    let locked = mine.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"sesame").unwrap();
    for (name, text) in [
        ("both", pem(&mine)),
        ("certificate", mine.certificate.to_pem().unwrap()),
        ("key", mine.key.private_key_to_pem_pkcs8().unwrap()),
        ("other-key", other.key.private_key_to_pem_pkcs8().unwrap()),
        ("locked", locked),
        ("nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec()),
        ("large", vec![b'\n'; 1 << 21]),
    ] {
        fs::write(path(name), text).unwrap();
    }
    let load = async |certificate: &str, key: &str, passphrase: Option<&str>| {
        let passphrase = passphrase.map(|words| words.to_owned().into());
        ClientCertificate::load(path(certificate), path(key), passphrase).await.err()
    };
    assert_eq!(load("both", "both", None).await, None);
    assert_eq!(load("certificate", "key", None).await, None);
    assert_eq!(load("certificate", "locked", Some("sesame")).await, None);
    assert_eq!(load("certificate", "locked", None).await, Some(Unusable::Passphrase));
    assert_eq!(load("certificate", "locked", Some("wrong")).await, Some(Unusable::Passphrase));
    let too_long = load("certificate", "locked", Some(&"long".repeat(1000))).await;
    assert!(matches!(too_long, Some(Unusable::File { detail, .. }) if detail.contains("passphrase")));
    for (certificate, key, at, words) in [
        ("nowhere", "key", "nowhere", "No such file"),
        ("certificate", "nowhere", "nowhere", "No such file"),
        ("key", "key", "key", "no certificate in PEM form"),
        ("certificate", "certificate", "certificate", "no key in PEM form"),
        ("certificate", "other-key", "other-key", "not that of the certificate"),
        ("nonsense", "key", "nonsense", ""),
        ("large", "key", "large", "too large"),
        (".", "key", ".", "not a file"),
    ] {
        let Some(Unusable::File { path: shown, detail }) = load(certificate, key, None).await else {
            panic!("{certificate} {key}")
        };
        assert!(shown == path(at) && detail.contains(words), "{certificate} {key}: {shown} {detail}");
    }
}
