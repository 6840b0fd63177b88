//! What Portlight is about, as values: addresses, hosts, keys, protection. Knows no file, socket, keyring or window.

mod address;
mod display;
mod host;
mod http_auth;
mod identity;
mod ids;
mod jump;
mod keyboard;
mod mac;
mod party;
mod protection;
mod secret;
mod target;

pub(crate) use address::dns_name;
pub use address::{Address, AddressProblem, Link, VNC_PORT, WebSocket, without_password, without_secrets};
pub use display::{ClipboardSharing, Cursor, Display, Edge, Monitors, Quality, Scaling, Toolbar};
pub use host::{FieldProblem, Host, HostDraft, HostOptions, HostView, MAX_TEXT, OnNewAddress, TextProblem};
pub(crate) use host::{name_for, passphrase_account, without_bidi_controls};
pub use http_auth::{HttpAuth, HttpAuthChange, HttpHeader};
pub(crate) use identity::fingerprint;
pub use identity::{Certificate, CertificateProblem, Identity, KnownKey, RsaKey};
pub use ids::{HostId, SessionId};
pub use jump::{Jump, JumpProblem};
pub use keyboard::{KeyNotice, KeyPress, KeyboardOwner, SideButton};
pub use mac::{Mac, MacProblem};
pub use party::Party;
pub use protection::{Level, Protection, Travels};
pub use secret::{PasswordChange, Secret};
pub use target::Target;
