//! Where a failure leads: the next step, which the end of a session offers as a button.
//!
//! What may follow from which failure is [`question`], which knows no network; [`Question::answer`] looks at one place at most, once,
//! and never at the port that has just failed: a server may count that as one more wrong login.

use crate::{
    error::{CommandError, ConnectError, Error, OtherProtocol, Step, WsMistake},
    model::{Address, Host, HostId, Jump, LastWay, OldTls, Target, VNC_PORT},
    transport::{greets, is_known},
};
use serde::Serialize;
use std::{net::IpAddr, time::Duration};
use tokio::time::timeout;

/// The next step after a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "lead", rename_all = "snake_case")]
pub enum Lead {
    /// Another address of the same machine.
    Address {
        /// Which, as Portlight prints it.
        address: String,
        /// Why that one.
        why: Why,
    },
    /// It may be asleep, and can be woken up.
    Wake,
    /// A machine of the list leads to the same server, another way.
    Listed {
        /// Which.
        host: HostId,
        /// What it is called.
        name: String,
        /// The SSH host or proxy that it is reached through.
        through: String,
    },
    /// An SSH host through which it, or another machine beside it, was reached last. It is tried for once, and nothing changes in the list.
    Through {
        /// The machine's address there.
        address: String,
        /// The SSH host.
        through: String,
        /// The machine beside it that was reached so; none where it was this one itself.
        beside: Option<String>,
    },
    /// It has old protection only, which can be accepted for machines of the list: it is added to that, and connected to again.
    AcceptOld {
        /// The machine's address.
        address: String,
    },
    /// It is a Mac, and no user name was given: a password alone is no account's there.
    Account,
}

/// Why another address may be the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A VNC server answers there.
    Answers,
    /// The name is known there: in the local network's own names (mDNS).
    Known,
    /// The server speaks VNC itself: no WebSocket is in between.
    NoWebSocket,
    /// A web server is there: VNC may be behind it.
    Website,
    /// The site wants TLS.
    Encrypted,
}

/// What has to be known before there is a lead.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Question {
    /// Nothing.
    Clear(Lead),
    /// Whether a VNC server answers at this address.
    Answers(Address),
    /// Whether this address has a name that a resolver knows.
    Known(Address),
}

/// What is known beside the failure.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known<'a> {
    /// The machines of the list.
    pub(crate) hosts: &'a [Host],
    /// The SSH hosts that machines were reached through last, the newest first.
    pub(crate) ways: &'a [LastWay],
    /// The list has the machine's network card.
    pub(crate) can_wake: bool,
    /// It is in no list, and can be added to ours.
    pub(crate) can_keep: bool,
    /// It is a Mac with logins for its accounts, and no user name was given.
    pub(crate) lacks_account: bool,
}

/// How long looking may take, 5 s.
const TIMEOUT: Duration = Duration::from_secs(5);

impl Question {
    /// The lead, where there is one.
    pub(crate) async fn answer(self) -> Option<Lead> {
        let (address, why, is_there) = match self {
            Self::Clear(lead) => return Some(lead),
            Self::Answers(address) => {
                let answers = timeout(TIMEOUT, greets(&address)).await.unwrap_or_default();
                (address, Why::Answers, answers)
            }
            Self::Known(address) => {
                let known = timeout(TIMEOUT, is_known(&address)).await.unwrap_or_default();
                (address, Why::Known, known)
            }
        };
        is_there.then(|| Lead::Address { address: address.to_string(), why })
    }
}

/// What a failure on the way to `target` leads to.
pub(crate) fn question(error: &Error, target: &Target, known: Known<'_>) -> Option<Question> {
    let error = match error {
        Error::Connect(error) => error,
        // What a person has to do about these is in their sentences.
        Error::Command(
            CommandError::Missing { .. }
            | CommandError::NotStarted { .. }
            | CommandError::Failed { .. }
            | CommandError::Timeout { .. }
            | CommandError::Silent { .. }
            | CommandError::TooMuch { .. }
            | CommandError::Option { .. }
            | CommandError::NoPassword { .. }
            | CommandError::NotText { .. }
            | CommandError::BadConsole { .. },
        )
        | Error::Keyring(_)
        | Error::Store(_)
        | Error::Fetch(_)
        | Error::Form(_)
        | Error::Import(_)
        | Error::Recording(_)
        | Error::Typing(_) => return None,
    };
    // A console is elsewhere each time: only its command knows where.
    if target.console_command.is_some() {
        return None;
    }
    let last = || last_way(target, known.ways).map(Question::Clear);
    // Another machine's way is one that this one may have, too; how it was reached itself is known.
    let others = || another_way(target, known.hosts).or_else(|| way_beside(target, known)).map(Question::Clear);
    let wake = || known.can_wake.then_some(Question::Clear(Lead::Wake));
    match error {
        ConnectError::UnknownName { .. } => last().or_else(others).or_else(|| local_name(target).map(Question::Known)),
        ConnectError::ConnectionRefused { .. } => {
            last().or_else(others).or_else(|| other_port(target).map(Question::Answers))
        }
        ConnectError::DialTimeout { .. } | ConnectError::Unreachable { .. } => last().or_else(wake).or_else(others),
        // What is in between is not there, or does not reach it: nothing was sent to the server.
        ConnectError::SshUnreachable { .. }
        | ConnectError::SshTimeout { .. }
        | ConnectError::SshForward { .. }
        | ConnectError::ProxyUnreachable { .. }
        | ConnectError::ProxyTimeout { .. }
        | ConnectError::ProxyForward { .. } => last(),
        // Nothing is dialled before the person has typed the name.
        ConnectError::AuthFailed { too_many: false, .. }
        | ConnectError::AuthFailedProbably { .. }
        | ConnectError::Closed { during: Step::Authentication | Step::SecurityResult, .. } => {
            known.lacks_account.then_some(Question::Clear(Lead::Account))
        }
        ConnectError::NotRfb { looks_like, .. } => match looks_like {
            Some(OtherProtocol::Http) => website(target, "ws", Why::Website),
            Some(OtherProtocol::Tls) => website(target, "wss", Why::Website),
            Some(OtherProtocol::Ssh) | None => usual_port(target).map(Question::Answers),
        },
        ConnectError::NotRfbClosed { .. } | ConnectError::TimeoutGreeting { .. } => {
            usual_port(target).map(Question::Answers)
        }
        ConnectError::NotWebSocket { looks_like, .. } => match looks_like {
            Some(WsMistake::Vnc) => without_web_socket(target),
            Some(WsMistake::Tls) => website(target, "wss", Why::Encrypted),
            Some(WsMistake::Ssh | WsMistake::Text) | None => None,
        },
        // Only what is in the list says that for good. No setting accepts a key that protects nothing.
        ConnectError::OldTls { why, .. } => (known.can_keep && *why != OldTls::Key && target.least.is_none())
            .then(|| Question::Clear(Lead::AcceptOld { address: target.address.without_query().to_string() })),
        // Who has to do something is somewhere in between, or the server, or the person: the sentence says what. After a login, a
        // key or less protection than before, nothing leads around it.
        ConnectError::SocketMissing { .. }
        | ConnectError::CallerGone { .. }
        | ConnectError::CallerLeft { .. }
        | ConnectError::CallerMustRetry { .. }
        | ConnectError::CannotListen { .. }
        | ConnectError::WakeNotSent { .. }
        | ConnectError::WakePasswordMissing
        | ConnectError::WakeNoSender { .. }
        | ConnectError::WakeNotSentThere { .. }
        | ConnectError::WakeTimeout { .. }
        | ConnectError::WsRefused { .. }
        | ConnectError::WsUnknownToken { .. }
        | ConnectError::WsSilent { .. }
        | ConnectError::WsTimeout { .. }
        | ConnectError::SshMissing
        | ConnectError::SshHostKey { .. }
        | ConnectError::SshDenied { .. }
        | ConnectError::SshProhibited { .. }
        | ConnectError::SshBroken { .. }
        | ConnectError::SshAmbiguous { .. }
        | ConnectError::SshFailed { .. }
        | ConnectError::ProxyBroken { .. }
        | ConnectError::ProxyLoginWanted { .. }
        | ConnectError::ProxyDenied { .. }
        | ConnectError::ProxyProhibited { .. }
        | ConnectError::NotProxy { .. }
        | ConnectError::ProxyFailed { .. }
        | ConnectError::ProxyVariable { .. }
        | ConnectError::Timeout { .. }
        | ConnectError::Closed { .. }
        | ConnectError::UnsupportedVersion { .. }
        | ConnectError::Repeater { .. }
        | ConnectError::Refused { .. }
        | ConnectError::NoCommonType { .. }
        | ConnectError::AuthFailed { .. }
        | ConnectError::BadInput { .. }
        | ConnectError::BadHttpAuth { .. }
        | ConnectError::TooWeak { .. }
        | ConnectError::Integrity { .. }
        | ConnectError::ServerUnproven { .. }
        | ConnectError::Kerberos { .. }
        | ConnectError::Tls { .. }
        | ConnectError::CaFile { .. }
        | ConnectError::ClientCertificateWanted { .. }
        | ConnectError::ClientCertificateRefused { .. }
        | ConnectError::ClientCertificateFile { .. }
        | ConnectError::Untrusted { .. }
        | ConnectError::TrustChanged { .. }
        | ConnectError::OtherKey { .. }
        | ConnectError::Weaker { .. }
        | ConnectError::BelowLink { .. }
        | ConnectError::NeedsConsent { .. }
        | ConnectError::Protocol { .. }
        | ConnectError::ServerClosed { .. }
        | ConnectError::ConnectionLost { .. }
        | ConnectError::ViewerFailed { .. }
        | ConnectError::ScreenTooLarge { .. }
        | ConnectError::PageStopped
        | ConnectError::System { .. } => None,
    }
}

/// Host name and port, where nothing is in between: what a host in between reaches, only that knows.
fn direct(target: &Target) -> Option<(&str, u16)> {
    match &target.address {
        Address::Tcp { hostname, port } if target.ssh_jump.is_none() && target.proxy.is_none() => {
            Some((hostname, *port))
        }
        _ => None,
    }
}

/// The port where a VNC server is instead, if it is there: VNC's first two displays are the usual ones.
fn other_port(target: &Target) -> Option<Address> {
    let (hostname, port) = direct(target)?;
    let other = if port == VNC_PORT { VNC_PORT + 1 } else { VNC_PORT };
    Address::tcp(hostname, other).ok()
}

/// VNC's usual port, where it was another one.
fn usual_port(target: &Target) -> Option<Address> {
    direct(target).filter(|(_, port)| *port != VNC_PORT)?;
    other_port(target)
}

/// The name as the local network has it: mDNS names (RFC 6762) end in `.local`.
fn local_name(target: &Target) -> Option<Address> {
    let (hostname, port) = direct(target).filter(|(hostname, _)| !hostname.contains(['.', ':', '%']))?;
    Address::tcp(&format!("{hostname}.local"), port).ok()
}

/// Where websockify usually is, on a web server at the same host and port.
fn website(target: &Target, scheme: &str, why: Why) -> Option<Question> {
    let text = match &target.address {
        Address::Tcp { .. } => {
            let (hostname, port) = direct(target)?;
            let bracketed = if hostname.contains(':') { format!("[{hostname}]") } else { hostname.to_owned() };
            format!("{scheme}://{bracketed}:{port}/websockify")
        }
        Address::Ws(_) => target.address.to_string().replacen("ws://", &format!("{scheme}://"), 1),
        Address::Unix(_) | Address::Demo => return None,
    };
    let address = Address::parse(&text).ok()?.to_string();
    Some(Question::Clear(Lead::Address { address, why }))
}

/// The same host and port, without a WebSocket.
fn without_web_socket(target: &Target) -> Option<Question> {
    let Address::Ws(socket) = &target.address else { return None };
    let address = Address::tcp(&socket.hostname, socket.port).ok()?.to_string();
    Some(Question::Clear(Lead::Address { address, why: Why::NoWebSocket }))
}

/// A machine of the list with the same server, which is reached through something.
fn another_way(target: &Target, hosts: &[Host]) -> Option<Lead> {
    direct(target)?;
    hosts.iter().find_map(|host| {
        let through = host
            .ssh_jump
            .as_ref()
            .map(Jump::to_string)
            .or_else(|| host.proxy.as_ref().map(|proxy| proxy.without_username().to_string()))?;
        let is_other = target.host != Some(host.id) && host.address == target.address;
        is_other.then(|| Lead::Listed { host: host.id, name: host.name.clone(), through })
    })
}

/// The SSH host that it was reached through last, where its entry leads another way now.
fn last_way(target: &Target, ways: &[LastWay]) -> Option<Lead> {
    let way = ways.iter().find(|way| Some(way.host) == target.host)?;
    let is_other = target.ssh_jump.as_ref() != Some(&way.ssh_jump) || *target.listed_address() != way.address;
    let (address, through) = (way.address.to_string(), way.ssh_jump.to_string());
    is_other.then_some(Lead::Through { address, through, beside: None })
}

/// The SSH host that a machine beside it was reached through last: one with the same host name, or in the same domain.
fn way_beside(target: &Target, known: Known<'_>) -> Option<Lead> {
    let (hostname, _) = direct(target)?;
    known.ways.iter().filter(|way| Some(way.host) != target.host).find_map(|way| {
        let Address::Tcp { hostname: other, .. } = &way.address else { return None };
        let is_beside = hostname.eq_ignore_ascii_case(other)
            || domain(hostname).zip(domain(other)).is_some_and(|(here, there)| here.eq_ignore_ascii_case(there));
        let machine = known.hosts.iter().find(|host| is_beside && host.id == way.host)?;
        let (address, through) = (target.address.to_string(), way.ssh_jump.to_string());
        Some(Lead::Through { address, through, beside: Some(machine.name.clone()) })
    })
}

/// The domain that a name is in. One label alone is no network of anybody's, and mDNS names are in everybody's.
fn domain(hostname: &str) -> Option<&str> {
    let (_, domain) = hostname.split_once('.').filter(|_| hostname.parse::<IpAddr>().is_err())?;
    domain.trim_end_matches('.').contains('.').then_some(domain)
}

#[cfg(test)]
mod tests;
