//! The handshake's end as the user is told it.

use crate::{
    error::{ConnectError, KerberosProblem, Maker, OtherProtocol, Step},
    model::Address,
    transport::{tls, ws},
};
use std::{io::ErrorKind, time::Duration};

/// Why there is no session with the server at `address`; `waited` is the deadline that was in force.
pub(super) fn handshake_failed(cause: rfb::Error, address: &Address, waited: Duration) -> ConnectError {
    if let rfb::Error::Io { source, .. } = &cause
        && let Some(error) = ws::explain(source, address)
    {
        return error;
    }
    let address = address.without_query().to_string();
    if let rfb::Error::Io { source, .. } = &cause
        && let Some(refusal) = tls::Refusal::of(source)
    {
        return refusal.explain(address);
    }
    match cause {
        rfb::Error::NotRfb { looks_like } => {
            ConnectError::NotRfb { address, looks_like: looks_like.map(OtherProtocol::from) }
        }
        rfb::Error::UnsupportedVersion { version } => ConnectError::UnsupportedVersion { address, version },
        rfb::Error::Repeater => ConnectError::Repeater { address },
        rfb::Error::Refused { reason } => ConnectError::Refused { address, reason },
        rfb::Error::NoCommonSecurity { offered, maker } => {
            ConnectError::NoCommonType { address, offered, maker: maker.map(Maker::from) }
        }
        rfb::Error::AuthFailed { reason } => ConnectError::AuthFailed { address, reason, too_many: false },
        rfb::Error::CertificateRefused => ConnectError::ClientCertificateRefused { address, detail: String::new() },
        rfb::Error::TooMany { reason } => ConnectError::AuthFailed { address, reason, too_many: true },
        rfb::Error::AuthFailedProbably => ConnectError::AuthFailedProbably { address },
        rfb::Error::BadCredentials(cause) => ConnectError::BadInput { address, detail: cause.to_string() },
        rfb::Error::TooWeak { bits } => ConnectError::TooWeak { address, bits },
        rfb::Error::Integrity { .. } => ConnectError::Integrity { address },
        rfb::Error::Kerberos(rfb::KerberosError { problem, detail }) => {
            ConnectError::Kerberos { address, why: problem.into(), detail }
        }
        rfb::Error::Unproven => ConnectError::ServerUnproven { address },
        rfb::Error::Tls { detail } => ConnectError::Tls { address, detail },
        rfb::Error::Closed { during: rfb::Step::Greeting, .. } => ConnectError::NotRfbClosed { address },
        rfb::Error::Closed { during, .. } => ConnectError::Closed { address, during: during.into() },
        rfb::Error::Protocol { during, detail } => {
            ConnectError::Protocol { address, detail: format!("{during}: {detail}") }
        }
        rfb::Error::Cancelled => ConnectError::cancelled(),
        rfb::Error::Io { during, source } if source.kind() == ErrorKind::TimedOut => match during {
            rfb::Step::Greeting => ConnectError::TimeoutGreeting { address, seconds: waited.as_secs() },
            _ => ConnectError::Timeout { address, during: during.into(), seconds: waited.as_secs() },
        },
        rfb::Error::Io { source, .. } => ConnectError::ConnectionLost { address, detail: source.to_string() },
    }
}

impl From<rfb::Step> for Step {
    fn from(step: rfb::Step) -> Self {
        match step {
            rfb::Step::Greeting => Self::Greeting,
            rfb::Step::SecurityTypes => Self::SecurityTypes,
            rfb::Step::Authentication => Self::Authentication,
            rfb::Step::SecurityResult => Self::SecurityResult,
            rfb::Step::ServerInit => Self::ServerInit,
        }
    }
}

impl From<rfb::Maker> for Maker {
    fn from(maker: rfb::Maker) -> Self {
        match maker {
            rfb::Maker::Apple => Self::Apple,
            rfb::Maker::RealVnc => Self::Realvnc,
            rfb::Maker::UltraVnc => Self::Ultravnc,
        }
    }
}

impl From<rfb::KerberosProblem> for KerberosProblem {
    fn from(problem: rfb::KerberosProblem) -> Self {
        match problem {
            rfb::KerberosProblem::NoLibrary => Self::NoLibrary,
            rfb::KerberosProblem::NoTicket => Self::NoTicket,
            rfb::KerberosProblem::UnknownServer => Self::UnknownServer,
            rfb::KerberosProblem::Unproven => Self::Unproven,
            rfb::KerberosProblem::Other => Self::Other,
        }
    }
}

impl From<rfb::OtherProtocol> for OtherProtocol {
    fn from(other: rfb::OtherProtocol) -> Self {
        match other {
            rfb::OtherProtocol::Http => Self::Http,
            rfb::OtherProtocol::Ssh => Self::Ssh,
            rfb::OtherProtocol::Tls => Self::Tls,
        }
    }
}
