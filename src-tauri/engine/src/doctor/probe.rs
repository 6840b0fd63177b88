//! The pipeline's observer that asks no person: it answers out of what is known and was given, and notes the stages.

use super::{ProbeRequest, ReportStage, TrustPolicy, progress::Progress, stages::note_path};
use crate::{
    connect::{Event, Observer, Presented, Weaker},
    error::ConnectError,
    model::{Identity, Party, Secret},
    store::Verdict,
    transport::{
        PathKind,
        ssh::{
            AskPass,
            question::{Question, Reply},
        },
    },
};
use rfb::{CredentialRequest, Credentials, SecurityType, Step};
use tokio::time::Instant;

pub(super) struct Probe<'a> {
    request: &'a ProbeRequest,
    progress: &'a mut Progress,
    began: Instant,
    through_repeater: bool,
    chosen: Option<SecurityType>,
    encrypted: bool,
    confirmed: bool,
    logged_in: bool,
    /// The fingerprint that was given has matched: the keys of further parties have to be known.
    fingerprint_matched: bool,
    /// What ssh asked.
    ssh_question: Option<String>,
    /// It stopped where a login is wanted, as none was to be tried.
    wants_login: bool,
}

impl<'a> Probe<'a> {
    pub(super) fn new(request: &'a ProbeRequest, progress: &'a mut Progress) -> Self {
        let (through_repeater, encrypted, confirmed, logged_in, fingerprint_matched, wants_login) = Default::default();
        Self {
            request,
            progress,
            began: Instant::now(),
            through_repeater,
            chosen: None,
            encrypted,
            confirmed,
            logged_in,
            fingerprint_matched,
            ssh_question: None,
            wants_login,
        }
    }

    /// Whether it stopped, and has succeeded, where a login is wanted.
    pub(super) fn wants_login(&self) -> bool {
        self.wants_login
    }

    /// `error`, or what ssh asked where that is why ssh failed: there is no person to answer.
    pub(super) fn explain(&self, error: ConnectError) -> ConnectError {
        match (&self.ssh_question, &self.request.target.ssh_jump) {
            (Some(question), Some(jump)) => {
                let detail = format!("ssh asks: {question} Open the machine once to answer");
                ConnectError::SshFailed { via: jump.to_string(), detail }
            }
            _ => error,
        }
    }

    fn address(&self) -> String {
        self.request.target.address.without_query().to_string()
    }

    /// What the chosen type's exchange begins with, or goes on with.
    fn next_stage(&self) -> ReportStage {
        use SecurityType::*;
        match self.chosen {
            Some(TlsNone | TlsVnc | TlsPlain | X509None | X509Vnc | X509Plain) if !self.encrypted => ReportStage::Tls,
            Some(Ra2 | Ra2ne | Ra2Aes256 | Ra2neAes256) if !self.confirmed => ReportStage::Trust,
            _ => ReportStage::Login,
        }
    }

    fn enter(&mut self, step: Step) {
        match step {
            Step::Greeting => self.progress.enter(ReportStage::Greeting),
            Step::SecurityTypes => self.progress.enter(ReportStage::Security),
            Step::Authentication => self.progress.enter(self.next_stage()),
            Step::SecurityResult => self.progress.enter(ReportStage::Login),
            Step::ServerInit => {
                self.progress.enter(ReportStage::Login);
                self.progress.done(if self.logged_in { "accepted" } else { "none is asked for" });
                self.progress.enter(ReportStage::Desktop);
            }
        }
    }

    /// Why the presented key will do.
    fn confirm(&mut self, presented: &Presented<'_>) -> Result<&'static str, ConnectError> {
        let Presented { party, address, identity, verdict, .. } = presented;
        let (fingerprint, key, vouched_for) = match identity {
            Identity::X509(shown) => (&shown.sha256, &shown.key_sha256, shown.problems.is_empty()),
            Identity::Ra2(shown) => (&shown.sha256, &shown.sha256, false),
        };
        let untrusted = || ConnectError::Untrusted { address: (*address).to_owned(), fingerprint: fingerprint.clone() };
        Ok(match (&self.request.accept, verdict) {
            (TrustPolicy::Fingerprint(expected), _) if identity.has_fingerprint(expected) => {
                self.fingerprint_matched = true;
                "it is the one whose fingerprint was given"
            }
            // A named key means that one, even if an authority vouches for another.
            (TrustPolicy::Fingerprint(_), _) if !self.fingerprint_matched => return Err(untrusted()),
            (_, Verdict::Changed(known)) => {
                return Err(ConnectError::TrustChanged {
                    address: (*address).to_owned(),
                    known: known.sha256.clone(),
                    shown: key.clone(),
                });
            }
            (_, Verdict::Trusted) if vouched_for => "an authority vouches for it",
            (_, Verdict::Trusted) => "known: it was accepted before",
            (TrustPolicy::Any, Verdict::Unknown) => "not known, and accepted as any would be",
            // Without a login nothing secret is sent to the server; to a site its own login may be.
            (TrustPolicy::Known, Verdict::Unknown) if self.request.login.is_none() && *party == Party::Server => {
                "not known yet"
            }
            (TrustPolicy::Known | TrustPolicy::Fingerprint(_), Verdict::Unknown) => return Err(untrusted()),
        })
    }
}

impl Observer for Probe<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Dialing => self.began = Instant::now(),
            Event::Dialled { trace, path, failure } => {
                note_path(self.progress, &self.request.target, self.began, trace, failure);
                path.into_iter().for_each(|path| self.progress.established(path));
            }
            Event::Step(step) => self.enter(step),
            Event::Repeater => self.through_repeater = true,
            Event::Version { major, minor } => {
                self.progress.greeted(major, minor, self.through_repeater);
                self.progress.enter(ReportStage::Security);
            }
            Event::Offered(offered) => self.progress.offered(offered),
            Event::Chosen(chosen) => {
                self.chosen = Some(chosen);
                self.progress.chose(chosen);
            }
            Event::Approved(chosen) => {
                self.progress.agreed(chosen);
                self.progress.enter(self.next_stage());
            }
            Event::TlsStarts => {}
            Event::Tls { description, anonymous } => {
                self.encrypted = true;
                self.progress.done(format!("{description}{}", if anonymous { ", anonymous" } else { "" }));
                self.progress.enter(ReportStage::Login);
            }
            Event::RetryWithout(negotiation) => {
                (self.chosen, self.encrypted, self.confirmed, self.logged_in) = (None, false, false, false);
                (self.fingerprint_matched, self.through_repeater) = (false, false);
                self.progress.begin_again(negotiation);
            }
        }
    }

    async fn identity(&mut self, presented: Presented<'_>) -> Result<(), ConnectError> {
        self.progress.shown(presented.identity.clone());
        // The site's key is part of the stages of the path.
        if presented.party == Party::Site {
            return self.confirm(&presented).map(drop);
        }
        self.progress.enter(ReportStage::Trust);
        let detail = self.confirm(&presented)?;
        self.progress.done(detail);
        self.confirmed = true;
        self.progress.enter(ReportStage::Login);
        Ok(())
    }

    async fn weaker(&mut self, weaker: Weaker) -> Result<(), ConnectError> {
        let Weaker { before, now, .. } = weaker;
        match self.request.login {
            Some(_) => Err(ConnectError::Weaker { address: self.address(), before, now }),
            None => Ok(()),
        }
    }

    async fn clear_text(&mut self, party: Party, security_type: &str) -> Result<(), ConnectError> {
        // Without a login nothing leaves for the server that could be read; for the site its own login does.
        match (party, &self.request.login) {
            (Party::Server, None) => Ok(()),
            _ => Err(ConnectError::NeedsConsent { address: self.address(), security_type: security_type.to_owned() }),
        }
    }

    async fn passphrase(&mut self, file: &str, again: bool) -> Result<Secret, ConnectError> {
        let detail = match &self.request.passphrase {
            Some(known) if !again => return Ok(known.clone()),
            Some(_) => "the passphrase in the keyring is not that of its key",
            None => "its key has a passphrase. Open the machine once to type it",
        };
        Err(ConnectError::ClientCertificateFile { path: file.to_owned(), detail: detail.to_owned() })
    }

    async fn credentials(&mut self, request: CredentialRequest, _: PathKind) -> Result<Credentials, ConnectError> {
        let Some(login) = &self.request.login else {
            let name = if request.username { "a user name and " } else { "" };
            self.progress.done(format!("{name}a password is asked for"));
            self.wants_login = true;
            return Err(ConnectError::cancelled());
        };
        let username = self.request.username();
        if request.username && username.is_empty() {
            let detail = "the server wants a user name, too".to_owned();
            return Err(ConnectError::BadInput { address: self.address(), detail });
        }
        self.logged_in = true;
        Ok(Credentials::new(username, login.password.expose()))
    }
}

impl AskPass for Probe<'_> {
    async fn answer(&mut self, question: &Question) -> Option<Reply> {
        let (Question::Secret { prompt, .. }
        | Question::HostKey { prompt, .. }
        | Question::Confirm { prompt }
        | Question::Notice { prompt }) = question;
        self.ssh_question = Some(prompt.lines().collect::<Vec<_>>().join(" "));
        None
    }
}

#[cfg(test)]
mod tests;
