//! The pipeline's observer that asks no person: it answers out of what is known and was given, and notes the stages.

use super::{ProbeRequest, TrustPolicy, progress::Progress};
use crate::{
    connect::{Event, Observer, Presented, Weaker},
    error::ConnectError,
    model::{Identity, Party, Proxy, Secret},
    store::Verdict,
    transport::{
        PathKind,
        ssh::{
            AskPass,
            question::{Question, Reply},
        },
    },
};
use rfb::{CredentialRequest, Credentials};

pub(super) struct Probe<'a> {
    request: &'a ProbeRequest,
    progress: &'a mut Progress,
    /// The fingerprint that was given has matched: the keys of further parties have to be known.
    fingerprint_matched: bool,
    /// What ssh asked.
    ssh_question: Option<String>,
    /// It stopped where a login is wanted, as none was to be tried.
    wants_login: bool,
}

impl<'a> Probe<'a> {
    pub(super) fn new(request: &'a ProbeRequest, progress: &'a mut Progress) -> Self {
        Self { request, progress, fingerprint_matched: false, ssh_question: None, wants_login: false }
    }

    /// Whether it stopped, and has succeeded, where a login is wanted.
    pub(super) fn wants_login(&self) -> bool {
        self.wants_login
    }

    /// `error`, or what ssh asked where that is why ssh failed: there is no person to answer.
    pub(super) fn explain(&self, error: ConnectError) -> ConnectError {
        match (&self.ssh_question, self.request.target.jump()) {
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

    /// Why the presented key will do.
    fn confirm(&mut self, presented: &Presented<'_>) -> Result<&'static str, ConnectError> {
        let Presented { party, address, identity, verdict, .. } = presented;
        let (fingerprint, key, vouched_for) = match identity {
            Identity::X509(shown) => (&shown.sha256, &shown.key_sha256, shown.problems.is_empty()),
            Identity::Ra2(shown) => (&shown.sha256, &shown.sha256, false),
        };
        let untrusted = || ConnectError::Untrusted { address: (*address).to_owned(), fingerprint: fingerprint.clone() };
        Ok(match (&self.request.accept, verdict) {
            // A fingerprint that was given is the server's, or that of the site in front of it, where the proxy's own key is known.
            (_, Verdict::Trusted) if *party == Party::Proxy => "known, or vouched for by an authority",
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
        self.progress.event(&self.request.target, &event);
        if let Event::RetryWithout(_) = event {
            self.fingerprint_matched = false;
        }
    }

    async fn identity(&mut self, presented: Presented<'_>) -> Result<(), ConnectError> {
        self.progress.shown(presented.identity.clone());
        // Those of a site and of a proxy are part of the stages of the path.
        if presented.party != Party::Server {
            return self.confirm(&presented).map(drop);
        }
        self.progress.stages.identity_shown();
        let why = self.confirm(&presented)?;
        self.progress.stages.identity_confirmed(why);
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
        let detail = match &self.request.saved.passphrase {
            Some(known) if !again => return Ok(known.clone()),
            Some(_) => "the passphrase in the keyring is not that of its key",
            None => "its key has a passphrase. Open the machine once to type it",
        };
        Err(ConnectError::ClientCertificateFile { path: file.to_owned(), detail: detail.to_owned() })
    }

    async fn proxy_password(&mut self, proxy: &Proxy, again: bool) -> Result<Secret, ConnectError> {
        let detail = match &self.request.saved.proxy_password {
            Some(known) if !again => return Ok(known.clone()),
            Some(_) => "the password in the keyring is not that of its user",
            None => "its user has a password. Open the machine once to type it",
        };
        let via = proxy.without_username().to_string();
        Err(ConnectError::ProxyDenied { via, detail: detail.to_owned() })
    }

    async fn credentials(&mut self, request: CredentialRequest, _: PathKind) -> Result<Credentials, ConnectError> {
        let Some(login) = &self.request.login else {
            let name = if request.username { "a user name and " } else { "" };
            self.progress.stages.done(format!("{name}a password is asked for"));
            self.wants_login = true;
            return Err(ConnectError::cancelled());
        };
        let username = self.request.username();
        if request.username && username.is_empty() {
            let detail = "the server wants a user name, too".to_owned();
            return Err(ConnectError::BadInput { address: self.address(), detail });
        }
        self.progress.stages.login_sent();
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
