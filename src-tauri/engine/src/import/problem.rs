//! Why a file or an entry is not read, and what of an entry is not carried over.

use crate::model::{AddressProblem, JumpProblem, ProxyProblem};
use serde::Serialize;

/// Why nothing of a file is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum FileProblem {
    /// It is no file that Portlight knows.
    #[error("this is no list of machines that Portlight knows")]
    Unknown,
    /// It is the right kind of file, without a machine in it.
    #[error("there is no machine in it")]
    NoMachine,
    /// It is no text.
    #[error("this is no text")]
    Binary,
    /// It is larger than a list of machines can be.
    #[error("it is too large to be a list of machines")]
    TooLarge,
    /// It would be more machines than one import takes.
    #[error("with it there are more machines than one import takes")]
    TooMany,
    /// It is nested deeper, or has more parts, than a list of machines can have.
    #[error("it is nested too deeply to be a list of machines")]
    Nested,
    /// It is not written as such a file is.
    #[error("it is damaged ({detail})")]
    Malformed {
        /// Where, in the words of the reader of such files.
        detail: String,
    },
    /// It would have Portlight read something from elsewhere.
    #[error("it refers to something outside itself, which is not read")]
    Entities,
    /// It is encrypted as a whole.
    #[error("it is encrypted as a whole: export it again without a password")]
    Encrypted,
    /// It does not have a list, but says how to make one.
    #[error("it says how to make a list, and has none: no program is run for it")]
    Dynamic,
    /// It is TigerVNC's file of a password, and no file of a machine that it is for was chosen with it.
    #[error("this is a password of TigerVNC's: choose the .tigervnc file of its machine together with it")]
    PasswordAlone,
    /// A newer Portlight wrote it.
    #[error("a newer Portlight wrote it")]
    Newer,
    /// It is a folder within the folder, a link, or no file at all.
    #[error("it is no regular file")]
    NotAFile,
    /// The system does not let it be read.
    #[error("it could not be read: {detail}")]
    Unreadable {
        /// The system's words.
        detail: String,
    },
}

/// Why an entry of a file cannot become a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum ImportProblem {
    /// It is none that the other program would read.
    #[error("this entry is not written as it should be")]
    Line,
    /// There is no port, which the other program cannot do without.
    #[error("there is no port behind the host name")]
    NoPort,
    /// The address cannot be read.
    #[error("{address}")]
    Address {
        /// Why.
        address: AddressProblem,
    },
    /// The SSH host cannot be used.
    #[error("{ssh}")]
    Ssh {
        /// Why.
        ssh: JumpProblem,
    },
    /// The proxy cannot be used.
    #[error("{proxy}")]
    Proxy {
        /// Why.
        proxy: ProxyProblem,
    },
    /// The SSH host is named, and not in the file.
    #[error("the SSH host that it goes through is not in the file")]
    SshMissing,
    /// It is reached in another way than VNC.
    #[error("it is no VNC machine ({protocol})")]
    OtherProtocol {
        /// As the file has it.
        protocol: String,
    },
    /// It waits for calls.
    #[error("it waits for machines that call")]
    Listens,
    /// It is reached through its vendor's service.
    #[error("it is reached through RealVNC's own service")]
    Cloud,
    /// It is encrypted by a plugin of UltraVNC's.
    #[error("it needs an encryption plugin of UltraVNC")]
    Plugin,
    /// It is asked for at a repeater in a way that Portlight does not have.
    #[error("it is asked for at a repeater in a way that Portlight does not know")]
    Repeater,
    /// The same name comes again further down, and only the last one counts.
    #[error("the same name comes again further down, where it counts")]
    Replaced,
    /// A row has more or fewer values than there are columns.
    #[error("this row does not have as many values as there are columns")]
    Columns,
    /// Its address is a template.
    #[error("its address is a template, which is not evaluated")]
    Template,
    /// A range of names cannot be read, or is longer than is expanded.
    #[error("its range of names cannot be read, or is too long")]
    Range,
}

/// Something of an entry that is not carried over, because there is no place for it, or because it must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// Commands that would be run: never taken.
    Commands,
    /// Folders, groups or labels that can be no tags.
    Tags,
    /// Notes.
    Notes,
    /// A user name that may not be meant for VNC.
    Username,
    /// A proxy that Portlight cannot go through.
    Proxy,
    /// The file of a key for SSH: it belongs into ssh's own configuration.
    SshKey,
    /// The password in a file that it names, and that was not chosen with it: whoever writes such a file could name any password of
    /// the user's, and their own server.
    PasswordFile,
    /// Certificates that cannot be found from here.
    Certificates,
    /// The network card's address, which cannot be read.
    Mac,
    /// Where the packet goes that wakes it, which cannot be read.
    Wake,
    /// Nothing: but the repeater's ID may be another one, see UltraVNC.
    RepeaterId,
}

impl LeftOut {
    /// For the terminal.
    pub fn words(self) -> &'static str {
        match self {
            Self::Commands => "commands, which are never run",
            Self::Tags => "a group or label that can be no tag",
            Self::Notes => "its notes",
            Self::Username => "a user name that may not be meant for VNC",
            Self::Proxy => "a proxy that Portlight cannot go through",
            Self::SshKey => "the key file for SSH: name it in ~/.ssh/config",
            Self::PasswordFile => {
                "the password in the file that it names: choose that file too, or type the password once"
            }
            Self::Certificates => "certificates that cannot be found from here",
            Self::Mac => "a MAC address that cannot be read",
            Self::Wake => "where its wake-up packet goes, which cannot be read",
            Self::RepeaterId => "nothing, but its repeater ID may be 5900 less",
        }
    }
}
