//! Why there is no session with a server, or no longer one.

use crate::model::{Level, OldTls};
use serde::Serialize;
use std::path::PathBuf;

/// Why there is no session with a server, or no longer one. The conventions of the fields are those of the [module](super).
#[allow(missing_docs, reason = "each variant is documented, its fields follow the module's conventions")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ConnectError {
    /// The name has no address.
    #[error("could not find {hostname}: is the name spelled right?")]
    UnknownName { hostname: String },
    /// The machine is there, nothing listens at the port.
    #[error("{address} refused the connection: is a VNC server running there?")]
    ConnectionRefused { address: String },
    /// No answer within the deadline.
    #[error("{address} did not answer within {seconds} s: is the machine on?")]
    DialTimeout {
        address: String,
        #[cfg_attr(test, ts(type = "number"))]
        seconds: u64,
    },
    /// The way there does not exist or broke.
    #[error("could not reach {address}: {detail}")]
    Unreachable { address: String, detail: String },
    /// The Unix socket is not there.
    #[error("there is no socket at {}", path.display())]
    SocketMissing { path: PathBuf },
    /// A server that had called is no longer there, and cannot be called back.
    #[error("{address} has hung up: it has to call again")]
    CallerGone { address: String },
    /// The same before the user has answered whether to talk to it.
    #[error("{address} has hung up before it was answered")]
    CallerLeft { address: String },
    /// A server that had connected to us would have to do so a second time: it has a better security type than those of
    /// the negotiation that was chosen (VeNCrypt or Tight).
    #[error("{address} has to connect once more: what it offered first turned out weaker than the rest of its list")]
    CallerMustRetry { address: String },
    /// Portlight cannot listen for servers that call.
    #[error("cannot listen at {address}: {detail}")]
    CannotListen { address: String, detail: String },
    /// The packet that switches a machine on could not be sent.
    #[error("could not send the wake-up packet: {detail}")]
    WakeNotSent { detail: String },
    /// The network card wants a SecureOn password, and the keyring has none any more.
    #[error("the keyring has no SecureOn password for it any more: type it again in its form")]
    WakePasswordMissing,
    /// The SSH host has no program that could send the packet.
    #[error("the SSH host {via} has nothing to send the wake-up packet with: python3, perl or etherwake")]
    WakeNoSender { via: String },
    /// The SSH host could not send the packet, or has not run what was to send it.
    #[error("the SSH host {via} could not send the wake-up packet: {detail}")]
    WakeNotSentThere { via: String, detail: String },
    /// The SSH host has not said in time that the packet is sent; the time in which a person was asked does not count.
    #[error("the SSH host {via} has not sent the wake-up packet within {seconds} s")]
    WakeTimeout {
        via: String,
        #[cfg_attr(test, ts(type = "number"))]
        seconds: u64,
    },
    /// The server or the proxy in front of it said no, before or after the WebSocket was open.
    #[error("{address} {why} ({status}){}", said(reason))]
    WsRefused {
        address: String,
        /// What it comes to.
        why: WsRefusal,
        /// HTTP status, or from 1000 on the close code.
        status: u16,
        reason: Option<String>,
    },
    /// The proxy hung up on a token, as websockify does with those that it does not know.
    #[error("the proxy at {address} does not know this token")]
    WsUnknownToken { address: String },
    /// The connection was closed before there was an answer.
    #[error("{address} closed the connection without an answer: is a token missing, or does it want wss://?")]
    WsSilent { address: String },
    /// No answer to the request for a WebSocket within the deadline.
    #[error("{address} took the connection, but gave no answer within {seconds} s")]
    WsTimeout {
        address: String,
        #[cfg_attr(test, ts(type = "number"))]
        seconds: u64,
    },
    /// What answers does not speak WebSocket, or not in our way.
    #[error("{address} does not speak WebSocket{}{}", looks_like.map(|mistake| format!(": {mistake}")).unwrap_or_default(), in_brackets(detail))]
    NotWebSocket {
        address: String,
        /// What it is, where that shows.
        looks_like: Option<WsMistake>,
        detail: String,
    },
    /// There is no OpenSSH on this system.
    #[error("the ssh program of OpenSSH is not installed")]
    SshMissing,
    /// The SSH machine has no address, or does not take the connection.
    #[error("could not reach the SSH host {via}: {detail}")]
    SshUnreachable { via: String, detail: String },
    /// Nothing came through SSH in time; the time in which a person was asked does not count.
    #[error("nothing came from {address} through {via} within {seconds} s")]
    SshTimeout {
        via: String,
        address: String,
        #[cfg_attr(test, ts(type = "number"))]
        seconds: u64,
    },
    /// The SSH machine's key is not the known one, or was not accepted.
    #[error("the identity of the SSH host {via} could not be confirmed: {detail}")]
    SshHostKey { via: String, detail: String },
    /// The SSH host accepted none of these keys and passwords.
    #[error("the SSH host {via} did not accept the login: {detail}")]
    SshDenied { via: String, detail: String },
    /// The SSH machine could not reach the server, or must not.
    #[error("the SSH host {via} could not connect to {address}: {detail}")]
    SshForward { via: String, address: String, detail: String },
    /// The SSH host does not allow connections to this address, whatever the login.
    #[error("the SSH host {via} does not allow connections to {address}: {detail}")]
    SshProhibited { via: String, address: String, detail: String },
    /// The connection to the SSH host broke before the server was reached.
    #[error("the connection to the SSH host {via} broke: {detail}")]
    SshBroken { via: String, detail: String },
    /// A resolver would read the SSH host's name otherwise than a person does, and ssh's configuration does not know it.
    #[error(
        "the SSH host {via} would be read as another one: write its address in full, or name it in ssh's configuration"
    )]
    SshAmbiguous { via: String },
    /// ssh failed in another way.
    #[error("ssh to {via} failed: {detail}")]
    SshFailed { via: String, detail: String },
    /// The proxy in between has no address, or does not take the connection.
    #[error("could not reach the proxy {via}: {detail}")]
    ProxyUnreachable { via: String, detail: String },
    /// The proxy did not say in time whether the machine is there.
    #[error("the proxy {via} did not connect to {address} within {seconds} s")]
    ProxyTimeout {
        via: String,
        address: String,
        #[cfg_attr(test, ts(type = "number"))]
        seconds: u64,
    },
    /// The connection to the proxy broke before it had led to the machine.
    #[error("the connection to the proxy {via} broke: {detail}")]
    ProxyBroken { via: String, detail: String },
    /// The proxy lets in only whom it knows, and no user name is given for it.
    #[error("the proxy {via} wants a login: write your user name before its name, as in socks5://ann@box:1080")]
    ProxyLoginWanted { via: String },
    /// The proxy did not accept user name and password.
    #[error("the proxy {via} did not accept the login{}", in_brackets(detail))]
    ProxyDenied {
        via: String,
        /// The proxy's words; may be empty.
        detail: String,
    },
    /// The proxy does not lead to this machine, whatever the login.
    #[error("the proxy {via} does not allow connections to {address}: {detail}")]
    ProxyProhibited { via: String, address: String, detail: String },
    /// The proxy could not reach the machine.
    #[error("the proxy {via} could not connect to {address}: {detail}")]
    ProxyForward { via: String, address: String, detail: String },
    /// What answers is no proxy, or one of another kind.
    #[error("{via} is no proxy of this kind: {detail}")]
    NotProxy { via: String, detail: String },
    /// The proxy or Portlight cannot do what is wanted.
    #[error("the proxy {via} cannot lead to {address}: {detail}")]
    ProxyFailed { via: String, address: String, detail: String },
    /// A variable of the environment names no proxy. What it has is not said: a password may be in it.
    #[error("the variable {variable} names no proxy that Portlight can use: {detail}")]
    ProxyVariable { variable: String, detail: String },
    /// What answers is not a VNC server.
    #[error("{address} is not a VNC server{}", looks_like.map(|p| format!(": it answers like {p}")).unwrap_or_default())]
    NotRfb {
        address: String,
        /// What it is, where that shows.
        looks_like: Option<OtherProtocol>,
    },
    /// The server closed the connection before it had said anything that a VNC server says.
    #[error("{address} closed the connection without a greeting: is this a VNC port?")]
    NotRfbClosed { address: String },
    /// No ProtocolVersion within the deadline.
    #[error("no VNC greeting from {address} within {seconds} s: is this a VNC port?")]
    TimeoutGreeting {
        address: String,
        #[cfg_attr(test, ts(type = "number"))]
        seconds: u64,
    },
    /// The server fell silent.
    #[error("{address} did not answer within {seconds} s {during}")]
    Timeout {
        address: String,
        during: Step,
        #[cfg_attr(test, ts(type = "number"))]
        seconds: u64,
    },
    /// The server closed the connection in the middle of the handshake.
    #[error("{address} closed the connection {during}")]
    Closed { address: String, during: Step },
    /// A protocol version that does not exist.
    #[error("{address} speaks RFB {version}, which Portlight does not know")]
    UnsupportedVersion {
        address: String,
        /// As the server wrote it.
        version: String,
    },
    /// An UltraVNC repeater, which wants to know whom to connect to.
    #[error("{address} is an UltraVNC repeater: an ID is needed")]
    Repeater { address: String },
    /// The server refused the connection, independent of any login.
    #[error("{address} refused the connection{}", said(reason))]
    Refused { address: String, reason: Option<String> },
    /// The server offers only security types that we do not speak.
    #[error("{address} {}", offers(offered))]
    NoCommonType {
        address: String,
        /// Names of the types offered.
        offered: Vec<String>,
        /// Whose server it is, where that shows: the sentence says where to turn another login on.
        maker: Option<Maker>,
    },
    /// The login was not accepted.
    #[error("{address} did not accept the login{}{}", if *too_many { ", and accepts no more attempts for now" } else { "" }, said(reason))]
    AuthFailed {
        address: String,
        reason: Option<String>,
        /// It has had enough of our attempts: trying again makes it worse.
        too_many: bool,
    },
    /// The server went away, or sent nonsense, right after the login.
    #[error("{address} closed the connection right after the login: user name or password are probably wrong")]
    AuthFailedProbably { address: String },
    /// The login cannot be sent in the way that this server wants it.
    #[error("this login does not fit {address}: {detail}")]
    BadInput { address: String, detail: String },
    /// The saved HTTP login or headers cannot be sent as a request: `detail` says which, without its value.
    #[error("the HTTP login or headers for {address} cannot be sent: {detail}")]
    BadHttpAuth { address: String, detail: String },
    /// The server's key is too short to protect anything.
    #[error("the key of {address} has only {bits} bits, which protects nothing")]
    TooWeak { address: String, bits: u32 },
    /// An encrypted record has a wrong message authentication code: it was altered on the way.
    #[error("what {address} sent was altered on the way; nothing secret was sent after that")]
    Integrity { address: String },
    /// The server took the login without proving that it knows the password: it may be another.
    #[error("{address} did not prove that it knows the password: it may not be the machine that you mean")]
    ServerUnproven { address: String },
    /// The server takes Kerberos and nothing else that is possible here, and that does not log in.
    #[error("{address} wants Kerberos: {why}{}", in_brackets(detail))]
    Kerberos { address: String, why: KerberosProblem, detail: String },
    /// TLS could not be established.
    #[error("{address} and Portlight found no way to encrypt the connection: {detail}")]
    Tls {
        address: String,
        /// The TLS library's or the server's words.
        detail: String,
    },
    /// The server's TLS is older than what is accepted.
    #[error("{address} has {why}, which is no longer safe{}", in_brackets(detail))]
    OldTls {
        address: String,
        /// What it comes to.
        why: OldTls,
        /// The TLS library's words.
        detail: String,
    },
    /// The host's own file of certificate authorities cannot be used.
    #[error("the certificate file {path} cannot be used: {detail}")]
    CaFile { path: String, detail: String },
    /// The server demands a client certificate, and there is none to show.
    #[error("{address} wants a client certificate{}", in_brackets(detail))]
    ClientCertificateWanted {
        address: String,
        /// The server's alert; may be empty.
        detail: String,
    },
    /// The server did not accept the certificate that it was shown.
    #[error("{address} did not accept the client certificate{}", in_brackets(detail))]
    ClientCertificateRefused {
        address: String,
        /// The server's alert; may be empty.
        detail: String,
    },
    /// The host's own certificate or its key cannot be used.
    #[error("the client certificate in {path} cannot be used: {detail}")]
    ClientCertificateFile { path: String, detail: String },
    /// It is not confirmed yet that this key is the server's.
    #[error("the identity of {address} is not confirmed yet: {fingerprint}")]
    Untrusted {
        address: String,
        /// SHA-256 of the certificate or the key.
        fingerprint: String,
    },
    /// The server shows another key than before.
    #[error("{address} shows another key than before: known {known}, now {shown}")]
    TrustChanged {
        address: String,
        /// SHA-256 of the key that was accepted.
        known: String,
        /// SHA-256 of the key shown now.
        shown: String,
    },
    /// What is shown is not the key that the console's command has named.
    #[error("{address} shows another key than the one that its command named: {expected}, now {shown}")]
    OtherKey {
        address: String,
        /// SHA-256 that was named.
        expected: String,
        /// SHA-256 of the certificate or key shown.
        shown: String,
    },
    /// The server offers less protection than it once did.
    #[error("{address} offers less protection than before ({now} instead of {before})")]
    Weaker {
        address: String,
        /// The best that was reached.
        before: Level,
        /// What it comes to now.
        now: Level,
    },
    /// The server offers less protection than the link asks for.
    #[error("the link to {address} asks for more protection than the server has ({now} instead of {wanted})")]
    BelowLink {
        address: String,
        /// What the link asks for, at least.
        wanted: Level,
        /// What it comes to.
        now: Level,
    },
    /// The password would travel readably, and that was not agreed to.
    #[error("the password for {address} would travel unencrypted ({security_type})")]
    NeedsConsent {
        address: String,
        /// The security type that would send it.
        security_type: String,
    },
    /// The server broke the protocol.
    #[error("{address} broke the RFB protocol: {detail}")]
    Protocol { address: String, detail: String },
    /// The server ended a running session.
    #[error("{address} closed the session")]
    ServerClosed { address: String },
    /// The way to the server broke while the session ran.
    #[error("the connection to {address} broke: {detail}")]
    ConnectionLost { address: String, detail: String },
    /// The picture data could not be understood, or the page failed.
    #[error("the viewer stopped: {detail}")]
    ViewerFailed { detail: String },
    /// The web view has no canvas of this size.
    #[error("the screen of {width}x{height} is larger than this viewer can show")]
    ScreenTooLarge { width: u16, height: u16 },
    /// The page that showed the screen has ended, or did not answer and was ended: a crash, or too little memory.
    #[error("the page that showed the screen stopped working")]
    PageStopped,
    /// Something of this system failed that is named in `detail`.
    #[error("{detail}")]
    System { detail: String },
}

impl ConnectError {
    /// The person gave up. The windows say nothing about it.
    pub(crate) fn cancelled() -> Self {
        Self::ViewerFailed { detail: String::new() }
    }
}

/// Whose VNC server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Maker {
    /// A Mac with Screen Sharing or Remote Management.
    Apple,
    /// RealVNC Server.
    Realvnc,
    /// UltraVNC Server.
    Ultravnc,
}

/// What keeps Kerberos from logging in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum KerberosProblem {
    /// The library is not on this system.
    NoLibrary,
    /// The user has no ticket, or one that has expired.
    NoTicket,
    /// Kerberos does not know the server by this name.
    UnknownServer,
    /// The server has not proved by Kerberos who it is.
    Unproven,
    /// Another one.
    Other,
}

impl std::fmt::Display for KerberosProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoLibrary => "its library (libgssapi-krb5-2) is not installed",
            Self::NoTicket => "there is no valid ticket, kinit gets one",
            Self::UnknownServer => "it does not know a VNC server of this name",
            Self::Unproven => "by which the server has not proved who it is",
            Self::Other => "it failed",
        })
    }
}

/// What answers on a port that was believed to be a VNC server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum OtherProtocol {
    /// A web server.
    Http,
    /// An SSH server.
    Ssh,
    /// A server that speaks TLS from the first byte.
    Tls,
}

impl std::fmt::Display for OtherProtocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Http => "a web server",
            Self::Ssh => "an SSH server",
            Self::Tls => "a TLS server",
        })
    }
}

/// What a WebSocket's refusal comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum WsRefusal {
    /// It wants a login, or did not accept the one it got.
    Login,
    /// Forbidden, independent of any login.
    Forbidden,
    /// There is nothing at this path, or nothing under this token.
    NotFound,
    /// It would rather be asked elsewhere.
    Moved,
    /// We asked too often.
    TooMany,
    /// There is a web server, but no WebSocket.
    NoWebSocket,
    /// It failed, mostly because what lies behind it cannot be reached.
    Behind,
    /// Not now.
    Busy,
    /// Something else.
    Other,
}

impl std::fmt::Display for WsRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Login => "wants a login for its site",
            Self::Forbidden => "does not let us in",
            Self::NotFound => "has nothing at this path, or does not know this token",
            Self::Moved => "points to another address",
            Self::TooMany => "was asked too often",
            Self::NoWebSocket => "has no WebSocket at this path",
            Self::Behind => "could not reach the machine behind it",
            Self::Busy => "is busy or restarting",
            Self::Other => "refused the connection",
        })
    }
}

/// What was taken for a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum WsMistake {
    /// A VNC server without one.
    Vnc,
    /// An SSH server.
    Ssh,
    /// A server that wants TLS first.
    Tls,
    /// A proxy so old that it sends text.
    Text,
}

impl std::fmt::Display for WsMistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Vnc => "it is a VNC server, so leave out ws://",
            Self::Ssh => "it is an SSH server",
            Self::Tls => "it wants wss:// instead of ws://",
            Self::Text => "it sends text, as very old proxies do",
        })
    }
}

/// Where in the handshake something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Before the server's protocol version.
    Greeting,
    /// While it listed its security types.
    SecurityTypes,
    /// During the chosen security type's exchange.
    Authentication,
    /// After we answered: its verdict.
    SecurityResult,
    /// Before it described its screen (ServerInit).
    ServerInit,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Greeting => "before its greeting",
            Self::SecurityTypes => "while listing its security types",
            Self::Authentication => "during authentication",
            Self::SecurityResult => "instead of accepting or refusing the login",
            Self::ServerInit => "before describing its screen",
        })
    }
}

fn offers(offered: &[String]) -> String {
    match offered {
        [] => "offers no security type at all".to_owned(),
        some => format!("offers only security types that Portlight does not speak: {}", some.join(", ")),
    }
}

fn said(reason: &Option<String>) -> String {
    reason.as_deref().map(|r| format!(". The server says: {r}")).unwrap_or_default()
}

fn in_brackets(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(" ({detail})") }
}
