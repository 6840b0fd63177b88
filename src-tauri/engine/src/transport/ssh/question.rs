//! ssh's questions, told apart by their prompts, which OpenSSH has in English only.

use crate::model::{Jump, Secret};
use std::collections::HashSet;

/// How many lines of a prompt are shown; ssh's longest has five.
const MAX_LINES: usize = 16;

/// Answers ssh's questions: from the keyring, then by asking the user.
pub trait AskPass: Send {
    /// The answer, of the question's kind; none where the user gave up, which ends the attempt. Dropped early where ssh no
    /// longer needs it: then the question disappears from the window. No deadline runs in the meantime.
    fn answer(&mut self, question: &Question) -> impl Future<Output = Option<Reply>> + Send;
}

/// A question of ssh. The prompt is ssh's or, for a login, may be the SSH server's; sanitised either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// A secret to be typed. An empty passphrase skips that key.
    Secret {
        /// The words.
        prompt: String,
        /// What kind of secret.
        of: SecretOf,
        /// The account under which the keyring may keep it; none for one-time codes, and where ssh does not name the owner.
        account: Option<String>,
        /// Whether the same was asked before on this connection: the last answer was wrong, and so is the keyring's.
        again: bool,
    },
    /// Whether this key is the SSH host's.
    HostKey {
        /// The words.
        prompt: String,
        /// The key's, where ssh says it.
        fingerprint: Option<String>,
    },
    /// Yes, or give up.
    Confirm {
        /// The words.
        prompt: String,
    },
    /// Nothing to answer, something to do, such as to touch a security key. ssh withdraws it when that was done.
    Notice {
        /// The words.
        prompt: String,
    },
}

/// What kind of secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretOf {
    /// The user's password on the SSH host.
    Password,
    /// The passphrase of a private key on this machine.
    Passphrase,
    /// A PIN, a one-time code, or anything else that the SSH server asks for.
    Other,
}

/// An answer.
#[derive(Debug)]
pub enum Reply {
    /// To [`Question::Secret`].
    Secret(Secret),
    /// To all others.
    Yes,
}

/// How the question is to be answered: `SSH_ASKPASS_PROMPT` in ssh(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    /// Not set: with a text.
    Text,
    /// `confirm`: with the exit status.
    Confirm,
    /// `none`: not at all.
    Notice,
}

/// Reads the prompts of one ssh, and remembers them to tell a repeated question.
pub(super) struct Questions {
    jump: Jump,
    asked: HashSet<String>,
}

impl Questions {
    pub(super) fn new(jump: &Jump) -> Self {
        Self { jump: jump.clone(), asked: HashSet::new() }
    }

    /// The question that `prompt` is.
    pub(super) fn read(&mut self, hint: Hint, prompt: &[u8]) -> Question {
        let lines = lines(prompt);
        let prompt = lines.join("\n");
        match hint {
            Hint::Notice => return Question::Notice { prompt },
            Hint::Confirm => return Question::Confirm { prompt },
            Hint::Text => {}
        }
        // Told apart by the beginning: before a question of the SSH server's, ssh puts "(user@host) ".
        if let Some((_, words)) = lines.split_last()
            && prompt.starts_with("The authenticity of host ")
        {
            // The last line asks for "yes" to be typed: the window has buttons.
            let fingerprint = words.iter().find_map(|line| fingerprint(line));
            return Question::HostKey { prompt: words.join("\n"), fingerprint };
        }
        if prompt == "Accept updated hostkeys? (yes/no):" {
            return Question::Confirm { prompt };
        }
        let (of, owner) = secret(&prompt);
        let again = !self.asked.insert(prompt.clone());
        // Only for this jump host: another one gets nothing out of the keyring by asking in the same words.
        let account = owner.map(|owner| format!("ssh {}: {owner}", self.jump));
        Question::Secret { prompt, of, account, again }
    }
}

impl Question {
    /// What the askpass program prints for `reply`; none where that is no answer to this question.
    pub(super) fn output(&self, reply: Reply) -> Option<Secret> {
        match (self, reply) {
            (Self::Secret { .. }, Reply::Secret(secret)) => Some(secret),
            (Self::HostKey { .. } | Self::Confirm { .. }, Reply::Yes) => Some("yes".to_owned().into()),
            (Self::Notice { .. }, Reply::Yes) => Some(String::new().into()),
            _ => None,
        }
    }
}

/// The lines of a prompt, sanitised, without empty ones.
fn lines(text: &[u8]) -> Vec<String> {
    text.split(|byte| *byte == b'\n').map(rfb::sanitize).filter(|line| !line.is_empty()).take(MAX_LINES).collect()
}

/// The fingerprint `SHA256:…` in a line such as "ED25519 key fingerprint is SHA256:….".
fn fingerprint(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(" fingerprint is ")?;
    Some(rest.split_whitespace().next()?.trim_end_matches('.').to_owned())
}

/// The kind of the secret, and its owner: `user@host`, or the path of a key.
fn secret(prompt: &str) -> (SecretOf, Option<String>) {
    if let Some(rest) = prompt.strip_prefix("Enter passphrase for key ") {
        let key = rest.trim_end_matches(':').trim_matches('\'');
        return (SecretOf::Passphrase, Some(key.to_owned()));
    }
    // "(ann@box) Password:" is the SSH server's question; ssh has put the owner before it.
    if let Some((owner, words)) = prompt.strip_prefix('(').and_then(|rest| rest.split_once(") ")) {
        let is_password = words.trim_end_matches(':').eq_ignore_ascii_case("password")
            || words.strip_suffix("'s password:").is_some_and(|user| !user.contains(char::is_whitespace))
            || words.strip_prefix("Password for ").is_some_and(|user| !user.contains(char::is_whitespace));
        return if is_password && is_login(owner) {
            (SecretOf::Password, Some(owner.to_owned()))
        } else {
            (SecretOf::Other, None)
        };
    }
    match prompt.strip_suffix("'s password:") {
        Some(owner) if is_login(owner) => (SecretOf::Password, Some(owner.to_owned())),
        _ if prompt.trim_end_matches(':').eq_ignore_ascii_case("password") => (SecretOf::Password, None),
        _ => (SecretOf::Other, None),
    }
}

/// Whether this is `user@host`, without spaces.
fn is_login(text: &str) -> bool {
    text.contains('@') && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn questions() -> Questions {
        Questions::new(&"ann@box".parse().unwrap())
    }

    fn asked(prompt: &str) -> (SecretOf, Option<String>) {
        match questions().read(Hint::Text, prompt.as_bytes()) {
            Question::Secret { of, account, again: false, .. } => (of, account),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_kind_of_a_secret_and_whose_it_is() {
        let kept = |text: &str| Some(format!("ssh ann@box: {text}"));
        for (prompt, expected) in [
            ("ann@box's password: ", (SecretOf::Password, kept("ann@box"))),
            ("(ann@box) Password: ", (SecretOf::Password, kept("ann@box"))),
            ("(ann@box) Password:", (SecretOf::Password, kept("ann@box"))),
            ("(ann@box) ann's password: ", (SecretOf::Password, kept("ann@box"))),
            ("(ann@box) Password for ann: ", (SecretOf::Password, kept("ann@box"))),
            ("Enter passphrase for key '/home/ann/.ssh/id': ", (SecretOf::Passphrase, kept("/home/ann/.ssh/id"))),
            // Old versions of ssh do not name the owner.
            ("Password: ", (SecretOf::Password, None)),
            ("(ann@box) Verification code: ", (SecretOf::Other, None)),
            ("(ann@box) New password: ", (SecretOf::Other, None)),
            ("Enter PIN for ED25519-SK key /home/ann/.ssh/id: ", (SecretOf::Other, None)),
            // An SSH server that asks for the secret of another.
            ("(ann@box) root@other's password: ", (SecretOf::Password, kept("ann@box"))),
            ("(ann@box) Enter passphrase for key '/home/ann/.ssh/id': ", (SecretOf::Other, None)),
            ("(ann@box) x\nroot@other's password: ", (SecretOf::Other, None)),
            ("x\nroot@other's password: ", (SecretOf::Other, None)),
            ("(ann@box) The authenticity of host 'x'\nReally?", (SecretOf::Other, None)),
        ] {
            assert_eq!(asked(prompt), expected, "{prompt}");
        }
    }

    #[test]
    fn what_is_asked_twice_was_answered_wrongly() {
        let mut questions = questions();
        for (prompt, expected) in [("a@b's password: ", false), ("c@d's password: ", false), ("a@b's password: ", true)]
        {
            let Question::Secret { again, .. } = questions.read(Hint::Text, prompt.as_bytes()) else { panic!() };
            assert_eq!(again, expected);
        }
    }

    #[test]
    fn the_key_of_a_host_is_shown_in_sshs_words() {
        let words = "The authenticity of host 'box (192.0.2.1)' can't be established.\n\
            ED25519 key fingerprint is SHA256:yIhZtEvRA6BL9e2lgOvXaBI/OX//JFpdaQlQnZIjNWo.\n\
            This key is not known by any other names.";
        let prompt = format!("{words}\nAre you sure you want to continue connecting (yes/no/[fingerprint])? ");
        assert_eq!(
            questions().read(Hint::Text, prompt.as_bytes()),
            Question::HostKey {
                prompt: words.to_owned(),
                fingerprint: Some("SHA256:yIhZtEvRA6BL9e2lgOvXaBI/OX//JFpdaQlQnZIjNWo".to_owned())
            }
        );
    }

    #[test]
    fn sshs_hints_are_followed() {
        let touch = b"Confirm user presence for key ED25519-SK SHA256:x";
        let prompt = "Confirm user presence for key ED25519-SK SHA256:x".to_owned();
        assert_eq!(questions().read(Hint::Notice, touch), Question::Notice { prompt: prompt.clone() });
        assert_eq!(questions().read(Hint::Confirm, touch), Question::Confirm { prompt });
    }

    #[test]
    fn a_question_is_answered_in_kind_or_not_at_all() {
        let words = |question: &Question, reply| question.output(reply).map(|words| words.expose().to_owned());
        let secret = || Reply::Secret("hunter2".to_owned().into());
        let asked = questions().read(Hint::Text, b"a@b's password: ");
        let confirm = questions().read(Hint::Confirm, b"Allow?");
        let notice = questions().read(Hint::Notice, b"Touch");
        assert_eq!(words(&asked, secret()).as_deref(), Some("hunter2"));
        assert_eq!(words(&asked, Reply::Yes), None, "yes is not taken for a password");
        assert_eq!(words(&confirm, Reply::Yes).as_deref(), Some("yes"));
        assert_eq!(words(&confirm, secret()), None);
        assert_eq!(words(&notice, Reply::Yes).as_deref(), Some(""));
        assert_eq!(words(&notice, secret()), None);
    }

    #[test]
    fn prompts_are_sanitised_and_bounded() {
        let prompt = format!("(a@b) \u{1b}[2Jred\u{202e}\r\n{}", "line\n".repeat(1000));
        let Question::Secret { prompt, .. } = questions().read(Hint::Text, prompt.as_bytes()) else { panic!() };
        assert_eq!(prompt.lines().next(), Some("(a@b) [2Jred"));
        assert_eq!(prompt.lines().count(), MAX_LINES);
    }
}
