//! A list on a web server.

use super::{super::website_login::sendable, SourceProblem};
use crate::{
    error::{ConnectError, FetchError, KeyringError},
    import::MAX_BYTES,
    keyring::Keyring,
    model::{Certificate, HostSource, HttpAuth, HttpHeader, Identity, ListUrl, Secret, SourceId},
    store::{Pins, Verdict},
    transport::{
        ConnectDelegate,
        http::{self, Answer, Validators},
        ws::Headers,
    },
};
use std::{sync::Arc, time::Duration};

/// What is needed to read a list on a web server.
pub(super) struct Access {
    pub(super) pins: Pins,
    pub(super) keyring: Keyring,
}

/// Why a source could not be read.
pub(super) struct Unread {
    pub(super) problem: SourceProblem,
    /// How long it wants to be left alone.
    pub(super) retry_after: Option<Duration>,
    /// A certificate that the user has not accepted.
    pub(super) certificate: Option<Identity>,
}

impl<E: Into<SourceProblem>> From<E> for Unread {
    fn from(problem: E) -> Self {
        Self { problem: problem.into(), retry_after: None, certificate: None }
    }
}

/// What a web server has sent last, and how it calls that. Not on the disk: what the next start finds in the list may be an earlier
/// version of it.
pub(super) struct Kept {
    pub(super) validators: Validators,
    pub(super) bytes: Arc<Vec<u8>>,
}

/// The keyring's account of a source's login.
pub(super) fn account(id: SourceId) -> String {
    format!("list {id}")
}

/// A login as it is kept for `url`.
///
/// # Errors
/// [`FetchError::BadLogin`].
pub(super) fn secret(
    url: &ListUrl,
    username: String,
    password: &Secret,
    headers: &[HttpHeader],
) -> Result<Secret, FetchError> {
    let bad = |detail: String| FetchError::BadLogin { address: url.without_query(), detail };
    let auth = HttpAuth::new(username, password, headers);
    sendable(&auth).map_err(|wrong| bad(wrong.detail))?;
    auth.to_secret().map_err(|cause| bad(cause.to_string()))
}

/// The list as text: what the server sends, or what is in `kept` where that is still it.
///
/// # Errors
/// Why there is none, with the certificate where that is why.
pub(super) async fn fetch(
    source: &HostSource,
    url: &ListUrl,
    access: &Access,
    kept: &mut Option<Kept>,
    may_unlock: bool,
) -> Result<Arc<Vec<u8>>, Unread> {
    let headers = login(source, url, &access.keyring, may_unlock).await?;
    let known = kept.as_ref().map(|kept| kept.validators.clone()).unwrap_or_default();
    let mut known_keys = KnownKeys { pins: &access.pins, shown: None };
    match http::get(url, &headers, &known, MAX_BYTES, &mut known_keys).await {
        Ok(Answer::Unchanged) => match kept {
            Some(kept) => Ok(Arc::clone(&kept.bytes)),
            None => Err(FetchError::Status { address: url.without_query(), status: 304 }.into()),
        },
        Ok(Answer::File { bytes, validators }) => {
            let bytes = Arc::new(bytes);
            *kept = (validators != Validators::default()).then(|| Kept { validators, bytes: Arc::clone(&bytes) });
            Ok(bytes)
        }
        Err(failed) => {
            let certificate = known_keys.shown.map(Identity::X509);
            Err(Unread { problem: failed.error.into(), retry_after: failed.retry_after, certificate })
        }
    }
}

/// What the source's login comes to as headers. In the background the user is not asked to unlock the keyring.
async fn login(source: &HostSource, url: &ListUrl, keyring: &Keyring, may_unlock: bool) -> Result<Headers, Unread> {
    if !source.has_login {
        return Ok(Headers::default());
    }
    let found = match may_unlock {
        true => keyring.get_for(account(source.id), url.recipient()).await,
        false => keyring.peek_for(account(source.id), url.recipient()).await,
    };
    let elsewhere = |error| match error {
        KeyringError::ForAnother { recipient } => FetchError::LoginElsewhere { recipient }.into(),
        other => Unread::from(other),
    };
    let Some(secret) = found.map_err(elsewhere)? else {
        return Err(FetchError::LoginWanted { address: url.without_query() }.into());
    };
    let bad = |detail: String| FetchError::BadLogin { address: url.without_query(), detail };
    let auth = HttpAuth::of_secret(&secret).map_err(|cause| bad(cause.to_string()))?;
    Ok(Headers::of(&auth).map_err(bad)?)
}

/// Accepts certificates that the authorities vouch for, and those that were accepted for the server before.
struct KnownKeys<'a> {
    pins: &'a Pins,
    /// One that was not accepted.
    shown: Option<Certificate>,
}

impl ConnectDelegate for KnownKeys<'_> {
    async fn certificate(&mut self, site: &str, certificate: Certificate, _: String) -> Result<(), ConnectError> {
        let address = site.to_owned();
        let identity = Identity::X509(certificate.clone());
        let error = match self.pins.verdict(site, &identity) {
            Verdict::Trusted => return Ok(()),
            Verdict::Unknown => ConnectError::Untrusted { address, fingerprint: certificate.sha256.clone() },
            Verdict::Changed(known) => {
                ConnectError::TrustChanged { address, known: known.sha256, shown: certificate.key_sha256.clone() }
            }
        };
        self.shown = Some(certificate);
        Err(error)
    }
}
