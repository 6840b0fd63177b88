//! SASL ([RFC 4422](https://www.rfc-editor.org/rfc/rfc4422)): security type 20
//! ([rfbproto](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#sasl)), and VeNCrypt's sub-types within TLS.
//!
//! | from | bytes | what |
//! | --- | --- | --- |
//! | server | 4, n | length, its mechanisms with commas between them |
//! | viewer | 4, n | length, the chosen mechanism |
//! | viewer | 4, n | length, its first response |
//! | server | 4, n, 1 | length, challenge; 1: complete |
//! | viewer | 4, n | length, response; then the server's turn again, until it is complete |
//!
//! Challenges and responses end with a NUL that the length counts; the length 0 is none, which is not the same as an empty
//! one. Where a mechanism has agreed on a security layer, everything after SecurityResult is within it.

mod digest_md5;
mod gssapi;
mod layer;
mod scram;

use super::{Limits, credentials, no_common_security};
use crate::{
    ask::{Ask, CredentialRequest, Credentials, ServerInfo, Step},
    error::Error,
    kerberos::{KerberosContext, KerberosError, KerberosProblem, SecurityContext},
    mechanism::Mechanism,
    record::Codec,
    security::{Choice, Policy, SecurityType},
    text::sanitize,
    wire::Wire,
};
use base64ct::{Base64, Encoding};
use rand_core::CryptoRng;
use std::{io, ops::Range};
use zeroize::Zeroizing;

/// What the two sides agreed on.
pub(super) struct Agreed {
    /// The type that the server offered, or [`SecurityType::SaslPlain`].
    pub(super) security_type: SecurityType,
    mechanism: Mechanism,
    /// For GSSAPI: the context, and its first token.
    kerberos: Option<(KerberosContext, Vec<u8>)>,
}

/// What everything after SecurityResult is within.
pub(crate) enum Layer {
    /// DIGEST-MD5's.
    DigestMd5(Box<layer::Layer>),
    /// That of GSSAPI.
    Gssapi(gssapi::GssLayer),
}

impl Codec for Layer {
    // Both begin with the length of the rest.
    const HEAD_LEN: usize = 4;

    fn max_message_len(&self) -> usize {
        match self {
            Self::DigestMd5(layer) => layer.max_message_len(),
            Self::Gssapi(layer) => layer.max_message_len(),
        }
    }

    fn body_len(&self, head: &[u8]) -> io::Result<usize> {
        match self {
            Self::DigestMd5(layer) => layer.body_len(head),
            Self::Gssapi(layer) => layer.body_len(head),
        }
    }

    fn seal(&mut self, message: &[u8], record: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::DigestMd5(layer) => layer.seal(message, record),
            Self::Gssapi(layer) => layer.seal(message, record),
        }
    }

    fn open(&mut self, record: &mut [u8]) -> io::Result<Range<usize>> {
        match self {
            Self::DigestMd5(layer) => layer.open(record),
            Self::Gssapi(layer) => layer.open(record),
        }
    }
}

/// Agrees on a mechanism within `chosen`; `others` is what else the server offers. None where that is better.
pub(super) async fn negotiate<A: Ask>(
    wire: &mut Wire,
    ask: &mut A,
    policy: &Policy,
    chosen: SecurityType,
    others: &[SecurityType],
) -> Result<Option<Agreed>, Error> {
    let within_tls = chosen != SecurityType::Sasl;
    wire.set_step(if within_tls { Step::Authentication } else { Step::SecurityTypes }, ask);
    let offered = read_mechanisms(wire).await?;
    let offers = |mechanism: Mechanism| offered.iter().any(|name| name == mechanism.name());
    let is_external = offers(Mechanism::External) && ask.is_certified();
    let (kerberos, failed) = match offers(Mechanism::Gssapi) && !is_external {
        true => match begin_kerberos(ask, &policy.server_name).await? {
            Ok(begun) => (Some(begun), None),
            Err(error) => (None, Some(error)),
        },
        false => (None, None),
    };
    let usable = Mechanism::ORDER
        .into_iter()
        .filter(|mechanism| offers(*mechanism) && (*mechanism != Mechanism::Gssapi || kerberos.is_some()))
        .find_map(|mechanism| Some((mechanism, mechanism.security_type(chosen, ask.is_certified())?)));
    let inner = Vec::from_iter(usable.map(|(_, security_type)| security_type));
    let unknown = || no_common_security(&offered.iter().map(|name| format!("SASL {name}")).collect::<Vec<_>>());
    // Where there is nothing else, what Kerberos lacks can be had.
    let none = || failed.map_or_else(unknown, Error::Kerberos);
    match (policy.choose_within(chosen, others, &inner).ok_or_else(none)?, usable) {
        (Choice::Inner(security_type), Some((mechanism, _))) => {
            ask.server_info(ServerInfo::Mechanism(mechanism));
            // Within TLS it was approved before.
            if !within_tls {
                ask.approve(security_type).await?;
            }
            Ok(Some(Agreed { security_type, mechanism, kerberos }))
        }
        _ => Ok(None),
    }
}

/// A context with the server, and its first token: that is where Kerberos says whether there is a ticket for it. The inner error is
/// Kerberos' own.
async fn begin_kerberos<A: Ask>(
    ask: &mut A,
    server_name: &str,
) -> Result<Result<(KerberosContext, Vec<u8>), KerberosError>, Error> {
    let mut context = match ask.kerberos(&format!("vnc@{server_name}")).await {
        Ok(context) => context,
        Err(error) => return Ok(Err(error)),
    };
    let begun = ask.run_blocking(move || context.step(None).map(|step| (context, step.token))).await?;
    Ok(begun)
}

/// Performs the mechanism's exchange, up to the server's word that it is complete; `server_name` is what the user calls the
/// server. Returns the layer that everything after SecurityResult is within.
pub(super) async fn authenticate<A: Ask, R: CryptoRng>(
    wire: &mut Wire,
    ask: &mut A,
    mut rng: R,
    server_name: &str,
    agreed: Agreed,
) -> Result<Option<Layer>, Error> {
    wire.set_step(Step::Authentication, ask);
    let Agreed { security_type, mechanism, kerberos } = agreed;
    if let Some((context, token)) = kerberos.filter(|_| mechanism == Mechanism::Gssapi) {
        let is_within_tls = security_type != SecurityType::Sasl;
        return gssapi(wire, ask, gssapi::Exchange::new(context, is_within_tls), &token).await;
    }
    if mechanism == Mechanism::External {
        // Empty: who the certificate is for.
        start(wire, mechanism, Some(b"")).await?;
        read_reply(wire).await.and_then(|reply| reply.completed(wire)).map_err(|error| match refused(error) {
            Error::AuthFailed { .. } | Error::AuthFailedProbably => Error::CertificateRefused,
            other => other,
        })?;
        return Ok(None);
    }
    let credentials = credentials(ask, CredentialRequest { security_type, username: true }, &LIMITS).await?;
    let mut random = [0; NONCE_LEN];
    rng.fill_bytes(&mut random);
    let nonce = Base64::encode_string(&random);
    match mechanism {
        Mechanism::ScramSha256 => scram(wire, ask, mechanism, scram::Hash::Sha256, credentials, &nonce).await?,
        Mechanism::ScramSha1 => scram(wire, ask, mechanism, scram::Hash::Sha1, credentials, &nonce).await?,
        Mechanism::DigestMd5 => {
            let wants_layer = security_type == SecurityType::Sasl;
            let layer = digest_md5(wire, credentials, &nonce, server_name, wants_layer).await?;
            return Ok(layer.map(|layer| Layer::DigestMd5(Box::new(layer))));
        }
        Mechanism::Plain | Mechanism::External | Mechanism::Gssapi => plain(wire, credentials).await?,
    }
    Ok(None)
}

/// PLAIN ([RFC 4616](https://www.rfc-editor.org/rfc/rfc4616)): as nobody else, user name, password, with NULs between them.
async fn plain(wire: &mut Wire, credentials: Credentials) -> Result<(), Error> {
    let (username, password) = (credentials.username_bytes(), credentials.password_bytes());
    // Allocated once: growing would leave copies behind.
    let mut message = Zeroizing::new(Vec::with_capacity(2 + username.len() + password.len()));
    message.push(0);
    message.extend(username);
    message.push(0);
    message.extend(password);
    start(wire, Mechanism::Plain, Some(&message)).await?;
    read_reply(wire).await.and_then(|reply| reply.completed(wire)).map_err(refused)
}

/// SCRAM: the server has to prove, too, that it knows the password.
async fn scram<A: Ask>(
    wire: &mut Wire,
    ask: &mut A,
    mechanism: Mechanism,
    hash: scram::Hash,
    credentials: Credentials,
    nonce: &str,
) -> Result<(), Error> {
    let first = scram::First::new(hash, credentials.username_bytes(), nonce);
    start(wire, mechanism, Some(&first.message())).await?;
    // Some servers close for a user that they do not know.
    let reply = read_reply(wire).await.map_err(refused)?;
    if reply.complete {
        return Err(Error::Unproven);
    }
    let challenge = first.challenge(&reply.data).map_err(|detail| wire.protocol_error(detail))?;
    let compute = move || challenge.answer(credentials.password_bytes());
    let (message, expected) = ask.run_blocking(compute).await?;
    respond(wire, Some(&message)).await?;
    let reply = read_reply(wire).await.map_err(refused)?;
    match expected.verify(&reply.data) {
        Ok(()) => {}
        Err(scram::Refusal::Unproven) => return Err(Error::Unproven),
        Err(scram::Refusal::Says(reason)) => return Err(Error::AuthFailed { reason }),
    }
    complete(wire, reply).await
}

/// DIGEST-MD5, in which the server has to prove, too, that it knows the password.
async fn digest_md5(
    wire: &mut Wire,
    credentials: Credentials,
    nonce: &str,
    server_name: &str,
    wants_layer: bool,
) -> Result<Option<layer::Layer>, Error> {
    start(wire, Mechanism::DigestMd5, None).await?;
    let reply = read_reply(wire).await?;
    if reply.complete {
        return Err(Error::Unproven);
    }
    let challenge =
        digest_md5::Challenge::parse(&reply.data, wants_layer).map_err(|detail| wire.protocol_error(detail))?;
    let (username, password) = (credentials.username_bytes(), credentials.password_bytes());
    let response = challenge.respond(username, password, nonce, server_name);
    respond(wire, Some(&response.message)).await?;
    let reply = read_reply(wire).await.map_err(refused)?;
    if !response.is_proof(&reply.data) {
        return Err(Error::Unproven);
    }
    complete(wire, reply).await?;
    Ok(response.layer)
}

/// GSSAPI, in which Kerberos proves both sides.
async fn gssapi<A: Ask>(
    wire: &mut Wire,
    ask: &mut A,
    mut exchange: gssapi::Exchange,
    token: &[u8],
) -> Result<Option<Layer>, Error> {
    start(wire, Mechanism::Gssapi, Some(token)).await?;
    loop {
        let reply = read_reply(wire).await.map_err(refused)?;
        if exchange.is_over() {
            reply.completed(wire)?;
            return Ok(exchange.into_layer().map(Layer::Gssapi));
        }
        if reply.complete {
            let detail = "it was satisfied too early".to_owned();
            return Err(Error::Kerberos(KerberosError { problem: KerberosProblem::Unproven, detail }));
        }
        let message = reply.data;
        let (answer, rest) = ask
            .run_blocking(move || {
                let answer = exchange.answer(&message);
                (answer, exchange)
            })
            .await?;
        exchange = rest;
        let answer = answer.map_err(|failure| match failure {
            gssapi::Failure::Server(detail) => wire.protocol_error(detail),
            gssapi::Failure::Library(error) => Error::Kerberos(error),
        })?;
        respond(wire, Some(&answer)).await?;
    }
}

/// After the server's proof: a server that cannot send it with its word that all is complete wants an empty response first.
async fn complete(wire: &mut Wire, reply: Reply) -> Result<(), Error> {
    if reply.complete {
        return Ok(());
    }
    respond(wire, Some(b"")).await?;
    read_reply(wire).await.and_then(|reply| reply.completed(wire)).map_err(refused)
}

/// Reads the server's mechanisms.
async fn read_mechanisms(wire: &mut Wire) -> Result<Vec<String>, Error> {
    let length = wire.read_u32().await?;
    if length > MAX_MECHANISMS_LEN {
        return Err(wire.protocol_error(format!("SASL mechanisms of {length} bytes")));
    }
    let list = wire.read_vec(length as usize).await?;
    Ok(list.split(|byte| b", \0".contains(byte)).map(sanitize).filter(|name| !name.is_empty()).collect())
}

/// Sends the chosen mechanism and the first response.
async fn start(wire: &mut Wire, mechanism: Mechanism, response: Option<&[u8]>) -> Result<(), Error> {
    let name = mechanism.name();
    let mut message = Zeroizing::new(Vec::with_capacity(4 + name.len() + data_len(response)));
    // Not truncated: the longest name has some twenty bytes.
    message.extend((name.len() as u32).to_be_bytes());
    message.extend(name.as_bytes());
    push_data(&mut message, response);
    wire.send(&message).await
}

/// Sends a response.
async fn respond(wire: &mut Wire, response: Option<&[u8]>) -> Result<(), Error> {
    let mut message = Zeroizing::new(Vec::with_capacity(data_len(response)));
    push_data(&mut message, response);
    wire.send(&message).await
}

fn data_len(response: Option<&[u8]>) -> usize {
    4 + response.map_or(0, |response| response.len() + 1)
}

fn push_data(message: &mut Vec<u8>, response: Option<&[u8]>) {
    let Some(response) = response else { return message.extend([0; 4]) };
    // Not truncated: a response has user name and password at most, and what the server sent; see `MAX_DATA_LEN`.
    message.extend((response.len() as u32 + 1).to_be_bytes());
    message.extend(response);
    message.push(0);
}

/// The server's turn.
struct Reply {
    data: Vec<u8>,
    complete: bool,
}

impl Reply {
    /// There is nothing more to say.
    fn completed(self, wire: &Wire) -> Result<(), Error> {
        if self.complete { Ok(()) } else { Err(wire.protocol_error("a SASL challenge where none is left")) }
    }
}

async fn read_reply(wire: &mut Wire) -> Result<Reply, Error> {
    let length = wire.read_u32().await?;
    if length > MAX_DATA_LEN {
        return Err(wire.protocol_error(format!("a SASL challenge of {length} bytes")));
    }
    let mut data = wire.read_vec(length as usize).await?;
    // The end, whatever it is: QEMU counts a byte that it has not set behind data that are no text.
    data.pop();
    let complete = match wire.read_u8().await? {
        0 => false,
        1 => true,
        other => return Err(wire.protocol_error(format!("a SASL challenge with {other} for its end"))),
    };
    Ok(Reply { data, complete })
}

/// A failure after something of the login was sent: QEMU closes when the login is wrong.
fn refused(error: Error) -> Error {
    match error {
        Error::Closed { reset: false, .. } => Error::AuthFailed { reason: None },
        Error::Closed { reset: true, .. } => Error::AuthFailedProbably,
        other => other,
    }
}

/// Bytes; TigerVNC's for other logins.
const LIMITS: Limits = Limits { username: 1024, password: 1024 };
/// Random bytes of a nonce: 24 characters.
const NONCE_LEN: usize = 18;
/// Bytes. Cyrus SASL's twenty mechanisms have some 200.
const MAX_MECHANISMS_LEN: u32 = 4096;
/// Bytes. The longest challenges here have some hundreds.
const MAX_DATA_LEN: u32 = 16 * 1024;
