//! The handshake's callbacks: what is the same for every observer is decided here, the rest is passed on.

use super::{Event, Observer, Policy, Presented, Weaker, peer, server_name};
use crate::{
    error::ConnectError,
    model::{Certificate, HostOptions, Identity, Level, OldTls, Party, Protection, Target},
    platform,
    store::{Pins, Verdict},
    transport::{
        ConnectDelegate, PathKind, SiteTls, TimeoutHandle,
        ssh::{
            AskPass,
            question::{Question, Reply},
        },
        timeout, tls,
    },
};
use rfb::{
    Ask, Cancelled, CredentialRequest, Credentials, KerberosContext, KerberosError, KerberosProblem, Mechanism,
    SecurityType, ServerInfo, ServerKey, Step, Stream, TlsError, TlsKind, client::Server,
};
use tokio::task::{JoinError, spawn_blocking};

/// One connection on its way, however often it is dialled.
pub(crate) struct Handshake<'a, O> {
    target: &'a Target,
    pins: &'a Pins,
    policy: Policy,
    is_reverse: bool,
    observer: &'a mut O,
    timeout: Option<TimeoutHandle>,
    path: PathKind,
    site_tls: Option<SiteTls>,
    site: Option<Identity>,
    tls: Option<String>,
    /// What is old about the server's TLS.
    old: Vec<OldTls>,
    identity: Option<Identity>,
    mechanism: Option<Mechanism>,
    /// The server has asked for our certificate within TLS, and was shown it.
    certified: bool,
    chosen: Option<SecurityType>,
    /// What a server is shown that asks for a certificate.
    certificate: Option<&'a tls::ClientCertificate>,
    /// What ended the handshake, where a callback did.
    failure: Option<ConnectError>,
}

impl<'a, O: Observer> Handshake<'a, O> {
    pub(crate) fn new(
        target: &'a Target,
        pins: &'a Pins,
        policy: Policy,
        is_reverse: bool,
        certificate: Option<&'a tls::ClientCertificate>,
        observer: &'a mut O,
    ) -> Self {
        let (timeout, site_tls, site, tls, identity, mechanism, chosen, failure) = Default::default();
        Self {
            target,
            pins,
            policy,
            is_reverse,
            observer,
            timeout,
            path: PathKind::Network,
            site_tls,
            site,
            tls,
            old: Vec::new(),
            identity,
            mechanism,
            certified: false,
            chosen,
            certificate,
            failure,
        }
    }

    pub(crate) fn observer(&mut self) -> &mut O {
        self.observer
    }

    /// The path is established; its reads and writes follow the handshake's deadlines from now on.
    pub(crate) fn begin(&mut self, timeout: TimeoutHandle, path: PathKind, site_tls: Option<SiteTls>) {
        (self.timeout, self.path, self.site_tls) = (Some(timeout), path, site_tls);
        (self.tls, self.identity, self.mechanism, self.chosen) = (None, None, None, None);
        self.old.clear();
        self.certified = false;
    }

    /// What ended the handshake, where a callback did.
    pub(crate) fn failure(&mut self) -> Option<ConnectError> {
        self.failure.take()
    }

    /// What the handshake chooses by. On a path that protects as much as the floor, any security type will do.
    pub(crate) fn rfb_policy(&self, without: &[SecurityType]) -> rfb::Policy {
        rfb::Policy {
            shared: true,
            have_username: self.policy.have_username,
            have_password: self.policy.have_password,
            floor: self.policy.floor.filter(|floor| *floor > self.path_level()).map(rfb::Level::from),
            repeater_id: Some(self.target.repeater_id.clone()).filter(|id| !id.is_empty()),
            server_name: server_name(&self.target.address),
            without: without.to_vec(),
        }
    }

    /// What protects the session with `server`.
    pub(crate) fn protection(&mut self, server: &Server) -> Protection {
        let security_type = server.security_type;
        let level = self.level(security_type);
        let (site_tls, site_old) = self.site_tls.take().map(|tls| (tls.description, tls.old)).unzip();
        Protection {
            level,
            local: self.path == PathKind::Local,
            through: self.target.jump().map(ToString::to_string).filter(|_| self.path == PathKind::Ssh),
            site_tls,
            site_old: site_old.unwrap_or_default(),
            security_type: security_type.name().unwrap_or_default().to_owned(),
            mechanism: self.mechanism.map(|mechanism| mechanism.name().to_owned()),
            tls: self.tls.take(),
            old: std::mem::take(&mut self.old),
            identity: self.identity.take().or_else(|| self.site.take()),
            password_unasked: self.policy.have_password && security_type.is_unauthenticated(),
        }
    }

    /// What a session with this security type is protected by.
    fn level(&self, security_type: SecurityType) -> Level {
        Level::from(security_type.level()).proven_by(&self.old).max(self.path_level())
    }

    /// What the path protects by itself.
    fn path_level(&self) -> Level {
        self.path.level(self.site_tls.as_ref())
    }

    /// What TLS to the proxy, to the site and to the server is made with.
    pub(crate) fn tls_setup(&self) -> tls::Setup<'a> {
        let HostOptions { ca_file, old_tls, .. } = &self.target.options;
        tls::Setup { ca_file, certificate: self.certificate, accept_old: *old_tls }
    }

    fn set_timeout(&self, limit: std::time::Duration) {
        if let Some(timeout) = &self.timeout {
            timeout.set(limit);
        }
    }

    fn fail(&mut self, error: ConnectError) -> Cancelled {
        self.failure = Some(error);
        Cancelled
    }

    /// Asks where `chosen` protects less than the floor. What was agreed to is the floor from then on.
    async fn approve_level(&mut self, chosen: SecurityType) -> Result<(), ConnectError> {
        let now = self.level(chosen);
        let Some(before) = self.policy.floor.filter(|floor| now < *floor) else { return Ok(()) };
        self.observer.weaker(Weaker { before, now, security_type: chosen }).await?;
        self.policy.floor = Some(now);
        Ok(())
    }

    /// Asks where others on the way could read the password.
    async fn approve_clear_text(&mut self, chosen: SecurityType) -> Result<(), ConnectError> {
        if self.path.is_encrypted() || !chosen.sends_plaintext_password() || self.policy.clear_text {
            return Ok(());
        }
        self.observer.clear_text(Party::Server, chosen.name().unwrap_or_default()).await?;
        self.policy.clear_text = true;
        Ok(())
    }

    /// The server has presented this key or certificate.
    async fn approve_identity(&mut self, identity: Identity) -> Result<(), Cancelled> {
        let endpoint = match self.is_reverse {
            true => self.target.reverse_endpoint(),
            false => self.target.endpoint(),
        };
        let address = self.target.address.without_query().to_string();
        let verdict = match self.pins.verdict(&endpoint, &identity) {
            // Another token may have led to another machine.
            Verdict::Changed(_) if self.target.has_shared_endpoint() => Verdict::Unknown,
            verdict => verdict,
        };
        let presented =
            Presented { party: Party::Server, endpoint: &endpoint, address: &address, identity: &identity, verdict };
        self.observer.identity(presented).await.map_err(|error| self.fail(error))?;
        self.identity = Some(identity);
        Ok(())
    }
}

impl<O: Observer> Ask for Handshake<'_, O> {
    fn step(&mut self, step: Step) {
        self.set_timeout(timeout::deadline(step));
        self.observer.event(Event::Step(step));
    }

    fn server_info(&mut self, info: ServerInfo<'_>) {
        self.observer.event(match info {
            ServerInfo::Repeater => Event::Repeater,
            ServerInfo::Version { major, minor } => Event::Version { major, minor },
            ServerInfo::Offered(offered) => Event::Offered(offered),
            ServerInfo::Mechanism(mechanism) => {
                self.mechanism = Some(mechanism);
                Event::Mechanism(mechanism)
            }
        });
    }

    async fn approve(&mut self, chosen: SecurityType) -> Result<(), Cancelled> {
        self.chosen = Some(chosen);
        self.observer.event(Event::Chosen(chosen));
        self.approve_level(chosen).await.map_err(|error| self.fail(error))?;
        self.approve_clear_text(chosen).await.map_err(|error| self.fail(error))?;
        self.observer.event(Event::Approved(chosen));
        Ok(())
    }

    async fn tls(&mut self, stream: Stream, kind: TlsKind) -> Result<Stream, TlsError> {
        self.set_timeout(timeout::TLS);
        self.observer.event(Event::TlsStarts);
        let address = self.target.address.without_query().to_string();
        let tls = match tls::upgrade(stream, kind, &peer(&self.target.address), self.tls_setup()).await {
            Ok(tls) => tls,
            Err(tls::Failed::CaFile { detail }) => {
                self.fail(ConnectError::CaFile { path: self.target.ca_file.clone(), detail });
                return Err(TlsError::Cancelled);
            }
            Err(tls::Failed::Client(refusal)) => {
                self.fail(refusal.explain(address));
                return Err(TlsError::Cancelled);
            }
            Err(tls::Failed::Old { why, detail }) => {
                self.fail(ConnectError::OldTls { address, why, detail });
                return Err(TlsError::Cancelled);
            }
            Err(tls::Failed::Weak { bits }) => {
                self.fail(ConnectError::TooWeak { address, bits });
                return Err(TlsError::Cancelled);
            }
            Err(tls::Failed::Early) => return Err(TlsError::Early),
            Err(tls::Failed::Tls { detail }) => return Err(TlsError::Failed { detail }),
            Err(tls::Failed::Io(cause)) => return Err(TlsError::Io(cause)),
        };
        let (description, anonymous) = (&tls.description, tls.certificate.is_none());
        self.observer.event(Event::Tls { description, anonymous, old: &tls.old });
        (self.tls, self.old) = (Some(tls.description), tls.old);
        self.certified = tls.asked_for_ours && self.certificate.is_some();
        // What was approved before may have been better than what it came to.
        if let Some(chosen) = self.chosen.filter(|_| !self.old.is_empty()) {
            let approved = self.approve_level(chosen).await;
            approved.map_err(|error| self.fail(error)).map_err(|Cancelled| TlsError::Cancelled)?;
        }
        if let Some(certificate) = tls.certificate {
            self.approve_identity(Identity::X509(certificate)).await.map_err(|Cancelled| TlsError::Cancelled)?;
        }
        self.set_timeout(timeout::MESSAGE);
        Ok(tls.stream)
    }

    fn is_certified(&self) -> bool {
        self.certified
    }

    async fn trust(&mut self, key: &ServerKey) -> Result<(), Cancelled> {
        self.approve_identity(Identity::from(key)).await
    }

    async fn kerberos(&mut self, service: &str) -> Result<KerberosContext, KerberosError> {
        let service = service.to_owned();
        let failed = |cause: JoinError| KerberosError { problem: KerberosProblem::Other, detail: cause.to_string() };
        spawn_blocking(move || platform::kerberos(&service)).await.map_err(failed)?
    }

    async fn credentials(&mut self, request: &CredentialRequest) -> Result<Credentials, Cancelled> {
        self.observer.credentials(*request, self.path).await.map_err(|error| self.fail(error))
    }

    async fn run_blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Cancelled> {
        spawn_blocking(work).await.map_err(|_| Cancelled)
    }

    fn on_rejected(&mut self) {
        self.set_timeout(timeout::REASON);
    }
}

impl<O: Observer> ConnectDelegate for Handshake<'_, O> {
    async fn proxy_certificate(&mut self, at: &str, certificate: Certificate, _: String) -> Result<(), ConnectError> {
        let identity = Identity::X509(certificate);
        let verdict = self.pins.verdict(at, &identity);
        let presented = Presented { party: Party::Proxy, endpoint: at, address: at, identity: &identity, verdict };
        self.observer.identity(presented).await
    }

    async fn headers_in_clear_text(&mut self, _: &str) -> Result<(), ConnectError> {
        if self.policy.clear_text {
            return Ok(());
        }
        self.observer.clear_text(Party::Site, "HTTP").await?;
        self.policy.clear_text = true;
        Ok(())
    }

    async fn certificate(&mut self, site: &str, certificate: Certificate, _: String) -> Result<(), ConnectError> {
        let identity = Identity::X509(certificate);
        let verdict = self.pins.verdict(site, &identity);
        let presented = Presented { party: Party::Site, endpoint: site, address: site, identity: &identity, verdict };
        self.observer.identity(presented).await?;
        self.site = Some(identity);
        Ok(())
    }
}

impl<O: Observer> AskPass for Handshake<'_, O> {
    fn answer(&mut self, question: &Question) -> impl Future<Output = Option<Reply>> + Send {
        self.observer.answer(question)
    }
}
