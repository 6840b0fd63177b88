//! What the pipeline tells and asks while it connects: a session asks its keyring and its user, the doctor a report.

use crate::{
    error::ConnectError,
    model::{Identity, Level, OldTls, Party, Proxy, Secret},
    store::Verdict,
    transport::{ConnectTrace, PathKind, RoundTrips, SiteTls, ssh::AskPass},
};
use rfb::{CredentialRequest, Credentials, Mechanism, SecurityType, Step};

/// The pipeline's caller. No deadline runs while one of its futures is awaited. An error that it returns ends the
/// connection, and is what [`super::connect`] returns.
pub(crate) trait Observer: AskPass {
    /// The pipeline has come further. Nothing is decided here.
    fn event(&mut self, event: Event<'_>);

    /// Whether the presented key is that of the server, the site or the proxy. Asked for every key, before any secret is sent.
    fn identity(&mut self, presented: Presented<'_>) -> impl Future<Output = Result<(), ConnectError>> + Send;

    /// Whether to go on with less protection than the policy's floor.
    fn weaker(&mut self, weaker: Weaker) -> impl Future<Output = Result<(), ConnectError>> + Send;

    /// Whether a password may travel readably over the network: to the server with this security type, or to the site
    /// with HTTP.
    fn clear_text(
        &mut self,
        party: Party,
        security_type: &str,
    ) -> impl Future<Output = Result<(), ConnectError>> + Send;

    /// The passphrase of the key in `file`, which belongs to our own certificate; `again` where the last one was wrong. Asked
    /// before the server is called.
    fn passphrase(&mut self, file: &str, again: bool) -> impl Future<Output = Result<Secret, ConnectError>> + Send;

    /// The password of our user at this proxy; `again` where the last one was wrong. Asked before the proxy is called.
    fn proxy_password(
        &mut self,
        proxy: &Proxy,
        again: bool,
    ) -> impl Future<Output = Result<Secret, ConnectError>> + Send;

    /// The credentials that the server asks for; `path` tells who could read them on their way.
    fn credentials(
        &mut self,
        request: CredentialRequest,
        path: PathKind,
    ) -> impl Future<Output = Result<Credentials, ConnectError>> + Send;
}

/// How far the pipeline has come.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// The path to the server is about to be established. Comes again after [`Event::RetryWithout`].
    Dialing,
    /// It is established, or failed.
    Dialled {
        /// What happened on it.
        trace: &'a ConnectTrace,
        /// What it protects, where it was established.
        path: Option<PathKind>,
        /// The TLS to a site on it.
        site_tls: Option<&'a SiteTls>,
        /// The error that ended it.
        failure: Option<&'a ConnectError>,
    },
    /// The handshake begins, on a stream that counts.
    Begins(&'a RoundTrips),
    /// The handshake now waits for this.
    Step(Step),
    /// An UltraVNC repeater answered, and passes us on.
    Repeater,
    /// The server's protocol version.
    Version {
        /// Before the dot.
        major: u16,
        /// After the dot.
        minor: u16,
    },
    /// Security types or sub-types that the server offers.
    Offered(&'a [SecurityType]),
    /// The best of them.
    Chosen(SecurityType),
    /// It may be used: what would have had to be asked about it was answered.
    Approved(SecurityType),
    /// TLS is about to be established.
    TlsStarts,
    /// TLS with this version and cipher; `anonymous` without a certificate.
    Tls {
        /// Such as `TLSv1.3 TLS_AES_256_GCM_SHA384`.
        description: &'a str,
        /// Whether the server has shown no certificate.
        anonymous: bool,
        /// What is old about it.
        old: &'a [OldTls],
    },
    /// The best of the mechanisms that the server offers within SASL.
    Mechanism(Mechanism),
    /// The server offers something better without this type (VeNCrypt, Tight, TLS, or one with SASL): it is dialled again.
    RetryWithout(SecurityType),
}

/// A key that was presented, and what is known about it.
#[derive(Debug)]
pub(crate) struct Presented<'a> {
    /// What presented it: [`Party::Server`], [`Party::Site`] or [`Party::Proxy`].
    pub(crate) party: Party,
    /// The name under which the party's keys are known.
    pub(crate) endpoint: &'a str,
    /// The party's address as people read it.
    pub(crate) address: &'a str,
    /// The certificate or key.
    pub(crate) identity: &'a Identity,
    /// What the known keys say about it.
    pub(crate) verdict: Verdict,
}

/// Less protection than before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weaker {
    /// The best that was reached, or the least that was agreed to.
    pub(crate) before: Level,
    /// What it would be now.
    pub(crate) now: Level,
    /// By this security type.
    pub(crate) security_type: SecurityType,
}
