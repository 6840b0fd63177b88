//! What is in a server's certificate, and what is wrong with it. All its words come from outside and are sanitised.

use super::{Failed, old};
use crate::model::{Certificate, CertificateProblem, fingerprint};
use openssl::{
    asn1::{Asn1StringRef, Asn1Time, Asn1TimeRef},
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    ssl::SslRef,
    x509::{GeneralNameRef, X509NameRef, X509Ref, X509VerifyResult},
};
use parking_lot::Mutex;
use rfb::sanitize;
use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

/// How many of a certificate's names are kept, and how many parts of a distinguished name.
pub(super) const MAX_NAMES: usize = 16;

/// What OpenSSL's verification has found so far.
pub(super) type Problems = Arc<Mutex<BTreeSet<CertificateProblem>>>;

/// The problem that a result of OpenSSL's verification stands for.
pub(super) fn problem(result: X509VerifyResult) -> CertificateProblem {
    use openssl_sys as openssl;
    match result.as_raw() {
        openssl::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT => CertificateProblem::SelfSigned,
        openssl::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
        | openssl::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        | openssl::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | openssl::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
        // Another authority of the same name as its issuer.
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

/// The certificate that the server has shown, with `problems`, which are taken out.
///
/// # Errors
/// [`Failed::Tls`] where it has shown none, or one whose key OpenSSL cannot read; [`Failed::Weak`].
pub(super) fn certificate(ssl: &SslRef, problems: &Problems) -> Result<Certificate, Failed> {
    let shown =
        ssl.peer_certificate().ok_or_else(|| Failed::Tls { detail: "it has shown no certificate".to_owned() })?;
    let mut problems = std::mem::take(&mut *problems.lock());
    if has_old_signature(&shown) {
        problems.insert(CertificateProblem::OldSignature);
    }
    let key = shown.public_key()?;
    if let Some(bits) = old::useless(&key) {
        return Err(Failed::Weak { bits });
    }
    let certificate = Certificate {
        subject: distinguished_name(shown.subject_name()),
        names: names(&shown),
        issuer: distinguished_name(shown.issuer_name()),
        not_before: seconds(shown.not_before()),
        not_after: seconds(shown.not_after()),
        sha256: fingerprint(&shown.digest(MessageDigest::sha256())?),
        key_sha256: fingerprint(&openssl::sha::sha256(&key.public_key_to_der()?)),
        problems: problems.into_iter().collect(),
    };
    // Where the certificate is malformed, OpenSSL has left errors with this thread, and would report them as the outcome
    // of the next read on it.
    drop(ErrorStack::get());
    Ok(certificate)
}

/// Whether the certificate's signature uses SHA-1, MD5, MD4 or MD2. OpenSSL does not check this for a self-signed
/// certificate, whose signature proves nothing with any hash; but such a certificate should be made anew.
fn has_old_signature(certificate: &X509Ref) -> bool {
    let algorithm = certificate.signature_algorithm().object().nid().signature_algorithms();
    algorithm.is_some_and(|algorithm| matches!(algorithm.digest, Nid::SHA1 | Nid::MD5 | Nid::MD4 | Nid::MD2))
}

/// The names that the certificate is for: the subject's common names where it has no others
/// ([RFC 6125, section 6.4.4](https://www.rfc-editor.org/rfc/rfc6125#section-6.4.4)).
fn names(certificate: &X509Ref) -> Vec<String> {
    let alternative = certificate.subject_alt_names();
    let mut names: Vec<_> = alternative.iter().flatten().filter_map(name).take(MAX_NAMES).collect();
    if names.is_empty() {
        let common = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
        names.extend(common.take(MAX_NAMES).map(|entry| words(entry.data())));
    }
    names
}

/// A DNS name or IP address; none for other kinds of names.
fn name(name: &GeneralNameRef) -> Option<String> {
    let address = |bytes: &[u8]| match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    };
    let dns = name.dnsname().map(visible);
    dns.or_else(|| name.ipaddress().and_then(address).map(|address| address.to_string()))
}

/// A distinguished name such as `CN=studio, O=Example`, in the certificate's order.
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

/// Sanitises, with U+FFFD for each NUL: [`sanitize`] ends at the first one, but a name may go on behind it
/// (`bank.example\0.evil.example`).
pub(super) fn visible(text: &str) -> String {
    sanitize(text.replace('\0', "\u{fffd}").as_bytes())
}

/// Seconds since 1970; 0 where it is no time, which is among the problems then.
fn seconds(time: &Asn1TimeRef) -> i64 {
    let since = Asn1Time::from_unix(0).and_then(|epoch| epoch.diff(time));
    since.map_or(0, |since| i64::from(since.days) * 24 * 60 * 60 + i64::from(since.secs))
}
