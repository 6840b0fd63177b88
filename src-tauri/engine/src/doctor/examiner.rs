//! Answers the handshake's questions without a person: out of what is known and what was given.

use super::{ProbeRequest, ReportStage, TrustPolicy, progress::Progress};
use crate::{
    error::ConnectError,
    model::{Certificate, Identity, Level},
    session::peer,
    store::{Pins, Verdict},
    transport::{
        PathKind, TimeoutHandle,
        ssh::{
            AskPass,
            question::{Question, Reply},
        },
        timeout, tls, ws,
    },
};
use rfb::{Ask, Cancelled, Credentials, Heard, SecurityType, ServerKey, Step, Stream, TlsError, TlsKind, Wanted};

pub(super) struct Probe<'a> {
    examination: &'a ProbeRequest,
    trust: &'a Pins,
    progress: &'a mut Progress,
    limit: TimeoutHandle,
    way: PathKind,
    through_repeater: bool,
    chosen: Option<SecurityType>,
    encrypted: bool,
    confirmed: bool,
    logged_in: bool,
    end: Option<End>,
}

/// Why a question was not answered.
pub(super) enum End {
    /// A login is wanted, and none was to be tried.
    WantsLogin,
    /// The answer is no.
    Failed(ConnectError),
}

impl<'a> Probe<'a> {
    pub(super) fn new(
        examination: &'a ProbeRequest,
        trust: &'a Pins,
        progress: &'a mut Progress,
        limit: TimeoutHandle,
        way: PathKind,
    ) -> Self {
        let (through_repeater, encrypted, confirmed, logged_in) = Default::default();
        Self {
            examination,
            trust,
            progress,
            limit,
            way,
            through_repeater,
            chosen: None,
            encrypted,
            confirmed,
            logged_in,
            end: None,
        }
    }

    /// Why a question was not answered, where that is what ended the handshake.
    pub(super) fn end(self) -> Option<End> {
        self.end
    }

    fn fail(&mut self, error: ConnectError) -> Cancelled {
        self.end = Some(End::Failed(error));
        Cancelled
    }

    fn untrusted(&mut self, fingerprint: &str) -> Cancelled {
        self.fail(ConnectError::Untrusted { address: self.address(), fingerprint: fingerprint.to_owned() })
    }

    fn address(&self) -> String {
        self.examination.target.address.without_query().to_string()
    }

    /// Whether `chosen` may be given the login.
    fn may_log_in(&self, chosen: SecurityType) -> Result<(), ConnectError> {
        let target = &self.examination.target;
        let now = Level::from(chosen.level()).max(self.way.level());
        match target.protection {
            Some(before) if now < before => return Err(ConnectError::Weaker { address: self.address(), before, now }),
            _ => {}
        }
        if chosen.reveals_password() && !self.way.is_encrypted() && !target.clear_text {
            let security_type = chosen.name().unwrap_or_default().to_owned();
            return Err(ConnectError::NeedsConsent { address: self.address(), security_type });
        }
        Ok(())
    }

    /// What the chosen type's exchange begins with, or goes on with.
    fn next(&self) -> ReportStage {
        use SecurityType::*;
        match self.chosen {
            Some(TlsNone | TlsVnc | TlsPlain | X509None | X509Vnc | X509Plain) if !self.encrypted => ReportStage::Tls,
            Some(Ra2 | Ra2ne | Ra2Aes256 | Ra2neAes256) if !self.confirmed => ReportStage::Trust,
            _ => ReportStage::Login,
        }
    }

    /// Whether this key will do.
    fn confirm(&mut self, identity: Identity) -> Result<(), Cancelled> {
        self.progress.enter(ReportStage::Trust);
        self.progress.shown(identity.clone());
        let (fingerprint, key, vouched_for) = match &identity {
            Identity::X509(shown) => (&shown.sha256, &shown.key_sha256, shown.problems.is_empty()),
            Identity::Ra2(shown) => (&shown.sha256, &shown.sha256, false),
        };
        let verdict = self.trust.verdict(&self.examination.target.endpoint(), &identity);
        let detail = match (&self.examination.accept, verdict) {
            (TrustPolicy::Fingerprint(expected), _) if identity.has_fingerprint(expected) => {
                "it is the one whose fingerprint was given"
            }
            // Whoever names a key means that one, whoever may vouch for another.
            (TrustPolicy::Fingerprint(_), _) => return Err(self.untrusted(fingerprint)),
            (_, Verdict::Changed(known)) => {
                let error =
                    ConnectError::TrustChanged { address: self.address(), known: known.sha256, shown: key.clone() };
                return Err(self.fail(error));
            }
            (_, Verdict::Trusted) if vouched_for => "an authority vouches for it",
            (_, Verdict::Trusted) => "known: it was accepted before",
            (TrustPolicy::Any, Verdict::Unknown) => "not known, and accepted as any would be",
            (TrustPolicy::Known, Verdict::Unknown) if self.examination.login.is_none() => "not known yet",
            (TrustPolicy::Known, Verdict::Unknown) => return Err(self.untrusted(fingerprint)),
        };
        self.progress.done(detail);
        self.confirmed = true;
        Ok(())
    }
}

/// Looks at the site in front of a server.
pub(super) struct ConnectDelegate<'a> {
    pub(super) accept: &'a TrustPolicy,
    pub(super) trust: &'a Pins,
    /// What it has shown.
    pub(super) shown: Option<Certificate>,
    /// What ssh wanted to know.
    pub(super) asked: Option<String>,
}

impl AskPass for ConnectDelegate<'_> {
    async fn answer(&mut self, question: &Question) -> Option<Reply> {
        let (Question::Secret { prompt, .. }
        | Question::HostKey { prompt, .. }
        | Question::Confirm { prompt }
        | Question::Notice { prompt }) = question;
        self.asked = Some(prompt.lines().collect::<Vec<_>>().join(" "));
        None
    }
}

impl ws::ConnectDelegate for ConnectDelegate<'_> {
    async fn certificate(&mut self, site: &str, certificate: Certificate, _: String) -> Result<(), ConnectError> {
        let identity = Identity::X509(certificate.clone());
        self.shown = Some(certificate.clone());
        match (self.accept, self.trust.verdict(site, &identity)) {
            (TrustPolicy::Fingerprint(expected), _) if identity.has_fingerprint(expected) => Ok(()),
            (_, Verdict::Changed(known)) => Err(ConnectError::TrustChanged {
                address: site.to_owned(),
                known: known.sha256,
                shown: certificate.key_sha256,
            }),
            (_, Verdict::Trusted) | (TrustPolicy::Any, _) => Ok(()),
            (_, Verdict::Unknown) => {
                Err(ConnectError::Untrusted { address: site.to_owned(), fingerprint: certificate.sha256 })
            }
        }
    }
}

impl Ask for Probe<'_> {
    fn step(&mut self, step: Step) {
        self.limit.set(timeout::deadline(step));
        match step {
            Step::Greeting => self.progress.enter(ReportStage::Greeting),
            Step::SecurityTypes => self.progress.enter(ReportStage::Security),
            Step::Authentication => self.progress.enter(self.next()),
            Step::SecurityResult => self.progress.enter(ReportStage::Login),
            Step::ServerInit => {
                self.progress.enter(ReportStage::Login);
                self.progress.done(if self.logged_in { "accepted" } else { "none is asked for" });
                self.progress.enter(ReportStage::Desktop);
            }
        }
    }

    fn heard(&mut self, heard: Heard<'_>) {
        match heard {
            Heard::Repeater => self.through_repeater = true,
            Heard::Version { major, minor } => {
                self.progress.greeted(major, minor, self.through_repeater);
                self.progress.enter(ReportStage::Security);
            }
            Heard::Offered(offered) => self.progress.offered(offered),
        }
    }

    async fn permit(&mut self, chosen: SecurityType) -> Result<(), Cancelled> {
        self.chosen = Some(chosen);
        self.progress.chose(chosen);
        if self.examination.login.is_some() {
            self.may_log_in(chosen).map_err(|error| self.fail(error))?;
        }
        self.progress.agreed(chosen);
        self.progress.enter(self.next());
        Ok(())
    }

    async fn tls(&mut self, stream: Stream, kind: TlsKind) -> Result<Stream, TlsError> {
        self.limit.set(timeout::TLS);
        let target = &self.examination.target;
        let tls = match tls::upgrade(stream, kind, &peer(&target.address), &target.ca_file).await {
            Ok(tls) => tls,
            Err(tls::Failed::CaFile { detail }) => {
                self.fail(ConnectError::CaFile { path: target.ca_file.clone(), detail });
                return Err(TlsError::Cancelled);
            }
            Err(tls::Failed::Early) => return Err(TlsError::Early),
            Err(tls::Failed::Tls { detail }) => return Err(TlsError::Failed { detail }),
            Err(tls::Failed::Io(cause)) => return Err(TlsError::Io(cause)),
        };
        self.encrypted = true;
        let anonymous = if tls.certificate.is_none() { ", anonymous" } else { "" };
        self.progress.done(tls.description + anonymous);
        if let Some(certificate) = tls.certificate {
            self.confirm(Identity::X509(certificate)).map_err(|_| TlsError::Cancelled)?;
        }
        self.limit.set(timeout::MESSAGE);
        self.progress.enter(ReportStage::Login);
        Ok(tls.stream)
    }

    async fn trust(&mut self, key: &ServerKey) -> Result<(), Cancelled> {
        self.confirm(Identity::from(key))?;
        self.progress.enter(ReportStage::Login);
        Ok(())
    }

    async fn credentials(&mut self, wanted: &Wanted) -> Result<Credentials, Cancelled> {
        let Some(login) = &self.examination.login else {
            let name = if wanted.username { "a user name and " } else { "" };
            self.progress.done(format!("{name}a password is asked for"));
            self.end = Some(End::WantsLogin);
            return Err(Cancelled);
        };
        let username = self.examination.username();
        if wanted.username && username.is_empty() {
            let detail = "the server wants a user name, too".to_owned();
            return Err(self.fail(ConnectError::BadInput { address: self.address(), detail }));
        }
        self.logged_in = true;
        Ok(Credentials::new(username, login.password.expose()))
    }

    fn refused(&mut self) {
        self.limit.set(timeout::REASON);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        doctor::{Login, StageReport},
        model::{Address, Certificate, CertificateProblem, RsaKey, Target},
        transport::TimeoutStream,
    };

    fn target() -> Target {
        Target::unsaved("Box".into(), Address::parse("box").unwrap(), false)
    }

    fn examination(target: Target, with_login: bool, accept: TrustPolicy) -> ProbeRequest {
        let login = with_login.then(|| Login { username: None, password: "sesame".to_owned().into() });
        ProbeRequest { target, login, accept }
    }

    /// What an examiner answers, why not, and the stages that it has noted.
    async fn answers(
        examination: &ProbeRequest,
        trust: &Pins,
        local: bool,
        question: impl AsyncFnOnce(&mut Probe<'_>) -> bool,
    ) -> (bool, Option<ConnectError>, Vec<StageReport>) {
        let mut progress = Progress::new(&examination.target.address);
        let limit = TimeoutStream::new(tokio::io::empty()).limit();
        let mut examiner = Probe::new(
            examination,
            trust,
            &mut progress,
            limit,
            if local { PathKind::Local } else { PathKind::Network },
        );
        let answer = question(&mut examiner).await;
        let error = match examiner.end() {
            Some(End::Failed(error)) => Some(error),
            Some(End::WantsLogin) | None => None,
        };
        (answer, error, progress.finish(None).stages)
    }

    #[tokio::test]
    async fn a_login_goes_only_where_it_may() {
        let weaker = |before, now| Some(ConnectError::Weaker { address: "box".into(), before, now });
        let consent = || Some(ConnectError::NeedsConsent { address: "box".into(), security_type: "Plain".into() });
        let once = |protection| Target { protection: Some(protection), ..target() };
        for (target, local, chosen, refused) in [
            (target(), false, SecurityType::VncAuth, None),
            (target(), false, SecurityType::Plain, consent()),
            (target(), true, SecurityType::Plain, None),
            (Target { clear_text: true, ..target() }, false, SecurityType::Plain, None),
            (once(Level::Identified), false, SecurityType::TlsVnc, weaker(Level::Identified, Level::Encrypted)),
            (once(Level::Identified), true, SecurityType::None, weaker(Level::Identified, Level::Clear)),
            (once(Level::Encrypted), false, SecurityType::X509Vnc, None),
        ] {
            for with_login in [true, false] {
                let examination = examination(target.clone(), with_login, TrustPolicy::Known);
                let permitted = async |examiner: &mut Probe<'_>| examiner.permit(chosen).await.is_ok();
                let (answer, error, _) = answers(&examination, &Pins::default(), local, permitted).await;
                // Without a login nothing leaves that could be read.
                let expected = refused.clone().filter(|_| with_login);
                assert_eq!((answer, error), (expected.is_none(), expected), "{target:?} {chosen:?}");
            }
        }
    }

    fn certificate(byte: u8, problems: Vec<CertificateProblem>) -> Identity {
        let (subject, issuer) = Default::default();
        let [sha256, key_sha256] = [byte, byte + 1].map(|byte| vec![format!("{byte:02x}"); 32].join(":"));
        let (names, not_before, not_after) = Default::default();
        Identity::X509(Certificate { subject, names, issuer, not_before, not_after, sha256, key_sha256, problems })
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
            let examination = examination(target(), with_login, accept.clone());
            let confirm = async |examiner: &mut Probe<'_>| examiner.confirm(identity.clone()).is_ok();
            let (answer, error, stages) = answers(&examination, &Pins::default(), false, confirm).await;
            assert_eq!(answer, ok, "{identity:?} {accept:?}");
            assert_eq!(
                stages.iter().map(|stage| (stage.stage, stage.ok)).collect::<Vec<_>>(),
                match ok {
                    true => vec![(ReportStage::Trust, true)],
                    false => vec![],
                }
            );
            assert!(matches!(error, Some(ConnectError::Untrusted { .. })) != ok, "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_login_that_lacks_a_name_stays_here() {
        let wanted = Wanted { security_type: SecurityType::X509Plain, username: true };
        for (username, lacks) in [("", true), ("ann", false)] {
            let examination = examination(Target { username: username.into(), ..target() }, true, TrustPolicy::Known);
            let asked = async |examiner: &mut Probe<'_>| examiner.credentials(&wanted).await.is_ok();
            let (answer, error, _) = answers(&examination, &Pins::default(), false, asked).await;
            assert_eq!((answer, matches!(error, Some(ConnectError::BadInput { .. }))), (!lacks, lacks));
        }
    }
}
