//! The exchange of each security type: what happens between the server's offer and SecurityResult.

mod apple_login;
mod apple_rsa;
mod ard;
mod ms_logon;
mod plain;
mod rsa_aes;
mod rsa_key;
mod sasl;
mod tight;
mod tls;
mod vencrypt;
pub(crate) mod vnc;

pub(crate) use sasl::Layer;

use crate::{
    ask::{Ask, CredentialRequest, Credentials},
    error::{CredentialError, Error},
    security::{Choice, Policy, SecurityType},
    wire::Wire,
};
use rand_core::CryptoRng;

/// The server's security types.
pub(crate) enum Offers {
    /// No choice (3.3).
    Dictated(SecurityType),
    /// One of these (3.7 and 3.8).
    Listed(Vec<SecurityType>),
}

/// What the two sides agreed on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Agreed {
    /// The security type of the login.
    pub(crate) chosen: SecurityType,
    /// It is of VeNCrypt's list: then there is a SecurityResult in every version.
    pub(crate) within_vencrypt: bool,
    /// It is of Tight's list: then ServerInit has an addition.
    pub(crate) within_tight: bool,
}

/// The end of [`log_in`].
pub(crate) enum LogIn {
    /// The exchange is complete; the server's verdict follows. After that everything is within the layer, if there is one.
    Done(Agreed, Option<Box<Layer>>),
    /// See [`crate::client::Outcome::RetryWithout`].
    RetryWithout(SecurityType),
}

/// Chooses among the server's security types, and performs the exchange.
pub(crate) async fn log_in<A, R>(
    wire: &mut Wire,
    ask: &mut A,
    policy: &Policy,
    rng: R,
    offers: &Offers,
) -> Result<LogIn, Error>
where
    A: Ask,
    R: CryptoRng + Send + 'static,
{
    let (chosen, listed) = match offers {
        Offers::Dictated(dictated) => (*dictated, &[][..]),
        Offers::Listed(listed) => (policy.choose(listed).ok_or_else(|| no_common_type(listed))?, &listed[..]),
    };
    // A negotiation has nothing to approve yet.
    let negotiates = matches!(chosen, SecurityType::VeNCrypt | SecurityType::Tight | SecurityType::Sasl);
    if !negotiates {
        ask.approve(chosen).await?;
    }
    if !listed.is_empty() {
        // Not truncated: it was offered in a byte.
        let number = [chosen.number() as u8];
        let choice = match chosen {
            SecurityType::VeNCrypt => &vencrypt::CHOICE[..],
            SecurityType::AppleRsa => &apple_rsa::CHOICE,
            _ => &number,
        };
        wire.send(choice).await?;
    }
    let (choice, others) = match chosen {
        SecurityType::VeNCrypt => {
            let (choice, inner) = vencrypt::negotiate(wire, ask, policy, listed).await?;
            let outer = listed.iter().copied().filter(|other| *other != SecurityType::VeNCrypt);
            (choice, outer.chain(inner).collect())
        }
        SecurityType::Tight => (tight::negotiate(wire, ask, policy, listed).await?, listed.to_vec()),
        SecurityType::Tls => (tls::negotiate(wire, ask, policy, listed).await?, listed.to_vec()),
        _ => (Choice::Inner(chosen), listed.to_vec()),
    };
    let Choice::Inner(inner) = choice else { return Ok(LogIn::RetryWithout(chosen)) };
    let mut agreed = Agreed {
        chosen: inner,
        within_vencrypt: chosen == SecurityType::VeNCrypt,
        within_tight: chosen == SecurityType::Tight,
    };
    if !matches!(inner, SecurityType::Sasl | SecurityType::TlsSasl | SecurityType::X509Sasl) {
        exchange(wire, ask, rng, inner).await?;
        return Ok(LogIn::Done(agreed, None));
    }
    let Some(mechanism) = sasl::negotiate(wire, ask, policy, inner, &others).await? else {
        return Ok(LogIn::RetryWithout(inner));
    };
    agreed.chosen = mechanism.security_type;
    let layer = sasl::authenticate(wire, ask, rng, &policy.server_name, mechanism).await?;
    Ok(LogIn::Done(agreed, layer.map(Box::new)))
}

/// Performs `chosen`'s own exchange; its TLS, if it has any, is established.
async fn exchange<A, R>(wire: &mut Wire, ask: &mut A, rng: R, chosen: SecurityType) -> Result<(), Error>
where
    A: Ask,
    R: CryptoRng + Send + 'static,
{
    use SecurityType::*;
    match chosen {
        None | TlsNone | X509None => Ok(()),
        VncAuth | TlsVnc | X509Vnc => vnc::authenticate(wire, ask, chosen).await,
        Plain | TlsPlain | X509Plain | TightUnixLogin => plain::authenticate(wire, ask, chosen).await,
        Ra2 | Ra2ne | Ra2Aes256 | Ra2neAes256 => rsa_aes::authenticate(wire, ask, rng, chosen).await,
        Ard => ard::authenticate(wire, ask, rng).await,
        AppleRsa => apple_rsa::authenticate(wire, ask, rng).await,
        MsLogonII => ms_logon::authenticate(wire, ask, rng).await,
        // Never chosen by `Policy::choose`, or negotiated by now.
        Tight | Tls | VeNCrypt | Sasl | SaslPlain | TlsSasl | X509Sasl | TightOther(_) | Other(_) => {
            Err(no_common_security(&[chosen]))
        }
    }
}

/// Each number once, without the zeros that some servers pad their list with.
pub(crate) fn distinct(numbers: impl IntoIterator<Item = u32>) -> Vec<SecurityType> {
    let mut offered = Vec::new();
    for number in numbers.into_iter().filter(|number| *number != 0) {
        let offer = SecurityType::from(number);
        if !offered.contains(&offer) {
            offered.push(offer);
        }
    }
    offered
}

fn no_common_security(offered: &[impl ToString]) -> Error {
    let offered = offered.iter().take(MAX_OFFERS_NAMED).map(ToString::to_string).collect();
    Error::NoCommonSecurity { offered, maker: None }
}

/// The same for a server's own list, which tells who has made it.
fn no_common_type(listed: &[SecurityType]) -> Error {
    match no_common_security(listed) {
        Error::NoCommonSecurity { offered, .. } => {
            Error::NoCommonSecurity { offered, maker: listed.iter().find_map(|offer| offer.maker()) }
        }
        other => other,
    }
}

/// Gets the caller's credentials.
///
/// # Errors
/// [`Error::BadCredentials`] if they are longer than `limits` or contain a NUL.
async fn credentials<A: Ask>(ask: &mut A, request: CredentialRequest, limits: &Limits) -> Result<Credentials, Error> {
    let credentials = ask.credentials(&request).await?;
    let (username, password) = (credentials.username_bytes(), credentials.password_bytes());
    let error = if request.username && username.len() > limits.username {
        CredentialError::UsernameTooLong { limit: limits.username }
    } else if password.len() > limits.password {
        CredentialError::PasswordTooLong { limit: limits.password }
    } else if password.contains(&0) || request.username && username.contains(&0) {
        CredentialError::Nul
    } else {
        return Ok(credentials);
    };
    Err(Error::BadCredentials(error))
}

/// Bytes that a security type has room for.
struct Limits {
    username: usize,
    password: usize,
}

/// Offers that an error names at most.
const MAX_OFFERS_NAMED: usize = 8;

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    /// SHA-256 in hexadecimal, to compare long messages by.
    pub(super) fn sha256(bytes: &[u8]) -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
