//! What a viewer window is told about its session.

use super::input::LinesAsked;
use crate::{
    error::{CommandError, ConnectError, Error, KeyringError},
    lead::Lead,
    model::{
        ClipboardSharing, Colour, Composing, Display, Identity, KnownKey, Level, Party, PictureChoice, Protection,
        Quality, RewindChoice, Scaling, Secret, Travels,
    },
    recording::{PlaybackView, RecordingView},
};
use serde::{Deserialize, Serialize};

/// What a session looks at, and how. Changes when it starts again, and `display` when its window says so.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SessionView {
    /// The host's name, or the address where it is not saved.
    pub name: String,
    /// Address as Portlight prints it.
    pub address: String,
    /// Whether it only watches now: the relay lets nothing through that acts on the machine.
    pub view_only: bool,
    /// The colour of the frame around its window.
    pub frame: Option<Colour>,
    /// Whether several lines are asked about before they go to the machine: the relay keeps them back until then.
    pub ask_lines: bool,
    /// Those that wait for the person's word.
    pub lines_asked: Option<LinesAsked>,
    /// Whether there is a saved host behind it, so that a password can be kept for it.
    pub saved: bool,
    /// Whether the server has connected to us.
    pub called: bool,
    /// Whether it is in no list, and can be added to ours.
    pub can_keep: bool,
    /// Whether a login was typed that the server has accepted, so that it can be kept with the machine.
    pub has_login: bool,
    /// Whether there is a password that can be typed there: one that was typed here and accepted, or a saved one.
    pub can_type_password: bool,
    /// What the machine's own secret is called, which can be typed there; may be empty. None where it has none.
    pub secret: Option<String>,
    /// Whether it can be given one: it is in the list, and there is a keyring.
    pub can_keep_secret: bool,
    /// Whether the session cannot be read on its way.
    pub private: bool,
    /// Whether the machine can be woken up.
    pub can_wake: bool,
    /// The next step, where it has failed and one was found.
    pub lead: Option<Lead>,
    /// What has become of the login that is put into the keyring, where there is something to tell.
    pub storing: Option<Storing>,
    /// What was chosen in the machine's window.
    pub display: Display,
    /// What is shown and kept of its screen.
    pub picture: PictureChoice,
    /// How large the screen is drawn where `display` has no choice.
    pub scaling_unchosen: Scaling,
    /// The quality where `display` has no choice.
    pub quality_unchosen: Quality,
    /// Which way text is copied where `display` has no choice.
    pub clipboard_unchosen: ClipboardSharing,
    /// Whether its last minutes are kept where `display` has no choice.
    pub rewind_unchosen: RewindChoice,
    /// Where what is typed is composed where `display` has no choice.
    pub composing_unchosen: Composing,
    /// Whether it is recorded.
    pub recording: RecordingView,
    /// The recording that is played, where there is no machine.
    pub playback: Option<PlaybackView>,
}

/// What has become of a login that is put into the keyring. The picture does not wait for that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "storing", rename_all = "snake_case")]
pub enum Storing {
    /// The keyring has not answered yet: it may be waiting to be unlocked.
    Waiting,
    /// It is there now, after the keyring was waited for.
    Done,
    /// It is not there.
    Failed {
        /// Why.
        error: Error,
    },
}

/// What a viewer window is told each time that something about its session changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SessionUpdate {
    /// What the session looks at.
    pub view: SessionView,
    /// Where it is.
    pub state: SessionState,
    /// How many other sessions are open.
    #[cfg_attr(test, ts(type = "number"))]
    pub others: usize,
    /// How many callers wait to be answered, this one among them.
    #[cfg_attr(test, ts(type = "number"))]
    pub calls: usize,
    /// How many small pictures were asked for until now: the page sends one when this grows.
    #[cfg_attr(test, ts(type = "number"))]
    pub pictures: u64,
    /// Whether the window is about to close: the page keeps a last picture, and closes it then.
    pub leaving: bool,
}

/// Where a session is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SessionState {
    /// On the way.
    Connecting {
        /// How far.
        stage: Stage,
    },
    /// Waiting for the person at the window; answered with `answer` or `close`.
    Asking {
        /// Counts the session's prompts; the answer echoes it, so that it cannot be taken for one to another prompt.
        #[cfg_attr(test, ts(type = "number"))]
        number: u64,
        /// What it is about.
        subject: Subject,
        /// The question.
        prompt: Prompt,
    },
    /// The server let us in: the viewer may open `url`, once, within ten seconds.
    Ready {
        /// `ws://127.0.0.1:PORT/TICKET`.
        url: String,
        /// The desktop's name in the server's words, cleaned.
        desktop_name: String,
        /// Framebuffer width in pixels.
        width: u16,
        /// Framebuffer height in pixels.
        height: u16,
        /// What protects the session.
        protection: Protection,
    },
    /// The viewer has come; pixels flow.
    Live,
    /// The way to the server broke; it is dialled again after a wait, or at once with `again`. `close` ends the trying.
    Reconnecting {
        /// How it broke, or what kept the last attempt from the server.
        error: Error,
        /// The wait.
        #[cfg_attr(test, ts(type = "number"))]
        seconds: u64,
    },
    /// Over. `error` is none where the user ended it.
    Ended {
        /// Why.
        error: Option<Error>,
    },
}

/// What a prompt is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Subject {
    /// The host's name.
    pub name: String,
    /// The party's own address, without the query of a WebSocket.
    pub address: String,
    /// Which of those on the way.
    pub party: Party,
}

/// How far a session is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Looking the name up and dialling.
    Dialing,
    /// On the way through an SSH host.
    Ssh,
    /// Waiting for the machine to start: it has been sent the packet that wakes it.
    Waking,
    /// Talking RFB: version and security types.
    Handshake,
    /// Bringing up TLS.
    Encrypting,
    /// Waiting for the keyring; it may be asking the user to unlock it.
    Keyring,
    /// Waiting for the command that prints the password; it may be asking the user to unlock something.
    Command,
    /// Asking the machine's command where its console is.
    Console,
    /// Logging in.
    Authenticating,
    /// The login is sent; a user of the server may have to approve it.
    Verdict,
}

/// A question for the person at the window. Giving up is closing the window, or `close`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Prompt {
    /// The password, and the user name where the server wants one.
    Password {
        /// The user name as far as it is known (may be empty); none where the server wants none.
        username: Option<String>,
        /// What happens to the password on its way.
        travels: Travels,
        /// It is a Mac: the password of an account there goes with the account's user name, another one without.
        account: bool,
        /// Why the last one was no good: not accepted, or not fit to be sent.
        problem: Option<ConnectError>,
        /// Why the keyring cannot keep it or did not have it; none where the keyring works.
        keyring: Option<KeyringError>,
        /// Why the command did not have it, or that it has not answered yet.
        command: Option<CommandError>,
        /// Whether a password that is kept would be used: not where the machine has a command for it.
        can_keep: bool,
        /// The named login that it would be; none for a machine with its own.
        login: Option<LoginAsked>,
        /// The named login that is offered in its place, to a machine that has none.
        offered: Option<LoginOffered>,
    },
    /// The passphrase of the key of our own certificate.
    Passphrase {
        /// The key's file.
        file: String,
        /// The last answer was wrong.
        again: bool,
    },
    /// The password of our user at the proxy.
    Proxy {
        /// Whom the proxy knows us as.
        username: String,
        /// The last answer was wrong.
        again: bool,
        /// Others on the way to the proxy can read it.
        readable: bool,
    },
    /// The login for the site in front of the machine, which the keyring has and does not say.
    HttpLogin {
        /// Why it does not.
        keyring: KeyringError,
    },
    /// The SecureOn password of the machine's network card, which the keyring has and does not say.
    SecureOn {
        /// Why it does not.
        keyring: KeyringError,
        /// The last answer was none.
        again: bool,
    },
    /// Whether this is the server's key; asked before any password is sent.
    Trust {
        /// What the server shows.
        identity: Identity,
        /// The key that was accepted for this address before, where it is another one.
        known: Option<KnownKey>,
    },
    /// Whether to go on though the server once offered better protection.
    Weaker {
        /// The best that was reached.
        before: Level,
        /// What it comes to now.
        now: Level,
        /// The security type's name in the field.
        security_type: String,
    },
    /// What ssh wants to know on the way.
    Ssh {
        /// The question.
        question: SshQuestion,
        /// Whether the keyring can keep the answer.
        can_keep: bool,
    },
    /// Whether to talk to a server that has called.
    Call {
        /// Where it called from.
        from: String,
    },
    /// Whether the password may travel readably.
    ClearText {
        /// The security type's name in the field.
        security_type: String,
    },
}

/// A question of ssh. The words are ssh's, or its server's, cleaned; they may have several lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "asks", rename_all = "snake_case")]
pub enum SshQuestion {
    /// For a password on the SSH host.
    Password {
        /// ssh's words.
        prompt: String,
        /// The last answer was wrong.
        again: bool,
    },
    /// For the passphrase of a key on this machine; empty leaves that key out.
    Passphrase {
        /// ssh's words.
        prompt: String,
        /// The last answer was wrong.
        again: bool,
    },
    /// For a PIN, a one-time code, or what else the SSH host thinks of.
    Other {
        /// ssh's words.
        prompt: String,
        /// The last answer was wrong.
        again: bool,
    },
    /// Whether this key is the SSH host's.
    HostKey {
        /// ssh's words.
        prompt: String,
        /// The key's fingerprint, where ssh says it.
        fingerprint: Option<String>,
    },
    /// Whether to go on.
    Confirm {
        /// ssh's words.
        prompt: String,
    },
    /// Nothing to answer, something to do: touch the security key.
    Notice {
        /// ssh's words.
        prompt: String,
    },
}

/// A named login, in the question for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LoginAsked {
    /// What it is called.
    pub name: String,
    /// How many machines use it.
    #[cfg_attr(test, ts(type = "number"))]
    pub machines: usize,
}

/// A named login that can be had in place of one that is typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LoginOffered {
    /// What it is called.
    pub name: String,
    /// May be empty.
    pub username: String,
}

/// Whether a login that is typed is kept, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Remember {
    /// It is good for this session.
    #[default]
    No,
    /// It is the machine's own: the password in the keyring, the user name with the host.
    ForMachine,
    /// It is the named login, for all machines that use it.
    ForAll,
}

/// The person's answer to a [`Prompt`], of the same kind.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// The password.
    Password {
        /// As typed; ignored where none was asked for.
        username: Option<String>,
        /// As typed.
        #[cfg_attr(test, ts(type = "string"))]
        password: Secret,
        /// Keep both once the server has accepted them.
        remember: Remember,
    },
    /// The named login is meant for this server as well.
    NamedLogin,
    /// The named login that is offered.
    OfferedLogin {
        /// The machine uses it from now on, once the server has accepted it.
        remember: bool,
    },
    /// The passphrase.
    Passphrase {
        /// As typed.
        #[cfg_attr(test, ts(type = "string"))]
        passphrase: Secret,
        /// Keep it in the keyring once it has opened the key.
        remember: bool,
    },
    /// The password of our user at the proxy.
    Proxy {
        /// As typed.
        #[cfg_attr(test, ts(type = "string"))]
        password: Secret,
        /// Keep it in the keyring once the proxy has accepted it.
        remember: bool,
    },
    /// The login for the site, good for this session.
    HttpLogin {
        /// As typed.
        username: String,
        /// As typed.
        #[cfg_attr(test, ts(type = "string"))]
        password: Secret,
    },
    /// The SecureOn password, good for this session.
    SecureOn {
        /// As typed.
        #[cfg_attr(test, ts(type = "string"))]
        password: Secret,
    },
    /// It is the server's key, and from now on the only one.
    Trust,
    /// To ssh.
    Ssh {
        /// As typed; none where nothing was to be typed, which means yes.
        #[cfg_attr(test, ts(type = "string | null"))]
        secret: Option<Secret>,
        /// Keep it once ssh has accepted it.
        remember: bool,
    },
    /// Talk to it.
    Call,
    /// Go on with less protection.
    Weaker {
        /// Expect no more than this from now on.
        remember: bool,
    },
    /// Send the password readably.
    ClearText {
        /// For this host it is fine from now on.
        remember: bool,
    },
}

impl Answer {
    /// Whether it answers this question.
    pub(crate) fn fits(&self, prompt: &Prompt) -> bool {
        matches!(
            (self, prompt),
            (Self::Password { .. }, Prompt::Password { .. })
                | (Self::NamedLogin, Prompt::Password { login: Some(_), .. })
                | (Self::OfferedLogin { .. }, Prompt::Password { offered: Some(_), .. })
                | (Self::Passphrase { .. }, Prompt::Passphrase { .. })
                | (Self::Proxy { .. }, Prompt::Proxy { .. })
                | (Self::HttpLogin { .. }, Prompt::HttpLogin { .. })
                | (Self::SecureOn { .. }, Prompt::SecureOn { .. })
                | (Self::Trust, Prompt::Trust { .. })
                | (Self::Ssh { .. }, Prompt::Ssh { .. })
                | (Self::Call, Prompt::Call { .. })
                | (Self::Weaker { .. }, Prompt::Weaker { .. })
                | (Self::ClearText { .. }, Prompt::ClearText { .. })
        )
    }
}
