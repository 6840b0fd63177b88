//! The exchange of each security type: what happens between the server's offer and its verdict.

mod diffie_hellman;
mod ms_logon;
mod plain;
mod rsa_aes;
mod tight;
mod vencrypt;
mod vnc;

use crate::{
    ask::{Ask, Credentials, Wanted},
    client::Offers,
    error::{Error, Unfit},
    security::{Policy, SecurityType},
    wire::Wire,
};
use rand_core::CryptoRng;

/// How the two sides agreed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Agreed {
    /// How we are let in.
    pub(crate) chosen: SecurityType,
    /// It was found in VeNCrypt's list: then there is a SecurityResult in every version.
    pub(crate) within_vencrypt: bool,
    /// It was found in Tight's list: then ServerInit has more to it.
    pub(crate) within_tight: bool,
}

/// Chooses among what the server offers, and walks through the exchange.
pub(crate) async fn log_in<A, R>(
    wire: &mut Wire,
    ask: &mut A,
    policy: &Policy,
    random: &mut R,
    offers: &Offers,
) -> Result<Agreed, Error>
where
    A: Ask,
    R: CryptoRng + Send,
{
    let (chosen, listed) = match offers {
        Offers::Dictated(dictated) => (*dictated, &[][..]),
        Offers::Listed(listed) => (policy.choose(listed).ok_or_else(|| nothing_common(listed))?, &listed[..]),
    };
    let mut agreed = Agreed { chosen, within_vencrypt: false, within_tight: false };
    // These two only lead to what has to be permitted.
    let negotiates = matches!(chosen, SecurityType::VeNCrypt | SecurityType::Tight);
    if !negotiates {
        ask.permit(chosen).await?;
    }
    if !listed.is_empty() {
        // It fits: it was offered in a byte.
        wire.send(&[chosen.number() as u8]).await?;
    }
    match chosen {
        SecurityType::VeNCrypt => {
            agreed.within_vencrypt = true;
            agreed.chosen = vencrypt::agree(wire, ask, policy, listed).await?;
        }
        SecurityType::Tight => {
            agreed.within_tight = true;
            agreed.chosen = tight::agree(wire, ask, policy).await?;
        }
        _ => {}
    }
    exchange(wire, ask, random, agreed.chosen).await?;
    Ok(agreed)
}

/// Walks through `chosen`'s own exchange; TLS, where it has some, is there already.
async fn exchange<A, R>(wire: &mut Wire, ask: &mut A, random: &mut R, chosen: SecurityType) -> Result<(), Error>
where
    A: Ask,
    R: CryptoRng + Send,
{
    use SecurityType::*;
    match chosen {
        None | TlsNone | X509None => Ok(()),
        VncAuth | TlsVnc | X509Vnc => vnc::authenticate(wire, ask, chosen).await,
        Plain | TlsPlain | X509Plain | TightUnixLogin => plain::authenticate(wire, ask, chosen).await,
        Ra2 | Ra2ne | Ra2Aes256 | Ra2neAes256 => rsa_aes::authenticate(wire, ask, random, chosen).await,
        Ard => diffie_hellman::authenticate(wire, ask, random).await,
        MsLogonII => ms_logon::authenticate(wire, ask, random).await,
        // Never chosen by `Policy::choose`, or negotiated away by now.
        Tight | VeNCrypt | Other(_) => Err(nothing_common(&[chosen])),
    }
}

/// Each offer once, without the zeros that some lists are filled up with.
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

fn nothing_common(offered: &[SecurityType]) -> Error {
    Error::NoCommonSecurity { offered: offered.iter().copied().take(MAX_OFFERS_NAMED).collect() }
}

/// Asks for credentials that fit into `username_limit` and `password_limit` bytes and have no NUL in them.
async fn credentials<A: Ask>(ask: &mut A, wanted: Wanted, limits: &Limits) -> Result<Credentials, Error> {
    let credentials = ask.credentials(&wanted).await?;
    let (username, password) = (credentials.username_bytes(), credentials.password_bytes());
    let unfit = if wanted.username && username.len() > limits.username {
        Unfit::UsernameTooLong { limit: limits.username }
    } else if password.len() > limits.password {
        Unfit::PasswordTooLong { limit: limits.password }
    } else if password.contains(&0) || wanted.username && username.contains(&0) {
        Unfit::Nul
    } else {
        return Ok(credentials);
    };
    Err(Error::BadCredentials(unfit))
}

/// Bytes that a security type has room for.
struct Limits {
    username: usize,
    password: usize,
}

/// A list of all 255 types tells a reader nothing.
const MAX_OFFERS_NAMED: usize = 8;

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    /// In hexadecimal, to compare long messages by.
    pub(super) fn sha256(bytes: &[u8]) -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
