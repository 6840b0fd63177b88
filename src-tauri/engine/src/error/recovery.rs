//! What is left to do after a failure. The only place that decides which errors pass by themselves.

use super::{CommandError, ConnectError, Error, Step, WsRefusal};

/// What is left to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// The server, or something on the path to it, is not there: not yet, or not any more. So it is, too, where something took the
    /// connection and said nothing that a VNC server says: what forwards to a machine that is still starting does that. A session
    /// that was live dials again, and a machine that was sent a wake-up packet is waited for.
    Unreachable,
    /// The path was there and broke. A session that was live dials again.
    Interrupted,
    /// The server did not accept the login, or it cannot be sent: the person is asked for another one.
    BadLogin,
    /// It was refused, or a person has to decide about it: trying again would change nothing.
    Final,
}

impl Recovery {
    /// Whether a session that was live dials again by itself.
    pub(crate) fn reconnects(self) -> bool {
        matches!(self, Self::Unreachable | Self::Interrupted)
    }

    /// Whether a machine that was sent a wake-up packet is waited for.
    pub(crate) fn waits_after_wake(self) -> bool {
        self == Self::Unreachable
    }

    /// Whether the person is asked for another login.
    pub(crate) fn asks_again(self) -> bool {
        self == Self::BadLogin
    }
}

impl ConnectError {
    /// Without a wildcard: a new error has to choose.
    pub(crate) fn recovery(&self) -> Recovery {
        match self {
            Self::UnknownName { .. }
            | Self::ConnectionRefused { .. }
            | Self::DialTimeout { .. }
            | Self::Unreachable { .. }
            | Self::SocketMissing { .. }
            | Self::WsTimeout { .. }
            | Self::SshUnreachable { .. }
            | Self::SshTimeout { .. }
            | Self::SshForward { .. }
            | Self::SshBroken { .. }
            | Self::ProxyUnreachable { .. }
            | Self::ProxyTimeout { .. }
            | Self::ProxyBroken { .. }
            | Self::ProxyForward { .. }
            | Self::WsSilent { .. }
            | Self::NotRfbClosed { .. }
            | Self::TimeoutGreeting { .. }
            | Self::Timeout { during: Step::Greeting, .. }
            | Self::Closed { during: Step::Greeting, .. } => Recovery::Unreachable,

            Self::WsRefused { why, .. } => match why {
                WsRefusal::Behind | WsRefusal::Busy => Recovery::Unreachable,
                WsRefusal::TooMany => Recovery::Interrupted,
                WsRefusal::Login
                | WsRefusal::Forbidden
                | WsRefusal::NotFound
                | WsRefusal::Moved
                | WsRefusal::NoWebSocket
                | WsRefusal::Other => Recovery::Final,
            },
            // What it is shows: no restart changes that. Without that, it may have been cut off in the middle.
            Self::NotWebSocket { looks_like, .. } => match looks_like {
                Some(_) => Recovery::Final,
                None => Recovery::Unreachable,
            },

            Self::Timeout { .. }
            | Self::Closed { .. }
            | Self::ServerClosed { .. }
            | Self::ConnectionLost { .. } => Recovery::Interrupted,

            Self::AuthFailed { too_many, .. } => match too_many {
                true => Recovery::Final,
                false => Recovery::BadLogin,
            },
            Self::AuthFailedProbably { .. } | Self::BadInput { .. } => Recovery::BadLogin,

            Self::CallerGone { .. }
            | Self::CallerLeft { .. }
            | Self::CallerMustRetry { .. }
            | Self::CannotListen { .. }
            | Self::WakeNotSent { .. }
            | Self::WakePasswordMissing
            | Self::WakeNoSender { .. }
            | Self::WakeNotSentThere { .. }
            | Self::WakeTimeout { .. }
            | Self::WsUnknownToken { .. }
            | Self::SshMissing
            | Self::SshHostKey { .. }
            | Self::SshDenied { .. }
            | Self::SshProhibited { .. }
            | Self::SshAmbiguous { .. }
            | Self::SshFailed { .. }
            | Self::ProxyLoginWanted { .. }
            | Self::ProxyDenied { .. }
            | Self::ProxyProhibited { .. }
            | Self::NotProxy { .. }
            | Self::ProxyFailed { .. }
            | Self::ProxyVariable { .. }
            | Self::NotRfb { .. }
            | Self::UnsupportedVersion { .. }
            | Self::Repeater { .. }
            | Self::Refused { .. }
            | Self::NoCommonType { .. }
            | Self::BadHttpAuth { .. }
            | Self::TooWeak { .. }
            | Self::Integrity { .. }
            | Self::ServerUnproven { .. }
            | Self::Kerberos { .. }
            | Self::Tls { .. }
            | Self::OldTls { .. }
            | Self::CaFile { .. }
            | Self::ClientCertificateWanted { .. }
            | Self::ClientCertificateRefused { .. }
            | Self::ClientCertificateFile { .. }
            | Self::Untrusted { .. }
            | Self::TrustChanged { .. }
            | Self::OtherKey { .. }
            | Self::Weaker { .. }
            | Self::BelowLink { .. }
            | Self::NeedsConsent { .. }
            | Self::Protocol { .. }
            | Self::ViewerFailed { .. }
            | Self::ScreenTooLarge { .. }
            // What the server sends may be what stops the page: it would go round in circles.
            | Self::PageStopped
            | Self::System { .. } => Recovery::Final,
        }
    }
}

impl CommandError {
    /// A session that was live asks again: what the command needs may be back by then, as the server may.
    pub(crate) fn recovery(&self) -> Recovery {
        match self {
            Self::Failed { .. } | Self::Timeout { .. } | Self::Silent { .. } => Recovery::Interrupted,
            Self::Missing { .. }
            | Self::NotStarted { .. }
            | Self::TooMuch { .. }
            | Self::Option { .. }
            | Self::NoPassword { .. }
            | Self::NotText { .. }
            | Self::BadConsole { .. } => Recovery::Final,
        }
    }
}

impl Error {
    /// What is left to do after it.
    pub(crate) fn recovery(&self) -> Recovery {
        match self {
            Self::Command(error) => error.recovery(),
            Self::Connect(error) => error.recovery(),
            Self::Form(_)
            | Self::Import(_)
            | Self::Keyring(_)
            | Self::Recording(_)
            | Self::Store(_)
            | Self::Fetch(_)
            | Self::Typing(_) => Recovery::Final,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::{KerberosProblem, WsMistake},
        model::{Level, OldTls as Old},
    };
    use serde_json::json;
    use std::collections::BTreeSet;

    const NO: bool = false;
    const YES: bool = true;

    /// Each code, and whether the session reconnects, waits after a wake-up packet, asks for another login.
    fn table() -> Vec<(ConnectError, bool, bool, bool)> {
        use ConnectError::*;
        let address = || "box".to_owned();
        let via = || "jump".to_owned();
        let detail = String::new;
        let (seconds, during, reason) = (1, Step::Authentication, None);
        vec![
            (UnknownName { hostname: address() }, YES, YES, NO),
            (ConnectionRefused { address: address() }, YES, YES, NO),
            (DialTimeout { address: address(), seconds }, YES, YES, NO),
            (Unreachable { address: address(), detail: detail() }, YES, YES, NO),
            (SocketMissing { path: "/x".into() }, YES, YES, NO),
            (CallerGone { address: address() }, NO, NO, NO),
            (CallerLeft { address: address() }, NO, NO, NO),
            (CallerMustRetry { address: address() }, NO, NO, NO),
            (CannotListen { address: address(), detail: detail() }, NO, NO, NO),
            (WakeNotSent { detail: detail() }, NO, NO, NO),
            (WakePasswordMissing, NO, NO, NO),
            (WakeNoSender { via: via() }, NO, NO, NO),
            (WakeNotSentThere { via: via(), detail: detail() }, NO, NO, NO),
            (WakeTimeout { via: via(), seconds: 1 }, NO, NO, NO),
            (WsRefused { address: address(), why: WsRefusal::Login, status: 401, reason: None }, NO, NO, NO),
            (WsRefused { address: address(), why: WsRefusal::NotFound, status: 404, reason: None }, NO, NO, NO),
            (WsRefused { address: address(), why: WsRefusal::Forbidden, status: 403, reason: None }, NO, NO, NO),
            (WsRefused { address: address(), why: WsRefusal::Moved, status: 302, reason: None }, NO, NO, NO),
            (WsRefused { address: address(), why: WsRefusal::NoWebSocket, status: 200, reason: None }, NO, NO, NO),
            (WsRefused { address: address(), why: WsRefusal::Other, status: 418, reason: None }, NO, NO, NO),
            (WsRefused { address: address(), why: WsRefusal::TooMany, status: 429, reason: None }, YES, NO, NO),
            (WsRefused { address: address(), why: WsRefusal::Behind, status: 502, reason: None }, YES, YES, NO),
            (WsRefused { address: address(), why: WsRefusal::Busy, status: 503, reason: None }, YES, YES, NO),
            (WsUnknownToken { address: address() }, NO, NO, NO),
            (WsSilent { address: address() }, YES, YES, NO),
            (WsTimeout { address: address(), seconds }, YES, YES, NO),
            (NotWebSocket { address: address(), looks_like: Some(WsMistake::Ssh), detail: detail() }, NO, NO, NO),
            (NotWebSocket { address: address(), looks_like: None, detail: detail() }, YES, YES, NO),
            (SshMissing, NO, NO, NO),
            (SshUnreachable { via: via(), detail: detail() }, YES, YES, NO),
            (SshTimeout { via: via(), address: address(), seconds }, YES, YES, NO),
            (SshHostKey { via: via(), detail: detail() }, NO, NO, NO),
            (SshDenied { via: via(), detail: detail() }, NO, NO, NO),
            (SshForward { via: via(), address: address(), detail: detail() }, YES, YES, NO),
            (SshProhibited { via: via(), address: address(), detail: detail() }, NO, NO, NO),
            (SshBroken { via: via(), detail: detail() }, YES, YES, NO),
            (SshAmbiguous { via: via() }, NO, NO, NO),
            (SshFailed { via: via(), detail: detail() }, NO, NO, NO),
            (ProxyUnreachable { via: via(), detail: detail() }, YES, YES, NO),
            (ProxyTimeout { via: via(), address: address(), seconds }, YES, YES, NO),
            (ProxyBroken { via: via(), detail: detail() }, YES, YES, NO),
            (ProxyLoginWanted { via: via() }, NO, NO, NO),
            (ProxyDenied { via: via(), detail: detail() }, NO, NO, NO),
            (ProxyProhibited { via: via(), address: address(), detail: detail() }, NO, NO, NO),
            (ProxyForward { via: via(), address: address(), detail: detail() }, YES, YES, NO),
            (NotProxy { via: via(), detail: detail() }, NO, NO, NO),
            (ProxyFailed { via: via(), address: address(), detail: detail() }, NO, NO, NO),
            (ProxyVariable { variable: "https_proxy".into(), detail: detail() }, NO, NO, NO),
            (NotRfb { address: address(), looks_like: None }, NO, NO, NO),
            (NotRfbClosed { address: address() }, YES, YES, NO),
            (TimeoutGreeting { address: address(), seconds }, YES, YES, NO),
            (Timeout { address: address(), during, seconds }, YES, NO, NO),
            (Closed { address: address(), during }, YES, NO, NO),
            (Timeout { address: address(), during: Step::Greeting, seconds }, YES, YES, NO),
            (Closed { address: address(), during: Step::Greeting }, YES, YES, NO),
            (UnsupportedVersion { address: address(), version: detail() }, NO, NO, NO),
            (Repeater { address: address() }, NO, NO, NO),
            (Refused { address: address(), reason: None }, NO, NO, NO),
            (NoCommonType { address: address(), offered: vec![], maker: None }, NO, NO, NO),
            (AuthFailed { address: address(), reason, too_many: false }, NO, NO, YES),
            (AuthFailed { address: address(), reason: None, too_many: true }, NO, NO, NO),
            (AuthFailedProbably { address: address() }, NO, NO, YES),
            (BadInput { address: address(), detail: detail() }, NO, NO, YES),
            (BadHttpAuth { address: address(), detail: detail() }, NO, NO, NO),
            (TooWeak { address: address(), bits: 512 }, NO, NO, NO),
            (Integrity { address: address() }, NO, NO, NO),
            (ServerUnproven { address: address() }, NO, NO, NO),
            (Kerberos { address: address(), why: KerberosProblem::NoTicket, detail: detail() }, NO, NO, NO),
            (Tls { address: address(), detail: detail() }, NO, NO, NO),
            (OldTls { address: address(), why: Old::Version, detail: detail() }, NO, NO, NO),
            (CaFile { path: detail(), detail: detail() }, NO, NO, NO),
            (ClientCertificateWanted { address: address(), detail: detail() }, NO, NO, NO),
            (ClientCertificateRefused { address: address(), detail: detail() }, NO, NO, NO),
            (ClientCertificateFile { path: detail(), detail: detail() }, NO, NO, NO),
            (Untrusted { address: address(), fingerprint: detail() }, NO, NO, NO),
            (OtherKey { address: address(), expected: detail(), shown: detail() }, NO, NO, NO),
            (TrustChanged { address: address(), known: detail(), shown: detail() }, NO, NO, NO),
            (BelowLink { address: address(), wanted: Level::Encrypted, now: Level::Clear }, NO, NO, NO),
            (Weaker { address: address(), before: Level::Encrypted, now: Level::Clear }, NO, NO, NO),
            (NeedsConsent { address: address(), security_type: detail() }, NO, NO, NO),
            (Protocol { address: address(), detail: detail() }, NO, NO, NO),
            (ServerClosed { address: address() }, YES, NO, NO),
            (ConnectionLost { address: address(), detail: detail() }, YES, NO, NO),
            (ViewerFailed { detail: detail() }, NO, NO, NO),
            (ScreenTooLarge { width: 65535, height: 65535 }, NO, NO, NO),
            (PageStopped, NO, NO, NO),
            (System { detail: detail() }, NO, NO, NO),
        ]
    }

    #[test]
    fn every_code_says_whether_it_reconnects_waits_after_a_wake_asks_again_or_ends() {
        for (error, reconnects, waits, asks) in table() {
            let recovery = error.recovery();
            let decided = (recovery.reconnects(), recovery.waits_after_wake(), recovery.asks_again());
            assert_eq!(decided, (reconnects, waits, asks), "{error:?}");
        }
    }

    #[test]
    fn the_table_has_every_code() {
        let in_table: BTreeSet<String> =
            table().into_iter().map(|(error, ..)| json!(error)["code"].to_string()).collect();
        let declared = <ConnectError as ts_rs::TS>::decl(&ts_rs::Config::default());
        let codes = declared.split("\"code\": \"").skip(1).filter_map(|rest| rest.split('"').next());
        assert_eq!(in_table, codes.map(|code| json!(code).to_string()).collect());
    }
}
