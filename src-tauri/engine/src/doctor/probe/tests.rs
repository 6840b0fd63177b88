use super::*;
use crate::{
    connect::{Handshake, Policy},
    doctor::{Login, ReportStage, Saved, StageReport},
    model::{Address, Certificate, CertificateProblem, Level, RsaKey, Target},
    store::Pins,
    transport::TimeoutStream,
};
use rfb::{Ask, SecurityType};

fn target() -> Target {
    Target::unsaved("Box".into(), Address::parse("box").unwrap(), false)
}

fn request(target: Target, with_login: bool, accept: TrustPolicy) -> ProbeRequest {
    let login = with_login.then(|| Login { username: None, password: "sesame".to_owned().into() });
    ProbeRequest { target, login, saved: Saved::default(), accept, console_login: false }
}

#[tokio::test]
async fn a_login_goes_only_where_it_may() {
    let weaker = |before, now| Some(ConnectError::Weaker { address: "box".into(), before, now });
    let consent = || Some(ConnectError::NeedsConsent { address: "box".into(), security_type: "Plain".into() });
    let once = |protection| Target { protection: Some(protection), ..target() };
    let (network, local) = (PathKind::Network, PathKind::Local);
    for (target, path, chosen, refused) in [
        (target(), network, SecurityType::VncAuth, None),
        (target(), network, SecurityType::Plain, consent()),
        (target(), local, SecurityType::Plain, None),
        (target(), PathKind::Site, SecurityType::Plain, None),
        (Target { clear_text: true, ..target() }, network, SecurityType::Plain, None),
        (once(Level::Identified), network, SecurityType::TlsVnc, weaker(Level::Identified, Level::Encrypted)),
        (once(Level::Identified), local, SecurityType::None, weaker(Level::Identified, Level::Clear)),
        (once(Level::Identified), PathKind::Ssh, SecurityType::None, None),
        (once(Level::Encrypted), network, SecurityType::X509Vnc, None),
    ] {
        for with_login in [true, false] {
            let request = request(target.clone(), with_login, TrustPolicy::Known);
            let mut progress = Progress::new(&target.address, None);
            let mut probe = Probe::new(&request, &mut progress);
            let policy = Policy { floor: target.protection, clear_text: target.clear_text, ..Policy::default() };
            let pins = Pins::default();
            let mut handshake = Handshake::new(&target, &pins, policy, false, None, &mut probe);
            handshake.begin(TimeoutStream::new(tokio::io::empty()).limit(), path, None);
            let approved = handshake.approve(chosen).await.is_ok();
            // Without a login nothing leaves that could be read.
            let expected = refused.clone().filter(|_| with_login);
            assert_eq!((approved, handshake.failure()), (expected.is_none(), expected), "{target:?} {chosen:?}");
        }
    }
}

fn certificate(byte: u8, problems: Vec<CertificateProblem>) -> Identity {
    let (subject, issuer) = Default::default();
    let [sha256, key_sha256] = [byte, byte + 1].map(|byte| vec![format!("{byte:02x}"); 32].join(":"));
    let (names, not_before, not_after) = Default::default();
    Identity::X509(Certificate { subject, names, issuer, not_before, not_after, sha256, key_sha256, problems })
}

/// Whether the key will do, and the stages that were noted.
async fn confirm(request: &ProbeRequest, keys: &[(Party, &Identity)]) -> (Result<(), ConnectError>, Vec<StageReport>) {
    let mut progress = Progress::new(&request.target.address, None);
    let mut probe = Probe::new(request, &mut progress);
    let mut answer = Ok(());
    for (party, identity) in keys {
        let verdict = Pins::default().verdict("box", identity);
        let presented = Presented { party: *party, endpoint: "box", address: "box", identity, verdict };
        answer = probe.identity(presented).await;
        if answer.is_err() {
            break;
        }
    }
    (answer, progress.finish(None).stages)
}

#[tokio::test]
async fn a_key_that_is_not_known_does_without_a_login_or_where_it_was_named() {
    let shown = || certificate(0xa0, vec![CertificateProblem::SelfSigned]);
    let rsa = || Identity::Ra2(RsaKey { bits: 2048, sha256: ["b0"; 32].join(":"), short: String::new() });
    let named = |text: &str| TrustPolicy::Fingerprint(text.to_owned());
    for (identity, with_login, accept, ok) in [
        (shown(), false, TrustPolicy::Known, true),
        (shown(), true, TrustPolicy::Known, false),
        (shown(), true, TrustPolicy::Any, true),
        (shown(), true, named(&"a0".repeat(32)), true),
        (shown(), true, named(&["A1"; 32].join(":")), true),
        (shown(), true, named(&"b0".repeat(32)), false),
        (shown(), false, named(&"b0".repeat(32)), false),
        (certificate(0xa0, vec![]), true, TrustPolicy::Known, true),
        (certificate(0xa0, vec![]), true, named(&"b0".repeat(32)), false),
        (rsa(), false, TrustPolicy::Known, true),
        (rsa(), true, TrustPolicy::Known, false),
        (rsa(), true, named(&"B0".repeat(32)), true),
    ] {
        let request = request(target(), with_login, accept.clone());
        let (answer, stages) = confirm(&request, &[(Party::Server, &identity)]).await;
        assert_eq!(answer.is_ok(), ok, "{identity:?} {accept:?}");
        assert_eq!(
            stages.iter().map(|stage| (stage.stage, stage.ok)).collect::<Vec<_>>(),
            match ok {
                true => vec![(ReportStage::Trust, true)],
                false => vec![],
            }
        );
        assert!(matches!(answer, Err(ConnectError::Untrusted { .. })) != ok, "{answer:?}");
    }
}

#[tokio::test]
async fn a_named_fingerprint_is_the_only_key_that_the_site_may_have() {
    let vouched_for = certificate(0xa0, vec![]);
    let other = request(target(), true, TrustPolicy::Fingerprint("b0".repeat(32)));
    let (answer, _) = confirm(&other, &[(Party::Site, &vouched_for)]).await;
    assert!(matches!(answer, Err(ConnectError::Untrusted { .. })), "an authority vouches for it, but it was not named");
    let named = request(target(), true, TrustPolicy::Fingerprint("a0".repeat(32)));
    assert_eq!(confirm(&named, &[(Party::Site, &vouched_for)]).await.0, Ok(()));
    let unknown = certificate(0xc0, vec![CertificateProblem::SelfSigned]);
    let (answer, _) = confirm(&named, &[(Party::Site, &vouched_for), (Party::Server, &unknown)]).await;
    assert!(matches!(answer, Err(ConnectError::Untrusted { .. })), "the site was named, the server behind it was not");
}

#[tokio::test]
async fn a_proxy_s_own_key_has_to_be_known_or_named() {
    let (vouched_for, own) = (certificate(0xa0, vec![]), certificate(0xc0, vec![CertificateProblem::SelfSigned]));
    let server = Identity::Ra2(RsaKey { bits: 2048, sha256: ["b0"; 32].join(":"), short: String::new() });
    let named = |byte: &str| TrustPolicy::Fingerprint(byte.repeat(32));
    for (proxy, accept, ok) in [
        (&vouched_for, TrustPolicy::Known, true),
        // Also without a login to the server: the proxy may have one of its own.
        (&own, TrustPolicy::Known, false),
        (&own, TrustPolicy::Any, true),
        (&own, named("c0"), true),
        (&own, named("b0"), false),
        (&vouched_for, named("b0"), true),
    ] {
        let request = request(target(), false, accept.clone());
        let (answer, _) = confirm(&request, &[(Party::Proxy, proxy)]).await;
        assert_eq!(answer.is_ok(), ok, "{accept:?}");
    }
    // The fingerprint is still to be shown by the server.
    let request = request(target(), true, named("b0"));
    assert_eq!(confirm(&request, &[(Party::Proxy, &vouched_for), (Party::Server, &server)]).await.0, Ok(()));
    let (answer, _) = confirm(&request, &[(Party::Proxy, &vouched_for), (Party::Server, &own)]).await;
    assert!(matches!(answer, Err(ConnectError::Untrusted { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_login_that_lacks_a_name_stays_here() {
    let wanted = CredentialRequest { security_type: SecurityType::X509Plain, username: true };
    for (username, lacks) in [("", true), ("ann", false)] {
        let mut target = target();
        target.username = username.into();
        let request = request(target, true, TrustPolicy::Known);
        let mut progress = Progress::new(&request.target.address, None);
        let answer = Probe::new(&request, &mut progress).credentials(wanted, PathKind::Network).await;
        assert_eq!(matches!(answer, Err(ConnectError::BadInput { .. })), lacks);
        assert_eq!(answer.is_err(), lacks);
    }
}
