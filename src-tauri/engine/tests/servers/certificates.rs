//! Certificates for servers: good ones, and one for everything that can be wrong with them.

use openssl::{
    asn1::Asn1Time,
    bn::BigNum,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{Id, PKey, Private},
    rsa::Rsa,
    x509::{
        X509, X509Builder, X509NameBuilder,
        extension::{BasicConstraints, SubjectAlternativeName},
    },
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// A certificate with its key, and what vouches for it.
#[derive(Clone)]
pub struct Shown {
    /// The certificate.
    pub certificate: X509,
    /// Its key.
    pub key: PKey<Private>,
}

/// What a certificate shall be like.
pub struct CertificateParams<'a> {
    /// Whom it is issued to.
    pub subject: &'a str,
    /// Host names or IP addresses that it is for.
    pub names: &'a [&'a str],
    /// From when to when it is valid, in days from now.
    pub days: (i64, i64),
    /// The hash that its issuer signs.
    pub digest: MessageDigest,
    /// Without extensions, as long ago.
    pub version_1: bool,
}

impl Default for CertificateParams<'_> {
    fn default() -> Self {
        Self {
            subject: "VNC server",
            names: &["127.0.0.1", "localhost"],
            days: (-1, 30),
            digest: MessageDigest::sha256(),
            version_1: false,
        }
    }
}

/// An RSA key.
pub fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

/// An elliptic curve's key, P-256.
pub fn p256() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A certificate that vouches for itself.
pub fn self_signed(key: PKey<Private>, wish: &CertificateParams<'_>) -> Shown {
    let certificate = build(&key, wish, None);
    Shown { certificate, key }
}

/// An authority that vouches for certificates.
pub struct Authority(Shown);

impl Authority {
    /// A new one that nobody knows yet.
    pub fn new(name: &str) -> Self {
        let key = p256();
        let mut builder =
            begin(&key, &CertificateParams { subject: name, days: (-100, 100), ..CertificateParams::default() }, None);
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Self(Shown { certificate: builder.build(), key })
    }

    /// Issues a certificate.
    pub fn issue(&self, key: PKey<Private>, wish: &CertificateParams<'_>) -> Shown {
        let certificate = build(&key, wish, Some(&self.0));
        Shown { certificate, key }
    }

    /// Writes its own certificate, for those who trust it.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join("authority.pem");
        fs::write(&path, self.0.certificate.to_pem().unwrap()).unwrap();
        path
    }
}

fn build(key: &PKey<Private>, wish: &CertificateParams<'_>, issuer: Option<&Shown>) -> X509 {
    let mut builder = begin(key, wish, issuer);
    if !wish.version_1 && !wish.names.is_empty() {
        let mut names = SubjectAlternativeName::new();
        for name in wish.names {
            if name.parse::<std::net::IpAddr>().is_ok() {
                names.ip(name)
            } else {
                names.dns(name)
            };
        }
        let issuer = issuer.map(|issuer| &*issuer.certificate);
        let names = names.build(&builder.x509v3_context(issuer, None)).unwrap();
        builder.append_extension(names).unwrap();
    }
    let signer = issuer.map_or(key, |issuer| &issuer.key);
    // These sign without a hash of one's choice.
    let digest = if signer.id() == Id::ED25519 { MessageDigest::null() } else { wish.digest };
    builder.sign(signer, digest).unwrap();
    builder.build()
}

fn begin(key: &PKey<Private>, wish: &CertificateParams<'_>, issuer: Option<&Shown>) -> X509Builder {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let mut builder = X509::builder().unwrap();
    builder.set_version(if wish.version_1 { 0 } else { 2 }).unwrap();
    let serial = BigNum::from_u32(LAST.fetch_add(1, Ordering::Relaxed) + 1).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, wish.subject).unwrap();
    let name = name.build();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(issuer.map_or(&*name, |issuer| issuer.certificate.subject_name())).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let time = |days: i64| Asn1Time::from_unix(now + days * 86_400).unwrap();
    builder.set_not_before(&time(wish.days.0)).unwrap();
    builder.set_not_after(&time(wish.days.1)).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
}
